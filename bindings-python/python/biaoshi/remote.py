"""Files and objects read by range: head, tail and box index, the whole only where a hash needs it.

`open_range` gives a seekable, read-only binary file over a path of a file system. It fetches
blocks as they are asked for and keeps few of them, and it counts what it fetched. `find` lists
what a path or pattern names. A *file system* is one of

* `None`: the local disk,
* a file system of `fsspec` (`s3fs`, `gcsfs`, `adlfs` ...),
* a `pyarrow.fs.FileSystem`,
* a store of `obstore`,
* an object of one's own that follows `Store`.

Nothing is reached over a network unless such an object was handed in.
"""

from __future__ import annotations

import dataclasses
import glob
import io
import os
import re
import stat
import tempfile
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import IO, Any, Protocol, TypeAlias, cast, runtime_checkable

__all__ = ["Buffers", "Entry", "RangeFile", "Store", "find", "open_range", "store_of"]

FileSystem: TypeAlias = Any
"""`None`, or a file system as the module's description lists them; their libraries are not imported."""

GetRange: TypeAlias = Callable[[int, int], bytes]
"""Gives the bytes from a first offset up to, not including, a second one."""


@dataclasses.dataclass(frozen=True, slots=True)
class Buffers:
    """How much is asked for at once, and how much of it is kept, of each open file.

    Attributes:
        block_bytes: bytes of one block, at least 1: what the smallest request fetches.
        cache_bytes: most bytes of blocks kept in memory; less than two blocks count as two. Where
            reading goes on block by block, one request fetches up to half of it.
        spool_bytes: most bytes of blocks kept on disk, in a temporary file that is made when memory
            does not suffice, so that what is hashed more than once is fetched once; 0 for none.

    Errors:
        `ValueError` for sizes out of range.

    >>> Buffers(block_bytes=0)
    Traceback (most recent call last):
    ValueError: block_bytes must be at least 1, the others at least 0
    """

    block_bytes: int = 64 << 10
    cache_bytes: int = 8 << 20
    spool_bytes: int = 256 << 20

    def __post_init__(self) -> None:
        if self.block_bytes < 1 or self.cache_bytes < 0 or self.spool_bytes < 0:
            raise ValueError("block_bytes must be at least 1, the others at least 0")


DEFAULT = Buffers()


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """A file or object, with what tells one version of it from the next.

    Attributes:
        path: where it stands, as its file system writes it.
        size: length in bytes; `None` if not known.
        tag: an ETag, else a time of modification; empty if its file system has neither.
    """

    path: str
    size: int | None = None
    tag: str = ""


@runtime_checkable
class Store(Protocol):
    """What a place of files has to offer. Instances have to be usable from several threads, and to be
    pickled where a batch runs in other processes."""

    def stat(self, path: str) -> Entry:
        """Size and tag of one file; `OSError` if there is none."""

    def find(self, pattern: str) -> Iterator[Entry]:
        """Every file that a path, folder or pattern names."""

    def ranges(self, entry: Entry) -> tuple[GetRange, Callable[[], None]]:
        """A function that reads a range of one file, and one that closes what it holds."""


