"""Files that an administrator names and the daemon writes: only where it may, and never elsewhere.

A name is followed from an allowed directory down, one component at a time, through no symbolic
link; the file is new, or a plain file of the daemon's own with no second name. So whoever else may
write into the directory (``/tmp``) cannot turn the log on a file of the daemon's.
"""

import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from carbonio_mobile.errors import NotAllowed

_OPEN_DIRECTORY: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Without O_NONBLOCK the opening of a pipe waits for somebody who reads it.
_APPEND: Final = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_MODE: Final = 0o600
_EARLIER: Final = ".1"


class LogTarget:
    """An open file that is appended to, and begun anew when it is full.

    Of a full file one earlier generation is kept, as ``NAME.1``. Writing never raises: what could
    not be written is counted, and :attr:`trouble` says why.
    """

    def __init__(self, directory: int, path: Path, *, bytes_max: int) -> None:
        """Take the file descriptor of the directory. Raises: OSError, NotAllowed."""
        self.path = path
        self.lost = 0
        self.trouble = ""
        self._directory = directory
        self._bytes_max = bytes_max
        self._file = _open_own(directory, path.name)
        self._size = os.fstat(self._file).st_size
        self._torn = False

    @property
    def identity(self) -> tuple[int, int]:
        """What tells the file from every other, whatever its names."""
        found = os.fstat(self._file)
        return found.st_dev, found.st_ino

    def write(self, text: str) -> None:
        """Append whole lines; a record that does not get through is lost, and counted."""
        octets = text.encode("utf-8", "replace")
        try:
            if self._size and self._size + len(octets) > self._bytes_max:
                self._begin_anew()
            self._append(octets)
        except (OSError, NotAllowed) as exc:
            self.lost += 1
            self.trouble = (exc.strerror if isinstance(exc, OSError) else "") or str(exc)

    def _append(self, octets: bytes) -> None:
        whole = b"\n" + octets if self._torn else octets
        left = memoryview(whole)
        try:
            while left:
                written = os.write(self._file, left)
                self._size += written
                left = left[written:]
        finally:
            self._torn = self._torn if len(left) == len(whole) else bool(left)

    def _begin_anew(self) -> None:
        earlier = self.path.name + _EARLIER
        _check_replaceable(self._directory, earlier)
        os.rename(self.path.name, earlier, src_dir_fd=self._directory, dst_dir_fd=self._directory)
        file = _open_own(self._directory, self.path.name)
        os.close(self._file)
        self._file, self._size, self._torn = file, os.fstat(file).st_size, False

    def close(self) -> None:
        """Give the files back."""
        os.close(self._file)
        os.close(self._directory)


def open_below(allowed: Sequence[Path], name: str, *, bytes_max: int) -> LogTarget:
    """Open a log file below one of the allowed directories; a relative name, below the first.

    Directories on the way must be there. Raises: NotAllowed, which says what was expected.
    """
    path = allowed[0] / name  # an absolute name stands for itself
    if ".." in path.parts or not path.name or name.endswith("/"):
        raise NotAllowed(f"{name!r} does not name a file")
    base = next((each for each in allowed if path.is_relative_to(each) and path != each), None)
    if base is None:
        known = ", ".join(str(each) for each in allowed)
        raise NotAllowed(f"log files may stand below {known} only, not {str(path)!r}")
    try:
        return _opened(base, path, bytes_max)
    except OSError as exc:
        raise NotAllowed(f"cannot write {str(path)!r}: {exc.strerror}") from exc


def _opened(base: Path, path: Path, bytes_max: int) -> LogTarget:
    # The allowed directory is the administrator's own word; it may be a link.
    directory = os.open(base, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in path.relative_to(base).parts[:-1]:
            below = os.open(part, _OPEN_DIRECTORY, dir_fd=directory)
            os.close(directory)
            directory = below
        return LogTarget(directory, path, bytes_max=bytes_max)
    except BaseException:
        os.close(directory)
        raise


def _open_own(directory: int, name: str) -> int:
    """Open a file for appending, made where it is not there. Raises: OSError, NotAllowed."""
    try:
        file = os.open(name, _APPEND | os.O_CREAT | os.O_EXCL, _MODE, dir_fd=directory)
    except FileExistsError:
        file = os.open(name, _APPEND, dir_fd=directory)
    try:
        why = _not_own(os.fstat(file))
        if why:
            raise NotAllowed(f"{name!r} {why}")
        os.fchmod(file, _MODE)
    except BaseException:
        os.close(file)
        raise
    return file


def _check_replaceable(directory: int, name: str) -> None:
    try:
        found = os.stat(name, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        return
    why = _not_own(found)
    if why:
        raise NotAllowed(f"{name!r} {why}")


def _not_own(found: os.stat_result) -> str:
    """Tell why a file is not one to write to; empty for one that is."""
    if not stat.S_ISREG(found.st_mode):
        return "is no plain file"
    if found.st_uid != os.geteuid():
        return "belongs to somebody else"
    return "has a second name (a hard link)" if found.st_nlink > 1 else ""
