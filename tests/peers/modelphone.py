"""A phone as a model: what the daemon's Sync does for it, between a mailbox and dictionaries."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random

from carbonio_mobile.commands.collections import drive
from carbonio_mobile.errors import NotFound, StoreError, Unavailable
from carbonio_mobile.ids import FolderId, ItemId, OperationId
from carbonio_mobile.interfaces import IMailbox
from carbonio_mobile.mime.mailitem import (
    BodyWish,
    ClearFollowUp,
    FollowUp,
    MailItem,
    MailPatch,
    MailState,
)
from carbonio_mobile.sync.changes import ALL_ASPECTS, OLDEST, Aspect
from carbonio_mobile.sync.folders import Folder
from carbonio_mobile.sync.pull import pull
from carbonio_mobile.sync.questions import Offer, OfferKind, Taken
from carbonio_mobile.sync.state import (
    CollectionState,
    CommandResult,
    Generation,
    advance,
    first_key,
    start,
)
from tests.peers.desktop import Mail, letter

_ACTIVE = FollowUp(status=2, fields=(("FlagType", "Flag for follow up"),))
_PATCHES = (
    (MailPatch(read=True), Aspect.READ),
    (MailPatch(read=False), Aspect.READ),
    (MailPatch(follow_up=_ACTIVE), Aspect.FOLLOW_UP),
    (MailPatch(follow_up=ClearFollowUp()), Aspect.FOLLOW_UP),
    (MailPatch(categories=("Garden",)), Aspect.CATEGORIES),
    (MailPatch(categories=()), Aspect.CATEGORIES),
)


class PhoneError(AssertionError):
    """The phone was told something that makes no sense to it."""


@dataclass
class Collection:
    """A folder on the phone, and the server's state of it."""

    folder: Folder
    key: str
    state: CollectionState
    items: dict[ItemId, Mail] = field(default_factory=dict)


def shown(one: MailItem) -> Mail:
    """Give what the phone shows of a message."""
    flags = set(one.state.categories)
    if one.state.read:
        flags.add("\\Seen")
    if one.state.follow_up is not None:
        flags.add("\\Flagged")
    return one.record.message_id.strip("<>"), frozenset(flags)


def patched(mail: Mail, patch: MailPatch) -> Mail:
    """Give what the phone shows of a message that it changed itself."""
    flags = set(mail[1])
    if patch.read is not None:
        flags = flags - {"\\Seen"} | ({"\\Seen"} if patch.read else set())
    if patch.follow_up is not None:
        on = isinstance(patch.follow_up, FollowUp)
        flags = flags - {"\\Flagged"} | ({"\\Flagged"} if on else set())
    if patch.categories is not None:
        flags = {one for one in flags if one.startswith("\\")} | set(patch.categories)
    return mail[0], frozenset(flags)


