//! The native part of the Python package `biaoshi`: converts types, releases the interpreter lock,
//! maps errors. What it does is `biaoshi`'s, in Rust.

use pyo3::prelude::*;

mod command;
mod content;
mod errors;
mod identity;
mod label;
mod options;
mod report;
mod samples;
mod stream;
mod verify;
mod watermark_text;
mod work;

/// Labels on AI-generated content, natively; use the package `biaoshi`.
#[pymodule(gil_used = false)]
mod _native {
    #[pymodule_export]
    use super::command::main;
    #[pymodule_export]
    use super::identity::{CallbackSigner, Identity, TrustStore, keygen};
    #[pymodule_export]
    use super::label::{Labeler, Propagator, aigc_json, source_types};
    #[pymodule_export]
    use super::options::{decide, label_answer, limits, profiles, provider_answer, provider_check, provider_compose};
    #[pymodule_export]
    use super::report::Report;
    #[pymodule_export]
    use super::samples::{picture_from_png, picture_to_png, sound_from_wav, sound_to_wav};
    #[pymodule_export]
    use super::stream::{EventStream, TextStream};
    #[pymodule_export]
    use super::verify::{Verifier, inspect};
    #[pymodule_export]
    use super::watermark_text::{TextDetector, TextKey, TextSequence, TextWatermark, text_model};
    #[pymodule_export]
    use super::work::Cancel;

    #[pymodule_export]
    #[expect(non_upper_case_globals, reason = "Python's name for it")]
    const __version__: &str = biaoshi::VERSION;
}
