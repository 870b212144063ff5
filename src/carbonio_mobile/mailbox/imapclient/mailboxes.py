"""Operations on mailboxes: listing, status, selecting, making, rights, quota.

Spec: RFC 9051 6.3; RFC 5819 (LIST-STATUS), RFC 6154 (SPECIAL-USE), RFC 7162 3.2.5 (QRESYNC),
RFC 9208 (QUOTA), RFC 4314 (ACL), RFC 2342 (NAMESPACE).
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from twisted.internet.defer import Deferred, DeferredList
from twisted.python.failure import Failure

from carbonio_mobile.errors import (
    Conflict,
    NotAllowed,
    NotFound,
    ReadOnly,
    StoreError,
    Unavailable,
)
from carbonio_mobile.imap.codes import code_number
from carbonio_mobile.imap.commands import Argument
from carbonio_mobile.imap.fetching import flag_text
from carbonio_mobile.imap.names import decode
from carbonio_mobile.imap.responses import (
    Exists,
    Fetch,
    Flags,
    Listed,
    MailboxStatus,
    MyRights,
    Namespaces,
    Quota,
    QuotaRoots,
    Response,
    Status,
    Unknown,
    Vanished,
)
from carbonio_mobile.imap.uidsets import COMMAND_OCTETS, LAST, UidSet
from carbonio_mobile.mailbox.imapclient.faults import Unexplained
from carbonio_mobile.mailbox.imapclient.session import ImapSession, Selection

_T = TypeVar("_T")

MAX_MAILBOXES = 20_000
_ASKED_AT_ONCE = 100
_CYRUS_WRONG_IDS = ("3.2.", "3.4.", "3.6.")
_STATUS = ("MESSAGES", "UIDNEXT", "UIDVALIDITY", "UNSEEN")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """A mailbox of the account, or one that it may see.

    ``attributes`` are lower case, with their backslash: ``\\noselect``, ``\\sent``. ``status`` is
    None where the server did not tell (it cannot be selected).
    """

    name: str
    separator: str
    attributes: frozenset[str]
    status: MailboxStatus | None = None

    @property
    def is_selectable(self) -> bool:
        """Whether it can hold messages."""
        return not self.attributes & {"\\noselect", "\\nonexistent"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """The state up to which a mailbox is known: its UIDVALIDITY and MODSEQ, and the UIDs known,
    in ascending order; None: the server then tells of all that vanished since.
    """

    validity: int
    modseq: int
    known: UidSet | None = None


class MailboxCommands(ImapSession):
    """All that concerns mailboxes."""

    async def mailboxes(self, *, status: bool = True) -> list[Mailbox]:
        """Give all that LIST gives, with their special uses, in the server's order.

        With ``status``, the numbers of each that can be selected: in the same answer where the
        server has LIST-STATUS, else by pipelined questions. Raises: StoreError.
        """
        listed: dict[bytes, Mailbox] = {}
        numbers: dict[bytes, MailboxStatus] = {}

        def takes(response: Response) -> bool:
            if isinstance(response, Listed):
                self._note(response, listed)
            elif isinstance(response, MailboxStatus):
                numbers[response.wire] = response
            return isinstance(response, Listed | MailboxStatus)

        together = status and self.can("LIST-STATUS")
        options = [b"SPECIAL-USE"] if self.can("LIST-EXTENDED", "SPECIAL-USE") else []
        if together:
            options.append(b"STATUS " + self._status_items())
        arguments = [b'""', b'"*"']
        if options and self.can("LIST-EXTENDED"):
            arguments.append(b"RETURN (" + b" ".join(options) + b")")
        await self.run("LIST", *arguments, takes=takes, streams=True)
        if not (together and self.can("LIST-EXTENDED")) and status:
            numbers = await self._ask_each(listed)
        return [replace(one, status=numbers.get(wire)) for wire, one in listed.items()]

    def _note(self, response: Listed, listed: dict[bytes, Mailbox]) -> None:
        if len(listed) >= MAX_MAILBOXES:
            raise Unavailable(f"the server lists more than {MAX_MAILBOXES} mailboxes")
        listed[response.wire] = Mailbox(
            name=decode(response.wire, utf8=self.utf8),
            separator=response.separator,
            attributes=response.attributes,
        )

    async def _ask_each(self, listed: dict[bytes, Mailbox]) -> dict[bytes, MailboxStatus]:
        asked = [(wire, one.name) for wire, one in listed.items() if one.is_selectable]
        numbers = {}
        for start in range(0, len(asked), _ASKED_AT_ONCE):
            some = asked[start : start + _ASKED_AT_ONCE]
            asking = [Deferred.fromCoroutine(self.status(name)) for _, name in some]
            results = await DeferredList(asking, consumeErrors=True)
            for (wire, _), (_, outcome) in zip(some, results, strict=True):
                if not isinstance(outcome, Failure):
                    numbers[wire] = outcome
                elif not outcome.check(NotFound):  # deleted since it was listed
                    outcome.raiseException()
        return numbers

    async def status(self, name: str) -> MailboxStatus:
        """Give the numbers of a mailbox that is not selected. Raises: StoreError."""
        found: list[MailboxStatus] = []

        def takes(response: Response) -> bool:
            if not isinstance(response, MailboxStatus) or not self._is(response.wire, name):
                return False
            found.append(response)
            return True

        asking = self.run("STATUS", self.name(name), self._status_items(), takes=takes)
        await self._explained(asking, name, there=Unavailable)
        if not found:
            raise Unavailable("STATUS: OK without numbers")
        return found[-1]

    def _is(self, wire: bytes, name: str) -> bool:
        told = decode(wire, utf8=self.utf8)
        return told == name or told.upper() == name.upper() == "INBOX"

    def _status_items(self) -> bytes:
        items = [*_STATUS]
        if self.keeps_modseq:
            items.append("HIGHESTMODSEQ")
        if self.can("OBJECTID") and not self._tells_wrong_ids():
            items.append("MAILBOXID")
        return f"({' '.join(items)})".encode("ascii")

    def _tells_wrong_ids(self) -> bool:
        """Tell whether it is a Cyrus that sends octets of freed memory for an id (seen: 3.6.1).

        When a mailbox is selected it tells the right one.
        """
        is_cyrus = self.server.get("name", "").startswith("Cyrus")
        return is_cyrus and self.server.get("version", "").startswith(_CYRUS_WRONG_IDS)

    async def select(
        self,
        name: str,
        *,
        read_only: bool = False,
        since: Since | None = None,
        on_change: Callable[[Fetch], None] | None = None,
    ) -> Selection:
        """Select a mailbox.

        With ``since``, where QRESYNC is on: what vanished since then is in the selection, and
        ``on_change`` is given a Fetch (UID, flags, MODSEQ) for each message that came or changed.
        Raises: StoreError; then no mailbox is selected.
        """
        self.selected = None
        chosen = Selection(name=name, read_only=read_only)
        arguments = [self.name(name)]
        resyncs = since is not None and "QRESYNC" in self.enabled
        if since is not None and resyncs:
            arguments.append(_qresync(since))
            chosen.vanished = []
        elif "CONDSTORE" in self.capabilities:
            arguments.append(b"(CONDSTORE)")

        def takes(response: Response) -> bool:
            return _note_selection(chosen, response, on_change if resyncs else None)

        verb = "EXAMINE" if read_only else "SELECT"
        selecting = self.run(verb, *arguments, takes=takes, alone=True, streams=True, slow=True)
        done = await self._explained(selecting, name, there=Unavailable)
        if done.code is not None and done.code.name == "READ-ONLY":
            chosen.read_only = True
        if since is not None and chosen.validity != since.validity:
            chosen.vanished = None
        self.selected = chosen
        return chosen

    async def unselect(self) -> None:
        """Leave the selected mailbox and expunge nothing, where the server can do that."""
        if self.selected is not None and self.can("UNSELECT"):
            await self.run("UNSELECT", alone=True)
            self.selected = None

    async def create(self, name: str) -> None:
        """Make a mailbox. Raises: Conflict (there is one), other StoreErrors."""
        making = self.run("CREATE", self.name(name))
        await self._explained(making, name, there=Conflict, gone=NotAllowed)

    async def rename(self, name: str, new: str) -> None:
        """Rename a mailbox, with those below it. Raises: NotFound, Conflict, other StoreErrors."""
        renaming = self.run("RENAME", self.name(name), self.name(new))
        renamed = self._explained(renaming, name, there=Unexplained)
        await self._explained(renamed, new, there=Conflict, gone=NotAllowed)

    async def delete(self, name: str) -> None:
        """Delete a mailbox with all its messages. Raises: NotFound, other StoreErrors."""
        if self.selected is not None and self.selected.name == name:
            await self.unselect()
        await self._explained(self.run("DELETE", self.name(name)), name, there=NotAllowed)

    async def subscribe(self, name: str, *, subscribed: bool = True) -> None:
        """Let other clients show a mailbox, or no longer. Raises: StoreError."""
        doing = self.run("SUBSCRIBE" if subscribed else "UNSUBSCRIBE", self.name(name))
        await self._explained(doing, name, there=NotAllowed)

    async def _explained(
        self,
        doing: Awaitable[_T],
        name: str,
        *,
        there: type[StoreError],
        gone: type[StoreError] = NotFound,
    ) -> _T:
        """Wait for a command about a mailbox; a refusal without a code depends on what is there.

        Not every server gives codes, and NotFound must not be a guess: what is gone is taken off
        the phones.
        """
        try:
            return await doing
        except ReadOnly as exc:
            if there is not Unavailable:
                raise
            raise NotFound(str(exc)) from exc  # what may not be read is not there
        except Unexplained as exc:
            kind = there if await self._is_there(name) else gone
            raise kind(str(exc)) from exc

    async def _is_there(self, name: str) -> bool:
        found: list[Listed] = []

        def takes(response: Response) -> bool:
            if isinstance(response, Listed) and self._is(response.wire, name):
                found.append(response)
            return isinstance(response, Listed)

        # The wildcards in a name match themselves, too.
        await self.run("LIST", b'""', self.name(name), takes=takes)
        return any("\\nonexistent" not in one.attributes for one in found)

    async def namespaces(self) -> Namespaces:
        """Give the prefixes of personal, others' and shared mailboxes; nothing without NAMESPACE.

        Raises: StoreError.
        """
        found = await self._one("NAMESPACE", Namespaces) if self.can("NAMESPACE") else None
        return found or Namespaces()

    async def my_rights(self, name: str) -> frozenset[str] | None:
        """Give the account's rights on a mailbox; None without ACL. Raises: StoreError."""
        if not self.can("ACL"):
            return None
        found = await self._one("MYRIGHTS", MyRights, self.name(name))
        return found.rights if found else None

    async def quota(self, name: str) -> list[Quota]:
        """Give the quotas that a mailbox counts for; none without QUOTA. Raises: StoreError."""
        found: dict[bytes, Quota] = {}

        def takes(response: Response) -> bool:
            if isinstance(response, Quota):
                found[response.root] = response
            return isinstance(response, Quota | QuotaRoots)

        if self.can("QUOTA"):
            await self.run("GETQUOTAROOT", self.name(name), takes=takes)
        return list(found.values())

    async def _one(self, command: str, kind: type[_T], *arguments: Argument) -> _T | None:
        found: list[_T] = []

        def takes(response: Response) -> bool:
            if isinstance(response, kind):
                found.append(response)
            return isinstance(response, kind)

        await self.run(command, *arguments, takes=takes)
        return found[-1] if found else None


