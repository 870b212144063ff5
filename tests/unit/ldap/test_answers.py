"""Answers are read by ldaptor as they were meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ldaptor.protocols import pureldap

from carbonio_mobile.ldap import answers, oids
from carbonio_mobile.ldap.ber import integer_element
from carbonio_mobile.ldap.requests import Control
from carbonio_mobile.ldap.results import Result

from .othercodec import entry, read

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
attributes = st.lists(
    st.tuples(st.sampled_from(["cn", "userCertificate;binary"]), st.lists(texts | st.binary())),
    max_size=5,
)


@given(st.integers(0, 2**31 - 1), st.sampled_from(Result), texts, texts)
def test_results(number: int, code: Result, text: str, matched: str) -> None:
    """RFC 4511 4.1.9, for each kind of answer."""
    for body, kind in (
        (answers.done_body(code, text, matched=matched), pureldap.LDAPSearchResultDone),
        (answers.compare_body(code, text, matched=matched), pureldap.LDAPCompareResponse),
        (answers.bind_body(code, text), pureldap.LDAPBindResponse),
        (answers.write_body(0x67, code, text), pureldap.LDAPModifyResponse),
        (answers.write_body(0x69, code, text), pureldap.LDAPAddResponse),
        (answers.write_body(0x6B, code, text), pureldap.LDAPDelResponse),
        (answers.write_body(0x6D, code, text), pureldap.LDAPModifyDNResponse),
    ):
        found = read(answers.message(number, body))
        assert (found.id, found.value.resultCode) == (number, code)
        assert type(found.value) is kind
        assert found.value.errorMessage == text.encode()
        if kind in (pureldap.LDAPSearchResultDone, pureldap.LDAPCompareResponse):
            assert found.value.matchedDN == matched.encode()


@given(texts, attributes, st.integers(1, 2**31 - 1))
def test_entries(dn: str, shown: list[tuple[str, list[str | bytes]]], number: int) -> None:
    """RFC 4511 4.5.2: names and values of any length, as texts or octets."""
    body = answers.entry_body(
        dn.encode(),
        [(answers.description(name), answers.value_set(values)) for name, values in shown],
    )
    found = read(b"".join(answers.entries(number, [body])))
    assert found.id == number
    assert found.value.objectName == dn.encode()
    assert [(name, list(values)) for name, values in found.value.attributes] == [
        (name.encode(), [v if isinstance(v, bytes) else v.encode() for v in values])
        for name, values in shown
    ]


@given(st.lists(st.integers(0, 5000), max_size=20), st.integers(1, 2**31 - 1))
def test_many_entries_are_as_one_by_one(sizes: list[int], number: int) -> None:
    """The quick way writes what ``message`` writes, for bodies of any length."""
    bodies = [b"d" * size for size in sizes]
    expected = [answers.message(number, body) for body in bodies]
    pieces = answers.entries(number, bodies)
    assert b"".join(pieces) == b"".join(expected)


def test_types_without_values() -> None:
    """typesOnly: each attribute has an empty set."""
    body = answers.entry_body(b"", [(answers.description("cn"), answers.NO_VALUES)])
    assert entry(answers.message(1, body)) == {"cn": []}


@pytest.mark.parametrize(("oid", "value"), [("", None), ("1.2", None), ("1.2", b"v"), ("", b"u")])
def test_extended_answers(oid: str, value: bytes | None) -> None:
    """RFC 4511 4.12: name and value are there or are not."""
    body = answers.extended_body(Result.SUCCESS, oid=oid, value=value)
    found = read(answers.message(3, body)).value
    # ldaptor gives octet strings of a class of its own, or the octets.
    name, response = found.responseName, found.response
    assert (getattr(name, "value", name) or b"") == oid.encode()
    assert getattr(response, "value", response) == value


def test_notice_of_disconnection() -> None:
    """RFC 4511 4.4.1: message 0, an extended answer with that number."""
    found = read(answers.notice_of_disconnection(Result.PROTOCOL_ERROR, "no"))
    name = found.value.responseName
    assert (found.id, found.value.resultCode) == (0, 2)
    assert getattr(name, "value", name) == oids.NOTICE_OF_DISCONNECTION.encode()


def test_controls_of_answers() -> None:
    """RFC 4511 4.1.11: criticality and value are left out where they say nothing."""
    controls = (Control("1.2", value=b"x"), Control("1.3", critical=True), Control("1.4"))
    found = read(answers.message(1, answers.done_body(Result.SUCCESS), controls))
    read_back = [(oid, bool(critical), value) for oid, critical, value in found.controls]
    assert read_back == [(b"1.2", False, b"x"), (b"1.3", True, None), (b"1.4", False, None)]


@pytest.mark.parametrize(
    ("value", "octets"),
    [(0, "020100"), (127, "02017f"), (128, "02020080"), (-1, "0201ff"), (-129, "0202ff7f")],
)
def test_integers_are_shortest(value: int, octets: str) -> None:
    """X.690 8.3.2."""
    assert integer_element(value).hex() == octets
