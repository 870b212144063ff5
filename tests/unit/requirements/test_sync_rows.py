"""Sync: keys, pages, what is told and what is refused."""

import pytest

from carbonio_mobile.ids import ServerId
from carbonio_mobile.mime.mailitem import MailPatch
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import Rig, now
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import AirSync, AirSyncBase, Email, GetItemEstimate
from tests.unit.commands import asking
from tests.unit.commands.checked import VERSIONS, CheckedPhone
from tests.unit.commands.phone import change, commands, delete, options
from tests.unit.requirements.answers import every_answer

LATE = ("14.0", "14.1", "16.0", "16.1")


class Case:
    """A device and an Inbox with a number of mails, not yet synchronised."""

    def __init__(self, version: str = "14.1", *, mails: int = 1) -> None:
        self.rig = Rig()
        self.phone = CheckedPhone(self.rig, version=version)
        self.inbox = self.rig.folder(FolderKind.INBOX)
        self.trash = self.rig.folder(FolderKind.TRASH)
        self.names = [f"{self.inbox}:{self.rig.deliver().item}" for _ in range(mails)]

    def whole(self, *content: Element | None, **rest: Element) -> Element | None:
        """Sync the Inbox; gives the whole answer and takes nothing of it."""
        return self.phone.post(
            "Sync", asking.sync(self.phone.collection(self.inbox, *content), **rest)
        )

    def status(self, *content: Element | None, **rest: Element) -> str | None:
        """The Status that a Sync is refused with."""
        answer = self.whole(*content, **rest)
        assert answer is not None
        return answer.value(AirSync.Status)

    def sync(self, *content: Element | None) -> Element:
        answer = self.phone.sync(self.inbox, *content)
        assert answer is not None
        return answer


def told(collection: Element | None) -> list[tuple[object, str]]:
    """What the Commands of a collection say: (tag, server id)."""
    found = None if collection is None else collection.find(AirSync.Commands)
    return [(one.tag, one.value(AirSync.ServerId, "")) for one in found or ()]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_collection_from_its_first_key_on(version: str) -> None:
    """MS-ASCMD R648, R654, R656, R4423, R4602, R4606, R5032, R5051, R5053, R5082: keys and objects.

    MS-ASCMD R749, R3119, R5060: Add, Change and Delete tell what happened since.
    """
    case = Case(version, mails=3)
    first = case.sync()
    assert first.value(AirSync.Status) == "1"
    assert told(first) == []
    keys = [first.value(AirSync.SyncKey)]
    assert set(told(case.sync())) == {(AirSync.Add, name) for name in case.names}
    keys.append(case.phone.keys[case.inbox])
    assert case.whole() is None
    new = f"{case.inbox}:{case.rig.deliver().item}"
    patch = {ServerId.parse(case.names[0]).item: MailPatch(read=True)}
    now(case.rig.mailbox().update(case.inbox, patch))
    now(case.rig.mailbox().delete(case.inbox, [ServerId.parse(case.names[1]).item]))
    assert set(told(case.sync())) == {
        (AirSync.Add, new),
        (AirSync.Change, case.names[0]),
        (AirSync.Delete, case.names[1]),
    }
    keys.append(case.phone.keys[case.inbox])
    assert len(set(keys)) == 3


@pytest.mark.parametrize("version", VERSIONS)
def test_an_empty_request_is_the_last_one_again(version: str) -> None:
    """MS-ASCMD R658: it was kept, and is done anew."""
    case = Case(version)
    case.phone.prime(case.inbox)
    assert case.whole() is None
    new = f"{case.inbox}:{case.rig.deliver().item}"
    assert told(case.phone.take(case.phone.post("Sync"))) == [(AirSync.Add, new)]


@pytest.mark.parametrize(
    ("rows", "value", "status"),
    [
        ("MS-ASCMD R5838", "1", "4"),
        ("MS-ASCMD R5839", "0", None),
        ("MS-ASCMD R3129", None, None),
        ("MS-ASCMD R3127", "", "4"),
    ],
)
def test_get_changes_with_key_zero(rows: str, value: str | None, status: str | None) -> None:
    """Changes cannot be wanted of a collection that is only begun."""
    case = Case()
    wanted = None if value is None else Element(AirSync.GetChanges, value)
    answer = case.whole(wanted)
    assert answer is not None
    assert _inner(answer) == (status or "1")


@pytest.mark.parametrize("value", ["1", "", None])
def test_changes_come_where_they_are_wanted(value: str | None) -> None:
    """MS-ASCMD R3126, R3127: 1, empty, and nothing said with a key."""
    case = Case()
    case.phone.sync(case.inbox)
    wanted = None if value is None else Element(AirSync.GetChanges, value)
    assert told(case.sync(wanted)) == [(AirSync.Add, case.names[0])]


