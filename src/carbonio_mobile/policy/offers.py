"""The versions that devices are offered, remembered from one request to the next.

Spec: ../shared/carbonio/cli.md 2.4; design.md section 3.
"""

from collections import OrderedDict
from collections.abc import Collection, Sequence

from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.eas.clients import traits_of
from carbonio_mobile.eas.refusal import Reason
from carbonio_mobile.eas.version import OFFERED, Version
from carbonio_mobile.policy.versionfilters import DECIDING, EasFilter, Evaluation, evaluate
from carbonio_mobile.sync.device import Device

REMEMBERED_COUNT = 20_000
"""So many evaluations are remembered; the oldest is forgotten for the next."""

_ATTRIBUTES = tuple(name.lower() for name in DECIDING)
_Fact = str | tuple[str, ...]


class Offers:
    """Says which versions an account's device may speak: called as ``commands.offer.Offer`` is.

    An answer costs an evaluation once for each account, user agent and family, as long as neither
    the filters nor what the account's attributes say about it change.
    """

    def __init__(
        self, filters: Sequence[EasFilter] = (), offered: Collection[Version] = OFFERED
    ) -> None:
        self._filters = tuple(filters)
        self._offered = tuple(offered)
        self._known: OrderedDict[tuple[_Fact, ...], Evaluation] = OrderedDict()

    def use(self, filters: Sequence[EasFilter]) -> None:
        """Put these filters in the place of those before; they hold for the next request."""
        self._filters = tuple(filters)
        self._known.clear()

    def __call__(self, account: Account, device: Device | None) -> Collection[Version]:
        """Give the versions, ascending; none where the device may not sync (see :meth:`refusal`).

        ``device`` None: nothing is known of it, not even its user agent.
        """
        return self.evaluation(account, device).versions

    def refusal(self, account: Account, device: Device | None) -> tuple[Reason, str] | None:
        """Say why a device that is left without a version may not sync; None where it may."""
        found = self.evaluation(account, device)
        return None if found.versions else (Reason.DEVICE_BLOCKED, found.why)

    def evaluation(self, account: Account, device: Device | None) -> Evaluation:
        """Give how the offer to a device came about."""
        agent = "" if device is None else device.user_agent
        family = "plain" if device is None else traits_of(device).family
        key: tuple[_Fact, ...] = (
            agent,
            family,
            account.id,
            account.name,
            account.addresses,
            *(account.attributes.get(name, ()) for name in _ATTRIBUTES),
        )
        found = self._known.get(key)
        if found is None:
            found = evaluate(self._filters, account, agent, self._offered, family=family)
            if len(self._known) >= REMEMBERED_COUNT:
                self._known.popitem(last=False)
            self._known[key] = found
        return found

    def explained(self, account: Account, user_agent: str) -> Evaluation:
        """Evaluate for a device of which only the user agent is known; nothing is remembered."""
        return evaluate(self._filters, account, user_agent, self._offered)
