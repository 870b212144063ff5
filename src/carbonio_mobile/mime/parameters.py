"""Header values of the form ``value; name=parameter``, with RFC 2231 and what mailers made of it.

Spec: RFC 2045 5.1, RFC 2183 2, RFC 2231 3 and 4.
"""

import re
from urllib.parse import unquote_to_bytes

from carbonio_mobile.mime.charsets import decode, decode_header_octets
from carbonio_mobile.mime.words import decode_words

MAX_VALUE_BYTES = 32 * 1024

_VALUE = re.compile(r"[^\s;()\",]+")
_PARAMETER = re.compile(r';\s*([^\s=;"]{1,100})\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_FOLD = re.compile(r"[\r\n]+[ \t]*")
_PIECE = re.compile(r"([^*]+)(?:\*(\d{1,3}))?(\*)?\Z")


def parse_parameterised(raw: bytes) -> tuple[str, dict[str, str]]:
    """Read such a value: the lower-case value before the semicolon, and the decoded parameters.

    Parameter names are lower case; the first of two equal names counts.
    """
    text = decode_header_octets(raw[:MAX_VALUE_BYTES])
    value = _VALUE.search(text)
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[bool, str]]] = {}
    for found in _PARAMETER.finditer(text):
        name, said = found.group(1).lower(), _unquote(found.group(2))
        if "*" not in name:
            plain.setdefault(name, said)
            continue
        piece = _PIECE.match(name)
        if piece:
            number = int(piece.group(2) or 0)
            pieces.setdefault(piece.group(1), {}).setdefault(number, (bool(piece.group(3)), said))
    for name, numbered in pieces.items():
        plain[name] = _join(numbered)
    return (value.group().lower() if value else ""), plain


def parameter_text(value: str) -> str:
    """Decode encoded words inside a parameter, which RFC 2047 forbids and everybody writes."""
    return decode_words(value) if "=?" in value else value


def _unquote(said: str) -> str:
    said = said.strip()
    if len(said) >= 2 and said[0] == '"' and said[-1] == '"':
        # Windows paths come with single backslashes; only quotes and backslashes are escapes.
        said = _ESCAPE.sub(lambda m: m[1] if m[1] in '"\\' else m[0], said[1:-1])
        return _FOLD.sub(" ", said)
    return _FOLD.sub("", said.strip('"'))


def _join(numbered: dict[int, tuple[bool, str]]) -> str:
    """Put the numbered pieces of a parameter together and decode the percent signs."""
    charset, octets = "", b""
    for number in sorted(numbered):
        extended, said = numbered[number]
        if extended and number == min(numbered) and said.count("'") >= 2:
            charset, _, rest = said.partition("'")
            said = rest.partition("'")[2]
        octets += unquote_to_bytes(said) if extended else said.encode("utf-8", "replace")
    return decode(octets, charset)[0]
