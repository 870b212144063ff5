"""A walk through every command in every version: each answer valid, each check citing its rule.

A step is a function of the table below. It is run in each version from ``first`` on, with a rig of
its own, and names the requirements that it looks at (columns of ../shared/protocol/requirements).
Every document that comes back is checked by CheckedPhone against the schema of its command and the
tags of its version.
"""

import csv
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest
from twisted.internet.defer import Deferred

from carbonio_mobile.eas.http import HttpResponse
from carbonio_mobile.eas.longid import LongId
from carbonio_mobile.ids import FolderId, OperationId, ServerId
from carbonio_mobile.mime.mailitem import MailPatch
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import BOUNDS, Rig, now
from carbonio_mobile.wbxml import Element, Tag, decode
from carbonio_mobile.wbxml.codepages import (
    AirSync,
    AirSyncBase,
    ComposeMail,
    Email,
    Find,
    FolderHierarchy,
    GetItemEstimate,
    ItemOperations,
    Move,
    Ping,
    Provision,
    Search,
    Settings,
)
from tests.unit.commands import asking
from tests.unit.commands.checked import SCHEMAS, VERSIONS, CheckedPhone, check
from tests.unit.commands.phone import change, commands, delete, options

DAY = 86_400.0
REQUIREMENTS = SCHEMAS.parent / "requirements"

MAIL = (
    b"From: Mary <mary@example.com>\r\nTo: John <john@example.com>\r\nSubject: Plans\r\n"
    b"Message-ID: <plans@example.com>\r\nDate: Fri, 15 Jan 2027 07:00:00 +0000\r\n"
    b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
    b"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Wine and <b>cheese</b></p>\r\n"
    b"--b\r\nContent-Type: text/csv\r\nContent-Disposition: attachment; filename=list.csv\r\n\r\n"
    b"0123456789\r\n--b--\r\n"
)
OUTGOING = (
    b"From: john@example.com\r\nTo: mary@example.com\r\nSubject: Re: Plans\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nWhat John wrote.\r\n"
)


