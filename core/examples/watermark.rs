//! The picture watermark behind a pipe, for tests/watermarks: requests on standard input, answers on
//! standard output, each a line of text and then raw samples (RGB, 8 bits).
//!
//! | request | answer |
//! | --- | --- |
//! | `embed WIDTH HEIGHT PAYLOAD TIMES`, samples | `ok PSNR NANOSECONDS`, samples |
//! | `detect WIDTH HEIGHT`, samples | `found PAYLOAD SCALE ROTATION NANOSECONDS` or `absent NANOSECONDS` |
//!
//! Times are those of the processor where the system tells them (Linux), else of the clock. Whatever is
//! refused is answered by `error`. Payloads are decimal, TIMES is the share of the scheme's strength.

use std::io::{self, BufRead, Read, Write};
use std::time::Instant;

use biaoshi::watermark::Key;
use biaoshi::watermark::picture::{Channels, Detection, Samples, SamplesMut, Strength, detect, embed};

/// Nanoseconds that this thread has run.
fn clock(started: Instant) -> u128 {
    let spent = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let spent = spent.and_then(|text| text.split_whitespace().next().and_then(|n| n.parse().ok()));
    spent.unwrap_or_else(|| started.elapsed().as_nanos())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut input = io::stdin().lock();
    let mut output = io::stdout().lock();
    let key = Key::public();
    let begun = Instant::now();
    let mut line = String::new();
    while input.read_line(&mut line)? > 0 {
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = |i: usize| words.get(i).copied().unwrap_or("0").parse::<usize>();
        let size = (number(1)?, number(2)?);
        let mut samples = vec![0; size.0 * size.1 * 3];
        input.read_exact(&mut samples)?;
        let started = clock(begun);
        if let [_, _, _, payload, times] = words.as_slice() {
            let strength = Strength::Times(times.parse()?);
            let made = embed(SamplesMut::U8(&mut samples), size, Channels::Rgb, payload.parse()?, &key, strength);
            let took = clock(begun) - started;
            match made {
                Ok(made) => writeln!(output, "ok {:.3} {took}", made.psnr)?,
                Err(e) => writeln!(output, "error {e}")?,
            }
            output.write_all(&samples)?;
        } else {
            let read = detect(Samples::U8(&samples), size, Channels::Rgb, &key);
            let took = clock(begun) - started;
            match read {
                Ok(Detection::Found(f)) => {
                    writeln!(output, "found {} {:.5} {:.3} {took}", f.payload, f.scale, f.rotation)?;
                }
                Ok(Detection::Absent) => writeln!(output, "absent {took}")?,
                Err(e) => writeln!(output, "error {e}")?,
            }
        }
        output.flush()?;
        line.clear();
    }
    Ok(())
}
