"""What the embedded directory tells of people: all of them, then what changes.

Triggers of the database write a journal of all changes, whichever process makes them; a reader that
knows all up to a place in it gets the entries that changed since, one by one.

Spec: ../shared/carbonio/attributes.md 7.
"""

import json
from base64 import b64decode
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, case, func, select
from zope.interface import implementer

from carbonio_mobile.accounts.attributes import MEMBER_RULE
from carbonio_mobile.accounts.generation import ChangeWatch
from carbonio_mobile.accounts.lanes import Lane
from carbonio_mobile.accounts.members import gathered
from carbonio_mobile.accounts.schema import (
    ACCOUNTS,
    ADDRESSES,
    ATTRIBUTE_VALUES,
    DISTRIBUTION_LISTS,
    DOMAINS,
    GAL_CHANGES,
    GAL_ENTRIES,
    LIST_ADDRESSES,
    LIST_MEMBERS,
)
from carbonio_mobile.accounts.transactions import Transactions
from carbonio_mobile.addressbook.card import Card, Value
from carbonio_mobile.addressbook.news import DomainCard, PeopleNews, PeoplePosition
from carbonio_mobile.addressbook.peoplecards import (
    BLOB_SOURCES,
    FORWARDING,
    GROUP_OBJECTS,
    MEMBERS,
    PEOPLE_ATTRIBUTES,
    account_card,
    complete,
    list_card,
    octets_of,
)
from carbonio_mobile.directory.people import PersonKind
from carbonio_mobile.interfaces import IPeopleFeed

PAGE = 100
"""Entries in one page of news: the reading of one holds the interpreter for a few milliseconds."""

_RULE_KEY = MEMBER_RULE.lower()
_Blobs = Mapping[str, Mapping[str, Sequence[bytes]]]
_BLOB_KEYS = sorted(BLOB_SOURCES)
# The kinds of entries in the order in which all are read; a place among all is "kind:id".
_OWNERS = {
    "account": ACCOUNTS.c.id,
    "list": DISTRIBUTION_LISTS.c.id,
    "external": GAL_ENTRIES.c.id,
}
_KINDS = tuple(_OWNERS)


