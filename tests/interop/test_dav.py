"""The clients of CalDAV and CardDAV with real servers: Radicale, Xandikos, Cyrus."""

from collections.abc import Sequence
from typing import Any, ClassVar

from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from carbonio_mobile.dav.collection import Collection, Kind
from carbonio_mobile.dav.etags import ETag
from carbonio_mobile.dav.faults import LoginRefused, StaleToken, UidTaken
from carbonio_mobile.dav.hrefs import Url, child, read_url
from carbonio_mobile.errors import Conflict, NotFound, StoreError, Unavailable
from carbonio_mobile.mailbox.davclient.busy import busy_in, busy_people
from carbonio_mobile.mailbox.davclient.changes import DavChanges, is_current
from carbonio_mobile.mailbox.davclient.collections import DavCollections
from carbonio_mobile.mailbox.davclient.connection import Credentials, DavConnection
from carbonio_mobile.mailbox.davclient.discovery import Homes, configured_home, discover
from carbonio_mobile.mailbox.davclient.endpoint import DavTrust
from carbonio_mobile.mailbox.davclient.items import DavItems, Item
from carbonio_mobile.mailbox.davclient.site import DavBounds, DavSite, dav_site
from tests.peers.cyrus import Cyrus, requires_cyrus
from tests.peers.davserver import JOHN, MARY, PASSWORD, DavServer
from tests.peers.radicale import Radicale, requires_radicale
from tests.peers.xandikos import Xandikos, requires_xandikos

DAY = 1767225600.0
"""2026-01-01, UTC."""


def event(
    uid: str, *, summary: str = "Früh", day: int = 2, more: str = "", year: int = 2026
) -> bytes:
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//example//EN", "BEGIN:VEVENT", f"UID:{uid}",
        "DTSTAMP:20260101T000000Z", f"DTSTART:{year}01{day:02}T100000Z",
        f"DTEND:{year}01{day:02}T110000Z", f"SUMMARY:{summary}", "X-UNKNOWN;X-P=\"a;b\":kept",
        *more.splitlines(), "END:VEVENT", "END:VCALENDAR", "",
    ]  # fmt: skip
    return "\r\n".join(lines).encode()


def contact(uid: str, name: str) -> bytes:
    lines = [
        "BEGIN:VCARD", "VERSION:3.0", f"UID:{uid}", f"FN:{name}", f"N:{name};;;;",
        "X-UNKNOWN:kept", "END:VCARD", "",
    ]  # fmt: skip
    return "\r\n".join(lines).encode()


def lines_of(source: bytes) -> list[bytes]:
    return sorted(source.splitlines())


