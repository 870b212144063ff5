"""What every list of notices does."""

from twisted.trial.unittest import TestCase
from zope.interface.verify import verifyObject

from carbonio_mobile.errors import NotFound
from carbonio_mobile.interfaces import INoticeList
from carbonio_mobile.policy.notices import (
    NOTICES_COUNT,
    SUBJECT_CHARACTERS,
    TEXT_CHARACTERS,
    Notice,
    NoticeKind,
)


class NoticesContract(TestCase):
    """Subclass it with a ``setUp`` that sets ``store``."""

    store: INoticeList

    async def tell(self, number: int) -> Notice:
        """Keep a notice that is known by its number."""
        return await self.store.add(
            NoticeKind.DOS, f"s{number}", f"t{number}", domain="", at=float(number)
        )

    async def subjects(self, limit: int = NOTICES_COUNT) -> list[str]:
        """Give the subjects of what is kept."""
        return [each.subject for each in await self.store.notices(limit=limit)]

    def test_provides_the_interface(self) -> None:
        """It has the methods of INoticeList, with their signatures."""
        verifyObject(INoticeList, self.store)

    async def test_everything_comes_back(self) -> None:
        """A notice of each kind is read back as it was given back when it was kept."""
        given = [
            await self.store.add(
                kind, "Jörg's ☃", "two\r\nlines; DROP TABLE", domain="example.com", at=0.125
            )
            for kind in NoticeKind
        ]
        self.assertEqual(given[::-1], list(await self.store.notices(limit=10)))
        self.assertEqual("two\r\nlines; DROP TABLE", given[0].text)
        self.assertEqual("example.com", given[0].domain)

    async def test_newest_first(self) -> None:
        """The newest come first, no more than asked for."""
        for number in range(5):
            await self.tell(number)
        self.assertEqual(["s4", "s3"], await self.subjects(2))
        self.assertEqual([], await self.subjects(0))

    async def test_the_oldest_go(self) -> None:
        """More than ``NOTICES_COUNT`` are not kept."""
        for number in range(NOTICES_COUNT + 3):
            await self.tell(number)
        found = await self.subjects(NOTICES_COUNT + 10)
        self.assertEqual(NOTICES_COUNT, len(found))
        self.assertEqual((f"s{NOTICES_COUNT + 2}", "s3"), (found[0], found[-1]))

    async def test_long_texts_are_cut(self) -> None:
        """A text of any length and make is kept as far as there is room."""
        text = "\udc80" + "x" * 100_000
        kept = await self.store.add(NoticeKind.SERVER, text, text, domain="", at=1.0)
        found = (await self.store.notices(limit=1))[0]
        self.assertEqual(kept, found)
        self.assertEqual(SUBJECT_CHARACTERS, len(found.subject))
        self.assertEqual(TEXT_CHARACTERS, len(found.text))

    async def test_deleting(self) -> None:
        """One goes by its id; one that is not there is refused."""
        first, second = await self.tell(1), await self.tell(2)
        await self.store.delete(first.id)
        with self.assertRaises(NotFound):
            await self.store.delete(first.id)
        self.assertEqual([second], list(await self.store.notices(limit=10)))

    async def test_deleting_all(self) -> None:
        """All go, and it is told how many there were."""
        for number in range(3):
            await self.tell(number)
        self.assertEqual(3, await self.store.delete_all())
        self.assertEqual(0, await self.store.delete_all())
        self.assertEqual([], await self.subjects())
