"""The automatic replies of all accounts: one setting, one lock, and the right person for each."""

import gc
from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from carbonio_mobile.accounts.memory import MemoryAccounts
from carbonio_mobile.errors import NotAllowed, NotFound
from carbonio_mobile.ids import AccountId
from carbonio_mobile.mailbox.delivery.relay import Login
from carbonio_mobile.mailbox.sieveclient.replies import NoReplies, Replies
from carbonio_mobile.sieve.awayscript import AWAY
from carbonio_mobile.sync.outofoffice import OutOfOffice
from tests.unit.gateway.test_outofoffice import ON, Server


class Servers:
    """A server for all; an account's scripts are those of its login. Opening waits where told."""

    def __init__(self) -> None:
        self.of: dict[str, Server] = {}
        self.waiting: list[Deferred[None]] | None = None

    async def open(self, login: Login) -> Server:
        if self.waiting is not None:
            self.waiting.append(Deferred())
            await self.waiting[-1]
        return await self.of.setdefault(login.user, Server()).open(login)


class RepliesTests(SynchronousTestCase):
    """John and Mary on one server."""

    def setUp(self) -> None:
        accounts = MemoryAccounts(clock=lambda: 0.0)
        self.john = accounts.add("john@example.com", "x", aliases=["jd@example.org"])
        self.mary = accounts.add("mary@example.com", "x")
        self.servers = Servers()
        self.replies: Any = Replies(
            self.servers,  # type: ignore[arg-type]
            login_of=self.login_of,
            accounts=accounts,
            days=5,
        )

    async def login_of(self, account: AccountId) -> Login:
        return Login(user=account, password="x")

    def set(self, account: AccountId, settings: OutOfOffice = ON) -> "Deferred[None]":
        return Deferred.fromCoroutine(self.replies.of(account).set_out_of_office(settings))

    def test_each_has_its_own(self) -> None:
        """What John sets is John's, answered from his address, once in so many days."""
        self.successResultOf(self.set(self.john))
        get = self.replies.of(self.mary).out_of_office
        self.assertEqual(self.successResultOf(Deferred.fromCoroutine(get())), OutOfOffice())
        script = self.servers.of[self.john].held[AWAY]
        for words in ("john@example.com", "jd@example.org", ":days 5"):
            self.assertIn(words, script)

    def test_one_after_the_other(self) -> None:
        """Two phones of an account that set it at once do so in turn; another account's does not
        wait.
        """
        self.servers.waiting = []
        first, second, other = self.set(self.john), self.set(self.john), self.set(self.mary)
        self.assertEqual(len(self.servers.waiting), 2)
        for one in list(self.servers.waiting):
            one.callback(None)
        self.successResultOf(first)
        self.successResultOf(other)
        self.assertNoResult(second)
        self.servers.waiting[-1].callback(None)
        self.successResultOf(second)

    def test_nothing_is_kept(self) -> None:
        """An account that nobody works on takes no room."""
        self.successResultOf(self.set(self.john))
        gc.collect()
        self.assertEqual(len(self.replies._open), 0)

    def test_nobody(self) -> None:
        """An account that is gone sets nothing."""
        self.failureResultOf(self.set(AccountId("gone")), NotFound)

    def test_without_a_server(self) -> None:
        """It is off, and cannot be on."""
        replies: Any = NoReplies().of(self.john)
        setting = Deferred.fromCoroutine(replies.set_out_of_office(ON))
        self.failureResultOf(setting, NotAllowed)
