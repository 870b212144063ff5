"""What can go wrong between the client and its server, by what the user can do about it."""

from carbonio_mobile.errors import CarbonioMobileError


class ClientFault(CarbonioMobileError):
    """The root of what the client raises; its text is one line for the user."""


class ServerFault(ClientFault):
    """The server said something that the protocol does not allow here."""


class Unreachable(ClientFault):
    """The server could not be reached; the request did not arrive."""


class AnswerLost(Unreachable):
    """No whole answer came: the server may or may not have done what was asked."""


class Refused(ClientFault):
    """The server understood and refused.

    ``status`` is the status of the protocol, None where the refusal is a bare HTTP code.
    """

    def __init__(
        self, text: str, *, command: str, status: int | None = None, http_code: int = 200
    ) -> None:
        super().__init__(text)
        self.command = command
        self.status = status
        self.http_code = http_code


class LoginRefused(Refused):
    """Name or password are wrong, or the account is locked."""


class TryLater(Refused):
    """The server cannot answer now; the same request may succeed after ``retry_after_s``."""

    def __init__(
        self,
        text: str,
        *,
        command: str,
        status: int | None = None,
        http_code: int = 200,
        retry_after_s: float = 30.0,
    ) -> None:
        super().__init__(text, command=command, status=status, http_code=http_code)
        self.retry_after_s = retry_after_s
