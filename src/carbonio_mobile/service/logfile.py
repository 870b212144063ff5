"""A log file beside twistd's own log: least level, opened anew on SIGHUP."""

from dataclasses import dataclass
from typing import TextIO

from twisted.logger import (
    FilteringLogObserver,
    ILogObserver,
    LogLevelFilterPredicate,
    LogPublisher,
    textFileLogObserver,
)

from carbonio_mobile.errors import ConfigError
from carbonio_mobile.service.config import LogSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFile:
    """An open log file and the observer that writes to it."""

    file: TextIO
    observer: ILogObserver

    @classmethod
    def open(cls, settings: LogSettings) -> "LogFile | None":
        """Open the file that the settings name; None where they name none. Raises: ConfigError."""
        if settings.file is None:
            return None
        try:
            file = settings.file.open("a", encoding="utf-8", buffering=1)
        except OSError as exc:
            why = f"cannot write {settings.file}: {exc.strerror}"
            raise ConfigError("log.file", why) from exc
        observer = FilteringLogObserver(
            textFileLogObserver(file), [LogLevelFilterPredicate(defaultLogLevel=settings.level)]
        )
        return cls(file=file, observer=observer)


class LogFiles:
    """Which log file is in use."""

    def __init__(self, publisher: LogPublisher) -> None:
        self._publisher = publisher
        self._used: LogFile | None = None

    def use(self, file: LogFile | None) -> None:
        """Write to this one from now on, and close the one before."""
        if file is not None:
            self._publisher.addObserver(file.observer)
        before, self._used = self._used, file
        if before is not None:
            self._publisher.removeObserver(before.observer)
            before.file.close()
