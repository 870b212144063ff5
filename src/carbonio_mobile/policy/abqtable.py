"""The whole of ABQ as the gate asks it: in memory, answered at once.

Spec: ../shared/carbonio/cli.md 2.1; issue 4, section 3.
"""

from collections.abc import Container, Iterable, Iterator

from carbonio_mobile.ids import AccountId, DeviceId
from carbonio_mobile.policy.abq import (
    ANY_ACCOUNT,
    BY_MODE,
    DISABLED,
    AbqEntry,
    AbqMode,
    AbqRule,
    AbqStatus,
    Decision,
)
from carbonio_mobile.policy.abqrules import RuleBook

Couple = tuple[str, str]
"""Device and account."""


class AbqTable:
    """Entries and rules. Ids of devices are in lower case, domains are names."""

    def __init__(self) -> None:
        self._devices: dict[str, AbqStatus] = {}
        self._couples: dict[Couple, AbqStatus] = {}
        self._found: dict[Couple, AbqStatus] = {}
        self._book = RuleBook()

    def __len__(self) -> int:
        return len(self._devices) + len(self._couples) + len(self._found)

    @property
    def book(self) -> RuleBook:
        """The rules in force."""
        return self._book

    def put(self, entries: Iterable[AbqEntry]) -> None:
        """Take entries in; each replaces the one of its device and account."""
        for entry in entries:
            key = (entry.device, entry.account)
            self._drop(key)
            if entry.found:
                self._found[key] = entry.status
            elif entry.account:
                self._couples[key] = entry.status
            else:
                self._devices[entry.device] = entry.status

    def take_out(self, couples: Iterable[Couple]) -> None:
        """Forget entries; one of no account is that of the device."""
        for couple in couples:
            self._drop(couple)

    def _drop(self, key: Couple) -> None:
        if not key[1]:
            self._devices.pop(key[0], None)
        self._couples.pop(key, None)
        self._found.pop(key, None)

    def set_rules(self, rules: Iterable[AbqRule]) -> None:
        """Replace the rules; who asks first waits until they are compiled."""
        self._book = RuleBook(rules)

    def use_rules(self, book: RuleBook) -> None:
        """Replace the rules by some that are prepared."""
        self._book = book

    def status(self, device: str, account: str) -> AbqStatus | None:
        """Give what the entry of that very device and account says, None where there is none."""
        if not account:
            return self._devices.get(device)
        return self._couples.get((device, account)) or self._found.get((device, account))

    def found_of(self, devices: Container[str]) -> list[Couple]:
        """Give what was written down of some devices when they first came."""
        return [key for key in self._found if key[0] in devices]

    def decide(self, device: DeviceId, account: AccountId, domain: str, mode: AbqMode) -> Decision:
        """Say what is done with a device of an account."""
        return self.decide_by(self._book, device, account, domain, mode)

    def decide_by(
        self, book: RuleBook, device: DeviceId, account: AccountId, domain: str, mode: AbqMode
    ) -> Decision:
        """Decide by other rules than those in force, to see what they would change."""
        if mode is AbqMode.DISABLED:
            return DISABLED
        couple = (device, account)
        status = self._couples.get(couple)
        if status is not None:
            return Decision(
                status=status,
                because=f"the list says {status.value} for {device} of this account",
            )
        status = self._devices.get(device)
        if status is not None:
            return Decision(
                status=status,
                because=f"the list says {status.value} for {device} of any account",
            )
        rule = book.view(domain).first(device)
        if rule is not None:
            return Decision(status=rule.status, because=told(rule))
        status = self._found.get(couple)
        if status is not None:
            return Decision(
                status=status,
                because=f"{device} of this account was put on the list as {status.value}"
                " when it first came",
            )
        return BY_MODE[mode]


def told(rule: AbqRule) -> str:
    """Name a rule in words."""
    where = f"of {rule.domain}" if rule.domain else "of all domains"
    return f"rule {rule.pattern} (order {rule.order}, {where}) says {rule.status.value}"


def keys(entries: Iterable[AbqEntry]) -> Iterator[Couple]:
    """Give what names each entry."""
    for entry in entries:
        yield (entry.device, entry.account or ANY_ACCOUNT)
