"""Makes speech and music without a notice, to measure how often a rhythm notice is heard in it.

    python unmarked.py texts FOLDER OUT              prose of documents and translations, by language
    python unmarked.py tunes CORPUS OUT [--turn N]   scores as MIDI, with instruments, tempi and gaps by chance
    python unmarked.py speech TEXTS [--variants]     espeak-ng reads OUT of `texts`, each paragraph once
    python unmarked.py music MIDI --fonts SF2...     fluidsynth plays OUT of `tunes`
    python unmarked.py recordings FOLDER             what ffmpeg, openmpt123 or fluidsynth can play

The last three write clips to standard output, as `rhythm_figures stream` reads them, and take
`--part K/N` to share the work, `--group NAME`, and `--minutes N` to end early. Voices, rates and pitches of
speech are drawn by language and number, so that every run makes the same clips:

    python unmarked.py speech texts | cargo run --release --example rhythm_figures -- stream speech.txt

`texts` reads HTML, XML, manual pages, catalogues of translations (.mo) and fortune files where a folder of
the path names a language; `tunes` reads ABC (by abc2midi) and Humdrum and MusicXML (by the package
verovio), such as the corpus of music21. Nothing of what is made is part of the repository.
"""

import argparse
import gettext
import gzip
import hashlib
import html
import pathlib
import random
import re
import subprocess
import sys
import tempfile

SPEECH_RATE, MUSIC_RATE = 22_050, 16_000
# Languages as folders name them, where espeak-ng names them otherwise.
NAMES = {"zh": "cmn", "en": "en-us", "fr": "fr-fr", "no": "nb", "nn": "nb", "iw": "he", "in": "id", "fil": "id",
         "sr@latin": "hr", "zh_tw": "yue", "zh_hk": "yue", "en_gb": "en-gb", "es_mx": "es-419"}
# Characters of a clip of about three minutes.
LETTERS, SYLLABLES = 2_400, 800


def voices():
    lines = subprocess.run(["espeak-ng", "--voices"], capture_output=True, text=True, check=True).stdout.splitlines()
    return {line.split()[1] for line in lines[1:]}


def language(path, known):
    """The voice for the language that a folder of the path names."""
    for part in reversed(path.parts[:-1]):
        low = part.lower().replace("-", "_").split(".")[0]
        for name in (low, low.split("@")[0], re.split("[_@]", low)[0]):
            voice = NAMES.get(name, name.replace("_", "-"))
            if voice in known:
                return voice
    return None


def paragraphs(path):
    """The prose of a file, as far as it can be told from mark-up."""
    if path.suffix == ".mo":
        with path.open("rb") as file:
            catalogue = gettext.GNUTranslations(file)._catalog
        return [re.sub(r"<[^>]*>|[_&~](?=\w)|%[-+ #0-9.]*[a-z]", "", text)
                for key, text in catalogue.items() if key and isinstance(text, str) and text != key]
    data = gzip.open(path).read() if path.suffix == ".gz" else path.read_bytes()
    text = data.decode("utf-8")
    if re.search(r"\.[1-8](\.gz)?$", path.name):
        text = re.sub(r"(?m)^[.'].*$", "", text)
        text = re.sub(r"\\f.|\\\(..|\\[&%|^/,-]|\\s[-+]?\d", "", text).replace("\\", "")
        return re.split(r"\n\s*\n", text)
    if path.suffix in (".html", ".page", ".xml", ".xhtml", ".htm"):
        text = re.sub(r"(?s)<(script|style|head|code|pre|screen)\b.*?</\1>", "", text)
        text = re.sub(r"</?(p|div|h\d|li|td|title|para|item|br|table|tr)\b[^>]*>", "\n\n", text)
        text = html.unescape(re.sub(r"<[^>]*>", "", text))
        return re.split(r"\n\s*\n", text)
    return re.split(r"\n%\n|\n\s*\n", text)


