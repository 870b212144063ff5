"""Content lines without loss: a vCard as the lines it is made of, each kept as it was stored.

Octets that are no UTF-8 travel as lone surrogates (``surrogateescape``), so that what is not
touched comes out again byte for byte. Libraries read the meaning of such lines and write them anew;
none of those at hand gives back the very octets.

Spec: RFC 6350 3.2 and 3.3; RFC 2425 5.8; vCard 2.1 2.1.3 (folding, quoted-printable); RFC 6868.
"""

import re
from base64 import b64decode
from binascii import Error as Base64Error
from binascii import a2b_qp, b2a_qp
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterable, Sequence

FOLD_AT = 75

Params = list[tuple[str, str]]
"""Names in upper case ("" for a bare value of vCard 2.1) and values as written, quotes and all."""

PHYSICAL_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_NAME = re.compile(r"(?:([\w-]+)\.)?([\w-]+)(?:;|\Z)", re.ASCII)
_QUOTED_HEAD = re.compile(r'(?:[^":]|"[^"]*")*')
_QUOTED_PARAM = re.compile(r'(?:[^";]|"[^"]*")+')
_BASE64_LINE = re.compile(r"[A-Za-z0-9+/]+={0,2}\s*\Z")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
_CARET = re.compile(r"\^([n'^])")
_ENCODINGS = frozenset({"QUOTED-PRINTABLE", "BASE64", "8BIT", "7BIT", "B"})
_QUOTED_PRINTABLE, _BASE64 = "QUOTED-PRINTABLE", frozenset({"BASE64", "B"})


class ContentLine:
    """One property, or one line that is none (``name`` is empty then).

    ``raw`` is the text as stored with all its line ends. ``name`` is in upper case, ``head`` the
    parameters as written, ``value`` the rest without folds, still encoded. ``label`` is what an
    X-ABLABEL of the same group says. ``plain``: a line of vCard 2.1, which knows no lists.
    """

    __slots__ = ("group", "head", "label", "name", "plain", "raw", "value")

    def __init__(
        self,
        raw: str,
        *,
        group: str = "",
        name: str = "",
        head: str = "",
        value: str = "",
        plain: bool = False,
    ) -> None:
        self.raw = raw
        self.group = group
        self.name = name
        self.head = head
        self.value = value
        self.plain = plain
        self.label = ""

    def params(self) -> Params:
        """Give the parameters in order."""
        if not self.head:
            return []
        quoted = '"' in self.head
        parts = _QUOTED_PARAM.findall(self.head) if quoted else self.head.split(";")
        return [_param(part) for part in parts if part.strip()]

    def param(self, name: str) -> str:
        """Give the value of a parameter, without quotes and carets; empty where absent."""
        if name not in self.head.upper():
            return ""
        return next((_uncaret(value.strip('"')) for key, value in self.params() if key == name), "")

    def types(self) -> frozenset[str]:
        """Give all values of TYPE, and the bare ones, in lower case."""
        if not self.head:
            return frozenset()
        found: list[str] = []
        for name, value in self.params():
            if name in ("", "TYPE"):
                found += value.replace('"', "").lower().split(",")
        return frozenset(one.strip().removeprefix("type=") for one in found)

    def pref(self) -> int:
        """Give the place among its like: 1 is preferred, 101 where nothing is said."""
        if not self.head or "PREF" not in self.head.upper():
            return 101
        number = self.param("PREF").strip()
        if number.isascii() and number.isdigit() and len(number) < 4:
            return int(number)
        return 1 if "pref" in self.types() else 101

    def encoding(self) -> str:
        """Give ENCODING in upper case, bare or not."""
        for name, value in self.params():
            if name == "ENCODING" or (not name and value.upper() in _ENCODINGS):
                return value.strip('"').upper()
        return ""

    def text(self) -> str:
        """Give the value with its charset and quoted-printable undone; escapes are still in it."""
        value = self.value
        if self.head and _QUOTED_PRINTABLE in self.head.upper():
            octets = a2b_qp(value.encode("utf-8", "surrogateescape"))
        elif value.isascii():
            return value
        else:
            octets = value.encode("utf-8", "surrogateescape")
        return _decode(octets, self.param("CHARSET"))

    def base64(self) -> bytes | None:
        """Give the octets of a value in base64, None where it is not. Padding may be missing."""
        return from_base64(self.value) if self.encoding() in _BASE64 else None


