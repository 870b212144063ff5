"""The daemon as its users start it: twistd in a process of its own, signals, the demo."""

import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from shutil import rmtree, which
from tempfile import mkdtemp

import pytest

ROOT = Path(__file__).parents[2]
TWISTD = which("twistd", path=os.path.dirname(sys.executable)) or "twistd"
# What this process finds, the daemon finds; without an installation the plugin lies below the root.
PLACES = [os.path.abspath(place) for place in (*sys.path, str(ROOT)) if place]
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(PLACES)}
STARTED = "started again, it keeps its data"


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run twistd to its end."""
    return subprocess.run(
        [TWISTD, *arguments],
        cwd=cwd, env=ENVIRONMENT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


class Demo:
    """A running demo on ports of its own."""

    def __init__(self, folder: Path, *arguments: str, **environment: str) -> None:
        self.process = subprocess.Popen(
            [TWISTD, "-n", "--pidfile=", "carbonio-mobile", "--demo", "--data", str(folder / "d"),
             "--eas", "tls:0:interface=127.0.0.1", "--eas", "tcp:0:interface=127.0.0.1",
             "--ldap", "ssl:0:interface=127.0.0.1", *arguments],
            cwd=folder, env={**ENVIRONMENT, **environment},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        self.lines: list[str] = []
        self.wait_for(STARTED)
        place = next(line for line in self.lines if "ActiveSync at" in line).split()
        self.https, self.http = place[2], place[4]

    def wait_for(self, text: str) -> None:
        """Read the output until a line holds a text."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            if text in line:
                return
        pytest.fail(f"twistd ended without saying {text!r}:\n" + "\n".join(self.lines))

    def options(self, url: str, login: str = "john@example.com:demo-john") -> int:
        """Ask for the versions, as a phone's first request does; gives the HTTP code."""
        request = urllib.request.Request(f"{url}/Microsoft-Server-ActiveSync", method="OPTIONS")
        request.add_header("Authorization", f"Basic {b64encode(login.encode()).decode()}")
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        try:
            with urllib.request.urlopen(request, context=context, timeout=30) as response:
                return int(response.status)
        except urllib.error.HTTPError as exc:
            return exc.code

    def end(self, how: signal.Signals) -> int:
        """Send a signal and give the exit status."""
        self.process.send_signal(how)
        rest, _ = self.process.communicate(timeout=60)
        self.lines += rest.splitlines()
        return self.process.returncode


@pytest.fixture
def folder() -> Iterator[Path]:
    """A place with a short name, as a socket lies in the data directory."""
    made = Path(mkdtemp())
    yield made
    rmtree(made)


@pytest.fixture
def demo(folder: Path) -> Iterator[Demo]:
    """A demo that is gone when the test is."""
    running = Demo(folder)
    yield running
    running.process.kill()
    running.process.communicate()


def test_twistd_lists_the_daemon(folder: Path) -> None:
    """An installation makes the plugin known."""
    assert "carbonio-mobile" in run("--help", cwd=folder).stdout


def test_demo_serves_reloads_and_stops(demo: Demo) -> None:
    """Both listeners answer its accounts, nobody else; SIGHUP and SIGTERM do what they should."""
    assert demo.options(demo.https) == 200
    assert demo.options(demo.http, "mary@example.com:demo-mary") == 200
    assert demo.options(demo.http, "john@example.com:wrong") == 401
    text = "\n".join(demo.lines)
    assert f"carbonio-mobile-client --url {demo.https} --user john@example.com" in text
    demo.process.send_signal(signal.SIGHUP)
    demo.wait_for("reloaded; all of it is in force")
    assert demo.options(demo.https) == 200
    assert demo.end(signal.SIGTERM) == -signal.SIGTERM
    assert "Traceback" not in "\n".join(demo.lines)


def test_demo_keeps_its_data(demo: Demo, folder: Path) -> None:
    """After kill -9, too: the mail is not written again, the certificate is the same."""
    assert any("items written" in line for line in demo.lines)
    certificate = (folder / "d" / "demo-certificate.pem").read_bytes()
    demo.process.kill()
    demo.process.wait()
    again = Demo(folder)
    try:
        assert not any("items written" in line for line in again.lines)
        assert again.options(again.https) == 200
        assert (folder / "d" / "demo-certificate.pem").read_bytes() == certificate
    finally:
        again.end(signal.SIGTERM)


