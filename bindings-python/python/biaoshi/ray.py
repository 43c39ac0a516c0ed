"""Batches on Ray Data: a thin layer over `biaoshi.arrow`."""

from __future__ import annotations

from typing import Any, Unpack

import ray.data

from biaoshi import remote
from biaoshi.arrow import Judge, Lang, VerifyOptions, append_verdicts

__all__ = ["verify_dataset", "verify_files"]


def verify_dataset(
    dataset: ray.data.Dataset,
    column: str = "bytes",
    /,
    *,
    out: str = "verdict",
    names: str | None = None,
    report: Lang | None = None,
    batch_rows: int | None = None,
    jobs: int | None = 1,
    **options: Unpack[VerifyOptions],
) -> ray.data.Dataset:
    """Judges a column of contents of a Ray dataset.

    Arguments:
        dataset: for example of `ray.data.read_binary_files(..., include_paths=True)`.
        column: the column of bytes.
        out: the column that is added.
        names: a column with file names, for example `path`; see `biaoshi.arrow.verify_array`.
        report: language of the whole report as JSON in the field `report`.
        batch_rows: rows handed over at once; a block of Ray's without a number.
        jobs: most threads of each task; Ray runs one task per processor.
        options: as `biaoshi.arrow.VerifyOptions`.

    Returns:
        the dataset with one more column of structs, `biaoshi.arrow.VERDICT`.

    Errors:
        `ValueError` for options that can't be.

    >>> import ray, biaoshi.ray
    >>> files = ray.data.read_binary_files("photos", include_paths=True)    # doctest: +SKIP
    >>> biaoshi.ray.verify_dataset(files, names="path").drop_columns(["bytes"]).write_parquet("out")    # doctest: +SKIP
    """
    judge = Judge(report=report, jobs=jobs, **options)

    def work(batch: Any) -> Any:
        return append_verdicts(batch, judge(batch[column], names=None if names is None else batch[names]), out)

    return dataset.map_batches(work, batch_format="pyarrow", zero_copy_batch=True, batch_size=batch_rows)


def verify_files(
    dataset: ray.data.Dataset,
    column: str = "path",
    /,
    *,
    out: str = "verdict",
    filesystem: remote.FileSystem = None,
    report: Lang | None = None,
    batch_rows: int | None = 256,
    jobs: int | None = None,
    buffers: remote.Buffers = remote.DEFAULT,
    **options: Unpack[VerifyOptions],
) -> ray.data.Dataset:
    """Judges the files that a column of a Ray dataset names, by range.

    Arguments:
        dataset: any with a column of paths.
        column: the column of strings.
        out: the column that is added.
        filesystem: where the paths are, one that can be pickled; see `biaoshi.remote`.
        batch_rows: rows handed over at once.
        jobs: most files that each task reads at a time.
        report, buffers, options: as in `biaoshi.arrow.verify_path_array`.

    Returns:
        as `verify_dataset`.

    Errors:
        as `verify_dataset`.

    >>> import ray, biaoshi.ray
    >>> listed = ray.data.read_parquet("inventory")    # doctest: +SKIP
    >>> biaoshi.ray.verify_files(listed, "key").write_parquet("out")    # doctest: +SKIP
    """
    judge = Judge(report=report, jobs=jobs, **options)

    def work(batch: Any) -> Any:
        rows = judge.paths(batch[column], filesystem=filesystem, buffers=buffers)
        return append_verdicts(batch, rows, out)

    return dataset.map_batches(work, batch_format="pyarrow", zero_copy_batch=True, batch_size=batch_rows)
