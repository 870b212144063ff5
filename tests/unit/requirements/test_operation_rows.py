"""MoveItems, Ping, ItemOperations, Search, Find, Settings, sending: each status with its cause."""

from collections.abc import Iterator

import pytest
from twisted.internet.defer import Deferred

from carbonio_mobile.eas.http import HttpResponse
from carbonio_mobile.errors import Corrupt, NotAllowed, Unavailable
from carbonio_mobile.mailbox.memory import MemoryMailbox
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import Rig, now
from carbonio_mobile.wbxml import Element, Tag, decode
from carbonio_mobile.wbxml.codepages import (
    AirSync,
    AirSyncBase,
    ComposeMail,
    Email,
    Find,
    ItemOperations,
    Move,
    Ping,
    Search,
    Settings,
)
from tests.unit.commands import asking
from tests.unit.commands.checked import CheckedPhone
from tests.unit.commands.phone import options

MAIL = (
    b"From: Mary <mary@example.com>\r\nTo: john@example.com\r\nSubject: Plans\r\n"
    b'Message-ID: <plans@x>\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
    b"--b\r\nContent-Type: text/plain\r\n\r\nWine and cheese\r\n"
    b"--b\r\nContent-Type: text/csv\r\nContent-Disposition: attachment; filename=a.csv\r\n\r\n"
    b"0123456789\r\n--b--\r\n"
)


class Case:
    """A device whose Inbox holds one mail."""

    def __init__(self, version: str = "14.1") -> None:
        self.rig = Rig()
        self.phone = CheckedPhone(self.rig, version=version)
        self.inbox = self.rig.folder(FolderKind.INBOX)
        self.trash = self.rig.folder(FolderKind.TRASH)
        self.item = f"{self.inbox}:{self.rig.deliver(MAIL).item}"

    def parked(self, document: Element | None) -> "Deferred[HttpResponse]":
        return self.rig.send("Ping", document, version=self.phone.version)

    def ended(self, waiting: "Deferred[HttpResponse]") -> Element:
        return self.phone.told(now(waiting), "Ping")

    def fetch(self, name: Element, *chosen: Element, store: str = "Mailbox") -> Element:
        wanted = Element(ItemOperations.Options, list(chosen)) if chosen else None
        children = [Element(ItemOperations.Store, store), name, wanted]
        fetch = Element(ItemOperations.Fetch, children)
        return self.phone.ask("ItemOperations", Element(ItemOperations.ItemOperations, [fetch]))

    def reference(self) -> Element:
        """Name the attachment of the mail."""
        shown = self.fetch(Element(AirSync.ServerId, self.item))
        (found,) = every(shown, AirSyncBase.FileReference)
        return Element(AirSyncBase.FileReference, found.text)

    def search(self, *query: Element, rows: str | None = None, name: str = "Mailbox") -> Element:
        wanted = [] if rows is None else [Element(Search.Range, rows)]
        store = Element(
            Search.Store,
            [
                Element(Search.Name, name),
                Element(Search.Query, [Element(Search.And, list(query))]),
                Element(Search.Options, [*wanted, Element(Search.DeepTraversal)]),
            ],
        )
        return self.phone.ask("Search", Element(Search.Search, [store]))


def every(tree: Element, tag: Tag) -> list[Element]:
    """Give every element of a tag, in order."""
    found = [tree] if tree.tag is tag else []
    for child in tree:
        found += every(child, tag)
    return found


def texts(tree: Element, tag: Tag) -> list[str]:
    return [one.string for one in every(tree, tag)]


# MoveItems


def test_moves_have_a_status_each() -> None:
    """MS-ASCMD R285, R290, R4201, R4207, R4212, R4217, R4219, R5879: each with its own cause."""
    case = Case()
    for item, source, target, status in (
        (f"{case.inbox}:99", case.inbox, case.trash, "1"),
        ("rubbish", case.inbox, case.trash, "1"),
        (case.item, "4711", case.trash, "1"),
        (case.item, case.inbox, "4711", "2"),
        (case.item, case.inbox, case.inbox, "4"),
        (case.item, case.inbox, case.trash, "3"),
    ):
        answer = case.phone.ask("MoveItems", asking.moves((item, source, target)))
        (told,) = every(answer, Move.Response)
        assert told.value(Move.Status) == status, (item, source, target)
    assert told.value(Move.DstMsgId, "").startswith(f"{case.trash}:")
    case.phone.prime(case.trash, options())
    assert list(case.phone.items[case.trash]) == [told.value(Move.DstMsgId)]


