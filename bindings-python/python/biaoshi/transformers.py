"""Notices in the text that a model of transformers writes.

Before ``model.generate(**inputs, streamer=streamer)``::

    from biaoshi import Label
    from biaoshi.transformers import labelled

    streamer = TextIteratorStreamer(tokenizer, skip_prompt=True)
    streamer = labelled(streamer, label=Label("001191110102MACQD9K64010000"))

Neither transformers nor torch is imported here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Protocol, TypeVar

from biaoshi import Label, Labeler, Notice, TextStream

__all__ = ["labelled"]


class _Streamer(Protocol):
    def put(self, value: Any) -> None: ...
    def end(self) -> None: ...
    def on_finalized_text(self, text: str, stream_end: bool = False) -> None: ...


S = TypeVar("S", bound=_Streamer)


def labelled(
    streamer: S,
    *,
    label: Label,
    notice: Notice | None = None,
    markup: Literal["plain", "markdown"] = "markdown",
    profile: str | Sequence[str] = "cn-gb45438",
) -> S:
    """Puts the notice around what a streamer gives out, in each generation anew (GB 45438-2025 5.1).

    The streamer itself is changed and returned, so that iterating it, its queue and its time-out stay
    what they are. Use ``skip_prompt=True``: otherwise the notice stands in front of the prompt, which is
    part of what such a streamer gives out.

    The text alone gets no metadata. Put :func:`biaoshi.label` around the file or message it ends in.

    Args:
        streamer: a ``TextStreamer``, ``TextIteratorStreamer``, ``AsyncTextIteratorStreamer`` or anything
            derived from them.
        label: what is stated; it decides the words of the notice.
        notice: where the notice stands and its words; None for that of the rule set.
        markup: how the text will be shown.
        profile: the rule setor rule sets to satisfy.

    Raises:
        TypeError: for a streamer that gives out no text, and for one that is labelled already.
        biaoshi.BiaoshiError: if the notice breaks a rule.
    """
    inner = getattr(streamer, "on_finalized_text", None)
    if not callable(inner):
        raise TypeError(f"{type(streamer).__name__} gives out no text: it has no on_finalized_text")
    if isinstance(getattr(inner, "__self__", None), _Labelled):
        raise TypeError("the streamer is labelled already")
    wrapped = _Labelled(inner, label, notice, markup, profile)
    streamer.on_finalized_text = wrapped.on_finalized_text  # type: ignore[method-assign]
    return streamer


class _Labelled:
    """What stands between a streamer and its way out."""

    def __init__(
        self, inner: Any, label: Label, notice: Notice | None, markup: Any, profile: str | Sequence[str]
    ) -> None:
        self._inner = inner
        self._labeler = Labeler(profile, notice=notice)
        self._label = label
        self._markup = markup
        self._stream = self._new()

    def _new(self) -> TextStream:
        return self._labeler.text_stream(self._label, markup=self._markup)

    def on_finalized_text(self, text: str, stream_end: bool = False) -> None:
        out = self._stream.push(text)
        if stream_end:
            out += self._stream.finish()
            self._stream = self._new()
        self._inner(out, stream_end=stream_end)
