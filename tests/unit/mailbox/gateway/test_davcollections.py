"""Calendars and address books listed, made, renamed, deleted."""

from twisted.trial.unittest import SynchronousTestCase

from carbonio_mobile.dav.collection import Collection, Kind
from carbonio_mobile.dav.hrefs import read_url
from carbonio_mobile.errors import Conflict, NotAllowed, NotFound, OverQuota, StoreError
from carbonio_mobile.mailbox.davclient.collections import DavCollections
from carbonio_mobile.mailbox.davclient.discovery import Homes
from tests.unit.dav.shapes import RADICALE, ZIMBRA
from tests.unit.mailbox.gateway.davrig import SITE, Asked, Peer, Reply, multistatus, response

HOME = read_url(SITE + "john@example.com/")
CALENDAR = (
    "<D:resourcetype><D:collection/><C:calendar/></D:resourcetype>"
    "<D:displayname>Work</D:displayname>"
)
WORK = Collection(url=read_url(HOME + "work/"), kind=Kind.CALENDAR, name="Work")


def collections(peer: Peer, **homes: tuple[str, ...]) -> DavCollections:
    found = {name: tuple(map(read_url, urls)) for name, urls in homes.items()}
    return DavCollections(peer.connection(), Homes(**{"calendars": (HOME,), **found}))


class ListingTests(SynchronousTestCase):
    """What there is."""

    def test_homes_are_listed_once(self) -> None:
        """Radicale has one home for all, Zimbra too; nothing is asked or given twice."""
        peer = Peer(lambda _: Reply(207, RADICALE))
        found = peer.run(collections(peer, address_books=(HOME,)).listing())
        self.assertEqual([one.name for one in found], ["Work & play"])
        self.assertEqual(peer.lines, ["PROPFIND /john@example.com/"])
        self.assertEqual(peer.asked[0].headers["depth"], "1")

    def test_two_homes(self) -> None:
        """Those of both, in their order."""
        peer = Peer(lambda asked: Reply(207, ZIMBRA if "dav" in asked.path else RADICALE))
        found = peer.run(collections(peer, address_books=(SITE + "dav/",)).listing())
        self.assertEqual([one.name for one in found], ["Work & play", "Tasks", "Contacts"])

    def test_a_home_that_is_missing(self) -> None:
        """Not an empty one: folders must not vanish from phones by a fault of set-up."""
        peer = Peer(lambda _: Reply(404))
        with self.assertRaises(NotFound):
            peer.run(collections(peer).listing())

    def test_one(self) -> None:
        """One described by itself; what is no such collection is not found."""
        peer = Peer(lambda _: multistatus(response("/john@example.com/work/", CALENDAR)))
        self.assertEqual(peer.run(collections(peer).describe(WORK.url)).name, "Work")
        self.assertEqual(peer.asked[0].headers["depth"], "0")
        peer = Peer(lambda _: multistatus(response("/", "<D:resourcetype/>")))
        with self.assertRaises(NotFound):
            peer.run(collections(peer).describe(WORK.url))


