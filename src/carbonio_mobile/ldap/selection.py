"""``Selection``: which attributes of an entry are shown, and under which names.

Spec: RFC 4511 4.5.1.8; RFC 3673 (``+``); RFC 4522 (``;binary``).
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from carbonio_mobile.ldap.answers import NO_VALUES, description, entry_body, value_set
from carbonio_mobile.ldap.attributes import ATTRIBUTES, Attribute, attribute

ALL_USER: Final = "*"
ALL_OPERATIONAL: Final = "+"
NONE: Final = "1.1"
_MAX_PLANS: Final = 512
_IN_BINARY: Final = frozenset({"userCertificate", "userSMIMECertificate"})
"""Always sent with ``;binary`` (RFC 4523 2.1, RFC 2798 2.8)."""

_BY_KEY: Final[dict[str, list[Attribute]]] = {}
for _each in ATTRIBUTES:
    _BY_KEY.setdefault(_each.key, []).append(_each)


class Selection:
    """What a search wants to see of each entry. It never changes; take it from ``select``.

    An attribute bears the name that was asked for. Where several of its names were asked, or
    ``*`` or ``+`` brought it, it comes once, under its own. A view (``company``) is shown where it
    is asked for by name. ``types_only``: the names without values.
    """

    def __init__(self, asked: tuple[str, ...], *, types_only: bool = False) -> None:
        self.types_only = types_only
        self.all_user = not asked or ALL_USER in asked
        self.all_operational = ALL_OPERATIONAL in asked
        self._asked: dict[Attribute, set[str]] = {}
        for name in asked:
            if (found := attribute(name)) is not None:
                self._asked.setdefault(found, set()).add(name)
        self._shown: dict[str, tuple[bytes, ...]] = {}
        self._plans: dict[tuple[str, ...], tuple[tuple[int, bytes], ...]] = {}

    def shown(self, key: str) -> tuple[bytes, ...]:
        """Give the encoded names under which the values of a key are shown; none hides them."""
        names = self._shown.get(key)
        if names is None:
            shown = [self._name(each) for each in _BY_KEY.get(key, ())]
            names = tuple(description(name) for name in shown if name)
            if key in _BY_KEY:
                self._shown[key] = names
        return names

    def plan(self, keys: tuple[str, ...]) -> tuple[tuple[int, bytes], ...]:
        """Give, for an entry that has values under ``keys``, what is shown of it, in their order.

        Each is the position of a key and an encoded name; a key may come more than once.
        """
        found = self._plans.get(keys)
        if found is None:
            if len(self._plans) >= _MAX_PLANS:
                self._plans.clear()
            found = tuple((at, name) for at, key in enumerate(keys) for name in self.shown(key))
            self._plans[keys] = found
        return found

    def _name(self, each: Attribute) -> str:
        """Give the name under which an attribute is shown; empty where it is not."""
        asked = self._asked.get(each, set())
        whole = self.all_operational if each.operational else self.all_user and not each.shows
        if not asked and not whole:
            return ""
        if len(asked) == 1 and not whole:
            name = next(iter(asked))
            return name if ";" in name or each.name not in _IN_BINARY else f"{name};binary"
        return f"{each.name};binary" if each.name in _IN_BINARY else each.name


_MAX_KEPT_CHARS: Final = 1024
"""Longer lists are no client's usual ones, and not kept."""


def select(asked: tuple[str, ...], *, types_only: bool = False) -> Selection:
    """Give the selection for a list of names; the same object for the same list, as a rule."""
    usual = len("".join(asked)) <= _MAX_KEPT_CHARS
    return _kept(asked, types_only) if usual else _made(asked, types_only)


def _made(asked: tuple[str, ...], types_only: bool) -> Selection:
    return Selection(asked, types_only=types_only)


_kept = lru_cache(maxsize=128)(_made)


def show(dn: str, values: Mapping[str, Sequence[str | bytes]], selection: Selection) -> bytes:
    """Write what is shown of one entry, as a body; ``values`` are by key, as in a ``Card``."""
    return entry_body(
        dn.encode(),
        (
            (name, NO_VALUES if selection.types_only else value_set(each))
            for key, each in values.items()
            if each
            for name in selection.shown(key)
        ),
    )
