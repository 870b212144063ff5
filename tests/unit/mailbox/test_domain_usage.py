"""What the mailboxes of a domain hold together: read now and then, and what follows from it.

Spec: ../shared/carbonio/attributes.md 4 (zimbraDomainAggregateQuota and its policy).
"""

import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase, TestCase

from carbonio_mobile.admin.quotanotices import QuotaNotices
from carbonio_mobile.directory.accounts import Account, AccountStatus
from carbonio_mobile.errors import OverQuota
from carbonio_mobile.ids import AccountId, OperationId
from carbonio_mobile.mailbox.delivery.local import INBOX
from carbonio_mobile.mailbox.delivery.sendgate import SendGate
from carbonio_mobile.mailbox.domainusage import AGE_MIN_S, NO_ROOM, DomainUsage
from carbonio_mobile.mailbox.embedded import EmbeddedMailboxes
from carbonio_mobile.mailbox.embedded.database import database_path
from carbonio_mobile.mailbox.embedded.usage import used_bytes
from carbonio_mobile.mime.mailitem import MailState
from carbonio_mobile.policy.domainquota import (
    POLICY,
    QUOTA,
    DomainQuota,
    Fullness,
    FullPolicy,
    domain_quota_of,
    quota_notice,
)
from carbonio_mobile.policy.notices import NoticeKind
from carbonio_mobile.store.memorymarks import MemoryMarks
from carbonio_mobile.testing.rig import MemorySubmission

MAIL = b"Subject: hello\r\n\r\n" + b"x" * 1000 + b"\r\n"


def account(name: str = "john", **attributes: str) -> Account:
    """Make an account of example.com with attributes as it inherits them."""
    address = f"{name}@example.com"
    return Account(
        id=AccountId(f"a-{name}"),
        name=address,
        display_name=name,
        domain="example.com",
        addresses=(address,),
        status=AccountStatus.ACTIVE,
        domain_status=AccountStatus.ACTIVE,
        attributes={key.lower(): (value,) for key, value in attributes.items()},
    )


class PolicyTests(SynchronousTestCase):
    """What attributes say."""

    def test_quotas_as_attributes_have_them(self) -> None:
        """0, or what is no number, is no quota; the default policy refuses nothing."""
        for text in ("0", "", "-1", "much"):
            assert domain_quota_of(account(**{QUOTA: text})) is None
        assert domain_quota_of(account()) is None
        found = domain_quota_of(account(**{QUOTA: "1000"}))
        assert found == DomainQuota(size_bytes=1000, policy=FullPolicy.NOTHING, warn_percent=80)
        for policy, sends, stores in (
            ("ALLOWSENDRECEIVE", True, True),
            ("BLOCKSEND", False, True),
            ("BLOCKSENDRECEIVE", False, False),
        ):
            found = domain_quota_of(account(**{QUOTA: "1000", POLICY: policy}))
            assert found is not None
            assert (not found.blocks_sending, not found.blocks_storing) == (sends, stores)

    def test_how_full_a_domain_is(self) -> None:
        """Warned from the percentage on; 0 percent never warns."""
        quota = DomainQuota(size_bytes=1000, warn_percent=80)
        for held, fullness in (
            (0, Fullness.ROOMY),
            (799, Fullness.ROOMY),
            (800, Fullness.NEARLY),
            (999, Fullness.NEARLY),
            (1000, Fullness.FULL),
        ):
            assert quota.fullness(held) is fullness
        assert replace(quota, warn_percent=0).fullness(999) is Fullness.ROOMY

    def test_what_administrators_read(self) -> None:
        """How much of how much, and what is refused."""
        quota = DomainQuota(size_bytes=1000, policy=FullPolicy.SENDING, warn_percent=80)
        subject, text = quota_notice("example.com", quota, 850)
        assert subject == "The mailboxes of example.com are 85 % full"
        assert "850 of 1000 bytes" in text
        assert "Once they are full nobody of the domain can send mail" in text
        assert quota_notice("example.com", quota, 1000)[0].endswith("are full")


class UsageTests(SynchronousTestCase):
    """When it is read."""

    def setUp(self) -> None:
        self.now = 0.0
        self.held = {"a-john": 400, "a-mary": 500}
        self.measured: list[Deferred[int]] = []
        self.usage = DomainUsage(
            members=self.members,
            measure=self.measure,
            steady_clock=lambda: self.now,
            background=Deferred.fromCoroutine,
        )
        self.john = account(**{QUOTA: "1000", POLICY: "BLOCKSENDRECEIVE"})

    async def members(self, domain: str) -> AsyncIterator[Sequence[AccountId]]:
        assert domain == "example.com"
        for name in self.held:
            yield [AccountId(name)]

    async def measure(self, accounts: Sequence[AccountId]) -> int:
        self.measured.append(waited := Deferred())
        return await waited

    def finish(self, took_s: float = 0.0) -> None:
        """Let what is being read come to its end."""
        self.now += took_s
        for held in self.held.values():
            self.measured.pop().callback(held)

    def asked(self) -> tuple[bool, bool]:
        return self.usage.may_send(self.john), self.usage.may_store(self.john)

    def test_never_twice_at_once_nor_for_each_message(self) -> None:
        """A thousand messages, one reading; while it is going on the last result counts."""
        for _ in range(1000):
            assert self.asked() == (True, True)
        assert len(self.measured) == 1
        self.finish()
        self.held["a-mary"] = 600
        for _ in range(1000):
            assert self.asked() == (True, True)
        assert self.measured == []
        self.now += AGE_MIN_S
        assert self.asked() == (True, True)
        self.finish()
        assert self.asked() == (False, False)

    def test_a_long_reading_is_repeated_rarely(self) -> None:
        """It takes a hundredth of a thread at the most."""
        self.asked()
        self.finish(took_s=5.0)
        self.now += 499.0
        self.asked()
        assert self.measured == []
        self.now += 1.0
        self.asked()
        assert len(self.measured) == 1

    def test_policies(self) -> None:
        """What a full domain refuses."""
        self.held["a-mary"] = 600
        self.asked()
        self.finish()
        for policy, expected in (
            ("ALLOWSENDRECEIVE", (True, True)),
            ("BLOCKSEND", (False, True)),
            ("BLOCKSENDRECEIVE", (False, False)),
        ):
            self.john = account(**{QUOTA: "1000", POLICY: policy})
            assert self.asked() == expected
        self.john = account(**{QUOTA: "1001", POLICY: "BLOCKSENDRECEIVE"})
        assert self.asked() == (True, True)

    def test_without_a_quota_nothing_is_read(self) -> None:
        """Nor kept."""
        self.john = account()
        assert self.asked() == (True, True)
        assert self.measured == []

    def test_a_reading_that_fails_is_tried_again_later(self) -> None:
        """What was known before counts on."""
        self.held["a-mary"] = 600
        self.asked()
        self.finish()
        self.now += AGE_MIN_S
        failed = []
        self.usage._background = lambda work: Deferred.fromCoroutine(work).addErrback(
            lambda failure: failed.append(failure.trap(OSError))
        )
        self.asked()
        self.measured.pop().errback(OSError("disk"))
        assert failed == [OSError]
        assert self.asked() == (False, False)
        self.now += AGE_MIN_S
        self.asked()
        assert len(self.measured) == 1


