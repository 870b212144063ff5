"""Busy times where other people's mailboxes cannot be opened: a server is asked for them."""

from collections.abc import Mapping, Sequence

from zope.interface import implementer

from carbonio_mobile.errors import Corrupt, StoreError, Unavailable
from carbonio_mobile.ids import AccountId
from carbonio_mobile.interfaces import IBusy
from carbonio_mobile.pim.freebusy import Busy
from carbonio_mobile.testing.rig import NOW
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import ResolveRecipients as Page
from tests.unit.commands.test_resolverecipients import HOUR, RecipientTests, ask, span


@implementer(IBusy)
class Server:
    """Knows some people; keeps the questions."""

    def __init__(self) -> None:
        self.known: dict[str, Sequence[Busy]] = {}
        self.asked: list[tuple[str, list[str], float, float]] = []
        self.fault: StoreError | None = None

    async def busy(
        self, account: AccountId, addresses: Sequence[str], start: float, end: float
    ) -> Mapping[str, Sequence[Busy]]:
        self.asked.append((account, list(addresses), start, end))
        if self.fault is not None:
            raise self.fault
        return {one: self.known[one] for one in addresses if one in self.known}


class BusyByServerTests(RecipientTests):
    """John asks; Mary's and Ann's mailboxes are closed to him."""

    def setUp(self) -> None:
        super().setUp()
        self.server = Server()
        # The services of a rig are its own, and nothing was asked of them yet.
        object.__setattr__(self.rig.services, "busy", self.server)
        self.rig.accounts.add("ann@example.com", "demo-ann", displayName="Ann")
        self.event(self.mary, 0, 2)
        self.server.known["mary@example.com"] = [Busy(NOW + HOUR / 2, NOW + HOUR, 1)]

    def told(self, *to: str) -> list[tuple[str, str]]:
        """Give status and digits of each."""
        found = []
        for response in self.responses(ask(*to, options=(span(),))):
            (recipient,) = response.find_all(Page.Recipient)
            shown = recipient.find(Page.Availability)
            assert isinstance(shown, Element)
            found.append((shown.value(Page.Status, ""), shown.value(Page.MergedFreeBusy, "")))
        return found

    def test_the_server_tells(self) -> None:
        """MS-ASCMD R3320: what it says, and 4 for whom it says nothing; all in one question."""
        self.assertEqual(self.told("mary", "ann", "mary@example.com"),
                         [("1", "0100"), ("1", "4444"), ("1", "0100")])  # fmt: skip
        everybody = ["mary@example.com", "ann@example.com"]
        self.assertEqual(self.server.asked,
                         [(self.rig.account, everybody, NOW, NOW + 2 * HOUR)])  # fmt: skip

    def test_oneself(self) -> None:
        """The own mailbox is open."""
        self.event(self.rig.account, 0, 1)
        self.assertEqual(self.told("john@example.com"), [("1", "2200")])
        self.assertEqual(self.server.asked, [])

    def test_a_group(self) -> None:
        """MS-ASCMD R4625: its members in one question, the own mailbox beside it."""
        members = ("mary@example.com", "john@example.com", "ann@example.com", "x@example.net")
        self.rig.accounts.add(
            "team@example.com",
            "demo-team",
            displayName="Team",
            objectClass="zimbraDistributionList",
            zimbraMailForwardingAddress=members,
        )
        self.event(self.rig.account, 1, 1.5)
        self.assertEqual(self.told("team"), [("1", "0120")])
        ((_, asked, *_),) = self.server.asked
        self.assertEqual(sorted(asked), ["ann@example.com", "mary@example.com"])

    def test_a_server_that_fails(self) -> None:
        """MS-ASCMD R4295, R4298: for a while or for good, and for those only who were asked for."""
        for self.server.fault, status in ((Unavailable("away"), "162"), (Corrupt("odd"), "163")):
            self.assertEqual(self.told("mary", "john@example.com"), [(status, ""), ("1", "0000")])
        self.assertEqual(len(self.server.asked), 2)


# pytest collects what a module holds: the base of these is not for collection here.
del RecipientTests
