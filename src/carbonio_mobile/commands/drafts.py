"""Drafts that a device of 16.x writes, changes and sends.

Spec: MS-ASEMAIL 3.1.5.4, 3.2.5.4 (drafts, R1489, R14890); MS-ASCMD R7472 (Send without recipients);
classes.md 5.5.
"""

from dataclasses import dataclass

from carbonio_mobile.commands import recipients
from carbonio_mobile.commands.context import Call
from carbonio_mobile.commands.delegation import delegation_of, prepared, save_for_owner
from carbonio_mobile.commands.operations import digest, operation
from carbonio_mobile.eas.bodyoptions import BodyType
from carbonio_mobile.eas.items.draft import DraftContent, parse_draft
from carbonio_mobile.eas.items.faults import ItemFault
from carbonio_mobile.eas.items.files import NewFile, file_element
from carbonio_mobile.eas.messages.sync import ClientCommand
from carbonio_mobile.eas.status import SyncStatus
from carbonio_mobile.eas.version import Version
from carbonio_mobile.errors import NotFound
from carbonio_mobile.ids import FolderId, ItemId, OperationId
from carbonio_mobile.mime.compose import (
    Body,
    DraftChange,
    Drafted,
    NewAttachment,
    draft,
    patch_draft,
)
from carbonio_mobile.mime.draftmark import DraftMark, mark_of, marked, unmarked
from carbonio_mobile.mime.mailitem import (
    BodyWish,
    ClearFollowUp,
    MailPatch,
    MailState,
)
from carbonio_mobile.sync.changes import ItemHead
from carbonio_mobile.sync.state import CommandResult
from carbonio_mobile.wbxml import Element, encode
from carbonio_mobile.wbxml.codepages import AirSync, AirSyncBase, Email, Email2

DOCUMENT = "sent-drafts"
"""The name under which the last drafts that a device sent are remembered."""

SENT_MAX = 50

