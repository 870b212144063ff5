"""Drafts that a device of 16.x writes, changes and sends through Sync, over memory backends."""

import pytest
from twisted.trial.unittest import SynchronousTestCase

from carbonio_mobile.errors import OverQuota
from carbonio_mobile.ids import ServerId
from carbonio_mobile.mime.mailitem import BodyWish, MailItem
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import Rig, now
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import AirSync, AirSyncBase, Email, Email2
from tests.unit.commands import asking
from tests.unit.commands.checked import CheckedPhone
from tests.unit.commands.phone import change, commands, delete

TO = Element(Email.To, "mary@example.com")
SUBJECT = Element(Email.Subject, "Plans")
SEND = Element(Email2.Send)


def body(text: str, kind: str = "1") -> Element:
    return Element(
        AirSyncBase.Body, [Element(AirSyncBase.Type, kind), Element(AirSyncBase.Data, text)]
    )


def file(client_id: str, name: str, content: bytes) -> Element:
    return Element(
        AirSyncBase.Add,
        [
            Element(AirSyncBase.ClientId, client_id),
            Element(AirSyncBase.Content, content),
            Element(AirSyncBase.ContentType, "text/csv"),
            Element(AirSyncBase.DisplayName, name),
            Element(AirSyncBase.Method, "1"),
        ],
    )


def files(*content: Element) -> Element:
    return Element(AirSyncBase.Attachments, list(content))


def sending(name: str, *content: Element) -> Element:
    """A Change that sends the draft."""
    data = Element(AirSync.ApplicationData, list(content)) if content else None
    return Element(AirSync.Change, [Element(AirSync.ServerId, name), SEND, data])


