"""ABQ at work: answers the gate from memory, and keeps what is in memory and what is stored alike.

Every change is stored first and counts from then on; the device that it is about then begins anew.

Spec: ../shared/carbonio/cli.md 2.1, 2.9; issue 4, section 3.
"""

from collections import Counter
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Coroutine,
    Iterable,
    Iterator,
    Sequence,
)
from dataclasses import dataclass
from itertools import chain
from typing import Protocol

from twisted.internet.defer import DeferredLock

from carbonio_mobile.admin.breathing import UNBROKEN, Breath
from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.errors import Conflict, NotFound
from carbonio_mobile.ids import AccountId, DeviceId, DeviceKey
from carbonio_mobile.interfaces import IAbq, IAccounts, IMarks, INotices
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
_TOLD_EVERY = 1000
FIRST_CONTACTS_MAX = 50
"""So many unknown devices of one account are written down while the service runs: ids cost nothing.

Those beyond it are treated alike, but not listed."""
NAMED_IN_A_NOTICE = 200
TOLD_UNTIL = "abq.told-until"
"""The mark of when administrators were told of quarantined devices last, in seconds UTC."""


class Reset(Protocol):
    """Lets a device begin anew, for one account or (None) for all; wakes what it has waiting."""

    def __call__(self, device: DeviceId, account: AccountId | None, /) -> Awaitable[object]: ...


Background = Callable[[Coroutine[object, object, None]], object]
"""Has a coroutine done that nobody waits for; logs what goes wrong."""


Known = Callable[[], AsyncIterator[DeviceKey]]
"""Gives all partnerships."""


@dataclass(frozen=True, slots=True)
class Alike(Collection[AbqEntry]):
    """Entries of one status, each made when it is looked at: many at once burden the collector."""

    couples: Sequence[tuple[DeviceId, AccountId]]
    status: AbqStatus
    since: float

    def __len__(self) -> int:
        return len(self.couples)

    def __iter__(self) -> Iterator[AbqEntry]:
        for device, account in self.couples:
            yield AbqEntry(device=device, account=account, status=self.status, since=self.since)

    def __contains__(self, entry: object) -> bool:
        return any(entry == each for each in self)


class InThread(Protocol):
    """Has something done in another thread and gives its result."""

    def __call__(self, work: Callable[[], RuleBook], /) -> Awaitable[RuleBook]: ...


async def at_once(work: Callable[[], RuleBook], /) -> RuleBook:
    """Do it here and now: for tests."""
    return work()


