"""The age window of a collection: which filter reaches how far back.

Spec: MS-ASCMD 2.2.3.68.2 (FilterType); commands.md section 4.
"""

from collections.abc import Mapping

from carbonio_mobile.ids import ItemId
from carbonio_mobile.sync.changes import OLDEST, Position

DAY_S = 86_400

_DAYS: Mapping[int, int] = {1: 1, 2: 3, 3: 7, 4: 14, 5: 31}


def floor(filter_type: int, now: float) -> Position:
    """Give the oldest position that a FilterType for mail lets through; 0 lets everything through.

    The window moves once a day, at midnight UTC, always including the whole of its first day: so
    nothing leaves it between two requests of a day.
    """
    days = _DAYS.get(filter_type)
    if days is None:
        return OLDEST
    midnight = now - now % DAY_S
    return Position(midnight - days * DAY_S, ItemId(0))
