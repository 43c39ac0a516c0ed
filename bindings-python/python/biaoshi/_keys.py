"""Who signs, and who is trusted."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Literal

from . import _native

if TYPE_CHECKING:
    import asyncio
    from datetime import datetime
    from typing import Never, Protocol

Algorithm = Literal["ed25519", "es256", "sm2"]
Path = str | os.PathLike[str]
Sign = Callable[[bytes], bytes | Awaitable[bytes]]


class Identity:
    """A private key with its certificates, or an SM2 key alone. The key never leaves it."""

    __slots__ = ("_native",)

    def __init__(self, native: _native.Identity) -> None:
        self._native = native

    @classmethod
    def load(cls, folder: Path) -> Identity:
        """Reads a folder that `keygen` made; `SigningError` for a certificate outside its period."""
        path = os.fspath(folder)
        if "-----BEGIN" in path:
            # An error about this path would show the key.
            raise ValueError("folder: the path of a folder is needed; texts go to Identity.from_pem")
        return cls(_native.Identity.load(path))

    @classmethod
    def from_pem(cls, key: str, chain: str | None = None) -> Identity:
        """Reads a private key and its certificate chain, or an SM2 key alone, as PEM texts."""
        return cls(_native.Identity.from_pem(key, chain))

    @property
    def algorithm(self) -> str:
        """`ed25519`, `es256` or `sm2`."""
        return self._native.algorithm

    @property
    def subject(self) -> str | None:
        """Whom the certificate names; nothing for SM2."""
        return self._native.subject

    @property
    def not_after(self) -> datetime | None:
        """Last second of the certificate's period; nothing for SM2."""
        from datetime import UTC, datetime

        end = self._native.not_after
        return None if end is None else datetime.fromtimestamp(end, UTC)

    def __copy__(self) -> Identity:
        return self

    def __deepcopy__(self, memo: object) -> Identity:
        return self

    def __reduce__(self) -> Never:
        raise TypeError("an Identity can't be pickled, for its key never leaves it: load it where it signs")

    def __repr__(self) -> str:
        return f"<biaoshi.Identity {self.algorithm}, {self.subject}>"


class Signer:
    """Signs by a function, for a key that stays in a key service or a hardware module.

    `sign` gets the message (not its hash) and returns 64 bytes: R and S of RFC 8032 for `ed25519`,
    the numbers r and s in 32 big-endian bytes each for `es256` and `sm2` (RFC 7518 section 3.4). It
    may be a coroutine function: the `…_async` functions run it on their event loop. `chain` is the
    certificate chain as PEM, the signer's own first; SM2 has none and needs `public_key`, a
    SubjectPublicKeyInfo in DER.

    `sign=` takes any callable with the attributes `algorithm` and `chain` (or `public_key`) in place of
    one of these. They are read for each content, so that a key can be replaced meanwhile.
    """

    __slots__ = ("_arguments", "_sign")

    def __init__(
        self,
        sign: Sign,
        *,
        algorithm: Algorithm,
        chain: str | None = None,
        public_key: bytes | None = None,
    ) -> None:
        self._sign = sign
        self._arguments = (algorithm, chain, public_key)
        native_signer(self)

    @property
    def algorithm(self) -> Algorithm:
        """What kind of signature it makes."""
        return self._arguments[0]

    @property
    def chain(self) -> str | None:
        """The certificate chain as PEM."""
        return self._arguments[1]

    @property
    def public_key(self) -> bytes | None:
        """The public key, where there is no certificate."""
        return self._arguments[2]

    def __call__(self, message: bytes, /) -> bytes | Awaitable[bytes]:
        """The signature of a message, or what gives it later."""
        return self._sign(message)


def _settled(answer: bytes | Awaitable[bytes], loop: asyncio.AbstractEventLoop | None) -> bytes:
    """Waits for a signature that comes later."""
    if not isinstance(answer, Awaitable):
        return _signature(answer)
    import asyncio

    async def wait() -> bytes:
        return await answer

    work = wait()
    if loop is not None:
        return _signature(asyncio.run_coroutine_threadsafe(work, loop).result())
    # The library calls from a thread that has no loop.
    return _signature(asyncio.run(work))