class MakingTests(SynchronousTestCase):
    """New ones."""

    def test_calendar(self) -> None:
        """RFC 4791 5.3.1, in the home of calendars."""
        peer = Peer(lambda _: Reply(201))
        work = collections(peer).create(
            Kind.CALENDAR, "a b", name="N", components=["VTODO"], colour="#FF0000", order=2
        )
        self.assertEqual(peer.run(work), HOME + "a%20b/")
        (asked,) = peer.asked
        self.assertEqual((asked.method, asked.path), ("MKCALENDAR", "/john@example.com/a%20b/"))
        self.assertIn(b'name="VTODO"', asked.body)
        self.assertIn(b"#FF0000", asked.body)

    def test_servers_without_mkcalendar(self) -> None:
        """RFC 5689 instead, once it is sure that there is none of that name."""

        def answer(asked: Asked) -> Reply:
            return {"MKCALENDAR": Reply(501), "PROPFIND": Reply(404)}.get(asked.method, Reply(201))

        peer = Peer(answer)
        peer.run(collections(peer).create(Kind.CALENDAR, "a", name="N", components=["VEVENT"]))
        self.assertEqual([one.method for one in peer.asked], ["MKCALENDAR", "PROPFIND", "MKCOL"])
        self.assertIn(b"calendar/>", peer.asked[-1].body)

    def test_address_book(self) -> None:
        """RFC 6352 5.2: extended MKCOL; without a home there can be none."""
        peer = Peer(lambda _: Reply(201))
        making = collections(peer, address_books=(SITE + "books/",))
        self.assertEqual(
            peer.run(making.create(Kind.ADDRESS_BOOK, "x", name="N", colour="#FF0000")),
            SITE + "books/x/",
        )
        self.assertNotIn(b"FF0000", peer.asked[0].body)
        with self.assertRaises(NotFound):
            peer.run(collections(peer).create(Kind.ADDRESS_BOOK, "x", name="N"))

    def test_what_is_there_already(self) -> None:
        """However the server says it."""
        there = multistatus(response("/john@example.com/a/", CALENDAR))
        null = b'<error xmlns="DAV:"><resource-must-be-null/></error>'
        for kind, refusal in (
            (Kind.CALENDAR, Reply(405)),
            (Kind.CALENDAR, Reply(403)),
            (Kind.CALENDAR, Reply(403, null)),
            (Kind.CALENDAR, Reply(409, null)),
            (Kind.ADDRESS_BOOK, Reply(405)),
            (Kind.ADDRESS_BOOK, Reply(403, null)),
        ):
            peer = Peer(lambda asked, no=refusal: there if asked.method == "PROPFIND" else no)
            with self.assertRaises(Conflict):
                peer.run(collections(peer, address_books=(HOME,)).create(kind, "a", name="N"))

    def test_other_refusals(self) -> None:
        """As the answer says; a part that is refused too."""
        for reply, kind in (
            (Reply(507), OverQuota),
            (Reply(403, b'<error xmlns="DAV:"><need-privileges/></error>'), NotAllowed),
            (multistatus(response("/x", "<D:displayname/>", 403)), NotAllowed),
        ):
            peer = Peer(lambda _, reply=reply: reply)
            with self.assertRaises(kind):
                peer.run(collections(peer).create(Kind.CALENDAR, "a", name="N"))


class ChangingTests(SynchronousTestCase):
    """Names, colours, the end."""

    def test_change(self) -> None:
        """RFC 4918 9.2; nothing to change asks nothing."""
        peer = Peer(lambda _: multistatus(response("/x", "<D:displayname/>")))
        peer.run(collections(peer).change(WORK))
        self.assertEqual(peer.asked, [])
        peer.run(collections(peer).change(WORK, name="New", order=0))
        self.assertEqual(peer.lines, ["PROPPATCH /john@example.com/work/"])
        self.assertIn(b"New", peer.asked[0].body)

    def test_refused_changes(self) -> None:
        """The property that was refused decides, not those that failed with it (424)."""
        inner = (
            "<D:response><D:href>/x</D:href>"
            "<D:propstat><D:prop><D:displayname/></D:prop>"
            "<D:status>HTTP/1.1 424 Failed</D:status></D:propstat>"
            "<D:propstat><D:prop><S:x/></D:prop><D:status>HTTP/1.1 403 No</D:status></D:propstat>"
            "</D:response>"
        )
        for text, kind in ((inner, NotAllowed), (inner.replace("403", "424"), StoreError)):
            peer = Peer(lambda _, text=text: multistatus(text))
            with self.assertRaises(kind):
                peer.run(collections(peer).change(WORK, name="New"))

    def test_delete(self) -> None:
        """RFC 4918 9.6; a member that could not be deleted makes it fail."""
        peer = Peer(lambda _: Reply(204))
        peer.run(collections(peer).delete(WORK.url))
        self.assertEqual(peer.lines, ["DELETE /john@example.com/work/"])
        locked = "<D:response><D:href>/x</D:href><D:status>HTTP/1.1 423 L</D:status></D:response>"
        peer = Peer(lambda _: multistatus(locked))
        with self.assertRaises(StoreError):
            peer.run(collections(peer).delete(WORK.url))
