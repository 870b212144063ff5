"""What accounts share: domains and their host names, classes of service, global attributes.

Spec: ../shared/carbonio/attributes.md 3.2, 5, 8.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from carbonio_mobile.accounts.inheritance import Values, inherited_values
from carbonio_mobile.accounts.ldapdirectory.filters import Template
from carbonio_mobile.accounts.ldapdirectory.messages import FoundEntry
from carbonio_mobile.accounts.ldapdirectory.pool import LdapPool
from carbonio_mobile.accounts.ldapdirectory.presets import shared_names
from carbonio_mobile.accounts.ldapdirectory.values import normal_values, product_values
from carbonio_mobile.accounts.logins import DomainNames
from carbonio_mobile.directory.accounts import AccountStatus
from carbonio_mobile.errors import ConfigError, ProtocolError
from carbonio_mobile.ldap.names import parse_dn

_DEFAULT_COS = "default"
_NOTHING: Values = MappingProxyType({})
_HOSTS = ("zimbrapublicservicehostname", "zimbravirtualhostname")
_NAMES = {
    name: name for name in shared_names() if name not in {"zimbrasslprivatekey", "userpassword"}
}
_DOMAINS = Template("(objectClass=zimbraDomain)")
_CLASSES = Template("(objectClass=zimbraCOS)")


@dataclass(slots=True)
class Surroundings:
    """Everything that accounts inherit. ``classes`` are by id, and the default one by its name."""

    domains: Mapping[str, Values] = field(default_factory=dict)
    classes: Mapping[str, Values] = field(default_factory=dict)
    server: Values = field(default_factory=dict)
    everywhere: Values = field(default_factory=dict)
    names: DomainNames = field(init=False)
    _shared: dict[tuple[str, str], Values] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        hosts = {name: name for name in self.domains}
        for name, attributes in self.domains.items():
            for key in _HOSTS:
                hosts.update((host.lower(), name) for host in attributes.get(key, ()))
        only = next(iter(self.domains)) if len(self.domains) == 1 else ""
        default = next(iter(self.everywhere.get("zimbradefaultdomainname", ())), only)
        self.names = DomainNames(hosts=hosts, default=default)

    def shared(self, domain: str, cos: str) -> Values:
        """Give what accounts of a domain inherit whose own COS is ``cos`` (empty: none)."""
        if (domain, cos) not in self._shared:
            of_domain = self.domains.get(domain, _NOTHING)
            wished = (cos, *of_domain.get("zimbradomaindefaultcosid", ()), _DEFAULT_COS)
            known = (self.classes[each] for each in wished if each in self.classes)
            self._shared[domain, cos] = inherited_values(
                cos=next(known, _NOTHING),
                domain=of_domain,
                server=self.server,
                everywhere=self.everywhere,
            )
        return self._shared[domain, cos]

    def domain_status(self, domain: str) -> AccountStatus:
        """Give what a domain is in; ``active`` where nothing says otherwise."""
        values = self.domains.get(domain, _NOTHING).get("zimbradomainstatus", ("active",))
        return AccountStatus(values[0])


class SurroundingsSource(Protocol):
    """Where the surroundings are read."""

    def __call__(self) -> Awaitable[Surroundings]:
        """Read them anew. Raises: Unavailable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedSurroundings:
    """Surroundings of the configuration: ``domains`` by name, ``defaults`` for all accounts.

    Raises: ConfigError (a value that its attribute cannot have).
    """

    domains: Mapping[str, Mapping[str, tuple[str, ...]]]
    defaults: Mapping[str, tuple[str, ...]]

    def __post_init__(self) -> None:
        for values in (self.defaults, *self.domains.values()):
            for name, given in values.items():
                if given and not _keyed({name: given}):
                    raise ConfigError("ldap", f"{name} cannot be {given[0]}")

    async def __call__(self) -> Surroundings:
        """Give them."""
        return Surroundings(
            domains={name.lower(): _keyed(values) for name, values in self.domains.items()},
            classes={_DEFAULT_COS: _keyed(self.defaults)},
            everywhere=_keyed(self.defaults),
        )


