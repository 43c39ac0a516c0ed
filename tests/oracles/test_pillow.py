"""Pillow sees the same picture before and after."""

import numpy as np
import pytest
from PIL import Image, ImageSequence

import suite
import surgery

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


@pytest.mark.parametrize("kind", ["plain", "signed"])
@pytest.mark.parametrize("name", [n for n in suite.VARIANTS if n.startswith("webp")])
def test_header_of_an_extended_webp_says_what_is_there(name, kind, request):
    """RFC 9649 2.7.1: flags of the parts that follow, and the size of the canvas."""
    case = request.getfixturevalue(kind)[name]
    assert case.receipt
    header, *parts = surgery.split("webp", case.target.read_bytes())
    kinds = [p.kind for p in parts]
    with Image.open(case.source) as image:
        size, alpha = image.size, image.mode == "RGBA"
    of = {0x20: b"ICCP", 0x08: b"EXIF", 0x04: b"XMP ", 0x02: b"ANIM"}
    flags = {0x10: alpha, **{bit: kind in kinds for bit, kind in of.items()}}
    assert header.kind == b"VP8X" and header.data[0] == sum(bit for bit, on in flags.items() if on)
    assert (int.from_bytes(header.data[4:7], "little") + 1, int.from_bytes(header.data[7:10], "little") + 1) == size
    assert kinds.count(b"XMP ") == 1 and (b"C2PA" in kinds) == (kind == "signed")


def xmp(image):
    value = image.info.get("xmp", image.info.get("XML:com.adobe.xmp", ""))
    return value.decode() if isinstance(value, bytes) else value


@pytest.mark.parametrize("ending", [".png", ".webp"])
def test_a_marked_animation_changes_in_its_pixels_alone(ending, biaoshi, folder):
    """Pillow makes an animation, whose frames it cuts to what changes, and sees the marked one as the same."""
    random = np.random.default_rng(5)
    y, x = np.mgrid[0:300, 0:360]
    wave = 128 + 50 * np.sin(x / 37) + 40 * np.cos(y / 22 + x / 90)
    ground = np.clip(wave[..., None] + random.normal(0, 4, (300, 360, 3)), 0, 255).astype(np.uint8)
    frames = []
    for number in range(4):
        picture = ground.copy()
        picture[40 + 20 * number : 160 + 20 * number, 60 + 30 * number : 200 + 30 * number] //= 2
        frames.append(Image.fromarray(picture))
    source, target = folder / f"moving{ending}", folder / f"moving-marked{ending}"
    more = {"disposal": [0, 1, 2, 0], "blend": 0} if ending == ".png" else {"lossless": True}
    frames[0].save(source, save_all=True, append_images=frames[1:], duration=[40, 50, 60, 70], loop=3, **more)
    receipt = biaoshi.label(source, target, *suite.NO_NOTICE, "--watermark")
    assert receipt["watermark"]["scheme"] == "org.biaoshi.lattice.1"
    before, after = look(source), look(target)
    pairs = list(zip(before.pop("frames"), after.pop("frames"), strict=True))
    assert before == after and len(pairs) == 4
    for one, other in pairs:
        assert one[:3] == other[:3]
        difference = other[3].astype(float) - one[3]
        assert 0.3 < np.sqrt(np.mean(difference**2)) < 4
    report = biaoshi.verify(target, "--look", status=[0, 1])
    marks = [e["watermark"]["payload"] for e in report["evidence"] if e.get("watermark")]
    assert marks == [receipt["watermark"]["payload"]]
