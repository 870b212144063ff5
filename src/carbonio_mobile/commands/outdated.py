"""Invitations that a newer one has overtaken, as a device is told of them.

Spec: MS-ASEMAIL 2.2.2.47 (MeetingMessageType, R1070); RFC 5546 2.1.4 (which message is newer).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from carbonio_mobile.commands.meetingfinding import meeting_entries
from carbonio_mobile.eas.version import Version
from carbonio_mobile.ids import ItemId
from carbonio_mobile.interfaces import IMailbox
from carbonio_mobile.mime.mailitem import MailItem
from carbonio_mobile.mime.record import MeetingSummary
from carbonio_mobile.pim.event import Event

OUTDATED = 4

T = TypeVar("T")


async def with_outdated(
    mailbox: IMailbox, items: Mapping[ItemId, T], version: Version
) -> dict[ItemId, T | MailItem]:
    """Give the items, those marked as outdated whose meeting the calendar knows a newer version of.

    What a device was told once is not told again (R531): it is so or not when it is read.
    Raises: StoreError.
    """
    marked: dict[ItemId, T | MailItem] = dict(items)
    if version < Version.V14_1:
        return marked  # which cannot say it (R1301)
    for number, item in items.items():
        if isinstance(item, MailItem) and item.record.meeting is not None:
            marked[number] = await _marked(mailbox, item, item.record.meeting)
    return marked


async def _marked(mailbox: IMailbox, item: MailItem, meeting: MeetingSummary) -> MailItem:
    if not await _overtaken(mailbox, meeting):
        return item
    old = replace(meeting, meeting_message_type=OUTDATED)
    return replace(item, record=replace(item.record, meeting=old))


async def _overtaken(mailbox: IMailbox, meeting: MeetingSummary) -> bool:
    if meeting.method != "REQUEST":
        return False
    events = [one.record for one in await meeting_entries(mailbox, meeting.uid)]
    return any(isinstance(one, Event) and one.sequence > meeting.sequence for one in events)
