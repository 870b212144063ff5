"""The name of a zone for its rules: what a device's time zone is called in a calendar.

Spec: MS-ASDTYPE 2.7.6 (names in a time zone are for people and often empty, so that rules count).
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from carbonio_mobile.pim.timezones import UTC_BLOB, ZoneRule, rule_at, zone_named

MODERN_YEAR = 2026
"""Devices send the rules of today for events of any year; those are of this year."""

_Shape = tuple[int, int, datetime | None, datetime | None]

_COMMON = (
    "UTC", "Europe/London", "Europe/Berlin", "Europe/Rome", "Europe/Helsinki", "Europe/Moscow",
    "America/New_York", "America/Chicago", "America/Denver", "America/Phoenix",
    "America/Los_Angeles", "America/Sao_Paulo", "America/Argentina/Buenos_Aires", "Asia/Dubai",
    "Asia/Karachi", "Asia/Kolkata", "Asia/Bangkok", "Asia/Shanghai", "Asia/Tokyo",
    "Australia/Brisbane", "Australia/Sydney", "Pacific/Auckland",
)  # fmt: skip
"""Where several zones have the same rules, the first of these is taken."""


def name_of_rule(rule: ZoneRule, at: datetime, preferred: str = "") -> str:
    """Find an IANA name whose rules are these in the year of ``at``; empty where there is none.

    ``preferred`` is taken where it fits, such as the zone that an event has had so far; else the
    zone that the rule's own names name, else a common one that has these rules in ``MODERN_YEAR``
    too, for a series goes on; else one of that year. Rules that fit no zone in that year are looked
    for in ``MODERN_YEAR``.
    """
    then = min(max(at.year, 1971), 2036)
    for years in ((then,), (MODERN_YEAR,)):
        shapes = _shapes(rule, years)
        for name in _named(rule, preferred):
            if _shapes_of(name, years) == shapes:
                return name
        for wanted in dict.fromkeys(((*years, MODERN_YEAR), years)):
            found = _by_shapes(wanted).get(_shapes(rule, wanted))
            if found:
                return found
    return ""


def name_of_blob(blob: str, at: datetime, preferred: str = "") -> str:
    """Find the name for a TimeZone element as :func:`name_of_rule`. Raises: ValueError."""
    if blob == UTC_BLOB and preferred in ("", "UTC"):
        return "UTC"
    return name_of_rule(ZoneRule.from_blob(blob), at, preferred)


def _named(rule: ZoneRule, preferred: str) -> Iterator[str]:
    """Give the names that a rule may go by."""
    for said in (preferred, rule.standard_name):
        for name in (said, WINDOWS_TO_OLSON.get(said, "")):
            if "/" in name or name == "UTC":
                yield name


def _shape(rule: ZoneRule, year: int) -> _Shape:
    """Give what counts of a rule: offsets, and the moments of its changes in one year."""
    standard, daylight = rule.to_standard, rule.to_daylight
    bias = rule.bias_min + rule.standard_bias_min
    if standard is None or daylight is None:
        return bias, bias, None, None
    return (
        bias, rule.bias_min + rule.daylight_bias_min, standard.moment(year), daylight.moment(year)
    )  # fmt: skip


@lru_cache(maxsize=16_384)
def _shape_of(name: str, year: int) -> _Shape | None:
    zone = zone_named(name)
    if zone is None or not (zone is UTC or isinstance(zone, ZoneInfo)):
        return None
    return _shape(rule_at(zone, datetime(year, 7, 1, tzinfo=UTC)), year)


def _shapes(rule: ZoneRule, years: tuple[int, ...]) -> tuple[_Shape, ...]:
    return tuple(_shape(rule, year) for year in years)


def _shapes_of(name: str, years: tuple[int, ...]) -> tuple[_Shape | None, ...]:
    return tuple(_shape_of(name, year) for year in years)


@lru_cache(maxsize=256)
def _by_shapes(years: tuple[int, ...]) -> Mapping[tuple[_Shape | None, ...], str]:
    """Give a zone for each row of shapes that the zones of the world have in some years."""
    found: dict[tuple[_Shape | None, ...], str] = {}
    for name in (*_COMMON, *dict.fromkeys(WINDOWS_TO_OLSON.values())):
        found.setdefault(_shapes_of(name, years), name)
    return found
