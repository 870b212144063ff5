"""oof, options, provision, discover, raw: what concerns the server more than the mail."""

from argparse import Namespace
from urllib.parse import urlsplit

from carbonio_mobile.client.discovery import discover as discovered
from carbonio_mobile.client.discovery import hosts_of
from carbonio_mobile.client.faults import ClientFault
from carbonio_mobile.client.mailtrees import OOF_OFF, OOF_ON, OOF_TIMED, OofSettings
from carbonio_mobile.client.program import Program
from carbonio_mobile.client.screen import clean_lines, local_time
from carbonio_mobile.client.wire import WBXML
from carbonio_mobile.eas.requestline import canonical_command
from carbonio_mobile.wbxml import decode, dump


async def oof(program: Program, arguments: Namespace) -> int:
    """Show the out-of-office settings, after changing them where asked."""
    change = _oof_change(arguments)
    async with program.phone(folders=False) as phone:
        if change is not None:
            await phone.set_oof(change)
        settings = await phone.oof()
    value = {
        "state": ("off", "on", "timed")[settings.state],
        "start": settings.start,
        "end": settings.end,
        "internal": settings.internal,
        "external": settings.external,
    }
    program.screen.result(value, _oof_lines(settings))
    return 0


def _oof_change(arguments: Namespace) -> OofSettings | None:
    if arguments.action == "show":
        return None
    if arguments.action == "off":
        return OofSettings(state=OOF_OFF)
    if (arguments.start is None) != (arguments.end is None):
        raise ClientFault("give both --from and --until, or neither")
    return OofSettings(
        state=OOF_ON if arguments.start is None else OOF_TIMED,
        start=arguments.start,
        end=arguments.end,
        internal=arguments.text,
        external=arguments.external,
    )


def _oof_lines(settings: OofSettings) -> list[str]:
    state = ["off", "on", "on"][settings.state]
    if settings.state == OOF_TIMED:
        state += f" from {local_time(settings.start)} until {local_time(settings.end)}"
    texts = (("to colleagues", settings.internal), ("to others", settings.external))
    return [
        f"out of office: {state}",
        *(f"{to}: {clean_lines(text)}" for to, text in texts if text),
    ]


async def options(program: Program, arguments: Namespace) -> int:
    """Say which versions and commands the server has."""
    del arguments
    async with program.phone(folders=False) as phone:
        await phone.options()
        state = phone.state
    value = {"versions": state.offered, "commands": state.commands, "speaking": state.version}
    program.screen.result(
        value,
        [
            f"versions: {', '.join(state.offered)} (speaking {state.version})",
            f"commands: {', '.join(state.commands)}",
        ],
    )
    return 0


async def provision(program: Program, arguments: Namespace) -> int:
    """Fetch the policy, accept it, and show it."""
    del arguments
    async with program.phone(folders=False) as phone:
        policy = await phone.provision()
        key = phone.state.policy_key
    rules = {} if policy is None else {one.tag.name: one.string for one in policy}
    program.screen.result(
        {"policy_key": key, "policy": rules},
        [f"policy accepted, key {key}", *(f"  {name}: {text}" for name, text in rules.items())],
    )
    return 0


async def discover(program: Program, arguments: Namespace) -> int:
    """Find the server of the user's address; with ``--url``, by asking that host only."""
    del arguments
    access = program.access
    parts = urlsplit(access.url)
    hosts = [f"{parts.scheme}://{parts.netloc}"] if access.url else hosts_of(access.user)
    url = await discovered(program.network.request, access.user, access.password, hosts=hosts)
    program.screen.result({"url": url}, [url])
    return 0


async def raw(program: Program, arguments: Namespace) -> int:
    """Send octets as a command's body and show what comes."""
    octets = arguments.file.read_bytes()
    async with program.phone(folders=False) as phone:
        reply = await phone.session.raw(canonical_command(arguments.command), octets)
    heads = {name: text for name, text in reply.headers.items() if name != "set-cookie"}
    shown = ""
    if reply.body:
        is_wbxml = reply.content_type == WBXML
        shown = dump(decode(reply.body)) if is_wbxml else reply.body.decode("utf-8", "replace")
    program.screen.result(
        {"code": reply.code, "headers": heads, "document": shown},
        [
            f"HTTP {reply.code}",
            *(f"{name}: {text}" for name, text in heads.items()),
            "",
            clean_lines(shown) or "(empty)",
        ],
    )
    return 0 if reply.code == 200 else 1
