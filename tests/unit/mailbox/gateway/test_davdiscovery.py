"""Where calendars and address books are, found as a stranger finds it."""

import pytest
from twisted.trial.unittest import SynchronousTestCase

from carbonio_mobile.dav.faults import LoginRefused, TryLater
from carbonio_mobile.errors import ConfigError, NotFound, Unavailable
from carbonio_mobile.mailbox.davclient.discovery import (
    Homes,
    configured_home,
    configured_homes,
    discover,
    find_homes,
)
from tests.unit.mailbox.gateway.davrig import SITE, Asked, Peer, Reply, multistatus, response

ME = "<D:current-user-principal><D:href>/me/</D:href></D:current-user-principal>"
CALENDARS = "<C:calendar-home-set><D:href>/me/cal</D:href></C:calendar-home-set>"
BOOKS = "<A:addressbook-home-set><D:href>/me/book/</D:href></A:addressbook-home-set>"
SCHEDULING = (
    "<C:schedule-inbox-URL><D:href>/me/in/</D:href></C:schedule-inbox-URL>"
    "<C:schedule-outbox-URL><D:href>/me/out/</D:href></C:schedule-outbox-URL>"
    "<C:calendar-user-address-set><D:href>mailto:John@Example.com</D:href>"
    "<D:href>/me/</D:href></C:calendar-user-address-set>"
)
DEFAULT = (
    "<C:schedule-default-calendar-URL><D:href>/me/cal/work</D:href>"
    "</C:schedule-default-calendar-URL>"
)


def server(pages: dict[str, Reply]) -> Peer:
    """One that has these and nothing else, by path, or by method and path."""

    def answer(asked: Asked) -> Reply:
        return pages.get(f"{asked.method} {asked.path}") or pages.get(asked.path) or Reply(404)

    return Peer(answer)


def page(path: str, properties: str) -> Reply:
    return multistatus(response(path, properties))


