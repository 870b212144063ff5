"""Noticing that the other end of a silent connection is no more, without a word of the protocol."""

import socket
from typing import Any

_OPTIONS = (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4))
"""After a minute of silence, four questions in the next one: two minutes in all."""


def keep_alive(transport: Any) -> None:
    """Let the system ask a silent peer whether it is there, and break off within two minutes if
    there is no answer. Does nothing to a transport that is no socket of this system.
    """
    peer = getattr(transport, "socket", None)  # that below the encryption, too
    if not isinstance(peer, socket.socket):
        return
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _OPTIONS:
        option = getattr(socket, name, None)  # not every system has each
        if option is not None:
            peer.setsockopt(socket.IPPROTO_TCP, option, value)
