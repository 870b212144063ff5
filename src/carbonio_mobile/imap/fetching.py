"""FETCH responses: pairs of names and values to a ``Fetch``.

Spec: RFC 9051 7.5.2, RFC 7162 3.1.4 (MODSEQ), RFC 8970 (PREVIEW), RFC 8474 5 (OBJECTID).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Final

from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.imap.dates import parse_date
from carbonio_mobile.imap.responses import Fetch
from carbonio_mobile.imap.structure import read_structure
from carbonio_mobile.imap.values import TooMuch, Value, items, number, octets, text, values

_PLAIN = re.compile(
    rb'\(UID (\d{1,10}) FLAGS \(([^()"{ ]*(?: [^()"{ ]+)*)\)(?: MODSEQ \((\d{1,20})\))?\)\Z'
)
"""What listings of a hundred thousand messages consist of; read in a third of the time."""

_BEGINS = re.compile(rb"\(UID (\d{1,10}) ", re.IGNORECASE)

_SECTION_STARTS = (b"BODY[", b"BINARY[", b"RFC822")


def read_fetch(sequence: int, raw: Sequence[bytes], at: int) -> Fetch:
    """Read the list that begins at ``at`` of the first line.

    Raises: ProtocolError (no list of pairs, no UID; other faults of one value are noted, and what
    is too long or nested too deep to be read, if it begins with the UID).
    """
    plain = _PLAIN.match(raw[0], at)
    if plain is not None and len(raw) == 1:
        uid, flags, modseq = plain.groups()
        return Fetch(sequence, int(uid), _plain_flags(flags), modseq=int(modseq or 0))
    try:
        found = values(raw, at)
    except TooMuch as exc:
        return _unreadable(sequence, raw[0], at, exc)
    if len(found) != 1 or not isinstance(found[0], list) or len(found[0]) % 2:
        raise ProtocolError("FETCH without a list of pairs")
    fetch = Fetch(sequence)
    pairs = iter(found[0])
    for name, value in zip(pairs, pairs, strict=True):
        reader = _READERS.get(name) if isinstance(name, bytes) else None
        try:
            if reader is not None:
                reader(fetch, value)
            else:
                _read_other(fetch, octets(name), value)
        except ProtocolError as exc:
            if reader is _uid:
                raise
            fetch.faults += (f"{flag_text(octets(name))[:40]}: {exc}",)
    return fetch


def _unreadable(sequence: int, line: bytes, at: int, why: TooMuch) -> Fetch:
    """Give the message alone: the structure of one must not cost all others their connection."""
    begins = _BEGINS.match(line, at)
    if begins is None:
        raise why
    return Fetch(sequence, int(begins[1]), faults=(str(why),))


def _read_other(fetch: Fetch, name: bytes, value: Value) -> None:
    upper = name.upper()
    if upper.startswith(_SECTION_STARTS):
        key = upper.replace(b'"', b"").decode("latin-1")
        fetch.sections[key] = None if value is None else octets(value)
    elif upper != name and upper in _READERS:
        _READERS[upper](fetch, value)


@lru_cache(maxsize=256)
def flag_text(flag: bytes) -> str:
    """Give a flag as text; keywords beyond ASCII are UTF-8, or else Latin-1."""
    try:
        return flag.decode("utf-8")
    except UnicodeDecodeError:
        return flag.decode("latin-1")


@lru_cache(maxsize=1024)
def _plain_flags(flags: bytes) -> tuple[str, ...]:
    return tuple(map(flag_text, flags.split()))


def flags_of(value: Value) -> tuple[str, ...]:
    """Read a list of flags. Raises: ProtocolError."""
    return tuple([flag_text(octets(one)) for one in items(value)])


def _uid(fetch: Fetch, value: Value) -> None:
    fetch.uid = number(value)


def _flags(fetch: Fetch, value: Value) -> None:
    fetch.flags = flags_of(value)


def _date(fetch: Fetch, value: Value) -> None:
    fetch.date = parse_date(octets(value))


def _modseq(fetch: Fetch, value: Value) -> None:
    fetch.modseq = number(_only(value))


def _size(fetch: Fetch, value: Value) -> None:
    fetch.size = number(value)


def _structure(fetch: Fetch, value: Value) -> None:
    fetch.structure = read_structure(value)


def _preview(fetch: Fetch, value: Value) -> None:
    if isinstance(value, list):  # Dovecot's older form, with the algorithm: (FUZZY "text")
        value = value[-1] if value else None
    fetch.preview = None if value is None else octets(value)


def _email_id(fetch: Fetch, value: Value) -> None:
    fetch.email_id = text(_only(value))


def _thread_id(fetch: Fetch, value: Value) -> None:
    fetch.thread_id = text(_only(value))


def _only(value: Value) -> Value:
    if not isinstance(value, list):
        return value
    if len(value) != 1:
        raise ProtocolError("a list that should have one value")
    return value[0]


_READERS: Final[Mapping[bytes, Callable[[Fetch, Value], None]]] = {
    b"UID": _uid,
    b"FLAGS": _flags,
    b"INTERNALDATE": _date,
    b"MODSEQ": _modseq,
    b"RFC822.SIZE": _size,
    b"BODYSTRUCTURE": _structure,
    b"PREVIEW": _preview,
    b"EMAILID": _email_id,
    b"THREADID": _thread_id,
}
