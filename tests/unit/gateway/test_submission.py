"""Submission: what leaves once, what is said of it, and what a crash or a lost answer does."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer
from zope.interface.verify import verifyObject

from carbonio_mobile.errors import OverQuota, StoreError, TooLarge, Unavailable
from carbonio_mobile.ids import AccountId, OperationId
from carbonio_mobile.interfaces import IIntents, ISubmission
from carbonio_mobile.mailbox.delivery.outcome import Outcome, outcome_of
from carbonio_mobile.mailbox.delivery.relay import Login, RelayOptions, SmtpRelay, TlsMode
from carbonio_mobile.mailbox.sending.parts import SentCopies, SubmissionOptions
from carbonio_mobile.mailbox.sending.submission import GatewaySubmission
from carbonio_mobile.store.memoryintents import MemoryIntents
from carbonio_mobile.sync.intents import Intent, Progress
from carbonio_mobile.testing.contracts.mailbox_fixture import message
from tests.unit.delivery.test_relay import Endpoint

JOHN = AccountId("john")
ANN, BOB = "ann@example.org", "bob@example.net"
OP = OperationId("send-1")
LOGIN = Login(user="proxy", password="secret", acting_for="john@example.com")
OFFERS = b"250-mail\r\n250-SIZE 1000\r\n250-DSN\r\n250-8BITMIME\r\n250 AUTH LOGIN PLAIN\r\n"
SOURCE = message(body="ä")
OK = outcome_of(250, "2.0.0 queued", "mail.example.com")
LOST = Outcome(code=451, status="4.4.2", text="lost", in_doubt=True)
UNREACHABLE = Outcome(code=451, status="4.4.1", text="cannot be reached")


def refused(code: int, text: str) -> Outcome:
    return outcome_of(code, text, "mail.example.com")


@implementer(IIntents)
class Rig:
    """A submission with the stores around it; each may be made to fail."""

    def __init__(self, *, server_saves: bool = False, options: Any = None) -> None:
        self.clock = Clock()
        self.clock.advance(1_000_000)
        self.intents = MemoryIntents()
        self.saved: dict[OperationId, bytes] = {}
        self.seen: set[str] = set()
        self.reports: dict[OperationId, bytes] = {}
        self.failing: set[str] = set()
        self.options = options or SubmissionOptions(hostname="gw.example.com", delays_s=(5, 30))
        self.server_saves = server_saves
        self.login: Login | None = LOGIN

    def submission(self, relay: Any) -> GatewaySubmission:
        return GatewaySubmission(
            relay,
            intents=self,
            login_of=self.login_of,
            sent=SentCopies(was_sent=self.was_sent, save=None if self.server_saves else self.save),
            deliver_report=self.report,
            clock=self.clock,
            options=self.options,
        )

    def check(self, what: str) -> None:
        if what in self.failing:
            raise Unavailable(what)

    async def find(self, operation: OperationId) -> Intent | None:
        self.check("find")
        return await self.intents.find(operation)

    async def put(self, intent: Intent) -> None:
        self.check(f"put {intent.progress.name}")
        await self.intents.put(intent)

    async def drop(self, operation: OperationId) -> None:
        self.check("drop")
        await self.intents.drop(operation)

    async def login_of(self, account: AccountId) -> Login | None:
        self.check("login")
        return self.login

    async def was_sent(self, account: AccountId, message_id: str) -> bool:
        self.check("was_sent")
        return message_id in self.seen

    async def save(self, account: AccountId, source: bytes, operation: OperationId) -> None:
        self.check("save")
        self.saved[operation] = source
        self.seen.add("1@example.com")

    async def report(self, account: AccountId, source: bytes, operation: OperationId) -> None:
        self.check("report")
        self.reports[operation] = source


class FakeRelay:
    """A relay whose outcomes the test gives; ``script`` is one for each call."""

    def __init__(self, *script: Any) -> None:
        self.script = list(script)
        self.sent: list[tuple[Sequence[str], bytes, Login | None]] = []

    async def send(
        self,
        sender: str,
        recipients: Sequence[str],
        source: bytes,
        *,
        login: Login | None = None,
        before_data: Callable[[], Awaitable[None]] | None = None,
    ) -> Mapping[str, Outcome]:
        step = self.script.pop(0)
        given = step if isinstance(step, dict) else dict.fromkeys(recipients, step)
        if any(one.in_doubt or one.code < 300 for one in given.values() if one is not None):
            assert before_data is not None
            await before_data()
        self.sent.append((tuple(recipients), source, login))
        return given

    async def stop(self) -> None:
        pass


SENT_SOURCE = b"Message-ID: <1@example.com>\r\n" + SOURCE.replace(b"Message-ID", b"X-Old")


class SubmissionCase(SynchronousTestCase):
    """A rig and ways to submit."""

    def setUp(self) -> None:
        self.rig = Rig()

    def send(self, submission: Any, *recipients: str, **more: Any) -> Deferred[bool]:
        arguments: dict[str, Any] = {
            "sender": "john@example.com",
            "recipients": recipients or (ANN,),
            "sent_copy": b"X-Copy: 1\r\n" + SENT_SOURCE,
            "operation": OP,
            **more,
        }
        source = arguments.pop("source", SENT_SOURCE)
        return Deferred.fromCoroutine(submission.submit(JOHN, source, **arguments))

    def progress(self) -> Progress | None:
        intent = self.successResultOf(Deferred.fromCoroutine(self.rig.intents.find(OP)))
        return None if intent is None else intent.progress

    def was_taken(self, submission: Any) -> bool:
        return bool(self.successResultOf(Deferred.fromCoroutine(submission.was_taken(OP))))


class OutcomeTests(SubmissionCase):
    """What each outcome of the session comes to."""

    def test_taken(self) -> None:
        """It is sent once with the account's login; the copy is stored; a repeat does nothing."""
        relay = FakeRelay(OK)
        submission = self.rig.submission(relay)
        verifyObject(ISubmission, submission)
        self.assertFalse(self.was_taken(submission))
        self.assertTrue(self.successResultOf(self.send(submission, ANN, BOB)))
        self.assertEqual([((ANN, BOB), SENT_SOURCE, LOGIN)], relay.sent)
        self.assertEqual([b"X-Copy: 1\r\n" + SENT_SOURCE], list(self.rig.saved.values()))
        self.assertEqual({}, self.rig.reports)
        self.assertIs(Progress.DONE, self.progress())
        self.assertTrue(self.was_taken(submission))
        self.assertFalse(self.successResultOf(self.send(submission, ANN, BOB)))
        self.assertEqual(1, len(relay.sent))

    def test_server_saves(self) -> None:
        """Where the server keeps copies none is stored; none either where none is wanted."""
        for self.rig, copy in ((Rig(server_saves=True), b"copy"), (Rig(), None)):
            submission = self.rig.submission(FakeRelay(OK))
            self.assertTrue(self.successResultOf(self.send(submission, sent_copy=copy)))
            self.assertEqual({}, self.rig.saved)

    def test_errors(self) -> None:
        """What a device understands is raised, and nothing stays; it may be tried again."""
        for outcome, kind in (
            (UNREACHABLE, Unavailable),
            (refused(421, "4.3.2 closing"), Unavailable),
            (refused(451, "4.7.8 refuses this server's login"), Unavailable),
            (refused(452, "4.3.1 disk full"), Unavailable),
            (refused(552, "5.3.4 too big"), TooLarge),
            (refused(552, "size"), TooLarge),
            (refused(554, "5.2.3 too long"), TooLarge),
            (refused(552, "5.2.2 over quota"), OverQuota),
            ({ANN: UNREACHABLE, BOB: refused(550, "5.1.1 no")}, Unavailable),
        ):
            self.rig = Rig()
            submission = self.rig.submission(FakeRelay(outcome, OK))
            self.failureResultOf(self.send(submission, ANN, BOB), kind)
            self.assertEqual((None, {}, {}), (self.progress(), self.rig.saved, self.rig.reports))
            self.assertFalse(self.was_taken(submission))
            self.assertTrue(self.successResultOf(self.send(submission)))

    def test_refused_for_good(self) -> None:
        """It is taken and reported, so that no device tries it for ever; there is no copy."""
        submission = self.rig.submission(FakeRelay(refused(554, "5.7.1 spam")))
        self.assertTrue(self.successResultOf(self.send(submission)))
        (report,) = self.rig.reports.values()
        self.assertIn(b"554 5.7.1 spam", report)
        self.assertIn(b"Subject: Undeliverable", report)
        self.assertEqual({}, self.rig.saved)
        self.assertFalse(self.successResultOf(self.send(submission)))

    def test_refused_and_no_report(self) -> None:
        """Where the report cannot be delivered the device hears of it, and may try again."""
        no = refused(550, "5.1.1 nobody")
        submission = self.rig.submission(FakeRelay(no, no))
        self.rig.failing = {"report"}
        self.failureResultOf(self.send(submission), Unavailable)
        self.assertIsNone(self.progress())
        self.rig.failing = set()
        self.assertTrue(self.successResultOf(self.send(submission)))
        self.assertEqual(1, len(self.rig.reports))

    def test_some_refused(self) -> None:
        """Others get it; the sender is told of each who does not, for now or ever."""
        carl = "carl@example.net"
        outcomes = {
            ANN: OK,
            BOB: refused(550, "5.1.1 nobody"),
            carl: refused(450, "4.2.1 later"),
        }
        submission = self.rig.submission(FakeRelay(outcomes))
        self.assertTrue(self.successResultOf(self.send(submission, ANN, BOB, carl)))
        (report,) = self.rig.reports.values()
        self.assertIn(b"550 5.1.1 nobody", report)
        self.assertIn(b"450 4.2.1 later", report.replace(b"=\r\n", b""))
        self.assertNotIn(ANN.encode(), report.partition(b"text/rfc822-headers")[0])
        self.assertEqual(1, len(self.rig.saved))

    def test_no_report_to_nobody(self) -> None:
        """On what has the empty sender there is no report."""
        submission = self.rig.submission(FakeRelay(refused(550, "5.1.1 nobody")))
        self.assertTrue(self.successResultOf(self.send(submission, sender="")))
        self.assertEqual({}, self.rig.reports)

    def test_many_recipients(self) -> None:
        """A transaction is for a hundred; once some have it, the rest is reported."""
        many = [f"u{n}@example.org" for n in range(250)]
        relay = FakeRelay(OK, UNREACHABLE)
        self.assertTrue(self.successResultOf(self.send(self.rig.submission(relay), *many)))
        self.assertEqual([100, 100], [len(one[0]) for one in relay.sent])
        (report,) = self.rig.reports.values()
        self.assertEqual(150, report.count(b"Action: failed"))

    def test_first_of_many_put_off(self) -> None:
        """Where none has it yet no more are tried, and the device tries again."""
        many = [f"u{n}@example.org" for n in range(250)]
        relay = FakeRelay(UNREACHABLE)
        self.failureResultOf(self.send(self.rig.submission(relay), *many), Unavailable)
        self.assertEqual(1, len(relay.sent))

    def test_message_limit(self) -> None:
        """What is too large is not even begun."""
        self.rig = Rig(options=SubmissionOptions(message_limit_bytes=10))
        self.failureResultOf(self.send(self.rig.submission(FakeRelay())), TooLarge)

    def test_message_id_is_made(self) -> None:
        """A message without one gets the id that it is looked up by, as does its copy."""
        relay = FakeRelay(OK)
        submission = self.rig.submission(relay)
        bare = b"Subject: x\r\n\r\ny\r\n"
        self.successResultOf(self.send(submission, source=bare, sent_copy=bare))
        intent = self.successResultOf(Deferred.fromCoroutine(self.rig.intents.find(OP)))
        assert intent is not None
        named = f"Message-ID: <{intent.message_id}>\r\n".encode() + bare
        self.assertEqual([named, named], [relay.sent[0][1], *self.rig.saved.values()])

    def test_stores_away(self) -> None:
        """Where no intent can be kept, or no login had, nothing is sent."""
        for fault in ("find", "login", "put HANDING_OVER"):
            relay = FakeRelay(OK)
            self.rig.failing = {fault}
            self.failureResultOf(self.send(self.rig.submission(relay)), Unavailable)
            self.assertEqual([], relay.sent)


