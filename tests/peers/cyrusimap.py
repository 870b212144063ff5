"""Cyrus with its IMAP server, beside Dovecot's: Debian's package cyrus-imapd, unpacked by .ci/run.

See ``cyrus`` for the rest of it, and ``dovecot`` for why it is unpacked.
"""

from pathlib import Path

from tests.peers.cyrus import _LACKING, PROGRAMS, Cyrus
from tests.peers.davserver import requires
from tests.peers.dovecot import free_ports

UNPACKED = Path("/opt/carbonio-mobile-peers/cyrus-imapd/usr/lib/cyrus/bin")

_FOUND = next((one for one in (PROGRAMS, UNPACKED) if (one / "imapd").exists()), None)
_MISSING = [*_LACKING, *([] if _FOUND else ["imapd"])]


def missing() -> str:
    """Say what is not installed here; empty if all is."""
    return f"of Cyrus is not installed: {', '.join(_MISSING)}" if _MISSING else ""


requires_cyrus_imap = requires(missing())


class CyrusImap(Cyrus):
    """One instance; IMAP in clear on ``imap_port``."""

    imap_port = 0

    def prepare(self) -> None:
        """Add IMAP and what tells it of news to the services."""
        super().prepare()
        (self.imap_port,) = free_ports(1)
        # Delayed, one mailbox cannot be deleted twice in a second.
        with (self.place / "imapd.conf").open("a") as settings:
            settings.write("delete_mode: immediate\nexpunge_mode: immediate\n")
        conf = self.place / "cyrus.conf"
        text = conf.read_text()
        calls = {name: f"{_FOUND}/{name} -C {self.place}/imapd.conf" for name in ("imapd", "idled")}
        service = f'imap cmd="{calls["imapd"]}" listen="127.0.0.1:{self.imap_port}" prefork=0'
        text = text.replace("START {", f'START {{\n  idled cmd="{calls["idled"]}"')
        conf.write_text(text.replace("SERVICES {", f"SERVICES {{\n  {service}"))
