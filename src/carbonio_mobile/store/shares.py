"""Keep shared folders in the state database.

One database for all accounts, and not each owner's mailbox: a grant, its mount and the switch of a
device concern two accounts, and what the change hub must know of an owner's folder at each delivery
is there without opening the mailboxes of all that might have mounted it.
"""

from sqlite3 import Cursor

from sqlalchemy import bindparam, delete, insert, or_, select
from zope.interface import implementer

from carbonio_mobile.ids import AccountId, FolderId
from carbonio_mobile.interfaces import IChangeSink, ISharing
from carbonio_mobile.store.database import Database
from carbonio_mobile.store.memoryshares import MemorySharing
from carbonio_mobile.store.schema import FOLDER_GRANTS, HIDDEN_FOLDERS, MOUNTS
from carbonio_mobile.store.sqlite import DIALECT, upsert
from carbonio_mobile.store.statements import Statement
from carbonio_mobile.sync.sharing import FIRST_MOUNT, FolderGrant, Mount, Rights

_GRANT, _MOUNT, _HIDDEN = FOLDER_GRANTS.c, MOUNTS.c, HIDDEN_FOLDERS.c

_ALL_GRANTS = Statement(select(FOLDER_GRANTS), DIALECT)
_ALL_MOUNTS = Statement(select(MOUNTS).order_by(_MOUNT.number), DIALECT)
_ALL_HIDDEN = Statement(select(HIDDEN_FOLDERS), DIALECT)
_SAVE_GRANT = Statement(upsert(FOLDER_GRANTS), DIALECT)
_DROP_GRANT = Statement(
    delete(FOLDER_GRANTS).where(
        _GRANT.owner == bindparam("owner"),
        _GRANT.folder == bindparam("folder"),
        _GRANT.grantee == bindparam("grantee"),
    ),
    DIALECT,
)
_SAVE_MOUNT = Statement(upsert(MOUNTS), DIALECT)
_DROP_MOUNT = Statement(delete(MOUNTS).where(_MOUNT.number == bindparam("number")), DIALECT)
_HIDE = Statement(insert(HIDDEN_FOLDERS).prefix_with("OR IGNORE"), DIALECT)
_SHOW = Statement(
    delete(HIDDEN_FOLDERS).where(
        _HIDDEN.account == bindparam("account"), _HIDDEN.folder == bindparam("folder")
    ),
    DIALECT,
)
_FORGET = (
    Statement(
        delete(FOLDER_GRANTS).where(
            or_(_GRANT.owner == bindparam("who"), _GRANT.grantee == bindparam("who"))
        ),
        DIALECT,
    ),
    Statement(
        delete(MOUNTS).where(
            or_(_MOUNT.account == bindparam("who"), _MOUNT.owner == bindparam("who"))
        ),
        DIALECT,
    ),
    Statement(delete(HIDDEN_FOLDERS).where(_HIDDEN.account == bindparam("who")), DIALECT),
)
_LAST_NUMBER = "SELECT seq FROM sqlite_sequence WHERE name = 'mounts'"


@implementer(ISharing)
class SqlSharing(MemorySharing):
    """Shared folders in a :class:`Database`, which its owner starts and stops.

    To be loaded once before it is asked anything; whatever changes is durable before it shows.
    """

    def __init__(self, database: Database, sink: IChangeSink) -> None:
        super().__init__(sink)
        self._database = database

    async def load(self) -> None:
        """Read all that is stored."""
        grants, mounts, hidden, last = await self._database.read(_load)
        self._book.fill(grants, mounts, hidden, last_number=last)

    async def _store_grant(self, grant: FolderGrant) -> None:
        await self._run(_SAVE_GRANT, {**_grant_key(grant), "rights": grant.rights.value})

    async def _remove_grant(self, grant: FolderGrant) -> None:
        await self._run(_DROP_GRANT, _grant_key(grant))

    async def _store_mount(self, mount: Mount) -> None:
        await self._run(
            _SAVE_MOUNT,
            {
                "number": mount.number,
                "account": mount.account,
                "owner": mount.owner,
                "folder": mount.folder or "",
                "name": mount.name,
                "synced": int(mount.synced),
            },
        )

    async def _remove_mount(self, mount: Mount) -> None:
        await self._run(_DROP_MOUNT, {"number": mount.number})

    async def _store_hidden(self, account: AccountId, folder: FolderId, hidden: bool) -> None:
        await self._run(_HIDE if hidden else _SHOW, {"account": account, "folder": folder})

    async def _remove_all(self, account: AccountId) -> None:
        def work(cursor: Cursor) -> None:
            for statement in _FORGET:
                statement.run(cursor, [{"who": account}])

        await self._database.write(work)

    async def _run(self, statement: Statement, parameters: dict[str, object]) -> None:
        await self._database.write(lambda cursor: statement.run(cursor, [parameters]))


_Loaded = tuple[list[FolderGrant], list[Mount], list[tuple[AccountId, FolderId]], int]


def _load(cursor: Cursor) -> _Loaded:
    grants = [
        FolderGrant(owner=owner, folder=folder or None, grantee=grantee, rights=Rights(rights))
        for owner, folder, grantee, rights in _ALL_GRANTS.rows(cursor, {})
    ]
    mounts = [
        Mount(
            number=number,
            account=account,
            owner=owner,
            folder=folder or None,
            name=name,
            synced=bool(synced),
        )
        for number, account, owner, folder, name, synced in _ALL_MOUNTS.rows(cursor, {})
    ]
    hidden = [(account, folder) for account, folder in _ALL_HIDDEN.rows(cursor, {})]
    last = cursor.execute(_LAST_NUMBER).fetchone()
    return grants, mounts, hidden, last[0] if last else FIRST_MOUNT - 1


def _grant_key(grant: FolderGrant) -> dict[str, object]:
    return {"owner": grant.owner, "folder": grant.folder or "", "grantee": grant.grantee}
