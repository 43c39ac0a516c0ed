"""What the binding costs, and how it stands beside others, as ratios in one run.

    python run.py [--no-limits] RUST_TIMER EXIFTOOL…

RUST_TIMER is what `cargo build --release --example verify_time` makes, the rest starts ExifTool. The package,
built for release too, Pillow, NumPy and c2pa-python must be installed. The contenders take turns.

It fails if an import takes longer than `IMPORT_MS`, or if the binding adds more than `OVERHEAD` to what Rust
takes for a file of 1 MiB; with --no-limits it only prints.
"""

from __future__ import annotations

import io
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import c2pa
import numpy
from PIL import Image

import biaoshi

MIB = 1 << 20
ROUNDS = 7
#: Most milliseconds that an import may take, as the median.
IMPORT_MS = 50.0
#: Most that Python may take against Rust, for content in memory that need not be copied.
OVERHEAD = 1.05
COPIED = "bytearray (copied)"
READ = "path (read from disk)"
#: What programs do first; names bring in their modules.
IMPORTS = {
    "import biaoshi": "import biaoshi",
    "and what verifies": "import biaoshi; biaoshi.verify",
    "and what labels": "import biaoshi; biaoshi.verify, biaoshi.label, biaoshi.Label",
}
#: All that there is, for comparison; no program needs it to begin.
WHOLE = "and all names"


def picture(size: int, folder: Path, name: str, sign: biaoshi.Identity | None) -> Path:
    """A labelled JPEG of about so many bytes."""
    side = int((size / 0.705) ** 0.5)
    noise = numpy.random.default_rng(side).integers(0, 256, (side, side, 3), numpy.uint8)
    held = io.BytesIO()
    Image.fromarray(noise).save(held, "JPEG", quality=85)
    path = folder / name
    path.write_bytes(biaoshi.label(held.getvalue(), label=biaoshi.Label("example"), sign=sign))
    return path


def least(work: Callable[[], object], count: int) -> float:
    """The least time of a call, in seconds."""
    best = float("inf")
    for _ in range(count):
        started = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - started)
    return best


def overhead(timer: str, path: Path, count: int) -> dict[str, float]:
    """What each kind of content takes, against Rust."""
    content = path.read_bytes()
    verifier = biaoshi.Verifier()
    kinds: dict[str, Callable[[], object]] = {
        "bytes": lambda: verifier.verify(content),
        "memoryview": lambda: verifier.verify(memoryview(content)),
        COPIED: lambda: verifier.verify(copy),
        READ: lambda: verifier.verify(path),
    }
    copy = bytearray(content)
    rust: list[float] = []
    python: dict[str, list[float]] = {kind: [] for kind in kinds}
    with ThreadPoolExecutor(1) as pool:
        for _ in range(ROUNDS):
            out = subprocess.run([timer, str(path), str(count)], capture_output=True, text=True, check=True).stdout
            rust.append(int(out) / 1e9)
            for kind, work in kinds.items():
                python[kind].append(least(work, count))
            python.setdefault("bytes, in a thread of a server", []).append(
                pool.submit(least, kinds["bytes"], count).result()
            )
    base = statistics.median(rust)
    print(f"\nverify, {len(content) / MIB:.2f} MiB JPEG ({path.stem}): Rust {base * 1e3:.3f} ms")
    ratios = {kind: statistics.median(times) / base for kind, times in python.items()}
    for kind, ratio in ratios.items():
        print(f"  Python, {kind}: {ratio * base * 1e3:.3f} ms, {ratio:.3f}")
    return ratios


