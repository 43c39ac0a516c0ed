"""Pictures of Pillow that keep their label in the file.

Pillow writes a file's metadata only as far as it is told, so a label is lost when a picture is opened
and saved again. :func:`save` writes it, draws the notice again where it was cut off, and
:func:`install` does so for every ``Image.save``.

>>> import io
>>> import biaoshi.pil
>>> from PIL import Image
>>> file = io.BytesIO()
>>> biaoshi.pil.save(Image.new("RGB", (320, 240)), file, "JPEG", label=biaoshi.Label("example"), quality=90)
>>> biaoshi.verify(file.getvalue()).status
<Status.CONFIRMED: 'confirmed'>
"""

from __future__ import annotations

import builtins
import contextlib
import io
import os
import secrets
import stat
import sys
import threading
import warnings
from collections.abc import Mapping, Sequence
from typing import IO, Any, Literal, Unpack, cast

from PIL import ExifTags, Image

import biaoshi
from biaoshi import Label, Notice
from biaoshi._content import NOTICE
from biaoshi._options import PictureOptions

__all__ = ["KEY", "install", "label_of", "open", "save", "uninstall"]

#: The key of a picture's ``info`` where its label stands, as JSON text (GB 45438-2025 Annex E). Pillow
#: reads it from a labelled PNG file, and :func:`biaoshi.label` leaves it.
KEY = "AIGC"

_File = str | os.PathLike[str] | bytes | IO[bytes]
_LEVELS: dict[str, Literal["is", "possible", "suspected"]] = {"1": "is", "2": "possible", "3": "suspected"}
_IN_PICTURE = "the picture carried a label already"
# Modes in which a notice is drawn before the picture is coded; in others it is drawn after it.
_DRAWN = ("L", "LA", "RGB", "RGBA")
# Modes that a PNG file holds.
_PNG = ("1", "P", "I;16", *_DRAWN)
# Files other than PNG keep their label in these.
_BLOCKS = ("xmp", "XML:com.adobe.xmp", "exif", "comment")

_lock = threading.Lock()
_original: Any = None
_default: _Default | None = None


class _Default:
    """What a picture without a label gets."""

    def __init__(self, label: Label | None, options: PictureOptions) -> None:
        self.label = label
        self.options = options


def label_of(image: Image.Image) -> Label | None:
    """The label that a picture carries in its ``info``, whatever file it was read from.

    Args:
        image: the picture. Only ``info`` is looked at, so a crop or a copy has the label as well.

    Returns:
        The label, or None if there is none or nobody can read it. A GIF file is read itself while
        Pillow has it open; what was made from one has lost it, unless it was opened by :func:`open`.
    """
    info = image.info
    if any(key in info for key in (KEY, *_BLOCKS)):
        return _read(_carrier(info))
    # Of a GIF file Pillow notes the name and place of a block, not what is in it.
    if "extension" in info:
        return _read(_file_of(image))
    return None


def open(fp: _File, mode: Literal["r"] = "r", formats: list[str] | tuple[str, ...] | None = None) -> Image.Image:
    """Opens a picture as ``Image.open`` does, and notes its label in ``info`` where Pillow does not: of
    GIF files Pillow keeps no XMP, so what is made from such a picture would lose the label.

    Args:
        fp, mode, formats: as ``Image.open`` takes them.

    Raises:
        PIL.UnidentifiedImageError: if it is no picture that Pillow knows.
        OSError: if it can't be read.
    """
    image = Image.open(fp, mode, formats)
    label = label_of(image)
    if label is not None and KEY not in image.info:
        image.info[KEY] = label.to_json()
    return image


def _read(content: Any) -> Label | None:
    """The label of a file."""
    if content is None:
        return None
    try:
        report = biaoshi.verify(content, look="nothing")
    except (biaoshi.BiaoshiError, OSError):
        return None
    for evidence in report.to_dict()["evidence"]:
        fields = evidence.get("label")
        if evidence["carrier"] == "aigc_metadata" and fields and fields["label"] in _LEVELS:
            return _from_fields(fields)
    return None


def _file_of(image: Image.Image) -> bytes | None:
    """The file that a picture is still being read from."""
    file = getattr(image, "_fp", None) or getattr(image, "fp", None)
    if file is None:
        return None
    try:
        place = file.tell()
        file.seek(0)
        content = file.read()
        file.seek(place)
    except (OSError, ValueError):
        return None
    return bytes(content)


