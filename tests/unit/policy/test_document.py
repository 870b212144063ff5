"""The policy document: complete, as the attributes say, and never ahead of a device's version."""

import re

import pytest

from carbonio_mobile.eas.version import Version
from carbonio_mobile.policy.document import (
    Policy,
    document_hash,
    policy_document,
    policy_hash,
    policy_of,
    policy_type,
    rendered,
)
from carbonio_mobile.policy.settings import SETTINGS
from carbonio_mobile.testing.schemas import check_versions
from carbonio_mobile.wbxml import decode, encode
from carbonio_mobile.wbxml.codepages import Provision
from tests.unit.policy.policies import CARBONIO, EVERYTHING, PROTOCOL, account, policy

VERSIONS = [version for version in Version if version >= Version.V12_0]
ROWS = {row.tag: row for row in SETTINGS if row.tag is not None}


def said(given: Policy, version: Version = Version.V16_1) -> dict[str, str | list[str]]:
    """Give what a document says, element by element, as the device decodes it."""
    document = decode(encode(policy_document(given, version)))
    return {
        child.tag.name: [entry.string for entry in child] if child.children else child.string
        for child in document
    }


# A fresh installation


@pytest.mark.parametrize("version", VERSIONS)
def test_nothing_set_is_a_complete_document_that_demands_nothing(version: Version) -> None:
    """MS-ASPROV_R652, MS-ASPROV_R1044, MS-ASPROV_R1045: each is empty or at its default."""
    document = policy_document(policy(), version)
    permissive = [
        (tag, row.permissive)
        for tag, row in ROWS.items()
        if row.since <= version and row.permissive is not None
    ]
    assert [(child.tag, child.string) for child in document] == permissive
    assert not policy().restricts


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
    found = [
        (tag.name, row.since.text, row.permissive)
        for tag, row in ROWS.items()
        if row.permissive is not None
    ]
    assert found == wanted


def test_no_list_of_approved_programs_without_one() -> None:
    """MS-ASPROV_R194: the element is optional; present, only what it names may run (R198)."""
    assert "ApprovedApplicationList" not in said(policy())


# From attributes to elements

CASES: list[tuple[str, str, str, str | None]] = [
    # attribute, its value, element, what it holds (None: it is not there)
    ("DevicePasswordEnabled", "TRUE", "DevicePasswordEnabled", "1"),
    ("DevicePasswordEnabled", "FALSE", "DevicePasswordEnabled", "0"),
    *(
        (name, value, name, text)
        for name in (
            "AlphanumericDevicePasswordRequired",
            "PasswordRecoveryEnabled",
            "AllowSimpleDevicePassword",
            "RequireStorageCardEncryption",
        )
        for value, text in (("TRUE", "1"), ("FALSE", "0"))
    ),
    *(
        ("MinDevicePasswordLength", value, "MinDevicePasswordLength", text)
        for value, text in (("4", "4"), ("1", "1"), ("16", "16"), ("40", "16"), ("0", ""))
    ),
    # minutes become seconds, and never those that mean "unlimited"
    ("MaxInactivityTimeDeviceLock", "15", "MaxInactivityTimeDeviceLock", "900"),
    ("MaxInactivityTimeDeviceLock", "1", "MaxInactivityTimeDeviceLock", "60"),
    ("MaxInactivityTimeDeviceLock", "1440", "MaxInactivityTimeDeviceLock", "9998"),
    ("MaxInactivityTimeDeviceLock", "0", "MaxInactivityTimeDeviceLock", ""),
    *(
        ("MaxDevicePasswordFailedAttempts", value, "MaxDevicePasswordFailedAttempts", text)
        for value, text in (("4", "4"), ("2", "4"), ("16", "16"), ("99", "16"), ("0", None))
    ),
    *(
        ("MinDevicePasswordComplexCharacters", value, "MinDevicePasswordComplexCharacters", text)
        for value, text in (("1", "1"), ("4", "4"), ("9", "4"), ("0", None))
    ),
    ("DevicePasswordExpiration", "90", "DevicePasswordExpiration", "90"),
    ("DevicePasswordExpiration", "0", "DevicePasswordExpiration", "0"),
    ("DevicePasswordHistory", "8", "DevicePasswordHistory", "0"),  # they never expire
    *(
        ("MaxCalendarAgeFilter", value, "MaxCalendarAgeFilter", text)
        for value, text in (
            ("0", "0"), ("4", "4"), ("5", "5"), ("6", "6"), ("7", "7"),
            ("-1", None), ("1", None), ("2", None), ("3", None),
        )
    ),
    *(
        ("MaxEmailAgeFilter", value, "MaxEmailAgeFilter", text)
        for value, text in (*((str(n), str(n)) for n in range(6)), ("-1", None))
    ),
    *(
        (name, value, name, text)
        for name in ("MaxEmailBodyTruncationSize", "MaxEmailHTMLBodyTruncationSize")
        for value, text in (("0", "0"), ("500", "500"), ("-1", None))
    ),
    *(
        (name, value, name, text)
        for name in (
            "AllowStorageCard", "AllowCamera", "RequireDeviceEncryption",
            "AllowUnsignedApplications", "AllowUnsignedInstallationPackages", "AllowWiFi",
            "AllowTextMessaging", "AllowPOPIMAPEmail", "AllowBluetooth", "AllowIrDA",
            "RequireManualSyncWhenRoaming", "AllowDesktopSync", "AllowHTMLEmail",
            "RequireSignedSMIMEMessages", "RequireEncryptedSMIMEMessages",
            "RequireSignedSMIMEAlgorithm", "RequireEncryptionSMIMEAlgorithm",
            "AllowSMIMEEncryptionAlgorithmNegotiation", "AllowSMIMESoftCerts", "AllowBrowser",
            "AllowConsumerEmail", "AllowRemoteDesktop", "AllowInternetSharing",
        )
        for value, text in (("-1", None), ("0", "0"), ("1", "1"))
    ),
    ("AllowBluetooth", "2", "AllowBluetooth", "2"),
    ("AllowSMIMEEncryptionAlgorithmNegotiation", "2",
     "AllowSMIMEEncryptionAlgorithmNegotiation", "2"),
    *(
        ("RequireEncryptionSMIMEAlgorithm", value, "RequireEncryptionSMIMEAlgorithm", value)
        for value in ("2", "3", "4")
    ),
]  # fmt: skip


