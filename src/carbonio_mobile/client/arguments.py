"""The command line of carbonio-mobile-client: its commands, options and help."""

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path

from carbonio_mobile.client.commands import changing, reading, selftest, server, waiting, writing
from carbonio_mobile.client.grammar import Commands, count, device_id, time, versions, window
from carbonio_mobile.client.objectarguments import add_objects
from carbonio_mobile.eas.version import OFFERED

_EPILOG = """\
examples:
  carbonio-mobile-client --url https://127.0.0.1:8443 --insecure --user john@example.com sync
  carbonio-mobile-client … list inbox --limit 10
  carbonio-mobile-client … show 2:17
  carbonio-mobile-client … send --to mary@example.com --subject Hello --body "How are you?"
  carbonio-mobile-client … ping inbox --heartbeat 300
  carbonio-mobile-client … sync calendar
  carbonio-mobile-client … add-event --subject Lunch --start 2027-08-02T10:30Z
  carbonio-mobile-client … selftest

The password comes from --password, --password-file, the variable CARBONIO_MOBILE_PASSWORD, or a
prompt; CARBONIO_MOBILE_URL and CARBONIO_MOBILE_USER stand in for --url and --user. A password on
the command line can be seen by other users of this machine.

The state of the phone is kept in $XDG_STATE_HOME/carbonio-mobile-client/USER@HOST.json (mode 0600,
without the password), or in the file that --state names; remove it to start over as a new phone.

Exit status: 0 done; 1 the server refused, failed or could not be reached; 2 wrong usage; 3 ping
ended without news; 130 interrupted.
"""


def make_parser() -> ArgumentParser:
    """Make the parser; each command's function is the attribute ``run`` of what it parses."""
    parser = ArgumentParser(
        prog="carbonio-mobile-client",
        description="A phone on the command line: mail, contacts, events, tasks and notes.",
        epilog=_EPILOG,
        formatter_class=RawDescriptionHelpFormatter,
    )
    _add_access(parser)
    rows = Commands(parser)
    _add_reading(rows)
    _add_waiting(rows)
    _add_writing(rows)
    _add_changing(rows)
    add_objects(rows)
    _add_server(rows)
    _add_selftest(rows)
    return parser


