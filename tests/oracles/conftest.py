import re

import pytest

import suite


class Case:
    """One picture, labelled."""

    def __init__(self, fmt, source, target, receipt, error):
        self.fmt, self.source, self.target, self.error = fmt, source, target, error
        self._receipt = receipt

    @property
    def receipt(self):
        """The receipt; fails the test that asks if the picture could not be labelled."""
        assert self.error is None, self.error
        return self._receipt


@pytest.fixture(scope="session")
def biaoshi():
    return suite.Biaoshi()


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """A folder whose name is not plain ASCII, as folders of users are."""
    path = tmp_path_factory.mktemp("oracles") / "图片 müsli"
    path.mkdir()
    return path


@pytest.fixture(scope="session")
def identities(biaoshi, folder):
    """Folders with a key and certificates, one for each algorithm."""
    for algorithm in ("ed25519", "es256"):
        biaoshi.run("keygen", "--out", folder / algorithm, "--algorithm", algorithm)
    return {algorithm: folder / algorithm for algorithm in ("ed25519", "es256")}


@pytest.fixture(scope="session")
def sources(folder):
    """Every picture as a file, before it is labelled."""
    (folder / "in").mkdir()
    out = {}
    for name, (fmt, data) in suite.VARIANTS.items():
        out[name] = folder / "in" / (name + suite.ENDINGS[fmt])
        out[name].write_bytes(data)
    return out


def label_all(biaoshi, sources, target, args):
    target.mkdir()
    out = {}
    for name, source in sources.items():
        receipt, error = None, None
        try:
            receipt = biaoshi.label(source, target / source.name, *args)
        except AssertionError as e:
            error = str(e)
        out[name] = Case(suite.VARIANTS[name][0], source, target / source.name, receipt, error)
    return out


@pytest.fixture(scope="session")
def plain(biaoshi, sources, folder):
    """Every picture with a label in its metadata: no notice, no signature."""
    return label_all(biaoshi, sources, folder / "plain", suite.NO_NOTICE)


@pytest.fixture(scope="session")
def signed(biaoshi, sources, folder, identities):
    """Every picture with a label in its metadata and a signed manifest."""
    return label_all(biaoshi, sources, folder / "signed", [*suite.NO_NOTICE, "--sign", identities["ed25519"]])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """A test that is skipped for want of a program proves nothing, so it fails."""
    report = yield
    if report.skipped and re.search(r"not installed|could not import|has no", str(report.longrepr)):
        report.outcome = "failed"
    return report


def pytest_terminal_summary(terminalreporter):
    samples = suite.ROOT.parent / "shared" / "samples"
    if not samples.is_dir():
        terminalreporter.write_line(f"{samples} is absent: labels of real producers were not read")
    for line in sorted(suite.NOTES):
        terminalreporter.write_line(line)
