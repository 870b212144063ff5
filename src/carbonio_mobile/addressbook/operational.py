"""The attributes that the server itself keeps of an entry: what they show, what finds them.

Spec: RFC 4512 3.4 and 4.2, RFC 4530 (entryUUID), RFC 5020 (entryDN), X.501 (hasSubordinates).
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final
from uuid import NAMESPACE_OID, UUID, uuid5

from carbonio_mobile.addressbook.column import Column
from carbonio_mobile.addressbook.folding import fold_value
from carbonio_mobile.addressbook.matching import Each, Everything, Nothing, Part
from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.ldap.attributes import Syntax
from carbonio_mobile.ldap.names import Dn, parse_dn
from carbonio_mobile.ldap.objectclasses import structural_class
from carbonio_mobile.ldap.schema import SUBSCHEMA_DN

if TYPE_CHECKING:
    from carbonio_mobile.addressbook.index import Index

_STAMP: Final = "modifytimestamp"
_NAMESPACE: Final = uuid5(NAMESPACE_OID, "carbonio-mobile address book")


def uuid_of(entry_id: str) -> str:
    """Give the entryUUID of an entry: its id where that is one, else one made of it."""
    try:
        return str(UUID(entry_id))
    except ValueError:
        return str(uuid5(_NAMESPACE, entry_id))


def time_of(stamp: float) -> str:
    """Write a time as RFC 4517 3.3.13."""
    return datetime.fromtimestamp(stamp, UTC).strftime("%Y%m%d%H%M%SZ")


def parts(name: Dn) -> Iterator[tuple[str, str]]:
    """Give the keys and values of all parts of a name."""
    for rdn in name.key:
        yield from rdn


def shown(index: "Index", row: int, key: str, container: Dn) -> tuple[str, ...]:
    """Give the values that the server keeps of an entry, if it has any."""
    made = _MADE.get(key)
    return () if made is None else made(index, row, container)


def present(index: "Index", key: str, column: Column | None) -> Part:
    """Select the entries that have an operational attribute."""
    if key == _STAMP:
        return Each(index, partial(_has_stamp, index), weight=1)
    if key in _MADE:
        return Everything(index)
    if column is None:
        return Nothing()
    return Each(index, partial(index.has, key=key), weight=2)


def equal(index: "Index", key: str, value: str, text: str, container: Dn | None) -> Part:
    """Select entries by the value of an operational attribute."""
    if key == "entrydn":
        return _named(index, text, container)
    if key == _STAMP:
        return Each(index, lambda row: _time(index, row) == value, weight=8)
    if key == "entryuuid":
        return Each(index, lambda row: uuid_of(index.id_of(row)) == value, weight=20)
    if key not in _MADE:
        return Nothing()
    return Each(index, lambda row: value in map(str.lower, _MADE[key](index, row, Dn())), weight=20)


def between(index: "Index", key: str, limit: str, *, up: bool) -> Part:
    """Select entries by the time of their last change."""
    if key != _STAMP:
        return Nothing()
    if up:
        return Each(index, lambda row: _time(index, row) >= limit, weight=8)
    return Each(index, lambda row: "" < _time(index, row) <= limit, weight=8)


def _named(index: "Index", text: str, container: Dn | None) -> Part:
    try:
        name = parse_dn(text)
    except ProtocolError:
        return Nothing()
    row = index.named(name) if container is not None and name.parent == container else None
    return Nothing() if row is None else Each(index, row.__eq__, weight=1)


def _has_stamp(index: "Index", row: int) -> bool:
    return index.stamps[row] > 0


def _time(index: "Index", row: int) -> str:
    stamp = index.stamps[row]
    return fold_value(Syntax.TIME, time_of(stamp)) or "" if stamp > 0 else ""


def _name(index: "Index", row: int, container: Dn) -> tuple[str, ...]:
    return (index.dn(row, str(container)),)


def _uuid(index: "Index", row: int, container: Dn) -> tuple[str, ...]:
    del container
    return (uuid_of(index.id_of(row)),)


def _changed(index: "Index", row: int, container: Dn) -> tuple[str, ...]:
    del container
    return (time_of(index.stamps[row]),) if _has_stamp(index, row) else ()


def _structural(index: "Index", row: int, container: Dn) -> tuple[str, ...]:
    del container
    found = structural_class(each.decode() for each in index.values(row, "objectclass"))
    return (found,) if found else ()


def _subordinates(index: "Index", row: int, container: Dn) -> tuple[str, ...]:
    del index, row, container
    return ("FALSE",)


def _subschema(index: "Index", row: int, container: Dn) -> tuple[str, ...]:
    del index, row, container
    return (SUBSCHEMA_DN,)


_MADE: Final[Mapping[str, Callable[["Index", int, Dn], tuple[str, ...]]]] = {
    "entrydn": _name,
    "entryuuid": _uuid,
    _STAMP: _changed,
    "structuralobjectclass": _structural,
    "hassubordinates": _subordinates,
    "subschemasubentry": _subschema,
}
"""Operational attributes that follow from the entry and its place; others are given by its card."""
KEYS: Final = tuple(_MADE)
