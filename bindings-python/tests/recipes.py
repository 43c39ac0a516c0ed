"""Signed vectors: how one is made, and what is done to it afterwards (test-vectors/README.md)."""

from __future__ import annotations

import functools
import tempfile
import zlib
from pathlib import Path
from typing import Any

import biaoshi
from biaoshi import Identity, Label, Labeler, Notice, TrustStore, Verifier

NAMES = {"main": ("ed25519", "Vectors"), "p256": ("es256", "Vectors P-256"), "lookalike": ("ed25519", "Vectors")}
RUNS = ("bytes", "offset", "length", "serial", "time", "issuer", "certificate_sha256", "unique_id")


@functools.cache
def _key(name: str) -> tuple[Identity, str]:
    algorithm, organization = NAMES[name]
    with tempfile.TemporaryDirectory() as folder:
        made = biaoshi.keygen(
            Path(folder) / "key",
            organization=organization,
            name=f"{organization} signer",
            days=2,
            algorithm=algorithm,  # type: ignore[arg-type]
        )
        return made, (Path(folder) / "key" / "root.pem").read_text()


def _sign(content: bytes, op: dict[str, Any]) -> bytes:
    labeler = Labeler(notice=Notice.none("vector"), sign=_key(op.get("key", "main"))[0])
    signed: bytes = labeler.label(content, label=Label(**op["label"])).content
    return signed


def _slot(content: bytes | bytearray, name: str) -> slice:
    parts = [part for part in biaoshi.inspect(bytes(content)).segments if part.slot == name]
    return slice(parts[0].offset, parts[-1].offset + parts[-1].length)


def _repair(content: bytearray, form: str, at: int) -> None:
    """Makes checksums and sizes right again, as an attacker would."""
    if form == "png":
        for part in biaoshi.inspect(bytes(content)).segments:
            begin, end = part.offset, part.offset + part.length
            if part.name != "signature" and begin <= at < end:
                content[end - 4 : end] = zlib.crc32(content[begin + 4 : end - 4]).to_bytes(4, "big")
    elif form == "webp":
        content[4:8] = (len(content) - 8).to_bytes(4, "little")


def _foreign(form: str, data: bytes) -> bytes:
    if form == "png":
        body = b"prVt" + data
        return len(data).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")
    if form == "jpeg":
        return b"\xff\xec" + (len(data) + 2).to_bytes(2, "big") + data
    return b"JUNK" + len(data).to_bytes(4, "little") + data + bytes(len(data) % 2)


def _step(held: bytes, op: dict[str, Any], folder: Path) -> bytes:
    form = biaoshi.inspect(held).format.value
    content = bytearray(held)
    kind = op["op"]
    if kind == "sign":
        return _sign(held, op)
    if kind in ("strip_store", "drop_metadata"):
        del content[_slot(content, "c2pa" if kind == "strip_store" else "xmp")]
        _repair(content, form, 0)
    elif kind in ("edit_metadata", "edit_store"):
        place = _slot(content, "c2pa" if kind == "edit_store" else "xmp")
        find, new = op["find"].encode(), op["replace"].encode()
        assert len(find) == len(new) and find in content[place]
        content[place] = content[place].replace(find, new)
        _repair(content, form, place.start)
    elif kind == "flip_pixel":
        # Of several equally large parts the last.
        part = max(reversed([p for p in biaoshi.inspect(held).segments if p.essence]), key=lambda p: p.length)
        at = part.offset + part.length // 2
        content[at] ^= 1
        _repair(content, form, at)
    elif kind == "corrupt_store":
        place = _slot(content, "c2pa")
        at = place.start + (place.stop - place.start) // 2
        content[at] ^= 1
        _repair(content, form, at)
    elif kind == "transplant_from":
        other = _sign((folder / op["file"]).read_bytes(), op)
        content[_slot(content, "c2pa")] = other[_slot(other, "c2pa")]
        _repair(content, form, 0)
    elif kind == "foreign_segment":
        place = _slot(content, "c2pa")
        at = place.start if op["where"] == "before_store" else place.stop
        content[at:at] = _foreign(form, b"another picture could hide here")
        _repair(content, form, 0)
    elif kind == "trailing":
        content += op["text"].encode()
    elif kind == "truncate":
        del content[len(content) - op["bytes"] :]
    else:
        raise AssertionError(f"unknown operation {kind}")
    return bytes(content)


def _normal(value: Any) -> Any:
    """Leaves out what differs from run to run."""
    if isinstance(value, str):
        head, mark, _ = value.partition("biaoshi-c2pa-1:")
        return f"{head}{mark}*" if mark else value
    if isinstance(value, list):
        return [_normal(one) for one in value]
    if isinstance(value, dict):
        manifest = str(value.get("code", "")).startswith("manifest.")
        kept = {key: one for key, one in value.items() if key not in RUNS and not (manifest and key == "message")}
        if isinstance(kept.get("codes"), list):
            kept["codes"] = sorted(set(kept["codes"]))
        return {key: _normal(one) for key, one in kept.items()}
    return value


def run(content: bytes, recipe: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Carries out a recipe and gives the report in normal form."""
    for op in recipe["ops"]:
        content = _step(content, op, folder)
    trust = TrustStore.from_pem(_key(recipe["trust"])[1]) if recipe["trust"] else None
    out: dict[str, Any] = _normal({"report": Verifier(trust=trust).verify(content).to_dict()})
    return out
