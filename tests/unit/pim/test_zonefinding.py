"""Zones by their rules: the name that a device's zone has, and zones that only rules say."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from carbonio_mobile.pim.components import Component, parse, write
from carbonio_mobile.pim.timezones import RuleZone, ZoneRule, blob_at, rule_at
from carbonio_mobile.pim.zonefinding import name_of_blob, name_of_rule
from carbonio_mobile.pim.zones import rules_of
from carbonio_mobile.pim.zonewriting import zone_component

AT = datetime(2026, 1, 15, tzinfo=UTC)
NAMES = (
    "Europe/Rome", "America/New_York", "Australia/Sydney", "Pacific/Auckland", "America/Santiago",
    "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Chatham", "America/St_Johns",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_rules_find_a_zone_that_keeps_them(name: str) -> None:
    """The zone found has the offsets of the device's on every day (MS-ASDTYPE_R106, R135)."""
    found = name_of_blob(blob_at(ZoneInfo(name), AT), AT)
    for days in range(0, 366, 3):
        noon = AT + timedelta(days=days)
        assert (
            noon.astimezone(ZoneInfo(found)).utcoffset()
            == noon.astimezone(ZoneInfo(name)).utcoffset()
        )
    assert name_of_blob(blob_at(ZoneInfo(name), AT), AT, preferred=name) == name


def test_old_and_new_rules() -> None:
    """Rules of the event's year count first, then those of today, which devices send for any."""
    old = rule_at(ZoneInfo("America/New_York"), datetime(2005, 1, 1, tzinfo=UTC))
    new = rule_at(ZoneInfo("America/New_York"), AT)
    year = datetime(2005, 6, 1, tzinfo=UTC)
    assert name_of_rule(old, year) == name_of_rule(new, year) == "America/New_York"
    assert name_of_rule(ZoneRule(bias_min=-77), AT) == ""


@pytest.mark.parametrize("name", NAMES)
def test_rule_zone_is_its_zone_at_every_half_hour(name: str) -> None:
    """Also where the clock skips an hour or shows one twice, there and back."""
    zone = ZoneInfo(name)
    ruled = RuleZone(rule_at(zone, AT))
    for halves in range(365 * 48):
        local = datetime(2026, 1, 1) + timedelta(minutes=30 * halves)  # noqa: DTZ001
        for fold in (0, 1):
            wanted = local.replace(tzinfo=zone, fold=fold).utcoffset()
            assert local.replace(tzinfo=ruled, fold=fold).utcoffset() == wanted, (local, fold)
        there, here = (local.replace(tzinfo=UTC).astimezone(one) for one in (zone, ruled))
        assert (there.replace(tzinfo=None), there.fold) == (here.replace(tzinfo=None), here.fold)


@pytest.mark.parametrize("name", [*NAMES, "Africa/Casablanca"])
def test_written_zone_says_its_rules(name: str) -> None:
    """A VTIMEZONE gives the rules back; a zone without yearly rules has each change."""
    zone = ZoneInfo(name)
    source = write(Component("", [zone_component("Here", zone, AT)]))
    (found,) = rules_of(parse(source).components("VTIMEZONE")).values()
    if name in ("Africa/Casablanca", "America/Santiago"):  # Ramadan; not one week in every year
        assert b"RDATE" in source
    else:
        assert found == rule_at(zone, AT)