class AfterwardsTests(SubmissionCase):
    """What can fail when the message has gone: the device is never told that it did not."""

    def test_copy_later(self) -> None:
        """A copy that cannot be stored is tried again, then the work is done."""
        submission = self.rig.submission(FakeRelay(OK))
        self.rig.failing = {"save"}
        self.assertTrue(self.successResultOf(self.send(submission)))
        self.assertIs(Progress.TAKEN, self.progress())
        self.rig.failing = set()
        self.rig.clock.advance(5)
        self.assertEqual((1, Progress.DONE), (len(self.rig.saved), self.progress()))
        self.assertEqual([], self.rig.clock.getDelayedCalls())

    def test_copy_never(self) -> None:
        """It ends some time, and the log says so."""
        submission = self.rig.submission(FakeRelay(OK))
        self.rig.failing = {"save"}
        self.assertTrue(self.successResultOf(self.send(submission)))
        self.rig.clock.pump([5, 30])
        self.assertIs(Progress.DONE, self.progress())

    def test_too_many_unfinished(self) -> None:
        """Only so many messages are held for another try; of the next the log says it is lost."""
        options = SubmissionOptions(delays_s=(5,), unfinished_most=1)
        self.rig = Rig(options=options)
        self.rig.failing = {"save"}
        submission = self.rig.submission(FakeRelay(OK, OK))
        for name in ("send-0", OP):
            self.assertTrue(
                self.successResultOf(self.send(submission, operation=OperationId(name)))
            )
        self.assertEqual(1, len(self.rig.clock.getDelayedCalls()))
        self.assertIs(Progress.DONE, self.progress())
        self.successResultOf(Deferred.fromCoroutine(submission.stop()))
        self.assertEqual([], self.rig.clock.getDelayedCalls())

    def test_copy_after_a_crash(self) -> None:
        """The device asks again: the copy is stored, nothing is sent."""
        self.rig.failing = {"save"}
        submission = self.rig.submission(FakeRelay(OK))
        self.assertTrue(self.successResultOf(self.send(submission)))
        self.successResultOf(Deferred.fromCoroutine(submission.stop()))
        self.rig.failing = set()
        submission = self.rig.submission(FakeRelay())
        self.assertFalse(self.was_taken(submission))
        self.assertFalse(self.successResultOf(self.send(submission)))
        self.assertEqual((1, Progress.DONE), (len(self.rig.saved), self.progress()))
        self.assertTrue(self.was_taken(submission))
        self.assertEqual([], self.rig.clock.getDelayedCalls())

    def test_intents_away_afterwards(self) -> None:
        """That it was taken cannot be written down: the copy in Sent says it."""
        self.rig.failing = {"put TAKEN", "put DONE"}
        submission = self.rig.submission(FakeRelay(OK))
        self.assertTrue(self.successResultOf(self.send(submission)))
        self.rig.clock.pump([5, 30])
        self.assertIs(Progress.HANDING_OVER, self.progress())
        self.rig.failing = set()
        submission = self.rig.submission(FakeRelay())
        self.assertFalse(self.successResultOf(self.send(submission)))
        self.assertEqual((Progress.DONE, {}), (self.progress(), self.rig.reports))


