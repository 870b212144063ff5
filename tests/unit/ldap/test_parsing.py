"""Requests are read as ldaptor writes them; limits hold; anything else is a ``ProtocolError``."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ldaptor.ldapfilter import parseFilter
from ldaptor.protocols import pureldap

from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.ldap import filters, oids
from carbonio_mobile.ldap.ber import element, integer_element
from carbonio_mobile.ldap.filterparsing import MAX_DEPTH, MAX_NODES, MAX_PIECES
from carbonio_mobile.ldap.filters import And, Filter, Not, Or, Present, Substrings
from carbonio_mobile.ldap.parsing import MAX_ATTRIBUTES, MAX_CONTROLS, parse
from carbonio_mobile.ldap.requests import (
    Abandon,
    Bind,
    Compare,
    Control,
    Extended,
    Message,
    Operation,
    Scope,
    Search,
    Unbind,
    Write,
)

from . import othercodec
from .othercodec import wire

PRESENT = "87 02 63 6e"


def op(octets: str, *, tail: str = "") -> Operation:
    """The operation of message 1 whose octets these are."""
    return parse(element(0x30, b"\x02\x01\x01" + bytes.fromhex(octets + tail))).operation


def filter_of(text: str) -> Filter:
    operation = parse(othercodec.search(parseFilter(text))).operation
    assert isinstance(operation, Search)
    return operation.filter


def nested(tags: list[int], leaf: bytes) -> bytes:
    """A filter within filters, the outermost first; lengths as Windows writes them."""
    for tag in reversed(tags):
        leaf = bytes((tag, 0x84)) + len(leaf).to_bytes(4, "big") + leaf
    return leaf


def searching(wanted: bytes, attributes: bytes = b"") -> bytes:
    body = b"\x04\x00\x0a\x01\x02\x0a\x01\x00\x02\x01\x00\x02\x01\x00\x01\x01\x00"
    return element(0x30, b"\x02\x01\x01" + element(0x63, body + wanted + element(0x30, attributes)))


def test_outlook_search() -> None:
    """The search of a name (outlook-and-peers 2.3.4 and 5)."""
    octets = othercodec.search(
        parseFilter(othercodec.OUTLOOK_FILTER),
        attributes=[name.encode() for name in othercodec.OUTLOOK_ATTRIBUTES],
    )
    person = Or((Substrings("sn", b"joh"), Substrings("givenName", b"joh")))
    named = Or((Substrings("cn", b"joh"), person))
    assert parse(octets) == Message(
        1,
        Search(
            base="",
            scope=Scope.SUB,
            size_limit=100,
            time_limit_s=60,
            types_only=False,
            filter=And((Present("mail"), Or((Substrings("mail", b"joh"), named)))),
            attributes=othercodec.OUTLOOK_ATTRIBUTES,
        ),
    )


@given(othercodec.any_filter)
def test_filters_are_read_as_ldaptor_writes_them(wanted: Filter) -> None:
    """RFC 4511 4.5.1.7, every choice, by a second codec."""
    operation = parse(othercodec.search(othercodec.theirs(wanted))).operation
    assert isinstance(operation, Search)
    assert operation.filter == wanted


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(&(|(mail=s*)(cn=s*)))", And((Or((Substrings("mail", b"s"), Substrings("cn", b"s"))),))),
        ("(cn=john*smith*-*)", Substrings("cn", b"john", (b"smith", b"-"))),
        ("(cn=*x*)", Substrings("cn", inner=(b"x",))),
        ("(cn=*x)", Substrings("cn", final=b"x")),
        ("(cn=a*z)", Substrings("cn", b"a", (), b"z")),
        ("(!(cn=a))", Not(filters.Equal("cn", b"a"))),
        ("(cn>=a)", filters.AtLeast("cn", b"a")),
        ("(cn:caseIgnoreMatch:=a)", filters.Matches("caseIgnoreMatch", "cn", b"a")),
        ("(:dn:2.5.13.2:=a)", filters.Matches("2.5.13.2", "", b"a", in_dn=True)),
        (r"(cn=\2a\00*)", Substrings("cn", b"*\x00")),
    ],
)
def test_filters_of_clients(text: str, expected: Filter) -> None:
    """As Outlook, Thunderbird and tools write them (outlook-and-peers 2.3, 3, 5)."""
    assert filter_of(text) == expected


@given(
    st.text(max_size=40),
    st.binary(max_size=200),
    st.integers(1, 2**31 - 1),
    st.lists(
        st.builds(
            Control,
            st.sampled_from([oids.PAGED_RESULTS, oids.SORT, "1.2.3"]),
            st.booleans(),
            st.none() | st.binary(max_size=20),
        ),
        max_size=4,
    ).map(tuple),
)
def test_binds_and_controls(
    name: str, password: bytes, number: int, controls: tuple[Control, ...]
) -> None:
    """RFC 4511 4.1.1, 4.1.11 and 4.2."""
    request = pureldap.LDAPBindRequest(version=3, dn=name.encode(), auth=password)
    assert parse(wire(request, number=number, controls=controls)) == Message(
        number, Bind(version=3, name=name, password=password), controls
    )


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (pureldap.LDAPUnbindRequest(), Unbind()),
        (pureldap.LDAPAbandonRequest(id=300), Abandon(300)),
        (
            pureldap.LDAPBindRequest(version=3, dn=b"", auth=(b"DIGEST-MD5", b"x"), sasl=True),
            Bind(version=3, name="", password=None, mechanism="DIGEST-MD5"),
        ),
        (
            pureldap.LDAPCompareRequest(
                b"cn=a",
                pureldap.LDAPAttributeValueAssertion(
                    pureldap.LDAPAttributeDescription(b"cn"), pureldap.LDAPAssertionValue(b"b")
                ),
            ),
            Compare(entry="cn=a", name="cn", value=b"b"),
        ),
        (pureldap.LDAPExtendedRequest(requestName=oids.WHO_AM_I.encode()), Extended(oids.WHO_AM_I)),
        (
            pureldap.LDAPExtendedRequest(requestName=b"1.2", requestValue=b"v"),
            Extended("1.2", b"v"),
        ),
        (pureldap.LDAPModifyRequest(b"cn=a", []), Write(0x67)),
        (pureldap.LDAPAddRequest(b"cn=a", []), Write(0x69)),
        (pureldap.LDAPDelRequest(b"cn=a"), Write(0x6B)),
        (
            pureldap.LDAPModifyDNRequest(entry=b"cn=a", newrdn=b"cn=b", deleteoldrdn=True),
            Write(0x6D),
        ),
    ],
)
def test_other_operations(request_: object, expected: Operation) -> None:
    """RFC 4511 4.2 to 4.12, as ldaptor writes them."""
    assert parse(wire(request_)) == Message(1, expected)


def test_a_password_is_not_shown() -> None:
    """Logs may hold a request's repr."""
    bind = op("60 0a 02 01 03 04 01 61 80 02 70 77")
    assert bind == Bind(version=3, name="a", password=b"pw")
    assert "pw" not in repr(bind)