@pytest.mark.parametrize(
    ("rows", "window", "first"),
    [
        ("MS-ASCMD R3459 R4767", None, 100),
        ("MS-ASCMD R4768", "0", 512),
        ("MS-ASCMD R4768", "600", 512),
        ("MS-ASCMD R4764 R4765 R3451 R5015 R5061 R5086", "512", 512),
        ("MS-ASCMD R5787", "7", 7),
    ],
)
def test_a_page_is_as_large_as_the_window(rows: str, window: str | None, first: int) -> None:
    """MS-ASCMD R3448, R3456: MoreAvailable, empty, while there is more, and then no longer."""
    case = Case(mails=520)
    wanted = None if window is None else Element(AirSync.WindowSize, window)
    case.phone.sync(case.inbox)
    page = case.sync(wanted)
    assert len(told(page)) == first
    more = page.find(AirSync.MoreAvailable)
    assert more is not None
    assert more.text in {None, ""}
    assert not more.children
    count = first
    while page.has(AirSync.MoreAvailable):
        page = case.sync(wanted)
        count += len(told(page))
    assert count == 520


def test_the_window_of_the_request_holds_beside_that_of_a_collection() -> None:
    """MS-ASCMD R4776, R4779: both, and a collection that did not fit says that there is more."""
    case = Case(mails=5)
    for _ in range(5):
        case.rig.deliver(folder=case.trash)
    case.phone.sync(case.inbox)
    case.phone.sync(case.trash)
    window = Element(AirSync.WindowSize, "3")
    both = [
        case.phone.collection(case.inbox, Element(AirSync.WindowSize, "2")),
        case.phone.collection(case.trash),
    ]
    answer = case.phone.ask("Sync", asking.sync(*both, window=window))
    (listed,) = answer.find_all(AirSync.Collections)
    counts = [len(told(one)) for one in listed]
    assert counts[0] == 2
    assert sum(counts) == 3
    assert all(one.has(AirSync.MoreAvailable) for one in listed)


def test_deletes_go_to_the_trash_unless_they_are_for_good() -> None:
    """MS-ASCMD R5874, R5875: empty and absent both mean a move."""
    for wanted in (Element(AirSync.DeletesAsMoves), None):
        case = Case()
        case.phone.prime(case.inbox)
        case.sync(wanted, commands(delete(case.names[0])))
        case.phone.prime(case.trash)
        assert len(case.phone.items[case.trash]) == 1


@pytest.mark.parametrize("version", VERSIONS)
def test_marks_leave_the_rest_alone(version: str) -> None:
    """MS-ASCMD R5825, R5826, R875: a Change of a mark alone, or with the rest, loses nothing."""
    case = Case(version)
    case.phone.prime(case.inbox, options())
    before = case.phone.items[case.inbox][case.names[0]]
    marks = [Element(Email.Read, "1")]
    if version >= "14.0":
        marks.append(Element(Email.Categories, [Element(Email.Category, "red")]))
    for mark in marks:
        case.sync(commands(change(case.names[0], mark)))
    other = CheckedPhone(case.rig, version=version, device="other")
    other.prime(case.inbox, options())
    after = other.items[case.inbox][case.names[0]]
    changed = {mark.tag for mark in marks}
    for child in before:
        if child.tag not in changed:
            assert after.find(child.tag) == child, child


def test_responses_stand_where_something_was_done() -> None:
    """MS-ASCMD R3834, R3835, R3836: with a child each, or not at all."""
    case = Case()
    case.phone.prime(case.inbox)
    case.rig.deliver()
    assert not case.sync().has(AirSync.Responses)
    answered = case.sync(commands(asking.fetch(case.names[0])))
    responses = answered.find(AirSync.Responses)
    assert responses is not None
    assert len(responses.children) == 1
    case.rig.deliver()
    assert not case.sync(commands(change(case.names[0], Element(Email.Read, "1")))).has(
        AirSync.Responses
    )


def test_no_list_is_sent_empty() -> None:
    """MS-ASCMD R2053, R3836: Commands and Responses hold something, whatever was asked."""
    seen = 0
    waiting = [tree for _command, tree in every_answer()]
    while waiting:
        element = waiting.pop()
        waiting += element.children
        if element.tag in {AirSync.Commands, AirSync.Responses}:
            seen += 1
            assert element.children
    assert seen


