"""Accounts kept in memory: for tests of everything that needs some, and for trying things out."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from hmac import compare_digest
from uuid import NAMESPACE_URL, uuid5

from zope.interface import implementer

from carbonio_mobile.accounts.addresses import normal_address, normal_domain, split_address
from carbonio_mobile.accounts.attributes import Level, checked, key_of
from carbonio_mobile.accounts.inheritance import Values, build_account, inherited_values
from carbonio_mobile.accounts.invalid import InvalidArgument
from carbonio_mobile.accounts.lockout import LockoutRules
from carbonio_mobile.accounts.logins import DomainNames, is_plausible, login_address
from carbonio_mobile.accounts.memorycredentials import MemoryCredentials
from carbonio_mobile.addressbook.news import DomainCard, PeopleNews, PeoplePosition
from carbonio_mobile.addressbook.peoplecards import (
    BLOB_SOURCES,
    FORWARDING,
    MEMBERS,
    account_card,
    is_group,
    octets_of,
)
from carbonio_mobile.directory.accounts import Account, AccountStatus, LoginFault
from carbonio_mobile.directory.authpolicy import MUST_CHANGE, demands_second_factor
from carbonio_mobile.directory.credentials import EAS
from carbonio_mobile.errors import Conflict, NotFound
from carbonio_mobile.ids import AccountId
from carbonio_mobile.interfaces import IAccounts, IPeopleFeed


@dataclass(slots=True, kw_only=True)
class _Stored:
    addresses: tuple[str, ...]
    password: str = field(repr=False)
    own: dict[str, tuple[str, ...]]
    failures: tuple[float, ...] = ()
    wrong: tuple[str, ...] = field(default=(), repr=False)
    locked_at: float | None = None


@implementer(IAccounts, IPeopleFeed)
class MemoryAccounts:
    """Accounts in memory, with mobile sync on as in the default COS of the embedded directory."""

    def __init__(self, *, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._stored: dict[AccountId, _Stored] = {}
        self._ids: dict[str, AccountId] = {}
        self._domains: dict[str, dict[str, tuple[str, ...]]] = {}
        self.credentials = MemoryCredentials(clock=clock, check=self._get)
        # The accounts that came, changed or went, in this order: what the feed of people tells.
        self._changes: list[AccountId] = []
        self._cos: Values = {"zimbrafeaturemobilesyncenabled": ("TRUE",)}

    # Filling it

    def add_domain(self, name: str, **attributes: str | Sequence[str]) -> None:
        """Add a domain, or change attributes of one. Raises: InvalidArgument."""
        domain = self._domains.setdefault(normal_domain(name), {})
        domain.update(_checked_all(attributes, Level.DOMAIN))

    def add(
        self,
        name: str,
        password: str,
        *,
        aliases: Sequence[str] = (),
        **attributes: str | Sequence[str],
    ) -> AccountId:
        """Add an account, and its domain where it is new; its id depends on its name alone.

        Raises: Conflict (an address is taken), InvalidArgument.
        """
        addresses = tuple(normal_address(each) for each in (name, *aliases))
        taken = next((each for each in addresses if each in self._ids), None)
        if taken is not None:
            raise Conflict(f"the address {taken} is taken")
        self.add_domain(split_address(name)[1])
        account = AccountId(str(uuid5(NAMESPACE_URL, addresses[0])))
        own = _checked_all(attributes, Level.ACCOUNT)
        self._stored[account] = _Stored(addresses=addresses, password=password, own=own)
        self._ids.update((each, account) for each in addresses)
        self._changes.append(account)
        return account

    def set_password(self, account: AccountId, password: str) -> None:
        """Change a password, ending a lockout. Raises: NotFound."""
        stored = self._get(account)
        stored.password, stored.failures, stored.locked_at = password, (), None
        stored.own.pop("zimbrapasswordmustchange", None)

    def set_attributes(self, account: AccountId, **attributes: str | Sequence[str]) -> None:
        """Change attributes of an account. Raises: NotFound, InvalidArgument."""
        self._get(account).own.update(_checked_all(attributes, Level.ACCOUNT))
        self._changes.append(account)

    def set_domain_attributes(self, name: str, **attributes: str | Sequence[str]) -> None:
        """Change attributes of a domain, adding it where it is new. Raises: InvalidArgument."""
        self.add_domain(name, **attributes)

    def remove(self, account: AccountId) -> None:
        """Remove an account. Raises: NotFound."""
        for address in self._get(account).addresses:
            del self._ids[address]
        del self._stored[account]
        self._changes.append(account)
        self.credentials.forget(account)

    # IAccounts

    async def log_in(
        self,
        login: str,
        password: str,
        *,
        host: str,
        peer: str,
        service: str = EAS,
    ) -> Account | LoginFault:
        """Check credentials at once."""
        if not is_plausible(login, password, host):
            return LoginFault.MALFORMED
        address = login_address(login, host, self._names())
        account = self._ids.get(address) if address else None
        if account is None:
            return LoginFault.UNKNOWN_ACCOUNT
        stored, rules = self._stored[account], self._rules(account)
        if self._clock() < rules.ends(stored.locked_at):
            return LoginFault.LOCKED_OUT
        mobile = self.credentials.outcome(account, service, password)
        own = compare_digest(_octets(stored.password), _octets(password))
        if not (own if mobile is None else mobile):
            self._count(stored, rules, password)
            return LoginFault.WRONG_PASSWORD
        stored.failures, stored.locked_at = (), None
        built = self._build(account)
        if mobile is None and built.flag(MUST_CHANGE, default=False):
            return LoginFault.MUST_CHANGE
        if mobile is None and demands_second_factor(built, service, peer):
            return LoginFault.SECOND_FACTOR
        return built

    async def account(self, account: AccountId) -> Account:
        """Give an account. Raises: NotFound."""
        return self._build(account)

    async def find(self, address: str) -> Account | None:
        """Give the account with an address."""
        try:
            account = self._ids.get(normal_address(address))
        except InvalidArgument:
            return None
        return None if account is None else self._build(account)

    # IPeopleFeed

    def version(self) -> int:
        """Give how many changes there were."""
        return len(self._changes)

    async def people_since(self, position: PeoplePosition | None) -> PeopleNews:
        """Tell of all that changed, in one page."""
        first = 0 if position is None else position.change
        owners = dict.fromkeys(self._changes[first:])
        changed = [card for each in owners if (card := self._card(each)) is not None]
        shown = {each.card.id for each in changed}
        return PeopleNews(
            position=PeoplePosition(len(self._changes)),
            changed=changed,
            gone=[each for each in owners if each not in shown],
        )

    async def blobs(
        self, owners: Collection[str], names: Collection[str]
    ) -> Mapping[str, Mapping[str, Sequence[bytes]]]:
        """Give the large values of accounts."""
        return {
            owner: _large(self._stored[AccountId(owner)].own, names)
            for owner in owners
            if AccountId(owner) in self._stored
        }

    def _card(self, account: AccountId) -> DomainCard | None:
        stored = self._stored.get(account)
        if stored is None:
            return None
        blobs = [key for key in BLOB_SOURCES if key in stored.own]
        made = account_card(account, stored.addresses, stored.own, blobs)
        if made is None:
            return None
        domain = stored.addresses[0].rpartition("@")[2]
        return DomainCard(domain=domain, card=made[0], kind=made[1])

    # Within

    def _get(self, account: AccountId) -> _Stored:
        if account not in self._stored:
            raise NotFound(f"no account {account}")
        return self._stored[account]

    def _names(self) -> DomainNames:
        hosts = {name: name for name in self._domains}
        for name, attributes in self._domains.items():
            for key in ("zimbrapublicservicehostname", "zimbravirtualhostname"):
                hosts.update((host, name) for host in attributes.get(key, ()))
        only = next(iter(self._domains), "") if len(self._domains) == 1 else ""
        return DomainNames(hosts=hosts, default=only)

    def _build(self, account: AccountId) -> Account:
        stored = self._get(account)
        domain = self._domains[stored.addresses[0].rpartition("@")[2]]
        return build_account(
            account=account,
            addresses=stored.addresses,
            own=dict(stored.own),
            shared=inherited_values(cos=self._cos, domain=domain, everywhere={}),
            domain_status=AccountStatus(domain.get("zimbradomainstatus", ("active",))[0]),
            locked_out=self._clock() < self._rules(account).ends(stored.locked_at),
        )

    def _rules(self, account: AccountId) -> LockoutRules:
        shared = inherited_values(cos=self._cos, domain={}, everywhere={})
        return LockoutRules.of({**shared, **self._get(account).own})

    def _count(self, stored: _Stored, rules: LockoutRules, password: str) -> None:
        if not rules.enabled or (rules.remembered_count and password in stored.wrong):
            return
        stored.wrong = (*stored.wrong, password)[-max(rules.remembered_count, 1) :]
        earlier = () if stored.locked_at is not None else stored.failures
        stored.failures, locks = rules.with_failure(earlier, self._clock())
        stored.locked_at = self._clock() if locks else None


def _checked_all(
    attributes: dict[str, str | Sequence[str]], level: Level
) -> dict[str, tuple[str, ...]]:
    values = {
        name: (given,) if isinstance(given, str) else tuple(given)
        for name, given in attributes.items()
    }
    return {key_of(name): checked(name, given, level) for name, given in values.items()}


def _large(own: Values, names: Collection[str]) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    for source, key in BLOB_SOURCES.items():
        if key in names and source in own:
            found.setdefault(key, []).extend(filter(None, map(octets_of, own[source])))
    if MEMBERS in names and is_group(own):
        found[MEMBERS] = [each.encode() for each in own.get(FORWARDING, ())]
    return found


def _octets(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")
