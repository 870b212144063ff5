"""Files and directories in the data directory: private, and the daemon's own, whoever makes them.

The programs of set-up are often run by root; what they leave behind must be the daemon's.
"""

import os
from pathlib import Path


def make_private_file(path: Path) -> None:
    """Make an empty file, where there is none, that only the owner of its directory may use.

    Raises: OSError.
    """
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        give_to_owner_of(path.parent, file)
    finally:
        os.close(file)


def make_private_directories(path: Path) -> None:
    """Make a directory and those above it that are missing, each its parent's owner's.

    Raises: OSError.
    """
    if path.is_dir():
        return
    make_private_directories(path.parent)
    path.mkdir(mode=0o700, exist_ok=True)
    directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        give_to_owner_of(path.parent, directory)
    finally:
        os.close(directory)


def give_to_owner_of(directory: Path, file: int) -> None:
    """Let the owner of a directory own an open file or directory in it, where root made that."""
    if os.geteuid() == 0:
        owner = directory.stat()
        os.fchown(file, owner.st_uid, owner.st_gid)
