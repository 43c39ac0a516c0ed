"""What programs by others see in a file: its content without our label, and what they complain about.

A view gives the same value for two files with the same content. It raises `Refused` where the
program does not read the file at all.
"""

import hashlib
import json
import os
import re
import subprocess
import tempfile
import zipfile
from pathlib import Path

import suite

TC260 = "{http://www.tc260.org.cn/ns/AIGC/1.0/}"
OURS = TC260 + "AIGC"
# Larger pictures take longer than they tell.
PIXELS = 16 << 20


# What a decoder reads of memory that it did not set is the same in each run, with the C library of GNU.
ENVIRONMENT = {**os.environ, "MALLOC_PERTURB_": "85"}


class Refused(Exception):
    """The program does not read this file."""


def run(*command, timeout=120):
    command = [str(part) for part in command]
    try:
        done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=timeout, env=ENVIRONMENT)
    except subprocess.TimeoutExpired:
        raise Refused("timeout") from None
    return done.returncode, done.stdout, done.stderr.decode("utf-8", "replace")


def digest(*parts):
    found = hashlib.sha256()
    for part in parts:
        found.update(part if isinstance(part, bytes) else repr(part).encode())
        found.update(b"\0")
    return found.hexdigest()


# Sound and video.


def without_label(found):
    """Tags without ours; an empty list of tags is none."""
    if isinstance(found, dict):
        kept = {k: without_label(v) for k, v in found.items() if k.upper() != "AIGC"}
        return {k: v for k, v in kept.items() if not (k == "tags" and v == {})}
    return [without_label(inner) for inner in found] if isinstance(found, list) else found


def packets(path):
    """Each packet's hash, times and flags, the streams, chapters, durations and tags."""
    show = ["-show_format", "-show_streams", "-show_chapters", "-show_packets", "-show_data_hash", "sha256"]
    status, out, _ = run("ffprobe", "-v", "quiet", "-of", "json", *show, path)
    try:
        found = json.loads(out.decode("utf-8", "replace"))
        found["format"]
    except (ValueError, KeyError):
        raise Refused(f"exit status {status}") from None
    # The average over the file, label and all.
    for key in ("filename", "size", "bit_rate", "probe_score"):
        found["format"].pop(key, None)
    for packet in found.get("packets", []):
        packet.pop("pos", None)
    return status, json.dumps(without_label(found), sort_keys=True)


def streams(path):
    """A hash of each stream as it is stored."""
    status, out, _ = run(*FFMPEG, "-i", path, "-map", "0", "-c", "copy", "-f", "streamhash", "-")
    if not out.strip():
        raise Refused(f"exit status {status}")
    return status, out


def frames(path):
    """A hash of each decoded frame, with its time."""
    kinds = ["-map", "0:v?", "-map", "0:a?"]
    status, out, _ = run(*FFMPEG, "-i", path, *kinds, "-f", "framehash", "-hash", "sha256", "-")
    lines = [line for line in out.splitlines() if not line.startswith(b"#")]
    if not lines:
        raise Refused(f"exit status {status}")
    return status, digest(out)


FFMPEG = ["ffmpeg", "-v", "error", "-nostdin", "-threads", "1"]


def flac_samples(path):
    status, out, _ = run("flac", "-dcs", "--force-raw-format", "--endian=little", "--sign=signed", path)
    if status and not out:
        raise Refused(f"exit status {status}")
    return status, digest(out)


def wave_samples(path):
    import wave

    try:
        with wave.open(str(path)) as file:
            return file.getparams(), digest(file.readframes(file.getnframes()))
    except (wave.Error, EOFError) as e:
        raise Refused(type(e).__name__) from None


def captions(path):
    import webvtt

    try:
        return [(c.start, c.end, c.identifier, c.raw_text) for c in webvtt.read(str(path))]
    except (webvtt.errors.MalformedFileError, UnicodeDecodeError) as e:
        raise Refused(type(e).__name__) from None


# Pictures.


