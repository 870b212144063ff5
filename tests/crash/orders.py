"""What the administrators of the crash tests order, and how one sees whether it was done.

Each order is given again and again, in turns: a turn is prepared, its line is typed, and whatever
happens meanwhile, ``state`` is ``before`` or ``after`` then, and nothing between them.
"""

from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Any

from carbonio_mobile.cli.faults import CommandFault
from carbonio_mobile.client.phone import Phone, PhoneState
from tests.crash.administrator import Administrator
from tests.crash.daemon import Daemon
from tests.crash.phones import WireTransport, run

JOHN, MARY, PAUL, NEW = (f"{name}@example.com" for name in ("john", "mary", "paul", "new"))
PASSWORD = "only for this test"
DEVICES = 20_000
IMPORT = b"".join(b"bulk%05d\n" % number for number in range(DEVICES))


def phone(daemon: Daemon, account: str, device: str) -> Phone:
    """Make a phone of an account."""
    transport = WireTransport(daemon=daemon, login=account, password=PASSWORD, random=Random(0))
    return Phone(PhoneState(device_id=device, version="16.1", user=account), transport)


class Order:
    """Something to be ordered.

    ``may_repeat``: to say it once more when it is done changes nothing, or is refused.
    """

    may_repeat = True
    file: bytes | None = None

    def __init__(self, administrator: Administrator, daemon: Daemon) -> None:
        self.ask = administrator.ask
        self.rows = administrator.rows
        self.daemon = daemon

    def begin(self) -> None:
        """Make what it needs, once."""

    def prepare(self, turn: int) -> None:
        """Make what a turn needs."""

    def line(self, turn: int) -> str:
        """Give the line of a turn."""
        raise NotImplementedError

    def state(self, turn: int) -> Any:
        """Give what is to be seen of it."""
        raise NotImplementedError

    def after(self, before: Any, turn: int) -> Any:
        """Give the state when it is done."""
        raise NotImplementedError

    def check(self, turn: int) -> None:
        """Look at what follows from it, once it is done."""


def values(entry: dict[str, Any], *names: str) -> tuple[Any, ...]:
    """Give some attributes of an entry of the directory."""
    return tuple(entry["attributes"].get(name) for name in names)


class CreateAndDelete(Order):
    """prov ca, and da in every second turn."""

    def line(self, turn: int) -> str:
        """Create, then delete."""
        if turn % 2:
            return f"prov da {NEW}"
        return f"prov ca {NEW} a-pass-word-{turn} displayName Name{turn} description Text{turn}"

    def state(self, turn: int) -> Any:
        """Give the account, or None."""
        try:
            (entry,) = self.rows(f"prov ga {NEW}")
        except CommandFault:
            return None
        return values(entry, "displayName", "description")

    def after(self, before: Any, turn: int) -> Any:
        """Be there with both attributes, or not at all."""
        return None if turn % 2 else ([f"Name{turn}"], [f"Text{turn}"])


class Modify(Order):
    """prov ma with three attributes."""

    names = ("displayName", "description", "zimbraPrefLocale")

    def line(self, turn: int) -> str:
        """Set all to what names the turn."""
        locale = "it" if turn % 2 else "de"
        words = f"displayName Paul{turn} description Text{turn} zimbraPrefLocale {locale}"
        return f"prov ma {PAUL} {words}"

    def state(self, turn: int) -> Any:
        """Give them."""
        (entry,) = self.rows(f"prov ga {PAUL}")
        return values(entry, *self.names)

    def after(self, before: Any, turn: int) -> Any:
        """All three are of that turn."""
        return ([f"Paul{turn}"], [f"Text{turn}"], ["it" if turn % 2 else "de"])


class Configure(Order):
    """config set."""

    name = "mobileAntiDosServiceJailDuration"

    def line(self, turn: int) -> str:
        """Set a number."""
        return f"config set global {self.name} {600_000 + turn}"

    def state(self, turn: int) -> Any:
        """Give the number."""
        return str(600_000 + turn) in str(self.ask(f"config get global {self.name}"))

    def after(self, before: Any, turn: int) -> Any:
        """It is that of the turn."""
        return True


