"""Keep in the state database what is known of messages on their way out."""

from sqlite3 import Cursor
from typing import Any

from sqlalchemy import bindparam, delete, select
from twisted.internet.defer import Deferred
from zope.interface import implementer

from carbonio_mobile.errors import Corrupt
from carbonio_mobile.ids import AccountId, OperationId
from carbonio_mobile.interfaces import IIntents
from carbonio_mobile.store.database import Database
from carbonio_mobile.store.schema import INTENTS
from carbonio_mobile.store.sqlite import DIALECT, upsert
from carbonio_mobile.store.statements import Statement
from carbonio_mobile.sync.intents import REMEMBERED_S, Intent, Progress

_ROW = INTENTS.c
_GET = Statement(
    select(_ROW.operation, _ROW.account, _ROW.message_id, _ROW.progress, _ROW.at).where(
        _ROW.operation == bindparam("which")
    ),
    DIALECT,
)
_PUT = Statement(upsert(INTENTS), DIALECT)
_DROP = Statement(delete(INTENTS).where(_ROW.operation == bindparam("which")), DIALECT)
_FORGET = Statement(delete(INTENTS).where(_ROW.at < bindparam("oldest")), DIALECT)


@implementer(IIntents)
class SqlIntents:
    """Intents in a :class:`Database`, which its owner starts and stops.

    What is too old goes with the next one that is put: the index shows at once that there is none.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, operation: OperationId) -> Deferred[Intent | None]:
        """See :meth:`IIntents.find`."""

        def work(cursor: Cursor) -> Intent | None:
            rows = _GET.rows(cursor, {"which": operation})
            return _intent(rows[0]) if rows else None

        return self._database.read(work)

    def put(self, intent: Intent) -> Deferred[None]:
        """See :meth:`IIntents.put`."""

        def work(cursor: Cursor) -> None:
            _FORGET.run(cursor, [{"oldest": intent.at - REMEMBERED_S}])
            _PUT.run(cursor, [_row(intent)])

        return self._database.write(work)

    def drop(self, operation: OperationId) -> Deferred[None]:
        """See :meth:`IIntents.drop`."""
        return self._database.write(lambda cursor: _DROP.run(cursor, [{"which": operation}]))


def _row(intent: Intent) -> dict[str, Any]:
    return {
        "operation": intent.operation,
        "account": intent.account,
        "message_id": intent.message_id,
        "progress": intent.progress.value,
        "at": intent.at,
    }


def _intent(row: Any) -> Intent:
    operation, account, message_id, progress, at = row
    try:
        known = Progress(progress)
    except ValueError as exc:
        raise Corrupt(f"the progress of the message {operation}") from exc
    return Intent(
        account=AccountId(account),
        operation=OperationId(operation),
        message_id=message_id,
        progress=known,
        at=at,
    )
