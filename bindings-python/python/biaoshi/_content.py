"""Content in the kinds that people hold: what goes in, what comes back."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, cast

from . import _native

if TYPE_CHECKING:
    import numpy
    from PIL import Image

    from ._label import Notice

#: Bytes of a stream that can't be rewound that are kept in memory; more go to a temporary file.
SPOOL = 8 << 20

Path = str | os.PathLike[str]


class Source(NamedTuple):
    """What is read, the name that tells kinds of text apart, and how a result takes its kind."""

    native: Any
    name: str | None
    back: Callable[[bytes], Any]
    is_path: bool = False
    #: Whether only pixels or samples are held, and no file.
    bare: bool = False
    #: Where label and notice are kept until there is a file.
    note: Callable[[Any, str, Notice | None], None] | None = None
    #: A copy that ends with the work.
    spool: BinaryIO | None = None

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *_: object) -> None:
        if self.spool is not None:
            self.spool.close()


def source(content: object, name: str | None, rate: int | None) -> Source:
    """Takes whatever holds content."""
    name = None if name is None else os.fspath(name)
    if rate is not None and not _is_array(content):
        raise TypeError("rate: is for arrays of sound")
    if isinstance(content, str | os.PathLike):
        path = os.fsdecode(content)
        shown = os.fsencode(content).decode("utf-8", "replace")
        return Source(path, shown if name is None else name, _no_bytes, is_path=True)
    if isinstance(content, bytes):
        return Source(content, name, bytes)
    if isinstance(content, bytearray):
        return Source(content, name, bytearray)
    if isinstance(content, memoryview):
        return Source(content, name, memoryview)
    if _is_array(content):
        return _array(cast("numpy.ndarray[Any, Any]", content), name, rate)
    if _is_picture(content):
        return _picture(cast("Image.Image", content), name)
    if hasattr(content, "read"):
        file = cast(BinaryIO, content)
        rewound = _rewound(file)
        spool = None if isinstance(rewound, _Rest) or rewound is file else rewound
        return Source(rewound, name or _file_name(content), io.BytesIO, spool=spool)
    try:
        view = memoryview(cast(Any, content))
    except TypeError:
        kinds = "a path, bytes, a buffer, a binary file, a Pillow image or a NumPy array"
        raise TypeError(f"{kinds} is needed, not {type(content).__name__}") from None
    return Source(view, name, bytes)


def _no_bytes(_: bytes) -> Any:
    raise TypeError("out: a path is needed for content that is a path")


def _file_name(file: object) -> str | None:
    name = getattr(file, "name", None)
    return name if isinstance(name, str) else None


def _rewound(file: BinaryIO) -> BinaryIO | _Rest:
    """A seekable file of the same bytes, from where `file` stands."""
    seekable = getattr(file, "seekable", None)
    if seekable is not None and seekable():
        return file if file.tell() == 0 else _Rest(file)
    import tempfile

    spool = tempfile.SpooledTemporaryFile(max_size=SPOOL)  # noqa: SIM115 (ends with the source)
    try:
        while block := file.read(1 << 20):
            if not isinstance(block, bytes | bytearray | memoryview):
                raise TypeError("the file gives text: open it in binary mode")
            spool.write(block)
        spool.seek(0)
    except BaseException:
        spool.close()
        raise
    return cast(BinaryIO, spool)


class _Rest:
    """What a file holds behind the place where it stands."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._begin = file.tell()

    def read(self, size: int = -1) -> bytes:
        return self._file.read(size)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = self._begin if whence == os.SEEK_SET else 0
        return self._file.seek(base + offset, whence) - self._begin

    def tell(self) -> int:
        return self._file.tell() - self._begin


def _is_array(content: object) -> bool:
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(content, numpy.ndarray)


def _is_picture(content: object) -> bool:
    image = sys.modules.get("PIL.Image")
    return image is not None and isinstance(content, image.Image)


