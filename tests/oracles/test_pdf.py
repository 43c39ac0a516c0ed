"""qpdf, pikepdf, pypdf, Poppler and ExifTool find our label in PDF, and the same document as before."""

import subprocess

import pikepdf
import pypdf
import pytest

import suite

BASES = sorted((suite.ROOT / "xtask" / "bases" / "pdf").glob("*-ok.pdf"))
IDS = [p.name for p in BASES]
# ExifTool reads nothing of a file that has bytes before its header.
SHIFTED = "shifted-ok.pdf"
ARCHIVE = "archive-ok.pdf"


def run(*args):
    """Exit status and all that is printed, the names of files left out."""
    done = subprocess.run([str(a) for a in args], capture_output=True, encoding="utf-8", timeout=60)
    return done.returncode, (done.stdout + done.stderr).replace(str(args[-1]), "")


@pytest.fixture(scope="module")
def labelled(biaoshi, tmp_path_factory):
    """Labelled files, by base."""
    folder = tmp_path_factory.mktemp("pdf")
    out = {}
    for base in BASES:
        biaoshi.label(base, folder / base.name, *suite.NO_NOTICE, id="example-0001")
        out[base] = folder / base.name
    return out


@pytest.mark.parametrize("base", BASES, ids=IDS)
def test_the_original_is_a_prefix(base, labelled):
    assert labelled[base].read_bytes().startswith(base.read_bytes())


@suite.tool("qpdf")
@pytest.mark.parametrize("base", BASES, ids=IDS)
def test_qpdf_finds_nothing_new(base, labelled):
    before, after = run("qpdf", "--check", base), run("qpdf", "--check", labelled[base])
    assert after[0] in (0, before[0]), after[1]
    warnings = [line for line in after[1].splitlines() if "WARNING" in line]
    assert len(warnings) <= before[1].count("WARNING"), warnings


def pages(path):
    """Every page with its content streams as they are stored, and the texts of the document."""
    with pikepdf.open(path) as document:
        streams = []
        for page in document.pages:
            contents = page.obj.get("/Contents", [])
            parts = contents if isinstance(contents, pikepdf.Array) else [contents]
            streams.append(([part.read_raw_bytes() for part in parts], page.obj.get("/Rotate"), list(page.mediabox)))
        info = {str(k): str(v) for k, v in document.trailer.get("/Info", {}).items()}
        files = {name: spec.get_file().read_bytes() for name, spec in document.attachments.items()}
        return streams, info, files


@pytest.mark.parametrize("base", BASES, ids=IDS)
def test_pikepdf_reads_the_label_and_the_same_document(base, labelled):
    before, after = pages(base), pages(labelled[base])
    suite.check(after[1].pop("/AIGC"))
    assert after == before
    with pikepdf.open(labelled[base]) as document:
        metadata = document.open_metadata()
        stated = metadata.get("{http://www.tc260.org.cn/ns/AIGC/1.0/}AIGC")
        assert (stated is None) == (base.name == ARCHIVE)
        if stated is not None:
            suite.check(stated)
    with pikepdf.open(base) as document:
        title = document.open_metadata().get("dc:title")
    assert metadata.get("dc:title") == title


@pytest.mark.parametrize("base", BASES, ids=IDS)
def test_pypdf_reads_the_label_and_the_same_text(base, labelled):
    before, after = pypdf.PdfReader(base), pypdf.PdfReader(labelled[base])
    suite.check(after.metadata["/AIGC"])
    assert [p.extract_text() for p in after.pages] == [p.extract_text() for p in before.pages]


@suite.tool("pdfinfo")
@pytest.mark.parametrize("base", BASES, ids=IDS)
def test_poppler_reads_the_label(base, labelled):
    status, out = run("pdfinfo", "-custom", "-enc", "UTF-8", labelled[base])
    found = [line.partition(":")[2].strip() for line in out.splitlines() if line.startswith("AIGC:")]
    assert status == 0 and len(found) == 1
    suite.check(found[0])
    assert "Error" not in out and "Warning" not in out


@suite.tool("pdftotext")
@pytest.mark.parametrize("base", BASES, ids=IDS)
def test_poppler_reads_the_same_text(base, labelled):
    before = subprocess.run(["pdftotext", base, "-"], capture_output=True, timeout=60)
    after = subprocess.run(["pdftotext", labelled[base], "-"], capture_output=True, timeout=60)
    assert (after.returncode, after.stdout, after.stderr) == (before.returncode, before.stdout, before.stderr)
    assert b"Page one" in after.stdout


def test_exiftool_reads_the_label(labelled):
    found = suite.exiftool_json(labelled.values(), "-G1", "-PDF:all", "-Warning", "-Error")
    for base, path in labelled.items():
        tags = found[path]
        assert not [k for k in tags if k.startswith("ExifTool:") and base.name != SHIFTED], tags
        if base.name != SHIFTED:
            value = tags["PDF:AIGC"]
            suite.check(value)
