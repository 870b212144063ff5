"""The attributes that an address book has: names, numbers, syntaxes.

``attribute`` finds one by any of its names. Some are *views*: a type of its own right that shows
the values of another (Outlook asks for ``o`` and ``company`` and uses the latter alone), so that
nothing is kept twice: a view's ``key`` is that of the attribute it shows.

Spec: RFC 4512 2.5 and 4.2, RFC 4519, 4524 (COSINE), 2798 (inetOrgPerson), 4523 (certificates),
5020 (entryDN), 4530 (entryUUID), mozillaAbPersonAlpha; ../shared/ldap/outlook-and-peers.md 2.4, 3
and 4.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Final


class Syntax(Enum):
    """How values of an attribute look, and so how they are compared (RFC 4517)."""

    TEXT = "1.3.6.1.4.1.1466.115.121.1.15"
    """Any text; without case."""
    IA5 = "1.3.6.1.4.1.1466.115.121.1.26"
    """ASCII by the rules; whatever an address or a URL holds is taken. Without case."""
    PHONE = "1.3.6.1.4.1.1466.115.121.1.50"
    """Blanks and hyphens do not count."""
    DN = "1.3.6.1.4.1.1466.115.121.1.12"
    """A name of an entry (RFC 4514); who is known by name only is ``cn=Name``."""
    OID = "1.3.6.1.4.1.1466.115.121.1.38"
    """A number with dots, or the name that stands for it; without case."""
    UUID = "1.3.6.1.1.16.1"
    INTEGER = "1.3.6.1.4.1.1466.115.121.1.27"
    BOOLEAN = "1.3.6.1.4.1.1466.115.121.1.7"
    """``TRUE`` or ``FALSE``."""
    TIME = "1.3.6.1.4.1.1466.115.121.1.24"
    """As in 20261121171100Z."""
    BINARY = "1.3.6.1.4.1.1466.115.121.1.40"
    """Octets; they are the only values of type ``bytes``."""


@dataclass(frozen=True, slots=True, eq=False)
class Attribute:
    """An attribute type; each is one object, so compare by ``is``.

    ``name`` is the name to show, ``oid`` its number, ``synonyms`` are all the other names that it
    answers to. ``single``: an entry has one value at most. ``operational``: shown when asked for
    by name or with ``+``. ``shows`` is the name of the attribute that this is a view of, else
    empty; ``key`` is the lower-case name under which the values are kept.
    """

    name: str
    oid: str
    syntax: Syntax = Syntax.TEXT
    synonyms: tuple[str, ...] = ()
    single: bool = False
    operational: bool = False
    shows: str = ""
    key: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", (self.shows or self.name).lower())


OWN_ARC: Final = "2.25.48423387791674675364934838050480854566"
"""Where our own numbers begin (X.667: made from a UUID, nobody registers them)."""

_X500 = "2.5.4"
_COSINE = "0.9.2342.19200300.100.1"
_NETSCAPE = "2.16.840.1.113730.3.1"
_MOZILLA = "1.3.6.1.4.1.13769"
_EXCHANGE = "1.2.840.113556.1.2"
_ACTIVE = "1.2.840.113556.1.4"


def _texts(arc: str, *rows: tuple[str, str, *tuple[str, ...]]) -> Iterator[Attribute]:
    for number, name, *synonyms in rows:
        yield Attribute(name, f"{arc}.{number}", Syntax.TEXT, tuple(synonyms))


def _of(syntax: Syntax, *rows: tuple[str, str, *tuple[str, ...]]) -> Iterator[Attribute]:
    for oid, name, *synonyms in rows:
        yield Attribute(name, oid, syntax, tuple(synonyms))


def _single(syntax: Syntax, *rows: tuple[str, str, *tuple[str, ...]]) -> Iterator[Attribute]:
    for oid, name, *synonyms in rows:
        yield Attribute(name, oid, syntax, tuple(synonyms), single=True)


def _operational(syntax: Syntax, *rows: tuple[str, str]) -> Iterator[Attribute]:
    for oid, name in rows:
        yield Attribute(name, oid, syntax, single=True, operational=True)


def _of_server(syntax: Syntax, *rows: tuple[str, str]) -> Iterator[Attribute]:
    for oid, name in rows:
        yield Attribute(name, oid, syntax, operational=True)


ATTRIBUTES: Final[tuple[Attribute, ...]] = (
    *_of(Syntax.OID, (f"{_X500}.0", "objectClass")),
    # Names, places and work: RFC 4519.
    *_texts(
        _X500,
        ("3", "cn", "commonName"),
        ("4", "sn", "surname"),
        ("42", "givenName", "gn"),
        ("43", "initials"),
        ("44", "generationQualifier"),
        ("10", "o", "organizationName"),
        ("11", "ou", "organizationalUnitName", "orgUnit"),
        ("12", "title"),
        ("13", "description", "notes"),
        ("15", "businessCategory"),
        ("7", "l", "localityName", "locality"),
        ("8", "st", "stateOrProvinceName", "region"),
        ("9", "street", "streetAddress"),
        ("16", "postalAddress"),
        ("17", "postalCode", "zip"),
        ("18", "postOfficeBox"),
        ("19", "physicalDeliveryOfficeName"),
        ("5", "serialNumber"),
        ("27", "destinationIndicator"),
    ),
    *_single(Syntax.TEXT, (f"{_X500}.6", "c", "countryName")),
    # COSINE (RFC 4524) and inetOrgPerson (RFC 2798).
    *_texts(
        _COSINE,
        ("1", "uid", "userid"),
        ("6", "roomNumber"),
        ("39", "homePostalAddress"),
        ("40", "personalTitle"),
        ("43", "co", "friendlyCountryName"),
        ("48", "buildingName"),
    ),
    *_texts(
        _NETSCAPE,
        ("1", "carLicense"),
        ("2", "departmentNumber"),
        ("4", "employeeType"),
        ("34", "middleName"),
    ),
    *_single(
        Syntax.TEXT,
        (f"{_NETSCAPE}.241", "displayName", "display-name"),
        (f"{_NETSCAPE}.3", "employeeNumber"),
        (f"{_NETSCAPE}.39", "preferredLanguage"),
    ),
    *_of(
        Syntax.IA5,
        (f"{_COSINE}.3", "mail", "rfc822Mailbox"),
        (f"{_COSINE}.25", "dc", "domainComponent"),
        ("1.3.6.1.4.1.250.1.57", "labeledURI"),
        # The members of a list by address; 4524 and 4519 know members by entry name alone.
        (f"{_NETSCAPE}.30", "mgrpRFC822MailMember", "rfc822MailMember"),
    ),
    *_of(
        Syntax.DN,
        (f"{_X500}.31", "member"),
        (f"{_X500}.32", "owner"),
        (f"{_X500}.34", "seeAlso"),
        (f"{_COSINE}.10", "manager"),
        (f"{_COSINE}.21", "secretary"),
        (f"{_EXCHANGE}.436", "directReports", "reports"),
    ),
    # Telephones; what the standards lack bears the names of Active Directory and Evolution.
    *_of(
        Syntax.PHONE,
        (f"{_X500}.20", "telephoneNumber"),
        (f"{_X500}.23", "facsimileTelephoneNumber", "fax"),
        (f"{_COSINE}.20", "homePhone", "homeTelephoneNumber"),
        (f"{_COSINE}.41", "mobile", "mobileTelephoneNumber", "cellphone"),
        (f"{_COSINE}.42", "pager", "pagerTelephoneNumber", "pagerphone"),
        (f"{_EXCHANGE}.18", "otherTelephone"),
        (f"{_EXCHANGE}.277", "otherHomePhone"),
        (f"{_ACTIVE}.647", "otherMobile"),
        (f"{_ACTIVE}.646", "otherFacsimileTelephoneNumber"),
        (f"{_EXCHANGE}.79", "telephoneAssistant", "assistantPhone"),
        (f"{OWN_ARC}.1", "homeFacsimileTelephoneNumber"),
        (f"{OWN_ARC}.2", "carPhone"),
        (f"{OWN_ARC}.3", "companyPhone"),
        (f"{OWN_ARC}.4", "radio"),
        (f"{OWN_ARC}.5", "otherPhone"),
    ),
    # Thunderbird: mozillaAbPersonAlpha, and what it reads beyond.
    *_texts(
        _MOZILLA,
        ("2.1", "mozillaNickname", "xmozillanickname"),
        ("2.4", "nsAIMid", "nscpaimscreenname"),
        ("3.1", "mozillaHomeStreet"),
        ("3.2", "mozillaHomeStreet2"),
        ("3.3", "mozillaHomeLocalityName"),
        ("3.4", "mozillaHomeState"),
        ("3.5", "mozillaHomePostalCode"),
        ("3.6", "mozillaHomeCountryName"),
        ("3.8", "mozillaWorkStreet2"),
        ("4.1", "mozillaCustom1", "custom1"),
        ("4.2", "mozillaCustom2", "custom2"),
        ("4.3", "mozillaCustom3", "custom3"),
        ("4.4", "mozillaCustom4", "custom4"),
    ),
    *_of(
        Syntax.IA5,
        (f"{_MOZILLA}.2.2", "mozillaSecondEmail", "xmozillasecondemail"),
        (f"{_MOZILLA}.3.7", "mozillaHomeUrl", "homeurl"),
        (f"{_MOZILLA}.3.9", "mozillaWorkUrl", "workurl"),
    ),
    *_single(
        Syntax.INTEGER,
        (f"{OWN_ARC}.6", "birthyear"),
        (f"{OWN_ARC}.7", "birthmonth"),
        (f"{OWN_ARC}.8", "birthday"),
    ),
    # What contacts say beyond: Evolution's names, and Active Directory's for the phonetic ones.
    *_texts(
        OWN_ARC,
        ("9", "managerName"),
        ("10", "assistantName"),
        ("11", "spouseName"),
        ("12", "fileAs"),
        ("13", "category", "categories"),
        ("14", "birthDate"),
        ("15", "anniversary"),
        ("16", "otherPostalAddress"),
    ),
    *_texts(
        _ACTIVE,
        ("1942", "msDS-PhoneticFirstName", "zimbraPhoneticFirstName"),
        ("1943", "msDS-PhoneticLastName", "zimbraPhoneticLastName"),
        ("1945", "msDS-PhoneticCompanyName", "zimbraPhoneticCompany"),
    ),
    # Pictures and certificates.
    *_of(
        Syntax.BINARY,
        (f"{_COSINE}.60", "jpegPhoto"),
        (f"{_X500}.36", "userCertificate"),
        (f"{_NETSCAPE}.40", "userSMIMECertificate"),
    ),
    # Views.
    Attribute("company", f"{_EXCHANGE}.146", shows="o"),
    Attribute("department", f"{_EXCHANGE}.141", shows="ou"),
    Attribute("mailNickname", f"{_EXCHANGE}.447", shows="uid"),
    Attribute("IMHandle", f"{OWN_ARC}.17", synonyms=("apple-imhandle",), shows="nsAIMid"),
    Attribute("thumbnailPhoto", f"{_NETSCAPE}.35", Syntax.BINARY, shows="jpegPhoto"),
    # Operational (RFC 4512 3.4 and 4.2, 4530, 5020, X.501).
    *_operational(
        Syntax.DN, ("1.3.6.1.1.20", "entryDN"), ("2.5.18.10", "subschemaSubentry")
    ),
    *_operational(Syntax.UUID, ("1.3.6.1.1.16.4", "entryUUID")),
    *_operational(
        Syntax.TIME, ("2.5.18.1", "createTimestamp"), ("2.5.18.2", "modifyTimestamp")
    ),
    *_operational(Syntax.BOOLEAN, ("2.5.18.9", "hasSubordinates")),
    *_operational(Syntax.OID, ("2.5.21.9", "structuralObjectClass")),
    # Of the rootDSE and the subschema entry alone (RFC 4512 5.1 and 4.2, RFC 3045).
    *_of_server(
        Syntax.DN,
        ("1.3.6.1.4.1.1466.101.120.5", "namingContexts"),
        (f"{_ACTIVE}.484", "defaultNamingContext"),
    ),
    *_of_server(
        Syntax.OID,
        ("1.3.6.1.4.1.1466.101.120.13", "supportedControl"),
        ("1.3.6.1.4.1.1466.101.120.7", "supportedExtension"),
        ("1.3.6.1.4.1.4203.1.3.5", "supportedFeatures"),
    ),
    *_of_server(Syntax.INTEGER, ("1.3.6.1.4.1.1466.101.120.15", "supportedLDAPVersion")),
    *_of_server(
        Syntax.TEXT,
        ("1.3.6.1.4.1.1466.101.120.14", "supportedSASLMechanisms"),
        ("1.3.6.1.1.4", "vendorName"),
        ("1.3.6.1.1.5", "vendorVersion"),
        ("1.3.6.1.4.1.1466.101.120.16", "ldapSyntaxes"),
        ("2.5.21.4", "matchingRules"),
        ("2.5.21.5", "attributeTypes"),
        ("2.5.21.6", "objectClasses"),
        ("2.5.21.2", "dITContentRules"),
    ),
)  # fmt: skip
"""All that an entry may have, each once; the order is that of an answer to ``*``."""

_BY_NAME: Final[dict[str, Attribute]] = {
    name: each
    for each in ATTRIBUTES
    for shown in (each.name, *each.synonyms)
    for name in (shown, shown.lower())
} | {each.oid: each for each in ATTRIBUTES}


def attribute(description: str) -> Attribute | None:
    """Find the attribute of a description: a name or a number, with ``;binary`` or without.

    None where nothing is known by that name; no option but ``binary`` is known (RFC 4512 2.5.2).
    """
    found = _BY_NAME.get(description)
    if found is None:
        found = _BY_NAME.get(description.lower().removesuffix(";binary"))
    return found
