"""Contacts, tasks and notes: what makes and changes them."""

from argparse import Namespace

from carbonio_mobile.client import objecttrees, shown, synctrees
from carbonio_mobile.client.classes import CONTACTS, NOTES, TASKS, exists
from carbonio_mobile.client.commands.changing import applied
from carbonio_mobile.client.commands.naming import folder_of_class, item_of_class
from carbonio_mobile.client.faults import ClientFault
from carbonio_mobile.client.items import Item
from carbonio_mobile.client.objecttrees import NewContact, NewTask
from carbonio_mobile.client.phone import Phone
from carbonio_mobile.client.program import Program
from carbonio_mobile.eas.version import Version
from carbonio_mobile.wbxml import Element


async def add_contact(program: Program, arguments: Namespace) -> int:
    """Add a contact."""
    if not (arguments.first or arguments.last or arguments.company or arguments.email):
        raise ClientFault("say who it is: --first, --last, --company or --email")
    async with program.phone() as phone:
        content = objecttrees.contact(_contact(program, arguments), phone.version)
        await added(program, phone, CONTACTS, arguments.folder, content)
    return 0


async def change_contact(program: Program, arguments: Namespace) -> int:
    """Change what is said of a contact; the rest stays."""
    async with program.phone() as phone:
        folder, item = item_of_class(phone, CONTACTS, arguments.id)
        new = _contact(program, arguments)
        changes = [
            one
            for one in objecttrees.contact(new, phone.version)
            if one.tag is not objecttrees.FILE_AS
        ]
        if not changes:
            raise ClientFault("say what changes, as with --email or --phone")
        await changed(program, phone, folder, item, changes)
    return 0


def _contact(program: Program, arguments: Namespace) -> NewContact:
    return NewContact(
        first_name=arguments.first or "",
        last_name=arguments.last or "",
        email=arguments.email or "",
        phone=arguments.phone or "",
        mobile=arguments.mobile or "",
        company=arguments.company or "",
        title=arguments.title or "",
        birthday=arguments.birthday,
        categories=arguments.category,
        text=_text(program, arguments.body),
    )


async def add_task(program: Program, arguments: Namespace) -> int:
    """Add a task."""
    new = NewTask(
        subject=arguments.subject,
        start=arguments.start,
        due=arguments.due,
        remind_at=arguments.remind,
        importance=2 if arguments.important else 1,
        categories=arguments.category,
        text=_text(program, arguments.body),
    )
    async with program.phone() as phone:
        content = objecttrees.task(new, phone.version)
        await added(program, phone, TASKS, arguments.folder, content)
    return 0


async def complete_task(program: Program, arguments: Namespace) -> int:
    """Mark tasks as done."""
    async with program.phone() as phone:
        done = objecttrees.completed(program.around.clock())
        for name in dict.fromkeys(arguments.ids):
            folder, item = item_of_class(phone, TASKS, name)
            await changed(program, phone, folder, item, done)
    return 0


async def add_note(program: Program, arguments: Namespace) -> int:
    """Add a note."""
    async with program.phone() as phone:
        if not exists(NOTES, phone.version):
            raise ClientFault(f"notes came with 14.0, and this phone speaks {phone.version.text}")
        content = objecttrees.note(
            arguments.subject,
            _text(program, arguments.body),
            phone.version,
            categories=arguments.category,
        )
        await added(program, phone, NOTES, arguments.folder, content)
    return 0


async def added(
    program: Program, phone: Phone, class_name: str, folder_name: str | None, content: list[Element]
) -> str:
    """Add an item and show it; gives its server id. Raises: ClientFault."""
    folder = folder_of_class(phone, class_name, folder_name or "")
    await phone.settle(folder.id)
    name = phone.new_id()
    result = await applied(phone, folder.id, [synctrees.add(name, *content)])
    made = phone.items(folder.id)[result.made[name]]
    _show(program, made)
    return made.id


async def changed(
    program: Program, phone: Phone, folder: str, item: Item, changes: list[Element]
) -> None:
    """Change an item and show it; from 16.0 on of an event only what changes is sent.

    Raises: ClientFault.
    """
    assert item.content is not None
    content = objecttrees.whole(item.content, changes)
    await applied(phone, folder, [synctrees.change(item.id, *content)])
    _show(program, phone.items(folder)[item.id])


def _show(program: Program, item: Item) -> None:
    program.screen.result(shown.value(item), shown.table(program.screen, [item]))


def _text(program: Program, text: str) -> str:
    return program.around.stdin.read() if text == "-" else text


def says_part(version: Version) -> bool:
    """Tell whether a Change of an event says what changes only (MS-ASCAL R2231)."""
    return version >= Version.V16_0
