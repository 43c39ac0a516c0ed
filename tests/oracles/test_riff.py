"""Other programs find the label in WAVE and AVI; sound, pictures and their places are as before."""

import base64
import json
import subprocess
import wave

import pytest

import suite

BASES = suite.ROOT / "xtask" / "bases"
FILES = [path for kind in ("wav", "avi") for path in sorted((BASES / kind).glob("*-ok.*"))]
# ExifTool 12.57 does not walk BW64.
KNOWN = [path for path in FILES if path.read_bytes()[:4] != b"BW64"]


def name(path):
    return f"{path.parent.name}-{path.stem}"


def ffprobe(path, *args):
    command = ["ffprobe", "-v", "error", "-of", "json", *args, path]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True, timeout=60)
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def labelled(biaoshi, folder):
    (folder / "riff").mkdir()
    out = {}
    for path in FILES:
        target = folder / "riff" / f"{path.parent.name}-{path.name}"
        out[path] = (target, suite.value(biaoshi.label(path, target, *suite.NO_NOTICE)))
    return out


@pytest.mark.parametrize("path", KNOWN, ids=name)
def test_exiftool_finds_the_bytes(path, labelled):
    target, due = labelled[path]
    tags = suite.exiftool_json([target], "-G1:4", "-b")[target]
    found = [v for k, v in tags.items() if k.endswith("Unknown_AIGC")]
    assert len(found) == 1
    # ExifTool counts the pad byte in, and what ends with a NUL is shown as binary.
    text = base64.b64decode(found[0][7:]).decode() if str(found[0]).startswith("base64:") else found[0]
    text = json.dumps(text, separators=(",", ":")) if isinstance(text, dict) else text
    assert text.rstrip("\0") == due


@pytest.mark.parametrize("path", FILES, ids=name)
def test_every_other_tag_is_as_it_was(path, labelled):
    def rest(path):
        # Lengths of file and filler change; how long a file plays, ExifTool guesses from them.
        tags = suite.exiftool_json([path], "-G1:4")[path]
        lengths = ("RIFF:RIFFSize64", "RIFF:Unknown_JUNK", "Composite:Duration")
        skip = ("SourceFile", "System:", "ExifTool:", "RIFF:Unknown_AIGC", *lengths)
        return {k: v for k, v in tags.items() if not k.startswith(skip)}

    assert rest(labelled[path][0]) == rest(path)


@pytest.mark.parametrize("path", [p for p in FILES if p.parent.name == "avi"], ids=name)
def test_ffprobe_finds_the_label_and_every_packet_in_its_place(path, labelled):
    target, due = labelled[path]
    assert ffprobe(target, "-show_format")["format"]["tags"]["AIGC"] == due
    packets = ["-show_packets", "-show_entries", "packet=stream_index,pts,dts,size,pos,flags"]
    before = ffprobe(path, *packets)["packets"]
    assert before and ffprobe(target, *packets)["packets"] == before


@pytest.mark.parametrize("path", [p for p in FILES if p.read_bytes()[:4] == b"RIFF" and p.suffix == ".wav"], ids=name)
def test_python_reads_the_same_samples(path, labelled):
    def samples(path):
        with wave.open(str(path)) as file:
            return file.getparams(), file.readframes(file.getnframes())

    assert samples(labelled[path][0]) == samples(path)


def test_a_copy_by_ffmpeg_has_no_label(biaoshi, folder):
    """Stock FFmpeg writes no value whose name it does not know: the label is lost, and we say so."""
    source, copy = folder / "again.avi", folder / "copy.avi"
    biaoshi.label(BASES / "avi" / "junk-ok.avi", source, *suite.NO_NOTICE)
    command = ["ffmpeg", "-v", "error", "-y", "-i", source, "-map", "0", "-c", "copy", copy]
    subprocess.run(command, check=True, timeout=60)
    assert biaoshi.verify(copy, status=1)["status"] == "none"
