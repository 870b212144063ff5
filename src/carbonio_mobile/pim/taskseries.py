"""How a task recurs, to and from the lines of a VTODO.

RRULE says what it can. What it cannot say stands in a property of our own together with the rule
to which it belongs, so that it is not believed any more when another program changed the rule. A
completed instance that was split from its series has no RRULE, for others would repeat it.

Spec: RFC 5545 3.8.5.3 (RRULE); MS-ASTASK 2.2.2.20 (Recurrence).
"""

from dataclasses import replace

from carbonio_mobile.pim.components import Component, line
from carbonio_mobile.pim.eventfields import OWN
from carbonio_mobile.pim.moments import (
    NO_ZONES,
    Moment,
    local_datetime,
    read_moment,
    utc_form,
    whole,
)
from carbonio_mobile.pim.recurrence import (
    RecurrenceRule,
    from_activesync,
    normalised,
    rule_parts,
    to_activesync,
)
from carbonio_mobile.pim.task import TaskRecurrence
from carbonio_mobile.pim.taskdates import Dates

_OWN = OWN + "RECURRENCE"
_RULE = "RULE"
_START, _UNTIL = "START", "UNTIL"
_CALENDARS = frozenset(map(str, range(100)))
_CALENDAR, _LEAP = "CALENDAR-TYPE", "LEAP-MONTH"
_REGENERATE, _DEAD = "REGENERATE", "DEAD-OCCUR"

Said = dict[str, str]


def read_series(todo: Component, dates: Dates) -> TaskRecurrence | None:
    """Read how a task recurs; None where it does not, or not in a way ActiveSync can say."""
    rule, said = _rule_of(todo)
    start = _time(said.get(_START, "")) or dates.anchor
    if not rule or start is None:
        return None
    found = to_activesync(rule_parts(rule), local_datetime(start.local))
    if found is None:
        return None
    until = _time(said.get(_UNTIL, ""))
    calendar = said.get(_CALENDAR, "")
    found = replace(
        found,
        until=until.utc if until else found.until,
        calendar_type=int(calendar) if calendar in _CALENDARS else found.calendar_type,
        is_leap_month=_LEAP in said,
    )
    series = TaskRecurrence(
        rule=found,
        start=start.local,
        regenerate=_REGENERATE in said,
        dead_occur=_DEAD in said,
    )
    return normalised_series(series)


def write_series(todo: Component, dates: Dates, series: TaskRecurrence | None) -> None:
    """Set how a task recurs, or that it does not."""
    if series is None:
        todo.put(("RRULE", _OWN), [])
        return
    start = local_datetime(series.start)
    dtstart = todo.first("DTSTART") or todo.first("DUE")
    dated = dtstart is not None and "T" not in dtstart.value.upper()
    rule = from_activesync(series.rule, start, all_day=dated)
    said = _unsaid(series, rule, dates.anchor)
    todo.put(("RRULE",), [] if series.dead_occur else [line("RRULE", rule)])
    value = ";".join(f"{name}={one}" for name, one in said.items())
    todo.put((_OWN,), [line(_OWN, value, (_RULE, rule))] if said else [])


def normalised_series(series: TaskRecurrence | None) -> TaskRecurrence | None:
    """Give a series in the form in which it comes out of a VTODO again.

    Days and weeks are the same in every calendar, and have none (MS-ASTASK R81).
    """
    if series is None:
        return None
    start = whole(series.start)
    rule = normalised(_within(series.rule), local_datetime(start))
    if rule.kind in (0, 1):
        rule = replace(rule, calendar_type=0, is_leap_month=False)
    return replace(series, start=start, rule=rule)


def has_foreign_series(todo: Component, dates: Dates) -> bool:
    """Tell whether a task recurs in a way that ActiveSync cannot say."""
    return todo.first("RRULE") is not None and read_series(todo, dates) is None


def _unsaid(series: TaskRecurrence, rule: str, anchor: Moment | None) -> Said:
    """Give what the rule and the dates do not say of a series."""
    start = local_datetime(series.start)
    wanted = series.rule
    plain = to_activesync(rule_parts(rule), start)
    bare = normalised(plain or wanted, start)
    said: Said = {}
    if anchor is None or anchor.local != series.start:
        said[_START] = utc_form(series.start)
    if wanted.until is not None and wanted.until != bare.until:
        said[_UNTIL] = utc_form(wanted.until)
    if wanted.calendar_type != bare.calendar_type:
        said[_CALENDAR] = str(wanted.calendar_type)
    for name, holds in (
        (_LEAP, wanted.is_leap_month),
        (_REGENERATE, series.regenerate),
        (_DEAD, series.dead_occur),
    ):
        if holds:
            said[name] = "1"
    return said


def _rule_of(todo: Component) -> tuple[str, Said]:
    """Give the rule, and what our own property says of it."""
    rrule, own = todo.first("RRULE"), todo.first(_OWN)
    rule = "" if rrule is None else rrule.value.strip()
    if own is None:
        return rule, {}
    pairs = (one.partition("=") for one in own.value[:1000].split(";"))
    said = {name.strip().upper(): value.strip() for name, _, value in pairs if name.strip()}
    if rrule is None and _DEAD in said:
        return own.param(_RULE), said
    return rule, said if own.param(_RULE) == rule else {}


def _time(text: str) -> Moment | None:
    return read_moment(line("", text), NO_ZONES) if text else None


def _within(rule: RecurrenceRule) -> RecurrenceRule:
    return rule if rule.until is None else replace(rule, until=whole(rule.until))
