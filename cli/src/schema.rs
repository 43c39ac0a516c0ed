//! `biaoshi schema`: JSON Schema of what the command prints.

use biaoshi::Document;

use crate::args::{SchemaArg, SchemaArgs};
use crate::output::{self, Exit, Failure, Out};

pub(crate) fn run(options: &SchemaArgs, out: &mut Out) -> Result<Exit, Failure> {
    let schema = match options.what {
        // What is written, not what would be read: a field that is always there is required.
        SchemaArg::Report => schemars::generate::SchemaSettings::draft2020_12()
            .for_serialize()
            .into_generator()
            .into_root_schema_for::<Document>(),
    };
    let text = serde_json::to_string_pretty(&schema).map_err(output::internal)?;
    out.print_bytes(format!("{text}\n").as_bytes())?;
    Ok(Exit::Success)
}
