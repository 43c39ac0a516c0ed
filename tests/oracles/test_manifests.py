"""c2pa-python and our verifier agree on manifests in every format: on ours, and on its own."""

import base64
import hashlib
import io
import json
import re
import struct
import zipfile

import pytest
from c2pa import Builder, C2paSignerInfo, Context, Reader, Settings, Signer

import suite
from test_c2pa import USAGES
from test_carriers import FILES, name

# Formats by the folder of their base files, as c2pa-python calls them.
MIMES = {
    "apng": "image/png", "avi": "video/x-msvideo", "avif": "image/avif", "dng": "image/x-adobe-dng",
    "docx": "docx", "epub": "application/epub+zip", "gif": "image/gif", "heif": "image/heic", "jxl": "image/jxl",
    "m4a": "audio/mp4", "mov": "video/quicktime", "mp3": "audio/mpeg", "mp4": "video/mp4", "odp": "odp", "ods": "ods",
    "odt": "odt", "pdf": "application/pdf", "png": "image/png", "pptx": "pptx", "svg": "image/svg+xml",
    "tiff": "image/tiff", "wav": "audio/wav", "webp": "image/webp", "xlsx": "xlsx", "3gp": "video/mp4",
}
PACKAGES = {"docx", "epub", "odp", "ods", "odt", "pptx", "xlsx"}
# Its hash leaves out the index at the end, in which content could lie.
INDEXED = {"mp4/base-offsets-ok.mp4", "mp4/fragmented-ok.mp4"}
# c2pa-python 0.38.1 counts the entries of a BigTIFF directory as 16 bytes long, which are 20, and
# so leaves eight bytes of some other entry out of its hash: a hole, and called one.
HOLES = {"tiff/bigtiff-be-ok.tif", "tiff/bigtiff-ok.tif"}
KNOWN = [path for path in FILES if path.parent.name in MIMES]
DEFINITION = {
    "claim_generator_info": [{"name": "someone else", "version": "1"}],
    "assertions": [{
        "label": "c2pa.actions.v2",
        "data": {"actions": [{"action": "c2pa.created", "digitalSourceType": suite.AI}]},
    }],
}


def settings(**more):
    return {
        "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_trust": True, "verify_after_sign": False},
        "core": {"allowed_network_hosts": [], "decode_identity_assertions": False},
        "builder": {"thumbnail": {"enabled": False}},
        "trust": {"trust_config": USAGES, **more},
    }


def report(path, mime, anchor):
    """What c2pa-python says; nothing if it finds no manifest."""
    trusted = settings(trust_anchors=anchor.read_text())
    with Context(Settings.from_dict(trusted)) as context, open(path, "rb") as stream:
        reader = Reader.try_create(mime, stream, context=context)
        if reader is None:
            return None
        with reader:
            return json.loads(reader.json()) | {"detailed": json.loads(reader.detailed_json())}


def failures(found):
    return [f["code"] for f in found["validation_results"]["activeManifest"]["failure"]]


@pytest.fixture(scope="module")
def signed(biaoshi, identities, tmp_path_factory):
    """Every base file, labelled and signed by the command, with the receipt."""
    folder = tmp_path_factory.mktemp("manifests") / "清单"
    folder.mkdir()
    out = {}
    for path in KNOWN:
        target = folder / f"{path.parent.name}-{path.name}"
        receipt = biaoshi.label(path, target, *suite.NO_NOTICE, "--sign", identities["es256"])
        out[path] = (target, receipt)
    return out


def unsigned(receipt):
    return not receipt["signed"] and any("manifest" in json.dumps(note) for note in receipt["notes"])


@pytest.mark.parametrize("path", KNOWN, ids=name)
def test_trusts_what_the_command_signs(signed, identities, path):
    target, receipt = signed[path]
    found = report(target, MIMES[path.parent.name], identities["es256"] / "root.pem") if receipt["signed"] else None
    if found is None:
        assert unsigned(receipt)
        return
    if path.parent.name in PACKAGES:
        # It can't inflate, and so finds no hash of a package right; the hashes are checked below.
        assert failures(found) == ["assertion.collectionHash.mismatch"]
    else:
        assert found["validation_state"] == "Trusted" and failures(found) == []
    [action] = [
        action
        for assertion in found["manifests"][found["active_manifest"]]["assertions"]
        if assertion["label"].startswith("c2pa.actions")
        for action in assertion["data"]["actions"]
    ]
    assert action["digitalSourceType"] == suite.AI


def entries(data):
    """Bytes of every entry of a ZIP file but the store, by name, and of its directory without the store's CRC."""
    out, directory = {}, b""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        at = begin = package.start_dir
        for entry in package.infolist():
            header, at = at, at + 46 + sum(struct.unpack("<3H", data[at + 28 : at + 34]))
            if entry.filename == "META-INF/content_credential.c2pa":
                directory = data[begin : header + 16] + data[header + 20 :]
                continue
            start = entry.header_offset
            end = start + 30 + sum(struct.unpack("<2H", data[start + 26 : start + 30])) + entry.compress_size
            if entry.flag_bits & 8:
                end += 16 if data[end : end + 4] == b"PK\x07\x08" else 12
            if not entry.filename.endswith("/"):
                out[entry.filename] = data[start:end]
    return out, directory


