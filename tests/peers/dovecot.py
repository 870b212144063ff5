"""A Dovecot of a test's own: IMAP, LMTP and ManageSieve on ports of the loopback.

It is Debian's package as it is installed (or unpacked, see UNPACKED), with a configuration,
certificates and mail in a directory that the caller gives; root or not does not matter.
Packages: dovecot-imapd dovecot-lmtpd dovecot-managesieved dovecot-sieve.

    @requires_dovecot
    class SomethingTests(TestCase):
        @classmethod
        def setUpClass(cls) -> None:
            cls.dovecot = Dovecot.started()
        @classmethod
        def tearDownClass(cls) -> None:
            cls.dovecot.remove()
"""

import base64
import getpass
import grp
import hashlib
import hmac
import imaplib
import json
import os
import pwd
import shutil
import signal
import smtplib
import socket
import subprocess
import tempfile
import time
import unittest
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self, TypeVar

from carbonio_mobile.service.tls import self_signed

T = TypeVar("T", bound=Callable[..., Any] | type)

PROGRAM = shutil.which("dovecot", path=os.environ.get("PATH", "") + ":/usr/sbin")
MODULES = Path("/usr/lib/dovecot")
UNPACKED = Path("/opt/carbonio-mobile-peers/dovecot-imapd/usr/lib/dovecot")
"""Where .ci/run unpacks dovecot-imapd: Debian installs no two IMAP servers at once, and the
tests want Cyrus too."""

JOHN = "john@example.com"
MARY = "mary@example.com"
PASSWORD = "secret"
MASTER = "proxy"
MASTER_PASSWORD = "proxysecret"
HOST = "localhost"
"""The name in the certificate."""

_TOKEN_KEY = b"a key that only the test and this Dovecot know"
_STARTED_WITHIN_S = 20.0
_STOPPED_WITHIN_S = 2.0
"""With TLS connections open it takes its time."""


def missing() -> str:
    """Say what is not installed here; empty if all is."""
    if PROGRAM is None:
        return "dovecot is not installed"
    needed = ("imap", "lmtp", "managesieve", "modules/lib90_sieve_plugin.so")
    places = (MODULES, UNPACKED)
    lacking = [name for name in needed if not any((one / name).exists() for one in places)]
    return f"these parts of dovecot are not installed: {', '.join(lacking)}" if lacking else ""


def requires_dovecot(test: T) -> T:
    """Skip a test or class of tests where Dovecot or a part of it is not installed."""
    return unittest.skipIf(bool(missing()), missing())(test)  # type: ignore[return-value]  # as given


CONFIGURATION = """\
base_dir = {place}/run
state_dir = {place}/state
log_path = {place}/log
libexec_dir = {place}/lib
mail_plugin_dir = {place}/lib/modules
protocols = imap lmtp sieve
listen = 127.0.0.1
ssl = yes
ssl_cert = <{place}/certificate.pem
ssl_key = <{place}/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2 oauthbearer
auth_master_user_separator = *
auth_failure_delay = 0
auth_verbose = yes
{identity}
mail_location = {location}
mail_home = {place}/mail/%u
first_valid_uid = 1
first_valid_gid = 1
mail_fsync = never
mailbox_list_index = yes
mail_always_cache_fields = flags
imap_metadata = yes
mail_attribute_dict = file:%h/attributes
mail_max_userip_connections = 100
mail_plugins = $mail_plugins quota acl
imap_idle_notify_interval = 2 mins
quota_full_tempfail = no
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  chroot =
  service_count = 0
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service managesieve-login {{
  chroot =
  inet_listener sieve {{
    port = {sieve}
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
service auth {{
  unix_listener auth-userdb {{
    mode = 0777
  }}
}}
service stats {{
  chroot =
}}
protocol imap {{
  mail_plugins = $mail_plugins imap_quota imap_acl
}}
protocol lmtp {{
  postmaster_address = postmaster@example.com
  mail_plugins = $mail_plugins sieve
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Drafts {{
    auto = create
    special_use = \\Drafts
  }}
  mailbox Sent {{
    auto = create
    special_use = \\Sent
  }}
  mailbox Trash {{
    auto = create
    special_use = \\Trash
  }}
  mailbox Junk {{
    auto = create
    special_use = \\Junk
  }}
}}
namespace shared {{
  type = shared
  prefix = shared/%%u/
  separator = /
  location = {shared}
  subscriptions = no
  list = children
}}
plugin {{
  quota = count:User quota
  quota_vsizes = yes
  quota_rule = *:storage=100M
  quota_grace = 0
  acl = vfile
  acl_user = %u
  acl_shared_dict = file:{place}/shares
  sieve = file:~/sieve;active=~/.dovecot.sieve
  sieve_vacation_send_from_recipient = yes
}}
passdb {{
  driver = passwd-file
  master = yes
  args = scheme=PLAIN {place}/masters
}}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {place}/users
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {place}/oauth2.conf
}}
userdb {{
  driver = passwd-file
  args = username_format=%u {place}/users
}}
{more}
"""

