"""An iCalendar recurrence rule in the terms of ActiveSync, and back.

Spec: RFC 5545 3.3.10; RFC 7529 (RSCALE); MS-ASEMAIL 2.2.2.63 (Recurrence), MS-ASCAL 2.2.2.37.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

MAX_COUNT = 999
MAX_LIST = 400
RESERVED_CALENDAR_TYPES = frozenset((13, 16, 17, 18, 19, 21, 22, 23))
"""Numbers of CalendarType that nobody may send (MS-ASCAL R148 to R174)."""

_BITS = {"SU": 1, "MO": 2, "TU": 4, "WE": 8, "TH": 16, "FR": 32, "SA": 64}
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_BEYOND = frozenset(("BYHOUR", "BYMINUTE", "BYSECOND", "BYYEARDAY", "BYWEEKNO", "BYEASTER"))
_NUMBERS = frozenset((
    "INTERVAL", "COUNT", "BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYHOUR", "BYMINUTE",
    "BYSECOND", "BYSETPOS",
))  # fmt: skip
_SCALES = {
    "": 0, "GREGORIAN": 1, "JAPANESE": 3, "ROC": 4, "ISLAMIC": 6, "BUDDHIST": 7, "HEBREW": 8,
    "CHINESE": 15, "DANGI": 20,
}  # fmt: skip
_UNTIL_FORM = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)?(Z)?)?", re.ASCII)
_LONG = 9  # digits of a number that nobody means

Rule = Mapping[str, list[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecurrenceRule:
    """A recurrence in the terms of ActiveSync (MS-ASEMAIL 2.2.2.63).

    ``kind`` is the Type: 0 daily, 1 weekly, 2 monthly, 3 monthly on the n-th weekday, 5 yearly, 6
    yearly on the n-th weekday. ``until`` is in seconds UTC; at most one of ``until`` and
    ``occurrences`` is set. ``day_of_week`` is a sum of bits, 1 Sunday to 64 Saturday. 0 stands for
    "not said" in every other field; ``first_day_of_week`` is 0 Sunday to 6 Saturday or None.
    ``calendar_type`` is the number of MS-ASCAL 2.2.2.9 (0 default, 1 Gregorian).
    """

    kind: int
    interval: int = 1
    until: float | None = None
    occurrences: int = 0
    day_of_week: int = 0
    day_of_month: int = 0
    week_of_month: int = 0
    month_of_year: int = 0
    first_day_of_week: int | None = None
    calendar_type: int = 0
    is_leap_month: bool = False

    def to_json(self) -> dict[str, Any]:
        """Give the compact form that :meth:`from_json` reads."""
        said = (
            ("i", self.interval, 1),
            ("u", self.until, None),
            ("o", self.occurrences, 0),
            ("w", self.day_of_week, 0),
            ("d", self.day_of_month, 0),
            ("n", self.week_of_month, 0),
            ("m", self.month_of_year, 0),
            ("f", self.first_day_of_week, None),
            ("c", self.calendar_type, 0),
            ("l", int(self.is_leap_month), 0),
        )
        doc: dict[str, Any] = {"k": self.kind}
        doc |= {key: value for key, value, default in said if value != default}
        return doc

    @classmethod
    def from_json(cls, doc: Mapping[str, Any]) -> "RecurrenceRule":
        """Read the form of :meth:`to_json`."""
        get = doc.get
        return cls(
            kind=doc["k"],
            interval=get("i", 1),
            until=get("u"),
            occurrences=get("o", 0),
            day_of_week=get("w", 0),
            day_of_month=get("d", 0),
            week_of_month=get("n", 0),
            month_of_year=get("m", 0),
            first_day_of_week=get("f"),
            calendar_type=get("c", 0),
            is_leap_month=bool(get("l", 0)),
        )


def rule_parts(text: str) -> dict[str, list[object]]:
    """Read the value of an RRULE: upper-case names; numbers, dates, and words in upper case.

    What cannot be read is left out; lists end after ``MAX_LIST`` values. A leap month ("5L") gives
    the part LEAPMONTH besides.
    """
    found: dict[str, list[object]] = {}
    for part in text[:10_000].replace("\\", "").upper().split(";")[:30]:
        name, _, values = part.strip().partition("=")
        read = [_value(name, one.strip()) for one in values.split(",")[:MAX_LIST]]
        sound = [one for one in read if one is not None]
        if sound:
            found.setdefault(name, sound)
        if name == "BYMONTH" and values.strip().endswith("L"):
            found["LEAPMONTH"] = [1]
    return found


def _value(name: str, text: str) -> object:
    if name == "UNTIL":
        return _moment(text)
    if name not in _NUMBERS:
        return text or None
    digits = text.removeprefix("+").removesuffix("L")
    number = digits.removeprefix("-")
    if not (number.isascii() and number.isdigit()):
        return None
    return int(digits) if len(number) <= _LONG else 10**_LONG


def _moment(text: str) -> date | datetime | None:
    found = _UNTIL_FORM.match(text)
    if found is None:
        return None
    day = int(found[1]), int(found[2]), int(found[3])
    try:
        if found[4] is None:
            return date(*day)
        zone = UTC if found[7] else None
        hour, minute, second = int(found[4]), int(found[5]), min(int(found[6] or 0), 59)
        return datetime(*day, hour, minute, second, tzinfo=zone)
    except ValueError:
        return None


def to_activesync(rule: Rule, start: datetime) -> RecurrenceRule | None:
    """Say a rule in ActiveSync's terms, None where it cannot be said; ``start`` is aware.

    ``rule`` has upper-case part names and lists, as :func:`rule_parts` and icalendar's ``vRecur``
    give them. A rule in a calendar other than the Gregorian must name its days and months.
    """
    parts = {key.upper(): value for key, value in rule.items()}
    scale = str(_first(parts, "RSCALE", "")).upper().partition("-")[0]
    if _BEYOND & parts.keys() or scale not in _SCALES:
        return None
    if _SCALES[scale] > 1 and not {"BYMONTHDAY", "BYDAY"} & parts.keys():
        return None
    frequency = str(_first(parts, "FREQ", "")).upper()
    pattern = {"DAILY": _daily, "WEEKLY": _weekly, "MONTHLY": _monthly, "YEARLY": _yearly}
    if frequency not in pattern:
        return None
    fields = pattern[frequency](parts, start)
    if fields is None:
        return None
    count = max(_number(parts, "COUNT", 0), 0)
    until = _first(parts, "UNTIL", None)
    first_day = str(_first(parts, "WKST", "MO")).upper()
    return RecurrenceRule(
        **fields,
        interval=min(max(_number(parts, "INTERVAL", 1), 1), MAX_COUNT),
        occurrences=min(count, MAX_COUNT),
        until=None if count or not isinstance(until, date) else _until(until, start),
        first_day_of_week=(_DAYS.index(first_day) + 1) % 7
        if fields["kind"] == 1 and first_day in _DAYS
        else None,
        calendar_type=_SCALES[scale],
        is_leap_month=_SCALES[scale] > 1 and "LEAPMONTH" in parts,
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
    # Without a month, days are those of every month (or of the year): RFC 5545 3.3.10.
    everywhere = {"BYDAY", "BYMONTHDAY"} & parts.keys() and "BYMONTH" not in parts
    if len(months) != 1 or everywhere:
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
    return sum({_BITS.get(str(one).strip()[-2:].upper(), 0) for one in parts.get("BYDAY", [])})


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
        until = datetime(*day, start.hour, start.minute, start.second, tzinfo=start.tzinfo)
    elif until.tzinfo is None:
        until = until.replace(tzinfo=start.tzinfo)
    return until.timestamp()


def normalised(rule: RecurrenceRule, start: datetime) -> RecurrenceRule:
    """Give a rule with all that its kind needs and nothing else; ``start`` is its local start.

    A daily rule with days is a weekly one (MS-ASCAL R3892312). What is missing is taken from the
    start. A number of occurrences goes before an end (R53911); an interval of 0 is 1 (R5); an end
    is whole seconds.
    """
    weekly = rule.kind == 1 or (rule.kind == 0 and rule.day_of_week > 0)
    kind = 1 if weekly else rule.kind if rule.kind in _PATTERNS else 0
    counted = min(max(rule.occurrences, 0), MAX_COUNT)
    return replace(
        rule,
        kind=kind,
        interval=min(max(rule.interval, 1), MAX_COUNT),
        occurrences=counted,
        until=None if counted or rule.until is None else float(int(rule.until // 1)),
        day_of_week=(rule.day_of_week & 127 or _bit_of(start)) if kind in (1, 3, 6) else 0,
        day_of_month=(_within(rule.day_of_month, 31) or start.day) if kind in (2, 5) else 0,
        week_of_month=(_within(rule.week_of_month, 5) or week_of(start)) if kind in (3, 6) else 0,
        month_of_year=(_within(rule.month_of_year, 12) or start.month) if kind in (5, 6) else 0,
        first_day_of_week=_first_day(rule) if weekly else None,
        is_leap_month=rule.is_leap_month and rule.calendar_type > 1,
    )


def _first_day(rule: RecurrenceRule) -> int:
    """Give the first day of the week: Monday where none is said, as RFC 5545 has it."""
    first = rule.first_day_of_week
    return first if first is not None and 0 <= first <= 6 else 1


def _within(number: int, most: int) -> int:
    return number if 1 <= number <= most else 0


def week_of(start: date) -> int:
    """Give the week of its month that a date stands in as WeekOfMonth counts: 5 is the last."""
    return (start.day - 1) // 7 + 1


def from_activesync(rule: RecurrenceRule, start: datetime, *, all_day: bool = False) -> str:
    """Write a rule as the value of an RRULE; ``start`` is the aware local start of the series.

    The calendar of ``calendar_type`` is not written: readers that do not know RSCALE would show
    nothing at all (see ``X-CARBONIO-MOBILE-CALENDAR-TYPE``).
    """
    rule = normalised(rule, start)
    said = _PATTERNS[rule.kind](rule)
    if rule.interval > 1:
        said.insert(1, f"INTERVAL={rule.interval}")
    if rule.occurrences:
        said.append(f"COUNT={rule.occurrences}")
    elif rule.until is not None:
        until = _utc(rule.until)
        said.append(f"UNTIL={until:%Y%m%d}" if all_day else f"UNTIL={until:%Y%m%dT%H%M%SZ}")
    if rule.first_day_of_week is not None and rule.first_day_of_week != 1:
        said.append(f"WKST={_WEEK[rule.first_day_of_week]}")
    return ";".join(said)


_WEEK = ("SU", "MO", "TU", "WE", "TH", "FR", "SA")
_EARLIEST, _LATEST = -30_610_224_000.0, 253_402_300_799.0  # the years 1000 to 9999


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(min(max(seconds, _EARLIEST), _LATEST), UTC)


def _days(bits: int) -> list[str]:
    return [name for at, name in enumerate(_WEEK) if bits & 1 << at]


def _nth(rule: RecurrenceRule) -> list[str]:
    """Say the n-th of some weekdays within a month."""
    week = -1 if rule.week_of_month == 5 else rule.week_of_month
    days = _days(rule.day_of_week)
    if len(days) == 1:
        return [f"BYDAY={week}{days[0]}"]
    if len(days) == 7 and week == -1:
        return ["BYMONTHDAY=-1"]
    return [f"BYDAY={','.join(days)}", f"BYSETPOS={week}"]


_PATTERNS: Mapping[int, Callable[[RecurrenceRule], list[str]]] = {
    0: lambda _: ["FREQ=DAILY"],
    1: lambda rule: ["FREQ=WEEKLY", f"BYDAY={','.join(_days(rule.day_of_week))}"],
    2: lambda rule: ["FREQ=MONTHLY", f"BYMONTHDAY={rule.day_of_month}"],
    3: lambda rule: ["FREQ=MONTHLY", *_nth(rule)],
    5: lambda rule: [
        "FREQ=YEARLY", f"BYMONTH={rule.month_of_year}", f"BYMONTHDAY={rule.day_of_month}"
    ],
    6: lambda rule: ["FREQ=YEARLY", f"BYMONTH={rule.month_of_year}", *_nth(rule)],
}  # fmt: skip
