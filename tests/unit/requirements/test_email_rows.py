"""The Email class: what is sent of a change, flags, meeting ids, what properties say."""

from datetime import date
from itertools import product

import pytest

from carbonio_mobile.eas.bodyoptions import BodyOptions
from carbonio_mobile.eas.items.email import application_data
from carbonio_mobile.eas.version import Version
from carbonio_mobile.mime.extract import extract
from carbonio_mobile.mime.mailitem import FollowUp, MailPatch
from carbonio_mobile.pim.globalobjid import CLASS_ID, from_uid, to_uid
from carbonio_mobile.sync.changes import NO_ASPECT, Aspect
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import Rig, now
from carbonio_mobile.wbxml import Element, Tag
from carbonio_mobile.wbxml.codepages import (
    AirSync,
    AirSyncBase,
    Calendar,
    Email,
    Email2,
    ItemOperations,
    Search,
    Tasks,
)
from tests.unit.commands.checked import ALL_VERSIONS, CheckedPhone
from tests.unit.commands.phone import change, commands, options
from tests.unit.eas.eas_mails import FULL, STATE, mail
from tests.unit.requirements.answers import every_answer

LATE = ("14.0", "14.1", "16.0", "16.1")
BLOCKS = {
    Aspect.READ: Email.Read,
    Aspect.FOLLOW_UP: Email.Flag,
    Aspect.CATEGORIES: Email.Categories,
}


@pytest.mark.parametrize("changed", list(product((False, True), repeat=3)))
def test_what_changed_of_the_state_is_sent_and_nothing_else(changed: tuple[bool, ...]) -> None:
    """The block of each state that changed, and no Change if there is none.

    MS-ASEMAIL R74, R80, R96, R100, R104, R10600, R10604, R10608, R10612.
    """
    rig = Rig()
    phone = CheckedPhone(rig, version="14.1")
    inbox = rig.folder(FolderKind.INBOX)
    head = rig.deliver()
    phone.prime(inbox, options())
    read, flag, categories = changed
    patch = MailPatch(
        read=True if read else None,
        follow_up=FollowUp(status=2, fields=(("FlagType", "Flag"),)) if flag else None,
        categories=("red",) if categories else None,
    )
    now(rig.mailbox().update(inbox, {head.item: patch}))
    answer = phone.sync(inbox)
    wanted = {tag for tag, one in zip(BLOCKS.values(), changed, strict=True) if one}
    if not wanted:
        assert answer is None
        return
    assert answer is not None
    (told,) = _every(answer, AirSync.Change)
    (data,) = told.find_all(AirSync.ApplicationData)
    assert {child.tag for child in data} == wanted


@pytest.mark.parametrize("version", [Version.V14_0, Version.V14_1, Version.V16_0, Version.V16_1])
@pytest.mark.parametrize("states", list(product((False, True), repeat=3)))
def test_any_other_change_sends_the_whole_item(states: tuple[bool, ...], version: Version) -> None:
    """Whatever else changed beside it, of this class or of another.

    MS-ASEMAIL R77, R95, R98, R99, R102, R103, R106, R10602, R10603, R10606, R10607, R10610, R10611,
    R10614, R10615, R10616.
    """
    aspects = Aspect.CONTENT
    for aspect, one in zip(BLOCKS, states, strict=True):
        aspects |= aspect if one else NO_ASPECT
    item = mail(text="Wine", record=FULL, state=STATE)
    told = {one.tag for one in application_data(item, BodyOptions(), version, aspects)}
    whole = {one.tag for one in application_data(item, BodyOptions(), version)}
    assert told == whole


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_every_command_gives_the_same_properties(version: str) -> None:
    """Sync, Search and ItemOperations: in ApplicationData, or in Properties.

    MS-ASEMAIL R51, R53, R55, R57, R59, R61, R62, R64, R66, R67, R70, R71, R72.
    """
    rig = Rig()
    phone = CheckedPhone(rig, version=version)
    inbox = rig.folder(FolderKind.INBOX)
    name = f"{inbox}:{rig.deliver(COPIED).item}"
    body = None if version == "2.5" else options()
    phone.prime(inbox, body)
    held = phone.items[inbox][name]
    own = {child.tag for child in held if child.tag.namespace in {"Email", "Email2"}}
    assert {Email.Subject, Email.From, Email.To, Email.Cc} <= own
    if version == "2.5":
        return
    fetch = [Element(ItemOperations.Store, "Mailbox"), Element(AirSync.ServerId, name)]
    fetched = phone.ask(
        "ItemOperations",
        Element(ItemOperations.ItemOperations, [Element(ItemOperations.Fetch, fetch)]),
    )
    (properties,) = _every(fetched, ItemOperations.Properties)
    assert own <= {child.tag for child in properties}
    query = [Element(AirSync.Class, "Email"), Element(Search.FreeText, "copied")]
    store = [
        Element(Search.Name, "Mailbox"),
        Element(Search.Query, [Element(Search.And, query)]),
        Element(Search.Options, [Element(Search.DeepTraversal)]),
    ]
    found = phone.ask("Search", Element(Search.Search, [Element(Search.Store, store)]))
    (properties,) = _every(found, Search.Properties)
    assert own <= {child.tag for child in properties}