@pytest.mark.parametrize("octets", ["89 00", "8a 04 4e 54 4c 4d", "a3 06 04 04 4e 54 4c 4d"])
def test_other_ways_to_log_in(octets: str) -> None:
    """SPA in Outlook: SASL or Microsoft's own tags; there is no password in them."""
    bind = parse(
        element(0x30, b"\x02\x01\x01" + element(0x60, bytes.fromhex("02 01 03 04 00" + octets)))
    ).operation
    assert isinstance(bind, Bind)
    assert bind.password is None


def test_what_windows_writes() -> None:
    """Lengths of four octets throughout, and the published sort control (2.5)."""
    value = base64.b64decode("MIQAAAAPMIQAAAAJBARuYW1lAQEA")
    control = nested([0x30], element(4, oids.SORT.encode()) + element(4, value))
    search = nested(
        [0x63],
        b"\x04\x00\x0a\x01\x02\x0a\x01\x00\x02\x01\x64\x02\x01\x3c\x01\x01\x00"
        + nested([0xA0], nested([0xA4], b"\x04\x02cn" + nested([0x30], b"\x80\x01j")))
        + nested([0x30], b"\x04\x02cn"),
    )
    octets = nested([0x30], b"\x02\x01\x05" + search + nested([0xA0], control))
    found = parse(octets)
    assert isinstance(found.operation, Search)
    assert found.operation.filter == And((Substrings("cn", b"j"),))
    assert found.operation.attributes == ("cn",)
    assert found.controls == (Control(oids.SORT, value=value),)


