"""ExifTool, tifffile and Pillow find our label in TIFF, BigTIFF and DNG, and the same pictures."""

import json
import re
import struct

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageSequence

import suite

BASES = [p for p in sorted((suite.ROOT / "xtask" / "bases").glob("*/*-ok.*")) if p.parent.name in ("tiff", "dng")]
EVERY = pytest.mark.parametrize("base", BASES, ids=[f"{p.parent.name}/{p.name}" for p in BASES])
# What a label changes, and what is about the file.
PLACE = (
    "File:",
    "System:",
    "ExifTool:",
    "XMP-TC260:",
    "XMP-iptcExt:DigitalSourceType",
    "XMP-x:XMPToolkit",
    # The whole packet once more, in a BigTIFF.
    "IFD0:ApplicationNotes",
)
# The practice guide names type 7, as XMP part 3 allows; ExifTool knows type 1 and notes any other.
NOTED = "Non-standard format (undef) for IFD# #x#bc ApplicationNotes"


@pytest.fixture(scope="module")
def labelled(biaoshi, tmp_path_factory):
    return biaoshi.label_each(BASES, tmp_path_factory.mktemp("tiff"))


@pytest.fixture(scope="module")
def tags(labelled):
    """Tags of every file, before and after, from one call."""
    return suite.exiftool_json([*labelled, *labelled.values()], "-G1:4", "-validate", "-warning", "-error", "-all")


def classes(tags):
    """Warnings without their numbers and names."""
    found = (str(v) for k, v in tags.items() if re.search(r"(Warning|Error)$", k))
    return {re.sub(r"[0-9]+|0x[0-9a-f]+", "#", text) for text in found}


@EVERY
def test_exiftool_finds_the_label_and_nothing_else_has_changed(base, labelled, tags):
    before, after = tags[base], tags[labelled[base]]
    value = [v for k, v in after.items() if k.startswith("XMP-TC260:")]
    assert len(value) == 1
    value = json.loads(value[0]) if isinstance(value[0], str) else value[0]
    assert list(value) == suite.KEYS
    assert value["Label"] == "1" and value["ContentProducer"] == suite.CODE and value["ProduceID"] == "example-0001"
    assert after["XMP-iptcExt:DigitalSourceType"] == suite.AI
    assert not classes(after) - classes(before) - {NOTED}

    def rest(tags):
        return {k: v for k, v in tags.items() if k != "SourceFile" and not k.startswith(PLACE)}

    assert rest(after) == rest(before)


@EVERY
def test_the_packet_has_type_7_and_tags_ascend(base, labelled):
    with tifffile.TiffFile(labelled[base]) as tiff:
        entries = tiff.pages[0].tags
        assert entries[700].dtype == 1 and suite.CODE.encode() in entries[700].value
        codes = [tag.code for tag in entries]
        assert codes == sorted(codes) and len(codes) == len(set(codes))


@EVERY
def test_only_the_pointer_to_the_first_directory_changes(base, labelled):
    before, after = base.read_bytes(), labelled[base].read_bytes()
    size = 8 if struct.unpack("<H" if before[:2] == b"II" else ">H", before[2:4])[0] == 42 else 16
    place = 4 if size == 8 else 8
    assert after[:place] == before[:place] and after[size : len(before)] == before[size:]


def pages(path):
    """Every page and its sub-pictures: shape, type, pixels and where they lie."""
    with tifffile.TiffFile(path) as tiff:
        every = [page for top in tiff.pages for page in [top, *(top.pages or [])]]
        return [(p.shape, p.dtype, p.asarray(), p.dataoffsets, p.databytecounts) for p in every]


@EVERY
def test_tifffile_decodes_the_same_pages(base, labelled):
    before, after = pages(base), pages(labelled[base])
    assert len(before) == len(after)
    for one, other in zip(before, after):
        assert one[:2] == other[:2] and one[3:] == other[3:]
        assert np.array_equal(one[2], other[2])


@EVERY
def test_pillow_decodes_the_same_pages(base, labelled):
    def frames(path):
        with Image.open(path) as image:
            return [(f.mode, f.size, f.tobytes()) for f in ImageSequence.Iterator(image)]

    try:
        before = frames(base)
    except OSError:
        pytest.skip("Pillow does not read this kind of picture")
    assert frames(labelled[base]) == before
