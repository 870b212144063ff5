"""Conversations: what devices do with one, by the commands that there are for single mails."""

import pytest

from carbonio_mobile.ids import ItemId, ServerId
from carbonio_mobile.mime.extract import extract
from carbonio_mobile.mime.mailitem import MailPatch
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import Rig, now
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import (
    AirSync,
    AirSyncBase,
    ComposeMail,
    Email,
    Email2,
    GetItemEstimate,
    ItemOperations,
    Move,
    Search,
    Tasks,
)
from tests.unit.commands import asking
from tests.unit.commands.checked import CheckedPhone
from tests.unit.commands.phone import change, commands, delete, options

VERSIONS = ("14.0", "14.1", "16.0", "16.1")
DAY = 86_400.0


def talk(number: int, answers: int | None = None) -> bytes:
    """Give a mail of the conversation that mail 1 began."""
    parent = "" if answers is None else f"In-Reply-To: <m{answers}@x>\r\nReferences: <m1@x>\r\n"
    return (
        f"From: mary@example.com\r\nTo: john@example.com\r\nSubject: Plans\r\n"
        f"Date: Fri, 15 Jan 2027 0{number}:00:00 +0000\r\nMessage-ID: <m{number}@x>\r\n{parent}"
        f"\r\nThe text of mail {number}.\r\n"
    ).encode()


class Case:
    """Three mails of a conversation in the Inbox, one elsewhere, one sent, and a stranger."""

    def __init__(self, version: str = "14.1") -> None:
        self.rig = Rig()
        self.phone = CheckedPhone(self.rig, version=version)
        self.inbox = self.rig.folder(FolderKind.INBOX)
        self.trash = self.rig.folder(FolderKind.TRASH)
        self.drafts = self.rig.folder(FolderKind.DRAFTS)
        sent = self.rig.folder(FolderKind.SENT)
        self.mails = [self.rig.deliver(talk(n, n - 1 or None)).item for n in (1, 2, 3)]
        self.names = [f"{self.inbox}:{item}" for item in self.mails]
        self.other = self.rig.deliver(talk(4, 1), folder=self.trash).item
        self.sent = self.rig.deliver(talk(5, 1), folder=sent).item
        self.stranger = f"{self.inbox}:{self.rig.deliver().item}"
        self.phone.prime(self.inbox, options())

    @property
    def held(self) -> dict[str, Element]:
        """What the device holds of the Inbox."""
        return self.phone.items[self.inbox]

    def conversation(self) -> bytes:
        found = self.held[self.names[0]].find(Email2.ConversationId)
        assert found is not None
        return found.octets

    def late(self) -> str:
        """Deliver a later mail of the conversation; gives its name in the Inbox."""
        return f"{self.inbox}:{self.rig.deliver(talk(6, 3)).item}"

    def other_device(self) -> dict[str, Element]:
        """Give what a new device gets of the Inbox."""
        other = CheckedPhone(self.rig, version=self.phone.version, device="other")
        other.prime(self.inbox, options())
        return other.items[self.inbox]

    def move(self, target: str, *, conversation: bytes | None = None) -> Element:
        """Have the conversation moved always; gives the Move of the answer."""
        wish = Element(ItemOperations.Options, [Element(ItemOperations.MoveAlways)])
        operation = Element(
            ItemOperations.Move,
            [
                Element(
                    ItemOperations.ConversationId,
                    self.conversation() if conversation is None else conversation,
                ),
                Element(ItemOperations.DstFldId, target),
                wish,
            ],
        )
        document = Element(ItemOperations.ItemOperations, [operation])
        response = self.phone.ask("ItemOperations", document).find(ItemOperations.Response)
        assert response is not None
        (moved,) = response.children
        return moved


@pytest.mark.parametrize("version", VERSIONS)
def test_each_mail_tells_its_conversation(version: str) -> None:
    """MS-ASCON R74, R76, R79, R81, R93, R180, R195, R196: octets, the same id for all of it."""
    case = Case(version)
    ids = {case.held[name].find(Email2.ConversationId).octets for name in case.names}
    assert len(ids) == 1
    assert case.held[case.stranger].find(Email2.ConversationId).octets not in ids
    indexes = [case.held[name].find(Email2.ConversationIndex).octets for name in case.names]
    assert [len(index) for index in indexes] == [5, 10, 10]