def _carrier(info: Mapping[Any, Any]) -> bytes:
    """The smallest PNG file with the same metadata, for the verifier to read."""
    from PIL.PngImagePlugin import PngInfo

    chunks = PngInfo()
    exif = b""
    for key in (KEY, *_BLOCKS):
        value = info.get(key)
        if isinstance(value, Image.Exif):
            value = value.tobytes()
        if key == "exif":
            exif = value if isinstance(value, bytes) else b""
            continue
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        if isinstance(text, str):
            name = {"xmp": "XML:com.adobe.xmp", "comment": "Comment"}.get(key, key)
            # Half a character of UTF-16 has no bytes.
            chunks.add_itxt(name, text.encode("utf-8", "replace").decode())
    out = io.BytesIO()
    _save_of_pillow()(Image.new("L", (1, 1)), out, "PNG", pnginfo=chunks, exif=exif)
    return out.getvalue()


def _from_fields(fields: Mapping[str, str]) -> Label:
    return Label(
        fields["content_producer"],
        level=_LEVELS[fields["label"]],
        produce_id=fields["produce_id"] or None,
        reserved_code1=fields["reserved_code1"] or None,
        propagator=fields["content_propagator"] or None,
        propagate_id=fields["propagate_id"] or None,
        reserved_code2=fields["reserved_code2"] or None,
    )


def save(
    image: Image.Image,
    fp: _File,
    format: str | None = None,
    *,
    label: Label | None = None,
    profile: str | Sequence[str] = "cn-gb45438",
    notice: Notice | None = None,
    sign: Any = None,
    limits: Mapping[str, int] | None = None,
    programs: bool = False,
    **params: Any,
) -> None:
    """Saves a picture as ``Image.save`` does, with its label in the file.

    A picture that carries a label keeps it (:func:`label_of`); one without gets `label`, and a notice
    drawn into the corner. A signature holds for the file that it was made for: sign anew, or the
    verifier will say that the label was separated from it (``manifest.missing``).

    The notice of a picture that carries a label is looked for in its pixels, and drawn again if it is not
    there: it was cut off, painted over, turned, or has become too small to be read. Found are the wordings
    of the rule sets in the embedded font, also after coding and resizing, and with `programs` every wording
    that an installed program can read (Tesseract). It is not drawn again

    * with a `notice` that is waived, here or when the picture was labelled in this process: a file does not
      say that its notice was waived;
    * with a `notice` in own words or an own font and without `programs`, and in a picture beyond the
      limits: there it can't be told whether it is there. `biaoshi.label` on a picture without the label
      draws it in any case.

    Without `programs` a notice in another program's wording or font is not recognised in a picture that
    comes from a file: ours is then drawn at its own place, and may stand on it.

    Of several frames the first is looked at. Where the notice can't be drawn into frames or such a format, a
    picture that carries a label is saved with it all the same, and a `UserWarning` says so.

    A notice goes into the pixels before they are coded, so that nothing is coded
    twice; into animations and pictures with a palette it is drawn afterwards.

    Args:
        image: the picture. It is not changed.
        fp: path or binary file object, as Pillow takes it. A path appears whole or not at all; a file
            object gets nothing before the file is ready, and is left open.
        format: Pillow's name of the format; by the ending of the path if None.
        label: what to state about a picture without a label.
        profile: rule set or rule sets to satisfy.
        notice: the notice that people see; None for the one that the picture was labelled with in this
            process, or that of the rule set.
        sign: who signs, as for :func:`biaoshi.label`.
        limits: bounds of the work, as for :func:`biaoshi.label`.
        programs: whether installed programs may be started to read what is written in a picture.
        params: options of Pillow's writer, such as ``quality`` or ``save_all``.

    Raises:
        ValueError: if Pillow knows no format of this name or ending, or there is neither a label in the
            picture nor `label`.
        biaoshi.RefusedError: if the picture carries the label of another producer than `label` names.
        biaoshi.UnsupportedError: for a format without a place for a label, such as BMP.
        biaoshi.BiaoshiError: if it can't be labelled otherwise.
        OSError: if Pillow can't write it, or the file can't be written.
    """
    options = PictureOptions(profile=profile, notice=notice, sign=sign, limits=limits, programs=programs)
    own = label_of(image)
    if own is None and label is None:
        raise ValueError("the picture carries no label, and none was given")
    if own is not None and label is not None and own.producer != label.producer:
        english = f"the picture carries another label, of {own.producer!r}: give none to keep it"
        chinese = f"图片已带有另一标识，内容制作者为 {own.producer!r}：如需保留请不要另给标识"
        raise biaoshi.RefusedError("label.exists", ((english, ""), (chinese, "")))
    _save(image, fp, format, params, own, label, options)


