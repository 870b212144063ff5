"""One line of text, in any script."""

import pytest

from carbonio_mobile.directory.texts import is_one_line


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Zoë",
        "می\u200cخواهم",
        "क्\u200dष",
        "👩\u200d💻",
        "a\u00a0b",
        "北京\u3000市",
        "\U0001f3f4\U000e0067\U000e007f",
    ],
)
def test_one_line(text: str) -> None:
    """Joiners, blanks of every width and tags of flags are part of it."""
    assert is_one_line(text)


@pytest.mark.parametrize("text", ["a\nb", "a\r", "\t", "\x1b[31m", "a\u2028b", "\u2029", "\ud800"])
def test_more_than_a_line(text: str) -> None:
    """Line ends, tabs, escapes and halves of pairs are not."""
    assert not is_one_line(text)
