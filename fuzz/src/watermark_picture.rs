//! Any samples as a picture: no mark is read, and one that is made is read back or lost, never another.

use biaoshi::watermark::Key;
use biaoshi::watermark::picture::{Channels, Detection, Samples, SamplesMut, Strength, detect, embed};

/// The first four bytes: channels and depth, width, height, how the rest is repeated.
pub fn run(data: &[u8]) {
    looked(data);
}

/// Whether a mark was made and read back.
pub fn looked(data: &[u8]) -> bool {
    let Some((&[kind, wide, high, shift], rest)) = data.split_first_chunk::<4>() else { return false };
    if rest.is_empty() {
        return false;
    }
    let channels = match kind & 3 {
        0 => Channels::Grey,
        1 => Channels::GreyAlpha,
        2 => Channels::Rgb,
        _ => Channels::Rgba,
    };
    let size = (usize::from(wide) * 2, usize::from(high) * 2);
    let length = size.0 * size.1 * channels.count();
    let key = Key::public();
    // Samples repeat, each time further on: periodic pictures are the likeliest to look like a mark.
    let samples: Vec<u8> = (0..length).map(|i| rest[(i + i / rest.len() * usize::from(shift)) % rest.len()]).collect();
    if kind & 4 != 0 {
        let mut samples: Vec<u16> = samples.iter().map(|v| u16::from(*v) << 8 | u16::from(shift)).collect();
        if let Ok(got) = detect(Samples::U16(&samples), size, channels, &key) {
            assert_eq!(got, Detection::Absent);
        }
        let made = embed(SamplesMut::U16(&mut samples), size, channels, 5, &key, Strength::Scheme);
        return made.is_ok() && ours(detect(Samples::U16(&samples), size, channels, &key).expect("it was marked"));
    }
    if let Ok(got) = detect(Samples::U8(&samples), size, channels, &key) {
        assert_eq!(got, Detection::Absent);
    }
    let mut marked = samples;
    let made = embed(SamplesMut::U8(&mut marked), size, channels, 5, &key, Strength::Scheme);
    made.is_ok() && ours(detect(Samples::U8(&marked), size, channels, &key).expect("it was marked"))
}

fn ours(got: Detection) -> bool {
    match got {
        Detection::Found(found) => {
            assert_eq!(found.payload, 5);
            assert!(found.scale.is_finite() && found.rotation.is_finite() && found.confidence <= 1.0);
            true
        }
        Detection::Absent => false,
    }
}
