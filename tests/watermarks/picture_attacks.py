"""Marks pictures, damages them, and counts the payloads that are read back: see README.md."""

import argparse
import math
import pathlib
import subprocess
import sys
import tempfile

import cv2
import numpy as np
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Watermark:
    """The command `core/examples/watermark.rs`."""

    def __init__(self, command):
        self.process = subprocess.Popen([command], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, words, picture):
        height, width = picture.shape[:2]
        line = f"{words[0]} {width} {height} {' '.join(map(str, words[1:]))}\n"
        self.process.stdin.write(line.encode() + np.ascontiguousarray(picture).tobytes())
        self.process.stdin.flush()
        return self.process.stdout.readline().split()

    def embed(self, picture, payload, times):
        answer = self.ask(["embed", payload, times], picture)
        data = self.process.stdout.read(picture.size)
        if answer[0] != b"ok":
            raise SystemExit(f"not embedded: {answer}")
        marked = np.frombuffer(data, np.uint8).reshape(picture.shape)
        return marked, float(answer[1]), int(answer[2])

    def detect(self, picture):
        answer = self.ask(["detect"], picture)
        payload = int(answer[1]) if answer[0] == b"found" else None
        took = int(answer[-1]) if answer[0] != b"error" else 0
        return payload, took


def coded(extension, *options):
    def attack(picture):
        _, data = cv2.imencode(extension, picture[..., ::-1], list(options))
        return cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1]

    return attack


def jpeg(quality):
    return coded(".jpg", cv2.IMWRITE_JPEG_QUALITY, quality)


def webp(quality):
    return coded(".webp", cv2.IMWRITE_WEBP_QUALITY, quality)


def scaled(across, down=None, back=False):
    def attack(picture):
        height, width = picture.shape[:2]
        size = (max(1, round(width * across)), max(1, round(height * (down or across))))
        how = cv2.INTER_AREA if across <= 1 else cv2.INTER_CUBIC
        out = cv2.resize(picture, size, interpolation=how)
        return cv2.resize(out, (width, height), interpolation=cv2.INTER_CUBIC) if back else out

    return attack


def cropped(share):
    def attack(picture):
        height, width = picture.shape[:2]
        high, wide = int(height * share), int(width * share)
        top, left = (height - high) // 2, (width - wide) // 2
        return picture[top : top + high, left : left + wide]

    return attack


def turned(degrees):
    def attack(picture):
        height, width = picture.shape[:2]
        matrix = cv2.getRotationMatrix2D((width / 2 - 0.5, height / 2 - 0.5), degrees, 1)
        return cv2.warpAffine(picture, matrix, (width, height), flags=cv2.INTER_CUBIC)

    return attack


def levels(change):
    return lambda picture: np.clip(change(picture.astype(np.float32)), 0, 255).astype(np.uint8)


def noisy(deviation):
    def attack(picture):
        noise = np.random.default_rng(7).normal(0, deviation, picture.shape)
        return np.clip(picture + noise, 0, 255).round().astype(np.uint8)

    return attack


def screenshot(picture):
    """Fitted into a page of 1280 x 720, with another gamma, as JPEG of quality 85."""
    height, width = picture.shape[:2]
    scale = min(1180 / width, 620 / height)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    small = cv2.resize(picture, (round(width * scale), round(height * scale)), interpolation=how)
    page = np.full((720, 1280, 3), 236, np.uint8)
    page[:44] = (248, 249, 250)
    page[44] = 200
    random = np.random.default_rng(height * 7919 + width)
    high, wide = small.shape[:2]
    top = int(random.integers(50, 721 - high))
    left = int(random.integers(0, 1281 - wide))
    page[top : top + high, left : left + wide] = small
    page = np.clip(255 * (page / 255.0) ** 0.95, 0, 255).round().astype(np.uint8)
    return jpeg(85)(page)


def social(picture):
    side = max(picture.shape[:2])
    return jpeg(75)(scaled(1080 / side)(picture) if side > 1080 else picture)


def palette(picture):
    return np.asarray(Image.fromarray(picture).quantize(64).convert("RGB"))