def test_the_index_begins_with_the_time_of_sending() -> None:
    """MS-ASCON R90, R91, R92, R95, R259, R304, R305, R306, R307, R308, R309, R86, R87, R88.

    Five octets of the FILETIME of the first mail, highest first; five more for each level.
    """
    first = extract(talk(1), received_at=0.0).record.conversation_index
    ticks = (1_799_974_800 + 11_644_473_600) * 10_000_000
    assert first == ticks.to_bytes(8, "big")[1:6]
    second = extract(
        talk(2).replace(b"Subject", b"References: <m1@x>\r\nSubject"), received_at=0.0
    ).record.conversation_index
    third = extract(
        talk(3).replace(b"Subject", b"References: <m1@x> <m2@x>\r\nSubject"), received_at=0.0
    ).record.conversation_index
    assert [len(one) for one in (first, second, third)] == [5, 10, 15]


def test_a_mail_that_is_sent_gets_both() -> None:
    """MS-ASCON R192, R194: the copy of what the user sends is in a conversation."""
    case = Case()
    mime = b"From: john@example.com\r\nTo: mary@example.com\r\nSubject: New\r\n\r\nHello.\r\n"
    document = Element(
        ComposeMail.SendMail,
        [
            Element(ComposeMail.ClientId, "c1"),
            Element(ComposeMail.SaveInSentItems),
            Element(ComposeMail.Mime, mime),
        ],
    )
    case.phone.post("SendMail", document)
    (taken,) = case.rig.submission.taken.values()
    assert taken.sent_copy is not None
    record = extract(taken.sent_copy, received_at=0.0).record
    assert len(record.conversation_id) == 16
    assert len(record.conversation_index) == 5


@pytest.mark.parametrize("version", VERSIONS)
def test_a_conversation_is_deleted(version: str) -> None:
    """MS-ASCON R157, R158, R199, R200, R201: from this folder to the trash; later mail stays."""
    case = Case(version)
    answer = case.phone.sync(case.inbox, commands(*[delete(name) for name in case.names]))
    assert answer is not None
    assert answer.value(AirSync.Status) == "1"
    late = case.late()
    assert set(case.other_device()) == {case.stranger, late}
    case.phone.prime(case.trash, options())
    assert len(case.phone.items[case.trash]) == 4


@pytest.mark.parametrize("read", ["1", "0"])
def test_a_conversation_is_marked_as_read_or_unread(read: str) -> None:
    """MS-ASCON R203, R204, R284, R326, R337: every mail of it in this folder."""
    case = Case()
    patches = {item: MailPatch(read=read == "0") for item in case.mails}
    now(case.rig.mailbox().update(case.inbox, patches))
    case.phone.settle(case.inbox)
    marks = [change(name, Element(Email.Read, read)) for name in case.names]
    answer = case.phone.sync(case.inbox, commands(*marks))
    assert answer is not None
    assert answer.value(AirSync.Status) == "1"
    seen = case.other_device()
    assert {seen[name].value(Email.Read) for name in case.names} == {read}
    assert seen[case.stranger].value(Email.Read) == "0"


def test_a_conversation_is_flagged_completed_and_cleared() -> None:
    """MS-ASCON R162, R206, R207, R208, R209, R324, R325: as the device marks its mails.

    A device flags the newest one, and completes or clears each that is flagged.
    """
    case = Case()
    newest, flagged = case.names[-1], case.names[1:]
    kind = Element(Email.FlagType, "Flag")
    times = [
        Element(tag, "2027-01-15T08:00:00.000Z")
        for tag in (Email.CompleteTime, Tasks.DateCompleted)
    ]

    def flags(names: list[str], *content: Element) -> list[str | None]:
        """Mark these mails; gives the status of every mail of the conversation."""
        marks = [change(name, Element(Email.Flag, list(content))) for name in names]
        answer = case.phone.sync(case.inbox, commands(*marks))
        assert answer is not None
        assert answer.value(AirSync.Status) == "1"
        seen = [case.other_device()[name].find(Email.Flag) for name in case.names]
        return [None if one is None else one.value(Email.Status) for one in seen]

    active = Element(Email.Status, "2")
    assert flags([newest], active, kind) == [None, None, "2"]
    assert flags(flagged, active, kind) == [None, "2", "2"]
    assert flags(flagged, Element(Email.Status, "1"), kind, *times) == [None, "1", "1"]
    assert flags(flagged) == [None, None, None]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_conversation_is_moved_from_this_folder(version: str) -> None:
    """MS-ASCON R170, R217, R218: each of its mails, by MoveItems."""
    case = Case(version)
    moves = asking.moves(*[(name, case.inbox, case.trash) for name in case.names])
    answer = case.phone.ask("MoveItems", moves)
    assert [one.value(Move.Status) for one in answer] == ["3", "3", "3"]
    assert set(case.other_device()) == {case.stranger}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_conversation_is_ignored_or_moved_always(version: str) -> None:
    """MS-ASCON R68, R69, R70, R118, R126, R139, R142, R143, R166, R172, R214, R215, R216.

    Its mails leave every folder but Sent Items, and so do those that come later.
    """
    case = Case(version)
    moved = case.move(case.trash)
    assert moved.value(ItemOperations.Status) == "1"
    named = moved.find(ItemOperations.ConversationId)
    assert named is not None
    assert named.octets == case.conversation()
    assert {child.tag for child in moved} == {ItemOperations.ConversationId, ItemOperations.Status}
    late = case.late()
    assert case.phone.sync(case.inbox) is not None
    assert set(case.held) == {case.stranger}
    assert late not in case.other_device()
    sent = case.rig.folder(FolderKind.SENT)
    case.phone.prime(sent, options())
    assert set(case.phone.items[sent]) == {f"{sent}:{case.sent}"}
    case.phone.prime(case.trash, options())
    assert len(case.phone.items[case.trash]) == 5


