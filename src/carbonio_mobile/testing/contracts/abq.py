"""What every store of ABQ does."""

from dataclasses import replace

from twisted.trial.unittest import TestCase
from zope.interface.verify import verifyObject

from carbonio_mobile.ids import AccountId, DeviceId
from carbonio_mobile.interfaces import IAbq
from carbonio_mobile.policy.abq import AbqEntry, AbqRule, AbqStatus
from carbonio_mobile.policy.abqmessages import GLOBAL, AbqMessage, MessageKey

ALLOWED, BLOCKED, QUARANTINED = AbqStatus.ALLOWED, AbqStatus.BLOCKED, AbqStatus.QUARANTINED


def entry(device: str, account: str = "", status: AbqStatus = ALLOWED) -> AbqEntry:
    """Make an entry."""
    return AbqEntry(
        device=DeviceId(device), account=AccountId(account), status=status, since=1_800_000_000.25
    )


ANY = entry("android1")
MINE = entry("android1", "a-1", BLOCKED)
FOUND = replace(entry("iphone2", "a-2", QUARANTINED), found=True)
RULE = AbqRule(pattern=r"andr\w+ 'x'; ☃", status=BLOCKED, order=-10)
MESSAGE = AbqMessage(
    key=MessageKey("example.com", BLOCKED, "en_US"),
    sender="Ädmin <a@example.com>",
    reply_to="r@example.com",
    subject="No 'x'; ☃",
    plain="a\nb\x00",
    html="<p>𝄞</p>",
    changed=1_800_000_000.5,
)


class AbqContract(TestCase):
    """Subclass it with a ``setUp`` that sets ``store``."""

    store: IAbq

    async def listed(self, status: AbqStatus | None = None) -> list[AbqEntry]:
        return list(await self.store.entries(None, status=status, limit=100))

    def test_provides_the_interface(self) -> None:
        """It has the methods of IAbq, with their signatures."""
        verifyObject(IAbq, self.store)

    async def test_empty(self) -> None:
        """A new store has nothing, and removing from it changes nothing."""
        await self.store.set_entries([], drop=[("x", "")])
        await self.store.delete_messages([MESSAGE.key])
        self.assertFalse(await self.store.delete_rule("x", ""))
        self.assertEqual([], await self.listed())
        self.assertEqual([], list(await self.store.rules()))
        self.assertEqual([], list(await self.store.messages()))
        self.assertEqual(0, await self.store.count(None))

    async def test_entries_come_back(self) -> None:
        """Each field is read back; order is by device, then account, any account first."""
        await self.store.set_entries([FOUND, MINE, ANY])
        self.assertEqual([ANY, MINE, FOUND], await self.listed())
        self.assertEqual([ANY, MINE], list(await self.store.entries_of(DeviceId("android1"))))
        self.assertEqual([], list(await self.store.entries_of(DeviceId("android"))))

    async def test_setting_replaces_and_drops_together(self) -> None:
        """An entry of the same couple is replaced, and others go in the same step."""
        await self.store.set_entries([ANY, MINE, FOUND])
        decided = replace(FOUND, status=ALLOWED, found=False)
        await self.store.set_entries([decided], drop=[("android1", "a-1"), ("none", "")])
        self.assertEqual([ANY, decided], await self.listed())

    async def test_adding_replaces_nothing(self) -> None:
        """What is there stays; what is not is added."""
        await self.store.set_entries([MINE])
        await self.store.add_entries([replace(MINE, status=ALLOWED), ANY])
        self.assertEqual([ANY, MINE], await self.listed())

    async def test_pages(self) -> None:
        """A page begins behind the entry named, whether that is still there or not."""
        many = [entry(f"d{n:02}", account) for n in range(10) for account in ("", "a", "b")]
        await self.store.set_entries(many)
        got: list[AbqEntry] = []
        after = None
        while page := await self.store.entries(after, status=None, limit=7):
            got += page
            after = (page[-1].device, page[-1].account)
        self.assertEqual(many, got)
        page = await self.store.entries(("d08", "aa"), status=None, limit=2)
        self.assertEqual([many[26], many[27]], list(page))

    async def test_by_status(self) -> None:
        """Entries are listed and counted by status."""
        await self.store.set_entries([ANY, MINE, FOUND])
        self.assertEqual([MINE], await self.listed(BLOCKED))
        self.assertEqual([FOUND], await self.listed(QUARANTINED))
        counts = [await self.store.count(each) for each in (None, ALLOWED, BLOCKED, QUARANTINED)]
        self.assertEqual([3, 1, 1, 1], counts)

    async def test_rules(self) -> None:
        """A pattern has one rule in each domain; they come by order."""
        other = replace(RULE, domain="example.com", order=3)
        third = replace(RULE, pattern="b", order=3, domain="example.com")
        for rule in (third, other, RULE):
            await self.store.set_rule(rule)
        self.assertEqual([RULE, other, third], list(await self.store.rules()))
        await self.store.set_rule(replace(RULE, status=ALLOWED, order=7))
        self.assertTrue(await self.store.delete_rule("b", "example.com"))
        self.assertFalse(await self.store.delete_rule("b", ""))
        kept = [other, replace(RULE, status=ALLOWED, order=7)]
        self.assertEqual(kept, list(await self.store.rules()))

    async def test_messages(self) -> None:
        """Each field is read back; a message is named by scope, kind and locale."""
        others = [
            AbqMessage(key=MessageKey(GLOBAL, BLOCKED, "default")),
            AbqMessage(key=MessageKey(GLOBAL, QUARANTINED, "default"), subject="wait"),
        ]
        await self.store.set_messages([MESSAGE, *others])
        self.assertEqual([*others, MESSAGE], list(await self.store.messages()))
        await self.store.set_messages([replace(MESSAGE, html="")])
        await self.store.delete_messages([others[0].key, MessageKey("x", BLOCKED, "it")])
        kept = [others[1], replace(MESSAGE, html="")]
        self.assertEqual(kept, list(await self.store.messages()))
