"""The lines of a log by which a machine can say again what a phone said: ``trace {…}``.

A line is written for each request and for each answer, paired by a number; bodies travel in base64.
What was too large to be decoded where the log was written has no body, but a size.
"""

import json
import struct
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Final, TypeVar

from carbonio_mobile.eas import multipart
from carbonio_mobile.eas.requestline import RequestLine
from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import GAL, AirSyncBase, Email

T = TypeVar("T")

MARK: Final = "trace "
"""How such a line begins."""

LINE_CHARACTERS: Final = 4 << 20
"""Longer lines are not read: none that was written is longer."""

_OF_CONTENT: Final = frozenset({Email.Status, AirSyncBase.Status, GAL.Status})
"""What is called Status and says nothing of how a command went."""

_LINE_FIELDS: Final = {
    "command": str,
    "device_id": str,
    "device_type": str,
    "collection_id": str,
    "item_id": str,
    "long_id": str,
    "occurrence": str,
    "attachment_name": str,
    "version": str,
    "policy_key": int,
    "accept_multipart": bool,
    "save_in_sent": bool,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedRequest:
    """One request: its line without its user, and its body; None where the log has not got it."""

    number: int
    line: RequestLine
    content_type: str = ""
    body: bytes | None = field(default=b"", repr=False)
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedAnswer:
    """One answer: the HTTP code and the body, as in :class:`TracedRequest`."""

    number: int
    code: int
    content_type: str = ""
    body: bytes | None = field(default=b"", repr=False)
    size: int = 0


def request_line(traced: TracedRequest) -> str:
    """Write a request as one line, without a line end."""
    said = {name: value for name, value in asdict(traced.line).items() if name in _LINE_FIELDS}
    said = {name: value for name, value in said.items() if not (value is None or value is False)}
    content = _content(traced.content_type, traced.body, traced.size)
    return MARK + json.dumps({"n": traced.number, "request": {**said, **content}})


def answer_line(traced: TracedAnswer) -> str:
    """Write an answer as one line, without a line end."""
    content = _content(traced.content_type, traced.body, traced.size)
    return MARK + json.dumps({"n": traced.number, "answer": {"code": traced.code, **content}})


def _content(content_type: str, body: bytes | None, size: int) -> dict[str, object]:
    return {
        "content_type": content_type,
        "octets": size,
        "body": None if body is None else b64encode(body).decode(),
    }


def read_line(text: str) -> TracedRequest | TracedAnswer | None:
    """Read one line of a log; None for all the lines that are no trace.

    Raises: ProtocolError for a line that begins as one and is none.
    """
    if not text.startswith(MARK):
        return None
    try:
        said = json.loads(text[len(MARK) :])
        return _read(said)
    except (ValueError, KeyError, TypeError, RecursionError) as exc:
        raise ProtocolError(f"unreadable trace: {type(exc).__name__}") from exc


def _read(said: dict[str, dict[str, object]]) -> TracedRequest | TracedAnswer:
    number = _of(said["n"], int)
    if "answer" in said:
        answer = said["answer"]
        return TracedAnswer(
            number=number,
            code=_of(answer["code"], int),
            content_type=_of(answer["content_type"], str),
            body=_body(answer["body"]),
            size=_of(answer["octets"], int),
        )
    request = said["request"]
    parts: dict[str, Any] = {
        name: _of(request[name], kind) for name, kind in _LINE_FIELDS.items() if name in request
    }
    return TracedRequest(
        number=number,
        line=RequestLine(**{"version": None, **parts}),
        content_type=_of(request["content_type"], str),
        body=_body(request["body"]),
        size=_of(request["octets"], int),
    )


def _of(value: object, kind: type[T]) -> T:
    if type(value) is not kind:  # a bool is an int to isinstance
        raise TypeError(kind.__name__)
    if isinstance(value, str):
        value.encode()  # half a surrogate pair is no text
    return value


def _body(value: object) -> bytes | None:
    return None if value is None else b64decode(_of(value, str), validate=True)


def document_part(content_type: str, body: bytes) -> bytes:
    """Give the octets that are a WBXML document: all, or the first part; none of anything else."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == multipart.CONTENT_TYPE and len(body) >= 12:
        offset, size = struct.unpack_from("<II", body, 4)
        return body[offset : offset + size]
    wbxml = kind.startswith("application/vnd.ms-sync") or (not kind and body[:1] == b"\x03")
    return body if wbxml else b""


def statuses(root: Element) -> Iterator[tuple[str, str]]:
    """Give each status that a document says, behind the path of its element."""
    waiting = [(root, root.tag.name)]
    while waiting:
        element, path = waiting.pop()
        if element.tag.name == "Status" and element.tag not in _OF_CONTENT:
            yield path, element.string
        waiting += [(each, f"{path}/{each.tag.name}") for each in reversed(element.children)]