def test_a_schema_is_all_that_comes() -> None:
    """MS-ASEMAIL R63."""
    rig = Rig()
    phone = CheckedPhone(rig, version="14.1")
    name = f"{rig.folder(FolderKind.INBOX)}:{rig.deliver(COPIED).item}"
    schema = Element(ItemOperations.Schema, [Element(Email.Subject), Element(Email.Cc)])
    fetch = [
        Element(ItemOperations.Store, "Mailbox"),
        Element(AirSync.ServerId, name),
        Element(ItemOperations.Options, [schema]),
    ]
    document = Element(ItemOperations.ItemOperations, [Element(ItemOperations.Fetch, fetch)])
    (properties,) = _every(phone.ask("ItemOperations", document), ItemOperations.Properties)
    assert {child.tag for child in properties} == {Email.Subject, Email.Cc}


COPIED = (
    b"From: Mary <mary@example.com>\r\nSender: assistant@example.com\r\n"
    b"To: john@example.com, Ann <ann@example.com>\r\nCc: bob@example.com, carl@example.com\r\n"
    b"Reply-To: list@example.com\r\nSubject: copied\r\n\r\nCopied to several.\r\n"
)


def test_what_the_addresses_say() -> None:
    """MS-ASEMAIL R328, R330, R331, R399, R710, R721, R722, R724, R786, R1073, R342, R496."""
    item = mail(text="x", record=extract(COPIED, received_at=0.0).record)
    told = Element(AirSync.ApplicationData, application_data(item, BodyOptions(), Version.V14_1))
    assert "john@example.com" in told.value(Email.To, "")
    assert told.value(Email.Cc, "").count(",") == 1
    assert "bob@example.com" in told.value(Email.Cc, "")
    assert "carl@example.com" in told.value(Email.Cc, "")
    assert "list@example.com" in told.value(Email.ReplyTo, "")
    assert "mary@example.com" in told.value(Email.From, "")
    assert "assistant@example.com" in told.value(Email2.Sender, "")
    assert told.value(Email.DisplayTo)
    assert told.value(Email.ContentClass) == "urn:content-classes:message"
    assert int(told.value(Email.InternetCPID, "0")) > 0


@pytest.mark.parametrize("sender", [b"", b"Sender: Mary <mary@example.com>\r\n"])
def test_a_sender_is_named_where_it_is_another(sender: bytes) -> None:
    """MS-ASEMAIL R726, R1065: neither if there is none, nor if it is the one in From."""
    source = sender + b"From: Mary <mary@example.com>\r\nSubject: x\r\n\r\nx\r\n"
    item = mail(text="x", record=extract(source, received_at=0.0).record)
    told = application_data(item, BodyOptions(), Version.V14_1)
    assert Email2.Sender not in {one.tag for one in told}


@pytest.mark.parametrize("version", list(Version))
def test_conversations_are_told_from_14_on(version: Version) -> None:
    """MS-ASEMAIL R343, R350, R1003: id and index, in octets."""
    item = mail(text="x", record=FULL)
    told = {one.tag: one for one in application_data(item, BodyOptions(), version)}
    assert (Email2.ConversationId in told) is (version >= Version.V14_0)
    if version >= Version.V14_0:
        assert isinstance(told[Email2.ConversationId].text, bytes)
        assert isinstance(told[Email2.ConversationIndex].text, bytes)


@pytest.mark.parametrize("version", list(Version))
def test_a_meeting_is_named_in_the_way_of_the_version(version: Version) -> None:
    """MS-ASEMAIL R478, R12540, R1310, R1311, R13110, R13111, R1305, R909: id and place."""
    (request,) = [
        one
        for one in application_data(mail(record=FULL), BodyOptions(), version)
        if one.tag is Email.MeetingRequest
    ]
    late = version >= Version.V16_0
    assert request.has(Email.GlobalObjId) is not late
    assert request.has(Calendar.UID) is late
    assert request.has(AirSyncBase.Location) is late
    assert request.has(Email.Location) is not late


