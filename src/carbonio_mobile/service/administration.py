"""Put the administration plane together: what it decides of devices, who answers its commands."""

import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from carbonio_mobile.admin.abqservice import AbqService
from carbonio_mobile.admin.audit import AuditLog
from carbonio_mobile.admin.breathing import Breath
from carbonio_mobile.admin.calling import Respond
from carbonio_mobile.admin.catalogue.all import COMMANDS
from carbonio_mobile.admin.notifying import Notices
from carbonio_mobile.admin.partnerships import Owner, Partnerships
from carbonio_mobile.admin.quotanotices import QuotaNotices
from carbonio_mobile.admin.replay import Fresh
from carbonio_mobile.admin.responders.abq import AbqResponders
from carbonio_mobile.admin.responders.abqmessages import AbqMessageResponders
from carbonio_mobile.admin.responders.addressbook import AddressBookResponders
from carbonio_mobile.admin.responders.auth import AuthCommands
from carbonio_mobile.admin.responders.authpolicy import AuthPolicyCommands
from carbonio_mobile.admin.responders.config import ConfigCommands
from carbonio_mobile.admin.responders.devicechanges import DeviceChangeResponders
from carbonio_mobile.admin.responders.devices import DeviceResponders
from carbonio_mobile.admin.responders.filters import FilterCommands
from carbonio_mobile.admin.responders.folders import FolderResponders
from carbonio_mobile.admin.responders.loggers import LoggerResponders
from carbonio_mobile.admin.responders.notices import NoticeCommands
from carbonio_mobile.admin.responders.prov import Provisioning
from carbonio_mobile.admin.responders.provisioning import ProvisioningCommands
from carbonio_mobile.admin.responders.services import ServiceCommands, Switch
from carbonio_mobile.admin.responders.simulation import SimulationResponders
from carbonio_mobile.admin.server import AdminFactory, AdminPlane
from carbonio_mobile.admin.simulating import Stage
from carbonio_mobile.changes.turns import DeviceTurns
from carbonio_mobile.commands.context import Services
from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.directory.configuration import Scope
from carbonio_mobile.directory.credentials import EAS
from carbonio_mobile.directory.provisioning import EntryKind
from carbonio_mobile.ids import AccountId, DeviceId, DeviceKey
from carbonio_mobile.interfaces import IExposures, IMailboxes, ISharing, ISubmission
from carbonio_mobile.logs.accountloggers import AccountLoggers
from carbonio_mobile.logs.activity import Activity
from carbonio_mobile.mailbox.dummy import DummyMailbox
from carbonio_mobile.pipeline import Pipeline, Served
from carbonio_mobile.policy.abq import Decision
from carbonio_mobile.policy.dos import DosFilter, DosSettings
from carbonio_mobile.policy.offers import Offers
from carbonio_mobile.service.adminsocket import admission
from carbonio_mobile.service.config import Settings
from carbonio_mobile.service.directories import Directory
from carbonio_mobile.service.freshserver import fresh_server
from carbonio_mobile.service.guard import HouseGuard
from carbonio_mobile.service.switches import Door, Module, OnOff
from carbonio_mobile.store.abq import SqlAbq
from carbonio_mobile.store.database import Database
from carbonio_mobile.store.filters import SqlEasFilters
from carbonio_mobile.store.marks import SqlMarks
from carbonio_mobile.store.memory import MemoryStore
from carbonio_mobile.store.notices import SqlNotices
from carbonio_mobile.store.sql import SqlStore
from carbonio_mobile.sync.device import Device

CONNECTIONS_MAX = 50
"""So many administrators' clients may be connected at once."""

_PAGE = 500
_DOS_SWITCH = "mobileAntiDosServiceEnabled"

_log = Logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Controls:
    """What decides of devices, as the pipeline needs it."""

    guard: HouseGuard
    offers: Offers
    loggers: AccountLoggers
    activity: Activity
    abq: AbqService


def in_background(work: Coroutine[Any, Any, None]) -> Deferred[None]:
    """Have something done that nobody waits for; what goes wrong is logged."""
    done: Deferred[None] = Deferred.fromCoroutine(work)
    return done.addErrback(lambda failure: _log.failure("background work failed", failure))


