"""Sync: exchange what is new in folders, both ways, at once or when something arrives.

One round goes through the collections in their order: what the device did is applied, then what the
device lacks is told. The states that this makes are stored in one commit before the answer leaves.
A request that waits starts over with the round when it is woken.

Spec: MS-ASCMD 2.2.1.21, 3.1.5.4; commands.md section 4; design.md section 4.
"""

from dataclasses import dataclass, field

from carbonio_mobile import __version__
from carbonio_mobile.commands import conversations, hierarchy, syncrequests
from carbonio_mobile.commands.collectionoptions import (
    ghosts_of,
    options_of,
    options_to_json,
    replaced,
    source_of,
    window_end,
    with_supported,
)
from carbonio_mobile.commands.collections import drive, readable
from carbonio_mobile.commands.context import Answer, Call
from carbonio_mobile.commands.news import look
from carbonio_mobile.commands.syncdown import Room, Telling
from carbonio_mobile.commands.syncrequests import complete
from carbonio_mobile.commands.syncup import Applying
from carbonio_mobile.eas import foldertypes
from carbonio_mobile.eas.items.classes import CLASSES
from carbonio_mobile.eas.items.email import visible_aspects
from carbonio_mobile.eas.messages.sync import (
    WINDOW_MAX,
    CollectionAnswer,
    CollectionOptions,
    CollectionRequest,
    SyncFault,
    SyncRequest,
    build,
    build_fault,
    in_full,
)
from carbonio_mobile.eas.status import SyncStatus
from carbonio_mobile.eas.version import Version
from carbonio_mobile.errors import Conflict, NotFound
from carbonio_mobile.ids import FolderId
from carbonio_mobile.sync import poison, window
from carbonio_mobile.sync.folders import Folder, FolderKind, Hierarchy
from carbonio_mobile.sync.patience import STAND_IN_AFTER, patience, time_for
from carbonio_mobile.sync.pull import pull
from carbonio_mobile.sync.state import (
    CollectionState,
    Generation,
    Start,
    advance,
    document_name,
    first_key,
    start,
)
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import AirSync

NEEDS_MAX = 30
"""So many collections' states are read ahead, before the gates."""


def needs(document: Element | None) -> tuple[str, ...]:
    """Name the documents that a Sync looks at; an empty one names its collections later."""
    listed = None if document is None else document.find(AirSync.Collections)
    names = [document_name(FolderId(one.value(AirSync.CollectionId, ""))) for one in listed or ()]
    return (syncrequests.DOCUMENT, poison.DOCUMENT, conversations.DOCUMENT, *names[:NEEDS_MAX])


async def respond(call: Call) -> Answer:
    """Answer Sync. An answer without anything to say is empty (MS-ASCMD R667, R679)."""
    try:
        request, to_store = await complete(call)
        answers = await _answers(call, request, to_store)
    except SyncFault as fault:
        return Answer(document=build_fault(fault.status, fault.limit))
    answers = in_full(answers, request, call.version)
    return Answer(document=build(answers) if answers else None)


async def _answers(
    call: Call, request: SyncRequest, to_store: dict[str, str | None]
) -> list[CollectionAnswer]:
    """Go through the collections, again and again where the device waits for news.

    ``to_store`` are documents to store together with the states of the first round.
    """
    if request.wait_s is None:
        return await _Round(call=call, request=request, documents=to_store).run()
    folders = [collection.collection for collection in request.collections]
    watch = call.services.hub.watch(call.account.id, folders, latency_s=call.bounds.latency_s)
    try:
        steady_clock = call.services.steady_clock
        until = steady_clock() + request.wait_s
        answers = await _Round(call=call, request=request, documents=to_store).run()
        if not answers and await hierarchy.outdated(call):
            raise SyncFault(SyncStatus.HIERARCHY_CHANGED)
        while not answers and steady_clock() < until:
            call.turn.park(watch)
            wake = await watch.wait(until - steady_clock())
            await call.turn.resume()
            if wake.superseded or not (wake.folders or wake.hierarchy):
                return []  # a newer request took the place, time is up, or the server stops
            if wake.hierarchy and await hierarchy.outdated(call):
                raise SyncFault(SyncStatus.HIERARCHY_CHANGED)
            answers = await _Round(call=call, request=request).run()
        return answers
    finally:
        watch.close()


