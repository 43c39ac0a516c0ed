"""Marks in text: the published reference's answers, arrays of all kinds, and vLLM's interface with fakes."""

from __future__ import annotations

import copy
import json
import math
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy
import pytest

import biaoshi
from biaoshi.watermark.text import TextDetector, TextKey, TextWatermark, fit

from .conftest import ROOT

VECTORS = json.loads((ROOT / "core" / "tests" / "watermark_text" / "synthid.json").read_text())
PUBLIC = VECTORS["configs"][0]["config"]
SCHEMES = ["hmac-sha256", "synthid-table", "synthid-lcg"]


def mark(scheme: str = "hmac-sha256", first: int = 7, **more: Any) -> TextWatermark:
    keys = [first + n * n * 1000003 for n in range(30)]
    return TextWatermark(TextKey.from_text(json.dumps({"scheme": scheme, "keys": keys, **more})))


def layers(masks: list[str], depth: int) -> numpy.ndarray[Any, Any]:
    return numpy.array([[int(mask, 16) >> n & 1 for n in range(depth)] for mask in masks], numpy.uint8)


def test_g_values_are_the_references() -> None:
    for entry in VECTORS["configs"]:
        own = TextWatermark(TextKey.from_text(json.dumps(entry["config"])))
        for case in entry["tokens"]:
            assert (own.g_values_of(case["tokens"]) == layers(case["g_values"], own.depth)).all()
        for case in entry["candidates"]:
            got = own.g_values([case["context"]] * 2, numpy.array([case["ids"]] * 2))
            assert got.shape == (2, len(case["ids"]), own.depth)
            assert (got == layers(case["g_values"], own.depth)).all()


def test_scores_are_the_references() -> None:
    own = TextWatermark(TextKey.from_text(json.dumps(PUBLIC)))
    for case in VECTORS["configs"][0]["candidates"]:
        sequence = own.sequence()
        for token in case["context"]:
            sequence.push(token)
        scores = numpy.array([case["scores"]], numpy.float32)
        assert own.reweight([sequence], scores, [case["ids"]]) == ["marked"]
        expected = numpy.array([case["float64"]])
        likely = expected > -60
        numpy.testing.assert_allclose(scores[likely], expected[likely], rtol=1e-6, atol=1e-7)
        # The same context again is left alone.
        for token in case["context"]:
            sequence.push(token)
        again = numpy.array([case["scores"]], numpy.float32)
        assert own.reweight([sequence], again, [case["ids"]]) == ["repeated"]
        assert (again == numpy.array(case["scores"], numpy.float32)).all()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_vocabulary_is_its_candidates(scheme: str) -> None:
    own = mark(scheme)
    random = numpy.random.default_rng(1)
    whole = random.normal(0, 2, (3, 500)).astype(numpy.float32)
    ids = numpy.sort(numpy.argsort(whole, axis=1)[:, -20:], axis=1)
    few = numpy.take_along_axis(whole, ids, 1)
    assert own.reweight([own.sequence() for _ in range(3)], few, ids.astype(numpy.int32)) == ["marked"] * 3
    masked = numpy.full_like(whole, -math.inf)
    numpy.put_along_axis(masked, ids, numpy.take_along_axis(whole, ids, 1), 1)
    for scores, options in ((whole, {"top_k": 20}), (masked, {})):
        assert own.reweight([own.sequence() for _ in range(3)], scores, **options) == ["marked"] * 3
        assert (numpy.take_along_axis(scores, ids, 1) == few).all()
        assert (scores == numpy.finfo(numpy.float32).min).sum() == 3 * 480
    assert numpy.exp(few).sum(1) == pytest.approx([1, 1, 1], rel=1e-5)


def test_arrays_are_written_where_they_lie() -> None:
    own = mark()
    held = numpy.zeros((2, 40), numpy.float32)
    view = held[:, ::4]  # not contiguous
    expected = numpy.zeros((2, 10), numpy.float32)
    ids = numpy.arange(20).reshape(2, 10)
    own.reweight([own.sequence(), own.sequence()], expected, ids)
    own.reweight([own.sequence(), own.sequence()], view, ids)
    assert (view == expected).all() and (held[:, 1::4] == 0).all() and (held[:, ::4] != 0).any()
    held.flags.writeable = False
    for scores, error in (
        (held[:, :10], ValueError),
        (numpy.zeros((2, 10)), ValueError),
        (numpy.zeros(10, numpy.float32), ValueError),
        (numpy.zeros((3, 10), numpy.float32), ValueError),
        (numpy.zeros((2, 9), numpy.float32), ValueError),
    ):
        with pytest.raises(error):
            own.reweight([own.sequence(), own.sequence()], scores, ids)
    with pytest.raises(TypeError, match="whole numbers"):
        own.reweight([own.sequence()], numpy.zeros((1, 2), numpy.float32), [[0.5, 1.5]])
    with pytest.raises(ValueError, match="top_k"):
        own.reweight([own.sequence()], numpy.zeros((1, 2), numpy.float32), [[1, 2]], top_k=1)
    assert own.reweight([], numpy.zeros((0, 10), numpy.float32)) == []
    assert own.reweight([own.sequence()], numpy.zeros((1, 0), numpy.float32)) == ["not_scored"]


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_scores_that_are_no_distribution_stay(bad: float) -> None:
    scores = numpy.full((1, 3), bad, numpy.float32)
    before = scores.copy()
    assert mark().reweight([mark().sequence()], scores, [[1, 2, 3]]) == ["not_scored"]
    numpy.testing.assert_array_equal(scores, before)


