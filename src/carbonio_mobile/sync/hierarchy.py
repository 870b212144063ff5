"""What a device knows of the folder hierarchy, and how that differs from the hierarchy as it is.

Two generations are kept, as for collections: an answer that was lost is given again.

Spec: MS-ASCMD 2.2.2.4 (FolderSync), 2.2.3.181.3 (SyncKey of the folder commands).
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from zlib import crc32

from carbonio_mobile.errors import Corrupt
from carbonio_mobile.ids import ChangeToken, FolderId
from carbonio_mobile.sync.folders import Folder, FolderKind

DOCUMENT = "hierarchy"
"""The name under which a device's hierarchy state is stored."""

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFolders:
    """The folders that a device holds under one key; ``token`` is None where they were not read as
    a whole.
    """

    key: str
    token: ChangeToken | None
    folders: dict[FolderId, Folder]

    def with_folder(self, folder: Folder) -> "KnownFolders":
        """Give what the device knows once it made or changed a folder itself."""
        return replace(self, token=None, folders={**self.folders, folder.id: folder})

    def without(self, folder: FolderId) -> "KnownFolders":
        """Give what the device knows once it deleted a folder.

        Of what lay inside it shall be told: not every client takes away a whole tree by itself, and
        a subfolder may have been moved out meanwhile.
        """
        kept = {i: f for i, f in self.folders.items() if i != folder}
        return replace(self, token=None, folders=kept)

    def to_json(self) -> dict[str, Any]:
        """Give the stored form."""
        rows = [[f.id, f.parent, f.name, f.kind.value] for f in self.folders.values()]
        return {"key": self.key, "token": self.token, "folders": rows}

    @classmethod
    def from_json(cls, form: dict[str, Any]) -> "KnownFolders":
        """Read the stored form."""
        folders = [
            Folder(id=FolderId(i), parent=parent, name=name, kind=FolderKind(kind))
            for i, parent, name, kind in form["folders"]
        ]
        return cls(key=form["key"], token=form["token"], folders={f.id: f for f in folders})


@dataclass(frozen=True, slots=True, kw_only=True)
class HierarchyState:
    """Both generations of what a device knows of the hierarchy."""

    current: KnownFolders
    previous: KnownFolders | None = None

    def find(self, key: str) -> KnownFolders | None:
        """Give the generation that a key speaks of, or None."""
        if key == self.current.key:
            return self.current
        if self.previous is not None and key == self.previous.key:
            return self.previous
        return None

    def to_text(self) -> str:
        """Give the stored document."""
        form: dict[str, Any] = {"format": FORMAT, "current": self.current.to_json()}
        if self.previous is not None:
            form["previous"] = self.previous.to_json()
        return json.dumps(form, separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> "HierarchyState":
        """Read a stored document. Raises: Corrupt."""
        try:
            form = json.loads(text)
            if form["format"] != FORMAT:
                raise Corrupt(f"hierarchy state of format {form['format']}")
            previous = form.get("previous")
            return cls(
                current=KnownFolders.from_json(form["current"]),
                previous=None if previous is None else KnownFolders.from_json(previous),
            )
        except (ValueError, KeyError, TypeError) as exc:
            raise Corrupt("unreadable hierarchy state") from exc


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderChanges:
    """What a device must be told: additions parents first, no folder in two of the three."""

    added: tuple[Folder, ...]
    updated: tuple[Folder, ...]
    deleted: tuple[FolderId, ...]

    @property
    def count(self) -> int:
        """How many folders are named."""
        return len(self.added) + len(self.updated) + len(self.deleted)


def differences(known: KnownFolders | None, present: Iterable[Folder]) -> FolderChanges:
    """Compare what a device knows (None: nothing) with what there is, given parents first."""
    before = known.folders if known is not None else {}
    now = {folder.id: folder for folder in present}
    return FolderChanges(
        added=tuple(f for i, f in now.items() if i not in before),
        updated=tuple(f for i, f in now.items() if i in before and before[i] != f),
        deleted=tuple(i for i in before if i not in now),
    )


def first(chain: bytes, token: ChangeToken, present: Iterable[Folder]) -> HierarchyState:
    """Give the state after the answer to key 0; ``chain`` are 6 random octets."""
    folders = {folder.id: folder for folder in present}
    return HierarchyState(
        current=KnownFolders(key=f"{chain.hex()}.1.0", token=token, folders=folders)
    )


def advance(base: KnownFolders, made: KnownFolders) -> HierarchyState:
    """Give the state after an answer that took a device from ``base`` to ``made``; sets the key."""
    chain, count, _ = base.key.split(".")
    content = json.dumps(replace(made, key=base.key).to_json(), separators=(",", ":"))
    key = f"{chain}.{int(count) + 1}.{crc32(content.encode()):x}"
    return HierarchyState(current=replace(made, key=key), previous=base)
