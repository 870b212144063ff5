"""Remove and rename domains and classes of service, none while something is in it.

Every method is one transaction, durable when it returns, and blocks; see ``store.py``.
"""

from sqlalchemy import Connection, delete, func, select, update

from carbonio_mobile.accounts import entries
from carbonio_mobile.accounts.attributes import Level
from carbonio_mobile.accounts.edits import normal_target
from carbonio_mobile.accounts.entries import Target
from carbonio_mobile.accounts.grants import forget_grants
from carbonio_mobile.accounts.invalid import InvalidArgument, shown
from carbonio_mobile.accounts.schema import (
    ATTRIBUTE_VALUES,
    CLASSES_OF_SERVICE,
    DEFAULT_COS,
    DISTRIBUTION_LISTS,
    DOMAINS,
    GAL_ENTRIES,
)
from carbonio_mobile.accounts.transactions import Transactions
from carbonio_mobile.errors import Conflict, NotAllowed

_COS_NAME_MAX = 128
_USES_OF_COS = ("zimbracosid", "zimbradomaindefaultcosid")


class DomainStore:
    """Domains and classes of service in the directory's database."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def delete_domain(self, name: str) -> str:
        """Remove a domain; gives its id. Raises: NotFound, NotAllowed (something is in it).

        People of its address list who have no account here keep nothing in use.
        """
        with self._transactions.changing() as connection:
            owner = _owner(connection, Level.DOMAIN, name)
            accounts = entries.account_count(connection, owner)
            counting = select(func.count()).where(DISTRIBUTION_LISTS.c.domain_id == owner)
            lists = int(connection.execute(counting).scalar_one())
            if accounts or lists:
                raise NotAllowed(
                    f"the domain {name} is in use: {accounts} accounts and {lists} lists are in it"
                )
            connection.execute(delete(GAL_ENTRIES).where(GAL_ENTRIES.c.domain_id == owner))
            _forget(connection, owner)
            connection.execute(delete(DOMAINS).where(DOMAINS.c.id == owner))
        return owner

    def delete_cos(self, name: str) -> str:
        """Remove a class of service; gives its id.

        Raises: NotFound, NotAllowed (the default one; an account or a domain has it).
        """
        with self._transactions.changing() as connection:
            owner = _changeable_cos(connection, name)
            counting = select(func.count()).where(
                ATTRIBUTE_VALUES.c.name_key.in_(_USES_OF_COS), ATTRIBUTE_VALUES.c.value == owner
            )
            uses = int(connection.execute(counting).scalar_one())
            if uses:
                raise NotAllowed(
                    f"the class of service {name} is in use: {uses} accounts or domains have it"
                )
            _forget(connection, owner)
            connection.execute(delete(CLASSES_OF_SERVICE).where(CLASSES_OF_SERVICE.c.id == owner))
        return owner

    def rename_cos(self, name: str, new_name: str) -> None:
        """Give a class of service another name.

        Raises: NotFound, InvalidArgument, Conflict (taken), NotAllowed (the default one).
        """
        folded = cos_name(new_name)
        with self._transactions.changing() as connection:
            owner = _changeable_cos(connection, name)
            if folded in entries.classes_of_service(connection):
                raise Conflict(f"the class of service {folded} exists already")
            connection.execute(
                update(CLASSES_OF_SERVICE)
                .where(CLASSES_OF_SERVICE.c.id == owner)
                .values(name=folded)
            )


def cos_name(name: str) -> str:
    """Give the form in which the name of a COS is kept. Raises: InvalidArgument."""
    folded = name.strip().lower()
    if not 0 < len(folded) <= _COS_NAME_MAX or not folded.isprintable():
        raise InvalidArgument("cos", f"expected a short name, got {shown(name)}")
    return folded


def refuse_full(connection: Connection, domain_id: str, name: str) -> None:
    """Raises: NotAllowed where a domain has as many accounts as it may have."""
    limit = entries.own_values(connection, domain_id).get("zimbradomainmaxaccounts", ("0",))[0]
    if 0 < int(limit) <= entries.account_count(connection, domain_id):
        raise NotAllowed(f"the domain {name} may have {limit} accounts (zimbraDomainMaxAccounts)")


def _owner(connection: Connection, level: Level, name: str) -> str:
    return entries.owner_id(connection, normal_target(Target(level=level, name=name)))


def _changeable_cos(connection: Connection, name: str) -> str:
    owner = _owner(connection, Level.COS, name)
    chosen = select(CLASSES_OF_SERVICE.c.name).where(CLASSES_OF_SERVICE.c.id == owner)
    if connection.execute(chosen).scalar() == DEFAULT_COS:
        raise NotAllowed("the class of service default stays, and keeps its name")
    return owner


def _forget(connection: Connection, owner: str) -> None:
    connection.execute(delete(ATTRIBUTE_VALUES).where(ATTRIBUTE_VALUES.c.owner_id == owner))
    forget_grants(connection, owner)
