"""Our IMAP client against Debian's Dovecot: every operation, every login, and its end."""

import base64
from datetime import UTC, datetime
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.ssl import Certificate, optionsForClientTLS
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from carbonio_mobile.errors import (
    Conflict,
    NotAllowed,
    NotFound,
    OverQuota,
    StoreError,
    Unavailable,
)
from carbonio_mobile.ids import AccountId
from carbonio_mobile.imap.responses import Exists, Fetch, Listed, MailboxStatus, Response
from carbonio_mobile.imap.searching import contains, either, inverted, within
from carbonio_mobile.imap.uidsets import UidSet
from carbonio_mobile.mailbox.imapclient.connection import ImapConnection
from carbonio_mobile.mailbox.imapclient.faults import LoginRefused
from carbonio_mobile.mailbox.imapclient.login import (
    Encryption,
    ImapReach,
    ImapServer,
    Login,
    PasswordLogin,
    ProxyLogin,
    TokenLogin,
)
from carbonio_mobile.mailbox.imapclient.mailboxes import Since
from carbonio_mobile.mailbox.imapclient.pool import ImapPool, PoolLimits
from carbonio_mobile.mailbox.imapclient.watch import ImapWatch, WatchLimits
from carbonio_mobile.service.tls import self_signed
from tests.peers.dovecot import (
    HOST,
    JOHN,
    MARY,
    MASTER,
    MASTER_PASSWORD,
    PASSWORD,
    Dovecot,
    requires_dovecot,
    token,
)

OWN = PasswordLogin(user=JOHN, password=PASSWORD)
ALL = UidSet.from_on(1)
MULTIPART = (
    b"Subject: Report\r\nMessage-ID: <r@example.com>\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
    b"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nGr\xc3\xbc\xc3\x9fe\r\n"
    b"--b\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
    b'Content-Disposition: attachment; filename="x.bin"\r\n\r\n'
    + base64.encodebytes(bytes(range(256)) * 800).replace(b"\n", b"\r\n")
    + b"\r\n--b--\r\n"
)


def letter(subject: str, **fields: str) -> bytes:
    """Make a short message."""
    header = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    return f"Subject: {subject}\r\n{header}\r\nHello {subject}\r\n".encode()


class DovecotCase(TestCase):
    """A Dovecot for the class; the mailboxes are new in each test."""

    timeout = 60
    dovecot: Dovecot
    store = "sdbox"

    @classmethod
    def setUpClass(cls) -> None:
        cls.dovecot = Dovecot.started(store=cls.store)
        cls.dovecot.add_user("small@example.com", quota="storage=10K")

    @classmethod
    def tearDownClass(cls) -> None:
        cls.dovecot.remove()

    async def setUp(self) -> None:
        self.opened: list[ImapConnection] = []
        self.addCleanup(lambda: Deferred.fromCoroutine(self.close()))
        connection = await self.open()
        for mailbox in await connection.mailboxes(status=False):
            if mailbox.name.startswith("shared"):
                continue
            if mailbox.name not in {"INBOX", "Sent", "Trash", "Junk", "Drafts"}:
                await connection.delete(mailbox.name)
                continue
            await connection.select(mailbox.name)
            await connection.expunge(await connection.search())
        self.connection = connection

    async def close(self) -> None:
        for connection in self.opened:
            connection.wire.abort("end of test")
            await connection.ended

    def reach(self, encryption: Encryption = Encryption.STARTTLS, **changes: Any) -> ImapReach:
        given: dict[str, Any] = {
            "host": HOST,
            "port": self.dovecot.imap_port,
            "encryption": encryption,
            "authority": str(self.dovecot.authority),
            "context": self.context(HOST),
        }
        server = ImapServer(**{**given, **changes})
        return ImapReach(server, reactor=reactor, identity=("carbonio-mobile", "test"))

    def context(self, name: str, authority: bytes = b"") -> Any:
        pem = authority or self.dovecot.authority.read_bytes()
        return optionsForClientTLS(name, Certificate.loadPEM(pem))

    async def open(self, login: Login = OWN, **changes: Any) -> ImapConnection:
        connection = await self.reach(**changes).open(login)
        self.opened.append(connection)
        return connection

    async def fill(self, count: int, mailbox: str = "INBOX") -> None:
        for number in range(count):
            await self.connection.append(mailbox, letter(f"number {number}"))

    async def fetched(self, uids: UidSet, *items: str) -> list[Fetch]:
        found: list[Fetch] = []
        await self.connection.fetch(uids, items, found.append)
        return found


