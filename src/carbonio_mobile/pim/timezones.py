"""Time zones as ActiveSync carries them: a 172 octet rule in base64, to and from zones by name.

Spec: MS-ASDTYPE 2.7.6 (TimeZone); SYSTEMTIME as in MS-DTYP 2.3.13.
"""

import struct
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

BLOB_BYTES = 172

_LAYOUT = struct.Struct("<l64s8Hl64s8Hl")
_STEP = timedelta(days=7)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """When a zone changes its clock each year, in the local time that ends then.

    ``week`` is 1 to 4, or 5 for the last; ``weekday`` is 0 Sunday to 6 Saturday.
    """

    month: int
    week: int
    weekday: int
    hour: int
    minute: int = 0

    def moment(self, year: int) -> datetime:
        """Give the local time of the change in one year, without a zone."""
        first_weekday, days = monthrange(year, self.month)
        day = 1 + (self.weekday - (first_weekday + 1) % 7) % 7 + 7 * (self.week - 1)
        while day > days:
            day -= 7
        return datetime(year, self.month, day, self.hour % 24, self.minute)  # noqa: DTZ001 - local


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneRule:
    """A zone as one pair of yearly rules: all that ActiveSync can say of it.

    ``bias_min`` in minutes: UTC = local + bias (MS-ASDTYPE R106). ``to_standard`` and
    ``to_daylight`` are both set or both None (no daylight saving).
    """

    bias_min: int
    standard_name: str = ""
    standard_bias_min: int = 0
    to_standard: Switch | None = None
    daylight_name: str = ""
    daylight_bias_min: int = 0
    to_daylight: Switch | None = None

    def to_octets(self) -> bytes:
        """Write the 172 octets."""
        return _LAYOUT.pack(
            self.bias_min,
            _name_octets(self.standard_name),
            *_system_time(self.to_standard),
            self.standard_bias_min,
            _name_octets(self.daylight_name),
            *_system_time(self.to_daylight),
            self.daylight_bias_min,
        )

    def to_blob(self) -> str:
        """Write the value of a TimeZone element: the octets in base64."""
        return b64encode(self.to_octets()).decode("ascii")

    @classmethod
    def from_blob(cls, blob: str) -> "ZoneRule":
        """Read the value of a TimeZone element.

        Raises: ValueError, where it is not base64 of 172 octets or holds what cannot be.
        """
        try:
            octets = b64decode(blob)
        except (Base64Error, ValueError) as exc:
            raise ValueError("a time zone that is not base64") from exc
        if len(octets) != BLOB_BYTES:
            raise ValueError(f"a time zone of {len(octets)} octets")
        bias, standard_name, *rest = _LAYOUT.unpack(octets)
        standard_bias, daylight_name, daylight_bias = rest[8], rest[9], rest[18]
        if any(abs(one) > 24 * 60 for one in (bias, standard_bias, daylight_bias)):
            raise ValueError("a time zone more than a day from UTC")
        to_standard, to_daylight = _switch(rest[0:8]), _switch(rest[10:18])
        if to_standard is None or to_daylight is None:
            to_standard = to_daylight = None
        return cls(
            bias_min=bias,
            standard_name=_name(standard_name),
            standard_bias_min=standard_bias,
            to_standard=to_standard,
            daylight_name=_name(daylight_name),
            daylight_bias_min=daylight_bias if to_daylight else 0,
            to_daylight=to_daylight,
        )

    def offset_min(self, local: datetime) -> int:
        """Give minutes east of UTC that hold at a local time (without a zone).

        A time that the clock skips has the offset from before the change, one that it shows twice
        that of its ``fold`` (RFC 5545 3.3.5, PEP 495).
        """
        standard, daylight = self._offsets_min()
        if self.to_standard is None or self.to_daylight is None:
            return standard
        is_standard = not self._is_daylight(local)
        is_daylight = self._is_daylight(local - timedelta(minutes=daylight - standard))
        if is_standard != is_daylight:
            return daylight if is_daylight else standard
        # Both (shown twice): fold 0 is the earlier moment; neither (skipped): the offset before.
        larger, smaller = max(standard, daylight), min(standard, daylight)
        return larger if is_standard != bool(local.fold) else smaller

    def offset_min_at(self, utc: datetime) -> int:
        """Give minutes east of UTC that hold at a moment, given in UTC without a zone."""
        standard, daylight = self._offsets_min()
        if self.to_standard is None or self.to_daylight is None:
            return standard
        return daylight if self._is_daylight(utc + timedelta(minutes=standard)) else standard

    def _offsets_min(self) -> tuple[int, int]:
        return -(self.bias_min + self.standard_bias_min), -(self.bias_min + self.daylight_bias_min)

    def _is_daylight(self, standard: datetime) -> bool:
        """Tell whether daylight saving holds at a time that is given in standard time."""
        assert self.to_standard is not None
        assert self.to_daylight is not None
        winter, summer = self._offsets_min()
        begins = _switch_moment(self.to_daylight, standard.year)
        ends = _switch_moment(self.to_standard, standard.year) - timedelta(minutes=summer - winter)
        if begins < ends:
            return begins <= standard < ends
        return not ends <= standard < begins


