"""A daemon in a thread: the admin server of the house, with responders for the sample commands."""

import os
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.epollreactor import EPollReactor

from carbonio_mobile.admin.answers import (
    Answer,
    DirectoryEntry,
    Entries,
    Lines,
    Listing,
    Said,
    Tree,
    Value,
    each,
)
from carbonio_mobile.admin.audit import AuditLog
from carbonio_mobile.admin.calling import AdminCall, AdminFault
from carbonio_mobile.admin.server import AdminFactory, AdminPlane, AdminProtocol, Admission
from tests.unit.cli.sample import COMMANDS


class Responders:
    """Answers to the sample commands; remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Mapping[str, object]]] = []
        self.octets = 0
        self.rows = 0
        self.began = Event()
        self.gave_up = Event()
        self.held: list[Deferred[None]] = []
        self.drop: Callable[[], None] = lambda: None

    def table(self) -> dict[str, Callable[[AdminCall], Any]]:
        """Give the responder of each command."""
        own = {
            "mobile ABQ list": self.devices,
            "mobile ABQ import": self.load,
            "mobile getServices": self.services,
            "mobile getDevices": self.many,
            "mobile doWait": self.wait,
            "mobile doWork": self.wait,
            "mobile doBreak": self.broken,
            "mobile doVanish": self.vanish,
            "mobile doRefuse": self.refuse,
            "config get global": self.attribute,
            "prov getAllCos": self.entries,
        }
        return {each.name: own.get(each.name, self.said) for each in COMMANDS}

    async def said(self, call: AdminCall) -> Answer:
        """Say that it was done."""
        self.asked.append((call.command.name, call.values))
        return Said(text="done", details={"device": {"id": 7}})

    async def devices(self, call: AdminCall) -> Answer:
        """List two devices."""
        rows = [{"device_id": "a\x1b[31m", "status": "Allowed"}, {"device_id": "b", "status": ""}]
        return Listing(heading="devices", rows=each(rows), width=12)

    async def services(self, call: AdminCall) -> Answer:
        """Give a tree."""
        return Tree(content={"services": {"anti-dos": {"running": False}}, "qrcode_data": "otp:x"})

    async def attribute(self, call: AdminCall) -> Answer:
        """Give lines."""
        return Lines(rows=each([call.text("attribute"), "true"]))

    async def entries(self, call: AdminCall) -> Answer:
        """Give entries of the directory."""
        found = DirectoryEntry(kind="cos", name="default", attributes={"cn": ["default"]})
        return Entries(rows=each([found, found]))

    async def many(self, call: AdminCall) -> Answer:
        """Give so many rows."""

        async def rows() -> AsyncIterator[Mapping[str, Value]]:
            for number in range(call.number("count")):
                self.rows += 1
                yield {"device_id": f"android{number:06}", "account": "john@example.com"}

        return Listing(heading="devices", rows=rows())

    async def load(self, call: AdminCall) -> Answer:
        """Count the octets of a file; one that begins with STOP is not read further."""
        async for piece in call.upload:
            self.octets += len(piece)
            if piece.startswith(b"STOP"):
                raise AdminFault("line 1 is no device")
            call.progress(self.octets, 0, "octets")
        return Said(text=f"{self.octets} octets imported")

    async def wait(self, call: AdminCall) -> Answer:
        """Tell of progress, then wait until it is given up."""
        call.progress(1, 4, "of the waiting\x1b[2J")
        self.began.set()
        try:
            self.held.append(Deferred())  # or it is collected, and the coroutine with it
            await self.held[-1]
        finally:
            self.gave_up.set()
        raise AssertionError("never")

    async def broken(self, call: AdminCall) -> Answer:
        """Fail after some rows."""

        async def rows() -> AsyncIterator[Mapping[str, Value]]:
            for _ in range(60):  # more than go in one piece
                yield {"id": 1}
            raise AdminFault("the last row is missing")

        return Listing(heading="rows", rows=rows())

    async def vanish(self, call: AdminCall) -> Answer:
        """Be gone in mid-answer."""

        async def rows() -> AsyncIterator[Mapping[str, Value]]:
            for _ in range(60):
                yield {"id": 1}
            self.drop()
            await Deferred()

        return Listing(heading="rows", rows=rows())

    async def refuse(self, call: AdminCall) -> Answer:
        """Refuse."""
        raise AdminFault("there is no device \x1b[31mred")


class Factory(AdminFactory):
    """Gives the responders a way to end the last connection."""

    def __init__(self, plane: AdminPlane, responders: Responders) -> None:
        super().__init__(plane, connections_max=20)
        self._responders = responders

    def buildProtocol(self, addr: Any) -> AdminProtocol | None:
        """Make a protocol."""
        made = super().buildProtocol(addr)
        assert made is not None
        self._responders.drop = made._hang_up
        return made


@contextmanager
def daemon(folder: Path, *, admits: bool = True) -> Iterator[tuple[str, Responders]]:
    """Run a daemon; gives the path of its socket and what answers there."""
    path = str(folder / "admin.sock")
    responders = Responders()
    plane = AdminPlane(
        commands=COMMANDS,
        responders=responders.table(),
        audit=AuditLog(folder / "audit.log", clock=time.time),
        admitted=Admission(own_uid=os.getuid(), group=os.getgid()) if admits else _nobody,
    )
    reactor: Any = EPollReactor()
    reactor.listenUNIX(path, Factory(plane, responders))
    thread = Thread(target=reactor.run, kwargs={"installSignalHandlers": False}, daemon=True)
    thread.start()
    try:
        yield path, responders
    finally:
        reactor.callFromThread(reactor.stop)
        thread.join(10)


def _nobody(_caller: Any) -> bool:
    return False
