"""Put people who have no account here into a domain's address list, from LDIF.

A file is read and checked into a temporary file of its own first; then one transaction makes the
domain's entries those of the file.

Spec: issue 5, section 2 (importGal, and re-import as a diff).
"""

import json
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import islice
from tempfile import SpooledTemporaryFile
from typing import TypeVar

from sqlalchemy import Connection, delete, insert, select, update

from carbonio_mobile.accounts import entries
from carbonio_mobile.accounts.attributes import Level
from carbonio_mobile.accounts.edits import normal_target, raise_generation
from carbonio_mobile.accounts.entries import Target
from carbonio_mobile.accounts.invalid import InvalidArgument
from carbonio_mobile.accounts.schema import ADDRESSES, GAL_ENTRIES, LIST_ADDRESSES
from carbonio_mobile.accounts.transactions import Transactions
from carbonio_mobile.addressbook.externals import External, external
from carbonio_mobile.addressbook.ldif import LdifFault, LdifReader, LdifRecord
from carbonio_mobile.directory.provisioning import ImportedPeople

T = TypeVar("T")

ENTRIES_MAX = 200_000
"""So many are taken: they are stored in one step, and nobody else can write meanwhile."""
_SPOOL_BYTES = 8 << 20
_BATCH = 500


class PeopleImports:
    """Imports into the directory's database."""

    def __init__(self, transactions: Transactions, clock: Callable[[], float]) -> None:
        self._transactions = transactions
        self._clock = clock

    def begin(self, domain: str) -> "PeopleImport":
        """Begin to take a file for a domain (by name or id). Raises: NotFound."""
        with self._transactions.reading() as connection:
            target = normal_target(Target(level=Level.DOMAIN, name=domain))
            owner = entries.owner_id(connection, target)
        return PeopleImport(self._transactions, owner, self._clock)


class PeopleImport:
    """One file on its way into an address list. Every method blocks."""

    def __init__(
        self, transactions: Transactions, domain_id: str, clock: Callable[[], float]
    ) -> None:
        self._transactions = transactions
        self._domain_id = domain_id
        self._clock = clock
        self._reader = LdifReader()
        self._spool = SpooledTemporaryFile(max_size=_SPOOL_BYTES)  # noqa: SIM115 - see close
        self._seen: set[str] = set()
        self._passed_over = 0

    def close(self) -> None:
        """Let the temporary file go."""
        self._spool.close()

    def feed(self, octets: bytes) -> None:
        """Take a piece of the file. Raises: InvalidArgument."""
        self._take(lambda: self._reader.feed(octets))

    def finish(self, *, remove_missing: bool, dry_run: bool) -> ImportedPeople:
        """Make the domain's entries those of the file, all or none.

        Raises: InvalidArgument, NotFound (the domain is gone meanwhile).
        """
        self._take(self._reader.close)
        if not self._seen:
            raise InvalidArgument("file", "no person and no group is in it; nothing was changed")
        with self._transactions.writing() as connection:
            entries.owner_id(connection, Target(level=Level.DOMAIN, name=self._domain_id))
            comparison = _Comparison(connection, self._domain_id)
            for chunk in _chunks(self._entries()):
                steps = [step for each in chunk if (step := comparison.step(each)) is not None]
                if not dry_run:
                    self._store(connection, steps)
            gone = list(comparison.left.values()) if remove_missing else []
            if not dry_run:
                _remove(connection, [each.id for each in gone])
            outcome = ImportedPeople(
                **comparison.counts,
                removed=len(gone),
                kept=len(comparison.left) - len(gone),
                passed_over=self._passed_over,
            )
            if not dry_run and (outcome.added or outcome.changed or outcome.removed):
                raise_generation(connection)
        return outcome

    def _take(self, records: Callable[[], Iterator[LdifRecord]]) -> None:
        try:
            for record in records():
                self._keep(record)
        except LdifFault as exc:
            raise InvalidArgument(f"line {exc.line}", f"{exc.why}; nothing was changed") from exc

    def _keep(self, record: LdifRecord) -> None:
        entry = external(record)
        if entry is None:
            self._passed_over += 1
            return
        if entry.key in self._seen:
            raise LdifFault(record.line, "an entry of this name was in the file already")
        if len(self._seen) >= ENTRIES_MAX:
            raise LdifFault(record.line, f"more than {ENTRIES_MAX} entries")
        self._seen.add(entry.key)
        values = [getattr(entry, each.name) for each in fields(entry)]
        self._spool.write(json.dumps(values).encode() + b"\n")

    def _entries(self) -> Iterator[External]:
        self._spool.seek(0)
        names = [each.name for each in fields(External)]
        for line in self._spool:
            values = dict(zip(names, json.loads(line), strict=True))
            values["rdn"], values["mails"] = tuple(values["rdn"]), tuple(values["mails"])
            yield External(**values)

    def _store(self, connection: Connection, steps: "Sequence[_Step]") -> None:
        now = self._clock()
        rows = [_row(step, self._domain_id, now) for step in steps if step.is_new]
        if rows:
            connection.execute(insert(GAL_ENTRIES), rows)
        for step in steps:
            if not step.is_new:
                connection.execute(
                    update(GAL_ENTRIES)
                    .where(GAL_ENTRIES.c.id == step.id)
                    .values(_row(step, self._domain_id, now))
                )


