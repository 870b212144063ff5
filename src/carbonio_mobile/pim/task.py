"""``Task``: something to do, in the terms of ActiveSync.

Points in time are seconds since 1970, UTC; what is a *local* time is the clock on the wall written
as if it were UTC, as tasks:StartDate carries it.

Spec: MS-ASTASK 2.2.2; RFC 5545 3.6.2 (VTODO).
"""

from dataclasses import dataclass, field

from carbonio_mobile.pim.recurrence import RecurrenceRule
from carbonio_mobile.pim.text import NO_TEXT, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRecurrence:
    """How a task recurs (MS-ASTASK 2.2.2.20).

    ``start`` is a local time. With ``regenerate`` the next task comes as long after this one is
    completed as the rule says. ``dead_occur``: a completed instance that was split from its series.
    """

    rule: RecurrenceRule
    start: float
    regenerate: bool = False
    dead_occur: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A task. None and an empty value mean "not said".

    ``start_local``/``start_utc`` and ``due_local``/``due_utc`` are both set or both None.
    ``importance`` is 0 low, 1 normal, 2 high, or any other octet that a device gave (MS-ASTASK
    R187). ``sensitivity``: 0 normal, 1 personal, 2 private, 3 confidential. ``completed_at`` is set
    where ``complete`` is, only then. ``reminder_at`` is None for no reminder.
    ``modified_at`` is when the stored task was last written, None where it does not say.
    ``faults`` says in words what could not be read as written.
    """

    uid: str
    subject: str = ""
    body: Text = NO_TEXT
    importance: int | None = None
    start_local: float | None = None
    start_utc: float | None = None
    due_local: float | None = None
    due_utc: float | None = None
    complete: bool = False
    completed_at: float | None = None
    categories: tuple[str, ...] = ()
    sensitivity: int | None = None
    reminder_at: float | None = None
    recurrence: TaskRecurrence | None = None
    ordinal_date: float | None = None
    sub_ordinal: str = ""
    modified_at: float | None = None
    faults: tuple[str, ...] = field(default=())
