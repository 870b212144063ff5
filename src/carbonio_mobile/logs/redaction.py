"""What no log may hold, and what a log that goes to others may not.

Secrets never reach a file. A :class:`Redactor` also puts placeholders where something personal
stands: subjects, names, addresses, bodies, places, numbers. Structure, ids, keys, dates, statuses
and sizes (as classes) stay, so that what went wrong can still be seen, and run again.

In the namespaces of the protocol all text stays but for :data:`PERSONAL`; in the namespaces of
content none stays but for :data:`KEPT`: what nobody thought of is hidden.
"""

import re
from collections.abc import Callable, Mapping
from email.utils import getaddresses
from hashlib import blake2b
from typing import Final, Protocol

from carbonio_mobile.wbxml import Element, Tag
from carbonio_mobile.wbxml.codepages import (
    GAL,
    AirNotify,
    AirSyncBase,
    Calendar,
    ComposeMail,
    Contacts,
    DocumentLibrary,
    Email,
    Email2,
    Find,
    FolderHierarchy,
    ItemOperations,
    Notes,
    ResolveRecipients,
    RightsManagement,
    Search,
    Settings,
    Tasks,
)

SECRET_TAGS: Final = frozenset({Settings.Password, Search.Password, ItemOperations.Password})
"""Elements that hold a password (MS-ASCMD 2.2.3.121): a recovery password, those of documents."""

SECRET_TEXT: Final = "[secret]"  # noqa: S105 - what stands in a password's place

_SECRET_HEADERS: Final = re.compile(
    r"authori[sz]ation|authenticat|cookie|token|secret|passw|credential|assertion|api-?key"
)
_KEPT_HEADERS: Final = frozenset(
    {
        "accept", "accept-encoding", "accept-language", "cache-control", "connection",
        "content-encoding", "content-length", "content-type", "ms-asacceptmultipart",
        "ms-asprotocolcommands", "ms-asprotocolversion", "ms-asprotocolversions",
        "ms-server-activesync", "retry-after", "transfer-encoding", "user-agent",
        "x-aspnet-version", "x-ms-aspolicykey", "x-ms-policykey", "x-ms-rp",
    }
)  # fmt: skip

_PROTOCOL: Final = frozenset(
    {
        "AirSync", "FolderHierarchy", "GetItemEstimate", "ItemOperations", "MeetingResponse",
        "Move", "Ping", "Provision",
    }
)  # fmt: skip

PERSONAL: Final = frozenset(
    {FolderHierarchy.DisplayName, ItemOperations.UserName, ItemOperations.Data}
)
"""What is somebody's in the namespaces of the protocol."""

_RECURRENCE: Final = (
    "Recurrence", "Type", "Until", "Occurrences", "Interval", "DayOfWeek", "DayOfMonth",
    "WeekOfMonth", "MonthOfYear",
)  # fmt: skip
_RECKONING: Final = ("CalendarType", "IsLeapMonth", "FirstDayOfWeek")

