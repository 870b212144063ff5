"""Header fields as octets for the wire: encoded, folded, safe from injection.

Spec: RFC 5322 2.1.1, 2.2.3, 3.2.4; RFC 2047 2, 5; RFC 2231 4.
"""

import re
from base64 import b64encode
from collections.abc import Iterable
from urllib.parse import quote

from carbonio_mobile.mime.addresses import Mailbox
from carbonio_mobile.mime.words import clean

CRLF = b"\r\n"
MAX_LINE_BYTES = 998

_FOLD_AT = 76
_WORD_BYTES = 45
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~. -]*\Z")
_BARE_ADDRESS = re.compile(r"[^\s<>,;:\"(\\]*\Z")
_TOKEN = re.compile(r"[A-Za-z0-9!#$&^_`{|}~.+-]+\Z")


def text_field(name: str, text: str) -> bytes:
    """Write an unstructured field, encoded where it is not ASCII."""
    return _folded(name, _text_words(_one_line(text)))


def address_field(name: str, mailboxes: Iterable[Mailbox]) -> bytes:
    """Write a list of addresses, one after the other, folded between them."""
    words: list[str] = []
    for one in mailboxes:
        if words:
            words[-1] += ","
        words += _mailbox_words(one)
    return _folded(name, words)


def ids_field(name: str, ids: Iterable[str]) -> bytes:
    """Write message ids, which come without their brackets."""
    return _folded(name, [f"<{''.join(_one_line(one).split())}>" for one in ids])


def parameter(name: str, value: str) -> str:
    """Write ``; name=value`` of a structured field, by RFC 2231 where it is not ASCII."""
    value = _one_line(value)
    if _TOKEN.match(value):
        return f";\r\n\t{name}={value}"
    if value.isascii():
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f';\r\n\t{name}="{escaped}"'
    octets = value.encode("utf-8", "replace")
    whole = quote(octets, safe="")
    if len(whole) <= 60:
        return f";\r\n\t{name}*=utf-8''{whole}"
    pieces = [quote(octets[at : at + 18], safe="") for at in range(0, len(octets), 18)]
    pieces[0] = f"utf-8''{pieces[0]}"
    return "".join(f";\r\n\t{name}*{n}*={piece}" for n, piece in enumerate(pieces))


def refolded(field: bytes) -> bytes:
    """Fold a field at its blanks where a line of it is too long for SMTP."""
    if all(len(line) <= MAX_LINE_BYTES for line in field.split(CRLF)):
        return field
    name, _, value = field.partition(b":")
    label, words = name.decode("ascii"), value.decode("utf-8", "replace").split()
    if any(len(word) > MAX_LINE_BYTES - _FOLD_AT for word in words):
        return _folded(label, _encoded(" ".join(words)))
    return _folded(label, words)


def _one_line(text: str) -> str:
    return clean(text.replace("\r", " ").replace("\n", " "))


def _text_words(text: str) -> list[str]:
    if text.isascii() and "=?" not in text:
        # Blanks are kept as they are: a subject with two in a row is the sender's business.
        return re.findall(r"\S+(?:\s+$)?|\s+(?=\s)", text) if len(text) > _FOLD_AT else [text]
    return _encoded(text)


def _encoded(text: str) -> list[str]:
    words, held = [], b""
    for character in text:
        octets = character.encode("utf-8", "replace")
        if len(held) + len(octets) > _WORD_BYTES:
            words.append(held)
            held = b""
        held += octets
    words.append(held)
    return [f"=?utf-8?B?{b64encode(word).decode('ascii')}?=" for word in words]


def _mailbox_words(one: Mailbox) -> list[str]:
    address = "".join(c for c in _one_line(one.address) if c not in "<>")
    name = _one_line(one.name).strip()
    if not name:
        # What a reader might take for several, or for a group, stays one entry in its brackets.
        return [address if _BARE_ADDRESS.match(address) else f"<{address}>"]
    if not name.isascii() or "=?" in name:
        return [*_encoded(name), f"<{address}>"]
    if not _ATOMS.match(name) or "." in name:
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        name = f'"{escaped}"'
    return [f"{name} <{address}>"]


def _folded(name: str, words: list[str]) -> bytes:
    lines, line = [], f"{name}:"
    for word in words:
        if len(line) + 1 + len(word) > _FOLD_AT and line.strip() and not line.endswith(":"):
            lines.append(line)
            line = ""
        line += f" {word}"
    lines.append(line)
    return "\r\n".join(lines).encode("utf-8", "replace") + CRLF
