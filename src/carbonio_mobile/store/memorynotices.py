"""Keep what administrators were told in memory, for tests and trials."""

from collections.abc import Sequence

from zope.interface import implementer

from carbonio_mobile.errors import NotFound
from carbonio_mobile.interfaces import INoticeList
from carbonio_mobile.policy.notices import (
    NOTICES_COUNT,
    SUBJECT_CHARACTERS,
    TEXT_CHARACTERS,
    Notice,
    NoticeKind,
)


@implementer(INoticeList)
class MemoryNotices:
    """Notices as a plain list, oldest first. Nothing is durable."""

    def __init__(self) -> None:
        self._notices: list[Notice] = []

    async def add(
        self, kind: NoticeKind, subject: str, text: str, *, domain: str, at: float
    ) -> Notice:
        """Keep a notice; the oldest one goes where there are too many."""
        notice = Notice(
            id=self._notices[-1].id + 1 if self._notices else 1,
            at=at,
            kind=kind,
            domain=domain,
            subject=subject[:SUBJECT_CHARACTERS],
            text=text[:TEXT_CHARACTERS],
        )
        self._notices = [*self._notices, notice][-NOTICES_COUNT:]
        return notice

    async def notices(self, *, limit: int) -> Sequence[Notice]:
        """Give the newest notices, newest first."""
        return self._notices[::-1][: max(0, limit)]

    async def delete(self, notice: int) -> None:
        """Remove one."""
        left = [each for each in self._notices if each.id != notice]
        if len(left) == len(self._notices):
            raise NotFound(f"there is no notification {notice}")
        self._notices = left

    async def delete_all(self) -> int:
        """Remove all; gives how many there were."""
        count = len(self._notices)
        self._notices = []
        return count
