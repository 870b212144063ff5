"""Administrators' lines, asked of responders without a socket."""

from collections.abc import Mapping, Sequence

from carbonio_mobile.admin.answers import Listing, Value
from carbonio_mobile.admin.calling import AdminCall, Caller, Respond
from carbonio_mobile.admin.declaring import Command, assign, read

ROOT = Caller(uid=0, groups=frozenset({0}), pid=1, name="root")


async def ask(
    commands: Sequence[Command], responders: Mapping[str, Respond], name: str, *words: str
) -> object:
    """Type ``mobile NAME WORDS…``; gives the answer."""
    command = next(each for each in commands if each.name == f"mobile {name}")
    values = read(command, assign(command, words))
    return await responders[command.name](AdminCall(command=command, values=values, caller=ROOT))


async def rows(answer: object) -> list[Mapping[str, Value]]:
    """Give the rows of a listing."""
    assert isinstance(answer, Listing)
    return [row async for row in answer.rows]