def test_too_many_moves() -> None:
    """MS-ASCMD R5653, R7250: 103 for the whole of it."""
    case = Case()
    one = (case.item, case.inbox, case.trash)
    answer = case.phone.ask("MoveItems", asking.moves(*[one] * 5001))
    assert answer.value(Move.Status) == "103"
    assert texts(answer, Move.Status) == ["103"]


# Ping


def test_what_a_ping_waits_for() -> None:
    """MS-ASCMD R306, R4236, R5632, R5634, R5638, R5639, R5641, R5810, R5811, R5831, R5832, R335.

    MS-ASCMD R5836: time or an arrival ends it; what is left out is as it was the last time.
    """
    case = Case()
    case.phone.prime(case.inbox, options())
    waiting = case.parked(asking.ping(60, case.inbox))
    now(case.rig.mailbox().delete(case.inbox, [int(case.item.partition(":")[2])]))  # type: ignore[list-item]
    case.rig.clock.advance(59)
    assert not waiting.called
    case.rig.clock.advance(2)
    assert case.ended(waiting).value(Ping.Status) == "1"
    case.phone.settle(case.inbox)
    for document in (asking.ping(None, case.inbox), asking.ping(60), None):
        waiting = case.parked(document)
        case.rig.clock.advance(5)
        assert not waiting.called
        case.rig.deliver()
        case.rig.clock.advance(1)
        ended = case.ended(waiting)
        assert ended.value(Ping.Status) == "2"
        assert texts(ended, Ping.Folder) == [case.inbox]
        case.phone.settle(case.inbox)


def test_a_ping_goes_by_the_last_key() -> None:
    """MS-ASCMD R5636: what the last Sync did not bring is told at once."""
    case = Case()
    case.phone.prime(case.inbox, options())
    case.rig.deliver()
    ended = case.ended(case.parked(asking.ping(60, case.inbox)))
    assert ended.value(Ping.Status) == "2"
    case.phone.settle(case.inbox)
    waiting = case.parked(asking.ping(60, case.inbox))
    assert not waiting.called
    case.rig.clock.advance(61)
    assert case.ended(waiting).value(Ping.Status) == "1"


PINGS = [
    ("MS-ASCMD R4240", lambda case: None, "3", None, None),
    ("MS-ASCMD R4244", lambda case: asking.ping(60, *[case.inbox] * 2), "4", None, None),
    (
        "MS-ASCMD R4249",
        lambda case: asking.ping(9999, case.inbox),
        "5",
        Ping.HeartbeatInterval,
        "3540",
    ),
    ("MS-ASCMD R5837", lambda case: asking.ping(1, case.inbox), "5", Ping.HeartbeatInterval, "60"),
    (
        "MS-ASCMD R3259 R4254",
        lambda case: asking.ping(60, *[str(n) for n in range(100, 150)]),
        "6",
        Ping.MaxFolders,
        "20",
    ),
    ("MS-ASCMD R4257 R4258", lambda case: asking.ping(60, "4711"), "7", None, None),
]


@pytest.mark.parametrize(("_rows", "document", "status", "tag", "bound"), PINGS)
def test_refused_pings(
    _rows: str, document: object, status: str, tag: Tag | None, bound: str | None
) -> None:
    """MS-ASCMD R4228, R6686: a status, and the bound where one was broken."""
    case = Case()
    ended = case.ended(case.parked(document(case)))  # type: ignore[operator]
    assert ended.value(Ping.Status) == status
    if tag is not None:
        assert ended.value(tag) == bound


# ItemOperations


def test_fetches_have_a_status_each() -> None:
    """MS-ASCMD R194, R4153, R4154, R4160, R4161, R4166, R5503, R5422, R5423: and 1 in all."""
    case = Case()
    name, file = Element(AirSync.ServerId, case.item), case.reference()
    for answer, status in (
        (case.fetch(name), "1"),
        (case.fetch(name, Element(ItemOperations.Range, "0-1")), "2"),
        (case.fetch(file, Element(ItemOperations.Range, "99-100")), "8"),
        (case.fetch(name, store="Attic"), "9"),
        (case.fetch(Element(AirSyncBase.FileReference, "rubbish")), "15"),
    ):
        assert answer.value(ItemOperations.Status) == "1"
        (told,) = every(answer, ItemOperations.Fetch)
        assert told.value(ItemOperations.Status) == status
    first = case.fetch(file, Element(ItemOperations.Range, "0-0"))
    assert texts(first, ItemOperations.Data) == ["MA=="]


