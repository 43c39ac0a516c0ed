"""Daft, for real, on this machine: expressions, and runs that are ended and go on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import daft
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import biaoshi
import biaoshi.daft
from biaoshi.daft import PARTITION, Summary, verdicts, verify_paths
from biaoshi.remote import Entry, LocalStore

from .samples import BARE, LABEL, Stores, expected, png, wav

FIELDS = [field.name for field in PARTITION][3:]


def rows_of(out: Any, **arguments: Any) -> list[dict[str, Any]]:
    table = verdicts(out, **arguments).to_table()
    assert table.schema == PARTITION
    return table.to_pylist()


def partitions(out: Path) -> list[str]:
    return sorted(path.name for path in out.iterdir())


def files(folder: Path, count: int) -> list[Path]:
    """Pictures of which every third is labelled."""
    plain = png(40, 40)
    labelled = biaoshi.label(plain, label=LABEL, notice=BARE)
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{number:04}.png" for number in range(count)]
    for number, path in enumerate(paths):
        path.write_bytes(plain if number % 3 else labelled)
    return paths


def test_a_column_of_contents_is_judged(contents: dict[str, bytes]) -> None:
    values = [*contents.values(), None]
    names = [*contents, None]
    table = daft.from_pydict({"content": values * 5, "name": names * 5})
    out = table.select(
        biaoshi.daft.verify(daft.col("content"), batch_rows=4).alias("plain"),
        biaoshi.daft.verify(daft.col("content"), names=daft.col("name"), report="zh", jobs=2).alias("named"),
    ).to_pydict()
    assert out["plain"] == [None if data is None else expected(data) for data in values] * 5
    for row, name, data in zip(out["named"], names * 5, values * 5, strict=True):
        if data is None:
            assert row is None
        else:
            wanted = expected(data, name)
            same = set(FIELDS) - {"report", "error"}
            assert {field: row[field] for field in same} == {field: wanted[field] for field in same}
            assert (row["report"] is None) == (row["error"] is not None)


def test_a_column_of_paths_is_judged(tmp_path: Path, contents: dict[str, bytes]) -> None:
    for name, data in contents.items():
        (tmp_path / name).write_bytes(data)
    paths = [str(tmp_path / name) for name in contents] + [None, str(tmp_path / "none")]
    table = daft.from_pydict({"path": paths})
    out = table.select(biaoshi.daft.verify_files(daft.col("path")).alias("verdict")).to_pydict()["verdict"]
    assert out[:-2] == [expected(path, path) for path in paths[:-2]]
    assert out[-2] is None and out[-1]["error_code"] == "io"


def test_a_run_writes_every_row_once_and_the_next_one_none(tmp_path: Path, contents: dict[str, bytes]) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    paths = files(folder, 23)
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    first = verify_paths(f"{folder}/*", out, rows=10, batch_rows=3)
    count = 23 + len(contents)
    failures = sum(expected(data, name)["error"] is not None for name, data in contents.items())
    assert first == Summary(judged=count, failed=failures, skipped=0, partitions=4)
    found = {row["path"]: row for row in rows_of(out)}
    assert len(found) == count == len(rows_of(out))
    for path in [*paths, *(folder / name for name in contents)]:
        row = found[str(path)]
        assert {field: row[field] for field in FIELDS} == expected(str(path), str(path))
        assert row["size"] == path.stat().st_size and row["tag"] == str(path.stat().st_mtime_ns)
    before = {path.name: path.stat().st_mtime_ns for path in out.iterdir()}
    assert verify_paths(f"{folder}/*", out, rows=7) == Summary(0, 0, count, 0)
    assert {path.name: path.stat().st_mtime_ns for path in out.iterdir()} == before


def test_what_is_new_or_changed_is_judged_again(tmp_path: Path) -> None:
    paths = files(tmp_path / "in", 6)
    out = tmp_path / "out"
    verify_paths(tmp_path / "in", out)
    paths[1].write_bytes(paths[0].read_bytes())
    (tmp_path / "in" / "new.png").write_bytes(b"")
    assert verify_paths(tmp_path / "in", out) == Summary(judged=2, failed=1, skipped=5, partitions=1)
    table = verdicts(out).to_table(columns=["path", "status", "__filename"])
    twice = [row for row in table.to_pylist() if row["path"] == str(paths[1])]
    assert [row["status"] for row in sorted(twice, key=lambda row: row["__filename"])] == ["none", "confirmed"]


def test_files_that_could_not_be_read_are_tried_again(tmp_path: Path) -> None:
    out = tmp_path / "out"
    late = tmp_path / "late.png"
    assert verify_paths([str(late)], out) == Summary(1, 1, 0, 1)
    (row,) = rows_of(out)
    assert (row["size"], row["tag"], row["error_code"]) == (None, "", "io")
    assert verify_paths([str(late)], out, retry=False) == Summary(0, 0, 1, 0)
    assert verify_paths([str(late)], out) == Summary(1, 1, 0, 1)
    late.write_bytes(png())
    assert verify_paths([str(late)], out) == Summary(1, 0, 0, 1)
    assert verify_paths([str(late)], out) == Summary(0, 0, 1, 0)


def test_paths_that_are_given_are_no_patterns(tmp_path: Path) -> None:
    (tmp_path / "[a]*.png").write_bytes(png())
    (tmp_path / "a.png").write_bytes(png())
    odd, even = str(tmp_path / "[a]*.png"), str(tmp_path / "a.png")
    assert verify_paths([odd, Entry(even), odd], tmp_path / "out") == Summary(2, 0, 1, 1)
    assert {row["path"] for row in rows_of(tmp_path / "out")} == {odd, even}


def test_partitions_of_other_settings_are_not_mixed(tmp_path: Path) -> None:
    files(tmp_path / "in", 2)
    out = tmp_path / "out"
    verify_paths(tmp_path / "in", out, profile="cn-gb45438")
    assert verify_paths(tmp_path / "in", out, profile=["cn-gb45438"]).skipped == 2
    for options in ({"profile": "eu-ai-act-50"}, {"declared": True}, {"report": "en"}, {"limits": {"segments": 9}}):
        with pytest.raises(ValueError, match="other settings"):
            verify_paths(tmp_path / "in", out, **{"profile": "cn-gb45438", **options})
    with pytest.raises(ValueError, match="none-such"):
        verify_paths(tmp_path / "in", tmp_path / "other", profile="none-such")
    for wrong in ({"rows": 0}, {"batch_rows": 0}):
        with pytest.raises(ValueError, match="at least 1"):
            verify_paths(tmp_path / "in", out, **wrong)


KILLED = """
import os, signal, sys
import biaoshi.daft
from biaoshi.remote import LocalStore

