"""FFmpeg, ExifTool and mutagen find our label in MP4, QuickTime, M4A and 3GP, and the same media as before."""

import json
import re

import pytest

import suite

FOLDERS = ("mp4", "mov", "m4a", "3gp")
BASES = [p for p in sorted((suite.ROOT / "xtask" / "bases").glob("*/*-ok.*")) if p.parent.name in FOLDERS]
IDS = [f"{p.parent.name}/{p.name}" for p in BASES]


def run(*args):
    out, err = suite.run(*args)
    return out, re.sub(r"0x[0-9a-f]+", "", err)


@pytest.fixture(scope="module")
def labelled(biaoshi, tmp_path_factory):
    return biaoshi.label_each(BASES, tmp_path_factory.mktemp("movie"))


def test_there_are_bases():
    assert {p.parent.name for p in BASES} == set(FOLDERS)


@suite.tool("ffprobe")
@pytest.mark.parametrize("base", BASES, ids=IDS)
def test_ffprobe_reads_the_label_and_everything_else(base, labelled):
    def parts(path):
        show = ["-show_format", "-show_streams", "-show_chapters"]
        out, err = run("ffprobe", "-v", "warning", *show, "-of", "json", path)
        found = json.loads(out)
        for key in ("filename", "size", "bit_rate"):
            found["format"].pop(key, None)
        return found, err

    (before, said), (after, says) = parts(base), parts(labelled[base])
    suite.check(after["format"]["tags"].pop("AIGC"))
    before["format"].setdefault("tags", {})
    assert after == before and says == said


@suite.tool("ffmpeg")
@pytest.mark.parametrize("base", BASES, ids=IDS)
def test_ffmpeg_finds_the_same_samples(base, labelled):
    def media(path):
        hashes = run("ffmpeg", "-v", "warning", "-i", path, "-map", "0", "-c", "copy", "-f", "streamhash", "-")
        frames = run("ffmpeg", "-v", "warning", "-i", path, "-map", "0", "-f", "framehash", "-")
        packets = run("ffprobe", "-v", "error", "-show_packets", path)[0]
        return hashes, frames, re.sub(r"pos=\d+", "", packets)

    assert media(labelled[base]) == media(base)


@suite.tool("ffmpeg")
@pytest.mark.parametrize("base", BASES, ids=IDS)
def test_ffmpeg_can_seek(base, labelled):
    def frames(path):
        return run("ffmpeg", "-v", "error", "-ss", "0.3", "-i", path, "-f", "framehash", "-")[0]

    assert frames(labelled[base]) == frames(base)


@suite.tool("ffmpeg")
def test_media_segments_play_behind_the_labelled_init_segment(biaoshi, tmp_path):
    """The way of DASH and HLS: the label goes into the init segment, the others stay as they are."""
    whole = (suite.ROOT / "xtask" / "bases" / "mp4" / "fragmented-ok.mp4").read_bytes()
    cut = whole.index(b"sidx") - 4
    init, segments = tmp_path / "init.mp4", whole[cut:]
    init.write_bytes(whole[:cut])
    biaoshi.label(init, tmp_path / "labelled.mp4", *suite.NO_NOTICE, id="example-0001")
    joined = tmp_path / "joined.mp4"
    joined.write_bytes((tmp_path / "labelled.mp4").read_bytes() + segments)
    (tmp_path / "whole.mp4").write_bytes(whole)

    def hashes(path):
        return run("ffmpeg", "-v", "error", "-i", path, "-map", "0", "-c", "copy", "-f", "streamhash", "-")

    assert hashes(joined) == hashes(tmp_path / "whole.mp4")


POSITIONS = re.compile(r"(MediaDataOffset|MediaDataSize|MediaDuration|AvgBitrate|Free|Skip|ChunkOffset)$")


@pytest.mark.parametrize("base", BASES, ids=IDS)
def test_exiftool_reads_the_label_and_every_other_tag(base, labelled):
    target = labelled[base]
    tags = suite.exiftool_json([base, target], "-G1:4")
    named = [v for k, v in tags[target].items() if k.startswith("Keys:") and "AIGC" in k]
    assert len(named) == 1
    value = named[0]
    suite.check(value)

    def rest(found):
        out = {}
        for key, value in found.items():
            group, _, name = key.partition(":")
            ours = group == "Keys" and "AIGC" in key
            # The handler of a list of keys that was not there before.
            handler = name.startswith(("HandlerType", "Copy")) and "HandlerType" in name
            if key == "SourceFile" or group in ("System", "ExifTool") or ours or handler or POSITIONS.search(key):
                continue
            out[key] = value
        return out

    assert rest(tags[target]) == rest(tags[base])


@pytest.mark.parametrize("base", BASES, ids=IDS)
def test_exiftool_has_no_new_warning(base, labelled):
    suite.no_new_warning(base, labelled[base])


@pytest.mark.parametrize("base", BASES, ids=IDS)
def test_mutagen_reads_what_it_read_before(base, labelled):
    mp4 = pytest.importorskip("mutagen.mp4")

    def tags(path):
        try:
            return dict(mp4.MP4(path).tags or {})
        except (mp4.MP4StreamInfoError, mp4.MP4NoTrackError):
            pytest.skip("mutagen reads movies with sound alone")
        except mp4.error as e:
            return str(e)

    before, after = tags(base), tags(labelled[base])
    if isinstance(after, dict) and after != before:
        # It does not know lists of keys, so the value has a number for its name.
        (ours,) = set(after) - set(before)
        assert not ours.isprintable()
        suite.check(after.pop(ours)[0])
    assert after == before


def test_ffmpegs_own_labels_are_read(biaoshi):
    for path in sorted((suite.ROOT / "xtask" / "bases").glob("*/ffmpeg-read.m*")):
        if path.parent.name not in FOLDERS:
            continue
        report = biaoshi.verify(path)
        assert [label["produce_id"] for label in suite.labels(report)] == ["vector-0001"], path
        assert "label.wrong_slot" not in suite.codes(report), path
