"""ItemOperations as devices use it, at every version."""

import json
from base64 import b64decode
from dataclasses import replace

from carbonio_mobile.commands import conversations, itemoperations
from carbonio_mobile.commands.context import Answer
from carbonio_mobile.eas.filereference import FileReference
from carbonio_mobile.eas.longid import LongId
from carbonio_mobile.eas.version import OFFERED, Version
from carbonio_mobile.errors import Corrupt, NotAllowed, NotFound, Unavailable
from carbonio_mobile.ids import FolderId, ItemId, PartId, ServerId
from carbonio_mobile.mime.mailitem import MailQuery
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import (
    AirSync,
    AirSyncBase,
    Email,
    RightsManagement,
    Search,
)
from carbonio_mobile.wbxml.codepages import ItemOperations as Page
from tests.unit.commands.calls import (
    DRAFTS,
    HTML_MAIL,
    INBOX,
    SENT,
    TRASH,
    CommandTests,
    done,
    text_mail,
)


def request(*operations: Element) -> Element:
    return Element(Page.ItemOperations, list(operations))


def fetch(name: Element, *options: Element, store: str = "Mailbox") -> Element:
    children = [Element(Page.Store, store), name]
    if options:
        children.append(Element(Page.Options, list(options)))
    return Element(Page.Fetch, children)


def body_preference(kind: str, size: str = "") -> Element:
    children = [Element(AirSyncBase.Type, kind)]
    if size:
        children.append(Element(AirSyncBase.TruncationSize, size))
    return Element(AirSyncBase.BodyPreference, children)


def move(conversation: bytes, target: str, *, always: bool = True) -> Element:
    options = Element(Page.Options, [Element(Page.MoveAlways)]) if always else None
    return Element(
        Page.Move,
        [Element(Page.ConversationId, conversation), Element(Page.DstFldId, target), options],
    )


