"""Filters of the configuration, filled: ldaptor reads the same out of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ldaptor.ldapfilter import parseFilter
from ldaptor.protocols import pureber, pureldap

from carbonio_mobile.accounts.ldapdirectory import filters
from carbonio_mobile.accounts.ldapdirectory.filters import Template
from carbonio_mobile.accounts.ldapdirectory.presets import carbonio, inetorgperson
from carbonio_mobile.errors import ConfigError


def decoded(octets: bytes) -> pureldap.LDAPFilter:
    """Read a filter with ldaptor."""
    context = pureldap.LDAPBERDecoderContext_Filter(fallback=pureber.BERDecoderContext())
    inner = pureldap.LDAPBERDecoderContext_Filter(
        fallback=pureber.BERDecoderContext(), inherit=context
    )
    found, length = pureber.berDecodeObject(inner, octets)
    assert length == len(octets)
    return found


@pytest.mark.parametrize(
    "text",
    [
        "(cn=x)",
        "(cn=*)",
        "(cn=a*b*c)",
        "(cn=*b*)",
        "(cn>=a)",
        "(cn<=a)",
        "(cn~=a)",
        "(!(cn=a))",
        "(&(cn=a)(|(sn=b)(!(sn=c)))(uid=d\\2a\\28))",
        "(cn:dn:=a)",
        "(cn=m\\c3\\bcller)",
    ],
)
def test_every_kind_is_written_as_ldaptor_writes_it(text: str) -> None:
    """The octets are the same, whatever the filter."""
    assert Template(text).filled() == parseFilter(text).toWire()


def test_a_matching_rule() -> None:
    """RFC 4511 5.1: what has its default is not written, though ldaptor does."""
    text = "(memberOf:2.5.13.5:={address})"
    whole = b"\xa9\x17\x81\x082.5.13.5\x82\x08memberOf\x83\x01x"
    assert Template(text, "address").filled(address="x") == whole


@given(st.text(max_size=60))
def test_a_value_stays_a_value(value: str) -> None:
    """Nothing that is typed changes the filter's shape, and all of it is compared."""
    whole = decoded(Template("(&(a=b)(mail={address}))", "address").filled(address=value))
    first, second = whole
    assert (first.attributeDesc.value, first.assertionValue.value) == (b"a", b"b")
    assert second.attributeDesc.value == b"mail"
    assert second.assertionValue.value == value.encode("utf-8", "replace")


def test_a_place_may_be_part_of_a_value() -> None:
    """What is put in is not looked into for places again."""
    octets = Template("(x=a{user}z)", "user").filled(user="{user}")
    assert decoded(octets).assertionValue.value == b"a{user}z"


@pytest.mark.parametrize(
    "text", ["", "cn=x", "(cn=x", "(cn=x))", "((cn=x))", "(cn={other})", "(&)"]
)
def test_what_is_no_filter_is_refused(text: str) -> None:
    """The fault names the option."""
    with pytest.raises(ConfigError, match=r"ldap\.x"):
        Template(text, "user", option="ldap.x")


def test_depth_is_bounded() -> None:
    """Nobody needs so many brackets."""
    with pytest.raises(ConfigError):
        Template("(!" * 20 + "(cn=x)" + ")" * 20)


def test_those_that_are_made_are_filters() -> None:
    """What is put together in code reads as it was meant."""
    made = filters.all_of(
        filters.present("jpegPhoto"),
        filters.any_of([filters.equal("a", "(b*"), filters.at_least("c", "d")]),
    )
    assert made == parseFilter("(&(jpegPhoto=*)(|(a=\\28b\\2a)(c>=d)))").toWire()


def test_presets_read_what_they_need() -> None:
    """Secrets that we do not need are not asked for."""
    for tree in (carbonio(), inetorgperson("dc=x", attributes={"Site-Mail": "zimbraMailQuota"})):
        names = {*tree.account_names, *tree.person_names}
        assert not names & {"zimbrasslprivatekey", "zimbragalldapbindpassword"}
        assert "userpassword" not in tree.person_names
        assert {"entrycsn", "modifytimestamp", tree.id} <= names
    assert "site-mail" in names
