//! Writing labels.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use biaoshi::{Aigc, Label, Profile, SourceType};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::content::{Content, Writer};
use crate::errors::raised;
use crate::identity::AnySigner;
use crate::options::{Options, programs};
use crate::report::Report;
use crate::stream::{EventStream, TextStream, markup};
use crate::work::{Cancel, Stop, run};

/// What differs from call to call.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Call {
    /// The file's name, which tells kinds of text apart.
    name: Option<String>,
    /// Whether another file may lose its place to the output.
    replace: bool,
    cancel: Option<Py<Cancel>>,
}

impl Call {
    fn stop(&self) -> Stop {
        self.cancel.as_ref().map(|cancel| cancel.get().stop()).unwrap_or_default()
    }
}

/// The label of a JSON text in the library's form.
fn label_of(json: &str) -> PyResult<Label> {
    serde_json::from_str(json).map_err(|error| PyValueError::new_err(format!("label: {error}")))
}

/// Where the result goes.
enum Target {
    Memory,
    Path(PathBuf, bool),
    File(Py<PyAny>),
}

impl Target {
    fn of(out: Option<&Bound<'_, PyAny>>, replace: bool) -> PyResult<Self> {
        let Some(out) = out else { return Ok(Self::Memory) };
        if out.hasattr("write")? {
            return Ok(Self::File(out.clone().unbind()));
        }
        match out.extract::<PathBuf>() {
            Ok(path) => Ok(Self::Path(path, replace)),
            Err(_) => Err(PyTypeError::new_err("out: a path or a binary file is needed")),
        }
    }
}

/// What came of it: the bytes if they stay in memory, the receipt as JSON, notes, the report.
type Outcome = (Option<Py<PyBytes>>, String, Vec<(String, String)>, Report);

fn outcome(py: Python<'_>, out: Option<Vec<u8>>, receipt: biaoshi::Receipt) -> PyResult<Outcome> {
    let json = serde_json::to_string(&receipt).map_err(|error| PyValueError::new_err(error.to_string()))?;
    let notes = receipt.notes.iter().map(|note| (note.text(biaoshi::Lang::En), note.text(biaoshi::Lang::Zh))).collect();
    let bytes = out.map(|out| PyBytes::new(py, &out).unbind());
    Ok((bytes, json, notes, Report::new(receipt.report)))
}

/// Either of the two that write.
trait Writes: Sync {
    fn stream(
        &self,
        source: &mut dyn biaoshi::ReadSeek,
        out: &mut dyn std::io::Write,
    ) -> biaoshi::Result<biaoshi::Receipt>;
    fn file(&self, input: &Path, output: &Path, replace: bool) -> biaoshi::Result<biaoshi::Receipt>;
}

struct Labels<'a>(biaoshi::Labeler<'a>, &'a Label);

impl Writes for Labels<'_> {
    fn stream(
        &self,
        source: &mut dyn biaoshi::ReadSeek,
        out: &mut dyn std::io::Write,
    ) -> biaoshi::Result<biaoshi::Receipt> {
        self.0.label(source, self.1, out)
    }
    fn file(&self, input: &Path, output: &Path, replace: bool) -> biaoshi::Result<biaoshi::Receipt> {
        self.0.label_file(input, output, self.1, replace)
    }
}

impl Writes for biaoshi::Propagator<'_> {
    fn stream(
        &self,
        source: &mut dyn biaoshi::ReadSeek,
        out: &mut dyn std::io::Write,
    ) -> biaoshi::Result<biaoshi::Receipt> {
        self.propagate(source, out)
    }
    fn file(&self, input: &Path, output: &Path, replace: bool) -> biaoshi::Result<biaoshi::Receipt> {
        self.propagate_file(input, output, replace)
    }
}

/// Writes `content` to `target`.
fn write(
    content: &Content,
    target: &Target,
    writer: &dyn Writes,
    stop: &Stop,
) -> biaoshi::Result<(Option<Vec<u8>>, biaoshi::Receipt)> {
    match (content, target) {
        (Content::Path(input), Target::Path(output, replace)) => {
            writer.file(input, output, *replace).map(|receipt| (None, receipt))
        }
        (_, Target::File(object)) => {
            let receipt = writer.stream(&mut content.open(stop)?, &mut Writer { object })?;
            Ok((None, receipt))
        }
        _ => {
            let mut out = Cursor::new(Vec::new());
            let receipt = writer.stream(&mut content.open(stop)?, &mut out)?;
            Ok((Some(out.into_inner()), receipt))
        }
    }
}

/// Writes labels as it was set up.
#[pyclass(frozen, module = "biaoshi._native")]
pub(crate) struct Labeler {
    options: Options,
    signer: Option<AnySigner>,
}

impl Labeler {
    fn set_up<'a>(&'a self, name: Option<String>, stop: &Stop) -> PyResult<biaoshi::Labeler<'a>> {
        let profiles = self.options.profiles()?;
        let mut rest = profiles.into_iter();
        let mut labeler = biaoshi::Labeler::new(rest.next().unwrap_or(Profile::CN_GB45438));
        for profile in rest {
            labeler = labeler.also(profile);
        }
        let options = &self.options;
        labeler = labeler
            .limits(options.limits()?)
            .cancel(Stop::clone(stop))
            .iptc_ai_fields(options.iptc_ai_fields)
            .sign_over_broken(options.sign_over_broken);
        if options.watermark {
            labeler = labeler.watermark(biaoshi::Imprint::of_label());
        }
        if let Some(notice) = &options.notice {
            labeler = labeler.explicit(notice.explicit()?);
        }
        if let Some(title) = &options.title {
            labeler = labeler.title(title.as_str());
        }
        if let Some(name) = name {
            labeler = labeler.file_name(name);
        }
        if let Some(programs) = programs(options.programs, stop) {
            labeler = labeler.programs(programs);
        }
        if let Some(signer) = &self.signer {
            labeler = labeler.signer(signer.get());
        }
        Ok(labeler)
    }
}

