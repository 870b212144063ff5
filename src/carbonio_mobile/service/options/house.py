"""Logins, the process, its logs."""

from carbonio_mobile.mailbox.embedded import Tuning
from carbonio_mobile.service.options.option import Kind, Option

_TUNING = Tuning()

OPTIONS: tuple[Option, ...] = (
    Option(
        section="accounts",
        name="domains",
        kind=Kind.TEXTS,
        default=(),
        help="mail domains that are made at the start where they are missing",
    ),
    Option(
        section="accounts",
        name="prove_again_s",
        kind=Kind.COUNT,
        default=300,
        unit="s",
        low=10,
        high=86_400,
        help="with backend.accounts = imap or ldap: how long a password that was right, or wrong, "
        "is not asked about again; the server counts failures of all phones as ours, so name this "
        "host to it as trusted (login_trusted_networks of Dovecot)",
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
