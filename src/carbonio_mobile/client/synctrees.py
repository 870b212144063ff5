"""The documents of Sync, Ping and GetItemEstimate as a phone writes them.

Spec: MS-ASCMD 2.2.1.9, 2.2.1.13, 2.2.1.21; MS-ASEMAIL 3.1.5.4.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from carbonio_mobile.client.state import FIRST_KEY, PhoneCollection, SyncOptions
from carbonio_mobile.eas.times import format_datetime
from carbonio_mobile.eas.version import Version
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import (
    AirSync,
    AirSyncBase,
    Email,
    Email2,
    GetItemEstimate,
    Ping,
    Tasks,
)

_MIME = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be synchronised of one folder.

    ``options`` None leaves those in force. ``commands`` are Add, Change, Delete and Fetch elements
    (see the functions below). ``get_changes`` None says nothing, which asks for changes.
    """

    folder: str
    commands: Sequence[Element] = ()
    window: int = 100
    options: SyncOptions | None = None
    get_changes: bool | None = None
    deletes_as_moves: bool = True


def sync_document(
    collections: Iterable[Element], *, version: Version, wait_s: int | None = None
) -> Element:
    """Write a Sync. ``wait_s`` asks the server to hold it until there is news."""
    waiting = None
    if wait_s is not None:
        minutes = version < Version.V14_0
        tag = AirSync.Wait if minutes else AirSync.HeartbeatInterval
        waiting = Element(tag, str(wait_s // 60 if minutes else wait_s))
    return Element(AirSync.Sync, [Element(AirSync.Collections, list(collections)), waiting])


def first_collection(folder: str, version: Version) -> Element:
    """Write the part of a Sync that makes a collection begin."""
    return Element(
        AirSync.Collection,
        [
            _mail_class(version),
            Element(AirSync.SyncKey, FIRST_KEY),
            Element(AirSync.CollectionId, folder),
        ],
    )


def next_collection(wanted: Wanted, known: PhoneCollection, version: Version) -> Element:
    """Write the part of a Sync that goes on with a collection."""
    options = wanted.options or (None if known.options_told else known.options)
    changes = wanted.get_changes
    return Element(
        AirSync.Collection,
        [
            _mail_class(version),
            Element(AirSync.SyncKey, known.key),
            Element(AirSync.CollectionId, wanted.folder),
            None if wanted.deletes_as_moves else Element(AirSync.DeletesAsMoves, "0"),
            None if changes is None else Element(AirSync.GetChanges, "1" if changes else "0"),
            Element(AirSync.WindowSize, str(wanted.window)),
            None if options is None else _options(options, version),
            Element(AirSync.Commands, wanted.commands) if wanted.commands else None,
        ],
    )


def _mail_class(version: Version) -> Element | None:
    return Element(AirSync.Class, "Email") if version < Version.V14_0 else None


def _options(options: SyncOptions, version: Version) -> Element:
    mime = options.body_type == _MIME
    return Element(
        AirSync.Options,
        [
            Element(AirSync.FilterType, str(options.filter_type)),
            body_preference(options, version),
            Element(AirSync.Conflict, "0") if options.client_wins else None,
            Element(AirSync.MIMESupport, "2") if mime else None,
        ],
    )


def body_preference(options: SyncOptions, version: Version) -> Element:
    """Write the body that is wanted."""
    limit, preview = options.truncation_bytes, options.preview_chars
    shows_preview = preview and version >= Version.V14_0
    return Element(
        AirSyncBase.BodyPreference,
        [
            Element(AirSyncBase.Type, str(options.body_type)),
            None if limit is None else Element(AirSyncBase.TruncationSize, str(limit)),
            Element(AirSyncBase.Preview, str(preview)) if shows_preview else None,
        ],
    )


# Commands of the phone


def change(server_id: str, *content: Element, send: bool = False) -> Element:
    """Write a Change; ``send`` sends the draft that it is of (16.0 and later)."""
    return Element(
        AirSync.Change,
        [
            Element(AirSync.ServerId, server_id),
            Element(Email2.Send) if send else None,
            Element(AirSync.ApplicationData, content) if content or not send else None,
        ],
    )


def delete(server_id: str) -> Element:
    """Write a Delete."""
    return Element(AirSync.Delete, [Element(AirSync.ServerId, server_id)])


def fetch(server_id: str) -> Element:
    """Write a Fetch."""
    return Element(AirSync.Fetch, [Element(AirSync.ServerId, server_id)])


def add(client_id: str, *content: Element, send: bool = False) -> Element:
    """Write an Add of a draft; ``send`` sends it at once (16.0 and later)."""
    return Element(
        AirSync.Add,
        [
            Element(AirSync.ClientId, client_id),
            Element(Email2.Send) if send else None,
            Element(AirSync.ApplicationData, content),
        ],
    )


# What a Change may hold


def read(is_read: bool) -> Element:
    """Mark read or unread."""
    return Element(Email.Read, "1" if is_read else "0")


def flagged() -> Element:
    """Set the follow-up flag."""
    return Element(Email.Flag, [Element(Email.Status, "2"), Element(Email.FlagType, "Follow up")])


def flag_complete(at: float) -> Element:
    """Complete the follow-up flag, ``at`` in seconds UTC."""
    text = format_datetime(at)
    return Element(
        Email.Flag,
        [
            Element(Email.Status, "1"),
            Element(Email.CompleteTime, text),
            Element(Tasks.DateCompleted, text),
        ],
    )


def unflagged() -> Element:
    """Take the follow-up flag off."""
    return Element(Email.Flag)


def categories(*names: str) -> Element:
    """Set the categories (14.0 and later); none takes all off."""
    return Element(Email.Categories, [Element(Email.Category, name) for name in names])


# Ping and GetItemEstimate


def ping_document(heartbeat_s: int, folders: Iterable[str]) -> Element:
    """Write a Ping that names all of its parameters."""
    listed = [
        Element(Ping.Folder, [Element(Ping.Id, folder), Element(Ping.Class, "Email")])
        for folder in folders
    ]
    return Element(
        Ping.Ping,
        [Element(Ping.HeartbeatInterval, str(heartbeat_s)), Element(Ping.Folders, listed)],
    )


def estimate_document(known: Iterable[tuple[str, PhoneCollection]], version: Version) -> Element:
    """Write a GetItemEstimate for folders and their collections."""
    return Element(
        GetItemEstimate.GetItemEstimate,
        [
            Element(
                GetItemEstimate.Collections,
                [_estimated(folder, one, version) for folder, one in known],
            )
        ],
    )


def _estimated(folder: str, known: PhoneCollection, version: Version) -> Element:
    name = Element(GetItemEstimate.CollectionId, folder)
    key = Element(AirSync.SyncKey, known.key)
    filter_type = Element(AirSync.FilterType, str(known.options.filter_type))
    if version < Version.V14_0:
        mail = Element(GetItemEstimate.Class, "Email")
        return Element(GetItemEstimate.Collection, [mail, name, filter_type, key])
    options = Element(AirSync.Options, [filter_type])
    return Element(GetItemEstimate.Collection, [key, name, options])
