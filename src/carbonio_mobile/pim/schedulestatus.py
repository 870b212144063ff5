"""What a calendar server noted of the meeting mail that it was to deliver by itself.

Spec: RFC 6638 3.2.9, 7.3 (SCHEDULE-STATUS).
"""

from carbonio_mobile.errors import Corrupt
from carbonio_mobile.pim.components import parse

_FAILED = ("3", "5")
"""The first figures of the codes of what reached nobody: refused, and not delivered."""


def missed_organizer(source: bytes, *, is_instance: bool) -> bool:
    """Tell whether a stored meeting says that its organiser did not get the attendee's answer.

    ``is_instance``: the answer to one of a series, noted in what is stored for such; else to all of
    the meeting. Where nothing is noted the answer is taken for delivered.
    """
    try:
        events = parse(source).walk("VEVENT")
        return any(
            code.strip().startswith(_FAILED)
            for event in events
            if (event.first("RECURRENCE-ID") is not None) is is_instance
            for organizer in event.every("ORGANIZER")
            for code in organizer.param("SCHEDULE-STATUS").split(",")
        )
    except Corrupt:
        return False
