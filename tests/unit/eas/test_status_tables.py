"""The status enums against the table of the protocol notes, and the refusals built on them."""

import csv
import re
from enum import IntEnum
from pathlib import Path

import pytest

from carbonio_mobile.eas import status
from carbonio_mobile.eas.refusal import (
    HttpRefusal,
    Reason,
    StatusRefusal,
    answer,
    document,
    from_common,
)
from carbonio_mobile.eas.roots import ROOTS
from carbonio_mobile.eas.status import Common, PingStatus, SyncStatus
from carbonio_mobile.eas.version import OFFERED, Version
from carbonio_mobile.testing.schemas import check_versions, validate
from carbonio_mobile.wbxml import decode, encode

PROTOCOL = Path(__file__).parents[4] / "shared/protocol"
STATUSES = PROTOCOL / "statuses.csv"
needs_notes = pytest.mark.skipif(not STATUSES.exists(), reason="../shared/protocol is absent")

ENUMS: dict[str, type[IntEnum]] = {
    "Common": status.Common,
    "FolderSync": status.FolderSyncStatus,
    "FolderCreate": status.FolderCreateStatus,
    "FolderDelete": status.FolderDeleteStatus,
    "FolderUpdate": status.FolderUpdateStatus,
    "Sync": status.SyncStatus,
    "GetItemEstimate": status.EstimateStatus,
    "Ping": status.PingStatus,
    "MoveItems": status.MoveStatus,
    "ItemOperations": status.ItemOperationsStatus,
    "Search": status.SearchStatus,
    "Find": status.FindStatus,
    "MeetingResponse": status.MeetingResponseStatus,
    "ResolveRecipients": status.ResolveRecipientsStatus,
    "ValidateCert": status.ValidateCertStatus,
    "Settings": status.SettingsStatus,
    "ProvisionGlobal": status.ProvisionStatus,
    "ProvisionPolicy": status.PolicyStatus,
}


def rows() -> list[dict[str, str]]:
    with STATUSES.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@needs_notes
@pytest.mark.parametrize("command", ENUMS)
def test_enum_has_the_numbers_of_its_table(command: str) -> None:
    """Each enum holds exactly the numbers of its command (MS-ASCMD 2.2.3.177)."""
    numbers = {int(row["status"]) for row in rows() if row["command"] == command}
    if command == "Sync":  # R7472: an item of a Sync may end with this one of the common table
        numbers.add(Common.INVALID_RECIPIENTS)
    assert {int(member) for member in ENUMS[command]} == numbers


@needs_notes
def test_every_table_has_an_enum() -> None:
    """No command of the notes is left out."""
    assert {row["command"] for row in rows()} == set(ENUMS)


@needs_notes
def test_common_names_are_those_of_the_specification() -> None:
    """Names read as in MS-ASCMD 2.2.2, in the house's case."""
    odd = {"MOVEDISALLOWEDFORNONPERSISTENTACTION", "MOVEINVALIDDESTINATIONFOLDER"}
    for row in rows():
        if row["command"] == "Common":
            ours = Common(int(row["status"])).name.replace("_", "")
            theirs = row["name"].replace("_", "").upper()
            assert ours == theirs or ours in odd


FIRST_CODE = re.compile(r"\d{3}")
OWN_CODE = re.compile(r"(SendMail|Provision) (\d{3})")


@needs_notes
@pytest.mark.parametrize("version", list(Version))
@pytest.mark.parametrize("command", sorted(set(ROOTS) - {"GetHierarchy"}))
def test_every_row_of_the_common_table_in_every_version(command: str, version: Version) -> None:
    """MS-ASCMD R7461, R7462, R7545 to R7559 and R7562 to R7567: HTTP up to 12.1, then the status.

    R7546 R7547 R7548 R7549 R7550 R7551 R7552 R7553 R7554 R7555 R7556 R7557 R7558 R7563 R7564 R7565
    R7566. A row without a code of its own is some refusal of HTTP.
    """
    for row in rows():
        if row["command"] != "Common":
            continue
        status, said = int(row["status"]), row["http_12_1_and_below"]
        refusal = from_common(status, version, command)
        if version >= Version.V14_0:
            assert refusal == StatusRefusal(status=status)
            continue
        assert isinstance(refusal, HttpRefusal)
        own = dict(OWN_CODE.findall(said))
        if status == Common.REMOTE_WIPE_REQUESTED:
            assert refusal.code == 449
        elif command in own:
            assert refusal.code == int(own[command])
        elif found := FIRST_CODE.match(said):
            assert refusal.code == int(found[0])
        else:
            assert 400 <= refusal.code < 600 or status == Common.MESSAGE_PREVIOUSLY_SENT


