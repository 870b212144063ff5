"""The figures of the gateway seen by a phone: ``python -m tests.bench.gateway [PART…]``.

Parts: ``initial``, ``delta``, ``held``; all of them where none is named. Needs Dovecot and
../shared/bench. The CPU time is that of the daemon and Dovecot together. Prints one line a figure;
docs/performance.md keeps the ones that count.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.eas import SHARED, SIZES, Daemon
from tests.bench.imapbridge import serve
from tests.peers.dovecot import HOST, PASSWORD, Dovecot

CONFIGURATION = """\
[server]
data = "{data}"
ldap = []
lmtp = []
[backend]
mailboxes = "gateway"
accounts = "imap"
[accounts]
domains = ["example.com"]
[imap]
host = "{host}"
port = {port}
tls = "starttls"
authority = "{authority}"
[submission]
host = "{host}"
port = 1
tls = "required"
authority = "{authority}"
"""


class GatewayLoad(Daemon):
    """A daemon in front of a Dovecot with some users."""

    def __init__(self, folder: Path, dovecot: Dovecot) -> None:
        super().__init__(folder)
        self.dovecot = dovecot
        self.file = folder / "carbonio-mobile.toml"

    def configure(self) -> None:
        self.data.mkdir(mode=0o700)
        self.file.write_text(
            CONFIGURATION.format(
                data=self.data,
                host=HOST,
                port=self.dovecot.imap_port,
                authority=self.dovecot.authority,
            )
        )

    def arguments(self) -> list[str]:
        return ["--config", str(self.file), "--eas", f"tcp:{self.http}:interface=127.0.0.1"]

    def load(self, scenario: str, *arguments: str) -> dict:
        assert self.process is not None
        dovecot = self.dovecot.processes()[0]
        output = subprocess.run(
            [
                sys.executable,
                str(SHARED / "easload.py"),
                scenario,
                *("--url", self.url, "--user", "user{u}@example.com", "--password", PASSWORD),
                *("--server-pids", f"daemon={self.process.pid},dovecot={dovecot}", *arguments),
            ],
            check=False,
            capture_output=True,
        )
        if output.returncode:
            raise SystemExit(self._log.read_text()[-2000:] + output.stderr.decode()[-2000:])
        return json.loads(output.stdout)


def fill(dovecot: Dovecot, user: int, count: int) -> None:
    """Give a user lifelike mail."""
    address = f"user{user}@example.com"
    maildir = dovecot.place / "mail" / f"new-{user}"
    subprocess.run(
        [
            sys.executable,
            str(SHARED / "makemail.py"),
            *("--count", str(count), "--seed", f"s{user}", "--to", address),
            *("--maildir", str(maildir)),
        ],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    if os.geteuid() == 0:
        owner = (dovecot.place / "mail").stat()
        subprocess.run(["chown", "-R", f"{owner.st_uid}:{owner.st_gid}", maildir], check=True)
    configuration = dovecot.place / "dovecot.conf"
    subprocess.run(
        ["doveadm", "-c", configuration, "import", "-u", address, f"maildir:{maildir}", "", "ALL"],
        check=True,
    )
    shutil.rmtree(maildir)


@contextmanager
def gateway(accounts: dict[int, int], *, store: str = "sdbox") -> Iterator[GatewayLoad]:
    """Run Dovecot and a daemon; user<N> has so many messages (``accounts``: N -> count)."""
    dovecot = Dovecot.started(store=store)
    with tempfile.TemporaryDirectory(prefix="carbonio-mobile-bench-") as name:
        running = GatewayLoad(Path(name), dovecot)
        try:
            for user in accounts:
                dovecot.add_user(f"user{user}@example.com", quota="storage=100G")
            for user, count in accounts.items():
                if count:
                    fill(dovecot, user, count)
            running.configure()
            running.start()
            yield running
        finally:
            running.stop()
            dovecot.remove()


def initial(store: str) -> None:
    with gateway(dict(enumerate(SIZES, 1)), store=store) as running:
        for user, size in enumerate(SIZES, 1):
            for mirror in ("empty", "filled"):
                run = running.load("initial-sync", "--users", str(user), "--runs", "1")["median"]
                print(
                    f"initial sync of {size}, {mirror} mirror: {run['server_cpu_ms_per_msg']} ms"
                    f" CPU a message, {run['msgs_per_s']} messages/s,"
                    f" first page {run['first_page_s']} s",
                    flush=True,
                )


def delta(store: str) -> None:
    with gateway(dict(enumerate(SIZES, 1)), store=store) as running:
        bridge = serve(("127.0.0.1", running.dovecot.lmtp_port))
        for user, size in enumerate(SIZES, 1):
            run = running.load(
                *("delta", "--users", str(user), "--count", "60"),
                *("--deliver-imap", f"127.0.0.1:{bridge.server_address[1]}"),
            )
            cpu = run["server_cpu_ms_per_sync"]
            print(
                f"{size} messages: Sync of one new {cpu['new']} ms CPU, "
                f"p99 {run['new_message_sync_ms']['p99']} ms; Read up {cpu['flag']} ms; "
                f"nothing new {cpu['idle']} ms, p99 {run['nothing_new_sync_ms']['p99']} ms",
                flush=True,
            )
        bridge.shutdown()


def held(devices: int) -> None:
    users = devices // 10
    with gateway(dict.fromkeys(range(1, users + 1), 0)) as running:
        bridge = serve(("127.0.0.1", running.dovecot.lmtp_port))
        run = running.load(
            *("ping-hold", "--users", f"1-{users}", "--devices", str(devices), "--ramp", "100"),
            *("--hold", "60", "--triggers", "20", "--setup-concurrency", "4"),
            *("--heartbeat", "3000", "--trigger-wait", "10"),
            *("--deliver-imap", f"127.0.0.1:{bridge.server_address[1]}"),
        )
        wakes = [wake["seconds"] for wake in run["wakes"]]
        print(
            f"{run['held']} Pings held: {run['pss_kib_per_ping']} KiB each with Dovecot's share, "
            f"{run['idle_cpu_ms_per_ping_minute']} ms CPU a minute each, "
            f"others at p99 {run['probe_options_ms']['p99']} ms"
        )
        print(
            f"delivery to wake-up: worst p99 {max(w['p99'] for w in wakes) * 1000:.1f} ms "
            f"over {len(wakes)} deliveries to 10 devices each"
        )
        bridge.shutdown()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help="initial delta held")
    parser.add_argument("--devices", type=int, default=500, help="Pings held at once")
    parser.add_argument("--store", default="sdbox", choices=("sdbox", "maildir"))
    chosen = parser.parse_args()
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, {shutil.which('dovecot')}")
    parts = {
        "initial": lambda: initial(chosen.store),
        "delta": lambda: delta(chosen.store),
        "held": lambda: held(chosen.devices),
    }
    for part in chosen.parts or parts:
        parts[part]()


if __name__ == "__main__":
    main()
