"""Readers of HTML, YAML, TOML and JSON find the label in texts, and everything else as it was."""

import json
import re
import tomllib
from html.parser import HTMLParser

import bs4
import pytest
import yaml
from lxml import etree

import suite

BASES = suite.ROOT / "xtask" / "bases"
FILES = [f for kind in ("html", "json", "markdown", "vtt") for f in sorted((BASES / kind).glob("*-ok.*"))]
LABEL = dict(zip(suite.KEYS, ["1", suite.CODE, "test-0001", "", suite.CODE, "test-0001", ""]))


def of(kind):
    return [f for f in FILES if f.parent.name == kind]


def names(path):
    return path.name


@pytest.fixture(scope="module")
def labelled(biaoshi, folder):
    """Every base file, labelled: bytes before and after."""
    out = {}
    for source in FILES:
        target = folder / f"{source.parent.name}-{source.name}"
        biaoshi.label(source, target, *suite.NO_NOTICE)
        out[source] = (source.read_bytes(), target.read_bytes())
    return out


def is_label(value):
    assert list(value) == suite.KEYS and value == LABEL


def html_text(data):
    if data[:2] == b"\xff\xfe":
        return data.decode("utf-16")
    return data.decode("gb18030" if b"charset=gb18030" in data else "utf-8-sig")


class Metas(HTMLParser):
    """The `meta` elements, and everything else in order."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.found, self.rest = [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        ours = tag == "meta" and ("name", "AIGC") in attrs and dict(attrs).get("content", "").startswith("{")
        (self.found if ours else self.rest).append((tag, attrs))

    def handle_endtag(self, tag):
        self.rest.append(tag)

    def handle_data(self, data):
        self.rest.append(data)

    def handle_comment(self, data):
        self.rest.append(data)

    def handle_decl(self, decl):
        self.rest.append(decl)


HTML = [f for f in of("html") if f.suffix == ".html"]


@pytest.mark.parametrize("source", HTML, ids=names)
def test_html_parser(source, labelled):
    before, after = (Metas(html_text(data)) for data in labelled[source])
    [(_, attributes)] = after.found
    is_label(json.loads(dict(attributes)["content"]))
    joined = lambda parts: re.sub(r"\s+", " ", repr([p for p in parts if p != ""]))
    assert not before.found and joined(before.rest) == joined(after.rest)


@pytest.mark.parametrize("parser", ["html.parser", "lxml"])
@pytest.mark.parametrize("source", HTML, ids=names)
def test_beautiful_soup(source, parser, labelled):
    before, after = (bs4.BeautifulSoup(data, parser) for data in labelled[source])
    [element] = [m for m in after.find_all("meta", attrs={"name": "AIGC"}) if m.get("content", "").startswith("{")]
    is_label(json.loads(element["content"]))
    element.decompose()
    assert after.get_text().split() == before.get_text().split()
    if not labelled[source][0].startswith((b"\xff\xfe", b"\xef\xbb\xbf")):
        assert after.original_encoding == before.original_encoding


@pytest.mark.parametrize("source", [f for f in of("html") if f.suffix == ".xhtml"], ids=names)
def test_xml_parser(source, labelled):
    before, after = (etree.fromstring(data) for data in labelled[source])
    [element] = [e for e in after.iter("{*}meta") if e.get("name") == "AIGC"]
    is_label(json.loads(element.get("content")))
    element.getparent().remove(element)
    assert etree.tostring(after, method="c14n") == etree.tostring(before, method="c14n")


@pytest.mark.parametrize("source", of("html"), ids=names)
def test_the_declared_encoding_is_found_where_it_was(source, labelled):
    before, after = labelled[source]
    place = re.search(rb"<meta[^>]*charset", before, re.I)
    if place:
        assert after[: place.end()] == before[: place.end()]


def front_matter(text):
    """Keys of the front matter, and what follows it, as Jekyll and Hugo cut it."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if cut := re.match(r"---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", text, re.S | re.M):
        keys = yaml.safe_load(cut[1]) or {}
        return (keys, text[cut.end() :]) if isinstance(keys, dict) else ({}, text)
    if cut := re.match(r"\+\+\+[ \t]*\n(.*?)^\+\+\+[ \t]*(?:\n|\Z)", text, re.S | re.M):
        return tomllib.loads(cut[1]), text[cut.end() :]
    if text.startswith("{"):
        keys, end = json.JSONDecoder().raw_decode(text)
        return keys, text[end:].removeprefix("\n")
    return {}, text


@pytest.mark.parametrize("source", of("markdown"), ids=names)
def test_front_matter(source, labelled):
    (before, body), (after, kept) = (front_matter(data.decode()) for data in labelled[source])
    is_label(after.pop("AIGC"))
    assert (list(after.items()), kept) == (list(before.items()), body)


@pytest.mark.parametrize("source", of("json"), ids=names)
def test_json(source, labelled):
    # Pairs, so that repeated keys are compared; numbers as they are spelt.
    read = lambda data: json.loads(
        data.decode("utf-8-sig"), object_pairs_hook=lambda p: p, parse_float=str, parse_int=str
    )
    before, after = (read(data) for data in labelled[source])
    (key, value), *rest = after
    assert key == "AIGC" and rest == before
    is_label(dict(value))


@pytest.mark.parametrize("source", of("vtt"), ids=names)
def test_vtt(source, labelled):
    blocks = lambda data: [b for b in re.split(r"\n{2,}", data.decode("utf-8-sig").replace("\r\n", "\n").strip()) if b]
    before, after = (blocks(data) for data in labelled[source])
    assert after[0] == before[0] and after[2:] == before[1:]
    word, key, value = after[1].split(" ", 2)
    assert (word, key) == ("NOTE", "AIGC") and "-->" not in value
    is_label(json.loads(value))
