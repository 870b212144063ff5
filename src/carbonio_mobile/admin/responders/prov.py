"""``carbonio prov``: domains, classes of service, accounts, resources, lists, rights.

Spec: ../shared/carbonio/cli.md 5.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from functools import partial

from carbonio_mobile.admin.answers import Answer, DirectoryEntry, Entries, Lines, Said, each
from carbonio_mobile.admin.calling import AdminCall, AdminFault, Respond
from carbonio_mobile.admin.declaring import shortened
from carbonio_mobile.admin.responders.provgal import PeopleCommands
from carbonio_mobile.admin.responders.provrights import RightCommands
from carbonio_mobile.directory.provisioning import Change, Entry, EntryKind
from carbonio_mobile.ids import AccountId
from carbonio_mobile.interfaces import IDirectory, IProvisioning

_PAGE = 100
_NAMES_PAGE = 500

# Of each kind: the parameter that names one, what it is called, and its words in commands.
_KINDS = {
    EntryKind.DOMAIN: ("domain", "domain", "Domain"),
    EntryKind.COS: ("cos", "class of service", "Cos"),
    EntryKind.ACCOUNT: ("account", "account", "Account"),
    EntryKind.RESOURCE: ("resource", "resource", "CalendarResource"),
    EntryKind.LIST: ("list", "distribution list", "DistributionList"),
}
_SEVERAL = {EntryKind.COS: "getAllCos"}
# What is printed of an entry beside its attributes.
_NAME_ATTRIBUTES = {EntryKind.DOMAIN: "zimbraDomainName", EntryKind.COS: "cn"}


Forget = Callable[[AccountId], Awaitable[None]]
"""Lets go of what other stores keep of an account that is no more."""


class Provisioning:
    """Answers the commands of ``prov``."""

    def __init__(self, *, provisioning: IProvisioning, people: IDirectory, forget: Forget) -> None:
        self._directory = provisioning
        self._people = people
        self._forget = forget

    def responders(self) -> Mapping[str, Respond]:
        """Give the function of each command, by its full name."""
        found: dict[str, Respond] = {}
        for kind, (_, _, word) in _KINDS.items():
            several = _SEVERAL.get(kind, f"getAll{word}s")
            found |= {
                f"prov create{word}": partial(self._create, kind),
                f"prov modify{word}": partial(self._modify, kind),
                f"prov get{word}": partial(self._get, kind),
                f"prov delete{word}": partial(self._delete, kind),
                f"prov {several}": partial(self._get_all, kind),
            }
            if kind is not EntryKind.DOMAIN:
                found[f"prov rename{word}"] = partial(self._rename, kind)
        for kind in (EntryKind.ACCOUNT, EntryKind.LIST):
            word = _KINDS[kind][2]
            found[f"prov add{word}Alias"] = partial(self._add_alias, kind)
            found[f"prov remove{word}Alias"] = partial(self._remove_alias, kind)
        return {
            **found,
            "prov setPassword": self._set_password,
            "prov setAccountCos": self._set_cos,
            "prov addDistributionListMember": self._add_members,
            "prov removeDistributionListMember": self._remove_members,
            "prov modifyConfig": self._modify_config,
            "prov getConfig": self._get_config,
            "prov getAllConfig": self._get_all_config,
            "prov flushCache": self._flush,
            **PeopleCommands(provisioning=self._directory, people=self._people).responders(),
            **RightCommands(self._directory).responders(),
        }

    # Entries of every kind

    async def _create(self, kind: EntryKind, call: AdminCall) -> Answer:
        parameter, called, _ = _KINDS[kind]
        name, changes = call.text(parameter), settings(call.texts("attributes"))
        password = call.optional_text("password") if "password" in call.values else None
        made = await self._directory.create(kind, name, password=password or None, changes=changes)
        return Said(text=f"{called} {name} created, id {made}", details={"id": made, "name": name})

    async def _modify(self, kind: EntryKind, call: AdminCall) -> Answer:
        parameter, called, _ = _KINDS[kind]
        name, changes = call.text(parameter), settings(call.texts("attributes"))
        await self._directory.modify(kind, name, changes)
        return Said(text=f"{called} {name} modified")

    async def _get(self, kind: EntryKind, call: AdminCall) -> Answer:
        entry = await self._directory.entry(kind, call.text(_KINDS[kind][0]))
        own_only = bool(call.values.get("-e"))
        wanted = call.texts("attributes")
        return Entries(rows=each([shown(kind, entry, own_only=own_only, wanted=wanted)]))

    async def _delete(self, kind: EntryKind, call: AdminCall) -> Answer:
        parameter, called, _ = _KINDS[kind]
        name = call.text(parameter)
        gone = await self._directory.delete(kind, name)
        if kind in (EntryKind.ACCOUNT, EntryKind.RESOURCE):
            await self._forget(AccountId(gone))
        return Said(text=f"{called} {name} deleted", details={"id": gone})

    async def _rename(self, kind: EntryKind, call: AdminCall) -> Answer:
        parameter, called, _ = _KINDS[kind]
        name, new_name = call.text(parameter), call.text("new_name")
        await self._directory.rename(kind, name, new_name)
        return Said(text=f"{called} {name} renamed to {new_name}")

    async def _get_all(self, kind: EntryKind, call: AdminCall) -> Answer:
        domain = call.optional_text("domain") if "domain" in call.values else None
        if domain is not None:
            await self._directory.entry(EntryKind.DOMAIN, domain)
        if not call.flag("-v"):
            return Lines(rows=self._names(kind, domain))
        return Entries(rows=self._entries(kind, domain, own_only=bool(call.values.get("-e"))))

    async def _names(self, kind: EntryKind, domain: str | None) -> AsyncIterator[str]:
        after = ""
        while True:
            page = await self._directory.names(kind, domain=domain, after=after, limit=_NAMES_PAGE)
            for name, _ in page:
                yield name
            if len(page) < _NAMES_PAGE:
                return
            after = page[-1][0]

    async def _entries(
        self, kind: EntryKind, domain: str | None, *, own_only: bool
    ) -> AsyncIterator[DirectoryEntry]:
        after = ""
        while True:
            page = await self._directory.entries(kind, domain=domain, after=after, limit=_PAGE)
            for entry in page:
                yield shown(kind, entry, own_only=own_only)
            if not page:
                return
            after = page[-1].name

    # Addresses, passwords, members

    async def _add_alias(self, kind: EntryKind, call: AdminCall) -> Answer:
        name, alias = call.text(_KINDS[kind][0]), call.text("alias")
        await self._directory.add_alias(kind, name, alias)
        return Said(text=f"alias {alias} of {name} added")

    async def _remove_alias(self, kind: EntryKind, call: AdminCall) -> Answer:
        name, alias = call.text(_KINDS[kind][0]), call.text("alias")
        await self._directory.remove_alias(kind, name, alias)
        return Said(text=f"alias {alias} of {name} removed")

    async def _set_password(self, call: AdminCall) -> Answer:
        await self._directory.set_password(call.text("account"), call.text("password"))
        return Said(text=f"password of {call.text('account')} changed")

    async def _set_cos(self, call: AdminCall) -> Answer:
        cos = await self._directory.entry(EntryKind.COS, call.text("cos"))
        changes = [("zimbraCOSId", (cos.id,))]
        await self._directory.modify(EntryKind.ACCOUNT, call.text("account"), changes)
        return Said(text=f"class of service {cos.name} of {call.text('account')} set")

    async def _add_members(self, call: AdminCall) -> Answer:
        added = await self._directory.add_members(call.text("list"), call.texts("members"))
        text = f"{added} {'member' if added == 1 else 'members'} of {call.text('list')} added"
        return Said(text=text, details={"added": added})

    async def _remove_members(self, call: AdminCall) -> Answer:
        gone = call.texts("members")
        await self._directory.remove_members(call.text("list"), gone)
        count = len(gone)
        noun = "member" if count == 1 else "members"
        return Said(text=f"{count} {noun} of {call.text('list')} removed")

    # The whole installation

    async def _modify_config(self, call: AdminCall) -> Answer:
        changes = settings(call.texts("attributes"))
        await self._directory.modify(EntryKind.GLOBAL, "", changes)
        return Said(text="global configuration modified")

    async def _get_config(self, call: AdminCall) -> Answer:
        return await self._config({call.text("attribute").lower()})

    async def _get_all_config(self, call: AdminCall) -> Answer:
        return await self._config({name.lower() for name in call.texts("attributes")})

    async def _config(self, wanted: Collection[str]) -> Answer:
        """Print what is global, all of it where nothing is wanted of it."""
        entry = await self._directory.entry(EntryKind.GLOBAL, "")
        values = sorted({**entry.inherited, **entry.own}.items(), key=lambda one: one[0].lower())
        lines = [
            f"{name}: {value}"
            for name, found in values
            if not wanted or name.lower() in wanted
            for value in found
        ]
        return Lines(rows=each(lines))

    async def _flush(self, call: AdminCall) -> Answer:
        """Look for what is named, so that a wrong name is told; there is nothing to be flushed."""
        kind = next((one for one in _KINDS if one.value == call.text("type")), None)
        for name in call.texts("names"):
            if kind is not None:
                await self._directory.entry(kind, name)
        generation = await self._directory.generation()
        return Said(
            text=f"nothing had to be flushed: every change of the directory is in force at the "
            f"next request; the directory is at change {generation}",
            details={"generation": generation},
        )


def settings(words: Sequence[str]) -> list[Change]:
    """Read names of attributes with their values; one named several times gets all of them.

    Raises: AdminFault.
    """
    if len(words) % 2:
        raise AdminFault(
            f"expected a value after each attribute, got none after {shortened(words[-1])}"
        )
    found: dict[str, list[str]] = {}
    spelt: dict[str, str] = {}
    for name, value in zip(words[::2], words[1::2], strict=True):
        key = spelt.setdefault(name.lower(), name)
        found.setdefault(key, []).append(value)
    return [(name, tuple(values)) for name, values in found.items()]


def shown(
    kind: EntryKind, entry: Entry, *, own_only: bool = False, wanted: Sequence[str] = ()
) -> DirectoryEntry:
    """Give an entry as it is printed, by name of attribute."""
    values: dict[str, Sequence[str]] = {} if own_only else dict(entry.inherited)
    values |= entry.own
    values["zimbraId"] = (entry.id,)
    if kind in _NAME_ATTRIBUTES:
        values[_NAME_ATTRIBUTES[kind]] = (entry.name,)
    if wanted:
        folded = {name.lower() for name in wanted}
        values = {name: found for name, found in values.items() if name.lower() in folded}
    return DirectoryEntry(
        kind="name",
        name=entry.name,
        attributes=dict(sorted(values.items(), key=lambda pair: pair[0].lower())),
    )
