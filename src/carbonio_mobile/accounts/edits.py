"""The steps that change the embedded directory, each within the caller's transaction."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, func, insert, select, update

from carbonio_mobile.accounts import entries
from carbonio_mobile.accounts.addresses import normal_address, normal_domain
from carbonio_mobile.accounts.attributes import MEMBER_RULE, Level, checked, key_of, spelt
from carbonio_mobile.accounts.entries import InheritanceCache, Target
from carbonio_mobile.accounts.passwords import check_new_password
from carbonio_mobile.accounts.rules import parse_rule
from carbonio_mobile.accounts.schema import (
    ACCOUNTS,
    ADDRESSES,
    ATTRIBUTE_VALUES,
    DIRECTORY,
    GAL_CHANGES,
    LOGIN_FAILURES,
)
from carbonio_mobile.directory.provisioning import Change
from carbonio_mobile.errors import Conflict

JOURNAL_COUNT = 50_000
"""So many changes of address lists are remembered; who missed more reads everything anew."""


def raise_generation(connection: Connection) -> None:
    """Tell all readers, of this process and others, that something changed."""
    connection.execute(update(DIRECTORY).values(generation=DIRECTORY.c.generation + 1))
    newest = select(func.max(GAL_CHANGES.c.position)).scalar_subquery()
    connection.execute(delete(GAL_CHANGES).where(GAL_CHANGES.c.position <= newest - JOURNAL_COUNT))


def normal_target(target: Target) -> Target:
    """Give a target with its name in the form in which the directory keeps it.

    Raises: InvalidArgument.
    """
    if target.level in {Level.ACCOUNT, Level.LIST} and "@" in target.name:
        return Target(level=target.level, name=normal_address(target.name))
    if target.level is Level.DOMAIN and "." in target.name:
        return Target(level=Level.DOMAIN, name=normal_domain(target.name))
    return target


def account_owner(connection: Connection, name: str) -> str:
    """Give the id of the account of an address or id. Raises: NotFound, InvalidArgument."""
    return entries.owner_id(connection, normal_target(Target(level=Level.ACCOUNT, name=name)))


def refuse_taken(connection: Connection, address: str) -> None:
    """Raises: Conflict where an address belongs to an account or a list already."""
    holder = entries.account_id(connection, address)
    if holder is not None:
        name = entries.addresses(connection, holder)[0]
        raise Conflict(f"the address {address} belongs to the account {name} already")
    holder = entries.list_id(connection, address)
    if holder is not None:
        name = entries.list_addresses(connection, holder)[0]
        raise Conflict(f"the address {address} belongs to the distribution list {name} already")


def add_address(connection: Connection, owner: str, address: str, position: int) -> None:
    """Give an account an address. Raises: InvalidArgument, Conflict."""
    normal = normal_address(address)
    refuse_taken(connection, normal)
    connection.execute(
        insert(ADDRESSES).values(address=normal, account_id=owner, position=position)
    )


def check_length(connection: Connection, owner: str, password: str) -> None:
    """Hold a new password against the account's own rule. Raises: InvalidArgument."""
    record = entries.login_record(connection, owner, 0.0, InheritanceCache())
    check_new_password(password, shortest=int(record.account.value("zimbraPasswordMinLength", "0")))


def locked_at(connection: Connection, account: str) -> float | None:
    """Give when an account was locked out, None where it is not."""
    found = connection.execute(
        select(ACCOUNTS.c.locked_at).where(ACCOUNTS.c.id == account)
    ).scalar()
    return None if found is None else float(found)


def set_locked_at(connection: Connection, account: str, locked_at: float | None) -> None:
    """Lock an account out, or end that."""
    connection.execute(update(ACCOUNTS).where(ACCOUNTS.c.id == account).values(locked_at=locked_at))


def replace_failures(connection: Connection, account: str, times: Sequence[float]) -> None:
    """Store the times of the failed logins that count, oldest first."""
    connection.execute(delete(LOGIN_FAILURES).where(LOGIN_FAILURES.c.account_id == account))
    if times:
        rows = [{"account_id": account, "failed_at": at} for at in times]
        connection.execute(insert(LOGIN_FAILURES), rows)


def clear_failures(connection: Connection, account: str) -> None:
    """Forget failed logins and end a lockout."""
    replace_failures(connection, account, ())
    set_locked_at(connection, account, None)


def apply_changes(
    connection: Connection, owner: str, level: Level, changes: Sequence[Change]
) -> None:
    """Change attributes of one entry. Raises: InvalidArgument, NotFound (a COS that is named)."""
    for signed_name, given in changes:
        name = signed_name.lstrip("+-") if signed_name[:1] in {"+", "-"} else signed_name
        key = key_of(name)
        present = entries.own_values(connection, owner).get(key, ())
        values = _combined(signed_name[:1], present, _removing_blank(given), name, level)
        _check_reference(connection, key, values)
        _check_rule(key, values)
        _store_values(connection, owner, spelt(name), values)


def _removing_blank(given: Sequence[str]) -> Sequence[str]:
    # An empty value removes the attribute, as in the product's own command.
    return () if list(given) == [""] else given


def _combined(
    sign: str, present: Sequence[str], given: Sequence[str], name: str, level: Level
) -> tuple[str, ...]:
    match sign:
        case "+":
            added = checked(name, given, level)
            return checked(name, list(dict.fromkeys((*present, *added))), level)
        case "-":
            gone = set(checked(name, given, level))
            return tuple(value for value in present if value not in gone)
        case _:
            return tuple(dict.fromkeys(checked(name, given, level)))


def _check_reference(connection: Connection, key: str, values: Sequence[str]) -> None:
    if key in {"zimbracosid", "zimbradomaindefaultcosid"}:
        for value in values:
            entries.owner_id(connection, Target(level=Level.COS, name=value))


def _check_rule(key: str, values: Sequence[str]) -> None:
    if key == MEMBER_RULE.lower():
        for value in values:
            parse_rule(value)


def _store_values(connection: Connection, owner: str, name: str, values: Sequence[str]) -> None:
    key = key_of(name)
    connection.execute(
        delete(ATTRIBUTE_VALUES).where(
            ATTRIBUTE_VALUES.c.owner_id == owner, ATTRIBUTE_VALUES.c.name_key == key
        )
    )
    rows = [
        {"owner_id": owner, "name_key": key, "position": position, "name": name, "value": value}
        for position, value in enumerate(values)
    ]
    if rows:
        connection.execute(insert(ATTRIBUTE_VALUES), rows)
