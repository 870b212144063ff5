"""Modified UTF-7 whose capitals were lost: the keywords of tags in Thunderbird before 2026.

Thunderbird made the keyword of a tag by modified UTF-7 and then wrote all of it in lower case,
base64 and all. A run of letters of Western and Central Europe can mostly be told all the same: few
of the readings that capitals might have made are letters at all.

Spec: RFC 3501 5.1.3.
"""

MAX_LETTERS = 24
"""Nine characters in a row beyond ASCII; a keyword holds few more."""

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,"
_VALUES = {
    letter: tuple({_ALPHABET.index(letter), _ALPHABET.index(letter.upper())})
    for letter in _ALPHABET
    if letter not in _ALPHABET[:26]
}
_FIRST, _LAST = 0xA1, 0x17F
_UNIT_BITS = 16
_MAX_READINGS = 64


def restored(base64: str) -> str | None:
    """Give the text of a run of base64, whatever its case; None where several or none can be meant.

    Only characters from U+00A1 to U+017F are looked for.
    """
    readings = [0] if 0 < len(base64) <= MAX_LETTERS else []
    for place, letter in enumerate(base64.lower(), 1):
        readings = [
            longer
            for bits in readings
            for value in _VALUES.get(letter, ())
            if _is_plausible(longer := bits << 6 | value, place * 6)
        ]
        if len(readings) > _MAX_READINGS:
            return None
    spare = len(base64) * 6 % _UNIT_BITS
    found = [bits >> spare for bits in readings if spare < 6 and not bits & ((1 << spare) - 1)]
    return _text(found[0], len(base64) * 6 // _UNIT_BITS) if len(found) == 1 else None


def _is_plausible(bits: int, count: int) -> bool:
    """Tell whether all characters that are begun can still become letters looked for."""
    rest = count % _UNIT_BITS
    missing = _UNIT_BITS - rest
    begun = bits & ((1 << rest) - 1)
    if rest and not _FIRST >> missing <= begun <= _LAST >> missing:
        return False
    return rest > 6 or count < _UNIT_BITS or _FIRST <= bits >> rest & 0xFFFF <= _LAST


def _text(bits: int, units: int) -> str:
    return bits.to_bytes(units * 2, "big").decode("utf-16-be")
