//! Reading and judging.

use std::collections::BTreeMap;
use std::path::PathBuf;

use biaoshi::verify::Look;
use biaoshi::verify::lookup::SoftBinding;
use biaoshi::watermark::Key;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::content::Content;
use crate::identity::TrustStore;
use crate::options::{Options, limits_of, programs};
use crate::report::Report;
use crate::work::{Cancel, Stop, run, run_here, stop_of};

/// Reads labels and judges them, as it was set up.
#[pyclass(frozen, module = "biaoshi._native")]
pub(crate) struct Verifier {
    options: Options,
    trust: Option<Py<TrustStore>>,
}

impl Verifier {
    fn set_up(&self) -> PyResult<biaoshi::Verifier<'_>> {
        let options = &self.options;
        let mut out =
            biaoshi::Verifier::new().limits(options.limits()?).declared(options.declared).look(options.look()?);
        for profile in options.profiles()? {
            out = out.profile(profile);
        }
        if let Some(trust) = &self.trust {
            out = out.trust(&trust.get().0);
        }
        Ok(out)
    }
}

#[pymethods]
impl Verifier {
    #[new]
    #[pyo3(signature = (options, trust=None))]
    fn new(options: Options, trust: Option<Py<TrustStore>>) -> PyResult<Self> {
        let made = Self { options, trust };
        made.set_up()?;
        Ok(made)
    }

    /// Reads and judges content.
    #[pyo3(signature = (content, name=None, cancel=None))]
    fn verify(
        &self,
        py: Python<'_>,
        content: Content,
        name: Option<&str>,
        cancel: Option<&Bound<'_, Cancel>>,
    ) -> PyResult<Report> {
        let stop = stop_of(cancel);
        let mut verifier = self.set_up()?;
        if let Some(name) = name {
            verifier = verifier.file_name(name);
        }
        let work = |stop: &Stop| {
            let verifier = verifier.cancel(Stop::clone(stop));
            let verifier = match programs(self.options.programs, stop) {
                Some(programs) => verifier.programs(programs),
                None => verifier,
            };
            match &content {
                Content::Path(path) => verifier.verify_file(path),
                other => verifier.verify(&mut other.open(stop)?),
            }
        };
        let brief = content.is_small() && !self.options.programs && self.options.look()? != Look::Everything;
        let report = if brief { run_here(py, &stop, work) } else { run(py, &stop, work) }?;
        Ok(Report::new(report))
    }

    /// What a store has to know of content, as JSON, the manifest store and the report.
    #[pyo3(signature = (content, keys, name=None, cancel=None))]
    fn record(
        &self,
        py: Python<'_>,
        content: Content,
        keys: Vec<PathBuf>,
        name: Option<&str>,
        cancel: Option<&Bound<'_, Cancel>>,
    ) -> PyResult<(String, Option<Py<PyBytes>>, Report)> {
        let mut verifier = self.set_up()?;
        if let Some(name) = name {
            verifier = verifier.file_name(name);
        }
        let record = run(py, &stop_of(cancel), |stop| {
            let mut verifier = verifier.cancel(Stop::clone(stop));
            if let Some(programs) = programs(self.options.programs, stop) {
                verifier = verifier.programs(programs);
            }
            for key in &keys {
                verifier = verifier.watermark_key(Key::load(key)?);
            }
            verifier.record(&mut content.open(stop)?)
        })?;
        let binding = |one: SoftBinding| serde_json::json!({ "alg": one.alg, "value": one.value, "key": one.key });
        let bindings: Vec<_> = record.bindings.into_iter().map(binding).collect();
        let text = serde_json::json!({
            "manifest_id": record.manifest_id,
            "label": record.label,
            "bindings": bindings,
            "phash": record.phash,
            "sha256": record.sha256,
        });
        let manifest = record.manifest.map(|bytes| PyBytes::new(py, &bytes).unbind());
        Ok((text.to_string(), manifest, Report::new(record.report)))
    }

    /// The manifest store in crJSON; nothing if there is none.
    #[pyo3(signature = (content, name=None))]
    fn crjson(&self, py: Python<'_>, content: Content, name: Option<&str>) -> PyResult<Option<String>> {
        let mut verifier = self.set_up()?;
        if let Some(name) = name {
            verifier = verifier.file_name(name);
        }
        let found = run(py, &Stop::default(), |stop| verifier.crjson(&mut content.open(stop)?))?;
        Ok(found.map(|value| value.to_string()))
    }
}

/// Every part and metadata value of content, as JSON.
#[pyfunction]
#[pyo3(signature = (content, name=None, limits=BTreeMap::new()))]
pub(crate) fn inspect(
    py: Python<'_>,
    content: Content,
    name: Option<&str>,
    limits: BTreeMap<String, u64>,
) -> PyResult<String> {
    let limits = limits_of(&limits)?;
    let found = run(py, &Stop::default(), |stop| biaoshi::inspect_source(&mut content.open(stop)?, name, &limits))?;
    serde_json::to_string(&found).map_err(|error| PyValueError::new_err(error.to_string()))
}
