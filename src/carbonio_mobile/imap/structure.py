"""``BodyPart``: a message's parts as BODYSTRUCTURE tells them, without its octets.

Parameters, identifiers and descriptions are the octets of the header, decoded by nobody (RFC 2047
and 2231 are the business of ``mime``). What is missing or of another kind than it should be takes
its default: servers build this from whatever mail they got.

Spec: RFC 9051 7.5.2 (BODYSTRUCTURE), 6.4.5.1 (numbers of parts).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.imap.values import Value

MAX_PARTS = 2_000
"""Of one multipart; all of them are bounded by the length of the line."""

_LEAF = 7
"""Type, subtype, parameters, id, description, encoding, size: what every single part has."""


@dataclass(slots=True, kw_only=True)
class BodyPart:
    """One part. ``section`` is how FETCH names it: ``1.2``; empty for the message's own multipart.

    ``content_type``, ``encoding`` and ``disposition`` are lower case; ``size`` is the octets as
    encoded; the names of parameters are lower case. ``parts`` are those of a multipart, or the
    one body of a message/rfc822, whose ``subject`` is here too.
    """

    section: str
    content_type: str
    parameters: Mapping[str, bytes] = field(default_factory=dict)
    content_id: bytes = b""
    description: bytes = b""
    encoding: str = ""
    size: int = 0
    lines: int = 0
    disposition: str = ""
    disposition_parameters: Mapping[str, bytes] = field(default_factory=dict)
    location: bytes = b""
    subject: bytes = b""
    parts: tuple["BodyPart", ...] = ()

    @property
    def is_multipart(self) -> bool:
        """Whether it has parts of its own and no octets."""
        return self.content_type.startswith("multipart/")

    def walk(self) -> Iterator["BodyPart"]:
        """Give this part and all below it, in the order of the message."""
        waiting = [self]
        while waiting:
            part = waiting.pop()
            yield part
            waiting.extend(reversed(part.parts))


def read_structure(value: Value) -> BodyPart:
    """Make the parts of what stood behind BODYSTRUCTURE. Raises: ProtocolError (none at all)."""
    part = _part(value, "")
    if not (part.is_multipart or part.section):
        part.section = "1"
    return part


def _part(value: Value, section: str) -> BodyPart:
    if not isinstance(value, list) or not value:
        raise ProtocolError("no body structure")
    if isinstance(value[0], bytes) and isinstance(_at(value, 1), bytes):
        return _single(value, section)
    # Some servers tell a multipart without parts as ("mixed" ("boundary" …)) or (NIL "mixed" …).
    return _multipart(value if value[0] is not None else value[1:], section)


def _multipart(value: list[Value], section: str) -> BodyPart:
    count = 0
    while count < len(value) and isinstance(value[count], list):
        count += 1
    if count > MAX_PARTS:
        raise ProtocolError("a multipart of too many parts")
    below = f"{section}." if section else ""
    parts = tuple(_part(value[index], f"{below}{index + 1}") for index in range(count))
    rest = value[count:]
    disposition, named = _disposition(_at(rest, 2))
    return BodyPart(
        section=section,
        content_type=f"multipart/{_lower(_at(rest, 0)) or 'mixed'}",
        parameters=_parameters(_at(rest, 1)),
        disposition=disposition,
        disposition_parameters=named,
        location=_octets(_at(rest, 4)),
        parts=parts,
    )


def _single(value: list[Value], section: str) -> BodyPart:
    content_type = f"{_lower(value[0])}/{_lower(_at(value, 1))}"
    parts: tuple[BodyPart, ...] = ()
    subject = b""
    beyond = _LEAF
    lines: Value = None
    if content_type.startswith("text/"):
        if _is_number(_at(value, _LEAF)):
            lines, beyond = value[_LEAF], _LEAF + 1
    elif _embeds(content_type, value):
        parts = (_embedded(value[_LEAF + 1], section or "1"),)
        envelope = value[_LEAF]
        subject = _octets(_at(envelope, 1)) if isinstance(envelope, list) else b""
        lines, beyond = _at(value, _LEAF + 2), _LEAF + 3
    disposition, named = _disposition(_at(value, beyond + 1))
    return BodyPart(
        section=section,
        content_type=content_type,
        parameters=_parameters(_at(value, 2)),
        content_id=_octets(_at(value, 3)),
        description=_octets(_at(value, 4)),
        encoding=_lower(_at(value, 5)),
        size=_number(_at(value, 6)),
        lines=_number(lines),
        disposition=disposition,
        disposition_parameters=named,
        location=_octets(_at(value, beyond + 3)),
        subject=subject,
        parts=parts,
    )


def _embeds(content_type: str, value: list[Value]) -> bool:
    """Tell whether a message in the message is taken apart; not every server does that."""
    return content_type in {"message/rfc822", "message/global"} and isinstance(
        _at(value, _LEAF + 1), list
    )


def _embedded(value: Value, section: str) -> BodyPart:
    # A multipart goes by the number of the message that it fills; a single part is number 1 in it.
    is_multipart = isinstance(value, list) and value and isinstance(value[0], list)
    return _part(value, section if is_multipart else f"{section}.1")


def _disposition(value: Value) -> tuple[str, Mapping[str, bytes]]:
    if isinstance(value, list):
        return _lower(_at(value, 0)), _parameters(_at(value, 1))
    return _lower(value), {}


def _parameters(value: Value) -> Mapping[str, bytes]:
    if not isinstance(value, list):
        return {}
    pairs = zip(value[::2], value[1::2], strict=False)
    return {_lower(name): _octets(given) for name, given in pairs}


def _at(value: list[Value], index: int) -> Value:
    return value[index] if index < len(value) else None


def _octets(value: Value) -> bytes:
    return value if isinstance(value, bytes) else b""


def _lower(value: Value) -> str:
    return value.decode("latin-1").lower() if isinstance(value, bytes) else ""


def _is_number(value: Value) -> bool:
    return isinstance(value, bytes) and value.isdigit() and len(value) <= 20


def _number(value: Value) -> int:
    return int(value) if isinstance(value, bytes) and _is_number(value) else 0
