//! How long one look at a file in memory takes: `verify_time FILE COUNT` prints nanoseconds, the least
//! of COUNT calls. What the bindings are compared with.

#![allow(clippy::print_stdout)]

use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("FILE is missing")?;
    let count: u32 = arguments.next().ok_or("COUNT is missing")?.parse()?;
    let bytes = std::fs::read(file)?;
    let mut least = u128::MAX;
    for _ in 0..count {
        let started = Instant::now();
        let report = biaoshi::verify(&bytes)?;
        least = least.min(started.elapsed().as_nanos());
        drop(report);
    }
    println!("{least}");
    Ok(())
}
