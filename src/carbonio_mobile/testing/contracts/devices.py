"""What every store of devices does."""

from dataclasses import replace

from twisted.trial.unittest import TestCase
from zope.interface.verify import verifyObject

from carbonio_mobile.ids import AccountId, DeviceId, DeviceKey
from carbonio_mobile.interfaces import IDevices, ISyncStates
from carbonio_mobile.sync.device import Device, PolicyState, WipeKind, WipeState

KEY = DeviceKey(AccountId("a-1"), DeviceId("ab12"))
OTHER_DEVICE = DeviceKey(KEY.account, DeviceId("cd34"))
OTHER_ACCOUNT = DeviceKey(AccountId("a-2"), KEY.device)

FULL = Device(
    key=KEY,
    sent_id="AB12",
    kind="iPhone 'x'; DROP TABLE devices",
    user_agent="Apple-iPhone/1 \x00\udc80 ☃ 𝄞",
    version="16.1",
    first_seen=1_700_000_000.25,
    last_seen=1_800_000_000.125,
    policy=PolicyState(
        key=4_294_967_295,
        temporary=7,
        policy_hash="h1",
        acknowledged_hash="h0",
        acknowledged_status=2,
        provisioned_at=1_750_000_000.5,
        offered_version="16.1",
        acknowledged_version="12.1",
        refused_status=3,
        demands=2,
    ),
    information=(("Model", "X"), ("FriendlyName", "Jörg's phone"), ("Model", "")),
    recovery_password="se cret",  # noqa: S106 - an example
)

WIPE = WipeState(
    kind=WipeKind.ACCOUNT_ONLY,
    requested_at=1_760_000_000.5,
    requested_by="admin ☃",
    sent_at=1_760_000_001.0,
    failed_at=1_760_000_002.0,
    acknowledged_at=1_760_000_003.25,
)


