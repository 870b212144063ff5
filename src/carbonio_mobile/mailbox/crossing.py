"""Moving items from one account's mailbox into another's: stored there first, then deleted here.

Killed in between, the item stands in both; the repeat stores it under the same name, which the
mailbox knows, and deletes it. Once it is deleted a repeat does not find it any more, and says so.
"""

from collections.abc import Sequence
from hashlib import blake2b

from carbonio_mobile.ids import FolderId, ItemId, OperationId
from carbonio_mobile.interfaces import IMailbox
from carbonio_mobile.mailbox.places import Place
from carbonio_mobile.mailbox.standard import check_movable
from carbonio_mobile.mime.mailitem import BodyWish
from carbonio_mobile.sync.changes import ItemHead
from carbonio_mobile.sync.folders import FolderKind

_WHOLE = BodyWish(source_bytes=None)


async def cross(source: Place, items: Sequence[ItemId], target: Place) -> dict[ItemId, ItemHead]:
    """Move items; gives each one's head in the target.

    Raises: NotFound (a folder), NotAllowed (the target is for items of another form), OverQuota,
    TooLarge; what was moved before stays moved.
    """
    kind = await _kind(source)
    check_movable(kind, await _kind(target))
    moved: dict[ItemId, ItemHead] = {}
    for item in items:
        name = _name(source, item, target)
        store = _store_mail if kind.holds_mail else _store_object
        head = await store(source, item, target, name)
        if head is not None:
            moved[item] = head
            await source.box.delete(source.number, [item])
    return moved


async def _kind(place: Place) -> FolderKind:
    if place.shown is not None:
        return place.shown.kind
    return (await _folder_kinds(place.box)).get(place.number, FolderKind.MAIL)


async def _folder_kinds(box: IMailbox) -> dict[FolderId, FolderKind]:
    return {folder.id: folder.kind for folder in (await box.hierarchy()).folders}


async def _store_mail(
    source: Place, item: ItemId, target: Place, name: OperationId
) -> ItemHead | None:
    found = await source.box.read(source.number, [item], _WHOLE)
    if item not in found:
        return None
    mail = found[item]
    head: ItemHead = await target.box.append(
        target.number, mail.source, mail.state, received=mail.received, operation=name
    )
    return head


async def _store_object(
    source: Place, item: ItemId, target: Place, name: OperationId
) -> ItemHead | None:
    found = await source.box.objects(source.number, [item], source=True)
    if item not in found:
        return None
    head: ItemHead = await target.box.add_object(target.number, found[item].source, operation=name)
    return head


def _name(source: Place, item: ItemId, target: Place) -> OperationId:
    parts = (source.box.account, source.number, str(item), target.box.account, target.number)
    return OperationId(f"cross-{blake2b('|'.join(parts).encode(), digest_size=20).hexdigest()}")
