"""ABQ at work: answers the gate from memory, and keeps what is in memory and what is stored alike.

Every change is stored first and counts from then on; the device that it is about then begins anew.

Spec: ../shared/carbonio/cli.md 2.1, 2.9; issue 4, section 3.
"""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Sequence
from typing import Protocol

from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.errors import Conflict, NotFound
from carbonio_mobile.ids import AccountId, DeviceId, DeviceKey
from carbonio_mobile.interfaces import IAbq, IAccounts, INotices
from carbonio_mobile.policy.abq import (
    ANY_ACCOUNT,
    EVERYBODY,
    AbqEntry,
    AbqMode,
    AbqRule,
    AbqStatus,
    Decision,
)
from carbonio_mobile.policy.abqmessages import AbqMessage, MessageKey, chosen
from carbonio_mobile.policy.abqrules import MAX_RULES, RuleBook, check_pattern
from carbonio_mobile.policy.abqtable import AbqTable, Couple, keys
from carbonio_mobile.policy.notices import NoticeKind

PAGE = 1000
FIRST_CONTACTS_MAX = 50
"""So many unknown devices of one account are written down while the service runs: ids cost nothing.

Those beyond it are treated alike, but not listed."""
NAMED_IN_A_NOTICE = 200


class Reset(Protocol):
    """Lets a device begin anew, for one account or (None) for all; wakes what it has waiting."""

    def __call__(self, device: DeviceId, account: AccountId | None, /) -> Awaitable[object]: ...


Background = Callable[[Coroutine[object, object, None]], object]
"""Has a coroutine done that nobody waits for; logs what goes wrong."""