@pytest.mark.parametrize("version", LATE)
def test_items_leave_with_the_options_that_held_them(version: str) -> None:
    """MS-ASCMD R5876: SoftDelete, for what the new filter leaves out."""
    case = Case(version)
    old = f"{case.inbox}:{case.rig.deliver(age_s=20 * 86_400).item}"
    case.phone.prime(case.inbox, options(filter_type=0))
    assert told(case.sync(options(filter_type=1))) == [(AirSync.SoftDelete, old)]


@pytest.mark.parametrize(
    ("rows", "item", "status"),
    [
        ("MS-ASCMD R4440", asking.add("c1", Element(Email.Subject, "x")), "6"),
        ("MS-ASCMD R4447", asking.fetch("5:99"), "8"),
        ("MS-ASCMD R4447", change("5:99", Element(Email.Read, "1")), "8"),
    ],
)
def test_an_item_is_refused_by_itself(rows: str, item: Element, status: str) -> None:
    """MS-ASCMD R4419: a Status in the Responses, and the collection goes on."""
    case = Case()
    case.phone.prime(case.inbox)
    answer = case.sync(commands(item))
    assert answer.value(AirSync.Status) == "1"
    responses = answer.find(AirSync.Responses)
    assert responses is not None
    assert [one.value(AirSync.Status) for one in responses] == [status]


def test_a_conflict_is_decided_as_the_device_wishes() -> None:
    """MS-ASCMD R2067, R2068, R4444: 0 keeps the device's, 1 the server's, with status 7."""
    for wish, kept, status in (("0", "device", None), ("1", "server", "7")):
        case = Case()
        case.phone.prime(case.inbox)
        patch = {ServerId.parse(case.names[0]).item: MailPatch(categories=("server",))}
        now(case.rig.mailbox().update(case.inbox, patch))
        mine = Element(Email.Categories, [Element(Email.Category, "device")])
        wanted = Element(AirSync.Options, [Element(AirSync.Conflict, wish)])
        answer = case.sync(wanted, commands(change(case.names[0], mine)))
        responses = answer.find(AirSync.Responses)
        assert (
            None if responses is None else responses.children[0].value(AirSync.Status)
        ) == status
        other = CheckedPhone(case.rig, device="other")
        other.prime(case.inbox)
        categories = other.items[case.inbox][case.names[0]].find(Email.Categories)
        assert categories is not None
        assert [one.text for one in categories] == [kept]


@pytest.mark.parametrize(
    ("rows", "wait", "limit"),
    [
        ("MS-ASCMD R5781 R4746 R3225", Element(AirSync.Wait, "60"), "59"),
        ("MS-ASCMD R5782 R4459", Element(AirSync.Wait, "0"), "1"),
        ("MS-ASCMD R4460 R3160 R5780", Element(AirSync.HeartbeatInterval, "3541"), "3540"),
        ("MS-ASCMD R4461", Element(AirSync.HeartbeatInterval, "59"), "60"),
    ],
)
def test_a_wait_out_of_bounds(rows: str, wait: Element, limit: str) -> None:
    """Status 14, and the bound in the unit that was asked in."""
    case = Case()
    case.phone.prime(case.inbox)
    answer = case.whole(wait=wait)
    assert answer is not None
    assert answer.value(AirSync.Status) == "14"
    assert answer.value(AirSync.Limit) == limit


def _refused() -> list[object]:
    both = {"wait": Element(AirSync.Wait, "5"), "beat": Element(AirSync.HeartbeatInterval, "600")}
    unfit = Element(
        AirSync.Options, [Element(AirSync.Class, "Email"), Element(AirSync.FilterType, "8")]
    )
    twice = Element(AirSync.Options, [Element(AirSync.Class, "Calendar")])
    return [
        pytest.param((), both, id="both-waits"),
        pytest.param((unfit,), {}, id="filter"),
        pytest.param((twice, unfit), {}, id="classes"),
        pytest.param((commands(*[asking.fetch("5:1")] * 513),), {}, id="too-many"),
    ]


@pytest.mark.parametrize(("content", "rest"), _refused())
def test_a_request_that_means_nothing(
    content: tuple[Element, ...], rest: dict[str, Element]
) -> None:
    """MS-ASCMD R935, R4415, R4430, R4431, R4748, R5778, R5779: status 4 for the whole."""
    case = Case()
    case.phone.prime(case.inbox)
    assert case.status(*content, **rest) == "4"


