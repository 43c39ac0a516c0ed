//! Marks in text while it is generated.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use biaoshi::watermark::text::{self, BayesModel, Options, Row, Score, Step, largest};
use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::errors::raised;
use crate::options::word;

/// The secret of a text watermark.
#[pyclass(frozen, module = "biaoshi._native")]
pub(crate) struct TextKey(text::TextKey);

#[pymethods]
impl TextKey {
    /// Reads a key file.
    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        text::TextKey::load(path).map(Self).map_err(|error| raised(py, error))
    }

    /// Reads the text of one.
    #[staticmethod]
    fn from_text(py: Python<'_>, key: &str) -> PyResult<Self> {
        text::TextKey::from_text(key).map(Self).map_err(|error| raised(py, error))
    }

    /// Makes a key.
    #[staticmethod]
    fn generate(py: Python<'_>, scheme: &str) -> PyResult<Self> {
        text::TextKey::generate(word("scheme", scheme)?).map(Self).map_err(|error| raised(py, error))
    }

    #[getter]
    fn scheme(&self) -> &'static str {
        self.0.scheme().name()
    }

    /// The secret as the text of a key file.
    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        self.0.to_json().map(|text| text.to_string()).map_err(|error| raised(py, error))
    }
}

/// Where a text stands.
#[pyclass(frozen, module = "biaoshi._native")]
pub(crate) struct TextSequence(Mutex<text::TextSequence>);

#[pymethods]
impl TextSequence {
    /// Says which token was chosen.
    fn push(&self, token: i64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(token);
    }

    /// Another one that stands at the same place.
    fn copy(&self) -> Self {
        Self(Mutex::new(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()))
    }
}

/// A key made ready.
#[pyclass(frozen, module = "biaoshi._native")]
pub(crate) struct TextWatermark(text::TextWatermark);

/// The numbers as bytes that an array of 64-bit numbers reads.
fn packed<'py>(py: Python<'py>, numbers: &[u64]) -> Bound<'py, PyBytes> {
    let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_ne_bytes()).collect();
    PyBytes::new(py, &bytes)
}

const fn number(step: Step) -> u8 {
    match step {
        Step::Marked => 1,
        Step::Repeated => 2,
        Step::Skipped => 3,
        _ => 0,
    }
}

#[pymethods]
impl TextWatermark {
    #[new]
    fn new(py: Python<'_>, key: &TextKey) -> Self {
        py.detach(|| Self(text::TextWatermark::new(&key.0)))
    }

    #[getter]
    fn depth(&self) -> usize {
        self.0.depth()
    }

    #[getter]
    fn ngram_len(&self) -> usize {
        self.0.ngram_len()
    }

    /// The start of a text.
    fn sequence(&self) -> TextSequence {
        TextSequence(Mutex::new(self.0.sequence()))
    }

    /// Catches up with tokens that were chosen elsewhere.
    fn observe(&self, py: Python<'_>, sequence: &TextSequence, tokens: Vec<i64>) -> PyResult<()> {
        let mut held = sequence.0.lock().unwrap_or_else(PoisonError::into_inner);
        self.0.observe(&mut held, &tokens).map_err(|error| raised(py, error))
    }

    /// g-values of candidates, as bytes of 64-bit numbers.
    fn g_values<'py>(
        &self,
        py: Python<'py>,
        contexts: PyBuffer<i64>,
        ids: PyBuffer<i64>,
        rows: usize,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let (contexts, ids) = (contexts.to_vec(py)?, ids.to_vec(py)?);
        let made = py.detach(|| self.0.g_values_batch(&contexts, &ids, rows));
        Ok(packed(py, &made.map_err(|error| raised(py, error))?))
    }

    /// g-values of a text, as bytes of 64-bit numbers.
    fn g_values_of<'py>(&self, py: Python<'py>, tokens: PyBuffer<i64>) -> PyResult<Bound<'py, PyBytes>> {
        let tokens = tokens.to_vec(py)?;
        Ok(packed(py, &py.detach(|| self.0.g_values_of(&tokens))))
    }

    /// Puts the mark into scores of candidates, in place: as many rows as sequences.
    fn reweight(
        &self,
        py: Python<'_>,
        sequences: Vec<Py<TextSequence>>,
        ids: PyBuffer<i64>,
        scores: PyBuffer<f32>,
    ) -> PyResult<Vec<u8>> {
        let ids = ids.to_vec(py)?;
        if ids.len() != scores.item_count() {
            return Err(PyValueError::new_err("ids and scores: one of each is needed"));
        }
        let width = width(ids.len(), sequences.len())?;
        self.rows(py, &sequences, &scores, width, |mark, sequence, row, from| {
            let ids = ids.get(from..from.saturating_add(width)).unwrap_or_default();
            let rows = &mut [Row { sequence, ids, scores: row }];
            Ok(mark.reweight_batch(rows)?.first().copied().unwrap_or(Step::NotScored))
        })
    }

    /// Puts the mark into scores of whole vocabularies, in place. Of each row the `top_k` largest are kept, or
    /// all above minus infinity if it is 0.
    fn reweight_vocabulary(
        &self,
        py: Python<'_>,
        sequences: Vec<Py<TextSequence>>,
        scores: PyBuffer<f32>,
        top_k: usize,
    ) -> PyResult<Vec<u8>> {
        let width = width(scores.item_count(), sequences.len())?;
        self.rows(py, &sequences, &scores, width, |mark, sequence, row, _| {
            if top_k > 0 {
                let kept = largest(row, top_k);
                let held: Vec<f32> =
                    kept.iter().filter_map(|id| row.get(usize::try_from(*id).ok()?).copied()).collect();
                row.fill(f32::NEG_INFINITY);
                for (id, score) in kept.iter().zip(held) {
                    if let Some(place) = usize::try_from(*id).ok().and_then(|id| row.get_mut(id)) {
                        *place = score;
                    }
                }
            }
            mark.reweight_vocabulary(sequence, row)
        })
    }
}

