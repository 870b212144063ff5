"""What is sent of a mail that changed: the table of MS-ASEMAIL 3.2.5.4.1."""

import pytest

from carbonio_mobile.mime.mailitem import FollowUp, MailPatch
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.wbxml import Tag
from carbonio_mobile.wbxml.codepages import AirSync, AirSyncBase, Email, Email2
from tests.unit.rows.mailcase import PLAIN, MailCase, tags, the

READ, FLAG, CATEGORIES, OTHER, OUTSIDE = "rfcon"
BLOCKS: dict[str, Tag] = {READ: Email.Read, FLAG: Email.Flag, CATEGORIES: Email.Categories}
VERSIONS = ("12.0", "12.1", "14.0", "14.1", "16.0", "16.1")
FULL = {Email.Subject, Email.From, Email.To, Email.DateReceived, Email.Importance, Email.Read,
        Email.MessageClass, Email.InternetCPID, Email.Flag, Email.ContentClass,
        AirSyncBase.Body}  # fmt: skip
PATCHES = {
    READ: MailPatch(read=True),
    FLAG: MailPatch(follow_up=FollowUp(status=2, fields=(("FlagType", "Follow up"),))),
    CATEGORIES: MailPatch(categories=("Work",)),
}
SUBJECT = MailPatch(source=PLAIN.replace(b"Plans", b"Changed plans"))
REPLIED = MailPatch(verb=(1, 1_800_000_000.0))


def draft_case(version: str) -> MailCase:
    """Give a folder in which a device of that version can see properties change.

    That is Drafts from 16.0 on, of which older ones see nothing; of other mail nothing but its last
    verb changes beside the three blocks, and 12.x does not know of that.
    """
    return MailCase(version, FolderKind.DRAFTS if version >= "16.0" else FolderKind.INBOX)


def patch_of(kind: str, version: str) -> MailPatch:
    """Give a change of a kind of properties."""
    if kind != OTHER:
        return PATCHES[kind]
    return SUBJECT if version >= "16.0" else REPLIED


ROWS = {
    "MS-ASEMAIL R93": OUTSIDE,
    "MS-ASEMAIL R95": OTHER + OUTSIDE,
    "MS-ASEMAIL R96": CATEGORIES,
    "MS-ASEMAIL R97": CATEGORIES + OUTSIDE,
    "MS-ASEMAIL R98": CATEGORIES + OTHER,
    "MS-ASEMAIL R99": CATEGORIES + OTHER + OUTSIDE,
    "MS-ASEMAIL R100": FLAG,
    "MS-ASEMAIL R101": FLAG + OUTSIDE,
    "MS-ASEMAIL R102": FLAG + OTHER,
    "MS-ASEMAIL R103": FLAG + OTHER + OUTSIDE,
    "MS-ASEMAIL R104": READ + FLAG + CATEGORIES,
    "MS-ASEMAIL R105": READ + FLAG + CATEGORIES + OUTSIDE,
    "MS-ASEMAIL R106": READ + FLAG + CATEGORIES + OTHER,
    "MS-ASEMAIL R10600": FLAG + CATEGORIES,
    "MS-ASEMAIL R10601": FLAG + CATEGORIES + OUTSIDE,
    "MS-ASEMAIL R10602": FLAG + CATEGORIES + OTHER,
    "MS-ASEMAIL R10603": FLAG + CATEGORIES + OTHER + OUTSIDE,
    "MS-ASEMAIL R10604": READ,
    "MS-ASEMAIL R10605": READ + OUTSIDE,
    "MS-ASEMAIL R10606": READ + OTHER,
    "MS-ASEMAIL R10607": READ + OTHER + OUTSIDE,
    "MS-ASEMAIL R10608": READ + CATEGORIES,
    "MS-ASEMAIL R10609": READ + CATEGORIES + OUTSIDE,
    "MS-ASEMAIL R10610": READ + CATEGORIES + OTHER,
    "MS-ASEMAIL R10611": READ + CATEGORIES + OTHER + OUTSIDE,
    "MS-ASEMAIL R10612": READ + FLAG,
    "MS-ASEMAIL R10613": READ + FLAG + OUTSIDE,
    "MS-ASEMAIL R10614": READ + FLAG + OTHER,
    "MS-ASEMAIL R10615": READ + FLAG + OTHER + OUTSIDE,
    "MS-ASEMAIL R10616": READ + FLAG + CATEGORIES + OTHER + OUTSIDE,
}
"""A row of the table, and which kinds of properties have changed."""


@pytest.mark.parametrize(
    ("row", "changed", "version"),
    [
        (row, changed, version)
        for row, changed in ROWS.items()
        for version in VERSIONS
        if OTHER not in changed or version >= "14.0"
    ],
)
def test_what_changed_decides_what_is_sent(row: str, changed: str, version: str) -> None:
    """Nothing, the blocks that changed and no other, or all of the item.

    Categories are no property of 12.x, and so outside of its class, in which nothing else changes
    that a device could see. MS-ASEMAIL R80 (the table),
    R74 (the categories of changes).
    """
    case = draft_case(version)
    name = case.arrive()
    for kind in changed:
        if kind == OUTSIDE:
            case.touch(name)
        else:
            case.patch(name, patch_of(kind, version))
    known = [one for one in BLOCKS if one != CATEGORIES or version >= "14.0"]
    blocks = {BLOCKS[kind] for kind in known if kind in changed}
    told = case.told()
    if OTHER not in changed and not blocks:
        assert told == [], row
        return
    (change,) = told
    assert change.tag is AirSync.Change
    data = the(change, AirSync.ApplicationData)
    assert len(data.children) == len(tags(data))
    if OTHER in changed:
        assert tags(data) >= FULL | blocks, row
    else:
        assert tags(data) == blocks, row


@pytest.mark.parametrize("version", ["14.0", "14.1"])
def test_every_changed_property_of_a_mail_is_told(version: str) -> None:
    """MS-ASEMAIL R77: what was done last and when, and that it was read, in the one Change."""
    case = MailCase(version)
    name = case.arrive()
    case.patch(name, MailPatch(read=True, verb=(3, 1_800_000_000.0)))
    (change,) = case.told()
    data = the(change, AirSync.ApplicationData)
    assert data.value(Email2.LastVerbExecuted) == "3"
    assert data.value(Email2.LastVerbExecutionTime) == "2027-01-15T08:00:00.000Z"
    assert data.value(Email.Read) == "1"


@pytest.mark.parametrize("version", ["16.0", "16.1"])
def test_every_changed_property_of_a_draft_is_told(version: str) -> None:
    """MS-ASEMAIL R77: a new subject, author and text, and that it was read, in the one Change."""
    case = MailCase(version, FolderKind.DRAFTS)
    name = case.arrive()
    source = PLAIN.replace(b"Plans", b"New").replace(b"mary@", b"ann@").replace(b"Hello", b"Bye")
    case.patch(name, MailPatch(source=source, read=True))
    (change,) = case.told()
    data = the(change, AirSync.ApplicationData)
    assert data.value(Email.Subject) == "New"
    assert "ann@example.com" in data.value(Email.From, "")
    assert data.value(Email.Read) == "1"
    assert the(data, AirSyncBase.Body).value(AirSyncBase.Data, "").strip() == "Bye"
