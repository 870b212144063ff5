"""What a phone keeps of a message: a summary, and its content where that is wanted.

Spec: MS-ASEMAIL 2.2.2; 3.2.5.4 (what a Change holds); MS-ASAIRS 2.2.2.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from carbonio_mobile.eas.times import parse_datetime
from carbonio_mobile.wbxml import Element, Tag
from carbonio_mobile.wbxml.codepages import AirSync, AirSyncBase, Email, Email2

FLAG_CLEARED, FLAG_COMPLETE, FLAG_ACTIVE = 0, 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedFile:
    """One attachment as an item lists it; ``size_bytes`` is the server's estimate."""

    name: str
    reference: str
    size_bytes: int = 0
    inline: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One message. ``received`` is in seconds UTC, None where the server never said it.

    ``flag`` is 0 (none), 1 (complete), 2 (active). ``body_bytes`` is the whole body's size, of
    which only a part may have come (``truncated``). ``content`` is the ApplicationData as it is
    now, kept only where the phone was told to; it is not part of equality.
    """

    id: str
    received: float | None = None
    from_: str = ""
    to: str = ""
    cc: str = ""
    subject: str = ""
    read: bool = False
    flag: int = FLAG_CLEARED
    categories: tuple[str, ...] = ()
    importance: int = 1
    verb: int = 0
    draft: bool = False
    message_class: str = ""
    body_type: int = 0
    body_bytes: int = 0
    truncated: bool = False
    attachments: tuple[AttachedFile, ...] = ()
    content: Element | None = field(default=None, compare=False, repr=False)

    @classmethod
    def of(cls, server_id: str, data: Element, *, keep_content: bool) -> "Item":
        """Read an item as it comes in an Add. Raises: ValueError for a property out of form."""
        return cls(id=server_id).changed(data, keep_content=keep_content)

    def changed(self, data: Element, *, keep_content: bool) -> "Item":
        """Give the item after a Change.

        One with a date is the whole item anew, any other only says what is new.
        Raises: ValueError for a property out of form.
        """
        before = Item(id=self.id) if data.has(Email.DateReceived) else self
        values: dict[str, Any] = {}
        for child in data:
            reader = _READERS.get(child.tag)
            if reader is not None:
                values |= reader(child)
        content = _merged(before.content, data) if keep_content else None
        return replace(before, **values, content=content)

    def to_json(self) -> list[Any]:
        """Give the compact form that :meth:`from_json` reads; the content is left out."""
        files = [[one.name, one.reference, one.size_bytes, one.inline] for one in self.attachments]
        values = [getattr(self, name) for name in _STORED]
        return [*values, files]

    @classmethod
    def from_json(cls, stored: list[Any]) -> "Item":
        """Read the form of :meth:`to_json`. Raises: ValueError, TypeError for any other."""
        values = dict(zip(_STORED, stored, strict=False))
        values["categories"] = tuple(values["categories"])
        files = tuple(
            AttachedFile(name=name, reference=reference, size_bytes=size, inline=inline)
            for name, reference, size, inline in stored[len(_STORED)]
        )
        return cls(**values, attachments=files)


_STORED = (
    "id",
    "received",
    "from_",
    "to",
    "cc",
    "subject",
    "read",
    "flag",
    "categories",
    "importance",
    "verb",
    "draft",
    "message_class",
    "body_type",
    "body_bytes",
    "truncated",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemBody:
    """The body as it came. ``type``: 1 plain, 2 HTML, 4 MIME."""

    type: int
    octets: bytes = field(repr=False)
    truncated: bool = False

    @property
    def text(self) -> str:
        """Give the body as text, what is not UTF-8 replaced."""
        return self.octets.decode("utf-8", "replace")


def body_of(content: Element) -> ItemBody | None:
    """Find the body of an item's content."""
    body = content.find(AirSyncBase.Body)
    if body is None:
        return None
    found = body.find(AirSyncBase.Data)
    return ItemBody(
        type=int(body.value(AirSyncBase.Type, "1")),
        octets=b"" if found is None else found.octets,
        truncated=body.value(AirSyncBase.Truncated, "0") == "1",
    )


def _merged(before: Element | None, change: Element) -> Element:
    told = {child.tag for child in change}
    kept = [] if before is None else [child for child in before if child.tag not in told]
    return Element(AirSync.ApplicationData, [*kept, *change.children])


def _text(name: str) -> Callable[[Element], dict[str, Any]]:
    return lambda element: {name: element.string}


def _number(name: str) -> Callable[[Element], dict[str, Any]]:
    return lambda element: {name: int(element.string)}


def _flag(name: str) -> Callable[[Element], dict[str, Any]]:
    def read(element: Element) -> dict[str, Any]:
        if element.string not in ("0", "1"):
            raise ValueError(f"{element.tag} is no boolean")
        return {name: element.string == "1"}

    return read


def _body(element: Element) -> dict[str, Any]:
    return {
        "body_type": int(element.value(AirSyncBase.Type, "0")),
        "body_bytes": int(element.value(AirSyncBase.EstimatedDataSize, "0")),
        "truncated": element.value(AirSyncBase.Truncated, "0") == "1",
    }


def _attachments(element: Element) -> dict[str, Any]:
    files = tuple(
        AttachedFile(
            name=one.value(AirSyncBase.DisplayName, ""),
            reference=one.value(AirSyncBase.FileReference, ""),
            size_bytes=int(one.value(AirSyncBase.EstimatedDataSize, "0")),
            inline=one.value(AirSyncBase.IsInline, "0") == "1",
        )
        for one in element.find_all(AirSyncBase.Attachment)
    )
    return {"attachments": files}


_READERS: Mapping[Tag, Callable[[Element], dict[str, Any]]] = {
    Email.DateReceived: lambda element: {"received": parse_datetime(element.string)},
    Email.From: _text("from_"),
    Email.To: _text("to"),
    Email.Cc: _text("cc"),
    Email.Subject: _text("subject"),
    Email.Read: _flag("read"),
    Email.Flag: lambda element: {"flag": int(element.value(Email.Status, "0") or "0")},
    Email.Categories: lambda element: {"categories": tuple(one.string for one in element)},
    Email.Importance: _number("importance"),
    Email.MessageClass: _text("message_class"),
    Email2.LastVerbExecuted: _number("verb"),
    Email2.IsDraft: _flag("draft"),
    AirSyncBase.Body: _body,
    AirSyncBase.Attachments: _attachments,
}
