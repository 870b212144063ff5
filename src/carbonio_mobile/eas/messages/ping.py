"""Ping.

Spec: MS-ASCMD 2.2.1.13; commands.md section 6.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from carbonio_mobile.eas.messages.fields import folder_id, integer
from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.ids import FolderId
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import Ping


@dataclass(frozen=True, slots=True, kw_only=True)
class PingRequest:
    """Wait for changes; None stands for what the last Ping said (also all of it, in an empty
    request).
    """

    heartbeat_s: int | None = None
    folders: tuple[FolderId, ...] | None = None


def parse(root: Element | None) -> PingRequest:
    """Read a Ping; None is an empty request.

    Raises: ProtocolError, also for a folder named twice (MS-ASCMD R6699).
    """
    if root is None:
        return PingRequest()
    if root.tag is not Ping.Ping:
        raise ProtocolError(f"a document {root.tag.name}", expected="Ping")
    named = root.find(Ping.Folders)
    folders = None
    if named is not None:
        folders = tuple(folder_id(folder, Ping.Id) for folder in named.find_all(Ping.Folder))
        if len(set(folders)) < len(folders):
            raise ProtocolError("a folder named twice in Ping")
    return PingRequest(heartbeat_s=integer(root, Ping.HeartbeatInterval), folders=folders or None)


def build(
    status: int,
    *,
    heartbeat_s: int | None = None,
    folders: Iterable[FolderId] = (),
    folders_max: int | None = None,
) -> Element:
    """Write the answer: changed ``folders``, or the bound that a request went beyond."""
    changed = [Element(Ping.Folder, folder) for folder in folders]
    return Element(
        Ping.Ping,
        [
            Element(Ping.Status, str(int(status))),
            None if heartbeat_s is None else Element(Ping.HeartbeatInterval, str(heartbeat_s)),
            Element(Ping.Folders, changed) if changed else None,
            None if folders_max is None else Element(Ping.MaxFolders, str(folders_max)),
        ],
    )
