"""A request and its answer as an account logger writes them: lines for people, lines to run again.

A line begins with the time, the level and the request's number; what belongs to it follows
indented, so that no text of a phone can look like a line of the log.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from carbonio_mobile.directory.loggers import Level
from carbonio_mobile.eas.http import HttpResponse
from carbonio_mobile.eas.requestline import RequestLine
from carbonio_mobile.eas.trace import (
    TracedAnswer,
    TracedRequest,
    answer_line,
    document_part,
    request_line,
    statuses,
)
from carbonio_mobile.eas.traffic import Heard, Told
from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.logs.redaction import Shown, secret_header
from carbonio_mobile.wbxml import Element, decode, dump, encode

DECODED_BYTES: Final = 262_144
"""Larger documents are not decoded for a log: that would hold up everybody else."""

_CUT: Final = 200
"""So many characters of a text are shown at level debug."""
_UNCUT: Final = 1 << 20
_GOOD: Final = frozenset({"", "1"})
_GOOD_OF: Final = {"Ping": frozenset({"1", "2"}), "MoveItems": frozenset({"3"})}
"""What says that all is well, where that is not 1 (MS-ASCMD 2.2.3.177.10 and 11)."""
_SERVER_BROKE: Final = 500
_REFUSED_FROM: Final = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A body looked at: a document, a message, or a word on why it is neither."""

    tree: Element | None = None
    mime: bytes | None = field(default=None, repr=False)
    note: str = ""


def content_of(content_type: str, body: bytes) -> Content:
    """Look at a body."""
    if not body:
        return Content()
    octets = document_part(content_type, body)
    if len(octets or body) > DECODED_BYTES:
        return Content(note=f"[{len(body)} octets, too many to be shown]")
    if content_type.lower().startswith("message/rfc822"):
        return Content(mime=body)
    if not octets:
        return Content(note=f"[{len(body)} octets of {content_type or 'an unnamed type'}]")
    try:
        return Content(tree=decode(octets))
    except ProtocolError as exc:
        return Content(note=f"[{len(body)} octets that are no WBXML: {exc}]")


def gravity(told: Told, answer: Element | None) -> Level:
    """Tell the level of the line of an answered request: the gravest that it belongs to."""
    code = told.response.code
    if told.refused:
        return Level.WARN
    if code == _SERVER_BROKE:
        return Level.CRIT
    kind, colon, _ = told.fault.partition(": ")
    if code > _SERVER_BROKE or (colon and kind.isidentifier()):
        return Level.ERR
    if code >= _REFUSED_FROM or told.fault or _complains(told.command, answer):
        return Level.WARN
    return Level.INFO


def _complains(command: str, answer: Element | None) -> bool:
    if answer is None:
        return False
    good = _GOOD_OF.get(command, _GOOD)
    return any(status not in good for _, status in statuses(answer))


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """How one logger writes: at what level, showing how, and the present time."""

    level: Level
    shown: Shown
    now: float

    def request(self, number: int, heard: Heard, content: Content) -> str:
        """Give the lines of a request; none below level debug."""
        if self.level > Level.DEBUG:
            return ""
        lines = [self._headed(Level.DEBUG, number, f"> {self._asked(heard)}")]
        lines += self._headers(heard.request.headers.items())
        lines += self._content(content)
        if self.level is Level.TRACE and heard.line is not None:
            lines.append(request_line(self._traced(number, heard, heard.line, content)))
        return "\n".join(lines) + "\n"

    def response(self, number: int, told: Told, content: Content) -> str:
        """Give the lines of an answer; none where the level leaves it out."""
        level = gravity(told, content.tree)
        if level < self.level:
            return ""
        lines = []
        if self.level <= Level.DEBUG:
            lines.append(self._headed(Level.DEBUG, number, f"< {told.response.code}"))
            lines += self._headers(told.response.headers)
            lines += self._content(content)
        if self.level is Level.TRACE:
            lines.append(answer_line(self._traced_answer(number, told.response, content)))
        lines.append(self._headed(level, number, self._summary(told, content.tree)))
        return "\n".join(lines) + "\n"

    def _headed(self, level: Level, number: int, text: str) -> str:
        return f"{stamp(self.now)} {level.name:<5} #{number} {printable(text)}"

    def _asked(self, heard: Heard) -> str:
        line, request = heard.line, heard.request
        if line is None:
            return f"{request.method} from {self.shown.text(request.peer)}"
        told = [f"user {self.shown.text(line.user)}"] if line.user else []
        told += [
            f"{name} {value}"
            for name, value in (
                ("collection", line.collection_id),
                ("item", line.item_id),
                ("long id", line.long_id),
                ("occurrence", line.occurrence),
                ("attachment", line.attachment_name),
                ("policy key", line.policy_key),
            )
            if value is not None
        ]
        return (
            f"{request.method} {line.command} {line.version or '-'} {line.device_id} "
            f"{line.device_type or '-'} from {self.shown.text(request.peer)} {', '.join(told)}"
        ).rstrip()

    def _headers(self, pairs: Iterable[tuple[str, str]]) -> list[str]:
        return [
            f"  {printable(name)}: {printable(self.shown.header(name, value))}"
            for name, value in pairs
            if not secret_header(name)
        ]

    def _content(self, content: Content) -> list[str]:
        width = _UNCUT if self.level is Level.TRACE else _CUT
        if content.tree is not None:
            text = dump(self.shown.tree(content.tree), width=width)
            return [f"  {line}" for line in text.split("\n")]
        if content.mime is not None:
            message = self.shown.mime(content.mime).decode("utf-8", "replace")
            more = "…" if len(message) > width else ""
            return [f"  | {printable(line)}" for line in f"{message[:width]}{more}".splitlines()]
        return [f"  {printable(content.note)}"] if content.note else []

    def _summary(self, told: Told, answer: Element | None) -> str:
        said = sorted({status for _, status in statuses(answer)}) if answer is not None else []
        outcome = self.shown.fault(told.fault) if told.fault else told.refused
        return " ".join(
            part
            for part in (
                told.command,
                str(told.response.code),
                f"status {','.join(said)}" if said else "",
                self.shown.text(told.name),
                told.device or "-",
                told.version or "-",
                f"{round(told.elapsed_s * 1000)} ms",
                f"in {told.bytes_in} out {len(told.response.body)}",
                f"from {self.shown.text(told.peer)}",
                outcome,
            )
            if part
        )

    def _traced(
        self, number: int, heard: Heard, line: RequestLine, content: Content
    ) -> TracedRequest:
        body = heard.request.body
        return TracedRequest(
            number=number,
            line=line,
            content_type=heard.request.headers.get("content-type", ""),
            body=self._again(content, body),
            size=len(body),
        )

    def _traced_answer(self, number: int, response: HttpResponse, content: Content) -> TracedAnswer:
        return TracedAnswer(
            number=number,
            code=response.code,
            content_type=kind_of(response),
            body=self._again(content, response.body),
            size=len(response.body),
        )

    def _again(self, content: Content, body: bytes) -> bytes | None:
        if content.tree is not None:
            return encode(self.shown.tree(content.tree))
        if content.mime is not None:
            return self.shown.mime(content.mime)
        return None if body else b""


def kind_of(response: HttpResponse) -> str:
    """Give the content type of an answer; empty where it has none."""
    return next((v for name, v in response.headers if name.lower() == "content-type"), "")


def stamp(now: float) -> str:
    """Give a point in time as a line begins with it: UTC, milliseconds."""
    moment = datetime.fromtimestamp(now, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


def printable(text: str) -> str:
    """Give a text in which nothing moves the cursor or begins a line."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
