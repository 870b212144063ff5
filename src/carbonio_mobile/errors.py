"""The exceptions that the rooms of carbonio-mobile raise at one another.

Expected outcomes (a refusal, an item's status) are values, not exceptions; what stands here ends
the work at hand. The text of an exception is for logs and never leaves for a peer.
"""


class CarbonioMobileError(Exception):
    """The root of the tree; never raised itself."""


class ProtocolError(CarbonioMobileError):
    """The peer sent something outside the protocol.

    ``offset`` is the position in the bytes received, where one is known; ``expected`` says what
    would have been right there.
    """

    def __init__(self, message: str, *, offset: int | None = None, expected: str = "") -> None:
        super().__init__(message)
        self.offset = offset
        self.expected = expected

    def __str__(self) -> str:
        text = str(self.args[0])
        if self.offset is not None:
            text += f" at offset {self.offset}"
        if self.expected:
            text += f", expected {self.expected}"
        return text


class CommandStatus(CarbonioMobileError):
    """A whole command ends with a status of the common table (MS-ASCMD 2.2.2), 101 to 184.

    ``code`` is a member of :class:`carbonio_mobile.eas.status.Common`. What that becomes on the
    wire depends on version and command and is decided in ``eas/refusal.py``.
    """

    def __init__(self, code: int, why: str = "") -> None:
        super().__init__(f"status {int(code)}{': ' if why else ''}{why}")
        self.code = code


class ConfigError(CarbonioMobileError):
    """The configuration cannot be used; says which option and why, in one line."""

    def __init__(self, option: str, why: str) -> None:
        super().__init__(f"{option}: {why}")
        self.option = option
        self.why = why


class StoreError(CarbonioMobileError):
    """A store or mailbox could not do what was asked; a subclass says why."""


class NotFound(StoreError):
    """The folder, item, part, account or record does not exist (any more)."""


class Conflict(StoreError):
    """Something of that name or identity is there already, or changed since it was read."""


class NotAllowed(StoreError):
    """The thing exists, but this operation on it is not permitted (a standard folder, a right)."""


class ReadOnly(NotAllowed):
    """The folder is another's, or all people's, and this account may only read it."""


class OverQuota(StoreError):
    """The mailbox is full; nothing was stored."""


class TooLarge(StoreError):
    """One thing is larger than the limit for its kind; nothing was stored."""


class Unavailable(StoreError):
    """The store cannot answer now (locked, disk full, gone); trying again later may help."""


class Corrupt(StoreError):
    """What was stored cannot be read back."""
