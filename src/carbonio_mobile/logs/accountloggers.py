"""``AccountLoggers``: the traffic of single accounts, written to files that an administrator names.

They live in memory: gone when the process ends; the files stay.

Spec: ../shared/carbonio/cli.md 2.5.
"""

import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from zope.interface import implementer

from carbonio_mobile.directory.loggers import AccountLogger, Level, LoggerWish
from carbonio_mobile.eas.traffic import Heard, Told
from carbonio_mobile.errors import Conflict, NotAllowed, NotFound
from carbonio_mobile.ids import AccountId
from carbonio_mobile.interfaces import IAccountLoggers
from carbonio_mobile.logs.exchanges import Page, content_of, kind_of
from carbonio_mobile.logs.files import LogTarget, open_below
from carbonio_mobile.logs.redaction import Plain, Redactor, Shown

LOGGERS_MAX: Final = 64
"""So many at once: each has two files open."""

_KEY_BYTES: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggerOptions:
    """Where account loggers may write, and how much.

    ``directories`` are absolute; a relative name is one below the first, which is made where it is
    not there. ``reserved`` are files that others write. A file that reaches ``bytes_max`` is begun
    anew, the one before kept as ``NAME.1``.
    """

    directories: Sequence[Path]
    reserved: Collection[Path] = ()
    bytes_max: int


@dataclass(slots=True, kw_only=True)
class _Running:
    """One logger with its open file."""

    id: int
    wish: LoggerWish
    target: LogTarget
    shown: Shown = field(repr=False)

    def facts(self) -> AccountLogger:
        lost = self.target.lost
        why = f"records lost: {lost} ({self.target.trouble})" if lost else ""
        return AccountLogger(id=self.id, wish=self.wish, file=str(self.target.path), lost=why)


@implementer(IAccountLoggers)
class AccountLoggers:
    """Loggers of accounts; it is what the pipeline tells of its traffic, too."""

    def __init__(
        self,
        *,
        options: LoggerOptions,
        clock: Callable[[], float],
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self._options = options
        self._clock = clock
        self._random_bytes = random_bytes
        self._by_account: dict[AccountId, list[_Running]] = {}
        self._last_id = 0
        self._last_number = 0

    def reconfigure(self, options: LoggerOptions) -> None:
        """Let loggers from now on be added by other options; those at work go on as they are."""
        self._options = options

    # Administration

    async def add(self, wish: LoggerWish) -> AccountLogger:
        """See :meth:`IAccountLoggers.add`."""
        running = self._all()
        if len(running) >= LOGGERS_MAX:
            raise NotAllowed(f"there are {LOGGERS_MAX} account loggers already; remove one first")
        target = self._opened(wish.file, running)
        self._last_id += 1
        shown = Redactor(self._random_bytes(_KEY_BYTES)) if wish.redact else Plain()
        new = _Running(id=self._last_id, wish=wish, target=target, shown=shown)
        self._by_account.setdefault(wish.account, []).append(new)
        return new.facts()

    def _opened(self, name: str, running: Sequence[_Running]) -> LogTarget:
        options = self._options
        first = options.directories[0]
        try:
            first.mkdir(mode=0o700, exist_ok=True)
        except OSError as exc:
            raise NotAllowed(f"cannot make {str(first)!r}: {exc.strerror}") from exc
        if any(first / name == path for path in options.reserved):
            raise NotAllowed(f"{name!r} is a log of the whole server's")
        target = open_below(options.directories, name, bytes_max=options.bytes_max)
        try:
            if any(target.identity == _identity(path) for path in options.reserved):
                raise NotAllowed(f"{name!r} is a log of the whole server's")
            for other in running:
                if other.target.identity == target.identity:
                    raise Conflict(f"logger {other.id} writes to {name!r} already")
        except BaseException:
            target.close()
            raise
        return target

    async def remove(self, logger: int) -> AccountLogger:
        """See :meth:`IAccountLoggers.remove`."""
        found = next((each for each in self._all() if each.id == logger), None)
        if found is None:
            raise NotFound(f"there is no account logger {logger}")
        self._end(found)
        return found.facts()

    async def remove_all(self) -> int:
        """See :meth:`IAccountLoggers.remove_all`."""
        running = self._all()
        for each in running:
            self._end(each)
        return len(running)

    async def loggers(self) -> Sequence[AccountLogger]:
        """See :meth:`IAccountLoggers.loggers`."""
        return [each.facts() for each in self._all()]

    def _all(self) -> list[_Running]:
        return sorted((r for some in self._by_account.values() for r in some), key=_by_id)

    def _end(self, running: _Running) -> None:
        mine = self._by_account[running.wish.account]
        mine.remove(running)
        if not mine:
            del self._by_account[running.wish.account]
        running.target.close()

    def close(self) -> None:
        """Close all files: the process ends."""
        for each in self._all():
            self._end(each)

    # Traffic

    def forced_window(self, account: AccountId) -> int | None:
        """Give the most items that devices of an account may get at a time; None for no bound."""
        mine = self._by_account.get(account)
        if mine is None:
            return None
        return min((r.wish.window_size for r in mine if r.wish.window_size), default=None)

    def wants(self, account: AccountId) -> bool:
        """See :class:`~carbonio_mobile.eas.traffic.Traffic`."""
        return account in self._by_account

    def request(self, heard: Heard) -> int:
        """See :class:`~carbonio_mobile.eas.traffic.Traffic`."""
        self._last_number += 1
        mine = self._by_account.get(heard.account, ())
        writing = [running for running in mine if running.wish.level <= Level.DEBUG]
        if not writing:
            return self._last_number
        request = heard.request
        content = content_of(request.headers.get("content-type", ""), request.body)
        for running in writing:
            self._write(running, lambda page: page.request(self._last_number, heard, content))
        return self._last_number

    def response(self, number: int, told: Told) -> None:
        """See :class:`~carbonio_mobile.eas.traffic.Traffic`."""
        content = content_of(kind_of(told.response), told.response.body)
        for running in self._by_account.get(told.account, ()):
            self._write(running, lambda page: page.response(number, told, content))

    def _write(self, running: _Running, lines: Callable[[Page], str]) -> None:
        page = Page(level=running.wish.level, shown=running.shown, now=self._clock())
        text = lines(page)
        if text:
            running.target.write(text)


def _by_id(running: _Running) -> int:
    return running.id


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