def install(label: Label | None = None, **options: Unpack[PictureOptions]) -> None:
    """Makes ``Image.save`` keep labels, in this process, until :func:`uninstall`.

    A picture that carries a label keeps it, a picture without one gets `label` if that is given, and is
    otherwise saved as ever. Installing again replaces what was given before.

    Formats that can't hold a label: a labelled picture is refused, for saving it there would lose the
    label. Convert such pictures without this hook if you must.

    Args:
        label: what to state about pictures without a label; None leaves them alone.
        options: ``profile``, ``notice``, ``sign``, ``limits`` and ``programs`` as for :func:`save`.

    Raises:
        TypeError: for an option that is none of these.
    """
    global _original, _default
    if unknown := options.keys() - PictureOptions.__annotations__.keys():
        raise TypeError(f"install() has no option {', '.join(sorted(unknown))}")
    with _lock:
        _default = _Default(label, options)
        if _original is None:
            _original = Image.Image.save
            # Whoever needs Pillow's own finds it there, as functools.wraps leaves it.
            _hooked.__wrapped__ = _original  # type: ignore[attr-defined]
            Image.Image.save = _hooked  # type: ignore[method-assign,assignment]


def uninstall() -> None:
    """Gives ``Image.save`` back to Pillow. Does nothing if it is Pillow's.

    Raises:
        RuntimeError: if someone else has replaced it since; nothing is changed then.
    """
    global _original, _default
    with _lock:
        if _original is None:
            return
        if Image.Image.save is not _hooked:
            raise RuntimeError("Image.save was replaced by something else after biaoshi.pil.install()")
        Image.Image.save = _original  # type: ignore[method-assign]
        _original = _default = None


_TOO_SMALL = "render.picture_too_small"


def _save_of_pillow() -> Any:
    return _original or Image.Image.save


def _hooked(self: Image.Image, fp: _File, format: str | None = None, **params: Any) -> None:
    default = _default
    own = label_of(self)
    if own is None and (default is None or default.label is None):
        _save_of_pillow()(self, fp, format, **params)
        return
    options: PictureOptions = default.options if default is not None else {}
    _save(self, fp, format, params, own, default.label if default is not None else None, options)


def _save(
    image: Image.Image,
    fp: _File,
    format: str | None,
    params: dict[str, Any],
    own: Label | None,
    label: Label | None,
    options: PictureOptions,
) -> None:
    if params.get("append"):
        raise ValueError("a labelled picture can't be appended to a file: save all of them at once (append_images)")
    format = format or _format_of(fp)
    stated = own or label
    if stated is None:
        raise ValueError("the picture carries no label, and none was given")
    if options.get("notice") is None and isinstance(asked := image.info.get(NOTICE), Notice):
        options = {**options, "notice": asked}
    turned = _orientation(image, format, params)
    drawn = own is not None and _keeps_its_notice(image, turned, options)
    if not drawn and image.mode in _DRAWN and not _has_frames(image, params):
        try:
            image, drawn = _with_notice(image, turned, stated, {**options, "sign": None}), True
        except biaoshi.InvalidError as error:
            # A thumbnail of a labelled picture is saved with its label, and what it lacks is said.
            if own is None or error.code != _TOO_SMALL:
                raise
        stated = label_of(image) or stated
    coded = _coded(image, format, params)
    _write(fp, _labelled(coded, stated, f"picture.{format.lower()}", options, own is not None, drawn))


def _coded(image: Image.Image, format: str, params: Mapping[str, Any]) -> bytes:
    coded = io.BytesIO()
    _save_of_pillow()(image, coded, format, **params)
    return coded.getvalue()


