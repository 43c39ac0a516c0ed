//! Writes the JavaScript glue of a WebAssembly module: `biaoshi-bindgen MODULE.wasm NAME FOLDER`.
//!
//! A crate of its own, so that the other tasks build without it. Its version of `wasm-bindgen` is the
//! one of the modules.

use anyhow::{Context as _, Result};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<()> {
    let mut args = std::env::args_os().skip(1);
    let mut next = |what: &str| args.next().with_context(|| format!("{what} is missing"));
    let (module, name, folder) = (next("the module")?, next("its name")?, next("the folder")?);
    let name = name.to_str().context("the name is no UTF-8")?.to_owned();
    Bindgen::new()
        .input_path(&module)
        .out_name(&name)
        .web(true)?
        .typescript(true)
        .omit_default_module_path(true)
        .reset_state_function(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(&folder)
        .with_context(|| format!("{}", module.display()))
}
