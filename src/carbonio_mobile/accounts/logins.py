"""What people type as their login, turned into the address of an account.

Spec: ../shared/protocol/client-quirks.md 1 rules 4 and 5; ../shared/carbonio/attributes.md 5.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from carbonio_mobile.accounts.addresses import normal_address
from carbonio_mobile.accounts.invalid import InvalidArgument
from carbonio_mobile.accounts.passwords import PASSWORD_MAX_CHARACTERS

LOGIN_MAX_CHARACTERS = 320
"""The longest e-mail address (RFC 5321 4.5.3.1: 64 + @ + 255)."""

HOST_MAX_CHARACTERS = 261
"""A host name of 255 characters, a colon and a port."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainNames:
    """The names of domains: ``hosts`` maps virtual hosts and domain names to domains."""

    hosts: Mapping[str, str]
    default: str

    def of_host(self, host: str) -> str:
        """Give the domain of a host: its own, else its nearest parent's, else the default one."""
        labels = _without_port(host).lower().rstrip(".").split(".")
        for start in range(len(labels)):
            domain = self.hosts.get(".".join(labels[start:]))
            if domain is not None:
                return domain
        return self.default

    def of_windows_name(self, name: str) -> str | None:
        """Give the domain written before a backslash: by a name of it, or by its first label."""
        folded = name.lower().rstrip(".")
        if folded in self.hosts:
            return self.hosts[folded]
        domains = {at for at in self.hosts.values() if at.partition(".")[0] == folded}
        return domains.pop() if len(domains) == 1 else None


def login_address(login: str, host: str, names: DomainNames) -> str | None:
    """Give the normal address that a login means, or None where it cannot be one.

    Understands ``user@domain``, ``user%40domain``, ``DOMAIN\\user``, ``DOMAIN\\user@domain`` and
    ``user``.
    """
    windows_name, backslash, rest = login.strip().rpartition("\\")
    user = rest.strip()
    if "@" not in user and "%40" in user:
        user = user.replace("%40", "@")
    if "@" not in user:
        domain = names.of_windows_name(windows_name) if backslash else None
        user = f"{user}@{domain or names.of_host(host)}"
    try:
        return normal_address(user)
    except InvalidArgument:
        return None


def _without_port(host: str) -> str:
    name, colon, port = host.strip().rpartition(":")
    return name if colon and port.isdigit() else host.strip()


def is_plausible(login: str, password: str, host: str) -> bool:
    """Tell whether credentials are of a size and form worth looking at."""
    return (
        0 < len(login) <= LOGIN_MAX_CHARACTERS
        and 0 < len(password) <= PASSWORD_MAX_CHARACTERS
        and len(host) <= HOST_MAX_CHARACTERS
        and "\0" not in login
        and "\0" not in password
    )