@pytest.mark.parametrize(
    ("rows", "error", "status"),
    [
        ("MS-ASCMD R4155", Unavailable("busy"), "3"),
        ("MS-ASCMD R4165", Corrupt("bad"), "14"),
        ("MS-ASCMD R4167", NotAllowed("no"), "16"),
    ],
)
def test_a_mailbox_that_fails(
    monkeypatch: pytest.MonkeyPatch, rows: str, error: Exception, status: str
) -> None:
    """Each operation has its status, whatever the mailbox says to it."""

    async def failing(*_: object, **__: object) -> object:
        raise error

    case = Case()
    monkeypatch.setattr(MemoryMailbox, "read", failing)
    answer = case.fetch(Element(AirSync.ServerId, case.item))
    assert answer.value(ItemOperations.Status) == "1"
    assert every(answer, ItemOperations.Fetch)[0].value(ItemOperations.Status) == status


def test_operations_are_done_in_their_order() -> None:
    """MS-ASCMD R193, R199: what is emptied before it is fetched is gone."""
    case = Case()
    fetch = Element(
        ItemOperations.Fetch,
        [Element(ItemOperations.Store, "Mailbox"), Element(AirSync.ServerId, case.item)],
    )
    empty = Element(ItemOperations.EmptyFolderContents, [Element(AirSync.CollectionId, case.inbox)])
    document = Element(ItemOperations.ItemOperations, [fetch, empty, fetch])
    answer = case.phone.ask("ItemOperations", document)
    (response,) = every(answer, ItemOperations.Response)
    fetched = [one.value(ItemOperations.Status) for one in response.find_all(fetch.tag)]
    assert fetched == ["1", "6"]
    assert response.find_all(empty.tag)[0].value(ItemOperations.Status) == "1"
    case.phone.prime(case.inbox, options())
    assert case.phone.items[case.inbox] == {}


def test_a_multipart_answer() -> None:
    """MS-ASCMD R236, R5505, R5506, R5509, R5510, R5511, R5512, R5513, R5517, R5518, R3633.

    MS-ASAIRS R405: the document comes first, then each body and file; inline there is no Part.
    """
    case = Case()
    chosen = [Element(AirSyncBase.BodyPreference, [Element(AirSyncBase.Type, "1")])]
    fetches = [
        Element(
            ItemOperations.Fetch,
            [
                Element(ItemOperations.Store, "Mailbox"),
                name,
                Element(ItemOperations.Options, chosen) if name.tag is AirSync.ServerId else None,
            ],
        )
        for name in (Element(AirSync.ServerId, case.item), case.reference())
    ]
    document = Element(ItemOperations.ItemOperations, fetches)
    headers = {"ms-asacceptmultipart": "T"}
    answer = case.phone.send("ItemOperations", document, headers=headers)
    types = {name.lower(): value for name, value in answer.headers}
    assert types["content-type"] == "application/vnd.ms-sync.multipart"
    octets = answer.body
    count = int.from_bytes(octets[:4], "little")
    places = [
        (
            int.from_bytes(octets[at : at + 4], "little"),
            int.from_bytes(octets[at + 4 : at + 8], "little"),
        )
        for at in range(4, 4 + 8 * count, 8)
    ]
    assert count == 3
    assert places[0][0] == 4 + 8 * count
    assert sum(places[-1]) == len(octets)
    first, body, file = (octets[start : start + size] for start, size in places)
    assert texts(decode(first), ItemOperations.Part) == ["1", "2"]
    assert b"Wine and cheese" in body
    assert file.strip() == b"0123456789"
    inline = case.phone.ask("ItemOperations", document)
    assert every(inline, ItemOperations.Part) == []


# Search and Find


def words(text: str) -> Element:
    return Element(Search.FreeText, text)


def test_what_a_search_finds() -> None:
    """MS-ASCMD R419, R420, R421, R4327: as many as wanted, and how many there are."""
    case = Case()
    for _ in range(4):
        case.rig.deliver(MAIL)
    answer = case.search(Element(AirSync.Class, "Email"), words("chee"), rows="0-2")
    (store,) = every(answer, Search.Store)
    assert store.value(Search.Status) == "1"
    assert store.value(Search.Total) == "5"
    found = store.find_all(Search.Result)
    assert len(found) == 3
    for one in found:
        (properties,) = every(one, Search.Properties)
        assert properties.value(Email.Subject) == "Plans"


