"""No command asks the network for anything, whatever addresses stand in a file.

The files name a listener of this test. strace counts the calls of the command that reach for a
network, the listener who comes, and an empty network namespace shows that nothing else is said there.
"""

import datetime
import io
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import zipfile

import pikepdf
import pytest
from c2pa import Builder, C2paError, C2paSignerInfo, Context, Reader, Settings, Signer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

import pictures
import suite
import surgery
from test_c2pa import USAGES
from test_carriers import BASES
from test_manifests import DEFINITION

STATUSES = [0, 1, 2, 3]
# A local pair of sockets is how processes of one program talk, and reaches nobody else.
LOCAL = re.compile(r"socketpair\(AF_UNIX,")
XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:dcterms="http://purl.org/dc/terms/" dcterms:provenance="{}"/>'
    "</rdf:RDF></x:xmpmeta>"
)


class Listener:
    """Counts who connects, and answers that there is nothing."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.count, self.lock = 0, threading.Lock()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with self.lock, connection:
                self.count += 1
                connection.settimeout(2)
                try:
                    connection.recv(4096)
                    connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                except OSError:
                    pass

    def url(self, name):
        return f"http://127.0.0.1:{self.socket.getsockname()[1]}/{name}"


@pytest.fixture(scope="module")
def listener():
    listener = Listener()
    yield listener
    listener.socket.close()


def certificate(folder, url):
    """A chain whose leaf says where to ask whether it was revoked, and where its issuer lies."""
    now = datetime.datetime.now(datetime.UTC)
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    names = [
        x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Test"),
                   x509.NameAttribute(NameOID.COMMON_NAME, f"Test {kind}")])
        for kind in ("root", "leaf")
    ]
    usage = dict.fromkeys([
        "content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only",
    ], False)

    def build(which, authority):
        begin = (
            x509.CertificateBuilder().subject_name(names[which]).issuer_name(names[0]).public_key(keys[which].public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(
                x509.KeyUsage(digital_signature=not authority, key_cert_sign=authority, crl_sign=authority, **usage),
                critical=True,
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(keys[which].public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(keys[0].public_key()), critical=False)
        )
        if not authority:
            places = [
                x509.AccessDescription(method, x509.UniformResourceIdentifier(url))
                for method in (AuthorityInformationAccessOID.OCSP, AuthorityInformationAccessOID.CA_ISSUERS)
            ]
            point = x509.DistributionPoint([x509.UniformResourceIdentifier(url)], None, None, None)
            begin = (
                begin.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
                .add_extension(x509.AuthorityInformationAccess(places), critical=False)
                .add_extension(x509.CRLDistributionPoints([point]), critical=False)
            )
        return begin.sign(keys[0], hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    folder.mkdir()
    root = build(0, True)
    (folder / "root.pem").write_bytes(root)
    key = keys[1].private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return C2paSignerInfo(alg=b"es256", sign_cert=build(1, False) + root, private_key=key, ta_url=None)


def settings(**verify):
    return Settings.from_dict({
        "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_after_sign": False, **verify},
        "core": {"decode_identity_assertions": False},
        "builder": {"thumbnail": {"enabled": False}},
        "trust": {"trust_config": USAGES},
    })


def foreign(info, data, mime, url=None, embed=True):
    """Signed by c2pa-python, with an address where the manifest is said to be."""
    out = io.BytesIO()
    with Context(settings()) as context, Signer.from_info(info) as signer, Builder(DEFINITION, context=context) as builder:
        if url:
            builder.set_remote_url(url)
        if not embed:
            builder.set_no_embed()
        builder.sign(signer, mime, io.BytesIO(data), out)
    return out.getvalue()


def pdf(url):
    out = io.BytesIO()
    with pikepdf.new() as document:
        page = document.add_blank_page(page_size=(200, 200))
        action = {"/S": pikepdf.Name("/URI"), "/URI": pikepdf.String(url)}
        link = {"/Type": pikepdf.Name("/Annot"), "/Subtype": pikepdf.Name("/Link"), "/Rect": [0, 0, 9, 9], "/A": action}
        page.Annots = pikepdf.Array([pikepdf.Dictionary(link)])
        document.Root.OpenAction = pikepdf.Dictionary(action)
        document.Root.URI = pikepdf.Dictionary({"/Base": pikepdf.String(url)})
        place = pikepdf.Dictionary({"/FS": pikepdf.Name("/URL"), "/F": pikepdf.String(url)})
        stream = pikepdf.Stream(document, b"")
        stream.stream_dict.F = place
        page.Contents = stream
        packet = pikepdf.Stream(document, XMP.format(url).encode())
        packet.stream_dict.Type, packet.stream_dict.Subtype = pikepdf.Name("/Metadata"), pikepdf.Name("/XML")
        document.Root.Metadata = packet
        document.save(out)
    return out.getvalue()


def package(base, url):
    """A document whose template, picture and custom properties lie elsewhere."""
    out = io.BytesIO()
    kinds = ["attachedTemplate", "image", "oleObject", "frame", "hyperlink"]
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
    more = "".join(
        f'<Relationship Id="rX{n}" Type="{kind}{k}" Target="{url}" TargetMode="External"/>' for n, k in enumerate(kinds)
    )
    with zipfile.ZipFile(base) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for item in source.infolist():
            data = source.read(item)
            if item.filename.endswith(".rels"):
                data = data.replace(b"</Relationships>", more.replace("rX", f"r{len(data)}X").encode() + b"</Relationships>")
            target.writestr(item, data)
    return out.getvalue()


def svg(url):
    return (
        f'<?xml version="1.0"?>\n<?xml-stylesheet href="{url}" type="text/css"?>\n'
        f'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "{url}.dtd" [\n'
        f'<!ENTITY outer SYSTEM "{url}.ent">\n<!ENTITY % parameter SYSTEM "{url}.mod">\n%parameter;\n]>\n'
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="9" height="9">'
        f'<metadata>{XMP.format(url)}</metadata><title>&outer;</title><image xlink:href="{url}.png" width="9" height="9"/>'
        f'<use href="{url}#a"/><style>@import url("{url}.css");</style><script href="{url}.js"/></svg>'
    ).encode()


def simple_svg(url):
    """Without entities, so that it can be labelled."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="9" height="9">'
        f'<metadata>{XMP.format(url)}</metadata><image xlink:href="{url}.png" width="9" height="9"/>'
        f'<use href="{url}#a"/><style>@import url("{url}.css");</style></svg>'
    ).encode()


