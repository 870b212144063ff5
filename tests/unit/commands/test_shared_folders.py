"""Folders of another account on John's devices, through the commands themselves."""

from random import Random

import pytest

from carbonio_mobile.ids import FolderId, ItemId, ServerId
from carbonio_mobile.mime.mailitem import BodyWish
from carbonio_mobile.sync.changes import NEWEST, OLDEST
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import now
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import AirSync, Email, FolderHierarchy, Move, Ping
from tests.unit.commands.objectphone import (
    CASE_IDS,
    CASES,
    Kind,
    ObjectPhone,
    add,
    change,
    delete,
)
from tests.unit.commands.sharedrig import SharedRig

MAIL_VERSIONS = ("2.5", "14.1", "16.1")
each = pytest.mark.parametrize(("kind", "version"), CASES, ids=CASE_IDS)
each_version = pytest.mark.parametrize("version", MAIL_VERSIONS)


@pytest.fixture
def rig() -> SharedRig:
    return SharedRig()


def item_of(name: str) -> ItemId:
    return ServerId.parse(name).item


def ids(rig: SharedRig, folder: FolderId) -> set[ItemId]:
    page = now(rig.theirs().listing(folder, below=NEWEST, down_to=OLDEST, limit=1000))
    return {head.item for head in page.heads}


def notes_in_inbox(rig: SharedRig) -> list[str]:
    inbox = rig.folder(FolderKind.INBOX)
    page = now(rig.mailbox().listing(inbox, below=NEWEST, down_to=OLDEST, limit=100))
    found = now(rig.mailbox().read(inbox, [head.item for head in page.heads], BodyWish()))
    return [one.record.subject for one in found.values()]


def ready(rig: SharedRig, folder: FolderId, version: str) -> ObjectPhone:
    phone = ObjectPhone(rig, version)
    phone.folder_sync()
    phone.prime(folder)
    return phone


@each
def test_a_folder_of_each_class_is_read_and_written(
    rig: SharedRig, kind: Kind, version: str
) -> None:
    """What stands in Mary's folder comes, and what John's phone does there is done in hers."""
    folder = rig.their_folder(kind.folder)
    item = rig.store_object(folder, kind.source("Hers", "one"))
    mount = rig.share(folder)
    phone = ready(rig, mount.id, version)
    assert phone.folders[mount.id] == "Mary's"
    assert phone.titles(mount.id, kind) == {f"{mount.id}:{item}": "Hers"}
    made = phone.make(mount.id, kind.content("His", "", version))
    assert ids(rig, folder) == {item, item_of(made)}
    assert phone.one(mount.id, change(made, *kind.content("New", "", version))).status == "1"
    found = now(rig.theirs().objects(folder, [item_of(made)], source=True))
    assert b"New" in found[item_of(made)].source
    phone.one(mount.id, delete(made))
    assert ids(rig, folder) == {item}
    phone.settle(mount.id)
    assert phone.told == []
    assert notes_in_inbox(rig) == []


@each
def test_what_may_only_be_read_is_put_right_on_the_phone(
    rig: SharedRig, kind: Kind, version: str
) -> None:
    """Added goes again, changed and deleted come back; Mary's folder stays as it was."""
    folder = rig.their_folder(kind.folder)
    items = [rig.store_object(folder, kind.source(f"Hers {n}", f"u{n}")) for n in range(2)]
    first, second = (f"s1000001:{item}" for item in items)
    mount = rig.share(folder, "r")
    phone = ready(rig, mount.id, version)
    before = phone.titles(mount.id, kind)
    assert set(before) == {first, second}
    said = phone.up(
        mount.id,
        add(kind.content("Mine", "", version)),
        change(first, *kind.content("Mine", "", version)),
        delete(second),
    )
    assert [one.status for one in said] == ["1", "7", "1"]
    phone.settle(mount.id)
    assert phone.titles(mount.id, kind) == before
    assert ids(rig, folder) == set(items)
    assert len(rig.submission.taken) == 0
    assert notes_in_inbox(rig) == ["Your change in Mary's was undone"]
    phone.one(mount.id, delete(second))
    assert notes_in_inbox(rig) == ["Your change in Mary's was undone"]
    rig.clock.advance(86_400)
    phone.one(mount.id, delete(first))
    assert len(notes_in_inbox(rig)) == 2
    phone.settle(mount.id)
    assert phone.titles(mount.id, kind) == before