@pytest.mark.parametrize("path", [path for path in KNOWN if path.parent.name in PACKAGES], ids=name)
def test_hashes_of_packages(signed, identities, path):
    """Counted again with another reader of ZIP (C2PA 2.4 section 18.8)."""
    target, receipt = signed[path]
    assert receipt["signed"]
    found = report(target, MIMES[path.parent.name], identities["es256"] / "root.pem")
    hashes = found["detailed"]["manifests"][found["active_manifest"]]["assertion_store"]["c2pa.hash.collection.data"]
    parts, directory = entries(target.read_bytes())
    stated = {uri: base64.b64decode(entry["hash"]) for uri, entry in hashes["uris"].items()}
    assert stated == {uri: hashlib.sha256(part).digest() for uri, part in parts.items()}
    assert base64.b64decode(hashes["zip_central_directory_hash"]) == hashlib.sha256(directory).digest()
    assert zipfile.ZipFile(target).testzip() is None


def test_most_formats_are_signed(signed):
    formats = {path.parent.name for path, (_, receipt) in signed.items() if receipt["signed"]}
    assert formats == set(MIMES) - {"apng"}


flipped = set()


@pytest.mark.parametrize("path", KNOWN, ids=name)
def test_neither_trusts_changed_content(biaoshi, signed, identities, tmp_path, path):
    target, receipt = signed[path]
    if receipt["signed"]:
        flipped.add(path.parent.name)
    listed = json.loads(biaoshi.run("inspect", target, "--json"))
    content = [part for part in listed["segments"] if part["essence"] and part["length"] > 0]
    if not receipt["signed"] or not content:
        return
    part = max(content, key=lambda part: part["length"])
    data = bytearray(target.read_bytes())
    data[part["offset"] + part["length"] // 2] ^= 1
    touched = tmp_path / target.name
    touched.write_bytes(data)
    try:
        found = report(touched, MIMES[path.parent.name], identities["es256"] / "root.pem")
    except Exception as error:  # noqa: BLE001: the file can't even be read any more
        assert str(error)
        found = None
    assert found is None or found["validation_state"] == "Invalid"
    out = biaoshi.run("verify", touched, "--json", "--trust", identities["es256"], status=[0, 1, 2, 3, 4])
    marks = json.loads(out).get("evidence", []) if out else []
    assert not any(mark["integrity"] == "intact" for mark in marks)


# Formats of which c2pa-python signed a file, and believed it.
judged_formats = set()


@pytest.mark.parametrize("path", KNOWN, ids=name)
def test_command_trusts_what_c2pa_python_signs(biaoshi, identities, tmp_path, path):
    """Its defaults leave free space out of the hash of boxes, and in TIFF the count of the store."""
    mime, target = MIMES[path.parent.name], tmp_path / path.name
    info = C2paSignerInfo(
        alg=b"es256",
        sign_cert=(identities["es256"] / "chain.pem").read_bytes(),
        private_key=(identities["es256"] / "key.pem").read_bytes(),
        ta_url=None,
    )
    try:
        with Context(Settings.from_dict(settings())) as context:
            with Signer.from_info(info) as signer, Builder(DEFINITION, context=context) as builder:
                with open(path, "rb") as source, open(target, "w+b") as dest:
                    builder.sign(signer, mime, source, dest)
        found = report(target, mime, identities["es256"] / "root.pem")
    except Exception as error:  # noqa: BLE001: it has several types for what it can't sign
        assert re.search(r"\w", str(error))
        return
    if found is None or found["validation_state"] != "Trusted":
        return
    # What else it wrote is not ours to judge here: directories left behind, items at wrong places.
    judged = biaoshi.verify(target, "--trust", identities["es256"], status=[0, 1, 2, 3])
    [mark] = [mark for mark in judged["evidence"] if mark["carrier"] == "c2pa_manifest"]
    judged_formats.add(path.parent.name)
    if name(path) in INDEXED:
        assert mark["integrity"] == "not_checked" and "manifest.not_checked" in suite.codes(judged)
        return
    if name(path) in HOLES:
        assert mark["integrity"] == "broken" and "manifest.exclusion_abuse" in suite.codes(judged)
        return
    assert (mark["integrity"], mark["key"]) == ("intact", "trusted"), (suite.codes(judged), mark)
    assert mark["source_type"] == suite.AI


def test_most_formats_were_touched():
    assert flipped == set(MIMES) - {"apng"}


def test_most_formats_were_judged():
    """Its ZIP reader can't inflate, so that of packages only one with stored entries is signed."""
    assert judged_formats >= set(MIMES) - {"apng", "docx", "epub", "odp", "ods", "odt", "pptx"}, sorted(judged_formats)
