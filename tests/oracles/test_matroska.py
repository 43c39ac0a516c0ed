"""FFmpeg, MKVToolNix and ExifTool find our label in Matroska and WebM, and the same media as before."""

import json
import re

import pytest

import suite

BASES = [p for p in sorted((suite.ROOT / "xtask" / "bases").glob("*/*-ok.*")) if p.parent.name in ("matroska", "webm")]
IDS = [f"{p.parent.name}/{p.name}" for p in BASES]
# Its label stands behind clusters of unknown size and no index points to it.
UNINDEXED = "live-ok.webm"


@pytest.fixture(scope="module")
def labelled(biaoshi, tmp_path_factory):
    return biaoshi.label_each(BASES, tmp_path_factory.mktemp("matroska"))


@suite.tool("ffprobe")
@pytest.mark.parametrize("base", BASES, ids=IDS)
def test_ffprobe_reads_the_label_and_every_other_tag(base, labelled):
    def tags(path):
        out, err = suite.run("ffprobe", "-v", "warning", "-show_format", "-show_streams", "-of", "json", path)
        assert not err
        found = json.loads(out)
        return [part.get("tags", {}) for part in (found["format"], *found["streams"])]

    before, after = tags(base), tags(labelled[base])
    label = after[0].pop("AIGC", None)
    assert after == before
    if base.name == UNINDEXED:
        assert label is None
    else:
        suite.check(label)


@suite.tool("ffmpeg")
@pytest.mark.parametrize("base", BASES, ids=IDS)
def test_ffmpeg_finds_the_same_packets_in_the_same_place(base, labelled):
    def media(path):
        hashes, err = suite.run("ffmpeg", "-v", "warning", "-i", path, "-map", "0", "-c", "copy", "-f", "streamhash", "-")
        packets, _ = suite.run("ffprobe", "-v", "warning", "-show_packets", path)
        return hashes, re.sub(r"0x[0-9a-f]+", "", err), packets

    assert media(labelled[base]) == media(base)


@suite.tool("ffmpeg")
@pytest.mark.parametrize("base", BASES, ids=IDS)
def test_ffmpeg_can_seek(base, labelled):
    def frame(path):
        seek = ["ffmpeg", "-v", "error", "-ss", "0.1", "-i", path, "-frames", "1", "-f", "framehash", "-"]
        return suite.run(*seek)[0]

    assert frame(labelled[base]) == frame(base)


@suite.tool("mkvinfo")
@pytest.mark.parametrize("base", BASES, ids=IDS)
def test_mkvinfo_reads_the_label_to_the_end_of_the_file(base, labelled):
    out, _ = suite.run("mkvinfo", "--ui-language", "en_US", "-a", labelled[base])
    names = re.findall(r"Name: (AIGC)\n.*String: (.*)\n", out)
    assert len(names) == 1
    suite.check(names[0][1])
    assert "rror" not in out


@pytest.mark.parametrize("base", BASES, ids=IDS)
def test_exiftool_reads_the_label(base, labelled):
    tags = suite.exiftool_json([labelled[base]], "-validate", "-warning", "-ee")[labelled[base]]
    before = suite.exiftool_json([base], "-validate", "-warning", "-ee")[base]
    assert tags.get("Warning") == before.get("Warning")
    text = suite.exiftool("-s3", "-ee", "-U", "-Aigc", labelled[base]).strip()
    if base.name != UNINDEXED:
        suite.check(text)