class DoubtTests(SubmissionCase):
    """The process died, or the answer was lost, when the message had been handed over."""

    def crashed(self, **more: Any) -> None:
        """Leave what a process leaves that died at that moment."""
        self.rig = Rig(**more)
        intent = Intent(
            account=JOHN,
            operation=OP,
            message_id="1@example.com",
            progress=Progress.HANDING_OVER,
            at=self.rig.clock.seconds(),
        )
        self.successResultOf(Deferred.fromCoroutine(self.rig.intents.put(intent)))

    def test_copy_in_sent(self) -> None:
        """A copy says that it was sent, whoever stored it."""
        for server_saves in (False, True):
            self.crashed(server_saves=server_saves)
            self.rig.seen.add("1@example.com")
            submission = self.rig.submission(FakeRelay())
            self.assertFalse(self.was_taken(submission))
            self.assertFalse(self.successResultOf(self.send(submission)))
            self.assertEqual((Progress.DONE, {}), (self.progress(), self.rig.reports))
            self.assertTrue(self.was_taken(submission))

    def test_server_saved_none(self) -> None:
        """It is sent again when the server had the time to store a copy, counted from now."""
        self.crashed(server_saves=True)
        self.rig.clock.advance(500)
        relay = FakeRelay(OK)
        submission = self.rig.submission(relay)
        self.rig.clock.advance(59)
        self.failureResultOf(self.send(submission), Unavailable)
        self.rig.clock.advance(1)
        self.assertTrue(self.successResultOf(self.send(submission)))
        self.assertEqual((1, Progress.DONE), (len(relay.sent), self.progress()))

    def test_nobody_knows(self) -> None:
        """Where copies are ours it is not sent again; the copy is stored, and the sender told."""
        self.crashed()
        relay = FakeRelay()
        submission = self.rig.submission(relay)
        for _ in range(2):
            self.assertFalse(self.successResultOf(self.send(submission, ANN, BOB)))
        self.assertEqual(([], 1), (relay.sent, len(self.rig.saved)))
        (report,) = self.rig.reports.values()
        self.assertIn(b"Subject: Perhaps not sent", report)
        self.assertIn(BOB.encode(), report)
        self.assertIs(Progress.DONE, self.progress())

    def test_written_anew(self) -> None:
        """A device may write it anew: what is sent again is looked up by its new Message-ID."""
        self.crashed(server_saves=True)
        submission = self.rig.submission(FakeRelay(LOST, OK))
        self.rig.clock.advance(61)
        anew = SENT_SOURCE.replace(b"<1@", b"<2@")
        self.failureResultOf(self.send(submission, source=anew), Unavailable)
        self.rig.seen.add("2@example.com")
        self.assertFalse(self.successResultOf(self.send(submission, source=anew)))

    def test_lost_and_not_written_down(self) -> None:
        """The time for the server's copy counts from the loss, even where it is not durable."""
        self.rig = Rig(server_saves=True)
        gate: Deferred[None] = Deferred()
        rig = self.rig

        class Late(FakeRelay):
            async def send(self, *args: Any, **kwargs: Any) -> Mapping[str, Outcome]:
                found = await super().send(*args, **kwargs)
                await gate
                rig.failing = {"put HANDING_OVER"}
                return found

        submission = self.rig.submission(Late(LOST))
        sending = self.send(submission)
        self.rig.clock.advance(600)
        gate.callback(None)
        self.failureResultOf(sending, Unavailable)
        self.rig.failing = set()
        self.rig.clock.advance(10)
        self.failureResultOf(self.send(submission), Unavailable)

    def test_copy_of_another_submission(self) -> None:
        """One message goes out in several submissions, and one copy is kept: it proves nothing."""
        self.crashed(server_saves=True)
        self.rig.seen.add("1@example.com")
        submission = self.rig.submission(FakeRelay())
        self.assertFalse(self.successResultOf(self.send(submission, sent_copy=None)))
        self.assertEqual(1, len(self.rig.reports))

    def test_sent_folder_away(self) -> None:
        """As long as nobody can look nothing is decided."""
        self.crashed()
        self.rig.failing = {"was_sent"}
        submission = self.rig.submission(FakeRelay())
        self.failureResultOf(self.send(submission), Unavailable)
        self.assertIs(Progress.HANDING_OVER, self.progress())

    def test_answer_lost_and_server_saves(self) -> None:
        """The device is to ask again; by then the Sent folder knows."""
        for was_taken in (True, False):
            self.rig = Rig(server_saves=True)
            relay = FakeRelay(LOST, OK)
            submission = self.rig.submission(relay)
            self.failureResultOf(self.send(submission), Unavailable)
            if was_taken:
                self.rig.seen.add("1@example.com")
            self.rig.clock.advance(61)
            again = self.successResultOf(self.send(submission))
            self.assertEqual((not was_taken, 1 + (not was_taken)), (again, len(relay.sent)))
            self.assertIs(Progress.DONE, self.progress())

    def test_answer_lost_and_copies_are_ours(self) -> None:
        """It counts as sent, with a copy and a word to the sender; no device tries it again."""
        relay = FakeRelay(LOST)
        submission = self.rig.submission(relay)
        self.assertTrue(self.successResultOf(self.send(submission)))
        self.assertFalse(self.successResultOf(self.send(submission)))
        self.assertEqual((1, 1, 1), tuple(map(len, (relay.sent, self.rig.saved, self.rig.reports))))

    def test_answer_lost_for_some(self) -> None:
        """Of several transactions one was lost: the sender hears of those recipients only."""
        many = [f"u{n}@example.org" for n in range(101)]
        submission = self.rig.submission(FakeRelay(OK, LOST))
        self.assertTrue(self.successResultOf(self.send(submission, *many)))
        (report,) = self.rig.reports.values()
        self.assertIn(b"u100@example.org", report)
        self.assertNotIn(b"u99@example.org", report)