def _array(array: numpy.ndarray[Any, Any], name: str | None, rate: int | None) -> Source:
    """Samples of a picture (height, width, 1 to 4 channels; 8 bits), or of a sound with its rate."""
    import numpy

    if rate is not None:
        return _sound(array, name, rate)
    if array.dtype != numpy.uint8 or array.ndim not in (2, 3) or (array.ndim == 3 and not 1 <= array.shape[2] <= 4):
        raise TypeError(
            "array: uint8 of shape (height, width) or (height, width, 1 to 4) is a picture; "
            f"sound needs its rate; this is {array.dtype} of shape {array.shape}"
        )
    height, width = array.shape[:2]
    channels = 1 if array.ndim == 2 else array.shape[2]
    flat = memoryview(cast(Any, numpy.ascontiguousarray(array))).cast("B")

    def back(png: bytes) -> numpy.ndarray[Any, Any]:
        samples, wide, high, kind = _native.picture_from_png(png)
        return numpy.frombuffer(bytearray(samples), dtype=numpy.uint8).reshape(
            (high, wide) if array.ndim == 2 else (high, wide, kind)
        )

    return Source(_native.picture_to_png(flat, width, height, channels), name, back, bare=True)


_KINDS = {"int16": (16, False), "int32": (32, False), "float32": (32, True), "float64": (64, True)}


def _sound(array: numpy.ndarray[Any, Any], name: str | None, rate: int) -> Source:
    import numpy

    kind = _KINDS.get(array.dtype.name)
    if kind is None or array.ndim not in (1, 2) or (array.ndim == 2 and array.shape[1] == 0):
        raise TypeError(
            "array: sound is int16, int32, float32 or float64 of shape (samples,) or (samples, channels); "
            f"this is {array.dtype} of shape {array.shape}"
        )
    channels = 1 if array.ndim == 1 else array.shape[1]
    little = array.dtype.newbyteorder("<")
    flat = memoryview(cast(Any, numpy.ascontiguousarray(array, dtype=little))).cast("B") if array.size else memoryview(b"")

    def back(wav: bytes) -> numpy.ndarray[Any, Any]:
        samples = numpy.frombuffer(bytearray(_native.sound_from_wav(wav)), dtype=little)
        return (samples if array.ndim == 1 else samples.reshape(-1, channels)).astype(array.dtype, copy=False)

    return Source(_native.sound_to_wav(flat, rate, channels, *kind), name, back, bare=True)


#: Key of the label's JSON among a picture's notes.
INFO = "AIGC"
#: Key of the notice that was asked for, if it was not that of the rule set.
NOTICE = "biaoshi.notice"
#: Key under which Pillow keeps the XMP packet of a PNG.
XMP = "XML:com.adobe.xmp"


def _picture(image: Image.Image, name: str | None) -> Source:
    """A Pillow image, as a PNG of the same pixels, with its label or XMP packet and its orientation."""
    from PIL import Image, PngImagePlugin

    held = io.BytesIO()
    notes = PngImagePlugin.PngInfo()
    packet = image.info.get(XMP, image.info.get("xmp"))
    if packet:
        notes.add_itxt(XMP, packet.decode("utf-8", "replace") if isinstance(packet, bytes) else str(packet))
    elif isinstance(label := image.info.get(INFO), str):
        notes.add_itxt(INFO, label)
    bare = image.copy()
    bare.info = {key: value for key, value in image.info.items() if key == "transparency"}
    try:
        # Pillow's own, also where biaoshi.pil stands in front of it.
        save = getattr(Image.Image.save, "__wrapped__", Image.Image.save)
        save(bare, held, "PNG", compress_level=1, pnginfo=notes, exif=image.getexif())
    except OSError as error:
        raise TypeError(f"a Pillow image of mode {image.mode} has no PNG form: convert it first") from error

    def back(png: bytes) -> Image.Image:
        made = Image.open(io.BytesIO(png))
        made.load()
        drawn = made if made.mode == image.mode else made.convert(image.mode)
        drawn.info = {**image.info, **{key: made.info[key] for key in ("xmp", XMP) if key in made.info}}
        return drawn

    return Source(held.getvalue(), name, back, bare=True, note=_remember)


def _remember(image: Image.Image, label: str, notice: Notice | None) -> None:
    """The label is metadata of a file; until there is one, the picture keeps it among its notes, and
    what the notice was to be."""
    image.info[INFO] = label
    image.info.pop(NOTICE, None)
    if notice is not None:
        image.info[NOTICE] = notice
