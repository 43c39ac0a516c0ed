"""Reading by range: the same bytes as of the whole, few requests, bounded memory."""

from __future__ import annotations

import glob
import io
import itertools
import os
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import biaoshi
from biaoshi import arrow, remote
from biaoshi.remote import Buffers, Entry, RangeFile, find, open_range

from .samples import BARE, LABEL, VECTORS, Stores, expected, png, wav

KINDS = ["fsspec", "pyarrow", "obstore"]


class Counted:
    """Bytes that count how they are asked for."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.asked: list[tuple[int, int]] = []

    def __call__(self, start: int, end: int) -> bytes:
        assert 0 <= start < end <= len(self.data)
        self.asked.append((start, end))
        return self.data[start:end]


STEPS = st.one_of(
    st.tuples(st.just("read"), st.integers(-1, 300)),
    st.tuples(st.just("readinto"), st.integers(0, 300)),
    st.tuples(st.just("seek"), st.tuples(st.integers(0, 700), st.just(0))),
    st.tuples(st.just("seek"), st.tuples(st.integers(-50, 50), st.just(1))),
    st.tuples(st.just("seek"), st.tuples(st.integers(-300, 50), st.just(2))),
)


@given(
    data=st.binary(max_size=600),
    steps=st.lists(STEPS, max_size=30),
    block=st.integers(1, 64),
    cache=st.integers(0, 400),
    spool=st.sampled_from([0, 100, 10_000]),
)
@settings(deadline=None, max_examples=300)
def test_a_range_file_reads_as_the_bytes_themselves(
    data: bytes, steps: list[tuple[str, Any]], block: int, cache: int, spool: int
) -> None:
    source = Counted(data)
    kept = max(2 * block, cache)
    plain = io.BytesIO(data)
    with RangeFile(source, len(data), buffers=Buffers(block, cache, spool)) as file:
        for step, argument in steps:
            if step == "read":
                assert file.read(argument) == plain.read(argument)
            elif step == "readinto":
                ours, theirs = bytearray(argument), bytearray(argument)
                assert file.readinto(ours) == plain.readinto(theirs)
                assert ours == theirs
            elif (base := {0: 0, 1: plain.tell(), 2: len(data)}[argument[1]]) + argument[0] < 0:
                with pytest.raises(ValueError, match="before the start"):
                    file.seek(*argument)
            else:
                assert file.seek(*argument) == plain.seek(base + argument[0])
            assert file.tell() == plain.tell()
            assert sum(len(part) for part in file._blocks.values()) <= kept
            assert len(file._spooled) * block <= spool
    assert file.requests == len(source.asked)
    assert file.fetched == sum(end - start for start, end in source.asked)
    assert all(end - start <= kept for start, end in source.asked)
    if spool >= len(data) + 64:
        ranges = sorted(source.asked)
        assert all(a[1] <= b[0] for a, b in itertools.pairwise(ranges)), "nothing is fetched twice"


def read_through(file: RangeFile, piece: int = 64 << 10) -> bytes:
    file.seek(0)
    return b"".join(iter(lambda: file.read(piece), b""))


def test_a_pass_takes_few_requests_and_a_second_one_none() -> None:
    data = os.urandom(20 << 20)
    with RangeFile(Counted(data), len(data)) as file:
        assert read_through(file) == data
        assert file.requests <= 12
        assert read_through(file) == data
        assert file.fetched == len(data)


def test_without_a_temporary_file_each_pass_takes_few_requests() -> None:
    data = os.urandom(20 << 20)
    with RangeFile(Counted(data), len(data), buffers=Buffers(spool_bytes=0)) as file:
        for _ in range(3):
            assert read_through(file) == data
        assert file.requests <= 3 * 12
        assert file.fetched <= 3 * len(data)


def test_a_full_disk_costs_requests_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    data = os.urandom(1 << 20)
    with RangeFile(Counted(data), len(data), buffers=Buffers(4096, 65536)) as file:
        assert read_through(file) == data == read_through(file)
        assert file.fetched > len(data)


def test_what_a_store_raises_or_leaves_out_is_an_os_error() -> None:
    def broken(start: int, end: int) -> bytes:
        raise RuntimeError("connection lost")

    with pytest.raises(OSError, match=r"a\.png: connection lost"):
        RangeFile(broken, 10, name="a.png").read(1)
    with pytest.raises(OSError, match="3 bytes came for 10"):
        RangeFile(lambda start, end: b"abc", 10).read(1)
    with pytest.raises(OSError, match="12 bytes came for 10"):
        RangeFile(lambda start, end: b"abc" * 4, 10).read(1)


def test_a_closed_file_is_closed_once() -> None:
    closed: list[int] = []
    file = RangeFile(lambda start, end: b"a", 1, close=lambda: closed.append(1))
    file.close()
    file.close()
    assert closed == [1]
    for use in (file.read, file.tell, lambda: file.seek(0)):
        with pytest.raises(ValueError, match="closed"):
            use()


@pytest.mark.parametrize("block", [97, 4096])
def test_every_vector_reads_by_range_as_it_does_whole(block: int) -> None:
    files = [path for path in (VECTORS / "formats").rglob("*") if path.is_file() and path.suffix != ".json"]
    assert len(files) > 100
    for path in files:
        data = path.read_bytes()
        whole = expected(data, path.name)
        with RangeFile(Counted(data), len(data), buffers=Buffers(block, 10 * block, 0)) as file:
            assert expected(file, path.name) == whole, path


def test_of_long_sound_head_and_tail_are_read_unless_it_is_signed(identity: biaoshi.Identity) -> None:
    plain = wav(8 << 20)
    labelled = biaoshi.label(plain, label=LABEL, notice=BARE)
    signed = biaoshi.label(plain, label=LABEL, notice=BARE, sign=identity)
    fetched = []
    for data in (plain, labelled, signed):
        with RangeFile(Counted(data), len(data)) as file:
            report = biaoshi.verify(file)
        assert report.status.value == ("none" if data is plain else "confirmed")
        fetched.append((file.requests, file.fetched))
    assert fetched[0][1] <= 2 * 64 << 10
    assert fetched[1][1] <= 3 * 64 << 10
    assert fetched[2][1] == len(signed), "hashed more than once, fetched once"
    assert fetched[2][0] <= 12


def tree(root: Path) -> None:
    for name in ("a.png", "b.jpg", "[x].png", "c/d.png", "c/e/f.png", "c/e/g.txt", "c-d/h.png", "c/e.png/i.png"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())


PATTERNS = [
    "*.png",
    "**/*.png",
    "c/*",
    "c/**",
    "*/?.png",
    "**/[d-h].*",
    "**/[!a-e].png",
    "c*/*.png",
    "no/*",
    "[[]x].png",
]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns_find_the_same_files_everywhere(tmp_path: Path, pattern: str) -> None:
    import fsspec
    import obstore.store
    from pyarrow.fs import LocalFileSystem

    tree(tmp_path)
    wanted = {path for path in glob.glob(f"{tmp_path}/{pattern}", recursive=True) if os.path.isfile(path)}
    for filesystem in (None, fsspec.filesystem("file"), LocalFileSystem()):
        found = list(find(f"{tmp_path}/{pattern}", filesystem))
        assert sorted(entry.path for entry in found) == sorted(wanted), filesystem
        assert all(entry.size == os.path.getsize(entry.path) and entry.tag for entry in found)
    inside = obstore.store.LocalStore(str(tmp_path))
    assert {f"{tmp_path}/{entry.path}" for entry in find(pattern, inside)} == wanted


def test_folders_and_single_files_are_found(tmp_path: Path) -> None:
    import fsspec
    import obstore.store
    from pyarrow.fs import LocalFileSystem

    tree(tmp_path)
    everything = {str(path) for path in tmp_path.rglob("*") if path.is_file()}
    for filesystem in (None, fsspec.filesystem("file"), LocalFileSystem()):
        assert {entry.path for entry in find(tmp_path, filesystem)} == everything
        one = str(tmp_path / "[x].png")
        assert [entry.path for entry in find(one, filesystem)] == [one], "a file that looks like a pattern"
        with pytest.raises(FileNotFoundError):
            list(find(tmp_path / "none.png", filesystem))
    store = obstore.store.LocalStore(str(tmp_path))
    assert {entry.path for entry in find("c/e", store)} == {"c/e/f.png", "c/e/g.txt"}
    assert [entry.path for entry in find("c/d.png", store)] == ["c/d.png"]
    with pytest.raises(FileNotFoundError):
        list(find("none.png", store))


def test_the_listing_of_a_disk_goes_folder_by_folder_in_order(tmp_path: Path) -> None:
    tree(tmp_path)
    (tmp_path / ".hidden.png").write_bytes(b"")
    (tmp_path / "loop").symlink_to(tmp_path)
    found = [os.path.relpath(entry.path, tmp_path) for entry in find(f"{tmp_path}/**/*.png")]
    assert found == ["[x].png", "a.png", "c/d.png", "c/e/f.png", "c/e.png/i.png", "c-d/h.png"]


def test_what_is_no_regular_file_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", "/dev/zero"):
        with pytest.raises(OSError):
            open_range(path)


def test_a_file_system_of_an_unknown_kind_is_refused() -> None:
    with pytest.raises(TypeError, match="fsspec, pyarrow or obstore"):
        open_range("a.png", object())


@pytest.mark.parametrize("sizes", [(0, 1, 1), (1, -1, 1), (1, 1, -1)])
def test_buffers_have_sizes(sizes: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="block_bytes"):
        Buffers(*sizes)


@pytest.mark.parametrize("kind", KINDS)
def test_objects_of_a_store_are_read_by_range(stores: Stores, contents: dict[str, bytes], kind: str) -> None:
    sound = biaoshi.label(wav(4 << 20), label=LABEL, notice=BARE)
    stores.put({f"in/{name}": data for name, data in contents.items()} | {"in/long.wav": sound})
    filesystem, base = stores.get(kind)
    entries = list(find(f"{base}in/*", filesystem))
    assert [entry.path for entry in entries] == sorted(f"{base}in/{name}" for name in [*contents, "long.wav"])
    for entry in entries:
        name = entry.path.rpartition("/")[2]
        data = contents.get(name, sound)
        assert entry.size == len(data) and entry.tag
        with open_range(entry, filesystem) as file:
            assert expected(file, name) == expected(data, name)
            file.seek(0)
            if name == "long.wav":
                assert file.requests <= 3 and file.fetched <= 3 * 64 << 10
            assert file.read(16) == data[:16]
    with pytest.raises(FileNotFoundError):
        open_range(f"{base}in/none.png", filesystem)


def test_a_store_that_knows_versions_is_held_to_one(stores: Stores) -> None:
    stores.put({"a.wav": wav(1 << 20)})
    filesystem, _ = stores.get("obstore")
    with open_range("a.wav", filesystem) as file:
        file.read(10)
        stores.put({"a.wav": wav(1 << 20)[::-1]})
        file.seek(-10, 2)
        with pytest.raises(OSError):
            file.read(10)


def test_a_store_of_ones_own_is_taken() -> None:
    class Mine:
        def stat(self, path: str) -> Entry:
            return Entry(path, len(DATA))

        def find(self, pattern: str) -> Any:
            yield self.stat(pattern)

        def ranges(self, entry: Entry) -> Any:
            return Counted(DATA), lambda: None

    with open_range("anything", Mine()) as file:
        assert biaoshi.verify(file).format.value == "png"
    assert remote.store_of(Mine()).stat("a").size == len(DATA)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF"])
def test_of_large_pictures_little_is_read_unless_they_are_signed(form: str, identity: biaoshi.Identity) -> None:
    picture = Image.effect_noise((2200, 1600), 90).convert("P" if form == "GIF" else "RGB")
    buffer = io.BytesIO()
    picture.save(buffer, form, **({"quality": 97} if form == "JPEG" else {}))
    plain = biaoshi.label(buffer.getvalue(), label=LABEL, notice=BARE)
    signed = biaoshi.label(buffer.getvalue(), label=LABEL, notice=BARE, sign=identity)
    bound = 1 << 20
    assert len(plain) > 2 * bound
    contents = {"plain": plain, "signed": signed}
    asked: dict[str, set[int]] = {name: set() for name in contents}

    class Counting:
        def stat(self, path: str) -> Entry:
            return Entry(path, len(contents[path]))

        def find(self, pattern: str) -> Any:
            yield self.stat(pattern)

        def ranges(self, entry: Entry) -> Any:
            def get(start: int, end: int) -> bytes:
                asked[entry.path].update(range(start >> 16, (end + 0xFFFF) >> 16))
                return contents[entry.path][start:end]

            return get, lambda: None

    rows = arrow.verify_path_array(
        pa.array(list(contents)), filesystem=Counting(), limits={"coded_bytes": bound}
    ).to_pylist()
    assert [row["status"] for row in rows] == ["confirmed", "confirmed"]
    assert ["file.unread" in row["findings"] for row in rows] == [True, False]
    assert len(asked["signed"]) == -(-len(signed) >> 16), "every byte that a signature covers is read"
    # The chunks of a PNG have their headers in between, as far apart as its writer likes.
    if form != "PNG":
        assert len(asked["plain"]) << 16 < 2 * bound
    assert [row["verdicts"][0]["outcome"] for row in rows][0] == "inconclusive"
    whole = arrow.verify_path_array(pa.array(["plain"]), filesystem=Counting()).to_pylist()
    assert "file.unread" not in whole[0]["findings"]


DATA = png()