class OneAtATimeTests(SubmissionCase):
    """Requests for one operation at the same time, and such that are given up."""

    def setUp(self) -> None:
        super().setUp()
        self.gate: Deferred[None] = Deferred()

    def slow(self, *script: Any) -> FakeRelay:
        test = self

        class Slow(FakeRelay):
            begun = 0

            async def send(self, *args: Any, **kwargs: Any) -> Mapping[str, Outcome]:
                self.begun += 1
                await test.gate
                return await super().send(*args, **kwargs)

        return Slow(*script)

    def test_repeated_meanwhile(self) -> None:
        """The second one waits for the first, and both hear what came of it."""
        relay = self.slow(OK)
        submission = self.rig.submission(relay)
        first, second = self.send(submission), self.send(submission)
        taken = Deferred.fromCoroutine(submission.was_taken(OP))
        self.assertNoResult(second)
        self.gate.callback(None)
        results = [self.successResultOf(one) for one in (first, second, taken)]
        self.assertEqual(([True, False, True], 1), (results, len(relay.sent)))

    def test_failed_meanwhile(self) -> None:
        """A failure is that of both."""
        submission = self.rig.submission(self.slow(UNREACHABLE))
        sending = [self.send(submission) for _ in range(3)]
        self.gate.callback(None)
        for one in sending:
            self.failureResultOf(one, Unavailable)

    def test_given_up(self) -> None:
        """The device hangs up: the message goes its way."""
        relay = self.slow(OK)
        submission = self.rig.submission(relay)
        sending = self.send(submission)
        sending.cancel()
        self.failureResultOf(sending)
        self.gate.callback(None)
        self.assertEqual((1, Progress.DONE), (len(relay.sent), self.progress()))

    def test_so_many_sessions(self) -> None:
        """No more than so many sessions are open; the others wait for their turn."""
        self.rig = Rig(options=SubmissionOptions(sessions_most=2))
        relay = self.slow(*[OK] * 5)
        submission = self.rig.submission(relay)
        names = [OperationId(f"send-{number}") for number in range(5)]
        sending = [self.send(submission, operation=name) for name in names]
        self.assertEqual(2, relay.begun)
        self.gate.callback(None)
        self.assertEqual([True] * 5, [self.successResultOf(one) for one in sending])

    def test_stop(self) -> None:
        """The end waits for what is under way."""
        submission = self.rig.submission(self.slow(OK))
        self.send(submission)
        stopping = Deferred.fromCoroutine(submission.stop())
        self.assertNoResult(stopping)
        self.gate.callback(None)
        self.successResultOf(stopping)


