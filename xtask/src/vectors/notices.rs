//! Notices that people perceive: in words, in a picture, in sound.

use serde_json::{Value, json};

use super::bytes::{png, png_chunk};
use super::run;
use super::suite::{Files, Suite, sha256};

use biaoshi::{Explicit, Label, Labeler, Placement, Profile};

/// Rate of the recordings, in hertz.
const RATE: usize = 8000;
/// One period of 1,000 Hz at that rate.
const TONE: [i16; 8] = [0, 5792, 8191, 5792, 0, -5792, -8191, -5792];

pub fn build(out: &mut Files) {
    let mut s = Suite::new("verdict/notices", "verify");
    words(&mut s);
    pictures(&mut s);
    sounds(&mut s);
    s.finish("verdict/notices/vectors.json", out);
}

fn add(s: &mut Suite, id: &str, flags: &[&str], comment: &str, (name, bytes): (&str, &[u8]), params: Value) {
    s.file(name, bytes);
    let expected = run::verify(bytes, &params);
    s.add(id, flags, comment, json!({ "file": name, "sha256": sha256(bytes), "params": params, "expected": expected }));
}

fn words(s: &mut Suite) {
    let body = "The harbour was built in 1874.\n\nShips of all sizes lie there today.\n";
    let mut text = |id: &str, comment: &str, text: &str| {
        let name = format!("{id}.txt");
        add(s, id, &["Notice"], comment, (&name, text.as_bytes()), json!({ "file_name": name }));
    };
    text("text-start", "both elements before the content", &format!("AI生成\n\n{body}"));
    text("text-end", "both elements behind the content", &format!("{body}\n本内容由人工智能生成\n"));
    text(
        "text-other-word",
        "another word for it is no element of the standard (inferred)",
        &format!("由人工智慧生成\n\n{body}"),
    );
    text("text-english", "English words have no element of the standard", &format!("AI-generated\n\n{body}"));
    text("text-negated", "a sentence that denies it is no notice", &format!("本文并非AI生成\n\n{body}"));
    text("text-about", "a text about notices is no notice", &format!("如何识别AI生成的内容？\n\n{body}"));
    let page = "<!DOCTYPE html>\n<html lang=\"zh\"><head><meta charset=\"utf-8\"><title>x</title></head>\n\
                <body><p>AI生成</p>\n<p>The harbour was built in 1874.</p></body></html>\n";
    add(s, "html-start", &["Notice"], "the first paragraph", ("html-start.html", page.as_bytes()), json!({}));
    let script = page.replace("<p>AI生成</p>", "<script>var x = \"AI生成\";</script>");
    let hidden = ("html-script.html", script.as_bytes());
    add(s, "html-script", &["Notice"], "in a script nobody sees it", hidden, json!({}));
}

fn pictures(s: &mut Suite) {
    let look = json!({ "look": true });
    let base = biaoshi::doc_picture();
    let label = Label::new("example").with_produce_id("vector-0001");
    let labeler = Labeler::new(Profile::CN_GB45438).explicit(Explicit::corner(Placement::BottomRight));
    let (drawn, _) = labeler.label_bytes(&base, &label).expect("the picture can be labelled");
    let drawn = ("picture-drawn.png", drawn.as_slice());
    add(s, "picture-drawn", &["Notice"], "drawn by this library", drawn, look.clone());
    add(s, "picture-unasked", &["Notice"], "nobody asked to look at it", drawn, json!({}));
    add(s, "picture-plain", &["Notice"], "nothing is seen", ("picture-plain.png", &base), look.clone());
    let broken = png(&[], &[]);
    let broken = [&broken[..33], &png_chunk(b"IDAT", b"no deflate"), &png_chunk(b"IEND", b"")].concat();
    add(s, "picture-broken", &["Notice"], "the pixels do not decode", ("picture-broken.png", &broken), look);
}

fn sounds(s: &mut Suite) {
    let look = json!({ "look": true });
    let unit = RATE * 12 / 100;
    let notice = morse(".- ..", unit);
    let pause = vec![0i16; 5 * unit];
    let content = content(RATE * 2);
    let start = [&pause[..], &notice, &pause, &content].concat();
    let end = [&content[..], &pause, &notice, &pause].concat();
    let other = [&pause[..], &morse("... ---", unit), &pause, &content].concat();
    for (id, comment, samples) in [
        ("sound-start", "short-long short-short before the content", start),
        ("sound-end", "short-long short-short behind the content", end),
        ("sound-other", "other Morse letters are no notice", other),
        ("sound-plain", "nothing is heard", content),
    ] {
        let name = format!("{id}.wav");
        add(s, id, &["Notice"], comment, (&name, &wav(&samples)), look.clone());
    }
}

/// Morse letters, a long sound being three short ones.
fn morse(code: &str, unit: usize) -> Vec<i16> {
    let mut out = Vec::new();
    for sign in code.chars() {
        let units = match sign {
            '.' => 1,
            '-' => 3,
            _ => {
                out.resize(out.len() + 2 * unit, 0);
                continue;
            }
        };
        out.extend(TONE.iter().cycle().take(units * unit));
        out.resize(out.len() + unit, 0);
    }
    out.truncate(out.len().saturating_sub(unit));
    out
}

/// Noise from a linear congruential generator, louder and quieter by turns, as speech is.
fn content(samples: usize) -> Vec<i16> {
    let mut state = 1u32;
    (0..samples)
        .map(|at| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = i32::from((state >> 16) as u16) - 32_768;
            let loud = [3, 8, 5, 1][at * 7 / RATE % 4];
            (noise * loud / 64) as i16
        })
        .collect()
}

fn wav(samples: &[i16]) -> Vec<u8> {
    let data: Vec<u8> = samples.iter().flat_map(|s| s.to_le_bytes()).collect();
    let mut out = b"RIFF".to_vec();
    out.extend((36 + data.len() as u32).to_le_bytes());
    out.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    out.extend((RATE as u32).to_le_bytes());
    out.extend((RATE as u32 * 2).to_le_bytes());
    out.extend(b"\x02\0\x10\0data");
    out.extend((data.len() as u32).to_le_bytes());
    out.extend(data);
    out
}
