"""The published schema is the one that the command prints, and reports of all sorts obey it.

Every other report of this suite is checked on the way, in `suite.Biaoshi`.
"""

import json

import jsonschema
import pytest

import suite


def test_schema_is_sound_and_current(biaoshi):
    printed = json.loads(biaoshi.run("schema"))
    jsonschema.Draft202012Validator.check_schema(printed)
    assert printed == json.loads(suite.SCHEMA.read_text("utf-8"))


@pytest.mark.parametrize("name", suite.VARIANTS)
def test_report_on_an_unlabelled_file(biaoshi, sources, name):
    report = biaoshi.verify(sources[name], status=1)
    assert report["status"] == "none" and report["evidence"] == [] and report["format"] == suite.VARIANTS[name][0]


@pytest.mark.parametrize("kind", ["plain", "signed"])
@pytest.mark.parametrize("name", suite.VARIANTS)
def test_report_on_a_labelled_file(biaoshi, identities, request, name, kind):
    case = request.getfixturevalue(kind)[name]
    assert case.receipt
    report = biaoshi.verify(case.target, "--trust", identities["ed25519"])
    assert report["status"] == "confirmed" and report["bytes"] == case.receipt["bytes"]
    assert suite.labels(report) == [case.receipt["label"]]
    [verdict] = report["verdicts"]
    assert verdict["profile"] == "cn-gb45438"


@pytest.mark.parametrize("change", [{"status": "fake"}, {"schema": 1}, {"evidence": [{}]}, {"findings": None}], ids=str)
def test_schema_can_fail(biaoshi, sources, change):
    report = biaoshi.verify(sources["png-rgb"], status=1)
    with pytest.raises(jsonschema.ValidationError):
        biaoshi.schema.validate({**report, **change})


@pytest.mark.parametrize("name", ["png-text", "jpeg-everything", "webp-xmp"])
def test_inspection_names_every_byte(biaoshi, signed, name):
    """Parts follow each other without a hole."""
    path = signed[name].target
    found = json.loads(biaoshi.run("inspect", path, "--json"))
    at = 0
    for part in found["segments"]:
        assert part["offset"] == at, part
        at += part["length"]
    assert at == found["bytes"] == path.stat().st_size
    assert {"xmp", "c2pa"} <= {part["slot"] for part in found["segments"]}
