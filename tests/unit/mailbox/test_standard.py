"""Names of folders."""

import pytest

from carbonio_mobile.errors import NotAllowed
from carbonio_mobile.mailbox.standard import STANDARD_FOLDERS, check_creatable, clean_name, name_key
from carbonio_mobile.sync.folders import FolderKind


def test_numbers_of_carbonio() -> None:
    """The standard folders have the ids that they have in Carbonio."""
    numbers = {folder.kind.value: folder.id for folder in STANDARD_FOLDERS}
    assert numbers == {
        "inbox": "2", "trash": "3", "junk": "4", "sent": "5", "drafts": "6",
        "contacts": "7", "calendar": "10", "notes": "12", "tasks": "15", "recipient-cache": "RI",
    }  # fmt: skip


@pytest.mark.parametrize(("given", "kept"), [(" a ", "a"), ("\u3000ü\t", "ü"), ("a b", "a b")])
def test_clean_name(given: str, kept: str) -> None:
    """White space around a name goes, that within stays."""
    assert clean_name(given) == kept


@pytest.mark.parametrize("bad", ["", "  ", "/", "a\x7f", "a\x00", "\udfff", "x" * 257])
def test_bad_name(bad: str) -> None:
    """A name that no client could show or that would split a path is refused."""
    with pytest.raises(NotAllowed):
        clean_name(bad)


def test_name_key_folds_case_and_composition() -> None:
    """Names that look the same are the same."""
    assert name_key("Straße") == name_key("STRASSE")
    assert name_key("caf\u00e9") == name_key("CAFE\u0301")
    assert name_key("a") != name_key("b")


@pytest.mark.parametrize("kind", list(FolderKind))
def test_creatable_kinds(kind: FolderKind) -> None:
    """Users create mail folders and folders of their own of each class."""
    if kind is FolderKind.MAIL or kind.value.startswith("user-"):
        check_creatable(kind)
    else:
        with pytest.raises(NotAllowed):
            check_creatable(kind)
