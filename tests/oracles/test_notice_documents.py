"""Notices in documents and texts, as the libraries that people use see them."""

import json
import subprocess
import zipfile

import pytest

import suite

docx = pytest.importorskip("docx")
openpyxl = pytest.importorskip("openpyxl")
pptx = pytest.importorskip("pptx")
pypdf = pytest.importorskip("pypdf")
epub = pytest.importorskip("ebooklib.epub")
bs4 = pytest.importorskip("bs4")

BASES = suite.ROOT / "xtask" / "bases"
WORDS = "AI生成"
PLACES = [["start"], ["end"], ["start", "end"]]


@pytest.fixture(scope="module")
def biaoshi():
    return suite.Biaoshi()


def written(biaoshi, source, tmp_path, places, *more):
    """The labelled file, with its notices in the places asked for."""
    target = tmp_path / f"out-{source.name}"
    at = [word for place in places for word in ("--notice-at", place)]
    receipt = biaoshi.label(source, target, "--notice-language", "zh-Hans", *at, *more)
    assert receipt["notice"]["form"] == "text" and receipt["notice"]["at"] == places
    report = biaoshi.verify(target, status=[0, 1])
    seen = [e["notice"]["text"] for e in report["evidence"] if e["carrier"] == "explicit_notice"]
    assert WORDS in seen, report["evidence"]
    return target


def entries(path):
    """Compressed bytes of every entry."""
    data, out = path.read_bytes(), {}
    with zipfile.ZipFile(path) as package:
        assert package.testzip() is None
        for info in package.infolist():
            head = info.header_offset
            names = int.from_bytes(data[head + 26 : head + 28], "little") + int.from_bytes(data[head + 28 : head + 30], "little")
            at = head + 30 + names
            out[info.filename] = data[at : at + info.compress_size]
    return out


def others_stay(source, target):
    """All entries but those that show or name the notice are as they were."""
    before, after = entries(source), entries(target)
    assert set(before) <= set(after)
    changed = {name for name in before if before[name] != after[name]}
    assert len(changed) <= 8 and len(changed) < len(before), changed
    return changed


@pytest.mark.parametrize("places", PLACES, ids="-".join)
def test_word(biaoshi, tmp_path, places):
    source = tmp_path / "a.docx"
    document = docx.Document()
    document.add_heading("Harbour", 0)
    for n in range(30):
        document.add_paragraph(f"Ships of all sizes lie there today. {n}")
    document.add_table(2, 2)
    document.save(source)
    old = [p.text for p in docx.Document(source).paragraphs]
    target = written(biaoshi, source, tmp_path, places)
    new = [p.text for p in docx.Document(target).paragraphs]
    if "start" in places:
        assert new[0] == WORDS
        new = new[1:]
    if "end" in places:
        assert new[-1] == WORDS
        new = new[:-1]
    assert new == old
    assert "word/document.xml" in others_stay(source, target)
    each = written(biaoshi, source, tmp_path, ["start"], "--each-page", "--force")
    assert any(WORDS in p.text for p in docx.Document(each).sections[0].header.paragraphs)


@pytest.mark.parametrize("each", [False, True])
def test_slides(biaoshi, tmp_path, each):
    source = tmp_path / "a.pptx"
    deck = pptx.Presentation()
    for n in range(3):
        deck.slides.add_slide(deck.slide_layouts[5]).shapes.title.text = f"Harbour {n}"
    deck.save(source)
    target = written(biaoshi, source, tmp_path, ["start"], *(["--each-page"] if each else []))
    deck = pptx.Presentation(target)
    with_notice = []
    for slide in deck.slides:
        boxes = [s for s in slide.shapes if s.has_text_frame and WORDS in s.text_frame.text]
        with_notice.append(len(boxes))
        for box in boxes:
            assert 0 <= box.left and box.left + box.width <= deck.slide_width
            assert 0 <= box.top and box.top + box.height <= deck.slide_height
            # 5 % of the shorter side, with what stands above and below the characters.
            assert box.height >= deck.slide_height * 0.05
        assert len({s.shape_id for s in slide.shapes}) == len(slide.shapes)
    assert with_notice == ([1, 1, 1] if each else [1, 0, 0])
    others_stay(source, target)


def test_sheets_keep_their_cells(biaoshi, tmp_path):
    source = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    for row in range(1, 12):
        book.active.append([row, row * row, f"=A{row}*2"])
    book.create_sheet("Two")["B2"] = "x"
    book.save(source)
    target = written(biaoshi, source, tmp_path, ["start"])
    cells = lambda path: [[[c.value for c in r] for r in s.iter_rows()] for s in openpyxl.load_workbook(path)]
    assert cells(source) == cells(target)
    with zipfile.ZipFile(target) as package:
        drawings = [n for n in package.namelist() if n.startswith("xl/drawings/drawing")]
        assert any(WORDS in package.read(n).decode() for n in drawings)
    others_stay(source, target)


