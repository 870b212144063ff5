"""ldaptor's codec beside ours: what one writes the other reads."""

from hypothesis import strategies as st
from ldaptor.protocols import pureber, pureldap

from carbonio_mobile.ldap import filters
from carbonio_mobile.ldap.filters import Filter
from carbonio_mobile.ldap.requests import Control

_PLAIN = pureldap.LDAPBERDecoderContext(fallback=pureber.BERDecoderContext())
_CONTEXT = pureldap.LDAPBERDecoderContext_TopLevel(
    inherit=pureldap.LDAPBERDecoderContext_LDAPMessage(fallback=_PLAIN, inherit=_PLAIN)
)

OUTLOOK_FILTER = "(&(mail=*)(|(mail=joh*)(|(cn=joh*)(|(sn=joh*)(givenName=joh*)))))"
_OUTLOOK_ATTRIBUTES = (
    "cn commonName mail roleOccupant display-name displayname sn surname co organizationName o"
    " givenName legacyExchangeDN objectClass uid mailNickname title company"
    " physicalDeliveryOfficeName telephoneNumber"
)
OUTLOOK_ATTRIBUTES = tuple(_OUTLOOK_ATTRIBUTES.split())


def read(octets: bytes) -> pureldap.LDAPMessage:
    """Read one message, which must be all there is."""
    message, used = pureber.berDecodeObject(_CONTEXT, octets)
    assert used == len(octets)
    return message


def entry(octets: bytes) -> dict[str, list[bytes]]:
    """Read a message with an entry; give its attributes."""
    found = read(octets).value
    return {name.decode(): list(values) for name, values in found.attributes}


def wire(operation: object, *, number: int = 1, controls: tuple[Control, ...] = ()) -> bytes:
    """Write a message around an operation of ldaptor's."""
    listed = [(each.oid.encode(), each.critical, each.value) for each in controls]
    octets: bytes = pureldap.LDAPMessage(operation, controls=listed or None, id=number).toWire()
    return octets


def search(wanted: object, **fields: object) -> bytes:
    """Write a search, ldaptor's filter given."""
    defaults: dict[str, object] = {
        "baseObject": b"",
        "scope": 2,
        "derefAliases": 0,
        "sizeLimit": 100,
        "timeLimit": 60,
        "typesOnly": 0,
        "attributes": [],
    }
    return wire(pureldap.LDAPSearchRequest(filter=wanted, **{**defaults, **fields}))


def theirs(wanted: Filter) -> object:
    """Turn a filter of ours into one of ldaptor's."""
    match wanted:
        case filters.And(parts):
            return pureldap.LDAPFilter_and([theirs(part) for part in parts])
        case filters.Or(parts):
            return pureldap.LDAPFilter_or([theirs(part) for part in parts])
        case filters.Not(part):
            return pureldap.LDAPFilter_not(theirs(part))
        case filters.Present(name):
            return pureldap.LDAPFilter_present(name.encode())
        case filters.Substrings():
            return _their_substrings(wanted)
        case filters.Matches(rule, name, value, in_dn):
            return pureldap.LDAPFilter_extensibleMatch(
                matchingRule=rule.encode() or None,
                type=name.encode() or None,
                matchValue=value,
                dnAttributes=in_dn or None,
            )
        case _:
            return _ASSERTIONS[type(wanted)](
                attributeDesc=pureldap.LDAPAttributeDescription(wanted.name.encode()),
                assertionValue=pureldap.LDAPAssertionValue(wanted.value),
            )


_ASSERTIONS = {
    filters.Equal: pureldap.LDAPFilter_equalityMatch,
    filters.AtLeast: pureldap.LDAPFilter_greaterOrEqual,
    filters.AtMost: pureldap.LDAPFilter_lessOrEqual,
    filters.Approx: pureldap.LDAPFilter_approxMatch,
}


def _their_substrings(wanted: filters.Substrings) -> object:
    pieces: list[object] = []
    if wanted.initial:
        pieces.append(pureldap.LDAPFilter_substrings_initial(wanted.initial))
    pieces += [pureldap.LDAPFilter_substrings_any(each) for each in wanted.inner]
    if wanted.final:
        pieces.append(pureldap.LDAPFilter_substrings_final(wanted.final))
    return pureldap.LDAPFilter_substrings(type=wanted.name.encode(), substrings=pieces)


names = st.sampled_from(["cn", "mail", "objectClass", "x;binary", "?", "größe", "a" * 200])
values = st.binary(max_size=300)
pieces = st.binary(min_size=1, max_size=20)

leaves: st.SearchStrategy[Filter] = st.one_of(
    st.builds(filters.Present, names),
    *(
        st.builds(kind, names, values)
        for kind in (filters.Equal, filters.AtLeast, filters.AtMost, filters.Approx)
    ),
    st.builds(
        filters.Substrings,
        names,
        st.just(b"") | pieces,
        st.lists(pieces, max_size=4).map(tuple),
        st.just(b"") | pieces,
    ).filter(lambda each: each.initial or each.inner or each.final),
    st.builds(
        filters.Matches,
        st.sampled_from(["", "caseIgnoreMatch", "2.5.13.2"]),
        st.just("") | names,
        values,
        st.booleans(),
    ).filter(lambda each: each.rule or each.name),
)
any_filter: st.SearchStrategy[Filter] = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=5).map(tuple).map(filters.And),
        st.lists(inner, max_size=5).map(tuple).map(filters.Or),
        inner.map(filters.Not),
    ),
    max_leaves=30,
)
