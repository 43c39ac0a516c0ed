"""Who signs, and who is trusted."""

from __future__ import annotations

import asyncio
import functools
import pickle
import threading
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

import biaoshi
from biaoshi import Label, Signer, TrustStore
from biaoshi._keys import Algorithm


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


class _Service:
    """A key service, as people write one."""

    algorithm: Algorithm = "ed25519"

    def __init__(self, keys: Path) -> None:
        self.chain = (keys / "chain.pem").read_text()
        self.key = _key(keys)
        self.calls = 0

    def __call__(self, message: bytes) -> bytes:
        self.calls += 1
        return self.key.sign(message)


class _AsyncService(_Service):
    async def __call__(self, message: bytes) -> bytes:  # type: ignore[override]
        self.loop = asyncio.get_running_loop()
        return self.key.sign(message)


def test_a_callable_that_says_what_it_signs_with(jpeg: bytes, label: Label, keys: Path, tmp_path: Path) -> None:
    service = _Service(keys)
    assert _trusted(biaoshi.label(jpeg, label=label, sign=service), keys) and service.calls == 1
    done = biaoshi.propagate(biaoshi.label(jpeg, label=label), propagator="example-platform", sign=service)
    assert not biaoshi.verify(done).has("manifest.missing") and service.calls == 2

    def sign(message: bytes) -> bytes:
        return service(message)

    sign.algorithm, sign.chain = "ed25519", service.chain  # type: ignore[attr-defined]
    assert _trusted(biaoshi.label(jpeg, label=label, sign=sign), keys)  # type: ignore[call-overload]
    part: Any = functools.partial(service)
    part.algorithm, part.chain = "ed25519", service.chain
    assert _trusted(biaoshi.Labeler(sign=part).label(jpeg, label=label).content, keys)
    # A Signer is one of them.
    signer = Signer(sign, algorithm="ed25519", chain=service.chain)
    assert (signer.algorithm, signer.chain, signer.public_key) == ("ed25519", service.chain, None)
    assert signer(b"a") == service.key.sign(b"a")


def test_a_callable_that_signs_later(jpeg: bytes, label: Label, keys: Path) -> None:
    service = _AsyncService(keys)

    async def work() -> bytes:
        out: bytes = await biaoshi.label_async(jpeg, label=label, sign=service)
        assert service.loop is asyncio.get_running_loop()
        return out

    assert _trusted(asyncio.run(work()), keys)
    assert _trusted(biaoshi.label(jpeg, label=label, sign=service), keys)


def test_sm2_needs_a_public_key_and_no_chain(label: Label) -> None:
    class Sm2:
        algorithm: Algorithm = "sm2"
        chain = None
        public_key = b"no key"

        def __call__(self, message: bytes) -> bytes:
            return bytes(64)

    with pytest.raises(biaoshi.SigningError):
        biaoshi.label(b"# a", label=label, name="a.md", sign=Sm2())


def test_the_key_is_asked_for_each_content(jpeg: bytes, label: Label, keys: Path, tmp_path: Path) -> None:
    biaoshi.keygen(tmp_path / "next", organization="Next")
    service = _Service(keys)
    labeler = biaoshi.Labeler(sign=service)
    assert _trusted(labeler.label(jpeg, label=label).content, keys)
    other = _Service(tmp_path / "next")
    service.chain, service.key = other.chain, other.key
    assert _trusted(labeler.label(jpeg, label=label).content, tmp_path / "next")


def test_a_function_alone_says_what_is_missing(jpeg: bytes, label: Label, keys: Path) -> None:
    def kms_sign(message: bytes) -> bytes:
        raise AssertionError("never asked")

    async def later(message: bytes) -> bytes:
        raise AssertionError("never asked")

    half: Any = functools.partial(kms_sign)
    half.algorithm = "ed25519"
    for sign, name in ((kms_sign, "kms_sign"), (later, "later"), (half, "partial"), (len, "len")):
        given: Any = sign
        with pytest.raises(TypeError) as raised:
            biaoshi.label(jpeg, label=label, sign=given)
        assert f'sign=biaoshi.Signer({name}, algorithm="es256", chain=PEM)' in str(raised.value)
    wrong: tuple[Any, ...] = (_Service, 3, "key", keys)
    for other in wrong:
        with pytest.raises(TypeError, match="^sign: "):
            biaoshi.Labeler(sign=other)
    unknown: Any = _Service(keys)
    unknown.algorithm = "rsa"
    with pytest.raises(ValueError, match="algorithm"):
        biaoshi.Labeler(sign=unknown)
    number: Any = Signer(lambda _: 64, algorithm="ed25519", chain=_Service(keys).chain)  # type: ignore[arg-type, return-value]
    with pytest.raises(TypeError, match="has to be bytes, not int"):
        biaoshi.label(jpeg, label=label, sign=number)


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