def pillow(path):
    """Every frame's pixels, size and duration, and the colour profile."""
    import pillow_heif
    from PIL import Image, ImageSequence

    pillow_heif.register_heif_opener()
    out = []
    try:
        with Image.open(path) as image:
            if image.width * image.height > PIXELS:
                raise Refused("too large for this test")
            profile = image.info.get("icc_profile")
            for frame in ImageSequence.Iterator(image):
                out.append((frame.mode, frame.size, frame.info.get("duration"), digest(frame.tobytes())))
    except Refused:
        raise
    # A decoder of hostile files ends with whatever came first.
    except Exception as e:
        out.append(type(e).__name__)
        if len(out) == 1:
            raise Refused(out[0]) from None
        return out
    return out, profile and digest(profile)


def heif(path):
    """The pixels of every picture that libheif's own program writes."""
    with tempfile.TemporaryDirectory() as folder:
        status, _, _ = run("heif-convert", path, Path(folder) / "out.png")
        found = [pillow(picture) for picture in sorted(Path(folder).iterdir())]
    if not found:
        raise Refused(f"exit status {status}")
    return status, found


def jxl(path):
    """The pixels, and the JPEG that the file was made from, if it was."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        picture, original = Path(folder) / "out.png", Path(folder) / "out.jpg"
        status, _, _ = run("djxl", "--quiet", "--num_threads=1", path, picture)
        found.append((status, pillow(picture) if picture.exists() else None))
        if b"jbrd" in path.read_bytes():
            status, _, _ = run("djxl", "--quiet", "--num_threads=1", path, original)
            found.append((status, digest(original.read_bytes()) if original.exists() else None))
    if all(one is None for _, one in found):
        raise Refused(f"exit status {found[0][0]}")
    return found


def drawing(path):
    """Every element, attribute and text; within metadata all that is not ours."""
    from lxml import etree

    try:
        root = etree.fromstring(path.read_bytes(), etree.XMLParser(resolve_entities=False, no_network=True))
    except (etree.XMLSyntaxError, ValueError) as e:
        raise Refused(type(e).__name__) from None
    out, inside = [], []
    for node in root.iter():
        if node.tag == OURS or (node.tag == SOURCE_TYPE and node.text == suite.AI):
            continue
        kept = sorted((k, v) for k, v in node.attrib.items() if k not in (OURS, RDF + "about", TOOLKIT))
        texts = [text.strip() for text in (node.text, node.tail) if text and text.strip()]
        held = any(str(up.tag).endswith("}metadata") for up in (node, *node.iterancestors()))
        if held and node.tag is etree.ProcessingInstruction:
            continue
        if not held:
            out.append((str(node.tag), kept, texts))
        elif kept or texts:
            inside.append((str(node.tag), kept, texts))
    return digest(out), digest(inside)


SOURCE_TYPE = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType"
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
TOOLKIT = "{adobe:ns:meta/}xmptk"


# Documents.


def pages(path):
    """Every page's content streams as they are stored, its boxes, the Info dictionary and the attachments."""
    import pikepdf

    try:
        with pikepdf.open(path) as document:
            out = [page_of(page) for page in document.pages]
            info = {str(k): repr(v) for k, v in document.trailer.get("/Info", {}).items() if k != "/AIGC"}
            files = {name: digest(spec.get_file().read_bytes()) for name, spec in document.attachments.items()}
            return digest(out), digest(sorted(info.items())), digest(sorted(files.items())), len(out)
    except Exception as e:
        raise Refused(type(e).__name__) from None


def page_of(page):
    import pikepdf

    contents = page.obj.get("/Contents", [])
    parts = contents if isinstance(contents, pikepdf.Array) else [contents]
    keys = sorted(str(key) for key in page.obj.keys())
    return [part.read_raw_bytes() for part in parts], repr(page.obj.get("/Rotate")), repr(page.mediabox), keys


def text_of_pdf(path):
    status, out, _ = run("pdftotext", path, "-")
    if status:
        raise Refused(f"exit status {status}")
    return out


# Parts that are ours to extend, whole or in part; what else is in them the package's own reader compares.
LISTS = {"[Content_Types].xml", "_rels/.rels", "meta.xml", "META-INF/manifest.xml", "docProps/custom.xml"}


