"""A server's side of the grammar, for round trips: values to the octets of a response."""

from carbonio_mobile.imap.framing import Raw
from carbonio_mobile.imap.structure import BodyPart
from carbonio_mobile.imap.values import Value

_ATOM = set(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-./$\\")


class Writer:
    """Collects lines and literals; ``literal_from`` octets on, a string becomes a literal."""

    def __init__(self, literal_from: int = 1_000) -> None:
        self._literal_from = literal_from
        self._parts: Raw = [b""]

    def put(self, octets: bytes) -> None:
        """Add to the line."""
        self._parts[-1] += octets

    def value(self, value: Value) -> None:
        """Add a value."""
        if value is None:
            self.put(b"NIL")
        elif isinstance(value, list):
            self.put(b"(")
            for index, one in enumerate(value):
                self.put(b" " if index else b"")
                self.value(one)
            self.put(b")")
        else:
            self._string(value)

    def _string(self, octets: bytes) -> None:
        if len(octets) >= self._literal_from or set(octets) & set(b"\r\n\0"):
            self._parts += [octets, b""]
        elif octets and set(octets) <= _ATOM and octets.upper() != b"NIL":
            self.put(octets)
        else:
            escaped = octets.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
            self.put(b'"' + escaped + b'"')

    @property
    def raw(self) -> Raw:
        """Lines and literals in turn."""
        return self._parts

    @property
    def wire(self) -> bytes:
        """The response as it is sent."""
        return (
            b"".join(
                b"{%d}\r\n%b" % (len(part), part) if index & 1 else part
                for index, part in enumerate(self._parts)
            )
            + b"\r\n"
        )


def structure_value(part: BodyPart) -> Value:
    """Give BODYSTRUCTURE of a part."""
    disposition: Value = None
    if part.disposition:
        disposition = [part.disposition.encode(), _parameters(part.disposition_parameters)]
    if part.is_multipart:
        children = [structure_value(one) for one in part.parts]
        subtype = part.content_type.partition("/")[2].encode()
        tail = [_parameters(part.parameters), disposition, None, part.location or None]
        return [*children, subtype, *tail]
    kind, _, subtype_text = part.content_type.partition("/")
    value: list[Value] = [
        kind.encode(),
        subtype_text.encode(),
        _parameters(part.parameters),
        part.content_id or None,
        part.description or None,
        part.encoding.encode(),
        b"%d" % part.size,
    ]
    if kind == "text":
        value.append(b"%d" % part.lines)
    elif part.content_type == "message/rfc822":
        value += [[None] * 10, structure_value(part.parts[0]), b"%d" % part.lines]
    return [*value, None, disposition, None, part.location or None]


def _parameters(parameters: object) -> Value:
    if not isinstance(parameters, dict) or not parameters:
        return None
    return [one for name, value in parameters.items() for one in (name.encode(), value)]
