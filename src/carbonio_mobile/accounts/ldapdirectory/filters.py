"""``Template``: a search filter of the configuration, with places for values.

The text is read once, by ldaptor; what a login says goes into the finished tree as octets and is
never read as a filter, so nothing needs escaping.

Spec: RFC 4515 (the text), RFC 4511 4.5.1.7 (the octets).
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from ldaptor.ldapfilter import InvalidLDAPFilter, parseFilter
from ldaptor.protocols import pureldap

from carbonio_mobile.errors import ConfigError
from carbonio_mobile.ldap.ber import OCTETS, SEQUENCE, element

Values = Mapping[str, bytes]
_Encoder = Callable[[Values], bytes]

_AND: Final = 0xA0
_OR: Final = 0xA1
_NOT: Final = 0xA2
_EQUAL: Final = 0xA3
_SUBSTRINGS: Final = 0xA4
_PRESENT: Final = 0x87
_RULE: Final = 0xA9
_ASSERTIONS: Final[Mapping[type, int]] = {
    pureldap.LDAPFilter_equalityMatch: _EQUAL,
    pureldap.LDAPFilter_greaterOrEqual: 0xA5,
    pureldap.LDAPFilter_lessOrEqual: 0xA6,
    pureldap.LDAPFilter_approxMatch: 0xA8,
}
_PARTS: Final[Mapping[type, int]] = {
    pureldap.LDAPFilter_substrings_initial: 0x80,
    pureldap.LDAPFilter_substrings_any: 0x81,
    pureldap.LDAPFilter_substrings_final: 0x82,
}
_PLACE = re.compile(rb"\{([a-z]+)\}")
_NESTED_MAX = 16


class Template:
    """A filter with places like ``{address}`` in its values.

    Raises: ConfigError (no filter, or a place that is none of ``places``).
    """

    def __init__(self, text: str, *places: str, option: str = "filter") -> None:
        self.text = text
        try:
            tree = parseFilter(text)
        except (InvalidLDAPFilter, ValueError) as exc:
            raise ConfigError(option, f"no LDAP filter: {text}") from exc
        strange = [name for name in _PLACE.findall(text.encode()) if name.decode() not in places]
        if strange:
            known = ", ".join(f"{{{name}}}" for name in places) or "none"
            raise ConfigError(option, f"no such place {strange[0].decode()}; there are {known}")
        self._encode = _encoder(tree, option, 0)

    def __repr__(self) -> str:
        return f"Template({self.text!r})"

    def filled(self, **values: str) -> bytes:
        """Give the filter's octets with values in its places."""
        return self._encode({name: octets(value) for name, value in values.items()})


def octets(text: str) -> bytes:
    """Give a text as the directory has it; what no text can be becomes what none is."""
    return text.encode("utf-8", "replace")


def equal(attribute: str, value: str) -> bytes:
    """Give the filter that an attribute has a value."""
    return element(_EQUAL, element(OCTETS, octets(attribute)) + element(OCTETS, octets(value)))


def at_least(attribute: str, value: str) -> bytes:
    """Give the filter that an attribute has a value from this one on."""
    return element(0xA5, element(OCTETS, octets(attribute)) + element(OCTETS, octets(value)))


def present(attribute: str) -> bytes:
    """Give the filter that an attribute has some value."""
    return element(_PRESENT, octets(attribute))


def all_of(*filters: bytes) -> bytes:
    """Give the filter that all of these hold."""
    return element(_AND, b"".join(filters))


def any_of(filters: Iterable[bytes]) -> bytes:
    """Give the filter that one of these holds."""
    return element(_OR, b"".join(filters))


ANYTHING: Final = present("objectClass")
"""Every entry."""


def _encoder(node: Any, option: str, depth: int) -> _Encoder:
    if depth > _NESTED_MAX:
        raise ConfigError(option, f"the filter is nested deeper than {_NESTED_MAX}")
    if isinstance(node, pureldap.LDAPFilter_and | pureldap.LDAPFilter_or):
        tag = _AND if isinstance(node, pureldap.LDAPFilter_and) else _OR
        return _set(tag, [_encoder(each, option, depth + 1) for each in node])
    if isinstance(node, pureldap.LDAPFilter_not):
        return _set(_NOT, [_encoder(node.value, option, depth + 1)])
    if isinstance(node, pureldap.LDAPFilter_present):
        return _fixed(element(_PRESENT, _raw(node)))
    if isinstance(node, pureldap.LDAPFilter_substrings):
        return _substrings(node)
    if isinstance(node, pureldap.LDAPFilter_extensibleMatch):
        return _rule(node)
    return _assertion(_ASSERTIONS[type(node)], node)


def _fixed(whole: bytes) -> _Encoder:
    return lambda _values: whole


def _set(tag: int, inside: list[_Encoder]) -> _Encoder:
    return lambda values: element(tag, b"".join(each(values) for each in inside))


def _assertion(tag: int, node: Any) -> _Encoder:
    name, value = element(OCTETS, _raw(node.attributeDesc)), _raw(node.assertionValue)
    return lambda values: element(tag, name + element(OCTETS, _put(value, values)))


def _substrings(node: Any) -> _Encoder:
    name = element(OCTETS, _raw(node.type) if hasattr(node.type, "value") else octets_of(node.type))
    parts = [(_PARTS[type(each)], _raw(each)) for each in node.substrings]

    def encode(values: Values) -> bytes:
        inside = b"".join(element(tag, _put(value, values)) for tag, value in parts)
        return element(_SUBSTRINGS, name + element(SEQUENCE, inside))

    return encode


def _rule(node: Any) -> _Encoder:
    fixed = b""
    if node.matchingRule is not None:
        fixed += element(0x81, _raw(node.matchingRule))
    if node.type is not None:
        fixed += element(0x82, _raw(node.type))
    value = _raw(node.matchValue)
    tail = (
        element(0x84, b"\xff") if node.dnAttributes is not None and node.dnAttributes.value else b""
    )
    return lambda values: element(_RULE, fixed + element(0x83, _put(value, values)) + tail)


def _raw(part: Any) -> bytes:
    return octets_of(part.value)


def octets_of(value: str | bytes) -> bytes:
    """Give what ldaptor holds, a text or octets, as octets."""
    return value if isinstance(value, bytes) else value.encode()


def _put(value: bytes, values: Values) -> bytes:
    return _PLACE.sub(lambda place: values[place[1].decode()], value)
