"""Every command in every version, and what is told of versions."""

from base64 import b64encode
from collections.abc import Collection
from dataclasses import replace
from email import message_from_bytes

import pytest

from carbonio_mobile.commands.table import COMMANDS, advertised
from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.eas.clients import Traits
from carbonio_mobile.eas.http import HttpRequest, HttpResponse
from carbonio_mobile.eas.version import OFFERED, Version
from carbonio_mobile.ids import DeviceId, DeviceKey, ItemId
from carbonio_mobile.mime.mailitem import BodyWish, MailState
from carbonio_mobile.pipeline import FOLDER_SYNCS_A_MINUTE, Pipeline, ProvisioningRules
from carbonio_mobile.sync.device import Device, PolicyState, WipeKind, WipeState
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import Rig, basic, now
from carbonio_mobile.wbxml import Element, decode, encode
from carbonio_mobile.wbxml.codepages import AirSync, ComposeMail, Email, FolderHierarchy
from tests.unit.commands import asking
from tests.unit.commands.checked import ALL_VERSIONS, CheckedPhone, check
from tests.unit.commands.phone import change, commands

OLD = ("2.5", "12.0", "12.1")
UNBUILT = ("CreateCollection", "DeleteCollection", "MoveCollection", "Notify")
MAIL = (
    b"From: Mary <mary@example.com>\r\nTo: John <john@example.com>\r\nSubject: Plans\r\n"
    b"Message-ID: <plans@example.com>\r\nDate: Fri, 15 Jan 2027 07:00:00 +0000\r\n"
    b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
    b"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Wine and <b>cheese</b></p>\r\n"
    b"--b\r\nContent-Type: text/csv\r\nContent-Disposition: attachment; filename=list.csv\r\n"
    b"Content-ID: <list@example.com>\r\n\r\n0123456789\r\n--b--\r\n"
)
ANSWER = (
    b"From: john@example.com\r\nTo: mary@example.com\r\nSubject: Re: Plans\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nWhat John wrote.\r\n"
)

# Command -> the first and the last version that has it (commands.md 1; MS-ASCMD R6000 to R6121).
MATRIX = {
    "Sync": ("2.5", "16.1"),
    "FolderSync": ("2.5", "16.1"),
    "FolderCreate": ("2.5", "16.1"),
    "FolderDelete": ("2.5", "16.1"),
    "FolderUpdate": ("2.5", "16.1"),
    "GetItemEstimate": ("2.5", "16.1"),
    "MoveItems": ("2.5", "16.1"),
    "MeetingResponse": ("2.5", "16.1"),
    "Ping": ("2.5", "16.1"),
    "Provision": ("2.5", "16.1"),
    "ResolveRecipients": ("2.5", "16.1"),
    "ValidateCert": ("2.5", "16.1"),
    "Search": ("2.5", "16.1"),
    "SendMail": ("2.5", "16.1"),
    "SmartReply": ("2.5", "16.1"),
    "SmartForward": ("2.5", "16.1"),
    "Settings": ("12.0", "16.1"),
    "ItemOperations": ("12.0", "16.1"),
    "GetAttachment": ("2.5", "12.1"),
    "GetHierarchy": ("2.5", "12.1"),
    "Find": ("14.0", "16.1"),  # of 16.1, and asked by iOS at 14.x (client-quirks.md 2)
}


def ask(
    rig: Rig, command: str, version: str | None, body: bytes = b"", **more: object
) -> HttpResponse:
    """Send one request whose answer comes at once; ``more`` are headers but for these few."""
    query = more.pop("query", f"Cmd={command}&User=john&DeviceId=dev&DeviceType=Rig")
    method, peer = str(more.pop("method", "POST")), str(more.pop("peer", "127.0.0.1"))
    headers = {name.replace("_", "-"): str(text) for name, text in more.items()}
    if version is not None:
        headers["ms-asprotocolversion"] = version
    request = HttpRequest(
        method=method,
        path="/Microsoft-Server-ActiveSync",
        query=str(query).encode(),
        headers={"authorization": basic(Rig.ADDRESS, Rig.PASSWORD), **headers},
        body=body,
        peer=peer,
        host="example.com",
        secure=True,
    )
    response: HttpResponse = now(rig.pipeline.respond(request))
    return response


def number(version: str) -> Version:
    return Version.parse(version)


