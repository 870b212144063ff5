"""Statuses that several commands share, each with its cause (MS-ASCMD 2.2.2)."""

from dataclasses import replace

import pytest

from carbonio_mobile.ids import DeviceId, DeviceKey
from carbonio_mobile.sync.device import WipeKind, WipeState
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import now
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import (
    AirSync,
    Email2,
    FolderHierarchy,
    GetItemEstimate,
    ItemOperations,
    Move,
    Ping,
    Provision,
    Search,
    Settings,
)
from tests.unit.rows.mailcase import MailCase, the

SINCE_14 = ("14.0", "14.1", "16.0", "16.1")
ROOTS = {
    "FolderSync": FolderHierarchy.FolderSync,
    "GetItemEstimate": GetItemEstimate.GetItemEstimate,
    "ItemOperations": ItemOperations.ItemOperations,
    "MoveItems": Move.MoveItems,
    "Ping": Ping.Ping,
    "Search": Search.Search,
    "Settings": Settings.Settings,
    "Sync": AirSync.Sync,
}
"""Commands whose schema has room for a status of the whole; MeetingResponse has none."""


def refusal(case: MailCase, command: str) -> str:
    """Give the status of a command that is refused as a whole."""
    root = ROOTS[command]
    answer = case.phone.told(case.phone.send(command, Element(root)), command)
    assert answer.tag is root
    (status,) = answer.children
    assert status.tag.name == "Status"
    return status.string


@pytest.mark.parametrize("version", SINCE_14)
@pytest.mark.parametrize("command", ROOTS)
def test_an_account_that_may_not_use_activesync(command: str, version: str) -> None:
    """MS-ASCMD R4869: 126, by what its directory entry says."""
    case = MailCase(version)
    assert refusal_or_none(case, command) != "126"
    rig = case.rig
    rig.accounts.set_attributes(rig.account, zimbraFeatureMobileSyncEnabled="FALSE")
    assert refusal(case, command) == "126"


def refusal_or_none(case: MailCase, command: str) -> str | None:
    """Give the first status of an answer, None for another answer."""
    response = case.phone.send(command, Element(ROOTS[command]))
    if response.code != 200 or not response.body:
        return None
    return case.phone.told(response, command).children[0].text  # type: ignore[return-value]


@pytest.mark.parametrize("version", SINCE_14)
@pytest.mark.parametrize("command", ROOTS)
def test_a_device_that_is_kept_out(command: str, version: str) -> None:
    """MS-ASCMD R4876: 129, for one that was wiped; another of the account is let in."""
    case = MailCase(version)
    key = DeviceKey(case.rig.account, DeviceId(case.phone.device))
    device = now(case.rig.store.device(key))
    assert device is not None
    wiped = WipeState(kind=WipeKind.FULL, requested_at=1.0, sent_at=2.0, acknowledged_at=3.0)
    now(case.rig.store.save_wipe(key, wiped))
    assert now(case.rig.store.device(key)) == replace(device, wipe=wiped)
    assert refusal(case, command) == "129"
    case.phone.device = "another"
    assert refusal_or_none(case, command) != "129"


@pytest.mark.parametrize("version", ["14.1", "16.0", "16.1"])
def test_provisioning_wants_to_know_the_device(version: str) -> None:
    """MS-ASCMD R4953: 165, where the first request says nothing of it."""
    case = MailCase(version)
    kind = Element(Provision.PolicyType, "MS-EAS-Provisioning-WBXML")
    policies = Element(Provision.Policies, [Element(Provision.Policy, [kind])])
    answer = case.phone.ask("Provision", Element(Provision.Provision, [policies]))
    assert answer.value(Provision.Status) == "165"


@pytest.mark.parametrize("version", SINCE_14)
@pytest.mark.parametrize("kind", [FolderKind.CALENDAR, FolderKind.CONTACTS, FolderKind.TASKS])
def test_a_conversation_goes_to_folders_of_mail_only(version: str, kind: FolderKind) -> None:
    """MS-ASCMD R4942: 156, and nothing is moved."""
    case = MailCase(version)
    name = case.arrive()
    conversation = the(case.held(name), Email2.ConversationId).octets
    move = Element(
        ItemOperations.Move,
        [
            Element(ItemOperations.ConversationId, conversation),
            Element(ItemOperations.DstFldId, case.rig.folder(kind)),
            Element(ItemOperations.Options, [Element(ItemOperations.MoveAlways)]),
        ],
    )
    document = Element(ItemOperations.ItemOperations, [move])
    answer = case.phone.ask("ItemOperations", document)
    told = the(the(answer, ItemOperations.Response), ItemOperations.Move)
    assert told.value(ItemOperations.Status) == "156"
    assert case.read(name).folder == case.folder
