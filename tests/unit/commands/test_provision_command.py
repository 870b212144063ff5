"""Provision as devices do it, at every version."""

from collections.abc import Sequence
from dataclasses import replace

from carbonio_mobile.commands import provision
from carbonio_mobile.eas.version import Version
from carbonio_mobile.errors import CommandStatus
from carbonio_mobile.policy.document import policy_of, policy_type
from carbonio_mobile.policy.provisioning import verdict
from carbonio_mobile.sync.device import PolicyState, WipeKind, WipeState
from carbonio_mobile.testing.schemas import check_versions
from carbonio_mobile.wbxml import Element, Tag, decode, encode
from carbonio_mobile.wbxml.codepages import Provision as Page
from carbonio_mobile.wbxml.codepages import Settings
from tests.unit.commands.calls import CommandTests, done
from tests.unit.policy.policies import EVERYTHING, attributes

POLICY_TYPE = "MS-EAS-Provisioning-WBXML"

INFORMATION = Element(
    Settings.DeviceInformation,
    [Element(Settings.Set, [Element(Settings.Model, "Fon 7"), Element(Settings.OS, "OS 9")])],
)


def phase_one(version: Version, policy_type: str | None = POLICY_TYPE) -> Element:
    """What a device asks first; None leaves the type out."""
    kind = None if policy_type is None else Element(Page.PolicyType, policy_type)
    return Element(
        Page.Provision,
        [
            INFORMATION if version >= Version.V14_1 else None,
            Element(Page.Policies, [Element(Page.Policy, [kind])]),
        ],
    )


def phase_two(key: str, status: str = "1", kind: str = POLICY_TYPE) -> Element:
    """How a device acknowledges a policy."""
    policy = [
        Element(Page.PolicyType, kind),
        Element(Page.PolicyKey, key),
        Element(Page.Status, status),
    ]
    return Element(Page.Provision, [Element(Page.Policies, [Element(Page.Policy, policy)])])


def report(tag: Tag, status: str, *more: Element) -> Element:
    """What a device says of a wipe."""
    return Element(Page.Provision, [Element(tag, [Element(Page.Status, status)]), *more])


class ProvisionCase(CommandTests):
    """Asks Provision; answers are checked against schema and version where there is a schema."""

    def set(self, **values: str | Sequence[str]) -> None:
        """Give the account these attributes."""
        self.rig.account = replace(self.rig.account, attributes=attributes(values))

    def provision(self, document: Element | None, version: Version = Version.V14_1) -> Element:
        call = self.rig.call("Provision", document, version)
        if version < Version.V12_0:  # its Data is a text, which the schemas are too young for
            answer = done(provision.respond(call)).document
            check_versions(answer, version.text)
            return decode(encode(answer))
        answer = self.ask(provision.respond, call).document
        assert answer is not None
        return answer

    def policy(self, document: Element, version: Version = Version.V14_1) -> Element:
        policies = self.provision(document, version).find(Page.Policies)
        assert policies is not None
        policy = policies.find(Page.Policy)
        assert policy is not None
        return policy

    def refused(self, document: Element | None, version: Version = Version.V14_1) -> int:
        """Give the status that a request is refused with as a whole."""
        call = self.rig.call("Provision", document, version)
        status: int = self.fails(provision.respond, call, CommandStatus).code
        return status


