"""Events and meetings: made, moved, called off, answered.

Up to 14.1 a phone mails invitations, answers and cancellations itself; later the server does.
"""

from argparse import Namespace
from base64 import b64decode
from datetime import UTC, datetime

from carbonio_mobile.client import meetingmail, objecttrees, shown, synctrees
from carbonio_mobile.client.classes import CALENDAR, EMAIL
from carbonio_mobile.client.commands.changing import applied
from carbonio_mobile.client.commands.naming import item_of_class, message_named
from carbonio_mobile.client.commands.objects import added, changed, says_part
from carbonio_mobile.client.devicemeetings import ACCEPT, DECLINE, TENTATIVE
from carbonio_mobile.client.faults import ClientFault
from carbonio_mobile.client.items import Item
from carbonio_mobile.client.meetingmail import Meeting
from carbonio_mobile.client.objects import attendees, exceptions, location, time_of
from carbonio_mobile.client.objecttrees import NewEvent
from carbonio_mobile.client.phone import Original, Phone
from carbonio_mobile.client.program import Program
from carbonio_mobile.eas.times import format_compact
from carbonio_mobile.eas.version import Version
from carbonio_mobile.pim.globalobjid import to_uid
from carbonio_mobile.pim.timezones import UTC_BLOB, blob_at, zone_named
from carbonio_mobile.wbxml import Element, Tag
from carbonio_mobile.wbxml.codepages import Calendar, Email

ANSWERS = {"accept": ACCEPT, "tentative": TENTATIVE, "decline": DECLINE}
REPEATS = {
    "daily": objecttrees.DAILY,
    "weekly": objecttrees.WEEKLY,
    "monthly": objecttrees.MONTHLY,
    "yearly": objecttrees.YEARLY,
}
_HOUR_S, _DAY_S = 3600.0, 86_400.0


async def add_event(program: Program, arguments: Namespace) -> int:
    """Add an event; who is named as an attendee is invited."""
    new = _new_event(program, arguments)
    async with program.phone() as phone:
        uid = f"{phone.new_id()}@carbonio-mobile-client"
        organizer = program.access.user
        now = program.around.clock()
        content = objecttrees.event(new, phone.version, uid=uid, organizer=organizer, now=now)
        await added(program, phone, CALENDAR, arguments.folder, content)
        if new.attendees and not says_part(phone.version):
            meeting = Meeting(
                uid=uid,
                subject=new.subject,
                start=new.start,
                end=new.end,
                organizer=organizer,
                attendees=new.attendees,
                location=new.location,
                rule=_rule(arguments),
            )
            await phone.send(meetingmail.invitation(meeting, now=now, text=new.text))
    return 0


def _new_event(program: Program, arguments: Namespace) -> NewEvent:
    start, end = arguments.start, arguments.end
    if arguments.all_day:
        start = start // _DAY_S * _DAY_S
        end = start + _DAY_S if end is None else end // _DAY_S * _DAY_S
    end = start + _HOUR_S if end is None else end
    if end < start or (arguments.all_day and end == start):
        raise ClientFault("an event cannot end before it starts")
    text = arguments.body
    return NewEvent(
        subject=arguments.subject,
        start=start,
        end=end,
        all_day=arguments.all_day,
        zone_blob=_zone_blob(arguments.zone, start),
        location=arguments.location,
        attendees=arguments.attendee,
        reminder_min=arguments.remind,
        recurrence=_recurrence(arguments, start),
        categories=arguments.category,
        text=program.around.stdin.read() if text == "-" else text,
    )


def _zone_blob(name: str, at: float) -> str:
    if not name:
        return UTC_BLOB
    zone = zone_named(name)
    if zone is None:
        raise ClientFault(f"there is no time zone {name!r}; one is Europe/Rome")
    return blob_at(zone, datetime.fromtimestamp(at, UTC))


def _recurrence(arguments: Namespace, start: float) -> Element | None:
    if not arguments.repeat:
        if arguments.count or arguments.until or arguments.every != 1:
            raise ClientFault("--every, --count and --until need --repeat")
        return None
    if arguments.count and arguments.until:
        raise ClientFault("give --count or --until, not both")
    return objecttrees.recurrence(
        REPEATS[arguments.repeat],
        start + _offset_s(arguments.zone, start),
        interval=arguments.every,
        occurrences=arguments.count,
        until=arguments.until,
    )


def _offset_s(name: str, at: float) -> float:
    zone = zone_named(name) if name else None
    offset = None if zone is None else datetime.fromtimestamp(at, zone).utcoffset()
    return 0.0 if offset is None else offset.total_seconds()


def _rule(arguments: Namespace) -> str:
    """Give the same pattern as iCalendar writes it."""
    if not arguments.repeat:
        return ""
    rule = f"FREQ={arguments.repeat.upper()};INTERVAL={arguments.every}"
    if arguments.count:
        rule += f";COUNT={arguments.count}"
    return rule + (f";UNTIL={format_compact(arguments.until)}" if arguments.until else "")


async def move_event(program: Program, arguments: Namespace) -> int:
    """Give an event, or one occurrence of a series, another time."""
    async with program.phone() as phone:
        folder, item = item_of_class(phone, CALENDAR, arguments.id)
        content = _content(item)
        start, end = _moved(content, arguments)
        if attendees(content) and not says_part(phone.version):
            program.screen.remark(f"{phone.version.text}: who is invited is not told of it")
        times = objecttrees.times(start, end)
        instance = arguments.instance
        if says_part(phone.version):
            await applied(phone, folder, [synctrees.change(item.id, *times, instance=instance)])
            await _show_fetched(program, phone, folder, item.id)
        elif instance is None:
            await changed(program, phone, folder, item, times)
        else:
            exception = objecttrees.moved(instance, start, end)
            await changed(program, phone, folder, item, [_with_exception(content, exception)])
    return 0


