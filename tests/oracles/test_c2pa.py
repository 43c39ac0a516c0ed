"""c2pa-python believes our signatures, and neither reader believes a file that was touched."""

import io
import json

import numpy as np
import pytest
from c2pa import Context, Reader, Settings
from PIL import Image, PngImagePlugin

import pictures
import suite
import surgery

ALGORITHMS = ["ed25519", "es256"]
# Extended key usages: e-mail protection, C2PA claim signing.
USAGES = "1.3.6.1.5.5.7.3.4\n1.3.6.1.4.1.62558.2.1\n"


def foreign_report(path, fmt, anchor=None):
    """What c2pa-python says; nothing if it finds no manifest."""
    trust = {"trust_anchors": anchor.read_text()} if anchor else {}
    settings = {
        "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_trust": True},
        "core": {"allowed_network_hosts": [], "decode_identity_assertions": False},
        "trust": {"trust_config": USAGES, **trust},
    }
    with Context(Settings.from_dict(settings)) as context, open(path, "rb") as stream:
        reader = Reader.try_create(suite.MIME[fmt], stream, context=context)
        if reader is None:
            return None
        with reader:
            return json.loads(reader.json())


def failures(report):
    return [f["code"] for f in report["validation_results"]["activeManifest"]["failure"]]


def active(report):
    return report["manifests"][report["active_manifest"]]


@pytest.mark.parametrize("name", suite.VARIANTS)
def test_trusts_every_kind_of_picture(signed, identities, name):
    case = signed[name]
    assert case.receipt["signed"]
    report = foreign_report(case.target, case.fmt, identities["ed25519"] / "root.pem")
    assert report["validation_state"] == "Trusted" and failures(report) == []


@pytest.fixture(scope="module")
def base(biaoshi, folder, identities):
    """Two signed pictures for each format and algorithm, one with a notice."""
    out = {}
    for fmt in suite.FORMATS:
        for algorithm in ALGORITHMS:
            for number in (1, 2):
                source = folder / f"c2pa-{algorithm}-{number}{suite.ENDINGS[fmt]}"
                target = source.with_stem(source.stem + "-out")
                options = {} if fmt == "png" else {"xmp": pictures.XMP}
                source.write_bytes(pictures.save(pictures.scene(240, 160, number), fmt, **options))
                notice = suite.NO_NOTICE if number == 1 else ["--explicit", "top-left"]
                sign = ["--sign", identities[algorithm]]
                receipt = biaoshi.label(source, target, *notice, *sign, id=f"id-{number}-aaaa")
                out[fmt, algorithm, number] = (target, receipt)
    return out


@pytest.mark.parametrize("number", [1, 2], ids=["plain", "notice"])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("fmt", suite.FORMATS)
class TestSound:
    def test_trusted_with_our_root_and_valid_without(self, base, identities, fmt, algorithm, number):
        path = base[fmt, algorithm, number][0]
        assert foreign_report(path, fmt, identities[algorithm] / "root.pem")["validation_state"] == "Trusted"
        without = foreign_report(path, fmt)
        assert without["validation_state"] == "Valid" and failures(without) == ["signingCredential.untrusted"]
        other = identities["es256" if algorithm == "ed25519" else "ed25519"] / "root.pem"
        assert foreign_report(path, fmt, other)["validation_state"] == "Valid"

    def test_states_what_the_label_states(self, base, fmt, algorithm, number):
        path, receipt = base[fmt, algorithm, number]
        manifest = active(foreign_report(path, fmt))
        found = {a["label"]: a["data"] for a in manifest["assertions"]}
        [action] = found["c2pa.actions.v2"]["actions"]
        assert action["action"] == "c2pa.created" and action["digitalSourceType"] == suite.AI
        assert list(found["org.biaoshi.label"]["aigc"]) == suite.KEYS
        assert list(found["org.biaoshi.label"]["aigc"].values()) == list(receipt["label"].values())
        assert "modelType" in found["c2pa.ai-disclosure"]
        assert manifest["signature_info"]["alg"].lower() == algorithm
        assert manifest["claim_generator_info"][0]["name"] == "biaoshi"
        notice = found["org.biaoshi.label"].get("notice")
        assert (notice or {}).get("rect") == (receipt["notice"] or {}).get("rect")

    def test_has_no_thumbnail(self, base, fmt, algorithm, number):
        path = base[fmt, algorithm, number][0]
        manifest = active(foreign_report(path, fmt))
        assert "thumbnail" not in manifest and not any("thumbnail" in a["label"] for a in manifest["assertions"])
        store = b"".join(p.data for p in surgery.split(fmt, path.read_bytes()) if surgery.is_store(fmt, p))
        assert b"thumbnail" not in store and len(store) < 12_000

    def test_command_agrees(self, biaoshi, base, identities, fmt, algorithm, number):
        path = base[fmt, algorithm, number][0]
        report = biaoshi.verify(path, "--trust", identities[algorithm])
        assert report["status"] == "confirmed"
        assert {(e["integrity"], e["key"]) for e in report["evidence"]} == {("intact", "trusted")}


