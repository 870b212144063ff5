"""Requests about people, certificates, meetings, policies, searches and items, with faults in them.

Each is answered with a status or refused as the specification says; none comes to grief.
"""

import random
from base64 import b64encode
from collections.abc import Callable, Mapping

import pytest

from carbonio_mobile.directory.certificates import TrustStore, read_roots
from carbonio_mobile.ids import ServerId
from carbonio_mobile.testing.rig import NOW, Rig, now
from carbonio_mobile.wbxml import Element, Tag, codepages
from carbonio_mobile.wbxml.codepages import (
    AirSync,
    AirSyncBase,
    DocumentLibrary,
    Email,
    Find,
    GetItemEstimate,
    ItemOperations,
    MeetingResponse,
    Move,
    Provision,
    ResolveRecipients,
    Search,
    Settings,
    ValidateCert,
)
from tests.fuzz.treefaults import el, mutated
from tests.unit.commands.checked import ALL_VERSIONS
from tests.unit.commands.meetingcase import Meetings, mail
from tests.unit.commands.objectphone import stamp
from tests.unit.directory.authority import authority, issue
from tests.unit.pim.meetings import JOHN, MARY, START, ics, people, weekly

DASHED, NEXT = "2027-01-18T09:00:00.000Z", "2027-01-19T09:00:00.000Z"
ROOT = authority("Root")
HOLDER = issue("John", ROOT)
TAGS = [
    one
    for page in vars(codepages).values()
    if isinstance(page, type)
    for one in vars(page).values()
    if isinstance(one, Tag)
]


class Scene:
    """A server with colleagues, a contact, a mail, a meeting; and the ids of what is there."""

    def __init__(self) -> None:
        self.rig = Rig(trust=TrustStore(roots=tuple(read_roots(ROOT.pem))))
        self.rig.accounts.add("mary@example.com", "demo", displayName="Mary Doe")
        self.case = Meetings(self.rig)
        self.mail = self.case.arrive(mail(ics()))
        self.event = self.case.put(weekly(uid="w", organizer=MARY, attendees=people(JOHN)))
        self.calendar = ServerId.parse(self.event).folder
        self.inbox = ServerId.parse(self.mail).folder


def resolve(_scene: Scene) -> Element:
    page = ResolveRecipients
    options = el(
        page.Options,
        el(page.CertificateRetrieval, "2"),
        el(page.MaxCertificates, "9"),
        el(page.MaxAmbiguousRecipients, "9"),
        el(
            page.Availability,
            el(page.StartTime, DASHED),
            el(page.EndTime, NEXT),
        ),
        el(page.Picture, el(page.MaxSize, "100"), el(page.MaxPictures, "3")),
    )
    return el(page.ResolveRecipients, el(page.To, "mary"), el(page.To, JOHN), options)


def validate(_scene: Scene) -> Element:
    page = ValidateCert
    one = b64encode(HOLDER.der).decode()
    return el(
        page.ValidateCert,
        el(page.CertificateChain, el(page.Certificate, b64encode(ROOT.der).decode())),
        el(page.Certificates, el(page.Certificate, one), Element(page.Certificate, HOLDER.der)),
        el(page.CheckCRL, "1"),
    )


def meeting_response(scene: Scene) -> Element:
    page = MeetingResponse
    return el(
        page.MeetingResponse,
        el(
            page.Request,
            el(page.UserResponse, "1"),
            el(page.CollectionId, scene.inbox),
            el(page.RequestId, scene.mail),
        ),
        el(
            page.Request,
            el(page.UserResponse, "3"),
            el(page.CollectionId, scene.calendar),
            el(page.RequestId, scene.event),
            el(page.InstanceId, stamp(START)),
            el(page.SendResponse, el(AirSyncBase.Body, el(AirSyncBase.Type, "1"))),
        ),
    )


def provision(_scene: Scene) -> Element:
    page = Provision
    policy = el(
        page.Policy,
        el(page.PolicyType, "MS-EAS-Provisioning-WBXML"),
        el(page.PolicyKey, "1"),
        el(page.Status, "1"),
    )
    said = el(Settings.Set, el(Settings.Model, "x"), el(Settings.OS, "y"))
    return el(
        page.Provision,
        el(Settings.DeviceInformation, said),
        el(page.Policies, policy),
        el(page.RemoteWipe, el(page.Status, "1")),
    )


