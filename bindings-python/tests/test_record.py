"""Content whose label was lost is found again, by a dict in place of a store."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy
from PIL import Image

import biaoshi
from biaoshi import Label, Record, SoftBinding


def _picture(seed: int) -> bytes:
    numbers = numpy.random.default_rng(seed)
    coarse = Image.fromarray(numbers.integers(40, 216, (8, 8, 3), numpy.uint8))
    ground = numpy.asarray(coarse.resize((448, 448), Image.Resampling.BICUBIC), numpy.int16)
    grain = numbers.integers(-12, 13, (448, 448, 1), numpy.int16)
    held = io.BytesIO()
    Image.fromarray((ground + grain).clip(0, 255).astype(numpy.uint8)).save(held, "PNG")
    return held.getvalue()


def _stripped(content: bytes) -> bytes:
    picture = Image.open(io.BytesIO(content))
    held = io.BytesIO()
    Image.fromarray(numpy.asarray(picture)).save(held, "JPEG", quality=90)
    return held.getvalue()


def _resolve(known: dict[SoftBinding, Record], content: bytes) -> dict[str, Any]:
    """What a server answers to `/matches/byContent`."""
    asked = biaoshi.Verifier().record(content)
    matches = []
    for one in (known[binding] for binding in asked.bindings if binding in known):
        distance = one.distance(asked)
        score = {} if distance is None else {"similarityScore": 100 - 100 * distance // 64}
        matches.append({"manifestId": one.manifest_id, **score})
    return {"matches": matches}


def test_a_lost_label_is_found_again(keys: Path) -> None:
    labeler = biaoshi.Labeler(notice=biaoshi.Notice.none("test"), sign=biaoshi.Identity.load(keys), watermark=True)
    known: dict[SoftBinding, Record] = {}
    contents = []
    for number in range(2):
        done = labeler.label(_picture(number), label=Label("example-provider", produce_id=f"number-{number}"))
        record = biaoshi.Verifier().record(done.content)
        assert record.manifest is not None and record.manifest in done.content
        assert record.label is not None and record.label.produce_id == f"number-{number}"
        assert record.sha256 == done.receipt.sha256 and record.report.status is biaoshi.Status.CONFIRMED
        (binding,) = record.bindings
        assert (binding.alg, len(binding.value), binding.key) == ("org.biaoshi.lattice.1", 8, None)
        known[binding] = record
        contents.append(done.content)
    copy = _stripped(contents[1])
    assert not biaoshi.verify(copy).carries_intact_label
    (found,) = _resolve(known, copy)["matches"]
    assert found["manifestId"] == list(known.values())[1].manifest_id
    assert found["manifestId"].startswith("urn:c2pa:") and found["similarityScore"] > 84
    assert _resolve(known, _picture(1)) == {"matches": []}


def test_records_of_secret_keys_and_of_texts(tmp_path: Path) -> None:
    read = biaoshi.Verifier().record
    assert read(b"# Spring", name="a.md").distance(read(_picture(1))) is None
    for name in ("a.key", "b.key"):
        (tmp_path / name).write_bytes(name.encode() * 8)
        (tmp_path / name).chmod(0o600)
    (tmp_path / "in.png").write_bytes(_picture(3))
    label = ["label", "in.png", "-o", "out.png", "--producer", "example-provider", "--explicit", "none"]
    mark = ["--reason", "test", "--watermark-key", "a.key", "--watermark-bits", "00000000000004d2"]
    command = [sys.executable, "-m", "biaoshi", *label, *mark]
    subprocess.run(command, check=True, cwd=tmp_path, stdout=subprocess.DEVNULL)
    assert read(tmp_path / "out.png").bindings == ()
    (binding,) = read(tmp_path / "out.png", watermark_keys=[tmp_path / "b.key", tmp_path / "a.key"]).bindings
    assert int.from_bytes(binding.value, "big") == 1234 and binding.key is not None and len(binding.key) == 16
