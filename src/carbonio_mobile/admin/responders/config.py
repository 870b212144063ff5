"""Answers the commands that read and set attributes.

Spec: ../shared/carbonio/cli.md 3.1.
"""

from collections.abc import Collection, Mapping
from functools import partial

from carbonio_mobile.admin.answers import Answer, Listing, Said, Tree, Value, each
from carbonio_mobile.admin.calling import AdminCall, AdminFault, Respond
from carbonio_mobile.admin.catalogue.config import PLACES, REMOVING
from carbonio_mobile.admin.declaring import shortened
from carbonio_mobile.directory.configuration import Leftover, Scope, Setting
from carbonio_mobile.errors import NotFound
from carbonio_mobile.interfaces import IConfiguration

LOCALHOST = "localhost"
"""A name of the server that always means this one."""


class ConfigCommands:
    """Reads and sets attributes; ``servers`` are the names of this server."""

    def __init__(self, *, configuration: IConfiguration, servers: Collection[str] = ()) -> None:
        self._configuration = configuration
        self._servers = frozenset(name.lower() for name in (*servers, LOCALHOST))

    def responders(self) -> Mapping[str, Respond]:
        """Give who answers what."""
        table: dict[str, Respond] = {
            "config info": self._about,
            "config clean": self._clean,
        }
        for level in PLACES:
            for verb, respond in (
                ("get", self._get),
                ("set", self._set),
                *((word, self._unset) for word in REMOVING),
            ):
                table[f"config {verb} {level}"] = partial(respond, level)
                table[f"config {level} {verb}"] = partial(respond, level)
            table[f"config dump {level}"] = partial(self._dump, level)
        return table

    async def _get(self, level: str, call: AdminCall) -> Answer:
        scope = self._scope(level, call)
        attribute = call.optional_text("attribute")
        if attribute is None:
            return _listing(await self._configuration.dump(scope, inherited=True))
        return Tree(content=row(await self._configuration.get(scope, attribute)))

    async def _set(self, level: str, call: AdminCall) -> Answer:
        scope, attribute = self._scope(level, call), _attribute(call)
        values = _values(call)
        if not values:
            raise AdminFault(f"{call.command.name}: value is missing, expected that of {attribute}")
        setting = await self._configuration.set(scope, attribute, values)
        return Said(
            text=f"{setting.name} of {scope} set to {', '.join(setting.values)}",
            details=row(setting),
        )

    async def _unset(self, level: str, call: AdminCall) -> Answer:
        scope, attribute = self._scope(level, call), _attribute(call)
        setting = await self._configuration.unset(scope, attribute)
        holds = ", ".join(setting.values) or "nothing"
        return Said(
            text=f"{setting.name} of {scope} removed; what holds is {holds} ({setting.origin})",
            details=row(setting),
        )

    async def _dump(self, level: str, call: AdminCall) -> Answer:
        scope, inherited = self._scope(level, call), call.flag("show-inherited")
        return _listing(await self._configuration.dump(scope, inherited=inherited))

    async def _clean(self, call: AdminCall) -> Answer:
        dry_run = call.flag("dry_run")
        found = await self._configuration.clean(dry_run=dry_run)
        count = f"{len(found)} {'attribute' if len(found) == 1 else 'attributes'}"
        text = f"{count} would be removed" if dry_run else f"{count} removed"
        return Said(text=text, details={"values": [_left(each) for each in found]})

    async def _about(self, call: AdminCall) -> Answer:
        facts = await self._configuration.about(_attribute(call))
        content: dict[str, Value] = {
            "attribute": facts.name,
            "expected": facts.expected,
            "levels": ", ".join(facts.levels),
            "default": ", ".join(facts.default),
            "several values": facts.multiple,
            "inherited": facts.inherited,
        }
        if facts.set_by:
            content["set by"] = facts.set_by
        if facts.note:
            content["note"] = facts.note
        return Tree(content=content)

    def _scope(self, level: str, call: AdminCall) -> Scope:
        if level == "global":
            return Scope(level=level)
        name = call.text("target").strip()
        if level == "server" and name.lower() not in self._servers:
            known = ", ".join(sorted(self._servers))
            raise NotFound(f"there is no server {shortened(name)}; this one is {known}")
        return Scope(level=level, name=name)


def row(setting: Setting) -> dict[str, Value]:
    """Give a setting as it is shown."""
    values = setting.values
    return {
        "attribute": setting.name,
        "value": ", ".join(values) if len(values) != 1 else values[0],
        "inheritedFrom": setting.origin,
    }


def _left(leftover: Leftover) -> dict[str, Value]:
    return {
        "attribute": leftover.attribute,
        "level": leftover.level,
        "target": leftover.owner,
        "value": ", ".join(leftover.values),
        "because": leftover.why,
    }


def _listing(settings: Collection[Setting]) -> Listing:
    return Listing(heading="values", rows=each(row(setting) for setting in settings))


def _attribute(call: AdminCall) -> str:
    attribute = call.optional_text("attribute")
    if attribute is None:
        raise AdminFault(f"{call.command.name}: attribute is missing, expected its name")
    return attribute


def _values(call: AdminCall) -> tuple[str, ...]:
    """Give what was typed, whether the grammar takes one value or several."""
    found = call.values["value"]
    if isinstance(found, str):
        return (found,)
    return call.texts("value")
