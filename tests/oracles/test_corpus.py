"""Real and hostile files keep their content for decoders by others, and no checker has more to complain of.

The corpus lies beside the repository, as for `cargo xtask corpus`, and does not belong to it. Each
format's files are taken evenly from each archive. BIAOSHI_CORPUS names another folder,
BIAOSHI_CORPUS_SAMPLE how many files of one format an archive gives at most (0: all).
"""

import collections
import json
import lzma
import os
import shutil
import subprocess
import tarfile
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import decoders
import suite

FOLDER = Path(os.environ.get("BIAOSHI_CORPUS", suite.ROOT.parent / "shared" / "corpus"))
MOST = int(os.environ.get("BIAOSHI_CORPUS_SAMPLE", "20"))
FORMATS = sorted(decoders.VIEWS)
# What ExifTool says of a labelled file and not of the file before, and why it stays.
KNOWN = {
    # It takes an SVG without XML declaration for XMP outside of a picture; it finds the label all the same.
    "svg": "Improperly enclosed XMP property: svg:svg/svg:metadata/",
    # AFCP behind the picture counts from the start of the file; ExifTool and others search for it.
    "jpeg": "[minor] Adjusted AFCP offsets",
    # A text chunk by ImageMagick holds XMP as hexadecimal digits; it is kept and not merged.
    "png": "Duplicate XMP at PNG-TextualData-XMP_Profile-XMP",
}
# What may become of a file: each is a reason to leave it alone, none is a fault of ours.
REFUSED = 2
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="corpus: not present, 0 files")


def cache():
    base = os.environ.get("BIAOSHI_CACHE") or Path.home() / ".cache" / "biaoshi"
    return Path(base) / "corpus"


def unpacked(archive):
    """The folder that `cargo xtask corpus` unpacks to; name, size and time of the archive are the key."""
    meta = archive.stat()
    name = archive.name.removesuffix(".tar.xz")
    target = cache() / f"{name}-{meta.st_size}-{int(meta.st_mtime)}"
    if not target.is_dir():
        cache().mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f"{name}-", suffix=".partial", dir=cache()))
        with lzma.open(archive) as packed, tarfile.open(fileobj=packed) as tar:
            tar.extractall(staging, filter="data")
        try:
            staging.rename(target)
        except OSError:
            shutil.rmtree(staging)
    return target


def groups():
    """The files of each archive, in order."""
    archives = sorted(FOLDER.glob("*.tar.xz"))
    folders = [unpacked(archive) for archive in archives]
    for folder in folders or [FOLDER]:
        yield sorted(p for p in folder.rglob("*") if p.is_file() and not p.is_symlink())


def formats(biaoshi, paths):
    """Paths by the format that we find by content."""
    out = collections.defaultdict(list)
    for start in range(0, len(paths), 500):
        command = [biaoshi.program, "verify", "--json", *map(str, paths[start : start + 500])]
        done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=300)
        for line in done.stdout.splitlines():
            report = json.loads(line)
            if isinstance(report.get("format"), str):
                out[report["format"]].append(Path(report["file"]))
    return out


