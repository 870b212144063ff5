"""Watches of many accounts: when a connection is opened, what it hears, how it ends."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from zope.interface.verify import verifyObject

from carbonio_mobile.errors import StoreError, Unavailable
from carbonio_mobile.ids import AccountId, FolderId
from carbonio_mobile.interfaces import IInterest
from carbonio_mobile.mailbox.gateway.push.shares import WatchesLimits, WatchMeans
from carbonio_mobile.mailbox.gateway.push.watching import Watches
from carbonio_mobile.mailbox.imapclient.faults import LoginRefused
from carbonio_mobile.mailbox.imapclient.watch import WatchLimits
from tests.unit.gateway.imapscript import Script, result, started

ANN, BOB, CARL = AccountId("ann"), AccountId("bob"), AccountId("carl")
INBOX, SENT, TRASH, CALENDAR = (FolderId(one) for one in "5678")
MAILBOXES = {INBOX: "INBOX", SENT: "Sent", TRASH: "Trash"}
LIMITS = WatchesLimits(
    connections=2, logins=1, linger_s=120.0, first_pause_s=2.0, longest_pause_s=16.0,
    status_a_s=1.0, poll_s=100.0, longest_poll_s=400.0, polls=1,
    watch=WatchLimits(renew_s=1500.0, round_s=60.0),
)  # fmt: skip


_HOUSES: list["House"] = []


@pytest.fixture(autouse=True)
def _left_in_order() -> Iterator[None]:
    yield
    for house in _HOUSES:
        started(house.watches.stop()).addErrback(lambda _: None)
    _HOUSES.clear()


class House:
    """Watches, the servers that they reach, and what is asked of the mailbox."""

    def __init__(self, *capabilities: str, limits: WatchesLimits = LIMITS) -> None:
        self.clock = Clock()
        self.capabilities = capabilities or ("NOTIFY",)
        self.logins: list[tuple[AccountId, Deferred[Any]]] = []
        self.looks: list[tuple[str | None, Deferred[None]]] = []
        self.polls: list[tuple[AccountId, list[FolderId]]] = []
        self.poll_fault: Exception | None = None
        self.names_fault: StoreError | None = None
        self.asked: list[set[FolderId]] = []
        self.mailboxes = dict(MAILBOXES)
        means = WatchMeans(open=self.open, names=self.names, poll=self.poll, on_news=self.on_news)
        self.watches = Watches(means, clock=self.clock, chance=lambda: 1.0, limits=limits)
        _HOUSES.append(self)

    def open(self, account: AccountId) -> Deferred[Any]:
        login: Deferred[Any] = Deferred()
        self.logins.append((account, login))
        return login

    async def names(
        self, account: AccountId, folders: Collection[FolderId]
    ) -> Mapping[FolderId, str]:
        self.asked.append(set(folders))
        if self.names_fault is not None:
            raise self.names_fault
        return {one: self.mailboxes[one] for one in folders if one in self.mailboxes}

    async def poll(self, account: AccountId, folders: Collection[FolderId]) -> None:
        self.polls.append((account, list(folders)))
        if self.poll_fault is not None:
            raise self.poll_fault

    async def on_news(self, account: AccountId, mailbox: str | None) -> None:
        look: Deferred[None] = Deferred()
        self.looks.append((mailbox, look))
        await look

    @property
    def under_way(self) -> list[AccountId]:
        return [account for account, _ in self.logins]

    def let_in(self) -> Script:
        """Let the first login succeed."""
        script = Script(*self.capabilities, clock=self.clock)
        self.logins.pop(0)[1].callback(script.connection)
        return script

    def turn_away(self, why: Exception) -> None:
        """Let it fail."""
        self.logins.pop(0)[1].errback(why)

    def begin(self, account: AccountId = ANN, *folders: FolderId) -> Script:
        """Have a watch by NOTIFY that is up to date."""
        self.watches.watched(account, folders or (INBOX, SENT))
        script = self.let_in()
        script.ok()
        self.take_in()
        return script

    def take_in(self) -> list[str | None]:
        """Let the mailbox look at all the news; tell at which mailboxes."""
        names = []
        self.clock.advance(0.05)
        while self.looks:
            name, look = self.looks.pop(0)
            names.append(name)
            look.callback(None)
            self.clock.advance(0.05)
        return names

    def covered(self, account: AccountId = ANN) -> list[str | None]:
        names = ["INBOX", "Sent", "Trash", None]
        return [one for one in names if self.watches.is_covered(account, one)]


def lose(script: Script) -> None:
    """The connection ends."""
    script.say("* BYE restart")
    script.wire.connectionLost()


def test_provides_the_interface() -> None:
    """The hub can be given it."""
    verifyObject(IInterest, House().watches)


def test_one_watch_for_all_devices() -> None:
    """One login, one command; what happened before is looked at once."""
    house = House()
    house.watches.watched(ANN, (SENT, INBOX))
    house.watches.watched(ANN, (INBOX,))
    house.watches.watched(ANN, (INBOX, SENT))
    assert house.under_way == [ANN]
    script = house.let_in()
    assert house.watches.connections == 1
    tag, text = script.command()
    assert text.startswith("NOTIFY SET")
    assert house.looks == []
    script.say(f"{tag} OK")
    assert house.take_in() == [None, "INBOX", "Sent"]
    assert script.heard() == b""
    assert house.logins == []


def test_what_is_covered() -> None:
    """Not before the first look is done; not from the news to the end of the look at them."""
    house = House()
    assert house.covered() == []
    house.watches.watched(ANN, (INBOX, SENT))
    script = house.let_in()
    assert house.covered() == []
    script.ok()
    assert house.covered() == []
    house.clock.advance(0.05)
    house.looks.pop(1)[1].callback(None)
    assert house.covered() == ["INBOX"]
    house.take_in()
    assert house.covered() == ["INBOX", "Sent", None]
    assert house.covered(BOB) == []
    script.say("* STATUS Sent (MESSAGES 5)")
    assert house.covered() == ["INBOX", None]
    house.clock.advance(0.05)
    ((name, look),) = house.looks
    assert name == "Sent"
    script.say("* STATUS Sent (MESSAGES 6)")
    look.callback(None)
    assert house.covered() == ["INBOX", None]
    house.looks.clear()
    assert house.take_in() == ["Sent"]
    assert house.covered() == ["INBOX", "Sent", None]
    lose(script)
    assert house.covered() == []


def test_catching_up() -> None:
    """The server is asked to tell; what it tells is covered when it was taken in."""
    house = House()
    assert result(started(house.watches.catch_up(ANN))) is False
    script = house.begin()
    catching_up = started(house.watches.catch_up(ANN))
    tag, text = script.command()
    assert text == "NOOP"
    script.say("* STATUS Sent (MESSAGES 5)", f"{tag} OK")
    assert result(catching_up) is True
    assert house.covered() == ["INBOX", None]
    catching_up = started(house.watches.catch_up(ANN))
    lose(script)
    assert result(catching_up) is False


def test_no_catching_up_with_idle() -> None:
    """It would end the IDLE."""
    house = House("IDLE")
    house.watches.watched(ANN, (INBOX,))
    script = house.let_in()
    script.ok("* 1 EXISTS")
    script.command()
    script.say("+ go")
    assert result(started(house.watches.catch_up(ANN))) is False
    assert script.heard() == b""


def test_a_look_that_fails_does_not_cover() -> None:
    """It is done again."""
    house = House()
    script = house.begin()
    script.say("* STATUS Sent (MESSAGES 5)")
    house.clock.advance(0.05)
    house.looks.pop()[1].errback(Unavailable("database busy"))
    assert house.covered() == ["INBOX", None]
    house.clock.advance(10)
    assert house.take_in() == ["Sent"]
    assert house.covered() == ["INBOX", "Sent", None]


def test_it_lingers() -> None:
    """The phone's next Ping finds the watch that it left; when none comes it ends."""
    house = House()
    script = house.begin()
    for _ in range(5):
        house.watches.watched(ANN, ())
        house.clock.advance(119)
        assert house.covered() == ["INBOX", "Sent", None]
        house.watches.watched(ANN, (INBOX, SENT))
    house.clock.advance(200)
    assert script.heard() == b""
    assert house.asked == [{INBOX, SENT}] * 2  # the second after the look at the list
    house.watches.watched(ANN, ())
    house.clock.advance(120)
    assert script.command()[1] == "LOGOUT"
    assert house.covered() == []
    script.wire.connectionLost()
    assert house.watches.connections == 0
    assert house.clock.getDelayedCalls() == []


