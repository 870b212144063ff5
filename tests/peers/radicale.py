"""A Radicale of a test's own, Debian's package ``radicale``, by TLS on a port of the loopback.

@requires_radicale
class SomethingTests(TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.peer = Radicale.started()
"""

import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from carbonio_mobile.service.tls import self_signed
from tests.peers.davserver import JOHN, MARY, PASSWORD, DavServer, requires

PROGRAM = shutil.which("radicale", path="/usr/bin:/usr/local/bin")
requires_radicale = requires("" if PROGRAM else "radicale is not installed")

CONFIGURATION = """\
[server]
hosts = 127.0.0.1:{port}
max_connections = 50
max_content_length = 10000000
ssl = {ssl}
certificate = {place}/certificate.pem
key = {place}/key.pem
[auth]
type = htpasswd
htpasswd_filename = {place}/users
htpasswd_encryption = plain
delay = 0
[rights]
type = from_file
file = {place}/rights
[storage]
filesystem_folder = {place}/collections
[web]
type = none
[logging]
level = warning
"""

RIGHTS = """\
[principal]
user: .+
collection: {user}
permissions: RW
[readonly]
user: .+
collection: {user}/readonly
permissions: r
[calendars]
user: .+
collection: {user}/[^/]+
permissions: rw
[root]
user: .+
collection:
permissions: R
"""


class Radicale(DavServer):
    """One instance; ``/john@example.com/`` is a home."""

    name = "radicale"
    scheme = "https"

    @property
    def authority(self) -> Path:
        """The certificate that a client has to trust, for the name localhost."""
        return self.place / "certificate.pem"

    def prepare(self) -> None:
        """Write configuration, rights, users and a certificate."""
        certificate, key = self_signed(["localhost"], now=datetime.now(UTC))
        self.authority.write_bytes(certificate)
        (self.place / "key.pem").write_bytes(key)
        (self.place / "users").write_text(f"{JOHN}:{PASSWORD}\n{MARY}:{PASSWORD}\n")
        (self.place / "rights").write_text(RIGHTS)
        ssl = str(self.scheme == "https")
        text = CONFIGURATION.format(port=self.port, place=self.place, ssl=ssl)
        (self.place / "config").write_text(text)

    def add_readonly_calendar(self, user: str) -> None:
        """Make a calendar that its user may only read."""
        place = self.place / "collections/collection-root" / user / "readonly"
        place.mkdir(parents=True)
        (place / ".Radicale.props").write_text('{"tag": "VCALENDAR"}')

    def command(self) -> Sequence[str | Path]:
        """Give the program with its arguments."""
        assert PROGRAM is not None
        return [PROGRAM, "--config", self.place / "config"]


class PlainRadicale(Radicale):
    """One without TLS: for measuring."""

    scheme = "http"
