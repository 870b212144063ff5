"""SendMail, SmartReply and SmartForward, as documents from 14.0 on and as MIME with a URL before.

Spec: MS-ASCMD 2.2.1.17, 2.2.1.19, 2.2.1.20; schema ComposeMail.
"""

import re
from dataclasses import dataclass, field

from carbonio_mobile.eas.messages.fields import required
from carbonio_mobile.eas.requestline import RequestLine
from carbonio_mobile.eas.status import Common
from carbonio_mobile.eas.times import parse_datetime
from carbonio_mobile.eas.version import Version
from carbonio_mobile.errors import CommandStatus, ProtocolError
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import AirSyncBase, ComposeMail, RightsManagement

MAX_CLIENT_ID_CHARS = 40
"""MS-ASCMD R952."""
MAX_FORWARDEES = 500

_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\\\"]+@[^\s@<>(),;:\\\"]+")
_HTML = "2"

_ROOTS = (ComposeMail.SendMail, ComposeMail.SmartReply, ComposeMail.SmartForward)
_SOLO = (ComposeMail.Mime, ComposeMail.SaveInSentItems, ComposeMail.ReplaceMime)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The message that is replied to or forwarded: by folder and item, or by the id of a search.

    ``instance`` is the start of one occurrence of a recurring meeting, in seconds UTC.
    """

    server_id: str = ""
    long_id: str = ""
    instance: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingForward:
    """To whom a 16.x device forwards a calendar item: (address, name) each; and its note.

    ``html`` tells the form of ``note``, which may be empty.
    """

    forwardees: tuple[tuple[str, str], ...]
    note: str = field(default="", repr=False)
    html: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A message to send. ``client_id`` is empty up to 12.1.

    ``source`` is None for SendMail and only there. ``meeting``: a 16.x device forwards a calendar
    item and sends no MIME (MS-ASCMD R7177).
    """

    mime: bytes = field(repr=False)
    client_id: str = ""
    save_in_sent: bool = False
    replace_mime: bool = False
    source: Source | None = None
    meeting: MeetingForward | None = None

    @property
    def forwards_meeting(self) -> bool:
        """Whether the server writes the message."""
        return self.meeting is not None


def parse(root: Element, version: Version) -> Request:
    """Read a document.

    Raises: ProtocolError for one without ClientId, MIME or source; CommandStatus for an account id
    (166) or a rights template (168), which this server never gives out, for an instance that is no
    time (104), for combinations that are not allowed (178, 179).
    """
    if root.tag not in _ROOTS:
        raise ProtocolError(f"a document {root.tag.name}", expected="SendMail, SmartReply, ...")
    client_id = required(root, ComposeMail.ClientId)
    if len(client_id) > MAX_CLIENT_ID_CHARS:
        raise ProtocolError("ClientId too long", expected=f"{MAX_CLIENT_ID_CHARS} characters")
    _refuse_foreign(root, version)
    meeting = _meeting_forward(root, version)
    mime = root.find(ComposeMail.Mime)
    if mime is None and meeting is None:
        raise ProtocolError(f"{root.tag.name} without Mime")
    return Request(
        mime=b"" if mime is None else mime.octets,
        client_id=client_id,
        save_in_sent=root.has(ComposeMail.SaveInSentItems),
        replace_mime=root.has(ComposeMail.ReplaceMime),
        source=None if root.tag is ComposeMail.SendMail else _source(root),
        meeting=meeting,
    )


def _refuse_foreign(root: Element, version: Version) -> None:
    if version < Version.V14_1:
        return
    if root.value(ComposeMail.AccountId):
        raise CommandStatus(Common.INVALID_ACCOUNT_ID)  # MS-ASCMD R724
    if root.value(RightsManagement.TemplateID, "").strip("0-{}"):  # all zeros: no restriction
        raise CommandStatus(Common.IRM_FEATURE_DISABLED)


def _meeting_forward(root: Element, version: Version) -> MeetingForward | None:
    """Read what a 16.x device sends to forward a meeting (MS-ASCMD R7176, R7467, R7470)."""
    forwardees, body = root.find(ComposeMail.Forwardees), root.find(AirSyncBase.Body)
    if version < Version.V16_0 or (forwardees is None and body is None):
        return None
    excluded = root.has(RightsManagement.TemplateID) or any(root.has(tag) for tag in _SOLO)
    if root.tag is not ComposeMail.SmartForward or excluded:
        raise CommandStatus(Common.INVALID_MIME_BODY_COMBINATION)
    named = [] if forwardees is None else forwardees.find_all(ComposeMail.Forwardee)
    found = tuple((_address(one), one.value(ComposeMail.Name, "")) for one in named)
    readable = 0 < len(found) <= MAX_FORWARDEES and all(address for address, _ in found)
    if not readable or (body is not None and not body.has(AirSyncBase.Data)):
        raise CommandStatus(Common.INVALID_SMART_FORWARD_PARAMETERS)
    if body is None:
        return MeetingForward(forwardees=found)
    html = body.value(AirSyncBase.Type, "").strip() == _HTML
    return MeetingForward(forwardees=found, note=body.value(AirSyncBase.Data, ""), html=html)


def _address(forwardee: Element) -> str:
    """Give the address of a forwardee, empty where it is none."""
    text = forwardee.value(ComposeMail.Email, "").strip()
    return text if _ADDRESS.fullmatch(text) else ""


def _source(root: Element) -> Source:
    source = root.find(ComposeMail.Source)
    if source is None:
        raise ProtocolError(f"{root.tag.name} without Source")
    long_id = source.value(ComposeMail.LongId, "")
    item = source.value(ComposeMail.ItemId, "")
    if bool(long_id) == bool(item):
        raise CommandStatus(Common.INVALID_COMBINATION_OF_IDS)
    return Source(
        server_id=item, long_id=long_id, instance=_instance(source.value(ComposeMail.InstanceId))
    )


def _instance(text: str | None) -> float | None:
    """Raises: CommandStatus 104 (MS-ASCMD R541, R578)."""
    if not text:
        return None
    try:
        return parse_datetime(text)
    except ValueError:
        raise CommandStatus(Common.INVALID_DATE_TIME) from None


def from_url(line: RequestLine, mime: bytes) -> Request:
    """Take the form of 12.1 and before: parameters in the URL, the message as the body.

    Raises: ProtocolError for a reply or forward that names no source; CommandStatus 104.
    """
    source = None
    if line.command != "SendMail":
        if not line.item_id and not line.long_id:
            raise ProtocolError(f"{line.command} without a source")
        source = Source(
            server_id=line.item_id or "",
            long_id=line.long_id or "",
            instance=_instance(line.occurrence),
        )
    return Request(mime=mime, save_in_sent=line.save_in_sent, source=source)