class ItemOperationsTests(CommandTests):
    """Fetches, emptied folders, moved conversations."""

    def setUp(self) -> None:
        super().setUp()
        self.item = self.rig.add(HTML_MAIL)
        self.name = Element(AirSync.ServerId, str(ServerId(INBOX, self.item)))
        mail = self.rig.read(INBOX, self.item)
        assert mail is not None
        self.mail = mail
        (attachment,) = mail.record.attachments
        self.file = Element(
            AirSyncBase.FileReference, str(FileReference(INBOX, self.item, attachment.part))
        )

    def operate(
        self, *operations: Element, version: Version = Version.V14_1, multipart: bool = False
    ) -> Answer:
        call = self.rig.call(
            "ItemOperations", request(*operations), version, accept_multipart=multipart
        )
        return self.ask(itemoperations.respond, call)

    def response(self, *operations: Element, version: Version = Version.V14_1) -> list[Element]:
        answer = self.operate(*operations, version=version)
        assert answer.document is not None
        self.assertEqual(answer.document.value(Page.Status), "1")
        response = answer.document.find(Page.Response)
        assert response is not None
        return list(response)

    def status(self, operation: Element, version: Version = Version.V14_1) -> str | None:
        return self.response(operation, version=version)[0].value(Page.Status)

    def properties(self, operation: Element, version: Version = Version.V14_1) -> Element:
        (one,) = self.response(operation, version=version)
        self.assertEqual(one.value(Page.Status), "1")
        properties = one.find(Page.Properties)
        assert properties is not None
        return properties

    def test_fetch_by_server_id_at_every_version(self) -> None:
        """A fetched item is what Sync would send, in the body form asked for."""
        for version in OFFERED[1:]:
            properties = self.properties(fetch(self.name, body_preference("2")), version)
            self.assertEqual(properties.value(Email.Subject), "Plans")
            body = properties.find(AirSyncBase.Body)
            assert body is not None
            self.assertIn("Wine and cheese", body.value(AirSyncBase.Data, ""))

    def test_fetch_by_long_id_echoes_it(self) -> None:
        """What a Search found is fetched by its LongId."""
        long_id = str(LongId(INBOX, self.item))
        (one,) = self.response(fetch(Element(Search.LongId, long_id)))
        self.assertEqual(one.value(Page.Status), "1")
        self.assertEqual(one.value(Search.LongId), long_id)

    def test_schema_limits_the_properties(self) -> None:
        """MS-ASCMD R3879: with a Schema only what it names comes."""
        schema = Element(Page.Schema, [Element(Email.Subject), Element(Email.From)])
        properties = self.properties(fetch(self.name, schema))
        self.assertEqual({child.tag for child in properties}, {Email.Subject, Email.From})

    def test_mime_comes_whole(self) -> None:
        """MIMESupport 2 and type 4 give the source octet for octet."""
        support = Element(AirSync.MIMESupport, "2")
        body = self.properties(fetch(self.name, support, body_preference("4"))).find(
            AirSyncBase.Body
        )
        assert body is not None
        data = body.find(AirSyncBase.Data)
        assert data is not None
        self.assertEqual(data.octets, HTML_MAIL)

    def test_multipart_takes_bodies_and_attachments_out(self) -> None:
        """MS-ASAIRS R176, R244: the document has part numbers from 1 in place of the data."""
        answer = self.operate(
            fetch(self.name, body_preference("1")), fetch(self.file), multipart=True
        )
        assert answer.document is not None
        response = answer.document.find(Page.Response)
        assert response is not None
        first, second = (one.find(Page.Properties) for one in response)
        assert first is not None
        assert second is not None
        body = first.find(AirSyncBase.Body)
        assert body is not None
        self.assertEqual(body.value(Page.Part), "1")
        self.assertFalse(body.has(AirSyncBase.Data))
        self.assertEqual(second.value(Page.Part), "2")
        self.assertFalse(second.has(Page.Data))
        self.assertTrue(answer.multipart)
        self.assertIn(b"Wine and cheese", answer.parts[0])
        self.assertEqual(answer.parts[1].strip(), b"0123456789")

    def test_a_body_outside_of_the_schema_takes_no_part(self) -> None:
        """Every part of a multipart answer is named in the document."""
        schema = Element(Page.Schema, [Element(Email.Subject)])
        answer = self.operate(fetch(self.name, schema), multipart=True)
        self.assertEqual(answer.parts, ())
        self.assertTrue(answer.multipart)

    def test_attachment_inline(self) -> None:
        """MS-ASCMD R234: base64 in Data; no Range where none was asked for (iOS)."""
        properties = self.properties(fetch(self.file))
        data = b64decode(properties.value(Page.Data, ""))
        self.assertEqual(data.strip(), b"0123456789")
        self.assertEqual(properties.value(AirSyncBase.ContentType), "text/csv")
        self.assertFalse(properties.has(Page.Range))
        self.assertFalse(properties.has(Page.Total))

    def test_attachment_ranges(self) -> None:
        """MS-ASCMD R3713, R3715: zero-based, both ends included, cut at the end of the file."""
        size = len(b64decode(self.properties(fetch(self.file)).value(Page.Data, "")))
        for asked, given, octets in (
            ("0-0", "0-0", b"0"),
            ("2-4", "2-4", b"234"),
            ("9-999", f"9-{size - 1}", b"9"),
        ):
            properties = self.properties(fetch(self.file, Element(Page.Range, asked)))
            self.assertEqual(properties.value(Page.Range), given)
            self.assertEqual(properties.value(Page.Total), str(size))
            self.assertEqual(b64decode(properties.value(Page.Data, "")).strip(), octets)
        for asked in ("99-100", "4-2", "x", "-1-3", "1-"):
            self.assertEqual(self.status(fetch(self.file, Element(Page.Range, asked))), "8")

    def test_attachments_that_are_not_there(self) -> None:
        """MS-ASAIRS R214: Status 15 for an empty, foreign or vanished reference."""
        for text in (
            "",
            "nonsense",
            str(FileReference(INBOX, self.item, PartId("9"))),
            str(FileReference(INBOX, ItemId(999), PartId("1"))),
            str(FileReference(FolderId("nowhere"), self.item, PartId("1"))),
        ):
            self.assertEqual(self.status(fetch(Element(AirSyncBase.FileReference, text))), "15")

    def test_items_that_are_not_there(self) -> None:
        """Status 6 for ids that are gone, foreign or malformed."""
        for name in (
            Element(AirSync.ServerId, "2:999"),
            Element(AirSync.ServerId, "77:1"),
            Element(AirSync.ServerId, "rubbish"),
            Element(AirSync.ServerId, "2:" + "9" * 60),
            Element(Search.LongId, "rubbish"),
        ):
            self.assertEqual(self.status(fetch(name)), "6")

    def test_options_must_fit(self) -> None:
        """MS-ASCMD R3547, R3556, R3573: ranges for attachments only, and nothing else for them."""
        some_range = Element(Page.Range, "0-1")
        self.assertEqual(self.status(fetch(self.name, some_range)), "2")
        self.assertEqual(self.status(fetch(self.file, body_preference("1"))), "2")
        self.assertEqual(self.status(fetch(self.name, body_preference("9"))), "2")

    def test_fetches_that_name_nothing_or_too_much(self) -> None:
        """A fetch has a store and one id."""
        self.assertEqual(self.status(Element(Page.Fetch, [self.name])), "2")
        self.assertEqual(self.status(Element(Page.Fetch, [Element(Page.Store, "Mailbox")])), "2")
        both = Element(Page.Fetch, [Element(Page.Store, "Mailbox"), self.name, self.file])
        self.assertEqual(self.status(both), "2")

    def test_other_stores_are_unknown(self) -> None:
        """Status 9: there is no document library."""
        self.assertEqual(self.status(fetch(self.name, store="DocumentLibrary")), "9")
        self.assertEqual(self.status(fetch(self.name, store="mailBOX")), "1")

    def test_rights_management_is_off(self) -> None:
        """MS-ASRM R196."""
        element = fetch(self.name)
        element.children.append(Element(RightsManagement.RemoveRightsManagementProtection))
        self.assertEqual(self.status(element), "168")

    def test_size_limits(self) -> None:
        """Status 11 for an attachment beyond the limit, and once an answer as a whole is full."""
        self.rig.bounds = replace(self.rig.bounds, attachment_bytes=5)
        self.assertEqual(self.status(fetch(self.file)), "11")
        self.rig.bounds = replace(
            self.rig.bounds, attachment_bytes=15, response_bytes=15, message_bytes=15
        )
        statuses = [
            one.value(Page.Status) for one in self.response(fetch(self.file), fetch(self.file))
        ]
        self.assertEqual(statuses, ["1", "11"])

    def test_a_store_that_fails_fails_one_operation(self) -> None:
        """Each operation has its own status, whatever the mailbox says to it."""
        statuses = []
        for error in (Unavailable("busy"), Corrupt("bad"), NotAllowed("no"), NotFound("gone")):

            async def failing(*_: object, error: Exception = error) -> object:
                raise error

            self.patch(self.rig.mailbox, "read", failing)
            statuses += [
                one.value(Page.Status) for one in self.response(fetch(self.name), fetch(self.file))
            ]
        self.assertEqual(statuses, ["3", "1", "14", "1", "16", "1", "6", "1"])

    def test_signed_mail_comes_as_mime(self) -> None:
        """MS-ASCMD R3409: with MIMESupport 1 the source of S/MIME messages, and of no other."""
        signed = text_mail(
            "Signed", "x", "Content-Type: application/pkcs7-mime; smime-type=enveloped-data"
        )
        name = Element(AirSync.ServerId, str(ServerId(INBOX, self.rig.add(signed))))
        options = (Element(AirSync.MIMESupport, "1"), body_preference("1"), body_preference("4"))
        for wanted, kind in ((name, "4"), (self.name, "1")):
            body = self.properties(fetch(wanted, *options)).find(AirSyncBase.Body)
            assert body is not None
            self.assertEqual(body.value(AirSyncBase.Type), kind)
            if kind == "4":
                self.assertEqual(body.value(AirSyncBase.Data), signed.decode())

    def test_too_many_operations(self) -> None:
        """MS-ASCMD R7490: more than 100 operations end with Status 11 and do nothing."""
        answer = self.operate(*[fetch(self.name)] * 101)
        assert answer.document is not None
        self.assertEqual(answer.document.value(Page.Status), "11")
        self.assertFalse(answer.document.has(Page.Response))

    def test_malformed_requests(self) -> None:
        """Nothing, or something else, is a protocol error of the whole."""
        for call in (
            self.rig.call("ItemOperations"),
            self.rig.call("ItemOperations", request()),
            self.rig.call("ItemOperations", Element(AirSync.Sync)),
            self.rig.call("ItemOperations", request(Element(Page.EmptyFolderContents))),
            self.rig.call("ItemOperations", request(Element(Page.Move))),
            self.rig.call("ItemOperations", request(move(b"c", "2")), Version.V12_1),
        ):
            answer = self.ask(itemoperations.respond, call)
            assert answer.document is not None
            self.assertEqual(answer.document.value(Page.Status), "2")

    def test_emptying_a_folder_keeps_subfolders_unless_asked(self) -> None:
        """MS-ASCMD R2244: items go, subfolders only with DeleteSubFolders."""
        below = self.rig.folder("Old", parent=TRASH)
        for folder in (TRASH, below):
            self.rig.add(text_mail("x", "y"), folder)
        for version in OFFERED[1:]:
            self.rig.add(text_mail("x", "y"), TRASH)
            folder_only = Element(Page.EmptyFolderContents, [Element(AirSync.CollectionId, TRASH)])
            (one,) = self.response(folder_only, version=version)
            self.assertEqual(one.value(Page.Status), "1")
            self.assertEqual(one.value(AirSync.CollectionId), TRASH)
        self.assertIsNotNone(done(self.rig.mailbox.hierarchy()).find(below))
        options = Element(Page.Options, [Element(Page.DeleteSubFolders)])
        deep = Element(Page.EmptyFolderContents, [Element(AirSync.CollectionId, TRASH), options])
        self.assertEqual(self.status(deep), "1")
        self.assertIsNone(done(self.rig.mailbox.hierarchy()).find(below))

    def test_emptying_a_folder_that_is_gone(self) -> None:
        """Status 6, and the other operations are done."""
        gone = Element(Page.EmptyFolderContents, [Element(AirSync.CollectionId, "4711")])
        statuses = [one.value(Page.Status) for one in self.response(gone, fetch(self.name))]
        self.assertEqual(statuses, ["6", "1"])

    def test_a_conversation_moves_out_of_all_folders_but_sent(self) -> None:
        """MS-ASCON R130, R213: all its mail moves, except what was sent or is still a draft."""
        answer = text_mail("Re: Plans", "ok", "References: <m1@example.com>")
        other = self.rig.folder("Other")
        elsewhere = self.rig.add(answer, other)
        sent, draft = self.rig.add(answer, SENT), self.rig.add(answer, DRAFTS)
        stranger = self.rig.add(text_mail("Else", "no"))
        for version in OFFERED[3:]:
            (one,) = self.response(move(self.mail.record.conversation_id, TRASH), version=version)
            self.assertEqual(one.value(Page.Status), "1")
        self.assertIsNotNone(self.rig.read(TRASH, self.item))
        self.assertIsNotNone(self.rig.read(TRASH, elsewhere))
        self.assertIsNotNone(self.rig.read(SENT, sent))
        self.assertIsNotNone(self.rig.read(DRAFTS, draft))
        self.assertIsNotNone(self.rig.read(INBOX, stranger))

    def sent_on(self, item: ItemId) -> set[ItemId]:
        """Let a Sync of the Inbox meet an item of the conversation."""
        arrived = {item: self.mail.record.conversation_id}
        return done(conversations.send_on(self.rig.call("Sync"), INBOX, arrived))

    def test_later_mail_of_the_conversation_follows(self) -> None:
        """MS-ASCON R130: MoveAlways holds for future mail, which a Sync sends on."""
        self.status(move(self.mail.record.conversation_id, TRASH))
        late = self.rig.add(text_mail("Re: Plans", "ok", "References: <m1@example.com>"))
        self.assertEqual(self.sent_on(late), {late})
        self.assertIsNone(self.rig.read(INBOX, late))

    def test_the_latest_wish_counts(self) -> None:
        """A conversation moved elsewhere later goes there from then on."""
        other = self.rig.folder("Other")
        self.status(move(self.mail.record.conversation_id, TRASH))
        self.status(move(self.mail.record.conversation_id, other))
        late = self.rig.add(text_mail("Re: Plans", "ok", "References: <m1@example.com>"))
        self.assertEqual(self.sent_on(late), {late})
        self.assertEqual(
            len(done(self.rig.mailbox.search(MailQuery(folders=(other,)), offset=0, limit=9)).hits),
            2,
        )

    def test_wishes_are_bounded(self) -> None:
        """A device cannot make the server look for conversations without end."""
        for n in range(0, conversations.WISHES_MAX + 10, 100):
            self.operate(*[move(b"c%d" % (n + m), TRASH) for m in range(100)])
        kept = done(self.rig.store.load(self.rig.key, [conversations.DOCUMENT]))
        wishes = json.loads(kept[conversations.DOCUMENT])
        self.assertEqual(len(wishes), conversations.WISHES_MAX)

    def test_a_wish_for_a_folder_that_went(self) -> None:
        """Mail stays where it is when the target of a wish is gone."""
        other = self.rig.folder("Other")
        self.status(move(self.mail.record.conversation_id, other))
        done(self.rig.mailbox.delete_folder(other))
        late = self.rig.add(text_mail("Re: Plans", "ok", "References: <m1@example.com>"))
        self.assertEqual(self.sent_on(late), set())
        self.assertIsNotNone(self.rig.read(INBOX, late))

    def test_moves_that_cannot_be(self) -> None:
        """MS-ASCMD R3475: 155 without MoveAlways; R4173: 156 for a target that takes no mail."""
        conversation = self.mail.record.conversation_id
        self.assertEqual(self.status(move(conversation, TRASH, always=False)), "155")
        calendar = self.rig.folder("Dates", FolderKind.USER_CALENDAR)
        for target in (calendar, DRAFTS, "4711"):
            self.assertEqual(self.status(move(conversation, target)), "156")
        self.assertIsNotNone(self.rig.read(INBOX, self.item))
