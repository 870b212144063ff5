"""What requests and answers look like up to 12.1: Class in collections, nothing empty, no wait."""

import pytest

from carbonio_mobile.eas.messages import estimate, search
from carbonio_mobile.eas.messages.sync import CollectionAnswer, build, in_full, parse
from carbonio_mobile.eas.status import EstimateStatus, SearchStatus, SyncStatus
from carbonio_mobile.eas.version import Version
from carbonio_mobile.ids import FolderId
from carbonio_mobile.testing.schemas import check_versions, validate
from carbonio_mobile.wbxml import Element, decode, encode
from carbonio_mobile.wbxml.codepages import AirSync, GetItemEstimate, Search
from tests.unit.eas.eas_mails import SCHEMAS

OLD = [version for version in Version if version <= Version.V12_1]
NEW = [version for version in Version if version > Version.V12_1]


def collection(folder: str, *more: Element, name: str = "Email") -> Element:
    return Element(
        AirSync.Collection,
        [
            Element(AirSync.Class, name),
            Element(AirSync.SyncKey, "{1}5"),
            Element(AirSync.CollectionId, folder),
            *more,
        ],
    )


def sync(*content: Element) -> Element:
    collections = [collection("2"), collection("7", name="Contacts")]
    return Element(AirSync.Sync, [Element(AirSync.Collections, collections), *content])


def told(answers: list[CollectionAnswer], request: Element, version: Version) -> list[Element]:
    """Give the collections of an answer, as they arrive, checked."""
    answer = decode(encode(build(in_full(answers, parse(request, version), version))))
    check_versions(answer, version.text)
    if SCHEMAS.exists():
        validate(answer, "Sync", folder=SCHEMAS)
    listed = answer.find(AirSync.Collections)
    assert listed is not None
    return listed.children


@pytest.mark.parametrize("version", OLD)
def test_the_class_named_is_told_again(version: Version) -> None:
    """MS-ASCMD_R6319 MS-ASCMD_R1327 MS-ASCMD_R6290: first in the collection, as in the request."""
    answers = [CollectionAnswer(collection=FolderId("7"), sync_key="{1}6")]
    found = {one.value(AirSync.CollectionId): one for one in told(answers, sync(), version)}
    assert found["7"].children[0] == Element(AirSync.Class, "Contacts")
    assert found["7"].value(AirSync.SyncKey) == "{1}6"


@pytest.mark.parametrize("version", NEW)
def test_from_14_0_on_there_is_no_class(version: Version) -> None:
    """MS-ASCMD_R6319: whatever the device named."""
    answers = [CollectionAnswer(collection=FolderId("7"), sync_key="{1}6")]
    (one,) = told(answers, sync(), version)
    assert not one.has(AirSync.Class)


@pytest.mark.parametrize("version", [Version.V2_5, Version.V12_0])
def test_a_collection_without_news_is_told_its_key_again(version: Version) -> None:
    """MS-ASCMD_R667 came with 12.1: before, all that was asked is answered, in that order."""
    answers = [CollectionAnswer(collection=FolderId("7"), status=SyncStatus.INVALID_SYNC_KEY)]
    first, second = told(answers, sync(), version)
    assert (first.value(AirSync.SyncKey), first.value(AirSync.Status)) == ("{1}5", "1")
    assert first.value(AirSync.Class) == "Email"
    assert second.value(AirSync.Status) == "3"
    assert len(told([], sync(), version)) == 2


def test_from_12_1_on_what_says_nothing_is_left_out() -> None:
    """MS-ASCMD R667, R4780."""
    for version in Version:
        if version >= Version.V12_1:
            assert in_full([], parse(sync(), version), version) == []