class DraftTests(SynchronousTestCase):
    """A device of 16.1 in the Drafts folder; another beside it that sees the same."""

    version = "16.1"

    def setUp(self) -> None:
        self.rig = Rig()
        self.drafts = self.rig.folder(FolderKind.DRAFTS)
        self.phone = CheckedPhone(self.rig, version=self.version)
        self.other = CheckedPhone(self.rig, version=self.version, device="phone2")
        self.phone.prime(self.drafts)
        self.other.prime(self.drafts)

    def say(self, *wanted: Element, lose: bool = False) -> list[Element]:
        """Send commands; gives the Responses."""
        collection = self.phone.sync(self.drafts, commands(*wanted), lose=lose)
        assert collection is not None
        self.assertFalse(collection.has(AirSync.Commands), "an echo")
        return list(collection.find(AirSync.Responses) or ())

    def add(self, *content: Element) -> str:
        """Add a draft; gives its server id."""
        (response,) = self.say(asking.add("c1", *content))
        self.assertEqual(response.value(AirSync.Status), "1")
        self.assertEqual(response.value(AirSync.ClientId), "c1")
        name = response.value(AirSync.ServerId, "")
        self.phone.items[self.drafts][name] = Element(AirSync.ApplicationData, list(content))
        return name

    def read(self, name: str) -> MailItem:
        item = ServerId.parse(name).item
        wish = BodyWish(text_bytes=None, html_bytes=None, source_bytes=None)
        found: dict[int, MailItem] = now(self.rig.mailbox().read(self.drafts, [item], wish))
        return found[item]

    @property
    def sent(self) -> list[bytes]:
        return [one.message for one in self.rig.submission.taken.values()]

    def test_a_new_draft_is_stored_and_told_to_others_only(self) -> None:
        """MS-ASEMAIL R1184: the answer tells the conversation; no echo comes with the next Sync."""
        (response,) = self.say(asking.add("c1", TO, SUBJECT, body("Hello, Mary.")))
        content = response.find(AirSync.ApplicationData)
        assert content is not None
        self.assertTrue(content.has(Email2.ConversationId))
        self.assertIsNone(self.phone.sync(self.drafts))
        item = self.read(response.value(AirSync.ServerId, ""))
        self.assertEqual(item.record.subject, "Plans")
        self.assertEqual(item.text.strip(), b"Hello, Mary.")
        self.other.sync(self.drafts)
        ((_, held),) = self.other.items[self.drafts].items()
        self.assertEqual(held.value(Email.Subject), "Plans")
        self.assertEqual(held.value(Email2.IsDraft), "1")
        self.assertEqual(self.sent, [])

    def test_a_repeated_add_makes_one_draft(self) -> None:
        """P1: the answer was lost; the repeat gets the same server id."""
        add = asking.add("c1", TO, SUBJECT, body("Hello."))
        (first,) = self.say(add, lose=True)
        (again,) = self.say(add)
        self.assertEqual(first, again)
        self.other.sync(self.drafts)
        self.assertEqual(len(self.other.items[self.drafts]), 1)

    def test_a_change_keeps_what_it_does_not_name(self) -> None:
        """classes.md 5.5: only what is there changes."""
        name = self.add(TO, SUBJECT, body("Hello."))
        self.say(change(name, Element(Email.Subject, "New plans")))
        item = self.read(name)
        self.assertEqual(item.record.subject, "New plans")
        self.assertIn("mary@example.com", item.record.to)
        self.assertEqual(item.text.strip(), b"Hello.")
        self.assertIsNone(self.phone.sync(self.drafts))

    def test_others_see_the_changed_draft(self) -> None:
        """The other device gets a Change with the new content."""
        name = self.add(TO, SUBJECT, body("Hello."))
        self.other.sync(self.drafts)
        self.say(change(name, body("<p>Bye.</p>", "2")))
        self.other.sync(self.drafts)
        held = self.other.items[self.drafts][name].find(AirSyncBase.Body)
        assert held is not None
        self.assertIn("Bye.", held.value(AirSyncBase.Data, ""))

    def test_files_join_and_leave_a_draft(self) -> None:
        """MS-ASAIRS R1082: the answer tells each file's reference beside the device's name."""
        name = self.add(TO, SUBJECT, body("Hello."))
        (response,) = self.say(change(name, files(file("f1", "list.csv", b"1,2,3"))))
        self.assertEqual(response.value(AirSync.Status), "1")
        content = response.find(AirSync.ApplicationData)
        assert content is not None
        listed = content.find(AirSyncBase.Attachments)
        assert listed is not None
        (told,) = listed.children
        self.assertEqual(told.value(AirSyncBase.ClientId), "f1")
        (held,) = self.read(name).record.attachments
        self.assertEqual((held.name, held.size_bytes), ("list.csv", 5))
        reference = Element(AirSyncBase.FileReference, told.value(AirSyncBase.FileReference, ""))
        self.say(change(name, files(Element(AirSyncBase.Delete, [reference]))))
        self.assertEqual(self.read(name).record.attachments, ())

    def test_a_repeated_change_adds_a_file_once(self) -> None:
        """P1: the answer was lost; the repeat tells the same references."""
        name = self.add(TO, SUBJECT, body("Hello."))
        wanted = change(name, files(file("f1", "list.csv", b"1,2,3")))
        first = self.say(wanted, lose=True)
        self.assertEqual(self.say(wanted), first)
        self.assertEqual(len(self.read(name).record.attachments), 1)

    def test_a_draft_that_is_sent_leaves_the_folder(self) -> None:
        """classes.md 5.5: Send sends what is stored, a copy goes to Sent, the draft is gone."""
        name = self.add(TO, SUBJECT, body("Hello."))
        self.say(sending(name))
        (message,) = self.sent
        self.assertIn(b"To: mary@example.com", message)
        self.assertIn(b"Hello.", message)
        (taken,) = self.rig.submission.taken.values()
        self.assertEqual(taken.recipients, ("mary@example.com",))
        self.assertIsNotNone(taken.sent_copy)
        del self.phone.items[self.drafts][name]
        self.assertIsNone(self.phone.sync(self.drafts))
        self.other.settle(self.drafts)
        self.assertEqual(self.other.items[self.drafts], {})

    def test_a_repeated_send_sends_once(self) -> None:
        """P1: the answer was lost; the message leaves once and the repeat succeeds."""
        name = self.add(TO, SUBJECT, body("Hello."))
        for lose in (True, False):
            self.assertEqual(self.say(sending(name, body("Last words.")), lose=lose), [])
        (message,) = self.sent
        self.assertIn(b"Last words.", message)

    def test_an_add_that_sends_leaves_no_draft(self) -> None:
        """classes.md 5.5: written and sent in one go, once."""
        add = asking.add("c1", TO, SUBJECT, body("Hello."), send=SEND)
        for lose in (True, False):
            (response,) = self.say(add, lose=lose)
            self.assertEqual(response.value(AirSync.Status), "1")
            self.assertFalse(response.has(AirSync.ServerId))
        self.assertEqual(len(self.sent), 1)
        self.assertIsNone(self.other.sync(self.drafts))

    def test_a_send_without_recipients_is_refused_and_the_draft_stays(self) -> None:
        """MS-ASCMD R7472: nobody to send to; the device's draft is not lost."""
        name = self.add(SUBJECT, body("Hello."))
        (response,) = self.say(sending(name))
        self.assertEqual(response.value(AirSync.Status), "183")
        self.assertEqual(self.sent, [])
        self.assertEqual(self.read(name).record.subject, "Plans")

    def test_a_conflict_keeps_both(self) -> None:
        """MS-ASCMD R2066: the server's stays, and what the device wrote stands beside it."""
        name = self.add(TO, SUBJECT, body("Hello."))
        self.other.sync(self.drafts)
        theirs = commands(change(name, body("Theirs.")))
        self.other.sync(self.drafts, theirs)
        collection = self.phone.sync(self.drafts, commands(change(name, body("Ours."))))
        assert collection is not None
        responses = collection.find(AirSync.Responses)
        assert responses is not None
        self.assertEqual(responses.children[0].value(AirSync.Status), "7")
        self.phone.settle(self.drafts)
        texts = {
            (held.find(AirSyncBase.Body) or held).value(AirSyncBase.Data, "").strip()
            for held in self.phone.items[self.drafts].values()
        }
        self.assertEqual(texts, {"Theirs.", "Ours."})

    def test_a_change_of_a_draft_that_is_gone_is_status_8(self) -> None:
        """The device learns that it is gone; nothing comes back to life."""
        name = self.add(TO, SUBJECT, body("Hello."))
        self.other.sync(self.drafts)
        self.other.sync(self.drafts, commands(delete(name)))
        collection = self.phone.sync(self.drafts, commands(change(name, body("Ours."))))
        assert collection is not None
        responses = collection.find(AirSync.Responses)
        assert responses is not None
        self.assertEqual(responses.children[0].value(AirSync.Status), "8")
        self.assertEqual(self.phone.items[self.drafts], {})

    def test_what_only_the_server_sets_is_status_6(self) -> None:
        """MS-ASEMAIL R1276: such an Add makes no draft."""
        (response,) = self.say(asking.add("c1", Element(Email2.ConversationId, b"x" * 16)))
        self.assertEqual(response.value(AirSync.Status), "6")
        self.assertIsNone(self.other.sync(self.drafts))

    def test_a_full_mailbox_is_status_9(self) -> None:
        """MS-ASCMD: the server cannot complete the operation."""
        mailbox = self.rig.mailbox()

        async def full(*_: object, **__: object) -> None:
            raise OverQuota("full")

        self.patch(type(mailbox), "append", full)
        (response,) = self.say(asking.add("c1", TO, SUBJECT, body("Hello.")))
        self.assertEqual(response.value(AirSync.Status), "9")

    def test_a_read_mark_on_a_draft_is_no_draft_command(self) -> None:
        """Read, Flag and Categories alone are changed as on any mail."""
        name = self.add(TO, SUBJECT, body("Hello."))
        self.assertEqual(self.say(change(name, Element(Email.Read, "0"))), [])
        self.assertFalse(self.read(name).state.read)


