"""Sending as a whole on Debian's Postfix and Dovecot: Sent copies and reports by mailboxes."""

import imaplib
import re
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from twisted.internet import reactor, tcp
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from carbonio_mobile.commands import sendmail
from carbonio_mobile.eas.version import Version
from carbonio_mobile.errors import Unavailable
from carbonio_mobile.ids import AccountId, OperationId
from carbonio_mobile.interfaces import IMailbox, IMailboxes
from carbonio_mobile.mailbox.delivery.relay import Login, RelayOptions
from carbonio_mobile.mailbox.memory import no_quota
from carbonio_mobile.mailbox.sending.making import SendingOptions, gateway_submission
from carbonio_mobile.mailbox.sending.parts import SubmissionOptions
from carbonio_mobile.mailbox.sending.sentcopies import SentSearch
from carbonio_mobile.mailbox.sending.submission import GatewaySubmission
from carbonio_mobile.mime.mailitem import BodyWish
from carbonio_mobile.service.process import ReactorOfDay
from carbonio_mobile.store.memoryintents import MemoryIntents
from carbonio_mobile.sync.changes import NEWEST, OLDEST
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.sync.intents import Intent, Progress
from carbonio_mobile.testing.contracts.mailbox_fixture import RecordingSink
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import ComposeMail
from tests.interop.test_submission import OWN, SERVICE, letter
from tests.peers import dovecot
from tests.peers.dovecot import HOST, JOHN, MARY
from tests.peers.gateway import Gateway
from tests.peers.postfix import Postfix, requires_postfix
from tests.unit.commands.calls import Rig

ACCOUNT = AccountId("john")


class Mailboxes:
    """The gateway's mailboxes, which may be away."""

    def __init__(self, mailboxes: IMailboxes) -> None:
        self.mailboxes = mailboxes
        self.is_away = False

    async def open(self, account: AccountId) -> IMailbox:
        if self.is_away:
            raise Unavailable("away")
        return await self.mailboxes.open(account)