class AbqService:
    """Which devices come in. Until it is started, and once it is stopped, all do."""

    def __init__(
        self,
        *,
        store: IAbq,
        accounts: IAccounts,
        notices: INotices,
        reset: Reset,
        clock: Callable[[], float],
        background: Background,
    ) -> None:
        self.running = False
        self.table = AbqTable()
        self.messages: dict[MessageKey, AbqMessage] = {}
        self._store = store
        self._accounts = accounts
        self._notices = notices
        self._reset = reset
        self._clock = clock
        self._background = background
        self._first_contacts: Counter[AccountId] = Counter()
        self._told_until: float | None = None

    # The service

    async def load(self) -> None:
        """Read what is stored; to be done once, before anything else."""
        async for page in self._pages(None):
            self.table.put(page)
        self.table.set_rules(await self._store.rules())
        self.messages = {message.key: message for message in await self._store.messages()}

    async def start(self, known: AsyncIterator[DeviceKey]) -> int:
        """Begin to decide; where the list is empty, ``known`` devices are Allowed. Gives how many.

        Nothing happens where it runs already.
        """
        if self.running:
            return 0
        imported = 0
        if not len(self.table):
            page: list[AbqEntry] = []
            async for key in known:
                page.append(self._entry(key.device, key.account, AbqStatus.ALLOWED))
                if len(page) == PAGE:
                    imported += await self._add(page)
                    page = []
            imported += await self._add(page)
        self._first_contacts.clear()
        self.running = True
        return imported

    async def _add(self, entries: Sequence[AbqEntry]) -> int:
        await self._store.add_entries(entries)
        self.table.put(entries)
        return len(entries)

    def stop(self) -> None:
        """Let everybody pass from now on."""
        self.running = False

    def gate(self, device: DeviceId, account: Account) -> Decision:
        """Say what is done with a device; one that nobody knows yet is written down."""
        if not self.running:
            return EVERYBODY
        decision = self.table.decide(device, account.id, account.domain, mode_of(account))
        if decision.unknown and not decision.passes:
            self._note(device, account.id, decision.status)
        return decision

    def explain(self, device: DeviceId, account: Account) -> Decision:
        """Say what the gate would, and write nothing down."""
        if not self.running:
            return EVERYBODY
        return self.table.decide(device, account.id, account.domain, mode_of(account))

    def _note(self, device: DeviceId, account: AccountId, status: AbqStatus) -> None:
        if self._first_contacts[account] >= FIRST_CONTACTS_MAX:
            return
        self._first_contacts[account] += 1
        entry = AbqEntry(
            device=device, account=account, status=status, since=self._clock(), found=True
        )
        self.table.put([entry])
        self._background(self._write_down(entry))

    async def _write_down(self, entry: AbqEntry) -> None:
        await self._store.add_entries([entry])

    def message_for(self, status: AbqStatus, account: Account) -> AbqMessage:
        """Give the message that a device with this status finds."""
        locale = account.value("zimbraPrefLocale", "en")
        return chosen(self.messages, status, account.domain, locale)

    async def notify_due(self, interval_s: float) -> None:
        """Tell of devices quarantined since the last time, where that is long enough ago.

        0: never. To be called every minute or so. After a restart some may be told again.
        """
        now = self._clock()
        if interval_s <= 0:
            self._told_until = now
            return
        if self._told_until is None:
            self._told_until = now - interval_s
        if now - self._told_until < interval_s:
            return
        since = self._told_until
        news: list[AbqEntry] = []
        count = 0
        async for page in self._pages(AbqStatus.QUARANTINED):
            fresh = [entry for entry in page if entry.found and entry.since > since]
            count += len(fresh)
            news += fresh[: NAMED_IN_A_NOTICE - len(news)]
        if count:
            await self._tell(news, count)
        self._told_until = now

    async def _tell(self, news: Sequence[AbqEntry], count: int) -> None:
        lines = [f"{entry.device} of {await self.name_of(entry.account)}" for entry in news]
        if count > len(news):
            lines.append(f"and {count - len(news)} more")
        text = "These devices came for the first time and wait for permission:\n\n"
        text += "\n".join(lines)
        text += "\n\nTo let one in: carbonio mobile ABQ allow DEVICE_ID [account ACCOUNT]\n"
        subject = f"{count} new device{'s' * (count != 1)} in quarantine"
        await self._notices.notify(NoticeKind.QUARANTINE, subject, text)

    # What administrators change

    def _entry(self, device: DeviceId, account: AccountId, status: AbqStatus) -> AbqEntry:
        return AbqEntry(device=device, account=account, status=status, since=self._clock())

    async def set_status(self, device: DeviceId, account: AccountId, status: AbqStatus) -> None:
        """Give a device a status, for one account or any.

        For any account, what was written down of it when it first came goes.
        """
        entries = [self._entry(device, account, status)]
        dropped = [] if account else await self._found(device)
        await self.change(entries, dropped)

    async def set_many(
        self, couples: Sequence[tuple[DeviceId, AccountId]], status: AbqStatus
    ) -> None:
        """Give devices a status as :meth:`set_status` does, all of them in one step."""
        everyone = {device for device, account in couples if not account}
        found = self.table.found_of(everyone) if everyone else []
        named = set(couples)
        entries = [self._entry(device, account, status) for device, account in couples]
        await self.change(entries, [key for key in found if key not in named])

    async def settle(self, device: DeviceId, status: AbqStatus) -> bool:
        """Give a quarantined device a status for all accounts; False where it is not quarantined.

        Entries of single accounts that an administrator quarantined get the status as well.
        """
        entries = await self._store.entries_of(device)
        waiting = [entry for entry in entries if entry.status is AbqStatus.QUARANTINED]
        rule = self.table.book.view("").first(device)
        ruled = rule is not None and rule.status is AbqStatus.QUARANTINED
        if not waiting and (entries or not ruled):
            return False
        single = [entry.account for entry in waiting if entry.account and not entry.found]
        changed = [self._entry(device, account, status) for account in (ANY_ACCOUNT, *single)]
        await self.change(changed, await self._found(device))
        return True

    async def _found(self, device: DeviceId) -> list[Couple]:
        entries = await self._store.entries_of(device)
        return list(keys(entry for entry in entries if entry.found))

    async def remove(self, device: DeviceId, account: AccountId) -> int:
        """Take a device off the list, for one account, or with all its entries; gives how many."""
        entries = await self._store.entries_of(device)
        gone = [entry for entry in entries if not account or entry.account == account]
        if gone:
            await self.change([], list(keys(gone)))
        return len(gone)

    async def change(self, entries: Sequence[AbqEntry], dropped: Sequence[Couple] = ()) -> int:
        """Store entries and remove others, all in one; gives how many devices begin anew."""
        before = {key: self.table.status(*key) for key in (*keys(entries), *dropped)}
        await self._store.set_entries(entries, drop=dropped)
        self.table.take_out(dropped)
        self.table.put(entries)
        after = {key: self.table.status(*key) for key in before}
        anew = [key for key, status in after.items() if status is not before[key]]
        await self._reset_all(anew)
        return len(anew)

    async def _reset_all(self, couples: Iterable[Couple]) -> None:
        devices = {device for device, account in couples if not account}
        for device in devices:
            await self._reset(DeviceId(device), None)
        for device, account in couples:
            if device not in devices:
                await self._reset(DeviceId(device), AccountId(account))

    def with_rule(self, rule: AbqRule) -> RuleBook:
        """Give the rules as they would be with one more. Raises: PatternFault, Conflict."""
        check_pattern(rule.pattern)
        name = (rule.pattern, rule.domain)
        others = [each for each in self.table.book.rules if (each.pattern, each.domain) != name]
        if len(others) >= MAX_RULES:
            raise Conflict(f"there are {MAX_RULES} rules already, and no room for more")
        book = RuleBook([*others, rule])
        book.view(rule.domain)
        return book

    async def set_rule(self, rule: AbqRule) -> None:
        """Add a rule, or replace that of its pattern and domain. Raises: PatternFault, Conflict."""
        self.with_rule(rule)
        await self._store.set_rule(rule)
        self.table.set_rules(await self._store.rules())

    async def delete_rule(self, pattern: str, domain: str) -> None:
        """Remove a rule. Raises: NotFound."""
        if not await self._store.delete_rule(pattern, domain):
            where = f"domain {domain}" if domain else "all domains"
            raise NotFound(f"there is no rule {pattern} for {where}")
        self.table.set_rules(await self._store.rules())

    async def set_messages(self, messages: Sequence[AbqMessage]) -> None:
        """Store messages; they are shown from now on."""
        await self._store.set_messages(messages)
        self.messages |= {message.key: message for message in messages}

    async def delete_messages(self, named: Sequence[MessageKey]) -> None:
        """Remove messages."""
        await self._store.delete_messages(named)
        for key in named:
            self.messages.pop(key, None)

    async def entries(self, status: AbqStatus | None) -> AsyncIterator[AbqEntry]:
        """Give the list, by device and account."""
        async for page in self._pages(status):
            for entry in page:
                yield entry

    async def _pages(self, status: AbqStatus | None) -> AsyncIterator[Sequence[AbqEntry]]:
        after: Couple | None = None
        while page := await self._store.entries(after, status=status, limit=PAGE):
            yield page
            after = (page[-1].device, page[-1].account)

    async def name_of(self, account: AccountId) -> str:
        """Give the address of an account, or its id where there is none any more."""
        try:
            return (await self._accounts.account(account)).name
        except NotFound:
            return str(account)


def mode_of(account: Account) -> AbqMode:
    """Give the mode that counts for an account."""
    return AbqMode.named(account.value("abqMode"))
