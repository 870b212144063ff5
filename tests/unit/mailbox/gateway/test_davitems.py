"""Members read in pages, stored, deleted, moved."""

import re
from collections.abc import Callable

from twisted.trial.unittest import SynchronousTestCase

from carbonio_mobile.dav.collection import Collection, Kind
from carbonio_mobile.dav.etags import ETag
from carbonio_mobile.dav.faults import LoginRefused, TryLater, UidTaken
from carbonio_mobile.dav.hrefs import Url, read_url
from carbonio_mobile.dav.names import SYNC_REPORT
from carbonio_mobile.errors import Conflict, NotAllowed, NotFound, TooLarge, Unavailable
from carbonio_mobile.mailbox.davclient.items import DavItems, Item, Page, Stored
from carbonio_mobile.mailbox.davclient.site import DavBounds
from tests.unit.mailbox.gateway.davrig import SITE, Asked, Peer, Reply, gone, multistatus, response

CAL = Collection(url=read_url(SITE + "cal/"), kind=Kind.CALENDAR, name="x")
OTHER = Collection(url=read_url(SITE + "other/"), kind=Kind.CALENDAR, name="y")
BOOK = Collection(url=read_url(SITE + "book/"), kind=Kind.ADDRESS_BOOK, name="z")
SOURCE = b"BEGIN:VCALENDAR\r\nX:1\r\nEND:VCALENDAR\r\n"


def url(name: str) -> Url:
    return read_url(f"{SITE}cal/{name}.ics")


def urls(names: str) -> list[Url]:
    return [url(name) for name in names]


def full(path: str, *, text: str = "BEGIN:VCALENDAR\nX:1\nEND:VCALENDAR\n") -> str:
    return response(
        path, f'<D:getetag>"{path}"</D:getetag><C:calendar-data>{text}</C:calendar-data>'
    )


def item(name: str) -> Item:
    return Item(url=url(name), etag=ETag(f'"/cal/{name}.ics"'), source=SOURCE)


def multiget(asked: Asked) -> Reply:
    """Answer a multiget with all that it names."""
    hrefs = re.findall("<D:href>(.*?)</D:href>", asked.body.decode())
    return multistatus("".join(map(full, hrefs)))


def single(asked: Asked) -> Reply:
    return Reply(200, SOURCE, {"ETag": f'"{asked.path}"'})


def items(peer: Peer, collection: Collection = CAL, **more: str) -> DavItems:
    return DavItems(peer.connection(), collection, page=3, **more)