@dataclass(slots=True, kw_only=True)
class _Round:
    """One pass over all collections of a request."""

    call: Call
    request: SyncRequest
    documents: dict[str, str | None] = field(default_factory=dict)

    async def run(self) -> list[CollectionAnswer]:
        """Give the answers of those collections that have something to say, states stored."""
        folders = [collection.collection for collection in self.request.collections]
        names = [document_name(folder) for folder in folders]
        stored = await self.call.documents([*names, poison.DOCUMENT, conversations.DOCUMENT])
        states = readable(stored, folders)
        spoilt = poison.PoisonList.from_text(stored.get(poison.DOCUMENT), __version__)
        moving = frozenset(conversations.read_wishes(stored.get(conversations.DOCUMENT)))
        present = await self._hierarchy_if_needed(states)
        items = WINDOW_MAX if self.request.window is None else self.request.window
        room = Room(
            items=items,
            bytes=self.call.services.bounds.response_bytes,
            until=self.call.services.steady_clock() + time_for(self.call.traits.patience_s),
        )
        answers = []
        for collection in self.request.collections:
            exchange = _Exchange(
                call=self.call,
                request=collection,
                present=present,
                room=room,
                spoilt=spoilt,
                moving=moving,
                state=states.get(collection.collection),
            )
            answer = await exchange.run()
            if exchange.state_changed and exchange.state is not None:
                self.documents[document_name(collection.collection)] = exchange.state.to_text()
            if answer is not None:
                answers.append(answer)
        if spoilt.changed:
            self.documents[poison.DOCUMENT] = spoilt.to_text()
        if self.documents:
            await self.call.services.states.commit(self.call.device.key, self.documents)
        return answers

    async def _hierarchy_if_needed(
        self, states: dict[FolderId, CollectionState]
    ) -> Hierarchy | None:
        """Read the folders only for requests that start a collection or change items.

        Raises: SyncFault 12 for a folder that is not there (client-quirks.md 3.7).
        """
        simple = all(
            c.sync_key != "0" and not c.commands and c.collection in states
            for c in self.request.collections
        )
        if simple:
            return None
        present = await self.call.mailbox.hierarchy()
        for collection in self.request.collections:
            folder = present.find(collection.collection)
            if folder is None or not _syncable(folder):
                await hierarchy.count_vanished(self.call, collection.collection)
                raise SyncFault(SyncStatus.HIERARCHY_CHANGED)
        return present


