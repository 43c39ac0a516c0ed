//! `biaoshi schema`: JSON Schema of what the command prints.

use biaoshi::Document;

use crate::args::{SchemaArg, SchemaArgs};
use crate::output::{self, Exit, Failure, Out};

pub(crate) fn run(options: &SchemaArgs, out: &mut Out) -> Result<Exit, Failure> {
    let schema = match options.what {
        SchemaArg::Report => Document::schema(),
    };
    let text = serde_json::to_string_pretty(&schema).map_err(output::internal)?;
    out.print_bytes(format!("{text}\n").as_bytes())?;
    Ok(Exit::Success)
}
