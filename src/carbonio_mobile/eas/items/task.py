"""A task as the properties of the Tasks class, and back.

Spec: MS-ASTASK 2.2.2, 3.2.5.3.
"""

from dataclasses import replace

from carbonio_mobile.eas.bodyoptions import BodyOptions
from carbonio_mobile.eas.items.context import Author, Ghosts, Viewer
from carbonio_mobile.eas.items.faults import ItemFault
from carbonio_mobile.eas.items.taskseries import parse_series, series_element
from carbonio_mobile.eas.items.values import categories, category_elements, moment, number, text
from carbonio_mobile.eas.textbody import parse_text, text_elements
from carbonio_mobile.eas.times import format_datetime
from carbonio_mobile.eas.version import Version, knows
from carbonio_mobile.pim.item import ObjectItem
from carbonio_mobile.pim.task import Task
from carbonio_mobile.pim.tasks import MAX_ORDINAL_CHARS
from carbonio_mobile.pim.texts import MAX_SUBJECT_CHARS
from carbonio_mobile.wbxml.codepages import Tasks
from carbonio_mobile.wbxml.elements import Element
from carbonio_mobile.wbxml.tokens import Tag

_OCTET = range(256)


def application_data(
    item: ObjectItem,
    options: BodyOptions,
    version: Version,
    _shown: Viewer,
) -> list[Element]:
    """Give the children of ApplicationData, or of Properties in a Fetch or a Search."""
    task = item.record
    assert isinstance(task, Task)
    elements = [
        Element(Tasks.Subject, task.subject) if task.subject else None,
        *text_elements(task.body, options, version, native=Tasks.Body),
        _number(Tasks.Importance, task.importance),
        _time(Tasks.UtcStartDate, task.start_utc),
        _time(Tasks.StartDate, task.start_local),
        _time(Tasks.UtcDueDate, task.due_utc),
        _time(Tasks.DueDate, task.due_local),
        *category_elements(Tasks.Categories, Tasks.Category, task.categories),
        series_element(task.recurrence, version),
        Element(Tasks.Complete, str(int(task.complete))),
        _time(Tasks.DateCompleted, (task.completed_at or 0.0) if task.complete else None),
        _number(Tasks.Sensitivity, task.sensitivity),
        _time(Tasks.ReminderTime, task.reminder_at),
        Element(Tasks.ReminderSet, str(int(task.reminder_at is not None))),
        _time(Tasks.OrdinalDate, task.ordinal_date),
        Element(Tasks.SubOrdinalDate, task.sub_ordinal) if task.sub_ordinal else None,
    ]
    return [one for one in elements if one is not None and knows(version, one.tag)]


def added(data: Element, author: Author) -> Task:
    """Read the ApplicationData of an Add.

    Raises: ItemFault (status 6) without Complete (MS-ASTASK R116), for numbers and times that are
    none, and for a Recurrence against its rules.
    """
    if not data.value(Tasks.Complete, "").strip():
        raise ItemFault("a task without Complete")
    return _read(Task(uid=author.new_uid), data, author)


def changed(before: Task, data: Element, author: Author, ghosts: Ghosts) -> Task:
    """Read the ApplicationData of a Change.

    What is absent is deleted (MS-ASCMD R879), but for Body (R878), Importance (MS-ASTASK R369) and
    ReminderSet (R370), and for Complete, which is never without a value. A series that ActiveSync
    cannot say is not touched. Raises: ItemFault as :func:`added`.
    """
    after = _read(before, data, author)
    kept = {
        name: getattr(before, name)
        for tag, names in _GHOSTABLE
        if ghosts.keeps(tag) and not any(data.has(one) for one in _with(tag))
        for name in names
    }
    return replace(after, **kept) if kept else after


_GHOSTABLE: tuple[tuple[Tag, tuple[str, ...]], ...] = (
    (Tasks.Subject, ("subject",)),
    (Tasks.StartDate, ("start_local", "start_utc")),
    (Tasks.DueDate, ("due_local", "due_utc")),
    (Tasks.Categories, ("categories",)),
    (Tasks.Recurrence, ("recurrence",)),
    (Tasks.Sensitivity, ("sensitivity",)),
    (Tasks.OrdinalDate, ("ordinal_date",)),
    (Tasks.SubOrdinalDate, ("sub_ordinal",)),
)
_UTC_DATES = {Tasks.StartDate: Tasks.UtcStartDate, Tasks.DueDate: Tasks.UtcDueDate}


def _with(tag: Tag) -> tuple[Tag, ...]:
    return (tag, _UTC_DATES[tag]) if tag in _UTC_DATES else (tag,)


def _read(before: Task, data: Element, author: Author) -> Task:
    body = parse_text(data, author.version, native=Tasks.Body)
    importance = number(data, Tasks.Importance, _OCTET)
    start_local, start_utc = _dates(data, Tasks.StartDate, before.start_local, before.start_utc)
    due_local, due_utc = _dates(data, Tasks.DueDate, before.due_local, before.due_utc)
    complete = number(data, Tasks.Complete, (0, 1))
    done = before.complete if complete is None else complete == 1
    return replace(
        before,
        subject=(text(data, Tasks.Subject, MAX_SUBJECT_CHARS) or "").strip(),
        body=before.body if body is None else body,
        importance=before.importance if importance is None else importance,
        start_local=start_local,
        start_utc=start_utc,
        due_local=due_local,
        due_utc=due_utc,
        complete=done,
        completed_at=_completed_at(before, data, author.now) if done else None,
        categories=categories(data, Tasks.Categories, Tasks.Category),
        sensitivity=number(data, Tasks.Sensitivity, range(4)),
        reminder_at=_reminder_at(before, data),
        recurrence=parse_series(data.find(Tasks.Recurrence), author.first_day_of_week),
        ordinal_date=moment(data, Tasks.OrdinalDate),
        sub_ordinal=(text(data, Tasks.SubOrdinalDate, MAX_ORDINAL_CHARS) or "").strip(),
        modified_at=author.now,
        faults=(),
    )


def _dates(
    data: Element, tag: Tag, local_before: float | None, utc_before: float | None
) -> tuple[float | None, float | None]:
    """Read a date in local time and in UTC.

    A device that sends one of both means the other to be as far from it as it was before.
    """
    local, utc = moment(data, tag), moment(data, _UTC_DATES[tag])
    offset = (local_before or 0.0) - (utc_before or 0.0)
    if utc is None and local is not None:
        return local, local - offset
    if local is None and utc is not None:
        return utc + offset, utc
    return local, utc


def _completed_at(before: Task, data: Element, now: float) -> float:
    said = moment(data, Tasks.DateCompleted)
    if said is not None:
        return said
    return before.completed_at if before.completed_at is not None else now


def _reminder_at(before: Task, data: Element) -> float | None:
    """Read the reminder; one that is set without a time goes off where the task is due."""
    is_set = number(data, Tasks.ReminderSet, (0, 1))
    at = moment(data, Tasks.ReminderTime)
    if is_set == 0 or (is_set is None and before.reminder_at is None):
        return None
    if at is not None:
        return at
    if before.reminder_at is not None:
        return before.reminder_at
    due, start = moment(data, Tasks.UtcDueDate), moment(data, Tasks.UtcStartDate)
    return start if due is None else due


def _number(tag: Tag, value: int | None) -> Element | None:
    return None if value is None else Element(tag, str(value))


def _time(tag: Tag, at: float | None) -> Element | None:
    return None if at is None else Element(tag, format_datetime(at))
