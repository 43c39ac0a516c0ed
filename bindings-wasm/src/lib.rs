//! The WebAssembly part of the npm package `biaoshi`: converts types and maps errors. What it does is
//! `biaoshi`'s, in Rust. Settings and answers are JSON texts in the forms of `spec/`.

mod error;
mod options;
mod source;
#[cfg(feature = "whole")]
mod write;

use biaoshi::label::{aigc, provider};
use biaoshi::{Lang, Limits, Profile};
use wasm_bindgen::prelude::*;

use error::{Failure, thrown};
use options::VerifyOptions;
use source::{Content, Source};

#[cfg(feature = "whole")]
pub use write::{Labelled, label, propagate};

type Answer<T> = Result<T, JsValue>;

/// Version of the library.
#[wasm_bindgen]
#[must_use]
pub fn version() -> String {
    biaoshi::VERSION.to_owned()
}

/// The rule sets, and the bounds with their defaults, as JSON.
///
/// # Errors
/// If they can't be written.
#[wasm_bindgen]
pub fn about() -> Answer<String> {
    let limits = Limits::default();
    let bounds: serde_json::Map<_, _> =
        Limits::NAMES.iter().map(|name| ((*name).to_owned(), limits.get(name).into())).collect();
    let profiles: Vec<_> = Profile::ALL.iter().map(|profile| profile.id()).collect();
    json(&serde_json::json!({ "version": biaoshi::VERSION, "profiles": profiles, "limits": bounds }))
}

fn json<T: serde::Serialize>(value: &T) -> Answer<String> {
    serde_json::to_string(value).map_err(|error| Failure::internal(&error.to_string()))
}

fn read<'a, T: serde::Deserialize<'a>>(name: &str, text: &'a str) -> Answer<T> {
    serde_json::from_str(text).map_err(|error| Failure::invalid(&format!("{name}: {error}")))
}

/// Reads and judges content; the report's JSON form.
///
/// # Errors
/// An object with `kind`, `code`, `message`, `hint`, `offset`; or what `content` threw.
#[wasm_bindgen]
pub fn verify(content: Content, options: &str) -> Answer<String> {
    let options: VerifyOptions = read("options", options)?;
    let trust = options.trust()?;
    let mut source = Source::new(content)?;
    let done = options.verifier(&trust)?.verify(&mut source);
    json(&thrown(done, &mut source)?.document(Lang::from_tag(&options.lang)))
}

/// Every part and metadata value of content, as JSON.
///
/// # Errors
/// As [`verify`].
#[wasm_bindgen]
pub fn inspect(content: Content, options: &str) -> Answer<String> {
    let options: VerifyOptions = read("options", options)?;
    let mut source = Source::new(content)?;
    let found = biaoshi::inspect_source(&mut source, options.name.as_deref(), &options.limits()?);
    json(&thrown(found, &mut source)?)
}

/// What a value of the AIGC field says, as JSON.
#[wasm_bindgen(js_name = readLabel)]
#[must_use]
pub fn read_label(value: &[u8]) -> String {
    aigc::answer(value, &Limits::default()).to_string()
}

/// What reading a provider code gives, as JSON.
#[wasm_bindgen(js_name = readProviderCode)]
#[must_use]
pub fn read_provider_code(text: &str) -> String {
    provider::answer(text).to_string()
}

/// A piece of evidence, as far as [`decide`] has to know it.
#[derive(serde::Deserialize)]
struct StatementView {
    claim: biaoshi::Claim,
    integrity: biaoshi::Integrity,
    #[serde(default)]
    key: Option<biaoshi::Key>,
    #[serde(default)]
    bound: Option<biaoshi::Bound>,
}

/// The status that these statements (a JSON array of objects) lead to.
///
/// # Errors
/// If the statements are no such array.
#[wasm_bindgen]
pub fn decide(statements: &str, declared: bool) -> Answer<String> {
    let views: Vec<StatementView> = read("statements", statements)?;
    let statement = |view: StatementView| biaoshi::Statement {
        claim: view.claim,
        integrity: view.integrity,
        key: view.key,
        bound: view.bound,
    };
    let statements: Vec<_> = views.into_iter().map(statement).collect();
    json(&biaoshi::verify::decide(&statements, declared))
}
