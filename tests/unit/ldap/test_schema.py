"""The subschema entry and the rootDSE: other libraries read them, and they hold together."""

import re

import pytest
from ldaptor import schema as theirs

from carbonio_mobile.ldap import oids
from carbonio_mobile.ldap.answers import message
from carbonio_mobile.ldap.attributes import ATTRIBUTES, attribute
from carbonio_mobile.ldap.objectclasses import CONTENT_RULES, OBJECT_CLASSES, structural_class
from carbonio_mobile.ldap.rootdse import root_dse, root_selection
from carbonio_mobile.ldap.schema import subschema
from carbonio_mobile.ldap.selection import select, show

from .othercodec import entry

SCHEMA = subschema()
NUMBER = r"(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))+"
NAME = r"[A-Za-z][A-Za-z0-9-]*"
NAMES = rf"(?:'{NAME}'|\( '{NAME}'(?: '{NAME}')* \))"
LIST = rf"(?:{NAME}|\( {NAME}(?: \$ {NAME})* \))"


def test_attribute_types_are_read_by_ldaptor() -> None:
    """RFC 4512 4.1.2: names, number, syntax and all else come back."""
    read_ = [theirs.AttributeTypeDescription(each) for each in SCHEMA["attributetypes"]]
    for each, found in zip(ATTRIBUTES, read_, strict=True):
        assert found.oid == each.oid.encode()
        assert found.name == tuple(name.encode() for name in (each.name, *each.synonyms))
        assert bool(found.single_value) == each.single
        assert bool(found.no_user_modification) == each.operational
        assert found.syntax


def test_object_classes_are_read_by_ldaptor() -> None:
    """RFC 4512 4.1.1."""
    read_ = [theirs.ObjectClassDescription(each) for each in SCHEMA["objectclasses"]]
    for each, found in zip(OBJECT_CLASSES, read_, strict=True):
        assert (found.oid, found.name) == (each.oid.encode(), (each.name.encode(),))
        assert found.must == [name.encode() for name in each.must]
        assert found.may == [name.encode() for name in each.may]


def test_the_schema_is_read_by_ldap3() -> None:
    """All definitions, by a client library that is strict about their words."""
    rfc4512 = pytest.importorskip("ldap3.protocol.rfc4512", reason="ldap3 is not installed")
    values = {
        key: [text.encode() for text in SCHEMA[key.lower()]]
        for key in ("attributeTypes", "objectClasses", "matchingRules", "ldapSyntaxes")
    }
    found = rfc4512.SchemaInfo("cn=Subschema", values, values)
    assert len(found.attribute_types) == len(ATTRIBUTES)
    assert len(found.object_classes) == len(OBJECT_CLASSES)
    assert set(found.object_classes["inetOrgPerson"].may_contain) >= {"mail", "jpegPhoto"}
    assert found.attribute_types["displayName"].single_value


ATTRIBUTE_TYPE = (
    rf"\( {NUMBER} NAME {NAMES}(?: EQUALITY {NAME})?(?: ORDERING {NAME})?(?: SUBSTR {NAME})?"
    rf" SYNTAX {NUMBER}(?: SINGLE-VALUE)?"
    r"(?: NO-USER-MODIFICATION USAGE (?:directoryOperation|dSAOperation))? \)"
)
OBJECT_CLASS = (
    rf"\( {NUMBER} NAME '{NAME}'(?: SUP {NAME})? (?:ABSTRACT|STRUCTURAL|AUXILIARY)"
    rf"(?: MUST {LIST})?(?: MAY {LIST})? \)"
)


@pytest.mark.parametrize(
    ("key", "form"),
    [
        ("attributetypes", ATTRIBUTE_TYPE),
        ("objectclasses", OBJECT_CLASS),
        ("ditcontentrules", rf"\( {NUMBER} NAME '{NAME}' AUX {LIST} MAY {LIST} \)"),
        ("matchingrules", rf"\( {NUMBER} NAME '{NAME}' SYNTAX {NUMBER} \)"),
        ("ldapsyntaxes", rf"\( {NUMBER} DESC '[A-Za-z0-9. ]+' \)"),
    ],
)
def test_definitions_have_their_form(key: str, form: str) -> None:
    """RFC 4512 4.1, written out as expressions."""
    assert [each for each in SCHEMA[key] if not re.fullmatch(form, each)] == []