def _signature(answer: object) -> bytes:
    if isinstance(answer, bytes | bytearray | memoryview):
        return bytes(answer)
    raise TypeError(f"sign: the signature has to be bytes, not {type(answer).__name__}")


class TrustStore:
    """Whose keys are whose: certificates (anchors) and pinned public keys."""

    __slots__ = ("_native",)

    def __init__(self, *paths: Path) -> None:
        """Reads PEM files, or all PEM files of folders."""
        self._native = _native.TrustStore.load([os.fspath(path) for path in paths])

    @classmethod
    def from_pem(cls, text: str) -> TrustStore:
        """Reads certificates and public keys from a PEM text."""
        made = cls.__new__(cls)
        made._native = _native.TrustStore.from_pem(text)
        return made

    def to_pem(self) -> str:
        """Anchors and keys as PEM."""
        return self._native.to_pem()

    def __reduce__(self) -> tuple[Callable[..., TrustStore], tuple[str, ...]]:
        pem = self.to_pem()
        return (TrustStore.from_pem, (pem,)) if pem else (TrustStore, ())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TrustStore) and self.to_pem() == other.to_pem()

    def __hash__(self) -> int:
        return hash(self.to_pem())

    @property
    def anchors(self) -> tuple[str, ...]:
        """SHA-256 of each certificate, in hex."""
        return tuple(self._native.anchors)

    def __repr__(self) -> str:
        return f"<biaoshi.TrustStore of {', '.join(print[:16] for print in self.anchors) or 'keys'}>"


if TYPE_CHECKING:

    class Signing(Protocol):
        """Any callable that says what it signs with, see `Signer`."""

        @property
        def algorithm(self) -> Algorithm: ...
        @property
        def chain(self) -> str | None: ...
        def __call__(self, message: bytes, /) -> bytes | Awaitable[bytes]: ...

    Signs = Identity | Signing
    Trusts = TrustStore | Path | Iterable[Path]


def native_signer(
    sign: Signs | None, loop: asyncio.AbstractEventLoop | None = None
) -> _native.Identity | _native.CallbackSigner | None:
    """The native part of what signs."""
    if sign is None:
        return None
    if isinstance(sign, Identity):
        return sign._native
    if not callable(sign):
        raise TypeError(f"sign: an Identity, a Signer or a callable like it is needed, not {type(sign).__name__}")
    name = getattr(sign, "__name__", type(sign).__name__)
    if isinstance(sign, type):
        raise TypeError(f"sign: {name} is a class: give an instance of it")
    algorithm = getattr(sign, "algorithm", None)
    chain: str | None = getattr(sign, "chain", None)
    public_key: bytes | None = getattr(sign, "public_key", None)
    if algorithm is None or (chain is None and public_key is None):
        raise TypeError(
            f"sign: {name} does not say what it signs with: write "
            f'sign=biaoshi.Signer({name}, algorithm="es256", chain=PEM) with the algorithm of the key (ed25519, '
            "es256, sm2) and its certificate chain, for sm2 public_key=DER instead; or give it these attributes"
        )
    return _native.CallbackSigner(lambda message: _settled(sign(message), loop), algorithm, chain, public_key)


def trust_store(trust: Trusts | None) -> TrustStore | None:
    """What is trusted, read from files if it is paths."""
    if trust is None or isinstance(trust, TrustStore):
        return trust
    return TrustStore(trust) if isinstance(trust, str | os.PathLike) else TrustStore(*trust)


def keygen(
    folder: Path,
    *,
    organization: str,
    name: str | None = None,
    country: str = "CN",
    days: int = 365,
    algorithm: Algorithm = "ed25519",
) -> Identity:
    """Makes a private identity: a key, its certificate of `days` (1 to 366) and a root of its own.

    Written into `folder`, which is made if need be; nothing is overwritten. Others trust it by its
    `root.pem`.
    """
    common = organization if name is None else name
    return Identity(_native.keygen(os.fspath(folder), organization, common, country, days, algorithm))
