"""Pillow sees the same picture before and after."""

import numpy as np
import pytest
from PIL import Image, ImageSequence

import suite

# What a label adds: all else that Pillow knows of a file has to stay.
OURS = ("xmp", "XML:com.adobe.xmp")


def look(path):
    """Everything that Pillow knows about a picture, its XMP aside."""
    with Image.open(path) as image:
        frames = []
        for frame in ImageSequence.Iterator(image):
            frame.load()
            frames.append((frame.mode, frame.size, frame.info.get("duration"), np.array(frame)))
        image.seek(0)
        image.load()
        return {
            "format": image.format,
            "mode": image.mode,
            "size": image.size,
            "frames": frames,
            "palette": image.getpalette("RGBA") if image.mode == "P" else None,
            "icc": image.info.get("icc_profile"),
            "exif": image.info.get("exif"),
            "tags": dict(image.getexif()),
            "text": {k: v for k, v in getattr(image, "text", {}).items() if k not in OURS},
            "quantisation": getattr(image, "quantization", None),
            "layers": getattr(image, "layer", None),
            "info": {k: v for k, v in image.info.items() if k not in OURS},
        }


@pytest.mark.parametrize("kind", ["plain", "signed"])
@pytest.mark.parametrize("name", suite.VARIANTS)
def test_same_picture(name, kind, request):
    case = request.getfixturevalue(kind)[name]
    assert case.receipt["notice"] is None and case.receipt["reencoded"] is None
    before, after = look(case.source), look(case.target)
    frames_before, frames_after = before.pop("frames"), after.pop("frames")
    applist = [side["info"].pop("applist", None) for side in (before, after)]
    assert before == after, applist
    assert len(frames_before) == len(frames_after)
    for one, other in zip(frames_before, frames_after):
        assert one[:3] == other[:3] and np.array_equal(one[3], other[3])


@pytest.mark.parametrize("name", suite.VARIANTS)
def test_xmp_is_found_and_keeps_what_was_there(name, plain):
    case = plain[name]
    assert case.receipt
    with Image.open(case.source) as image:
        before = xmp(image)
    with Image.open(case.target) as image:
        after = xmp(image)
    assert after.count("<TC260:AIGC>") == 1
    if before:
        # Our addition is one piece in the middle: what stands before and after is untouched.
        start, end = before.split("</rdf:RDF>")
        assert after.startswith(start) and after.endswith("</rdf:RDF>" + end)


def xmp(image):
    value = image.info.get("xmp", image.info.get("XML:com.adobe.xmp", ""))
    return value.decode() if isinstance(value, bytes) else value