def test_what_a_meeting_request_holds() -> None:
    """MS-ASEMAIL R235, R236, R377, R389, R390, R541, R546, R653, R682, R684, R715, R716, R911.

    MS-ASEMAIL R369, R370, R375, R376, R508, R620, R873, R528: and what each recurrence must have.
    """
    needed = {
        "1": {Email.DayOfWeek},
        "2": {Email.DayOfMonth},
        "3": {Email.DayOfWeek, Email.WeekOfMonth},
        "5": {Email.DayOfMonth, Email.MonthOfYear},
        "6": {Email.DayOfWeek, Email.WeekOfMonth, Email.MonthOfYear},
    }
    requests = [one for _c, tree in every_answer() for one in _every(tree, Email.MeetingRequest)]
    assert requests
    met = set()
    for request in requests:
        assert request.text in {None, ""}
        assert request.value(Email.AllDayEvent, "0") in {"0", "1"}
        assert request.value(Email.ResponseRequested, "0") in {"0", "1"}
        for listed in request.find_all(Email.Recurrences):
            (rule,) = listed.children
            assert rule.tag is Email.Recurrence
            kind = rule.value(Email.Type, "")
            held = {child.tag for child in rule}
            assert needed.get(kind, set()) <= held
            assert 0 < int(rule.value(Email.DayOfWeek, "1")) < 128
            met.add(kind)
    assert set(needed) <= met
    types = {one.value(Email2.MeetingMessageType) for one in requests}
    assert types - {None} <= set("0123456")


@pytest.mark.parametrize("uid", ["abc@example.com", "", "x" * 300, "\u00fc"])
def test_the_octets_of_a_meeting_id(uid: str) -> None:
    """A class, a date, a time, eight reserved octets, a length, and a UID behind its mark.

    MS-ASEMAIL R121, R1000, R1001, R1002, R10000, R20000, R20001, R20011, R20013, R20016, R20018,
    R20019, R20021, R20022.
    """
    blob = from_uid(uid)
    assert blob[:16] == CLASS_ID == bytes.fromhex("040000008200E00074C5B7101A82E008")
    assert blob[16:20] == bytes(4)
    assert blob[20:36] == bytes(16)
    length = int.from_bytes(blob[36:40], "little")
    assert len(blob) == 40 + length
    assert blob[40:48] == b"vCal-Uid"
    assert blob[48:52] == b"\1\0\0\0"
    assert blob[52:] == uid.encode() + b"\0"
    assert to_uid(blob) == uid


def test_the_date_in_a_meeting_id() -> None:
    """MS-ASEMAIL R20003, R20005, R20007, R20009: year, high octet first, month and day."""
    blob = from_uid("abc@example.com", date(2027, 12, 31))
    assert blob[16:20] == bytes((2027 >> 8, 2027 & 0xFF, 12, 31))


def test_the_id_that_outlook_made_is_taken_as_it_is() -> None:
    """MS-ASEMAIL R20015: the octets of a UID that is such an id itself."""
    octets = CLASS_ID + bytes(20) + (16).to_bytes(4, "little") + bytes(range(16))
    assert from_uid(octets.hex().upper()) == octets


class Flags:
    """A mail in a device that flags it."""

    def __init__(self, version: str) -> None:
        self.rig = Rig()
        self.phone = CheckedPhone(self.rig, version=version)
        self.inbox = self.rig.folder(FolderKind.INBOX)
        self.name = f"{self.inbox}:{self.rig.deliver().item}"
        self.phone.prime(self.inbox, options())

    def flag(self, *content: tuple[Tag, str]) -> str | None:
        """Set the flag; gives the Status of the item, None for success."""
        children = [Element(tag, text) for tag, text in content]
        mark = change(self.name, Element(Email.Flag, children))
        answer = self.phone.sync(self.inbox, commands(mark))
        assert answer is not None
        found = _every(answer, AirSync.Responses)
        return found[0].children[0].value(AirSync.Status) if found else None

    def seen(self) -> Element:
        """Give the flag as another device is told it."""
        other = CheckedPhone(self.rig, version=self.phone.version, device="other")
        other.prime(self.inbox, options())
        found = other.items[self.inbox][self.name].find(Email.Flag)
        assert found is not None
        return found


