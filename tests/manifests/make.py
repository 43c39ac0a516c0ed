"""Makes the signed pictures of test-vectors/verdict/manifests by another program than ours.

    python make.py PICTURE.png BIAOSHI OUT

Needs c2pa-python and cryptography. PICTURE is the plain picture to start from, BIAOSHI our command
(for the one file that it labelled and signed first). Keys and numbers are made anew each time, so
the files are kept, and made again only when a case is added; `cargo xtask vectors` then writes what
is expected of them.
"""

import argparse
import datetime
import io
import pathlib
import subprocess
import tempfile
import time
import zlib

from c2pa import Builder, C2paSignerInfo, Context, Settings, Signer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"
AI = IPTC + "trainedAlgorithmicMedia"
DISCLOSURE = {"label": "c2pa.ai-disclosure", "created": True, "data": {"modelType": "c2pa.types.model", "modelName": "model-of-vectors"}}
LONG = datetime.datetime(2076, 1, 1)


def identity(name, until=LONG):
    """A signer whose certificate is of an unknown root and holds for fifty years."""
    subject = x509.Name([
        x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"), x509.NameAttribute(NameOID.ORGANIZATION_NAME, name),
        x509.NameAttribute(NameOID.COMMON_NAME, f"{name} signer"),
    ])
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name} root")])
    root, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    off = dict.fromkeys([
        "content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only",
    ], False)

    def build(who, public, authority):
        made = (
            x509.CertificateBuilder().subject_name(who).issuer_name(issuer).public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(datetime.datetime(2026, 1, 1)).not_valid_after(LONG if authority else until)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.KeyUsage(digital_signature=not authority, key_cert_sign=authority, crl_sign=authority, **off), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root.public_key()), critical=False)
        )
        if not authority:
            made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        return made.sign(root, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    chain = build(subject, key.public_key(), False) + build(issuer, root.public_key(), True)
    return C2paSignerInfo(alg=b"es256", sign_cert=chain, private_key=private, ta_url=None)


def settings():
    return Settings.from_dict({
        "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_after_sign": False},
        "core": {"decode_identity_assertions": False},
        "builder": {"thumbnail": {"enabled": False}},
        "trust": {"trust_config": "1.3.6.1.5.5.7.3.4"},
    })


def sign(data, who, actions, *more, ingredients=()):
    """`data` signed: its actions, further assertions, and (description, bytes) of each ingredient."""
    definition = {
        "claim_generator_info": [{"name": "vectors", "version": "1"}],
        "assertions": [{"label": "c2pa.actions", "created": True, "data": {"actions": actions}}, *more],
    }
    out = io.BytesIO()
    with Context(settings()) as context, Signer.from_info(who) as signer, Builder(definition, context=context) as builder:
        for description, bytes_of in ingredients:
            builder.add_ingredient(description, "image/png", io.BytesIO(bytes_of))
        builder.sign(signer, "image/png", io.BytesIO(data), out)
    return out.getvalue()


def created(source_type="http://c2pa.org/digitalsourcetype/empty"):
    return {"action": "c2pa.created", "digitalSourceType": source_type}


def opened(name):
    return {"action": "c2pa.opened", "parameters": {"ingredientIds": [name]}}


def placed(name):
    return {"action": "c2pa.placed", "parameters": {"ingredientIds": [name]}}


def parent(data, name="parent"):
    return ({"relationship": "parentOf", "label": name}, data)


def component(data, name="part"):
    return ({"relationship": "componentOf", "label": name}, data)


def read(data, name="input"):
    return ({"relationship": "inputTo", "label": name}, data)


def chunks(data):
    at = 8
    while at < len(data):
        length = int.from_bytes(data[at : at + 4])
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        at += 12 + length


def png(parts):
    body = b"".join(len(d).to_bytes(4) + n + d + zlib.crc32(n + d).to_bytes(4) for n, d in parts)
    return b"\x89PNG\r\n\x1a\n" + body


