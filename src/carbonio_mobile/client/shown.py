"""Items of every class as the command line shows them: rows of tables, lines, JSON values.

Spec: MS-ASCNTC 2.2.2; MS-ASCAL 2.2.2; MS-ASTASK 2.2.2; MS-ASNOTE 2.2.2.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from carbonio_mobile.client.classes import CALENDAR, CONTACTS, EMAIL, NOTES, TASKS
from carbonio_mobile.client.items import Item, body_of
from carbonio_mobile.client.objects import attendees, exceptions, location, time_of
from carbonio_mobile.client.screen import Screen, as_json, clean, local_time
from carbonio_mobile.eas.times import format_datetime
from carbonio_mobile.pim.timezones import ZoneRule
from carbonio_mobile.wbxml import Element, Tag
from carbonio_mobile.wbxml.codepages import AirSync, Calendar, Contacts, Notes, Tasks

_EMPTY = Element(AirSync.ApplicationData)
_ANSWERS = {2: "tentative", 3: "accepted", 4: "declined"}
_PREVIEW_CHARS = 60

Fields = list[tuple[str, str]]
"""Names and values, in the order shown; empty values are left out."""


def listed(items: Iterable[Item]) -> list[Item]:
    """Sort items as people look for them: mail from the newest, the rest by time, then name."""
    found = list(items)
    if all(item.item_class == EMAIL for item in found):
        return sorted(found, key=lambda item: (item.received or 0.0, item.id), reverse=True)
    return sorted(
        found, key=lambda item: (item.received is None, item.received or 0.0, item.subject.lower())
    )


def table(screen: Screen, items: Sequence[Item]) -> list[str]:
    """Lay items of one class out as a table, in the order given."""
    if not items or items[0].item_class == EMAIL:
        return screen.messages(items)
    head, row = _ROWS[items[0].item_class]
    return screen.table(head, [tuple(map(clean, row(item, _content(item)))) for item in items])


def value(item: Item) -> dict[str, Any]:
    """Give an item as JSON values; times are as ActiveSync writes them, in UTC."""
    if item.item_class == EMAIL:
        return as_json(item)
    told = [(_key(name), text) for name, text in fields(item, format_datetime) if text]
    return {
        "id": item.id,
        "class": item.item_class,
        "title": item.subject,
        **{name: text for name, text in told if name not in ("name", "subject")},
        "categories": list(item.categories),
    }


def fields(item: Item, moment: Callable[[float], str] = local_time) -> Fields:
    """Say all that is shown of an object; ``moment`` writes its times."""
    return [*_FIELDS[item.item_class](item, _content(item), moment), *_categories(item)]


def lines(item: Item, text: str) -> list[str]:
    """Show one object whole, its body below."""
    heads = [(name, clean(said)) for name, said in fields(item) if said]
    width = max([len(name) for name, _ in heads], default=0) + 2
    files = [f"File: {clean(one.name)}, fetch {one.reference}" for one in item.attachments]
    shown = [f"{name + ':':{width}}{said}" for name, said in heads]
    return [*shown, *files, *(["", text.rstrip("\n")] if text else [])]


def _key(name: str) -> str:
    return name.lower().replace("-", "").replace(" ", "_")


def _content(item: Item) -> Element:
    return _EMPTY if item.content is None else item.content


def _categories(item: Item) -> Fields:
    return [("Categories", ", ".join(item.categories))] if item.item_class else []


# Contacts

_CONTACT: tuple[tuple[str, Tag], ...] = (
    ("E-mail", Contacts.Email1Address),
    ("Second e-mail", Contacts.Email2Address),
    ("Third e-mail", Contacts.Email3Address),
    ("Phone", Contacts.BusinessPhoneNumber),
    ("Mobile", Contacts.MobilePhoneNumber),
    ("Home phone", Contacts.HomePhoneNumber),
    ("Company", Contacts.CompanyName),
    ("Department", Contacts.Department),
    ("Title", Contacts.JobTitle),
    ("Office", Contacts.OfficeLocation),
    ("Street", Contacts.BusinessAddressStreet),
    ("City", Contacts.BusinessAddressCity),
    ("Country", Contacts.BusinessAddressCountry),
    ("Web page", Contacts.WebPage),
)


def _contact_row(item: Item, content: Element) -> tuple[str, ...]:
    phones = (Contacts.MobilePhoneNumber, Contacts.BusinessPhoneNumber, Contacts.HomePhoneNumber)
    phone = next((text for tag in phones if (text := content.value(tag, ""))), "")
    company = content.value(Contacts.CompanyName, "")
    return item.id, item.subject, content.value(Contacts.Email1Address, ""), phone, company


def _contact(item: Item, content: Element, _moment: Callable[[float], str]) -> Fields:
    born = time_of(content, Contacts.Birthday)
    birthday = "" if born is None else format_datetime(born)[:10]
    said = [(name, content.value(tag, "")) for name, tag in _CONTACT]
    return [("Name", item.subject), *said, ("Birthday", birthday)]


# Events


def _event_row(item: Item, content: Element) -> tuple[str, ...]:
    start, end = _times(content, local_time)
    return item.id, start, end, item.subject, clean(location(content)), _event_marks(content)


def _times(content: Element, moment: Callable[[float], str]) -> tuple[str, str]:
    """Give start and end; of an all-day event the dates where its maker is, the last included."""
    start, end = (time_of(content, tag) for tag in (Calendar.StartTime, Calendar.EndTime))
    if content.value(Calendar.AllDayEvent) != "1" or start is None or end is None:
        return "" if start is None else moment(start), "" if end is None else moment(end)
    return _date(content, start), _date(content, max(start, end - 1))


def _date(content: Element, at: float) -> str:
    """Give the date of a moment by the clock of an event; floating dates say no clock."""
    moment = datetime.fromtimestamp(at, UTC).replace(tzinfo=None)
    blob = content.value(Calendar.Timezone, "")
    offset_min = 0
    if blob:
        with suppress(ValueError):  # a clock that cannot be read is as good as none
            offset_min = ZoneRule.from_blob(blob).offset_min_at(moment)
    return (moment + timedelta(minutes=offset_min)).date().isoformat()


def _event_marks(content: Element) -> str:
    status = content.value(Calendar.MeetingStatus, "0") or "0"
    bits = int(status) if status.isdigit() else 0
    words = [
        "all day" if content.value(Calendar.AllDayEvent) == "1" else "",
        "series" if content.has(Calendar.Recurrence) else "",
        "meeting" if bits & 1 else "",
        "cancelled" if bits & 4 else "",
    ]
    return ", ".join(word for word in words if word)


def _event(item: Item, content: Element, moment: Callable[[float], str]) -> Fields:
    start, end = _times(content, moment)
    people = [
        f"{name or address} <{address}>{_answered(said)}"
        for name, address, said in attendees(content)
    ]
    changed = [
        f"{moment(one.original)} {'cancelled' if one.deleted else 'changed'}"
        + ("" if one.start is None or one.deleted else f", at {moment(one.start)}")
        for one in exceptions(content)
    ]
    reminder = content.value(Calendar.Reminder, "")
    return [
        ("Subject", item.subject),
        ("Start", start),
        ("End", end),
        ("Where", location(content)),
        ("Kind", _event_marks(content)),
        ("Reminder", f"{reminder} minutes before" if reminder else ""),
        ("Organizer", content.value(Calendar.OrganizerEmail, "")),
        ("Attendees", ", ".join(people)),
        ("Exceptions", "; ".join(changed)),
    ]


def _answered(said: int) -> str:
    return f" ({_ANSWERS[said]})" if said in _ANSWERS else ""


# Tasks and notes


def _task_row(item: Item, content: Element) -> tuple[str, ...]:
    due = time_of(content, Tasks.UtcDueDate)
    return item.id, "" if due is None else local_time(due), item.subject, _task_marks(content)


def _task_marks(content: Element) -> str:
    words = [
        "done" if content.value(Tasks.Complete) == "1" else "open",
        "!" if content.value(Tasks.Importance) == "2" else "",
        "series" if content.has(Tasks.Recurrence) else "",
    ]
    return ", ".join(word for word in words if word)


def _task(item: Item, content: Element, moment: Callable[[float], str]) -> Fields:
    tags = (Tasks.UtcStartDate, Tasks.UtcDueDate, Tasks.DateCompleted, Tasks.ReminderTime)
    found = [time_of(content, tag) for tag in tags]
    times = ["" if one is None else moment(one) for one in found]
    names = ("Start", "Due", "Completed", "Reminder")
    said = list(zip(names, times, strict=True))
    return [("Subject", item.subject), ("State", _task_marks(content)), *said]


def _note_row(item: Item, content: Element) -> tuple[str, ...]:
    body = body_of(content)
    text = "" if body is None else " ".join(body.text.split())
    return item.id, item.subject, ", ".join(item.categories), text[:_PREVIEW_CHARS]


def _note(item: Item, content: Element, moment: Callable[[float], str]) -> Fields:
    at = time_of(content, Notes.LastModifiedDate)
    return [("Subject", item.subject), ("Changed", "" if at is None else moment(at))]


Row = Callable[[Item, Element], tuple[str, ...]]

_ROWS: Mapping[str, tuple[tuple[str, ...], Row]] = {
    CONTACTS: (("ID", "NAME", "E-MAIL", "PHONE", "COMPANY"), _contact_row),
    CALENDAR: (("ID", "START", "END", "SUBJECT", "WHERE", "KIND"), _event_row),
    TASKS: (("ID", "DUE", "SUBJECT", "STATE"), _task_row),
    NOTES: (("ID", "SUBJECT", "CATEGORIES", "TEXT"), _note_row),
}
_FIELDS: Mapping[str, Callable[[Item, Element, Callable[[float], str]], Fields]] = {
    CONTACTS: _contact,
    CALENDAR: _event,
    TASKS: _task,
    NOTES: _note,
}
