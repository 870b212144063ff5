"""Who gets the mail of a distribution list, lists within it and dynamic ones looked into.

Every function reads within the caller's transaction.
"""

from sqlalchemy import Connection, bindparam, select

from carbonio_mobile.accounts import entries
from carbonio_mobile.accounts.attributes import MEMBER_RULE
from carbonio_mobile.accounts.rules import matching, parse_rule
from carbonio_mobile.accounts.schema import (
    ADDRESSES,
    DISTRIBUTION_LISTS,
    LIST_ADDRESSES,
    LIST_MEMBERS,
)
from carbonio_mobile.errors import TooLarge

MEMBERS_MAX = 10_000
"""A list that comes to more addresses than this takes no mail."""

_RULE_KEY = MEMBER_RULE.lower()
_NAMES = ADDRESSES.alias("names")
_MEMBERS = (
    select(LIST_MEMBERS.c.address, _NAMES.c.address, LIST_ADDRESSES.c.list_id)
    .outerjoin(ADDRESSES, ADDRESSES.c.address == LIST_MEMBERS.c.address)
    .outerjoin(_NAMES, (_NAMES.c.account_id == ADDRESSES.c.account_id) & (_NAMES.c.position == 0))
    .outerjoin(LIST_ADDRESSES, LIST_ADDRESSES.c.address == LIST_MEMBERS.c.address)
    .where(LIST_MEMBERS.c.list_id == bindparam("owner"))
)


def members(connection: Connection, owner: str) -> list[str]:
    """Give the members of a list (by id) as they were added, by address."""
    rows = connection.execute(
        select(LIST_MEMBERS.c.address)
        .where(LIST_MEMBERS.c.list_id == owner)
        .order_by(LIST_MEMBERS.c.address)
    )
    return [address for (address,) in rows]


def expanded(connection: Connection, owner: str) -> tuple[str, ...]:
    """Give all addresses behind a list (by id), sorted. Raises: TooLarge."""
    found = gathered(connection, owner)
    if len(found) > MEMBERS_MAX:
        raise TooLarge(f"the distribution list comes to more than {MEMBERS_MAX} members")
    return found


def gathered(connection: Connection, owner: str) -> tuple[str, ...]:
    """Give the addresses behind a list (by id), sorted; some of them where there are too many.

    Each list within is looked into once. A member that is an alias becomes its account's name.
    More than ``MEMBERS_MAX`` addresses come only where there are too many.
    """
    found: set[str] = set()
    met, waiting = {owner}, [owner]
    while waiting and len(found) <= MEMBERS_MAX:
        direct, inner = _direct(connection, waiting.pop())
        found.update(direct)
        new = [each for each in dict.fromkeys(inner) if each not in met]
        met.update(new)
        waiting += new
    return tuple(sorted(found))


def _direct(connection: Connection, owner: str) -> tuple[list[str], list[str]]:
    """Give the addresses in a list itself, and the ids of the lists in it."""
    direct, inner = [], []
    for address, name, inner_list in connection.execute(_MEMBERS, {"owner": owner}):
        if inner_list is None:
            direct.append(name or address)
        else:
            inner.append(inner_list)
    rule = entries.own_values(connection, owner).get(_RULE_KEY)
    if rule:
        domain = connection.execute(
            select(DISTRIBUTION_LISTS.c.domain_id).where(DISTRIBUTION_LISTS.c.id == owner)
        ).scalar_one()
        direct += matching(connection, parse_rule(rule[0]), str(domain))
    return direct, inner
