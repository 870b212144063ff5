"""Every family of properties that a contact is read from, and the names they go by.

Spec: RFC 6350 6.
"""

from collections.abc import Mapping

from carbonio_mobile.pim.vcardreach import ADDRESS, EMAIL, IM, IM_NAMES, PHONE, PHOTO
from carbonio_mobile.pim.vcardslots import Family
from carbonio_mobile.pim.vcardtexts import (
    ANNIVERSARY,
    ANNIVERSARY_NAMES,
    BIRTHDAY,
    NAMES,
    NICK_NAME,
    ORGANISATION,
    text_families,
)

FAMILIES: tuple[tuple[Family, tuple[str, ...]], ...] = (
    (NAMES, ("N",)),
    (ORGANISATION, ("ORG",)),
    (NICK_NAME, ("NICKNAME",)),
    (EMAIL, ("EMAIL",)),
    (IM, IM_NAMES),
    (PHONE, ("TEL", "X-MS-TEL")),
    (ADDRESS, ("ADR",)),
    (BIRTHDAY, ("BDAY",)),
    (ANNIVERSARY, ANNIVERSARY_NAMES),
    (PHOTO, ("PHOTO",)),
    *text_families(),
)
"""Every family, and the names of its properties."""


def _by_name() -> dict[str, tuple[Family, ...]]:
    found: dict[str, tuple[Family, ...]] = {}
    for family, names in FAMILIES:
        for name in dict.fromkeys(names):
            found[name] = (*found.get(name, ()), family)
    return found


BY_NAME: Mapping[str, tuple[Family, ...]] = _by_name()
"""The families that a property may belong to."""
