"""The way up of a Sync: what a device adds, changes, deletes and fetches in a mail folder.

Commands take effect in their order. Each is known by its fingerprint: one that an earlier copy of
the request applied already is answered from the record. Those that are not bound to an operation
are idempotent.

Spec: MS-ASCMD 2.2.3.26 (Commands in a request), 2.2.3.148 (Responses), 3.1.5.4; commands.md section
4.
"""

from collections.abc import Awaitable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from carbonio_mobile.commands import readonly, textmessages
from carbonio_mobile.commands.authors import acting_for
from carbonio_mobile.commands.context import Call
from carbonio_mobile.commands.drafts import Drafts
from carbonio_mobile.commands.itemsource import ItemSource
from carbonio_mobile.commands.mailsource import NO_BODIES
from carbonio_mobile.commands.objectup import ObjectWrites
from carbonio_mobile.commands.operations import digest
from carbonio_mobile.commands.syncdown import Room, convert
from carbonio_mobile.eas.items import sms
from carbonio_mobile.eas.items.context import Ghosts
from carbonio_mobile.eas.items.email import parse_change
from carbonio_mobile.eas.items.faults import ItemFault
from carbonio_mobile.eas.messages.fields import server_id
from carbonio_mobile.eas.messages.sync import (
    ClientCommand,
    CollectionRequest,
    CommandKind,
)
from carbonio_mobile.eas.status import SyncStatus
from carbonio_mobile.eas.version import Version
from carbonio_mobile.errors import (
    Conflict,
    Corrupt,
    NotAllowed,
    NotFound,
    OverQuota,
    ReadOnly,
    TooLarge,
)
from carbonio_mobile.ids import ChangeToken, ItemId, ItemVersion, ServerId
from carbonio_mobile.mime.mailitem import ClearFollowUp, MailPatch, MailState
from carbonio_mobile.mime.record import MESSAGE_CLASS
from carbonio_mobile.sync.changes import ALL_ASPECTS, NO_ASPECT, Aspect
from carbonio_mobile.sync.folders import Folder, FolderKind
from carbonio_mobile.sync.poison import PoisonList
from carbonio_mobile.sync.state import CommandResult, Generation
from carbonio_mobile.wbxml import Element, Tag, encode
from carbonio_mobile.wbxml.codepages import AirSync, AirSyncBase, Email

_TAGS: Mapping[CommandKind, Tag] = {
    CommandKind.ADD: AirSync.Add,
    CommandKind.CHANGE: AirSync.Change,
    CommandKind.DELETE: AirSync.Delete,
    CommandKind.FETCH: AirSync.Fetch,
}

SUCCESS = CommandResult(status=SyncStatus.SUCCESS)


