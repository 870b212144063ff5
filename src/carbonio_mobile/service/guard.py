"""The guard of the running daemon: DoS filter, device limit, ABQ with its dummy mailbox.

Spec: design.md section 3; issue 4, sections 2 and 3.
"""

from collections.abc import Awaitable, Callable, Coroutine, Sequence

from twisted.logger import Logger

from carbonio_mobile.admin.abqservice import AbqService
from carbonio_mobile.commands.acquaintance import PROBE_DEVICE
from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.eas.refusal import Reason
from carbonio_mobile.ids import AccountId, DeviceKey
from carbonio_mobile.interfaces import IConfiguration, IDevices, INotices
from carbonio_mobile.mailbox.dummy import DummyMailbox
from carbonio_mobile.pipeline.guard import OWN_MAILBOX, Admission, Barred
from carbonio_mobile.policy.abq import Decision
from carbonio_mobile.policy.devicelimit import (
    comes_back,
    displaced_by,
    limit_notice,
    limit_of,
    limit_verdict,
)
from carbonio_mobile.policy.dos import DosFilter, DosVerdict, jail_notice, settings_of
from carbonio_mobile.policy.notices import NoticeKind
from carbonio_mobile.sync.device import Device

Background = Callable[[Coroutine[object, object, None]], object]
"""Has a coroutine done that nobody waits for; logs what goes wrong."""

_LIMIT_TOLD_EVERY_S = 86_400.0
_LIMITS_TOLD_MAX = 1000
_log = Logger()


class HouseGuard:
    """Asks each in turn. ``steady_clock`` gives seconds of a clock that nobody sets.

    ``clock`` gives the time of day in seconds UTC; ``remove`` forgets a device, in its turn.
    """

    def __init__(
        self,
        *,
        dos: DosFilter,
        abq: AbqService,
        devices: IDevices,
        configuration: IConfiguration,
        notices: INotices,
        dummy: Callable[[Account, Decision], DummyMailbox],
        background: Background,
        steady_clock: Callable[[], float],
        clock: Callable[[], float],
        remove: Callable[[DeviceKey], Awaitable[None]],
    ) -> None:
        self.dos = dos
        self._abq = abq
        self._devices = devices
        self._configuration = configuration
        self._notices = notices
        self._dummy = dummy
        self._background = background
        self._steady_clock = steady_clock
        self._clock = clock
        self._remove = remove
        self._limits_told: dict[AccountId, float] = {}

    async def refresh(self) -> None:
        """Take the DoS filter's settings from the attributes as they are now."""
        wanted = settings_of(await self._configuration.values())
        if wanted != self.dos.settings:
            self.dos.configure(wanted)

    def knock(self, peer: str, claimed: str) -> Barred | None:
        """See :meth:`Guard.knock`."""
        verdict = self.dos.knock(peer, claimed, self._steady_clock())
        return self._after(verdict, peer, "address", "")

    def proven(self, peer: str, claimed: str, key: DeviceKey, name: str) -> Barred | None:
        """See :meth:`Guard.proven`."""
        verdict = self.dos.enter(peer, claimed, key, self._steady_clock())
        domain = name.rpartition("@")[2]
        return self._after(verdict, f"{key.device} of {name}", "device", domain)

    def _after(self, verdict: DosVerdict, name: str, kind: str, domain: str) -> Barred | None:
        if verdict.is_news:
            subject, text = jail_notice(name, kind, self.dos.settings, verdict)
            self._background(self._tell(NoticeKind.DOS, subject, text, domain))
        return Barred(reason=Reason.JAILED, wait_s=verdict.wait_s) if verdict.jailed else None

    async def _tell(self, kind: NoticeKind, subject: str, text: str, domain: str) -> None:
        await self._notices.notify(kind, subject, text, domain=domain)

    async def newcomer(self, account: Account, new: Device) -> Reason | None:
        """See :meth:`Guard.newcomer`. At the limit it may take the place of another one."""
        limit = limit_of(account)
        if not limit or new.key.device == PROBE_DEVICE:  # nothing is kept of the latter
            return None
        count = await self._devices.count(account.id)
        reason = limit_verdict(known=False, count=count, limit=limit)
        if reason is None:
            return None
        known, now = await self._devices.devices(account.id), self._clock()
        if comes_back(new, known, now):
            return None
        before = displaced_by(new, known, now)
        if before is None:
            self._tell_of_limit(account, new, known, now)
            return reason
        await self._remove(before.key)
        _log.info(
            "{account} may have {limit} devices: {new} takes the place of {old}",
            account=account.name,
            limit=limit,
            new=new.key.device,
            old=before.key.device,
        )
        return None

    def _tell_of_limit(
        self, account: Account, new: Device, known: Sequence[Device], now: float
    ) -> None:
        """Tell administrators of a refusal, once a day for an account."""
        told_at = self._limits_told.pop(account.id, None)
        is_news = told_at is None or now - told_at >= _LIMIT_TOLD_EVERY_S
        self._limits_told[account.id] = now if told_at is None or is_news else told_at
        if len(self._limits_told) > _LIMITS_TOLD_MAX:
            del self._limits_told[next(iter(self._limits_told))]
        if is_news:
            subject, text = limit_notice(account, new, known)
            self._background(self._tell(NoticeKind.SERVER, subject, text, account.domain))

    async def admit(self, account: Account, device: Device) -> Admission:
        """See :meth:`Guard.admit`."""
        decision = self._abq.gate(device.key.device, account)
        if decision.passes:
            return OWN_MAILBOX
        return Admission(mailbox=self._dummy(account, decision))
