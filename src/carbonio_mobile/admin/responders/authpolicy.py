"""Answers the commands about second factors.

Spec: ../shared/carbonio/cli.md 4.2.
"""

from collections.abc import Mapping, Sequence
from functools import partial

from carbonio_mobile.admin.answers import Answer, Listing, Said, Tree, Value, each
from carbonio_mobile.admin.calling import AdminCall, AdminFault, Respond
from carbonio_mobile.admin.declaring import shortened
from carbonio_mobile.directory.authpolicy import (
    POLICY_SERVICES,
    normal_range,
    second_factor_attribute,
    trusted_range_attribute,
)
from carbonio_mobile.directory.configuration import Scope
from carbonio_mobile.interfaces import IConfiguration

_NO_RANGE = ("none",)
_RANGES_MAX = 1000
_SCOPES = ("domain", "global")
_NO_TRUST = (
    "a device is trusted once it was asked for a second factor, which no phone can be; what lets "
    "phones in are mobile passwords and trusted_ip_range"
)
_NO_PINNING = (
    "not supported: ip_can_change false; a phone has no session that could be kept to one address, "
    "it sends name and password with each request; nothing was changed"
)


class AuthPolicyCommands:
    """Shows and sets the policies; they are attributes of domains and of the installation."""

    def __init__(self, *, configuration: IConfiguration) -> None:
        self._configuration = configuration

    def responders(self) -> Mapping[str, Respond]:
        """Give who answers what."""
        table: dict[str, Respond] = {}
        for scope in _SCOPES:
            table[f"auth policy list {scope}"] = self._list
            table[f"auth policy trustedDevice getExpiration {scope}"] = self._expiration
            table[f"auth policy trustedDevice setExpiration {scope}"] = self._set_expiration
            for service in POLICY_SERVICES:
                table[f"auth policy set {service} {scope}"] = partial(self._set, service)
        return table

    async def _list(self, call: AdminCall) -> Answer:
        chosen, scope = call.optional_text("service"), _scope(call)
        services = POLICY_SERVICES if chosen is None else (chosen,)
        rows = [await self._row(scope, service) for service in services]
        return Listing(heading="policies", rows=each(rows))

    async def _row(self, scope: Scope, service: str) -> dict[str, Value]:
        get = self._configuration.get
        ranges = await get(scope, trusted_range_attribute(service))
        factor = await get(scope, second_factor_attribute(service))
        return {
            "service": service,
            "ip_can_change": True,
            "trusted_ip_range": ",".join(ranges.values),
            "2fa_policy": int(factor.values[0]) if factor.values else None,
        }

    async def _set(self, service: str, call: AdminCall) -> Answer:
        scope, changes = _scope(call), _changes(service, call)
        can_change = call.optional_flag("ip_can_change")
        if can_change is False:
            raise AdminFault(_NO_PINNING)
        if not changes and can_change is None:
            raise AdminFault(
                f"{call.command.name}: nothing to set, expected ip_can_change, trusted_ip_range "
                "or 2fa_policy"
            )
        for attribute, values in changes.items():
            if values:
                await self._configuration.set(scope, attribute, values)
            else:
                await self._configuration.unset(scope, attribute)
        return Said(
            text=f"policy of {service} for {scope} set", details=await self._row(scope, service)
        )

    async def _expiration(self, call: AdminCall) -> Answer:
        await self._row(_scope(call), POLICY_SERVICES[0])  # a domain that is none is refused
        return Tree(content={"days": 0, "note": _NO_TRUST})

    async def _set_expiration(self, call: AdminCall) -> Answer:
        scope, days = _scope(call), call.number("days")
        await self._row(scope, POLICY_SERVICES[0])
        if days:
            raise AdminFault(f"not supported: {_NO_TRUST}; only 0 days can be set")
        return Said(text=f"no device is trusted for {scope}, as before")


def _scope(call: AdminCall) -> Scope:
    level = call.command.words[-1]
    return Scope(level=level, name=call.text("domain_name") if level == "domain" else "")


def _changes(service: str, call: AdminCall) -> dict[str, Sequence[str]]:
    """Give what was typed, by attribute, all of it checked. Raises: AdminFault."""
    changes: dict[str, Sequence[str]] = {}
    ranges = call.texts("trusted_ip_range")
    if ranges:
        changes[trusted_range_attribute(service)] = _ranges(ranges)
    factor = call.optional_number("2fa_policy")
    if factor is not None:
        changes[second_factor_attribute(service)] = (str(factor),)
    return changes


def _ranges(typed: Sequence[str]) -> Sequence[str]:
    if tuple(word.lower() for word in typed) == _NO_RANGE:
        return ()
    if len(typed) > _RANGES_MAX:
        raise AdminFault(f"trusted_ip_range: expected at most {_RANGES_MAX} ranges")
    return tuple(map(_range, typed))


def _range(text: str) -> str:
    try:
        return normal_range(text)
    except ValueError as exc:
        raise AdminFault(
            f"trusted_ip_range: expected ranges like 192.168.0.0/16, got {shortened(text)}"
        ) from exc
