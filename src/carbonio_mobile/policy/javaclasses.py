"""The classes of characters that Java's patterns name, as far as ids of devices can hold them.

Spec: java.util.regex.Pattern, "Summary of regular-expression constructs".
"""

import unicodedata

Characters = frozenset[str]
"""Some of the 128 ASCII characters."""

ALL: Characters = frozenset(map(chr, range(128)))
DOT = ALL - frozenset("\n\r")

_LOWER = frozenset("abcdefghijklmnopqrstuvwxyz")
_UPPER = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_DIGIT = frozenset("0123456789")
_ALPHA = _LOWER | _UPPER
_ALNUM = _ALPHA | _DIGIT
_SPACE = frozenset(" \t\n\x0b\f\r")
_BLANK = frozenset(" \t")
_VERTICAL = frozenset("\n\x0b\f\r")
_CONTROL = frozenset(map(chr, range(32))) | {"\x7f"}
_GRAPH = frozenset(map(chr, range(33, 127)))
_PUNCT = _GRAPH - _ALNUM

SHORTHANDS: dict[str, Characters] = {
    "d": _DIGIT,
    "D": ALL - _DIGIT,
    "w": _ALNUM | {"_"},
    "W": ALL - _ALNUM - {"_"},
    "s": _SPACE,
    "S": ALL - _SPACE,
    "h": _BLANK,
    "H": ALL - _BLANK,
    "v": _VERTICAL,
    "V": ALL - _VERTICAL,
}
"""What a letter after a backslash stands for, where that is more than one character."""

_PROPERTIES: dict[str, Characters] = {
    "Lower": _LOWER,
    "Upper": _UPPER,
    "ASCII": ALL,
    "Alpha": _ALPHA,
    "Digit": _DIGIT,
    "Alnum": _ALNUM,
    "Punct": _PUNCT,
    "Graph": _GRAPH,
    "Print": _GRAPH | {" "},
    "Blank": _BLANK,
    "Cntrl": _CONTROL,
    "XDigit": frozenset("0123456789abcdefABCDEF"),
    "Space": _SPACE,
    "IsAlphabetic": _ALPHA,
    "IsLetter": _ALPHA,
    "IsDigit": _DIGIT,
    "IsLatin": _ALPHA,
    "IsLowercase": _LOWER,
    "IsUppercase": _UPPER,
    "IsPunctuation": frozenset(c for c in ALL if unicodedata.category(c).startswith("P")),
    "javaLowerCase": _LOWER,
    "javaUpperCase": _UPPER,
    "L1": ALL,
    "all": ALL,
}
_CATEGORIES = frozenset(
    {
        *("C", "Cc", "Cf", "Cn", "Co", "Cs"),
        *("L", "Ll", "Lm", "Lo", "Lt", "Lu"),
        *("M", "Mc", "Me", "Mn"),
        *("N", "Nd", "Nl", "No"),
        *("P", "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps"),
        *("S", "Sc", "Sk", "Sm", "So"),
        *("Z", "Zl", "Zp", "Zs"),
    }
)


def named_property(name: str) -> Characters | None:
    r"""Give the characters of ``\p{name}``; None for a name that is not known."""
    if name in _PROPERTIES:
        return _PROPERTIES[name]
    category = name.removeprefix("Is")
    if category not in _CATEGORIES:
        return None
    return frozenset(c for c in ALL if unicodedata.category(c).startswith(category))


def folded(characters: Characters) -> Characters:
    """Add the other case of each letter."""
    return characters | {one.swapcase() for one in characters if one in _ALPHA}


def written(characters: Characters) -> str:
    """Give a class as RE2 reads it."""
    if not characters:
        return r"[^\x00-\x{10FFFF}]"
    if len(characters) == 128:
        return r"(?s:.)"
    codes = sorted(map(ord, characters))
    runs: list[tuple[int, int]] = []
    for code in codes:
        if runs and runs[-1][1] == code - 1:
            runs[-1] = (runs[-1][0], code)
        else:
            runs.append((code, code))
    return "[" + "".join(_run(first, last) for first, last in runs) + "]"


def _run(first: int, last: int) -> str:
    return f"\\x{first:02x}" if first == last else f"\\x{first:02x}-\\x{last:02x}"