class MeasuredTests(TestCase):
    """Sums of real mailboxes, and what a full domain does to them."""

    def setUp(self) -> None:
        room = tempfile.TemporaryDirectory()
        self.addCleanup(room.cleanup)
        self.data = Path(room.name)
        self.is_full = False
        self.mailboxes = EmbeddedMailboxes(
            self.data,
            reactor=reactor,
            clock=lambda: 1_800_000_000.0,
            sink=Silent(),
            quota_of=self.quota_of,
            message_limit_bytes=1 << 20,
        )
        self.addCleanup(self.mailboxes.stop)

    async def quota_of(self, _account: AccountId) -> int:
        return NO_ROOM if self.is_full else 0

    async def append(self, name: str, operation: str) -> None:
        mailbox = await self.mailboxes.open(AccountId(name))
        await mailbox.append(
            INBOX, MAIL, MailState(), received=1.0, operation=OperationId(operation)
        )

    async def test_what_mailboxes_hold(self) -> None:
        """Together; one that is not there holds nothing, one that is spoilt is left out."""
        everybody = [AccountId("a-john"), AccountId("a-mary"), AccountId("a-nobody")]
        assert used_bytes(self.data, everybody) == 0
        await self.append("a-john", "1")
        await self.append("a-john", "2")
        await self.append("a-mary", "3")
        assert used_bytes(self.data, everybody) == 3 * len(MAIL)
        assert not database_path(self.data, everybody[2]).exists()
        spoilt = database_path(self.data, AccountId("a-spoilt"))
        spoilt.parent.mkdir(parents=True)
        spoilt.write_bytes(b"no database" * 1000)
        assert used_bytes(self.data, [*everybody, AccountId("a-spoilt")]) == 3 * len(MAIL)

    async def test_nothing_more_is_stored_in_a_full_domain(self) -> None:
        """But what is stored already is said so again: a repeated delivery is no new one."""
        await self.append("a-john", "1")
        self.is_full = True
        with self.assertRaises(OverQuota):
            await self.append("a-john", "2")
        await self.append("a-john", "1")
        assert used_bytes(self.data, [AccountId("a-john")]) == len(MAIL)


class Silent:
    """A sink that tells nobody."""

    def folder_changed(self, *_: object, **__: object) -> None:
        """Hear it."""

    def hierarchy_changed(self, *_: object) -> None:
        """Hear it."""


class SendGateTests(TestCase):
    """Sending out of a full domain."""

    async def test_sending_is_refused_while_the_domain_is_full(self) -> None:
        """MS-ASCMD status 115 follows; a repetition of what was taken is still known."""
        outbox, sends = MemorySubmission(), True
        john = account()

        class Accounts:
            async def account(self, _: AccountId) -> Account:
                return john

        gate = SendGate(outbox, accounts=Accounts(), may_send=lambda one: one is john and sends)
        submit = partial(
            gate.submit, john.id, MAIL, sender=john.name, recipients=["x@y.org"], sent_copy=None
        )
        assert await submit(operation=OperationId("1"))
        sends = False
        assert not await submit(operation=OperationId("1"))
        with self.assertRaises(OverQuota):
            await submit(operation=OperationId("2"))
        assert list(outbox.taken) == ["1"]
        assert await gate.was_taken(OperationId("1"))


class NoticeTests(TestCase):
    """Administrators."""

    async def test_each_step_is_told_once_over_restarts_too(self) -> None:
        """And again once there was room in between."""
        marks, told = MemoryMarks(), []

        class Notices:
            async def notify(
                self, kind: NoticeKind, subject: str, text: str, *, domain: str
            ) -> None:
                told.append((kind, subject.rpartition(" are ")[2], domain))

        quota = DomainQuota(size_bytes=1000, warn_percent=80)
        for held in (10, 800, 900, 1000, 1100, 990, 1000, 10, 850):
            await QuotaNotices(marks=marks, notices=Notices()).measured("example.com", quota, held)
        states = ["80 % full", "full", "full", "85 % full"]
        assert told == [(NoticeKind.SERVER, state, "example.com") for state in states]
