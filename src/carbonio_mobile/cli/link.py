"""The client's end of the admin socket: one connection, one command at a time.

AMP reads and writes octets whoever moves them; here a plain socket does, so that the program waits
where it stands and Ctrl-C is an ordinary exception. A connection on which a command was broken off
is closed: that gives the command up, as the daemon sees it.
"""

import json
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO

from twisted.protocols import amp
from twisted.python.failure import Failure

from carbonio_mobile.admin import wire
from carbonio_mobile.admin.declaring import Typed
from carbonio_mobile.cli.faults import CommandFault, Lost, Misunderstood, Removed, Unreachable

RECEIVE_BYTES = 65_536

LINE_BYTES = 64 * 1024 * 1024
"""A row is no longer than this."""

Told = Callable[[int, int, str], None]
"""Is told how far an operation is: done, of how many (0: nobody knows), what."""


class _SocketTransport:
    """What AMP needs of a transport, on a socket that blocks."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self.disconnecting = False

    def write(self, octets: bytes) -> None:
        """Send octets; comes back when the kernel has them."""
        self._sock.sendall(octets)

    def loseConnection(self) -> None:  # noqa: N802  # Twisted's name
        """Close: AMP does so where what came is none."""
        self.disconnecting = True
        self._sock.close()

    def getPeer(self) -> None:  # noqa: N802  # Twisted's name
        """Give no address: AMP wants one for its log only."""

    def getHost(self) -> None:  # noqa: N802  # Twisted's name
        """Give no address either."""


class _Reply:
    """The answer to one box, once it is there."""

    def __init__(self, deferred: Any) -> None:
        self.is_there = False
        self._value: Mapping[str, Any] = {}
        self._error: BaseException | None = None
        deferred.addCallbacks(self._came, self._failed)

    def _came(self, value: Mapping[str, Any]) -> None:
        self.is_there, self._value = True, value

    def _failed(self, failure: Failure) -> None:
        self.is_there, self._error = True, failure.value

    def value(self) -> Mapping[str, Any]:
        """Give what was answered. Raises: CommandFault."""
        if self._error is not None:
            raise _fault(self._error)
        return self._value


def _fault(error: BaseException) -> CommandFault:
    text = " ".join(str(each) for each in error.args) or type(error).__name__
    if isinstance(error, wire.Misused):
        return Misunderstood(text)
    if isinstance(error, wire.NoSuchRun):
        return Removed("the daemon does not know this operation any more; its log says more")
    if isinstance(error, wire.Refused | wire.Failed):
        return CommandFault(text)
    return Lost(
        f"the daemon and this program do not speak the same ({text}); are both of one version?"
    )


def connect(path: str) -> "Link":
    """Connect to the admin socket. Raises: Unreachable."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.connect(path)
    except OSError as exc:
        sock.close()
        raise Unreachable(_why_unreachable(path, exc)) from exc
    return Link(sock, path)


def _why_unreachable(path: str, exc: OSError) -> str:
    if isinstance(exc, FileNotFoundError):
        return (
            f"there is no socket {path}: is the daemon running (systemctl status carbonio-mobile)? "
            "Another socket is named with --socket or CARBONIO_MOBILE_SOCKET"
        )
    if isinstance(exc, PermissionError):
        return (
            f"this user may not use {path}: be root, the daemon's user or in the group of the "
            "socket (ls -l shows it)"
        )
    if isinstance(exc, ConnectionRefusedError):
        return (
            f"nobody listens at {path}: the daemon is not running "
            "(systemctl status carbonio-mobile)"
        )
    return f"{path} cannot be used: {exc.strerror or exc}; check --socket"


