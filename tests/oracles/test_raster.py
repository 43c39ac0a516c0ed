"""ExifTool, Pillow, gifsicle, djxl and lxml find our label in GIF, JPEG XL, SVG and animations, and the same picture."""

import hashlib
import re

import pytest
from lxml import etree
from PIL import Image, ImageSequence

import suite

FOLDERS = ("gif", "jxl", "svg", "png", "webp")
BASES = [p for p in sorted((suite.ROOT / "xtask" / "bases").glob("*/*-ok.*")) if p.parent.name in FOLDERS]
NAMES = [f"{p.parent.name}/{p.name}" for p in BASES]
TC260 = "http://www.tc260.org.cn/ns/AIGC/1.0/"
# A root element with a prefix: ExifTool takes it for plain text, before and after.
UNKNOWN = "empty-ok.svg"


def only(*folders):
    chosen = [(b, n) for b, n in zip(BASES, NAMES) if b.parent.name in folders]
    return pytest.mark.parametrize("base", [b for b, _ in chosen], ids=[n for _, n in chosen])


@pytest.fixture(scope="module")
def labelled(biaoshi, tmp_path_factory):
    return biaoshi.label_each(BASES, tmp_path_factory.mktemp("raster"))


@pytest.fixture(scope="module")
def tags(labelled):
    """Tags of every file, before and after, from one call."""
    return suite.exiftool_json([*labelled, *labelled.values()], "-G1:4", "-validate", "-warning", "-error", "-all")


@only(*FOLDERS)
def test_exiftool_reads_the_label(base, labelled, tags):
    found = tags[labelled[base]]
    if base.name == UNKNOWN:
        assert found["File:FileType"] == tags[base]["File:FileType"] == "TXT"
        return
    values = [v for k, v in found.items() if k.startswith("XMP-TC260:")]
    assert len(values) == 1, f"one label in a file (6.1 c), not {values}"
    suite.check(values[0])
    assert found["XMP-iptcExt:DigitalSourceType"] == suite.AI


# What has to differ: the version of a GIF87a, the boxes around a bare codestream, the flag of WebP.
DUE = {
    "gif": {"GIF:GIFVersion"},
    "jxl": {"File:FileType", "File:MIMEType", "File:FileTypeExtension", "Jpeg2000:MajorBrand", "Jpeg2000:MinorVersion",
            "Jpeg2000:CompatibleBrands"},
    "webp": {"RIFF:WebP_Flags"},
}


@only(*FOLDERS)
def test_exiftool_finds_everything_else_as_it_was_and_nothing_wrong(base, labelled, tags):
    if base.name == UNKNOWN:
        return

    def rest(found):
        ours = ("XMP-TC260:", "XMP-iptcExt:DigitalSourceType", "XMP-x:", "System:", "SourceFile", "ExifTool:Validate")
        due = DUE.get(base.parent.name, set())
        # An SVG without XML declaration is validated like a packet alone: any RDF in it is complained of.
        false = "Improperly enclosed XMP property: svg:svg/svg:metadata/"
        kept = {k: v for k, v in found.items() if not k.startswith(ours) and k not in due}
        return {k: v for k, v in kept.items() if not str(v).startswith(false)}

    assert rest(tags[labelled[base]]) == rest(tags[base])


# Our packet, GIF87a or GIF89a, and the last extension with its place in the file.
MOVED = ("xmp", "XML:com.adobe.xmp", "version", "extension")


@only("gif", "png", "webp")
def test_pillow_sees_the_same_frames(base, labelled):
    def look(path):
        with Image.open(path) as image:
            frames = []
            for frame in ImageSequence.Iterator(image):
                info = {k: v for k, v in frame.info.items() if k not in MOVED}
                pixels = hashlib.sha256(frame.convert("RGBA").tobytes()).hexdigest()
                frames.append((frame.mode, frame.size, pixels, getattr(frame, "disposal_method", None), info))
            return frames

    before, after = look(base), look(labelled[base])
    assert after == before
    assert len(before) == (3 if re.search("animated|apng|kept", base.name) else 1)


@suite.tool("gifsicle")
@only("gif")
def test_gifsicle_finds_the_same_and_nothing_wrong(base, labelled):
    def look(path):
        out, err = suite.run("gifsicle", "--info", path)
        warnings = re.sub(r"offset \d+", "offset", err.replace(str(path), ""))
        return re.findall(r"(?:image #|loop|comment|background|global color table).*", out), warnings

    assert look(labelled[base]) == look(base)


@suite.tool("ffmpeg")
@only("gif", "png")
def test_ffmpeg_decodes_the_same_frames(base, labelled):
    def frames(path):
        return suite.run("ffmpeg", "-v", "warning", "-i", path, "-f", "framehash", "-")[0]

    assert frames(labelled[base]) == frames(base)


@suite.tool("djxl")
@only("jxl")
def test_djxl_decodes_the_same_picture(base, labelled, tmp_path):
    def pixels(path):
        suite.run("djxl", path, tmp_path / "out.apng")
        data, out, at = (tmp_path / "out.apng").read_bytes(), [], 8
        while at < len(data):
            end = at + 12 + int.from_bytes(data[at : at + 4], "big")
            # djxl hands metadata over; the rest is the picture.
            if data[at + 4 : at + 8] not in (b"iTXt", b"tEXt", b"zTXt", b"eXIf"):
                out.append(data[at:end])
            at = end
        return out

    assert pixels(labelled[base]) == pixels(base)


@suite.tool("jxlinfo")
@only("jxl")
def test_jxlinfo_finds_the_box(base, labelled):
    assert re.search(r'box: type: "xml "', suite.run("jxlinfo", "-v", labelled[base])[0])


def tree(path):
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True)
    return etree.parse(str(path), parser)


@only("svg")
def test_lxml_reads_the_label(base, labelled):
    found = tree(labelled[base]).findall(f".//{{{TC260}}}AIGC")
    assert len(found) == 1
    suite.check(found[0].text)
    place = [etree.QName(e).localname for e in found[0].iterancestors()]
    assert place[:2] == ["Description", "RDF"] and place[-2:] == ["metadata", "svg"]


@only("svg")
def test_lxml_finds_everything_else_as_it_was(base, labelled):
    """Our description out, and our metadata element if it is then empty: the same document."""
    before, after = tree(base), tree(labelled[base])
    had = before.find(".//{*}metadata") is not None
    ours = after.find(f".//{{{TC260}}}AIGC").getparent()
    new = ours if had else next(e for e in ours.iterancestors() if etree.QName(e).localname == "metadata")
    parent, previous = new.getparent(), new.getprevious()
    if previous is None:
        parent.text = ((parent.text or "") + (new.tail or "")) or None
    else:
        previous.tail = ((previous.tail or "") + (new.tail or "")) or None
    parent.remove(new)
    assert after.docinfo.encoding == before.docinfo.encoding and after.docinfo.doctype == before.docinfo.doctype
    assert etree.tostring(after, method="c14n") == etree.tostring(before, method="c14n")


@suite.tool("xmllint")
@only("svg")
def test_xmllint_finds_nothing_wrong(base, labelled):
    def complaints(path):
        return sorted(re.findall(r"(?:warning|error) : .*", suite.run("xmllint", "--noout", "--nonet", path)[1]))

    assert complaints(labelled[base]) == complaints(base)
