"""The figures of the embedded store seen by a phone: ``python tests/bench/eas.py [PART…]``.

Parts: ``initial``, ``delta``, ``rates``, ``held``, ``flat``; all of them where none is named. Needs
../shared/bench (easload.py, makemail.py). Prints one line a figure; docs/performance.md keeps the
ones that count.
"""

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import formatdate
from pathlib import Path
from urllib.request import urlopen

from tests.bench.imapbridge import serve

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "bench"
ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
SIZES = tuple(map(int, os.environ.get("SIZES", "2000,10000").split(",")))
PASSWORD = "bench-secret"


class Daemon:
    """A running daemon with its own data directory."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.http, self.lmtp = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.http}/Microsoft-Server-ActiveSync"
        self.process: subprocess.Popen[bytes] | None = None
        self._log = folder / "daemon.log"

    def arguments(self) -> list[str]:
        """Give the plugin's options."""
        return [
            *("--data", str(self.data), "--eas", f"tcp:{self.http}:interface=127.0.0.1"),
            *("--lmtp", f"tcp:{self.lmtp}:interface=127.0.0.1"),
        ]

    def start(self) -> None:
        arguments = ["-n", "--pidfile=", "carbonio-mobile", *self.arguments()]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "twisted", *arguments]
            if shutil.which("twistd") is None
            else [shutil.which("twistd"), *arguments],
            env=ENVIRONMENT,
            stdout=self._log.open("wb"),
            stderr=subprocess.STDOUT,
            cwd=ROOT,
        )
        for _ in range(200):
            try:
                urlopen(f"http://127.0.0.1:{self.http}/healthz", timeout=1).read()
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise SystemExit(f"the daemon did not start: {self._log.read_text()[-2000:]}")

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(60)

    def setup(self, *arguments: str, password: str | None = None) -> None:
        subprocess.run(
            [
                sys.executable,
                "-c",
                "import sys; from carbonio_mobile.setup.main import main; sys.exit(main())",
                "--data",
                str(self.data),
                *arguments,
            ],
            env=ENVIRONMENT,
            check=True,
            input=None if password is None else f"{password}\n".encode(),
            stdout=subprocess.DEVNULL,
        )

    def load(self, scenario: str, *arguments: str) -> dict:
        assert self.process is not None
        output = subprocess.run(
            [
                sys.executable,
                str(SHARED / "easload.py"),
                scenario,
                *("--url", self.url, "--user", "user{u}@example.com", "--password", PASSWORD),
                *("--server-pids", f"daemon={self.process.pid}", *arguments),
            ],
            check=False,
            capture_output=True,
        )
        if output.returncode:
            raise SystemExit(self._log.read_text()[-2000:] + output.stderr.decode()[-2000:])
        return json.loads(output.stdout)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


Fill = Callable[[Daemon, Path, str, int], None]


