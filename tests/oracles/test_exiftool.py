"""ExifTool reads our labels, finds nothing wrong, and finds everything else as it was."""

import json
import re

import pytest

import suite

FOLDERS = ["plain", "signed"]


@pytest.fixture(scope="module")
def tags(sources, plain, signed):
    """Tags of every file, before and after, from one call."""
    paths = [*sources.values(), *(c.target for cases in (plain, signed) for c in cases.values() if c.error is None)]
    return suite.exiftool_json(paths, "-G1:4")


@pytest.fixture(scope="module")
def warnings(sources, plain, signed):
    paths = [*sources.values(), *(c.target for cases in (plain, signed) for c in cases.values() if c.error is None)]
    return suite.exiftool_json(paths, "-G0:4", "-validate", "-warning", "-error")


@pytest.mark.parametrize("kind", FOLDERS)
@pytest.mark.parametrize("name", suite.VARIANTS)
def test_reads_the_label(name, kind, request, tags):
    case = request.getfixturevalue(kind)[name]
    receipt, found = case.receipt["label"], tags[case.target]
    values = [v for k, v in found.items() if k.startswith("XMP-TC260:")]
    assert len(values) == 1, f"one label in a file (6.1 c), not {values}"
    value = values[0]
    # ExifTool parses what looks like JSON when asked for structures.
    if isinstance(value, str):
        assert " " not in value and "\n" not in value
        value = json.loads(value)
    assert list(value) == suite.KEYS and all(isinstance(v, str) for v in value.values())
    assert value["Label"] == "1" and value["ContentProducer"] == suite.CODE and value["ProduceID"] == "test-0001"
    assert value["ContentPropagator"] == value["ContentProducer"] and value["PropagateID"] == value["ProduceID"]
    assert list(value.values()) == [receipt[k] for k in ORDER]
    assert found["XMP-iptcExt:DigitalSourceType"] == suite.AI


ORDER = [
    "label",
    "content_producer",
    "produce_id",
    "reserved_code1",
    "content_propagator",
    "propagate_id",
    "reserved_code2",
]


# ExifTool counts offsets from the start of each PNG chunk, so it takes Exif in one chunk and a
# manifest in another for the same place, whatever their order and whoever wrote them.
FALSE_ALARM = "IFD# pointer references previous JUMBFBox directory"


def ours(key):
    group = key.partition(":")[0]
    manifest = group in ("JUMBF", "CBOR", "JSON", "Jpeg2000") or key == "RIFF:Unknown_C2PA"
    return manifest or group == "XMP-TC260" or key == "XMP-iptcExt:DigitalSourceType"


def about_the_file(key):
    """Name, size, times, and ExifTool's own version and warnings."""
    return key == "SourceFile" or key.partition(":")[0] in ("System", "ExifTool") or key.endswith("CurrentIPTCDigest")


def rest(tags):
    out = {k: v for k, v in tags.items() if not ours(k) and not about_the_file(k)}
    flags = out.get("RIFF:WebP_Flags")
    if flags is not None:
        # The header of an extended WebP says that there is XMP: the one bit that has to change.
        out["RIFF:WebP_Flags"] = sorted(set(str(flags).split(", ")) - {"XMP", "0"})
    return out


@pytest.mark.parametrize("kind", FOLDERS)
@pytest.mark.parametrize("name", suite.VARIANTS)
def test_every_other_tag_is_as_it_was(name, kind, request, tags):
    case = request.getfixturevalue(kind)[name]
    assert case.receipt["changed"]
    before, after = rest(tags[case.source]), rest(tags[case.target])
    if kind == "signed" and name == "png-exif-6":
        # ExifTool leaves the Exif out: see FALSE_ALARM. Pillow reads it, and compares it.
        before = {k: v for k, v in before.items() if k.partition(":")[0] not in ("IFD0", "ExifIFD")}
    if case.fmt == "webp" and before["File:FileType"].startswith("WEBP"):
        # A simple WebP has to become an extended one, whose header states the size once more.
        assert after.pop("File:FileType") == "Extended " + before.pop("File:FileType")
        for tag in ("ImageWidth", "ImageHeight"):
            assert after.pop(f"RIFF:Copy1:{tag}") == before[f"RIFF:{tag}"]
        assert after.pop("RIFF:WebP_Flags", []) in ([], ["Alpha"])
    assert after == before


def classes(tags):
    """Warnings without their numbers and names."""
    found = (str(v) for k, v in tags.items() if re.search(r"(Warning|Error)$", k))
    return {re.sub(r"[0-9]+|0x[0-9a-f]+", "#", text) for text in found}


@pytest.mark.parametrize("kind", FOLDERS)
@pytest.mark.parametrize("name", suite.VARIANTS)
def test_no_new_warning(name, kind, request, warnings):
    case = request.getfixturevalue(kind)[name]
    assert case.receipt
    new = classes(warnings[case.target]) - classes(warnings[case.source])
    if kind == "signed" and name == "png-exif-6":
        new.discard(FALSE_ALARM)
    assert not new


def test_warnings_are_seen(folder, sources):
    """The comparison above can fail: ExifTool does report a broken label."""
    data = sources["png-xmp"].read_bytes()
    broken = folder / "broken.png"
    broken.write_bytes(data[:-30])
    assert classes(suite.exiftool_json([broken], "-G0:4", "-validate", "-warning", "-error")[broken])