def status(response: HttpResponse) -> str:
    if response.code != 200 or not response.body:
        return str(response.code)
    return next((c.string for c in decode(response.body) if c.tag.name == "Status"), "200")


@pytest.mark.parametrize("version", ALL_VERSIONS)
@pytest.mark.parametrize("command", [*MATRIX, *UNBUILT])
def test_each_command_in_each_version(command: str, version: str) -> None:
    """MS-ASCMD_R6020 to R6023, R6048, R6049, R6057, R6100, R10032015: answered or refused rightly.

    Refused: 501 for what is not there (MS-ASHTTP_R186, MS-ASCMD_R7558); what another version has is
    400 up to 12.1 (R7559) and 138 from 14.0 on, without a root element the code of HTTP.
    """
    found = status(ask(Rig(), command, version))
    if command not in COMMANDS:
        assert found in ("501", "137")
        assert number(version) >= Version.V14_0 or found == "501"
        return
    first, last = (number(one) for one in MATRIX[command])
    if first <= number(version) <= last:
        # An empty body is no request of most: what is told is that, and not that it is unknown.
        assert found not in ("501", "137", "138")
    elif command == "GetAttachment" or command == "GetHierarchy" or number(version) < Version.V14_0:
        assert found == "400"
    else:
        assert found == "138"


def test_the_table_of_commands_is_the_matrix() -> None:
    """commands.md 1: no command stands in the table without a row here."""
    for name, command in COMMANDS.items():
        assert (command.first.text, command.last.text) == MATRIX[name], name


def test_what_is_advertised_goes_by_the_versions_offered() -> None:
    """MS-ASHTTP_R247: what is really there in one of the versions, each once."""
    assert set(advertised(OFFERED).split(",")) == set(COMMANDS)
    newest = advertised([Version.V16_0, Version.V16_1]).split(",")
    assert "Find" in newest
    assert not {"GetAttachment", "GetHierarchy"} & set(newest)
    oldest = advertised([Version.V2_5]).split(",")
    assert {"GetAttachment", "GetHierarchy", "Sync"} <= set(oldest)
    assert not {"Settings", "ItemOperations", "Find"} & set(oldest)
    assert "Find" not in advertised([Version.V14_1]).split(",")
    assert not set(UNBUILT) & set(advertised(OFFERED).split(","))


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_the_version_of_each_request_is_obeyed(version: str) -> None:
    """MS-ASHTTP_R283: one device, each time in the form of the version it names."""
    rig = Rig()
    for spoken in (version, "16.1", version):
        answer = ask(rig, "FolderSync", spoken, encode(asking.folder_sync("0")))
        check(decode(answer.body), "FolderSync", spoken)


def test_the_short_content_type_and_no_version_is_a_bare_old_client() -> None:
    """http.md 1, client-quirks.md 1.6: 2.5 until the device says something else."""
    rig = Rig()
    first = encode(asking.folder_sync("0"))
    answer = ask(rig, "FolderSync", None, first, content_type="application/vnd.ms-sync")
    assert status(answer) == "1"
    assert rig.served[-1].version == "2.5"
    ask(rig, "FolderSync", "14.1", first)
    ask(rig, "FolderSync", None, first)
    assert rig.served[-1].version == "14.1"


# The offer


@pytest.fixture
def rig() -> Rig:
    return Rig()


def offering(rig: Rig, *versions: Version, recognise: object = None) -> None:
    """Put a pipeline with another offer into the rig."""
    more = {} if recognise is None else {"recognise": recognise}

    def offer(_account: Account, _device: Device | None) -> Collection[Version]:
        return versions or OFFERED

    old = rig.pipeline
    rig.pipeline = Pipeline(
        accounts=rig.accounts,
        services=rig.services,
        turns=old._turns,
        rules=old._rules,
        limits=old._limits,
        observe=rig.served.append,
        offer=offer,
        **more,
    )


def record(rig: Rig, name: str = "dev") -> Device | None:
    found: Device | None = now(rig.store.device(DeviceKey(rig.account, DeviceId(name))))
    return found


