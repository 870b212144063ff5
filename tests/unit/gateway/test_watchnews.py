"""News of a watch: gathered, told once, and again until they were taken in."""

from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from carbonio_mobile.errors import NotFound, Unavailable
from carbonio_mobile.mailbox.gateway.push.news import NewsLimits, WatchNews

LIMITS = NewsLimits(gather_s=0.05, at_once=2, first_pause_s=4.0, longest_pause_s=16.0)


class Listening:
    """News, and the looks that they led to."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.looks: list[tuple[str | None, Deferred[None]]] = []
        self.news = WatchNews(self.look, clock=self.clock, chance=lambda: 1.0, limits=LIMITS)

    async def look(self, name: str | None) -> None:
        look: Deferred[None] = Deferred()
        self.looks.append((name, look))
        await look

    def hear(self, *names: str | None) -> None:
        """Hear of them, and let the time to gather pass."""
        for name in names:
            self.news.hear(name)
        self.clock.advance(LIMITS.gather_s)

    @property
    def looked_at(self) -> list[str | None]:
        return [name for name, _ in self.looks]

    def end(self, result: Any = None) -> None:
        """End the first look."""
        _, look = self.looks.pop(0)
        look.errback(result) if isinstance(result, Exception) else look.callback(result)
        self.clock.advance(LIMITS.gather_s)


def test_told_once() -> None:
    """What comes within a few milliseconds is one look; the list of mailboxes goes first."""
    one = Listening()
    one.news.hear("INBOX")
    one.news.hear(None)
    one.news.hear("INBOX")
    assert one.looks == []
    assert not one.news.is_clear("INBOX")
    one.clock.advance(0.05)
    assert one.looked_at == [None, "INBOX"]
    assert not one.news.is_clear("INBOX")
    one.end()
    one.end()
    assert one.news.is_clear("INBOX")
    assert one.news.is_clear(None)
    assert one.looks == []
    assert one.clock.getDelayedCalls() == []


def test_heard_during_the_look() -> None:
    """The look may have missed it: another follows, one at a time."""
    one = Listening()
    one.hear("INBOX")
    one.hear("INBOX")
    assert one.looked_at == ["INBOX"]
    one.end()
    assert one.looked_at == ["INBOX"]
    assert not one.news.is_clear("INBOX")
    one.end()
    assert one.news.is_clear("INBOX")
    assert one.looks == []


def test_few_at_a_time() -> None:
    """The others follow as these end."""
    one = Listening()
    one.hear("A", "B", "C", "D")
    assert one.looked_at == ["A", "B"]
    one.end()
    assert one.looked_at == ["B", "C"]
    assert not one.news.is_clear("D")


@pytest.mark.parametrize("why", [Unavailable("down"), ZeroDivisionError()])
def test_a_look_that_failed(why: Exception) -> None:
    """It is tried again after a pause that grows, and holds up nobody else."""
    one = Listening()
    one.hear("A")
    pauses = []
    for _ in range(4):
        one.end(why)
        one.hear("A")
        assert one.looks == []
        assert not one.news.is_clear("A")
        before = one.clock.seconds()
        while not one.looks:
            one.clock.advance(0.5)
        pauses.append(round(one.clock.seconds() - before))
    assert pauses == [4, 8, 16, 16]
    one.hear("B")
    assert one.looked_at == ["A", "B"]
    one.end()
    assert one.news.is_clear("A")


def test_a_mailbox_that_is_gone() -> None:
    """It needs no further look, and the list one."""
    one = Listening()
    one.hear("A")
    one.end(NotFound("A"))
    assert one.looked_at == [None]
    assert one.news.is_clear("A")


def test_stopping() -> None:
    """Looks under way are given up; nothing is told or left behind."""
    one = Listening()
    one.hear("A", "B", "C")
    one.end(Unavailable("down"))
    one.news.stop()
    one.news.hear("A")
    assert one.clock.getDelayedCalls() == []
    one.clock.advance(1000)
    assert all(look.called for _, look in one.looks)
    assert one.looked_at == ["B", "C"]
