"""People of the address list as Search and Find show them.

Spec: MS-ASCMD 2.2.1.2, 2.2.1.16 (code page GAL); schema GAL.
"""

from collections.abc import Callable

from carbonio_mobile.directory.people import Person
from carbonio_mobile.eas.messages.pictures import Pictures
from carbonio_mobile.wbxml import Element, Tag
from carbonio_mobile.wbxml.codepages import GAL

_TEXTS: tuple[tuple[Tag, Callable[[Person], str]], ...] = (
    (GAL.DisplayName, lambda person: person.display_name),
    (GAL.Phone, lambda person: person.phone),
    (GAL.Office, lambda person: person.office),
    (GAL.Title, lambda person: person.title),
    (GAL.Company, lambda person: person.company),
    (GAL.Alias, lambda person: person.alias),
    (GAL.FirstName, lambda person: person.first_name),
    (GAL.LastName, lambda person: person.last_name),
    (GAL.HomePhone, lambda person: person.home_phone),
    (GAL.MobilePhone, lambda person: person.mobile_phone),
    (GAL.EmailAddress, lambda person: person.address),
)


def gal_properties(person: Person, pictures: Pictures | None) -> list[Element]:
    """Write the properties that are not empty; ``pictures`` None: none was asked for."""
    elements = [Element(tag, text) for tag, value in _TEXTS if (text := value(person))]
    if pictures is not None:
        elements.append(
            pictures.element(person.picture, parent=GAL.Picture, status=GAL.Status, data=GAL.Data)
        )
    return elements
