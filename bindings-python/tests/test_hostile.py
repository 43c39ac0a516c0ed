"""Buffers that lie, files that misbehave, threads, interrupts, memory."""

from __future__ import annotations

import asyncio
import gc
import io
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import biaoshi
from biaoshi import BiaoshiError, Label, Verifier


def _said(work: Callable[[], object]) -> str:
    try:
        return repr(work())
    except BiaoshiError as error:
        return error.code


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=4096), st.sampled_from([None, "a.md", "a.json", "a.html", "a.txt", "\udcff", "a\0b"]))
def test_any_bytes_get_a_report_or_an_error(content: bytes, name: str | None) -> None:
    try:
        wanted = _said(lambda: biaoshi.verify(content, name=name))
    except UnicodeEncodeError:
        assert name == "\udcff"
        return
    for kind in (bytearray(content), memoryview(content), io.BytesIO(content), memoryview(bytearray(content))):
        assert _said(lambda kind=kind: biaoshi.verify(kind, name=name)) == wanted  # type: ignore[misc]
    _said(lambda: biaoshi.inspect(content, name=name))
    _said(lambda: biaoshi.label(content, label=Label("example"), name=name))
    _said(lambda: biaoshi.propagate(content, propagator="example", declared=True, name=name))


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_changed_files_get_a_report_or_an_error(jpeg: bytes, label: Label, data: st.DataObject) -> None:
    content = bytearray(biaoshi.label(jpeg, label=label)[:20_000])
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    assert _said(lambda: biaoshi.verify(bytes(content))) == _said(lambda: biaoshi.verify(content))
    _said(lambda: biaoshi.propagate(content, propagator="example"))


def test_a_buffer_that_is_changed_meanwhile_is_judged_as_it_was(jpeg: bytes, label: Label) -> None:
    made = biaoshi.label(jpeg, label=label)
    wanted = biaoshi.verify(made).to_json()
    content = bytearray(made)
    done = threading.Event()

    def change() -> None:
        number = 0
        while not done.is_set():
            at = number * 7919 % len(content)
            content[at] ^= 255
            content[at] ^= 255
            number += 1

    writer = threading.Thread(target=change)
    writer.start()
    try:
        for view in (content, memoryview(content), memoryview(content).toreadonly()):
            for _ in range(50):
                # Between two writes one byte may differ: never more, and never a crash.
                _said(lambda view=view: biaoshi.verify(view))  # type: ignore[misc]
    finally:
        done.set()
        writer.join()
    assert biaoshi.verify(content).to_json() == wanted


class _Odd(io.BytesIO):
    """A file that reads as it was told."""

    def __init__(self, content: bytes, read: Callable[[io.BytesIO, int], object]) -> None:
        super().__init__(content)
        self._read = read

    def read(self, size: int | None = -1, /) -> bytes:
        plain = io.BytesIO(super().read(size))
        return self._read(plain, size if size is not None else -1)  # type: ignore[return-value]


def test_files_that_give_little_at_a_time_are_read_in_whole(jpeg: bytes) -> None:
    wanted = biaoshi.verify(jpeg).to_json()

    class Small(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(7, size if size is not None and size >= 0 else 7))

    assert biaoshi.verify(Small(jpeg)).to_json() == wanted


def test_files_that_misbehave_raise_what_they_raised(jpeg: bytes) -> None:
    class Own(Exception):
        pass

    def fails(_: io.BytesIO, __: int) -> object:
        raise Own("no more")

    with pytest.raises(Own, match="no more"):
        biaoshi.verify(_Odd(jpeg, fails))
    with pytest.raises(TypeError, match="binary mode"):
        biaoshi.verify(_Odd(jpeg, lambda plain, _: plain.read().decode("latin-1")))
    with pytest.raises(TypeError):
        biaoshi.verify(_Odd(jpeg, lambda *_: None))
    with pytest.raises(ValueError, match="more bytes than"):
        biaoshi.verify(_Odd(jpeg, lambda plain, size: plain.read() + bytes(size + 1)))


def test_a_target_that_fails_raises_what_it_raised(jpeg: bytes, label: Label) -> None:
    class Full(io.BytesIO):
        def write(self, data: object, /) -> int:
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError) as raised:
        biaoshi.label(io.BytesIO(jpeg), Full(), label=label)
    assert raised.value.errno == 28


def test_threads_share_labelers_and_verifiers(jpeg: bytes, label: Label) -> None:
    labeler, verifier = biaoshi.Labeler(), Verifier()
    wanted = labeler.label(jpeg, label=label).content
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: labeler.label(jpeg, label=label).content, range(64)))
        said = list(pool.map(lambda one: verifier.verify(one).to_json(), made))
    assert set(made) == {wanted} and len(set(said)) == 1


