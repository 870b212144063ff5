"""``ImapSession``: what every operation on a connection stands on.

A session is that of one account, after login; it knows what the server can and which mailbox is
selected.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from twisted.internet.defer import Deferred

from carbonio_mobile.errors import NotAllowed, Unavailable
from carbonio_mobile.imap.commands import LITERAL_MINUS_OCTETS, Argument, Command, astring
from carbonio_mobile.imap.names import encode
from carbonio_mobile.imap.responses import Capabilities, Enabled, Identity, Response, Status
from carbonio_mobile.imap.uidsets import UidSet
from carbonio_mobile.mailbox.imapclient.faults import CommandRefused, refusal
from carbonio_mobile.mailbox.imapclient.wire import ImapWire

_WANTED = ("CONDSTORE", "QRESYNC", "UTF8=ACCEPT")
_UNBOUNDED = 1 << 62


@dataclass(slots=True, kw_only=True)
class Selection:
    """The selected mailbox as it was when it was selected, ``exists`` as it is now.

    ``modseq`` is 0 where the server keeps none. ``vanished`` are those gone since the state that
    was asked about (QRESYNC); None where that was not asked, or the server did not take it up
    since UIDVALIDITY changed.
    """

    name: str
    read_only: bool
    validity: int = 0
    uid_next: int = 0
    modseq: int = 0
    exists: int = 0
    permanent_flags: tuple[str, ...] = ()
    mailbox_id: str = ""
    vanished: list[UidSet] | None = field(default=None)


class ImapSession:
    """A connection that is logged in. ``label`` names it in logs."""

    def __init__(self, wire: ImapWire, *, label: str) -> None:
        self.wire = wire
        self.label = label
        self.capabilities: frozenset[str] = frozenset()
        self.enabled: frozenset[str] = frozenset()
        self.server: dict[str, str] = {}
        self.selected: Selection | None = None

    @property
    def utf8(self) -> bool:
        """Whether names go over the wire in UTF-8."""
        return "UTF8=ACCEPT" in self.enabled

    @property
    def keeps_modseq(self) -> bool:
        """Whether the server can tell what changed since a point (CONDSTORE)."""
        return bool(self.capabilities & {"CONDSTORE", "QRESYNC"})

    def can(self, *names: str) -> bool:
        """Tell whether the server has all of these capabilities."""
        return self.capabilities.issuperset(names)

    async def run(
        self,
        name: str,
        *arguments: Argument,
        takes: Callable[[Response], bool] | None = None,
        **manner: Any,
    ) -> Status:
        """Do one command; ``manner`` as for ``ImapWire.run``. Raises: StoreError."""
        try:
            return await self.wire.run(Command(name, arguments), takes=takes, **manner)
        except CommandRefused as exc:
            raise refusal(exc) from exc

    def name(self, name: str) -> Argument:
        """Give a mailbox's name as an argument. Raises: NotAllowed (it cannot be one)."""
        try:
            return astring(encode(name, utf8=self.utf8))
        except ValueError as exc:
            raise NotAllowed("no mailbox can have this name") from exc

    def take_capabilities(self, names: frozenset[str]) -> None:
        """Note what the server says that it can."""
        self.capabilities = names
        if "LITERAL+" in names:
            self.wire.free_octets = _UNBOUNDED
        elif "LITERAL-" in names:
            self.wire.free_octets = LITERAL_MINUS_OCTETS

    def take_code(self, status: Status) -> bool:
        """Note the capabilities that a status response brings; tell whether it did."""
        if status.code is None or status.code.name != "CAPABILITY":
            return False
        self.take_capabilities(frozenset(status.code.argument.decode("latin-1").upper().split()))
        return True

    async def ask_capabilities(self) -> None:
        """Ask for them. Raises: StoreError."""

        def takes(response: Response) -> bool:
            if isinstance(response, Capabilities):
                self.take_capabilities(response.names)
            return isinstance(response, Capabilities)

        await self.run("CAPABILITY", takes=takes)

    async def enable(self) -> None:
        """Switch on what this client understands, as far as the server has it."""
        if not self.can("ENABLE"):
            return
        # Who says QRESYNC says CONDSTORE (RFC 7162 3.2.3), but not all servers list both.
        wanted = [name for name in _WANTED if name in self.capabilities]
        if not wanted:
            return

        def takes(response: Response) -> bool:
            if isinstance(response, Enabled):
                self.enabled |= response.names
            return isinstance(response, Enabled)

        await self.run("ENABLE", " ".join(wanted).encode("ascii"), takes=takes, alone=True)

    async def identify(self, name: str, version: str) -> None:
        """Tell the server who this is, and learn who it is; where it wants to know."""
        if not self.can("ID"):
            return

        def takes(response: Response) -> bool:
            if isinstance(response, Identity):
                self.server = dict(response.fields)
            return isinstance(response, Identity)

        said = f'("name" "{name}" "version" "{version}")'
        await self.run("ID", said.encode("ascii"), takes=takes)

    async def probe(self) -> None:
        """See whether the connection is alive, and let the server tell its news."""
        await self.run("NOOP")

    def close(self) -> None:
        """Say goodbye and close."""
        self.wire.close()

    @property
    def ended(self) -> Deferred[None]:
        """Fires when the connection is no more."""
        return self.wire.ended

    def require_selected(self) -> Selection:
        """Give the selected mailbox. Raises: Unavailable (none is)."""
        if self.selected is None:
            raise Unavailable("no mailbox is selected")
        return self.selected
