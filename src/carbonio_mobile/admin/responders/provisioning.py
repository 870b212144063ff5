"""Answers the commands about the policy for devices and about properties of the module.

Spec: ../shared/carbonio/cli.md 2.8, 2.10.
"""

from collections.abc import Mapping

from carbonio_mobile.admin.answers import Answer, Listing, Said, Tree, Value, each
from carbonio_mobile.admin.calling import AdminCall, AdminFault, Respond
from carbonio_mobile.admin.catalogue.provisioning import PROPERTIES
from carbonio_mobile.admin.declaring import nearest, shortened
from carbonio_mobile.admin.responders.config import row
from carbonio_mobile.directory.configuration import Scope, Setting
from carbonio_mobile.interfaces import IConfiguration
from carbonio_mobile.policy.settings import BY_NAME, ENABLED, PREFIX, Form

_NUMBERS = {"true": "1", "false": "0"}
_FLAGS = {"1": "TRUE", "0": "FALSE"}
_OTHER_SPELLING = {"zxmobile_useinstantnotifications": "ZxMobile_UseInstantNotficiations"}


class ProvisioningCommands:
    """Shows and sets the policy for devices, and the properties of the module."""

    def __init__(self, *, configuration: IConfiguration) -> None:
        self._configuration = configuration

    def responders(self) -> Mapping[str, Respond]:
        """Give who answers what."""
        return {
            "mobile getProvisioning": self._get,
            "mobile setProvisioning": self._set,
            "mobile getProperty": self._get_properties,
            "mobile setProperty": self._set_property,
        }

    async def _get(self, call: AdminCall) -> Answer:
        scope = Scope(level=call.text("target_type"), name=call.text("target"))
        key = call.optional_text("key")
        if key is not None:
            setting = await self._configuration.get(scope, _attribute(key))
            return Tree(content={setting.name: _shown(setting)})
        dumped = await self._configuration.dump(scope, inherited=True)
        holding = {setting.name: setting for setting in dumped}
        names = (ENABLED, *(policy.attribute for policy in BY_NAME.values()))
        return Tree(
            content={name: _shown(holding[name]) if name in holding else None for name in names}
        )

    async def _set(self, call: AdminCall) -> Answer:
        scope = Scope(level=call.text("target_type"), name=call.text("target"))
        attribute, values = _attribute(call.text("key")), call.texts("value")
        if values == ("",):
            setting = await self._configuration.unset(scope, attribute)
            return Said(text=f"{setting.name} of {scope} removed", details=row(setting))
        read = [_as_stored(attribute, value) for value in values]
        setting = await self._configuration.set(scope, attribute, read)
        return Said(
            text=f"{setting.name} of {scope} set to {_shown(setting)}", details=row(setting)
        )

    async def _get_properties(self, call: AdminCall) -> Answer:
        names = [_property(name) for name in call.texts("property_name")] or list(PROPERTIES)
        rows = [await self._row(name, verbose=call.flag("verbose")) for name in names]
        return Listing(heading="properties", rows=each(rows))

    async def _row(self, name: str, *, verbose: bool) -> Mapping[str, Value]:
        setting = await self._configuration.get(await self._scope(name), name)
        shown: dict[str, Value] = {"name": setting.name, "value": _shown(setting)}
        if verbose:
            facts = await self._configuration.about(name)
            shown |= {
                "inheritedFrom": setting.origin,
                "expected": facts.expected,
                "levels": ", ".join(facts.levels),
                "default": ", ".join(facts.default),
                "note": facts.note,
            }
        return shown

    async def _set_property(self, call: AdminCall) -> Answer:
        name = _property(call.text("property"))
        setting = await self._configuration.set(await self._scope(name), name, [call.text("value")])
        return Said(text=f"{setting.name} set to {_shown(setting)}", details=row(setting))

    async def _scope(self, name: str) -> Scope:
        """Give the server, else, for what only the whole installation has, that."""
        facts = await self._configuration.about(name)
        return Scope(level="server" if "server" in facts.levels else "global")


def _shown(setting: Setting) -> str | None:
    return ", ".join(setting.values) if setting.values else None


def _attribute(key: str) -> str:
    """Give the attribute of a property, named with or without the prefix. Raises: AdminFault."""
    return _chosen(
        key, {**{name.lower(): PREFIX + name for name in BY_NAME}, **_WHOLE_NAMES}, "property"
    )


def _property(name: str) -> str:
    return _chosen(name, {each.lower(): each for each in PROPERTIES} | _OTHER_SPELLING, "property")


_WHOLE_NAMES = {
    name.lower(): name for name in (ENABLED, *(policy.attribute for policy in BY_NAME.values()))
}


def _chosen(word: str, known: Mapping[str, str], what: str) -> str:
    found = known.get(word.strip().lower())
    if found is None:
        near = nearest(word, list(known))
        hint = f"; did you mean {known[near]}?" if near else ""
        raise AdminFault(f"there is no {what} {shortened(word)}{hint}")
    return found


def _as_stored(attribute: str, value: str) -> str:
    """Take true and false for numbers, and 1 and 0 for what is true or false."""
    policy = BY_NAME.get(attribute.removeprefix(PREFIX))
    form = policy.form if policy is not None else Form.FLAG
    words: Mapping[Form, Mapping[str, str]] = {Form.NUMBER: _NUMBERS, Form.FLAG: _FLAGS}
    return words.get(form, {}).get(value.strip().lower(), value)