OAUTH2 = """\
introspection_mode = local
local_validation_key_dict = fs:posix:prefix={place}/keys/
username_attribute = email
"""


class Dovecot:
    """One instance. ``place`` is its directory; ``more`` is put at the end of its configuration."""

    def __init__(self, place: Path, *, store: str = "sdbox", more: str = "") -> None:
        self.place = place
        self.imap_port, self.imaps_port, self.lmtp_port, self.sieve_port = free_ports(4)
        self._store = store
        self._more = more
        self._users: dict[str, tuple[str, str]] = {}
        self._program: subprocess.Popen[bytes] | None = None

    @classmethod
    def started(cls, *, store: str = "sdbox", more: str = "") -> Self:
        """Start one in a temporary directory, with the accounts JOHN and MARY."""
        place = Path(tempfile.mkdtemp(prefix="dovecot-"))
        peer = cls(place, store=store, more=more)
        try:
            peer.prepare()
            peer.add_user(JOHN)
            peer.add_user(MARY)
            peer.start()
        except BaseException:
            peer.remove()
            raise
        return peer

    @property
    def authority(self) -> Path:
        """The certificate that a client has to trust, for the names HOST and 127.0.0.1."""
        return self.place / "certificate.pem"

    def prepare(self) -> None:
        """Write configuration, certificate and the keys of tokens."""
        self.place.chmod(0o755)
        for name in ("run", "state", "mail", "keys/default/HS256"):
            (self.place / name).mkdir(parents=True)
        certificate, key = self_signed([HOST, "127.0.0.1"], now=datetime.now(UTC))
        self.authority.write_bytes(certificate)
        (self.place / "key.pem").write_bytes(key)
        (self.place / "masters").write_text(f"{MASTER}:{{PLAIN}}{MASTER_PASSWORD}\n")
        (self.place / "oauth2.conf").write_text(OAUTH2.format(place=self.place))
        secret = base64.b64encode(_TOKEN_KEY).decode()
        (self.place / "keys/default/HS256/default").write_text(secret)
        (self.place / "users").touch()
        self._gather_programs()
        (self.place / "dovecot.conf").write_text(self._configuration())
        if os.geteuid() == 0:
            user, group = _mail_identity()
            shutil.chown(self.place / "mail", user, group)
            (self.place / "shares").touch()
            shutil.chown(self.place / "shares", user, group)
            self.place.chmod(0o777)  # locks of the shared dictionary

    def _gather_programs(self) -> None:
        for root in filter(Path.exists, (UNPACKED, MODULES)):  # what is installed goes last
            for one in root.rglob("*"):
                link = self.place / "lib" / one.relative_to(root)
                if one.is_dir():
                    link.mkdir(parents=True, exist_ok=True)
                else:
                    link.parent.mkdir(parents=True, exist_ok=True)
                    link.unlink(missing_ok=True)
                    link.symlink_to(one)

    def _configuration(self) -> str:
        locations = {
            "sdbox": ("sdbox:~/sdbox", "sdbox:%%h/sdbox"),
            "maildir": ("maildir:~/Maildir", "maildir:%%h/Maildir:INDEXPVT=~/shared/%%u"),
        }
        location, shared = locations[self._store]
        return CONFIGURATION.format(
            place=self.place,
            identity=_identity(),
            location=location,
            shared=shared,
            imap=self.imap_port,
            imaps=self.imaps_port,
            lmtp=self.lmtp_port,
            sieve=self.sieve_port,
            more=self._more,
        )

    def add_user(self, name: str, password: str = PASSWORD, *, quota: str = "") -> None:
        """Make an account, or give it another password; ``quota`` as in ``storage=1M``.

        One that runs already looks at its file once a second.
        """
        extra = f"userdb_quota_rule=*:{quota}" if quota else ""
        self._users[name] = (password, extra)
        lines = [
            f"{one}:{{PLAIN}}{key}::::{self.place}/mail/{one}::{more}\n"
            for one, (key, more) in self._users.items()
        ]
        (self.place / "users").write_text("".join(lines))

    def start(self) -> None:
        """Start; gives when logins are answered."""
        assert PROGRAM is not None
        self._program = subprocess.Popen(
            [PROGRAM, "-F", "-c", self.place / "dovecot.conf"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=(self.place / "errors").open("ab"),
            start_new_session=True,
        )
        limit = time.monotonic() + _STARTED_WITHIN_S
        while not (self._answers(self.imap_port) and self._answers(self.sieve_port)):
            if self._program.poll() is not None or time.monotonic() > limit:
                raise AssertionError(f"dovecot does not start:\n{self.log()}")
            time.sleep(0.02)

    @staticmethod
    def _answers(port: int) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as one:
                return bool(one.recv(1))
        except OSError:
            return False

    def stop(self) -> None:
        """Stop in good order; connections get their BYE. After two seconds it is killed."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Kill all of its processes, as a machine that goes down."""
        self._end(signal.SIGKILL)

    def _end(self, by: signal.Signals) -> None:
        program, self._program = self._program, None
        if program is None:
            return
        with suppress(ProcessLookupError):
            if by is signal.SIGKILL:
                os.killpg(program.pid, by)
            else:
                program.send_signal(by)
        try:
            program.wait(_STOPPED_WITHIN_S)
        except subprocess.TimeoutExpired:
            os.killpg(program.pid, signal.SIGKILL)
            program.wait(10)

    def restart(self) -> None:
        """Stop and start on the same ports."""
        self.stop()
        self.start()

    def remove(self) -> None:
        """Stop and delete all."""
        self.kill()
        shutil.rmtree(self.place, ignore_errors=True)

    def log(self) -> str:
        """Give what it logged."""
        found = [self.place / "log", self.place / "errors"]
        return "".join(one.read_text(errors="replace") for one in found if one.exists())

    def reach(self, user: str = JOHN, password: str = PASSWORD) -> imaplib.IMAP4:
        """Log in with the standard library's client."""
        client = imaplib.IMAP4("127.0.0.1", self.imap_port, timeout=20)
        client.login(user, password)
        return client

    def deliver(self, message: bytes, *users: str) -> None:
        """Deliver a message by LMTP, to JOHN if nobody is named."""
        with smtplib.LMTP("127.0.0.1", self.lmtp_port, local_hostname="test") as client:
            client.sendmail("ann@example.net", list(users or (JOHN,)), message)

    def processes(self) -> list[int]:
        """Give the process ids of all that belongs to it."""
        assert self._program is not None
        done = subprocess.run(
            ["ps", "-o", "pid=", "-g", str(self._program.pid)],  # the session's
            capture_output=True,
            text=True,
            check=False,
        )
        return [int(one) for one in done.stdout.split()]

    def cpu_s(self) -> float:
        """Give the processor time, in seconds, of it and its children that ended."""
        ticks = 0
        for one in self.processes():
            try:
                fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            ticks += sum(int(field) for field in fields[11:15])
        return ticks / os.sysconf("SC_CLK_TCK")


def token(user: str, *, lifetime_s: int = 600) -> str:
    """Give an OAuth 2 token (a JWT) that this Dovecot takes for ``user``."""
    now = int(time.time())
    claims = {"email": user, "sub": user, "iat": now - 5, "exp": now + lifetime_s}
    signed = b".".join(
        _url_base64(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims)
    )
    signature = hmac.new(_TOKEN_KEY, signed, hashlib.sha256).digest()
    return (signed + b"." + _url_base64(signature)).decode()


def _url_base64(octets: bytes) -> bytes:
    return base64.urlsafe_b64encode(octets).rstrip(b"=")


def _mail_identity() -> tuple[str, str]:
    return "nobody", grp.getgrgid(pwd.getpwnam("nobody").pw_gid).gr_name


def _identity() -> str:
    if os.geteuid() == 0:
        user, group = _mail_identity()
        return f"mail_uid = {user}\nmail_gid = {group}"
    user = getpass.getuser()
    group = grp.getgrgid(os.getegid()).gr_name
    return "\n".join(
        f"{name} = {value}"
        for name, value in (
            ("default_internal_user", user),
            ("default_internal_group", group),
            ("default_login_user", user),
            ("mail_uid", user),
            ("mail_gid", group),
        )
    )


def free_ports(count: int) -> list[int]:
    """Give ports of the loopback that nobody has."""
    held = [socket.socket() for _ in range(count)]
    try:
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in held]
    finally:
        for one in held:
            one.close()