def throughput(folder: Path, sign: biaoshi.Identity, exiftool: list[str]) -> None:
    paths = [picture(100_000, folder, f"{number}.jpg", sign if number % 2 else None) for number in range(60)]
    verifier = biaoshi.Verifier()

    def reader() -> None:
        for path in paths:
            with path.open("rb") as file:
                try:
                    c2pa.Reader("image/jpeg", file).json()
                except c2pa.C2paError:
                    pass

    def each(path: Path) -> None:
        subprocess.run([*exiftool, "-j", str(path)], capture_output=True, check=True)

    contenders: dict[str, Callable[[], object]] = {
        "biaoshi, 1 thread": lambda: [verifier.verify(path) for path in paths],
        f"biaoshi, {os.cpu_count()} threads": lambda: list(verifier.verify_many(paths)),
        "c2pa-python Reader, 1 thread (manifests alone)": reader,
        "exiftool, one process for all": lambda: subprocess.run(
            [*exiftool, "-j", *map(str, paths)], capture_output=True, check=True
        ),
        "exiftool, a process for each of 6": lambda: [each(path) for path in paths[:6]],
    }
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(ROUNDS):
        for name, work in contenders.items():
            started = time.perf_counter()
            work()
            spent = time.perf_counter() - started
            times[name].append(spent * (10 if "of 6" in name else 1))
    base = statistics.median(times["biaoshi, 1 thread"])
    print(f"\nverify, {len(paths)} JPEG of 0.1 MB, half of them signed")
    for name, spent_all in times.items():
        own = statistics.median(spent_all)
        print(f"  {name}: {own * 1e3:.1f} ms, {len(paths) / own:.0f} files a second, {own / base:.2f}")


def memory(folder: Path) -> None:
    """What a look at a large file adds to the process."""
    for kind in ("bytes", "path", "mmap"):
        script = (
            "import biaoshi, mmap, resource, sys\n"
            "p = sys.argv[1]\n"
            "f = open(p, 'rb')\n"
            "c = {'bytes': f.read, 'path': lambda: p, "
            "'mmap': lambda: mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)}[sys.argv[2]]()\n"
            "biaoshi.verify(b'# a', name='a.md')\n"
            "a = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
            "biaoshi.verify(c)\n"
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - a)\n"
        )
        large = folder / "large.wav"
        if not large.exists():
            samples = numpy.zeros(24_000_000, numpy.int16)
            large.write_bytes(bytes(biaoshi._native.sound_to_wav(memoryview(samples).cast("B"), 48_000, 1, 16, False)))
        out = subprocess.run([sys.executable, "-c", script, str(large), kind], capture_output=True, text=True, check=True)
        print(f"memory added by verify of a {large.stat().st_size / MIB:.0f} MiB file as {kind}: {int(out.stdout)} KiB")


def imports() -> dict[str, float]:
    """Milliseconds of each import, in a process of its own, with its byte code on the disk; medians."""
    code = "import time; a = time.perf_counter(); {}; print(time.perf_counter() - a)"
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": folder}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)

        def once(program: str) -> float:
            command = [sys.executable, "-c", code.format(program)]
            done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
            return float(done.stdout) * 1e3

        print()
        medians = {}
        everything = "import biaoshi; [getattr(biaoshi, name) for name in biaoshi.__all__]"
        for name, program in {**IMPORTS, WHOLE: everything}.items():
            once(program)
            spent = [once(program) for _ in range(15)]
            medians[name] = statistics.median(spent)
            print(f"{name}: median {medians[name]:.1f} ms, least {min(spent):.1f} ms of 15")
    return medians


def beyond(ratios: dict[str, float], medians: dict[str, float]) -> list[str]:
    """What is slower than it may be."""
    bound = {kind: ratio for kind, ratio in ratios.items() if kind not in (COPIED, READ)}
    slow = [f"{kind}: {ratio:.3f} of Rust" for kind, ratio in bound.items() if ratio > OVERHEAD]
    late = [f"{name}: {spent:.1f} ms" for name, spent in medians.items() if name in IMPORTS and spent >= IMPORT_MS]
    return slow + late


def main() -> None:
    options = [one for one in sys.argv[1:] if one == "--no-limits"]
    timer, *exiftool = [one for one in sys.argv[1:] if one != "--no-limits"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sign = biaoshi.keygen(folder / "identity", organization="Example")
        ratios = overhead(timer, picture(MIB, folder, "labelled", None), 200)
        overhead(timer, picture(MIB, folder, "signed", sign), 50)
        throughput(folder, sign, exiftool)
        memory(folder)
        medians = imports()
    slow = beyond(ratios, medians)
    if slow and not options:
        sys.exit("\n".join(["slower than it may be:", *slow]))


if __name__ == "__main__":
    main()