def test_names_in_other_than_utf8_match_nothing() -> None:
    """They are read with the replacement character, and the connection lives."""
    assert op("60 08 02 01 03 04 01 e9 80 00") == Bind(version=3, name="\ufffd", password=b"")


def test_unknown_elements_behind_the_operation_are_passed_over() -> None:
    """RFC 4511 4: extensibility is implied."""
    assert op("42 00", tail="85 01 00 a7 00") == Unbind()
    found = parse(bytes.fromhex("30 11 02 01 01 42 00 85 01 00 a0 07 30 05 04 03 31 2e 32"))
    assert found.controls == (Control("1.2"),)


@pytest.mark.parametrize(
    "octets",
    [
        "42 01 00",  # unbind with contents
        "61 07 0a 01 00 04 00 04 00",  # an answer as request
        "65 07 0a 01 00 04 00 04 00",
        "04 01 61",
        "50 00",
        "50 09 01 00 00 00 00 00 00 00 00",
        "50 04 ff ff ff ff",  # abandon of a negative number
        "60 07 02 01 03 04 00 80 01",  # cut off
        "60 09 02 01 03 04 00 80 00 80 00",  # a field too many
        "60 0a 02 04 80 00 00 00 04 00 80 00",  # version out of range
        "77 02 81 00",
        "77 07 80 01 31 81 00 81 00",
        "6e 07 04 00 30 03 04 01 61",
        "7f 81 00 00",  # tag of two octets
        "63 00",
    ],
)
def test_broken_operations(octets: str) -> None:
    """Each is refused, never half read."""
    with pytest.raises(ProtocolError) as caught:
        op(octets)
    assert caught.value.offset is not None


@pytest.mark.parametrize(
    "wanted",
    [
        "a2 00",  # a negation of nothing
        f"a2 08 {PRESENT} {PRESENT}",  # and of two
        "a3 04 04 02 63 6e",  # no value
        "a3 08 04 02 63 6e 04 00 04 00",
        "a4 06 04 02 63 6e 30 00",  # no pieces
        "a4 08 04 02 63 6e 30 02 83 00",
        "a4 0a 04 02 63 6e 30 04 81 00 80 00",  # the beginning behind
        "a4 0a 04 02 63 6e 30 04 82 00 81 00",  # the end before
        "a4 0a 04 02 63 6e 30 04 80 00 80 00",
        "a9 00",
        "a9 02 83 00",  # a match by no rule of no attribute
        "a9 03 81 01 61",  # no value
        "a9 06 83 01 61 81 01 61",  # order
        "a9 07 81 01 61 83 00 84 00",
        "aa 00",
        "07 02 63 6e",
        "a0 06 87 09 63 6e",  # longer than what holds it
    ],
)
def test_broken_filters(wanted: str) -> None:
    """RFC 4511 4.5.1.7: what is no filter."""
    with pytest.raises(ProtocolError) as caught:
        parse(searching(bytes.fromhex(wanted)))
    assert caught.value.offset is not None


