"""Columns of contents or paths in pandas: functions, and the accessor `biaoshi` of a series.

>>> import pandas as pd, biaoshi.pandas
>>> table = pd.DataFrame({"content": [b"# A text", None]})
>>> table["content"].biaoshi.verify()["status"].tolist()
['none', <NA>]
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Unpack

import pandas as pd
import pyarrow as pa

from biaoshi._rows import Rows, texts
from biaoshi.arrow import FileOptions, LabelOptions, judge_and_place, label_rows

if TYPE_CHECKING:
    from biaoshi import Label

__all__ = ["Accessor", "label", "verify"]


def verify(
    series: pd.Series[Any],
    /,
    *,
    names: pd.Series[Any] | Sequence[str | None] | None = None,
    **options: Unpack[FileOptions],
) -> pd.DataFrame:
    """Judges every content of a series.

    Arguments:
        series: bytes or other buffers, or paths: strings and path objects. One kind for all rows.
        names: file names of the contents, see `biaoshi.arrow.verify_array`.
        options: as `biaoshi.arrow.FileOptions`.

    Returns:
        a data frame with the series' index, the fields of `biaoshi.arrow.VERDICT` as columns, of
        Arrow's types; missing for what is missing.

    Errors:
        `TypeError` for rows of several kinds, `ValueError` for options that can't be. What is wrong with
        one content is an error in its row: `io` where a file can't be read, `name.not_utf8` for a name
        that is no UTF-8, and for such a path unless it is one of the local disk.

    >>> import pandas as pd
    >>> verify(pd.Series(["/no/such/file.png"]))["error_code"].tolist()
    ['io']
    """
    judge, place = judge_and_place(options)
    contents = values(series)
    are_paths = {isinstance(content, (str, os.PathLike, UnicodeError)) for content in contents if content is not None}
    if are_paths == {True, False}:
        raise TypeError("a column of contents or of paths is needed, not of both")
    if are_paths == {True}:
        paths = [path if path is None or isinstance(path, UnicodeError) else os.fsdecode(path) for path in contents]
        unknown = [None] * len(paths)
        return frame(judge.files(paths, unknown, unknown, **place), series.index)
    named = values(names) if isinstance(names, pd.Series) else names
    return frame(judge.contents(contents, names=named), series.index)


def label(
    series: pd.Series[Any],
    /,
    *,
    label: Label | Sequence[Label],
    names: pd.Series[Any] | Sequence[str | None] | None = None,
    jobs: int | None = None,
    **options: Unpack[LabelOptions],
) -> pd.DataFrame:
    """Labels every content of a series.

    Arguments:
        series: bytes or other buffers.
        label: one for all rows, or one for each.
        names: file names of the contents, see `biaoshi.arrow.verify_array`.
        jobs: most threads.
        options: as `biaoshi.arrow.LabelOptions`.

    Returns:
        a data frame with the series' index and the columns `content`, `error` and `error_code`.

    Errors:
        as `biaoshi.arrow.label_array`.

    >>> import biaoshi, pandas as pd
    >>> texts = pd.Series([b"# A text"])
    >>> done = label(texts, label=biaoshi.Label("001191110102MACQD9K64010000"), names=["a.md"])
    >>> verify(done["content"], names=["a.md"])["status"].tolist()
    ['confirmed']
    """
    contents = values(series)
    if not all(
        content is None or isinstance(content, (bytes, bytearray, memoryview, pa.Buffer)) for content in contents
    ):
        raise TypeError("a column of bytes is needed; for files and pictures there is biaoshi.label")
    named = values(names) if isinstance(names, pd.Series) else names
    return frame(label_rows(Rows(pa.large_binary(), contents), label, named, jobs, options), series.index)


@pd.api.extensions.register_series_accessor("biaoshi")
class Accessor:
    """`series.biaoshi.verify(...)` and `series.biaoshi.label(...)`, once this module is imported."""

    def __init__(self, series: pd.Series[Any]) -> None:
        self._series = series

    def verify(self, **arguments: Any) -> pd.DataFrame:
        """`biaoshi.pandas.verify` of this series."""
        return verify(self._series, **arguments)

    def label(self, **arguments: Any) -> pd.DataFrame:
        """`biaoshi.pandas.label` of this series."""
        return label(self._series, **arguments)


def values(series: pd.Series[Any]) -> list[Any]:
    """The values where they stand; None for what is missing."""
    if isinstance(series.dtype, pd.ArrowDtype):
        kind = series.dtype.pyarrow_dtype
        if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
            return Rows.of(pa.array(series)).buffers
        if pa.types.is_string(kind) or pa.types.is_large_string(kind):
            return texts(pa.array(series))
    return [None if gone else value for value, gone in zip(series, series.isna(), strict=True)]


def frame(rows: Any, index: Any) -> pd.DataFrame:
    """An array of structs as a data frame of Arrow's types."""
    table = pa.Table.from_arrays(rows.flatten(), names=[field.name for field in rows.type])
    out = table.to_pandas(types_mapper=pd.ArrowDtype)
    out.index = index
    return out
