"""Bodies of entries: what they say, and that what is kept stays true."""

from collections.abc import Sequence

import pytest
from ldaptor.protocols import pureber, pureldap

from carbonio_mobile.addressbook.card import Card
from carbonio_mobile.addressbook.encoding import Bodies, blobs_wanted, body
from carbonio_mobile.addressbook.index import Index
from carbonio_mobile.ldap.answers import message
from carbonio_mobile.ldap.names import parse_dn
from carbonio_mobile.ldap.selection import select

BOOK = parse_dn("ou=InternalGAL/_zextras,dc=example,dc=test")
ANNA = Card(
    id="2f6b8e2c-1b53-4f5e-9a31-0d6e0fca9d11",
    rdn=("uid", "anna, b"),
    values={
        "objectclass": (
            "top",
            "person",
            "organizationalPerson",
            "inetOrgPerson",
            "mozillaAbPersonAlpha",
        ),
        "cn": ("Anna Bergé",),
        "sn": ("Bergé",),
        "o": ("Example",),
        "mail": ("anna@example.test", "a.berg@example.test"),
        "uid": ("anna, b",),
        "description": ("x" * 200,),
    },
    blobs=frozenset({"jpegphoto"}),
    stamp=1_000_000_000.0,
)

Shown = dict[str, Sequence[bytes]]


def read(octets: bytes) -> tuple[str, Shown]:
    """Read a body as another library does."""
    context = pureldap.LDAPBERDecoderContext_TopLevel(
        inherit=pureldap.LDAPBERDecoderContext_LDAPMessage(
            fallback=pureldap.LDAPBERDecoderContext(fallback=pureber.BERDecoderContext()),
            inherit=pureldap.LDAPBERDecoderContext(fallback=pureber.BERDecoderContext()),
        )
    )
    found, _ = pureber.berDecodeObject(context, message(7, octets))
    entry = found.value
    assert isinstance(entry, pureldap.LDAPSearchResultEntry)
    return entry.objectName.decode(), {n.decode(): list(v) for n, v in entry.attributes}


@pytest.fixture
def index() -> Index:
    """Give an index of one."""
    made = Index()
    made.put(ANNA)
    return made


def shown(index: Index, *asked: str, types_only: bool = False) -> Shown:
    """Read what is shown of the only entry."""
    (octets,) = Bodies().bodies(index, [0], select(asked, types_only=types_only), BOOK)
    name, found = read(octets)
    assert name == r"uid=anna\, b,ou=InternalGAL/_zextras,dc=example,dc=test"
    return found


def test_everything_that_users_see(index: Index) -> None:
    """RFC 4511 4.5.1.8: no list is all user attributes; large ones are not fetched here."""
    found = shown(index)
    assert set(found) == {"objectClass", "cn", "sn", "o", "mail", "uid", "description"}
    assert found["mail"] == [b"anna@example.test", b"a.berg@example.test"]
    assert found["cn"] == ["Anna Bergé".encode()]
    assert found == shown(index, "*")


def test_names_are_those_that_were_asked_for(index: Index) -> None:
    """outlook-and-peers.md 2.4; a view shows another's values; what is not there is left out."""
    found = shown(index, "commonName", "company", "rfc822mailbox", "legacyExchangeDN", "l")
    assert set(found) == {"commonName", "company", "rfc822mailbox"}
    assert found["company"] == [b"Example"]


def test_the_servers_own_attributes(index: Index) -> None:
    """RFC 3673; RFC 4530, 5020; RFC 4512 3.4."""
    assert shown(index, "+") == {
        "entryDN": [rb"uid=anna\, b,ou=InternalGAL/_zextras,dc=example,dc=test"],
        "entryUUID": [ANNA.id.encode()],
        "modifyTimestamp": [b"20010909014640Z"],
        "structuralObjectClass": [b"inetOrgPerson"],
        "hasSubordinates": [b"FALSE"],
        "subschemaSubentry": [b"cn=Subschema"],
    }


def test_no_attributes(index: Index) -> None:
    """RFC 4511 4.5.1.8."""
    assert shown(index, "1.1") == {}


def test_types_without_values(index: Index) -> None:
    """RFC 4511 4.5.1.7; the types of large values are known without them."""
    found = shown(index, "cn", "jpegPhoto", "sn", types_only=True)
    assert found == {"cn": [], "sn": [], "jpegPhoto": []}


def test_large_values_are_asked_for_and_put_in(index: Index) -> None:
    """Only where the answer shows them."""
    wanted = select(("cn", "jpegPhoto"))
    assert blobs_wanted(index, 0, wanted) == ("jpegphoto",)
    assert blobs_wanted(index, 0, select(("cn",))) == ()
    assert blobs_wanted(index, 0, select(("jpegPhoto",), types_only=True)) == ()
    octets = body(index, 0, wanted, BOOK, {"jpegphoto": [b"\xff" * 70000]})
    assert read(octets)[1] == {"cn": ["Anna Bergé".encode()], "jpegPhoto": [b"\xff" * 70000]}
    assert read(body(index, 0, wanted, BOOK, {"jpegphoto": []}))[1].keys() == {"cn"}


def test_what_is_kept_is_not_made_again_and_never_old(index: Index) -> None:
    """A change shows at once; containers and selections do not mix."""
    bodies, some = Bodies(), select(("sn",))
    (first,) = bodies.bodies(index, [0], some, BOOK)
    assert bodies.bodies(index, [0], some, BOOK)[0] is first
    assert bodies.bodies(index, [0], select(("cn",)), BOOK)[0] != first
    assert bodies.bodies(index, [0], some, parse_dn("ou=x"))[0] != first
    index.put(Card(id=ANNA.id, rdn=ANNA.rdn, values={"sn": ("Berg",)}))
    assert read(bodies.bodies(index, [0], some, BOOK)[0])[1] == {"sn": [b"Berg"]}
    index.remove(ANNA.id)
    assert bodies.bodies(index, [0, 5], some, BOOK) == []


def test_what_is_kept_is_bounded() -> None:
    """Least lately asked first; a single question larger than the limit is kept in part."""
    bodies, index = Bodies(limit=10_000), Index()
    for number in range(200):
        index.put(Card(id=str(number), rdn=("uid", f"u{number}"), values={"cn": ("A",)}))
    rows = range(200)
    for asked in ("cn", "uid", "*"):
        assert len(bodies.bodies(index, rows, select((asked,)), BOOK)) == 200
        assert bodies.octets <= 10_000
    for _ in range(3):
        index.put(Card(id="7", rdn=("uid", "u7"), values={"cn": ("B",)}))
        for row in rows:
            bodies.bodies(index, [row], select(("*",)), BOOK)
            assert 0 <= bodies.octets <= 10_000