class ReadingTests(SynchronousTestCase):
    """RFC 4791 7.9, RFC 6352 8.7."""

    def test_pages(self) -> None:
        """As many at once as was said; lines end as in the file, whatever XML did to them."""
        peer = Peer(multiget)
        found = peer.run(items(peer).read(urls("abcdefg")))
        self.assertEqual(found, Page(items=tuple(map(item, "abcdefg"))))
        self.assertEqual(len(peer.asked), 3)
        self.assertEqual(peer.run(items(peer).read([])), Page())

    def test_members_that_are_gone_or_fail(self) -> None:
        """One does not hold up the others."""
        inner = (
            full("/cal/a.ics")
            + gone("/cal/b.ics")
            + response("/cal/c.ics", "<C:calendar-data/>", 404)
            + gone("/cal/d.ics", 403)
            + response("/cal/e.ics", "<C:calendar-data/>")
        )
        peer = Peer(lambda _: multistatus(inner))
        work = DavItems(peer.connection(), CAL, page=9).read(urls("abcde"))
        found = peer.run(work)
        self.assertEqual(found.items, (item("a"),))
        self.assertEqual(found.gone, (url("b"), url("c")))
        self.assertIsInstance(found.failed[0][1], NotAllowed)
        self.assertEqual([one for one, _ in found.failed], urls("de"))

    def test_members_that_are_not_mentioned(self) -> None:
        """Some servers leave out what is not there: it is asked for by itself."""

        def answer(asked: Asked) -> Reply:
            if asked.method == "REPORT":
                return multistatus(full("/cal/a.ics"))
            return single(asked) if asked.path == "/cal/b.ics" else Reply(404)

        peer = Peer(answer)
        found = peer.run(items(peer).read(urls("abc")))
        self.assertEqual((found.items, found.gone), ((item("a"), item("b")), (url("c"),)))

    def test_servers_without_multiget(self) -> None:
        """Found out once, or known from the reports that there are."""

        def answer(asked: Asked) -> Reply:
            return Reply(501) if asked.method == "REPORT" else single(asked)

        peer = Peer(answer)
        reading = items(peer)
        for _ in range(2):
            found = peer.run(reading.read(urls("abcd")))
            self.assertEqual(found.items, tuple(map(item, "abcd")))
        self.assertEqual([one.method for one in peer.asked].count("REPORT"), 1)
        told = Collection(
            url=CAL.url, kind=Kind.CALENDAR, name="x", reports=frozenset((SYNC_REPORT,))
        )
        peer = Peer(answer)
        peer.run(items(peer, told).read(urls("a")))
        self.assertEqual(peer.lines, ["GET /cal/a.ics"])

    def test_a_page_that_is_no_xml(self) -> None:
        """One control character in one event: the members are read one by one."""

        def answer(asked: Asked) -> Reply:
            if asked.method == "GET":
                return single(asked)
            return multistatus(full("/cal/a.ics", text="BEGIN:VCALENDAR\x0b"))

        peer = Peer(answer)
        found = peer.run(items(peer).read(urls("abc")))
        self.assertEqual(found.items, tuple(map(item, "abc")))

    def test_pages_that_are_too_large(self) -> None:
        """Halved until they fit; one that is too large by itself fails alone."""

        def answer(asked: Asked) -> Reply:
            hrefs = re.findall("<D:href>(.*?)</D:href>", asked.body.decode())
            large = "x" * 5000
            return multistatus("".join(
                full(one, text=large) if one == "/cal/b.ics" else full(one) for one in hrefs
            ))  # fmt: skip

        peer = Peer(answer, bounds=DavBounds(octets=1500))
        found = peer.run(items(peer).read(urls("abc")))
        self.assertEqual({one.url for one in found.items}, {url("a"), url("c")})
        ((failed, why),) = found.failed
        self.assertEqual((failed, type(why)), (url("b"), TooLarge))

    def test_what_concerns_all(self) -> None:
        """A server that is away or refuses the login, a collection that is gone."""
        for reply, kind in (
            (Reply(503), TryLater),
            (Reply(401), LoginRefused),
            (Reply(404), NotFound),
        ):
            peer = Peer(lambda _, reply=reply: reply)
            with self.assertRaises(kind):
                peer.run(items(peer).read(urls("abc")))
        peer = Peer(lambda asked: Reply(501 if asked.method == "REPORT" else 503))
        with self.assertRaises(TryLater):
            peer.run(items(peer).read(urls("abc")))
        peer = Peer(lambda asked: Reply(501 if asked.method == "REPORT" else 403))
        found = peer.run(items(peer).read(urls("ab")))
        self.assertEqual([type(why) for _, why in found.failed], [NotAllowed, NotAllowed])

    def test_contacts(self) -> None:
        """A book's report and property; a version is asked for where that was wished."""
        text = "<A:address-data>BEGIN:VCARD&#13;\nEND:VCARD</A:address-data>"
        inner = response("/book/1.vcf", text)
        peer = Peer(lambda asked: multistatus(inner) if asked.method == "REPORT" else Reply(200))
        reading = items(peer, BOOK, vcard_version="4.0")
        found = peer.run(reading.read([read_url(SITE + "book/1.vcf")]))
        self.assertEqual(found.items[0].source, b"BEGIN:VCARD\r\nEND:VCARD")
        self.assertIn(b'version="4.0"', peer.asked[0].body)
        peer.run(reading.get(read_url(SITE + "book/1.vcf")))
        self.assertEqual(peer.asked[1].headers["accept"], "text/vcard; version=4.0")

    def test_by_time(self) -> None:
        """RFC 4791 7.8: the etags of a window."""
        inner = response("/cal/", "") + response("/cal/a.ics", '<D:getetag>"1"</D:getetag>')
        peer = Peer(lambda _: multistatus(inner + gone("/cal/b.ics", 403)))
        found = peer.run(items(peer).within("VEVENT", start=0.0, end=60.0))
        self.assertEqual(found, {url("a"): '"1"'})
        self.assertEqual(peer.asked[0].headers["depth"], "1")


