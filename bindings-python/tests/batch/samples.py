"""Contents of known standing, what a row about them has to say, and buckets to keep them in."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import biaoshi

from ..conftest import ROOT

PRODUCER = "001191110102MACQD9K64010000"
LABEL = biaoshi.Label(PRODUCER)
BARE = biaoshi.Notice.none("a test of metadata")
VECTORS = ROOT / "test-vectors"


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int = 64, height: int = 48) -> bytes:
    rows = b"".join(b"\0" + bytes((x * y) % 256 for x in range(width)) for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def wav(length: int) -> bytes:
    """Sound of `length` samples of 8 bits."""
    head = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8000, 8000, 1, 8)
    data = b"data" + struct.pack("<I", length) + bytes(n * n % 251 for n in range(997)) * (length // 997 + 1)
    body = b"WAVE" + head + data[: 8 + length] + b"\0" * (length % 2)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def expected(content: Any, name: str | None = None, **options: Any) -> dict[str, Any]:
    """What a row has to say, by the attributes of one report."""
    row: dict[str, Any] = dict.fromkeys(
        ["status", "format", "bytes", "carries_intact_label", "is_broken", "findings", "verdicts", "report"]
    )
    row["error"] = row["error_code"] = None
    try:
        report = biaoshi.verify(content, name=name, **options)
    except biaoshi.BiaoshiError as error:
        return row | {"error": error.text(), "error_code": error.code}
    codes: list[str] = []
    for finding in report.findings:
        if finding.code not in codes:
            codes.append(finding.code)
    return row | {
        "status": report.status.value,
        "format": report.format.value,
        "bytes": report.bytes,
        "carries_intact_label": report.carries_intact_label,
        "is_broken": report.is_broken,
        "findings": codes,
        "verdicts": [{"profile": one.profile, "outcome": one.outcome.value} for one in report.verdicts],
    }


class Stores:
    """The three kinds of file systems over one S3 bucket."""

    def __init__(self, address: str, bucket: str) -> None:
        import boto3

        self.address, self.bucket = address, bucket
        self.client = boto3.client("s3", endpoint_url=address)
        self.client.create_bucket(Bucket=bucket)

    def put(self, files: dict[str, bytes]) -> None:
        for name, data in files.items():
            self.client.put_object(Bucket=self.bucket, Key=name, Body=data)

    def get(self, kind: str) -> tuple[Any, str]:
        """A file system, and what its paths begin with."""
        if kind == "fsspec":
            import s3fs

            return s3fs.S3FileSystem(endpoint_url=self.address, skip_instance_cache=True), f"{self.bucket}/"
        if kind == "pyarrow":
            from pyarrow.fs import S3FileSystem

            options = {"allow_bucket_creation": False, "check_directory_existence_before_creation": False}
            host = self.address.removeprefix("http://")
            return S3FileSystem(endpoint_override=host, scheme="http", **options), f"{self.bucket}/"
        import obstore.store

        store = obstore.store.S3Store(
            self.bucket,
            endpoint=self.address,
            virtual_hosted_style_request=False,
            client_options={"allow_http": True},
        )
        return store, ""
