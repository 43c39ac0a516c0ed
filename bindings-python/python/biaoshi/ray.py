"""Batches on Ray Data: a thin layer over `biaoshi.arrow`."""

from __future__ import annotations

from typing import Unpack

import ray.data

from biaoshi.arrow import FileOptions, JudgeOptions, with_verdicts, with_verdicts_of_paths

__all__ = ["verify_dataset", "verify_files"]


def verify_dataset(
    dataset: ray.data.Dataset,
    column: str = "bytes",
    /,
    *,
    out: str = "verdict",
    names: str | None = None,
    batch_rows: int | None = None,
    **options: Unpack[JudgeOptions],
) -> ray.data.Dataset:
    """Judges a column of contents of a Ray dataset.

    Arguments:
        dataset: for example of `ray.data.read_binary_files(..., include_paths=True)`.
        column: the column of bytes.
        out: the column that is added.
        names: a column with file names, for example `path`; see `biaoshi.arrow.verify_array`.
        batch_rows: rows handed over at once; a block of Ray's without a number.
        options: as `biaoshi.arrow.JudgeOptions`; Ray runs one task per processor.

    Returns:
        the dataset with one more column of structs, `biaoshi.arrow.VERDICT`.

    Errors:
        `ValueError` for options that can't be.

    >>> import ray, biaoshi.ray
    >>> files = ray.data.read_binary_files("photos", include_paths=True)    # doctest: +SKIP
    >>> biaoshi.ray.verify_dataset(files, names="path").drop_columns(["bytes"]).write_parquet("out")    # doctest: +SKIP
    """
    work = with_verdicts(column, names, out, options)
    return dataset.map_batches(work, batch_format="pyarrow", zero_copy_batch=True, batch_size=batch_rows)


def verify_files(
    dataset: ray.data.Dataset,
    column: str = "path",
    /,
    *,
    out: str = "verdict",
    batch_rows: int | None = 256,
    **options: Unpack[FileOptions],
) -> ray.data.Dataset:
    """Judges the files that a column of a Ray dataset names, by range.

    Arguments:
        dataset: any with a column of paths.
        column: the column of strings.
        out: the column that is added.
        batch_rows: rows handed over at once.
        options: as `biaoshi.arrow.FileOptions`.

    Returns:
        as `verify_dataset`.

    Errors:
        as `verify_dataset`.

    >>> import ray, biaoshi.ray
    >>> listed = ray.data.read_parquet("inventory")    # doctest: +SKIP
    >>> biaoshi.ray.verify_files(listed, "key").write_parquet("out")    # doctest: +SKIP
    """
    work = with_verdicts_of_paths(column, out, options)
    return dataset.map_batches(work, batch_format="pyarrow", zero_copy_batch=True, batch_size=batch_rows)
