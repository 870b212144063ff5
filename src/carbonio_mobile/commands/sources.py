"""Finding the message that a reply or forward is about, also where it moved meanwhile."""

from carbonio_mobile.eas.longid import LongId
from carbonio_mobile.eas.messages.composemail import Source
from carbonio_mobile.eas.messages.fields import server_id
from carbonio_mobile.errors import NotFound
from carbonio_mobile.ids import FolderId, ItemId, ServerId
from carbonio_mobile.interfaces import IMailbox
from carbonio_mobile.mime.mailitem import BodyWish, MailItem, MailQuery
from carbonio_mobile.mime.structure import top_fields
from carbonio_mobile.mime.threads import conversation_id, message_ids

_WHOLE = BodyWish(source_bytes=None)
_RECORD = BodyWish()
_CONVERSATION_MAX = 200


async def find_source(mailbox: IMailbox, source: Source | None, answer: bytes) -> MailItem | None:
    """Read the message that ``source`` names, all its octets; None if it is nowhere.

    One that is not where the device saw it last is looked for by what the answer refers to.
    """
    named = None if source is None else named_item(source)
    found = None if named is None else await _read(mailbox, named.folder, named.item, _WHOLE)
    return found or await _by_references(mailbox, answer)


def named_item(source: Source) -> ServerId | None:
    """Give the item that a source names, None for an id that this server never issued."""
    if not source.long_id:
        return server_id(source.server_id)
    try:
        return LongId.parse(source.long_id).server_id
    except ValueError:
        return None


async def _by_references(mailbox: IMailbox, answer: bytes) -> MailItem | None:
    fields = top_fields(answer)
    parents = message_ids(fields.first("in-reply-to"))
    ancestors = message_ids(fields.first("references")) or parents
    if not ancestors:
        return None
    parent = parents[0] if parents else ancestors[-1]
    query = MailQuery(conversation=conversation_id("", ancestors, ""))
    hits = await mailbox.search(query, offset=0, limit=_CONVERSATION_MAX)
    for folder, item in hits.hits:
        mail = await _read(mailbox, folder, item, _RECORD)
        if mail is not None and mail.record.message_id == parent:
            return await _read(mailbox, folder, item, _WHOLE)
    return None


async def _read(
    mailbox: IMailbox, folder: FolderId, item: ItemId, wish: BodyWish
) -> MailItem | None:
    try:
        return (await mailbox.read(folder, [item], wish)).get(item)
    except NotFound:
        return None
