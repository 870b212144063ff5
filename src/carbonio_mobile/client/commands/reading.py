"""sync, folders, list, show, fetch, search: what brings mail to the eyes."""

from argparse import Namespace
from pathlib import Path
from typing import Any

from carbonio_mobile.client import shown
from carbonio_mobile.client.applying import SyncResult
from carbonio_mobile.client.classes import EMAIL
from carbonio_mobile.client.commands.naming import folder_named, message_named
from carbonio_mobile.client.commands.waiting import wait_for_news
from carbonio_mobile.client.faults import ClientFault, Refused
from carbonio_mobile.client.items import Item, body_of
from carbonio_mobile.client.phone import Original, Phone, SyncOptions
from carbonio_mobile.client.program import Program
from carbonio_mobile.client.screen import (
    Progress,
    as_json,
    clean,
    clean_lines,
    local_time,
    marks,
)
from carbonio_mobile.client.state import PhoneFolder
from carbonio_mobile.eas.foldertypes import RECIPIENT_CACHE, kind_of, syncable
from carbonio_mobile.eas.version import Version

FILTERS = {"all": 0, "1d": 1, "3d": 2, "1w": 3, "2w": 4, "1m": 5}
BODIES = {"plain": 1, "html": 2, "mime": 4}
TABLE_MAX = 20
"""A sync shows so many of the new messages; ``list`` shows the rest."""


async def sync(program: Program, arguments: Namespace) -> int:
    """Bring folders up to date; with ``--watch``, again whenever there is news."""
    async with program.phone() as phone:
        if arguments.all:
            await phone.folder_sync()
        names = [folder.id for folder in _chosen(phone, arguments)]
        await _sync_folders(program, phone, names, arguments)
    while arguments.watch:
        news = await wait_for_news(program, names, heartbeat_s=480)
        async with program.phone() as phone:
            await _sync_folders(program, phone, news, arguments)
    return 0


def _chosen(phone: Phone, arguments: Namespace) -> list[PhoneFolder]:
    if arguments.all:
        return [one for one in phone.folders.values() if _syncable(one, phone.version)]
    return [folder_named(phone, name) for name in arguments.folders or ["inbox"]]


def _syncable(folder: PhoneFolder, version: Version) -> bool:
    if not folder.class_name:
        return False
    return folder.type == RECIPIENT_CACHE or syncable(kind_of(folder.type), version)


async def _sync_folders(
    program: Program, phone: Phone, names: list[str], arguments: Namespace
) -> None:
    present = [name for name in names if name in phone.folders]
    reports = [await _sync_folder(program, phone, name, arguments) for name in present]
    if program.screen.json:
        program.screen.result(reports, ())


async def _sync_folder(
    program: Program, phone: Phone, folder: str, arguments: Namespace
) -> dict[str, Any]:
    tally = _Tally(Progress(program.screen, clean(phone.path(folder))))
    before = set(phone.items(folder))
    try:
        await phone.settle(
            folder,
            window=arguments.window,
            options=_options(phone, folder, arguments),
            progress=tally,
        )
    finally:
        tally.progress.close()
    held = phone.items(folder)
    new = shown.listed(item for name, item in held.items() if name not in before)
    if not program.screen.json:
        _report(program, phone, folder, tally, new)
    return {
        "folder": phone.path(folder),
        "new": [shown.value(item) for item in new],
        "changed": tally.changed,
        "removed": tally.removed,
        "held": len(held),
    }


