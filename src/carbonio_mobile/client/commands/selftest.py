"""selftest: a walk through everything, in every version, against any server."""

from argparse import Namespace
from collections.abc import Awaitable, Callable
from secrets import token_hex
from urllib.parse import urlsplit
from zlib import crc32

from carbonio_mobile.client.discovery import discover
from carbonio_mobile.client.faults import ClientFault
from carbonio_mobile.client.phone import Phone, PhoneState
from carbonio_mobile.client.program import Program
from carbonio_mobile.client.screen import StatusLine
from carbonio_mobile.client.selftest.report import Outcome, Report
from carbonio_mobile.client.selftest.runner import walk_through
from carbonio_mobile.client.selftest.walk import Walk
from carbonio_mobile.client.selftest.watching import WatchedTransport
from carbonio_mobile.eas.version import OFFERED, Version

_DEVICE_TYPE = "CarbonioSelftest"


async def selftest(program: Program, arguments: Namespace) -> int:
    """Walk, show what was found; the exit status is 1 where something fails."""
    other = _other(program, arguments)
    first = _phone(program, Version.V14_1, "a")
    offered = await first.options()
    versions = _versions(arguments.versions or program.access.version or "all", offered)
    address = await _address(program, first)
    report = Report(versions=[version.text for version in versions])
    line = StatusLine(program.screen)
    try:
        for version in versions:
            walk = _walk(program, version, address, other)
            await walk_through(walk, report, keep=arguments.keep, watch=_watch(line))
    finally:
        line.close()
    _show(program, report)
    return 1 if report.count(Outcome.FAILS) else 0


def _versions(wanted: str, offered: tuple[str, ...]) -> list[Version]:
    """Choose the versions to walk. Raises: ClientFault for one that the server does not offer."""
    if wanted == "all":
        return [version for version in OFFERED if version.text in offered]
    chosen = [Version.parse(text) for text in wanted.split(",")]
    missing = [version.text for version in chosen if version.text not in offered]
    if missing:
        raise ClientFault(
            f"the server does not offer {', '.join(missing)}, but {', '.join(offered)}"
        )
    return chosen


def _other(program: Program, arguments: Namespace) -> tuple[str, str]:
    """Give name and password of the second account, empty for none. Raises: OSError."""
    if not arguments.other:
        return "", ""
    if arguments.other_password is not None:
        return arguments.other, arguments.other_password
    if arguments.other_password_file is not None:
        text: str = arguments.other_password_file.read_text("utf-8")
        return arguments.other, text.partition("\n")[0].rstrip("\r")
    return arguments.other, program.around.ask_secret(f"Password of {arguments.other}: ")


async def _address(program: Program, phone: Phone) -> str:
    """Give the account's own address; a login that is none has the server tell it."""
    if "@" in program.access.user:
        return program.access.user
    addresses = await phone.addresses()
    if not addresses:
        raise ClientFault("the server does not tell the account's address: log in with it")
    return addresses[0]


def _phone(
    program: Program,
    version: Version,
    which: str,
    login: tuple[str, str] | None = None,
    watched: WatchedTransport | None = None,
) -> Phone:
    """Make a device that is the same one with each call, so that they do not pile up."""
    access = program.access
    user, password = login or (access.user, access.password)
    name = f"{crc32(f'{user}@{access.url}'.encode()):08x}"
    state = PhoneState(
        device_id=f"selftest{int(version)}{name}{which}",
        version=version.text,
        device_type=_DEVICE_TYPE,
        user=user,
    )
    transport = watched or program.network.transport(access.url, user, password)
    return Phone(state, transport, keep_contents=True)


def _walk(program: Program, version: Version, address: str, other: tuple[str, str]) -> Walk:
    access = program.access
    inner = program.network.transport(access.url, access.user, access.password)
    watched = WatchedTransport(inner, version)
    return Walk(
        version=version,
        phone=_phone(program, version, "a", watched=watched),
        witness=_phone(program, version, "b"),
        watched=watched,
        address=address,
        marker=f"cm{token_hex(5)}",
        now=float(int(program.around.clock())),
        sleep=program.network.sleep,
        discover=_discovery(program),
        other=_phone(program, version, "c", other) if other[0] else None,
        other_address=other[0],
    )


def _discovery(program: Program) -> Callable[[], Awaitable[str]]:
    access = program.access
    parts = urlsplit(access.url)

    async def ask() -> str:
        host = f"{parts.scheme}://{parts.netloc}"
        request = program.network.request
        return await discover(request, access.user, access.password, hosts=[host])

    return ask


def _watch(line: StatusLine) -> Callable[[str, str, int, int], None]:
    def show(version: str, feature: str, number: int, count: int) -> None:
        line.show(f"{version}: {feature} ({number} of {count})")

    return show


def _show(program: Program, report: Report) -> None:
    screen = program.screen
    table = screen.table(("FEATURE", *report.versions), report.rows())
    remarks = report.remarks()
    gap = [""] if remarks else []
    screen.result(report.as_json(), [*table, *gap, *remarks, "", report.closing()])
