//! Settings, by the names that Python uses.

use std::collections::BTreeMap;

use biaoshi::codec::tool::Programs;
use biaoshi::codec::video::Span;
use biaoshi::label::provider::{Part, Service};
use biaoshi::notice::Moment;
use biaoshi::verify::Look;
use biaoshi::{Explicit, Limits, Placement, Profile, ProviderCode, Statement};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use serde::de::DeserializeOwned;

use crate::errors::raised;
use crate::work::Stop;

/// What every call takes.
#[derive(FromPyObject, Default)]
#[pyo3(from_item_all)]
pub(crate) struct Options {
    pub(crate) profiles: Vec<String>,
    pub(crate) limits: BTreeMap<String, u64>,
    pub(crate) programs: bool,
    #[pyo3(default)]
    pub(crate) notice: Option<Notice>,
    #[pyo3(default)]
    pub(crate) title: Option<String>,
    #[pyo3(default)]
    pub(crate) iptc_ai_fields: bool,
    #[pyo3(default)]
    pub(crate) watermark: bool,
    #[pyo3(default)]
    pub(crate) sign_over_broken: bool,
    #[pyo3(default)]
    pub(crate) declared: bool,
    #[pyo3(default)]
    pub(crate) detected: bool,
    #[pyo3(default)]
    pub(crate) look: Option<String>,
    #[pyo3(default)]
    pub(crate) id: Option<String>,
    #[pyo3(default)]
    pub(crate) reserved_code2: Option<String>,
}

/// A notice for people.
#[derive(FromPyObject, Default, Clone)]
#[pyo3(from_item_all)]
pub(crate) struct Notice {
    waived: Option<String>,
    placement: String,
    at: Vec<String>,
    languages: Vec<String>,
    lines: Vec<String>,
    each_page: bool,
    spoken: bool,
    clip: Option<Vec<u8>>,
    font: Option<Vec<u8>>,
    /// Kind, seconds, period.
    span: Option<(String, f64, f64)>,
}

/// A word of a list that the library spells.
pub(crate) fn word<T: DeserializeOwned>(name: &str, text: &str) -> PyResult<T> {
    serde_json::from_value(serde_json::Value::from(text))
        .map_err(|error| PyValueError::new_err(format!("{name}: {error}")))
}

impl Notice {
    pub(crate) fn explicit(&self) -> PyResult<Explicit> {
        if let Some(reason) = &self.waived {
            return Ok(Explicit::none(reason.as_str()));
        }
        let mut out = Explicit::corner(word::<Placement>("corner", &self.placement)?).each_page(self.each_page);
        for moment in &self.at {
            out = out.at(word::<Moment>("at", moment)?);
        }
        for language in &self.languages {
            out = out.language(language);
        }
        for line in &self.lines {
            out = out.text(line.as_str());
        }
        if self.spoken {
            out = out.spoken();
        }
        if let Some(clip) = &self.clip {
            out = out.clip(clip.clone());
        }
        if let Some(font) = &self.font {
            out = out.font(font.clone());
        }
        if let Some((kind, seconds, period)) = &self.span {
            out = out.span(match kind.as_str() {
                "start" => Span::Start { seconds: *seconds },
                "throughout" => Span::Throughout,
                "every" => Span::Every { period: *period, seconds: *seconds },
                other => return Err(PyValueError::new_err(format!("span: unknown kind {other:?}"))),
            });
        }
        Ok(out)
    }
}

impl Options {
    pub(crate) fn profiles(&self) -> PyResult<Vec<Profile>> {
        self.profiles.iter().map(|id| profile(id)).collect()
    }

    pub(crate) fn limits(&self) -> PyResult<Limits> {
        limits_of(&self.limits)
    }

    pub(crate) fn look(&self) -> PyResult<Look> {
        match self.look.as_deref() {
            None | Some("words") => Ok(Look::Words),
            Some("nothing") => Ok(Look::Nothing),
            Some("everything") => Ok(Look::Everything),
            Some(other) => Err(PyValueError::new_err(format!("look: unknown value {other:?}"))),
        }
    }
}