@pytest.mark.parametrize(("attribute", "value", "element", "text"), CASES)
def test_an_attribute_becomes_its_element(
    attribute: str, value: str, element: str, text: str | None
) -> None:
    """Each value that an attribute takes is said as the element can say it.

    MS-ASPROV_R106, MS-ASPROV_R245, MS-ASPROV_R246, MS-ASPROV_R247, MS-ASPROV_R248,
    MS-ASPROV_R249, MS-ASPROV_R250, MS-ASPROV_R257, MS-ASPROV_R258, MS-ASPROV_R259,
    MS-ASPROV_R260, MS-ASPROV_R261, MS-ASPROV_R262, MS-ASPROV_R263, MS-ASPROV_R266,
    MS-ASPROV_R272, MS-ASPROV_R333, MS-ASPROV_R334, MS-ASPROV_R335, MS-ASPROV_R338,
    MS-ASPROV_R339, MS-ASPROV_R340, MS-ASPROV_R341, MS-ASPROV_R342, MS-ASPROV_R343,
    MS-ASPROV_R351, MS-ASPROV_R352, MS-ASPROV_R353, MS-ASPROV_R356, MS-ASPROV_R357,
    MS-ASPROV_R358: the values are those of the specification.
    """
    asked = {} if attribute == "DevicePasswordEnabled" else {"DevicePasswordEnabled": "TRUE"}
    assert said(policy(**asked, **{attribute: value})).get(element) == text


def test_values_that_a_directory_should_not_hold() -> None:
    """What is no number counts as "not set"; nothing raises."""
    for value in ("", "x", "--1", "1e3", "9" * 40, "²"):
        assert "AllowCamera" not in said(policy(AllowCamera=value)) or not value
    assert said(policy(AllowCamera=""))["AllowCamera"] == "1"


def test_lists_of_programs() -> None:
    """MS-ASPROV_R193, MS-ASPROV_R202, MS-ASPROV_R239, MS-ASPROV_R409: one child for each value."""
    many = tuple(f"program {number}" for number in range(300))
    found = said(policy(UnapprovedInROMApplication=many, ApprovedApplication=many))
    assert found["UnapprovedInROMApplicationList"] == list(many)
    assert found["ApprovedApplicationList"] == list(many)
    document = policy_document(policy(**EVERYTHING), Version.V12_1)
    names, hashes = document.children[-2:]
    assert {child.tag for child in names} == {Provision.ApplicationName}
    assert {child.tag for child in hashes} == {Provision.Hash}