class WireTests(SubmissionCase):
    """With the real client, against a scripted server: where exactly a fault comes."""

    def setUp(self) -> None:
        super().setUp()
        self.connect()

    def connect(self) -> None:
        self.endpoint = Endpoint()
        options = RelayOptions(host="mail.example.com", tls=TlsMode.OFF)
        relay = SmtpRelay(
            options, endpoint=self.endpoint, hostname="gw.example.com", clock=self.rig.clock
        )
        self.submission = self.rig.submission(relay)

    def serve(self, *replies: bytes) -> list[str]:
        for reply in replies:
            self.endpoint.wire.clear()
            self.endpoint.protocol.dataReceived(reply)
        return self.endpoint.wire.value().decode().splitlines()

    def until_data(self) -> Deferred[bool]:
        sending = self.send(self.submission)
        said = self.serve(b"220 hi\r\n", OFFERS)
        self.assertEqual(
            ["AUTH PLAIN am9obkBleGFtcGxlLmNvbQBwcm94eQBzZWNyZXQ="], said, "authzid, user, password"
        )
        size = len(SENT_SOURCE)
        said = self.serve(b"235 ok\r\n")
        self.assertEqual([f"MAIL FROM:<john@example.com> SIZE={size} BODY=8BITMIME"], said)
        said = self.serve(b"250 ok\r\n")
        self.assertEqual(["RCPT TO:<ann@example.org>"], said, "no DSN is asked for")
        self.assertIsNone(self.progress())
        self.assertEqual(["DATA"], self.serve(b"250 ok\r\n"))
        self.assertIs(Progress.HANDING_OVER, self.progress(), "durable before DATA")
        return sending

    def test_before_data(self) -> None:
        """Until DATA is answered a lost connection means that nothing was sent."""
        for replies in (
            [],
            [b"220 hi\r\n"],
            [b"220 hi\r\n", OFFERS],
            [b"220 hi\r\n", OFFERS, b"235 ok\r\n"],
            [b"220 hi\r\n", OFFERS, b"235 ok\r\n", b"250 ok\r\n"],
        ):
            for is_silent in (False, True):
                self.connect()
                sending = self.send(self.submission)
                self.serve(*replies)
                if is_silent:
                    self.rig.clock.advance(300)
                self.endpoint.protocol.connectionLost()
                self.failureResultOf(sending, Unavailable)
                self.assertIsNone(self.progress())
        self.assertEqual([], self.rig.clock.getDelayedCalls())

    def test_during_data(self) -> None:
        """DATA refused, or never answered: nothing was sent, and nothing is in doubt."""
        for reply in (b"451 4.3.0 later\r\n", b"421 4.3.2 bye\r\n", b""):
            self.connect()
            sending = self.until_data()
            self.serve(reply)
            self.endpoint.protocol.connectionLost()
            self.failureResultOf(sending, Unavailable)
            self.assertIsNone(self.progress())

    def test_after_the_dot(self) -> None:
        """A lost answer, none in time, and one that is none, leave it in doubt."""
        for fault in ("lost", "silent", "odd"):
            self.rig = Rig(server_saves=True)
            self.connect()
            sending = self.until_data()
            self.serve(b"354 go\r\n", *([b"354 go\r\n"] if fault == "odd" else []))
            if fault == "silent":
                self.rig.clock.advance(601)
            self.endpoint.protocol.connectionLost()
            self.failureResultOf(sending, Unavailable)
            self.assertIs(Progress.HANDING_OVER, self.progress())

    def test_refused_after_the_dot(self) -> None:
        """A refusal of the message is one: 4xx may be tried again, 5xx is reported."""
        sending = self.until_data()
        self.serve(b"354 go\r\n", b"451 4.3.0 later\r\n")
        self.failureResultOf(sending, Unavailable)
        self.assertIsNone(self.progress())
        self.connect()
        sending = self.until_data()
        self.serve(b"354 go\r\n", b"554 5.7.1 spam\r\n")
        self.assertTrue(self.successResultOf(sending))
        self.assertEqual((1, {}), (len(self.rig.reports), self.rig.saved))

    def test_taken(self) -> None:
        """The message arrives octet for octet, and the session ends."""
        sending = self.until_data()
        self.assertEqual(
            SENT_SOURCE + b".\r\n", "\r\n".join([*self.serve(b"354 go\r\n"), ""]).encode()
        )
        self.assertEqual(["QUIT"], self.serve(b"250 2.0.0 queued\r\n"))
        self.assertTrue(self.successResultOf(sending))

    def test_intent_cannot_be_kept(self) -> None:
        """Without a durable intent no DATA is said."""
        self.rig.failing = {"put HANDING_OVER"}
        sending = self.send(self.submission)
        said = self.serve(b"220 hi\r\n", OFFERS, b"235 ok\r\n", b"250 ok\r\n", b"250 ok\r\n")
        self.assertEqual(["QUIT"], said)
        self.failureResultOf(sending, Unavailable)

    def test_no_login(self) -> None:
        """Where the account has none, none is tried; SMTPUTF8 is asked for where it is needed."""
        self.rig.login = None
        sending = self.send(self.submission, "jörg@example.org")
        said = self.serve(b"220 hi\r\n", OFFERS.replace(b"250 AUTH LOGIN", b"250 SMTPUTF8"))
        self.assertEqual(1, len(said))
        self.assertTrue(said[0].startswith("MAIL FROM:<john@example.com>"))
        self.assertTrue(said[0].endswith(" SMTPUTF8"))
        self.endpoint.protocol.connectionLost()
        self.failureResultOf(sending, Unavailable)

    def test_acting_for_needs_plain(self) -> None:
        """AUTH LOGIN cannot say for whom: it is not used to act for somebody."""
        sending = self.send(self.submission)
        self.assertEqual(["QUIT"], self.serve(b"220 hi\r\n", b"250-m\r\n250 AUTH LOGIN\r\n"))
        self.failureResultOf(sending, Unavailable)