@dataclass(slots=True, kw_only=True)
class _Exchange:
    """The exchange of one collection. ``state`` is replaced by the one to store."""

    call: Call
    request: CollectionRequest
    present: Hierarchy | None
    room: Room
    spoilt: poison.PoisonList
    moving: frozenset[bytes]
    state: CollectionState | None
    state_changed: bool = False

    async def run(self) -> CollectionAnswer | None:
        """Give what is to be said about the collection, None for nothing."""
        request = self.request
        if request.sync_key == "0":
            return await self._begin()
        origin = None if self.state is None else start(self.state, request.sync_key)
        if origin is None:
            return self._fault(SyncStatus.INVALID_SYNC_KEY)
        if request.remembered and origin.repeat:
            # Did the device get the last answer and leave the folder out, or lose it and repeat
            # itself? Only the device can say which key it stands at.
            raise SyncFault(SyncStatus.REQUEST_INCOMPLETE)
        if request.conversation_mode and not _holds_mail(origin.base):
            raise SyncFault(SyncStatus.PROTOCOL_ERROR)  # MS-ASCMD R2117
        try:
            return await self._exchange(origin)
        except NotFound as exc:
            await hierarchy.count_vanished(self.call, request.collection)
            raise SyncFault(SyncStatus.HIERARCHY_CHANGED) from exc
        except Conflict:
            # The mailbox has forgotten the history that the device stands at.
            return self._fault(SyncStatus.INVALID_SYNC_KEY)

    def _fault(self, status: SyncStatus) -> CollectionAnswer:
        return CollectionAnswer(collection=self.request.collection, status=status)

    async def _begin(self) -> CollectionAnswer:
        """Answer key 0: a key and no items; commands beside it are passed over (quirk 3.4)."""
        request = self.request
        if request.get_changes:
            return self._fault(SyncStatus.PROTOCOL_ERROR)  # MS-ASCMD R3128
        if request.options is not None and not window.allowed(
            request.options.filter_type, self._folder().kind
        ):
            raise SyncFault(SyncStatus.PROTOCOL_ERROR)  # MS-ASCMD R3041, R3045
        notes = foldertypes.class_name(self._folder().kind) == "Notes"
        if notes and request.supported is not None:
            raise SyncFault(SyncStatus.PROTOCOL_ERROR)  # MS-ASNOTE R114
        token = await self.call.mailbox.token(request.collection)
        made = Generation(
            key=first_key(self.call.services.random_bytes(6)),
            token=token,
            options=with_supported(options_to_json(request.options), request.supported),
            kind=self._folder().kind,
        )
        self.state, self.state_changed = CollectionState(current=made), True
        return CollectionAnswer(collection=request.collection, sync_key=made.key)

    async def _exchange(self, origin: Start) -> CollectionAnswer | None:
        made = origin.base.successor()
        if self.request.options is not None:
            made.options = replaced(made.options, self.request.options)
        options = options_of(made)
        if made.kind is not None and not window.allowed(options.filter_type, made.kind):
            raise SyncFault(SyncStatus.PROTOCOL_ERROR)  # MS-ASCMD R3041, R3045
        if options.sms is not None and made.kind is not None and not made.kind.holds_mail:
            raise SyncFault(SyncStatus.PROTOCOL_ERROR)  # MS-ASCMD R934, R935
        answer = CollectionAnswer(collection=self.request.collection)
        if made.kind is FolderKind.RECIPIENT_CACHE and self.request.commands:
            raise SyncFault(SyncStatus.PROTOCOL_ERROR)  # MS-ASCMD R756
        if self.request.commands:
            answer.responses = await self._apply(origin, made, options)
        if self.request.wants_changes and _told_of(made, self.call.version):
            await self._tell(made, options, answer, repeats=origin.repeats)
        if self.request.commands or answer.commands or answer.more:
            self.state, self.state_changed = advance(origin, made), True
            answer.sync_key = made.key
            return answer
        self._keep_progress(origin, made)
        return None

    def _folder(self) -> Folder:
        """Give the folder, for a request that the hierarchy was read for."""
        assert self.present is not None
        folder = self.present.find(self.request.collection)
        assert folder is not None
        return folder

    async def _apply(
        self, origin: Start, made: Generation, options: CollectionOptions
    ) -> list[Element]:
        assert self.present is not None
        applying = Applying(
            call=self.call,
            folder=self._folder(),
            trash=self.present.standard(FolderKind.TRASH),
            request=self.request,
            source=source_of(self.call, self.request.collection, made.kind, options),
            ghosts=ghosts_of(made, self.call.version),
            client_wins=options.client_wins,
            known=origin.known,
            made=made,
            room=self.room,
            spoilt=self.spoilt,
        )
        await applying.apply()
        return applying.responses

    async def _tell(
        self,
        made: Generation,
        options: CollectionOptions,
        answer: CollectionAnswer,
        *,
        repeats: int,
    ) -> None:
        """Tell what is new, less of it at a time where the device keeps repeating itself."""
        window = min(self.request.window, self.room.items)
        forced = self.call.services.forced_window(self.call.account.id)
        size = patience(repeats, window if forced is None else min(window, forced))
        if size <= 0:
            # The whole request's window is used up: the next request goes on (R4783).
            answer.more = (await look(self.call, self.request.collection, made)).news
            return
        telling = Telling(
            call=self.call,
            folder=self.request.collection,
            source=source_of(self.call, self.request.collection, made.kind, options),
            room=self.room,
            poison=self.spoilt,
            moving=self.moving,
            stand_ins=repeats >= STAND_IN_AFTER,
        )
        size -= await telling.show_again(made.held, size)
        run = pull(
            made,
            floor=await window_end(self.call, self.request.collection, made.kind, options),
            window=size,
            shown=visible_aspects(self.call.version),
            conversations=self.request.conversation_mode,
        )
        pulled = await drive(run, self.call.mailbox, self.request.collection, telling.show)
        answer.commands, answer.more = telling.commands, pulled.more

    def _keep_progress(self, origin: Start, made: Generation) -> None:
        """Without a word to say the key stays; what need not be read again is kept under it."""
        base = origin.base
        moved_on = (made.token, made.options, made.edge) != (base.token, base.options, base.edge)
        moved_on = moved_on or made.weaving != base.weaving
        if moved_on and not origin.repeat and self.state is not None:
            made.key, made.results = base.key, base.results
            self.state = CollectionState(current=made, previous=self.state.previous)
            self.state_changed = True


def _holds_mail(base: Generation) -> bool:
    return base.kind is not None and base.kind.holds_mail


def _syncable(folder: Folder) -> bool:
    if folder.kind in foldertypes.NO_CLASS:
        return False
    return foldertypes.class_name(folder.kind) in CLASSES


def _told_of(made: Generation, version: Version) -> bool:
    """Whether a device of that version is told what is in the folder.

    Drafts only from 16.0 (MS-ASCMD R5916); of the Outbox nothing ever (client-quirks.md 3.6).
    """
    kind = made.kind
    if kind is None or kind is FolderKind.OUTBOX:
        return False
    return foldertypes.syncable(kind, version)
