"""Files that an administrator names: where they may stand, and what a full disk does."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from carbonio_mobile.errors import NotAllowed
from carbonio_mobile.logs.files import LogTarget, open_below


def opened(base: Path, name: str, bytes_max: int = 1000) -> LogTarget:
    """Open a file below one directory."""
    return open_below((base,), name, bytes_max=bytes_max)


@pytest.mark.parametrize("relative", [True, False])
def test_a_new_file_is_the_daemons_alone(tmp_path: Path, relative: bool) -> None:
    """cli.md 2.5: the named file is made, for nobody else to read."""
    target = opened(tmp_path, "user.log" if relative else f"{tmp_path}/user.log")
    target.write("one\n")
    target.close()
    file = tmp_path / "user.log"
    assert file.read_text() == "one\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_an_own_file_is_appended_to_and_closed_to_others(tmp_path: Path) -> None:
    """A file stays when its logger went, and the next one goes on with it."""
    file = tmp_path / "user.log"
    file.write_text("before\n")
    file.chmod(0o644)
    target = opened(tmp_path, "user.log")
    target.write("after\n")
    target.close()
    assert file.read_text() == "before\nafter\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def _link(base: Path) -> str:
    (base / "precious").write_text("kept")
    (base / "user.log").symlink_to(base / "precious")
    return "user.log"


def _dangling(base: Path) -> str:
    (base / "user.log").symlink_to(base / "precious")
    return "user.log"


def _hard_link(base: Path) -> str:
    (base / "precious").write_text("kept")
    os.link(base / "precious", base / "user.log")
    return "user.log"


def _linked_directory(base: Path) -> str:
    (base / "real").mkdir()
    (base / "below").symlink_to(base / "real")
    return "below/user.log"


def _pipe(base: Path) -> str:
    os.mkfifo(base / "user.log")
    return "user.log"


def _read_pipe(base: Path) -> str:
    _pipe(base)
    os.open(base / "user.log", os.O_RDONLY | os.O_NONBLOCK)  # somebody reads it: it opens
    return "user.log"


def _directory(base: Path) -> str:
    (base / "user.log").mkdir()
    return "user.log"


@pytest.mark.parametrize(
    "laid",
    [
        _link,
        _dangling,
        _hard_link,
        _linked_directory,
        _pipe,
        _read_pipe,
        _directory,
        lambda _base: "../user.log",
        lambda base: f"{base}/x/../../user.log",
        lambda _base: "/etc/user.log",
        lambda base: str(base),
        lambda base: f"{base}-other/user.log",
        lambda _base: "missing/user.log",
        lambda _base: "user.log/",
        lambda _base: "/dev/null",
        lambda _base: "x" * 300,
    ],
)
def test_what_is_no_plain_file_below_is_refused(
    tmp_path: Path, laid: Callable[[Path], str]
) -> None:
    """Links are not followed, other directories are not written to, and nothing waits."""
    name = laid(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(NotAllowed):
        opened(tmp_path, name)
    assert sorted(tmp_path.rglob("*")) == before
    precious = tmp_path / "precious"
    assert not precious.exists() or precious.read_text() == "kept"


def test_a_file_of_somebody_else_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever laid a file into a directory for all does not get a log into it."""
    (tmp_path / "user.log").write_text("")
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(NotAllowed, match="somebody else"):
        opened(tmp_path, "user.log")


def test_a_full_file_is_begun_anew(tmp_path: Path) -> None:
    """The disk that a logger takes is bounded by two generations."""
    target = opened(tmp_path, "user.log", bytes_max=100)
    for number in range(20):
        target.write(f"{number:029}\n")
    target.close()
    now, earlier = (tmp_path / "user.log").read_text(), (tmp_path / "user.log.1").read_text()
    assert now.endswith(f"{19:029}\n")
    assert len(now) <= 100
    assert len(earlier) == 90
    assert target.lost == 0


def test_a_second_generation_that_is_a_link_stays(tmp_path: Path) -> None:
    """A full file whose earlier name is taken loses records, not somebody's file."""
    (tmp_path / "user.log.1").symlink_to(tmp_path / "precious")
    target = opened(tmp_path, "user.log", bytes_max=10)
    target.write("123456789\n")
    target.write("lost\n")
    assert target.lost == 1
    assert "no plain file" in target.trouble
    assert (tmp_path / "user.log").read_text() == "123456789\n"
    target.close()


def test_a_full_disk_loses_records_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a record is ended by a line end before the next one; nothing is raised."""
    target = opened(tmp_path, "user.log")
    real, room = os.write, [3, 0]

    def write(file: int, octets: bytes) -> int:
        if room:
            left = room.pop(0)
            if not left:
                raise OSError(28, "No space left on device")
            return real(file, octets[:left])
        return real(file, octets)

    monkeypatch.setattr(os, "write", write)
    target.write("first\n")
    assert (target.lost, target.trouble) == (1, "No space left on device")
    target.write("second\n")
    target.close()
    assert (tmp_path / "user.log").read_text() == "fir\nsecond\n"