def test_history_only_where_passwords_expire() -> None:
    """attributes.md 2: remembered passwords mean nothing where one is good for ever."""
    with_both = policy(
        DevicePasswordEnabled="TRUE", DevicePasswordHistory="8", DevicePasswordExpiration="30"
    )
    assert said(with_both)["DevicePasswordHistory"] == "8"


def test_without_a_password_its_settings_are_left_out() -> None:
    """attributes.md 2: the password attributes are ignored when DevicePasswordEnabled is FALSE."""
    found = said(policy(**{**EVERYTHING, "DevicePasswordEnabled": "FALSE"}))
    assert found["DevicePasswordEnabled"] == "0"
    passwords = {tag.name for tag, row in ROWS.items() if row.password}
    assert len(passwords) == 9
    assert not passwords & found.keys()


def test_password_settings_without_the_switch_restrict_nothing() -> None:
    """MS-ASPROV R629: devices ignore them; they are said at their defaults."""
    values = {k: v for k, v in EVERYTHING.items() if k != "DevicePasswordEnabled"}
    found = said(policy(**values))
    for tag, row in ROWS.items():
        if row.password:
            assert found[tag.name] == row.permissive


def test_encryption_of_cards() -> None:
    """The old name counts where the new one is unset; Suppress keeps the element away entirely."""
    element = "RequireStorageCardEncryption"
    assert said(policy(DeviceEncryptionEnabled="TRUE"))[element] == "1"
    both = policy(DeviceEncryptionEnabled="TRUE", RequireStorageCardEncryption="FALSE")
    assert said(both)[element] == "0"
    suppressed = policy(RequireStorageCardEncryption="TRUE", SuppressDeviceEncryption="TRUE")
    assert element not in said(suppressed)


def test_attachments_follow_from_their_own_attribute() -> None:
    """MS-ASPROV_R205, MS-ASPROV_R206, MS-ASPROV_R207: 0 where zimbraAttachmentsBlocked is TRUE."""
    assert said(policy(zimbraAttachmentsBlocked="TRUE"))["AttachmentsEnabled"] == "0"
    assert said(policy(zimbraAttachmentsBlocked="FALSE"))["AttachmentsEnabled"] == "1"


# Switches and profiles


def test_policy_switched_off() -> None:
    """mdm.md 1: every policy attribute is ignored then; the document is the permissive one."""
    off = policy(
        **EVERYTHING,
        AllowNonProvisionableDevices="FALSE",
        AllowPartialProvisioning="FALSE",
        carbonioMobilePolicyProfile="carbonio",
        zimbraFeatureMobilePolicyEnabled="FALSE",
    )
    assert said(off) == said(policy())
    assert (off.enabled, off.restricts, off.non_provisionable, off.partial) == (
        False,
        False,
        None,
        True,
    )


def test_profile_carbonio_is_what_the_product_sends() -> None:
    """mdm.md 2, "What the default COS therefore sends"; explicit attributes go before it."""
    found = said(policy(carbonioMobilePolicyProfile="carbonio"))
    page = CARBONIO / "mdm.md"
    if not page.exists():
        pytest.skip("../shared is not here")
    table = page.read_text().partition("What the default COS therefore sends")[2].split("A site")[0]
    cells = [cell.strip() for row in table.splitlines() for cell in row.split("|")[1:-1]]
    compared = 0
    for names, value in zip(cells[0::2], cells[1::2], strict=True):
        for name in names.split(", "):
            if name not in {tag.name for tag in ROWS}:
                continue
            wanted = None if "left out" in value else value.split(" ")[0].removesuffix(":")
            if "send 0" in value:
                wanted = "0"
            if wanted and wanted.startswith(("−1", "-1")):
                wanted = None
            assert found.get(name) == wanted, name
            compared += 1
    assert compared > 30
    assert policy(carbonioMobilePolicyProfile="carbonio").refresh_s == 86400.0


