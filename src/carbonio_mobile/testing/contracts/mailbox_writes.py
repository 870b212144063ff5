"""What every mailbox does when its items are appended, changed, moved and deleted."""

from twisted.internet.defer import ensureDeferred, gatherResults

from carbonio_mobile.errors import NotAllowed, OverQuota, TooLarge
from carbonio_mobile.ids import ItemId, OperationId
from carbonio_mobile.mime.mailitem import BodyWish, ClearFollowUp, FollowUp, MailPatch, MailState
from carbonio_mobile.sync.changes import ALL_ASPECTS, Aspect, ItemHead
from carbonio_mobile.testing.contracts.mailbox_fixture import (
    JOHN,
    MESSAGE_LIMIT_BYTES,
    UNREAD,
    MailboxFixture,
    message,
)

FLAG = FollowUp(status=2, fields=(("FlagType", "for follow up"), ("DueDate", "2026-01-16")))


class WritePromises(MailboxFixture):
    """The promises of IItemWrites."""

    async def state(self, item: ItemId) -> MailState:
        """Give the state of an item of the inbox."""
        state: MailState = (await self.box.read(self.inbox, [item], BodyWish()))[item].state
        return state

    async def test_append_once(self) -> None:
        """A repeated operation gives the first head and stores nothing, even if the item went."""
        name = self.operation()

        async def again() -> object:
            return await self.box.append(
                self.inbox, message(), UNREAD, received=5.0, operation=name
            )

        first = await again()
        self.assertEqual(first, await again())
        await self.box.update(self.inbox, {ItemId(1): MailPatch(read=True)})
        await self.box.delete(self.inbox, [ItemId(1)])
        self.sink.told.clear()
        self.assertEqual(first, await again())
        self.assertEqual([], await self.items(self.inbox))
        self.assertEqual([], self.sink.told)

    async def test_concurrent_appends(self) -> None:
        """Appends that are under way at once are each stored, once for each operation."""

        async def append(name: OperationId) -> ItemHead:
            return await self.box.append(
                self.inbox, message(), UNREAD, received=1.0, operation=name
            )

        names = [self.operation() for _ in range(20)] * 2
        heads = await gatherResults([ensureDeferred(append(name)) for name in names])
        self.assertEqual(20, len({head.item for head in heads}))
        self.assertEqual(heads[:20], heads[20:])
        self.assertEqual(list(range(20, 0, -1)), await self.items(self.inbox))

    async def test_one_refusal_among_concurrent_writes(self) -> None:
        """A write that is refused leaves those beside it alone."""
        writes = [ensureDeferred(self.add(message(number=n))) for n in range(5)]
        refused = self.assertFailure(ensureDeferred(self.add_folder("a/b")), NotAllowed)
        writes += [ensureDeferred(self.add(message(number=n))) for n in range(5)]
        await refused
        self.assertEqual(10, len({head.item for head in await gatherResults(writes)}))
        self.assertEqual(10, len(await self.items(self.inbox)))

    async def test_too_large(self) -> None:
        """A message above the limit is refused; one at the limit is not."""
        with self.assertRaises(TooLarge):
            await self.add(b"x" * (MESSAGE_LIMIT_BYTES + 1))
        await self.add(b"x" * MESSAGE_LIMIT_BYTES)
        self.assertEqual([1], await self.items(self.inbox))

    async def test_quota(self) -> None:
        """A message that does not fit is refused and nothing stored; deleting makes room."""
        source = message()
        self.quota_bytes = 2 * len(source) + 1
        since = await self.token(self.inbox)
        await self.add(source)
        await self.add(source)
        with self.assertRaises(OverQuota):
            await self.add(source)
        self.assertEqual(2, len((await self.box.changes(self.inbox, since, limit=9)).changed))
        await self.box.move(self.inbox, [ItemId(1)], self.trash)
        with self.assertRaises(OverQuota):
            await self.add(source)
        await self.box.empty_folder(self.trash, subfolders=False)
        await self.add(source)

    async def test_repetition_over_quota(self) -> None:
        """An append that had its effect is not refused when it is repeated in a full mailbox."""
        self.quota_bytes, name = len(message()), self.operation()
        for _ in range(2):
            await self.box.append(self.inbox, message(), UNREAD, received=1.0, operation=name)
        self.assertEqual([1], await self.items(self.inbox))

    async def test_update_each_property(self) -> None:
        """A patch changes what it names, with that aspect and a new version; the rest stays."""
        head = await self.add(state=MailState(categories=("Red",)))
        steps = (
            (MailPatch(read=True), Aspect.READ),
            (MailPatch(follow_up=FLAG), Aspect.FOLLOW_UP),
            (MailPatch(categories=("Blue", "Très important")), Aspect.CATEGORIES),
            (MailPatch(verb=(3, 99.5)), Aspect.VERB),
        )
        versions = {head.version}
        for patch, aspect in steps:
            since = await self.token(self.inbox)
            versions.add((await self.box.update(self.inbox, {head.item: patch}))[head.item])
            (change,) = (await self.box.changes(self.inbox, since, limit=9)).changed
            self.assertEqual(aspect, change.aspects)
        self.assertEqual(5, len(versions))
        self.assertEqual(
            MailState(
                read=True,
                follow_up=FLAG,
                categories=("Blue", "Très important"),
                verb=3,
                verb_at=99.5,
            ),
            await self.state(head.item),
        )
        cleared = MailPatch(read=False, follow_up=ClearFollowUp(), categories=(), verb=(0, 0.0))
        await self.box.update(self.inbox, {head.item: cleared})
        self.assertEqual(UNREAD, await self.state(head.item))

    async def test_update_is_idempotent(self) -> None:
        """A patch that changes nothing gives the version that is there, and nobody is told."""
        head = await self.add()
        patch = {head.item: MailPatch(read=True, follow_up=FLAG)}
        first = await self.box.update(self.inbox, patch)
        since = await self.token(self.inbox)
        self.sink.told.clear()
        self.assertEqual(dict(first), dict(await self.box.update(self.inbox, patch)))
        self.assertEqual(since, await self.token(self.inbox))
        self.assertEqual([], self.sink.told)

    async def test_update_many(self) -> None:
        """Several items change in one call; those not in the folder are left out."""
        for _ in range(3):
            await self.add()
        patches = {ItemId(n): MailPatch(read=True) for n in (1, 3, 8)}
        self.assertEqual({1, 3}, set(await self.box.update(self.inbox, patches)))
        read = await self.box.read(self.inbox, [ItemId(n) for n in (1, 2, 3)], BodyWish())
        self.assertEqual([True, False, True], [item.state.read for item in read.values()])

    async def test_draft_gets_new_content(self) -> None:
        """A draft's new source replaces record, bodies and what is searched, under the same id."""
        head = await self.add(message("Old"), folder=self.drafts)
        since = await self.token(self.drafts)
        patch = {head.item: MailPatch(source=message("New", "Other words"))}
        versions = await self.box.update(self.drafts, patch)
        self.assertNotEqual(head.version, versions[head.item])
        (change,) = (await self.box.changes(self.drafts, since, limit=9)).changed
        self.assertEqual((head.position, Aspect.CONTENT), (change.position, change.aspects))
        wish = BodyWish(text_bytes=None, source_bytes=None)
        item = (await self.box.read(self.drafts, [head.item], wish))[head.item]
        self.assertTrue(item.draft)
        self.assertEqual(("New", b"Other words"), (item.record.subject, item.text.strip()))
        self.assertEqual(message("New", "Other words"), item.source)
        self.assertEqual(dict(versions), dict(await self.box.update(self.drafts, patch)))

    async def test_draft_limits(self) -> None:
        """A draft's new source obeys limit and quota, and is refused outside of the drafts."""
        head = await self.add(folder=self.drafts)
        patch = {head.item: MailPatch(source=message(body="x" * 500), read=True)}
        self.quota_bytes = len(message()) + 100
        with self.assertRaises(OverQuota):
            await self.box.update(self.drafts, patch)
        with self.assertRaises(TooLarge):
            big = MailPatch(source=b"x" * (MESSAGE_LIMIT_BYTES + 1))
            await self.box.update(self.drafts, {head.item: big})
        item = (await self.box.read(self.drafts, [head.item], BodyWish(source_bytes=None)))[
            head.item
        ]
        self.assertEqual((message(), False), (item.source, item.state.read))
        mail = await self.add(self.odd_sources[0])
        with self.assertRaises(NotAllowed):
            await self.box.update(self.inbox, {mail.item: MailPatch(source=message())})

    async def test_move(self) -> None:
        """A moved item leaves its folder for good and arrives with the next id of the other."""
        head = await self.add(received=50.0, state=MailState(read=True))
        await self.add(folder=self.trash)
        here, there = await self.token(self.inbox), await self.token(self.trash)
        self.sink.told.clear()
        moved = await self.box.move(self.inbox, [head.item, ItemId(44)], self.trash)
        self.assertEqual({head.item: 2}, {old: new.item for old, new in moved.items()})
        self.assertEqual(
            [(JOHN, self.inbox, False), (JOHN, self.trash, True)], sorted(self.sink.told)
        )
        left = await self.box.changes(self.inbox, here, limit=9)
        self.assertEqual(((), (head.item,)), (left.changed, left.gone))
        (came,) = (await self.box.changes(self.trash, there, limit=9)).changed
        self.assertEqual(ALL_ASPECTS, came.aspects)
        new = moved[head.item]
        self.assertEqual((new.position, new.version), (came.position, came.version))
        self.assertEqual(50.0, new.position.received)
        item = (await self.box.read(self.trash, [new.item], BodyWish(source_bytes=None)))[new.item]
        self.assertEqual((message(), True), (item.source, item.state.read))

    async def test_move_again(self) -> None:
        """A repeated move gives the items where they are; what went on from there is left out."""
        for _ in range(3):
            await self.add()
        await self.add(folder=self.trash)
        items = [ItemId(1), ItemId(2)]
        moved = await self.box.move(self.inbox, items, self.trash)
        self.sink.told.clear()
        self.assertEqual(dict(moved), dict(await self.box.move(self.inbox, items, self.trash)))
        self.assertEqual([], self.sink.told)
        await self.box.delete(self.trash, [moved[ItemId(1)].item])
        await self.box.move(self.trash, [moved[ItemId(2)].item], self.drafts)
        self.assertEqual({}, dict(await self.box.move(self.inbox, items, self.trash)))
        third = await self.box.move(self.inbox, [*items, ItemId(3)], self.trash)
        self.assertEqual([3], list(third))

    async def test_move_there_and_back(self) -> None:
        """An item that comes back is a new one in its old folder."""
        first = await self.add()
        since = await self.token(self.inbox)
        away = (await self.box.move(self.inbox, [first.item], self.trash))[first.item]
        back = (await self.box.move(self.trash, [away.item], self.inbox))[away.item]
        self.assertEqual(2, back.item)
        batch = await self.box.changes(self.inbox, since, limit=9)
        self.assertEqual(([2], (1,)), ([c.item for c in batch.changed], batch.gone))

    async def test_move_within_a_folder(self) -> None:
        """Moving an item to where it is changes nothing and gives its head."""
        head = await self.add()
        since = await self.token(self.inbox)
        moved = await self.box.move(self.inbox, [head.item, ItemId(5)], self.inbox)
        self.assertEqual({head.item: head}, dict(moved))
        self.assertEqual(since, await self.token(self.inbox))

    async def test_delete(self) -> None:
        """Deleted items are gone; deleting again gives nothing and tells nobody."""
        for _ in range(3):
            await self.add()
        wanted = [ItemId(1), ItemId(3), ItemId(9)]
        self.sink.told.clear()
        self.assertEqual({1, 3}, await self.box.delete(self.inbox, wanted))
        self.assertEqual([(JOHN, self.inbox, False)], self.sink.told)
        self.assertEqual(frozenset(), await self.box.delete(self.inbox, wanted))
        self.assertEqual([(JOHN, self.inbox, False)], self.sink.told)
        self.assertEqual([2], await self.items(self.inbox))

    async def test_arrivals_are_reported(self) -> None:
        """An append reaches the sink as an arrival, a change of state as none."""
        head = await self.add()
        await self.box.update(self.inbox, {head.item: MailPatch(read=True)})
        self.assertEqual([(JOHN, self.inbox, True), (JOHN, self.inbox, False)], self.sink.told)
