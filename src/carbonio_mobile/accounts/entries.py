"""Read the embedded directory: who has an address, what an account inherits, what exists.

Every function reads within the caller's transaction.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import Connection, Table, bindparam, func, select

from carbonio_mobile.accounts import credentialrows
from carbonio_mobile.accounts.attributes import Level
from carbonio_mobile.accounts.inheritance import (
    LayeredAttributes,
    Values,
    build_account,
    grouped,
    inherited_values,
)
from carbonio_mobile.accounts.lockout import LockoutRules
from carbonio_mobile.accounts.logins import DomainNames
from carbonio_mobile.accounts.schema import (
    ACCOUNTS,
    ADDRESSES,
    ATTRIBUTE_VALUES,
    CLASSES_OF_SERVICE,
    DEFAULT_COS,
    DIRECTORY,
    DISTRIBUTION_LISTS,
    DOMAINS,
    GLOBAL_OWNER,
    LIST_ADDRESSES,
    LOGIN_FAILURES,
    SERVER_OWNER,
)
from carbonio_mobile.directory.accounts import Account, AccountStatus
from carbonio_mobile.directory.credentials import Credential
from carbonio_mobile.directory.people import BLOB_ATTRIBUTES
from carbonio_mobile.errors import NotFound
from carbonio_mobile.ids import AccountId

# Every login asks these, so they are built once.
_GENERATION = select(DIRECTORY.c.generation)
_ACCOUNT = select(ACCOUNTS).where(ACCOUNTS.c.id == bindparam("account"))
_ADDRESSES = (
    select(ADDRESSES.c.address)
    .where(ADDRESSES.c.account_id == bindparam("account"))
    .order_by(ADDRESSES.c.position)
)
_OWN_VALUES = (
    select(ATTRIBUTE_VALUES.c.name_key, ATTRIBUTE_VALUES.c.value)
    .where(ATTRIBUTE_VALUES.c.owner_id == bindparam("owner"))
    .order_by(ATTRIBUTE_VALUES.c.name_key, ATTRIBUTE_VALUES.c.position)
)

# Pictures and certificates stay on disk: accounts are kept in memory by the hundred thousand.
_OWN_TEXTS = _OWN_VALUES.where(ATTRIBUTE_VALUES.c.name_key.not_in(sorted(BLOB_ATTRIBUTES)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An account or list (by address or id), a COS or domain (by name or id), or what is global."""

    level: Level
    name: str = ""

    def __str__(self) -> str:
        return f"{self.level.value} {self.name}".rstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginRecord:
    """All that checking a login needs to know of an account.

    ``expires_at`` is when the account is another one without a change of the directory: its lockout
    ends. ``credentials`` are its mobile passwords, those that are not enabled as well.
    """

    account: Account
    password_hash: str | None = field(repr=False)
    credential_stamp: str = field(repr=False)
    rules: LockoutRules
    has_failures: bool
    is_locked_out: bool
    expires_at: float
    credentials: tuple[Credential, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What all accounts of one domain and COS have in common."""

    values: Values
    domain_status: AccountStatus
    cos: str | None = None


def generation(connection: Connection) -> int:
    """Give the number that every visible change of the directory raises."""
    return int(connection.execute(_GENERATION).scalar_one())


def own_values(connection: Connection, owner: str) -> dict[str, tuple[str, ...]]:
    """Give what stands on one entry itself, by lower-case name."""
    rows = connection.execute(_OWN_VALUES, {"owner": owner})
    return grouped((name_key, value) for name_key, value in rows)


def own_texts(connection: Connection, owner: str) -> dict[str, tuple[str, ...]]:
    """Give :func:`own_values` without what is no text for people: pictures and certificates."""
    rows = connection.execute(_OWN_TEXTS, {"owner": owner})
    return grouped((name_key, value) for name_key, value in rows)


def domain_names(connection: Connection) -> DomainNames:
    """Give the names by which logins are completed."""
    domains = {row.id: row.name for row in connection.execute(select(DOMAINS))}
    hosts: dict[str, str] = {}
    rows = connection.execute(
        select(ATTRIBUTE_VALUES.c.owner_id, ATTRIBUTE_VALUES.c.value)
        .where(
            ATTRIBUTE_VALUES.c.name_key.in_(
                ("zimbravirtualhostname", "zimbrapublicservicehostname")
            )
        )
        .order_by(ATTRIBUTE_VALUES.c.name_key.desc(), ATTRIBUTE_VALUES.c.owner_id)
    )
    for row in rows:
        if row.owner_id in domains:
            hosts.setdefault(row.value, domains[row.owner_id])
    hosts |= {name: name for name in domains.values()}
    return DomainNames(hosts=hosts, default=_default_domain(connection, list(domains.values())))


def _default_domain(connection: Connection, domains: list[str]) -> str:
    chosen = own_values(connection, GLOBAL_OWNER).get("zimbradefaultdomainname")
    if chosen:
        return chosen[0]
    return domains[0] if len(domains) == 1 else ""


def owner_id(connection: Connection, target: Target) -> str:
    """Give the id of what a target names. Raises: NotFound, InvalidArgument."""
    if target.level is Level.GLOBAL:
        return GLOBAL_OWNER
    if target.level is Level.SERVER:
        return SERVER_OWNER
    if target.level is Level.ACCOUNT:
        found = account_id(connection, target.name)
    elif target.level is Level.LIST:
        found = list_id(connection, target.name)
    else:
        table = DOMAINS if target.level is Level.DOMAIN else CLASSES_OF_SERVICE
        found = _named_id(connection, table, target.name)
    if found is None:
        raise NotFound(f"no {target}")
    return found


def name_of(connection: Connection, target: Target, owner: str) -> str:
    """Give the name of a domain, COS or list (by id) that a target means; else what it says."""
    if target.level is Level.LIST:
        return list_addresses(connection, owner)[0]
    if target.level not in {Level.DOMAIN, Level.COS}:
        return target.name
    table = DOMAINS if target.level is Level.DOMAIN else CLASSES_OF_SERVICE
    return str(connection.execute(select(table.c.name).where(table.c.id == owner)).scalar_one())


def _named_id(connection: Connection, table: Table, name: str) -> str | None:
    folded = name.lower()
    found = connection.execute(
        select(table.c.id).where((table.c.name == folded) | (table.c.id == folded))
    ).scalar()
    return None if found is None else str(found)


def account_id(connection: Connection, name: str) -> str | None:
    """Find an account by any of its addresses (in normal form) or its id."""
    column, table = (ADDRESSES.c.account_id, ADDRESSES.c.address)
    if "@" not in name:
        column, table = (ACCOUNTS.c.id, ACCOUNTS.c.id)
    found = connection.execute(select(column).where(table == name.lower())).scalar()
    return None if found is None else str(found)


def list_id(connection: Connection, name: str) -> str | None:
    """Find a distribution list by any of its addresses (in normal form) or its id."""
    column, table = (LIST_ADDRESSES.c.list_id, LIST_ADDRESSES.c.address)
    if "@" not in name:
        column, table = (DISTRIBUTION_LISTS.c.id, DISTRIBUTION_LISTS.c.id)
    found = connection.execute(select(column).where(table == name.lower())).scalar()
    return None if found is None else str(found)


def list_addresses(connection: Connection, owner: str) -> tuple[str, ...]:
    """Give a list's addresses: its name, then its aliases."""
    rows = connection.execute(
        select(LIST_ADDRESSES.c.address)
        .where(LIST_ADDRESSES.c.list_id == owner)
        .order_by(LIST_ADDRESSES.c.position)
    )
    return tuple(address for (address,) in rows)


def addresses(connection: Connection, account: str) -> tuple[str, ...]:
    """Give an account's addresses: its name, then its aliases."""
    rows = connection.execute(_ADDRESSES, {"account": account})
    return tuple(address for (address,) in rows)


def failure_times(connection: Connection, account: str) -> tuple[float, ...]:
    """Give the times of an account's failed logins that still count, oldest first."""
    rows = connection.execute(
        select(LOGIN_FAILURES.c.failed_at)
        .where(LOGIN_FAILURES.c.account_id == account)
        .order_by(LOGIN_FAILURES.c.id)
    )
    return tuple(row.failed_at for row in rows)


def shared_values(connection: Connection, domain: str | None, cos: str | None) -> Shared:
    """Give what accounts of a domain inherit whose own COS is ``cos``.

    Without one the domain's default COS counts, else the COS named ``default``. A COS that was
    deleted is passed over in the same way.
    """
    of_domain = own_values(connection, domain) if domain else {}
    cos_id = cos_of(connection, of_domain, cos)
    return Shared(
        values=inherited_values(
            cos=own_values(connection, cos_id) if cos_id else {},
            domain=of_domain,
            server=own_values(connection, SERVER_OWNER),
            everywhere=own_values(connection, GLOBAL_OWNER),
        ),
        domain_status=AccountStatus(of_domain.get("zimbradomainstatus", ("active",))[0]),
        cos=cos_id,
    )


def cos_of(connection: Connection, of_domain: Values, own: str | None) -> str | None:
    """Give the id of the COS that counts for an account with its own one and its domain's."""
    wished = [own, *of_domain.get("zimbradomaindefaultcosid", ()), DEFAULT_COS]
    found = (_named_id(connection, CLASSES_OF_SERVICE, name) for name in wished if name)
    return next((name for name in found if name), None)


class InheritanceCache:
    """Keeps what many accounts share for one generation of the directory. Used by one thread."""

    def __init__(self) -> None:
        self._generation = 0
        self._names: DomainNames | None = None
        self._shared: dict[tuple[str | None, str | None], Shared] = {}

    def names(self, connection: Connection) -> DomainNames:
        """Give :func:`domain_names` as they are now."""
        self._forget_if_changed(connection)
        if self._names is None:
            self._names = domain_names(connection)
        return self._names

    def shared(self, connection: Connection, domain: str | None, cos: str | None) -> Shared:
        """Give :func:`shared_values` as they are now."""
        self._forget_if_changed(connection)
        if (domain, cos) not in self._shared:
            self._shared[domain, cos] = shared_values(connection, domain, cos)
        return self._shared[domain, cos]

    def _forget_if_changed(self, connection: Connection) -> None:
        present = generation(connection)
        if present != self._generation:
            self._names = None
            self._shared.clear()
            self._generation = present


def login_record(
    connection: Connection, account: str, now: float, cache: InheritanceCache
) -> LoginRecord:
    """Give an account as it is at ``now``, with what checking its password needs.

    Raises: NotFound.
    """
    row = connection.execute(_ACCOUNT, {"account": account}).first()
    if row is None:
        raise NotFound(f"no account {account}")
    own = own_texts(connection, account)
    shared = cache.shared(connection, row.domain_id, own.get("zimbracosid", (None,))[0])
    rules = LockoutRules.of(LayeredAttributes(own, shared.values))
    counted = rules.enabled and bool(failure_times(connection, account))
    locked_until = rules.ends(row.locked_at)
    return LoginRecord(
        account=build_account(
            account=AccountId(account),
            addresses=addresses(connection, account),
            own=own,
            shared=shared.values,
            domain_status=shared.domain_status,
            locked_out=now < locked_until,
        ),
        password_hash=row.password_hash,
        credential_stamp=row.credential_stamp,
        rules=rules,
        has_failures=counted or row.locked_at is not None,
        is_locked_out=now < locked_until,
        expires_at=locked_until if now < locked_until else float("inf"),
        credentials=credentialrows.of_account(connection, account),
    )


def domains(connection: Connection) -> list[str]:
    """List the names of all domains, in order."""
    return [row.name for row in connection.execute(select(DOMAINS).order_by(DOMAINS.c.name))]


def classes_of_service(connection: Connection) -> list[str]:
    """List the names of all classes of service, in order."""
    rows = connection.execute(select(CLASSES_OF_SERVICE).order_by(CLASSES_OF_SERVICE.c.name))
    return [row.name for row in rows]


def accounts(connection: Connection, domain: str | None) -> Iterator[tuple[str, str]]:
    """Give (name, id) of all accounts, or those of one domain (by id), by name."""
    listing = (
        select(ADDRESSES.c.address, ADDRESSES.c.account_id)
        .join(ACCOUNTS, ACCOUNTS.c.id == ADDRESSES.c.account_id)
        .where(ADDRESSES.c.position == 0)
        .order_by(ADDRESSES.c.address)
    )
    if domain is not None:
        listing = listing.where(ACCOUNTS.c.domain_id == domain)
    for row in connection.execute(listing):
        yield row.address, row.account_id


def account_count(connection: Connection, domain: str) -> int:
    """Count the accounts of a domain (by id)."""
    counting = select(func.count()).select_from(ACCOUNTS).where(ACCOUNTS.c.domain_id == domain)
    return int(connection.execute(counting).scalar_one())
