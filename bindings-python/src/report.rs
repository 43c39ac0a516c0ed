//! Reports.

use biaoshi::Lang;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// What the verifier says.
#[pyclass(frozen, module = "biaoshi._native")]
pub(crate) struct Report(biaoshi::Report);

impl Report {
    pub(crate) const fn new(report: biaoshi::Report) -> Self {
        Self(report)
    }
}

fn word<T: serde::Serialize>(value: &T) -> PyResult<String> {
    let value = serde_json::to_value(value).map_err(|error| PyValueError::new_err(error.to_string()))?;
    Ok(value.as_str().unwrap_or_default().to_owned())
}

#[pymethods]
impl Report {
    #[getter]
    fn status(&self) -> PyResult<String> {
        word(&self.0.status)
    }

    #[getter]
    fn format(&self) -> PyResult<String> {
        word(&self.0.format)
    }

    #[getter]
    fn modality(&self) -> PyResult<String> {
        word(&self.0.format.row().modality)
    }

    #[getter]
    fn bytes(&self) -> u64 {
        self.0.bytes
    }

    #[getter]
    fn file(&self) -> Option<String> {
        self.0.file.clone()
    }

    #[getter]
    fn carries_intact_label(&self) -> bool {
        self.0.carries_intact_label()
    }

    #[getter]
    fn is_broken(&self) -> bool {
        self.0.is_broken()
    }

    /// Whether a finding with this code is in the report.
    fn has(&self, code: &str) -> bool {
        self.0.has(code)
    }

    /// The codes of the findings, the weightiest first.
    #[getter]
    fn codes(&self) -> Vec<&'static str> {
        self.0.findings.iter().map(biaoshi::Finding::code).collect()
    }

    /// The profiles that were judged by, with their outcomes, in order.
    #[getter]
    fn outcomes(&self) -> PyResult<Vec<(&str, String)>> {
        self.0.verdicts.iter().map(|verdict| Ok((verdict.profile.as_ref(), word(&verdict.outcome)?))).collect()
    }

    /// The JSON form.
    #[pyo3(signature = (lang, pretty=false))]
    fn json(&self, py: Python<'_>, lang: &str, pretty: bool) -> PyResult<String> {
        let document = self.0.document(Lang::from_tag(lang));
        let text = py.detach(|| match pretty {
            true => serde_json::to_string_pretty(&document),
            false => serde_json::to_string(&document),
        });
        text.map_err(|error| PyValueError::new_err(error.to_string()))
    }
}
