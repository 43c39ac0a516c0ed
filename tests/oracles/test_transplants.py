"""A manifest is worth nothing in another file: twenty signed files, every one's store in every other.

All are signed by one identity, whom the verifier trusts, and stores and labels are of one length, so
that nothing but the content tells them apart. Stores go from format to format as well.
"""

import itertools
import json
import subprocess

import pytest
from c2pa import C2paError, Context, Reader, Settings

import pictures
import suite
import surgery
from test_manifests import settings

COUNT = 20
FORMATS = ["png", "jpeg", "webp"]


def store(fmt, parts):
    """The bytes of the manifest store (C2PA 2.4 sections A.3.1, A.3.2, A.3.7)."""
    pieces = [part.data for part in parts if surgery.is_store(fmt, part)]
    assert pieces, fmt
    if fmt != "jpeg":
        return b"".join(pieces)
    # Behind "JP", instance and number of the piece; the box's own header is repeated in each.
    return pieces[0][8:] + b"".join(piece[16:] for piece in pieces[1:])


def wrapped(fmt, data, instance=b"\0\1"):
    if fmt == "png":
        return [surgery.Part(b"caBX", data)]
    if fmt == "webp":
        return [surgery.Part(b"C2PA", data)]
    assert len(data) < 65_000
    return [surgery.Part(0xEB, b"JP" + instance + b"\0\0\0\1" + data)]


class Signed:
    """One of the files, in parts."""

    def __init__(self, fmt, data):
        self.fmt, self.data, self.parts = fmt, data, surgery.split(fmt, data)
        self.store = store(fmt, self.parts)
        [self.xmp] = [part for part in self.parts if surgery.is_xmp(fmt, part)]

    def packet(self):
        """The XMP packet without what its format puts around."""
        return self.xmp.data[self.xmp.data.index(b"<") :]

    def with_those_of(self, other, label):
        """This file with the other's store, and with its label too if asked for."""
        out, done = [], False
        for part in self.parts:
            if surgery.is_store(self.fmt, part):
                out += [] if done else wrapped(self.fmt, other.store, part.data[2:4])
                done = True
            elif label and part is self.xmp:
                head = part.data[: part.data.index(b"<")]
                out.append(surgery.Part(part.kind, head + other.packet()))
            else:
                out.append(part)
        return surgery.join(self.fmt, out)


@pytest.fixture(scope="module")
def signed(biaoshi, identities, tmp_path_factory):
    folder = tmp_path_factory.mktemp("transplants")
    out = []
    for number in range(COUNT):
        fmt = FORMATS[number % len(FORMATS)]
        source, target = (folder / f"{name}{number}{suite.ENDINGS[fmt]}" for name in ("in", "out"))
        source.write_bytes(pictures.save(pictures.scene(32, 24, number), fmt))
        receipt = biaoshi.label(
            source, target, *suite.NO_NOTICE, "--sign", identities["es256"], id=f"transplant-{number:04}"
        )
        assert receipt["signed"]
        out.append(Signed(fmt, target.read_bytes()))
    return out


def verify(biaoshi, identities, paths):
    names = "\0".join(map(str, paths)).encode()
    command = [biaoshi.program, "verify", "--json", "--trust", identities["es256"], "--null", "--files-from", "-"]
    done = subprocess.run(command, input=names, capture_output=True, timeout=120)
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    assert [report["file"] for report in reports] == list(map(str, paths)), done.stderr
    for report in reports:
        biaoshi.schema.validate(report)
    return done.returncode, reports


def foreign_state(path, fmt, anchor):
    trusted = Settings.from_dict(settings(trust_anchors=anchor.read_text()))
    try:
        with Context(trusted) as context, open(path, "rb") as stream:
            with Reader(suite.MIME[fmt], stream, context=context) as reader:
                return json.loads(reader.json())["validation_state"]
    except C2paError as error:
        return str(error)


def test_twenty_files_differ_in_content_only(signed):
    assert len(signed) == COUNT
    assert len({file.store for file in signed}) == COUNT
    for fmt in FORMATS:
        lengths = [len(file.store) for file in signed if file.fmt == fmt]
        # A number in it is now and then a byte longer.
        assert max(lengths) - min(lengths) <= 1 and len({len(f.packet()) for f in signed if f.fmt == fmt}) == 1


def test_put_back_into_its_own_file_it_holds(biaoshi, identities, signed, tmp_path):
    """Taking apart and joining breaks nothing of itself."""
    paths = []
    for number, file in enumerate(signed):
        paths.append(tmp_path / f"{number}{suite.ENDINGS[file.fmt]}")
        paths[-1].write_bytes(file.with_those_of(file, label=True))
        assert paths[-1].read_bytes() == file.data
    status, reports = verify(biaoshi, identities, paths)
    assert status == 0
    for report in reports:
        assert {(mark["integrity"], mark["key"]) for mark in report["evidence"]} == {("intact", "trusted")}


@pytest.mark.parametrize("label", [False, True], ids=["store", "store and label"])
def test_in_no_other_file_it_holds(biaoshi, identities, signed, tmp_path, label):
    pairs = list(itertools.permutations(range(COUNT), 2))
    paths = []
    for to, of in pairs:
        paths.append(tmp_path / f"{of}-in-{to}{suite.ENDINGS[signed[to].fmt]}")
        paths[-1].write_bytes(signed[to].with_those_of(signed[of], label))
    status, reports = verify(biaoshi, identities, paths)
    believed, unseen = [], []
    for (to, of), path, report in zip(pairs, paths, reports):
        marks = [mark for mark in report["evidence"] if mark["carrier"] == "c2pa_manifest"]
        if any(mark["integrity"] == "intact" for mark in report["evidence"]):
            believed.append((of, to))
        if [mark["integrity"] for mark in marks] != ["broken"]:
            unseen.append((of, to, marks))
        # One of them is enough for the other reader: it takes longer.
        if of == (to + 1) % COUNT:
            assert foreign_state(path, signed[to].fmt, identities["es256"] / "root.pem") == "Invalid", path
    same = sum(signed[to].fmt == signed[of].fmt for to, of in pairs)
    suite.NOTES.append(
        f"transplants ({'store and label' if label else 'store'}): {len(pairs)} pairs of {COUNT} signed files, "
        f"{same} within a format, {len(believed)} believed"
    )
    assert len(pairs) == COUNT * (COUNT - 1) == 380
    assert believed == [] and unseen == []
    assert status == 3


def test_a_label_in_another_file_is_not_covered(biaoshi, identities, signed, tmp_path):
    """The label alone breaks the file's own manifest, and is not what was signed."""
    paths = []
    for to, of in itertools.permutations(range(COUNT), 2):
        file, other = signed[to], signed[of]
        head = file.xmp.data[: file.xmp.data.index(b"<")]
        parts = [surgery.Part(p.kind, head + other.packet()) if p is file.xmp else p for p in file.parts]
        paths.append(tmp_path / f"{of}-in-{to}{suite.ENDINGS[file.fmt]}")
        paths[-1].write_bytes(surgery.join(file.fmt, parts))
    status, reports = verify(biaoshi, identities, paths)
    assert status == 3 and len(reports) == 380
    for report in reports:
        assert not any(mark["integrity"] == "intact" for mark in report["evidence"]), report["file"]
        assert "manifest.label_differs" in suite.codes(report), suite.codes(report)
