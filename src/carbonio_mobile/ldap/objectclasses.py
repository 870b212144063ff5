"""The object classes of entries here, with those of their attributes that we have.

Spec: RFC 4512 2.4 and 4.2, RFC 4519 3, RFC 4524 3, RFC 2798, mozillaAbPersonAlpha.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectClass:
    """A class of entries: what they must and may have; ``kind`` as RFC 4512 writes it."""

    oid: str
    name: str
    sup: str = "top"
    kind: str = "STRUCTURAL"
    must: tuple[str, ...] = ()
    may: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentRule:
    """What entries of a structural class may have here beyond their classes (RFC 4512 4.1.6)."""

    oid: str
    name: str
    auxiliary: tuple[str, ...] = ()
    may: tuple[str, ...] = ()


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_PLACE = "businessCategory postOfficeBox postalAddress postalCode street l st"
_TELEPHONES = "telephoneNumber facsimileTelephoneNumber"

OBJECT_CLASSES: Final = (
    ObjectClass(oid="2.5.6.0", name="top", sup="", kind="ABSTRACT", must=("objectClass",)),
    ObjectClass(
        oid="2.5.6.6",
        name="person",
        must=_names("sn cn"),
        may=_names("telephoneNumber seeAlso description"),
    ),
    ObjectClass(
        oid="2.5.6.7",
        name="organizationalPerson",
        sup="person",
        may=_names(
            "title destinationIndicator telephoneNumber facsimileTelephoneNumber street"
            " postOfficeBox postalCode postalAddress physicalDeliveryOfficeName ou st l"
        ),
    ),
    ObjectClass(
        oid="2.16.840.1.113730.3.2.2",
        name="inetOrgPerson",
        sup="organizationalPerson",
        may=_names(
            "businessCategory carLicense departmentNumber displayName employeeNumber employeeType"
            " givenName homePhone homePostalAddress initials jpegPhoto labeledURI mail manager"
            " mobile o pager preferredLanguage roomNumber secretary uid userCertificate"
            " userSMIMECertificate"
        ),
    ),
    ObjectClass(
        oid="1.3.6.1.4.1.13769.9.1",
        name="mozillaAbPersonAlpha",
        kind="AUXILIARY",
        must=("cn",),
        may=_names(
            "c description displayName facsimileTelephoneNumber givenName homePhone l mail mobile"
            " mozillaCustom1 mozillaCustom2 mozillaCustom3 mozillaCustom4 mozillaHomeCountryName"
            " mozillaHomeLocalityName mozillaHomePostalCode mozillaHomeState mozillaHomeStreet"
            " mozillaHomeStreet2 mozillaHomeUrl mozillaNickname mozillaSecondEmail"
            " mozillaWorkStreet2 mozillaWorkUrl nsAIMid o ou pager postalCode postOfficeBox sn st"
            " street telephoneNumber title"
        ),
    ),
    ObjectClass(
        oid="2.5.6.9",
        name="groupOfNames",
        must=_names("member cn"),
        may=_names("businessCategory seeAlso owner ou o description"),
    ),
    ObjectClass(
        oid="2.16.840.1.113730.3.2.4",
        name="mailGroup",
        must=("mail",),
        may=_names("cn mgrpRFC822MailMember"),
    ),
    ObjectClass(
        oid="0.9.2342.19200300.100.4.7",
        name="room",
        must=("cn",),
        may=_names("roomNumber description seeAlso telephoneNumber"),
    ),
    ObjectClass(
        oid="2.5.6.14",
        name="device",
        must=("cn",),
        may=_names("serialNumber seeAlso owner ou o l description"),
    ),
    ObjectClass(
        oid="2.5.6.4",
        name="organization",
        must=("o",),
        may=_names(f"seeAlso {_TELEPHONES} physicalDeliveryOfficeName description {_PLACE}"),
    ),
    ObjectClass(
        oid="2.5.6.5",
        name="organizationalUnit",
        must=("ou",),
        may=_names(f"seeAlso {_TELEPHONES} physicalDeliveryOfficeName description {_PLACE}"),
    ),
    ObjectClass(oid="1.3.6.1.4.1.1466.344", name="dcObject", kind="AUXILIARY", must=("dc",)),
    ObjectClass(oid="1.3.6.1.4.1.1466.101.120.111", name="extensibleObject", kind="AUXILIARY"),
    ObjectClass(oid="2.5.17.0", name="subentry", must=("cn",)),
    ObjectClass(
        oid="2.5.20.1",
        name="subschema",
        kind="AUXILIARY",
        may=_names("attributeTypes dITContentRules matchingRules objectClasses"),
    ),
)
"""All the classes, each after those it derives from."""

_BEYOND = _names(
    "middleName generationQualifier personalTitle buildingName co fileAs category"
    " otherTelephone otherHomePhone otherMobile otherFacsimileTelephoneNumber otherPhone"
    " telephoneAssistant homeFacsimileTelephoneNumber carPhone companyPhone radio"
    " birthyear birthmonth birthday birthDate anniversary managerName assistantName spouseName"
    " otherPostalAddress directReports msDS-PhoneticFirstName msDS-PhoneticLastName"
    " msDS-PhoneticCompanyName company department mailNickname IMHandle thumbnailPhoto"
)
_OF_LISTS = _names("displayName givenName sn mail uid mgrpRFC822MailMember")
_OF_GROUPS = tuple(dict.fromkeys(_OF_LISTS + _names("description owner o ou seeAlso")))

CONTENT_RULES: Final = (
    ContentRule(
        oid="2.16.840.1.113730.3.2.2",
        name="inetOrgPersonContent",
        auxiliary=("mozillaAbPersonAlpha",),
        may=_BEYOND,
    ),
    ContentRule(
        oid="2.16.840.1.113730.3.2.4",
        name="mailGroupContent",
        auxiliary=("mozillaAbPersonAlpha",),
        may=(*_OF_GROUPS, *_BEYOND),
    ),
    ContentRule(
        oid="2.5.6.9",
        name="groupOfNamesContent",
        auxiliary=("mozillaAbPersonAlpha",),
        may=(*_OF_LISTS, *_BEYOND),
    ),
)


def structural_class(names: Iterable[str]) -> str:
    """Give the structural object class of an entry of these classes; empty where it has none.

    It is the lowest of a chain, all of whose classes are named (RFC 4512 2.4.2 and 3.3).
    """
    known = {each.lower() for each in names}
    found: ObjectClass | None = None
    for each in OBJECT_CLASSES:
        fits = each.kind == "STRUCTURAL" and each.name.lower() in known
        if fits and (found is None or each.sup == found.name):
            found = each
    return found.name if found else ""
