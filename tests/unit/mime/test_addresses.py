"""Address lists as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.mime.addresses import join, parse_address_text, parse_addresses


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("a@x", "a@x"),
        ("<a@x>", "a@x"),
        ('"A, B" <a@x>, c@y', '"A, B" <a@x>, c@y'),
        ("a@x; b@y ;; c@z", "a@x, b@y, c@z"),
        ("A B <a@x>", '"A B" <a@x>'),
        ("a@x (Ann (x) A)", '"Ann (x) A" <a@x>'),
        ("team: a@x, B <b@y>;, c@z", 'a@x, "B" <b@y>, c@z'),
        ("undisclosed-recipients:;", ""),
        ("=?utf-8?Q?J=C3=BC=2C_x?= <j@x>", '"Jü, x" <j@x>'),
        ('"=?utf-8?B?w7w=?=" <j@x>', '"ü" <j@x>'),
        ('"A \\"q\\" B" <a@x>', '"A \\"q\\" B" <a@x>'),
        ("'a@x' <a@x>", "a@x"),
        ("a@x <a@x>", "a@x"),
        ("Name <mailto:a@x>", '"Name" <a@x>'),
        ("<@r1,@r2:a@x>", "a@x"),
        ("MAILER-DAEMON", "MAILER-DAEMON"),
        ("", ""),
        ('"unclosed <a@x>', '"unclosed" <a@x>'),
        ("a @ x", "a@x"),
    ],
)
def test_lists(raw: str, expected: str) -> None:
    """Names, groups, comments, semicolons and broken quotes are read as meant."""
    assert join(parse_addresses([raw.encode()])) == expected


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    """No text raises; every address found is on one line."""
    for one in parse_address_text(text):
        assert one.address
        assert "\n" not in str(one)


@pytest.mark.parametrize(
    "text",
    [
        "a\r\nBcc: x@y",
        "a@b\r\nBcc: x@y",
        "<a@b\r\nBcc: x@y>",
        '"N\r\nBcc: x@y" <a@b>',
        "a\r\n Bcc: x@y",
        "a@b\rx@y",
        "x\x00@y",
        "<=?utf-8?Q?a@b=0D=0ABcc:_x@y?=>",
    ],
)
def test_control_characters_make_an_entry_unusable(text: str) -> None:
    """Nothing of such an entry becomes an address; its neighbours are not touched."""
    for listed in (text, f"c@d, {text}; e@f"):
        found = [one.address for one in parse_address_text(listed)]
        assert [one for one in found if "@" in one] == (["c@d", "e@f"] if "c@d" in listed else [])
        assert len(found) == (3 if "c@d" in listed else 1)


def test_line_breaks_between_entries() -> None:
    """A list that was folded after its commas is read as it is meant."""
    found = parse_address_text("a@b,\r\n c@d;\n e@f\r\n")
    assert [one.address for one in found] == ["a@b", "c@d", "e@f"]


def test_lists_are_bounded() -> None:
    """A list for a device is at most 32,768 characters of whole addresses (MS-ASEMAIL R787)."""
    text = join(parse_addresses([b"someone@example.com, " * 4000]))
    assert len(text) <= 32_768
    assert text.endswith("someone@example.com")
