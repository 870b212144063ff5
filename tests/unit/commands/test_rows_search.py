"""Search, row by row of its requirements: classes, folders, bounds, ranges, statuses.

Spec: MS-ASCMD 2.2.1.16.
"""

import pytest

from carbonio_mobile.eas.times import format_datetime
from carbonio_mobile.errors import Unavailable
from carbonio_mobile.ids import FolderId, OperationId
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.contracts.mailbox_objects import card
from carbonio_mobile.testing.rig import NOW, Rig, now
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import AirSync, AirSyncBase, Email, Search
from tests.unit.commands.checked import ALL_VERSIONS, CheckedPhone
from tests.unit.commands.everyclass import CLASSES, fill

KNOWING = tuple(version for version in ALL_VERSIONS if version != "2.5")
SINCE = {"SMS": "14.0", "Notes": "14.0"}
SIGNED = (
    b"From: mary@example.com\r\nSubject: secret\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\nAAECAwQFBgc=\r\n"
)


def words(text: str) -> Element:
    return Element(Search.FreeText, text)


def of_class(name: str) -> Element:
    return Element(AirSync.Class, name)


def within(folder: FolderId) -> Element:
    return Element(AirSync.CollectionId, folder)


def bound(tag: str, seconds: float) -> Element:
    value = Element(Search.Value, format_datetime(seconds))
    return Element(
        Search.GreaterThan if tag == ">" else Search.LessThan,
        [Element(Email.DateReceived), value],
    )


def search(
    *criteria: Element, options: tuple[Element, ...] = (), outside: tuple[Element, ...] = ()
) -> Element:
    query = Element(Search.Query, [Element(Search.And, list(criteria)), *outside])
    content = [
        Element(Search.Name, "Mailbox"),
        query,
        Element(Search.Options, list(options)) if options else None,
    ]
    return Element(Search.Search, [Element(Search.Store, content)])


def store(phone: CheckedPhone, document: Element) -> Element:
    answer = phone.ask("Search", document)
    assert answer.tag is Search.Search
    (response,) = answer.find_all(Search.Response)
    (found,) = response.find_all(Search.Store)
    return found


def results(phone: CheckedPhone, document: Element) -> list[Element]:
    """Give the results that have something in them."""
    found = store(phone, document)
    assert found.value(Search.Status) == "1"
    return [one for one in found.find_all(Search.Result) if one.children]


def classes(phone: CheckedPhone, document: Element) -> set[str]:
    return {one.value(AirSync.Class, "") for one in results(phone, document)}


@pytest.mark.parametrize("version", KNOWING)
@pytest.mark.parametrize("kind", CLASSES)
def test_the_classes_of_each_version(kind: str, version: str) -> None:
    """MS-ASCMD R6091, R6092, R6288, R6289, R7513 to R7536: Email, Calendar, Contacts and Tasks in
    every version, SMS and Notes from 14.0 on, before that status 2; R3844, R3846, R7078: a Result
    for each match.
    """
    rig = Rig()
    named = fill(rig)
    phone = CheckedPhone(rig, version=version)
    asked = search(of_class(kind), words("party"))
    if version < SINCE.get(kind, ""):
        assert store(phone, asked).value(Search.Status) == "2"
        return
    (one,) = results(phone, asked)
    assert one.value(AirSync.Class) == kind
    assert one.value(AirSync.CollectionId) == named[kind][0]
    (properties,) = one.find_all(Search.Properties)
    assert properties.children


def test_classes_are_joined() -> None:
    """MS-ASCMD R920, R922: several classes widen the search; none named means mail."""
    rig = Rig()
    fill(rig)
    phone = CheckedPhone(rig)
    both = search(of_class("Contacts"), of_class("Tasks"), words("party"))
    assert classes(phone, both) == {"Contacts", "Tasks"}
    every = search(*(of_class(kind) for kind in CLASSES), words("party"))
    assert classes(phone, every) == set(CLASSES)
    assert classes(phone, search(words("party"))) >= {"Email"}