def entries(path):
    """The order, kind and content of every entry that has not to do with properties."""
    try:
        with zipfile.ZipFile(path) as archive:
            out = []
            for entry in archive.infolist():
                name = entry.filename
                if name in LISTS or name.endswith(".opf") or "custom" in name.lower():
                    continue
                out.append((name, entry.compress_type, entry.CRC, entry.compress_size, entry.date_time, entry.extra, entry.external_attr))
            return digest(out), archive.comment, archive.testzip()
    # zipfile ends at a broken entry in a dozen ways.
    except Exception as e:
        raise Refused(type(e).__name__) from None


def word(path):
    import docx

    return opened(lambda: [p.text for p in docx.Document(str(path)).paragraphs])


def sheets(path):
    import openpyxl

    def cells():
        book = openpyxl.load_workbook(path)
        kept = [(p.name, repr(p.value)) for p in book.custom_doc_props.props if p.name != "AIGC"]
        return [(s.title, [[repr(c.value) for c in row] for row in s.iter_rows()]) for s in book.worksheets], kept

    return opened(cells)


def slides(path):
    import pptx

    def shapes():
        return [[s.text_frame.text for s in slide.shapes if s.has_text_frame] for slide in pptx.Presentation(str(path)).slides]

    return opened(shapes)


def opendocument(path):
    from odf import opendocument as odf
    from odf import teletype

    def parts():
        document = odf.load(str(path))
        meta = [(node.qname, sorted(node.attributes.items()), teletype.extractText(node)) for node in document.meta.childNodes]
        return teletype.extractText(document.body), [one for one in meta if "AIGC" not in repr(one)]

    return opened(parts)


def book(path):
    from ebooklib import epub

    def items():
        found = epub.read_epub(str(path))
        metadata = [(k, t, sorted((a or {}).items())) for e in found.metadata.values() for k, v in e.items() for t, a in v]
        kept = [m for m in metadata if "AIGC" not in repr(m)]
        return [(i.file_name, digest(i.get_content())) for i in found.get_items()], repr(kept)

    return opened(items)


def opened(read):
    try:
        return digest(read())
    # These libraries raise whatever the first missing part leads to.
    except Exception as e:
        raise Refused(type(e).__name__) from None


# Text.


def hypertext(path):
    """Every element with its attributes and texts; a parser makes up html, head and body by itself."""
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(path.read_bytes(), "lxml")
    for node in soup.find_all("meta", attrs={"name": "AIGC"}):
        node.extract()
    nodes = [(n.name, n.attrs, n.string) for n in soup.find_all(True) if n.name not in ("html", "head", "body")]
    return soup.original_encoding, digest(nodes), digest(soup.get_text().split())


def object_of_json(path):
    try:
        found = json.loads(path.read_bytes().decode("utf-8-sig"), object_pairs_hook=lambda pairs: [p for p in pairs if p[0] != "AIGC"])
    except (ValueError, RecursionError) as e:
        raise Refused(type(e).__name__) from None
    return digest(found)


def prose(path):
    """The front matter without our key, and the text behind it."""
    import yaml

    text = path.read_bytes().decode("utf-8-sig", "surrogateescape")
    front = re.match(r"---[ \t]*\r?\n(.*?)^(?:---|\.\.\.)[ \t]*\r?$\n?", text, re.S | re.M)
    try:
        found = yaml.safe_load(front[1]) if front else {}
    except yaml.YAMLError as e:
        raise Refused(type(e).__name__) from None
    if not isinstance(found, dict):
        raise Refused("front matter that is no object")
    found.pop("AIGC", None)
    return repr(found), (text[front.end() :] if front else text).lstrip("\r\n")