def search(scene: Scene) -> Element:
    page = Search
    both = el(
        page.And,
        el(AirSync.Class, "Email"),
        el(AirSync.CollectionId, scene.inbox),
        el(page.FreeText, "plans"),
        el(page.GreaterThan, el(Email.DateReceived), el(page.Value, DASHED)),
    )
    options = el(
        page.Options,
        el(page.Range, "0-9"),
        el(page.RebuildResults),
        el(page.DeepTraversal),
        el(AirSyncBase.BodyPreference, el(AirSyncBase.Type, "2")),
    )
    return el(page.Search, el(page.Store, el(page.Name, "Mailbox"), el(page.Query, both), options))


def gal(_scene: Scene) -> Element:
    page = Search
    options = el(page.Options, el(page.Range, "0-99"), el(page.Picture, el(page.MaxSize, "9")))
    store = el(page.Store, el(page.Name, "GAL"), el(page.Query, "mary"), options)
    return el(page.Search, store)


def document(_scene: Scene) -> Element:
    page = Search
    wanted = el(page.EqualTo, el(DocumentLibrary.LinkId), el(page.Value, r"\\server\share\x"))
    store = el(page.Store, el(page.Name, "DocumentLibrary"), el(page.Query, wanted))
    return el(page.Search, store)


def find(scene: Scene) -> Element:
    page = Find
    query = el(
        page.Query,
        el(AirSync.Class, "Email"),
        el(AirSync.CollectionId, scene.inbox),
        el(page.FreeText, 'subject:"plans" OR from:(a b)'),
    )
    options = el(page.Options, el(page.Range, "0-9"), el(page.DeepTraversal))
    criterion = el(page.MailBoxSearchCriterion, query, options)
    return el(page.Find, el(page.SearchId, "s"), el(page.ExecuteSearch, criterion))


def operations(scene: Scene) -> Element:
    page = ItemOperations
    options = el(
        page.Options,
        el(page.Range, "0-9"),
        el(AirSyncBase.BodyPreference, el(AirSyncBase.Type, "4")),
    )
    return el(
        page.ItemOperations,
        el(
            page.Fetch,
            el(page.Store, "Mailbox"),
            el(AirSync.CollectionId, scene.inbox),
            el(AirSync.ServerId, scene.mail),
            options,
        ),
        el(page.Fetch, el(page.Store, "Mailbox"), el(AirSyncBase.FileReference, scene.mail + ":1")),
        el(page.Fetch, el(page.Store, "Mailbox"), el(Search.LongId, scene.mail)),
        el(page.EmptyFolderContents, el(AirSync.CollectionId, "5"), el(page.Options)),
        el(page.Move, el(page.ConversationId, "x"), el(page.DstFldId, "5")),
    )


def estimate(scene: Scene) -> Element:
    page = GetItemEstimate
    one = el(
        page.Collection,
        el(AirSync.SyncKey, "0"),
        el(page.CollectionId, scene.calendar),
        el(AirSync.Options, el(AirSync.FilterType, "4")),
    )
    return el(page.GetItemEstimate, el(page.Collections, one))


def move(scene: Scene) -> Element:
    one = el(
        Move.Move,
        el(Move.SrcMsgId, scene.mail),
        el(Move.SrcFldId, scene.inbox),
        el(Move.DstFldId, scene.calendar),
    )
    return el(Move.MoveItems, one)


def settings(_scene: Scene) -> Element:
    page = Settings
    message = el(
        page.OofMessage,
        el(page.AppliesToInternal),
        el(page.Enabled, "1"),
        el(page.ReplyMessage, "away"),
        el(page.BodyType, "TEXT"),
    )
    oof = el(
        page.Set,
        el(page.OofState, "2"),
        el(page.StartTime, DASHED),
        el(page.EndTime, NEXT),
        message,
    )
    asked = el(page.UserInformation, el(page.Get))
    return el(page.Settings, el(page.Oof, oof), asked)


