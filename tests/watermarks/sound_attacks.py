"""Attack table of the sound watermark: how many marked files still give the whole payload.

    python tests/watermarks/sound_attacks.py PROGRAM FOLDER [--strength 1.0] [--only mp3_64,none] [--clean]

PROGRAM is `cargo build --release -p biaoshi --example watermark_sound`; FOLDER has sound files, those of
speech named sp_*. Needs numpy, scipy, soundfile, pesq, and ffmpeg with lame and opus.
"""

import argparse
import concurrent.futures
import pathlib
import subprocess
import tempfile
import zlib

import numpy as np
import soundfile
from pesq import pesq
from scipy.signal import lfilter, resample_poly

IDENTIFIER = 0x00C0FFEE12345678 & ((1 << 56) - 1)


def ffmpeg(*arguments):
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-threads", "1", *map(str, arguments)], check=True)


def through(folder, x, rate, suffix, *options):
    """What a codec or filter of ffmpeg makes of the samples."""
    a, b, c = (folder / name for name in ("a.wav", "b" + suffix, "c.wav"))
    soundfile.write(a, x, rate, subtype="PCM_16")
    ffmpeg("-i", a, *options, b)
    if suffix == ".wav":
        return soundfile.read(b, dtype="float32", always_2d=True)
    ffmpeg("-i", b, c)
    return soundfile.read(c, dtype="float32", always_2d=True)


def codec(suffix, *options):
    return lambda folder, x, rate: through(folder, x, rate, suffix, *options)


def effect(text):
    return codec(".wav", "-af", text)


def noise(db):
    def attack(_, x, rate):
        power = np.mean(x**2) * 10 ** (-db / 10)
        return x + np.random.default_rng(1).normal(0, np.sqrt(power), x.shape).astype(np.float32), rate

    return attack


def clip(seconds, then=None):
    """So many seconds from a place that the names of file and attack draw."""

    def attack(folder, x, rate):
        length = int(seconds * rate)
        start = max(0, len(x) - length) * zlib.crc32(folder.name.encode()) >> 32
        x = x[start : start + length]
        return then(folder, x, rate) if then else (x, rate)

    return attack


def speed(factor):
    def attack(folder, x, rate):
        return through(folder, x, rate, ".wav", "-af", f"asetrate={round(rate * factor)},aresample={rate}")

    return attack


def pcm16(_, x, rate):
    return (np.round(np.clip(x, -1, 1) * 32767) / 32768).astype(np.float32), rate


MP3_64 = codec(".mp3", "-b:a", "64k")
ATTACKS = {
    "none": pcm16,
    "mp3_128": codec(".mp3", "-b:a", "128k"),
    "mp3_64": MP3_64,
    "aac_96": codec(".m4a", "-b:a", "96k"),
    "aac_48": codec(".m4a", "-b:a", "48k"),
    "opus_32": codec(".opus", "-b:a", "32k"),
    "opus_16_mono": codec(".opus", "-b:a", "16k", "-ac", "1"),
    "vorbis_q0": codec(".ogg", "-c:a", "libvorbis", "-q:a", "0"),
    "resample_16k": effect("aresample=16000"),
    "resample_11k": effect("aresample=11025"),
    "telephone": effect("highpass=f=300:poles=2,lowpass=f=3400:poles=2,lowpass=f=3400:poles=2,aresample=8000"),
    "noise_30": noise(30),
    "noise_20": noise(20),
    "volume_-12": lambda f, x, r: (x * 0.25, r),
    "loudnorm": lambda f, x, r: through(f, x, r, ".wav", "-af", "loudnorm", "-ar", r),
    "compressor": effect("acompressor=threshold=0.1:ratio=6:attack=5:release=80"),
    "echo": effect("aecho=0.8:0.7:60|110:0.4|0.3"),
    "eq": effect("equalizer=f=500:t=o:w=1:g=-6,equalizer=f=2000:t=o:w=1:g=6,equalizer=f=5000:t=o:w=1:g=-6"),
    "trim_3.7": lambda f, x, r: (x[int(3.7 * r) :], r),
    "speed_1.01": speed(1.01),
    "speed_0.95": speed(0.95),
    "speed_1.05": speed(1.05),
    "tempo_0.95": effect("atempo=0.95"),
    "tempo_1.05": effect("atempo=1.05"),
    "clip_15": clip(15),
    "clip_10": clip(10),
    "clip_6a": clip(6),
    "clip_6b": clip(6),
    "clip_6c": clip(6),
    "clip_4": clip(4),
    "clip_3": clip(3),
    "clip_15_mp3_64": clip(15, MP3_64),
    "clip_10_mp3_64": clip(10, MP3_64),
    "clip_6a_mp3_64": clip(6, MP3_64),
    "clip_6b_mp3_64": clip(6, MP3_64),
    "clip_10_opus_32": clip(10, codec(".opus", "-b:a", "32k")),
    "clip_10_tempo_1.05": clip(10, effect("atempo=1.05")),
    "clip_10_speed_0.95": clip(10, speed(0.95)),
}


