"""Who owns what root makes in the data directory."""

import os
from pathlib import Path

import pytest

from carbonio_mobile.ownership import make_private_directories, make_private_file


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, int]]:
    """Give what root, who this process seems to be, gives away: place, user, group."""
    found: list[tuple[str, int, int]] = []

    def fchown(file: int, user: int, group: int) -> None:
        found.append((os.readlink(f"/proc/self/fd/{file}"), user, group))

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "fchown", fchown)
    return found


def test_directories(tmp_path: Path, given: list[tuple[str, int, int]]) -> None:
    """Each that is made is given to its parent's owner; those that were there are left alone."""
    owner = tmp_path.stat().st_uid, tmp_path.stat().st_gid
    make_private_directories(tmp_path / "a" / "b")
    assert given == [(str(tmp_path / "a"), *owner), (str(tmp_path / "a" / "b"), *owner)]
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700
    given.clear()
    make_private_directories(tmp_path / "a" / "b")
    assert given == []


def test_file(tmp_path: Path, given: list[tuple[str, int, int]]) -> None:
    """A file is private and its directory's owner's; what it holds stays."""
    path = tmp_path / "f"
    make_private_file(path)
    path.write_text("kept")
    make_private_file(path)
    assert path.read_text() == "kept"
    assert path.stat().st_mode & 0o777 == 0o600
    assert {place for place, *_ in given} == {str(path)}


def test_nobody_else_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is not root keeps what it makes; it could not give it away."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(os, "fchown", lambda *_: pytest.fail("given away"))
    make_private_file(tmp_path / "f")
    make_private_directories(tmp_path / "a")