def test_explicit_attributes_go_before_the_profile() -> None:
    """The profile only fills in what nobody set."""
    found = said(policy(carbonioMobilePolicyProfile="carbonio", MinDevicePasswordLength="9"))
    assert (found["MinDevicePasswordLength"], found["DevicePasswordEnabled"]) == ("9", "1")
    assert said(policy(carbonioMobilePolicyProfile="permissive")) == said(policy())
    assert said(policy(carbonioMobilePolicyProfile="unheard of")) == said(policy())


def test_switches_for_the_server() -> None:
    """What is not sent: who is let in, and how long a key is good for."""
    unset, strict = policy(), policy(AllowNonProvisionableDevices="FALSE", RefreshInterval="90")
    assert (unset.non_provisionable, unset.partial, unset.refresh_s) == (None, True, None)
    assert (strict.non_provisionable, strict.refresh_s) == (False, 5400.0)
    assert policy(AllowNonProvisionableDevices="TRUE").non_provisionable is True
    assert policy(AllowPartialProvisioning="FALSE").partial is False
    assert policy(RefreshInterval="0").refresh_s == 0.0
    assert policy(RefreshInterval="-5").refresh_s == 0.0


@pytest.mark.parametrize("name", [tag.name for tag, row in ROWS.items() if row.name])
def test_each_restriction_is_noticed(name: str) -> None:
    """A policy restricts as soon as one element does."""
    row = next(row for tag, row in ROWS.items() if tag.name == name)
    alone = {row.name: EVERYTHING[row.name], "DevicePasswordEnabled": "FALSE"}
    if row.password or row.name == "DevicePasswordEnabled":
        alone["DevicePasswordEnabled"] = "TRUE"
    assert policy(**alone).restricts


def test_recovery_takes_a_password() -> None:
    """MS-ASPROV R300: off by default, and nothing without DevicePasswordEnabled."""
    assert not policy().recovery
    assert not policy(PasswordRecoveryEnabled="TRUE").recovery
    assert not policy(DevicePasswordEnabled="TRUE").recovery
    assert policy(DevicePasswordEnabled="TRUE", PasswordRecoveryEnabled="TRUE").recovery


# Versions and hashes


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("values", [{}, EVERYTHING], ids=["nothing set", "everything set"])
def test_document_holds_only_what_the_version_knows(
    version: Version, values: dict[str, str]
) -> None:
    """Client quirk 10.3: no element that the version does not know."""
    check_versions(policy_document(policy(**values), version), version.text)


def test_12_0_knows_passwords_and_attachments_alone() -> None:
    """attributes.md 2: what came with 12.1 is not sent to 12.0."""
    document = policy_document(policy(**EVERYTHING), Version.V12_0)
    tokens = {child.tag.token for child in document}
    assert tokens == {0x0E, 0x0F, 0x11, *range(0x13, 0x1B)}


def test_hash_is_of_the_octets_sent() -> None:
    """It survives the wire, is the same for equal documents, and differs where they do."""
    everything = policy(**EVERYTHING)
    for version in Version:
        data = rendered(everything, version)
        assert document_hash(decode(encode(data))) == policy_hash(everything, version)
    hashes = {version: policy_hash(everything, version) for version in Version}
    assert len(set(hashes.values())) == 3  # 2.5, 12.0, all others
    assert policy_hash(policy(), Version.V16_1) != hashes[Version.V16_1]


def test_equal_attributes_give_the_same_policy() -> None:
    """What every request asks for is made once for all accounts of a class of service."""
    assert policy_of(account(AllowCamera="0")) is policy_of(account(AllowCamera="0"))
    assert policy_of(account(AllowCamera="0")) is not policy_of(account(AllowCamera="1"))


def test_types_of_policies() -> None:
    """MS-ASPROV_R965, MS-ASPROV_R966, MS-ASPROV_R971: a text in 2.5, WBXML from 12.0 on."""
    assert policy_type(Version.V2_5) == "MS-WAP-Provisioning-XML"
    assert {policy_type(version) for version in VERSIONS} == {"MS-EAS-Provisioning-WBXML"}


def test_every_element_has_its_source() -> None:
    """attributes.md 2: all but two elements come from attributes of their own."""
    without = {tag.name for tag, row in ROWS.items() if not row.name}
    assert without == {"AttachmentsEnabled", "MaxAttachmentSize"}
    assert len(ROWS) == 42
