"""Who is in a distribution list of a directory, lists within it looked into.

Spec: ../shared/carbonio/attributes.md 8 (members in zimbraMailForwardingAddress).
"""

from collections.abc import Sequence

from carbonio_mobile.accounts.ldapdirectory import filters
from carbonio_mobile.accounts.ldapdirectory.messages import FoundEntry
from carbonio_mobile.accounts.ldapdirectory.pool import LdapPool
from carbonio_mobile.accounts.ldapdirectory.presets import Tree
from carbonio_mobile.accounts.ldapdirectory.values import addresses_of
from carbonio_mobile.addressbook.peoplecards import FORWARDING, is_group

MEMBERS_MAX = 10_000
_SEARCHES_MAX = 1000
_AT_ONCE = 50


def is_list(entry: FoundEntry) -> bool:
    """Tell whether its forwarding addresses are members: those of people are private."""
    is_one = is_group({"objectclass": entry.texts("objectclass")})
    return is_one and FORWARDING in entry.values


async def members(pool: LdapPool, tree: Tree, entry: FoundEntry) -> list[str]:
    """Give the addresses in a list, and in those within it, sorted; ``MEMBERS_MAX`` at most.

    Raises: Unavailable.
    """
    found: set[str] = set()
    met = set(addresses_of(entry, tree.addresses))
    waiting = _direct(entry)
    for _ in range(_SEARCHES_MAX):
        asked, waiting = waiting[:_AT_ONCE], waiting[_AT_ONCE:]
        if not asked or len(found) >= MEMBERS_MAX:
            break
        found.update(asked)
        for inner in await _lists(pool, tree, asked):
            names = set(addresses_of(inner, tree.addresses))
            if not names & met:
                waiting += _direct(inner)
            met |= names
    return sorted(found - met)[:MEMBERS_MAX]


def _direct(entry: FoundEntry) -> list[str]:
    return [each.strip().lower() for each in entry.texts(FORWARDING)]


async def _lists(pool: LdapPool, tree: Tree, addresses: Sequence[str]) -> Sequence[FoundEntry]:
    """Give those entries with one of these addresses that are lists."""
    at = (filters.equal(name, each) for each in addresses for name in tree.addresses)
    filter_ = filters.all_of(tree.people.filled(), filters.present(FORWARDING), filters.any_of(at))
    names = (*tree.addresses, FORWARDING, "objectClass")
    found = await pool.few(tree.base, filter_, names, count_max=_AT_ONCE)
    return [each for each in found if is_list(each)]
