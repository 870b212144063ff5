"""Categories as the keywords of IMAP, and the keywords that other clients set as categories.

A category goes out as Thunderbird (2026) writes the keyword of a tag: ASCII that an atom may hold
as it stands, every other octet of its UTF-8 as ``=`` and two hex digits; its five first tags have
keywords of their own. One that becomes too long by that goes out in punycode behind ``=-``.

Servers hold that keywords which differ in case alone are one. So what is compared is
:func:`folded`, and a category comes back in the case in which the mailbox first saw its keyword.

Spec: RFC 9051 2.3.2, RFC 5788 (the registry of keywords), RFC 9979; Thunderbird's tag service; eM
Client's labels.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

from carbonio_mobile.imap import lostcase, names

MAX_KEYWORD_OCTETS = 50
"""What Dovecot takes as it is delivered (mail_max_keyword_length)."""

MAX_CATEGORY_CHARS = 255

LABELS: Mapping[str, str] = {
    "$label1": "Important",
    "$label2": "Work",
    "$label3": "Personal",
    "$label4": "To Do",
    "$label5": "Later",
}
"""The tags that Thunderbird begins with, and other clients know as well."""

TECHNICAL = frozenset(
    {
        "dtag-document",
        "dtag-image",
        "forwarded",
        "hasattachment",
        "hasnoattachment",
        "hastd",
        "ismailinglist",
        "isnotification",
        "istrusted",
        "junk",
        "junkrecorded",
        "mdnsent",
        "nil",
        "nonjunk",
        "notjunk",
        "receipt-handled",
        "redirected",
    }
)
"""Keywords without ``$`` that programs set for themselves: filters of junk, receipts, servers."""

# All registered keywords begin with $ (RFC 5788 4), and so do those that vendors make up.
_PROGRAMS = re.compile(r"[\\$]|x-me-annot-|unknown-\d")
_KEYWORDS_BY_LABEL = {name: label for label, name in LABELS.items()}
_ATOM = re.compile(r"[A-Za-z0-9$+,\-./:;<>=?@^_`|~!#&'\[]{1,50}\Z")
_NO_TEXT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_PUNYCODE = "=-"

Form = Callable[[str], str | None]
"""From a keyword to a category or back; None where it cannot be, or is not done."""


def folded(keyword: str) -> str:
    """Give the form in which keywords and flags are the same or not."""
    return keyword.lower()


def is_technical(keyword: str) -> bool:
    """Tell whether a flag or keyword is one that programs set, and no category."""
    small = folded(keyword)
    return small in TECHNICAL or (small not in LABELS and _PROGRAMS.match(small) is not None)


def keyword(category: str) -> str | None:
    """Give the keyword of a category, an atom of at most ``MAX_KEYWORD_OCTETS``.

    The law is that of :func:`spellings`. None: it has no keyword short enough, or is no text.
    """
    return next(iter(spellings(category)), None)


@lru_cache(maxsize=4096)
def spellings(name: str) -> tuple[str, ...]:
    """Give every keyword that is read as a category, the one that is written first.

    ``category(one) == name`` for each. Other clients set the others: who takes a category off,
    takes off all of them.
    """
    if not _is_text(name):
        return ()
    found: dict[str, str] = {}
    for one in _written(name):
        if _ATOM.match(one) and category(one) == name:
            found.setdefault(folded(one), one)
    return tuple(found.values())


@lru_cache(maxsize=4096)
def category(keyword: str) -> str | None:
    """Give the category that a keyword stands for, as readable as it can be made.

    Of what other clients set, the forms of Thunderbird (old and new) and eM Client are undone; any
    other is its own name. None: a flag of the system, a keyword that programs set, or none that
    could be taken off again (longer than ``MAX_KEYWORD_OCTETS``, no atom).
    """
    if not _ATOM.match(keyword) or is_technical(keyword):
        return None
    small = folded(keyword)
    if small in LABELS:
        return LABELS[small]
    for read, write in _FORMS:
        name = read(keyword)
        if name is not None and _is_text(name) and folded(write(name) or "") == small:
            return name
    return keyword


def _is_text(name: str) -> bool:
    return 0 < len(name) <= MAX_CATEGORY_CHARS and not _NO_TEXT.search(name)


def _written(name: str) -> Iterator[str]:
    """Give what may stand for a category, best first."""
    if name in _KEYWORDS_BY_LABEL:
        yield _KEYWORDS_BY_LABEL[name]
    yield from filter(None, (write(name) for _, write in _FORMS))
    yield name


# Thunderbird since 2026: =c3=a4

_QUOTED = re.compile(r"=([0-9A-Fa-f]{2})")
_UNQUOTED = re.compile(r"[^A-Za-z0-9!#$'+,\-./:?@^_`|~]")


def _write_quoted(name: str) -> str:
    text = _UNQUOTED.sub(lambda found: _hex("=", found[0]).lower(), name)
    # A category that is called like a keyword of programs must not become one.
    if is_technical(text) or folded(text) in LABELS:
        return _hex("=", text[0]) + text[1:]
    return text


def _read_quoted(keyword: str) -> str | None:
    return _unhexed(_QUOTED, keyword) if "=" in keyword else None


# The same, shorter: =-80adcqcjf6agl


def _write_punycode(name: str) -> str | None:
    """Give the form for what is too long in the other."""
    if len(_write_quoted(name)) <= MAX_KEYWORD_OCTETS:
        return None
    return _PUNYCODE + _write_quoted(name.encode("punycode").decode("ascii"))


def _read_punycode(keyword: str) -> str | None:
    if not keyword.startswith(_PUNYCODE):
        return None
    text = _unhexed(_QUOTED, keyword.removeprefix(_PUNYCODE))
    if text is None or not text.isascii():
        return None
    try:
        return text.encode("ascii").decode("punycode")
    except (UnicodeError, ValueError, OverflowError):
        return None


# eM Client: 'C3'A4, and _ for a blank

_APOSTROPHES = re.compile(r"'([0-9A-Fa-f]{2})")
_BARE = re.compile(r"[^A-Za-z0-9!#$,\-./:;<>?@^`|&]")


def _write_apostrophes(name: str) -> str:
    return _BARE.sub(lambda found: _hex("'", found[0]), name.replace(" ", "\0")).replace("'00", "_")


def _read_apostrophes(keyword: str) -> str | None:
    if not _APOSTROPHES.search(keyword):
        return None
    return _unhexed(_APOSTROPHES, keyword.replace("_", " "))


# Thunderbird until 2026: &aoq-, the case lost, and _ for what no atom holds

_SHIFTED = re.compile(r"&([A-Za-z0-9+,]*)-")


def _write_shifted(name: str) -> str:
    return names.encode(name.replace(" ", "_")).decode("ascii")


def _read_shifted(keyword: str) -> str | None:
    if not _SHIFTED.search(keyword):
        return None
    lost = False

    def unshifted(found: re.Match[str]) -> str:
        nonlocal lost
        text = lostcase.restored(found[1]) if found[1] else "&"
        lost = lost or text is None
        return text or ""

    text = _SHIFTED.sub(unshifted, keyword.replace("_", " "))
    return None if lost else text


_FORMS: tuple[tuple[Form, Form], ...] = (
    (_read_quoted, _write_quoted),
    (_read_punycode, _write_punycode),
    (_read_apostrophes, _write_apostrophes),
    (_read_shifted, _write_shifted),
)
"""Each way of reading a keyword, with what would have written it so."""


def _hex(mark: str, character: str) -> str:
    return "".join(f"{mark}{octet:02X}" for octet in character.encode("utf-8"))


def _unhexed(pattern: re.Pattern[str], text: str) -> str | None:
    """Undo escapes of single octets; None where they are no UTF-8."""
    octets = pattern.sub(lambda found: chr(int(found[1], 16)), text)
    try:
        return octets.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return None
