"""What a phone does with single messages: send, answer, fetch, move, search.

Spec: MS-ASCMD 2.2.1.2 (Find), 2.2.1.7, 2.2.1.10, 2.2.1.12, 2.2.1.16 to 2.2.1.20.
"""

import binascii
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from carbonio_mobile.client import mailtrees, synctrees
from carbonio_mobile.client.classes import EMAIL
from carbonio_mobile.client.composing import Message, mime
from carbonio_mobile.client.device import check
from carbonio_mobile.client.devicesync import DeviceSync
from carbonio_mobile.client.faults import Refused, ServerFault
from carbonio_mobile.client.items import Item
from carbonio_mobile.client.mailtrees import FoundPage, Original
from carbonio_mobile.client.session import SessionAnswer
from carbonio_mobile.client.state import SyncOptions
from carbonio_mobile.eas.status import (
    Common,
    MoveStatus,
)
from carbonio_mobile.eas.version import Version
from carbonio_mobile.wbxml import Element, Tag
from carbonio_mobile.wbxml.codepages import (
    AirSyncBase,
    ComposeMail,
    Find,
    ItemOperations,
    Move,
    Search,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A message fetched whole: its summary and its properties as they came."""

    item: Item
    content: Element


class DeviceMail(DeviceSync):
    """SendMail, SmartReply, SmartForward, MoveItems, ItemOperations, Search, Find."""

    # Sending

    async def send(
        self, message: Message | bytes, *, client_id: str = "", save_in_sent: bool = True
    ) -> None:
        """Send a message; octets are MIME. The same ``client_id`` again sends nothing twice."""
        await self._compose("SendMail", message, None, client_id, save_in_sent)

    async def smart_reply(
        self, original: Original, message: Message | bytes, *, client_id: str = ""
    ) -> None:
        """Answer a message; the server puts the original below."""
        await self._compose("SmartReply", message, original, client_id, True)

    async def smart_forward(
        self, original: Original, message: Message | bytes, *, client_id: str = ""
    ) -> None:
        """Forward a message with its attachments."""
        await self._compose("SmartForward", message, original, client_id, True)

    async def _compose(
        self,
        command: str,
        message: Message | bytes,
        original: Original | None,
        client_id: str,
        save_in_sent: bool,
    ) -> None:
        octets = message if isinstance(message, bytes) else mime(message)
        if self.version < Version.V14_0:
            source = original or Original()
            answer = await self.session.ask(
                command,
                octets,
                save_in_sent=save_in_sent,
                collection_id=source.folder or None,
                item_id=source.item or None,
                long_id=source.long_id or None,
            )
        else:
            document = mailtrees.compose_document(
                _COMPOSE_TAGS[command],
                octets,
                client_id=client_id or self.new_id(),
                save_in_sent=save_in_sent,
                original=original,
            )
            answer = await self.session.ask(command, document)
        _check_sent(answer, command)

    # Items

    async def move(self, items: Sequence[str], source: str, target: str) -> dict[str, str]:
        """Move items; gives the new id of each. They come into the target with its next Sync.

        Raises: Refused where one of them could not be moved; the others were.
        """
        document = mailtrees.move_document([(item, source, target) for item in items])
        answer = await self.session.document("MoveItems", document)
        moved: dict[str, str] = {}
        failed: dict[str, str] = {}
        for response in answer.find_all(Move.Response):
            item = response.value(Move.SrcMsgId, "")
            if response.value(Move.Status) == str(int(MoveStatus.SUCCESS)):
                moved[item] = response.value(Move.DstMsgId, "")
            else:
                failed[item] = response.value(Move.Status, "?")
        if {*moved, *failed} != set(items) or not all(moved.values()):
            raise ServerFault("MoveItems did not answer for each item")
        for item in moved:
            self.state.collection(source).items.pop(item, None)
        self.on_applied()
        if failed:
            item, status = next(iter(failed.items()))
            raise Refused(f"{item} could not be moved (status {status})", command="MoveItems")
        return moved

    async def item_fetch(
        self,
        original: Original,
        *,
        options: SyncOptions = SyncOptions(),  # noqa: B008
    ) -> Fetched:
        """Fetch one item, by folder and item or by a search's long id.

        Up to 12.0 there are no long ids, and at 2.5 the item comes by Sync.
        """
        if self.version < Version.V12_0:
            return await self._synced_item(original, options)
        document = mailtrees.fetch_document(original, options, self.version)
        fetched, _ = await self._operation(document, ItemOperations.Fetch)
        properties = fetched.find(ItemOperations.Properties)
        if properties is None:
            raise ServerFault("a fetch succeeded without properties")
        name = original.item or original.long_id
        item_class = self.state.class_of(original.folder)
        item = mailtrees.item_of(name, properties, item_class)
        return Fetched(item=item, content=properties)

    async def _synced_item(self, original: Original, options: SyncOptions) -> Fetched:
        """Fetch by Sync; the options of the folder are told anew with its next one."""
        folder, item = original.folder, original.item
        known = self.state.collection(folder)
        before = known.options
        fetch = synctrees.fetch(item)
        result = await self.sync(folder, fetch, options=options, get_changes=False)
        known.options, known.options_told = before, False
        if item not in result.fetched:
            status = result.refused.get(item, result.status)
            raise Refused(f"{item} could not be fetched (status {status})", command="Sync")
        content = result.fetched[item]
        item_class = self.state.class_of(folder)
        return Fetched(item=mailtrees.item_of(item, content, item_class), content=content)

    async def attachment(
        self,
        reference: str,
        *,
        byte_range: tuple[int, int] | None = None,
        multipart: bool = False,
    ) -> tuple[str, bytes]:
        """Fetch an attachment, or some of its octets; gives media type and octets."""
        document = mailtrees.attachment_document(reference, byte_range)
        fetched, answer = await self._operation(
            document, ItemOperations.Fetch, accept_multipart=multipart
        )
        properties = fetched.find(ItemOperations.Properties)
        if properties is None:
            raise ServerFault("an attachment without properties")
        kind = properties.value(AirSyncBase.ContentType, "application/octet-stream")
        return kind, _octets(properties, answer)

    async def old_attachment(self, reference: str) -> tuple[str, bytes]:
        """Fetch an attachment by GetAttachment (up to 12.1); gives media type and octets."""
        answer = await self.session.ask("GetAttachment", attachment_name=reference)
        return answer.content_type, answer.octets

    async def empty_folder(self, folder: str, *, subfolders: bool = False) -> None:
        """Delete all that is in a folder; the phone hears of it with its next Sync."""
        document = mailtrees.empty_document(folder, subfolders=subfolders)
        await self._operation(document, ItemOperations.EmptyFolderContents)

    async def _operation(
        self, document: Element, tag: Tag, **more: Any
    ) -> tuple[Element, SessionAnswer]:
        answer = await self.session.ask("ItemOperations", document, **more)
        root = answer.document
        if root is None:
            raise ServerFault("ItemOperations got an empty answer")
        check(root.value(ItemOperations.Status), "ItemOperations")
        response = root.find(ItemOperations.Response)
        done = None if response is None else response.find(tag)
        if done is None:
            raise ServerFault("ItemOperations without a response")
        check(done.value(ItemOperations.Status), f"ItemOperations {tag.name}")
        return done, answer

    # Searching

    async def search(
        self,
        words: str,
        *,
        folder: str = "",
        rows: tuple[int, int] = (0, 99),
        options: SyncOptions = SyncOptions(truncation_bytes=200),  # noqa: B008
        class_name: str = EMAIL,
    ) -> FoundPage:
        """Search the mailbox, or a folder and what is below it (12.0 and later)."""
        document = mailtrees.search_document(
            words,
            folder=folder,
            rows=rows,
            options=options,
            version=self.version,
            class_name=class_name,
        )
        return mailtrees.read_search(store_of(await self.session.document("Search", document)))

    async def find(
        self, words: str, *, folder: str = "", rows: tuple[int, int] = (0, 99)
    ) -> FoundPage:
        """Search by Find, the command of 16.1."""
        document = mailtrees.find_document(words, search_id=self.new_id(), folder=folder, rows=rows)
        return mailtrees.read_find(found_of(await self.session.document("Find", document)))


def store_of(answer: Element) -> Element:
    """Give the Store of an answer to Search. Raises: Refused, ServerFault."""
    check(answer.value(Search.Status), "Search")
    response = answer.find(Search.Response)
    store = None if response is None else response.find(Search.Store)
    if store is None:
        raise ServerFault("Search without a store")
    check(store.value(Search.Status), "Search")
    return store


def found_of(answer: Element) -> Element:
    """Give the Response of an answer to Find. Raises: Refused, ServerFault."""
    check(answer.value(Find.Status), "Find")
    response = answer.find(Find.Response)
    if response is None:
        raise ServerFault("Find without a response")
    check(response.value(Find.Status), "Find")
    return response


_COMPOSE_TAGS: Mapping[str, Tag] = {
    "SendMail": ComposeMail.SendMail,
    "SmartReply": ComposeMail.SmartReply,
    "SmartForward": ComposeMail.SmartForward,
}


def _check_sent(answer: SessionAnswer, command: str) -> None:
    """An empty answer says that the message was taken over; so does "sent before"."""
    root = answer.document
    if root is None:
        return
    status = root.value(ComposeMail.Status)
    if status != str(int(Common.MESSAGE_PREVIOUSLY_SENT)):
        check(status, command)


def _octets(properties: Element, answer: SessionAnswer) -> bytes:
    """Give the octets of an attachment, which stand in a part, or in the document as base64."""
    part = properties.value(ItemOperations.Part)
    if part is not None:
        number = int(part) if part.isdigit() else 0
        if not 0 < number < len(answer.parts):
            raise ServerFault(f"an attachment in part {part}, which is not there")
        return answer.parts[number]
    found = properties.find(ItemOperations.Data)
    if found is None:
        raise ServerFault("an attachment without octets")
    if isinstance(found.text, bytes):
        return found.text
    try:
        return b64decode(found.string, validate=True)
    except binascii.Error as exc:
        raise ServerFault("an attachment whose octets are no base64") from exc
