"""Attributes of a directory in the product's terms, what is out of range left out.

Spec: ../shared/carbonio/attributes.md, head (forms of values), 3.3 (lockout), 8 (inheritance).
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from carbonio_mobile.accounts.addresses import normal_address
from carbonio_mobile.accounts.attributes import CATALOGUE
from carbonio_mobile.accounts.inheritance import Values
from carbonio_mobile.accounts.invalid import InvalidArgument
from carbonio_mobile.accounts.ldapdirectory.messages import FoundEntry

VALUES_MAX = 1000
STATUS = "zimbraaccountstatus"
LOCKED_TIME = "zimbrapasswordlockoutlockedtime"


def product_values(entry: FoundEntry, names: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Give an entry's values in normal form; ``names`` maps the directory's names to ours."""
    return normal_values(plain_values(entry, names))


def plain_values(entry: FoundEntry, names: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Give an entry's values as they are, by the product's names."""
    found: dict[str, tuple[str, ...]] = {}
    # Few of the names that are asked for have values.
    for name in entry.values:
        meaning, texts = names.get(name), entry.texts(name)
        if meaning is not None and texts:
            found[meaning] = (*found.get(meaning, ()), *texts)[:VALUES_MAX]
    return found


def normal_values(found: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Give values in their normal form; one that its attribute cannot have is left out."""
    normal: dict[str, tuple[str, ...]] = {}
    for key, values in found.items():
        kept = tuple(_normal(key, values))
        if kept:
            normal[key] = kept
    return normal


def _normal(key: str, values: Sequence[str]) -> list[str]:
    row = CATALOGUE.get(key)
    # What the product's servers set themselves is no choice of an administrator.
    if row is None or key == STATUS:
        return list(values)
    kept = []
    for value in values if row.multiple else values[:1]:
        try:
            kept.append(row.kind.normal(value))
        except ValueError:
            continue
    return kept


def addresses_of(entry: FoundEntry, names: Sequence[str]) -> tuple[str, ...]:
    """Give an entry's addresses in normal form, each once, what is none left out."""
    found: dict[str, None] = {}
    for text in (text for name in names for text in entry.texts(name)[:VALUES_MAX]):
        try:
            found[normal_address(text)] = None
        except InvalidArgument:
            continue
    return tuple(found)


def seconds_of(values: Values, key: str) -> float | None:
    """Give a generalized time as seconds since 1970, None where there is none."""
    text = next(iter(values.get(key, ())), "")
    try:
        return datetime.strptime(text[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None
