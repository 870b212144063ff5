"""SendMail, SmartReply and SmartForward: once, whatever is repeated, at every version."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from carbonio_mobile.commands import sendmail, smart
from carbonio_mobile.commands.context import Call
from carbonio_mobile.eas.longid import LongId
from carbonio_mobile.eas.version import OFFERED, Version
from carbonio_mobile.errors import CommandStatus, OverQuota, ProtocolError, TooLarge, Unavailable
from carbonio_mobile.ids import ServerId
from carbonio_mobile.mime.mailitem import MailPatch
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import AirSync, AirSyncBase, ComposeMail, RightsManagement
from tests.unit.commands.calls import HTML_MAIL, INBOX, NOW, TRASH, CommandTests, done, text_mail

MAIL = (
    b"From: john@example.com\r\nTo: Mary <mary@example.com>\r\nBcc: secret@example.org\r\n"
    b"Subject: Hello\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHi Mary\r\n"
)
ROOTS = {
    "SendMail": ComposeMail.SendMail,
    "SmartReply": ComposeMail.SmartReply,
    "SmartForward": ComposeMail.SmartForward,
}
COMMANDS = {
    "SendMail": sendmail.respond,
    "SmartReply": smart.respond_reply,
    "SmartForward": smart.respond_forward,
}


def parsed(octets: bytes) -> EmailMessage:
    found = message_from_bytes(octets, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


class SendingTests(CommandTests):
    """What goes out, how often, and what the device is told."""

    def call(
        self,
        command: str = "SendMail",
        version: Version = Version.V14_1,
        *,
        mime: bytes | None = MAIL,
        client_id: str = "c1",
        save: bool = True,
        source: str = "",
        long_id: str = "",
        more: tuple[Element, ...] = (),
    ) -> Call:
        """Make a call in the form of the version."""
        if version < Version.V14_0:
            line: dict[str, Any] = {"save_in_sent": save}
            if source:
                line |= {"item_id": source, "collection_id": source.partition(":")[0]}
            if long_id:
                line["long_id"] = long_id
            return self.rig.call(command, None, version, body=mime or b"", **line)
        named = [
            Element(ComposeMail.ItemId, source) if source else None,
            Element(ComposeMail.LongId, long_id) if long_id else None,
        ]
        children = [
            Element(ComposeMail.ClientId, client_id) if client_id else None,
            Element(ComposeMail.Source, named) if source or long_id else None,
            Element(ComposeMail.SaveInSentItems) if save else None,
            *more,
            None if mime is None else Element(ComposeMail.Mime, mime),
        ]
        return self.rig.call(command, Element(ROOTS[command], children), version)

    def send(self, *args: Any, **kwargs: Any) -> None:
        """Send, and see that the answer is empty (MS-ASCMD R463)."""
        call = self.call(*args, **kwargs)
        answer = self.ask(COMMANDS[call.line.command], call)
        self.assertIsNone(answer.document)

    def code(self, *args: Any, **kwargs: Any) -> int:
        """Give the status that a request fails with."""
        call = self.call(*args, **kwargs)
        code: int = self.fails(COMMANDS[call.line.command], call, CommandStatus).code
        return code


class SendMailTests(SendingTests):
    """SendMail, and what it shares with the others."""

    def test_sent_at_every_version(self) -> None:
        """MS-ASCMD R443, R3870: delivered to all, Bcc kept in the copy only."""
        for version in OFFERED:
            self.setUp()
            self.send(version=version)
            (sent,) = self.rig.submission.sent
            self.assertEqual(sent.recipients, ("mary@example.com", "secret@example.org"))
            self.assertEqual(sent.sender, "john@example.com")
            self.assertNotIn(b"secret", sent.message)
            assert sent.sent_copy is not None
            self.assertIn(b"secret@example.org", sent.sent_copy)
            message = parsed(sent.message)
            self.assertTrue(message["Message-ID"])
            self.assertTrue(message["Date"])

    def test_no_copy_unless_asked(self) -> None:
        """MS-ASCMD R3870: SaveInSentItems, or SaveInSent=T, asks for the copy."""
        for version in OFFERED:
            self.setUp()
            self.send(version=version, save=False)
            self.assertIsNone(self.rig.submission.sent[0].sent_copy)

    def test_sender_is_the_account(self) -> None:
        """MS-ASCMD R448: nobody writes in another's name; own aliases are own names."""
        self.send(mime=MAIL.replace(b"john@example.com", b"boss@example.com"))
        self.send(mime=MAIL.replace(b"john@example.com", b"jd@example.com"), client_id="c2")
        first, second = (parsed(sent.message)["From"] for sent in self.rig.submission.sent)
        self.assertIn("john@example.com", first)
        self.assertIn("jd@example.com", second)

    def test_repeat_is_sent_once(self) -> None:
        """P1: the same request again gets the same answer and sends nothing more."""
        for version in OFFERED:
            self.setUp()
            self.send(version=version)
            self.rig.now += 5
            self.send(version=version)
            self.assertEqual(len(self.rig.submission.sent), 1)

    def test_client_id_used_again_for_another_message(self) -> None:
        """MS-ASCMD R4848, R4850: 118, and nothing goes out."""
        self.send()
        self.assertEqual(self.code(mime=MAIL.replace(b"Hi", b"Ho")), 118)
        self.assertEqual(len(self.rig.submission.sent), 1)

    def test_same_text_with_another_client_id_is_another_message(self) -> None:
        """Who writes "ok" twice means it."""
        self.send()
        self.send(client_id="c2")
        self.assertEqual(len(self.rig.submission.sent), 2)

    def test_same_text_much_later_without_client_id(self) -> None:
        """Up to 12.1 the same message counts as a repeat for some minutes only."""
        self.send(version=Version.V12_1)
        self.rig.now += 3600
        self.send(version=Version.V12_1)
        self.assertEqual(len(self.rig.submission.sent), 2)

    def test_interrupted_before_submission(self) -> None:
        """Killed or refused before the message was taken over: the repeat sends it."""
        for version in (Version.V12_1, Version.V16_1):
            self.setUp()
            self.rig.submission.error = Unavailable("disk")
            self.fails(sendmail.respond, self.call(version=version), Unavailable)
            self.rig.submission.error = None
            self.rig.now += 60
            self.send(version=version)
            self.assertEqual(len(self.rig.submission.sent), 1)

    def test_interrupted_after_submission(self) -> None:
        """Killed before the end was noted: the repeat is known to the submission by its name."""
        for version in (Version.V12_1, Version.V16_1):
            self.setUp()
            self.patch(self.rig.store, "commit", self.dying_at_second_commit())
            self.fails(sendmail.respond, self.call(version=version), Unavailable)
            self.rig.now += 60
            self.send(version=version)
            self.assertEqual(len(self.rig.submission.sent), 1)
            self.assertEqual(self.rig.submission.attempts, 1)

    def dying_at_second_commit(self) -> Callable[[Any, Any], Awaitable[None]]:
        commit, calls = self.rig.store.commit, []

        async def dying(key: Any, documents: Any) -> None:
            calls.append(documents)
            if len(calls) == 2:
                raise Unavailable("killed")
            await commit(key, documents)

        return dying

    def test_the_intent_is_durable_first(self) -> None:
        """Nothing is submitted if the entry cannot be written."""

        async def failing(key: Any, documents: Any) -> None:
            raise Unavailable("disk")

        self.patch(self.rig.store, "commit", failing)
        self.fails(sendmail.respond, self.call(), Unavailable)
        self.assertEqual(self.rig.submission.attempts, 0)

    def test_planned_message_id_is_the_same_at_a_repeat(self) -> None:
        """The Message-ID that the server gives follows from the operation."""
        self.rig.submission.error = Unavailable("disk")
        self.fails(sendmail.respond, self.call(), Unavailable)
        self.rig.submission.error = None
        self.send()
        (operation,) = self.rig.submission.taken
        self.assertEqual(
            parsed(self.rig.submission.sent[0].message)["Message-ID"], f"<{operation}@example.com>"
        )

    def test_memory_is_bounded(self) -> None:
        """A device that sends for years leaves a small document."""
        for n in range(120):
            self.send(client_id=f"c{n}")
        document = done(self.rig.store.load(self.rig.key, ["sent"]))["sent"]
        self.assertLess(len(document), 20_000)
        self.assertIn("c119", document)

    def test_messages_that_cannot_be_sent(self) -> None:
        """MS-ASCMD R4853 (119), 116, 107 and 122: each with its status, nothing sent."""
        nobody = MAIL.replace(b"To: Mary <mary@example.com>\r\nBcc: secret@example.org\r\n", b"")
        for version in OFFERED:
            self.assertEqual(self.code(version=version, mime=nobody), 119)
            bare = MAIL.replace(b"secret@example.org", b"bob")
            self.assertEqual(self.code(version=version, mime=bare), 116)
            self.assertEqual(self.code(version=version, mime=b"no header at all"), 107)
            self.assertEqual(self.code(version=version, mime=MAIL + b"x" * (1 << 20)), 122)
        self.assertEqual(self.rig.submission.attempts, 0)

    def test_submission_refuses(self) -> None:
        """113 for a full mailbox, 122 for a message beyond the limit of the queue."""
        for error, code in ((OverQuota("full"), 113), (TooLarge("big"), 122)):
            self.rig.submission.error = error
            self.assertEqual(self.code(), code)

    def test_malformed_documents(self) -> None:
        """A document that lacks what it must have is outside of the protocol."""
        for call in (
            self.call(mime=None),
            self.call(client_id=""),
            self.call(client_id="x" * 41),  # MS-ASCMD R952
            self.rig.call("SendMail"),
            self.rig.call("SendMail", Element(AirSync.Sync)),
        ):
            self.fails(sendmail.respond, call, ProtocolError)

    def test_document_of_another_command(self) -> None:
        """A reply's document under SendMail, and the reverse, are outside of the protocol."""
        reply = self.call("SmartReply", source="2:1").document
        mail = self.call("SendMail").document
        self.fails(sendmail.respond, self.rig.call("SendMail", reply), ProtocolError)
        self.fails(smart.respond_reply, self.rig.call("SmartReply", mail), ProtocolError)

    def test_accounts_and_templates_are_not_ours(self) -> None:
        """MS-ASCMD R724: 166; 168 for a rights template, unless it is the one of zeros."""
        account = (Element(ComposeMail.AccountId, "7"),)
        template = (Element(RightsManagement.TemplateID, "12345678-0000-0000-0000-000000000000"),)
        none = (Element(RightsManagement.TemplateID, "00000000-0000-0000-0000-000000000000"),)
        self.assertEqual(self.code(more=account), 166)
        self.assertEqual(self.code(more=template), 168)
        self.send(more=none)


