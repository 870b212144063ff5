"""The subschema entry: the tables of attributes and classes, told to clients.

Spec: RFC 4512 4.1 (how definitions are written) and 4.2; RFC 4517 (syntaxes and matching rules).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from carbonio_mobile.ldap.attributes import ATTRIBUTES, Attribute, Syntax
from carbonio_mobile.ldap.objectclasses import (
    CONTENT_RULES,
    OBJECT_CLASSES,
    ContentRule,
    ObjectClass,
)

SUBSCHEMA_DN: Final = "cn=Subschema"

_SYNTAX: Final = "1.3.6.1.4.1.1466.115.121.1"
_SUBSTRING: Final = f"{_SYNTAX}.58"

_SYNTAXES: Final = {
    Syntax.TEXT.value: "Directory String",
    Syntax.IA5.value: "IA5 String",
    Syntax.PHONE.value: "Telephone Number",
    Syntax.DN.value: "DN",
    Syntax.OID.value: "OID",
    Syntax.UUID.value: "UUID",
    Syntax.INTEGER.value: "INTEGER",
    Syntax.BOOLEAN.value: "Boolean",
    Syntax.TIME.value: "Generalized Time",
    Syntax.BINARY.value: "Octet String",
    _SUBSTRING: "Substring Assertion",
    f"{_SYNTAX}.3": "Attribute Type Description",
    f"{_SYNTAX}.5": "Binary",
    f"{_SYNTAX}.8": "X.509 Certificate",
    f"{_SYNTAX}.11": "Country String",
    f"{_SYNTAX}.16": "DIT Content Rule Description",
    f"{_SYNTAX}.22": "Facsimile Telephone Number",
    f"{_SYNTAX}.28": "JPEG",
    f"{_SYNTAX}.30": "Matching Rule Description",
    f"{_SYNTAX}.37": "Object Class Description",
    f"{_SYNTAX}.41": "Postal Address",
    f"{_SYNTAX}.44": "Printable String",
    f"{_SYNTAX}.54": "LDAP Syntax Description",
}

_RULES: Final = (
    ("2.5.13.0", "objectIdentifierMatch", Syntax.OID.value),
    ("2.5.13.1", "distinguishedNameMatch", Syntax.DN.value),
    ("2.5.13.2", "caseIgnoreMatch", Syntax.TEXT.value),
    ("2.5.13.3", "caseIgnoreOrderingMatch", Syntax.TEXT.value),
    ("2.5.13.4", "caseIgnoreSubstringsMatch", _SUBSTRING),
    ("2.5.13.5", "caseExactMatch", Syntax.TEXT.value),
    ("2.5.13.11", "caseIgnoreListMatch", f"{_SYNTAX}.41"),
    ("2.5.13.12", "caseIgnoreListSubstringsMatch", _SUBSTRING),
    ("2.5.13.13", "booleanMatch", Syntax.BOOLEAN.value),
    ("2.5.13.14", "integerMatch", Syntax.INTEGER.value),
    ("2.5.13.15", "integerOrderingMatch", Syntax.INTEGER.value),
    ("2.5.13.17", "octetStringMatch", Syntax.BINARY.value),
    ("2.5.13.20", "telephoneNumberMatch", Syntax.PHONE.value),
    ("2.5.13.21", "telephoneNumberSubstringsMatch", _SUBSTRING),
    ("2.5.13.27", "generalizedTimeMatch", Syntax.TIME.value),
    ("2.5.13.28", "generalizedTimeOrderingMatch", Syntax.TIME.value),
    ("2.5.13.30", "objectIdentifierFirstComponentMatch", Syntax.OID.value),
    ("1.3.6.1.4.1.1466.109.114.2", "caseIgnoreIA5Match", Syntax.IA5.value),
    ("1.3.6.1.4.1.1466.109.114.3", "caseIgnoreIA5SubstringsMatch", _SUBSTRING),
    ("1.3.6.1.1.16.2", "UUIDMatch", Syntax.UUID.value),
    ("1.3.6.1.1.16.3", "UUIDOrderingMatch", Syntax.UUID.value),
)

_COMPARED: Final[Mapping[str, tuple[str, str, str]]] = {
    Syntax.TEXT.value: ("caseIgnoreMatch", "caseIgnoreOrderingMatch", "caseIgnoreSubstringsMatch"),
    Syntax.IA5.value: ("caseIgnoreIA5Match", "", "caseIgnoreIA5SubstringsMatch"),
    Syntax.PHONE.value: ("telephoneNumberMatch", "", "telephoneNumberSubstringsMatch"),
    Syntax.DN.value: ("distinguishedNameMatch", "", ""),
    Syntax.OID.value: ("objectIdentifierMatch", "", ""),
    Syntax.UUID.value: ("UUIDMatch", "UUIDOrderingMatch", ""),
    Syntax.INTEGER.value: ("integerMatch", "integerOrderingMatch", ""),
    Syntax.BOOLEAN.value: ("booleanMatch", "", ""),
    Syntax.TIME.value: ("generalizedTimeMatch", "generalizedTimeOrderingMatch", ""),
    Syntax.BINARY.value: ("octetStringMatch", "", ""),
    f"{_SYNTAX}.3": ("objectIdentifierFirstComponentMatch", "", ""),
    f"{_SYNTAX}.11": ("caseIgnoreMatch", "", "caseIgnoreSubstringsMatch"),
    f"{_SYNTAX}.16": ("objectIdentifierFirstComponentMatch", "", ""),
    f"{_SYNTAX}.30": ("objectIdentifierFirstComponentMatch", "", ""),
    f"{_SYNTAX}.37": ("objectIdentifierFirstComponentMatch", "", ""),
    f"{_SYNTAX}.41": ("caseIgnoreListMatch", "", "caseIgnoreListSubstringsMatch"),
    f"{_SYNTAX}.44": ("caseIgnoreMatch", "", "caseIgnoreSubstringsMatch"),
    f"{_SYNTAX}.54": ("objectIdentifierFirstComponentMatch", "", ""),
}
"""The equality, ordering and substring rules of syntaxes; those that are missing have none."""

_EXACTLY: Final[Mapping[str, str]] = {
    "c": f"{_SYNTAX}.11",
    "serialNumber": f"{_SYNTAX}.44",
    "destinationIndicator": f"{_SYNTAX}.44",
    "postalAddress": f"{_SYNTAX}.41",
    "homePostalAddress": f"{_SYNTAX}.41",
    "facsimileTelephoneNumber": f"{_SYNTAX}.22",
    "labeledURI": Syntax.TEXT.value,
    "jpegPhoto": f"{_SYNTAX}.28",
    "userCertificate": f"{_SYNTAX}.8",
    "userSMIMECertificate": f"{_SYNTAX}.5",
    "attributeTypes": f"{_SYNTAX}.3",
    "dITContentRules": f"{_SYNTAX}.16",
    "matchingRules": f"{_SYNTAX}.30",
    "objectClasses": f"{_SYNTAX}.37",
    "ldapSyntaxes": f"{_SYNTAX}.54",
}
"""The syntaxes that the standards give these, finer than those that we compare by."""

_OF_DSA: Final = frozenset(
    {
        *("namingContexts", "defaultNamingContext", "supportedControl", "supportedExtension"),
        *("supportedFeatures", "supportedLDAPVersion", "supportedSASLMechanisms"),
        *("vendorName", "vendorVersion"),
    }
)


def subschema() -> dict[str, tuple[str, ...]]:
    """Give the values of the subschema entry, by key."""
    return {
        "objectclass": ("top", "subentry", "subschema", "extensibleObject"),
        "cn": ("Subschema",),
        "structuralobjectclass": ("subentry",),
        "subschemasubentry": (SUBSCHEMA_DN,),
        "ldapsyntaxes": tuple(f"( {oid} DESC '{text}' )" for oid, text in _SYNTAXES.items()),
        "matchingrules": tuple(
            f"( {oid} NAME '{name}' SYNTAX {syntax} )" for oid, name, syntax in _RULES
        ),
        "attributetypes": tuple(map(attribute_type, ATTRIBUTES)),
        "objectclasses": tuple(map(object_class, OBJECT_CLASSES)),
        "ditcontentrules": tuple(map(content_rule, CONTENT_RULES)),
    }


def attribute_type(each: Attribute) -> str:
    """Write an AttributeTypeDescription (RFC 4512 4.1.2)."""
    return _described(each.oid, _of_attribute(each))


def _of_attribute(each: Attribute) -> Iterator[str]:
    syntax = _EXACTLY.get(each.name, each.syntax.value)
    yield f"NAME {_quoted((each.name, *each.synonyms))}"
    kinds = ("EQUALITY", "ORDERING", "SUBSTR")
    for kind, rule in zip(kinds, _COMPARED.get(syntax, ("", "", "")), strict=True):
        if rule:
            yield f"{kind} {rule}"
    yield f"SYNTAX {syntax}"
    if each.single:
        yield "SINGLE-VALUE"
    if each.operational:
        yield "NO-USER-MODIFICATION"
        yield f"USAGE {'dSAOperation' if each.name in _OF_DSA else 'directoryOperation'}"


def object_class(each: ObjectClass) -> str:
    """Write an ObjectClassDescription (RFC 4512 4.1.1)."""
    return _described(
        each.oid,
        (
            f"NAME '{each.name}'",
            f"SUP {each.sup}" if each.sup else "",
            each.kind,
            _listed("MUST", each.must),
            _listed("MAY", each.may),
        ),
    )


def content_rule(each: ContentRule) -> str:
    """Write a DITContentRuleDescription (RFC 4512 4.1.6)."""
    names = (f"NAME '{each.name}'", _listed("AUX", each.auxiliary), _listed("MAY", each.may))
    return _described(each.oid, names)


def _described(oid: str, fields: Iterable[str]) -> str:
    return f"( {' '.join([oid, *filter(None, fields)])} )"


def _quoted(names: tuple[str, ...]) -> str:
    written = " ".join(f"'{name}'" for name in names)
    return f"( {written} )" if len(names) > 1 else written


def _listed(word: str, names: tuple[str, ...]) -> str:
    if not names:
        return ""
    written = " $ ".join(names)
    return f"{word} ( {written} )" if len(names) > 1 else f"{word} {written}"
