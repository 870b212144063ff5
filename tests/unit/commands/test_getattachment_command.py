"""GetAttachment, for the versions that have it."""

from dataclasses import replace

from carbonio_mobile.commands import getattachment
from carbonio_mobile.eas.filereference import FileReference
from carbonio_mobile.eas.version import Version
from carbonio_mobile.errors import CommandStatus
from carbonio_mobile.ids import ItemId, PartId
from tests.unit.commands.calls import HTML_MAIL, INBOX, CommandTests, done


class GetAttachmentTests(CommandTests):
    """The octets of an attachment, or why not."""

    def setUp(self) -> None:
        super().setUp()
        item = self.rig.add(HTML_MAIL)
        mail = self.rig.read(INBOX, item)
        assert mail is not None
        self.reference = FileReference(INBOX, item, mail.record.attachments[0].part)

    def code(self, name: str | None, version: Version = Version.V12_1) -> int:
        call = self.rig.call("GetAttachment", None, version, attachment_name=name)
        code: int = self.fails(getattachment.respond, call, CommandStatus).code
        return code

    def test_octets_and_type(self) -> None:
        """MS-ASCMD R161, R164: the raw octets under the attachment's own type."""
        call = self.rig.call(
            "GetAttachment", None, Version.V12_1, attachment_name=str(self.reference)
        )
        answer = done(getattachment.respond(call))
        self.assertEqual(answer.content_type, "text/csv")
        assert answer.octets is not None
        self.assertEqual(answer.octets.strip(), b"0123456789")

    def test_a_type_that_is_no_header_value(self) -> None:
        """What a stranger wrote into the message does not reach the header as it is."""

        async def part(*_: object) -> tuple[str, bytes]:
            return "text/html\r\nSet-Cookie: x=1", b"x"

        self.patch(self.rig.mailbox, "part", part)
        call = self.rig.call(
            "GetAttachment", None, Version.V12_1, attachment_name=str(self.reference)
        )
        answer = done(getattachment.respond(call))
        self.assertEqual(answer.content_type, "application/octet-stream")

    def test_attachments_that_are_not_there(self) -> None:
        """MS-ASCMD R166: 150, which the pipeline makes HTTP 500."""
        gone = FileReference(INBOX, ItemId(99), PartId("1"))
        for name in (None, "", "rubbish", str(gone)):
            self.assertEqual(self.code(name), 150)

    def test_not_from_14_0_on(self) -> None:
        """MS-ASCMD R165: ItemOperations took its place."""
        self.assertEqual(self.code(str(self.reference), Version.V14_0), 138)

    def test_limit(self) -> None:
        """An attachment beyond the limit is not sent."""
        self.rig.bounds = replace(self.rig.bounds, attachment_bytes=3)
        self.assertEqual(self.code(str(self.reference)), 122)
