"""Those who label, propagate and verify, and streams of text."""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, Generic, Literal, NamedTuple, TypeVar

from . import _native
from ._content import Path, Source, source
from ._errors import BiaoshiError
from ._keys import TrustStore, native_signer, trust_store
from ._native import Cancel
from ._report import Report

if TYPE_CHECKING:
    import asyncio
    from concurrent.futures import Future

    from ._keys import Signs, Trusts
    from ._label import Label, Notice
    from ._receipt import Receipt
    from ._record import Record

    Content = Any
else:
    Content = object

T = TypeVar("T")
Profiles = str | Sequence[str]
Look = Literal["nothing", "words", "everything"]
Markup = Literal["plain", "markdown"]

#: The bytes unless they went elsewhere, the receipt, its notes in both languages, the report.
Outcome = tuple[bytes | None, str, list[tuple[str, str]], _native.Report]

DEFAULT = "cn-gb45438"


class Labelled(NamedTuple, Generic[T]):
    """What was labelled, and what was written, measured and read back."""

    content: T
    receipt: Receipt


def _names(profile: Profiles | None) -> list[str]:
    if profile is None:
        return []
    return [profile] if isinstance(profile, str) else list(profile)


def _common(profile: Profiles | None, limits: Mapping[str, int] | None, programs: bool) -> dict[str, Any]:
    return {"profiles": _names(profile), "limits": dict(limits or {}), "programs": programs}


def _out(content: object, held: Source, out: Path | BinaryIO | None) -> object:
    """The target as the native part takes it."""
    if out is not None and out is content and held.spool is None:
        raise ValueError("out: a file object can't be read and written at once: take what comes back, and write that")
    if out is None:
        if held.is_path:
            raise TypeError("out: a path or a binary file is needed for content that is a path")
        return None
    if hasattr(out, "write"):
        return out
    if not held.is_path:
        raise TypeError("out: a path is for content that is a path; write what comes back, or give a binary file")
    return os.fsdecode(out)


def _result(
    held: Source, out: Path | BinaryIO | None, made: Outcome, notice: Notice | None = None
) -> Labelled[Any]:
    written, receipt, notes, report = made
    from ._receipt import Receipt

    content = out if written is None else held.back(written)
    done = Receipt._of(receipt, notes, report)
    if held.note is not None and written is not None:
        held.note(content, done.label_json(), notice)
    return Labelled(content, done)


class Labeler:
    """Writes labels. Cheap to make, and shared between threads.

    `profile`: the rule sets that the notice has to satisfy. `notice`: where and in which words.
    `sign`: who signs. `limits`: bounds on memory and work (`biaoshi.limits()`). `programs`: whether
    installed programs (FFmpeg, eSpeak NG) may be started, which notices in films and coded sound need.
    `watermark`: whether pictures (PNG, JPEG, WebP), sound and films also get an imperceptible mark of
    the label, which anyone can read; it changes every pixel or sample a little, and what is coded with
    loss is coded anew.
    """

    __slots__ = ("_notice", "_options", "_sign")

    def __init__(
        self,
        profile: Profiles = DEFAULT,
        *,
        notice: Notice | None = None,
        sign: Signs | None = None,
        limits: Mapping[str, int] | None = None,
        programs: bool = False,
        title: str | None = None,
        iptc_ai_fields: bool = False,
        watermark: bool = False,
        sign_over_broken: bool = False,
    ) -> None:
        self._options = {
            **_common(profile, limits, programs),
            "notice": None if notice is None else notice._options(),
            "title": title,
            "iptc_ai_fields": iptc_ai_fields,
            "watermark": watermark,
            "sign_over_broken": sign_over_broken,
        }
        self._notice = notice
        self._sign = sign
        self._native(None)

    def __reduce__(self) -> tuple[Any, ...]:
        return _labeler, (self._options, self._notice, self._sign)

    def _native(self, loop: asyncio.AbstractEventLoop | None) -> _native.Labeler:
        return _native.Labeler(self._options, native_signer(self._sign, loop))

    def label(
        self,
        content: Content,
        out: Path | BinaryIO | None = None,
        /,
        *,
        label: Label,
        name: str | None = None,
        rate: int | None = None,
        replace: bool = False,
    ) -> Labelled[Any]:
        """Labels content; as `biaoshi.label`, with the receipt."""
        return self._label(content, out, label, name, rate, replace)

    def _label(
        self,
        content: Content,
        out: Path | BinaryIO | None,
        label: Label,
        name: str | None,
        rate: int | None,
        replace: bool,
        loop: asyncio.AbstractEventLoop | None = None,
        cancel: Cancel | None = None,
    ) -> Labelled[Any]:
        from ._label import Label

        if not isinstance(label, Label):
            raise TypeError(f"label: a Label is needed, not {type(label).__name__}")
        native = self._native(loop)
        with source(content, name, rate) as held:
            call = {"name": held.name, "replace": replace, "cancel": cancel}
            made = native.label(held.native, _out(content, held, out), label._json(), call)
            return _result(held, out, made, self._notice)

    def text_stream(self, label: Label, *, markup: Markup = "markdown") -> TextStream:
        """A stream of text with this labeler's notice."""
        return TextStream(label, labeler=self, markup=markup)

    def event_stream(self, label: Label, *, markup: Markup = "markdown") -> EventStream:
        """A stream of server-sent events with label and notice."""
        return EventStream(label, labeler=self, markup=markup)