def save(path, x):
    path.write_bytes(np.ascontiguousarray(x, dtype="<f4").tobytes())


def load(path, channels):
    return np.frombuffer(path.read_bytes(), "<f4").reshape(-1, channels)


def barks(f):
    return 7 * np.arcsinh(f / 650)


def noise_to_mask(x, y, rate):
    """Mean noise-to-mask ratio in dB and share of audible frames, after the model of BS.1387 (basic).

    A Hann spectrum of 2048 samples, quarter Bark bands, the spreading and the mask offsets of that
    standard; its averaging over time is left out, the ear's own noise is not.
    """
    size, bands = 2048, np.arange(barks(80), barks(min(18000, rate / 2)), 0.25)
    f = np.fft.rfftfreq(size, 1 / rate)
    index = np.digitize(barks(f), bands) - 1
    kHz = np.maximum(f, 20) / 1000
    ear = 10 ** ((-2.184 * kHz**-0.8 + 6.5 * np.exp(-0.6 * (kHz - 3.3) ** 2) - 0.001 * kHz**3.6) / 10)
    window = np.hanning(size)
    level = 10 ** (92 / 10) / (size / 4) ** 2

    def excite(s):
        frames = np.lib.stride_tricks.sliding_window_view(s, size)[:: size // 2]
        power = np.abs(np.fft.rfft(frames * window, axis=1)) ** 2 * level * ear
        out = np.zeros((len(frames), len(bands)))
        for band in range(len(bands)):
            out[:, band] = power[:, index == band].sum(1)
        return out

    reference, added = excite(x), excite(y - x)
    centre = bands + 0.125
    low = 10 ** (-2.7 * np.maximum(centre[:, None] - centre[None, :], 0))
    high = 10 ** (-(24 / 10) * np.maximum(centre[None, :] - centre[:, None], 0))
    spread = low * high
    hz = 650 * np.sinh(centre / 7)
    own = 10 ** (0.4 * 0.364 * (hz / 1000) ** -0.8)
    offset = np.where(centre <= 12, 3.0, 0.25 * centre)
    mask = (reference @ (spread / spread.sum(0)).T + own) / 10 ** (offset / 10)
    ratio = added / mask
    loud = reference.sum(1) > 1e3
    if not loud.any():
        return 0.0, 0.0
    mean = 10 * np.log10(ratio[loud].mean(1).mean() + 1e-12)
    return float(mean), float((ratio[loud].max(1) > 10**0.15).mean())


def quality(x, y, rate):
    a, b = (resample_poly(s.mean(1), 16000, rate) for s in (x, y))
    scores = []
    for start in range(0, len(a) - 64000, 128000):
        part = slice(start, start + 128000)
        try:
            scores.append(pesq(16000, a[part].astype(np.float32), b[part].astype(np.float32), "wb"))
        except Exception:  # no speech in it
            continue
    return float(np.mean(scores)) if scores else float("nan")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--strength", type=float, default=1.0)
    parser.add_argument("--only")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--details", action="store_true")
    parser.add_argument("--clean", action="store_true")
    options = parser.parse_args()
    files = sorted(p for p in options.folder.iterdir() if p.suffix in (".wav", ".flac"))
    attacks = {k: v for k, v in ATTACKS.items() if not options.only or k in options.only.split(",")}
    with tempfile.TemporaryDirectory() as temporary:
        run(options, files, attacks, pathlib.Path(temporary))


def run(options, files, attacks, temporary):
    jobs, sounds = [], []
    for at, file in enumerate(files):
        x, rate = soundfile.read(file, dtype="float32", always_2d=True)
        save(temporary / f"{at}.in", x)
        jobs += [str(rate), str(x.shape[1]), str(temporary / f"{at}.in"), str(temporary / f"{at}.out")]
        sounds.append((x, rate))
    lines = subprocess.run(
        [options.program, "embed", f"{IDENTIFIER:x}", str(options.strength), *jobs],
        check=True, capture_output=True, text=True,
    ).stdout.splitlines()
    embed_speed = [float(line.split()[1]) for line in lines]
    marked = [load(temporary / f"{at}.out", x.shape[1]) for at, (x, _) in enumerate(sounds)]

    def measure(at):
        (x, rate), y = sounds[at], marked[at]
        snr = 10 * np.log10(np.sum(x.astype(float) ** 2) / max(np.sum((y - x).astype(float) ** 2), 1e-20))
        ratio = noise_to_mask(x.mean(1), y.mean(1), rate)
        return snr, quality(x, y, rate), ratio

    def hurt(item):
        at, name = item
        folder = temporary / f"{files[at].stem}-{name}"
        folder.mkdir()
        y, rate = attacks[name](folder, marked[at], sounds[at][1])
        save(folder / "y", y)
        return [str(rate), str(y.shape[1]), str(folder / "y")]

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        qualities = list(pool.map(measure, range(len(files))))
        items = [(at, name) for name in attacks for at in range(len(files))]
        hurts = list(pool.map(hurt, items))
    for file, (snr, score, (nmr, audible)), fast in zip(files, qualities, embed_speed):
        if options.details:
            print(f"{file.stem:18} SNR {snr:5.1f} PESQ {score:.2f} NMR {nmr:6.1f} dB audible {audible:.3f} {fast:.0f}x")
    for kind in ("sp_", "mu_"):
        part = [q for q, file in zip(qualities, files) if file.name.startswith(kind)]
        if part:
            snr, score = np.mean([q[0] for q in part]), [q[1] for q in part]
            nmr, audible = np.mean([q[2][0] for q in part]), np.mean([q[2][1] for q in part])
            print(f"{kind} SNR {snr:.1f} dB  PESQ-WB mean {np.nanmean(score):.3f} min {np.nanmin(score):.2f}"
                  f"  NMR {nmr:.1f} dB  frames over mask {audible:.3f}")
    chunks = [hurts[i::options.jobs] for i in range(options.jobs)]

    def detect(chunk):
        arguments = [a for job in chunk for a in job]
        out = subprocess.run([options.program, "detect", *arguments], check=True, capture_output=True, text=True)
        return [line.split() for line in out.stdout.splitlines()]

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        answers = list(pool.map(detect, chunks))
    by_path = {row[0]: row for chunk in answers for row in chunk}
    totals, wrong, speeds = {}, 0, {True: [], False: []}
    for (at, name), job in zip(items, hurts):
        row = by_path[job[2]]
        good = row[1] != "absent" and int(row[1], 16) & (1 << 56) - 1 == IDENTIFIER
        wrong += row[1] != "absent" and not good
        speeds[good].append(float(row[-1]))
        totals.setdefault(name, []).append(good)
    for name, hits in totals.items():
        missed = " ".join(file.stem for file, good in zip(files, hits) if not good)
        kinds = [[g for g, f in zip(hits, files) if f.name.startswith(k)] for k in ("sp_", "mu_")]
        print(f"{name:20} {sum(hits):3}/{len(hits)}  speech {sum(kinds[0])}/{len(kinds[0])}"
              f" music {sum(kinds[1])}/{len(kinds[1])}" + (f"  missed: {missed}" if options.details else ""))
    print(f"wrong payloads {wrong}; all {sum(map(sum, totals.values()))}/{len(items)}")
    print(f"times real time: embed {np.median(embed_speed):.0f}, detect marked {np.median(speeds[True] or [0]):.0f},"
          f" undetected {np.median(speeds[False] or [0]):.0f} (slowest {min(speeds[True] + speeds[False]):.0f})")


if __name__ == "__main__":
    main()
