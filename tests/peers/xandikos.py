"""A Xandikos of a test's own, Debian's package ``xandikos``, on a port of the loopback.

It asks nobody for a password and has one principal, JOHN's.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path

from tests.peers.davserver import DavServer, requires

PROGRAM = shutil.which("xandikos", path="/usr/bin:/usr/local/bin")
requires_xandikos = requires("" if PROGRAM else "xandikos is not installed")


class Xandikos(DavServer):
    """One instance; it makes a calendar and an address book by itself."""

    name = "xandikos"

    def prepare(self) -> None:
        """Make the directory of the collections."""
        (self.place / "dav").mkdir()

    def command(self) -> Sequence[str | Path]:
        """Give the program with its arguments."""
        assert PROGRAM is not None
        return [
            PROGRAM, "-d", self.place / "dav", "-l", "127.0.0.1", "-p", str(self.port),
            "--current-user-principal", "/john/", "--defaults",
        ]  # fmt: skip
