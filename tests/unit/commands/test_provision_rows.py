"""Every element of Provision in every version: where it stands, of what type, what it may hold.

The documents are those of a policy in which every attribute is set; each answer is checked against
the published schema (types, order, at most one of each) and the tags of its version.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from carbonio_mobile.commands import provision
from carbonio_mobile.eas.version import Version
from carbonio_mobile.policy.settings import SETTINGS
from carbonio_mobile.sync.device import WipeKind, WipeState
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import Provision as Page
from carbonio_mobile.wbxml.codepages import Settings
from tests.unit.commands.calls import CommandTests, done
from tests.unit.commands.test_provision_command import phase_one, phase_two
from tests.unit.policy.policies import EVERYTHING, attributes

LISTS = {Page.UnapprovedInROMApplicationList, Page.ApprovedApplicationList}
ENTRIES = {Page.ApplicationName, Page.Hash}
ELEMENTS = {row.tag for row in SETTINGS if row.tag is not None}
FRAME = {
    Page.Provision, Page.Status, Page.Policies, Page.Policy, Page.PolicyType, Page.PolicyKey,
    Page.Data, Page.EASProvisionDoc,
}  # fmt: skip
VERSIONS = (Version.V12_1, Version.V14_0, Version.V14_1, Version.V16_0, Version.V16_1)


def everything_in(element: Element) -> Iterator[Element]:
    """Give an element and all below it."""
    yield element
    for child in element:
        yield from everything_in(child)


class ProvisionRowTests(CommandTests):
    """One test for each kind of row of MS-ASPROV 2.2.2."""

    def setUp(self) -> None:
        super().setUp()
        self.rig.account = replace(self.rig.account, attributes=attributes(EVERYTHING))

    def answer(self, document: Element | None, version: Version) -> Element:
        """Ask, checking schema and tags."""
        answer = self.ask(provision.respond, self.rig.call("Provision", document, version))
        assert answer.document is not None
        return answer.document

    def ordered(self, kind: WipeKind, version: Version) -> Element:
        """Order a wipe and let the device ask what there is to do."""
        order = WipeState(kind=kind, requested_at=1.0)
        done(self.rig.store.save_wipe(self.rig.key, order))
        answer = self.answer(Element(Page.Provision), version)
        done(self.rig.store.save_wipe(self.rig.key, None))
        return answer

    def check_version(self, version: Version) -> None:
        """Find each element where it belongs, in what a device of that version is answered."""
        first = self.answer(phase_one(version), version)
        expected = FRAME | ELEMENTS | ENTRIES
        if version >= Version.V14_1:
            expected = expected | {Settings.DeviceInformation, Settings.Status}
        self.assertEqual({found.tag for found in everything_in(first)}, expected)
        second = self.answer(phase_two("1001"), version)
        self.assertEqual(
            {found.tag for found in everything_in(second)},
            FRAME - {Page.Data, Page.EASProvisionDoc},
        )
        self.assertTrue(self.ordered(WipeKind.FULL, version).has(Page.RemoteWipe))

    def test_elements_of_12_1(self) -> None:
        """Each is sent to a device of 12.1, under its parent.

        MS-ASPROV_R800, MS-ASPROV_R804, MS-ASPROV_R808, MS-ASPROV_R812, MS-ASPROV_R816,
        MS-ASPROV_R820, MS-ASPROV_R824, MS-ASPROV_R828, MS-ASPROV_R832, MS-ASPROV_R836,
        MS-ASPROV_R840, MS-ASPROV_R844, MS-ASPROV_R848, MS-ASPROV_R852, MS-ASPROV_R856,
        MS-ASPROV_R860, MS-ASPROV_R864, MS-ASPROV_R868, MS-ASPROV_R872, MS-ASPROV_R876,
        MS-ASPROV_R880, MS-ASPROV_R884, MS-ASPROV_R889, MS-ASPROV_R893, MS-ASPROV_R897,
        MS-ASPROV_R901, MS-ASPROV_R905, MS-ASPROV_R909, MS-ASPROV_R913, MS-ASPROV_R917,
        MS-ASPROV_R921, MS-ASPROV_R925, MS-ASPROV_R929, MS-ASPROV_R933, MS-ASPROV_R937,
        MS-ASPROV_R941, MS-ASPROV_R945, MS-ASPROV_R949, MS-ASPROV_R953, MS-ASPROV_R957,
        MS-ASPROV_R961, MS-ASPROV_R967, MS-ASPROV_R972, MS-ASPROV_R976, MS-ASPROV_R980,
        MS-ASPROV_R984, MS-ASPROV_R988, MS-ASPROV_R992, MS-ASPROV_R996, MS-ASPROV_R1000,
        MS-ASPROV_R1004, MS-ASPROV_R1013, MS-ASPROV_R1017, MS-ASPROV_R1025.
        """
        self.check_version(Version.V12_1)

    def test_elements_of_14_0(self) -> None:
        """Each is sent to a device of 14.0, under its parent.

        MS-ASPROV_R801, MS-ASPROV_R805, MS-ASPROV_R809, MS-ASPROV_R813, MS-ASPROV_R817,
        MS-ASPROV_R821, MS-ASPROV_R825, MS-ASPROV_R829, MS-ASPROV_R833, MS-ASPROV_R837,
        MS-ASPROV_R841, MS-ASPROV_R845, MS-ASPROV_R849, MS-ASPROV_R853, MS-ASPROV_R857,
        MS-ASPROV_R861, MS-ASPROV_R865, MS-ASPROV_R869, MS-ASPROV_R873, MS-ASPROV_R877,
        MS-ASPROV_R881, MS-ASPROV_R885, MS-ASPROV_R890, MS-ASPROV_R894, MS-ASPROV_R898,
        MS-ASPROV_R902, MS-ASPROV_R906, MS-ASPROV_R910, MS-ASPROV_R914, MS-ASPROV_R918,
        MS-ASPROV_R922, MS-ASPROV_R926, MS-ASPROV_R930, MS-ASPROV_R934, MS-ASPROV_R938,
        MS-ASPROV_R942, MS-ASPROV_R946, MS-ASPROV_R950, MS-ASPROV_R954, MS-ASPROV_R958,
        MS-ASPROV_R962, MS-ASPROV_R968, MS-ASPROV_R973, MS-ASPROV_R977, MS-ASPROV_R981,
        MS-ASPROV_R985, MS-ASPROV_R989, MS-ASPROV_R993, MS-ASPROV_R997, MS-ASPROV_R1001,
        MS-ASPROV_R1005, MS-ASPROV_R1014, MS-ASPROV_R1018, MS-ASPROV_R1026.
        """
        self.check_version(Version.V14_0)

    def test_elements_of_14_1(self) -> None:
        """Each is sent to a device of 14.1, under its parent.

        MS-ASPROV_R802, MS-ASPROV_R806, MS-ASPROV_R810, MS-ASPROV_R814, MS-ASPROV_R818,
        MS-ASPROV_R822, MS-ASPROV_R826, MS-ASPROV_R830, MS-ASPROV_R834, MS-ASPROV_R838,
        MS-ASPROV_R842, MS-ASPROV_R846, MS-ASPROV_R850, MS-ASPROV_R854, MS-ASPROV_R858,
        MS-ASPROV_R862, MS-ASPROV_R866, MS-ASPROV_R870, MS-ASPROV_R874, MS-ASPROV_R878,
        MS-ASPROV_R882, MS-ASPROV_R886, MS-ASPROV_R891, MS-ASPROV_R895, MS-ASPROV_R899,
        MS-ASPROV_R903, MS-ASPROV_R907, MS-ASPROV_R911, MS-ASPROV_R915, MS-ASPROV_R919,
        MS-ASPROV_R923, MS-ASPROV_R927, MS-ASPROV_R931, MS-ASPROV_R935, MS-ASPROV_R939,
        MS-ASPROV_R943, MS-ASPROV_R947, MS-ASPROV_R951, MS-ASPROV_R955, MS-ASPROV_R959,
        MS-ASPROV_R963, MS-ASPROV_R969, MS-ASPROV_R974, MS-ASPROV_R978, MS-ASPROV_R982,
        MS-ASPROV_R986, MS-ASPROV_R990, MS-ASPROV_R994, MS-ASPROV_R998, MS-ASPROV_R1002,
        MS-ASPROV_R1006, MS-ASPROV_R1011, MS-ASPROV_R1015, MS-ASPROV_R1019, MS-ASPROV_R1027.
        """
        self.check_version(Version.V14_1)

    def test_elements_of_16_0(self) -> None:
        """Each is sent to a device of 16.0, under its parent.

        MS-ASPROV_R803, MS-ASPROV_R807, MS-ASPROV_R811, MS-ASPROV_R815, MS-ASPROV_R819,
        MS-ASPROV_R823, MS-ASPROV_R827, MS-ASPROV_R831, MS-ASPROV_R835, MS-ASPROV_R839,
        MS-ASPROV_R843, MS-ASPROV_R847, MS-ASPROV_R851, MS-ASPROV_R855, MS-ASPROV_R859,
        MS-ASPROV_R863, MS-ASPROV_R867, MS-ASPROV_R871, MS-ASPROV_R875, MS-ASPROV_R879,
        MS-ASPROV_R883, MS-ASPROV_R887, MS-ASPROV_R892, MS-ASPROV_R896, MS-ASPROV_R900,
        MS-ASPROV_R904, MS-ASPROV_R908, MS-ASPROV_R912, MS-ASPROV_R916, MS-ASPROV_R920,
        MS-ASPROV_R924, MS-ASPROV_R928, MS-ASPROV_R932, MS-ASPROV_R936, MS-ASPROV_R940,
        MS-ASPROV_R944, MS-ASPROV_R948, MS-ASPROV_R952, MS-ASPROV_R956, MS-ASPROV_R960,
        MS-ASPROV_R964, MS-ASPROV_R970, MS-ASPROV_R975, MS-ASPROV_R979, MS-ASPROV_R983,
        MS-ASPROV_R987, MS-ASPROV_R991, MS-ASPROV_R995, MS-ASPROV_R999, MS-ASPROV_R1003,
        MS-ASPROV_R1007, MS-ASPROV_R1012, MS-ASPROV_R1016, MS-ASPROV_R1020, MS-ASPROV_R1028.
        """
        self.check_version(Version.V16_0)

    def test_elements_of_16_1(self) -> None:
        """Each is sent to a device of 16.1, under its parent.

        MS-ASPROV_R6906, MS-ASPROV_R7601, MS-ASPROV_R8401, MS-ASPROV_R9001, MS-ASPROV_R9601,
        MS-ASPROV_R10201, MS-ASPROV_R10801, MS-ASPROV_R11401, MS-ASPROV_R12101,
        MS-ASPROV_R12701, MS-ASPROV_R13301, MS-ASPROV_R14201, MS-ASPROV_R14801,
        MS-ASPROV_R15301, MS-ASPROV_R15901, MS-ASPROV_R16501, MS-ASPROV_R17001,
        MS-ASPROV_R17501, MS-ASPROV_R18101, MS-ASPROV_R18801, MS-ASPROV_R19301,
        MS-ASPROV_R20201, MS-ASPROV_R20701, MS-ASPROV_R21001, MS-ASPROV_R21501,
        MS-ASPROV_R22301, MS-ASPROV_R23101, MS-ASPROV_R23501, MS-ASPROV_R23901,
        MS-ASPROV_R24201, MS-ASPROV_R25001, MS-ASPROV_R25401, MS-ASPROV_R26301,
        MS-ASPROV_R26901, MS-ASPROV_R27501, MS-ASPROV_R27901, MS-ASPROV_R28501,
        MS-ASPROV_R29001, MS-ASPROV_R30201, MS-ASPROV_R30601, MS-ASPROV_R31101,
        MS-ASPROV_R31601, MS-ASPROV_R31801, MS-ASPROV_R32001, MS-ASPROV_R32401,
        MS-ASPROV_R33001, MS-ASPROV_R33501, MS-ASPROV_R34301, MS-ASPROV_R34801,
        MS-ASPROV_R35301, MS-ASPROV_R35801, MS-ASPROV_R36401, MS-ASPROV_R1009, MS-ASPROV_R38901,
        MS-ASPROV_R39302, MS-ASPROV_R40901.
        """
        self.check_version(Version.V16_1)
        wiped = self.ordered(WipeKind.ACCOUNT_ONLY, Version.V16_1)
        self.assertTrue(wiped.has(Page.AccountOnlyRemoteWipe))

    def test_report_on_a_wipe_at_every_version(self) -> None:
        """The Status under RemoteWipe is read in each version.

        MS-ASPROV_R1021, MS-ASPROV_R1022, MS-ASPROV_R1023, MS-ASPROV_R1024, MS-ASPROV_R40301,
        MS-ASPROV_R760.
        """
        report = Element(Page.Provision, [Element(Page.RemoteWipe, [Element(Page.Status, "1")])])
        for version in VERSIONS:
            order = WipeState(kind=WipeKind.FULL, requested_at=1.0, sent_at=2.0)
            done(self.rig.store.save_wipe(self.rig.key, order))
            self.answer(report, version)
            assert self.rig.device.wipe is not None
            self.assertEqual(self.rig.device.wipe.acknowledged_at, self.rig.now)

    def document(self, version: Version) -> Element:
        """Give the EASProvisionDoc of phase one."""
        found = [
            each
            for each in everything_in(self.answer(phase_one(version), version))
            if each.tag is Page.EASProvisionDoc
        ]
        self.assertEqual(len(found), 1)
        return found[0]

    def test_types_of_elements(self) -> None:
        """Each is an optional child of EASProvisionDoc, once, of the type that the schema has.

        MS-ASPROV_R70, MS-ASPROV_R80, MS-ASPROV_R85, MS-ASPROV_R92, MS-ASPROV_R97,
        MS-ASPROV_R104, MS-ASPROV_R109, MS-ASPROV_R116, MS-ASPROV_R123, MS-ASPROV_R128,
        MS-ASPROV_R135, MS-ASPROV_R143, MS-ASPROV_R149, MS-ASPROV_R154, MS-ASPROV_R160,
        MS-ASPROV_R166, MS-ASPROV_R171, MS-ASPROV_R176, MS-ASPROV_R182, MS-ASPROV_R189,
        MS-ASPROV_R203, MS-ASPROV_R211, MS-ASPROV_R216, MS-ASPROV_R224, MS-ASPROV_R236,
        MS-ASPROV_R240, MS-ASPROV_R243, MS-ASPROV_R251, MS-ASPROV_R255, MS-ASPROV_R276,
        MS-ASPROV_R280, MS-ASPROV_R286, MS-ASPROV_R291, MS-ASPROV_R326, MS-ASPROV_R331,
        MS-ASPROV_R336, MS-ASPROV_R344, MS-ASPROV_R349, MS-ASPROV_R354, MS-ASPROV_R359,
        MS-ASPROV_R241, MS-ASPROV_R673, MS-ASPROV_R674, MS-ASPROV_R676, MS-ASPROV_R677,
        MS-ASPROV_R672.
        """
        for values in (EVERYTHING, {}):
            self.rig.account = replace(self.rig.account, attributes=attributes(values))
            for version in VERSIONS:
                counted = Counter(child.tag for child in self.document(version))
                self.assertEqual(set(counted.values()), {1})
                self.assertEqual(
                    ELEMENTS - counted.keys(),
                    ELEMENTS - ELEMENTS if values else {Page.ApprovedApplicationList},
                )

    def test_elements_without_children(self) -> None:
        """All but the two lists hold a value.

        MS-ASPROV_R71, MS-ASPROV_R81, MS-ASPROV_R86, MS-ASPROV_R93, MS-ASPROV_R98,
        MS-ASPROV_R105, MS-ASPROV_R110, MS-ASPROV_R117, MS-ASPROV_R124, MS-ASPROV_R129,
        MS-ASPROV_R137, MS-ASPROV_R144, MS-ASPROV_R150, MS-ASPROV_R155, MS-ASPROV_R161,
        MS-ASPROV_R167, MS-ASPROV_R172, MS-ASPROV_R177, MS-ASPROV_R183, MS-ASPROV_R204,
        MS-ASPROV_R212, MS-ASPROV_R218, MS-ASPROV_R225, MS-ASPROV_R242, MS-ASPROV_R244,
        MS-ASPROV_R252, MS-ASPROV_R256, MS-ASPROV_R265, MS-ASPROV_R271, MS-ASPROV_R277,
        MS-ASPROV_R281, MS-ASPROV_R287, MS-ASPROV_R292, MS-ASPROV_R327, MS-ASPROV_R332,
        MS-ASPROV_R337, MS-ASPROV_R345, MS-ASPROV_R350, MS-ASPROV_R355, MS-ASPROV_R360.
        """
        for version in VERSIONS:
            for child in self.document(version):
                if child.tag not in LISTS:
                    self.assertEqual(child.children, [])

    def test_lists_hold_their_entries(self) -> None:
        """MS-ASPROV_R194, MS-ASPROV_R195, MS-ASPROV_R199, MS-ASPROV_R404, MS-ASPROV_R405,
        MS-ASPROV_R408: containers under EASProvisionDoc, at most one each.
        """
        for version in VERSIONS:
            lists = [child for child in self.document(version) if child.tag in LISTS]
            self.assertEqual({child.tag for child in lists}, LISTS)
            self.assertEqual(len(lists), 2)
            for each in lists:
                self.assertLessEqual({entry.tag for entry in each}, ENTRIES)

    def test_frame_of_phase_one(self) -> None:
        """MS-ASPROV_R208, MS-ASPROV_R209, MS-ASPROV_R210, MS-ASPROV_R232, MS-ASPROV_R233,
        MS-ASPROV_R234, MS-ASPROV_R235, MS-ASPROV_R303, MS-ASPROV_R304, MS-ASPROV_R306,
        MS-ASPROV_R307, MS-ASPROV_R308, MS-ASPROV_R310, MS-ASPROV_R313, MS-ASPROV_R317,
        MS-ASPROV_R318, MS-ASPROV_R319, MS-ASPROV_R320, MS-ASPROV_R366, MS-ASPROV_R370,
        MS-ASPROV_R374, MS-ASPROV_R375, MS-ASPROV_R390, MS-ASPROV_R391, MS-ASPROV_R417,
        MS-ASPROV_R534, MS-ASPROV_R535, MS-ASPROV_R759, MS-ASPROV_R888, MS-ASPROV_R966: the tree
        of the first answer, in the order of the schema.
        """
        for version in VERSIONS:
            answer = self.answer(phase_one(version), version)
            outer = [child.tag for child in answer]
            informed = [Settings.DeviceInformation] if version >= Version.V14_1 else []
            self.assertEqual(outer, [*informed, Page.Status, Page.Policies])
            self.assertEqual(answer.value(Page.Status), "1")
            (policy,) = answer.children[-1].children
            self.assertEqual(policy.tag, Page.Policy)
            parts = [child.tag for child in policy]
            self.assertEqual(parts, [Page.PolicyType, Page.Status, Page.PolicyKey, Page.Data])
            self.assertEqual(policy.value(Page.PolicyType), "MS-EAS-Provisioning-WBXML")
            self.assertEqual(policy.value(Page.Status), "1")
            (document,) = policy.children[-1].children
            self.assertEqual(document.tag, Page.EASProvisionDoc)
            self.assertLessEqual({child.tag for child in document}, ELEMENTS)

    def test_frame_of_phase_two(self) -> None:
        """MS-ASPROV_R419, MS-ASPROV_R601, MS-ASPROV_R605, MS-ASPROV_R661: the tree of the second
        answer, without Data.
        """
        for version in VERSIONS:
            self.setUp()
            self.answer(phase_one(version), version)
            answer = self.answer(phase_two("1001"), version)
            self.assertEqual([child.tag for child in answer], [Page.Status, Page.Policies])
            (policy,) = answer.children[-1].children
            parts = [child.tag for child in policy]
            self.assertEqual(parts, [Page.PolicyType, Page.Status, Page.PolicyKey])

    def test_frame_of_a_directive(self) -> None:
        """MS-ASPROV_R321, MS-ASPROV_R322, MS-ASPROV_R6901, MS-ASPROV_R6903, MS-ASPROV_R6906: a
        directive is empty and stands under Provision, behind its Status.
        """
        for version in VERSIONS:
            answer = self.ordered(WipeKind.FULL, version)
            self.assertEqual([child.tag for child in answer], [Page.Status, Page.RemoteWipe])
            self.assertEqual((answer.children[1].children, answer.children[1].text), ([], None))
        answer = self.ordered(WipeKind.ACCOUNT_ONLY, Version.V16_1)
        self.assertEqual([child.tag for child in answer], [Page.Status, Page.AccountOnlyRemoteWipe])
        self.assertEqual((answer.children[1].children, answer.children[1].text), ([], None))
