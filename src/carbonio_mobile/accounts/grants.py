"""Rights granted on entries of the embedded directory.

Spec: ../shared/carbonio/cli.md 5 (grantRight), admin-panel.md 4 (delegates: send, send on behalf).
"""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, or_, select

from carbonio_mobile.accounts import entries
from carbonio_mobile.accounts.attributes import Level
from carbonio_mobile.accounts.edits import account_owner, normal_target
from carbonio_mobile.accounts.entries import Target
from carbonio_mobile.accounts.invalid import InvalidArgument
from carbonio_mobile.accounts.members import expanded
from carbonio_mobile.accounts.schema import (
    ACCOUNTS,
    ADDRESSES,
    CLASSES_OF_SERVICE,
    DOMAINS,
    GLOBAL_OWNER,
    GRANTS,
    LIST_ADDRESSES,
)
from carbonio_mobile.accounts.transactions import Transactions
from carbonio_mobile.directory.provisioning import EVERYBODY, RIGHTS, Grant
from carbonio_mobile.errors import NotFound, TooLarge

_LEVELS = {
    "account": Level.ACCOUNT,
    "cos": Level.COS,
    "domain": Level.DOMAIN,
    "dl": Level.LIST,
    "global": Level.GLOBAL,
}
_SPELT = {right.lower(): right for right in RIGHTS}


class GrantStore:
    """The rights in the directory's database."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def grant(self, grant: Grant) -> None:
        """Give a right; nothing happens where it is held. Raises: NotFound, InvalidArgument."""
        with self._transactions.changing() as connection:
            row = _row(connection, grant)
            if row["target_id"] == row["grantee_id"]:
                raise InvalidArgument("grantee", "nobody can be their own delegate")
            known = select(GRANTS).where(_same(row))
            if connection.execute(known).first() is None:
                connection.execute(insert(GRANTS).values(row))

    def revoke(self, grant: Grant) -> None:
        """Take a right away. Raises: NotFound, InvalidArgument."""
        with self._transactions.changing() as connection:
            gone = connection.execute(delete(GRANTS).where(_same(_row(connection, grant))))
            if not gone.rowcount:
                raise NotFound(f"the right {grant.right} was not granted so")

    def grants(self, target_kind: str, target: str) -> Sequence[Grant]:
        """Give the rights that are held on a target, names for ids. Raises: NotFound."""
        with self._transactions.reading() as connection:
            owner = _id_of(connection, target_kind, target)
            rows = connection.execute(
                select(GRANTS)
                .where(GRANTS.c.target_id == owner)
                .order_by(GRANTS.c.granted, GRANTS.c.grantee_type, GRANTS.c.grantee_id)
            ).all()
            return [
                Grant(
                    target_kind=row.target_type,
                    target=_name_of(connection, row.target_type, row.target_id),
                    grantee_kind=row.grantee_type,
                    grantee=_name_of(connection, row.grantee_type, row.grantee_id),
                    right=row.granted,
                )
                for row in rows
            ]

    def has_right(self, grantee: str, target: str, right: str) -> bool:
        """Tell whether an account holds a right on another one or on a list (by address or id).

        It may hold it itself, by its domain, by its own COS, by a list that it is in, or because
        all do; on the target itself, on its domain or on all. Raises: NotFound (the grantee).
        """
        with self._transactions.reading() as connection:
            holder = account_owner(connection, grantee)
            targets = _targets(connection, target)
            rows = connection.execute(
                select(GRANTS.c.grantee_type, GRANTS.c.grantee_id).where(
                    GRANTS.c.granted == _spelt(right), GRANTS.c.target_id.in_(targets)
                )
            ).all()
            return any(_is_held(connection, kind, by, holder) for kind, by in rows)


def forget_grants(connection: Connection, owner: str) -> None:
    """Forget every right on or of an entry that goes."""
    connection.execute(
        delete(GRANTS).where(or_(GRANTS.c.target_id == owner, GRANTS.c.grantee_id == owner))
    )


def _spelt(right: str) -> str:
    if right.lower() not in _SPELT:
        raise InvalidArgument("right", f"expected one of {', '.join(RIGHTS)}")
    return _SPELT[right.lower()]


def _row(connection: Connection, grant: Grant) -> dict[str, str]:
    return {
        "target_type": grant.target_kind,
        "target_id": _id_of(connection, grant.target_kind, grant.target),
        "grantee_type": grant.grantee_kind,
        "grantee_id": _id_of(connection, grant.grantee_kind, grant.grantee),
        "granted": _spelt(grant.right),
    }


def _same(row: dict[str, str]) -> ColumnElement[bool]:
    return and_(*(GRANTS.c[name] == value for name, value in row.items()))


def _id_of(connection: Connection, kind: str, name: str) -> str:
    if kind == EVERYBODY:
        return EVERYBODY
    if kind not in _LEVELS:
        raise InvalidArgument("type", f"expected one of {', '.join((*_LEVELS, EVERYBODY))}")
    return entries.owner_id(connection, normal_target(Target(level=_LEVELS[kind], name=name)))


def _name_of(connection: Connection, kind: str, owner: str) -> str:
    match kind:
        case "account":
            names = entries.addresses(connection, owner)
        case "dl":
            names = entries.list_addresses(connection, owner)
        case "cos" | "domain":
            table = DOMAINS if kind == "domain" else CLASSES_OF_SERVICE
            found = connection.execute(select(table.c.name).where(table.c.id == owner)).scalar()
            names = () if found is None else (str(found),)
        case _:
            names = ()
    return names[0] if names else owner


def _targets(connection: Connection, target: str) -> list[str]:
    """Give the ids on which a right would be one on this account or list."""
    found = [GLOBAL_OWNER]
    for table, owner in ((ADDRESSES, "account_id"), (LIST_ADDRESSES, "list_id")):
        column = table.c.address if "@" in target else table.c[owner]
        row = connection.execute(
            select(table.c[owner], table.c.address).where(column == target.lower())
        ).first()
        if row is not None:
            domain = str(row[1]).rpartition("@")[2]
            of_domain = connection.execute(select(DOMAINS.c.id).where(DOMAINS.c.name == domain))
            found += [str(row[0]), *(str(each) for (each,) in of_domain)]
    return found


def _is_held(connection: Connection, kind: str, by: str, holder: str) -> bool:
    if kind == EVERYBODY or by == holder:
        return True
    if kind == "domain":
        row = connection.execute(select(ACCOUNTS.c.domain_id).where(ACCOUNTS.c.id == holder))
        return row.scalar() == by
    if kind == "cos":
        return entries.own_values(connection, holder).get("zimbracosid") == (by,)
    return kind == "dl" and _is_member(connection, by, holder)


def _is_member(connection: Connection, group: str, holder: str) -> bool:
    try:
        return entries.addresses(connection, holder)[0] in expanded(connection, group)
    except TooLarge:
        return False
