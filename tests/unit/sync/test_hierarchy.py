"""What a device knows of the folders, and the differences."""

import pytest

from carbonio_mobile.errors import Corrupt
from carbonio_mobile.ids import ChangeToken, FolderId
from carbonio_mobile.sync.folders import Folder, FolderKind, Hierarchy
from carbonio_mobile.sync.hierarchy import (
    FolderChanges,
    HierarchyState,
    KnownFolders,
    advance,
    differences,
    first,
)


def folder(name: str, parent: str | None = None, kind: FolderKind = FolderKind.MAIL) -> Folder:
    return Folder(
        id=FolderId(name),
        parent=None if parent is None else FolderId(parent),
        name=name.upper(),
        kind=kind,
    )


TREE = (folder("a"), folder("b", "a"), folder("c", "b"), folder("d"))
TOKEN = ChangeToken("7")


def known(*folders: Folder) -> KnownFolders:
    return first(b"x", TOKEN, folders).current


def test_everything_is_new_to_a_device_that_knows_nothing() -> None:
    """MS-ASCMD R5007: key 0 gives all folders as additions, parents first."""
    assert differences(None, TREE) == FolderChanges(added=TREE, updated=(), deleted=())


def test_each_folder_is_told_once() -> None:
    """client-quirks.md 3.10: no folder stands in two of the three lists."""
    renamed = Folder(id=FolderId("b"), parent=None, name="new", kind=FolderKind.MAIL)
    changes = differences(known(*TREE), (TREE[0], renamed, folder("e")))
    assert changes.updated == (renamed,)
    assert changes.added == (folder("e"),)
    assert set(changes.deleted) == {"c", "d"}
    assert changes.count == 4


def test_nothing_new_has_count_zero() -> None:
    """MS-ASCMD R2120."""
    assert differences(known(*TREE), TREE).count == 0


def test_a_device_is_still_told_of_what_lay_inside_a_folder_it_deleted() -> None:
    """Not every client takes away a whole tree by itself."""
    left = known(*TREE).without(FolderId("a"))
    assert set(left.folders) == {"b", "c", "d"}
    assert left.token is None


def test_both_keys_are_known_and_no_other() -> None:
    """A lost answer is given again under the same key."""
    base = known(*TREE)
    made = base.with_folder(folder("e"))
    state = advance(base, made)
    assert state.find(base.key) == base
    assert state.find(state.current.key) == state.current
    assert state.find("0") is None
    assert advance(base, made).current.key == state.current.key
    assert advance(base, base.with_folder(folder("f"))).current.key != state.current.key


def test_a_state_is_read_as_it_was_written() -> None:
    """What is stored comes back whole."""
    base = known(*TREE)
    state = advance(base, base.without(FolderId("d")))
    assert HierarchyState.from_text(state.to_text()) == state
    fresh = first(b"x", TOKEN, TREE)
    assert HierarchyState.from_text(fresh.to_text()) == fresh


@pytest.mark.parametrize("text", ["", "[]", '{"format":9}', '{"format":1,"current":{"key":1}}'])
def test_a_state_that_cannot_be_read_is_corrupt(text: str) -> None:
    """Whatever stands in the store, there is a state or Corrupt."""
    with pytest.raises(Corrupt):
        HierarchyState.from_text(text)


def test_a_hierarchy_finds_its_folders() -> None:
    """By id and by kind."""
    tree = Hierarchy(token=TOKEN, folders=(folder("i", kind=FolderKind.INBOX), *TREE))
    assert tree.find(FolderId("c")) == TREE[2]
    assert tree.find(FolderId("z")) is None
    assert tree.standard(FolderKind.INBOX) is tree.folders[0]
    assert tree.standard(FolderKind.TRASH) is None
    assert FolderKind.INBOX.standard
    assert FolderKind.JUNK.holds_mail
    assert not FolderKind.MAIL.standard
    assert not FolderKind.NOTES.holds_mail
