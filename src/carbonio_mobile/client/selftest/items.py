"""Contacts, events, tasks and notes: made on one device, looked at on another, changed, deleted.

Spec: MS-ASCMD 2.2.1.21, 2.2.3.24, 2.2.3.42.2; MS-ASCAL 2.2.2.22 (Exceptions), 3.1.5.3; MS-ASAIRS
2.2.2.25 (InstanceId).
"""

from carbonio_mobile.client import objecttrees, synctrees
from carbonio_mobile.client.classes import CALENDAR, CONTACTS, NOTES, TASKS
from carbonio_mobile.client.composing import File, attached
from carbonio_mobile.client.items import body_of
from carbonio_mobile.client.objects import Moved, exceptions, location, time_of
from carbonio_mobile.client.objecttrees import NewContact, NewEvent, NewTask
from carbonio_mobile.client.selftest.walk import Walk, expect
from carbonio_mobile.eas.version import Version
from carbonio_mobile.wbxml import Element, Tag
from carbonio_mobile.wbxml.codepages import Calendar, Contacts, Tasks

HOUR_S = 3600.0
DAY_S = 86_400.0


async def contact(walk: Walk) -> None:
    """A contact is added, changed, deleted."""
    folder = walk.folder(CONTACTS)
    new = NewContact(
        first_name="Ada",
        last_name=walk.marker,
        email=f"ada@{walk.marker}.example.com",
        phone="+39 0123 456789",
        company="Analytical Engines",
        title="Countess",
        birthday=-4861 * DAY_S,
        categories=("Selftest",),
        text="Met in\nTurin.",
    )
    title = f"{walk.marker}, Ada"
    item = await walk.add(folder, *objecttrees.contact(new, walk.version))
    there = await walk.seen_one(folder, title)
    _same(there, Contacts.Email1Address, new.email)
    _same(there, Contacts.JobTitle, new.title)
    expect(time_of(there, Contacts.Birthday) == new.birthday, "the birthday as it was sent")
    _says(there, "Met in", "Turin.")
    await _change(walk, folder, item, [Element(Contacts.JobTitle, "Lady")])
    there = await walk.seen_one(folder, title)
    _same(there, Contacts.JobTitle, "Lady")
    _same(there, Contacts.CompanyName, new.company)
    _says(there, "Turin.")
    await walk.done(folder, synctrees.delete(item), for_good=True)
    await walk.unseen(folder, title)


async def appointment(walk: Walk) -> None:
    """An event is added, moved by an hour, deleted; an all-day one keeps its dates."""
    folder = walk.folder(CALENDAR)
    title = f"Appointment {walk.marker}"
    new = NewEvent(
        subject=title,
        start=_tomorrow(walk) + 9 * HOUR_S,
        end=_tomorrow(walk) + 10 * HOUR_S,
        location="Room 1",
        reminder_min=15,
        text="Bring the papers.",
    )
    item = await add_event(walk, folder, new)
    there = await walk.seen_one(folder, title)
    _when(there, new.start, new.end)
    expect(location(there) == "Room 1", "the location as it was sent")
    _same(there, Calendar.Reminder, "15")
    _says(there, "Bring the papers.")
    times = objecttrees.times(new.start + HOUR_S, new.end + HOUR_S)
    await _change_event(walk, folder, item, times)
    _when(await walk.seen_one(folder, title), new.start + HOUR_S, new.end + HOUR_S)
    await walk.done(folder, synctrees.delete(item), for_good=True)
    await walk.unseen(folder, title)
    await _all_day(walk, folder)


async def _all_day(walk: Walk, folder: str) -> None:
    title = f"Holiday {walk.marker}"
    day = _tomorrow(walk) + DAY_S
    new = NewEvent(subject=title, start=day, end=day + DAY_S, all_day=True)
    item = await add_event(walk, folder, new)
    there = await walk.seen_one(folder, title)
    _same(there, Calendar.AllDayEvent, "1")
    start, end = (time_of(there, tag) for tag in (Calendar.StartTime, Calendar.EndTime))
    expect(None not in (start, end) and (end or 0) - (start or 0) == DAY_S, "one whole day")
    await walk.done(folder, synctrees.delete(item), for_good=True)


async def series(walk: Walk) -> None:
    """A weekly series of which one event is moved and one is off, within the Add or the Change."""
    folder = walk.folder(CALENDAR)
    title = f"Series {walk.marker}"
    start = _tomorrow(walk) + 14 * HOUR_S
    second, third = start + 7 * DAY_S, start + 14 * DAY_S
    rule = objecttrees.recurrence(objecttrees.WEEKLY, start, occurrences=5)
    changed = (
        objecttrees.moved(second, second + HOUR_S, second + 2 * HOUR_S),
        objecttrees.cancelled(third),
    )
    new = NewEvent(
        subject=title,
        start=start,
        end=start + HOUR_S,
        recurrence=rule,
        exceptions=() if walk.version >= Version.V16_0 else changed,
    )
    item = await add_event(walk, folder, new)
    if walk.version >= Version.V16_0:
        times = objecttrees.times(second + HOUR_S, second + 2 * HOUR_S)
        await walk.done(folder, synctrees.change(item, *times, instance=second))
        await walk.done(folder, synctrees.delete(item, instance=third))
    there = await walk.seen_one(folder, title)
    expect(there.has(Calendar.Recurrence), "the pattern of the series")
    found = {one.original: one for one in exceptions(there)}
    expect(set(found) == {second, third}, f"two exceptions, not {len(found)}")
    expect(_start(found[second]) == second + HOUR_S, "the moved event at its new time")
    expect(found[third].deleted, "the cancelled event as deleted")
    await walk.done(folder, synctrees.delete(item), for_good=True)
    await walk.unseen(folder, title)


