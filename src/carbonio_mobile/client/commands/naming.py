"""What the user names: folders and messages that the phone knows."""

from carbonio_mobile.client.faults import ClientFault
from carbonio_mobile.client.items import Item
from carbonio_mobile.client.phone import Phone
from carbonio_mobile.client.state import PhoneFolder


def folder_named(phone: Phone, name: str) -> PhoneFolder:
    """Find a folder. Raises: ClientFault, naming those that there are."""
    try:
        return phone.folder(name)
    except KeyError:
        known = ", ".join(phone.path(folder) for folder in phone.folders)
        raise ClientFault(f"there is no folder {name!r}; there are: {known}") from None


def message_named(phone: Phone, server_id: str) -> tuple[str, Item]:
    """Find a message that is held; gives its folder's id too. Raises: ClientFault."""
    for folder, collection in phone.state.collections.items():
        item = collection.items.get(server_id)
        if item is not None:
            return folder, item
    raise ClientFault(f"no message {server_id!r} is held; sync its folder, then list it")


def grouped(phone: Phone, ids: list[str]) -> dict[str, list[str]]:
    """Sort messages by folder: id -> server ids, each once. Raises: ClientFault."""
    groups: dict[str, list[str]] = {}
    for server_id in dict.fromkeys(ids):
        folder, _ = message_named(phone, server_id)
        groups.setdefault(folder, []).append(server_id)
    return groups
