"""The admin socket: arguments and files up, answers down in pieces, every error declared."""

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.endpoints import UNIXClientEndpoint, connectProtocol
from twisted.protocols import amp
from twisted.trial.unittest import TestCase

from carbonio_mobile.admin import wire
from carbonio_mobile.admin.answers import Answer, Lines, Listing, Said
from carbonio_mobile.admin.audit import AuditLog
from carbonio_mobile.admin.calling import AdminCall, AdminFault
from carbonio_mobile.admin.declaring import Command, Parameter
from carbonio_mobile.admin.kinds import PATH, TEXT, whole
from carbonio_mobile.admin.server import AdminFactory, AdminPlane
from carbonio_mobile.errors import NotFound, Unavailable
from carbonio_mobile.service.adminsocket import admission, listen

COUNT = Parameter(name="count", kind=whole(0), help="how many", required=True)
NAME = Parameter(name="name", kind=TEXT, help="a name", required=True)
SECRET = Parameter(name="password", kind=TEXT, help="a password", secret=True)
FILE = Parameter(name="file", kind=PATH, help="a file", required=True, file=True)

COMMANDS = (
    Command(module="test", words=("rows",), summary="Gives rows.", parameters=(COUNT,)),
    Command(module="test", words=("change",), summary="Changes.", parameters=(NAME, SECRET),
            changes=True),
    Command(module="test", words=("fail",), summary="Fails.", parameters=(NAME,)),
    Command(module="test", words=("slow",), summary="Waits.", changes=True),
    Command(module="test", words=("look",), summary="Waits, reading."),
    Command(module="test", words=("crawl",), summary="Gives rows when it is let."),
    Command(module="test", words=("take",), summary="Takes a file.", parameters=(FILE,),
            changes=True),
)  # fmt: skip

FAULTS = {
    "refused": AdminFault("no, said the test"),
    "missing": NotFound("no such thing"),
    "later": Unavailable("the disk is full"),
    "bug": RuntimeError("a secret detail"),
    "long": AdminFault("x" * 100_000),
}


