//! How well the rhythm notice is heard: recall, false alarms, speed.
//!
//! ```text
//! cargo run --release --example rhythm_figures -- recall CASES [FOLDER [CONDITION]]
//! cargo run --release --example rhythm_figures -- alarms SCORES FOLDER...
//! cargo run --release --example rhythm_figures -- stream SCORES
//! cargo run --release --example rhythm_figures -- bound SCORES...
//! cargo run --release --example rhythm_figures -- tail SCORES...
//! cargo run --release --example rhythm_figures -- beeps CASES
//! cargo run --release --example rhythm_figures -- speed
//! ```
//!
//! `recall` makes notices at random, puts each into something else, spoils the whole as each row of
//! the table says, and counts what is found. With a folder of recordings (anything `ffmpeg` decodes)
//! the something else is cut from them. `alarms` listens to recordings without a notice, each folder
//! a group, and writes the best score of each minute to SCORES; `stream` does so with clips from standard
//! input, as `tests/notices/unmarked.py` makes them. `bound` sums such files up; `tail` fits their tail
//! and says what it expects at the bound in use. `beeps` listens to rows of beeps that are no notice.
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::indexing_slicing, clippy::panic)]

mod alarms;
mod beeps;
mod ffmpeg;
mod recall;
#[path = "../../src/carrier/notice/rhythm/tests/synth.rs"]
#[allow(dead_code)]
mod synth;
mod tail;

use std::time::Instant;

use biaoshi::carrier::notice::rhythm::Listener;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["recall", cases] => recall::run(cases.parse()?, None, ""),
        ["recall", cases, folder] => recall::run(cases.parse()?, Some(folder.as_ref()), ""),
        ["recall", cases, folder, only] => recall::run(cases.parse()?, Some(folder.as_ref()), only),
        ["alarms", scores, folders @ ..] if !folders.is_empty() => alarms::run(scores.as_ref(), folders),
        ["stream", scores] => alarms::stream(scores.as_ref()),
        ["bound", files @ ..] if !files.is_empty() => alarms::bound(files),
        ["tail", files @ ..] if !files.is_empty() => tail::run(files),
        ["beeps", cases] => beeps::run(cases.parse()?),
        ["speed"] => speed(),
        _ => Err("recall CASES [FOLDER [CONDITION]] | alarms SCORES FOLDER... | stream SCORES | bound SCORES... | \
                 tail SCORES... | beeps CASES | speed"
            .into()),
    }
}

/// Ten minutes of talk and music in stereo, at three rates, with the part of the time that each takes.
fn speed() -> Result<()> {
    let mut random = synth::Random(1);
    for rate in [8_000, 44_100, 96_000] {
        let mono = synth::content(&mut random, f64::from(rate), 60.0, -20.0);
        let stereo: Vec<f32> = mono.iter().flat_map(|s| [*s, *s]).collect();
        let mut listener = Listener::new(rate, 2)?;
        let begin = Instant::now();
        for _ in 0..10 {
            stereo.chunks(16_384).for_each(|block| listener.push(block));
        }
        let heard = listener.finish().len();
        let took = begin.elapsed().as_secs_f64();
        println!("{rate} Hz stereo: {:.0} times real time ({took:.2} s for 600 s, {heard} heard)", 600.0 / took);
    }
    Ok(())
}
