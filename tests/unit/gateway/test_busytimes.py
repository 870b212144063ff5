"""What a calendar server says of people's time, as it is shown to devices."""

from collections.abc import Sequence
from typing import Any

from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from carbonio_mobile.dav.freebusy import Availability, Period
from carbonio_mobile.errors import NotAllowed, Unavailable
from carbonio_mobile.ids import AccountId
from carbonio_mobile.interfaces import IBusy
from carbonio_mobile.mailbox.davclient.busy import ATTENDEES_MAX
from carbonio_mobile.mailbox.gateway.objects.busytimes import DavBusy
from carbonio_mobile.pim.freebusy import Busy
from carbonio_mobile.testing.rig import now

JOHN = AccountId("john-1")
ANN, BOB = "ann@example.com", "bob@example.com"


def told(address: str, *periods: Period) -> Availability:
    return Availability(address=address, status="2.0", periods=periods)


class DavBusyTests(SynchronousTestCase):
    """A server that says what a test has it say."""

    def setUp(self) -> None:
        self.answers: list[Any] = []
        self.asked: list[tuple[AccountId, list[str], float, float]] = []

    async def ask(
        self, account: AccountId, addresses: Sequence[str], start: float, end: float
    ) -> Sequence[Availability] | None:
        self.asked.append((account, list(addresses), start, end))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer  # type: ignore[no-any-return]

    def busy(self, *addresses: str) -> dict[str, Any]:
        return dict(now(DavBusy(self.ask).busy(JOHN, addresses, 10.0, 20.0)))

    def test_kinds(self) -> None:
        """RFC 5545 3.2.9: tentative, busy, out of office; what is the server's own is busy."""
        self.answers = [
            [
                told(
                    ANN,
                    Period(1.0, 2.0, "BUSY-TENTATIVE"),
                    Period(2.0, 3.0, "BUSY"),
                    Period(3.0, 4.0, "BUSY-UNAVAILABLE"),
                    Period(4.0, 5.0, "X-OWN"),
                )
            ]
        ]
        expected = [Busy(1.0, 2.0, 1), Busy(2.0, 3.0, 2), Busy(3.0, 4.0, 3), Busy(4.0, 5.0, 2)]
        self.assertEqual(self.busy(ANN), {ANN: expected})
        self.assertEqual(self.asked, [(JOHN, [ANN], 10.0, 20.0)])
        verifyObject(IBusy, DavBusy(self.ask))

    def test_whose_answer_it_is(self) -> None:
        """By address, whatever its case; a sole answer is the sole person's, by any name."""
        period = Period(1.0, 2.0, "BUSY")
        self.answers = [[told("BOB@example.com", period), told(ANN)], [told("principal/x", period)]]
        self.assertEqual(self.busy(ANN, BOB), {ANN: [], BOB: [Busy(1.0, 2.0, 2)]})
        self.assertEqual(self.busy(ANN), {ANN: [Busy(1.0, 2.0, 2)]})

    def test_of_whom_nothing_is_known(self) -> None:
        """No periods at all, no answer, no such question."""
        unknown = Availability(address=ANN, status="3.7", periods=None)
        self.answers = [[unknown, told("else@example.com")], [], None, NotAllowed("no outbox")]
        for _ in range(4):
            self.assertEqual(self.busy(ANN, BOB), {})

    def test_many(self) -> None:
        """No question is larger than a server takes."""
        people = [f"p{number}@example.com" for number in range(ATTENDEES_MAX + 1)]
        self.answers = [[told(one) for one in people[:-1]], [told(people[-1])]]
        self.assertEqual(set(self.busy(*people)), set(people))
        self.assertEqual([len(one[1]) for one in self.asked], [ATTENDEES_MAX, 1])

    def test_a_server_that_is_away(self) -> None:
        """Nothing is made up."""
        self.answers = [Unavailable("away")]
        with self.assertRaises(Unavailable):
            self.busy(ANN)
