"""Records as JSON, so that a Sync reads what was extracted when the object was stored.

Defaults are left out, octets are base64, dates ISO 8601. The form follows from the fields of the
dataclasses: a field that is added later needs a default, and then old records stay readable.
"""

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass, replace
from datetime import date
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")
Reader = Callable[[Any], Any]


def to_doc(record: object) -> dict[str, Any]:
    """Give the JSON form of a dataclass whose fields are plain values, tuples and dataclasses."""
    doc = {}
    kind: Any = type(record)
    for name, default in _defaults(kind):
        value = getattr(record, name)
        if value != default:
            doc[name] = _written(value)
    return doc


def from_doc(kind: type[T], doc: Mapping[str, Any]) -> T:
    """Read the form of :func:`to_doc`. Raises: ValueError, TypeError, KeyError."""
    hashable: Any = kind  # as every class is; mypy wants to be told
    readers = _readers(hashable)
    return kind(
        **{
            name: value if (read := readers[name]) is None else read(value)
            for name, value in doc.items()
            if name in readers
        }
    )


def to_difference(record: object, base: object) -> dict[str, Any]:
    """Give the JSON form of what a dataclass says otherwise than another of its kind."""
    doc = {}
    kind: Any = type(record)
    for name, _ in _defaults(kind):
        value = getattr(record, name)
        if value != getattr(base, name):
            doc[name] = _written(value)
    return doc


def from_difference(base: T, doc: Mapping[str, Any]) -> T:
    """Read the form of :func:`to_difference`. Raises: ValueError, TypeError, KeyError."""
    given: Any = base
    kind: Any = type(base)
    readers = _readers(kind)
    said = {name: value for name, value in doc.items() if name in readers}
    read = {
        name: value if (reader := readers[name]) is None else reader(value)
        for name, value in said.items()
    }
    changed: T = replace(given, **read)
    return changed


def _written(value: Any) -> Any:
    if isinstance(value, str | int | float | NoneType):
        return value
    if isinstance(value, bytes):
        return b64encode(value).decode("ascii")
    if isinstance(value, tuple):
        return [_written(one) for one in value]
    if isinstance(value, date):
        return value.isoformat()
    return to_doc(value)


@cache
def _defaults(kind: type) -> tuple[tuple[str, Any], ...]:
    assert is_dataclass(kind)
    return tuple((each.name, _default(each)) for each in fields(kind))


def _default(each: "Field[Any]") -> Any:
    if each.default is not MISSING:
        return each.default
    return each.default_factory() if each.default_factory is not MISSING else MISSING


@cache
def _readers(kind: type) -> Mapping[str, Reader | None]:
    """Give for each field how its JSON is read, None where it is the value itself."""
    assert is_dataclass(kind)
    hints = get_type_hints(kind)
    return {each.name: _reader(hints[each.name]) for each in fields(kind)}


def _reader(hint: Any) -> Reader | None:
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        (inner,) = [one for one in get_args(hint) if one is not NoneType]
        read = _reader(inner)
        return None if read is None else lambda value: None if value is None else read(value)
    if origin is tuple:
        return _tuple_reader(get_args(hint))
    if is_dataclass(hint):
        kind: Any = hint
        return lambda value: from_doc(kind, value)
    if hint is bytes:
        return b64decode
    return date.fromisoformat if hint is date else None


def _tuple_reader(args: tuple[Any, ...]) -> Reader:
    if len(args) == 2 and args[1] is Ellipsis:
        read = _reader(args[0])
        return tuple if read is None else lambda value: tuple([read(one) for one in value])
    readers = [_reader(one) for one in args]
    return lambda value: tuple(
        one if read is None else read(one) for read, one in zip(readers, value, strict=True)
    )