def test_other_threads_run_meanwhile(jpeg: bytes) -> None:
    """While a slow file is waited for, and while content is decoded, the lock is free."""
    ticks = 0
    done = threading.Event()

    def count() -> None:
        nonlocal ticks
        while not done.is_set():
            ticks += 1
            time.sleep(0)

    counter = threading.Thread(target=count)
    counter.start()
    before = ticks
    verifier = Verifier(look="everything")
    for _ in range(10):
        verifier.verify(jpeg)
    done.set()
    counter.join()
    assert ticks - before > 100


@pytest.mark.skipif(not hasattr(signal, "SIGINT") or os.name == "nt", reason="signals of Unix")
def test_ctrl_c_ends_the_work() -> None:
    script = textwrap.dedent("""
        import biaoshi, sys, time
        class Slow:
            at = 0
            def read(self, n):
                time.sleep(0.01); return b"x" * min(n, 16)
            def seek(self, by, whence=0):
                return 1 << 40 if whence == 2 else by
            def tell(self): return 0
            def seekable(self): return True
        print("ready", flush=True)
        try:
            biaoshi.verify(Slow(), name="a.txt", limits={"file_bytes": 1 << 50})
        except KeyboardInterrupt:
            print("interrupted"); sys.exit(7)
        except biaoshi.BiaoshiError as error:
            print("error", error)
    """)
    child = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None and child.stdout.readline() == "ready\n"
    time.sleep(0.5)
    child.send_signal(signal.SIGINT)
    out, _ = child.communicate(timeout=20)
    assert (child.returncode, out) == (7, "interrupted\n")


SLOW = """
import asyncio, biaoshi, sys, time
class Slow:
    def __init__(self): self.at = 0
    def read(self, n):
        time.sleep(0.01); self.at += 16; return b"x" * min(n, 16)
    def seek(self, by, whence=0):
        return 1 << 40 if whence == 2 else by
    def tell(self): return 0
    def seekable(self): return True
limits = {"file_bytes": 1 << 50}
async def one():
    await biaoshi.verify_async(Slow(), name="a.txt", limits=limits)
def many():
    list(biaoshi.Verifier(limits=limits).verify_many([Slow() for _ in range(4)], jobs=2))
print("ready", flush=True)
begin = time.monotonic()
try:
    asyncio.run(one()) if sys.argv[1] == "async" else many()
except KeyboardInterrupt:
    sys.exit(7)
"""


@pytest.mark.skipif(os.name == "nt", reason="signals of Unix")
@pytest.mark.parametrize("how", ["async", "many"])
def test_ctrl_c_ends_the_work_of_threads(how: str) -> None:
    child = subprocess.Popen([sys.executable, "-c", SLOW, how], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None and child.stdout.readline() == "ready\n"
    time.sleep(0.7)
    child.send_signal(signal.SIGINT)
    child.communicate(timeout=20)
    assert child.returncode == 7


def test_a_cancelled_task_ends_its_work(tmp_path: Path) -> None:
    path = tmp_path / "large.wav"
    samples = 512 << 20
    head = biaoshi._native.sound_to_wav(b"", 48_000, 1, 16, False)
    head = head[:4] + (samples + 36).to_bytes(4, "little") + head[8:40] + samples.to_bytes(4, "little")
    path.write_bytes(head)
    os.truncate(path, len(head) + samples)

    async def work() -> float:
        task = asyncio.create_task(biaoshi.verify_async(path, look="everything"))
        await asyncio.sleep(0.2)
        begin = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.get_running_loop().shutdown_default_executor()
        return time.monotonic() - begin

    assert asyncio.run(work()) < 5


def _resident() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="memory as Linux shows it")
def test_memory_stays_over_100_000_calls(label: Label) -> None:
    text = biaoshi.label(b"# Spring\n" * 20, label=label, name="a.md")
    verifier, labeler = Verifier(), biaoshi.Labeler()

    def call(number: int) -> None:
        report = verifier.verify(text, name="a.md")
        assert report.status.value == "confirmed"
        kind = number % 4
        if kind == 0:
            report.to_dict()
        elif kind == 1:
            _said(lambda: biaoshi.verify(b"\0"))
        elif kind == 2 and number % 40 == 2:
            labeler.label(b"Hello", label=label, name="a.md")
        elif kind == 3:
            biaoshi.read_label('{"Label":"1"}')

    def calls(count: int) -> None:
        for number in range(count):
            call(number)

    # From a second thread, as servers work: there the work needs no thread of its own.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(calls, 5_000).result()
        gc.collect()
        before = _resident()
        pool.submit(calls, 95_000).result()
    gc.collect()
    grown = _resident() - before
    assert grown < 4 << 20, f"{grown} bytes more than after 5,000 calls"