@each_version
def test_a_phone_that_reads_mail_hears_nothing_of_it(rig: SharedRig, version: str) -> None:
    """The mark of having read is taken back without a note: the phone sets it by itself."""
    folder = rig.their_folder(FolderKind.INBOX)
    name = f"s1000001:{rig.store_mail(folder)}"
    mount = rig.share(folder, "r")
    phone = ready(rig, mount.id, version)
    assert phone.hold(mount.id)[name].value(Email.Read) == "0"
    phone.one(mount.id, change(name, Element(Email.Read, "1")))
    phone.settle(mount.id)
    assert phone.hold(mount.id)[name].value(Email.Read) == "0"
    assert notes_in_inbox(rig) == []
    phone.one(mount.id, delete(name))
    phone.settle(mount.id)
    assert set(phone.hold(mount.id)) == {name}
    assert len(notes_in_inbox(rig)) == 1


@each_version
def test_what_does_not_fit_into_the_own_mailbox_stays(rig: SharedRig, version: str) -> None:
    """Deleting moves into the own trash; where that is full, mail comes back or is not moved."""
    folder = rig.their_folder(FolderKind.INBOX)
    name = f"s1000001:{rig.store_mail(folder)}"
    mount = rig.share(folder)
    phone = ready(rig, mount.id, version)
    rig.quota_bytes = 1
    phone.one(mount.id, delete(name))
    phone.settle(mount.id)
    assert set(phone.hold(mount.id)) == {name}
    assert moved(phone, name, mount.id, rig.folder(FolderKind.INBOX))[0] == "5"
    phone.settle(mount.id)
    assert set(phone.hold(mount.id)) == {name}
    rig.quota_bytes = 0
    phone.one(mount.id, delete(name))
    assert ids(rig, folder) == set()
    phone.prime(rig.folder(FolderKind.TRASH))
    assert len(phone.hold(rig.folder(FolderKind.TRASH))) == 1


@pytest.mark.parametrize("seed", range(12))
def test_whatever_a_phone_does_it_ends_with_what_there_is(rig: SharedRig, seed: int) -> None:
    """Adds, changes and deletes in a folder that may only be read, with answers lost, while its
    owner works in it: in the end the phone shows what is there.
    """
    random = Random(seed)
    kind, version = random.choice(CASES)
    folder = rig.their_folder(kind.folder)
    items = [rig.store_object(folder, kind.source(f"t{n}", f"u{n}")) for n in range(6)]
    mount = rig.share(folder, "r")
    phone = ready(rig, mount.id, version)
    for step in range(25):
        held = sorted(phone.hold(mount.id))
        what = random.randrange(5)
        if what == 0:
            sent = add(kind.content(f"mine {step}", "", version))
        elif what < 4 and held:
            name = random.choice(held)
            sent = delete(name) if what == 1 else change(
                name, *kind.content(f"mine {step}", "", version)
            )  # fmt: skip
        else:
            items.append(rig.store_object(folder, kind.source(f"t{step}", f"v{step}")))
            gone = items.pop(random.randrange(len(items)))
            now(rig.theirs().delete(folder, [gone]))
            continue
        if random.random() < 0.3:
            phone.up(mount.id, sent, lose=True)
        phone.up(mount.id, sent)
    phone.settle(mount.id)
    phone.settle(mount.id)
    stored = now(rig.theirs().objects(folder, items))
    assert set(phone.hold(mount.id)) == {f"{mount.id}:{item}" for item in stored}
    assert not any("mine" in str(title) for title in phone.titles(mount.id, kind).values())


@each_version
def test_a_whole_account_is_a_tree_below_its_owner(rig: SharedRig, version: str) -> None:
    """Each folder stands below one that has the mount's name, as a folder of the user's kinds."""
    inbox = rig.their_folder(FolderKind.INBOX)
    sub = now(rig.theirs().create_folder(inbox, "Sub", FolderKind.MAIL, operation=rig.operation()))
    mount = rig.share(None, "rw", "mary@example.com")
    phone = ObjectPhone(rig, version)
    answer = phone.folder_sync()
    changes = answer.find(FolderHierarchy.Changes)
    assert changes is not None
    shown = {
        one.value(FolderHierarchy.ServerId, ""): (
            one.value(FolderHierarchy.ParentId),
            one.value(FolderHierarchy.Type),
        )
        for one in changes.children[1:]
    }
    assert shown[mount.id] == ("0", "12")
    assert shown[f"{mount.id}-{inbox}"] == (mount.id, "12")
    assert shown[f"{mount.id}-{sub.id}"] == (f"{mount.id}-{inbox}", "12")
    calendar = rig.their_folder(FolderKind.CALENDAR)
    assert shown[f"{mount.id}-{calendar}"] == (mount.id, "13")
    assert [name for name, (_, kind) in shown.items() if kind == "2"] == [
        rig.folder(FolderKind.INBOX)
    ]
    phone.prime(mount.id)
    assert phone.hold(mount.id) == {}
    rig.store_mail(sub.id)
    below = FolderId(f"{mount.id}-{sub.id}")
    phone.prime(below)
    assert len(phone.hold(below)) == 1


