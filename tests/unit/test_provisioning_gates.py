"""Provisioning and wipes as a device meets them: through the whole pipeline, at every version."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from unittest.mock import patch

from twisted.trial.unittest import SynchronousTestCase

from carbonio_mobile.eas.http import HttpRequest, HttpResponse
from carbonio_mobile.eas.requestline import RequestLine, format_binary
from carbonio_mobile.eas.version import Version
from carbonio_mobile.errors import Unavailable
from carbonio_mobile.ids import DeviceId, DeviceKey
from carbonio_mobile.pipeline import ProvisioningRules
from carbonio_mobile.policy.document import policy_type
from carbonio_mobile.policy.provisioning import DEMANDS_MAX
from carbonio_mobile.policy.settings import BY_NAME, PREFIX
from carbonio_mobile.policy.wipe import released, request_wipe
from carbonio_mobile.sync.device import Device, WipeKind
from carbonio_mobile.testing.rig import Rig, basic, now
from carbonio_mobile.testing.schemas import check_versions
from carbonio_mobile.wbxml import Element, decode, encode
from carbonio_mobile.wbxml.codepages import FolderHierarchy, Ping, Provision, Settings
from tests.unit.commands import asking
from tests.unit.commands.checked import check

VERSIONS = tuple(version.text for version in Version)
STATUS = {
    "FolderSync": FolderHierarchy.Status,
    "Ping": Ping.Status,
    "Provision": Provision.Status,
    "Settings": Settings.Status,
}
FIRST = asking.folder_sync("0")
PIN = {"DevicePasswordEnabled": "TRUE", "MinDevicePasswordLength": "6"}


class GateCase(SynchronousTestCase):
    """One phone, which says what is asked of it and nothing by itself."""

    def setUp(self) -> None:
        self.rig = Rig()
        self.key: str | None = "0"

    def set(self, **values: str | Sequence[str]) -> None:
        """Give the account these attributes; the policy's may lack their prefix."""
        named = {(PREFIX + name if name in BY_NAME else name): v for name, v in values.items()}
        self.rig.accounts.set_attributes(self.rig.account, **named)

    def send(self, command: str, document: Element | None, version: str) -> HttpResponse:
        """Send a command with the phone's key; answers are checked."""
        headers = {} if self.key is None else {"x-ms-policykey": self.key}
        response = now(self.rig.send(command, document, version=version, headers=headers))
        if response.code == 200 and response.body:
            # The schemas are too young for the Data of 2.5, which is a text.
            answer = decode(response.body)
            is_text = version == "2.5" and command == "Provision"
            check_versions(answer, version) if is_text else check(answer, command, version)
        return response

    def told(
        self, version: str, command: str = "FolderSync", document: Element | None = FIRST
    ) -> int:
        """Give what a command is answered: its status, or the code where that is not 200."""
        response = self.send(command, document, version)
        if response.code != 200:
            return response.code
        return int(decode(response.body).value(STATUS[command], "0"))

    def policy(self, version: str, *content: Element) -> Element:
        """Provision once; gives the Policy of the answer."""
        policies = [Element(Provision.Policy, [kind_of(version), *content])]
        model = Element(Settings.Set, [Element(Settings.Model, "x")])
        informs = Version.parse(version) >= Version.V14_1 and not content
        told = Element(Settings.DeviceInformation, [model]) if informs else None
        document = Element(Provision.Provision, [told, Element(Provision.Policies, policies)])
        response = self.send("Provision", document, version)
        assert response.code == 200, response
        found = decode(response.body).find(Provision.Policies)
        assert found is not None, decode(response.body)
        return found.children[0]

    def provision(self, version: str) -> None:
        """Go through both phases; the phone has the key in force then."""
        self.key = self.policy(version).value(Provision.PolicyKey, "")
        self.key = self.acknowledge(version, "1").value(Provision.PolicyKey, "")

    def acknowledge(self, version: str, status: str) -> Element:
        """Go through phase two."""
        key = Element(Provision.PolicyKey, self.key or "")
        return self.policy(version, key, Element(Provision.Status, status))

    def device(self) -> Device:
        """Give the phone as it is stored."""
        found = now(self.rig.store.device(DeviceKey(self.rig.account, DeviceId("phone1"))))
        assert found is not None
        return found


def coded(version: str, status: int, code: int = 449) -> int:
    """Give what a refusal looks like: a code below 14.0, a status from there on."""
    return status if Version.parse(version) >= Version.V14_0 else code