def _keyed(values: Mapping[str, tuple[str, ...]]) -> Values:
    return normal_values({name.lower(): given for name, given in values.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class CarbonioSurroundings:
    """Surroundings as they are in the tree; ``server`` is the name of the server whose own count.

    ``base`` is where domains are looked for.
    """

    pool: LdapPool
    base: str = ""
    server: str = ""

    async def __call__(self) -> Surroundings:
        """Read domains, classes of service and what is global."""
        domains: dict[str, Values] = {}
        async for page in self.pool.pages(self.base, _DOMAINS.filled(), (*_NAMES,)):
            domains.update((name, self._values(each)) for each in page if (name := _name(each.dn)))
        classes: dict[str, Values] = {}
        async for page in self.pool.pages("cn=cos,cn=zimbra", _CLASSES.filled(), (*_NAMES,)):
            for each in page:
                values = self._values(each)
                classes |= {key: values for key in (each.first("zimbraid"),) if key}
                if each.first("cn").lower() == _DEFAULT_COS:
                    classes[_DEFAULT_COS] = values
        return Surroundings(
            domains=domains,
            classes=classes,
            server=await self._one(f"cn={self.server},cn=servers,cn=zimbra" if self.server else ""),
            everywhere=await self._one("cn=config,cn=zimbra"),
        )

    async def _one(self, dn: str) -> Values:
        entry = await self.pool.entry(dn, (*_NAMES,)) if dn else None
        return _NOTHING if entry is None else self._values(entry)

    @staticmethod
    def _values(entry: FoundEntry) -> Values:
        return product_values(entry, _NAMES)


def _name(dn: str) -> str:
    """Give the name of the domain whose entry this is: its ``dc`` parts with dots between."""
    try:
        rdns = parse_dn(dn).rdns
    except ProtocolError:
        return ""
    return ".".join(value.lower() for ((kind, value), *_) in rdns if kind.lower() == "dc")


class KeptSurroundings:
    """Surroundings that are read anew when they are older than ``reread_s``.

    Where that fails they are used for ``grace_s`` more.
    """

    def __init__(
        self,
        source: SurroundingsSource,
        *,
        clock: Callable[[], float],
        reread_s: float,
        grace_s: float,
    ) -> None:
        self._source = source
        self._clock = clock
        self._reread_s = reread_s
        self._grace_s = grace_s
        self._kept: Surroundings | None = None
        self._read_at = float("-inf")
        self._waiting: list[Deferred[Surroundings]] | None = None

    async def current(self) -> Surroundings:
        """Give them as they are. Raises: Unavailable."""
        age_s = self._clock() - self._read_at
        if self._kept is not None and 0 <= age_s < self._reread_s:
            return self._kept
        mine: Deferred[Surroundings] = Deferred()
        if self._waiting is not None:
            self._waiting.append(mine)
        else:
            self._waiting = [mine]
            Deferred.fromCoroutine(self._read()).addBoth(self._tell)
        return await mine

    async def _read(self) -> Surroundings:
        # As old as the beginning of the reading: a change in between shows the next time.
        began = self._clock()
        read = await self._source()
        if self._kept is None or read != self._kept:
            # Else accounts read at different times would each hold a copy of what they share.
            self._kept = read
        self._read_at = began
        return self._kept

    def _tell(self, outcome: Surroundings | Failure) -> None:
        waiting, self._waiting = self._waiting or [], None
        in_grace = self._clock() - self._read_at < self._reread_s + self._grace_s
        if isinstance(outcome, Failure) and self._kept is not None and in_grace:
            outcome = self._kept
        for each in waiting:
            each.errback(outcome) if isinstance(outcome, Failure) else each.callback(outcome)
