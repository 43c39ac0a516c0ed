//! Any bytes as samples: marked as long as they were, and without a mark none is found.

use biaoshi::watermark::sound::{Detection, Detector, Embedder};
use biaoshi::watermark::{Key, MarkedLevel, Payload};

pub fn run(data: &[u8]) {
    let Some(([low, high, channels, cut], samples)) = data.split_first_chunk::<4>() else { return };
    // Rates and channels that are refused, too.
    let rate = u32::from(u16::from_le_bytes([*low, *high])) * 3;
    let channels = usize::from(channels % 10);
    let samples: Vec<f32> = samples.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    let (key, payload) = (Key::public(), Payload::new(MarkedLevel::Possible, 0x5A).to_bits());
    let embedder = Embedder::new(rate, channels, payload, &key, 1.0);
    let (Ok(mut embedder), Ok(mut detector)) = (embedder, Detector::new(rate, channels, &key)) else {
        assert!(Detector::new(rate, channels, &key).is_err());
        return;
    };
    let mut whole = embedder.clone();
    let mut marked = Vec::new();
    for piece in samples.chunks(1 + usize::from(*cut)) {
        marked.append(&mut embedder.push(piece));
        detector.push(piece);
    }
    marked.append(&mut embedder.finish());
    let mut at_once = whole.push(&samples);
    at_once.append(&mut whole.finish());
    assert_eq!(marked.len(), samples.len());
    assert!(marked.iter().zip(&at_once).all(|(a, b)| a.to_bits() == b.to_bits()));
    if let Detection::Found(found) = detector.finish() {
        // Who writes the bytes can write a mark, but only with the fuzzer's help.
        assert!(found.false_alarm < 1e-6 && found.confidence >= 3.5);
    }
}