class PeopleStore:
    """Reads people. Every method blocks, and may raise Unavailable and Corrupt."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def news(self, position: PeoplePosition | None) -> PeopleNews:
        """See :meth:`IPeopleFeed.people_since`."""
        with self._transactions.reading() as connection:
            lowest, newest = _journal(connection)
            # A position ahead of the journal is of a database that is no more.
            if position is None or not lowest - 1 <= position.change <= newest:
                return _page_of_all(connection, PeoplePosition(newest, "account:"), first=True)
            if position.after:
                return _page_of_all(connection, position, first=False)
            return _changes(connection, position)

    def blobs(self, owners: Collection[str], names: Collection[str]) -> _Blobs:
        """See :meth:`IPeopleFeed.blobs`."""
        asked = list(owners)
        with self._transactions.reading() as connection:
            found = _own_blobs(connection, asked, names)
            for owner, values in _external_blobs(connection, asked, names):
                found[owner] = values
            if MEMBERS in names:
                for owner in _ids(connection, DISTRIBUTION_LISTS.c.id, asked):
                    behind = gathered(connection, owner)
                    found[owner] = {MEMBERS: [each.encode() for each in behind]}
            return found


def _journal(connection: Connection) -> tuple[int, int]:
    """Give the oldest and the newest change that the journal has; of an empty one 1 and 0."""
    counted = select(func.min(GAL_CHANGES.c.position), func.max(GAL_CHANGES.c.position))
    lowest, newest = connection.execute(counted).one()
    return (lowest, newest) if newest is not None else (1, 0)


def _page_of_all(connection: Connection, position: PeoplePosition, *, first: bool) -> PeopleNews:
    kind, _, after = position.after.partition(":")
    owner = _OWNERS[kind]
    found = connection.execute(select(owner).where(owner > after).order_by(owner).limit(PAGE))
    ids = [str(each) for (each,) in found]
    following = _following(kind, ids)
    return PeopleNews(
        position=PeoplePosition(position.change, following),
        changed=tuple(_cards(connection, kind, ids)),
        is_whole=True,
        is_first=first,
        is_last=not following,
    )


def _following(kind: str, ids: Sequence[str]) -> str:
    """Give the place after a page; empty where it was the last one of all."""
    if len(ids) == PAGE:
        return f"{kind}:{ids[-1]}"
    left = _KINDS[_KINDS.index(kind) + 1 :]
    return f"{left[0]}:" if left else ""


def _changes(connection: Connection, position: PeoplePosition) -> PeopleNews:
    rows = connection.execute(
        select(GAL_CHANGES.c.position, GAL_CHANGES.c.owner_id)
        .where(GAL_CHANGES.c.position > position.change)
        .order_by(GAL_CHANGES.c.position)
        .limit(PAGE)
    ).all()
    owners = list(dict.fromkeys(owner for _, owner in rows))
    changed = tuple(each for kind in _KINDS for each in _cards(connection, kind, owners))
    shown = {each.card.id for each in changed}
    return PeopleNews(
        position=PeoplePosition(rows[-1][0] if rows else position.change),
        changed=changed,
        gone=tuple(owner for owner in owners if owner not in shown),
        is_last=len(rows) < PAGE,
    )


def _cards(connection: Connection, kind: str, owners: Sequence[str]) -> Iterator[DomainCard]:
    """Give the cards of those owners that are of a kind, and are shown."""
    if not owners:
        return iter(())
    reading = {"account": _accounts, "list": _lists, "external": _externals}
    return reading[kind](connection, owners)


def _accounts(connection: Connection, owners: Sequence[str]) -> Iterator[DomainCard]:
    names = _names(
        connection,
        select(ADDRESSES.c.account_id, DOMAINS.c.name, ADDRESSES.c.address)
        .join(ACCOUNTS, ACCOUNTS.c.id == ADDRESSES.c.account_id)
        .join(DOMAINS, DOMAINS.c.id == ACCOUNTS.c.domain_id)
        .where(ADDRESSES.c.account_id.in_(owners))
        .order_by(ADDRESSES.c.account_id, ADDRESSES.c.position),
    )
    values = _values(connection, list(names))
    for owner, (domain, addresses) in names.items():
        texts, blobs = values.get(owner, ({}, ()))
        made = account_card(owner, addresses, texts, blobs)
        if made is not None:
            yield DomainCard(domain=domain, card=made[0], kind=made[1])


def _lists(connection: Connection, owners: Sequence[str]) -> Iterator[DomainCard]:
    names = _names(
        connection,
        select(LIST_ADDRESSES.c.list_id, DOMAINS.c.name, LIST_ADDRESSES.c.address)
        .join(DISTRIBUTION_LISTS, DISTRIBUTION_LISTS.c.id == LIST_ADDRESSES.c.list_id)
        .join(DOMAINS, DOMAINS.c.id == DISTRIBUTION_LISTS.c.domain_id)
        .where(LIST_ADDRESSES.c.list_id.in_(owners))
        .order_by(LIST_ADDRESSES.c.list_id, LIST_ADDRESSES.c.position),
    )
    ids = list(names)
    values = _values(connection, ids)
    peopled = set(_ids(connection, LIST_MEMBERS.c.list_id, ids))
    for owner, (domain, addresses) in names.items():
        texts, _ = values.get(owner, ({}, ()))
        has_members = owner in peopled or _RULE_KEY in texts
        card = list_card(owner, addresses, texts, has_members=has_members)
        if card is not None:
            yield DomainCard(domain=domain, card=card, kind=PersonKind.GROUP)


def _externals(connection: Connection, owners: Sequence[str]) -> Iterator[DomainCard]:
    columns = GAL_ENTRIES.c
    rows = connection.execute(
        select(
            *(columns.id, columns.name_type, columns.name, columns.is_group, columns.texts),
            *(columns.blob_names, columns.changed_at, DOMAINS.c.name.label("domain")),
        )
        .join(DOMAINS, DOMAINS.c.id == columns.domain_id)
        .where(columns.id.in_(owners))
    )
    for row in rows:
        values: dict[str, tuple[Value, ...]] = {
            key: tuple(texts) for key, texts in json.loads(row.texts).items()
        }
        if not row.is_group:
            complete(values)
        card = Card(
            id=row.id,
            rdn=(row.name_type, row.name),
            values=values,
            blobs=frozenset(row.blob_names.split()),
            stamp=row.changed_at,
        )
        kind = PersonKind.GROUP if row.is_group else PersonKind.PERSON
        yield DomainCard(domain=row.domain, card=card, kind=kind, is_external=True)


def _names(connection: Connection, listing: Select[Any]) -> dict[str, tuple[str, list[str]]]:
    """Give the domain and the addresses, the name first, by owner."""
    found: dict[str, tuple[str, list[str]]] = {}
    for row in connection.execute(listing):
        owner, domain, address = row[0], row[1], row[2]
        found.setdefault(owner, (domain, []))[1].append(address)
    return found


def _values(
    connection: Connection, owners: Sequence[str]
) -> dict[str, tuple[dict[str, tuple[str, ...]], list[str]]]:
    """Give the texts of owners, and the names of the large values that they have."""
    columns = ATTRIBUTE_VALUES.c
    is_large = columns.name_key.in_(_BLOB_KEYS)
    rows = connection.execute(
        select(columns.owner_id, columns.name_key, case((is_large, ""), else_=columns.value))
        .where(
            columns.owner_id.in_(owners),
            is_large | columns.name_key.in_([*sorted(PEOPLE_ATTRIBUTES), _RULE_KEY]),
        )
        .order_by(columns.owner_id, columns.name_key, columns.position)
    )
    found: dict[str, tuple[dict[str, tuple[str, ...]], list[str]]] = {}
    for (owner, key), group in groupby(rows, key=lambda row: (row[0], row[1])):
        texts, blobs = found.setdefault(owner, ({}, []))
        if key in BLOB_SOURCES:
            blobs.append(key)
        else:
            texts[key] = tuple(value for _, _, value in group)
    return found


def _ids(
    connection: Connection, column: ColumnElement[str], owners: Sequence[str]
) -> Iterator[str]:
    for (owner,) in connection.execute(select(column).where(column.in_(owners)).distinct()):
        yield str(owner)


def _own_blobs(
    connection: Connection, owners: Sequence[str], names: Collection[str]
) -> dict[str, dict[str, list[bytes]]]:
    """Read what accounts have as base64; the values of several attributes come in their order."""
    keys = [source for source, key in BLOB_SOURCES.items() if key in names]
    columns = ATTRIBUTE_VALUES.c
    rows = connection.execute(
        select(columns.owner_id, columns.name_key, columns.value)
        .join(ACCOUNTS, ACCOUNTS.c.id == columns.owner_id)
        .where(columns.owner_id.in_(owners), columns.name_key.in_(keys))
        .order_by(columns.owner_id, columns.position)
    ).all()
    found: dict[str, dict[str, list[bytes]]] = {}
    for owner, key, value in sorted(rows, key=lambda row: keys.index(row[1])):
        octets = octets_of(value)
        if octets:
            found.setdefault(owner, {}).setdefault(BLOB_SOURCES[key], []).append(octets)
    if MEMBERS in names:
        for owner, address in _members_of_accounts(connection, owners):
            found.setdefault(owner, {}).setdefault(MEMBERS, []).append(address.encode())
    return found


def _members_of_accounts(
    connection: Connection, owners: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """Give the members of entries that are groups; where others forward their mail is private."""
    columns = ATTRIBUTE_VALUES.c
    groups = select(columns.owner_id).where(
        columns.owner_id.in_(owners),
        columns.name_key == "objectclass",
        func.lower(columns.value).in_(sorted(GROUP_OBJECTS)),
    )
    rows = connection.execute(
        select(columns.owner_id, columns.value)
        .where(columns.owner_id.in_(groups), columns.name_key == FORWARDING)
        .order_by(columns.owner_id, columns.position)
    )
    yield from ((str(owner), str(address)) for owner, address in rows)


def _external_blobs(
    connection: Connection, owners: Sequence[str], names: Collection[str]
) -> Iterator[tuple[str, dict[str, list[bytes]]]]:
    rows = connection.execute(
        select(GAL_ENTRIES.c.id, GAL_ENTRIES.c.blobs).where(
            GAL_ENTRIES.c.id.in_(owners), GAL_ENTRIES.c.blob_names != ""
        )
    )
    for owner, text in rows:
        kept = json.loads(text)
        yield owner, {key: [*map(b64decode, kept[key])] for key in names if key in kept}


@implementer(IPeopleFeed)
class EmbeddedPeople:
    """The people of the embedded directory for the daemon; all work is done in ``lane``."""

    def __init__(self, *, store: PeopleStore, watch: ChangeWatch, lane: Lane) -> None:
        self._store = store
        self._watch = watch
        self._lane = lane

    def version(self) -> int | None:
        """See :meth:`IPeopleFeed.version`."""
        return self._watch.version()

    async def people_since(self, position: PeoplePosition | None) -> PeopleNews:
        """See :meth:`IPeopleFeed.people_since`."""
        return await self._lane.run(partial(self._store.news, position))

    async def blobs(self, owners: Collection[str], names: Collection[str]) -> _Blobs:
        """See :meth:`IPeopleFeed.blobs`."""
        if not owners or not names:
            return {}
        return await self._lane.run(partial(self._store.blobs, tuple(owners), tuple(names)))
