"""The root element that each command is answered with (MS-ASCMD 2.2.1)."""

from collections.abc import Mapping
from typing import Final

from carbonio_mobile.wbxml.codepages import (
    AirSync,
    ComposeMail,
    Find,
    FolderHierarchy,
    GetItemEstimate,
    ItemOperations,
    MeetingResponse,
    Move,
    Ping,
    Provision,
    ResolveRecipients,
    Search,
    Settings,
    ValidateCert,
)
from carbonio_mobile.wbxml.tokens import Tag

ROOTS: Final[Mapping[str, Tag]] = {
    "Find": Find.Find,
    "FolderCreate": FolderHierarchy.FolderCreate,
    "FolderDelete": FolderHierarchy.FolderDelete,
    "FolderSync": FolderHierarchy.FolderSync,
    "FolderUpdate": FolderHierarchy.FolderUpdate,
    "GetHierarchy": FolderHierarchy.Folders,
    "GetItemEstimate": GetItemEstimate.GetItemEstimate,
    "ItemOperations": ItemOperations.ItemOperations,
    "MeetingResponse": MeetingResponse.MeetingResponse,
    "MoveItems": Move.MoveItems,
    "Ping": Ping.Ping,
    "Provision": Provision.Provision,
    "ResolveRecipients": ResolveRecipients.ResolveRecipients,
    "Search": Search.Search,
    "SendMail": ComposeMail.SendMail,
    "Settings": Settings.Settings,
    "SmartForward": ComposeMail.SmartForward,
    "SmartReply": ComposeMail.SmartReply,
    "Sync": AirSync.Sync,
    "ValidateCert": ValidateCert.ValidateCert,
}
"""By the name of the command; a command that is answered without WBXML is not in it."""
