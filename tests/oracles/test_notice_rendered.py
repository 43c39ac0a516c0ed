"""Notices as programs that people use show them: pages of documents, fonts, the web component."""

import base64
import json
import shutil
import subprocess
import zipfile

import pytest

import suite

pypdf = pytest.importorskip("pypdf")
openpyxl = pytest.importorskip("openpyxl")
pptx = pytest.importorskip("pptx")

WORDS = "AI生成"
COMPONENT = suite.ROOT / "core" / "src" / "notice" / "interface" / "biaoshi-notice.js"


@pytest.fixture(scope="module")
def biaoshi():
    return suite.Biaoshi()


def program(name):
    found = shutil.which(name)
    assert found, f"{name} is not installed: `cargo xtask setup`"
    return found


# The web component, in Chromium.

PAGE = """<!doctype html><html lang="LANG"><meta charset="utf-8"><title>x</title><body>BEFORE
MARKUP<script type="module">SCRIPT</script>AFTER<script type="module">
WORK
await new Promise((done) => setTimeout(done, 50));
const seen = [...document.querySelectorAll("biaoshi-notice")].map((element) => {
  const root = element.shadowRoot;
  const slot = root.querySelector("slot");
  return slot ? element.textContent.trim() : root.querySelector(".note").innerText;
});
document.body.dataset.seen = JSON.stringify(seen);
</script></body></html>"""


def seen(tmp_path, markup, language="en", before=False, work=""):
    """What people read in each element of the page."""
    module = COMPONENT.read_text("utf-8")
    early = f"<script>{module.replace('export {', 'const unused = {')}</script>"
    page = PAGE.replace("LANG", language).replace("BEFORE", early if before else "").replace("AFTER", "")
    page = page.replace("MARKUP", markup).replace("WORK", work).replace("SCRIPT", "" if before else module)
    path = tmp_path / "page.html"
    path.write_text(page, "utf-8")
    command = [program("chromium"), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}/profile"]
    command += ["--virtual-time-budget=2000", "--dump-dom", path.as_uri()]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=120)
    mark = 'data-seen="'
    assert mark in done.stdout, done.stdout + done.stderr
    return json.loads(done.stdout.split(mark)[1].split('"')[0].replace("&quot;", '"').replace("&amp;", "&"))


def test_component_takes_the_language_around_it(tmp_path):
    markup = '<biaoshi-notice lang="fr"></biaoshi-notice><biaoshi-notice lang="pt"></biaoshi-notice><div lang="fr"><biaoshi-notice></biaoshi-notice></div>'
    assert seen(tmp_path, markup) == ["AI-generated", "Gerado por IA", "AI-generated"]
    assert seen(tmp_path, "<biaoshi-notice></biaoshi-notice>", language="fr") == [WORDS]


@pytest.mark.parametrize("before", [False, True])
def test_component_shows_the_words_within_it(tmp_path, before):
    markup = "<biaoshi-notice>Own words</biaoshi-notice><biaoshi-notice></biaoshi-notice>"
    assert seen(tmp_path, markup, before=before) == ["Own words", "AI-generated"]
    work = "const [a, b] = document.querySelectorAll('biaoshi-notice'); a.textContent = ''; b.textContent = 'Later';"
    assert seen(tmp_path, markup, before=before, work=work) == ["AI-generated", "Later"]


# Documents.


def pages(path, folder, resolution=60):
    """The pages of a document as grey pictures: width, height, bytes."""
    if path.suffix != ".pdf":
        office = [program("soffice"), f"-env:UserInstallation=file://{folder}/office", "--headless", "--convert-to", "pdf"]
        subprocess.run([*office, "--outdir", folder, path], check=True, capture_output=True, timeout=300)
        path = folder / f"{path.stem}.pdf"
    stem = folder / f"{path.stem}-page"
    command = [program("pdftoppm"), "-gray", "-r", str(resolution), path, stem]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    out = []
    for file in sorted(folder.glob(f"{path.stem}-page-*.pgm")):
        data = file.read_bytes()
        head = data.split(maxsplit=4)
        out.append((int(head[1]), int(head[2]), data[-int(head[1]) * int(head[2]) :]))
    return out


def covered(before, after):
    """How many points that were ink before stand within the plate now."""
    (width, height, old), (_, _, new) = before, after
    changed = [at for at in range(width * height) if abs(old[at] - new[at]) > 40]
    assert changed, "no notice is seen"
    rows = [at // width for at in changed]
    columns = [at % width for at in changed]
    box = [(y, x) for y in range(min(rows), max(rows) + 1) for x in range(min(columns), max(columns) + 1)]
    return sum(old[y * width + x] < 160 for y, x in box)


def pdf(lines, tmp_path, size=(595, 842)):
    """A page with these lines: x, y, text, size."""
    text = "".join(f"BT /F {s} Tf 1 0 0 1 {x} {y} Tm ({t}) Tj ET\n" for x, y, t, s in lines)
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {size[0]} {size[1]}] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>",
        f"<< /Length {len(text)} >>\nstream\n{text}endstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, places = "%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n"
    table = "".join(f"{at:010} 00000 n \n" for at in places)
    out += f"xref\n0 6\n0000000000 65535 f \n{table}trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n{len(out)}\n%%EOF\n"
    path = tmp_path / "page.pdf"
    path.write_text(out, "latin-1")
    return path


