"""The reminder of a task: the first alarm of a VTODO that says a time.

Spec: RFC 5545 3.6.6 (VALARM), 3.8.6.3 (TRIGGER).
"""

from carbonio_mobile.pim.calendars import duration_of
from carbonio_mobile.pim.components import Component, line, text_line
from carbonio_mobile.pim.moments import read_moment, utc_form, whole
from carbonio_mobile.pim.taskdates import Dates
from carbonio_mobile.pim.zones import CalendarZones

MAX_ALARMS = 50


def read_reminder(todo: Component, zones: CalendarZones, dates: Dates) -> float | None:
    """Give when the first alarm goes off, seconds UTC; None for none."""
    times = (_time(one, zones, dates) for one in todo.components("VALARM")[:MAX_ALARMS])
    return next((at for at in times if at is not None), None)


def write_reminder(
    todo: Component, zones: CalendarZones, dates: Dates, at: float | None, subject: str
) -> None:
    """Move the alarm that :func:`read_reminder` read, add one, or take all off that say a time."""
    alarms = [one for one in todo.components("VALARM") if _time(one, zones, dates) is not None]
    if at is None:
        todo.content = [one for one in todo.content if not any(one is alarm for alarm in alarms)]
        return
    if not alarms:
        text = text_line("DESCRIPTION", subject or "Reminder")
        alarms = [Component("VALARM", [line("ACTION", "DISPLAY"), text])]
        todo.content.append(alarms[0])
    alarms[0].put(("TRIGGER",), [line("TRIGGER", utc_form(at), ("VALUE", "DATE-TIME"))])


def _time(alarm: Component, zones: CalendarZones, dates: Dates) -> float | None:
    """Say when an alarm goes off: at a time, or so long before or after the start or due date."""
    action, trigger = alarm.first("ACTION"), alarm.first("TRIGGER")
    if trigger is None or (action is not None and action.value.strip().upper() == "NONE"):
        return None
    absolute = read_moment(trigger, zones)
    if absolute is not None:
        return absolute.utc
    duration = duration_of(trigger.value)
    by_end = trigger.param("RELATED").upper() == "END"
    related = (dates.due or dates.start) if by_end else dates.anchor
    if duration is None or related is None:
        return None
    return whole(related.utc + duration.total_seconds())