@requires_postfix
@dovecot.requires_dovecot
class GatewaySendingTests(TestCase):
    """One Postfix with its Dovecot."""

    timeout = 90
    postfix: Postfix

    @classmethod
    def setUpClass(cls) -> None:
        cls.postfix = Postfix.started()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.postfix.remove()

    def setUp(self) -> None:
        self.name = f"{self._testMethodName}-{time.time()}"
        self.login = SERVICE
        self.intents = MemoryIntents()
        self.gateway = Gateway(
            Path(self.mktemp()),
            self.postfix.dovecot,
            user_of=lambda _: JOHN,
            sink=RecordingSink(),
            quota_of=no_quota,
            message_limit_bytes=1 << 20,
        )
        self.pool = self.gateway.pool
        self.mailboxes = Mailboxes(self.gateway.mailboxes)
        self.addCleanup(self.close)

    async def close(self) -> None:
        await self.gateway.stop()
        while any(isinstance(one, tcp.Client) for one in reactor.getReaders()):
            await deferLater(reactor, 0.01)

    def submission(self, *, delays_s: Sequence[float] = (5.0,), **more: Any) -> GatewaySubmission:
        relay = RelayOptions(
            host=HOST,
            port=self.postfix.port,
            authority_pem=self.postfix.dovecot.authority.read_bytes(),
        )
        options = SendingOptions(
            relay=relay,
            submission=SubmissionOptions(hostname="gw.example.com", delays_s=tuple(delays_s)),
            **more,
        )
        return gateway_submission(
            options,
            mailboxes=self.mailboxes,
            pool=self.pool,
            intents=self.intents,
            login_of=self.login_of,
            reactor=reactor,
            clock=ReactorOfDay(reactor),
        )

    async def login_of(self, account: AccountId) -> Login:
        return self.login

    def found(self, user: str, mailbox: str) -> list[tuple[bytes, bytes]]:
        """Give flags and source of this test's messages in a mailbox."""
        client = self.postfix.dovecot.reach(user)
        client.select(mailbox)
        numbers = client.search(None, "SUBJECT", f'"{self.name}"')[1][0].split()
        got = [client.fetch(one.decode(), "(FLAGS BODY.PEEK[])")[1] for one in numbers]
        client.logout()
        return [(each[0][0], each[0][1]) for each in got]

    async def mails(self, user: str, mailbox: str = "INBOX", *, least: int = 0) -> list[Any]:
        """Wait until there are so many, and give all."""
        while len(got := await deferToThread(self.found, user, mailbox)) < least:
            await deferLater(reactor, 0.05)
        return got

    async def send(
        self, submission: GatewaySubmission, recipients: Sequence[str] = (MARY,)
    ) -> bool:
        source = letter(self.name)
        return await submission.submit(
            ACCOUNT,
            source,
            sender=JOHN,
            recipients=recipients,
            sent_copy=source,
            operation=OperationId(self.name),
        )

    def intent(self) -> Intent:
        return Intent(
            account=ACCOUNT,
            operation=OperationId(self.name),
            message_id=f"{self.name}@example.com",
            progress=Progress.HANDING_OVER,
            at=time.time(),
        )

    async def test_a_phone_sends_once(self) -> None:
        """What a phone repeats leaves once and is in Sent once, whichever login sends it."""
        for number, self.login in enumerate((OWN, SERVICE), 1):
            rig = Rig()
            mime = letter(self.name).replace(b"Message-ID", b"X-Was")
            document = Element(
                ComposeMail.SendMail,
                [
                    Element(ComposeMail.ClientId, f"c{number}"),
                    Element(ComposeMail.SaveInSentItems),
                    Element(ComposeMail.Mime, mime),
                ],
            )
            submission = self.submission()
            for _ in range(2):
                call = rig.call("SendMail", document, Version.V14_1)
                services = replace(call.services, submission=submission)
                answer = await sendmail.respond(replace(call, services=services))
                self.assertIsNone(answer.document)
            await self.mails(MARY, least=number)
            copies = await self.mails(JOHN, "Sent")
            self.assertEqual(len(copies), number)
            for flags, source in copies:
                self.assertIn(b"\\Seen", flags)
                self.assertIn(b"Message-ID: <", source)
        await deferLater(reactor, 0.5)
        self.assertEqual(len(await self.mails(MARY)), 2)
        ids = {re.search(rb"Message-ID: (\S+)", one)[1] for _, one in await self.mails(MARY)}
        self.assertEqual(len(ids), 2)

    async def test_phones_see_it_at_once(self) -> None:
        """The copy is in the mailbox when the phone hears that its message went."""
        box = await self.gateway.mailboxes.open(ACCOUNT)
        sent = (await box.hierarchy()).standard(FolderKind.SENT)
        assert sent is not None
        self.assertTrue(await self.send(self.submission()))
        page = await box.listing(sent.id, below=NEWEST, down_to=OLDEST, limit=1)
        (head,) = page.heads
        read = await box.read(sent.id, [head.item], BodyWish())
        self.assertEqual(read[head.item].record.subject, self.name)
        self.assertTrue(read[head.item].state.read)

    async def test_one_recipient_is_refused(self) -> None:
        """The others get it; the sender finds a new report in the Inbox, and one copy in Sent."""
        recipients = ["nobody@example.com", MARY]
        self.assertTrue(await self.send(self.submission(), recipients))
        self.assertFalse(await self.send(self.submission(), recipients))
        await self.mails(MARY, least=1)
        ((flags, report),) = await self.mails(JOHN, least=1)
        self.assertNotIn(b"\\Seen", flags)
        self.assertIn(b"nobody@example.com", report)
        self.assertEqual(len(await self.mails(JOHN, "Sent")), 1)

    async def test_the_server_is_away(self) -> None:
        """The phone is told to come again; then it is sent."""
        await deferToThread(self.postfix.stop)
        submission = self.submission()
        try:
            with self.assertRaises(Unavailable):
                await self.send(submission)
        finally:
            await deferToThread(self.postfix.start)
        self.assertEqual(await self.mails(JOHN, "Sent"), [])
        self.assertTrue(await self.send(submission))
        await self.mails(MARY, least=1)

    async def test_the_copy_is_stored_later(self) -> None:
        """Sent is sent: a mailbox that is away takes the copy when it is back."""
        submission = self.submission(delays_s=(0.2,) * 20)
        self.mailboxes.is_away = True
        self.assertTrue(await self.send(submission))
        await self.mails(MARY, least=1)
        self.assertFalse(await submission.was_taken(OperationId(self.name)))
        self.mailboxes.is_away = False
        await self.mails(JOHN, "Sent", least=1)
        while not await submission.was_taken(OperationId(self.name)):
            await deferLater(reactor, 0.05)

    async def test_a_crash_after_the_copy(self) -> None:
        """What is in Sent was sent; nothing is said of it."""
        self.assertTrue(await self.send(self.submission()))
        await self.mails(MARY, least=1)
        await self.intents.put(self.intent())
        self.assertFalse(await self.send(self.submission()))
        await deferLater(reactor, 0.3)
        for user, mailbox, count in ((MARY, "INBOX", 1), (JOHN, "Sent", 1), (JOHN, "INBOX", 0)):
            self.assertEqual(len(await self.mails(user, mailbox)), count, (user, mailbox))

    async def test_a_crash_before_the_copy(self) -> None:
        """Nobody knows: it is not sent again, and its sender is told so, once."""
        await self.intents.put(self.intent())
        for _ in range(2):
            self.assertFalse(await self.send(self.submission()))
        ((_, report),) = await self.mails(JOHN, least=1)
        self.assertIn(b"It is not known whether this message was sent", report)
        self.assertEqual(await self.mails(MARY), [])

    async def test_a_server_that_saves_by_itself(self) -> None:
        """No copy of ours; what it did not save it did not take, once it had its time."""
        submission = self.submission(server_saves=True, settle_s=0.5)
        await self.intents.put(self.intent())
        with self.assertRaises(Unavailable):
            await self.send(submission)
        await deferLater(reactor, 0.6)
        self.assertTrue(await self.send(submission))
        await self.mails(MARY, least=1)
        self.assertEqual(await self.mails(JOHN, "Sent"), [])
        self.assertEqual(await self.mails(JOHN), [])

    async def test_what_counts_as_sent(self) -> None:
        """The very Message-ID, however it is written, in the mailbox that is named or meant."""
        own = self.name
        for mailbox, field in (
            ("Sent", f"<x{own}@example.com>"),
            ("Sent", f"\r\n <folded-{own}@example.com>"),
            ("Sent", f"bare-{own}@example.com"),
            ("Elsewhere", f"<other-{own}@example.com>"),
        ):
            source = f"Message-ID: {field}\r\nSubject: {own}\r\n\r\n.\r\n".encode()
            await deferToThread(self.put, mailbox, source)
        search = SentSearch(self.pool, clock=time.time)
        for its_id, expected in (
            (f"{own}@example.com", False),
            (f"x{own}@example.com", True),
            (f"X{own}@example.com", False),
            (f"folded-{own}@example.com", True),
            (f"bare-{own}@example.com", True),
            (f"other-{own}@example.com", False),
            ("äö", False),
        ):
            self.assertEqual(await search.was_sent(ACCOUNT, its_id), expected, its_id)
        for name, expected in (("Elsewhere", True), ("Nowhere", False)):
            elsewhere = SentSearch(self.pool, clock=time.time, name=name)
            found = await elsewhere.was_sent(ACCOUNT, f"other-{own}@example.com")
            self.assertEqual(found, expected, name)

    def put(self, mailbox: str, source: bytes) -> None:
        client = self.postfix.dovecot.reach(JOHN)
        client.create(mailbox)
        client.append(mailbox, "", imaplib.Time2Internaldate(time.time()), source)
        client.logout()

    async def test_mailboxes_away(self) -> None:
        """Without the IMAP server nobody knows yet: Unavailable, and nothing is sent."""
        await self.intents.put(self.intent())
        self.mailboxes.is_away = True
        with self.assertRaises(Unavailable):
            await self.send(self.submission())
        self.mailboxes.is_away = False
        self.assertEqual(await self.mails(MARY), [])
