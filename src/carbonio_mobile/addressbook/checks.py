"""What is asked of folded values: of one, or of the joined ones of a row.

Spec: RFC 4517 4.2 (equality, ordering and substring matches).
"""

from collections.abc import Sequence

from carbonio_mobile.addressbook.column import JOINT, Check
from carbonio_mobile.addressbook.folding import LAST


def equal(value: str) -> Check:
    """Make the test of joined values for one that is this."""

    def test(joined: str) -> bool:
        return joined == value or (JOINT in joined and value in joined.split(JOINT))

    return test


def either(check: Check) -> Check:
    """Make a test of joined values out of one of single values."""
    return lambda joined: any(map(check, joined.split(JOINT)))


def pattern(initial: str, inner: Sequence[str], final: str) -> Check:
    """Make the test of single values for pieces in their order, none over another."""

    def test(text: str) -> bool:
        if not text.startswith(initial) or not text.endswith(final):
            return False
        at, end = len(initial), len(text) - len(final)
        for piece in inner:
            at = text.find(piece, at, end)
            if at < 0:
                return False
            at += len(piece)
        return at <= end

    return test


def prefix_end(piece: str) -> str:
    """Give what comes after all texts that begin so."""
    return piece + LAST