def evenly(paths, most):
    return paths if not most or len(paths) <= most else [paths[i * len(paths) // most] for i in range(most)]


class Labelled:
    """What became of the sample of one format."""

    def __init__(self):
        self.pairs, self.refused, self.broken = [], collections.Counter(), []


def label(biaoshi, source, target):
    command = [biaoshi.program, "label", source, "-o", target, "--producer", suite.CODE, "--id", "corpus-0001", "--json"]
    done = subprocess.run([*map(str, command), *suite.NO_NOTICE], capture_output=True, encoding="utf-8", timeout=120)
    try:
        return done.returncode, json.loads(done.stdout)
    except ValueError:
        return done.returncode, {"error": {"code": f"no answer: {done.stderr[-200:]}"}}


@pytest.fixture(scope="module")
def labelled(biaoshi, tmp_path_factory):
    """The sample of each format, labelled."""
    folder = tmp_path_factory.mktemp("corpus")
    sample = collections.defaultdict(list)
    for paths in groups():
        for fmt, found in formats(biaoshi, paths).items():
            sample[fmt] += evenly(found, MOST)
    jobs = [(fmt, path, folder / f"{number}{path.suffix}") for fmt in sample for number, path in enumerate(sample[fmt])]
    jobs = [(fmt, path, target.with_name(f"{fmt}-{target.name}")) for fmt, path, target in jobs]
    out = collections.defaultdict(Labelled)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for (fmt, path, target), (status, answer) in zip(jobs, pool.map(lambda job: label(biaoshi, *job[1:]), jobs)):
            # Status 1: written, and the rule set asks for more than the file can carry.
            if status in (0, 1) and target.exists() and answer["bytes"] == target.stat().st_size:
                out[fmt].pairs.append((path, target))
            elif status == REFUSED and "." in answer["error"]["code"] and not target.exists():
                out[fmt].refused[answer["error"]["code"]] += 1
            else:
                out[fmt].broken.append((path, status, answer))
    return out


def seen(view, path):
    try:
        return view(path)
    except decoders.Refused as e:
        return e


def compare(view, pair):
    """What the view sees before and after: (readable, alike), or nothing where it is not the same twice."""
    before, after = (seen(view, path) for path in pair)
    unread = isinstance(before, decoders.Refused)
    # Nothing is lost where a box that had no length in the file has one now, and can be read.
    alike = repr(before) == repr(after) or (unread and not isinstance(after, decoders.Refused))
    # Some decoders read memory that they did not set when data are broken: not the same twice.
    if not alike and any(repr(seen(view, pair[0])) != repr(before) for _ in range(8)):
        return None
    return not unread, alike, before


def short(path):
    return "/".join(path.parts[-3:])


def test_the_corpus_has_files_of_every_format(labelled):
    assert [fmt for fmt in FORMATS if fmt not in labelled] == []


def test_every_answer_is_a_label_or_a_reason(labelled):
    """Formats without a place for a label are refused as well."""
    broken = [one for found in labelled.values() for one in found.broken]
    for fmt in sorted(labelled):
        reasons = ", ".join(f"{n} {code}" for code, n in sorted(labelled[fmt].refused.items()))
        suite.NOTES.append(f"corpus {fmt}: {len(labelled[fmt].pairs)} labelled, {sum(labelled[fmt].refused.values())} refused ({reasons})")
    assert broken == []
    # A file that is refused for a fault of ours says so.
    assert not [code for found in labelled.values() for code in found.refused if code.startswith("internal")]


@pytest.mark.parametrize("fmt", FORMATS)
def test_decoders_by_others_find_the_same_content(fmt, labelled):
    pairs, views = labelled[fmt].pairs, decoders.VIEWS[fmt]
    assert pairs, "nothing of this format was labelled"

    lost, identical, unread, different = [], 0, 0, collections.defaultdict(set)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for (source, target), found in zip(pairs, pool.map(lambda pair: [compare(v, pair) for v in views], pairs)):
            known = [(view.__name__, *one) for view, one in zip(views, found) if one]
            wrong = [name for name, _, alike, _ in known if not alike]
            lost += [f"{name}: {short(source)} -> {target}" for name in wrong]
            read = any(readable for _, readable, _, _ in known)
            identical += read and not wrong
            unread += not read and not wrong
            for name, readable, _, before in known:
                if readable:
                    different[name].add(repr(before))
    suite.NOTES.append(f"corpus {fmt}: {identical} decoded alike, {unread} decoded by none before and after, {len(lost)} lost")
    assert not lost, "\n".join(lost)
    # A view that says the same of all files would find no loss.
    dull = [name for name, values in different.items() if len(values) == 1]
    assert identical < 10 or not dull, dull


@pytest.mark.parametrize("fmt", [fmt for fmt in FORMATS if fmt in decoders.CHECKERS])
def test_checkers_by_others_find_nothing_new(fmt, labelled):
    def compare(pair):
        return [[check(path) for path in pair] for check in decoders.CHECKERS[fmt]]

    new = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for (source, target), found in zip(labelled[fmt].pairs, pool.map(compare, labelled[fmt].pairs)):
            for (status, before), (after_status, after) in found:
                if after_status > status or not after <= before:
                    new.append(f"{short(source)} -> {target}: {status} -> {after_status} {sorted(after - before)}")
    assert not new, "\n".join(new)


@pytest.mark.parametrize("fmt", FORMATS)
def test_exiftool_validates_as_before(fmt, labelled):
    pairs = labelled[fmt].pairs
    found = decoders.exiftool_warnings([path for pair in pairs for path in pair])
    new = []
    for source, target in pairs:
        lines = {line for line in found[target] - found[source] if fmt not in KNOWN or not line.startswith(KNOWN[fmt])}
        new += [f"{short(source)} -> {target}: {sorted(lines)}"] if lines else []
    assert not new, "\n".join(new)
