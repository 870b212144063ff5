"""The options of the LDAP directory with the accounts, checked and typed.

Spec: issue 6, section 2.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from carbonio_mobile.accounts.attributes import CATALOGUE
from carbonio_mobile.accounts.ldapdirectory.filters import Template
from carbonio_mobile.accounts.ldapdirectory.opening import LdapTerms
from carbonio_mobile.accounts.ldapdirectory.presets import Tree, carbonio, inetorgperson
from carbonio_mobile.accounts.ldapdirectory.settings import (
    LdapServers,
    file_trust,
    parse_urls,
    system_trust,
)
from carbonio_mobile.errors import ConfigError, ProtocolError
from carbonio_mobile.ldap.names import parse_dn
from carbonio_mobile.service.secretfile import read_password

Values = Mapping[str, Any]
_PLACES = {"by_address": "address", "by_user": "user", "by_id": "id", "people": ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectorySettings:
    """The directory. ``server_name`` is the zimbraServer whose attributes hold, or empty.

    ``asks_imap``: passwords are checked at the IMAP server, not by binding.
    """

    servers: LdapServers
    tree: Tree
    terms: LdapTerms
    server_name: str
    asks_imap: bool


def directory_settings(values: Values) -> DirectorySettings | None:
    """Give the directory; None where accounts are elsewhere. Raises: ConfigError."""
    if values["backend.accounts"] != "ldap":
        return None
    return DirectorySettings(
        servers=_servers(values),
        tree=_tree(values),
        terms=LdapTerms(
            reread_s=float(values["directory.reread_s"]),
            grace_s=float(values["directory.grace_s"]),
            prove_again_s=float(values["accounts.prove_again_s"]),
            resync_s=float(values["directory.resync_s"]),
            whole_s=float(values["directory.whole_s"]),
            logins_at_once=values["directory.logins_at_once"],
        ),
        server_name=values["directory.server"],
        asks_imap=values["directory.login"] == "imap",
    )


def _servers(values: Values) -> LdapServers:
    if not values["directory.urls"]:
        raise ConfigError("directory.urls", "is needed for backend.accounts = ldap")
    if bool(values["directory.bind_dn"]) != bool(values["directory.bind_password_file"]):
        why = "needs directory.bind_password_file, and the other way round"
        raise ConfigError("directory.bind_dn", why)
    authority = values["directory.authority"]
    trust = file_trust(Path(authority), "directory.authority") if authority else system_trust()
    password_file = values["directory.bind_password_file"]
    return LdapServers(
        urls=parse_urls(values["directory.urls"]),
        trust=trust,
        start_tls=values["directory.start_tls"],
        bind_dn=_dn("directory.bind_dn", values["directory.bind_dn"]),
        password=read_password("directory.bind_password_file", password_file),
        connections=values["directory.connections"],
        answer_s=float(values["directory.answer_s"]),
    )


def _tree(values: Values) -> Tree:
    base = _dn("directory.base", values["directory.base"])
    filters = {
        name: Template(values[f"directory.{name}"], *place.split(), option=f"directory.{name}")
        for name, place in _PLACES.items()
        if values[f"directory.{name}"]
    }
    attributes = _attributes(values["directory.attributes"])
    if values["directory.preset"] == "carbonio":
        if attributes:
            why = "are the product's own with directory.preset = carbonio"
            raise ConfigError("directory.attributes", why)
        return carbonio(base, **filters)
    if values["directory.server"]:
        raise ConfigError("directory.server", "is for directory.preset = carbonio alone")
    if not base:
        raise ConfigError("directory.base", "must name the entry below which accounts are")
    return inetorgperson(base, attributes=attributes, **filters)


def _attributes(given: Mapping[str, str]) -> Mapping[str, str]:
    for name, meaning in given.items():
        if not name.replace("-", "").isalnum() or not name.isascii():
            raise ConfigError("directory.attributes", f"{name!r} is no name of an attribute")
        if meaning.lower() not in CATALOGUE:
            raise ConfigError("directory.attributes", f"{name} = {meaning!r}: no such attribute")
    return given


def _dn(option: str, text: str) -> str:
    try:
        parse_dn(text)
    except ProtocolError as exc:
        raise ConfigError(option, f"no DN: {text}") from exc
    return text
