"""Labels of many contents at once, over Arrow arrays.

One array in, one array of structs out, row for row: what can't be read is a row with an error and ends
nothing, a null stays null. Rows are read where they stand, without a copy, by a bounded number of
threads. Everything else for tables stands on this module: `biaoshi.pandas`, `biaoshi.polars`,
`biaoshi.duckdb`, `biaoshi.daft`, `biaoshi.ray`, `biaoshi.spark`.

>>> import pyarrow as pa
>>> rows = verify_array(pa.array([b"\\x00\\x01", None]))
>>> rows.field("error_code").to_pylist(), rows[1].as_py()
(['format.unknown', None], None)
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Unpack, cast

import pyarrow as pa

import biaoshi
from biaoshi import remote
from biaoshi._options import FileOptions, JudgeOptions, LabelOptions, Lang, PropagateOptions, VerifyOptions
from biaoshi._rows import Array, Rows, column, each, known, processors, storage, texts, threads

if TYPE_CHECKING:
    from biaoshi import Label, Report

__all__ = [
    "VERDICT",
    "FileOptions",
    "Judge",
    "JudgeOptions",
    "LabelOptions",
    "PropagateOptions",
    "VerifyOptions",
    "append_verdicts",
    "label_array",
    "labelled_type",
    "propagate_array",
    "verify_array",
    "verify_path_array",
]

VERDICT = pa.struct(
    [
        pa.field("status", pa.string()),
        pa.field("format", pa.string()),
        pa.field("bytes", pa.int64()),
        pa.field("carries_intact_label", pa.bool_()),
        pa.field("is_broken", pa.bool_()),
        pa.field("findings", pa.list_(pa.string())),
        pa.field("verdicts", pa.list_(pa.struct([("profile", pa.string()), ("outcome", pa.string())]))),
        pa.field("report", pa.string()),
        pa.field("error", pa.string()),
        pa.field("error_code", pa.string()),
    ]
)
"""The type of a row that tells of one content. It is always the same:

`status`
    what the content states: `confirmed`, `possible`, `suspected`, `inconclusive` or `none`
    (Measures, Article 6). `none` says nothing about how it was made.
`format`
    what it is, for example `png`.
`bytes`
    its length in bytes.
`carries_intact_label`
    whether a label stands in it and nothing found speaks against relying on it.
`is_broken`
    whether a signature or hash binding is broken.
`findings`
    codes of the findings, the weightiest first, each once.
`verdicts`
    for each profile: its name and `compliant`, `noncompliant`, `not_found`, `inconclusive` or
    `not_applicable`.
`report`
    the report as JSON; null unless it was asked for.
`error`, `error_code`
    why there is no report, as a sentence and as a stable code; null where there is one. Then all the
    other fields are null.
