"""The real daemon as a child process that can be killed and started again on its data."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from shutil import which

from carbonio_mobile.accounts.opening import open_store
from carbonio_mobile.accounts.passwords import FULL_COST
from carbonio_mobile.ids import AccountId

ROOT = Path(__file__).parents[2]
TWISTD = which("twistd", path=os.path.dirname(sys.executable)) or "twistd"
# What this process finds, the daemon finds; without an installation the plugin lies below the root.
PLACES = [os.path.abspath(place) for place in (*sys.path, str(ROOT)) if place]
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(PLACES)}

START_S = 60.0
STOP_S = 30.0
CONFIGURATION = """\
[eas]
heartbeat_min_s = 1
[process]
release_spread_s = 0
"""
_LISTENING = re.compile(rb"listening on 127\.0\.0\.1:(\d+)\n")
_LOOK_EVERY_S = 0.01


def make_accounts(data: Path, accounts: Sequence[tuple[str, str]]) -> dict[str, AccountId]:
    """Make a data directory with accounts, given as (address, password); gives their ids."""
    data.mkdir(mode=0o700)
    store = open_store(data, FULL_COST)
    try:
        for domain in sorted({address.partition("@")[2] for address, _ in accounts}):
            store.create_domain(domain)
        return {address: store.create_account(address, word) for address, word in accounts}
    finally:
        store.close()


class Daemon:
    """twistd on one data directory. ``port`` and ``lmtp_port`` change with each start.

    Its output is kept in ``log`` over all starts. Every start must be followed by :meth:`kill`.
    """

    def __init__(
        self, folder: Path, *, configuration: str = CONFIGURATION, prefix: Sequence[str] = ()
    ) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.log = folder / "daemon.log"
        self.prefix = prefix
        self.port = self.lmtp_port = 0
        self.starts = 0
        self._configuration = folder / "carbonio-mobile.toml"
        self._configuration.write_text(configuration)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def process_id(self) -> int:
        """Give the id of the running process."""
        assert self._process is not None, "there is no daemon"
        return self._process.pid

    def start(self) -> None:
        """Start and wait until it serves. Raises: AssertionError where it does not."""
        end_of_log = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                [*self.prefix, TWISTD, "-n", "--pidfile=", "carbonio-mobile",
                 "--config", str(self._configuration), "--data", str(self.data),
                 "--eas", "tcp:0:interface=127.0.0.1", "--lmtp", "tcp:0:interface=127.0.0.1"],
                cwd=self.folder, env=ENVIRONMENT, process_group=0,
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            )  # fmt: skip
        self.starts += 1
        deadline = time.monotonic() + START_S
        while True:
            with self.log.open("rb") as log:
                log.seek(end_of_log)
                said = log.read()
            ports = [int(port) for port in _LISTENING.findall(said)]
            if len(ports) == 2:
                self.port, self.lmtp_port = ports
                return
            assert self._process.poll() is None, f"the daemon ended:\n{said.decode()}"
            assert time.monotonic() < deadline, f"the daemon does not serve:\n{said.decode()}"
            time.sleep(_LOOK_EVERY_S)

    def kill(self) -> None:
        """End it by SIGKILL, with all that it may have started; nothing happens without one."""
        process, self._process = self._process, None
        if process is not None:
            _kill_group(process)

    def stop(self) -> None:
        """End it by SIGTERM; it must do so in good time."""
        process, self._process = self._process, None
        assert process is not None, "there is no daemon to stop"
        process.terminate()
        try:
            process.wait(STOP_S)
        finally:
            _kill_group(process)

    def tracebacks(self) -> str:
        """Give what the log says from the first traceback on, cut; empty where there is none."""
        log = self.log.read_text(errors="replace")
        at = log.find("Traceback")
        return "" if at < 0 else log[max(0, at - 1000) : at + 4000]


def _kill_group(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
