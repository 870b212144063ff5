"""A message between the DATA command and the dot: taken out of a stream, and made fit for one.

Only CR LF dot CR LF ends a message; a bare line feed is content, so that nothing can be smuggled
past a server that reads line ends otherwise.

Spec: RFC 5321 4.5.2 (transparency), 2.3.8 (lines).
"""

_END = b"\r\n.\r\n"


class DotReader:
    """Takes one message from a stream, in pieces of any size.

    Of a message beyond ``limit_bytes`` only the end is looked for; ``overflowed`` tells.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        # The line end before the first line: that of the DATA command.
        self._held = bytearray(b"\r\n")
        self.overflowed = False

    @property
    def held_bytes(self) -> int:
        """How much of the message is held."""
        return len(self._held) - 2  # the line end before it

    def drop(self) -> None:
        """Look for the end only from here on."""
        self.overflowed = True
        self._bound()

    def feed(self, chunk: bytes) -> tuple[bytes, bytes] | None:
        """Take octets; once the end is there, give the message and what came after it."""
        start = max(0, len(self._held) - len(_END) + 1)
        self._held += chunk
        end = self._held.find(_END, start)
        if end < 0:
            self._bound()
            return None
        content, rest = bytes(self._held[2 : end + 2]), bytes(self._held[end + len(_END) :])
        self._held.clear()
        if len(content) > self._limit_bytes:
            self.overflowed = True
        return (b"" if self.overflowed else _unstuffed(content)), rest

    def _bound(self) -> None:
        if len(self._held) > self._limit_bytes + len(_END) + 2:
            self.overflowed = True
        if self.overflowed:
            del self._held[: -len(_END)]


def _unstuffed(content: bytes) -> bytes:
    content = content.replace(b"\r\n.", b"\r\n")
    return content[1:] if content.startswith(b".") else content


def stuffed(message: bytes) -> bytes:
    """Give a message as it goes after DATA, with the dot that ends it."""
    content = message.replace(b"\r\n.", b"\r\n..")
    if content.startswith(b"."):
        content = b"." + content
    return content + (b".\r\n" if not content or content.endswith(b"\r\n") else _END)