class OlderDraftTests(DraftTests):
    """The same in 16.0."""

    version = "16.0"


@pytest.mark.parametrize("version", ["12.1", "14.0", "14.1"])
def test_before_16_drafts_are_neither_told_nor_taken(version: str) -> None:
    """MS-ASCMD R5916, R755: the folder is listed, its mail stays on the server."""
    rig = Rig()
    drafts = rig.folder(FolderKind.DRAFTS)
    rig.deliver(folder=drafts)
    phone = CheckedPhone(rig, version=version)
    phone.prime(drafts)
    assert phone.items[drafts] == {}
    collection = phone.sync(drafts, commands(asking.add("c1", SUBJECT)))
    assert collection is not None
    responses = collection.find(AirSync.Responses)
    assert responses is not None
    assert responses.children[0].value(AirSync.Status) == "6"


def test_outside_the_drafts_folder_no_mail_is_added() -> None:
    """MS-ASCMD R755, in 16.1 too."""
    rig = Rig()
    inbox = rig.folder(FolderKind.INBOX)
    phone = CheckedPhone(rig, version="16.1")
    phone.prime(inbox)
    collection = phone.sync(inbox, commands(asking.add("c1", TO, SUBJECT, send=SEND)))
    assert collection is not None
    responses = collection.find(AirSync.Responses)
    assert responses is not None
    assert responses.children[0].value(AirSync.Status) == "6"
    assert rig.submission.taken == {}