class DavMixin:
    """What every server must do with us. Each test makes collections of its own."""

    peer: ClassVar[DavServer]
    peer_class: ClassVar[type[DavServer]]
    checks_passwords = True
    expands_series = True
    has_outbox = False
    timeout = 120

    @classmethod
    def setUpClass(cls) -> None:
        cls.peer = cls.peer_class.started()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.peer.remove()

    async def setUp(self) -> None:
        self.site = self.make_site()
        self.connection = self.login(JOHN)
        self.homes = await discover(self.connection)
        self.collections = DavCollections(self.connection, self.homes)

    def make_site(self, **changed: Any) -> DavSite:
        authority = getattr(self.peer, "authority", None)
        trust = DavTrust(
            authority_pem=authority.read_bytes() if authority else b"", authority=str(authority)
        )
        parts = {"reactor": reactor, "trust": trust, "bounds": DavBounds(total_s=60.0)}
        site = dav_site(read_url(self.peer.url), **{**parts, **changed})
        self.addCleanup(self.quiet)
        self.addCleanup(lambda: Deferred.fromCoroutine(site.stop()))
        return site

    async def quiet(self) -> None:
        """Let connections come to their end."""
        await deferLater(reactor, 0.05)

    def login(self, name: str, password: str = PASSWORD) -> DavConnection:
        return DavConnection(self.site, Credentials(login=name, password=password))

    async def make(self, kind: Kind, name: str, *components: str) -> Collection:
        url = await self.collections.create(kind, name, name=name, components=components)
        return await self.collections.describe(url)

    async def calendar(self, name: str) -> tuple[Collection, DavItems]:
        made = await self.make(Kind.CALENDAR, name, "VEVENT")
        return made, DavItems(self.connection, made, page=3)

    async def raises(self, kind: type[StoreError], work: Any) -> StoreError:
        try:
            await work
        except StoreError as exc:
            self.assertIsInstance(exc, kind)
            return exc
        raise AssertionError(f"{kind.__name__} was not raised")

    async def test_discovery(self) -> None:
        """RFC 6764: from the name of the server to both homes."""
        self.assertTrue(self.homes.calendars)
        self.assertTrue(self.homes.address_books)
        self.assertTrue(self.homes.principal)
        self.assertEqual(self.homes.outbox is not None, self.has_outbox)
        self.assertEqual(self.homes.schedules, self.has_outbox)

    async def test_collections(self) -> None:
        """Made, listed, renamed, coloured, deleted; each kind and component."""
        tasks = await self.make(Kind.CALENDAR, "tasks", "VTODO")
        self.assertIn("VTODO", tasks.components)
        book = await self.make(Kind.ADDRESS_BOOK, "people")
        self.assertEqual((tasks.kind, book.kind), (Kind.CALENDAR, Kind.ADDRESS_BOOK))
        self.assertTrue(tasks.can_sync)
        self.assertTrue(tasks.can_multiget)
        for one in (tasks, book):
            self.assertFalse(one.is_read_only)
            self.assertFalse(one.is_shared)
            await self.raises(
                Conflict,
                self.collections.create(one.kind, one.name, name="again", components=["VTODO"]),
            )
            await self.collections.change(one, name="Größe <&> 1", colour="#00FF00")
        listed = {one.url: one for one in await self.collections.listing()}
        self.assertEqual(listed[tasks.url].name, "Größe <&> 1")
        self.assertEqual(listed[tasks.url].colour, "#00FF00")
        self.assertEqual(listed[book.url].name, "Größe <&> 1")
        for one in (tasks, book):
            await self.collections.delete(one.url)
            await self.raises(NotFound, self.collections.describe(one.url))
        left = {one.url for one in await self.collections.listing()}
        self.assertFalse(left & {tasks.url, book.url})

    async def test_members(self) -> None:
        """Stored, read by multiget and by GET, replaced, deleted; each with its condition."""
        _, items = await self.calendar("members")
        one = await items.add("eins zwei.ics", event("1"))
        (item,) = (await items.read([one.url])).items
        self.assertEqual(item.etag, one.etag)
        self.assertEqual(lines_of(item.source), lines_of(event("1")))
        self.assertEqual(await items.get(one.url), item)
        assert one.etag is not None
        await self.raises(Conflict, items.add("eins zwei.ics", event("1")))
        await self.raises(Conflict, items.replace(one.url, event("1"), ETag('"old"')))
        await self.raises(Conflict, items.delete(one.url, ETag('"old"')))
        two = await items.replace(one.url, event("1", summary="Spät"), one.etag)
        self.assertNotEqual(two.etag, one.etag)
        await self.raises(Conflict, items.delete(one.url, one.etag))
        await items.delete(one.url, two.etag)
        await self.raises(NotFound, items.delete(one.url, None))
        await self.raises(NotFound, items.get(one.url))
        self.assertEqual((await items.read([one.url])).gone, (one.url,))

    async def test_uids(self) -> None:
        """A second object of one UID is refused as such (RFC 4791 5.3.2.1)."""
        _, items = await self.calendar("uids")
        await items.add("a.ics", event("same"))
        await self.raises(UidTaken, items.add("b.ics", event("same")))

    async def test_contacts(self) -> None:
        """Address books the same."""
        book = await self.make(Kind.ADDRESS_BOOK, "contacts")
        items = DavItems(self.connection, book, page=10)
        stored = await items.add("c.vcf", contact("c", "Jürgen"))
        (item,) = (await items.read([stored.url])).items
        self.assertEqual(lines_of(item.source), lines_of(contact("c", "Jürgen")))
        assert stored.etag is not None
        await items.replace(stored.url, contact("c", "Else"), stored.etag)
        found = await self.changes(book, "", {stored.url: stored.etag})
        self.assertEqual(list(found.changed), [stored.url])

    async def changes(self, collection: Collection, token: str, known: Any = ()) -> Any:
        reading = DavChanges(self.connection, page=2)
        return await reading.changes(collection, token, dict(known))

    async def test_changes(self) -> None:
        """RFC 6578: all, then what changed; own changes are left out; nothing is nothing."""
        calendar, items = await self.calendar("changes")
        empty = await self.changes(calendar, "")
        self.assertEqual((dict(empty.changed), empty.gone), ({}, ()))
        stored = [await items.add(f"{n}.ics", event(str(n))) for n in range(7)]
        known = {one.url: one.etag for one in stored}
        everything = await self.changes(calendar, empty.token)
        self.assertEqual(everything.changed, known)
        fresh = await self.changes(calendar, "", {**known, child(calendar.url, "x"): None})
        self.assertEqual((dict(fresh.changed), len(fresh.gone)), ({}, 1))
        assert stored[0].etag is not None
        changed = await items.replace(stored[0].url, event("0", summary="neu"), stored[0].etag)
        await items.delete(stored[1].url, stored[1].etag)
        found = await self.changes(calendar, everything.token, known)
        self.assertEqual(found.changed, {changed.url: changed.etag})
        self.assertEqual(found.gone, (stored[1].url,))
        own = await self.changes(calendar, everything.token, {**known, changed.url: changed.etag})
        self.assertEqual(dict(own.changed), {})
        self.assertFalse(is_current(calendar, found.token))
        calendar = await self.collections.describe(calendar.url)
        self.assertTrue(is_current(calendar, found.token))
        nothing = await self.changes(calendar, found.token, known)
        self.assertEqual((dict(nothing.changed), nothing.gone), ({}, ()))

    async def test_comparison(self) -> None:
        """The same without the server's history, by ctag and etags."""
        calendar, items = await self.calendar("comparison")
        stored = [await items.add(f"{n}.ics", event(f"k{n}")) for n in range(3)]
        old = Collection(
            url=calendar.url, kind=calendar.kind, name=calendar.name, reports=frozenset()
        )
        first = await self.changes(old, "")
        self.assertEqual(first.changed, {one.url: one.etag for one in stored})
        self.assertTrue(first.token.startswith("c:"))
        again = await self.changes(old, first.token, first.changed)
        self.assertEqual((dict(again.changed), again.gone), ({}, ()))
        await items.delete(stored[0].url, None)
        found = await self.changes(old, first.token, first.changed)
        self.assertEqual((dict(found.changed), found.gone), ({}, (stored[0].url,)))
        current = await self.collections.describe(calendar.url)
        self.assertTrue(is_current(current, found.token))

    async def test_stale_tokens(self) -> None:
        """A token that the server does not know says so; all is compared then."""
        calendar, items = await self.calendar("stale")
        stored = await items.add("a.ics", event("stale"))
        for token in ("s:nonsense", "s:" + "0" * 40, "s:http://radicale.org/ns/sync/" + "0" * 64):
            await self.raises(StaleToken, self.changes(calendar, token))
        found = await self.changes(calendar, "")
        self.assertEqual(found.changed, {stored.url: stored.etag})

    async def test_pages(self) -> None:
        """Many members, at once and in pages, some of them gone."""
        calendar, items = await self.calendar("pages")
        adding = [
            Deferred.fromCoroutine(items.add(f"{n}.ics", event(f"p{n}", summary="ü" * 500)))
            for n in range(40)
        ]
        stored = await gatherResults(adding)
        wanted = [*(one.url for one in stored), child(calendar.url, "none.ics")]
        for page in (7, 100):
            found = await DavItems(self.connection, calendar, page=page).read(wanted)
            self.assertEqual({one.url for one in found.items}, {one.url for one in stored})
            self.assertEqual((found.gone, found.failed), ((wanted[-1],), ()))

    async def test_single_reads(self) -> None:
        """Members one by one, as from a server without multiget."""
        calendar, items = await self.calendar("singles")
        stored = [await items.add(f"{n}.ics", event(f"s{n}")) for n in range(3)]
        silent = Collection(
            url=calendar.url, kind=calendar.kind, name="x", reports=frozenset(("x",))
        )
        alone = await DavItems(self.connection, silent, page=2).read([one.url for one in stored])
        together = await items.read([one.url for one in stored])
        self.assertEqual(self.by_url(alone.items), self.by_url(together.items))

    @staticmethod
    def by_url(items: Sequence[Item]) -> dict[Url, Item]:
        return {one.url: one for one in items}

    async def test_windows(self) -> None:
        """RFC 4791 7.8: what happens in a range of time, recurrences too."""
        _, items = await self.calendar("windows")
        first = await items.add("1.ics", event("w1", day=2))
        second = await items.add("2.ics", event("w2", day=20))
        weekly = await items.add("3.ics", event("w3", day=6, more="RRULE:FREQ=WEEKLY"))
        day = 86_400.0
        self.assertEqual(set(await items.within("VEVENT")), {first.url, second.url, weekly.url})
        found = await items.within("VEVENT", start=DAY, end=DAY + 3 * day)
        self.assertEqual(found, {first.url: first.etag})
        found = await items.within("VEVENT", start=DAY + 19 * day)
        later = {weekly.url} if self.expands_series else set()
        self.assertEqual(set(found), {second.url, *later})
        self.assertEqual(await items.within("VTODO"), {})
        self.assertEqual(await items.series("VEVENT"), {weekly.url: weekly.etag})

    async def test_moves(self) -> None:
        """RFC 4918 9.9, or copied and deleted."""
        _, items = await self.calendar("from")
        target, there = await self.calendar("to")
        stored = await items.add("a.ics", event("m"))
        moved = await items.move(stored.url, target, "b.ics", expected=stored.etag)
        self.assertEqual(moved.url, child(target.url, "b.ics"))
        item = await there.get(moved.url)
        self.assertEqual(item.etag, moved.etag)
        self.assertEqual(lines_of(item.source), lines_of(event("m")))
        await self.raises(NotFound, items.get(stored.url))
        other = await items.add("c.ics", event("m2"))
        await self.raises(Conflict, items.move(other.url, target, "b.ics", expected=None))

    async def test_wrong_passwords(self) -> None:
        """Refused as such, with nothing of the login in the text."""
        if not self.checks_passwords:
            return
        exc = await self.raises(LoginRefused, discover(self.login(JOHN, "wrong")))
        self.assertNotIn("john", str(exc))

    async def test_restarts(self) -> None:
        """A server that is away is unavailable, and used again when it is back."""
        calendar, items = await self.calendar("restarts")
        await deferToThread(self.peer.stop)
        await self.raises(Unavailable, items.add("a.ics", event("r")))
        await deferToThread(self.peer.start)
        stored = await items.add("a.ics", event("r"))
        found = await self.changes(calendar, "")
        self.assertEqual(found.changed, {stored.url: stored.etag})