#[pymethods]
impl Labeler {
    #[new]
    #[pyo3(signature = (options, signer=None))]
    fn new(options: Options, signer: Option<AnySigner>) -> PyResult<Self> {
        let made = Self { options, signer };
        made.set_up(None, &Stop::default())?;
        Ok(made)
    }

    /// Labels content.
    fn label(
        &self,
        py: Python<'_>,
        content: Content,
        out: Option<&Bound<'_, PyAny>>,
        label: &str,
        call: Call,
    ) -> PyResult<Outcome> {
        let label = label_of(label)?;
        let target = Target::of(out, call.replace)?;
        let (out, receipt) = run(py, &call.stop(), |stop| {
            let labeler = Python::attach(|py| self.set_up(call.name, stop).map_err(|e| raised_as_io(py, e)))?;
            write(&content, &target, &Labels(labeler, &label), stop)
        })
        .map_err(|error| AnySigner::raised(py, self.signer.as_ref(), error))?;
        outcome(py, out, receipt)
    }

    /// A stream of text with the notice.
    fn text_stream(&self, py: Python<'_>, label: &str, kind: &str) -> PyResult<TextStream> {
        let labeler = self.set_up(None, &Stop::default())?;
        let made = labeler.text_stream(&label_of(label)?, markup(kind)?);
        made.map(TextStream::new).map_err(|error| raised(py, error))
    }

    /// A stream of server-sent events with label and notice.
    fn event_stream(&self, py: Python<'_>, label: &str, kind: &str) -> PyResult<EventStream> {
        let labeler = self.set_up(None, &Stop::default())?;
        let made = labeler.event_stream(&label_of(label)?, markup(kind)?);
        made.map(EventStream::new).map_err(|error| raised(py, error))
    }
}

/// A mistake in the settings, on its way through the library's errors.
fn raised_as_io(_py: Python<'_>, error: PyErr) -> biaoshi::Error {
    biaoshi::Error::io("options", std::io::Error::other(error))
}

/// Writes a platform's fields as it was set up.
#[pyclass(frozen, module = "biaoshi._native")]
pub(crate) struct Propagator {
    propagator: String,
    options: Options,
    signer: Option<AnySigner>,
}

impl Propagator {
    fn set_up<'a>(&'a self, name: Option<String>, stop: &Stop) -> PyResult<biaoshi::Propagator<'a>> {
        let options = &self.options;
        let mut out = biaoshi::Propagator::new(self.propagator.as_str())
            .declared(options.declared)
            .detected(options.detected)
            .sign_over_broken(options.sign_over_broken)
            .limits(options.limits()?)
            .cancel(Stop::clone(stop));
        for profile in options.profiles()? {
            out = out.also(profile);
        }
        if let Some(id) = &options.id {
            out = out.id(id.as_str());
        }
        if let Some(value) = &options.reserved_code2 {
            out = out.reserved_code2(value.as_str());
        }
        if let Some(title) = &options.title {
            out = out.title(title.as_str());
        }
        if let Some(name) = name {
            out = out.file_name(name);
        }
        if let Some(signer) = &self.signer {
            out = out.signer(signer.get());
        }
        Ok(out)
    }
}

#[pymethods]
impl Propagator {
    #[new]
    #[pyo3(signature = (propagator, options, signer=None))]
    fn new(propagator: String, options: Options, signer: Option<AnySigner>) -> PyResult<Self> {
        let made = Self { propagator, options, signer };
        made.set_up(None, &Stop::default())?;
        Ok(made)
    }

    /// Writes the platform's fields.
    fn propagate(
        &self,
        py: Python<'_>,
        content: Content,
        out: Option<&Bound<'_, PyAny>>,
        call: Call,
    ) -> PyResult<Outcome> {
        let target = Target::of(out, call.replace)?;
        let (out, receipt) = run(py, &call.stop(), |stop| {
            let propagator = Python::attach(|py| self.set_up(call.name, stop).map_err(|e| raised_as_io(py, e)))?;
            write(&content, &target, &propagator, stop)
        })
        .map_err(|error| AnySigner::raised(py, self.signer.as_ref(), error))?;
        outcome(py, out, receipt)
    }
}

/// The AIGC object of a label with this number, as JSON text.
#[pyfunction]
pub(crate) fn aigc_json(py: Python<'_>, label: &str, produce_id: &str) -> PyResult<String> {
    let aigc = Aigc::from_label(&label_of(label)?, produce_id).map_err(|error| raised(py, error))?;
    Ok(aigc.to_json())
}

/// The terms of the IPTC digital source types that can be stated.
#[pyfunction]
pub(crate) fn source_types() -> Vec<&'static str> {
    SourceType::ALL.iter().map(|kind| kind.term()).collect()
}
