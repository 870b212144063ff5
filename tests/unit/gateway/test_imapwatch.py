"""A watch: which commands it costs, what it hears, how it ends."""

from dataclasses import replace
from typing import Any

import pytest
from twisted.internet.defer import CancelledError, Deferred

from carbonio_mobile.errors import Unavailable
from carbonio_mobile.mailbox.imapclient.watch import ImapWatch, WatchLimits
from tests.unit.gateway.imapscript import Script, result, started

LIMITS = WatchLimits(renew_s=1_500.0, round_s=100.0)


class Watching:
    """A watch under way."""

    def __init__(
        self,
        *capabilities: str,
        names: tuple[str, ...] = ("INBOX", "Sent"),
        limits: WatchLimits = LIMITS,
        **more: Any,
    ) -> None:
        self.script = Script(*capabilities)
        self.changed: list[str | None] = []
        self.watch = ImapWatch(
            self.script.connection,
            names,
            on_change=self.changed.append,
            clock=self.script.clock,
            chance=lambda: 0.5,
            limits=limits,
            **more,
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


ALL = [None, "INBOX", "Sent"]
"""What is told when a watch has begun: what happened before is not known."""


def test_notify_costs_two_commands_an_hour() -> None:
    """The figure of issue 6: at most four an hour and account."""
    one = Watching("NOTIFY")
    assert one.text().startswith("NOTIFY SET")
    assert one.told() == ALL
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


def test_news_of_nobodys_concern() -> None:
    """A server that tells of mailboxes which nobody named is not listened to; INBOX has no case."""
    one = Watching("NOTIFY", names=("Inbox",))
    one.text()
    one.told()
    one.script.say("* STATUS Other (MESSAGES 5)", "* STATUS INBOX (MESSAGES 5)")
    assert one.told() == ["Inbox"]


def test_too_much_to_tell() -> None:
    """After an overflow everything may have changed, and news are asked for anew."""
    one = Watching("NOTIFY")
    one.text()
    one.told()
    one.script.say("* OK [NOTIFICATIONOVERFLOW] enough")
    assert one.told() == []
    assert not one.watch.covers("Sent")
    assert one.text().startswith("NOTIFY SET")
    assert one.told() == ALL
    assert one.watch.covers("Sent")


def test_what_notify_covers() -> None:
    """All that is named, and the list; nothing before the server's promise or after the end."""
    one = Watching("NOTIFY")
    names = ("INBOX", "Sent", None)
    assert not any(one.watch.covers(name) for name in names)
    one.text()
    assert all(one.watch.covers(name) for name in names)
    assert not one.watch.covers("Trash")
    one.script.say("* BYE")
    assert not any(one.watch.covers(name) for name in names)


def test_less_than_all_is_promised() -> None:
    """Without changes of flags no mailbox is covered, without names the list is not."""
    one = Watching("NOTIFY")
    for _ in range(3):
        tag, _ = one.script.command()
        one.script.say(f"{tag} NO [BADEVENT] x")
    assert one.text().endswith("(personal (MessageNew MessageExpunge))")
    assert one.told() == ALL
    assert not any(one.watch.covers(name) for name in ("INBOX", None))
    one.script.say("* STATUS Sent (MESSAGES 5)")
    assert one.told() == ["Sent"]


def test_other_mailboxes_cost_no_command() -> None:
    """The server tells of all; what is new is told, what is old until the watch is renewed."""
    one = Watching("NOTIFY")
    one.text()
    one.told()
    one.watch.change(["Sent"])
    one.watch.change(["INBOX", "Sent"])
    assert one.told() == []
    one.watch.change(["Trash"])
    assert one.told() == ["Trash"]
    assert one.script.heard() == b""
    one.script.say("* STATUS Sent (MESSAGES 5)", "* STATUS Trash (MESSAGES 5)")
    assert one.told() == ["Sent", "Trash"]
    assert all(one.watch.covers(name) for name in ("INBOX", "Sent", "Trash", None))
    one.script.clock.advance(LIMITS.renew_s)
    assert one.text() == "NOOP"
    one.script.say("* STATUS Sent (MESSAGES 6)", "* STATUS Trash (MESSAGES 6)")
    assert one.told() == ["Trash"]
    assert [one.watch.covers(name) for name in ("INBOX", "Sent", "Trash")] == [False, False, True]


def test_changed_while_it_begins() -> None:
    """Names that come while the first command is under way are not forgotten."""
    one = Watching("NOTIFY")
    tag, _ = one.script.command()
    one.watch.change(["INBOX", "Trash"])
    assert not one.watch.covers("Trash")
    one.script.say(f"{tag} OK")
    assert one.told() == [None, "INBOX", "Trash"]


def test_no_more_than_so_many() -> None:
    """Devices may come with ever new folders."""
    one = Watching("NOTIFY", limits=replace(LIMITS, names=3))
    one.text()
    for number in range(5):
        one.watch.change([f"{number}", f"{number}x"])
    one.told()
    one.script.say(*(f"* STATUS {name} (MESSAGES 5)" for name in ("INBOX", "0", "3x", "4", "4x")))
    assert one.told() == ["4", "4x"]


def test_mailboxes_of_others() -> None:
    """They are asked about in rounds, beside NOTIFY, and are not covered."""
    one = Watching("NOTIFY", "NAMESPACE", names=("INBOX", "shared/mary"))
    assert one.text('* NAMESPACE (("" "/")) (("shared/" "/")) NIL') == "NAMESPACE"
    assert one.text().startswith("NOTIFY SET")
    assert one.text("* STATUS shared/mary (MESSAGES 1)").startswith("STATUS")
    assert set(one.told()) == {None, "INBOX", "shared/mary"}
    assert [one.watch.covers(name) for name in ("INBOX", "shared/mary")] == [True, False]
    one.script.clock.advance(100)
    one.text("* STATUS shared/mary (MESSAGES 2)")
    assert one.told() == ["shared/mary"]
    one.watch.change(["INBOX", "shared/ann"])
    assert one.text("* STATUS shared/ann (MESSAGES 1)").startswith("STATUS")
    assert set(one.told()) == {"shared/ann"}
    one.watch.change(["INBOX"])
    one.script.clock.advance(100)
    assert one.script.heard() == b""
    one.script.clock.advance(LIMITS.renew_s)
    assert one.script.command()[1] == "NOOP"


def test_renamings_that_a_server_keeps_to_itself() -> None:
    """Dovecot's list of mailboxes is not covered."""
    one = Watching("NOTIFY")
    one.script.connection.server = {"name": "Dovecot"}
    one.text()
    assert [one.watch.covers(name) for name in ("INBOX", None)] == [True, False]


def test_idle_and_rounds() -> None:
    """Without NOTIFY: the Inbox at once, the others when their numbers differ."""
    one = Watching("IDLE")
    assert one.text("* 3 EXISTS") == "EXAMINE INBOX"
    assert one.text("* STATUS Sent (MESSAGES 1)").startswith("STATUS Sent")
    assert one.told() == ALL
    tag, text = one.script.command()
    assert text == "IDLE"
    assert not one.watch.covers("INBOX")
    one.script.say("+ go", "* 4 EXISTS")
    assert one.told() == ["INBOX"]
    assert [one.watch.covers(name) for name in ALL] == [False, True, False]
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


def test_a_server_that_may_sleep() -> None:
    """It may forget news: nothing is covered."""
    one = Watching("IDLE", names=("INBOX",))
    one.script.connection.server = {"name": "Dovecot"}
    one.text()
    one.script.command()
    one.script.say("+ go")
    assert not one.watch.covers("INBOX")


def test_idle_where_notify_is_not_wanted() -> None:
    """For a server that tells sooner by IDLE."""
    one = Watching("IDLE", "NOTIFY", limits=replace(LIMITS, by_idle=True))
    assert one.text("* 3 EXISTS") == "EXAMINE INBOX"


def test_rounds_after_a_change() -> None:
    """A new mailbox is asked about at once; what was the first may become another."""
    one = Watching("IDLE")
    one.text()
    one.text("* STATUS Sent (MESSAGES 1)")
    tag, _ = one.script.command()
    one.script.say("+ go")
    one.told()
    one.watch.change(["Sent", "Trash"])
    assert one.script.heard() == b"DONE\r\n"
    one.script.say(f"{tag} OK")
    assert one.text("* 3 EXISTS") == "EXAMINE Sent"
    assert one.text("* STATUS Trash (MESSAGES 1)").startswith("STATUS Trash")
    assert one.told() == ["Sent", "Trash"]
    assert one.script.command()[1] == "IDLE"


def test_the_pace_is_kept() -> None:
    """The Inbox is heard of while a round waits for its turn."""
    turn: Deferred[None] = Deferred()
    asked: list[int] = []

    def pace(count: int) -> Deferred[None]:
        asked.append(count)
        return turn

    one = Watching("IDLE", names=("INBOX", "A", "B"), pace=pace)
    one.text()
    one.text("* STATUS A (MESSAGES 1)")
    one.text("* STATUS B (MESSAGES 1)")
    one.script.command()
    one.script.say("+ go")
    one.told()
    one.script.clock.advance(100)
    assert asked == [2]
    one.script.say("* 5 EXISTS")
    assert one.told() == ["INBOX"]
    assert one.watch.covers("INBOX")
    assert one.script.heard() == b""
    turn.callback(None)
    assert one.script.heard() == b"DONE\r\n"


def test_a_mailbox_that_goes() -> None:
    """The list changed; the watch goes on."""
    one = Watching("IDLE")
    one.text()
    one.text("* STATUS Sent (MESSAGES 1)")
    (tag, _) = one.script.command()
    one.script.say("+ go")
    one.told()
    one.script.clock.advance(100)
    one.script.heard()
    one.script.say(f"{tag} OK")
    tag, _ = one.script.command()
    one.script.say(f"{tag} NO [NONEXISTENT] gone")
    assert one.told() == [None]
    assert one.script.command()[1] == "IDLE"


def test_rounds_alone() -> None:
    """Without IDLE too; then nothing is covered."""
    one = Watching(names=("INBOX",))
    assert one.text("* 3 EXISTS") == "EXAMINE INBOX"
    one.told()
    one.script.clock.advance(100)
    assert one.text("* 4 EXISTS") == "NOOP"
    assert one.told() == ["INBOX"]
    assert not one.watch.covers("INBOX")
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


def test_cancelling() -> None:
    """No alarm stays behind."""
    one = Watching("NOTIFY")
    one.text()
    one.running.cancel()
    with pytest.raises(CancelledError):
        result(one.running)
    alarms = [call for call in one.script.clock.getDelayedCalls() if call.getTime() > 100]
    assert alarms == []
