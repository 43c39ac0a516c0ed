"""Listens to sound without a mark: hours, and readings, of which there may be none. See README.md.

    python tests/watermarks/sound_unmarked.py PROGRAM [--minutes 600] [--each 8]

PROGRAM is `cargo build --release -p biaoshi --example watermark_sound`. Takes turns between music and people of
Debian's packages (those of sound_set.py, all tracks), espeak-ng with all its languages and variants, noise and
tones. Nothing is kept. Control-C ends it with what there is.
"""

import argparse
import pathlib
import random
import subprocess
import sys
import tempfile

import numpy as np

from sound_set import GAMES, MUSIC, PROMPTS

RATE = 16000
WORDS = (
    "morning river seven question window market between orange difficult yesterday engine paper mountain slowly"
    " because winter kitchen number forty music answer garden silver thousand people language machine picture"
).split()


def decoded(*source):
    command = ["ffmpeg", "-v", "error", "-threads", "1", *map(str, source), "-f", "f32le", "pipe:1"]
    return subprocess.run(command, capture_output=True, check=True).stdout


def music():
    """Every track whole."""
    files = sorted(f for folder, _ in MUSIC.values() for f in folder.rglob("*.ogg") if f.stat().st_size > 300_000)
    random.Random(4).shuffle(files)
    for file in files:
        yield RATE, 1, decoded("-i", file, "-map", "0:a:0", "-ar", RATE, "-ac", "1")


def people(minutes):
    """The prompts of a voice, one after the other."""
    folders = sorted(p for p in PROMPTS.iterdir() if "_" in p.name)
    rows = [b"".join(f.read_bytes() for f in sorted(folder.rglob("*.g722"))) for folder in folders]
    step = int(8000 * 60 * minutes)
    with tempfile.TemporaryDirectory() as temporary:
        file = pathlib.Path(temporary, "row.g722")
        for start in range(0, max(map(len, rows)), step):
            for row in rows:
                if row[start : start + step]:
                    file.write_bytes(row[start : start + step])
                    yield RATE, 1, decoded("-f", "g722", "-i", file, "-ar", RATE, "-ac", "1")


def machines(minutes):
    """A text of words in another order for each voice, at its own speed."""
    listed = subprocess.run(["espeak-ng", "--voices"], capture_output=True, text=True, check=True).stdout
    voices = [line.split()[1] for line in listed.splitlines()[1:]]
    listed = subprocess.run(["espeak-ng", "--voices=variant"], capture_output=True, text=True, check=True).stdout
    variants = [name.strip().removeprefix("!v/") for line in listed.splitlines()[1:] for name in line.split()[-1:]]
    draw = random.Random(5)
    while True:
        draw.shuffle(voices)
        for voice in voices:
            text = ", ".join(" ".join(draw.choices(WORDS, k=9)) for _ in range(int(minutes * 16)))
            voice = f"{voice}+{draw.choice(variants)}"
            speed, pitch = str(draw.randrange(120, 220)), str(draw.randrange(10, 90))
            command = ["espeak-ng", "-v", voice, "-s", speed, "-p", pitch, "--stdout", text]
            spoken = subprocess.run(command, capture_output=True, check=False).stdout
            samples = np.frombuffer(spoken[44 : 44 + (len(spoken) - 44) // 2 * 2], "<i2")
            if len(samples):
                yield 22050, 1, (samples / 32768).astype("<f4").tobytes()


def made(minutes):
    """Noise of several colours, tones that stand, glide and beat, clicks."""
    draw, count = np.random.default_rng(6), int(minutes * 60 * RATE)
    time = np.arange(count) / RATE
    while True:
        tones = draw.uniform(50, 7000, 6)
        for sound in (
            draw.normal(0, 0.1, count),
            np.cumsum(draw.normal(0, 0.01, count)) * 0.02 % 1 - 0.5,
            draw.normal(0, 0.3, count) * (np.sin(2 * np.pi * draw.uniform(0.5, 8) * time) > 0),
            sum(0.1 * np.sin(2 * np.pi * tone * time) for tone in tones),
            0.3 * np.sin(2 * np.pi * (tones[0] + 400 * np.sin(2 * np.pi * 0.2 * time)) * time),
            (np.arange(count) % int(RATE / draw.uniform(0.5, 40)) == 0) * 0.8,
            np.sign(np.sin(2 * np.pi * tones[1] / 10 * time)) * 0.4,
        ):
            yield RATE, 1, sound.astype("<f4").tobytes()


def listen(options, kinds, heard, readings, bounds, speeds):
    with tempfile.TemporaryDirectory() as temporary:
        piece = pathlib.Path(temporary, "piece")
        while kinds and sum(heard.values()) < options.minutes:
            kind = min(kinds, key=lambda kind: heard[kind] / (1 if kind in ("music", "espeak-ng") else 0.4))
            sound = next(kinds[kind], None)
            if sound is None:
                del kinds[kind]
                continue
            rate, channels, data = sound
            piece.write_bytes(data)
            command = [options.program, "detect", str(rate), str(channels), str(piece)]
            row = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
            heard[kind] += len(data) / 4 / channels / rate / 60
            if row[1] == "absent":
                bounds.append(float(row[2]))
            else:
                readings.append(f"{kind} at {heard[kind]:.1f} minutes: {row}")
            speeds.append(float(row[-1]))
            print(f"\r{sum(heard.values()):.0f} minutes, {len(readings)} readings", end="", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--minutes", type=float, default=600)
    parser.add_argument("--each", type=float, default=8, help="minutes of a piece of speech or noise")
    options = parser.parse_args()
    kinds = {"music": music(), "people": people(options.each), "espeak-ng": machines(options.each),
             "noise and tones": made(options.each)}  # fmt: skip
    heard, readings, bounds, speeds = dict.fromkeys(kinds, 0.0), [], [], []
    try:
        listen(options, kinds, heard, readings, bounds, speeds)
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
    print("".join(f"\n{kind}: {minutes:.0f} minutes" for kind, minutes in heard.items()))
    print(f"all: {sum(heard.values()):.0f} minutes, {len(readings)} readings; summed bounds {sum(bounds):.1e}")
    print(f"times real time: median {np.median(speeds):.0f}, least {min(speeds):.0f}")
    print("\n".join(readings))
    return bool(readings)


if __name__ == "__main__":
    if not GAMES.exists():
        raise SystemExit("no music: see the packages in sound_set.py")
    sys.exit(main())
