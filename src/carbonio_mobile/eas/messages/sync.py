"""Sync: the request with its collections, options and commands.

Spec: MS-ASCMD 2.2.1.21; commands.md section 4.
"""

from dataclasses import dataclass, field, replace
from enum import Enum

from carbonio_mobile.eas.bodies import BodyOptions
from carbonio_mobile.eas.messages.fields import boolean, folder_id, identity, integer
from carbonio_mobile.eas.status import SyncStatus
from carbonio_mobile.eas.version import Version, knows
from carbonio_mobile.errors import CarbonioMobileError, ProtocolError
from carbonio_mobile.ids import FolderId
from carbonio_mobile.wbxml import Element, Tag
from carbonio_mobile.wbxml.codepages import AirSync, AirSyncBase, Email2

WINDOW_DEFAULT = 100
WINDOW_MAX = 512
COMMANDS_MAX = 200
SUPPORTED_MAX = 200
CLASS_CHARS = 32
EMPTY_ANSWERS_SINCE = Version.V12_1
"""From here on a Sync may be empty, wait, be partial, and be answered with nothing."""
CLASS_UNTIL = Version.V14_0
"""Below this a collection is named by its Class as well as its id (MS-ASCMD R6319)."""
_LIMIT_STATUSES = (SyncStatus.INVALID_INTERVAL, SyncStatus.TOO_MANY_COLLECTIONS)


class SyncFault(CarbonioMobileError):
    """A whole Sync ends with a status of its own; ``limit`` is the bound that was passed."""

    def __init__(self, status: SyncStatus, limit: int | None = None) -> None:
        super().__init__(f"Sync status {int(status)}")
        self.status = status
        self.limit = limit


class CommandKind(Enum):
    """What a device asks to do with an item."""

    ADD = "Add"
    CHANGE = "Change"
    DELETE = "Delete"
    FETCH = "Fetch"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCommand:
    """One command on an item. ``name`` is the ClientId of an ADD, the ServerId of all others, as
    sent.

    ``element`` is the whole command as it came; ``content`` its ApplicationData. ``instance`` is
    the InstanceId of one occurrence of an event, as sent (MS-ASAIRS R1175).
    """

    kind: CommandKind
    name: str
    item_class: str = ""
    send: bool = False
    instance: str = ""
    element: Element = field(repr=False)
    content: Element | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionOptions:
    """The sticky options of a collection.

    ``filter_type`` as in MS-ASCMD 2.2.3.68.2; ``client_wins`` resolves conflicts. ``sms`` is how
    text messages are wanted, None where they are not. ``max_items`` (0: all) bounds the recipient
    information cache (MS-ASCMD R3274).
    """

    filter_type: int = 0
    client_wins: bool = False
    body: BodyOptions
    sms: BodyOptions | None = None
    max_items: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionRequest:
    """What a device says about one folder.

    ``get_changes`` None means what the key implies; ``options`` None keeps the ones in force.
    ``remembered``: the device did not name the folder, it stands here because it did last time.
    ``supported`` are the properties of Supported, None where there was none (MS-ASCMD 2.2.3.179).
    ``class_name`` is the Class that devices up to 12.1 name and get back (R6319), else empty.
    """

    sync_key: str
    collection: FolderId
    deletes_as_moves: bool = True
    get_changes: bool | None = None
    window: int = WINDOW_DEFAULT
    conversation_mode: bool = False
    options: CollectionOptions | None = None
    commands: tuple[ClientCommand, ...] = ()
    remembered: bool = False
    supported: tuple[Tag, ...] | None = None
    class_name: str = ""

    @property
    def wants_changes(self) -> bool:
        """Whether changes of the server are to be sent (MS-ASCMD R5555, R5556)."""
        return self.sync_key != "0" and self.get_changes is not False


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncRequest:
    """A Sync. ``wait_s`` None answers at once; ``partial``: collections not named are as last time.

    ``wait_in_minutes`` tells in which unit the device counts, for the bounds it is told. ``window``
    caps the sum over all collections; None where the device said nothing.
    """

    collections: tuple[CollectionRequest, ...]
    wait_s: int | None = None
    wait_in_minutes: bool = False
    window: int | None = None
    partial: bool = False