class Link:
    """A connection to the daemon."""

    def __init__(self, sock: socket.socket, path: str) -> None:
        self._sock = sock
        self._path = path
        self._transport = _SocketTransport(sock)
        self._amp = amp.AMP()
        self._amp.makeConnection(self._transport)
        self.is_open = True

    def close(self) -> None:
        """Close; a command that only reads ends, one that changes something goes on."""
        self.is_open = False
        self._sock.close()

    def run(self, name: str, typed: Typed, file: BinaryIO | None, told: Told) -> Iterator[bytes]:
        """Have a command done; gives the stream of its answer in pieces.

        Raises: CommandFault.
        """
        number = self._begin(name, typed)
        fetching = self._send(wire.Fetch, run=number)
        if file is not None:
            fetching = self._feed(number, file, fetching, told)
        while True:
            self._wait(fetching)
            piece = fetching.value()
            if not piece["done"]:
                fetching = self._send(wire.Fetch, run=number)
            _tell(piece["progress"], told)
            if piece["octets"]:
                yield piece["octets"]
            if piece["done"]:
                return

    def _begin(self, name: str, typed: Typed) -> int:
        octets = json.dumps(typed).encode()
        pieces = [
            octets[at : at + wire.PIECE_BYTES] for at in range(0, len(octets), wire.PIECE_BYTES)
        ]
        more = len(pieces) > 1
        begun = self._ask(wire.Begin, name=name, arguments=pieces[0], more=more)
        number = int(begun["run"])
        for at, piece in enumerate(pieces[1:], start=2):
            self._ask(wire.Extend, run=number, arguments=piece, more=at < len(pieces))
        return number

    def _feed(self, number: int, file: BinaryIO, fetching: _Reply, told: Told) -> _Reply:
        """Send a file while the daemon wants it; gives the fetch that is under way."""
        wanted = True
        octets = file.read(wire.PIECE_BYTES)
        while wanted:
            following = file.read(wire.PIECE_BYTES)
            fed = self._send(wire.Feed, run=number, octets=octets, last=not following)
            while not fed.is_there:
                self._receive()
                if fetching.is_there:
                    piece = fetching.value()
                    if piece["octets"] or piece["done"]:
                        return fetching
                    _tell(piece["progress"], told)
                    fetching = self._send(wire.Fetch, run=number)
            if fetching.is_there:
                return fetching
            wanted = bool(fed.value()["wanted"]) and bool(following)
            octets = following
        return fetching

    def _ask(self, command: type[amp.Command], **arguments: object) -> Mapping[str, Any]:
        reply = self._send(command, **arguments)
        self._wait(reply)
        return reply.value()

    def _send(self, command: type[amp.Command], **arguments: object) -> _Reply:
        try:
            return _Reply(self._amp.callRemote(command, **arguments))
        except OSError as exc:
            raise self._lost() from exc

    def _wait(self, reply: _Reply) -> None:
        while not reply.is_there:
            self._receive()

    def _receive(self) -> None:
        try:
            octets = self._sock.recv(RECEIVE_BYTES)
        except OSError as exc:
            raise self._lost() from exc
        if not octets:
            raise self._lost()
        self._amp.dataReceived(octets)
        if self._transport.disconnecting:
            raise Lost(f"what answers at {self._path} is not the daemon; check --socket")

    def _lost(self) -> Lost:
        return Lost(
            "the daemon closed the connection: it stopped, or does not admit this user "
            f"(uid {os.geteuid()}); its log says which. What was under way may be done or not"
        )


def _tell(text: str, told: Told) -> None:
    if text:
        progress = json.loads(text)
        told(int(progress["done"]), int(progress["total"]), str(progress["what"]))


def rows(pieces: Iterator[bytes]) -> Iterator[object]:
    """Give the lines of a stream, read, each as soon as it is whole. Raises: CommandFault."""
    left = b""
    for piece in pieces:
        *whole, left = (left + piece).split(b"\n")
        if len(left) > LINE_BYTES:
            raise Lost("the answer of the daemon has a line without end")
        for line in whole:
            yield _read(line)
    if left:
        raise Lost("the answer of the daemon breaks off in the middle of a line")


def _read(line: bytes) -> object:
    try:
        return json.loads(line)
    except ValueError as exc:
        raise Lost("the answer of the daemon is not what this program reads") from exc