"""


def verify_array(
    array: Array,
    /,
    *,
    names: Array | Sequence[str | None] | None = None,
    **options: Unpack[JudgeOptions],
) -> Any:
    """Reads and judges every content of an array.

    Arguments:
        array: a `pyarrow.Array` or `ChunkedArray` of binary, large_binary, binary_view or
            fixed_size_binary, also as a dictionary.
        names: a file name for each row, or null: it tells kinds of text apart, and its ending is
            compared with the content.
        options: as `JudgeOptions`.

    Returns:
        a `pyarrow.StructArray` of type `VERDICT`, one row for each row; null for a null.

    Errors:
        `TypeError` for arrays of other types, `ValueError` for options that can't be. What is
        wrong with one content is an error in its row.

    >>> import pyarrow as pa
    >>> rows = verify_array(pa.array([b"# A text", None]), names=["a.md", None])
    >>> rows.field("status").to_pylist(), rows.field("format").to_pylist()
    (['none', None], ['markdown', None])
    """
    return Judge(**options)(array, names=names)


def verify_path_array(
    array: Array,
    /,
    *,
    sizes: Array | Sequence[int | None] | None = None,
    tags: Array | Sequence[str | None] | None = None,
    **options: Unpack[FileOptions],
) -> Any:
    """Reads and judges the files whose paths an array holds, by range: of most formats head, tail and
    box index; the whole where a hash covers it.

    Arguments:
        array: a `pyarrow.Array` or `ChunkedArray` of strings. They are paths in `filesystem`
            and nothing else: without one, of the local disk, whatever they look like.
        sizes: the length of each file in bytes, if known: spares a request for it.
        tags: the tag of each file's version, as `biaoshi.remote.Entry` has it.
        options: as `FileOptions`.

    Returns:
        a `pyarrow.StructArray` of type `VERDICT`. A file that can't be read is a row with the
        error code `io`; a path or name that is no UTF-8, one with `name.not_utf8`.

    Errors:
        as `verify_array`.

    >>> import pyarrow as pa
    >>> verify_path_array(pa.array(["/no/such/file.png"])).field("error_code").to_pylist()
    ['io']
    """
    return of_paths(options)(array, sizes=sizes, tags=tags)


def of_paths(options: FileOptions) -> Callable[..., Any]:
    """`verify_path_array` with its options, which can be pickled if they can.

    >>> import pyarrow as pa
    >>> of_paths({"jobs": 1})(pa.array(["/no/such/file.png"])).field("error_code").to_pylist()
    ['io']
    """
    judge, place = judge_and_place(options)
    return functools.partial(judge.paths, **place)


def judge_and_place(options: FileOptions) -> tuple[Judge, dict[str, Any]]:
    """Who judges, and where and how files are read."""
    rest: dict[str, Any] = dict(options)
    place: dict[str, Any] = {name: rest.pop(name) for name in ("filesystem", "buffers") if name in rest}
    return Judge(**cast(JudgeOptions, rest)), place


def with_verdicts(column: str, names: str | None, out: str, options: JudgeOptions) -> Callable[[Any], Any]:
    """What judges a column of contents of a batch, and appends the rows as a column `out`."""
    options.setdefault("jobs", 1)
    judge = Judge(**options)
    return lambda batch: append_verdicts(
        batch, judge(batch[column], names=None if names is None else batch[names]), out
    )


def with_verdicts_of_paths(column: str, out: str, options: FileOptions) -> Callable[[Any], Any]:
    """What judges the files that a column of a batch names, and appends the rows as a column `out`."""
    judge = of_paths(options)
    return lambda batch: append_verdicts(batch, judge(batch[column]), out)


def label_array(
    array: Array,
    /,
    *,
    label: Label | Sequence[Label],
    names: Array | Sequence[str | None] | None = None,
    jobs: int | None = None,
    **options: Unpack[LabelOptions],
) -> Any:
    """Labels every content of an array.

    Arguments:
        array: as in `verify_array`.
        label: one for all rows, each of which gets a number of its own unless the label has one; or
            one for each row.
        names: as in `verify_array`.
        jobs: most threads, at least 1; without a number, one per processor.
        options: as `LabelOptions`.

    Returns:
        a `pyarrow.StructArray` of the fields `content` (the labelled bytes, of the array's type;
        binary for fixed_size_binary), `error` and `error_code`; null for a null. A row has either
        content or an error.

    Errors:
        as `verify_array`; `ValueError` too if the labels are not as many as the rows, or the
        outcome does not fit into an array of its type (2 GiB for binary: take large_binary). What a
        signer raises ends the call.

    >>> import biaoshi, pyarrow as pa
    >>> label = biaoshi.Label("001191110102MACQD9K64010000")
    >>> rows = label_array(pa.array([b"# A text", None]), label=label, names=["a.md", None])
    >>> verify_array(rows.field("content")).field("status").to_pylist()
    ['confirmed', None]
    """
    return label_rows(Rows.of(array), label, names, jobs, options)


def propagate_array(
    array: Array,
    /,
    *,
    propagator: str,
    ids: Array | Sequence[str | None] | None = None,
    declared: bool = False,
    detected: bool = False,
    names: Array | Sequence[str | None] | None = None,
    jobs: int | None = None,
    **options: Unpack[PropagateOptions],
) -> Any:
    """Adds what a platform has to add to every content of an array (Measures, Article 6).

    Arguments:
        array: as in `verify_array`.
        propagator: name or code of the platform.
        ids: the platform's number of each row's content; a null or no array has one made.
        declared: whether the users who published the contents declared them (6 (2)).
        detected: whether the platform found traces in the contents (6 (3)).
        names: as in `verify_array`.
        jobs: most threads, at least 1; without a number, one per processor.
        options: as `PropagateOptions`.

    Returns:
        as `label_array`.

    Errors:
        as `label_array`.

    >>> import pyarrow as pa
    >>> rows = propagate_array(
    ...     pa.array([b"# A text"]), propagator="001191110102MACQD9K64010000", names=["a.md"], declared=True
    ... )
    >>> verify_array(rows.field("content")).field("status").to_pylist()
    ['possible']
    """
    rows = Rows.of(array)
    writer = biaoshi.Propagator(propagator, **options)
    numbers = column(ids, len(rows.buffers))
    named = column(names, len(rows.buffers))

    def write(content: Any, row: int) -> bytes:
        made = writer.propagate(content, id=known(numbers[row]), declared=declared, detected=detected, name=known(named[row]))
        return bytes_of(made.content)

    return written(rows, write, jobs)


class Judge:
    """`verify_array` with its settings, for engines that call it batch by batch, also in other
    processes: it can be pickled if its options can.

    Arguments and errors: as of `verify_array`.

    >>> import pyarrow as pa
    >>> Judge(profile="cn-gb45438", jobs=1)(pa.array([b"\\x00\\x01"])).field("error_code").to_pylist()
    ['format.unknown']
    """

    def __init__(
        self,
        *,
        report: Lang | None = None,
        jobs: int | None = None,
        **options: Unpack[VerifyOptions],
    ) -> None:
        if report not in (None, "en", "zh"):
            raise ValueError(f"report: {report!r} is neither en nor zh")
        threads(jobs, 1)
        self._report = report
        self._jobs = jobs
        self._verifier = biaoshi.Verifier(**options)

    def __call__(self, array: Array, /, *, names: Array | Sequence[str | None] | None = None) -> Any:
        """The rows of an array of contents, see `verify_array`."""
        return self.contents(Rows.of(array).buffers, names=names)

    def contents(self, contents: Sequence[Any], /, *, names: Array | Sequence[str | None] | None = None) -> Any:
        """The rows of contents of any kind that `biaoshi.verify` takes; None is null."""
        named = column(names, len(contents))

        def work(row: int) -> Any:
            content = contents[row]
            return None if content is None else self._row(content, named[row])

        return verdicts(each(len(contents), work, threads(self._jobs, processors())))

    def paths(
        self,
        array: Array,
        /,
        *,
        filesystem: remote.FileSystem = None,
        sizes: Array | Sequence[int | None] | None = None,
        tags: Array | Sequence[str | None] | None = None,
        buffers: remote.Buffers = remote.DEFAULT,
    ) -> Any:
        """The rows of an array of paths, see `verify_path_array`."""
        kind = storage(array).type
        if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)):
            raise TypeError(f"an array of strings is needed, not of {kind}")
        found = texts(storage(array))
        lengths, versions = column(sizes, len(found)), column(tags, len(found))
        return self.files(found, lengths, versions, filesystem=filesystem, buffers=buffers)

    def files(
        self,
        found: Sequence[Any],
        lengths: Sequence[int | None],
        versions: Sequence[str | None],
        *,
        filesystem: remote.FileSystem = None,
        buffers: remote.Buffers = remote.DEFAULT,
    ) -> Any:
        """The rows of paths with lengths and tags, as lists; None is null."""
        store = None if filesystem is None else remote.store_of(filesystem)

        def work(row: int) -> Any:
            path = found[row]
            if path is None:
                return None
            if store is None:
                # Its name is taken from the path, which need not be UTF-8 on a local disk.
                return self._row(path, None)
            try:
                entry = remote.Entry(known(path), lengths[row], known(versions[row]) or "")
                with remote.open_range(entry, store, buffers=buffers) as file:
                    return self._row(file, path)
            except (OSError, UnicodeError) as error:
                return failed(error, self._report)

        return verdicts(each(len(found), work, threads(self._jobs, min(32, processors() + 4))))

    def _row(self, content: Any, name: Any) -> tuple[Any, ...]:
        try:
            return told(self._verifier.verify(known(content), name=known(name)), self._report)
        except (biaoshi.BiaoshiError, OSError, UnicodeError) as error:
            return failed(error, self._report)


def append_verdicts(batch: Any, rows: Any, out: str) -> Any:
    """A `pyarrow.Table` or `RecordBatch` with the rows of `verify_array` as one more column.

    Errors:
        `ValueError` if there is a column of that name.

    >>> import pyarrow as pa
    >>> table = pa.table({"content": [b""]})
    >>> append_verdicts(table, verify_array(table["content"]), "verdict").column_names
    ['content', 'verdict']
    """
    if out in batch.schema.names:
        raise ValueError(f"there is a column {out!r} already")
    return batch.append_column(pa.field(out, rows.type), rows)


def told(report: Report, lang: Lang | None) -> tuple[Any, ...]:
    """A report as the values of `VERDICT`."""
    return (
        report.status.value,
        report.format.value,
        report.bytes,
        report.carries_intact_label,
        report.is_broken,
        list(dict.fromkeys(report.codes)),
        [{"profile": profile, "outcome": outcome.value} for profile, outcome in report.outcomes.items()],
        None if lang is None else report.to_json(lang),
        None,
        None,
    )


def failed(error: Exception, lang: Lang | None) -> tuple[Any, ...]:
    """An error as the values of `VERDICT`."""
    return (*[None] * (VERDICT.num_fields - 2), *reason(error, lang))


def reason(error: Exception, lang: Lang | None = None) -> tuple[str, str]:
    """Sentence and code of an error."""
    if isinstance(error, biaoshi.BiaoshiError):
        return error.text(lang or "en"), error.code
    if isinstance(error, UnicodeError):
        return NOT_UTF8[lang or "en"], "name.not_utf8"
    # It may show a path that is none.
    shown = str(error).encode("utf-8", "backslashreplace").decode()
    return shown or type(error).__name__, "io"


NOT_UTF8 = {"en": "the path or name is not valid UTF-8", "zh": "路径或名称不是有效的 UTF-8"}


def verdicts(rows: Sequence[tuple[Any, ...] | None]) -> Any:
    """Rows as an array of `VERDICT`."""
    return structs(rows, VERDICT)


def structs(rows: Sequence[tuple[Any, ...] | None], kind: Any) -> Any:
    """Rows as an array of structs; None is null, all the way down."""
    fields = [kind.field(n) for n in range(kind.num_fields)]
    columns = [
        pa.array([None if row is None else row[n] for row in rows], field.type) for n, field in enumerate(fields)
    ]
    return pa.StructArray.from_arrays(columns, fields=fields, mask=pa.array([row is None for row in rows], pa.bool_()))


def labelled_type(content: Any) -> Any:
    """The type of the rows of `label_array`, over contents of this type.

    >>> labelled_type(pa.large_binary()).field("content").type
    DataType(large_binary)
    """
    if pa.types.is_fixed_size_binary(content):
        content = pa.binary()
    return pa.struct([("content", content), ("error", pa.string()), ("error_code", pa.string())])


def label_rows(
    rows: Rows,
    label: Label | Sequence[Label],
    names: Array | Sequence[str | None] | None,
    jobs: int | None,
    options: LabelOptions,
) -> Any:
    """`label_array` over contents wherever they stand."""
    labeler = biaoshi.Labeler(**options)
    labels = [label] * len(rows.buffers) if isinstance(label, biaoshi.Label) else list(label)
    if len(labels) != len(rows.buffers):
        raise ValueError(f"{len(labels)} labels for {len(rows.buffers)} rows")
    named = column(names, len(rows.buffers))

    def write(content: Any, row: int) -> bytes:
        return bytes_of(labeler.label(content, label=labels[row], name=known(named[row])).content)

    return written(rows, write, jobs)


def written(rows: Rows, write: Callable[[Any, int], bytes], jobs: int | None) -> Any:
    """The rows that a writer makes."""

    def work(row: int) -> tuple[Any, ...] | None:
        content = rows.buffers[row]
        if content is None:
            return None
        try:
            return (write(content, row), None, None)
        except (biaoshi.BiaoshiError, OSError, UnicodeError) as error:
            return (None, *reason(error))

    kind = labelled_type(rows.type)
    out = each(len(rows.buffers), work, threads(jobs, processors()))
    length = sum(len(row[0]) for row in out if row is not None and row[0] is not None)
    if length > MOST_BINARY and pa.types.is_binary(kind.field("content").type):
        raise ValueError(f"{length} bytes of content don't fit into a binary array: take large_binary, or fewer rows")
    return structs(out, kind)


MOST_BINARY = (1 << 31) - 1
"""Most bytes in an array whose offsets have 32 bits."""


def bytes_of(content: Any) -> bytes:
    """Bytes as they are; other buffers copied."""
    return content if isinstance(content, bytes) else bytes(content)
