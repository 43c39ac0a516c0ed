"""The libraries that people use for documents open what we label and find the exact value."""

import io
import json
import re
import subprocess
import zipfile

import pytest

import suite

docx = pytest.importorskip("docx")
openpyxl = pytest.importorskip("openpyxl")
pptx = pytest.importorskip("pptx")
epub = pytest.importorskip("ebooklib.epub")
odf = pytest.importorskip("odf.opendocument")
etree = pytest.importorskip("lxml.etree")

FOLDERS = ["docx", "xlsx", "pptx", "epub", "odt", "ods", "odp"]
BASES = suite.ROOT / "xtask" / "bases"
FILES = sorted(f for d in FOLDERS for f in (BASES / d).glob("*-ok.*"))
OOXML = [f for f in FILES if f.parent.name in FOLDERS[:3]]
EDITED = re.compile(r"\[Content_Types\]\.xml|_rels/\.rels|custom/props\.xml|docProps/custom\.xml|.*\.opf|meta\.xml")
VALUE = {k: "" for k in suite.KEYS} | {
    "Label": "1",
    "ContentProducer": suite.CODE,
    "ProduceID": "test-0001",
    "ContentPropagator": suite.CODE,
    "PropagateID": "test-0001",
}


@pytest.fixture(scope="module")
def labelled(tmp_path_factory):
    biaoshi, folder = suite.Biaoshi(), tmp_path_factory.mktemp("office")
    out = {}
    for source in FILES:
        out[source] = folder / source.name
        biaoshi.label(source, out[source], *suite.NO_NOTICE)
    return out


def exact(text):
    assert " " not in text and "\n" not in text
    value = json.loads(text)
    assert list(value) == suite.KEYS and value == VALUE


def custom(data):
    """Custom properties by name, through the package's relationships as python-docx follows them."""
    from docx.opc.package import OpcPackage

    kind = re.compile(r"/custom-properties$")
    package = OpcPackage.open(io.BytesIO(data))
    parts = [r.target_part for r in package.rels.values() if kind.search(r.reltype)]
    assert len(parts) == 1 and parts[0].content_type.endswith("custom-properties+xml")
    root = etree.fromstring(parts[0].blob)
    ids = [int(p.get("pid")) for p in root]
    assert len(set(ids)) == len(ids) and min(ids) >= 2
    return {p.get("name"): p[0] for p in root}


@pytest.mark.parametrize("source", OOXML, ids=lambda f: f.name)
def test_custom_property(source, labelled):
    found = custom(labelled[source].read_bytes())
    value = found.pop("AIGC")
    assert etree.QName(value).localname == "lpwstr"
    exact(value.text)
    if "custom-ok" in source.name:
        assert {n: v.text for n, v in found.items()} == {"Client": 'Bär & Söhne "北京"', "Count": "3"}


@pytest.mark.parametrize("source", OOXML, ids=lambda f: f.name)
def test_office_documents_open(source, labelled):
    """Each library opens the document and finds the same content as before."""

    def content(path):
        match source.parent.name:
            case "docx":
                document = docx.Document(str(path))
                return [p.text for p in document.paragraphs], document.core_properties.title
            case "xlsx":
                book = openpyxl.load_workbook(path)
                return [[c.value for c in row] for row in book.active.rows]
            case _:
                return [s.text_frame.text for slide in pptx.Presentation(str(path)).slides for s in slide.shapes]

    assert content(labelled[source]) == content(source) != []


def test_openpyxl_reads_the_property(labelled):
    source = BASES / "xlsx" / "xlsx-ok.xlsx"
    properties = openpyxl.load_workbook(labelled[source]).custom_doc_props
    exact(properties["AIGC"].value)


@pytest.mark.parametrize("source", [f for f in FILES if f.suffix == ".epub"], ids=lambda f: f.name)
def test_books(source, labelled):
    before, after = epub.read_epub(str(source)), epub.read_epub(str(labelled[source]))
    items = lambda book: [(i.get_name(), i.get_content()) for i in book.get_items()]
    assert items(after) == items(before)
    assert after.title == before.title
    archive = zipfile.ZipFile(labelled[source])
    assert archive.infolist()[0].filename == "mimetype" and archive.infolist()[0].compress_type == 0
    root = etree.fromstring(archive.read(next(n for n in archive.namelist() if n.endswith(".opf"))))
    metas = [m for m in root.iter("{*}meta") if (m.get("property") or m.get("name")).endswith("AIGC")]
    assert len(metas) == 1
    if root.get("version") == "3.0":
        prefix = metas[0].get("property").partition(":")[0]
        assert f"{prefix}: http://www.tc260.org.cn/ns/AIGC/1.0/" in root.get("prefix")
        exact(metas[0].text)
    else:
        exact(metas[0].get("content"))
    modified = lambda data: re.findall(rb"dcterms:modified[^<]*", data)
    opf = next(n for n in archive.namelist() if n.endswith(".opf"))
    assert modified(archive.read(opf)) == modified(zipfile.ZipFile(source).read(opf))


@pytest.mark.parametrize("source", [f for f in FILES if f.parent.name.startswith("od")], ids=lambda f: f.name)
def test_open_documents(source, labelled):
    from odf.meta import UserDefined

    if "template" in source.name:
        # odfpy takes no prefixes but the usual ones.
        root = etree.fromstring(zipfile.ZipFile(labelled[source]).read("meta.xml"))
        values = [e for e in root.iter("{*}user-defined")]
        assert len(values) == 1
        return exact(values[0].text)
    document = odf.load(str(labelled[source]))
    values = {e.getAttribute("name"): str(e) for e in document.getElementsByType(UserDefined)}
    exact(values.pop("AIGC"))
    assert values == ({"Client": "Bär"} if source.parent.name == "odt" else {})


def records(data):
    """What ZIP readers know of each entry, and its raw bytes."""
    out = {}
    for info in zipfile.ZipFile(io.BytesIO(data)).infolist():
        at = info.header_offset
        start = at + 30 + int.from_bytes(data[at + 26 : at + 28], "little")
        end = start + int.from_bytes(data[at + 28 : at + 30], "little") + info.compress_size
        known = (info.date_time, info.flag_bits, info.external_attr, info.comment, info.compress_type, info.CRC)
        out[info.filename] = (known, data[start:end])
    return out


@pytest.mark.parametrize("source", FILES, ids=lambda f: f.name)
def test_every_other_entry_is_as_it_was(source, labelled):
    a, b = source.read_bytes(), labelled[source].read_bytes()
    before, after = records(a), records(b)
    assert list(after)[: len(before)] == list(before)
    assert set(after) - set(before) <= {"docProps/custom.xml"}
    for name in before:
        assert EDITED.fullmatch(name) or after[name] == before[name]
    assert zipfile.ZipFile(io.BytesIO(b)).testzip() is None
    assert zipfile.ZipFile(io.BytesIO(b)).comment == zipfile.ZipFile(io.BytesIO(a)).comment


@pytest.mark.parametrize("program", [["unzip", "-tqq"], ["zip", "-qT"]], ids=lambda p: p[0])
@pytest.mark.parametrize("source", FILES, ids=lambda f: f.name)
def test_archivers_find_nothing(source, program, labelled):
    done = subprocess.run([*program, str(labelled[source])], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "") and "warning" not in done.stdout, done.stdout
