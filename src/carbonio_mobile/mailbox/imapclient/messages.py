"""Operations on messages: fetching, searching, flags, moving, expunging, appending.

Sets of UIDs of any length are asked about in several commands, pipelined. UIDs are those of the
selected mailbox.

Spec: RFC 9051 6.3.12, 6.4; RFC 4315 (UIDPLUS), RFC 4731 (ESEARCH), RFC 7162 3.1 (CONDSTORE),
RFC 6851 (MOVE).
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from twisted.internet.defer import Deferred, DeferredList
from twisted.python.failure import Failure

from carbonio_mobile.errors import NotAllowed, ProtocolError, TooLarge, Unavailable
from carbonio_mobile.imap.codes import Appended, Code, appended, copied
from carbonio_mobile.imap.commands import Argument, Literal, flag_list, parenthesised
from carbonio_mobile.imap.dates import date_text
from carbonio_mobile.imap.responses import Fetch, Found, Response, Status, Vanished
from carbonio_mobile.imap.searching import ALL, Criteria, header, is_ascii
from carbonio_mobile.imap.uidsets import UidSet, parse_uids
from carbonio_mobile.mailbox.imapclient.mailboxes import MailboxCommands

OnFetch = Callable[[Fetch], Awaitable[Any] | None]
"""Is given each message; what it returns is awaited before more is taken from the server. So it
must not wait for a command of the same connection.
"""

_MOST_UIDS = 5_000_000
_FLAG_ITEMS = frozenset(("UID", "FLAGS", "MODSEQ"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What became of messages that were moved or copied: new UIDs by old ones.

    ``uids`` is None where the server does not tell them: they must be looked for in the target.
    """

    validity: int = 0
    uids: dict[int, int] | None = None


