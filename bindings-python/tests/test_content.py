"""Whatever holds content goes in, and the same kind comes back."""

from __future__ import annotations

import io
import mmap
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import biaoshi
from biaoshi import Label, Labeler, Notice, Status


def test_bytes_and_buffers_come_back_as_they_came(jpeg: bytes, label: Label) -> None:
    plain = biaoshi.label(jpeg, label=label)
    assert type(plain) is bytes
    for kind in (bytearray, memoryview):
        out = biaoshi.label(kind(jpeg), label=label)
        assert type(out) is kind and bytes(out) == plain
    assert bytes(biaoshi.label(memoryview(bytearray(jpeg)), label=label)) == plain
    assert biaoshi.verify(plain).status is Status.CONFIRMED


def test_views_of_any_layout_hold_the_same_content(jpeg: bytes) -> None:
    wanted = biaoshi.verify(jpeg).to_json()
    spread = bytearray(2 * len(jpeg))
    spread[::2] = jpeg
    padded = b"xx" + jpeg + b"yy"
    views = [
        memoryview(spread)[::2],
        memoryview(spread)[::2].toreadonly(),
        memoryview(padded)[2:-2],
        memoryview(jpeg).cast("b"),
        memoryview(jpeg).cast("B", (1, len(jpeg))),
        memoryview(bytearray(jpeg)).toreadonly(),
    ]
    for view in views:
        assert biaoshi.verify(view).to_json() == wanted