@requires_radicale
class RadicaleTests(DavMixin, TestCase):
    """By TLS, with a certificate of its own; a server of HTTP/1.0."""

    peer_class = Radicale

    async def test_certificates(self) -> None:
        """Verified: by the authority, and for the name. The text says which."""
        exc = await self.raises(
            Unavailable, discover(DavConnection(self.make_site(trust=DavTrust()), self.john()))
        )
        self.assertIn("not vouched for by the system's authorities", str(exc))
        self.assertIn("expected name: localhost", str(exc))
        site = self.make_site()
        site.url = read_url(self.peer.url.replace("localhost", "127.0.0.1"))
        exc = await self.raises(Unavailable, discover(DavConnection(site, self.john())))
        self.assertIn("for other names than 127.0.0.1", str(exc))
        self.assertIn("certificate.pem", str(exc))

    @staticmethod
    def john() -> Credentials:
        return Credentials(login=JOHN, password=PASSWORD)

    async def test_read_only(self) -> None:
        """What may only be read says so, and refuses what is tried nevertheless."""
        assert isinstance(self.peer, Radicale)
        self.peer.add_readonly_calendar(JOHN)
        listed = await self.collections.listing()
        (calendar,) = (one for one in listed if one.url.endswith("/readonly/"))
        self.assertTrue(calendar.is_read_only)
        items = DavItems(self.connection, calendar, page=10)
        await self.raises(StoreError, items.add("a.ics", event("ro")))

    async def test_template(self) -> None:
        """A configured address in place of discovery."""
        home = configured_home(self.peer.url + "{address}", JOHN)
        homes = Homes(calendars=(home,), address_books=(home,))
        found = await DavCollections(self.connection, homes).listing()
        self.assertEqual(
            {one.url for one in found}, {one.url for one in await self.collections.listing()}
        )


