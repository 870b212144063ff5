"""What the corpus brought to light: each fault once, in the smallest form."""

from dataclasses import replace
from datetime import UTC, datetime

from carbonio_mobile.eas.bodyoptions import BodyOptions
from carbonio_mobile.eas.items import contact
from carbonio_mobile.eas.items.context import Viewer
from carbonio_mobile.eas.items.place import parse_place
from carbonio_mobile.eas.version import Version
from carbonio_mobile.ids import FolderId, ItemId, ItemVersion
from carbonio_mobile.pim.contact import Contact
from carbonio_mobile.pim.event import Place
from carbonio_mobile.pim.events import read_event
from carbonio_mobile.pim.item import ObjectItem
from carbonio_mobile.pim.occurrences import occurring, occurs_at, series_starts
from carbonio_mobile.pim.tasks import read_task, write_task
from carbonio_mobile.pim.timezones import blob_at, zone_named
from carbonio_mobile.pim.zonefinding import name_of_blob
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import Calendar, Contacts

NOW = 1_800_000_000.0


def test_a_time_of_completion_that_is_that_of_the_last_change_stays() -> None:
    """MS-ASTASK R116: without COMPLETED it would be the time of any later change."""
    source = (
        b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VTODO\r\nUID:1\r\nSTATUS:COMPLETED\r\n"
        b"DTSTAMP:20200101T000000Z\r\nEND:VTODO\r\nEND:VCALENDAR\r\n"
    )
    task = read_task(source)
    written = read_task(write_task(source, replace(task, subject="New"), now=NOW))
    assert written.modified_at == NOW
    assert written.completed_at == task.completed_at == 1577836800.0


def test_blanks_around_a_place_are_no_change() -> None:
    """MS-ASAIRS R1226: what a line cannot say of a place stays."""
    place = Place(display_name=" Hall ", city="Rome", latitude="41.9")
    assert parse_place(Element(Calendar.Location, "Hall"), place) == place


def test_an_empty_contact_is_told_of_in_every_version() -> None:
    """2.5 has no Body to say that there is something at all."""
    item = ObjectItem(
        item=ItemId(1),
        folder=FolderId("9"),
        version=ItemVersion("1"),
        received=NOW,
        record=Contact(uid="x"),
    )
    for version in Version:
        assert contact.application_data(item, BodyOptions(), version, Viewer())
    (only,) = contact.application_data(item, BodyOptions(), Version.V2_5, Viewer())
    assert (only.tag, only.string) == (Contacts.FileAs, "")


def test_a_fixed_offset_is_named_by_a_zone_that_keeps_it() -> None:
    """MS-ASDTYPE 2.7.6: Cairo had no summer time in 2015, and has it again."""
    zone = zone_named("Etc/GMT-2")
    assert zone is not None
    at = datetime(2015, 7, 16, tzinfo=UTC)
    found = zone_named(name_of_blob(blob_at(zone, at), at))
    assert found is not None
    for year in (2015, 2026):
        for month in (1, 7):
            moment = datetime(year, month, 1, tzinfo=UTC)
            assert moment.astimezone(found).utcoffset() == moment.astimezone(zone).utcoffset()


def test_many_moments_of_a_series_are_looked_up_as_one_is() -> None:
    """MS-ASCAL R246: counted, ended and endless series alike, and what is no series."""
    for end in (";COUNT=30", ";UNTIL=20260220T080000Z", ""):
        event = read_event(
            f"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20260101T080000Z\r\n"
            f"RRULE:FREQ=DAILY;INTERVAL=2{end}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n".encode()
        )
        is_there = occurring(event)
        first = next(series_starts(event))
        for day in range(90):
            for hour in (0, 1):
                moment = first + day * 86_400 + hour * 3600
                assert is_there(moment) == occurs_at(event, moment)
    alone = replace(event, recurrence=None)
    assert occurring(alone)(first)
    assert not occurring(alone)(first + 1)
