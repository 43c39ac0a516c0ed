//! Tasks of this repository: `cargo demo`, `cargo test-all`, and what they are made of.

use std::process::ExitCode;

mod bench;
mod checks;
mod corpus;
mod demo;
mod font;
mod generate;
mod npm;
mod package;
mod run;
mod setup;
mod test;
mod vectors;
mod wasm;

const HELP: &str = "cargo xtask TASK

  demo                 build, make a demo identity, label a picture, verify it, and show everything
  test                 install what the tests need and run all of them (what CI runs)
  setup                install what the tests need
  vectors [--check]    write test-vectors/ from code, or prove that it is current
  generate [--check]   write generated files of spec/, or prove that they are current
  corpus [FOLDER]      replay a folder of real and hostile files
  bench [--json FILE]  labelling against exiftool, ffmpeg and cp, as ratios (see CONTRIBUTING.md)
  package [ARG…]       build the Python package and test it; arguments go to pytest
  stubs                write the types of the package's native part
  npm [--quick] [--build]  build the npm package, page and extension, and test them
  npm --bench          build them, and measure what the page and the extension cost
  wasm                 check that the library builds for browsers
  checks               dependency versions and bans, line lengths of files
  font-subset          rebuild the embedded font
";

fn main() -> ExitCode {
    // Asked for again by those that start this program once more; an error comes up there.
    let _ = run::own();
    let args: Vec<String> = std::env::args().skip(1).collect();
    let check = args.iter().any(|a| a == "--check");
    let result = match args.first().map(String::as_str) {
        Some("demo") => demo::demo(),
        Some("test") => test::test(),
        Some("setup") => setup::setup().map(|_| ()),
        Some("vectors") => vectors::vectors(check),
        Some("generate") => generate::generate(check),
        Some("corpus") => corpus::corpus(args.get(1).map(std::path::Path::new)),
        Some("bench") => bench::bench(args.get(1..).unwrap_or_default()),
        Some("package") => package::package(args.get(1..).unwrap_or_default()),
        Some("stubs") => package::stubs(false),
        Some("npm") => npm::npm(args.get(1..).unwrap_or_default()),
        Some("wasm") => wasm::wasm(),
        Some("checks") => checks::checks(),
        Some("font-subset") => font::font_subset(),
        _ => {
            eprint!("{HELP}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
