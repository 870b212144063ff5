"""Response codes: what stands in brackets before the text of a status response.

Spec: RFC 9051 7.1, RFC 5530, RFC 4315 3 (UIDPLUS), RFC 7162 (CONDSTORE, QRESYNC).
"""

import re
from dataclasses import dataclass

from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.imap.uidsets import UidSet, parse_uids

_CODE = re.compile(rb"\[([A-Za-z0-9\-./]{1,64})(?: ([^\r\n]*?))?\](?: |\Z)")
_MAX_DIGITS = 20
_MAX_UIDS = 1_000_000
"""No command of this client is about more messages; a server's range can name billions."""


@dataclass(frozen=True, slots=True)
class Code:
    """A code: its name in capitals, and what follows it within the brackets."""

    name: str
    argument: bytes = b""


@dataclass(frozen=True, slots=True)
class Appended:
    """Where appended messages went (APPENDUID)."""

    validity: int
    uids: UidSet


@dataclass(frozen=True, slots=True)
class Copied:
    """Which UIDs copied or moved messages got (COPYUID); both sets match in their order."""

    validity: int
    source: UidSet
    target: UidSet

    def pairs(self) -> dict[int, int]:
        """Give the new UID of each old one."""
        return dict(zip(self.source, self.target, strict=True))


def split_code(text: bytes) -> tuple[Code | None, bytes]:
    """Take a code off a status response's text; gives it and the rest."""
    found = _CODE.match(text)
    if found is None:
        return None, text
    return Code(found[1].decode("ascii").upper(), found[2] or b""), text[found.end() :]


def code_number(code: Code) -> int:
    """Give the number that a code is about: UIDVALIDITY, HIGHESTMODSEQ… Raises: ProtocolError."""
    if not code.argument.isdigit() or len(code.argument) > _MAX_DIGITS:
        raise ProtocolError(f"{code.name} without its number")
    return int(code.argument)


def appended(code: Code) -> Appended:
    """Read APPENDUID. Raises: ProtocolError."""
    words = code.argument.split()
    if len(words) != 2:
        raise ProtocolError("APPENDUID without its UIDs")
    uids = parse_uids(words[1])
    if len(uids) > _MAX_UIDS:
        raise ProtocolError("APPENDUID with too many UIDs")
    return Appended(code_number(Code(code.name, words[0])), uids)


def copied(code: Code) -> Copied:
    """Read COPYUID. Raises: ProtocolError."""
    words = code.argument.split()
    if len(words) != 3:
        raise ProtocolError("COPYUID without its UIDs")
    source, target = parse_uids(words[1]), parse_uids(words[2])
    if len(source) != len(target) or len(source) > _MAX_UIDS:
        raise ProtocolError("COPYUID with sets of two sizes, or too large ones")
    return Copied(code_number(Code(code.name, words[0])), source, target)