@lru_cache(maxsize=4096)
def _switch_moment(switch: Switch, year: int) -> datetime:
    return switch.moment(year)


class RuleZone(tzinfo):
    """A zone that follows one pair of yearly rules in every year."""

    def __init__(self, rule: ZoneRule) -> None:
        self.rule = rule

    def utcoffset(self, at: datetime | None, /) -> timedelta:
        if at is None:
            return timedelta(minutes=-self.rule.bias_min)
        return timedelta(minutes=self.rule.offset_min(at.replace(tzinfo=None)))

    def dst(self, at: datetime | None, /) -> timedelta:
        return self.utcoffset(at) + timedelta(minutes=self.rule.bias_min)

    def tzname(self, at: datetime | None, /) -> str:
        return self.rule.daylight_name if self.dst(at) else self.rule.standard_name

    def fromutc(self, at: datetime, /) -> datetime:
        utc = at.replace(tzinfo=None)
        minutes = self.rule.offset_min_at(utc)
        local = utc + timedelta(minutes=minutes)
        fold = int(self.rule.offset_min(local) != minutes)
        return local.replace(tzinfo=self, fold=fold)


def blob_at(zone: tzinfo | None, moment: datetime) -> str:
    """Write the rules that a zone has in the year of a moment; UTC for no zone."""
    if zone is None or zone is UTC:
        return UTC_BLOB
    if isinstance(zone, RuleZone):
        return zone.rule.to_blob()
    return rule_at(zone, moment).to_blob()


def rule_at(zone: tzinfo, moment: datetime) -> ZoneRule:
    """Give the rules that a zone has in the year of a moment (aware, or UTC without a zone).

    A year with other than two changes (a zone moved, Ramadan) gives the offset at the moment alone.
    """
    at = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    year = min(max(at.year, 1971), 2036)
    if isinstance(zone, ZoneInfo) and zone.key:
        changes = _known_changes(zone.key, year)
    else:
        changes = _changes(zone, year)
    if len(changes) != 2 or changes[0][1] == changes[1][1]:
        return ZoneRule(bias_min=-_offset_min(zone, at), standard_name=_abbreviation(zone, at))
    spring, autumn = sorted(changes, key=lambda change: change[1], reverse=True)
    standard, daylight = autumn[1], spring[1]
    return ZoneRule(
        bias_min=-standard,
        standard_name=_abbreviation(zone, autumn[0]),
        to_standard=_switch_at(autumn[0], daylight),
        daylight_name=_abbreviation(zone, spring[0]),
        daylight_bias_min=standard - daylight,
        to_daylight=_switch_at(spring[0], standard),
    )