@dataclass(slots=True, kw_only=True)
class CollectionAnswer:
    """What is said about one collection; nothing but the status where it is no success.

    ``class_name`` is that of the request.
    """

    collection: FolderId
    status: SyncStatus = SyncStatus.SUCCESS
    sync_key: str | None = None
    more: bool = False
    commands: list[Element] = field(default_factory=list)
    responses: list[Element] = field(default_factory=list)
    class_name: str = ""


def parse(root: Element, version: Version) -> SyncRequest:
    """Read a Sync that has a body.

    Raises: ProtocolError for what the grammar does not allow, SyncFault where a status of its own
    says what is wrong.
    """
    if root.tag is not AirSync.Sync:
        raise ProtocolError(f"a document {root.tag.name}", expected="Sync")
    listed = root.find(AirSync.Collections)
    named = [] if listed is None else listed.find_all(AirSync.Collection)
    collections = tuple(_collection(element, version) for element in named)
    if len({c.collection for c in collections}) < len(collections):
        raise ProtocolError("a collection named twice")
    if sum(len(c.commands) for c in collections) > COMMANDS_MAX:
        raise ProtocolError("too many commands", expected=f"at most {COMMANDS_MAX}")
    return SyncRequest(
        collections=collections,
        wait_s=_wait(root, version),
        wait_in_minutes=knows(version, AirSync.Wait) and root.has(AirSync.Wait),
        window=_whole_window(root, version),
        partial=knows(version, AirSync.Partial) and root.has(AirSync.Partial),
    )


def in_full(
    answers: list[CollectionAnswer], request: SyncRequest, version: Version
) -> list[CollectionAnswer]:
    """Give the answers in the form that devices of a version read.

    Up to 12.0 there is no empty answer (MS-ASCMD R667 came with 12.1): a collection without news is
    told its key again. Up to 12.1 the Class that the device named is repeated (R1327). The order is
    that of ``answers`` from 12.1 on, that of the request before.
    """
    asked = {one.collection: one for one in request.collections}
    for answer in answers:
        known = asked.get(answer.collection)
        answer.class_name = "" if known is None else known.class_name
    if version >= EMPTY_ANSWERS_SINCE:
        return answers
    said = {answer.collection: answer for answer in answers}
    return [
        said.get(one.collection)
        or CollectionAnswer(
            collection=one.collection, sync_key=one.sync_key, class_name=one.class_name
        )
        for one in request.collections
    ]


def build(answers: list[CollectionAnswer]) -> Element:
    """Write an answer that has something to say about collections."""
    return Element(
        AirSync.Sync,
        [Element(AirSync.Collections, [_answer(answer) for answer in answers])],
    )


def build_fault(status: SyncStatus, limit: int | None = None) -> Element:
    """Write an answer about the whole request."""
    bound = None
    if limit is not None and status in _LIMIT_STATUSES:
        bound = Element(AirSync.Limit, str(limit))
    return Element(AirSync.Sync, [Element(AirSync.Status, str(int(status))), bound])


def _answer(answer: CollectionAnswer) -> Element:
    """Write one collection."""
    if answer.status is not SyncStatus.SUCCESS and answer.sync_key is None:
        # A client that is told to start over reads the key before the status.
        answer.sync_key = "0"
    return Element(
        AirSync.Collection,
        [
            Element(AirSync.Class, answer.class_name) if answer.class_name else None,
            Element(AirSync.SyncKey, answer.sync_key),
            Element(AirSync.CollectionId, answer.collection),
            Element(AirSync.Status, str(int(answer.status))),
            Element(AirSync.MoreAvailable) if answer.more else None,
            Element(AirSync.Responses, answer.responses) if answer.responses else None,
            Element(AirSync.Commands, answer.commands) if answer.commands else None,
        ],
    )


def _collection(element: Element, version: Version) -> CollectionRequest:
    commands = element.find(AirSync.Commands)
    return CollectionRequest(
        sync_key=identity(element, AirSync.SyncKey),
        collection=folder_id(element, AirSync.CollectionId),
        deletes_as_moves=boolean(element, AirSync.DeletesAsMoves) is not False,
        get_changes=boolean(element, AirSync.GetChanges),
        window=_window(element) if element.has(AirSync.WindowSize) else WINDOW_DEFAULT,
        conversation_mode=(
            knows(version, AirSync.ConversationMode)
            and boolean(element, AirSync.ConversationMode) is True
        ),
        options=_options(element.find_all(AirSync.Options), version),
        commands=() if commands is None else tuple(_command(child) for child in commands),
        supported=_supported(element),
        class_name=element.value(AirSync.Class, "")[:CLASS_CHARS] if version < CLASS_UNTIL else "",
    )


