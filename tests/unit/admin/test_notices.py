"""Notices: kept, mailed to those who want mails, listed and removed by command."""

from collections.abc import Sequence
from email import message_from_bytes
from email.policy import default

from twisted.trial.unittest import TestCase
from zope.interface import implementer
from zope.interface.verify import verifyObject

from carbonio_mobile.accounts.memory import MemoryAccounts
from carbonio_mobile.admin.answers import Listing, Said
from carbonio_mobile.admin.catalogue.notices import COMMANDS
from carbonio_mobile.admin.declaring import UsageFault
from carbonio_mobile.admin.notifying import NOBODY, Notices
from carbonio_mobile.admin.responders.notices import NoticeCommands
from carbonio_mobile.directory.configuration import BUILT_IN, Scope, Setting
from carbonio_mobile.errors import NotFound, Unavailable
from carbonio_mobile.interfaces import INotices, ISubmission
from carbonio_mobile.policy.notices import NoticeKind
from carbonio_mobile.store.memorynotices import MemoryNotices
from carbonio_mobile.testing.rig import MemorySubmission, Submitted
from tests.unit.admin.calls import ask, rows

NOW = 1_800_000_000.0
RECIPIENTS, FROM = "carbonioNotificationRecipients", "carbonioNotificationFrom"


class SetValues:
    """A configuration in which so much is set: (scope, attribute) -> values."""

    def __init__(self, **values: Sequence[str]) -> None:
        self.values = {("global", name): tuple(each) for name, each in values.items()}

    async def get(self, scope: Scope, attribute: str) -> Setting:
        """Give what is set there, else globally, as the real one does."""
        if scope.name == "gone.example":
            raise NotFound("no such domain")
        found = self.values.get((str(scope), attribute))
        found = found or self.values.get(("global", attribute), ())
        return Setting(name=attribute, values=found, origin=BUILT_IN)


@implementer(ISubmission)
class FullSubmission(MemorySubmission):
    """Takes nothing."""

    async def submit(self, *_arguments: object, **_names: object) -> bool:
        """Refuse, as where the disk is full."""
        raise Unavailable("disk full")