def test_moves_are_done_in_their_order() -> None:
    """MS-ASCON R327: of two wishes in one request the later one counts."""
    case = Case()
    conversation = case.conversation()
    case.phone.folder_sync()
    made = case.phone.ask("FolderCreate", asking.folder_create(case.phone.folder_key, "Archive"))
    target = made.children[2].string
    wish = Element(ItemOperations.Options, [Element(ItemOperations.MoveAlways)])
    operations = [
        Element(
            ItemOperations.Move,
            [
                Element(ItemOperations.ConversationId, conversation),
                Element(ItemOperations.DstFldId, folder),
                wish,
            ],
        )
        for folder in (case.trash, target)
    ]
    case.phone.ask("ItemOperations", Element(ItemOperations.ItemOperations, operations))
    case.phone.prime(target, options())
    assert len(case.phone.items[target]) == 4


def test_moves_that_cannot_be() -> None:
    """MS-ASCON R144, R317, R338: no target, a target that is no mail folder, no target named."""
    case = Case()
    calendar = case.rig.folder(FolderKind.CALENDAR)
    assert case.move("4711").value(ItemOperations.Status) in {"6", "156"}
    assert case.move(calendar).value(ItemOperations.Status) == "156"
    assert set(case.held) == {*case.names, case.stranger}
    operation = Element(ItemOperations.Move, [Element(ItemOperations.DstFldId, case.trash)])
    answer = case.phone.ask("ItemOperations", Element(ItemOperations.ItemOperations, [operation]))
    statuses = [one.text for one in _every(answer, ItemOperations.Status)]
    assert "2" in statuses


@pytest.mark.parametrize("version", VERSIONS)
def test_a_conversation_is_found_in_all_folders(version: str) -> None:
    """MS-ASCON R176, R220, R221: of every folder, and nothing else."""
    case = Case(version)
    query = Element(
        Search.Query,
        [
            Element(
                Search.And,
                [
                    Element(AirSync.Class, "Email"),
                    Element(Search.ConversationId, case.conversation()),
                ],
            )
        ],
    )
    store = Element(
        Search.Store,
        [
            Element(Search.Name, "Mailbox"),
            query,
            Element(Search.Options, [Element(Search.DeepTraversal)]),
        ],
    )
    answer = case.phone.ask("Search", Element(Search.Search, [store]))
    names = {one.text for one in _every(answer, Search.LongId)}
    assert len(names) == 5
    folders = {one.text for one in _every(answer, AirSync.CollectionId)}
    assert folders == {case.inbox, case.trash, case.rig.folder(FolderKind.SENT)}


