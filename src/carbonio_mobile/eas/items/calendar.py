"""The Calendar class: events to and from the elements of ActiveSync.

What goes out stands in ``calendarout``, what comes in in ``calendarin``.

Spec: MS-ASCAL.
"""

from carbonio_mobile.eas.items.calendarexceptions import instance_of, parse_instance_id
from carbonio_mobile.eas.items.calendarfiles import new_parts, with_files
from carbonio_mobile.eas.items.calendarguard import Change, guarded
from carbonio_mobile.eas.items.calendarin import (
    added,
    change,
    changed,
    instance_changed,
    instance_deleted,
)
from carbonio_mobile.eas.items.calendarout import application_data
from carbonio_mobile.eas.items.calendarpeople import is_own_meeting

__all__ = [
    "Change",
    "added",
    "application_data",
    "change",
    "changed",
    "guarded",
    "instance_changed",
    "instance_deleted",
    "instance_of",
    "is_own_meeting",
    "new_parts",
    "parse_instance_id",
    "with_files",
]
