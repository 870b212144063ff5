"""The mailbox of a device that is not let in, through the real commands."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from twisted.trial.unittest import TestCase
from zope.interface import implementer
from zope.interface.verify import verifyObject

from carbonio_mobile.changes.turns import DeviceTurns
from carbonio_mobile.errors import Conflict, NotAllowed, NotFound
from carbonio_mobile.ids import (
    AccountId,
    ChangeToken,
    DeviceId,
    DeviceKey,
    FolderId,
    ItemId,
    OperationId,
)
from carbonio_mobile.interfaces import IMailbox, IMailboxes
from carbonio_mobile.mailbox.dummy import DummyMailbox
from carbonio_mobile.mime.addresses import parse_address_text
from carbonio_mobile.mime.mailitem import BodyWish, MailPatch, MailQuery, MailState
from carbonio_mobile.pipeline import Pipeline, ProvisioningRules
from carbonio_mobile.policy.abq import AbqStatus
from carbonio_mobile.policy.abqmessages import GLOBAL, AbqMessage, MessageKey, built_in
from carbonio_mobile.sync.changes import NEWEST, NO_ASPECT, OLDEST
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import NOW, Rig, now
from carbonio_mobile.wbxml import Element, Limits, decode
from carbonio_mobile.wbxml.codepages import AirSync, FolderHierarchy, ItemOperations, Ping
from tests.unit.commands import asking
from tests.unit.commands.checked import ALL_VERSIONS, CheckedPhone, check
from tests.unit.commands.phone import commands, delete, options

QUARANTINED = built_in(MessageKey(GLOBAL, AbqStatus.QUARANTINED, "en"))
BLOCKED = built_in(MessageKey(GLOBAL, AbqStatus.BLOCKED, "it"))
CUSTOM = AbqMessage(
    key=MessageKey("example.com", AbqStatus.QUARANTINED, "de"),
    sender="Ädmin <it@example.com>",
    reply_to="help@example.com",
    subject="Bitte warten ☃",
    html="<p>Wir <b>prüfen</b></p>",
    changed=NOW,
)


@implementer(IMailboxes)
@dataclass(slots=True)
class Diverting:
    """Opens the dummy while there is a message, else the account's own mailbox."""

    rig: Rig
    message: AbqMessage | None
    turns: DeviceTurns

    async def open(self, account: AccountId) -> IMailbox:
        """See :meth:`IMailboxes.open`."""
        if self.message is None:
            own: IMailbox = await self.rig.mailboxes.open(account)
            return own
        return dummy(self.message, at=self.rig.clock.seconds())


def dummy(message: AbqMessage, *, at: float = NOW) -> DummyMailbox:
    """Make john's dummy mailbox."""
    return DummyMailbox(
        AccountId("john"),
        message,
        address="john@example.com",
        sender="postmaster@example.com",
        now=at,
    )


def diverted(message: AbqMessage | None) -> tuple[Rig, Diverting]:
    """Give a rig that shows everybody a message."""
    rig = Rig()
    mailboxes = Diverting(rig, message, DeviceTurns(queue_limit=10))
    rig.services = replace(rig.services, mailboxes=mailboxes)
    rig.pipeline = Pipeline(
        accounts=rig.accounts,
        services=rig.services,
        turns=mailboxes.turns,
        rules=ProvisioningRules(required=False, refresh_s=0.0),
        limits=Limits(),
        observe=rig.served.append,
    )
    return rig, mailboxes


def inbox_of(message: AbqMessage) -> FolderId:
    """Give the id of the only folder."""
    (folder,) = now(dummy(message).hierarchy()).folders
    return folder.id


INBOX = inbox_of(QUARANTINED)


def settle(phone: CheckedPhone, folder: FolderId, *content: Element | None) -> None:
    """Sync a folder until nothing more comes, from the first key on where it is new."""
    if folder not in phone.keys:
        phone.prime(folder, *content)
    else:
        phone.settle(folder, *content)


