"""Who signs, and who is trusted."""

from __future__ import annotations

import asyncio
import pickle
import threading
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

import biaoshi
from biaoshi import Label, Signer, TrustStore


def _key(keys: Path) -> Ed25519PrivateKey:
    key = load_pem_private_key((keys / "key.pem").read_bytes(), None)
    assert isinstance(key, Ed25519PrivateKey)
    return key


def _trusted(content: bytes, keys: Path) -> bool:
    report = biaoshi.verify(content, trust=keys / "root.pem")
    return all(one.key is not None and one.key.value == "trusted" for one in report.evidence) and bool(report.evidence)


def test_an_identity_signs_and_its_root_is_trusted(jpeg: bytes, label: Label, keys: Path) -> None:
    identity = biaoshi.Identity.load(keys)
    assert identity.algorithm == "ed25519" and identity.subject and identity.not_after is not None
    done = biaoshi.Labeler(sign=identity).label(jpeg, label=label)
    assert done.receipt.signed and _trusted(done.content, keys)
    report = biaoshi.verify(done.content)
    assert report.has("manifest.untrusted_signer") and not report.is_broken
    changed = bytearray(done.content)
    changed[-20] ^= 1
    assert biaoshi.verify(changed).is_broken


def test_the_manifest_in_its_own_form(jpeg: bytes, label: Label, keys: Path) -> None:
    signed = biaoshi.label(jpeg, label=label, sign=biaoshi.Identity.load(keys))
    document = biaoshi.Verifier(trust=keys / "root.pem").crjson(signed)
    assert document is not None and len(document["manifests"]) == 1
    assert biaoshi.Verifier().crjson(jpeg) is None


def test_trust_by_path_text_and_store(keys: Path) -> None:
    pem = (keys / "root.pem").read_text()
    assert TrustStore(keys / "root.pem").anchors == TrustStore.from_pem(pem).anchors
    assert len(TrustStore.from_pem(pem).anchors) == 1
    assert TrustStore.from_pem(pem).to_pem().strip() == pem.strip()
    assert pickle.loads(pickle.dumps(TrustStore.from_pem(pem))).to_pem() == TrustStore.from_pem(pem).to_pem()
    with pytest.raises(biaoshi.SigningError):
        TrustStore.from_pem("nothing")
    with pytest.raises(FileNotFoundError):
        TrustStore(keys / "other.pem")


def test_a_key_in_a_key_service_signs(jpeg: bytes, label: Label, keys: Path) -> None:
    signer = Signer(_key(keys).sign, algorithm="ed25519", chain=(keys / "chain.pem").read_text())
    assert _trusted(biaoshi.label(jpeg, label=label, sign=signer), keys)


def test_a_coroutine_signs_on_its_own_loop(jpeg: bytes, label: Label, keys: Path) -> None:
    key, chain = _key(keys), (keys / "chain.pem").read_text()
    seen: list[Any] = []

    async def sign(message: bytes) -> bytes:
        await asyncio.sleep(0.01)
        seen.append((asyncio.get_running_loop(), threading.current_thread()))
        return key.sign(message)

    async def work() -> bytes:
        signer = Signer(sign, algorithm="ed25519", chain=chain)
        out: bytes = await biaoshi.label_async(jpeg, label=label, sign=signer)
        assert seen[0] == (asyncio.get_running_loop(), threading.main_thread())
        out = await biaoshi.propagate_async(out, propagator="example-platform", sign=signer)
        assert (await biaoshi.verify_async(out)).has("manifest.untrusted_signer")
        return out

    assert _trusted(asyncio.run(work()), keys)
    # Without a loop the coroutine gets one of its own.
    signer = Signer(sign, algorithm="ed25519", chain=chain)
    assert _trusted(biaoshi.label(jpeg, label=label, sign=signer), keys)


def test_what_a_signer_raises_is_raised(jpeg: bytes, label: Label, keys: Path, tmp_path: Path) -> None:
    class Down(Exception):
        pass

    def sign(_: bytes) -> bytes:
        raise Down("the key service is down")

    chain = (keys / "chain.pem").read_text()
    signer = Signer(sign, algorithm="ed25519", chain=chain)
    with pytest.raises(Down, match="is down"):
        biaoshi.label(jpeg, label=label, sign=signer)
    source = tmp_path / "a.jpg"
    source.write_bytes(jpeg)
    with pytest.raises(Down):
        biaoshi.label(source, tmp_path / "b.jpg", label=label, sign=signer)
    assert [path.name for path in tmp_path.iterdir()] == ["a.jpg"]
    for wrong in (b"", b"x" * 64, "text"):
        wrong_signer = Signer(lambda _, wrong=wrong: wrong, algorithm="ed25519", chain=chain)  # type: ignore[misc]
        with pytest.raises((biaoshi.BiaoshiError, TypeError)):
            biaoshi.label(jpeg, label=label, sign=wrong_signer)


def test_no_secret_is_shown(keys: Path) -> None:
    secret = (keys / "key.pem").read_text().splitlines()[1]
    identity = biaoshi.Identity.load(keys)
    assert secret not in repr(identity)
    with pytest.raises(biaoshi.SigningError) as raised:
        biaoshi.Identity.from_pem((keys / "key.pem").read_text(), (keys / "root.pem").read_text())
    assert secret not in str(raised.value) + raised.value.text("zh") + raised.value.hint


def test_keygen_overwrites_nothing(keys: Path, tmp_path: Path) -> None:
    with pytest.raises(biaoshi.RefusedError):
        biaoshi.keygen(keys, organization="Example")
    with pytest.raises(biaoshi.InvalidError):
        biaoshi.keygen(tmp_path / "x", organization="Example", days=0)
    assert not (tmp_path / "x").exists()
    sm2 = biaoshi.keygen(tmp_path / "sm2", organization="Example", algorithm="sm2")
    assert sm2.algorithm == "sm2" and sm2.subject is None and sm2.not_after is None


def test_no_error_shows_a_key_that_was_given_as_a_path(keys: Path) -> None:
    text = (keys / "key.pem").read_text()
    with pytest.raises(ValueError, match="from_pem") as raised:
        biaoshi.Identity.load(text)
    assert text.splitlines()[1] not in str(raised.value)
