"""``carbonio mobile ABQ …`` and the commands for its messages.

Spec: ../shared/carbonio/cli.md 2.1, 2.2.
"""

import re

from carbonio_mobile.admin.declaring import Command, Kind, Parameter
from carbonio_mobile.admin.kinds import (
    ACCOUNT,
    BOOLEAN,
    DEVICE,
    DOMAIN,
    FREE_TEXT,
    PATH,
    TEXT,
    choice,
    whole,
)

STATUS = choice("Allowed", "Blocked", "Quarantined")
MESSAGE_TYPE = choice("blocked", "quarantined")

_UNITS_MS = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_LONGEST_MS = 366 * _UNITS_MS["d"]


def _interval(text: str) -> int:
    """Read ``45m``, ``6h``, ``1d`` or ``0`` as milliseconds."""
    found = re.fullmatch(r"([0-9]{1,9})([smhd])", text.strip().lower())
    if found is None:
        if text.strip() != "0":
            raise ValueError("no interval")
        return 0
    interval_ms = int(found[1]) * _UNITS_MS[found[2]]
    if interval_ms > _LONGEST_MS:
        raise ValueError("longer than a year")
    return interval_ms


def _reading_locale(*words: str) -> Kind:
    def one(text: str) -> str:
        word = text.strip()
        if word.lower() in words:
            return word.lower()
        found = re.fullmatch(r"([A-Za-z]{2,3})(?:[_-]([A-Za-z]{2}|[0-9]{3}))?", word)
        if found is None:
            raise ValueError("no locale")
        return f"{found[1].lower()}_{found[2].upper()}" if found[2] else found[1].lower()

    named = "".join(f"{word}, " for word in words)
    return Kind(name="String", expected=f"{named}or a locale such as it or en_US", read=one)


INTERVAL = Kind(name="String", expected="an interval such as 45m, 6h, 1d, or 0", read=_interval)
LOCALE = _reading_locale("default")
LOCALE_OR_ALL = _reading_locale("default", "all")

_DEVICE = Parameter(name="device_id", kind=DEVICE, help="the device", required=True)
_ACCOUNT = Parameter(
    name="account", kind=ACCOUNT, help="the account on that device; without it, any account"
)
_STATUS = Parameter(name="status", kind=STATUS, help="the status", required=True)
_DOMAIN = Parameter(name="domain", kind=DOMAIN, help="the domain; without it, all domains")
_PATTERN = Parameter(
    name="regex",
    kind=TEXT,
    help="a Java regular expression that matches the whole id of a device, whatever its case",
    required=True,
)

_ENTRIES = (
    Command(
        module="mobile",
        words=("ABQ", "allow"),
        summary="Allow a device that is quarantined",
        parameters=(_DEVICE, _ACCOUNT),
        examples=("mobile ABQ allow androidc133785981",),
        changes=True,
    ),
    Command(
        module="mobile",
        words=("ABQ", "block"),
        summary="Block a device that is quarantined",
        parameters=(_DEVICE, _ACCOUNT),
        examples=("mobile ABQ block androidc133785981 account user@example.com",),
        changes=True,
    ),
    Command(
        module="mobile",
        words=("ABQ", "set"),
        summary="Give a device a status, known or not",
        parameters=(_DEVICE, _STATUS, _ACCOUNT),
        examples=("mobile ABQ set androidc133785981 Blocked",),
        changes=True,
    ),
    Command(
        module="mobile",
        words=("ABQ", "delete"),
        summary="Take a device, or a device of one account, off the list",
        parameters=(_DEVICE, _ACCOUNT),
        examples=("mobile ABQ delete androidc133785981",),
        changes=True,
        note="Without an account all entries of the device go, those for single accounts as well.",
    ),
    Command(
        module="mobile",
        words=("ABQ", "list"),
        summary="List devices and their status",
        parameters=(Parameter(name="status", kind=STATUS, help="only these"),),
        examples=("mobile ABQ list status Quarantined",),
    ),
    Command(
        module="mobile",
        words=("ABQ", "import"),
        summary="Give all devices of a file a status",
        parameters=(
            Parameter(
                name="input_file",
                kind=PATH,
                help="a file with DEVICE_ID or DEVICE_ID/ACCOUNT on each line",
                required=True,
                file=True,
            ),
            _STATUS,
        ),
        examples=("mobile ABQ import /tmp/devices Allowed",),
        changes=True,
    ),
    Command(
        module="mobile",
        words=("ABQ", "explain"),
        summary="Say which entry, rule or mode decides about a device",
        parameters=(_DEVICE, _ACCOUNT),
        examples=("mobile ABQ explain androidc133785981 account user@example.com",),
    ),
)

