"""What devices say they want of bodies."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.eas.bodies import BodyOptions, BodyPreference, BodyType, MimeSupport
from carbonio_mobile.eas.version import Version
from carbonio_mobile.errors import CommandStatus, ProtocolError
from carbonio_mobile.wbxml import Element, Tag
from carbonio_mobile.wbxml.codepages import AirSync, AirSyncBase


def preference(*children: tuple[Tag, str], tag: Tag = AirSyncBase.BodyPreference) -> Element:
    return Element(tag, [Element(child, text) for child, text in children])


def options(*children: Element) -> Element:
    return Element(AirSync.Options, list(children))


def parse(*children: Element, version: Version = Version.V16_1) -> BodyOptions:
    return BodyOptions.parse(options(*children), version)


def test_everything_said_is_read() -> None:
    """MS-ASAIRS R150: Type, TruncationSize, AllOrNone, Preview; MS-ASCMD R3396, R3418."""
    found = parse(
        Element(AirSync.MIMESupport, "2"),
        Element(AirSync.MIMETruncation, "4"),
        preference(
            (AirSyncBase.Type, "2"),
            (AirSyncBase.TruncationSize, "32768"),
            (AirSyncBase.AllOrNone, "1"),
            (AirSyncBase.Preview, "255"),
        ),
        preference((AirSyncBase.Type, "4")),
        preference(
            (AirSyncBase.Type, "2"),
            (AirSyncBase.TruncationSize, "100"),
            tag=AirSyncBase.BodyPartPreference,
        ),
    )
    assert found == BodyOptions(
        preferences=(
            BodyPreference(
                type=BodyType.HTML, truncation_bytes=32768, all_or_none=True, preview_chars=255
            ),
            BodyPreference(type=BodyType.MIME),
        ),
        part_preferences=(BodyPreference(type=BodyType.HTML, truncation_bytes=100),),
        mime_support=MimeSupport.ALWAYS,
        mime_truncation=10240,
    )


def test_no_options_mean_whole_plain_text() -> None:
    """MS-ASCMD R5567: MIMESupport is 0 where it is absent."""
    assert BodyOptions.parse(None, Version.V14_1) == BodyOptions()
    assert parse() == BodyOptions()


def test_all_or_none_is_nothing_without_a_size() -> None:
    """MS-ASAIRS R75, R401."""
    found = parse(preference((AirSyncBase.Type, "1"), (AirSyncBase.AllOrNone, "1")))
    assert not found.preferences[0].all_or_none


@pytest.mark.parametrize(
    ("value", "limit"),
    [("0", 0), ("1", 4096), ("2", 5120), ("3", 7168), ("4", 10240), ("5", 20480), ("6", 51200),
     ("7", 102400), ("8", None)],
)  # fmt: skip
def test_mime_truncation_scale(value: str, limit: int | None) -> None:
    """MS-ASCMD R3418 to R3426."""
    assert parse(Element(AirSync.MIMETruncation, value)).mime_truncation == limit


def test_features_of_later_versions_are_not_read_in_earlier_ones() -> None:
    """Preview came with 14.0 (MS-ASAIRS R264), BodyPartPreference with 14.1 (R133)."""
    part = preference((AirSyncBase.Type, "1"), tag=AirSyncBase.BodyPartPreference)
    seen = preference((AirSyncBase.Type, "1"), (AirSyncBase.Preview, "10"))
    assert parse(seen, version=Version.V12_1).preferences[0].preview_chars == 0
    assert parse(seen, version=Version.V14_0).preferences[0].preview_chars == 10
    assert parse(part, version=Version.V14_0).part_preferences == ()


@pytest.mark.parametrize("kind", ["1", "3", "4"])
def test_parts_are_html_only(kind: str) -> None:
    """MS-ASAIRS R324, MS-ASCMD R5412: status 164 for any other type."""
    with pytest.raises(CommandStatus) as caught:
        parse(preference((AirSyncBase.Type, kind), tag=AirSyncBase.BodyPartPreference))
    assert caught.value.code == 164


PLAIN = (AirSyncBase.Type, "1")


@pytest.mark.parametrize(
    "children",
    [
        [preference()],
        [preference((AirSyncBase.Type, "0"))],
        [preference((AirSyncBase.Type, "5"))],
        [preference((AirSyncBase.Type, "x"))],
        [preference(PLAIN), preference(PLAIN)],  # R349
        [preference(PLAIN, (AirSyncBase.AllOrNone, "2"))],  # R350
        [preference(PLAIN, (AirSyncBase.AllOrNone, "1"), (AirSyncBase.AllOrNone, "1"))],  # R351
        [preference(PLAIN, (AirSyncBase.TruncationSize, "-1"))],
        [preference(PLAIN, (AirSyncBase.TruncationSize, "4294967296"))],  # R299
        [preference(PLAIN, (AirSyncBase.TruncationSize, "9" * 5000))],
        [preference(PLAIN, (AirSyncBase.Preview, "256"))],  # R266
        [Element(AirSync.MIMESupport, "3")],
        [Element(AirSync.MIMETruncation, "9")],
        [Element(AirSync.MIMETruncation, "²")],
    ],
)
def test_what_breaks_the_rules_is_a_protocol_error(children: Sequence[Element]) -> None:
    """MS-ASAIRS R349 to R351 and the ranges of the elements: status 4 in a Sync."""
    with pytest.raises(ProtocolError):
        parse(*children)


def test_the_order_of_children_is_the_clients_business() -> None:
    """Clients vary it; nothing depends on it."""
    turned = preference((AirSyncBase.TruncationSize, "7"), (AirSyncBase.Type, "1"))
    assert parse(turned).preferences[0].truncation_bytes == 7


PREFERENCES = st.lists(
    st.builds(
        BodyPreference,
        type=st.sampled_from(BodyType),
        truncation_bytes=st.none() | st.integers(0, 2**32 - 1),
        all_or_none=st.booleans(),
        preview_chars=st.integers(0, 255),
    ),
    max_size=4,
    unique_by=lambda one: one.type,
).map(tuple)


@given(
    st.builds(
        BodyOptions,
        preferences=PREFERENCES,
        part_preferences=PREFERENCES,
        mime_support=st.sampled_from(MimeSupport),
        mime_truncation=st.none() | st.integers(0, 102400),
    )
)
def test_options_survive_their_json(wanted: BodyOptions) -> None:
    """They are kept in the state of a collection until others come (MS-ASAIRS R157)."""
    assert BodyOptions.from_json(wanted.to_json()) == wanted
    assert BodyOptions().to_json() == {}
