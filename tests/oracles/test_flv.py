"""FFmpeg and ExifTool find our label in FLV, and the same media as before."""

import json
import re
import shutil
import subprocess

import pytest

import suite

BASES = sorted((suite.ROOT / "xtask" / "bases" / "flv").glob("*-ok.flv"))
IDS = [p.name for p in BASES]
FFMPEG = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")


def run(*args):
    done = subprocess.run([str(a) for a in args], capture_output=True, encoding="utf-8", timeout=60)
    assert done.returncode == 0, f"{args}\n{done.stdout}{done.stderr}"
    return done.stdout, re.sub(r"0x[0-9a-f]+|'[^']*'", "", done.stderr)


@pytest.fixture(scope="module")
def labelled(biaoshi, tmp_path_factory):
    """Labelled files, by base."""
    folder = tmp_path_factory.mktemp("flv")
    out = {}
    for base in BASES:
        out[base] = folder / base.name
        biaoshi.label(base, out[base], *suite.NO_NOTICE, id="example-0001")
    return out


@FFMPEG
@pytest.mark.parametrize("base", BASES, ids=IDS)
def test_ffprobe_reads_the_label_and_every_other_tag(base, labelled):
    def tags(path):
        out, err = run("ffprobe", "-v", "warning", "-show_format", "-show_streams", "-of", "json", path)
        found = json.loads(out)
        return [err, found["format"].get("tags", {}), *(s.get("tags", {}) for s in found["streams"])]

    before, after = tags(base), tags(labelled[base])
    suite.check(after[1].pop("AIGC"))
    assert after == before


@FFMPEG
@pytest.mark.parametrize("base", BASES, ids=IDS)
def test_ffmpeg_finds_the_same_packets(base, labelled):
    copy = ["-map", "0", "-c", "copy", "-f", "framehash", "-"]
    before, after = (run("ffmpeg", "-v", "warning", "-i", path, *copy) for path in (base, labelled[base]))
    assert after == before


@FFMPEG
@pytest.mark.parametrize("base", BASES, ids=IDS)
def test_ffmpeg_can_seek(base, labelled):
    def frame(path):
        return run("ffmpeg", "-v", "error", "-ss", "0.5", "-i", path, "-frames:v", "1", "-f", "framehash", "-")

    assert frame(labelled[base]) == frame(base)


@pytest.mark.parametrize("base", BASES, ids=IDS)
def test_exiftool_reads_the_label_and_finds_everything_in_place(base, labelled):
    target = labelled[base]
    found = suite.exiftool_json([base, target], "-validate", "-warning", "-all")
    before, after = found[base], found[target]
    label = after.pop("AIGC")
    suite.check(label)
    by = target.stat().st_size - base.stat().st_size
    if "KeyFramePositions" in before:
        move = [int(n) + by for n in re.findall(r"\d+", str(before.pop("KeyFramePositions")))]
        assert [int(n) for n in re.findall(r"\d+", str(after.pop("KeyFramePositions")))] == move
    moved = {"FileSizeBytes"}
    for key in moved & before.keys():
        assert after[key] == before[key] + by

    def rest(tags):
        about = ("SourceFile", "FileName", "Directory", "FileSize", *moved)
        return {k: v for k, v in tags.items() if k not in about and not re.match(r"File.*Date|FilePerm|FileInode", k)}

    assert rest(after) == rest(before)