def _labelled(
    coded: bytes, label: Label, name: str, options: PictureOptions, carried: bool, drawn: bool
) -> bytes:
    """The file with its label, and with the notice unless it was drawn already."""
    reason = "the file carries the label already"
    if not drawn:
        try:
            done = biaoshi.Labeler(**options).label(coded, label=label, name=name)
        except (biaoshi.UnsupportedError, biaoshi.InvalidError) as error:
            if not carried or (isinstance(error, biaoshi.InvalidError) and error.code != _TOO_SMALL):
                raise
            reason = str(error)
        else:
            if not carried or done.receipt.notice is not None:
                return bytes(done.content)
    options = {**options, "notice": Notice.none(_IN_PICTURE)}
    out = biaoshi.label(coded, label=label, name=name, **options)
    if not drawn:
        warnings.warn(f"the notice of a labelled picture could not be drawn again: {reason}", stacklevel=4)
    return out


def _orientation(image: Image.Image, format: str, params: Mapping[str, Any]) -> int:
    """How the file will say that the picture is turned (Exif `Orientation`). Not every writer of Pillow
    takes over what the picture says."""
    try:
        if not params.get("exif") and image.getexif().get(ExifTags.Base.Orientation, 1) == 1:
            return 1
        with Image.open(io.BytesIO(_coded(image, format, params))) as written:
            turned = written.getexif().get(ExifTags.Base.Orientation)
    except Exception:
        # Damaged Exif, and formats that Pillow writes and does not read, say nothing of it.
        return 1
    return turned if isinstance(turned, int) else 1


def _keeps_its_notice(image: Image.Image, turned: int, options: PictureOptions) -> bool:
    """Whether a labelled picture is left as it is: it shows a notice, is to show none, or it can't be
    told."""
    notice, programs = options.get("notice"), bool(options.get("programs"))
    if notice is not None and notice.waived is not None:
        return True
    try:
        report = biaoshi.verify(_pixels(image, turned), look="everything", limits=options.get("limits"), programs=programs)
    except (biaoshi.LimitError, biaoshi.UnsupportedError):
        return True
    if any(one.carrier == "explicit_notice" for one in report.evidence):
        return True
    unknown = notice is not None and bool(notice.lines or notice.font) and not programs
    return unknown or report.has("notice.not_looked")


def _with_notice(image: Image.Image, turned: int, label: Label, options: PictureOptions) -> Image.Image:
    """The picture with the notice drawn, and everything else that was noted of it."""
    drawn: Image.Image = biaoshi.label(_pixels(image, turned), label=label, **options)
    drawn.info = {**image.info, **drawn.info}
    return drawn


def _pixels(image: Image.Image, turned: int) -> Image.Image:
    """What a picture shows, without what is noted of it: a label there would be taken for all that is
    due."""
    bare = image.copy() if image.mode in _PNG else image.convert("RGB")
    bare.info = {key: value for key, value in image.info.items() if key == "transparency"}
    # What was read of the picture's own Exif goes with its notes.
    bare = bare.copy()
    bare.getexif()[ExifTags.Base.Orientation] = turned
    return bare


def _has_frames(image: Image.Image, params: Mapping[str, Any]) -> bool:
    return bool(params.get("append_images")) or (bool(params.get("save_all")) and getattr(image, "n_frames", 1) > 1)


def _format_of(fp: _File) -> str:
    """The format that Pillow would take for a file without one."""
    named = fp if isinstance(fp, (str, bytes, os.PathLike)) else getattr(fp, "name", "")
    name = os.fsdecode(named) if isinstance(named, (str, bytes, os.PathLike)) else ""
    ending = os.path.splitext(name)[1].lower()
    found = Image.registered_extensions().get(ending)
    if found is None:
        raise ValueError(f"unknown file extension: {ending}")
    return found


def _write(fp: _File, content: bytes) -> None:
    if not isinstance(fp, (str, bytes, os.PathLike)):
        if fp is cast(Any, sys.stdout) and isinstance(sys.stdout, io.TextIOWrapper):
            fp = cast(IO[bytes], sys.stdout.buffer)
        fp.write(content)
        if hasattr(fp, "flush"):
            fp.flush()
        return
    path = os.fsdecode(fp)
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        mode = None
    if mode is not None and not stat.S_ISREG(mode):
        # A device or a pipe can't be replaced.
        with builtins.open(path, "wb") as out:
            out.write(content)
        return
    # What a link leads to is replaced, as writing to it would do.
    path = os.path.realpath(path)
    temporary = os.path.join(os.path.dirname(path), f".biaoshi-{secrets.token_hex(8)}.tmp")
    try:
        with builtins.open(temporary, "xb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        if mode is not None:
            os.chmod(temporary, stat.S_IMODE(mode))
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