class ProvisionTests(ProvisionCase):
    """The two phases, their repeats and their faults."""

    def test_two_phases_at_every_version(self) -> None:
        """MS-ASPROV_R441, MS-ASPROV_R466, MS-ASPROV_R486, MS-ASPROV_R495, MS-ASPROV_R650,
        MS-ASPROV_R661, MS-ASPROV_R662, MS-ASPROV_R678, MS-ASPROV_R688, MS-ASPROV_R703: a
        document and a temporary key, then the key in force.
        """
        for version in Version:
            self.setUp()
            kind = policy_type(version)
            first = self.policy(phase_one(version, kind), version)
            temporary = first.value(Page.PolicyKey, "")
            data = first.find(Page.Data)
            assert data is not None
            self.assertEqual(data.has(Page.EASProvisionDoc), version >= Version.V12_0)
            self.assertNotEqual(temporary, "0")
            second = self.policy(phase_two(temporary, kind=kind), version)
            self.assertEqual(second.value(Page.Status), "1")
            self.assertEqual(second.value(Page.PolicyType), kind)
            self.assertFalse(second.has(Page.Data))
            final = int(second.value(Page.PolicyKey, ""))
            self.assertNotEqual(str(final), temporary)
            self.assertTrue(self.opens(final, version))
            self.assertFalse(self.opens(int(temporary), version))

    def opens(self, key: int, version: Version) -> bool:
        """Whether a key opens the gate for other commands."""
        policy, device = policy_of(self.rig.account), self.rig.device
        gate = verdict(
            device.policy, key, policy, version, self.rig.now, required=True, refresh_s=0
        )
        return gate is None

    def test_2_5_gets_a_text(self) -> None:
        """MS-ASPROV_R965: Data of MS-WAP-Provisioning-XML is a WAP provisioning document."""
        self.set(**EVERYTHING)
        kind = "MS-WAP-Provisioning-XML"
        answer = self.policy(phase_one(Version.V2_5, kind), Version.V2_5)
        parts = [child.tag for child in answer]
        self.assertEqual(parts, [Page.PolicyType, Page.Status, Page.PolicyKey, Page.Data])
        text = answer.value(Page.Data, "")
        self.assertTrue(text.startswith("<wap-provisioningdoc>"), text)
        self.assertIn('<parm name="4131" value="0"/>', text)
        wrong = self.policy(phase_one(Version.V2_5), Version.V2_5)
        self.assertEqual(wrong.value(Page.Status), "3")

    def test_the_document_is_that_of_the_account(self) -> None:
        """What the attributes say is what the device is told."""
        self.set(DevicePasswordEnabled="TRUE", MinDevicePasswordLength="6")
        data = self.policy(phase_one(Version.V16_1), Version.V16_1).find(Page.Data)
        assert data is not None
        (document,) = data.children
        self.assertEqual(document.value(Page.DevicePasswordEnabled), "1")
        self.assertEqual(document.value(Page.MinDevicePasswordLength), "6")

    def test_a_policy_switched_off_is_complete_all_the_same(self) -> None:
        """Both phases, a key, and everything at its default; never "no policy"."""
        self.set(**EVERYTHING, zimbraFeatureMobilePolicyEnabled="FALSE")
        first = self.policy(phase_one(Version.V14_1))
        data = first.find(Page.Data)
        assert data is not None
        (document,) = data.children
        self.assertEqual(document.value(Page.DevicePasswordEnabled), "0")
        self.assertGreater(len(document.children), 40)
        second = self.policy(phase_two(first.value(Page.PolicyKey, ""), "3"))
        self.assertEqual(second.value(Page.Status), "1")

    def test_repeats_are_answered_alike(self) -> None:
        """A lost answer of either phase costs nothing: the same keys come again."""
        first = self.policy(phase_one(Version.V14_1)).value(Page.PolicyKey, "")
        self.assertEqual(self.policy(phase_one(Version.V14_1)).value(Page.PolicyKey), first)
        final = self.policy(phase_two(first)).value(Page.PolicyKey)
        self.assertEqual(self.policy(phase_two(first)).value(Page.PolicyKey), final)

    def test_a_policy_that_changed_between_the_phases(self) -> None:
        """MS-ASPROV_R475, MS-ASPROV_R761: the key of the older document is out of date."""
        old = self.policy(phase_one(Version.V14_1)).value(Page.PolicyKey, "")
        self.set(AllowCamera="0")
        new = self.policy(phase_one(Version.V14_1)).value(Page.PolicyKey, "")
        self.assertNotEqual(old, new)
        self.assertEqual(self.policy(phase_two(old)).value(Page.Status), "5")
        self.assertEqual(self.policy(phase_two(new)).value(Page.Status), "1")

    def test_a_partial_acknowledgement_is_enough(self) -> None:
        """MS-ASPROV_R378, MS-ASPROV_R394: as long as no switch says otherwise."""
        for status in ("2", "3", "4"):
            self.setUp()
            key = self.policy(phase_one(Version.V14_1)).value(Page.PolicyKey, "")
            self.assertEqual(self.policy(phase_two(key, status)).value(Page.Status), "1")
            self.assertEqual(self.rig.device.policy.acknowledged_status, int(status))

    def test_acknowledgements_that_are_not_enough(self) -> None:
        """MS-ASPROV_R455, MS-ASPROV_R461, MS-ASPROV_R659, MS-ASPROV_R660, MS-ASPROV_R681,
        MS-ASPROV_R684, MS-ASPROV_R686, MS-ASPROV_R687, MS-ASPROV_R1040, MS-ASPROV_R1046,
        MS-ASCMD_R4917: 139, or 145 for a device that somebody else manages; no key comes of it.
        """
        for name, expected in (
            ("AllowPartialProvisioning", {"2": 139, "3": 139, "4": 145}),
            ("AllowNonProvisionableDevices", {"3": 139, "4": 145}),
        ):
            for status, told in expected.items():
                self.setUp()
                self.set(**{name: "FALSE"})
                key = self.policy(phase_one(Version.V14_1)).value(Page.PolicyKey, "")
                for _ in range(2):  # a repeat is answered alike
                    self.assertEqual(self.refused(phase_two(key, status)), told)
                state = self.rig.device.policy
                self.assertEqual((state.key, state.refused_status), (0, int(status)))
                self.assertEqual(self.policy(phase_two(key, "1")).value(Page.Status), "1")
                self.assertEqual(self.rig.device.policy.refused_status, 0)

    def test_wrong_key_is_told(self) -> None:
        """MS-ASPROV_R377, MS-ASPROV_R382, MS-ASPROV_R507, MS-ASPROV_R657, MS-ASPROV_R658,
        MS-ASPROV_R692, MS-ASPROV_R695, MS-ASPROV_R708: Status 5 under Policy, no key.
        """
        self.policy(phase_one(Version.V14_1))
        for key in ("0", "12", "x", "99999999999999"):
            answer = self.policy(phase_two(key))
            self.assertEqual(answer.value(Page.Status), "5")
            self.assertFalse(answer.has(Page.PolicyKey))

    def test_unknown_policy_type(self) -> None:
        """MS-ASPROV_R380, MS-ASPROV_R471, MS-ASPROV_R502, MS-ASPROV_R690, MS-ASPROV_R705: Status 3
        under Policy, in a request that is otherwise well.
        """
        for version in Version:
            for kind in ("MS-WAP-Provisioning-XML", POLICY_TYPE, "of no kind"):
                if kind != policy_type(version):
                    answer = self.policy(phase_one(version, kind), version)
                    self.assertEqual(answer.value(Page.Status), "3")
                    self.assertFalse(answer.has(Page.Data))

    def test_missing_policy_type(self) -> None:
        """MS-ASPROV_R393, MS-ASPROV_R395, MS-ASPROV_R450, MS-ASPROV_R497, MS-ASPROV_R679,
        MS-ASPROV_R704, MS-ASCMD_R4989: Status 2 under Provision.
        """
        for version in Version:
            answer = self.provision(phase_one(version, None), version)
            self.assertEqual(answer.value(Page.Status), "2")
            self.assertFalse(answer.has(Page.Policies))
            bare = Element(Page.Provision, [Element(Page.Policies)])
            self.assertEqual(self.provision(bare, version).value(Page.Status), "2")

    def test_device_information_is_kept_and_answered(self) -> None:
        """MS-ASPROV_R488: what the device says of itself is stored and acknowledged."""
        for version in (Version.V14_1, Version.V16_0, Version.V16_1):
            self.setUp()
            answer = self.provision(phase_one(version), version)
            information = answer.children[0]
            self.assertEqual(information.tag, Settings.DeviceInformation)
            self.assertEqual(information.value(Settings.Status), "1")
            self.assertEqual(self.rig.device.information, (("Model", "Fon 7"), ("OS", "OS 9")))

    def test_device_information_that_should_not_be_there(self) -> None:
        """MS-ASPROV R608: up to 14.0 it is no part of Provision, and is not answered."""
        document = phase_one(Version.V14_1)
        for version in (Version.V12_0, Version.V12_1, Version.V14_0):
            answer = self.provision(document, version)
            self.assertEqual([child.tag for child in answer], [Page.Status, Page.Policies])

    def test_device_information_is_required_once(self) -> None:
        """MS-ASCMD_R4954: 165 from 14.1 on; a device known already need not repeat itself."""
        bare = phase_one(Version.V14_0)
        self.assertEqual(self.provision(bare).value(Page.Status), "165")
        self.assertEqual(self.provision(bare, Version.V16_1).value(Page.Status), "165")
        self.assertEqual(self.provision(bare, Version.V14_0).value(Page.Status), "1")
        self.provision(phase_one(Version.V14_1))
        self.assertEqual(self.provision(bare).value(Page.Status), "1")

    def test_nothing_asked_for(self) -> None:
        """MS-ASPROV_R493, MS-ASPROV_R654, MS-ASPROV_R66614, MS-ASPROV_R66615: where no wipe is
        wanted, an empty Provision is answered with a Status alone.
        """
        for version in Version:
            for document in (None, Element(Page.Provision)):
                answer = self.provision(document, version)
                self.assertEqual([child.tag for child in answer], [Page.Status])
                self.assertEqual(answer.value(Page.Status), "1")

    def test_report_of_a_wipe_that_was_not_asked(self) -> None:
        """MS-ASPROV_R653, MS-ASPROV_R66612: it is taken note of, and no directive is sent."""
        answer = self.provision(report(Page.RemoteWipe, "1"))
        self.assertEqual(answer.value(Page.Status), "1")
        self.assertFalse(answer.has(Page.RemoteWipe))