@dataclass(slots=True, kw_only=True)
class Applying:
    """Applies the commands of one collection and collects what is to be said of them.

    ``known`` are the results of an earlier copy of this request; ``made`` takes up what the
    commands did. ``acting``: who writes in a calendar of another writes as that other.
    """

    call: Call
    folder: Folder
    trash: Folder | None
    request: CollectionRequest
    source: ItemSource
    ghosts: Ghosts
    client_wins: bool
    known: Mapping[str, CommandResult]
    made: Generation
    room: Room
    spoilt: PoisonList
    responses: list[Element] = field(default_factory=list)
    acting: Call | None = None

    async def apply(self) -> None:
        """Apply all commands."""
        if self.folder.owner is not None and not self.folder.kind.holds_mail:
            self.acting = await acting_for(self.call, self.folder.owner)
        for group in _groups(self.request.commands):
            fresh = [command for command in group if _fingerprint(command) not in self.known]
            results = await self._apply_group(group[0].kind, fresh)
            for command in group:
                print_ = _fingerprint(command)
                result = results[print_] if print_ in results else self.known[print_]
                await self._note(command, print_, result)

    async def _apply_group(
        self, kind: CommandKind, commands: Sequence[ClientCommand]
    ) -> dict[str, CommandResult]:
        if kind is CommandKind.FETCH or not commands:
            return {_fingerprint(one): SUCCESS for one in commands}  # it changes nothing
        if not self.folder.read_only:
            with suppress(ReadOnly):  # a right may be withdrawn at any time
                return await self._do_group(kind, commands)
        if any(map(readonly.is_worth_a_note, commands)):
            await readonly.explain(self.call, self.folder)
        return {_fingerprint(one): self._undone(one) for one in commands}

    def _undone(self, command: ClientCommand) -> CommandResult:
        if command.kind is CommandKind.ADD:
            return readonly.undone_add(_fingerprint(command))
        item = self._item(command)
        if item is None:
            return CommandResult(status=SyncStatus.OBJECT_NOT_FOUND)
        return readonly.undone(command, item)

    async def _do_group(
        self, kind: CommandKind, commands: Sequence[ClientCommand]
    ) -> dict[str, CommandResult]:
        if kind is CommandKind.DELETE:
            return await self._delete(commands)
        if kind is CommandKind.CHANGE:
            return await self._change(commands)
        return {_fingerprint(one): await self._add(one) for one in commands}

    async def _note(self, command: ClientCommand, fingerprint: str, result: CommandResult) -> None:
        if command.kind is CommandKind.FETCH:
            self.responses.append(await self._fetched(command))
            return
        self.made.absorb(fingerprint, result)
        response = await self._response(command, result)
        if response is not None:
            self.responses.append(response)

    async def _response(self, command: ClientCommand, result: CommandResult) -> Element | None:
        """Say what became of a command; a Change or Delete that worked goes without saying."""
        tag = _TAGS[command.kind]
        status = Element(AirSync.Status, str(int(result.status)))
        works = result.status == SyncStatus.SUCCESS
        if command.kind is CommandKind.ADD:
            made = None
            if works and result.item is not None and not result.removed:
                made = Element(AirSync.ServerId, str(ServerId(self.folder.id, result.item)))
            kept = works and result.undo is None
            content = await self._made_of(command, result) if kept else None
            name = Element(AirSync.ClientId, command.name)
            return Element(tag, [_class_of(command), name, made, status, content])
        content = await self._made_of(command, result) if works and result.parts else None
        if works and content is None:
            return None
        instance = Element(AirSyncBase.InstanceId, command.instance) if command.instance else None
        named = Element(AirSync.ServerId, command.name)
        return Element(tag, [_class_of(command), named, instance, status, content])

    async def _made_of(self, command: ClientCommand, result: CommandResult) -> Element | None:
        """Give what the server made of an item, from 16.0 on (MS-ASCAL R2223, MS-ASEMAIL R1184)."""
        if self.call.version < Version.V16_0:
            return None
        if self.folder.kind.holds_mail:
            return await self._drafts().added(command, result)
        return await self._objects().made_of(command, result)

    def _objects(self) -> ObjectWrites:
        return ObjectWrites(
            call=self.acting or self.call,
            folder=self.folder,
            ghosts=self.ghosts,
            sync_key=self.request.sync_key,
            token=self.made.token,
            own=self._own_versions(),
            client_wins=self.client_wins,
        )

    def _own_versions(self) -> Mapping[ItemId, ItemVersion]:
        """Give what the device made of items since the token, lost answers included."""
        lost = {r.item: r.version for r in self.known.values() if r.item and r.version}
        return lost | self.made.echoes

    async def _change_object(self, command: ClientCommand) -> CommandResult:
        item = self._item(command)
        if item is None:
            return CommandResult(status=SyncStatus.OBJECT_NOT_FOUND)
        return await _refusable(self._objects().change(command, item))

    def _is_draft_command(self, command: ClientCommand) -> bool:
        return self.folder.kind is FolderKind.DRAFTS and Drafts.concerns(command, self.call.version)

    def _drafts(self) -> Drafts:
        return Drafts(call=self.call, folder=self.folder.id, sync_key=self.request.sync_key)

    async def _add(self, command: ClientCommand) -> CommandResult:
        """Add an object, a text message or a draft; no other message comes into a mailbox this way
        (MS-ASCMD R755).
        """
        if not self.folder.kind.holds_mail:
            return await _refusable(self._objects().add(command))
        if command.item_class == sms.CLASS:
            return await _refusable(textmessages.add(self.call, self.folder.id, command))
        if not self._is_draft_command(command):
            return CommandResult(status=SyncStatus.CONVERSION_ERROR)
        return await _refusable(self._drafts().add(command))

    async def _change(self, commands: Sequence[ClientCommand]) -> dict[str, CommandResult]:
        if not self.folder.kind.holds_mail:
            return {_fingerprint(one): await self._change_object(one) for one in commands}
        results: dict[str, CommandResult] = {}
        patches: dict[ItemId, tuple[str, MailPatch]] = {}
        for command in commands:
            fingerprint = _fingerprint(command)
            item = self._item(command)
            if item is None:
                results[fingerprint] = CommandResult(status=SyncStatus.OBJECT_NOT_FOUND)
            elif self._is_draft_command(command):
                results[fingerprint] = await self._change_draft(command, item)
            else:
                try:
                    patches[item] = (fingerprint, await self._patch_of(command, item))
                except ItemFault as fault:
                    results[fingerprint] = CommandResult(status=fault.status)
        return results | await self._patch(patches)

    async def _change_draft(self, command: ClientCommand, item: ItemId) -> CommandResult:
        conflict = await self._conflicts(item)
        result = await _refusable(self._drafts().change(command, item, conflict=conflict))
        if result.version is None:
            return result
        after = await self._since([item], self.made.known_up_to)
        known = self._knows_all(item, after, Aspect.CONTENT)
        return result if known else replace(result, version=None)

    async def _patch_of(self, command: ClientCommand, item: ItemId) -> MailPatch:
        content = command.content
        if content is None:
            raise ItemFault("nothing but Send, outside the drafts")
        kind = await self._message_class(item) if content.has(Email.Flag) else MESSAGE_CLASS
        return parse_change(content, self.call.version, message_class=kind)

    async def _message_class(self, item: ItemId) -> str:
        """Give the class of a mail, by which it takes fewer properties to flag a meeting's."""
        found = await self.call.mailbox.read(self.folder.id, [item], NO_BODIES)
        return found[item].record.message_class if item in found else MESSAGE_CLASS

    async def _conflicts(self, item: ItemId) -> bool:
        since = await self._since([item], self.made.token)
        changed = since.get(item, NO_ASPECT) & Aspect.CONTENT
        return bool(changed) and not self._is_own(item) and not self.client_wins

    async def _patch(
        self, patches: Mapping[ItemId, tuple[str, MailPatch]]
    ) -> dict[str, CommandResult]:
        if not patches:
            return {}
        results: dict[str, CommandResult] = {}
        allowed: dict[ItemId, MailPatch] = {}
        losing = await self._losing({item: patch for item, (_, patch) in patches.items()})
        for item, (fingerprint, patch) in patches.items():
            if item in losing:
                results[fingerprint] = CommandResult(status=SyncStatus.CONFLICT)
            else:
                allowed[item] = patch
        versions = await self.call.mailbox.update(self.folder.id, allowed)
        after = await self._since(allowed, self.made.known_up_to)
        for item, patch in allowed.items():
            fingerprint = patches[item][0]
            if item not in versions:
                results[fingerprint] = CommandResult(status=SyncStatus.OBJECT_NOT_FOUND)
            elif self._knows_all(item, after, _aspects(patch)):
                results[fingerprint] = CommandResult(
                    status=SyncStatus.SUCCESS, item=item, version=versions[item]
                )
            else:
                results[fingerprint] = SUCCESS
        return results

    def _knows_all(self, item: ItemId, after: Mapping[ItemId, Aspect], told: Aspect) -> bool:
        """Whether nothing but what the device tells has happened to an item since the token.

        Of an item that others changed, the feed shall report all, the device's own part included.
        So it shall of one that stands among the echoes: what happened to it since the token is the
        device's own, and nobody can tell what of it is not.
        """
        return item not in self.made.echoes and not after.get(item, ALL_ASPECTS) & ~told

    async def _losing(self, patches: Mapping[ItemId, MailPatch]) -> set[ItemId]:
        """Give the items of which the server's change wins over the device's (R2066).

        What is as the device wants it is no conflict: a copy of this request may have been here
        before, cut short before it could leave a record.
        """
        if self.client_wins:
            return set()
        changed = await self._since(patches, self.made.token)
        suspects = [
            item
            for item, patch in patches.items()
            if changed.get(item, NO_ASPECT) & _aspects(patch) and not self._is_own(item)
        ]
        if not suspects:
            return set()
        found = await self.call.mailbox.read(self.folder.id, suspects, NO_BODIES)
        return {one.item for one in found.values() if not _shows(one.state, patches[one.item])}

    def _is_own(self, item: ItemId) -> bool:
        """Whether the device itself changed an item since the token, in this generation or one
        whose answer it lost.
        """
        return item in self.made.echoes or any(item == one.item for one in self.known.values())

    async def _since(self, items: Iterable[ItemId], since: ChangeToken) -> Mapping[ItemId, Aspect]:
        wanted = list(items)
        try:
            return await self.call.mailbox.aspects_since(self.folder.id, wanted, since)
        except Conflict:
            return {}  # the history is gone; the pull that follows finds out what to do

    async def _delete(self, commands: Sequence[ClientCommand]) -> dict[str, CommandResult]:
        """Delete items, into the trash where asked; one that is gone already is a success.

        Objects are deleted for good, as the trash is for messages; so are occurrences of an event.
        """
        whole = [command for command in commands if not command.instance]
        results = {
            _fingerprint(one): await self._change_object(one) for one in commands if one.instance
        }
        items = {_fingerprint(command): self._item(command) for command in whole}
        present = [item for item in items.values() if item is not None]
        if present:
            trash = self.trash
            if not self.folder.kind.holds_mail:
                await self._objects().delete(present)
            elif self.request.deletes_as_moves and trash is not None and trash.id != self.folder.id:
                try:
                    await self.call.mailbox.move(self.folder.id, present, trash.id)
                except (OverQuota, TooLarge):  # out of another's mailbox, and no room in the own
                    return results | {_fingerprint(one): self._undone(one) for one in whole}
            else:
                await self.call.mailbox.delete(self.folder.id, present)
        return results | {
            fingerprint: CommandResult(status=SyncStatus.SUCCESS, item=item, removed=True)
            for fingerprint, item in items.items()
        }

    async def _fetched(self, command: ClientCommand) -> Element:
        name = Element(AirSync.ServerId, command.name)
        item = self._item(command)
        read = None
        if item is not None:
            read = await self.source.fetch(item)
        if item is None or read is None:
            return _fetch_failed(name, SyncStatus.OBJECT_NOT_FOUND)
        if not self.room.hold(self.source.size_of(read)):
            return _fetch_failed(name, SyncStatus.RETRY)  # there is more than one answer can hold
        content = convert(
            self.source,
            read,
            name=ServerId(self.folder.id, item),
            received=self.call.now,
            poison=self.spoilt,
        )
        status = Element(AirSync.Status, str(int(SyncStatus.SUCCESS)))
        return Element(AirSync.Fetch, [name, status, Element(AirSync.ApplicationData, content)])

    def _item(self, command: ClientCommand) -> ItemId | None:
        """Give the item that a command names, None for one that cannot be in this folder."""
        named = server_id(command.name)
        return named.item if named is not None and named.folder == self.folder.id else None


