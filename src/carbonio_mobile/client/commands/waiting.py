"""ping: waiting for news."""

from argparse import Namespace

from carbonio_mobile.client.commands.naming import folder_named
from carbonio_mobile.client.phone import PingResult
from carbonio_mobile.client.program import Program
from carbonio_mobile.client.screen import clean
from carbonio_mobile.eas.status import PingStatus

NOTHING_NEW = 3
"""The exit status of a ping whose heartbeat passed without news."""


async def ping(program: Program, arguments: Namespace) -> int:
    """Wait once, and say what ended it."""
    async with program.waiting_phone() as phone:
        folders = [folder_named(phone, name).id for name in arguments.folders or ["inbox"]]
        if not program.screen.json:
            names = ", ".join(clean(phone.path(folder)) for folder in folders)
            program.screen.remark(f"waiting for news in {names}, {arguments.heartbeat} s at most")
        result = await phone.ping(folders, heartbeat_s=arguments.heartbeat)
        changed = [phone.path(folder) for folder in result.folders]
        value = {"status": result.status, "folders": changed}
        program.screen.result(value, [_words(result, changed)])
    return NOTHING_NEW if result.status == PingStatus.EXPIRED else 0


def _words(result: PingResult, changed: list[str]) -> str:
    if result.status == PingStatus.CHANGES:
        return f"news in {clean(', '.join(changed))}"
    if result.status == PingStatus.HIERARCHY_CHANGED:
        return "the folders changed"
    return "nothing new"


async def wait_for_news(program: Program, folders: list[str], *, heartbeat_s: int) -> list[str]:
    """Wait until there is news; gives the folders that have it (all, if the folders changed)."""
    while True:
        async with program.waiting_phone() as phone:
            known = [folder for folder in folders if folder in phone.folders]
            result = await phone.ping(known, heartbeat_s=heartbeat_s)
        if result.status == PingStatus.CHANGES:
            return list(result.folders)
        if result.status == PingStatus.HIERARCHY_CHANGED:
            return known