class NoticesTests(TestCase):
    """Telling administrators."""

    def setUp(self) -> None:
        self.kept = MemoryNotices()
        self.settings = SetValues()
        self.accounts = MemoryAccounts(clock=lambda: NOW)
        self.submission = MemorySubmission()
        self.notices = self.telling(self.submission)

    def telling(self, submission: ISubmission) -> Notices:
        """Make what is tested."""
        return Notices(
            kept=self.kept,
            configuration=self.settings,
            accounts=self.accounts,
            submission=submission,
            clock=lambda: NOW,
        )

    async def tell(self, domain: str = "", subject: str = "device jailed") -> list[Submitted]:
        """Notify; gives all mails that were handed over so far."""
        await self.notices.notify(NoticeKind.DOS, subject, "Why…\nSo.", domain=domain)
        return list(self.submission.taken.values())

    def test_provides_the_interface(self) -> None:
        """It has the method of INotices, with its signature."""
        verifyObject(INotices, self.notices)

    async def test_without_recipients_it_is_kept_only(self) -> None:
        """Nobody asked for mails: the list has the notice all the same."""
        self.assertEqual([], await self.tell())
        (kept,) = await self.kept.notices(limit=10)
        self.assertEqual(
            (NOW, NoticeKind.DOS, "", "device jailed", "Why…\nSo."),
            (kept.at, kept.kind, kept.domain, kept.subject, kept.text),
        )

    async def test_one_mail_a_notice(self) -> None:
        """All recipients get one mail, from the configured sender, marked as automatic."""
        self.settings.values = {
            ("global", RECIPIENTS): ("a@example.com", "b@example.org"),
            ("global", FROM): ("alerts@example.com",),
        }
        (mail,) = await self.tell(subject="jailed:\r\nBcc: x@example.net ☃")
        self.assertEqual(("a@example.com", "b@example.org"), mail.recipients)
        parsed = message_from_bytes(mail.message, policy=default)
        self.assertEqual("Carbonio Mobile <alerts@example.com>", parsed["From"])
        self.assertEqual("a@example.com, b@example.org", parsed["To"])
        self.assertEqual("jailed: Bcc: x@example.net ☃", parsed["Subject"])
        self.assertIsNone(parsed["Bcc"])
        self.assertEqual("auto-generated", parsed["Auto-Submitted"])
        self.assertEqual("Why…\nSo.\n", parsed.get_content().replace("\r\n", "\n"))
        self.assertEqual([], parsed.defects)
        self.assertEqual(2, len(await self.tell()))

    async def test_a_sender_without_a_mailbox_gets_no_reports(self) -> None:
        """The empty sender where no account is meant; where one is, it is that account's mail."""
        self.settings.values = {
            ("global", RECIPIENTS): ("a@example.com",),
            ("global", FROM): ("john@example.com",),
        }
        (mail,) = await self.tell()
        self.assertEqual((NOBODY, "", None), (mail.account, mail.sender, mail.sent_copy))
        john = self.accounts.add("john@example.com", "secret")
        mail = (await self.tell())[1]
        self.assertEqual((john, "john@example.com"), (mail.account, mail.sender))

    async def test_without_a_configured_sender(self) -> None:
        """The postmaster where the first recipient is stands as sender."""
        self.settings.values = {("global", RECIPIENTS): ("a@example.com",)}
        (mail,) = await self.tell()
        self.assertIn(b"From: Carbonio Mobile <postmaster@example.com>\r\n", mail.message)

    async def test_the_domains_own_recipients(self) -> None:
        """Those of the domain concerned stand in for the global ones; a domain may be gone."""
        self.settings.values = {
            ("global", RECIPIENTS): ("a@example.com",),
            ("domain example.org", RECIPIENTS): ("b@example.org",),
        }
        for domain in ("example.org", "example.com", "gone.example"):
            mails = await self.tell(domain)
        self.assertEqual(
            [("b@example.org",), ("a@example.com",), ("a@example.com",)],
            [mail.recipients for mail in mails],
        )

    async def test_a_mail_that_cannot_be_sent(self) -> None:
        """The notice is kept, the fault is logged, and whoever notifies goes on."""
        self.settings.values = {("global", RECIPIENTS): ("a@example.com",)}
        await self.telling(FullSubmission()).notify(NoticeKind.DOS, "s", "t")
        self.assertEqual(1, len(await self.kept.notices(limit=10)))


class NoticeCommandTests(TestCase):
    """Typed lines against notices in memory."""

    def setUp(self) -> None:
        self.kept = MemoryNotices()
        self.commands = NoticeCommands(notices=self.kept)

    async def typed(self, name: str, *words: str) -> object:
        """Type a line."""
        return await ask(COMMANDS, self.commands.responders(), name, *words)

    def test_every_command_has_a_responder(self) -> None:
        """What is declared is answered, and nothing else."""
        self.assertEqual({each.name for each in COMMANDS}, set(self.commands.responders()))

    async def test_listing(self) -> None:
        """Newest first, as many as asked for."""
        for number in range(3):
            await self.kept.add(
                NoticeKind.DOS, f"s{number}", "t", domain="example.com", at=NOW + number
            )
        answer = await self.typed("getNotifications", "limit", "2")
        assert isinstance(answer, Listing)
        self.assertEqual("notifications", answer.heading)
        found = await rows(answer)
        self.assertEqual(
            {
                "id": 3,
                "date": "2027-01-15T08:00:02+00:00",
                "kind": "dos",
                "domain": "example.com",
                "subject": "s2",
                "text": "t",
            },
            found[0],
        )
        self.assertEqual(["s2", "s1"], [row["subject"] for row in found])
        self.assertEqual(3, len(await rows(await self.typed("getNotifications"))))

    async def test_deleting(self) -> None:
        """One by its id, or all; what is neither is refused."""
        for _ in range(3):
            await self.kept.add(NoticeKind.SERVER, "s", "t", domain="", at=NOW)
        one = await self.typed("doDeleteNotification", "2")
        self.assertEqual("notification 2 deleted", one.text if isinstance(one, Said) else "")
        with self.assertRaisesRegex(NotFound, "no notification 2"):
            await self.typed("doDeleteNotification", "2")
        with self.assertRaises(UsageFault):
            await self.typed("doDeleteNotification", "some")
        rest = await self.typed("doDeleteNotification", "ALL")
        self.assertEqual(Said(text="all notifications deleted (2)", details={"deleted": 2}), rest)
