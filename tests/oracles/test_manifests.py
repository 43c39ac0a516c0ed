"""c2pa-python and our verifier agree on manifests in every format: on ours, and on its own."""

import json
import re

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
            return json.loads(reader.json())


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
    assert found["validation_state"] == "Trusted" and failures(found) == []
    [action] = [
        action
        for assertion in found["manifests"][found["active_manifest"]]["assertions"]
        if assertion["label"].startswith("c2pa.actions")
        for action in assertion["data"]["actions"]
    ]
    assert action["digitalSourceType"] == suite.AI


def test_most_formats_are_signed(signed):
    formats = {path.parent.name for path, (_, receipt) in signed.items() if receipt["signed"]}
    assert formats == set(MIMES) - {"apng"}


@pytest.mark.parametrize("path", KNOWN, ids=name)
def test_neither_trusts_changed_content(biaoshi, signed, identities, tmp_path, path):
    target, receipt = signed[path]
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
    judged = biaoshi.verify(target, "--trust", identities["es256"])
    [mark] = [mark for mark in judged["evidence"] if mark["carrier"] == "c2pa_manifest"]
    assert (mark["integrity"], mark["key"]) == ("intact", "trusted"), (suite.codes(judged), mark)
    assert mark["source_type"] == suite.AI
