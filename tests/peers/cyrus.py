"""Cyrus's HTTP server of a test's own: CalDAV with scheduling, and CardDAV.

Debian's packages ``cyrus-common`` and ``cyrus-caldav`` (not ``cyrus-imapd``, which would drive out
Dovecot's: mailboxes are made here by delivering a message), and ``sasl2-bin``.
"""

import grp
import os
import pwd
import shutil
import smtplib
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.peers.davserver import JOHN, MARY, PASSWORD, DavServer, requires

PROGRAMS = Path("/usr/lib/cyrus/bin")
_NEEDED = (
    PROGRAMS / "master",
    PROGRAMS / "httpd",
    PROGRAMS / "lmtpd",
    Path("/usr/sbin/saslpasswd2"),
)
_LACKING = [one.name for one in _NEEDED if not one.exists()]
requires_cyrus = requires(f"of Cyrus is not installed: {', '.join(_LACKING)}" if _LACKING else "")

IMAPD_CONF = """\
configdirectory: {place}/conf
defaultpartition: default
partition-default: {place}/spool
sieveusehomedir: false
sievedir: {place}/sieve
admins: cyrus
cyrus_user: {user}
virtdomains: userid
unixhierarchysep: yes
altnamespace: yes
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: {place}/sasldb
sasl_mech_list: PLAIN
allowplaintext: yes
httpmodules: caldav carddav freebusy
httpallowcompress: yes
caldav_allowscheduling: on
caldav_create_default: yes
calendar_user_address_set: example.com
autocreate_quota: 0
autocreate_post: yes
lmtpsocket: {place}/lmtp
notifysocket: {place}/notify
idlesocket: {place}/idle
temp_path: {place}/tmp
duplicatesuppression: no
servername: localhost
"""

CYRUS_CONF = """\
START {{
  recover cmd="{programs}/ctl_cyrusdb -C {place}/imapd.conf -r"
}}
SERVICES {{
  http cmd="{programs}/httpd -C {place}/imapd.conf" listen="127.0.0.1:{port}" prefork=0
  lmtp cmd="{programs}/lmtpd -C {place}/imapd.conf -a" listen="127.0.0.1:{lmtp}" prefork=0
}}
EVENTS {{
  never cmd="/bin/true" period=1440
}}
"""


class Cyrus(DavServer):
    """One instance; ``/dav/calendars/user/john@example.com/`` is a home."""

    name = "cyrus"

    def __init__(self, place: Path) -> None:
        super().__init__(place)
        self.lmtp_port = _free_port_beside(self.port)

    def prepare(self) -> None:
        """Write configuration and passwords."""
        user = "cyrus" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        for name in ("conf", "spool", "sieve", "tmp", "conf/socket", "conf/db", "conf/proc"):
            (self.place / name).mkdir()
        text = IMAPD_CONF.format(place=self.place, user=user)
        (self.place / "imapd.conf").write_text(text)
        text = CYRUS_CONF.format(
            place=self.place, programs=PROGRAMS, port=self.port, lmtp=self.lmtp_port
        )
        (self.place / "cyrus.conf").write_text(text)
        for address in (JOHN, MARY):
            local, _, domain = address.partition("@")
            subprocess.run(
                [
                    "/usr/sbin/saslpasswd2",
                    "-p",
                    "-c",
                    "-f",
                    self.place / "sasldb",
                    "-u",
                    domain,
                    local,
                ],
                input=PASSWORD.encode(),
                check=True,
                timeout=30,
            )
        if os.geteuid() == 0:
            for one in (self.place, *self.place.rglob("*")):
                shutil.chown(one, user, grp.getgrgid(pwd.getpwnam(user).pw_gid).gr_name)

    def command(self) -> Sequence[str | Path]:
        """Give the program with its arguments."""
        return [
            PROGRAMS / "master", "-C", self.place / "imapd.conf", "-M", self.place / "cyrus.conf",
            "-p", self.place / "pid", "-D",
        ]  # fmt: skip

    def start(self) -> None:
        """Start, and deliver a message to each account, which makes its mailbox."""
        super().start()
        for address in (JOHN, MARY):
            self._deliver(address)

    def _deliver(self, address: str) -> None:
        limit = time.monotonic() + 20
        while True:
            try:
                with smtplib.LMTP("127.0.0.1", self.lmtp_port, timeout=20) as lmtp:
                    refused: Any = lmtp.sendmail(
                        "x@example.com", [address], b"Subject: hello\r\n\r\nhello\r\n"
                    )
            except (OSError, smtplib.SMTPException):
                if time.monotonic() > limit:
                    raise
                time.sleep(0.1)
            else:
                assert not refused, refused
                return


def _free_port_beside(port: int) -> int:
    while True:
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            found: int = one.getsockname()[1]
            if found != port:
                return found
