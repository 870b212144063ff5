"""``ABQ import`` reads no more of a file than its limits allow (issue 4, section 5)."""

from collections.abc import AsyncIterator

import pytest
from twisted.internet.defer import Deferred

from carbonio_mobile.accounts.memory import MemoryAccounts
from carbonio_mobile.admin.abqimport import MAX_FILE_BYTES, read_import
from carbonio_mobile.admin.calling import AdminFault
from carbonio_mobile.testing.rig import now

PIECE = b" " * 60_000 + b"\r\n"


def test_a_file_beyond_the_limit_is_not_read_to_its_end() -> None:
    """Blanks alone are too much in the end, too: the fault names line, limit and what to do."""
    taken = 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal taken
        yield b"android1\n"
        while taken < 4 * MAX_FILE_BYTES:
            taken += len(PIECE)
            yield PIECE

    lines = MAX_FILE_BYTES // len(PIECE) + 2
    why = rf"line {lines}: expected a file of at most 33,554,432 octets.*in several files; nothing"
    reading = read_import(pieces(), MemoryAccounts(clock=lambda: 0.0))
    with pytest.raises(AdminFault, match=why):
        now(Deferred.fromCoroutine(reading))
    assert taken < MAX_FILE_BYTES + 2 * len(PIECE)