MEDIA = [packets, streams, frames]
OFFICE = [entries]
VIEWS = {
    **dict.fromkeys(["mp4", "mov", "m4a", "3gp", "matroska", "webm", "avi", "flv", "mp3", "aac", "aiff", "ogg", "opus"], MEDIA),
    "wav": [*MEDIA, wave_samples],
    "flac": [*MEDIA, flac_samples],
    **dict.fromkeys(["png", "gif", "jpeg"], [pillow, frames]),
    **dict.fromkeys(["webp", "tiff", "dng"], [pillow]),
    **dict.fromkeys(["heif", "avif"], [pillow, heif]),
    "jxl": [jxl],
    "svg": [drawing, frames],
    "pdf": [pages, text_of_pdf],
    "docx": [*OFFICE, word],
    "xlsx": [*OFFICE, sheets],
    "pptx": [*OFFICE, slides],
    **dict.fromkeys(["odt", "ods", "odp"], [*OFFICE, opendocument]),
    "epub": [*OFFICE, book],
    "html": [hypertext],
    "markdown": [prose],
    "json": [object_of_json],
    "vtt": [captions, packets],
}


# Checkers.


def plain(line):
    """A complaint without the numbers and names that differ between any two files."""
    return re.sub(r"0x[0-9a-fA-F]+|\d+", "#", line).strip()


def said(path, *command, keep=r"."):
    """Exit status and the lines that a program prints."""
    status, out, err = run(*command, path)
    text = (out.decode("utf-8", "replace") + "\n" + err).replace(str(path), "").replace(path.name, "")
    return status, {plain(line) for line in text.splitlines() if line.strip() and re.search(keep, line)}


def ffprobe_says(path):
    return said(path, "ffprobe", "-v", "warning", "-hide_banner")


def mkvmerge_says(path):
    status, out, _ = run("mkvmerge", "--ui-language", "en_US", "-J", path)
    found = json.loads(out)
    return status, {plain(line.replace(str(path), "")) for line in found.get("errors", []) + found.get("warnings", [])}


def qpdf_says(path):
    status, lines = said(path, "qpdf", "--check", keep=COMPLAINT)
    # Two ways to say that it has to look for the objects itself.
    return status, {re.sub(r"(WARNING: ).*(xref not found|can't find startxref)", r"\1no table", line) for line in lines}


COMPLAINT = r"(?i)warn|error(?!s found|s that)|invalid|corrupt|illegal|bad\b|damaged"
CHECKERS = {
    **dict.fromkeys(["mp4", "mov", "m4a", "3gp", "avi", "flv", "mp3", "aac", "aiff", "wav"], [ffprobe_says]),
    **dict.fromkeys(["matroska", "webm"], [ffprobe_says, mkvmerge_says]),
    "ogg": [ffprobe_says, lambda path: said(path, "ogginfo", "-q", keep=COMPLAINT)],
    "opus": [ffprobe_says, lambda path: said(path, "opusinfo", keep=COMPLAINT)],
    "flac": [ffprobe_says, lambda path: said(path, "flac", "-ts"), lambda path: said(path, "metaflac", "--list", keep=COMPLAINT)],
    "png": [lambda path: said(path, "pngcheck", "-q")],
    "gif": [lambda path: said(path, "gifsicle", "--info", keep=COMPLAINT)],
    "webp": [lambda path: said(path, "webpinfo", "-quiet")],
    **dict.fromkeys(["tiff", "dng"], [lambda path: said(path, "tiffinfo", keep=r"(?i)warning|error|tiff\w*: ")]),
    **dict.fromkeys(["heif", "avif"], [lambda path: said(path, "heif-info", keep=COMPLAINT)]),
    "jxl": [lambda path: said(path, "jxlinfo", keep=COMPLAINT)],
    "svg": [lambda path: said(path, "xmllint", "--noout", "--nonet")],
    "pdf": [qpdf_says],
    **dict.fromkeys(["docx", "xlsx", "pptx", "odt", "ods", "odp", "epub"], [lambda path: said(path, "unzip", "-tqq")]),
}


def exiftool_warnings(paths):
    """What `exiftool -validate` warns of, by path. One call reads many files."""
    out = {}
    for start in range(0, len(paths), 200):
        some = paths[start : start + 200]
        tags = suite.exiftool_json(some, "-G0:4", "-validate", "-warning", "-error")
        for path, found in tags.items():
            lines = {re.sub(r" \[x#\]$", "", plain(str(v))) for k, v in found.items() if re.search(r"(Warning|Error)$", k)}
            out[path] = lines
    return out
