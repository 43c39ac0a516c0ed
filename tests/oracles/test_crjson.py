"""`biaoshi inspect --crjson` says of a manifest what c2pa-python says in the same form.

The frame is checked by its own rules, everything against c2pa-python, and the whole against the
schema in the library's repository, which is a part of the corpus. The library writes a little more
than that schema knows: each deviation is listed here, and one that is gone fails as well.
"""

import json
import subprocess

import jsonschema
import pytest
from c2pa import C2paError, Context, Reader, Settings

import suite
import test_corpus
from test_differential import SETTINGS, STORE

MOST = 60
# What a document of crJSON holds at least.
CODES = {"type": "array", "items": {"type": "object", "required": ["code"], "properties": {"code": {"type": "string"}}}}
FRAME = {
    "type": "object",
    "required": ["@context", "manifests", "jsonGenerator"],
    "properties": {
        "jsonGenerator": {
            "type": "object", "required": ["name", "version"],
            "properties": {"name": {"type": "string", "minLength": 1}, "version": {"type": "string", "minLength": 1}},
        },
        "manifests": {"type": "array", "items": {
            "type": "object",
            "required": ["label", "assertions", "signature", "validationResults"],
            "oneOf": [{"required": ["claim"]}, {"required": ["claim.v2"]}],
            "properties": {
                "assertions": {"type": "object"},
                "signature": {"type": "object", "required": ["algorithm", "certificateInfo"]},
                "validationResults": {
                    "type": "object",
                    "required": ["success", "informational", "failure", "specVersion", "validationTime"],
                    "properties": {"success": CODES, "informational": CODES, "failure": CODES},
                },
            },
        }},
    },
}


# Where the library's documents leave its own schema: place, keyword, words of the complaint.
DEVIATIONS = {
    ("manifests/*", "additionalProperties", "'isCompressedManifest', 'isUpdateManifest' were unexpected"),
    ("manifests/*/claim/metadata", "type", "is not of type 'object'"),
    ("manifests/*/signature/timeStampInfo", "required", "'timestamp' is a required property"),
}


@pytest.fixture(scope="module")
def context():
    with Context(Settings.from_dict(SETTINGS)) as context:
        yield context


def ours(biaoshi, path):
    done = subprocess.run([biaoshi.program, "inspect", "--crjson", "--", path], capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
    document = json.loads(done.stdout)
    jsonschema.Draft202012Validator(FRAME).validate(document)
    return document


def theirs(context, path, mime):
    with open(path, "rb") as stream, Reader(mime, stream, context=context) as reader:
        return json.loads(reader.crjson())


def comparable(document):
    """Without who wrote the document and when, and in an order of its own."""
    out = {key: value for key, value in document.items() if key != "jsonGenerator"}
    for manifest in out["manifests"]:
        # The library's newer editions write pictures in another form.
        for name, data in manifest["assertions"].items():
            if name.startswith("c2pa.thumbnail"):
                data.clear()
        results = manifest["validationResults"]
        results["validationTime"] = ""
        for kind in ("success", "informational", "failure"):
            # The library's newer editions tell of answers of OCSP that they can't use.
            known = [status for status in results[kind] if status["code"] != "signingCredential.ocsp.skipped"]
            results[kind] = sorted(({k: s.get(k) for k in ("code", "url")} for s in known), key=json.dumps)
        for delta in manifest.get("ingredientDeltas", []):
            told = delta["validationDeltas"]["informational"]
            told[:] = [status for status in told if status["code"] != "signingCredential.ocsp.skipped"]
    return out


@pytest.mark.parametrize("name", suite.VARIANTS)
def test_same_document_of_our_manifests(biaoshi, context, signed, name):
    path, fmt = signed[name].target, suite.VARIANTS[name][0]
    mine = comparable(ours(biaoshi, path))
    assert mine == comparable(theirs(context, path, suite.MIME[fmt]))
    assert len(mine["manifests"]) == 1


def test_same_document_of_changed_files(biaoshi, context, signed, tmp_path):
    """Failures stand in it as well."""
    data = bytearray(signed["png-rgb"].target.read_bytes())
    data[data.index(b"IDAT") + 40] ^= 1
    path = tmp_path / "changed.png"
    path.write_bytes(data)
    mine = ours(biaoshi, path)
    codes = [status["code"] for status in mine["manifests"][0]["validationResults"]["failure"]]
    assert "assertion.dataHash.mismatch" in codes
    assert comparable(mine) == comparable(theirs(context, path, "image/png"))


def test_a_file_without_manifest_has_none_in_it(biaoshi, sources):
    done = subprocess.run([biaoshi.program, "inspect", "--crjson", sources["png-rgb"]], capture_output=True, timeout=60)
    assert done.returncode == 2 and b"cli.no_manifest" in done.stderr and not done.stdout


@pytest.mark.skipif(not test_corpus.FOLDER.is_dir(), reason="corpus: not present, 0 files")
def test_same_document_of_manifests_of_the_corpus(biaoshi, context):
    paths = [path for group in test_corpus.groups() for path in group if path.suffix in (".jpg", ".png", ".mp4")]
    compared, wrong = 0, []
    for path in paths:
        if compared == MOST or STORE not in path.read_bytes():
            continue
        try:
            other = theirs(context, path, {".jpg": "image/jpeg", ".png": "image/png", ".mp4": "video/mp4"}[path.suffix])
        except C2paError:
            continue
        compared += 1
        if comparable(ours(biaoshi, path)) != comparable(other):
            wrong.append(str(path))
    suite.NOTES.append(f"crJSON: {compared} documents of the corpus compared, {len(wrong)} differ")
    assert not wrong and compared > 30


@pytest.mark.skipif(not test_corpus.FOLDER.is_dir(), reason="corpus: not present, 0 files")
def test_documents_keep_to_the_published_schema(biaoshi, context):
    files = [path for group in test_corpus.groups() for path in group]
    schemas = [path for path in files if path.name == "crJSON-schema.json"]
    assert schemas, "the corpus holds the schema"
    schema = jsonschema.Draft202012Validator(json.loads(schemas[0].read_text("utf-8")))
    kept = sorted((suite.ROOT / "test-vectors/verdict/manifests").glob("*.png"))
    paths = [path for path in files if path.suffix in (".jpg", ".png", ".mp4")]
    checked, met, wrong = 0, set(), []
    for path in kept + [path for path in paths if STORE in path.read_bytes()]:
        if checked == 2 * MOST:
            break
        done = subprocess.run([biaoshi.program, "inspect", "--crjson", "--", path], capture_output=True, timeout=60)
        if done.returncode != 0:
            continue
        checked += 1
        for error in schema.iter_errors(json.loads(done.stdout)):
            place = "/".join("*" if isinstance(step, int) else step for step in error.absolute_path)
            known = [d for d in DEVIATIONS if d[:2] == (place, error.validator) and d[2] in error.message]
            met.update(known)
            if not known:
                wrong.append((str(path), place, error.message[:200]))
    suite.NOTES.append(f"crJSON: {checked} documents against the schema, {len(met)} kinds of deviation, all listed")
    assert not wrong and checked > 50
    assert met == DEVIATIONS, "a deviation that is gone leaves the list"