class Import(Order):
    """ABQ import of many devices."""

    file = IMPORT

    def _status(self, turn: int) -> str:
        return "Blocked" if turn % 2 else "Allowed"

    def line(self, turn: int) -> str:
        """Allow or block all of them."""
        return f"mobile ABQ import FILE {self._status(turn)}"

    def state(self, turn: int) -> Any:
        """Count them by status."""
        return Counter(
            row["status"]
            for row in self.rows("mobile ABQ list")
            if row["device_id"].startswith("bulk")
        )

    def after(self, before: Any, turn: int) -> Any:
        """All have one status."""
        return Counter({self._status(turn): DEVICES})


class SetRule(Order):
    """ABQ setRule: one rule that changes status and place."""

    def line(self, turn: int) -> str:
        """Set it."""
        return f"mobile ABQ setRule kill.* {'Blocked' if turn % 2 else 'Quarantined'} {turn}"

    def state(self, turn: int) -> Any:
        """Give the rules."""
        return self.rows("mobile ABQ listRules")

    def after(self, before: Any, turn: int) -> Any:
        """There is one."""
        status = "Blocked" if turn % 2 else "Quarantined"
        return [{"regex": "kill.*", "status": status, "order": turn}]


class Filters(Order):
    """EAS filters: one is added, moved, deleted."""

    may_repeat = False

    def begin(self) -> None:
        """Have some that stay."""
        for number in range(3):
            self.ask(f"mobile doAddEASFilter contains first{number} fixed 14.1")

    def line(self, turn: int) -> str:
        """Give the line of one of the three."""
        lines = (
            f"mobile doAddEASFilter contains turn{turn} fixed 14.0",
            "mobile doMoveEASFilter 3 0",
            "mobile doDeleteEASFilter 0",
        )
        return lines[turn % 3]

    def state(self, turn: int) -> Any:
        """Give them in their order; ids are their places."""
        found = self.rows("mobile getAllEASFilters")
        assert [row["ID"] for row in found] == list(range(len(found)))
        return [row["rule"] for row in found]

    def after(self, before: Any, turn: int) -> Any:
        """Give the list with that one change."""
        if turn % 3 == 0:
            return [*before, before[0].replace("first0", f"turn{turn}")]
        return [before[-1], *before[:-1]] if turn % 3 == 1 else before[1:]


class AddCredential(Order):
    """auth credential add; an account may not have very many, so every few turns it is another."""

    may_repeat = False
    each = 10

    def _account(self, turn: int) -> str:
        return f"keys{turn // self.each}@example.com"

    def prepare(self, turn: int) -> None:
        """Have the account."""
        if turn % self.each == 0:
            self.ask(f"prov ca {self._account(turn)} a-pass-word-1")

    def line(self, turn: int) -> str:
        """Add one."""
        account = self._account(turn)
        return f"auth credential add {account} label label{turn} password good-enough-{turn}"

    def state(self, turn: int) -> Any:
        """Tell whether it is there, with what it opens."""
        found = str(self.ask(f"auth credential list {self._account(turn)}"))
        return [number for number in range(turn + 1) if f"'label{number}'" in found]

    def after(self, before: Any, turn: int) -> Any:
        """It is there beside the others."""
        return [*before, turn]


class SharedFolder(Order):
    """setSharedFolderSync on and off."""

    def begin(self) -> None:
        """Mount a folder."""
        self.ask(f"mobile grantFolder {MARY} Inbox {JOHN} r")
        made = self.ask(f"mobile mountFolder {JOHN} {MARY} Inbox name Shared")
        self._number = made[0]["details"]["item_id"]

    def line(self, turn: int) -> str:
        """Show or hide it."""
        shown = "false" if turn % 2 else "true"
        return f"mobile setSharedFolderSync {JOHN} {self._number} {shown}"

    def state(self, turn: int) -> Any:
        """Tell whether it is shown."""
        return [row["synced"] for row in self.rows(f"mobile getSharedFolders {JOHN}")]

    def after(self, before: Any, turn: int) -> Any:
        """It is, in every second turn."""
        return [turn % 2 == 0]


