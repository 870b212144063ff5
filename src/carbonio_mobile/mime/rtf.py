"""The text of a body in Rich Text Format.

One pass over the tokens and no library: striprtf 0.0.35 took 8 s for 170 KB of font table, and had
no end for nested fields (measured).

Spec: Rich Text Format 1.9.1; MS-ASAIRS 2.2.2.20.1 (Data, R179: base64).
"""

import binascii
import codecs
import re
from base64 import b64decode

MAX_RTF_BYTES = 1 << 20
MAX_DEPTH = 1000

_TOKEN = re.compile(
    rb"\\([A-Za-z]{1,32})(-?[0-9]{1,10})? ?"
    rb"|((?:\\'[0-9A-Fa-f]{2})+)"
    rb"|\\([^A-Za-z])"
    rb"|([{}])"
    rb"|[\r\n]+"
    rb"|([^\\{}\r\n]+)",
    re.DOTALL,
)
_SAYS = {
    b"par": "\n",
    b"line": "\n",
    b"row": "\n",
    b"sect": "\n",
    b"page": "\n",
    b"tab": "\t",
    b"cell": "\t",
    b"emdash": "\u2014",
    b"endash": "\u2013",
    b"bullet": "\u2022",
    b"lquote": "\u2018",
    b"rquote": "\u2019",
    b"ldblquote": "\u201c",
    b"rdblquote": "\u201d",
}
_SYMBOLS = {
    b"\\": "\\",
    b"{": "{",
    b"}": "}",
    b"~": "\u00a0",
    b"_": "\u2011",
    b"\n": "\n",
    b"\r": "\n",
}
_SILENT = frozenset(
    b"colortbl fonttbl footer footerf footerl footerr footnote header headerf headerl headerr info"
    b" object pict stylesheet".split()
)


def rtf_to_text(data: str) -> str:
    """Read RTF in base64 as plain text with LF line ends; '' for nothing.

    Raises: ValueError for what is no base64, no RTF, longer than ``MAX_RTF_BYTES``, or nested more
    than ``MAX_DEPTH`` deep.
    """
    try:
        octets = b64decode("".join(data.split()), validate=True)
    except binascii.Error as exc:
        raise ValueError("RTF that is not base64") from exc
    if not octets:
        return ""
    if len(octets) > MAX_RTF_BYTES or not octets.lstrip().startswith(b"{\\rtf"):
        raise ValueError("no RTF, or too much")
    return _Reader().read(octets)


class _Reader:
    """Goes through the tokens of one document.

    ``_groups`` holds for each open group whether it is silent and how many characters follow each
    Unicode one for those who cannot show it.
    """

    def __init__(self) -> None:
        self._out: list[str] = []
        self._groups: list[tuple[bool, int]] = []
        self._silent = False
        self._fallback = 1
        self._to_skip = 0
        self._codec = "cp1252"

    def read(self, octets: bytes) -> str:
        at = 0
        while found := _TOKEN.match(octets, at):
            at = found.end()
            word, number, escaped, symbol, brace, text = found.groups()
            if word is not None:
                at += self._word(word, number)
            elif escaped is not None:
                self._say_octets(bytes.fromhex(escaped.replace(b"\\'", b"").decode("ascii")))
            elif symbol is not None:
                self._symbol(symbol)
            elif brace is not None:
                self._brace(brace)
            elif text is not None:
                self._say_octets(text)
        # Halves of a character that came as two \u are put together; a lone half is no text.
        whole = "".join(self._out).encode("utf-16-le", "surrogatepass")
        return whole.decode("utf-16-le", "replace").replace("\0", "").strip("\n")

    def _brace(self, brace: bytes) -> None:
        self._to_skip = 0
        if brace == b"{":
            if len(self._groups) >= MAX_DEPTH:
                raise ValueError("RTF nested too deep")
            self._groups.append((self._silent, self._fallback))
        elif self._groups:
            self._silent, self._fallback = self._groups.pop()

    def _word(self, word: bytes, number: bytes | None) -> int:
        """Follow a control word; give how many octets after it are its own."""
        value = int(number or 0)
        if word == b"bin":
            return max(0, value)
        if word == b"u":
            self._say(chr(value & 0xFFFF))
            self._to_skip = self._fallback
        elif word == b"uc":
            self._fallback = min(max(0, value), 16)
        elif word == b"ansicpg":
            self._codec = _codec(value)
        elif word in _SILENT:
            self._silent = True
        elif word in _SAYS:
            self._say(_SAYS[word])
        return 0

    def _symbol(self, symbol: bytes) -> None:
        if symbol == b"*":
            self._silent = True
        elif symbol in _SYMBOLS:
            self._say(_SYMBOLS[symbol])

    def _say_octets(self, octets: bytes) -> None:
        skipped = min(self._to_skip, len(octets))
        self._to_skip -= skipped
        self._say(octets[skipped:].decode(self._codec, "replace"))

    def _say(self, text: str) -> None:
        if not self._silent:
            self._out.append(text)


def _codec(page: int) -> str:
    try:
        return codecs.lookup(f"cp{page}").name
    except LookupError:
        return "cp1252"
