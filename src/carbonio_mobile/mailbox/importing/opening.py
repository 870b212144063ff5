"""Opening files in directories of users: nothing but regular files, and nowhere through a link.

An import may run as root over what others can change meanwhile; a link among their mail must not
bring them a file that they may not read, and a named pipe must not stop everything.
"""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

_DIRECTORY = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def settled(path: Path) -> Path:
    """Give the absolute path of what a caller named, the links on the way to it resolved.

    What it names itself may still be one, for :func:`opened` to refuse.
    """
    if path.name in ("", ".."):
        return Path(os.path.realpath(path))
    return Path(os.path.realpath(path.parent)) / path.name


def opened(path: Path) -> BinaryIO:
    """Open a regular file for reading by a settled path. Raises: OSError (also for all else)."""
    directory = os.open(path.anchor, _DIRECTORY)
    try:
        for name in path.parts[1:-1]:
            below = os.open(name, _DIRECTORY, dir_fd=directory)
            os.close(directory)
            directory = below
        descriptor = os.open(path.name, _FILE, dir_fd=directory)
    except OSError as exc:
        if exc.errno == errno.ELOOP:
            raise OSError(errno.ELOOP, "it is a link", str(path)) from exc
        raise
    finally:
        os.close(directory)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no regular file", str(path))
    return os.fdopen(descriptor, "rb")
