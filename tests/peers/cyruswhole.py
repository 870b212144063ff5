"""Cyrus with all of its servers, each by TLS: IMAP, CalDAV with scheduling, CardDAV, ManageSieve.

See ``cyrusimap`` for what has to be installed.
"""

from datetime import UTC, datetime
from pathlib import Path

from carbonio_mobile.service.tls import self_signed
from tests.peers.cyrus import PROGRAMS
from tests.peers.cyrusimap import CyrusImap
from tests.peers.davserver import free_port

SETTINGS = """\
tls_server_cert: {place}/certificate.pem
tls_server_key: {place}/key.pem
smtp_backend: host
smtp_host: 127.0.0.1:{smtp}
"""


class CyrusWhole(CyrusImap):
    """One instance; IMAP and ManageSieve take STARTTLS, DAV is at https.

    What it sends by itself (automatic replies) goes to ``smtp_port``; nobody is there unless the
    test sees to it.
    """

    name = "cyruswhole"
    scheme = "https"

    def __init__(self, place: Path) -> None:
        super().__init__(place)
        self.sieve_port = free_port()
        self.smtp_port = free_port()

    @property
    def authority(self) -> Path:
        """The certificate that a client has to trust, for the name localhost."""
        return self.place / "certificate.pem"

    def prepare(self) -> None:
        """Add a certificate, and ManageSieve to the services."""
        certificate, key = self_signed(["localhost"], now=datetime.now(UTC))
        self.authority.write_bytes(certificate)
        (self.place / "key.pem").write_bytes(key)
        super().prepare()  # gives all that is there to the user of Cyrus
        with (self.place / "imapd.conf").open("a") as settings:
            settings.write(SETTINGS.format(place=self.place, smtp=self.smtp_port))
        conf = self.place / "cyrus.conf"
        program = f"{PROGRAMS}/timsieved -C {self.place}/imapd.conf"
        sieve = f'  sieve cmd="{program}" listen="127.0.0.1:{self.sieve_port}" prefork=0\n'
        text = conf.read_text().replace("SERVICES {\n", "SERVICES {\n" + sieve)
        conf.write_text(text.replace("/httpd -C", "/httpd -s -C"))


class CyrusClassic(CyrusWhole):
    """One whose folders stand below the Inbox, as in INBOX.Sent: what older ones were set to."""

    name = "cyrusclassic"

    def prepare(self) -> None:
        """Have folders called so."""
        super().prepare()
        settings = self.place / "imapd.conf"
        text = settings.read_text()
        for name in ("altnamespace", "unixhierarchysep"):
            text = text.replace(f"{name}: yes", f"{name}: no")
        settings.write_text(text)
