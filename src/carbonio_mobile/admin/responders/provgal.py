"""The commands of ``carbonio prov`` that print the address list.

Spec: ../shared/carbonio/cli.md 5; ../shared/carbonio/attributes.md 7.2 (names of the fields).
"""

from collections.abc import AsyncIterator, Mapping, Sequence

from carbonio_mobile.admin.answers import Answer, DirectoryEntry, Entries, Lines, each
from carbonio_mobile.admin.calling import AdminCall, Respond
from carbonio_mobile.directory.people import People, Person, PersonKind
from carbonio_mobile.interfaces import IProvisioning

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
_TYPES = {PersonKind.PERSON: "account", PersonKind.GROUP: "group", PersonKind.RESOURCE: "resource"}


class PeopleCommands:
    """Answers searchGal, autoCompleteGal and syncGal."""

    def __init__(self, provisioning: IProvisioning) -> None:
        self._directory = provisioning

    def responders(self) -> Mapping[str, Respond]:
        """Give the function of each command, by its full name."""
        return {
            "prov searchGal": self._search,
            "prov autoCompleteGal": self._complete,
            "prov syncGal": self._sync,
        }

    async def _search(self, call: AdminCall) -> Answer:
        found = await self._found(call, call.number("offset"))
        return Entries(rows=each(map(printed, found.found)))

    async def _complete(self, call: AdminCall) -> Answer:
        found = await self._found(call, 0)
        names = (f"{one.display_name} <{one.address}>" for one in found.found)
        return Lines(rows=each(names))

    async def _found(self, call: AdminCall, offset: int) -> People:
        found: People = await self._directory.find_people(
            call.text("domain"), call.text("name"), offset=offset, limit=call.number("limit")
        )
        return found

    async def _sync(self, call: AdminCall) -> Answer:
        domain = call.text("domain")
        page, generation = await self._directory.all_people(domain, offset=0, limit=_PAGE)
        token = str(generation)
        unchanged = call.optional_text("token") == token
        return Entries(rows=self._everybody(domain, token, () if unchanged else page.found))

    async def _everybody(
        self, domain: str, token: str, first: Sequence[Person]
    ) -> AsyncIterator[DirectoryEntry]:
        """Give the token, then all entries in pages; later changes are another token's."""
        yield DirectoryEntry(kind="token", name=token, attributes={})
        offset, page = 0, first
        while page:
            for one in page:
                yield printed(one)
            offset += len(page)
            more, _ = await self._directory.all_people(domain, offset=offset, limit=_PAGE)
            page = more.found


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
