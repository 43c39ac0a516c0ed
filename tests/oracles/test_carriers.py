"""Programs by others find our label in every format, and decode the same content as before."""

import base64
import json
import re
import subprocess
import tomllib
import zipfile
from pathlib import Path

import pytest

import suite

BASES = suite.ROOT / "xtask" / "bases"
AGREEMENT = tomllib.loads((Path(__file__).parent / "agreement.toml").read_text("utf-8"))
FILES = sorted(path for path in BASES.glob("*/*") if path.stem.endswith("-ok"))
# Characters that carriers have to escape, within the set of Annex E j).
ID = "id-(1)&amp;<]]>'`#{}%@!:*|"


def name(path):
    return f"{path.parent.name}/{path.name}"


def run(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, timeout=120)
    return done.returncode, done.stdout, done.stderr.decode("utf-8", "replace")


@pytest.fixture(scope="module")
def labelled(biaoshi, tmp_path_factory):
    folder = tmp_path_factory.mktemp("carriers") / "标识"
    folder.mkdir()
    out = {}
    for path in FILES:
        target = folder / f"{path.parent.name}-{path.name}"
        biaoshi.label(path, target, *suite.NO_NOTICE, id=ID)
        out[path] = target
    return out


def value():
    """The label as a string of JSON, in the form that the standard gives it."""
    fields = ["1", suite.CODE, ID, "", suite.CODE, ID, ""]
    return json.dumps(dict(zip(suite.KEYS, fields)), ensure_ascii=False, separators=(",", ":"))


def strings(found):
    """Every string of nested lists and objects."""
    if isinstance(found, dict):
        for key, inner in found.items():
            if key == "AIGC" and isinstance(inner, dict):
                yield json.dumps(inner, ensure_ascii=False, separators=(",", ":"))
            yield from strings(inner)
    elif isinstance(found, list):
        for inner in found:
            yield from strings(inner)
    elif isinstance(found, str):
        yield found


def from_exiftool(path):
    out = suite.exiftool("-j", "-a", "-G1:4", "-struct", "-ee", "--", path)
    for tags in json.loads(out):
        for key, found in tags.items():
            # Asked for structures, ExifTool parses what looks like JSON.
            text = json.dumps(found, ensure_ascii=False, separators=(",", ":")) if isinstance(found, dict) else found
            # A user text of ID3 comes with its description in front.
            yield text.removeprefix("(AIGC) ") if isinstance(text, str) else text


def from_exiftool_unknown(path):
    """Chunks that ExifTool has no name for; it counts the pad byte in, and shows what has a NUL as binary."""
    for key, found in suite.exiftool_json([path], "-b")[path].items():
        if key.endswith("Unknown_AIGC"):
            text = json.dumps(found, ensure_ascii=False, separators=(",", ":")) if isinstance(found, dict) else found
            if text.startswith("base64:"):
                text = base64.b64decode(text[7:]).decode("utf-8")
            yield text.rstrip("\0")


def from_webvtt(path):
    import webvtt

    found = webvtt.read(str(path))
    notes = found.header_comments + found.footer_comments + [note for c in found for note in c.comments]
    return [note.removeprefix("AIGC ") for note in notes]


def from_ffprobe(path):
    _, out, _ = run("ffprobe", "-v", "quiet", "-of", "json", "-show_format", "-show_streams", path)
    return strings(json.loads(out))


def from_mutagen(path):
    import mutagen
    import mutagen.id3

    # mutagen.File takes AAC with a tag for MP3.
    tags = mutagen.id3.ID3(path) if path.suffix == ".aac" else mutagen.File(path).tags
    for key, found in tags.items():
        if key.upper() in ("AIGC", "TXXX:AIGC"):
            yield from (str(text) for text in (found if isinstance(found, list) else found.text))


def packet(data):
    from lxml import etree

    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    root = etree.fromstring(data if wide else data.strip(b"\0 \r\n\t"))
    for node in root.iter():
        if node.tag == "{http://www.tc260.org.cn/ns/AIGC/1.0/}AIGC":
            yield node.text
        yield from (v for k, v in node.attrib.items() if k == "{http://www.tc260.org.cn/ns/AIGC/1.0/}AIGC")


def from_pillow(path):
    from PIL import Image

    with Image.open(path) as image:
        data = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or image.tag_v2.get(700)
    yield from packet(data.encode() if isinstance(data, str) else bytes(data))


def from_tifffile(path):
    import tifffile

    with tifffile.TiffFile(path) as file:
        data = file.pages[0].tags[700].value
    yield from packet(data.encode() if isinstance(data, str) else bytes(data))