class AbqService:
    """Which devices come in. Until it is started, and once it is stopped, all do."""

    def __init__(
        self,
        *,
        store: IAbq,
        accounts: IAccounts,
        notices: INotices,
        marks: IMarks,
        reset: Reset,
        clock: Callable[[], float],
        background: Background,
        in_thread: InThread = at_once,
    ) -> None:
        self.running = False
        self.table = AbqTable()
        self.messages: dict[MessageKey, AbqMessage] = {}
        self._store = store
        self._accounts = accounts
        self._notices = notices
        self._marks = marks
        self._reset = reset
        self._clock = clock
        self._background = background
        self._in_thread = in_thread
        # What is stored and what is in memory change in the same order.
        self._changing = DeferredLock()
        self._renewals = 0
        self._renewed = 0
        self._first_contacts: Counter[AccountId] = Counter()
        self._told_until: float | None = None
        self._told_until_is_stored = False

    # The service

    async def load(self) -> None:
        """Read what is stored; to be done once, before anything else."""
        async for page in self._pages(None):
            self.table.put(page)
        await self._renew_rules()
        self.messages = {message.key: message for message in await self._store.messages()}

    async def start(self, known: AsyncIterator[DeviceKey], breath: Breath = UNBROKEN) -> int:
        """Begin to decide; where the list is empty, ``known`` devices are Allowed. Gives how many.

        Nothing happens where it runs already. They are stored in one step: were the list begun and
        broken off, the next start would find it filled and leave the others out.
        """
        if self.running:
            return 0
        imported = 0
        if not len(self.table):
            imported = await self._allow(known, breath)
        self._first_contacts.clear()
        self.running = True
        return imported

    async def _allow(self, known: AsyncIterator[DeviceKey], breath: Breath) -> int:
        entries = [self._entry(key.device, key.account, AbqStatus.ALLOWED) async for key in known]
        await self._store.add_entries(entries)
        async for begin in breath.each(range(0, len(entries), PAGE)):
            self.table.put(entries[begin : begin + PAGE])
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

        0: never. To be called every minute or so. The time of the last notice outlives a restart.
        """
        now = self._clock()
        if self._told_until is None:
            self._told_until = await self._stored_told_until(now - interval_s)
        if interval_s <= 0:
            await self._forget_told_until()
            self._told_until = now
            return
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
            # After the notice: killed in between, it is told twice rather than never.
            await self._marks.set_mark(TOLD_UNTIL, repr(now))
            self._told_until_is_stored = True
        self._told_until = now

    async def _stored_told_until(self, otherwise: float) -> float:
        text = await self._marks.mark(TOLD_UNTIL)
        self._told_until_is_stored = bool(text)
        try:
            # A clock that was put back must not silence the notices.
            return min(float(text), self._clock())
        except ValueError:
            return otherwise

    async def _forget_told_until(self) -> None:
        """Once notices are off, those that come meanwhile are not told of later."""
        if self._told_until_is_stored:
            await self._marks.set_mark(TOLD_UNTIL, "")
            self._told_until_is_stored = False

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
        self,
        couples: list[tuple[DeviceId, AccountId]],
        status: AbqStatus,
        *,
        known: Known,
        breath: Breath,
        tell: Callable[[int], None],
    ) -> None:
        """Give devices a status as :meth:`set_status` does, stored all of them in one step.

        ``known`` gives the devices that there are; ``tell`` learns how many are in force. The list
        is empty afterwards.
        """
        tell(0)
        everyone: set[str] = set()
        named: set[Couple] = set()
        async for device, account in breath.each(couples):
            named.add((device, account))
            if not account:
                everyone.add(device)
        found = self.table.found_of(everyone) if everyone else []
        dropped = [key for key in found if key not in named]
        await breath.emptied(named)
        entries = Alike(couples, status, self._clock())
        anew = await self._changed(entries, dropped, breath=breath, tell=tell)
        await breath.emptied(couples)
        if len(anew) <= PAGE:
            await self._reset_all(anew)
        else:
            await self._reset_those(known(), anew, breath)

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

    async def contrary(self, device: DeviceId, status: AbqStatus) -> int:
        """Count the entries of single accounts that say otherwise of a device: they come first."""
        entries = await self._store.entries_of(device)
        return sum(bool(entry.account) and entry.status is not status for entry in entries)

    async def remove(self, device: DeviceId, account: AccountId) -> int:
        """Take a device off the list, for one account, or with all its entries; gives how many."""
        entries = await self._store.entries_of(device)
        gone = [entry for entry in entries if not account or entry.account == account]
        if gone:
            await self.change([], list(keys(gone)))
        return len(gone)

    async def change(self, entries: Collection[AbqEntry], dropped: Sequence[Couple] = ()) -> int:
        """Store entries and remove others, all in one; gives how many devices begin anew."""
        anew = await self._changed(entries, dropped)
        await self._reset_all(anew)
        return len(anew)

    async def _changed(
        self,
        entries: Collection[AbqEntry],
        dropped: Sequence[Couple],
        *,
        breath: Breath = UNBROKEN,
        tell: Callable[[int], None] = lambda _: None,
    ) -> list[Couple]:
        """Store entries and put them in force; gives those whose status is another one now."""
        await self._changing.acquire()
        try:
            before: dict[Couple, AbqStatus | None] = {}
            async for key in breath.each(chain(keys(entries), dropped)):
                before[key] = self.table.status(*key)
            await self._store.set_entries(entries, drop=dropped)
            self.table.take_out(dropped)
            done = 0
            async for entry in breath.each(entries):
                self.table.put([entry])
                done += 1
                if done % _TOLD_EVERY == 0 or done == len(entries):
                    tell(done)
            keyed = list(before)
            return [
                key
                async for key in breath.drained(keyed)
                if self.table.status(*key) is not before.pop(key)
            ]
        finally:
            self._changing.release()

    async def _reset_those(
        self, known: AsyncIterator[DeviceKey], couples: list[Couple], breath: Breath
    ) -> None:
        """Let those of the known devices begin anew that are named; one look at all of them."""
        named: set[Couple] = set()
        async for couple in breath.drained(couples):
            named.add(couple)
        async for key in known:
            if (key.device, "") in named or (key.device, key.account) in named:
                await self._reset(key.device, key.account)
        await breath.emptied(named)

    async def _reset_all(self, couples: Iterable[Couple]) -> None:
        devices = {device for device, account in couples if not account}
        for device in devices:
            await self._reset(DeviceId(device), None)
        for device, account in couples:
            if device not in devices:
                await self._reset(DeviceId(device), AccountId(account))

    async def with_rule(self, rule: AbqRule) -> RuleBook:
        """Give the rules as they would be with one more. Raises: PatternFault, Conflict."""
        held = self.table.book
        name = (rule.pattern, rule.domain)
        others = [each for each in held.rules if (each.pattern, each.domain) != name]
        if len(others) >= MAX_RULES:
            raise Conflict(f"there are {MAX_RULES} rules already, and no room for more")

        def compiled() -> RuleBook:
            check_pattern(rule.pattern)
            return RuleBook([*others, rule], like=held).prepare()

        return await self._in_thread(compiled)

    async def _renew_rules(self) -> None:
        """Put in force what is stored. The old rules count until the new ones are compiled."""
        self._renewals += 1
        number = self._renewals
        rules, held = await self._store.rules(), self.table.book
        book = await self._in_thread(lambda: RuleBook(rules, like=held).prepare())
        # Of two changes at once the later one has read both.
        if number > self._renewed:
            self._renewed = number
            self.table.use_rules(book)

    async def set_rule(self, rule: AbqRule) -> None:
        """Add a rule, or replace that of its pattern and domain. Raises: PatternFault, Conflict."""
        await self.with_rule(rule)
        await self._store.set_rule(rule)
        await self._renew_rules()

    async def delete_rule(self, pattern: str, domain: str) -> None:
        """Remove a rule. Raises: NotFound."""
        if not await self._store.delete_rule(pattern, domain):
            where = f"domain {domain}" if domain else "all domains"
            raise NotFound(f"there is no rule {pattern} for {where}")
        await self._renew_rules()

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