def _moved(content: Element, arguments: Namespace) -> tuple[float, float]:
    """Give the new times: an event that is moved without an end lasts as long as before."""
    start, end = _times(content)
    length = end - start
    new_end = arguments.start + length if arguments.end is None else arguments.end
    if new_end < arguments.start:
        raise ClientFault("an event cannot end before it starts")
    return arguments.start, new_end


async def delete_event(program: Program, arguments: Namespace) -> int:
    """Delete an event, or one occurrence of a series."""
    async with program.phone() as phone:
        folder, item = item_of_class(phone, CALENDAR, arguments.id)
        instance = arguments.instance
        if instance is None:
            await applied(phone, folder, [synctrees.delete(item.id)])
        elif says_part(phone.version):
            await applied(phone, folder, [synctrees.delete(item.id, instance=instance)])
            await phone.sync(folder, synctrees.fetch(item.id))
        else:
            off = _with_exception(_content(item), objecttrees.cancelled(instance))
            content = objecttrees.whole(_content(item), [off])
            await applied(phone, folder, [synctrees.change(item.id, *content)])
        await _call_off(program, phone, item, instance)
    what = "event" if arguments.instance is None else "occurrence"
    program.screen.result({"done": "deleted", "id": arguments.id}, [f"1 {what} deleted"])
    return 0


async def _call_off(program: Program, phone: Phone, item: Item, instance: float | None) -> None:
    """Tell those invited to one's own meeting that it is off, as phones up to 14.1 do."""
    content = _content(item)
    people = [address for _, address, _ in attendees(content)]
    is_own = content.value(Calendar.OrganizerEmail, "").lower() == program.access.user.lower()
    if not people or not is_own or instance is not None or says_part(phone.version):
        return
    meeting = _meeting_of_event(content, people)
    await phone.send(meetingmail.cancellation(meeting, now=program.around.clock()))


def _with_exception(content: Element, new: Element) -> Element:
    """Give the exceptions of a series with one more, or another one."""
    original = time_of(new, Calendar.ExceptionStartTime)
    known = content.find(Calendar.Exceptions) or ()
    held = [
        one
        for one, read in zip(known, exceptions(content), strict=True)
        if read.original != original
    ]
    return Element(Calendar.Exceptions, [*held, new])


async def _show_fetched(program: Program, phone: Phone, folder: str, item: str) -> None:
    await phone.sync(folder, synctrees.fetch(item))
    held = phone.items(folder)[item]
    program.screen.result(shown.value(held), shown.table(program.screen, [held]))


async def respond(program: Program, arguments: Namespace) -> int:
    """Answer an invitation, or an event of somebody else."""
    answer = ANSWERS[arguments.answer]
    async with program.phone() as phone:
        folder, item = message_named(phone, arguments.id)
        original = Original(folder=folder, item=item.id)
        meeting = None
        if not arguments.quiet and phone.version < Version.V16_0:
            meeting = await _meeting(phone, original)
        event = await phone.respond(
            original,
            answer,
            instance=arguments.instance,
            mail=not arguments.quiet,
            text=arguments.text,
        )
        if meeting is not None:
            await phone.send(
                meetingmail.reply(
                    meeting,
                    answer,
                    attendee=program.access.user,
                    now=program.around.clock(),
                    text=arguments.text,
                )
            )
    said = meetingmail.WORDS[answer].lower()
    value = {"answer": arguments.answer, "event": event}
    program.screen.result(value, [f"{said}; event {event or 'none'}"])
    return 0


async def _meeting(phone: Phone, original: Original) -> Meeting:
    """Give what the answer to a meeting must name. Raises: ClientFault where it is none."""
    content = (await phone.item_fetch(original)).content
    if phone.state.class_of(original.folder) != EMAIL:
        return _meeting_of_event(content, [])
    request = content.find(Email.MeetingRequest)
    if request is None:
        raise ClientFault("that message is no invitation")
    start, end = (time_of(request, tag) or 0.0 for tag in (Email.StartTime, Email.EndTime))
    found = request.find(Email.GlobalObjId)
    octets = b"" if found is None else found.octets
    blob = octets if found is not None and isinstance(found.text, bytes) else b64decode(octets)
    return Meeting(
        uid=to_uid(blob),
        subject=content.value(Email.Subject, ""),
        start=start,
        end=end,
        organizer=_bare(request.value(Email.Organizer, "") or content.value(Email.From, "")),
    )


def _meeting_of_event(content: Element, people: list[str]) -> Meeting:
    start, end = _times(content)
    return Meeting(
        uid=content.value(Calendar.UID, ""),
        subject=content.value(Calendar.Subject, ""),
        start=start,
        end=end,
        organizer=_bare(content.value(Calendar.OrganizerEmail, "")),
        attendees=people,
        location=location(content),
    )


def _times(content: Element) -> tuple[float, float]:
    tags: tuple[Tag, Tag] = (Calendar.StartTime, Calendar.EndTime)
    start, end = (time_of(content, tag) for tag in tags)
    if start is None or end is None:
        raise ClientFault("the event has no times; sync its folder")
    return start, end


def _bare(text: str) -> str:
    return text.rpartition("<")[2].rstrip("> ") if "<" in text else text.strip()


def _content(item: Item) -> Element:
    assert item.content is not None
    return item.content
