"""The time zones that a calendar brings along, as the yearly rules that ActiveSync can say.

They are read here and taken out of the calendar before icalendar sees it: it hands them to a
general expander of recurrences, for which Outlook's start in 1601 costs 25 ms and a rule of every
second has no end.

Spec: RFC 5545 3.6.5 (VTIMEZONE).
"""

import re
from datetime import date

from carbonio_mobile.mime.timezones import Switch, ZoneRule

MAX_ZONES = 50

Properties = dict[str, str]

_PROPERTY = re.compile(r"([A-Za-z-]+)(?:;[^:]*)?:(.*)")
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")
_START = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)")
_DAY = re.compile(r"([+-]?\d{1,2})?(SU|MO|TU|WE|TH|FR|SA)\Z", re.IGNORECASE)
_FOLD = re.compile(r"\n[ \t]")
_WEEKDAYS = ("SU", "MO", "TU", "WE", "TH", "FR", "SA")


def take_zones(text: str) -> tuple[dict[str, ZoneRule], str]:
    """Read the zones of a calendar (LF line ends): rules by TZID, and the calendar without them."""
    rules: dict[str, ZoneRule] = {}
    kept: list[str] = []
    zone: list[str] | None = None
    for line in text.split("\n"):
        mark = line.strip().upper()
        if mark == "BEGIN:VTIMEZONE":
            zone = []
        elif mark == "END:VTIMEZONE" and zone is not None:
            if len(rules) < MAX_ZONES:
                _add_rule(rules, zone)
            zone = None
        else:
            (kept if zone is None else zone).append(line)
    return rules, "\n".join(kept)


def _add_rule(rules: dict[str, ZoneRule], lines: list[str]) -> None:
    own, observances = _components(_FOLD.sub("", "\n".join(lines)).split("\n"))
    rule = _rule(observances)
    if "TZID" in own and rule is not None:
        rules.setdefault(own["TZID"].strip('"'), rule)


def _components(lines: list[str]) -> tuple[Properties, list[tuple[str, Properties]]]:
    """Sort the lines of a zone into its own properties and those of its observances."""
    own: Properties = {}
    observances: list[tuple[str, Properties]] = []
    here = own
    for line in lines:
        found = _PROPERTY.match(line)
        if found is None:
            continue
        name, value = found[1].upper(), found[2].strip()
        if name == "BEGIN":
            here = {}
            observances.append((value.upper(), here))
        elif name == "END":
            here = own
        else:
            here[name] = value
    return own, observances


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
    by_month = rule.get("BYMONTH", "")
    month = int(by_month) if by_month.isascii() and by_month.isdigit() else month
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
    return (int(first) - 1) // 7 + 1 if first.isdigit() and 1 <= int(first) <= 31 else of_start
