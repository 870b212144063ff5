"""Dates of IMAP: INTERNALDATE and the day of SEARCH.

Spec: RFC 9051 9 (date-time, date).
"""

import re
from datetime import UTC, date, datetime

from carbonio_mobile.errors import ProtocolError

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH = {name.upper().encode(): index for index, name in enumerate(_MONTHS, 1)}
_DATE = re.compile(
    rb" ?(\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d)(?: ([+-])(\d\d)(\d\d))?\Z"
)
_EPOCH = date(1970, 1, 1).toordinal()
_DAY_S = 86_400


def parse_date(octets: bytes) -> float:
    """Give seconds since 1970 UTC of an INTERNALDATE; one without a zone is taken for UTC.

    Raises: ProtocolError.
    """
    found = _DATE.match(octets)
    if found is None:
        raise ProtocolError("no date", expected="like 17-Jul-1996 02:44:25 -0700")
    day, month, year, hour, minute, second, sign, zone_h, zone_m = found.groups()
    try:
        days = date(int(year), _MONTH[month.upper()], int(day)).toordinal() - _EPOCH
    except (KeyError, ValueError) as exc:
        raise ProtocolError("a date that no calendar has") from exc
    zone_s = int(zone_h) * 3600 + int(zone_m) * 60 if sign else 0
    time_s = int(hour) * 3600 + int(minute) * 60 + int(second)
    return float(days * _DAY_S + time_s + (zone_s if sign == b"-" else -zone_s))


def date_text(moment: float) -> str:
    """Write seconds since 1970 UTC as an INTERNALDATE."""
    there = datetime.fromtimestamp(moment, UTC)
    month = _MONTHS[there.month - 1]
    return f"{there.day:2d}-{month}-{there.year:04d} {there:%H:%M:%S} +0000"


def day_text(moment: float) -> str:
    """Write the day, in UTC, as SEARCH wants it."""
    there = datetime.fromtimestamp(moment, UTC)
    return f"{there.day}-{_MONTHS[there.month - 1]}-{there.year:04d}"
