"""Links to documents in all their forms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.eas.linkid import LINK_CHARS, Share
from carbonio_mobile.errors import NotAllowed, NotFound
from carbonio_mobile.pim.document import DEPTH_MAX, is_nameable

SHARE = Share(server="mail.example.com", name="docs")
NAMES = st.text(min_size=1, max_size=40).filter(is_nameable)


@given(st.lists(NAMES, max_size=6).map(tuple))
def test_what_is_written_is_read(path: tuple[str, ...]) -> None:
    """MS-ASDOC R83: a link is a UNC path; the canonical form names its document and no other."""
    if not path or path[-1] == path[-1].rstrip():  # a link ends where its blanks begin
        assert SHARE.parse(SHARE.link(path)) == path


@pytest.mark.parametrize(
    "link",
    [
        r"\\mail.example.com\docs\Plans\my file.txt",
        r"\\MAIL.example.COM\Docs\Plans\my file.txt",
        "//mail.example.com/docs/Plans/my file.txt",
        "  \\\\mail.example.com\\docs\\Plans\\\\my file.txt\\ ",
        "https://mail.example.com/docs/Plans/my%20file.txt",
        "HTTP://mail.example.com:8080/docs/Plans/my%20file.txt",
        "file://mail.example.com/docs/Plans/my%20file.txt",
        "file:////mail.example.com/docs/Plans/my file.txt",
    ],
)
def test_every_form_names_the_same(link: str) -> None:
    """UNC, with either kind of slash, or a URL."""
    assert SHARE.parse(link) == ("Plans", "my file.txt")


def test_the_share_itself() -> None:
    """The root of the library has no path."""
    assert SHARE.link(()) == r"\\mail.example.com\docs"
    assert SHARE.parse("\\\\mail.example.com\\docs\\") == ()


@pytest.mark.parametrize(
    ("link", "kind"),
    [
        ("", ValueError),
        ("Plans", ValueError),
        (r"\mail.example.com\docs", ValueError),
        (r"\\mail.example.com", ValueError),
        (r"\\mail.example.com\docs\..\x", ValueError),
        (r"\\mail.example.com\docs\.\x", ValueError),
        ("\\\\mail.example.com\\docs\\a\x01b", ValueError),
        ("\\\\mail.example.com\\docs\\" + "n" * 256, ValueError),
        ("\\\\mail.example.com\\docs" + "\\n" * (DEPTH_MAX + 1), ValueError),
        ("\\\\mail.example.com\\docs\\" + "n" * LINK_CHARS, ValueError),
        ("https://mail.example.com/docs/%2e%2e/x", ValueError),
        ("https://mail.example.com/docs/a%2fb", ValueError),
        ("https://mail.example.com/docs/%ff", ValueError),
        ("https://mail.example.com/docs/x?y", ValueError),
        ("https://mail.example.com/docs/x#y", ValueError),
        ("https://john@mail.example.com/docs/x", ValueError),
        ("https://[mail/docs/x", ValueError),
        ("ftp://mail.example.com/docs/x", ValueError),
        (r"\\other.example.com\docs\x", NotAllowed),
        (r"\\mail.example.com\private\x", NotFound),
        (r"\\mail.example.com\.\x", NotFound),
    ],
)
def test_what_names_nothing_here(link: str, kind: type[Exception]) -> None:
    """No link, a link out of the share, to another server, to another share."""
    with pytest.raises(kind):
        SHARE.parse(link)


@given(st.text(max_size=200))
def test_any_text_is_a_link_or_none(text: str) -> None:
    """Nothing else is raised, and every name in a path is one that a document can have."""
    for link in (
        text,
        "\\\\mail.example.com\\docs\\" + text,
        "https://mail.example.com/docs/" + text,
    ):
        try:
            path = SHARE.parse(link)
        except (ValueError, NotAllowed, NotFound):
            continue
        assert all(is_nameable(name) for name in path)