def test_the_tree_follows_what_is_shared(rig: SharedRig) -> None:
    """Mounts come and go with their switch and their grant; a change wakes whoever waits."""
    folder = rig.their_folder(FolderKind.CALENDAR)
    phone = ObjectPhone(rig, "14.1")
    phone.folder_sync()
    own = dict(phone.folders)
    mount = rig.share(folder)
    phone.folder_sync()
    assert phone.folders == {**own, mount.id: "Mary's"}
    now(rig.sharing.set_synced(rig.account, mount.number, synced=False))
    phone.folder_sync()
    assert phone.folders == own
    now(rig.sharing.set_synced(rig.account, mount.number, synced=True))
    phone.folder_sync()
    assert mount.id in phone.folders
    now(rig.sharing.revoke(rig.mary, folder, rig.account))
    phone.folder_sync()
    assert phone.folders == own


def test_an_own_folder_is_hidden_with_those_below(rig: SharedRig) -> None:
    """A hidden folder goes from the tree; the key of its collection is answered with status 12."""
    box = rig.mailbox()
    top = now(box.create_folder(None, "Top", FolderKind.MAIL, operation=rig.operation()))
    below = now(box.create_folder(top.id, "Below", FolderKind.MAIL, operation=rig.operation()))
    phone = ready(rig, below.id, "14.1")
    assert {top.id, below.id} <= set(phone.folders)
    now(rig.sharing.hide(rig.account, top.id, hidden=True))
    phone.sync(below.id)
    assert phone.answer is not None
    assert phone.answer.value(AirSync.Status) == "12"
    phone.folder_sync()
    assert not {top.id, below.id} & set(phone.folders)
    now(rig.sharing.hide(rig.account, top.id, hidden=False))
    phone.folder_sync()
    assert {top.id, below.id} <= set(phone.folders)


@each_version
def test_what_comes_to_the_owner_wakes_the_grantee(rig: SharedRig, version: str) -> None:
    """A Ping of John's on Mary's folder ends when she gets mail there."""
    folder = rig.their_folder(FolderKind.INBOX)
    mount = rig.share(folder)
    phone = ready(rig, mount.id, version)
    asked = Element(
        Ping.Ping,
        [
            Element(Ping.HeartbeatInterval, "600"),
            Element(
                Ping.Folders,
                [Element(Ping.Folder, [Element(Ping.Id, mount.id), Element(Ping.Class, "Email")])],
            ),
        ],
    )
    answers: list[object] = []
    rig.send("Ping", asked, version=version, device=phone.device).addBoth(answers.append)
    rig.clock.advance(1)
    assert answers == []
    rig.store_mail(folder)
    rig.clock.advance(1)
    assert len(answers) == 1
    phone.settle(mount.id)
    assert len(phone.hold(mount.id)) == 1


def moved(phone: ObjectPhone, name: str, source: FolderId, target: FolderId) -> tuple[str, str]:
    one = [Element(Move.SrcMsgId, name), Element(Move.SrcFldId, source),
           Element(Move.DstFldId, target)]  # fmt: skip
    answer = phone.post("MoveItems", Element(Move.MoveItems, [Element(Move.Move, one)]))
    assert answer is not None
    (response,) = answer.children
    status, there = response.value(Move.Status, ""), response.value(Move.DstMsgId, "")
    if status == "3":
        phone.hold(target)[there] = phone.hold(source).pop(name)
    return status, there


@each_version
def test_mail_moves_from_one_mailbox_into_another(rig: SharedRig, version: str) -> None:
    """Out of Mary's folder into John's and back; what may only be read stays (status 5)."""
    theirs, own = rig.their_folder(FolderKind.INBOX), rig.folder(FolderKind.INBOX)
    item = rig.store_mail(theirs, "travels")
    mount = rig.share(theirs)
    phone = ready(rig, mount.id, version)
    phone.prime(own)
    status, there = moved(phone, f"{mount.id}:{item}", mount.id, own)
    assert status == "3"
    assert ids(rig, theirs) == set()
    phone.settle(mount.id)
    phone.settle(own)
    assert (set(phone.hold(mount.id)), set(phone.hold(own))) == (set(), {there})
    status, back = moved(phone, there, own, mount.id)
    assert (status, ids(rig, theirs)) == ("3", {item_of(back)})
    rig.grant(theirs, "r")
    assert moved(phone, back, mount.id, own)[0] == "5"
    assert ids(rig, theirs) == {item_of(back)}
