"""Keep what administrators were told in the state database."""

from collections.abc import Sequence
from sqlite3 import Cursor
from typing import Any

from sqlalchemy import Integer, bindparam, delete, func, insert, literal_column, select
from twisted.internet.defer import Deferred
from zope.interface import implementer

from carbonio_mobile.errors import Corrupt, NotFound
from carbonio_mobile.interfaces import INoticeList
from carbonio_mobile.policy.notices import (
    NOTICES_COUNT,
    SUBJECT_CHARACTERS,
    TEXT_CHARACTERS,
    Notice,
    NoticeKind,
)
from carbonio_mobile.store.database import Database
from carbonio_mobile.store.schema import NOTICES
from carbonio_mobile.store.sqlite import DIALECT
from carbonio_mobile.store.statements import Statement

# Left out, the offset would be a parameter of its own in the text.
_FIRST = literal_column("0", Integer)
_NEWEST = Statement(
    select(
        NOTICES.c.id,
        NOTICES.c.at,
        NOTICES.c.kind,
        NOTICES.c.domain,
        NOTICES.c.subject,
        NOTICES.c.text,
    )
    .order_by(NOTICES.c.id.desc())
    .limit(bindparam("limit"))
    .offset(_FIRST),
    DIALECT,
)
_LAST_ID = Statement(select(func.max(NOTICES.c.id)), DIALECT)
_COUNT = Statement(select(func.count()).select_from(NOTICES), DIALECT)
_IS_THERE = Statement(select(NOTICES.c.id).where(NOTICES.c.id == bindparam("which")), DIALECT)
_ADD = Statement(
    insert(NOTICES).values({column.name: bindparam(column.name) for column in NOTICES.columns}),
    DIALECT,
)
_DELETE = Statement(delete(NOTICES).where(NOTICES.c.id == bindparam("which")), DIALECT)
_DELETE_OLD = Statement(
    delete(NOTICES).where(
        NOTICES.c.id.not_in(
            select(NOTICES.c.id)
            .order_by(NOTICES.c.id.desc())
            .limit(bindparam("keep"))
            .offset(_FIRST)
        )
    ),
    DIALECT,
)
_DELETE_ALL = Statement(delete(NOTICES), DIALECT)


@implementer(INoticeList)
class SqlNotices:
    """Notices in a :class:`Database`, which its owner starts and stops."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self, kind: NoticeKind, subject: str, text: str, *, domain: str, at: float
    ) -> Deferred[Notice]:
        """Keep a notice; the oldest one goes where there are too many."""

        def work(cursor: Cursor) -> Notice:
            notice = Notice(
                id=(_LAST_ID.rows(cursor, {})[0][0] or 0) + 1,
                at=at,
                kind=kind,
                domain=domain,
                subject=storable(subject, SUBJECT_CHARACTERS),
                text=storable(text, TEXT_CHARACTERS),
            )
            _ADD.run(cursor, [_row(notice)])
            _DELETE_OLD.run(cursor, [{"keep": NOTICES_COUNT}])
            return notice

        return self._database.write(work)

    def notices(self, *, limit: int) -> Deferred[Sequence[Notice]]:
        """Give the newest notices, newest first."""

        def work(cursor: Cursor) -> Sequence[Notice]:
            return [_notice(row) for row in _NEWEST.rows(cursor, {"limit": max(0, limit)})]

        return self._database.read(work)

    def delete(self, notice: int) -> Deferred[None]:
        """Remove one."""

        def work(cursor: Cursor) -> None:
            if not _IS_THERE.rows(cursor, {"which": notice}):
                raise NotFound(f"there is no notification {notice}")
            _DELETE.run(cursor, [{"which": notice}])

        return self._database.write(work)

    def delete_all(self) -> Deferred[int]:
        """Remove all; gives how many there were."""

        def work(cursor: Cursor) -> int:
            count: int = _COUNT.rows(cursor, {})[0][0]
            _DELETE_ALL.run(cursor, [{}])
            return count

        return self._database.write(work)


def storable(text: str, characters: int) -> str:
    """Cut a text to so many characters; what UTF-8 cannot say becomes a question mark."""
    return text[:characters].encode("utf-8", "replace").decode("utf-8")


def _row(notice: Notice) -> dict[str, Any]:
    return {
        "id": notice.id,
        "at": notice.at,
        "kind": notice.kind.value,
        "domain": notice.domain,
        "subject": notice.subject,
        "text": notice.text,
    }


def _notice(row: Any) -> Notice:
    number, at, kind, domain, subject, text = row
    try:
        known = NoticeKind(kind)
    except ValueError as exc:
        raise Corrupt(f"the kind of notice {number}") from exc
    return Notice(id=number, at=at, kind=known, domain=domain, subject=subject, text=text)
