"""Phones of the crash tests: the bundled client's, over a blocking transport that loses answers."""

import http.client
import time
from base64 import b64encode
from collections import deque
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, TypeVar

from carbonio_mobile.client import mailtrees
from carbonio_mobile.client.applying import SyncResult
from carbonio_mobile.client.device import held
from carbonio_mobile.client.faults import AnswerLost, Unreachable
from carbonio_mobile.client.phone import Phone, Wanted
from carbonio_mobile.client.state import FIRST_KEY
from carbonio_mobile.client.wire import PATH, HttpReply, written
from carbonio_mobile.eas.requestline import RequestLine
from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.wbxml import Element, decode
from carbonio_mobile.wbxml.codepages import AirSync, FolderHierarchy, Move
from carbonio_mobile.wbxml.dump import dump
from tests.crash.daemon import Daemon

T = TypeVar("T")

EXCHANGES_KEPT = 3000
EXCHANGES_SHOWN = 30
LOST_AFTER_S = 0.03


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never waits for anything but blocking calls."""
    try:
        work.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    raise AssertionError("a phone waited for something that does not block")


class ForcedResync(AssertionError):
    """The server made a phone start over."""


@dataclass(slots=True, kw_only=True)
class Exchanged:
    """One request with its answer, or why there was none."""

    at: float
    line: RequestLine
    body: bytes
    reply: HttpReply | None = None
    fate: str = ""

    def text(self) -> str:
        """Give it for eyes."""
        said = [f"--- {self.at:.3f} {self.line.command} {self.fate}", _shown(self.body)]
        if self.reply is not None:
            said += [f"    -> {self.reply.code}", _shown(self.reply.body)]
        return "\n".join(said)


def _shown(octets: bytes) -> str:
    if not octets:
        return "    (empty)"
    try:
        return dump(decode(octets), width=200)
    except ProtocolError:
        return f"    {octets[:200]!r}"


@dataclass(slots=True, kw_only=True)
class WireTransport:
    """Carries requests to the daemon, wherever it listens now.

    ``lose_answer`` is the probability that the connection is closed, a moment after the request was
    sent, without a look at the answer; ``lose_next`` has it happen to the next request for sure.
    """

    daemon: Daemon
    login: str
    password: str
    random: Random
    lose_answer: float = 0.0
    lose_next: bool = False
    lost: int = 0
    exchanges: deque[Exchanged] = field(default_factory=lambda: deque(maxlen=EXCHANGES_KEPT))
    _connection: http.client.HTTPConnection | None = None
    _port: int = 0

    async def post(
        self, line: RequestLine, body: bytes, *, content_type: str, timeout_s: float
    ) -> HttpReply:
        """See :meth:`Transport.post`."""
        query, headers = written(line)
        if content_type:
            headers["Content-Type"] = content_type
        exchanged = Exchanged(at=time.monotonic(), line=line, body=body)
        self.exchanges.append(exchanged)
        lose, self.lose_next = self.lose_next or self._loses(), False
        reply = self._exchange("POST", query.decode(), headers, body, timeout_s, lose, exchanged)
        exchanged.reply = reply
        return reply

    def _loses(self) -> bool:
        return self.random.random() < self.lose_answer

    async def options(self) -> HttpReply:
        """See :meth:`Transport.options`."""
        line = RequestLine(command="OPTIONS", version=None, device_id="", device_type="", user="")
        return self._exchange(
            "OPTIONS", "", {}, b"", 60.0, False, Exchanged(at=0.0, line=line, body=b"")
        )

    def _exchange(
        self,
        method: str,
        query: str,
        headers: dict[str, str],
        body: bytes,
        timeout_s: float,
        lose: bool,
        exchanged: Exchanged,
    ) -> HttpReply:
        login = b64encode(f"{self.login}:{self.password}".encode()).decode()
        headers = {"Authorization": f"Basic {login}", "User-Agent": "Crash/1", **headers}
        try:
            connection = self._connected(timeout_s)
            connection.request(method, f"{PATH}?{query}" if query else PATH, body, headers)
        except (OSError, http.client.HTTPException) as exc:
            self._close()
            exchanged.fate = f"not sent: {type(exc).__name__}"
            raise Unreachable(str(exc)) from exc
        if lose:
            time.sleep(self.random.random() * LOST_AFTER_S)
            self._close()
            self.lost += 1
            exchanged.fate = "answer lost"
            raise AnswerLost("lost on purpose")
        try:
            response = connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException) as exc:
            self._close()
            exchanged.fate = f"cut: {type(exc).__name__}"
            raise AnswerLost(str(exc)) from exc
        if response.will_close:
            self._close()
        named = {name.lower(): text for name, text in response.getheaders()}
        return HttpReply(code=response.status, headers=named, body=content)

    def _connected(self, timeout_s: float) -> http.client.HTTPConnection:
        if self._connection is None or self._port != self.daemon.port:
            self._close()
            self._port = self.daemon.port
            self._connection = http.client.HTTPConnection("127.0.0.1", self._port)
        self._connection.timeout = timeout_s
        if self._connection.sock is not None:
            self._connection.sock.settimeout(timeout_s)
        return self._connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def dumped(self, about: str = "") -> str:
        """Give the last exchanges for eyes, where wanted those that name a server id."""
        texts = (one.text() for one in list(self.exchanges)[0 if about else -EXCHANGES_SHOWN :])
        return "\n".join(text for text in texts if not about or f">{about}<" in text)


class StrictPhone(Phone):
    """A phone to which nothing may happen that a user would notice.

    It takes moved items into the target folder by itself, as phones do.
    """

    async def move(self, items: Sequence[str], source: str, target: str) -> dict[str, str]:
        """See :meth:`Phone.move`."""
        document = mailtrees.move_document([(item, source, target) for item in items])
        answer = await self.session.document("MoveItems", document)
        moved = {
            one.value(Move.SrcMsgId, ""): one.value(Move.DstMsgId, "")
            for one in answer.find_all(Move.Response)
            if one.value(Move.Status) == "3"
        }
        known = self.state.collection(target)
        for item, made in moved.items():
            before = self.state.collection(source).items.pop(item, None)
            if known.key != FIRST_KEY and before is not None and made not in known.items:
                known.items[made] = replace(before, id=made)
        return moved

    async def sync_again(
        self, wanted: Sequence[Wanted], *, wait_s: int | None = None
    ) -> dict[str, SyncResult]:
        """Send an empty Sync: the last one again, which brought nothing.

        Where the server wants to be told everything (status 13), it is.
        """
        answer = await self.session.ask("Sync", None, **held(wait_s or 0))
        if answer.document is None:
            return {one.folder: SyncResult(folder=one.folder) for one in wanted}
        status = answer.document.value(AirSync.Status)
        if status == "13":
            return await self.sync_all(wanted, wait_s=wait_s)
        if status == "12":
            await self.folder_sync()
            return {one.folder: SyncResult(folder=one.folder, status=12) for one in wanted}
        assert status is None, f"an empty Sync was refused: {status}"
        collections = answer.document.find(AirSync.Collections)
        assert collections is not None
        return await self._taken(collections.find_all(AirSync.Collection), wanted)

    async def _taken(
        self, listed: Sequence[Element], wanted: Sequence[Wanted]
    ) -> dict[str, SyncResult]:
        """Options are in force once there was an answer, though it may not name the folder."""
        results = await super()._taken(listed, wanted)
        for one in wanted:
            if one.options is not None and results[one.folder].status == 1:
                known = self.state.collection(one.folder)
                known.options, known.options_told = one.options, True
        return results

    def _take(self, element: Element, wanted: Wanted) -> SyncResult:
        if element.value(AirSync.Status) == "3":
            raise ForcedResync(f"Sync of {wanted.folder}: status 3")
        return super()._take(element, wanted)

    async def _folder_sync(self) -> Element:
        answer = await super()._folder_sync()
        if answer.value(FolderHierarchy.Status) == "9":
            raise ForcedResync("FolderSync: status 9")
        return answer
