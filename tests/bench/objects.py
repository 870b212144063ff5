"""What contacts and events cost: ``python tests/bench/objects.py [PART…]``.

Parts: ``rooms`` (each step of one object, in this process), ``initial``, ``delta``, ``adds`` (a
daemon on the loopback); all of them where none is named. Prints one line a figure;
docs/performance.md keeps the ones that count.
"""

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

from carbonio_mobile.eas.bodyoptions import BodyOptions, BodyPreference, BodyType
from carbonio_mobile.eas.items.classes import OBJECT_CLASSES
from carbonio_mobile.eas.items.context import Author, Ghosts, Viewer
from carbonio_mobile.eas.version import Version
from carbonio_mobile.ids import FolderId, ItemId, ItemVersion
from carbonio_mobile.pim.item import ObjectItem
from carbonio_mobile.pim.objects import from_text, read_object, to_text, write_object
from carbonio_mobile.wbxml import Element, decode, encode
from carbonio_mobile.wbxml.codepages import AirSync, Calendar, Contacts
from tests.bench.eas import PASSWORD, Daemon, daemon
from tests.bench.objectdevice import BenchDevice, cpu_s

CONTACTS, CALENDAR = 9, 8
SIZES = (100, 1_000, 5_000)
VERSIONS = ("14.1", "16.1")
SHOWN = (Version.V2_5, Version.V14_1, Version.V16_1)
NOW = 1_800_000_000.0
WORDS = "Bring the figures of the quarter, and the list of those who are to be asked. "
ZONE = (
    "BEGIN:VTIMEZONE\nTZID:Europe/Rome\nBEGIN:STANDARD\nDTSTART:19701025T030000\n"
    "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nEND:STANDARD\n"
    "BEGIN:DAYLIGHT\nDTSTART:19700329T020000\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\n"
    "TZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nEND:DAYLIGHT\nEND:VTIMEZONE\n"
)


def contact(number: int) -> str:
    """Give a vCard as of an address book at work: two addresses, three numbers, a note."""
    return (
        f"BEGIN:VCARD\nVERSION:4.0\nUID:contact-{number}\nFN:Given{number} Family{number}\n"
        f"N:Family{number};Given{number};;;\nORG:Example S.p.A.;Sales\nTITLE:Clerk\n"
        f"EMAIL;TYPE=work:given{number}@example.com\nEMAIL;TYPE=home:g{number}@example.net\n"
        f"TEL;TYPE=work,voice:+39 02 {number:06}\nTEL;TYPE=cell:+39 333 {number:07}\n"
        f"TEL;TYPE=home:+39 06 {number:06}\n"
        f"ADR;TYPE=work:;;Via Roma {number};Milano;MI;20100;Italia\n"
        f"BDAY:1980{number % 12 + 1:02}{number % 28 + 1:02}\nCATEGORIES:Customers\n"
        f"NOTE:{WORDS}\nREV:20260101T000000Z\nEND:VCARD\n"
    )


def event(number: int) -> str:
    """Give a VEVENT, every fifth a series with an exception changed and one taken out."""
    day, hour = number % 28 + 1, 8 + number % 9
    at = f"2026{number % 12 + 1:02}{day:02}T{hour:02}"
    said = (
        f"SUMMARY:Meeting {number}\nLOCATION:Room {number % 20}\nDESCRIPTION:{WORDS * 4}\n"
        "DTSTAMP:20260101T000000Z\nORGANIZER;CN=Mary:mailto:mary@example.com\n"
        "ATTENDEE;CN=John;PARTSTAT=ACCEPTED:mailto:john@example.com\n"
        "ATTENDEE;CN=Ann;PARTSTAT=NEEDS-ACTION:mailto:ann@example.com\n"
        "BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT15M\nEND:VALARM\n"
    )
    times = f"DTSTART;TZID=Europe/Rome:{at}0000\nDTEND;TZID=Europe/Rome:{at}3000\n"
    series = changed = ""
    if number % 5 == 0:
        series = f"RRULE:FREQ=DAILY;COUNT=40\nEXDATE;TZID=Europe/Rome:{at}0000\n"
        changed = (
            f"BEGIN:VEVENT\nUID:event-{number}\nRECURRENCE-ID;TZID=Europe/Rome:{_next(number)}\n"
            f"DTSTART;TZID=Europe/Rome:{_next(number)}\nDURATION:PT2H\n{said}END:VEVENT\n"
        )
    return f"BEGIN:VEVENT\nUID:event-{number}\n{times}{series}{said}END:VEVENT\n{changed}"


