"""The bundled phone against the whole server in memory: every command, every version."""

import pytest
from twisted.internet.defer import Deferred

from carbonio_mobile.client import synctrees
from carbonio_mobile.client.composing import File, Message, draft
from carbonio_mobile.client.devicemail import Fetched
from carbonio_mobile.client.faults import LoginRefused, Refused
from carbonio_mobile.client.items import body_of
from carbonio_mobile.client.mailtrees import OofSettings, Original
from carbonio_mobile.client.phone import Phone, PhoneState, SyncOptions, Wanted
from carbonio_mobile.eas.status import PingStatus
from carbonio_mobile.pipeline import ProvisioningRules
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.devices import RigTransport, rig_phone
from carbonio_mobile.testing.rig import Rig, now
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import Email

VERSIONS = ("12.1", "14.0", "14.1", "16.0", "16.1")
MODERN = ("16.0", "16.1")

HTML = (
    b"From: mary@example.com\r\nTo: john@example.com\r\nSubject: page\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n<p>Hello <b>you</b></p>\r\n"
)
FILES = (
    b"From: mary@example.com\r\nSubject: files\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
    b"--b\r\nContent-Type: text/plain\r\n\r\nsee file\r\n"
    b"--b\r\nContent-Type: application/pdf\r\n"
    b'Content-Disposition: attachment; filename="a.pdf"\r\n\r\n%PDF-octets\r\n--b--\r\n'
)


@pytest.fixture
def rig() -> Rig:
    return Rig()


@pytest.fixture(params=VERSIONS)
def phone(request: pytest.FixtureRequest, rig: Rig) -> Phone:
    made = rig_phone(rig, version=request.param)
    now(made.folder_sync())
    return made


def inbox(phone: Phone) -> str:
    return phone.folder("inbox").id


def only(phone: Phone) -> str:
    (name,) = phone.items(inbox(phone))
    return name


def transport_of(phone: Phone) -> RigTransport:
    transport = phone.session.transport
    assert isinstance(transport, RigTransport)
    return transport


def test_options_tells_versions_and_commands(rig: Rig) -> None:
    """What OPTIONS says is kept."""
    phone = rig_phone(rig)
    assert now(phone.options()) == ("2.5", "12.0", *VERSIONS)
    assert "Sync" in phone.state.commands


def test_folders_have_roles_and_paths(phone: Phone) -> None:
    """A folder is found by role, name, path and id, in any case."""
    parent = now(phone.create_folder("Archive"))
    child = now(phone.create_folder("2024", parent=parent))
    assert phone.folder("INBOX").role == "inbox"
    assert phone.folder("archive/2024").id == child
    assert phone.folder("2024").id == child
    assert phone.path(child) == "Archive/2024"
    with pytest.raises(KeyError):
        phone.folder("nowhere")


def test_folder_changes_made_here_do_not_come_back(phone: Phone) -> None:
    """Create, rename and delete leave the phone and the server agreed."""
    made = now(phone.create_folder("One"))
    now(phone.rename_folder(made, "Two"))
    before = dict(phone.folders)
    now(phone.folder_sync())
    assert phone.folders == before
    now(phone.delete_folder(made))
    now(phone.folder_sync())
    assert made not in phone.folders


def test_settle_brings_all_newest_first(rig: Rig, phone: Phone) -> None:
    """Several windows bring every message once, the newest in the first window."""
    for age in range(23):
        rig.deliver(age_s=age * 60.0)
    windows: list[list[str]] = []
    count = now(
        phone.settle(inbox(phone), window=10, progress=lambda result: windows.append(result.added))
    )
    held = phone.items(inbox(phone))
    assert count == len(held) == 23
    assert all(len(window) <= 10 for window in windows)
    newest = max(held.values(), key=lambda item: item.received or 0)
    assert newest.id in windows[0]


@pytest.mark.parametrize("body_type", [1, 2, 4])
def test_bodies_come_as_asked(rig: Rig, phone: Phone, body_type: int) -> None:
    """The body type of the options is the one that comes."""
    rig.deliver(HTML)
    now(phone.settle(inbox(phone), options=SyncOptions(body_type=body_type)))
    item = phone.items(inbox(phone))[only(phone)]
    assert item.content is not None
    body = body_of(item.content)
    assert body is not None
    assert (body.type, item.body_type) == (body_type, body_type)
    assert {1: "Hello you", 2: "<b>you</b>", 4: "Subject: page"}[body_type] in body.text


