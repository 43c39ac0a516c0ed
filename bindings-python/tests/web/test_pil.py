"""Pictures of Pillow that keep their label."""

from __future__ import annotations

import io
import os
import stat
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageSequence, features

import biaoshi
import biaoshi.pil
from biaoshi import Label, Notice

LABEL = Label("example", produce_id="42")
FORMATS = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp", "TIFF": "tif", "GIF": "gif", "AVIF": "avif"}
PILLOW = Image.Image.save


@pytest.fixture(autouse=True)
def untouched() -> Iterator[None]:
    yield
    biaoshi.pil.uninstall()
    assert Image.Image.save is PILLOW


def picture(mode: str = "RGB", size: tuple[int, int] = (320, 240)) -> Image.Image:
    grey = Image.linear_gradient("L").resize(size)
    return Image.merge("RGB", (grey, grey.transpose(Image.Transpose.ROTATE_180), grey)).convert(mode)


def plain(image: Image.Image, format: str, **params: Any) -> bytes:
    out = io.BytesIO()
    PILLOW(image, out, format, **params)
    return out.getvalue()


def number(content: Any) -> str:
    """The number in the label of a file."""
    report = biaoshi.verify(content)
    found = {e.label.produce_id for e in report.evidence if e.label and e.carrier == "aigc_metadata"}
    assert report.status == "confirmed" and len(found) == 1, report
    return found.pop()


def compliant(content: Any) -> bool:
    verdict = biaoshi.verify(content, profile="cn-gb45438", look="everything").verdict("cn-gb45438")
    assert verdict is not None
    return verdict.outcome == "compliant"


def test_pillow_can_write_all_formats() -> None:
    assert features.check("webp") and features.check("avif") and features.check("libtiff")


@pytest.mark.parametrize("format", FORMATS)
def test_a_picture_is_labelled_once_and_keeps_its_label(format: str, tmp_path: Path) -> None:
    first = tmp_path / f"a.{FORMATS[format]}"
    biaoshi.pil.save(picture(), first, label=LABEL)
    assert number(first) == "42" and compliant(first)
    report = biaoshi.verify(first)
    assert FORMATS[format].startswith(report.format[:3]) or report.format in ("jpeg", "tiff")
    # Opened, worked on and saved in every other format: still the same label.
    with biaoshi.pil.open(first) as opened:
        opened.load()
        assert biaoshi.pil.label_of(opened) == Label(
            "example", produce_id="42", propagator="example", propagate_id="42"
        )
        for other, ending in FORMATS.items():
            again = tmp_path / f"{format}.{ending}"
            biaoshi.pil.save(opened.convert("RGB").resize((300, 220)), again, format=other)
            assert number(again) == "42"


@pytest.mark.parametrize("format", FORMATS)
def test_the_notice_goes_into_the_pixels_once(format: str) -> None:
    out, again = io.BytesIO(), io.BytesIO()
    lossless: dict[str, Any] = {"WEBP": {"lossless": True}}.get(format, {})
    biaoshi.pil.save(picture("L"), out, format, label=LABEL, **lossless)
    with Image.open(out) as opened:
        opened.load()
        if format in ("PNG", "TIFF", "GIF"):
            changed = ImageChops.difference(opened.convert("L"), picture("L")).getbbox()
            assert changed is not None and changed[0] > 160 and changed[1] > 120
        biaoshi.pil.save(opened, again, format, **lossless)
    if format in ("PNG", "TIFF", "WEBP", "GIF"):
        with Image.open(out) as one, Image.open(again) as two:
            assert one.convert("RGB").tobytes() == two.convert("RGB").tobytes()


