"""Marks in text that a language model writes, made while its words are chosen.

    from biaoshi.watermark.text import TextDetector, TextKey, TextWatermark

    mark = TextWatermark(TextKey.load("text.key"))
    model.generate(**inputs, do_sample=True, top_k=100, watermarking_config=mark.config())
    TextDetector(mark).detect(tokens).answer           # "found", "absent" or "too_short"

SynthID-Text's tournament sampling; `spec/watermark-text.md` says what it can and can't show. Neither NumPy nor torch
nor transformers is imported before it is used. For vLLM there is :mod:`biaoshi.watermark.vllm`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast

from biaoshi import _native

if TYPE_CHECKING:
    import numpy

__all__ = [
    "BayesScore",
    "Detection",
    "TextDetector",
    "TextKey",
    "TextSequence",
    "TextWatermark",
    "fit",
]

Scheme = Literal["hmac-sha256", "synthid-table", "synthid-lcg"]
Answer = Literal["found", "absent", "too_short"]
Score = Literal["weighted_mean", "mean", "bayes"]
Step = Literal["not_scored", "marked", "repeated", "skipped"]

_STEPS: tuple[Step, ...] = ("not_scored", "marked", "repeated", "skipped")

TextSequence = _native.TextSequence
"""Where a text stands that is being made. `push(token)` says which token was chosen."""


class TextKey:
    """The secret of a text watermark. It is never shown, and can't be pickled."""

    __slots__ = ("_native",)

    def __init__(self, native: _native.TextKey) -> None:
        self._native = native

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> TextKey:
        """Reads a key file; `SigningError` if others may read it."""
        return cls(_native.TextKey.load(os.fspath(path)))

    @classmethod
    def from_text(cls, text: str) -> TextKey:
        """Reads the text of a key file: JSON with the fields of transformers' configuration and `scheme`, or a
        list of whole numbers."""
        return cls(_native.TextKey.from_text(text))

    @classmethod
    def generate(cls, scheme: Scheme = "hmac-sha256") -> TextKey:
        """Makes a key of 30 random numbers."""
        return cls(_native.TextKey.generate(scheme))

    @property
    def scheme(self) -> str:
        """How g-values come from key, context and token."""
        return self._native.scheme

    def to_json(self) -> str:
        """The secret, as the text of a key file."""
        return self._native.to_json()

    def __repr__(self) -> str:
        return f"TextKey(scheme={self.scheme!r})"


class BayesScore(NamedTuple):
    """What a fitted model says."""

    log_odds: float
    posterior: float
    p_bound: float


class Detection(NamedTuple):
    """What was found in a text. It has no truth value: ask `answer`."""

    answer: Answer
    score: Score
    tokens: int
    scored: int
    mean: float
    weighted_mean: float
    p_mean: float
    p_weighted_mean: float
    log10_p: float
    strength: float
    missed: float
    bayes: BayesScore | None

    def __bool__(self) -> bool:
        raise TypeError("a detection has no truth value: ask answer or log10_p")


def _numbers(name: str, values: Any, kind: str) -> Any:
    """An array of this kind, a view where there is one already: NumPy arrays, tensors of torch on the CPU, lists."""
    import numpy

    if hasattr(values, "detach") and hasattr(values, "cpu"):
        values = values.detach().cpu().numpy()
    array = numpy.asarray(values)
    if array.size and array.dtype.kind not in "iu" and kind != "float32":
        raise TypeError(f"{name}: whole numbers are needed, not {array.dtype}")
    return numpy.ascontiguousarray(array, dtype=kind)


