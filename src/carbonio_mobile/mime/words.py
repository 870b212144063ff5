"""Header text as a person reads it: unfolded, encoded words decoded, control characters gone.

Spec: RFC 5322 2.2.3, RFC 2047 2, 5, 6.2, and the ways in which mailers break it.
"""

import binascii
import re

from carbonio_mobile.mime.charsets import decode, decode_header_octets

MAX_HEADER_CHARS = 64 * 1024

_WORD = re.compile(r"=\?([^?*\s]{1,60})(?:\*[^?\s]{0,60})?\?([bBqQ])\?([^?]*)\?=")
_BETWEEN = re.compile(r"(\?=)[ \t\r\n]+(?==\?)")
_FOLD = re.compile(r"\r?\n(?=[ \t])|[\r\n]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_Q_HEX = re.compile(rb"=([0-9A-Fa-f]{2})")


def header_text(raw: bytes, label: str = "") -> str:
    """Give a header field as text on one line; ``label`` is tried for raw 8-bit octets."""
    text = decode_header_octets(raw[: MAX_HEADER_CHARS * 4], label)[:MAX_HEADER_CHARS]
    return clean(decode_words(_FOLD.sub("", text))).strip()


def unfold(raw: bytes, label: str = "") -> str:
    """Give a header field as text on one line with its encoded words as they are."""
    text = decode_header_octets(raw, label)
    return _FOLD.sub("", text).strip()


def clean(text: str) -> str:
    """Replace tabs by blanks and drop the characters that no header may show."""
    if text.isprintable():
        return text
    return _CONTROL.sub("", text.replace("\t", " "))


def decode_words(text: str) -> str:
    """Decode the encoded words of a text; what is no sound word stays as it is."""
    if "=?" not in text:
        return text
    text = _BETWEEN.sub(r"\1", text)
    out: list[str] = []
    at, held, charset = 0, b"", ""
    for word in _WORD.finditer(text):
        octets = _octets(word.group(2), word.group(3))
        adjacent = word.start() == at and held
        # A character may be cut between two words (RFC 2047 forbids it, many do it).
        if held and not (adjacent and word.group(1).lower() == charset):
            out.append(decode(held, charset)[0])
            held = b""
        out.append(text[at : word.start()])
        held, charset, at = held + octets, word.group(1).lower(), word.end()
    if held:
        out.append(decode(held, charset)[0])
    out.append(text[at:])
    return "".join(out)


def _octets(encoding: str, payload: str) -> bytes:
    raw = payload.encode("utf-8", "replace")
    if encoding in "qQ":
        return _Q_HEX.sub(lambda m: bytes([int(m[1], 16)]), raw.replace(b"_", b" "))
    letters = re.sub(rb"[^A-Za-z0-9+/]", b"", raw)
    usable = letters[: len(letters) - (len(letters) % 4 == 1)]
    return binascii.a2b_base64(usable + b"=" * (-len(usable) % 4))
