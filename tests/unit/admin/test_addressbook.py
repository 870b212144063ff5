"""The commands for exposed address books."""

from collections.abc import Mapping

import pytest

from carbonio_mobile.addressbook.exposure import Exposure
from carbonio_mobile.admin.answers import Said, Value
from carbonio_mobile.admin.calling import AdminFault
from carbonio_mobile.admin.catalogue.addressbook import COMMANDS
from carbonio_mobile.admin.responders.addressbook import AddressBookResponders
from carbonio_mobile.errors import NotFound
from carbonio_mobile.ids import AccountId, FolderId
from carbonio_mobile.store.memoryexposures import MemoryExposures
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import now
from tests.unit.admin.calls import ask, rows
from tests.unit.commands.sharedrig import MARY, SharedRig

GONE = AccountId("11111111-2222-3333-4444-555555555555")


class Desk:
    """Types commands to a rig, in which the domain example.com is."""

    def __init__(self) -> None:
        self.rig = SharedRig()
        self.exposures = MemoryExposures()
        self.responders = AddressBookResponders(
            accounts=self.rig.accounts,
            mailboxes=self.rig.mailboxes,
            exposures=self.exposures,
            domain_named=self._domain_named,
        ).responders()

    async def _domain_named(self, text: str) -> str:
        if text.lower() != "example.com":
            raise NotFound(f"there is no domain {text}")
        return "example.com"

    def said(self, *words: str) -> str:
        """Give the sentence that answers a line."""
        verb, scope, *rest = words
        answer = now(ask(COMMANDS, self.responders, f"addressBook {verb} {scope}", *rest))
        assert isinstance(answer, Said)
        return answer.text

    def listed(self, *words: str) -> list[Mapping[str, Value]]:
        """Give what a list shows."""
        scope, *rest = words
        name = f"addressBook list {scope}"
        answer = now(ask(COMMANDS, self.responders, name, *rest))
        listing: list[Mapping[str, Value]] = now(rows(answer))  # type: ignore[arg-type]
        return listing

    def folder(self, name: str, parent: str | None = None) -> str:
        """Make an address book of Mary's; gives its id."""
        above = None if parent is None else FolderId(parent)
        box = self.rig.theirs()
        made = now(
            box.create_folder(above, name, FolderKind.USER_CONTACTS, operation=self.rig.operation())
        )
        return str(made.id)

    def orphan(self, domain: str, folder: FolderId | None) -> None:
        """Expose a book of an account that is no more."""
        now(self.exposures.add(Exposure(domain=domain, account=GONE, folder=folder)))


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_each_command_has_who_answers_it(desk: Desk) -> None:
    """What is declared is answered, and nothing else."""
    assert {each.name for each in COMMANDS} == set(desk.responders)


def test_a_book_is_shown_listed_and_taken_back(desk: Desk) -> None:
    """To a domain, by folder id, the owner named by address or by id."""
    partners = desk.folder("EMEA Partners", "7")
    said = desk.said("add", "domain", "example.com", MARY, partners)
    assert said == (
        f"address book /Contacts/EMEA Partners of {MARY} shown to the accounts of example.com"
    )
    row = {"account": MARY, "accountId": desk.rig.mary, "folder": partners}
    expected = [{**row, "path": "/Contacts/EMEA Partners"}]
    assert desk.listed("domain", "EXAMPLE.com") == expected
    assert desk.listed("global") == []
    said = desk.said("remove", "domain", "example.com", str(desk.rig.mary), partners)
    assert said == f"1 address book of {MARY} no longer shown to the accounts of example.com"
    assert desk.listed("domain", "example.com") == []


def test_all_books_are_shown_to_everybody(desk: Desk) -> None:
    """Those of later are among them; the folder of remove may be left out, named or not."""
    for line in ((), ("all",), ("folder", "ALL")):
        desk.said("add", "global", str(desk.rig.mary), "all")
        row = {"account": MARY, "accountId": desk.rig.mary, "folder": "all", "path": ""}
        assert desk.listed("global") == [row]
        said = desk.said("remove", "global", MARY, *line)
        assert said == f"all address books of {MARY} no longer shown to all accounts"
        assert desk.listed("global") == []