# Attacks. Each takes a format, the signed file, another signed file, and gives a touched one.


def pixels_edited(fmt, data, _other):
    parts = surgery.split(fmt, data)
    part = max((p for p in parts if surgery.is_pixels(fmt, p)), key=lambda p: len(p.data))
    at = len(part.data) // 2
    while part.data[at] in (0x00, 0xFE, 0xFF) or part.data[at - 1] == 0xFF:
        at += 1
    part.data = part.data[:at] + bytes([part.data[at] ^ 1]) + part.data[at + 1 :]
    return surgery.join(fmt, parts)


def picture_replaced(fmt, data, other):
    """Everything but the other picture's metadata and store."""
    keep = [p for p in surgery.split(fmt, data) if surgery.is_store(fmt, p) or surgery.is_xmp(fmt, p)]
    parts = [p for p in surgery.split(fmt, other) if not surgery.is_store(fmt, p) and not surgery.is_xmp(fmt, p)]
    at = len(parts) if fmt == "webp" else 1
    return surgery.join(fmt, parts[:at] + keep + parts[at:])


def metadata_edited(fmt, data, _other):
    parts = surgery.split(fmt, data)
    for part in parts:
        if surgery.is_xmp(fmt, part):
            assert b"id-1-aaaa" in part.data
            part.data = part.data.replace(b"id-1-aaaa", b"id-1-bbbb")
    return surgery.join(fmt, parts)


def store_moved(fmt, data, other):
    store = [p for p in surgery.split(fmt, data) if surgery.is_store(fmt, p)]
    parts = surgery.split(fmt, other)
    at = next(i for i, p in enumerate(parts) if surgery.is_store(fmt, p))
    parts = [p for p in parts if not surgery.is_store(fmt, p)]
    parts[at:at] = store
    return surgery.join(fmt, parts)


def beside_store(offset):
    def attack(fmt, data, other):
        parts = surgery.split(fmt, data)
        at = next(i for i, p in enumerate(parts) if surgery.is_store(fmt, p))
        parts.insert(at + offset, surgery.foreign(fmt, other))
        return surgery.join(fmt, parts)

    return attack


def inside_store(fmt, data, other):
    """A JPEG's store as two segments with a foreign one between; elsewhere a second store chunk."""
    parts = surgery.split(fmt, data)
    at = next(i for i, p in enumerate(parts) if surgery.is_store(fmt, p))
    whole = parts[at].data
    if fmt != "jpeg":
        parts.insert(at + 1, surgery.Part(parts[at].kind, other))
        return surgery.join(fmt, parts)
    # Common part of each segment: JP, instance, sequence number; each repeats the box header.
    head, box, body = whole[:4], whole[8:16], whole[16:]
    half = len(body) // 2
    first, second = (
        surgery.Part(0xEB, head + number.to_bytes(4, "big") + box + piece)
        for number, piece in ((1, body[:half]), (2, body[half:]))
    )
    parts[at : at + 1] = [first, surgery.foreign(fmt, other), second]
    return surgery.join(fmt, parts)


