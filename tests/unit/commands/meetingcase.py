"""What the tests of meetings share: mail with calendars, John's calendar, what was sent."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from carbonio_mobile.ids import AccountId, ItemId, OperationId, ServerId
from carbonio_mobile.interfaces import IMailbox
from carbonio_mobile.mailbox.delivery.scheduling import Scheduling
from carbonio_mobile.mime.addresses import Mailbox
from carbonio_mobile.mime.building import Body
from carbonio_mobile.mime.imip import imip_message
from carbonio_mobile.pim.event import Event
from carbonio_mobile.pim.events import write_event
from carbonio_mobile.pim.item import ObjectItem
from carbonio_mobile.pim.itip import ItipMessage, parse_itip
from carbonio_mobile.sync.changes import NEWEST, OLDEST
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import NOW, Rig, Submitted, now
from tests.unit.pim.meetings import JOHN, MARY


async def in_place(work: Any, *args: Any, **more: Any) -> Any:
    """Do here what a daemon does in a thread."""
    return work(*args, **more)


def mail(
    calendar: bytes, method: str = "REQUEST", *, sender: str = MARY, to: tuple[str, ...] = (JOHN,)
) -> bytes:
    """Give a meeting mail."""
    return imip_message(
        calendar=calendar,
        method=method,
        from_=Mailbox("Mary", sender),
        to=[Mailbox("", one) for one in to],
        subject="Plans",
        body=Body(text="Let us meet."),
        message_id="invitation@example.com",
        date=NOW,
    )


def parsed(octets: bytes) -> EmailMessage:
    """Read a message as another program does."""
    found = message_from_bytes(octets, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def calendar_in(message: EmailMessage) -> ItipMessage:
    """Give the scheduling message of a mail, and see that its part is as RFC 6047 2.4 wants it."""
    (part,) = [one for one in message.walk() if one.get_content_type() == "text/calendar"]
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    (found,) = parse_itip(content)
    assert part.get_param("method") == found.method
    assert part.get_content_charset() == "utf-8"
    return found


class Meetings:
    """John's mail and calendar in a rig."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.inbox = rig.folder(FolderKind.INBOX)
        self.trash = rig.folder(FolderKind.TRASH)
        self.calendar = rig.folder(FolderKind.CALENDAR)
        self.scheduling = Scheduling(in_thread=in_place, clock=rig.clock.seconds)
        self.count = 0

    def mailbox(self, account: AccountId | None = None) -> IMailbox:
        return now(self.rig.mailboxes.open(account or self.rig.account))

    def arrive(self, source: bytes, *, schedule: bool = True) -> str:
        """Deliver a mail as the daemon does; gives its server id."""
        item = self.rig.deliver(source).item
        if schedule:
            self.schedule(source, item)
        return str(ServerId(self.inbox, item))

    def schedule(self, source: bytes, item: ItemId) -> None:
        """Do with a delivered mail what the delivery does."""
        self.count += 1
        account = now(self.rig.accounts.account(self.rig.account))
        name = OperationId(f"meet-{self.count}")
        stored = (self.inbox, item)
        now(self.scheduling.apply(account, self.rig.mailbox(), stored, source, name))

    def put(self, event: Event) -> str:
        """Store an event in John's calendar; gives its server id."""
        self.count += 1
        source = write_event(None, event, now=NOW)
        name = OperationId(f"put-{self.count}")
        head = now(self.rig.mailbox().add_object(self.calendar, source, operation=name))
        return str(ServerId(self.calendar, head.item))

    def objects(self) -> list[ObjectItem]:
        """Give what is in the calendar, oldest first."""
        box = self.rig.mailbox()
        page = now(box.listing(self.calendar, below=NEWEST, down_to=OLDEST, limit=100))
        items = sorted(head.item for head in page.heads)
        read = now(box.objects(self.calendar, items, source=True))
        return [read[item] for item in items]

    def events(self) -> list[Event]:
        """Give the events of the calendar."""
        return [one.record for one in self.objects() if isinstance(one.record, Event)]

    def event(self) -> Event:
        """Give the only event of the calendar."""
        (event,) = self.events()
        return event

    def mails(self, kind: FolderKind = FolderKind.INBOX) -> int:
        """Count the mails in a folder."""
        folder = self.rig.folder(kind)
        return now(self.rig.mailbox().count(folder, below=NEWEST, down_to=OLDEST))

    def sent(self) -> list[Submitted]:
        """Give what was submitted."""
        return list(self.rig.submission.taken.values())