def from_pillow_heif(path):
    import pillow_heif

    yield from packet(pillow_heif.open_heif(path).info["xmp"])


def from_lxml(path):
    yield from packet(path.read_bytes())


def from_mkvinfo(path):
    _, out, _ = run("mkvinfo", "-a", "--ui-language", "en_US", path)
    for line in out.decode("utf-8").splitlines():
        yield line.partition("String: ")[2]


def from_metaflac(path):
    _, out, _ = run("metaflac", "--no-utf8-convert", "--show-tag=AIGC", path)
    return [line.partition("=")[2] for line in out.decode("utf-8").splitlines()]


def from_opusinfo(path):
    _, out, _ = run("env", "LC_ALL=C.UTF-8", "opusinfo", path)
    return [line.strip().partition("=")[2] for line in out.decode("utf-8").splitlines()]


def from_pikepdf(path):
    import pikepdf

    with pikepdf.open(path) as pdf:
        yield str(pdf.docinfo["/AIGC"])


def from_pypdf(path):
    import pypdf

    yield str(pypdf.PdfReader(path).metadata["/AIGC"])


def from_pdfinfo(path):
    _, out, _ = run("pdfinfo", "-custom", "-enc", "UTF-8", path)
    return [re.sub(r"^AIGC:\s*", "", line) for line in out.decode("utf-8").splitlines()]


PROPERTIES = "application/vnd.openxmlformats-officedocument.custom-properties+xml"


def from_docx(path):
    import docx

    for part in docx.Document(path).part.package.iter_parts():
        if part.content_type == PROPERTIES:
            yield from office_properties(part.blob)


def from_pptx(path):
    import pptx

    for part in pptx.Presentation(path).part.package.iter_parts():
        if part.content_type == PROPERTIES:
            yield from office_properties(part.blob)


def office_properties(blob):
    from lxml import etree

    for node in etree.fromstring(blob):
        if node.get("name") == "AIGC":
            yield "".join(node.itertext())


def from_openpyxl(path):
    import openpyxl

    book = openpyxl.load_workbook(path)
    return [p.value for p in book.custom_doc_props.props if p.name == "AIGC"]


def from_ebooklib(path):
    from ebooklib import epub

    book = epub.read_epub(str(path))
    for entries in book.metadata.values():
        for found in entries.values():
            for text, attributes in found:
                yield from (v for v in (text, (attributes or {}).get("content")) if v)


def from_odfpy(path):
    from odf import opendocument
    from odf.meta import UserDefined

    for node in opendocument.load(path).meta.getElementsByType(UserDefined):
        if node.getAttribute("name") == "AIGC":
            yield "".join(child.data for child in node.childNodes)


def from_soup(path):
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(path.read_bytes(), "lxml")
    return [node["content"] for node in soup.find_all("meta", attrs={"name": "AIGC"})]


def from_front_matter(path):
    import yaml

    text = path.read_bytes().decode("utf-8-sig")
    if text.startswith("+++"):
        found = tomllib.loads(text.split("+++")[1])["AIGC"]
    elif text.startswith(";;;"):
        found = json.loads(text.split(";;;")[1])["AIGC"]
    elif text.startswith("{"):
        found = json.JSONDecoder().raw_decode(text)[0]["AIGC"]
    else:
        found = yaml.safe_load(re.split(r"^(?:---|\.\.\.)\s*$", text, flags=re.M)[1])["AIGC"]
    yield json.dumps(found, ensure_ascii=False, separators=(",", ":"))


def from_json(path):
    return strings(json.loads(path.read_bytes().decode("utf-8-sig")))


READERS = {
    "exiftool": from_exiftool,
    "exiftool -u": from_exiftool_unknown,
    "ffprobe": from_ffprobe,
    "mutagen": from_mutagen,
    "pillow": from_pillow,
    "tifffile": from_tifffile,
    "pillow_heif": from_pillow_heif,
    "lxml": from_lxml,
    "mkvinfo": from_mkvinfo,
    "metaflac": from_metaflac,
    "opusinfo": from_opusinfo,
    "pikepdf": from_pikepdf,
    "pypdf": from_pypdf,
    "pdfinfo": from_pdfinfo,
    "python-docx": from_docx,
    "python-pptx": from_pptx,
    "openpyxl": from_openpyxl,
    "EbookLib": from_ebooklib,
    "odfpy": from_odfpy,
    "BeautifulSoup": from_soup,
    "PyYAML or tomllib or json": from_front_matter,
    "json": from_json,
    "webvtt-py": from_webvtt,
}
CASES = [(path, reader) for path in FILES for reader in AGREEMENT["readers"].get(path.parent.name, [])]
# What a program cannot do with one of the files, and why; it says the same of the file before.
EXCEPTIONS = {tuple(entry["file"].split("/")) + (entry["reader"],) for entry in AGREEMENT.get("exceptions", [])}


