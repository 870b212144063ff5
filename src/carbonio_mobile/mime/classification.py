"""What kind of message this is in the words of Exchange: message class and content class.

Spec: MS-ASEMAIL 2.2.2.49 (MessageClass), 2.2.2.22 (ContentClass); RFC 8551 3.2, RFC 1847, RFC 3464,
RFC 8098 for the forms on the wire.
"""

import re

from carbonio_mobile.mime.content import decoded
from carbonio_mobile.mime.record import CONTENT_CLASS, MESSAGE_CLASS, MeetingSummary
from carbonio_mobile.mime.structure import Part
from carbonio_mobile.mime.textmessages import TEXT_MESSAGE_CLASS, is_text_message

CALENDAR_CONTENT_CLASS = "urn:content-classes:calendarmessage"
REPORT_CONTENT_CLASS = "urn:content-classes:dsn"
RECEIPT_CONTENT_CLASS = "urn:content-classes:mdn"

_SIGNED_SMIME = frozenset(("application/pkcs7-signature", "application/x-pkcs7-signature"))
_ENVELOPED = frozenset(("application/pkcs7-mime", "application/x-pkcs7-mime"))
_ACTION = re.compile(rb"^action\s*:\s*([a-z-]+)", re.IGNORECASE | re.MULTILINE)
_DISPOSITION = re.compile(rb"^disposition\s*:[^;]*;\s*([a-z]+)", re.IGNORECASE | re.MULTILINE)
_MEETING_CLASSES = {
    "REQUEST": "IPM.Schedule.Meeting.Request",
    "CANCEL": "IPM.Schedule.Meeting.Canceled",
    "COUNTER": "IPM.Schedule.Meeting.Resp.Tent",
    "FORWARDED": "IPM.Notification.Meeting",
}
_ANSWER_CLASSES = {
    "ACCEPTED": "IPM.Schedule.Meeting.Resp.Pos",
    "DECLINED": "IPM.Schedule.Meeting.Resp.Neg",
    "TENTATIVE": "IPM.Schedule.Meeting.Resp.Tent",
}
_NDR_SUFFIXES = {"failed": "NDR", "delayed": "DELAYED"}


def classify(source: bytes, root: Part, meeting: MeetingSummary | None) -> tuple[str, str]:
    """Give the message class and the content class of a message (MS-ASEMAIL R587, R602)."""
    if is_text_message(root.fields):
        return TEXT_MESSAGE_CLASS, CONTENT_CLASS
    secured = _secured(root)
    if secured:
        return secured, CONTENT_CLASS
    if meeting is not None:
        found = meeting_class(meeting)
        if found:
            return found, CALENDAR_CONTENT_CLASS
    if root.content_type == "multipart/report":
        return _report(source, root)
    return MESSAGE_CLASS, CONTENT_CLASS


def meeting_class(meeting: MeetingSummary) -> str:
    """Give the class of an iTIP message, empty where it asks and answers nothing."""
    if meeting.method == "REPLY":
        return _ANSWER_CLASSES.get(meeting.partstat, "")
    return _MEETING_CLASSES.get(meeting.method, "")


def _secured(root: Part) -> str:
    """Give the class of an S/MIME message; PGP is ordinary mail to Exchange."""
    if root.content_type == "multipart/signed":
        protocol = root.parameters.get("protocol", "").lower()
        signature = root.children[1].content_type if len(root.children) > 1 else ""
        if protocol in _SIGNED_SMIME or signature in _SIGNED_SMIME:
            return "IPM.Note.SMIME.MultipartSigned"
    if root.content_type in _ENVELOPED:
        return "IPM.Note.SMIME"
    name = root.parameters.get("name", "").lower()
    if root.content_type == "application/octet-stream" and name.endswith((".p7m", ".p7c")):
        return "IPM.Note.SMIME"
    return ""


def _report(source: bytes, root: Part) -> tuple[str, str]:
    for part in root.children:
        if part.content_type in ("message/delivery-status", "message/global-delivery-status"):
            actions = {one.decode().lower() for one in _ACTION.findall(_head(source, part))}
            return f"REPORT.IPM.Note.{_worst(actions)}", REPORT_CONTENT_CLASS
        if "disposition-notification" in part.content_type:
            said = _DISPOSITION.search(_head(source, part))
            read = said is None or said.group(1).lower() in (b"displayed", b"processed")
            return f"REPORT.IPM.Note.{'IPNRN' if read else 'IPNNRN'}", RECEIPT_CONTENT_CLASS
    return MESSAGE_CLASS, CONTENT_CLASS


def _worst(actions: set[str]) -> str:
    for action, suffix in _NDR_SUFFIXES.items():
        if action in actions:
            return suffix
    return "DR" if actions else "NDR"


def _head(source: bytes, part: Part) -> bytes:
    return decoded(source, part)[: 64 * 1024]
