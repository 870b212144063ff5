"""The two trees of ``peers.slapd`` as directories under test, and ours before them."""

import uuid
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace as changed
from types import MappingProxyType
from typing import Any

from twisted.internet import reactor

from carbonio_mobile.accounts.embedded import LoginBounds
from carbonio_mobile.accounts.ldapdirectory.opening import LdapDirectory, LdapTerms
from carbonio_mobile.accounts.ldapdirectory.presets import Tree, carbonio, inetorgperson
from carbonio_mobile.accounts.ldapdirectory.settings import LdapServers, file_trust, parse_urls
from carbonio_mobile.accounts.ldapdirectory.surroundings import FixedSurroundings
from carbonio_mobile.addressbook.peoplecards import BLOB_SOURCES
from carbonio_mobile.ids import AccountId
from tests.peers import slapd
from tests.peers.slapd import HOST, NAMES, READER_PASSWORD, SITE, Slapd

Given = str | Sequence[str]

BOUNDS = LoginBounds(
    verified_idle_s=6000,
    verified_count=100,
    wrong_count=100,
    accounts_count=100,
    peer_at_once=8,
    peer_waiting=100,
)
ALWAYS = LdapTerms(
    reread_s=0,
    grace_s=0,
    prove_again_s=3600,
    resync_s=3600,
    whole_s=3600,
    logins_at_once=8,
)
"""Nothing is believed that was not read just now."""


def servers_of(peer: Slapd, **options: Any) -> LdapServers:
    """Give the configuration of a server that runs here, by LDAPS."""
    given: dict[str, Any] = {
        "urls": parse_urls([f"ldaps://{HOST}:{peer.ldaps}"]),
        "trust": file_trust(peer.certificate),
        "bind_dn": peer.plan.reader,
        "password": READER_PASSWORD,
        "answer_s": 10.0,
        "backoff_s": 0.01,
    }
    return LdapServers(**{**given, **options})


class CarbonioUnderTest:
    """Changes the tree with the product's attributes."""

    def __init__(self, peer: Slapd) -> None:
        self._peer = peer
        self._names: dict[AccountId, str] = {}
        self._domains: set[str] = set()

    tree: Tree = carbonio()
    around: FixedSurroundings | None = None

    def add_domain(self, name: str, **attributes: Given) -> None:
        parts = name.split(".")
        dns = [",".join(f"dc={part}" for part in parts[at:]) for at in range(len(parts))]
        steps = [
            slapd.add(dn, {"objectClass": ["domain"], "dc": dn[3:].partition(",")[0]})
            for dn in reversed(dns)
            if dn not in self._domains
        ]
        self._domains.update(dns)
        classes = ["domain", "zimbraDomain"]
        steps.append(slapd.replace(dns[0], {"objectClass": classes, **attributes}))
        people = f"ou=people,{dns[0]}"
        if people not in self._domains:
            self._domains.add(people)
            unit = {"objectClass": "organizationalUnit", "ou": "people"}
            steps.append(slapd.add(people, unit))
        self._peer.load("".join(steps))

    def add(
        self, name: str, password: str, *, aliases: Sequence[str] = (), **attributes: Given
    ) -> AccountId:
        local, _, domain = name.partition("@")
        dn = f"uid={local},ou=people," + ",".join(f"dc={part}" for part in domain.split("."))
        if f"ou=people,{dn.partition('people,')[2]}" not in self._domains:
            self.add_domain(domain)
        account = AccountId(str(uuid.uuid4()))
        self._names[account] = dn
        kind = attributes.pop("objectClass", "zimbraAccount")
        plain = kind == "zimbraAccount"
        values: dict[str, Any] = {
            "objectClass": ["inetOrgPerson" if plain else "account", str(kind)],
            "uid": local,
            "zimbraId": str(account),
            "zimbraMailDeliveryAddress": name,
            "userPassword": password,
            **({"cn": local, "sn": local} if plain else {}),
            **({"zimbraMailAlias": list(aliases)} if aliases else {}),
        }
        self._peer.load(slapd.add(dn, {**values, **_octets(attributes)}))
        return account

    def set_password(self, account: AccountId, password: str) -> None:
        values: dict[str, Any] = {"userPassword": password, "zimbraPasswordMustChange": ()}
        self._peer.load(slapd.replace(self._names[account], values))

    def set_attributes(self, account: AccountId, **attributes: Given) -> None:
        self._peer.load(slapd.replace(self._names[account], _octets(attributes)))

    def set_domain_attributes(self, name: str, **attributes: Given) -> None:
        self.add_domain(name, **attributes)

    def remove(self, account: AccountId) -> None:
        self._peer.load(slapd.delete(self._names[account]))


