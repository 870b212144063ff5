"""Out-of-office answers: to whom, how often, with what."""

import threading
from typing import Any

from carbonio_mobile.mailbox.delivery import autoreply
from carbonio_mobile.mailbox.delivery.autoreply import compose
from carbonio_mobile.mailbox.delivery.local import INBOX
from carbonio_mobile.sync.outofoffice import Audience, OofMessage, OofState, OutOfOffice
from tests.unit.delivery.rig import NOW, DeliveryCase, FakeRelay

AWAY = OutOfOffice(
    state=OofState.ON,
    messages=(
        (Audience.INTERNAL, OofMessage(enabled=True, text="Back on Monday.")),
        (Audience.EXTERNAL_UNKNOWN, OofMessage(enabled=True, text="<p>Away</p>", html=True)),
    ),
)
HEAD = (
    b"From: Ann <ann@example.org>\r\nTo: Mary <mary@example.com>\r\nSubject: Caf\xc3\xa9?\r\n"
    b"Message-ID: <1@example.org>\r\nReferences: <0@example.org>\r\n"
)


class AutoReplyTests(DeliveryCase):
    """Mary is away."""

    async def setUp(self) -> None:
        super().setUp()
        self.relay = FakeRelay()
        self.outbox = self.make_outbox(self.relay)
        self.outbox.start()
        await self.set(AWAY)

    async def set(self, settings: OutOfOffice) -> None:
        await (await self.mailboxes.open(self.mary)).set_out_of_office(settings)

    async def receive(self, head: bytes = HEAD, *, sender: str = "ann@example.org") -> int:
        """Have Mary receive a message; gives how many answers have gone out or in by then."""
        self.numbers += 1
        await self.outbox.submit(
            self.john,
            head + b"\r\nHello\r\n",
            sender=sender,
            recipients=["mary@example.com"],
            sent_copy=None,
            operation=f"op-{self.numbers}",
        )
        await self.settled(self.outbox)
        await self.until(lambda: not self.outbox._answering)
        await self.settled(self.outbox)
        return len(self.relay.taken)

    async def test_external(self) -> None:
        """A stranger is answered from nobody, in both forms, tied to the letter."""
        self.assertEqual(1, await self.receive())
        ((sender, recipients, source),) = self.relay.taken
        self.assertEqual(("", ("ann@example.org",)), (sender, recipients))
        head, _, body = source.decode().partition("\r\n\r\n")
        for line in (
            "From: Mary <mary@example.com>",
            "To: ann@example.org",
            "Subject: =?utf-8?B?QXV0b21hdGljIHJlcGx5OiBDYWbDqT8=?=",
            "In-Reply-To: <1@example.org>",
            "References: <0@example.org> <1@example.org>",
            "Auto-Submitted: auto-replied",
        ):
            self.assertIn(line, head.split("\r\n"))
        self.assertIn("<p>Away</p>", body)

    async def test_internal(self) -> None:
        """A colleague gets the other text, in the inbox."""
        head = HEAD.replace(b"ann@example.org", b"john@example.com")
        self.assertEqual(0, await self.receive(head, sender="john@example.com"))
        (answer,) = await self.mail(self.john, INBOX)
        self.assertIn(b"Back on Monday.", answer.text)
        self.assertTrue(answer.record.automatic)

    async def test_once_in_two_days(self) -> None:
        """One answer a sender in that time, also when the case of the address changes."""
        self.assertEqual(1, await self.receive())
        self.assertEqual(1, await self.receive(sender="Ann@Example.org"))
        self.assertEqual(2, await self.receive(sender="bob@example.org"))
        self.clock.advance(2 * 86_400 - 1)
        self.assertEqual(2, await self.receive())
        self.clock.advance(1)
        self.assertEqual(3, await self.receive())

    async def test_not_answered(self) -> None:
        """Lists, machines, reports, spam, and mail that does not name Mary get nothing."""
        for more in (
            b"Auto-Submitted: auto-generated\r\n",
            b"Precedence: bulk\r\n",
            b"List-Id: <a.example>\r\n",
            b"List-Unsubscribe: <mailto:a@example.org>\r\n",
            b"X-Auto-Response-Suppress: OOF\r\n",
            b"X-Spam-Flag: YES\r\n",
        ):
            self.assertEqual(0, await self.receive(HEAD + more), more)
        for sender in (
            "",
            "MAILER-DAEMON@example.org",
            "noreply@example.org",
            "no-reply+x@example.org",
            "owner-list@example.org",
            "list-request@example.org",
            "list-bounces+mary=example.com@example.org",
            "mary@example.com",
        ):
            self.assertEqual(0, await self.receive(sender=sender), sender)
        self.assertEqual(0, await self.receive(HEAD.replace(b"mary@", b"team@")))

    async def test_detail_and_copy(self) -> None:
        """Mary is named by her address with a detail, and in Cc."""
        head = HEAD.replace(b"To: Mary <mary@", b"To: x@y.example\r\nCc: <Mary+tag@")
        self.assertEqual(1, await self.receive(head))

    async def test_settings(self) -> None:
        """Off, not yet, no more, not for strangers: nothing; between the times: an answer."""
        messages = AWAY.messages

        def timed(start: float, end: float | None) -> OutOfOffice:
            return OutOfOffice(state=OofState.TIMED, start=start, end=end, messages=messages)

        known = (Audience.EXTERNAL_KNOWN, OofMessage(enabled=True, text="x"))
        off = (Audience.EXTERNAL_UNKNOWN, OofMessage(enabled=False, text="x"))
        silent: list[Any] = [
            OutOfOffice(state=OofState.OFF, messages=messages),
            OutOfOffice(state=OofState.ON, messages=(known, off)),
            OutOfOffice(state=OofState.ON),
            timed(NOW + 10, None),
            timed(NOW - 20, NOW),
        ]
        for settings in silent:
            await self.set(settings)
            self.assertEqual(0, await self.receive(), settings)
        await self.set(timed(NOW - 20, NOW + 1))
        self.assertEqual(1, await self.receive())

    async def test_two_away(self) -> None:
        """Two who are away do not answer each other's answers."""
        await (await self.mailboxes.open(self.john)).set_out_of_office(AWAY)
        head = HEAD.replace(b"ann@example.org", b"john@example.com")
        await self.receive(head, sender="john@example.com")
        self.assertEqual(1, len(await self.mail(self.john)))
        self.assertEqual(1, len(await self.mail(self.mary)))

    async def test_composed_in_a_thread(self) -> None:
        """A page is read beside the reactor, as that may take long, and for the answer only."""
        threads: list[str] = []

        def slow(*args: Any, **more: Any) -> bytes:
            threads.append(threading.current_thread().name)
            return compose(*args, **more)

        self.patch(autoreply, "compose", slow)
        self.assertEqual(1, await self.receive())
        self.assertEqual(1, await self.receive())
        self.assertEqual(1, len(threads))
        self.assertNotEqual(threading.main_thread().name, threads[0])

    async def test_long_text(self) -> None:
        """Of a text without end 32 KiB go out."""
        text = OofMessage(enabled=True, text="ä" * 500_000)
        await self.set(
            OutOfOffice(state=OofState.ON, messages=((Audience.EXTERNAL_UNKNOWN, text),))
        )
        self.assertEqual(1, await self.receive())
        self.assertLess(len(self.relay.taken[0][2]), 150_000)

    async def test_unusable_settings(self) -> None:
        """If the answer cannot be made the delivery stands all the same."""

        def fail(*_: object) -> Any:
            raise ZeroDivisionError

        self.outbox._auto_reply._mailboxes = type("Broken", (), {"open": fail})()
        self.assertEqual(0, await self.receive())
        self.assertEqual(1, len(await self.mail(self.mary)))
        self.assertEqual(1, len(self.flushLoggedErrors(ZeroDivisionError)))