class Administration:
    """The administration of a running daemon. ``pause`` lets the reactor have a turn."""

    def __init__(
        self,
        *,
        settings: Settings,
        directory: Directory,
        database: Database,
        store: SqlStore,
        services: Services,
        own_mailboxes: IMailboxes,
        turns: DeviceTurns,
        sharing: ISharing,
        exposures: IExposures,
        loggers: AccountLoggers,
        doors: Mapping[str, Door],
        address_book: Switch,
        pause: Callable[[], Awaitable[object]],
        outbox: ISubmission,
    ) -> None:
        self._settings = settings
        self._directory = directory
        self._store = store
        self._services = services
        self._own_mailboxes = own_mailboxes
        self._turns = turns
        self._sharing = sharing
        self._exposures = exposures
        self._doors = doors
        self._address_book = address_book
        self._pause = pause
        self._filters = SqlEasFilters(database)
        self._kept = SqlNotices(database)
        notices = Notices(
            kept=self._kept,
            configuration=directory.configuration,
            accounts=directory.accounts,
            submission=outbox,  # notices go out whoever may send
            clock=services.clock,
        )
        marks = SqlMarks(database)
        self.quotas = QuotaNotices(marks=marks, notices=notices)
        self._partnerships = Partnerships(accounts=directory.accounts, devices=store, turns=turns)
        abq = AbqService(
            store=SqlAbq(database),
            accounts=directory.accounts,
            notices=notices,
            marks=marks,
            reset=self._reset,
            clock=services.clock,
            background=in_background,
            in_thread=services.offload,
        )
        guard = HouseGuard(
            dos=DosFilter(DosSettings()),
            abq=abq,
            devices=store,
            configuration=directory.configuration,
            notices=notices,
            dummy=self._dummy,
            background=in_background,
            steady_clock=services.steady_clock,
            clock=services.clock,
            remove=self._partnerships.remove,
        )
        self.controls = Controls(
            guard=guard,
            offers=Offers(),
            loggers=loggers,
            activity=Activity(services.clock),
            abq=abq,
        )

    async def begin(self) -> None:
        """Read what is stored; nothing may be served before."""
        controls = self.controls
        controls.offers.use(await self._filters.filters())
        await controls.abq.load()
        await controls.guard.refresh()
        configured = await self._directory.configuration.values()
        if configured.flag("abq_enabled_at_startup", default=True) and await self._abq_may_run():
            imported = await controls.abq.start(self._known())
            if imported:
                _log.info("ABQ: {count} known devices are allowed", count=imported)

    def end(self) -> None:
        """Close what is open."""
        self.controls.loggers.close()

    async def notify_due(self) -> None:
        """Tell administrators of new devices in quarantine, where it is time to."""
        configured = await self._directory.configuration.values()
        interval_ms = configured.number("abqNotificationsInterval", 0)
        await self.controls.abq.notify_due(interval_ms / 1000)

    async def refresh(self) -> None:
        """Take what attributes say now; to be called every second or so."""
        await self.controls.guard.refresh()

    def factory(self, group: int) -> AdminFactory:
        """Make what serves the admin socket."""
        plane = AdminPlane(
            commands=COMMANDS,
            responders=self._responders(),
            audit=AuditLog(self._settings.admin.audit, clock=self._services.clock),
            admitted=admission(group),
        )
        return AdminFactory(plane, connections_max=CONNECTIONS_MAX)

    # What decides

    async def _reset(self, device: DeviceId, account: AccountId | None) -> None:
        """Let a device begin anew, for one account or for all that it is of."""
        if account is not None:
            await self._partnerships.reset(DeviceKey(account, device))
            return
        for each in await self._store.accounts_of(device):
            await self._partnerships.reset(DeviceKey(each, device))

    def _dummy(self, account: Account, decision: Decision) -> DummyMailbox:
        message = self.controls.abq.message_for(decision.status, account)
        return DummyMailbox(
            account.id,
            message,
            address=account.name,
            sender=message.sender or f"postmaster@{account.domain}",
            now=self._services.clock(),
        )

    async def _known(self) -> AsyncIterator[DeviceKey]:
        """Give all partnerships, page by page."""
        after: DeviceKey | None = None
        while page := await self._store.all_devices(after, _PAGE):
            for device in page:
                yield device.key
            after = page[-1].key

    async def _abq_may_run(self) -> bool:
        configured = await self._directory.configuration.values()
        return configured.value("abqMode", "Permissive") != "Disabled"

    # Who answers

    def _responders(self) -> dict[str, Respond]:
        directory, controls = self._directory, self.controls
        accounts, configuration = directory.accounts, directory.configuration
        set_global = self._set_global
        subjects = (
            AbqResponders(
                abq=controls.abq,
                accounts=accounts,
                domain_named=self._domain_named,
                set_global=set_global,
                known=self._known,
                breath=self._breath(),
            ),
            AbqMessageResponders(
                abq=controls.abq, domain_named=self._domain_named, clock=self._services.clock
            ),
            AuthCommands(accounts=accounts, credentials=directory.credentials),
            AuthPolicyCommands(configuration=configuration),
            ConfigCommands(configuration=configuration, servers=(socket.gethostname(),)),
            ProvisioningCommands(configuration=configuration),
            Provisioning(
                provisioning=directory.provisioning,
                people=self._services.directory,
                forget=self._sharing.forget,
            ),
            FilterCommands(filters=self._filters, offers=controls.offers, accounts=accounts),
            FolderResponders(
                accounts=accounts, mailboxes=self._own_mailboxes, sharing=self._sharing
            ),
            AddressBookResponders(
                accounts=accounts,
                mailboxes=self._own_mailboxes,
                exposures=self._exposures,
                domain_named=self._domain_named,
            ),
            LoggerResponders(accounts=accounts, loggers=controls.loggers, fresh_server=self._fresh),
            NoticeCommands(notices=self._kept),
            ServiceCommands(switches=self._switches()),
            DeviceResponders(
                partnerships=self._partnerships,
                devices=self._store,
                states=self._store,
                turns=self._turns,
                steady_clock=self._services.steady_clock,
                recent=controls.activity.recent,
                diverted=self._why_diverted,
                remote_folders=self._remote_folders,
                has_password=self._has_password,
            ),
            DeviceChangeResponders(
                partnerships=self._partnerships, devices=self._store, clock=self._services.clock
            ),
            SimulationResponders(
                partnerships=self._partnerships,
                devices=self._store,
                states=self._store,
                open_stage=self._stage,
                steady_clock=self._services.steady_clock,
                random_bytes=os.urandom,
            ),
        )
        return {
            name: respond for subject in subjects for name, respond in subject.responders().items()
        }

    async def _set_global(self, name: str, value: str) -> object:
        return await self._directory.configuration.set(Scope(level="global"), name, (value,))

    async def _domain_named(self, text: str) -> str:
        return (await self._directory.provisioning.entry(EntryKind.DOMAIN, text)).name

    async def _why_diverted(self, owner: Owner, device: Device) -> str:
        if owner.account is None:
            return ""
        decision = self.controls.abq.explain(device.key.device, owner.account)
        if not decision.passes:
            return f"{decision.status.value}: {decision.because}"
        refusal = self.controls.offers.refusal(owner.account, device)
        return "" if refusal is None else refusal[1]

    def _remote_folders(self, account: AccountId) -> int:
        return sum(mount.synced for mount in self._sharing.mounts(account))

    async def _has_password(self, owner: Owner) -> bool:
        found = await self._directory.credentials.of(owner.id)
        return any(each.enabled and EAS in each.services for each in found)

    def _fresh(self) -> Fresh:
        return fresh_server(
            bounds=self._services.bounds,
            limits=self._settings.wbxml,
            now=self._services.clock(),
        )

    def _stage(self) -> Stage:
        """Give the commands of this server over a store of their own."""
        store = MemoryStore()
        pipeline = Pipeline(
            accounts=self._services.accounts,
            services=replace(self._services, devices=store, states=store),
            turns=DeviceTurns(queue_limit=1),
            rules=self._settings.provisioning,
            limits=self._settings.wbxml,
            observe=_untold,
            offer=self.controls.offers,
        )
        return Stage(devices=store, states=store, respond_as=pipeline.respond_as)

    def _switches(self) -> tuple[Switch, ...]:
        abq, dos = self.controls.abq, self.controls.guard.dos
        each: tuple[Switch, ...] = (
            self._doors["activesync-services"],
            self._doors["autodiscover"],
            OnOff(
                "abq-services",
                "abq",
                running=lambda: abq.running,
                start=self._start_abq,
                stop=self._stop_abq,
                hindrance=self._abq_hindrance,
            ),
            self._address_book,
            OnOff(
                "anti-dos",
                running=lambda: dos.settings.enabled,
                start=partial(self._switch_dos, dos.release_all),
                stop=partial(self._switch_dos, dos.release_all),
                hindrance=self._dos_hindrance,
            ),
        )
        return (Module(switches=each), *each)

    async def _start_abq(self) -> None:
        await self.controls.abq.start(self._known(), self._breath())

    def _breath(self) -> Breath:
        return Breath(self._pause, self._services.steady_clock)

    async def _stop_abq(self) -> None:
        self.controls.abq.stop()

    async def _abq_hindrance(self) -> str:
        return "" if await self._abq_may_run() else "abqMode is Disabled"

    async def _switch_dos(self, release: Callable[[], None]) -> None:
        release()

    async def _dos_hindrance(self) -> str:
        await self.controls.guard.refresh()
        return "" if self.controls.guard.dos.settings.enabled else "anti-dos disabled"


def _untold(_served: Served) -> None:
    """Log nothing of a simulation."""
