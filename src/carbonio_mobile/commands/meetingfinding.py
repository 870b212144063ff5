"""Finding the meeting that an answer or a forward is about: by its request mail or its event.

A device may name either, at any version: Outlook names the event where the rows know the mail only
(client-quirks.md 4.6).

Spec: MS-ASCMD 2.2.1.11; MS-ASEMAIL 3.1.5.1 (which event belongs to a mail).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from carbonio_mobile.commands.context import Call
from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.errors import Corrupt, NotFound
from carbonio_mobile.ids import FolderId, ItemId, ServerId
from carbonio_mobile.interfaces import IMailbox
from carbonio_mobile.mime.imip import calendar_of, senders
from carbonio_mobile.mime.mailitem import BodyWish, MailItem
from carbonio_mobile.pim.event import Event
from carbonio_mobile.pim.item import ObjectItem
from carbonio_mobile.pim.itip import ItipMessage, intended_busy, parse_itip
from carbonio_mobile.pim.itiparrival import arrival, concerned
from carbonio_mobile.sync.folders import FolderKind, Hierarchy
from carbonio_mobile.sync.sharing import is_mounted

CALENDARS = frozenset((FolderKind.CALENDAR, FolderKind.USER_CALENDAR))

_WHOLE = BodyWish(source_bytes=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundMeeting:
    """A meeting as the account has it, or would have it by the mail that it was invited by.

    ``stored`` is its entry in a calendar, None where there is none; ``event`` and ``source`` are
    what it says, brought up to date by the ``mail`` where one was named.
    """

    event: Event
    source: bytes = field(repr=False)
    intended_busy: int
    stored: ObjectItem | None = None
    mail: MailItem | None = None


def own_addresses(account: Account) -> frozenset[str]:
    """Give all addresses of an account in lower case."""
    return frozenset(one.lower() for one in (account.name, *account.addresses))


async def find_meeting(call: Call, named: ServerId) -> FoundMeeting | None:
    """Find the meeting that an item is, or invites to; None where the item is neither.

    Raises: StoreError.
    """
    present = await call.mailbox.hierarchy()
    folder = present.find(named.folder)
    if folder is None:
        return None
    if folder.kind in CALENDARS:
        return await _by_event(call.mailbox, named)
    if not folder.kind.holds_mail:
        return None
    mail = await _mail(call.mailbox, present, named)
    return None if mail is None else await _by_mail(call, mail)


async def _by_event(mailbox: IMailbox, named: ServerId) -> FoundMeeting | None:
    try:
        read = await mailbox.objects(named.folder, [named.item], source=True)
    except NotFound:
        return None
    item = read.get(named.item)
    return None if item is None else _as_stored(item)


def _as_stored(item: ObjectItem) -> FoundMeeting | None:
    if not isinstance(item.record, Event):
        return None
    busy = intended_busy(item.source)
    return FoundMeeting(event=item.record, source=item.source, intended_busy=busy, stored=item)


async def _mail(mailbox: IMailbox, present: Hierarchy, named: ServerId) -> MailItem | None:
    """Read a mail, also where an earlier answer to it moved it to the trash."""
    folder, item = named.folder, named.item
    found = await _read(mailbox, folder, item)
    trash = present.standard(FolderKind.TRASH)
    if found is not None or trash is None or trash.id == folder:
        return found
    moved = (await mailbox.move(folder, [item], trash.id)).get(item)
    return None if moved is None else await _read(mailbox, trash.id, moved.item)


async def _read(mailbox: IMailbox, folder: FolderId, item: ItemId) -> MailItem | None:
    try:
        return (await mailbox.read(folder, [item], _WHOLE)).get(item)
    except NotFound:
        return None


async def _by_mail(call: Call, mail: MailItem) -> FoundMeeting | None:
    meeting = mail.record.meeting
    if meeting is None or meeting.method != "REQUEST":
        return None
    try:
        message = await call.services.offload(
            lambda: parse_itip(calendar_of(mail.source, meeting), meeting.method)[0]
        )
    except Corrupt:
        return None
    if not message.event.uid:
        return None
    entries = await meeting_entries(call.mailbox, message.event.uid)
    return await call.services.offload(lambda: _joined(call, mail, message, entries))


async def meeting_entries(mailbox: IMailbox, uid: str) -> Sequence[ObjectItem]:
    """Give the entries of a meeting in the account's calendars, oldest first."""
    found = await mailbox.find_uid(uid)
    return [one for one in found if isinstance(one.record, Event) and not is_mounted(one.folder)]


def _joined(
    call: Call, mail: MailItem, message: ItipMessage, entries: Sequence[ObjectItem]
) -> FoundMeeting | None:
    """Bring the entry up to date with the mail, where that was not done when it came."""
    events = [one.record for one in entries if isinstance(one.record, Event)]
    at = concerned(message, events)
    stored = None if at is None else entries[at]
    decision = arrival(
        message,
        None if stored is None else stored.source,
        own_addresses(call.account),
        call.now,
        senders=senders(mail.source),
    )
    if decision.source is not None and decision.event is not None:
        event, source = decision.event, decision.source
    elif stored is not None and isinstance(stored.record, Event):
        event, source = stored.record, stored.source
    else:
        return None
    return FoundMeeting(
        event=event,
        source=source,
        intended_busy=message.intended_busy,
        stored=stored,
        mail=mail,
    )
