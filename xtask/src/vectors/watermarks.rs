//! Watermarks: with their label, without it, beside another one.

use serde_json::{Value, json};

use super::bytes::{png_chunk, zlib};
use super::run;
use super::suite::{Files, Suite, sha256};

use biaoshi::watermark::Key;
use biaoshi::{Explicit, Imprint, Label, Labeler, Profile};

/// Pixels of one side.
const SIDE: u32 = 208;

pub fn build(out: &mut Files) {
    let mut s = Suite::new("verdict/watermarks", "verify");
    let look = json!({ "look": true });
    let label = |id: &str| Label::new("example").with_produce_id(id);
    let plain = Labeler::new(Profile::CN_GB45438).explicit(Explicit::none("a test"));
    let written = |labeler: &Labeler<'_>, input: &[u8], id: &str| {
        labeler.label_bytes(input, &label(id)).expect("the picture can be labelled").0
    };
    let base = picture();
    let marked = written(&plain.clone().watermark(Imprint::of_label()), &base, "vector-0001");
    let stripped = pixels_of(&marked);
    let other = written(&plain, &stripped, "vector-0002");
    let key = Key::secret(b"a key for the vectors").expect("long enough");
    let secret = written(&plain.clone().watermark(Imprint::secret(key, 0x0123_4567_89AB_CDEF)), &base, "vector-0001");
    let mut add = |id: &str, flags: &[&str], comment: &str, (name, bytes): (&str, &[u8]), params: &Value| {
        s.file(name, bytes);
        let expected = run::verify(bytes, params);
        let fields = json!({ "file": name, "sha256": sha256(bytes), "params": params, "expected": expected });
        s.add(id, flags, comment, fields);
    };
    let mark = &["Watermark"][..];
    add("with-label", mark, "the mark of the label beside it", ("with-label.png", &marked), &look);
    add("unasked", mark, "nobody asked to look at it", ("with-label.png", &marked), &json!({}));
    let gone = &["Watermark", "Stripped"][..];
    add("alone", gone, "the label is gone, the mark is left", ("alone.png", &stripped), &look);
    add("other-label", mark, "the mark of another label", ("other-label.png", &other), &look);
    add("secret", mark, "nobody reads it without its key", ("secret.png", &secret), &look);
    let sound = written(&plain.watermark(Imprint::of_label()), &wav(&tone()), "vector-0001");
    let alone = wav(&samples_of(&sound));
    add("sound-with-label", mark, "the mark of the label beside it", ("with-label.wav", &sound), &look);
    add("sound-alone", gone, "the label is gone, the mark is left", ("alone.wav", &alone), &look);
    s.finish("verdict/watermarks/vectors.json", out);
}

/// Samples of one channel in a second.
const RATE: u32 = 8_000;
/// Bytes before the samples.
const HEAD: usize = 44;

/// Seven seconds of overtones and hiss that come and go, from whole numbers alone.
fn tone() -> Vec<i16> {
    let (mut state, mut phase, mut level, mut goal, mut step) = (1u32, 0i32, 0i32, 2_000i32, 900i32);
    let mut out = Vec::new();
    for moment in 0..RATE * 7 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        if moment % (RATE / 8) == 0 {
            goal = 800 + (state >> 19) as i32;
            step = 700 + (state >> 22) as i32 % 512;
        }
        level += (goal - level) / 64;
        phase = (phase + step) % 65_536;
        let hiss = (state >> 17) as i32 - 16_384;
        out.push(((phase - 32_768 + hiss / 2) / 64 * level / 768) as i16);
    }
    out
}

fn wav(samples: &[i16]) -> Vec<u8> {
    let data: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let mut out = b"RIFF".to_vec();
    out.extend((data.len() as u32 + 36).to_le_bytes());
    out.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    out.extend(RATE.to_le_bytes());
    out.extend((RATE * 2).to_le_bytes());
    out.extend(b"\x02\0\x10\0data");
    out.extend((data.len() as u32).to_le_bytes());
    out.extend(data);
    out
}

fn samples_of(wav: &[u8]) -> Vec<i16> {
    let length = u32::from_le_bytes(*wav[HEAD - 4..].first_chunk().expect("a length")) as usize;
    wav[HEAD..HEAD + length].as_chunks::<2>().0.iter().map(|pair| i16::from_le_bytes(*pair)).collect()
}

/// A grey picture with some detail, from whole numbers alone.
fn picture() -> Vec<u8> {
    let wave = |n: u32, period: u32| {
        let at = n % period;
        at.min(period - at) * 64 / period
    };
    let mut state = 1u32;
    let mut rows = Vec::new();
    for y in 0..SIDE {
        rows.push(0);
        for x in 0..SIDE {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let level = 80 + wave(x + y / 2, 61) + wave(y + 3 * x / 4, 89) + (state >> 28);
            rows.push(u8::try_from(level).unwrap_or(u8::MAX));
        }
    }
    let mut header = Vec::new();
    header.extend(SIDE.to_be_bytes());
    header.extend(SIDE.to_be_bytes());
    header.extend([8, 0, 0, 0, 0]);
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    out.extend(png_chunk(b"IHDR", &header));
    out.extend(png_chunk(b"IDAT", &zlib(&rows)));
    out.extend(png_chunk(b"IEND", b""));
    out
}

/// What a program leaves that keeps no metadata.
fn pixels_of(png: &[u8]) -> Vec<u8> {
    let mut out = png[..8].to_vec();
    let mut rest = &png[8..];
    while let Some((length, _)) = rest.split_first_chunk::<4>() {
        let (chunk, after) = rest.split_at(u32::from_be_bytes(*length) as usize + 12);
        if chunk[4].is_ascii_uppercase() {
            out.extend(chunk);
        }
        rest = after;
    }
    out
}
