"""Contents of controls: our requests are read back, and clients' own are read."""

import base64
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ldaptor.protocols import pureber

from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.ldap import controls, oids
from carbonio_mobile.ldap.controls import Paging, SortKey, View
from carbonio_mobile.ldap.results import Result

counts = st.integers(0, 2**31 - 1)
names = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
keys = st.builds(SortKey, names, names, st.booleans())
views = st.one_of(
    st.builds(
        View, before=counts, after=counts, offset=counts, count=counts,
        context=st.none() | st.binary(max_size=9),
    ),
    st.builds(
        View, before=counts, after=counts, value=st.binary(max_size=200),
        context=st.none() | st.binary(max_size=9),
    ),
)  # fmt: skip


def numbers(value: bytes | None) -> list[int | bytes]:
    """The fields of a sequence, read by ldaptor."""
    assert value is not None
    found, used = pureber.berDecodeObject(
        pureber.BERDecoderContext(
            fallback=pureber.BERDecoderContext(), inherit=pureber.BERDecoderContext()
        ),
        value,
    )
    assert used == len(value)
    return [each.value for each in found]


@given(counts, st.binary(max_size=200))
def test_paging(size: int, cookie: bytes) -> None:
    """RFC 2696: request and answer have the same form."""
    control = controls.paging_control(Paging(size, cookie), critical=True)
    assert (control.oid, control.critical) == (oids.PAGED_RESULTS, True)
    assert controls.read_paging(control.value) == Paging(size, cookie)
    assert numbers(control.value) == [size, cookie]


@given(st.lists(keys, min_size=1, max_size=8).map(tuple))
def test_sort_keys(wanted: tuple[SortKey, ...]) -> None:
    """RFC 2891 1.1."""
    control = controls.sort_control(wanted)
    assert control.oid == oids.SORT
    assert controls.read_sort(control.value) == wanted


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("MIQAAAAPMIQAAAAJBARuYW1lAQEA", SortKey("name")),  # published by Microsoft
        ("MAswCQQEbmFtZQEB/w==", SortKey("name", reverse=True)),
        ("MAswCQQEbmFtZYEB/w==", SortKey("name", reverse=True)),
        ("MAgwBgQEbmFtZQ==", SortKey("name")),
    ],
)
def test_sort_keys_of_clients(value: str, expected: SortKey) -> None:
    """The order with the context's tag or any boolean's; lengths of any form (2.5)."""
    assert controls.read_sort(base64.b64decode(value)) == (expected,)


@given(views)
def test_views(view: View) -> None:
    """draft-ietf-ldapext-ldapv3-vlv-09 5.1: by offset and by value, with a context or without."""
    control = controls.view_control(view)
    assert control.oid == oids.VIEW
    assert controls.read_view(control.value) == view


@given(counts, counts, st.none() | st.binary(max_size=9))
def test_answers(position: int, count: int, context: bytes | None) -> None:
    """draft-ietf-ldapext-ldapv3-vlv-09 5.2 and RFC 2891 1.2, read by ldaptor."""
    viewed = controls.viewed_control(position, count, Result.SUCCESS, context=context)
    fields = numbers(viewed.value)
    assert fields == [position, count, 0, *([] if context is None else [context])]
    assert controls.sorted_control(Result.SUCCESS).value == bytes.fromhex("30030a0100")
    blamed = controls.sorted_control(Result.NO_SUCH_ATTRIBUTE, "x").value
    assert blamed == bytes.fromhex("30060a0110800178")


@pytest.mark.parametrize("read", [controls.read_paging, controls.read_sort, controls.read_view])
@given(value=st.none() | st.binary(max_size=60))
def test_any_octets_are_read_or_a_fault(read: object, value: bytes | None) -> None:
    """Nothing but ``ProtocolError`` is raised."""
    assert callable(read)
    candidates = [value] if value is None else [value, b"0" + bytes([len(value)]) + value]
    for candidate in candidates:
        with suppress(ProtocolError):
            read(candidate)


@pytest.mark.parametrize(
    ("read", "octets"),
    [
        (controls.read_paging, "30 06 02 01 ff 04 01 61"),
        (controls.read_paging, "30 07 02 01 01 04 00 04 00"),
        (controls.read_paging, "30 05 02 01 01 04 00 00"),
        (controls.read_paging, "30 82 01 08 02 01 01 04 82 01 01" + "00" * 257),
        (controls.read_sort, "30 00"),
        (controls.read_sort, "30 36" + "30 04 04 02 63 6e" * 9),
        (controls.read_sort, "30 08 30 06 04 02 63 6e 82 00"),
        (controls.read_view, "30 06 02 01 00 02 01 00"),
        (controls.read_view, "30 08 02 01 00 02 01 00 80 00"),
        (controls.read_view, "30 0b 02 01 00 02 01 00 a0 03 02 01 01"),
        (controls.read_view, "30 0c 02 01 00 02 01 00 81 00 04 00 04 00"),
    ],
)
def test_broken_values(read: object, octets: str) -> None:
    """Negative, missing, too many or too much."""
    assert callable(read)
    with pytest.raises(ProtocolError):
        read(bytes.fromhex(octets))