def from_base64(text: str) -> bytes | None:
    """Read base64 with white space, None for anything else."""
    packed = "".join(text.split())
    try:
        return b64decode(packed + "=" * (-len(packed) % 4), validate=True)
    except (Base64Error, ValueError):
        return None


def decode_source(source: bytes) -> str:
    """Give the text of a stored object. UTF-16 is known by its first octets; all others survive."""
    if source.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return source.decode("utf-16", "replace")
    if source[:4] in (b"B\0E\0", b"\0B\0E"):
        return source.decode("utf-16-le" if source[0] else "utf-16-be", "replace")
    return source.removeprefix(BOM_UTF8).decode("utf-8", "surrogateescape")


def encode_source(text: str) -> bytes:
    """Undo :func:`decode_source`; what came as UTF-16 becomes UTF-8."""
    return text.encode("utf-8", "surrogateescape")


def split_lines(text: str, *, plain: bool, limit: int) -> list[ContentLine]:
    """Split a text into content lines; what stands behind ``limit`` lines is one without a name.

    ``plain`` is for vCard 2.1, where a fold keeps its blank.
    """
    physical = PHYSICAL_LINE.findall(text)
    lines: list[ContentLine] = []
    at = 0
    while at < len(physical) and len(lines) < limit:
        line, at = _next_line(physical, at, plain)
        lines.append(line)
    if at < len(physical):
        lines.append(ContentLine("".join(physical[at:])))
    return lines


def _next_line(physical: Sequence[str], at: int, plain: bool) -> tuple[ContentLine, int]:
    """Read the line that begins at a physical line, and say where the next begins."""
    begin, count = at, len(physical)
    first = physical[at].rstrip("\r\n")
    at += 1
    parts = [first]
    upper = first[:200].upper() if ";" in first else ""
    if _QUOTED_PRINTABLE in upper:
        while parts[-1].endswith("=") and at < count:
            parts[-1] = parts[-1][:-1]
            parts.append(physical[at].rstrip("\r\n"))
            at += 1
    while at < count and physical[at][0] in " \t":
        parts.append(physical[at][0 if plain else 1 :].rstrip("\r\n"))
        at += 1
    if "BASE64" in upper or "ENCODING=B" in upper:
        while at < count and _BASE64_LINE.match(physical[at]):
            parts.append(physical[at].rstrip("\r\n"))
            at += 1
    raw = physical[begin] if at == begin + 1 else "".join(physical[begin:at])
    return _parsed(raw, parts[0] if len(parts) == 1 else "".join(parts), plain), at


def _parsed(raw: str, text: str, plain: bool) -> ContentLine:
    colon = text.find(":")
    if '"' in text[: max(colon, 0)]:
        end = _QUOTED_HEAD.match(text)
        if end is not None and text[end.end() : end.end() + 1] == ":":
            colon = end.end()
    found = _NAME.match(text[: max(colon, 0)].strip())
    if found is None:
        return ContentLine(raw)
    return ContentLine(
        raw,
        group=found[1] or "",
        name=found[2].upper(),
        head=text[:colon].strip()[found.end() :],
        value=text[colon + 1 :],
        plain=plain,
    )


def _param(part: str) -> tuple[str, str]:
    name, equals, value = part.partition("=")
    return (name.strip().upper(), value.strip()) if equals else ("", part.strip())


def _uncaret(value: str) -> str:
    if "^" not in value:
        return value
    return _CARET.sub(lambda found: {"n": "\n", "'": '"', "^": "^"}[found[1]], value)


