"""Types of data on the wire, and what bodies and attachments say."""

from base64 import b64decode
from datetime import UTC, datetime

import pytest

from carbonio_mobile.eas.bodyoptions import BodyOptions, BodyPreference, BodyType
from carbonio_mobile.eas.items.email import application_data
from carbonio_mobile.eas.messages.fields import boolean
from carbonio_mobile.eas.version import Version
from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.pim.timezones import blob_at, zone_named
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import Rig
from carbonio_mobile.wbxml import Element, Tag, decode, encode
from carbonio_mobile.wbxml.codepages import (
    AirSync,
    AirSyncBase,
    Calendar,
    Email,
    Email2,
    ItemOperations,
    Search,
    Settings,
)
from carbonio_mobile.wbxml.tokens import OPAQUE, STR_I
from tests.unit.commands import asking
from tests.unit.commands.checked import CheckedPhone
from tests.unit.eas.eas_mails import FULL, mail
from tests.unit.requirements.answers import every_answer


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        (Email.Read, "1"),  # MS-ASDTYPE R7
        (AirSyncBase.Latitude, "50.7"),  # MS-ASDTYPE R502
        (Calendar.Timezone, "AAAA"),  # MS-ASDTYPE R122
        (AirSync.WindowSize, "512"),  # MS-ASDTYPE R87
    ],
)
def test_values_are_inline_strings(tag: Tag, text: str) -> None:
    """Booleans, numbers, time zones: STR_I, the text, and a NUL."""
    assert bytes((STR_I,)) + text.encode() + b"\0" in encode(Element(tag, text))


@pytest.mark.parametrize("size", [0x7F, 0x80, 0x3FFF, 0x4000])
def test_octets_go_with_their_length(size: int) -> None:
    """MS-ASDTYPE R97, R98: seven bits of the length in each octet, and then so many octets."""
    length = size.to_bytes(3, "big")
    number = int.from_bytes(length, "big")
    groups = []
    while True:
        groups.append(number & 0x7F)
        number >>= 7
        if not number:
            break
    written = bytes([one | 0x80 for one in reversed(groups[1:])] + [groups[0]])
    octets = encode(Element(Email2.ConversationId, b"x" * size))
    assert bytes((OPAQUE,)) + written + b"x" * size in octets
    assert decode(octets).octets == b"x" * size


@pytest.mark.parametrize(("text", "value"), [("1", True), ("0", False), ("", True)])
def test_booleans(text: str, *, value: bool) -> None:
    """MS-ASDTYPE R5, R6: 1 and 0, and nothing means 1."""
    holder = Element(AirSync.Collection, [Element(AirSync.GetChanges, text)])
    assert boolean(holder, AirSync.GetChanges) is value


@pytest.mark.parametrize("text", ["2", "true", "-1", "yes"])
def test_what_is_no_boolean(text: str) -> None:
    """MS-ASDTYPE R5: no other value."""
    with pytest.raises(ProtocolError):
        boolean(
            Element(AirSync.Collection, [Element(AirSync.GetChanges, text)]), AirSync.GetChanges
        )


def test_times_in_calendars_have_no_punctuation() -> None:
    """MS-ASDTYPE R18: 20270115T080000Z, wherever a Calendar tells a time."""
    tags = (
        Calendar.StartTime,
        Calendar.EndTime,
        Calendar.DtStamp,
        Calendar.Until,
        Calendar.ExceptionStartTime,
        Calendar.AppointmentReplyTime,
    )
    times = [one.string for tag in tags for one in _sent(tag)]
    assert len(times) > 20
    for text in times:
        assert datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def test_the_minutes_of_summer() -> None:
    """MS-ASDTYPE R120: the last four octets of a zone are added in summer; Berlin: -60."""

    blob = b64decode(blob_at(zone_named("Europe/Berlin"), datetime(2027, 7, 1, tzinfo=UTC)))
    assert len(blob) == 172
    assert int.from_bytes(blob[:4], "little", signed=True) == -60
    assert int.from_bytes(blob[-4:], "little", signed=True) == -60


def test_a_value_of_another_format_is_an_error() -> None:
    """MS-ASDTYPE R95: a time that is none."""
    phone = CheckedPhone(Rig(), version="14.1")
    wanted = Element(
        Settings.Set,
        [
            Element(Settings.OofState, "2"),
            Element(Settings.StartTime, "tomorrow"),
            Element(Settings.EndTime, "later"),
        ],
    )
    document = Element(Settings.Settings, [Element(Settings.Oof, [wanted])])
    answer = phone.ask("Settings", document)
    (oof,) = _every(answer, Settings.Oof)
    assert oof.value(Settings.Status) != "1"


# Bodies and attachments


