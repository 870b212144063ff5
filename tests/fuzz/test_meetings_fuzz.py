"""Meeting mail of strangers: the mail is kept, and no event that is there suffers by it.

Spec: RFC 5546 6.1 (an organiser's meetings are changed by nobody else); RFC 6047 3.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import pytest
from twisted.logger import LogEvent, globalLogPublisher

from carbonio_mobile.ids import OperationId
from carbonio_mobile.pim.event import Event
from carbonio_mobile.pim.events import write_event
from carbonio_mobile.pim.itip import METHODS
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import NOW, Rig, now
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import Calendar
from tests.fuzz.test_pim_fuzz import CLOCK, DAYS, mutate
from tests.unit.commands.meetingcase import Meetings, mail
from tests.unit.commands.objectphone import ObjectPhone, change, stamp
from tests.unit.pim.meetings import BOB, DAY, EVE, JOHN, MARY, START, meeting, people, weekly

WEEK = 7 * DAY
OWN = meeting(uid="own", attendees=people(MARY, BOB))
GUEST = weekly(uid="guest", organizer=MARY, attendees=people(JOHN, BOB, EVE))
PLAIN = replace(meeting(uid="plain", attendees=()), organizer_address="", organizer_name="")
ORPHANS = tuple(
    replace(
        meeting(uid="orphan", organizer=MARY, start=START + at * WEEK, end=START + at * WEEK + 60),
        recurrence_id=START + at * WEEK,
    )
    for at in (1, 2)
)
HELD = (OWN, GUEST, PLAIN, *ORPHANS)
STRANGER = "mallory@elsewhere.example"


@pytest.fixture(autouse=True)
def no_failures() -> Iterator[None]:
    """Nothing of what comes is a surprise: the delivery logs each, and goes on."""
    logged: list[LogEvent] = []
    globalLogPublisher.addObserver(logged.append)
    yield
    globalLogPublisher.removeObserver(logged.append)
    assert [one["log_failure"].getTraceback() for one in logged if "log_failure" in one] == []


def held(rig: Rig) -> Meetings:
    """John's calendar with his own meeting, one of Mary's, two occurrences, an appointment."""
    case = Meetings(rig)
    for event in HELD:
        case.put(event)
    return case


def kept(case: Meetings) -> list[Event]:
    """What of those events is there still, as it was stored."""
    uids = {one.uid for one in HELD}
    return [one for one in case.events() if one.uid in uids]


def itip(method: str, event: Event, **lines: str) -> bytes:
    """Give an event as a scheduling message; ``lines`` are put in or replaced."""
    text = write_event(None, event, now=NOW).decode()
    text = text.replace("BEGIN:VCALENDAR\r\n", f"BEGIN:VCALENDAR\r\nMETHOD:{method}\r\n", 1)
    for name, value in lines.items():
        name = name.replace("_", "-")
        start = text.index("BEGIN:VEVENT")
        rows = [one for one in text[start:].split("\r\n") if not one.startswith(f"{name}:")]
        rows.insert(1, f"{name}:{value}")
        text = text[:start] + "\r\n".join(rows)
    return text.encode()


def later(event: Event, **changes: object) -> Event:
    """Give a newer version of a meeting at another time."""
    details = replace(
        event.details,
        start=event.details.start + 3600,
        end=event.details.end + 7200,
        subject="Taken over",
        dtstamp=NOW + DAY,
    )
    return replace(event, details=details, sequence=event.sequence + 5, **changes)  # type: ignore[arg-type]


SPOOFS: Mapping[str, Callable[[Event], tuple[bytes, str]]] = {
    "the true organiser named by a stranger": lambda e: (itip("REQUEST", later(e)), STRANGER),
    "a stranger as organiser": lambda e: (
        itip("REQUEST", later(e, organizer_address=STRANGER)),
        STRANGER,
    ),
    "the account as organiser": lambda e: (
        itip("REQUEST", later(e, organizer_address=JOHN)),
        STRANGER,
    ),
    "the account as organiser and sender": lambda e: (
        itip("REQUEST", later(e, organizer_address=JOHN)),
        JOHN,
    ),
    "nobody as organiser": lambda e: (
        itip("REQUEST", later(e, organizer_address="", organizer_name="")),
        STRANGER,
    ),
    "a sequence beyond all": lambda e: (
        itip("REQUEST", later(e, organizer_address=STRANGER), SEQUENCE="999999999"),
        STRANGER,
    ),
    "an end by an attendee": lambda e: (itip("CANCEL", later(e)), BOB),
    "an end by an attendee in his own name": lambda e: (
        itip("CANCEL", later(e, organizer_address=BOB)),
        BOB,
    ),
    "an end by a stranger, of an occurrence": lambda e: (
        itip("CANCEL", replace(later(e, organizer_address=STRANGER), recurrence=None),
             RECURRENCE_ID="20270118T090000Z"),
        STRANGER,
    ),
    "an answer in another's name": lambda e: (itip("REPLY", later(e)), STRANGER),
    "an answer by a stranger": lambda e: (
        itip("REPLY", later(replace(e, details=replace(
            e.details, attendees=people(STRANGER, status=3))))),
        STRANGER,
    ),
    "a proposal by a stranger": lambda e: (
        itip("COUNTER", later(replace(e, details=replace(
            e.details, attendees=people(STRANGER, status=2))))),
        STRANGER,
    ),
    "a proposal refused by a stranger": lambda e: (itip("DECLINECOUNTER", later(e)), STRANGER),
}  # fmt: skip


@pytest.mark.parametrize("event", HELD, ids=lambda e: f"{e.uid}-{e.recurrence_id}")
@pytest.mark.parametrize("name", SPOOFS)
def test_a_stranger_changes_nothing(name: str, event: Event) -> None:
    """Whoever is not the organiser, or the attendee who answers, is not believed."""
    case = held(Rig())
    before = kept(case)
    calendar, sender = SPOOFS[name](event)
    method = calendar.partition(b"METHOD:")[2].partition(b"\r\n")[0].decode()
    case.arrive(mail(calendar, method, sender=sender))
    assert kept(case) == before
    assert case.mails() == 1


FORGED = (
    f"Sender: {MARY}\r\n",
    f"Reply-To: {MARY}\r\n",
    f"From: {MARY}\r\n",
    f"Resent-From: {MARY}\r\n",
)


@pytest.mark.parametrize("field", FORGED)
def test_only_the_author_of_a_mail_is_believed(field: str) -> None:
    """From is what servers hold a sender to; two of them, Sender and Reply-To say nothing."""
    case = held(Rig())
    before = kept(case)
    source = mail(itip("CANCEL", later(GUEST)), "CANCEL", sender=STRANGER)
    case.arrive(field.encode() + source)
    assert kept(case) == before
    case.arrive(mail(itip("CANCEL", later(GUEST)), "CANCEL", sender=MARY))
    assert kept(case) != before


def test_a_strangers_series_takes_no_orphans_along() -> None:
    """A planted occurrence under the UID of others' is not what theirs belong to."""
    case = Meetings(Rig())
    planted = replace(ORPHANS[0], organizer_address=STRANGER, recurrence_id=START)
    case.put(planted)
    for one in ORPHANS:
        case.put(one)
    series = replace(GUEST, uid="orphan", organizer_address=STRANGER, sequence=9)
    case.arrive(mail(itip("REQUEST", series), sender=STRANGER))
    left = [one for one in case.events() if one.organizer_address == MARY]
    assert [one.recurrence_id for one in left] == [one.recurrence_id for one in ORPHANS]


