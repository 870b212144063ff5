"""What one account asks of a DAV server, and what the answers mean.

Spec: RFC 7617 (Basic), RFC 4918 8 and 13.
"""

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar

from carbonio_mobile.dav.bodies import XML
from carbonio_mobile.dav.faults import Unreadable, fault, read_retry_after, refusal
from carbonio_mobile.dav.hrefs import Url, host
from carbonio_mobile.dav.multistatus import Multistatus, read_multistatus
from carbonio_mobile.errors import NotAllowed, ProtocolError, StoreError, Unavailable
from carbonio_mobile.mailbox.davclient.site import Answer, DavSite

MULTISTATUS: Final = 207
_TO_THREAD_OCTETS: Final = 32 * 1024
"""From here on, reading takes longer than a turn of the reactor may: 2 ms, if all are etags."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What an account logs in with; ``login`` may be of a form like ``user*master``."""

    login: str
    password: str = field(repr=False)

    @property
    def authorization(self) -> str:
        """The header of Basic. Raises: NotAllowed (no such login can be sent)."""
        if ":" in self.login or not (self.login + self.password).isprintable():
            raise NotAllowed("this login cannot be sent by Basic: a colon or control character")
        secret = f"{self.login}:{self.password}".encode()
        return f"Basic {b64encode(secret).decode('ascii')}"


class DavConnection:
    """What one account asks of a site. It holds no connection of its own."""

    def __init__(self, site: DavSite, credentials: Credentials) -> None:
        self.site = site
        self._authorization = credentials.authorization

    async def request(
        self, method: str, url: Url, *, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Answer:
        """Do a request, whatever the answer's status. Raises: Unavailable, TooLarge."""
        sent = {
            "Authorization": self._authorization,
            "User-Agent": "carbonio-mobile",
            "Accept-Encoding": "gzip",
            **(headers or {}),
        }
        return await self.site.request(method, url, sent, body)

    async def done(
        self, method: str, url: Url, *, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Answer:
        """Do a request that must succeed. Raises: StoreError, as the status says."""
        answer = await self.request(method, url, headers=headers, body=body)
        await self.check(method, answer)
        return answer

    async def check(self, method: str, answer: Answer) -> None:
        """Raise what an answer refuses: as a whole or, in a multistatus, of one part.

        Raises: StoreError, as the status says.
        """
        if not answer.is_good:
            raise self.fault(method, answer)
        if answer.status != MULTISTATUS:
            return
        found = await self.read(method, answer, lambda: read_multistatus(answer.body, answer.url))
        for response in found.responses:
            fault_found = refusal(response, f"{method} at {host(answer.url)}")
            if fault_found is not None:
                raise fault_found

    async def multistatus(
        self, method: str, url: Url, *, body: bytes, depth: str | None
    ) -> Multistatus:
        """Do a request that is answered resource by resource.

        Raises: StoreError, as the status says; Unreadable.
        """
        headers = {"Content-Type": XML} | ({} if depth is None else {"Depth": depth})
        answer = await self.request(method, url, headers=headers, body=body)
        return await self.parts(method, answer, lambda found: found)

    async def parts(self, method: str, answer: Answer, function: Callable[[Multistatus], _T]) -> _T:
        """Give what a function makes of an answer resource by resource, in a thread if it is large.

        Raises: as :meth:`multistatus`, and what the function raises.
        """
        if answer.status != MULTISTATUS:
            raise self.fault(method, answer)
        return await self.read(
            method, answer, lambda: function(read_multistatus(answer.body, answer.url))
        )

    async def read(self, method: str, answer: Answer, function: Callable[[], _T]) -> _T:
        """Read an answer's body by a function, in a thread if it is large.

        Raises: Unreadable (the function raised ProtocolError).
        """
        try:
            if len(answer.body) < _TO_THREAD_OCTETS:
                return function()
            return await self.site.in_thread(function)
        except ProtocolError as exc:
            raise Unreadable(f"{method} at {host(answer.url)}: {exc}") from exc

    def fault(self, method: str, answer: Answer) -> StoreError:
        """Make the exception for an answer that is none that was wished for."""
        what = f"{method} at {host(answer.url)}"
        if answer.is_good:
            return Unavailable(f"{what}: {answer.status} where it should be {MULTISTATUS}")
        retry_after = answer.headers.get("retry-after", "")
        return fault(
            answer.status,
            what,
            body=answer.body,
            base=answer.url,
            retry_after_s=read_retry_after(retry_after, self.site.clock.seconds()),
        )