@pytest.mark.parametrize("version", KNOWING)
def test_properties_of_results(version: str) -> None:
    """MS-ASCMD R3687, R3851, R3862, R3880: each Result has Properties, as the body is asked for."""
    rig = Rig()
    fill(rig)
    phone = CheckedPhone(rig, version=version)
    plain = Element(AirSyncBase.BodyPreference, [Element(AirSyncBase.Type, "1")])
    for kind in ("Email", "Contacts", "Tasks", "Calendar"):
        asked = search(of_class(kind), words("party"), options=(plain,))
        (one,) = results(phone, asked)
        (properties,) = one.find_all(Search.Properties)
        (body,) = properties.find_all(AirSyncBase.Body)
        assert body.value(AirSyncBase.Type) == "1"


def test_nothing_matches() -> None:
    """MS-ASCMD R3850, R4327: success without a single match."""
    phone = CheckedPhone(Rig())
    found = store(phone, search(words("nothing")))
    assert (found.value(Search.Status), found.value(Search.Total)) == ("1", "0")


def test_subfolders_of_any_class() -> None:
    """MS-ASCMD R5856, R2142, R2143: subfolders with DeepTraversal, given once or twice."""
    rig = Rig()
    contacts = rig.folder(FolderKind.CONTACTS)
    making = rig.mailbox().create_folder(
        contacts, "Below", FolderKind.USER_CONTACTS, operation=OperationId("below")
    )
    below = now(making).id
    for folder in (contacts, below):
        source = card(uid=f"in-{folder}").replace(b"N:Example;", b"N:party;")
        now(rig.mailbox().add_object(folder, source, operation=OperationId(f"in-{folder}")))
    phone = CheckedPhone(rig)

    def found(*options: Element) -> set[str]:
        asked = search(of_class("Contacts"), within(contacts), words("party"), options=options)
        return {one.value(AirSync.CollectionId, "") for one in results(phone, asked)}

    deep = Element(Search.DeepTraversal)
    assert found() == {contacts}
    assert found(deep) == found(deep, deep) == {contacts, below}


def test_bounds_of_time() -> None:
    """MS-ASCMD R3140: GreaterThan and LessThan are held against the time of receipt; R3136, R7568,
    R3212, R7572: a second one is no protocol error.
    """
    rig = Rig()
    for age in (100, 200, 300):
        source = f"Subject: {age}\r\nDate: Fri, 1 Jan 2016 00:00:00 +0000\r\n\r\nparty\r\n"
        rig.deliver(source.encode(), age_s=age)
    phone = CheckedPhone(rig)

    def found(*criteria: Element) -> list[str]:
        shown = [one.find(Search.Properties) for one in results(phone, search(*criteria))]
        return [one.value(Email.Subject, "") for one in shown if one is not None]

    assert found(words("party"), bound(">", NOW - 250)) == ["100", "200"]
    assert found(words("party"), bound("<", NOW - 150)) == ["200", "300"]
    assert found(words("party"), bound(">", NOW - 250), bound("<", NOW - 150)) == ["200"]
    twice = (bound(">", NOW - 250), bound(">", NOW - 250))
    assert found(words("party"), *twice) == ["100", "200"]
    later = (bound("<", NOW - 150), bound("<", NOW - 150))
    assert found(words("party"), *later) == ["200", "300"]


@pytest.mark.parametrize("tag", [">", "<"])
def test_bounds_outside_of_and(tag: str) -> None:
    """MS-ASCMD R3143, R3220, R4350: a comparison that is no child of And is status 8."""
    phone = CheckedPhone(Rig())
    found = store(phone, search(words("x"), outside=(bound(tag, NOW),)))
    assert found.value(Search.Status) == "8"
    assert found.find_all(Search.Result) == []