def fill_large(running: Daemon, folder: Path, address: str, count: int) -> None:
    """Give an account lifelike mail of 36 KB in the mean."""
    maildir = folder / f"maildir-{count}"
    subprocess.run(
        [
            sys.executable,
            str(SHARED / "makemail.py"),
            *("--count", str(count), "--seed", "s1", "--to", address),
            *("--maildir", str(maildir)),
        ],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    running.setup("import", address, str(maildir))


def fill_small(running: Daemon, folder: Path, address: str, count: int) -> None:
    """Give an account many short messages, a minute apart."""
    mbox = folder / f"small-{count}.mbox"
    start = time.time() - 60 * count
    with mbox.open("w") as file:
        for number in range(count):
            date = formatdate(start + 60 * number)
            file.write(
                f"From load@example.net Thu Jan  1 00:00:00 2026\nFrom: load@example.net\n"
                f"To: {address}\nSubject: message {number}\nDate: {date}\n"
                f"Message-ID: <{number}@example.net>\n\nShort and plain.\n\n"
            )
    running.setup("import", address, str(mbox))


@contextmanager
def daemon(accounts: dict[int, int], *, fill: Fill = fill_large) -> Iterator[Daemon]:
    """Run a daemon whose user<N> has so many messages (``accounts``: N -> count)."""
    with tempfile.TemporaryDirectory(prefix="carbonio-mobile-bench-") as name:
        folder = Path(name)
        running = Daemon(folder)
        running.data.mkdir()
        running.setup("create-domain", "example.com")
        for user, count in accounts.items():
            address = f"user{user}@example.com"
            running.setup("create-account", address, "--password-stdin", password=PASSWORD)
            if count:
                fill(running, folder, address, count)
        running.start()
        try:
            yield running
        finally:
            running.stop()


def initial() -> None:
    with daemon(dict(enumerate(SIZES, 1))) as running:
        for user, size in enumerate(SIZES, 1):
            run = running.load("initial-sync", "--users", str(user), "--runs", "3")["median"]
            print(
                f"initial sync of {size}: {run['server_cpu_ms_per_msg']} ms CPU a message, "
                f"{run['msgs_per_s']} messages/s, first page {run['first_page_s']} s"
            )


def delta() -> None:
    with daemon(dict(enumerate(SIZES, 1))) as running:
        bridge = serve(("127.0.0.1", running.lmtp))
        port = bridge.server_address[1]
        for user, size in enumerate(SIZES, 1):
            run = running.load(
                *("delta", "--users", str(user), "--count", "60"),
                *("--deliver-imap", f"127.0.0.1:{port}"),
            )
            cpu = run["server_cpu_ms_per_sync"]
            print(
                f"{size} messages: Sync of one new {cpu['new']} ms CPU, "
                f"p99 {run['new_message_sync_ms']['p99']} ms; Read up {cpu['flag']} ms; "
                f"nothing new {cpu['idle']} ms, p99 {run['nothing_new_sync_ms']['p99']} ms"
            )
        bridge.shutdown()


def rates() -> None:
    with daemon({1: SIZES[0]}) as running:
        for what in ("options", "foldersync", "sync"):
            for connections in ("1", "8"):
                run = running.load(
                    *("rate", "--users", "1", "--what", what, "--seconds", "5"),
                    *("--connections", connections),
                )["median"]
                print(
                    f"{what}, {connections} connections: "
                    f"{run['server_cpu_ms_per_request']} ms CPU, {run['per_s']} a second"
                )


def held(devices: int) -> None:
    users = 100
    with daemon(dict.fromkeys(range(1, users + 1), 0)) as running:
        bridge = serve(("127.0.0.1", running.lmtp))
        run = running.load(
            *("ping-hold", "--users", f"1-{users}", "--devices", str(devices), "--ramp", "800"),
            *("--hold", "60", "--triggers", "20", "--setup-concurrency", "8"),
            *("--heartbeat", "3000", "--trigger-wait", "10"),
            *("--deliver-imap", f"127.0.0.1:{bridge.server_address[1]}"),
        )
        wakes = [wake["seconds"] for wake in run["wakes"]]
        print(
            f"{run['held']} Pings held: {run['pss_kib_per_ping']} KiB each, "
            f"{run['idle_cpu_ms_per_ping_minute']} ms CPU a minute each, "
            f"others at p99 {run['probe_options_ms']['p99']} ms"
        )
        print(
            f"delivery to wake-up: worst p99 {max(w['p99'] for w in wakes) * 1000:.1f} ms "
            f"over {len(wakes)} deliveries to {devices // users} devices each"
        )
        bridge.shutdown()


def flat() -> None:
    sizes = (1_000, 10_000, 100_000)
    with daemon(dict(enumerate(sizes, 1)), fill=fill_small) as running:
        bridge = serve(("127.0.0.1", running.lmtp))
        for user, size in enumerate(sizes, 1):
            run = running.load(
                *("delta", "--users", str(user), "--count", "40", "--body", "headers"),
                *("--window", "512", "--deliver-imap", f"127.0.0.1:{bridge.server_address[1]}"),
            )
            cpu = run["server_cpu_ms_per_sync"]
            print(
                f"{size} messages: Sync of one new {cpu['new']} ms, nothing new {cpu['idle']} ms; "
                f"state {state_bytes(running.data, user)} bytes"
            )
        bridge.shutdown()


def state_bytes(data: Path, user: int) -> int:
    """Give the size of the largest state of a collection of a user's devices."""
    import sqlite3

    directory = sqlite3.connect(data / "directory.db")
    (account,) = directory.execute(
        "select account_id from addresses where address = ?", (f"user{user}@example.com",)
    ).fetchone()
    state = sqlite3.connect(data / "state.db")
    (size,) = state.execute(
        "select max(length(body)) from documents where account = ? and name like 'collection:%'",
        (account,),
    ).fetchone()
    return int(size)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help="initial delta rates held flat")
    parser.add_argument("--devices", type=int, default=10_000, help="Pings held at once")
    chosen = parser.parse_args()
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores")
    everything = {
        "initial": initial,
        "delta": delta,
        "rates": rates,
        "held": lambda: held(chosen.devices),
        "flat": flat,
    }
    for part in chosen.parts or everything:
        everything[part]()


if __name__ == "__main__":
    main()