@pytest.mark.parametrize("version", [one for one in Version if one < Version.V14_0])
def test_reasons_that_share_a_status_and_not_an_http_code(version: Version) -> None:
    """MS-ASCMD R7560 (version 1.0 is 505), R7561 (a wipe without a key header is 403), R7562."""
    assert answer(Reason.VERSION_1_0, version, "Sync") == HttpRefusal(code=505)
    assert answer(Reason.WIPE_PENDING_NO_KEY, version, "Sync") == HttpRefusal(code=403)
    assert answer(Reason.WIPE_PENDING, version, "Sync") == HttpRefusal(code=449)
    assert answer(Reason.VERSION_NOT_ALLOWED, version, "Sync") == HttpRefusal(code=400)


@pytest.mark.parametrize("version", list(Version))
@pytest.mark.parametrize("code", list(Common))
def test_common_code_is_a_status_from_14_0_and_http_before(version: Version, code: Common) -> None:
    """MS-ASCMD R7461, R7462: the version alone decides the form."""
    refusal = from_common(code, version, "Sync")
    if version >= Version.V14_0:
        assert refusal == StatusRefusal(status=int(code))
    else:
        assert isinstance(refusal, HttpRefusal)
        assert 400 <= refusal.code < 600


@pytest.mark.parametrize(
    ("code", "command", "http"),
    [
        (Common.INVALID_IDS, "SendMail", 500),  # R7549
        (Common.INVALID_IDS, "Sync", 400),  # R7548
        (Common.SYNC_STATE_NOT_FOUND, "Provision", 500),  # R7557
        (Common.SYNC_STATE_NOT_FOUND, "Sync", 403),  # R7556
        (Common.MESSAGE_PREVIOUSLY_SENT, "SendMail", 200),
        (Common.ITEM_NOT_FOUND, "GetAttachment", 500),  # R166
    ],
)
def test_some_commands_have_http_codes_of_their_own(code: Common, command: str, http: int) -> None:
    """The exceptions of the table stand."""
    refusal = from_common(code, Version.V12_1, command)
    assert isinstance(refusal, HttpRefusal)
    assert refusal.code == http


@pytest.mark.parametrize(
    ("reason", "old", "new"),
    [
        (Reason.NOT_PROVISIONED, 449, 142),  # MS-ASCMD R7564
        (Reason.POLICY_CHANGED, 449, 144),  # R7566
        (Reason.POLICY_EXPIRED, 449, 143),  # R7565
        (Reason.NO_POLICY_KEY, 449, 141),  # R7563
        (Reason.WIPE_PENDING, 449, 140),  # R7562
        (Reason.WIPE_PENDING_NO_KEY, 403, 140),  # R7561
        (Reason.NOT_ENABLED, 403, 126),  # R7555
        (Reason.DEVICE_BLOCKED, 403, 129),
        (Reason.ACCOUNT_CLOSED, 403, 131),
        (Reason.QUOTA, 507, 113),  # R7553
        (Reason.SERVER_ERROR, 500, 110),  # R7550
        (Reason.UNDECODABLE, 400, 102),
        (Reason.INVALID_DOCUMENT, 400, 103),  # R7547
        (Reason.STATE_LOST, 403, 132),  # R7556
        (Reason.TOO_MANY_DEVICES, 403, 177),
    ],
)
def test_reason_answers_by_version(reason: Reason, old: int, new: int) -> None:
    """One reason, two languages: HTTP up to 12.1, a status from 14.0 on."""
    for version in OFFERED:
        status = version >= Version.V14_0
        expected = StatusRefusal(status=new) if status else HttpRefusal(code=old)
        assert answer(reason, version, "Sync") == expected


