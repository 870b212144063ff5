"""A search that looks into one mailbox after the other."""

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from carbonio_mobile.errors import Unavailable
from carbonio_mobile.mailbox.gateway.mail import searchwork
from carbonio_mobile.mailbox.gateway.mail.searchwork import Row, SearchWork
from carbonio_mobile.mailbox.mirror.links import FolderLink
from tests.unit.mailbox.gateway.test_renames import before


class SearchWorkTests(SynchronousTestCase):
    """Each look is answered by hand."""

    def setUp(self) -> None:
        self.looks: list[tuple[FolderLink, Deferred[list[Row]]]] = []
        links = [before("a"), before("b"), before("c")]
        self.work = SearchWork(links, self.look, stamp=1, now=0.0)

    def look(self, link: FolderLink) -> Deferred[list[Row]]:
        self.looks.append((link, Deferred()))
        return self.looks[-1][1]

    def answer(self, *rows: Row) -> None:
        self.looks.pop()[1].callback(list(rows))

    def test_newest_first_and_counted(self) -> None:
        """Only so many are kept, and all are counted."""
        self.patch(searchwork, "MOST_ROWS", 2)
        self.work.start()
        ended = self.work.ended()
        self.answer((1.0, 1, 1))
        self.answer((3.0, 2, 1), (2.0, 2, 2))
        self.assertNoResult(ended)
        self.answer()
        self.successResultOf(ended)
        self.assertEqual([(3.0, 2, 1), (2.0, 2, 2)], self.work.rows)
        self.assertEqual((3, True, False), (self.work.total, self.work.is_whole, self.looks != []))

    def test_who_does_not_wait(self) -> None:
        """The work goes on; the next who waits hears of its end."""
        self.work.start()
        self.work.ended().addErrback(lambda _: None).cancel()
        self.answer()
        self.answer()
        ended = self.work.ended()
        self.answer((1.0, 1, 1))
        self.successResultOf(ended)
        self.assertEqual((1, True), (self.work.total, self.work.is_whole))

    def test_a_fault(self) -> None:
        """It is told once; who asks again goes on with the mailbox that failed."""
        self.work.start()
        self.answer((1.0, 1, 1))
        link, asked = self.looks.pop()
        asked.errback(Unavailable("away"))
        self.assertIsInstance(self.work.fault(), Unavailable)
        self.assertIsNone(self.work.fault())
        self.assertFalse(self.work.is_whole)
        self.work.start()
        self.assertIs(link, self.looks[-1][0])

    def test_given_up(self) -> None:
        """The mailbox that is looked into is the last."""
        self.work.start()
        self.work.give_up()
        self.answer((1.0, 1, 1))
        self.assertEqual((True, False, []), (self.work.is_whole, self.work.is_running, self.looks))