def _next(number: int) -> str:
    day = number % 28 + 1
    month = number % 12 + 1
    day, month = (day + 1, month) if day < 28 else (1, month % 12 + 1)
    return f"2026{month:02}{day:02}T{8 + number % 9:02}0000"


def calendar(events: Sequence[str]) -> str:
    """Give a calendar file."""
    head = "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//bench//EN\n"
    return f"{head}{ZONE}{''.join(events)}END:VCALENDAR\n"


def fill(running: Daemon, folder: Path, address: str, count: int) -> None:
    """Give an account so many contacts and so many events."""
    cards, events = folder / f"{count}.vcf", folder / f"{count}.ics"
    cards.write_text("".join(contact(number) for number in range(count)))
    events.write_text(calendar([event(number) for number in range(count)]))
    begin = time.perf_counter()
    running.setup("import", address, str(cards), str(events))
    print(f"import: {2 * count / (time.perf_counter() - begin):.0f} objects/s ({2 * count})")


def device(running: Daemon, user: int, name: str, version: str = "14.1") -> BenchDevice:
    return BenchDevice(running.url, f"user{user}@example.com", PASSWORD, name, version)


def pid_of(running: Daemon) -> int:
    assert running.process is not None
    return running.process.pid


KINDS = (("contacts", CONTACTS), ("events", CALENDAR))


def initial() -> None:
    with daemon({1: SIZES[-1]}, fill=fill) as running:
        for version in VERSIONS:
            for name, kind in KINDS:
                for run in range(2):
                    one = device(running, 1, f"i{run}{version[:2]}{name}", version)
                    folder = one.folders()[kind]
                    before, one.octets = cpu_s(pid_of(running)), 0
                    found, first, whole = one.initial(folder)
                    cpu = cpu_s(pid_of(running)) - before
                print(
                    f"initial sync of {len(found)} {name}, {version}: "
                    f"{cpu * 1000 / len(found):.3f} ms CPU each, {len(found) / whole:.0f}/s, "
                    f"first page {first:.3f} s, {one.octets / len(found):.0f} octets each"
                )