STEPS = st.sampled_from(["find", "login", "put HANDING_OVER", "put TAKEN", "put DONE", "drop",
                         "was_sent", "save", "report"])  # fmt: skip


class World:
    """A server that takes a message or not, and says so or not; counts what recipients get."""

    def __init__(self, rig: Rig, plan: Sequence[tuple[bool, bool]]) -> None:
        self.rig = rig
        self.plan = list(plan)
        self.received = 0

    async def send(
        self, sender: str, recipients: Sequence[str], source: bytes, *, login: Any, before_data: Any
    ) -> Mapping[str, Outcome]:
        takes, says = self.plan.pop(0) if self.plan else (True, True)
        await before_data()
        if takes:
            self.received += 1
            if self.rig.server_saves:
                self.rig.seen.add("1@example.com")
        if not says:
            return dict.fromkeys(recipients, LOST)
        return dict.fromkeys(recipients, OK if takes else UNREACHABLE)

    async def stop(self) -> None:
        pass


class ExactlyOnceTests(SynchronousTestCase):
    """Whatever fails, and however often the device asks: it arrives once, or its sender knows."""

    @settings(max_examples=300, deadline=None)
    @given(
        server_saves=st.booleans(),
        plan=st.lists(st.tuples(st.booleans(), st.booleans()), max_size=4),
        faults=st.lists(st.sets(STEPS, max_size=3), max_size=4),
        restarts=st.lists(st.booleans(), max_size=6),
    )
    def test_any_faults(
        self,
        server_saves: bool,
        plan: list[tuple[bool, bool]],
        faults: list[set[str]],
        restarts: list[bool],
    ) -> None:
        """Nobody gets it twice; once the device is told of success it arrived or is reported."""
        rig = Rig(server_saves=server_saves)
        world = World(rig, plan)
        submission = rig.submission(world)
        for attempt in range(12):
            rig.failing = faults.pop(0) if faults else set()
            results: list[Any] = []
            Deferred.fromCoroutine(
                submission.submit(
                    JOHN,
                    SENT_SOURCE,
                    sender="john@example.com",
                    recipients=[ANN],
                    sent_copy=SENT_SOURCE,
                    operation=OP,
                )
            ).addBoth(results.append)
            if results[0] in (True, False):
                break
            assert results[0].check(StoreError), results
            rig.clock.advance(100)
            if attempt < len(restarts) and restarts[attempt]:
                submission = rig.submission(world)
                rig.clock.advance(100)
        else:
            self.fail("it never ends")
        doubted = any(b"Perhaps not sent" in one for one in rig.reports.values())
        assert world.received == 1 or (world.received == 0 and doubted)
        assert not (doubted and server_saves)
        rig.failing = set()
        rig.clock.pump([5, 30, 30])
        copies = 0 if server_saves else 1
        assert (len(rig.saved), world.received <= 1) == (copies, True)