def html(url):
    return (
        f'<!DOCTYPE html><html><head><base href="{url}"><link rel="c2pa-manifest" href="{url}.c2pa">'
        f'<link rel="stylesheet" href="{url}"><meta http-equiv="refresh" content="0; url={url}"><script src="{url}"></script>'
        f'</head><body><img src="{url}"><iframe src="{url}"></iframe></body></html>'
    ).encode()


def mp3(url):
    """An ID3v2.3 tag with a picture that is an address, and links."""
    def frame(kind, data):
        return kind + len(data).to_bytes(4, "big") + b"\0\0" + data

    link = url.encode()
    frames = frame(b"APIC", b"\0-->\0\x03\0" + link) + frame(b"WOAS", link) + frame(b"WXXX", b"\0\0" + link)
    size = bytes((len(frames) >> shift) & 0x7F for shift in (21, 14, 7, 0))
    audio = (BASES / "mp3" / "bare-ok.mp3").read_bytes()
    return b"ID3\x03\0\0" + size + frames + audio


@pytest.fixture(scope="module")
def files(biaoshi, identities, listener, tmp_path_factory):
    folder = tmp_path_factory.mktemp("network") / "网络"
    folder.mkdir()
    url = listener.url
    png, jpeg = pictures.save(pictures.scene(60, 40), "png"), pictures.save(pictures.scene(60, 40), "jpeg")
    named = pictures.PngImagePlugin.PngInfo()
    named.add_itxt("XML:com.adobe.xmp", XMP.format(url("named.c2pa")))
    info = certificate(folder / "asked", url("status"))
    out = {
        "named.png": pictures.save(pictures.scene(60, 40), "png", pnginfo=named),
        "named.jpg": pictures.save(pictures.scene(60, 40), "jpeg", xmp=XMP.format(url("named.c2pa")).encode()),
        "named.webp": pictures.save(pictures.scene(60, 40), "webp", xmp=XMP.format(url("named.c2pa")).encode()),
        "secure.jpg": pictures.save(
            pictures.scene(60, 40), "jpeg", xmp=XMP.format(url("x").replace("http:", "https:").replace("127.0.0.1", "localhost")).encode()
        ),
        "remote.jpg": foreign(info, jpeg, "image/jpeg", url("remote.c2pa"), embed=False),
        "remote.png": foreign(info, png, "image/png", url("remote.c2pa"), embed=False),
        "both.jpg": foreign(info, jpeg, "image/jpeg", url("both.c2pa")),
        "asked.png": foreign(info, png, "image/png"),
        "entities.svg": svg(url("svg")),
        "links.svg": simple_svg(url("svg")),
        "links.html": html(url("html")),
        "links.pdf": pdf(url("pdf")),
        "links.docx": package(BASES / "docx" / "docx-ok.docx", url("docx")),
        "links.mp3": mp3(url("mp3")),
        "links.md": f"---\ntitle: a\nimage: {url('md')}\n---\n![a]({url('md')}) <{url('md')}>\n".encode(),
    }
    for name, data in out.items():
        (folder / name).write_bytes(data)
    # Ours, and ours once its store is gone and its address is put in.
    biaoshi.label(folder / "named.png", folder / "signed.png", *suite.NO_NOTICE, "--sign", identities["es256"])
    parts = surgery.split("png", (folder / "signed.png").read_bytes())
    bare = [part for part in parts if not surgery.is_store("png", part)]
    assert len(bare) < len(parts)
    (folder / "stripped.png").write_bytes(surgery.join("png", bare))
    return {name: folder / name for name in [*out, "signed.png", "stripped.png"]}


