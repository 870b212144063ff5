"""Where mail stands in the answers to each command (MS-ASEMAIL 3.2)."""

import pytest

from carbonio_mobile.wbxml import Element, Tag
from carbonio_mobile.wbxml.codepages import (
    AirSync,
    AirSyncBase,
    Email,
    Email2,
    Find,
    ItemOperations,
    Search,
)
from tests.unit.commands.checked import ALL_VERSIONS
from tests.unit.rows.mailcase import MailCase, tags, the

SINCE_12 = ALL_VERSIONS[1:]
CLASS_PAGES = {Email.Subject.page, Email2.Sender.page}
SHOWN = {Email.Subject, Email.From, Email.To, Email.DateReceived, Email.Read, Email.Flag,
         Email.MessageClass, Email.InternetCPID, Email.ContentClass}  # fmt: skip
BODY_TAGS = {AirSyncBase.Type, AirSyncBase.EstimatedDataSize, AirSyncBase.Data}
PREFERENCE = Element(AirSyncBase.BodyPreference, [Element(AirSyncBase.Type, "1")])


def places(tree: Element, parent: Tag | None = None) -> set[Tag | None]:
    """Give the parents of everything of the class, but for what its own containers hold."""
    if tree.tag.page in CLASS_PAGES:
        return {parent}
    found = [places(child, tree.tag) for child in tree.children]
    return set().union(*found) if found else set()


def fetch(case: MailCase, name: str, *schema: Tag) -> Element:
    """Fetch a mail; gives the answer."""
    wanted = Element(ItemOperations.Schema, [Element(tag) for tag in schema]) if schema else None
    content = [
        Element(ItemOperations.Store, "Mailbox"),
        Element(AirSync.CollectionId, case.folder),
        Element(AirSync.ServerId, name),
        Element(ItemOperations.Options, [wanted, PREFERENCE]),
    ]
    document = Element(ItemOperations.ItemOperations, [Element(ItemOperations.Fetch, content)])
    return case.phone.ask("ItemOperations", document)


def fetched(answer: Element) -> Element:
    """Give the Properties of an answer to a Fetch."""
    (one,) = the(answer, ItemOperations.Response).children
    assert one.value(ItemOperations.Status) == "1"
    return the(one, ItemOperations.Properties)


def check_body(properties: Element) -> None:
    body = the(properties, AirSyncBase.Body)
    assert tags(body) <= BODY_TAGS
    assert body.value(AirSyncBase.Type) == "1"
    assert body.value(AirSyncBase.Data, "").strip() == "Hello"


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_sync(version: str) -> None:
    """MS-ASEMAIL R51, R53, R55, R70, R71, R72: below ApplicationData of an Add or a Change."""
    case = MailCase(version)
    case.rig.deliver()
    (added,) = case.told()
    assert added.tag is AirSync.Add
    assert places(added) == {AirSync.ApplicationData}
    name = case.arrive()
    assert tags(case.held(name)) >= SHOWN - ({Email.Flag, Email.ContentClass} if
                                             version == "2.5" else set())  # fmt: skip


@pytest.mark.parametrize("version", SINCE_12)
def test_itemoperations(version: str) -> None:
    """MS-ASEMAIL R51, R53, R59, R61, R62, R64: below Properties; R248, R245: with a body."""
    case = MailCase(version)
    answer = fetch(case, case.arrive())
    assert places(answer) == {ItemOperations.Properties}
    properties = fetched(answer)
    assert tags(properties) >= SHOWN
    check_body(properties)


@pytest.mark.parametrize("version", SINCE_12)
def test_itemoperations_with_a_schema(version: str) -> None:
    """MS-ASEMAIL R63: nothing but what the schema names."""
    case = MailCase(version)
    name = case.arrive()
    for schema in ((Email.Subject,), (Email.Subject, Email.Read, AirSyncBase.Body)):
        assert tags(fetched(fetch(case, name, *schema))) == set(schema)


def search(case: MailCase) -> Element:
    """Look for a word of the mail; gives the answer."""
    condition: list[Element] = [
        Element(AirSync.Class, "Email"),
        Element(AirSync.CollectionId, case.folder),
        Element(Search.FreeText, "hello"),
    ]
    store = [
        Element(Search.Name, "Mailbox"),
        Element(Search.Query, [Element(Search.And, condition)]),
        Element(Search.Options, [Element(Search.Range, "0-9"), PREFERENCE]),
    ]
    return case.phone.ask("Search", Element(Search.Search, [Element(Search.Store, store)]))


@pytest.mark.parametrize("version", SINCE_12)
def test_search(version: str) -> None:
    """MS-ASEMAIL R51, R53, R57, R66, R67: below Properties; R247, R245: with a body."""
    case = MailCase(version)
    case.arrive()
    answer = search(case)
    assert places(answer) == {Search.Properties}
    store = the(the(answer, Search.Response), Search.Store)
    properties = the(the(store, Search.Result), Search.Properties)
    assert tags(properties) >= SHOWN
    check_body(properties)


def test_find() -> None:
    """MS-ASEMAIL R51, R53, R6000, R6001: below Properties."""
    case = MailCase("16.1")
    case.arrive()
    query = Element(Find.Query, [Element(AirSync.Class, "Email"), Element(Find.FreeText, "hello")])
    criterion = Element(Find.MailBoxSearchCriterion, [query])
    wanted = [Element(Find.SearchId, "1"), Element(Find.ExecuteSearch, [criterion])]
    answer = case.phone.ask("Find", Element(Find.Find, wanted))
    assert places(answer) == {Find.Properties}
    properties = the(the(the(answer, Find.Response), Find.Result), Find.Properties)
    shown = {Email.Subject, Email.From, Email.DateReceived, Email.Read, Email.DisplayTo}
    assert tags(properties) >= shown
