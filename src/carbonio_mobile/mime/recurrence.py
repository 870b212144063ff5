"""An iCalendar recurrence rule in the terms of ActiveSync.

Spec: RFC 5545 3.3.10; MS-ASEMAIL 2.2.2.63 (Recurrence), MS-ASCAL 2.2.2.37.
"""

from collections.abc import Mapping
from datetime import date, datetime

from carbonio_mobile.mime.record import RecurrenceRule

MAX_COUNT = 999

_BITS = {"SU": 1, "MO": 2, "TU": 4, "WE": 8, "TH": 16, "FR": 32, "SA": 64}
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_BEYOND = frozenset(("BYHOUR", "BYMINUTE", "BYSECOND", "BYYEARDAY", "BYWEEKNO", "RSCALE"))

Rule = Mapping[str, list[object]]


def to_activesync(rule: Rule, start: datetime) -> RecurrenceRule | None:
    """Say a rule in ActiveSync's terms, None where it cannot be said; ``start`` is aware.

    ``rule`` has upper-case part names and lists, as icalendar's ``vRecur`` does.
    """
    parts = {key.upper(): value for key, value in rule.items()}
    if _BEYOND & parts.keys():
        return None
    frequency = str(_first(parts, "FREQ", "")).upper()
    pattern = {"DAILY": _daily, "WEEKLY": _weekly, "MONTHLY": _monthly, "YEARLY": _yearly}
    if frequency not in pattern:
        return None
    fields = pattern[frequency](parts, start)
    if fields is None:
        return None
    count = _number(parts, "COUNT", 0)
    until = _first(parts, "UNTIL", None)
    first_day = str(_first(parts, "WKST", "MO")).upper()
    return RecurrenceRule(
        **fields,
        interval=min(max(_number(parts, "INTERVAL", 1), 1), MAX_COUNT),
        occurrences=min(max(count, 0), MAX_COUNT),
        until=None if count or not isinstance(until, date) else _until(until, start),
        first_day_of_week=(_DAYS.index(first_day) + 1) % 7
        if fields["kind"] == 1 and first_day in _DAYS
        else None,
    )


def _daily(parts: Rule, _start: datetime) -> dict[str, int] | None:
    if {"BYMONTH", "BYMONTHDAY", "BYSETPOS"} & parts.keys():
        return None
    if "BYDAY" in parts:
        # Every day that is a weekday is what ActiveSync calls weekly, unless days are left out too.
        bits = _bits(parts)
        return {"kind": 1, "day_of_week": bits} if _number(parts, "INTERVAL", 1) == 1 else None
    return {"kind": 0}


def _weekly(parts: Rule, start: datetime) -> dict[str, int] | None:
    if {"BYMONTH", "BYMONTHDAY", "BYSETPOS"} & parts.keys():
        return None
    return {"kind": 1, "day_of_week": _bits(parts) or _bit_of(start)}


def _monthly(parts: Rule, start: datetime) -> dict[str, int] | None:
    if "BYMONTH" in parts:
        return None
    return _within_month(parts, start, dated=2, weekday=3)


def _yearly(parts: Rule, start: datetime) -> dict[str, int] | None:
    months = parts.get("BYMONTH", [start.month])
    if len(months) != 1 or ("BYDAY" in parts and "BYMONTH" not in parts):
        return None
    fields = _within_month(parts, start, dated=5, weekday=6)
    month = _number({"M": months}, "M", 0)
    return {**fields, "month_of_year": month} if fields and 1 <= month <= 12 else None


def _within_month(
    parts: Rule, start: datetime, *, dated: int, weekday: int
) -> dict[str, int] | None:
    """Say which day of the month: a date, the n-th of some weekdays, or the last day."""
    days = parts.get("BYMONTHDAY", [])
    if "BYDAY" in parts:
        week = _week(parts)
        if days or week is None:
            return None
        return {"kind": weekday, "day_of_week": _bits(parts), "week_of_month": week}
    if len(days) > 1 or "BYSETPOS" in parts:
        return None
    day = _number(parts, "BYMONTHDAY", start.day)
    if day == -1:
        return {"kind": weekday, "day_of_week": 127, "week_of_month": 5}
    return {"kind": dated, "day_of_month": day} if 1 <= day <= 31 else None


def _week(parts: Rule) -> int | None:
    """Give the one week that BYDAY and BYSETPOS agree on: 1 to 4, 5 for the last."""
    weeks = {_relative(one) for one in parts["BYDAY"]}
    positions = parts.get("BYSETPOS", [])
    if len(positions) == 1 and weeks == {0}:
        weeks = {_number(parts, "BYSETPOS", 0)}
    elif positions:
        return None
    if len(weeks) != 1 or (len(parts["BYDAY"]) > 1 and not positions):
        return None
    week = weeks.pop()
    if week == -1:
        return 5
    return week if 1 <= week <= 4 else None


def _relative(day: object) -> int:
    digits = str(day)[:-2]
    try:
        return int(digits or 0)
    except ValueError:
        return 99


def _bits(parts: Rule) -> int:
    return sum({_BITS.get(str(one)[-2:].upper(), 0) for one in parts.get("BYDAY", [])})


def _bit_of(start: datetime) -> int:
    return _BITS[_DAYS[start.weekday()]]


def _first(parts: Rule, name: str, default: object) -> object:
    value = parts.get(name)
    return value[0] if value else default


def _number(parts: Rule, name: str, default: int) -> int:
    value = _first(parts, name, default)
    return value if isinstance(value, int) else default


def _until(until: date, start: datetime) -> float:
    """Give the end of the series in seconds UTC; a bare date means the start's time on that day."""
    if not isinstance(until, datetime):
        day = until.year, until.month, until.day
        until = datetime(*day, start.hour, start.minute, tzinfo=start.tzinfo)
    elif until.tzinfo is None:
        until = until.replace(tzinfo=start.tzinfo)
    return until.timestamp()
