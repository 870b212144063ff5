"""Which mailboxes of others a pattern lets in, and what stands above them."""

import pytest

from carbonio_mobile.mailbox.gateway.mail.foreign import Spaces, matches, with_owners
from carbonio_mobile.mailbox.imapclient.mailboxes import Mailbox


def mailbox(name: str, separator: str = "/") -> Mailbox:
    return Mailbox(name=name, separator=separator, attributes=frozenset())


@pytest.mark.parametrize(
    ("pattern", "name", "separator", "fits"),
    [
        ("shared/*", "shared/ann/Garden", "/", True),
        ("shared/*", "public/ann", "/", False),
        ("shared/%", "shared/ann", "/", True),
        ("shared/%", "shared/ann/Garden", "/", False),
        ("shared/%/Garden", "shared/ann/Garden", "/", True),
        ("shared.%", "shared.ann/x", ".", True),
        ("shared.%", "sharedxann", ".", False),
        ("shared/%", "shared/ann", "", True),
        ("shared/[a]*", "shared/ann", "/", False),
        ("shared/a?n", "shared/ann", "/", False),
        ("shared/ann", "shared/ann", "/", True),
        ("shared/ann", "shared/ann/x", "/", False),
    ],
)
def test_patterns(pattern: str, name: str, separator: str, *, fits: bool) -> None:
    """As in LIST (RFC 9051 6.3.9)."""
    assert matches(mailbox(name, separator), pattern) is fits


def test_what_stands_above() -> None:
    """All below the namespace, each once; nothing above the account's own."""
    spaces = Spaces(separator="/", foreign=("shared/", "shared/all/"))
    listed = [mailbox(one) for one in ("a/b", "shared/ann/x/y", "shared/all/news/x")]
    found = with_owners(listed, spaces)
    added = {one.name for one in found[len(listed) :]}
    assert added == {"shared/ann/x", "shared/ann", "shared/all/news"}
    assert not any(one.is_selectable for one in found[len(listed) :])
