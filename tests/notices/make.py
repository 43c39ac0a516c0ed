"""Makes pictures with and without notices, to measure what finds them.

    python make.py OUT --fonts DIR... --photos DIR... [--seed N] [--count N]

Needs Pillow and NumPy; fonts are those of Debian's fonts-noto-cjk, fonts-wqy-zenhei,
fonts-wqy-microhei and fonts-arphic-uming, photos any folders of PNG and JPEG files. OUT gets

    grounds/*.png   backgrounds without any writing of ours
    set/*.jpg       pictures with writing
    set.tsv         file, style, whether it is a notice (1) or not (0), words, height in pixels of
                    the ink of its Han characters (of all of it if it has none), left, top, width,
                    height of the ink, opacity in percent, JPEG quality, kind of background

The same seed and inputs make the same files. The pictures are not part of the repository.
"""

import argparse
import pathlib

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

SIZES = [(1024, 1024), (768, 1024), (1024, 768), (1280, 720), (720, 1280), (896, 640), (640, 960), (1536, 864)]

# Words of notices by the style of the generator, and the corners that it uses.
NOTICES = {
    "doubao": (["豆包AI生成", "豆包 AI 生成", "AI生成"], ["bottom-right", "bottom-right", "top-left"]),
    "jimeng": (["★ 即梦AI生成", "即梦AI 生成", "AI生成", "★ AI生成"], ["bottom-right", "top-left", "bottom-left"]),
    "yuanbao": (["元宝AI生成", "腾讯元宝 AI生成", "由腾讯元宝AI生成"], ["bottom-right", "bottom-left", "bottom"]),
}
# Other words, at the same places and elsewhere.
OTHERS = {
    "user": ["@小红薯_8841", "@travel.diary", "@张三的日常", "微博 @城市影像", "抖音号：83820147", "小红书 @阿May"],
    "date": ["2025-10-03 14:22", "2024年5月1日", "2025.08.17", "'98 7 12"],
    "half": ["AI", "AI 播客", "★ 即梦AI", "豆包AI", "生成", "自动生成", "AI 绘画教程", "AIGC", "合成照片", "OpenAI"],
    "caption": ["今天的晚霞真美", "周末去爬山", "Good morning!", "第三集 重逢", "他说：我们走吧", "THE END", "生日快乐"],
    "sign": ["安全出口", "前方施工 请绕行", "NO PARKING", "出口 EXIT", "请勿吸烟", "新品上市", "SALE 50%"],
    "credit": ["摄影：李明", "© 2025 Photo by Lin", "图源网络", "视觉中国", "来源：新华社", "编辑 王芳"],
}
FONTS = [("NotoSansCJK-Regular.ttc", 2), ("NotoSansCJK-Bold.ttc", 2), ("wqy-zenhei.ttc", 0), ("wqy-microhei.ttc", 0),
         ("NotoSansCJK-Regular.ttc", 2), ("uming.ttc", 0), ("NotoSerifCJK-Bold.ttc", 2)]


def fractal(rng, size, power):
    """Noise whose spectrum falls as that of photographs does."""
    width, height = size
    fy, fx = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :]
    scale = 1 / np.maximum(np.hypot(fx, fy), 1 / max(size)) ** power
    planes = []
    for _ in range(3):
        phase = rng.uniform(0, 2 * np.pi, scale.shape)
        plane = np.fft.irfft2(scale * np.exp(1j * phase), s=(height, width))
        low, high = np.percentile(plane, [1, 99])
        planes.append(np.clip((plane - low) / (high - low), 0, 1))
    mix = rng.uniform(0, 0.6)
    common = planes[0]
    stack = np.stack([common * (1 - mix) + plane * mix for plane in planes], -1)
    tint, floor = rng.uniform(0.5, 1, 3), rng.uniform(0, 0.5)
    return (255 * (floor + (1 - floor) * stack) * tint).astype(np.uint8)


def gradient(rng, size):
    width, height = size
    corners = rng.uniform(0, 255, (2, 2, 3))
    y, x = np.linspace(0, 1, height)[:, None, None], np.linspace(0, 1, width)[None, :, None]
    rows = corners[0][None, None, 0] * (1 - x) + corners[0][None, None, 1] * x
    ends = corners[1][None, None, 0] * (1 - x) + corners[1][None, None, 1] * x
    return (rows * (1 - y) + ends * y).astype(np.uint8)


