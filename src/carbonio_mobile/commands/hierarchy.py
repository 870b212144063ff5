"""The folders that a device may see, and whether it has heard of all of them."""

from dataclasses import replace

from carbonio_mobile.commands.context import Call
from carbonio_mobile.eas import foldertypes
from carbonio_mobile.eas.items.classes import CLASSES
from carbonio_mobile.eas.version import Version
from carbonio_mobile.sync import hierarchy
from carbonio_mobile.sync.folders import Folder, Hierarchy
from carbonio_mobile.wbxml import Element

DOCUMENT = hierarchy.DOCUMENT


def needs(_document: Element | None) -> tuple[str, ...]:
    """Name the document that the folder commands look at."""
    return (DOCUMENT,)


def visible(present: Hierarchy, version: Version) -> tuple[Folder, ...]:
    """Give the folders that a device of that version is told of, parents first.

    A folder is shown if the server converts items of its class. One whose parent is not shown moves
    to the top level.
    """
    shown = {folder.id: folder for folder in present.folders if _shown(folder, version)}
    return tuple(
        folder if folder.parent is None or folder.parent in shown else replace(folder, parent=None)
        for folder in shown.values()
    )


async def outdated(call: Call) -> bool:
    """Tell whether FolderSync would have news for this device; no, where it never asked."""
    state = await load(call)
    if state is None:
        return False
    present = await call.mailbox.hierarchy()
    if present.token == state.current.token:
        return False
    return hierarchy.differences(state.current, visible(present, call.version)).count > 0


async def load(call: Call) -> hierarchy.HierarchyState | None:
    """Give what the device knows of the folders; None where it never asked. Raises: Corrupt."""
    documents = await call.documents((DOCUMENT,))
    text = documents.get(DOCUMENT)
    return None if text is None else hierarchy.HierarchyState.from_text(text)


async def save(call: Call, state: hierarchy.HierarchyState) -> None:
    """Store what the device knows of the folders."""
    await call.services.states.commit(call.device.key, {hierarchy.DOCUMENT: state.to_text()})


def _shown(folder: Folder, version: Version) -> bool:
    if folder.kind in foldertypes.NO_CLASS:
        return False
    number = foldertypes.type_number(folder.kind)
    return foldertypes.class_name(folder.kind) in CLASSES and foldertypes.listed(number, version)
