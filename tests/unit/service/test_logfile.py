"""The log file beside twistd's log."""

from pathlib import Path

import pytest
from twisted.logger import Logger, LogLevel, LogPublisher

from carbonio_mobile.errors import ConfigError
from carbonio_mobile.service.config import LogSettings
from carbonio_mobile.service.logfile import LogFile, LogFiles


def settings(file: Path | None, level: object = LogLevel.info) -> LogSettings:
    """Make the settings of a log file."""
    return LogSettings(
        file=file,
        level=level,
        requests=False,
        directory=Path("/nowhere"),
        account_directories=(),
        account_bytes=65_536,
    )


def test_the_least_level_is_kept(tmp_path: Path) -> None:
    """What lies below is not written."""
    publisher = LogPublisher()
    files, log = LogFiles(publisher), Logger(observer=publisher)
    files.use(LogFile.open(settings(tmp_path / "log", LogLevel.warn)))
    log.info("quiet")
    log.warn("loud {word}", word="and clear")
    files.use(None)
    log.warn("after")
    text = (tmp_path / "log").read_text()
    assert "loud and clear" in text
    assert "quiet" not in text
    assert "after" not in text


def test_opened_anew_it_is_the_file_of_that_name(tmp_path: Path) -> None:
    """A file that was renamed meanwhile, by logrotate say, is let go."""
    publisher = LogPublisher()
    files, log = LogFiles(publisher), Logger(observer=publisher)
    files.use(LogFile.open(settings(tmp_path / "log")))
    log.info("one")
    (tmp_path / "log").rename(tmp_path / "log.1")
    files.use(LogFile.open(settings(tmp_path / "log")))
    log.info("two")
    files.use(None)
    assert "one" in (tmp_path / "log.1").read_text()
    assert "two" in (tmp_path / "log").read_text()
    assert "two" not in (tmp_path / "log.1").read_text()


def test_no_file_is_wanted() -> None:
    """Then there is none."""
    assert LogFile.open(settings(None)) is None


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    """It is refused by the option's name."""
    with pytest.raises(ConfigError, match=r"log\.file: cannot write"):
        LogFile.open(settings(tmp_path / "nowhere" / "log"))