class StoringTests(SynchronousTestCase):
    """RFC 4791 5.3.2, with a condition on every write."""

    def test_add(self) -> None:
        """Only if there is none of that name; a strong etag says that it is stored as sent."""
        peer = Peer(lambda _: Reply(201, headers={"ETag": '"1"'}))
        found = peer.run(items(peer).add("a b.ics", SOURCE))
        self.assertEqual(found, Stored(url=url("a%20b"), etag=ETag('"1"')))
        (asked,) = peer.asked
        self.assertEqual(asked.headers["if-none-match"], "*")
        self.assertEqual(asked.headers["content-type"], "text/calendar; charset=utf-8")
        self.assertEqual(asked.body, SOURCE)

    def test_replace(self) -> None:
        """Only what is still as it was; a weak tag never matches, so it is sent as a strong one."""
        peer = Peer(lambda _: Reply(204, headers={"ETag": '"2"'}))
        peer.run(items(peer, BOOK).replace(read_url(SITE + "book/1"), b"", ETag('W/"1"')))
        self.assertEqual(peer.asked[0].headers["if-match"], '"1"')
        self.assertEqual(peer.asked[0].headers["content-type"], "text/vcard; charset=utf-8")
        self.assertEqual(peer.asked[0].headers["content-length"], "0")

    def test_servers_that_change_what_was_stored(self) -> None:
        """No etag, or a weak one: it is read again (RFC 4791 5.3.4)."""
        for headers in ({}, {"ETag": 'W/"1"'}):
            for source, changed in ((SOURCE, None), (b"other", b"other")):
                peer = Peer(
                    lambda asked, headers=headers, source=source: (
                        Reply(201, headers=headers)
                        if asked.method == "PUT"
                        else Reply(200, source, {"ETag": '"2"'})
                    )
                )
                found = peer.run(items(peer).add("a.ics", SOURCE))
                self.assertEqual(found, Stored(url=url("a"), etag=ETag('"2"'), source=changed))

    def test_servers_with_names_of_their_own(self) -> None:
        """The address in Location counts."""
        peer = Peer(lambda _: Reply(201, headers={"ETag": '"1"', "Location": "/cal/own.ics"}))
        self.assertEqual(peer.run(items(peer).add("a.ics", SOURCE)).url, url("own"))
        peer = Peer(lambda _: Reply(201, headers={"Location": "gopher://x"}))
        with self.assertRaises(Unavailable):
            peer.run(items(peer).add("a.ics", SOURCE))

    def test_refusals(self) -> None:
        """412 is a conflict, a UID that is taken one of its own kind."""
        taken = (
            b'<error xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><C:no-uid-conflict>'
            b"<href>/cal/z.ics</href></C:no-uid-conflict></error>"
        )
        peer = Peer(lambda _: Reply(412))
        with self.assertRaises(Conflict):
            peer.run(items(peer).add("a.ics", SOURCE))
        peer = Peer(lambda _: Reply(409, taken))
        with self.assertRaises(UidTaken) as caught:
            peer.run(items(peer).add("a.ics", SOURCE))
        self.assertEqual(caught.exception.url, url("z"))

    def test_sizes(self) -> None:
        """What the server said is too large is not sent."""
        small = Collection(url=CAL.url, kind=Kind.CALENDAR, name="x", size_max=10)
        peer = Peer(lambda _: Reply(201, headers={"ETag": '"1"'}))
        with self.assertRaises(TooLarge):
            peer.run(items(peer, small).add("a.ics", SOURCE))
        self.assertEqual(peer.asked, [])

    def test_delete(self) -> None:
        """With a condition, or without."""
        peer = Peer(lambda _: Reply(204))
        peer.run(items(peer).delete(url("a"), ETag('"1"')))
        peer.run(items(peer).delete(url("a"), None))
        self.assertEqual([one.headers.get("if-match") for one in peer.asked], ['"1"', None])
        for status, kind in ((404, NotFound), (412, Conflict)):
            peer = Peer(lambda _, status=status: Reply(status))
            with self.assertRaises(kind):
                peer.run(items(peer).delete(url("a"), ETag('"1"')))


