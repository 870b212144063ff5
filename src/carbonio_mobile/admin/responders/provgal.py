"""The commands of ``carbonio prov`` that print and fill the address list.

Spec: ../shared/carbonio/cli.md 5; ../shared/carbonio/attributes.md 7.2 (names of the fields).
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict

from carbonio_mobile.admin.answers import Answer, DirectoryEntry, Entries, Lines, Said, each
from carbonio_mobile.admin.calling import AdminCall, Respond
from carbonio_mobile.directory.people import People, Person, PersonKind
from carbonio_mobile.directory.provisioning import EntryKind
from carbonio_mobile.interfaces import IDirectory, IProvisioning

_PAGE = 200
_FIELDS = (
    ("fullName", "display_name"),
    ("firstName", "first_name"),
    ("lastName", "last_name"),
    ("workPhone", "phone"),
    ("homePhone", "home_phone"),
    ("mobilePhone", "mobile_phone"),
    ("office", "office"),
    ("jobTitle", "title"),
    ("company", "company"),
)
_OUTCOMES = (
    ("added", "added"),
    ("changed", "changed"),
    ("removed", "removed"),
    ("unchanged", "unchanged"),
    ("kept", "of earlier files kept"),
    ("at_home", "left out, who have an address of this server"),
    ("passed_over", "passed over, which are no people and no groups"),
)
_TYPES = {PersonKind.PERSON: "account", PersonKind.GROUP: "group", PersonKind.RESOURCE: "resource"}


class PeopleCommands:
    """Answers searchGal, autoCompleteGal, syncGal and importGal."""

    def __init__(self, *, provisioning: IProvisioning, people: IDirectory) -> None:
        self._directory = provisioning
        self._people = people

    def responders(self) -> Mapping[str, Respond]:
        """Give the function of each command, by its full name."""
        return {
            "prov searchGal": self._search,
            "prov autoCompleteGal": self._complete,
            "prov syncGal": self._sync,
            "prov importGal": self._import,
        }

    async def _search(self, call: AdminCall) -> Answer:
        found = await self._found(call, call.number("offset"))
        return Entries(rows=each(map(printed, found.found)))

    async def _complete(self, call: AdminCall) -> Answer:
        found = await self._found(call, 0)
        names = (f"{one.display_name} <{one.address}>" for one in found.found)
        return Lines(rows=each(names))

    async def _found(self, call: AdminCall, offset: int) -> People:
        found: People = await self._people.in_domain(
            await self._domain(call), call.text("name"), offset=offset, limit=call.number("limit")
        )
        return found

    async def _sync(self, call: AdminCall) -> Answer:
        domain = await self._domain(call)
        token = str(await self._directory.generation())
        is_known = call.optional_text("token") == token
        return Entries(rows=self._everybody(domain, token, is_known=is_known))

    async def _everybody(
        self, domain: str, token: str, *, is_known: bool
    ) -> AsyncIterator[DirectoryEntry]:
        """Give the token, then all entries in pages; later changes are another token's."""
        yield DirectoryEntry(kind="token", name=token, attributes={})
        offset = 0
        while not is_known:
            page = await self._people.in_domain(domain, None, offset=offset, limit=_PAGE)
            if not page.found:
                return
            for one in page.found:
                yield printed(one)
            offset += len(page.found)

    async def _import(self, call: AdminCall) -> Answer:
        dry_run = call.flag("dry_run")
        found = await self._directory.import_people(
            call.text("domain"),
            _told(call),
            remove_missing=call.flag("removeMissing"),
            dry_run=dry_run,
        )
        numbers = asdict(found)
        parts = (f"{numbers[name]} {said}" for name, said in _OUTCOMES if numbers[name])
        begin = "nothing was changed; would be: " if dry_run else ""
        return Said(text=f"{begin}{', '.join(parts)}", details=numbers)

    async def _domain(self, call: AdminCall) -> str:
        """Give the name of the domain that is meant. Raises: NotFound."""
        return (await self._directory.entry(EntryKind.DOMAIN, call.text("domain"))).name


async def _told(call: AdminCall) -> AsyncIterator[bytes]:
    """Give the file on, telling how far it is read."""
    done = 0
    async for piece in call.upload:
        done += len(piece)
        call.progress(done, 0, "octets read")
        yield piece


def printed(person: Person) -> DirectoryEntry:
    """Give an entry of the address list by the names of its fields, empty ones left out."""
    values: dict[str, Sequence[str]] = {
        name: (getattr(person, field),) for name, field in _FIELDS if getattr(person, field)
    }
    for number, address in enumerate(person.addresses, 1):
        values["email" if number == 1 else f"email{number}"] = (address,)
    if person.members:
        values["member"] = person.members
    if person.account is not None:
        values["zimbraId"] = (person.account,)
    values["type"] = (_TYPES[person.kind],)
    return DirectoryEntry(kind="name", name=person.address, attributes=values)
