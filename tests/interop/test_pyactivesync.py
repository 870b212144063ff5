"""pyactivesync, a client that is not ours, against the real daemon over TLS.

The library speaks 16.1 and nothing else. The daemon runs in a process of its own: the demo, or one
in front of real mail servers. The client verifies its certificate.
"""

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any, Protocol
from urllib.parse import urlsplit

import pytest

from tests.interop.test_twistd import ENVIRONMENT, Demo
from tests.peers import cyrusimap, dovecot, postfix
from tests.peers.cyruswhole import CyrusWhole
from tests.peers.gatewaydaemon import CyrusDaemon, GatewayDaemon
from tests.peers.gatewayprogram import GatewayProgram
from tests.peers.radicale import PROGRAM as RADICALE
from tests.peers.radicale import Radicale

activesync = pytest.importorskip(
    "pyactivesync", reason="pyactivesync, of the test extra, is not installed"
)
FolderType, BodyType, OofState = activesync.FolderType, activesync.BodyType, activesync.OofState
EmailChange, StatusError = activesync.EmailChange, activesync.StatusError

WAIT_S = 30


class Site(Protocol):
    """A daemon with the accounts of John and Mary; John's mailbox has more than 100 items.

    ``lines`` is what it said until it served; ``spare`` has an account that other tests leave alone
    but for its Inbox.
    """

    https: str
    certificate: Path
    lines: list[str]
    process: subprocess.Popen[str]
    spare: str

    def password(self, user: str) -> str:
        """Give the password of an account."""

    def remove(self) -> None:
        """End it, and delete all."""


class DemoSite(Demo):
    """The demo, with mailboxes of its own."""

    spare = "admin"

    def __init__(self) -> None:
        self.folder = Path(mkdtemp())
        super().__init__(self.folder)
        self.certificate = self.folder / "d" / "demo-certificate.pem"

    def password(self, user: str) -> str:
        return f"demo-{user}"

    def remove(self) -> None:
        self.process.kill()
        self.process.communicate()
        rmtree(self.folder)


class GatewaySite(GatewayProgram):
    """One in front of mail servers."""

    spare = "mary"

    def password(self, user: str) -> str:
        return dovecot.PASSWORD


def demo() -> Site:
    """Start the demo."""
    return DemoSite()


def on_dovecot() -> Site:
    """Start one in front of Postfix, Dovecot and Radicale."""
    missing = postfix.missing() or dovecot.missing() or ("" if RADICALE else "no radicale")
    if missing:
        pytest.skip(missing)
    return GatewaySite.started(GatewayDaemon, Radicale, ENVIRONMENT)


def on_cyrus() -> Site:
    """Start one in front of Postfix and Cyrus."""
    missing = postfix.missing() or dovecot.missing() or cyrusimap.missing()
    if missing:
        pytest.skip(missing)
    return GatewaySite.started(CyrusDaemon, CyrusWhole, ENVIRONMENT)


@pytest.fixture(
    scope="module", params=[demo, on_dovecot, pytest.param(on_cyrus, marks=pytest.mark.long)]
)
def site(request: pytest.FixtureRequest) -> Iterator[Site]:
    """A daemon for all tests: each works on mail of its own."""
    running = request.param()
    yield running
    running.remove()


