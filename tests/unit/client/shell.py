"""A shell in which the client's commands are typed, against the whole server in memory."""

import io
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from twisted.internet.defer import Deferred

from carbonio_mobile.client.main import run
from carbonio_mobile.client.program import Around
from carbonio_mobile.client.wire import HttpReply, Transport
from carbonio_mobile.testing.devices import RigTransport
from carbonio_mobile.testing.rig import Rig, now


@dataclass(slots=True)
class RigNetwork:
    """A network that leads to a rig only."""

    rig: Rig

    def transport(self, url: str, login: str, password: str) -> Transport:
        return RigTransport(self.rig, login=login, password=password)

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes = b"",
        timeout_s: float,
    ) -> HttpReply:
        answer = {"Protocol": "ActiveSync", "Url": "https://found.example.com/x"}
        return HttpReply(code=200, body=json.dumps(answer).encode())

    async def sleep(self, seconds: float) -> None:
        self.rig.clock.advance(seconds)

    async def close(self) -> None:
        pass


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


@dataclass
class Shell:
    """Types commands as john and keeps what they show."""

    rig: Rig
    home: Path
    environ: dict[str, str] = field(default_factory=dict)
    stdin: io.StringIO = field(default_factory=io.StringIO)
    meanwhile: Callable[[], None] = lambda: None
    out: io.StringIO = field(default_factory=io.StringIO)
    err: io.StringIO = field(default_factory=io.StringIO)
    octets: io.BytesIO = field(default_factory=io.BytesIO)
    prompts: list[str] = field(default_factory=list)

    def type(self, *words: str) -> int:
        for stream in (self.out, self.err):
            stream.seek(0)
            stream.truncate()
        return run(words, self.around())

    def john(self, *words: str) -> int:
        return self.type(
            "--url", "example.com", "--user", Rig.ADDRESS, "--password", Rig.PASSWORD, *words
        )

    def value(self, *words: str) -> object:
        assert self.john("--json", *words) == 0, self.err.getvalue()
        return json.loads(self.out.getvalue())

    def made(self, *words: str) -> str:
        """Type a command that makes something; gives its id."""
        value = self.value(*words)
        assert isinstance(value, dict)
        return str(value["id"])

    def network(self) -> "RigNetwork":
        return RigNetwork(self.rig)

    def around(self) -> Around:
        return Around(
            stdin=self.stdin,
            stdin_bytes=io.BytesIO,
            out=self.out,
            out_bytes=lambda: self.octets,
            err=self.err,
            environ={"XDG_STATE_HOME": str(self.home), **self.environ},
            ask_secret=self.ask,
            clock=self.rig.clock.seconds,
            network=lambda trust: self.network(),
            run=self.run,
        )

    def ask(self, prompt: str) -> str:
        self.prompts.append(prompt)
        return Rig.PASSWORD

    def run(self, work: Callable[[], Awaitable[int]]) -> int:
        async def whole() -> int:
            return await work()

        waiting = Deferred.fromCoroutine(whole())
        if not waiting.called:
            self.meanwhile()
        status: int = now(waiting)
        return status
