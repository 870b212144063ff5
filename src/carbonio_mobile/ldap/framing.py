"""``Framer``: a stream of octets, cut into LDAP messages.

Spec: RFC 4511 5.1 and 5.2 (messages follow one another); ../shared/ldap/ldaptor-notes.md 4.2.
"""

from collections.abc import Iterator

from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.ldap.ber import LONG, MAX_LENGTH_OCTETS, SEQUENCE


class Framer:
    """What came in and is no whole message yet.

    Set ``limit`` to change how many octets of contents a message may have from the next head on.
    Beyond what was fed and not taken it holds less than a message.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._held = bytearray()

    def __len__(self) -> int:
        """Give how many octets are held."""
        return len(self._held)

    def feed(self, octets: bytes) -> Iterator[bytes]:
        """Take octets and give each message that is whole, its head included.

        What is not taken from the iterator stays and comes with the next call, which may be with
        no octets. It raises ``ProtocolError`` as soon as no message can begin with what comes next,
        whole or not; after that the stream is of no use.
        """
        self._held += octets
        return self._whole()

    def _whole(self) -> Iterator[bytes]:
        held = self._held
        while (length := self._length()) and length <= len(held):
            message = bytes(held[:length])
            del held[:length]
            yield message

    def _length(self) -> int:
        """Give the length of the first message, head included; 0 where it is not known yet."""
        data = self._held
        if not data:
            return 0
        if data[0] != SEQUENCE:
            raise ProtocolError("no message begins so", offset=0, expected="0x30")
        if len(data) == 1:
            return 0
        if data[1] < LONG:
            return self._allowed(2, data[1])
        count = data[1] - LONG
        if not 1 <= count <= MAX_LENGTH_OCTETS:
            raise ProtocolError("a length of this form is not read", offset=1)
        if len(data) < 2 + count:
            return 0
        return self._allowed(2 + count, int.from_bytes(data[2 : 2 + count], "big"))

    def _allowed(self, head: int, length: int) -> int:
        if length > self.limit:
            raise ProtocolError(f"a message of {length} octets", expected=f"{self.limit} or less")
        return head + length
