"""Batches on Spark by `mapInArrow`: a thin layer over `biaoshi.arrow`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Unpack

from pyspark.sql import DataFrame
from pyspark.sql.pandas.types import from_arrow_type
from pyspark.sql.types import StructField, StructType

from biaoshi.arrow import VERDICT, FileOptions, JudgeOptions, with_verdicts, with_verdicts_of_paths

__all__ = ["verify_dataframe", "verify_files"]


def verify_dataframe(
    frame: DataFrame,
    column: str = "content",
    /,
    *,
    out: str = "verdict",
    names: str | None = None,
    **options: Unpack[JudgeOptions],
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
        options: as `biaoshi.arrow.JudgeOptions`; Spark runs one task per core.

    Returns:
        the data frame with one more column of structs, `biaoshi.arrow.VERDICT`.

    Errors:
        `ValueError` for options that can't be.

    >>> files = spark.read.format("binaryFile").load("photos")    # doctest: +SKIP
    >>> biaoshi.spark.verify_dataframe(files, names="path").drop("content").write.parquet("out")    # doctest: +SKIP
    """
    return mapped(frame, out, with_verdicts(column, names, out, options))


def verify_files(
    frame: DataFrame,
    column: str = "path",
    /,
    *,
    out: str = "verdict",
    **options: Unpack[FileOptions],
) -> DataFrame:
    """Judges the files that a column of a Spark data frame names, by range.

    Arguments:
        frame: any with a column of paths.
        column: the column of strings.
        out: the column that is added.
        options: as `biaoshi.arrow.FileOptions`.

    Returns:
        as `verify_dataframe`.

    Errors:
        as `verify_dataframe`.

    >>> biaoshi.spark.verify_files(spark.read.parquet("inventory"), "key")    # doctest: +SKIP
    """
    return mapped(frame, out, with_verdicts_of_paths(column, out, options))


def mapped(frame: DataFrame, out: str, work: Callable[[Any], Any]) -> DataFrame:
    """The frame with the column that `work` appends to a batch."""

    def each(batches: Iterator[Any]) -> Iterator[Any]:
        return map(work, batches)

    return frame.mapInArrow(each, schema(frame, out))


def schema(frame: DataFrame, out: str) -> StructType:
    """The columns of a frame and one of verdicts; `ValueError` if there is one of that name."""
    if out in frame.columns:
        raise ValueError(f"there is a column {out!r} already")
    return StructType([*frame.schema.fields, StructField(out, from_arrow_type(VERDICT))])