def _decode(octets: bytes, charset: str) -> str:
    """Read octets by the charset named, as UTF-8, or as Windows wrote them: it never fails."""
    for name in (charset, "utf-8"):
        try:
            if name and name.isascii():
                return octets.decode(name)
        except (LookupError, UnicodeError, ValueError):
            continue
    return octets.decode("cp1252", "replace")


# Values


def clean(text: str) -> str:
    """Make line ends LF and leave out what no XML may hold."""
    if text.isprintable():
        return text
    return _UNPRINTABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def unescape(text: str) -> str:
    """Undo the escapes of a text value; any other character behind a backslash stands for itself.

    Spec: RFC 6350 3.4.
    """
    if "\\" not in text:
        return text
    return _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], text)


def escape(text: str, *, plain: bool) -> str:
    """Escape a text value; in vCard 2.1 commas stand for themselves and line ends are encoded."""
    text = text.replace("\\", "\\\\").replace(";", "\\;")
    if plain:
        return text.replace("\n", "\r\n")
    return text.replace(",", "\\,").replace("\n", "\\n")


def split_value(text: str, at: str) -> list[str]:
    """Split a value at every ``at`` that no backslash stands before; escapes stay."""
    parts = text.split(at)
    if "\\" not in text:
        return parts
    found: list[str] = []
    open_parts: list[str] = []
    for part in parts:
        open_parts.append(part)
        if (len(part) - len(part.rstrip("\\"))) % 2 == 0:
            found.append(at.join(open_parts))
            open_parts = []
    return [*found, at.join(open_parts)] if open_parts else found


# Writing


def param_value(text: str) -> str:
    """Write any text as the value of a parameter (RFC 6868)."""
    text = text.replace("^", "^^").replace("\n", "^n").replace('"', "^'")
    return f'"{text}"' if any(one in text for one in ":;,") else text


def make_line(
    name: str,
    value: str,
    *,
    group: str = "",
    params: Iterable[tuple[str, str]] = (),
    plain: bool,
    line_end: str,
) -> ContentLine:
    """Write a property; ``value`` is escaped already. Non-ASCII in vCard 2.1 is encoded."""
    listed = list(params)
    encode = plain and not (value.isascii() and "\r" not in value)
    if encode:
        listed += [("CHARSET", "UTF-8"), ("ENCODING", _QUOTED_PRINTABLE)]
    head = ";".join(f"{key}={one}" if key else one for key, one in listed)
    front = f"{group}.{name}" if group else name
    front += f";{head}:" if head else ":"
    if encode:
        packed = b2a_qp(value.encode("utf-8", "replace"), istext=False).decode("ascii")
        raw = front + packed.replace("=\n", "=" + line_end) + line_end
        value = packed.replace("=\n", "")
    elif plain and "BASE64" not in head:
        raw = front + value + line_end
    else:
        raw = fold(front + value, line_end)
    return ContentLine(raw, group=group, name=name, head=head, value=value, plain=plain)


def ended(raw: str, line_end: str) -> str:
    """Give a line as it was stored with its line end, which the last one of a source may lack.

    A source that was cut off may end within a line end, or where quoted-printable goes on: then
    what follows must not become a part of the line.
    """
    if raw.endswith("\n"):
        return raw
    whole = raw.rstrip("\r")
    return whole + (line_end + line_end if whole.endswith("=") else line_end)


def fold(text: str, line_end: str) -> str:
    """Fold a line at 75 octets, never within a character."""
    if len(text) * 4 <= FOLD_AT or (len(text) <= FOLD_AT and text.isascii()):
        return text + line_end
    octets = text.encode("utf-8", "surrogateescape")
    parts, begin, width = [], 0, FOLD_AT
    while len(octets) - begin > width:
        end = begin + width
        while end > begin + width - 4 and octets[end] & 0xC0 == 0x80:
            end -= 1
        parts.append(octets[begin:end])
        begin, width = end, FOLD_AT - 1
    parts.append(octets[begin:])
    joined = (line_end + " ").encode().join(parts)
    return joined.decode("utf-8", "surrogateescape") + line_end
