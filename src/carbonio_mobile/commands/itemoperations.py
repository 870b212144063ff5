"""ItemOperations: fetch items, attachments and documents, empty folders, move conversations.

Spec: MS-ASCMD 2.2.1.10; MS-ASCON 3.2.5.3.1.
"""

from carbonio_mobile.commands.carrier import Carrier
from carbonio_mobile.commands.context import Answer, Call
from carbonio_mobile.commands.conversations import move_conversation, remember
from carbonio_mobile.commands.documents import fetched_document
from carbonio_mobile.commands.mailfolders import takes_conversations
from carbonio_mobile.commands.reading import Reader
from carbonio_mobile.eas.filereference import FileReference
from carbonio_mobile.eas.longid import LongId
from carbonio_mobile.eas.messages import itemoperations
from carbonio_mobile.eas.messages.fields import server_id
from carbonio_mobile.eas.messages.itemoperations import (
    OPERATIONS_MAX,
    Content,
    EmptyFolder,
    Fetch,
    MoveConversation,
    Names,
    Operation,
)
from carbonio_mobile.eas.messages.itemoperations import Answer as Done
from carbonio_mobile.eas.messages.ranges import Range
from carbonio_mobile.eas.status import ItemOperationsStatus as Status
from carbonio_mobile.errors import Corrupt, NotAllowed, NotFound, ProtocolError, Unavailable
from carbonio_mobile.ids import ServerId
from carbonio_mobile.sync.folders import FolderKind


async def respond(call: Call) -> Answer:
    """Do the operations in their order and answer each on its own."""
    try:
        if call.document is None:
            raise ProtocolError("ItemOperations without a body")
        operations = itemoperations.parse(call.document, call.version)
        status = Status.SUCCESS if operations else Status.PROTOCOL_ERROR
    except ProtocolError:
        operations, status = [], Status.PROTOCOL_ERROR
    if len(operations) > OPERATIONS_MAX:  # MS-ASCMD R7490
        operations, status = [], Status.TOO_LARGE
    carrier = Carrier(call)
    done = [await _done(call, carrier, operation) for operation in operations]
    return Answer(
        document=itemoperations.build(status, done),
        parts=tuple(carrier.parts),
        multipart=call.line.accept_multipart,
    )


async def _done(call: Call, carrier: Carrier, operation: Operation) -> Done:
    try:
        if isinstance(operation, Fetch):
            return await _fetched(call, carrier, operation)
        if isinstance(operation, EmptyFolder):
            status = await _emptied(call, operation)
        else:
            status = await _moved(call, operation)
    except NotFound:
        status = Status.NOT_FOUND
    except NotAllowed:
        status = Status.ACCESS_DENIED
    except Corrupt:
        status = Status.CONVERSION_FAILED
    except Unavailable:
        status = Status.SERVER_ERROR
    return Done(operation=operation, status=status)


async def _emptied(call: Call, operation: EmptyFolder) -> Status:
    named = (await call.mailbox.hierarchy()).find(operation.folder)
    if named is not None and named.kind is FolderKind.RECIPIENT_CACHE:
        raise NotAllowed("the recipient information cache")  # MS-ASCMD R196
    await call.mailbox.empty_folder(operation.folder, subfolders=operation.subfolders)
    return Status.SUCCESS


async def _moved(call: Call, operation: MoveConversation) -> Status:
    """Move a conversation and remember that it always moves (MS-ASCON R130, R273)."""
    if not operation.always:
        return Status.MOVE_ALWAYS_MISSING  # MS-ASCMD R3475
    hierarchy = await call.mailbox.hierarchy()
    if not takes_conversations(hierarchy, operation.target):
        return Status.INVALID_DESTINATION
    await remember(call, operation.conversation, operation.target)
    await move_conversation(call, hierarchy, operation.conversation, operation.target)
    return Status.SUCCESS


async def _fetched(call: Call, carrier: Carrier, fetch: Fetch) -> Done:
    if fetch.fault is not None:
        return Done(operation=fetch, status=fetch.fault)
    if fetch.names.link_id is not None:
        return await fetched_document(call, carrier, fetch, fetch.names.link_id)
    if fetch.names.file_reference is not None:
        return await _attachment(call, carrier, fetch, fetch.names.file_reference)
    named = _item_named(fetch.names)
    shown = await Reader(call, fetch.body).read(named)
    properties = shown.source.content(shown.item)
    if fetch.schema is not None:
        properties = [element for element in properties if element.tag in fetch.schema]
    if not carrier.carries(properties):
        return Done(operation=fetch, status=Status.TOO_LARGE)
    return Done(
        operation=fetch,
        status=Status.SUCCESS,
        class_name=shown.class_name,
        properties=properties,
    )


def _item_named(names: Names) -> ServerId:
    """Raises: NotFound for an id that this server never gave."""
    found = server_id(names.server_id) if names.server_id is not None else None
    if names.long_id is not None:
        try:
            found = LongId.parse(names.long_id).server_id
        except ValueError:
            found = None
    if found is None:
        raise NotFound("an id of another server")
    return found


async def _attachment(call: Call, carrier: Carrier, fetch: Fetch, reference: str) -> Done:
    if not call.limits.attachments_allowed:
        return Done(operation=fetch, status=Status.ACCESS_DENIED)
    try:
        named = FileReference.parse(reference)
        kind, octets = await call.mailbox.part(named.folder, named.item, named.part)
    except (ValueError, NotFound):
        return Done(operation=fetch, status=Status.INVALID_ATTACHMENT)
    if len(octets) > call.services.bounds.attachment_bytes:
        return Done(operation=fetch, status=Status.TOO_LARGE)
    wanted, total = fetch.range, len(octets)
    if wanted is not None:
        if wanted.first >= total:
            return Done(operation=fetch, status=Status.INVALID_RANGE)
        wanted = Range(wanted.first, min(wanted.last, total - 1))
        octets = octets[wanted.first : wanted.last + 1]
    if not carrier.takes(len(octets)):
        return Done(operation=fetch, status=Status.TOO_LARGE)
    content = Content(
        content_type=kind,
        holder=carrier.put(octets),
        range=wanted,  # said only if asked for: iOS fails its first download otherwise
        total_bytes=None if wanted is None else total,
    )
    return Done(operation=fetch, status=Status.SUCCESS, content=content)