_KEPT_NAMES: Final[Mapping[type, tuple[str, ...]]] = {
    AirNotify: ("Version", "Lifetime", "Enable", "ServerId", "Status", "Expiry"),
    AirSyncBase: (
        "Type", "TruncationSize", "AllOrNone", "EstimatedDataSize", "Truncated", "FileReference",
        "Method", "IsInline", "NativeBodyType", "ContentType", "Status", "ClientId", "InstanceId",
    ),
    Calendar: (
        *_RECURRENCE, *_RECKONING, "Timezone", "AllDayEvent", "BusyStatus", "DtStamp", "EndTime",
        "Deleted", "ExceptionStartTime", "MeetingStatus", "Reminder", "Sensitivity", "StartTime",
        "AttendeeStatus", "AttendeeType", "DisallowNewTimeProposal", "ResponseRequested",
        "AppointmentReplyTime", "ResponseType", "BodyTruncated", "AttSize", "AttMethod",
    ),
    ComposeMail: (
        "FolderId", "ItemId", "LongId", "InstanceId", "ClientId", "Status", "AccountId", "Type",
    ),
    Contacts: ("WeightedRank", "BodySize", "BodyTruncated"),
    DocumentLibrary: (
        "IsFolder", "CreationDate", "LastModifiedDate", "IsHidden", "ContentLength", "ContentType",
    ),
    Email: (
        *_RECURRENCE, "DateReceived", "Importance", "MessageClass", "Read", "AllDayEvent",
        "DtStamp", "EndTime", "InstanceType", "BusyStatus", "RecurrenceId", "Reminder",
        "ResponseRequested", "StartTime", "Sensitivity", "TimeZone", "InternetCPID", "Status",
        "ContentClass", "CompleteTime", "DisallowNewTimeProposal", "AttSize", "AttMethod",
        "BodySize", "BodyTruncated", "MIMETruncated", "MIMESize",
    ),
    Email2: (
        *_RECKONING, "UmAttDuration", "UmAttOrder", "ConversationId", "ConversationIndex",
        "LastVerbExecuted", "LastVerbExecutionTime", "ReceivedAsBcc", "AccountId",
        "MeetingMessageType", "IsDraft",
    ),
    Find: (
        "SearchId", "Status", "Range", "HasAttachments", "Total", "MaxPictures", "MaxSize",
    ),
    GAL: ("Status",),
    Notes: ("MessageClass", "LastModifiedDate"),
    ResolveRecipients: (
        "Status", "Type", "CertificateRetrieval", "RecipientCount", "MaxCertificates",
        "MaxAmbiguousRecipients", "CertificateCount", "StartTime", "EndTime", "MergedFreeBusy",
        "MaxSize", "MaxPictures",
    ),
    RightsManagement: (
        "RightsManagementSupport", "EditAllowed", "ReplyAllowed", "ReplyAllAllowed",
        "ForwardAllowed", "ModifyRecipientsAllowed", "ExtractAllowed", "PrintAllowed",
        "ExportAllowed", "ProgrammaticAccessAllowed", "Owner", "ContentExpiryDate", "TemplateID",
    ),
    Search: (
        "Name", "Range", "Status", "Total", "LongId", "ConversationId", "MaxSize", "MaxPictures",
    ),
    Settings: (
        "Status", "OofState", "StartTime", "EndTime", "Enabled", "BodyType", "Model", "OS",
        "OSLanguage", "UserAgent", "EnableOutboundSMS", "AccountId", "SendDisabled",
    ),
    Tasks: (
        *_RECURRENCE, *_RECKONING, "Complete", "DateCompleted", "DueDate", "UtcDueDate",
        "Importance", "Start", "Regenerate", "DeadOccur", "ReminderSet", "ReminderTime",
        "Sensitivity", "StartDate", "UtcStartDate", "OrdinalDate", "SubOrdinalDate", "BodySize",
        "BodyTruncated",
    ),
}  # fmt: skip
KEPT: Final = frozenset(
    tag
    for page, names in _KEPT_NAMES.items()
    for name in names
    if isinstance(tag := getattr(page, name), Tag)
)
"""What is nobody's in the namespaces of content."""

_FIXED: Final[Mapping[Tag, str]] = {
    Contacts.Birthday: "1904-01-01T00:00:00.000Z",
    Contacts.Anniversary: "1904-01-01T00:00:00.000Z",
    AirSyncBase.Latitude: "0",
    AirSyncBase.Longitude: "0",
    AirSyncBase.Accuracy: "0",
    AirSyncBase.Altitude: "0",
    AirSyncBase.AltitudeAccuracy: "0",
    Email2.Send: "",
}
"""What must stay readable as a date or a number."""

_ADDRESSES: Final = frozenset(
    {
        Email.To, Email.Cc, Email.From, Email.ReplyTo, Email2.Bcc, Email2.Sender, Email.Organizer,
        Calendar.Email, Calendar.OrganizerEmail, ComposeMail.Email, Contacts.Email1Address,
        Contacts.Email2Address, Contacts.Email3Address, ResolveRecipients.To,
        ResolveRecipients.EmailAddress, GAL.EmailAddress, Settings.SMTPAddress,
        Settings.PrimarySmtpAddress,
    }
)  # fmt: skip
_MIME_BODY_TYPE: Final = "4"
_MIME_TAGS: Final = frozenset({ComposeMail.Mime, Email.MIMEData})

_ADDRESS_HEADERS: Final = frozenset({"from", "to", "cc", "bcc", "reply-to", "sender"})
_KEPT_MIME_HEADERS: Final = frozenset({"date", "mime-version", "importance", "x-priority"})
_HEADERS_BYTES: Final = 65_536
_LONGEST_PLACEHOLDER: Final = 65_536


def secret_header(name: str) -> bool:
    """Tell whether a header's value may be in no log."""
    return _SECRET_HEADERS.search(name.lower()) is not None


def without_secrets(root: Element) -> Element:
    """Give a tree with no password in it; what stays is not copied."""
    return _mapped(root, lambda each: SECRET_TEXT if each.tag in SECRET_TAGS else each.text)


def _mapped(root: Element, text_of: Callable[[Element], str | bytes | None]) -> Element:
    """Copy a tree, bounded in depth by the decoder, with other texts."""
    if not root.children:
        return Element(root.tag, root.text if root.text is None else text_of(root))
    if root.tag in SECRET_TAGS:
        return Element(root.tag, SECRET_TEXT)
    return Element(root.tag, [_mapped(child, text_of) for child in root.children])


class Shown(Protocol):
    """How what was said is shown in a log: as it is but for secrets, or redacted."""

    def text(self, text: str) -> str:
        """Show a text that is somebody's."""

    def header(self, name: str, value: str) -> str:
        """Show the value of an HTTP header that is no secret."""

    def fault(self, text: str) -> str:
        """Show the word of a fault."""

    def mime(self, source: bytes) -> bytes:
        """Show a message."""

    def tree(self, root: Element) -> Element:
        """Show a document."""


