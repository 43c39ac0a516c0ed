"""Batches of any size on Daft, on one machine or a cluster.

`verify` and `verify_files` are expressions for a Daft query. `verify_paths` is a whole
run: it lists files, reads them by range, writes verdicts in partitions, and goes on where an earlier run
ended. Daft's Ray runner takes all of it to a cluster unchanged (`daft.set_runner_ray()`).
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import itertools
import json
import os
import re
import uuid
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, Unpack

import daft
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.fs as pafs
import pyarrow.parquet as pq
from daft.runners import get_or_create_runner

import biaoshi
from biaoshi import remote
from biaoshi._keys import trust_store
from biaoshi.arrow import VERDICT, FileOptions, Judge, JudgeOptions, of_paths

__all__ = ["PARTITION", "Summary", "verdicts", "verify", "verify_files", "verify_paths"]

PARTITION = pa.schema([("path", pa.string()), ("size", pa.int64()), ("tag", pa.string()), *VERDICT])
"""The columns of the files that `verify_paths` writes: what was read, as
`biaoshi.remote.Entry` has it, and the fields of `biaoshi.arrow.VERDICT`."""

VERDICT_TYPE = daft.DataType.from_arrow_type(VERDICT)
"""The type of a column of verdicts in Daft."""

NAME = re.compile(r"part-(\d{8})-[0-9a-f]{8}\.parquet")
HALF_WRITTEN = re.compile(r"\.part-\d{8}-[0-9a-f]{8}\.parquet\.half")


class Summary(NamedTuple):
    """What a run did."""

    judged: int
    """Files that were read and judged, those with errors included."""
    failed: int
    """Files among them whose row has an error."""
    skipped: int
    """Files that an earlier run had judged and that have not changed, and files named twice."""
    partitions: int
    """Parquet files that were written."""


def verify(
    content: daft.Expression,
    /,
    *,
    names: daft.Expression | None = None,
    batch_rows: int | None = None,
    **options: Unpack[JudgeOptions],
) -> daft.Expression:
    """Judges a column of contents.

    Arguments:
        content: a column of bytes.
        names: a column of file names, see `biaoshi.arrow.verify_array`.
        batch_rows: most rows handed over at once; Daft's own choice without a number.
        options: as `biaoshi.arrow.JudgeOptions`; Daft runs one worker per processor.

    Returns:
        a column of structs, the fields of `biaoshi.arrow.VERDICT`; null for a null.

    Errors:
        `ValueError` for options that can't be.

    >>> import daft, biaoshi.daft
    >>> table = daft.from_pydict({"content": [b"\\x00\\x01", None]})
    >>> rows = table.select(biaoshi.daft.verify(daft.col("content")).alias("verdict"))
    >>> [row and row["error_code"] for row in rows.to_pydict()["verdict"]]
    ['format.unknown', None]
    """
    options.setdefault("jobs", 1)
    judge = Judge(**options)

    @daft.func.batch(return_dtype=VERDICT_TYPE, batch_size=batch_rows)
    def biaoshi_verify(contents: daft.Series) -> Any:
        return judge(contents.to_arrow())

    @daft.func.batch(return_dtype=VERDICT_TYPE, batch_size=batch_rows)
    def biaoshi_verify_named(contents: daft.Series, names: daft.Series) -> Any:
        return judge(contents.to_arrow(), names=names.to_arrow())

    out = biaoshi_verify(content) if names is None else biaoshi_verify_named(content, names)
    return out


def verify_files(
    path: daft.Expression,
    /,
    *,
    sizes: daft.Expression | None = None,
    tags: daft.Expression | None = None,
    batch_rows: int | None = None,
    **options: Unpack[FileOptions],
) -> daft.Expression:
    """Judges the files that a column of paths names, by range.

    Arguments:
        path: a column of strings.
        sizes, tags: columns with the files' lengths in bytes and versions, if known, see
            `biaoshi.arrow.verify_path_array`.
        batch_rows: most rows handed over at once; Daft's own choice without a number.
        options: as `biaoshi.arrow.FileOptions`.

    Returns:
        as `verify`.

    Errors:
        as `verify`.

    >>> import daft, biaoshi.daft
    >>> table = daft.from_pydict({"path": ["/no/such/file.png"]})
    >>> rows = table.select(biaoshi.daft.verify_files(daft.col("path")).alias("verdict"))
    >>> [row["error_code"] for row in rows.to_pydict()["verdict"]]
    ['io']
    """
    judge = of_paths(options)

    @daft.func.batch(return_dtype=VERDICT_TYPE, batch_size=batch_rows)
    def biaoshi_verify_files(paths: daft.Series, *known: daft.Series) -> Any:
        columns = {name: series.to_arrow() for name, series in zip(given, known, strict=True)}
        return judge(paths.to_arrow(), sizes=columns.get("sizes"), tags=columns.get("tags"))

    known = {name: column for name, column in (("sizes", sizes), ("tags", tags)) if column is not None}
    given = tuple(known)
    out = biaoshi_verify_files(path, *known.values())
    return out


def verify_paths(
    paths: str | os.PathLike[str] | Iterable[str | remote.Entry],
    out: str | os.PathLike[str],
    /,
    *,
    out_filesystem: Any = None,
    rows: int = 10_000,
    retry: bool = True,
    batch_rows: int = 256,
    **options: Unpack[FileOptions],
) -> Summary:
    """Judges files and writes the verdicts to a folder of Parquet files, a partition at a time.

    A run that was ended goes on when it is called again: a file that stands in a finished partition
    with the same path, size and tag is not read again. A partition is there whole or not at all. Memory
    holds one partition of rows, not the files. One run at a time may write to a folder.

    Arguments:
        paths: a path, folder or pattern as `biaoshi.remote.find` takes it; or the paths
            themselves, which are then no patterns. Entries with their sizes spare a request each.
        out: the folder, made if it is missing. `verdicts` reads it.
        out_filesystem: where `out` is: `None` for the local disk, a file system of `pyarrow` or
            `fsspec`.
        rows: files per partition, at least 1.
        retry: whether files that could not be read (error code `io`) are tried again.
        batch_rows: files handed over to a worker at once, at least 1.
        options: as in `verify_files`.

    Returns:
        what was done.

    Errors:
        `ValueError` for options that can't be, or that are not those of the partitions which are
        there; `OSError` if files can't be listed or verdicts not written. A file that can't be read
        is a row with an error.

    >>> import pathlib, tempfile, biaoshi.daft
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = pathlib.Path(folder, "a.txt").write_text("A text.")
    ...     first = biaoshi.daft.verify_paths(f"{folder}/*.txt", f"{folder}/out")
    ...     again = biaoshi.daft.verify_paths(f"{folder}/*.txt", f"{folder}/out")
    >>> first, again
    (Summary(judged=1, failed=0, skipped=0, partitions=1), Summary(judged=0, failed=0, skipped=1, partitions=0))
    """
    if rows < 1 or batch_rows < 1:
        raise ValueError("rows and batch_rows have to be at least 1")
    options["trust"] = trust_store(options.get("trust"))
    store = remote.store_of(options.get("filesystem"))
    if options.get("filesystem") is not None:
        options["filesystem"] = store
    folder = Folder.open(out, out_filesystem, settings(options))
    judged = failed = skipped = partitions = 0
    for entries in batches(listed(paths, store), rows):
        new = folder.new(entries, retry)
        skipped += len(entries) - len(new)
        if not new:
            continue
        table = daft.from_arrow(inputs(new))
        if len(new) > batch_rows and get_or_create_runner().name != "native":
            table = table.into_partitions(min(64, -(-len(new) // batch_rows)))
        column = verify_files(
            daft.col("path"), sizes=daft.col("size"), tags=daft.col("tag"), batch_rows=batch_rows, **options
        )
        made = flat(table.with_column("verdict", column).to_arrow())
        folder.write(made)
        judged += made.num_rows
        failed += made.num_rows - made["error"].null_count
        partitions += 1
    return Summary(judged, failed, skipped, partitions)


def verdicts(out: str | os.PathLike[str], /, *, out_filesystem: Any = None) -> ds.Dataset:
    """The verdicts that `verify_paths` wrote, as a dataset that is read piece by piece.

    A file that was judged more than once, because it changed or could not be read, has a row for each
    time: the one in the last partition counts. The column `__filename` of a scan names the partition,
    and the names are in order.

    Arguments:
        out, out_filesystem: as in `verify_paths`.

    Errors:
        `FileNotFoundError` if there is no such folder.

    >>> import biaoshi.daft
    >>> biaoshi.daft.verdicts("out").to_table(columns=["path", "status"])    # doctest: +SKIP
    """
    fs, folder = place(out, out_filesystem)
    return partitions_of(fs, folder, names(fs, folder))


@dataclasses.dataclass(frozen=True)
class Folder:
    """Where partitions are written to."""

    fs: pafs.FileSystem
    path: str
    settings: bytes

    @classmethod
    def open(cls, out: str | os.PathLike[str], filesystem: Any, settings: bytes) -> Folder:
        """Makes the folder, or checks that what is there was written with the same settings."""
        fs, path = place(out, filesystem)
        local = isinstance(fs, pafs.LocalFileSystem)
        if local:
            fs.create_dir(path, recursive=True)
        found = names(fs, path) if local or fs.get_file_info(path).type != pafs.FileType.NotFound else []
        if found:
            metadata = pq.read_schema(f"{path}/{found[-1]}", filesystem=fs).metadata or {}
            if metadata.get(b"biaoshi.settings") != settings:
                raise ValueError(f"{path}: its partitions were written with other settings: take another folder")
        if local:
            for info in fs.get_file_info(pafs.FileSelector(path)):
                if HALF_WRITTEN.fullmatch(info.base_name):
                    fs.delete_file(info.path)
        return cls(fs, path, settings)

    def new(self, entries: list[remote.Entry], retry: bool) -> list[remote.Entry]:
        """The entries that no partition has, each once; partitions of other paths are not read."""
        entries = list(dict.fromkeys(entries))
        found = names(self.fs, self.path) if self._exists() else []
        if not found:
            return entries
        field = ds.field("path")
        low, high = min(entry.path for entry in entries), max(entry.path for entry in entries)
        part = (field >= low) & (field <= high)
        if retry:
            part &= ds.field("error_code").is_null() | (ds.field("error_code") != "io")
        done: set[tuple[str, int | None, str]] = set()
        wanted = {key(entry) for entry in entries}
        dataset = partitions_of(self.fs, self.path, found)
        for batch in dataset.to_batches(columns=["path", "size", "tag"], filter=part):
            done.update(wanted.intersection(zip(*(column.to_pylist() for column in batch.columns), strict=True)))
        return [entry for entry in entries if key(entry) not in done]

    def write(self, table: pa.Table) -> None:
        """Writes one partition; another program sees all of it or nothing."""
        found = names(self.fs, self.path) if self._exists() else []
        last = max((int(name[5:13]) for name in found), default=0)
        name = f"part-{last + 1:08}-{uuid.uuid4().hex[:8]}.parquet"
        data = io.BytesIO()
        schema = table.schema.with_metadata({"biaoshi.settings": self.settings, "biaoshi.version": biaoshi.__version__})
        pq.write_table(table.cast(schema).sort_by("path"), data, compression="zstd")
        if not isinstance(self.fs, pafs.LocalFileSystem):
            with self.fs.open_output_stream(f"{self.path}/{name}") as stream:
                stream.write(data.getbuffer())
            return
        half = f"{self.path}/.{name}.half"
        with open(half, "wb") as file:
            file.write(data.getbuffer())
            file.flush()
            os.fsync(file.fileno())
        os.replace(half, f"{self.path}/{name}")

    def _exists(self) -> bool:
        return bool(self.fs.get_file_info(self.path).type != pafs.FileType.NotFound)


def key(entry: remote.Entry) -> tuple[str, int | None, str]:
    """What tells one version of a file from all others."""
    return entry.path, entry.size, entry.tag


def place(out: str | os.PathLike[str], filesystem: Any) -> tuple[pafs.FileSystem, str]:
    """The file system of `pyarrow` for a folder of verdicts, and the folder's path there."""
    path = os.fspath(out)
    if filesystem is None:
        return pafs.LocalFileSystem(), os.path.abspath(path)
    if isinstance(filesystem, pafs.FileSystem):
        return filesystem, path.rstrip("/")
    if any(parent.__module__.startswith("fsspec") for parent in type(filesystem).__mro__):
        return pafs.PyFileSystem(pafs.FSSpecHandler(filesystem)), path.rstrip("/")
    raise TypeError(f"out_filesystem: one of pyarrow or fsspec is needed, not {type(filesystem).__name__}")