@dataclass
class ModelPhone:
    """A phone that syncs all folders of mail, and changes what it shows.

    ``between`` is awaited now and then, so that others can change the mailbox meanwhile.
    """

    box: IMailbox
    random: Random
    between: Callable[[], Awaitable[None]]
    collections: dict[FolderId, Collection] = field(default_factory=dict)
    made: int = 0
    stored: list[str] = field(default_factory=list)
    """The Message-IDs of what it stored, as far as it was told that it did."""
    deleted: set[str] = field(default_factory=set)
    refused: int = 0

    async def sync_folders(self) -> None:
        """FolderSync: begin with new folders, forget those that are gone."""
        hierarchy = await self.box.hierarchy()
        present = {one.id: one for one in hierarchy.folders if self._syncs(one)}
        for gone in set(self.collections) - set(present):
            del self.collections[gone]
        for folder, one in present.items():
            if folder in self.collections:
                self.collections[folder].folder = one
                continue
            made = Generation(
                key=first_key(self.random.randbytes(6)), token=await self.box.token(folder)
            )
            self.collections[folder] = Collection(one, made.key, CollectionState(current=made))

    @staticmethod
    def _syncs(one: Folder) -> bool:
        return one.kind.holds_mail

    async def act(self) -> None:
        """Do something: mostly a Sync with commands in it. Unavailable servers are bad luck."""
        try:
            if self.random.random() < 0.1 or not self.collections:
                await self.sync_folders()
                return
            one = self.random.choice(list(self.collections.values()))
            try:
                await self.exchange(one)
            except NotFound:
                await self.sync_folders()  # Status 12
        except Unavailable:
            self.refused += 1  # 503: it comes again

    async def settle(self) -> None:
        """Sync until there is nothing more to be told. Raises: StoreError."""
        await self.sync_folders()
        for one in self.collections.values():
            for _ in range(200):
                if not await self.exchange(one, quiet=True):
                    break
            else:
                raise AssertionError("Sync never came to an end")

    async def exchange(self, one: Collection, *, quiet: bool = False) -> bool:
        """One Sync, its answer perhaps lost; gives whether more is to come."""
        origin = start(one.state, one.key)
        assert origin is not None
        made = origin.base.successor()
        done: dict[ItemId, Mail | None] = {}
        if not quiet and not origin.repeat:
            await self._command(one, made, done)
        told: list[tuple[Offer, Mail | None]] = []

        async def show(offers: tuple[Offer, ...]) -> Taken:
            if not quiet:
                await self._maybe()
            return await self._shown(one, offers, told)

        run = pull(made, floor=OLDEST, window=self.random.choice((1, 5, 100)))
        pulled = await drive(run, self.box, one.folder.id, show)
        lost = not quiet and not done and self.random.random() < 0.3
        news = bool(told or done or pulled.more)
        if news:
            one.state = CollectionState.from_text(advance(origin, made).to_text())
        if lost:
            return True
        for item, mail in done.items():
            _put(one, item, mail)
        for offer, told_mail in told:
            self._apply(one, offer, told_mail)
        if news:
            one.key = made.key
        return pulled.more

    async def _shown(
        self, one: Collection, offers: tuple[Offer, ...], told: list[tuple[Offer, Mail | None]]
    ) -> Taken:
        kinds = (OfferKind.ADD, OfferKind.CHANGE)
        wanted = [offer.item for offer in offers if offer.kind in kinds]
        read = await self.box.read(one.folder.id, wanted, BodyWish())
        missing = {item for item in wanted if item not in read}
        for offer in offers:
            if offer.item not in missing:
                mail = shown(read[offer.item]) if offer.kind in kinds else None
                told.append((offer, mail))
        return Taken(len(offers), frozenset(missing))

    @staticmethod
    def _apply(one: Collection, offer: Offer, mail: Mail | None) -> None:
        if offer.kind is OfferKind.ADD and offer.item in one.items:
            raise PhoneError(f"second Add of {offer.item} in {one.folder.name}")
        if offer.kind is OfferKind.CHANGE and offer.item not in one.items:
            raise PhoneError(f"Change of {offer.item} in {one.folder.name}, which is not there")
        _put(one, offer.item, mail)

    async def _maybe(self) -> None:
        if self.random.random() < 0.3:
            await self.between()

    # What the phone does

    async def _command(
        self, one: Collection, made: Generation, done: dict[ItemId, Mail | None]
    ) -> None:
        await self._maybe()
        what = self.random.randrange(8)
        try:
            if what < 3:
                await self._flag(one, made, done)
            elif what == 3:
                await self._move(one, made, done)
            elif what == 4:
                await self._delete(one, made, done)
            elif what == 5:
                await self._append(one, made, done)
            elif what == 6:
                await self._fetch(one)
        except NotFound:
            raise
        except StoreError:
            return  # a Status of the command's own

    def _item(self, one: Collection) -> ItemId | None:
        return self.random.choice(list(one.items)) if one.items else None

    async def _fetch(self, one: Collection) -> None:
        """Read a whole message, for which the server is asked."""
        item = self._item(one)
        if item is not None:
            await self.box.read(one.folder.id, [item], BodyWish(source_bytes=None))

    async def _flag(
        self, one: Collection, made: Generation, done: dict[ItemId, Mail | None]
    ) -> None:
        item = self._item(one)
        if item is None:
            return
        patch, told = self.random.choice(_PATCHES)
        folder = one.folder.id
        versions = await self.box.update(folder, {item: patch})
        since = await self.box.aspects_since(folder, [item], made.token)
        if item in versions and item not in made.echoes:
            if not since.get(item, ALL_ASPECTS) & ~told:
                result = CommandResult(status=1, item=item, version=versions[item])
                made.absorb(f"flag-{item}-{one.key}", result)
            done[item] = patched(one.items[item], patch)
        elif item in versions:
            done[item] = patched(one.items[item], patch)

    async def _move(
        self, one: Collection, made: Generation, done: dict[ItemId, Mail | None]
    ) -> None:
        item = self._item(one)
        target = self.random.choice(list(self.collections))
        if item is None or target == one.folder.id:
            return
        heads = await self.box.move(one.folder.id, [item], target)
        if item in heads:
            self._left(one, made, done, item)

    async def _delete(
        self, one: Collection, made: Generation, done: dict[ItemId, Mail | None]
    ) -> None:
        item = self._item(one)
        if item is not None:
            self.deleted.add(one.items[item][0])
            await self.box.delete(one.folder.id, [item])
            self._left(one, made, done, item)

    @staticmethod
    def _left(
        one: Collection, made: Generation, done: dict[ItemId, Mail | None], item: ItemId
    ) -> None:
        result = CommandResult(status=1, item=item, removed=True)
        made.absorb(f"left-{item}-{one.key}", result)
        done[item] = None

    async def _append(
        self, one: Collection, made: Generation, done: dict[ItemId, Mail | None]
    ) -> None:
        self.made += 1
        name = f"phone-{self.made}"
        operation = OperationId(name)
        source = letter(name, self.random.randrange(8) * 100)
        for _ in range(self.random.choice((1, 1, 2))):  # the first answer is lost at times
            head = await self.box.append(
                one.folder.id,
                source,
                MailState(read=True),
                received=1_700_000_000.0 + self.random.randrange(2),
                operation=operation,
            )
        self.stored.append(name)
        made.absorb(name, CommandResult(status=1, item=head.item, version=head.version))
        done[head.item] = (name, frozenset(("\\Seen",)))


def _put(one: Collection, item: ItemId, mail: Mail | None) -> None:
    if mail is None:
        one.items.pop(item, None)
    else:
        one.items[item] = mail
