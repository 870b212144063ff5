"""Where the daemon keeps its data and listens, and what one HTTP peer may cost."""

from carbonio_mobile.service.options.option import Kind, Option
from carbonio_mobile.web.limits import DEFAULT_LIMITS


def _limit(name: str, help_text: str, *, low: int, high: int, unit: str = "") -> Option:
    """Declare a bound of the HTTP edge; its default stands in ``web/limits.py``."""
    default = getattr(DEFAULT_LIMITS, name)
    kind = Kind.SECONDS if isinstance(default, float) else Kind.COUNT
    return Option(
        section="http", name=name, kind=kind, default=default, help=help_text, unit=unit,
        low=low, high=high,
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
)
