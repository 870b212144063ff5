"""The starts that any rule of iCalendar gives, within bounds of work and count.

It is for the rules that ActiveSync cannot say. A rule costs a step for each day or hour looked at,
whether it gives a start or not, and for each start where a day or hour has several; when the steps
are used up, the rest is not given.

Spec: RFC 5545 3.3.10.
"""

import re
from calendar import isleap, monthrange
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, date, datetime, timedelta
from functools import lru_cache
from itertools import islice

MAX_STEPS = 10_000

_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_DAY = re.compile(r"([+-]?\d{1,3})?(MO|TU|WE|TH|FR|SA|SU)\Z", re.ASCII)
_SECONDS = {"HOURLY": 3600, "MINUTELY": 60, "SECONDLY": 1}
_ONE_DAY = timedelta(days=1)


def expand(
    parts: Mapping[str, Sequence[object]], first: datetime, after: datetime | None = None
) -> Iterator[datetime]:
    """Give the starts of a rule in order, local and without a zone, from ``first`` on.

    ``parts`` as ``recurrence.rule_parts`` gives them; their COUNT counts, their UNTIL is for the
    caller. Starts before ``after`` may be left out where nothing counts them.
    """
    rule = _rule(parts, first)
    if rule is None:
        return
    count = rule.count or None
    skip = after if after is not None and after > first and count is None else first
    sets = _short_sets(rule, first, skip) if rule.freq in _SECONDS else _day_sets(rule, first, skip)
    yield from islice((one for found in sets for one in found if one >= first), count)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """A rule of numbers; what a rule leaves out and its start says is filled in."""

    freq: str
    interval: int
    count: int
    week_start: int
    months: frozenset[int]
    month_days: frozenset[int]
    year_days: frozenset[int]
    weeks: frozenset[int]
    weekdays: frozenset[int]
    nth: frozenset[tuple[int, int]]
    hours: tuple[int, ...]
    minutes: tuple[int, ...]
    seconds: tuple[int, ...]
    positions: tuple[int, ...]


def _rule(parts: Mapping[str, Sequence[object]], first: datetime) -> _Rule | None:
    freq = str(parts.get("FREQ", [""])[0])
    if freq not in ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", *_SECONDS):
        return None
    days = [found for one in parts.get("BYDAY", ()) if (found := _DAY.match(str(one)))]
    relative = freq in ("YEARLY", "MONTHLY")
    months, month_days = _numbers(parts, "BYMONTH"), _numbers(parts, "BYMONTHDAY")
    plain = [one for one in days if not (relative and one[1])]
    weekdays = [_WEEKDAYS.index(one[2]) for one in plain]
    if not (days or month_days or _numbers(parts, "BYYEARDAY") or _numbers(parts, "BYWEEKNO")):
        if freq == "YEARLY":
            months = months or [first.month]
        if relative:
            month_days = [first.day]
        if freq == "WEEKLY":
            weekdays = [first.weekday()]
    week_start = str(parts.get("WKST", ["MO"])[0])
    return _Rule(
        freq=freq,
        interval=max(_number(parts, "INTERVAL"), 1),
        count=max(_number(parts, "COUNT"), 0),
        week_start=_WEEKDAYS.index(week_start) if week_start in _WEEKDAYS else 0,
        months=frozenset(months),
        month_days=frozenset(month_days),
        year_days=frozenset(_numbers(parts, "BYYEARDAY")),
        weeks=frozenset(_numbers(parts, "BYWEEKNO")),
        weekdays=frozenset(weekdays),
        nth=frozenset((int(one[1]), _WEEKDAYS.index(one[2])) for one in days if one not in plain),
        hours=_clock(parts, "BYHOUR", first.hour, 24, free=freq in _SECONDS),
        minutes=_clock(parts, "BYMINUTE", first.minute, 60, free=freq in ("MINUTELY", "SECONDLY")),
        seconds=_clock(parts, "BYSECOND", first.second, 60, free=freq == "SECONDLY"),
        positions=tuple(_numbers(parts, "BYSETPOS")),
    )


def _numbers(parts: Mapping[str, Sequence[object]], name: str) -> list[int]:
    return [one for one in parts.get(name, ()) if isinstance(one, int)]


def _number(parts: Mapping[str, Sequence[object]], name: str) -> int:
    return next(iter(_numbers(parts, name)), 0)


def _clock(
    parts: Mapping[str, Sequence[object]], name: str, of_first: int, most: int, *, free: bool
) -> tuple[int, ...]:
    """Give the hours (minutes, seconds) of a day; none stands for any."""
    said = sorted({one for one in _numbers(parts, name) if 0 <= one < most})
    return tuple(said) if said or free else (of_first,)


def _day_sets(rule: _Rule, first: datetime, skip: datetime) -> Iterator[list[datetime]]:
    """Give the starts of each year, month, week or day of the rule."""
    left = MAX_STEPS
    for begin, days in _spans(rule, first.date(), skip.date()):
        span = (begin + n * _ONE_DAY for n in range(days) if begin.toordinal() + n <= _LAST)
        wanted = (one for one in span if _is_wanted(rule, one))
        times = (one for day in wanted for one in _times(rule, day))
        found, is_whole = _within(times, left)
        if is_whole or not rule.positions:  # without its end nobody knows its last one
            yield _placed(rule, found)
        left -= max(days, len(found))
        if left < 0 or not is_whole:
            return


def _within(times: Iterator[datetime], left: int) -> tuple[list[datetime], bool]:
    """Give the starts of a set as far as the steps go, and whether these are all."""
    found = list(islice(times, max(left, 0) + 1))
    return found, len(found) <= left