class DevicesContract(TestCase):
    """Subclass it with a ``setUp`` that sets ``store`` and ``states``, which is the same store."""

    store: IDevices
    states: ISyncStates

    def test_provides_the_interface(self) -> None:
        """It has the methods of IDevices, with their signatures."""
        verifyObject(IDevices, self.store)

    async def test_unknown_device(self) -> None:
        """A device that was never saved is None, and no account has it."""
        self.assertIsNone(await self.store.device(KEY))
        self.assertEqual([], list(await self.store.devices(KEY.account)))

    async def test_everything_comes_back(self) -> None:
        """Each field of a device is read back as it was saved, whatever characters it holds."""
        await self.store.save_device(FULL)
        self.assertEqual(FULL, await self.store.device(KEY))
        self.assertEqual([FULL], list(await self.store.devices(KEY.account)))

    async def test_defaults_come_back(self) -> None:
        """A device of which little is known is read back as it was saved."""
        device = Device(key=KEY, sent_id="ab12", kind="t")
        await self.store.save_device(device)
        self.assertEqual(device, await self.store.device(KEY))

    async def test_saving_replaces(self) -> None:
        """The device saved last is the one that is known."""
        await self.store.save_device(FULL)
        newer = Device(key=KEY, sent_id="Ab12", kind="other")
        await self.store.save_device(newer)
        self.assertEqual(newer, await self.store.device(KEY))
        self.assertEqual([newer], list(await self.store.devices(KEY.account)))

    async def test_an_order_to_wipe_comes_back(self) -> None:
        """It is stored beside the device, each field of it, and taken away again."""
        await self.store.save_device(FULL)
        await self.store.save_wipe(KEY, WIPE)
        ordered = replace(FULL, wipe=WIPE)
        self.assertEqual(ordered, await self.store.device(KEY))
        self.assertEqual((ordered, {}), tuple(await self.store.meet(KEY, ["x"])))
        self.assertEqual([ordered], list(await self.store.devices(KEY.account)))
        await self.store.save_wipe(KEY, None)
        self.assertEqual(FULL, await self.store.device(KEY))

    async def test_saving_a_device_keeps_the_order_to_wipe_it(self) -> None:
        """What was read before the order was given does not undo it, nor bring an old one back."""
        await self.store.save_device(FULL)
        await self.store.save_wipe(KEY, WIPE)
        await self.store.save_device(replace(FULL, last_seen=1.0))
        self.assertEqual(replace(FULL, last_seen=1.0, wipe=WIPE), await self.store.device(KEY))
        await self.store.save_wipe(KEY, None)
        await self.store.save_device(replace(FULL, wipe=WIPE))
        self.assertEqual(FULL, await self.store.device(KEY))

    async def test_an_order_for_an_unknown_device(self) -> None:
        """Nothing is made of it, and a removed device takes its order along."""
        await self.store.save_wipe(KEY, WIPE)
        self.assertIsNone(await self.store.device(KEY))
        await self.store.save_device(FULL)
        await self.store.save_wipe(KEY, WIPE)
        await self.store.remove_device(KEY)
        await self.store.save_device(FULL)
        self.assertEqual(FULL, await self.store.device(KEY))

    async def test_keys_are_account_and_device(self) -> None:
        """The same device id under another account is another device."""
        other = replace(FULL, key=OTHER_ACCOUNT)
        await self.store.save_device(FULL)
        await self.store.save_device(other)
        self.assertEqual(FULL, await self.store.device(KEY))
        self.assertEqual([other], list(await self.store.devices(OTHER_ACCOUNT.account)))

    async def test_seen_last_comes_first(self) -> None:
        """Devices are listed by when they were seen, the last first; equals by id."""
        for device, seen in (("b", 5.0), ("c", 9.0), ("a", 5.0), ("d", 1.0)):
            key = DeviceKey(KEY.account, DeviceId(device))
            await self.store.save_device(replace(FULL, key=key, last_seen=seen))
        listed = [device.key.device for device in await self.store.devices(KEY.account)]
        self.assertEqual(["c", "a", "b", "d"], listed)

    async def test_removal_takes_the_states_along(self) -> None:
        """A removed device has neither record nor documents; others keep theirs."""
        for key in (KEY, OTHER_DEVICE, OTHER_ACCOUNT):
            await self.store.save_device(replace(FULL, key=key))
            await self.states.commit(key, {"x": "1"})
        await self.store.remove_device(KEY)
        self.assertIsNone(await self.store.device(KEY))
        self.assertEqual({}, dict(await self.states.load(KEY, ["x"])))
        for key in (OTHER_DEVICE, OTHER_ACCOUNT):
            self.assertIsNotNone(await self.store.device(key))
            self.assertEqual({"x": "1"}, dict(await self.states.load(key, ["x"])))

    async def test_removing_an_unknown_device(self) -> None:
        """Nothing happens, however often."""
        await self.store.remove_device(KEY)
        await self.store.remove_device(KEY)
        self.assertIsNone(await self.store.device(KEY))

    # What administrators do

    async def test_a_suspension_comes_back(self) -> None:
        """It is stored beside the device, whoever saves that meanwhile, and taken away again."""
        await self.store.save_device(FULL)
        await self.store.suspend(KEY, 1_790_000_000.5)
        await self.store.save_device(replace(FULL, last_seen=1.0))
        suspended = replace(FULL, last_seen=1.0, suspended_at=1_790_000_000.5)
        self.assertEqual(suspended, await self.store.device(KEY))
        self.assertEqual((suspended, {}), tuple(await self.store.meet(KEY, [])))
        await self.store.suspend(KEY, None)
        await self.store.save_device(replace(FULL, suspended_at=5.0))
        self.assertEqual(FULL, await self.store.device(KEY))

    async def test_suspending_an_unknown_device(self) -> None:
        """Nothing is made of it, and a removed device takes its suspension along."""
        await self.store.suspend(KEY, 1.0)
        self.assertIsNone(await self.store.device(KEY))
        await self.store.save_device(FULL)
        await self.store.suspend(KEY, 1.0)
        await self.store.remove_device(KEY)
        await self.store.save_device(FULL)
        self.assertEqual(FULL, await self.store.device(KEY))

    async def test_a_reset_drops_the_states_alone(self) -> None:
        """The record stays, with policy, wipe and suspension; other devices keep their states."""
        for key in (KEY, OTHER_DEVICE):
            await self.store.save_device(replace(FULL, key=key))
            await self.states.commit(key, {"x": "1", "y": "2"})
        await self.store.save_wipe(KEY, WIPE)
        await self.store.suspend(KEY, 7.0)
        await self.store.reset(KEY)
        await self.store.reset(OTHER_ACCOUNT)
        self.assertEqual(replace(FULL, wipe=WIPE, suspended_at=7.0), await self.store.device(KEY))
        self.assertEqual([], list(await self.store.document_names(KEY)))
        self.assertEqual(["x", "y"], list(await self.store.document_names(OTHER_DEVICE)))

    async def test_all_devices_come_in_pages(self) -> None:
        """Every device comes once, by account and id, however the pages are cut."""
        keys = [
            DeviceKey(AccountId(account), DeviceId(device))
            for account in ("a", "a-b", "b")
            for device in ("1", "x", "x-1")
        ]
        for key in reversed(keys):
            await self.store.save_device(replace(FULL, key=key))
        for limit in (1, 2, 4, 9, 10):
            found: list[DeviceKey] = []
            while page := await self.store.all_devices(found[-1] if found else None, limit):
                self.assertLessEqual(len(page), limit)
                found += [device.key for device in page]
            self.assertEqual(keys, found)

    async def test_counting_devices(self) -> None:
        """A device that came back under another id counts once; others' do not count."""
        await self.store.save_device(replace(FULL, succeeded_by="cd34"))
        await self.store.save_device(replace(FULL, key=OTHER_DEVICE))
        await self.store.save_device(replace(FULL, key=OTHER_ACCOUNT))
        self.assertEqual(1, await self.store.count(KEY.account))
        self.assertEqual(0, await self.store.count(AccountId("nobody")))

    async def test_stale_devices_go(self) -> None:
        """The oldest go first, with their states; who is under an order stays, however old."""
        for number in range(6):
            key = DeviceKey(KEY.account, DeviceId(f"d{number}"))
            await self.store.save_device(replace(FULL, key=key, last_seen=float(number)))
            await self.states.commit(key, {"x": "1"})
        await self.store.save_wipe(DeviceKey(KEY.account, DeviceId("d0")), WIPE)
        await self.store.suspend(DeviceKey(KEY.account, DeviceId("d1")), 1.0)
        self.assertEqual(3, await self.store.count_stale(5.0))
        self.assertEqual(2, await self.store.remove_stale(5.0, 2))
        left = [device.key.device for device in await self.store.devices(KEY.account)]
        self.assertEqual(["d5", "d4", "d1", "d0"], left)
        gone = DeviceKey(KEY.account, DeviceId("d2"))
        self.assertEqual([], list(await self.store.document_names(gone)))
        self.assertEqual(1, await self.store.remove_stale(5.0, 2))
        self.assertEqual(0, await self.store.remove_stale(5.0, 2))

    async def test_compacting_loses_nothing(self) -> None:
        """What is there stays, and the store is no larger than before."""
        await self.store.save_device(FULL)
        await self.states.commit(KEY, {"kept": "1", "large": "x" * 3_000_000})
        await self.states.commit(KEY, {"large": None})
        before, after = await self.store.compact()
        self.assertLessEqual(after, before)
        self.assertEqual(FULL, await self.store.device(KEY))
        self.assertEqual({"kept": "1"}, dict(await self.states.load(KEY, ["kept", "large"])))

    async def test_the_accounts_of_a_device(self) -> None:
        """A device of two accounts is found by its id alone."""
        other = DeviceKey(AccountId("zz"), KEY.device)
        for key in (KEY, other, DeviceKey(KEY.account, DeviceId("another"))):
            await self.store.save_device(replace(FULL, key=key))
        self.assertEqual(
            [KEY.account, other.account], list(await self.store.accounts_of(KEY.device))
        )
        self.assertEqual([], list(await self.store.accounts_of(DeviceId("nobody's"))))