def test_options_tells_all_versions(rig: Rig) -> None:
    """Both lists, in order, the newest 16.1.

    MS-ASHTTP_R1107 MS-ASHTTP_R247 MS-ASHTTP_R249 MS-ASHTTP_R2491 MS-ASHTTP_R238.
    """
    headers = dict(ask(rig, "", None, method="OPTIONS", query="").headers)
    assert headers["MS-ASProtocolVersions"] == "2.5,12.0,12.1,14.0,14.1,16.0,16.1"
    assert headers["MS-ASProtocolCommands"] == advertised(OFFERED)
    assert "X-MS-RP" not in headers
    assert "X-AspNet-Version" not in headers


def test_an_account_may_be_offered_less(rig: Rig) -> None:
    """MS-ASHTTP_R1107: OPTIONS tells it, other versions are refused, in their own way."""
    offering(rig, Version.V12_1, Version.V14_1)
    headers = dict(ask(rig, "", None, method="OPTIONS", query="").headers)
    assert headers["MS-ASProtocolVersions"] == "12.1,14.1"
    assert "Find" not in headers["MS-ASProtocolCommands"].split(",")
    first = encode(asking.folder_sync("0"))
    assert status(ask(rig, "FolderSync", "14.1", first)) == "1"
    assert status(ask(rig, "FolderSync", "16.1", first)) == "138"
    assert status(ask(rig, "FolderSync", "2.5", first)) == "400"


def test_the_folder_sync_that_starts_a_device_tells_the_offer(rig: Rig) -> None:
    """MS-ASHTTP_R1104 MS-ASHTTP_R1202 MS-ASHTTP_R708 MS-ASHTTP_R800: X-MS-RP and both lists."""
    headers = dict(ask(rig, "FolderSync", "14.1", encode(asking.folder_sync("0"))).headers)
    assert headers["X-MS-RP"] == headers["MS-ASProtocolVersions"]
    assert headers["MS-ASProtocolCommands"]


def test_a_changed_offer_is_told_once_with_the_first_normal_answer(rig: Rig) -> None:
    """The device is to start over; said twice it would loop. A refused version says what is left.

    MS-ASHTTP_R226 MS-ASHTTP_R907 MS-ASHTTP_R1105 MS-ASHTTP_R478.
    """
    phone = CheckedPhone(rig, device="dev")
    phone.folder_sync()
    inbox = rig.folder(FolderKind.INBOX)
    phone.prime(inbox)
    offering(rig, Version.V14_0, Version.V14_1)
    refused = ask(rig, "FolderSync", "16.1", encode(asking.folder_sync("0")))
    assert status(refused) == "138"
    assert dict(refused.headers)["X-MS-RP"] == "14.0,14.1"
    sync = encode(asking.sync(phone.collection(inbox)))
    told = [dict(ask(rig, "Sync", "14.1", sync).headers) for _ in range(3)]
    assert [one.get("X-MS-RP") for one in told] == ["14.0,14.1", None, None]
    assert told[0]["MS-ASProtocolVersions"] == "14.0,14.1"
    assert told[0]["MS-ASProtocolCommands"] == advertised([Version.V14_0, Version.V14_1])
    known = record(rig)
    assert known is not None
    assert known.versions_told == "14.0,14.1"


def test_a_new_device_is_not_told_to_start_over(rig: Rig) -> None:
    """It asked OPTIONS a moment ago."""
    estimate = encode(asking.estimate("1", "2", "14.1"))
    assert "X-MS-RP" not in dict(ask(rig, "GetItemEstimate", "14.1", estimate).headers)


def test_who_asked_options_is_not_told_again(rig: Rig) -> None:
    """client-quirks.md 2: a device that names itself in OPTIONS has heard of the change."""
    first = encode(asking.folder_sync("x"))
    ask(rig, "FolderSync", "14.1", first)
    offering(rig, Version.V14_1)
    ask(rig, "", None, method="OPTIONS", query="User=john&DeviceId=Dev&DeviceType=Rig")
    assert "X-MS-RP" not in dict(ask(rig, "FolderSync", "14.1", first).headers)


def test_a_command_that_writes_the_device_is_not_undone(rig: Rig) -> None:
    """What Provision has just written stands, though the record is written again after it."""
    first = encode(asking.folder_sync("x"))
    ask(rig, "FolderSync", "14.1", first)
    offering(rig, Version.V14_1)
    known = record(rig)
    assert known is not None
    policy = PolicyState(key=7, acknowledged_hash="x")
    devices = rig.services.devices
    respond = COMMANDS["FolderSync"].respond

    async def writing(call: object) -> object:
        await devices.save_device(replace(known, policy=policy))
        return await respond(call)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        writes = replace(COMMANDS["FolderSync"], respond=writing)  # type: ignore[arg-type]
        patch.setitem(COMMANDS, "FolderSync", writes)  # type: ignore[arg-type]
        assert "X-MS-RP" in dict(ask(rig, "FolderSync", "14.1", first).headers)
    after = record(rig)
    assert after is not None
    assert after.policy == policy
    assert after.versions_told == "14.1"


