"""SendMail: send a message that the device composed.

Spec: MS-ASCMD 2.2.1.17.
"""

from carbonio_mobile.commands.context import Answer, Call
from carbonio_mobile.commands.outgoing import request_of, send_once
from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.mime.compose import Outgoing


async def respond(call: Call) -> Answer:
    """Send; an empty answer says that the message is in safe hands (MS-ASCMD R463).

    Raises: as :func:`.outgoing.request_of` and :func:`.outgoing.send_once`.
    """
    request = request_of(call)
    if request.source is not None:
        raise ProtocolError("SendMail with a source")

    async def compose() -> bytes:
        return request.mime

    async def finish(outgoing: Outgoing) -> None:
        """Nothing was answered, so there is nothing to mark."""

    await send_once(call, request, compose, finish)
    return Answer()
