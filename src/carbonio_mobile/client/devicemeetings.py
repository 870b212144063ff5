"""A phone's answers to invitations.

Spec: MS-ASCMD 2.2.1.11, 2.2.3.163 (SendResponse).
"""

from carbonio_mobile.client.device import Device, check
from carbonio_mobile.client.faults import ServerFault
from carbonio_mobile.client.mailtrees import Original
from carbonio_mobile.eas.times import format_datetime
from carbonio_mobile.eas.version import Version
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import AirSyncBase, MeetingResponse, Search

ACCEPT, TENTATIVE, DECLINE = 1, 2, 3


class DeviceMeetings(Device):
    """MeetingResponse."""

    async def respond(
        self,
        original: Original,
        answer: int,
        *,
        instance: float | None = None,
        mail: bool = True,
        text: str = "",
    ) -> str:
        """Answer an invitation or an event; gives the id of the event, '' where there is none.

        ``mail`` has the server tell the organiser (16.0 and later; before, a phone mails on its
        own). ``instance`` is the original start of one occurrence (14.1 and later).
        """
        tells = mail and self.version >= Version.V16_0
        request = Element(
            MeetingResponse.Request,
            [
                Element(MeetingResponse.UserResponse, str(answer)),
                *_names(original),
                None
                if instance is None
                else Element(MeetingResponse.InstanceId, format_datetime(instance)),
                Element(MeetingResponse.SendResponse, _body(text)) if tells else None,
            ],
        )
        document = Element(MeetingResponse.MeetingResponse, [request])
        said = await self.session.document("MeetingResponse", document)
        result = said.find(MeetingResponse.Result)
        if result is None:
            raise ServerFault("MeetingResponse without a result")
        check(result.value(MeetingResponse.Status), "MeetingResponse")
        return result.value(MeetingResponse.CalendarId, "")


def _names(original: Original) -> list[Element]:
    if original.long_id:
        return [Element(Search.LongId, original.long_id)]
    return [
        Element(MeetingResponse.CollectionId, original.folder),
        Element(MeetingResponse.RequestId, original.item),
    ]


def _body(text: str) -> list[Element]:
    if not text:
        return []
    data = [Element(AirSyncBase.Type, "1"), Element(AirSyncBase.Data, text)]
    return [Element(AirSyncBase.Body, data)]
