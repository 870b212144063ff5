"""What whoever watches an account's traffic is told: a request, and later what became of it."""

from dataclasses import dataclass, field
from typing import Protocol

from carbonio_mobile.eas.http import HttpRequest, HttpResponse
from carbonio_mobile.eas.requestline import RequestLine
from carbonio_mobile.ids import AccountId


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A request whose sender is known by now. ``line`` is None for OPTIONS."""

    account: AccountId
    name: str
    request: HttpRequest = field(repr=False)
    line: RequestLine | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The answer to a request, with what the log tells of both.

    ``refused`` is why it went no further, ``fault`` what went wrong or was worth a note; both are
    empty where nothing was.
    """

    account: AccountId
    name: str
    response: HttpResponse = field(repr=False)
    command: str
    device: str
    version: str
    peer: str
    bytes_in: int
    elapsed_s: float
    refused: str = ""
    fault: str = ""


class Traffic(Protocol):
    """Watches the traffic of some accounts. None of this may raise, or wait.

    ``wants`` is asked for every request; only where it says so are the others called.
    """

    def wants(self, account: AccountId) -> bool:
        """Tell whether somebody watches this account."""

    def request(self, heard: Heard) -> int:
        """Take note of a request; gives the number to name it by when it is answered."""

    def response(self, number: int, told: Told) -> None:
        """Take note of what became of a request."""


class Unwatched:
    """Traffic that nobody watches."""

    def wants(self, _account: AccountId) -> bool:
        """Tell that nobody does."""
        return False

    def request(self, _heard: Heard) -> int:
        """Take no note."""
        return 0

    def response(self, number: int, told: Told) -> None:
        """Take no note."""
