"""What a command is given beside its request, and what it gives back.

A command is a coroutine function ``respond(call: Call) -> Answer``; ``commands/table.py`` lists
them all.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.directory.certificates import TrustStore
from carbonio_mobile.eas.clients import Traits, traits_of
from carbonio_mobile.eas.linkid import Share
from carbonio_mobile.eas.requestline import RequestLine
from carbonio_mobile.eas.version import Version
from carbonio_mobile.ids import AccountId
from carbonio_mobile.interfaces import (
    IAccounts,
    IBusy,
    IChangeHub,
    IDevices,
    IDirectory,
    IDocuments,
    IMailbox,
    IMailboxes,
    IOwnContacts,
    IRights,
    ISubmission,
    ISyncStates,
    ITurn,
)
from carbonio_mobile.policy.limits import SyncLimits, limits_of
from carbonio_mobile.sync.device import Device
from carbonio_mobile.wbxml import Element

T = TypeVar("T")


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


def pushed_as_wished(bounds: Bounds, account: Account) -> Bounds:
    """Give the bounds with what attributes say of push, where they say anything.

    Spec: cli.md 3.2. The options of the same names stand in for attributes that nobody set.
    """
    longest = account.value("ZxMobile_MaxPingHeartbeat")
    latency = account.value("ZxMobile_NotificationsLatency")
    if longest:
        longest_s = max(int(longest), bounds.heartbeat_min_s)
        bounds = replace(bounds, heartbeat_max_s=longest_s)
    if account.flag("ZxMobile_UseInstantNotficiations", default=False):
        return replace(bounds, latency_s=0.0)
    return replace(bounds, latency_s=float(latency)) if latency else bounds


class Offload(Protocol):
    """Runs a function elsewhere; fires with its result or what it raised."""

    def __call__(self, work: Callable[[], T], /) -> Awaitable[T]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """The documents that every account may read, and the names under which links know them."""

    documents: IDocuments
    share: Share


def unforced(_account: AccountId) -> int | None:
    """Force no window size on anybody."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What every command may use of the rest of the program.

    ``clock`` gives seconds since 1970, UTC; ``steady_clock`` seconds that nobody sets, for
    measuring how long something takes. ``offload`` does pure work away from the reactor thread, for
    what may take more than a few milliseconds. ``trust`` are the roots of certificates of mail.
    ``documents`` is None where no library is configured, ``rights`` where nobody may send in
    another's name; ``busy`` where everybody's mailbox can be opened to see when somebody is busy.
    """

    accounts: IAccounts
    directory: IDirectory
    contacts: IOwnContacts
    mailboxes: IMailboxes
    submission: ISubmission
    devices: IDevices
    states: ISyncStates
    hub: IChangeHub
    clock: Callable[[], float]
    steady_clock: Callable[[], float]
    random_bytes: Callable[[int], bytes]
    offload: Offload
    trust: TrustStore
    bounds: Bounds
    documents: Library | None = None
    forced_window: Callable[[AccountId], int | None] = unforced
    rights: IRights | None = None
    busy: IBusy | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request that passed the gates.

    ``met`` are documents that were read together with the device; :meth:`documents` gives them out.

    ``document`` is the decoded WBXML body, None where the body was empty or not WBXML; ``body`` the
    raw octets (the MIME of SendMail up to 12.1). ``recognised`` stands in for the traits that the
    device's own words give it.
    """

    line: RequestLine
    version: Version
    account: Account
    device: Device
    turn: ITurn
    mailbox: IMailbox
    document: Element | None
    met: dict[str, str | None] = field(repr=False)
    body: bytes = field(repr=False)
    services: Services
    recognised: Traits | None = None

    async def documents(self, names: Collection[str]) -> Mapping[str, str]:
        """Give the documents of these names that exist, as they are now.

        What was read with the device is good for one use: whoever asks again, asks the store.
        """
        if all(name in self.met for name in names):
            taken = {name: self.met.pop(name) for name in names}
            return {name: text for name, text in taken.items() if text is not None}
        return await self.services.states.load(self.device.key, names)

    @property
    def now(self) -> float:
        """The present time, seconds since 1970, UTC."""
        return self.services.clock()

    @property
    def bounds(self) -> Bounds:
        """The limits that this request keeps."""
        return pushed_as_wished(self.services.bounds, self.account)

    @property
    def limits(self) -> SyncLimits:
        """What the account's policy lets a device have, whatever the device makes of it."""
        return limits_of(self.account)

    @property
    def traits(self) -> Traits:
        """What the device's family is known for."""
        return self.recognised or traits_of(self.device)


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
