"""Criteria of SEARCH, put together from values.

Spec: RFC 9051 6.4.4, RFC 6203 (FUZZY), RFC 5032 (WITHIN is not needed: days are dates here).
"""

from carbonio_mobile.imap.commands import Argument, Literal, astring, string
from carbonio_mobile.imap.dates import day_text
from carbonio_mobile.imap.uidsets import UidSet

Criteria = tuple[Argument, ...]
"""Criteria side by side must all hold."""

ALL: Criteria = (b"ALL",)
UNDELETED: Criteria = (b"UNDELETED",)


def within(uids: UidSet) -> Criteria:
    """Take the messages of these UIDs only; the set must not be empty."""
    return (b"UID " + uids.text().encode("ascii"),)


def header(name: str, value: str) -> Criteria:
    """Take those whose header field of this name holds ``value``. Raises: ValueError (NUL)."""
    return (b"HEADER", astring(name.encode("ascii")), string(value.encode("utf-8")))


def contains(where: str, words: str) -> Criteria:
    """Take those that hold ``words``; ``where`` is TEXT, BODY, SUBJECT, FROM, TO, CC or BCC.

    Raises: ValueError (NUL).
    """
    return (where.encode("ascii"), string(words.encode("utf-8")))


def arrived_since(moment: float) -> Criteria:
    """Take those that arrived on the day of this point in time (UTC) or later.

    The server's day is of its own time zone: ask for a day more, and look at INTERNALDATE.
    """
    return (f"SINCE {day_text(moment)}".encode("ascii"),)


def arrived_before(moment: float) -> Criteria:
    """Take those that arrived before the day of this point in time; see ``arrived_since``."""
    return (f"BEFORE {day_text(moment)}".encode("ascii"),)


def together(*several: Criteria) -> Criteria:
    """Make one criterion of several that must all hold."""
    first, *rest = (argument for one in several for argument in one)
    if not isinstance(first, bytes):
        raise TypeError("a criterion begins with its name")
    # ALL is true of every message; with it no literal stands before the bracket, where no blank
    # may be.
    return (b"(" + first, *rest, b"ALL)")


def either(one: Criteria, other: Criteria) -> Criteria:
    """Take those to which one of two holds."""
    return (b"OR", *together(one), *together(other))


def inverted(one: Criteria) -> Criteria:
    """Take those to which it does not hold."""
    return (b"NOT", *together(one))


def fuzzy(one: Criteria) -> Criteria:
    """Take those to which it holds more or less; for a server with SEARCH=FUZZY.

    A Cyrus without its search index finds nothing by it: ask again without.
    """
    return (b"FUZZY", *together(one))


def is_ascii(criteria: Criteria) -> bool:
    """Tell whether they need no charset."""
    return all((one.octets if isinstance(one, Literal) else one).isascii() for one in criteria)