# Families


def test_nine_sees_its_sign_of_a_real_exchange(rig: Rig) -> None:
    """client-quirks.md 2: X-AspNet-Version for that family and nobody else."""
    nine = "User=john&DeviceId=4E696E654142&DeviceType=Android"
    assert "X-AspNet-Version" in dict(ask(rig, "", None, method="OPTIONS", query=nine).headers)
    other = "User=john&DeviceId=androidc1&DeviceType=Android"
    assert "X-AspNet-Version" not in dict(ask(rig, "", None, method="OPTIONS", query=other).headers)


def test_a_trait_is_switched_for_one_account(rig: Rig) -> None:
    """client-quirks.md, principle: a trait can be tried out on one account."""

    def recognise(account: Account, _device: Device) -> Traits:
        return Traits(aspnet_header=account.name == Rig.ADDRESS)

    offering(rig, recognise=recognise)
    assert "X-AspNet-Version" in dict(ask(rig, "", None, method="OPTIONS", query="").headers)


def test_some_families_are_let_in_without_a_policy() -> None:
    """client-quirks.md 1, 4.3: Microsoft's tester and Outlook; a phone is not."""
    rig = Rig(rules=ProvisioningRules(required=True, refresh_s=0.0))
    first = encode(asking.folder_sync("0"))
    for kind, found in (("TestActiveSyncConnectivity", "1"), ("WindowsOutlook15", "1")):
        query = f"Cmd=FolderSync&User=john&DeviceId={kind[:6]}&DeviceType={kind}"
        assert status(ask(rig, "FolderSync", "14.1", first, query=query)) == found
    assert status(ask(rig, "FolderSync", "14.1", first)) not in ("1", "200")


def outlook(rig: Rig, device: str, *, peer: str = "10.0.0.1", body: str = "0") -> HttpResponse:
    return ask(
        rig,
        "FolderSync",
        "14.1",
        encode(asking.folder_sync(body)),
        query=f"Cmd=FolderSync&User=john&DeviceId={device}&DeviceType=WindowsOutlook15",
        user_agent="Outlook/16.0 (16.0.1; C2R; x86)",
        peer=peer,
    )


def test_outlook_under_a_new_id_is_known_again(rig: Rig) -> None:
    """client-quirks.md 4.1: its record goes over, an order to wipe it too, and it syncs from 0."""
    outlook(rig, "AAAA")
    first = record(rig, "aaaa")
    assert first is not None
    policy = PolicyState(key=0, temporary=9)
    stored = replace(first, policy=policy, information=(("FriendlyName", "John's desk"),))
    now(rig.store.save_device(stored))
    rig.clock.advance(3600)
    assert status(outlook(rig, "BBBB")) == "1"
    again = record(rig, "bbbb")
    assert again is not None
    assert (again.policy, again.information) == (policy, stored.information)
    assert (again.first_seen, again.sent_id) == (first.first_seen, "BBBB")
    assert again.last_seen == rig.clock.seconds()
    before = record(rig, "aaaa")
    assert before is not None
    assert before.succeeded_by == "bbbb"
    assert "aaaa" in rig.served[-1].fault
    rig.clock.advance(3600)
    outlook(rig, "CCCC")
    third = record(rig, "cccc")
    assert third is not None
    assert third.information == stored.information


def test_a_wipe_follows_a_device_to_its_new_id(rig: Rig) -> None:
    """Nobody gets out of an order by starting anew."""
    outlook(rig, "AAAA")
    wipe = WipeState(kind=WipeKind.FULL, requested_at=1.0)
    now(rig.store.save_wipe(DeviceKey(rig.account, DeviceId("aaaa")), wipe))
    outlook(rig, "BBBB")
    again = record(rig, "bbbb")
    assert again is not None
    assert again.wipe == wipe


