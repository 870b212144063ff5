"""Every option of the configuration file, declared once.

The parser, ``--help``, the sample file and the table in docs/operations.md are made from this
table. To add an option: add it here and to the settings in ``config.py``, then run
``tools/generate_sample.py``.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Any

from carbonio_mobile.ldapserver.limits import DEFAULT_LIMITS as DEFAULT_LDAP
from carbonio_mobile.mailbox.delivery.lmtp import LmtpLimits
from carbonio_mobile.mailbox.delivery.outbox import OutboxOptions
from carbonio_mobile.mailbox.delivery.relay import RelayOptions, TlsMode
from carbonio_mobile.mailbox.embedded import Tuning
from carbonio_mobile.wbxml.decoder import DEFAULT as DEFAULT_WBXML
from carbonio_mobile.web.limits import DEFAULT_LIMITS


class Kind(Enum):
    """What an option's value may be; the value says it in words."""

    FLAG = "true or false"
    COUNT = "a whole number"
    SECONDS = "a number of seconds"
    TEXT = "text"
    PATH = "a path"
    ENDPOINTS = "a list of endpoint strings"
    PATHS = "a list of absolute paths"
    DELAYS = "a list of numbers of seconds, each at least 1"
    NETWORKS = "a list of addresses or networks"
    CERTIFICATES = "a list of tables with certificate, key and hosts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option: ``low`` and ``high`` are inclusive; ``also`` are other spellings of its name."""

    section: str
    name: str
    kind: Kind
    default: Any
    help: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    reloadable: bool = False
    also: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """The name with its section, as messages and documents give it."""
        return f"{self.section}.{self.name}"

    @property
    def range_text(self) -> str:
        """What the option accepts, for people; empty where its kind says it all."""
        if self.choices:
            return " | ".join(self.choices)
        if self.low is not None and self.high is not None:
            return f"{self.low:,} to {self.high:,}"
        return f"at least {self.low:,}" if self.low is not None else ""


SECTIONS = {
    "server": "Where the daemon keeps its data and listens",
    "tls": "Certificates of the listeners that begin with tls:",
    "http": "What one peer may cost",
    "mail": "Mail that arrives by LMTP and mail that goes out",
    "relay": "The SMTP server for recipients that are not accounts here",
    "eas": "Bounds of ActiveSync requests and answers",
    "ldap": "The address book by LDAP",
    "documents": "A directory tree that phones may look into and read, as a document library",
    "wbxml": "What one WBXML document may cost",
    "smime": "Which certificates of mail are trusted when a phone asks (ValidateCert)",
    "provisioning": "Whether phones must acknowledge the policy document",
    "push": "Push; the names are those of Carbonio",
    "accounts": "Logins",
    "process": "The process itself",
    "log": "Logs",
}
"""The sections of the file, in order, each with what its options are about."""


_LMTP = LmtpLimits()
_OUTBOX = OutboxOptions()
_RELAY = RelayOptions(host="")
_TUNING = Tuning()


def _limit(name: str, help_text: str, *, low: int, high: int, unit: str = "") -> Option:
    """Declare a bound of the HTTP edge; its default stands in ``web/limits.py``."""
    default = getattr(DEFAULT_LIMITS, name)
    kind = Kind.SECONDS if isinstance(default, float) else Kind.COUNT
    return Option(
        section="http", name=name, kind=kind, default=default, help=help_text, unit=unit,
        low=low, high=high,
    )  # fmt: skip


def _wbxml(name: str, help_text: str, *, low: int, unit: str = "") -> Option:
    """Declare a bound of the decoder; its default stands in ``wbxml/decoder.py``."""
    return Option(
        section="wbxml", name=name, kind=Kind.COUNT, default=getattr(DEFAULT_WBXML, name),
        help=help_text, unit=unit, low=low, high=2_147_483_648,
    )  # fmt: skip


