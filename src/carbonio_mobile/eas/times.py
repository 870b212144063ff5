"""The two forms in which points in time travel, to and from seconds since 1970, UTC.

Spec: MS-ASDTYPE 2.3 (dateTime), 2.7.2 (Compact DateTime).
"""

import re
from calendar import timegm
from functools import lru_cache
from time import gmtime

EARLIEST_S = -62_135_596_800.0
"""0001-01-01T00:00:00Z: nothing earlier can be written."""
LATEST_S = 253_402_300_799.999
"""9999-12-31T23:59:59.999Z: nothing later can be written."""

_DAY_S = 86_400
_SECONDS = [f"{n:02d}" for n in range(60)]

_DASHED = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?\s*"
    r"(?:[Zz]|([+-])(\d\d):?(\d\d))?",
    re.ASCII,
)
_COMPACT = re.compile(
    r"(\d{4})(\d\d)(\d\d)(?:[Tt](\d\d)(\d\d)(\d\d)?(?:[.,](\d{1,9}))?)?\s*"
    r"(?:[Zz]|([+-])(\d\d):?(\d\d))?",
    re.ASCII,
)
_MONTH_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_LONGEST = 64


@lru_cache(maxsize=4096)
def _dashed_day(day: int) -> str:
    year, month, day_of_month = gmtime(day * _DAY_S)[:3]
    return f"{year:04d}-{month:02d}-{day_of_month:02d}T"


@lru_cache(maxsize=1024)
def _compact_day(day: int) -> str:
    year, month, day_of_month = gmtime(day * _DAY_S)[:3]
    return f"{year:04d}{month:02d}{day_of_month:02d}T"


def _split(seconds: float) -> tuple[int, int, int, int, int]:
    """Give day since 1970, hour, minute, second, millisecond, clamped to what can be written."""
    if not EARLIEST_S <= seconds <= LATEST_S:
        seconds = LATEST_S if seconds > LATEST_S else EARLIEST_S
    whole, milliseconds = divmod(round(seconds * 1000), 1000)
    day, rest = divmod(whole, _DAY_S)
    hour, rest = divmod(rest, 3600)
    minute, second = divmod(rest, 60)
    return day, hour, minute, second, milliseconds


def format_datetime(seconds: float) -> str:
    """Write a time as ``2014-01-31T17:05:00.000Z`` (MS-ASDTYPE R15).

    A time outside the years 1 to 9999 becomes the nearest that can be written; NaN the earliest.
    """
    day, hour, minute, second, milliseconds = _split(seconds)
    two = _SECONDS
    return f"{_dashed_day(day)}{two[hour]}:{two[minute]}:{two[second]}.{milliseconds:03d}Z"


def format_compact(seconds: float) -> str:
    """Write a time as ``20140131T170500Z`` (MS-ASDTYPE R12213), cut to the second and clamped."""
    day, hour, minute, second, _ = _split(seconds)
    two = _SECONDS
    return f"{_compact_day(day)}{two[hour]}{two[minute]}{two[second]}Z"


def parse_datetime(text: str) -> float:
    """Read either form, with or without milliseconds (MS-ASDTYPE R10000), time, or zone.

    Clients mix the two forms, write offsets or leave the Z out: all of that is UTC unless an offset
    says otherwise. Raises: ValueError for anything that is no time.
    """
    if len(text) <= _LONGEST:
        stripped = text.strip()
        match = _DASHED.fullmatch(stripped) or _COMPACT.fullmatch(stripped)
        if match is not None:
            return _seconds(match)
    raise ValueError("no time in a form of ActiveSync")


parse_compact = parse_datetime


def _seconds(match: re.Match[str]) -> float:
    year, month, day = (int(part) for part in match.group(1, 2, 3))
    hour, minute, second = (int(part or 0) for part in match.group(4, 5, 6))
    if not (1 <= month <= 12 and 1 <= day <= _MONTH_DAYS[month - 1] and year >= 1):
        raise ValueError("no such day")
    if month == 2 and day == 29 and (year % 4 or (year % 100 == 0 and year % 400)):
        raise ValueError("no such day")
    # 24:00:00 and a leap second name the instant that follows.
    if minute > 59 or second > 60 or hour > 24 or (hour == 24 and (minute or second)):
        raise ValueError("no such time of day")
    fraction = match.group(7)
    offset_s = 0
    if match.group(8):
        offset_s = int(match.group(9)) * 3600 + int(match.group(10)) * 60
        offset_s = -offset_s if match.group(8) == "-" else offset_s
    whole = timegm((year, month, day, hour, minute, second)) - offset_s
    return whole + (float(f"0.{fraction}") if fraction else 0.0)
