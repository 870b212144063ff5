"""Rules that make a distribution list a dynamic one: who its members are, found at each reading.

A rule is ``TERM[,TERM…]``, and all terms must hold of an account. A term is

- ``cos=NAME``: the account's class of service, its own or its domain's default one, by name;
- ``domain=NAME``: the account's domain. Without this term a rule means the domain of its list;
- ``ATTRIBUTE=VALUE``: one of the values that the account has, inherited ones as well, whatever
  their case; ``ATTRIBUTE=*``: it has some value.

Members are accounts with mail: neither closed ones nor, unless a term names zimbraCalResType,
rooms and equipment.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, select

from carbonio_mobile.accounts import entries
from carbonio_mobile.accounts.addresses import normal_domain
from carbonio_mobile.accounts.attributes import MEMBER_RULE, Level, key_of
from carbonio_mobile.accounts.entries import InheritanceCache, Target
from carbonio_mobile.accounts.inheritance import Values
from carbonio_mobile.accounts.invalid import InvalidArgument, shown
from carbonio_mobile.accounts.schema import ACCOUNTS, ADDRESSES, ATTRIBUTE_VALUES
from carbonio_mobile.errors import NotFound

_TERMS_MAX = 16
_RESOURCE = "zimbracalrestype"
_ALWAYS_READ = ("zimbraaccountstatus", "zimbracosid", _RESOURCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule as it was read. ``values`` are (attribute's key, value in lower case or ``*``)."""

    cos: str = ""
    domain: str = ""
    values: tuple[tuple[str, str], ...] = ()


def parse_rule(text: str) -> Rule:
    """Read a rule. Raises: InvalidArgument."""
    terms = [term.strip() for term in text.split(",") if term.strip()]
    if not 0 < len(terms) <= _TERMS_MAX:
        raise _unusable(text)
    cos, domain, values = "", "", []
    for term in terms:
        name, equals, value = (part.strip() for part in term.partition("="))
        if not equals or not name or not value:
            raise _unusable(text)
        match name.lower():
            case "cos":
                cos = value.lower()
            case "domain":
                domain = normal_domain(value)
            case _:
                values.append((key_of(name), value.lower()))
    return Rule(cos=cos, domain=domain, values=tuple(values))


def _unusable(text: str) -> InvalidArgument:
    return InvalidArgument(
        MEMBER_RULE,
        "expected terms with commas between, each cos=NAME, domain=NAME or ATTRIBUTE=VALUE, "
        f"got {shown(text)}",
    )


def matching(connection: Connection, rule: Rule, domain_id: str) -> Iterator[str]:
    """Give the names of the accounts that a rule of a list in a domain means, in order."""
    cos = ""
    try:
        if rule.domain:
            domain_id = entries.owner_id(connection, Target(level=Level.DOMAIN, name=rule.domain))
        if rule.cos:
            cos = entries.owner_id(connection, Target(level=Level.COS, name=rule.cos))
    except NotFound:
        return
    cache = InheritanceCache()
    values = _values_of(connection, rule, domain_id)
    for account, name in _accounts_of(connection, domain_id):
        own = values.get(account, {})
        shared = cache.shared(connection, domain_id, own.get("zimbracosid", (None,))[0])
        if (not cos or shared.cos == cos) and _holds(rule, own, shared.values):
            yield name


def _holds(rule: Rule, own: Values, inherited: Values) -> bool:
    if own.get("zimbraaccountstatus", ("active",))[0] == "closed":
        return False
    if _RESOURCE in own and not any(key == _RESOURCE for key, _ in rule.values):
        return False
    for key, wanted in rule.values:
        found = own.get(key) or inherited.get(key, ())
        if not found or (wanted != "*" and wanted not in (value.lower() for value in found)):
            return False
    return True


def _accounts_of(connection: Connection, domain_id: str) -> list[tuple[str, str]]:
    rows = connection.execute(
        select(ACCOUNTS.c.id, ADDRESSES.c.address)
        .join(ADDRESSES, ADDRESSES.c.account_id == ACCOUNTS.c.id)
        .where(ACCOUNTS.c.domain_id == domain_id, ADDRESSES.c.position == 0)
        .order_by(ADDRESSES.c.address)
    )
    return [(account, name) for account, name in rows]


def _values_of(
    connection: Connection, rule: Rule, domain_id: str
) -> dict[str, dict[str, tuple[str, ...]]]:
    keys = {*_ALWAYS_READ, *(key for key, _ in rule.values)}
    rows = connection.execute(
        select(ATTRIBUTE_VALUES.c.owner_id, ATTRIBUTE_VALUES.c.name_key, ATTRIBUTE_VALUES.c.value)
        .join(ACCOUNTS, ACCOUNTS.c.id == ATTRIBUTE_VALUES.c.owner_id)
        .where(ACCOUNTS.c.domain_id == domain_id, ATTRIBUTE_VALUES.c.name_key.in_(sorted(keys)))
        .order_by(ATTRIBUTE_VALUES.c.owner_id, ATTRIBUTE_VALUES.c.position)
    )
    gathered: dict[str, dict[str, tuple[str, ...]]] = {}
    for owner, key, value in rows:
        of_owner = gathered.setdefault(owner, {})
        of_owner[key] = (*of_owner.get(key, ()), value)
    return gathered
