"""Marks in the text that vLLM generates, by its batch interface for logits processors (V1).

    BIAOSHI_TEXT_KEY=text.key vllm serve MODEL --logits-processors biaoshi.watermark.vllm:TextWatermarkProcessor

vLLM loads the class when it starts; the key file is named by the environment or by
``additional_config={"biaoshi_text_key": …}``. Every request whose temperature is above zero is marked: where
nothing is drawn there is nothing to mark.

vLLM applies its own temperature, top-k, top-p and min-p behind this processor, so it applies those of the request
first, to at most 100 candidates (`BIAOSHI_TEXT_TOP_K`), marks what is left, and writes it back at the level that
vLLM's temperature undoes. A `top_p` or `min_p` of the request then cuts once more, from odds that bear the mark: give
``extra_args={"biaoshi_top_p": 0.9, "biaoshi_min_p": 0.05}`` and leave vLLM's own at rest. Penalties act behind the
mark and make it weaker. vLLM refuses custom processors where it decodes speculatively, and the newer interface of
Model Runner V2, whose rows are no requests, is not served here.

Needs vllm; never run inside its engine (GPU), but against its interface in tests.
"""

from __future__ import annotations

import logging
import math
import os
from typing import TYPE_CHECKING, Any

import numpy
from vllm.v1.sample.logits_processor import (  # type: ignore[import-not-found,unused-ignore]
    LogitsProcessor,
    MoveDirectionality,
)

from .text import TextKey, TextSequence, TextWatermark

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["TextWatermarkProcessor"]

_CANDIDATES = 100
_log = logging.getLogger(__name__)


def _share(extra: dict[str, Any], name: str, own: float) -> float:
    """A share from the request's extra arguments, or its own."""
    value = extra.get(name, own)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError(f"{name} must be a number from 0 to 1")
    return float(value)


class _Request:
    """One row of the batch."""

    __slots__ = ("asked", "min_p", "output", "seen", "sequence", "temperature", "top_k", "top_p")

    def __init__(self, sequence: TextSequence, params: Any, output: list[int]) -> None:
        extra = getattr(params, "extra_args", None) or {}
        self.sequence = sequence
        self.output = output
        self.seen = 0
        #: Whether a token was asked for that isn't known yet.
        self.asked = False
        self.temperature = float(params.temperature)
        self.top_k = max(0, int(params.top_k))
        self.top_p = _share(extra, "biaoshi_top_p", params.top_p)
        self.min_p = _share(extra, "biaoshi_min_p", params.min_p)

    def cut(self, scores: numpy.ndarray[Any, Any]) -> None:
        """Applies temperature, top-k, top-p and min-p to falling scores."""
        scores /= self.temperature
        if 0 < self.top_k < len(scores):
            scores[self.top_k :] = -math.inf
        if self.top_p < 1 or self.min_p > 0:
            odds = numpy.exp(scores - scores[0])
            odds /= odds.sum()
            # The one that reaches top_p stays, and the first always does.
            low = numpy.cumsum(odds) - odds >= self.top_p
            low |= odds < self.min_p * odds[0]
            low[0] = False
            scores[low] = -math.inf


class TextWatermarkProcessor(LogitsProcessor):  # type: ignore[misc]
    """Marks every text that is drawn."""

    @classmethod
    def validate_params(cls, sampling_params: Any) -> None:
        """`ValueError` for extra arguments outside their range."""
        extra = getattr(sampling_params, "extra_args", None) or {}
        _share(extra, "biaoshi_top_p", 1)
        _share(extra, "biaoshi_min_p", 0)

    def __init__(self, vllm_config: Any, device: Any, is_pin_memory: bool) -> None:
        more = getattr(vllm_config, "additional_config", None)
        path = more.get("biaoshi_text_key") if isinstance(more, dict) else None
        path = path or os.environ.get("BIAOSHI_TEXT_KEY")
        if not path:
            raise ValueError("no key file for the text watermark: set BIAOSHI_TEXT_KEY")
        self._candidates = int(os.environ.get("BIAOSHI_TEXT_TOP_K") or _CANDIDATES)
        if self._candidates < 2:
            raise ValueError("BIAOSHI_TEXT_TOP_K must be at least 2")
        self._mark = TextWatermark(TextKey.load(path))
        self._requests: dict[int, _Request] = {}
        self._warned = False

    def is_argmax_invariant(self) -> bool:
        """It changes which token is the likeliest."""
        return False

    def update_state(self, batch_update: Any) -> None:
        """Follows requests that come, go and move; in this order: removed, added, moved."""
        if batch_update is None:
            return
        held = self._requests
        for row in batch_update.removed:
            held.pop(row, None)
        for row, params, _, output in batch_update.added:
            held.pop(row, None)
            if params is not None and params.temperature >= 1e-5:
                held[row] = _Request(self._mark.sequence(), params, output)
        for one, two, direction in batch_update.moved:
            from_one, from_two = held.pop(one, None), held.pop(two, None)
            if from_one is not None:
                held[two] = from_one
            if from_two is not None and direction == MoveDirectionality.SWAP:
                held[one] = from_two

    def _ready(self, rows: Iterable[int]) -> list[int]:
        """Rows whose sequences stand where their texts do."""
        ready = []
        for row in rows:
            request = self._requests[row]
            tokens = request.output[request.seen :]
            if any(token < 0 for token in tokens):
                if not self._warned:
                    self._warned = True
                    _log.warning("texts stay unmarked: their tokens aren't known in time (asynchronous scheduling)")
                continue
            request.seen += len(tokens)
            if tokens and request.asked:
                request.sequence.push(tokens.pop(0))
            # A request that was interrupted comes back with its text.
            self._mark.observe(request.sequence, tokens)
            request.asked = True
            ready.append(row)
        return ready

    def apply(self, logits: Any) -> Any:
        """Marks each row, in place."""
        rows = self._ready(sorted(row for row in self._requests if row < logits.shape[0]))
        if not rows:
            return logits
        kept, ids = logits[rows].float().topk(min(self._candidates, logits.shape[1]))
        scores = numpy.array(kept.cpu().numpy(), numpy.float32)
        ids = ids.cpu().numpy()
        requests = [self._requests[row] for row in rows]
        for request, row_scores in zip(requests, scores, strict=True):
            request.cut(row_scores)
        before = scores.astype(numpy.float64)
        steps = self._mark.reweight([request.sequence for request in requests], scores, ids)
        for n, step in enumerate(steps):
            if step != "marked":
                continue
            # What the mark leaves no odds at all stays minus infinity.
            used = scores[n] > numpy.finfo(numpy.float32).min
            # The level that the scores had, so that penalties meet numbers of their kind.
            level = before[n].max() + math.log(numpy.exp(before[n] - before[n].max()).sum())
            made = (scores[n][used].astype(numpy.float64) + level) * requests[n].temperature
            logits[rows[n]] = -math.inf
            logits[rows[n], logits.new_tensor(ids[n][used]).long()] = logits.new_tensor(made)
        return logits
