"""The directory tree of the library: nothing leads out of it, and nothing stalls it."""

import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from carbonio_mobile.documents import files
from carbonio_mobile.documents.files import excerpt, listed
from carbonio_mobile.errors import Corrupt, NotAllowed, NotFound, TooLarge, Unavailable
from carbonio_mobile.pim.document import is_nameable

SECRET = b"for nobody's eyes"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Give a library with one document, beside a file that is none of it."""
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "file").write_bytes(SECRET)
    library = tmp_path / "library"
    library.mkdir()
    (library / "open.txt").write_bytes(b"open")
    return library


def names(root: Path, *path: str) -> list[str]:
    return [row.path[-1] for row in listed(root, path, offset=0, limit=100).rows if row.path]


def read(root: Path, *path: str) -> bytes:
    return excerpt(root, path, first=0, last=None, limit=1000).octets


def test_links_are_not_there(root: Path) -> None:
    """A link is neither listed nor found, wherever it leads and wherever on the way it stands."""
    (root / "file").symlink_to(root.parent / "secret" / "file")
    (root / "folder").symlink_to(root.parent / "secret")
    (root / "inside").symlink_to(root / "open.txt")
    (root / "below").mkdir()
    (root / "below" / "up").symlink_to("../..")
    assert names(root) == ["below", "open.txt"]
    assert names(root, "below") == ["below"]
    for path in (
        ("file",),
        ("folder",),
        ("folder", "file"),
        ("inside",),
        ("below", "up"),
        ("below", "up", "secret", "file"),
    ):
        for look in (read, names):
            with pytest.raises(NotFound):
                look(root, *path)


def test_names_that_lead_elsewhere(root: Path) -> None:
    """The tree itself refuses what a link could not have said."""
    for path in (
        ("..", "secret", "file"),
        ("../secret/file",),
        (".",),
        ("",),
        ("open.txt\0",),
        (str(root.parent / "secret" / "file"),),
        ("x" * 300,),
    ):
        with pytest.raises(NotFound):
            read(root, *path)
        with pytest.raises(NotFound):
            names(root, *path)


def test_a_folder_that_becomes_a_link_meanwhile(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look and the opening nothing can be exchanged for a way out."""
    (root / "open.txt").unlink()
    (root / "open.txt").symlink_to(root.parent / "secret" / "file")
    regular = os.stat(root.parent / "secret" / "file")
    monkeypatch.setattr(files.os, "stat", lambda *_, **__: regular)
    with pytest.raises(NotFound):
        read(root, "open.txt")


def test_only_documents_and_folders_are_opened(root: Path) -> None:
    """A named pipe or a socket neither shows nor stalls."""
    os.mkfifo(root / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(root / "socket"))
        assert names(root) == ["open.txt"]
        for name in ("pipe", "socket"):
            with pytest.raises(NotFound):
                read(root, name)


def test_names_that_no_link_can_carry(root: Path) -> None:
    """Octets that are no UTF-8, control characters and backslashes stay unseen."""
    for name in (b"\xff.txt", b"a\nb", b"a\\b", b"\x7f"):
        Path(os.fsdecode(os.fsencode(root) + b"/" + name)).write_bytes(b"x")
    assert names(root) == ["open.txt"]
    assert is_nameable("non\u00a0breaking 💶.txt")


def test_a_folder_with_too_many_names(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one listing reads is bounded."""
    monkeypatch.setattr(files, "NAMES_MAX", 2)
    for name in ("a", "b"):
        (root / name).touch()
    with pytest.raises(TooLarge):
        names(root)
    assert read(root, "open.txt") == b"open"


def failing(error: int) -> Callable[..., int]:
    def fail(*_args: object, **_named: object) -> int:
        raise OSError(error, os.strerror(error))

    return fail


@pytest.mark.parametrize(
    ("error", "kind"),
    [(13, NotAllowed), (1, NotAllowed), (5, Corrupt), (2, NotFound), (116, Corrupt)],
)
def test_what_the_system_says(
    root: Path, monkeypatch: pytest.MonkeyPatch, error: int, kind: type[Exception]
) -> None:
    """A right that is missing, a bad disk and a file that went are told apart."""
    monkeypatch.setattr(files.os, "stat", failing(error))
    with pytest.raises(kind):
        read(root, "open.txt")


def test_a_library_that_is_gone(root: Path) -> None:
    """A root that cannot be opened is a library that cannot be reached."""
    for look in (read, names):
        with pytest.raises(Unavailable):
            look(root / "nowhere", "open.txt")


def test_a_root_that_is_a_link(root: Path) -> None:
    """Whoever configures the library may name it by a link."""
    (root.parent / "alias").symlink_to(root)
    assert names(root.parent / "alias") == ["open.txt"]


def test_a_file_that_shrinks_meanwhile(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is there by now is given."""
    larger = os.stat_result((stat.S_IFREG, 0, 0, 1, 0, 0, 10, 0, 0, 0))
    monkeypatch.setattr(files.os, "fstat", lambda _: larger)
    found = excerpt(root, ("open.txt",), first=0, last=None, limit=100)
    assert (found.octets, found.total_bytes) == (b"open", 10)


def test_nothing_stays_open(root: Path) -> None:
    """Found or not, all descriptors are given back."""
    (root / "a" / "b").mkdir(parents=True)
    before = len(os.listdir("/proc/self/fd"))
    for path in (("open.txt",), ("a", "b"), ("a", "none", "x"), ("a", "b", "none")):
        for look in (read, names):
            try:
                look(root, *path)
            except NotFound:
                continue
    assert len(os.listdir("/proc/self/fd")) == before
