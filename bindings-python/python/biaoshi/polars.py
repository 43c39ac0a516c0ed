"""Columns of contents or paths in Polars: the namespace `biaoshi` of an expression.

>>> import polars as pl, biaoshi.polars
>>> table = pl.DataFrame({"content": [b"# A text", None]})
>>> rows = table.select(pl.col("content").biaoshi.verify().alias("verdict")).unnest("verdict")
>>> rows["status"].to_list()
['none', None]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Unpack, cast

import polars as pl

import biaoshi
from biaoshi.arrow import VERDICT, FileOptions, Judge, JudgeOptions, LabelOptions, label_array, labelled_type, of_paths

if TYPE_CHECKING:
    import pyarrow as pa

    from biaoshi import Label

__all__ = ["Namespace"]


@pl.api.register_expr_namespace("biaoshi")
class Namespace:
    """What `pl.col(...).biaoshi` offers, once this module is imported."""

    def __init__(self, expr: pl.Expr) -> None:
        self._expr = expr

    def verify(
        self,
        *,
        names: str | pl.Expr | None = None,
        **options: Unpack[JudgeOptions],
    ) -> pl.Expr:
        """Judges a column of contents.

        Arguments:
            names: a column with file names, see `biaoshi.arrow.verify_array`.
            options: as `biaoshi.arrow.JudgeOptions`.

        Returns:
            a column of structs, the fields of `biaoshi.arrow.VERDICT`; null for a null.

        Errors:
            `ValueError` for options that can't be; when the query runs, `TypeError` for a column of
            another type than Binary (Polars raises it as a `ComputeError`).

        >>> import polars as pl
        >>> rows = pl.select(pl.lit(b"# A text").biaoshi.verify(names=pl.lit("a.md"))).to_series()
        >>> rows.struct.field("format").to_list()
        ['markdown']
        """
        judge = Judge(**options)
        return self._map(lambda contents, named: judge(contents, names=named), names, VERDICT)

    def verify_files(self, **options: Unpack[FileOptions]) -> pl.Expr:
        """Judges the files that a column of paths names, by range.

        Arguments:
            options: as `biaoshi.arrow.FileOptions`.

        Returns and errors:
            as `verify`, over a column of type String.

        >>> import polars as pl
        >>> rows = pl.select(pl.lit("/no/such/file.png").biaoshi.verify_files()).to_series()
        >>> rows.struct.field("error_code").to_list()
        ['io']
        """
        judge = of_paths(options)
        return self._map(lambda paths, _: judge(paths), None, VERDICT)

    def label(
        self,
        label: Label | Sequence[Label],
        /,
        *,
        names: str | pl.Expr | None = None,
        jobs: int | None = None,
        **options: Unpack[LabelOptions],
    ) -> pl.Expr:
        """Labels a column of contents.

        Arguments:
            label: one for all rows. Or one for each: then the query has to hand over all rows at once,
                as eager queries do.
            names: a column with file names, see `biaoshi.arrow.verify_array`.
            jobs: most threads.
            options: as `biaoshi.arrow.LabelOptions`.

        Returns:
            a column of structs of `content`, `error` and `error_code`; null for a null.

        Errors:
            as `verify`.

        >>> import biaoshi, polars as pl
        >>> mine = biaoshi.Label("001191110102MACQD9K64010000")
        >>> rows = pl.select(pl.lit(b"# A text").biaoshi.label(mine, names=pl.lit("a.md"))).to_series()
        >>> rows.struct.field("error").to_list()
        [None]
        """
        import pyarrow as pa

        biaoshi.Labeler(**options)  # says now what can't be
        return self._map(
            lambda contents, named: label_array(contents, label=label, names=named, jobs=jobs, **options),
            names,
            labelled_type(pa.large_binary()),
        )

    def _map(
        self, work: Callable[[pa.Array, pa.Array | None], pa.StructArray], names: str | pl.Expr | None, kind: Any
    ) -> pl.Expr:
        parts = [self._expr] if names is None else [self._expr, pl.col(names) if isinstance(names, str) else names]

        def run(columns: Sequence[pl.Series]) -> pl.Series:
            contents, *named = columns
            if named and len(named[0]) == 1:
                named[0] = named[0].new_from_index(0, len(contents))
            rows = work(arrow(contents), arrow(named[0]) if named else None)
            return cast(pl.Series, pl.from_arrow(rows)).alias(contents.name)

        return pl.map_batches(parts, run, return_dtype=dtype(kind))


def arrow(series: pl.Series) -> Any:
    """A series as an Arrow array, without a copy where Polars makes none."""
    return series.to_arrow(compat_level=pl.CompatLevel.newest())


def dtype(kind: Any) -> pl.DataType:
    """Polars' type for a type of Arrow."""
    import pyarrow as pa

    return cast(pl.Series, pl.from_arrow(pa.array([], kind))).dtype