def written(own: TextWatermark | None, count: int, seed: int, spread: float = 1.5) -> list[int]:
    """A text drawn from made-up odds."""
    random = numpy.random.default_rng(seed)
    sequence = own.sequence() if own else None
    tokens: list[int] = []
    for _ in range(count):
        ids = random.integers(0, 50_000, (1, 40))
        scores = random.normal(0, spread, (1, 40)).astype(numpy.float32)
        if own and sequence:
            own.reweight([sequence], scores, ids)
        odds = numpy.exp(scores[0].astype(float))
        tokens.append(int(random.choice(ids[0], p=odds / odds.sum())))
        if sequence:
            sequence.push(tokens[-1])
    return tokens


@pytest.mark.parametrize("scheme", SCHEMES)
def test_marks_are_found_by_their_key_alone(scheme: str) -> None:
    own, other = mark(scheme, skip_first_ngram_calls=True), mark(scheme, 1234)
    tokens = written(own, 400, 1)
    found = TextDetector(own).detect(tokens)
    assert found.answer == "found" and found.p_weighted_mean < 1e-6 and found.log10_p < -6
    assert TextDetector(own).detect(numpy.array(tokens, numpy.uint32)) == found
    assert TextDetector(other).detect(tokens).answer == "absent"
    assert TextDetector(own).detect(written(None, 400, 2)).answer == "absent"
    assert TextDetector(other).detect(tokens[:50]).answer == "too_short"
    assert TextDetector(own).detect([5, *tokens], end=5).scored == 0
    with pytest.raises(TypeError, match="truth value"):
        bool(found)
    with pytest.raises(biaoshi.InvalidError, match="false_alarm"):
        TextDetector(own).detect(tokens, false_alarm=0)
    with pytest.raises(ValueError, match="one text"):
        TextDetector(own).detect([tokens])


def test_a_model_is_fitted() -> None:
    own = mark()
    plain = TextDetector(own)
    with pytest.raises(biaoshi.InvalidError, match="1000"):
        fit(plain, [[1, 2, 3]])
    with pytest.raises(biaoshi.InvalidError):
        fit(plain, [])
    model = fit(plain, [written(own, 600, seed) for seed in range(3)])
    detector = TextDetector(own, model)
    found = detector.detect(written(own, 400, 9), score="bayes")
    assert found.answer == "found" and found.bayes and found.bayes.posterior > 0.999 and found.bayes.p_bound < 1e-6
    assert detector.detect(written(None, 500, 9), score="bayes").answer == "absent"
    with pytest.raises(biaoshi.InvalidError):
        plain.detect([1], score="bayes")
    with pytest.raises(biaoshi.InvalidError):
        TextDetector(own, "{}")


def test_keys_are_read_checked_and_never_shown(tmp_path: Path) -> None:
    key = TextKey.generate()
    path = tmp_path / "text.key"
    path.write_text(key.to_json())
    path.chmod(0o600)
    assert TextKey.load(path).to_json() == key.to_json()
    number = str(json.loads(key.to_json())["keys"][0])
    for shown in (repr(key), repr(TextWatermark(key)), repr(TextWatermark(key).sequence()), str(key)):
        assert number not in shown
    path.chmod(0o644)
    with pytest.raises(biaoshi.SigningError, match="0644"):
        TextKey.load(path)
    with pytest.raises(biaoshi.InvalidError) as caught:
        TextKey.from_text(key.to_json().replace("[", "[0.5, "))
    assert number not in str(caught.value)
    with pytest.raises(ValueError, match="scheme"):
        TextKey.generate("rot13")  # type: ignore[arg-type]
    for one in (key, TextWatermark(key)):
        with pytest.raises(TypeError):
            pickle.dumps(one)
    own = TextWatermark(key)
    assert copy.copy(own) is own and copy.deepcopy(own) is own


def test_importing_brings_in_nothing() -> None:
    code = "import sys, biaoshi.watermark.text; print([m for m in ('numpy', 'torch', 'transformers') if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