class DiscoveryTests(SynchronousTestCase):
    """From nothing but the name of the server."""

    def test_well_known(self) -> None:
        """RFC 6764 5: the redirect of the well-known address is followed."""
        peer = server({
            "/.well-known/caldav": Reply(301, headers={"Location": "/dav/"}),
            "/dav/": page("/dav/", ME),
            "/me/": page("/me/", CALENDARS + BOOKS + SCHEDULING),
            "/me/in/": page("/me/in/", DEFAULT),
            "OPTIONS /me/out/": Reply(200, headers={"DAV": "1, 3, calendar-auto-schedule"}),
        })  # fmt: skip
        found = peer.run(discover(peer.connection()))
        self.assertEqual(
            found,
            Homes(
                calendars=(SITE + "me/cal/",),
                address_books=(SITE + "me/book/",),
                principal=SITE + "me/",
                inbox=SITE + "me/in/",
                outbox=SITE + "me/out/",
                default_calendar=SITE + "me/cal/work/",
                addresses=("john@example.com",),
                schedules=True,
            ),
        )

    def test_no_well_known_address(self) -> None:
        """The root knows who the login is; a server without scheduling says nothing of it."""
        peer = server({"/": page("/", ME), "/me/": page("/me/", CALENDARS + BOOKS)})
        found = peer.run(discover(peer.connection()))
        self.assertEqual(found.calendars, (SITE + "me/cal/",))
        self.assertEqual((found.outbox, found.schedules, found.addresses), (None, False, ()))
        self.assertEqual(peer.lines[:2], ["PROPFIND /.well-known/caldav", "PROPFIND /"])

    def test_configured_homes_come_first(self) -> None:
        """What is configured counts; so does what else the server tells, if it tells anything."""
        wanted = configured_homes(f"{SITE}team/{{local}}/", "", "john@example.com")
        pages = {
            "/": page("/", ME),
            "/me/": page("/me/", CALENDARS + BOOKS + SCHEDULING),
            "/me/in/": page("/me/in/", DEFAULT),
            "OPTIONS /me/out/": Reply(200, headers={"DAV": "1, calendar-auto-schedule"}),
        }
        peer = server(pages)
        found = peer.run(find_homes(peer.connection(), wanted))
        self.assertEqual(found.calendars, (SITE + "team/john/",))
        self.assertEqual(found.address_books, (SITE + "me/book/",))
        self.assertTrue(found.schedules)
        silent = server({})
        self.assertEqual(silent.run(find_homes(silent.connection(), wanted)), wanted)
        with self.assertRaises(NotFound):
            silent.run(find_homes(silent.connection(), None))
        refusing = server({"/": Reply(401), "/.well-known/caldav": Reply(401)})
        with self.assertRaises(LoginRefused):
            refusing.run(find_homes(refusing.connection(), wanted))
        self.assertIsNone(configured_homes("", "", "john@example.com"))

    def test_a_configured_path_is_asked_first(self) -> None:
        """As in https://cloud.example.com/remote.php/dav/."""
        peer = server({"/dav/x/": page("/dav/x/", ME), "/me/": page("/me/", CALENDARS + BOOKS)})
        peer.run(discover(peer.connection(url=SITE + "dav/x/")))
        self.assertEqual(peer.lines, ["PROPFIND /dav/x/", "PROPFIND /me/"])

    def test_contacts_elsewhere(self) -> None:
        """Another principal for contacts, behind an address of its own; and contacts alone."""
        pages = {
            "/.well-known/caldav": page("/", ME),
            "/.well-known/carddav": page("/", ME.replace("/me/", "/also-me/")),
            "/me/": page("/me/", CALENDARS),
            "/also-me/": page("/also-me/", BOOKS),
        }
        peer = server(pages)
        found = peer.run(discover(peer.connection()))
        self.assertEqual(found.calendars, (SITE + "me/cal/",))
        self.assertEqual(found.address_books, (SITE + "me/book/",))
        self.assertEqual(found.principal, SITE + "me/")
        peer = server({**pages, "/me/": page("/me/", "")})
        found = peer.run(discover(peer.connection()))
        self.assertEqual((found.calendars, len(found.address_books)), ((), 1))

    def test_calendars_alone(self) -> None:
        """A server without contacts is no fault."""
        peer = server({"/": page("/", ME), "/me/": page("/me/", CALENDARS)})
        found = peer.run(discover(peer.connection()))
        self.assertEqual((len(found.calendars), found.address_books), (1, ()))

    def test_a_default_calendar_that_nobody_tells(self) -> None:
        """Servers without it answer its question with any refusal."""
        pages = {"/": page("/", ME), "/me/": page("/me/", CALENDARS + BOOKS + SCHEDULING)}
        for reply in (Reply(404), Reply(403), multistatus(response("/me/in/", "", 404))):
            peer = server({**pages, "/me/in/": reply})
            self.assertIsNone(peer.run(discover(peer.connection())).default_calendar)

    def test_refusals(self) -> None:
        """A wrong password ends it; no DAV at all is not found; a server that is away, away."""
        for reply, kind in (
            (Reply(401), LoginRefused),
            (Reply(404), NotFound),
            (Reply(405), NotFound),
            (Reply(200, b"<html>It works!</html>"), Unavailable),
            (Reply(503), TryLater),
            (page("/", "<D:current-user-principal><D:unauthenticated/></D:current-user-principal>"),
             NotFound),
            (multistatus(""), NotFound),
        ):  # fmt: skip
            peer = Peer(lambda _, reply=reply: reply)
            with self.assertRaises(kind):
                peer.run(discover(peer.connection()))

    def test_a_login_without_homes(self) -> None:
        """A principal that is nowhere at home is not found."""
        peer = server({"/": page("/", ME), "/me/": page("/me/", "")})
        with self.assertRaises(NotFound):
            peer.run(discover(peer.connection()))

    def test_a_well_known_address_that_leads_astray(self) -> None:
        """A redirect without encryption is not followed; the root is asked."""
        peer = server({
            "/.well-known/caldav": Reply(301, headers={"Location": "http://dav.example.com/x"}),
            "/": page("/", ME), "/me/": page("/me/", CALENDARS + BOOKS),
        })  # fmt: skip
        self.assertEqual(len(peer.run(discover(peer.connection())).calendars), 1)


@pytest.mark.parametrize(
    ("template", "url"),
    [
        ("https://h/dav/{address}", "https://h/dav/john.d@example.com/"),
        ("https://h/{domain}/{local}/", "https://h/example.com/john.d/"),
        ("https://H:443/fixed/", "https://h/fixed/"),
    ],
)
def test_templates(template: str, url: str) -> None:
    """A configured address needs no discovery."""
    assert configured_home(template, "john.d@example.com") == url


def test_names_in_templates_are_escaped() -> None:
    """A name is one segment, whatever it holds."""
    assert configured_home("https://h/{local}", "a/../b@x") == "https://h/a%2F..%2Fb/"


@pytest.mark.parametrize("template", ["https://h/{user}", "/dav/{local}", "ftp://h/"])
def test_wrong_templates(template: str) -> None:
    """The fault names the template."""
    with pytest.raises(ConfigError) as caught:
        configured_home(template, "a@b")
    assert template in str(caught.value)
