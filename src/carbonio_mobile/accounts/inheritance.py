"""How an account's attributes come about: its own, its COS's, its domain's, its server's, global
ones, defaults.

Spec: ../shared/carbonio/attributes.md 8 (inheritance), 3.1 and 3.2 (status values).
"""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from carbonio_mobile.accounts.attributes import DEFAULTS, is_inherited
from carbonio_mobile.directory.accounts import Account, AccountStatus
from carbonio_mobile.ids import AccountId

Values = Mapping[str, tuple[str, ...]]
"""Attribute values by lower-case name."""


class LayeredAttributes(Mapping[str, tuple[str, ...]]):
    """An account's own attributes over a mapping that it shares with its whole COS and domain.

    Thousands of accounts are held in memory: the hundred inherited values must not be copied for
    each.
    """

    __slots__ = ("_own", "_shared")

    def __init__(self, own: Values, shared: Values) -> None:
        self._own = own
        self._shared = shared

    def __getitem__(self, key: str) -> tuple[str, ...]:
        values = self._own.get(key)
        return self._shared[key] if values is None else values

    def get(self, key: str, default: Any = None, /) -> Any:
        """Look a name up without the exception that Mapping.get goes through."""
        values = self._own.get(key)
        return self._shared.get(key, default) if values is None else values

    def __iter__(self) -> Iterator[str]:
        yield from self._own
        yield from (key for key in self._shared if key not in self._own)

    def __len__(self) -> int:
        return len(self._own) + sum(key not in self._own for key in self._shared)


def inherited_values(
    *, cos: Values, domain: Values, everywhere: Values, server: Values = MappingProxyType({})
) -> Values:
    """Merge what accounts of one COS and domain inherit; ``everywhere`` are global attributes."""
    merged = dict(DEFAULTS)
    for layer in (everywhere, server, domain, cos):
        merged.update((key, values) for key, values in layer.items() if is_inherited(key))
    return merged


def build_account(
    *,
    account: AccountId,
    addresses: tuple[str, ...],
    own: Values,
    shared: Values,
    domain_status: AccountStatus,
    locked_out: bool,
) -> Account:
    """Put an account together; the first of ``addresses`` is its name, the others its aliases."""
    name = addresses[0]
    identity: dict[str, tuple[str, ...]] = {
        "zimbraid": (str(account),),
        "zimbramaildeliveryaddress": (name,),
    }
    if addresses[1:]:
        identity["zimbramailalias"] = addresses[1:]
    status = own.get("zimbraaccountstatus", ("active",))[0]
    if locked_out and status == "active":
        status = "lockout"
    identity["zimbraaccountstatus"] = (status,)
    attributes = LayeredAttributes({**own, **identity}, shared)
    return Account(
        id=account,
        name=name,
        display_name=_display_name(own, name),
        domain=name.rpartition("@")[2],
        addresses=addresses,
        status=AccountStatus(status),
        domain_status=domain_status,
        attributes=attributes,
    )


def _display_name(own: Values, name: str) -> str:
    named = (own.get(key) for key in ("displayname", "cn"))
    return next((values[0] for values in named if values), name.partition("@")[0])


def grouped(rows: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """Gather (name, value) rows, already in order, into values by name."""
    gathered: dict[str, list[str]] = {}
    for key, value in rows:
        gathered.setdefault(key, []).append(value)
    return {key: tuple(values) for key, values in gathered.items()}
