"""FETCH responses that are more than what is read."""

import pytest

from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.imap.parsing import parse
from carbonio_mobile.imap.responses import Fetch
from carbonio_mobile.imap.values import MAX_DEPTH, MAX_LINE_OCTETS

EXCESSES = (b"(" * (MAX_DEPTH + 1), b'("' + b"x" * MAX_LINE_OCTETS + b'"))')


@pytest.mark.parametrize("excess", EXCESSES)
def test_one_message_of_too_much_structure(excess: bytes) -> None:
    """It is told apart by its UID; the connection goes on with the others."""
    found = parse([b"* 3 FETCH (UID 7 BODYSTRUCTURE " + excess])
    assert isinstance(found, Fetch)
    assert (found.sequence, found.uid, found.structure, len(found.faults)) == (3, 7, None, 1)


@pytest.mark.parametrize("excess", EXCESSES)
def test_too_much_without_a_uid(excess: bytes) -> None:
    """Nobody could say whose it is."""
    with pytest.raises(ProtocolError):
        parse([b"* 3 FETCH (BODYSTRUCTURE " + excess])
