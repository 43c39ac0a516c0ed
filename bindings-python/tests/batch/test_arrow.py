"""Arrays of contents: row for row what one call says, whatever the layout."""

from __future__ import annotations

import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import biaoshi
from biaoshi import _rows, arrow
from biaoshi.arrow import VERDICT, Judge, label_array, propagate_array, verify_array, verify_path_array
from biaoshi.remote import Entry

from .samples import BARE, LABEL, PRODUCER, expected, png

PNG = png()
TYPES = [pa.binary(), pa.large_binary(), pa.binary_view()]
CONTENTS = {
    "plain": PNG,
    "labelled": biaoshi.label(PNG, label=LABEL, notice=BARE),
    "cut": PNG[:40],
    "words": b"# Words",
    "unknown": b"\x00\x01\x02",
    "empty": b"",
}
ROWS = {name: expected(data) for name, data in CONTENTS.items()}
NAMES = st.lists(st.sampled_from([None, *CONTENTS]), max_size=12)


@st.composite
def arrays(draw: st.DrawFn) -> tuple[Any, list[str | None]]:
    """An array with nulls, an offset, chunks or a dictionary, and the names of its contents."""
    kind = draw(st.sampled_from(TYPES))
    names = draw(NAMES)
    array = pa.array([None if name is None else CONTENTS[name] for name in names], kind)
    start = draw(st.integers(0, len(names)))
    length = draw(st.integers(0, len(names) - start))
    array, names = array.slice(start, length), names[start : start + length]
    layout = draw(st.sampled_from(["plain", "chunked", "dictionary", "chunked dictionary"]))
    if "dictionary" in layout and kind != pa.binary_view():
        array = array.dictionary_encode()
    if "chunked" in layout:
        cut = draw(st.integers(0, len(names)))
        array = pa.chunked_array([array.slice(0, cut), array.slice(cut)])
    return array, names


@given(arrays(), st.sampled_from([None, 1, 3]))
@settings(deadline=None, max_examples=150)
def test_every_layout_gives_row_for_row_the_same(given: tuple[Any, list[str | None]], jobs: int | None) -> None:
    array, names = given
    rows = verify_array(array, jobs=jobs)
    assert isinstance(rows, pa.StructArray)
    assert rows.type == VERDICT
    assert rows.to_pylist() == [None if name is None else ROWS[name] for name in names]
    rows.validate(full=True)


@given(arrays())
@settings(deadline=None, max_examples=60)
def test_labelled_arrays_keep_nulls_and_type(given: tuple[Any, list[str | None]]) -> None:
    array, names = given
    rows = label_array(array, label=LABEL, notice=BARE)
    kind = array.type.value_type if pa.types.is_dictionary(array.type) else array.type
    assert rows.type == arrow.labelled_type(kind)
    assert rows.type.field("content").type == kind
    rows.validate(full=True)
    for name, row in zip(names, rows.to_pylist(), strict=True):
        if name is None:
            assert row is None
            continue
        assert (row["content"] is None) == (row["error"] is not None) == (row["error_code"] is not None)
        if name == "plain":
            report = biaoshi.verify(row["content"])
            assert (report.status.value, report.carries_intact_label) == ("confirmed", True)
        if name in ("cut", "words", "unknown"):
            assert row["content"] is None


def test_a_fixed_size_is_no_obstacle() -> None:
    array = pa.array([PNG, None, PNG], pa.binary(len(PNG)))
    assert verify_array(array.slice(1)).to_pylist() == [None, ROWS["plain"]]
    assert label_array(array, label=LABEL, notice=BARE).type.field("content").type == pa.binary()


def test_contents_are_read_where_they_stand() -> None:
    for kind in TYPES:
        array = pa.array([PNG, None, CONTENTS["labelled"]], kind)
        data = array.buffers()[2]
        assert data.size > len(PNG)
        first, none, second = _rows.Rows.of(array).buffers
        assert none is None
        for part in (first, second):
            assert data.address <= part.address <= part.address + part.size <= data.address + data.size


def test_names_go_with_their_rows() -> None:
    array = pa.array([b"words", b"words", None])
    rows = verify_array(array, names=["a.md", None, "c.md"], report="en")
    assert rows.field("format").to_pylist() == ["markdown", "txt", None]
    assert '"file":"a.md"' in rows[0].as_py()["report"]
    assert verify_array(array, names=pa.array(["a.md", None, None])).field("format").to_pylist() == [
        "markdown",
        "txt",
        None,
    ]
    with pytest.raises(ValueError, match="2 values for 3 rows"):
        verify_array(array, names=["a", "b"])


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_whole_report_comes_on_request(lang: Any) -> None:
    rows = verify_array(pa.array([CONTENTS["labelled"], b"\x00\x01"]), report=lang).to_pylist()
    assert rows[0]["report"] == biaoshi.verify(CONTENTS["labelled"]).to_json(lang)
    assert rows[1]["report"] is None
    with pytest.raises(biaoshi.BiaoshiError) as raised:
        biaoshi.verify(b"\x00\x01")
    assert rows[1]["error"] == raised.value.text(lang)