def _window(element: Element) -> int:
    """Read a WindowSize: empty, 0 or above 512 is 512 (MS-ASCMD R4767, R4768)."""
    size = integer(element, AirSync.WindowSize) or WINDOW_MAX
    return min(size, WINDOW_MAX)


def _whole_window(root: Element, version: Version) -> int | None:
    """Read the WindowSize of the whole answer, which came with Wait and Partial."""
    if not root.has(AirSync.WindowSize) or version < EMPTY_ANSWERS_SINCE:
        return None
    return _window(root)


def _wait(root: Element, version: Version) -> int | None:
    """Read how long the device waits; what its version does not know is passed over."""
    minutes, seconds = (
        integer(root, tag) if knows(version, tag) else None
        for tag in (AirSync.Wait, AirSync.HeartbeatInterval)
    )
    if minutes is not None and seconds is not None:
        raise ProtocolError("both Wait and HeartbeatInterval", expected="one of them (R3162)")
    return minutes * 60 if minutes is not None else seconds


def _options(blocks: list[Element], version: Version) -> CollectionOptions | None:
    """Read the Options of the folder's class; a second block may be for SMS only (R929, R930)."""
    if not blocks:
        return None
    classes = [block.value(AirSync.Class, "Email") for block in blocks]
    if len(blocks) > 2 or len(set(classes)) < len(classes):
        raise ProtocolError("Options of one class twice (R934, R935)")
    if len(blocks) == 2 and "SMS" not in classes:
        raise ProtocolError("two Options blocks", expected="Email and SMS")
    if "SMS" in classes and version < Version.V14_0:
        raise ProtocolError("Options for SMS before 14.0 (R6298)")
    by_class = dict(zip(classes, blocks, strict=True))
    sms = by_class.pop("SMS", None)
    wanted = None if sms is None else BodyOptions.parse(sms, version)
    own = next(iter(by_class.values()), None)
    if own is None:
        return None if wanted is None else CollectionOptions(body=BodyOptions(), sms=wanted)
    return replace(_item_options(own, version), sms=wanted)


def _supported(collection: Element) -> tuple[Tag, ...] | None:
    supported = collection.find(AirSync.Supported)
    if supported is None:
        return None
    if len(supported.children) > SUPPORTED_MAX:
        raise ProtocolError("too many properties in Supported")
    return tuple(child.tag for child in supported)


def _item_options(block: Element, version: Version) -> CollectionOptions:
    return CollectionOptions(
        filter_type=integer(block, AirSync.FilterType, high=8) or 0,
        client_wins=integer(block, AirSync.Conflict, high=1) == 0,
        body=BodyOptions.parse(block, version),
        max_items=integer(block, AirSync.MaxItems) or 0,
    )


_KINDS: dict[Tag, CommandKind] = {
    AirSync.Add: CommandKind.ADD,
    AirSync.Change: CommandKind.CHANGE,
    AirSync.Delete: CommandKind.DELETE,
    AirSync.Fetch: CommandKind.FETCH,
}


def _command(element: Element) -> ClientCommand:
    kind = _KINDS.get(element.tag)
    if kind is None:
        raise ProtocolError(f"{element.tag.name} is no command of Sync")
    content = element.find(AirSync.ApplicationData)
    needs_content = kind in (CommandKind.ADD, CommandKind.CHANGE)
    if needs_content and content is None and not element.has(Email2.Send):
        raise ProtocolError(f"{kind.value} without ApplicationData")
    is_add = kind is CommandKind.ADD
    return ClientCommand(
        kind=kind,
        # An item that cannot be is told its own status; some devices send empty server ids.
        name=identity(element, AirSync.ClientId) if is_add else element.value(AirSync.ServerId, ""),
        item_class=element.value(AirSync.Class, ""),
        send=element.has(Email2.Send),
        instance=element.value(AirSyncBase.InstanceId, ""),
        element=element,
        content=content,
    )