def test_other_kinds_and_folders_of_the_same_uid() -> None:
    """An event in another calendar is found; a task and a contact of that UID are left alone."""
    rig = Rig()
    case = Meetings(rig)
    box = rig.mailbox()
    todo = b"BEGIN:VTODO\r\nUID:guest\r\nSUMMARY:x\r\nEND:VTODO\r\n"
    task = b"BEGIN:VCALENDAR\r\n" + todo + b"END:VCALENDAR\r\n"
    card = b"BEGIN:VCARD\r\nVERSION:4.0\r\nUID:guest\r\nFN:x\r\nEND:VCARD\r\n"
    for kind, source in ((FolderKind.TASKS, task), (FolderKind.CONTACTS, card)):
        now(box.add_object(rig.folder(kind), source, operation=OperationId(kind.value)))
    case.arrive(mail(itip("REQUEST", GUEST)))
    assert case.event().uid == "guest"
    sources = {one.source for one in now(box.find_uid("guest"))}
    assert {task, card} <= sources


BOMBS: Mapping[str, str] = {
    "attendees": "".join(f"ATTENDEE:mailto:a{n}@b.c\r\n" for n in range(100_000)),
    "a rule": f"RRULE:FREQ=MONTHLY;{DAYS};{CLOCK};BYSETPOS=-1\r\n" * 10,
    "a place": "X-CARBONIO-MOBILE-PLACE:" + "[" * 8_000 + "\r\n",
    "a page": "X-ALT-DESC;FMTTYPE=text/html:" + "<style>" * 60_000 + "\r\n",
    "calendars within": "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n" * 5_000,
    "occurrences": "END:VEVENT\r\nBEGIN:VEVENT\r\nUID:guest\r\n"
                   "RECURRENCE-ID:20270118T090000Z\r\n" * 5_000,
    "a duration": "DURATION:P999999W\r\n",
    "a file": "ATTACH;ENCODING=BASE64;VALUE=BINARY:" + "QUJD" * 500_000 + "\r\n",
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.parametrize("event", [OWN, GUEST], ids=["own", "guest"])
def test_bombs_leave_the_calendar_alone(name: str, event: Event) -> None:
    """Of whatever size a stranger's invitation is, the mail is there and the events as before."""
    case = held(Rig())
    before = kept(case)
    calendar = itip("REQUEST", later(event)).replace(
        b"END:VEVENT", BOMBS[name].encode() + b"END:VEVENT"
    )
    case.arrive(mail(calendar, sender=STRANGER))
    new = calendar.replace(b"UID:" + event.uid.encode(), b"UID:new")
    case.arrive(mail(new.replace(MARY.encode(), STRANGER.encode()), sender=STRANGER))
    assert kept(case) == before
    assert case.mails() == 2


def test_mail_within_mail_within_mail() -> None:
    """A calendar in a message in a message, forty deep: kept as mail, and no meeting of its own."""
    case = held(Rig())
    before = case.events()
    source = mail(itip("REQUEST", later(OWN)), sender=STRANGER)
    for _ in range(40):
        source = b"From: x@y.z\r\nContent-Type: message/rfc822\r\n\r\n" + source
    case.arrive(source)
    assert case.events() == before
    assert case.mails() == 1


def attack(seed: int, rounds: int) -> None:
    """Mutated scheduling messages of a stranger about all that is there, one after the other."""
    rng = random.Random(seed)
    case = held(Rig())
    before = kept(case)
    originals = [itip(method, later(event)) for method in sorted(METHODS) for event in HELD]
    for number in range(1, rounds + 1):
        calendar = mutate(rng, rng.choice(originals), originals)
        case.arrive(mail(calendar, rng.choice(sorted(METHODS)), sender=STRANGER))
        assert case.mails() == number
        now_there = case.events()
        assert all(one in now_there for one in before), calendar


@pytest.mark.parametrize("seed", range(2))
def test_mutated_invitations(seed: int) -> None:
    """All that was there is there as it was, whatever comes."""
    attack(seed, 80)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10, 20))
def test_many_mutated_invitations(seed: int) -> None:
    """The same for longer."""
    attack(seed, 90)


def test_a_change_does_not_become_a_flood_of_mail() -> None:
    """A thousand attendees of two hundred changed occurrences: refused, and nobody is told."""
    rig = Rig()
    case = Meetings(rig)
    guests = people(*(f"g{at}@example.com" for at in range(900)))
    series = weekly(uid="flood", attendees=guests)
    name = case.put(series)
    shifted = [
        Element(
            Calendar.Exception,
            [
                Element(Calendar.ExceptionStartTime, stamp(START + at * WEEK)),
                Element(Calendar.Subject, f"other {at}"),
            ],
        )
        for at in range(1, 9)
    ]
    phone = ObjectPhone(rig, "16.1")
    phone.prime(case.calendar)
    said = phone.one(case.calendar, change(name, Element(Calendar.Exceptions, shifted)))
    assert said.status != "1"
    assert case.sent() == []
    assert case.event() == series
