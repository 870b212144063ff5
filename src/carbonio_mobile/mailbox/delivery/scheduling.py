"""Meeting mail that reaches an inbox changes the calendar: an invitation stands there at once.

The mail is what counts and is stored by then: whatever goes wrong here is logged, and an answer
(MeetingResponse) can do without. What is done has its effect once for each letter, as the delivery
itself.

Spec: MS-ASCMD R7481, MS-ASEMAIL R17 (the event is in the attendee's calendar); RFC 5546, RFC 6047.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from twisted.logger import Logger

from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.errors import Conflict, Corrupt, Unavailable
from carbonio_mobile.ids import FolderId, ItemId, OperationId
from carbonio_mobile.interfaces import IMailbox
from carbonio_mobile.mime.imip import calendar_of, senders
from carbonio_mobile.mime.mailitem import BodyWish
from carbonio_mobile.mime.record import MeetingSummary
from carbonio_mobile.mime.structure import top_fields
from carbonio_mobile.pim.event import Event
from carbonio_mobile.pim.item import ObjectItem
from carbonio_mobile.pim.itip import METHODS, ItipMessage, parse_itip
from carbonio_mobile.pim.itiparrival import Decision, arrival, concerned
from carbonio_mobile.sync.folders import FolderKind

_ATTEMPTS = 5
_log = Logger()


class Scheduling:
    """Applies what arrives to calendars.

    ``in_thread`` calls a function beside the reactor: a calendar may be large.
    """

    def __init__(
        self, *, in_thread: Callable[..., Awaitable[Any]], clock: Callable[[], float]
    ) -> None:
        self._in_thread = in_thread
        self._clock = clock

    async def apply(
        self,
        account: Account,
        mailbox: IMailbox,
        stored: tuple[FolderId, ItemId],
        source: bytes,
        operation: OperationId,
    ) -> bool:
        """Apply the meeting of a stored mail to its account's calendar. Never raises.

        False where a store was away: under the same name it may be tried again.
        """
        try:
            meeting = await _meeting(mailbox, *stored)
            if meeting is None or meeting.method not in METHODS or _is_spam(source):
                return True
            written_by = await self._in_thread(senders, source)
            for number, message in enumerate(await self._in_thread(_messages, source, meeting)):
                name = OperationId(f"{operation}-{number}")
                await self._apply(account, mailbox, message, written_by, name)
        except Corrupt as exc:
            _log.info("a meeting for {account} cannot be read: {why}",
                      account=account.id, why=str(exc))  # fmt: skip
        except Exception as exc:
            # the mail is stored: that its calendar could not be is no reason to bounce
            _log.failure("a meeting cannot be applied for {account}", account=account.id)
            return not isinstance(exc, Unavailable)
        return True

    async def _apply(
        self,
        account: Account,
        mailbox: IMailbox,
        message: ItipMessage,
        senders: Sequence[str],
        operation: OperationId,
    ) -> None:
        own = frozenset(one.lower() for one in (account.name, *account.addresses))
        for _ in range(_ATTEMPTS):
            entries = await _entries(mailbox, message.event.uid)
            at = concerned(message, [event for _, event in entries])
            stored = None if at is None else entries[at][0]
            decision: Decision = await self._in_thread(
                arrival,
                message,
                None if stored is None else stored.source,
                own,
                self._clock(),
                senders=senders,
            )
            _log.debug("meeting mail for {account}: {why}", account=account.id, why=decision.why)
            if decision.source is None:
                return
            try:
                await _store(mailbox, stored, decision.source, operation)
            except Conflict:  # changed since it was read
                continue
            if message.event.recurrence_id is None and decision.event is not None:
                await _drop_orphans(mailbox, entries, stored, decision.event.organizer_address)
            return
        _log.warn("a meeting for {account} changed all the time", account=account.id)


async def _meeting(mailbox: IMailbox, folder: FolderId, item: ItemId) -> MeetingSummary | None:
    mail = (await mailbox.read(folder, [item], BodyWish())).get(item)
    return None if mail is None else mail.record.meeting


def _messages(source: bytes, meeting: MeetingSummary) -> tuple[ItipMessage, ...]:
    return parse_itip(calendar_of(source, meeting), meeting.method)


async def _entries(mailbox: IMailbox, uid: str) -> Sequence[tuple[ObjectItem, Event]]:
    """Give the entries of a meeting, oldest first."""
    found = await mailbox.find_uid(uid)
    return [(one, one.record) for one in found if isinstance(one.record, Event)]


def _is_spam(source: bytes) -> bool:
    return top_fields(source).first("x-spam-flag").strip().upper() == b"YES"


async def _store(
    mailbox: IMailbox, stored: ObjectItem | None, source: bytes, operation: OperationId
) -> None:
    """Raises: StoreError, Conflict among them."""
    if stored is not None:
        await mailbox.replace_object(stored.folder, stored.item, source, expected=stored.version)
        return
    calendar = (await mailbox.hierarchy()).standard(FolderKind.CALENDAR)
    if calendar is not None:
        await mailbox.add_object(calendar.id, source, operation=operation)


async def _drop_orphans(
    mailbox: IMailbox,
    entries: Sequence[tuple[ObjectItem, Event]],
    kept: ObjectItem | None,
    organizer: str,
) -> None:
    """Take out single occurrences that were known before the series that holds them.

    Those of another organiser stay: a UID may be taken by anybody who got to know it.
    """
    for one, event in entries:
        is_of_series = event.organizer_address.lower() == organizer.lower()
        if event.recurrence_id is not None and one != kept and is_of_series:
            await mailbox.delete(one.folder, [one.item])
