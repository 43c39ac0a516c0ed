"""The processor for vLLM, against fakes of vLLM's batch interface."""

from __future__ import annotations

import importlib
import json
import logging
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy
import pytest

import biaoshi
from biaoshi.watermark.text import TextDetector, TextKey, TextWatermark

from . import fake_vllm
from .fake_vllm import BatchUpdate, MoveDirectionality, Params, Tensor

KEY = json.dumps({"scheme": "hmac-sha256", "keys": list(range(1, 31)), "ngram_len": 3})
VOCABULARY = 300


@pytest.fixture(scope="module")
def module() -> Iterator[Any]:
    before = dict(sys.modules)
    fake_vllm.install()
    yield importlib.import_module("biaoshi.watermark.vllm")
    for name in set(sys.modules) - set(before):
        if name.startswith("vllm") or name == "biaoshi.watermark.vllm":
            del sys.modules[name]


@pytest.fixture
def made(module: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    path = tmp_path / "text.key"
    path.write_text(KEY)
    path.chmod(0o600)
    monkeypatch.setenv("BIAOSHI_TEXT_KEY", str(path))
    return module.TextWatermarkProcessor(SimpleNamespace(additional_config={}), "cpu", False)


def logits(rows: int, seed: int, spread: float = 2.0) -> Any:
    return numpy.random.default_rng(seed).normal(0, spread, (rows, VOCABULARY)).astype(numpy.float32)


def odds(row: Any) -> Any:
    made = numpy.exp(row.astype(float) - row.max())
    return made / made.sum()


def test_the_interface_is_vllms(module: Any, made: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert issubclass(module.TextWatermarkProcessor, fake_vllm.LogitsProcessor)
    assert made.is_argmax_invariant() is False
    assert made.update_state(None) is None
    module.TextWatermarkProcessor.validate_params(Params(extra_args={"biaoshi_top_p": 0.5, "other": "x"}))
    for extra in ({"biaoshi_top_p": 2}, {"biaoshi_min_p": "1"}, {"biaoshi_top_p": True}, {"biaoshi_min_p": math.nan}):
        with pytest.raises(ValueError, match="biaoshi_"):
            module.TextWatermarkProcessor.validate_params(Params(extra_args=extra))
    monkeypatch.delenv("BIAOSHI_TEXT_KEY")
    with pytest.raises(ValueError, match="BIAOSHI_TEXT_KEY"):
        module.TextWatermarkProcessor(SimpleNamespace(), "cpu", False)
    with pytest.raises(biaoshi.NotFoundError):
        config = SimpleNamespace(additional_config={"biaoshi_text_key": "/nowhere/text.key"})
        module.TextWatermarkProcessor(config, "cpu", False)


def test_rows_are_marked_as_texts_alone(made: Any) -> None:
    """A batch whose requests come, go, swap and move gives each text what it would get alone."""
    outputs: dict[str, list[int]] = {name: [] for name in "abc"}
    alone = TextWatermark(TextKey.from_text(KEY))
    sequences = {name: alone.sequence() for name in "abc"}
    params = {"a": Params(), "b": Params(temperature=0.7, top_k=30), "c": Params(top_p=0.9, temperature=1.3)}
    rows: list[str] = ["a", "b"]
    made.update_state(BatchUpdate(2, added=[(n, params[x], [1, 2], outputs[x]) for n, x in enumerate(rows)]))
    for step in range(40):
        if step == 5:
            made.update_state(BatchUpdate(3, added=[(2, params["c"], None, outputs["c"])]))
            rows = ["a", "b", "c"]
        if step == 10:
            made.update_state(BatchUpdate(3, moved=[(0, 2, MoveDirectionality.SWAP)]))
            rows = ["c", "b", "a"]
        if step == 20:
            made.update_state(BatchUpdate(2, removed=[0], moved=[(2, 0, MoveDirectionality.UNIDIRECTIONAL)]))
            rows = ["a", "b"]
        whole = logits(len(rows), step)
        got = Tensor(whole.copy())
        assert made.apply(got) is got
        for n, name in enumerate(rows):
            mine, temperature = params[name], params[name].temperature
            kept = numpy.argsort(-whole[n], kind="stable")[: mine.top_k or 100]
            scores = (whole[n][kept] / numpy.float32(temperature))[None]
            if mine.top_p < 1:
                share = odds(scores[0])
                scores[0][numpy.cumsum(share) - share >= mine.top_p] = -math.inf
            assert alone.reweight([sequences[name]], scores, kept[None]) == ["marked"]
            used = scores[0] > numpy.finfo(numpy.float32).min
            # What vLLM draws from after its own temperature.
            final = odds(got.held[n] / temperature)
            numpy.testing.assert_allclose(final[kept[used]], numpy.exp(scores[0][used]), rtol=1e-4, atol=1e-7)
            assert numpy.isneginf(numpy.delete(got.held[n], kept[used])).all()
            outputs[name].append(int(numpy.random.default_rng(step).choice(VOCABULARY, p=final)))
            sequences[name].push(outputs[name][-1])


def test_a_text_that_was_interrupted_goes_on(made: Any) -> None:
    def run(cut: int | None) -> list[Any]:
        output: list[int] = []
        made.update_state(BatchUpdate(1, added=[(0, Params(), [], output)]))
        all_scores = []
        for step in range(12):
            if step == cut:
                # Gone, and back with the text that it had.
                made.update_state(BatchUpdate(0, removed=[0]))
                made.update_state(BatchUpdate(1, added=[(0, Params(), [], output)]))
            got = Tensor(logits(1, step))
            made.apply(got)
            all_scores.append(got.held)
            output.append(step % 3)
        return all_scores

    whole = run(None)
    for cut in (1, 2, 7):
        assert all((a == b).all() for a, b in zip(whole, run(cut), strict=True))


def test_what_is_not_drawn_stays(made: Any, caplog: pytest.LogCaptureFixture) -> None:
    waiting = [5, -1]
    added = [(0, Params(temperature=0.0), [], []), (1, Params(), [], waiting), (2, Params(), [], [])]
    made.update_state(BatchUpdate(3, added=added))
    whole = logits(3, 1)
    whole[2] = math.nan
    got = Tensor(whole.copy())
    with caplog.at_level(logging.WARNING):
        made.apply(got)
        made.apply(got)
    assert "asynchronous" in caplog.text and len(caplog.records) == 1
    numpy.testing.assert_array_equal(got.held, whole)


def test_texts_are_found(made: Any) -> None:
    output: list[int] = []
    made.update_state(BatchUpdate(1, added=[(0, Params(temperature=0.9), [], output)]))
    random = numpy.random.default_rng(3)
    for step in range(300):
        got = Tensor(logits(1, 1000 + step, 1.0))
        made.apply(got)
        output.append(int(random.choice(VOCABULARY, p=odds(got.held[0] / 0.9))))
    detector = TextDetector(TextWatermark(TextKey.from_text(KEY)))
    assert detector.detect(output).answer == "found"
