"""The doctor's findings on DAV, submission and ManageSieve, from servers that are played."""

from types import SimpleNamespace
from typing import Any

import pytest

from carbonio_mobile.dav.collection import Collection, Kind
from carbonio_mobile.dav.faults import LoginRefused as DavRefused
from carbonio_mobile.dav.hrefs import Url
from carbonio_mobile.dav.names import SYNC_REPORT
from carbonio_mobile.errors import NotAllowed, NotFound, Unavailable
from carbonio_mobile.mailbox.davclient import discovery
from carbonio_mobile.mailbox.davclient.discovery import Homes
from carbonio_mobile.mailbox.gateway.logins.keychain import Way
from carbonio_mobile.setup.doctor import away, dav, submitting
from carbonio_mobile.setup.doctor.findings import Feature, Level
from carbonio_mobile.setup.doctor.subject import Subject
from carbonio_mobile.sieve.offers import Offers
from tests.unit.setup.doctoring import JOHN, UNKNOWN, Told, clients, done


@pytest.fixture
def told() -> Told:
    """Give a report to write in."""
    return Told()


# DAV


HOME = Url("https://dav.example.com/john/")


def collection(name: str, kind: Kind = Kind.CALENDAR, *components: str, **more: Any) -> Collection:
    """Make a calendar or an address book."""
    return Collection(
        url=Url(f"{HOME}{name}/"),
        kind=kind,
        name=name,
        components=frozenset(components),
        **more,
    )


def look_at_dav(
    told: Told,
    monkeypatch: pytest.MonkeyPatch,
    collections: tuple[Collection, ...] | Exception = (),
    homes: Homes | Exception | None = None,
    subject: Subject = JOHN,
    configured: str = "",
    well_known: int | Exception = 207,
    **plan: Any,
) -> None:
    """Look at a server that is played."""
    found = homes or Homes(calendars=(HOME,), address_books=(HOME,), principal=HOME)

    async def discover(_connection: Any) -> Homes:
        if isinstance(found, Exception):
            raise found
        return found

    class Listing:
        def __init__(self, *_arguments: Any) -> None:
            """Take connection and homes."""

        async def listing(self) -> tuple[Collection, ...]:
            """List."""
            if isinstance(collections, Exception):
                raise collections
            return collections

    async def request(_method: str, url: Url, **_more: Any) -> Any:
        if isinstance(well_known, Exception):
            raise well_known
        return SimpleNamespace(status=well_known, url=Url(f"{HOME}dav/"))

    async def connect(_account: Any) -> Any:
        return SimpleNamespace(site=SimpleNamespace(url=HOME), request=request)

    monkeypatch.setattr(discovery, "discover", discover)
    monkeypatch.setattr(dav, "DavCollections", Listing)
    played_clients = clients(**plan)
    played_clients.dav_connection = connect
    settings: Any = SimpleNamespace(calendars=configured, address_books=configured)
    done(dav.look_at_dav(told.part, played_clients, settings, subject, seconds=lambda: 0.0))


