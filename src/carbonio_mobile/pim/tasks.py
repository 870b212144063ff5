"""Tasks as they are stored: VTODO, read as a record and patched with what changed of one.

Only the lines of what changed are written anew. A task that others took back (CANCELLED) counts as
done, for nothing is left to do.

Spec: RFC 5545 3.6.2 (VTODO), 3.8.1.9 (PRIORITY), 3.8.1.11 (STATUS), 3.8.2.1 (COMPLETED); MS-ASTASK
2.2.2.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC

from carbonio_mobile.pim.alarms import read_reminder, write_reminder
from carbonio_mobile.pim.calendars import MAX_UID_CHARS
from carbonio_mobile.pim.components import Component, line, write
from carbonio_mobile.pim.eventfields import OWN, SENSITIVITY, inverted
from carbonio_mobile.pim.moments import read_moment, utc_form, whole
from carbonio_mobile.pim.task import Task
from carbonio_mobile.pim.taskdates import Dates, normalised_dates, pair, read_dates, write_dates
from carbonio_mobile.pim.taskseries import (
    has_foreign_series,
    normalised_series,
    read_series,
    write_series,
)
from carbonio_mobile.pim.texts import (
    MAX_SUBJECT_CHARS,
    new_component,
    open_component,
    read_body,
    read_categories,
    read_own,
    read_subject,
    read_uid,
    stamp,
    tidy,
    tidy_body,
    tidy_categories,
    write_body,
    write_categories,
    write_own,
    write_subject,
)
from carbonio_mobile.pim.zones import CalendarZones, rules_of

MAX_ORDINAL_CHARS = 1000

_COMPONENT = "VTODO"
_IMPORTANCE, _ORDINAL, _SUB_ORDINAL = "IMPORTANCE", "ORDINAL-DATE", "SUB-ORDINAL-DATE"
_DONE = frozenset({"COMPLETED", "CANCELLED"})
_WORDS = inverted(SENSITIVITY)
_PRIORITIES: Mapping[int, str] = {0: "9", 1: "5", 2: "1"}


@dataclass(slots=True)
class _Todo:
    """A VTODO, and what reading and writing it calls for beside its own lines."""

    component: Component
    zones: CalendarZones


def read_task(source: bytes) -> Task:
    """Read the first VTODO of a calendar; what cannot be read is named in faults.

    Raises: Corrupt, where there is none.
    """
    root, component = open_component(source, _COMPONENT)
    return _read(_todo(root, component))


def write_task(source: bytes | None, task: Task, *, now: float) -> bytes:
    """Write a task into the calendar it was read from, or a new one; ``now`` in seconds UTC.

    The source comes back itself where nothing changed. Reading the result gives
    ``normalised(task)`` modified at ``now``. Raises: Corrupt where the source holds no VTODO.
    """
    after = normalised(task)
    if source is None:
        root, component = new_component(_COMPONENT, after.uid, now)
    else:
        root, component = open_component(source, _COMPONENT)
    todo = _todo(root, component)
    before = normalised(_read(todo))
    after = replace(after, uid=before.uid)
    if source is not None and before == after:
        return source
    for fields, write_one in _WRITERS:
        if any(getattr(before, name) != getattr(after, name) for name in fields):
            write_one(todo, before, after)
    # What a series and a reminder say may hang on the dates, which are new; so they come last.
    if normalised_series(read_series(component, _dates(after))) != after.recurrence:
        write_series(component, _dates(after), after.recurrence)
    if read_reminder(component, todo.zones, _dates(after)) != after.reminder_at:
        write_reminder(component, todo.zones, _dates(after), after.reminder_at, after.subject)
    if after.complete and _time(component, "COMPLETED", todo.zones) != after.completed_at:
        # It was read from the time of the last change, which is another one now.
        _write_completion(todo, before, after)
    stamp(component, now)
    return write(root)


def normalised(task: Task) -> Task:
    """Give the task in the form in which it comes out of a VTODO again.

    Times are whole seconds, dates come in pairs, a time of completion only where it is complete.
    What says when it was written and what was wrong with a source is left out.
    """
    dates = normalised_dates(_dates(task))
    done = whole(task.completed_at or 0.0) if task.complete else None
    start, due = dates.start, dates.due
    return replace(
        task,
        uid=tidy(task.uid, MAX_UID_CHARS),
        subject=tidy(task.subject, MAX_SUBJECT_CHARS),
        body=tidy_body(task.body),
        categories=tidy_categories(task.categories),
        start_local=start.local if start else None,
        start_utc=start.utc if start else None,
        due_local=due.local if due else None,
        due_utc=due.utc if due else None,
        completed_at=done,
        sensitivity=task.sensitivity if task.sensitivity in _WORDS else None,
        reminder_at=None if task.reminder_at is None else whole(task.reminder_at),
        recurrence=normalised_series(task.recurrence),
        ordinal_date=None if task.ordinal_date is None else whole(task.ordinal_date),
        sub_ordinal=tidy(task.sub_ordinal, MAX_ORDINAL_CHARS),
        modified_at=None,
        faults=(),
    )


def _todo(root: Component, component: Component) -> _Todo:
    defined = [zone for one in root.walk("VCALENDAR") for zone in one.components("VTIMEZONE")]
    return _Todo(component, CalendarZones(UTC, rules_of(defined)))


def _dates(task: Task) -> Dates:
    return Dates(pair(task.start_local, task.start_utc), pair(task.due_local, task.due_utc))


def _read(todo: _Todo) -> Task:
    one, zones = todo.component, todo.zones
    dates = read_dates(one, zones)
    start, due = dates.start, dates.due
    done = _is_done(one)
    written = _first(_time(one, name, zones) for name in ("LAST-MODIFIED", "DTSTAMP"))
    anchor = dates.due or dates.start
    at = anchor.utc if anchor else 0.0
    completed = _first((_time(one, "COMPLETED", zones), written, at))
    return Task(
        uid=read_uid(one),
        subject=read_subject(one),
        body=read_body(one),
        importance=_importance(one),
        start_local=start.local if start else None,
        start_utc=start.utc if start else None,
        due_local=due.local if due else None,
        due_utc=due.utc if due else None,
        complete=done,
        completed_at=completed if done else None,
        categories=read_categories(one),
        sensitivity=_sensitivity(one),
        reminder_at=read_reminder(one, zones, dates),
        recurrence=read_series(one, dates),
        ordinal_date=_time(one, OWN + _ORDINAL, zones),
        sub_ordinal=read_own(one, _SUB_ORDINAL, MAX_ORDINAL_CHARS),
        modified_at=written,
        faults=("a recurrence beyond ActiveSync",) if has_foreign_series(one, dates) else (),
    )


def _time(component: Component, name: str, zones: CalendarZones) -> float | None:
    moment = read_moment(component.first(name), zones)
    return None if moment is None else moment.utc


def _first(times: Iterable[float | None]) -> float | None:
    return next((at for at in times if at is not None), None)


def _word(component: Component, name: str) -> str:
    one = component.first(name)
    return "" if one is None else one.value.strip().upper()[:100]


def _is_done(component: Component) -> bool:
    status = _word(component, "STATUS")
    if status:
        return status in _DONE
    return bool(component.first("COMPLETED")) or _word(component, "PERCENT-COMPLETE") == "100"


def _importance(component: Component) -> int | None:
    own = _word(component, OWN + _IMPORTANCE)
    if own.isascii() and own.isdigit() and len(own) <= 3:
        return min(int(own), 255)
    priority = _word(component, "PRIORITY")
    if priority not in tuple("123456789"):
        return None
    number = int(priority)
    return 2 if number < 5 else 1 if number == 5 else 0


def _sensitivity(component: Component) -> int | None:
    said = _word(component, "CLASS")
    # What is not known is private (RFC 5545 3.8.1.3).
    return SENSITIVITY.get(said, 2) if said else None


def _write_importance(todo: _Todo, _before: Task, after: Task) -> None:
    importance = after.importance
    known = _PRIORITIES.get(importance) if importance is not None else None
    todo.component.put(("PRIORITY",), [line("PRIORITY", known)] if known else [])
    own = "" if importance is None or known else str(importance)
    write_own(todo.component, _IMPORTANCE, own)


def _write_dates(todo: _Todo, before: Task, after: Task) -> None:
    write_dates(
        todo.component,
        todo.zones,
        _dates(before),
        _dates(after),
        recurring=after.recurrence is not None,
    )


def _write_completion(todo: _Todo, before: Task, after: Task) -> None:
    one = todo.component
    if after.complete and after.completed_at is not None:
        one.put(("COMPLETED",), [line("COMPLETED", utc_form(after.completed_at))])
    if after.complete and not before.complete:
        one.put(("STATUS",), [line("STATUS", "COMPLETED")])
        one.put(("PERCENT-COMPLETE",), [line("PERCENT-COMPLETE", "100")])
    if before.complete and not after.complete:
        one.put(("COMPLETED", "PERCENT-COMPLETE"), [])
        one.put(("STATUS",), [line("STATUS", "NEEDS-ACTION")])


def _write_sensitivity(todo: _Todo, _before: Task, after: Task) -> None:
    word = "" if after.sensitivity is None else _WORDS[after.sensitivity]
    todo.component.put(("CLASS",), [line("CLASS", word)] if word else [])


def _write_ordinal(todo: _Todo, _before: Task, after: Task) -> None:
    at = after.ordinal_date
    write_own(todo.component, _ORDINAL, "" if at is None else utc_form(at))


_WRITERS: tuple[tuple[tuple[str, ...], Callable[[_Todo, Task, Task], None]], ...] = (
    (("subject",), lambda todo, _, after: write_subject(todo.component, after.subject)),
    (("body",), lambda todo, _, after: write_body(todo.component, after.body)),
    (("categories",), lambda todo, _, after: write_categories(todo.component, after.categories)),
    (("importance",), _write_importance),
    (("start_local", "start_utc", "due_local", "due_utc"), _write_dates),
    (("complete", "completed_at"), _write_completion),
    (("sensitivity",), _write_sensitivity),
    (("ordinal_date",), _write_ordinal),
    (
        ("sub_ordinal",),
        lambda todo, _, after: write_own(todo.component, _SUB_ORDINAL, after.sub_ordinal),
    ),
)
"""By what a change of which fields is written."""