@pytest.mark.parametrize("version", ALL_VERSIONS)
@pytest.mark.parametrize("message", [QUARANTINED, CUSTOM], ids=["built in", "custom"])
def test_the_one_message_arrives(version: str, message: AbqMessage) -> None:
    """FolderSync shows one Inbox, Sync its one message, within every window, once."""
    rig, _ = diverted(message)
    phone = CheckedPhone(rig, version=version)
    answer = phone.folder_sync()
    assert answer.find(FolderHierarchy.Changes) is not None
    inbox = inbox_of(message)
    assert list(phone.folders) == [inbox]
    settle(phone, inbox, options(filter_type=1))
    assert list(phone.items[inbox]) == [f"{inbox}:1"]
    rig.clock.advance(30 * 86_400)
    settle(phone, inbox, options(filter_type=1))
    assert list(phone.items[inbox]) == [f"{inbox}:1"]


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_a_ping_waits_and_wakes(version: str) -> None:
    """It is held like any other, and ended when the status changes, as a reset ends it."""
    rig, mailboxes = diverted(QUARANTINED)
    phone = CheckedPhone(rig, version=version)
    phone.folder_sync()
    settle(phone, INBOX)
    waiting = rig.send("Ping", asking.ping(600, INBOX), version=version)
    rig.clock.advance(300)
    assert not waiting.called
    # What a reset does: the documents go, and who waits is woken.
    key = DeviceKey(rig.account, DeviceId("phone1"))
    now(rig.store.remove_device(key))
    mailboxes.turns.wake(key)
    rig.clock.advance(1)
    answer = decode(now(waiting).body)
    check(answer, "Ping", version)
    assert answer.value(Ping.Status) == "1"


def everything(element: Element) -> Iterator[Element]:
    """Give an element and all within it."""
    yield element
    for child in element:
        yield from everything(child)


@pytest.mark.parametrize("version", ALL_VERSIONS[1:])
def test_the_message_is_fetched(version: str) -> None:
    """ItemOperations gives it as any other mail."""
    rig, _ = diverted(CUSTOM)
    phone = CheckedPhone(rig, version=version)
    phone.folder_sync()
    inbox = inbox_of(CUSTOM)
    settle(phone, inbox)
    (name,) = phone.items[inbox]
    answer = phone.ask(
        "ItemOperations",
        Element(
            ItemOperations.ItemOperations,
            [
                Element(
                    ItemOperations.Fetch,
                    [
                        Element(ItemOperations.Store, "Mailbox"),
                        Element(AirSync.CollectionId, inbox),
                        Element(AirSync.ServerId, name),
                    ],
                )
            ],
        ),
    )
    assert "prüfen" in "".join(str(each.text) for each in everything(answer))


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_in_and_out_without_a_reset(version: str) -> None:
    """Where the state of the device was kept, its folders are replaced all the same."""
    rig, mailboxes = diverted(None)
    rig.deliver()
    real = rig.folder(FolderKind.INBOX)
    phone = CheckedPhone(rig, version=version)
    phone.folder_sync()
    settle(phone, real)
    before = set(phone.folders)
    mailboxes.message = BLOCKED
    phone.folder_sync()
    inbox = inbox_of(BLOCKED)
    assert list(phone.folders) == [inbox]
    settle(phone, inbox)
    assert list(phone.items[inbox]) == [f"{inbox}:1"]
    mailboxes.message = None
    phone.folder_sync()
    assert set(phone.folders) == before


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_a_message_set_anew_replaces_the_old_one(version: str) -> None:
    """The old one goes and the new one comes, also where the built-in one comes back."""
    rig, mailboxes = diverted(QUARANTINED)
    phone = CheckedPhone(rig, version=version)
    phone.folder_sync()
    settle(phone, INBOX)
    for message in (CUSTOM, replace(CUSTOM, subject="x"), QUARANTINED):
        mailboxes.message = message
        gone = phone.sync(INBOX)
        assert gone is None or gone.value(AirSync.Status) != "1" or message is QUARANTINED
        phone.folder_sync()
        inbox = inbox_of(message)
        assert list(phone.folders) == [inbox]
        phone.prime(inbox)
        assert list(phone.items[inbox]) == [f"{inbox}:1"]


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_a_phone_that_deletes_it_goes_on(version: str) -> None:
    """It may not; the Sync is answered and the next one works."""
    rig, _ = diverted(QUARANTINED)
    phone = CheckedPhone(rig, version=version)
    phone.folder_sync()
    settle(phone, INBOX)
    (name,) = phone.items[INBOX]
    phone.sync(INBOX, commands(delete(name)))
    settle(phone, INBOX)
    assert rig.served[-1].code == 200