def test_two_outlooks_are_two(rig: Rig) -> None:
    """Elsewhere, or still speaking: nothing is taken from anybody."""
    outlook(rig, "AAAA")
    known = record(rig, "aaaa")
    assert known is not None
    now(rig.store.save_device(replace(known, information=(("Model", "desk"),))))
    outlook(rig, "BBBB", peer="10.0.0.2")
    other = record(rig, "bbbb")
    assert other is not None
    assert other.information == ()
    outlook(rig, "CCCC")
    outlook(rig, "AAAA", body="x")
    back = record(rig, "aaaa")
    assert back is not None
    assert back.succeeded_by == ""
    assert back.information == (("Model", "desk"),)
    assert "again" in rig.served[-1].fault


def test_phones_keep_to_themselves(rig: Rig) -> None:
    """Another id of any other family is another device; its address is nobody's business."""
    first = encode(asking.folder_sync("0"))
    for name in ("one", "two"):
        query = f"Cmd=FolderSync&User=john&DeviceId={name}&DeviceType=iPhone"
        ask(rig, "FolderSync", "14.1", first, query=query)
    for name in ("one", "two"):
        known = record(rig, name)
        assert known is not None
        assert (known.peer, known.succeeded_by) == ("", "")


def test_a_device_that_never_stops_asking_for_folders_is_put_off(rig: Rig) -> None:
    """client-quirks.md 4.4: Outlook 2401; 503 with Retry-After, a word in the log, others go on."""
    for _ in range(FOLDER_SYNCS_A_MINUTE):
        assert outlook(rig, "AAAA").code == 200
    refused = outlook(rig, "AAAA")
    assert refused.code == 503
    assert "Retry-After" in dict(refused.headers)
    assert "2401" in rig.served[-1].fault
    assert outlook(rig, "AAAA", body="x").code == 200
    assert outlook(rig, "BBBB").code == 200
    for _ in range(FOLDER_SYNCS_A_MINUTE + 1):
        outlook(rig, "BBBB")
    rig.clock.advance(60)
    assert outlook(rig, "BBBB").code == 200


# What only old versions have


@pytest.mark.parametrize("version", OLD)
def test_get_hierarchy_lists_the_mail_folders(version: str) -> None:
    """The rows of the command.

    MS-ASCMD_R6024 MS-ASCMD_R6025 MS-ASCMD_R6026 MS-ASCMD_R6030 MS-ASCMD_R6031 MS-ASCMD_R6032
    MS-ASCMD_R6037 MS-ASCMD_R6046 MS-ASCMD_R6047 MS-ASCMD_R7388.
    """
    rig = Rig()
    phone = CheckedPhone(rig, version=version)
    phone.folder_sync()
    made = phone.ask("FolderCreate", asking.folder_create(phone.folder_key, "Deals"))
    deals = made.value(FolderHierarchy.ServerId)
    answer = phone.ask("GetHierarchy")
    listed = {
        one.value(FolderHierarchy.ServerId): one.value(FolderHierarchy.Type) for one in answer
    }
    assert listed[rig.folder(FolderKind.INBOX)] == "2"
    assert listed[rig.folder(FolderKind.SENT)] == "5"
    assert listed[deals] == "1"
    assert set(listed.values()) <= {"1", "2", "3", "4", "5", "6"}
    parents = {one.value(FolderHierarchy.ParentId) for one in answer}
    assert parents <= {"0", *listed}


@pytest.mark.parametrize("version", OLD)
def test_a_get_hierarchy_that_fails_is_500(version: str) -> None:
    """MS-ASCMD_R6033."""
    from carbonio_mobile.errors import Corrupt, Unavailable

    for error in (Unavailable("x"), Corrupt("x")):
        rig = Rig()

        async def failing(*_: object, error: Exception = error) -> None:
            raise error

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(rig.mailbox()), "hierarchy", failing)
            assert ask(rig, "GetHierarchy", version).code == 500


@pytest.mark.parametrize("version", OLD)
def test_folder_types_that_old_versions_do_not_know_are_not_shown(version: str) -> None:
    """MS-ASCMD_R2037 MS-ASCMD_R6282: no notes, no recipient cache, nothing unknown, nor made."""
    rig = Rig()
    phone = CheckedPhone(rig, version=version)
    changes = phone.folder_sync().find(FolderHierarchy.Changes)
    types = {one.value(FolderHierarchy.Type) for one in changes or ()}
    assert not types & {"10", "17", "18", "19"}
    made = phone.ask("FolderCreate", asking.folder_create(phone.folder_key, "Notes", kind="17"))
    assert made.value(FolderHierarchy.Status) == "10"


