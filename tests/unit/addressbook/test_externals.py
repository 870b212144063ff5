"""Entries of another directory as entries of an address list here."""

import json
from base64 import b64encode

import pytest

from carbonio_mobile.addressbook.externals import External, external
from carbonio_mobile.addressbook.ldif import LdifFault, LdifRecord
from carbonio_mobile.directory.people import MAX_BLOB_BYTES

PHOTO = b"\xff\xd8photo"


def record(dn: str, *values: tuple[str, str | bytes]) -> LdifRecord:
    """Make a record."""
    octets = ((name, each if isinstance(each, bytes) else each.encode()) for name, each in values)
    return LdifRecord(7, dn, tuple(octets))


def made(dn: str, *values: tuple[str, str | bytes]) -> External:
    """Make an entry of what is one."""
    found = external(record(dn, *values))
    assert found is not None
    return found


def test_a_person() -> None:
    """Synonyms become the card's attributes, each value once, the first one first."""
    found = made(
        "uid=Ann, OU=Staff,o=Partners",
        ("objectClass", "inetOrgPerson"),
        ("commonName", "Ann Doe"),
        ("cn", "Ann Doe"),
        ("cn", " "),
        ("surname", "Doe"),
        ("company", "ACME"),
        ("department", "Sales"),
        ("rfc822Mailbox", "ann@partner.example"),
        ("mail", "a.doe@partner.example"),
        ("cellphone", "+1 2"),
        ("displayName;lang-en", "Ann D."),
        ("displayName", "Another"),
        ("thumbnailPhoto", PHOTO),
        ("jpegPhoto", PHOTO),
        ("userCertificate;binary", b"der"),
        ("userPassword", "{SSHA}secret"),
        ("manager", "cn=boss,o=Partners"),
        ("sambaSID", "S-1"),
        ("entryUUID", "1"),
    )
    assert json.loads(found.texts) == {
        "cn": ["Ann Doe"],
        "displayname": ["Ann D."],
        "mail": ["ann@partner.example", "a.doe@partner.example"],
        "mobile": ["+1 2"],
        "o": ["ACME"],
        "objectclass": [
            *("top", "person", "organizationalPerson", "inetOrgPerson", "mozillaAbPersonAlpha"),
        ],
        "ou": ["Sales"],
        "sn": ["Doe"],
    }
    assert found.mails == ("ann@partner.example", "a.doe@partner.example")
    assert found.blob_names == "jpegphoto usercertificate"
    assert json.loads(found.blobs) == {
        "jpegphoto": [b64encode(PHOTO).decode()],
        "usercertificate": [b64encode(b"der").decode()],
    }
    assert (found.rdn, found.is_group) == (("uid", "Ann"), False)
    assert "secret" not in found.texts + found.blobs


def test_a_group() -> None:
    """Its members are the addresses; names of entries elsewhere mean nothing here."""
    found = made(
        "cn=Crew,o=x",
        ("objectClass", "groupOfNames"),
        ("cn", "Crew"),
        ("member", "cn=Ann,o=x"),
        ("rfc822MailMember", "ann@partner.example"),
    )
    assert (found.is_group, found.blob_names) == (True, "mgrprfc822mailmember")
    assert json.loads(found.texts)["objectclass"] == ["top", "mailGroup"]


@pytest.mark.parametrize(
    "values",
    [
        [("objectClass", "organizationalUnit"), ("ou", "people")],
        [("objectClass", "organizationalUnit"), ("cn", "x"), ("mail", "all@x.example")],
        [("objectClass", "user"), ("objectClass", "computer"), ("cn", "PC1")],
        [("objectClass", "dcObject"), ("dc", "example")],
        [("objectClass", "person")],
        [],
    ],
)
def test_what_is_passed_over(values: list[tuple[str, str]]) -> None:
    """Units, hosts, and whoever has no name."""
    assert external(record("o=x", *values)) is None


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ([("mail", "a@x.example")], "a@x.example"),
        ([("mail", "a@x.example"), ("givenName", "Ann"), ("sn", "Doe")], "Ann Doe"),
        ([("mail", "a@x.example"), ("sn", "Doe")], "Doe"),
        ([("mail", "a@x.example"), ("cn", "Ann")], "Ann"),
    ],
)
def test_everybody_has_a_name(values: list[tuple[str, str]], shown: str) -> None:
    """The best there is."""
    texts = json.loads(made("o=x", *values).texts)
    assert (texts["displayname"], texts["cn"]) == ([shown], [shown])


def test_names_are_known_again() -> None:
    """Case and blanks do not count; what it says does."""
    one = made("CN=Ann  Doe,o=X", ("mail", "a@x.example"))
    same = made("commonName=ann doe, O=x", ("mail", "a@x.example"))
    assert one.key == same.key
    assert one.digest != made("CN=Ann  Doe,o=X", ("mail", "b@x.example")).digest
    assert one.key != made("cn=ann doe,o=y", ("mail", "a@x.example")).key
    assert one.digest == made("CN=Ann  Doe,o=Y", ("mail", "a@x.example")).digest


@pytest.mark.parametrize(
    ("dn", "rdn"),
    [
        ("employeeType=x,o=y", ("employeeType", "x")),
        ("sambaSID=S-1,o=y", ("cn", "Ann")),
        ("member=x,o=y", ("cn", "Ann")),
        ("commonName=Ann\\, Doe+uid=a,o=y", ("cn", "Ann, Doe")),
    ],
)
def test_what_it_is_called_here(dn: str, rdn: tuple[str, str]) -> None:
    """As there, where that is a name that people can type."""
    assert made(dn, ("objectClass", "person"), ("cn", "Ann")).rdn == rdn


@pytest.mark.parametrize(
    ("dn", "values", "why"),
    [
        ("", [], "dn:"),
        ("nothing", [], "dn:"),
        ("o=x", [("cn", b"\xff")], "cn in UTF-8"),
        ("o=x", [("description", b"x" * 70_000)], "description has more than 65536 octets"),
    ],
)
def test_faults_name_the_line(dn: str, values: list[tuple[str, bytes]], why: str) -> None:
    """And the attribute, where it is one."""
    with pytest.raises(LdifFault, match=why) as caught:
        external(record(dn, ("mail", "a@x.example"), *values))
    assert caught.value.line == 7


def test_what_is_too_large_is_not_shown() -> None:
    """A picture of a megabyte stays away, as one of an account does."""
    found = made("o=x", ("mail", "a@x.example"), ("jpegPhoto", b"x" * (MAX_BLOB_BYTES + 1)))
    assert found.blob_names == ""
