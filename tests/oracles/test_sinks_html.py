"""Strings that try to act, in what is written into HTML: the label's fields and the words of a notice.

Chromium loads each page with scripts on and says what it made of it.
"""

import html
import json
import re
import shutil
import subprocess

import bs4
import pytest

import hostile
import suite

PAGE = "<!DOCTYPE html><html><head><meta charset=utf-8><title>page</title></head><body><p id=own>words</p></body></html>"
# Says in the document what ran and what is there; `alert` is counted instead of shown.
WATCH = (
    "<script>window.ran=0;window.alert=()=>{window.ran++};addEventListener('error',()=>{},true);"
    "addEventListener('load',()=>setTimeout(()=>{const names=[...document.querySelectorAll('body *')].map(e=>e.localName);"
    "const acting=[...document.querySelectorAll('*')].flatMap(e=>[...e.attributes]).filter(a=>/^on/.test(a.name)).length;"
    "document.title='seen '+JSON.stringify({ran:window.ran,names,acting,meta:[...document.querySelectorAll('meta[name]')]"
    ".map(m=>[m.name,m.content])})},50))</script>"
)


def chromium(page):
    """What the browser made of a page."""
    program = shutil.which("chromium")
    assert program, "chromium is not installed: `cargo xtask setup`"
    command = [
        program, "--headless=new", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=3000", "--dump-dom", page.as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=120)
    found = re.search(r"<title>seen (.*?)</title>", done.stdout, re.DOTALL)
    assert found, done.stdout[:500] + done.stderr[-500:]
    return json.loads(html.unescape(found[1]))


def label(biaoshi, folder, *args):
    """A labelled page, or None where the string is refused: then nothing is written."""
    source, target = folder / "page.html", folder / "out.html"
    source.write_text(PAGE, "utf-8")
    target.unlink(missing_ok=True)
    command = [biaoshi.program, "label", source, "-o", target, "--id", "test-0001", *args]
    done = subprocess.run(command, capture_output=True, timeout=60)
    assert done.returncode in (0, 2), done.stderr
    assert target.exists() == (done.returncode == 0)
    return target.read_text("utf-8") if target.exists() else None


def printable(text):
    """A label holds printable ASCII only; a browser takes a slash between attributes for a space."""
    return re.sub(r"[^!#-\[\]-~]", "/", text)


def usable(text):
    return "\0" not in text and len(text) < 20_000


def test_words_of_notices_do_not_act(biaoshi, tmp_path):
    pages, refused = {}, 0
    for name, text in hostile.TEXTS.items():
        if not usable(text):
            continue
        page = label(biaoshi, tmp_path, "--producer", suite.CODE, "--notice-text", f"AI生成 {text}", "--notice-at", "start")
        if page is None:
            refused += 1
            continue
        pages[name] = page
        # The same elements as with harmless words, whoever parses.
        tree = bs4.BeautifulSoup(page, "lxml")
        assert [e.name for e in tree.body.find_all()] == ["p", "p"], name
        assert not [key for e in tree.find_all() for key in e.attrs if key.startswith("on")], name
    assert len(pages) > 25, sorted(pages)
    bodies = [re.search(r"<body>(.*)<p id=own>", page, re.DOTALL)[1] for page in pages.values()]
    together = tmp_path / "together.html"
    together.write_text(PAGE.replace("</head>", WATCH + "</head>").replace("<body>", "<body>" + "".join(bodies)), "utf-8")
    seen = chromium(together)
    assert (seen["ran"], seen["acting"]) == (0, 0)
    assert seen["names"] == ["p"] * len(bodies) + ["p"]
    suite.NOTES.append(f"HTML: {len(pages)} hostile notices shown as words, {refused} refused")


def test_fields_of_labels_do_not_act(biaoshi, tmp_path):
    written, refused = {}, 0
    for name, text in hostile.TEXTS.items():
        if not usable(text):
            continue
        page = label(biaoshi, tmp_path, f"--producer={printable(text)}", *suite.NO_NOTICE)
        if page is None:
            refused += 1
            continue
        written[name] = page
    assert len(written) > 25, sorted(written)
    metas = [re.search(r"<meta name=\"AIGC\"[^>]*>", page)[0] for page in written.values()]
    together = tmp_path / "together.html"
    together.write_text(PAGE.replace("</head>", WATCH + "".join(metas) + "</head>"), "utf-8")
    seen = chromium(together)
    assert (seen["ran"], seen["acting"], seen["names"]) == (0, 0, ["p"])
    producers = [json.loads(content)["ContentProducer"] for name, content in seen["meta"] if name == "AIGC"]
    assert producers == [printable(hostile.TEXTS[name]) for name in written]
    suite.NOTES.append(f"HTML: {len(written)} hostile producers kept as they are, {refused} refused")


@pytest.mark.parametrize("payload", ["script", "svg", "attribute"])
def test_the_watch_sees_what_acts(tmp_path, payload):
    """The measure itself: unescaped, at least one of these acts or adds an element."""
    page = tmp_path / "bad.html"
    text = hostile.TEXTS[payload]
    page.write_text(PAGE.replace("</head>", WATCH + "</head>").replace("<body>", f'<body><i title="{text}">{text}</i>'), "utf-8")
    seen = chromium(page)
    assert seen["ran"] or seen["acting"] or seen["names"] != ["i", "p"]
