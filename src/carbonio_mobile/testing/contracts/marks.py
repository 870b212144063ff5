"""What every store of marks does."""

from twisted.trial.unittest import TestCase
from zope.interface.verify import verifyObject

from carbonio_mobile.interfaces import IMarks


class MarksContract(TestCase):
    """``self.store`` is empty."""

    store: IMarks

    async def test_what_is_set_is_there_until_it_is_taken_away(self) -> None:
        """Each under its name; the last one counts."""
        verifyObject(IMarks, self.store)
        self.assertEqual("", await self.store.mark("a"))
        await self.store.set_mark("a", "1.5")
        await self.store.set_mark("b", "\u00e8")
        await self.store.set_mark("a", "2.5")
        self.assertEqual("2.5", await self.store.mark("a"))
        self.assertEqual("\u00e8", await self.store.mark("b"))
        await self.store.set_mark("a", "")
        self.assertEqual("", await self.store.mark("a"))