def notes(receipt):
    return json.dumps(receipt.get("notes", []), ensure_ascii=False)


LONG = "The ships lie in the harbour and there is no wind for them at all " * 3


@pytest.mark.parametrize(
    "lines",
    [
        # Running heads at the right, and at both sides.
        [(400, 815, "Chapter 7: The harbour", 14), (72, 700, "Ships", 12)],
        [(360, 810, "Chapter 7: The harbour", 18), (20, 810, "The ships", 18), (72, 700, "Ships", 12)],
        # Full to three of the edges.
        [(10, y, LONG[:118], 12) for y in range(100, 830, 14)],
    ],
)
def test_the_box_on_a_page_covers_nothing_where_there_is_room(biaoshi, tmp_path, lines):
    source = pdf(lines, tmp_path)
    target = tmp_path / "out.pdf"
    receipt = biaoshi.label(source, target)
    assert "covers" not in notes(receipt)
    (before,), (after,) = pages(source, tmp_path), pages(target, tmp_path)
    assert covered(before, after) == 0


def test_a_full_page_is_said_to_be_covered(biaoshi, tmp_path):
    source = pdf([(2, y, LONG[:140], 12) for y in range(2, 842, 13)], tmp_path)
    assert "covers" in notes(biaoshi.label(source, tmp_path / "out.pdf"))


def test_the_font_is_an_embedded_subset(biaoshi, tmp_path):
    source = pdf([(72, 700, "Ships", 12)], tmp_path)
    target = tmp_path / "out.pdf"
    biaoshi.label(source, target)
    table = subprocess.run([program("pdffonts"), target], check=True, capture_output=True, encoding="utf-8").stdout
    (row,) = [line.split() for line in table.splitlines() if "BiaoshiSans" in line]
    name, emb, sub, uni = row[0], *row[-5:-2]
    assert (emb, sub, uni) == ("yes", "yes", "yes"), table
    assert name.split("+")[0].isupper() and len(name.split("+")[0]) == 6
    assert WORDS in pypdf.PdfReader(target).pages[0].extract_text()
    # Its glyphs are drawn: white within the plate, a tenth to a half of it.
    ((width, height, grey),) = pages(target, tmp_path, 150)
    plate = [at for at in range(width * height) if grey[at] < 40 and at // width < height // 8]
    columns, rows = [at % width for at in plate], [at // width for at in plate]
    box = [grey[y * width + x] for y in range(min(rows), max(rows) + 1) for x in range(min(columns), max(columns) + 1)]
    assert 0.05 < sum(point > 200 for point in box) / len(box) < 0.5


def test_the_box_on_a_sheet_covers_no_words_that_reach_over_empty_cells(biaoshi, tmp_path):
    source = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    book.active["A1"] = "A title that is much longer than the column that it stands in"
    book.active["A1"].font = openpyxl.styles.Font(size=14, bold=True)
    for row in range(3, 12):
        book.active.cell(row, 1, row)
    book.save(source)
    target = tmp_path / "out.xlsx"
    biaoshi.label(source, target, "--notice-language", "zh-Hans")
    pages(target, tmp_path)
    first = subprocess.run([program("pdftotext"), "-l", "1", tmp_path / "out.pdf", "-"], check=True, capture_output=True, encoding="utf-8")
    assert WORDS in first.stdout
    with zipfile.ZipFile(target) as package:
        assert WORDS in package.read("xl/worksheets/sheet1.xml").decode()
        drawing = package.read("xl/drawings/drawing1.xml").decode()
    # 60 bold letters of 14 points reach over seven columns at least.
    assert int(drawing.split(":col>")[1].split("<")[0]) >= 7


def test_the_box_on_a_slide_covers_nothing_where_there_is_room(biaoshi, tmp_path):
    source = tmp_path / "a.pptx"
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    width, height = deck.slide_width, deck.slide_height
    box = slide.shapes.add_textbox(width * 6 // 10, height * 9 // 10, width * 4 // 10, height // 10)
    box.text_frame.text = "Sources: harbour office"
    deck.save(source)
    target = tmp_path / "out.pptx"
    receipt = biaoshi.label(source, target)
    assert "covers" not in notes(receipt)
    (before,), (after,) = pages(source, tmp_path), pages(target, tmp_path)
    assert covered(before, after) == 0
    # A picture that fills the slide has no room.
    picture = tmp_path / "a.png"
    picture.write_bytes(base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="))
    slide.shapes.add_picture(str(picture), 0, 0, width, height)
    deck.save(source)
    assert "covers" in notes(biaoshi.label(source, target, "--force"))
