"""Provision as devices do it, at every version."""

from carbonio_mobile.commands import provision
from carbonio_mobile.eas.messages.provision import POLICY_TYPE
from carbonio_mobile.eas.version import OFFERED, Version
from carbonio_mobile.policy.document import document_hash, policy_document
from carbonio_mobile.policy.provisioning import verdict
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import Provision as Page
from carbonio_mobile.wbxml.codepages import Settings
from tests.unit.commands.calls import CommandTests

INFORMATION = Element(
    Settings.DeviceInformation,
    [Element(Settings.Set, [Element(Settings.Model, "Fon 7"), Element(Settings.OS, "OS 9")])],
)


def phase_one(version: Version, policy_type: str | None = POLICY_TYPE) -> Element:
    kind = None if policy_type is None else Element(Page.PolicyType, policy_type)
    return Element(
        Page.Provision,
        [
            INFORMATION if version >= Version.V14_1 else None,
            Element(Page.Policies, [Element(Page.Policy, [kind])]),
        ],
    )


def phase_two(key: str, status: str = "1") -> Element:
    policy = [
        Element(Page.PolicyType, POLICY_TYPE),
        Element(Page.PolicyKey, key),
        Element(Page.Status, status),
    ]
    return Element(Page.Provision, [Element(Page.Policies, [Element(Page.Policy, policy)])])


class ProvisionTests(CommandTests):
    """The two phases, their repeats and their faults."""

    def provision(self, document: Element | None, version: Version = Version.V14_1) -> Element:
        answer = self.ask(provision.respond, self.rig.call("Provision", document, version))
        assert answer.document is not None
        return answer.document

    def policy(self, document: Element, version: Version = Version.V14_1) -> Element:
        policies = self.provision(document, version).find(Page.Policies)
        assert policies is not None
        policy = policies.find(Page.Policy)
        assert policy is not None
        return policy

    def test_two_phases_at_every_version(self) -> None:
        """MS-ASPROV R650, R661, R601: a document and a temporary key, then the key in force."""
        for version in OFFERED:
            self.setUp()
            first = self.policy(phase_one(version), version)
            temporary = first.value(Page.PolicyKey, "")
            data = first.find(Page.Data)
            assert data is not None
            self.assertTrue(data.has(Page.EASProvisionDoc))
            self.assertNotEqual(temporary, "0")
            second = self.policy(phase_two(temporary), version)
            self.assertEqual(second.value(Page.Status), "1")
            self.assertFalse(second.has(Page.Data))
            final = int(second.value(Page.PolicyKey, ""))
            self.assertNotEqual(str(final), temporary)
            state = self.rig.device.policy
            current = document_hash(policy_document(version))
            gate = verdict(state, final, current, self.rig.now, 0, required=True)
            self.assertIsNone(gate)

    def test_repeats_are_answered_alike(self) -> None:
        """A lost answer of either phase costs nothing: the same keys come again."""
        first = self.policy(phase_one(Version.V14_1)).value(Page.PolicyKey, "")
        self.assertEqual(self.policy(phase_one(Version.V14_1)).value(Page.PolicyKey), first)
        final = self.policy(phase_two(first)).value(Page.PolicyKey)
        self.assertEqual(self.policy(phase_two(first)).value(Page.PolicyKey), final)

    def test_a_partial_acknowledgement_is_enough(self) -> None:
        """MS-ASPROV R661: the permissive policy demands nothing, so each status complies."""
        for status in ("2", "3", "4"):
            self.setUp()
            key = self.policy(phase_one(Version.V14_1)).value(Page.PolicyKey, "")
            self.assertEqual(self.policy(phase_two(key, status)).value(Page.Status), "1")
            self.assertEqual(self.rig.device.policy.acknowledged_status, int(status))

    def test_wrong_key_is_told(self) -> None:
        """MS-ASPROV R658: Status 5 under Policy, no key."""
        self.policy(phase_one(Version.V14_1))
        for key in ("0", "12", "x", "99999999999999"):
            answer = self.policy(phase_two(key))
            self.assertEqual(answer.value(Page.Status), "5")
            self.assertFalse(answer.has(Page.PolicyKey))

    def test_unknown_and_missing_policy_type(self) -> None:
        """MS-ASPROV R380: Status 3 under Policy; MS-ASCMD R4989: Status 2 under Provision."""
        wap = self.policy(phase_one(Version.V14_1, "MS-WAP-Provisioning-XML"))
        self.assertEqual(wap.value(Page.Status), "3")
        answer = self.provision(phase_one(Version.V14_1, None))
        self.assertEqual(answer.value(Page.Status), "2")

    def test_device_information_is_kept_and_answered(self) -> None:
        """MS-ASPROV R607: what the device says of itself is stored and acknowledged."""
        answer = self.provision(phase_one(Version.V16_1), Version.V16_1)
        information = answer.find(Settings.DeviceInformation)
        assert information is not None
        self.assertEqual(information.value(Settings.Status), "1")
        self.assertEqual(self.rig.device.information, (("Model", "Fon 7"), ("OS", "OS 9")))

    def test_device_information_is_required_once(self) -> None:
        """MS-ASCMD R4954: 165 from 14.1 on; a device known already need not repeat itself."""
        bare = phase_one(Version.V14_0)
        self.assertEqual(self.provision(bare).value(Page.Status), "165")
        self.assertEqual(self.provision(bare, Version.V14_0).value(Page.Status), "1")
        self.provision(phase_one(Version.V14_1))
        self.assertEqual(self.provision(bare).value(Page.Status), "1")

    def test_nothing_asked_for(self) -> None:
        """An empty Provision asks for a wipe that is not pending: a protocol error, no crash."""
        self.assertEqual(self.provision(None).value(Page.Status), "2")
        self.assertEqual(self.provision(Element(Page.Provision)).value(Page.Status), "2")

    def test_report_of_a_wipe_that_was_not_asked(self) -> None:
        """MS-ASPROV R653, R654: it is taken note of, and no directive is sent."""
        report = Element(Page.Provision, [Element(Page.RemoteWipe, [Element(Page.Status, "1")])])
        answer = self.provision(report)
        self.assertEqual(answer.value(Page.Status), "1")
        self.assertFalse(answer.has(Page.RemoteWipe))