class Killed:
    """Ends the process at a step: from then on nothing of it comes back, or has an effect."""

    def __init__(self) -> None:
        self.left = -1
        self.steps = 0

    async def step(self) -> None:
        """Go on, or never."""
        self.steps += 1
        if self.left == 0:
            await Deferred()
        self.left -= 1


class MortalRig(Rig):
    """A rig whose process dies before or after the effect of any step."""

    def __init__(self, killed: Killed, **more: Any) -> None:
        super().__init__(**more)
        self.killed = killed

    async def put(self, intent: Intent) -> None:
        await self.killed.step()
        await super().put(intent)
        await self.killed.step()

    async def drop(self, operation: OperationId) -> None:
        await self.killed.step()
        await super().drop(operation)
        await self.killed.step()

    async def was_sent(self, account: AccountId, message_id: str) -> bool:
        await self.killed.step()
        return await super().was_sent(account, message_id)

    async def save(self, account: AccountId, source: bytes, operation: OperationId) -> None:
        await self.killed.step()
        await super().save(account, source, operation)
        await self.killed.step()

    async def report(self, account: AccountId, source: bytes, operation: OperationId) -> None:
        await self.killed.step()
        await super().report(account, source, operation)
        await self.killed.step()


class MortalWorld(World):
    """The server goes on when the gateway dies; what was handed over whole it may have taken."""

    async def send(self, *args: Any, **kwargs: Any) -> Mapping[str, Outcome]:
        killed = self.rig.killed  # type: ignore[attr-defined]
        await killed.step()
        given = await super().send(*args, **kwargs)
        await killed.step()
        return given


