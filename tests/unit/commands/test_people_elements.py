"""Where the elements of ResolveRecipients, ValidateCert and the address list stand, by version.

Answers that hold every element are compared with a table, version by version.
"""

from base64 import b64encode
from collections import Counter
from collections.abc import Iterator

import pytest

from carbonio_mobile.eas.times import format_datetime
from carbonio_mobile.eas.version import Version, knows
from carbonio_mobile.testing.rig import NOW, Rig
from carbonio_mobile.wbxml import Element, Tag
from carbonio_mobile.wbxml.codepages import GAL, Find, ItemOperations, ResolveRecipients, Search
from carbonio_mobile.wbxml.codepages import ValidateCert as Cert
from tests.unit.commands.checked import checked_phone
from tests.unit.commands.test_people import MARY, find, search
from tests.unit.commands.test_resolverecipients import ask, availability, number, picture, retrieval
from tests.unit.commands.test_validatecert import JOHN, MIDDLE, TRUST, request
from tests.unit.directory.authority import issue

ALL_VERSIONS = ("12.1", "14.0", "14.1", "16.0", "16.1")
Page = ResolveRecipients
PEOPLE = (
    GAL.DisplayName,
    GAL.Phone,
    GAL.Office,
    GAL.Title,
    GAL.Company,
    GAL.Alias,
    GAL.FirstName,
    GAL.LastName,
    GAL.HomePhone,
    GAL.MobilePhone,
    GAL.EmailAddress,
    GAL.Picture,
)
OCTETS = (GAL.Data, Page.Data)
SEVERAL = frozenset({Page.Response, Page.Recipient, Page.Certificate, Cert.Certificate})

Tree = dict[Tag, tuple[Tag, ...]]
RESOLVED: Tree = {
    Page.ResolveRecipients: (Page.Status, Page.Response),
    Page.Response: (Page.To, Page.Status, Page.RecipientCount, Page.Recipient),
    Page.Recipient: (
        Page.Type,
        Page.DisplayName,
        Page.EmailAddress,
        Page.Availability,
        Page.Certificates,
        Page.Picture,
    ),
    Page.Availability: (Page.Status, Page.MergedFreeBusy),
    Page.Picture: (Page.Status, Page.Data),
}
FULL: Tree = {
    **RESOLVED,
    Page.Certificates: (
        Page.Status,
        Page.CertificateCount,
        Page.RecipientCount,
        Page.Certificate,
    ),
}
MINI: Tree = {
    **RESOLVED,
    Page.Certificates: (
        Page.Status,
        Page.CertificateCount,
        Page.RecipientCount,
        Page.MiniCertificate,
    ),
}
CHECKED: Tree = {
    Cert.ValidateCert: (Cert.Status, Cert.Certificate),
    Cert.Certificate: (Cert.Status,),
}
SEARCHED: Tree = {
    Search.Search: (Search.Status, Search.Response),
    Search.Response: (Search.Store,),
    Search.Store: (Search.Status, Search.Result, Search.Range, Search.Total),
    Search.Result: (Search.Properties,),
    Search.Properties: PEOPLE,
    GAL.Picture: (GAL.Status, GAL.Data),
}
FOUND: Tree = {
    Find.Find: (Find.Status, Find.Response),
    Find.Response: (ItemOperations.Store, Find.Status, Find.Result, Find.Range, Find.Total),
    Find.Result: (Find.Properties,),
    Find.Properties: PEOPLE,
    GAL.Picture: (GAL.Status, GAL.Data),
}


def known(tree: Tree, version: str) -> Tree:
    """Leave out what a version does not know."""
    spoken = Version.parse(version)
    return {
        parent: tuple(child for child in children if knows(spoken, child))
        for parent, children in tree.items()
        if knows(spoken, parent)
    }


def walk(element: Element) -> Iterator[Element]:
    yield element
    for child in element.children:
        yield from walk(child)


def check(answer: Element, expected: Tree) -> None:
    """Compare an answer with the table: children, their order and number, and kinds of leaves."""
    met: Tree = {}
    for element in walk(answer):
        if element.children:
            assert element.text is None
            counted = Counter(child.tag for child in element.children)
            assert all(n == 1 for tag, n in counted.items() if tag not in SEVERAL), counted
            assert met.setdefault(element.tag, tuple(counted)) == tuple(counted)
        else:
            kind = bytes if element.tag in OCTETS else str
            assert isinstance(element.text, kind), element
    assert met == expected


@pytest.fixture
def rig() -> Rig:
    """A server with one other person, of whom everything is known."""
    rig = Rig(trust=TRUST)
    blobs = {
        "jpegPhoto": b64encode(b"photo").decode(),
        "userCertificate": b64encode(issue("Mary").der).decode(),
    }
    rig.accounts.add("mary@example.com", "demo-mary", **MARY, **blobs)
    return rig