/// The installed programs, if they may be started; they end when the work has to.
pub(crate) fn programs(allowed: bool, stop: &Stop) -> Option<Programs> {
    allowed.then(|| {
        let mut programs = Programs::installed();
        programs.cancel = Stop::clone(stop);
        programs
    })
}

fn profile(id: &str) -> PyResult<Profile> {
    Profile::find(id).ok_or_else(|| {
        let known: Vec<_> = Profile::ALL.iter().map(|p| p.id()).collect();
        PyValueError::new_err(format!("profile: unknown name {id:?}; known are {}", known.join(", ")))
    })
}

pub(crate) fn limits_of(asked: &BTreeMap<String, u64>) -> PyResult<Limits> {
    let mut limits = Limits::default();
    for (name, value) in asked {
        if !limits.set(name, *value) {
            let known = Limits::NAMES.join(", ");
            return Err(PyValueError::new_err(format!("limits: {name}={value} can't be set; known are {known}")));
        }
    }
    Ok(limits)
}

/// The default bounds on memory and work, by name.
#[pyfunction]
pub(crate) fn limits() -> BTreeMap<&'static str, u64> {
    let limits = Limits::default();
    Limits::NAMES.iter().filter_map(|name| Some((*name, limits.get(name)?))).collect()
}

/// The names of all profiles.
#[pyfunction]
pub(crate) fn profiles() -> Vec<&'static str> {
    Profile::ALL.iter().map(|p| p.id()).collect()
}

/// First and last position, characters, meaning in English and in Chinese.
type PartView = (usize, usize, String, &'static str, &'static str);

/// The parts of a provider code: its positions, characters and meanings.
#[pyfunction]
pub(crate) fn provider_check(py: Python<'_>, text: &str) -> PyResult<Vec<PartView>> {
    let code = ProviderCode::parse(text).map_err(|error| raised(py, error.in_field("ContentProducer")))?;
    let view = |part: Part| (part.first, part.last, part.value, part.en, part.zh);
    Ok(code.explain().into_iter().map(view).collect())
}

/// What reading a provider code gives, as JSON.
#[pyfunction]
pub(crate) fn provider_answer(text: &str) -> String {
    biaoshi::label::provider::answer(text).to_string()
}

/// What a value of the AIGC field says, as JSON.
#[pyfunction]
pub(crate) fn label_answer(value: &[u8]) -> String {
    biaoshi::label::aigc::answer(value, &Limits::default()).to_string()
}

/// Claim, integrity, key and what it is tied to.
type StatementView = (PyBackedStr, PyBackedStr, Option<PyBackedStr>, Option<PyBackedStr>);

/// The status that these statements lead to.
#[pyfunction]
pub(crate) fn decide(statements: Vec<StatementView>, declared: bool) -> PyResult<String> {
    let read = |(claim, integrity, key, bound): StatementView| {
        Ok(Statement {
            claim: word("claim", &claim)?,
            integrity: word("integrity", &integrity)?,
            key: key.map(|key| word("key", &key)).transpose()?,
            bound: bound.map(|bound| word("bound", &bound)).transpose()?,
        })
    };
    let statements = statements.into_iter().map(read).collect::<PyResult<Vec<_>>>()?;
    status_word(biaoshi::verify::decide(&statements, declared))
}

fn status_word(status: biaoshi::Status) -> PyResult<String> {
    let value = serde_json::to_value(status).map_err(|error| PyValueError::new_err(error.to_string()))?;
    Ok(value.as_str().unwrap_or_default().to_owned())
}

/// The code of an organisation.
#[pyfunction]
pub(crate) fn provider_compose(py: Python<'_>, credit_code: &str, service: char, extension: &str) -> PyResult<String> {
    let made = ProviderCode::compose(credit_code, Service::from_code(service), extension);
    Ok(made.map_err(|error| raised(py, error.in_field("ContentProducer")))?.to_string())
}
