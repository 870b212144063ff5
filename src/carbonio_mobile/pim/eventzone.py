"""The form in which an event writes its times: which zone, and what the calendar calls it.

Spec: RFC 5545 3.2.19; MS-OXCICAL 2.1.3.1.1.19.
"""

from datetime import UTC, datetime, timedelta, tzinfo

from carbonio_mobile.pim.calendars import CalendarObject
from carbonio_mobile.pim.components import Component
from carbonio_mobile.pim.event import Event
from carbonio_mobile.pim.eventforms import Form
from carbonio_mobile.pim.eventobject import Parts
from carbonio_mobile.pim.occurrences import zone_from
from carbonio_mobile.pim.timezones import ZoneRule, zone_named
from carbonio_mobile.pim.zonefinding import name_of_blob
from carbonio_mobile.pim.zones import CalendarZones, rules_of

OWN_ZONE = "Customized Time Zone"
"""The TZID of a zone that has no name; Outlook says so too."""


def zone_for(event: Event, calendar: Component) -> tuple[tzinfo, str]:
    """Give the zone of an event's times and the TZID for it within a calendar."""
    if event.details.all_day:
        return UTC, ""
    zone = zone_from(event.tzid, event.zone_blob)
    tzid = event.tzid if zone_named(event.tzid) is zone else ""
    if not tzid and event.zone_blob:
        tzid = _named_by_rules(event)
        zone = zone_named(tzid) or zone
    return zone, tzid or _free_name(event.zone_blob, calendar)


def _named_by_rules(event: Event) -> str:
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=event.details.start)
    try:
        return name_of_blob(event.zone_blob, at)
    except ValueError:
        return ""


def _free_name(blob: str, calendar: Component) -> str:
    """Give the TZID of a zone without a name: one that stands for no other zone there."""
    known = rules_of(calendar.components("VTIMEZONE"))
    wanted = _rule_text(blob)
    names = (OWN_ZONE, *(f"{OWN_ZONE} {n}" for n in range(2, 100)))
    return next(
        (one for one in names if one not in known or known[one].to_blob() == wanted), OWN_ZONE
    )


def _rule_text(blob: str) -> str:
    try:
        return ZoneRule.from_blob(blob).to_blob()
    except ValueError:
        return ""


def form_for(found: CalendarObject, parts: Parts, before: Event, event: Event) -> tuple[Form, bool]:
    """Give how times are written from now on, and whether that differs from before."""
    begin = parts.begin
    same = (before.tzid == event.tzid) if event.tzid else (before.zone_blob == event.zone_blob)
    if (same and not begin.is_date) or event.details.all_day:
        is_floating = not (begin.is_utc or begin.is_date or begin.tzid)
        return Form(begin.zone, begin.tzid, is_floating), False
    zone, tzid = zone_for(event, found.calendar)
    return Form(zone, tzid), True


class WithZone(CalendarZones):
    """The zones of a calendar and one more."""

    def __init__(self, others: CalendarZones, tzid: str, zone: tzinfo) -> None:
        super().__init__(others.floating, {})
        self._others = others
        self._known[tzid] = zone

    def named(self, tzid: str) -> tzinfo:
        return self._known.get(tzid) or self._others.named(tzid)
