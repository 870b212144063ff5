"""Lists of mail addresses as people write them: parsed, decoded, written for ActiveSync.

The list is cut before encoded words are decoded, for a decoded name may hold commas. Semicolons
separate as commas do, because Outlook and phones write them. An entry with a line break or with a
control character in its address names nobody: whatever is left of it must not become a recipient.

Spec: RFC 5322 3.4, MS-ASEMAIL 2.2.2.17 (Cc), 2.2.2.36 (From), 2.2.2.67 (ReplyTo), 2.2.2.78 (To).
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from carbonio_mobile.mime.words import clean, decode_words, unfold

MAX_ADDRESSES = 5000
MAX_LIST_CHARS = 32_768
_MAX_RAW_BYTES = 512 * 1024

_TOKEN = re.compile(
    r'"((?:[^"\\]|\\.){0,512})"'  # 1 quoted string
    r"|<([^<>]*)>"  # 2 route address
    r"|([,;])"  # 3 separator
    r"|(:)"  # 4 end of a group's name
    r"|(\()"  # 5 comment
    r'|((?:\\.|[^\s",;:<>(\\])+)'  # 6 atom
    r"|(\s+|.)",  # 7 blank, or a stray character
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_LINE_BREAK = re.compile(r"[\r\n]")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")
_NO_ADDRESS = re.compile(r"[^A-Za-z0-9._-]+")
_AROUND_AT = re.compile(r"\s*@\s*")
_COMMENT_EDGE = re.compile(r"\\.|[()]", re.DOTALL)


class Mailbox(NamedTuple):
    """One address: the decoded display name, possibly empty, and ``local@domain`` as written."""

    name: str
    address: str

    def __str__(self) -> str:
        if not self.name:
            return self.address
        name = self.name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{name}" <{self.address}>'


def parse_addresses(raws: Iterable[bytes]) -> list[Mailbox]:
    """Read all fields of one kind; at most ``MAX_ADDRESSES``. Never raises."""
    found: list[Mailbox] = []
    for raw in raws:
        found += parse_address_text(unfold(raw[:_MAX_RAW_BYTES]), MAX_ADDRESSES - len(found))
        if len(found) >= MAX_ADDRESSES:
            break
    return found


def parse_address_text(text: str, limit: int = MAX_ADDRESSES) -> list[Mailbox]:
    """Read a list such as ``"A" <a@x>, b@y; team: c@z;`` in the order written. Never raises.

    The address of an unusable entry has no ``@``.
    """
    found: list[Mailbox] = []
    words: list[str] = []
    address, comment, at, start = "", "", 0, 0
    while at <= len(text):
        token = _TOKEN.match(text, at) if at < len(text) else None
        kind = token.lastindex if token else 3
        if kind == 3:
            entry = text[start : token.start() if token else at].strip()
            broken = _LINE_BREAK.search(entry)
            one = _nobody(entry) if broken else _mailbox("".join(words), address, comment)
            if one:
                found.append(one)
                if len(found) >= limit:
                    break
            words, address, comment = [], "", ""
        if token is None:
            break
        at = token.end()
        if kind == 3:
            start = at
        elif kind == 1:
            words.append(_ESCAPE.sub(r"\1", token[1]))
        elif kind == 2 and not address:
            address = token[2].strip()
        elif kind == 4:
            # A group's name, unless it is "mailto:" or the like before an address.
            words = []
        elif kind == 5:
            at, comment = _comment(text, at)
        elif kind == 6:
            words.append(token[6])
        elif kind == 7:
            words.append(" " if token[7].isspace() else "")
    return found


def join(mailboxes: Iterable[Mailbox], separator: str = ", ") -> str:
    """Write a list as ActiveSync has it, whole addresses up to ``MAX_LIST_CHARS``."""
    out: list[str] = []
    length = 0
    for one in mailboxes:
        text = str(one)
        length += len(text) + len(separator)
        if length > MAX_LIST_CHARS:
            break
        out.append(text)
    return separator.join(out)


def display_names(mailboxes: Iterable[Mailbox]) -> str:
    """Write the names alone, separated by semicolons (MS-ASEMAIL R400)."""
    text = "; ".join(one.name or one.address for one in mailboxes)
    return text if len(text) <= 1024 else text[:1024].rpartition("; ")[0] or text[:1024]


def _comment(text: str, at: int) -> tuple[int, str]:
    """Step over a comment, nested or unfinished; give where it ends and what it says."""
    depth, start = 1, at
    for edge in _COMMENT_EDGE.finditer(text, at):
        depth += {"(": 1, ")": -1}.get(edge.group(), 0)
        if depth == 0:
            return edge.end(), text[start : edge.start()]
    return len(text), text[start:]


def _mailbox(words: str, address: str, comment: str) -> Mailbox | None:
    words = words.strip()
    if not address:
        # "john@example.com (John)" is the oldest form; a bare name is no address but worth showing.
        address, words = words, comment
    name = clean(decode_words(words)).strip().strip("'").strip()
    address = _bare(address)
    if not address:
        return Mailbox("", name) if name and "@" in name else None
    return Mailbox("" if name == address else " ".join(name.split()), address)


def _nobody(entry: str) -> Mailbox:
    """Stand for an entry that cannot be used: a word, which no list can take for an address."""
    return Mailbox("", _NO_ADDRESS.sub("", entry)[:64] or "unusable")


def _bare(address: str) -> str:
    """Give the address without route, and without blanks around its ``@``."""
    if address.startswith("@") and ":" in address:
        address = address.rpartition(":")[2]
    if address.lower().startswith("mailto:"):
        address = address[7:]
    if "=?" in address:
        address = decode_words(address)
    if _CONTROL.search(address):
        return _nobody(address).address
    return _AROUND_AT.sub("@", clean(address).strip())
