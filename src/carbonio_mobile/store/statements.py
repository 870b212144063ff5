"""The statements of the state database: written in SQLAlchemy Core, run on the driver itself.

Running a Core statement through SQLAlchemy's own connection costs 90 µs of CPU more than running
its text (measured for the load of three documents, thread hop included: 225 against 135), and every
request of a phone does it at least twice.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BindParameter,
    Delete,
    Dialect,
    Insert,
    Integer,
    Select,
    Text,
    Update,
    bindparam,
    delete,
    func,
    literal_column,
    select,
    tuple_,
    update,
)

from carbonio_mobile.store.schema import DEVICES, DOCUMENTS
from carbonio_mobile.store.sqlite import DIALECT, upsert

NAMES_AT_ONCE = (1, 2, 4, 8, 16, 32)


class Statement:
    """One statement as text with named parameters."""

    __slots__ = ("text",)

    def __init__(self, core: Select[Any] | Insert | Update | Delete, dialect: Dialect) -> None:
        self.text = str(core.compile(dialect=dialect))

    def rows(self, cursor: sqlite3.Cursor, parameters: Mapping[str, Any]) -> list[Any]:
        """Run a select; gives all its rows as tuples."""
        return cursor.execute(self.text, parameters).fetchall()

    def run(self, cursor: sqlite3.Cursor, each: Iterable[Mapping[str, Any]]) -> None:
        """Run an insert, update or delete once for each of the parameter sets."""
        cursor.executemany(self.text, each)


def _of_device(table: Any) -> Any:
    return (table.c.account == bindparam("account")) & (table.c.device == bindparam("device"))


def _some_documents(count: int) -> Select[Any]:
    names: list[BindParameter[str]] = [bindparam(f"name{number}") for number in range(count)]
    return select(DOCUMENTS.c.name, DOCUMENTS.c.body).where(
        _of_device(DOCUMENTS), DOCUMENTS.c.name.in_(names)
    )


_NO_OFFSET: Any = literal_column("0")
"""SQLite's LIMIT is compiled with an offset; one that is not given would be one more parameter."""

ONE_DEVICE = Statement(select(DEVICES).where(_of_device(DEVICES)), DIALECT)
DEVICES_OF_ACCOUNT = Statement(
    select(DEVICES)
    .where(DEVICES.c.account == bindparam("account"))
    .order_by(DEVICES.c.last_seen.desc(), DEVICES.c.device),
    DIALECT,
)
ACCOUNTS_OF_DEVICE = Statement(
    select(DEVICES.c.account)
    .where(DEVICES.c.device == bindparam("device"))
    .order_by(DEVICES.c.account),
    DIALECT,
)
SAVE_DEVICE = Statement(upsert(DEVICES, without=("wipe", "suspended")), DIALECT)
SAVE_WIPE = Statement(
    update(DEVICES).where(_of_device(DEVICES)).values(wipe=bindparam("order")), DIALECT
)
SUSPEND = Statement(
    update(DEVICES).where(_of_device(DEVICES)).values(suspended=bindparam("since")), DIALECT
)
ALL_DEVICES = Statement(
    select(DEVICES)
    .where(
        tuple_(DEVICES.c.account, DEVICES.c.device)
        > tuple_(bindparam("after_account", type_=Text), bindparam("after_device", type_=Text))
    )
    .order_by(DEVICES.c.account, DEVICES.c.device)
    .limit(bindparam("rows", type_=Integer))
    .offset(_NO_OFFSET),
    DIALECT,
)
REMOVE_DEVICE = Statement(delete(DEVICES).where(_of_device(DEVICES)), DIALECT)
SAVE_DOCUMENT = Statement(upsert(DOCUMENTS), DIALECT)
REMOVE_DOCUMENT = Statement(
    delete(DOCUMENTS).where(_of_device(DOCUMENTS), DOCUMENTS.c.name == bindparam("name")), DIALECT
)
REMOVE_ALL_DOCUMENTS = Statement(delete(DOCUMENTS).where(_of_device(DOCUMENTS)), DIALECT)
NAMES_OF_DOCUMENTS = Statement(
    select(DOCUMENTS.c.name).where(_of_device(DOCUMENTS)).order_by(DOCUMENTS.c.name), DIALECT
)
_STALE = (
    (DEVICES.c.last_seen < bindparam("before")) & DEVICES.c.wipe.is_(None)
) & DEVICES.c.suspended.is_(None)
COUNT_STALE = Statement(select(func.count()).select_from(DEVICES).where(_STALE), DIALECT)
SOME_STALE = Statement(
    select(DEVICES.c.account, DEVICES.c.device)
    .where(_STALE)
    .order_by(DEVICES.c.last_seen)
    .limit(bindparam("rows", type_=Integer))
    .offset(_NO_OFFSET),
    DIALECT,
)
SOME_DOCUMENTS = {count: Statement(_some_documents(count), DIALECT) for count in NAMES_AT_ONCE}


def documents(
    cursor: sqlite3.Cursor, of_device: Mapping[str, str], names: Sequence[str]
) -> dict[str, str]:
    """Give the documents of these names that exist, in as few statements as the names need."""
    found: dict[str, str] = {}
    for start in range(0, len(names), NAMES_AT_ONCE[-1]):
        some = names[start : start + NAMES_AT_ONCE[-1]]
        # There is a statement for a few sizes only: the last name stands in for those that are
        # missing.
        size = next(count for count in NAMES_AT_ONCE if count >= len(some))
        asked = {f"name{i}": some[min(i, len(some) - 1)] for i in range(size)}
        found.update(SOME_DOCUMENTS[size].rows(cursor, {**of_device, **asked}))
    return found
