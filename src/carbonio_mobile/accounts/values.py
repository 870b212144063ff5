"""The kinds of attribute values: what each accepts and how it is written down.

Spec: ../shared/carbonio/attributes.md, head (booleans TRUE/FALSE, durations, generalized time).
"""

import binascii
import re
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass

from carbonio_mobile.accounts.addresses import normal_address, normal_domain
from carbonio_mobile.errors import StoreError

_DURATION = re.compile(r"(\d{1,15})(ms|[smhd]?)\Z")
_GENTIME = re.compile(r"\d{14}(?:\.\d{1,3})?Z\Z")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_SECONDS = {"": 1.0, "s": 1.0, "ms": 0.001, "m": 60.0, "h": 3600.0, "d": 86400.0}
_WHOLE_MAX = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of value. ``normal`` gives the form to store and raises ValueError for a bad value."""

    expected: str
    normal: Callable[[str], str]


def duration_s(text: str) -> float:
    """Read a duration: a number and ``ms s m h d``, seconds where no unit stands.

    Raises: ValueError.
    """
    match = _DURATION.match(text.strip().lower())
    if match is None:
        raise ValueError("not a duration")
    return int(match[1]) * _SECONDS[match[2]]


def text(longest: int) -> Kind:
    """Make the kind of any text of at most ``longest`` characters without NUL."""

    def normal(value: str) -> str:
        if len(value) > longest or "\0" in value:
            raise ValueError("too long")
        return value

    return Kind(expected=f"a text of at most {longest} characters", normal=normal)


def octets(longest: int) -> Kind:
    """Make the kind of octets, at most ``longest``, written in base64."""

    def normal(value: str) -> str:
        text = "".join(value.split())
        try:
            found = b64decode(text, validate=True)
        except binascii.Error as exc:
            raise ValueError("not base64") from exc
        if not 0 < len(found) <= longest:
            raise ValueError("too long or empty")
        return text

    return Kind(expected=f"at most {longest} octets in base64", normal=normal)


def whole(lowest: int | None = None, highest: int | None = None) -> Kind:
    """Make the kind of whole numbers within a range, 64 bits at most."""
    bottom = -_WHOLE_MAX if lowest is None else lowest
    top = _WHOLE_MAX if highest is None else highest

    def normal(value: str) -> str:
        digits = value.strip()
        if len(digits) > 20 or not digits.isascii():
            raise ValueError("not a number")
        number = int(digits)
        if not bottom <= number <= top:
            raise ValueError("out of range")
        return str(number)

    return Kind(expected=_range_in_words(lowest, highest), normal=normal)


def _range_in_words(lowest: int | None, highest: int | None) -> str:
    if lowest is None:
        return "a whole number"
    if highest is None:
        return f"a whole number, {lowest} or more"
    return f"a whole number from {lowest} to {highest}"


def choice(*words: str) -> Kind:
    """Make the kind of one word of a list, whatever its case."""
    spelt = {word.lower(): word for word in words}

    def normal(value: str) -> str:
        word = spelt.get(value.strip().lower())
        if word is None:
            raise ValueError("not in the list")
        return word

    return Kind(expected="one of " + ", ".join(words), normal=normal)


def _normal_duration(value: str) -> str:
    duration_s(value)
    return value.strip().lower()


def _normal_gentime(value: str) -> str:
    if not _GENTIME.match(value.strip()):
        raise ValueError("not a generalized time")
    return value.strip()


def _normal_uuid(value: str) -> str:
    folded = value.strip().lower()
    if not _UUID.match(folded):
        raise ValueError("not a UUID")
    return folded


def _refusing_invalid(normal: Callable[[str], str]) -> Callable[[str], str]:
    """Turn the directory's own refusals into the ValueError that a kind gives."""

    def adapted(value: str) -> str:
        try:
            return normal(value)
        except StoreError as exc:
            raise ValueError(str(exc)) from exc

    return adapted


FLAG = choice("TRUE", "FALSE")
DURATION = Kind(expected="a duration like 90s, 15m, 1h or 30d", normal=_normal_duration)
GENTIME = Kind(expected="a time like 20260131235959Z (UTC)", normal=_normal_gentime)
UUID = Kind(expected="an id (a UUID as `carbonio prov` prints it)", normal=_normal_uuid)
EMAIL = Kind(
    expected="an e-mail address like john@example.com", normal=_refusing_invalid(normal_address)
)
HOST = Kind(expected="a host name like mail.example.com", normal=_refusing_invalid(normal_domain))