def _qresync(since: Since) -> bytes:
    known = ""
    if since.known is not None:
        # The server tells of these alone: those that came since must be among them, and ``*`` must
        # not (RFC 7162 3.2.5.1).
        *_, (_, last) = ((0, 0), *since.known.ranges)
        known = " " + UidSet((*since.known.ranges, (last + 1, LAST - 1))).text()
        if len(known) > COMMAND_OCTETS:
            known = ""  # then it tells of all that vanished, which does no harm
    return f"(QRESYNC ({since.validity} {since.modseq}{known}))".encode("ascii")


def _note_selection(
    chosen: Selection, response: Response, on_change: Callable[[Fetch], None] | None
) -> bool:
    """Take what the server tells while it selects; false for what is none of that."""
    if isinstance(response, Exists):
        chosen.exists = response.count
    elif isinstance(response, Status):
        return _note_code(chosen, response)
    elif isinstance(response, Vanished) and chosen.vanished is not None:
        chosen.vanished.append(response.uids)
    elif isinstance(response, Fetch) and on_change is not None:
        on_change(response)
    else:
        return isinstance(response, Flags | Unknown)
    return True


def _note_code(chosen: Selection, status: Status) -> bool:
    code = status.code
    if code is None:
        return True
    if code.name == "UIDVALIDITY":
        chosen.validity = code_number(code)
    elif code.name == "UIDNEXT":
        chosen.uid_next = code_number(code)
    elif code.name == "HIGHESTMODSEQ":
        chosen.modseq = code_number(code)
    elif code.name == "MAILBOXID":
        chosen.mailbox_id = code.argument.strip(b"()").decode("latin-1")
    elif code.name == "PERMANENTFLAGS":
        chosen.permanent_flags = tuple(map(flag_text, code.argument.strip(b"()").split()))
    return True
