"""What every keeper of shared folders promises."""

from twisted.trial.unittest import TestCase

from carbonio_mobile.errors import Conflict, NotFound
from carbonio_mobile.ids import AccountId, FolderId
from carbonio_mobile.interfaces import ISharing
from carbonio_mobile.sync.sharing import FIRST_MOUNT, FolderGrant, Mount, Rights
from carbonio_mobile.testing.contracts.mailbox_fixture import RecordingSink

JOHN, MARY, ANN = AccountId("john-1"), AccountId("mary-1"), AccountId("ann-1")
PROJECTS = FolderId("257")


def grant(rights: Rights = Rights.WRITE, folder: FolderId | None = PROJECTS) -> FolderGrant:
    """Give a grant of Mary's to John."""
    return FolderGrant(owner=MARY, folder=folder, grantee=JOHN, rights=rights)


class SharingContract(TestCase):
    """``sharing`` is empty and reports to ``sink``; ``again`` opens what was stored anew."""

    sharing: ISharing
    sink: RecordingSink

    async def again(self) -> ISharing:
        """Give what finds the same storage after a restart."""
        raise NotImplementedError("each keeper makes its own")

    async def test_grants_are_kept_by_folder_and_grantee(self) -> None:
        """A second grant on a folder stands in the place of the first."""
        await self.sharing.grant(grant())
        await self.sharing.grant(grant(Rights.READ, None))
        await self.sharing.grant(grant(Rights.READ))
        kept = {PROJECTS: Rights.READ, None: Rights.READ}
        for one in (self.sharing, await self.again()):
            self.assertEqual(one.granted(MARY, JOHN), kept)
            self.assertEqual(one.granted(MARY, ANN), {})
            self.assertEqual(len(one.grants(MARY)), 2)
        await self.sharing.revoke(MARY, PROJECTS, JOHN)
        for one in (self.sharing, await self.again()):
            self.assertEqual(one.granted(MARY, JOHN), {None: Rights.READ})
        with self.assertRaises(NotFound):
            await self.sharing.revoke(MARY, PROJECTS, JOHN)

    async def test_nobody_is_granted_what_is_their_own(self) -> None:
        """An account cannot be its own delegate."""
        own = FolderGrant(owner=MARY, folder=None, grantee=MARY, rights=Rights.READ)
        with self.assertRaises(Conflict):
            await self.sharing.grant(own)

    async def test_mounts_are_off_until_switched_on(self) -> None:
        """The switch is kept, and wakes the account's devices."""
        made: Mount = await self.sharing.mount(JOHN, MARY, PROJECTS, "Hers")
        self.assertEqual((made.number, made.synced), (FIRST_MOUNT, False))
        with self.assertRaises(Conflict):
            await self.sharing.mount(JOHN, MARY, PROJECTS, "Again")
        before = self.sharing.outlook(JOHN)
        changed = await self.sharing.set_synced(JOHN, made.number, synced=True)
        self.assertEqual(before, "")
        self.assertNotEqual(self.sharing.outlook(JOHN), before)
        self.assertIn((JOHN, None, False), self.sink.told)
        for one in (self.sharing, await self.again()):
            self.assertEqual(list(one.mounts(JOHN)), [changed])
            self.assertEqual(list(one.mounts_of(MARY)), [changed])
            self.assertEqual(list(one.mounts(MARY)), [])
        with self.assertRaises(NotFound):
            await self.sharing.set_synced(ANN, made.number, synced=True)

    async def test_a_number_never_comes_back(self) -> None:
        """What a device knows by a number is never something else."""
        first = await self.sharing.mount(JOHN, MARY, PROJECTS, "Hers")
        await self.sharing.unmount(JOHN, first.number)
        self.assertEqual(list(self.sharing.mounts_of(MARY)), [])
        second = await (await self.again()).mount(JOHN, MARY, None, "All")
        self.assertGreater(second.number, first.number)
        with self.assertRaises(NotFound):
            await self.sharing.unmount(JOHN, first.number)

    async def test_hidden_folders_are_kept(self) -> None:
        """Hiding and showing again; twice is as good as once."""
        await self.sharing.hide(JOHN, PROJECTS, hidden=True)
        await self.sharing.hide(JOHN, PROJECTS, hidden=True)
        for one in (self.sharing, await self.again()):
            self.assertEqual(one.hidden(JOHN), {PROJECTS})
            self.assertNotEqual(one.outlook(JOHN), "")
        await self.sharing.hide(JOHN, PROJECTS, hidden=False)
        for one in (self.sharing, await self.again()):
            self.assertEqual(one.hidden(JOHN), frozenset())
            self.assertEqual(one.outlook(JOHN), "")

    async def test_an_account_that_is_gone_leaves_nothing(self) -> None:
        """All that speaks of it goes, as owner and as grantee; that of others stays."""
        await self.sharing.grant(grant())
        await self.sharing.mount(JOHN, MARY, PROJECTS, "Hers")
        await self.sharing.mount(MARY, ANN, None, "Ann")
        await self.sharing.mount(JOHN, ANN, None, "Ann")
        await self.sharing.hide(MARY, PROJECTS, hidden=True)
        await self.sharing.forget(MARY)
        for one in (self.sharing, await self.again()):
            self.assertEqual(one.granted(MARY, JOHN), {})
            self.assertEqual([mount.owner for mount in one.mounts(JOHN)], [ANN])
            self.assertEqual(list(one.mounts(MARY)), [])
            self.assertEqual(one.hidden(MARY), frozenset())