def test_collections(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """What each holds, how changes are found, what may be read only; which ones phones get."""
    look_at_dav(
        told,
        monkeypatch,
        (
            collection("cal", Kind.CALENDAR, "VEVENT", "VTODO", reports=frozenset((SYNC_REPORT,))),
            collection("old", Kind.CALENDAR, "VEVENT", ctag="1", is_read_only=True),
            collection("book", Kind.ADDRESS_BOOK),
        ),
    )
    well = told.of(Level.WORKS)
    for text in (
        "the phone's calendar: dav.example.com/john/cal/",
        "the phone's contacts: dav.example.com/john/book/",
        "calendar of VEVENT, VTODO; it tells what changed (sync-collection)",
        "may be read only: changes are undone on phones; no sync-collection",
        "nothing there yet for the phone's notes",
        "sent by mail",
    ):
        assert text in well
    degraded = told.of(Level.DEGRADES)
    assert "neither sync-collection nor ctag" in degraded
    assert "cal: no multiget" in degraded
    for one in (Feature.CALENDAR, Feature.CONTACTS, Feature.TASKS, Feature.NOTES):
        assert told.has(one) is Level.WORKS


def test_a_server_of_calendars_alone(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a home for address books phones have no contacts."""
    look_at_dav(told, monkeypatch, homes=Homes(calendars=(HOME,), principal=HOME, schedules=True))
    assert "no home for address books" in told.only(Level.DEGRADES)
    assert told.has(Feature.CONTACTS) is Level.DEGRADES
    assert "calendar-auto-schedule" in told.of(Level.WORKS)


@pytest.mark.parametrize(
    ("answer", "level", "text"),
    [
        (207, Level.WORKS, "/.well-known/carddav leads to dav.example.com/john/dav/"),
        (404, Level.WORKS, "/.well-known/caldav is not there (404)"),
        (Unavailable("refers to other.example"), Level.DEGRADES, "dav.other_hosts"),
    ],
)
def test_where_strangers_are_led(
    told: Told,
    monkeypatch: pytest.MonkeyPatch,
    answer: int | Exception,
    level: Level,
    text: str,
) -> None:
    """The well-known addresses are looked at; discovery does not depend on them."""
    look_at_dav(told, monkeypatch, well_known=answer)
    assert text in told.of(level)
    assert "calendars are in" in told.of(Level.WORKS)


def test_homes_that_are_configured(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """They count where the server tells of none."""
    template = "https://dav.example.com/{local}/"
    look_at_dav(told, monkeypatch, homes=NotFound("no home"), configured=template)
    assert "calendars are in dav.example.com/john/" in told.of(Level.WORKS)
    assert "dav.calendars" in told.of(Level.WORKS)


@pytest.mark.parametrize(
    ("fault", "texts"),
    [
        (DavRefused("PROPFIND: 401"), ("the login of john@example.com is refused", "dav.user")),
        (NotFound("no WebDAV there?"), ("nothing for john@example.com", "dav.calendars")),
    ],
)
def test_dav_that_does_not_serve(
    told: Told, monkeypatch: pytest.MonkeyPatch, fault: Exception, texts: tuple[str, ...]
) -> None:
    """A refused login and a server without homes, at discovery or at the listing."""
    for where in ({"homes": fault}, {"collections": fault}):
        told.report.findings.clear()
        look_at_dav(told, monkeypatch, **where)  # type: ignore[arg-type]
        for one in texts:
            assert one in told.only(Level.FAILS)


def test_dav_without_the_password(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not tried, unless the login is one that acts for others."""
    look_at_dav(told, monkeypatch, subject=UNKNOWN)
    assert "no login tried" in told.only(Level.DEGRADES)
    told.report.findings.clear()
    look_at_dav(told, monkeypatch, subject=UNKNOWN, dav_way=Way.MASTER)
    assert "no login tried" not in told.of(Level.DEGRADES)


def test_where_notes_are(told: Told) -> None:
    """In a mailbox, or nowhere; else calendars tell."""
    dav.notes_elsewhere(told.part, "journal", "")
    assert told.has(Feature.NOTES) is None
    dav.notes_elsewhere(told.part, "imap", "Notes")
    assert told.report.features[Feature.NOTES] == (Level.WORKS, "messages in the mailbox Notes")
    dav.no_dav(told.part)
    assert told.has(Feature.NOTES) is Level.WORKS
    assert told.has(Feature.TASKS) is Level.DEGRADES
    dav.notes_elsewhere(told.part, "off", "")
    assert told.has(Feature.NOTES) is Level.DEGRADES


def test_the_worst_counts(told: Told) -> None:
    """What is said later does not make up for what failed."""
    told.part.gives(Feature.LOGIN, Level.WORKS, "by the directory")
    told.part.gives(Feature.LOGIN, Level.FAILS, "not allowed")
    told.part.gives(Feature.LOGIN, Level.DEGRADES, "slowly")
    assert told.report.features[Feature.LOGIN] == (Level.FAILS, "not allowed")


# Submission


def submit(told: Told, offers: Any, subject: Subject = JOHN, **plan: Any) -> None:
    """Try a submission server that is played."""

    async def probe(_login: Any) -> Any:
        if isinstance(offers, Exception):
            raise offers
        return offers

    async def login(_account: Any) -> Any:
        return SimpleNamespace(user="john@example.com")

    played_clients = clients(**plan)
    played_clients.relay = SimpleNamespace(probe=probe)
    played_clients.keychain = SimpleNamespace(submission=login)
    trying = submitting.try_submission(told.part, played_clients, subject, seconds=lambda: 0.0)
    done(trying)


def test_submission(told: Told) -> None:
    """What the server takes is told, and what it lacks."""
    submit(told, {"SIZE": "52428800", "8BITMIME": "", "SMTPUTF8": ""})
    assert "up to 50.0 MiB" in told.of(Level.WORKS)
    assert told.of(Level.DEGRADES) == ""
    submit(told, {"SIZE": "1048576"})
    for text in ("up to 1.0 MiB", "no 8BITMIME", "no SMTPUTF8"):
        assert text in told.of(Level.DEGRADES)
    assert told.has(Feature.SENDING) is Level.WORKS


@pytest.mark.parametrize(
    ("plan", "text"),
    [
        ({}, "smtpd_sasl_type"),
        ({"submission": "service"}, "submission.password_file"),
        ({"submission": "none"}, "submission.login"),
    ],
)
def test_submission_that_is_refused(told: Told, plan: Any, text: str) -> None:
    """The remedy is for the way of logging in."""
    submit(told, Unavailable("the relay refuses this server's login"), **plan)
    assert text in told.only(Level.FAILS)
    assert told.has(Feature.SENDING) is Level.FAILS


def test_submission_without_the_password(told: Told) -> None:
    """It is not tried; a service's login needs none."""
    submit(told, {}, UNKNOWN)
    assert "no login tried" in told.only(Level.DEGRADES)
    submit(told, {"8BITMIME": "", "SMTPUTF8": ""}, UNKNOWN, submission="service")
    assert told.has(Feature.SENDING) is Level.WORKS


# Automatic replies


ALL = frozenset(("vacation", "date", "relational", "include"))


class Sieve:
    """A ManageSieve session that is played."""

    def __init__(self, extensions: frozenset[str], active: str = "", script: str = "") -> None:
        self.offers = Offers(implementation="Played", extensions=extensions)
        self.active = active
        self.text = script
        self.refuses = False
        self.is_closed = False

    async def check(self, script: str) -> bool:
        """Look at a script."""
        if self.refuses:
            raise NotAllowed("line 1: no")
        return bool(script)

    async def scripts(self) -> Any:
        """List."""
        return SimpleNamespace(names=(self.active,), active=self.active)

    async def script(self, _name: str) -> str:
        """Give the one."""
        return self.text

    def close(self) -> None:
        """Close."""
        self.is_closed = True


def try_sieve(told: Told, session: Any, subject: Subject = JOHN) -> None:
    """Try a server that is played."""

    async def open_(_login: Any) -> Any:
        if isinstance(session, Exception):
            raise session
        return session

    async def login(_account: Any) -> None:
        """Log in."""

    played_clients = clients()
    played_clients.sieve = SimpleNamespace(open=open_)
    played_clients.keychain = SimpleNamespace(sieve=login)
    done(away.try_sieve(told.part, played_clients, subject))


@pytest.mark.parametrize(
    ("extensions", "active", "script", "level", "text"),
    [
        (ALL, "", "", Level.WORKS, "the server takes a script"),
        (ALL, "own", "keep;", Level.WORKS, "beside the account's own script own"),
        (ALL, "own", 'vacation "x";', Level.DEGRADES, "own has vacation"),
        (ALL - {"include"}, "own", "keep;", Level.DEGRADES, "sieve_extensions"),
        (ALL - {"vacation"}, "", "", Level.FAILS, "no vacation"),
        (ALL - {"date"}, "", "", Level.FAILS, "no date"),
    ],
)
def test_automatic_replies(
    told: Told, extensions: frozenset[str], active: str, script: str, level: Level, text: str
) -> None:
    """They can be set, or not beside the user's own script, or not at all."""
    session = Sieve(extensions, active, script)
    try_sieve(told, session)
    assert text in told.of(level)
    assert told.has(Feature.AWAY) is level
    assert session.is_closed


def test_automatic_replies_that_are_refused(told: Told) -> None:
    """The server refuses the script, the login, or is not tried."""
    session = Sieve(ALL)
    session.refuses = True
    try_sieve(told, session)
    assert "line 1: no" in told.only(Level.FAILS)
    try_sieve(told, Unavailable("refuses the login"))
    assert "refuses the login" in told.of(Level.FAILS)
    try_sieve(told, Sieve(ALL), UNKNOWN)
    assert "no login tried" in told.of(Level.DEGRADES)
