"""The sticky options of a collection as they stand in its state, and the source they lead to.

Spec: MS-ASCMD 2.2.3.126.5 (Options), 2.2.3.179 (Supported).
"""

from typing import Any

from carbonio_mobile.commands.context import Call
from carbonio_mobile.commands.itemsource import ItemSource
from carbonio_mobile.commands.mailsource import MailSource
from carbonio_mobile.commands.objectsource import ObjectSource
from carbonio_mobile.eas import foldertypes
from carbonio_mobile.eas.bodyoptions import BodyOptions
from carbonio_mobile.eas.items.classes import OBJECT_CLASSES, RECIPIENTS
from carbonio_mobile.eas.items.context import Ghosts
from carbonio_mobile.eas.messages.sync import CollectionOptions
from carbonio_mobile.eas.version import Version
from carbonio_mobile.ids import FolderId
from carbonio_mobile.policy.limits import narrowed
from carbonio_mobile.sync.changes import NEWEST, OLDEST, Position
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.sync.state import Generation
from carbonio_mobile.sync.window import floor
from carbonio_mobile.wbxml import Tag
from carbonio_mobile.wbxml.pages import tag_of

BODY_BYTES_MAX = 1 << 24
"""The largest body in a Sync: it is a string, and longer ones no device is known to take. What is
cut here can be fetched.
"""

_SUPPORTED = "supported"


def options_to_json(options: CollectionOptions | None) -> dict[str, Any]:
    """Give the stored form of what a request said."""
    if options is None:
        return {}
    form: dict[str, Any] = {
        "filter": options.filter_type,
        "client_wins": options.client_wins,
        "body": options.body.to_json(),
    }
    if options.sms is not None:
        form["sms"] = options.sms.to_json()
    if options.max_items:
        form["max_items"] = options.max_items
    return form


def replaced(stored: dict[str, Any], options: CollectionOptions) -> dict[str, Any]:
    """Give the stored form after new Options; Supported stays as it was said at the beginning."""
    kept = {_SUPPORTED: stored[_SUPPORTED]} if _SUPPORTED in stored else {}
    return options_to_json(options) | kept


def with_supported(form: dict[str, Any], supported: tuple[Tag, ...] | None) -> dict[str, Any]:
    """Give the stored form together with what stands in Supported of the first request."""
    if supported is None:
        return form
    return form | {_SUPPORTED: [[tag.page, tag.token] for tag in supported]}


def options_of(made: Generation) -> CollectionOptions:
    """Read the options in force."""
    stored = made.options
    sms = stored.get("sms")
    return CollectionOptions(
        filter_type=stored.get("filter", 0),
        client_wins=stored.get("client_wins", False),
        body=BodyOptions.from_json(stored.get("body", {})).within(BODY_BYTES_MAX),
        sms=None if sms is None else BodyOptions.from_json(sms).within(BODY_BYTES_MAX),
        max_items=stored.get("max_items", 0),
    )


async def window_end(
    call: Call, folder: FolderId, kind: FolderKind | None, options: CollectionOptions
) -> Position:
    """Give the oldest position that a device is told of.

    It follows from the age that device and policy let through, or from how many recipients the
    device keeps (MS-ASCMD R3273). Raises: NotFound (folder).
    """
    if kind is FolderKind.RECIPIENT_CACHE and options.max_items:
        page = await call.mailbox.listing(
            folder, below=NEWEST, down_to=OLDEST, limit=options.max_items
        )
        return page.heads[-1].position if len(page.heads) == options.max_items else OLDEST
    filter_type = options.filter_type
    if kind is not None and kind not in foldertypes.NO_CLASS:
        filter_type = call.limits.capped_filter(filter_type, foldertypes.class_name(kind))
    return floor(filter_type, call.now, kind)


def ghosts_of(made: Generation, version: Version) -> Ghosts:
    """Say which properties keep their value when a Change leaves them out."""
    stored = made.options.get(_SUPPORTED)
    kept = version >= Version.V16_0 and made.kind in _CALENDARS
    supported = None if stored is None else frozenset(tag_of(*each) for each in stored)
    return Ghosts(supported, kept)


_CALENDARS = (FolderKind.CALENDAR, FolderKind.USER_CALENDAR)


def source_of(
    call: Call, folder: FolderId, kind: FolderKind | None, options: CollectionOptions
) -> ItemSource:
    """Give the source of the items of a folder."""
    if kind is None or kind.holds_mail:
        body = narrowed(options.body, call.limits)
        return MailSource(call=call, folder=folder, options=body, sms=options.sms)
    cached = kind is FolderKind.RECIPIENT_CACHE
    item_class = RECIPIENTS if cached else OBJECT_CLASSES[foldertypes.class_name(kind)]
    return ObjectSource(call=call, folder=folder, item_class=item_class, options=options.body)
