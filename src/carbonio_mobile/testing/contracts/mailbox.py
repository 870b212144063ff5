"""What every mailbox backend does.

Subclass :class:`MailboxContract` with a ``make_mailboxes``; see ``mailbox_fixture.py`` for what it
must respect.
"""

from zope.interface.verify import verifyObject

from carbonio_mobile.ids import FolderId, ItemId
from carbonio_mobile.interfaces import IMailbox, IMailboxes
from carbonio_mobile.mime.mailitem import BodyWish, MailPatch, MailQuery
from carbonio_mobile.sync.outofoffice import Audience, OofMessage, OofState, OutOfOffice
from carbonio_mobile.testing.contracts.mailbox_fixture import message
from carbonio_mobile.testing.contracts.mailbox_folders import NO_FOLDER, FolderPromises
from carbonio_mobile.testing.contracts.mailbox_items import WITH_ATTACHMENT, ItemPromises
from carbonio_mobile.testing.contracts.mailbox_objects import ObjectPromises
from carbonio_mobile.testing.contracts.mailbox_writes import WritePromises


class SearchPromises(WritePromises):
    """The promises of IMailSearch."""

    async def found(self, **query: object) -> list[tuple[FolderId, ItemId]]:
        """Give all hits of a query."""
        result = await self.box.search(MailQuery(**query), offset=0, limit=1000)  # type: ignore[arg-type]  # the fields of MailQuery
        self.assertEqual(result.total, len(result.hits))
        return list(result.hits)

    async def test_words(self) -> None:
        """All words must occur, in subject, people, text or attachment names; by prefix, folded.

        A backend whose server searches may find parts of words too, and keep accents apart.
        """
        mail = (self.inbox, (await self.add(message("Café Übersicht", "Grüße aus ROMA"))).item)
        there = ["CAFÉ", "übers", "roma grü", "ann@example.com", "  roma  ", "john"]
        there += ["cafe", "ubers", "roma gru"] if self.folds_accents else []
        missing = ["café nowhere", "romana", *([] if self.finds_parts_of_words else ["afe"])]
        for phrase in there:
            self.assertEqual([mail], await self.found(phrase=phrase), phrase)
        for phrase in missing:
            self.assertEqual([], await self.found(phrase=phrase), phrase)
        plan = (self.inbox, (await self.add(WITH_ATTACHMENT)).item)
        self.assertEqual([plan], await self.found(phrase="plan.pdf"))

    async def test_phrase_is_no_query_language(self) -> None:
        """Whatever a user types is words; what holds no letter or digit is left out."""
        mail = (self.inbox, (await self.add(message("alpha beta"))).item)
        self.assertEqual([mail], await self.found(phrase='"alpha" -- (beta)'))
        for phrase in ('"', "'", "--", "*", "( )", "\x00"):
            self.assertEqual([], await self.found(phrase=phrase), phrase)
        for phrase in (
            '"alpha',
            "alpha*",
            "alpha\x00",
            "^alpha",
            "alpha\ud800",
            "al)pha -- ;",
            "x:y",
        ):
            await self.found(phrase=phrase)
        for phrase in ("alpha OR gamma", "NOT gamma", "text:alpha", "NEAR(alpha beta)"):
            self.assertEqual([], await self.found(phrase=phrase), phrase)

    async def test_search_newest_first_by_pages(self) -> None:
        """Hits of all folders stand newest first; a page tells how many there are."""
        for n, folder in enumerate((self.inbox, self.trash, self.inbox)):
            await self.add(message("alpha"), folder=folder, received=float(n))
        expected = [(self.inbox, 2), (self.trash, 1), (self.inbox, 1)]
        self.assertEqual(expected, await self.found(phrase="alpha"))
        page = await self.box.search(MailQuery(phrase="alpha"), offset=1, limit=1)
        self.assertEqual(((expected[1],), 3), (page.hits, page.total))
        past = await self.box.search(MailQuery(phrase="alpha"), offset=5, limit=1)
        self.assertEqual(((), 3), (past.hits, past.total))

    async def test_search_filters(self) -> None:
        """Folders, conversation and times of receipt narrow a search, with words or without."""
        first = await self.add(message("alpha", number=1), received=10.0)
        reply = b"In-Reply-To: <1@example.com>\r\n" + message("Re: alpha", number=2)
        await self.add(reply, received=20.0)
        await self.add(message("beta", number=3), folder=self.trash, received=30.0)
        wish = BodyWish()
        talk = (await self.box.read(self.inbox, [first.item], wish))[first.item].record
        one, two, three = (self.inbox, 1), (self.inbox, 2), (self.trash, 1)
        self.assertEqual([three, two, one], await self.found())
        self.assertEqual([two, one], await self.found(folders=(self.inbox,)))
        self.assertEqual([three], await self.found(folders=(self.trash, NO_FOLDER)))
        self.assertEqual([], await self.found(folders=(NO_FOLDER, FolderId("²"))))
        self.assertEqual([three, two], await self.found(after=10.0))
        self.assertEqual([one], await self.found(before=20.0))
        self.assertEqual([two], await self.found(after=10.0, before=30.0, phrase="alpha"))
        talk_id = talk.conversation_id
        self.assertEqual([two, one], await self.found(conversation=talk_id))
        self.assertEqual([one], await self.found(conversation=talk_id, phrase="al", before=20.0))
        self.assertEqual([], await self.found(conversation=b"\0" * 16))

    async def test_search_follows_the_items(self) -> None:
        """Moved items are found where they are, deleted ones not, drafts by their new words."""
        for _ in range(2):
            await self.add(message("alpha"))
        await self.box.move(self.inbox, [ItemId(1)], self.trash)
        await self.box.delete(self.inbox, [ItemId(2)])
        self.assertEqual([(self.trash, 1)], await self.found(phrase="alpha"))
        await self.box.empty_folder(self.trash, subfolders=False)
        self.assertEqual([], await self.found(phrase="alpha"))
        draft = await self.add(message("gamma"), folder=self.drafts)
        await self.box.update(self.drafts, {draft.item: MailPatch(source=message("delta"))})
        self.assertEqual([], await self.found(phrase="gamma"))
        self.assertEqual([(self.drafts, draft.item)], await self.found(phrase="delta"))

    async def test_deleted_folders_are_not_searched(self) -> None:
        """What went with its folder is not found."""
        folder = await self.add_folder("A")
        await self.add(message("alpha"), folder=folder.id)
        await self.box.delete_folder(folder.id)
        self.assertEqual([], await self.found(phrase="alpha"))
        self.assertEqual([], await self.found())


class MailboxContract(FolderPromises, ItemPromises, SearchPromises, ObjectPromises):
    """All promises of IMailboxes and IMailbox."""

    def test_provides_the_interfaces(self) -> None:
        """It has the methods of IMailboxes and IMailbox, with their signatures."""
        verifyObject(IMailboxes, self.mailboxes)
        verifyObject(IMailbox, self.box)

    async def test_out_of_office(self) -> None:
        """The settings are off at first and come back as they were set."""
        self.assertEqual(OutOfOffice(), await self.box.out_of_office())
        settings = OutOfOffice(
            state=OofState.TIMED,
            start=10.5,
            end=20.0,
            messages=(
                (Audience.INTERNAL, OofMessage(enabled=True, text="Bin weg – Grüße")),
                (Audience.EXTERNAL_KNOWN, OofMessage(text="<p>Away</p>", html=True)),
            ),
        )
        await self.box.set_out_of_office(settings)
        self.assertEqual(settings, await self.box.out_of_office())
        await self.box.set_out_of_office(OutOfOffice())
        self.assertEqual(OutOfOffice(), await self.box.out_of_office())
