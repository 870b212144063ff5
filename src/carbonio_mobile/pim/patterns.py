"""The starts of a series, in local time without a zone, by the rules that ActiveSync can say.

They begin anywhere at the cost of a step: nothing is counted up from the start of an endless
series. The first start belongs to a series even where its rule misses it (RFC 5545 3.8.5.3).

Spec: RFC 5545 3.3.10; MS-ASCAL 2.2.2.37.1.
"""

from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping
from datetime import MAXYEAR, datetime, timedelta

from carbonio_mobile.pim.recurrence import RecurrenceRule, normalised

MAX_EMPTY_STEPS = 2_000
"""How many periods without an occurrence end a series, such as every 31 April."""


def starts(
    rule: RecurrenceRule, first: datetime, after: datetime | None = None
) -> Iterator[datetime]:
    """Give the starts of a series in order, from about ``after`` on (a little before it).

    ``first`` is its own start; all are local and without a zone. The end of ``rule.until`` is for
    the caller to see, who knows the zone. A counted series is walked from its first start.
    """
    rule = normalised(rule, first)
    skip = first if after is None or rule.occurrences else max(after, first)
    if skip == first:
        yield first
    found = (one for one in _from(rule, first, skip) if one >= first)
    for number, one in enumerate(found, 1):
        if one != first:
            yield one
        if number == rule.occurrences:
            return


def _from(rule: RecurrenceRule, first: datetime, skip: datetime) -> Iterator[datetime]:
    period, distance = _PERIODS[rule.kind]
    at = max(distance(rule, first, skip) // rule.interval - 1, 0)
    empty = 0
    while empty < MAX_EMPTY_STEPS:
        try:
            found = period(rule, first, at * rule.interval)
        except OverflowError:
            return
        empty = 0 if found else empty + 1
        yield from found
        at += 1


def _day(_rule: RecurrenceRule, first: datetime, distance: int) -> list[datetime]:
    return [first + timedelta(days=distance)]


def _days_between(_rule: RecurrenceRule, first: datetime, then: datetime) -> int:
    return (then - first).days


def _week(rule: RecurrenceRule, first: datetime, distance: int) -> list[datetime]:
    """Give the starts of one week, ``distance`` weeks after that of the first start."""
    begin = rule.first_day_of_week or 0
    sunday_based = first.isoweekday() % 7
    monday = first.toordinal() - (sunday_based - begin) % 7 + 7 * distance
    wanted = (n for n in range(7) if rule.day_of_week & 1 << (begin + n) % 7)
    return [_on(monday + n, first) for n in wanted if monday + n > 0]


def _weeks_between(_rule: RecurrenceRule, first: datetime, then: datetime) -> int:
    return (then - first).days // 7


def _on(ordinal: int, first: datetime) -> datetime:
    return first + timedelta(days=ordinal - first.toordinal())


def _month(rule: RecurrenceRule, first: datetime, distance: int) -> list[datetime]:
    """Give the start in one month, ``distance`` months after that of the first start."""
    year, month = divmod(first.year * 12 + first.month - 1 + distance, 12)
    return _in_month(rule, first, year, month + 1)


def _months_between(_rule: RecurrenceRule, first: datetime, then: datetime) -> int:
    return (then.year - first.year) * 12 + then.month - first.month


def _year(rule: RecurrenceRule, first: datetime, distance: int) -> list[datetime]:
    return _in_month(rule, first, first.year + distance, rule.month_of_year)


def _years_between(_rule: RecurrenceRule, first: datetime, then: datetime) -> int:
    return then.year - first.year


def _in_month(rule: RecurrenceRule, first: datetime, year: int, month: int) -> list[datetime]:
    if year > MAXYEAR:
        raise OverflowError
    first_weekday, days = monthrange(year, month)
    day = rule.day_of_month
    if not day:
        day = _nth_day(rule, (first_weekday + 1) % 7, days)
    return [first.replace(year=year, month=month, day=day)] if day <= days else []


def _nth_day(rule: RecurrenceRule, first_weekday: int, days: int) -> int:
    """Give the day of a month that is the n-th of some weekdays; past its end for none."""
    wanted = [n for n in range(1, days + 1) if rule.day_of_week & 1 << (first_weekday + n - 1) % 7]
    if rule.week_of_month == 5:
        return wanted[-1]
    return wanted[rule.week_of_month - 1]


Between = Callable[[RecurrenceRule, datetime, datetime], int]
Starts = Callable[[RecurrenceRule, datetime, int], list[datetime]]

_PERIODS: Mapping[int, tuple[Starts, Between]] = {
    0: (_day, _days_between),
    1: (_week, _weeks_between),
    2: (_month, _months_between),
    3: (_month, _months_between),
    5: (_year, _years_between),
    6: (_year, _years_between),
}
