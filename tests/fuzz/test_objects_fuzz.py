"""What devices and strangers say of contacts, events, tasks, notes and drafts, with faults in it.

Whatever comes up is stored or refused item by item; what is stored comes down at every version,
valid, and goes up again as it came. ``pytest -m long`` (tox -e fuzz) tries many times as many.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import pytest

from carbonio_mobile.ids import FolderId
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import NOW, Rig, at_once
from carbonio_mobile.wbxml import Element, Tag
from carbonio_mobile.wbxml.codepages import (
    AirSync,
    AirSyncBase,
    Calendar,
    Contacts,
    Contacts2,
    Email,
    Notes,
    Tasks,
)
from tests.fuzz.treefaults import el, mutated
from tests.unit.commands.checked import ALL_VERSIONS
from tests.unit.commands.objectphone import (
    DAY,
    KINDS,
    ZONE,
    Kind,
    ObjectPhone,
    add,
    change,
    delete,
    stamp,
)

T = TypeVar("T")
STATUSES = frozenset({"1", "4", "6", "7", "8"})


def body(version: str, tag: Tag | None, text: str = "Some text\r\nof lines.") -> list[Element]:
    """Say a body as the version does."""
    if version == "2.5":
        return [] if tag is None else [el(tag, text)]
    return [el(AirSyncBase.Body, el(AirSyncBase.Type, "1"), el(AirSyncBase.Data, text))]


def rich_contact(version: str) -> list[Element]:
    """A contact of many fields."""
    return [
        *body(version, Contacts.Body),
        *(el(tag, f"said {tag.name}") for tag in vars(Contacts).values()
          if isinstance(tag, Tag) and tag.name.startswith(("Business", "Home", "Other"))
          and "Number" in tag.name),
        el(Contacts.FirstName, "Mary"),
        el(Contacts.LastName, "Doe"),
        el(Contacts.FileAs, "Doe, Mary"),
        el(Contacts.Email1Address, '"Mary" <mary@example.com>'),
        el(Contacts.Birthday, "1980-02-29T00:00:00.000Z"),
        el(Contacts.Categories, el(Contacts.Category, "a"), el(Contacts.Category, "b")),
        el(Contacts.Children, el(Contacts.Child, "c")),
        el(Contacts.Picture, "/9j/4AAQSkZJRg=="),
        el(Contacts2.NickName, "M"),
        el(Contacts2.IMAddress, "im:m"),
    ]  # fmt: skip


def recurrence(version: str, kind: str = "1") -> Element:
    """A series of six."""
    said = [el(Calendar.Type, kind), el(Calendar.Interval, "1"), el(Calendar.Occurrences, "6")]
    said += [el(Calendar.DayOfWeek, "62")] if kind == "1" else []
    return el(Calendar.Recurrence, *said)


def rich_event(version: str) -> list[Element]:
    """A weekly meeting with a changed occurrence."""
    new = version.startswith("16")
    start = NOW + DAY
    attendee = [el(Calendar.Email, "mary@example.com"), el(Calendar.Name, "Mary")]
    if version != "2.5":
        attendee += [el(Calendar.AttendeeType, "1")]
    place = el(Calendar.Location, "Room")
    if new:
        place = el(AirSyncBase.Location, el(AirSyncBase.DisplayName, "Room"))
    exceptions = el(
        Calendar.Exceptions,
        el(
            Calendar.Exception,
            el(Calendar.ExceptionStartTime, stamp(start + 3 * DAY)),
            el(Calendar.Subject, "Other"),
        ),
        el(
            Calendar.Exception,
            el(Calendar.ExceptionStartTime, stamp(start + 4 * DAY)),
            el(Calendar.Deleted, "1"),
        ),
    )
    return [
        el(Calendar.Timezone, ZONE),
        *([] if new else [el(Calendar.DtStamp, stamp(NOW))]),
        el(Calendar.StartTime, stamp(start)),
        el(Calendar.EndTime, stamp(start + 3600)),
        el(Calendar.Subject, "Plans"),
        place,
        *body(version, Calendar.Body),
        el(Calendar.Sensitivity, "2"),
        el(Calendar.BusyStatus, "2"),
        el(Calendar.AllDayEvent, "0"),
        el(Calendar.Reminder, "15"),
        *([] if new else [el(Calendar.MeetingStatus, "1")]),
        el(Calendar.Attendees, el(Calendar.Attendee, *attendee)),
        el(Calendar.Categories, el(Calendar.Category, "a")),
        recurrence(version),
        exceptions,
    ]


def rich_task(version: str) -> list[Element]:
    """A task that recurs."""
    return [
        *body(version, Tasks.Body),
        el(Tasks.Subject, "Do it"),
        el(Tasks.Importance, "2"),
        el(Tasks.UtcStartDate, "2027-01-18T09:00:00.000Z"),
        el(Tasks.StartDate, "2027-01-18T10:00:00.000Z"),
        el(Tasks.UtcDueDate, "2027-01-19T09:00:00.000Z"),
        el(Tasks.DueDate, "2027-01-19T10:00:00.000Z"),
        el(Tasks.Categories, el(Tasks.Category, "a")),
        el(
            Tasks.Recurrence,
            el(Tasks.Type, "1"),
            el(Tasks.Start, "2027-01-18T09:00:00.000Z"),
            el(Tasks.DayOfWeek, "2"),
            el(Tasks.Interval, "1"),
        ),
        el(Tasks.Complete, "0"),
        el(Tasks.Sensitivity, "1"),
        el(Tasks.ReminderSet, "1"),
        el(Tasks.ReminderTime, "2027-01-18T08:00:00.000Z"),
    ]


def rich_note(version: str) -> list[Element]:
    """A note."""
    return [
        *body(version, None),
        el(Notes.Subject, "Mind"),
        el(Notes.MessageClass, "IPM.StickyNote"),
        el(Notes.Categories, el(Notes.Category, "a")),
    ]


RICH = {
    "Contacts": rich_contact,
    "Calendar": rich_event,
    "Tasks": rich_task,
    "Notes": rich_note,
}


# The server under test


def check_served(rig: Rig) -> None:
    """No request came to grief."""
    assert [one for one in rig.served if one.code != 200 or one.fault] == []


def wanted(version: str) -> list[Element]:
    """Options under which whole bodies come."""
    if version == "2.5":
        return [el(AirSync.Options, el(AirSync.Truncation, "9"))]
    whole = el(
        AirSyncBase.BodyPreference,
        el(AirSyncBase.Type, "1"),
        el(AirSyncBase.TruncationSize, "4294967295"),
    )
    return [el(AirSync.Options, whole)]


def came_down(rig: Rig, folder: FolderId, version: str) -> ObjectPhone:
    """A new device takes a folder; every answer is valid and nothing had to be left out."""
    phone = ObjectPhone(rig, version, f"down{len(rig.served)}")
    phone.prime(folder, *wanted(version))
    assert phone.poisoned() == []
    return phone


def instances(rng: random.Random) -> str:
    """An InstanceId, mostly of an occurrence that there is."""
    at = NOW + DAY * rng.randint(1, 8)
    return rng.choice((stamp(at), stamp(at), stamp(at), "20270118", "soon", stamp(at + 60)))


def sent(rng: random.Random, kind: Kind, version: str, known: Sequence[str]) -> Element:
    """A command with faults in it."""
    content = mutated(rng, RICH[kind.name](version))
    if not known or rng.random() < 0.5:
        return add(content)
    name = rng.choice(known)
    if kind.name == "Calendar" and version.startswith("16") and rng.random() < 0.5:
        if rng.random() < 0.3:
            return delete(name, instances(rng))
        return change(name, *content, instance=instances(rng))
    return change(name, *content)


def attack(kind: Kind, version: str, seed: int, rounds: int) -> tuple[Rig, FolderId]:
    """Send rounds of faulty commands, each with one that is sound behind it."""
    rng, rig = random.Random(seed), Rig()
    folder = rig.folder(kind.folder)
    phone = ObjectPhone(rig, version)
    phone.prime(folder)
    known = [phone.make(folder, RICH[kind.name](version))]
    for number in range(rounds):
        wrong = [sent(rng, kind, version, known) for _ in range(4)]
        said = phone.up(folder, *_different(wrong), add(kind.content(f"ok {number}", "", version)))
        assert {one.status for one in said} <= STATUSES, said
        assert said[-1].status == "1", (wrong, said)
        known = sorted({*known, *(one.name for one in said[:-1] if one.status == "1")})[-20:]
        check_served(rig)
    return rig, folder


def _different(sent_: Sequence[Element]) -> Iterator[Element]:
    """Leave out a second command for one item: a response would not tell which it is for."""
    seen = set()
    for one in sent_:
        key = (one.value(AirSync.ServerId), one.value(AirSyncBase.InstanceId), one.tag)
        if one.tag is AirSync.Add or key not in seen:
            yield one
        seen.add(key)


UNLIKE = frozenset(
    {
        *(Calendar.UID, Calendar.DtStamp, Calendar.OrganizerEmail, Calendar.OrganizerName),
        *(Calendar.MeetingStatus, Calendar.ResponseType, Calendar.AppointmentReplyTime),
        *(Calendar.Attendees, Calendar.ClientUid, Calendar.Exceptions, Calendar.Reminder),
        *(AirSyncBase.NativeBodyType, AirSyncBase.Attachments, Notes.LastModifiedDate),
        *(Calendar.ResponseRequested, Calendar.DisallowNewTimeProposal),
    }
)
"""What a new item has otherwise than the one that it repeats, or only the organiser may say."""


def said_again(content: Element) -> list[Element]:
    """What has to be the same of an item and of another that was made of it."""
    return sorted((one for one in content if one.tag not in UNLIKE), key=repr)


def goes_up_again(kind: Kind, rig: Rig, folder: FolderId, version: str) -> None:
    """What a device was told makes the same item when it adds it to another folder."""
    phone = came_down(rig, folder, version)
    other = Rig()
    target = other.folder(kind.folder)
    giver = ObjectPhone(other, version)
    giver.prime(target)
    told = {}
    for content in list(phone.hold(folder).values())[:40]:
        children = [one for one in content if one.tag is not AirSyncBase.Attachments]
        if version.startswith("16"):
            children = [one for one in children if one.tag is not Calendar.UID]
        answer = giver.one(target, add(children))
        assert answer.status == "1", (content, answer)
        told[answer.name] = said_again(content)
    held = came_down(other, target, version).hold(target)
    for name, content in told.items():
        assert said_again(held[name]) == content
    check_served(other)


def survive(kind: Kind, version: str, seed: int, rounds: int) -> None:
    """The whole law for one class."""
    rig, folder = attack(kind, version, seed, rounds)
    for each in ALL_VERSIONS if kind.since == "2.5" else ("14.0", "14.1", "16.0", "16.1"):
        came_down(rig, folder, each)
    goes_up_again(kind, rig, folder, version)
    check_served(rig)


CASES = [
    (kind, version)
    for kind in KINDS
    for version in ALL_VERSIONS
    if float(version) >= float(kind.since)
]
each = pytest.mark.parametrize(
    ("kind", "version"), CASES, ids=[f"{kind.name}-{version}" for kind, version in CASES]
)


@each
def test_faulty_items_are_stored_or_refused(kind: Kind, version: str) -> None:
    """A fault in one item is its own; what is stored comes down everywhere and goes up again."""
    survive(kind, version, seed=1, rounds=6)


@pytest.mark.long
@each
@pytest.mark.parametrize("seed", range(2, 12))
def test_many_faulty_items(kind: Kind, version: str, seed: int) -> None:
    """The same for longer."""
    survive(kind, version, seed=seed, rounds=40)


# Mail that devices write: text messages and drafts


def rich_mail(version: str) -> list[Element]:
    """A text message or a draft."""
    file = el(
        AirSyncBase.Add,
        el(AirSyncBase.ClientId, "f1"),
        Element(AirSyncBase.Content, b"a;b"),
        el(AirSyncBase.DisplayName, "a.csv"),
        el(AirSyncBase.Method, "1"),
    )
    return [
        *body(version, None),
        el(Email.To, '"Mary" <mary@example.com>'),
        el(Email.From, "+391234567"),
        el(Email.Subject, "Plans"),
        el(Email.Importance, "2"),
        el(Email.DateReceived, "2027-01-14T09:00:00.000Z"),
        el(Email.Read, "1"),
        *([el(AirSyncBase.Attachments, file)] if version.startswith("16") else []),
    ]


def attack_mail(version: str, seed: int, rounds: int, *, is_sms: bool) -> None:
    """Send faulty text messages or drafts; what is stored comes down at every version."""
    rng, rig = random.Random(seed), Rig()
    folder = rig.folder(FolderKind.INBOX if is_sms else FolderKind.DRAFTS)
    phone = ObjectPhone(rig, version)
    phone.prime(folder)
    for number in range(rounds):
        wrong = [_mail_add(mutated(rng, rich_mail(version)), is_sms=is_sms) for _ in range(4)]
        sound = [*rich_mail(version)[:-1], el(Email.Subject, f"ok {number}")]
        said = phone.up(folder, *wrong, _mail_add(sound, is_sms=is_sms))
        assert {one.status for one in said} <= STATUSES, said
        assert said[-1].status == "1", said
        check_served(rig)
    for each in ALL_VERSIONS:
        came_down(rig, folder, each)
    check_served(rig)


def _mail_add(content: Sequence[Element], *, is_sms: bool) -> Element:
    made = add(content)
    return el(AirSync.Add, *([el(AirSync.Class, "SMS")] if is_sms else []), *made.children)


MAILS = [("14.0", True), ("14.1", True), ("16.0", True), ("16.1", True), ("16.0", False),
         ("16.1", False)]  # fmt: skip
each_mail = pytest.mark.parametrize(("version", "is_sms"), MAILS)


@each_mail
def test_faulty_mails_are_stored_or_refused(version: str, is_sms: bool) -> None:
    """Text messages and drafts, the same law."""
    attack_mail(version, 1, 6, is_sms=is_sms)


@pytest.mark.long
@each_mail
@pytest.mark.parametrize("seed", range(2, 12))
def test_many_faulty_mails(version: str, is_sms: bool, seed: int) -> None:
    """The same for longer."""
    attack_mail(version, seed, 40, is_sms=is_sms)


@pytest.mark.parametrize("size", [100, 200_000])
def test_large_objects_are_written_beside_the_reactor(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What takes milliseconds is done in a thread; what is small is done at once."""
    offloaded = []

    async def counted(work: Callable[[], T]) -> T:
        offloaded.append(work)
        return await at_once(work)

    monkeypatch.setattr("carbonio_mobile.testing.rig.at_once", counted)
    rig = Rig()
    folder = rig.folder(FolderKind.CALENDAR)
    phone = ObjectPhone(rig, "14.1")
    phone.prime(folder)
    before = len(offloaded)
    text = el(AirSyncBase.Body, el(AirSyncBase.Type, "1"), el(AirSyncBase.Data, "x" * size))
    content = [one for one in rich_event("14.1") if one.tag is not AirSyncBase.Body]
    phone.make(folder, [*content, text])
    assert len(offloaded) - before == (size > 32_768)
