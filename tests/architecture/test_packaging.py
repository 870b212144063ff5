"""Files that say the same thing twice agree: packages, dependencies, generated files."""

import configparser
import re
import sys

import pytest

from carbonio_mobile.service import describe
from tests.architecture.source import PACKAGE, ROOT, SOURCE, modules
from tools import generate_sample

DISTRIBUTIONS = {
    "twisted": "twisted",
    "zope": "zope.interface",
    "OpenSSL": "pyopenssl",
    "argon2": "argon2-cffi",
    "dateutil": "python-dateutil",
    "re2": "google-re2",
    "charset_normalizer": "charset-normalizer",
    "service_identity": "service-identity",
}
"""What a module's distribution is called, where the two names differ."""

UNSEEN = {
    "tzdata": "zoneinfo reads it where the system has no time zones",
    "ldaptor": "the address book",
    "pytest": "the contract suites in carbonio_mobile.testing, with the extra",
}
"""Dependencies that no module of ours imports, and test tools that only ``testing`` does."""


def setup_cfg() -> configparser.ConfigParser:
    """Read setup.cfg."""
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


def required(section: str, option: str) -> set[str]:
    """Give the distributions that setup.cfg asks for, without versions."""
    lines = setup_cfg()[section][option].split("\n")
    return {re.split(r"[ \[<>=]", line)[0].lower() for line in lines if line.strip()}


def imported() -> set[str]:
    """Give the distributions that the package imports, its test support aside."""
    tops = {
        name.partition(".")[0]
        for each in modules()
        if each.room != "testing"
        for name in each.imports()
    }
    foreign = tops - set(sys.stdlib_module_names) - {PACKAGE, "__future__"}
    return {DISTRIBUTIONS.get(top, top).lower() for top in foreign}


def test_what_is_imported_is_required() -> None:
    """A fresh installation has everything that the source imports."""
    assert imported() - required("options", "install_requires") == set()


def test_what_is_required_is_imported() -> None:
    """Nothing is installed for nobody."""
    unused = required("options", "install_requires") - imported() - set(UNSEEN)
    assert unused == set()


@pytest.mark.parametrize("name", sorted(required("options", "install_requires")))
def test_every_dependency_has_its_reason(name: str) -> None:
    """docs/decisions.md says in a line why each package is here."""
    decisions = (ROOT / "docs" / "decisions.md").read_text(encoding="utf-8").lower()
    assert f"| {name}" in decisions


def test_every_package_is_shipped() -> None:
    """setup.cfg lists each folder that holds modules or SQL."""
    held = {
        ".".join(path.parent.relative_to(SOURCE).parts)
        for pattern in ("*.py", "*.sql")
        for path in (SOURCE / PACKAGE).rglob(pattern)
    }
    listed = set(setup_cfg()["options"]["packages"].split())
    assert listed == held | {"twisted.plugins"}


def test_the_sample_file_is_current() -> None:
    """etc/carbonio-mobile.toml is what tools/generate_sample.py writes."""
    assert generate_sample.SAMPLE.read_text(encoding="utf-8") == describe.sample()


def test_the_table_of_options_is_current() -> None:
    """So is the table in docs/operations.md."""
    text = generate_sample.OPERATIONS.read_text(encoding="utf-8")
    assert text == generate_sample.with_table(text)