def _ldap(
    name: str, help_text: str, *, low: int, high: int, unit: str = "", reloadable: bool = False
) -> Option:
    """Declare a bound of the LDAP listener; its default stands in ``ldapserver/limits.py``."""
    default = getattr(DEFAULT_LDAP, name)
    kind = Kind.SECONDS if isinstance(default, float) else Kind.COUNT
    return Option(
        section="ldap", name=name, kind=kind, default=default, help=help_text, unit=unit,
        low=low, high=high, reloadable=reloadable,
    )  # fmt: skip


OPTIONS: tuple[Option, ...] = (
    Option(
        section="server",
        name="data",
        kind=Kind.PATH,
        default="/var/lib/carbonio-mobile",
        help="the directory of databases and queues; belongs to the daemon's user, mode 0700",
    ),
    Option(
        section="server",
        name="eas",
        kind=Kind.ENDPOINTS,
        default=("tls:443",),
        help="where phones connect: Twisted endpoint strings (tcp:8080:interface=127.0.0.1, "
        "haproxy:tcp:8080), and tls:PORT or tls:ENDPOINT with the certificates of [tls]",
    ),
    Option(
        section="server",
        name="lmtp",
        kind=Kind.ENDPOINTS,
        default=(),
        help="where the mail server delivers by LMTP (tcp:24:interface=127.0.0.1, "
        "unix:/run/carbonio-mobile/lmtp:mode=660); none without one",
    ),
    Option(
        section="server",
        name="ldap",
        kind=Kind.ENDPOINTS,
        default=("ssl:8636",),
        help="where mail programs look people up by LDAP: ssl:PORT or tls:ENDPOINT with the "
        "certificates of [tls], or behind a proxy tcp:8389:interface=127.0.0.1; without "
        "certificates there is none unless one is named here",
    ),
    Option(
        section="server",
        name="admin",
        kind=Kind.PATH,
        default="",
        help="the Unix socket of the carbonio command, mode 0660; without one, admin.sock in "
        "server.data",
    ),
    Option(
        section="server",
        name="admin_group",
        kind=Kind.TEXT,
        default="",
        help="the group whose members may use the admin socket; the daemon's own without one",
    ),
    Option(
        section="tls",
        name="certificates",
        kind=Kind.CERTIFICATES,
        default=(),
        help="PEM files with the chain and the key of each virtual host (*.example.com: one "
        "label); the first also serves clients that name no host or an unknown one, and needs none",
        reloadable=True,
    ),
    Option(
        section="tls",
        name="watch_interval_s",
        kind=Kind.COUNT,
        default=60,
        unit="s",
        low=1,
        high=86_400,
        help="how often the files are looked at for a renewed certificate",
    ),
    Option(
        section="http",
        name="trusted_proxies",
        kind=Kind.NETWORKS,
        default=(),
        help="the proxies whose X-Forwarded-For and PROXY headers are believed",
    ),
    _limit("connections", "open connections, parked ones included", low=1, high=1_000_000),
    _limit("header_bytes", "the longest head of a request", low=1024, high=1_048_576, unit="bytes"),
    _limit("header_count", "the most header lines of a request", low=10, high=1000),
    _limit("header_timeout_s", "how long a head may take", low=1, high=600, unit="s"),
    _limit(
        "body_bytes",
        "the longest body of a request, also inflated",
        low=65_536,
        high=2_147_483_648,
        unit="bytes",
    ),
    _limit(
        "all_bodies_bytes",
        "what the bodies of all requests under way may take together",
        low=1_048_576,
        high=68_719_476_736,
        unit="bytes",
    ),
    _limit(
        "peer_bodies_bytes",
        "what those of one address may take together; trusted proxies have no bound",
        low=1_048_576,
        high=68_719_476_736,
        unit="bytes",
    ),
    _limit(
        "small_body_bytes",
        "bodies up to this are not counted, and never refused for want of room",
        low=1_024,
        high=1_048_576,
        unit="bytes",
    ),
    _limit(
        "peer_connections",
        "the most connections from one address; trusted proxies have no bound",
        low=0,
        high=1_000_000,
    ),
    _limit(
        "loopback_connections",
        "the most connections from this machine; 0 is no bound",
        low=0,
        high=1_000_000,
    ),
    _limit(
        "stalled_after_s",
        "an answer of which the client takes nothing for so long is given up",
        low=1,
        high=3600,
        unit="s",
    ),
    _limit(
        "body_timeout_s",
        "within this a body must come whole, or as many bytes as slowest_bytes_per_s brings",
        low=1,
        high=3600,
        unit="s",
    ),
    _limit(
        "slowest_bytes_per_s",
        "the slowest peer that is waited for",
        low=1,
        high=1_000_000,
        unit="bytes/s",
    ),
    _limit(
        "idle_timeout_s",
        "how long a connection without a request stays",
        low=1,
        high=3600,
        unit="s",
    ),
    _limit(
        "linger_timeout_s",
        "how long a refused sender may go on until it is cut",
        low=1,
        high=600,
        unit="s",
    ),
    _limit(
        "keepalive_idle_s",
        "after what silence a parked connection is probed",
        low=10,
        high=86_400,
        unit="s",
    ),
    _limit("keepalive_interval_s", "the time between two probes", low=1, high=3600, unit="s"),
    _limit("keepalive_probes", "unanswered probes until it is given up", low=1, high=100),
    _limit(
        "compress_from_bytes",
        "the smallest answer worth compressing",
        low=0,
        high=1_073_741_824,
        unit="bytes",
    ),
    _limit(
        "compress_in_thread_from_bytes",
        "the smallest answer compressed beside the reactor",
        low=0,
        high=1_073_741_824,
        unit="bytes",
    ),
    Option(
        section="mail",
        name="hostname",
        kind=Kind.TEXT,
        default="",
        help="what this server calls itself in LMTP, SMTP and reports; empty: the machine's name",
    ),
    Option(
        section="mail",
        name="postmaster",
        kind=Kind.TEXT,
        default=_OUTBOX.postmaster,
        help="the address of the account that takes mail for postmaster@ any domain; empty: none",
    ),
    Option(
        section="mail",
        name="lmtp_connections",
        kind=Kind.COUNT,
        default=_LMTP.connections,
        low=1,
        high=10_000,
        help="open LMTP connections",
    ),
    Option(
        section="mail",
        name="lmtp_recipients",
        kind=Kind.COUNT,
        default=_LMTP.recipients,
        low=100,
        high=100_000,
        help="recipients of one message in LMTP",
    ),
    Option(
        section="mail",
        name="lmtp_idle_s",
        kind=Kind.SECONDS,
        default=_LMTP.idle_s,
        unit="s",
        low=1,
        high=3600,
        help="the longest silence of an LMTP client that is waited for",
    ),
    Option(
        section="mail",
        name="lmtp_bytes",
        kind=Kind.COUNT,
        default=_LMTP.all_bytes,
        unit="bytes",
        low=1_048_576,
        high=68_719_476_736,
        help="what the messages of all LMTP connections under way may take together",
    ),
    Option(
        section="mail",
        name="waiting_count",
        kind=Kind.COUNT,
        default=_OUTBOX.waiting_count,
        low=10,
        high=1_000_000,
        help="messages of one account that may wait to go out; it may send no more until then",
    ),
    Option(
        section="mail",
        name="waiting_bytes",
        kind=Kind.COUNT,
        default=_OUTBOX.waiting_bytes,
        unit="bytes",
        low=1_048_576,
        high=1_099_511_627_776,
        help="the same for their size, compressed",
    ),
    Option(
        section="mail",
        name="free_bytes",
        kind=Kind.COUNT,
        default=_OUTBOX.free_bytes,
        unit="bytes",
        low=0,
        high=1_099_511_627_776,
        help="how much of the disk stays free: with less nothing is taken from devices to send",
    ),
    Option(
        section="mail",
        name="answer_every_s",
        kind=Kind.SECONDS,
        default=_OUTBOX.answer_every_s,
        unit="s",
        low=3600,
        high=2_592_000,
        help="how often one sender is told that the account is out of office",
    ),
    Option(
        section="mail",
        name="retry_delays_s",
        kind=Kind.DELAYS,
        default=_OUTBOX.schedule.delays_s,
        unit="s",
        help="pauses before the second, third, ... attempt to send; the last holds for the rest",
    ),
    Option(
        section="mail",
        name="give_up_s",
        kind=Kind.SECONDS,
        default=_OUTBOX.schedule.give_up_s,
        unit="s",
        low=60,
        high=2_592_000,
        help="after what time mail that could not be sent is reported back to its sender",
    ),
    Option(
        section="relay",
        name="host",
        kind=Kind.TEXT,
        default="",
        help="its name or address; empty: there is none, and mail to others is reported back",
    ),
    Option(
        section="relay",
        name="port",
        kind=Kind.COUNT,
        default=_RELAY.port,
        low=1,
        high=65_535,
        help="its port",
    ),
    Option(
        section="relay",
        name="tls",
        kind=Kind.TEXT,
        default=_RELAY.tls.value,
        choices=tuple(mode.value for mode in TlsMode),
        help="required: STARTTLS with a certificate that fits; wrapped: TLS from the first byte; "
        "opportunistic: whatever is offered, not with a user; off: none",
    ),
    Option(
        section="relay",
        name="authority",
        kind=Kind.PATH,
        default="",
        help="a PEM file with the certificate that signs the relay's; empty: those of the system",
    ),
    Option(
        section="relay",
        name="user",
        kind=Kind.TEXT,
        default=_RELAY.user,
        help="the name to log in with; empty: no login",
    ),
    Option(
        section="relay",
        name="password_file",
        kind=Kind.PATH,
        default="",
        help="a file that holds the password, so that this one need not be secret",
    ),
    Option(
        section="eas",
        name="heartbeat_min_s",
        kind=Kind.COUNT,
        default=60,
        unit="s",
        low=1,
        high=3540,
        help="the shortest interval of Ping and waiting Sync; shorter ones are told this bound",
        reloadable=True,
    ),
    Option(
        section="eas",
        name="ping_folders_max",
        kind=Kind.COUNT,
        default=300,
        low=1,
        high=10_000,
        help="the most folders in one Ping",
        reloadable=True,
    ),
    Option(
        section="eas",
        name="sync_collections_max",
        kind=Kind.COUNT,
        default=300,
        low=1,
        high=10_000,
        help="the most collections in one Sync",
        reloadable=True,
    ),
    Option(
        section="eas",
        name="response_bytes",
        kind=Kind.COUNT,
        default=1_048_576,
        unit="bytes",
        low=65_536,
        high=268_435_456,
        help="where a Sync answer ends and the rest comes with the next; one item always fits",
        reloadable=True,
    ),
    Option(
        section="eas",
        name="message_bytes",
        kind=Kind.COUNT,
        default=50 * 1024 * 1024,
        unit="bytes",
        low=65_536,
        high=2_147_483_648,
        help="the largest message that is taken, from a device or by LMTP",
    ),
    Option(
        section="eas",
        name="attachment_bytes",
        kind=Kind.COUNT,
        default=50 * 1024 * 1024,
        unit="bytes",
        low=65_536,
        high=2_147_483_648,
        help="the largest attachment given to a device",
        reloadable=True,
    ),
    Option(
        section="eas",
        name="search_results_max",
        kind=Kind.COUNT,
        default=500,
        low=1,
        high=100_000,
        help="the most hits of one Search or Find",
        reloadable=True,
    ),
    Option(
        section="ldap",
        name="gal_name",
        kind=Kind.TEXT,
        default="InternalGAL/_zextras",
        help="what mail programs call the address list of the domain",
    ),
    Option(
        section="ldap",
        name="kept_contacts",
        kind=Kind.COUNT,
        default=100_000,
        help="contacts of mailboxes that are kept ready in memory; address books that somebody "
        "looked at within a minute are kept in any case",
        low=0,
        high=10_000_000,
    ),
    _ldap("connections", "open connections", low=1, high=1_000_000),
    _ldap(
        "peer_connections",
        "the most connections from one address; 0 is no bound, and trusted proxies have none",
        low=0,
        high=1_000_000,
    ),
    _ldap(
        "loopback_connections",
        "the most connections from this machine; 0 is no bound",
        low=0,
        high=1_000_000,
    ),
    _ldap("handshake_s", "how long the handshake of TLS may take", low=1, high=600, unit="s"),
    _ldap("unbound_s", "how long a client may take to log in", low=1, high=600, unit="s"),
    _ldap(
        "idle_s",
        "how long a client that is logged in may say nothing",
        low=1,
        high=86_400,
        unit="s",
    ),
    _ldap(
        "stalled_s",
        "an answer of which the client takes nothing for so long is given up",
        low=1,
        high=3600,
        unit="s",
    ),
    _ldap("entries", "the most entries of one search, or of one of its pages", low=1, high=100_000),
    _ldap("search_s", "how long one search may take", low=1, high=3600, unit="s"),
    _ldap("in_flight", "requests of one connection worked on at a time", low=1, high=1000),
    Option(
        section="documents",
        name="root",
        kind=Kind.PATH,
        default="",
        help="the directory; everyone who can log in may read all of it that the daemon can; "
        "empty: there is no library",
        reloadable=True,
    ),
    Option(
        section="documents",
        name="server",
        kind=Kind.TEXT,
        default="carbonio",
        help="the server in links to documents (server, share, folders and name between "
        "backslashes): a name alone, nothing is connected to",
        reloadable=True,
    ),
    Option(
        section="documents",
        name="share",
        kind=Kind.TEXT,
        default="documents",
        help="the share in links to documents, and what phones call the topmost folder",
        reloadable=True,
    ),
    _wbxml("depth", "the most elements within one another", low=16),
    _wbxml("nodes", "the most elements and texts", low=1000),
    _wbxml("string_bytes", "the longest text", low=65_536, unit="bytes"),
    _wbxml(
        "opaque_bytes", "the longest value of octets, a whole message say", low=65_536, unit="bytes"
    ),
    _wbxml("total_bytes", "the longest document", low=65_536, unit="bytes"),
    _wbxml("expanded_bytes", "what its string table may grow to", low=1_024, unit="bytes"),
    _wbxml("padding_bytes", "what may follow the document", low=0, unit="bytes"),
    Option(
        section="smime",
        name="roots",
        kind=Kind.PATH,
        default="",
        help="a PEM file with the roots of mail certificates, or a directory of such files; empty: "
        "no certificate is trusted",
        reloadable=True,
    ),
    Option(
        section="smime",
        name="crls",
        kind=Kind.PATH,
        default="",
        help="a list of revoked certificates (PEM or DER), or a directory of them; nothing is "
        "fetched: renew the files and reload",
        reloadable=True,
    ),
    Option(
        section="provisioning",
        name="required",
        kind=Kind.FLAG,
        default=False,
        help="refuse phones that did not provision, where AllowNonProvisionableDevices is unset",
        reloadable=True,
    ),
    Option(
        section="provisioning",
        name="refresh_s",
        kind=Kind.COUNT,
        default=86_400,
        unit="s",
        low=0,
        high=31_536_000,
        help="how often a phone must provision again, where RefreshInterval is unset; 0: once",
        reloadable=True,
    ),
    Option(
        section="push",
        name="ZxMobile_NotificationsLatency",
        kind=Kind.COUNT,
        default=10,
        unit="s",
        low=0,
        high=3600,
        help="how long mail that arrives is gathered before the phone is told",
        reloadable=True,
    ),
    Option(
        section="push",
        name="ZxMobile_UseInstantNotficiations",
        kind=Kind.FLAG,
        default=True,
        help="tell the phone at once, whatever the latency",
        reloadable=True,
        also=("ZxMobile_UseInstantNotifications",),
    ),
    Option(
        section="push",
        name="ZxMobile_MaxPingHeartbeat",
        kind=Kind.COUNT,
        default=3540,
        unit="s",
        low=60,
        high=3540,
        help="the longest interval of Ping and waiting Sync; keep it below the proxy's timeout",
        reloadable=True,
    ),
    Option(
        section="accounts",
        name="verified_idle_s",
        kind=Kind.COUNT,
        default=900,
        unit="s",
        low=0,
        high=86_400,
        help="how long a right login that is not used stays known, saving the slow hash",
    ),
    Option(
        section="accounts",
        name="remembered_count",
        kind=Kind.COUNT,
        default=100_000,
        low=100,
        high=10_000_000,
        help="how many accounts, and how many right and wrong logins, are kept in memory",
    ),
    Option(
        section="accounts",
        name="password_threads",
        kind=Kind.COUNT,
        default=2,
        low=1,
        high=64,
        help="threads that check passwords; each takes 19 MiB while it does",
    ),
    Option(
        section="process",
        name="release_spread_s",
        kind=Kind.COUNT,
        default=5,
        unit="s",
        low=0,
        high=300,
        help="over what time parked requests are ended at a stop, so that phones return spread",
        reloadable=True,
    ),
    Option(
        section="process",
        name="busy_timeout_s",
        kind=Kind.COUNT,
        default=10,
        unit="s",
        low=1,
        high=300,
        help="how long a database that another process writes is waited for",
    ),
    Option(
        section="process",
        name="answer_timeout_s",
        kind=Kind.COUNT,
        default=int(_TUNING.answer_s),
        unit="s",
        low=10,
        high=3600,
        help="how long a request waits for a mailbox or the state database, whose work then goes "
        "on without it",
    ),
    Option(
        section="process",
        name="open_databases",
        kind=Kind.COUNT,
        default=_TUNING.open_databases,
        low=8,
        high=100_000,
        help="the mailboxes kept open; each takes three files, and all of them a quarter of those "
        "that the process may have",
    ),
    Option(
        section="log",
        name="file",
        kind=Kind.PATH,
        default="",
        help="a file to log to beside what twistd does (-n: standard output, which systemd keeps); "
        "opened anew on SIGHUP",
        reloadable=True,
    ),
    Option(
        section="log",
        name="level",
        kind=Kind.TEXT,
        default="info",
        choices=("debug", "info", "warn", "error", "critical"),
        help="the least level that goes to log.file",
        reloadable=True,
    ),
    Option(
        section="log",
        name="audit",
        kind=Kind.PATH,
        default="",
        help="the file that every change by the admin socket is written to, one JSON line each; "
        "audit.log in server.data without one",
    ),
    Option(
        section="log",
        name="directory",
        kind=Kind.PATH,
        default="",
        help="the directory of sync.log, which has a line for each ActiveSync request, and of "
        "account loggers; logs in server.data without one",
    ),
    Option(
        section="log",
        name="account_directories",
        kind=Kind.PATHS,
        default=("/tmp",),  # noqa: S108 -- the manual's sample; files there are made with care
        help="directories beside log.directory in which account loggers may write",
        reloadable=True,
    ),
    Option(
        section="log",
        name="account_bytes",
        kind=Kind.COUNT,
        default=67_108_864,
        low=65_536,
        high=1_099_511_627_776,
        unit="bytes",
        help="the size at which an account logger begins its file anew; the one before is kept",
        reloadable=True,
    ),
    Option(
        section="log",
        name="requests",
        kind=Kind.FLAG,
        default=False,
        help="log one line for each HTTP request as well, at level debug",
    ),
)

BY_PATH = {option.path: option for option in OPTIONS}
BY_SPELLING = {
    f"{option.section}.{name}": option for option in OPTIONS for name in (option.name, *option.also)
}
"""Options by every spelling that the file may use."""
