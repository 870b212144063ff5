"""``ImapConnection``: one account on an IMAP server: all operations, and its news.

Spec: RFC 2177 (IDLE), RFC 5465 (NOTIFY); the operations in the modules of the classes below.
"""

from collections.abc import Callable, Sequence

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from carbonio_mobile.imap.commands import Argument, Command, Literal
from carbonio_mobile.imap.responses import Response
from carbonio_mobile.mailbox.imapclient.faults import CommandRefused, Unsupported, refusal
from carbonio_mobile.mailbox.imapclient.messages import MessageCommands

_MESSAGES = "MessageNew MessageExpunge"
_EVENTS = (f"{_MESSAGES} FlagChange", _MESSAGES)
"""What may happen to messages, from what is wished for to what every server can tell."""


class Idling:
    """An IDLE under way; news go to the listener. No other command can be sent meanwhile."""

    def __init__(self, session: "ImapConnection") -> None:
        self._session = session
        self._began: Deferred[None] = Deferred()
        self._over: Deferred[None] = Deferred()
        self._why: BaseException | None = None
        self._is_stopped = False
        running = session.wire.run(
            Command("IDLE"), alone=True, patient=True, go_on=lambda _: self._begin()
        )
        running.addErrback(self._fail)
        running.addBoth(lambda _: self._end())

    def _begin(self) -> None:
        if not self._began.called:
            self._began.callback(None)

    def _fail(self, failure: Failure) -> None:
        self._why = failure.value

    def _end(self) -> None:
        self._begin()
        self._over.callback(None)

    async def begun(self) -> None:
        """Wait until the server idles. Raises: StoreError (refused, or the connection ended)."""
        await self._began
        self._raise()

    async def stop(self) -> None:
        """End it; other commands may follow. Raises: StoreError."""
        if not self._is_stopped:
            self._is_stopped = True
            self._session.wire.write(b"DONE\r\n")
        await self._over
        self._raise()

    def _raise(self) -> None:
        if isinstance(self._why, CommandRefused):
            raise refusal(self._why)
        if self._why is not None:
            raise self._why


class ImapConnection(MessageCommands):
    """A connection after login. ``notified`` are the events that the server took with NOTIFY."""

    notified: frozenset[str] = frozenset()

    def listen(self, listener: Callable[[Response], None] | None) -> None:
        """Give all that the server says unasked to ``listener``: counts, flags, STATUS, LIST.

        It is called within the reading of the connection and must not raise.
        """
        self.wire.listener = listener

    async def idle(self) -> Idling:
        """Let the server tell news of the selected mailbox until ``Idling.stop``.

        It must be ended and begun anew within 29 minutes (RFC 2177). Raises: NotAllowed (no IDLE),
        other StoreErrors.
        """
        if not self.can("IDLE"):
            raise Unsupported("the server lacks IDLE")
        idling = Idling(self)
        await idling.begun()
        return idling

    async def notify(self, names: Sequence[str] | None = None) -> bool:
        """Let the server tell news of many mailboxes at any time, as STATUS and LIST responses.

        Of the selected one it tells as with IDLE. ``names`` are the mailboxes; None: all of the
        personal namespace. Where the server cannot tell changes of flags or of the list of
        mailboxes, less is asked for. False: it does not do this at all; IDLE and STATUS must
        serve. A server that has too much to tell says OK with the code NOTIFICATIONOVERFLOW and
        then tells nothing more until this is called again. Raises: StoreError.
        """
        if not self.can("NOTIFY"):
            return False
        for events in _EVENTS:
            for of_names in (True, False):
                try:
                    await self.wire.run(
                        Command("NOTIFY", self._notify_set(names, events, of_names))
                    )
                except CommandRefused:
                    continue  # NO [BADEVENT] by the specification, BAD by some servers
                names_too = ("MailboxName",) if of_names else ()
                self.notified = frozenset((*events.split(), *names_too))
                return True
        return False

    def _notify_set(
        self, names: Sequence[str] | None, events: str, of_names: bool
    ) -> tuple[Argument, ...]:
        told = f"({events}{' MailboxName' if of_names else ''})".encode("ascii")
        start = f"SET (selected ({events})) ".encode("ascii")
        if names is None:
            return (start + b"(personal " + told + b")",)
        plain = [one for one in map(self.name, names) if isinstance(one, bytes)]
        literals = [one for one in map(self.name, names) if isinstance(one, Literal)]
        # No blank may stand between a literal and the bracket: a plain name goes last.
        last = b" ".join(plain) or b"INBOX"
        # The first filter that a mailbox matches is the one that holds for it (RFC 5465 6).
        rest = b" (personal (MailboxName))" if of_names else b""
        end = last + b") " + told + b")" + rest
        if literals:
            return (start + b"(mailboxes (INBOX", *literals, end)
        return (start + b"(mailboxes (" + end,)

    async def notify_nothing(self) -> None:
        """Let the server tell only what it tells without NOTIFY. Raises: StoreError."""
        await self.run("NOTIFY", b"NONE")
