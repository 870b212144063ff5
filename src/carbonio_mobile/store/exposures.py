"""Keep exposed address books in the state database."""

from collections.abc import Sequence
from itertools import groupby
from sqlite3 import Cursor

from sqlalchemy import bindparam, delete, insert, select
from zope.interface import implementer

from carbonio_mobile.addressbook.exposure import Exposure, in_order
from carbonio_mobile.ids import AccountId, FolderId
from carbonio_mobile.interfaces import IExposures
from carbonio_mobile.store.database import Database
from carbonio_mobile.store.memoryexposures import MemoryExposures
from carbonio_mobile.store.schema import EXPOSURES
from carbonio_mobile.store.sqlite import DIALECT
from carbonio_mobile.store.statements import Statement

_ROW = EXPOSURES.c
_ALL = Statement(select(EXPOSURES), DIALECT)
_SAVE = Statement(insert(EXPOSURES).prefix_with("OR IGNORE"), DIALECT)
_DROP = Statement(
    delete(EXPOSURES).where(
        _ROW.domain == bindparam("domain"),
        _ROW.account == bindparam("account"),
        _ROW.folder == bindparam("folder"),
    ),
    DIALECT,
)


@implementer(IExposures)
class SqlExposures(MemoryExposures):
    """Exposures in a :class:`Database`, which its owner starts and stops.

    To be loaded once before it is asked anything; whatever changes is durable before it shows.
    """

    def __init__(self, database: Database) -> None:
        super().__init__()
        self._database = database

    async def load(self) -> None:
        """Read all that is stored."""
        kept = sorted(await self._database.read(_load), key=in_order)
        for domain, exposures in groupby(kept, key=lambda each: each.domain):
            self._put(domain, list(exposures))

    async def _store(self, exposure: Exposure) -> None:
        await self._database.write(lambda cursor: _SAVE.run(cursor, [_row(exposure)]))

    async def _drop(self, exposures: Sequence[Exposure]) -> None:
        rows = [_row(each) for each in exposures]
        await self._database.write(lambda cursor: _DROP.run(cursor, rows))


def _load(cursor: Cursor) -> list[Exposure]:
    return [
        Exposure(
            domain=domain,
            account=AccountId(account),
            folder=FolderId(folder) if folder else None,
        )
        for domain, account, folder in _ALL.rows(cursor, {})
    ]


def _row(exposure: Exposure) -> dict[str, object]:
    return {
        "domain": exposure.domain,
        "account": exposure.account,
        "folder": exposure.folder or "",
    }
