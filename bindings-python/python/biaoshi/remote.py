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
import io
import os
import tempfile
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import IO, Any

from biaoshi._stores import Entry, FileSystem, GetRange, LocalStore, Store, store_of

__all__ = [
    "Buffers",
    "Entry",
    "FileSystem",
    "LocalStore",
    "RangeFile",
    "Store",
    "find",
    "open_range",
    "store_of",
]


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
"""64 KiB a block, 8 MiB of memory and 256 MiB of disk for each open file."""


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
