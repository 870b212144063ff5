"""MeetingResponse.

Spec: MS-ASCMD 2.2.1.11, 2.2.3.92.1 (InstanceId), 2.2.3.163 (SendResponse); commands.md section 12.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from carbonio_mobile.eas.messages.fields import ID_LENGTH
from carbonio_mobile.eas.status import Common, MeetingResponseStatus
from carbonio_mobile.eas.times import format_datetime, parse_datetime
from carbonio_mobile.eas.version import Version
from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import AirSyncBase, MeetingResponse, Search

REQUESTS_MAX = 100
"""MS-ASCMD R5649, R5650."""

_INVALID = MeetingResponseStatus.INVALID_REQUEST
_INSTANCE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?Z", re.ASCII)
_HTML = "2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The mail that the server sends to the organiser (16.0 on): its text, and another time.

    ``html`` tells the form of ``text``, which may be empty. ``proposed`` is a start and an end in
    seconds UTC {16.1}.
    """

    text: str = field(default="", repr=False)
    html: bool = False
    proposed: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingAnswer:
    """One answer. ``fault`` is the status of one that cannot be tried, 0 for a good one.

    ``answer`` is UserResponse: 1 accept, 2 tentative, 3 decline. Either ``item`` (of the folder
    ``folder``) or ``long_id`` names the request or the event; ``instance`` is the original start of
    one occurrence. ``reply`` None: no mail is to be sent (R7113).
    """

    answer: int
    folder: str = ""
    item: str = ""
    long_id: str = ""
    instance: float | None = None
    reply: Reply | None = None
    fault: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingResult:
    """What became of an answer; ``calendar`` is the server id of the event, empty for none."""

    request: MeetingAnswer
    status: int
    calendar: str = ""


def parse(root: Element, version: Version) -> tuple[MeetingAnswer, ...]:
    """Read a MeetingResponse; what is wrong with one answer is for its own status.

    Too many of them are one answer that says so: a document of this command has no status but those
    of its results. Raises: ProtocolError.
    """
    if root.tag is not MeetingResponse.MeetingResponse:
        raise ProtocolError(f"a document {root.tag.name}", expected="MeetingResponse")
    requests = root.find_all(MeetingResponse.Request)
    if len(requests) > REQUESTS_MAX and version >= Version.V14_0:
        return (MeetingAnswer(answer=0, fault=Common.INVALID_XML),)
    if not 1 <= len(requests) <= REQUESTS_MAX:
        raise ProtocolError(f"{len(requests)} answers", expected=f"1 to {REQUESTS_MAX}")
    return tuple(_answer(request, version) for request in requests)


def _answer(request: Element, version: Version) -> MeetingAnswer:
    said = request.value(MeetingResponse.UserResponse, "").strip()
    instance, fault = _instance(request, version)
    reply, reply_fault = _reply(request, version)
    known = said in ("1", "2", "3")
    return MeetingAnswer(
        answer=int(said) if known else 0,
        folder=request.value(MeetingResponse.CollectionId, "")[:ID_LENGTH],
        item=request.value(MeetingResponse.RequestId, "")[:ID_LENGTH],
        long_id=request.value(Search.LongId, ""),
        instance=instance,
        reply=reply,
        fault=_status(
            _ids_fault(request) or (0 if known else _INVALID) or fault or reply_fault, version
        ),
    )


def _status(fault: int, version: Version) -> int:
    """Statuses beyond those of the command exist from 14.0 on (MS-ASCMD 2.2.2)."""
    return _INVALID if fault and version < Version.V14_0 else fault


def _ids_fault(request: Element) -> int:
    """LongId stands alone; RequestId needs its folder (R7031, R7036)."""
    long_id = request.value(Search.LongId, "")
    folder = request.value(MeetingResponse.CollectionId, "")
    item = request.value(MeetingResponse.RequestId, "")
    if long_id and (item or folder):
        return Common.INVALID_COMBINATION_OF_IDS
    if long_id:
        return 0
    sound = 0 < len(item) <= ID_LENGTH and 0 < len(folder) <= ID_LENGTH
    return 0 if sound else _INVALID


def _instance(request: Element, version: Version) -> tuple[float | None, int]:
    """Read InstanceId: unknown before 14.1 (R6712), never empty (R4186), in one form (R3195)."""
    if not request.has(MeetingResponse.InstanceId):
        return None, 0
    text = request.value(MeetingResponse.InstanceId, "").strip()
    if version < Version.V14_1 or not text:
        return None, _INVALID
    if not _INSTANCE.fullmatch(text):
        return None, Common.INVALID_DATE_TIME
    try:
        return parse_datetime(text), 0
    except ValueError:
        return None, Common.INVALID_DATE_TIME


def _reply(request: Element, version: Version) -> tuple[Reply | None, int]:
    """Up to 14.1 the device mails the organiser itself (R268)."""
    said = request.find(MeetingResponse.SendResponse)
    if said is None or version < Version.V16_0:
        return None, 0
    body = said.find(AirSyncBase.Body)
    proposed, fault = _proposal(said) if version >= Version.V16_1 else (None, 0)
    if body is None:
        return Reply(proposed=proposed), fault
    html = body.value(AirSyncBase.Type, "").strip() == _HTML
    text = body.value(AirSyncBase.Data, "")
    return Reply(text=text, html=html, proposed=proposed), fault


def _proposal(said: Element) -> tuple[tuple[float, float] | None, int]:
    """Read the other time: both ends of it or none (R69901704, R69901725)."""
    texts = [
        said.value(tag, "").strip()
        for tag in (MeetingResponse.ProposedStartTime, MeetingResponse.ProposedEndTime)
    ]
    if not any(texts):
        return None, 0
    try:
        start, end = map(parse_datetime, texts)
    except ValueError:
        return None, _INVALID
    return ((start, end), 0) if start <= end else (None, _INVALID)


def build(results: Iterable[MeetingResult]) -> Element:
    """Write the answer: a Result for each request, in their order."""
    return Element(MeetingResponse.MeetingResponse, [_result(result) for result in results])


def _result(result: MeetingResult) -> Element:
    request = result.request
    instance = None if request.instance is None else format_datetime(request.instance)
    return Element(
        MeetingResponse.Result,
        [
            Element(MeetingResponse.RequestId, request.item) if request.item else None,
            Element(MeetingResponse.Status, str(int(result.status))),
            Element(MeetingResponse.CalendarId, result.calendar) if result.calendar else None,
            None if instance is None else Element(MeetingResponse.InstanceId, instance),
        ],
    )