DAY1, DAY2 = "2027-02-01T08:00:00.000Z", "2027-02-02T08:00:00.000Z"
ACTIVE = ((Email.Status, "2"), (Email.FlagType, "Flag for follow up"))
START = ((Tasks.StartDate, DAY1), (Tasks.UtcStartDate, DAY1))
DUE = ((Tasks.DueDate, DAY2), (Tasks.UtcDueDate, DAY2))
DONE = ((Email.CompleteTime, DAY1), (Tasks.DateCompleted, DAY1))


@pytest.mark.parametrize("version", ["12.0", "12.1", *LATE])
def test_flags_go_up_and_come_down(version: str) -> None:
    """MS-ASEMAIL R82, R87, R89, R91, R436, R692, R701, R941, R942, R8900, R1072."""
    case = Flags(version)
    alarm = ((Tasks.ReminderSet, "1"), (Tasks.ReminderTime, DAY1), (Tasks.Subject, "call"))
    assert case.flag(*ACTIVE) is None
    assert case.seen().value(Email.Status) == "2"
    assert case.flag(*ACTIVE, *START, *DUE, *alarm) is None
    seen = case.seen()
    assert seen.value(Tasks.ReminderSet) == "1"
    assert seen.value(Tasks.ReminderTime) == DAY1
    assert seen.value(Tasks.Subject) == "call"
    assert case.flag(*ACTIVE, *START, *DUE, (Tasks.ReminderSet, "0")) is None
    assert case.seen().value(Tasks.ReminderSet) == "0"
    assert case.flag((Email.Status, "1"), ACTIVE[1], *DONE) is None
    assert case.seen().value(Email.Status) == "1"
    assert case.flag((Email.Status, "0")) is None
    assert not case.seen().children
    assert case.flag(*ACTIVE) is None
    assert case.flag() is None
    assert not case.seen().children


def _swapped() -> list[object]:
    late, early = (Tasks.StartDate, DAY2), (Tasks.DueDate, DAY1)
    utc_late, utc_early = (Tasks.UtcStartDate, DAY2), (Tasks.UtcDueDate, DAY1)
    return [
        pytest.param((*ACTIVE, late, START[1], early, DUE[1]), id="start-after-due"),
        pytest.param((*ACTIVE, START[0], utc_late, DUE[0], utc_early), id="utc-start-after-due"),
        pytest.param((*ACTIVE, *START), id="start-alone"),
        pytest.param((*ACTIVE, START[0], DUE[0]), id="local-alone"),
        pytest.param((ACTIVE[0],), id="no-type"),
    ]


@pytest.mark.parametrize("content", _swapped())
def test_a_flag_that_breaks_a_rule(content: tuple[tuple[Tag, str], ...]) -> None:
    """MS-ASEMAIL R406, R738, R739, R741, R851, R861, R862, R864: status 6, nothing kept."""
    case = Flags("14.1")
    assert case.flag(*content) == "6"
    assert not case.seen().children


@pytest.mark.parametrize("missing", DONE)
def test_a_flag_is_completed_with_both_times(missing: tuple[Tag, str]) -> None:
    """MS-ASEMAIL R334, R358, R359: CompleteTime and DateCompleted go together."""
    case = Flags("14.1")
    assert case.flag(*ACTIVE) is None
    kept = [one for one in DONE if one != missing]
    assert case.flag((Email.Status, "1"), ACTIVE[1], *kept) == "6"
    assert case.seen().value(Email.Status) == "2"


def test_bodies_hold_what_they_may() -> None:
    """MS-ASEMAIL R245, R246, R247, R248, R250, R1057: its own children, Type first."""
    known = [
        AirSyncBase.Type,
        AirSyncBase.EstimatedDataSize,
        AirSyncBase.Truncated,
        AirSyncBase.Data,
        ItemOperations.Part,
        AirSyncBase.Preview,
    ]
    met = set()
    for command, tree in every_answer():
        for body in _every(tree, AirSyncBase.Body):
            tags = [child.tag for child in body]
            assert tags[0] is AirSyncBase.Type
            assert set(tags) <= set(known)
            met.add(command)
    assert {"Sync", "Search", "ItemOperations"} <= met


def test_verbs_are_those_there_are() -> None:
    """MS-ASEMAIL R514, R510: one of four numbers."""
    verbs = {
        one.text for _c, tree in every_answer() for one in _every(tree, Email2.LastVerbExecuted)
    }
    assert verbs
    assert verbs <= {"0", "1", "2", "3"}


def _every(tree: Element, tag: Tag) -> list[Element]:
    found = [tree] if tree.tag is tag else []
    for child in tree:
        found += _every(child, tag)
    return found
