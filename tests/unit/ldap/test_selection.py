"""Which attributes are shown, and under which names."""

import pytest

from carbonio_mobile.ldap.answers import message
from carbonio_mobile.ldap.attributes import ATTRIBUTES, Syntax, attribute
from carbonio_mobile.ldap.selection import Selection, select, show

from .othercodec import OUTLOOK_ATTRIBUTES, entry

KEYS = ("objectclass", "cn", "sn", "o", "ou", "mail", "usercertificate", "jpegphoto", "entrydn")


def names(selection: Selection, keys: tuple[str, ...] = KEYS) -> list[str]:
    """The names in the order of the entry."""
    return [name[2:].decode() for _, name in selection.plan(keys)]


USER = ["objectClass", "cn", "sn", "o", "ou", "mail", "userCertificate;binary", "jpegPhoto"]


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("", USER),
        ("*", USER),
        ("+", ["entryDN"]),
        ("* +", [*USER, "entryDN"]),
        ("1.1", []),
        ("1.1 cn", ["cn"]),
        ("cn", ["cn"]),
        ("CommonName", ["CommonName"]),
        ("cn commonName", ["cn"]),
        ("commonName surname 2.5.4.3", ["cn", "surname"]),
        ("* commonName", USER),
        ("* entrydn", [*USER, "entrydn"]),
        ("organizationName", ["organizationName"]),
        ("o company", ["o", "company"]),
        ("company department", ["company", "department"]),
        ("* company", [*USER[:4], "company", *USER[4:]]),
        ("userCertificate", ["userCertificate;binary"]),
        ("usercertificate;binary", ["usercertificate;binary"]),
        ("userCertificate userCertificate;binary", ["userCertificate;binary"]),
        ("cn;lang-en nothing ?", []),
        ("thumbnailPhoto jpegPhoto;binary", ["jpegPhoto;binary", "thumbnailPhoto"]),
        (" ".join(OUTLOOK_ATTRIBUTES), ["objectClass", "cn", "sn", "o", "company", "mail"]),
    ],
)
def test_what_is_shown(asked: str, shown: list[str]) -> None:
    """RFC 4511 4.5.1.8, RFC 3673, RFC 4522; names as they were asked (outlook-and-peers 2.4)."""
    assert names(select(tuple(asked.split()))) == shown


def test_positions_and_hiding() -> None:
    """A plan points into the entry's keys; what is not shown needs not be fetched."""
    selection = select(("company", "o"))
    assert [at for at, _ in selection.plan(("cn", "o", "mail"))] == [1, 1]
    assert selection.shown("jpegphoto") == ()
    assert selection.shown("unheard") == ()
    assert selection.plan(("unheard",)) == ()


def test_the_same_list_gives_the_same_selection() -> None:
    """So that what was written for one search can be used for the next."""
    assert select(("cn", "mail")) is select(("cn", "mail"))
    assert select(("cn", "mail")) is not select(("cn", "mail"), types_only=True)
    many = tuple(f"unusual{number}" for number in range(200))
    assert select(many) is not select(many)


def test_plans_are_bounded() -> None:
    """However many shapes entries have."""
    selection = Selection(())
    for number in range(2000):
        selection.plan((f"{number}", "cn"))
    assert len(selection._plans) <= 512
    assert names(selection, ("cn", "x")) == ["cn"]


def test_an_entry() -> None:
    """``show`` writes one with its values, or with its types alone; nothing empty."""
    values = {"cn": ("Ann",), "o": ("Acme",), "sn": (), "mail": ("a@x", "b@x")}
    for types_only in (False, True):
        body = show("cn=Ann", values, select(("company", "mail", "sn"), types_only=types_only))
        shown = entry(message(1, body))
        assert list(shown) == ["company", "mail"]
        assert list(shown.values()) == ([[], []] if types_only else [[b"Acme"], [b"a@x", b"b@x"]])


@pytest.mark.parametrize(
    ("description", "name"),
    [
        ("CN", "cn"),
        ("display-name", "displayName"),
        ("FAX", "facsimileTelephoneNumber"),
        ("rfc822mailbox", "mail"),
        ("2.5.4.3", "cn"),
        ("userCERTIFICATE;BINARY", "userCertificate"),
        ("modifytimestamp", "modifyTimestamp"),
    ],
)
def test_names_of_attributes(description: str, name: str) -> None:
    """The synonyms of outlook-and-peers 2.4 and 3, numbers, any case."""
    found = attribute(description)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize(
    "description", ["?", "", "cn ", "cn;lang-en", "legacyExchangeDN", ";binary"]
)
def test_unknown_attributes(description: str) -> None:
    """They evaluate to Undefined and are not shown; legacyExchangeDN is left out on purpose."""
    assert attribute(description) is None


THUNDERBIRD = (
    "givenName sn surname cn commonname mozillaNickname xmozillanickname mail mozillaSecondEmail"
    " xmozillasecondemail telephoneNumber homePhone facsimiletelephonenumber fax pager pagerphone"
    " mobile cellphone carphone street streetaddress postOfficeBox mozillaHomeStreet"
    " mozillaHomeStreet2 mozillaWorkStreet2 l locality mozillaHomeLocalityName st region"
    " mozillaHomeState postalCode zip mozillaHomePostalCode c countryname mozillaHomeCountryName"
    " title ou department departmentnumber orgunit o company nsAIMid nscpaimscreenname"
    " mozillaWorkUrl workurl labeledURI mozillaHomeUrl homeurl birthyear birthmonth birthday"
    " mozillaCustom1 custom1 mozillaCustom4 custom4 description notes modifytimestamp"
)
APPLE = (
    "givenName sn cn mail telephoneNumber facsimileTelephoneNumber o title ou buildingName street"
    " l st postalCode c jpegPhoto mobile co pager destinationIndicator labeledURI IMHandle"
)
CARD = (
    "display-name displayName cn commonName sn surname givenName initials organizationName o"
    " company title ou organizationalUnitName department physicalDeliveryOfficeName roomNumber"
    " secretary manager directReports reports mail mailNickname uid userSMIMECertificate"
    " userCertificate;binary"
)


@pytest.mark.parametrize("asked", [THUNDERBIRD, APPLE, CARD])
def test_all_that_clients_ask_is_known(asked: str) -> None:
    """outlook-and-peers 2.4, 3 and 4."""
    assert [name for name in asked.split() if attribute(name) is None] == []


def test_names_and_numbers_are_one_attributes() -> None:
    """No two attributes share a name, a synonym or a number; views show what is kept."""
    all_names = [name.lower() for each in ATTRIBUTES for name in (each.name, *each.synonyms)]
    assert len(all_names) == len(set(all_names))
    assert len({each.oid for each in ATTRIBUTES}) == len(ATTRIBUTES)
    for each in ATTRIBUTES:
        kept = attribute(each.key)
        assert kept is not None
        assert not kept.shows
        assert (kept.syntax is Syntax.BINARY) == (each.syntax is Syntax.BINARY)