def test_profiles_and_limits_are_those_asked_for() -> None:
    array = pa.array([CONTENTS["labelled"]])
    profiles = ["cn-gb45438", "eu-ai-act-50"]
    (row,) = verify_array(array, profile=profiles).to_pylist()
    assert [one["profile"] for one in row["verdicts"]] == profiles
    assert row == expected(CONTENTS["labelled"], profile=profiles)
    (row,) = verify_array(array, limits={"file_bytes": 10}).to_pylist()
    assert row["error_code"] == "limit" and row["status"] is None


@pytest.mark.parametrize(
    "options",
    [{"profile": "none-such"}, {"limits": {"no_such_bound": 1}}, {"look": "up"}, {"jobs": 0}, {"report": "fr"}],
)
def test_options_that_cannot_be_raise_at_once(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        verify_array(pa.array([], pa.binary()), **options)


def test_arrays_of_other_kinds_are_refused() -> None:
    for array in (pa.array(["a.png"]), pa.array([1]), pa.array([None]), [b"a"]):
        with pytest.raises(TypeError):
            verify_array(array)
    for array in (pa.array([b"a.png"]), pa.array([1]), ["a.png"]):
        with pytest.raises(TypeError):
            verify_path_array(array)


def test_labels_may_differ_from_row_to_row() -> None:
    labels = [biaoshi.Label(PRODUCER, produce_id=f"number-{n}") for n in range(3)]
    rows = label_array(pa.array([PNG, None, PNG]), label=labels, notice=BARE)
    ids = [
        None if data is None else biaoshi.verify(data).evidence[0].label.produce_id
        for data in rows.field("content").to_pylist()
    ]
    assert ids == ["number-0", None, "number-2"]
    with pytest.raises(ValueError, match="3 labels for 2 rows"):
        label_array(pa.array([PNG, PNG]), label=labels)


def test_each_row_gets_a_number_of_its_own() -> None:
    rows = label_array(pa.array([PNG] * 20), label=LABEL, notice=BARE)
    ids = {biaoshi.verify(data).evidence[0].label.produce_id for data in rows.field("content").to_pylist()}
    assert len(ids) == 20


def test_a_platform_adds_its_fields() -> None:
    array = pa.array([CONTENTS["labelled"], PNG, None, b"\x00"])
    rows = propagate_array(array, propagator="platform", ids=["p1", None, None, None], declared=True).to_pylist()
    first = biaoshi.verify(rows[0]["content"]).evidence[0].label
    assert (first.content_producer, first.content_propagator, first.propagate_id) == (PRODUCER, "platform", "p1")
    assert biaoshi.verify(rows[1]["content"]).status.value == "possible"
    assert rows[2] is None
    assert rows[3]["content"] is None and rows[3]["error"]


def test_what_does_not_fit_into_an_array_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrow, "MOST_BINARY", len(PNG))
    with pytest.raises(ValueError, match="large_binary"):
        label_array(pa.array([PNG]), label=LABEL, notice=BARE)
    assert label_array(pa.array([PNG], pa.large_binary()), label=LABEL, notice=BARE)[0].as_py()["error"] is None


def test_what_a_signer_raises_ends_the_call(identity: biaoshi.Identity, tmp_path: Path) -> None:
    class Down(Exception):
        pass

    def sign(message: bytes) -> bytes:
        raise Down

    biaoshi.keygen(tmp_path / "identity", organization="Example")
    chain = next(path for path in (tmp_path / "identity").iterdir() if "chain" in path.name).read_text()
    signer = biaoshi.Signer(sign, algorithm="ed25519", chain=chain)
    with pytest.raises(Down):
        label_array(pa.array([PNG] * 4), label=LABEL, notice=BARE, sign=signer, jobs=2)


def test_a_judge_travels_with_its_trust(tmp_path: Path) -> None:
    identity = biaoshi.keygen(tmp_path / "identity", organization="Example")
    root = next(path for path in (tmp_path / "identity").iterdir() if "root" in path.name)
    signed = biaoshi.label(PNG, label=LABEL, notice=BARE, sign=identity)
    judge = Judge(trust=root, report="en", jobs=1)
    here = judge(pa.array([signed])).to_pylist()
    root.unlink()
    there = pickle.loads(pickle.dumps(judge))(pa.array([signed])).to_pylist()
    assert here == there
    assert '"key":"trusted"' in here[0]["report"]
    assert '"key":"embedded"' in verify_array(pa.array([signed]), report="en")[0].as_py()["report"]