@pytest.mark.parametrize("version", OLD)
def test_a_missing_attachment_is_500(version: str) -> None:
    """MS-ASCMD_R166 MS-ASCMD_R160 MS-ASHTTP_R115 MS-ASHTTP_R487."""
    query = "Cmd=GetAttachment&User=john&DeviceId=dev&DeviceType=Rig&AttachmentName=2:99:1"
    assert ask(Rig(), "GetAttachment", version, query=query).code == 500


def options_2_5(*children: tuple[object, str]) -> Element:
    return Element(AirSync.Options, [Element(tag, text) for tag, text in children])  # type: ignore[arg-type]


def test_a_mail_in_2_5() -> None:
    """classes.md 3, 4: native body and attachments, no flag, no AirSyncBase at all."""
    rig = Rig()
    phone = CheckedPhone(rig, version="2.5")
    inbox = rig.folder(FolderKind.INBOX)
    rig.deliver(MAIL)
    phone.prime(inbox, options_2_5((AirSync.Truncation, "1"), (AirSync.RtfTruncation, "1")))
    ((server_id, mail),) = phone.items[inbox].items()
    assert "cheese" in mail.value(Email.Body, "")
    assert mail.value(Email.BodyTruncated) == "0"
    listed = mail.find(Email.Attachments)
    assert listed is not None
    (one,) = listed
    assert one.value(Email.DisplayName) == "list.csv"
    assert one.value(Email.AttMethod) == "1"
    assert one.value(Email.AttOid) == "list@example.com"
    assert not mail.has(Email.Flag)
    assert not mail.has(Email.ContentClass)
    got = phone.send("GetAttachment", query=f"&AttachmentName={one.value(Email.AttName)}")
    assert got.body.strip() == b"0123456789"
    assert dict(got.headers)["Content-Type"] == "text/csv"
    read = Element(Email.Read, "1")
    phone.sync(inbox, commands(change(server_id, read)))
    state: MailState = now(rig.mailbox().read(inbox, [ItemId(1)], BodyWish()))[ItemId(1)].state
    assert state.read


def test_a_flag_is_refused_to_2_5() -> None:
    """classes.md 5: Flag came with 12.0, Categories with 14.0."""
    for version, tag in (("2.5", Email.Flag), ("12.0", Email.Categories)):
        rig = Rig()
        phone = CheckedPhone(rig, version=version)
        inbox = rig.folder(FolderKind.INBOX)
        rig.deliver(MAIL)
        phone.prime(inbox)
        (server_id,) = phone.items[inbox]
        collection = phone.sync(inbox, commands(change(server_id, Element(tag))))
        assert collection is not None
        responses = collection.find(AirSync.Responses)
        assert responses is not None
        assert responses.children[0].value(AirSync.Status) == "6"


# Sending, by parameters in the URL

LONG_TAGS = {"AttachmentName": 0, "CollectionId": 1, "ItemId": 3, "LongId": 4, "Occurrence": 6}


def plain(command: str, **parameters: str) -> str:
    rest = "".join(f"&{name}={text}" for name, text in parameters.items())
    return f"Cmd={command}&User=john&DeviceId=dev&DeviceType=Rig{rest}"


def binary(command: str, **parameters: str) -> str:
    """The base64 form, as 12.1 has it; 12.0 is tolerated."""
    code = {"SendMail": 1, "SmartForward": 2, "SmartReply": 3}[command]
    octets = bytes([121, code, 9, 4, 3]) + b"dev\0\3Rig"
    for name, text in parameters.items():
        if name == "SaveInSent":
            octets += b"\7\1" + (b"\1" if text == "T" else b"\0")
        else:
            octets += bytes([LONG_TAGS[name], len(text)]) + text.encode()
    return b64encode(octets).decode()


