"""The folder hierarchy: what each command of it does, and each status with its cause."""

from dataclasses import dataclass, field

import pytest

from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import Rig, now
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import FolderHierarchy
from tests.unit.commands import asking
from tests.unit.commands.checked import ALL_VERSIONS, CheckedPhone


@dataclass
class Case:
    """A device that knows the hierarchy, with a folder of its own making."""

    version: str = "14.1"
    rig: Rig = field(default_factory=Rig)

    def __post_init__(self) -> None:
        self.phone = CheckedPhone(self.rig, version=self.version)
        self.phone.folder_sync()
        self.inbox = self.rig.folder(FolderKind.INBOX)
        self.own = self.create("Plans").value(FolderHierarchy.ServerId, "")

    def create(self, name: str, **more: str) -> Element:
        key = self.phone.folder_key
        return self.take("FolderCreate", asking.folder_create(key, name, **more))

    def update(self, folder: str, name: str, **more: str) -> Element:
        key = self.phone.folder_key
        return self.take("FolderUpdate", asking.folder_update(key, folder, name, **more))

    def delete(self, folder: str) -> Element:
        return self.take("FolderDelete", asking.folder_delete(self.phone.folder_key, folder))

    def take(self, command: str, document: Element) -> Element:
        answer = self.phone.ask(command, document)
        self.phone.folder_key = answer.value(FolderHierarchy.SyncKey, self.phone.folder_key)
        return answer

    def tree(self) -> dict[str, tuple[str, str]]:
        """What a new device is told: id -> (name, parent)."""
        other = CheckedPhone(self.rig, version=self.version, device="other")
        changes = other.folder_sync().find(FolderHierarchy.Changes)
        assert changes is not None
        return {
            one.value(FolderHierarchy.ServerId, ""): (
                one.value(FolderHierarchy.DisplayName, ""),
                one.value(FolderHierarchy.ParentId, ""),
            )
            for one in changes.children[1:]
        }


def status(answer: Element) -> str | None:
    return answer.value(FolderHierarchy.Status)


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_folders_are_made_moved_renamed_and_deleted(version: str) -> None:
    """MS-ASCMD R79, R97, R98, R99, R139, R140, R3903, R4569, R5783, R5784.

    MS-ASCMD R4011, R4045, R4100: status 1, a new key, and a ServerId for what is new.
    """
    case = Case(version)
    key = case.phone.folder_key
    made = case.create("Deals", parent=case.own)
    folder = made.value(FolderHierarchy.ServerId, "")
    assert status(made) == "1"
    assert folder
    assert case.tree()[folder] == ("Deals", case.own)
    moved = case.update(folder, "Deals")
    assert status(moved) == "1"
    assert case.tree()[folder] == ("Deals", "0")
    renamed = case.update(folder, "Old deals")
    assert status(renamed) == "1"
    assert case.tree()[folder] == ("Old deals", "0")
    gone = case.delete(folder)
    assert status(gone) == "1"
    assert folder not in case.tree()
    keys = [one.value(FolderHierarchy.SyncKey) for one in (made, moved, renamed, gone)]
    assert len({key, *keys}) == 5


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_the_hierarchy_is_told_and_then_what_changed(version: str) -> None:
    """MS-ASCMD R113, R116, R119, R885, R4070, R4074, R4578, R5008, R5012, R5020, R5024, R5440.

    MS-ASCMD R5775, R5860, R5863, R3625, R3916, R4665, R4666, R5885: folders, not items, are added,
    updated and deleted.
    """
    case = Case(version)
    other = CheckedPhone(case.rig, version=version, device="other")
    first = other.folder_sync()
    assert status(first) == "1"
    whole = first.find(FolderHierarchy.Changes)
    assert whole is not None
    known = {one.value(FolderHierarchy.ServerId): one for one in whole.children[1:]}
    hierarchy = now(case.rig.mailbox().hierarchy())
    assert {case.inbox, case.own} <= set(known)
    assert all(hierarchy.find(name) is not None for name in known)
    types = {int(one.value(FolderHierarchy.Type, "0")) for one in known.values()}
    assert types <= set(range(1, 20))
    news = []
    key = other.folder_key
    for work in (
        lambda: case.create("Deals"),
        lambda: case.update(case.own, "Old plans"),
        lambda: case.delete(case.own),
    ):
        assert status(work()) == "1"
        changes = other.folder_sync().find(FolderHierarchy.Changes)
        assert changes is not None
        (count, one) = changes.children
        assert count.text == "1"
        assert len(one.find_all(FolderHierarchy.ServerId)) == 1
        if one.tag is not FolderHierarchy.Delete:
            assert len(one.find_all(FolderHierarchy.ParentId)) == 1
            assert len(one.find_all(FolderHierarchy.Type)) == 1
        assert other.folder_key != key
        key = other.folder_key
        news.append(one.tag)
    assert news == [FolderHierarchy.Add, FolderHierarchy.Update, FolderHierarchy.Delete]
    other.folder_key = "0"
    other.folders.clear()
    again = other.folder_sync().find(FolderHierarchy.Changes)
    assert again is not None
    names = {
        one.value(FolderHierarchy.ServerId): one.value(FolderHierarchy.DisplayName)
        for one in again.children[1:]
    }
    assert names[case.inbox] == known[case.inbox].value(FolderHierarchy.DisplayName)


