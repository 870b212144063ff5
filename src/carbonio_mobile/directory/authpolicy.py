"""When a name and a password are not enough: second factors and trusted addresses.

A phone cannot be asked for a second factor. Where one is demanded, only a password that was made
for the service lets it in, or an address that is trusted. Nor is there a session: name and password
come with each request, from whatever address the phone has by then. So nothing here is like the
product's trusted devices and its ``ip_can_change``, which belong to logins that were asked for a
code: a phone's id is only what the phone says, and would make whoever copies it a trusted one.

Spec: ../shared/carbonio/cli.md 4.2; admin-panel.md 4.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from carbonio_mobile.directory.accounts import Account

POLICY_SERVICES = (
    "EAS", "Cli", "Dav", "DesktopApp", "Imap", "MobileApp", "Pop3", "Smtp", "WebAdminUI", "WebUI",
    "ZmWebUI",
)  # fmt: skip
"""The services that have a policy each."""

MUST_CHANGE = "zimbraPasswordMustChange"
_ON = "zimbraTwoFactorAuthEnabled"
_REQUIRED = "zimbraFeatureTwoFactorAuthRequired"


class SecondFactor(IntEnum):
    """What lets somebody in without a second factor (``2fa_policy``).

    For a phone ``TRUST_DEVICE`` is the same as ``TRUST_ADDRESS``: no device can be trusted.
    """

    NONE = 0
    TRUST_ADDRESS = 1
    TRUST_DEVICE = 2


def second_factor_attribute(service: str) -> str:
    """Name the attribute in which a service's ``2fa_policy`` is kept."""
    return f"carbonioAuth{service}SecondFactor"


def trusted_range_attribute(service: str) -> str:
    """Name the attribute in which a service's ``trusted_ip_range`` is kept."""
    return f"carbonioAuth{service}TrustedRange"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthPolicy:
    """The policy of one service; None where nobody set it."""

    second_factor: SecondFactor | None = None
    trusted_ranges: tuple[str, ...] = ()

    @classmethod
    def of(cls, attributes: Mapping[str, tuple[str, ...]], service: str) -> "AuthPolicy":
        """Read a policy from attributes by name in lower case."""
        factor = attributes.get(second_factor_attribute(service).lower())
        return cls(
            second_factor=SecondFactor(int(factor[0])) if factor else None,
            trusted_ranges=attributes.get(trusted_range_attribute(service).lower(), ()),
        )

    def trusts(self, peer: str) -> bool:
        """Tell whether an address lies in one of the ranges; what is no address never does."""
        address = _address(peer)
        return address is not None and _lies_in(address, self.trusted_ranges)


def demands_second_factor(account: Account, service: str, peer: str) -> bool:
    """Tell whether a login from ``peer`` by name and the account's own password is not enough.

    A policy that somebody set decides for everybody, 0 meaning no second factor for this service;
    where none is set, an account that has second factors on, or must have, demands one.
    """
    policy = AuthPolicy.of(account.attributes, service)
    if policy.second_factor is None:
        demanded = account.flag(_ON, default=False) or account.flag(_REQUIRED, default=False)
    else:
        demanded = policy.second_factor is not SecondFactor.NONE
    return demanded and not policy.trusts(peer)


def normal_range(text: str) -> str:
    """Give a range of addresses in its one form; bits beyond the mask are cleared.

    Raises: ValueError.
    """
    return str(ip_network(text.strip(), strict=False))


def _lies_in(address: IPv4Address | IPv6Address, ranges: Sequence[str]) -> bool:
    networks = (ip_network(text, strict=False) for text in ranges)
    return any(each.version == address.version and address in each for each in networks)


def _address(peer: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(peer.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