def _labeler(options: dict[str, Any], notice: Notice | None, sign: Signs | None) -> Labeler:
    """A labeler from its state, as pickles name it."""
    made = Labeler.__new__(Labeler)
    made._options, made._notice, made._sign = options, notice, sign
    made._native(None)
    return made


class TextStream:
    """Puts a notice around a text while it is made.

    >>> import biaoshi
    >>> stream = biaoshi.TextStream(biaoshi.Label("example"), markup="plain")
    >>> stream.push("Hel") + stream.push("lo") + stream.finish()
    'AI生成\\n\\nHello'
    """

    __slots__ = ("_native",)

    def __init__(
        self,
        label: Label,
        *,
        markup: Markup = "markdown",
        notice: Notice | None = None,
        labeler: Labeler | None = None,
    ) -> None:
        own = Labeler(notice=notice) if labeler is None else labeler
        self._native = own._native(None).text_stream(label._json(), markup)

    def push(self, piece: str | bytes) -> str:
        """What goes out for a piece that comes in; bytes are UTF-8 and may end within a character."""
        return self._native.push(piece.encode() if isinstance(piece, str) else piece)

    def finish(self) -> str:
        """What goes out when the text has ended."""
        return self._native.finish()


class EventStream:
    """Labels server-sent events in the shape of chat completions: the AIGC object rides in the first
    and in the last events, the notice stands in the words. Nothing waits beyond its own event.

    `notice`: where and in which words; `Notice.none(reason)` for answers that are JSON for programs.
    """

    __slots__ = ("_native",)

    def __init__(
        self,
        label: Label,
        *,
        notice: Notice | None = None,
        markup: Markup = "markdown",
        labeler: Labeler | None = None,
    ) -> None:
        own = Labeler(notice=notice) if labeler is None else labeler
        self._native = own._native(None).event_stream(label._json(), markup)

    def push(self, piece: bytes) -> bytes:
        """What goes out for bytes that come in; they may be cut anywhere."""
        return self._native.push(piece)

    def finish(self) -> bytes:
        """What goes out when the stream has ended."""
        return self._native.finish()


class Propagator:
    """Writes a platform's fields beside the producer's, which stay (Measures, Article 6)."""

    __slots__ = ("_options", "_propagator", "_sign")

    def __init__(
        self,
        propagator: str,
        *,
        profile: Profiles = DEFAULT,
        sign: Signs | None = None,
        limits: Mapping[str, int] | None = None,
        title: str | None = None,
        sign_over_broken: bool = False,
        reserved_code2: str | None = None,
    ) -> None:
        self._propagator = propagator
        self._options = {
            **_common(profile, limits, False),
            "title": title,
            "sign_over_broken": sign_over_broken,
            "reserved_code2": reserved_code2,
        }
        self._sign = sign
        _native.Propagator(propagator, self._options, native_signer(sign))

    def __reduce__(self) -> tuple[Any, ...]:
        return _propagator, (self._propagator, self._options, self._sign)

    def propagate(
        self,
        content: Content,
        out: Path | BinaryIO | None = None,
        /,
        *,
        id: str | None = None,
        declared: bool = False,
        detected: bool = False,
        name: str | None = None,
        replace: bool = False,
    ) -> Labelled[Any]:
        """Writes the platform's fields; as `biaoshi.propagate`, with the receipt."""
        return self._propagate(content, out, id, declared, detected, name, replace)

    def _propagate(
        self,
        content: Content,
        out: Path | BinaryIO | None,
        id: str | None,
        declared: bool,
        detected: bool,
        name: str | None,
        replace: bool,
        loop: asyncio.AbstractEventLoop | None = None,
        cancel: Cancel | None = None,
    ) -> Labelled[Any]:
        options = {**self._options, "id": id, "declared": declared, "detected": detected}
        native = _native.Propagator(self._propagator, options, native_signer(self._sign, loop))
        with source(content, name, None) as held:
            if held.bare:
                raise TypeError("pixels and samples hold no fields of a platform: give the file")
            call = {"name": held.name, "replace": replace, "cancel": cancel}
            return _result(held, out, native.propagate(held.native, _out(content, held, out), call))


