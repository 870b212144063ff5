"""Measure the reading of a calendar and an address book from a real Radicale; prints, never judges.

Run: ``PYTHONPATH=src:. python tests/bench/dav.py [items] [page]``. Items come by one
sync-collection and multigets, as a first synchronisation of an account reads them, over HTTP
without TLS; Radicale has its cache, as after ordinary use. CPU is user and system time, of this
process (all threads) and of Radicale apart.
"""

import os
import platform
import sys
import time
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import react

from carbonio_mobile.dav.bodies import multiget
from carbonio_mobile.dav.collection import Collection, Kind
from carbonio_mobile.dav.hrefs import child, read_url
from carbonio_mobile.dav.multistatus import read_multistatus
from carbonio_mobile.mailbox.davclient.changes import DavChanges
from carbonio_mobile.mailbox.davclient.collections import DavCollections
from carbonio_mobile.mailbox.davclient.connection import Credentials, DavConnection
from carbonio_mobile.mailbox.davclient.discovery import discover
from carbonio_mobile.mailbox.davclient.endpoint import DavTrust
from carbonio_mobile.mailbox.davclient.items import DavItems
from carbonio_mobile.mailbox.davclient.site import DavBounds, dav_site
from tests.peers.davserver import JOHN, PASSWORD
from tests.peers.radicale import PlainRadicale

MEMORY = Path("/dev/shm") if Path("/dev/shm").is_dir() else None
"""Radicale's files are in memory: it waits for the disk with each item that it looks at anew."""

EVENT = """\
BEGIN:VEVENT
UID:event-{n}@example.com
DTSTAMP:20260101T000000Z
CREATED:20260101T000000Z
LAST-MODIFIED:20260102T000000Z
DTSTART:202601{day:02}T{hour:02}0000Z
DTEND:202601{day:02}T{hour:02}3000Z
SUMMARY:Meeting number {n} about the budget
LOCATION:Room {hour}
DESCRIPTION:{text}
ORGANIZER;CN=John:mailto:john@example.com
ATTENDEE;CN=Mary;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:mary@example.com
ATTENDEE;CN=Peter;PARTSTAT=ACCEPTED:mailto:peter@example.com
BEGIN:VALARM
ACTION:DISPLAY
DESCRIPTION:Reminder
TRIGGER:-PT15M
END:VALARM
END:VEVENT
"""
CONTACT = """\
BEGIN:VCARD
VERSION:3.0
UID:contact-{n}@example.com
FN:Johanna Halberg {n}
N:Halberg {n};Johanna;;;
ORG:Example Manufacturing S.p.A.;Sales
TITLE:Senior Engineer
TEL;TYPE=WORK:+39 0444 {n:06}
TEL;TYPE=CELL:+39 333 {n:06}
EMAIL;TYPE=WORK:johanna.halberg{n}@example.com
ADR;TYPE=WORK:;;Via Roma {n};Vicenza;VI;36100;Italy
NOTE:{text}
REV:20260102T000000Z
END:VCARD
"""
TEXT = "Nothing in particular. " * 12


def text_of(kind: Kind, n: int) -> str:
    """One item."""
    template = EVENT if kind is Kind.CALENDAR else CONTACT
    text = template.format(n=n, day=1 + n % 28, hour=8 + n % 10, text=TEXT)
    if kind is Kind.CALENDAR:
        text = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//bench//EN\n{text}END:VCALENDAR\n"
    return text


def fill(peer: PlainRadicale, kind: Kind, count: int) -> None:
    """Put items where Radicale keeps them: uploading would take minutes."""
    place = peer.place / "collections/collection-root" / JOHN / kind.name.lower()
    place.mkdir(parents=True)
    tag, suffix = ("VCALENDAR", "ics") if kind is Kind.CALENDAR else ("VADDRESSBOOK", "vcf")
    (place / ".Radicale.props").write_text(f'{{"tag": "{tag}"}}')
    for n in range(count):
        octets = text_of(kind, n).replace("\n", "\r\n").encode()
        (place / f"{n}.{suffix}").write_bytes(octets)


