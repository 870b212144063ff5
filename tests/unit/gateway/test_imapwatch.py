"""A watch: which commands it costs, what it hears, how it ends."""

from typing import Any

import pytest
from twisted.internet.defer import Deferred

from carbonio_mobile.errors import Unavailable
from carbonio_mobile.mailbox.gateway.imapwatch import ImapWatch, WatchLimits
from tests.unit.gateway.imapscript import Script, result, started

LIMITS = WatchLimits(renew_s=1_500.0, round_s=100.0)


class Watching:
    """A watch under way."""

    def __init__(self, *capabilities: str, names: tuple[str, ...] = ("INBOX", "Sent")) -> None:
        self.script = Script(*capabilities)
        self.changed: list[str | None] = []
        self.watch = ImapWatch(
            self.script.connection,
            names,
            on_change=self.changed.append,
            clock=self.script.clock,
            chance=lambda: 0.5,
            limits=LIMITS,
        )
        self.running: Deferred[Any] = started(self.watch.run())

    def text(self, *answers: str) -> str:
        """Give the one command that came, and answer it."""
        tag, text = self.script.command()
        self.script.say(*answers, f"{tag} OK")
        return text

    def told(self) -> list[str | None]:
        """Give what was told since this was called last."""
        changed = self.changed[:]
        self.changed.clear()
        return changed


def test_notify_costs_two_commands_an_hour() -> None:
    """The figure of issue 6: at most four an hour and account."""
    one = Watching("NOTIFY")
    assert one.text().startswith("NOTIFY SET")
    one.script.say("* STATUS Sent (MESSAGES 5)", '* LIST () "/" Neu', "* STATUS INBOX (UNSEEN 1)")
    assert one.told() == ["Sent", None, "INBOX"]
    texts = []
    for _ in range(60):
        one.script.clock.advance(60)
        for tag, text in one.script.commands():
            texts.append(text)
            one.script.say(f"{tag} OK")
    assert texts == ["NOOP", "NOOP"]
    one.watch.stop()
    assert one.text() == "NOTIFY NONE"
    result(one.running)
    assert one.script.connection.wire.listener is None
    assert [call for call in one.script.clock.getDelayedCalls() if call.getTime() > 9_000] == []


def test_too_much_to_tell() -> None:
    """After an overflow everything may have changed, and news are asked for anew."""
    one = Watching("NOTIFY")
    one.text()
    one.script.say("* OK [NOTIFICATIONOVERFLOW] enough")
    assert one.told() == []
    assert one.text().startswith("NOTIFY SET")
    assert one.told() == [None, "INBOX", "Sent"]


def test_idle_and_rounds() -> None:
    """Without NOTIFY: the Inbox at once, the others when their numbers differ."""
    one = Watching("IDLE")
    assert one.text("* 3 EXISTS") == "EXAMINE INBOX"
    assert one.text("* STATUS Sent (MESSAGES 1)").startswith("STATUS Sent")
    tag, text = one.script.command()
    assert text == "IDLE"
    one.script.say("+ go", "* 4 EXISTS")
    assert one.told() == ["INBOX"]
    one.script.clock.advance(99)
    assert one.script.heard() == b""
    one.script.clock.advance(1)
    assert one.script.heard() == b"DONE\r\n"
    one.script.say(f"{tag} OK")
    one.text("* STATUS Sent (MESSAGES 2)")
    assert one.told() == ["Sent"]
    tag, text = one.script.command()
    one.script.say("+ go")
    one.watch.stop()
    assert one.script.heard() == b"DONE\r\n"
    one.script.say(f"{tag} OK")
    result(one.running)


def test_a_mailbox_that_goes() -> None:
    """The list changed; the watch goes on."""
    one = Watching("IDLE")
    one.text()
    one.text("* STATUS Sent (MESSAGES 1)")
    (tag, _) = one.script.command()
    one.script.say("+ go")
    one.script.clock.advance(100)
    one.script.heard()
    one.script.say(f"{tag} OK")
    tag, _ = one.script.command()
    one.script.say(f"{tag} NO [NONEXISTENT] gone")
    assert one.told() == [None]
    assert one.script.command()[1] == "IDLE"


def test_rounds_alone() -> None:
    """Without IDLE too."""
    one = Watching(names=("INBOX",))
    assert one.text("* 3 EXISTS") == "EXAMINE INBOX"
    one.script.clock.advance(100)
    assert one.text("* 4 EXISTS") == "NOOP"
    assert one.told() == ["INBOX"]
    one.watch.stop()
    result(one.running)


@pytest.mark.parametrize("capability", ["NOTIFY", "IDLE"])
def test_the_connection_ends(capability: str) -> None:
    """Whoever runs the watch learns it at once, and opens another when it is time."""
    one = Watching(capability, names=("INBOX",))
    one.text()
    if capability == "IDLE":
        one.script.command()
        one.script.say("+ go")
    one.script.say("* BYE restart")
    one.script.wire.connectionLost()
    with pytest.raises(Unavailable):
        result(one.running)
    assert one.script.clock.getDelayedCalls() == []
