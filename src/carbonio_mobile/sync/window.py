"""The age window of a collection: which filter reaches how far back in which kind of folder.

Spec: MS-ASCMD 2.2.3.68.2 (FilterType); commands.md section 4.
"""

from collections.abc import Mapping

from carbonio_mobile.ids import ItemId
from carbonio_mobile.sync.changes import OLDEST, Position
from carbonio_mobile.sync.folders import FolderKind

DAY_S = 86_400

ALL = 0
INCOMPLETE_TASKS = 8

_MAIL_DAYS: Mapping[int, int] = {1: 1, 2: 3, 3: 7, 4: 14, 5: 31}
_CALENDAR_DAYS: Mapping[int, int] = {4: 14, 5: 31, 6: 92, 7: 183}

_CALENDARS = frozenset((FolderKind.CALENDAR, FolderKind.USER_CALENDAR))
_TASKS = frozenset((FolderKind.TASKS, FolderKind.USER_TASKS))

_NOT_COMPLETED = Position(253_000_000_000.0, ItemId(0))
"""What is not completed stands at the end of time in the listing; no date of completion does."""


def allowed(filter_type: int, kind: FolderKind) -> bool:
    """Tell whether a FilterType means anything for a folder (MS-ASCMD R3041, R3045).

    For contacts and notes every filter is passed over without an error (R3078).
    """
    if filter_type == ALL:
        return True
    if kind.holds_mail:
        return filter_type in _MAIL_DAYS
    if kind in _CALENDARS:
        return filter_type in _CALENDAR_DAYS
    return filter_type == INCOMPLETE_TASKS if kind in _TASKS else filter_type <= INCOMPLETE_TASKS


def floor(filter_type: int, now: float, kind: FolderKind | None = FolderKind.MAIL) -> Position:
    """Give the oldest position that a FilterType lets through; 0 lets everything through.

    The window moves once a day, at midnight UTC, always including the whole of its first day: so
    nothing leaves it between two requests of a day. Events stand where they end, so that future
    ones and those that recur for ever are always within (R3065, R5878).
    """
    if kind in _TASKS:
        return _NOT_COMPLETED if filter_type == INCOMPLETE_TASKS else OLDEST
    if kind in _CALENDARS:
        days = _CALENDAR_DAYS.get(filter_type)
    else:
        days = _MAIL_DAYS.get(filter_type) if kind is not None and kind.holds_mail else None
    if days is None:
        return OLDEST
    midnight = now - now % DAY_S
    return Position(midnight - days * DAY_S, ItemId(0))
