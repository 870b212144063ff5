"""Requests and answers: ldaptor reads what we write, and we read what it writes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ldaptor.protocols import pureldap

from carbonio_mobile.accounts.ldapdirectory import filters, messages
from carbonio_mobile.accounts.ldapdirectory.checks import Verdict, verdict_of
from carbonio_mobile.accounts.ldapdirectory.messages import (
    PASSWORD_POLICY,
    Ending,
    FoundEntry,
    read,
)
from carbonio_mobile.errors import ProtocolError, Unavailable
from carbonio_mobile.ldap import oids
from carbonio_mobile.ldap.ber import element, integer_element
from carbonio_mobile.ldap.parsing import parse
from carbonio_mobile.ldap.requests import Bind, Extended, Search

_PAGED = oids.PAGED_RESULTS


def answer(operation: pureldap.LDAPProtocolOp, number: int = 7, controls: object = None) -> bytes:
    """Write an answer with ldaptor."""
    wire: bytes = pureldap.LDAPMessage(operation, controls=controls, id=number).toWire()
    return wire


def test_requests_are_read_by_our_server() -> None:
    """Bind, search, StartTLS and a page, each with its number."""
    bound = parse(messages.message(1, messages.bind("cn=a", "pässword")))
    assert isinstance(bound.operation, Bind)
    search = messages.search(
        "dc=x",
        messages.SUBTREE,
        filters.equal("cn", "x"),
        messages.attribute_list(("cn", "sn")),
        size_limit=2,
        time_limit_s=9,
        types_only=True,
    )
    found = parse(messages.message(300, search, messages.page_control(50, b"cookie")))
    assert found.number == 300
    assert isinstance(found.operation, Search)
    assert [control.oid for control in found.controls] == [_PAGED]
    assert isinstance(parse(messages.message(2, messages.start_tls())).operation, Extended)


@given(
    st.dictionaries(
        st.from_regex(r"\A[a-z][a-z0-9-]{0,12}\Z"),
        st.lists(st.binary(max_size=200), max_size=5),
        max_size=6,
    ),
    st.integers(1, 2**31 - 1),
)
def test_entries(values: dict[str, list[bytes]], number: int) -> None:
    """Every entry is read as it was written."""
    entry = pureldap.LDAPSearchResultEntry(b"cn=x", [*values.items()])
    found = read(answer(entry, number))
    assert found.number == number
    assert found.entry == FoundEntry("cn=x", {key: tuple(given) for key, given in values.items()})


def test_options_and_case_of_names_do_not_count() -> None:
    """``userCertificate;binary`` is the certificate; what is no text is not one."""
    entry = pureldap.LDAPSearchResultEntry(
        b"cn=x", [("userCertificate;binary", [b"\x30\xff"]), ("DisplayName", [b"J\xc3\xb6", b""])]
    )
    found = read(answer(entry)).entry
    assert found is not None
    assert found.values["usercertificate"] == (b"\x30\xff",)
    assert found.texts("usercertificate") == ()
    assert found.texts("displayname") == ("Jö",)
    assert "Jö" not in repr(found)


def test_endings() -> None:
    """Result, text, referrals and the cookie of the next page."""
    value = element(0x30, integer_element(0) + element(0x04, b"more"))
    done = pureldap.LDAPSearchResultDone(
        resultCode=10, errorMessage="go\non", referral=[pureldap.LDAPString(b"ldap://a/")]
    )
    plain = read(answer(pureldap.LDAPSearchResultDone(resultCode=4, errorMessage="x" * 500)))
    assert plain.ending is not None
    assert (plain.ending.code, len(plain.ending.text)) == (4, messages.TEXT_MAX)
    paged = read(
        answer(pureldap.LDAPSearchResultDone(0), controls=[(_PAGED.encode(), False, value)])
    )
    assert paged.ending is not None
    assert messages.next_page(paged.ending) == b"more"
    assert messages.next_page(Ending(0)) == b""
    assert done is not None


@given(st.binary(max_size=120))
def test_anything_else_is_a_fault_of_the_protocol(data: bytes) -> None:
    """No octets lead to another exception."""
    for octets in (data, element(0x30, data), element(0x30, integer_element(1) + data)):
        try:
            read(octets)
        except ProtocolError:
            continue


@given(st.integers(0, 200), st.integers(0, 255))
def test_a_changed_octet_is_no_disaster(place: int, octet: int) -> None:
    """Nor does a real answer with one octet changed or cut off."""
    good = answer(pureldap.LDAPSearchResultEntry(b"cn=x", [("cn", [b"x", b"y"]), ("sn", [b"z"])]))
    at = place % len(good)
    for octets in (good[:at], good[:at] + bytes((octet,)) + good[at + 1 :]):
        try:
            read(octets)
        except ProtocolError:
            continue


def policy(fault: int) -> dict[str, bytes]:
    """Give the control of a password policy that says something."""
    return {PASSWORD_POLICY: element(0x30, element(0x81, bytes((fault,))))}


@pytest.mark.parametrize(
    ("ending", "verdict"),
    [
        (Ending(0), Verdict.RIGHT),
        (Ending(0, controls={PASSWORD_POLICY: element(0x30, b"")}), Verdict.RIGHT),
        (Ending(0, controls=policy(2)), Verdict.MUST_CHANGE),
        (Ending(49), Verdict.WRONG),
        (Ending(49, controls=policy(0)), Verdict.MUST_CHANGE),
        (Ending(49, controls=policy(1)), Verdict.LOCKED),
        (Ending(49, "80090308: LdapErr: DSID-0C0903A9, data 52e, v1db1"), Verdict.WRONG),
        (Ending(49, "80090308: LdapErr: DSID-0C0903A9, data 775, v1db1"), Verdict.LOCKED),
        (Ending(49, "80090308: LdapErr: DSID-0C0903A9, data 773, v1db1"), Verdict.MUST_CHANGE),
        (Ending(49, "80090308: LdapErr: DSID-0C0903A9, data 533, v1db1"), Verdict.LOCKED),
        (Ending(48), Verdict.WRONG),
        (Ending(32), Verdict.WRONG),
        (Ending(19, "Exceed password retry limit"), Verdict.LOCKED),
        (Ending(53), Verdict.LOCKED),
    ],
)
def test_what_a_bind_says_of_a_password(ending: Ending, verdict: Verdict) -> None:
    """By result, by policy, and by the text of Active Directory."""
    assert verdict_of(ending) is verdict


@pytest.mark.parametrize("code", [1, 3, 8, 10, 11, 13, 51, 52, 80, 123])
def test_other_results_say_nothing_of_it(code: int) -> None:
    """A directory that is busy or elsewhere makes no password wrong."""
    with pytest.raises(Unavailable):
        verdict_of(Ending(code))
    with pytest.raises(Unavailable):
        verdict_of(Ending(49, controls={PASSWORD_POLICY: b"\x30\x05\x81"}))
