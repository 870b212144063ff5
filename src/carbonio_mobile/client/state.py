"""Everything that a phone remembers between two requests, as values and as JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from carbonio_mobile.client.classes import EMAIL, class_of
from carbonio_mobile.client.items import Item

FORMAT = 1
"""The version of the JSON form; another one is refused."""

FIRST_KEY = "0"

_ROLES = {
    2: "inbox",
    3: "drafts",
    4: "trash",
    5: "sent",
    6: "outbox",
    7: "tasks",
    8: "calendar",
    9: "contacts",
    10: "notes",
    11: "journal",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneFolder:
    """One folder as the server named it; ``parent`` is "0" at the top, ``type`` its Type number."""

    id: str
    parent: str
    name: str
    type: int

    @property
    def role(self) -> str:
        """Give the word for a standard folder, '' for one of the user."""
        return _ROLES.get(self.type, "")

    @property
    def class_name(self) -> str:
        """Give the class of what is in it, '' where no version syncs it."""
        return class_of(self.type)

    @property
    def holds_mail(self) -> bool:
        """Tell whether there is mail in it."""
        return self.class_name == EMAIL


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncOptions:
    """What a phone wants of a collection.

    ``filter_type`` as in MS-ASCMD 2.2.3.68.2 (0: all, 2: three days); one that a class lacks asks
    for all. ``body_type``: 1 plain, 2 HTML, 4 MIME. ``truncation_bytes`` None asks for whole
    bodies. ``client_wins`` resolves conflicts. ``sms`` asks for text messages too (14.0 and later).
    """

    filter_type: int = 0
    body_type: int = 1
    truncation_bytes: int | None = None
    preview_chars: int = 0
    client_wins: bool = False
    sms: bool = False


@dataclass(slots=True, kw_only=True)
class PhoneCollection:
    """One synchronised folder: its key, what is held of it, the options last wanted.

    ``options_told`` tells that the server knows these options (they stay in force there).
    """

    key: str = FIRST_KEY
    items: dict[str, Item] = field(default_factory=dict)
    options: SyncOptions = SyncOptions()
    options_told: bool = False

    def restart(self) -> None:
        """Forget all that came, so that the next Sync begins at 0."""
        self.key = FIRST_KEY
        self.items = {}
        self.options_told = False


@dataclass(slots=True, kw_only=True)
class PhoneState:
    """A device. ``offered`` and ``commands`` are what OPTIONS said; ``policy_key`` 0: none yet.

    ``ping_heartbeat_s`` and ``ping_folders`` are those of the last full Ping that the server took.
    ``resyncs`` counts the collections that had to start over.
    """

    device_id: str
    version: str
    device_type: str = "CarbonioMobileClient"
    user: str = ""
    offered: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    policy_key: int = 0
    folder_key: str = FIRST_KEY
    folders: dict[str, PhoneFolder] = field(default_factory=dict)
    collections: dict[str, PhoneCollection] = field(default_factory=dict)
    ping_heartbeat_s: int = 0
    ping_folders: tuple[str, ...] = ()
    resyncs: int = 0

    def collection(self, folder: str) -> PhoneCollection:
        """Give the collection of a folder, new where it was never synchronised."""
        return self.collections.setdefault(folder, PhoneCollection())

    def class_of(self, folder: str) -> str:
        """Give the class of a folder's items; one that is not known is taken for mail."""
        known = self.folders.get(folder)
        return EMAIL if known is None else known.class_name or EMAIL

    def to_json(self) -> dict[str, Any]:
        """Give all of it as JSON values; contents of messages are left out."""
        return {
            "format": FORMAT,
            **{name: getattr(self, name) for name in _PLAIN},
            "offered": list(self.offered),
            "commands": list(self.commands),
            "ping_folders": list(self.ping_folders),
            "folders": [asdict(folder) for folder in self.folders.values()],
            "collections": {
                name: {
                    "key": one.key,
                    "options": asdict(one.options),
                    "options_told": one.options_told,
                    "items": [item.to_json() for item in one.items.values()],
                }
                for name, one in self.collections.items()
            },
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "PhoneState":
        """Read the form of :meth:`to_json`. Raises: ValueError for any other."""
        try:
            if stored["format"] != FORMAT:
                raise ValueError("the state was written by another version of this program")
            return cls(
                **{name: stored[name] for name in _PLAIN},
                offered=tuple(stored["offered"]),
                commands=tuple(stored["commands"]),
                ping_folders=tuple(stored["ping_folders"]),
                folders={one["id"]: PhoneFolder(**one) for one in stored["folders"]},
                collections={name: _collection(one) for name, one in stored["collections"].items()},
            )
        except (KeyError, TypeError, IndexError, AttributeError) as exc:
            raise ValueError("not a state of this program") from exc


_PLAIN = (
    "device_id",
    "version",
    "device_type",
    "user",
    "policy_key",
    "folder_key",
    "ping_heartbeat_s",
    "resyncs",
)


def _collection(stored: Mapping[str, Any]) -> PhoneCollection:
    items = [Item.from_json(one) for one in stored["items"]]
    return PhoneCollection(
        key=stored["key"],
        items={item.id: item for item in items},
        options=SyncOptions(**stored["options"]),
        options_told=stored["options_told"],
    )
