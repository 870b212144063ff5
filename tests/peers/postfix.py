"""A Postfix of a test's own that takes submissions: TLS, logins by a Dovecot, delivery to it.

It is Debian's package as it is installed, with all its files in a temporary directory. It can be
started by root only. Package: postfix.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self, TypeVar
from unittest import skipIf

from tests.peers.dovecot import JOHN, MARY, Dovecot, free_ports

T = TypeVar("T", bound=Callable[..., Any] | type)

POSTFIX = shutil.which("postfix", path=os.environ.get("PATH", "") + ":/usr/sbin")
MESSAGE_LIMIT = 200_000

MAIN_CF = """\
compatibility_level = 3.6
queue_directory = {place}/queue
data_directory = {place}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = mail.example.com
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks =
alias_maps =
local_recipient_maps =
alias_database =
maillog_file = {place}/log
maillog_file_prefixes = {place}
smtputf8_enable = yes
message_size_limit = {limit}
mailbox_size_limit = 0
virtual_mailbox_limit = 0
smtpd_tls_security_level = encrypt
smtpd_tls_auth_only = yes
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{auth}
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_sender_login_maps = inline:{{ {{ {john} = {john} }}, {{ {mary} = {mary} }} }}
smtpd_sender_restrictions = reject_sender_login_mismatch
smtpd_recipient_restrictions = reject_unlisted_recipient, permit_sasl_authenticated, reject
virtual_mailbox_domains = example.com
virtual_mailbox_maps = inline:{{ {{ {john} = x }}, {{ {mary} = x }} }}
virtual_transport = lmtp:inet:127.0.0.1:{lmtp}
default_transport = error:no other world
"""

MASTER_CF = """\
127.0.0.1:{port} inet n - n - - smtpd
127.0.0.1:{wrapped} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
"""

AUTH = """\
service auth {{
  inet_listener {{
    address = 127.0.0.1
    port = {auth}
  }}
}}
"""


def missing() -> str:
    """Say why it cannot be started here; empty if it can."""
    if POSTFIX is None:
        return "postfix is not installed"
    return "postfix can be started by root only" if os.geteuid() else ""


def requires_postfix(test: T) -> T:
    """Skip a test or class of tests where Postfix cannot be started."""
    return skipIf(bool(missing()), missing())(test)  # type: ignore[return-value]  # as given


class Postfix:
    """One instance before a Dovecot; ``dovecot`` knows the accounts and the logins.

    It delivers to ``lmtp_port``, to that Dovecot without one.
    """

    def __init__(self, place: Path, *, lmtp_port: int = 0) -> None:
        self.place = place
        self.port, self.wrapped_port, self._auth_port = free_ports(3)
        self._lmtp_port = lmtp_port
        self.dovecot: Dovecot

    @classmethod
    def started(cls, *, lmtp_port: int = 0) -> Self:
        """Start both in temporary directories."""
        peer = cls(Path(tempfile.mkdtemp(prefix="postfix-")), lmtp_port=lmtp_port)
        try:
            peer.dovecot = Dovecot.started(more=AUTH.format(auth=peer._auth_port))
            peer._prepare()
            peer._control("start")
        except BaseException:
            peer.remove()
            raise
        return peer

    def _prepare(self) -> None:
        self.place.chmod(0o755)
        for name in ("etc", "queue", "data"):
            (self.place / name).mkdir()
        shutil.chown(self.place / "data", "postfix")
        main = MAIN_CF.format(
            place=self.place,
            limit=MESSAGE_LIMIT,
            certificate=self.dovecot.authority,
            key=self.dovecot.place / "key.pem",
            auth=self._auth_port,
            lmtp=self._lmtp_port or self.dovecot.lmtp_port,
            john=JOHN,
            mary=MARY,
        )
        (self.place / "etc" / "main.cf").write_text(main)
        master = MASTER_CF.format(port=self.port, wrapped=self.wrapped_port)
        (self.place / "etc" / "master.cf").write_text(master)

    def _control(self, command: str) -> None:
        done = subprocess.run(
            [str(POSTFIX), "-c", self.place / "etc", command],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert done.returncode == 0, done.stderr + self.log()

    def stop(self) -> None:
        """Stop; the port answers nobody then."""
        self._control("stop")

    def start(self) -> None:
        """Start again on the same port."""
        self._control("start")

    def remove(self) -> None:
        """Stop both and delete all."""
        if (self.place / "etc" / "master.cf").exists():
            subprocess.run(
                [str(POSTFIX), "-c", self.place / "etc", "stop"], capture_output=True, check=False
            )
        if hasattr(self, "dovecot"):
            self.dovecot.remove()
        shutil.rmtree(self.place, ignore_errors=True)

    def log(self) -> str:
        """Give what it logged."""
        log = self.place / "log"
        return log.read_text() if log.exists() else ""
