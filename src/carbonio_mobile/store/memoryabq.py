"""Keep ABQ in memory, for tests and trials; gone when the process ends."""

from collections.abc import Collection, Sequence

from zope.interface import implementer

from carbonio_mobile.ids import DeviceId
from carbonio_mobile.interfaces import IAbq
from carbonio_mobile.policy.abq import AbqEntry, AbqRule, AbqStatus
from carbonio_mobile.policy.abqmessages import AbqMessage, MessageKey


@implementer(IAbq)
class MemoryAbq:
    """ABQ in dictionaries. Nothing is durable."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str], AbqEntry] = {}
        self._rules: dict[tuple[str, str], AbqRule] = {}
        self._messages: dict[MessageKey, AbqMessage] = {}

    async def entries(
        self, after: tuple[str, str] | None, *, status: AbqStatus | None, limit: int
    ) -> Sequence[AbqEntry]:
        """Give a page of entries by (device, account), those behind ``after``, of one status."""
        keys = sorted(key for key in self._entries if after is None or key > after)
        found = (self._entries[key] for key in keys)
        return [entry for entry in found if status in (None, entry.status)][:limit]

    async def entries_of(self, device: DeviceId) -> Sequence[AbqEntry]:
        """Give a device's entries by account; that for any account comes first."""
        return [self._entries[key] for key in sorted(self._entries) if key[0] == device]

    async def set_entries(
        self, entries: Collection[AbqEntry], *, drop: Sequence[tuple[str, str]] = ()
    ) -> None:
        """Store entries, replacing those of the same device and account, and remove others."""
        for key in drop:
            self._entries.pop(key, None)
        self._entries |= {(entry.device, entry.account): entry for entry in entries}

    async def add_entries(self, entries: Sequence[AbqEntry]) -> None:
        """Store those entries of whose device and account there is none."""
        for entry in entries:
            self._entries.setdefault((entry.device, entry.account), entry)

    async def count(self, status: AbqStatus | None) -> int:
        """Count the entries, of one status or all."""
        return sum(status in (None, entry.status) for entry in self._entries.values())

    async def rules(self) -> Sequence[AbqRule]:
        """Give all rules, by order, domain and pattern."""
        found = self._rules.values()
        return sorted(found, key=lambda rule: (rule.order, rule.domain, rule.pattern))

    async def set_rule(self, rule: AbqRule) -> None:
        """Store a rule, replacing the one of the same pattern and domain."""
        self._rules[rule.pattern, rule.domain] = rule

    async def delete_rule(self, pattern: str, domain: str) -> bool:
        """Remove a rule; tells whether there was one."""
        return self._rules.pop((pattern, domain), None) is not None

    async def messages(self) -> Sequence[AbqMessage]:
        """Give all messages, by scope, kind and locale."""
        found = self._messages.values()
        return sorted(found, key=lambda m: (m.key.scope, m.key.kind.value, m.key.locale))

    async def set_messages(self, messages: Sequence[AbqMessage]) -> None:
        """Store messages, replacing those of the same key."""
        self._messages |= {message.key: message for message in messages}

    async def delete_messages(self, keys: Sequence[MessageKey]) -> None:
        """Remove messages."""
        for key in keys:
            self._messages.pop(key, None)