def _start(one: Moved) -> float | None:
    return one.start


async def event_file(walk: Walk) -> None:
    """An event with a file, which the other device fetches (16.0 and later)."""
    folder = walk.folder(CALENDAR)
    title = f"Papers {walk.marker}"
    start = _tomorrow(walk) + 16 * HOUR_S
    new = NewEvent(subject=title, start=start, end=start + HOUR_S)
    properties = objecttrees.event(
        new, walk.version, uid=walk.phone.new_id(), organizer=walk.address, now=walk.now
    )
    file = File(name="agenda.txt", content=b"1. Welcome\r\n", content_type="text/plain")
    item = await walk.add(folder, *properties, attached([file]))
    await walk.seen_one(folder, title)
    there = next(one for one in (await walk.seen(folder)).values() if one.subject == title)
    expect([one.name for one in there.attachments] == ["agenda.txt"], "the file's name")
    _, octets = await walk.witness.attachment(there.attachments[0].reference)
    expect(octets == file.content, "the octets of the file")
    await walk.done(folder, synctrees.delete(item), for_good=True)


async def task(walk: Walk) -> None:
    """A task is added, completed, deleted."""
    folder = walk.folder(TASKS)
    title = f"Task {walk.marker}"
    due = _tomorrow(walk) + 7 * DAY_S
    new = NewTask(subject=title, start=due - DAY_S, due=due, importance=2, text="Carefully.")
    item = await walk.add(folder, *objecttrees.task(new, walk.version))
    there = await walk.seen_one(folder, title)
    expect(time_of(there, Tasks.UtcDueDate) == due, "the due date as it was sent")
    _same(there, Tasks.Importance, "2")
    _same(there, Tasks.Complete, "0")
    _says(there, "Carefully.")
    await _change(walk, folder, item, objecttrees.completed(walk.now))
    there = await walk.seen_one(folder, title)
    _same(there, Tasks.Complete, "1")
    expect(there.has(Tasks.DateCompleted), "the date of completion")
    await walk.done(folder, synctrees.delete(item), for_good=True)
    await walk.unseen(folder, title)


async def note(walk: Walk) -> None:
    """A note is added, changed, deleted."""
    folder = walk.folder(NOTES)
    title = f"Note {walk.marker}"
    item = await walk.add(folder, *objecttrees.note(title, "Milk.", walk.version))
    _says(await walk.seen_one(folder, title), "Milk.")
    await _change(walk, folder, item, objecttrees.note(title, "Milk, eggs.", walk.version))
    _says(await walk.seen_one(folder, title), "Milk, eggs.")
    await walk.done(folder, synctrees.delete(item), for_good=True)
    await walk.unseen(folder, title)


async def add_event(walk: Walk, folder: str, new: NewEvent) -> str:
    """Add an event; gives its server id."""
    uid = f"{walk.phone.new_id()}@{walk.marker}"
    content = objecttrees.event(new, walk.version, uid=uid, organizer=walk.address, now=walk.now)
    return await walk.add(folder, *content)


async def _change(walk: Walk, folder: str, item: str, changes: list[Element]) -> None:
    content = walk.phone.items(folder)[item].content
    assert content is not None
    await walk.done(folder, synctrees.change(item, *objecttrees.whole(content, changes)))


async def _change_event(walk: Walk, folder: str, item: str, changes: list[Element]) -> None:
    """From 16.0 on a Change of an event says what changes only (MS-ASCAL R2231)."""
    if walk.version >= Version.V16_0:
        await walk.done(folder, synctrees.change(item, *changes))
    else:
        await _change(walk, folder, item, changes)


def _tomorrow(walk: Walk) -> float:
    return (walk.now // DAY_S + 1) * DAY_S


def _same(content: Element, tag: Tag, expected: str) -> None:
    found = content.value(tag)
    expect(found == expected, f"{tag.name} {expected!r}, not {found!r}")


def _when(content: Element, start: float, end: float) -> None:
    expect(time_of(content, Calendar.StartTime) == start, "the start as it was sent")
    expect(time_of(content, Calendar.EndTime) == end, "the end as it was sent")


def _says(content: Element, *words: str) -> None:
    body = body_of(content)
    text = "" if body is None else body.text
    for one in words:
        expect(one in text, f"a body that says {one!r}")
