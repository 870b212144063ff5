"""What every mailbox tells of its items: listings, changes, contents."""

from carbonio_mobile.errors import Conflict, NotFound
from carbonio_mobile.ids import ChangeToken, ItemId, PartId
from carbonio_mobile.mime.mailitem import BodyWish, MailPatch, MailState
from carbonio_mobile.sync.changes import (
    ALL_ASPECTS,
    NEWEST,
    NO_ASPECT,
    OLDEST,
    Aspect,
    ItemHead,
    Position,
)
from carbonio_mobile.testing.contracts.mailbox_fixture import MailboxFixture, message
from carbonio_mobile.testing.contracts.mailbox_folders import NO_FOLDER

WITH_ATTACHMENT = (
    b"From: ann@example.com\r\nSubject: Two forms\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/mixed; boundary=m\r\n\r\n"
    b"--m\r\nContent-Type: multipart/alternative; boundary=a\r\n\r\n"
    b"--a\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nPlain form\r\n"
    b"--a\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Rich form</p>\r\n--a--\r\n"
    b"--m\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n"
    b"Content-Disposition: attachment; filename=plan.pdf\r\n\r\nAAECAw==\r\n--m--\r\n"
)


class ItemPromises(MailboxFixture):
    """The promises of IItems."""

    async def test_listing_is_newest_first(self) -> None:
        """Items stand by time of receipt, those of one time by id."""
        added = [await self.add(received=at) for at in (20.0, 10.0, 30.0, 20.0)]
        page = await self.box.listing(self.inbox, below=NEWEST, down_to=OLDEST, limit=10)
        self.assertEqual([added[2], added[3], added[0], added[1]], list(page.heads))
        self.assertEqual(await self.token(self.inbox), page.token)

    async def test_listing_by_pages(self) -> None:
        """Going on below the last item of a page gives every item once; bounds are half open."""
        added = [await self.add(received=float(n // 3)) for n in range(10)]
        below, seen = NEWEST, list[ItemHead]()
        while page := (
            await self.box.listing(self.inbox, below=below, down_to=OLDEST, limit=4)
        ).heads:
            self.assertLessEqual(len(page), 4)
            seen += page
            below = page[-1].position
        self.assertEqual(added[::-1], seen)
        part = await self.box.listing(
            self.inbox, below=added[7].position, down_to=added[4].position, limit=10
        )
        self.assertEqual([added[6], added[5], added[4]], list(part.heads))
        since = Position(2.0, ItemId(0))
        self.assertEqual(4, await self.box.count(self.inbox, below=NEWEST, down_to=since))
        self.assertEqual(10, await self.box.count(self.inbox, below=NEWEST, down_to=OLDEST))
        self.assertEqual(0, await self.box.count(self.inbox, below=OLDEST, down_to=OLDEST))
        for n, head in enumerate(added):
            rest = await self.box.count(self.inbox, below=head.position, down_to=OLDEST)
            self.assertEqual(n, rest)

    async def test_ids_count_up_from_one(self) -> None:
        """Each folder numbers its arrivals; a number that is gone does not come back."""
        self.assertEqual([1, 2], [(await self.add()).item for _ in range(2)])
        self.assertEqual(1, (await self.add(folder=self.trash)).item)
        await self.box.delete(self.inbox, [ItemId(1), ItemId(2)])
        self.assertEqual(3, (await self.add()).item)

    async def test_nothing_new(self) -> None:
        """At the end of the history there are no changes, and the token stays."""
        await self.add()
        since = await self.token(self.inbox)
        await self.add(folder=self.trash)
        batch = await self.box.changes(self.inbox, since, limit=10)
        self.assertEqual(
            ((), (), since, False), (batch.changed, batch.gone, batch.token, batch.more)
        )

    async def test_arrivals_are_changes(self) -> None:
        """What came stands in the changes with its head and all aspects, oldest change first."""
        since = await self.token(self.inbox)
        added = [await self.add(received=at) for at in (30.0, 10.0, 20.0)]
        batch = await self.box.changes(self.inbox, since, limit=10)
        self.assertEqual(
            [(head.position, head.version, ALL_ASPECTS) for head in added],
            [(change.position, change.version, change.aspects) for change in batch.changed],
        )
        self.assertEqual(await self.token(self.inbox), batch.token)

    async def test_changes_by_batches(self) -> None:
        """Batches of any size tell everything once, and then the same end."""
        since = await self.token(self.inbox)
        heads = [await self.add() for _ in range(5)]
        await self.box.delete(self.inbox, [heads[1].item, heads[3].item])
        for limit in (1, 2, 3, 4, 5, 6):
            token, came, gone, more = since, list[ItemId](), list[ItemId](), True
            while more:
                batch = await self.box.changes(self.inbox, token, limit=limit)
                self.assertLessEqual(len(batch.changed) + len(batch.gone), limit)
                came += [change.item for change in batch.changed]
                gone += batch.gone
                token, more = batch.token, batch.more
            self.assertEqual(([1, 3, 5], {2, 4}), (came, set(gone)))
            self.assertEqual(2, len(gone))
            self.assertEqual(await self.token(self.inbox), token)

    async def test_each_item_once_with_its_latest_state(self) -> None:
        """An item that changed twice is told once, with all that changed since the token."""
        head = await self.add()
        since = await self.token(self.inbox)
        await self.box.update(self.inbox, {head.item: MailPatch(read=True)})
        await self.box.update(self.inbox, {head.item: MailPatch(categories=("Blue",))})
        (change,) = (await self.box.changes(self.inbox, since, limit=10)).changed
        self.assertEqual(Aspect.READ | Aspect.CATEGORIES, change.aspects)
        (now,) = (await self.box.listing(self.inbox, below=NEWEST, down_to=OLDEST, limit=9)).heads
        self.assertEqual((now.position, now.version), (change.position, change.version))

    async def test_come_and_gone_between(self) -> None:
        """An item that came and went since the token is not told as changed."""
        since = await self.token(self.inbox)
        head = await self.add()
        await self.box.delete(self.inbox, [head.item])
        self.assertEqual((), (await self.box.changes(self.inbox, since, limit=10)).changed)

    async def test_foreign_tokens(self) -> None:
        """Tokens that the folder never gave are refused: of another folder, or invented."""
        head = await self.add()
        await self.add(folder=self.trash)
        other = await self.token(self.trash)
        end = await self.token(self.inbox)
        for token in (other, "", "0", "x.y.z", f"{end}9999", f"{end}x", "²", "9" * 40):
            with self.assertRaises(Conflict):
                await self.box.changes(self.inbox, ChangeToken(token), limit=10)
            with self.assertRaises(Conflict):
                await self.box.aspects_since(self.inbox, [head.item], ChangeToken(token))

    async def test_token_from_before_a_folder(self) -> None:
        """A folder created anew does not take the tokens of the one before it."""
        folder = await self.add_folder("A")
        since = await self.token(folder.id)
        await self.box.delete_folder(folder.id)
        again = await self.add_folder("A")
        with self.assertRaises(Conflict):
            await self.box.changes(again.id, since, limit=10)

    async def test_aspects_since(self) -> None:
        """Each item is told with what changed on it; those not in the folder are left out."""
        same, changed = await self.add(), await self.add()
        since = await self.token(self.inbox)
        await self.box.update(self.inbox, {changed.item: MailPatch(verb=(1, 5.0))})
        came = await self.add()
        found = await self.box.aspects_since(
            self.inbox, [same.item, changed.item, came.item, ItemId(77)], since
        )
        self.assertEqual(
            {same.item: NO_ASPECT, changed.item: Aspect.VERB, came.item: ALL_ASPECTS}, dict(found)
        )

    async def test_read(self) -> None:
        """An item is read with record, state and what of the bodies was wished for."""
        state = MailState(read=True, categories=("Blue", "Grün"), verb=2, verb_at=7.5)
        head = await self.add(WITH_ATTACHMENT, state=state, received=123.5)
        found = await self.box.read(self.inbox, [head.item, ItemId(99)], BodyWish())
        self.assertEqual([head.item], list(found))
        item = found[head.item]
        self.assertEqual((head.item, self.inbox), (item.item, item.folder))
        self.assertEqual((head.version, 123.5, state), (item.version, item.received, item.state))
        self.assertEqual(
            ("Two forms", len(WITH_ATTACHMENT)), (item.record.subject, item.record.size_bytes)
        )
        self.assertEqual((b"", b"", b"", False), (item.text, item.html, item.source, item.draft))

    async def test_read_bodies(self) -> None:
        """Bodies come cut at the octets wished for, or whole."""
        head = await self.add(WITH_ATTACHMENT)
        whole = await self.box.read(
            self.inbox, [head.item], BodyWish(text_bytes=None, html_bytes=None, source_bytes=None)
        )
        item = whole[head.item]
        self.assertEqual(
            (b"Plain form", b"<p>Rich form</p>"), (item.text.strip(), item.html.strip())
        )
        self.assertEqual(WITH_ATTACHMENT, item.source)
        self.assertEqual(len(item.text), item.record.text_size_bytes)
        cut = await self.box.read(
            self.inbox, [head.item], BodyWish(text_bytes=3, html_bytes=5, source_bytes=7)
        )
        self.assertEqual(
            (item.text[:3], item.html[:5], item.source[:7]),
            (cut[head.item].text, cut[head.item].html, cut[head.item].source),
        )
        more = await self.box.read(self.inbox, [head.item], BodyWish(source_bytes=10_000_000))
        self.assertEqual(WITH_ATTACHMENT, more[head.item].source)

    async def test_read_keeps_the_order_asked_for(self) -> None:
        """The result goes in the order of the ids."""
        for _ in range(4):
            await self.add()
        wanted = [ItemId(n) for n in (3, 1, 4)]
        self.assertEqual(wanted, list(await self.box.read(self.inbox, wanted, BodyWish())))

    async def test_read_is_bound_to_the_folder(self) -> None:
        """An id is looked up in the folder given only, and may be any integer."""
        head = await self.add()
        self.assertEqual({}, dict(await self.box.read(self.trash, [head.item], BodyWish())))
        huge = ItemId(10**30)
        self.assertEqual({}, dict(await self.box.read(self.inbox, [huge], BodyWish())))
        with self.assertRaises(NotFound):
            await self.box.part(self.inbox, huge, PartId("1"))

    async def test_any_octets_are_a_message(self) -> None:
        """What is no proper message is stored and read all the same."""
        for source in self.odd_sources:
            head = await self.add(source)
            found = await self.box.read(self.inbox, [head.item], BodyWish(source_bytes=None))
            self.assertEqual(source, found[head.item].source)

    async def test_part(self) -> None:
        """An attachment comes decoded, with its content type."""
        head = await self.add(WITH_ATTACHMENT)
        item = (await self.box.read(self.inbox, [head.item], BodyWish()))[head.item]
        (attached,) = item.record.attachments
        self.assertEqual(
            ("application/pdf", b"\x00\x01\x02\x03"),
            await self.box.part(self.inbox, head.item, attached.part),
        )
        for folder, number, part in (
            (self.inbox, head.item, PartId("9.9")),
            (self.inbox, ItemId(77), attached.part),
            (self.trash, head.item, attached.part),
        ):
            with self.assertRaises(NotFound):
                await self.box.part(folder, number, part)

    async def test_unknown_folder(self) -> None:
        """Everything about a folder that is not there is NotFound."""
        token, place = await self.token(self.inbox), {"below": NEWEST, "down_to": OLDEST}
        for ask in (
            lambda: self.box.token(NO_FOLDER),
            lambda: self.box.changes(NO_FOLDER, token, limit=1),
            lambda: self.box.listing(NO_FOLDER, limit=1, **place),
            lambda: self.box.count(NO_FOLDER, **place),
            lambda: self.box.aspects_since(NO_FOLDER, [], token),
            lambda: self.box.read(NO_FOLDER, [], BodyWish()),
            lambda: self.box.part(NO_FOLDER, ItemId(1), PartId("1")),
            lambda: self.box.update(NO_FOLDER, {}),
            lambda: self.box.delete(NO_FOLDER, []),
            lambda: self.box.move(NO_FOLDER, [], self.inbox),
            lambda: self.box.move(self.inbox, [], NO_FOLDER),
            lambda: self.add(message(), folder=NO_FOLDER),
        ):
            with self.assertRaises(NotFound):
                await ask()