def test_remove_all_takes_single_books_too(desk: Desk) -> None:
    """Within the scope alone."""
    desk.said("add", "global", MARY, "7")
    desk.said("add", "global", MARY, desk.folder("Family"))
    desk.said("add", "domain", "example.com", MARY, "7")
    assert desk.said("remove", "global", MARY, "all").startswith("2 address books")
    assert len(desk.listed("domain", "example.com")) == 1


def test_what_everybody_sees_is_mentioned_when_a_domain_is_to_see_no_more(desk: Desk) -> None:
    """It is still seen there."""
    desk.said("add", "global", MARY, "7")
    desk.said("add", "domain", "example.com", MARY, "7")
    said = desk.said("remove", "domain", "example.com", MARY, "all")
    assert said.endswith(
        "no longer shown to the accounts of example.com, but for what addressBook list global has"
    )


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("2", r"folder 2 \(Inbox\) of mary@example.com is no address book; expected all, or one"),
        ("10", "is no address book"),
        ("RI", "is no address book"),
        ("999", r"has no folder '999'; .*7 \(/Contacts\)"),
        ("Contacts", "has no folder"),
    ],
)
def test_what_is_no_address_book_is_refused(desk: Desk, folder: str, expected: str) -> None:
    """The administrator reads which there are."""
    with pytest.raises(AdminFault, match=expected):
        desk.said("add", "global", MARY, folder)
    assert desk.listed("global") == []


def test_a_book_in_the_trash_is_refused(desk: Desk) -> None:
    """It is no longer in use."""
    old = desk.folder("Old")
    now(desk.rig.theirs().update_folder(FolderId(old), parent=FolderId("3"), name="Old"))
    with pytest.raises(AdminFault, match="is no address book"):
        desk.said("add", "global", MARY, old)


def test_nothing_is_shown_twice_and_nothing_removed_that_is_not_shown(desk: Desk) -> None:
    """The administrator reads what there is."""
    with pytest.raises(AdminFault, match=r"no address book of mary@example\.com is shown to all"):
        desk.said("remove", "global", MARY)
    desk.said("add", "global", MARY, "7")
    with pytest.raises(AdminFault, match="is shown to all accounts already"):
        desk.said("add", "global", MARY, "7")
    with pytest.raises(AdminFault, match=r"folder '8' .* is not shown .* these are: 7"):
        desk.said("remove", "global", MARY, "8")


def test_an_orphan_is_listed_and_removed_by_id(desk: Desk) -> None:
    """cli.md 2.3: the account was deleted, its exposures are there; all takes each of them."""
    for domain in ("", "example.com"):
        desk.orphan(domain, None)
        desk.orphan(domain, FolderId("7"))
    shown = desk.listed("global")
    assert [row["account"] for row in shown] == ["(deleted)", "(deleted)"]
    assert {row["accountId"] for row in shown} == {GONE}
    assert desk.said("remove", "global", GONE.upper(), "all").startswith("all address books of 111")
    assert desk.said("remove", "domain", "example.com", GONE, "7").startswith("1 address book of")
    assert len(desk.exposures.all_exposures()) == 1


def test_a_book_that_was_deleted_is_listed_as_such(desk: Desk) -> None:
    """And may be removed."""
    family = desk.folder("Family")
    desk.said("add", "global", MARY, family)
    now(desk.rig.theirs().delete_folder(FolderId(family)))
    assert desk.listed("global")[0]["path"] == "(deleted)"
    desk.said("remove", "global", MARY, family)


def test_exposures_of_a_domain_that_is_gone_are_removed(desk: Desk) -> None:
    """A domain of which nothing is known at all is refused."""
    desk.orphan("old.example", None)
    assert len(desk.listed("domain", "old.example")) == 1
    desk.said("remove", "domain", "OLD.example", GONE, "all")
    with pytest.raises(NotFound):
        desk.listed("domain", "old.example")


@pytest.mark.parametrize("line", [("add", "global"), ("remove", "global")])
def test_an_account_of_which_nothing_is_known_is_refused(desk: Desk, line: tuple[str, str]) -> None:
    """Whether by address or by id."""
    for owner in ("nobody@example.com", GONE):
        with pytest.raises(NotFound):
            desk.said(*line, owner, "all")