@requires_xandikos
class XandikosTests(DavMixin, TestCase):
    """Without passwords, without MOVE, and without a look at recurrences in queries by time."""

    peer_class = Xandikos
    checks_passwords = False
    expands_series = False

    async def test_free_busy(self) -> None:
        """RFC 4791 7.10."""
        calendar, items = await self.calendar("busy")
        await items.add("a.ics", event("b"))
        found = await busy_in(self.connection, calendar, DAY, DAY + 10 * 86_400.0)
        start = DAY + 86_400.0 + 36_000.0
        self.assertEqual([(one.start, one.end) for one in found], [(start, start + 3600.0)])


@requires_cyrus
class CyrusTests(DavMixin, TestCase):
    """With scheduling."""

    peer_class = Cyrus
    has_outbox = True

    async def test_free_busy(self) -> None:
        """RFC 4791 7.10 of a calendar, RFC 6638 5 of people."""
        calendar, items = await self.calendar("busy")
        await items.add("a.ics", event("b", day=9))
        start = DAY + 8 * 86_400.0 + 36_000.0
        busy = [(start, start + 3600.0)]
        found = await busy_in(self.connection, calendar, DAY + 8 * 86_400.0, DAY + 9 * 86_400.0)
        self.assertEqual([(one.start, one.end) for one in found], busy)
        mary = self.login(MARY)
        outbox = (await discover(mary)).outbox
        assert outbox is not None
        answers = await busy_people(
            mary, outbox, MARY, [JOHN, "nobody@example.com"], DAY + 8 * 86_400.0,
            DAY + 9 * 86_400.0, uid="ask",
        )  # fmt: skip
        john, nobody = sorted(answers, key=lambda one: one.address)
        self.assertEqual((john.address, john.status), (JOHN, "2.0"))
        assert john.periods is not None
        self.assertEqual([(one.start, one.end) for one in john.periods], busy)
        self.assertEqual((nobody.address, nobody.periods), ("nobody@example.com", None))
        self.assertNotEqual(nobody.status[0], "2")

    async def test_scheduling(self) -> None:
        """RFC 6638: an event that is stored with an attendee stands in that one's calendar."""
        mary = self.login(MARY)
        homes = await discover(mary)
        assert homes.default_calendar is not None
        before = await DavCollections(mary, homes).describe(homes.default_calendar)
        _, items = await self.calendar("meetings")
        people = (
            f"ORGANIZER:mailto:{JOHN}\nATTENDEE;PARTSTAT=ACCEPTED:mailto:{JOHN}\n"
            f"ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:{MARY}"
        )
        # In years to come: what is long over is not announced (caldav_historical_age).
        stored = await items.add("m.ics", event("meeting", more=people, year=2090))
        # The server wrote down what became of the invitation: it was read again.
        assert stored.source is not None
        self.assertIn(b"SCHEDULE-STATUS", stored.source)
        found = await DavChanges(mary, page=100).changes(before, "", {})
        there = await DavItems(mary, before, page=10).read(list(found.changed))
        self.assertTrue([one for one in there.items if b"UID:meeting" in one.source])
