"""Pictures of people: how many and how large a device wants, and which it gets.

Spec: MS-ASCMD 2.2.3.135 (Picture), 2.2.3.104 (MaxPictures), 2.2.3.105 (MaxSize).
"""

from dataclasses import dataclass

from carbonio_mobile.eas.messages.fields import integer
from carbonio_mobile.eas.status import PictureStatus
from carbonio_mobile.wbxml import Element, Tag


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureOptions:
    """The largest picture in bytes and how many, None without a bound."""

    max_bytes: int | None = None
    max_count: int | None = None

    @classmethod
    def parse(
        cls, options: Element | None, *, picture: Tag, max_size: Tag, max_pictures: Tag
    ) -> "PictureOptions | None":
        """Read the element ``picture`` of options, None where it is missing.

        Raises: ProtocolError.
        """
        found = None if options is None else options.find(picture)
        if found is None:
            return None
        return cls(max_bytes=integer(found, max_size), max_count=integer(found, max_pictures))


class Pictures:
    """Says of one person after another whether the picture comes along.

    ``room_bytes`` bounds all of them together, whatever the device wants.
    """

    def __init__(self, options: PictureOptions, *, room_bytes: int) -> None:
        self._options = options
        self._room = room_bytes
        self._given = 0

    def next(self, picture: bytes) -> PictureStatus:
        """Decide on the next person's picture (MS-ASCMD R3286 to R3289, R3294 to R3297)."""
        options = self._options
        if not picture:
            return PictureStatus.NO_PICTURE
        if options.max_bytes is not None and len(picture) > options.max_bytes:
            return PictureStatus.PICTURE_TOO_LARGE
        full = options.max_count is not None and self._given >= options.max_count
        if full or len(picture) > self._room:
            return PictureStatus.PICTURE_LIMIT_REACHED
        self._given += 1
        self._room -= len(picture)
        return PictureStatus.SUCCESS

    def element(self, picture: bytes, *, parent: Tag, status: Tag, data: Tag) -> Element:
        """Write the answer for the next person; the picture travels as octets."""
        verdict = self.next(picture)
        given = Element(data, picture) if verdict is PictureStatus.SUCCESS else None
        return Element(parent, [Element(status, str(int(verdict))), given])
