"""The names and values by which a calendar says what ActiveSync knows of an event.

Spec: RFC 5545 3.8; MS-OXCICAL 2.1.3.1.1.20; MS-ASCAL 2.2.2.
"""

from collections.abc import Mapping

PRODUCT = "-//carbonio-mobile//NONSGML 1.0//EN"

OWN = "X-CARBONIO-MOBILE-"
"""Begins the names of properties and parameters for what no standard says."""

PLACE = OWN + "PLACE"
RESPONSE = OWN + "RESPONSE"
RESPONSE_REQUESTED = OWN + "RESPONSE-REQUESTED"
CLIENT_UID = OWN + "CLIENT-UID"
CALENDAR_TYPE = OWN + "CALENDAR-TYPE"
LEAP_MONTH = OWN + "LEAP-MONTH"
PROPOSED_START = OWN + "PROPOSED-START"
PROPOSED_END = OWN + "PROPOSED-END"
CONTENT_ID = OWN + "CONTENT-ID"
FORWARDEE = OWN + "FORWARDEE"
INLINE = OWN + "INLINE"

APPLE_PLACE = "X-APPLE-STRUCTURED-LOCATION"
HTML = "X-ALT-DESC"
ALL_DAY = "X-MICROSOFT-CDO-ALLDAYEVENT"
BUSY_STATUS = "X-MICROSOFT-CDO-BUSYSTATUS"
INTENDED_STATUS = "X-MICROSOFT-CDO-INTENDEDSTATUS"
REPLY_TIME = "X-MICROSOFT-CDO-REPLYTIME"
NO_COUNTER = "X-MICROSOFT-DISALLOW-COUNTER"
ONLINE_LINK = "X-MICROSOFT-ONLINEMEETINGCONFLINK"
ONLINE_EXTERNAL_LINK = "X-MICROSOFT-ONLINEMEETINGEXTERNALLINK"

ONLINE_LINKS = (ONLINE_LINK, "X-MICROSOFT-CONFERENCETELURI")
ONLINE_EXTERNAL_LINKS = (
    ONLINE_EXTERNAL_LINK,
    "X-MICROSOFT-SKYPETEAMSMEETINGURL",
    "X-GOOGLE-CONFERENCE",
    "CONFERENCE",
)
"""Properties whose value is a link to join; the first that is there counts."""

FILE_NAMES = ("FILENAME", "X-FILENAME", "X-APPLE-FILENAME", "X-LABEL", "X-ORACLE-FILENAME")
"""Parameters of ATTACH that say the name of a file (RFC 8607 has the first)."""

BUSY: Mapping[str, int] = {
    "FREE": 0,
    "TENTATIVE": 1,
    "BUSY": 2,
    "OOF": 3,
    "WORKINGELSEWHERE": 4,
}
SENSITIVITY: Mapping[str, int] = {
    "PUBLIC": 0,
    "X-PERSONAL": 1,
    "PERSONAL": 1,
    "PRIVATE": 2,
    "CONFIDENTIAL": 3,
}
STATUS: Mapping[str, int] = {
    "": 0,
    "NEEDS-ACTION": 5,
    "TENTATIVE": 2,
    "ACCEPTED": 3,
    "DECLINED": 4,
}
"""AttendeeStatus (MS-ASCAL 2.2.2.5) by PARTSTAT."""


def inverted(table: Mapping[str, int]) -> dict[int, str]:
    """Give the first word for each number."""
    found: dict[int, str] = {}
    for name, value in table.items():
        found.setdefault(value, name)
    return found
