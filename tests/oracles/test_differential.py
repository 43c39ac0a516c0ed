"""c2pa-python says of every manifest of the corpus what we say of it: the same files, states and codes.

Both stay offline and trust nobody; purposes of certificates are the same. A row of `LISTED` is a
difference with its reason: one that is not there fails, and one that is there and no longer occurs.
"""

import collections
import json
import os
import random
import subprocess

import pytest
from c2pa import C2paError, Context, Reader, Settings, sdk_version

import suite
import test_corpus

# As in core/src/carrier/manifest/mod.rs: e-mail, documents, time stamps, OCSP, Microsoft documents, C2PA.
USAGES = "\n".join([
    "1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.36", "1.3.6.1.5.5.7.3.8", "1.3.6.1.5.5.7.3.9",
    "1.3.6.1.4.1.311.76.59.1.9", "1.3.6.1.4.1.62558.2.1",
])
SETTINGS = {
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_after_sign": False},
    "core": {"allowed_network_hosts": [], "decode_identity_assertions": False, "allow_redirects": False},
    "trust": {"trust_config": USAGES},
}
# The type of the box that is the root of a store (C2PA 2.4 section 11.1.4.2).
STORE = b"jumd" + bytes.fromhex("6332706100110010800000AA00389B71")
# End of the path: (theirs, ours, reason). States as of `theirs` and `ours` below.
LISTED = {
    "tests/fixtures/video1.mp4": (
        "Valid", "not_checked",
        "its binding is of an edition before C2PA 2.1 and leaves out where samples lie: they can be moved unnoticed",
    ),
    "tests/fixtures/dash1.m4s": (
        "no file", "unreadable",
        "a fragment of a stream begins with `styp`, which the library takes for no file at all; we see the box of C2PA in it",
    ),
    "fixtures/ingredient/manifest_data.c2pa": (
        "Invalid", None, "a store without a file is none of our formats; nothing can be bound to it",
    ),
    "gif/ImageTestSuite/d5a0175c07418852152ef33a886a5029.gif": (
        "no reason", None, "no GIF by its first bytes; c2pa-python fails and does not say why",
    ),
}
# A code that we have and they have not. Since some 0.91 after 0.91.3 the library says of an answer of
# OCSP that lies in the manifest and can't be used that no other was fetched; before, it said nothing.
MORE = {
    "claim_aggregation/adobe_connected_identities.jpg": "signingCredential.ocsp.skipped",
    "claim_aggregation/ims_multiple_manifests.jpg": "signingCredential.ocsp.skipped",
    "tests/fixtures/ocsp.jpg": "signingCredential.ocsp.skipped",
}
# Changes made to every file of the corpus that has a store.
CHANGES = 24
# One place in so many lies in the store.
IN_STORE = 2
pytestmark = pytest.mark.skipif(not test_corpus.FOLDER.is_dir(), reason="corpus: not present, 0 files")


@pytest.fixture(scope="module")
def files():
    return [path for group in test_corpus.groups() for path in group]


@pytest.fixture(scope="module")
def mimes(biaoshi):
    rows = map(json.loads, biaoshi.run("list", "formats", "--json").splitlines())
    return {row["format"]: row["mime"] for row in rows}


@pytest.fixture(scope="module")
def context():
    with Context(Settings.from_dict(SETTINGS)) as context:
        yield context


def verify(biaoshi, paths):
    """Reports of one run, by path."""
    command = [biaoshi.program, "--lang", "en", "verify", "--json", "--null", "--files-from", "-"]
    names = b"\0".join(os.fsencode(path) for path in paths)
    done = subprocess.run(command, input=names, capture_output=True, timeout=300)
    assert done.returncode in (0, 1, 2, 3), done.stderr[-2000:]
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    assert [report["file"] for report in reports] == list(map(str, paths))
    return dict(zip(paths, reports))


def ours(report):
    """What we say: (state, codes of the active manifest); nothing if there is no manifest."""
    found = suite.codes(report) if "findings" in report else []
    marks = [mark for mark in report.get("evidence", []) if mark["carrier"] == "c2pa_manifest"]
    assert len(marks) <= 1, report["file"]
    if not marks:
        return ("remote", set()) if "manifest.remote" in found else None
    [mark] = marks
    codes = set(mark.get("codes", []))
    if mark["integrity"] == "broken" and "manifest.unreadable" in found:
        return "unreadable", codes - {"general.error"}
    if mark["integrity"] == "intact":
        # C2PA has no state for a signature that held when it was made.
        return {"embedded": "Valid", "trusted": "Trusted", "expired": "Invalid"}[mark["key"]], codes
    return {"broken": "Invalid", "not_checked": "not_checked"}[mark["integrity"]], codes


def theirs(context, path, mime):
    """What c2pa-python says, in the same words."""
    try:
        with open(path, "rb") as stream:
            reader = Reader.try_create(mime, stream, context=context)
            if reader is None:
                return None
            with reader:
                report = json.loads(reader.json())
    except C2paError.NotSupported:
        return None
    except C2paError as error:
        return refusal(str(error)), set()
    results = report["validation_results"]["activeManifest"]
    failures = {status["code"] for status in results["failure"]}
    return report["validation_state"], failures | {s["code"] for k in ("informational", "success") for s in results[k]}


def refusal(text):
    if "must fetch remote manifests" in text:
        return "remote"
    if "asset could not be parsed" in text or text.startswith("Io:"):
        return "no file"
    return "no reason" if "Unknown error" in text else "unreadable"


def has_none(said):
    return said is None or said[0] == "no file"


def short(path):
    return "/".join(path.parts[-3:])


def row(path, table=LISTED):
    return next((end for end in table if str(path).replace(os.sep, "/").endswith(end)), None)


