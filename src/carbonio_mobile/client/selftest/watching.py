"""A transport that looks at each answer on its way, and can lose one.

What a client can know of an answer's form: that it is the document of its command, and that each
element in it exists in the version that is spoken.

Spec: MS-ASWBXML 2.1.2.1 (versions of elements); MS-ASCMD 2.2.1 (roots).
"""

from dataclasses import dataclass, field

from carbonio_mobile.client.faults import AnswerLost
from carbonio_mobile.client.wire import MULTIPART, WBXML, HttpReply, Transport, split_multipart
from carbonio_mobile.eas.requestline import RequestLine
from carbonio_mobile.eas.roots import ROOTS
from carbonio_mobile.eas.version import Version, knows
from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.wbxml import Element, decode, dump

SHOWN_CHARS = 4000
"""So much of a request and of an answer is kept for the report."""


@dataclass(slots=True)
class WatchedTransport:
    """Carries what ``inner`` carries. ``faults`` collects what is wrong with answers' forms.

    ``lose`` names the command whose next answer does not reach the phone. ``exchange`` is the last
    request with its answer, readable.
    """

    inner: Transport
    version: Version
    faults: list[str] = field(default_factory=list)
    lose: str = ""
    exchange: tuple[str, str] = ("", "")

    async def post(
        self, line: RequestLine, body: bytes, *, content_type: str, timeout_s: float
    ) -> HttpReply:
        """See :meth:`Transport.post`."""
        asked = f"{line.command} {_readable(content_type, body)}"
        self.exchange = (asked[:SHOWN_CHARS], "")
        reply = await self.inner.post(line, body, content_type=content_type, timeout_s=timeout_s)
        said = f"HTTP {reply.code} {_readable(reply.content_type, reply.body)}"
        self.exchange = (asked[:SHOWN_CHARS], said[:SHOWN_CHARS])
        self._examine(line.command, reply)
        if self.lose == line.command:
            self.lose = ""
            raise AnswerLost(f"the answer to {line.command} was lost on purpose")
        return reply

    async def options(self) -> HttpReply:
        """See :meth:`Transport.options`."""
        return await self.inner.options()

    def taken_faults(self) -> list[str]:
        """Give what was wrong since the last call."""
        faults, self.faults = self.faults, []
        return faults

    def _examine(self, command: str, reply: HttpReply) -> None:
        document = _document(reply)
        if document is None:
            return
        root = ROOTS.get(command)
        if document.tag is not root:
            self.faults.append(f"{command} is answered with {document.tag}")
        unknown = foreign(document, self.version)
        if unknown:
            names = ", ".join(unknown)
            self.faults.append(f"{command}: not in version {self.version.text}: {names}")


def foreign(document: Element, version: Version) -> list[str]:
    """Name the elements of a document that a version does not know, each once, sorted."""
    names, waiting = set(), [document]
    while waiting:
        element = waiting.pop()
        if not knows(version, element.tag):
            names.add(str(element.tag))
        waiting += element.children
    return sorted(names)


def _document(reply: HttpReply) -> Element | None:
    """Read what is one; what cannot be read the phone complains of itself."""
    if reply.code != 200 or not reply.body or reply.content_type not in (WBXML, MULTIPART):
        return None
    try:
        is_plain = reply.content_type == WBXML
        return decode(reply.body if is_plain else split_multipart(reply.body)[0])
    except ProtocolError:
        return None


def _readable(content_type: str, body: bytes) -> str:
    if content_type != WBXML or not body:
        return f"({len(body)} octets of {content_type or 'nothing'})"
    try:
        return dump(decode(body))
    except ProtocolError as exc:
        return f"({exc})"