def test_truncated_bodies_are_marked(rig: Rig, phone: Phone) -> None:
    """A body beyond the limit comes cut, and says so."""
    rig.deliver(b"Subject: long\r\n\r\n" + b"word " * 1000)
    now(phone.settle(inbox(phone), options=SyncOptions(truncation_bytes=100)))
    item = phone.items(inbox(phone))[only(phone)]
    assert item.truncated
    assert item.body_bytes > 4000
    body = body_of(item.content or Element(Email.Body))
    assert body is not None
    assert len(body.octets) <= 100


def test_filter_makes_old_mail_go(rig: Rig, phone: Phone) -> None:
    """Narrowing the filter removes softly what is older, and leaves it on the server."""
    rig.deliver(age_s=10 * 86_400.0)
    rig.deliver()
    now(phone.settle(inbox(phone)))
    assert len(phone.items(inbox(phone))) == 2
    result = now(phone.sync(inbox(phone), options=SyncOptions(filter_type=2)))
    assert len(result.soft_removed) == 1
    assert len(phone.items(inbox(phone))) == 1


def test_changes_go_up_and_do_not_come_back(rig: Rig, phone: Phone) -> None:
    """Read and flag reach the mailbox; another phone hears of them, this one does not."""
    rig.deliver()
    other = rig_phone(rig, version=phone.state.version, device="phone2")
    now(other.folder_sync())
    for one in (phone, other):
        now(one.settle(inbox(one)))
    name = only(phone)
    now(phone.sync(inbox(phone), synctrees.change(name, synctrees.read(True), synctrees.flagged())))
    assert now(phone.sync(inbox(phone))).count == 0
    assert now(other.sync(inbox(other))).changed == [name]
    for one in (phone, other):
        assert (one.items(inbox(one))[name].read, one.items(inbox(one))[name].flag) == (True, 2)
    now(phone.sync(inbox(phone), synctrees.change(name, synctrees.flag_complete(1_800_000_000.0))))
    now(other.sync(inbox(other)))
    assert other.items(inbox(other))[name].flag == 1
    now(phone.sync(inbox(phone), synctrees.change(name, synctrees.unflagged())))
    now(other.sync(inbox(other)))
    assert other.items(inbox(other))[name].flag == 0


@pytest.mark.parametrize("version", VERSIONS[1:])
def test_categories_go_up(rig: Rig, version: str) -> None:
    """Categories exist from 14.0 on."""
    rig.deliver()
    phones = [rig_phone(rig, version=version, device=name) for name in ("one", "two")]
    for phone in phones:
        now(phone.folder_sync())
        now(phone.settle(inbox(phone)))
    first, second = phones
    name = only(first)
    now(first.sync(inbox(first), synctrees.change(name, synctrees.categories("blue", "red"))))
    now(second.sync(inbox(second)))
    assert second.items(inbox(second))[name].categories == ("blue", "red")
    now(second.sync(inbox(second), synctrees.change(name, synctrees.categories())))
    now(first.sync(inbox(first)))
    assert first.items(inbox(first))[name].categories == ()


def test_delete_moves_into_the_trash(rig: Rig, phone: Phone) -> None:
    """A deleted message is gone here and held in the trash."""
    rig.deliver()
    now(phone.settle(inbox(phone)))
    now(phone.sync(inbox(phone), synctrees.delete(only(phone))))
    assert not phone.items(inbox(phone))
    now(phone.settle(phone.folder("trash").id))
    assert len(phone.items(phone.folder("trash").id)) == 1


def test_fetch_in_sync_brings_content(rig: Rig, phone: Phone) -> None:
    """Fetch gives the whole item; one that is not there is refused with status 8."""
    rig.deliver()
    now(phone.settle(inbox(phone)))
    name = only(phone)
    result = now(phone.sync(inbox(phone), synctrees.fetch(name)))
    assert name in result.fetched
    gone = f"{inbox(phone)}:999"
    assert now(phone.sync(inbox(phone), synctrees.fetch(gone))).refused == {gone: 8}


def test_several_folders_in_one_request(rig: Rig, phone: Phone) -> None:
    """One Sync brings the news of several folders."""
    rig.deliver()
    rig.deliver(folder=rig.folder(FolderKind.SENT))
    sent = phone.folder("sent").id
    results = now(phone.sync_all([Wanted(folder=inbox(phone)), Wanted(folder=sent)]))
    assert {name: len(one.added) for name, one in results.items()} == {inbox(phone): 1, sent: 1}


