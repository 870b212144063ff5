"""The daemon as its users start it, over TLS, in front of mail servers that hold a mailbox."""

import imaplib
import ssl
import subprocess
import sys
import time
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from shutil import which
from typing import Self

from carbonio_mobile.service.tls import self_signed
from tests.peers.davserver import DavServer
from tests.peers.gatewaydaemon import PASSWORD, USERS, GatewayDaemon

TWISTD = which("twistd", path=str(Path(sys.executable).parent)) or "twistd"
FOLDERS = ("Projects", "Projects/Harbour bridge", "Personal")
INBOX_COUNT, FOLDER_COUNT = 60, 25
DAY_S = 86_400

MORE = """\
[tls]
certificates = [{{ certificate = "{place}/daemon.pem", key = "{place}/daemon.key" }}]
"""
_OBJECTS = (
    ("add-contact", "--first", "Ann", "--email", "ann@example.net"),
    ("add-event", "--subject", "Review", "--start", "2035-01-09T10:00Z"),
    ("add-task", "--subject", "Buy paint"),
    ("add-note", "--subject", "Numbers", "--body", "One, two."),
)


class GatewayProgram:
    """John's mailbox is filled; ``lines`` is what the daemon said until it served."""

    def __init__(self, servers: GatewayDaemon, environment: dict[str, str]) -> None:
        self.servers = servers
        self._environment = environment
        self.lines: list[str] = []
        self.certificate = servers.place / "daemon.pem"

    @classmethod
    def started(
        cls, kind: type[GatewayDaemon], dav: type[DavServer], environment: dict[str, str]
    ) -> Self:
        """Start servers and daemon, in ``environment``."""
        made = cls(kind.started(dav), environment)
        try:
            made._fill_mail()
            made._start()
            made._fill_objects()
        except BaseException:
            made.remove()
            raise
        return made

    def _fill_mail(self) -> None:
        """Store mail, oldest first: a message a day, the last one of yesterday."""
        context = ssl.create_default_context(cafile=str(self.servers.mail.authority))
        with imaplib.IMAP4("localhost", self.servers.mail.imap_port, timeout=30) as client:
            client.starttls(context)
            client.login(USERS[0], PASSWORD)
            for folder in FOLDERS:
                client.create(f'"{folder}"')
            for folder in ("INBOX", *FOLDERS):
                count = INBOX_COUNT if folder == "INBOX" else FOLDER_COUNT
                for number in range(count):
                    at = time.time() - (count - number) * DAY_S
                    _append(client, folder, number, at)

    def _start(self) -> None:
        certificate, key = self_signed(["127.0.0.1"], now=datetime.now(UTC))
        self.certificate.write_bytes(certificate)
        (self.servers.place / "daemon.key").write_bytes(key)
        file = self.servers.configured(MORE.format(place=self.servers.place))
        self.process = subprocess.Popen(
            [TWISTD, "-n", "--pidfile=", "carbonio-mobile", "--config", file,
             "--eas", "tls:0:interface=127.0.0.1"],
            cwd=self.servers.place, env=self._environment,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            if "listening on 127.0.0.1:" in line:
                self.https = "https://" + line.rpartition(" ")[2].strip()
                return
        raise AssertionError("twistd ended:\n" + "\n".join(self.lines))

    def _fill_objects(self) -> None:
        """Store one object of each kind, with a phone."""
        access = ["--url", self.https, "--user", USERS[0], "--password", PASSWORD]
        program = [sys.executable, "-m", "carbonio_mobile.client.main", *access]
        environment = {**self._environment, "XDG_STATE_HOME": str(self.servers.place)}
        for words in _OBJECTS:
            done = subprocess.run(
                [*program, "--ca", str(self.certificate), *words],
                env=environment, capture_output=True, text=True, timeout=60, check=False,
            )  # fmt: skip
            assert done.returncode == 0, done.stdout + done.stderr

    def remove(self) -> None:
        """Kill the daemon, stop the servers, delete all."""
        if hasattr(self, "process"):
            self.process.kill()
            self.process.communicate()
        self.servers.remove()


def _append(client: imaplib.IMAP4, folder: str, number: int, at: float) -> None:
    message = EmailMessage()
    message["From"], message["To"] = "ann@example.net", USERS[0]
    message["Subject"] = f"{folder} {number}"
    message.set_content(f"Number {number}: grüße.\n")
    if number % 5 == 0:
        message.add_alternative(f"<p>Number <b>{number}</b>: grüße.</p>", subtype="html")
    kind, _ = client.append(f'"{folder}"', "", imaplib.Time2Internaldate(at), message.as_bytes())
    assert kind == "OK"


__all__ = ["PASSWORD", "GatewayProgram"]