def _add_access(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("access")
    group.add_argument(
        "--url", metavar="URL", help="the server, like https://mail.example.com:8443"
    )
    group.add_argument(
        "--discover", action="store_true", help="find the server from the address (Autodiscover)"
    )
    group.add_argument("--user", metavar="ADDRESS", help="whose mail")
    secret = group.add_mutually_exclusive_group()
    secret.add_argument("--password", metavar="PASSWORD", help="visible to others; for trying out")
    secret.add_argument(
        "--password-file",
        type=Path,
        metavar="FILE",
        help="a file with the password in its first line",
    )
    trust = group.add_mutually_exclusive_group()
    trust.add_argument("--ca", type=Path, metavar="FILE", help="trust these authorities (PEM) only")
    trust.add_argument(
        "--insecure", action="store_true", help="do not verify certificates (for the demo)"
    )
    group = parser.add_argument_group("the phone")
    group.add_argument("--state", type=Path, metavar="FILE", help="where its state is kept")
    group.add_argument("--device-id", type=device_id, metavar="ID", help="its name")
    group.add_argument(
        "--version",
        default="",
        choices=[version.text for version in OFFERED],
        help="protocol version (default: the highest that the server offers)",
    )
    parser.add_argument("--json", action="store_true", help="print results as JSON")


def _add_reading(rows: Commands) -> None:
    row = rows.add(
        "sync",
        reading.sync,
        "bring folders up to date and list what is new",
        "",
        "inbox sent Archive/2024",
        "--all --filter 3d",
        "--watch",
    )
    _add_folders(row, "the folders (default: the inbox)")
    row.add_argument("--all", action="store_true", help="all folders")
    row.add_argument(
        "--window", type=window, default=100, metavar="N", help="changes a request (%(default)s)"
    )
    row.add_argument(
        "--filter",
        choices=list(reading.FILTERS),
        help="only mail of so many days, weeks or a month (default: as last time, at first all)",
    )
    row.add_argument("--body", choices=list(reading.BODIES), help="the form of bodies")
    row.add_argument("--watch", action="store_true", help="go on: wait for news and sync, for ever")
    rows.add("folders", reading.folders, "list the folders", "")
    row = rows.add(
        "list",
        reading.list_items,
        "list what is held of a folder",
        "",
        "sent --limit 5",
        "contacts",
        "events",
    )
    row.add_argument("folder", nargs="?", default="inbox", metavar="FOLDER")
    row.add_argument("--limit", type=count, default=50, metavar="N", help="(%(default)s)")
    row = rows.add("show", reading.show, "show an item", "2:17", "2:17 --body html")
    row.add_argument("id", metavar="ID")
    row.add_argument("--body", choices=list(reading.BODIES), default="plain")
    row = rows.add(
        "fetch",
        reading.fetch,
        "save a message (as .eml) or an attachment",
        "2:17 -o mail.eml",
        "2:17:2 -o -",
    )
    row.add_argument("name", metavar="ID|REFERENCE", help="as list and show tell them")
    row.add_argument("-o", "--output", metavar="FILE", help="- for standard output")
    for name, run, purpose in (
        ("search", reading.search, "search the mailbox"),
        ("find", reading.find, "search the mailbox by Find (16.1)"),
    ):
        row = rows.add(name, run, purpose, "quarterly report")
        row.add_argument("words", nargs="+", metavar="WORDS")
        row.add_argument("--folder", metavar="FOLDER", help="only there and below")
        row.add_argument("--limit", type=count, default=50, metavar="N", help="(%(default)s)")


def _add_waiting(rows: Commands) -> None:
    row = rows.add(
        "ping",
        waiting.ping,
        "wait for news in folders; exit status 3 if none came",
        "",
        "inbox sent --heartbeat 300",
    )
    _add_folders(row, "the folders (default: the inbox)")
    row.add_argument(
        "--heartbeat", type=count, default=480, metavar="S", help="seconds (%(default)s)"
    )


def _add_writing(rows: Commands) -> None:
    row = rows.add(
        "send",
        writing.send,
        "send a message",
        '--to mary@example.com --subject Hello --body "How are you?"',
        "--to mary@example.com --subject Files --body - --attach a.pdf --attach b.png < text",
    )
    row.add_argument("--to", action="append", required=True, metavar="ADDRESS")
    _add_message(row, subject=True)
    row = rows.add("reply", writing.reply, "answer a message", '2:17 --body "Thank you."')
    row.add_argument("id", metavar="ID")
    row.add_argument("--to", action="append", metavar="ADDRESS", help="(default: the sender)")
    _add_message(row, subject=False)
    row = rows.add(
        "forward", writing.forward, "forward a message", "2:17 --to mary@example.com --body FYI"
    )
    row.add_argument("id", metavar="ID")
    row.add_argument("--to", action="append", required=True, metavar="ADDRESS")
    _add_message(row, subject=False)


def _add_message(row: ArgumentParser, *, subject: bool) -> None:
    row.add_argument("--cc", action="append", metavar="ADDRESS")
    row.add_argument("--bcc", action="append", metavar="ADDRESS")
    row.add_argument("--subject", required=subject, metavar="TEXT")
    row.add_argument("--body", default="", metavar="TEXT", help="- reads standard input")
    row.add_argument("--attach", type=Path, action="append", default=[], metavar="FILE")


def _add_changing(rows: Commands) -> None:
    row = rows.add("mark", changing.mark, "mark messages", "2:17 read", "2:17 2:18 flagged")
    row.add_argument("ids", nargs="+", metavar="ID")
    row.add_argument("mark", choices=list(changing.MARKS), metavar="|".join(changing.MARKS))
    row = rows.add("move", changing.move, "move items", "2:17 Archive/2024")
    row.add_argument("ids", nargs="+", metavar="ID")
    row.add_argument("folder", metavar="FOLDER")
    row = rows.add("delete", changing.delete, "delete items", "2:17", "2:17 --for-good")
    row.add_argument("ids", nargs="+", metavar="ID")
    row.add_argument("--for-good", action="store_true", help="not into the trash")


def _add_server(rows: Commands) -> None:
    row = rows.add(
        "oof",
        server.oof,
        "show or change the out-of-office reply",
        "show",
        'on --text "Back on Monday."',
        "off",
    )
    row.add_argument("action", choices=("show", "on", "off"))
    row.add_argument("--text", metavar="TEXT", help="what colleagues are told")
    row.add_argument("--external", metavar="TEXT", help="what others are told (default: nothing)")
    row.add_argument(
        "--from", dest="start", type=time, metavar="TIME", help="like 2027-08-01T09:00Z"
    )
    row.add_argument("--until", dest="end", type=time, metavar="TIME")
    rows.add("options", server.options, "tell what the server speaks", "")
    rows.add("provision", server.provision, "fetch and accept the policy", "")
    row = rows.add("discover", server.discover, "find the server of --user's address", "")
    row.set_defaults(needs_server=False)
    row = rows.add(
        "raw", server.raw, "send WBXML from a file and dump the answer", "FolderSync request.wbxml"
    )
    row.add_argument("command", metavar="NAME")
    row.add_argument("file", type=Path, metavar="FILE", help="may be empty, like /dev/null")


def _add_selftest(rows: Commands) -> None:
    row = rows.add(
        "selftest",
        selftest.selftest,
        "try everything, in every version, and show what works",
        "",
        "--version 14.1,16.1 --other mary@example.com",
    )
    row.add_argument(
        "--version",
        dest="versions",
        type=versions,
        metavar="all|V[,V…]",
        help="protocol versions (default: all that the server offers)",
    )
    row.add_argument("--keep", action="store_true", help="leave what was made where it is")
    row.add_argument("--other", metavar="ADDRESS", help="a second account, to be invited by")
    secret = row.add_mutually_exclusive_group()
    secret.add_argument("--other-password", metavar="PASSWORD", help="its password (default: ask)")
    secret.add_argument("--other-password-file", type=Path, metavar="FILE")


def _add_folders(row: ArgumentParser, text: str) -> None:
    row.add_argument("folders", nargs="*", metavar="FOLDER", help=f"{text}, by role, path or name")