def noise(rng, size):
    """A slope with the grain of a camera, or coarser."""
    width, height = size
    cell = int(rng.integers(1, 24))
    grain = rng.normal(0, rng.uniform(5, 30), (height // cell + 1, width // cell + 1, 3))
    grain = np.kron(grain, np.ones((cell, cell, 1)))[:height, :width]
    return np.clip(gradient(rng, size) + grain, 0, 255).astype(np.uint8)


def shapes(rng, size):
    picture = Image.fromarray(gradient(rng, size))
    draw = ImageDraw.Draw(picture)
    for _ in range(int(rng.integers(10, 120))):
        x, y = rng.uniform(0, size[0]), rng.uniform(0, size[1])
        w, h = rng.uniform(5, 300, 2)
        fill = tuple(int(v) for v in rng.integers(0, 256, 3))
        kind = rng.integers(0, 4)
        box = [x, y, x + w, y + h]
        if kind == 0:
            draw.ellipse(box, fill=fill)
        elif kind == 1:
            draw.rectangle(box, fill=fill)
        elif kind == 2:
            draw.rounded_rectangle(box, radius=min(w, h) / 4, fill=(20, 20, 20))
        else:
            draw.line(box, fill=fill, width=int(rng.integers(1, 12)))
    return np.asarray(picture)


def texture(rng, size):
    width, height = size
    y, x = np.mgrid[0:height, 0:width]
    total = np.zeros((height, width))
    for _ in range(4):
        fx, fy, phase = rng.uniform(-0.2, 0.2), rng.uniform(-0.2, 0.2), rng.uniform(0, 6)
        total += np.sin(fx * x + fy * y + phase)
    total = (total - total.min()) / (total.max() - total.min())
    one, two = rng.uniform(0, 255, 3), rng.uniform(0, 255, 3)
    return (one + (two - one) * total[..., None]).astype(np.uint8)


def photo(rng, size, photos):
    picture = Image.open(photos[int(rng.integers(0, len(photos)))])
    picture.draft("RGB", size)
    picture = picture.convert("RGB")
    scale = max(size[0] / picture.width, size[1] / picture.height) * rng.uniform(1.0, 1.4)
    wide, high = int(picture.width * scale) + 1, int(picture.height * scale) + 1
    picture = picture.resize((wide, high), Image.Resampling.LANCZOS)
    x, y = int(rng.integers(0, wide - size[0])), int(rng.integers(0, high - size[1]))
    return np.asarray(picture.crop((x, y, x + size[0], y + size[1])))


def ground(rng, photos):
    """A background, and what kind it is."""
    size = SIZES[int(rng.integers(0, len(SIZES)))]
    kind = rng.choice(["photo", "photo", "photo", "fractal", "fractal", "gradient", "noise", "shapes", "texture"])
    if kind == "photo":
        return kind, photo(rng, size, photos)
    if kind == "fractal":
        return kind, fractal(rng, size, rng.uniform(0.8, 1.8))
    return kind, {"gradient": gradient, "noise": noise, "shapes": shapes, "texture": texture}[kind](rng, size)


def is_han(c):
    return "\u3400" <= c <= "\u9fff"


def coverage(font, text):
    """The text's coverage, cut to its ink, and the height that counts."""
    left, top, right, bottom = font.getbbox(text)
    layer = Image.new("L", (right + 8, bottom + 8), 0)
    ImageDraw.Draw(layer).text((0, 0), text, font=font, fill=255)
    ink = np.asarray(layer) >= 128
    counted = ink
    if any(map(is_han, text)):
        counted = np.zeros_like(ink)
        for n, c in enumerate(text):
            if is_han(c):
                one = Image.new("L", layer.size, 0)
                ImageDraw.Draw(one).text((font.getlength(text[:n]), 0), c, font=font, fill=255)
                counted |= np.asarray(one) >= 128
    rows = np.flatnonzero(counted.any(1))
    ys, xs = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    box = (int(xs[0]), int(ys[0]), int(xs[-1]) + 1, int(ys[-1]) + 1)
    return np.asarray(layer)[box[1]:box[3], box[0]:box[2]] / 255, int(rows[-1] - rows[0] + 1)


def sized(fonts, rng, text, target):
    """The text in a font so that its counted height is about `target` pixels."""
    path, face = fonts[int(rng.integers(0, len(fonts)))]
    size = max(6, round(target))
    for _ in range(6):
        cover, high = coverage(ImageFont.truetype(str(path), size, index=face), text)
        if abs(high - target) <= 0.5:
            break
        size = max(6, round(size * target / high))
    return cover, high


def spot(rng, place, picture, cover):
    high, wide = picture.shape[0] - cover.shape[0], picture.shape[1] - cover.shape[1]
    gap = int(min(picture.shape[:2]) * rng.uniform(0.015, 0.04))
    x = {"left": gap, "right": wide - gap}.get(place.split("-")[-1], wide // 2)
    y = gap if place.startswith("top") else high - gap
    if place == "free":
        x, y = int(rng.uniform(0, wide)), int(rng.uniform(0, high))
    return max(0, min(x, wide)), max(0, min(y, high))


def write(rng, picture, cover, at, opacity, shadow):
    x, y = at
    layer = np.zeros(picture.shape[:2])
    layer[y:y + cover.shape[0], x:x + cover.shape[1]] = cover
    out = picture.astype(float)
    if shadow:
        soft = Image.fromarray((layer * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(cover.shape[0] / 14))
        out *= 1 - 0.45 * opacity * (np.asarray(soft) / 255)[..., None]
    alpha = (layer * opacity)[..., None]
    return np.clip(out * (1 - alpha) + 255 * alpha, 0, 255).astype(np.uint8)


def made(args, fonts, photos, truth, n):
    """Makes one picture with writing; returns its row."""
    rng = np.random.default_rng([args.seed, 2 + truth, n])
    kind, picture = ground(rng, photos)
    table = NOTICES if truth else OTHERS
    style = list(table)[n % len(table)]
    words, places = table[style] if truth else (table[style], ["bottom-right", "bottom-left", "top-left", "free"])
    text = words[int(rng.integers(0, len(words)))]
    place = places[int(rng.integers(0, len(places)))]
    target = min(picture.shape[:2]) * rng.uniform(0.02, 0.08)
    cover, high = sized(fonts, rng, text, target)
    if cover.shape[1] > picture.shape[1] * 0.95:
        cover, high = sized(fonts, rng, text, target * 0.5)
    x, y = spot(rng, place, picture, cover)
    opacity = rng.uniform(0.4, 1.0)
    picture = write(rng, picture, cover, (x, y), opacity, rng.random() < 0.6)
    quality = int(rng.integers(60, 96))
    name = f"{style}-{n:03}.jpg"
    Image.fromarray(picture).save(args.out / "set" / name, quality=quality)
    return [f"set/{name}", style, truth, text, high, x, y, cover.shape[1], cover.shape[0],
            round(opacity * 100), quality, kind]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--fonts", type=pathlib.Path, nargs="+", required=True)
    parser.add_argument("--photos", type=pathlib.Path, nargs="+", required=True)
    parser.add_argument("--seed", type=int, default=45438)
    parser.add_argument("--count", type=int, default=252)
    args = parser.parse_args()
    found = {p.name: p for folder in args.fonts for p in sorted(folder.rglob("*.tt?"))}
    fonts = [(found[name], face) for name, face in FONTS]
    photos = sorted(p for folder in args.photos for p in folder.rglob("*")
                    if p.suffix in (".jpg", ".png") and not p.is_symlink() and p.stat().st_size > 60_000
                    and p.name not in ("page.png", "text.png", "logo.png", "color.png", "screenshot.png"))
    (args.out / "set").mkdir(parents=True, exist_ok=True)
    (args.out / "grounds").mkdir(exist_ok=True)
    rows = []
    for n in range(args.count):
        rng = np.random.default_rng([args.seed, 1, n])
        Image.fromarray(ground(rng, photos)[1]).save(args.out / "grounds" / f"{n:03}.png", compress_level=1)
    for truth in (1, 0):
        rows += [made(args, fonts, photos, truth, n) for n in range(args.count)]
    text = "".join("\t".join(map(str, row)) + "\n" for row in rows)
    (args.out / "set.tsv").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
