"""A folder of mail that a device of some version keeps in step, for the tests of this folder."""

from carbonio_mobile.ids import ServerId
from carbonio_mobile.mailbox.memory import MemoryMailbox
from carbonio_mobile.mime.mailitem import BodyWish, MailItem, MailPatch, MailState
from carbonio_mobile.sync.changes import NO_ASPECT
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import Rig, now
from carbonio_mobile.wbxml import Element, Tag
from carbonio_mobile.wbxml.codepages import AirSync, Email
from tests.unit.commands.checked import CheckedPhone
from tests.unit.commands.phone import change, commands, options

PLAIN = (
    b"From: Mary <mary@example.com>\r\nTo: John <john@example.com>\r\nSubject: Plans\r\n"
    b"Message-ID: <plans@example.com>\r\nDate: Fri, 15 Jan 2027 07:00:00 +0000\r\n\r\nHello\r\n"
)


class MailCase:
    """A phone, primed in one folder; every answer is checked by schema and version."""

    def __init__(self, version: str, kind: FolderKind = FolderKind.INBOX) -> None:
        self.version = version
        self.rig = Rig()
        self.phone = CheckedPhone(self.rig, version=version)
        self.folder = self.rig.folder(kind)
        self.options = () if version == "2.5" else (options(),)
        self.phone.prime(self.folder, *self.options)

    def arrive(self, source: bytes = PLAIN, state: MailState | None = None) -> str:
        """Let a mail come and the phone have it; gives its server id."""
        head = self.rig.deliver(source, folder=self.folder, state=state or MailState())
        self.phone.settle(self.folder, *self.options)
        return str(ServerId(self.folder, head.item))

    def held(self, name: str) -> Element:
        """Give what the phone holds of an item: its ApplicationData."""
        return self.phone.items[self.folder][name]

    def shown(self, source: bytes = PLAIN, state: MailState | None = None) -> Element:
        """Give the ApplicationData of a mail that comes."""
        return self.held(self.arrive(source, state))

    def meeting(self, source: bytes) -> Element:
        """Give the MeetingRequest of a mail that comes."""
        return the(self.shown(source), Email.MeetingRequest)

    def patch(self, name: str, patch: MailPatch) -> None:
        """Change a mail behind the phone's back."""
        item = ServerId.parse(name).item
        now(self.rig.mailbox().update(self.folder, {item: patch}))

    def touch(self, name: str) -> None:
        """Change something of an item that is no property of any class."""
        box = self.rig.mailbox()
        assert isinstance(box, MemoryMailbox)
        one = box._items[self.folder, ServerId.parse(name).item]
        one.stamps[NO_ASPECT] = box._stamp(self.folder)

    def told(self) -> list[Element]:
        """Sync, and give the commands of the answer."""
        collection = self.phone.sync(self.folder, *self.options)
        found = None if collection is None else collection.find(AirSync.Commands)
        return [] if found is None else found.children

    def change(self, name: str, *content: Element) -> str:
        """Change a mail on the phone; gives the status, 1 where nothing is said."""
        wanted = commands(change(name, *content))
        collection = self.phone.sync(self.folder, *self.options, wanted)
        assert collection is not None
        responses = collection.find(AirSync.Responses)
        if responses is None:
            return "1"
        (response,) = responses.children
        assert response.tag is AirSync.Change
        return response.value(AirSync.Status, "")

    def read(self, name: str) -> MailItem:
        """Give an item as the mailbox has it."""
        named = ServerId.parse(name)
        wish = BodyWish(text_bytes=None, html_bytes=None, source_bytes=None)
        found: MailItem = now(self.rig.mailbox().read(named.folder, [named.item], wish))[named.item]
        return found


def the(parent: Element, tag: Tag) -> Element:
    """Give a child, of which there must be exactly one."""
    found = [child for child in parent if child.tag is tag]
    assert len(found) == 1, f"{len(found)} times {tag}"
    return found[0]


def tags(parent: Element) -> set[Tag]:
    """Give the tags of the children."""
    return {child.tag for child in parent}
