"""Keep the Device Control List, the rules and the messages of ABQ in the state database."""

from collections.abc import Collection, Sequence
from sqlite3 import Cursor

from twisted.internet.defer import Deferred
from zope.interface import implementer

from carbonio_mobile.ids import DeviceId
from carbonio_mobile.interfaces import IAbq
from carbonio_mobile.policy.abq import AbqEntry, AbqRule, AbqStatus
from carbonio_mobile.policy.abqmessages import AbqMessage, MessageKey
from carbonio_mobile.store import abqrows as sql
from carbonio_mobile.store.database import Database


@implementer(IAbq)
class SqlAbq:
    """ABQ in a :class:`Database`, which its owner starts and stops."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def entries(
        self, after: tuple[str, str] | None, *, status: AbqStatus | None, limit: int
    ) -> Deferred[Sequence[AbqEntry]]:
        """Give a page of entries by (device, account), those behind ``after``, of one status."""
        device, account = after or ("", "")
        asked = {"device": device, "account": account, "most": limit, "offset": 0}
        statement = sql.PAGE
        if status is not None:
            asked["status"] = status.value
            statement = sql.PAGE_OF_STATUS

        def work(cursor: Cursor) -> Sequence[AbqEntry]:
            return [sql.entry_from_row(row) for row in statement.rows(cursor, asked)]

        return self._database.read(work)

    def entries_of(self, device: DeviceId) -> Deferred[Sequence[AbqEntry]]:
        """Give a device's entries by account; that for any account comes first."""

        def work(cursor: Cursor) -> Sequence[AbqEntry]:
            rows = sql.OF_DEVICE.rows(cursor, {"device": device})
            return [sql.entry_from_row(row) for row in rows]

        return self._database.read(work)

    def set_entries(
        self, entries: Collection[AbqEntry], *, drop: Sequence[tuple[str, str]] = ()
    ) -> Deferred[None]:
        """Store entries, replacing those of the same device and account, and remove others."""
        dropped = [{"device": device, "account": account} for device, account in drop]

        def work(cursor: Cursor) -> None:
            sql.DELETE_ENTRY.run(cursor, dropped)
            # One by one: there may be hundreds of thousands.
            sql.SAVE_ENTRY.run(cursor, (sql.entry_to_row(entry) for entry in entries))

        return self._database.write(work)

    def add_entries(self, entries: Sequence[AbqEntry]) -> Deferred[None]:
        """Store those entries of whose device and account there is none."""
        rows = [sql.entry_to_row(entry) for entry in entries]
        return self._database.write(lambda cursor: sql.ADD_ENTRY.run(cursor, rows))

    def count(self, status: AbqStatus | None) -> Deferred[int]:
        """Count the entries, of one status or all."""

        def work(cursor: Cursor) -> int:
            if status is None:
                return int(sql.COUNT.rows(cursor, {})[0][0])
            return int(sql.COUNT_OF_STATUS.rows(cursor, {"status": status.value})[0][0])

        return self._database.read(work)

    def rules(self) -> Deferred[Sequence[AbqRule]]:
        """Give all rules, by order, domain and pattern."""

        def work(cursor: Cursor) -> Sequence[AbqRule]:
            return [sql.rule_from_row(row) for row in sql.RULES.rows(cursor, {})]

        return self._database.read(work)

    def set_rule(self, rule: AbqRule) -> Deferred[None]:
        """Store a rule, replacing the one of the same pattern and domain."""
        row = sql.rule_to_row(rule)
        return self._database.write(lambda cursor: sql.SAVE_RULE.run(cursor, [row]))

    def delete_rule(self, pattern: str, domain: str) -> Deferred[bool]:
        """Remove a rule; tells whether there was one."""

        def work(cursor: Cursor) -> bool:
            sql.DELETE_RULE.run(cursor, [{"pattern": pattern, "domain": domain}])
            return cursor.rowcount > 0

        return self._database.write(work)

    def messages(self) -> Deferred[Sequence[AbqMessage]]:
        """Give all messages, by scope, kind and locale."""

        def work(cursor: Cursor) -> Sequence[AbqMessage]:
            return [sql.message_from_row(row) for row in sql.MESSAGES.rows(cursor, {})]

        return self._database.read(work)

    def set_messages(self, messages: Sequence[AbqMessage]) -> Deferred[None]:
        """Store messages, replacing those of the same key."""
        rows = [sql.message_to_row(message) for message in messages]
        return self._database.write(lambda cursor: sql.SAVE_MESSAGE.run(cursor, rows))

    def delete_messages(self, keys: Sequence[MessageKey]) -> Deferred[None]:
        """Remove messages."""
        rows = [sql.key_to_row(key) for key in keys]
        return self._database.write(lambda cursor: sql.DELETE_MESSAGE.run(cursor, rows))
