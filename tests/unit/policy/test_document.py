"""The policy document: complete, permissive, and never ahead of a device's version."""

import csv
import re
from pathlib import Path

import pytest

from carbonio_mobile.eas.version import OFFERED, Version
from carbonio_mobile.policy.document import (
    SETTINGS,
    document_hash,
    permissive_value,
    policy_document,
)
from carbonio_mobile.testing.schemas import check_versions
from carbonio_mobile.wbxml import decode, encode
from carbonio_mobile.wbxml.codepages import Provision

PROTOCOL = Path(__file__).resolve().parents[3] / "../shared/protocol"


@pytest.mark.parametrize("version", OFFERED)
def test_document_holds_only_what_the_version_knows(version: Version) -> None:
    """Client quirk 10.3: no element that the version does not know."""
    check_versions(policy_document(version), version.text)


@pytest.mark.parametrize("version", OFFERED)
def test_document_is_complete(version: Version) -> None:
    """Every setting stands in the document once, at the value that restricts nothing."""
    document = policy_document(version)
    assert [child.tag for child in document] == [setting.tag for setting in SETTINGS]
    assert all(child.string == permissive_value(child.tag) for child in document)


def test_12_0_gets_no_element_of_12_1() -> None:
    """The ``since`` of each setting is kept: storage card encryption came with 12.1."""
    document = policy_document(Version.V12_0)
    assert not document.has(Provision.RequireStorageCardEncryption)
    assert document.has(Provision.DevicePasswordEnabled)


def test_settings_are_those_of_the_protocol_reference() -> None:
    """Names, order, version and permissive value agree with the table of the specification."""
    page = PROTOCOL / "provisioning.md"
    if not page.exists():
        pytest.skip("../shared is not here")
    section = page.read_text().partition("## 4 EASProvisionDoc")[2].partition("Defaults without")[0]
    rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in section.splitlines()]
    table = [row for row in rows if len(row) == 6 and re.fullmatch(r"\w{4,}", row[0])]
    wanted = [
        (name, since, "" if default.startswith("empty") else default.split(" ")[0])
        for name, _, _, default, since, _ in table
        # Present, even empty, this one would let no program run (MS-ASPROV R198).
        if name not in ("element", "ApprovedApplicationList")
    ]
    assert [(s.tag.name, s.since.text, s.permissive) for s in SETTINGS] == wanted


def test_hash_is_of_the_octets_sent() -> None:
    """The hash of a document survives the wire, and another document has another one."""
    newest, oldest = policy_document(Version.V16_1), policy_document(Version.V12_0)
    assert document_hash(decode(encode(newest))) == document_hash(newest)
    assert document_hash(newest) != document_hash(oldest)


def test_requirement_rows_exist() -> None:
    """The requirements that the modules cite are rows of the reference."""
    rows = PROTOCOL / "requirements/MS-ASPROV.csv"
    if not rows.exists():
        pytest.skip("../shared is not here")
    known = {row[0] for row in csv.reader(rows.open())}
    cited = {"MS-ASPROV_R652", "MS-ASPROV_R650", "MS-ASPROV_R658", "MS-ASPROV_R61103"}
    assert cited <= known
