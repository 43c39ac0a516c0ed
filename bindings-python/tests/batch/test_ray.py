"""Ray, for real, on this machine: Ray Data, and Daft's runner on it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
import pytest

from biaoshi.daft import PARTITION

from .samples import Stores, expected

# Ray leaves sockets and processes of its own to the end of the program.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::FutureWarning", "ignore::DeprecationWarning"
)


@pytest.fixture(scope="module")
def ray() -> Iterator[Any]:
    import ray
    import ray.data

    for attempt in range(3):
        try:
            ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, object_store_memory=100 << 20)
            break
        except Exception:  # Ray's own half minute is short on a machine that does other things too
            ray.shutdown()
            if attempt == 2:
                raise
    ray.data.DataContext.get_current().enable_progress_bars = False
    yield ray
    ray.shutdown()


@pytest.fixture
def folder(tmp_path: Path, contents: dict[str, bytes]) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    return folder


def test_a_dataset_of_contents_is_judged(ray: Any, folder: Path, contents: dict[str, bytes], tmp_path: Path) -> None:
    import biaoshi.ray

    dataset = ray.data.read_binary_files(str(folder), include_paths=True, override_num_blocks=2)
    judged = biaoshi.ray.verify_dataset(dataset, "bytes", names="path", batch_rows=4)
    judged.drop_columns(["bytes"]).write_parquet(str(tmp_path / "out"))
    rows = ds.dataset(tmp_path / "out").to_table().to_pylist()
    found = {Path(row["path"]).name: row["verdict"] for row in rows}
    assert len(rows) == len(contents)
    assert found == {name: expected(data, str(folder / name)) for name, data in contents.items()}


def test_nulls_and_errors_are_rows(ray: Any) -> None:
    import biaoshi.ray

    dataset = ray.data.from_arrow(pa.table({"bytes": [b"words", None, b"\x00"], "number": [0, 1, 2]}))
    rows = biaoshi.ray.verify_dataset(dataset, out="answer", profile="cn-gb45438").take_all()
    answers = {row["number"]: row["answer"] for row in rows}
    assert answers == {0: expected(b"words"), 1: None, 2: expected(b"\x00")}
    with pytest.raises(ValueError, match="none-such"):
        biaoshi.ray.verify_dataset(dataset, profile="none-such")


def test_objects_are_judged_by_range(ray: Any, stores: Stores, contents: dict[str, bytes]) -> None:
    import biaoshi.ray

    stores.put(contents)
    filesystem, base = stores.get("pyarrow")
    paths = [f"{base}{name}" for name in [*contents, "none.png"]]
    dataset = ray.data.from_arrow(pa.table({"path": paths}))
    rows = biaoshi.ray.verify_files(dataset, filesystem=filesystem).take_all()
    found = {row["path"]: row["verdict"] for row in rows}
    assert found.pop(f"{base}none.png")["error_code"] == "io"
    assert found == {f"{base}{name}": expected(data, f"{base}{name}") for name, data in contents.items()}


ON_RAY = """
import sys
import daft, ray
import biaoshi.daft

ray.init(address=sys.argv[3], log_to_driver=False)
daft.set_runner_ray(noop_if_initialized=True)
for _ in range(2):
    print(*biaoshi.daft.verify_paths(sys.argv[1], sys.argv[2], rows=6, batch_rows=2), flush=True)
"""


def test_daft_takes_a_run_to_ray_unchanged(ray: Any, folder: Path, contents: dict[str, bytes], tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = [str(folder), str(out), ray.get_runtime_context().gcs_address]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", ON_RAY, *arguments], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    failures = sum(expected(data, name)["error"] is not None for name, data in contents.items())
    assert done.stdout.split("\n")[:2] == [f"9 {failures} 0 2", "0 0 9 0"]
    rows = ds.dataset(out, schema=PARTITION).to_table().to_pylist()
    for name in contents:
        path = str(folder / name)
        (row,) = [row for row in rows if row["path"] == path]
        assert {field: row[field] for field in list(row)[3:]} == expected(path, path)


def test_reports_are_objects_in_rows(ray: Any, contents: dict[str, bytes]) -> None:
    import biaoshi

    def work(row: dict[str, Any]) -> dict[str, Any]:
        return {"content": row["content"], "report": biaoshi.verify(row["content"])}

    given = [contents[name] for name in ("plain.png", "signed.png", "changed.png")]
    rows = ray.data.from_items([{"content": one} for one in given]).map(work).take_all()
    assert {row["content"]: row["report"] for row in rows} == {one: biaoshi.verify(one) for one in given}

    judge = ray.remote(lambda verifier, content: verifier.verify(content))
    assert ray.get(judge.remote(biaoshi.Verifier("kr"), given[1])) == biaoshi.verify(given[1], profile="kr")