/// Numbers in each row.
fn width(count: usize, rows: usize) -> PyResult<usize> {
    match count.checked_rem(rows) {
        Some(0) => Ok(count.checked_div(rows).unwrap_or(0)),
        None if count == 0 => Ok(0),
        _ => Err(PyValueError::new_err("scores: as many rows as sequences are needed")),
    }
}

impl TextWatermark {
    fn rows(
        &self,
        py: Python<'_>,
        sequences: &[Py<TextSequence>],
        scores: &PyBuffer<f32>,
        width: usize,
        one: impl Fn(&text::TextWatermark, &mut text::TextSequence, &mut [f32], usize) -> biaoshi::Result<Step> + Sync,
    ) -> PyResult<Vec<u8>> {
        if scores.readonly() {
            return Err(PyValueError::new_err("scores: an array that can be written is needed"));
        }
        let mut held = scores.to_vec(py)?;
        let made = py.detach(|| -> biaoshi::Result<Vec<u8>> {
            let mut rest = held.as_mut_slice();
            let mut steps = Vec::with_capacity(sequences.len());
            for (n, sequence) in sequences.iter().enumerate() {
                let (row, after) = rest.split_at_mut(width.min(rest.len()));
                rest = after;
                let mut sequence = sequence.get().0.lock().unwrap_or_else(PoisonError::into_inner);
                steps.push(number(one(&self.0, &mut sequence, row, n.saturating_mul(width))?));
            }
            Ok(steps)
        });
        let made = made.map_err(|error| raised(py, error))?;
        scores.copy_from_slice(py, &held)?;
        Ok(made)
    }
}

/// Looks for the mark of a key.
#[pyclass(frozen, module = "biaoshi._native")]
pub(crate) struct TextDetector(text::TextDetector);

#[pymethods]
impl TextDetector {
    #[new]
    #[pyo3(signature = (mark, model=None))]
    fn new(py: Python<'_>, mark: &TextWatermark, model: Option<&str>) -> PyResult<Self> {
        let made = py.detach(|| {
            let detector = text::TextDetector::new(&mark.0);
            match model {
                Some(model) => detector.model(BayesModel::from_json(model)?),
                None => Ok(detector),
            }
        });
        made.map(Self).map_err(|error| raised(py, error))
    }

    /// The answer as JSON.
    #[pyo3(signature = (tokens, end, false_alarm, miss, strength, score))]
    #[expect(clippy::too_many_arguments, reason = "by name in Python")]
    fn detect(
        &self,
        py: Python<'_>,
        tokens: PyBuffer<i64>,
        end: Option<i64>,
        false_alarm: f64,
        miss: f64,
        strength: f64,
        score: &str,
    ) -> PyResult<String> {
        let score = match score {
            "weighted_mean" => Score::WeightedMean,
            "mean" => Score::Mean,
            "bayes" => Score::Bayes,
            other => return Err(PyValueError::new_err(format!("score: unknown value {other:?}"))),
        };
        let tokens = tokens.to_vec(py)?;
        let options = Options::default().rates(false_alarm, miss).strength(strength).score(score);
        let found = py.detach(|| self.0.detect(&tokens, end, &options)).map_err(|error| raised(py, error))?;
        serde_json::to_string(&found).map_err(|error| PyValueError::new_err(error.to_string()))
    }

    /// g-values of the places that count, as bytes of 64-bit numbers.
    #[pyo3(signature = (tokens, end))]
    fn scored<'py>(&self, py: Python<'py>, tokens: PyBuffer<i64>, end: Option<i64>) -> PyResult<Bound<'py, PyBytes>> {
        let tokens = tokens.to_vec(py)?;
        Ok(packed(py, &py.detach(|| self.0.scored(&tokens, end))))
    }
}

/// Fits a model of the odds of the mark; its JSON.
#[pyfunction]
pub(crate) fn text_model(py: Python<'_>, g_values: PyBuffer<u64>, depth: usize, prior: f64) -> PyResult<String> {
    let g_values = g_values.to_vec(py)?;
    let made = py.detach(|| BayesModel::fit(&g_values, depth, prior));
    made.map(|model| model.to_json()).map_err(|error| raised(py, error))
}
