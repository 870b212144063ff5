"""The time zones that a calendar brings along, as the yearly rules that ActiveSync can say.

Only the newest pair of rules is read, and never expanded: Outlook lets a zone start in 1601, and
somebody may let one change every second.

Spec: RFC 5545 3.6.5 (VTIMEZONE).
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, tzinfo
from zoneinfo import ZoneInfo

from carbonio_mobile.pim.components import Component
from carbonio_mobile.pim.contentlines import ContentLine, unescape
from carbonio_mobile.pim.timezones import RuleZone, Switch, ZoneRule, zone_named
from carbonio_mobile.pim.zonefinding import name_of_rule

MAX_ZONES = 50
MAX_OBSERVANCES = 500

Properties = dict[str, str]
_UTC_RULE = ZoneRule(bias_min=0)

_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")
_START = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)")
_DAY = re.compile(r"([+-]?\d{1,2})?(SU|MO|TU|WE|TH|FR|SA)\Z", re.IGNORECASE)
_WEEKDAYS = ("SU", "MO", "TU", "WE", "TH", "FR", "SA")


class CalendarZones:
    """The zones of one calendar: those it defines, and ``floating`` for times that name none.

    A zone that no list knows is named by the rules that the calendar brings along, so that it is
    that of the world which follows them in the year of ``year_of``; else they hold in every year.
    A name that nobody defines stands for the first zone that the calendar does (Microsoft 365 sends
    a "Customized Time Zone" that way).
    """

    def __init__(
        self, floating: tzinfo, rules: Mapping[str, ZoneRule], year_of: datetime | None = None
    ) -> None:
        self.floating = floating
        self._rules = rules
        self._year_of = year_of or datetime(2026, 1, 1, tzinfo=UTC)
        self._other = next((one for one in rules.values() if one != _UTC_RULE), None)
        self._known: dict[str, tzinfo] = {}

    def named(self, tzid: str) -> tzinfo:
        """Give the zone of a TZID; the floating one where none is known at all."""
        known = self._known.get(tzid)
        if known is None:
            known = self._known[tzid] = self._find(tzid)
        return known

    def _find(self, tzid: str) -> tzinfo:
        known = zone_named(tzid) if tzid else self.floating
        if known is not None:
            return known
        rule = self._rules.get(unescape(tzid).strip().strip('"')) or self._other
        if rule is None:
            return self.floating
        return zone_named(name_of_rule(rule, self._year_of)) or RuleZone(rule)


def name_of(zone: tzinfo) -> str:
    """Give the IANA name of a zone, empty where it is but rules."""
    if zone is UTC:
        return "UTC"
    return (zone.key or "") if isinstance(zone, ZoneInfo) else ""


def rules_of(zones: Iterable[Component]) -> dict[str, ZoneRule]:
    """Read VTIMEZONE components: rules by TZID, the first of a name."""
    rules: dict[str, ZoneRule] = {}
    for each in zones:
        tzid = each.first("TZID")
        rule = _rule([(one.name, _properties(one)) for one in each.components()[:MAX_OBSERVANCES]])
        if tzid is not None and rule is not None and len(rules) < MAX_ZONES:
            rules.setdefault(unescape(tzid.value).strip().strip('"'), rule)
    return rules


def _properties(observance: Component) -> Properties:
    lines = (one for one in observance.content if isinstance(one, ContentLine))
    return {one.name: unescape(one.value).strip() for one in lines}


def _rule(observances: list[tuple[str, Properties]]) -> ZoneRule | None:
    standard, daylight = _newest(observances, "STANDARD"), _newest(observances, "DAYLIGHT")
    if standard is None:
        standard, daylight = daylight, None
    offset = _offset(standard, "TZOFFSETTO") if standard else None
    if standard is None or offset is None:
        return None
    name = standard.get("TZNAME", "")[:31]
    summer = _offset(daylight, "TZOFFSETTO") if daylight else None
    to_standard, to_daylight = _switch(standard), _switch(daylight or {})
    if summer is None or summer == offset or not to_standard or not to_daylight:
        return ZoneRule(bias_min=-offset, standard_name=name)
    return ZoneRule(
        bias_min=-offset,
        standard_name=name,
        to_standard=to_standard,
        daylight_name=(daylight or {}).get("TZNAME", "")[:31],
        daylight_bias_min=offset - summer,
        to_daylight=to_daylight,
    )


def _newest(observances: list[tuple[str, Properties]], kind: str) -> Properties | None:
    """Give the newest observance of a kind; one that still recurs comes first."""
    found = [properties for name, properties in observances if name == kind]
    found.sort(key=lambda one: (_recurs_for_ever(one), one.get("DTSTART", "")))
    return found[-1] if found else None


def _recurs_for_ever(properties: Properties) -> bool:
    return "RRULE" in properties and "UNTIL" not in properties["RRULE"].upper()


def _offset(properties: Properties, name: str) -> int | None:
    found = _OFFSET.match(properties.get(name, ""))
    if found is None or int(found[2]) > 23 or int(found[3]) > 59:
        return None
    return (int(found[2]) * 60 + int(found[3])) * (-1 if found[1] == "-" else 1)


def _switch(properties: Properties) -> Switch | None:
    """Say when an observance begins each year; None where it does not recur."""
    start = _START.match(properties.get("DTSTART", ""))
    if start is None or "RRULE" not in properties:
        return None
    year, month, day, hour, minute = (int(one) for one in start.groups())
    rule = dict(one.split("=", 1) for one in properties["RRULE"].upper().split(";") if "=" in one)
    month = _small(rule.get("BYMONTH", "")) or month
    try:
        weekday = date(year, month, day).isoweekday() % 7
    except ValueError:
        return None
    if hour > 23 or minute > 59:
        return None
    week = min((day - 1) // 7 + 1, 5)
    by_day = _DAY.match(rule.get("BYDAY", ""))
    if by_day:
        weekday = _WEEKDAYS.index(by_day[2])
        week = _week(int(by_day[1] or 0), rule, week)
    return Switch(month=month, week=week, weekday=weekday, hour=hour, minute=minute)


def _week(relative: int, rule: Properties, of_start: int) -> int:
    if relative < 0:
        return 5
    if relative:
        return min(relative, 5)
    first = rule.get("BYMONTHDAY", "").partition(",")[0]
    number = _small(first)
    return (number - 1) // 7 + 1 if 1 <= number <= 31 else of_start


def _small(text: str) -> int:
    """Read a number of one or two digits; 0 for anything else."""
    return int(text) if len(text) <= 2 and text.isascii() and text.isdigit() else 0
