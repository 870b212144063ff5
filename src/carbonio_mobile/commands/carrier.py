"""Where the binaries of an answer go.

Spec: MS-ASCMD 2.2.1.10.1 (delivery of content requested by Fetch).
"""

from base64 import b64encode
from collections.abc import Sequence

from carbonio_mobile.commands.context import Call
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import AirSyncBase, ItemOperations


class Carrier:
    """Puts binaries into the answer: as parts of it, or as base64 within the document.

    It counts them: what a request may draw out in all is bounded, for it is held in memory.
    """

    def __init__(self, call: Call) -> None:
        self.parts: list[bytes] = []
        self._multipart = call.line.accept_multipart
        bounds = call.services.bounds
        self._room = max(bounds.attachment_bytes, bounds.message_bytes, bounds.response_bytes)

    @property
    def room_bytes(self) -> int:
        """How many octets may still come."""
        return self._room

    def takes(self, size_bytes: int) -> bool:
        """Reserve room for so many octets, or tell that there is none."""
        if size_bytes > self._room:
            return False
        self._room -= size_bytes
        return True

    def put(self, octets: bytes) -> Element:
        """Give the element that holds, or stands for, an attachment's octets."""
        if self._multipart:
            return Element(ItemOperations.Part, str(self._part(octets)))
        return Element(ItemOperations.Data, b64encode(octets).decode("ascii"))

    def carries(self, properties: Sequence[Element]) -> bool:
        """Take the bodies among an item's properties in, or tell that there is no room for them.

        In a multipart answer they become parts of it (MS-ASAIRS R176, R244).
        """
        bodies = [
            (body, at)
            for body in properties
            if body.tag in (AirSyncBase.Body, AirSyncBase.BodyPart)
            for at, child in enumerate(body.children)
            if child.tag is AirSyncBase.Data
        ]
        if not self.takes(sum(len(body.children[at].octets) for body, at in bodies)):
            return False
        for body, at in bodies:
            if self._multipart and body.tag is AirSyncBase.Body:
                number = self._part(body.children[at].octets)
                body.children[at] = Element(ItemOperations.Part, str(number))
        return True

    def _part(self, octets: bytes) -> int:
        self.parts.append(octets)
        return len(self.parts)  # part 0 is the document