class OnDevice(Order):
    """An order for a device, another one in each turn."""

    word = ""
    more = ""

    def prepare(self, turn: int) -> None:
        """Have the device hold its Inbox."""
        self._phone = phone(self.daemon, JOHN, f"{self.word}{turn}")
        run(self._phone.folder_sync())
        run(self._phone.settle(self._phone.folder("inbox").id))

    def line(self, turn: int) -> str:
        """Order it."""
        return f"mobile {self.word} {JOHN} {self.word}{turn}{self.more}"

    def info(self, turn: int) -> Any:
        """Give all that is known of the device."""
        return self.ask(f"mobile getDeviceInfo {JOHN} {self.word}{turn} verbose true")[0]["content"]


class Remove(OnDevice):
    """doRemoveDevice."""

    word = "doRemoveDevice"

    def state(self, turn: int) -> Any:
        """Tell whether it is known, and whether it holds anything."""
        try:
            found = self.info(turn)
        except CommandFault:
            return "unknown"
        return len(found["folders"])

    def after(self, before: Any, turn: int) -> Any:
        """It is gone."""
        return "unknown"

    def check(self, turn: int) -> None:
        """It comes back as a new one."""
        run(self._phone.folder_sync())
        run(self._phone.settle(self._phone.folder("inbox").id))
        assert self.state(turn) == 1


class Reset(Remove):
    """doResetDevice."""

    word = "doResetDevice"

    def state(self, turn: int) -> Any:
        """Give what it holds."""
        return self.info(turn)["folders"]

    def after(self, before: Any, turn: int) -> Any:
        """It holds nothing any more."""
        return "none synced"

    def check(self, turn: int) -> None:
        """It begins anew, without being asked to provision."""
        run(self._phone.folder_sync())
        run(self._phone.settle(self._phone.folder("inbox").id))
        assert len(self.state(turn)) == 1


class Wipe(OnDevice):
    """doWipeDevice."""

    word = "doWipeDevice"
    more = " confirm true"

    def prepare(self, turn: int) -> None:
        """Have the device acknowledge a policy: only then its owner agreed."""
        super().prepare(turn)
        run(self._phone.provision())

    def state(self, turn: int) -> Any:
        """Tell whether it is to be wiped."""
        access = self.info(turn)["access"]
        return isinstance(access, dict) and "has not come for it yet" in access["wipe"]

    def after(self, before: Any, turn: int) -> Any:
        """It is."""
        return True


class Divert(Order):
    """ABQ set of a device in use: blocked, and let in in every second turn."""

    device = "diverted1"

    def begin(self) -> None:
        """Have the device hold its Inbox; with an empty list it would be allowed at the start."""
        self.ask("mobile ABQ set other1 Allowed")
        self._phone = phone(self.daemon, MARY, self.device)
        run(self._phone.folder_sync())
        run(self._phone.settle(self._phone.folder("inbox").id))

    def line(self, turn: int) -> str:
        """Give it a status."""
        return f"mobile ABQ set {self.device} {'Allowed' if turn % 2 else 'Blocked'}"

    def state(self, turn: int) -> Any:
        """Give the status."""
        return self.ask(f"mobile ABQ explain {self.device} account {MARY}")[0]["content"]["status"]

    def after(self, before: Any, turn: int) -> Any:
        """It has the new one."""
        return "Allowed" if turn % 2 else "Blocked"

    def check(self, turn: int) -> None:
        """It sees its own mailbox or the other one, wherever the kill left it."""
        run(self._phone.folder_sync())
        inbox = self._phone.folder("inbox").id
        run(self._phone.settle(inbox))
        folders = len(self._phone.state.folders)
        assert folders > 1 if turn % 2 else folders == 1
        assert len(self._phone.items(inbox)) == (0 if turn % 2 else 1)


ORDERS: Sequence[type[Order]] = (
    CreateAndDelete,
    Modify,
    Configure,
    Import,
    SetRule,
    Filters,
    AddCredential,
    SharedFolder,
    Remove,
    Reset,
    Wipe,
    Divert,
)