class _Tally:
    """Counts what the windows of a sync bring."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.changed = self.removed = 0
        self._total = 0

    def __call__(self, result: SyncResult) -> None:
        self.changed += len(result.changed)
        self.removed += len(result.removed) + len(result.soft_removed)
        self._total += result.count
        self.progress(self._total)


def _options(phone: Phone, folder: str, arguments: Namespace) -> SyncOptions | None:
    """Give the options asked for, None where they are as last time."""
    known = phone.state.collection(folder).options
    wanted = SyncOptions(
        filter_type=FILTERS[arguments.filter] if arguments.filter else known.filter_type,
        body_type=BODIES[arguments.body] if arguments.body else known.body_type,
        truncation_bytes=512 if known.truncation_bytes is None else known.truncation_bytes,
    )
    return None if wanted == known else wanted


def _report(program: Program, phone: Phone, folder: str, tally: _Tally, new: list[Item]) -> None:
    screen = program.screen
    for line in shown.table(screen, new[:TABLE_MAX]):
        screen.say(line)
    if len(new) > TABLE_MAX:
        screen.say(f"… and {len(new) - TABLE_MAX} more: see list")
    counts = f"{len(new)} new, {tally.changed} changed, {tally.removed} removed"
    screen.say(f"{clean(phone.path(folder))}: {counts}; {len(phone.items(folder))} held")


async def folders(program: Program, arguments: Namespace) -> int:
    """List the folders, brought up to date."""
    del arguments
    async with program.phone() as phone:
        await phone.folder_sync()
        listed = sorted(phone.folders.values(), key=lambda one: (one.type, phone.path(one.id)))
        rows = [
            (one.id, one.role, clean(phone.path(one.id)), _held(phone, one.id)) for one in listed
        ]
        value = [
            {"id": one.id, "role": one.role, "path": phone.path(one.id), "type": one.type}
            for one in listed
        ]
        program.screen.result(value, program.screen.table(("ID", "ROLE", "FOLDER", "HELD"), rows))
    return 0


def _held(phone: Phone, folder: str) -> str:
    known = phone.state.collections.get(folder)
    return "" if known is None else str(len(known.items))


async def list_items(program: Program, arguments: Namespace) -> int:
    """List what is held of a folder, without asking the server."""
    async with program.phone() as phone:
        folder = folder_named(phone, arguments.folder)
        items = shown.listed(phone.items(folder.id).values())[: arguments.limit]
        if not items and folder.id not in phone.state.collections:
            program.screen.remark(f"{clean(folder.name)} was never synchronised: sync it first")
        values = [shown.value(item) for item in items]
        program.screen.result(values, shown.table(program.screen, items))
    return 0


async def show(program: Program, arguments: Namespace) -> int:
    """Fetch an item and show it."""
    async with program.phone() as phone:
        folder, item = message_named(phone, arguments.id)
        options = SyncOptions(body_type=BODIES[arguments.body])
        fetched = await phone.item_fetch(Original(folder=folder, item=item.id), options=options)
        body = body_of(fetched.content)
        text = "" if body is None else body.text
        if fetched.item.item_class == EMAIL:
            lines = _shown(fetched.item, clean_lines(text))
        else:
            lines = shown.lines(fetched.item, clean_lines(text))
        program.screen.result({**shown.value(fetched.item), "body": text}, lines)
    return 0


def _shown(item: Item, text: str) -> list[str]:
    heads = [
        ("From", item.from_),
        ("To", item.to),
        ("Cc", item.cc),
        ("Date", local_time(item.received)),
        ("Subject", item.subject),
        ("Flags", marks(item)),
    ]
    lines = [f"{name + ':':9}{clean(value)}" for name, value in heads if value]
    lines += [
        f"File:    {clean(one.name)} ({one.size_bytes} bytes), fetch {one.reference}"
        for one in item.attachments
    ]
    return [*lines, "", text.rstrip("\n")]


async def fetch(program: Program, arguments: Namespace) -> int:
    """Save a message or an attachment."""
    async with program.phone() as phone:
        name, octets = await _fetched(phone, arguments.name)
        if arguments.output == "-":
            program.around.out_bytes().write(octets)
            program.around.out_bytes().flush()
            return 0
        path = _saved(octets, name, arguments.output)
        program.screen.result(
            {"file": str(path), "size_bytes": len(octets)},
            [f"{len(octets)} bytes in {clean(str(path))}"],
        )
    return 0


def _saved(octets: bytes, name: str, output: str | None) -> Path:
    path = Path(output or name)
    if path.exists() and not output:
        raise ClientFault(f"{path} is there already; say where to with -o FILE")
    path.write_bytes(octets)
    return path


async def _fetched(phone: Phone, name: str) -> tuple[str, bytes]:
    """Give a file name and the octets of what is named."""
    try:
        folder, item = message_named(phone, name)
    except ClientFault as unknown:
        try:
            _, octets = await phone.attachment(name)
        except Refused as exc:
            raise ClientFault(f"{unknown}, and it is no attachment ({exc})") from exc
        return _file_name(phone, name), octets
    original = Original(folder=folder, item=item.id)
    fetched = await phone.item_fetch(original, options=SyncOptions(body_type=4))
    body = body_of(fetched.content)
    if body is None:
        raise ClientFault(f"the server gave no body of {name}")
    return f"{name.replace(':', '-')}.eml", body.octets


def _file_name(phone: Phone, reference: str) -> str:
    for collection in phone.state.collections.values():
        for item in collection.items.values():
            for one in item.attachments:
                if one.reference == reference:
                    # The name was written by a stranger: it may not lead anywhere.
                    plain = clean(one.name).replace("/", "-").replace("\\", "-").lstrip(".-")
                    return plain or "attachment.bin"
    return "attachment.bin"


async def search(program: Program, arguments: Namespace) -> int:
    """Search the mailbox on the server, by Find at 16.1 and by Search before."""
    return await _search(program, arguments, must_find=False)


async def find(program: Program, arguments: Namespace) -> int:
    """Search the mailbox by Find."""
    return await _search(program, arguments, must_find=True)


async def _search(program: Program, arguments: Namespace, *, must_find: bool) -> int:
    async with program.phone() as phone:
        folder = folder_named(phone, arguments.folder).id if arguments.folder else ""
        words, rows = " ".join(arguments.words), (0, arguments.limit - 1)
        if must_find and phone.version < Version.V16_1:
            raise ClientFault(f"Find came with 16.1, and this phone speaks {phone.version.text}")
        if phone.version < Version.V12_0:
            raise ClientFault("2.5 searches the address list only: see gal")
        if phone.version >= Version.V16_1:
            page = await phone.find(words, folder=folder, rows=rows)
        else:
            page = await phone.search(words, folder=folder, rows=rows)
        value = [{**as_json(one.item), "folder": phone.path(one.folder)} for one in page.rows]
        table = program.screen.table(
            ("FOLDER", "ID", "DATE", "FROM", "SUBJECT"),
            [
                (
                    clean(phone.path(one.folder)),
                    one.server_id or "-",
                    local_time(one.item.received),
                    clean(one.item.from_),
                    clean(one.item.subject),
                )
                for one in page.rows
            ],
        )
        total = "" if page.total is None else f" of {page.total}"
        program.screen.result(value, [*table, f"{len(page.rows)}{total} found"])
    return 0
