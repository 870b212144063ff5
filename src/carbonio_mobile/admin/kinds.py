"""The kinds of values that parameters take.

Spec: ../shared/carbonio/cli.md 1.1 (types met in the manual).
"""

import re
from collections.abc import Callable

from carbonio_mobile.admin.declaring import Kind

_WHOLE_MAX = 2**63 - 1


def _text(value: str) -> str:
    if not value or "\0" in value:
        raise ValueError("empty")
    return value


def _free(value: str) -> str:
    if "\0" in value:
        raise ValueError("NUL")
    return value


def _flag(value: str) -> bool:
    return {"true": True, "false": False}[value.strip().lower()]


def _reading_words(known: tuple[str, ...]) -> Callable[[str], str]:
    spelt = {word.lower(): word for word in known}

    def one(value: str) -> str:
        if value.strip().lower() not in spelt:
            raise ValueError("not in the list")
        return spelt[value.strip().lower()]

    return one


def choice(*known: str) -> Kind:
    """Make the kind of one word of a list, whatever its case."""
    return Kind(
        name="Multiple choice",
        expected=f"one of {', '.join(known)}",
        read=_reading_words(known),
        words=known,
    )


def choices(*known: str) -> Kind:
    """Make the kind of some words of a list, commas between; read as a tuple, each once."""
    one = _reading_words(known)

    def several(value: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one(part) for part in _parts(value)))

    return Kind(
        name="String[,..]",
        expected=f"some of {', '.join(known)}, commas between",
        read=several,
        words=known,
    )


def whole(lowest: int, highest: int | None = None, *, name: str = "Integer") -> Kind:
    """Make the kind of whole numbers within a range."""
    top = _WHOLE_MAX if highest is None else highest

    def number(value: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,19}", value.strip()):
            raise ValueError("not a number")
        found = int(value)
        if not lowest <= found <= top:
            raise ValueError("out of range")
        return found

    upper = f"{lowest} or more" if highest is None else f"{lowest} to {highest}"
    return Kind(name=name, expected=f"a whole number, {upper}", read=number)


def _parts(value: str) -> tuple[str, ...]:
    parts = tuple(part.strip() for part in value.split(",") if part.strip())
    if not parts:
        raise ValueError("empty list")
    return parts


def _boolean(value: str) -> bool:
    try:
        return _flag(value)
    except KeyError as exc:
        raise ValueError("neither true nor false") from exc


TEXT = Kind(name="String", expected="a text", read=_text)
FREE_TEXT = Kind(name="String", expected="a text, which may be empty", read=_free)
TEXTS = Kind(name="String[,..]", expected="a list, commas between, without blanks", read=_parts)
BOOLEAN = Kind(name="Boolean", expected="true or false", read=_boolean, words=("true", "false"))
PATH = Kind(name="Path", expected="the name of a file", read=_text)
ACCOUNT = Kind(
    name="Account Name/ID", expected="an account, by e-mail address or id (UUID)", read=_text
)
DOMAIN = Kind(name="Domain Name", expected="a domain, by name or id", read=_text)
DOMAINS = Kind(name="Domain Name[,..]", expected="domains, by name, commas between", read=_parts)
DEVICE = Kind(name="String", expected="the id of a device", read=_text)
SWITCH = Kind(name="Switch", expected="nothing after it", read=_boolean)