class Plain:
    """Shows everything but secrets."""

    def text(self, text: str) -> str:
        """Show a text as it is."""
        return text

    def header(self, _name: str, value: str) -> str:
        """Show the value as it is."""
        return value

    def fault(self, text: str) -> str:
        """Show the text as it is."""
        return text

    def mime(self, source: bytes) -> bytes:
        """Show the message as it is."""
        return source

    def tree(self, root: Element) -> Element:
        """Show a document without its secrets."""
        return without_secrets(root)


class Redactor:
    """Puts placeholders where something personal stands.

    The same text gets the same placeholder as long as the ``key`` is the same; without the key
    nobody can try which text it was. A placeholder is as long as the next power of two.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def _token(self, text: str | bytes) -> str:
        octets = text if isinstance(text, bytes) else text.encode("utf-8", "replace")
        return blake2b(octets, key=self._key, digest_size=4).hexdigest()

    def text(self, text: str) -> str:
        """Give the placeholder of a text: ``x`` and eight digits, filled up."""
        if not text:
            return ""
        length = min(1 << (len(text) - 1).bit_length(), _LONGEST_PLACEHOLDER)
        return f"x{self._token(text)}".ljust(length, "x")

    def address(self, address: str) -> str:
        """Give the placeholder of an address: one itself, and the same for either case."""
        local, _, domain = address.strip().lower().rpartition("@")
        return f"p{self._token(local)}@d{self._token(domain)}.invalid"

    def addresses(self, text: str) -> str:
        """Give the placeholder of a list of addresses, as many as there were."""
        return ", ".join(
            f'"{self.text(name)}" <{self.address(address)}>' if name else self.address(address)
            for name, address in getaddresses([text])
            if address
        ) or self.text(text)

    def octets(self, octets: bytes) -> bytes:
        """Give the placeholder of octets."""
        return self.text(octets.decode("latin-1")).encode("ascii")

    def mime(self, source: bytes) -> bytes:
        """Give a message with the same fields in its head, and nothing of what they say."""
        end = re.search(rb"\r?\n\r?\n", source[:_HEADERS_BYTES])
        head = source[: end.start() if end else _HEADERS_BYTES].decode("latin-1")
        fields = re.sub(r"\r?\n[ \t]+", " ", head).splitlines()
        lines = [line for line in map(self._field, fields) if line]
        body = f"[{len(source)} octets]"
        return "\r\n".join([*lines, "", body, ""]).encode("ascii", "replace")

    def _field(self, line: str) -> str:
        name, colon, value = line.partition(":")
        folded = name.strip().lower()
        if not colon or not re.fullmatch(r"[!-9;-~]{1,64}", name) or folded.startswith("content-"):
            return ""  # the body is another one now
        if folded in _KEPT_MIME_HEADERS:
            return line
        if folded in _ADDRESS_HEADERS:
            return f"{name}: {self.addresses(value.strip())}"
        return f"{name}: {self.text(value.strip()[:64])}"

    def header(self, name: str, value: str) -> str:
        """Give the value of an HTTP header as it may be shown."""
        return value if name.lower() in _KEPT_HEADERS else self.text(value)

    def fault(self, text: str) -> str:
        """Give what is nobody's of the word of a fault: its kind."""
        kind, colon, rest = text.partition(": ")
        if colon and kind.isidentifier():
            return f"{kind}: {self.text(rest)}"
        return self.text(text)

    def tree(self, root: Element) -> Element:
        """Give a tree with neither secrets nor anything personal in it."""
        return self._tree(root, holds_mime=False)

    def _tree(self, root: Element, *, holds_mime: bool) -> Element:
        if root.tag in SECRET_TAGS:
            return Element(root.tag, SECRET_TEXT)
        if root.children:
            mime = root.value(AirSyncBase.Type) == _MIME_BODY_TYPE
            return Element(root.tag, [self._tree(each, holds_mime=mime) for each in root.children])
        if root.text is None or _stays(root.tag):
            return Element(root.tag, root.text)
        if root.tag in _FIXED:
            return Element(root.tag, _FIXED[root.tag])
        return Element(root.tag, self._content(root, holds_mime=holds_mime))

    def _content(self, element: Element, *, holds_mime: bool) -> str | bytes:
        if element.tag in _MIME_TAGS or (holds_mime and element.tag is AirSyncBase.Data):
            message = self.mime(element.octets)
            return message if isinstance(element.text, bytes) else message.decode("ascii")
        if isinstance(element.text, bytes):
            return self.octets(element.text)
        if element.tag in _ADDRESSES:
            return self.addresses(element.string)
        return self.text(element.string)


def _stays(tag: Tag) -> bool:
    if tag in PERSONAL:
        return False
    return tag.namespace in _PROTOCOL or tag in KEPT