@pytest.mark.parametrize(
    ("rows", "query", "wanted", "status"),
    [
        ("MS-ASCMD R4329", (words(" "),), None, "2"),
        ("MS-ASCMD R4350 R772", (Element(Search.And, [words("x")]), words("x")), None, "8"),
        ("MS-ASCMD R4361", (words("cheese"),), "500-600", "12"),
    ],
)
def test_refused_searches(
    rows: str, query: tuple[Element, ...], wanted: str | None, status: str
) -> None:
    """The store of the answer says why."""
    (store,) = every(Case().search(*query, rows=wanted), Search.Store)
    assert store.value(Search.Status) == status


@pytest.mark.parametrize(
    ("rows", "query", "wanted", "status"),
    [
        ("MS-ASCMD R72172509 R72172520", "cheese", "0-9", "1"),
        ("MS-ASCMD R72172518", "cheese", "5-9", "4"),
        ("MS-ASCMD R72172512 R72172521", " ", "0-9", "2"),
    ],
)
def test_what_find_says(rows: str, query: str, wanted: str, status: str) -> None:
    """A status in the Response, and a Range that begins with 0."""
    case = Case("16.1")
    criterion = Element(
        Find.MailBoxSearchCriterion,
        [
            Element(Find.Query, [Element(Find.FreeText, query), Element(AirSync.Class, "Email")]),
            Element(Find.Options, [Element(Find.Range, wanted)]),
        ],
    )
    search = [Element(Find.SearchId, "1"), Element(Find.ExecuteSearch, [criterion])]
    answer = case.phone.ask("Find", Element(Find.Find, search))
    statuses = texts(answer, Find.Status)
    assert statuses[-1] == status
    assert statuses[0] in {"1", status}


# Settings


def settings(case: Case, *parts: Element) -> Element:
    return case.phone.ask("Settings", Element(Settings.Settings, list(parts)))


def message(audience: Tag, *content: Element) -> Element:
    return Element(Settings.OofMessage, [Element(audience), *content])


AUDIENCES = (
    Settings.AppliesToInternal,
    Settings.AppliesToExternalKnown,
    Settings.AppliesToExternalUnknown,
)


def test_properties_are_answered_in_their_order() -> None:
    """MS-ASCMD R469, R478, R480, R481, R482, R484, R485, R486, R5713: each with a Status.

    MS-ASCMD R4387, R4392, R4396: 1 for the command and for each property.
    """
    case = Case()
    parts = [
        Element(Settings.UserInformation, [Element(Settings.Get)]),
        Element(Settings.Oof, [Element(Settings.Get, [Element(Settings.BodyType, "Text")])]),
    ]
    for order in (parts, parts[::-1]):
        answer = settings(case, *order)
        assert answer.children[0].tag is Settings.Status
        assert answer.value(Settings.Status) == "1"
        assert [one.tag for one in answer.children[1:]] == [one.tag for one in order]
        for one in answer.children[1:]:
            assert one.children[0].tag is Settings.Status
            assert one.children[0].text == "1"


def test_a_request_that_is_none() -> None:
    """MS-ASCMD R483, R4388: status 2, and no property."""
    case = Case()
    answer = settings(case)
    assert [one.tag for one in answer] == [Settings.Status]
    assert answer.value(Settings.Status) == "2"


def test_audiences_are_told_by_their_presence() -> None:
    """MS-ASCMD R781, R782, R791, R792, R800, R801, R816, R821, R2251, R2252, R3505, R3530.

    MS-ASCMD R1069: an empty element says whom a message is for.
    """
    case = Case()
    for state in "012":
        times = []
        if state == "2":
            times = [
                Element(Settings.StartTime, "2027-02-01T08:00:00.000Z"),
                Element(Settings.EndTime, "2027-02-08T08:00:00.000Z"),
            ]
        said = [
            message(
                AUDIENCES[0],
                Element(Settings.Enabled, "1"),
                Element(Settings.ReplyMessage, "Away."),
                Element(Settings.BodyType, "Text"),
            ),
            message(AUDIENCES[1], Element(Settings.Enabled, "0")),
        ]
        wanted = Element(Settings.Set, [Element(Settings.OofState, state), *times, *said])
        answer = settings(case, Element(Settings.Oof, [wanted]))
        assert texts(answer, Settings.Status) == ["1", "1"]
        get = Element(Settings.Get, [Element(Settings.BodyType, "HTML")])
        got = settings(case, Element(Settings.Oof, [get]))
        assert texts(got, Settings.OofState) == [state]
        told = {}
        for one in every(got, Settings.OofMessage):
            (audience,) = [child for child in one if child.tag in AUDIENCES]
            assert not audience.children
            assert not audience.text
            told[audience.tag] = one
        assert set(AUDIENCES[:2]) <= set(told)
        assert told[AUDIENCES[0]].value(Settings.Enabled) == "1"
        assert told[AUDIENCES[0]].value(Settings.BodyType, "").lower() == "html"
        assert told[AUDIENCES[1]].value(Settings.Enabled) == "0"


