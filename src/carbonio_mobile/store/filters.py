"""Keep the version filters in the state database."""

from collections.abc import Callable, Sequence
from sqlite3 import Cursor

from sqlalchemy import bindparam, delete, insert, select
from twisted.internet.defer import Deferred
from zope.interface import implementer

from carbonio_mobile.interfaces import IEasFilters
from carbonio_mobile.policy import filterlist
from carbonio_mobile.policy.versionfilters import EasFilter
from carbonio_mobile.store.database import Database
from carbonio_mobile.store.filterrows import filter_from_text, filter_to_text
from carbonio_mobile.store.schema import EAS_FILTERS
from carbonio_mobile.store.sqlite import DIALECT
from carbonio_mobile.store.statements import Statement

_ALL = Statement(select(EAS_FILTERS.c.record).order_by(EAS_FILTERS.c.position), DIALECT)
_CLEAR = Statement(delete(EAS_FILTERS), DIALECT)
_ADD = Statement(
    insert(EAS_FILTERS).values(position=bindparam("place"), record=bindparam("text")), DIALECT
)
_Filters = Sequence[EasFilter]


@implementer(IEasFilters)
class SqlEasFilters:
    """Version filters in a :class:`Database`, which its owner starts and stops.

    They are few: a change writes all of them, in one transaction.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def filters(self) -> Deferred[_Filters]:
        """Give all filters in their order."""
        return self._database.read(_all)

    def add(self, new: EasFilter) -> Deferred[_Filters]:
        """Put a filter at the end; gives all as they are then."""
        return self._change(lambda filters: filterlist.added(filters, new))

    def delete(self, place: int) -> Deferred[_Filters]:
        """Remove the filter with that id; gives all as they are then."""
        return self._change(lambda filters: filterlist.without(filters, place))

    def move(self, place: int, to: int) -> Deferred[_Filters]:
        """Give the filter with an id another one; gives all as they are then."""
        return self._change(lambda filters: filterlist.moved(filters, place, to))

    def replace(self, filters: _Filters) -> Deferred[_Filters]:
        """Put these in the place of all."""
        return self._database.write(lambda cursor: _save(cursor, filterlist.bounded(filters)))

    def _change(self, change: Callable[[_Filters], _Filters]) -> Deferred[_Filters]:
        return self._database.write(lambda cursor: _save(cursor, change(_all(cursor))))


def _all(cursor: Cursor) -> _Filters:
    return tuple(filter_from_text(text) for (text,) in _ALL.rows(cursor, {}))


def _save(cursor: Cursor, filters: _Filters) -> _Filters:
    _CLEAR.run(cursor, [{}])
    _ADD.run(
        cursor,
        [{"place": n, "text": filter_to_text(each)} for n, each in enumerate(filters)],
    )
    return tuple(filters)
