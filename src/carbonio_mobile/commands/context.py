"""What a command is given beside its request, and what it gives back.

A command is a coroutine function ``respond(call: Call) -> Answer``; ``commands/table.py`` lists
them all.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.eas.requestline import RequestLine
from carbonio_mobile.eas.version import Version
from carbonio_mobile.interfaces import (
    IAccounts,
    IChangeHub,
    IDevices,
    IMailbox,
    IMailboxes,
    ISubmission,
    ISyncStates,
    ITurn,
)
from carbonio_mobile.sync.device import Device
from carbonio_mobile.wbxml import Element


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The limits that commands keep; set from the options of the same names.

    ``latency_s`` is the delay between an arrival and its notification; 0 notifies at once.
    """

    heartbeat_min_s: int
    heartbeat_max_s: int
    latency_s: float
    ping_folders_max: int
    sync_collections_max: int
    response_bytes: int
    message_bytes: int
    attachment_bytes: int
    search_results_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What every command may use of the rest of the program.

    ``clock`` gives seconds since 1970, UTC.
    """

    accounts: IAccounts
    mailboxes: IMailboxes
    submission: ISubmission
    devices: IDevices
    states: ISyncStates
    hub: IChangeHub
    clock: Callable[[], float]
    random_bytes: Callable[[int], bytes]
    bounds: Bounds


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request that passed the gates.

    ``document`` is the decoded WBXML body, None where the body was empty or not WBXML; ``body`` the
    raw octets (the MIME of SendMail up to 12.1).
    """

    line: RequestLine
    version: Version
    account: Account
    device: Device
    turn: ITurn
    mailbox: IMailbox
    document: Element | None
    body: bytes = field(repr=False)
    services: Services

    @property
    def now(self) -> float:
        """The present time, seconds since 1970, UTC."""
        return self.services.clock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a command says.

    ``document`` None is an empty body. ``parts`` are the binaries of a multipart answer, in the
    order of their Part numbers from 1; ``multipart`` asks for that form even without binaries.
    """

    document: Element | None = None
    parts: tuple[bytes, ...] = field(default=(), repr=False)
    multipart: bool = False
    octets: bytes | None = field(default=None, repr=False)
    content_type: str = ""
