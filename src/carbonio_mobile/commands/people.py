"""People as commands look for them: in the address list, and among the account's own contacts.

Spec: MS-ASCMD 2.2.1.15 and 2.2.3.183 (To), 2.2.1.16 (Search of the GAL).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from carbonio_mobile.commands.context import Call
from carbonio_mobile.directory.people import People, Person, PersonWish
from carbonio_mobile.eas.messages.galsearch import gal_properties
from carbonio_mobile.eas.messages.pictures import PictureOptions, Pictures
from carbonio_mobile.eas.messages.ranges import Range
from carbonio_mobile.eas.messages.resolverecipients import Source
from carbonio_mobile.mime.addresses import parse_address_text
from carbonio_mobile.wbxml import Element

PAGE_ROWS = 100
"""The most people in one answer (MS-ASCMD R416, R10031996)."""


async def listed(
    call: Call, text: str, rows: Range, wanted: PictureOptions | None
) -> tuple[list[list[Element]], int]:
    """Give the properties of people of the address list by display name, and how many there are."""
    services = call.services
    found = await services.directory.search(
        call.account,
        text,
        offset=rows.first,
        limit=min(rows.length, PAGE_ROWS),
        wish=PersonWish(picture=wanted is not None),
    )
    room_bytes = services.bounds.response_bytes
    pictures = None if wanted is None else Pictures(wanted, room_bytes=room_bytes)
    return [gal_properties(each, pictures) for each in found.found], found.total


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """Who may be meant by a name or an address: some of ``total``, and where each was found."""

    found: Sequence[tuple[Source, Person]] = ()
    total: int = 0


class Lookup:
    """Finds who is meant; contacts are asked only if the address list has no answer."""

    def __init__(self, call: Call, wish: PersonWish) -> None:
        self._call = call
        self._wish = wish

    async def meant(self, texts: Sequence[str], *, limit: int) -> list[Meant]:
        """Say of each text whom it means, in order; at most ``limit`` people of each.

        An address means the entry that has it, whatever else begins like it.
        """
        addresses = [bare_address(text) for text in texts]
        known = await self.at([each for each in addresses if "@" in each])
        return [
            _one(Source.DIRECTORY, known[address])
            if address in known
            else await self._not_listed(text, address, limit)
            for text, address in zip(texts, addresses, strict=True)
        ]

    async def at(self, addresses: Sequence[str]) -> Mapping[str, Person]:
        """Look addresses up in the address list."""
        if not addresses:
            return {}
        services = self._call.services
        return await services.directory.at(self._call.account, addresses, wish=self._wish)

    async def _not_listed(self, text: str, address: str, limit: int) -> Meant:
        services, account, wish = self._call.services, self._call.account, self._wish
        known = await services.contacts.at(account.id, [address], wish=wish)
        if address in known:
            contact = known[address]
            others = (each for each in contact.addresses if each != address)
            return _one(Source.CONTACTS, replace(contact, addresses=(address, *others)))
        listed = await services.directory.search(account, text, offset=0, limit=limit, wish=wish)
        own = await services.contacts.search(account.id, text, limit=limit, wish=wish)
        return _joined(listed, own, limit)


def bare_address(text: str) -> str:
    """Give the address of ``"John Doe" <john@example.com>``, and any other text as it is."""
    if text.rstrip().endswith(">"):
        found = parse_address_text(text, 1)
        return found[0].address if found else text
    return text.strip()


def _one(source: Source, person: Person) -> Meant:
    return Meant(found=((source, person),), total=1)


def _joined(listed: People, own: People, limit: int) -> Meant:
    """Put both after one another; a contact that stands for someone listed is left out."""
    taken = {address.lower() for each in listed.found for address in each.addresses}
    others = [each for each in own.found if not _is_among(each, taken)]
    found = [(Source.DIRECTORY, each) for each in listed.found]
    found += [(Source.CONTACTS, each) for each in others]
    total = listed.total + own.total - (len(own.found) - len(others))
    return Meant(found=found[:limit], total=total)


def _is_among(person: Person, addresses: set[str]) -> bool:
    return any(address.lower() in addresses for address in person.addresses)