def test_attachments_say_what_they_are() -> None:
    """MS-ASAIRS R102, R198, R220, R92, R224, R225, R10020, R100298, R100299, R1343.

    A method of the table, a size, and of inline ones how the body names them.
    """
    for version in Version:
        if version < Version.V12_0:
            continue
        elements = application_data(mail(record=FULL), BodyOptions(), version)
        (listed,) = [one for one in elements if one.tag is AirSyncBase.Attachments]
        assert {one.tag for one in listed} == {AirSyncBase.Attachment}
        pdf, logo = listed.children
        for one in (pdf, logo):
            assert one.value(AirSyncBase.Method) in {"1", "5", "6"}
            assert int(one.value(AirSyncBase.EstimatedDataSize, "0")) > 0
        assert pdf.value(AirSyncBase.Method) == "1"
        assert pdf.value(AirSyncBase.IsInline, "0") == "0"
        assert logo.value(AirSyncBase.IsInline) == "1"
        assert logo.value(AirSyncBase.ContentId) == "logo@1"


def test_wishes_are_never_sent_back() -> None:
    """MS-ASAIRS R59: nor is a body's Data ever a container (R185)."""
    assert _sent(AirSyncBase.AllOrNone) == []
    data = _sent(AirSyncBase.Data)
    assert data
    assert all(not one.children for one in data)


def test_previews_are_as_long_as_wanted() -> None:
    """MS-ASAIRS R2644: no longer, and of plain text."""
    item = mail(html="<p>Hello Mary</p>", text="Hello Mary", record=FULL)
    for length in (1, 5, 255):
        cut = BodyPreference(type=BodyType.HTML, truncation_bytes=0, preview_chars=length)
        wanted = BodyOptions(preferences=(cut,))
        (body,) = [
            one
            for one in application_data(item, wanted, Version.V14_1)
            if one.tag is AirSyncBase.Body
        ]
        assert body.value(AirSyncBase.Preview) == FULL.preview[:length]


@pytest.mark.parametrize("command", ["Sync", "Search", "ItemOperations"])
def test_without_all_or_none_a_body_is_cut(command: str) -> None:
    """MS-ASAIRS R354, R353, R420, R423: what is too long is cut, what is not is whole."""
    for size, data in (("4", "Hell"), ("9999", "Hello, John.")):
        wish = Element(
            AirSyncBase.BodyPreference,
            [Element(AirSyncBase.Type, "1"), Element(AirSyncBase.TruncationSize, size)],
        )
        (body,) = _every(_asked(command, [wish]), AirSyncBase.Body)
        assert body.value(AirSyncBase.Data, "").strip() == data


def _asked(command: str, wishes: list[Element]) -> Element:
    """Ask for a mail by one of three commands, with these wishes."""
    rig = Rig()
    phone = CheckedPhone(rig, version="14.1")
    inbox = rig.folder(FolderKind.INBOX)
    name = f"{inbox}:{rig.deliver().item}"
    if command == "Sync":
        phone.sync(inbox)
        collection = phone.collection(inbox, Element(AirSync.Options, wishes))
        answer = phone.post("Sync", asking.sync(collection))
        assert answer is not None
        return answer
    if command == "ItemOperations":
        content = [
            Element(ItemOperations.Store, "Mailbox"),
            Element(AirSync.ServerId, name),
            Element(ItemOperations.Options, wishes),
        ]
        fetch = Element(ItemOperations.Fetch, content)
        return phone.ask(command, Element(ItemOperations.ItemOperations, [fetch]))
    query = [Element(AirSync.Class, "Email"), Element(Search.FreeText, "John")]
    store = [
        Element(Search.Name, "Mailbox"),
        Element(Search.Query, [Element(Search.And, query)]),
        Element(Search.Options, [*wishes, Element(Search.DeepTraversal)]),
    ]
    return phone.ask("Search", Element(Search.Search, [Element(Search.Store, store)]))


def _faulty() -> list[list[Element]]:
    def wish(*content: Element) -> Element:
        return Element(AirSyncBase.BodyPreference, list(content))

    kind, size = Element(AirSyncBase.Type, "1"), Element(AirSyncBase.TruncationSize, "9")
    return [
        [wish(Element(AirSyncBase.Type, "9"))],
        [wish(Element(AirSyncBase.Type, "x"))],
        [wish(kind, Element(AirSyncBase.TruncationSize, "-1"))],
        [wish(size)],
        [wish(kind), wish(kind)],
    ]


@pytest.mark.parametrize("wishes", _faulty(), ids=["number", "type", "size", "none", "twice"])
def test_wishes_that_make_no_sense(wishes: list[Element]) -> None:
    """MS-ASAIRS R341, R345, R414, R417, R10012, R10021, R10024, R3449: 2, in a Sync 4.

    By their types and their number.
    """
    fetched = _every(_asked("ItemOperations", wishes), ItemOperations.Status)
    assert "2" in {one.text for one in fetched}
    found = _every(_asked("Search", wishes), Search.Status)
    assert "2" in {one.text for one in found}
    synced = _every(_asked("Sync", wishes), AirSync.Status)
    assert {one.text for one in synced} & {"4", "6"}


def _sent(tag: Tag) -> list[Element]:
    return [one for _command, tree in every_answer() for one in _every(tree, tag)]


def _every(tree: Element, tag: Tag) -> list[Element]:
    found = [tree] if tree.tag is tag else []
    for child in tree:
        found += _every(child, tag)
    return found
