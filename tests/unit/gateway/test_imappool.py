"""The pool: who gets which connection, and when a server is asked for one."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from carbonio_mobile.errors import StoreError, Unavailable
from carbonio_mobile.ids import AccountId
from carbonio_mobile.mailbox.imapclient.faults import LoginRefused
from carbonio_mobile.mailbox.imapclient.pool import ImapPool, PoolLimits
from carbonio_mobile.mailbox.imapclient.session import Selection
from tests.unit.gateway.imapscript import result, started

JOHN, MARY, ANN = AccountId("john"), AccountId("mary"), AccountId("ann")
LIMITS = PoolLimits(
    connections=4, per_account=2, logins=2, waiting=5, wait_s=60.0, idle_s=100.0, try_after_s=30.0,
    first_pause_s=2.0, longest_pause_s=16.0,
)  # fmt: skip


class Wire:
    """As much of a wire as the pool sees."""

    def __init__(self) -> None:
        self.is_open = True
        self.is_idle = True
        self.ended: Deferred[None] = Deferred()

    def abort(self, why: str) -> None:
        if self.is_open:
            self.is_open = False
            self.ended.callback(None)


class Connection:
    """As much of a connection."""

    def __init__(self) -> None:
        self.wire = Wire()
        self.selected: Selection | None = None
        self.is_dead = False
        self.says_goodbye = False
        self.probes = 0

    @property
    def ended(self) -> Deferred[None]:
        return self.wire.ended

    def listen(self, listener: object) -> None:
        pass

    async def probe(self) -> None:
        self.probes += 1
        if self.is_dead:
            self.wire.abort("dead")
            raise Unavailable("dead")

    def close(self) -> None:
        if self.says_goodbye:
            self.wire.is_idle = False  # LOGOUT is under way
        else:
            self.wire.abort("closed")

    def select(self, name: str) -> None:
        self.selected = Selection(name=name, read_only=False)


class House:
    """A pool and the logins that it began."""

    def __init__(self, limits: PoolLimits = LIMITS, chance: float = 1.0) -> None:
        self.clock = Clock()
        self.logins: list[tuple[AccountId, Deferred[Any]]] = []
        self.pool = ImapPool(
            reach=self.reach, clock=self.clock, chance=lambda: chance, limits=limits
        )

    def reach(self, account: AccountId) -> Deferred[Any]:
        login: Deferred[Any] = Deferred()
        self.logins.append((account, login))
        return login

    def ask(self, account: AccountId, mailbox: str | None = None) -> Deferred[Any]:
        return started(self.pool.borrow(account, mailbox))

    def let_in(self) -> Connection:
        """Let the first login that is under way succeed."""
        _, login = self.logins.pop(0)
        connection = Connection()
        login.callback(connection)
        return connection

    def turn_away(self, why: Exception) -> None:
        """Let it fail."""
        self.logins.pop(0)[1].errback(why)

    def lend(self, account: AccountId) -> Connection:
        """Have one lent."""
        asking = self.ask(account)
        if self.logins:
            self.let_in()
        connection: Connection = result(asking)
        return connection

    @property
    def under_way(self) -> list[AccountId]:
        return [account for account, _ in self.logins]


def test_connections_are_used_again() -> None:
    """One login serves one after the other."""
    house = House()
    first = house.lend(JOHN)
    house.pool.give_back(JOHN, first)  # type: ignore[arg-type]  # a double
    assert house.lend(JOHN) is first
    assert house.pool.count == 1


def test_the_one_with_the_mailbox_goes_first() -> None:
    """No SELECT where one is selected already."""
    house = House()
    one, other = house.lend(JOHN), house.lend(JOHN)
    one.select("Sent")
    other.select("INBOX")
    for connection in (one, other):
        house.pool.give_back(JOHN, connection)  # type: ignore[arg-type]  # a double
    assert result(house.ask(JOHN, "Sent")) is one
    assert result(house.ask(JOHN, "Sent")) is other


def test_one_login_of_an_account_at_a_time() -> None:
    """Ten requests begin one login; who comes first is served by it."""
    house = House()
    asking = [house.ask(JOHN) for _ in range(3)]
    assert house.under_way == [JOHN]
    connection = house.let_in()
    assert result(asking[0]) is connection
    assert house.under_way == [JOHN]
    second = house.let_in()
    assert result(asking[1]) is second
    assert house.under_way == []
    assert not asking[2].called
    house.pool.give_back(JOHN, connection)  # type: ignore[arg-type]  # a double
    assert result(asking[2]) is connection


def test_logins_of_all() -> None:
    """Two at a time; who was served goes to the end of the queue."""
    house = House()
    asking = [house.ask(account) for account in (JOHN, JOHN, MARY, ANN)]
    assert house.under_way == [JOHN, MARY]
    house.let_in()
    assert house.under_way == [MARY, ANN]
    house.let_in()
    assert house.under_way == [ANN, JOHN]
    assert [one.called for one in asking] == [True, False, True, False]


def test_room_is_made_by_the_one_idle_for_longest() -> None:
    """The cap holds; an idle connection of another account goes."""
    house = House()
    john, john2 = house.lend(JOHN), house.lend(JOHN)
    mary, mary2 = house.lend(MARY), house.lend(MARY)
    asking = house.ask(ANN)
    assert house.under_way == []
    house.pool.give_back(MARY, mary)  # type: ignore[arg-type]  # a double
    assert house.under_way == [ANN]
    assert not mary.wire.is_open
    house.let_in()
    result(asking)
    assert house.pool.count == 4
    assert john.wire.is_open
    assert john2.wire.is_open
    assert mary2.wire.is_open


def test_no_more_room_is_made_than_is_needed() -> None:
    """While one idle connection says goodbye for an account that waits, the others stay."""
    house = House()
    connections = [(account, house.lend(account)) for account in (JOHN, JOHN, MARY, MARY)]
    for account, connection in connections:
        connection.says_goodbye = True
        house.pool.give_back(account, connection)  # type: ignore[arg-type]  # a double
    asking = house.ask(ANN)
    for _ in range(3):
        house.pool.give_back(JOHN, house.lend(JOHN))  # type: ignore[arg-type]  # a double
    leaving = [connection for _, connection in connections if not connection.wire.is_idle]
    assert len(leaving) == 1
    leaving[0].wire.abort("gone")
    house.let_in()
    result(asking)


def test_pauses_grow_and_end() -> None:
    """After a failure the account waits; all who ask meanwhile learn why, and no login is tried."""
    house = House()
    pauses = []
    for _ in range(6):
        asking = [house.ask(JOHN), house.ask(JOHN)]
        assert house.under_way == [JOHN]
        house.turn_away(LoginRefused("LOGIN: NO"))
        for one in asking:
            with pytest.raises(LoginRefused):
                result(one)
        waited = 0
        while True:
            again = house.ask(JOHN)
            if house.under_way:
                break
            with pytest.raises(LoginRefused):
                result(again)
            house.clock.advance(1)
            waited += 1
        pauses.append(waited)
        house.turn_away(Unavailable("x"))
        with pytest.raises(Unavailable):
            result(again)
        house.clock.advance(100)
    assert pauses[:2] == [2, 8]
    assert max(pauses) == 16
    assert house.ask(MARY) is not None
    assert house.under_way == [MARY]


def test_pauses_differ_by_chance() -> None:
    """Down to half of them, so that accounts do not come back together."""
    for chance, free_after in ((0.0, 1.0), (1.0, 2.0)):
        house = House(chance=chance)
        asking = house.ask(JOHN)
        house.turn_away(Unavailable("x"))
        with pytest.raises(Unavailable):
            result(asking)
        house.clock.advance(free_after - 0.1)
        with pytest.raises(Unavailable):
            result(house.ask(JOHN))
        house.clock.advance(0.2)
        house.ask(JOHN)
        assert house.under_way == [JOHN]


def test_a_login_that_dies_at_once_is_a_failure_next_time() -> None:
    """Success is a connection given back alive; only that ends the count."""
    house = House()
    asking = house.ask(JOHN)
    house.turn_away(Unavailable("x"))
    with pytest.raises(Unavailable):
        result(asking)
    house.clock.advance(2)
    connection = house.lend(JOHN)
    connection.wire.abort("dies")
    house.pool.give_back(JOHN, connection)  # type: ignore[arg-type]  # a double
    asking = house.ask(JOHN)
    house.turn_away(Unavailable("x"))
    with pytest.raises(Unavailable):
        result(asking)
    house.clock.advance(3)
    with pytest.raises(Unavailable):
        result(house.ask(JOHN))


def test_another_password_is_tried_at_once() -> None:
    """``forget`` ends pauses and idle connections."""
    house = House()
    connection = house.lend(JOHN)
    house.pool.give_back(JOHN, connection)  # type: ignore[arg-type]  # a double
    house.pool.forget(JOHN)
    assert not connection.wire.is_open
    asking = house.ask(JOHN)
    house.turn_away(LoginRefused("x"))
    with pytest.raises(LoginRefused):
        result(asking)
    house.pool.forget(JOHN)
    house.ask(JOHN)
    assert house.under_way == [JOHN]


def test_idle_connections_end() -> None:
    """And leave nothing behind."""
    house = House()
    connection = house.lend(JOHN)
    house.pool.give_back(JOHN, connection)  # type: ignore[arg-type]  # a double
    house.clock.advance(99)
    assert connection.wire.is_open
    house.clock.advance(1)
    assert not connection.wire.is_open
    assert house.pool.count == 0
    assert house.clock.getDelayedCalls() == []


def test_what_was_idle_is_tried_first() -> None:
    """A dead one is replaced, unseen by who asked."""
    house = House()
    connection = house.lend(JOHN)
    house.pool.give_back(JOHN, connection)  # type: ignore[arg-type]  # a double
    house.clock.advance(31)
    assert house.lend(JOHN) is connection
    assert connection.probes == 1
    house.pool.give_back(JOHN, connection)  # type: ignore[arg-type]  # a double
    house.clock.advance(31)
    connection.is_dead = True
    asking = house.ask(JOHN)
    assert house.under_way == [JOHN]
    another = house.let_in()
    assert result(asking) is another
    assert house.pool.count == 1


def test_what_has_ended_is_not_lent() -> None:
    """Between the end of a connection and the news of it, which come a moment later."""
    house = House()
    connection = house.lend(JOHN)
    house.pool.give_back(JOHN, connection)  # type: ignore[arg-type]  # a double
    connection.wire.is_open = False
    asking = house.ask(JOHN)
    another = house.let_in()
    assert result(asking) is another


def test_what_comes_back_in_the_midst_of_a_command_ends() -> None:
    """Its answers would be taken for those of another."""
    house = House()
    connection = house.lend(JOHN)
    connection.wire.is_idle = False
    house.pool.give_back(JOHN, connection)  # type: ignore[arg-type]  # a double
    assert not connection.wire.is_open
    assert house.pool.count == 0


def test_nobody_waits_for_ever() -> None:
    """A minute, and no more than so many."""
    house = House()
    house.lend(JOHN), house.lend(JOHN)
    asking = [house.ask(JOHN) for _ in range(6)]
    with pytest.raises(Unavailable, match="too many"):
        result(asking[5])
    house.clock.advance(60)
    for one in asking[:5]:
        with pytest.raises(Unavailable, match="in time"):
            result(one)


def test_who_leaves_the_queue_is_not_served() -> None:
    """A cancelled request takes no connection with it."""
    house = House()
    connection = house.lend(JOHN)
    house.lend(JOHN)
    leaving, staying = house.ask(JOHN), house.ask(JOHN)
    leaving.addErrback(lambda _: None)
    leaving.cancel()
    house.pool.give_back(JOHN, connection)  # type: ignore[arg-type]  # a double
    assert result(staying) is connection


def test_stopping() -> None:
    """All ends: idle, lent, logins under way, who waits, who comes later."""
    house = House()
    lent, idle = house.lend(JOHN), house.lend(JOHN)
    house.pool.give_back(JOHN, idle)  # type: ignore[arg-type]  # a double
    asking = house.ask(MARY)
    result(started(house.pool.stop()))
    for one in (asking, house.ask(JOHN)):
        with pytest.raises(StoreError):
            result(one)
    assert not lent.wire.is_open
    assert not idle.wire.is_open
    house.pool.give_back(JOHN, lent)  # type: ignore[arg-type]  # a double
    assert house.pool.count == 0
    assert house.clock.getDelayedCalls() == []


def test_lending_for_a_block() -> None:
    """It comes back whatever happens in it."""
    house = House()

    async def use() -> None:
        async with house.pool.lent(JOHN) as connection:
            assert connection is not None
            raise Unavailable("mine")

    using = started(use())
    connection = house.let_in()
    with pytest.raises(Unavailable, match="mine"):
        result(using)
    assert house.lend(JOHN) is connection


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["ask", "let in", "turn away", "give back", "die", "pass time", "leave"]),
        st.sampled_from([JOHN, MARY, ANN]),
        st.integers(0, 5),
    ),
    max_size=60,
)


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_bounds_hold_whatever_happens(steps: list[tuple[str, AccountId, int]]) -> None:
    """Never more connections, logins or logins of an account than allowed; in the end nothing is
    left, and everybody was answered."""
    house = House()
    asked: list[Deferred[Any]] = []
    held: list[tuple[AccountId, Any]] = []
    alive: list[Connection] = []

    def ask(account: AccountId) -> None:
        asking = house.ask(account)
        asking.addCallback(lambda connection: held.append((account, connection)))
        asking.addErrback(lambda failure: failure.trap(StoreError, Exception) and None)
        asked.append(asking)

    for step, account, number in steps:
        if step == "ask":
            ask(account)
        elif step == "let in" and house.logins:
            alive.append(house.let_in())
        elif step == "turn away" and house.logins:
            house.turn_away(Unavailable("x"))
        elif step == "give back" and held:
            owner, connection = held.pop(number % len(held))
            house.pool.give_back(owner, connection)
        elif step == "die" and alive:
            alive[number % len(alive)].wire.abort("dies")
        elif step == "pass time":
            house.clock.advance(number * 7)
        elif step == "leave" and asked:
            asked[number % len(asked)].cancel()
        counts = [sum(one == account for one in house.under_way) for account in (JOHN, MARY, ANN)]
        assert max(counts) <= 1
        assert len(house.under_way) <= LIMITS.logins
        opened = sum(one.wire.is_open for one in alive)
        assert opened <= house.pool.count <= LIMITS.connections
    result(started(house.pool.stop()))
    assert all(one.called for one in asked)
    assert not any(one.wire.is_open for one in alive)
    house.clock.advance(1_000)
    assert house.pool.count == 0
    assert house.clock.getDelayedCalls() == []