def test_estimate_counts_what_waits(rig: Rig, phone: Phone) -> None:
    """The estimate is what the next Sync brings."""
    now(phone.settle(inbox(phone)))
    for _ in range(3):
        rig.deliver()
    assert now(phone.estimate(inbox(phone))) == {inbox(phone): 3}
    now(phone.settle(inbox(phone)))
    assert now(phone.estimate(inbox(phone))) == {inbox(phone): 0}


def test_ping_returns_at_a_delivery(rig: Rig, phone: Phone) -> None:
    """A parked Ping names the folder that mail came to; the next one is an empty request."""
    now(phone.settle(inbox(phone)))
    waiting = Deferred.fromCoroutine(phone.ping([inbox(phone)], heartbeat_s=300))
    assert not waiting.called
    rig.deliver()
    assert now(waiting).folders == (inbox(phone),)
    now(phone.settle(inbox(phone)))
    again = Deferred.fromCoroutine(phone.ping([inbox(phone)], heartbeat_s=300))
    rig.clock.advance(300)
    assert now(again).status == PingStatus.EXPIRED
    assert transport_of(phone).posted[-1].body == b""


def test_ping_takes_the_bound_of_the_heartbeat(rig: Rig, phone: Phone) -> None:
    """A heartbeat out of bounds is asked for again within them."""
    now(phone.settle(inbox(phone)))
    waiting = Deferred.fromCoroutine(phone.ping([inbox(phone)], heartbeat_s=5))
    rig.clock.advance(60)
    assert now(waiting).status == PingStatus.EXPIRED
    assert phone.state.ping_heartbeat_s == 60


def test_ping_with_too_many_folders_is_refused(rig: Rig, phone: Phone) -> None:
    """The bound is told."""
    names = [now(phone.create_folder(f"folder {number}")) for number in range(21)]
    with pytest.raises(Refused, match="20 folders"):
        now(phone.ping(names, heartbeat_s=300))


def test_ping_hears_of_new_folders(rig: Rig, phone: Phone) -> None:
    """Status 7 makes the phone bring its folders up to date."""
    other = rig_phone(rig, version=phone.state.version, device="phone2")
    now(other.folder_sync())
    made = now(other.create_folder("new"))
    assert now(phone.ping([inbox(phone)], heartbeat_s=300)).status == PingStatus.HIERARCHY_CHANGED
    assert made in phone.folders


def test_sync_that_waits_returns_at_a_delivery(rig: Rig, phone: Phone) -> None:
    """Wait (12.1) and HeartbeatInterval hold a Sync until mail comes."""
    now(phone.settle(inbox(phone)))
    waiting = Deferred.fromCoroutine(phone.sync_all([Wanted(folder=inbox(phone))], wait_s=300))
    assert not waiting.called
    rig.deliver()
    assert len(now(waiting)[inbox(phone)].added) == 1


def test_send_hands_over_once(rig: Rig, phone: Phone) -> None:
    """A message reaches its recipients; sent again with the same ClientId it is not sent twice."""
    message = Message(to="Mary <mary@example.com>", bcc="x@example.org", subject="Grüße", text="Hi")
    now(phone.send(message, client_id="once"))
    now(phone.send(message, client_id="once"))
    (taken,) = rig.submission.taken.values()
    assert set(taken.recipients) == {"mary@example.com", "x@example.org"}
    assert b"x@example.org" not in taken.message


def test_reply_and_forward_quote_the_original(rig: Rig, phone: Phone) -> None:
    """The server puts the original, and with a forward its files, into what goes out."""
    rig.deliver(FILES)
    now(phone.settle(inbox(phone)))
    original = Original(folder=inbox(phone), item=only(phone))
    message = Message(to="mary@example.com", subject="Re: files", text="thanks")
    now(phone.smart_reply(original, message))
    now(phone.smart_forward(original, message))
    reply, forward = (one.message for one in rig.submission.taken.values())
    assert b"see file" in reply
    assert b"a.pdf" not in reply
    assert b"a.pdf" in forward
    if phone.state.version != "12.1":
        now(phone.sync(inbox(phone)))
        assert phone.items(inbox(phone))[original.item].verb == 3


def test_move_gives_new_ids(rig: Rig, phone: Phone) -> None:
    """A moved message is gone here and comes into the target under the id that was told."""
    rig.deliver()
    now(phone.settle(inbox(phone)))
    target = now(phone.create_folder("Archive"))
    name = only(phone)
    moved = now(phone.move([name], inbox(phone), target))
    now(phone.settle(target))
    now(phone.settle(inbox(phone)))
    assert list(phone.items(target)) == [moved[name]]
    assert not phone.items(inbox(phone))
    with pytest.raises(Refused):
        now(phone.move([f"{inbox(phone)}:999"], inbox(phone), target))


