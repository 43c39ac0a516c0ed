"""Pictures of every kind that the three formats know, made with Pillow and numpy."""

import io
import struct
import zlib

import numpy as np
from PIL import Image, ImageCms, PngImagePlugin

import surgery

XMP = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Other tool 1.0">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    ' xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="4">'
    '<dc:title><rdf:Alt><rdf:li xml:lang="x-default">Harbour &amp; sky 港口</rdf:li></rdf:Alt></dc:title>'
    "<dc:subject><rdf:Bag><rdf:li>sea</rdf:li><rdf:li>boat</rdf:li></rdf:Bag></dc:subject></rdf:Description>"
    "</rdf:RDF></x:xmpmeta>" + "\n" + " " * 400 + '<?xpacket end="w"?>'
).encode()
ICC = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def scene(width=200, height=140, seed=1):
    """Smooth colour with edges and grain: neither flat nor noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    r = 128 + 90 * np.sin(x / (17 + seed) + y / 40)
    g = 255 * y / height
    b = np.where((x // 30 + y // 30) % 2, 200, 60)
    out = np.stack([r, g, b], axis=-1) + rng.normal(0, 6, (height, width, 3))
    return Image.fromarray(np.clip(out, 0, 255).astype(np.uint8))


def alpha(image):
    width, height = image.size
    ramp = np.tile(np.linspace(0, 255, width).astype(np.uint8), (height, 1))
    out = image.convert("RGBA")
    out.putalpha(Image.fromarray(ramp))
    return out


def exif(orientation):
    tags = Image.Exif()
    tags[0x0112] = orientation
    tags[0x010F] = "Maker"
    tags[0x0131] = "Generator 2"
    tags.get_ifd(0x8769)[0x9003] = "2026:01:02 03:04:05"
    return tags.tobytes()


def save(image, fmt, **options):
    out = io.BytesIO()
    image.save(out, {"png": "PNG", "jpeg": "JPEG", "webp": "WEBP"}[fmt], **options)
    return out.getvalue()


def _png_rgb16(width=120, height=90):
    """Pillow writes no 16-bit colour, so this one is put together by hand."""
    y, x = np.mgrid[0:height, 0:width]
    pixels = np.stack([x * 500, y * 700, (x * y) * 6], axis=-1).astype(">u2")
    rows = b"".join(b"\0" + pixels[row].tobytes() for row in range(height))
    part = surgery.Part
    return surgery.join(
        "png",
        [
            part(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)),
            part(b"gAMA", struct.pack(">I", 45455)),
            part(b"IDAT", zlib.compress(rows)),
            part(b"IEND", b""),
        ],
    )


def _png_interlaced(width=67, height=45):
    """Adam7, by hand."""
    pixels = np.asarray(scene(width, height))
    raw = b""
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    for x0, y0, dx, dy in passes:
        for row in pixels[y0::dy, x0::dx]:
            if len(row):
                raw += b"\0" + row.tobytes()
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 1)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(raw)), (b"IEND", b"")]
    return surgery.join("png", [surgery.Part(*p) for p in parts])


def _insert(fmt, data, at, *parts):
    found = surgery.split(fmt, data)
    found[at:at] = parts
    return surgery.join(fmt, found)


def png_text():
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "prompt: a harbour")
    info.add_text("parameters", "steps: 20, " * 60, zip=True)
    info.add_itxt("Description", "港口与天空", lang="zh", tkey="描述")
    info.add(b"teSt", b"unknown, ancillary, safe to copy")
    return save(scene(), "png", pnginfo=info, dpi=(300, 300))


def png_xmp():
    info = PngImagePlugin.PngInfo()
    info.add_itxt("XML:com.adobe.xmp", XMP.decode())
    return save(scene(), "png", pnginfo=info)


def jpeg_iptc():
    """A Photoshop resource block with an IPTC caption, and bytes of another maker in APP12."""
    caption = b"\x1c\x02\x78\x00\x07Caption"
    block = b"Photoshop 3.0\x008BIM\x04\x04\0\0" + struct.pack(">I", len(caption)) + caption
    part = surgery.Part
    return _insert("jpeg", save(scene(), "jpeg"), 1, part(0xED, block), part(0xEC, b"Ducky\0\1\0\4\0\0\0\x50\0\0"))


def png_variants():
    rgb = scene()
    grey16 = Image.fromarray(np.asarray(rgb.convert("L"), dtype=np.uint16) * 251)
    palette = rgb.quantize(64)
    clear = rgb.quantize(32)
    return {
        "bilevel": save(rgb.convert("1"), "png"),
        "grey": save(rgb.convert("L"), "png"),
        "grey-alpha": save(alpha(rgb).convert("LA"), "png"),
        "grey-16": save(grey16, "png"),
        "rgb": save(rgb, "png"),
        "rgb-16": _png_rgb16(),
        "rgb-colour-key": save(rgb, "png", transparency=(10, 20, 60)),
        "rgba": save(alpha(rgb), "png"),
        "palette": save(palette, "png"),
        "palette-4bit": save(rgb.quantize(12), "png"),
        "palette-transparent": save(clear, "png", transparency=bytes(range(0, 256, 8))),
        "interlaced": _png_interlaced(),
        "icc": save(rgb, "png", icc_profile=ICC),
        "exif-6": save(rgb, "png", exif=exif(6)),
        "xmp": png_xmp(),
        "text": png_text(),
        "animated": save(rgb, "png", save_all=True, append_images=[scene(seed=2), scene(seed=3)], duration=80),
        "trailing": save(rgb, "png") + b"bytes of somebody else",
    }


def jpeg_variants():
    rgb = scene()
    out = {
        "grey": save(rgb.convert("L"), "jpeg"),
        "444": save(rgb, "jpeg", quality=92, subsampling=0),
        "422": save(rgb, "jpeg", quality=85, subsampling=1),
        "420": save(rgb, "jpeg", quality=75, subsampling=2),
        "progressive-420": save(rgb, "jpeg", progressive=True),
        "progressive-444": save(rgb, "jpeg", progressive=True, quality=95, subsampling=0),
        "restart": save(rgb, "jpeg", restart_marker_rows=1),
        "cmyk": save(rgb.convert("CMYK"), "jpeg"),
        "icc": save(rgb, "jpeg", icc_profile=ICC),
        "icc-two-segments": save(rgb, "jpeg", icc_profile=ICC + b"\0" * 70_000),
        "xmp": save(rgb, "jpeg", xmp=XMP),
        "comment": save(rgb, "jpeg", comment=b"a comment \xe6\xb8\xaf", dpi=(300, 300)),
        "iptc": jpeg_iptc(),
        "everything": save(rgb, "jpeg", icc_profile=ICC, exif=exif(1), xmp=XMP, comment=b"all", quality=90),
    }
    for orientation in range(1, 9):
        out[f"exif-{orientation}"] = save(rgb, "jpeg", exif=exif(orientation))
    return out


def webp_variants():
    rgb = scene()
    frames = {"save_all": True, "append_images": [scene(seed=2), scene(seed=3)], "duration": 80}
    return {
        "lossy": save(rgb, "webp", quality=80),
        "lossy-alpha": save(alpha(rgb), "webp", quality=80),
        "lossless": save(rgb, "webp", lossless=True),
        "lossless-alpha": save(alpha(rgb), "webp", lossless=True, exact=True),
        "icc": save(rgb, "webp", icc_profile=ICC),
        "exif-8": save(rgb, "webp", exif=exif(8)),
        "lossless-exif-3": save(rgb, "webp", exif=exif(3), lossless=True),
        "xmp": save(rgb, "webp", xmp=XMP),
        "odd-size": save(scene(51, 33), "webp", lossless=True),
        "animated": save(rgb, "webp", lossless=True, **frames),
    }


def variants():
    """`{"png-rgb": ("png", bytes), …}`"""
    makers = {"png": png_variants, "jpeg": jpeg_variants, "webp": webp_variants}
    return {f"{fmt}-{name}": (fmt, data) for fmt, make in makers.items() for name, data in make().items()}