def names(fs: pafs.FileSystem, folder: str) -> list[str]:
    """The partitions of a folder, in the order in which they were written."""
    found = fs.get_file_info(pafs.FileSelector(folder))
    return sorted(info.base_name for info in found if info.is_file and NAME.fullmatch(info.base_name))


def partitions_of(fs: pafs.FileSystem, folder: str, found: list[str]) -> ds.Dataset:
    """A dataset over partitions."""
    return ds.dataset([f"{folder}/{name}" for name in found], schema=PARTITION, format="parquet", filesystem=fs)


def settings(options: FileOptions) -> bytes:
    """What decides about the verdicts, in a form that can be compared."""
    profile, trust = options.get("profile"), trust_store(options.get("trust"))
    where = ("jobs", "filesystem", "buffers")
    shown = {
        **{name: value for name, value in options.items() if name not in where},
        "profile": [profile] if isinstance(profile, str) else list(profile or ()),
        "trust": None if trust is None else hashlib.sha256(trust.to_pem().encode()).hexdigest(),
        "limits": dict(options.get("limits") or {}),
        "report": options.get("report"),
    }
    return json.dumps(shown, sort_keys=True).encode()


def listed(paths: str | os.PathLike[str] | Iterable[str | remote.Entry], store: remote.Store) -> Iterator[remote.Entry]:
    """Entries with sizes and tags; without them for paths that are not there."""
    if isinstance(paths, (str, os.PathLike)):
        yield from store.find(os.fspath(paths))
        return

    def look(path: str | remote.Entry) -> remote.Entry:
        if isinstance(path, remote.Entry) and path.size is not None:
            return path
        path = path.path if isinstance(path, remote.Entry) else path
        try:
            return store.stat(path)
        except Exception:  # whatever it is, reading the file will say it in its row
            return remote.Entry(path)

    with ThreadPoolExecutor(32, thread_name_prefix="biaoshi") as pool:
        for part in batches(iter(paths), 1024):
            yield from pool.map(look, part)


def batches(items: Iterator[Any], size: int) -> Iterator[list[Any]]:
    """Lists of `size` items, the last one shorter."""
    return iter(lambda: list(itertools.islice(items, size)), [])


def inputs(entries: list[remote.Entry]) -> pa.Table:
    """Entries as a table."""
    columns = list(zip(*(key(entry) for entry in entries), strict=True))
    return pa.table(
        [pa.array(values, PARTITION.field(n).type) for n, values in enumerate(columns)], names=["path", "size", "tag"]
    )


def flat(table: pa.Table) -> pa.Table:
    """The columns of a partition, of a table with a column of verdicts."""
    rows = table["verdict"].combine_chunks()
    columns = [table[name] for name in ("path", "size", "tag")] + [rows.field(field.name) for field in VERDICT]
    return pa.table(columns, names=PARTITION.names).cast(PARTITION)
