"""The text of RTF."""

from base64 import b64encode
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.mime.rtf import MAX_RTF_BYTES, rtf_to_text


def packed(rtf: str) -> str:
    return b64encode(rtf.encode("latin-1")).decode()


@pytest.mark.parametrize(
    ("rtf", "text"),
    [
        ("{\\rtf1 a\\par b\\line c\\tab d}", "a\nb\nc\td"),
        ("{\\rtf1\\ansi\\ansicpg1251 \\'cf\\'f0}", "Пр"),
        ("{\\rtf1\\ansi\\ansicpg932 \\'93\\'fa\\'96\\'7b}", "日本"),
        ("{\\rtf1\\ansicpg99999 \\'e4}", "ä"),
        ("{\\rtf1 \\u8364?\\uc0\\u-10179\\u-8704 x}", "€😀x"),
        ("{\\rtf1 \\u-10179? x}", "\ufffd x"),
        ("{\\rtf1{\\fonttbl{\\f0 Arial;}}{\\*\\generator X}{\\pict 00ff}{\\b bold} x}", "bold x"),
        ("{\\rtf1 x\\~y\\{\\}\\\\}", "x\xa0y{}\\"),
        ("{\\rtf1 \\ldblquote a\\rdblquote\\emdash}", "“a”—"),
        ("{\\rtf1 a\\bin3 }}}b}", "ab"),
        ("{\\rtf1 unfinished {\\b group", "unfinished group"),
        ("{\\rtf1 a}}}}b", "ab"),
        ("", ""),
    ],
)  # fmt: skip
def test_rtf_as_text(rtf: str, text: str) -> None:
    """NOTE R40; MS-ASAIRS_R179: RTF comes in base64."""
    assert rtf_to_text(packed(rtf)) == text


@pytest.mark.parametrize(
    "data",
    [
        "%%%",
        packed("plain"),
        packed("{\\rtf1 " + "{" * 1001),
        packed("{\\rtf1" + "a" * MAX_RTF_BYTES),
    ],
)
def test_what_is_no_rtf(data: str) -> None:
    """Something else, something nested too deep, something too large."""
    with pytest.raises(ValueError, match="RTF"):
        rtf_to_text(data)


@given(st.text(st.sampled_from("{}\\' *0123456789abcdefuxnpr\n;-~"), max_size=200))
def test_any_octets_give_text_or_are_refused(inside: str) -> None:
    """Nothing else is raised; the text can be sent."""
    with suppress(ValueError):
        rtf_to_text(packed("{\\rtf1" + inside)).encode("utf-8")
