//! Errors as plain objects, which the JavaScript part turns into errors of its own.

use biaoshi::{Error, Lang};
use wasm_bindgen::prelude::*;

use crate::source::Source;

/// What is thrown.
#[derive(serde::Serialize)]
pub(crate) struct Failure<'a> {
    kind: &'a str,
    code: &'a str,
    message: [String; 2],
    hint: [String; 2],
    offset: Option<u64>,
}

impl Failure<'_> {
    fn value(&self) -> JsValue {
        JsValue::from_str(&serde_json::to_string(self).unwrap_or_default())
    }

    /// A mistake in what the caller gave.
    pub(crate) fn invalid(text: &str) -> JsValue {
        Self::plain("invalid", "js.invalid", text)
    }

    /// A mistake of ours.
    pub(crate) fn internal(text: &str) -> JsValue {
        Self::plain("internal", "js.internal", text)
    }

    fn plain(kind: &str, code: &str, text: &str) -> JsValue {
        let message = [text.to_owned(), text.to_owned()];
        Failure { kind, code, message, hint: [String::new(), String::new()], offset: None }.value()
    }
}

/// What an error throws: what the content threw itself, or the error as JSON.
pub(crate) fn thrown<T>(done: biaoshi::Result<T>, source: &mut Source) -> Result<T, JsValue> {
    let own = source.thrown();
    done.map_err(|error| own.unwrap_or_else(|| of(&error)))
}

pub(crate) fn of(error: &Error) -> JsValue {
    let both = [Lang::En, Lang::Zh];
    let offset = error.problem().and_then(|problem| problem.offset);
    let (message, hint) = (both.map(|lang| error.text(lang)), both.map(|lang| error.hint(lang)));
    Failure { kind: error.kind(), code: error.code(), message, hint, offset }.value()
}