@pytest.mark.parametrize("form", [plain, binary])
@pytest.mark.parametrize("version", OLD)
def test_the_parameters_of_sending(form: object, version: str) -> None:
    """Folder and item, or the id of a search; SaveInSent is F by default.

    MS-ASHTTP_R116 MS-ASHTTP_R117 MS-ASHTTP_R118 MS-ASHTTP_R120 MS-ASHTTP_R121 MS-ASHTTP_R122
    MS-ASHTTP_R437 MS-ASHTTP_R511 MS-ASHTTP_R512 MS-ASHTTP_R517 MS-ASHTTP_R435 MS-ASHTTP_R436
    MS-ASHTTP_R524 MS-ASHTTP_R525 MS-ASHTTP_R526 MS-ASHTTP_R527 MS-ASHTTP_R528 MS-ASHTTP_R530
    MS-ASHTTP_R531 MS-ASHTTP_R532 MS-ASHTTP_R533 MS-ASHTTP_R88 MS-ASHTTP_R92 MS-ASHTTP_R93
    MS-ASHTTP_R484 MS-ASHTTP_R488 MS-ASHTTP_R489.
    """
    rig = Rig()
    inbox = rig.folder(FolderKind.INBOX)
    item = rig.deliver(MAIL).item
    mime = {"content_type": "message/rfc822"}
    from carbonio_mobile.eas.longid import LongId

    named = {"CollectionId": inbox, "ItemId": f"{inbox}:{item}"}
    asked: tuple[tuple[str, dict[str, str]], ...] = (
        ("SendMail", {}),
        ("SendMail", {"SaveInSent": "T"}),
        ("SendMail", {"SaveInSent": "F"}),
        ("SmartReply", {**named, "SaveInSent": "T"}),
        ("SmartForward", {**named, "SaveInSent": "T"}),
        ("SmartReply", {"LongId": str(LongId(inbox, item))}),
    )
    for count, (command, parameters) in enumerate(asked):
        rig.submission.taken.clear()
        body = ANSWER.replace(b"What John", b"What, %d, John" % count)
        query = form(command, **parameters)  # type: ignore[operator]
        response = ask(rig, command, version, body, query=query, **mime)
        assert (response.code, response.body) == (200, b""), (command, parameters)
        ((_, sent),) = rig.submission.taken.items()
        assert (sent.sent_copy is not None) is (parameters.get("SaveInSent") == "T")
        whole = message_from_bytes(sent.message).as_string()
        assert ("cheese" in whole) is (command != "SendMail")
        assert ("list.csv" in whole) is (command == "SmartForward")


@pytest.mark.parametrize("form", [plain, binary])
@pytest.mark.parametrize("version", OLD)
def test_sending_that_cannot_be(form: object, version: str) -> None:
    """Codes of HTTP, nothing goes out.

    MS-ASCMD_R7461 MS-ASHTTP_R119 MS-ASHTTP_R529 MS-ASHTTP_R513.
    """
    rig = Rig()
    inbox = rig.folder(FolderKind.INBOX)
    item = f"{inbox}:{rig.deliver(MAIL).item}"
    mime = {"content_type": "message/rfc822"}
    gone = {"CollectionId": inbox, "ItemId": f"{inbox}:99"}
    for command, parameters, body, code in (
        ("SmartReply", {}, ANSWER, 400),
        ("SmartReply", gone, ANSWER, 404),
        ("SmartReply", {"ItemId": item, "Occurrence": "soon"}, ANSWER, 400),
        ("SmartForward", {"ItemId": item, "Occurrence": "20270115T080000Z"}, ANSWER, 400),
        ("SendMail", {}, ANSWER.replace(b"To: mary@example.com\r\n", b""), 400),
        ("SendMail", {}, b"no message at all", 400),
    ):
        query = form(command, **parameters)  # type: ignore[operator]
        response = ask(rig, command, version, body, query=query, **mime)
        assert (response.code, response.body) == (code, b""), (command, parameters)
    assert not rig.submission.taken


def test_a_message_without_a_version_is_not_taken_for_wbxml() -> None:
    """client-quirks.md 1.6: a bare old client sends mail like any other."""
    rig = Rig()
    query = plain("SendMail")
    assert ask(rig, "SendMail", None, ANSWER, query=query, content_type="text/plain").code == 200
    assert len(rig.submission.taken) == 1


@pytest.mark.parametrize("version", [one for one in ALL_VERSIONS if one not in OLD])
def test_from_14_0_on_a_message_is_a_document(version: str) -> None:
    """MS-ASCMD_R7461: a bare message is then refused by status."""
    rig = Rig()
    answer = ask(rig, "SendMail", version, ANSWER, content_type="message/rfc822")
    assert decode(answer.body).value(ComposeMail.Status) == "103"