def test_mapped_files_are_read_where_they_are(jpeg: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(jpeg)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert biaoshi.verify(mapped).bytes == len(jpeg)


def test_a_part_of_bytes_is_not_taken_for_the_whole(jpeg: bytes) -> None:
    assert biaoshi.verify(memoryview(jpeg)[: len(jpeg)]).bytes == len(jpeg)
    assert biaoshi.verify(memoryview(b"hello world")[:5], name="a.txt").bytes == 5


def test_files_come_back_as_files(jpeg: bytes, label: Label, tmp_path: Path) -> None:
    wanted = biaoshi.label(jpeg, label=label)
    out = biaoshi.label(io.BytesIO(jpeg), label=label)
    assert type(out) is io.BytesIO and out.tell() == 0 and out.read() == wanted
    target = io.BytesIO()
    assert biaoshi.label(io.BytesIO(jpeg), target, label=label) is target
    assert target.getvalue() == wanted
    path = tmp_path / "a.jpg"
    path.write_bytes(jpeg)
    with path.open("rb") as source, (tmp_path / "b.jpg").open("wb") as sink:
        biaoshi.label(source, sink, label=label)
    assert (tmp_path / "b.jpg").read_bytes() == wanted


def test_a_file_is_read_from_where_it_stands(jpeg: bytes) -> None:
    file = io.BytesIO(b"head" + jpeg)
    file.seek(4)
    assert biaoshi.verify(file).bytes == len(jpeg)


def test_streams_that_cannot_be_rewound(jpeg: bytes, label: Label) -> None:
    left, right = socket.socketpair()
    with left, right, right.makefile("rb") as stream:
        left.sendall(jpeg[:100_000])
        left.shutdown(socket.SHUT_WR)
        assert biaoshi.verify(stream).bytes == len(jpeg[:100_000])
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as source:
        with os.fdopen(writing, "wb") as sink:
            sink.write(b"# Spring")
        text = biaoshi.label(source, label=label, name="a.md")
    assert biaoshi.verify(text, name="a.md").status is Status.CONFIRMED


def test_paths_need_a_target_and_keep_what_is_there(jpeg: bytes, label: Label, tmp_path: Path) -> None:
    source, target = tmp_path / "a.jpg", tmp_path / "b.jpg"
    source.write_bytes(jpeg)
    with pytest.raises(TypeError, match="out"):
        biaoshi.label(source, label=label)
    assert biaoshi.label(source, target, label=label) is target
    assert target.read_bytes() == biaoshi.label(jpeg, label=label)
    with pytest.raises(biaoshi.RefusedError):
        biaoshi.label(source, target, label=label)
    biaoshi.label(str(source), str(target), label=label, replace=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jpg", "b.jpg"]
    assert source.read_bytes() == jpeg
    with pytest.raises(TypeError, match="path is for content that is a path"):
        biaoshi.label(jpeg, target, label=label)


def test_the_name_of_a_path_tells_kinds_of_text_apart(label: Label, tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"spring-\xff.md")
    path.write_text("# Spring")
    assert biaoshi.inspect(path).format.value == biaoshi.verify(path).format.value == "markdown"
    target = io.BytesIO()
    biaoshi.label(path, target, label=label)
    assert target.getvalue().startswith(b"---\nAIGC:")
    assert biaoshi.propagate(path, tmp_path / "b.md", propagator="platform", declared=True) == tmp_path / "b.md"
    assert biaoshi.verify(path).file == str(tmp_path / "spring-\ufffd.md")


def test_what_holds_no_content_is_refused() -> None:
    for wrong in (None, 3, [b"x"], object(), io.StringIO("x")):
        with pytest.raises(TypeError):
            biaoshi.verify(wrong)


def test_pictures_of_pillow(picture: Image.Image, label: Label) -> None:
    out = biaoshi.label(picture, label=label)
    assert (out.mode, out.size) == (picture.mode, picture.size)
    changed = (numpy.asarray(out) != numpy.asarray(picture)).any(axis=2)
    assert 0 < changed.mean() < 0.2
    report = biaoshi.verify(out, look="everything")
    assert report.status is Status.CONFIRMED
    assert {one.carrier.value for one in report.evidence} >= {"aigc_metadata", "explicit_notice"}
    assert '"ProduceID": "3f2c1e"' in out.info["AIGC"]
    # The very label is there: nothing changes.
    again = biaoshi.label(out, label=label)
    assert numpy.array_equal(numpy.asarray(again), numpy.asarray(out))
    assert picture.info == {}


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_pictures_of_every_mode_that_a_png_has(mode: str, label: Label) -> None:
    image = Image.new(mode, (200, 160))
    out = biaoshi.label(image, label=label)
    assert out.size == image.size
    if mode not in ("1", "P"):
        assert out.mode == mode


def test_other_modes_say_what_to_do(label: Label) -> None:
    with pytest.raises(TypeError, match="convert it first"):
        biaoshi.label(Image.new("CMYK", (200, 160)), label=label)


@settings(deadline=None, max_examples=25)
@given(
    st.integers(64, 200),
    st.integers(64, 200),
    st.sampled_from([None, 1, 3, 4]),
    st.booleans(),
)
def test_arrays_of_pixels(height: int, width: int, channels: int | None, reverse: bool) -> None:
    shape = (height, width) if channels is None else (height, width, channels)
    array = numpy.random.default_rng(height).integers(0, 256, shape, numpy.uint8)
    held = array[::-1] if reverse else array
    out = biaoshi.label(held, label=Label("example"))
    assert out.shape == held.shape and out.dtype == held.dtype
    assert not numpy.array_equal(out, held)
    assert numpy.array_equal(out[:8, :8], held[:8, :8]), "the notice stands at the bottom right"


@pytest.mark.parametrize("kind", [numpy.int16, numpy.int32, numpy.float32, numpy.float64])
@pytest.mark.parametrize("channels", [None, 1, 2])
def test_arrays_of_sound(kind: type, channels: int | None) -> None:
    time = numpy.arange(48_000) / 48_000
    wave = 0.25 * numpy.sin(2 * numpy.pi * 220 * time)
    if numpy.dtype(kind).kind == "i":
        wave = wave * numpy.iinfo(kind).max
    samples: numpy.ndarray[Any, Any] = wave.astype(kind)
    if channels is not None:
        samples = numpy.repeat(samples[:, None], channels, axis=1)
    out = biaoshi.label(samples, rate=48_000, label=Label("example"))
    assert out.dtype == samples.dtype and out.shape[1:] == samples.shape[1:]
    assert numpy.array_equal(out[-len(samples) :], samples), "the content's samples stay"
    assert 1 < (len(out) - len(samples)) / 48_000 < 10
    report = biaoshi.verify(out, rate=48_000, look="everything")
    assert [one.notice.form.value for one in report.evidence if one.notice is not None] == ["rhythm"]


def test_arrays_of_other_things_say_what_is_needed() -> None:
    for wrong in (numpy.zeros((4, 4), numpy.float32), numpy.zeros((4, 4, 5), numpy.uint8), numpy.zeros(8, numpy.uint8)):
        with pytest.raises(TypeError, match="array"):
            biaoshi.label(wrong, label=Label("example"))
    with pytest.raises(TypeError, match="sound is"):
        biaoshi.label(numpy.zeros(8, numpy.uint8), rate=8_000, label=Label("example"))
    with pytest.raises(TypeError, match="rate"):
        biaoshi.label(b"x", rate=8_000, label=Label("example"))


def test_places_and_words_of_the_notice(jpeg: bytes, label: Label) -> None:
    labeler = Labeler(["cn-gb45438", "eu-ai-act-50"], notice=Notice(corner="top-left", languages=("zh-Hans", "en")))
    done = labeler.label(jpeg, label=label)
    assert done.receipt.notice is not None and done.receipt.notice["form"] == "picture"
    assert done.receipt.notice["lines"] == ["AI生成", "AI-generated"], done.receipt.notice
    waived = Labeler(notice=Notice.none("agreed with the user")).label(jpeg, label=label)
    assert waived.receipt.notice_waived == "agreed with the user" and waived.receipt.reencoded is None


def test_propagate_adds_and_keeps(jpeg: bytes, label: Label) -> None:
    made = biaoshi.label(jpeg, label=label)
    out = biaoshi.propagate(made, propagator="example-platform", id="post-7")
    fields = next(one.label for one in biaoshi.verify(out).evidence if one.label is not None)
    assert (fields.content_producer, fields.produce_id) == (label.producer, "3f2c1e")
    assert (fields.content_propagator, fields.propagate_id) == ("example-platform", "post-7")
    assert biaoshi.propagate(out, propagator="example-platform", id="post-7") == out
    declared = biaoshi.propagate(jpeg, propagator="example-platform", declared=True)
    assert biaoshi.verify(declared).status is Status.POSSIBLE
    with pytest.raises(biaoshi.RefusedError):
        biaoshi.propagate(jpeg, propagator="example-platform")


def test_inspect_lists_parts_and_values(jpeg: bytes, label: Label) -> None:
    found = biaoshi.inspect(biaoshi.label(jpeg, label=label))
    assert found.format.value == "jpeg" and found.size == (320, 240)
    assert sum(part.length for part in found.segments) == found.bytes
    assert any("3f2c1e" in (value.text or "") for value in found.values)


def test_verify_many_keeps_order_and_reads_little_ahead(jpeg: bytes) -> None:
    taken = 0

    def contents() -> Iterator[bytes]:
        nonlocal taken
        for number in range(200):
            taken += 1
            yield jpeg + bytes(number)

    answers = biaoshi.verify_many(contents(), jobs=2)
    first, report = next(answers)
    assert first == jpeg and report.status is Status.NONE and taken <= 8
    assert [len(one) - len(jpeg) for one, _ in answers] == list(range(1, 200))


def test_verify_many_gives_errors_or_raises_them(jpeg: bytes) -> None:
    names = list(biaoshi.verify_many(["\ud800", "/no/such/file"], errors="return"))
    assert isinstance(names[0][1], UnicodeError) and isinstance(names[1][1], FileNotFoundError)
    contents = [jpeg, b"\0\1\2", jpeg]
    answers = [answer for _, answer in biaoshi.verify_many(contents, errors="return")]
    assert isinstance(answers[1], biaoshi.UnsupportedError)
    assert isinstance(answers[0], biaoshi.Report) and isinstance(answers[2], biaoshi.Report)
    with pytest.raises(biaoshi.UnsupportedError):
        list(biaoshi.verify_many(contents))
    with pytest.raises(ValueError):
        biaoshi.verify_many(contents, jobs=0)


def test_a_file_is_not_written_while_it_is_read(jpeg: bytes, label: Label, tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(jpeg)
    with path.open("r+b") as file, pytest.raises(ValueError, match="read and written at once"):
        biaoshi.label(file, file, label=label)
    held = io.BytesIO(jpeg)
    with pytest.raises(ValueError, match="read and written at once"):
        biaoshi.propagate(held, held, propagator="example", declared=True)
    assert path.read_bytes() == held.getvalue() == jpeg


def test_a_picture_of_pillow_goes_into_a_file(picture: Image.Image, label: Label) -> None:
    out = io.BytesIO()
    assert biaoshi.label(picture, out, label=label) is out
    assert biaoshi.verify(out.getvalue()).status is Status.CONFIRMED
    assert "AIGC" not in picture.info


def test_verify_many_answers_what_came_before_an_error_of_the_iterable(jpeg: bytes) -> None:
    def contents() -> Iterator[bytes]:
        yield from [jpeg] * 5
        raise OSError("the list ends here")

    seen = []
    with pytest.raises(OSError, match="ends here"):
        for _, report in biaoshi.verify_many(contents(), jobs=2):
            seen.append(report.status)
    assert seen == [Status.NONE] * 5


def test_a_label_is_a_label(jpeg: bytes) -> None:
    for wrong in ("example", {"producer": "example"}, None):
        with pytest.raises(TypeError, match="a Label is needed"):
            biaoshi.label(jpeg, label=wrong)  # type: ignore[arg-type]
