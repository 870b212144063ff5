"""The LDAP directory that accounts are in. (Section ``ldap`` is the address book we serve.)"""

from carbonio_mobile.service.options.option import Kind, Option


def _text(name: str, default: str, help_text: str, *choices: str) -> Option:
    return Option(
        section="directory",
        name=name,
        kind=Kind.TEXT,
        default=default,
        help=help_text,
        choices=choices,
    )


def _path(name: str, help_text: str) -> Option:
    return Option(section="directory", name=name, kind=Kind.PATH, default="", help=help_text)


def _count(name: str, default: int, help_text: str, low: int, high: int) -> Option:
    return Option(
        section="directory",
        name=name,
        kind=Kind.COUNT,
        default=default,
        help=help_text,
        unit="s" if name.endswith("_s") else "",
        low=low,
        high=high,
    )


def _filter(name: str, what: str, places: str) -> Option:
    with_places = f", with {places}" if places else ""
    return _text(name, "", f"the filter that finds {what}{with_places}; empty: the preset's")


OPTIONS: tuple[Option, ...] = (
    Option(
        section="directory",
        name="urls",
        kind=Kind.TEXTS,
        default=(),
        help="its servers, ldaps://HOST or ldap://HOST, the first that answers being used",
    ),
    Option(
        section="directory",
        name="start_tls",
        kind=Kind.FLAG,
        default=True,
        help="ask servers named ldap:// for TLS; without it they must be on this machine",
    ),
    _path(
        "authority",
        "a PEM file with the certificates that sign the servers'; empty: those of the system. They "
        "are always checked, for the names in directory.urls",
    ),
    _text("bind_dn", "", "our own account there, which may read but not change; empty: none"),
    _path("bind_password_file", "a file with its password, not readable by everybody"),
    _text(
        "preset",
        "inetorgperson",
        "how accounts are written down: carbonio (Zimbra's schema, with COS and domains) or "
        "inetorgperson (mail and uid; domains and COS are then ours)",
        "carbonio",
        "inetorgperson",
    ),
    _text("base", "", "where accounts are, a DN; may be empty with carbonio alone"),
    _text("server", "", "for carbonio: which zimbraServer's attributes hold; empty: none's"),
    _filter("by_address", "the account with a mail address", "{address}"),
    _filter("by_user", "the account of a login without a domain", "{user}"),
    _filter("by_id", "the account with an identity (entryUUID or zimbraId)", "{id}"),
    _filter("people", "what address lists show", ""),
    Option(
        section="directory",
        name="attributes",
        kind=Kind.TABLE,
        default={},
        help='for inetorgperson: further attributes and what they are here, like { "ou" = '
        '"company" }',
    ),
    _text(
        "login",
        "bind",
        "bind: passwords are checked by binding as the account; imap: by a login at [imap]",
        "bind",
        "imap",
    ),
    _count("connections", 2, "connections for searches", 1, 100),
    _count("logins_at_once", 16, "passwords checked at a time", 1, 1000),
    _count("answer_s", 15, "how long a request may take", 1, 300),
    _count(
        "reread_s",
        60,
        "how old what is known of an account may be; a changed password or status holds by then",
        0,
        86_400,
    ),
    _count("grace_s", 3_600, "so much longer while the directory is away", 0, 604_800),
    _count("resync_s", 300, "how often the address list is asked for what changed", 10, 86_400),
    _count("whole_s", 3_600, "how often for what is gone, which reads it whole", 60, 604_800),
)
