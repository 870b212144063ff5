"""What paths hold: told apart and searched; mail is read message by message."""

import os
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from carbonio_mobile.mailbox.importing.found import (
    MAX_HEADER_BYTES,
    Found,
    Refusal,
    received_time,
    state_of,
)
from carbonio_mobile.mailbox.importing.maildir import find_in_maildir, is_maildir
from carbonio_mobile.mailbox.importing.mbox import find_in_mbox, is_mbox, read_from_mbox
from carbonio_mobile.mailbox.importing.objectfiles import (
    ObjectFile,
    find_object_file,
    is_object_file,
)
from carbonio_mobile.mailbox.importing.opening import opened, settled
from carbonio_mobile.mime.structure import top_fields

FORMS = ("auto", "mbox", "maildir", "eml", "ics", "vcf")
_MARKS = ("from", "to", "date", "subject", "received", "message-id", "mime-version", "return-path")


Finds = Iterator[Found | ObjectFile | Refusal]


def find(paths: Iterable[Path], form: str) -> Finds:
    """Find all messages, and all files of objects, at paths.

    ``form`` is one of ``FORMS``; auto looks at each.
    """
    finders: dict[str, Callable[[Path], Finds]] = {
        "auto": _find_any,
        "mbox": find_in_mbox,
        "maildir": find_in_maildir,
        "eml": _find_eml,
        "ics": partial(_find_objects, pattern="*.[iI][cC][sS]"),
        "vcf": partial(_find_objects, pattern="*.[vV][cC][fF]"),
    }
    for path in map(settled, paths):
        if path.is_symlink():
            yield Refusal(str(path), "is a link: name what it leads to")
            continue
        try:
            yield from finders[form](path)
        except OSError as exc:
            yield Refusal(exc.filename or str(path), f"cannot be read: {exc.strerror}")


def read(found: Found) -> bytes:
    """Give the octets of a message. Raises: OSError."""
    with opened(found.path) as file:
        if found.end < 0:
            return file.read()
        file.seek(found.start)
        octets = file.read(found.end - found.start)
    return read_from_mbox(octets, quoted=found.quoted)


def _find_any(path: Path) -> Finds:
    if not path.is_dir():
        yield from _find_file(path)
    elif is_maildir(path):
        yield from find_in_maildir(path)
    else:
        for place, directories, names in os.walk(path):
            directories.sort()
            for name in sorted(names):
                try:
                    yield from _find_file(Path(place, name))
                except OSError as exc:
                    yield Refusal(str(Path(place, name)), f"cannot be read: {exc.strerror}")


def _find_file(path: Path) -> Finds:
    with opened(path) as file:
        head = file.read(MAX_HEADER_BYTES)
    if is_mbox(head):
        yield from find_in_mbox(path)
    elif is_object_file(head):
        yield find_object_file(path)
    else:
        yield _eml(path, head)


def _find_objects(path: Path, *, pattern: str) -> Finds:
    for place in sorted(path.rglob(pattern)) if path.is_dir() else [path]:
        try:
            yield find_object_file(place)
        except OSError as exc:
            yield Refusal(str(place), f"cannot be read: {exc.strerror}")


def _find_eml(path: Path) -> Finds:
    places = sorted(path.rglob("*.eml")) if path.is_dir() else [path]
    for place in places:
        try:
            with opened(place) as file:
                head = file.read(MAX_HEADER_BYTES)
        except OSError as exc:
            yield Refusal(str(place), f"cannot be read: {exc.strerror}")
        else:
            yield _eml(place, head)


def _eml(path: Path, head: bytes) -> Found | Refusal:
    """Take a file as one message, read long ago, if it has the header of one."""
    fields = top_fields(head)
    if not any(name in fields for name in _MARKS):
        return Refusal(str(path), "is neither a message nor a mailbox, calendar or address book")
    received = received_time(fields)
    at = path.stat().st_mtime if received is None else received
    state = state_of(read=True, replied=False, forwarded=False, flagged=False, at=at)
    return Found(path=path, received=at, state=state)
