"""The programs under test and beside it, and files that several tests look at."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import jsonschema
import pytest

import pictures

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = ROOT / "spec" / "report.schema.json"
CODE = "001191110102MACQD9K64010000"
AI = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
# GB 45438-2025 Annex E, in its order.
KEYS = ["Label", "ContentProducer", "ProduceID", "ReservedCode1", "ContentPropagator", "PropagateID", "ReservedCode2"]
VARIANTS = pictures.variants()
FORMATS = ["png", "jpeg", "webp"]
ENDINGS = {"png": ".png", "jpeg": ".jpg", "webp": ".webp"}
MIME = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp"}
# Lines for the end of the run.
NOTES = []
NO_NOTICE = ["--explicit", "none", "--reason", "test of the metadata layer"]


def required(name):
    value = os.environ.get(name)
    assert value, f"{name} is not set: run these tests with `cargo test-all`"
    return value


class Biaoshi:
    """The command. Every report it prints is checked against the published schema."""

    def __init__(self):
        self.program = required("BIAOSHI")
        self.schema = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")))

    def run(self, *args, status=0):
        command = [self.program, "--lang", "en", *map(str, args)]
        done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60)
        seen = f"{command}\nexit status {done.returncode}, not {status}\n{done.stdout}{done.stderr}"
        assert done.returncode in (status if isinstance(status, list) else [status]), seen
        return done.stdout

    def label(self, source, target, *args, id="test-0001"):
        """The receipt of a label written."""
        out = self.run("label", source, "-o", target, "--producer", CODE, "--id", id, "--json", *args)
        receipt = json.loads(out)
        self.schema.validate(receipt["report"])
        assert receipt["schema"] == "biaoshi.receipt/1" and receipt["bytes"] == Path(target).stat().st_size
        return receipt

    def label_each(self, bases, folder):
        """Labelled files in this folder, by base."""
        out = {base: folder / f"{base.parent.name}-{base.name}" for base in bases}
        for base, target in out.items():
            self.label(base, target, *NO_NOTICE, id="example-0001")
        return out

    def verify(self, path, *args, status=0):
        report = json.loads(self.run("verify", path, "--json", *args, status=status))
        self.schema.validate(report)
        return report


def tool(name):
    """Marks a test that needs this program."""
    return pytest.mark.skipif(shutil.which(name) is None, reason=f"{name} is not installed")


def run(*args):
    """Runs another program; returns what it prints and what it complains of."""
    done = subprocess.run([str(a) for a in args], capture_output=True, encoding="utf-8", timeout=60)
    assert done.returncode == 0, f"{args}\n{done.stdout}{done.stderr}"
    return done.stdout, done.stderr


def check(value):
    """That this is the label of `label_each`: its text, or the object that ExifTool makes of it."""
    if isinstance(value, str):
        assert " " not in value and "\n" not in value
        value = json.loads(value)
    assert list(value) == KEYS
    assert value["Label"] == "1" and value["ContentProducer"] == CODE and value["ProduceID"] == "example-0001"


def value(receipt):
    """The text of the label that a receipt tells of."""
    order = ["label", "content_producer", "produce_id", "reserved_code1", "content_propagator", "propagate_id"]
    fields = [receipt["label"][key] for key in [*order, "reserved_code2"]]
    return json.dumps(dict(zip(KEYS, fields)), separators=(",", ":"))


def codes(report):
    return [f["code"] for f in report["findings"]]


def labels(report, carrier="aigc_metadata"):
    return [e["label"] for e in report["evidence"] if e["carrier"] == carrier]


def exiftool(*args, config=None):
    """Runs ExifTool; returns what it prints."""
    command = [*json.loads(required("EXIFTOOL")), *(["-config", str(config)] if config else [])]
    command += ["-charset", "filename=utf8", *map(str, args)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=120)
    assert done.returncode in (0, 1), f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def exiftool_json(paths, *args):
    """Tags of many files from one call, by path. Repeated tags are kept apart by `-G4`."""
    out = exiftool("-j", "-a", "-u", "-struct", *args, "--", *paths)
    return {Path(tags["SourceFile"]): tags for tags in json.loads(out)}


def no_new_warning(before, after):
    """That ExifTool finds nothing in a file that it doesn't find in the file before."""
    found = exiftool_json([before, after], "-G0:4", "-validate", "-warning", "-error")

    def warnings(path):
        return {re.sub(r"\d+", "#", str(v)) for k, v in found[path].items() if re.search(r"(Warning|Error)$", k)}

    assert warnings(after) <= warnings(before)