def kind_of(version: str) -> Element:
    """Give the PolicyType that a device of a version asks for."""
    return Element(Provision.PolicyType, policy_type(Version.parse(version)))


class ProvisioningGateTests(GateCase):
    """Who is told to provision, and when."""

    def test_a_fresh_installation_demands_nothing(self) -> None:
        """MS-ASPROV_R60010: what is told stands in the body of a response.

        A phone that never provisions is served; one that does gets a key and goes on with it."""
        for version in VERSIONS:
            self.setUp()
            for self.key in ("0", None):
                self.assertEqual(self.told(version), 1)
            self.key = "0"
            self.provision(version)
            self.assertEqual(self.told(version), 1)

    def test_a_policy_is_demanded_of_those_who_can(self) -> None:
        """MS-ASPROV_R483, MS-ASPROV_R509, MS-ASCMD_R4906, MS-ASCMD_R7564: with a key of 0."""
        for version in VERSIONS:
            self.setUp()
            self.set(**PIN)
            self.assertEqual(self.told(version), coded(version, 142))
            self.provision(version)
            self.assertEqual(self.told(version), 1)

    def test_a_client_that_cannot_provision_is_let_in(self) -> None:
        """No key at all says so; a key of 0 is believed so often and no more."""
        for version in VERSIONS:
            self.setUp()
            self.set(**PIN, AllowNonProvisionableDevices="TRUE")
            self.key = None
            self.assertEqual(self.told(version), 1)
            self.key = "0"
            for _ in range(DEMANDS_MAX):
                self.assertEqual(self.told(version), coded(version, 142))
            for _ in range(3):
                self.assertEqual(self.told(version), 1)

    def test_a_strict_policy(self) -> None:
        """MS-ASPROV_R458, MS-ASPROV_R682, MS-ASPROV_R685, MS-ASCMD_R4904, MS-ASCMD_R7563: 141 or
        449 for a device that sends no key, in the end 403 up to 12.1; 142 for one that sends 0.
        """
        for version in VERSIONS:
            self.setUp()
            self.set(AllowNonProvisionableDevices="FALSE")
            self.key = None
            for _ in range(DEMANDS_MAX):
                self.assertEqual(self.told(version), coded(version, 141))
            for _ in range(2):
                self.assertEqual(self.told(version), coded(version, 141, 403))
            self.key = "0"
            for _ in range(DEMANDS_MAX + 1):
                self.assertEqual(self.told(version), coded(version, 142))
            self.provision(version)
            self.assertEqual(self.told(version), 1)

    def test_the_option_stands_in_for_the_attribute(self) -> None:
        """Where nobody said who is let in, the daemon's option does."""
        self.rig = Rig(rules=ProvisioningRules(required=True, refresh_s=0.0))
        self.assertEqual(self.told("14.1"), 142)
        self.set(AllowNonProvisionableDevices="TRUE")
        self.assertEqual(self.told("14.1"), 1)

    def test_a_policy_that_changed(self) -> None:
        """MS-ASPROV_R487, MS-ASPROV_R693, MS-ASPROV_R537, MS-ASCMD_R4912, MS-ASCMD_R7566: 144 or
        449 at the next command; the new policy is in the document then.
        """
        for version in VERSIONS:
            self.setUp()
            self.provision(version)
            self.set(**PIN)
            for _ in range(DEMANDS_MAX + 2):  # a device that did provision is not let in without
                self.assertEqual(self.told(version), coded(version, 144))
            self.provision(version)
            self.assertEqual(self.told(version), 1)
            self.set(DevicePasswordEnabled="FALSE")
            self.assertEqual(self.told(version), coded(version, 144))

    def test_the_refresh_interval(self) -> None:
        """MS-ASCMD_R4909, MS-ASCMD_R7565: 143 or 449 once the minutes are over."""
        for version in VERSIONS:
            self.setUp()
            self.set(RefreshInterval="60")
            self.provision(version)
            self.rig.clock.advance(3599)
            self.assertEqual(self.told(version), 1)
            self.rig.clock.advance(1)
            self.assertEqual(self.told(version), coded(version, 143))
            self.provision(version)
            self.assertEqual(self.told(version), 1)

    def test_the_temporary_key_is_for_the_acknowledgement_alone(self) -> None:
        """MS-ASPROV_R650: 144 for any other command; the key in force stays in force."""
        for version in VERSIONS:
            self.setUp()
            self.provision(version)
            in_force = self.key
            self.key = self.policy(version).value(Provision.PolicyKey, "")
            self.assertEqual(self.told(version), coded(version, 144))
            self.key = in_force
            self.assertEqual(self.told(version), 1)

    def test_a_policy_that_is_not_fully_applied(self) -> None:
        """MS-ASPROV_R455, MS-ASPROV_R461, MS-ASPROV_R684, MS-ASPROV_R1034: 139 and 145 in
        Provision from 14.0 on, 403 before; no key comes of it.
        """
        for version in VERSIONS:
            for status, told in (("2", 139), ("4", 145)):
                self.setUp()
                self.set(**PIN, AllowPartialProvisioning="FALSE")
                self.key = self.policy(version).value(Provision.PolicyKey, "")
                said = [
                    Element(Provision.PolicyKey, self.key),
                    Element(Provision.Status, status),
                ]
                policies = [Element(Provision.Policy, [kind_of(version), *said])]
                document = Element(Provision.Provision, [Element(Provision.Policies, policies)])
                found = self.told(version, "Provision", document)
                self.assertEqual(found, coded(version, told, 403))
                self.assertEqual(self.told(version), coded(version, 144))

    def test_what_needs_no_key(self) -> None:
        """MS-ASPROV R61103: Ping, Provision and OPTIONS."""
        for version in VERSIONS:
            self.setUp()
            self.set(AllowNonProvisionableDevices="FALSE")
            for self.key in (None, "0", "17"):
                self.assertEqual(self.told(version, "Ping", None), 3)
                self.assertEqual(self.policy(version).value(Provision.Status), "1")

    def test_with_the_policy_off_nobody_is_told_to_provision(self) -> None:
        """mdm.md 1: whatever key comes."""
        for version in VERSIONS:
            self.setUp()
            off = "FALSE"
            self.set(**PIN, AllowNonProvisionableDevices=off, zimbraFeatureMobilePolicyEnabled=off)
            for self.key in (None, "0", "17"):
                self.assertEqual(self.told(version), 1)
            self.provision(version)
            self.assertEqual(self.told(version), 1)

    def test_a_phone_that_switches_versions_does_not_loop(self) -> None:
        """client-quirks.md 4.2: provisioned in any version, served in all of them."""
        for taken in VERSIONS:
            self.setUp()
            self.set(**PIN)
            self.provision(taken)
            for spoken in (*VERSIONS, *VERSIONS):
                self.assertEqual(self.told(spoken), 1)

    def test_the_key_of_a_base64_request_line(self) -> None:
        """MS-ASPROV_R485: it stands in the line itself there, and in a header otherwise."""
        self.set(**PIN)
        self.provision("14.1")
        for key, expected in ((int(self.key or ""), "1"), (1, "144")):
            line = RequestLine(
                command="FolderSync",
                version="14.1",
                device_id="phone1",
                device_type="Rig",
                policy_key=key,
            )
            self.assertEqual(self.told_in_binary(line), expected)

    def told_in_binary(self, line: RequestLine) -> str | None:
        """Send a FolderSync whose request line is one blob; gives its status."""
        request = HttpRequest(
            method="POST",
            path="/Microsoft-Server-ActiveSync",
            query=format_binary(line),
            headers={
                "authorization": basic(Rig.ADDRESS, Rig.PASSWORD),
                "content-type": "application/vnd.ms-sync.wbxml",
            },
            body=encode(FIRST),
            peer="127.0.0.1",
            host="example.com",
            secure=True,
        )

        async def answered() -> HttpResponse:
            return await self.rig.pipeline.respond(request)

        return decode(now(answered()).body).value(FolderHierarchy.Status)

    def test_a_store_that_cannot_answer(self) -> None:
        """MS-ASPROV_R396, MS-ASPROV_R452, MS-ASPROV_R504, MS-ASPROV_R680, MS-ASPROV_R706: Status 3
        from 14.0 on, 503 before; the same keys come when it can again.
        """
        for version in VERSIONS:
            self.setUp()
            self.told(version)
            with self.broken():
                document = Element(Provision.Provision, [Element(Provision.Policies)])
                for each in (document, None):
                    self.assertEqual(self.told(version, "Provision", each), coded(version, 3, 503))
            self.provision(version)
            self.assertEqual(self.told(version), 1)

    @contextmanager
    def broken(self) -> Iterator[None]:
        """Let the store of devices fail for a while."""

        async def failing(*_: object, **__: object) -> None:
            raise Unavailable("the disk is away")

        store = self.rig.store
        with ExitStack() as until:
            for name in ("meet", "device", "save_device"):
                until.enter_context(patch.object(store, name, failing))
            yield