def test_everything_named_is_defined() -> None:
    """Syntaxes, matching rules, attributes and classes that definitions refer to."""
    syntaxes = {each.split()[1] for each in SCHEMA["ldapsyntaxes"]}
    rules = {each.split()[3].strip("'") for each in SCHEMA["matchingrules"]}
    for each in SCHEMA["attributetypes"] + SCHEMA["matchingrules"]:
        words = each.split()
        assert words[words.index("SYNTAX") + 1] in syntaxes
        named = {words[at + 1] for at, word in enumerate(words) if word in KINDS}
        assert named <= rules
    classes = {each.name for each in OBJECT_CLASSES}
    for kind in OBJECT_CLASSES:
        assert {kind.sup} - {""} <= classes
        assert all_known((*kind.must, *kind.may))
    for rule in CONTENT_RULES:
        assert rule.oid in {each.oid for each in OBJECT_CLASSES if each.kind == "STRUCTURAL"}
        assert set(rule.auxiliary) <= classes
        assert all_known(rule.may)
        assert len(set(rule.may)) == len(rule.may)


KINDS = ("EQUALITY", "ORDERING", "SUBSTR")


def all_known(names: tuple[str, ...]) -> bool:
    """Each is an attribute under its own name."""
    found = [attribute(name) for name in names]
    return [each.name for each in found if each is not None] == list(names)


def test_every_attribute_of_people_belongs_to_a_class() -> None:
    """A person may have all that is kept and not operational, but for what lists have."""
    people = {"top", "person", "organizationalPerson", "inetOrgPerson", "mozillaAbPersonAlpha"}
    allowed = {
        name for each in OBJECT_CLASSES if each.name in people for name in each.must + each.may
    } | set(CONTENT_RULES[0].may)
    others = {each.name for each in ATTRIBUTES if not each.operational} - allowed
    assert others == {"dc", "mgrpRFC822MailMember", "member", "owner", "serialNumber"}


@pytest.mark.parametrize(
    ("classes", "structural"),
    [
        ("top person organizationalPerson inetOrgPerson mozillaAbPersonAlpha", "inetOrgPerson"),
        ("TOP MAILGROUP", "mailGroup"),
        ("top organizationalUnit", "organizationalUnit"),
        ("top", ""),
        ("top unheard", ""),
    ],
)
def test_structural_classes(classes: str, structural: str) -> None:
    """RFC 4512 2.4.2."""
    assert structural_class(classes.split()) == structural


def shown(values: dict[str, tuple[str, ...]], *asked: str) -> dict[str, list[str]]:
    """What ldaptor reads of the entry."""
    found = entry(message(1, show("", values, root_selection(asked))))
    return {name: [each.decode() for each in octets] for name, octets in found.items()}


def test_root_dse() -> None:
    """outlook-and-peers 2.3.1: all on an empty list and ``*``; nothing that looks like Exchange."""
    values = root_dse(("o=addressbook",), version="1.2")
    whole = shown(values)
    assert whole == shown(values, "*") == shown(values, "*", "+") == shown(values, "*", "x")
    assert list(whole) == [
        "objectClass", "namingContexts", "defaultNamingContext", "supportedLDAPVersion",
        "supportedControl", "supportedExtension", "supportedFeatures", "subschemaSubentry",
        "vendorName", "vendorVersion",
    ]  # fmt: skip
    assert {oids.SORT, oids.VIEW, oids.PAGED_RESULTS} <= set(whole["supportedControl"])
    assert shown(values, "namingcontexts") == {"namingcontexts": ["o=addressbook"]}
    assert "objectClass" not in shown(values, "+")
    assert shown(values, "1.1") == {}
    assert "defaultNamingContext" not in shown(root_dse((), version="1"))


def test_the_schema_as_clients_ask_for_it() -> None:
    """RFC 4512 4.4: the definitions are operational, and asked for by name."""
    assert list(shown(SCHEMA, "objectClasses", "cn")) == ["cn", "objectClasses"]
    assert "attributeTypes" not in entry(message(1, show("", SCHEMA, select(()))))
