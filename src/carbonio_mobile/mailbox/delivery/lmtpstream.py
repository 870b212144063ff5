"""The octets of an LMTP client as command lines and messages; nothing is kept without a bound.

Spec: RFC 5321 4.5.3.1 (sizes).
"""

from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.mailbox.delivery.dots import DotReader

MAX_LINE_BYTES = 2048


class LmtpStream:
    """Cuts what arrives, in pieces of any size; the reader says what it expects next."""

    def __init__(self) -> None:
        self._buffer = b""
        self._message: DotReader | None = None

    @property
    def held_bytes(self) -> int:
        """How much waits to be read."""
        return len(self._buffer)

    def feed(self, chunk: bytes) -> None:
        """Take octets."""
        self._buffer += chunk

    def line(self) -> bytes | None:
        """Give the next command without its line end; None if it is not there yet.

        Raises: ProtocolError (longer than any command).
        """
        end = self._buffer.find(b"\n", 0, MAX_LINE_BYTES + 1)
        if end < 0:
            if len(self._buffer) > MAX_LINE_BYTES:
                raise ProtocolError("a line that is too long")
            return None
        line, self._buffer = self._buffer[:end], self._buffer[end + 1 :]
        return line.removesuffix(b"\r")

    def begin_message(self, limit_bytes: int) -> None:
        """Expect a message next."""
        self._message = DotReader(limit_bytes)

    @property
    def message_bytes(self) -> int:
        """How much is held of the message that is being read."""
        return 0 if self._message is None else self._message.held_bytes

    def drop_message(self) -> None:
        """Keep nothing of the message that is being read; it counts as too large."""
        if self._message is not None:
            self._message.drop()

    def message(self) -> tuple[bytes, bool] | None:
        """Give the message once it is there, and whether it was too large (and is empty then)."""
        reader = self._message
        assert reader is not None, "begin_message comes first"
        found = reader.feed(self._buffer)
        self._buffer = b"" if found is None else found[1]
        if found is None:
            return None
        self._message = None
        return found[0], reader.overflowed