class Slow:
    """A store of pictures that knows how many are open at a time."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.open = self.most = 0

    def stat(self, path: str) -> Entry:
        if path == "gone":
            raise FileNotFoundError(path)
        return Entry(path, len(PNG))

    def find(self, pattern: str) -> Iterator[Entry]:
        yield self.stat(pattern)

    def ranges(self, entry: Entry) -> Any:
        with self.lock:
            self.open += 1
            self.most = max(self.most, self.open)

        def get(start: int, end: int) -> bytes:
            time.sleep(0.01)
            if entry.path == "lost":
                raise RuntimeError("connection lost")
            return PNG[start:end]

        return get, self.close

    def close(self) -> None:
        with self.lock:
            self.open -= 1


def test_threads_are_bounded_and_files_closed() -> None:
    store = Slow()
    paths = pa.array([*["a.png"] * 20, None, "gone", "lost"])
    rows = verify_path_array(paths, filesystem=store, jobs=3).to_pylist()
    assert rows[:20] == [expected(PNG, "a.png")] * 20
    assert rows[20] is None
    assert [row["error_code"] for row in rows[21:]] == ["io", "io"]
    assert "connection lost" in rows[22]["error"]
    assert 1 < store.most <= 3
    assert store.open == 0


def test_known_sizes_spare_a_request() -> None:
    class Blind(Slow):
        def stat(self, path: str) -> Entry:
            raise AssertionError("asked for what is known")

    rows = verify_path_array(
        pa.array(["a.png"]), filesystem=Blind(), sizes=[len(PNG)], tags=pa.array([None], pa.string())
    )
    assert rows.to_pylist() == [expected(PNG, "a.png")]


def test_paths_are_of_the_local_disk_unless_told(tmp_path: Path, contents: dict[str, bytes]) -> None:
    for name, data in contents.items():
        (tmp_path / name).write_bytes(data)
    paths = [str(tmp_path / name) for name in contents] + [
        None,
        str(tmp_path / "none.png"),
        "s3://a/b.png",
        str(tmp_path),
    ]
    rows = verify_path_array(pa.array(paths, pa.large_string())).to_pylist()
    assert rows[: len(contents)] == [expected(path, path) for path in paths[: len(contents)]]
    assert rows[len(contents)] is None
    assert [row["error_code"] for row in rows[len(contents) + 1 :]] == ["io", "io", "input.not_a_file"]


@given(st.integers(0, 30), st.integers(1, 40), st.integers(0, 30))
@settings(deadline=None, max_examples=60)
def test_the_first_error_ends_the_work(count: int, jobs: int, bad: int) -> None:
    seen: list[int] = []

    def work(number: int) -> int:
        if number == bad:
            raise KeyError(number)
        seen.append(number)
        return number * number

    if bad < count:
        with pytest.raises(KeyError):
            _rows.each(count, work, jobs)
    else:
        assert _rows.each(count, work, jobs) == [number * number for number in range(count)]
    assert len(seen) == len(set(seen))


def test_ctrl_c_ends_the_work() -> None:
    code = """
import time, pyarrow as pa
from biaoshi.arrow import verify_path_array
from biaoshi.remote import Entry

class Slow:
    def stat(self, path): return Entry(path, 4)
    def find(self, pattern): yield self.stat(pattern)
    def ranges(self, entry): return self.get, lambda: None
    def get(self, start, end):
        time.sleep(0.1)
        return b"text"

print("ready", flush=True)
try:
    verify_path_array(pa.array(["a.txt"] * 10_000), filesystem=Slow(), jobs=2)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        time.sleep(0.5)
        child.send_signal(signal.SIGINT)
        assert child.communicate(timeout=30)[0] == "interrupted\n"
        assert child.returncode == 0


def test_a_column_is_added_once(contents: dict[str, bytes]) -> None:
    table = pa.table({"content": list(contents.values())})
    rows = verify_array(table["content"])
    with_rows = arrow.append_verdicts(table, rows, "verdict")
    assert with_rows["verdict"].to_pylist() == rows.to_pylist()
    with pytest.raises(ValueError, match="already"):
        arrow.append_verdicts(with_rows, rows, "verdict")


def test_the_view_of_a_null_may_hold_anything() -> None:
    array = pa.array([PNG, PNG], pa.binary_view())
    _, fixed, *data = array.buffers()
    views = bytearray(fixed.to_pybytes())
    views[16:32] = b"\xff\xff\xff\x7f" * 4
    hidden = pa.Array.from_buffers(pa.binary_view(), 2, [pa.py_buffer(b"\x01"), pa.py_buffer(views), *data])
    assert verify_array(hidden).to_pylist() == [ROWS["plain"], None]
