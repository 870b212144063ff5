"""Read a file of devices for ``ABQ import``: all of it, or a fault that names the line.

Spec: ../shared/carbonio/cli.md 2.1; issue 4, section 5.
"""

import re
from collections.abc import AsyncIterator

from carbonio_mobile.admin.breathing import UNBROKEN, Breath
from carbonio_mobile.admin.calling import AdminFault
from carbonio_mobile.admin.declaring import shortened
from carbonio_mobile.admin.naming import account_named
from carbonio_mobile.errors import NotFound
from carbonio_mobile.ids import AccountId, DeviceId
from carbonio_mobile.interfaces import IAccounts
from carbonio_mobile.policy.abq import ANY_ACCOUNT

MAX_DEVICES = 200_000
"""So many devices are taken from one file: they are stored in one step, and held in memory till
then."""
MAX_LINE_BYTES = 1000
MAX_FILE_BYTES = 32 << 20
"""So much is read of one file, blanks and repetitions as well."""

_DEVICE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_BOM = b"\xef\xbb\xbf"


async def read_import(
    upload: AsyncIterator[bytes], accounts: IAccounts, breath: Breath = UNBROKEN
) -> list[tuple[DeviceId, AccountId]]:
    """Give the devices and accounts that a file names, each once. Raises: AdminFault.

    Lines end with LF, CR or both; blanks, empty lines and a comma at the end of a line are skipped.
    """
    found: dict[tuple[DeviceId, AccountId], None] = {}
    known: dict[str, AccountId] = {}
    number = 0
    async for line in _lines(upload, breath):
        number += 1
        text = _text(line.removeprefix(_BOM) if number == 1 else line, number)
        if not text:
            continue
        device, slash, whose = (part.strip() for part in text.partition("/"))
        if not _DEVICE_ID.fullmatch(device) or (slash and not whose):
            raise _fault(number, f"expected DEVICE_ID or DEVICE_ID/ACCOUNT, got {shortened(text)}")
        if whose and whose not in known:
            known[whose] = await _account(accounts, whose, number)
        found[DeviceId(device.lower()), known[whose] if whose else ANY_ACCOUNT] = None
        if len(found) > MAX_DEVICES:
            raise _fault(number, f"more than {MAX_DEVICES} devices; import them in several files")
    if not found:
        raise AdminFault("the file names no device, nothing was changed")
    return list(found)


def _text(line: bytes, number: int) -> str:
    try:
        return line.decode("utf-8").strip().rstrip(",").strip()
    except UnicodeDecodeError as exc:
        raise _fault(number, "expected text in UTF-8") from exc


async def _account(accounts: IAccounts, whose: str, number: int) -> AccountId:
    try:
        return (await account_named(accounts, whose)).id
    except NotFound as exc:
        raise _fault(number, str(exc)) from exc


def _fault(number: int, why: str) -> AdminFault:
    return AdminFault(f"line {number}: {why}; nothing was changed")


async def _lines(upload: AsyncIterator[bytes], breath: Breath) -> AsyncIterator[bytes]:
    """Give the lines of a file in pieces, never holding more than a line that is too long."""
    rest, number, total, after_return = b"", 0, 0, False
    async for piece in upload:
        total += len(piece)
        if total > MAX_FILE_BYTES:
            raise _fault(
                number + 1,
                f"expected a file of at most {MAX_FILE_BYTES:,} octets, and this is beyond them;"
                " import it in several files",
            )
        if after_return and piece:
            piece, after_return = piece.removeprefix(b"\n"), False
        after_return = piece.endswith(b"\r") or (after_return and not piece)
        *whole, rest = re.split(rb"\r\n|\r|\n", rest + piece)
        async for line in breath.each(whole):
            number += 1
            _check_length(line, number)
            yield line
        _check_length(rest, number + 1)
    if rest:
        yield rest


def _check_length(line: bytes, number: int) -> None:
    # A line of blanks may be as long as it likes, up to here.
    if len(line.strip()) > MAX_LINE_BYTES or len(line) > 1 << 20:
        raise _fault(number, f"longer than {MAX_LINE_BYTES} octets")