@lru_cache(maxsize=1024)
def zone_named(tzid: str) -> tzinfo | None:
    """Find a zone by its IANA name, its Windows name, or a path that ends in an IANA name."""
    name = tzid.strip().strip('"')
    if name.upper() in ("UTC", "Z", "GMT", "ETC/UTC"):
        return UTC
    tail = name.rpartition("/")[0].rpartition("/")[2]
    for candidate in (
        name,
        WINDOWS_TO_OLSON.get(name, ""),
        "/".join(name.split("/")[-2:]),
        "/".join(name.split("/")[-3:]) if tail else "",
    ):
        if candidate and candidate.isascii() and len(candidate) < 64:
            try:
                return ZoneInfo(candidate)
            except (ValueError, OSError, LookupError):
                continue
    return None


@lru_cache(maxsize=2048)
def _known_changes(key: str, year: int) -> tuple[tuple[datetime, int], ...]:
    return _changes(ZoneInfo(key), year)


def _changes(zone: tzinfo, year: int) -> tuple[tuple[datetime, int], ...]:
    """Find the clock changes of a year: each the moment in UTC and the offset from then on."""
    found = []
    at, last = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    offset = _offset_min(zone, at)
    while at < last:
        following = min(at + _STEP, last)
        then = _offset_min(zone, following)
        if then != offset:
            found.append((_first_moment(zone, at, following, offset), then))
        at, offset = following, then
    return tuple(found)


def _first_moment(zone: tzinfo, before: datetime, after: datetime, offset: int) -> datetime:
    """Narrow a change of offset down to the minute."""
    while after - before > _MINUTE:
        middle = before + (after - before) // 2
        middle = middle.replace(second=0, microsecond=0)
        if middle <= before:
            break
        if _offset_min(zone, middle) == offset:
            before = middle
        else:
            after = middle
    return after


def _offset_min(zone: tzinfo, at: datetime) -> int:
    offset = at.astimezone(zone).utcoffset() or timedelta()
    return round(offset.total_seconds() / 60)


def _abbreviation(zone: tzinfo, at: datetime) -> str:
    return (at.astimezone(zone).tzname() or "")[:31]


def _switch_at(moment: datetime, offset_before_min: int) -> Switch:
    local = moment + timedelta(minutes=offset_before_min)
    last = local.day + 7 > monthrange(local.year, local.month)[1]
    return Switch(
        month=local.month,
        week=5 if last else (local.day - 1) // 7 + 1,
        weekday=local.isoweekday() % 7,
        hour=local.hour,
        minute=local.minute,
    )


def _system_time(switch: Switch | None) -> tuple[int, ...]:
    if switch is None:
        return (0,) * 8
    return (0, switch.month, switch.weekday, switch.week, switch.hour, switch.minute, 0, 0)


def _switch(fields: list[int]) -> Switch | None:
    year, month, weekday, day, hour, minute, second, _ = fields
    if month == 0:
        return None
    if month > 12 or hour > 23 or minute > 59 or second > 59:
        raise ValueError("a time zone with an impossible date")
    if year:
        # A date in one year; its place in the month is the nearest that a yearly rule can say.
        local = datetime(year, month, max(day, 1), hour, minute, tzinfo=UTC)
        return _switch_at(local, 0)
    if weekday > 6 or not 1 <= day <= 5:
        raise ValueError("a time zone with an impossible weekday")
    return Switch(month=month, week=day, weekday=weekday, hour=hour, minute=minute)


def _name_octets(name: str) -> bytes:
    # 31 units and a terminator; a name outside the basic plane must not lose half a character.
    octets = name.encode("utf-16-le", "replace")[:62]
    return octets.decode("utf-16-le", "ignore").encode("utf-16-le")


def _name(octets: bytes) -> str:
    return octets.decode("utf-16-le", "replace").partition("\0")[0]


UTC_BLOB = ZoneRule(bias_min=0).to_blob()
"""What stands in a TimeZone element for UTC."""