class AdminSocketTests(TestCase):
    """A real socket in a directory of its own."""

    def setUp(self) -> None:
        """Listen."""
        directory = Path(self.mktemp())
        directory.mkdir()
        self.path = directory / "admin.sock"
        self.made = 0
        self.waiting: list[Deferred[None]] = []
        self.cancelled = 0
        self.taken: list[int] = []
        self.audit = directory / "audit.log"
        responders = {
            "test rows": self._rows,
            "test change": self._change,
            "test fail": self._fail,
            "test slow": self._slow,
            "test look": self._look,
            "test crawl": self._crawl,
            "test take": self._take,
        }
        plane = AdminPlane(
            commands=COMMANDS,
            responders=responders,
            audit=AuditLog(self.audit, clock=lambda: 1_800_000_000.0),
            admitted=admission(os.getegid()),
        )
        from twisted.internet import reactor

        self.reactor: Any = reactor
        self.factory = AdminFactory(plane, connections_max=3)
        self.port = listen(
            "--admin", self.path, self.factory, group=os.getegid(), reactor=self.reactor
        )
        self.clients: list[Any] = []

    async def tearDown(self) -> None:
        """Close all."""
        for client in self.clients:
            if client.transport is not None:
                client.transport.abortConnection()
        await self.port.stopListening()

    async def _client(self) -> Any:
        client = await connectProtocol(UNIXClientEndpoint(self.reactor, str(self.path)), amp.AMP())
        self.clients.append(client)
        return client

    # Responders

    async def _rows(self, call: AdminCall) -> Answer:
        async def rows() -> AsyncIterator[dict[str, Any]]:
            for number in range(call.number("count")):
                self.made += 1
                yield {"number": number, "text": "é" * 400}

        return Listing(heading="rows", rows=rows())

    async def _change(self, call: AdminCall) -> Answer:
        return Said(text=f"{call.text('name')} changed")

    async def _fail(self, call: AdminCall) -> Answer:
        raise FAULTS[call.text("name")]

    async def _slow(self, call: AdminCall) -> Answer:
        call.progress(1, 2, "half")
        wait: Deferred[None] = Deferred()
        self.waiting.append(wait)
        await wait
        return Said(text="at last")

    async def _look(self, _call: AdminCall) -> Answer:
        def gone(_deferred: Any) -> None:
            self.cancelled += 1

        await Deferred(gone)
        return Said(text="never")

    async def _crawl(self, _call: AdminCall) -> Answer:
        async def rows() -> AsyncIterator[str]:
            wait: Deferred[None] = Deferred()
            self.waiting.append(wait)
            await wait
            yield "at last"

        return Lines(rows=rows())

    async def _take(self, call: AdminCall) -> Answer:
        async for piece in call.upload:
            self.taken.append(len(piece))
        return Lines(rows=_nothing())

    # Tests

    async def _all(self, client: Any, name: str, /, **typed: Any) -> tuple[list[Any], list[str]]:
        begun = await client.callRemote(
            wire.Begin, name=name, arguments=json.dumps(typed).encode(), more=False
        )
        octets, told = b"", []
        while True:
            piece = await client.callRemote(wire.Fetch, run=begun["run"])
            octets += piece["octets"]
            if piece["progress"]:
                told.append(piece["progress"])
            if piece["done"]:
                return [json.loads(line) for line in octets.splitlines()], told

    async def test_a_listing_comes_in_pieces_and_whole(self) -> None:
        """No piece is longer than AMP allows, and together they are all rows in order."""
        lines, _ = await self._all(await self._client(), "test rows", count="500")
        assert lines[0] == {"listing": True, "heading": "rows", "width": 60}
        assert [line["number"] for line in lines[1:]] == list(range(500))

    async def test_rows_are_made_when_they_are_fetched(self) -> None:
        """A client that fetches once costs no more than a piece of 50,000 rows."""
        client = await self._client()
        begun = await client.callRemote(
            wire.Begin, name="test rows", arguments=b'{"count": "50000"}', more=False
        )
        await client.callRemote(wire.Fetch, run=begun["run"])
        assert self.made <= 200

    async def test_arguments_in_pieces(self) -> None:
        """What is longer than a box goes up in several."""
        client = await self._client()
        long = "n" * 100_000
        text = json.dumps({"name": long}).encode()
        begun = await client.callRemote(
            wire.Begin, name="test change", arguments=text[:60_000], more=True
        )
        await client.callRemote(wire.Extend, run=begun["run"], arguments=text[60_000:], more=False)
        piece = await client.callRemote(wire.Fetch, run=begun["run"])
        assert len(piece["octets"]) == wire.PIECE_BYTES
        assert not piece["done"]

    async def test_every_fault_is_a_declared_error(self) -> None:
        """What a responder raises arrives with its text, a bug without; the connection stays."""
        client = await self._client()
        expected = {
            "refused": (wire.Refused, "no, said the test"),
            "missing": (wire.Refused, "no such thing"),
            "later": (wire.Failed, "the disk is full"),
            "bug": (wire.Failed, "its log says more"),
            "long": (wire.Refused, "xxxx"),
        }
        for name, (kind, text) in expected.items():
            with self.assertRaises(kind) as caught:
                await self._all(client, "test fail", name=name)
            assert text in str(caught.exception)
            assert "secret" not in str(caught.exception)
        assert len(self.flushLoggedErrors(RuntimeError)) == 1

    async def test_misuse_says_what_was_expected(self) -> None:
        """Unknown commands, missing and wrong arguments, no JSON: nothing is done."""
        client = await self._client()
        for name, arguments, text in (
            ("test row", b"{}", "did you mean test rows"),
            ("test rows", b"{}", "count is missing"),
            ("test rows", b'{"count": "many"}', "expected a whole number"),
            ("test rows", b'{"count": 5}', "expected a text"),
            ("test rows", b'{"count": "5", "depth": "1"}', "depth"),
            ("test rows", b"[]", "expected a mapping"),
            ("test rows", b"\xff", "no JSON"),
            ("test rows", b"[" * 50_000, "JSON"),
        ):
            with self.assertRaises(wire.Misused) as caught:
                await client.callRemote(wire.Begin, name=name, arguments=arguments, more=False)
            assert text in str(caught.exception), str(caught.exception)
        with self.assertRaises(wire.NoSuchRun):
            await client.callRemote(wire.Fetch, run=7)

    async def test_changes_are_audited_without_secrets(self) -> None:
        """Begun and done, with the uid; a password is not written."""
        await self._all(await self._client(), "test change", name="x", password="hidden-word")
        lines = [json.loads(line) for line in self.audit.read_text().splitlines()]
        assert [line["outcome"] for line in lines] == ["begun", "done"]
        assert all(line["uid"] == os.getuid() for line in lines)
        assert lines[0]["arguments"] == {"name": "x", "password": "***"}
        assert self.audit.stat().st_mode & 0o777 == 0o600

    async def test_progress_reaches_the_client(self) -> None:
        """Word of progress is told while the work goes on."""
        client = await self._client()
        begun = await client.callRemote(wire.Begin, name="test slow", arguments=b"{}", more=False)
        piece = await client.callRemote(wire.Fetch, run=begun["run"])
        assert json.loads(piece["progress"]) == {"done": 1, "total": 2, "what": "half"}
        self.waiting[0].callback(None)
        piece = await client.callRemote(wire.Fetch, run=begun["run"])
        assert b"at last" in piece["octets"]

    async def test_a_client_that_goes_away(self) -> None:
        """What reads ends with it; what changes something goes on, and is written down."""
        client = await self._client()
        for name in ("test slow", "test look"):
            await client.callRemote(wire.Begin, name=name, arguments=b"{}", more=False)
        client.transport.abortConnection()
        await self._until(lambda: self.cancelled == 1)
        self.waiting[0].callback(None)
        await self._until(lambda: b'"done"' in self.audit.read_bytes())

    async def test_a_file_is_taken_piece_by_piece(self) -> None:
        """Each piece is answered when there is room for the next."""
        client = await self._client()
        begun = await client.callRemote(
            wire.Begin, name="test take", arguments=b'{"file": "x"}', more=False
        )
        for number in range(5):
            fed = await client.callRemote(
                wire.Feed, run=begun["run"], octets=b"x" * 1000, last=number == 4
            )
        assert fed == {"wanted": True}
        piece = await client.callRemote(wire.Fetch, run=begun["run"])
        assert piece["done"]
        assert self.taken == [1000] * 5

    async def test_a_file_that_breaks_off_changes_nothing(self) -> None:
        """A client that dies in the middle of a file: the command is told, and refuses."""
        client = await self._client()
        begun = await client.callRemote(
            wire.Begin, name="test take", arguments=b'{"file": "x"}', more=False
        )
        await client.callRemote(wire.Feed, run=begun["run"], octets=b"x", last=False)
        client.transport.abortConnection()
        await self._until(lambda: b"did not arrive whole" in self.audit.read_bytes())

    async def test_pieces_are_fetched_one_at_a_time(self) -> None:
        """Who asks for a piece while one is being made is refused, and the first one comes."""
        client = await self._client()
        begun = await client.callRemote(wire.Begin, name="test crawl", arguments=b"{}", more=False)
        first = client.callRemote(wire.Fetch, run=begun["run"])
        with self.assertRaises(wire.Failed) as caught:
            await client.callRemote(wire.Fetch, run=begun["run"])
        assert "being fetched already" in str(caught.exception)
        self.waiting[0].callback(None)
        piece = await first
        assert b"at last" in piece["octets"]

    async def test_who_does_not_read_is_not_heard(self) -> None:
        """What it asks for beyond what fits into the sockets is not made, until it reads."""
        client = await self._client()
        begun = await client.callRemote(
            wire.Begin, name="test rows", arguments=b'{"count": "50000"}', more=False
        )
        client.transport.pauseProducing()
        fetched = []
        for _ in range(100):
            fetched.append(client.callRemote(wire.Fetch, run=begun["run"]))
            await self._turns(5)
        assert self.made < 50 * 50, self.made
        client.transport.resumeProducing()
        await gatherResults(fetched)
        assert self.made == 100 * 50 - 1  # the head of the answer is a line as well

    async def test_several_clients_and_not_more(self) -> None:
        """Three at once are served side by side; a fourth is closed; one gone makes room."""
        clients = [await self._client() for _ in range(3)]
        answers = await gatherResults(
            [Deferred.fromCoroutine(self._all(each, "test rows", count="9")) for each in clients]
        )
        assert [len(lines) for lines, _ in answers] == [10, 10, 10]
        fourth = await self._client()
        with self.assertRaises(Exception):  # noqa: B017 -- however the close shows
            await self._all(fourth, "test rows", count="1")
        clients[0].transport.loseConnection()
        await self._until(lambda: self.factory.open_count < 3)
        lines, _ = await self._all(await self._client(), "test rows", count="1")
        assert len(lines) == 2

    async def test_nonsense_closes_that_connection_only(self) -> None:
        """Octets that are no AMP end one connection; others go on."""
        good, bad = await self._client(), await self._client()
        bad.transport.write(b"\xff" * 4000)
        await self._until(lambda: self.factory.open_count == 1)
        lines, _ = await self._all(good, "test rows", count="1")
        assert len(lines) == 2
        self.flushLoggedErrors()

    async def test_the_socket_belongs_to_owner_and_group(self) -> None:
        """Mode 0660; and a socket that a killed daemon left is replaced."""
        assert self.path.stat().st_mode & 0o777 == 0o660

    async def _turns(self, count: int) -> None:
        """Let the reactor go round so often."""
        from twisted.internet.task import deferLater

        for _ in range(count):
            await deferLater(self.reactor, 0)

    async def _until(self, happened: Any) -> None:
        from twisted.internet.task import deferLater

        for _ in range(200):
            if happened():
                return
            await deferLater(self.reactor, 0.01)
        raise AssertionError("it did not happen")


async def _nothing() -> AsyncIterator[str]:
    return
    yield ""