_LAST = date.max.toordinal()


def _spans(rule: _Rule, first: date, skip: date) -> Iterator[tuple[date, int]]:
    """Give the stretches that a rule looks at: the first day and the number of days."""
    if rule.freq in ("YEARLY", "MONTHLY"):
        months = rule.interval * (12 if rule.freq == "YEARLY" else 1)
        base = first.year * 12 + (0 if rule.freq == "YEARLY" else first.month - 1)
        passed = max(skip.year * 12 + skip.month - 1 - base, 0)
        at = base + max(passed // months - 1, 0) * months
        while at // 12 <= MAXYEAR:
            year, month = divmod(at, 12)
            days = 365 + isleap(year) if rule.freq == "YEARLY" else monthrange(year, month + 1)[1]
            yield date(year, month + 1, 1), days
            at += months
        return
    length = 7 if rule.freq == "WEEKLY" else 1
    back = (first.weekday() - rule.week_start) % 7 if length == 7 else 0
    stride = length * rule.interval
    day = first.toordinal() - back
    day += max((skip.toordinal() - day) // stride - 1, 0) * stride
    while day <= _LAST:
        if day >= 1:
            yield date.fromordinal(day), length
        day += stride


def _is_wanted(rule: _Rule, day: date) -> bool:
    """Tell whether a rule takes a day (the limits and expansions of RFC 5545 3.3.10)."""
    if rule.months and day.month not in rule.months:
        return False
    if (rule.weekdays or rule.nth) and not _is_weekday(rule, day):
        return False
    if rule.month_days:
        days = monthrange(day.year, day.month)[1]
        if not {day.day, day.day - days - 1} & rule.month_days:
            return False
    if rule.year_days:
        number, days = day.timetuple().tm_yday, 365 + isleap(day.year)
        if not {number, number - days - 1} & rule.year_days:
            return False
    return not rule.weeks or _is_in_weeks(rule, day)


def _is_weekday(rule: _Rule, day: date) -> bool:
    weekday = day.weekday()
    if weekday in rule.weekdays:
        return True
    if not rule.nth:
        return False
    if rule.freq == "YEARLY" and not rule.months:
        at, days = day.timetuple().tm_yday, 365 + isleap(day.year)
    else:
        at, days = day.day, monthrange(day.year, day.month)[1]
    return bool({((at - 1) // 7 + 1, weekday), (-((days - at) // 7 + 1), weekday)} & rule.nth)


def _is_in_weeks(rule: _Rule, day: date) -> bool:
    """Tell whether a day is in a week by number; at the turn of the year it is the other year's."""
    at = day.toordinal()
    year = day.year + (at >= _first_week(day.year + 1, rule.week_start))
    year -= at < _first_week(year, rule.week_start)
    begin = _first_week(year, rule.week_start)
    number = (at - begin) // 7 + 1
    weeks = (_first_week(year + 1, rule.week_start) - begin) // 7
    return bool({number, number - weeks - 1} & rule.weeks)


@lru_cache(maxsize=1024)
def _first_week(year: int, week_start: int) -> int:
    """Give the day on which the first week begins: it has four days in its year."""
    fourth = date(min(max(year, 1), MAXYEAR), 1, 4)
    return fourth.toordinal() - (fourth.weekday() - week_start) % 7 + 366 * (year > MAXYEAR)


def _times(rule: _Rule, day: date) -> Iterator[datetime]:
    for hour in rule.hours:
        for minute in rule.minutes:
            for second in rule.seconds:
                yield datetime(day.year, day.month, day.day, hour, minute, second)  # noqa: DTZ001


def _placed(rule: _Rule, found: list[datetime]) -> list[datetime]:
    """Give those of a set that BYSETPOS names."""
    if not rule.positions or not found:
        return found
    count = len(found)
    places = {n - 1 if n > 0 else count + n for n in rule.positions if n}
    return [one for at, one in enumerate(found) if at in places]


def _short_sets(rule: _Rule, first: datetime, skip: datetime) -> Iterator[list[datetime]]:
    """Give the starts of each hour, minute or second of the rule."""
    stride = _SECONDS[rule.freq] * rule.interval
    base = first if rule.freq == "SECONDLY" else first.replace(second=0)
    base = base.replace(minute=0) if rule.freq == "HOURLY" else base
    at = max(int((skip - base).total_seconds()) // stride - 1, 0)
    steps = MAX_STEPS
    while steps > 0:
        steps -= 1
        try:
            now = base + timedelta(seconds=at * stride)
        except OverflowError:
            return
        if not _is_wanted(rule, now.date()):
            # On to the first step of the next day.
            left = 86_400 - (now.hour * 3600 + now.minute * 60 + now.second)
            at += max(-(-left // stride), 1)
            continue
        at += 1
        if _is_on_clock(rule, now):
            minutes = rule.minutes if rule.freq == "HOURLY" else (now.minute,)
            seconds = (now.second,) if rule.freq == "SECONDLY" else rule.seconds
            steps -= len(minutes) * len(seconds) - 1
            yield _placed(rule, [now.replace(minute=m, second=s) for m in minutes for s in seconds])


def _is_on_clock(rule: _Rule, now: datetime) -> bool:
    if rule.hours and now.hour not in rule.hours:
        return False
    if rule.freq != "HOURLY" and rule.minutes and now.minute not in rule.minutes:
        return False
    return rule.freq != "SECONDLY" or not rule.seconds or now.second in rule.seconds
