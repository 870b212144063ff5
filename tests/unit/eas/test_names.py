"""Folder types, file references and long ids."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.eas.filereference import FileReference
from carbonio_mobile.eas.foldertypes import (
    class_name,
    creatable,
    kind_of,
    listed,
    syncable,
    type_number,
)
from carbonio_mobile.eas.longid import LongId
from carbonio_mobile.eas.version import Version
from carbonio_mobile.ids import FolderId, ItemId, PartId, ServerId
from carbonio_mobile.sync.folders import FolderKind

FOLDERS = st.from_regex(r"[A-Za-z0-9_-]{1,30}", fullmatch=True).map(FolderId)
ITEMS = st.integers(min_value=1, max_value=2**53).map(ItemId)
PARTS = st.lists(st.integers(1, 2000), min_size=1, max_size=9).map(
    lambda numbers: PartId(".".join(map(str, numbers)))
)


def test_types_and_kinds_go_both_ways() -> None:
    """MS-ASCMD R4667 to R4685; Junk has no number of its own: it shows as a mail folder."""
    for kind in FolderKind:
        number = type_number(kind)
        if kind is FolderKind.RECIPIENT_CACHE:
            assert number == 19
            continue
        assert 2 <= number <= 17
        assert kind_of(number) is (FolderKind.MAIL if kind is FolderKind.JUNK else kind)
    assert type_number(FolderKind.JUNK) == 12
    assert kind_of(1) is FolderKind.MAIL


@pytest.mark.parametrize("number", [0, 18, 19, 20, -1])
def test_numbers_without_a_kind_are_value_errors(number: int) -> None:
    """18 is unknown by name, 19 the recipient cache: neither is a folder of a mailbox."""
    with pytest.raises(ValueError, match="no folder has the type"):
        kind_of(number)


def test_devices_create_user_folders_only() -> None:
    """MS-ASCMD R4654, R4655: types 1 and 12 to 17."""
    assert {number for number in range(25) if creatable(number)} == {1, 12, 13, 14, 15, 16, 17}
    for number in (12, 13, 14, 15, 16, 17):
        assert not kind_of(number).standard


def test_each_folder_names_the_class_of_its_items() -> None:
    """Mail folders are Email; a journal has no class in any version."""
    names = {kind: class_name(kind) for kind in FolderKind if "journal" not in kind.value}
    assert {kind for kind, name in names.items() if name == "Email"} == {
        kind for kind in FolderKind if kind.holds_mail
    }
    assert set(names.values()) == {"Email", "Calendar", "Contacts", "Tasks", "Notes"}
    for kind in (FolderKind.JOURNAL, FolderKind.USER_JOURNAL):
        with pytest.raises(ValueError, match="no class"):
            class_name(kind)
        assert not syncable(kind, Version.V16_1)


@pytest.mark.parametrize("version", list(Version))
def test_drafts_are_always_listed_and_synced_from_16_0_on(version: Version) -> None:
    """MS-ASCMD R5916."""
    assert listed(type_number(FolderKind.DRAFTS), version)
    assert syncable(FolderKind.DRAFTS, version) is (version >= Version.V16_0)
    assert syncable(FolderKind.INBOX, version)


@pytest.mark.parametrize("version", list(Version))
def test_newer_things_are_kept_from_older_versions(version: Version) -> None:
    """MS-ASCMD R2037 (recipient cache), R6282 (Notes): both from 14.0."""
    new = version >= Version.V14_0
    assert listed(19, version) is new
    assert listed(18, version) is new
    assert syncable(FolderKind.NOTES, version) is new
    assert not listed(0, version)
    assert not listed(20, version)


@given(FOLDERS, ITEMS, PARTS)
def test_file_reference_is_read_back(folder: FolderId, item: ItemId, part: PartId) -> None:
    """MS-ASAIRS R213: what was issued names the same attachment again, escaped or not."""
    reference = FileReference(folder, item, part)
    assert FileReference.parse(str(reference)) == reference
    assert FileReference.parse(str(reference).replace(":", "%3a")) == reference


@given(FOLDERS, ITEMS)
def test_long_id_is_read_back_and_is_no_server_id(folder: FolderId, item: ItemId) -> None:
    """The text is short (MS-ASCMD R3739 allows 256) and cannot be taken for another id."""
    long_id = LongId(folder, item)
    assert LongId.parse(str(long_id)) == long_id
    assert long_id.server_id == ServerId(folder, item)
    assert len(str(long_id)) <= 64
    with pytest.raises(ValueError, match="long id"):
        LongId.parse(str(long_id.server_id))


@pytest.mark.parametrize(
    "text",
    ["", "a", "a:1", "a:1:", ":1:2", "a:0:1", "a:01:1", "a:1:0", "a:1:1.", "a:1:1..2", "a b:1:1",
     "a:1:1:1", "a:١:1", "../etc:1:1", "a:1:" + "1." * 100 + "1", "a" * 31 + ":1:1", "a:1:1\n"],
)  # fmt: skip
def test_foreign_file_references_are_value_errors(text: str) -> None:
    """Only what this server can have issued is read."""
    with pytest.raises(ValueError, match="file reference"):
        FileReference.parse(text)
    with pytest.raises(ValueError, match="long id"):
        LongId.parse(text)
