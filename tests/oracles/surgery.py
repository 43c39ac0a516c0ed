"""Taking files apart and putting them together, without the code under test."""

import struct
import zlib

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


class Part:
    """A PNG chunk, a JPEG marker segment or a RIFF chunk: `kind` and payload."""

    def __init__(self, kind, data):
        self.kind, self.data = kind, bytes(data)


def split(fmt, data):
    return {"png": _split_png, "jpeg": _split_jpeg, "webp": _split_webp}[fmt](data)


def join(fmt, parts):
    return {"png": _join_png, "jpeg": _join_jpeg, "webp": _join_webp}[fmt](parts)


def _split_png(data):
    assert data.startswith(PNG_SIGNATURE)
    at, parts = 8, []
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        parts.append(Part(kind, data[at + 8 : at + 8 + length]))
        at += 12 + length
    return parts


def png_chunk(kind, data):
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def _join_png(parts):
    return PNG_SIGNATURE + b"".join(png_chunk(p.kind, p.data) for p in parts)


def _split_jpeg(data):
    """Marker segments up to the first scan; `kind` "rest" is everything from there."""
    assert data.startswith(b"\xff\xd8")
    at, parts = 2, []
    while data[at + 1] != 0xDA:
        assert data[at] == 0xFF
        length = struct.unpack(">H", data[at + 2 : at + 4])[0]
        parts.append(Part(data[at + 1], data[at + 4 : at + 2 + length]))
        at += 2 + length
    return [*parts, Part("rest", data[at:])]


def jpeg_segment(marker, data):
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def _join_jpeg(parts):
    out = b"\xff\xd8"
    for p in parts:
        out += p.data if p.kind == "rest" else jpeg_segment(p.kind, p.data)
    return out


def _split_webp(data):
    assert data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    at, parts = 12, []
    while at < len(data):
        kind, length = struct.unpack("<4sI", data[at : at + 8])
        parts.append(Part(kind, data[at + 8 : at + 8 + length]))
        at += 8 + length + (length & 1)
    return parts


def _join_webp(parts):
    body = b"WEBP"
    for p in parts:
        body += p.kind + struct.pack("<I", len(p.data)) + p.data + b"\0" * (len(p.data) & 1)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def is_store(fmt, part):
    """Whether the part holds (a piece of) the C2PA manifest store."""
    if fmt == "jpeg":
        return part.kind == 0xEB and part.data[:2] == b"JP"
    return part.kind == {"png": b"caBX", "webp": b"C2PA"}[fmt]


def is_xmp(fmt, part):
    if fmt == "jpeg":
        return part.kind == 0xE1 and part.data.startswith(b"http://ns.adobe.com/xap/1.0/\0")
    if fmt == "png":
        return part.kind == b"iTXt" and part.data.startswith(b"XML:com.adobe.xmp\0")
    return part.kind == b"XMP "


def is_pixels(fmt, part):
    return part.kind in {"png": (b"IDAT",), "jpeg": ("rest",), "webp": (b"VP8 ", b"VP8L")}[fmt]


def foreign(fmt, data):
    """Another picture's bytes in a part that every reader skips."""
    if fmt == "jpeg":
        return Part(0xEC, data[:60_000])
    return Part(b"prVt" if fmt == "png" else b"PRVT", data)
