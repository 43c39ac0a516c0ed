"""libheif, libavif, FFmpeg and ExifTool find our label in HEIC, HEIF and AVIF, and the same pictures as before."""

import hashlib
import re
import shutil
import subprocess

import pytest

import suite

FOLDERS = ("heif", "avif")
BASES = [p for p in sorted((suite.ROOT / "xtask" / "bases").glob("*/*-ok.*")) if p.parent.name in FOLDERS]
IDS = [f"{p.parent.name}/{p.name}" for p in BASES]
NAMESPACE = "http://www.tc260.org.cn/ns/AIGC/1.0/"


@pytest.fixture(scope="module")
def labelled(biaoshi, tmp_path_factory):
    return biaoshi.label_each(BASES, tmp_path_factory.mktemp("heif"))


def test_there_are_bases():
    assert {p.parent.name for p in BASES} == set(FOLDERS)


def decode(path):
    """Frames, and what is said about the picture, apart from XMP."""
    image = pytest.importorskip("PIL.Image")
    sequence = pytest.importorskip("PIL.ImageSequence")
    if path.suffix == ".avif":
        features = pytest.importorskip("PIL.features")
        if not features.check("avif"):
            pytest.skip("Pillow has no AVIF here")
    else:
        pytest.importorskip("pillow_heif").register_heif_opener()
    with image.open(path) as opened:
        frames = []
        for frame in sequence.Iterator(opened):
            digest = hashlib.sha256(frame.convert("RGBA").tobytes()).hexdigest()
            frames.append((digest, frame.info.get("duration"), frame.info.get("timestamp")))
        thumbnails = opened.info.get("thumbnails")
        kept = (opened.size, opened.mode, opened.info.get("exif"), opened.info.get("icc_profile"), thumbnails)
        return frames, kept, opened.info.get("xmp") or b""


@pytest.mark.parametrize("base", BASES, ids=IDS)
def test_pillow_decodes_the_same_pixels_and_finds_the_packet(base, labelled):
    before, after = decode(base), decode(labelled[base])
    assert after[:2] == before[:2] and before[0]
    if base.suffix == ".avif" and len(before[0]) > 1 and not before[2]:
        # Of a sequence, libavif reads what stands in the track, where there was no packet.
        return
    assert after[2].count(NAMESPACE.encode()) == 1 and b"example-0001" in after[2]


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
@pytest.mark.parametrize("base", [b for b in BASES if b.suffix == ".avif"], ids=lambda b: b.name)
def test_ffmpeg_finds_the_same_samples(base, labelled):
    def hashes(path):
        command = ["ffmpeg", "-v", "error", "-i", path, "-map", "0", "-c", "copy", "-f", "framehash", "-"]
        return subprocess.run(list(map(str, command)), capture_output=True, timeout=60).stdout

    assert hashes(labelled[base]) == hashes(base) != b""


@pytest.mark.skipif(shutil.which("heif-info") is None, reason="heif-info is not installed")
@pytest.mark.parametrize("base", [b for b in BASES if b.suffix != ".avif"], ids=lambda b: b.name)
def test_heif_info_sees_the_same_images(base, labelled):
    def images(path):
        done = subprocess.run(["heif-info", str(path)], capture_output=True, encoding="utf-8", timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        return [line for line in done.stdout.splitlines() if re.search(r"image|tile|thumbnail|primary", line)]

    assert images(labelled[base]) == images(base) != []


# Where the media data lies, how much of it there is, and the new box at the end.
# "MetaImageSize" is what ExifTool 12.57 makes of a box whose bytes it takes for text.
POSITIONS = re.compile(r"MediaData|AvgBitrate|XMPToolkit|MetaImageSize")


@pytest.mark.parametrize("base", BASES, ids=IDS)
def test_exiftool_reads_the_label_and_every_other_tag(base, labelled):
    target = labelled[base]
    tags = suite.exiftool_json([base, target], "-G1:4")
    values = [v for k, v in tags[target].items() if k.startswith("XMP-TC260:")]
    if base.name != "idat-xmp-ok.heic":
        # ExifTool does not look into idat.
        assert len(values) == 1
        suite.check(values[0])

    def rest(found):
        ours = ("XMP-TC260:", "XMP-iptcExt:DigitalSourceType", "System:", "ExifTool:", "SourceFile", "XMP-x:")
        return {k: v for k, v in found.items() if not k.startswith(ours) and not POSITIONS.search(k)}

    assert rest(tags[target]) == rest(tags[base])


@pytest.mark.parametrize("base", BASES, ids=IDS)
def test_exiftool_has_no_new_warning(base, labelled):
    suite.no_new_warning(base, labelled[base])


@pytest.mark.parametrize("base", BASES, ids=IDS)
def test_exiftool_can_edit_what_we_wrote(base, labelled, tmp_path):
    """Another writer moves the items again, and our label with them."""
    target = tmp_path / base.name
    shutil.copyfile(labelled[base], target)
    said = suite.exiftool("-overwrite_original", "-XMP-dc:Title=edited", target)
    if "1 image files updated" not in said:
        pytest.skip("ExifTool does not write this file")
    tags = suite.exiftool_json([target], "-G1")[target]
    suite.check(next(v for k, v in tags.items() if k.startswith("XMP-TC260:")))
    assert decode(target)[0] == decode(base)[0]


def test_exiftools_own_labels_are_read(biaoshi):
    for path in sorted((suite.ROOT / "xtask" / "bases").glob("*/exiftool-read.*i*")):
        if path.parent.name not in FOLDERS:
            continue
        report = biaoshi.verify(path)
        assert [label["produce_id"] for label in suite.labels(report)] == ["vector-0001"], path
        assert "label.wrong_slot" not in suite.codes(report), path
