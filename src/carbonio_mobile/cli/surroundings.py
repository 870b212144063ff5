"""What a command line program has around it: streams, environment, the names of its server."""

import os
import socket
import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TextIO

from carbonio_mobile.admin.declaring import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The surroundings of one process.

    ``commands`` gives the catalogue; ``local_names`` the names and addresses of this server.
    """

    stdin: TextIO
    out: TextIO
    err: TextIO
    environ: Mapping[str, str]
    commands: Callable[[], Iterable[Command]]
    local_names: Callable[[], Collection[str]]


def real() -> Surroundings:
    """Give the surroundings of this process; what cannot be encoded is escaped."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    sys.stdin.reconfigure(errors="surrogateescape")  # type: ignore[union-attr]
    return Surroundings(
        stdin=sys.stdin,
        out=sys.stdout,
        err=sys.stderr,
        environ=os.environ,
        commands=catalogue,
        local_names=local_names,
    )


def catalogue() -> tuple[Command, ...]:
    """Give every command there is."""
    from carbonio_mobile.admin.catalogue.all import COMMANDS

    return COMMANDS


def local_names() -> set[str]:
    """Give the host names of this server and the addresses that they have."""
    names = {socket.gethostname(), socket.getfqdn()}
    for name in tuple(names):
        try:
            found = socket.getaddrinfo(name, None)
        except OSError:
            continue  # a name without an address is a name still
        names.update(str(address[0]) for *_, address in found)
    return names