def test_missing_credentials_are_401_with_a_realm_in_every_version() -> None:
    """MS-ASHTTP R178: the challenge names Basic and a realm."""
    for version in Version:
        refusal = answer(Reason.NO_CREDENTIALS, version, "Sync")
        assert isinstance(refusal, HttpRefusal)
        assert refusal.code == 401
        assert dict(refusal.headers)["WWW-Authenticate"].startswith('Basic realm="')


def test_busy_server_is_503_with_retry_after_in_every_version() -> None:
    """MS-ASHTTP R273, R287: overload is told by HTTP, with the seconds to wait."""
    for version in Version:
        refusal = answer(Reason.TOO_BUSY, version, "Sync")
        assert isinstance(refusal, HttpRefusal)
        assert refusal.code == 503
        assert int(dict(refusal.headers)["Retry-After"]) > 0


def test_jail_is_503_with_the_seconds_that_are_left() -> None:
    """MS-ASHTTP R273, R287: a device in jail is told how long to wait, in whole seconds."""
    for version in Version:
        for command in ("Sync", "OPTIONS"):
            refusal = answer(Reason.JAILED, version, command, wait_s=599.2)
            assert refusal == HttpRefusal(code=503, headers=(("Retry-After", "600"),))
    least = answer(Reason.JAILED, Version.V16_1, "Ping", wait_s=0.0)
    assert least == HttpRefusal(code=503, headers=(("Retry-After", "1"),))


def test_unavailable_store_asks_to_try_again() -> None:
    """Sync and Ping say so in their own words from 14.0 on; others 111; up to 12.1 all are 503."""
    new, old = Version.V16_1, Version.V12_1
    assert answer(Reason.TRY_LATER, new, "Sync") == StatusRefusal(status=SyncStatus.RETRY)
    assert answer(Reason.TRY_LATER, new, "Ping") == StatusRefusal(status=PingStatus.SERVER_ERROR)
    assert answer(Reason.TRY_LATER, new, "FolderSync") == StatusRefusal(status=111)
    refusal = answer(Reason.TRY_LATER, old, "Sync")
    assert isinstance(refusal, HttpRefusal)
    assert refusal.code == 503
    assert "Retry-After" in dict(refusal.headers)


@pytest.mark.parametrize("command", ["OPTIONS", "GetAttachment", "Autodiscover", "Nonsense", ""])
def test_command_without_document_gets_http_in_every_version(command: str) -> None:
    """A status needs a root element; what has none gets the HTTP code."""
    for version in Version:
        assert answer(Reason.UNKNOWN_COMMAND, version, command) == HttpRefusal(code=501)
        assert answer(Reason.NOT_ENABLED, version, command) == HttpRefusal(code=403)
    with pytest.raises(ValueError, match="no document"):
        document(command, 110)


def test_every_reason_has_an_answer_for_every_command_and_version() -> None:
    """The table has no hole: nothing is refused by accident of a missing row."""
    for reason in Reason:
        for version in Version:
            for command in [*ROOTS, "OPTIONS"]:
                refusal = answer(reason, version, command)
                if isinstance(refusal, StatusRefusal):
                    assert version >= Version.V14_0
                    document(command, refusal.status)
                else:
                    assert 400 <= refusal.code < 600


@needs_notes
@pytest.mark.parametrize("command", sorted(set(ROOTS) - {"GetHierarchy"}))
def test_document_is_the_commands_root_with_a_status(command: str) -> None:
    """The root and its Status are of the command's own namespace, and the schema takes them."""
    tree = document(command, 110)
    assert tree.tag is ROOTS[command]
    assert [child.tag.name for child in tree] == ["Status"]
    assert tree.children[0].string == "110"
    assert tree.children[0].tag.namespace == tree.tag.namespace
    assert decode(encode(tree)) == tree
    check_versions(tree, "16.1")
    if command not in {"MeetingResponse", "MoveItems"}:  # their schemas know no Status at the top
        validate(tree, command, folder=PROTOCOL / "schemas")