@pytest.mark.parametrize("path,reader", CASES, ids=[f"{name(p)}-{r}" for p, r in CASES])
def test_others_find_the_exact_label(path, reader, labelled):
    if (path.parent.name, path.name, reader) in EXCEPTIONS:
        try:
            seen = list(READERS[reader](labelled[path]))
        except (OSError, KeyError):
            seen = []
        assert value() not in seen, "an exception that is none"
        return
    found = [text for text in READERS[reader](labelled[path]) if isinstance(text, str)]
    assert value() in found, f"{reader} finds {[text for text in found if 'Label' in text]}"


MEDIA = {"mp4", "mov", "m4a", "3gp", "matroska", "webm", "avi", "flv", "wav", "mp3", "aac", "aiff", "flac", "ogg", "opus"}


def packets(path):
    """A hash over the packets of each stream, and how each is coded."""
    return run("ffmpeg", "-v", "error", "-nostdin", "-i", path, "-map", "0", "-c", "copy", "-f", "streamhash", "-")


def shown(path):
    keys = "format=duration,nb_streams:stream=codec_name,duration,nb_frames,width,height,channels,sample_rate"
    return run("ffprobe", "-v", "quiet", "-of", "json", "-show_entries", keys, path)[1]


@pytest.mark.parametrize("path", [p for p in FILES if p.parent.name in MEDIA], ids=name)
def test_packets_and_durations_are_the_same(path, labelled):
    before, after = packets(path), packets(labelled[path])
    assert before[:2] == after[:2]
    assert before[1], before[2]
    clean = lambda text: sorted(set(re.sub(r"0x[0-9a-f]+|[0-9]+|\S+\.\w+", "#", text).splitlines()))
    assert set(clean(after[2])) <= set(clean(before[2])), "a new warning"
    assert shown(path) == shown(labelled[path])


@pytest.mark.parametrize("path", [p for p in FILES if zipfile.is_zipfile(p)], ids=name)
def test_archives_are_sound_and_the_other_entries_are_the_same(path, labelled):
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(labelled[path]) as after:
        assert after.testzip() is None
        names = after.namelist()
        assert [n for n in names if n in before.namelist()] == before.namelist()
        ours = {"[Content_Types].xml", "_rels/.rels", "docProps/custom.xml", "meta.xml", "META-INF/manifest.xml"}
        for entry in before.namelist():
            if entry not in ours and not entry.endswith(".opf") and "custom" not in entry:
                assert before.read(entry) == after.read(entry), entry
    assert run("unzip", "-tqq", labelled[path])[0] <= run("unzip", "-tqq", path)[0]


@pytest.mark.parametrize("path", [p for p in FILES if p.parent.name == "pdf"], ids=name)
def test_a_pdf_is_a_prefix_and_stays_sound(path, labelled):
    assert labelled[path].read_bytes().startswith(path.read_bytes())
    before, after = run("qpdf", "--check", path), run("qpdf", "--check", labelled[path])
    assert after[0] <= before[0], after[2]


@pytest.mark.parametrize("path", [p for p in FILES if p.parent.name == "flac"], ids=name)
def test_flac_tests_clean(path, labelled):
    assert run("flac", "-ts", labelled[path])[0] == run("flac", "-ts", path)[0]


PICTURES = {"gif", "tiff", "heif", "avif", "png", "webp"}


def frames(path):
    """Every frame's pixels, with its duration."""
    import pillow_heif
    from PIL import Image, ImageSequence

    pillow_heif.register_heif_opener()
    with Image.open(path) as image:
        return [(f.mode, f.size, f.info.get("duration"), f.tobytes()) for f in ImageSequence.Iterator(image)]


FRAMED = [p for p in FILES if p.parent.name in PICTURES and (p.parent.name, p.name, "pillow") not in EXCEPTIONS]


@pytest.mark.parametrize("path", FRAMED, ids=name)
def test_every_frame_is_the_same(path, labelled):
    assert frames(path) == frames(labelled[path])


def test_every_format_that_is_labelled_has_readers_or_says_none():
    folders = {path.parent.name for path in FILES}
    assert folders <= set(AGREEMENT["readers"]), folders - set(AGREEMENT["readers"])
    assert {r for readers in AGREEMENT["readers"].values() for r in readers} == set(READERS)