@pytest.mark.parametrize("version", list(Version))
def test_what_came_later_is_passed_over(version: Version) -> None:
    """MS-ASCMD R6372 and its like: Wait, Partial, WindowSize of 12.1, HeartbeatInterval of 14.0."""
    waits = parse(sync(Element(AirSync.Wait, "5")), version)
    assert waits.wait_s == (300 if version >= Version.V12_1 else None)
    assert waits.wait_in_minutes is (version >= Version.V12_1)
    beats = parse(sync(Element(AirSync.HeartbeatInterval, "90")), version)
    assert beats.wait_s == (90 if version >= Version.V14_0 else None)
    rest = parse(sync(Element(AirSync.WindowSize, "9"), Element(AirSync.Partial)), version)
    assert (rest.window, rest.partial) == ((9, True) if version >= Version.V12_1 else (None, False))
    mode = collection("2", Element(AirSync.ConversationMode, "1"))
    request = Element(AirSync.Sync, [Element(AirSync.Collections, [mode])])
    (one,) = parse(request, version).collections
    assert one.conversation_mode is (version >= Version.V14_0)
    assert one.class_name == ("" if version >= Version.V14_0 else "Email")


@pytest.mark.parametrize("version", OLD)
def test_an_estimate_is_told_with_its_class(version: Version) -> None:
    """MS-ASCMD_R6260 MS-ASCMD_R6261 MS-ASCMD_R6313 MS-ASCMD_R6314: Class, FilterType beside the
    key; Version and DateTime of 2.5 mean nothing.
    """
    named = Element(
        GetItemEstimate.Collection,
        [
            Element(GetItemEstimate.Class, "Email"),
            Element(GetItemEstimate.CollectionId, "2"),
            Element(GetItemEstimate.DateTime, "2004-04-12T04:45:06.000Z"),
            Element(AirSync.FilterType, "3"),
            Element(AirSync.SyncKey, "{1}5"),
        ],
    )
    request = Element(
        GetItemEstimate.GetItemEstimate,
        [
            Element(GetItemEstimate.Version, "2.5"),
            Element(GetItemEstimate.Collections, [named]),
        ],
    )
    (asked,) = estimate.parse(request, version)
    assert (asked.class_name, asked.filter_type) == ("Email", 3)
    result = estimate.EstimateResult(
        collection=asked.collection, status=EstimateStatus.SUCCESS, count=4
    )
    answer = decode(encode(estimate.build([result], [asked])))
    check_versions(answer, version.text)
    if SCHEMAS.exists():
        validate(answer, "GetItemEstimate", folder=SCHEMAS)
    response = answer.children[0].find(GetItemEstimate.Collection)
    assert response is not None
    assert [child.tag for child in response] == [
        GetItemEstimate.Class,
        GetItemEstimate.CollectionId,
        GetItemEstimate.Estimate,
    ]


@pytest.mark.parametrize("version", NEW)
def test_from_14_0_on_an_estimate_has_none(version: Version) -> None:
    """MS-ASCMD_R6262 MS-ASCMD_R6264 MS-ASCMD_R6266 MS-ASCMD_R6267100601."""
    named = Element(
        GetItemEstimate.Collection,
        [
            Element(GetItemEstimate.Class, "Email"),
            Element(GetItemEstimate.CollectionId, "2"),
            Element(AirSync.SyncKey, "{1}5"),
        ],
    )
    listed = Element(GetItemEstimate.Collections, [named])
    (asked,) = estimate.parse(Element(GetItemEstimate.GetItemEstimate, [listed]), version)
    assert asked.class_name == ""


@pytest.mark.parametrize("version", list(Version))
def test_2_5_searches_the_address_list_only(version: Version) -> None:
    """commands.md 1: the mailbox from 12.0 on."""
    both = Element(Search.And, [Element(AirSync.Class, "Email"), Element(Search.FreeText, "x")])
    store = [Element(Search.Name, "Mailbox"), Element(Search.Query, [both])]
    found = search.parse(Element(Search.Search, [Element(Search.Store, store)]), version)
    refused = version < Version.V12_0
    assert found.fault is (SearchStatus.INVALID_REQUEST if refused else None)
    people = [Element(Search.Name, "GAL"), Element(Search.Query, "mary")]
    found = search.parse(Element(Search.Search, [Element(Search.Store, people)]), version)
    assert (found.store, found.fault) == ("gal", None)
