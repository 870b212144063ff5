"""Any octets are a contact, an event, a task, a note, or ``Corrupt``; and within bounds of work.

What was read can be written, changed, stored and shown at every version.
"""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice

import pytest

from carbonio_mobile.errors import Corrupt
from carbonio_mobile.ids import OperationId
from carbonio_mobile.pim.contact import Contact
from carbonio_mobile.pim.event import Event
from carbonio_mobile.pim.item import Record
from carbonio_mobile.pim.newness import says_the_same
from carbonio_mobile.pim.objects import (
    from_text,
    listed_at,
    read_object,
    search_text,
    to_text,
    write_object,
)
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import NOW, Rig, now
from tests.fuzz.objectseeds import SEEDS
from tests.unit.commands.checked import ALL_VERSIONS
from tests.unit.commands.objectphone import ObjectPhone
from tests.unit.pim.ical_corpus import calendars
from tests.unit.pim.vcard_corpus import cards

LARGEST_SEED_BYTES = 20_000
PIECES = (
    *(b"\r\n", b"\n ", b"\r\n\t", b"\0", b"\xff\xfe", b"\xed\xa0\x80", b";", b":", b",", b'"'),
    *(b"\\", b"\\n", b"^n", b"=\r\n", b";TZID=Nowhere:", b";VALUE=DATE:", b";ENCODING=BASE64:"),
    *(b"\r\nBEGIN:VEVENT\r\n", b"\r\nEND:VEVENT\r\n", b"\r\nEND:VCALENDAR\r\n", b"\r\nEND:VCARD"),
    *(b"00010101T000000", b"99991231T235959Z", b"20270231T250000", b"19700101", b"-P99999999W"),
    *(b"\r\nRRULE:FREQ=SECONDLY;COUNT=999999999\r\n", b"\r\nRRULE:FREQ=YEARLY;BYWEEKNO=53\r\n"),
    *(b"\r\nRRULE:FREQ=DAILY;UNTIL=00010101\r\n", b"\r\nEXDATE:20270119T080000Z\r\n"),
    *(
        b"\r\nRECURRENCE-ID:20270119T080000Z\r\n",
        b"\r\nRDATE;VALUE=PERIOD:20270118T080000Z/P1D\r\n",
    ),
    *(
        b"\r\nDTSTART:20270118T080000Z\r\n",
        b"\r\nDURATION:P1W\r\n",
        b"\r\nDTSTART;VALUE=DATE:20270118",
    ),
    *(b"\r\nTRIGGER:-PT1M\r\n", b"\r\nSEQUENCE:-1\r\n", b"\r\nX-CARBONIO-MOBILE-PLACE:[{\r\n"),
    *(b"\r\nBDAY:--0229\r\n", b"\r\nPHOTO:data:,\r\n", b"\r\nitem1.X-ABLABEL:_$!<\r\n", b"9" * 30),
)
FOLDERS = {
    "Contact": FolderKind.CONTACTS,
    "Event": FolderKind.CALENDAR,
    "Task": FolderKind.TASKS,
    "Note": FolderKind.NOTES,
}


def seeds() -> list[bytes]:
    """What is mutated: our own objects, and the smaller ones of the corpus where it is."""
    found = [source for _, source in calendars(core=True)]
    found += [source for _, source in islice(cards(), 0, None, 5)]
    return [*SEEDS, *(one for one in found if len(one) <= LARGEST_SEED_BYTES)]


def mutate(rng: random.Random, octets: bytes, others: list[bytes]) -> bytes:
    """Put pieces in, take some out, repeat, splice, one to six times."""
    mutated = bytearray(octets)
    for _ in range(rng.randint(1, 6)):
        start = rng.randint(0, len(mutated))
        stop = min(len(mutated), start + rng.choice((1, 2, 8, 64, 300)))
        match rng.randrange(5):
            case 0:
                mutated[start:stop] = rng.choice(PIECES)
            case 1:
                mutated[start:start] = rng.choice(PIECES)
            case 2:
                del mutated[start:stop]
            case 3:
                mutated[start:start] = mutated[start:stop] * rng.choice((1, 3, 20))
            case _:
                other = rng.choice(others)
                at = rng.randint(0, len(other))
                mutated[start:start] = other[at : at + rng.choice((20, 200, 2000))]
    return bytes(mutated)


