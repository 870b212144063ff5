"""mark, move, delete: what changes items that are held."""

from argparse import Namespace
from collections.abc import Mapping

from carbonio_mobile.client import synctrees
from carbonio_mobile.client.applying import SyncResult
from carbonio_mobile.client.commands.naming import folder_named, grouped
from carbonio_mobile.client.faults import ClientFault
from carbonio_mobile.client.phone import Phone
from carbonio_mobile.client.program import Program
from carbonio_mobile.eas.status import SyncStatus
from carbonio_mobile.wbxml import Element

MARKS = {
    "read": synctrees.read(True),
    "unread": synctrees.read(False),
    "flagged": synctrees.flagged(),
    "unflagged": synctrees.unflagged(),
}
_WHY: Mapping[int, str] = {
    SyncStatus.CONFLICT: "it was changed elsewhere, which wins",
    SyncStatus.OBJECT_NOT_FOUND: "it is not there any more",
    SyncStatus.CONVERSION_ERROR: "the server cannot take it in this form",
}


async def mark(program: Program, arguments: Namespace) -> int:
    """Mark messages."""
    async with program.phone() as phone:
        for folder, ids in grouped(phone, arguments.ids).items():
            commands = [synctrees.change(one, MARKS[arguments.mark]) for one in ids]
            await applied(phone, folder, commands)
    _said(program, arguments, f"marked {arguments.mark}")
    return 0


async def delete(program: Program, arguments: Namespace) -> int:
    """Delete items, into the trash unless asked otherwise."""
    async with program.phone() as phone:
        for folder, ids in grouped(phone, arguments.ids).items():
            commands = [synctrees.delete(one) for one in ids]
            await applied(phone, folder, commands, deletes_as_moves=not arguments.for_good)
    _said(program, arguments, "deleted")
    return 0


async def move(program: Program, arguments: Namespace) -> int:
    """Move items."""
    async with program.phone() as phone:
        target = folder_named(phone, arguments.folder)
        for folder, ids in grouped(phone, arguments.ids).items():
            await phone.move(ids, folder, target.id)
    _said(program, arguments, f"moved to {target.name}")
    return 0


async def applied(
    phone: Phone, folder: str, commands: list[Element], *, deletes_as_moves: bool = True
) -> SyncResult:
    """Sync commands up, once more where the collection had to start over meanwhile.

    Raises: ClientFault where the server refuses one of them.
    """
    result = SyncResult(folder=folder)
    for _ in range(2):
        result = await phone.sync(folder, *commands, deletes_as_moves=deletes_as_moves)
        if result.status == SyncStatus.SUCCESS:
            break
        await phone.settle(folder)
    else:
        raise ClientFault(f"the server had to start {phone.path(folder)} over; try again")
    for name, status in result.refused.items():
        why = _WHY.get(status, f"status {status}")
        raise ClientFault(f"the server refused the change of {name}: {why}")
    return result


def _said(program: Program, arguments: Namespace, what: str) -> None:
    count = len(set(arguments.ids))
    noun = "message" if what.startswith("marked") else "item"
    counted = f"1 {noun}" if count == 1 else f"{count} {noun}s"
    program.screen.result({"done": what, "count": count}, [f"{counted} {what}"])