@pytest.fixture
def clients(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """Make clients of the accounts, each a device of its own; closes them."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)  # requests lets it win over the site's certificate
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    made: list[Any] = []

    def client(user: str = "john", password: str = "") -> Any:
        one = activesync.Client(
            urlsplit(site.https).netloc,
            f"{user}@example.com",
            password or site.password(user),
            device_id=f"interop{time.monotonic_ns():x}",
            verify_ssl=str(site.certificate),
            timeout=WAIT_S,
        )
        made.append(one)
        return one

    yield client
    for one in made:
        one.close()


@pytest.fixture
def john(clients: Callable[..., Any]) -> Any:
    return clients("john")


def folder_of(client: Any, kind: Any) -> str:
    """The id of a standard folder."""
    found: str = next(one.id for one in client.list_folders() if one.type == kind)
    return found


def primed(client: Any, folder: str) -> str:
    """Sync a folder from key 0 to its end; gives the key."""
    return everything(client, folder)[0]


def everything(client: Any, folder: str, key: str = "0") -> tuple[str, list[Any], list[str]]:
    """Sync a folder to its end; gives key, what was added or changed, and what was deleted."""
    told: list[Any] = []
    deleted: list[str] = []
    if key == "0":
        key = client.sync_folder(folder).sync_key
    while True:
        result = client.sync_folder(folder, key, window_size=100)
        key = result.sync_key
        told += [*result.added, *result.changed]
        deleted += result.deleted
        if not result.more_available:
            return key, told, deleted


def letter(subject: str, *, to: str = "mary@example.com", attach: bytes = b"") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "john@example.com", to, subject
    message.set_content("What John wrote: grüße.\n")
    if attach:
        message.add_attachment(attach, maintype="text", subtype="csv", filename="list.csv")
    return message


def arrived(client: Any, folder: str, key: str, subject: str) -> tuple[str, Any]:
    """Sync until a mail of that subject is there; gives key and item."""
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until:
        key, told, _ = everything(client, folder, key)
        for item in told:
            if item.fields.get("Email.Subject") == subject:
                return key, item
        client.ping(folder, heartbeat=60, timeout=WAIT_S)
    raise AssertionError(f"{subject!r} did not arrive")


def test_a_device_is_provisioned(john: Any) -> None:
    """Two phases give a key, which later requests carry."""
    key = john.provision()
    assert key.isdigit()
    assert key != "0"
    assert john.list_folders()


def test_wrong_passwords_are_refused(site: Site, clients: Callable[..., Any]) -> None:
    """The library's HTTP error carries 401."""
    with pytest.raises(Exception, match="401"):
        clients(site.spare, "wrong").list_folders()


def test_the_folders_are_listed(john: Any) -> None:
    """Standard folders by type, the user's own ones within their parents."""
    folders = {one.name: one for one in john.list_folders()}
    kinds = {one.type for one in folders.values()}
    assert {FolderType.INBOX, FolderType.DRAFTS, FolderType.DELETED_ITEMS} <= kinds
    assert folders["Harbour bridge"].parent_id == folders["Projects"].id


def test_a_whole_mailbox_is_synced(john: Any) -> None:
    """Every folder to its end, newest first, as many items as the estimate said."""
    total = 0
    for folder in john.list_folders():
        key = john.sync_folder(folder.id).sync_key
        estimate = john.get_item_estimate(folder.id, key)
        key, told, deleted = everything(john, folder.id, key)
        assert (len(told), deleted) == (estimate, [])
        assert len({item.server_id for item in told}) == len(told)
        assert everything(john, folder.id, key) == (key, [], [])
        total += len(told)
        dates = [item.fields.get("Email.DateReceived", "") for item in told]
        if all(dates):  # contacts, events, tasks and notes have an order of their own
            assert dates == sorted(dates, reverse=True)
    assert total > 100


def test_bodies_come_in_every_form(john: Any) -> None:
    """Plain text, HTML, and the whole message."""
    inbox = folder_of(john, FolderType.INBOX)
    _, told, _ = everything(john, inbox)
    for item in told[:5]:
        for kind in (BodyType.PLAIN_TEXT, BodyType.HTML, BodyType.MIME):
            body = john.fetch_item(inbox, item.server_id, body_type=kind).body
            assert body.type == kind
            size = len(body.data if isinstance(body.data, bytes) else body.data.encode())
            assert size == body.estimated_data_size
            if kind == BodyType.MIME:
                assert b"Subject:" in body.data


def test_attachments_are_fetched(clients: Callable[..., Any], john: Any) -> None:
    """Sent with an attachment, fetched by the one who got it: the same octets."""
    content = bytes(range(256)) * 40
    john.send_mail(letter("with a file", attach=content))
    mary = clients("mary")
    inbox = folder_of(mary, FolderType.INBOX)
    _, item = arrived(mary, inbox, mary.sync_folder(inbox).sync_key, "with a file")
    (attachment,) = mary.fetch_item(inbox, item.server_id).attachments
    assert attachment.display_name == "list.csv"
    assert attachment.estimated_data_size == len(content)
    assert mary.fetch_attachment(attachment.file_reference) == content
    # The library looks at the status of the whole answer only: what is not there is empty to it.
    assert mary.fetch_attachment(f"{inbox}:999999:1") == b""


def test_marks_and_deletes_reach_other_devices(clients: Callable[..., Any], john: Any) -> None:
    """Read and flagged, then deleted into the trash."""
    john.send_mail(letter("to be marked", to="john@example.com"))
    inbox = folder_of(john, FolderType.INBOX)
    key, item = arrived(john, inbox, john.sync_folder(inbox).sync_key, "to be marked")
    other = clients("john")
    theirs = primed(other, inbox)
    result = john.apply_email_changes(
        inbox, key, [EmailChange(server_id=item.server_id, read=True, flagged=True)]
    )
    assert set(result.statuses.values()) == {"1"}
    theirs, told, _ = everything(other, inbox, theirs)
    (seen,) = [one for one in told if one.server_id == item.server_id]
    assert seen.fields["Email.Read"] == "1"
    assert seen.fields["Email.Status"] == "2"
    gone = john.apply_email_changes(
        inbox, result.sync_key, [EmailChange(server_id=item.server_id, delete=True)]
    )
    assert set(gone.statuses.values()) == {"1"}
    assert item.server_id in everything(other, inbox, theirs)[2]
    assert everything(john, inbox, gone.sync_key)[2] == []
    trash = folder_of(john, FolderType.DELETED_ITEMS)
    subjects = [one.fields.get("Email.Subject") for one in everything(john, trash)[1]]
    assert "to be marked" in subjects


def test_a_mail_is_moved(john: Any) -> None:
    """It is where it went, under the id that the answer told."""
    john.send_mail(letter("to be moved", to="john@example.com"))
    inbox = folder_of(john, FolderType.INBOX)
    key, item = arrived(john, inbox, john.sync_folder(inbox).sync_key, "to be moved")
    junk = next(one.id for one in john.list_folders() if one.name == "Personal")
    moved = john.move_item(item.server_id, inbox, junk)
    assert everything(john, inbox, key)[1:] == ([], [])
    assert john.fetch_item(junk, moved).fields["Email.Subject"] == "to be moved"
    with pytest.raises(StatusError) as caught:
        john.move_item(f"{inbox}:999999", inbox, junk)
    assert caught.value.code == "1"


def test_mail_that_is_sent_arrives_and_stays_in_sent(
    clients: Callable[..., Any], john: Any
) -> None:
    """One copy each; the same ClientId again sends nothing again."""
    sent = folder_of(john, FolderType.SENT_ITEMS)
    key = primed(john, sent)
    mary = clients("mary")
    inbox = folder_of(mary, FolderType.INBOX)
    hers = primed(mary, inbox)
    message = letter("only once")
    for _ in range(2):
        john.send_mail(message, client_id="interop-1")
    hers, item = arrived(mary, inbox, hers, "only once")
    body = mary.fetch_item(inbox, item.server_id, body_type=BodyType.PLAIN_TEXT).body
    assert "What John wrote: grüße." in body.data
    key, mine = arrived(john, sent, key, "only once")
    assert mine.fields["Email.Read"] == "1"
    assert [one for one in everything(mary, inbox, hers)[1] if "only" in one.fields] == []
    with pytest.raises(StatusError) as caught:
        john.send_mail(letter("another"), client_id="interop-1")
    assert caught.value.code == "118"


def test_a_ping_returns_when_mail_arrives(clients: Callable[..., Any], john: Any) -> None:
    """The parked request of one is woken by the mail of another, well before its time is up."""
    mary = clients("mary")
    inbox = folder_of(mary, FolderType.INBOX)
    key = primed(mary, inbox)
    results: list[Any] = []
    waiting = threading.Thread(
        target=lambda: results.append(mary.ping(inbox, heartbeat=600, timeout=WAIT_S))
    )
    waiting.start()
    john.provision()
    john.send_mail(letter("wake up"))
    waiting.join(WAIT_S)
    assert [(one.status, one.changed_folder_ids) for one in results] == [("2", [inbox])]
    arrived(mary, inbox, key, "wake up")
    assert mary.ping(inbox, heartbeat=1, timeout=WAIT_S).status == "5"


def test_mail_is_found(john: Any) -> None:
    """By words with Find, by date with Search, in one folder or all."""
    john.send_mail(letter("zanzibar", to="john@example.com"))
    inbox = folder_of(john, FolderType.INBOX)
    arrived(john, inbox, john.sync_folder(inbox).sync_key, "zanzibar")
    for folder in (inbox, None):
        found = john.find_mailbox("zanzibar", folder_id=folder)
        assert found.total >= 1
        assert "zanzibar" in [one.fields.get("Email.Subject") for one in found.items]
    since = "2020-01-01T00:00:00.000Z"
    hits = john.search_mailbox(inbox, date_received_after=since, max_results=10)
    assert len(hits) == 10
    assert john.find_mailbox("nosuchwordanywhere").items == []


def test_folders_are_made_renamed_and_deleted(john: Any) -> None:
    """Each change is there for the next FolderSync."""
    made = john.create_folder("Interop", type=FolderType.USER_GENERIC)
    with pytest.raises(StatusError) as caught:
        john.create_folder("Interop", type=FolderType.USER_GENERIC)
    assert caught.value.code == "2"
    john.update_folder(made.id, "Renamed")
    assert "Renamed" in [one.name for one in john.list_folders()]
    john.delete_folder(made.id)
    assert made.id not in [one.id for one in john.list_folders()]


def test_a_draft_is_written(john: Any) -> None:
    """A whole message as a draft, in 16.1: it comes back as it was written."""
    drafts = folder_of(john, FolderType.DRAFTS)
    key = primed(john, drafts)
    made = john.create_email_draft(drafts, key, letter("a draft", attach=b"1,2"), read=True)
    assert made.status == "1"
    item = john.fetch_item(drafts, made.server_id, body_type=BodyType.PLAIN_TEXT)
    assert item.fields["Email.Subject"] == "a draft"
    assert "grüße" in item.body.data
    assert [one.display_name for one in item.attachments] == ["list.csv"]
    assert everything(john, drafts, made.sync_key)[1:] == ([], [])


def test_the_automatic_reply_is_set_and_got(site: Site, clients: Callable[..., Any]) -> None:
    """Settings, both ways."""
    spare = clients(site.spare)
    spare.set_oof(OofState.ENABLED, reply_message="Away.")
    found = spare.get_oof()
    assert found.state == OofState.ENABLED
    assert {one.reply_message for one in found.messages if one.enabled} == {"Away."}
    spare.set_oof(OofState.DISABLED)
    assert spare.get_oof().state == OofState.DISABLED


def test_the_daemon_met_nothing_unexpected(site: Site, john: Any) -> None:
    """After all of the above it serves on, and its log holds no traceback."""
    assert john.list_folders()
    john.close()
    site.process.terminate()
    rest, _ = site.process.communicate(timeout=WAIT_S)
    assert "Traceback" not in "\n".join([*site.lines, rest])