class InetOrgPersonUnderTest:
    """Changes the tree of inetOrgPerson entries; domains are the configuration's."""

    def __init__(self, peer: Slapd) -> None:
        self._peer = peer
        self._names: dict[AccountId, str] = {}
        self._domains: dict[str, dict[str, tuple[str, ...]]] = {}
        self.around = FixedSurroundings(
            domains=self._domains, defaults={"zimbraFeatureMobileSyncEnabled": ("TRUE",)}
        )

    tree: Tree = inetorgperson(
        "ou=people,dc=example", attributes={SITE + name: name for name in NAMES}
    )

    def add_domain(self, name: str, **attributes: Given) -> None:
        several = {
            key: (given,) if isinstance(given, str) else tuple(given)
            for key, given in attributes.items()
        }
        self._domains.setdefault(name, {}).update(several)

    def add(
        self, name: str, password: str, *, aliases: Sequence[str] = (), **attributes: Given
    ) -> AccountId:
        self.add_domain(name.partition("@")[2])
        dn = f"mail={name},ou=people,dc=example"
        local = name.partition("@")[0]
        values: dict[str, Any] = {
            "objectClass": ["inetOrgPerson", "sitePerson"],
            "uid": local,
            "cn": local,
            "sn": local,
            "mail": [name, *aliases],
            "userPassword": password,
        }
        self._peer.load(slapd.add(dn, {**values, **_octets(_sited(attributes))}))
        found = self._peer.value(dn, "entryUUID")
        account = AccountId(found)
        self._names[account] = dn
        return account

    def set_password(self, account: AccountId, password: str) -> None:
        must = SITE + "zimbrapasswordmustchange"
        self._peer.load(slapd.replace(self._names[account], {"userPassword": password, must: ()}))

    def set_attributes(self, account: AccountId, **attributes: Given) -> None:
        self._peer.load(slapd.replace(self._names[account], _octets(_sited(attributes))))

    def set_domain_attributes(self, name: str, **attributes: Given) -> None:
        self.add_domain(name, **attributes)

    def remove(self, account: AccountId) -> None:
        self._peer.load(slapd.delete(self._names[account]))


def directory_of(
    peer: Slapd,
    under_test: "CarbonioUnderTest | InetOrgPersonUnderTest",
    *,
    clock: Callable[[], float],
    terms: LdapTerms = ALWAYS,
    servers: LdapServers | None = None,
    **options: Any,
) -> LdapDirectory:
    """Put ours before a server."""
    return LdapDirectory(
        servers or servers_of(peer),
        under_test.tree,
        reactor=reactor,
        clock=clock,
        chance=lambda: 0.5,
        secret=b"k" * 32,
        bounds=BOUNDS,
        terms=terms,
        around=under_test.around,
        **options,
    )


def terms(**others: Any) -> LdapTerms:
    """Give terms that differ from ``ALWAYS``."""
    return changed(ALWAYS, **others)


_OWN: Mapping[str, str] = MappingProxyType({"company": "o"})


def _sited(attributes: Mapping[str, Given]) -> dict[str, Given]:
    """Give attributes the names that the site has for them."""
    return {
        SITE + name if name.lower().startswith("zimbra") else _OWN.get(name, name): given
        for name, given in attributes.items()
    }


def _octets(attributes: Mapping[str, Given]) -> dict[str, Any]:
    """Give values as the directory has them; an attribute that no schema knows is a remark."""
    found: dict[str, Any] = {}
    for name, given in attributes.items():
        several = [given] if isinstance(given, str) else list(given)
        if name.partition(";")[0].lower() in BLOB_SOURCES:
            found[name] = [b64decode(each) for each in several]
        else:
            found["description" if name == "someSecret" else name] = several
    return found