def test_conversations_are_those_of_mail_folders() -> None:
    """MS-ASCMD R2117, R2100, R908: status 4 in Sync, 103 in an estimate; MS-ASCON R336."""
    case = Case()
    calendar = case.rig.folder(FolderKind.CALENDAR)
    on = Element(AirSync.ConversationMode, "1")
    case.phone.sync(calendar)
    answer = case.phone.ask("Sync", asking.sync(case.phone.collection(calendar, on)))
    assert "4" in {answer.value(AirSync.Status), _inner(answer)}
    collection = Element(
        GetItemEstimate.Collection,
        [
            Element(AirSync.SyncKey, case.phone.keys[calendar]),
            Element(GetItemEstimate.CollectionId, calendar),
            on,
        ],
    )
    listed = Element(GetItemEstimate.Collections, [collection])
    document = Element(GetItemEstimate.GetItemEstimate, [listed])
    assert case.phone.ask("GetItemEstimate", document).value(GetItemEstimate.Status) == "103"


def _inner(answer: Element) -> str | None:
    listed = answer.find(AirSync.Collections)
    return None if listed is None else listed.children[0].value(AirSync.Status)


def test_a_key_that_was_not_given() -> None:
    """MS-ASCMD R4417, R4425, R4594: status 3 in Sync, 4 in an estimate."""
    case = Case()
    case.phone.sync(case.inbox)
    key = case.phone.keys[case.inbox]
    estimate = case.phone.ask("GetItemEstimate", asking.estimate("99", case.inbox, "14.1"))
    assert estimate.children[0].value(GetItemEstimate.Status) == "4"
    for wrong in ("99", "nonsense"):
        case.phone.keys[case.inbox] = wrong
        assert "3" in {case.status(), _inner(case.whole() or Element(AirSync.Sync))}
    assert key


def test_estimates_have_a_status_for_each_collection() -> None:
    """MS-ASCMD R171, R4129, R4130, R4134, R4135, R4136, R4139, R4140, R4142, R5056."""
    case = Case(mails=3)
    unprimed = case.trash
    case.phone.sync(case.inbox)
    key = case.phone.keys[case.inbox]
    for folder, sync_key, status in (
        (case.inbox, key, "1"),
        ("4711", key, "2"),
        (unprimed, "1", "3"),
        (case.inbox, "99", "4"),
    ):
        answer = case.phone.ask("GetItemEstimate", asking.estimate(sync_key, folder, "14.1"))
        (response,) = answer.children
        assert response.value(GetItemEstimate.Status) == status
        counted = response.find(GetItemEstimate.Collection)
        assert counted is not None or status != "1"
        if status == "1" and counted is not None:
            assert counted.value(GetItemEstimate.Estimate) == "3"
    whole = Element(GetItemEstimate.GetItemEstimate, [])
    assert case.phone.ask("GetItemEstimate", whole).has(GetItemEstimate.Status)


def test_too_much_for_one_estimate() -> None:
    """MS-ASCMD R2711, R5643, R5644, R5647: more collections than are taken is status 103."""
    case = Case()
    one = asking.estimate("1", case.inbox, "14.1").children[0].children[0]
    listed = Element(GetItemEstimate.Collections, [one] * 5001)
    document = Element(GetItemEstimate.GetItemEstimate, [listed])
    assert case.phone.ask("GetItemEstimate", document).value(GetItemEstimate.Status) == "103"


def test_mime_is_told_as_what_it_is() -> None:
    """MS-ASCMD R3410: Body of type 4."""
    case = Case()
    chosen = Element(
        AirSync.Options,
        [
            Element(AirSync.MIMESupport, "2"),
            Element(AirSyncBase.BodyPreference, [Element(AirSyncBase.Type, "4")]),
        ],
    )
    case.phone.prime(case.inbox, chosen)
    body = case.phone.items[case.inbox][case.names[0]].find(AirSyncBase.Body)
    assert body is not None
    assert body.value(AirSyncBase.Type) == "4"
    assert "Hello, John." in body.value(AirSyncBase.Data, "")


def test_conversation_mode_stays_within_its_collection() -> None:
    """MS-ASCMD R2111, R2112: mails of the conversation elsewhere do not come."""
    case = Case(mails=0)
    first = b"Subject: a\r\nMessage-ID: <1@x>\r\n\r\none\r\n"
    answer = b"Subject: Re: a\r\nMessage-ID: <2@x>\r\nReferences: <1@x>\r\n\r\ntwo\r\n"
    case.rig.deliver(first, folder=case.trash)
    here = f"{case.inbox}:{case.rig.deliver(answer).item}"
    case.phone.prime(case.inbox, Element(AirSync.ConversationMode, "1"), options(filter_type=3))
    assert set(case.phone.items[case.inbox]) == {here}
