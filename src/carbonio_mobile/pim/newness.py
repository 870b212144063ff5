"""Which of two states of an object is the newer one, by what they say themselves.

Spec: RFC 5546 2.1.5 (SEQUENCE before times); RFC 5545 3.8.7.3 (LAST-MODIFIED); RFC 6350 6.7.4
(REV).
"""

from collections.abc import Iterator
from dataclasses import replace

from carbonio_mobile.pim.calendars import read_when
from carbonio_mobile.pim.components import Component, parse
from carbonio_mobile.pim.contact import Contact
from carbonio_mobile.pim.event import Event
from carbonio_mobile.pim.item import Record
from carbonio_mobile.pim.moments import NO_ZONES

_PARTS = frozenset({"VCARD", "VEVENT", "VTODO", "VJOURNAL"})
_TIMES = ("LAST-MODIFIED", "REV")
_NEVER = float("-inf")


def is_newer(source: bytes, than: bytes) -> bool:
    """Tell whether a state of an object follows another one.

    The higher SEQUENCE does, among equal ones the later LAST-MODIFIED or REV; a state that says
    neither follows none.
    """
    return _age(source) > _age(than)


def _age(source: bytes) -> tuple[int, float]:
    sequence, modified = 0, _NEVER
    for one in _parts(parse(source)):
        said = one.first("SEQUENCE")
        number = "" if said is None else said.value.strip()
        if number.isascii() and number.isdigit() and len(number) < 10:
            sequence = max(sequence, int(number))
        for line in one.every(*_TIMES):
            when = read_when(line.value, "", NO_ZONES)
            modified = max(modified, _NEVER if when is None else when.at)
    return sequence, modified


def _parts(root: Component) -> Iterator[Component]:
    """Give the components that are states of the object, none that stand within them."""
    for one in root.components():
        if one.name in _PARTS:
            yield one
        elif one.name == "VCALENDAR":
            yield from _parts(one)


def says_the_same(one: Record, other: Record) -> bool:
    """Tell whether two records differ in nothing but when they were written down."""
    return type(one) is type(other) and _timeless(one) == _timeless(other)


def _timeless(record: Record) -> Record:
    if isinstance(record, Contact):
        return replace(record, faults=())
    if not isinstance(record, Event):
        return replace(record, modified_at=None, faults=())
    exceptions = tuple(
        one if one.details is None else replace(one, details=replace(one.details, dtstamp=None))
        for one in record.exceptions
    )
    details = replace(record.details, dtstamp=None)
    return replace(record, details=details, exceptions=exceptions, faults=())