def after(*steps):
    def attack(picture):
        for step in steps:
            picture = np.ascontiguousarray(step(picture))
        return picture

    return attack


ATTACKS = {
    "none": lambda picture: picture,
    "JPEG 90": jpeg(90),
    "JPEG 75": jpeg(75),
    "JPEG 50": jpeg(50),
    "JPEG 30 (beyond the goal)": jpeg(30),
    "WebP 80": webp(80),
    "to 75 % and back": scaled(0.75, back=True),
    "to 50 % and back": scaled(0.5, back=True),
    "to 25 % and back": scaled(0.25, back=True),
    "to 50 %": scaled(0.5),
    "to 200 %": scaled(2),
    "0.9 x 1.1": scaled(0.9, 1.1),
    "crop 90 % of sides": cropped(0.9),
    "crop 75 % of sides": cropped(0.75),
    "crop to half the area": cropped(math.sqrt(0.5)),
    "crop 50 % of sides": cropped(0.5),
    "turned by 1": turned(1),
    "turned by 5": turned(5),
    "turned by 90": lambda picture: np.rot90(picture),
    "mirrored": lambda picture: picture[:, ::-1],
    "brightness +30 %": levels(lambda v: v * 1.3),
    "brightness -30 %": levels(lambda v: v * 0.7),
    "contrast +30 %": levels(lambda v: (v - 128) * 1.3 + 128),
    "contrast -30 %": levels(lambda v: (v - 128) * 0.7 + 128),
    "noise 5": noisy(5),
    "noise 10": noisy(10),
    "blur 1": lambda picture: cv2.GaussianBlur(picture, (0, 0), 1),
    "blur 2": lambda picture: cv2.GaussianBlur(picture, (0, 0), 2),
    "median 3": lambda picture: cv2.medianBlur(picture, 3),
    "720p screenshot": screenshot,
    "long side 1080, JPEG 75": social,
    "palette of 64": palette,
    "crop 75 %, JPEG 50": after(cropped(0.75), jpeg(50)),
    "to 50 %, JPEG 50": after(scaled(0.5), jpeg(50)),
}

# What the small set must survive, picture by picture.
QUICK = ["none", "JPEG 75", "to 50 %", "to 200 %", "crop 75 % of sides", "turned by 5", "turned by 90", "mirrored", "0.9 x 1.1", "noise 5"]


def made():
    """Pictures made by code: hills with rough and smooth parts."""
    for seed in range(3):
        random = np.random.default_rng(seed)
        picture = np.zeros((600, 800, 3), np.float32)
        for octave in range(1, 8):
            coarse = random.normal(0, 60 / 1.6**octave, (2**octave + 1, 2**octave + 1, 3)).astype(np.float32)
            picture += cv2.resize(coarse, (800, 600), interpolation=cv2.INTER_CUBIC)
        picture += random.normal(0, 1, picture.shape) * np.linspace(0, 6, 800)[None, :, None]
        yield f"made {seed}", np.clip(picture + 120, 0, 255).astype(np.uint8)


