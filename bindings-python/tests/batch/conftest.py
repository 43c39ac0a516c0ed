"""Contents of known standing, and a local S3 server."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator

# The engines report their use over the network unless told not to; tests reach nothing but loopback.
os.environ.update(
    DO_NOT_TRACK="1",
    DAFT_ANALYTICS_ENABLED="0",
    RAY_USAGE_STATS_ENABLED="0",
    RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO="0",
    AWS_EC2_METADATA_DISABLED="true",
    AWS_ACCESS_KEY_ID="testing",
    AWS_SECRET_ACCESS_KEY="testing",
    AWS_DEFAULT_REGION="us-east-1",
)

import pytest

import biaoshi

from .samples import BARE, LABEL, Stores, png


@pytest.fixture(scope="session")
def identity(tmp_path_factory: pytest.TempPathFactory) -> biaoshi.Identity:
    return biaoshi.keygen(tmp_path_factory.mktemp("keys") / "identity", organization="Example")


@pytest.fixture(scope="session")
def contents(identity: biaoshi.Identity) -> dict[str, bytes]:
    """By file name: plain, labelled, signed, changed after signing, words, and what can't be read."""
    plain = png()
    signed = biaoshi.label(plain, label=LABEL, notice=BARE, sign=identity)
    at = signed.index(b"IDAT") + 12
    changed = bytearray(signed)
    changed[at] ^= 1
    return {
        "plain.png": plain,
        "labelled.png": biaoshi.label(plain, label=LABEL, notice=BARE),
        "signed.png": signed,
        "changed.png": bytes(changed),
        "words.md": biaoshi.label(b"# A text\n", label=LABEL, name="words.md"),
        "other.jpg": plain,
        "unknown.bin": b"\x00\x01\x02\x03",
        "empty.png": b"",
        "cut.png": plain[:40],
    }


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """The address of a local S3 server."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def stores(s3: str) -> Stores:
    """A bucket of the test's own."""
    return Stores(s3, f"test-{uuid.uuid4().hex[:12]}")
