"""send, reply, forward: what goes out."""

import mimetypes
from argparse import Namespace
from pathlib import Path

from carbonio_mobile.client.commands.naming import message_named
from carbonio_mobile.client.composing import File, Message
from carbonio_mobile.client.items import Item
from carbonio_mobile.client.phone import Original
from carbonio_mobile.client.program import Program


async def send(program: Program, arguments: Namespace) -> int:
    """Send a new message."""
    message = _message(program, arguments, to=_joined(arguments.to), subject=arguments.subject)
    async with program.phone(folders=False) as phone:
        await phone.send(message)
    _said(program, message)
    return 0


async def reply(program: Program, arguments: Namespace) -> int:
    """Answer a message that is held."""
    async with program.phone() as phone:
        folder, item = message_named(phone, arguments.id)
        subject = arguments.subject or _prefixed("Re: ", item)
        to = _joined(arguments.to) or item.from_
        message = _message(program, arguments, to=to, subject=subject)
        await phone.smart_reply(Original(folder=folder, item=item.id), message)
    _said(program, message)
    return 0


async def forward(program: Program, arguments: Namespace) -> int:
    """Forward a message that is held, with its attachments."""
    async with program.phone() as phone:
        folder, item = message_named(phone, arguments.id)
        subject = arguments.subject or _prefixed("Fwd: ", item)
        message = _message(program, arguments, to=_joined(arguments.to), subject=subject)
        await phone.smart_forward(Original(folder=folder, item=item.id), message)
    _said(program, message)
    return 0


def _message(program: Program, arguments: Namespace, *, to: str, subject: str) -> Message:
    text = arguments.body
    if text == "-":
        text = program.around.stdin.read()
    return Message(
        to=to,
        cc=_joined(arguments.cc),
        bcc=_joined(arguments.bcc),
        subject=subject,
        text=text,
        files=[_file(path) for path in arguments.attach],
    )


def _file(path: Path) -> File:
    kind, encoding = mimetypes.guess_type(path.name)
    if kind is None or encoding is not None:
        kind = "application/octet-stream"
    return File(name=path.name, content=path.read_bytes(), content_type=kind)


def _joined(addresses: list[str] | None) -> str:
    return ", ".join(addresses or ())


def _prefixed(prefix: str, item: Item) -> str:
    known = item.subject.lower().startswith(prefix.lower())
    return item.subject if known else prefix + item.subject


def _said(program: Program, message: Message) -> None:
    to = ", ".join(one for one in (message.to, message.cc, message.bcc) if one)
    program.screen.result({"sent": True, "to": to}, [f"sent to {to}"])