@pytest.mark.parametrize(
    ("mode", "count"),
    [(Element(AirSync.ConversationMode), 3), ("1", 3), ("0", 1), (None, 1)],
)
def test_estimates_of_conversations(mode: Element | str | None, count: int) -> None:
    """MS-ASCON R116, R211, R261, R330, R332, R343: an empty element switches it on."""
    rig = Rig()
    phone = CheckedPhone(rig, version="14.1")
    inbox = rig.folder(FolderKind.INBOX)
    for number, age in ((1, 50), (2, 30), (3, 1)):
        rig.deliver(talk(number, number - 1 or None), age_s=age * DAY)
    phone.sync(inbox)
    wanted = Element(AirSync.ConversationMode, mode) if isinstance(mode, str) else mode
    collection = Element(
        GetItemEstimate.Collection,
        [
            Element(AirSync.SyncKey, phone.keys[inbox]),
            Element(GetItemEstimate.CollectionId, inbox),
            wanted,
            Element(AirSync.Options, [Element(AirSync.FilterType, "3")]),
        ],
    )
    document = Element(
        GetItemEstimate.GetItemEstimate, [Element(GetItemEstimate.Collections, [collection])]
    )
    answer = phone.ask("GetItemEstimate", document)
    assert [one.text for one in _every(answer, GetItemEstimate.Estimate)] == [str(count)]


def test_a_conversation_that_falls_out_of_the_window_is_softly_deleted() -> None:
    """MS-ASCON R228, R330: it was there for its newest mail, and goes with it."""
    rig = Rig()
    phone = CheckedPhone(rig, version="14.1")
    inbox = rig.folder(FolderKind.INBOX)
    old = rig.deliver(talk(1), age_s=50 * DAY).item
    new = rig.deliver(talk(2, 1), age_s=1 * DAY).item
    on, week = Element(AirSync.ConversationMode, "1"), options(filter_type=3)
    phone.prime(inbox, on, week)
    assert set(phone.items[inbox]) == {f"{inbox}:{old}", f"{inbox}:{new}"}
    now(rig.mailbox().delete(inbox, [ItemId(new)]))
    rig.clock.advance(10 * DAY)
    softly = phone.sync(inbox, on, week)
    assert softly is not None
    told = {
        one.value(AirSync.ServerId): one.tag
        for one in _every(softly, AirSync.SoftDelete) + _every(softly, AirSync.Delete)
    }
    assert told == {f"{inbox}:{old}": AirSync.SoftDelete, f"{inbox}:{new}": AirSync.Delete}


WISHES = [
    ((), False, False),
    ((AirSyncBase.BodyPreference,), True, False),
    ((AirSyncBase.BodyPreference, AirSyncBase.BodyPartPreference), True, True),
]


@pytest.mark.parametrize("command", ["Sync", "ItemOperations", "Search"])
@pytest.mark.parametrize(("wishes", "body", "part"), WISHES)
def test_message_parts_come_where_they_are_wanted(
    command: str, wishes: tuple[object, ...], *, body: bool, part: bool
) -> None:
    """MS-ASCON R38, R39, R40, R46, R47, R234, R235, R236, R237, R243, R245, R246, R248, R339, R340.

    MS-ASAIRS R124: a BodyPart is a child of what holds the item's properties.
    """
    case = Case()
    wanted = [
        Element(tag, [Element(AirSyncBase.Type, "2"), Element(AirSyncBase.TruncationSize, "9")])
        for tag in wishes
    ]
    answer = asked(case, command, wanted)
    parts = _every(answer, AirSyncBase.BodyPart)
    assert bool(parts) is part
    if body:
        assert _every(answer, AirSyncBase.Body)
    for one in parts:
        assert one.value(AirSyncBase.Status) == "1"
        assert one.value(AirSyncBase.Type) == "2"


def asked(case: Case, command: str, wanted: list[Element]) -> Element:
    """Ask for an item by one of the commands, with these wishes for its body."""
    if command == "Sync":
        other = CheckedPhone(case.rig, version=case.phone.version, device="parts")
        other.sync(case.inbox)
        collection = other.sync(case.inbox, Element(AirSync.Options, wanted) if wanted else None)
        assert collection is not None
        return collection
    if command == "ItemOperations":
        name = ServerId.parse(case.names[0])
        content = [
            Element(ItemOperations.Store, "Mailbox"),
            Element(AirSync.CollectionId, case.inbox),
            Element(AirSync.ServerId, str(name)),
            Element(ItemOperations.Options, wanted) if wanted else None,
        ]
        fetch = Element(ItemOperations.Fetch, content)
        return case.phone.ask("ItemOperations", Element(ItemOperations.ItemOperations, [fetch]))
    # A BodyPartPreference goes with a ConversationId only: MS-ASAIRS R10011.
    conversation = Element(Search.ConversationId, case.conversation())
    query = [Element(AirSync.Class, "Email"), conversation]
    store = Element(
        Search.Store,
        [
            Element(Search.Name, "Mailbox"),
            Element(Search.Query, [Element(Search.And, query)]),
            Element(Search.Options, [*wanted, Element(Search.DeepTraversal)]),
        ],
    )
    return case.phone.ask("Search", Element(Search.Search, [store]))


