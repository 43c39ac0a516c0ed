"""Batches on Spark by `mapInArrow`: a thin layer over `biaoshi.arrow`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Unpack

from pyspark.sql import DataFrame
from pyspark.sql.pandas.types import from_arrow_type
from pyspark.sql.types import StructField, StructType

from biaoshi import remote
from biaoshi.arrow import VERDICT, Judge, Lang, VerifyOptions, append_verdicts

__all__ = ["verify_dataframe", "verify_files"]


def verify_dataframe(
    frame: DataFrame,
    column: str = "content",
    /,
    *,
    out: str = "verdict",
    names: str | None = None,
    report: Lang | None = None,
    jobs: int | None = 1,
    **options: Unpack[VerifyOptions],
) -> DataFrame:
    """Judges a column of contents of a Spark data frame.

    Spark hands over `spark.sql.execution.arrow.maxRecordsPerBatch` rows at once (10,000): set it so
    that so many contents fit into an executor's memory. `spark.sql.files.openCostInBytes` decides how
    many small files make one task.

    Arguments:
        frame: for example of `spark.read.format("binaryFile").load(...)`.
        column: the column of bytes.
        out: the column that is added.
        names: a column with file names, for example `path`; see `biaoshi.arrow.verify_array`.
        report: language of the whole report as JSON in the field `report`.
        jobs: most threads of each task; Spark runs one task per core.
        options: as `biaoshi.arrow.VerifyOptions`.

    Returns:
        the data frame with one more column of structs, `biaoshi.arrow.VERDICT`.

    Errors:
        `ValueError` for options that can't be.

    >>> files = spark.read.format("binaryFile").load("photos")    # doctest: +SKIP
    >>> biaoshi.spark.verify_dataframe(files, names="path").drop("content").write.parquet("out")    # doctest: +SKIP
    """
    judge = Judge(report=report, jobs=jobs, **options)

    def work(batches: Iterator[Any]) -> Iterator[Any]:
        for batch in batches:
            rows = judge(batch[column], names=None if names is None else batch[names])
            yield append_verdicts(batch, rows, out)

    return frame.mapInArrow(work, schema(frame, out))


def verify_files(
    frame: DataFrame,
    column: str = "path",
    /,
    *,
    out: str = "verdict",
    filesystem: remote.FileSystem = None,
    report: Lang | None = None,
    jobs: int | None = None,
    buffers: remote.Buffers = remote.DEFAULT,
    **options: Unpack[VerifyOptions],
) -> DataFrame:
    """Judges the files that a column of a Spark data frame names, by range.

    Arguments:
        frame: any with a column of paths.
        column: the column of strings.
        out: the column that is added.
        filesystem: where the paths are, one that can be pickled; see `biaoshi.remote`.
        jobs: most files that each task reads at a time.
        report, buffers, options: as in `biaoshi.arrow.verify_path_array`.

    Returns:
        as `verify_dataframe`.

    Errors:
        as `verify_dataframe`.

    >>> biaoshi.spark.verify_files(spark.read.parquet("inventory"), "key")    # doctest: +SKIP
    """
    judge = Judge(report=report, jobs=jobs, **options)

    def work(batches: Iterator[Any]) -> Iterator[Any]:
        for batch in batches:
            rows = judge.paths(batch[column], filesystem=filesystem, buffers=buffers)
            yield append_verdicts(batch, rows, out)

    return frame.mapInArrow(work, schema(frame, out))


def schema(frame: DataFrame, out: str) -> StructType:
    """The columns of a frame and one of verdicts; `ValueError` if there is one of that name."""
    if out in frame.columns:
        raise ValueError(f"there is a column {out!r} already")
    return StructType([*frame.schema.fields, StructField(out, from_arrow_type(VERDICT))])
