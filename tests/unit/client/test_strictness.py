"""What a phone does not let a server get away with, and that a fault leaves it as it was."""

from copy import deepcopy

import pytest

from carbonio_mobile.client import synctrees
from carbonio_mobile.client.faults import Refused, ServerFault, TryLater
from carbonio_mobile.client.items import Item
from carbonio_mobile.client.mailtrees import Original
from carbonio_mobile.testing.rig import now
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import (
    AirSync,
    Email,
    FolderHierarchy,
    ItemOperations,
    Move,
    Ping,
)

from .scripted import HttpReply, collection, phone_of

DATE = Element(Email.DateReceived, "2027-01-15T08:00:00.000Z")


def command(tag: object, name: str, *content: Element) -> Element:
    data = Element(AirSync.ApplicationData, content)
    return Element(tag, [Element(AirSync.ServerId, name), data])  # type: ignore[arg-type]


def commands(*content: Element) -> Element:
    return Element(AirSync.Commands, content)


def responses(*content: Element) -> Element:
    return Element(AirSync.Responses, content)


def response(tag: object, name: str, status: str = "1", *more: Element) -> Element:
    named = AirSync.ClientId if tag is AirSync.Add else AirSync.ServerId
    parts = [Element(named, name), Element(AirSync.Status, status), *more]
    return Element(tag, parts)  # type: ignore[arg-type]


ADD = command(AirSync.Add, "5:1", DATE)

