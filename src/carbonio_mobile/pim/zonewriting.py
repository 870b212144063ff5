"""Time zones as a calendar brings them along.

Spec: RFC 5545 3.6.5; MS-OXCICAL 2.1.3.1.1.19.
"""

from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from icalendar import Timezone

from carbonio_mobile.pim.components import Component, line, parse, text_line
from carbonio_mobile.pim.contentlines import ContentLine
from carbonio_mobile.pim.timezones import RuleZone, Switch, ZoneRule, rule_at

_WEEKDAYS = ("SU", "MO", "TU", "WE", "TH", "FR", "SA")
_LATE = datetime(2035, 7, 1, tzinfo=UTC)


def zone_component(tzid: str, zone: tzinfo, at: datetime) -> Component:
    """Give the VTIMEZONE of a zone for an event that begins at a moment.

    A zone that keeps one pair of yearly rules from then on is written as these; another (one that
    follows the moon) with each of its changes.
    """
    if isinstance(zone, RuleZone):
        return _of_rule(tzid, zone.rule)
    rule = rule_at(zone, at)
    if isinstance(zone, ZoneInfo) and zone.key and rule != rule_at(zone, _LATE):
        return _of_changes(zone.key, tzid)
    return _of_rule(tzid, rule)


def _of_rule(tzid: str, rule: ZoneRule) -> Component:
    standard, daylight = rule.bias_min + rule.standard_bias_min, rule.bias_min
    if rule.to_standard is None or rule.to_daylight is None:
        observances = [_observance("STANDARD", rule.standard_name, standard, standard, None)]
    else:
        daylight += rule.daylight_bias_min
        observances = [
            _observance("STANDARD", rule.standard_name, daylight, standard, rule.to_standard),
            _observance("DAYLIGHT", rule.daylight_name, standard, daylight, rule.to_daylight),
        ]
    return Component("VTIMEZONE", [text_line("TZID", tzid), *observances])


def _observance(
    name: str, title: str, before_min: int, after_min: int, switch: Switch | None
) -> Component:
    lines: list[ContentLine | Component] = []
    if switch is None:
        lines.append(line("DTSTART", "19700101T000000"))
    else:
        week = -1 if switch.week == 5 else switch.week
        lines += [
            line("DTSTART", switch.moment(1970).strftime("%Y%m%dT%H%M%S")),
            line(
                "RRULE",
                f"FREQ=YEARLY;BYMONTH={switch.month};BYDAY={week}{_WEEKDAYS[switch.weekday]}",
            ),
        ]
    lines += [line("TZOFFSETFROM", _offset(before_min)), line("TZOFFSETTO", _offset(after_min))]
    if title:
        lines.append(text_line("TZNAME", title))
    return Component(name, lines)


def _offset(bias_min: int) -> str:
    hours, minutes = divmod(abs(bias_min), 60)
    return f"{'-' if bias_min > 0 else '+'}{hours:02d}{minutes:02d}"


def _of_changes(key: str, tzid: str) -> Component:
    zone = next(iter(parse(_changes(key)).walk("VTIMEZONE"))).copy()
    zone.put(("TZID",), [text_line("TZID", tzid)])
    return zone


@lru_cache(maxsize=64)
def _changes(key: str) -> bytes:
    return bytes(Timezone.from_tzid(key).to_ical())