@pytest.mark.parametrize("source", sorted((BASES / "epub").glob("*-ok.*")), ids=lambda p: p.name)
def test_books(biaoshi, tmp_path, source):
    target = written(biaoshi, source, tmp_path, ["start"])
    book = epub.read_epub(str(target), {"ignore_ncx": True})
    pages = [book.get_item_with_id(name) for name, linear in book.spine if linear != "no"]
    assert WORDS in bs4.BeautifulSoup(pages[0].get_content(), "html.parser").get_text()
    others_stay(source, target)


@pytest.mark.parametrize("source", sorted((BASES / "pdf").glob("*-ok.*")), ids=lambda p: p.name)
def test_pages(biaoshi, tmp_path, source):
    before = len(pypdf.PdfReader(source).pages)
    target = written(biaoshi, source, tmp_path, ["start"], "--each-page")
    assert target.read_bytes().startswith(source.read_bytes())
    reader = pypdf.PdfReader(target)
    assert len(reader.pages) == before
    assert all(WORDS in page.extract_text().replace(" ", "") for page in reader.pages)
    done = subprocess.run(["qpdf", "--check", target], capture_output=True, encoding="utf-8")
    old = subprocess.run(["qpdf", "--check", source], capture_output=True, encoding="utf-8")
    assert done.returncode <= old.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_texts_keep_encoding_and_line_ends(biaoshi, tmp_path, encoding, ends):
    body = ends.join(["港口建于1874年。", "", "今天那里停泊着大小船只。", ""])
    source, target = tmp_path / "a.txt", tmp_path / "out.txt"
    source.write_bytes(body.encode(encoding))
    biaoshi.run("label", source, "-o", target, "--producer", suite.CODE, "--notice-at", "start", "--notice-at", "end")
    text = target.read_bytes().decode(encoding)
    assert text.count(WORDS) == 2 and text.startswith(WORDS + ends) and text.rstrip().endswith(WORDS)
    assert body.rstrip() in text
    assert "\n" not in text.replace("\r\n", "") if ends == "\r\n" else "\r" not in text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_json_keeps_its_encoding(biaoshi, tmp_path, encoding):
    # Second bytes of GB 18030 that look like backslashes and braces.
    body = {"id": "一", "role": "assistant", "content": "港口乗乕俓里有船。\n"}
    source, target = tmp_path / "a.json", tmp_path / "out.json"
    source.write_bytes(json.dumps(body, ensure_ascii=False).encode(encoding))
    receipt = biaoshi.label(source, target)
    assert receipt["format"] == "json"
    out = json.loads(target.read_bytes().decode(encoding))
    assert out.pop("AIGC")["ContentProducer"] == suite.CODE
    assert out.pop("content") == f"{WORDS}\n\n" + body.pop("content")
    assert out == body
    report = biaoshi.verify(target, status=[0, 1])
    assert WORDS in [e["notice"]["text"] for e in report["evidence"] if e["carrier"] == "explicit_notice"]


@pytest.mark.parametrize("encoding", ["utf-16", "gb18030"])
def test_markdown_keeps_its_encoding_and_front_matter(biaoshi, tmp_path, encoding):
    body = "---\ntitle: 港口\n---\n\n港口里有船。\n"
    source, target = tmp_path / "a.md", tmp_path / "out.md"
    source.write_bytes(body.encode(encoding))
    receipt = biaoshi.label(source, target)
    assert receipt["format"] == "markdown"
    text = target.read_bytes().decode(encoding)
    assert text.startswith("---\ntitle: 港口\n---\n") and text.replace(f"{WORDS}\n\n", "", 1) == body


@pytest.mark.parametrize("name", ["b.py", "b.c", "b.toml", "y.yaml", "Dockerfile", "Makefile", "a.sql", "a.ini", "a.json"])
def test_programs_and_data_are_refused(biaoshi, tmp_path, name):
    source, target = tmp_path / name, tmp_path / f"out-{name}"
    source.write_text("FROM x = 1\n", "utf-8")
    done = subprocess.run(
        [biaoshi.program, "--lang", "en", "label", source, "-o", target, "--producer", suite.CODE], capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 2 and not target.exists() and "would break" in done.stderr


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("The ships lie in the harbour, and there is no wind.\n", [WORDS, "AI-generated"]),
        ("港口里有很多船，这里没有风。\n", [WORDS]),
        ("これは港の話です。\n", [WORDS]),
    ],
)
def test_the_notice_is_in_the_language_of_the_text(biaoshi, tmp_path, text, lines):
    source, target = tmp_path / "a.txt", tmp_path / "out.txt"
    source.write_text(text, "utf-8")
    biaoshi.run("label", source, "-o", target, "--producer", suite.CODE)
    assert target.read_text("utf-8") == "\n".join(lines) + "\n\n" + text
