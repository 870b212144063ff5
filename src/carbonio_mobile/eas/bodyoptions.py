"""What a device says it wants of bodies: read from Options, kept in the state of a collection.

Spec: MS-ASAIRS 2.2.2.11 (BodyPartPreference), 2.2.2.12 (BodyPreference), 3.2.5.1; MS-ASCMD
2.2.3.110 (MIMESupport), 2.2.3.111 (MIMETruncation), 2.2.3.185 (Truncation).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any

from carbonio_mobile.eas.status import Common
from carbonio_mobile.eas.version import Version, knows
from carbonio_mobile.errors import CommandStatus, ProtocolError
from carbonio_mobile.wbxml.codepages import AirSync, AirSyncBase
from carbonio_mobile.wbxml.elements import Element
from carbonio_mobile.wbxml.tokens import Tag

MAX_SIZE = 0xFFFFFFFF
MAX_PREVIEW_CHARS = 255
_MIME_TRUNCATIONS: tuple[int | None, ...] = (0, 4096, 5120, 7168, 10240, 20480, 51200, 102400, None)
_TRUNCATIONS: tuple[int | None, ...] = (
    0, 512, 1024, 2048, 5120, 10240, 20480, 51200, 102400, None,
)  # fmt: skip
"""The scale of 2.5, in characters (MS-ASCMD R7356 to R7365): another than that of MIME."""

LONGEST_CHARACTER_BYTES = 4
"""Of UTF-8."""


class BodyType(IntEnum):
    """The form of a body (MS-ASAIRS R304 to R307)."""

    PLAIN = 1
    HTML = 2
    RTF = 3
    MIME = 4


class MimeSupport(IntEnum):
    """For which messages MIME is wanted (MS-ASCMD R3396 to R3399)."""

    NEVER = 0
    SMIME = 1
    ALWAYS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyPreference:
    """How a device wants bodies of one type.

    ``truncation_bytes`` None is no limit. With ``all_or_none`` a body beyond the limit is not
    wanted at all; it is never set without a limit (MS-ASAIRS R75). ``preview_chars`` 0 is no
    preview.
    """

    type: BodyType
    truncation_bytes: int | None = None
    all_or_none: bool = False
    preview_chars: int = 0

    def within(self, limit_bytes: int) -> "BodyPreference":
        """Give the same wish for no more than ``limit_bytes``."""
        limit = self.truncation_bytes
        if limit is not None and limit <= limit_bytes:
            return self
        return replace(self, truncation_bytes=limit_bytes)


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyOptions:
    """All that Options say of bodies.

    ``preferences`` holds each type once, in the order sent. ``mime_truncation`` is in octets, None
    for no limit. ``native_truncation`` is the Truncation of 2.5 in characters, None for no limit.
    The defaults are what no Options at all mean: plain text, whole.
    """

    preferences: tuple[BodyPreference, ...] = ()
    part_preferences: tuple[BodyPreference, ...] = ()
    mime_support: MimeSupport = MimeSupport.NEVER
    mime_truncation: int | None = None
    native_truncation: int | None = None

    @classmethod
    def parse(cls, options: Element | None, version: Version) -> "BodyOptions":
        """Read the children of Options of a Sync, a Fetch or a Search; None means none were sent.

        The order of the children of BodyPreference is not enforced, for clients vary it.
        Raises: ProtocolError (Sync status 4, MS-ASAIRS R349 to R351), CommandStatus 164 for a part
        in another form than HTML (R324, MS-ASCMD R5412).
        """
        if options is None:
            return cls()
        parts: tuple[BodyPreference, ...] = ()
        if version >= Version.V14_1:
            parts = _preferences(options, AirSyncBase.BodyPartPreference, version)
            if any(one.type is not BodyType.HTML for one in parts):
                raise CommandStatus(Common.BODY_PART_PREFERENCE_TYPE_NOT_SUPPORTED)
        mime_support = MimeSupport(_number(options, AirSync.MIMESupport, 2) or 0)
        mime_truncation = _scaled(options, AirSync.MIMETruncation, _MIME_TRUNCATIONS)
        if not knows(version, AirSyncBase.BodyPreference):
            return cls._native(options, mime_support, mime_truncation)
        return cls(
            preferences=_preferences(options, AirSyncBase.BodyPreference, version),
            part_preferences=parts,
            mime_support=mime_support,
            mime_truncation=mime_truncation,
        )

    @classmethod
    def _native(
        cls, options: Element, mime_support: MimeSupport, mime_truncation: int | None
    ) -> "BodyOptions":
        """Say what the Options of 2.5 mean in preferences: plain text, and MIME where supported.

        RtfTruncation is of the compressed RTF that this server never sends.
        """
        characters = _scaled(options, AirSync.Truncation, _TRUNCATIONS)
        octets = None if characters is None else characters * LONGEST_CHARACTER_BYTES
        plain = BodyPreference(type=BodyType.PLAIN, truncation_bytes=octets)
        mime = (BodyPreference(type=BodyType.MIME),) if mime_support else ()
        return cls(
            preferences=(plain, *mime),
            mime_support=mime_support,
            mime_truncation=mime_truncation,
            native_truncation=characters,
        )

    def preference(self, kind: BodyType) -> BodyPreference | None:
        """Give the preference for a type, or None."""
        return next((one for one in self.preferences if one.type is kind), None)

    def within(self, limit_bytes: int) -> "BodyOptions":
        """Give the same wishes with no body larger than ``limit_bytes``."""
        stated = self.preferences
        if not stated and not self.part_preferences:
            stated = (BodyPreference(type=BodyType.PLAIN),)  # what no wishes mean
        return replace(
            self,
            preferences=tuple(one.within(limit_bytes) for one in stated),
            part_preferences=tuple(one.within(limit_bytes) for one in self.part_preferences),
        )

    def to_json(self) -> dict[str, Any]:
        """Give the compact form that :meth:`from_json` reads; empty for the defaults."""
        doc: dict[str, Any] = {}
        if self.preferences:
            doc["p"] = [_preference_to_json(one) for one in self.preferences]
        if self.part_preferences:
            doc["q"] = [_preference_to_json(one) for one in self.part_preferences]
        if self.mime_support:
            doc["m"] = int(self.mime_support)
        if self.mime_truncation is not None:
            doc["t"] = self.mime_truncation
        if self.native_truncation is not None:
            doc["n"] = self.native_truncation
        return doc

    @classmethod
    def from_json(cls, doc: Mapping[str, Any]) -> "BodyOptions":
        """Read the form of :meth:`to_json`."""
        return cls(
            preferences=tuple(_preference_from_json(*one) for one in doc.get("p", ())),
            part_preferences=tuple(_preference_from_json(*one) for one in doc.get("q", ())),
            mime_support=MimeSupport(doc.get("m", 0)),
            mime_truncation=doc.get("t"),
            native_truncation=doc.get("n"),
        )


def _preferences(options: Element, tag: Tag, version: Version) -> tuple[BodyPreference, ...]:
    found: dict[BodyType, BodyPreference] = {}
    for element in options.find_all(tag):
        one = _preference(element, version)
        if one.type in found:
            raise ProtocolError(f"two preferences for bodies of type {one.type}")
        found[one.type] = one
    return tuple(found.values())


def _preference(element: Element, version: Version) -> BodyPreference:
    kind = _number(element, AirSyncBase.Type, 4)
    if not kind:
        raise ProtocolError("a preference for no type of body")
    limit = _number(element, AirSyncBase.TruncationSize, MAX_SIZE)
    whole = _flag(element, AirSyncBase.AllOrNone)
    preview = _number(element, AirSyncBase.Preview, MAX_PREVIEW_CHARS)
    return BodyPreference(
        type=BodyType(kind),
        truncation_bytes=limit,
        all_or_none=whole and limit is not None,
        preview_chars=(preview or 0) if version >= Version.V14_0 else 0,
    )


def _scaled(parent: Element, tag: Tag, scale: Sequence[int | None]) -> int | None:
    """Read a number that stands for a limit; None, no limit, where the child is absent."""
    number = _number(parent, tag, len(scale) - 1)
    return None if number is None else scale[number]


def _number(parent: Element, tag: Tag, highest: int) -> int | None:
    """Read a number of 0 to ``highest``, None where the child is absent or empty."""
    text = parent.value(tag, "").strip()
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 10 or int(text) > highest:
        raise ProtocolError(f"{tag} is not a number", expected=f"0 to {highest}")
    return int(text)


def _flag(parent: Element, tag: Tag) -> bool:
    found = parent.find_all(tag)
    if len(found) > 1:
        raise ProtocolError(f"more than one {tag}")
    if not found:
        return False
    text = found[0].string.strip().lower()
    if text not in ("0", "1", "false", "true"):
        raise ProtocolError(f"{tag} is no boolean", expected="0 or 1")
    return text in ("1", "true")


def _preference_to_json(one: BodyPreference) -> list[int | None]:
    return [int(one.type), one.truncation_bytes, int(one.all_or_none), one.preview_chars]


def _preference_from_json(
    kind: int, truncation: int | None, whole: int, preview: int
) -> BodyPreference:
    return BodyPreference(
        type=BodyType(kind),
        truncation_bytes=truncation,
        all_or_none=bool(whole),
        preview_chars=preview,
    )