def test_second_daemon_on_the_same_data(demo: Demo, folder: Path) -> None:
    """One line, status 1, and the first one serves on."""
    ended = run("-n", "--pidfile=", "carbonio-mobile", "--demo", "--data", "d", cwd=folder)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.count("\n") == 1
    assert "--data" in ended.stderr
    assert demo.options(demo.http) == 200


def test_port_in_use(folder: Path) -> None:
    """One line that names the listener, status 1, no pid file."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run(
            "-n", "carbonio-mobile", "--demo", "--eas", f"tcp:{port}:interface=127.0.0.1",
            cwd=folder,
        )  # fmt: skip
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr == (
        f"carbonio-mobile: --eas: cannot listen on tcp:{port}:interface=127.0.0.1: "
        "address already in use\n"
    )
    assert not (folder / "twistd.pid").exists()


def test_check_beside_a_running_daemon(demo: Demo, folder: Path) -> None:
    """It binds nothing and takes nothing."""
    port = demo.http.rpartition(":")[2]
    ended = run(
        "-n", "carbonio-mobile", "--demo", "--check", "--data", "d", "--eas", f"tcp:{port}",
        cwd=folder,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr


def test_broken_database(folder: Path) -> None:
    """A database that cannot be read ends the start with one line as well."""
    (folder / "d").mkdir()
    (folder / "d" / "state.db").write_bytes(b"no database at all" * 100)
    ended = run(
        "-n", "carbonio-mobile", "--demo", "--data", "d", "--eas", "tcp:0:interface=127.0.0.1",
        "--ldap", "ssl:0:interface=127.0.0.1", cwd=folder,
    )  # fmt: skip
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.count("\n") == 1
    assert "state.db" in ended.stderr


class Systemd:
    """Listens as systemd does, and lets what it starts have few files."""

    FILES = 700

    def __init__(self, folder: Path) -> None:
        self.place = str(folder / "n")
        self.listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.listening.bind(self.place)
        self.listening.settimeout(30)

    def start(self, folder: Path) -> Demo:
        """Start a demo whose watchdog wants to be fed within 0.9 s."""
        limit = f"import resource as r; r.setrlimit(r.RLIMIT_NOFILE, ({self.FILES}, {self.FILES}))"
        (folder / "sitecustomize.py").write_text(limit)
        places = os.pathsep.join((str(folder), ENVIRONMENT["PYTHONPATH"]))
        return Demo(folder, NOTIFY_SOCKET=self.place, WATCHDOG_USEC="900000", PYTHONPATH=places)

    def told(self, text: str) -> None:
        """Wait for a line."""
        while text not in self.listening.recv(1000).decode():
            pass


def test_watchdog_while_files_run_out(folder: Path) -> None:
    """More phones than there are files for do not keep the daemon from feeding its watchdog."""
    systemd = Systemd(folder)
    demo = systemd.start(folder)
    host, port = demo.http.removeprefix("http://").split(":")
    phones = []
    try:
        systemd.told("READY=1")
        assert any("http.connections is" in line for line in demo.lines), demo.lines
        phones = [socket.create_connection((host, int(port))) for _ in range(systemd.FILES)]
        for _ in range(3):
            systemd.told("WATCHDOG=1")
        for phone in phones:
            phone.close()
        assert demo.options(demo.http) == 200
        assert demo.end(signal.SIGTERM) == -signal.SIGTERM
        systemd.told("STOPPING=1")
    finally:
        demo.process.kill()
        demo.process.communicate()
        systemd.listening.close()


def test_date_of_answers(demo: Demo) -> None:
    """It is the time of day, though no timer goes by that."""
    with urllib.request.urlopen(f"{demo.http}/healthz", timeout=30) as response:
        told = parsedate_to_datetime(response.headers["Date"]).timestamp()
    assert abs(told - time.time()) < 60