REQUESTS: Mapping[str, tuple[str, Callable[[Scene], Element]]] = {
    "ResolveRecipients": ("ResolveRecipients", resolve),
    "ValidateCert": ("ValidateCert", validate),
    "MeetingResponse": ("MeetingResponse", meeting_response),
    "Provision": ("Provision", provision),
    "Search": ("Search", search),
    "Search of people": ("Search", gal),
    "Search of documents": ("Search", document),
    "Find": ("Find", find),
    "ItemOperations": ("ItemOperations", operations),
    "GetItemEstimate": ("GetItemEstimate", estimate),
    "MoveItems": ("MoveItems", move),
    "Settings": ("Settings", settings),
}
REFUSED = frozenset({400, 449, 501})
"""What MS-ASHTTP 2.2.2.1.1 has for a request that is none, or none in this version."""


def attack(name: str, seed: int, rounds: int) -> None:
    """Send faulty requests at all versions; the server serves the sound one afterwards."""
    rng = random.Random(seed)
    command, write = REQUESTS[name]
    scene = Scene()
    own = [one for one in TAGS if one.page == write(scene).tag.page]
    for number in range(rounds):
        root = write(scene)
        tags = own if rng.random() < 0.7 else TAGS
        content = root.children if number < len(ALL_VERSIONS) else mutated(rng, root.children, tags)
        version = ALL_VERSIONS[number % len(ALL_VERSIONS)]
        response = now(
            scene.rig.send(
                command, Element(root.tag, content), version=version, device=f"d{number}"
            )
        )
        assert response.code == 200 or response.code in REFUSED, (version, content, response)
    assert scene.rig.clock.seconds() == NOW


@pytest.mark.parametrize("name", REQUESTS)
def test_faulty_requests_get_an_answer(name: str) -> None:
    """A status or a documented refusal, whatever stands in a request."""
    attack(name, 1, 200)


@pytest.mark.long
@pytest.mark.parametrize("name", REQUESTS)
@pytest.mark.parametrize("seed", range(2, 8))
def test_many_faulty_requests(name: str, seed: int) -> None:
    """The same for longer."""
    attack(name, seed, 2_000)


def bombs() -> dict[str, bytes]:
    """Octets that look like certificates."""
    nested = b""
    for _ in range(5_000):
        size = len(nested)
        length = bytes([size]) if size < 0x80 else b"\x84" + size.to_bytes(4, "big")
        nested = b"\x30" + length + nested
    holder = HOLDER.der
    return {
        "sequences in sequences": nested,
        "a length beyond the octets": b"\x30\x84\xff\xff\xff\xff" + holder,
        "a length of lengths": b"\x30\xff" + b"\xff" * 200,
        "no end": b"\x30\x80" * 1000,
        "a certificate and more": holder + b"\0" * 60_000,
        "half of one": holder[: len(holder) // 2],
    }


@pytest.mark.parametrize("name", bombs())
def test_octets_that_are_no_certificates(name: str) -> None:
    """As certificate and as its chain: status 10 or the like, an answer all the same."""
    text = b64encode(bombs()[name]).decode()
    page = ValidateCert
    scene = Scene()
    for certificate, chain in ((text, text), (b64encode(HOLDER.der).decode(), text)):
        request = el(
            page.ValidateCert,
            el(page.CertificateChain, *[el(page.Certificate, chain)] * 90),
            el(page.Certificates, el(page.Certificate, certificate)),
        )
        answer = scene.rig.post("ValidateCert", request)
        assert answer is not None
        assert answer.value(page.Status) == "1"


def test_issuers_that_go_in_circles() -> None:
    """Issuers of one name that sign one another are climbed a bounded number of times."""
    circle = [authority("Ring") for _ in range(45)]
    circle += [authority("Ring", one) for one in circle]
    leaf = issue("Leaf", circle[0])
    page = ValidateCert
    chain = [el(page.Certificate, b64encode(one.der).decode()) for one in circle]
    request = el(
        page.ValidateCert,
        el(page.CertificateChain, *chain),
        el(page.Certificates, *[el(page.Certificate, b64encode(leaf.der).decode())] * 10),
    )
    answer = Scene().rig.post("ValidateCert", request)
    assert answer is not None
    assert len(answer.find_all(page.Certificate)) == 10
    assert not {one.value(page.Status) for one in answer.find_all(page.Certificate)} & {"1"}