def is_listed(path, mine, other):
    """Whether this very difference stands in a table."""
    if end := row(path):
        return (state(other), state(mine)) == LISTED[end][:2]
    if end := row(path, MORE):
        return state(other) == state(mine) and mine[1] - other[1] == {MORE[end]} and other[1] <= mine[1]
    return False


class Comparison:
    def __init__(self, biaoshi, context, mimes, files):
        self.ours, self.theirs = {}, {}
        for path, report in verify(biaoshi, files).items():
            fmt = report.get("format")
            # A file of no format of ours is what its name says.
            mime = mimes.get(fmt) if isinstance(fmt, str) else path.suffix.lstrip(".").lower()
            self.ours[path] = ours(report)
            self.theirs[path] = theirs(context, path, mime) if mime else None

    def differing(self):
        for path, mine in self.ours.items():
            other = self.theirs[path]
            if mine != other and not (has_none(mine) and has_none(other)):
                yield path, mine, other

    def with_manifest(self):
        return [path for path in self.ours if not (has_none(self.ours[path]) and has_none(self.theirs[path]))]


@pytest.fixture(scope="module")
def comparison(biaoshi, context, mimes, files):
    return Comparison(biaoshi, context, mimes, files)


def state(said):
    return said and said[0]


def test_states_and_codes_are_those_of_c2pa_python(comparison):
    seen, wrong = collections.Counter(), []
    for path, mine, other in comparison.differing():
        if is_listed(path, mine, other):
            seen[row(path) or row(path, MORE)] += 1
        else:
            wrong.append(f"{short(path)}\n  we say    {mine}\n  they say  {other}")
    found = comparison.with_manifest()
    states = collections.Counter(str(state(comparison.theirs[path])) for path in found)
    suite.NOTES.append(
        f"differential: {len(comparison.ours)} files, {len(found)} with a manifest for one of us or c2pa-python "
        f"(SDK {sdk_version()}): {len(found) - len(wrong) - sum(seen.values())} equal, {sum(seen.values())} listed, "
        f"{len(wrong)} not listed; its states: {dict(sorted(states.items()))}"
    )
    assert not wrong, "\n".join(wrong)
    assert sorted(seen) == sorted([*LISTED, *MORE]), "a difference that is listed no longer occurs"


def test_nothing_is_equal_for_want_of_reading(comparison):
    """States of every sort were compared, and codes with them."""
    said = [comparison.ours[path] for path in comparison.with_manifest()]
    states = {state(one) for one in said if one}
    assert {"Valid", "Invalid", "remote", "unreadable"} <= states
    assert {"signingCredential.untrusted", "assertion.dataHash.match", "assertion.dataHash.mismatch"} <= {
        code for one in said if one for code in one[1]
    }


def test_every_store_in_plain_bytes_is_found(comparison):
    """A search for the type of the box, by neither reader, names no further file."""
    held = {path for path in comparison.ours if STORE in path.read_bytes()}
    missed = {path for path in held if comparison.ours[path] is None}
    assert len(held) > 30
    assert {row(path) for path in missed} <= {"fixtures/ingredient/manifest_data.c2pa"}, sorted(map(short, missed))


def changed(path, folder, number):
    """A copy with one bit, byte or stretch changed, half of them in the store."""
    data = bytearray(path.read_bytes())
    dice = random.Random(f"{path.name} {number}")
    store = data.find(STORE)
    length = int.from_bytes(data[store - 4 : store], "big")
    superbox = int.from_bytes(data[store - 8 : store - 4], "big") if store >= 8 else 0
    span = (store, min(len(data), store + max(superbox, length))) if store > 0 and number % IN_STORE == 0 else (0, len(data))
    at = dice.randrange(*span)
    kind = number % 3
    if kind == 0:
        data[at] ^= 1 << dice.randrange(8)
    elif kind == 1:
        data[at] = dice.choice([b for b in (0, 0xFF, 0x20, 0x61) if b != data[at]])
    else:
        del data[at : at + dice.choice([1, 4, 32])]
    target = folder / f"{number}-{path.name}"
    target.write_bytes(data)
    return target


def test_changed_files_are_judged_alike(biaoshi, context, mimes, comparison, tmp_path):
    """Neither believes what the other refuses."""
    bases = [path for path in comparison.with_manifest() if comparison.ours[path] and STORE in path.read_bytes()]
    copies = {}
    for number, path in enumerate(bases):
        folder = tmp_path / str(number)
        folder.mkdir()
        copies |= {changed(path, folder, change): path for change in range(CHANGES)}
    again = Comparison(biaoshi, context, mimes, list(copies))
    believed = {"Valid", "Trusted"}
    counts, wrong = collections.Counter(), []
    for copy, base in copies.items():
        mine, other = again.ours[copy], again.theirs[copy]
        counts[f"{state(mine)}"] += 1
        if state(mine) in believed and state(other) != state(mine):
            wrong.append(f"{short(base)} as {copy}: we believe {mine}, they say {other}")
        # What a row makes us stricter with, it does in a changed file as well.
        if state(other) in believed and state(mine) not in believed and row(base) is None:
            wrong.append(f"{short(base)} as {copy}: they believe {other}, we say {mine}")
        known = {MORE[end]} if (end := row(base, MORE)) else set()
        if mine and other and state(mine) == state(other) and mine[1] - known != other[1] - known:
            wrong.append(f"{short(base)} as {copy}: codes differ: {sorted(mine[1] ^ other[1])}")
    suite.NOTES.append(f"differential: {len(copies)} changed copies of {len(bases)} files: {dict(sorted(counts.items()))}")
    assert counts["Invalid"] > len(copies) // 4
    assert not wrong, "\n".join(wrong)