BROKEN = {
    "second Add within an answer": collection(commands(ADD, ADD)),
    "second Add of a held item": collection(commands(command(AirSync.Add, "5:9", DATE))),
    "Change of an unknown item": collection(
        commands(command(AirSync.Change, "5:1", Element(Email.Read, "1")))
    ),
    "Change that changes nothing": collection(commands(command(AirSync.Change, "5:9"))),
    "Add without content": collection(
        commands(Element(AirSync.Add, [Element(AirSync.ServerId, "5:1")]))
    ),
    "Add without id": collection(
        commands(Element(AirSync.Add, [Element(AirSync.ApplicationData, [DATE])]))
    ),
    "more than the window": collection(
        commands(*(command(AirSync.Add, f"5:{n}", DATE) for n in range(1, 4)))
    ),
    "empty Commands": collection(Element(AirSync.Commands)),
    "unreadable date": collection(
        commands(command(AirSync.Add, "5:1", Element(Email.DateReceived, "soon")))
    ),
    "Read that is no boolean": collection(
        commands(command(AirSync.Add, "5:1", DATE, Element(Email.Read, "yes")))
    ),
    "no key": collection(key=""),
    "key 0 with success": collection(key="0"),
    "response to nothing": collection(responses(response(AirSync.Change, "5:9", "8"))),
    "another folder": Element(
        AirSync.Sync,
        [
            Element(
                AirSync.Collections,
                [
                    Element(
                        AirSync.Collection,
                        [
                            Element(AirSync.SyncKey, "{k}2"),
                            Element(AirSync.CollectionId, "6"),
                            Element(AirSync.Status, "1"),
                        ],
                    )
                ],
            )
        ],
    ),
    "no WBXML": HttpReply(
        code=200, headers={"content-type": "application/vnd.ms-sync.wbxml"}, body=b"<html>"
    ),
    "a page": HttpReply(code=200, headers={"content-type": "text/html"}, body=b"<html>"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_sync_answers_change_nothing(name: str) -> None:
    """Each is a ServerFault, and the state stays as it was."""
    phone, _ = phone_of(BROKEN[name])
    phone.state.collection("5").items["5:9"] = Item(id="5:9")
    before = deepcopy(phone.state.to_json())
    with pytest.raises(ServerFault):
        now(phone.sync("5", window=2))
    assert phone.state.to_json() == before


def test_add_and_fetch_need_a_response() -> None:
    """An answer that leaves them out is a fault; a Change needs none."""
    for own in (synctrees.add("c1", DATE), synctrees.fetch("5:9")):
        phone, _ = phone_of(collection())
        with pytest.raises(ServerFault, match="no response"):
            now(phone.sync("5", own))
    phone, _ = phone_of(collection())
    assert now(phone.sync("5", synctrees.change("5:9", synctrees.read(True)))).refused == {}


def test_refused_change_is_told_and_not_applied() -> None:
    """A conflict (7) leaves the item as the server has it."""
    phone, _ = phone_of(collection(responses(response(AirSync.Change, "5:9", "7"))))
    phone.state.collection("5").items["5:9"] = Item(id="5:9")
    result = now(phone.sync("5", synctrees.change("5:9", synctrees.read(True))))
    assert result.refused == {"5:9": 7}
    assert not phone.items("5")["5:9"].read


def test_empty_answer_means_nothing_new() -> None:
    """The key stays, and what was sent up counts as done."""
    phone, _ = phone_of(HttpReply(code=200))
    phone.state.collection("5").items["5:9"] = Item(id="5:9")
    now(phone.sync("5", synctrees.change("5:9", synctrees.read(True))))
    assert phone.state.collection("5").key == "{k}1"
    assert phone.items("5")["5:9"].read


def test_delete_of_an_unknown_item_is_no_fault() -> None:
    """The phone may have deleted it itself."""
    gone = Element(AirSync.Delete, [Element(AirSync.ServerId, "5:7")])
    phone, _ = phone_of(collection(commands(gone)))
    assert now(phone.sync("5")).removed == ["5:7"]


def test_whole_item_replaces_and_part_merges() -> None:
    """A Change with a date is the whole item; without one it only says what is new."""
    part = command(AirSync.Change, "5:9", Element(Email.Read, "1"))
    whole = command(AirSync.Change, "5:9", DATE, Element(Email.Subject, "new"))
    phone, _ = phone_of(collection(commands(part)), collection(commands(whole), key="{k}3"))
    phone.state.collection("5").items["5:9"] = Item(id="5:9", subject="old", cc="x@example.com")
    now(phone.sync("5"))
    assert (phone.items("5")["5:9"].read, phone.items("5")["5:9"].cc) == (True, "x@example.com")
    now(phone.sync("5"))
    assert (phone.items("5")["5:9"].subject, phone.items("5")["5:9"].cc) == ("new", "")


def test_endless_promises_are_a_fault() -> None:
    """MoreAvailable again and again with nothing in it does not loop for ever."""
    answer = collection(Element(AirSync.MoreAvailable))
    phone, _ = phone_of(*[answer] * 20)
    with pytest.raises(ServerFault, match="promises more"):
        now(phone.settle("5"))


@pytest.mark.parametrize(("status", "fault"), [("4", Refused), ("5", TryLater), ("16", TryLater)])
def test_sync_statuses(status: str, fault: type[Exception]) -> None:
    """On top or in the collection, a status that is no success is a refusal."""
    for answer in (
        collection(status=status),
        Element(AirSync.Sync, [Element(AirSync.Status, status)]),
    ):
        phone, _ = phone_of(answer)
        with pytest.raises(fault):
            now(phone.sync("5"))


def test_folder_changes_are_checked() -> None:
    """Counts, second Adds and Updates of unknown folders."""

    def folder(tag: object, name: str) -> Element:
        parts = [Element(FolderHierarchy.ServerId, name), Element(FolderHierarchy.Type, "12")]
        return Element(tag, parts)  # type: ignore[arg-type]

    for count, change in (
        ("2", folder(FolderHierarchy.Add, "8")),
        ("1", folder(FolderHierarchy.Add, "5")),
        ("1", folder(FolderHierarchy.Update, "8")),
    ):
        answer = Element(
            FolderHierarchy.FolderSync,
            [
                Element(FolderHierarchy.Status, "1"),
                Element(FolderHierarchy.SyncKey, "{f}2"),
                Element(FolderHierarchy.Changes, [Element(FolderHierarchy.Count, count), change]),
            ],
        )
        phone, _ = phone_of(answer)
        with pytest.raises(ServerFault):
            now(phone.folder_sync())
        assert phone.state.folder_key == "{f}1"


def test_ping_answers_are_checked() -> None:
    """Changes without folders, folders without changes, folders not asked for."""
    folders = Element(Ping.Folders, [Element(Ping.Folder, "6")])
    for parts in (
        [Element(Ping.Status, "2")],
        [Element(Ping.Status, "2"), folders],
        [Element(Ping.Status, "1"), folders],
    ):
        phone, _ = phone_of(Element(Ping.Ping, parts))
        with pytest.raises(ServerFault):
            now(phone.ping(["5"]))


def test_ping_tells_all_when_the_server_forgot() -> None:
    """Status 3 to an empty Ping makes the phone name its parameters again."""
    missing = Element(Ping.Ping, [Element(Ping.Status, "3")])
    expired = Element(Ping.Ping, [Element(Ping.Status, "1")])
    phone, transport = phone_of(expired, missing, expired)
    now(phone.ping(["5"], heartbeat_s=300))
    now(phone.ping(["5"], heartbeat_s=300))
    assert [bool(body) for body in transport.bodies] == [True, False, True]


def test_moves_must_all_be_answered() -> None:
    """A MoveItems answer that leaves an item out is a fault."""
    answer = Element(
        Move.MoveItems,
        [
            Element(
                Move.Response,
                [
                    Element(Move.SrcMsgId, "5:1"),
                    Element(Move.Status, "3"),
                    Element(Move.DstMsgId, "6:1"),
                ],
            )
        ],
    )
    phone, _ = phone_of(answer)
    with pytest.raises(ServerFault):
        now(phone.move(["5:1", "5:2"], "5", "6"))


def test_operations_without_answer_are_faults() -> None:
    """ItemOperations that succeed without saying anything."""
    phone, _ = phone_of(
        Element(ItemOperations.ItemOperations, [Element(ItemOperations.Status, "1")])
    )
    with pytest.raises(ServerFault):
        now(phone.item_fetch(Original(folder="5", item="5:1")))
