"""A daemon as it is configured in front of servers that are there: Postfix, IMAP, DAV."""

import shutil
import tempfile
from pathlib import Path
from typing import Any, Protocol, Self

from twisted.internet import reactor

from carbonio_mobile.service.prepare import prepare
from carbonio_mobile.service.source import SettingsSource
from carbonio_mobile.service.wiring import Daemon
from tests.peers.cyruswhole import CyrusWhole
from tests.peers.davserver import DavServer
from tests.peers.dovecot import HOST, PASSWORD
from tests.peers.postfix import Postfix
from tests.peers.radicale import Radicale

USERS = ("john@example.com", "mary@example.com")

CONFIGURATION = """\
[server]
data = "{data}"
eas = ["tcp:0:interface=127.0.0.1"]
lmtp = []
ldap = []

[backend]
mailboxes = "gateway"
accounts = "imap"

[accounts]
domains = ["example.com"]

[imap]
host = "{host}"
port = {imap}
tls = "starttls"
authority = "{authority}"
notes = "{notes}"

[submission]
host = "{host}"
port = {smtp}
tls = "required"
authority = "{smtp_authority}"

[sieve]
host = "{host}"
port = {sieve}
authority = "{authority}"

[process]
release_spread_s = 0

{more}
"""

DAV = """\
[dav]
url = "{url}"
authority = "{authority}"
"""


class MailServer(Protocol):
    """IMAP and ManageSieve with STARTTLS; ``authority`` is the file of their certificate."""

    imap_port: int
    sieve_port: int

    @property
    def authority(self) -> Path:
        """The certificate that a client has to trust."""


class GatewayDaemon:
    """The servers, and where a daemon's files are; ``configured`` writes its configuration.

    ``mail`` has the mailboxes and the automatic replies.
    """

    mail: MailServer

    def __init__(self, postfix: Postfix, dav: DavServer | None, place: Path) -> None:
        self.postfix = postfix
        self.mail = self.dovecot = postfix.dovecot
        self.dav = dav
        self.place = place

    @classmethod
    def started(cls, dav: type[DavServer] = Radicale) -> Self:
        """Start the servers, with the accounts of USERS."""
        place = Path(tempfile.mkdtemp(prefix="gateway-"))
        postfix = Postfix.started()
        return cls(postfix, dav.started(), place)

    def configured(self, more: str = "", *, notes: str = "") -> Path:
        """Give the file of the configuration; ``more`` is put at its end.

        With ``notes`` these are kept in a mailbox of that name, else where calendars are.
        """
        data = self.place / "data"
        data.mkdir(mode=0o700, exist_ok=True)
        dav = ""
        if self.dav is not None:
            authority = getattr(self.dav, "authority", "")
            dav = DAV.format(url=self.dav.url, authority=authority)
        if notes:
            dav += 'notes = "imap"\n'
        file = self.place / "carbonio-mobile.toml"
        file.write_text(
            CONFIGURATION.format(
                data=data,
                host=HOST,
                imap=self.mail.imap_port,
                smtp=self.postfix.port,
                sieve=self.mail.sieve_port,
                authority=self.mail.authority,
                smtp_authority=self.dovecot.authority,
                notes=notes,
                more=dav + more,
            )
        )
        return file

    def remove(self) -> None:
        """Stop the servers, and delete all."""
        self.postfix.remove()
        if self.dav is not None:
            self.dav.remove()
        shutil.rmtree(self.place, ignore_errors=True)


class CyrusDaemon(GatewayDaemon):
    """The same on Cyrus; Postfix, which checks logins with a Dovecot, delivers to it."""

    @classmethod
    def started(cls, dav: type[DavServer] = CyrusWhole) -> Self:
        """Start the servers, with the accounts of USERS."""
        assert issubclass(dav, CyrusWhole)
        cyrus = dav.started()
        try:
            postfix = Postfix.started(lmtp_port=cyrus.lmtp_port)
        except BaseException:
            cyrus.remove()
            raise
        made = cls(postfix, cyrus, Path(tempfile.mkdtemp(prefix="gateway-")))
        made.mail = cyrus
        return made


async def begin(file: Path) -> tuple[Daemon, str]:
    """Start a daemon in this process; gives it and its URL."""
    source = SettingsSource(file=file, demo=False, overrides={})
    settings = source.read()
    prepared = prepare(settings, reactor, with_demo=False)
    daemon = Daemon(source=source, settings=settings, prepared=prepared, reactor=reactor)
    await daemon.begin()
    port: Any = prepared.ports[0].getHost()
    return daemon, f"http://127.0.0.1:{port.port}"


__all__ = ["PASSWORD", "USERS", "CyrusDaemon", "GatewayDaemon", "begin"]