REFUSALS = [
    ("MS-ASCMD R4013", lambda case: case.create("Plans"), "2"),
    ("MS-ASCMD R4018 R4019", lambda case: case.create("x", parent="4711"), "5"),
    ("MS-ASCMD R4035", lambda case: case.create("x", kind="2"), "10"),
    ("MS-ASCMD R4047", lambda case: case.delete(case.inbox), "3"),
    ("MS-ASCMD R4048 R4049", lambda case: case.delete("4711"), "4"),
    ("MS-ASCMD R4101 R4102", lambda case: case.update(case.inbox, "x"), "2"),
    ("MS-ASCMD R4101 R5438", lambda case: taken(case), "2"),
    ("MS-ASCMD R4105 R4106", lambda case: case.update("4711", "x"), "4"),
    ("MS-ASCMD R4108 R4109", lambda case: case.update(case.own, "x", parent="4711"), "5"),
]


def taken(case: Case) -> Element:
    """Rename a folder to what another one is called."""
    other = case.create("Deals").value(FolderHierarchy.ServerId, "")
    return case.update(other, "Plans")


@pytest.mark.parametrize("version", ["2.5", "14.1", "16.1"])
@pytest.mark.parametrize(("_rows", "work", "told"), REFUSALS)
def test_refusals_have_their_status(_rows: str, work: object, told: str, version: str) -> None:
    """MS-ASCMD R3904, R4040, R4068, R4096, R5785, R5786: a status, no key, and nothing is done."""
    case = Case(version)
    answer = work(case)  # type: ignore[operator]
    assert status(answer) == told
    assert not answer.has(FolderHierarchy.SyncKey)
    assert not answer.has(FolderHierarchy.ServerId)
    assert case.tree()[case.own] == ("Plans", "0")


WRONG = {
    "FolderCreate": lambda key: asking.folder_create(key, "x"),
    "FolderUpdate": lambda key: asking.folder_update(key, "99", "x"),
    "FolderDelete": lambda key: asking.folder_delete(key, "99"),
    "FolderSync": asking.folder_sync,
}


@pytest.mark.parametrize("command", WRONG)
def test_keys_are_checked(command: str) -> None:
    """MS-ASCMD R4032, R4060, R4083, R4120, R4572, R4580: not the one given, status 9."""
    case = Case()
    for key in ("nonsense", "99", "{x}1"):
        assert status(case.phone.ask(command, WRONG[command](key))) == "9"


@pytest.mark.parametrize("command", WRONG)
def test_requests_that_mean_nothing(command: str) -> None:
    """MS-ASCMD R4063, R4086, R4123, R4035, R3102: without a key, or with a Status: status 10."""
    case = Case()
    assert status(case.phone.ask(command, WRONG[command](None))) == "10"
    if command == "FolderUpdate":
        document = asking.folder_update(case.phone.folder_key, case.own, "x")
        document.children.append(Element(FolderHierarchy.Status, "1"))
        assert status(case.phone.ask(command, document)) == "10"


def test_the_recipient_cache_is_left_alone() -> None:
    """MS-ASCMD R81, R100, R101, R141, R143, R5769: not made, changed, deleted, filled."""
    case = Case()
    found = now(case.rig.mailbox().hierarchy()).standard(FolderKind.RECIPIENT_CACHE)
    assert found is not None
    assert status(case.create("x", kind="19")) == "10"
    assert status(case.create("x", parent=found.id)) == "3"
    assert status(case.delete(found.id)) == "3"
    assert status(case.update(found.id, "x")) == "3"


def test_names_are_unique_within_a_folder() -> None:
    """MS-ASCMD R5416: ten folders of ten names, and none twice."""
    case = Case()
    for number in range(10):
        assert status(case.create(f"Folder {number}", parent=case.own)) == "1"
    for number in range(10):
        assert status(case.create(f"Folder {number}", parent=case.own)) == "2"
    names = [name for name, parent in case.tree().values() if parent == case.own]
    assert len(set(names)) == len(names) == 10


@pytest.mark.parametrize("version", ["2.5", "12.0", "12.1"])
def test_old_devices_get_the_hierarchy(version: str) -> None:
    """MS-ASCMD R7505, R7506, R7507, R6927: the ids of folders that stay where they are."""
    case = Case(version)
    answer = case.phone.ask("GetHierarchy")
    listed = {one.value(FolderHierarchy.ServerId): one for one in answer}
    for kind, code in ((FolderKind.SENT, "5"), (FolderKind.TRASH, "4")):
        folder = case.rig.folder(kind)
        assert listed[folder].value(FolderHierarchy.Type) == code
        assert listed[folder].value(FolderHierarchy.ParentId) == "0"
        assert status(case.delete(folder)) == "3"
