"""What a search wants by its controls: pages, an order, a part of a list.

Spec: RFC 2696, RFC 2891, draft-ietf-ldapext-ldapv3-vlv-09; ../shared/ldap/outlook-and-peers.md 2.5.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.ldap import controls as written
from carbonio_mobile.ldap import oids
from carbonio_mobile.ldap.attributes import Syntax, attribute
from carbonio_mobile.ldap.requests import Control
from carbonio_mobile.ldap.results import Result

T = TypeVar("T")


class SearchFault(Exception):
    """A search ends with this result; ``controls`` go with it."""

    def __init__(
        self,
        code: Result,
        text: str = "",
        *,
        matched: str = "",
        controls: tuple[Control, ...] = (),
    ) -> None:
        super().__init__(f"result {int(code)} {text}".rstrip())
        self.code = code
        self.text = text
        self.matched = matched
        self.controls = controls


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a search wants beside entries. ``sorted`` says how sorting went, where it was asked for.

    Without ``keys`` entries come as they are found.
    """

    paging: written.Paging | None = None
    keys: tuple[written.SortKey, ...] = ()
    sorted: Control | None = None
    view: written.View | None = None

    @property
    def answers(self) -> tuple[Control, ...]:
        """The controls that go with any answer."""
        return () if self.sorted is None else (self.sorted,)


PLAIN = Wishes()


def wishes_of(controls: Sequence[Control]) -> Wishes:
    """Read the controls of a search. Raises: SearchFault."""
    paging = _read(controls, oids.PAGED_RESULTS, written.read_paging)
    asked = _read(controls, oids.SORT, written.read_sort)
    view = _read(controls, oids.VIEW, written.read_view)
    keys, answer = _order(asked or ())
    if asked and not keys and _is_critical(controls, oids.SORT):
        raise SearchFault(Result.UNAVAILABLE_CRITICAL_EXTENSION, controls=(answer,))
    wishes = Wishes(paging=paging, keys=keys, sorted=answer if asked else None, view=view)
    if view is not None and not keys:
        missing = written.viewed_control(0, 0, Result.SORT_CONTROL_MISSING)
        raise SearchFault(Result.VIRTUAL_LIST_VIEW_ERROR, controls=(*wishes.answers, missing))
    if view is not None and paging is not None:
        raise SearchFault(Result.UNWILLING_TO_PERFORM, "pages and a view do not go together")
    return wishes


def _read(controls: Sequence[Control], oid: str, read: Callable[[bytes | None], T]) -> T | None:
    values = [each.value for each in controls if each.oid == oid]
    if not values:
        return None
    try:
        if len(values) > 1:
            raise ProtocolError("a control that comes twice")
        return read(values[0])
    except ProtocolError as exc:
        raise SearchFault(Result.PROTOCOL_ERROR, "a control cannot be read") from exc


def _is_critical(controls: Sequence[Control], oid: str) -> bool:
    return any(each.critical for each in controls if each.oid == oid)


def _order(
    asked: tuple[written.SortKey, ...],
) -> tuple[tuple[written.SortKey, ...], Control]:
    """Give the keys to sort by, none where one does not do, and what is said of it.

    Whatever rule is named, texts are compared without case.
    """
    for each in asked:
        known = attribute(each.name)
        if known is None:
            return (), written.sorted_control(Result.NO_SUCH_ATTRIBUTE, each.name)
        if known.operational or known.syntax is Syntax.BINARY:
            return (), written.sorted_control(Result.INAPPROPRIATE_MATCHING, each.name)
    return asked, written.sorted_control(Result.SUCCESS)