@dataclass(kw_only=True)
class Walk:
    """A device of some version with an Inbox of one mail that it has not synced yet."""

    version: str
    rig: Rig = field(default_factory=Rig)

    def __post_init__(self) -> None:
        self.phone = CheckedPhone(self.rig, version=self.version)
        self.inbox = self.rig.folder(FolderKind.INBOX)
        self.trash = self.rig.folder(FolderKind.TRASH)
        self.drafts = self.rig.folder(FolderKind.DRAFTS)
        self.item = f"{self.inbox}:{self.rig.deliver(MAIL).item}"

    def ask(self, command: str, document: Element | None = None) -> Element:
        return self.phone.ask(command, document)

    def sync(self, *content: Element | None) -> Element:
        collection = self.phone.sync(self.inbox, *content)
        assert collection is not None
        return collection

    def whole_status(self, *content: Element) -> str | None:
        """The status of a Sync that is refused as a whole."""
        return self.ask("Sync", asking.sync(*content)).value(AirSync.Status)

    def refusal(self, command: str, document: Element | None, status: Tag) -> str:
        """What a request is refused with: the code of HTTP up to 12.1, then the status."""
        response = self.phone.send(command, document)
        if response.code != 200:
            return str(response.code)
        return self.phone.told(response, command).value(status, "")

    def parked(self, document: Element) -> "Deferred[HttpResponse]":
        return self.rig.send("Ping", document, version=self.version)

    def ended(self, waiting: "Deferred[HttpResponse]") -> Element:
        answer = decode(now(waiting).body)
        check(answer, "Ping", self.version)
        return answer

    @property
    def old(self) -> bool:
        return self.version == "12.1"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One row: what is done and asserted, for which requirements, from which version on."""

    run: Callable[[Walk], None]
    requirements: tuple[str, ...]
    first: str


STEPS: list[Step] = []


def step(*requirements: str, first: str = "12.1") -> Callable[[Callable[[Walk], None]], object]:
    """Enter a function in the table."""

    def enter(run: Callable[[Walk], None]) -> object:
        STEPS.append(Step(run=run, requirements=requirements, first=first))
        return run

    return enter


def only(parent: Element, *path: Tag) -> Element:
    """Follow a path of children, each of which must be there."""
    for tag in path:
        found = parent.find(tag)
        assert found is not None, tag
        parent = found
    return parent


# FolderSync and the commands that change folders


@step("MS-ASCMD R5916", "MS-ASCMD R4667", "MS-ASCMD R4668")
def folder_sync_lists_the_standard_folders(walk: Walk) -> None:
    changes = only(walk.phone.folder_sync(), FolderHierarchy.Changes)
    types = {change.value(FolderHierarchy.Type) for change in changes.children[1:]}
    assert {"2", "3", "4", "5"} <= types
    assert changes.value(FolderHierarchy.Count) == str(len(changes.children) - 1)


@step("MS-ASCMD R2120")
def folder_sync_without_news_counts_none(walk: Walk) -> None:
    walk.phone.folder_sync()
    assert only(walk.phone.folder_sync(), FolderHierarchy.Changes).children[0].text == "0"


@step("MS-ASCMD R4573")
def folder_sync_refuses_an_unknown_key(walk: Walk) -> None:
    answer = walk.ask("FolderSync", asking.folder_sync("nonsense"))
    assert answer.value(FolderHierarchy.Status) == "9"


@step("MS-ASCMD R4570", "MS-ASCMD R4581", "MS-ASCMD R5592", "MS-ASCMD R4568")
def folder_changes_with_wrong_keys_are_refused_without_one(walk: Walk) -> None:
    walk.phone.folder_sync()
    for command, wrong, none in (
        ("FolderCreate", asking.folder_create("x", "a"), asking.folder_create(None, "a")),
        (
            "FolderUpdate",
            asking.folder_update("x", "99", "a"),
            asking.folder_update(None, "9", "a"),
        ),
        ("FolderDelete", asking.folder_delete("x", "99"), asking.folder_delete(None, "99")),
    ):
        for document, status in ((wrong, "9"), (none, "10")):
            answer = walk.ask(command, document)
            assert answer.value(FolderHierarchy.Status) == status
            assert not answer.has(FolderHierarchy.SyncKey)


@step("MS-ASCMD R3619", "MS-ASCMD R2194", "MS-ASCMD R4654", "MS-ASCMD R4655")
def folders_are_made_renamed_and_deleted(walk: Walk) -> None:
    walk.phone.folder_sync()
    key = walk.phone.folder_key
    made = walk.ask("FolderCreate", asking.folder_create(key, "Plans"))
    assert made.value(FolderHierarchy.Status) == "1"
    folder, key = made.value(FolderHierarchy.ServerId, ""), made.value(FolderHierarchy.SyncKey, "")
    for status, document in (
        ("2", asking.folder_create(key, "Plans")),
        ("5", asking.folder_create(key, "x", parent="4711")),
        ("10", asking.folder_create(key, "x", kind="2")),
        ("10", asking.folder_create(key, "x" * 257)),
    ):
        refused = walk.ask("FolderCreate", document)
        assert refused.value(FolderHierarchy.Status) == status
    renamed = walk.ask("FolderUpdate", asking.folder_update(key, folder, "Old"))
    assert renamed.value(FolderHierarchy.Status) == "1"
    key = renamed.value(FolderHierarchy.SyncKey, "")
    for status, document in (
        ("2", asking.folder_update(key, walk.inbox, "x")),
        ("4", asking.folder_update(key, "4711", "x")),
        ("5", asking.folder_update(key, folder, "x", parent="4711")),
    ):
        refused = walk.ask("FolderUpdate", document)
        assert refused.value(FolderHierarchy.Status) == status
    for status, target in (("3", walk.inbox), ("4", "4711"), ("1", folder)):
        deleted = walk.ask("FolderDelete", asking.folder_delete(key, target))
        assert deleted.value(FolderHierarchy.Status) == status


# Sync


@step("MS-ASCMD R4598", "MS-ASCMD R4599", "MS-ASCMD R3128")
def sync_with_key_zero_gives_a_key_alone(walk: Walk) -> None:
    first = walk.sync()
    assert first.value(AirSync.Status) == "1"
    assert not first.has(AirSync.Commands)
    walk.phone.keys.clear()
    assert walk.sync(Element(AirSync.GetChanges, "1")).value(AirSync.Status) == "4"


@step("MS-ASCMD R650", "MS-ASCMD R653", "MS-ASCMD R667", "MS-ASCMD R679", "MS-ASCMD R5556")
def sync_brings_what_is_new_and_then_nothing(walk: Walk) -> None:
    walk.phone.sync(walk.inbox)
    added = only(walk.sync(), AirSync.Commands)
    assert [one.tag for one in added] == [AirSync.Add]
    assert walk.phone.sync(walk.inbox) is None
    assert walk.phone.answer is None


@step("MS-ASCMD R4424", "MS-ASCMD R5121", "MS-ASCMD R5122")
def sync_knows_two_keys(walk: Walk) -> None:
    walk.phone.sync(walk.inbox)
    lost = walk.phone.sync(walk.inbox, lose=True)
    assert walk.phone.sync(walk.inbox) == lost
    walk.phone.keys[walk.inbox] = "nonsense"
    assert walk.sync().value(AirSync.Status) == "3"


@step("MS-ASCMD R4763", "MS-ASCMD R4771", "MS-ASCMD R3460")
def sync_keeps_the_window(walk: Walk) -> None:
    walk.rig.deliver()
    walk.phone.sync(walk.inbox)
    page = walk.sync(Element(AirSync.WindowSize, "1"))
    assert page.has(AirSync.MoreAvailable)
    assert len(only(page, AirSync.Commands).children) == 1
    assert not walk.sync(Element(AirSync.WindowSize, "1")).has(AirSync.MoreAvailable)


@step("MS-ASCMD R3125", "MS-ASCMD R5555")
def sync_without_changes_wanted_sends_none(walk: Walk) -> None:
    walk.phone.sync(walk.inbox)
    assert walk.phone.sync(walk.inbox, Element(AirSync.GetChanges, "0")) is None


@step("MS-ASCMD R3064", "MS-ASCMD R3967", "MS-ASCMD R3041")
def sync_takes_back_what_leaves_the_window(walk: Walk) -> None:
    old = walk.rig.deliver(age_s=40 * DAY)
    walk.phone.prime(walk.inbox, options(filter_type=0))
    gone = only(walk.sync(options(filter_type=5)), AirSync.Commands)
    name = f"{walk.inbox}:{old.item}"
    assert [(one.tag, one.value(AirSync.ServerId)) for one in gone] == [(AirSync.SoftDelete, name)]
    refused = walk.phone.collection(walk.inbox, options(filter_type=6))
    assert walk.whole_status(refused) == "4"


@step("MS-ASEMAIL R75", "MS-ASEMAIL R76")
def sync_tells_changes_as_blocks_and_deletes(walk: Walk) -> None:
    walk.phone.prime(walk.inbox)
    item = ServerId.parse(walk.item).item
    now(walk.rig.mailbox().update(walk.inbox, {item: MailPatch(read=True)}))
    (changed,) = only(walk.sync(), AirSync.Commands).children
    assert changed.tag is AirSync.Change
    assert [one.tag for one in only(changed, AirSync.ApplicationData)] == [Email.Read]
    now(walk.rig.mailbox().delete(walk.inbox, [item]))
    (gone,) = only(walk.sync(), AirSync.Commands).children
    assert (gone.tag, gone.value(AirSync.ServerId)) == (AirSync.Delete, walk.item)


@step("MS-ASCMD R6234", "MS-ASCMD R6235", "MS-ASEMAIL R1489", first="12.1")
def sync_takes_marks_up_without_a_word(walk: Walk) -> None:
    walk.phone.prime(walk.inbox)
    flag = Element(Email.Flag, [Element(Email.Status, "2"), Element(Email.FlagType, "Flag")])
    marks = [Element(Email.Read, "1"), flag]
    if not walk.old:
        marks.append(Element(Email.Categories, [Element(Email.Category, "red")]))
    assert not walk.sync(commands(change(walk.item, *marks))).has(AirSync.Responses)
    other = CheckedPhone(walk.rig, version=walk.version, device="other")
    other.prime(walk.inbox)
    held = other.items[walk.inbox][walk.item]
    assert held.value(Email.Read) == "1"
    assert only(held, Email.Flag).value(Email.Status) == "2"
    assert walk.old or only(held, Email.Categories).value(Email.Category) == "red"


@step("MS-ASCMD R2158", "MS-ASCMD R2160", "MS-ASCMD R2161")
def sync_deletes_into_the_trash_or_for_good(walk: Walk) -> None:
    second = f"{walk.inbox}:{walk.rig.deliver().item}"
    walk.phone.prime(walk.inbox)
    walk.sync(commands(delete(walk.item)))
    walk.sync(Element(AirSync.DeletesAsMoves, "0"), commands(delete(second)))
    walk.phone.prime(walk.trash)
    subjects = [one.value(Email.Subject) for one in walk.phone.items[walk.trash].values()]
    assert subjects == ["Plans"]


@step("MS-ASCMD R2066", "MS-ASCMD R2069", "MS-ASCMD R2064", first="14.0")
def sync_resolves_conflicts_as_the_device_asked(walk: Walk) -> None:
    item = ServerId.parse(walk.item).item
    walk.phone.prime(walk.inbox)
    for resolution, status in (("1", "7"), ("0", None)):
        patch = {item: MailPatch(categories=(f"red{resolution}",))}
        now(walk.rig.mailbox().update(walk.inbox, patch))
        blue = Element(Email.Categories, [Element(Email.Category, "blue" + resolution)])
        wanted = Element(AirSync.Options, [Element(AirSync.Conflict, resolution)])
        collection = walk.sync(wanted, commands(change(walk.item, blue)))
        responses = collection.find(AirSync.Responses)
        told = None if responses is None else responses.children[0].value(AirSync.Status)
        assert told == status


@step("MS-ASCMD R755", "MS-ASCMD R748")
def sync_fetches_and_refuses_new_mail(walk: Walk) -> None:
    walk.phone.prime(walk.inbox)
    new = asking.add("c1", Element(Email.Subject, "x"))
    wanted = commands(asking.fetch(walk.item), asking.fetch(f"{walk.inbox}:99"), new)
    fetched, missing, refused = only(walk.sync(wanted), AirSync.Responses).children
    assert only(fetched, AirSync.ApplicationData).value(Email.Subject) == "Plans"
    assert missing.value(AirSync.Status) == "8"
    assert (refused.value(AirSync.ClientId), refused.value(AirSync.Status)) == ("c1", "6")


@step("MS-ASEMAIL R1184", "MS-ASEMAIL R1190", "MS-ASAIRS R1082", "MS-ASCMD R7472", first="16.0")
def sync_writes_and_sends_drafts(walk: Walk) -> None:
    walk.phone.prime(walk.drafts)
    content = [
        Element(AirSyncBase.Add, [
            Element(AirSyncBase.ClientId, "f1"),
            Element(AirSyncBase.Content, b"1,2,3"),
            Element(AirSyncBase.ContentType, "text/csv"),
            Element(AirSyncBase.DisplayName, "list.csv"),
            Element(AirSyncBase.Method, "1"),
        ])
    ]  # fmt: skip
    draft = asking.add(
        "c1",
        Element(Email.Subject, "Plans"),
        Element(AirSyncBase.Attachments, content),
    )
    answer = walk.phone.sync(walk.drafts, commands(draft))
    assert answer is not None
    (added,) = only(answer, AirSync.Responses).children
    name = added.value(AirSync.ServerId, "")
    file = only(added, AirSync.ApplicationData, AirSyncBase.Attachments).children[0]
    assert file.value(AirSyncBase.ClientId) == "f1"
    from carbonio_mobile.wbxml.codepages import Email2

    for to, status in (("", "183"), ("mary@example.com", None)):
        data = [Element(Email.To, to)] if to else [Element(Email.Subject, "Still plans")]
        sending = Element(
            AirSync.Change,
            [
                Element(AirSync.ServerId, name),
                Element(Email2.Send),
                Element(AirSync.ApplicationData, data),
            ],
        )
        sent = walk.phone.sync(walk.drafts, commands(sending))
        assert sent is not None
        responses = sent.find(AirSync.Responses)
        told = None if responses is None else responses.children[0].value(AirSync.Status)
        assert told == status
    (taken,) = walk.rig.submission.taken.values()
    assert taken.recipients == ("mary@example.com",)


@step("MS-ASCMD R5916")
def sync_keeps_drafts_from_older_versions(walk: Walk) -> None:
    walk.rig.deliver(folder=walk.drafts)
    walk.phone.prime(walk.drafts)
    assert len(walk.phone.items[walk.drafts]) == (1 if walk.version >= "16.0" else 0)


@step("MS-ASCMD R666", "MS-ASCMD R673", "MS-ASCMD R674", "MS-ASCMD R4456", "MS-ASCMD R4457")
def sync_without_a_body_repeats_the_last(walk: Walk) -> None:
    assert walk.ask("Sync").value(AirSync.Status) == "13"
    walk.phone.prime(walk.inbox)
    assert walk.phone.sync(walk.inbox) is None
    assert walk.phone.post("Sync") is None
    walk.rig.deliver()
    collection = walk.phone.take(walk.ask("Sync"))
    assert collection is not None
    assert collection.has(AirSync.Commands)


@step("MS-ASCMD R3635", "MS-ASCMD R3642", "MS-ASCMD R3644")
def sync_in_part_takes_the_rest_from_the_last(walk: Walk) -> None:
    partial = asking.sync(walk.phone.collection(walk.trash), partial=Element(AirSync.Partial))
    assert walk.ask("Sync", partial).value(AirSync.Status) == "13"
    walk.phone.sync(walk.inbox)
    whole = asking.sync(walk.phone.collection(walk.inbox), walk.phone.collection(walk.trash))
    walk.ask("Sync", whole)


@step("MS-ASCMD R4745", "MS-ASCMD R3226", "MS-ASCMD R3227", "MS-ASCMD R3228", "MS-ASCMD R3229")
def sync_waits_within_bounds(walk: Walk) -> None:
    for wait, bound in (("0", "1"), ("60", "59")):
        collection = walk.phone.collection(walk.inbox)
        answer = walk.ask("Sync", asking.sync(collection, wait=Element(AirSync.Wait, wait)))
        assert answer.value(AirSync.Status) == "14"
        assert answer.value(AirSync.Limit) == bound


@step("MS-ASCMD R3162", "MS-ASCMD R7495", "MS-ASCMD R3230", first="14.0")
def sync_waits_in_one_unit(walk: Walk) -> None:
    walk.phone.prime(walk.inbox)
    beat = Element(AirSync.HeartbeatInterval, "600")
    both = asking.sync(
        walk.phone.collection(walk.inbox), wait=Element(AirSync.Wait, "5"), beat=beat
    )
    assert walk.ask("Sync", both).value(AirSync.Status) == "4"
    waiting = walk.rig.send(
        "Sync", asking.sync(walk.phone.collection(walk.inbox), beat=beat), version=walk.version
    )
    walk.rig.deliver()
    answer = decode(now(waiting).body)
    check(answer, "Sync", walk.version)


@step("MS-ASCMD R3231", "MS-ASCMD R4464")
def sync_of_too_many_collections_is_told_the_limit(walk: Walk) -> None:
    collections = [walk.phone.collection(FolderId(str(number))) for number in range(100, 121)]
    answer = walk.ask("Sync", asking.sync(*collections))
    assert (answer.value(AirSync.Status), answer.value(AirSync.Limit)) == ("15", "20")


@step("MS-ASCMD R4453", "MS-ASCMD R4545")
def sync_of_what_is_not_there_is_refused(walk: Walk) -> None:
    assert walk.whole_status(walk.phone.collection(FolderId("4711"))) == "12"
    nameless = Element(AirSync.Collection, [Element(AirSync.SyncKey, "0")])
    assert walk.whole_status(nameless) == "4"


@step("MS-ASAIRS R157", "MS-ASAIRS R202", "MS-ASAIRS R241", "MS-ASAIRS R112")
def sync_gives_bodies_as_preferred(walk: Walk) -> None:
    for kind in ("1", "2"):
        walk.phone.prime(walk.inbox, options(body=kind, size=8))
        body = only(walk.phone.items[walk.inbox][walk.item], AirSyncBase.Body)
        assert body.value(AirSyncBase.Type) == kind
        assert body.value(AirSyncBase.Truncated) == "1"
        assert len(body.value(AirSyncBase.Data, "").encode()) <= 8
        native = walk.phone.items[walk.inbox][walk.item].value(AirSyncBase.NativeBodyType)
        assert native == "2"


@step("MS-ASCMD R5412", "MS-ASAIRS R324", "MS-ASAIRS R126", first="14.1")
def sync_gives_parts_of_bodies_as_html_only(walk: Walk) -> None:
    for kind in ("2", "1"):
        part = Element(AirSyncBase.BodyPartPreference, [Element(AirSyncBase.Type, kind)])
        walk.phone.keys.pop(walk.inbox, None)
        walk.phone.sync(walk.inbox)
        request = walk.phone.collection(walk.inbox, Element(AirSync.Options, [part]))
        answer = walk.ask("Sync", asking.sync(request))
        if kind == "1":
            assert answer.value(AirSync.Status) == "164"
        else:
            told = only(answer, AirSync.Collections, AirSync.Collection, AirSync.Commands)
            data = only(told.children[0], AirSync.ApplicationData)
            assert only(data, AirSyncBase.BodyPart).value(AirSyncBase.Status) == "1"


# GetItemEstimate


@step("MS-ASCMD R4590", "MS-ASCMD R4591", "MS-ASCMD R6260", "MS-ASCMD R6263")
def estimates_count_what_a_sync_would_bring(walk: Walk) -> None:
    def asked(key: str, folder: str) -> Element:
        document = asking.estimate(key, folder, walk.version)
        return walk.ask("GetItemEstimate", document).children[0]

    for key, folder, status in (("x", "4711", "2"), ("x", walk.inbox, "3")):
        assert asked(key, folder).value(GetItemEstimate.Status) == status
    walk.phone.sync(walk.inbox)
    assert asked("x", walk.inbox).value(GetItemEstimate.Status) == "4"
    counted = only(asked(walk.phone.keys[walk.inbox], walk.inbox), GetItemEstimate.Collection)
    assert counted.value(GetItemEstimate.Estimate) == "1"


# Ping


@step("MS-ASCMD R4239", "MS-ASCMD R6699", "MS-ASCMD R5690", "MS-ASCMD R4253", "MS-ASCMD R7494")
def pings_that_cannot_be_are_refused(walk: Walk) -> None:
    walk.rig.services = replace(walk.rig.services, bounds=BOUNDS)
    assert walk.ask("Ping").value(Ping.Status) == "3"
    doubled = asking.ping(60, walk.inbox, walk.inbox)
    assert walk.ask("Ping", doubled).value(Ping.Status) == "4"
    far = walk.ask("Ping", asking.ping(9999, walk.inbox))
    assert (far.value(Ping.Status), far.value(Ping.HeartbeatInterval)) == ("5", "3540")
    many = walk.ask("Ping", asking.ping(60, *(str(n) for n in range(21))))
    assert (many.value(Ping.Status), many.value(Ping.MaxFolders)) == ("6", "20")


@step("MS-ASCMD R4233", "MS-ASCMD R4235", "MS-ASCMD R4241", "MS-ASCMD R4256", "MS-ASCMD R3151")
def pings_end_with_time_news_or_folders(walk: Walk) -> None:
    walk.phone.folder_sync()
    walk.phone.prime(walk.inbox)
    waiting = walk.parked(asking.ping(60, walk.inbox))
    walk.rig.clock.advance(60)
    assert walk.ended(waiting).value(Ping.Status) == "1"
    waiting = walk.parked(asking.ping(90))
    walk.rig.deliver()
    news = walk.ended(waiting)
    assert news.value(Ping.Status) == "2"
    assert [one.text for one in only(news, Ping.Folders)] == [walk.inbox]
    walk.phone.settle(walk.inbox)
    waiting = walk.parked(asking.ping(90))
    mailbox = walk.rig.mailbox()
    now(mailbox.create_folder(None, "New", FolderKind.MAIL, operation=OperationId("new")))
    walk.rig.clock.advance(0)
    assert walk.ended(waiting).value(Ping.Status) == "7"


# MoveItems


@step("MS-ASCMD R289", "MS-ASCMD R4208")
def moves_are_answered_one_by_one(walk: Walk) -> None:
    answer = walk.ask(
        "MoveItems",
        asking.moves(
            (walk.item, walk.inbox, walk.trash),
            (f"{walk.inbox}:99", walk.inbox, walk.trash),
            (walk.item, walk.inbox, "4711"),
            (walk.item, walk.inbox, walk.inbox),
        ),
    )
    assert [one.value(Move.Status) for one in answer] == ["3", "1", "2", "4"]
    assert answer.children[0].value(Move.DstMsgId, "").startswith(f"{walk.trash}:")


# ItemOperations


def operations(*content: Element) -> Element:
    return Element(ItemOperations.ItemOperations, list(content))


def item_fetch(*content: Element, chosen: list[Element] | None = None) -> Element:
    wanted = None if chosen is None else Element(ItemOperations.Options, chosen)
    store = Element(ItemOperations.Store, "Mailbox")
    return Element(ItemOperations.Fetch, [store, *content, wanted])


@step("MS-ASCMD R2952", "MS-ASCMD R3547", "MS-ASCMD R3573", "MS-ASAIRS R214", "MS-ASCMD R3556")
def operations_fetch_items_and_attachments(walk: Walk) -> None:
    walk.phone.prime(walk.inbox)
    listed = only(walk.phone.items[walk.inbox][walk.item], AirSyncBase.Attachments).children[0]
    reference = Element(AirSyncBase.FileReference, listed.value(AirSyncBase.FileReference, ""))
    named = [Element(AirSync.CollectionId, walk.inbox), Element(AirSync.ServerId, walk.item)]
    some = Element(ItemOperations.Range, "2-4")
    schema = Element(ItemOperations.Schema, [Element(Email.Subject)])
    long_id = str(LongId(FolderId(walk.inbox), ServerId.parse(walk.item).item))
    answer = walk.ask(
        "ItemOperations",
        operations(
            item_fetch(*named),
            item_fetch(*named, chosen=[schema]),
            item_fetch(Element(Search.LongId, long_id)),
            item_fetch(reference),
            item_fetch(reference, chosen=[some]),
            item_fetch(reference, chosen=[Element(ItemOperations.Range, "99-100")]),
            item_fetch(Element(AirSyncBase.FileReference, "2:99:1")),
            item_fetch(Element(AirSyncBase.FileReference)),
            item_fetch(*named, chosen=[some]),
            item_fetch(named[0], Element(AirSync.ServerId, f"{walk.inbox}:99")),
        ),
    )
    fetches = only(answer, ItemOperations.Response).children
    statuses = [one.value(ItemOperations.Status) for one in fetches]
    assert statuses == ["1", "1", "1", "1", "1", "8", "15", "15", "2", "6"]
    subject = only(fetches[1], ItemOperations.Properties)
    assert [one.tag for one in subject] == [Email.Subject]
    cut = only(fetches[4], ItemOperations.Properties)
    assert cut.value(ItemOperations.Range) == "2-4"
    assert cut.value(ItemOperations.Data) == "MjM0"


@step("MS-ASCMD R2244")
def operations_empty_folders(walk: Walk) -> None:
    emptying = [
        Element(ItemOperations.EmptyFolderContents, [Element(AirSync.CollectionId, folder)])
        for folder in (walk.inbox, "4711")
    ]
    answer = walk.ask("ItemOperations", operations(*emptying))
    done = only(answer, ItemOperations.Response).children
    assert [one.value(ItemOperations.Status) for one in done] == ["1", "6"]
    walk.phone.prime(walk.inbox)
    assert walk.phone.items[walk.inbox] == {}


@step("MS-ASCON R273", "MS-ASCON R130", "MS-ASCMD R3475", first="14.0")
def operations_move_conversations(walk: Walk) -> None:
    from carbonio_mobile.wbxml.codepages import Email2

    walk.phone.prime(walk.inbox)
    conversation = walk.phone.items[walk.inbox][walk.item].find(Email2.ConversationId)
    assert conversation is not None
    octets = conversation.octets

    def move(target: str, *, always: bool = True) -> Element:
        wanted = Element(ItemOperations.Options, [Element(ItemOperations.MoveAlways)])
        return Element(
            ItemOperations.Move,
            [
                Element(ItemOperations.ConversationId, octets),
                Element(ItemOperations.DstFldId, target),
                wanted if always else None,
            ],
        )

    answer = walk.ask(
        "ItemOperations",
        operations(move(walk.trash, always=False), move("4711"), move(walk.trash)),
    )
    done = only(answer, ItemOperations.Response).children
    assert [one.value(ItemOperations.Status) for one in done] == ["155", "156", "1"]


# SendMail, SmartReply, SmartForward


def composed(walk: Walk, tag: Tag, mime: bytes, client_id: str, *rest: Element) -> HttpResponse:
    """Send a message in the form of the version."""
    command = tag.name
    if walk.old:
        query = "&SaveInSent=T"
        if tag is not ComposeMail.SendMail:
            query += f"&CollectionId={walk.inbox}&ItemId={walk.item}"
        return walk.phone.send(
            command, body=mime, query=query, headers={"content-type": "message/rfc822"}
        )
    source = None
    if tag is not ComposeMail.SendMail:
        named = [Element(ComposeMail.FolderId, walk.inbox), Element(ComposeMail.ItemId, walk.item)]
        source = Element(ComposeMail.Source, named)
    document = Element(
        tag,
        [
            Element(ComposeMail.ClientId, client_id),
            source,
            Element(ComposeMail.SaveInSentItems),
            *rest,
            Element(ComposeMail.Mime, mime),
        ],
    )
    return walk.phone.send(command, document)


@step("MS-ASCMD R463", "MS-ASCMD R448", "MS-ASCMD R3870")
def mail_is_sent_with_an_empty_answer(walk: Walk) -> None:
    forged = OUTGOING.replace(b"From: john@", b"From: boss@")
    response = composed(walk, ComposeMail.SendMail, forged, "c1")
    assert (response.code, response.body) == (200, b"")
    (taken,) = walk.rig.submission.taken.values()
    assert taken.sender == "john@example.com"
    assert b"boss@" not in taken.message.partition(b"\r\n\r\n")[0].partition(b"From:")[2][:40]
    assert taken.sent_copy is not None


@step("MS-ASCMD R953", "MS-ASCMD R4848", "MS-ASCMD R4853", "MS-ASCMD R4850")
def mail_that_cannot_be_sent_is_refused(walk: Walk) -> None:
    nobody = OUTGOING.replace(b"To: mary@example.com\r\n", b"")
    response = composed(walk, ComposeMail.SendMail, nobody, "c1")
    if walk.old:
        assert response.code == 400
    else:
        assert walk.phone.told(response, "SendMail").value(ComposeMail.Status) == "119"
        composed(walk, ComposeMail.SendMail, OUTGOING, "c2")
        other = OUTGOING.replace(b"Re: Plans", b"Another")
        again = composed(walk, ComposeMail.SendMail, other, "c2")
        assert walk.phone.told(again, "SendMail").value(ComposeMail.Status) == "118"
        assert len(walk.rig.submission.taken) == 1


@step("MS-ASCMD R3775", "MS-ASEMAIL R516", "MS-ASCMD R548", "MS-ASCMD R4930")
def replies_and_forwards_take_the_original_along(walk: Walk) -> None:
    for tag in (ComposeMail.SmartReply, ComposeMail.SmartForward):
        walk.rig.submission.taken.clear()
        response = composed(walk, tag, OUTGOING, tag.name)
        assert (response.code, response.body) == (200, b"")
        (taken,) = walk.rig.submission.taken.values()
        assert b"What John wrote." in taken.message
        assert b"<plans@example.com>" in taken.message
        assert (b"list.csv" in taken.message) is (tag is ComposeMail.SmartForward)
    walk.item = f"{walk.inbox}:99"
    for tag in (ComposeMail.SmartReply, ComposeMail.SmartForward):
        response = composed(walk, tag, OUTGOING, f"gone{tag.name}")
        if walk.old:
            assert response.code == 404
        else:
            answer = walk.phone.told(response, tag.name)
            assert answer.value(ComposeMail.Status) == "150"


@step("MS-ASCMD R3775", first="14.0")
def with_replace_mime_only_the_message_goes_out(walk: Walk) -> None:
    only_ours = Element(ComposeMail.ReplaceMime)
    response = composed(walk, ComposeMail.SmartForward, OUTGOING, "c1", only_ours)
    assert (response.code, response.body) == (200, b"")
    (taken,) = walk.rig.submission.taken.values()
    assert b"list.csv" not in taken.message


# Search and Find


@step("MS-ASCMD R4321", "MS-ASCMD R5849", "MS-ASCMD R3737", "MS-ASCMD R3734", "MS-ASCMD R923")
def searches_find_mail(walk: Walk) -> None:
    def search(*criteria: Element, chosen: list[Element] | None = None) -> Element:
        query = Element(Search.Query, [Element(Search.And, list(criteria))])
        wanted = None if chosen is None else Element(Search.Options, chosen)
        store = Element(Search.Store, [Element(Search.Name, "Mailbox"), query, wanted])
        answer = walk.ask("Search", Element(Search.Search, [store]))
        assert answer.value(Search.Status) == "1"
        return only(answer, Search.Response, Search.Store)

    words = Element(Search.FreeText, "cheese")
    mail = Element(AirSync.Class, "Email")
    found = search(mail, words)
    assert found.value(Search.Status) == "1"
    (result,) = found.find_all(Search.Result)
    assert only(result, Search.Properties).value(Email.Subject) == "Plans"
    assert found.value(Search.Total) == "1"
    none = search(mail, Element(Search.FreeText, "nowhere"))
    assert none.value(Search.Status) == "1"
    late = search(mail, words, chosen=[Element(Search.Range, "100-200")])
    assert late.value(Search.Status) == "12"


@step("MS-ASCMD R901100613", "MS-ASCMD R37071812", first="16.1")
def find_finds_mail(walk: Walk) -> None:
    query = Element(Find.Query, [Element(Find.FreeText, "cheese"), Element(AirSync.Class, "Email")])
    for rows, status in (("0-9", "1"), ("5-9", "4")):
        chosen = Element(Find.Options, [Element(Find.Range, rows)])
        criterion = Element(Find.MailBoxSearchCriterion, [query, chosen])
        document = Element(
            Find.Find,
            [
                Element(Find.SearchId, f"search {rows}"),
                Element(Find.ExecuteSearch, [criterion]),
            ],
        )
        response = only(walk.ask("Find", document), Find.Response)
        assert response.value(Find.Status) == status
        assert len(response.find_all(Find.Result)) == (1 if status == "1" else 0)


# Settings


def settings(*parts: Element) -> Element:
    return Element(Settings.Settings, list(parts))


@step("MS-ASCMD R3504", "MS-ASCMD R826")
def settings_keep_the_automatic_reply(walk: Walk) -> None:
    reply = Element(
        Settings.OofMessage,
        [
            Element(Settings.AppliesToInternal),
            Element(Settings.Enabled, "1"),
            Element(Settings.ReplyMessage, "Away."),
            Element(Settings.BodyType, "Text"),
        ],
    )
    state = Element(Settings.OofState, "1")
    walk.ask("Settings", settings(Element(Settings.Oof, [Element(Settings.Set, [state, reply])])))
    wanted = Element(Settings.Get, [Element(Settings.BodyType, "Text")])
    answer = walk.ask("Settings", settings(Element(Settings.Oof, [wanted])))
    got = only(answer, Settings.Oof, Settings.Get)
    assert got.value(Settings.OofState) == "1"
    assert only(got, Settings.OofMessage).value(Settings.ReplyMessage) == "Away."


@step("MS-ASCMD R4505")
def settings_take_the_device_and_tell_the_user(walk: Walk) -> None:
    model = Element(Settings.Set, [Element(Settings.Model, "Rig")])
    answer = walk.ask(
        "Settings",
        settings(
            Element(Settings.DeviceInformation, [model]),
            Element(Settings.UserInformation, [Element(Settings.Get)]),
            Element(
                Settings.DevicePassword,
                [Element(Settings.Set, [Element(Settings.Password, "1234")])],
            ),
        ),
    )
    assert answer.value(Settings.Status) == "1"
    for part in (Settings.DeviceInformation, Settings.UserInformation):
        assert only(answer, part).value(Settings.Status) == "1"
    assert answer.has(Settings.DevicePassword)


@step("MS-ASCMD R4505")
def settings_that_cannot_be_read_are_refused(walk: Walk) -> None:
    assert walk.ask("Settings", settings()).value(Settings.Status) == "2"


# Provision


@step(
    "MS-ASPROV R650",
    "MS-ASPROV R661",
    "MS-ASPROV R601",
    "MS-ASCMD R4990",
    "MS-ASCMD R4992",
    "MS-ASCMD R4996",
    "MS-ASCMD R5026",
    "MS-ASCMD R5028",
)
def devices_are_provisioned_in_two_phases(walk: Walk) -> None:
    kind = Element(Provision.PolicyType, "MS-EAS-Provisioning-WBXML")

    model = Element(Settings.Set, [Element(Settings.Model, "Rig")])
    device = Element(Settings.DeviceInformation, [model]) if walk.version >= "14.1" else None

    def asked(*content: Element) -> Element:
        policies = Element(Provision.Policies, [Element(Provision.Policy, [kind, *content])])
        first = None if content else device
        answer = walk.ask("Provision", Element(Provision.Provision, [first, policies]))
        assert answer.value(Provision.Status) == "1"
        return only(answer, Provision.Policies, Provision.Policy)

    first = asked()
    assert first.value(Provision.Status) == "1"
    assert only(first, Provision.Data, Provision.EASProvisionDoc).children
    key = Element(Provision.PolicyKey, first.value(Provision.PolicyKey, ""))
    second = asked(key, Element(Provision.Status, "1"))
    assert second.value(Provision.Status) == "1"
    assert not second.has(Provision.Data)
    wrong = asked(Element(Provision.PolicyKey, "1"), Element(Provision.Status, "1"))
    assert wrong.value(Provision.Status) == "5"


def rows() -> list[object]:
    return [
        pytest.param(one, version, id=f"{one.run.__name__}-{version}")
        for one in STEPS
        for version in VERSIONS
        if version >= one.first
    ]


@pytest.mark.parametrize(("one", "version"), rows())
def test_step(one: Step, version: str) -> None:
    """The command answers as its requirements say, validly, in this version."""
    one.run(Walk(version=version))


@pytest.mark.skipif(not REQUIREMENTS.exists(), reason="../shared/protocol is absent")
def test_the_requirements_cited_exist() -> None:
    """A citation that cannot be looked up is worth nothing."""
    cited = {name for one in STEPS for name in one.requirements}
    known = set()
    for document in {name.split()[0] for name in cited}:
        with (REQUIREMENTS / f"{document}.csv").open(encoding="utf-8", newline="") as lines:
            known |= {row[0].replace("_", " ") for row in csv.reader(lines) if row}
    assert cited - known == set()


def test_every_command_is_walked() -> None:
    """Issue 2, 7: no command of the table goes without a step."""
    from carbonio_mobile.commands.table import COMMANDS

    walked: set[str] = set()
    for one in STEPS:
        for version in VERSIONS:
            if version >= one.first:
                walk = Walk(version=version)
                one.run(walk)
                walked |= {served.command for served in walk.rig.served}
                break
    elsewhere = {
        "GetAttachment",
        "GetHierarchy",
        "MeetingResponse",
        "ResolveRecipients",
        "ValidateCert",
    }
    assert set(COMMANDS) - walked == elsewhere, "in their own tests"