class WipeGateTests(GateCase):
    """A device under an order to be wiped."""

    def order(self, kind: WipeKind = WipeKind.FULL) -> None:
        """Order it, as an administrator does."""
        ordered = request_wipe(self.device(), kind, self.rig.clock.seconds())
        assert isinstance(ordered, Device), ordered
        now(self.rig.store.save_wipe(ordered.key, ordered.wipe))

    def test_every_command_leads_to_the_order(self) -> None:
        """MS-ASCMD_R7561, MS-ASCMD_R7562: 140 from 14.0 on; before, 449, or 403 without a key."""
        user = Element(Settings.UserInformation, [Element(Settings.Get)])
        commands: dict[str, Element | None] = {
            "FolderSync": FIRST,
            "Ping": None,
            "Settings": Element(Settings.Settings, [user]),
        }
        for version in VERSIONS:
            self.setUp()
            self.told(version)
            self.provision(version)
            self.order()
            in_force = self.key
            for command, document in commands.items():
                if command == "Settings" and Version.parse(version) < Version.V12_0:
                    continue  # it came with 12.0
                self.key = in_force
                self.assertEqual(self.told(version, command, document), coded(version, 140))
                self.key = None
                self.assertEqual(self.told(version, command, document), coded(version, 140, 403))

    def test_from_the_order_to_the_release(self) -> None:
        """Told, done, kept out; released, it begins anew and must provision first."""
        for version in VERSIONS:
            self.setUp()
            self.set(**PIN)
            self.told(version)
            self.provision(version)
            self.order()
            response = self.send("Provision", None, version)
            self.assertTrue(decode(response.body).has(Provision.RemoteWipe))
            status = Element(Provision.Status, "1")
            done = Element(Provision.Provision, [Element(Provision.RemoteWipe, [status])])
            self.assertEqual(self.told(version, "Provision", done), 1)
            self.key = "0"
            for command, document in (("FolderSync", FIRST), ("Ping", None), ("Provision", None)):
                found = self.told(version, command, document)
                self.assertEqual(found, coded(version, 129, 403))
            free = released(self.device())
            now(self.rig.store.save_device(free))
            now(self.rig.store.save_wipe(free.key, None))
            self.assertEqual(self.told(version), coded(version, 142))
            self.provision(version)
            self.assertEqual(self.told(version), 1)

    def test_an_order_survives_whatever_the_device_does(self) -> None:
        """Another version, agent, information, a policy fetched and acknowledged: it stands."""
        for version in VERSIONS:
            self.setUp()
            self.told("14.1")
            self.provision("14.1")
            self.order()
            self.told(version)
            self.key = self.policy(version).value(Provision.PolicyKey, "")
            self.rig.clock.advance(86_400 * 400)
            self.assertEqual(self.told(version), coded(version, 140))

    def test_account_only(self) -> None:
        """MS-ASPROV_R6906: given in 16.1; whoever falls back is kept out, never wiped whole."""
        self.told("16.1")
        self.provision("16.1")
        self.order(WipeKind.ACCOUNT_ONLY)
        self.assertEqual(self.told("16.1"), 140)
        for version in VERSIONS[:-1]:
            self.assertEqual(self.told(version), coded(version, 129, 403))
            found = self.told(version, "Provision", None)
            self.assertEqual(found, coded(version, 129, 403))
        directive = decode(self.send("Provision", None, "16.1").body)
        self.assertTrue(directive.has(Provision.AccountOnlyRemoteWipe))
        self.assertFalse(directive.has(Provision.RemoteWipe))

    def test_other_devices_are_left_alone(self) -> None:
        """The order is for one device of the account."""
        self.told("14.1")
        self.provision("14.1")
        self.order()
        response = now(self.rig.send("FolderSync", FIRST, device="phone2"))
        self.assertEqual(decode(response.body).value(FolderHierarchy.Status), "1")
        self.assertIsNone(replace(self.device(), wipe=None).wipe)