@requires_dovecot
class LoginTests(DovecotCase):
    """Ways in, and how they are barred."""

    async def test_each_login(self) -> None:
        """The account's own, the two proxy forms, and a token; by STARTTLS and TLS."""

        async def fresh() -> str:
            return token(JOHN)

        proxy = ProxyLogin(user=JOHN, proxy=MASTER, password=MASTER_PASSWORD)
        master = ProxyLogin(user=JOHN, proxy=MASTER, password=MASTER_PASSWORD, separator="*")
        await self.connection.append("INBOX", letter("mine"))
        for login in (OWN, proxy, master, TokenLogin(user=JOHN, token=fresh)):
            for changes in (
                {},
                {"encryption": Encryption.WRAPPED, "port": self.dovecot.imaps_port},
            ):
                connection = await self.open(login, **changes)
                self.assertEqual(1, (await connection.select("INBOX")).exists)
                self.assertLessEqual({"CONDSTORE", "QRESYNC"}, connection.enabled)
                self.assertEqual("Dovecot", connection.server["name"])

    async def test_refused_logins(self) -> None:
        """A wrong password, an unknown user, a token of nobody; none of them is in the text."""

        async def bad() -> str:
            return "notatoken"

        for login in (
            PasswordLogin(user=JOHN, password="wrongword"),
            PasswordLogin(user="nobody@example.com", password="wrongword"),
            ProxyLogin(user=JOHN, proxy=MASTER, password="wrongword"),
            TokenLogin(user=JOHN, token=bad),
        ):
            with self.assertRaises(LoginRefused) as caught:
                await self.open(login)
            self.assertNotIn("wrongword", str(caught.exception))

    async def test_certificates(self) -> None:
        """A name that is not in it, an authority that did not sign it: both are said."""
        other, _ = self_signed(["localhost"], now=datetime.now(UTC))
        for changes, said in (
            ({"host": "localhost", "context": self.context("mail.example.com")}, "other names"),
            ({"context": self.context(HOST, other)}, "not vouched for by"),
        ):
            for wrapped in (
                {},
                {"encryption": Encryption.WRAPPED, "port": self.dovecot.imaps_port},
            ):
                with self.assertRaises(Unavailable) as caught:
                    await self.open(**changes, **wrapped)
                self.assertIn(said, str(caught.exception))
                self.assertIn(str(self.dovecot.authority), str(caught.exception))

    async def test_a_port_that_nobody_has(self) -> None:
        """Unreachable, soon."""
        with self.assertRaises(Unavailable):
            await self.open(port=1)

    async def test_a_restart(self) -> None:
        """The connection ends, and a new one is to be had."""
        await deferToThread(self.dovecot.restart)
        await self.connection.ended
        with self.assertRaises(Unavailable):
            await self.connection.probe()
        await (await self.open()).probe()

    async def test_a_stopped_server_does_not_hold_up(self) -> None:
        """Neither while connecting nor while waiting for an answer."""
        await deferToThread(self.dovecot.kill)
        try:
            with self.assertRaises(Unavailable):
                await self.open()
            with self.assertRaises(Unavailable):
                await self.connection.probe()
        finally:
            await deferToThread(self.dovecot.start)

    async def test_a_pool(self) -> None:
        """Two hundred requests of two accounts over at most six connections, none lost."""
        logins = {AccountId("j"): OWN, AccountId("m"): PasswordLogin(user=MARY, password=PASSWORD)}
        reach = self.reach()
        pool = ImapPool(
            reach=lambda account: reach.open(logins[account]),
            clock=reactor,
            chance=lambda: 0.5,
            limits=PoolLimits(connections=6),
        )
        self.addCleanup(lambda: Deferred.fromCoroutine(pool.stop()))
        most = 0

        async def ask(account: AccountId) -> int:
            nonlocal most
            async with pool.lent(account, "Sent") as connection:
                most = max(most, pool.count)
                if connection.selected is None:
                    await connection.select("Sent")
                return (await connection.status("INBOX")).numbers["MESSAGES"]

        asking = [Deferred.fromCoroutine(ask(one)) for one in list(logins) * 100]
        results = await DeferredList(asking, consumeErrors=True)
        self.assertEqual({(True, 0)}, set(results))
        self.assertLessEqual(most, 6)


