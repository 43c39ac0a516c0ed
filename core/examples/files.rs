//! Labels, verifies or inspects one file, in the metadata alone.
//!
//! ```text
//! cargo run --example files -- label IN OUT
//! cargo run --example files -- verify FILE
//! cargo run --example files -- inspect FILE
//! ```
#![allow(clippy::print_stdout, clippy::print_stderr)]

use biaoshi::{Explicit, Label, Labeler, Lang, Limits, Profile, Verifier, inspect_source};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["label", input, output] => {
            let labeler = Labeler::new(Profile::CN_GB45438).explicit(Explicit::none("shown by the player"));
            let label = Label::new("001191110102MACQD9K64010000").with_produce_id("example-0001");
            let receipt = labeler.label_file(input, output, &label, true)?;
            println!("{}", serde_json::to_string_pretty(&receipt)?);
            receipt.notes.iter().for_each(|note| println!("{}", note.text(Lang::En)));
        }
        ["verify", file] => {
            let report = Verifier::new().verify_file(file)?;
            println!("{}", serde_json::to_string_pretty(&report.document(Lang::En))?);
        }
        ["inspect", file] => {
            let found = inspect_source(&mut std::fs::File::open(file)?, Some(file), &Limits::default())?;
            println!("{}", serde_json::to_string_pretty(&found)?);
        }
        _ => eprintln!("label IN OUT | verify FILE | inspect FILE"),
    }
    Ok(())
}