def record_of(source: bytes) -> Record | None:
    """Read an object; None for octets that hold none."""
    try:
        return read_object(source)
    except Corrupt:
        return None


def changed(record: Record) -> Record:
    """Change something of a record."""
    if isinstance(record, Event):
        details = record.details
        moved = replace(details, subject="new", start=details.start + 3600, end=details.end + 3600)
        return replace(record, details=moved, exceptions=())
    if isinstance(record, Contact):
        return replace(record, job_title="new", email1_address="new@example.com")
    return replace(record, subject="new")


def survive(source: bytes) -> Record | None:
    """Do to the octets all that a server may; whether they are an object."""
    record = record_of(source)
    if record is None:
        return None
    assert from_text(to_text(record)) == record
    to_text(record).encode("utf-8")
    search_text(record).encode("utf-8", "surrogatepass")
    listed_at(record, NOW)
    assert says_the_same(read_object(write_object(source, record, now=NOW)), record)
    new = changed(record)
    assert isinstance(read_object(write_object(source, new, now=NOW)), type(record))
    assert isinstance(read_object(write_object(None, new, now=NOW)), type(record))
    return record


def mutations(seed: int, rounds: int) -> Iterator[bytes]:
    rng, originals = random.Random(seed), seeds()
    for _ in range(rounds):
        yield mutate(rng, rng.choice(originals), originals)


def comes_down(sources: list[tuple[bytes, Record]]) -> None:
    """Stored in a mailbox, all of it is shown at every version, and validates."""
    rig = Rig()
    box = rig.mailbox()
    for number, (source, record) in enumerate(sources):
        folder = rig.folder(FOLDERS[type(record).__name__])
        now(box.add_object(folder, source, operation=OperationId(f"f{number}")))
    for version in ALL_VERSIONS:
        for name, kind in FOLDERS.items():
            if name == "Note" and float(version) < 14.0:
                continue
            phone = ObjectPhone(rig, version, f"phone{version}{name}".replace(".", ""))
            phone.prime(rig.folder(kind))
            assert phone.poisoned() == []
    assert [one for one in rig.served if one.code != 200 or one.fault] == []


def law(seed: int, rounds: int) -> None:
    kept: list[tuple[bytes, Record]] = []
    for source in mutations(seed, rounds):
        record = survive(source)
        if record is not None:
            kept.append((source, record))
    assert 0 < len(kept) < rounds, "the mutations should reach both outcomes"
    comes_down(kept[:150])


@pytest.mark.parametrize("seed", range(2))
def test_mutated_objects(seed: int) -> None:
    """Read or Corrupt; what was read is written, changed, stored and shown."""
    law(seed, 150)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10, 30))
def test_many_mutated_objects(seed: int) -> None:
    """The same for longer."""
    law(seed, 3_000)


# Bombs


def calendar(lines: str, *, before: str = "", component: str = "VEVENT") -> bytes:
    head = "UID:u\r\nDTSTAMP:20270101T000000Z\r\nDTSTART:20270101T000000Z\r\n"
    inner = f"BEGIN:{component}\r\n{head}{lines}END:{component}\r\n"
    return f"BEGIN:VCALENDAR\r\n{before}{inner}END:VCALENDAR\r\n".encode()


def card(lines: str) -> bytes:
    return f"BEGIN:VCARD\r\nVERSION:4.0\r\nUID:u\r\nFN:x\r\n{lines}END:VCARD\r\n".encode()


def overrides(count: int, parameter: str = "") -> str:
    return "".join(
        f"END:VEVENT\r\nBEGIN:VEVENT\r\nUID:u\r\nRECURRENCE-ID{parameter}:20{at // 336 + 27}"
        f"{at // 28 % 12 + 1:02}{at % 28 + 1:02}T000000Z\r\nDTSTART:20270101T010000Z\r\n"
        for at in range(count)
    )


