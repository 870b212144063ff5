"""One walk in one version: two devices of the account, and what they made on the server."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from carbonio_mobile.client import synctrees
from carbonio_mobile.client.applying import SyncResult
from carbonio_mobile.client.classes import CALENDAR, CONTACTS, EMAIL, FOLDER_TYPES, NOTES, TASKS
from carbonio_mobile.client.faults import Refused
from carbonio_mobile.client.items import Item
from carbonio_mobile.client.phone import Phone, SyncOptions
from carbonio_mobile.client.selftest.watching import WatchedTransport
from carbonio_mobile.eas.status import SyncStatus
from carbonio_mobile.eas.version import Version
from carbonio_mobile.errors import CarbonioMobileError
from carbonio_mobile.wbxml import Element

RECENT = SyncOptions(filter_type=1, truncation_bytes=2048)
"""Mail of the last day: all that a walk makes is younger."""
SOME_WEEKS = SyncOptions(filter_type=4, truncation_bytes=2048)

PATIENCE_S = 30.0
"""How long mail to oneself may take."""
PAUSE_S = 0.25

ROLES = {CONTACTS: "contacts", CALENDAR: "calendar", TASKS: "tasks", NOTES: "notes"}


class Failed(CarbonioMobileError):
    """Something else came than what was expected, which the text says."""


class Skipped(CarbonioMobileError):
    """The step cannot be done, for the reason that the text says."""


def expect(is_so: bool, expected: str) -> None:
    """Raises: Failed unless it is so."""
    if not is_so:
        raise Failed(f"expected {expected}")


@dataclass(slots=True, kw_only=True)
class Walk:
    """The account is looked at by ``phone``, which does things, and ``witness``, which sees them.

    ``marker`` is a word that stands in the name of everything that this walk makes, and nowhere
    else. ``other`` is a device of another account, None where there is none. ``discover`` asks for
    the server's URL by Autodiscover.
    """

    version: Version
    phone: Phone
    witness: Phone
    watched: WatchedTransport
    address: str
    marker: str
    now: float
    sleep: Callable[[float], Awaitable[None]]
    discover: Callable[[], Awaitable[str]]
    other: Phone | None = None
    other_address: str = ""
    own_folders: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    messages: dict[str, str] = field(default_factory=dict)
    """Messages that later steps work with: what for -> server id in the Inbox."""
    undo: list[tuple[str, Callable[[], Awaitable[None]]]] = field(default_factory=list)

    # Folders

    def standard(self, role: str) -> str:
        """Give the id of a standard folder. Raises: Skipped."""
        for folder in self.phone.folders.values():
            if folder.role == role:
                return folder.id
        raise Skipped(f"the server shows no folder {role}")

    def folder(self, class_name: str) -> str:
        """Give the walk's own folder of a class, or else the standard one. Raises: Skipped."""
        if class_name in self.own_folders:
            return self.own_folders[class_name]
        if class_name == EMAIL:
            raise Skipped("it could not make a folder of its own")
        return self.standard(ROLES[class_name])

    async def make_folder(self, class_name: str) -> str:
        """Make the walk's own folder of a class."""
        name = f"{class_name} {self.marker}"
        made = await self.phone.create_folder(name, type_=FOLDER_TYPES[class_name])
        self.own_folders[class_name] = made
        return made

    def on_witness(self, folder: str) -> str:
        """Give the witness's id of a folder. Raises: Failed."""
        path = self.phone.path(folder)
        if folder in self.witness.folders and self.witness.path(folder) == path:
            return folder
        try:
            return self.witness.folder(path).id
        except KeyError:
            raise Failed(f"expected the other device to have the folder {path}") from None

    # Syncing

    async def done(self, folder: str, *commands: Element, for_good: bool = False) -> SyncResult:
        """Sync commands up that must all work. Raises: Failed, Refused for one that does not."""
        result = await self.phone.sync(folder, *commands, deletes_as_moves=not for_good)
        return _all_done(result)

    async def witness_done(self, folder: str, *commands: Element) -> SyncResult:
        """Sync commands of the witness up, which holds the folder as it is now."""
        there = self.on_witness(folder)
        await self.witness.settle(there)
        return _all_done(await self.witness.sync(there, *commands))

    async def add(self, folder: str, *content: Element, item_class: str = "") -> str:
        """Add an item; gives its server id."""
        await self.phone.settle(folder)
        name = self.phone.new_id()
        result = await self.done(folder, synctrees.add(name, *content, item_class=item_class))
        return result.made[name]

    async def seen(self, folder: str) -> Mapping[str, Item]:
        """Give what the other device sees in a folder now."""
        there = self.on_witness(folder)
        await self.witness.settle(there)
        return self.witness.items(there)

    async def seen_one(self, folder: str, title: str) -> Element:
        """Give the content of the one item of that title, as the other device sees it.

        Raises: Failed unless there is exactly one.
        """
        found = [one for one in (await self.seen(folder)).values() if one.subject == title]
        expect(len(found) == 1, f"the other device to see one {title!r}, not {len(found)}")
        assert found[0].content is not None
        return found[0].content

    async def unseen(self, folder: str, title: str) -> None:
        """Raises: Failed if the other device sees an item of that title."""
        found = [one for one in (await self.seen(folder)).values() if one.subject == title]
        expect(not found, f"the other device not to see {title!r} any more")

    # Mail

    async def arrived(self, subject: str, phone: Phone | None = None) -> Item:
        """Wait for a message in the Inbox. Raises: Failed."""
        device = phone or self.phone
        inbox = next((one.id for one in device.folders.values() if one.role == "inbox"), "")
        if not inbox:
            raise Skipped("the server shows no inbox")
        waited_s = 0.0
        while waited_s < PATIENCE_S:
            await device.settle(inbox, options=self._unless_told(device, inbox))
            for item in device.items(inbox).values():
                if item.subject == subject:
                    return item
            await self.sleep(PAUSE_S)
            waited_s += PAUSE_S
        raise Failed(f"expected {subject!r} to arrive within {PATIENCE_S:.0f} seconds")

    def _unless_told(self, device: Phone, folder: str) -> SyncOptions | None:
        known = device.state.collection(folder)
        return None if known.options_told else RECENT

    def message(self, what: str) -> str:
        """Give a message of an earlier step. Raises: Skipped."""
        if what not in self.messages:
            raise Skipped("the message that it needs did not arrive")
        return self.messages[what]


def _all_done(result: SyncResult) -> SyncResult:
    expect(result.status == SyncStatus.SUCCESS, f"Sync to go on, not status {result.status}")
    for status in result.refused.values():
        raise Refused(f"refused within Sync (status {status})", command="Sync", status=status)
    return result
