"""Mail to distribution lists: to whom it goes, and how that of strangers gets into the queue.

Mail of our own users goes to the members instead of the list. What comes from elsewhere is taken
over whole: the queue delivers it to each member, here or on another server.

Spec: RFC 5321 3.9; RFC 9228 (Delivered-To, by which a list knows what it has sent on before).
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from twisted.logger import Logger
from zope.interface import implementer

from carbonio_mobile.errors import StoreError, TooLarge
from carbonio_mobile.ids import AccountId, OperationId
from carbonio_mobile.interfaces import IMailingLists
from carbonio_mobile.mailbox.delivery.database import QueueThread
from carbonio_mobile.mailbox.delivery.local import Letter
from carbonio_mobile.mailbox.delivery.outcome import DELIVERED, TOO_MANY_HOPS, TRY_LATER, Outcome
from carbonio_mobile.mailbox.delivery.queue import Recipient, Room, Submission, take
from carbonio_mobile.mailbox.delivery.trace import MAX_HOPS, received
from carbonio_mobile.mime.structure import top_fields

NOBODY = AccountId("")
"""Whose mail it is that came from elsewhere; its senders have no mailbox here."""

LIST_TOO_LARGE = Outcome(code=550, status="5.3.4", text="the distribution list is too large")
NO_MEMBERS = Outcome(code=550, status="5.1.1", text="the distribution list has no members")
_log = Logger()


@implementer(IMailingLists)
class NoLists:
    """No address is a list."""

    async def expansions(self, addresses: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """Give nothing."""
        del addresses
        return {}


NO_LISTS = NoLists()
"""For a server without distribution lists."""


class ListMail:
    """Mail to the lists of a directory; ``offer`` is told the number of what was queued."""

    def __init__(
        self,
        *,
        lists: IMailingLists,
        queue: QueueThread,
        room: Room,
        clock: Callable[[], float],
        hostname: str,
        offer: Callable[[int], None],
    ) -> None:
        self._lists = lists
        self._queue = queue
        self._room = room
        self._clock = clock
        self._hostname = hostname
        self._offer = offer

    async def members(self, address: str) -> tuple[str, ...] | None:
        """Give the members of a list; None where an address is none. Raises: StoreError."""
        found: Mapping[str, Sequence[str]] = await self._lists.expansions([address])
        return tuple(found[address]) if address in found else None

    async def expanded(self, recipients: Sequence[str]) -> tuple[str, ...]:
        """Give recipients with the members in the place of lists, each once.

        A list without members stays: its sender is told that there is nobody. Raises: StoreError,
        TooLarge (a list of too many members).
        """
        found: Mapping[str, Sequence[str]] = await self._lists.expansions(recipients)
        one_by_one = (
            member for address in recipients for member in found.get(address) or (address,)
        )
        return tuple(dict.fromkeys(one_by_one))

    async def send_on(self, address: str, members: Sequence[str], letter: Letter) -> Outcome:
        """Take a letter to a list over for its members; durable when this returns DELIVERED."""
        marks = top_fields(letter.message).all("delivered-to")
        passed = {mark.decode("utf-8", "replace").strip().lower() for mark in marks}
        if letter.hops_count > MAX_HOPS or address.lower() in passed:
            return TOO_MANY_HOPS
        if not members:
            return NO_MEMBERS
        top = received(
            "", by=self._hostname, protocol="LMTP", token=letter.token, to="", at=letter.received
        )
        mark = f"Delivered-To: {address}\r\n".encode("utf-8", "replace")
        submission = Submission(
            account=NOBODY,
            sender=letter.sender,
            message=mark + top + letter.message,
            recipients=tuple(Recipient(address=one) for one in members),
        )
        operation = OperationId(f"list-{letter.token}-{address.lower()}")
        work = partial(
            take, submission=submission, operation=operation, now=self._clock(), room=self._room
        )
        try:
            number = await self._queue.run(work)
        except StoreError as exc:
            _log.error("mail to a list cannot be queued: {why}", why=str(exc))
            return TRY_LATER
        if number is not None:
            self._offer(number)
        return DELIVERED


async def found_list(lists: ListMail | None, address: str) -> tuple[str, ...] | Outcome | None:
    """Give the members of a list, why it takes no mail, or None where there is no such list.

    Raises: StoreError (it cannot be looked up now).
    """
    if lists is None:
        return None
    try:
        members = await lists.members(address)
    except TooLarge:
        return LIST_TOO_LARGE
    return NO_MEMBERS if members == () else members