@pytest.mark.parametrize(
    "fields",
    [
        "0a 01 03 0a 01 00 02 01 00 02 01 00 01 01 00",  # a scope of 3
        "0a 01 02 0a 01 04 02 01 00 02 01 00 01 01 00",
        "0a 01 02 0a 01 00 02 01 ff 02 01 00 01 01 00",  # a negative limit
        "0a 01 02 0a 01 00 02 01 00 02 01 00 01 02 00 00",
        "02 01 02 0a 01 00 02 01 00 02 01 00 01 01 00",
    ],
)
def test_broken_searches(fields: str) -> None:
    """RFC 4511 4.5.1: what is no search."""
    with pytest.raises(ProtocolError):
        op("63 17 04 00" + fields + PRESENT + "30 00")


@pytest.mark.parametrize("octets", ["", "30", "30 00", "30 03 02 01 01", "30 05 02 01 00 42 00"])
def test_broken_messages(octets: str) -> None:
    """Nothing, no operation, or a number that is the server's."""
    with pytest.raises(ProtocolError):
        parse(bytes.fromhex(octets))


@pytest.mark.parametrize("kind", [0xA0, 0xA1, 0xA2])
def test_depth_is_bounded(kind: int) -> None:
    """20,000 nested negations are refused, without recursion; 32 are read."""
    leaf = bytes.fromhex(PRESENT)
    parse(searching(nested([kind] * MAX_DEPTH, leaf)))
    for depth in (MAX_DEPTH + 1, 10_000):
        with pytest.raises(ProtocolError):
            parse(searching(nested([kind] * depth, leaf)))


def test_parts_are_bounded() -> None:
    """An OR of 2,000 parts is refused; 255 parts and the OR are read."""
    leaf = bytes.fromhex(PRESENT)
    parse(searching(element(0xA1, leaf * (MAX_NODES - 1))))
    for parts in (MAX_NODES, 2000, 15_000):
        with pytest.raises(ProtocolError):
            parse(searching(element(0xA1, leaf * parts)))
    pieces = element(0xA4, b"\x04\x02cn" + element(0x30, b"\x81\x00" * (MAX_PIECES + 1)))
    with pytest.raises(ProtocolError):
        parse(searching(pieces))


@pytest.mark.parametrize("size", [2, 200])
def test_attributes_are_bounded(size: int) -> None:
    """256 names are read, whether short or long, and not one more."""
    leaf = bytes.fromhex(PRESENT)
    name = element(4, b"a" * size)
    found = parse(searching(leaf, name * MAX_ATTRIBUTES)).operation
    assert isinstance(found, Search)
    assert found.attributes == ("a" * size,) * MAX_ATTRIBUTES
    for _ in range(2):
        with pytest.raises(ProtocolError):
            parse(searching(leaf, name * (MAX_ATTRIBUTES + 1)))


def test_controls_are_bounded() -> None:
    """16 controls are read; more, or twice controls, or too much behind, are not."""
    control = element(0x30, element(4, b"1.2"))

    def read(tail: bytes) -> Message:
        return parse(element(0x30, integer_element(1) + b"\x42\x00" + tail))

    assert len(read(element(0xA0, control * MAX_CONTROLS)).controls) == MAX_CONTROLS
    for tail in (
        element(0xA0, control * (MAX_CONTROLS + 1)),
        element(0xA0, control) * 2,
        b"\x85\x00" * 17,
        b"\x85",
        element(0xA0, element(0x30, element(4, b"1.2") + b"\x01\x01\xff\x04\x00\x04\x00")),
    ):
        with pytest.raises(ProtocolError):
            read(tail)


def outcome(octets: bytes) -> Message | ProtocolError:
    """The message, or the error that was raised."""
    try:
        return parse(octets)
    except ProtocolError as error:
        return error


@given(st.binary(max_size=200))
def test_any_octets_are_a_message_or_a_fault(octets: bytes) -> None:
    """Nothing else is ever raised, and the place of the fault lies within."""
    for candidate in (octets, element(0x30, octets), element(0x30, b"\x02\x01\x01" + octets)):
        found = outcome(candidate)
        if isinstance(found, ProtocolError):
            assert found.offset is not None
            assert 0 <= found.offset <= len(candidate)
