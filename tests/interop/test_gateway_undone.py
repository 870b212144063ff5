"""What a phone does in folders that it may only read is undone on it; a full mailbox says so."""

import tempfile
from pathlib import Path
from typing import Any

from twisted.internet import reactor as _reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from carbonio_mobile.client import synctrees
from carbonio_mobile.client.faults import Refused
from carbonio_mobile.client.phone import Phone
from carbonio_mobile.client.state import PhoneState
from carbonio_mobile.client.transport import HttpClient, HttpTransport, Trust, complete_url
from carbonio_mobile.eas.status import SyncStatus
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import AirSyncBase, Calendar, Email
from tests.interop.test_imap_dovecot import letter
from tests.peers.dovecot import requires_dovecot
from tests.peers.gatewaydaemon import PASSWORD, USERS, GatewayDaemon, begin
from tests.peers.postfix import Postfix, requires_postfix
from tests.peers.radicale import Radicale, requires_radicale

reactor: Any = _reactor
JOHN, MARY = USERS
EVENT = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//x//EN\r\nBEGIN:VEVENT\r\nUID:fixed\r\n"
    "DTSTAMP:20260101T000000Z\r\nDTSTART:20260105T100000Z\r\nDTEND:20260105T110000Z\r\n"
    "SUMMARY:Fixed\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
LARGE = (
    f"From: {JOHN}\r\nTo: {MARY}\r\nSubject: large\r\nMessage-ID: <large@example.com>\r\n"
    "Date: Fri, 2 Jan 2026 10:00:00 +0000\r\n\r\n" + "long words\r\n" * 5_000
).encode()


@requires_postfix
@requires_dovecot
@requires_radicale
class UndoneTests(TestCase):
    """The whole daemon on Postfix, Dovecot and Radicale, with the bundled client."""

    timeout = 120

    async def setUp(self) -> None:  # type: ignore[override]  # trial awaits it
        radicale = Radicale.started()
        radicale.add_readonly_calendar(JOHN)
        home = radicale.place / "collections/collection-root" / JOHN / "readonly"
        (home / "fixed.ics").write_text(EVENT, newline="")
        postfix = Postfix.started()
        self.servers = GatewayDaemon(postfix, radicale, Path(tempfile.mkdtemp()))
        self.addCleanup(self.servers.remove)
        file = self.servers.configured()
        text = file.read_text()
        file.write_text(text.replace("[imap]\n", '[imap]\nshared = ["shared/*"]\n'))
        daemon, url = await begin(file)
        self.addCleanup(lambda: Deferred.fromCoroutine(daemon.end()))
        self.http = HttpClient(reactor, Trust(insecure=True))
        self.addCleanup(lambda: Deferred.fromCoroutine(self.http.close()))
        state = PhoneState(device_id="undone", version="16.1", device_type="Test", user=JOHN)
        transport = HttpTransport(
            client=self.http, url=complete_url(url), login=JOHN, password=PASSWORD
        )
        self.phone = Phone(state, transport)

    def folder(self, name: str) -> str:
        return next(one.id for one in self.phone.folders.values() if one.name == name)

    def share(self, rights: str) -> None:
        """Have Mary share a folder with one letter."""
        client = self.servers.dovecot.reach(MARY)
        client.create("Garden")
        client.append("Garden", "", None, letter("hers"))  # type: ignore[arg-type]  # no date
        client.setacl("Garden", JOHN, rights)
        client.logout()

    async def test_mail(self) -> None:
        """Marked, deleted, moved in another's folder: all is as it was, and a note says why."""
        await deferToThread(self.share, "lr")
        await self.phone.folder_sync()
        garden, inbox = self.folder("Garden"), self.folder("Inbox")
        await self.phone.settle(garden)
        (item,) = self.phone.items(garden)
        await self.phone.sync(garden, synctrees.change(item, synctrees.read(True)))
        await self.phone.settle(garden)
        self.assertFalse(self.phone.items(garden)[item].read)
        await self.phone.sync(garden, synctrees.delete(item))
        await self.phone.settle(garden)
        self.assertEqual(1, len(self.phone.items(garden)))
        (item,) = self.phone.items(garden)
        with self.assertRaises(Refused):
            await self.phone.move([item], garden, inbox)
        await self.phone.settle(inbox)
        notes = [one.subject for one in self.phone.items(inbox).values()]
        self.assertEqual(["Your change in Garden was undone"], notes)

    async def test_a_calendar(self) -> None:
        """Added, changed, deleted in a calendar that may only be read."""
        await self.phone.folder_sync()
        calendar = self.folder("readonly")
        await self.phone.settle(calendar)
        (item,) = self.phone.items(calendar)
        subject = Element(Calendar.Subject, "Mine")
        times = [
            Element(Calendar.StartTime, "20260106T100000Z"),
            Element(Calendar.EndTime, "20260106T110000Z"),
        ]
        await self.phone.sync(calendar, synctrees.add("c1", subject, *times))
        await self.phone.settle(calendar)
        await self.phone.sync(calendar, synctrees.change(item, subject))
        await self.phone.settle(calendar)
        self.assertEqual(["Fixed"], [one.subject for one in self.phone.items(calendar).values()])
        await self.phone.sync(calendar, synctrees.delete(item))
        await self.phone.settle(calendar)
        self.assertEqual(["Fixed"], [one.subject for one in self.phone.items(calendar).values()])

    async def test_a_full_mailbox(self) -> None:
        """A draft that does not fit is refused; what is sent goes, once."""
        self.servers.dovecot.add_user(JOHN, quota="storage=20K")
        await deferLater(reactor, 1.5)  # Dovecot looks at its users once a second
        await self.phone.folder_sync()
        drafts = self.folder("Drafts")
        await self.phone.settle(drafts)
        text = Element(
            AirSyncBase.Body,
            [Element(AirSyncBase.Type, "1"), Element(AirSyncBase.Data, "long " * 10_000)],
        )
        result = await self.phone.sync(
            drafts, synctrees.add("c1", Element(Email.Subject, "long"), text)
        )
        self.assertEqual({"c1": int(SyncStatus.CANNOT_COMPLETE)}, result.refused)
        await self.phone.settle(drafts)
        self.assertFalse(self.phone.items(drafts))
        for _ in range(2):
            await self.phone.send(LARGE, client_id="s1")
        while not await deferToThread(self.count, MARY, "INBOX"):
            await deferLater(reactor, 0.1)
        await deferLater(reactor, 1.0)
        self.assertEqual(1, await deferToThread(self.count, MARY, "INBOX"))
        self.assertEqual(0, await deferToThread(self.count, JOHN, "Sent"))

    def count(self, user: str, place: str) -> int:
        client = self.servers.dovecot.reach(user)
        count = int(client.select(place)[1][0] or b"0")
        client.logout()
        return count