_STATE_ONLY = frozenset({Email.Read, Email.Flag, Email.Categories})
_HEADERS_ONLY = BodyWish()


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafts:
    """The drafts of one account, as one device works on them."""

    call: Call
    folder: FolderId
    sync_key: str

    @staticmethod
    def concerns(command: ClientCommand, version: Version) -> bool:
        """Tell whether a command is about a draft's content, or sends it."""
        if version < Version.V16_0:
            return False
        if command.send or command.content is None:
            return command.send
        return any(child.tag not in _STATE_ONLY for child in command.content)

    async def add(self, command: ClientCommand) -> CommandResult:
        """Make a draft, or send one at once. Raises: ItemFault, OverQuota, TooLarge."""
        content = self._content(command)
        name = self._operation(command)
        account = self.call.account
        made = await self.call.services.offload(
            lambda: draft(
                _change(content),
                from_address=account.name,
                display_name=account.display_name,
                message_id=f"{name}@{account.domain}",
                date=self.call.now,
            )
        )
        if command.send:
            await self._send(made.source, name)
            return CommandResult(status=SyncStatus.SUCCESS)
        head = await self._append(made.source, content, name)
        if not await self._stands(head.item):
            # The same words under the same client id made a draft once that is gone by now: a
            # device that started over counts anew.
            again = operation(self.call, "draft", self.folder, name, self.sync_key)
            head = await self._append(made.source, content, again)
        return CommandResult(
            status=SyncStatus.SUCCESS, item=head.item, version=head.version, parts=made.added
        )

    async def change(
        self, command: ClientCommand, item: ItemId, *, conflict: bool
    ) -> CommandResult:
        """Change a draft, send it where asked.

        In a conflict the server's draft stays and the device's becomes a draft beside it.
        Raises: ItemFault, OverQuota, TooLarge; NotFound where the draft is gone.
        """
        content = self._content(command)
        name = self._operation(command)
        try:
            before = await self._source(item)
        except NotFound:
            if command.send and await self._was_sent(name):
                return CommandResult(status=SyncStatus.SUCCESS, item=item, removed=True)
            raise
        mark = mark_of(before)
        if mark is not None and mark.operation == name and not command.send:
            return await self._changed_before(item, mark)
        made = await self.call.services.offload(lambda: patch_draft(before, _change(content)))
        if conflict and not self._is_by_this_device(mark):
            await self._append(made.source, content, name)
            return CommandResult(status=SyncStatus.CONFLICT)
        if command.send:
            await self._send(made.source, name)
            await self._remember_sent(name)
            await self.call.mailbox.delete(self.folder, [item])
            return CommandResult(status=SyncStatus.SUCCESS, item=item, removed=True)
        return await self._store(item, content, made, name)

    async def _store(
        self, item: ItemId, content: DraftContent, made: Drafted, name: OperationId
    ) -> CommandResult:
        patch = MailPatch(
            read=content.read,
            follow_up=content.follow_up,
            categories=content.categories,
            source=marked(made.source, DraftMark(name, self._writer(), made.added)),
        )
        versions = await self.call.mailbox.update(self.folder, {item: patch})
        if item not in versions:
            raise NotFound("a draft that went just now")
        return CommandResult(
            status=SyncStatus.SUCCESS, item=item, version=versions[item], parts=made.added
        )

    async def _changed_before(self, item: ItemId, mark: DraftMark) -> CommandResult:
        """Answer a change that was made already and whose answer was lost."""
        found = await self.call.mailbox.read(self.folder, [item], _HEADERS_ONLY)
        if item not in found:
            raise NotFound("a draft that went just now")
        return CommandResult(
            status=SyncStatus.SUCCESS, item=item, version=found[item].version, parts=mark.parts
        )

    async def added(self, command: ClientCommand, result: CommandResult) -> Element | None:
        """Give the ApplicationData that tells a device what the server made of its draft.

        These are the conversation (MS-ASEMAIL R1184, R1190), and for each new attachment its file
        reference beside the device's name for it (MS-ASAIRS R1082).
        """
        if result.item is None or result.removed:
            return None
        found = await self.call.mailbox.read(self.folder, [result.item], _HEADERS_ONLY)
        item = found.get(result.item)
        if item is None:
            return None
        # A text message is no draft, and may say what no draft can; it has no new parts either.
        added = self._content(command).added if result.parts else ()
        files = [
            file_element(item.folder, item.item, one, part)
            for one, part in zip(added, result.parts, strict=False)
        ]
        record = item.record
        return Element(
            AirSync.ApplicationData,
            [
                Element(Email2.ConversationId, record.conversation_id),
                Element(Email2.ConversationIndex, record.conversation_index),
                Element(AirSyncBase.Attachments, files) if files else None,
            ],
        )

    def _content(self, command: ClientCommand) -> DraftContent:
        if command.content is None:
            return DraftContent()
        return parse_draft(command.content, self.call.version)

    def _operation(self, command: ClientCommand) -> OperationId:
        return operation(self.call, self._kind, self.folder, digest(encode(command.element)))

    @property
    def _kind(self) -> str:
        """The kind of operation, which tells one device's changes from another's."""
        key = self.call.device.key
        return f"draft-{digest(key.account, key.device)[:8]}"

    def _is_by_this_device(self, mark: DraftMark | None) -> bool:
        """Whether the last change was this device's: it may have lost the answer."""
        return mark is not None and mark.operation.startswith(f"{self._kind}-")

    async def _append(self, source: bytes, content: DraftContent, name: OperationId) -> ItemHead:
        return await self.call.mailbox.append(
            self.folder, source, _state(content), received=self.call.now, operation=name
        )

    async def _stands(self, item: ItemId) -> bool:
        return item in await self.call.mailbox.read(self.folder, [item], _HEADERS_ONLY)

    def _writer(self) -> str:
        """Name this device in the mark of a draft, without telling which it is."""
        return digest(self.call.device.key.account, self.call.device.key.device)[:16]

    async def _source(self, item: ItemId) -> bytes:
        wish = BodyWish(source_bytes=None)
        found = await self.call.mailbox.read(self.folder, [item], wish)
        if item not in found:
            raise NotFound("no such draft")
        return found[item].source

    async def _send(self, source: bytes, name: OperationId) -> None:
        """Hand a draft over for delivery, once, in whose name its From says.

        Raises: ItemFault, OverQuota, TooLarge.
        """
        call, message = self.call, unmarked(source)
        delegation = await delegation_of(call, message)
        outgoing = await call.services.offload(lambda: prepared(call, message, name, delegation))
        if outgoing.unusable or not outgoing.recipients:
            raise ItemFault(
                "a draft without usable recipients", status=SyncStatus.INVALID_RECIPIENTS
            )
        saved = delegation is None or delegation.saved_for_sender
        is_new = await call.services.submission.submit(
            call.account.id,
            outgoing.message,
            sender=outgoing.sender,
            recipients=outgoing.recipients,
            sent_copy=outgoing.sent_copy if saved else None,
            operation=name,
        )
        if is_new:
            await recipients.remember(call, outgoing.sent_copy, name)
        if delegation is not None:
            await save_for_owner(call, delegation, outgoing, name)

    async def _was_sent(self, name: OperationId) -> bool:
        return name in await self._sent()

    async def _remember_sent(self, name: OperationId) -> None:
        """Note a draft as sent before it is deleted: after that only this note tells."""
        sent = [*(one for one in await self._sent() if one != name), name][-SENT_MAX:]
        await self.call.services.states.commit(self.call.device.key, {DOCUMENT: " ".join(sent)})

    async def _sent(self) -> list[str]:
        documents = await self.call.services.states.load(self.call.device.key, (DOCUMENT,))
        return documents.get(DOCUMENT, "").split()


def _change(content: DraftContent) -> DraftChange:
    """Say what a device wrote in the words of composition."""
    body, mime = None, None
    if content.body is not None:
        text = content.body.octets.decode("utf-8", "replace")
        if content.body.type is BodyType.MIME:
            mime = content.body.octets
        elif content.body.type is BodyType.HTML:
            body = Body.from_html(text)
        else:
            body = Body(text=text)
    return DraftChange(
        to=content.to,
        cc=content.cc,
        bcc=content.bcc,
        reply_to=content.reply_to,
        subject=content.subject,
        importance=content.importance,
        body=body,
        mime=mime,
        add=tuple(_new_attachment(one) for one in content.added),
        delete=frozenset(reference.part for reference in content.removed),
    )


def _new_attachment(one: NewFile) -> NewAttachment:
    return NewAttachment(
        name=one.name,
        content=one.content,
        content_type=one.content_type or "application/octet-stream",
        content_id=one.content_id,
        content_location=one.content_location,
        inline=one.inline,
        method=one.method,
    )


def _state(content: DraftContent) -> MailState:
    follow_up = content.follow_up
    return MailState(
        read=content.read is not False,  # what one writes oneself is not new to one
        follow_up=None if isinstance(follow_up, ClearFollowUp) else follow_up,
        categories=content.categories or (),
    )
