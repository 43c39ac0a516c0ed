"""Spark, for real, on this machine; `run.sh` brings it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import biaoshi
from biaoshi.arrow import VERDICT

from ..batch.samples import BARE, LABEL, expected, png

pytestmark = pytest.mark.filterwarnings("ignore")

PNG = png()
SAMPLES: dict[str, bytes] = {
    "plain.png": PNG,
    "labelled.png": biaoshi.label(PNG, label=LABEL, notice=BARE),
    "words.md": b"# Words",
    "unknown.bin": b"\x00\x01\x02",
}


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    from pyspark.sql import SparkSession

    settings = {
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.execution.arrow.maxRecordsPerBatch": "3",
        "spark.driver.bindAddress": "127.0.0.1",
    }
    builder = SparkSession.builder.master("local[2]").appName("biaoshi")
    session = builder.config(map=settings).getOrCreate()
    yield session
    session.stop()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for name, data in SAMPLES.items():
        (folder / name).write_bytes(data)
    return folder


def test_a_frame_of_contents_is_judged(spark: Any, folder: Path, tmp_path: Path) -> None:
    import biaoshi.spark

    files = spark.read.format("binaryFile").load(str(folder))
    judged = biaoshi.spark.verify_dataframe(files, names="path", report="en").drop("content")
    assert [field.name for field in judged.schema["verdict"].dataType.fields] == [field.name for field in VERDICT]
    judged.write.parquet(str(tmp_path / "out"))
    rows = spark.read.parquet(str(tmp_path / "out")).collect()
    assert len(rows) == len(SAMPLES)
    for row in rows:
        wanted = expected(SAMPLES[Path(row["path"]).name], row["path"])
        found = row["verdict"].asDict(recursive=True)
        assert (found["report"] is None) == (found["error"] is not None)
        assert found | {"report": None} == wanted


def test_nulls_and_errors_are_rows(spark: Any) -> None:
    import biaoshi.spark

    frame = spark.createDataFrame(
        [(n, data) for n, data in enumerate([b"words", None, b"\x00", PNG] * 5)], "n int, content binary"
    )
    rows = biaoshi.spark.verify_dataframe(frame, out="answer").orderBy("n").collect()
    answers = [row["answer"] and row["answer"].asDict(recursive=True) for row in rows]
    assert answers == [expected(b"words"), None, expected(b"\x00"), expected(PNG)] * 5
    with pytest.raises(ValueError, match="already"):
        biaoshi.spark.verify_dataframe(frame, out="n")
    with pytest.raises(ValueError, match="none-such"):
        biaoshi.spark.verify_dataframe(frame, profile="none-such")


def test_files_are_judged_by_their_paths(spark: Any, folder: Path) -> None:
    import fsspec

    import biaoshi.spark

    paths = [str(folder / name) for name in [*SAMPLES, "none.png"]]
    frame = spark.createDataFrame([(path,) for path in [*paths, None]], "path string")
    for filesystem in (None, fsspec.filesystem("file")):
        rows = biaoshi.spark.verify_files(frame, filesystem=filesystem).collect()
        found = {row["path"]: row["verdict"] and row["verdict"].asDict(recursive=True) for row in rows}
        assert found[None] is None
        assert found[paths[-1]]["error_code"] == "io"
        assert [found[path] for path in paths[:-1]] == [expected(path, path) for path in paths[:-1]]