def test_other_folders() -> None:
    """They cost a look at each new one."""
    house = House()
    script = house.begin()
    house.watches.watched(ANN, (INBOX,))
    house.watches.watched(ANN, (SENT,))
    house.watches.watched(ANN, (SENT, TRASH))
    assert house.covered() == ["INBOX", "Sent", None]
    assert house.take_in() == ["Trash"]
    assert house.covered() == ["INBOX", "Sent", "Trash", None]
    assert script.heard() == b""


def test_a_mailbox_is_renamed() -> None:
    """After the look at the list the folders have other names."""
    house = House()
    script = house.begin()
    script.say('* LIST () "/" Trash ("OLDNAME" (Sent))')
    house.mailboxes[SENT] = "Trash"
    assert house.take_in() == [None, "Trash"]
    assert house.covered() == ["INBOX", "Sent", "Trash", None]


def test_a_lost_connection() -> None:
    """It is opened anew after a pause; then all is looked at."""
    house = House()
    script = house.begin()
    lose(script)
    assert house.logins == []
    house.clock.advance(2)
    assert house.under_way == [ANN]
    script = house.let_in()
    script.ok()
    assert house.take_in() == [None, "INBOX", "Sent"]
    assert house.covered() == ["INBOX", "Sent", None]


@pytest.mark.parametrize("why", [Unavailable("down"), LoginRefused("no"), ZeroDivisionError()])
def test_pauses_grow(why: Exception) -> None:
    """Up to a bound; new credentials end a pause."""
    house = House()
    house.watches.watched(ANN, (INBOX,))
    pauses = []
    for _ in range(5):
        house.turn_away(why)
        before = house.clock.seconds()
        while not house.logins:
            house.clock.advance(1)
        pauses.append(house.clock.seconds() - before)
    assert pauses == [2, 4, 8, 16, 16]
    house.turn_away(why)
    house.watches.hurry(ANN)
    assert house.under_way == [ANN]
    house.watches.hurry(BOB)


