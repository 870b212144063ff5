"""What the user names: folders and items that the phone knows."""

from contextlib import suppress

from carbonio_mobile.client.faults import ClientFault
from carbonio_mobile.client.items import Item
from carbonio_mobile.client.phone import Phone
from carbonio_mobile.client.state import PhoneFolder

_ALIASES = {"events": "calendar"}


def folder_of_class(phone: Phone, class_name: str, name: str) -> PhoneFolder:
    """Find a folder for items of a class: that named, or the standard one. Raises: ClientFault."""
    folder = folder_named(phone, name or class_name.lower())
    if folder.class_name != class_name:
        raise ClientFault(f"{phone.path(folder.id)} does not hold {class_name.lower()}")
    return folder


def item_of_class(phone: Phone, class_name: str, server_id: str) -> tuple[str, Item]:
    """Find an item of a class that is held, with its folder's id. Raises: ClientFault."""
    folder, item = message_named(phone, server_id)
    if item.item_class != class_name:
        raise ClientFault(f"{server_id} is not in a folder of {class_name.lower()}")
    return folder, item


def folder_named(phone: Phone, name: str) -> PhoneFolder:
    """Find a folder. Raises: ClientFault, naming those that there are."""
    for one in (name, _ALIASES.get(name.lower(), name)):
        with suppress(KeyError):
            return phone.folder(one)
    known = ", ".join(phone.path(folder) for folder in phone.folders)
    raise ClientFault(f"there is no folder {name!r}; there are: {known}")


def message_named(phone: Phone, server_id: str) -> tuple[str, Item]:
    """Find an item that is held; gives its folder's id too. Raises: ClientFault."""
    for folder, collection in phone.state.collections.items():
        item = collection.items.get(server_id)
        if item is not None:
            return folder, item
    raise ClientFault(f"no item {server_id!r} is held; sync its folder, then list it")


def grouped(phone: Phone, ids: list[str]) -> dict[str, list[str]]:
    """Sort messages by folder: id -> server ids, each once. Raises: ClientFault."""
    groups: dict[str, list[str]] = {}
    for server_id in dict.fromkeys(ids):
        folder, _ = message_named(phone, server_id)
        groups.setdefault(folder, []).append(server_id)
    return groups