@requires_dovecot
class OperationTests(DovecotCase):
    """Each operation once, and what it gives."""

    async def test_messages_octet_for_octet(self) -> None:
        """All of FETCH; a large message comes as it went, and in parts."""
        gone = await self.connection.append(
            "INBOX", MULTIPART, flags=("\\Seen", "$Label"), date=1_000_000_000.0
        )
        assert gone is not None
        chosen = await self.connection.select("INBOX")
        self.assertEqual((gone.validity, 1), (chosen.validity, chosen.exists))
        items = ("FLAGS", "INTERNALDATE", "MODSEQ", "RFC822.SIZE", "BODYSTRUCTURE", "BODY.PEEK[]",
                 "BODY.PEEK[HEADER]", "BODY.PEEK[2]<10.20>", "BODY.PEEK[9]", "PREVIEW")  # fmt: skip
        (fetch,) = await self.fetched(gone.uids, *items)
        self.assertEqual((), fetch.faults)
        self.assertEqual({"\\Seen", "$Label"}, set(fetch.flags or ()) - {"\\Recent"})
        self.assertEqual((1_000_000_000.0, len(MULTIPART)), (fetch.date, fetch.size))
        self.assertEqual(MULTIPART, fetch.sections["BODY[]"])
        self.assertTrue(MULTIPART.startswith(fetch.sections["BODY[HEADER]"] or b"-"))
        self.assertEqual(20, len(fetch.sections["BODY[2]<10>"] or b""))
        self.assertIn(fetch.sections["BODY[9]"], (None, b""))
        self.assertEqual("Grüße".encode(), fetch.preview)
        assert fetch.structure is not None
        text, file = fetch.structure.parts
        self.assertEqual(("1", "text/plain", {"charset": b"utf-8"}),
                         (text.section, text.content_type, text.parameters))  # fmt: skip
        self.assertEqual(("2", "attachment", {"filename": b"x.bin"}),
                         (file.section, file.disposition, file.disposition_parameters))  # fmt: skip

    async def test_a_slow_consumer(self) -> None:
        """Twenty large messages, each looked at for a while: all come, in order."""
        for _ in range(20):
            await self.connection.append("INBOX", MULTIPART)
        await self.connection.select("INBOX")
        seen: list[int] = []

        async def on_message(fetch: Fetch) -> None:
            await deferLater(reactor, 0.01)
            self.assertEqual(MULTIPART, fetch.sections["BODY[]"])
            seen.append(fetch.uid)

        await self.connection.fetch(ALL, ("BODY.PEEK[]",), on_message)
        self.assertEqual(sorted(seen), seen)
        self.assertEqual(20, len(seen))

    async def test_pipelined(self) -> None:
        """Fetches and searches side by side: each gets its own."""
        await self.fill(30)
        await self.connection.select("INBOX")
        uids = list(await self.connection.search())
        fetching = [
            Deferred.fromCoroutine(self.fetched(UidSet.of([uid]), "BODY.PEEK[HEADER]"))
            for uid in uids
        ]
        searching = [
            Deferred.fromCoroutine(self.connection.search(contains("SUBJECT", f"number {n}")))
            for n in range(30)
        ]
        for number, ((_, found), (_, uid)) in enumerate(
            zip(await DeferredList(fetching), await DeferredList(searching), strict=True)
        ):
            (fetch,) = found  # type: ignore[misc]  # a list
            self.assertEqual(uids[number], fetch.uid)
            self.assertIn(f"number {number}\r\n".encode(), fetch.sections["BODY[HEADER]"])
            self.assertIn(uids[number], uid)

    async def test_searches(self) -> None:
        """Words, headers, criteria together, UTF-8."""
        await self.connection.append("INBOX", letter("one", Message_ID="<1@x>"))
        await self.connection.append("INBOX", letter("two Grüße"))
        await self.connection.append("INBOX", letter("three"), flags=("\\Flagged",))
        await self.connection.select("INBOX")
        one, two, three = await self.connection.search()
        for criteria, uids in (
            (contains("TEXT", "grüße"), [two]),
            (contains("BODY", "hello"), [one, two, three]),
            (contains("SUBJECT", 'no "such" \\one'), []),
            (either(contains("SUBJECT", "one"), (b"FLAGGED",)), [one, three]),
            (either(contains("SUBJECT", "grüße"), contains("SUBJECT", "one")), [one, two]),
            (inverted(contains("SUBJECT", "t")), [one]),
            ((*within(UidSet.of([one, three])), b"UNFLAGGED"), [one]),
        ):
            self.assertEqual(uids, list(await self.connection.search(criteria)), criteria)
        self.assertEqual([one], list(await self.connection.find_message_id("<1@x>")))

    async def test_flags(self) -> None:
        """Set, added, taken away; not where they changed since."""
        await self.fill(2)
        await self.connection.select("INBOX")
        uids = await self.connection.search()
        before = (await self.fetched(uids, "FLAGS", "MODSEQ"))[0].modseq
        self.assertEqual(0, len(await self.connection.store(uids, "+", ("\\Seen", "$Red"))))
        await self.connection.store(uids, "-", ("\\Seen",))
        first = UidSet.of([min(uids)])
        left = await self.connection.store(first, "", ("\\Flagged",), unchanged_since=before)
        self.assertEqual(first, left)
        for fetch in await self.fetched(uids, "FLAGS"):
            self.assertEqual({"$Red"}, set(fetch.flags or ()) - {"\\Recent"})

    async def test_moving(self) -> None:
        """By MOVE and without it: the same messages, the same ids told; others stay."""
        await self.connection.create("Entwürfe & Ähnliches")
        for moves in (True, False):
            if not moves:
                self.connection.capabilities -= {"MOVE"}
            await self.fill(3)
            await self.connection.select("INBOX")
            stays, *go = await self.connection.search()
            # Marked deleted by another client: it must not go with them.
            await self.connection.store(UidSet.of([stays]), "+", ("\\Deleted",))
            moved = await self.connection.move(UidSet.of(go), "Entwürfe & Ähnliches")
            assert moved.uids is not None
            self.assertEqual(set(go), set(moved.uids))
            self.assertEqual([stays], list(await self.connection.search()))
            chosen = await self.connection.select("Entwürfe & Ähnliches")
            self.assertEqual(chosen.validity, moved.validity)
            self.assertEqual(list(moved.uids.values()), list(await self.connection.search()))
            await self.connection.expunge(await self.connection.search())
            await self.connection.select("INBOX")
            await self.connection.expunge(UidSet.of([stays]))

    async def test_moving_what_is_gone(self) -> None:
        """Nothing happens, and the caller sees that."""
        await self.connection.select("INBOX")
        for moves in (True, False):
            if not moves:
                self.connection.capabilities -= {"MOVE"}
            moved = await self.connection.move(UidSet.of([99_999]), "Trash")
            self.assertEqual({}, moved.uids)
        with self.assertRaises(NotFound):
            await self.fill(1)
            await self.connection.move(await self.connection.search(), "No such mailbox")

    async def test_mailboxes(self) -> None:
        """Made, listed with uses and numbers, renamed, deleted; with and without LIST-STATUS."""
        await self.connection.create("Projekte/Kälte")
        await self.fill(2, "Projekte/Kälte")
        with self.assertRaises(Conflict):
            await self.connection.create("Projekte/Kälte")
        for reduced in (False, True):
            if reduced:
                self.connection.capabilities -= {"LIST-STATUS", "LIST-EXTENDED"}
            listed = {one.name: one for one in await self.connection.mailboxes()}
            self.assertIn("\\sent", listed["Sent"].attributes)
            status = listed["Projekte/Kälte"].status
            assert status is not None
            self.assertEqual(2, status.numbers["MESSAGES"])
            self.assertIn("HIGHESTMODSEQ", status.numbers)
        await self.connection.rename("Projekte/Kälte", "Wärme")
        self.assertEqual(2, (await self.connection.status("Wärme")).numbers["MESSAGES"])
        await self.connection.select("Wärme")
        await self.connection.delete("Wärme")
        for doing in (
            self.connection.delete("Wärme"),
            self.connection.status("Wärme"),
            self.connection.select("Wärme"),
            self.connection.append("Wärme", letter("x")),
        ):
            with self.assertRaises(NotFound):
                await doing

    async def test_quota_and_rights(self) -> None:
        """GETQUOTAROOT, MYRIGHTS, NAMESPACE; a full mailbox."""
        (quota,) = await self.connection.quota("INBOX")
        self.assertEqual(100 * 1024, quota.resources["STORAGE"][1])
        self.assertLessEqual(set("lrswi"), await self.connection.my_rights("INBOX") or set())
        found = await self.connection.namespaces()
        self.assertEqual(((b"", "/"),), found.personal)
        small = await self.open(PasswordLogin(user="small@example.com", password=PASSWORD))
        with self.assertRaises(OverQuota):
            await small.append("INBOX", MULTIPART)
        await small.append("INBOX", letter("fits"))

    async def test_a_shared_mailbox(self) -> None:
        """Read only where the rights are: seen, not written."""
        owner = await self.open(PasswordLogin(user=MARY, password=PASSWORD))
        await owner.append("INBOX", letter("hers"))
        await owner.run("SETACL", owner.name("INBOX"), owner.name(JOHN), b"lr")
        shared = f"shared/{MARY}"
        reader = await self.open()
        self.assertIn(shared, [one.name for one in await reader.mailboxes()])
        self.assertEqual(set("lr"), await reader.my_rights(shared))
        self.assertTrue((await reader.select(shared)).read_only)
        with self.assertRaises(NotAllowed):
            await reader.append(shared, letter("mine"))

    async def test_what_changed_since(self) -> None:
        """QRESYNC: what came, changed and went, by SELECT and by FETCH; in O(changes)."""
        await self.fill(5)
        known = await self.connection.select("INBOX")
        uids = list(await self.connection.search())
        other = await self.open()
        await other.select("INBOX")
        await other.expunge(UidSet.of([uids[1]]))
        await other.store(UidSet.of([uids[2]]), "+", ("\\Seen",))
        await other.append("INBOX", letter("new"))
        changed: list[Fetch] = []
        third = await self.open()
        since = Since(validity=known.validity, modseq=known.modseq, known=UidSet.of(uids))
        chosen = await third.select("INBOX", since=since, on_change=changed.append)
        self.assertEqual([uids[1]], [uid for one in chosen.vanished or () for uid in one])
        self.assertEqual([uids[2], max(uids) + 1], [one.uid for one in changed])
        self.assertGreater(chosen.modseq, known.modseq)
        gone: list[UidSet] = []
        changed.clear()
        await third.fetch(
            ALL, ("FLAGS",), changed.append, changed_since=known.modseq, on_vanished=gone.append
        )
        self.assertIn(uids[1], [uid for one in gone for uid in one])
        self.assertEqual([uids[2], max(uids) + 1], [one.uid for one in changed])
        stale = Since(validity=known.validity + 1, modseq=known.modseq)
        self.assertIsNone((await third.select("INBOX", since=stale)).vanished)

    async def news(self, heard: list[Response], kind: type, count: int = 1) -> list[Any]:
        """Wait for responses of a kind."""
        while len(found := [one for one in heard if isinstance(one, kind)]) < count:
            await deferLater(reactor, 0.02)
        return found

    async def test_idle(self) -> None:
        """A delivery is told; the connection goes on afterwards, and again."""
        heard: list[Response] = []
        self.connection.listen(heard.append)
        await self.connection.select("INBOX")
        for count in (1, 2):
            idle = await self.connection.idle()
            await deferToThread(self.dovecot.deliver, letter("new"))
            await self.news(heard, Exists, count)
            await idle.stop()
            self.assertEqual(count, len(await self.connection.search()))

    async def test_notify(self) -> None:
        """One connection hears of deliveries, flags and new mailboxes everywhere."""
        await self.connection.create("Projekte")
        heard: list[Response] = []
        self.connection.listen(heard.append)
        await self.connection.unselect()
        self.assertTrue(await self.connection.notify())
        other = await self.open()
        await deferToThread(self.dovecot.deliver, letter("new"))
        await other.append("Projekte", letter("there"))
        names = set()
        while not {b"INBOX", b"Projekte"} <= names:
            await deferLater(reactor, 0.02)
            names = {one.wire for one in heard if isinstance(one, MailboxStatus)}
        heard.clear()
        await other.select("Projekte")
        await other.store(await other.search(), "+", ("\\Seen",))
        await self.news(heard, MailboxStatus)
        heard.clear()
        await other.create("Neu")
        await self.news(heard, Listed)
        self.assertTrue(await self.connection.notify(["INBOX", "Projekte"]))
        await self.connection.notify_nothing()

    async def test_watches(self) -> None:
        """By NOTIFY, and by IDLE with rounds: a delivery and a message elsewhere are heard of."""
        for lacks in (set(), {"NOTIFY"}):
            connection = await self.open()
            connection.capabilities -= lacks
            changed: list[str | None] = []
            watch = ImapWatch(
                connection,
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
            await deferToThread(self.dovecot.deliver, letter("new"))
            await self.connection.append("Sent", letter("sent"))
            while not {"INBOX", "Sent"} <= set(changed):
                await deferLater(reactor, 0.02)
            watch.stop()
            await watching
            await connection.select("INBOX")

    async def test_a_command_that_is_given_up(self) -> None:
        """The connection ends; nobody else's answer is touched."""
        for _ in range(5):
            await self.connection.append("INBOX", MULTIPART)
        await self.connection.select("INBOX")
        fetching = Deferred.fromCoroutine(
            self.connection.fetch(ALL, ("BODY.PEEK[]",), lambda _: None)
        )
        fetching.cancel()
        with self.assertRaises(StoreError):
            await fetching
        await self.connection.ended


@requires_dovecot
class MaildirTests(OperationTests):
    """The same on Maildir, the other store that people have."""

    store = "maildir"
