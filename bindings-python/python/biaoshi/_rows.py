"""Contents of Arrow arrays where they stand, and bounded threads over them."""

from __future__ import annotations

import dataclasses
import itertools
import os
import struct
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any, TypeAlias, TypeVar

import pyarrow as pa

T = TypeVar("T")
Array: TypeAlias = Any
"""A `pyarrow.Array` or `pyarrow.ChunkedArray`."""


@dataclasses.dataclass(frozen=True)
class Rows:
    """The contents of an array, each where it stands."""

    type: Any
    buffers: list[Any]

    @classmethod
    def of(cls, array: Array) -> Rows:
        """Takes the buffers of a binary array; `TypeError` for other types."""
        array = storage(array)
        kind = array.type
        binary = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_binary_view, pa.types.is_fixed_size_binary)
        if not any(is_one(kind) for is_one in binary):
            raise TypeError(f"an array of binary contents is needed, not of {kind}; paths go to verify_path_array")
        chunks = array.chunks if isinstance(array, pa.ChunkedArray) else [array]
        return cls(kind, [buffer for chunk in chunks for buffer in parts(chunk)])


def parts(array: Any) -> Iterator[Any]:
    """The bytes of each row as a slice of the array's own buffers (scalars would be copies); None for a
    null. The layouts are those of the Arrow columnar format."""
    kind, first, count = array.type, array.offset, len(array)
    _, fixed, *data = array.buffers()
    if count == 0:
        return
    valid = array.is_valid().to_pylist()
    if pa.types.is_fixed_size_binary(kind):
        width = kind.byte_width
        spans: Iterable[tuple[Any, int, int]] = ((fixed, (first + n) * width, width) for n in range(count))
    elif pa.types.is_binary_view(kind):
        spans = views(fixed, data, first, valid)
    else:
        number = pa.int32() if pa.types.is_binary(kind) else pa.int64()
        offsets = pa.Array.from_buffers(number, count + 1, [None, fixed], offset=first).to_pylist()
        spans = ((data[0], start, end - start) for start, end in itertools.pairwise(offsets))
    for there, (buffer, start, length) in zip(valid, spans, strict=True):
        if not there:
            yield None
        else:
            yield buffer.slice(start, length) if length else EMPTY


EMPTY = pa.py_buffer(b"")


def views(fixed: Any, data: list[Any], first: int, valid: list[bool]) -> Iterator[tuple[Any, int, int]]:
    """Buffer, start and length of each row of a view array: up to 12 bytes stand in the view itself.
    The view of a null may hold anything."""
    whole = memoryview(fixed).cast("B")[first * 16 : (first + len(valid)) * 16]
    for number, (length, _, index, start) in enumerate(struct.iter_unpack("=iiii", whole)):
        inside = not valid[number] or length <= 12
        yield (fixed, (first + number) * 16 + 4, length) if inside else (data[index], start, length)


def storage(array: Array) -> Array:
    """The plain array under a dictionary or an extension type."""
    if not isinstance(array, (pa.Array, pa.ChunkedArray)):
        raise TypeError(f"a pyarrow array is needed, not {type(array).__name__}")
    if isinstance(array.type, pa.BaseExtensionType):
        array = array.cast(array.type.storage_type) if isinstance(array, pa.ChunkedArray) else array.storage
    if pa.types.is_dictionary(array.type):
        array = array.cast(array.type.value_type)
    return array


def texts(array: Array) -> list[Any]:
    """The values of an array. Nothing checks that strings are UTF-8 when an array is made: in place of one
    that is none stands the error."""
    try:
        values: list[Any] = array.to_pylist()
        return values
    except UnicodeDecodeError:
        return [None if raw is None else _text(raw) for raw in array.cast(pa.large_binary()).to_pylist()]


def _text(raw: bytes) -> str | UnicodeError:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        return error


def known(value: Any) -> Any:
    """A value of `texts`; raises the error if it is one."""
    if isinstance(value, UnicodeError):
        raise value
    return value


def column(values: Array | Sequence[Any] | None, count: int) -> list[Any]:
    """Values that go with the rows, None for each if there are none; see `texts`."""
    if values is None:
        return [None] * count
    out = texts(values) if isinstance(values, (pa.Array, pa.ChunkedArray)) else list(values)
    if len(out) != count:
        raise ValueError(f"{len(out)} values for {count} rows")
    return out


def processors() -> int:
    """The processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def threads(jobs: int | None, default: int) -> int:
    """A checked number of threads."""
    if jobs is None:
        return default
    if jobs < 1:
        raise ValueError(f"jobs: {jobs} is less than 1")
    return jobs


def each(count: int, work: Callable[[int], T], jobs: int) -> list[T]:
    """What `work` gives for each number below `count`, in order, by at most `jobs` threads. The
    first error ends the call, once the rows that are under way are done."""
    if jobs == 1 or count < 2:
        return [work(number) for number in range(count)]
    out: list[Any] = [None] * count
    numbers = iter(range(count))
    lock = threading.Lock()
    stop = threading.Event()

    def worker() -> None:
        while not stop.is_set():
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            out[number] = work(number)

    with ThreadPoolExecutor(min(jobs, count), thread_name_prefix="biaoshi") as pool:
        try:
            for done in as_completed([pool.submit(worker) for _ in range(min(jobs, count))]):
                done.result()
        except BaseException:
            stop.set()
            raise
    return out