# Runs without a call, by file.
quiet = {}
NAMES = [
    "named.png", "named.jpg", "named.webp", "secure.jpg", "remote.jpg", "remote.png", "both.jpg", "asked.png",
    "entities.svg", "links.svg", "links.html", "links.pdf", "links.docx", "links.mp3", "links.md", "signed.png", "stripped.png",
]


def test_every_file_is_listed(files):
    assert sorted(files) == sorted(NAMES)


def traced(log, *command):
    """Exit status, output, and the calls for a network."""
    full = ["strace", "-f", "-qq", "-s", "64", "-e", "trace=%network", "-o", log, *command]
    done = subprocess.run([str(part) for part in full], capture_output=True, timeout=120)
    assert log.exists(), done.stderr
    calls = [line for line in log.read_text("utf-8", "replace").splitlines() if re.search(r"\w+\(", line)]
    return done.returncode, done.stdout, [line for line in calls if not LOCAL.search(line)]


@pytest.fixture(scope="module")
def program():
    assert shutil.which("strace"), "strace is not installed"
    return suite.required("BIAOSHI")


def commands(program, path, folder, identity):
    """What is done with each file, by name; outputs lie in a folder of their own."""
    folder.mkdir()
    label = [program, "--lang", "en", "label", path, "--producer", suite.CODE, "--id", "net-0001", *suite.NO_NOTICE]
    verify = [program, "--lang", "en", "verify", path]
    return {
        "verify": verify,
        "verify --json": [*verify, "--json"],
        "verify --trust": [*verify, "--json", "--trust", path.parent / "asked" / "root.pem", "--profile", "cn-gb45438"],
        "verify --sarif": [*verify, "--sarif"],
        "inspect": [program, "--lang", "en", "inspect", path],
        "inspect --json": [program, "--lang", "en", "inspect", path, "--json"],
        "label": [*label, "-o", folder / f"label{path.suffix}"],
        "label --sign": [*label, "-o", folder / f"sign{path.suffix}", "--sign", identity, "--sign-over-broken"],
    }