class KilledTests(SynchronousTestCase):
    """The process is killed at every step, and again at every step of the next one."""

    def run_killed(
        self, server_saves: bool, plan: Sequence[tuple[bool, bool]], kills: Sequence[int]
    ) -> int:
        """Run with a kill after so many steps of each process; gives the steps of the last one."""
        killed = Killed()
        rig = MortalRig(killed, server_saves=server_saves)
        world = MortalWorld(rig, plan)
        for left in [*kills, -1]:
            killed.left, killed.steps = left, 0
            submission = rig.submission(world)
            for _ in range(4):
                results: list[Any] = []
                Deferred.fromCoroutine(
                    submission.submit(
                        JOHN,
                        SENT_SOURCE,
                        sender="john@example.com",
                        recipients=[ANN],
                        sent_copy=SENT_SOURCE,
                        operation=OP,
                    )
                ).addBoth(results.append)
                rig.clock.advance(100)
                if not results or results[0] in (True, False):
                    break
                assert results[0].check(Unavailable), results
        assert results, "it never ends"
        assert results[0] in (True, False), results
        doubted = any(b"Perhaps not sent" in one for one in rig.reports.values())
        assert world.received == 1 or (world.received == 0 and doubted), (kills, world.received)
        assert len(rig.saved) == (0 if server_saves else 1)
        assert len(rig.reports) <= 1
        return killed.steps

    def test_every_step(self) -> None:
        """It arrives once, or not and its sender is told so; there is one copy in Sent."""
        runs = 0
        for server_saves in (False, True):
            for plan in ([], [(True, False)], [(False, False)], [(False, True)]):
                for first in range(12):
                    for second in range(-1, 12):
                        kills = [first] if second < 0 else [first, second]
                        self.run_killed(server_saves, plan, kills)
                        runs += 1
        self.assertEqual(1248, runs)
        self.assertGreater(12, self.run_killed(False, [], []))