class SmartTests(SendingTests):
    """Replies and forwards of messages that the mailbox holds."""

    def setUp(self) -> None:
        super().setUp()
        self.item = self.rig.add(HTML_MAIL)
        self.id = str(ServerId(INBOX, self.item))

    def verb(self) -> tuple[int, float]:
        mail = self.rig.read(INBOX, self.item)
        assert mail is not None
        return mail.state.verb, mail.state.verb_at

    def test_reply_quotes_and_marks_at_every_version(self) -> None:
        """MS-ASCMD R580, MS-ASEMAIL R516: the original's text goes along; verb 1 is set."""
        for version in OFFERED:
            self.setUp()
            self.send("SmartReply", version, source=self.id)
            message = parsed(self.rig.submission.sent[0].message)
            text = "".join(
                part.get_content()
                for part in message.walk()
                if part.get_content_type() == "text/html"
            )
            self.assertIn("Wine and cheese", text)
            self.assertIn("Hi Mary", text)
            self.assertEqual(message["In-Reply-To"], "<m1@example.com>")
            self.assertEqual(list(message.iter_attachments()), [])
            self.assertEqual(self.verb(), (1, NOW))

    def test_reply_to_all_is_told_by_its_recipients(self) -> None:
        """MS-ASEMAIL R516: verb 2 when it went to others that the original went to."""
        everybody = MAIL.replace(b"Mary <mary@example.com>", b"mary@example.com, bob@example.net")
        self.send("SmartReply", mime=everybody, source=self.id)
        self.assertEqual(self.verb()[0], 2)

    def test_forward_carries_attachments_at_every_version(self) -> None:
        """MS-ASCMD R545, R3775: text and attachments go along; verb 3 is set."""
        for version in OFFERED:
            self.setUp()
            self.send("SmartForward", version, source=self.id)
            message = parsed(self.rig.submission.sent[0].message)
            names = [part.get_filename() for part in message.walk() if part.get_filename()]
            self.assertEqual(names, ["list.csv"])
            self.assertEqual(self.verb(), (3, NOW))

    def test_replace_mime_sends_the_device_message_alone(self) -> None:
        """MS-ASCMD R3775: nothing of the original, yet it is marked."""
        more = (Element(ComposeMail.ReplaceMime),)
        self.send("SmartForward", source=self.id, more=more)
        message = self.rig.submission.sent[0].message
        self.assertNotIn(b"Wine", message)
        self.assertNotIn(b"list.csv", message)
        self.assertEqual(self.verb()[0], 3)

    def test_source_by_long_id(self) -> None:
        """What a Search found can be answered."""
        for version in OFFERED:
            self.setUp()
            self.send("SmartReply", version, long_id=str(LongId(INBOX, self.item)))
            self.assertEqual(self.verb()[0], 1)

    def test_source_that_is_gone(self) -> None:
        """MS-ASCMD R4930: 150, and nothing is sent."""
        for version in OFFERED:
            for source in ("2:999", "77:1", "rubbish"):
                self.assertEqual(self.code("SmartReply", version, source=source), 150)
            self.assertEqual(self.code("SmartForward", version, long_id="rubbish"), 150)
        self.assertEqual(self.rig.submission.attempts, 0)

    def test_source_that_moved(self) -> None:
        """Client quirk 9.7: it is found by what the reply refers to."""
        done(self.rig.mailbox.move(INBOX, [self.item], TRASH))
        mime = b"In-Reply-To: <m1@example.com>\r\n" + MAIL
        self.send("SmartReply", mime=mime, source=self.id)
        self.assertIn(b"Wine", self.rig.submission.sent[0].message)
        mail = self.rig.read(TRASH, self.item)
        assert mail is not None
        self.assertEqual(mail.state.verb, 1)

    def test_another_message_of_the_conversation_is_no_source(self) -> None:
        """Only the message that the reply names is taken for the moved original."""
        other = text_mail("Re: Plans", "x", "References: <m1@example.com>", "Message-ID: <m2@x>")
        done(self.rig.mailbox.delete(INBOX, [self.item]))
        self.rig.add(other)
        mime = b"In-Reply-To: <m1@example.com>\r\n" + MAIL
        self.assertEqual(self.code("SmartReply", mime=mime, source=self.id), 150)

    def test_replace_mime_goes_out_without_its_source(self) -> None:
        """Client quirk 9.7: the device's message lacks nothing, so it is sent."""
        self.send("SmartReply", source="2:999", more=(Element(ComposeMail.ReplaceMime),))
        self.assertEqual(len(self.rig.submission.sent), 1)

    def test_repeat_after_the_source_went(self) -> None:
        """A repeat gets the answer of the first time even if the original is deleted since."""
        self.send("SmartReply", source=self.id)
        done(self.rig.mailbox.delete(INBOX, [self.item]))
        self.send("SmartReply", source=self.id)
        self.assertEqual(len(self.rig.submission.sent), 1)

    def test_same_words_to_another_message_are_another_reply(self) -> None:
        """The source belongs to what makes a request the same: "ok" may answer two mails."""
        other = str(ServerId(INBOX, self.rig.add(text_mail("Other", "x"))))
        self.send("SmartReply", Version.V12_1, source=self.id)
        self.send("SmartReply", Version.V12_1, source=other)
        self.assertEqual(len(self.rig.submission.sent), 2)

    def test_marking_fails_and_is_repeated(self) -> None:
        """The mark is set by the repeat; the message is not sent again."""
        update, failures = self.rig.mailbox.update, [Unavailable("busy")]

        async def once(folder: Any, patches: Any) -> Any:
            if failures:
                raise failures.pop()
            return await update(folder, patches)

        self.patch(self.rig.mailbox, "update", once)
        self.fails(smart.respond_reply, self.call("SmartReply", source=self.id), Unavailable)
        self.send("SmartReply", source=self.id)
        self.assertEqual(len(self.rig.submission.sent), 1)
        self.assertEqual(self.verb()[0], 1)

    def test_marking_leaves_the_rest_alone(self) -> None:
        """Read and flag of the original stay as they are."""
        done(self.rig.mailbox.update(INBOX, {self.item: MailPatch(read=True)}))
        self.send("SmartReply", source=self.id)
        mail = self.rig.read(INBOX, self.item)
        assert mail is not None
        self.assertTrue(mail.state.read)

    def test_result_too_large(self) -> None:
        """122 where message and original together are beyond the limit."""
        self.rig.bounds = replace(self.rig.bounds, message_bytes=len(MAIL) + 100)
        self.assertEqual(self.code("SmartForward", source=self.id), 122)

    def test_instances(self) -> None:
        """MS-ASCMD R541 (104): no time at all; 146: an occurrence of what does not recur."""

        def code(instance: str) -> int:
            named = [
                Element(ComposeMail.ItemId, self.id),
                Element(ComposeMail.InstanceId, instance),
            ]
            source = Element(ComposeMail.Source, named)
            return self.code("SmartForward", more=(source,))

        self.assertEqual(code("tomorrow"), 104)
        self.assertEqual(code("2023-11-13T10:00:00.000Z"), 146)

    def test_sources_named_wrongly(self) -> None:
        """A reply needs one source, SendMail none."""
        self.assertEqual(self.code("SmartReply", source=self.id, long_id="L:2:1"), 105)
        for call in (self.call("SmartReply"), self.call("SmartReply", Version.V12_1)):
            self.fails(smart.respond_reply, call, ProtocolError)

    def test_forwarding_a_meeting(self) -> None:
        """MS-ASCMD R7176, R7177, R7467, R7470: 178 and 179; a mail is no calendar item."""
        one = Element(ComposeMail.Forwardee, [Element(ComposeMail.Email, "a@example.com")])
        forwardees = Element(ComposeMail.Forwardees, [one])
        nobody = Element(ComposeMail.Forwardees, [Element(ComposeMail.Forwardee)])
        empty_body = Element(AirSyncBase.Body)
        for version in (Version.V16_0, Version.V16_1):

            def code(*more: Element, version: Version = version, mime: bytes | None = None) -> int:
                return self.code(
                    "SmartForward", version, mime=mime, save=False, source=self.id, more=more
                )

            self.assertEqual(code(forwardees, mime=MAIL), 178)
            self.assertEqual(code(forwardees, Element(ComposeMail.ReplaceMime)), 178)
            self.assertEqual(code(nobody), 179)
            self.assertEqual(code(forwardees, empty_body), 179)
            self.assertEqual(code(forwardees), 179)
