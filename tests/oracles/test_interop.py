"""Labels that others wrote are read, and others may write to files that we labelled."""

import json
from pathlib import Path

import pytest
from PIL import PngImagePlugin

import pictures
import suite

SAMPLES = suite.ROOT.parent / "shared" / "samples"
CONFIG = Path(__file__).with_name("exiftool.config")
FIELDS = ["1", suite.CODE, "other-tool-7", "", suite.CODE, "other-tool-7", ""]
VALUE = json.dumps(dict(zip(suite.KEYS, FIELDS)), separators=(",", ":"))


def expect(biaoshi, path):
    report = biaoshi.verify(path)
    assert report["status"] == "confirmed"
    [found] = suite.labels(report)
    assert list(found.values()) == FIELDS


def write_with_exiftool(source, target):
    suite.exiftool("-q", f"-XMP-TC260:AIGC={VALUE}", "-o", target, source, config=CONFIG)


@pytest.mark.parametrize("name", [n for n in suite.VARIANTS if not n.startswith("webp")])
def test_written_by_exiftool(biaoshi, folder, sources, name):
    target = folder / ("theirs-" + sources[name].name)
    write_with_exiftool(sources[name], target)
    expect(biaoshi, target)


@pytest.mark.parametrize("fmt", suite.FORMATS)
def test_packet_by_exiftool_embedded_by_pillow(biaoshi, folder, fmt):
    packet = folder / f"packet-{fmt}.xmp"
    suite.exiftool("-q", f"-XMP-TC260:AIGC={VALUE}", "-o", packet, config=CONFIG)
    options = {"xmp": packet.read_bytes()}
    if fmt == "png":
        options = {"pnginfo": PngImagePlugin.PngInfo()}
        options["pnginfo"].add_itxt("XML:com.adobe.xmp", packet.read_text("utf-8"))
    path = folder / f"packet{suite.ENDINGS[fmt]}"
    path.write_bytes(pictures.save(pictures.scene(), fmt, **options))
    expect(biaoshi, path)


@pytest.mark.parametrize("name", ["png-rgb", "png-xmp", "jpeg-420", "jpeg-everything"])
def test_our_label_survives_an_edit_by_exiftool(biaoshi, folder, plain, name):
    case = plain[name]
    target = folder / ("titled-" + case.target.name)
    suite.exiftool("-q", "-XMP-dc:Creator=Somebody", "-XMP-dc:Rights=港口", "-o", target, case.target)
    report = biaoshi.verify(target)
    assert report["status"] == "confirmed" and suite.labels(report) == [case.receipt["label"]]


@pytest.mark.parametrize("name", ["png-rgb", "png-xmp", "jpeg-420", "jpeg-everything"])
def test_a_label_of_another_tool_is_not_overwritten(biaoshi, folder, sources, name):
    theirs = folder / ("twice-" + sources[name].name)
    write_with_exiftool(sources[name], theirs)
    target = theirs.with_stem(theirs.stem + "-ours")
    args = ["label", theirs, "-o", target, "--producer", suite.CODE, "--id", "second", *suite.NO_NOTICE, "--json"]
    assert json.loads(biaoshi.run(*args, status=2))["error"]["code"] == "label.exists"
    assert not target.exists()


@pytest.mark.parametrize("name", ["png-rgb", "png-xmp", "jpeg-420", "jpeg-everything"])
def test_the_same_label_of_another_tool_stays_the_only_one(biaoshi, folder, sources, name):
    theirs = folder / ("same-" + sources[name].name)
    write_with_exiftool(sources[name], theirs)
    target = theirs.with_stem(theirs.stem + "-ours")
    receipt = biaoshi.label(theirs, target, *suite.NO_NOTICE, id=FIELDS[2])
    assert list(receipt["label"].values()) == FIELDS
    tags = suite.exiftool_json([target], "-G1:4")[target]
    assert len([k for k in tags if k.startswith("XMP-TC260:")]) == 1
    expect(biaoshi, target)


def test_labelling_twice_changes_nothing(biaoshi, folder, plain):
    case = plain["jpeg-everything"]
    target = folder / "again.jpg"
    receipt = biaoshi.label(case.target, target, *suite.NO_NOTICE)
    assert receipt["changed"] is False and target.read_bytes() == case.target.read_bytes()


def sample(*names):
    """Files that only a checkout of the whole project has beside it."""
    return [SAMPLES / name for name in names] if SAMPLES.is_dir() else []


CARRIERS = sample("carriers/xmp.png", "carriers/xmp.jpg", "carriers/xmp.webp")


@pytest.mark.parametrize("path", CARRIERS, ids=lambda p: p.name)
def test_samples_of_each_carrier(biaoshi, path):
    report = json.loads(biaoshi.run("verify", path, "--json"))
    assert report["status"] == "confirmed" and len(suite.labels(report)) == 1


# The producer that each states, and whether the label is in order (0) or has deviations (1).
PRODUCERS = {
    "doubao-xmp-itxt-2.png": ("001191110102MACQD9K64010000", 1),
    "jimeng-xmp-itxt-2.png": ("00119144030008867405X210001", 0),
    "tongyi-wan-text-chunk-newlines.png": ("001191330106MA2CFLDG4R10001", 1),
}


@pytest.mark.parametrize("path", sample(*(f"real/{name}" for name in PRODUCERS)), ids=lambda p: p.name)
def test_real_files_of_producers(biaoshi, path):
    producer, status = PRODUCERS[path.name]
    report = biaoshi.verify(path, status=status)
    assert report["status"] == "confirmed"
    [label] = suite.labels(report)
    assert label["content_producer"] == producer
    # ExifTool reads the same seven fields.
    tags = suite.exiftool_json([path], "-G1:4")[path]
    [value] = [v for k, v in tags.items() if k.rpartition(":")[2].lower() == "aigc"]
    value = json.loads(value) if isinstance(value, str) else value
    assert [value[k] for k in suite.KEYS] == list(label.values())
