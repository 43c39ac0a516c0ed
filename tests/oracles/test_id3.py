"""Tags in MP3, ADTS and AIFF: other programs read our label, every other frame, and the same sound."""

import json
import subprocess

import pytest
from mutagen.aiff import AIFF
from mutagen.apev2 import APEv2
from mutagen.id3 import ID3, ID3NoHeaderError

import suite

BASES = suite.ROOT / "xtask" / "bases"
FILES = sorted(path for fmt in ("mp3", "aac", "aiff") for path in (BASES / fmt).glob("*-ok.*"))
READ = sorted(path for fmt in ("mp3", "aac", "aiff") for path in (BASES / fmt).glob("*-read.*"))
NAMES = [f"{path.parent.name}/{path.name}" for path in FILES]
ID = "id-(1)&<]]>'#{}"


@pytest.fixture(scope="module")
def labelled(biaoshi, tmp_path_factory):
    folder = tmp_path_factory.mktemp("id3")
    out = {}
    for path in FILES:
        out[path] = folder / f"{path.parent.name}-{path.name}"
        biaoshi.label(path, out[path], *suite.NO_NOTICE, id=ID)
    return out


def tags(path):
    """The ID3v2 frames as mutagen keeps them: of the version that they have in the file."""
    if path.suffix.startswith(".aif"):
        return AIFF(path).tags or ID3()
    try:
        return ID3(path, translate=False, load_v1=False)
    except ID3NoHeaderError:
        return ID3()


def packets(path):
    command = ["ffmpeg", "-v", "error", "-i", path, "-map", "0:a", "-c", "copy", "-f", "streamhash", "-"]
    done = subprocess.run([str(part) for part in command], capture_output=True, encoding="utf-8", timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


def value():
    fields = ["1", suite.CODE, ID, "", suite.CODE, ID, ""]
    return json.dumps(dict(zip(suite.KEYS, fields)), separators=(",", ":"))


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_mutagen_reads_the_label(path, labelled):
    found = tags(labelled[path])
    texts = [frame.text for frame in found.values() if frame.FrameID in ("TXXX", "TXX") and frame.desc == "AIGC"]
    assert texts == [[value()]]


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_every_other_frame_is_as_it_was(path, labelled):
    before, after = tags(path), tags(labelled[path])
    rest = {key: frame for key, frame in after.items() if not key.endswith(":AIGC")}
    if not before and rest:
        # A new tag repeats ID3v1, which mutagen reads as frames of version 2.4.
        texts = lambda found: {f.FrameID: f.genres if f.FrameID == "TCON" else str(f) for f in found}
        assert texts(rest.values()) == texts(ID3(path).values())
        return
    assert {key: repr(frame) for key, frame in rest.items()} == {key: repr(frame) for key, frame in before.items()}
    if before:
        assert after.version == before.version


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_ffprobe_reads_the_label(path, labelled):
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_entries", "format_tags", str(labelled[path])]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60)
    assert json.loads(done.stdout)["format"]["tags"]["AIGC"] == value()


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_exiftool_reads_the_label_and_does_not_warn(path, labelled):
    found = suite.exiftool_json([path, labelled[path]], "-G1:4", "-UserDefinedText", "-validate", "-warning", "-error")
    texts = [text for key, text in found[labelled[path]].items() if key.endswith(":UserDefinedText")]
    assert "(AIGC) " + value() in texts
    warnings = [{text for key, text in found[p].items() if "Warning" in key or "Error" in key} for p in found]
    assert warnings[1] <= warnings[0]


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_the_packets_are_the_same(path, labelled):
    assert packets(path) == packets(labelled[path])


def test_tags_behind_the_sound_are_read_as_before(labelled):
    path = BASES / "mp3" / "tails-ok.mp3"
    # mutagen looks for APE behind Lyrics3 and ID3v1.
    assert dict(APEv2(labelled[path])) == dict(APEv2(path))


@pytest.mark.parametrize("path", READ, ids=lambda path: path.name)
def test_labels_by_other_programs_are_read(path, biaoshi):
    # A label in a place that is not its own does not satisfy the rules.
    elsewhere = path.name in ("text-read.aiff", "ape-read.mp3", "comment-read.mp3")
    report = biaoshi.verify(path, status=1 if elsewhere else 0)
    assert [label["content_producer"] for label in suite.labels(report)] == [suite.CODE]
