"""Telling a running daemon what another process changed in a mailbox.

A hint is one datagram to a socket in the data directory. It carries no data and may be lost: the
next request sees the change all the same, a waiting one at its heartbeat.
"""

import json
import os
import socket
import stat
from contextlib import suppress
from pathlib import Path
from typing import Any

from twisted.internet.interfaces import IListeningPort, IReactorUNIXDatagram
from twisted.internet.protocol import DatagramProtocol
from zope.interface import implementer

from carbonio_mobile.ids import AccountId, FolderId
from carbonio_mobile.interfaces import IChangeSink

_MAX_HINT_BYTES = 2048


def hint_socket(data_dir: Path) -> Path:
    """Give the place of the socket."""
    return data_dir / "hints.sock"


def listen_for_hints(
    reactor: IReactorUNIXDatagram, data_dir: Path, sink: IChangeSink
) -> IListeningPort:
    """Have the sink told what other processes hint at, until the port given is told to stop.

    A socket left behind by a killed process is replaced.

    Raises: twisted.internet.error.CannotListenError.
    """
    place = hint_socket(data_dir)
    with suppress(FileNotFoundError):
        if stat.S_ISSOCK(place.stat().st_mode):
            place.unlink()
    port: IListeningPort = reactor.listenUNIXDatagram(
        os.fspath(place), HintListener(sink), maxPacketSize=_MAX_HINT_BYTES, mode=0o600
    )
    return port


class HintListener(DatagramProtocol):
    """Reads hints; anything else that arrives is ignored."""

    def __init__(self, sink: IChangeSink) -> None:
        self._sink = sink

    def datagramReceived(self, datagram: bytes, addr: Any) -> None:  # noqa: ARG002, N802 -- Twisted's
        """Pass a hint on."""
        match _parse(datagram):
            case {"account": str(account), "folder": str(folder), "arrival": bool(arrival)}:
                self._sink.folder_changed(AccountId(account), FolderId(folder), arrival=arrival)
            case {"account": str(account), "hierarchy": True}:
                self._sink.hierarchy_changed(AccountId(account))


def _parse(datagram: bytes) -> Any:
    try:
        return json.loads(datagram)
    except ValueError:
        return None


@implementer(IChangeSink)
class HintSink:
    """The change sink of a process beside the daemon: sends on all it is told."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir

    def folder_changed(self, account: AccountId, folder: FolderId, *, arrival: bool) -> None:
        """See :meth:`IChangeSink.folder_changed`."""
        send_hint(self._data_dir, account, folder, arrival=arrival)

    def hierarchy_changed(self, account: AccountId) -> None:
        """See :meth:`IChangeSink.hierarchy_changed`."""
        _send(self._data_dir, {"account": account, "hierarchy": True})


def send_hint(data_dir: Path, account: AccountId, folder: FolderId, *, arrival: bool) -> None:
    """Tell the daemon, if one runs, that a folder changed; never waits, never fails."""
    _send(data_dir, {"account": account, "folder": folder, "arrival": arrival})


def _send(data_dir: Path, hint: dict[str, Any]) -> None:
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        sender.sendto(json.dumps(hint).encode(), os.fspath(hint_socket(data_dir)))