def flat(size=(800, 600)):
    """Flat art made by code: a slow gradient, shapes of one colour, letters, thin lines, large pixels."""
    width, height = size
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    gradient = np.dstack([90 + 120 * x, 140 + 60 * y, 200 - 80 * x * y])
    yield "art gradient", gradient.round().astype(np.uint8)
    random = np.random.default_rng(11)
    colour = lambda: tuple(int(v) for v in random.integers(0, 256, 3))
    shapes = np.full((height, width, 3), 235, np.uint8)
    for _ in range(24):
        at, radius = (int(random.integers(width)), int(random.integers(height))), int(random.integers(20, 120))
        cv2.circle(shapes, at, radius, colour(), -1, cv2.LINE_AA)
    yield "art shapes", shapes
    letters = np.full((height, width, 3), 250, np.uint8)
    for row in range(24, height, 26):
        text = "".join(chr(v) for v in random.integers(97, 123, 60))
        cv2.putText(letters, text, (20, row), cv2.FONT_HERSHEY_SIMPLEX, 0.55, (30, 30, 40), 1, cv2.LINE_AA)
    yield "art letters", letters
    lines = np.full((height, width, 3), 255, np.uint8)
    for _ in range(300):
        ends = [(int(random.integers(width)), int(random.integers(height))) for _ in range(2)]
        cv2.line(lines, *ends, colour(), 1, cv2.LINE_AA)
    yield "art lines", lines
    pixels = random.integers(0, 256, (height // 16, width // 16, 3)).astype(np.uint8)
    yield "art pixels", np.kron(pixels // 64 * 64, np.ones((16, 16, 1), np.uint8))


def photos(folder, pixels):
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in (".png", ".jpg", ".jpeg", ".webp"):
            picture = np.asarray(Image.open(path).convert("RGB"))
            yield path.stem, smaller(picture, pixels)


def smaller(picture, pixels):
    height, width = picture.shape[:2]
    scale = math.sqrt(pixels * 1e6 / (height * width))
    return scaled(scale)(picture) if scale < 1 else picture


def fetched(cache):
    """The photographs of two Debian packages, unpacked without installing, and of scikit-image."""
    cache.mkdir(parents=True, exist_ok=True)
    for package in ("mate-backgrounds", "ukui-wallpapers"):
        if not (cache / package).exists():
            subprocess.run(["apt-get", "download", package], cwd=cache, check=True)
            (archive,) = cache.glob(f"{package}_*.deb")
            subprocess.run(["dpkg-deb", "-x", archive, cache / package], check=True)
    import skimage

    shipped = pathlib.Path(skimage.__file__).parent / "data"
    paths = [*cache.glob("*/usr/share/backgrounds/**/*"), *shipped.iterdir()]
    return sorted((path for path in paths if path.suffix in (".png", ".jpg")), key=lambda path: path.name)


# Of several sizes one; charts, plain colours, and what scikit-image takes for tests.
LEFT_OUT = ("Elephants_", "MATE-Stripes", "Stripes", "chessboard", "logo", "foo", "bw_", "green_palette", "mesh", "phantom", "color", "no_time")


def photo_set(cache, pixels, held):
    """Every second photograph, from the first for development, from the second held out; then made ones."""
    paths = [path for path in fetched(cache) if not path.name.startswith(LEFT_OUT) and "no-logo" not in path.name]
    for path in paths[1 if held else 0 :: 2]:
        picture = np.asarray(Image.open(path).convert("RGB"))
        if picture.shape[0] * picture.shape[1] >= 100_000:
            yield path.stem, smaller(picture, pixels)
    for number, (name, picture) in enumerate([*made(), *flat()]):
        if number % 2 == held:
            yield name, smaller(picture, pixels)


def butteraugli(command, before, now):
    with tempfile.TemporaryDirectory() as folder:
        names = [f"{folder}/{name}.png" for name in ("before", "now")]
        for name, picture in zip(names, (before, now)):
            Image.fromarray(picture).save(name, compress_level=1)
        text = subprocess.run([command, *names], capture_output=True, text=True, check=True).stdout
    return float(text.split()[-1])


def shown(folder, name, picture, marked):
    """The marked picture beside the difference, 20 times, on grey."""
    folder.mkdir(parents=True, exist_ok=True)
    difference = np.clip(128 + 20 * (marked.astype(np.float32) - picture), 0, 255).astype(np.uint8)
    Image.fromarray(marked).save(folder / f"{name}.png")
    Image.fromarray(difference).save(folder / f"{name} difference.png")


def unmarked(watermark, pictures, count):
    """Crops without a mark of 192 to 512 pixels, turned and coded at random: how many give one."""
    random = np.random.default_rng(1)
    pictures = [picture for _, picture in pictures]
    read = 0
    for number in range(count):
        if number and number % 1000 == 0:
            print(f"{number} unmarked crops: {read} read", flush=True)
        picture = pictures[random.integers(len(pictures))]
        height, width = picture.shape[:2]
        high, wide = int(random.integers(192, 513)), int(random.integers(192, 513))
        top, left = int(random.integers(0, max(1, height - high))), int(random.integers(0, max(1, width - wide)))
        part = np.rot90(picture[top : top + high, left : left + wide], random.integers(4))
        if random.random() < 0.3:
            part = jpeg(int(random.integers(30, 95)))(np.ascontiguousarray(part))
        payload, _ = watermark.detect(part)
        read += payload is not None
    print(f"{count} unmarked crops: {read} read")
    return read


def main():
    cv2.setNumThreads(1)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--command", default=str(ROOT / "target/release/examples/watermark"))
    parser.add_argument("--photos", type=pathlib.Path, help="every picture of this folder")
    parser.add_argument("--set", choices=["develop", "held"], help="half of the photographs of packages (Debian)")
    parser.add_argument("--cache", type=pathlib.Path, default=ROOT / "target/photographs")
    parser.add_argument("--count", type=int, help="look at so many pictures, spread over the set")
    parser.add_argument("--attacks", help="only those whose name contains one of these words, by commas")
    parser.add_argument("--peers", type=int, nargs="?", const=3, help="schemes of others too, on so many pictures")
    parser.add_argument("--differences", type=pathlib.Path, help="folder for pictures, marked ones, differences")
    parser.add_argument("--pixels", type=float, default=2.0, help="megapixels to which photos are reduced")
    parser.add_argument("--times", type=float, default=1.0, help="share of the scheme's strength")
    parser.add_argument("--butteraugli", help="butteraugli_main of libjxl")
    parser.add_argument("--unmarked", type=int, default=0)
    options = parser.parse_args()
    watermark = Watermark(options.command)
    if options.set:
        pictures = list(photo_set(options.cache, options.pixels, options.set == "held"))
    else:
        pictures = list(photos(options.photos, options.pixels) if options.photos else made())
    if options.count and options.count < len(pictures):
        pictures = [pictures[i * len(pictures) // options.count] for i in range(options.count)]
    if options.unmarked:
        sys.exit(unmarked(watermark, pictures, options.unmarked) > 0)
    whole = options.photos or options.set
    names = list(ATTACKS) if whole else QUICK
    if options.attacks:
        names = [name for name in ATTACKS if any(word in name for word in options.attacks.split(","))]
    right = dict.fromkeys(names, 0)
    ratios, distances, embedding, detecting, wrong = [], [], [], [], 0
    for number, (name, picture) in enumerate(pictures):
        payload = 0x1400_0000_0000_0000 | (number + 1) * 0x9E37_79B9_7F4A
        marked, ratio, took = watermark.embed(picture, payload, options.times)
        megapixels = picture.shape[0] * picture.shape[1] / 1e6
        ratios.append(ratio)
        embedding.append(took / megapixels / 1e6)
        if options.butteraugli:
            distances.append(butteraugli(options.butteraugli, picture, marked))
        if options.differences:
            shown(options.differences, name, picture, marked)
        failed = []
        for attack in names:
            damaged = np.ascontiguousarray(ATTACKS[attack](marked))
            read, took = watermark.detect(damaged)
            detecting.append(took / damaged.shape[0] / damaged.shape[1])
            right[attack] += read == payload
            wrong += read not in (payload, None)
            if read != payload:
                failed.append(attack)
        distance = f" butteraugli {distances[-1]:.2f}" if distances else ""
        print(f"{name}: {megapixels:.2f} MP, PSNR {ratio:.2f}{distance}; lost: {', '.join(failed) or 'none'}", flush=True)
    print()
    for attack, count in right.items():
        print(f"{attack:28} {count}/{len(pictures)}")
    print(f"\nall {sum(right.values())}/{len(pictures) * len(names)}, wrong payloads {wrong}")
    print(f"PSNR mean {np.mean(ratios):.2f}, least {min(ratios):.2f}")
    if distances:
        print(f"butteraugli 3-norm mean {np.mean(distances):.3f}, most {max(distances):.3f}")
    print(f"milliseconds per megapixel (median): embed {np.median(embedding):.1f}, detect {np.median(detecting):.1f}")
    if options.peers:
        import peers

        peers.compare(pictures, names, ATTACKS, options.peers)
    sys.exit(wrong > 0 or (not whole and sum(right.values()) < len(pictures) * len(names)))


if __name__ == "__main__":
    main()
