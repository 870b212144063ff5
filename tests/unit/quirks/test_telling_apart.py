"""client-quirks 1 and 2: who a request comes from, and what of the protocol it is offered."""

import pytest
from twisted.internet.defer import Deferred

from carbonio_mobile.eas.http import HttpRequest, HttpResponse
from carbonio_mobile.eas.requestline import RequestLine, format_binary
from carbonio_mobile.ids import AccountId, DeviceId, DeviceKey
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import Rig, basic, now
from carbonio_mobile.wbxml import Element, encode
from carbonio_mobile.wbxml.codepages import (
    AirSync,
    Find,
    FolderHierarchy,
    ItemOperations,
    Settings,
)
from tests.unit.commands import asking
from tests.unit.commands.checked import CheckedPhone
from tests.unit.quirks.clients import FamilyPhone


def test_the_case_of_a_device_id_means_nothing() -> None:
    """client-quirks 1.2: compared without case, stored as sent first."""
    rig = Rig()
    loud, quiet = CheckedPhone(rig, device="ApplDMPX1"), CheckedPhone(rig, device="appldmpx1")
    loud.folder_sync()
    quiet.folder_key = loud.folder_key
    answer = quiet.folder_sync()
    assert answer.value(FolderHierarchy.SyncKey) == loud.folder_key
    devices = now(rig.services.devices.devices(rig.account))
    assert [one.sent_id for one in devices] == ["ApplDMPX1"]


@pytest.mark.parametrize(
    ("device", "code"),
    [("a", 200), ("A-b_9" * 12, 200), ("x" * 64, 200), ("x" * 65, 400), ("", 400), ("a b", 400)],
)
def test_which_device_ids_there_are(device: str, code: int) -> None:
    """client-quirks 1.2: 1 to 64 letters, digits, - and _; empty is refused."""
    rig = Rig()
    sent = rig.send("FolderSync", asking.folder_sync("0"), device=device.replace(" ", "%20"))
    assert now(sent).code == code


def test_what_a_device_says_of_itself_stands_beside_its_agent() -> None:
    """client-quirks 1.1: model and a second agent come by Settings; both are kept."""
    rig = Rig()
    phone = FamilyPhone(rig, "iOS")
    said = [Element(Settings.Model, "iPhone11C8"), Element(Settings.UserAgent, "iOS/16.1")]
    told = Element(Settings.Set, said)
    phone.ask("Settings", Element(Settings.Settings, [Element(Settings.DeviceInformation, [told])]))
    known = phone.record()
    assert dict(known.information) == {"Model": "iPhone11C8", "UserAgent": "iOS/16.1"}
    assert known.user_agent == phone.agent


def test_one_session_may_mix_the_forms_of_its_request_line() -> None:
    """client-quirks 1.3, 1.6: plain and base64 by turns; the version as an integer, or the last."""
    rig = Rig()
    phone = CheckedPhone(rig, version="14.1")
    phone.folder_sync()
    line = RequestLine(
        command="FolderSync",
        device_id=phone.device,
        device_type="Rig",
        user="",
        version="14.1",
    )
    form = format_binary(line).decode()
    assert now(raw(rig, form, asking.folder_sync(phone.folder_key))).code == 200
    assert (rig.served[-1].device, rig.served[-1].version) == (phone.device, "14.1")
    again = rig.send(
        "FolderSync",
        asking.folder_sync(phone.folder_key),
        device=phone.device,
        headers={"ms-asprotocolversion": ""},
    )
    assert now(again).code == 200
    assert rig.served[-1].version == "14.1"


def raw(rig: Rig, query: str, document: Element) -> "Deferred[HttpResponse]":
    """Send a request with a query of any form and without a version in its header."""
    request = HttpRequest(
        method="POST",
        path="/Microsoft-Server-ActiveSync",
        query=query.encode(),
        headers={
            "authorization": basic(Rig.ADDRESS, Rig.PASSWORD),
            "content-type": "application/vnd.ms-sync.wbxml",
        },
        body=encode(document),
        peer="127.0.0.1",
        host="example.com",
        secure=True,
    )
    return Deferred.fromCoroutine(rig.pipeline.respond(request))


def test_accounts_and_devices_keep_apart() -> None:
    """client-quirks 3.15: two accounts on one phone share nothing but a device id."""
    rig = Rig()
    mary = rig.accounts.add("mary@example.com", Rig.PASSWORD)
    phone = CheckedPhone(rig, device="same")
    phone.folder_sync()
    phone.prime(rig.folder(FolderKind.INBOX))
    key = DeviceKey(AccountId(mary), DeviceId("same"))
    assert now(rig.services.devices.device(key)) is None
    assert not now(rig.services.states.load(key, ["hierarchy", "hierarchy-told"]))


@pytest.mark.parametrize("version", ["14.0", "14.1", "16.1"])
def test_find_without_a_folder_leads_to_the_mail(version: str) -> None:
    """client-quirks 2, 12: iOS sends Find at 14.x, and with no folder; hits can be fetched."""
    rig = Rig()
    rig.deliver(b"Subject: Plans\r\n\r\nWine and cheese\r\n", folder=rig.folder(FolderKind.SENT))
    phone = FamilyPhone(rig, "iOS", version)
    text = Element(Find.Query, [Element(Find.FreeText, "cheese")])
    criterion = Element(Find.MailBoxSearchCriterion, [text])
    search = [
        Element(Find.SearchId, "0f8fad5b-d9cb-469f-a165-70867728950e"),
        Element(Find.ExecuteSearch, [criterion]),
    ]
    answer = phone.ask("Find", Element(Find.Find, search))
    response = answer.find(Find.Response)
    assert response is not None
    hit = response.find(Find.Result)
    assert hit is not None
    assert hit.value(AirSync.CollectionId) == rig.folder(FolderKind.SENT)
    fetch = [
        Element(ItemOperations.Store, "Mailbox"),
        Element(AirSync.CollectionId, hit.value(AirSync.CollectionId)),
        Element(AirSync.ServerId, hit.value(AirSync.ServerId)),
    ]
    wanted = Element(ItemOperations.ItemOperations, [Element(ItemOperations.Fetch, fetch)])
    fetched = phone.ask("ItemOperations", wanted).find(ItemOperations.Response)
    assert fetched is not None
    (one,) = fetched.children
    assert one.value(ItemOperations.Status) == "1"
