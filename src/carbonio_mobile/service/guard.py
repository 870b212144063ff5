"""The guard of the running daemon: DoS filter, device limit, ABQ with its dummy mailbox.

Spec: design.md section 3; issue 4, sections 2 and 3.
"""

from collections.abc import Callable, Coroutine

from carbonio_mobile.admin.abqservice import AbqService
from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.eas.refusal import Reason
from carbonio_mobile.ids import DeviceKey
from carbonio_mobile.interfaces import IConfiguration, IDevices, INotices
from carbonio_mobile.mailbox.dummy import DummyMailbox
from carbonio_mobile.pipeline.guard import OWN_MAILBOX, Admission, Barred
from carbonio_mobile.policy.abq import Decision
from carbonio_mobile.policy.devicelimit import limit_of, limit_verdict
from carbonio_mobile.policy.dos import DosFilter, DosVerdict, jail_notice, settings_of
from carbonio_mobile.policy.notices import NoticeKind
from carbonio_mobile.sync.device import Device

Background = Callable[[Coroutine[object, object, None]], object]
"""Has a coroutine done that nobody waits for; logs what goes wrong."""


class HouseGuard:
    """Asks each in turn. ``steady_clock`` gives seconds of a clock that nobody sets."""

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
    ) -> None:
        self.dos = dos
        self._abq = abq
        self._devices = devices
        self._configuration = configuration
        self._notices = notices
        self._dummy = dummy
        self._background = background
        self._steady_clock = steady_clock

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
            self._background(self._tell(subject, text, domain))
        return Barred(reason=Reason.JAILED, wait_s=verdict.wait_s) if verdict.jailed else None

    async def _tell(self, subject: str, text: str, domain: str) -> None:
        await self._notices.notify(NoticeKind.DOS, subject, text, domain=domain)

    async def newcomer(self, account: Account) -> Reason | None:
        """See :meth:`Guard.newcomer`."""
        limit = limit_of(account)
        count = await self._devices.count(account.id) if limit else 0
        return limit_verdict(known=False, count=count, limit=limit)

    async def admit(self, account: Account, device: Device) -> Admission:
        """See :meth:`Guard.admit`."""
        decision = self._abq.gate(device.key.device, account)
        if decision.passes:
            return OWN_MAILBOX
        return Admission(mailbox=self._dummy(account, decision))
