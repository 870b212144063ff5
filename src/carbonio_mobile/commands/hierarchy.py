"""The folders that a device may see, and whether it has heard of all of them."""

import json
from collections.abc import Collection
from dataclasses import dataclass, replace

from carbonio_mobile.commands.context import Call
from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.eas import foldertypes
from carbonio_mobile.eas.clients import Traits
from carbonio_mobile.eas.items.classes import CLASSES
from carbonio_mobile.eas.version import Version
from carbonio_mobile.ids import ChangeToken, FolderId
from carbonio_mobile.sync import hierarchy
from carbonio_mobile.sync.folders import Folder, Hierarchy
from carbonio_mobile.sync.state import document_name
from carbonio_mobile.wbxml import Element

DOCUMENT = hierarchy.DOCUMENT

TOLD = "hierarchy-told"
"""The document that says in a word what was told last: key and token. The whole state grows with
the folders; nearly always this is enough.
"""

VANISHED = "vanished-folders"
"""The document that counts, by folder, how often a device asked for one that is not there."""

VANISHED_MAX = 3

SHOW_ALL = "carbonioMobileShowAllFolders"
"""The attribute with which an account has all its folders shown, whatever the device can do."""


def needs(_document: Element | None) -> tuple[str, ...]:
    """Name the documents that the folder commands look at."""
    return (DOCUMENT, TOLD, VANISHED)


def visible(
    present: Hierarchy, version: Version, single: Collection[str] = ()
) -> tuple[Folder, ...]:
    """Give the folders that a device of that version is told of, parents first.

    A folder is shown if the server converts items of its class; of the classes in ``single`` only
    the standard one. One whose parent is not shown moves to the top level.
    """
    shown = {folder.id: folder for folder in present.folders if _shown(folder, version, single)}
    return tuple(
        folder if folder.parent is None or folder.parent in shown else replace(folder, parent=None)
        for folder in shown.values()
    )


def single_classes(account: Account, traits: Traits) -> frozenset[str]:
    """Name the classes of which a device is told of one folder only (client-quirks 4.7, 6.5, 7)."""
    return frozenset() if account.flag(SHOW_ALL, default=False) else traits.one_folder_of


def visible_to(call: Call, present: Hierarchy) -> tuple[Folder, ...]:
    """Give the folders that the device of a call is told of, parents first."""
    return visible(present, call.version, single_classes(call.account, call.traits))


def seen_as(call: Call, token: ChangeToken) -> ChangeToken:
    """Give a token of the hierarchy as the device of a call sees it: another where it sees another.

    So that what it is shown changes with the account's wish, though no folder did.
    """
    single = single_classes(call.account, call.traits)
    return ChangeToken("-".join((token, *sorted(single)))) if single else token


@dataclass(frozen=True, slots=True)
class Told:
    """Under which key a device was told of the hierarchy as it was at ``token``."""

    key: str
    token: ChangeToken

    @classmethod
    def parse(cls, text: str | None) -> "Told | None":
        """Read the stored form; None where there is none that can be read."""
        key, space, token = (text or "").partition(" ")
        return cls(key, ChangeToken(token)) if space else None


async def outdated(call: Call) -> bool:
    """Tell whether FolderSync would have news for this device; no, where it never asked.

    Costs O(1) as long as nothing happened to the folders.
    """
    told = Told.parse((await call.documents((TOLD,))).get(TOLD))
    token = seen_as(call, await call.mailbox.hierarchy_token())
    if told is not None and told.token == token:
        return False
    state = await load(call)
    if state is None:
        return False
    present = await call.mailbox.hierarchy()
    if hierarchy.differences(state.current, visible_to(call, present)).count > 0:
        return True
    await note_told(call, state.current.key, seen_as(call, present.token))
    return False


async def load(call: Call) -> hierarchy.HierarchyState | None:
    """Give what the device knows of the folders; None where it never asked. Raises: Corrupt."""
    documents = await call.documents((DOCUMENT,))
    text = documents.get(DOCUMENT)
    return None if text is None else hierarchy.HierarchyState.from_text(text)


async def save(call: Call, state: hierarchy.HierarchyState) -> None:
    """Store what the device knows of the folders, and drop the states of those that are gone."""
    current = state.current
    told = None if current.token is None else f"{current.key} {current.token}"
    documents: dict[str, str | None] = {DOCUMENT: state.to_text(), TOLD: told, VANISHED: None}
    if state.previous is not None:
        gone = state.previous.folders.keys() - current.folders.keys()
        documents |= {document_name(folder): None for folder in gone}
    await call.services.states.commit(call.device.key, documents)


async def note_told(call: Call, key: str, token: ChangeToken) -> None:
    """Note that under a key nothing is new up to a token."""
    await call.services.states.commit(call.device.key, {TOLD: f"{key} {token}"})


async def count_vanished(call: Call, folder: FolderId) -> None:
    """Note that a device asked for a folder that is not there."""
    counts = read_vanished((await call.documents((VANISHED,))).get(VANISHED))
    counts[folder] = counts.get(folder, 0) + 1
    kept = dict(list(counts.items())[-VANISHED_MAX * 10 :])
    await call.services.states.commit(call.device.key, {VANISHED: json.dumps(kept)})


def read_vanished(text: str | None) -> dict[FolderId, int]:
    """Read the stored counts; unreadable ones are none."""
    try:
        stored = json.loads(text) if text else {}
        return {FolderId(folder): int(count) for folder, count in stored.items()}
    except (ValueError, TypeError, AttributeError):
        return {}


def _shown(folder: Folder, version: Version, single: Collection[str]) -> bool:
    if folder.kind in foldertypes.NO_CLASS:
        return False
    held = foldertypes.class_name(folder.kind)
    if held in single and not folder.kind.standard:
        return False
    return held in CLASSES and foldertypes.listed(foldertypes.type_number(folder.kind), version)
