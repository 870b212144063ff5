"""Names of entries: read, compared and written as RFC 4514 says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ldaptor.protocols.ldap.distinguishedname import DistinguishedName

from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.ldap.names import MAX_CHARS, MAX_RDNS, Dn, escaped, fold_value, parse_dn

types = st.sampled_from(["ou", "CN", "mail", "2.5.4.3", "x-y"])
values = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
rdns = st.lists(st.tuples(types, values), min_size=1, max_size=2).map(tuple)
names = st.lists(rdns, max_size=4).map(tuple).map(Dn)


@given(names)
def test_what_is_written_is_read(name: Dn) -> None:
    """RFC 4514 2 and 3: any values, types and blanks survive."""
    assert parse_dn(str(name)).rdns == name.rdns


@given(st.lists(st.tuples(st.just("cn"), values.filter(str.isprintable)), min_size=1, max_size=3))
def test_another_library_reads_what_is_written(parts: list[tuple[str, str]]) -> None:
    """ldaptor splits our names where they are to be split."""
    name = Dn(tuple((part,) for part in parts))
    theirs = DistinguishedName(str(name)).split()
    read = [each.split()[0].value for each in theirs]
    assert len(read) == len(parts)


@pytest.mark.parametrize(
    ("text", "values_"),
    [
        ("", []),
        ("  ", []),
        ("ou=InternalGAL/_zextras,o=x", ["InternalGAL/_zextras", "x"]),
        ("ou=/Contacts", ["/Contacts"]),
        ("ou=John Doe/EMEA Partners , o = x ", ["John Doe/EMEA Partners", "x"]),
        (r"cn=Lu\C4\8Di\C4\87", ["Lučić"]),
        (r"cn=a\,b\+c\"d\\e\<f\>\;g\=h\#", ['a,b+c"d\\e<f>;g=h#']),
        (r"cn=\ a\ ", [" a "]),
        (r"cn=\#a  ,o=a#b=c", ["#a", "a#b=c"]),
        ('cn="a, b;+ \\" ";o=x', ['a, b;+ " ', "x"]),
        ("1.3.6.1.4.1.1466.0=#04024869", ["Hi"]),
        ("cn=#0c024869 ,o=x", ["Hi", "x"]),
        ("cn=", [""]),
        ("cn=,o=x", ["", "x"]),
        (r"cn=before\0dafter", ["before\rafter"]),
    ],
)
def test_names_of_clients(text: str, values_: list[str]) -> None:
    """The examples of RFC 4514 4, containers of ours, and forms of RFC 2253."""
    assert [rdn[0][1] for rdn in parse_dn(text).rdns] == values_


@pytest.mark.parametrize(
    "text",
    [
        "john@example.com", "x", "=a", "cn", "cn=a,", ",cn=a", "cn=a,,o=x", "cn=a+", "cn=a<b",
        'cn=a"b', 'cn="a', r"cn=\x", "cn=a\\", r"cn=\e9", "cn=#0", "cn=#", "cn=#0401",
        "cn=#0201ff", "cn=a\0", "1.=a", "c_n=a", "cn=a" * MAX_CHARS,
        ",".join(["cn=a"] * (MAX_RDNS + 1)),
    ],
)  # fmt: skip
def test_what_is_no_name(text: str) -> None:
    """Result 34 of the check-list (outlook-and-peers 6)."""
    with pytest.raises(ProtocolError):
        parse_dn(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("cn=Ann Lee,O=Example", "commonName=ann  lee , o=EXAMPLE"),
        ("cn=a+ou=b", "OU=B+CN=A"),
        ("2.5.4.3=a", "cn=A"),
        ("cn=STRASSE", "cn=straße"),
        ("cn=Ａnn", "cn=ann"),
        (r"ou=a\,b", 'ou="A,B"'),
    ],
)
def test_same_names(one: str, other: str) -> None:
    """Case, blanks, synonyms and the way of writing do not matter."""
    assert parse_dn(one) == parse_dn(other)
    assert hash(parse_dn(one)) == hash(parse_dn(other))


def test_other_names() -> None:
    """What differs in more than that."""
    assert parse_dn("cn=a") != parse_dn("cn=b")
    assert parse_dn("cn=a") != parse_dn("ou=a")
    assert parse_dn("cn=a") != parse_dn("cn=a,o=x")
    assert parse_dn("cn=a") != "cn=a"


def test_above_and_below() -> None:
    """A name knows where it hangs."""
    suffix = parse_dn("o=AddressBook")
    book = suffix.child("ou", "John Doe/EMEA, Partners")
    person = book.child("cn", "a")
    assert str(person) == r"cn=a,ou=John Doe/EMEA\, Partners,o=AddressBook"
    assert person.parent == book
    assert Dn().parent == Dn()
    assert person.within(suffix)
    assert person.within(person)
    assert person.within(Dn())
    assert person.within(parse_dn("O=addressbook"))
    assert not suffix.within(person)
    assert not person.within(parse_dn("o=other"))
    assert (len(person), len(Dn())) == (3, 0)


@given(values)
def test_escapes_stand_in_one_line(value: str) -> None:
    """Nothing of a value parts the name."""
    assert parse_dn(f"cn={escaped(value)},o=x").rdns == ((("cn", value),), (("o", "x"),))


@given(values)
def test_folding_twice_is_folding(value: str) -> None:
    """What is folded stays."""
    assert fold_value(fold_value(value)) == fold_value(value)