def store_truncated(fmt, data, _other):
    parts = surgery.split(fmt, data)
    part = next(p for p in parts if surgery.is_store(fmt, p))
    part.data = part.data[: len(part.data) * 2 // 3]
    return surgery.join(fmt, parts)


def assertion_edited(fmt, data, _other):
    parts = surgery.split(fmt, data)
    part = next(p for p in parts if surgery.is_store(fmt, p))
    assert part.data.count(b"trainedAlgorithmicMedia") == 1
    part.data = part.data.replace(b"trainedAlgorithmicMedia", b"trainedAlgorithmicXedia")
    return surgery.join(fmt, parts)


def signature_edited(fmt, data, _other):
    """The last bytes of the store are the signature's."""
    parts = surgery.split(fmt, data)
    part = [p for p in parts if surgery.is_store(fmt, p)][-1]
    part.data = part.data[:-9] + bytes([part.data[-9] ^ 1]) + part.data[-8:]
    return surgery.join(fmt, parts)


def trailing_data(fmt, data, other):
    return data + other


# name: the attack, findings of `biaoshi verify` that it has to cause.
ATTACKS = {
    "pixels-edited": (pixels_edited, {"manifest.content_changed"}),
    "picture-replaced": (picture_replaced, {"manifest.content_changed"}),
    "metadata-edited": (metadata_edited, {"manifest.label_differs", "manifest.metadata_changed"}),
    "store-moved": (store_moved, {"manifest.transplanted"}),
    "foreign-before-store": (beside_store(0), {"manifest.exclusion_abuse", "manifest.metadata_changed"}),
    "foreign-after-store": (beside_store(1), {"manifest.metadata_changed"}),
    # Two stores in a PNG are no store at all; c2pa-python says so too.
    "foreign-inside-store": (inside_store, {"png": {"manifest.unreadable"}, "other": {"manifest.metadata_changed"}}),
    "store-truncated": (store_truncated, {"manifest.unreadable"}),
    "assertion-edited": (assertion_edited, {"manifest.assertion_broken"}),
    "signature-edited": (signature_edited, {"manifest.signature_broken"}),
    "trailing-data": (trailing_data, {"file.trailing_data", "manifest.metadata_changed"}),
}


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("fmt", suite.FORMATS)
def test_attack_is_seen_by_both(biaoshi, folder, base, identities, fmt, attack, algorithm):
    make, wanted = ATTACKS[attack]
    one, two = (base[fmt, algorithm, n][0].read_bytes() for n in (1, 2))
    path = folder / f"{attack}-{algorithm}{suite.ENDINGS[fmt]}"
    touched = make(fmt, one, two)
    assert touched not in (one, two)
    path.write_bytes(touched)
    report = biaoshi.verify(path, "--trust", identities[algorithm], status=3)
    found = set(suite.codes(report))
    if isinstance(wanted, dict):
        wanted = wanted.get(fmt, wanted["other"])
    assert wanted <= found, found
    assert any(f["severity"] == "error" for f in report["findings"])
    assert report["status"] != "none", "the mark disappeared"
    assert rejected(path, fmt, identities[algorithm] / "root.pem")


def rejected(path, fmt, anchor):
    try:
        report = foreign_report(path, fmt, anchor)
    except Exception as error:
        # It refuses stores that it can't take apart with an error of its own.
        return type(error).__module__.startswith("c2pa")
    return report is not None and report["validation_state"] == "Invalid" and failures(report)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("fmt", suite.FORMATS)
def test_manifest_stripped(biaoshi, folder, base, identities, fmt, algorithm):
    parts = surgery.split(fmt, base[fmt, algorithm, 1][0].read_bytes())
    path = folder / f"stripped-{algorithm}{suite.ENDINGS[fmt]}"
    path.write_bytes(surgery.join(fmt, [p for p in parts if not surgery.is_store(fmt, p)]))
    assert foreign_report(path, fmt) is None
    report = biaoshi.verify(path, "--trust", identities[algorithm], status=1)
    assert "manifest.missing" in suite.codes(report) and report["status"] == "confirmed"


@pytest.mark.parametrize("fmt", suite.FORMATS)
def test_truncated_file(biaoshi, folder, base, identities, fmt):
    path = folder / f"truncated{suite.ENDINGS[fmt]}"
    path.write_bytes(base[fmt, "ed25519", 1][0].read_bytes()[:-40])
    report = biaoshi.verify(path, "--trust", identities["ed25519"], status=3)
    assert "file.truncated" in suite.codes(report)
    assert rejected(path, fmt, identities["ed25519"] / "root.pem")


@pytest.mark.parametrize("fmt", ["png", "jpeg"])
def test_title_written_by_exiftool_after_signing(biaoshi, folder, base, identities, fmt):
    """An honest edit with an honest tool breaks the signature all the same."""
    path = folder / f"titled{suite.ENDINGS[fmt]}"
    suite.exiftool("-q", "-XMP-dc:Title=Harbour", "-o", path, base[fmt, "ed25519", 1][0])
    report = biaoshi.verify(path, "--trust", identities["ed25519"], status=3)
    found = suite.codes(report)
    assert "manifest.metadata_changed" in found and "manifest.content_changed" not in found
    assert rejected(path, fmt, identities["ed25519"] / "root.pem")


@pytest.mark.parametrize("keep", [True, False], ids=["xmp-kept", "xmp-lost"])
@pytest.mark.parametrize("fmt", suite.FORMATS)
def test_saved_anew_by_pillow(biaoshi, folder, base, identities, fmt, keep):
    """What happens on many platforms: the store is gone, the XMP sometimes too."""
    with Image.open(base[fmt, "ed25519", 1][0]) as image:
        image.load()
        xmp = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp").encode()
        bare = Image.fromarray(np.asarray(image))
    options = {"xmp": xmp} if keep else {}
    if fmt == "png" and keep:
        options = {"pnginfo": PngImagePlugin.PngInfo()}
        options["pnginfo"].add_itxt("XML:com.adobe.xmp", xmp.decode())
    path = folder / f"saved-{keep}{suite.ENDINGS[fmt]}"
    path.write_bytes(pictures.save(bare, fmt, **options))
    assert foreign_report(path, fmt) is None
    report = biaoshi.verify(path, "--trust", identities["ed25519"], status=1)
    assert report["status"] == ("confirmed" if keep else "none")
    assert ("manifest.missing" in suite.codes(report)) == keep
