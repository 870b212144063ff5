"""The commands on version filters, as the manual prints them."""

from twisted.trial.unittest import TestCase

from carbonio_mobile.accounts.memory import MemoryAccounts
from carbonio_mobile.admin.answers import Listing, Said
from carbonio_mobile.admin.calling import AdminFault
from carbonio_mobile.admin.catalogue.filters import COMMANDS
from carbonio_mobile.admin.declaring import UsageFault
from carbonio_mobile.admin.responders.filters import FilterCommands
from carbonio_mobile.eas.version import OFFERED, listed
from carbonio_mobile.errors import NotFound
from carbonio_mobile.policy.offers import Offers
from carbonio_mobile.policy.versionfilters import carbonio_profile_filters
from carbonio_mobile.store.memoryfilters import MemoryEasFilters
from tests.unit.admin.calls import ask, rows

JOHN = "john@example.com"
OUTLOOK = "Outlook/16.0"
SAMSUNG = "SAMSUNG-SM-G900F/101.40402"


class FilterCommandTests(TestCase):
    """Typed lines against filters in memory."""

    def setUp(self) -> None:
        self.accounts = MemoryAccounts(clock=lambda: 1.0)
        self.accounts.add(JOHN, "secret")
        self.filters = MemoryEasFilters()
        self.offers = Offers()
        self.commands = FilterCommands(
            filters=self.filters, offers=self.offers, accounts=self.accounts
        )

    async def typed(self, name: str, *words: str) -> object:
        """Type a line."""
        return await ask(COMMANDS, self.commands.responders(), name, *words)

    async def said(self, name: str, *words: str) -> str:
        """Type a line that is answered by a sentence."""
        answer = await self.typed(name, *words)
        assert isinstance(answer, Said)
        return answer.text

    async def offered(self, agent: str) -> str:
        """Give what a device of John's is offered now."""
        found = self.offers.explained(await self.accounts.find(JOHN), agent)
        return listed(found.versions)

    def test_every_command_has_a_responder(self) -> None:
        """What is declared is answered, and nothing else."""
        self.assertEqual({each.name for each in COMMANDS}, set(self.commands.responders()))

    async def test_the_listing_of_the_manual(self) -> None:
        """The sample of getAllEASFilters: heading, keys in their order, values."""
        await self.said("doSetEASFilterProfile", "carbonio")
        answer = await self.typed("getAllEASFilters")
        assert isinstance(answer, Listing)
        self.assertEqual(("filters", 60), (answer.heading, answer.width))
        found = await rows(answer)
        self.assertEqual(["ID", "mode", "rule", "easversions", "blocking"], list(found[0]))
        self.assertEqual(
            [
                (0, "fixed", "14.0", True),
                (1, "limit", "2.5", False),
                (2, "limit", "14.1", False),
            ],
            [(row["ID"], row["mode"], row["easversions"], row["blocking"]) for row in found],
        )
        self.assertEqual("[type = contains; rule = samsung]", found[1]["rule"])

    async def test_a_fresh_installation_has_none(self) -> None:
        """The filters of the sample come only when they are asked for."""
        self.assertEqual([], await rows(await self.typed("getAllEASFilters")))
        self.assertEqual(listed(OFFERED), await self.offered(OUTLOOK))

    async def test_the_examples_of_the_manual(self) -> None:
        """Both lines work as printed, and hold for the next request."""
        added = await self.said("doAddEASFilter", "contains", "android", "fixed", "2.5,12.0,14.1")
        self.assertEqual("filter 0 added", added)
        self.assertEqual("2.5,12.0,14.1", await self.offered("ANDROID/1"))
        words = ("and", f"account={JOHN},contains=android", "fixed", "14.1", "blocking", "TRUE")
        self.assertEqual("filter 1 added", await self.said("doAddEASFilter", *words))
        self.assertEqual("14.1", await self.offered("ANDROID/1"))
        row = (await rows(await self.typed("getAllEASFilters")))[1]
        self.assertEqual(
            f"[type = and; rules = [[type = account; rule = {JOHN}] AND "
            "[type = contains; rule = android]]]",
            row["rule"],
        )
        self.assertIs(True, row["blocking"])

    async def test_moving_and_deleting(self) -> None:
        """Ids are places; a move past the end means the end; both hold at once."""
        await self.said("doSetEASFilterProfile", "carbonio")
        moved = await self.said("doMoveEASFilter", "0", "5")
        self.assertEqual("filter 0 moved to 2", moved)
        self.assertEqual("14.0", await self.offered(OUTLOOK))
        self.assertEqual("filter 0 deleted, 2 left", await self.said("doDeleteEASFilter", "0"))
        self.assertEqual("2.5,12.0,12.1,14.0,14.1", await self.offered(SAMSUNG))
        with self.assertRaisesRegex(NotFound, "no filter 2; ids go from 0 to 1"):
            await self.typed("doDeleteEASFilter", "2")
        with self.assertRaisesRegex(NotFound, "no filter 7"):
            await self.typed("doMoveEASFilter", "7", "0")
        self.assertEqual(2, len(await self.filters.filters()))

    async def test_wrong_input(self) -> None:
        """What was expected is said, the nearest word is named, and nothing changes."""
        refusals = [
            (("contians", "x", "fixed", "14.1"), UsageFault, "did you mean contains"),
            (("always", "x", "fixed", "14.1"), UsageFault, "expected one of and, or, regex"),
            (("contains", "x", "fix", "14.1"), UsageFault, "did you mean fixed"),
            (("contains", "x", "fixed", "14.2"), AdminFault, "no ActiveSync version '14.2'"),
            (("contains", "x", "limit", "2.5,14.1"), AdminFault, "limit takes one version"),
            (("regex", "(?=x)", "fixed", "14.1"), AdminFault, "linear time"),
            (("and", "x", "fixed", "14.1"), AdminFault, "expected terms like"),
            (("contains", "x", "fixed"), UsageFault, "easversions is missing"),
            (("contains", "x", "fixed", "14.1", "blocking", "maybe"), UsageFault, "true or false"),
        ]
        for words, fault, text in refusals:
            with self.assertRaisesRegex(fault, text):
                await self.typed("doAddEASFilter", *words)
        for words in (("x",), ("-1",), ()):
            with self.assertRaises(UsageFault):
                await self.typed("doDeleteEASFilter", *words)
        self.assertEqual((), await self.filters.filters())

    async def test_explaining(self) -> None:
        """Rule by rule, to the end; the account by address or id."""
        await self.filters.replace(carbonio_profile_filters())
        self.offers.use(carbonio_profile_filters())
        account = await self.accounts.find(JOHN)
        assert account is not None
        for name in (JOHN, account.id):
            found = await rows(await self.typed("explainEASFilters", name, SAMSUNG))
            self.assertEqual("the device is offered 2.5", found[-1]["result"])
            self.assertEqual(
                ["does not match", "matches: limit 2.5", "matches: limit 14.1"],
                [row["result"] for row in found[1:4]],
            )
        with self.assertRaisesRegex(NotFound, "there is no account 'jane@example.com'"):
            await self.typed("explainEASFilters", "jane@example.com", SAMSUNG)

    async def test_explaining_that_nothing_is_left(self) -> None:
        """What keeps a device out is named."""
        account = await self.accounts.find(JOHN)
        assert account is not None
        self.accounts.set_attributes(account.id, zimbraMobileOutlookSyncEnabled="FALSE")
        found = await rows(await self.typed("explainEASFilters", JOHN, OUTLOOK))
        self.assertIn("may not sync", str(found[-1]["result"]))
        self.assertIn("zimbraMobileOutlookSyncEnabled", str(found[-1]["result"]))
        self.assertEqual("none", found[-1]["versions"])
