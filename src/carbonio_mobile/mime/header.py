"""The header of a message as a list of fields to be edited; the body after it is never touched.

Spec: RFC 5322 2.1, 2.2.
"""

import re
from dataclasses import dataclass

from carbonio_mobile.mime.addresses import Mailbox, parse_addresses
from carbonio_mobile.mime.structure import Fields, Part, parse_fields, scan
from carbonio_mobile.mime.writing import CRLF

# Below what structure.py reads, for fields are added and encoding makes them longer.
MAX_FIELDS = 1500
MAX_HEADER_BYTES = 512 * 1024

_LINE_END = re.compile(rb"\r\n|\r|\n")
_BARE_LF = re.compile(rb"(?<!\r)\n")
_BARE_CR = re.compile(rb"\r(?!\n)")
_NAME = re.compile(rb"([!-9;-~]+)[ \t]*:")


@dataclass(slots=True)
class Header:
    """Fields in order: the lower-case name and the octets, each ending in CRLF.

    ``cut`` says that the source has more of them than are kept.
    """

    fields: list[tuple[str, bytes]]
    cut: bool = False

    @classmethod
    def of(cls, source: bytes, part: Part) -> "Header":
        """Read the header of a part; lines that are no fields, and too many, fall away."""
        fields: list[tuple[str, list[bytes]]] = []
        block = source[part.start : min(part.body_start, part.start + MAX_HEADER_BYTES)]
        cut = part.start + len(block) < part.body_start
        for line in _LINE_END.split(block):
            name = _NAME.match(line)
            if line[:1] in (b" ", b"\t") and fields and line.strip():
                fields[-1][1].append(line)
            elif name and len(fields) == MAX_FIELDS:
                cut = True
                break
            elif name:
                rest = line[name.end() :]
                fields.append((name[1].decode("ascii").lower(), [name[1] + b":" + rest]))
        return cls([(name, CRLF.join(lines) + CRLF) for name, lines in fields], cut)

    def __contains__(self, name: str) -> bool:
        return any(one == name for one, _ in self.fields)

    def drop(self, *names: str) -> None:
        """Take fields out."""
        self.fields = [one for one in self.fields if one[0] not in names]

    def drop_content(self) -> None:
        """Take out what describes the body, before another body is put in."""
        self.fields = [
            one
            for one in self.fields
            if not one[0].startswith("content-") and one[0] != "mime-version"
        ]

    def put(self, field: bytes) -> None:
        """Set a field: in the place of the first of that name, or before all others.

        Before, because readers stop somewhere in a header of thousands of fields.
        """
        name = field.partition(b":")[0].decode("ascii").lower()
        at = next((n for n, one in enumerate(self.fields) if one[0] == name), 0)
        before = self.fields[:at]
        after = [one for one in self.fields[at:] if one[0] != name]
        self.fields = [*before, (name, field), *after]

    def add_missing(self, field: bytes) -> None:
        """Set a field unless there is one of that name."""
        if field.partition(b":")[0].decode("ascii").lower() not in self:
            self.put(field)

    def parsed(self) -> Fields:
        """Give the fields for reading."""
        return parse_fields(bytes(self).rstrip(), [])[0]

    def addresses(self, name: str) -> list[Mailbox]:
        """Read an address list."""
        return parse_addresses(
            value.partition(b":")[2] for one, value in self.fields if one == name
        )

    def __bytes__(self) -> bytes:
        return b"".join(field for _, field in self.fields)


def split(source: bytes) -> tuple[Header, bytes]:
    """Cut a message into its header and the octets of its body."""
    root = scan_root(source)
    return Header.of(source, root), source[root.body_start :]


def scan_root(source: bytes) -> Part:
    """Give the part that is the whole message."""
    return scan(source).root


def wire_body(body: bytes) -> bytes:
    """Give a body as SMTP can carry it: octet for octet, unless line ends are missing a half."""
    if _BARE_LF.search(body):
        body = _BARE_LF.sub(CRLF, body)
    return _BARE_CR.sub(CRLF, body) if b"\r" in body and _BARE_CR.search(body) else body
