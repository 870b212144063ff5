"""Run a traced log against an empty server, and tell step by step whether it answers as it did.

A step runs when its answer is met in the log, so that what waited (Ping) does not hold up what came
meanwhile. Keys and ids are others in another store: :class:`Translation` learns them from each pair
of answers. A phone that had a state before the log began is given one first.
"""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Final

from carbonio_mobile.admin.translation import Translation, UnknownKey
from carbonio_mobile.eas.http import HttpRequest, HttpResponse
from carbonio_mobile.eas.requestline import RequestLine, format_plain
from carbonio_mobile.eas.trace import (
    LINE_CHARACTERS,
    TracedAnswer,
    TracedRequest,
    document_part,
    read_line,
    statuses,
)
from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.wbxml import Element, decode, encode
from carbonio_mobile.wbxml.codepages import AirSync, FolderHierarchy

REPLAYED_BYTES: Final = 256 << 20
"""So much is sent to the empty server, which keeps all of it in memory."""

WAITING_MAX: Final = 1000
"""So many requests of a log may wait for their answer."""

_SHOWN: Final = 8
_WBXML: Final = "application/vnd.ms-sync.wbxml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """A server with one account and nothing in it.

    ``respond`` never raises, and does not let a caller wait for a heartbeat in real time.
    ``authorization`` is the header of whom ``login`` names.
    """

    respond: Callable[[HttpRequest], Awaitable[HttpResponse]]
    login: str
    authorization: str = field(repr=False)


async def replay(upload: AsyncIterator[bytes], fresh: Fresh) -> AsyncIterator[str]:
    """Give a line for each step, and one on all of them."""
    run = _Run(fresh)
    number = 0
    async for text in lines_of(upload):
        number += 1
        try:
            traced = read_line(text)
        except ProtocolError as exc:
            run.counts["unreadable"] += 1
            yield f"line {number}: {exc}"
            continue
        if isinstance(traced, TracedRequest):
            run.keep(traced)
        elif traced is not None:
            yield await run.step(traced)
            if run.sent > REPLAYED_BYTES:
                yield f"stopped: more than {REPLAYED_BYTES} octets were sent"
                break
    run.counts["without an answer in the log"] += len(run.waiting)
    yield run.total()


async def lines_of(pieces: AsyncIterator[bytes]) -> AsyncIterator[str]:
    """Cut octets into lines; of one that is too long, the head is given as all of it."""
    rest, too_long = b"", False
    async for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            if not too_long:
                yield line.decode("utf-8", "replace").rstrip("\r")
            too_long = False
        if len(rest) > LINE_CHARACTERS:
            if not too_long:
                yield rest[:LINE_CHARACTERS].decode("utf-8", "replace")
            rest, too_long = b"", True
    if rest and not too_long:
        yield rest.decode("utf-8", "replace").rstrip("\r")


@dataclass(slots=True)
class _Run:
    """A replay on its way."""

    fresh: Fresh
    waiting: dict[int, TracedRequest] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    sent: int = 0
    _known: Translation = field(default_factory=Translation)

    def keep(self, request: TracedRequest) -> None:
        """Keep a request until its answer is met."""
        if len(self.waiting) >= WAITING_MAX:
            del self.waiting[next(iter(self.waiting))]
            self.counts["without an answer in the log"] += 1
        self.waiting[request.number] = request

    async def step(self, logged: TracedAnswer) -> str:
        """Run the request of an answer, and compare."""
        request = self.waiting.pop(logged.number, None)
        if request is None:
            return self._judged("not run", logged.number, "?", "its request is not in the log")
        command = request.line.command
        if request.body is None or logged.body is None:
            return self._judged("not run", logged.number, command, "its body is not in the log")
        try:
            sent = _tree(request.content_type, request.body)
            before = _tree(logged.content_type, logged.body)
        except ProtocolError as exc:
            return self._judged("not run", logged.number, command, str(exc))
        primed = await self._prime(request.line, sent)
        body = request.body if sent is None else encode(self._known.request(sent))
        line = self._known.line(request.line)
        response = await self._send(line, request.content_type, body)
        kind = _kind(response)
        after = _tree(kind, document_part(kind, response.body))
        if before is not None and after is not None:
            self._known.learn(command, before, after)
        return self._compared(logged, command, before, response.code, after, primed=primed)

    async def _prime(self, line: RequestLine, sent: Element | None) -> int:
        """Give a phone the state that it had before the log began; tells how many keys."""
        if sent is None:
            return 0
        unknown = self._known.unknown_keys(sent)
        for key in unknown:
            root = "FolderSync" if key.of_hierarchy else "Sync"
            asked = encode(self._known.request(_first_sync(key)))
            first = replace(self._known.line(line), command=root)
            response = await self._send(first, _WBXML, asked)
            found = _tree(_WBXML, document_part(_kind(response), response.body))
            if found is not None:
                self._known.take_key(key, found)
        return len(unknown)

    async def _send(self, line: RequestLine, content_type: str, body: bytes) -> HttpResponse:
        self.sent += len(body)
        query, headers = format_plain(replace(line, user=self.fresh.login))
        return await self.fresh.respond(
            HttpRequest(
                method="POST",
                path="/Microsoft-Server-ActiveSync",
                query=query,
                headers={
                    "authorization": self.fresh.authorization,
                    **{name.lower(): value for name, value in headers.items()},
                    **({"content-type": content_type} if content_type else {}),
                },
                body=body,
                peer="127.0.0.1",
                host="",
                secure=True,
            )
        )

    def _compared(
        self,
        logged: TracedAnswer,
        command: str,
        before: Element | None,
        code: int,
        after: Element | None,
        *,
        primed: int,
    ) -> str:
        was, now = _said(command, logged.code, before), _said(command, code, after)
        note = f" (keys made anew: {primed})" if primed else ""
        if was == now:
            return self._judged("as logged", logged.number, command, _shown(now) + note)
        why = f"logged {_shown(was - now)}; now {_shown(now - was)}{note}"
        return self._judged("different", logged.number, command, why)

    def _judged(self, verdict: str, number: int, command: str, why: str) -> str:
        self.counts[verdict] += 1
        return f"#{number} {command}: {verdict}: {why}"

    def total(self) -> str:
        """Tell of all steps."""
        counted = [f"{count} {what}" for what, count in self.counts.items() if count]
        return ", ".join(counted) if counted else "there is no trace in this file"


def _tree(content_type: str, body: bytes) -> Element | None:
    """Read a document; None of what is none. Raises: ProtocolError."""
    octets = document_part(content_type, body)
    # A traced answer has the document alone, whatever it came with.
    octets = octets or (body if body[:1] == b"\x03" else b"")
    return decode(octets) if octets else None


def _kind(response: HttpResponse) -> str:
    return next((v for name, v in response.headers if name.lower() == "content-type"), "")


def _said(command: str, code: int, document: Element | None) -> Counter[str]:
    """Give code and statuses as what is compared: how often each is said, and where."""
    said = Counter([f"HTTP {code}"])
    for path, status in statuses(document) if document is not None else ():
        # Whether news came while a Ping waited is not in the trace.
        expired = command == "Ping" and status == "2"
        said[f"{path} {'1' if expired else status}"] += 1
    return said


def _shown(said: Counter[str]) -> str:
    parts = [f"{what} ×{count}" if count > 1 else what for what, count in said.items()]
    more = f", and {len(parts) - _SHOWN} more" if len(parts) > _SHOWN else ""
    return ", ".join(parts[:_SHOWN]) + more if parts else "nothing more"


def _first_sync(key: UnknownKey) -> Element:
    """Make the request that begins the hierarchy or a collection; 2.5 names its class as well."""
    if key.of_hierarchy:
        return Element(FolderHierarchy.FolderSync, [Element(FolderHierarchy.SyncKey, "0")])
    collection = Element(
        AirSync.Collection,
        [
            Element(AirSync.Class, key.class_name) if key.class_name else None,
            Element(AirSync.SyncKey, "0"),
            Element(AirSync.CollectionId, key.collection),
        ],
    )
    return Element(AirSync.Sync, [Element(AirSync.Collections, [collection])])
