"""Mail in Maildirs, with their subfolders: Maildir++ (``.Archive.2024``) or plain directories.

Spec: cr.yp.to/proto/maildir.html (names, flags); Courier's Maildir++; RFC 3501 5.1.3 (names).
"""

import os
import re
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

from carbonio_mobile.mailbox.importing.found import (
    MAX_HEADER_BYTES,
    FolderPath,
    Found,
    Refusal,
    received_time,
    state_of,
)
from carbonio_mobile.mailbox.importing.opening import opened
from carbonio_mobile.mime.structure import top_fields
from carbonio_mobile.sync.folders import FolderKind

_PARTS = ("cur", "new", "tmp")
_INFO = re.compile(r"[:;!]2,([A-Za-z]*)\Z")
_DELIVERED_AT = re.compile(r"(\d{9,10})\.")
_SHIFTED = re.compile(r"&([A-Za-z0-9+,]*)-")


def is_maildir(path: Path) -> bool:
    """Tell whether a directory is a Maildir, or holds some."""
    return any(_has_mail(directory) for directory in _directories(path))


def _directories(path: Path) -> Iterator[Path]:
    for place, names, _ in os.walk(path):
        yield Path(place)
        names[:] = sorted(name for name in names if name not in _PARTS)


def _has_mail(directory: Path) -> bool:
    return (directory / "cur").is_dir() and (directory / "new").is_dir()


def find_in_maildir(root: Path) -> Iterator[Found | Refusal]:
    """Find the messages of a Maildir and of all that lie below it."""
    for directory in _directories(root):
        yield from _links(directory)
        if not _has_mail(directory):
            continue
        folder = _folder_path(directory.relative_to(root))
        for part in ("cur", "new"):
            if (directory / part).is_symlink():
                continue
            for name in sorted(os.listdir(directory / part)):
                if not name.startswith("."):
                    yield _found(directory / part / name, folder, is_new=part == "new")


def _links(directory: Path) -> Iterator[Refusal]:
    """Tell of folders and parts of them that lie elsewhere, and are not gone to."""
    with os.scandir(directory) as entries:
        links = sorted(one.path for one in entries if one.is_symlink() and one.is_dir())
    yield from (Refusal(link, "is a link to a directory") for link in links)


def _folder_path(relative: Path) -> FolderPath:
    names = [name for part in relative.parts for name in part.removeprefix(".").split(".")]
    return tuple(decoded_name(name) for name in names if name)


def decoded_name(name: str) -> str:
    """Read a folder's name in the modified UTF-7 of IMAP; what is none stays as it is."""

    def unshifted(word: re.Match[str]) -> str:
        if not word[1]:
            return "&"
        letters = word[1].replace(",", "/")
        try:
            octets = b64decode(letters + "=" * (-len(letters) % 4))
            return octets.decode("utf-16-be")
        except ValueError:
            return word[0]

    return _SHIFTED.sub(unshifted, name)


def _found(path: Path, folder: FolderPath, *, is_new: bool) -> Found | Refusal:
    try:
        with opened(path) as file:
            fields = top_fields(file.read(MAX_HEADER_BYTES))
            modified_at = os.fstat(file.fileno()).st_mtime
    except OSError as exc:
        return Refusal(str(path), f"cannot be read: {exc.strerror}")
    named_at = _DELIVERED_AT.match(path.name)
    received = received_time(fields, float(named_at[1]) if named_at else None)
    at = modified_at if received is None else received
    info = _INFO.search(path.name)
    flags = "" if info is None or is_new else info[1].upper()
    return Found(
        path=path,
        received=at,
        state=state_of(
            read="S" in flags,
            replied="R" in flags,
            forwarded="P" in flags,
            flagged="F" in flags,
            at=at,
        ),
        folder=folder,
        kind=FolderKind.TRASH if "T" in flags else FolderKind.DRAFTS if "D" in flags else None,
    )