def texts(args):
    known, seen = voices(), set()
    args.out.mkdir(parents=True, exist_ok=True)
    kinds = (".mo", ".html", ".page", ".xml", ".xhtml", ".txt", ".gz", "", ".u8")
    for path in sorted(p for p in args.folder.rglob("*") if p.suffix in kinds and p.is_file() and not p.is_symlink()):
        voice = language(path, known)
        if voice is None:
            continue
        try:
            found = paragraphs(path)
        except (UnicodeDecodeError, OSError, EOFError, ValueError):
            continue
        kept = []
        for text in found:
            text = " ".join(text.split())
            words = sum(c.isalpha() for c in text)
            mark = hashlib.md5(text.encode()).digest()[:8]
            if words >= 12 and words > 0.6 * len(text) and len(text) < 3_000 and mark not in seen:
                seen.add(mark)
                kept.append(text if text[-1] in ".!?。！？।" else text + ".")
        if kept:
            with (args.out / f"{voice}.txt").open("a", encoding="utf-8") as file:
                file.write("\n".join(kept) + "\n")


def clip(group, rate, channels, name, samples):
    """Writes a clip; its minutes."""
    samples = samples[: len(samples) // (2 * channels) * 2 * channels]
    sys.stdout.buffer.write(f"{group} {rate} {channels} {len(samples)} {name}\n".encode() + samples)
    return len(samples) / (2 * channels * rate * 60)


def readings(file):
    """The text of a language, in pieces for one clip each."""
    with file.open(encoding="utf-8") as lines:
        piece, size = [], 0
        for line in lines:
            dense = sum("\u3040" <= c <= "\uabff" or "\uac00" <= c <= "\ud7ff" for c in line) > len(line) / 3
            piece.append(line)
            size += len(line) / (SYLLABLES if dense else LETTERS)
            if size >= 1:
                yield "".join(piece)
                piece, size = [], 0
        if piece:
            yield "".join(piece)


def speech(args, part):
    """A clip of each language in turn, until there is no text left."""
    folder = pathlib.Path("/usr/lib/x86_64-linux-gnu/espeak-ng-data/voices/!v")
    variants = sorted(p.name for p in folder.iterdir()) if args.variants else [""]
    open_texts = [(file.stem, enumerate(readings(file))) for file in sorted(args.folder.glob("*.txt"))]
    while open_texts:
        for voice, pieces in list(open_texts):
            number, text = next(pieces, (None, None))
            if text is None:
                open_texts.remove((voice, pieces))
                continue
            if number % part[1] != part[0]:
                continue
            rng = random.Random(f"{voice} {number}")
            variant, rate, pitch = rng.choice(variants), rng.randint(110, 260), rng.randint(5, 95)
            name = f"{voice}+{variant}" if variant else voice
            command = ["espeak-ng", "-v", name, "-s", str(rate), "-p", str(pitch), "-b", "1", "--stdin", "--stdout"]
            found = subprocess.run(command, input=text.encode(), capture_output=True, check=False).stdout
            yield SPEECH_RATE, 1, f"{voice}:{number} {' '.join(command[1:7])}", found[44:]


def tunes(args):
    """MIDI files: `--turn` draws other instruments, tempi and gaps between the notes."""
    args.out.mkdir(parents=True, exist_ok=True)
    for path in sorted(args.folder.rglob("*.abc")):
        head, *rest = re.split(r"(?m)^(?=X:)", path.read_text(encoding="utf-8", errors="replace"))
        for number, tune in enumerate(rest):
            name = f"{path.parent.name}-{path.stem}-{number}"
            rng = random.Random(f"{name} {args.turn}")
            instrument, gap = rng.randrange(96), rng.choice(["0/1", "0/1", "1/4", "1/2", "1/1"])
            orders = f"%%MIDI program {instrument}\n%%MIDI trim {gap}\n"
            text = re.sub(r"(?m)^(K:.*\n)", lambda key: key[1] + orders, tune, count=1)
            tempo = [] if "\nQ:" in tune else ["-Q", str(rng.randint(70, 200))]
            command = ["abc2midi", "/dev/stdin", "-quiet", "-silent", *tempo, "-o", str(args.out / f"{name}.mid")]
            subprocess.run(command, input=text.encode(), capture_output=True, check=False)
    import verovio
    verovio.enableLog(verovio.LOG_OFF)
    tool = verovio.toolkit()
    for path in sorted(p for p in args.folder.rglob("*") if p.suffix in (".krn", ".mxl", ".xml")):
        rng = random.Random(f"{path.name} {args.turn}")
        if tool.loadFile(str(path)) and tool.renderToMIDIFile(str(args.out / f"{path.parent.name}-{path.stem}.mid")):
            played(args.out / f"{path.parent.name}-{path.stem}.mid", rng)


def played(path, rng):
    """Gives each channel of a MIDI file an instrument, and the whole another tempo."""
    data = bytearray(path.read_bytes())
    programs, factor = [rng.randrange(96) for _ in range(16)], rng.uniform(0.6, 1.5)
    for found in re.finditer(rb"\xff\x51\x03", bytes(data)):
        at = found.end()
        tempo = min(0xFFFFFF, int(int.from_bytes(data[at:at + 3], "big") * factor))
        data[at:at + 3] = tempo.to_bytes(3, "big")
    for found in re.finditer(rb"\x00[\xc0-\xcf][\x00-\x7f](?=\x00)", bytes(data)):
        at = found.start()
        data[at + 2] = programs[data[at + 1] & 15]
    path.write_bytes(data)


def synthesised(font, files):
    return output(["fluidsynth", "-q", "-n", "-i", "-r", str(MUSIC_RATE), "-R", "0", "-C", "0", "-T", "raw",
                   "-O", "s16", "-F", "/dev/stdout", str(font), *map(str, files)])


def output(command):
    """What a program prints; nothing of one that does not end, as players of songs that repeat may not."""
    try:
        return subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, check=False, timeout=1800).stdout
    except subprocess.TimeoutExpired:
        return b""