def test_item_fetch_gives_the_source(rig: Rig, phone: Phone) -> None:
    """A fetch with body type 4 gives the message as it was received."""
    rig.deliver(FILES)
    now(phone.settle(inbox(phone)))
    fetched: Fetched = now(
        phone.item_fetch(
            Original(folder=inbox(phone), item=only(phone)), options=SyncOptions(body_type=4)
        )
    )
    body = body_of(fetched.content)
    assert body is not None
    assert body.octets == FILES
    assert fetched.item.subject == "files"


@pytest.mark.parametrize("multipart", [False, True])
def test_attachments_whole_and_in_ranges(rig: Rig, phone: Phone, multipart: bool) -> None:
    """An attachment comes within the document or in a part, whole or from octet to octet."""
    rig.deliver(FILES)
    now(phone.settle(inbox(phone)))
    (file,) = phone.items(inbox(phone))[only(phone)].attachments
    assert file.name == "a.pdf"
    whole = now(phone.attachment(file.reference, multipart=multipart))
    assert whole == ("application/pdf", b"%PDF-octets")
    _, some = now(phone.attachment(file.reference, byte_range=(1, 3), multipart=multipart))
    assert some == b"PDF"
    with pytest.raises(Refused, match="status 15"):
        now(phone.attachment("2:999:1"))


def test_get_attachment_of_12_1(rig: Rig) -> None:
    """The old command gives the octets under their own type."""
    phone = rig_phone(rig, version="12.1")
    now(phone.folder_sync())
    rig.deliver(FILES)
    now(phone.settle(inbox(phone)))
    (file,) = phone.items(inbox(phone))[only(phone)].attachments
    assert now(phone.old_attachment(file.reference)) == ("application/pdf", b"%PDF-octets")


def test_search_and_find(rig: Rig, phone: Phone) -> None:
    """Both find the message; what Search finds can be fetched by its long id."""
    rig.deliver(FILES)
    rig.deliver()
    (row,) = now(phone.search("file", folder=inbox(phone))).rows
    assert row.item.subject == "files"
    fetched = now(phone.item_fetch(Original(long_id=row.long_id)))
    assert fetched.item.subject == "files"
    if phone.state.version != "12.1":  # Find is of 16.1, and of iOS from 14.0 on
        (hit,) = now(phone.find("file")).rows
        now(phone.settle(inbox(phone)))
        assert phone.items(inbox(phone))[hit.server_id].subject == "files"
    assert now(phone.search("nothinglikethis")).rows == ()


def test_settings(phone: Phone) -> None:
    """Out of office is kept; device information is taken; the user's addresses are told."""
    now(phone.set_oof(OofSettings(state=1, internal="away", external="gone")))
    assert now(phone.oof()) == OofSettings(state=1, internal="away", external="gone")
    now(phone.set_oof(OofSettings(state=2, start=1_800_000_000.0, end=1_800_086_400.0)))
    timed = now(phone.oof())
    assert (timed.state, timed.start, timed.end) == (2, 1_800_000_000.0, 1_800_086_400.0)
    now(phone.set_oof(OofSettings(state=0)))
    assert now(phone.oof()).state == 0
    now(phone.device_information())
    assert now(phone.addresses())[0] == Rig.ADDRESS


def test_emptied_folder_is_empty_here_too(rig: Rig, phone: Phone) -> None:
    """What was in the folder goes with the next Sync."""
    rig.deliver()
    now(phone.settle(inbox(phone)))
    now(phone.empty_folder(inbox(phone)))
    now(phone.settle(inbox(phone)))
    assert not phone.items(inbox(phone))


@pytest.mark.parametrize("version", MODERN)
def test_drafts_of_16(rig: Rig, version: str) -> None:
    """A draft is added with a file, changed, and sent; then it is no draft any more."""
    phone = rig_phone(rig, version=version)
    now(phone.folder_sync())
    drafts = phone.folder("drafts").id
    written = Message(
        to="mary@example.com",
        subject="plan",
        text="first",
        files=[File(name="a.txt", content=b"octets", content_type="text/plain")],
    )
    made = now(phone.sync(drafts, synctrees.add("new1", *draft(written)))).made["new1"]
    (file,) = phone.items(drafts)[made].attachments
    assert now(phone.attachment(file.reference)) == ("text/plain", b"octets")
    now(phone.sync(drafts, synctrees.change(made, Element(Email.Subject, "better plan"))))
    assert now(phone.sync(drafts)).count == 0
    fetched = now(phone.item_fetch(Original(folder=drafts, item=made)))
    assert (fetched.item.subject, fetched.item.draft) == ("better plan", True)
    now(phone.sync(drafts, synctrees.change(made, send=True)))
    now(phone.settle(drafts))
    assert not phone.items(drafts)
    (taken,) = rig.submission.taken.values()
    assert b"better plan" in taken.message
    now(phone.sync(drafts, synctrees.add("new2", *draft(written), send=True)))
    assert len(rig.submission.taken) == 2


