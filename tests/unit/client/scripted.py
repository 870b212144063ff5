"""A transport whose answers are written down beforehand."""

from dataclasses import dataclass, field

from carbonio_mobile.client.phone import Phone, PhoneState
from carbonio_mobile.client.state import PhoneFolder
from carbonio_mobile.client.wire import WBXML, HttpReply
from carbonio_mobile.eas.requestline import RequestLine
from carbonio_mobile.wbxml import Element, decode, encode
from carbonio_mobile.wbxml.codepages import AirSync

Scripted = HttpReply | Exception | Element


@dataclass(slots=True)
class ScriptedTransport:
    """Gives the answers in their order; raises those that are exceptions."""

    answers: list[Scripted]
    lines: list[RequestLine] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    async def post(
        self, line: RequestLine, body: bytes, *, content_type: str, timeout_s: float
    ) -> HttpReply:
        self.lines.append(line)
        self.bodies.append(body)
        return self._next()

    async def options(self) -> HttpReply:
        return self._next()

    def _next(self) -> HttpReply:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, Element):
            return document(answer)
        return answer

    def request(self, index: int = -1) -> Element:
        """Give a request's document."""
        return decode(self.bodies[index])


def document(root: Element) -> HttpReply:
    """Give an answer with a document."""
    return HttpReply(code=200, headers={"content-type": WBXML}, body=encode(root))


def phone_of(
    *answers: Scripted, version: str = "14.1", key: str = "{k}1", **more: object
) -> tuple[Phone, ScriptedTransport]:
    """Give a phone that holds the synchronised folder ``5`` and hears these answers."""
    transport = ScriptedTransport(list(answers))
    state = PhoneState(device_id="phone1", version=version, folder_key="{f}1")
    state.folders["5"] = PhoneFolder(id="5", parent="0", name="Inbox", type=2)
    state.collection("5").key = key
    return Phone(state, transport, keep_contents=True, **more), transport  # type: ignore[arg-type]


def collection(*content: Element | None, key: str = "{k}2", status: str = "1") -> Element:
    """Give a Sync answer about folder 5."""
    parts = [
        Element(AirSync.SyncKey, key),
        Element(AirSync.CollectionId, "5"),
        Element(AirSync.Status, status),
        *content,
    ]
    return Element(
        AirSync.Sync, [Element(AirSync.Collections, [Element(AirSync.Collection, parts)])]
    )
