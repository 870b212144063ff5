"""Listing and reading below one directory, and nowhere else: blocking work, for a thread.

Every name on the way is opened in the directory before it and never followed if it is a link, so
that nothing that is put into the tree, not even meanwhile, leads out of it. What is neither regular
file nor directory is not opened at all.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from carbonio_mobile.errors import Corrupt, NotAllowed, NotFound, TooLarge, Unavailable
from carbonio_mobile.pim.document import (
    Document,
    DocumentPath,
    Documents,
    Excerpt,
    in_order,
    is_nameable,
)

NAMES_MAX = 20_000
"""The most names in a folder that is listed."""
_PIECE_BYTES = 1 << 20

_ON_THE_WAY = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_LISTED = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC

_ABSENT = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.ENXIO}
_FORBIDDEN = {errno.EACCES, errno.EPERM}


def listed(root: Path, path: DocumentPath, *, offset: int, limit: int) -> Documents:
    """See :meth:`IDocuments.list`. Raises also: Unavailable (the root), Corrupt (a bad disk)."""
    with _told(), _holder(root, path) as (holder, name):
        found = _document(path, os.stat(name, dir_fd=holder, follow_symlinks=False))
        rows = [] if offset else [found][:limit]
        if not found.is_folder:
            return Documents(rows=tuple(rows), total=1)
        with _opened(name, _LISTED, holder) as folder:
            names = _names(folder)
            first = max(offset - 1, 0)
            wanted = names[first : first + limit - len(rows)]
            rows += _documents(folder, path, wanted)
    return Documents(rows=tuple(rows), total=len(names) + 1)


def excerpt(root: Path, path: DocumentPath, *, first: int, last: int | None, limit: int) -> Excerpt:
    """See :meth:`IDocuments.read`. Raises also: Unavailable (the root), Corrupt (a bad disk)."""
    with _told(), _holder(root, path) as (holder, name):
        _refuse_unless_regular(os.stat(name, dir_fd=holder, follow_symlinks=False))
        with _opened(name, _READ, holder) as file:
            status = os.fstat(file)
            _refuse_unless_regular(status)
            total = status.st_size
            end = total if last is None else min(last + 1, total)
            if end - first > limit:
                raise TooLarge(f"{end - first} octets of a document")
            octets = _octets(file, first, end)
    return Excerpt(octets=octets, total_bytes=total, modified=status.st_mtime)


@contextmanager
def _told() -> Iterator[None]:
    """Tell what the system says in the words of the interface."""
    try:
        yield
    except OSError as exc:
        if exc.errno in _ABSENT:
            raise NotFound("a document or folder") from exc
        if exc.errno in _FORBIDDEN:
            raise NotAllowed("a document or folder that may not be read") from exc
        raise Corrupt(f"the library cannot be read: {exc.strerror}") from exc


@contextmanager
def _holder(root: Path, path: DocumentPath) -> Iterator[tuple[int, str]]:
    """Open the directory that holds what is at ``path``; gives it with the name there.

    Raises: OSError (anything on the way), Unavailable (the root).
    """
    try:
        holder = os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as exc:
        raise Unavailable(f"the library {root}: {exc.strerror}") from exc
    try:
        for name in path[:-1]:
            below = os.open(_checked(name), _ON_THE_WAY, dir_fd=holder)
            os.close(holder)
            holder = below
        yield holder, _checked(path[-1]) if path else "."
    finally:
        os.close(holder)


def _checked(name: str) -> str:
    if not is_nameable(name):
        raise NotFound("a name that no document has")
    return name


@contextmanager
def _opened(name: str, flags: int, holder: int) -> Iterator[int]:
    descriptor = os.open(name, flags, dir_fd=holder)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _names(folder: int) -> list[str]:
    """Give the names of a folder's documents and folders in order. Raises: TooLarge."""
    names = []
    with os.scandir(folder) as entries:
        for number, entry in enumerate(entries, start=1):
            if number > NAMES_MAX:
                raise TooLarge(f"a folder with more than {NAMES_MAX} names")
            if _is_shown(entry):
                names.append(entry.name)
    return sorted(names, key=in_order)


def _is_shown(entry: os.DirEntry[str]) -> bool:
    fits = entry.is_file(follow_symlinks=False) or entry.is_dir(follow_symlinks=False)
    return fits and is_nameable(entry.name)


def _documents(folder: int, path: DocumentPath, names: list[str]) -> Iterator[Document]:
    """Give what is known of each name; what went meanwhile is left out."""
    for name in names:
        try:
            yield _document((*path, name), os.stat(name, dir_fd=folder, follow_symlinks=False))
        except (FileNotFoundError, NotFound):
            continue


def _document(path: DocumentPath, status: os.stat_result) -> Document:
    """Put the system's words for a file into ours. Raises: NotFound (a link, a device, ...).

    Linux does not tell when a file was made: the earlier of the times of its last changes stands
    for that.
    """
    is_folder = stat.S_ISDIR(status.st_mode)
    if not is_folder:
        _refuse_unless_regular(status)
    return Document(
        path=path,
        is_folder=is_folder,
        created=min(status.st_mtime, status.st_ctime),
        modified=status.st_mtime,
        is_hidden=bool(path) and path[-1].startswith("."),
        size_bytes=0 if is_folder else status.st_size,
    )


def _refuse_unless_regular(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise NotFound("neither document nor folder")


def _octets(file: int, first: int, end: int) -> bytes:
    """Read up to ``end``, or as far as there is anything by now."""
    pieces = []
    while first < end:
        piece = os.pread(file, min(end - first, _PIECE_BYTES), first)
        if not piece:
            break
        pieces.append(piece)
        first += len(piece)
    return b"".join(pieces)
