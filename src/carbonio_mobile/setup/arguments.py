"""The command line of carbonio-mobile-setup: its commands, options and help."""

from argparse import (
    ArgumentParser,
    ArgumentTypeError,
    Namespace,
    RawDescriptionHelpFormatter,
)
from collections.abc import Callable
from pathlib import Path

from carbonio_mobile.setup import commands
from carbonio_mobile.setup.mail import import_command
from carbonio_mobile.setup.sizes import size_bytes
from carbonio_mobile.setup.surroundings import Surroundings

DEFAULT_FILE = Path("/etc/carbonio-mobile/carbonio-mobile.toml")
"""Where the unit in etc/ has the configuration."""

_EXAMPLES = """\
examples:
  carbonio-mobile-setup --data /var/lib/carbonio-mobile create-domain example.com
  carbonio-mobile-setup --data … create-account john@example.com --quota 2GB --generate
  carbonio-mobile-setup --data … import john@example.com ~/Maildir old.mbox --folder Archive/2024
  carbonio-mobile-setup --data … import john@example.com calendar.ics contacts.vcf
  carbonio-mobile-setup doctor john@example.com --config /etc/carbonio-mobile/carbonio-mobile.toml

This is what works without a running daemon; all else is done with "carbonio prov" and the other
commands of carbonio. All commands may be used while the daemon runs; it sees the change at once.
Exit status: 0 done, 1 refused or failed (the reason is on standard error), 2 wrong usage.
"""


def make_parser() -> ArgumentParser:
    """Make the parser; each command's function is the attribute ``run`` of what it parses."""
    parser = ArgumentParser(
        prog="carbonio-mobile-setup",
        description="Set up domains, accounts and mail of the embedded directory and mailbox, or "
        "look whether the servers behind this one serve an account (doctor).",
        epilog=_EXAMPLES,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="the daemon's data directory (not for doctor)"
    )
    rows = _Commands(parser)
    _add_domains(rows)
    _add_accounts(rows)
    _add_passwords(rows)
    _add_import(rows)
    _add_doctor(rows)
    return parser


class _Commands:
    def __init__(self, parser: ArgumentParser) -> None:
        self._rows = parser.add_subparsers(metavar="COMMAND", required=True, title="commands")

    def add(
        self,
        name: str,
        run: Callable[..., int],
        purpose: str,
        example: str,
        *,
        on_store: bool = True,
    ) -> ArgumentParser:
        """Add a command with its help and one example; ``on_store``: it works on --data."""
        data = " --data DIR" if on_store else ""
        row = self._rows.add_parser(
            name,
            help=purpose,
            description=purpose[0].upper() + purpose[1:] + ".",
            epilog=f"example:\n  carbonio-mobile-setup{data} {name} {example}",
            formatter_class=RawDescriptionHelpFormatter,
        )
        row.set_defaults(run=run, makes_directory=name == "create-domain", on_store=on_store)
        return row


def _add_domains(rows: _Commands) -> None:
    row = rows.add("create-domain", commands.create_domain, "make a mail domain", "example.com")
    row.add_argument("name", metavar="DOMAIN")
    row.add_argument(
        "--host",
        action="append",
        default=[],
        metavar="NAME",
        help="a host name at which logins without @ belong to this domain (may be repeated)",
    )


def _add_accounts(rows: _Commands) -> None:
    row = rows.add(
        "create-account",
        commands.create_account,
        "make an account",
        'john@example.com --display-name "John Doe" --alias sales@example.com --quota 2GB',
    )
    row.add_argument("address", metavar="ADDRESS")
    _add_password_source(row)
    row.add_argument("--display-name", metavar="NAME", help="the name shown to others")
    row.add_argument("--cos", metavar="NAME", help="its class of service (default: its domain's)")
    row.add_argument(
        "--alias", action="append", default=[], metavar="ADDRESS", help="may be repeated"
    )
    row.add_argument("--quota", type=_size, metavar="SIZE", help="like 2GB or 500MB; 0 for none")


def _add_passwords(rows: _Commands) -> None:
    row = rows.add(
        "set-password",
        commands.set_password,
        "change an account's password, ending a lockout",
        "john@example.com --password-stdin < password.txt",
    )
    row.add_argument("address", metavar="ADDRESS")
    _add_password_source(row)


def _add_password_source(row: ArgumentParser) -> None:
    source = row.add_mutually_exclusive_group()
    source.add_argument(
        "--password-stdin",
        action="store_true",
        help="take the password from the first line of standard input (default: ask for it twice)",
    )
    source.add_argument(
        "--generate", action="store_true", help="make a password and print it, this once"
    )


def _add_import(rows: _Commands) -> None:
    row = rows.add(
        "import",
        import_command,
        "bring mail, calendars and address books into an account's mailbox",
        "john@example.com ~/Maildir old.mbox --folder Archive/2024",
    )
    row.add_argument("address", metavar="ADDRESS")
    row.add_argument(
        "paths",
        nargs="+",
        type=Path,
        metavar="PATH",
        help="mbox files, Maildirs, .eml, .ics and .vcf files, or directories of them",
    )
    row.add_argument(
        "--folder",
        metavar="NAME",
        help="where to, made if missing (else the Inbox, Calendar, Tasks, Notes or Contacts)",
    )
    row.add_argument(
        "--format",
        choices=("auto", "mbox", "maildir", "eml", "ics", "vcf"),
        default="auto",
        help="what the paths are (%(default)s: looked at one by one)",
    )
    row.add_argument("--dry-run", action="store_true", help="read everything, store nothing")


def _add_doctor(rows: _Commands) -> None:
    # Loaded for this command only: it brings the clients of all servers.
    def run(arguments: Namespace, around: Surroundings) -> int:
        from carbonio_mobile.setup.doctor.command import doctor_command

        return doctor_command(arguments, around)

    row = rows.add(
        "doctor",
        run,
        "look whether the servers behind this one serve an account, and how to mend what does not",
        "john@example.com --config /etc/carbonio-mobile/carbonio-mobile.toml",
        on_store=False,
    )
    row.add_argument("address", metavar="ACCOUNT", help="its mail address")
    row.add_argument(
        "--config",
        type=Path,
        default=DEFAULT_FILE,
        metavar="FILE",
        help="the daemon's configuration (%(default)s)",
    )
    source = row.add_mutually_exclusive_group()
    source.add_argument(
        "--password-file",
        metavar="FILE",
        help="a file with the account's password, not readable by everybody (default: ask for it)",
    )
    source.add_argument(
        "--as-proxy",
        action="store_true",
        help="without a password, by the login of the configuration that acts for others",
    )
    row.add_argument(
        "--write",
        action="store_true",
        help="also put a message into Drafts and take it away, to see how soon the server tells",
    )


def _size(text: str) -> int:
    try:
        return size_bytes(text)
    except ValueError as exc:
        raise ArgumentTypeError(str(exc)) from exc