def test_few_logins_at_a_time() -> None:
    """A server that comes back is not flooded."""
    house = House()
    house.watches.watched(ANN, (INBOX,))
    house.watches.watched(BOB, (INBOX,))
    assert house.under_way == [ANN]
    house.turn_away(Unavailable("down"))
    assert house.under_way == [BOB]


def test_few_connections_in_all() -> None:
    """Who finds no place waits for one; who is waited for by nobody makes room."""
    house = House()
    scripts = [house.begin(one) for one in (ANN, BOB)]
    house.watches.watched(CARL, (INBOX,))
    assert house.logins == []
    lose(scripts[0])
    assert house.under_way == [CARL]
    house.let_in().ok()
    house.take_in()
    house.clock.advance(2)
    assert house.logins == []
    house.watches.watched(BOB, ())
    assert scripts[1].command()[1] == "LOGOUT"
    assert house.under_way == [ANN]


def test_who_lingers_makes_room() -> None:
    """For one that is waited for; the first that nobody waits for goes first."""
    house = House()
    scripts = [house.begin(one) for one in (ANN, BOB)]
    house.watches.watched(BOB, ())
    house.watches.watched(ANN, ())
    house.watches.watched(CARL, (INBOX,))
    assert house.under_way == [CARL]
    assert scripts[1].command()[1] == "LOGOUT"
    assert scripts[0].heard() == b""


def test_nobody_waits_any_more_in_the_queue() -> None:
    """A watch that ends while it waits for a place or a login leaves nothing behind."""
    house = House()
    for account in (ANN, BOB, CARL):
        house.watches.watched(account, (INBOX,))
    for account in (ANN, BOB, CARL):
        house.watches.watched(account, ())
    house.clock.advance(120)
    assert all(login.called for _, login in house.logins)
    house.logins.clear()
    assert house.clock.getDelayedCalls() == []
    house.begin()


def test_calendars_are_polled() -> None:
    """While somebody waits, with pauses that grow when the server fails; no mail, no login."""
    house = House()
    house.watches.watched(ANN, (CALENDAR,))
    assert house.logins == []
    assert house.watches.connections == 0
    for _ in range(500):
        house.clock.advance(1)
    assert house.polls == [(ANN, [CALENDAR])] * 4
    house.polls.clear()
    house.poll_fault = Unavailable("503")
    for _ in range(1200):
        house.clock.advance(1)
    assert len(house.polls) == 3
    house.watches.watched(ANN, ())
    house.clock.advance(119)
    house.polls.clear()
    house.watches.watched(ANN, (CALENDAR,))
    house.watches.watched(ANN, ())
    house.clock.advance(1000)
    assert house.polls == []
    assert house.clock.getDelayedCalls() == []


def test_names_that_cannot_be_found_now() -> None:
    """They are asked for again."""
    house = House()
    house.names_fault = Unavailable("database busy")
    house.watches.watched(ANN, (INBOX,))
    house.names_fault = None
    assert house.logins == []
    house.clock.advance(2)
    assert house.under_way == [ANN]


def test_rounds_keep_the_pace_of_all() -> None:
    """One STATUS a second, of all accounts together."""
    house = House("IDLE")
    scripts = []
    for account in (ANN, BOB):
        house.watches.watched(account, (INBOX, SENT, TRASH))
        script = house.let_in()
        script.ok("* 1 EXISTS")
        script.ok("* STATUS Sent (MESSAGES 1)")
        script.ok("* STATUS Trash (MESSAGES 1)")
        assert script.command()[1] == "IDLE"
        script.say("+ go")
        scripts.append(script)
    house.take_in()
    assert house.covered() == ["INBOX"]
    house.clock.advance(75)
    assert [script.heard() for script in scripts] == [b"DONE\r\n", b""]
    house.clock.advance(2)
    assert scripts[1].heard() == b"DONE\r\n"


def test_stopping() -> None:
    """All connections end, whatever they are at; nothing begins afterwards."""
    house = House()
    script = house.begin()
    house.watches.watched(BOB, (INBOX, CALENDAR))
    other = house.let_in()
    script.say("* STATUS Sent (MESSAGES 5)")
    house.clock.advance(0.05)
    stopping = started(house.watches.stop())
    assert script.command()[1] == "LOGOUT"
    assert other.transport.is_aborted
    for one in (script, other):
        assert not stopping.called
        one.wire.connectionLost()
    result(stopping)
    house.watches.watched(CARL, (INBOX,))
    assert house.logins == []
    assert house.clock.getDelayedCalls() == []
