"""The 172 octet time zone: layout, zones by name, rules there and back."""

from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from carbonio_mobile.pim.timezones import (
    UTC_BLOB,
    RuleZone,
    Switch,
    ZoneRule,
    blob_at,
    rule_at,
    zone_named,
)

PACIFIC = ZoneRule(
    bias_min=480,
    standard_name="PST",
    to_standard=Switch(month=11, week=1, weekday=0, hour=2),
    daylight_name="PDT",
    daylight_bias_min=-60,
    to_daylight=Switch(month=3, week=2, weekday=0, hour=2),
)


def test_layout_is_that_of_the_specification() -> None:
    """Each field stands at its offset (MS-ASDTYPE R104 to R119)."""
    octets = PACIFIC.to_octets()
    assert len(octets) == 172
    assert int.from_bytes(octets[0:4], "little", signed=True) == 480
    assert octets[4:10] == "PST".encode("utf-16-le")
    assert octets[68:84] == bytes((0, 0, 11, 0, 0, 0, 1, 0, 2, 0)) + bytes(6)
    assert octets[152:168] == bytes((0, 0, 3, 0, 0, 0, 2, 0, 2, 0)) + bytes(6)
    assert int.from_bytes(octets[168:172], "little", signed=True) == -60
    assert ZoneRule.from_blob(PACIFIC.to_blob()) == PACIFIC


def test_utc_is_all_zero() -> None:
    """UTC has no bias and no dates."""
    assert b64decode(UTC_BLOB) == bytes(172)
    assert blob_at(None, datetime(2026, 1, 1, tzinfo=UTC)) == UTC_BLOB


@pytest.mark.parametrize(
    ("name", "bias", "daylight"),
    [
        ("Europe/Rome", -60, (3, 5, 0, 2)),
        ("America/Los_Angeles", 480, (3, 2, 0, 2)),
        ("Australia/Sydney", -600, (10, 1, 0, 2)),
        ("Asia/Kolkata", -330, None),
        ("Europe/Dublin", 0, (3, 5, 0, 1)),
        ("W. Europe Standard Time", -60, (3, 5, 0, 2)),
        ("/mozilla.org/20050126_1/America/Los_Angeles", 480, (3, 2, 0, 2)),
    ],
)
def test_rules_of_named_zones(name: str, bias: int, daylight: tuple[int, ...] | None) -> None:
    """IANA, Windows and vendors' names give the rules of their zone."""
    zone = zone_named(name)
    assert zone is not None
    rule = rule_at(zone, datetime(2026, 6, 1, tzinfo=UTC))
    assert rule.bias_min == bias
    switch = rule.to_daylight
    found = (switch.month, switch.week, switch.weekday, switch.hour) if switch else None
    assert found == daylight


@pytest.mark.parametrize("name", ["", "Nowhere/None", "../../etc/passwd", "a" * 500, "Ünd"])
def test_unknown_names_are_none(name: str) -> None:
    """A name that is no zone finds none, and no file elsewhere."""
    assert zone_named(name) is None


@pytest.mark.parametrize("name", ["Europe/Rome", "America/New_York", "Australia/Sydney"])
def test_rule_agrees_with_its_zone_on_every_day_of_the_year(name: str) -> None:
    """The offset by rule is the offset by the zone, at noon of each day."""
    zone = ZoneInfo(name)
    noon = datetime(2026, 1, 1, 12, tzinfo=zone)
    by_rule = RuleZone(rule_at(zone, noon))
    for days in range(365):
        moment = noon + timedelta(days=days)
        assert moment.replace(tzinfo=by_rule).utcoffset() == moment.utcoffset(), moment


@pytest.mark.parametrize(
    "blob",
    [
        "",
        "!!",
        b64encode(bytes(171)).decode(),
        b64encode(b"\xff\xff\xff\x7f" + bytes(168)).decode(),
        b64encode(bytes(68) + b"\0\0\x0d\0" + bytes(100)).decode(),
        b64encode(bytes(68) + b"\0\0\x01\0\x09\0\x01\0" + bytes(96)).decode(),
    ],
)
def test_nonsense_is_refused(blob: str) -> None:
    """What is no time zone raises ValueError."""
    with pytest.raises(ValueError, match="time zone"):
        ZoneRule.from_blob(blob)
