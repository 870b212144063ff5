"""Whether the server tells of new mail, and how soon."""

from email.utils import formatdate
from random import random
from secrets import token_hex
from typing import Any, Final

from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.python.failure import Failure

from carbonio_mobile.mailbox.imapclient.connection import ImapConnection
from carbonio_mobile.mailbox.imapclient.watch import ImapWatch, WatchLimits
from carbonio_mobile.setup.doctor.findings import Feature, Level, Part

_WITHIN_S: Final = 30.0
_BEGINS_WITHIN_S: Final = 10.0
_QUIET_S: Final = 0.3
_STEP_S: Final = 0.05


async def try_push(part: Part, connection: ImapConnection, inbox: str) -> None:
    """Try what tells of news, without changing anything. Raises: StoreError."""
    if await connection.notify():
        await connection.notify_nothing()
        if "FlagChange" not in connection.notified:
            part.degrades("NOTIFY tells of new mail at once, but not of what was read elsewhere")
        else:
            part.works("NOTIFY works: of all folders at once, with one command each 25 minutes")
        part.gives(Feature.PUSH, Level.WORKS, "at once, all folders of mail")
    elif connection.can("IDLE"):
        await connection.select(inbox, read_only=True)
        idling = await connection.idle()
        await idling.stop()
        part.works(f"IDLE works: of {inbox} at once")
        part.gives(Feature.PUSH, Level.DEGRADES, "the Inbox at once, other folders each minute")
    else:
        part.gives(Feature.PUSH, Level.DEGRADES, "within a minute")


async def time_push(
    part: Part,
    watching: ImapConnection,
    writing: ImapConnection,
    drafts: str,
    *,
    reactor: Any,
) -> None:
    """Put a message into Drafts and take it away again, and see when a watch tells of it.

    Raises: StoreError.
    """
    if not writing.can("UIDPLUS"):
        part.degrades("push was not timed: without UIDPLUS the message could not be taken away")
        return
    # Dovecot makes a mailbox that is configured only when somebody first opens it.
    await writing.select(drafts)
    news: list[str | None] = []
    watch = ImapWatch(
        watching,
        [drafts],
        on_change=news.append,
        clock=reactor,
        chance=random,
        limits=WatchLimits(),
    )
    running = Deferred.fromCoroutine(watch.run())
    failures: list[BaseException | None] = []

    def note(failure: Failure) -> None:
        failures.append(failure.value)

    running.addErrback(note)
    try:
        await _settled(watch, drafts, news, reactor)
        took_s = await _told(writing, drafts, news, reactor)
    finally:
        watch.stop()
        running.addTimeout(_BEGINS_WITHIN_S, reactor)
        await _ended(running)
    if took_s is None:
        why = f" ({failures[0]})" if failures else ""
        part.fails(
            f"a message was put into {drafts}, and within {_WITHIN_S:g} s nobody told of it{why}",
            "Dovecot: is mailbox_list_index = yes, and do its processes see one another's changes "
            "(inotify on network disks)? Cyrus: does idled run?",
        )
        part.gives(Feature.PUSH, Level.FAILS, "the server does not tell")
    else:
        part.works(f"a message that was put into {drafts} was told of after {took_s:.2f} s")


async def _ended(running: Deferred[None]) -> None:
    """Wait until a watch has ended, however it does: what it failed with is told already."""
    over: Deferred[None] = Deferred()
    running.addBoth(lambda _: over.callback(None))
    await over


async def _settled(watch: ImapWatch, drafts: str, news: list[str | None], reactor: Any) -> None:
    """Wait until the watch has begun and has said what it says at the beginning."""
    until = reactor.seconds() + _BEGINS_WITHIN_S
    while not watch.covers(drafts) and reactor.seconds() < until:
        await deferLater(reactor, _STEP_S)
    count = -1
    while count != len(news) and reactor.seconds() < until:
        count = len(news)
        await deferLater(reactor, _QUIET_S)
    news.clear()


async def _told(
    writing: ImapConnection, drafts: str, news: list[str | None], reactor: Any
) -> float | None:
    """Store a message, and give how long it took to be told of; None if it was not."""
    message_id = f"<{token_hex(12)}@doctor.invalid>"
    message = _message(message_id)
    began = reactor.seconds()
    stored = await writing.append(drafts, message, flags=("\\Seen", "\\Draft"))
    try:
        while drafts not in news:
            if reactor.seconds() - began > _WITHIN_S:
                return None
            await deferLater(reactor, _STEP_S / 5)
        return float(reactor.seconds() - began)
    finally:
        await writing.select(drafts)
        uids = await writing.find_message_id(message_id) if stored is None else stored.uids
        await writing.expunge(uids)


def _message(message_id: str) -> bytes:
    return (
        f"Message-ID: {message_id}\r\n"
        "Subject: carbonio-mobile-setup doctor\r\n"
        f"Date: {formatdate()}\r\n"
        "MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n"
        "This message measures how soon the server tells of it, and is deleted at once.\r\n"
    ).encode("ascii")