class TextWatermark:
    """A key made ready for marking texts. It can't be changed; copies of it are itself."""

    __slots__ = ("_native",)

    def __init__(self, key: TextKey) -> None:
        self._native = _native.TextWatermark(key._native)

    @property
    def depth(self) -> int:
        """Layers of the tournament."""
        return self._native.depth

    @property
    def ngram_len(self) -> int:
        """Length of the n-grams that are hashed, in tokens."""
        return self._native.ngram_len

    def __repr__(self) -> str:
        return f"TextWatermark(depth={self.depth}, ngram_len={self.ngram_len})"

    def __copy__(self) -> TextWatermark:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> TextWatermark:
        return self

    def sequence(self) -> TextSequence:
        """The start of a text."""
        return self._native.sequence()

    def observe(self, sequence: TextSequence, tokens: Iterable[int]) -> None:
        """Catches up with tokens that were chosen elsewhere, as if each had been marked and pushed."""
        self._native.observe(sequence, list(tokens))

    def _layers(self, packed: bytes, shape: tuple[int, ...]) -> numpy.ndarray[Any, numpy.dtype[numpy.uint8]]:
        import numpy

        masks = numpy.frombuffer(packed, numpy.uint64).reshape((*shape, 1))
        return ((masks >> numpy.arange(self.depth, dtype=numpy.uint64)) & numpy.uint64(1)).astype(numpy.uint8)

    def g_values(self, contexts: Any, ids: Any) -> numpy.ndarray[Any, numpy.dtype[numpy.uint8]]:
        """g-values of candidates: (rows, ngram_len - 1) and (rows, count) give (rows, count, depth)."""
        contexts, ids = _numbers("contexts", contexts, "int64"), _numbers("ids", ids, "int64")
        if contexts.ndim != 2 or ids.ndim != 2 or len(contexts) != len(ids):
            raise ValueError("contexts and ids: two dimensions and as many rows are needed")
        return self._layers(self._native.g_values(contexts, ids, len(ids)), ids.shape)

    def g_values_of(self, tokens: Any) -> numpy.ndarray[Any, numpy.dtype[numpy.uint8]]:
        """g-values of a text: (count,) gives (count - ngram_len + 1, depth)."""
        tokens = _numbers("tokens", tokens, "int64")
        return self._layers(self._native.g_values_of(tokens), (max(0, tokens.size - self.ngram_len + 1),))

    def reweight(
        self,
        sequences: Sequence[TextSequence],
        scores: numpy.ndarray[Any, Any],
        ids: Any = None,
        *,
        top_k: int | None = None,
    ) -> list[Step]:
        """Puts the mark into the scores of the next token of several texts, in place.

        With `ids` of the same shape, `scores` are those of candidates (rows, count). Without, they are those of
        the whole vocabulary (rows, vocabulary), whose candidates are those above minus infinity, or the `top_k`
        largest. Draw from what is there then: logarithms of probabilities, after temperature, top-k and top-p. Then
        say by ``sequence.push(token)`` what was drawn.

        Args:
            sequences: one for each row, by :meth:`sequence`.
            scores: `float32` that can be written: an array, or ``tensor.numpy()`` of a tensor on the CPU.

        Returns:
            What came of each row. Only those that are `marked` were changed (and the others cut to `top_k`).
        """
        import numpy

        if scores.dtype != numpy.float32 or scores.ndim != 2 or len(scores) != len(sequences):
            raise ValueError("scores: float32 in two dimensions and a row for each sequence are needed")
        if ids is not None and top_k is not None:
            raise ValueError("top_k: candidates were chosen already")
        if ids is None:
            steps = self._native.reweight_vocabulary(list(sequences), cast("Any", scores), top_k or 0)
        else:
            ids = _numbers("ids", ids, "int64")
            if ids.shape != scores.shape:
                raise ValueError("ids: the same shape as that of scores is needed")
            steps = self._native.reweight(list(sequences), cast("Any", ids), cast("Any", scores))
        return [_STEPS[step] for step in steps]

    def processor(self) -> Any:
        """A `LogitsProcessor` of transformers, for one generation.

        It has to be the last one: `generate` puts its own temperature, top-k and top-p behind processors that are
        given as `logits_processor`, so rather give :meth:`config` as `watermarking_config`.
        """
        from . import _transformers

        return _transformers.processor(self)

    def config(self) -> Any:
        """What `generate` of transformers takes as `watermarking_config`: a new processor for each generation, behind
        all others. Saved or printed configurations hold nothing of the key."""
        from . import _transformers

        return _transformers.config(self)


class TextDetector:
    """Looks for the mark of a key in the tokens of texts."""

    __slots__ = ("_mark", "_native")

    def __init__(self, mark: TextWatermark, model: str | None = None) -> None:
        """With `model`, also asks what :func:`fit` gave."""
        self._mark = mark
        self._native = _native.TextDetector(mark._native, model)

    def detect(
        self,
        tokens: Any,
        *,
        end: int | None = None,
        false_alarm: float = 1e-6,
        miss: float = 0.01,
        strength: float = 0.397,
        score: Score = "weighted_mean",
    ) -> Detection:
        """Looks for the mark in a text's tokens, without those of its prompt.

        `found`: unmarked text gives this answer with a chance of at most `false_alarm`. `absent`: text whose tokens
        bear a mark of `strength` standard deviations each gives this answer with a chance of about `miss` at most.
        `too_short`: neither can be said.

        Args:
            tokens: whole numbers, by the tokenizer that the text was made with.
            end: the token that ends texts; nothing behind it counts.
            score: what decides.
        """
        array = _numbers("tokens", tokens, "int64")
        if array.ndim != 1:
            raise ValueError("tokens: those of one text are needed")
        found = json.loads(self._native.detect(array, end, false_alarm, miss, strength, score))
        if found["bayes"] is not None:
            found["bayes"] = BayesScore(**found["bayes"])
        return Detection(**found)

    def scored(self, tokens: Any, end: int | None = None) -> numpy.ndarray[Any, numpy.dtype[numpy.uint64]]:
        """g-values of the places that count, one number each, bit n for layer n: what :func:`fit` takes."""
        import numpy

        return numpy.frombuffer(self._native.scored(_numbers("tokens", tokens, "int64"), end), numpy.uint64)


def fit(detector: TextDetector, texts: Iterable[Any], *, end: int | None = None, prior: float = 0.5) -> str:
    """Fits a model of how strong the mark is on tokens of texts that bear it, at least 1000 that count; as JSON.

    Judge it on other texts. That unmarked text is seldom taken for marked doesn't depend on the fit:
    `BayesScore.p_bound` holds for any model.
    """
    import numpy

    parts = [detector.scored(tokens, end) for tokens in texts]
    held = numpy.concatenate(parts) if parts else numpy.empty(0, numpy.uint64)
    return _native.text_model(cast("Any", held), detector._mark.depth, prior)
