"""Why a waiting request was woken."""

from dataclasses import dataclass

from carbonio_mobile.ids import FolderId


@dataclass(frozen=True, slots=True, kw_only=True)
class Wake:
    """What a watch noticed; all empty means that time was up.

    ``superseded``: a newer request of the device took this one's place.
    """

    folders: frozenset[FolderId] = frozenset()
    hierarchy: bool = False
    superseded: bool = False


TIME_UP = Wake()
