"""Places of files: the local disk, and file systems of other libraries, which are not imported here."""

from __future__ import annotations

import dataclasses
import glob
import os
import re
import stat
from collections.abc import Callable, Iterator
from typing import Any, Protocol, TypeAlias, cast, runtime_checkable

FileSystem: TypeAlias = Any
"""`None`, or a file system as `biaoshi.remote` lists them; their libraries are not imported."""

GetRange: TypeAlias = Callable[[int, int], bytes]
"""Gives the bytes from a first offset up to, not including, a second one."""


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