def test_what_is_given_twice() -> None:
    """MS-ASCMD R2088, R5815: a second ConversationId is status 2; R3373, R3374, R3722, R3723,
    R3746, R3747: a second MIMESupport, Range or RebuildResults is not; R4534, R4535: nor a Store.
    """
    rig = Rig()
    rig.deliver()
    phone = CheckedPhone(rig, version="14.1")
    conversation = Element(Search.ConversationId, b"x" * 16)
    assert store(phone, search(conversation, conversation)).value(Search.Status) == "2"
    for option in (
        Element(AirSync.MIMESupport, "0"),
        Element(Search.Range, "0-9"),
        Element(Search.RebuildResults),
    ):
        assert len(results(phone, search(words("hello"), options=(option, option)))) == 1
    document = search(words("hello"))
    document.children.append(document.children[0])
    assert len(results(phone, document)) == 1


def test_the_range_of_a_search() -> None:
    """MS-ASCMD R3733, R419, R420, R4633, R4361: 0-99 unless asked otherwise, and the number of all
    matches; past the end is status 12.
    """
    rig = Rig()
    for number in range(130):
        rig.deliver(f"Subject: party {number}\r\n\r\nx\r\n".encode(), age_s=number)
    phone = CheckedPhone(rig)
    found = store(phone, search(words("party")))
    assert len(found.find_all(Search.Result)) == 100
    assert (found.value(Search.Range), found.value(Search.Total)) == ("0-99", "130")
    found = store(phone, search(words("party"), options=(Element(Search.Range, "5-14"),)))
    assert len(found.find_all(Search.Result)) == 10
    assert (found.value(Search.Range), found.value(Search.Total)) == ("5-14", "130")
    past = store(phone, search(words("party"), options=(Element(Search.Range, "130-139"),)))
    assert past.value(Search.Status) == "12"


def test_new_results() -> None:
    """MS-ASCMD R5427, R3755, R3757: a new query, or RebuildResults, finds what came meanwhile; what
    was deleted meanwhile is not found.
    """
    rig = Rig()
    inbox = rig.folder(FolderKind.INBOX)
    first = rig.deliver(b"Subject: party\r\n\r\nx\r\n")
    phone = CheckedPhone(rig)
    assert len(results(phone, search(words("party")))) == 1
    rig.deliver(b"Subject: party next\r\n\r\nx\r\n")
    rebuild = (Element(Search.RebuildResults),)
    assert len(results(phone, search(words("party"), options=rebuild))) == 2
    assert len(results(phone, search(words("next")))) == 1
    now(rig.mailbox().delete(inbox, [first.item]))
    assert len(results(phone, search(words("party")))) == 1


@pytest.mark.parametrize("support", ["1", "2"])
def test_the_source_of_encrypted_mail(support: str) -> None:
    """MS-ASCMD R3383, R3384, R3387, R3388: a Body of type 4 with size, Truncated and the MIME."""
    rig = Rig()
    rig.deliver(SIGNED)
    phone = CheckedPhone(rig)
    preference = Element(
        AirSyncBase.BodyPreference,
        [Element(AirSyncBase.Type, "4"), Element(AirSyncBase.TruncationSize, "100")],
    )
    options = (Element(AirSync.MIMESupport, support), preference)
    (one,) = results(phone, search(words("secret"), options=options))
    (properties,) = one.find_all(Search.Properties)
    (body,) = properties.find_all(AirSyncBase.Body)
    assert body.value(AirSyncBase.Type) == "4"
    assert int(body.value(AirSyncBase.EstimatedDataSize, "")) == len(SIGNED)
    (data,) = body.find_all(AirSyncBase.Data)
    assert (data.octets, body.value(AirSyncBase.Truncated)) == (SIGNED[:100], "1")


def test_statuses_of_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    """MS-ASCMD R4329, R4332, R4358: invalid parameters 2, a failing store 3, a folder gone 11."""
    rig = Rig()
    phone = CheckedPhone(rig)
    assert store(phone, search()).value(Search.Status) == "2"
    gone = search(words("x"), within(FolderId("4711")))
    assert store(phone, gone).value(Search.Status) == "11"

    async def failing(*_args: object, **_named: object) -> object:
        raise Unavailable("busy")

    monkeypatch.setattr(type(rig.mailbox()), "search", failing)
    assert store(phone, search(words("x"))).value(Search.Status) == "3"
