"""Keep single facts over a restart in the state database."""

from sqlite3 import Cursor

from sqlalchemy import bindparam, delete, insert, select
from twisted.internet.defer import Deferred
from zope.interface import implementer

from carbonio_mobile.interfaces import IMarks
from carbonio_mobile.store.database import Database
from carbonio_mobile.store.schema import MARKS
from carbonio_mobile.store.sqlite import DIALECT
from carbonio_mobile.store.statements import Statement

_GET = Statement(select(MARKS.c.value).where(MARKS.c.name == bindparam("which")), DIALECT)
_DELETE = Statement(delete(MARKS).where(MARKS.c.name == bindparam("which")), DIALECT)
_ADD = Statement(
    insert(MARKS).values({column.name: bindparam(column.name) for column in MARKS.columns}),
    DIALECT,
)


@implementer(IMarks)
class SqlMarks:
    """Marks in a :class:`Database`, which its owner starts and stops."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def mark(self, name: str) -> Deferred[str]:
        """Give what was set."""

        def work(cursor: Cursor) -> str:
            rows = _GET.rows(cursor, {"which": name})
            return str(rows[0][0]) if rows else ""

        return self._database.read(work)

    def set_mark(self, name: str, value: str) -> Deferred[None]:
        """Set it."""

        def work(cursor: Cursor) -> None:
            _DELETE.run(cursor, [{"which": name}])
            if value:
                _ADD.run(cursor, [{"name": name, "value": value}])

        return self._database.write(work)