def cpu_of(pid: int) -> float:
    """CPU seconds of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def measure(
    connection: DavConnection, collection: Collection, page: int, peer: PlainRadicale
) -> None:
    """Read all and print what it took."""
    assert peer._program is not None
    pid = peer._program.pid
    theirs, ours, began = cpu_of(pid), time.process_time(), time.perf_counter()
    found = await DavChanges(connection, page=5000).changes(collection, "", {})
    listed_s, listed_cpu = time.perf_counter() - began, time.process_time() - ours
    items = DavItems(connection, collection, page=page)
    got = await items.read(list(found.changed))
    took, spent = time.perf_counter() - began, time.process_time() - ours
    count = len(got.items)
    assert count == len(found.changed)
    octets = sum(len(one.source) for one in got.items) / count
    print(
        f"{collection.kind.value:13} {count:6} items of {octets:5.0f} octets, page {page:4}:"
        f" {count / took:7.0f} items/s; CPU ms an item: ours {1000 * spent / count:.3f}"
        f" (sync-collection {1000 * listed_cpu / count:.3f}, {listed_s:.2f} s),"
        f" Radicale {1000 * (cpu_of(pid) - theirs) / count:.2f}"
    )
    began = time.perf_counter()
    ours = time.process_time()
    rounds = 20
    for _ in range(rounds):
        found = await DavChanges(connection, page=5000).changes(collection, found.token, {})
        assert not found.changed
    print(
        f"{'':13} nothing new: {1000 * (time.process_time() - ours) / rounds:.2f} ms CPU ours,"
        f" {1000 * (time.perf_counter() - began) / rounds:.1f} ms"
    )


async def run(reactor: Any, count: int, pages: list[int]) -> None:
    """Fill a Radicale and read it."""
    peer = PlainRadicale.started(MEMORY)
    for kind in Kind:
        fill(peer, kind, count)
    site = dav_site(read_url(peer.url), reactor=reactor, trust=DavTrust(), bounds=DavBounds())
    try:
        connection = DavConnection(site, Credentials(login=JOHN, password=PASSWORD))
        homes = await discover(connection)
        for collection in await DavCollections(connection, homes).listing():
            began = time.perf_counter()
            await DavChanges(connection, page=5000).changes(collection, "", {})
            took = time.perf_counter() - began
            print(f"{collection.kind.value:13} Radicale without its cache: {took:.1f} s")
            for page in pages:
                await measure(connection, collection, page, peer)
    finally:
        await site.stop()
        peer.remove()


def codec(page: int) -> None:
    """Measure the pure part alone: a multiget's body made, its answer read."""
    base = read_url("https://dav.example.com/john/calendar/")
    urls = [child(base, f"{n}.ics") for n in range(page)]
    text = text_of(Kind.CALENDAR, 1)
    answer = "".join(
        f'<response><href>/john/calendar/{n}.ics</href><propstat><prop><getetag>"{n}"</getetag>'
        f"<C:calendar-data>{text}</C:calendar-data></prop>"
        "<status>HTTP/1.1 200 OK</status></propstat></response>"
        for n in range(page)
    )
    octets = (
        f'<multistatus xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">{answer}</multistatus>'
    ).encode()
    for what, function in (
        ("multiget made", lambda: multiget(Kind.CALENDAR, urls)),
        ("multistatus read", lambda: read_multistatus(octets, base)),
    ):
        best = min(timed(function) for _ in range(20))
        print(
            f"{what:17} {page} members, {len(octets)} octets: {1e6 * best / page:.1f} µs a member"
        )


def timed(function: Any) -> float:
    """CPU seconds of one call."""
    began = time.process_time()
    function()
    return time.process_time() - began


if __name__ == "__main__":
    many = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    sizes = [int(sys.argv[2])] if len(sys.argv) > 2 else [50, 100, 200]
    print(f"Python {platform.python_version()}, {os.cpu_count()} CPUs")
    codec(100)
    react(lambda reactor: Deferred.fromCoroutine(run(reactor, many, sizes)))
