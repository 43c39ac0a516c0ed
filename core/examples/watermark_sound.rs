//! Marks and reads raw sound (interleaved 32-bit floats, little-endian), for the attack table.
//!
//! `embed IDENTIFIER STRENGTH (RATE CHANNELS IN OUT)...` and `detect (RATE CHANNELS IN)...`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout)]

use std::time::Instant;

use biaoshi::watermark::sound::{Detection, Detector, Embedder};
use biaoshi::watermark::{Key, MarkedLevel, Payload};

fn read(path: &str) -> Vec<f32> {
    std::fs::read(path).unwrap().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

/// Seconds that this thread has had of a processor; of any clock where the system doesn't tell.
fn processor(start: Instant) -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = told.and_then(|told| told.split(' ').next()?.parse::<f64>().ok());
    nanoseconds.map_or_else(|| start.elapsed().as_secs_f64(), |nanoseconds| nanoseconds / 1e9)
}

fn main() {
    let begin = Instant::now();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let key = Key::public();
    let detect = arguments[0] == "detect";
    for job in if detect { arguments[1..].chunks(3) } else { arguments[3..].chunks(4) } {
        let (rate, channels): (u32, usize) = (job[0].parse().unwrap(), job[1].parse().unwrap());
        let sound = read(&job[2]);
        let seconds = sound.len() as f64 / channels as f64 / f64::from(rate);
        let start = processor(begin);
        if detect {
            let mut detector = Detector::new(rate, channels, &key).unwrap();
            detector.push(&sound);
            let answer = detector.finish();
            let speed = seconds / (processor(begin) - start);
            match answer {
                Detection::Found(found) => println!(
                    "{} {:016x} {:.3} {:.4} {:.4} {:.2} {:.1e} {speed:.1}",
                    job[2], found.payload, found.offset, found.pitch, found.tempo, found.confidence, found.false_alarm,
                ),
                Detection::Absent(absent) => println!("{} absent {:.1e} {speed:.1}", job[2], absent.false_alarm),
            }
        } else {
            let payload = Payload::new(MarkedLevel::Is, u64::from_str_radix(&arguments[1], 16).unwrap());
            let mut embedder =
                Embedder::new(rate, channels, payload.to_bits(), &key, arguments[2].parse().unwrap()).unwrap();
            let mut marked = Vec::with_capacity(sound.len());
            for piece in sound.chunks(4_800 * channels) {
                marked.append(&mut embedder.push(piece));
            }
            marked.append(&mut embedder.finish());
            println!("{} {:.1}", job[2], seconds / (processor(begin) - start));
            std::fs::write(&job[3], marked.iter().flat_map(|sample| sample.to_le_bytes()).collect::<Vec<u8>>())
                .unwrap();
        }
    }
}