class RangeFile(io.RawIOBase):
    """A seekable, read-only binary file over a function that reads ranges.

    Bytes are fetched in blocks, several with one request where reading goes on behind the last one.
    Memory holds the blocks that `buffers` allow, and while a request is under way up to twice as much.
    One thread may use it at a time.

    Arguments:
        get: reads the bytes from a first offset up to a second one.
        size: length of the file in bytes.
        name: what errors call it.
        buffers: how much is fetched and kept.
        close: called once when the file is closed.

    Errors:
        `ValueError` for a negative size; `OSError` where `get` fails or does not give exactly the
        bytes asked for.

    >>> data = bytes(range(200)) * 1000
    >>> file = RangeFile(lambda start, end: data[start:end], len(data), buffers=Buffers(block_bytes=1000))
    >>> file.seek(-3, 2), file.read()
    (199997, b'\\xc5\\xc6\\xc7')
    >>> file.requests, file.fetched
    (1, 1000)
    """

    def __init__(
        self,
        get: GetRange,
        size: int,
        *,
        name: str = "",
        buffers: Buffers = DEFAULT,
        close: Callable[[], None] | None = None,
    ) -> None:
        super().__init__()
        if size < 0:
            raise ValueError("size must not be negative")
        self.name = name
        self.size = size
        self.requests = 0
        """How many ranges were asked for."""
        self.fetched = 0
        """How many bytes came."""
        self._get = get
        self._on_close = close
        self._block = buffers.block_bytes
        self._kept = max(2, buffers.cache_bytes // buffers.block_bytes)
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._spool: IO[bytes] | None = None
        self._spool_bytes = buffers.spool_bytes
        self._spooled: set[int] = set()
        self._at = 0
        self._behind = -1
        self._ahead = 1

    def readable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """True."""
        return True

    def tell(self) -> int:
        """The position in bytes from the start."""
        self._check_open()
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Moves to `offset` bytes from the start (0), the position (1) or the end (2)."""
        self._check_open()
        bases = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.size}
        if whence not in bases:
            raise ValueError(f"whence {whence} is none of 0, 1, 2")
        to = bases[whence] + offset
        if to < 0:
            raise ValueError("a position before the start")
        self._at = to
        return to

    def read(self, size: int | None = -1, /) -> bytes:
        """The next `size` bytes, fewer at the end of the file; all that are left if negative."""
        self._check_open()
        left = max(0, self.size - self._at)
        want = left if size is None or size < 0 else min(size, left)
        parts = []
        while want > 0:
            part = self._some(want)
            parts.append(part)
            want -= len(part)
            self._at += len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def readall(self) -> bytes:
        """All bytes that are left."""
        return self.read()

    def readinto(self, buffer: Any, /) -> int:
        """Fills a writable buffer; returns how many bytes there were."""
        with memoryview(buffer).cast("B") as view:
            data = self.read(len(view))
            view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Drops the blocks and closes what is underneath; once is enough."""
        if not self.closed:
            self._blocks.clear()
            if self._spool is not None:
                self._spool.close()
                self._spool = None
            if self._on_close is not None:
                self._on_close()
        super().close()

    def _check_open(self) -> None:
        if self.closed:
            raise ValueError("the file is closed")

    def _some(self, want: int) -> bytes:
        number, skip = divmod(self._at, self._block)
        block = self._blocks.get(number)
        if block is not None:
            self._blocks.move_to_end(number)
        elif number in self._spooled:
            block = self._unspool(number)
        else:
            block = self._fetch(number, (self._at + want - 1) // self._block - number + 1)
        return block[skip : skip + want]

    def _fetch(self, first: int, asked: int) -> bytes:
        """Fetches blocks from `first` on: those asked for, more where reading goes on, in one request
        that stays below half of what is kept."""
        most = max(1, self._kept // 2)
        self._ahead = min(self._ahead * 2, most) if first == self._behind else 1
        end = min(first + min(max(asked, self._ahead), most), -(-self.size // self._block))
        self._make_room(end - first)
        end = next((n for n in range(first + 1, end) if n in self._blocks or n in self._spooled), end)
        start = first * self._block
        data = self._request(start, min(end * self._block, self.size))
        for number in range(end - 1, first - 1, -1):
            at = number * self._block - start
            self._blocks[number] = data[at : at + self._block]
        self._behind = end
        return self._blocks[first]

    def _make_room(self, count: int) -> None:
        while self._blocks and len(self._blocks) + count > self._kept:
            number, block = self._blocks.popitem(last=False)
            if number not in self._spooled and (len(self._spooled) + 1) * self._block <= self._spool_bytes:
                self._to_spool(number, block)

    def _to_spool(self, number: int, block: bytes) -> None:
        try:
            if self._spool is None:
                self._spool = tempfile.TemporaryFile(prefix="biaoshi-", buffering=0)
            self._spool.seek(number * self._block)
            if self._spool.write(block) != len(block):
                raise OSError("no room")
        except OSError:  # no room on the disk: what is needed again is fetched again
            self._spool_bytes = 0
        else:
            self._spooled.add(number)

    def _unspool(self, number: int) -> bytes:
        if self._spool is None:
            raise ValueError("the file is closed")
        start = number * self._block
        length = min(self._block, self.size - start)
        self._spool.seek(start)
        block = self._spool.read(length)
        if len(block) != length:
            raise OSError(f"{self.name}: the temporary file is shorter than it was")
        self._make_room(1)
        self._blocks[number] = block
        return block

    def _request(self, start: int, stop: int) -> bytes:
        self.requests += 1
        try:
            data = bytes(self._get(start, stop))
        except OSError:
            raise
        except Exception as error:  # every store has exceptions of its own
            raise OSError(f"{self.name}: {error}") from error
        self.fetched += len(data)
        if len(data) != stop - start:
            raise OSError(f"{self.name}: {len(data)} bytes came for {stop - start} at offset {start}")
        return data


def open_range(
    path: str | os.PathLike[str] | Entry,
    filesystem: FileSystem = None,
    *,
    buffers: Buffers = DEFAULT,
) -> RangeFile:
    """Opens a file or object for reading by range.

    Arguments:
        path: where it stands in `filesystem`. An `Entry` of `find` with its size spares the request
            for it.
        filesystem: `None` for the local disk, or as the module's description lists them.
        buffers: how much is fetched and kept.

    Returns:
        a file that counts its `requests` and the bytes `fetched`. A store that knows versions
        (`obstore`) is held to the one that was found first; with others an object that is replaced
        while it is read is noticed only by its length.

    Errors:
        `OSError` if there is no such file; `TypeError` for a file system of an unknown kind.

    >>> import biaoshi, biaoshi.remote
    >>> with biaoshi.remote.open_range("photo.png") as file:    # doctest: +SKIP
    ...     report = biaoshi.verify(file, name="photo.png")
    ...     print(file.requests, file.fetched)
    """
    store = store_of(filesystem)
    entry = path if isinstance(path, Entry) else Entry(os.fspath(path))
    try:
        if entry.size is None:
            entry = store.stat(entry.path)
        get, close = store.ranges(entry)
    except OSError:
        raise
    except Exception as error:  # every store has exceptions of its own
        raise OSError(f"{entry.path}: {error}") from error
    if entry.size is None:
        close()
        raise OSError(f"{entry.path}: of unknown length")
    return RangeFile(get, entry.size, name=entry.path, buffers=buffers, close=close)


def find(pattern: str | os.PathLike[str], filesystem: FileSystem = None) -> Iterator[Entry]:
    """Lists the files that a path, folder or pattern names, with sizes and tags.

    Arguments:
        pattern: a file; a folder, for all files below it; or a pattern with `*`, `?`, `[...]`
            within one name and `**` for any folders. Names that begin with a dot are left out of
            folders and patterns of the local disk.
        filesystem: as in `open_range`.

    Returns:
        entries one by one, each folder's in the order of names. The local disk and `obstore` are
        listed as they are walked; `fsspec` and `pyarrow` hold the whole listing in memory.

    Errors:
        `FileNotFoundError` for a path that is not there; a pattern that fits nothing lists nothing.

    >>> [entry.path for entry in find("photos/**/*.jpg")]
    []
    """
    return store_of(filesystem).find(os.fspath(pattern))


def store_of(filesystem: FileSystem) -> Store:
    """The `Store` over a file system.

    Errors:
        `TypeError` for a file system of an unknown kind.

    >>> store_of(None).stat(__file__).size > 0
    True
    """
    if filesystem is None:
        return LocalStore()
    if isinstance(filesystem, Store):
        return filesystem
    kinds: dict[str, Callable[[Any], Store]] = {
        "fsspec": FsspecStore,
        "pyarrow": ArrowStore,
        "obstore": ObstoreStore,
    }
    for parent in type(filesystem).__mro__:
        kind = kinds.get(parent.__module__.partition(".")[0])
        if kind is not None:
            return kind(filesystem)
    raise TypeError(f"a file system of fsspec, pyarrow or obstore is needed, not {type(filesystem).__name__}")


@dataclasses.dataclass(frozen=True)
class LocalStore:
    """The local disk."""

    def stat(self, path: str) -> Entry:
        """Size and tag of a regular file."""
        found = os.stat(path)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(f"{path}: no regular file")
        return Entry(path, found.st_size, str(found.st_mtime_ns))

    def find(self, pattern: str) -> Iterator[Entry]:
        """Every regular file, folder by folder in the order of names."""
        if os.path.isdir(pattern):
            yield from self._walk(pattern, None, None)
        elif glob.has_magic(pattern) and not os.path.lexists(pattern):
            base, rest = split_pattern(pattern)
            depth = None if "**" in rest else rest.count("/")
            if os.path.isdir(base or "."):
                yield from self._walk(base or ".", translate(rest), depth)
        else:
            yield self.stat(pattern)

    def ranges(self, entry: Entry) -> tuple[GetRange, Callable[[], None]]:
        """Reads from one open file."""
        self.stat(entry.path)
        file = open(entry.path, "rb", buffering=0)  # noqa: SIM115 - closed with the range file

        def get(start: int, end: int) -> bytes:
            file.seek(start)
            data = file.read(end - start)
            while len(data) < end - start and (more := file.read(end - start - len(data))):
                data += more
            return data

        return get, file.close

    def _seen(self, path: str) -> Entry:
        try:
            return self.stat(path)
        except OSError:  # gone since it was listed: reading it will say so
            return Entry(path)

    def _walk(self, base: str, fits: re.Pattern[str] | None, depth: int | None) -> Iterator[Entry]:
        folders = [(base, "")]
        while folders:
            folder, inside = folders.pop()
            below = []
            for item in sorted(os.scandir(folder), key=lambda item: item.name):
                if item.name.startswith("."):
                    continue
                name = inside + item.name
                if item.is_dir(follow_symlinks=False):
                    if depth is None or name.count("/") < depth:
                        below.append((item.path, name + "/"))
                elif item.is_file() and (fits is None or fits.fullmatch(name)):
                    yield self._seen(item.path)
            folders.extend(reversed(below))


@dataclasses.dataclass(frozen=True)
class FsspecStore:
    """A file system of `fsspec`."""

    fs: Any

    def stat(self, path: str) -> Entry:
        """Size and tag of one object."""
        info = self.fs.info(path)
        if info.get("type") == "directory":
            raise IsADirectoryError(f"{path}: a folder")
        return entry_of(path, info)

    def find(self, pattern: str) -> Iterator[Entry]:
        """Every object; the listing is held in memory."""
        if glob.has_magic(pattern) and not self.fs.exists(pattern):
            found = self.fs.glob(pattern, detail=True)
        elif self.fs.isdir(pattern):
            found = self.fs.find(pattern, detail=True)
        else:
            found = {pattern: self.fs.info(pattern)}
        for path in sorted(found):
            if found[path].get("type") != "directory":
                yield entry_of(path, found[path])

    def ranges(self, entry: Entry) -> tuple[GetRange, Callable[[], None]]:
        """One request for each range."""
        return lambda start, end: cast(bytes, self.fs.cat_file(entry.path, start=start, end=end)), nothing


@dataclasses.dataclass(frozen=True)
class ArrowStore:
    """A file system of `pyarrow.fs`."""

    fs: Any

    def stat(self, path: str) -> Entry:
        """Size and tag of one file."""
        info = self.fs.get_file_info(path)
        if not info.is_file:
            raise FileNotFoundError(f"{path}: no file")
        return self._entry(info)

    def find(self, pattern: str) -> Iterator[Entry]:
        """Every file; the listing is held in memory."""
        from pyarrow import fs

        info = self.fs.get_file_info(pattern)
        if info.is_file:
            yield self._entry(info)
            return
        fits = None
        if info.type == fs.FileType.Directory:
            selector = fs.FileSelector(pattern, recursive=True)
        elif glob.has_magic(pattern):
            base, rest = split_pattern(pattern)
            fits = translate(base + rest)
            selector = fs.FileSelector(base.rstrip("/"), recursive="/" in rest or "**" in rest, allow_not_found=True)
        else:
            raise FileNotFoundError(f"{pattern}: no file")
        for info in sorted(self.fs.get_file_info(selector), key=lambda info: info.path):
            if info.is_file and (fits is None or fits.fullmatch(info.path)):
                yield self._entry(info)

    def ranges(self, entry: Entry) -> tuple[GetRange, Callable[[], None]]:
        """Reads from one open file."""
        file = self.fs.open_input_file(entry.path)
        return lambda start, end: cast(bytes, file.read_at(end - start, start)), file.close

    @staticmethod
    def _entry(info: Any) -> Entry:
        return Entry(info.path, info.size, str(info.mtime_ns or ""))


@dataclasses.dataclass(frozen=True)
class ObstoreStore:
    """A store of `obstore`."""

    store: Any

    def stat(self, path: str) -> Entry:
        """Size and tag of one object."""
        import obstore

        return self._entry(obstore.head(self.store, path))

    def find(self, pattern: str) -> Iterator[Entry]:
        """Every object, page by page."""
        import obstore

        base, rest = split_pattern(pattern)
        if not rest:
            try:
                yield self.stat(pattern)
                return
            except FileNotFoundError:
                base = pattern.rstrip("/")
        fits = translate(base + rest) if rest else None
        none = True
        for page in obstore.list(self.store, base.rstrip("/") or None):
            for meta in page:
                none = False
                if fits is None or fits.fullmatch(meta["path"]):
                    yield self._entry(meta)
        if none and not rest:
            raise FileNotFoundError(f"{pattern}: no object")

    def ranges(self, entry: Entry) -> tuple[GetRange, Callable[[], None]]:
        """One request for each range, for the version that the tag names."""
        import obstore

        def get(start: int, end: int) -> bytes:
            options: obstore.GetOptions = {"range": (start, end)}
            if entry.tag.startswith('"'):
                options["if_match"] = entry.tag
            return bytes(obstore.get(self.store, entry.path, options=options).bytes())

        return get, nothing

    @staticmethod
    def _entry(meta: Any) -> Entry:
        return Entry(meta["path"], meta["size"], meta["e_tag"] or meta["last_modified"].isoformat())


def nothing() -> None:
    """Nothing to close."""


TAGS = ("ETag", "etag", "e_tag", "checksum", "md5", "content_md5", "mtime", "LastModified", "last_modified", "updated")


def entry_of(path: str, info: dict[str, Any]) -> Entry:
    """An entry from what `fsspec` tells of an object."""
    tag = next((str(info[name]) for name in TAGS if info.get(name)), str(info.get("created") or ""))
    return Entry(path, info.get("size"), tag)


def split_pattern(pattern: str) -> tuple[str, str]:
    """A pattern as the folder without wildcards, its slash included, and the rest; a path without
    wildcards is all folder."""
    first = re.search(r"[*?[]", pattern)
    if first is None:
        return pattern, ""
    cut = pattern.rfind("/", 0, first.start()) + 1
    return pattern[:cut], pattern[cut:]


def translate(pattern: str) -> re.Pattern[str]:
    """A pattern as a regular expression: `**/` for any folders, `*` and `?` within a name.

    >>> fits = translate("a/**/*.jp[eg]*")
    >>> [bool(fits.fullmatch(path)) for path in ("a/x.jpg", "a/b/c/x.jpeg", "a/x.png", "b/x.jpg")]
    [True, True, False, False]
    """
    out = []
    for part in re.findall(r"\*\*/+|\*\*|\*|\?|\[!?\]?[^\]]*\]|.", pattern, re.DOTALL):
        if part.startswith("**/"):
            out.append("(?:.*/)?")
        elif part == "**":
            out.append(".*")
        elif part == "*":
            out.append("[^/]*")
        elif part == "?":
            out.append("[^/]")
        elif len(part) > 1:
            inside = part[1:-1]
            not_ = inside.startswith("!")
            out.append(("[^" if not_ else "[") + re.sub(r"([\\\[^&~|])", r"\\\1", inside[not_:]) + "]")
        else:
            out.append(re.escape(part))
    return re.compile("".join(out), re.DOTALL)
