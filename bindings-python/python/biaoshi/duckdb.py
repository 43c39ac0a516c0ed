"""Functions for DuckDB's SQL.

>>> import duckdb, biaoshi.duckdb
>>> with duckdb.connect() as connection:
...     biaoshi.duckdb.register(connection)
...     connection.sql("SELECT biaoshi_verify('# A text'::BLOB, 'a.md').status").fetchall()
[('none',)]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

import duckdb
import pyarrow as pa
from duckdb.func import FunctionNullHandling, PythonUDFType

import biaoshi
from biaoshi.arrow import VERDICT, FileOptions, Judge, JudgeOptions, LabelOptions, label_array, labelled_type, of_paths

if TYPE_CHECKING:
    from biaoshi import Label

__all__ = ["register", "register_files", "register_label"]


def register(
    connection: duckdb.DuckDBPyConnection,
    /,
    *,
    name: str = "biaoshi_verify",
    **options: Unpack[JudgeOptions],
) -> None:
    """Adds a function of SQL that judges contents.

    `biaoshi_verify(content BLOB, name VARCHAR)` gives a STRUCT, the fields of `biaoshi.arrow.VERDICT`;
    NULL for a NULL content. The name may be NULL, see `biaoshi.arrow.verify_array`.

    Arguments:
        connection: where the function is added.
        name: what it is called.
        options: as `biaoshi.arrow.JudgeOptions`.

    Errors:
        `ValueError` for options that can't be; those of DuckDB for a name that is taken.

    >>> import duckdb
    >>> with duckdb.connect() as connection:
    ...     register(connection)
    ...     query = "SELECT filename, biaoshi_verify(content, filename).* FROM read_blob('photos/*.jpg')"
    ...     connection.sql(query).to_parquet("verdicts.parquet")    # doctest: +SKIP
    """
    judge = Judge(**options)

    def verify(contents: Any, names: Any) -> Any:
        return judge(contents, names=names)

    add(connection, name, verify, ["BLOB", "VARCHAR"], VERDICT)


def register_files(
    connection: duckdb.DuckDBPyConnection,
    /,
    *,
    name: str = "biaoshi_verify_file",
    **options: Unpack[FileOptions],
) -> None:
    """Adds a function of SQL that judges files by their paths, by range.

    `biaoshi_verify_file(path VARCHAR)` gives the same as `register`'s function. Who may write a query
    may then ask about every file that this process can read in `filesystem`.

    Arguments:
        connection, name: as in `register`.
        options: as `biaoshi.arrow.FileOptions`.

    Errors:
        as `register`.

    >>> import duckdb
    >>> with duckdb.connect() as connection:
    ...     register_files(connection)
    ...     connection.sql("SELECT biaoshi_verify_file('/no/such/file.png').error_code").fetchall()
    [('io',)]
    """
    judge = of_paths(options)

    def verify(paths: Any) -> Any:
        return judge(paths)

    add(connection, name, verify, ["VARCHAR"], VERDICT)


def register_label(
    connection: duckdb.DuckDBPyConnection,
    label: Label,
    /,
    *,
    name: str = "biaoshi_label",
    jobs: int | None = None,
    **options: Unpack[LabelOptions],
) -> None:
    """Adds a function of SQL that labels contents.

    `biaoshi_label(content BLOB, name VARCHAR)` gives a STRUCT of `content`, `error` and `error_code`;
    NULL for a NULL content.

    Arguments:
        connection: as in `register`.
        label: what is stated about every content; each gets a number of its own unless it has one.
        name: what the function is called.
        jobs: most threads.
        options: as `biaoshi.arrow.LabelOptions`.

    Errors:
        as `register`.

    >>> import biaoshi, duckdb
    >>> with duckdb.connect() as connection:
    ...     register_label(connection, biaoshi.Label("001191110102MACQD9K64010000"))
    ...     connection.sql("SELECT biaoshi_label('# A text'::BLOB, 'a.md').error").fetchall()
    [(None,)]
    """
    biaoshi.Labeler(**options)  # says now what can't be

    def write(contents: Any, names: Any) -> Any:
        return label_array(contents, label=label, names=names, jobs=jobs, **options)

    add(connection, name, write, ["BLOB", "VARCHAR"], labelled_type(pa.binary()), varies=True)


def add(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    function: Any,
    parameters: list[str],
    kind: Any,
    varies: bool = False,
) -> None:
    """Adds a function over Arrow arrays that sees nulls itself."""
    connection.create_function(
        name,
        function,
        [duckdb.sqltype(parameter) for parameter in parameters],
        duckdb.sqltype(sql(kind)),
        type=PythonUDFType.ARROW,
        null_handling=FunctionNullHandling.SPECIAL,
        side_effects=varies,
    )


def sql(kind: Any) -> str:
    """A type of Arrow as DuckDB writes it.

    >>> sql(pa.list_(pa.struct([("profile", pa.string())])))
    'STRUCT("profile" VARCHAR)[]'
    """
    if pa.types.is_struct(kind):
        return "STRUCT(" + ", ".join(f'"{field.name}" {sql(field.type)}' for field in kind) + ")"
    if pa.types.is_list(kind):
        return f"{sql(kind.value_type)}[]"
    return {pa.string(): "VARCHAR", pa.int64(): "BIGINT", pa.bool_(): "BOOLEAN", pa.binary(): "BLOB"}[kind]
