"""The commands of the admin socket (AMP), and what travels in them.

A run is one command being done. Its arguments go up in pieces, for no value of AMP is longer than
65,535 octets; so does a file that belongs to it. Its answer comes down as a stream of JSON lines,
fetched piece by piece: the first line is the head, each other one a row. Whoever does not fetch
makes nobody work.

=============  ==================================================================
head           rows
=============  ==================================================================
``said``       none; the head has ``text`` and ``details``
``tree``       none; the head has ``content`` and ``width``
``listing``    each a mapping; the head has ``heading`` and ``width``
``entries``    each ``{"kind", "name", "attributes"}``
``lines``      each a text
=============  ==================================================================

Spec: https://amp-protocol.net (values of at most 65,535 octets).
"""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any, ClassVar

from twisted.protocols import amp

from carbonio_mobile.admin.answers import Answer, Entries, Lines, Listing, Said, Tree
from carbonio_mobile.admin.calling import Progress

PIECE_BYTES = 60_000
"""So much of a stream goes in one box."""

ARGUMENTS_BYTES = 8 * 1024 * 1024
"""The arguments of one command are no longer than this."""


class Refused(Exception):
    """A command is not done, and nothing was changed; the text says why."""


class Misused(Exception):
    """A command was typed wrongly; the text says what was expected."""


class Failed(Exception):
    """A command failed midway or cannot be done now; the text says what happened."""


class NoSuchRun(Exception):
    """No run of this connection has that number."""


_ERRORS = {
    Refused: b"REFUSED",
    Misused: b"MISUSED",
    Failed: b"FAILED",
    NoSuchRun: b"NO_SUCH_RUN",
}


class Begin(amp.Command):
    """Begin a run; with ``more`` further pieces of the arguments follow."""

    arguments = [
        (b"name", amp.Unicode()),
        (b"arguments", amp.String()),
        (b"more", amp.Boolean()),
    ]
    response = [(b"run", amp.Integer())]
    errors = _ERRORS


class Extend(amp.Command):
    """Give the next piece of the arguments."""

    arguments = [(b"run", amp.Integer()), (b"arguments", amp.String()), (b"more", amp.Boolean())]
    response: ClassVar[list[Any]] = []
    errors = _ERRORS


class Feed(amp.Command):
    """Give the next piece of the file; answered once there is room for another.

    ``wanted`` false: the command is done with the file, and no more of it need be sent.
    """

    arguments = [(b"run", amp.Integer()), (b"octets", amp.String()), (b"last", amp.Boolean())]
    response = [(b"wanted", amp.Boolean())]
    errors = _ERRORS


class Fetch(amp.Command):
    """Get the next piece of the answer, as soon as there is one, or word of progress.

    ``progress`` is empty or ``{"done", "total", "what"}``. After ``done`` the run is forgotten, and
    so it is after an error.
    """

    arguments = [(b"run", amp.Integer())]
    response = [
        (b"octets", amp.String()),
        (b"done", amp.Boolean()),
        (b"progress", amp.Unicode()),
    ]
    errors = _ERRORS


class Cancel(amp.Command):
    """Give a run up: what only reads ends, what changes something goes on without a listener."""

    arguments = [(b"run", amp.Integer())]
    response: ClassVar[list[Any]] = []
    errors = _ERRORS


def encoded(value: object) -> bytes:
    """Give one line of the stream."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def progress_text(progress: Progress | None) -> str:
    """Give word of progress as it travels."""
    if progress is None:
        return ""
    told = {"done": progress.done, "total": progress.total, "what": progress.what[:200]}
    return json.dumps(told, ensure_ascii=False)


def head(answer: Answer) -> Mapping[str, object]:
    """Give the first line of an answer."""
    match answer:
        case Said():
            return {"said": True, "text": answer.text, "details": answer.details}
        case Tree():
            return {"tree": True, "content": answer.content, "width": answer.width}
        case Listing():
            return {"listing": True, "heading": answer.heading, "width": answer.width}
        case Entries():
            return {"entries": True}
        case Lines():
            return {"lines": True}


async def lines_of(answer: Answer) -> AsyncIterator[bytes]:
    """Give an answer as the lines of its stream, each made when it is asked for."""
    yield encoded(head(answer))
    match answer:
        case Listing() | Lines():
            async for row in answer.rows:
                yield encoded(row)
        case Entries():
            async for entry in answer.rows:
                yield encoded(
                    {
                        "kind": entry.kind,
                        "name": entry.name,
                        "attributes": {key: list(found) for key, found in entry.attributes.items()},
                    }
                )
