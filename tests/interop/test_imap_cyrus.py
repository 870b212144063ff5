"""Our IMAP client against Debian's Cyrus, which does much otherwise than Dovecot: OBJECTID, no
NOTIFY, COPYUID and UIDVALIDITY of its own kind.
"""

import smtplib
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from carbonio_mobile.errors import Conflict, NotFound
from carbonio_mobile.imap.responses import Exists, Fetch, Response
from carbonio_mobile.imap.searching import contains, either, fuzzy
from carbonio_mobile.imap.uidsets import UidSet
from carbonio_mobile.mailbox.imapclient.connection import ImapConnection
from carbonio_mobile.mailbox.imapclient.faults import LoginRefused
from carbonio_mobile.mailbox.imapclient.login import (
    Encryption,
    ImapReach,
    ImapServer,
    PasswordLogin,
)
from carbonio_mobile.mailbox.imapclient.mailboxes import Since
from carbonio_mobile.mailbox.imapclient.watch import ImapWatch, WatchLimits
from tests.interop.test_imap_dovecot import MULTIPART, letter
from tests.peers.cyrusimap import CyrusImap, requires_cyrus_imap
from tests.peers.davserver import JOHN, PASSWORD

ALL = UidSet.from_on(1)
UTF8 = {"MIME_Version": "1.0", "Content_Type": "text/plain; charset=utf-8"}