class DummyMailboxTests(TestCase):
    """What the mailbox itself promises."""

    def setUp(self) -> None:
        self.box = dummy(QUARANTINED)

    def test_provides_the_interface(self) -> None:
        """It is a mailbox."""
        verifyObject(IMailbox, self.box)

    async def test_tokens(self) -> None:
        """They last as long as the message, whenever and by whomever they are made."""
        later = dummy(QUARANTINED, at=NOW + 9e6)
        token = await self.box.token(INBOX)
        self.assertEqual(token, await later.token(INBOX))
        other = replace(CUSTOM, html="<p>x</p>")
        batch = await later.changes(INBOX, token, limit=10)
        self.assertEqual(((), ()), (batch.changed, batch.gone))
        self.assertEqual({1: NO_ASPECT}, dict(await later.aspects_since(INBOX, [ItemId(1)], token)))
        self.assertEqual(inbox_of(QUARANTINED), (await later.hierarchy()).folders[0].id)
        self.assertEqual(4, len({inbox_of(m) for m in (QUARANTINED, BLOCKED, CUSTOM, other)}))
        with self.assertRaises(Conflict):
            await self.box.changes(INBOX, ChangeToken("17"), limit=1)

    async def test_reading(self) -> None:
        """The texts are there in all forms, and other folders are not."""
        wish = BodyWish(text_bytes=None, html_bytes=None, source_bytes=None)
        box = dummy(CUSTOM)
        item = ItemId(1)
        mail = (await box.read(inbox_of(CUSTOM), [item, ItemId(7)], wish))[item]
        self.assertEqual("Bitte warten ☃", mail.record.subject)
        self.assertIn("prüfen", mail.text.decode())
        self.assertIn("<b>prüfen</b>", mail.html.decode())
        self.assertEqual("it@example.com", parse_address_text(str(mail.record.from_))[0].address)
        with self.assertRaises(NotFound):
            await box.read(FolderId("2"), [item], wish)

    async def test_writes_are_refused(self) -> None:
        """Nothing but marks is taken, and those change nothing."""
        box, operation = self.box, OperationId("o")
        refused = [
            box.create_folder(None, "x", FolderKind.MAIL, operation=operation),
            box.update_folder(INBOX, parent=None, name="x"),
            box.delete_folder(INBOX),
            box.empty_folder(INBOX, subfolders=True),
            box.append(INBOX, b"", MailState(), received=0.0, operation=operation),
            box.move(INBOX, [ItemId(1)], INBOX),
            box.add_object(INBOX, b"", operation=operation),
            box.update(INBOX, {ItemId(1): MailPatch(source=b"x")}),
        ]
        for each in refused:
            with self.assertRaises(NotAllowed):
                await each
        before = await box.listing(INBOX, below=NEWEST, down_to=OLDEST, limit=5)
        marked = await box.update(INBOX, {ItemId(1): MailPatch(read=True), ItemId(2): MailPatch()})
        self.assertEqual({ItemId(1): before.heads[0].version}, dict(marked))
        self.assertEqual(0, (await box.search(MailQuery(), offset=0, limit=9)).total)