class MovingTests(SynchronousTestCase):
    """RFC 4918 9.9."""

    def test_move(self) -> None:
        """To a name that is free, then what the server says of it."""
        moved = response("/other/b.ics", '<D:getetag>"9"</D:getetag>')
        peer = Peer(lambda asked: Reply(201) if asked.method == "MOVE" else multistatus(moved))
        found = peer.run(items(peer).move(url("a"), OTHER, "b.ics", expected=ETag('"1"')))
        self.assertEqual(found, Stored(url=read_url(SITE + "other/b.ics"), etag=ETag('"9"')))
        asked = peer.asked[0]
        self.assertEqual(asked.headers["destination"], SITE + "other/b.ics")
        self.assertEqual((asked.headers["overwrite"], asked.headers["if-match"]), ("F", '"1"'))
        peer = Peer(lambda _: Reply(412))
        with self.assertRaises(Conflict):
            peer.run(items(peer).move(url("a"), OTHER, "b.ics", expected=None))

    def test_servers_without_move(self) -> None:
        """Copied, then deleted in the state that was copied."""
        peer = Peer(self._without_move(Reply(204)))
        found = peer.run(items(peer).move(url("a"), OTHER, "b.ics", expected=ETag('"1"')))
        self.assertEqual(found.url, SITE + "other/b.ics")
        self.assertEqual(
            peer.lines,
            ["MOVE /cal/a.ics", "GET /cal/a.ics", "PUT /other/b.ics", "DELETE /cal/a.ics"],
        )
        self.assertEqual(peer.asked[3].headers["if-match"], '"1"')

    def test_a_copy_that_is_not_wanted(self) -> None:
        """Changed meanwhile: nothing is copied, or the copy goes again; deleted: it stays."""
        peer = Peer(self._without_move(Reply(204)))
        with self.assertRaises(Conflict):
            peer.run(items(peer).move(url("a"), OTHER, "b.ics", expected=ETag('"0"')))
        self.assertEqual(peer.lines, ["MOVE /cal/a.ics", "GET /cal/a.ics"])
        peer = Peer(self._without_move(Reply(412)))
        with self.assertRaises(Conflict):
            peer.run(items(peer).move(url("a"), OTHER, "b.ics", expected=None))
        self.assertEqual(peer.lines[-1], "DELETE /other/b.ics")
        peer = Peer(self._without_move(Reply(404)))
        peer.run(items(peer).move(url("a"), OTHER, "b.ics", expected=None))
        self.assertEqual(peer.lines[-1], "DELETE /cal/a.ics")

    @staticmethod
    def _without_move(deleted: Reply) -> Callable[[Asked], Reply]:
        def answer(asked: Asked) -> Reply:
            if asked.method == "DELETE":
                return deleted if asked.path == "/cal/a.ics" else Reply(204)
            return {
                "MOVE": Reply(405),
                "GET": Reply(200, SOURCE, {"ETag": '"1"'}),
                "PUT": Reply(201, headers={"ETag": '"2"'}),
            }[asked.method]

        return answer