@pytest.mark.parametrize("name", NAMES)
def test_no_call_for_a_network(program, files, identities, listener, tmp_path, name):
    before, runs = listener.count, 0
    for verb, command in commands(program, files[name], tmp_path / "out", identities["es256"]).items():
        status, stdout, calls = traced(tmp_path / "trace", *command)
        assert status in STATUSES, (verb, status)
        assert stdout or verb.startswith(("label", "inspect")), verb
        assert calls == [], (verb, calls)
        runs += 1
    assert runs == 8 and listener.count == before
    quiet[name] = runs


def test_every_file_was_quiet():
    suite.NOTES.append(f"network: {sum(quiet.values())} runs over {len(quiet)} files, 0 calls for a network")
    assert sorted(quiet) == sorted(NAMES)


def isolated(*command):
    """The command in a namespace that has no network but an idle loopback."""
    assert shutil.which("unshare"), "unshare is not installed"
    options = ["-n"] if os.geteuid() == 0 else ["-r", "-n"]
    probe = subprocess.run(["unshare", *options, "true"], capture_output=True, timeout=30)
    if probe.returncode == 0:
        full = ["unshare", *options, *command]
    else:
        # Without the right to a namespace, every call for a network is refused.
        full = ["strace", "-f", "-qq", "-o", os.devnull, "-e", "trace=%network", "-e", "inject=%network:error=ENETUNREACH", *command]
    done = subprocess.run([str(part) for part in full], capture_output=True, timeout=120)
    return done.returncode, done.stdout


@pytest.mark.parametrize("name", NAMES)
def test_same_answer_without_a_network(program, files, identities, tmp_path, name):
    plain = commands(program, files[name], tmp_path / "a", identities["es256"])
    for verb in ("verify", "verify --json", "verify --trust", "verify --sarif", "inspect --json"):
        done = subprocess.run([str(part) for part in plain[verb]], capture_output=True, timeout=120)
        assert isolated(*plain[verb]) == (done.returncode, done.stdout), verb


def test_addresses_of_manifests_are_told(biaoshi, files):
    """What is not fetched is said."""
    for name in ("named.png", "named.jpg", "remote.jpg", "remote.png"):
        report = biaoshi.verify(files[name], status=[0, 1, 3])
        assert "manifest.remote" in suite.codes(report), (name, suite.codes(report))
    report = biaoshi.verify(files["both.jpg"], status=[0, 1, 3])
    [mark] = [mark for mark in report["evidence"] if mark["carrier"] == "c2pa_manifest"]
    assert mark["integrity"] == "intact"


# That these tests can fail: the same files, and tools that do ask.


def caller(listener):
    """A program that asks the listener, and fails if it is not there."""
    address = listener.socket.getsockname()
    return [sys.executable, "-c", f"import socket; s = socket.create_connection({address!r}, 10); s.send(b'x'); s.recv(9)"]


def test_strace_sees_a_connection(program, listener, tmp_path):
    before = listener.count
    status, _, calls = traced(tmp_path / "trace", *caller(listener))
    assert status == 0 and any("connect(" in call and "AF_INET" in call for call in calls)
    assert listener.count == before + 1


def test_the_namespace_has_no_network(listener):
    before = listener.count
    status, _ = isolated(*caller(listener))
    assert status == 1 and listener.count == before


@pytest.mark.parametrize("name, option", [
    ("remote.png", "remote_manifest_fetch"), ("remote.jpg", "remote_manifest_fetch"), ("asked.png", "ocsp_fetch"),
])
def test_another_reader_does_ask(files, listener, monkeypatch, name, option):
    for variable in [v for v in os.environ if v.lower().endswith("_proxy")]:
        monkeypatch.delenv(variable)
    before = listener.count
    mime = suite.MIME["png" if name.endswith("png") else "jpeg"]
    with Context(settings(**{option: True})) as context, open(files[name], "rb") as stream:
        try:
            with Reader(mime, stream, context=context) as reader:
                assert json.loads(reader.json())
        except C2paError as error:
            assert str(error)
    assert listener.count > before
