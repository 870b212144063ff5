"""What is spoken with phones and mail programs: ActiveSync, LDAP, WBXML, push."""

from carbonio_mobile.ldapserver.limits import DEFAULT_LIMITS as DEFAULT_LDAP
from carbonio_mobile.service.options.option import Kind, Option
from carbonio_mobile.wbxml.decoder import DEFAULT as DEFAULT_WBXML


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
)
