"""A calendar object changed to say what an ``Event`` says, or made new.

Each component is changed by itself: the master (or the one occurrence that the object is), and
each changed occurrence. A new changed occurrence begins as a copy of its master, so that what
ActiveSync cannot say holds for it too.

Spec: RFC 5545 3.6.1, 3.8.4.4, 3.8.5; RFC 5546 2.1.4 (SEQUENCE); MS-ASCAL 3.2.5.3.1.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from carbonio_mobile.ids import PartId
from carbonio_mobile.pim.calendars import CalendarObject, When, read_when, when_of
from carbonio_mobile.pim.components import Component, line, text_line, with_parameters
from carbonio_mobile.pim.contentlines import ContentLine
from carbonio_mobile.pim.event import Details, Event, Occurrence
from carbonio_mobile.pim.eventfields import (
    CALENDAR_TYPE,
    CLIENT_UID,
    LEAP_MONTH,
    PRODUCT,
    REPLY_TIME,
    RESPONSE,
)
from carbonio_mobile.pim.eventforms import Form, utc_line
from carbonio_mobile.pim.eventinstances import original_at
from carbonio_mobile.pim.eventobject import Parts, event_of, part_prefix, parts_of
from carbonio_mobile.pim.eventwhole import event_lines, write_answer, write_asking, write_organizer
from carbonio_mobile.pim.eventwriting import Patch, apply, attachment_lines, write_times
from carbonio_mobile.pim.eventzone import WithZone, form_for, zone_for
from carbonio_mobile.pim.recurrence import from_activesync, normalised
from carbonio_mobile.pim.zones import CalendarZones
from carbonio_mobile.pim.zonewriting import zone_component

Content = Mapping[PartId, bytes]

_SERIES = ("RRULE", "RDATE", "EXDATE", "EXRULE")
_RULE = (*_SERIES, CALENDAR_TYPE, LEAP_MONTH)


def new_calendar(event: Event, now: float, content: Content) -> Component:
    """Give a calendar that says what an event says."""
    master = Component("VEVENT", [text_line("UID", event.uid), utc_line("DTSTAMP", now)])
    calendar = Component("VCALENDAR", [line("PRODID", PRODUCT), line("VERSION", "2.0"), master])
    zone, tzid = zone_for(event, calendar)
    work = _Work(calendar, event, None, Form(zone, tzid), CalendarZones(UTC, {}), content)
    work.put_zone()
    write_times(work.patch(master), event.details)
    if event.recurrence_id is not None:
        work.put_instance(master, event.recurrence_id)
    work.change_master(master)
    work.change_exceptions(master, {})
    return Component("", [calendar])


def changed_calendar(
    found: CalendarObject, event: Event, now: float, content: Content
) -> Component | None:
    """Change a calendar object in place; None where it is of another kind than the event.

    Where nothing differs, nothing is changed.
    """
    before, parts = event_of(found), parts_of(found)
    if (parts.recurrence_id is None) != (event.recurrence_id is None) and not event.is_read_only:
        return None
    form, is_new = form_for(found, parts, before, event)
    work = _Work(found.calendar, event, before, form, found.zones, content)
    if is_new:
        work.put_zone()
    touched = []
    if before.uid != event.uid:
        for one in found.events:
            one.put(("UID",), [text_line("UID", event.uid)])
        touched += found.events
    if work.change_master(parts.master, moved=is_new):
        touched.append(parts.master)
    if not event.is_read_only:
        own = {one.original: one.component for one in parts.overrides}
        _end_ranges(parts, before, event)
        touched += work.change_exceptions(parts.master, own)
    for one in touched:
        one.put(("LAST-MODIFIED",), [utc_line("LAST-MODIFIED", now)])
    return found.root


def _end_ranges(parts: Parts, before: Event, event: Event) -> None:
    """Let changes of all that follows hold for one alone, where exceptions differ from now on."""
    if before.exceptions == event.exceptions:
        return
    for one in parts.overrides:
        if one.following:
            at = one.component.every("RECURRENCE-ID")
            one.component.put(("RECURRENCE-ID",), [with_parameters(at[0], ("RANGE", ""))])


@dataclass(slots=True)
class _Work:
    """One calendar that is being made to say what ``event`` says; ``before`` is what it said."""

    calendar: Component
    event: Event
    before: Event | None
    form: Form
    zones: CalendarZones
    content: Content

    def patch(self, component: Component, prefix: str = "") -> Patch:
        return Patch(component, self.form, self.zones, prefix, None, self.content)

    def put_zone(self) -> None:
        """Bring the zone along that times are written in, where it is not there."""
        tzid, zone = self.form.tzid, self.form.zone
        if not tzid or zone is UTC:
            return
        known = {one.value.strip() for each in self.calendar.components("VTIMEZONE")
                 if (one := each.first("TZID"))}  # fmt: skip
        if tzid not in known:
            at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=self.event.details.start)
            content = self.calendar.content
            place = next((n for n, one in enumerate(content) if isinstance(one, Component)), 0)
            content.insert(place, zone_component(tzid, zone, at))
        # Reading what was just written must find the same zone.
        self.zones = WithZone(self.zones, tzid, zone)

    def change_master(self, master: Component, *, moved: bool = False) -> bool:
        """Change the component of the whole; tell whether anything had to change."""
        event, before = self.event, self.before
        wanted = event.details
        changed = False
        if event.is_read_only:
            wanted = self._without_times(master, wanted)
        elif moved:
            write_times(self.patch(master), wanted)
            changed = True
        changed |= apply(self.patch(master), wanted)
        if not event.is_read_only:
            changed |= self._change_rule(master)
        for name, is_same, lines in event_lines(event, before):
            if not is_same:
                changed |= master.put((name,), lines)
        changed |= write_organizer(master, event, before)
        return write_asking(master, event, before) or changed

    def _without_times(self, master: Component, wanted: Details) -> Details:
        """Keep the times of a master whose occurrences are shown one by one."""
        said = self.patch(master).read()
        if said is None:
            return wanted
        return replace(wanted, start=said.start, end=said.end, all_day=said.all_day)

    def _change_rule(self, master: Component) -> bool:
        event, before = self.event, self.before
        rule = event.recurrence
        if rule is None:
            was_series = before is None or before.recurrence is not None
            return was_series and master.put(_RULE, [])
        start = self._begin().aware
        if before is not None and before.recurrence is not None:
            same_form = before.details.all_day == event.details.all_day
            if same_form and normalised(before.recurrence, start) == normalised(rule, start):
                return False
        text = from_activesync(rule, start, all_day=event.details.all_day)
        changed = master.put(("RRULE",), [line("RRULE", text)])
        kind = rule.calendar_type
        master.put((CALENDAR_TYPE,), [line(CALENDAR_TYPE, str(kind))] if kind else [])
        leap = rule.is_leap_month and kind > 1
        master.put((LEAP_MONTH,), [line(LEAP_MONTH, "1")] if leap else [])
        return changed

    def _begin(self) -> When:
        details = self.event.details
        return self.form.begin(details.start, is_date=details.all_day)

    def change_exceptions(
        self, master: Component, own: Mapping[float, Component]
    ) -> list[Component]:
        """Make changed and taken-out occurrences those of the event; give what was touched."""
        event, before = self.event, self.before
        if event.recurrence is None:
            wanted: dict[float, Occurrence] = {}
        else:
            wanted = {one.original: one for one in event.exceptions}
        unchanged = before is not None and before.exceptions == event.exceptions
        if unchanged and before is not None and before.details.start == event.details.start:
            return []
        known = {one.original: one for one in before.exceptions} if before else {}
        touched = [master] if self._take_out(master, wanted) else []
        for original in {*known, *own} - {at for at, one in wanted.items() if one.details}:
            if original in own:
                self._remove(own[original])
                touched.append(master)
        for original, one in wanted.items():
            if one.details is None:
                continue
            if original in own:
                if self._change_one(own[original], one, known.get(original)):
                    touched.append(own[original])
            else:
                touched.append(self._add(master, one))
        return list({id(one): one for one in touched}.values())

    def _remove(self, component: Component) -> None:
        self.calendar.content = [one for one in self.calendar.content if one is not component]

    def _take_out(self, master: Component, wanted: Mapping[float, Occurrence]) -> bool:
        """Make EXDATE name the occurrences that are taken out, and no others."""
        begin = self._begin()
        missing = {at for at, one in wanted.items() if one.details is None}
        lines = []
        for one in master.every("EXDATE"):
            kept = []
            for value in one.value.split(","):
                when = read_when(value, one.param("TZID"), self.zones)
                at = None if when is None else original_at(when, begin)
                if at is None or at in missing or at < self.event.details.start:
                    kept.append(value)
                    missing.discard(at if at is not None else -1.0)
            if kept:
                lines.append(_with_value(one, ",".join(kept)))
        is_date = self.event.details.all_day
        lines += [self.form.line("EXDATE", at, is_date=is_date) for at in sorted(missing)]
        return master.put(("EXDATE",), lines)

    def _change_one(
        self, component: Component, wanted: Occurrence, known: Occurrence | None
    ) -> bool:
        assert wanted.details is not None
        patch = self.patch(component, part_prefix(wanted.original))
        changed = False
        if known is None or known.details != wanted.details:
            changed = apply(patch, wanted.details)
        changed |= write_answer(component, wanted)
        at = when_of(component.first("RECURRENCE-ID"), self.zones)
        if at is None or original_at(at, self._begin()) != wanted.original:
            self.put_instance(component, wanted.original)
            changed = True
        return changed

    def _add(self, master: Component, wanted: Occurrence) -> Component:
        """Add a component for an occurrence: its master's copy, changed."""
        assert wanted.details is not None
        component = master.copy()
        component.begin = component.end = ""
        component.put((*_RULE, "CREATED", REPLY_TIME, RESPONSE, CLIENT_UID), [])
        self.put_instance(component, wanted.original)
        patch = self.patch(component, part_prefix(wanted.original))
        patch.lent = attachment_lines(master, "")
        write_times(patch, wanted.details)
        apply(patch, wanted.details)
        write_answer(component, wanted)
        last = max(n for n, one in enumerate(self.calendar.content) if _is_event(one))
        self.calendar.content.insert(last + 1, component)
        return component

    def put_instance(self, component: Component, original: float) -> None:
        """Say which occurrence a component changes."""
        is_date = self.event.details.all_day
        at = self.form.line("RECURRENCE-ID", original, is_date=is_date)
        component.put(("RECURRENCE-ID",), [at])


def _is_event(one: ContentLine | Component) -> bool:
    return isinstance(one, Component) and one.name == "VEVENT"


def _with_value(one: ContentLine, value: str) -> ContentLine:
    if one.value == value:
        return one
    return ContentLine("", group=one.group, name=one.name, head=one.head, value=value)
