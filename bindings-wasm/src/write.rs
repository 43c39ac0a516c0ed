//! Writing labels.

use biaoshi::Lang;
use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;

use crate::error::{Failure, thrown};
use crate::options::{LabelOptions, LabelView, PropagateOptions};
use crate::source::{Content, Source};
use crate::{Answer, read};

/// What was written, and the receipt.
#[wasm_bindgen(getter_with_clone)]
#[derive(Debug)]
pub struct Labelled {
    /// The labelled content.
    pub content: Uint8Array,
    /// The receipt as JSON, with its `notes` and the `report` on the output.
    pub receipt: String,
}

fn labelled(out: &[u8], receipt: &biaoshi::Receipt, lang: &str) -> Answer<Labelled> {
    let lang = Lang::from_tag(lang);
    let internal = |error: serde_json::Error| Failure::internal(&error.to_string());
    let mut value = serde_json::to_value(receipt).map_err(internal)?;
    if let Some(fields) = value.as_object_mut() {
        fields.insert("notes".into(), receipt.notes.iter().map(|note| note.text(lang)).collect());
        fields.insert("report".into(), serde_json::to_value(receipt.report.document(lang)).map_err(internal)?);
    }
    Ok(Labelled { content: Uint8Array::from(out), receipt: value.to_string() })
}

/// Labels content.
///
/// # Errors
/// As [`crate::verify`].
#[wasm_bindgen]
pub fn label(content: Content, label: &str, options: &str) -> Answer<Labelled> {
    let options: LabelOptions = read("options", options)?;
    let label = biaoshi::Label::from(read::<LabelView>("label", label)?);
    let identity = options.sign.as_ref().map(|sign| sign.identity()).transpose()?;
    let mut labeler = options.labeler()?;
    if let Some(identity) = &identity {
        labeler = labeler.signer(identity);
    }
    let mut source = Source::new(content)?;
    let mut out = Vec::new();
    let done = labeler.label(&mut source, &label, &mut out);
    labelled(&out, &thrown(done, &mut source)?, &options.lang)
}

/// Writes a platform's fields beside the producer's.
///
/// # Errors
/// As [`crate::verify`].
#[wasm_bindgen]
pub fn propagate(content: Content, propagator: &str, options: &str) -> Answer<Labelled> {
    let options: PropagateOptions = read("options", options)?;
    let identity = options.sign.as_ref().map(|sign| sign.identity()).transpose()?;
    let mut propagator = options.propagator(propagator)?;
    if let Some(identity) = &identity {
        propagator = propagator.signer(identity);
    }
    let mut source = Source::new(content)?;
    let mut out = Vec::new();
    let done = propagator.propagate(&mut source, &mut out);
    labelled(&out, &thrown(done, &mut source)?, &options.lang)
}
