"""Read and write the rows of mobile passwords, within the caller's transaction."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from carbonio_mobile.accounts.schema import CREDENTIALS
from carbonio_mobile.directory.credentials import Credential
from carbonio_mobile.ids import AccountId

_SEPARATOR = ","

# Every login that memory cannot answer asks this, so it is built once.
_OF_ACCOUNT = (
    select(CREDENTIALS)
    .where(CREDENTIALS.c.account_id == bindparam("account"))
    .order_by(CREDENTIALS.c.created_at, CREDENTIALS.c.id)
)


def of_account(connection: Connection, account: str) -> tuple[Credential, ...]:
    """Give an account's mobile passwords in the order in which they were added."""
    rows = connection.execute(_OF_ACCOUNT, {"account": account})
    return tuple(_credential(row._mapping) for row in rows)


def is_taken(connection: Connection, credential: str) -> bool:
    """Tell whether some account's mobile password has that id."""
    count = select(func.count()).select_from(CREDENTIALS).where(CREDENTIALS.c.id == credential)
    return bool(connection.execute(count).scalar_one())


def store(connection: Connection, credential: Credential) -> None:
    """Add a new one."""
    connection.execute(
        insert(CREDENTIALS).values(
            id=credential.id,
            account_id=credential.account,
            label=credential.label,
            services=_SEPARATOR.join(credential.services),
            algorithm=credential.algorithm,
            hash=credential.hash,
            stamp=credential.stamp,
            enabled=credential.enabled,
            created_at=credential.created,
            generated=credential.generated,
        )
    )


def replace(connection: Connection, credential: Credential) -> None:
    """Write what may change of one: label, services, whether it is enabled."""
    connection.execute(
        update(CREDENTIALS)
        .where(CREDENTIALS.c.id == credential.id)
        .values(
            label=credential.label,
            services=_SEPARATOR.join(credential.services),
            enabled=credential.enabled,
        )
    )


def replace_hash(connection: Connection, old: Credential, algorithm: str, new: str) -> None:
    """Write the same password's hash of another kind, unless it is another one by now."""
    connection.execute(
        update(CREDENTIALS)
        .where(
            CREDENTIALS.c.id == old.id,
            CREDENTIALS.c.stamp == old.stamp,
            CREDENTIALS.c.hash == old.hash,
        )
        .values(algorithm=algorithm, hash=new)
    )


def remove(connection: Connection, account: str, credential: str) -> None:
    """Remove one of an account, if it is there."""
    connection.execute(
        delete(CREDENTIALS).where(
            CREDENTIALS.c.account_id == account, CREDENTIALS.c.id == credential
        )
    )


def remove_all(connection: Connection, account: str) -> None:
    """Remove all of an account."""
    connection.execute(delete(CREDENTIALS).where(CREDENTIALS.c.account_id == account))


def _credential(row: Mapping[Any, Any]) -> Credential:
    return Credential(
        id=row["id"],
        account=AccountId(row["account_id"]),
        label=row["label"],
        services=tuple(row["services"].split(_SEPARATOR)),
        algorithm=row["algorithm"],
        hash=row["hash"],
        enabled=bool(row["enabled"]),
        created=float(row["created_at"]),
        generated=bool(row["generated"]),
        stamp=row["stamp"],
    )