@dataclass(frozen=True, slots=True)
class _Step:
    """An entry to be stored, under its id and the name that it gets here."""

    id: str
    rdn: tuple[str, str]
    entry: External
    is_new: bool


@dataclass(frozen=True, slots=True)
class _Present:
    id: str
    digest: str
    rdn: tuple[str, str]


class _Comparison:
    """What a domain has from earlier files beside what this one says; ``left`` was not met yet."""

    def __init__(self, connection: Connection, domain_id: str) -> None:
        columns = GAL_ENTRIES.c
        rows = connection.execute(
            select(
                *(columns.source_key, columns.id, columns.digest, columns.name_type, columns.name)
            ).where(columns.domain_id == domain_id)
        )
        self.left = {
            key: _Present(owner, digest, (kind, name)) for key, owner, digest, kind, name in rows
        }
        self.counts = Counter[str]()
        self._names = {_folded(each.rdn): each.id for each in self.left.values()}
        self._homes = {
            address
            for table in (ADDRESSES, LIST_ADDRESSES)
            for (address,) in connection.execute(select(table.c.address))
        }

    def step(self, entry: External) -> _Step | None:
        """Compare an entry; gives what is to be stored, None where nothing is."""
        if not self._homes.isdisjoint(each.lower() for each in entry.mails):
            self.counts["at_home"] += 1
            return None
        present = self.left.pop(entry.key, None)
        if present is not None and present.digest == entry.digest:
            self.counts["unchanged"] += 1
            return None
        owner = str(uuid.uuid4()) if present is None else present.id
        self.counts["added" if present is None else "changed"] += 1
        return _Step(owner, self._name(owner, entry.rdn), entry, present is None)

    def _name(self, owner: str, rdn: tuple[str, str]) -> tuple[str, str]:
        """Give an entry its name; one from another branch may have it, and keeps it."""
        if self._names.setdefault(_folded(rdn), owner) == owner:
            return rdn
        return ("entryUUID", owner)


def _folded(rdn: tuple[str, str]) -> tuple[str, str]:
    return rdn[0].lower(), rdn[1].casefold()


def _row(step: _Step, domain_id: str, now: float) -> dict[str, object]:
    entry = step.entry
    return {
        "id": step.id,
        "domain_id": domain_id,
        "source_key": entry.key,
        "name_type": step.rdn[0],
        "name": step.rdn[1],
        "is_group": entry.is_group,
        "texts": entry.texts,
        "blob_names": entry.blob_names,
        "blobs": entry.blobs,
        "digest": entry.digest,
        "changed_at": now,
    }


def _remove(connection: Connection, ids: Sequence[str]) -> None:
    for chunk in _chunks(ids):
        connection.execute(delete(GAL_ENTRIES).where(GAL_ENTRIES.c.id.in_(chunk)))


def _chunks(values: Iterable[T]) -> Iterator[list[T]]:
    left = iter(values)
    while chunk := list(islice(left, _BATCH)):
        yield chunk
