"""Commands on account loggers, and the running of what one of them traced.

Spec: ../shared/carbonio/cli.md 2.5.
"""

from typing import Final

from carbonio_mobile.admin import kinds
from carbonio_mobile.admin.declaring import Command, Kind, Parameter
from carbonio_mobile.directory.loggers import Level

ALL_LOGGERS: Final = "all_loggers"


def _logger(value: str) -> str:
    folded = value.strip().lower()
    if folded != ALL_LOGGERS and not (folded.isascii() and folded.isdigit() and len(folded) < 10):
        raise ValueError("no id")
    return folded


LOGGER = Kind(
    name="String",
    expected=f"the id of a logger, as getAccountLoggers tells it, or {ALL_LOGGERS}",
    read=_logger,
    words=(ALL_LOGGERS,),
)

COMMANDS: tuple[Command, ...] = (
    Command(
        module="mobile",
        words=("doAddAccountLogger",),
        summary="write the ActiveSync traffic of an account to a file",
        parameters=(
            Parameter(name="account", kind=kinds.ACCOUNT, help="whose traffic", required=True),
            Parameter(
                name="log_level",
                kind=kinds.choice(*(level.word for level in Level)),
                help="how much of it: crit and err hold failures, warn refusals too, info a line "
                "for each request, debug headers and documents, trace all",
                required=True,
            ),
            Parameter(
                name="log_file",
                kind=kinds.PATH,
                help="a file of the server's, below one of log.account_directories; a relative "
                "name stands below the first of them",
                required=True,
            ),
            Parameter(
                name="window_size",
                kind=kinds.whole(1, 512),
                help="the most items at a time for every device of the account, while the logger "
                "lives",
            ),
            Parameter(
                name="redact",
                kind=kinds.BOOLEAN,
                default="false",
                help="put placeholders where something personal stands, so that the file may be "
                "given away",
            ),
        ),
        examples=(
            "carbonio mobile doAddAccountLogger john@example.com debug /tmp/john.log",
            "carbonio mobile doAddAccountLogger john@example.com trace /tmp/john.log redact true",
        ),
        changes=True,
        note="Passwords are never written. Loggers are gone when the server stops; the files stay. "
        "A file that is full is begun anew, the one before is kept as NAME.1.",
    ),
    Command(
        module="mobile",
        words=("doRemoveLogger",),
        summary="end an account logger, or all of them; the files stay",
        parameters=(
            Parameter(
                name="logger_id", kind=LOGGER, help=f"its id, or {ALL_LOGGERS}", required=True
            ),
        ),
        examples=(
            "carbonio mobile doRemoveLogger 7",
            'carbonio mobile doRemoveLogger "all_loggers"',
        ),
        changes=True,
    ),
    Command(
        module="mobile",
        words=("getAccountLoggers",),
        summary="list the account loggers at work",
        examples=("carbonio mobile getAccountLoggers",),
    ),
    Command(
        module="mobile",
        words=("replayTrace",),
        summary="run the requests of a traced log against an empty store of their own",
        parameters=(
            Parameter(
                name="file",
                kind=kinds.PATH,
                help="what an account logger wrote at level trace, redacted or not",
                required=True,
                file=True,
            ),
        ),
        examples=("carbonio mobile replayTrace /tmp/john.log",),
        note="Nothing of the server's own is touched. Each step tells whether its statuses are "
        "those of the log. Sync keys, policy keys, ids of standard folders and of what the trace "
        "itself creates are translated; what else was in the mailbox is not there.",
    ),
)
