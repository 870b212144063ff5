"""The client's whole self-test against a daemon in front of real mail servers."""

import json
import os
import sys
from collections.abc import Callable, Collection
from typing import Any, ClassVar

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.utils import getProcessOutputAndValue
from twisted.trial.unittest import TestCase

from carbonio_mobile.eas.version import OFFERED
from tests.peers.cyrusimap import requires_cyrus_imap
from tests.peers.cyruswhole import CyrusClassic, CyrusWhole
from tests.peers.davserver import DavServer
from tests.peers.dovecot import requires_dovecot
from tests.peers.gatewaydaemon import PASSWORD, USERS, CyrusDaemon, GatewayDaemon, begin
from tests.peers.postfix import requires_postfix
from tests.peers.radicale import Radicale, requires_radicale
from tests.peers.xandikos import Xandikos, requires_xandikos

VERSIONS = [version.text for version in OFFERED]


class GatewaySelftest(TestCase):
    """The accounts are those of the mail server: nothing is made for them here."""

    timeout = 240
    maxDiff = None
    kind: ClassVar[type[GatewayDaemon]] = GatewayDaemon
    dav: ClassVar[type[DavServer]]
    notes = ""
    servers: ClassVar[GatewayDaemon]

    @classmethod
    def setUpClass(cls) -> None:
        cls.servers = cls.kind.started(cls.dav)

    @classmethod
    def tearDownClass(cls) -> None:
        cls.servers.remove()

    async def begin(self) -> None:
        """Start the daemon; the test's end stops it."""
        daemon, self.url = await begin(self.servers.configured(notes=self.notes))
        self.addCleanup(lambda: Deferred.fromCoroutine(daemon.end()))

    async def client(self, *words: str, user: str = USERS[0]) -> tuple[int, Any]:
        """Run the client; gives its exit status and what it printed as JSON."""
        access = ["--url", self.url, "--user", user, "--password", PASSWORD]
        output, errors, status = await getProcessOutputAndValue(
            sys.executable,
            ["-m", "carbonio_mobile.client.main", *access, "--json", *words],
            env={**os.environ, "XDG_STATE_HOME": str(self.servers.place)},
        )
        self.assertTrue(output, errors.decode())
        return status, json.loads(output)

    async def works(self, *, other: str = USERS[1], lacking: Collection[str] = ()) -> None:
        """Nothing fails, nothing is refused; afterwards the mailbox is as it was.

        Only features ``lacking`` are skipped, those for which an ``other`` account is needed.
        """
        await self.begin()
        words = ("--other", other, "--other-password", PASSWORD) if other else ()
        status, report = await self.client("selftest", *words)
        found = [
            (feature["feature"], version, one)
            for feature in report["features"]
            for version, one in feature["results"].items()
        ]
        bad = [one for one in found if one[2]["outcome"] not in ("works", "absent", "skipped")]
        self.assertEqual([], bad)
        self.assertEqual(set(lacking), {one[0] for one in found if one[2]["outcome"] == "skipped"})
        self.assertEqual(0, status)
        self.assertEqual(VERSIONS, report["versions"])


@requires_postfix
@requires_dovecot
@requires_radicale
class RadicaleTests(GatewaySelftest):
    """Postfix, Dovecot and Radicale."""

    dav = Radicale

    async def test_everything_works_in_every_version(self) -> None:
        await self.works()


@requires_postfix
@requires_dovecot
@requires_cyrus_imap
@pytest.mark.long
class CyrusTests(GatewaySelftest):
    """Postfix and Cyrus, which has the calendars too, and does the scheduling."""

    kind = CyrusDaemon
    dav = CyrusWhole

    async def test_everything_works_in_every_version(self) -> None:
        await self.works()

    async def test_a_meeting_of_two_phones(self) -> None:
        """RFC 6638: Cyrus brings it from one calendar to the other; nothing of it is mailed."""
        await self.begin()
        john, mary = USERS
        for user in USERS:
            await self.client("sync", user=user)
        made = ("add-event", "--subject", "Plans", "--start", "2035-01-09T10:00Z")
        _, ours = await self.client(*made, "--attendee", mary)
        theirs = await self.event(mary, lambda one: one["organizer"] == john)
        self.assertEqual(ours["start"], theirs["start"])
        await self.client("respond", theirs["id"], "accept", user=mary)
        await self.event(john, lambda one: "(accepted)" in one["attendees"])
        await self.client("move-event", ours["id"], "--start", "2035-01-10T10:00Z")
        theirs = await self.event(mary, lambda one: one["start"] > ours["start"])
        self.assertIn(mary, theirs["attendees"])
        self.assertNotIn("(accepted)", theirs["attendees"])
        await self.client("delete-event", ours["id"])
        await self.event(mary, lambda one: one["kind"] == "meeting, cancelled")
        await self.client("delete-event", theirs["id"], user=mary)
        for user in USERS:
            await self.client("sync", "Inbox", user=user)
            _, mails = await self.client("list", "Inbox", user=user)
            self.assertNotIn("Plans", str(mails))

    async def event(self, user: str, is_so: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Sync a calendar until its one event, of 2035, is so; gives it."""
        while True:
            await self.client("sync", "Calendar", user=user)
            _, events = await self.client("list", "Calendar", user=user)
            for one in events:
                if one["start"].startswith("2035") and is_so(one):
                    return dict(one)


@requires_postfix
@requires_dovecot
@requires_cyrus_imap
@pytest.mark.long
class CyrusClassicTests(GatewaySelftest):
    """Cyrus with all folders below the Inbox, notes in one of them."""

    kind = CyrusDaemon
    dav = CyrusClassic
    notes = "INBOX.Notes"

    async def test_everything_works_in_every_version(self) -> None:
        await self.works()


@requires_postfix
@requires_dovecot
@requires_xandikos
@pytest.mark.long
class XandikosTests(GatewaySelftest):
    """Postfix, Dovecot and Xandikos, which has one user here: nobody can be invited."""

    dav = Xandikos

    async def test_everything_works_in_every_version(self) -> None:
        await self.works(other="", lacking=["MeetingResponse"])