class MessageCommands(MailboxCommands):
    """All that concerns messages of the selected mailbox, and APPEND."""

    async def fetch(
        self,
        uids: UidSet,
        items: Sequence[str],
        on_message: OnFetch,
        *,
        changed_since: int | None = None,
        on_vanished: Callable[[UidSet], None] | None = None,
    ) -> None:
        """Fetch items (UID goes without saying) of messages, in the server's order.

        Whatever came since is given to ``on_message`` one by one; there is never more in memory
        than it lets stand, and one message. Messages that are gone are left out, and a message
        may come twice, the second time with news of its flags. With ``changed_since`` only those
        whose MODSEQ is greater; with ``on_vanished`` too, where QRESYNC is on, also those gone
        since. Raises: StoreError, and what ``on_message`` fails with.
        """
        self.require_selected()
        stream = _Stream(self, uids, items, on_message, on_vanished)
        modifier: list[Argument] = []
        if changed_since is not None:
            vanished = " VANISHED" if on_vanished is not None else ""
            modifier.append(f"(CHANGEDSINCE {changed_since}{vanished})".encode("ascii"))
        wanted = parenthesised(("UID", *(one for one in items if one != "UID")))
        await self._in_parts(
            "UID FETCH", uids, lambda _: (wanted, *modifier), takes=stream.takes, streams=True
        )
        await stream.drained()

    async def _in_parts(
        self,
        name: str,
        uids: UidSet,
        arguments: Callable[[UidSet], Iterable[Argument]],
        **manner: Any,
    ) -> list[Status]:
        """Do a command for a set of any length; gives the OKs, in order."""
        doing = [
            Deferred.fromCoroutine(
                self.run(name, some.text().encode("ascii"), *arguments(some), **manner)
            )
            for some in uids.split()
        ]
        results = await DeferredList(doing, consumeErrors=True)
        for _, outcome in results:
            if isinstance(outcome, Failure):
                outcome.raiseException()
        return [outcome for _, outcome in results]

    async def search(self, criteria: Criteria = ALL) -> UidSet:
        """Give the UIDs of the messages to which the criteria hold. Raises: StoreError."""
        found: list[Found] = []

        def takes(response: Response) -> bool:
            if isinstance(response, Found):
                found.append(response)
            return isinstance(response, Found)

        arguments: list[Argument] = [b"RETURN (ALL)"] if self.can("ESEARCH") else []
        if not is_ascii(criteria) and not self.utf8:
            arguments.append(b"CHARSET UTF-8")
        # Only an ESEARCH says which of several searches it belongs to.
        await self.run(
            "UID SEARCH",
            *arguments,
            *criteria,
            takes=takes,
            slow=True,
            alone=not self.can("ESEARCH"),
        )
        return _joined(one.uids for one in found)

    async def find_message_id(self, message_id: str) -> UidSet:
        """Give the messages with this Message-ID in the selected mailbox. Raises: StoreError.

        So an appended message is found where the server does not tell its UID.
        """
        return await self.search(header("Message-ID", message_id))

    async def store(
        self,
        uids: UidSet,
        change: str,
        flags: Sequence[str],
        *,
        unchanged_since: int | None = None,
    ) -> UidSet:
        """Change flags silently: ``change`` is ``+``, ``-`` or empty (these and no others).

        With ``unchanged_since`` (CONDSTORE) only of messages that did not change after it; gives
        those left alone for that. Raises: NotAllowed (no flag of IMAP), other StoreErrors.
        """
        self.require_selected()
        what: list[Argument] = [f"{change}FLAGS.SILENT".encode("ascii"), _flags(flags)]
        if unchanged_since is not None:
            what.insert(0, f"(UNCHANGEDSINCE {unchanged_since})".encode("ascii"))

        def takes(response: Response) -> bool:
            # What a silent change made of MODSEQ is no news (RFC 7162 3.1.3); others' flags are.
            return (
                isinstance(response, Fetch)
                and response.flags is None
                and response.uid in uids
                and not _tells_more_than_flags(response)
            )

        done = await self._in_parts("UID STORE", uids, lambda _: what, takes=takes)
        codes = [one.code for one in done if one.code and one.code.name == "MODIFIED"]
        try:
            return _joined(parse_uids(code.argument) for code in codes)
        except ProtocolError as exc:
            raise Unavailable("STORE: the messages left alone cannot be read") from exc

    async def copy(self, uids: UidSet, target: str) -> Moved:
        """Copy messages. Raises: NotFound (no such target), OverQuota, other StoreErrors."""
        return await self._transfer("UID COPY", uids, target)

    async def move(self, uids: UidSet, target: str) -> Moved:
        """Move messages, by MOVE, else by COPY and expunging just these.

        Messages that were gone already are left out. Killed between copy and expunge, the message
        stands in both mailboxes and is marked deleted or not in the old one; nothing is lost.
        Raises: NotAllowed (the server has neither MOVE nor UIDPLUS: what others marked deleted
        would go too; nothing was done), NotFound (no such target), OverQuota, other StoreErrors.
        """
        if self.can("MOVE"):
            return await self._transfer("UID MOVE", uids, target)
        self._require_uidplus()
        moved = await self._transfer("UID COPY", uids, target)
        await self.expunge(UidSet.of(moved.uids) if moved.uids is not None else uids)
        return moved

    async def _transfer(self, name: str, uids: UidSet, target: str) -> Moved:
        self.require_selected()
        codes: list[Code] = []

        def takes(response: Response) -> bool:
            # MOVE tells it before the expunges, without a tag (RFC 6851 4.3).
            is_it = isinstance(response, Status) and _is_code(response, "COPYUID")
            if isinstance(response, Status) and response.code and is_it:
                codes.append(response.code)
            return is_it

        where = self.name(target)
        done = await self._in_parts(name, uids, lambda _: (where,), takes=takes, slow=True)
        codes += [one.code for one in done if one.code and one.code.name == "COPYUID"]
        try:
            told = [copied(code) for code in codes]
        except ProtocolError as exc:
            raise Unavailable(f"{name}: {exc}") from exc
        if not told:
            return Moved(uids={} if self.can("UIDPLUS") else None)
        return Moved(
            validity=told[0].validity,
            uids={old: new for one in told for old, new in one.pairs().items()},
        )

    async def expunge(self, uids: UidSet) -> None:
        """Delete just these messages for good.

        Raises: NotAllowed (no UIDPLUS), other StoreErrors.
        """
        self._require_uidplus()
        if len(uids):
            await self.store(uids, "+", ("\\Deleted",))
            await self._in_parts("UID EXPUNGE", uids, lambda _: (), slow=True)

    def _require_uidplus(self) -> None:
        if not self.can("UIDPLUS"):
            raise NotAllowed("the server lacks UIDPLUS: single messages cannot be expunged")

    async def append(
        self,
        name: str,
        message: bytes,
        *,
        flags: Sequence[str] = (),
        date: float | None = None,
    ) -> Appended | None:
        """Store a message; gives where it went, or None where the server does not tell.

        ``date`` is its INTERNALDATE, seconds since 1970 UTC. Raises: NotFound (no such mailbox),
        OverQuota, TooLarge, NotAllowed (NUL in it, without BINARY), other StoreErrors.
        """
        arguments: list[Argument] = [self.name(name), _flags(flags)]
        if date is not None:
            arguments.append(f'"{date_text(date)}"'.encode("ascii"))
        arguments.append(self._message(message))
        done = await self.run("APPEND", *arguments, slow=True)
        if done.code is None or done.code.name != "APPENDUID":
            return None
        try:
            return appended(done.code)
        except ProtocolError as exc:
            raise Unavailable(f"APPEND: {exc}") from exc

    def _message(self, message: bytes) -> Literal:
        limit = next((one for one in self.capabilities if one.startswith("APPENDLIMIT=")), "")
        most = limit.partition("=")[2]
        if most.isdigit() and len(most) < 20 and len(message) > int(most):
            raise TooLarge(f"the server takes messages of {most} octets at most")
        if b"\0" not in message:
            return Literal(message)
        if not self.can("BINARY"):
            raise NotAllowed("the server takes no message that holds NUL")
        return Literal(message, binary=True)


