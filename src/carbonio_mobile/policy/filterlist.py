"""Changes of the list of version filters; a filter's id is its place in it.

Spec: ../shared/carbonio/cli.md 2.4.
"""

from collections.abc import Sequence

from carbonio_mobile.errors import NotFound, TooLarge
from carbonio_mobile.policy.versionfilters import FILTERS_COUNT, EasFilter

Filters = Sequence[EasFilter]


def bounded(filters: Filters) -> Filters:
    """Give the list as it is. Raises: TooLarge."""
    if len(filters) > FILTERS_COUNT:
        raise TooLarge(f"there are {FILTERS_COUNT} filters at the most")
    return tuple(filters)


def added(filters: Filters, new: EasFilter) -> Filters:
    """Give the list with a filter at its end. Raises: TooLarge."""
    return bounded((*filters, new))


def without(filters: Filters, place: int) -> Filters:
    """Give the list without one filter; those after it move up. Raises: NotFound."""
    _require(filters, place)
    return (*filters[:place], *filters[place + 1 :])


def moved(filters: Filters, place: int, to: int) -> Filters:
    """Give the list with a filter at another place, the end where that is past it.

    Raises: NotFound.
    """
    _require(filters, place)
    left = list(without(filters, place))
    left.insert(max(0, to), filters[place])
    return tuple(left)


def _require(filters: Filters, place: int) -> None:
    if not 0 <= place < len(filters):
        known = f"ids go from 0 to {len(filters) - 1}" if filters else "there are no filters"
        raise NotFound(f"there is no filter {place}; {known}")
