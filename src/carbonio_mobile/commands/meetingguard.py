"""The guard of meeting mail: an attendee is told the same thing of the same meeting once.

Some devices send invitations over and over, each time as a new message (client-quirks.md 5.9: iOS,
for attendees who have not answered). What counts is what each recipient was told last: the same
again is taken for sent, anything else goes out.

Where the calendar's server invites the attendees of what is stored there, what a device below 16.0
mails to the same people is an invitation that they have.

Spec: client-quirks.md 5.9; RFC 5546 2.1.4; RFC 6638 3.2.1.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from carbonio_mobile.commands.context import Call
from carbonio_mobile.commands.meetingfinding import meeting_entries, own_addresses
from carbonio_mobile.commands.operations import digest
from carbonio_mobile.mime.compose import Outgoing
from carbonio_mobile.mime.imip import said_in
from carbonio_mobile.mime.record import MeetingSummary
from carbonio_mobile.pim.event import Event

DOCUMENT = "meetingmail"
ENTRIES_MAX = 2000
REQUEST = "REQUEST"
REPEAT_S: Mapping[str, float] = {REQUEST: 7 * 86_400.0, "CANCEL": 7 * 86_400.0}
"""How long the same mail counts as a repeat: what an organiser says stands until it changes."""
ANSWER_REPEAT_S = 600.0
"""An answer may be asked for again without a word of it changing."""

_CLOCK_BACK_S = 86_400.0


@dataclass(frozen=True, slots=True)
class News:
    """Who is still to get a message, and the documents to be stored once it was handed over."""

    recipients: tuple[str, ...]
    documents: Mapping[str, str] = field(default_factory=dict)


async def news_in(call: Call, outgoing: Outgoing, forwarded: str) -> News:
    """Tell to which recipients a message says something that they were not told just so before.

    ``forwarded`` names what it forwards or answers, for two that say the same are still two.
    """
    found = await call.services.offload(lambda: said_in(outgoing.message))
    if found is None:
        return News(outgoing.recipients)
    meeting, said = found
    words = digest(said, forwarded)
    lasts_s = REPEAT_S.get(meeting.method, ANSWER_REPEAT_S)
    invited = frozenset[str]() if forwarded else await _invited_by_server(call, meeting)
    loaded = await call.services.states.load(call.device.key, [DOCUMENT])
    told = _read(loaded.get(DOCUMENT))
    about = digest(meeting.uid, str(meeting.recurrence_id))[:16]
    fresh = []
    for recipient in outgoing.recipients:
        if recipient.lower() in invited:
            continue
        key = f"{about}{digest(recipient.lower())[:16]}"
        last, at = told.pop(key, ("", 0))
        repeated = last == words and -_CLOCK_BACK_S < call.now - at < lasts_s
        if not repeated:
            fresh.append(recipient)
            at = int(call.now)
        told[key] = words, at
    kept = dict(list(told.items())[-ENTRIES_MAX:])
    return News(tuple(fresh), {DOCUMENT: json.dumps(kept)})


async def _invited_by_server(call: Call, meeting: MeetingSummary) -> frozenset[str]:
    """Give whom the calendar's server invites to a meeting of the account's, in lower case.

    Nobody before the meeting is stored: a device that mails first is not kept from it.
    """
    own, found = own_addresses(call.account), set[str]()
    entries = await meeting_entries(call.mailbox, meeting.uid) if meeting.method == REQUEST else ()
    for one in entries:
        event = one.record
        if not isinstance(event, Event) or event.organizer_address.lower() not in own:
            continue
        if await call.mailbox.schedules(one.folder):
            changed = [each.details for each in event.exceptions if each.details is not None]
            for details in (event.details, *changed):
                found.update(each.address.lower() for each in details.attendees)
    return frozenset(found)


def _read(text: str | None) -> dict[str, tuple[str, int]]:
    """Read the document; none, or an unreadable one, is an empty memory."""
    try:
        entries = json.loads(text or "{}").items()
        return {str(key): (str(last), int(at)) for key, (last, at) in entries}
    except (ValueError, TypeError, AttributeError):
        return {}
