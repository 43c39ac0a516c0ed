//! Words spoken by an installed eSpeak NG.

use std::ffi::OsString;

use super::clip::{self, Clip};
use crate::codec::tool::{Job, Programs};
use crate::error::{Error, Result};
use crate::format::Format;
use crate::limits::Limits;
use crate::message::notice::{sound as rows, tool};

/// Most characters of a notice.
const WORDS: usize = 200;
/// Speeds that eSpeak NG has, in its words per minute, and the first one tried.
const SPEEDS: [f64; 2] = [80.0, 400.0];
const USUAL: f64 = 165.0;
/// How often another speed is tried.
const TRIES: usize = 5;

/// Refuses a rate outside of what is asked for.
pub(super) fn check(spoken: u32, range: Option<[u32; 2]>) -> Result<()> {
    match range {
        Some([least, most]) if !(least..=most).contains(&spoken) => {
            Err(Error::Invalid(rows::SPEECH_RATE.with("rate", spoken).arg("least", least).arg("most", most)))
        }
        _ => Ok(()),
    }
}

/// The voice for a language: eSpeak NG names Mandarin and Cantonese by ISO 639-3.
fn voice(language: &str) -> Result<String> {
    let tag = language.to_ascii_lowercase();
    let parts: Vec<&str> = tag.split('-').collect();
    let good = parts.iter().all(|p| (1..=8).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphanumeric()));
    let first = parts.first().copied().unwrap_or_default();
    if !good || !(2..=3).contains(&first.len()) {
        return Err(Error::Invalid(rows::LANGUAGE.with("language", language)));
    }
    Ok(match first {
        "zh" if parts.iter().any(|p| matches!(*p, "hk" | "mo" | "yue")) => "yue".to_owned(),
        "zh" => "cmn".to_owned(),
        "en" if parts.contains(&"us") => "en-us".to_owned(),
        "en" => "en".to_owned(),
        "pt" if parts.contains(&"br") => "pt-br".to_owned(),
        other => other.to_owned(),
    })
}

/// Speaks the words; if a range of characters per minute is asked for, at a rate within it.
///
/// # Errors
/// [`Error::Unsupported`] without programs or if eSpeak NG is missing, [`Error::Invalid`] for words
/// or a language that can't be spoken, or not at that rate; else as [`Programs::run`].
pub(super) fn speak(
    words: &str,
    language: &str,
    range: Option<[u32; 2]>,
    programs: Option<&Programs>,
    limits: &Limits,
) -> Result<(Clip, u32)> {
    let sound = words.chars().any(char::is_alphanumeric);
    if !sound || words.chars().count() > WORDS || words.chars().any(char::is_control) {
        return Err(Error::Invalid(rows::WORDS.problem()));
    }
    let voice = voice(language)?;
    let missing = || Error::Unsupported(tool::NO_PROGRAMS.problem().because("purpose", &tool::PURPOSE_SPEECH));
    let programs = programs.ok_or_else(missing)?;
    let wanted = range.map(|[least, most]| f64::from(least.saturating_add(most)) / 2.0);
    let mut speed = USUAL;
    let mut out = say(words, &voice, speed, programs, limits)?;
    for _ in 0..TRIES {
        if check(out.1, range).is_ok() {
            break;
        }
        // Speed and rate go nearly hand in hand.
        let next = (speed * wanted.unwrap_or(1.0) / f64::from(out.1.max(1))).clamp(SPEEDS[0], SPEEDS[1]).round();
        if (next - speed).abs() < 1.0 {
            break;
        }
        speed = next;
        out = say(words, &voice, speed, programs, limits)?;
    }
    check(out.1, range)?;
    Ok(out)
}

fn say(words: &str, voice: &str, speed: f64, programs: &Programs, limits: &Limits) -> Result<(Clip, u32)> {
    let args = ["-v", voice, "-s", &format!("{speed:.0}"), "-b", "1", "--stdin", "--stdout"];
    let answer = programs.run(
        Job {
            program: programs.espeak.as_os_str(),
            package: "espeak-ng",
            purpose: &tool::PURPOSE_SPEECH,
            args: args.into_iter().map(OsString::from).collect(),
            input: words.as_bytes(),
        },
        limits,
    )?;
    let clip = clip::decoded(Format::Wav, &answer.stdout, None, limits)
        .map_err(|_| Error::Unsupported(rows::NOT_READ.with("program", "espeak-ng")))?;
    let rate = clip.characters_per_minute(words);
    Ok((clip, rate))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn languages_have_their_voices() {
        let name = |tag: &str| voice(tag).ok();
        assert_eq!(name("zh-Hans").as_deref(), Some("cmn"));
        assert_eq!(name("zh-Hant-TW").as_deref(), Some("cmn"));
        assert_eq!(name("zh-HK").as_deref(), Some("yue"));
        assert_eq!(name("pt-PT").as_deref(), Some("pt"));
        assert_eq!(name("pt-BR").as_deref(), Some("pt-br"));
        assert_eq!(name("en-GB").as_deref(), Some("en"));
        for bad in ["", "-v", "e", "../x", "english", "zh_CN", "zh-", "de -w /x"] {
            assert_eq!(name(bad), None, "{bad}");
        }
    }

    #[test]
    fn words_that_nobody_can_speak_are_refused() {
        let long = "字".repeat(201);
        for words in ["", "，。", "a\nb", long.as_str()] {
            let error = speak(words, "zh", None, None, &Limits::default()).err();
            assert_eq!(error.map(|e| e.code()), Some("sound.words"), "{words}");
        }
        let error = speak("本音频由人工智能生成", "zh", None, None, &Limits::default()).err();
        assert_eq!(error.map(|e| e.code()), Some("tool.not_allowed"));
    }

    #[test]
    fn rates_are_checked_at_both_ends() {
        assert!(check(120, Some([120, 160])).is_ok() && check(160, Some([120, 160])).is_ok());
        assert!(check(119, Some([120, 160])).is_err() && check(161, Some([120, 160])).is_err());
        assert!(check(9_999, None).is_ok());
    }
}
