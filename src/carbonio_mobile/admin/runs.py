"""One command being done: its arguments gathered, its file passed on, its answer given in pieces.

Nobody holds more of an answer or a file than a few pieces: rows are made when the client fetches
them, and pieces of the file are taken when the responder asks for them.
"""

import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from carbonio_mobile.admin.answers import Answer
from carbonio_mobile.admin.calling import AdminCall, AdminFault, Caller, Progress, Respond
from carbonio_mobile.admin.declaring import Command, UsageFault, read
from carbonio_mobile.admin.wire import ARGUMENTS_BYTES, PIECE_BYTES, lines_of, progress_text
from carbonio_mobile.errors import Unavailable

Outcome = Answer | Failure
"""What comes of a command."""

_ROWS_A_TURN = 50
"""So many rows are made before others have their turn in the reactor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A piece of an answer, as ``wire.Fetch`` gives it."""

    octets: bytes
    done: bool
    progress: str


class Upload:
    """The octets of a file on their way to the responder; one piece waits at the most."""

    def __init__(self) -> None:
        self._pieces: deque[bytes] = deque()
        self._ended = False
        self._reader: Deferred[None] | None = None
        self._feeder: Deferred[bool] | None = None
        self._closed = False
        self._broken = False

    def feed(self, octets: bytes, *, last: bool) -> Deferred[bool]:
        """Take a piece; fires when there is room for the next, with whether it is wanted."""
        told: Deferred[bool] = Deferred()
        if self._closed:
            told.callback(False)
            return told
        self._pieces.append(octets)
        self._ended = last
        self._feeder = told
        if self._reader is not None:
            reader, self._reader = self._reader, None
            reader.callback(None)
        return told

    def close(self) -> None:
        """Want no more of it."""
        self._closed = True
        self._answer_feeder()

    def break_off(self) -> None:
        """Tell the reader that the rest will never come."""
        self._broken = True
        if self._reader is not None:
            reader, self._reader = self._reader, None
            reader.callback(None)

    async def pieces(self) -> AsyncIterator[bytes]:
        """Give the pieces. Raises: AdminFault where the client went away before the last."""
        while True:
            while self._pieces:
                piece = self._pieces.popleft()
                self._answer_feeder()
                yield piece
            if self._ended:
                return
            if self._broken:
                raise AdminFault("the file did not arrive whole; nothing was changed")
            self._reader = Deferred()
            await self._reader

    def _answer_feeder(self) -> None:
        feeder, self._feeder = self._feeder, None
        if feeder is not None:
            feeder.callback(not self._closed)


class Run:
    """One command being done for a caller."""

    def __init__(self, command: Command, respond: Respond, caller: Caller) -> None:
        self.command = command
        self.caller = caller
        self._respond = respond
        self._gathered = bytearray()
        self.upload = Upload()
        self._work: Deferred[None] | None = None
        self._outcome: Outcome | None = None
        self._ended: Callable[[Outcome], None] = _unheard
        self._stream: AsyncIterator[bytes] | None = None
        self._fault: Exception | None = None
        self._left = b""
        self._progress: Progress | None = None
        self._waiter: Deferred[None] | None = None
        self._is_fetched = False
        self.is_detached = False

    # The arguments

    def extend(self, octets: bytes) -> None:
        """Take a piece of the arguments. Raises: UsageFault where there are too many."""
        self._gathered += octets
        if len(self._gathered) > ARGUMENTS_BYTES:
            raise UsageFault(
                f"{self.command.name}: the arguments are longer than {ARGUMENTS_BYTES:,} octets"
            )

    def typed(self) -> Mapping[str, str | tuple[str, ...]]:
        """Give the arguments as they were typed. Raises: UsageFault."""
        try:
            found = json.loads(self._gathered.decode())
        except (ValueError, RecursionError) as exc:
            raise UsageFault(f"{self.command.name}: the arguments are no JSON") from exc
        self._gathered.clear()
        if not isinstance(found, dict):
            raise UsageFault(f"{self.command.name}: expected a mapping of arguments")
        return {name: _typed_value(self.command, name, value) for name, value in found.items()}

    # The work

    @property
    def has_started(self) -> bool:
        """Whether the arguments are complete."""
        return self._work is not None

    @property
    def is_over(self) -> bool:
        """Whether the work ended; its answer may still be fetched."""
        return self._outcome is not None

    def start(
        self, typed: Mapping[str, str | tuple[str, ...]], ended: Callable[[Outcome], None]
    ) -> None:
        """Begin the work; ``ended`` is called with what comes of it. Raises: UsageFault."""
        call = AdminCall(
            command=self.command,
            values=read(self.command, typed),
            caller=self.caller,
            upload=self.upload.pieces(),
            tell=self._tell,
        )
        self._ended = ended
        self._work = Deferred.fromCoroutine(self._answer(call)).addBoth(self._finish)

    async def _answer(self, call: AdminCall) -> Answer:
        return await self._respond(call)

    def _finish(self, outcome: Outcome) -> None:
        self._outcome = outcome
        self.upload.close()
        self._ended(outcome)
        self._wake()

    def _tell(self, progress: Progress) -> None:
        self._progress = progress
        self._wake()

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None:
            waiter.callback(None)

    # The answer

    async def fetch(self) -> Piece:
        """Give the next piece, once there is one. Raises: what the responder raises."""
        if self._work is None:
            raise UsageFault(f"{self.command.name}: its arguments are not complete")
        if self._is_fetched:
            raise Unavailable("a piece of this answer is being fetched already")
        self._is_fetched = True
        try:
            return await self._fetched()
        finally:
            self._is_fetched = False

    async def _fetched(self) -> Piece:
        while self._outcome is None and self._progress is None:
            self._waiter = Deferred()
            await self._waiter
        told, self._progress = progress_text(self._progress), None
        if self._outcome is None:
            return Piece(octets=b"", done=False, progress=told)
        if isinstance(self._outcome, Failure):
            self._outcome.raiseException()
        if self._stream is None:
            self._stream = lines_of(self._outcome)
        return await self._next_piece(told)

    async def _next_piece(self, told: str) -> Piece:
        made, rows, done = bytearray(self._left), 0, False
        while len(made) < PIECE_BYTES and rows < _ROWS_A_TURN and not done:
            line = await self._next_line(first=not made)
            done = line is None
            made += line or b""
            rows += 1
        piece, self._left = bytes(made[:PIECE_BYTES]), bytes(made[PIECE_BYTES:])
        return Piece(octets=piece, done=done and not self._left, progress=told)

    async def _next_line(self, *, first: bool) -> bytes | None:
        """Give the next line; what a row raises comes after the rows before it have gone out."""
        assert self._stream is not None
        if self._fault is not None and first:
            raise self._fault
        if self._fault is not None:
            return b""
        try:
            return await anext(self._stream)  # with a default, 3.11 cannot wait within
        except StopAsyncIteration:
            return None
        except Exception as exc:
            if first:
                raise
            self._fault = exc
            return b""

    def abandon(self) -> None:
        """The client goes away: what only reads ends, what changes something goes on."""
        self.is_detached = True
        self.upload.break_off()
        if self._work is not None and self._outcome is None and not self.command.changes:
            self._work.cancel()


def _unheard(_outcome: Outcome) -> None:
    """Take word of an end before anybody asked for it."""


def _typed_value(command: Command, name: str, value: object) -> str | tuple[str, ...]:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return tuple(value)
    raise UsageFault(f"{command.name}: {name}: expected a text or a list of texts")
