"""What the commands on account loggers do.

Spec: ../shared/carbonio/cli.md 2.5.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence

from carbonio_mobile.admin.answers import Answer, Lines, Listing, Said, Value
from carbonio_mobile.admin.calling import AdminCall, Respond
from carbonio_mobile.admin.catalogue.loggers import ALL_LOGGERS
from carbonio_mobile.admin.naming import account_named
from carbonio_mobile.admin.replay import Fresh, replay
from carbonio_mobile.directory.loggers import AccountLogger, Level, LoggerWish
from carbonio_mobile.interfaces import IAccountLoggers, IAccounts


class LoggerResponders:
    """Answers the commands on account loggers.

    ``fresh_server`` makes a server of its own with nothing in it, for a trace to run against.
    """

    def __init__(
        self,
        *,
        accounts: IAccounts,
        loggers: IAccountLoggers,
        fresh_server: Callable[[], Fresh],
    ) -> None:
        self._accounts = accounts
        self._loggers = loggers
        self._fresh_server = fresh_server

    def responders(self) -> Mapping[str, Respond]:
        """Give what answers each command."""
        return {
            "mobile doAddAccountLogger": self.add,
            "mobile doRemoveLogger": self.remove,
            "mobile getAccountLoggers": self.list,
            "mobile replayTrace": self.replay,
        }

    async def add(self, call: AdminCall) -> Answer:
        """Begin to write the traffic of an account."""
        account = await account_named(self._accounts, call.text("account"))
        added = await self._loggers.add(
            LoggerWish(
                account=account.id,
                name=account.name,
                level=Level[call.text("log_level").upper()],
                file=call.text("log_file"),
                window_size=call.optional_number("window_size"),
                redact=call.flag("redact"),
            )
        )
        return Said(
            text=f"logger {added.id} added, it writes the traffic of {account.name} "
            f"to {added.file}",
            details=_row(added),
        )

    async def remove(self, call: AdminCall) -> Answer:
        """End one logger, or all."""
        wished = call.text("logger_id")
        if wished == ALL_LOGGERS:
            count = await self._loggers.remove_all()
            return Said(text=f"{count} loggers removed", details={"removed": count})
        removed = await self._loggers.remove(int(wished))
        return Said(text=f"logger {removed.id} removed", details={"removed": 1})

    async def list(self, _call: AdminCall) -> Answer:
        """Tell which loggers are at work."""
        return Listing(heading="loggers", rows=_rows(await self._loggers.loggers()))

    async def replay(self, call: AdminCall) -> Answer:
        """Run a trace."""
        return Lines(rows=replay(call.upload, self._fresh_server()))


async def _rows(loggers: Sequence[AccountLogger]) -> AsyncIterator[Mapping[str, Value]]:
    for each in loggers:
        yield _row(each)


def _row(logger: AccountLogger) -> Mapping[str, Value]:
    wish = logger.wish
    more = [f"window size {wish.window_size}"] if wish.window_size else []
    more += ["redacted"] if wish.redact else []
    more += [logger.lost] if logger.lost else []
    return {
        "id": logger.id,
        "level": wish.level.name,
        "name": "AccountLogger",
        "description": ", ".join(
            [
                f"Logging account {wish.name} using level {wish.level.word}",
                f"log file {logger.file}",
                *more,
            ]
        ),
        "remove command": f"carbonio mobile doRemoveLogger {logger.id}",
    }
