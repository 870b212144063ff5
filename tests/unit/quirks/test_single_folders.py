"""Families that know one folder of a class: the others are hidden, unless wanted."""

import pytest

from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import Rig
from carbonio_mobile.wbxml.codepages import FolderHierarchy, Ping
from tests.unit.commands import asking
from tests.unit.quirks.clients import FamilyPhone, make_folder

OWN = {
    "Contacts": FolderKind.USER_CONTACTS,
    "Calendar": FolderKind.USER_CALENDAR,
    "Tasks": FolderKind.USER_TASKS,
    "Notes": FolderKind.USER_NOTES,
}
STANDARD = ("Contacts", "Calendar", "Tasks", "Notes", "Inbox")
KNOWN = [
    ("Outlook desktop", {"Contacts"}),  # 4.7
    ("Windows Phone", {"Contacts"}),  # 7
    ("Samsung", {"Contacts", "Calendar", "Tasks"}),  # 6.5
    ("Samsung, Android 11+", set()),
    ("iOS", {"Notes"}),  # 5.11
    ("Gmail", set()),
    ("plain", set()),
]


def with_own_folders() -> Rig:
    rig = Rig()
    for name, kind in OWN.items():
        make_folder(rig, f"my {name}", kind)
    make_folder(rig, "my mail", FolderKind.MAIL)
    return rig


def own(phone: FamilyPhone) -> set[str]:
    return {name[3:] for name in phone.folders.values() if name.startswith("my ")}


@pytest.mark.parametrize(("family", "hidden"), KNOWN)
def test_what_a_family_cannot_make_use_of_is_not_shown(family: str, hidden: set[str]) -> None:
    """client-quirks 4.7, 5.11, 6.5, 7: one contact folder, calendar, task list, list of notes."""
    phone = FamilyPhone(with_own_folders(), family)
    phone.folder_sync()
    assert own(phone) == {*OWN, "mail"} - hidden
    assert set(STANDARD) <= set(phone.folders.values())


@pytest.mark.parametrize("family", ["Samsung", "Outlook desktop", "iOS"])
def test_the_tree_stays_as_it_is(family: str) -> None:
    """client-quirks 4.7: what is hidden is neither told and taken back nor news for a Ping."""
    rig = with_own_folders()
    phone = FamilyPhone(rig, family)
    phone.folder_sync()
    before, key = dict(phone.folders), phone.folder_key
    for name, kind in OWN.items():
        make_folder(rig, f"another {name}", kind)
    phone.folder_sync()
    told = {name for name in phone.folders.values() if name.startswith("another ")}
    assert phone.folders.items() >= before.items()
    assert len(told) == len(own(phone)) - 1
    assert (phone.folder_key == key) == (not told)
    inbox = rig.folder(FolderKind.INBOX)
    waiting = rig.send(
        "Ping",
        asking.ping(60, inbox),
        version="14.1",
        device=phone.device,
        headers={"user-agent": phone.agent},
    )
    assert not waiting.called
    rig.clock.advance(60)
    assert waiting.called


@pytest.mark.parametrize("version", ["12.1", "14.1", "16.1"])
def test_an_account_may_have_all_shown(version: str) -> None:
    """client-quirks 4.7 (setting): switched on and off, and told at the next FolderSync."""
    rig = with_own_folders()
    phone = FamilyPhone(rig, "Samsung", version)
    phone.folder_sync()
    hidden = own(phone)
    rig.accounts.set_attributes(rig.account, carbonioMobileShowAllFolders="TRUE")
    inbox = rig.folder(FolderKind.INBOX)
    answer = phone.ask("Ping", asking.ping(60, inbox))
    assert answer.value(Ping.Status) == "7"
    phone.folder_sync()
    assert own(phone) - hidden == {"Contacts", "Calendar", "Tasks"}
    answer = phone.folder_sync()
    assert not answer.has(FolderHierarchy.Add)
    rig.accounts.set_attributes(rig.account, carbonioMobileShowAllFolders="FALSE")
    phone.folder_sync()
    assert own(phone) == hidden


def test_another_agent_does_not_bring_the_folders_back() -> None:
    """client-quirks 1.1: the agent may be missing or differ; the family stays what it was."""
    rig = with_own_folders()
    phone = FamilyPhone(rig, "Samsung")
    phone.folder_sync()
    shown = dict(phone.folders)
    for agent in ("", "Dalvik/2.1.0"):
        phone.agent = agent
        rig.clock.advance(3600)
        phone.folder_sync()
        assert phone.folders == shown
    phone.agent = "Android-SAMSUNG-SM-A515F/101.13"  # it was updated, and can do more now
    rig.clock.advance(3600)
    phone.folder_sync()
    phone.folder_sync()
    assert own(phone) == {*OWN, "mail"}