def _propagator(propagator: str, options: dict[str, Any], sign: Signs | None) -> Propagator:
    """A propagator from its state, as pickles name it."""
    made = Propagator.__new__(Propagator)
    made._propagator, made._options, made._sign = propagator, options, sign
    _native.Propagator(propagator, options, native_signer(sign))
    return made


class Verifier:
    """Reads labels and judges them. Cheap to make, and shared between threads.

    `profile`: the rule sets to judge by (`cn-gb45438` if none is named). `trust`: whose keys are whose.
    `declared`: whether the user declared the content as made by AI. `look`: what is looked at in search
    of notices: `words` of texts and documents, `everything` (pictures, sound and films are decoded),
    `nothing`. `programs`: whether installed programs may be started for that.
    """

    __slots__ = ("_native", "_options", "_trust")

    def __init__(
        self,
        profile: Profiles | None = None,
        *,
        trust: Trusts | None = None,
        declared: bool = False,
        look: Look = "words",
        limits: Mapping[str, int] | None = None,
        programs: bool = False,
    ) -> None:
        self._options = {**_common(profile, limits, programs), "declared": declared, "look": look}
        self._trust = trust_store(trust)
        self._set_up()

    def _set_up(self) -> None:
        self._native = _native.Verifier(self._options, None if self._trust is None else self._trust._native)

    def __reduce__(self) -> tuple[Any, ...]:
        return _verifier, (self._options, self._trust)

    def verify(self, content: Content, /, *, name: str | None = None, rate: int | None = None) -> Report:
        """Reads and judges content. Everything wrong inside it is a finding of the report."""
        return self._verify(content, name, rate, None)

    def _verify(self, content: Content, name: str | None, rate: int | None, cancel: Cancel | None) -> Report:
        with source(content, name, rate) as held:
            return Report(self._native.verify(held.native, held.name, cancel))

    def crjson(self, content: Content, /, *, name: str | None = None) -> dict[str, Any] | None:
        """The manifest store and how it validated in C2PA's own form (crJSON); nothing if the content has
        no manifest. What it means for the labels is in `verify`."""
        with source(content, name, None) as held:
            text = self._native.crjson(held.native, held.name)
        return None if text is None else json.loads(text)

    def record(
        self,
        content: Content,
        /,
        *,
        name: str | None = None,
        rate: int | None = None,
        watermark_keys: Iterable[str | os.PathLike[str]] = (),
    ) -> Record:
        """What a store has to know of content, or what content is looked up by when its label is lost:
        watermarks and how it looks, label and manifest. Pictures and sound are decoded for it, whatever
        `look` says.

        `watermark_keys`: files of secret keys; watermarks that were written with them are read too, and
        carry the key's `id`.
        """
        from ._record import Record

        with source(content, name, rate) as held:
            return Record._of(*self._native.record(held.native, list(watermark_keys), held.name))

    def verify_many(
        self,
        contents: Iterable[T],
        /,
        *,
        jobs: int | None = None,
        errors: Literal["raise", "return"] = "raise",
    ) -> Iterator[tuple[T, Any]]:
        """As `biaoshi.verify_many`."""
        count = jobs if jobs is not None else os.cpu_count() or 1
        if count < 1:
            raise ValueError("jobs: at least 1 is needed")
        if errors not in ("raise", "return"):
            raise ValueError(f"errors: unknown value {errors!r}")
        return self._many(contents, count, errors)

    def _many(self, contents: Iterable[T], jobs: int, errors: str) -> Iterator[tuple[T, Any]]:
        from concurrent.futures import ThreadPoolExecutor

        waiting: deque[tuple[T, Future[Report]]] = deque()
        rest = iter(contents)
        pool = ThreadPoolExecutor(jobs, "biaoshi")
        cancel = Cancel()
        failed: Exception | None = None
        try:
            done = False
            while waiting or not done:
                while not done and len(waiting) < 4 * jobs:
                    try:
                        one = next(rest)
                    except StopIteration:
                        done = True
                    except Exception as error:
                        # It is raised in its place: what came before it is answered first.
                        done, failed = True, error
                    else:
                        waiting.append((one, pool.submit(self._verify, one, None, None, cancel)))
                if waiting:
                    one, future = waiting.popleft()
                    try:
                        answer: Report | Exception = future.result()
                    except (BiaoshiError, OSError, UnicodeError) as error:
                        if errors == "raise":
                            raise
                        answer = error
                    yield one, answer
            if failed is not None:
                raise failed
        finally:
            # Whoever looks no further waits for no file.
            cancel.set()
            pool.shutdown(wait=True, cancel_futures=True)


def _verifier(options: dict[str, Any], trust: TrustStore | None) -> Verifier:
    """A verifier from its state, as pickles name it."""
    made = Verifier.__new__(Verifier)
    made._options, made._trust = options, trust
    made._set_up()
    return made