@pytest.mark.parametrize("tag", [Settings.StartTime, Settings.EndTime])
def test_times_come_in_pairs(tag: Tag) -> None:
    """MS-ASCMD R2272, R4393, R5681, R5827: one without the other is status 2 of Oof."""
    case = Case()
    wanted = [Element(Settings.OofState, "2"), Element(tag, "2027-02-01T08:00:00.000Z")]
    answer = settings(case, Element(Settings.Oof, [Element(Settings.Set, wanted)]))
    (oof,) = every(answer, Settings.Oof)
    assert oof.value(Settings.Status) == "2"


@pytest.mark.parametrize("content", ["Carbonio OS 1", "", "\u00fc" * 500, "<xml/>"])
def test_what_a_device_says_of_itself_is_not_judged(content: str) -> None:
    """MS-ASCMD R3607, R3613, R3666, R3944, R4700: OS, language, number, agent, each alone."""
    for tag in (Settings.OS, Settings.OSLanguage, Settings.PhoneNumber, Settings.UserAgent):
        case = Case()
        said = Element(Settings.DeviceInformation, [Element(Settings.Set, [Element(tag, content)])])
        assert texts(settings(case, said), Settings.Status) == ["1", "1"]


def test_the_user_is_told_by_name_and_address() -> None:
    """MS-ASCMD R3681, R5913, R5914: the primary address is among the addresses."""
    answer = settings(Case(), Element(Settings.UserInformation, [Element(Settings.Get)]))
    (primary,) = texts(answer, Settings.PrimarySmtpAddress)
    assert primary == Rig.ADDRESS
    assert primary in texts(answer, Settings.SMTPAddress)


# Sending


OUTGOING = b"From: john@example.com\r\nTo: mary@example.com\r\nSubject: Re\r\n\r\nOurs.\r\n"


@pytest.mark.parametrize("tag", [ComposeMail.SmartReply, ComposeMail.SmartForward])
@pytest.mark.parametrize("version", ["14.0", "14.1", "16.0", "16.1"])
def test_an_original_goes_along_without_being_fetched(tag: Tag, version: str) -> None:
    """Nothing is answered on success, a Status and no more where it fails.

    MS-ASCMD R532, R568, R569, R605, R721, R2640, R2647, R2648, R2649, R2650, R4407, R4408, R5091,
    R5092, R5776, R5777.
    """
    case = Case(version)

    def composed(item: str) -> Element:
        named = [Element(ComposeMail.FolderId, case.inbox), Element(ComposeMail.ItemId, item)]
        return Element(
            tag,
            [
                Element(ComposeMail.ClientId, item[:9]),
                Element(ComposeMail.Source, named),
                Element(ComposeMail.SaveInSentItems),
                Element(ComposeMail.Mime, OUTGOING),
            ],
        )

    sent = case.phone.send(tag.name, composed(case.item))
    assert (sent.code, sent.body) == (200, b"")
    (taken,) = case.rig.submission.taken.values()
    assert b"Wine and cheese" in taken.message
    assert taken.sender == Rig.ADDRESS
    failed = case.phone.ask(tag.name, composed(f"{case.inbox}:999"))
    assert failed.tag is tag
    assert [one.tag for one in failed] == [ComposeMail.Status]
    assert texts(failed, ComposeMail.Status) == ["150"]


def test_mail_is_sent_and_answered_with_nothing() -> None:
    """MS-ASCMD R4379, R4380: no document on success, a Status in one where it fails."""
    case = Case()

    def mail(mime: bytes, name: str) -> Element:
        return Element(
            ComposeMail.SendMail,
            [Element(ComposeMail.ClientId, name), Element(ComposeMail.Mime, mime)],
        )

    sent = case.phone.send("SendMail", mail(OUTGOING, "1"))
    assert (sent.code, sent.body) == (200, b"")
    nobody = OUTGOING.replace(b"To: mary@example.com\r\n", b"")
    failed = case.phone.ask("SendMail", mail(nobody, "2"))
    assert list(_statuses(failed)) != []


def _statuses(answer: Element) -> Iterator[str]:
    yield from (text for text in texts(answer, ComposeMail.Status) if int(text) > 100)
