"""Work on the mirror of one account, in the thread of its database."""

from collections.abc import Awaitable, Callable
from typing import Any

from carbonio_mobile.ids import AccountId
from carbonio_mobile.mailbox.embedded.jobs import Plan
from carbonio_mobile.mailbox.embedded.threads import DatabaseThreads


class MirrorJobs:
    """Has functions called with the database, or with a change of it; see ``DatabaseThreads``."""

    def __init__(self, account: AccountId, threads: DatabaseThreads) -> None:
        self.account = account
        self._threads = threads

    def seconds(self) -> float:
        """Give the time, seconds since 1970 UTC."""
        return self._threads.seconds()

    def read(self, work: Callable[..., Any], *args: Any) -> Awaitable[Any]:
        """Have ``work(db, *args)`` done."""
        return self._threads.read(self.account, lambda db: work(db, *args))

    def write(self, work: Callable[..., Any], *args: Any) -> Awaitable[Any]:
        """Have ``work(change, *args)`` done and committed."""
        return self._threads.write(self.account, lambda change: work(change, *args))

    def planned(self, plan: Plan, *, size_bytes: int) -> Awaitable[Any]:
        """Have a write done whose first half needs no database."""
        return self._threads.planned_write(self.account, plan, size_bytes=size_bytes)