KINDS = {
    WipeKind.FULL: (Page.RemoteWipe, tuple(Version)),
    WipeKind.ACCOUNT_ONLY: (Page.AccountOnlyRemoteWipe, (Version.V16_1,)),
}


class WipeTests(ProvisionCase):
    """A device that is to be wiped."""

    def order(self, kind: WipeKind = WipeKind.FULL) -> None:
        """Order a wipe of the device, which acknowledged a policy."""
        device = replace(self.rig.device, policy=PolicyState(key=77))
        done(self.rig.store.save_device(device))
        wipe = WipeState(kind=kind, requested_at=self.rig.now)
        done(self.rig.store.save_wipe(self.rig.key, wipe))

    @property
    def wipe(self) -> WipeState:
        """The order as it is stored."""
        wipe = self.rig.device.wipe
        assert wipe is not None
        return wipe

    def test_the_directive_is_given_until_it_is_acknowledged(self) -> None:
        """MS-ASPROV_R493, MS-ASPROV_R653, MS-ASPROV_R66612, MS-ASPROV_R66613, MS-ASPROV_R758: in
        answer to every Provision but an acknowledgement of the wipe, empty or not.
        """
        for kind, (tag, versions) in KINDS.items():
            for version in versions:
                self.setUp()
                self.order(kind)
                wap = policy_type(version)
                asked = (
                    None,
                    Element(Page.Provision),
                    phase_one(version, wap),
                    phase_one(version, None),
                    phase_two("77", kind=wap),
                )
                for document in asked:
                    answer = self.provision(document, version)
                    self.assertEqual(answer.children[-1].tag, tag)
                    self.assertEqual(answer.value(Page.Status), "1")
                    self.assertEqual(self.wipe.sent_at, self.rig.now)

    def test_the_directive_stands_beside_the_policy(self) -> None:
        """provisioning.md 3: some devices see it only in an answer to phase one."""
        self.order()
        answer = self.provision(phase_one(Version.V16_1), Version.V16_1)
        self.assertEqual(
            [child.tag for child in answer],
            [Settings.DeviceInformation, Page.Status, Page.Policies, Page.RemoteWipe],
        )

    def test_a_device_need_not_describe_itself_to_be_wiped(self) -> None:
        """The order goes before the rule that asks for DeviceInformation."""
        self.order()
        answer = self.provision(phase_one(Version.V14_0), Version.V16_1)
        self.assertTrue(answer.has(Page.RemoteWipe))
        self.assertEqual(answer.value(Page.Status), "1")

    def test_done(self) -> None:
        """MS-ASPROV_R663, MS-ASPROV_R664, MS-ASPROV_R66601, MS-ASPROV_R66602, MS-ASPROV_R66609,
        MS-ASPROV_R1041, MS-ASPROV_R1047: written down, answered with 1, and again if that is lost.
        """
        for kind, (tag, versions) in KINDS.items():
            for version in versions:
                self.setUp()
                self.order(kind)
                self.provision(None, version)
                for _ in range(2):
                    answer = self.provision(report(tag, "1"), version)
                    self.assertEqual([child.tag for child in answer], [Page.Status])
                    self.assertEqual(answer.value(Page.Status), "1")
                    self.assertEqual(self.wipe.acknowledged_at, self.rig.now)
                self.assertEqual(self.refused(None, version), 129)
                self.assertEqual(self.refused(phase_one(version), version), 129)

    def test_failed(self) -> None:
        """MS-ASPROV_R665, MS-ASPROV_R666, MS-ASPROV_R701, MS-ASPROV_R702, MS-ASPROV_R1042,
        MS-ASPROV_R1048, MS-ASPROV_R66603, MS-ASPROV_R66604, MS-ASPROV_R66605, MS-ASPROV_R66610,
        MS-ASPROV_R66611: 2 and the directive again, as often as it fails.
        """
        for kind, (tag, versions) in KINDS.items():
            for version in versions:
                self.setUp()
                self.order(kind)
                self.provision(None, version)
                for status in ("2", "2", "", "7"):
                    answer = self.provision(report(tag, status), version)
                    self.assertEqual([child.tag for child in answer], [Page.Status, tag])
                    self.assertEqual(answer.value(Page.Status), "2")
                    self.assertEqual(self.wipe.failed_at, self.rig.now)
                    self.assertEqual(self.wipe.acknowledged_at, 0.0)
                self.assertEqual(self.provision(report(tag, "1"), version).value(Page.Status), "1")

    def test_a_report_beside_a_request(self) -> None:
        """provisioning.md 3: the report is looked for first."""
        self.order()
        self.provision(None)
        policies = phase_one(Version.V14_0).children[0]
        answer = self.provision(report(Page.RemoteWipe, "1", policies))
        self.assertEqual([child.tag for child in answer], [Page.Status])
        self.assertTrue(self.wipe.acknowledged_at)

    def test_a_status_in_front_of_the_report(self) -> None:
        """client-quirks.md 5.5: iOS 5 puts it there, not within."""
        self.order()
        self.provision(None)
        said = [Element(Page.Status, "1"), Element(Page.RemoteWipe)]
        self.assertEqual(self.provision(Element(Page.Provision, said)).value(Page.Status), "1")
        self.assertTrue(self.wipe.acknowledged_at)

    def test_a_report_of_something_else(self) -> None:
        """Before the order was sent, or of another kind: no acknowledgement, but the order."""
        self.order()
        self.assertTrue(self.provision(report(Page.RemoteWipe, "1")).has(Page.RemoteWipe))
        answer = self.provision(report(Page.AccountOnlyRemoteWipe, "1"))
        self.assertTrue(answer.has(Page.RemoteWipe))
        self.assertEqual(self.wipe.acknowledged_at, 0.0)

    def test_an_account_only_wipe_is_not_told_to_lower_versions(self) -> None:
        """MS-ASPROV_R6906: a device that fell back to one is kept out, and not wiped whole."""
        self.order(WipeKind.ACCOUNT_ONLY)
        for version in Version:
            if version < Version.V16_1:
                self.assertEqual(self.refused(None, version), 129)
        self.assertEqual(self.wipe.sent_at, 0.0)
        self.assertTrue(self.provision(None, Version.V16_1).has(Page.AccountOnlyRemoteWipe))
