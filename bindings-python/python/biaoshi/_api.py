"""Label, propagate, verify, inspect: each with one call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from . import _native
from ._content import source
from ._work import DEFAULT, Labeler, Look, Profiles, Propagator, Verifier

if TYPE_CHECKING:
    import numpy
    from PIL import Image

    from ._errors import BiaoshiError
    from ._keys import Signs, Trusts
    from ._label import Label, Notice
    from ._receipt import Inspection
    from ._report import Report

    Held = TypeVar("Held", bytes, bytearray, memoryview, Image.Image, numpy.ndarray[Any, Any])
    Content = Any
else:
    Held = TypeVar("Held")
    Content = object

T = TypeVar("T")


@overload
def label(
    content: Held,
    /,
    *,
    label: Label,
    profile: Profiles = ...,
    notice: Notice | None = ...,
    sign: Signs | None = ...,
    name: str | None = ...,
    rate: int | None = ...,
    limits: Mapping[str, int] | None = ...,
    programs: bool = ...,
) -> Held: ...
@overload
def label(
    content: Content,
    out: T,
    /,
    *,
    label: Label,
    profile: Profiles = ...,
    notice: Notice | None = ...,
    sign: Signs | None = ...,
    name: str | None = ...,
    limits: Mapping[str, int] | None = ...,
    programs: bool = ...,
    replace: bool = ...,
) -> T: ...
@overload
def label(
    content: Content,
    /,
    *,
    label: Label,
    profile: Profiles = ...,
    notice: Notice | None = ...,
    sign: Signs | None = ...,
    name: str | None = ...,
    limits: Mapping[str, int] | None = ...,
    programs: bool = ...,
) -> Any: ...
def label(
    content: Any,
    out: Any = None,
    /,
    *,
    label: Label,
    profile: Profiles = DEFAULT,
    notice: Notice | None = None,
    sign: Signs | None = None,
    name: str | None = None,
    rate: int | None = None,
    limits: Mapping[str, int] | None = None,
    programs: bool = False,
    replace: bool = False,
) -> Any:
    """Labels content: a notice that people perceive, the label in the metadata, a signature if asked.

    Returns the same kind: bytes, bytearray or memoryview for those, bytes for other buffers, an
    `io.BytesIO` for a file object. A path needs `out`, which is returned; the file appears whole or not
    at all, and takes the place of another only with `replace`. With a file object as `out`, that gets
    the result. Pillow images and arrays come back with the notice; the label itself is metadata of a
    file: an image keeps it in `.info["AIGC"]` for `biaoshi.pil`, an array can't.

    `name` tells Markdown and CSV from plain text; `rate` is that of sound in an array, in Hz.

    Raises `BiaoshiError` and `OSError`; nothing half-written stays.

    >>> from biaoshi import Label
    >>> text = label(b"Hello", label=Label("example-provider"), name="hello.txt")
    >>> print(text.decode())
    AI生成
    <BLANKLINE>
    Hello
    """
    own = Labeler(profile, notice=notice, sign=sign, limits=limits, programs=programs)
    return own.label(content, out, label=label, name=name, rate=rate, replace=replace).content


async def _in_thread(work: Callable[..., T], *arguments: object) -> T:
    """Does the work in a thread; it ends when the task is cancelled."""
    import asyncio

    loop, cancel = asyncio.get_running_loop(), _native.Cancel()
    try:
        return await asyncio.to_thread(work, *arguments, loop=loop, cancel=cancel)
    except asyncio.CancelledError:
        cancel.set()
        raise


async def label_async(
    content: Any,
    out: Any = None,
    /,
    *,
    label: Label,
    profile: Profiles = DEFAULT,
    notice: Notice | None = None,
    sign: Signs | None = None,
    name: str | None = None,
    rate: int | None = None,
    limits: Mapping[str, int] | None = None,
    programs: bool = False,
    replace: bool = False,
) -> Any:
    """As `label`, in a thread; a coroutine that signs runs on this event loop. Cancelling ends the work."""
    own = Labeler(profile, notice=notice, sign=sign, limits=limits, programs=programs)
    done = await _in_thread(own._label, content, out, label, name, rate, replace)
    return done.content


def propagate(
    content: Any,
    out: Any = None,
    /,
    *,
    propagator: str,
    id: str | None = None,
    declared: bool = False,
    detected: bool = False,
    profile: Profiles = DEFAULT,
    sign: Signs | None = None,
    name: str | None = None,
    limits: Mapping[str, int] | None = None,
    replace: bool = False,
) -> Any:
    """Writes a platform's fields beside the producer's; on content without a label the platform is the
    first to mark it: "possible" if the user `declared` it, "suspected" if something was `detected`.

    Returns the same kind as `label` does. A second time changes nothing.

    >>> from biaoshi import Label
    >>> held = label(b"Hello", label=Label("example-provider"), name="a.md")
    >>> b"example-platform" in propagate(held, propagator="example-platform", name="a.md")
    True
    """
    own = Propagator(propagator, profile=profile, sign=sign, limits=limits)
    done = own.propagate(content, out, id=id, declared=declared, detected=detected, name=name, replace=replace)
    return done.content


async def propagate_async(
    content: Any,
    out: Any = None,
    /,
    *,
    propagator: str,
    id: str | None = None,
    declared: bool = False,
    detected: bool = False,
    profile: Profiles = DEFAULT,
    sign: Signs | None = None,
    name: str | None = None,
    limits: Mapping[str, int] | None = None,
    replace: bool = False,
) -> Any:
    """As `propagate`, in a thread; a coroutine that signs runs on this event loop."""
    own = Propagator(propagator, profile=profile, sign=sign, limits=limits)
    done = await _in_thread(own._propagate, content, out, id, declared, detected, name, replace)
    return done.content


def verify(
    content: Content,
    /,
    *,
    profile: Profiles | None = None,
    trust: Trusts | None = None,
    declared: bool = False,
    look: Look = "words",
    name: str | None = None,
    rate: int | None = None,
    limits: Mapping[str, int] | None = None,
    programs: bool = False,
) -> Report:
    """Reads every label of content and judges it; `Verifier` says what the settings mean.

    Takes what `label` takes. Of Pillow images and arrays only what they hold can be seen.

    Raises `UnsupportedError` for content of another format, `LimitError`, and `OSError`.

    >>> verify(b"Hello", name="hello.txt").status
    <Status.NONE: 'none'>
    """
    own = Verifier(profile, trust=trust, declared=declared, look=look, limits=limits, programs=programs)
    return own.verify(content, name=name, rate=rate)


async def verify_async(
    content: Content,
    /,
    *,
    profile: Profiles | None = None,
    trust: Trusts | None = None,
    declared: bool = False,
    look: Look = "words",
    name: str | None = None,
    rate: int | None = None,
    limits: Mapping[str, int] | None = None,
    programs: bool = False,
) -> Report:
    """As `verify`, in a thread."""
    own = Verifier(profile, trust=trust, declared=declared, look=look, limits=limits, programs=programs)
    return await _in_thread(lambda loop, cancel: own._verify(content, name, rate, cancel))


@overload
def verify_many(
    contents: Iterable[T],
    /,
    *,
    jobs: int | None = ...,
    errors: Literal["raise"] = ...,
    profile: Profiles | None = ...,
    trust: Trusts | None = ...,
    declared: bool = ...,
    look: Look = ...,
    limits: Mapping[str, int] | None = ...,
    programs: bool = ...,
) -> Iterator[tuple[T, Report]]: ...
@overload
def verify_many(
    contents: Iterable[T],
    /,
    *,
    jobs: int | None = ...,
    errors: Literal["return"],
    profile: Profiles | None = ...,
    trust: Trusts | None = ...,
    declared: bool = ...,
    look: Look = ...,
    limits: Mapping[str, int] | None = ...,
    programs: bool = ...,
) -> Iterator[tuple[T, Report | BiaoshiError | OSError | UnicodeError]]: ...
def verify_many(
    contents: Iterable[T],
    /,
    *,
    jobs: int | None = None,
    errors: Literal["raise", "return"] = "raise",
    profile: Profiles | None = None,
    trust: Trusts | None = None,
    declared: bool = False,
    look: Look = "words",
    limits: Mapping[str, int] | None = None,
    programs: bool = False,
) -> Iterator[tuple[T, Any]]:
    """Verifies many contents in `jobs` threads (one for each processor unless told), in order, reading
    only a little ahead. With `errors="return"` a content that can't be read is answered by its error, whose class is one of these.

    >>> [(len(one), report.status.value) for one, report in verify_many([b"<svg/>", b"a,b"])]
    [(6, 'none'), (3, 'none')]
    """
    own = Verifier(profile, trust=trust, declared=declared, look=look, limits=limits, programs=programs)
    return own.verify_many(contents, jobs=jobs, errors=errors)


def inspect(
    content: Content, /, *, name: str | None = None, limits: Mapping[str, int] | None = None
) -> Inspection:
    """Every part of a file and every metadata value, without judging.

    >>> inspect(b"Hello", name="hello.txt").bytes
    5
    """
    from ._receipt import Inspection

    with source(content, name, None) as held:
        return Inspection._of(_native.inspect(held.native, held.name, dict(limits or {})))
