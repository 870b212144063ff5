"""ItemOperations: fetch items and attachments, empty folders, move conversations.

Spec: MS-ASCMD 2.2.1.10; MS-ASCON 3.2.5.3.1.
"""

from base64 import b64encode

from carbonio_mobile.commands.context import Answer, Call
from carbonio_mobile.commands.conversations import move_conversation, remember
from carbonio_mobile.commands.mailfolders import takes_conversations
from carbonio_mobile.commands.mailitems import read_items
from carbonio_mobile.eas.bodies import choose
from carbonio_mobile.eas.filereference import FileReference
from carbonio_mobile.eas.items.email import application_data
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
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import AirSyncBase, ItemOperations


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
    carrier = _Carrier(call)
    done = [await _done(call, carrier, operation) for operation in operations]
    return Answer(
        document=itemoperations.build(status, done),
        parts=tuple(carrier.parts),
        multipart=call.line.accept_multipart,
    )


class _Carrier:
    """Puts binaries into the answer: as parts of it, or as base64 within the document.

    It counts them: what a request may draw out in all is bounded, for it is held in memory.
    """

    def __init__(self, call: Call) -> None:
        self.parts: list[bytes] = []
        self._multipart = call.line.accept_multipart
        bounds = call.services.bounds
        self._room = max(bounds.attachment_bytes, bounds.message_bytes, bounds.response_bytes)

    def takes(self, size_bytes: int) -> bool:
        """Reserve room for so many octets, or tell that there is none."""
        if size_bytes > self._room:
            return False
        self._room -= size_bytes
        return True

    def put(self, octets: bytes) -> Element:
        """Give the element that holds, or stands for, an attachment's octets."""
        if self._multipart:
            return Element(ItemOperations.Part, str(self._part(octets)))
        return Element(ItemOperations.Data, b64encode(octets).decode("ascii"))

    def part_for(self, octets: bytes) -> int | None:
        """Give the number of the part that holds a body, None where it stands in the document."""
        return self._part(octets) if self._multipart and octets else None

    def _part(self, octets: bytes) -> int:
        self.parts.append(octets)
        return len(self.parts)  # part 0 is the document


async def _done(call: Call, carrier: _Carrier, operation: Operation) -> Done:
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


async def _fetched(call: Call, carrier: _Carrier, fetch: Fetch) -> Done:
    if fetch.fault is not None:
        return Done(operation=fetch, status=fetch.fault)
    if fetch.names.file_reference is not None:
        return await _attachment(call, carrier, fetch, fetch.names.file_reference)
    named = _item_named(fetch.names)
    read = await read_items(call.mailbox, named.folder, [named.item], fetch.body)
    if named.item not in read:
        raise NotFound(str(named))
    mail = read[named.item]
    chosen = choose(mail, fetch.body, call.version)
    if not carrier.takes(len(chosen.data)):
        return Done(operation=fetch, status=Status.TOO_LARGE)
    wants_body = fetch.schema is None or AirSyncBase.Body in fetch.schema
    part = carrier.part_for(chosen.octets) if wants_body else None
    properties = application_data(mail, fetch.body, call.version, part=part)
    if fetch.schema is not None:
        properties = [element for element in properties if element.tag in fetch.schema]
    return Done(operation=fetch, status=Status.SUCCESS, class_name="Email", properties=properties)


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


async def _attachment(call: Call, carrier: _Carrier, fetch: Fetch, reference: str) -> Done:
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
