"""The mail server in front of which this one stands: IMAP, DAV, submission, ManageSieve."""

from typing import Any

from carbonio_mobile.mailbox.imapclient.pool import PoolLimits
from carbonio_mobile.service.options.option import Kind, Option

_POOL = PoolLimits()
_AUTHORITY = (
    "a PEM file with the certificates that sign the server's; empty: those of the system. The "
    "certificate is always checked, for the name that stands in {}"
)


def _text(section: str, name: str, default: str, help_text: str, *choices: str) -> Option:
    return Option(
        section=section, name=name, kind=Kind.TEXT, default=default, help=help_text, choices=choices
    )


def _path(section: str, name: str, help_text: str) -> Option:
    return Option(section=section, name=name, kind=Kind.PATH, default="", help=help_text)


def _texts(section: str, name: str, help_text: str) -> Option:
    return Option(section=section, name=name, kind=Kind.TEXTS, default=(), help=help_text)


def _count(section: str, name: str, default: Any, help_text: str, low: int, high: int) -> Option:
    return Option(
        section=section, name=name, kind=Kind.COUNT, default=default, help=help_text,
        unit="s" if name.endswith("_s") else "", low=low, high=high,
    )  # fmt: skip


_FOLDERS = {
    "drafts": "drafts",
    "sent": "copies of sent mail",
    "trash": "deleted mail",
    "junk": "unwanted mail",
}


def _folder(role: str, purpose: str) -> Option:
    found = "the one that the server names so (SPECIAL-USE), else one with a well-known name"
    return _text("imap", role, "", f"the mailbox for {purpose}; empty: {found}")


OPTIONS: tuple[Option, ...] = (
    _text(
        "backend",
        "mailboxes",
        "embedded",
        "embedded: mail, calendars and contacts are kept in server.data; gateway: they stay on the "
        "servers of [imap], [dav], [submission] and [sieve], nothing is migrated",
        "embedded",
        "gateway",
    ),
    _text(
        "backend",
        "accounts",
        "embedded",
        "embedded: accounts are made here, by carbonio or carbonio-mobile-setup; imap: whoever can "
        "log in to the server of [imap] with an address of accounts.domains has one, made at the "
        "first login; ldap: those in the directory of [directory]",
        "embedded",
        "ldap",
        "imap",
    ),
    _text("imap", "host", "", "its name, as in its certificate"),
    _count("imap", "port", 993, "its port: 993 for wrapped, 143 for the others", 1, 65_535),
    _text(
        "imap",
        "tls",
        "wrapped",
        "wrapped: TLS from the first byte; starttls: before the login; off: none, for a server on "
        "this machine only",
        "wrapped",
        "starttls",
        "off",
    ),
    _path("imap", "authority", _AUTHORITY.format("imap.host")),
    _text(
        "imap",
        "user",
        "{address}",
        "the form of an account's name at the server: {address}, or {local} and {domain} for what "
        "stands before and after its at sign",
    ),
    _text(
        "imap",
        "login",
        "own",
        "own: with the account's own password, as the phone sends it, held in memory only; proxy: "
        "with imap.proxy_user for the account (SASL PLAIN with an authorisation identity); master: "
        "as user*proxy_user; token: by XOAUTH2. Mobile passwords need one of the last three",
        "own",
        "proxy",
        "master",
        "token",
    ),
    _text("imap", "proxy_user", "", "who may log in for all accounts"),
    _path("imap", "proxy_password_file", "a file with its password, not readable by everybody"),
    _text("imap", "master_separator", "*", "what stands between user and proxy_user for master"),
    _texts(
        "imap",
        "token_command",
        "the program, an absolute path, and its arguments that write a token for {user} or "
        "{address} to standard output",
    ),
    _count("imap", "token_lifetime_s", 300, "how long a token is used", 0, 86_400),
    _count("imap", "token_timeout_s", 15, "how long the command may take", 1, 300),
    _count(
        "imap",
        "password_kept_s",
        43_200,
        "for own: how long the password of an account that nobody uses stays in memory",
        60,
        2_592_000,
    ),
    _count("imap", "connections", _POOL.connections, "the most connections in all", 1, 100_000),
    _count(
        "imap",
        "connections_per_account",
        _POOL.per_account,
        "the most connections of one account, but for the one that watches; stay below the "
        "server's own limit (mail_max_userip_connections of Dovecot)",
        1,
        100,
    ),
    _count("imap", "logins_at_once", _POOL.logins, "logins under way at a time", 1, 1000),
    _count(
        "imap",
        "idle_s",
        int(_POOL.idle_s),
        "when a connection that nobody uses is closed",
        1,
        86_400,
    ),
    *(_folder(role, purpose) for role, purpose in _FOLDERS.items()),
    _text("imap", "notes", "", "the mailbox for notes, with dav.notes = imap"),
    _texts(
        "imap",
        "shared",
        "which mailboxes of others phones see, names with * for anything and % for anything "
        "without a separator, like shared/*; none without one",
    ),
    _text(
        "dav",
        "url",
        "",
        "where discovery begins, like https://dav.example.com/; empty: there is none, and phones "
        "have no calendars, tasks and contacts",
    ),
    _path("dav", "authority", _AUTHORITY.format("dav.url")),
    _text("dav", "user", "{address}", "the form of an account's name there, as imap.user"),
    _text(
        "dav",
        "login",
        "own",
        "own: with the account's own password; master: as user*proxy_user with what [imap] says "
        "of these",
        "own",
        "master",
    ),
    _text(
        "dav",
        "calendars",
        "",
        "where an account's calendars are, like https://dav.example.com/{local}/, where the server "
        "does not tell or tells otherwise",
    ),
    _text("dav", "address_books", "", "the same for its address books"),
    _texts("dav", "other_hosts", "hosts that the server may refer to, and passwords be sent to"),
    _text(
        "dav",
        "notes",
        "journal",
        "journal: notes are VJOURNALs in a calendar; imap: messages in the mailbox imap.notes; "
        "off: phones have none",
        "journal",
        "imap",
        "off",
    ),
    _count("dav", "poll_s", 300, "how often is asked for changes while a phone waits", 10, 86_400),
    _text("submission", "host", "", "its name, as in its certificate"),
    _count("submission", "port", 587, "its port: 587, or 465 for wrapped", 1, 65_535),
    _text(
        "submission",
        "tls",
        "required",
        "required: STARTTLS; wrapped: TLS from the first byte; off: none, for a server on this "
        "machine only",
        "required",
        "wrapped",
        "off",
    ),
    _path("submission", "authority", _AUTHORITY.format("submission.host")),
    _text(
        "submission",
        "login",
        "user",
        "user: each account as at the IMAP server (imap.login); service: all with submission.user; "
        "none: without",
        "user",
        "service",
        "none",
    ),
    _text("submission", "user", "", "the name for service"),
    _path("submission", "password_file", "a file with its password, not readable by everybody"),
    _text(
        "submission",
        "save_sent",
        "append",
        "append: we store the copy in the mailbox for sent mail; server: the server does that",
        "append",
        "server",
    ),
    _text("sieve", "host", "", "its name, as in its certificate; empty: no automatic replies"),
    _count("sieve", "port", 4190, "its port", 1, 65_535),
    _text(
        "sieve",
        "tls",
        "required",
        "as submission.tls",
        "required",
        "wrapped",
        "off",
    ),
    _path("sieve", "authority", _AUTHORITY.format("sieve.host")),
)