def test_provision_happens_by_itself() -> None:
    """A server that wants a policy first gets it accepted, and the command is repeated."""
    for version in VERSIONS:
        rig = Rig(rules=ProvisioningRules(required=True, refresh_s=0.0))
        phone = rig_phone(rig, version=version)
        now(phone.folder_sync())
        assert phone.state.policy_key != 0
        assert phone.folder("inbox")
        commands = [posted.line.command for posted in transport_of(phone).posted]
        assert commands == ["FolderSync", "Provision", "Provision", "FolderSync"]


def test_provision_by_hand(phone: Phone) -> None:
    """The policy is fetched and accepted on demand."""
    policy = now(phone.provision())
    assert policy is not None
    assert policy.tag.name == "EASProvisionDoc"


def test_binary_query_is_understood(rig: Rig) -> None:
    """The base64 query carries the same commands."""
    for version in VERSIONS:
        state = PhoneState(device_id=f"b{version.replace('.', '')}", version=version, user="john")
        phone = Phone(state, RigTransport(rig), binary_query=True)
        now(phone.folder_sync())
        now(phone.settle(inbox(phone)))
        now(phone.send(Message(to="mary@example.com", text=f"by {version}")))
    assert len(rig.submission.taken) == len(VERSIONS)


def test_wrong_password_is_a_refused_login(rig: Rig) -> None:
    """401 is its own fault."""
    phone = rig_phone(rig, transport=RigTransport(rig, password="wrong"))
    with pytest.raises(LoginRefused, match="401"):
        now(phone.folder_sync())


def test_folder_deleted_elsewhere_goes(rig: Rig, phone: Phone) -> None:
    """Sync of a folder that is gone brings the folders up to date and drops what was held."""
    other = rig_phone(rig, version=phone.state.version, device="phone2")
    now(other.folder_sync())
    made = now(other.create_folder("short"))
    now(phone.folder_sync())
    now(phone.settle(made))
    now(other.delete_folder(made))
    assert now(phone.settle(made)) == 0
    assert made not in phone.folders
    assert made not in phone.state.collections


def test_lost_collection_starts_over(rig: Rig, phone: Phone) -> None:
    """A key that the server does not know restarts the collection; nothing is missing after."""
    rig.deliver()
    now(phone.settle(inbox(phone)))
    phone.state.collection(inbox(phone)).key = "{made-up}7"
    now(phone.settle(inbox(phone)))
    assert phone.resyncs == 1
    assert len(phone.items(inbox(phone))) == 1


def test_lost_hierarchy_starts_over(phone: Phone) -> None:
    """An unknown FolderSync key leads to key 0, without loss."""
    before = dict(phone.folders)
    phone.state.folder_key = "{made-up}7"
    now(phone.folder_sync())
    assert phone.folders == before
    assert phone.state.folder_key not in ("0", "{made-up}7")


def test_state_survives_json(rig: Rig, phone: Phone) -> None:
    """A phone made from saved state goes on where the other stopped, without a resync."""
    rig.deliver(FILES)
    now(phone.settle(inbox(phone)))
    reborn = Phone(PhoneState.from_json(phone.state.to_json()), RigTransport(rig))
    assert reborn.items(inbox(phone)) == phone.items(inbox(phone))
    rig.deliver()
    assert now(reborn.settle(inbox(phone))) == 1
    assert (len(reborn.items(inbox(phone))), reborn.resyncs) == (2, 0)


def test_every_answer_is_reported_for_saving(rig: Rig) -> None:
    """``on_applied`` is called after what was applied, so that the state can be saved."""
    saved: list[str] = []
    state = PhoneState(device_id="phone1", version="14.1")
    phone = Phone(state, RigTransport(rig), on_applied=lambda: saved.append(state.folder_key))
    now(phone.folder_sync())
    assert saved[-1] == state.folder_key != "0"
