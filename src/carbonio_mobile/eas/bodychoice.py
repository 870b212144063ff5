"""What the bodies of messages and of other items have in common: the choice, the cut, the element.

Spec: MS-ASAIRS 2.2.2.3 (AllOrNone), 2.2.2.9 (Body), 2.2.2.35 (Preview).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from carbonio_mobile.eas.bodyoptions import BodyOptions, BodyPreference, BodyType
from carbonio_mobile.eas.version import Version
from carbonio_mobile.wbxml.codepages import AirSyncBase
from carbonio_mobile.wbxml.elements import Element

_SIZE_ONLY = BodyPreference(type=BodyType.PLAIN, truncation_bytes=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A body as it goes out.

    ``size_bytes`` is the whole body in that type. ``data`` is octets only where a string cannot
    carry them (MIME that is not clean UTF-8).
    """

    type: BodyType
    size_bytes: int
    data: str | bytes = field(default="", repr=False)
    truncated: bool = False
    preview: str = field(default="", repr=False)

    @property
    def octets(self) -> bytes:
        """The data as a part of a multipart answer carries it."""
        return self.data.encode() if isinstance(self.data, str) else self.data


def readable(options: BodyOptions, native: int) -> list[BodyPreference]:
    """Give the preferences for plain text and HTML, that of the native type first; never empty.

    A device that names neither gets plain text: whole where it names nothing at all, no more than
    of the form that it cannot have, and only the size beside a BodyPart.
    """
    wanted = [one for one in options.preferences if one.type in (BodyType.PLAIN, BodyType.HTML)]
    if wanted:
        return sorted(wanted, key=lambda one: -one.type if native == BodyType.HTML else one.type)
    if not options.preferences:
        return [_SIZE_ONLY if options.part_preferences else BodyPreference(type=BodyType.PLAIN)]
    other = options.preferences[0]
    return [replace(other, type=BodyType.PLAIN, all_or_none=False)]


def fitting(
    candidates: Sequence[BodyPreference],
    cut: Callable[[BodyPreference], Body],
    preview: str,
    version: Version,
) -> Body:
    """Cut the first of the candidates (best first, not empty) that may go out as it comes.

    A type wanted whole or not at all that does not fit gives way to the next (MS-ASAIRS R78, R80);
    where nothing fits there is no data. ``preview`` is what may stand in Preview.
    """
    chosen, body = candidates[0], None
    for one in candidates:
        tried = cut(one)
        if not (one.all_or_none and tried.truncated):
            chosen, body = one, tried
            break
    if body is None:
        body = replace(cut(chosen), data="")
    # MS-ASAIRS R1001036: no preview beside plain text that came with data.
    beside_text = chosen.type is BodyType.PLAIN and body.data
    if chosen.preview_chars and version >= Version.V14_0 and not beside_text:
        body = replace(body, preview=preview[: chosen.preview_chars])
    return body


def cut_text(kind: BodyType, octets: bytes, size: int, limit: int | None) -> Body:
    """Cut UTF-8 to ``limit`` octets (None: not), of a body of ``size`` octets in all.

    What is left of a character that was cut, here or by the mailbox, is dropped; the body is valid
    UTF-8 otherwise.
    """
    kept = octets if limit is None else octets[:limit]
    truncated = len(kept) < size
    data = kept.decode("utf-8", "ignore" if truncated else "replace")
    return Body(type=kind, size_bytes=size, data=data, truncated=truncated)


def body_element(body: Body) -> Element:
    """Build Body, its children in the order of MS-ASAIRS R112; an empty Data never goes out."""
    children = [
        Element(AirSyncBase.Type, str(int(body.type))),
        Element(AirSyncBase.EstimatedDataSize, str(body.size_bytes)),
    ]
    if body.truncated:
        children.append(Element(AirSyncBase.Truncated, "1"))
    elif body.type is BodyType.MIME:
        # An S/MIME answer must hold the element in any case (MS-ASCMD R3409).
        children.append(Element(AirSyncBase.Truncated, "0"))
    if body.data:
        children.append(Element(AirSyncBase.Data, body.data))
    if body.preview:
        children.append(Element(AirSyncBase.Preview, body.preview))
    return Element(AirSyncBase.Body, children)
