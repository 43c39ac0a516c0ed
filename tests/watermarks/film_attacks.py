"""Marks films, codes them again in ways that people do, and counts the marks that are still read: see README.md.

    python tests/watermarks/film_attacks.py PROGRAM [--photos FOLDER] [--count 4] [--only crf_28,none] [--unmarked]

PROGRAM is the command `biaoshi`; several, separated by commas, are compared, and the first of them marks. Films
have 1280 x 720 pixels and four seconds: two drawn by FFmpeg, and a camera that moves over each photograph of FOLDER.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time

PRODUCER = "001191110102MACQD9K64010000"
H264 = ["-c:v", "libx264", "-preset", "medium", "-pix_fmt", "yuv420p"]
ATTACKS = {
    "none": None,
    "crf_28": [*H264, "-crf", "28"],
    "crf_33": [*H264, "-crf", "33"],
    "crf_38": [*H264, "-crf", "38"],
    "480p_crf_28": ["-vf", "scale=-2:480", *H264, "-crf", "28"],
    "360p_crf_28": ["-vf", "scale=-2:360", *H264, "-crf", "28"],
    "360p_crf_33": ["-vf", "scale=-2:360", *H264, "-crf", "33"],
    "240p_crf_28": ["-vf", "scale=-2:240", *H264, "-crf", "28"],
    "vp9_crf_40": ["-c:v", "libvpx-vp9", "-crf", "40", "-b:v", "0", "-cpu-used", "4", "-row-mt", "1"],
    "hevc_crf_30": ["-c:v", "libx265", "-crf", "30", "-x265-params", "log-level=error"],
    "crop_75": ["-vf", "crop=iw*3/4:ih*3/4", *H264, "-crf", "23"],
    "crop_75_crf_33": ["-vf", "crop=iw*3/4:ih*3/4", *H264, "-crf", "33"],
}


def ffmpeg(*words):
    subprocess.run(["ffmpeg", "-v", "error", "-y", *map(str, words)], check=True)


def films(folder, photos, count):
    """Name and file of every film."""
    made = ["-t", "4", *H264, "-crf", "17"]
    sources = {
        "testsrc2": ["-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=25"],
        "mandelbrot": ["-f", "lavfi", "-i", "mandelbrot=size=1280x720:rate=25"],
    }
    found = sorted(p for p in photos.rglob("*") if p.suffix.lower() in (".jpg", ".png")) if photos else []
    step = max(1, len(found) // count)
    for photo in found[::step][:count]:
        pan = "scale=1680:1000:force_original_aspect_ratio=increase,crop=1280:720:x='60*t':y='40*t',format=yuv420p"
        sources[photo.stem] = ["-loop", "1", "-framerate", "25", "-i", photo, "-vf", pan]
    for name, source in reversed(sources.items()):
        out = folder / f"{name}.mp4"
        if not out.exists():
            ffmpeg(*source, *made, out)
        yield name, out


def read(program, film):
    """The mark that is read, or None; and how many seconds it took."""
    begun = time.monotonic()
    words = [program, "verify", "--json", "--look", "--time-limit", "900", str(film)]
    done = subprocess.run(words, capture_output=True, text=True)
    took = time.monotonic() - begun
    if done.returncode not in (0, 1):
        raise SystemExit(f"{film}: {done.stderr}")
    marks = [e["watermark"]["payload"] for e in json.loads(done.stdout)["evidence"] if e.get("watermark")]
    return (marks[0] if marks else None), took


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", type=lambda text: text.split(","))
    parser.add_argument("--photos", type=pathlib.Path)
    parser.add_argument("--count", type=int, default=4)
    parser.add_argument("--only", type=lambda text: text.split(","), default=list(ATTACKS))
    parser.add_argument("--unmarked", action="store_true")
    parser.add_argument("--keep", type=pathlib.Path, help="a folder in which films are kept and found again")
    args = parser.parse_args()
    counts = {(attack, program): 0 for attack in args.only for program in args.programs}
    seconds = dict.fromkeys(args.programs, 0.0)
    total = wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        folder = args.keep or pathlib.Path(folder)
        folder.mkdir(exist_ok=True, parents=True)
        for name, film in films(folder, args.photos, args.count):
            marked, payload = film, None
            if not args.unmarked:
                marked = folder / f"{name}-marked.mp4"
                options = ["--producer", PRODUCER, "--id", name, "--watermark", "--explicit", "none"]
                options += ["--reason", "test", "--time-limit", "900"]
                receipt = folder / f"{name}-marked.json"
                if not (marked.exists() and receipt.exists()):
                    label = [args.programs[0], "label", film, "-o", marked, "--force", "--json", *options]
                    receipt.write_bytes(subprocess.run(label, check=True, capture_output=True).stdout)
                payload = json.loads(receipt.read_text())["watermark"]["payload"]
            total += 1
            for attack in args.only:
                suffix = ".webm" if attack.startswith("vp9") else ".mp4"
                film = marked if ATTACKS[attack] is None else folder / f"{name}-{attack}{suffix}"
                if not film.exists():
                    ffmpeg("-i", marked, "-an", "-map_metadata", "-1", *ATTACKS[attack], film)
                for program in args.programs:
                    found, took = read(program, film)
                    seconds[program] += took
                    counts[attack, program] += found is not None and found == payload
                    wrong += found is not None and found != payload
                    print(f"{name} {attack} {program}: {found} {took:.1f} s", file=sys.stderr, flush=True)
    print("| attack | " + " | ".join(f"read of {total}" for _ in args.programs) + " |")
    print("| --- |" + " --- |" * len(args.programs))
    for attack in args.only:
        print(f"| {attack} | " + " | ".join(str(counts[attack, program]) for program in args.programs) + " |")
    looks = total * len(args.only)
    print(f"wrong: {wrong}; seconds a look: " + ", ".join(f"{seconds[p] / looks:.1f}" for p in args.programs))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