def test_message_parts_follow_the_wish() -> None:
    """MS-ASCON R239, R240: cut to the size wanted, and told so.

    MS-ASAIRS R186, R188, R206, R255, R256, R282, R283, R294, R270, R271, R2599.
    """
    case = Case()

    def part(*content: Element) -> Element:
        wish = Element(AirSyncBase.BodyPartPreference, [Element(AirSyncBase.Type, "2"), *content])
        return _every(asked(case, "ItemOperations", [wish]), AirSyncBase.BodyPart)[0]

    whole = part()
    text = whole.value(AirSyncBase.Data, "")
    assert "The text of mail 1." in text
    assert whole.value(AirSyncBase.Truncated) in {None, "0"}
    assert not whole.has(AirSyncBase.Preview)
    cut = part(Element(AirSyncBase.TruncationSize, "20"))
    assert text.startswith(cut.value(AirSyncBase.Data, "x"))
    assert len(cut.value(AirSyncBase.Data, "")) <= 20
    assert cut.value(AirSyncBase.Truncated) == "1"
    assert int(cut.value(AirSyncBase.EstimatedDataSize, "0")) >= len(text)
    short = part(Element(AirSyncBase.Preview, "7"))
    assert short.value(AirSyncBase.Preview) == "The tex"
    for one in (whole, cut, short):
        assert one.value(AirSyncBase.Status) == "1"


def test_all_or_none_of_a_message_part() -> None:
    """MS-ASAIRS R60, R63, R65, R400, R407, R408, R410, R411: with a size only, off by itself."""
    case = Case()

    def data(command: str, *content: Element) -> str | None:
        wish = Element(AirSyncBase.BodyPartPreference, [Element(AirSyncBase.Type, "2"), *content])
        return _every(asked(case, command, [wish]), AirSyncBase.BodyPart)[0].value(AirSyncBase.Data)

    small, large = (Element(AirSyncBase.TruncationSize, size) for size in ("20", "9999"))
    yes, no = (Element(AirSyncBase.AllOrNone, value) for value in "10")
    for command in ("ItemOperations", "Sync"):
        whole = data(command)
        assert whole is not None
        assert data(command, small, yes) is None
        assert data(command, large, yes) == whole
        assert data(command, yes) == data(command, no) == whole
        assert data(command, small) == data(command, small, no) == whole[:20]
        assert data(command, large) == data(command, large, no) == whole


@pytest.mark.parametrize("kind", ["1", "3", "4"])
def test_message_parts_are_html(kind: str) -> None:
    """MS-ASCON R241: any other form is status 164."""
    case = Case()
    wish = Element(AirSyncBase.BodyPartPreference, [Element(AirSyncBase.Type, kind)])
    answer = asked(case, "ItemOperations", [wish])
    assert "164" in {one.text for one in _every(answer, ItemOperations.Status)}


def test_beyond_the_window_message_parts_come_without_data() -> None:
    """MS-ASCON R242: a part for each mail of a conversation; older ones are told without data."""
    rig = Rig()
    phone = CheckedPhone(rig, version="14.1")
    inbox = rig.folder(FolderKind.INBOX)
    rig.deliver(talk(1), age_s=50 * DAY)
    rig.deliver(talk(2, 1), age_s=1 * DAY)
    wish = Element(
        AirSyncBase.BodyPartPreference,
        [Element(AirSyncBase.Type, "2"), Element(AirSyncBase.Preview, "50")],
    )
    chosen = Element(AirSync.Options, [Element(AirSync.FilterType, "3"), wish])
    phone.prime(inbox, Element(AirSync.ConversationMode, "1"), chosen)
    new, old = [_every(one, AirSyncBase.BodyPart)[0] for one in phone.items[inbox].values()]
    assert new.has(AirSyncBase.Data)
    assert not old.has(AirSyncBase.Data)
    assert "mail 1" in old.value(AirSyncBase.Preview, "")


def _every(tree: Element, tag: object) -> list[Element]:
    found = [tree] if tree.tag is tag else []
    for child in tree:
        found += _every(child, tag)
    return found
