"""MeetingResponse: the calendar item of a meeting that is accepted (MS-ASCMD 2.2.3.18)."""

import pytest

from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import AirSync, Calendar, MeetingResponse
from tests.unit.commands.checked import ALL_VERSIONS
from tests.unit.commands.meetingcase import Meetings, mail
from tests.unit.commands.phone import options
from tests.unit.pim.meetings import ics
from tests.unit.rows.mailcase import MailCase, the


@pytest.mark.parametrize("version", ALL_VERSIONS)
@pytest.mark.parametrize("answer", ["1", "2"])
@pytest.mark.parametrize("scheduled", [False, True])
def test_an_accepted_meeting_is_an_item_of_that_id(
    version: str, answer: str, scheduled: bool
) -> None:
    """MS-ASCMD R834: the calendar item has the server id that CalendarId tells.

    So it is where the calendar had none yet, and where it had a tentative one from the delivery.
    """
    case = MailCase(version)
    meetings = Meetings(case.rig)
    name = meetings.arrive(mail(ics()), schedule=scheduled)
    request = Element(
        MeetingResponse.Request,
        [
            Element(MeetingResponse.UserResponse, answer),
            Element(MeetingResponse.CollectionId, case.folder),
            Element(MeetingResponse.RequestId, name),
        ],
    )
    document = Element(MeetingResponse.MeetingResponse, [request])
    result = the(case.phone.ask("MeetingResponse", document), MeetingResponse.Result)
    assert result.value(MeetingResponse.Status) == "1"
    told = result.value(MeetingResponse.CalendarId, "")
    case.phone.prime(meetings.calendar, *(() if version == "2.5" else (options(),)))
    held = case.phone.items[meetings.calendar]
    assert list(held) == [told]
    assert held[told].value(Calendar.Subject) == "Plans"
    assert held[told].tag is AirSync.ApplicationData
    assert held[told].value(Calendar.BusyStatus) == {"1": "2", "2": "1"}[answer]