def _flags(flags: Sequence[str]) -> bytes:
    try:
        return flag_list(flags)
    except ValueError as exc:
        raise NotAllowed("a keyword that IMAP cannot carry") from exc


class _Stream:
    """Gives the messages of one fetch on, and holds the connection while they are worked on."""

    def __init__(
        self,
        session: MailboxCommands,
        uids: UidSet,
        items: Sequence[str],
        on_message: OnFetch,
        on_vanished: Callable[[UidSet], None] | None,
    ) -> None:
        self._session = session
        self._uids = uids
        self._wants_more_than_flags = not _FLAG_ITEMS.issuperset(items)
        self._sections = frozenset(map(_section, items))
        self._on_message = on_message
        self._on_vanished = on_vanished
        self._failed: BaseException | None = None

    def takes(self, response: Response) -> bool:
        """Take what belongs to the fetch."""
        if isinstance(response, Vanished) and response.earlier and self._on_vanished is not None:
            self._on_vanished(response.uids)
            return True
        if not isinstance(response, Fetch) or not self._is_ours(response):
            return False
        if self._failed is None:
            self._give(response)
        return True

    def _is_ours(self, fetch: Fetch) -> bool:
        if fetch.uid not in self._uids:
            return False
        if fetch.sections and not self._sections.issuperset(map(_without_fields, fetch.sections)):
            return False  # of another fetch under way
        return not self._wants_more_than_flags or _tells_more_than_flags(fetch)

    def _give(self, fetch: Fetch) -> None:
        working = self._on_message(fetch)
        if working is not None:
            self._session.wire.hold()
            done = Deferred.fromCoroutine(_awaited(working))
            done.addErrback(lambda failure: setattr(self, "_failed", failure.value))
            done.addBoth(lambda _: self._session.wire.go_on())

    async def drained(self) -> None:
        """Raise what ``on_message`` failed with. Nothing is held any more: the OK came last."""
        if self._failed is not None:
            raise self._failed


def _section(item: str) -> str:
    """Give the name under which the server tells an item: without PEEK, length and fields."""
    name = item.upper().replace(".PEEK[", "[")
    return _without_fields(_without_length(name) if name.endswith(">") else name)


def _without_length(name: str) -> str:
    section, _, part = name.rpartition("<")
    return f"{section}<{part.partition('.')[0].rstrip('>')}>"


def _without_fields(name: str) -> str:
    """Leave out the list of fields: servers need not repeat it octet for octet."""
    start, _, rest = name.partition(" (")
    return start + rest.rpartition(")")[2] if rest else name


async def _awaited(working: Awaitable[Any]) -> None:
    await working


def _tells_more_than_flags(fetch: Fetch) -> bool:
    return bool(
        fetch.sections
        or fetch.structure
        or fetch.size is not None
        or fetch.date is not None
        or fetch.preview is not None
        or fetch.email_id
        or fetch.faults
    )


def _is_code(status: Status, name: str) -> bool:
    return status.code is not None and status.code.name == name


def _joined(sets: Iterable[UidSet]) -> UidSet:
    """Join sets, unless that names more than any mailbox holds."""
    joined = UidSet.joined(sets)
    if len(joined) > _MOST_UIDS:
        raise Unavailable("the server names more messages than a mailbox holds")
    return joined
