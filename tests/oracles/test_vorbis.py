"""Other programs find the label in FLAC, Ogg and Opus; everything else is as before."""

import json
import re
import subprocess

import mutagen
import pytest
from mutagen.flac import FLAC

import suite

BASES = suite.ROOT / "xtask" / "bases"
FILES = [path for kind in ("flac", "ogg", "opus") for path in sorted((BASES / kind).glob("*-ok.*"))]
OGG = [path for path in FILES if path.parent.name != "flac"]


def name(path):
    return f"{path.parent.name}-{path.stem}"


def run(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, timeout=60)
    return done.returncode, done.stdout, done.stderr.decode("utf-8", "replace")


@pytest.fixture(scope="module")
def labelled(biaoshi, folder):
    (folder / "vorbis").mkdir()
    out = {}
    for path in FILES:
        target = folder / "vorbis" / f"{path.parent.name}-{path.name}"
        out[path] = (target, suite.value(biaoshi.label(path, target, *suite.NO_NOTICE)))
    return out


def tags(path):
    file = mutagen.File(path)
    return {key: list(values) for key, values in (file.tags or {}).items()}


@pytest.mark.parametrize("path", FILES, ids=name)
def test_mutagen_finds_the_label_and_every_other_comment(path, labelled):
    target, due = labelled[path]
    found = tags(target)
    assert found.pop("aigc") == [due]
    assert found == tags(path)


@pytest.mark.parametrize("path", FILES, ids=name)
def test_ffprobe_finds_the_label(path, labelled):
    target, due = labelled[path]
    status, out, error = run("ffprobe", "-v", "error", "-of", "json", "-show_format", "-show_streams", target)
    assert status == 0, error
    probe = json.loads(out)
    places = [probe["format"], *probe["streams"]]
    found = [place["tags"]["AIGC"] for place in places if "AIGC" in place.get("tags", {})]
    assert found == [due]


@pytest.mark.parametrize("path", FILES, ids=name)
def test_every_stream_decodes_to_the_same(path, labelled):
    def decoded(path, *how):
        return run("ffmpeg", "-v", "error", "-nostdin", "-i", path, "-map", "0", *how, "-f", "streamhash", "-")[:2]

    for how in ([], ["-c", "copy"]):
        before = decoded(path, *how)
        assert before[1] and decoded(labelled[path][0], *how) == before


@pytest.mark.parametrize("path", OGG, ids=name)
def test_ogginfo_has_nothing_new_to_say(path, labelled):
    def remarks(path):
        status, out, _ = run("env", "LC_ALL=C.UTF-8", "ogginfo", path)
        lines = out.decode("utf-8", "replace").splitlines()
        return status, [re.sub(r"[0-9]+", "#", line) for line in lines if re.match(r"warning|error", line, re.I)]

    assert remarks(labelled[path][0]) == remarks(path)


@pytest.mark.parametrize("path", [p for p in FILES if p.parent.name == "opus"], ids=name)
def test_opus_tools_find_the_label(path, labelled):
    target, due = labelled[path]
    status, out, error = run("env", "LC_ALL=C.UTF-8", "opusinfo", target)
    assert status == 0 and f"\tAIGC={due}" in out.decode("utf-8").splitlines(), error
    assert "WARNING" not in out.decode("utf-8")


@pytest.mark.parametrize("path", [p for p in FILES if p.parent.name == "flac"], ids=name)
def test_flac_tools_find_the_label_and_every_block(path, labelled):
    target, due = labelled[path]
    status, out, _ = run("metaflac", "--no-utf8-convert", "--show-tag=AIGC", target)
    assert (status, out.decode("utf-8")) == (0, f"AIGC={due}\n")
    status, _, error = run("flac", "--test", "--silent", "--warnings-as-errors", target)
    before = run("flac", "--test", "--silent", "--warnings-as-errors", path)
    assert (status, error.replace(target.name, path.name)) == (before[0], before[2])

    def blocks(path):
        kept = [block for block in FLAC(path).metadata_blocks if block.code not in (1, 4)]
        return [(block.code, block.write()) for block in kept]

    assert blocks(target) == blocks(path)


@pytest.mark.parametrize("path", OGG, ids=name)
def test_mutagen_writes_to_our_files(path, labelled, biaoshi, folder):
    """What mutagen adds to a file that we labelled leaves the label in its place."""
    target = folder / ("again-" + labelled[path][0].name)
    target.write_bytes(labelled[path][0].read_bytes())
    file = mutagen.File(target)
    file.tags["COMMENT"] = "x" * 5000
    file.save()
    [found] = suite.labels(biaoshi.verify(target))
    assert found["produce_id"] == json.loads(labelled[path][1])["ProduceID"]
