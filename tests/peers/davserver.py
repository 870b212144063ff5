"""What the DAV servers of tests have in common: a process, a directory, a port of the loopback."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar

T = TypeVar("T", bound=Callable[..., Any] | type)

JOHN = "john@example.com"
MARY = "mary@example.com"
PASSWORD = "secret"

_STARTED_WITHIN_S = 30.0
_STOPPED_WITHIN_S = 10.0


def requires(missing: str) -> Callable[[T], T]:
    """Skip a test or class of tests where something is missing."""

    def decide(test: T) -> T:
        return unittest.skipIf(bool(missing), missing)(test)  # type: ignore[return-value]  # as given

    return decide


def free_port() -> int:
    """Give a port of the loopback that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


class DavServer:
    """One instance in the directory ``place``; a subclass says how it is set up and called."""

    name = ""
    scheme = "http"

    def __init__(self, place: Path) -> None:
        self.place = place
        self.port = free_port()
        self._program: subprocess.Popen[bytes] | None = None

    @classmethod
    def started(cls, beneath: Path | None = None) -> Self:
        """Start one in a temporary directory, with the accounts JOHN and MARY."""
        peer = cls(Path(tempfile.mkdtemp(prefix=f"{cls.name}-", dir=beneath)))
        try:
            peer.prepare()
            peer.start()
        except BaseException:
            peer.remove()
            raise
        return peer

    @property
    def url(self) -> str:
        """Where the site is."""
        return f"{self.scheme}://localhost:{self.port}/"

    def prepare(self) -> None:
        """Write the configuration."""
        raise NotImplementedError

    def command(self) -> Sequence[str | Path]:
        """Give the program with its arguments."""
        raise NotImplementedError

    def start(self) -> None:
        """Start; gives when the port answers."""
        self._program = subprocess.Popen(
            self.command(),
            cwd=self.place,
            stdin=subprocess.DEVNULL,
            stdout=(self.place / "log").open("ab"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(self.place)},
        )
        limit = time.monotonic() + _STARTED_WITHIN_S
        while not self.answers():
            if self._program.poll() is not None or time.monotonic() > limit:
                raise AssertionError(f"{self.name} does not start:\n{self.log()}")
            time.sleep(0.05)

    def answers(self) -> bool:
        """Tell whether somebody listens."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5):
                return True
        except OSError:
            return False

    def log(self) -> str:
        """Give the end of what it said."""
        return (self.place / "log").read_text(errors="replace")[-4000:]

    def stop(self) -> None:
        """Stop it, if it runs."""
        program, self._program = self._program, None
        if program is None:
            return
        program.send_signal(signal.SIGTERM)
        try:
            program.wait(_STOPPED_WITHIN_S)
        except subprocess.TimeoutExpired:
            os.killpg(program.pid, signal.SIGKILL)
            program.wait()

    def remove(self) -> None:
        """Stop it, and leave nothing behind."""
        self.stop()
        shutil.rmtree(self.place, ignore_errors=True)