def edited(data, name, change):
    return png([(n, change(d) if n == name else d) for n, d in chunks(data)])


def cases(plain, other, biaoshi):
    maker, editor = identity("Maker"), identity("Editor")
    ai = sign(plain, maker, [created(AI)])
    camera = sign(plain, maker, [created(IPTC + "digitalCapture")])
    edit = {"action": "c2pa.edited"}
    yield "ai", ai
    yield "disclosure-alone", sign(plain, maker, [created()], DISCLOSURE)
    yield "disclosure-and-camera", sign(plain, maker, [created(IPTC + "digitalCapture")], DISCLOSURE)
    yield "parent-ai", sign(ai, editor, [opened("parent"), edit], ingredients=[parent(ai)])
    twice = sign(ai, editor, [opened("parent"), edit], ingredients=[parent(ai)])
    yield "grandparent-ai", sign(twice, maker, [opened("parent"), edit], ingredients=[parent(twice)])
    disclosed = sign(plain, maker, [created()], DISCLOSURE)
    yield "parent-disclosure", sign(disclosed, editor, [opened("parent"), edit], ingredients=[parent(disclosed)])
    yield "parent-camera", sign(camera, editor, [opened("parent"), edit], ingredients=[parent(camera)])
    canvas = [created(IPTC + "composite"), placed("part")]
    yield "component-ai", sign(other, editor, canvas, ingredients=[component(ai)])
    yield "input-ai", sign(other, editor, [created(IPTC + "digitalCreation")], ingredients=[read(ai)])
    model = {"relationship": "inputTo", "label": "model", "data_types": [{"type": "c2pa.types.model.pytorch"}]}
    yield "input-model", sign(other, editor, [created()], ingredients=[(model, plain)])
    yield "camera-parent-ai", sign(ai, editor, [opened("parent"), {**edit, "digitalSourceType": IPTC + "digitalCapture"}], ingredients=[parent(ai)])

    pixel = lambda d: d[:-6] + bytes([d[-6] ^ 1]) + d[-5:]
    yield "foreign-content-changed", edited(camera, b"IDAT", pixel)
    yield "parent-broken-ai", sign(plain, editor, [opened("parent"), edit], ingredients=[parent(edited(ai, b"IDAT", pixel))])
    disclosed_parent = sign(disclosed, editor, [opened("parent"), edit], ingredients=[parent(disclosed)])
    yield "parent-edited-in-store", edited(disclosed_parent, b"caBX", lambda d: d.replace(b"model-of-vectors", b"model-of-forgers"))
    yield "opened-nothing", sign(plain, maker, [{"action": "c2pa.opened"}])

    short = identity("Short", datetime.datetime.now(datetime.UTC).replace(tzinfo=None) + datetime.timedelta(seconds=4))
    yield "expired", sign(plain, short, [created(AI)])
    time.sleep(5)

    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "in.png").write_bytes(plain)
        run = lambda *args: subprocess.run([biaoshi, *args], cwd=folder, check=True)
        run("keygen", "--organization", "First", "--out", "key")
        run("label", "in.png", "--producer", "001191110108MA00T1A00K10001", "--explicit", "none", "--reason", "a vector", "--sign", "key", "-o", "out.png")
        signed = (folder / "out.png").read_bytes()
    bare = png([(n, d) for n, d in chunks(signed) if n != b"caBX"])
    yield "label-of-another-signer", sign(bare, editor, [created(AI)])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("picture", type=pathlib.Path)
    parser.add_argument("biaoshi", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    args = parser.parse_args()
    plain = args.picture.read_bytes()
    other = edited(plain, b"IDAT", lambda d: d)
    args.out.mkdir(parents=True, exist_ok=True)
    for name, data in cases(plain, other, args.biaoshi.resolve()):
        (args.out / f"{name}.png").write_bytes(data)
        print(name, len(data))


main()
