"""Times as an event writes them: dates, times of a zone, in UTC or floating, as it did before.

Spec: RFC 5545 3.3.4, 3.3.5, 3.2.19.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from carbonio_mobile.pim.calendars import When
from carbonio_mobile.pim.components import line
from carbonio_mobile.pim.contentlines import ContentLine

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - floating
_EARLIEST, _LATEST = -62_000_000_000.0, 252_000_000_000.0


@dataclass(frozen=True, slots=True)
class Form:
    """How an event writes its times: in a zone by ``tzid``, floating without one, or in UTC.

    ``is_floating`` tells times that were written without a zone from those in UTC.
    """

    zone: tzinfo
    tzid: str = ""
    is_floating: bool = False

    def line(self, name: str, at: float, *, is_date: bool = False) -> ContentLine:
        """Write a moment under a name.

        The second of two times that the clock shows alike can only be said in UTC.
        """
        if is_date:
            return line(name, f"{_text(_local(at, UTC))[:8]}", ("VALUE", "DATE"))
        if self.zone is not UTC or self.is_floating:
            local = _local(at, self.zone)
            if self.zone.utcoffset(local) == self.zone.utcoffset(local.replace(fold=0)):
                return line(name, _text(local), ("TZID", self.tzid))
        return utc_line(name, at)

    def begin(self, at: float, *, is_date: bool) -> When:
        """Give the start of a series in this form."""
        zone = UTC if is_date else self.zone
        return When(_local(at, zone).replace(fold=0), self.zone, is_date, self.tzid)


def utc_line(name: str, at: float) -> ContentLine:
    """Write a moment in UTC."""
    return line(name, utc_text(at))


def utc_text(at: float) -> str:
    """Write a moment in UTC as a value."""
    return f"{_text(_local(at, UTC))}Z"


def _local(at: float, zone: tzinfo) -> datetime:
    moment = _EPOCH + timedelta(seconds=min(max(at, _EARLIEST), _LATEST) // 1)
    return moment.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)


def _text(local: datetime) -> str:
    # strftime writes early years in fewer than four digits.
    return local.isoformat(timespec="seconds").replace("-", "").replace(":", "")
