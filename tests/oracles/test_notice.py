"""The visible notice (GB 45438-2025 5.2), measured from pixels without the code under test."""

import io
import json
import math

import numpy as np
import pytest
from PIL import Image, ImageOps, JpegImagePlugin

import pictures
import suite

PLACES = ["top-left", "top", "top-right", "left", "right", "bottom-left", "bottom", "bottom-right"]


def background(kind, width, height):
    y, x = np.mgrid[0:height, 0:width]
    if kind == "dark":
        values = np.stack([8 + x % 7, 10 + y % 5, 14 + 0 * x], axis=-1)
    elif kind == "light":
        values = np.stack([250 - x % 4, 248 - y % 3, 245 + 0 * x], axis=-1)
    elif kind == "middle":
        values = np.full((height, width, 3), 118)
    elif kind == "stripes":
        values = np.repeat((((x + y) // 6) % 2 * 255)[..., None], 3, axis=-1)
    else:
        values = np.random.default_rng(7).integers(0, 256, (height, width, 3))
    return Image.fromarray(values.astype(np.uint8))


BACKGROUNDS = ["dark", "light", "middle", "stripes", "noise"]
KINDS = {
    "png": ("png", {}),
    "jpeg-420": ("jpeg", {"quality": 80}),
    "jpeg-444": ("jpeg", {"quality": 92, "subsampling": 0}),
    "webp-lossless": ("webp", {"lossless": True}),
    "webp-lossy": ("webp", {"quality": 80}),
}


def luminance(rgb):
    """Relative luminance, WCAG 2.2."""
    s = rgb.astype(float) / 255
    linear = np.where(s <= 0.04045, s / 12.92, ((s + 0.055) / 1.055) ** 2.4)
    return linear @ np.array([0.2126, 0.7152, 0.0722])


def contrast(a, b):
    high, low = max(a, b), min(a, b)
    return (high + 0.05) / (low + 0.05)


def upright(path):
    """The picture as people see it."""
    with Image.open(path) as image:
        image = ImageOps.exif_transpose(image)
        if image.mode == "I;16":
            # Pillow would clip samples of 16 bit, not scale them.
            image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
        return np.asarray(image.convert("RGBA"))


def generation_loss(path):
    """What Pillow loses when it decodes a picture and encodes it with the parameters that it has."""
    with Image.open(path) as image:
        image.load()
        fmt, options = "webp", {"quality": 80}
        if image.format == "JPEG":
            fmt, options = "jpeg", {"qtables": image.quantization, "subsampling": JpegImagePlugin.get_sampling(image)}
        again = Image.open(io.BytesIO(pictures.save(image, fmt, **options))).convert("RGBA")
        return np.abs(np.asarray(image.convert("RGBA")).astype(int) - np.asarray(again)).mean()


def cut(array, rect):
    return array[rect["y"] : rect["y"] + rect["height"], rect["x"] : rect["x"] + rect["width"]]


def ink(panel, lossy, scale):
    """Where the letters are and their contrast to the plate, from a picture of plate and letters.

    The rim of the plate has no letters, so it gives the plate's range; ink lies beyond it. The
    plate's corners are round: squares of 0.4 times the letters' height are left out.
    """
    light = luminance(panel[..., :3])
    height, width = light.shape
    y, x = np.mgrid[0:height, 0:width]
    corner = math.ceil(0.4 * scale)
    plate_part = (np.minimum(y, height - 1 - y) >= corner) | (np.minimum(x, width - 1 - x) >= corner)
    # A lossy encoder mixes the outermost pixels of the plate with what is around it.
    depth = np.minimum(np.minimum(y, height - 1 - y), np.minimum(x, width - 1 - x))
    skip, rim = (2, 2) if lossy else (0, 1)
    plate_part &= depth >= skip
    low, high = np.percentile(light[plate_part & (depth < skip + rim)], [2, 98] if lossy else [0, 100])
    top, bottom = np.percentile(light[plate_part], [99.5, 0.5])
    if contrast(top, high) >= contrast(bottom, low):
        plate, letters = high, top
        edge = math.sqrt((plate + 0.05) * (letters + 0.05)) - 0.05
        mask = light > edge
    else:
        plate, letters = low, bottom
        edge = math.sqrt((plate + 0.05) * (letters + 0.05)) - 0.05
        mask = light < edge
    return mask & plate_part, contrast(plate, letters)


def extent(flags):
    where = np.flatnonzero(flags)
    return int(where[0]), int(where[-1]) + 1


def bands(mask):
    """The lines of text: runs of rows with ink."""
    rows = mask.any(axis=1)
    runs, start = [], None
    for at, on in enumerate([*rows, False]):
        if on and start is None:
            start = at
        elif not on and start is not None:
            runs.append([start, at])
            start = None
    return runs


def han_height(mask):
    """Ink height of 生成, the right part of the line AI生成."""
    left, right = extent(mask.any(axis=0))
    han = mask[:, right - int((right - left) * 0.6) : right]
    top, bottom = extent(han.any(axis=1))
    return bottom - top


def in_place(rect, place, width, height):
    """Whether the rectangle lies at the edge or corner that was asked for."""
    margin = 0.06 * min(width, height) + 12
    left, right = rect["x"], width - rect["x"] - rect["width"]
    top, bottom = rect["y"], height - rect["y"] - rect["height"]
    assert min(left, right, top, bottom) >= 0
    near = {"left": left, "right": right, "top": top, "bottom": bottom}
    words = place.split("-")
    uneven = abs(top - bottom) if words[0] in ("left", "right") else abs(left - right)
    return all(near[w] <= margin for w in words) and (len(words) == 2 or uneven <= 2)


def check(case, place, lossy, lines=("AI生成",)):
    """Everything that a notice has to be; returns pictures before and after, as displayed."""
    receipt, source, target = case
    notice = receipt["notice"]
    before, after = upright(source), upright(target)
    height, width = before.shape[:2]
    rect = notice["display_rect"]
    assert notice["lines"] == list(lines) and notice["placement"] == place
    assert in_place(rect, place, width, height), rect
    assert receipt["reencoded"] == ("lossy" if lossy else "lossless")

    changed = (before != after).any(axis=-1)
    if lossy:
        outside = np.abs(before.astype(int) - after.astype(int))
        keep = np.ones(changed.shape, bool)
        cut(keep, rect)[:] = False
        loss = outside[keep].mean()
        if target.suffix == ".jpg":
            # Grain costs any encoder more: ours may lose what libjpeg loses, and a tenth.
            assert loss <= max(2.0, 1.1 * generation_loss(source)), "the rest of the picture suffered"
        else:
            # Lossy WebP can't be encoded with the tables of its source, as JPEG can.
            assert loss <= max(2.5, 1.6 * generation_loss(source)), "the rest of the picture suffered"
    else:
        outside = changed.copy()
        cut(outside, rect)[:] = False
        assert not outside.any(), "pixels outside the rectangle changed"
    assert cut(changed, rect).mean() > 0.5, "nothing to see"

    mask, ratio = ink(cut(after, rect), lossy, notice["ink_height_px"])
    assert ratio >= 4.5, f"contrast {ratio:.2f}"
    need = math.ceil(round(0.05 * min(width, height), 6))
    if list(lines) == ["AI生成"]:
        measured = han_height(mask)
        assert measured >= need, f"ink is {measured} px high, 5 % are {need}"
        assert abs(measured - notice["ink_height_px"]) <= (2 if lossy else 1), (measured, notice)
    return before, after, mask, need


def labelled(biaoshi, folder, name, fmt, data, place, *args):
    source = folder / f"notice-{name}{suite.ENDINGS[fmt]}"
    target = source.with_stem(source.stem + "-out")
    source.write_bytes(data)
    return biaoshi.label(source, target, "--force", "--explicit", place, *args), source, target


@pytest.mark.parametrize("scene", BACKGROUNDS)
@pytest.mark.parametrize("kind", KINDS)
def test_on_every_background(biaoshi, folder, kind, scene):
    fmt, options = KINDS[kind]
    data = pictures.save(background(scene, 400, 300), fmt, **options)
    case = labelled(biaoshi, folder, f"{kind}-{scene}", fmt, data, "bottom-right")
    check(case, "bottom-right", kind.startswith("jpeg") or kind == "webp-lossy")


SIZES = [(64, 64), (90, 400), (600, 80), (317, 211), (1024, 768), (1920, 1080)]


@pytest.mark.parametrize("size", SIZES, ids=lambda s: "x".join(map(str, s)))
@pytest.mark.parametrize("fmt", suite.FORMATS)
def test_at_every_size(biaoshi, folder, fmt, size):
    options = {"lossless": True} if fmt == "webp" else {}
    data = pictures.save(pictures.scene(*size), fmt, **options)
    case = labelled(biaoshi, folder, f"size-{size[0]}", fmt, data, "bottom-right")
    check(case, "bottom-right", fmt == "jpeg")


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("fmt", suite.FORMATS)
def test_at_every_place(biaoshi, folder, fmt, place):
    options = {"lossless": True} if fmt == "webp" else {}
    data = pictures.save(pictures.scene(420, 310), fmt, **options)
    check(labelled(biaoshi, folder, f"place-{place}", fmt, data, place), place, fmt == "jpeg")


@pytest.mark.parametrize("place", ["bottom-right", "top-left", "right"])
@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("fmt", suite.FORMATS)
def test_upright_under_every_orientation(biaoshi, folder, fmt, orientation, place):
    options = {"lossless": True} if fmt == "webp" else {}
    data = pictures.save(background("light", 420, 260), fmt, exif=pictures.exif(orientation), **options)
    case = labelled(biaoshi, folder, f"turn-{orientation}", fmt, data, place)
    _, after, mask, _ = check(case, place, fmt == "jpeg")
    stored, shown = case[0]["notice"]["rect"], case[0]["notice"]["display_rect"]
    sides = (shown["height"], shown["width"]) if orientation >= 5 else (shown["width"], shown["height"])
    assert (stored["width"], stored["height"]) == sides
    # The same letters, the same way up, as in a picture that is not turned.
    upright_data = pictures.save(background("light", *reversed(after.shape[:2])), fmt, **options)
    plain = labelled(biaoshi, folder, f"turn-{orientation}-plain", fmt, upright_data, place)
    notice = plain[0]["notice"]
    assert notice["display_rect"] == shown
    expected, _ = ink(cut(upright(plain[2]), shown), fmt == "jpeg", notice["ink_height_px"])
    assert (expected != mask).mean() < (0.02 if fmt == "jpeg" else 0.001)


@pytest.mark.parametrize("fmt", suite.FORMATS)
@pytest.mark.parametrize(
    "languages", [["zh-Hans"], ["zh-Hans", "en"], ["pt", "zh-Hant"], ["zh-Hant", "en", "pt"]], ids="+".join
)
def test_several_languages(biaoshi, folder, fmt, languages):
    words = {"zh-Hans": "AI生成", "zh-Hant": "AI生成", "en": "AI-generated", "pt": "Gerado por IA"}
    options = {"lossless": True} if fmt == "webp" else {}
    args = [a for tag in languages for a in ("--notice-language", tag)]
    data = pictures.save(pictures.scene(500, 400), fmt, **options)
    lines = [words[tag] for tag in languages]
    case = labelled(biaoshi, folder, "languages", fmt, data, "top-left", *args)
    _, _, mask, need = check(case, "top-left", fmt == "jpeg", lines)
    runs = bands(mask)
    assert len(runs) == len(lines), runs
    assert all(bottom - top >= need for top, bottom in runs), (runs, need)


def test_english_alone_is_refused(biaoshi, folder):
    """It lacks the elements that GB 45438-2025 asks for."""
    source = folder / "english.png"
    source.write_bytes(pictures.save(pictures.scene(), "png"))
    args = ["label", source, "-o", folder / "english-out.png", "--producer", suite.CODE, "--notice-language", "en"]
    error = json.loads(biaoshi.run(*args, "--json", status=2))["error"]
    assert error["code"] == "wording.elements" and not (folder / "english-out.png").exists()


@pytest.mark.parametrize("name", [n for n in suite.VARIANTS if "animated" in n])
def test_moving_pictures_are_not_redrawn(biaoshi, folder, sources, name):
    target = folder / ("moving-" + sources[name].name)
    args = ["label", sources[name], "-o", target, "--producer", suite.CODE, "--json"]
    assert json.loads(biaoshi.run(*args, status=2))["error"]["code"] == "codec.animated"
    assert not target.exists()


@pytest.mark.parametrize("name", [n for n in suite.VARIANTS if "animated" not in n])
def test_every_kind_of_picture(biaoshi, folder, name):
    """Pixels outside, profiles, Exif, text and the parameters of the encoder stay."""
    fmt, data = suite.VARIANTS[name]
    case = labelled(biaoshi, folder, name, fmt, data, "bottom-left")
    receipt, source, target = case
    lossy = fmt == "jpeg" or (fmt == "webp" and receipt["reencoded"] == "lossy")
    check(case, "bottom-left", lossy)
    with Image.open(source) as before, Image.open(target) as after:
        before.load(), after.load()
        assert before.size == after.size and before.format == after.format
        for key in ("icc_profile", "exif", "comment", "dpi"):
            assert before.info.get(key) == after.info.get(key), key
        keep = lambda image: {k: v for k, v in getattr(image, "text", {}).items() if k != "XML:com.adobe.xmp"}
        assert keep(before) == keep(after)
        if fmt == "jpeg":
            assert before.mode == after.mode
            assert before.quantization == after.quantization, "quantisation tables"
            assert [tuple(p[1:]) for p in before.layer] == [tuple(p[1:]) for p in after.layer], "sampling"
            assert bool(before.info.get("progressive")) == bool(after.info.get("progressive"))
    assert biaoshi.verify(target)["status"] == "confirmed"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("algorithm", ["ed25519", "es256"])
def test_notice_and_signature_together(biaoshi, folder, identities, kind, algorithm):
    fmt, options = KINDS[kind]
    data = pictures.save(pictures.scene(400, 300), fmt, **options)
    identity = identities[algorithm]
    case = labelled(biaoshi, folder, f"both-{kind}-{algorithm}", fmt, data, "bottom-right", "--sign", identity)
    check(case, "bottom-right", kind.startswith("jpeg") or kind == "webp-lossy")
    report = biaoshi.verify(case[2], "--trust", identity)
    assert all(e["integrity"] == "intact" and e["key"] == "trusted" for e in report["evidence"])


def test_the_measure_can_fail(folder):
    """Letters that are too faint or too small are seen as such."""
    panel = np.full((40, 120, 4), 255, np.uint8)
    panel[12:28, 20:100, :3] = 170
    mask, ratio = ink(panel, False, 16)
    assert ratio < 4.5 and han_height(mask) == 16
