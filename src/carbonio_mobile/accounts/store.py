"""Change and read the embedded directory: the calls behind the daemon and the set-up program.

Every method is one transaction, durable when it returns, and safe beside other processes that do
the same. All block: in the daemon they run outside the reactor thread. Beside what is named with a
method, any may raise Unavailable (locked for long, disk full) and Corrupt.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from carbonio_mobile.accounts import entries
from carbonio_mobile.accounts.addresses import normal_address, normal_domain, split_address
from carbonio_mobile.accounts.attributes import CATALOGUE, DEFAULTS, Level, key_of, spelt
from carbonio_mobile.accounts.domains import cos_name, refuse_full
from carbonio_mobile.accounts.edits import (
    account_owner,
    add_address,
    apply_changes,
    check_length,
    clear_failures,
    locked_at,
    normal_target,
    refuse_taken,
)
from carbonio_mobile.accounts.entries import InheritanceCache, Target
from carbonio_mobile.accounts.grants import forget_grants
from carbonio_mobile.accounts.lists import forget_member, rename_member
from carbonio_mobile.accounts.members import members
from carbonio_mobile.accounts.passwords import Passwords, check_new_password
from carbonio_mobile.accounts.schema import (
    ACCOUNTS,
    ADDRESSES,
    ATTRIBUTE_VALUES,
    CLASSES_OF_SERVICE,
    CREDENTIALS,
    DOMAINS,
    LOGIN_FAILURES,
)
from carbonio_mobile.accounts.transactions import Transactions
from carbonio_mobile.directory.provisioning import Change, Entry
from carbonio_mobile.errors import Conflict, NotAllowed, NotFound
from carbonio_mobile.ids import AccountId

# What an account has without an attribute row of that name, or whatever the row says.
_IDENTITY = ("zimbraid", "zimbramaildeliveryaddress", "zimbramailalias", "zimbraaccountstatus")


class DirectoryStore:
    """The embedded directory in its database."""

    def __init__(self, transactions: Transactions, passwords: Passwords) -> None:
        self._transactions = transactions
        self._passwords = passwords

    def close(self) -> None:
        """Let the database go."""
        self._transactions.close()

    # Domains and classes of service

    def create_domain(self, name: str, changes: Sequence[Change] = ()) -> str:
        """Make a domain; gives its id. Raises: InvalidArgument, Conflict."""
        domain, new_id = normal_domain(name), str(uuid.uuid4())
        with self._transactions.changing() as connection:
            if domain in entries.domains(connection):
                raise Conflict(f"the domain {domain} exists already")
            connection.execute(insert(DOMAINS).values(id=new_id, name=domain))
            apply_changes(connection, new_id, Level.DOMAIN, changes)
        return new_id

    def create_cos(self, name: str, changes: Sequence[Change] = ()) -> str:
        """Make a class of service; gives its id. Raises: InvalidArgument, Conflict."""
        folded, new_id = cos_name(name), str(uuid.uuid4())
        with self._transactions.changing() as connection:
            if folded in entries.classes_of_service(connection):
                raise Conflict(f"the class of service {folded} exists already")
            connection.execute(insert(CLASSES_OF_SERVICE).values(id=new_id, name=folded))
            apply_changes(connection, new_id, Level.COS, changes)
        return new_id

    def domains(self) -> list[str]:
        """List all domains by name."""
        with self._transactions.reading() as connection:
            return entries.domains(connection)

    def classes_of_service(self) -> list[str]:
        """List all classes of service by name."""
        with self._transactions.reading() as connection:
            return entries.classes_of_service(connection)

    # Accounts

    def create_account(
        self,
        address: str,
        password: str | None,
        *,
        aliases: Sequence[str] = (),
        cos: str | None = None,
        changes: Sequence[Change] = (),
    ) -> AccountId:
        """Make an account in an existing domain; nobody can log in to one without a password.

        Raises: InvalidArgument, NotFound (domain, COS), Conflict (an address is taken), NotAllowed
        (the domain is full).
        """
        name, domain = normal_address(address), split_address(address)[1]
        new_id = str(uuid.uuid4())
        hashed = None if password is None else self._hash_checked(password)
        with self._transactions.changing() as connection:
            domain_id = entries.owner_id(connection, Target(level=Level.DOMAIN, name=domain))
            refuse_full(connection, domain_id, domain)
            connection.execute(
                insert(ACCOUNTS).values(
                    id=new_id,
                    domain_id=domain_id,
                    password_hash=hashed,
                    credential_stamp=str(uuid.uuid4()),
                )
            )
            for position, each in enumerate((name, *aliases)):
                add_address(connection, new_id, each, position)
            if cos is not None:
                cos_id = entries.owner_id(connection, Target(level=Level.COS, name=cos))
                changes = (*changes, ("zimbraCOSId", (cos_id,)))
            apply_changes(connection, new_id, Level.ACCOUNT, changes)
            if password is not None:
                check_length(connection, new_id, password)
        return AccountId(new_id)

    def set_password(self, account: str, password: str) -> None:
        """Give an account another password; remembered logins with the old one end.

        Failed logins are forgotten, a lockout and zimbraPasswordMustChange end. Raises: NotFound,
        InvalidArgument.
        """
        hashed = self._hash_checked(password)
        with self._transactions.changing() as connection:
            owner = account_owner(connection, account)
            check_length(connection, owner, password)
            connection.execute(
                update(ACCOUNTS)
                .where(ACCOUNTS.c.id == owner)
                .values(password_hash=hashed, credential_stamp=str(uuid.uuid4()))
            )
            apply_changes(connection, owner, Level.ACCOUNT, [("zimbraPasswordMustChange", ())])
            clear_failures(connection, owner)

    def add_alias(self, account: str, address: str) -> None:
        """Give an account one more address. Raises: NotFound, InvalidArgument, Conflict (taken)."""
        with self._transactions.changing() as connection:
            owner = account_owner(connection, account)
            last = connection.execute(
                select(func.max(ADDRESSES.c.position)).where(ADDRESSES.c.account_id == owner)
            ).scalar_one()
            add_address(connection, owner, address, last + 1)

    def remove_alias(self, account: str, address: str) -> None:
        """Take an alias away.

        Raises: NotFound (account, alias), InvalidArgument, NotAllowed (name).
        """
        alias = normal_address(address)
        with self._transactions.changing() as connection:
            known = entries.addresses(connection, account_owner(connection, account))
            if alias not in known:
                raise NotFound(f"{known[0]} has no alias {alias}")
            if alias == known[0]:
                raise NotAllowed(f"{alias} is the account's name, not an alias")
            connection.execute(delete(ADDRESSES).where(ADDRESSES.c.address == alias))
            forget_member(connection, (alias,))

    def rename_account(self, account: str, address: str) -> None:
        """Give an account another name, its id and mailbox staying.

        Raises: NotFound (account, domain), InvalidArgument, Conflict (taken), NotAllowed (full).
        """
        name, domain = normal_address(address), split_address(address)[1]
        with self._transactions.changing() as connection:
            owner = account_owner(connection, account)
            domain_id = entries.owner_id(connection, Target(level=Level.DOMAIN, name=domain))
            old = entries.addresses(connection, owner)[0]
            if name == old:
                return
            if domain != split_address(old)[1]:
                refuse_full(connection, domain_id, domain)
            connection.execute(
                update(ACCOUNTS).where(ACCOUNTS.c.id == owner).values(domain_id=domain_id)
            )
            refuse_taken(connection, name)
            rename_member(connection, old, name)
            connection.execute(
                update(ADDRESSES)
                .where(ADDRESSES.c.account_id == owner, ADDRESSES.c.position == 0)
                .values(address=name)
            )

    def delete_account(self, account: str) -> AccountId:
        """Remove an account from the directory; its mailbox stays where it is. Raises: NotFound."""
        with self._transactions.changing() as connection:
            owner = account_owner(connection, account)
            forget_member(connection, entries.addresses(connection, owner))
            forget_grants(connection, owner)
            for table in (ADDRESSES, CREDENTIALS, LOGIN_FAILURES):
                connection.execute(delete(table).where(table.c.account_id == owner))
            connection.execute(delete(ATTRIBUTE_VALUES).where(ATTRIBUTE_VALUES.c.owner_id == owner))
            connection.execute(delete(ACCOUNTS).where(ACCOUNTS.c.id == owner))
        return AccountId(owner)

    def accounts(self, domain: str | None = None) -> list[tuple[str, AccountId]]:
        """List (name, id) of all accounts or those of one domain. Raises: NotFound (domain)."""
        with self._transactions.reading() as connection:
            owner = None
            if domain is not None:
                owner = entries.owner_id(connection, Target(level=Level.DOMAIN, name=domain))
            return [(name, AccountId(at)) for name, at in entries.accounts(connection, owner)]

    def unlock(self, account: str) -> None:
        """End a lockout and forget the failed logins. Raises: NotFound."""
        with self._transactions.changing() as connection:
            clear_failures(connection, account_owner(connection, account))

    # Attributes

    def set_attributes(self, target: Target, changes: Sequence[Change]) -> None:
        """Change attributes of one entry, all or none.

        Setting ``zimbraAccountStatus`` also ends a lockout. Raises: NotFound, InvalidArgument.
        """
        with self._transactions.changing() as connection:
            owner = entries.owner_id(connection, normal_target(target))
            apply_changes(connection, owner, target.level, changes)
            if any(key_of(name.lstrip("+-")) == "zimbraaccountstatus" for name, _ in changes):
                clear_failures(connection, owner)

    def entry(self, target: Target, now: float) -> Entry:
        """Show an entry with its attributes; what is inherited, for accounts only.

        Raises: NotFound.
        """
        with self._transactions.reading() as connection:
            owner = entries.owner_id(connection, normal_target(target))
            if target.level is not Level.ACCOUNT:
                return _shared_entry(connection, target, owner)
            record = entries.login_record(connection, owner, now, InheritanceCache())
            present = record.account.attributes
            own = entries.own_values(connection, owner)
            own |= {key: present[key] for key in _IDENTITY if key in present}
            own |= _login_troubles(connection, owner)
            above = {key: values for key, values in present.items() if key not in own}
            return Entry(
                id=owner,
                name=record.account.name,
                own=_spelt(connection, own),
                inherited=_spelt(connection, above),
            )

    # Within

    def _hash_checked(self, password: str) -> str:
        check_new_password(password, shortest=0)
        return self._passwords.hash(password)


def _shared_entry(connection: Connection, target: Target, owner: str) -> Entry:
    """Show what is no account; a COS, and what is global, inherit the built-in defaults."""
    own, name = entries.own_values(connection, owner), entries.name_of(connection, target, owner)
    above = DEFAULTS if target.level in {Level.COS, Level.GLOBAL} else {}
    if target.level is Level.LIST:
        found, *aliases = entries.list_addresses(connection, owner)
        own["zimbramaildeliveryaddress"] = (found,)
        own |= {"zimbramailalias": tuple(aliases)} if aliases else {}
        inside = tuple(members(connection, owner))
        own |= {"zimbramailforwardingaddress": inside} if inside else {}
    inherited = {
        key: values
        for key, values in above.items()
        if key not in own and target.level in CATALOGUE[key].levels
    }
    return Entry(
        id=owner,
        name=name,
        own=_spelt(connection, own),
        inherited=_spelt(connection, inherited),
    )


def _login_troubles(connection: Connection, owner: str) -> dict[str, tuple[str, ...]]:
    """Give failed logins and lockout in the form of the product's attributes."""
    since = locked_at(connection, owner)
    failures = entries.failure_times(connection, owner)
    troubles = {
        "zimbrapasswordlockoutlockedtime": () if since is None else (since,),
        "zimbrapasswordlockoutfailuretime": failures,
    }
    return {key: tuple(map(_gentime, times)) for key, times in troubles.items() if times}


def _gentime(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y%m%d%H%M%SZ")


def _spelt(
    connection: Connection, values: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    """Give attributes by name as the catalogue or, for free ones, somebody spelt it, sorted."""
    rows = connection.execute(
        select(ATTRIBUTE_VALUES.c.name_key, ATTRIBUTE_VALUES.c.name).where(
            ATTRIBUTE_VALUES.c.name_key.in_([key for key in values if key not in CATALOGUE])
        )
    )
    names = {row.name_key: row.name for row in rows}
    return dict(sorted((names.get(key) or spelt(key), found) for key, found in values.items()))