def delta() -> None:
    rounds = 60
    with daemon(dict(enumerate(SIZES, 1)), fill=fill) as running:
        for user, size in enumerate(SIZES, 1):
            for name, kind in KINDS:
                writer, reader = (device(running, user, f"d{who}{kind}") for who in "wr")
                folder = writer.folders()[kind]
                reader.folders()
                held, _, _ = writer.initial(folder)
                reader.initial(folder)
                waits, cpu, idle = [], 0.0, 0.0
                for number in range(rounds):
                    item = held[number * len(held) // rounds]
                    writer.sync(folder, Element(AirSync.Commands, [changed(item, number)]))
                    before, begin = cpu_s(pid_of(running)), time.perf_counter()
                    told, _ = reader.page(folder)
                    waits.append(time.perf_counter() - begin)
                    after = cpu_s(pid_of(running))
                    assert len(told) == 1, told
                    reader.page(folder)
                    cpu, idle = cpu + after - before, idle + cpu_s(pid_of(running)) - after
                each, quiet = (spent * 1000 / rounds for spent in (cpu, idle))
                print(
                    f"{size} {name}: Sync of one changed {each:.2f} ms CPU, "
                    f"{median(waits) * 1000:.1f} ms median; nothing new {quiet:.2f} ms CPU"
                )


def changed(item: Element, number: int) -> Element:
    """Change a category of an item, as an attendee may."""
    data = item.find(AirSync.ApplicationData)
    assert data is not None
    is_event = data.has(Calendar.StartTime)
    box, child = (
        (Calendar.Categories, Calendar.Category)
        if is_event
        else (Contacts.Categories, Contacts.Category)
    )
    new = Element(box, [Element(child, f"Number {number}")])
    kept = [one for one in data if one.tag is not box]
    name = Element(AirSync.ServerId, item.value(AirSync.ServerId, ""))
    return Element(AirSync.Change, [name, Element(AirSync.ApplicationData, [*kept, new])])


def adds(count: int = 500, at_once: int = 50) -> None:
    with daemon({1: 0}) as running:
        for name, kind, make in (
            ("contacts", CONTACTS, contact_data),
            ("events", CALENDAR, event_data),
        ):
            one = device(running, 1, f"a{kind}")
            folder = one.folders()[kind]
            one.initial(folder)
            before, begin = cpu_s(pid_of(running)), time.perf_counter()
            for start in range(0, count, at_once):
                commands = [make(number) for number in range(start, start + at_once)]
                one.sync(folder, Element(AirSync.Commands, commands))
            took, cpu = time.perf_counter() - begin, cpu_s(pid_of(running)) - before
            print(
                f"a device adds {count} {name}, {at_once} at once: {count / took:.0f}/s, "
                f"{cpu * 1000 / count:.2f} ms CPU each"
            )


def contact_data(number: int) -> Element:
    return add(number, "Contacts", contact(number).encode())


def event_data(number: int) -> Element:
    alone = event(number).replace("mary@example.com", "user1@example.com")
    own = "\n".join(line for line in alone.split("\n") if not line.startswith("ATTENDEE"))
    return add(number, "Calendar", calendar([own]).encode())


def add(number: int, class_name: str, source: bytes) -> Element:
    shown = OBJECT_CLASSES[class_name].shown(item_of(source), WISH, Version.V14_1, Viewer())
    name = Element(AirSync.ClientId, f"add-{number}")
    return Element(AirSync.Add, [name, Element(AirSync.ApplicationData, shown)])


WISH = BodyOptions(preferences=(BodyPreference(type=BodyType.HTML, truncation_bytes=32_768),))


def item_of(source: bytes) -> ObjectItem:
    return ObjectItem(
        item=ItemId(1),
        folder=FolderId("8"),
        version=ItemVersion("1"),
        received=NOW,
        record=read_object(source),
    )


def rooms() -> None:
    report("Contacts", [contact(number).encode() for number in range(100)])
    report("Calendar", [calendar([event(number)]).encode() for number in range(100)])


def report(name: str, texts: Sequence[bytes]) -> None:
    """Print what each step costs for objects of one class."""
    author = Author(
        version=Version.V14_1,
        now=NOW,
        address="john@example.com",
        display_name="John",
        addresses=frozenset({"john@example.com"}),
        new_uid="new",
    )
    viewer = Viewer(address="john@example.com", addresses=author.addresses)
    kind = OBJECT_CLASSES[name]
    items = [item_of(text) for text in texts]
    stored = [to_text(one.record) for one in items]
    data = [
        Element(AirSync.ApplicationData, kind.shown(i, WISH, Version.V14_1, viewer)) for i in items
    ]
    pairs = list(zip(items, data, strict=True))
    octets = [encode(one) for one in data]

    def shown(version: Version) -> Callable[[], object]:
        return lambda: [kind.shown(one, WISH, version, viewer) for one in items]

    steps: tuple[tuple[str, Callable[[], object]], ...] = (
        ("pim read", lambda: [read_object(one) for one in texts]),
        ("pim write new", lambda: [write_object(None, i.record, now=NOW) for i in items]),
        ("pim patch", lambda: _patched(texts, items)),
        ("record to JSON", lambda: [to_text(one.record) for one in items]),
        ("record of JSON", lambda: [from_text(one) for one in stored]),
        *((f"elements {one.text}", shown(one)) for one in SHOWN),
        ("encode", lambda: [encode(one) for one in data]),
        ("decode", lambda: [decode(one) for one in octets]),
        ("added 14.1", lambda: [kind.added(one, author) for one in data]),
        ("changed 14.1", lambda: [kind.changed(i.record, d, author, Ghosts()) for i, d in pairs]),
    )
    for step, work in steps:
        print(f"{name}, {step}: {each_us(work):.1f} µs")


def _patched(texts: Sequence[bytes], items: Sequence[ObjectItem]) -> None:
    for text, one in zip(texts, items, strict=True):
        record = one.record
        if hasattr(record, "details"):
            record = replace(record, details=replace(record.details, subject="Changed"))
        else:
            record = replace(record, job_title="Changed")
        write_object(text, record, now=NOW)


def each_us(work: Callable[[], object], rounds: int = 10) -> float:
    """Give the best round's CPU time an object, in microseconds; a round has 100 of them."""
    best = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best / 100 * 1e6


def main() -> None:
    everything = {"rooms": rooms, "initial": initial, "delta": delta, "adds": adds}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help=" ".join(everything))
    chosen = parser.parse_args()
    load = os.getloadavg()[0]
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, load {load:.1f}")
    for part in chosen.parts or everything:
        everything[part]()
    sys.stdout.flush()


if __name__ == "__main__":
    main()
