"""Labelled values for the output components of Gradio.

A component that gets an array or a picture writes the file itself, without a label. These functions
write it, and give the component what it passes on as it is::

    import gradio as gr
    import biaoshi, biaoshi.gradio

    me = biaoshi.Label("001191110102MACQD9K64010000")

    def draw(prompt):
        return biaoshi.gradio.file(pipe(prompt).images[0], label=me)

    with gr.Blocks() as page:
        words, picture = gr.Textbox(), gr.Image()
        words.submit(draw, words, picture)

Leave ``format`` of :class:`gradio.Video` and ``watermark`` of :class:`gradio.Image` unset: both write a
new file from the given one, and the label would be lost.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

import biaoshi
from biaoshi import Label, Labeler, Notice, TextStream

__all__ = ["astream", "file", "messages", "stream", "text"]

Markup = Literal["plain", "markdown"]


def file(
    value: Any,
    *,
    label: Label,
    format: str | None = None,
    profile: str | Sequence[str] = "cn-gb45438",
    notice: Notice | None = None,
    sign: Any = None,
    limits: Mapping[str, int] | None = None,
    programs: bool = False,
    folder: str | os.PathLike[str] | None = None,
    **params: Any,
) -> str:
    """Writes a labelled file for ``gr.Image``, ``gr.Gallery``, ``gr.Audio``, ``gr.Video``, ``gr.File`` or
    a file in ``gr.Chatbot``.

    Args:
        value: a path, encoded bytes, a picture of Pillow, an array of samples (height, width and
            channels, 8 bits), or a sound as Gradio has it: the rate in Hz and an array of samples.
        label: what is stated.
        format: ending of the file's name, such as ``"png"`` or ``"webp"``; ``"png"`` for pictures,
            ``"wav"`` for sounds, that of the given file, or that of the content by default. Pictures can
            have any that Pillow writes, sounds ``"wav"``.
        profile, notice, sign, limits, programs: as for :func:`biaoshi.label`.
        folder: where the file goes; by default a new folder that Gradio may serve
            (``GRADIO_TEMP_DIR``, or ``gradio`` in the folder for temporary files).
        params: options of Pillow's writer, for pictures.

    Returns:
        Path of the file. It is yours to delete; Gradio copies it into its cache.

    Raises:
        TypeError: for another kind of value.
        ValueError: for a format that can't be written.
        biaoshi.BiaoshiError: if it can't be labelled.
    """
    options = {"profile": profile, "notice": notice, "sign": sign, "limits": limits}
    if isinstance(value, (str, os.PathLike)):
        ending = _ending(format, os.path.splitext(os.fspath(value))[1] or _ending_of(value))
        path = _new_path(folder, ending)
        biaoshi.label(value, path, label=label, programs=programs, **options)
        return path
    if isinstance(value, (bytes, bytearray, memoryview)):
        content = biaoshi.label(bytes(value), label=label, programs=programs, name=_name(format), **options)
        return _written(bytes(content), _new_path(folder, _ending(format, _ending_of(bytes(content)))))
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], int):
        if (format or "wav").lower() != "wav":
            raise ValueError("a sound from samples is written as wav; convert the file behind it if you must")
        wav = biaoshi.label(_wav(*value), label=label, programs=programs, **options)
        return _written(bytes(wav), _new_path(folder, "wav"))
    from biaoshi import pil

    path = _new_path(folder, _ending(format, "png"))
    pil.save(_picture(value), path, label=label, **options, **params)
    return path


def text(
    words: str,
    *,
    label: Label,
    notice: Notice | None = None,
    markup: Markup = "markdown",
    profile: str | Sequence[str] = "cn-gb45438",
) -> str:
    """A whole answer with the notice, for ``gr.Textbox`` (``markup="plain"``), ``gr.Markdown`` or
    ``gr.Chatbot``.

    Args:
        words: the answer. One without a character stays as it is.
        label: what is stated; it decides the words of the notice.
        notice: where the notice stands and its words; None for that of the rule set.
        markup: how the component shows the text.
        profile: the rule setor rule sets to satisfy.

    Raises:
        biaoshi.BiaoshiError: if the notice breaks a rule.
    """
    made = _text_stream(label, notice, markup, profile)
    return made.push(words) + made.finish()


def stream(
    pieces: Iterable[str],
    *,
    label: Label,
    notice: Notice | None = None,
    markup: Markup = "markdown",
    profile: str | Sequence[str] = "cn-gb45438",
) -> Iterator[str]:
    """An answer that comes in pieces, with the notice, as handlers yield it: each time the whole text so
    far.

    Args:
        pieces: what the model gave, piece by piece, as from a ``TextIteratorStreamer``.
        label, notice, markup, profile: as for :func:`text`.

    >>> so_far = list(stream(["Hel", "lo"], label=Label("example"), markup="plain"))
    >>> so_far[0].endswith("Hel"), so_far[1].endswith("Hello"), "AI生成" in so_far[0]
    (True, True, True)
    """
    made, so_far = _text_stream(label, notice, markup, profile), ""
    for piece in pieces:
        so_far += made.push(piece)
        yield so_far
    rest = made.finish()
    if rest:
        yield so_far + rest


async def astream(
    pieces: AsyncIterable[str],
    *,
    label: Label,
    notice: Notice | None = None,
    markup: Markup = "markdown",
    profile: str | Sequence[str] = "cn-gb45438",
) -> AsyncIterator[str]:
    """The same as :func:`stream` for pieces that are awaited."""
    made, so_far = _text_stream(label, notice, markup, profile), ""
    async for piece in pieces:
        so_far += made.push(piece)
        yield so_far
    rest = made.finish()
    if rest:
        yield so_far + rest


def messages(
    answer: str | Mapping[str, Any] | Sequence[Mapping[str, Any]],
    *,
    label: Label,
    notice: Notice | None = None,
    markup: Markup = "markdown",
    profile: str | Sequence[str] = "cn-gb45438",
    **options: Any,
) -> list[dict[str, Any]]:
    """New messages of the assistant for ``gr.Chatbot``, labelled: words get the notice, files are written
    anew with the label.

    Give new messages alone: those that were labelled before would get a second notice.

    Args:
        answer: a text, a message (``role`` and ``content``), or several. Content is a text, a path as
            ``{"path": …}``, or a list of those, and of ``{"text": …}``. Messages of other roles and of
            thoughts and tools (``metadata`` with a title) stay as they are.
        label, notice, markup, profile: as for :func:`text`.
        options: further ones of :func:`file`.

    Raises:
        TypeError: for content of another kind, such as a component.
        biaoshi.BiaoshiError: if something can't be labelled.
    """
    if isinstance(answer, str):
        answer = {"role": "assistant", "content": answer}
    given = [answer] if isinstance(answer, Mapping) else answer

    def one(content: Any) -> Any:
        if isinstance(content, str):
            return text(content, label=label, notice=notice, markup=markup, profile=profile)
        if isinstance(content, (list, tuple)):
            return [one(part) for part in content]
        if isinstance(content, Mapping) and isinstance(content.get("text"), str):
            return {**content, "text": one(content["text"])}
        if isinstance(content, Mapping) and content.get("path"):
            path = file(content["path"], label=label, notice=notice, profile=profile, **options)
            return {**content, "path": path}
        raise TypeError(f"content of a message can't be labelled: {type(content).__name__}")

    def is_shown(message: Mapping[str, Any]) -> bool:
        return message.get("role") == "assistant" and not (message.get("metadata") or {}).get("title")

    return [{**m, "content": one(m["content"])} if is_shown(m) else dict(m) for m in given]


def _text_stream(label: Label, notice: Notice | None, markup: Markup, profile: str | Sequence[str]) -> TextStream:
    return Labeler(profile, notice=notice).text_stream(label, markup=markup)


def _picture(value: Any) -> Any:
    from PIL import Image

    if isinstance(value, Image.Image):
        return value
    if hasattr(value, "__array_interface__"):
        return Image.fromarray(value)
    raise TypeError(f"a path, bytes, a picture, an array or a sound is needed, not {type(value).__name__}")


def _wav(rate: int, samples: Any) -> bytes:
    """A WAV file of samples of any type that Gradio takes: whole numbers as they are up to 16 bits,
    others as 16 bits."""
    import io
    import wave

    import numpy as np

    found = np.asarray(samples)
    if found.dtype.kind == "f":
        found = np.clip(np.nan_to_num(found), -1, 1) * 32767
    elif found.dtype == np.int32:
        found = found >> 16
    elif found.dtype == np.uint16:
        found = found.astype(np.int32) - 32768
    elif found.dtype == np.uint8:
        found = (found.astype(np.int16) - 128) << 8
    elif found.dtype == np.int8:
        found = found.astype(np.int16) << 8
    elif found.dtype != np.int16:
        raise TypeError(f"samples of type {found.dtype} can't be written")
    if found.ndim not in (1, 2) or found.size == 0:
        raise ValueError("a sound has the shape (samples,) or (samples, channels)")
    out = io.BytesIO()
    with wave.open(out, "wb") as to:
        to.setnchannels(1 if found.ndim == 1 else found.shape[1])
        to.setsampwidth(2)
        to.setframerate(rate)
        to.writeframes(np.ascontiguousarray(found, "<i2").tobytes())
    return out.getvalue()


def _ending(asked: str | None, otherwise: str) -> str:
    ending = (asked or otherwise).lower().lstrip(".")
    if not ending.isalnum():
        raise ValueError(f"{ending!r} is no ending of a file's name")
    return ending


def _ending_of(content: bytes | str | os.PathLike[str]) -> str:
    found: str = biaoshi.verify(content, look="nothing").format
    return {"jpeg": "jpg", "matroska": "mkv", "markdown": "md"}.get(found, found)


def _name(format: str | None) -> str | None:
    return None if format is None else f"value.{_ending(format, '')}"


def _new_path(folder: str | os.PathLike[str] | None, ending: str) -> str:
    if folder is None:
        base = os.environ.get("GRADIO_TEMP_DIR") or os.path.join(tempfile.gettempdir(), "gradio")
        folder = os.path.join(base, secrets.token_hex(16))
    os.makedirs(folder, exist_ok=True)
    return os.path.join(os.path.abspath(folder), f"labelled-{secrets.token_hex(4)}.{ending}")


def _written(content: bytes, path: str) -> str:
    with open(path, "xb") as out:
        out.write(content)
    return path
