"""The documents of Sync, Ping and GetItemEstimate as a phone writes them.

Spec: MS-ASCMD 2.2.1.9, 2.2.1.13, 2.2.1.21; MS-ASEMAIL 3.1.5.4.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from carbonio_mobile.client import classes
from carbonio_mobile.client.classes import EMAIL
from carbonio_mobile.client.state import FIRST_KEY, PhoneCollection, SyncOptions
from carbonio_mobile.eas.times import format_compact, format_datetime
from carbonio_mobile.eas.version import Version, knows
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


def first_collection(folder: str, version: Version, class_name: str = EMAIL) -> Element:
    """Write the part of a Sync that makes a collection begin."""
    supported = [Element(tag) for tag in classes.supported(class_name, version)]
    return Element(
        AirSync.Collection,
        [
            _class(class_name, version),
            Element(AirSync.SyncKey, FIRST_KEY),
            Element(AirSync.CollectionId, folder),
            Element(AirSync.Supported, supported) if supported else None,
        ],
    )


def next_collection(
    wanted: Wanted, known: PhoneCollection, version: Version, class_name: str = EMAIL
) -> Element:
    """Write the part of a Sync that goes on with a collection."""
    options = wanted.options or (None if known.options_told else known.options)
    changes = wanted.get_changes
    return Element(
        AirSync.Collection,
        [
            _class(class_name, version),
            Element(AirSync.SyncKey, known.key),
            Element(AirSync.CollectionId, wanted.folder),
            None if wanted.deletes_as_moves else Element(AirSync.DeletesAsMoves, "0"),
            None if changes is None else Element(AirSync.GetChanges, "1" if changes else "0"),
            Element(AirSync.WindowSize, str(wanted.window)),
            *([] if options is None else _options(options, version, class_name)),
            Element(AirSync.Commands, wanted.commands) if wanted.commands else None,
        ],
    )


def _class(name: str, version: Version) -> Element | None:
    return Element(AirSync.Class, name) if version < Version.V14_0 else None


def _options(options: SyncOptions, version: Version, class_name: str) -> list[Element]:
    filter_type = classes.usable_filter(class_name, options.filter_type)
    shown = None if filter_type is None else Element(AirSync.FilterType, str(filter_type))
    conflict = Element(AirSync.Conflict, "0") if options.client_wins else None
    bodies = body_wishes(options, version, class_name)
    block = Element(AirSync.Options, [shown, *bodies, conflict])
    if not options.sms or class_name != EMAIL or version < Version.V14_0:
        return [block]
    sms = [Element(AirSync.Class, "SMS"), shown, body_preference(options, version)]
    mail = [shown, Element(AirSync.Class, EMAIL), *bodies, conflict]
    return [Element(AirSync.Options, mail), Element(AirSync.Options, sms)]


_TRUNCATIONS = (0, 512, 1024, 2048, 5120, 10240, 20480, 51200, 102400)
"""The scale of 2.5, in characters (MS-ASCMD R7356 to R7365); the number beyond it is no limit."""


def body_wishes(
    options: SyncOptions, version: Version, class_name: str = EMAIL
) -> list[Element | None]:
    """Write how bodies are wanted, in the form of the version."""
    mime = options.body_type == _MIME and class_name == EMAIL
    support = Element(AirSync.MIMESupport, "2") if mime else None
    if knows(version, AirSyncBase.BodyPreference):
        return [body_preference(options, version), support]
    limit = options.truncation_bytes
    number = len(_TRUNCATIONS) if limit is None else sum(one < limit for one in _TRUNCATIONS)
    whole = Element(AirSync.MIMETruncation, "8") if mime else None
    return [Element(AirSync.Truncation, str(number)), support, whole]


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


def change(
    server_id: str, *content: Element, send: bool = False, instance: float | None = None
) -> Element:
    """Write a Change; from 16.0 on ``send`` sends the draft that it is of.

    ``instance`` names the one occurrence of an event that changes, by its original start (16.0 and
    later).
    """
    return Element(
        AirSync.Change,
        [
            Element(AirSync.ServerId, server_id),
            _instance(instance),
            Element(Email2.Send) if send else None,
            Element(AirSync.ApplicationData, content) if content or not send else None,
        ],
    )


def delete(server_id: str, *, instance: float | None = None) -> Element:
    """Write a Delete, of one occurrence only where ``instance`` names it (16.0 and later)."""
    return Element(AirSync.Delete, [Element(AirSync.ServerId, server_id), _instance(instance)])


def _instance(at: float | None) -> Element | None:
    return None if at is None else Element(AirSyncBase.InstanceId, format_compact(at))


def fetch(server_id: str) -> Element:
    """Write a Fetch."""
    return Element(AirSync.Fetch, [Element(AirSync.ServerId, server_id)])


def add(client_id: str, *content: Element, send: bool = False, item_class: str = "") -> Element:
    """Write an Add; ``send`` sends the draft that it is at once (16.0 and later).

    ``item_class`` is said only where it is not that of the folder: SMS (14.0 and later).
    """
    return Element(
        AirSync.Add,
        [
            Element(AirSync.Class, item_class) if item_class else None,
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


def ping_document(heartbeat_s: int, folders: Iterable[tuple[str, str]]) -> Element:
    """Write a Ping that names all of its parameters; ``folders`` are ids with their classes."""
    listed = [
        Element(Ping.Folder, [Element(Ping.Id, folder), Element(Ping.Class, class_name)])
        for folder, class_name in folders
    ]
    return Element(
        Ping.Ping,
        [Element(Ping.HeartbeatInterval, str(heartbeat_s)), Element(Ping.Folders, listed)],
    )


def estimate_document(
    known: Iterable[tuple[str, str, PhoneCollection]], version: Version
) -> Element:
    """Write a GetItemEstimate for folders: their ids, classes and collections."""
    return Element(
        GetItemEstimate.GetItemEstimate,
        [
            Element(
                GetItemEstimate.Collections,
                [_estimated(folder, name, one, version) for folder, name, one in known],
            )
        ],
    )


def _estimated(folder: str, class_name: str, known: PhoneCollection, version: Version) -> Element:
    name = Element(GetItemEstimate.CollectionId, folder)
    key = Element(AirSync.SyncKey, known.key)
    wanted = classes.usable_filter(class_name, known.options.filter_type)
    filter_type = None if wanted is None else Element(AirSync.FilterType, str(wanted))
    if version < Version.V14_0:
        class_ = Element(GetItemEstimate.Class, class_name)
        return Element(GetItemEstimate.Collection, [class_, name, filter_type, key])
    options = None if filter_type is None else Element(AirSync.Options, [filter_type])
    return Element(GetItemEstimate.Collection, [key, name, options])
