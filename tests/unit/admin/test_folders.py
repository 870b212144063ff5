"""The commands for shared folders."""

from collections.abc import Awaitable
from typing import TypeVar

import pytest

from carbonio_mobile.admin.answers import Listing, Said
from carbonio_mobile.admin.calling import AdminFault
from carbonio_mobile.admin.catalogue.folders import COMMANDS
from carbonio_mobile.admin.responders.folders import FolderResponders
from carbonio_mobile.errors import NotFound
from carbonio_mobile.ids import OperationId
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import now
from tests.unit.admin.calls import ask, rows
from tests.unit.commands.sharedrig import MARY, SharedRig

JOHN = SharedRig.ADDRESS
T = TypeVar("T")


class Desk:
    """Types commands to a rig."""

    def __init__(self) -> None:
        self.rig = SharedRig()
        self.responders = FolderResponders(
            accounts=self.rig.accounts, mailboxes=self.rig.mailboxes, sharing=self.rig.sharing
        ).responders()

    def type(self, name: str, *words: str) -> object:
        """Give the answer to a line."""
        return now(ask(COMMANDS, self.responders, name, *words))

    def said(self, name: str, *words: str) -> str:
        """Give the sentence that answers a line."""
        answer = self.type(name, *words)
        assert isinstance(answer, Said)
        return answer.text

    def shared(self) -> list[object]:
        """Give what getSharedFolders lists for John."""
        answer = self.type("getSharedFolders", JOHN)
        assert isinstance(answer, Listing)
        return list(now(_rows(answer)))


def _rows(answer: Listing) -> Awaitable[list[object]]:
    return rows(answer)  # type: ignore[return-value]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_each_command_has_who_answers_it(desk: Desk) -> None:
    """What is declared is answered, and nothing else."""
    assert {each.name for each in COMMANDS} == set(desk.responders)


def test_a_folder_is_granted_mounted_shown_and_taken_back(desk: Desk) -> None:
    """The way of a share from its owner to a phone, and back."""
    box = desk.rig.theirs()
    top = now(box.create_folder(None, "Projects", FolderKind.MAIL, operation=OperationId("top")))
    now(box.create_folder(top.id, "2026", FolderKind.MAIL, operation=OperationId("sub")))
    said = desk.said("grantFolder", MARY, "projects", JOHN, "RW")
    assert said == f"rw on Projects of {MARY} granted to {JOHN}"
    said = desk.said("mountFolder", JOHN, MARY, "Projects/2026", "name", "Hers")
    assert said.startswith(f"2026 of {MARY} mounted as 1000001 (Hers) for {JOHN}")
    row = {"item_id": 1000001, "name": "Hers", "owner": MARY, "folder": "258"}
    assert desk.shared() == [{**row, "rights": "rw", "synced": False}]
    said = desk.said("setSharedFolderSync", JOHN, "1000001", "TRUE")
    assert said == f"shared folder 1000001 (Hers) of {JOHN} is synced"
    shown = now(desk.rig.johns().hierarchy())
    assert [one.name for one in shown.folders if one.owner] == ["Hers"]
    desk.said("revokeFolder", MARY, "Projects", JOHN)
    assert desk.shared() == [{**row, "rights": "none", "synced": True}]
    desk.said("setSharedFolderSync", JOHN, "1000001", "false")
    with pytest.raises(AdminFault, match="is not granted"):
        desk.said("setSharedFolderSync", JOHN, "1000001", "true")
    desk.said("unmountFolder", JOHN, "1000001")
    assert desk.shared() == []


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (("mountFolder", JOHN, MARY, "Calendar"), "is granted to"),
        (("mountFolder", JOHN, MARY, "all"), "grantFolder with all"),
        (("mountFolder", JOHN, MARY, "Nowhere"), "has no folder 'Nowhere'"),
        (("mountFolder", JOHN, MARY, "Inbox", "name", "inbox"), "give another name"),
        (("mountFolder", JOHN, MARY, "Inbox", "name", "a/b"), "without slashes"),
        (("revokeFolder", MARY, "Calendar", JOHN), "granted nothing"),
        (("setSharedFolderSync", JOHN, "2", "true"), "getSharedFolders lists them"),
        (("disableFolderSync", JOHN, "2", "true"), "system folder"),
        (("disableFolderSync", JOHN, "999", "true"), "no own folder"),
        (("unmountFolder", JOHN, "5"), "no shared folder 5"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(
    desk: Desk, line: tuple[str, ...], expected: str
) -> None:
    """Nothing changes."""
    desk.said("grantFolder", MARY, "Inbox", JOHN, "r")
    with pytest.raises(AdminFault, match=expected):
        desk.type(*line)
    assert desk.shared() == []


def test_an_account_that_is_not_there_is_named(desk: Desk) -> None:
    """The administrator reads which one it is."""
    with pytest.raises(NotFound, match=r"nobody@example\.com"):
        desk.type("getSharedFolders", "nobody@example.com")


def test_a_whole_account_is_mounted_where_all_of_it_is_granted(desk: Desk) -> None:
    """It has the owner's name."""
    desk.said("grantFolder", MARY, "all", JOHN, "r")
    desk.said("mountFolder", JOHN, MARY, "all")
    desk.said("setSharedFolderSync", JOHN, "1000001", "true")
    shown = [one for one in now(desk.rig.johns().hierarchy()).folders if one.owner]
    assert shown[0].name == MARY
    assert len(shown) > 5
    assert all(one.read_only for one in shown)


def test_an_own_folder_is_hidden_and_shown(desk: Desk) -> None:
    """By its number; in the account's own mailbox it stays."""
    made = now(
        desk.rig.mailbox().create_folder(
            None, "Private", FolderKind.MAIL, operation=OperationId("own")
        )
    )
    said = desk.said("disableFolderSync", JOHN, made.id, "true")
    assert said == f"folder {made.id} (Private) of {JOHN} hidden from devices"
    assert now(desk.rig.johns().hierarchy()).find(made.id) is None
    assert now(desk.rig.mailbox().hierarchy()).find(made.id) is not None
    desk.said("disableFolderSync", JOHN, made.id, "false")
    assert now(desk.rig.johns().hierarchy()).find(made.id) is not None
