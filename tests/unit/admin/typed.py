"""Ask responders what an administrator types, without a socket between."""

import shlex
from collections.abc import AsyncIterator, Iterable, Mapping

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from carbonio_mobile.admin.answers import Answer, Listing, Said, Tree
from carbonio_mobile.admin.calling import AdminCall, Caller, Respond
from carbonio_mobile.admin.declaring import Command, assign, read

CALLER = Caller(uid=0, groups=frozenset({0}), pid=1, name="root")


def call_of(commands: Iterable[Command], line: str, upload: bytes = b"") -> AdminCall:
    """Read a command line, without the program, as client and server do together."""
    words = shlex.split(line)
    folded = [word.lower() for word in words]

    def fits(command: Command) -> bool:
        named = command.name.lower().split()
        return folded[: len(named)] == named

    command = max(filter(fits, commands), key=lambda each: len(each.words))
    rest = words[1 + len(command.words) :]
    return AdminCall(
        command=command,
        values=read(command, assign(command, rest)),
        caller=CALLER,
        upload=_pieces(upload),
    )


async def _pieces(octets: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(octets), 7):
        yield octets[start : start + 7]


async def content(answer: Answer) -> object:
    """Give what an answer holds, its rows gathered."""
    if isinstance(answer, Said):
        return answer.text, answer.details
    if isinstance(answer, Tree):
        return answer.content
    rows = [row async for row in answer.rows]
    return (answer.heading, rows) if isinstance(answer, Listing) else rows


class AskingTestCase(SynchronousTestCase):
    """A test that types commands: subclasses give ``commands`` and ``table`` in their setUp."""

    commands: tuple[Command, ...] = ()
    table: Mapping[str, Respond]

    def ask(self, line: str, upload: bytes = b"") -> object:
        """Give the content of the answer."""
        return self.successResultOf(Deferred.fromCoroutine(self._ask(line, upload)))

    def refused(self, line: str, *errors: type[Exception], upload: bytes = b"") -> str:
        """Give the text of a refusal."""
        failed = Deferred.fromCoroutine(self._ask(line, upload))
        return str(self.failureResultOf(failed, *errors).value)

    async def _ask(self, line: str, upload: bytes) -> object:
        call = call_of(self.commands, line, upload)
        return await content(await self.table[call.command.name](call))