HTML = "X-ALT-DESC;FMTTYPE=text/html:"
GROWING: dict[str, Callable[[int], bytes]] = {
    "styles without an end": lambda n: calendar(f"{HTML}{'<style>' * (n * 8)}\r\n"),
    "scripts that nearly end": lambda n: calendar(f"{HTML}{'<script></script ' * (n * 4)}\r\n"),
    "open tags": lambda n: calendar(f"{HTML}{'<a' * n}\r\n"),
    "attendees": lambda n: calendar("".join(f"ATTENDEE:mailto:a{i}@b.c\r\n" for i in range(n))),
    "parameters": lambda n: calendar("ATTENDEE" + ';X="a"' * n + ":mailto:a@b.c\r\n"),
    "quotes": lambda n: calendar('ATTENDEE;CN="' + '"' * n + ":mailto:a@b.c\r\n"),
    "folds": lambda n: calendar("SUMMARY:x\r\n" + " a\r\n" * n),
    "categories": lambda n: calendar("CATEGORIES:" + "a\\,," * n + "\r\n"),
    "dates taken out": lambda n: calendar(
        "RRULE:FREQ=DAILY\r\n" + "EXDATE:20270103T000000Z\r\n" * n
    ),
    "changed occurrences": lambda n: calendar("RRULE:FREQ=DAILY\r\n" + overrides(n // 3)),
    "all that follow": lambda n: calendar(
        "RRULE:FREQ=DAILY\r\nRDATE:20280101T0000Z\r\n" + overrides(n // 3, ";RANGE=THISANDFUTURE")
    ),
    "alarms": lambda n: calendar("BEGIN:VALARM\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\n" * (n // 3)),
    "depth": lambda n: calendar("BEGIN:X\r\n" * n),
    "zones": lambda n: calendar(
        "", before="BEGIN:VTIMEZONE\r\nTZID:z\r\nEND:VTIMEZONE\r\n" * (n // 3)
    ),
    "rules": lambda n: calendar("RRULE:FREQ=SECONDLY;COUNT=5\r\n" * n),
    "task lines": lambda n: calendar("X-A:b\r\n" * n, component="VTODO"),
    "mails": lambda n: card("".join(f"EMAIL:a{i}@b.c\r\n" for i in range(n))),
    "labels": lambda n: card("".join(f"g{i}.TEL:1\r\ng{i}.X-ABLABEL:x\r\n" for i in range(n))),
    "types": lambda n: card("TEL" + ";TYPE=a,b" * n + ":1\r\n"),
    "agents": lambda n: card("AGENT:\r\nBEGIN:VCARD\r\n" * n + "END:VCARD\r\n" * n),
    "quoted-printable": lambda n: card("NOTE;ENCODING=QUOTED-PRINTABLE:" + "=\r\n" * n + "\r\n"),
}
EVERY = {name: ",".join(map(str, range(most))) for name, most in
         (("BYHOUR", 24), ("BYMINUTE", 60), ("BYSECOND", 60))}  # fmt: skip
CLOCK = ";".join(f"{name}={values}" for name, values in EVERY.items())
DAYS = "BYDAY=MO,TU,WE,TH,FR,SA,SU"
RULES = {
    "every second of a month, the last of them": f"FREQ=MONTHLY;{DAYS};{CLOCK};BYSETPOS=-1",
    "every second of a year": f"FREQ=YEARLY;{DAYS};{CLOCK}",
    "every second of a day": f"FREQ=DAILY;{CLOCK}",
    "every second of an hour, the last": f"FREQ=HOURLY;{CLOCK};BYSETPOS=-1",
    "a day that never comes": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31;BYHOUR=1",
    "seconds of a day that never comes": "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=31",
    "an interval beyond all time": "FREQ=MONTHLY;INTERVAL=99999999999999999999;BYHOUR=1",
}
GENEROUS_S = 20.0
"""What is quadratic takes minutes at these sizes; what is linear a fraction of a second."""


@pytest.mark.parametrize("name", GROWING)
def test_work_grows_with_the_source_only(name: str) -> None:
    """Objects of one size and of others: printed for each, and none takes for ever."""
    before = time.process_time()
    took = []
    for size in (1_500, 3_000, 6_000):
        begin = time.process_time()
        survive(GROWING[name](size))
        took.append(f"{time.process_time() - begin:.3f} s")
    print(name, *took)
    assert time.process_time() - before < GENEROUS_S


@pytest.mark.parametrize("name", RULES)
def test_rules_that_blow_up(name: str) -> None:
    """Ten rules and as many that take out again: bounded work, and a record all the same."""
    before = time.process_time()
    lines = f"RRULE:{RULES[name]}\r\nEXRULE:{RULES[name]}\r\n" * 10
    assert survive(calendar(lines)) is not None
    assert survive(calendar(lines, component="VTODO")) is not None
    assert time.process_time() - before < GENEROUS_S


def test_depth_of_our_own_property() -> None:
    """A place that is nothing but brackets is read by its plain name."""
    deep = calendar("LOCATION:Room\r\nX-CARBONIO-MOBILE-PLACE:" + "[" * 8_000 + "\r\n")
    record = survive(deep)
    assert isinstance(record, Event)
    assert record.details.place.display_name == "Room"


def test_a_text_that_occurrences_share_is_kept_once() -> None:
    """A long text in a series of 256 listed occurrences is stored and searched as one."""
    said = "DESCRIPTION:" + "word " * 20_000 + "\r\n"
    record = survive(calendar(f"RRULE:FREQ=DAILY;BYHOUR=1,2\r\n{said}"))
    assert isinstance(record, Event)
    assert len(record.exceptions) > 200
    assert len(to_text(record)) < 2 * len(said)
    assert len(search_text(record)) < 2 * len(said)


FOUND = {
    "one date given twice, once with a length": calendar(
        "RDATE;VALUE=PERIOD:20270118T080000Z/P1D\r\nRDATE:20270118T080000Z\r\n"
    ),
    "a month beyond all numbers": calendar(
        "DTEND;TZID=x:20270101T010000\r\n",
        before="BEGIN:VTIMEZONE\r\nTZID:x\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n"
        f"RRULE:FREQ=YEARLY;BYMONTH={'9' * 5_000};BYDAY=1SU\r\nTZOFFSETTO:+0100\r\n"
        "END:STANDARD\r\nEND:VTIMEZONE\r\n",
    ),
    "a day that is a digit of another kind": calendar(
        "DTEND;TZID=x:20270101T010000\r\n",
        before="BEGIN:VTIMEZONE\r\nTZID:x\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n"
        "RRULE:FREQ=YEARLY;BYMONTH=1;BYDAY=SU;BYMONTHDAY=²\r\nTZOFFSETTO:+0100\r\n"
        "END:STANDARD\r\nEND:VTIMEZONE\r\n",
    ),
    "a calendar type that is a digit of another kind": calendar(
        "DUE:20270101T010000Z\r\nRRULE:FREQ=MONTHLY\r\n"
        "X-CARBONIO-MOBILE-RECURRENCE;RULE=FREQ=MONTHLY:CALENDAR-TYPE=²\r\n",
        component="VTODO",
    ),
    "cut off within a line end": calendar("SUMMARY:test\r\n").partition(b"\nEND:VEVENT")[0],
    "cut off where quoted-printable goes on": calendar(
        "DESCRIPTION;ENCODING=QUOTED-PRINTABLE:a=\r\n"
    ).partition(b"\r\nEND:VEVENT")[0],
    "a component without a name": calendar("BEGIN:\r\nUID:v\r\nEND:\r\n"),
    "a picture that is no ASCII": b"BEGIN:VCARD\r\nPHOTO:data:image/png,\xff\xfe\r\nEND:VCARD\r\n",
}


@pytest.mark.parametrize("name", FOUND)
def test_what_was_found(name: str) -> None:
    """Octets that once were the end of it."""
    assert survive(FOUND[name]) is not None