folder, out, when = sys.argv[1:]

class Store(LocalStore):
    def ranges(self, entry):
        if when == "reading" and entry.path.endswith("0017.png"):
            os.kill(os.getpid(), signal.SIGKILL)
        return super().ranges(entry)

real = os.replace
def replace(old, new):
    if when == "writing" and "00000002" in os.fspath(new):
        os.kill(os.getpid(), signal.SIGKILL)
    real(old, new)

os.replace = replace
biaoshi.daft.verify_paths(folder, out, filesystem=Store(), rows=10, batch_rows=4)
"""


class Opened(LocalStore):
    """The local disk, and which of its files were opened."""

    paths: ClassVar[list[str]] = []

    def ranges(self, entry: Entry) -> Any:
        Opened.paths.append(entry.path)
        return super().ranges(entry)


@pytest.mark.parametrize("when", ["reading", "writing"])
def test_a_killed_run_goes_on_where_it_was(tmp_path: Path, when: str) -> None:
    paths = [str(path) for path in files(tmp_path / "in", 30)]
    out = tmp_path / "out"
    arguments = [sys.executable, "-c", KILLED, str(tmp_path / "in"), str(out), when]
    assert subprocess.run(arguments, check=False, timeout=120).returncode == -signal.SIGKILL
    whole = [name for name in partitions(out) if not name.startswith(".")]
    half = [name for name in partitions(out) if name.startswith(".")]
    assert len(whole) == 1 and len(half) == (when == "writing")
    assert [row["path"] for row in rows_of(out)] == paths[:10]
    Opened.paths.clear()
    assert verify_paths(tmp_path / "in", out, filesystem=Opened(), rows=10) == Summary(20, 0, 10, 2)
    assert sorted(Opened.paths) == paths[10:], "finished partitions are not read again"
    assert sorted(row["path"] for row in rows_of(out)) == paths
    assert [row["status"] for row in sorted(rows_of(out), key=lambda row: row["path"])] == [
        "confirmed",
        "none",
        "none",
    ] * 10
    assert all(name.startswith("part-") for name in partitions(out)), "what was half written is gone"


def test_a_partition_that_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    files(tmp_path / "in", 2)
    out = tmp_path / "out"
    out.mkdir()
    (out / "notes.parquet").write_bytes(b"something else")
    (out / ".part-1.half").write_bytes(b"something else")
    assert verify_paths(tmp_path / "in", out).judged == 2
    assert len(rows_of(out)) == 2
    assert {"notes.parquet", ".part-1.half"} < set(partitions(out))


@pytest.mark.parametrize("kind", ["fsspec", "pyarrow", "obstore"])
def test_a_run_from_and_to_an_object_store(stores: Stores, kind: str) -> None:
    plain, sound = png(), biaoshi.label(wav(1 << 20), label=LABEL, notice=BARE)
    stores.put({f"in/{number}.png": plain for number in range(12)} | {"in/long.wav": sound, "other/x.png": plain})
    filesystem, base = stores.get(kind)
    out_filesystem, out_base = stores.get("fsspec" if kind == "fsspec" else "pyarrow")
    out = f"{out_base}verdicts/run"
    arguments: dict[str, Any] = {"filesystem": filesystem, "out_filesystem": out_filesystem, "rows": 8}
    assert verify_paths(f"{base}in/*", out, **arguments) == Summary(13, 0, 0, 2)
    found = {row["path"]: row for row in rows_of(out, out_filesystem=out_filesystem)}
    assert set(found) == {f"{base}in/{number}.png" for number in range(12)} | {f"{base}in/long.wav"}
    assert found[f"{base}in/long.wav"]["status"] == "confirmed"
    assert found[f"{base}in/3.png"]["tag"]
    stores.put({"in/3.png": sound})
    _, out_filesystem = stores.get(kind), stores.get("fsspec" if kind == "fsspec" else "pyarrow")[0]
    fresh = stores.get(kind)[0]
    arguments |= {"filesystem": fresh, "out_filesystem": out_filesystem}
    assert verify_paths(f"{base}in/*", out, **arguments) == Summary(1, 0, 12, 1)


def test_many_paths_are_streamed(tmp_path: Path) -> None:
    """Listing and writing go hand in hand: no more than a few partitions of entries are taken ahead."""
    path = files(tmp_path / "in", 1)[0]
    size = path.stat().st_size
    out = tmp_path / "out"
    taken = 0

    def entries() -> Iterator[Entry]:
        nonlocal taken
        for number in range(4000):
            written = len(partitions(out)) if out.exists() else 0
            assert number <= 1000 * written + 2024
            taken += 1
            yield Entry(str(path), size, str(number))

    assert verify_paths(entries(), out, rows=1000).judged == 4000 == taken
    assert sum(pq.read_metadata(out / name).num_rows for name in partitions(out)) == 4000


def test_the_columns_are_those_that_are_promised() -> None:
    assert PARTITION.names[:3] == ["path", "size", "tag"]
    assert pa.struct(list(PARTITION)[3:]) == biaoshi.arrow.VERDICT
    assert os.environ["DAFT_ANALYTICS_ENABLED"] == "0"