@pytest.mark.parametrize("version", ALL_VERSIONS)
@pytest.mark.parametrize(("form", "tree"), [(2, FULL), (3, MINI)])
def test_resolved(rig: Rig, version: str, form: int, tree: Tree) -> None:
    """Everything that may be told of a recipient.

    MS-ASCMD R6081, R6082, R6083, R6084, R6084100601, R1093, R6194, R6195, R6196, R6196100701,
    R1112, R6205, R6206, R6207, R6208, R6208100701, R1128, R1129, R6217, R6218, R6219, R6220,
    R6220100701, R6221, R6222, R6223, R6224, R6224100701, R1137, R6225, R6226, R6227, R6228,
    R6228100701, R1467, R1468, R6390, R6391, R6391100701, R1543, R1544, R1545, R6462, R6463, R6464,
    R6465, R6465102101, R5311, R5312, R5313, R6494, R6495, R6496, R6497, R6497100801, R6519, R6520,
    R6521, R6521100801, R6758, R6759, R6760, R6761, R6761101601, R6776, R6777, R6784, R6785,
    R6785101601, R1893, R1894, R6795, R6796, R6797, R6797101601, R1940, R6822, R6823, R6824, R6825,
    R6825101601, R6890, R6891, R6892, R6893, R6893101701, R2374, R6969, R6970, R6970101701, R2433,
    R7007, R7008, R7009, R7010, R7010101801, R2436, R2437, R7011, R7012, R7013, R7014, R7014101801,
    R2477, R7041, R7042, R7043, R7044, R7044101801, R2496, R2498, R7061, R7062, R7063,
    R7064, R7064101801, R7207, R7208, R7209, R7209101801, R2743, R2744, R2745, R2746, R7263, R7264,
    R7266, R7267, R7268, R7268101801, R2847, R2848, R2849, R7334, R7335, R7336, R7337, R7337101801,
    R2875, R2876, R2877, R7400, R7401, R7402, R7403, R7403101801.
    """
    options = (
        retrieval(form),
        number(Page.MaxCertificates, 9),
        number(Page.MaxAmbiguousRecipients, 9),
        availability(format_datetime(NOW), format_datetime(NOW + 7200)),
        picture(99, 9),
    )
    answer = checked_phone(rig, version).ask("ResolveRecipients", ask("mary", options=options))
    check(answer, known(tree, version))


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_checked(rig: Rig, version: str) -> None:
    """Everything that is told of certificates.

    MS-ASCMD R6121, R6122, R6123, R6124, R6124100601, R1119, R1121, R6209, R6210, R6211, R6212,
    R6212100701, R6213, R6214, R6215, R6216, R6216100701, R6229, R6230, R6231, R6232, R6232100701,
    R6249, R6250, R6251, R6252, R6252100701, R2771, R2772, R2773, R7292, R7293, R7294, R7295,
    R7295101801, R2925, R7440, R7441, R7442, R7443, R7443101801.
    """
    document = request(JOHN, JOHN, chain=(MIDDLE,), check="0")
    answer = checked_phone(rig, version).ask("ValidateCert", document)
    check(answer, known(CHECKED, version))
    assert [each.string for each in walk(answer) if each.text] == ["1", "1", "1"]


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_searched(rig: Rig, version: str) -> None:
    """Everything that Search tells of a person.

    MS-ASCMD R5288, R5289, R5290, R5291, R6165, R6166, R6167, R6168, R6168101072, R5295, R5296,
    R5297, R5298, R6352, R6353, R6354, R6355, R6355100601, R1471, R1472, R1473, R6394, R6395,
    R6395100701, R5302, R5303, R5304, R5305, R6466, R6467, R6468, R64609, R64609100701, R5318,
    R5319, R5320, R5321, R6498, R6499, R6500, R6501, R6501100801, R5325, R5326, R5327, R5328,
    R6560, R6561, R6562, R6563, R6563100801, R5332, R5333, R5334, R5335, R6695, R6696, R6697,
    R6698, R6698101601, R5339, R5340, R5341, R5342, R6730, R6731, R6732, R6733, R6733101601, R6780,
    R6781, R6781101601, R6788, R6789, R6789102101, R5355, R5356, R5357, R5358, R6830, R6831, R6832,
    R6833, R6833101701, R5362, R5363, R5364, R5365, R6866, R6867, R6868, R6869, R6869101701, R5370,
    R5371, R5372, R5373, R6959, R6960, R6961, R6962, R6962101701, R2382, R6973, R6974, R6974101701,
    R5393, R5394, R5395, R5396, R7330, R7331, R7332, R7333, R7333101801.
    """
    answer = checked_phone(rig, version).ask("Search", search("mary", picture=(99, 9)))
    check(answer, known(SEARCHED, version))


def test_found(rig: Rig) -> None:
    """Everything that Find tells of a person.

    MS-ASCMD R61641063, R61641064, R61641065, R61641066, R6164101071, R63510607, R63510608,
    R63510609, R63510610, R6351100615, R21270703, R21270704, R21270705, R2127101905, R64430704,
    R64430705, R64430706, R64430707, R6443100712, R53080804, R53080805, R53080806, R53080807,
    R5308100812, R65590808, R65590809, R65590810, R65590811, R66941607, R66941608, R66941609,
    R66941610, R6694101616, R67291607, R67291608, R67291609, R67291610, R6729101615, R3283101615,
    R33001016015, R68291608, R68291610, R68291611, R68291612, R6829101617, R68651724, R68651725,
    R68651726, R68651727, R6865101732, R69581708, R69581709, R69581710, R69581711, R6958101716,
    R36691710, R3669101716, R36841703, R36841705, R36841706, R3684101711, R3707101807, R3707101808,
    R3707101809, R3707101810, R3707101822, R70481804, R70481806, R70481807, R7048101812, R99910,
    R99912, R3839101810, R45251803, R45251805, R45251806, R4525101812, R73291807, R73291808,
    R73291809, R73291810, R7329101815, R46301803, R46301804, R46301805, R46301806, R4630101818.
    """
    answer = checked_phone(rig, "16.1").ask("Find", find("mary", picture=(99, 9)))
    check(answer, known(FOUND, "16.1"))