_RULES = (
    Command(
        module="mobile",
        words=("ABQ", "listRules"),
        summary="List the rules, in the order in which they are asked",
        parameters=(Parameter(name="domain", kind=DOMAIN, help="those that count in it"),),
        examples=("mobile ABQ listRules domain example.com",),
    ),
    Command(
        module="mobile",
        words=("ABQ", "setRule"),
        summary="Add a rule for ids of devices, or change it",
        parameters=(
            _PATTERN,
            _STATUS,
            Parameter(
                name="order",
                kind=whole(-(2**31), 2**31 - 1, name="Long"),
                help="its place among the rules, the lowest is asked first",
                required=True,
            ),
            _DOMAIN,
            Parameter(
                name="dry_run",
                kind=BOOLEAN,
                help="change nothing, and say which known devices would change",
                default="false",
            ),
        ),
        examples=('mobile ABQ setRule "android.*" Blocked 10 domain example.com',),
        changes=True,
    ),
    Command(
        module="mobile",
        words=("ABQ", "deleteRule"),
        summary="Remove a rule",
        parameters=(_PATTERN, _DOMAIN),
        examples=('mobile ABQ deleteRule "android.*" domain example.com',),
        changes=True,
    ),
    Command(
        module="mobile",
        words=("ABQ", "setNotificationInterval"),
        summary="Say how often new quarantined devices are told of by mail",
        parameters=(Parameter(name="interval", kind=INTERVAL, help="0: never", required=True),),
        examples=("mobile ABQ setNotificationInterval 45m",),
        changes=True,
        repeatable=True,
    ),
)

_TYPE = Parameter(
    name="type", kind=MESSAGE_TYPE, help="for which devices the message is", required=True
)
_IN_DOMAIN = Parameter(name="domain", kind=DOMAIN, help="the domain", required=True)
_FIELDS = (
    Parameter(name="from", kind=FREE_TEXT, help="the sender"),
    Parameter(name="reply_to", kind=FREE_TEXT, help="where answers go"),
    Parameter(name="subject", kind=FREE_TEXT, help="the subject"),
    Parameter(name="body_plain", kind=FREE_TEXT, help="the text"),
    Parameter(name="body_plain_file", kind=PATH, help="a file with the text", file=True),
    Parameter(name="body_html", kind=FREE_TEXT, help="the text as HTML"),
    Parameter(name="body_html_file", kind=PATH, help="a file with the HTML", file=True),
)


def _locale(name: str, kind: Kind) -> Parameter:
    return Parameter(name=name, kind=kind, help="the language of the message", required=True)


def _of_scope(scope: str) -> tuple[Command, ...]:
    head = (_IN_DOMAIN, _TYPE) if scope == "domain" else (_TYPE,)
    where = "example.com " if scope == "domain" else ""
    return (
        Command(
            module="mobile",
            words=("setABQMessage", scope),
            summary="Write the message that blocked or quarantined devices find",
            parameters=(*head, _locale("locale", LOCALE), *_FIELDS),
            examples=(f'mobile setABQMessage {scope} {where}blocked default subject "No entry"',),
            changes=True,
            note="What is not given stays as it is; an empty text gives the built-in one back."
            " The locale default must be there before any other.",
        ),
        Command(
            module="mobile",
            words=("getABQMessage", scope),
            summary="Show messages",
            parameters=(*head, _locale("locale", LOCALE_OR_ALL)),
            examples=(f"mobile getABQMessage {scope} {where}quarantined all",),
        ),
        Command(
            module="mobile",
            words=("deleteABQMessage", scope),
            summary="Remove a message",
            parameters=(*head, _locale("locale", LOCALE)),
            examples=(f"mobile deleteABQMessage {scope} {where}blocked it",),
            changes=True,
        ),
        Command(
            module="mobile",
            words=("duplicateABQMessage", scope),
            summary="Copy a message to another locale",
            parameters=(*head, _locale("locale_from", LOCALE), _locale("locale_to", LOCALE)),
            examples=(f"mobile duplicateABQMessage {scope} {where}blocked default it",),
            changes=True,
        ),
    )


_MESSAGES = (
    *_of_scope("domain"),
    *_of_scope("global"),
    Command(
        module="mobile",
        words=("initABQMessage",),
        summary="Write the built-in texts where there is no global message yet",
        parameters=(
            Parameter(name="action", kind=choice("all"), help="all messages", required=True),
        ),
        examples=("mobile initABQMessage all",),
        changes=True,
    ),
)

COMMANDS: tuple[Command, ...] = (*_ENTRIES, *_RULES, *_MESSAGES)