@pytest.mark.parametrize(
    ("mode", "format"),
    [(m, f) for m in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16") for f in ("PNG", "TIFF")]
    + [(m, f) for m in ("L", "RGB") for f in ("JPEG", "AVIF", "WEBP", "GIF")]
    + [("RGBA", "WEBP"), ("RGBA", "GIF"), ("P", "GIF"), ("1", "GIF")],
)
def test_modes(mode: str, format: str) -> None:
    image = picture("L").convert("I;16") if mode == "I;16" else picture(mode)
    held = image.tobytes(), dict(image.info)
    out = io.BytesIO()
    try:
        biaoshi.pil.save(image, out, format, label=LABEL)
    except biaoshi.UnsupportedError:
        assert out.getvalue() == b""
        return
    assert number(out.getvalue()) == "42" and compliant(out.getvalue())
    assert (image.tobytes(), image.info) == held


def test_what_was_labelled_in_memory_keeps_its_number() -> None:
    marked = biaoshi.label(picture(), label=Label("example"))
    out = io.BytesIO()
    with pytest.raises(biaoshi.RefusedError, match="another label"):
        biaoshi.pil.save(marked, out, "JPEG", label=Label("another"))
    assert out.getvalue() == b""
    biaoshi.pil.save(marked, out, "JPEG", label=Label("example"))
    own = biaoshi.pil.label_of(marked)
    assert own is not None and number(out.getvalue()) == own.produce_id and own.producer == "example"


@pytest.mark.parametrize("level", ["possible", "suspected"])
def test_other_levels_stay(level: Any) -> None:
    out, again = io.BytesIO(), io.BytesIO()
    biaoshi.pil.save(picture(), out, "PNG", label=Label("example", level=level, produce_id="1"))
    with Image.open(out) as opened:
        biaoshi.pil.save(opened, again, "JPEG")
        assert biaoshi.pil.label_of(opened) is not None
    assert biaoshi.verify(again.getvalue()).status == level


def test_labels_that_nobody_can_read_are_none() -> None:
    image = picture()
    for key, value in (
        ("AIGC", "{"),
        ("AIGC", 3),
        ("xmp", b"\xff<x"),
        ("exif", b"MM\0*"),
        ("comment", b"\xff"),
        ("AIGC", ""),
    ):
        image.info = {key: value}
        assert biaoshi.pil.label_of(image) is None
        with pytest.raises(ValueError, match="no label"):
            biaoshi.pil.save(image, io.BytesIO(), "PNG")


@settings(max_examples=60, deadline=None)
@given(
    info=st.dictionaries(
        st.sampled_from(["AIGC", "xmp", "exif", "comment", "XML:com.adobe.xmp", "extension"]),
        st.binary(max_size=80) | st.text(st.characters(), max_size=80) | st.integers() | st.just("\ud800"),
    )
)
def test_any_info_is_read_without_harm(info: dict[str, Any]) -> None:
    image = Image.new("L", (1, 1))
    image.info.update(info)
    label = biaoshi.pil.label_of(image)
    assert label is None or isinstance(label, Label)
    assert image.info == info


def test_labels_of_gif_files(tmp_path: Path) -> None:
    path = tmp_path / "a.gif"
    biaoshi.pil.save(picture(), path, label=LABEL)
    # Pillow keeps the place of the label alone, so it is read while the file is open.
    with Image.open(path) as opened:
        found = biaoshi.pil.label_of(opened)
        assert found is not None and found.produce_id == "42"
        opened.load()
        assert opened.getpixel((0, 0)) is not None and biaoshi.pil.label_of(opened) == found
        assert biaoshi.pil.label_of(opened.copy()) is None
    with biaoshi.pil.open(path) as opened:
        assert biaoshi.pil.label_of(opened.copy()) == found


# Pillow's own ways


def test_options_reach_the_writer(tmp_path: Path) -> None:
    sizes = []
    for quality in (20, 95):
        path = tmp_path / f"{quality}.jpeg"
        biaoshi.pil.save(picture(), path, label=LABEL, quality=quality, dpi=(300, 300))
        sizes.append(path.stat().st_size)
        with Image.open(path) as opened:
            assert opened.info["dpi"] == (300, 300)
    assert sizes[0] < sizes[1]


@pytest.mark.parametrize("kind", ["str", "bytes", "Path"])
def test_paths(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "标识.png"
    given: Any = {"str": str(path), "bytes": os.fsencode(path), "Path": path}[kind]
    biaoshi.pil.save(picture(), given, label=LABEL)
    assert number(path) == "42"


def test_file_objects(tmp_path: Path) -> None:
    # Pillow takes the format from the file's name.
    with open(tmp_path / "a.webp", "w+b") as file:
        biaoshi.pil.save(picture(), file, label=LABEL)
        assert not file.closed
        file.seek(0)
        assert number(file.read()) == "42"

    class OnlyWrite:
        def __init__(self) -> None:
            self.got = b""

        def write(self, data: bytes) -> int:
            self.got += data
            return len(data)

    held: Any = OnlyWrite()
    biaoshi.pil.save(picture(), held, "PNG", label=LABEL)
    assert number(held.got) == "42"
    behind = io.BytesIO(b"head")
    behind.seek(4)
    biaoshi.pil.save(picture(), behind, "PNG", label=LABEL)
    assert behind.getvalue()[:4] == b"head" and number(behind.getvalue()[4:]) == "42"


def test_nothing_half_written_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cases: tuple[tuple[str, dict[str, Any], type[Exception]], ...] = (
        ("a.bmp", {}, biaoshi.BiaoshiError),
        ("a.unknown", {}, ValueError),
        ("a", {}, ValueError),
        ("a.jpg", {"quality": "no such"}, ValueError),
        ("missing/a.png", {}, FileNotFoundError),
    )
    for name, params, error in cases:
        with pytest.raises(error):
            biaoshi.pil.save(picture(), tmp_path / name, label=LABEL, **params)
        assert list(tmp_path.iterdir()) == []
    with pytest.raises(OSError, match="mode RGBA"):
        biaoshi.pil.save(picture("RGBA"), tmp_path / "a.jpg", label=LABEL)
    old = tmp_path / "old.png"
    old.write_bytes(b"old")

    def full(*_: Any) -> None:
        raise OSError(28, "no space left")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        biaoshi.pil.save(picture(), old, label=LABEL)
    assert [p.name for p in tmp_path.iterdir()] == ["old.png"] and old.read_bytes() == b"old"


def test_the_file_that_was_opened_can_be_replaced(tmp_path: Path) -> None:
    path, link = tmp_path / "a.png", tmp_path / "link.png"
    biaoshi.pil.save(picture(), path, label=LABEL)
    path.chmod(0o640)
    link.symlink_to(path)
    with Image.open(link) as opened:
        biaoshi.pil.save(opened, link)
    assert number(path) == "42" and link.is_symlink() and stat.S_IMODE(path.stat().st_mode) == 0o640
    umask = os.umask(0o027)
    try:
        biaoshi.pil.save(picture(), tmp_path / "new.png", label=LABEL)
    finally:
        os.umask(umask)
    assert stat.S_IMODE((tmp_path / "new.png").stat().st_mode) == 0o640


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG", "TIFF"])
def test_animations_and_pages(format: str) -> None:
    frames = [picture().rotate(angle) for angle in (0, 90, 180)]
    out = io.BytesIO()
    try:
        biaoshi.pil.save(frames[0], out, format, label=LABEL, save_all=True, append_images=frames[1:], duration=100)
    except biaoshi.UnsupportedError:
        assert out.getvalue() == b""
        return
    assert number(out.getvalue()) == "42"
    with Image.open(out) as opened:
        assert getattr(opened, "n_frames", 1) == 3
        again = io.BytesIO()
        biaoshi.pil.save(opened, again, format, save_all=True)
    assert number(again.getvalue()) == "42"


def test_appending_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    biaoshi.pil.save(picture(), path, label=LABEL)
    before = path.read_bytes()
    with pytest.raises(ValueError, match="append"):
        biaoshi.pil.save(picture(), path, label=LABEL, append=True)
    assert path.read_bytes() == before


def test_signed(tmp_path: Path) -> None:
    identity = biaoshi.keygen(tmp_path / "identity", organization="Example")
    out = io.BytesIO()
    biaoshi.pil.save(picture(), out, "PNG", label=LABEL, sign=identity)
    report = biaoshi.verify(out.getvalue(), trust=tmp_path / "identity" / "root.pem")
    assert any(e.integrity == "intact" and e.key == "trusted" for e in report.evidence)


def test_a_signature_stays_with_its_file(tmp_path: Path) -> None:
    identity = biaoshi.keygen(tmp_path / "identity", organization="Example")
    first, second, third = io.BytesIO(), io.BytesIO(), io.BytesIO()
    biaoshi.pil.save(picture(), first, "PNG", label=LABEL, sign=identity)
    with Image.open(first) as opened:
        biaoshi.pil.save(opened, second, "JPEG")
        biaoshi.pil.save(opened, third, "JPEG", sign=identity)
    report = biaoshi.verify(second.getvalue())
    assert report.status == "confirmed" and report.has("manifest.missing")
    signed = biaoshi.verify(third.getvalue(), trust=tmp_path / "identity" / "root.pem")
    assert not signed.has("manifest.missing") and any(e.key == "trusted" for e in signed.evidence)
    assert number(third.getvalue()) == "42"


def test_no_notice_and_own_profile() -> None:
    out = io.BytesIO()
    biaoshi.pil.save(picture(), out, "PNG", label=LABEL, notice=Notice.none("agreed"))
    with Image.open(out) as opened:
        assert opened.convert("RGB").tobytes() == picture().tobytes()
    both = io.BytesIO()
    biaoshi.pil.save(picture(), both, "PNG", label=LABEL, profile=["cn-gb45438", "eu-ai-act-50"])
    report = biaoshi.verify(both.getvalue(), profile=["cn-gb45438", "eu-ai-act-50"])
    assert number(both.getvalue()) == "42" and len(report.verdicts) == 2


# Notices that were lost


def notices(content: Any) -> list[Any]:
    """What is seen in a picture, by its pixels: Pillow decodes formats that the library does not."""
    if not isinstance(content, Image.Image):
        content = Image.open(io.BytesIO(content) if isinstance(content, bytes) else content)
    report = biaoshi.verify(content, look="everything")
    return [one.notice for one in report.evidence if one.carrier == "explicit_notice"]


def lose_none(image: Image.Image) -> Image.Image:
    return image


def crop(image: Image.Image) -> Image.Image:
    return image.crop((0, 0, image.width * 2 // 3, image.height // 2))


def shrink(image: Image.Image) -> Image.Image:
    return image.resize((image.width // 3, image.height // 3))


def paint(image: Image.Image) -> Image.Image:
    image = image.copy()
    image.paste(60, (0, image.height // 2, image.width, image.height))
    return image


def turn(image: Image.Image) -> Image.Image:
    return image.transpose(Image.Transpose.ROTATE_180)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("lose", [crop, shrink, paint, turn])
def test_a_notice_that_was_lost_is_drawn_again(lose: Any, format: str) -> None:
    first, again, third = io.BytesIO(), io.BytesIO(), io.BytesIO()
    biaoshi.pil.save(picture(size=(480, 360)), first, "PNG", label=LABEL)
    with Image.open(first) as opened:
        without = lose(opened)
        assert notices(without) == []
        biaoshi.pil.save(without, again, format)
    assert number(again.getvalue()) == "42" and len(notices(again.getvalue())) == 1
    assert compliant(again.getvalue())
    # And from then on it is there.
    with biaoshi.pil.open(again) as opened:
        biaoshi.pil.save(opened.convert("RGB"), third, "PNG")
        with Image.open(third) as last:
            assert last.convert("RGB").tobytes() == opened.convert("RGB").tobytes()


@pytest.mark.parametrize("keep", [lose_none, lambda i: i.resize((400, 300)), lambda i: i.crop((100, 80, 480, 360))])
@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "P"])
def test_a_notice_that_is_there_is_not_drawn_twice(keep: Any, mode: str) -> None:
    first, again = io.BytesIO(), io.BytesIO()
    biaoshi.pil.save(picture(size=(480, 360)), first, "PNG", label=LABEL)
    with Image.open(first) as opened:
        kept = keep(opened.convert(mode))
        biaoshi.pil.save(kept, again, "PNG")
    with Image.open(again) as out:
        assert out.convert("RGBA").tobytes() == kept.convert("RGBA").tobytes() and len(notices(again.getvalue())) == 1


def test_the_hook_draws_what_was_lost(tmp_path: Path) -> None:
    biaoshi.pil.save(picture(size=(480, 360)), tmp_path / "a.jpg", label=LABEL)
    biaoshi.pil.install()
    with Image.open(tmp_path / "a.jpg") as opened:
        crop(opened).save(tmp_path / "b.webp")
        opened.save(tmp_path / "c.png")
        assert Image.open(tmp_path / "c.png").tobytes() == opened.tobytes()
    assert number(tmp_path / "b.webp") == "42" and compliant(tmp_path / "b.webp")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_is_upright_as_people_see_it(orientation: int) -> None:
    first, again = io.BytesIO(), io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = orientation
    biaoshi.pil.save(picture(size=(480, 360)), first, "JPEG", label=LABEL, exif=exif)
    assert len(notices(first.getvalue())) == 1
    with Image.open(first) as opened:
        plain_pixels = Image.new("RGB", opened.size, (30, 90, 60))
        plain_pixels.info, plain_pixels.getexif()[0x0112] = dict(opened.info), orientation
        biaoshi.pil.save(plain_pixels, again, "JPEG", exif=plain_pixels.getexif())
    found = notices(again.getvalue())
    assert len(found) == 1 and found[0].text == "AI生成" and number(again.getvalue()) == "42"


def test_a_waived_notice_stays_away(tmp_path: Path) -> None:
    waived = Notice.none("agreed")
    marked = biaoshi.label(picture(), label=LABEL, notice=waived)
    for given in (None, waived):
        out, again = io.BytesIO(), io.BytesIO()
        biaoshi.pil.save(crop(marked), out, "PNG", notice=given)
        assert number(out.getvalue()) == "42" and notices(out.getvalue()) == []
        # What is read from a file does not say so: it has to be said again.
        with Image.open(out) as opened:
            biaoshi.pil.save(opened, again, "PNG", notice=given)
        assert (notices(again.getvalue()) == []) == (given is not None)
    biaoshi.pil.install(notice=waived)
    with Image.open(out) as opened:
        opened.save(tmp_path / "a.png")
    assert notices(tmp_path / "a.png") == []


def test_the_same_notice_is_drawn_again() -> None:
    out = io.BytesIO()
    marked = biaoshi.label(picture(size=(480, 360)), label=LABEL, notice=Notice(corner="top-left", languages=("zh-Hans", "pt")))
    biaoshi.pil.save(marked.crop((200, 150, 480, 360)), out, "PNG")
    (found,) = notices(out.getvalue())
    assert "IA" in found.text and found.rect[0] < 40 and found.rect[1] < 40
    # Words of one's own can't be told from a picture's: they are not drawn twice.
    own = Notice(lines=("本图由人工智能合成",), corner="top-left")
    marked = biaoshi.label(picture(size=(480, 360)), label=LABEL, notice=own)
    for image in (marked, crop(marked)):
        again = io.BytesIO()
        biaoshi.pil.save(image, again, "PNG")
        assert Image.open(again).tobytes() == image.tobytes()


def test_metadata_of_the_picture_stay_when_the_notice_is_drawn() -> None:
    first, again = io.BytesIO(), io.BytesIO()
    biaoshi.pil.save(picture(size=(480, 360)), first, "PNG", label=LABEL, dpi=(300, 300))
    with Image.open(first) as opened:
        biaoshi.pil.save(crop(opened), again, "PNG", dpi=opened.info["dpi"])
        held = dict(opened.info)
    with Image.open(again) as out:
        assert out.info["dpi"] == held["dpi"]
    # A picture that is beyond the limits is left as it is.
    with Image.open(first) as opened:
        small = crop(opened)
        biaoshi.pil.save(small, third := io.BytesIO(), "PNG", limits={"pixels": 100})
    assert Image.open(third).tobytes() == small.tobytes()


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG", "TIFF"])
def test_frames_keep_the_label_and_get_the_notice_or_a_warning(format: str) -> None:
    out, again = io.BytesIO(), io.BytesIO()
    frames = [picture(size=(480, 360)).rotate(angle) for angle in (0, 90, 180)]
    waived = Notice.none("agreed")
    biaoshi.pil.save(frames[0], out, format, label=LABEL, notice=waived, save_all=True, append_images=frames[1:])
    with biaoshi.pil.open(out) as opened, warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        biaoshi.pil.save(opened, again, format, save_all=True)
    assert number(again.getvalue()) == "42"
    assert [str(one.message) for one in said] == [] or notices(again.getvalue()) == []
    assert notices(again.getvalue()) or "could not be drawn again" in str(said[0].message)
    with biaoshi.pil.open(out) as opened:
        biaoshi.pil.save(opened, io.BytesIO(), format, save_all=True, notice=waived)


@pytest.mark.parametrize("size", [(1, 1), (16, 16), (32, 24), (640, 4), (4, 480)])
@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
def test_what_is_too_small_for_a_notice_keeps_the_label_and_says_so(format: str, size: tuple[int, int]) -> None:
    labelled = io.BytesIO()
    biaoshi.pil.save(picture(), labelled, "PNG", label=LABEL)
    biaoshi.pil.install()
    with Image.open(labelled) as opened:
        small = opened.resize(size)
    small.info = dict(opened.info)
    with pytest.warns(UserWarning, match="could not be drawn again"):
        small.save(out := io.BytesIO(), format)
    assert number(out.getvalue()) == "42"


def test_exif_that_pillow_cannot_read_is_no_reason_to_lose_a_picture() -> None:
    labelled = io.BytesIO()
    biaoshi.pil.save(picture(), labelled, "PNG", label=LABEL)
    with biaoshi.pil.open(labelled) as opened:
        opened.info["exif"] = b"Exif\0\0II*\0\xff\xff"
        biaoshi.pil.save(opened, out := io.BytesIO(), "PNG")
    assert number(out.getvalue()) == "42"


# The hook


def test_the_hook_keeps_labels_and_leaves_others_alone(tmp_path: Path) -> None:
    biaoshi.pil.save(picture(), tmp_path / "a.jpg", label=LABEL)
    biaoshi.pil.install()
    with Image.open(tmp_path / "a.jpg") as opened:
        opened.rotate(90, expand=True).save(tmp_path / "b.webp", quality=50)
    assert number(tmp_path / "b.webp") == "42"
    out = io.BytesIO()
    picture().save(out, "PNG")
    assert out.getvalue() == plain(picture(), "PNG")
    with Image.open(tmp_path / "a.jpg") as opened, pytest.raises(biaoshi.BiaoshiError):
        opened.save(tmp_path / "lost.bmp")
    assert not (tmp_path / "lost.bmp").exists()
    # Formats without a place are as ever for pictures without a label.
    picture().save(tmp_path / "c.bmp")


def test_the_hook_with_a_label_for_all(tmp_path: Path) -> None:
    biaoshi.pil.install(LABEL)
    picture().save(tmp_path / "a.png")
    assert number(tmp_path / "a.png") == "42" and compliant(tmp_path / "a.png")
    # What goes through the library is not labelled twice.
    marked = biaoshi.label(picture(), label=Label("other", produce_id="7"))
    marked.save(tmp_path / "b.png")
    assert number(tmp_path / "b.png") == "7"
    biaoshi.pil.install(Label("example", produce_id="43"))
    picture().save(tmp_path / "c.png")
    assert number(tmp_path / "c.png") == "43"
    biaoshi.pil.uninstall()
    picture().save(tmp_path / "d.png")
    assert biaoshi.verify(tmp_path / "d.png").status == "none"
    biaoshi.pil.uninstall()


def test_a_mistake_in_the_hook_is_said_at_once() -> None:
    unknown: Any = {"corner": "top"}
    with pytest.raises(TypeError, match="corner"):
        biaoshi.pil.install(LABEL, **unknown)
    assert Image.Image.save is PILLOW


def test_the_hook_of_someone_else_is_not_thrown_away() -> None:
    biaoshi.pil.install()
    ours = Image.Image.save
    Image.Image.save = lambda *args, **kwargs: None  # type: ignore[method-assign]
    with pytest.raises(RuntimeError):
        biaoshi.pil.uninstall()
    Image.Image.save = ours  # type: ignore[method-assign]


def test_the_hook_in_threads(tmp_path: Path) -> None:
    biaoshi.pil.install(LABEL)
    failed: list[BaseException] = []

    def work(n: int) -> None:
        try:
            for m in range(3):
                picture().save(tmp_path / f"{n}-{m}.png")
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == [] and all(number(path) == "42" for path in tmp_path.iterdir())
