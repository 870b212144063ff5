"""What a phone keeps of an item: a summary, and its content.

Of messages the content is kept where that is wanted, of contacts, events, tasks and notes always.

Spec: MS-ASEMAIL 2.2.2; 3.2.5.4 (what a Change holds); MS-ASAIRS 2.2.2; MS-ASCMD R878, R879.
"""

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from carbonio_mobile.client.classes import EMAIL
from carbonio_mobile.client.objects import summary
from carbonio_mobile.eas.times import parse_datetime
from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.wbxml import Element, Tag, decode, encode
from carbonio_mobile.wbxml.codepages import (
    AirSync,
    AirSyncBase,
    Calendar,
    Contacts,
    Email,
    Email2,
    Tasks,
)

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
    """One item. ``received`` is in seconds UTC, None where the server never said it.

    Of another class than Email ``subject`` is what it is called, ``received`` when it begins or is
    due, and most other fields say nothing. ``flag`` is 0 (none), 1 (complete), 2 (active).
    ``body_bytes`` is the whole body's size, of which only a part may have come (``truncated``).
    ``content`` is the ApplicationData as it is now, of messages kept only where the phone was told
    to; it is not part of equality.
    """

    id: str
    item_class: str = EMAIL
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
    def of(
        cls, server_id: str, data: Element, *, keep_content: bool, item_class: str = EMAIL
    ) -> "Item":
        """Read an item as it comes in an Add. Raises: ValueError for a property out of form."""
        item = cls(id=server_id, item_class=item_class)
        return item.changed(data, keep_content=keep_content)

    def changed(self, data: Element, *, keep_content: bool, partial: bool = False) -> "Item":
        """Give the item after a Change.

        Of messages one with a date is the whole item anew, any other only says what is new. Of
        other classes it is the whole item but for its body, unless it is said to be ``partial``.
        Raises: ValueError for a property out of form.
        """
        if self.item_class != EMAIL:
            return self._object_changed(data, partial=partial)
        before = Item(id=self.id) if data.has(Email.DateReceived) else self
        values: dict[str, Any] = {}
        for child in data:
            reader = _READERS.get(child.tag)
            if reader is not None:
                values |= reader(child)
        content = _merged(before.content, data) if keep_content else None
        return replace(before, **values, content=content)

    def _object_changed(self, data: Element, *, partial: bool) -> "Item":
        held = self.content
        if not partial:
            held = None if held is None else Element(AirSync.ApplicationData, _bodies(held))
        content = _merged(held, data)
        values: dict[str, Any] = {}
        for tag in (AirSyncBase.Body, AirSyncBase.Attachments):
            found = content.find(tag)
            values |= {} if found is None else _READERS[tag](found)
        name, at, categories = summary(self.item_class, content)
        return replace(
            self, **values, content=content, subject=name, received=at, categories=categories
        )

    def to_json(self) -> list[Any]:
        """Give the compact form that :meth:`from_json` reads; contents of messages are left out."""
        files = [[one.name, one.reference, one.size_bytes, one.inline] for one in self.attachments]
        values = [getattr(self, name) for name in _STORED]
        if self.item_class == EMAIL:
            return [*values, files]
        octets = b"" if self.content is None else encode(self.content)
        return [*values, files, self.item_class, b64encode(octets).decode("ascii")]

    @classmethod
    def from_json(cls, stored: list[Any]) -> "Item":
        """Read the form of :meth:`to_json`. Raises: ValueError, TypeError for any other."""
        values = dict(zip(_STORED, stored, strict=False))
        values["categories"] = tuple(values["categories"])
        files = tuple(
            AttachedFile(name=name, reference=reference, size_bytes=size, inline=inline)
            for name, reference, size, inline in stored[len(_STORED)]
        )
        item = cls(**values, attachments=files)
        more = stored[len(_STORED) + 1 :]
        return item if not more else replace(item, item_class=more[0], content=_content(more[1]))


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
    """Find the body of an item's content, in the form of any version."""
    body = content.find(AirSyncBase.Body)
    if body is None:
        return _native_body(content)
    found = body.find(AirSyncBase.Data)
    return ItemBody(
        type=int(body.value(AirSyncBase.Type, "1")),
        octets=b"" if found is None else found.octets,
        truncated=body.value(AirSyncBase.Truncated, "0") == "1",
    )


_NATIVE: tuple[tuple[Tag, Tag, int], ...] = (
    (Email.MIMEData, Email.MIMETruncated, 4),
    (Email.Body, Email.BodyTruncated, 1),
    (Contacts.Body, Contacts.BodyTruncated, 1),
    (Calendar.Body, Calendar.BodyTruncated, 1),
    (Tasks.Body, Tasks.BodyTruncated, 1),
)
"""The bodies of 2.5, each with what tells that it was cut, and the type that it would have now."""
_NATIVE_SIZES = (Contacts.BodySize, Tasks.BodySize)


def _native_body(content: Element) -> ItemBody | None:
    for tag, truncated, kind in _NATIVE:
        found = content.find(tag)
        if found is not None:
            is_cut = content.value(truncated, "0") == "1"
            return ItemBody(type=kind, octets=found.octets, truncated=is_cut)
    return None


def _bodies(content: Element) -> list[Element]:
    """Give what stays where a Change of a whole item says nothing of it (MS-ASCMD R878)."""
    tags = {AirSyncBase.Body, AirSyncBase.NativeBodyType, *_NATIVE_SIZES}
    for native in _NATIVE:
        tags |= set(native[:2])
    return [child for child in content if child.tag in tags]


def _content(text: str) -> Element | None:
    try:
        octets = b64decode(text)
        return decode(octets) if octets else None
    except ProtocolError as exc:
        raise ValueError("an item that cannot be read") from exc


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


def _native_attachments(element: Element) -> dict[str, Any]:
    """Read the attachments of 2.5, whose references are for GetAttachment."""
    files = tuple(
        AttachedFile(
            name=one.value(Email.DisplayName, ""),
            reference=one.value(Email.AttName, ""),
            size_bytes=int(one.value(Email.AttSize, "0")),
        )
        for one in element.find_all(Email.Attachment)
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
    Email.Attachments: _native_attachments,
    Email.BodySize: _number("body_bytes"),
    Email.BodyTruncated: _flag("truncated"),
    Email2.LastVerbExecuted: _number("verb"),
    Email2.IsDraft: _flag("draft"),
    AirSyncBase.Body: _body,
    AirSyncBase.Attachments: _attachments,
}