def _fetch_failed(name: Element, status: SyncStatus) -> Element:
    return Element(AirSync.Fetch, [name, Element(AirSync.Status, str(int(status)))])


async def _refusable(work: Awaitable[CommandResult]) -> CommandResult:
    """Turn the refusals of a mailbox into an item's status."""
    try:
        return await work
    except ItemFault as fault:
        return CommandResult(status=fault.status)
    except NotFound:
        return CommandResult(status=SyncStatus.OBJECT_NOT_FOUND)
    except Conflict:  # an Add of what is there already: it comes down
        return CommandResult(status=SyncStatus.CONFLICT)
    except ReadOnly:
        raise
    except (OverQuota, TooLarge, NotAllowed, Corrupt):
        return CommandResult(status=SyncStatus.CANNOT_COMPLETE)


def _class_of(command: ClientCommand) -> Element | None:
    """Say the class of what is not of the folder's own (MS-ASCMD R944)."""
    return Element(AirSync.Class, sms.CLASS) if command.item_class == sms.CLASS else None


def _fingerprint(command: ClientCommand) -> str:
    """Name a command by all that it says."""
    return digest(encode(command.element))[:24]


def _groups(commands: Sequence[ClientCommand]) -> Iterator[list[ClientCommand]]:
    """Part commands into runs that may be done in one go: of one kind, each item once."""
    group: list[ClientCommand] = []
    for command in commands:
        follows = group and command.kind is group[0].kind
        if not follows or any(command.name == one.name for one in group):
            if group:
                yield group
            group = []
        group.append(command)
    if group:
        yield group


def _shows(state: MailState, patch: MailPatch) -> bool:
    """Whether an item in this state is as a patch wants it."""
    flag = None if isinstance(patch.follow_up, ClearFollowUp) else patch.follow_up
    return (
        patch.read in (None, state.read)
        and (patch.follow_up is None or flag == state.follow_up)
        and patch.categories in (None, state.categories)
    )


def _aspects(patch: MailPatch) -> Aspect:
    aspects = NO_ASPECT
    if patch.read is not None:
        aspects |= Aspect.READ
    if patch.follow_up is not None:
        aspects |= Aspect.FOLLOW_UP
    if patch.categories is not None:
        aspects |= Aspect.CATEGORIES
    return aspects
