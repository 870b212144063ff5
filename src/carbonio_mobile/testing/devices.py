"""Transports for :class:`carbonio_mobile.client.phone.Phone` that need no network.

``RigTransport`` leads to a :class:`carbonio_mobile.testing.rig.Rig`; ``FlakyTransport`` wraps any
transport and loses requests and answers, or repeats requests, as a seeded random says.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from carbonio_mobile.client.faults import AnswerLost, Unreachable
from carbonio_mobile.client.phone import Phone
from carbonio_mobile.client.state import PhoneState
from carbonio_mobile.client.wire import PATH, HttpReply, Transport, written
from carbonio_mobile.eas.http import HttpRequest
from carbonio_mobile.eas.requestline import RequestLine
from carbonio_mobile.testing.rig import Rig, basic


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """One request as a transport saw it, with its answer."""

    line: RequestLine
    body: bytes = field(repr=False)
    reply: HttpReply


def _never(_line: RequestLine) -> bool:
    """Lose nothing."""
    return False


@dataclass(slots=True)
class RigTransport:
    """Carries requests to a rig's pipeline; ``posted`` keeps them, the newest last.

    ``lose_answer`` is asked about each request: where it says so the server does the work and the
    phone hears nothing of it.
    """

    rig: Rig
    login: str = Rig.ADDRESS
    password: str = Rig.PASSWORD
    posted: list[Posted] = field(default_factory=list)
    lose_answer: Callable[[RequestLine], bool] = _never

    async def post(
        self, line: RequestLine, body: bytes, *, content_type: str, timeout_s: float
    ) -> HttpReply:
        """See :meth:`Transport.post`; the timeout is not kept, for the rig's clock stands still."""
        del timeout_s
        query, headers = written(line)
        if content_type:
            headers["Content-Type"] = content_type
        reply = await self._answered("POST", query, headers, body)
        self.posted.append(Posted(line=line, body=body, reply=reply))
        if self.lose_answer(line):
            raise AnswerLost(f"the answer to {line.command} was lost on purpose")
        return reply

    async def options(self) -> HttpReply:
        """See :meth:`Transport.options`."""
        return await self._answered("OPTIONS", b"", {}, b"")

    async def _answered(
        self, method: str, query: bytes, headers: dict[str, str], body: bytes
    ) -> HttpReply:
        request = HttpRequest(
            method=method,
            path=PATH,
            query=query,
            headers={
                "authorization": basic(self.login, self.password),
                "user-agent": "Phone/1",
                **{name.lower(): text for name, text in headers.items()},
            },
            body=body,
            peer="127.0.0.1",
            host="example.com",
            secure=True,
        )
        response = await self.rig.pipeline.respond(request)
        named = {name.lower(): text for name, text in response.headers}
        return HttpReply(code=response.code, headers=named, body=response.body)


@dataclass(slots=True, kw_only=True)
class FlakyTransport:
    """Loses and repeats what goes through ``inner``.

    The three are probabilities: that a request does not arrive, that its answer is lost, that the
    request arrives twice (the phone gets the second answer).
    """

    inner: Transport
    random: Random
    lose_request: float = 0.0
    lose_answer: float = 0.0
    repeat: float = 0.0
    lost_requests: int = 0
    lost_answers: int = 0
    repeated: int = 0

    async def post(
        self, line: RequestLine, body: bytes, *, content_type: str, timeout_s: float
    ) -> HttpReply:
        """See :meth:`Transport.post`."""
        if self.random.random() < self.lose_request:
            self.lost_requests += 1
            raise Unreachable(f"{line.command} was kept from the server on purpose")
        if self.random.random() < self.repeat:
            self.repeated += 1
            await self.inner.post(line, body, content_type=content_type, timeout_s=timeout_s)
        reply = await self.inner.post(line, body, content_type=content_type, timeout_s=timeout_s)
        if self.random.random() < self.lose_answer:
            self.lost_answers += 1
            raise AnswerLost(f"the answer to {line.command} was lost on purpose")
        return reply

    async def options(self) -> HttpReply:
        """See :meth:`Transport.options`; these are never lost."""
        return await self.inner.options()


def rig_phone(
    rig: Rig, *, version: str = "14.1", device: str = "phone1", transport: Transport | None = None
) -> Phone:
    """Give a phone of the rig's account that keeps the contents of what it holds."""
    state = PhoneState(device_id=device, version=version, device_type="Rig", user="john")
    return Phone(state, transport or RigTransport(rig), keep_contents=True)