@requires_cyrus_imap
class CyrusTests(TestCase):
    """Each operation once."""

    timeout = 60
    cyrus: CyrusImap

    @classmethod
    def setUpClass(cls) -> None:
        cls.cyrus = CyrusImap.started()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.cyrus.remove()

    async def setUp(self) -> None:
        self.opened: list[ImapConnection] = []
        self.addCleanup(lambda: Deferred.fromCoroutine(self.close()))
        self.connection = connection = await self.open()
        for mailbox in reversed(await connection.mailboxes(status=False)):
            if mailbox.name != "INBOX" and mailbox.is_selectable:
                await connection.delete(mailbox.name)
        await connection.select("INBOX")
        await connection.expunge(await connection.search())
        await connection.create("Sent")

    async def close(self) -> None:
        for connection in self.opened:
            connection.wire.abort("end of test")
            await connection.ended

    async def open(self, password: str = PASSWORD) -> ImapConnection:
        server = ImapServer(host="127.0.0.1", port=self.cyrus.imap_port, encryption=Encryption.OFF)
        reach = ImapReach(server, reactor=reactor, identity=("carbonio-mobile", "test"))
        connection = await reach.open(PasswordLogin(user=JOHN, password=password))
        self.opened.append(connection)
        return connection

    async def fetched(self, uids: UidSet, *items: str) -> list[Fetch]:
        found: list[Fetch] = []
        await self.connection.fetch(uids, items, found.append)
        return found

    async def test_login(self) -> None:
        """What it can is known, and switched on; a wrong password is one."""
        self.assertLessEqual({"CONDSTORE", "QRESYNC"}, self.connection.enabled)
        self.assertIn("Cyrus", self.connection.server["name"])
        with self.assertRaises(LoginRefused):
            await self.open("wrong")

    async def test_messages_octet_for_octet(self) -> None:
        """All of FETCH, OBJECTID too: the same id wherever the message goes."""
        gone = await self.connection.append(
            "INBOX", MULTIPART, flags=("\\Seen", "$Label"), date=1_000_000_000.0
        )
        assert gone is not None
        await self.connection.select("INBOX")
        items = ("FLAGS", "INTERNALDATE", "MODSEQ", "RFC822.SIZE", "BODYSTRUCTURE", "BODY.PEEK[]",
                 "BODY.PEEK[HEADER.FIELDS (Subject Message-ID)]", "BODY.PEEK[2]<10.20>", "PREVIEW",
                 "EMAILID", "THREADID")  # fmt: skip
        (fetch,) = await self.fetched(gone.uids, *items)
        self.assertEqual((), fetch.faults)
        self.assertEqual({"\\Seen", "$Label"}, set(fetch.flags or ()) - {"\\Recent"})
        self.assertEqual((1_000_000_000.0, len(MULTIPART)), (fetch.date, fetch.size))
        self.assertEqual(MULTIPART, fetch.sections["BODY[]"])
        self.assertEqual(20, len(fetch.sections["BODY[2]<10>"] or b""))
        fields = fetch.sections["BODY[HEADER.FIELDS (SUBJECT MESSAGE-ID)]"]
        self.assertIn(b"<r@example.com>", fields or b"")
        assert fetch.structure is not None
        self.assertEqual(["", "1", "2"], [part.section for part in fetch.structure.walk()])
        self.assertTrue(fetch.email_id)
        await self.connection.move(gone.uids, "Sent")
        await self.connection.select("Sent")
        (moved,) = await self.fetched(ALL, "EMAILID")
        self.assertEqual(fetch.email_id, moved.email_id)

    async def test_moving(self) -> None:
        """By MOVE and without it; of what is gone, nothing."""
        await self.connection.create("Entwürfe & Ähnliches")
        for moves in (True, False):
            if not moves:
                self.connection.capabilities -= {"MOVE"}
            for number in range(3):
                await self.connection.append("INBOX", letter(f"number {number}"))
            await self.connection.select("INBOX")
            stays, *go = await self.connection.search()
            await self.connection.store(UidSet.of([stays]), "+", ("\\Deleted",))
            moved = await self.connection.move(UidSet.of(go), "Entwürfe & Ähnliches")
            self.assertEqual(set(go), set(moved.uids or ()))
            self.assertEqual([stays], list(await self.connection.search()))
            again = await self.connection.move(UidSet.of(go), "Sent")
            self.assertEqual({}, again.uids)
            with self.assertRaises(NotFound):
                await self.connection.copy(UidSet.of([stays]), "No such mailbox")
            await self.connection.expunge(UidSet.of([stays]))

    async def test_searches_and_flags(self) -> None:
        """UTF-8, FUZZY, criteria together; a flag that lost a race."""
        await self.connection.append("INBOX", letter("one", Message_ID="<1@x>"))
        await self.connection.append("INBOX", letter("two", **UTF8) + "Grüße".encode())
        await self.connection.select("INBOX")
        one, two = await self.connection.search()
        for criteria, uids in (
            (contains("TEXT", "grüße"), [two]),
            (either(contains("BODY", "grüße"), contains("SUBJECT", "one")), [one, two]),
            (contains("SUBJECT", "nothing"), []),
            # Taken, but without a search index nothing is found by it.
            (fuzzy(contains("SUBJECT", "one")), []),
        ):
            self.assertEqual(uids, list(await self.connection.search(criteria)), criteria)
        self.assertEqual([one], list(await self.connection.find_message_id("<1@x>")))
        before = (await self.fetched(UidSet.of([one]), "MODSEQ"))[0].modseq
        await self.connection.store(UidSet.of([one]), "+", ("\\Seen",))
        left = await self.connection.store(
            UidSet.of([one]), "+", ("\\Flagged",), unchanged_since=before
        )
        self.assertEqual([one], list(left))

    async def test_mailboxes(self) -> None:
        """Made, listed with their numbers, renamed (the id stays), deleted."""
        await self.connection.create("Projekte/Kälte")
        await self.connection.append("Projekte/Kälte", letter("x"))
        with self.assertRaises(Conflict):
            await self.connection.create("Projekte/Kälte")
        for reduced in (False, True):
            if reduced:
                self.connection.capabilities -= {"LIST-STATUS", "LIST-EXTENDED"}
            listed = {one.name: one for one in await self.connection.mailboxes()}
            status = listed["Projekte/Kälte"].status
            assert status is not None
            self.assertEqual(1, status.numbers["MESSAGES"])
        before = await self.connection.select("Projekte/Kälte")
        self.assertTrue(before.mailbox_id)
        await self.connection.unselect()
        await self.connection.rename("Projekte/Kälte", "Wärme")
        chosen = await self.connection.select("Wärme")
        self.assertEqual(before.mailbox_id, chosen.mailbox_id)
        await self.connection.delete("Wärme")
        with self.assertRaises(NotFound):
            await self.connection.status("Wärme")
        self.assertLessEqual(set("lrswi"), await self.connection.my_rights("INBOX") or set())
        self.assertTrue((await self.connection.namespaces()).personal)
        await self.connection.quota("INBOX")

    async def test_what_changed_since(self) -> None:
        """QRESYNC: what came, changed and went."""
        for number in range(5):
            await self.connection.append("INBOX", letter(f"number {number}"))
        known = await self.connection.select("INBOX")
        uids = list(await self.connection.search())
        other = await self.open()
        await other.select("INBOX")
        await other.expunge(UidSet.of([uids[1]]))
        await other.store(UidSet.of([uids[2]]), "+", ("\\Seen",))
        await other.append("INBOX", letter("new"))
        for remembered in (UidSet.of(uids), None):
            changed: list[Fetch] = []
            third = await self.open()
            since = Since(validity=known.validity, modseq=known.modseq, known=remembered)
            chosen = await third.select("INBOX", since=since, on_change=changed.append)
            gone = UidSet.joined(chosen.vanished or ())
            self.assertEqual([uids[1]], [uid for uid in uids if uid in gone])
            self.assertEqual([uids[2], max(uids) + 1], [one.uid for one in changed])

    async def deliver(self) -> None:
        """Deliver a message by LMTP."""

        def send() -> None:
            with smtplib.LMTP("127.0.0.1", self.cyrus.lmtp_port, timeout=20) as client:
                client.sendmail("x@example.com", [JOHN], letter("new"))

        await deferToThread(send)

    async def test_idle(self) -> None:
        """A delivery is told."""
        heard: list[Response] = []
        self.connection.listen(heard.append)
        await self.connection.select("INBOX")
        idle = await self.connection.idle()
        await self.deliver()
        await self.until(lambda: any(isinstance(one, Exists) for one in heard))
        await idle.stop()
        self.assertEqual(1, len(await self.connection.search()))

    async def test_a_watch(self) -> None:
        """By IDLE and rounds of STATUS: Cyrus 3.6 has no NOTIFY."""
        self.assertFalse(await self.connection.notify())
        changed: list[str | None] = []
        watch = ImapWatch(
            await self.open(),
            ["INBOX", "Sent"],
            on_change=changed.append,
            clock=reactor,
            chance=lambda: 0.5,
            limits=WatchLimits(round_s=0.5),
        )
        watching = Deferred.fromCoroutine(watch.run())
        await deferLater(reactor, 0.3)
        self.assertEqual({None, "INBOX", "Sent"}, set(changed))  # once when it has begun
        changed.clear()
        await self.deliver()
        await self.connection.append("Sent", letter("sent"))
        await self.until(lambda: {"INBOX", "Sent"} <= set(changed))
        watch.stop()
        await watching

    async def until(self, look: Any) -> None:
        """Wait until it is so."""
        while not look():
            await deferLater(reactor, 0.02)
