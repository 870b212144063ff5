"""Raw responses (see ``framing``) to values.

What servers are known to do otherwise than the specifications is read: blanks at the end of lines
and double ones, names and conditions in small letters, a response code without text behind it, NIL
for an empty list, SEARCH without results or with a blank behind it. What is unknown is named and
skipped; what contradicts itself is a ProtocolError.

Spec: RFC 9051 7, RFC 3501 7; RFC 4731 (ESEARCH), RFC 7162 (VANISHED, MODSEQ), RFC 9208 (QUOTA),
RFC 2342 (NAMESPACE), RFC 4314 (ACL), RFC 2971 (ID), RFC 5161 (ENABLED).
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.imap.codes import split_code
from carbonio_mobile.imap.fetching import flag_text, flags_of, read_fetch
from carbonio_mobile.imap.framing import Raw
from carbonio_mobile.imap.responses import (
    Acl,
    Capabilities,
    Continuation,
    Enabled,
    Exists,
    Expunged,
    Flags,
    Found,
    Identity,
    Listed,
    MailboxStatus,
    MyRights,
    Namespaces,
    Quota,
    QuotaRoots,
    Response,
    Status,
    Unknown,
    Vanished,
)
from carbonio_mobile.imap.uidsets import LAST, UidSet, parse_uids
from carbonio_mobile.imap.values import (
    MAX_LINE_OCTETS,
    Value,
    items,
    name,
    number,
    octets,
    text,
    values,
)

_FETCH = re.compile(rb"\* (\d{1,10}) FETCH ", re.IGNORECASE)
_NUMBERED = re.compile(rb"\* (\d{1,10}) ([A-Za-z]+) *\Z")
_STATUS = re.compile(rb"([^ ]{1,64}) (OK|NO|BAD|BYE|PREAUTH)(?: +|\Z)", re.IGNORECASE)
_NAMED = re.compile(rb"\* ([A-Za-z][A-Za-z0-9\-.]{0,63}) *")
_UIDS = re.compile(rb"[\d ]*\Z")
_UID_DIGITS = 10
_MODSEQ = re.compile(rb"\(MODSEQ (\d{1,20})\) *\Z", re.IGNORECASE)


def parse(raw: Raw) -> Response:
    """Give the response that this is. Raises: ProtocolError."""
    line = raw[0]
    found = _FETCH.match(line)
    if found:
        return read_fetch(int(found[1]), raw, found.end())
    if line.startswith(b"+"):
        return Continuation(line[1:].strip())
    found = _STATUS.match(line)
    if found:
        tag = b"" if found[1] == b"*" else found[1]
        code, rest = split_code(line[found.end() :])
        return Status(tag, found[2].decode("ascii").upper(), code, rest)
    found = _NUMBERED.match(line)
    if found:
        return _numbered(int(found[1]), found[2].upper())
    found = _NAMED.match(line)
    if found is None:
        raise ProtocolError("no response of IMAP", offset=0)
    reader = _READERS.get(found[1].upper())
    if reader is None:
        return Unknown(found[1].decode("ascii").upper())
    return reader(raw, found.end())


def _numbered(count: int, kind: bytes) -> Response:
    if kind == b"EXISTS":
        return Exists(count)
    if kind == b"EXPUNGE":
        return Expunged(count)
    return Unknown(kind.decode("ascii"))


def words_of(octets_: bytes) -> frozenset[str]:
    """Give the words of a list of capabilities, in capitals."""
    if len(octets_) > MAX_LINE_OCTETS:
        raise ProtocolError("a line too long to be read as words")
    return frozenset(octets_.decode("latin-1").upper().split())


def _capability(raw: Raw, at: int) -> Response:
    return Capabilities(words_of(raw[0][at:]))


def _enabled(raw: Raw, at: int) -> Response:
    return Enabled(words_of(raw[0][at:]))


def _search(raw: Raw, at: int) -> Response:
    line = raw[0]
    modseq = _MODSEQ.search(line, max(at, len(line) - 40))
    numbers = line[at : modseq.start() if modseq else len(line)]
    if len(raw) > 1 or not _UIDS.match(numbers):
        raise ProtocolError("SEARCH with other than numbers")
    words = numbers.split()
    found = [int(one) for one in words if len(one) <= _UID_DIGITS]
    if len(found) < len(words) or (found and not 0 < min(found) <= max(found) <= LAST):
        raise ProtocolError("a number out of bounds")
    return Found(UidSet.of(found), modseq=int(modseq[1]) if modseq else 0)


def _esearch(raw: Raw, at: int) -> Response:
    line = raw[0]
    words = values([line], at) if len(line) <= MAX_LINE_OCTETS else _long_esearch(line, at)
    tag = b""
    if words and isinstance(words[0], list):
        correlator = words.pop(0)
        tag = octets(items(correlator)[-1]) if correlator else b""
    if words and text(words[0]).upper() == "UID":
        words.pop(0)
    pairs = _pairs(words)
    found = pairs.get("ALL")
    return Found(
        UidSet() if found is None else parse_uids(octets(found)),
        tag,
        count=_number_or_none(pairs, "COUNT"),
        least=_number_or_none(pairs, "MIN"),
        greatest=_number_or_none(pairs, "MAX"),
        modseq=_number_or_none(pairs, "MODSEQ") or 0,
    )


def _long_esearch(line: bytes, at: int) -> list[Value]:
    """Read one whose set is longer than what is taken for a value otherwise."""
    words: list[Value] = []
    for word in line[at:].split():
        if word.startswith(b'"') or word.endswith(b")"):
            words = [[*words, word.strip(b'")')]]
        else:
            words.append(word.lstrip(b"("))
    return words


def _number_or_none(pairs: Mapping[str, Value], key: str) -> int | None:
    return number(pairs[key]) if key in pairs else None


def _vanished(raw: Raw, at: int) -> Response:
    rest = raw[0][at:].strip()
    earlier = rest[:9].upper() == b"(EARLIER)"
    return Vanished(parse_uids(rest[9:].strip() if earlier else rest), earlier)


def _list(raw: Raw, at: int) -> Response:
    found = values(raw, at)
    if len(found) < 3:
        raise ProtocolError("LIST without its three values")
    attributes = frozenset(text(one).lower() for one in items(found[0]))
    return Listed(name(found[2]), attributes, text(found[1]))


def _status(raw: Raw, at: int) -> Response:
    found = values(raw, at)
    if len(found) != 2:
        raise ProtocolError("STATUS without its two values")
    pairs = _pairs(items(found[1]))
    identity = pairs.pop("MAILBOXID", None)
    numbers = {key: number(value) for key, value in pairs.items() if not isinstance(value, list)}
    return MailboxStatus(name(found[0]), numbers, text(items(identity)[0]) if identity else "")


def _flags(raw: Raw, at: int) -> Response:
    found = values(raw, at)
    return Flags(flags_of(found[0] if found else None))


def _quota(raw: Raw, at: int) -> Response:
    found = values(raw, at)
    if len(found) != 2:
        raise ProtocolError("QUOTA without its two values")
    flat = items(found[1])
    triples = zip(flat[::3], flat[1::3], flat[2::3], strict=False)
    resources = {text(key).upper(): (number(used), number(most)) for key, used, most in triples}
    return Quota(octets(found[0]), resources)


def _quota_root(raw: Raw, at: int) -> Response:
    found = values(raw, at)
    if not found:
        raise ProtocolError("QUOTAROOT without a mailbox")
    return QuotaRoots(name(found[0]), tuple(map(octets, found[1:])))


def _namespace(raw: Raw, at: int) -> Response:
    return Namespaces(*(tuple(_namespaces(kind)) for kind in values(raw, at)[:3]))


def _namespaces(value: Value) -> Iterator[tuple[bytes, str]]:
    for one in items(value):
        prefix, separator, *_ = *items(one), None, None
        yield octets(prefix), text(separator)


def _my_rights(raw: Raw, at: int) -> Response:
    found = values(raw, at)
    if len(found) != 2:
        raise ProtocolError("MYRIGHTS without its two values")
    return MyRights(name(found[0]), frozenset(text(found[1])))


def _acl(raw: Raw, at: int) -> Response:
    found = values(raw, at)
    if not found:
        raise ProtocolError("ACL without a mailbox")
    pairs = zip(found[1::2], found[2::2], strict=False)
    rights = {octets(who): frozenset(text(what)) for who, what in pairs}
    return Acl(name(found[0]), rights)


def _id(raw: Raw, at: int) -> Response:
    found = values(raw, at)
    flat = items(found[0]) if found else []
    pairs = zip(flat[::2], flat[1::2], strict=False)
    return Identity({text(key).lower(): flag_text(octets(value)) for key, value in pairs})


def _pairs(flat: Sequence[Value]) -> dict[str, Value]:
    return {text(key).upper(): value for key, value in zip(flat[::2], flat[1::2], strict=False)}


_READERS: Final[Mapping[bytes, Callable[[Raw, int], Response]]] = {
    b"CAPABILITY": _capability,
    b"ENABLED": _enabled,
    b"SEARCH": _search,
    b"ESEARCH": _esearch,
    b"VANISHED": _vanished,
    b"LIST": _list,
    b"LSUB": _list,
    b"XLIST": _list,
    b"STATUS": _status,
    b"FLAGS": _flags,
    b"QUOTA": _quota,
    b"QUOTAROOT": _quota_root,
    b"NAMESPACE": _namespace,
    b"MYRIGHTS": _my_rights,
    b"ACL": _acl,
    b"ID": _id,
}