def music(args, part):
    files = sorted(args.folder.glob("*.mid"))
    random.Random(1).shuffle(files)
    batches = [files[at:at + 8] for at in range(0, len(files), 8)]
    for number, batch in enumerate(batches):
        if number % part[1] == part[0]:
            font = args.fonts[number // part[1] % len(args.fonts)]
            yield MUSIC_RATE, 2, f"{font.stem}: {' '.join(p.name for p in batch)}", synthesised(font, batch)


def recordings(args, part):
    """Files in turn; what only lasts a moment is put together, silence of half a second between."""
    files = [p for p in sorted(args.folder.rglob("*")) if p.is_file()]
    row, names, rate = b"", [], MUSIC_RATE
    for path in files[part[0]::part[1]]:
        kind = path.suffix.lower()
        if kind in (".mid", ".midi"):
            sound = synthesised(args.fonts[0], [path])
        elif kind in (".mod", ".xm", ".s3m", ".it"):
            sound = output(["openmpt123", "--quiet", "--no-float", "--samplerate", str(rate), "--channels", "2",
                            "--stdout", str(path)])
        else:
            sound = output(["ffmpeg", "-v", "quiet", "-nostdin", "-i", str(path), "-vn", "-ac", "2",
                            "-ar", str(rate), "-f", "s16le", "-"])
        if not sound:
            continue
        row, names = row + sound + bytes(2 * rate), [*names, path.name]
        if len(row) > 4 * rate * 180:
            yield rate, 2, " ".join(names), row
            row, names = b"", []
    if row:
        yield rate, 2, " ".join(names), row


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["texts", "tunes", "speech", "music", "recordings"])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path, nargs="?")
    parser.add_argument("--turn", type=int, default=1)
    parser.add_argument("--variants", action="store_true")
    parser.add_argument("--fonts", type=pathlib.Path, nargs="*",
                        default=[pathlib.Path("/usr/share/sounds/sf2/TimGM6mb.sf2")])
    parser.add_argument("--part", default="1/1")
    parser.add_argument("--group")
    parser.add_argument("--minutes", type=float, default=float("inf"))
    args = parser.parse_args()
    if args.what in ("texts", "tunes"):
        return {"texts": texts, "tunes": tunes}[args.what](args)
    one, of = map(int, args.part.split("/"))
    minutes, group = 0.0, args.group or args.what
    makers = {"speech": speech, "music": music, "recordings": recordings}
    for rate, channels, name, samples in makers[args.what](args, (one - 1, of)):
        minutes += clip(group, rate, channels, name, samples)
        if minutes >= args.minutes:
            break
    return None


if __name__ == "__main__":
    main()
