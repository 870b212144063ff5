"""The only table from a refusal to what the wire says: an HTTP code or a status of the command.

Up to 12.1 a refusal of the common kind is a bare HTTP code; from 14.0 on it is a document whose
root is the command's own element, sent with 200. What has no such root (OPTIONS, GetAttachment, an
unknown command) gets the HTTP code in every version.

Spec: MS-ASCMD 2.2.2 (HTTP equivalents, R7461, R7462); MS-ASHTTP 2.2.2.1.1; MS-ASPROV 3.1.5.1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from math import ceil

from carbonio_mobile.eas.roots import ROOTS
from carbonio_mobile.eas.status import Common, PingStatus, ProvisionStatus, SyncStatus
from carbonio_mobile.eas.version import Version
from carbonio_mobile.wbxml.codepages import (
    AirSync,
    ComposeMail,
    Find,
    FolderHierarchy,
    GetItemEstimate,
    ItemOperations,
    MeetingResponse,
    Move,
    Ping,
    Provision,
    ResolveRecipients,
    Search,
    Settings,
    ValidateCert,
)
from carbonio_mobile.wbxml.elements import Element
from carbonio_mobile.wbxml.tokens import Tag

REALM = "Carbonio Mobile"
RETRY_AFTER_S = 30
"""How long a device is asked to wait where the refusal does not say otherwise."""


class Reason(Enum):
    """Why a request is refused as a whole."""

    BAD_REQUEST = "the request line or a header cannot be read"
    UNDECODABLE = "the body is no WBXML"
    INVALID_CONTENT = "the body or its content type is missing or wrong"
    INVALID_DOCUMENT = "the document is not one of this command"
    UNKNOWN_COMMAND = "no such command"
    COMMAND_NOT_IN_VERSION = "the command does not exist in this version"
    VERSION_NOT_ALLOWED = "this version is not offered to this device"
    VERSION_1_0 = "the device speaks version 1"
    NO_CREDENTIALS = "no credentials, or wrong ones"
    NOT_ENABLED = "the account may not use ActiveSync"
    NO_MAILBOX = "the account has no mailbox"
    UNKNOWN_ACCOUNT = "the account is gone"
    ACCOUNT_CLOSED = "the account is closed"
    ACCOUNT_LOCKED = "the account is locked"
    ACCOUNT_DISABLED = "the account or its domain is suspended"
    ACCOUNT_IN_MAINTENANCE = "the account or its domain is under maintenance"
    DEVICE_BLOCKED = "the device is not allowed"
    DEVICE_ID_INVALID = "the device id is missing or malformed"
    DEVICE_TYPE_INVALID = "the device type is missing or malformed"
    DEVICE_SUSPENDED = "an administrator keeps the device from syncing"
    TOO_MANY_DEVICES = "the account has as many devices as it may have"
    NOT_PROVISIONED = "the device was never provisioned"
    POLICY_CHANGED = "the policy key is not the one in force"
    POLICY_EXPIRED = "the policy must be fetched again"
    NO_POLICY_KEY = "the device sends no policy key and the policy is strict"
    CANNOT_PROVISION = "the device never provisions and the policy is strict"
    NOT_FULLY_PROVISIONABLE = "the device cannot apply the whole policy"
    EXTERNALLY_MANAGED = "externally managed devices are refused"
    WIPE_PENDING = "a wipe waits for the device"
    WIPE_PENDING_NO_KEY = "a wipe waits for a device that sends no policy key"
    SERVER_ERROR = "a fault of this program"
    TRY_LATER = "a store cannot answer now"
    TOO_BUSY = "too many requests"
    JAILED = "so many requests that all are refused for a while"
    QUOTA = "the mailbox is full"
    STATE_LOST = "the state of the partnership is gone"
    STATE_CORRUPT = "the state of the partnership cannot be read"


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRefusal:
    """A bare HTTP answer; ``headers`` are those that belong to the code."""

    code: int
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusRefusal:
    """A document that holds nothing but a status, sent with 200."""

    status: int


Refusal = HttpRefusal | StatusRefusal

_STATUSES: Mapping[Reason, Common] = {
    Reason.UNDECODABLE: Common.INVALID_WBXML,
    Reason.INVALID_CONTENT: Common.INVALID_CONTENT,
    Reason.INVALID_DOCUMENT: Common.INVALID_XML,
    Reason.UNKNOWN_COMMAND: Common.COMMAND_NOT_SUPPORTED,
    Reason.COMMAND_NOT_IN_VERSION: Common.VERSION_NOT_SUPPORTED,
    Reason.VERSION_NOT_ALLOWED: Common.VERSION_NOT_SUPPORTED,
    Reason.VERSION_1_0: Common.VERSION_NOT_SUPPORTED,
    Reason.NOT_ENABLED: Common.USER_DISABLED_FOR_SYNC,
    Reason.NO_MAILBOX: Common.USER_HAS_NO_MAILBOX,
    Reason.UNKNOWN_ACCOUNT: Common.USER_PRINCIPAL_COULD_NOT_BE_FOUND,
    Reason.ACCOUNT_CLOSED: Common.ACCOUNT_DISABLED,
    Reason.ACCOUNT_LOCKED: Common.ACCOUNT_DISABLED,
    Reason.ACCOUNT_DISABLED: Common.ACCOUNT_DISABLED,
    Reason.ACCOUNT_IN_MAINTENANCE: Common.SERVER_ERROR_RETRY_LATER,
    Reason.DEVICE_BLOCKED: Common.DEVICE_IS_BLOCKED_FOR_THIS_USER,
    Reason.DEVICE_ID_INVALID: Common.DEVICE_ID_MISSING_OR_INVALID,
    Reason.DEVICE_TYPE_INVALID: Common.DEVICE_TYPE_MISSING_OR_INVALID,
    Reason.TOO_MANY_DEVICES: Common.MAXIMUM_DEVICES_REACHED,
    Reason.NOT_PROVISIONED: Common.DEVICE_NOT_PROVISIONED,
    Reason.POLICY_CHANGED: Common.INVALID_POLICY_KEY,
    Reason.POLICY_EXPIRED: Common.POLICY_REFRESH,
    Reason.NO_POLICY_KEY: Common.LEGACY_DEVICE_ON_STRICT_POLICY,
    Reason.CANNOT_PROVISION: Common.LEGACY_DEVICE_ON_STRICT_POLICY,
    Reason.NOT_FULLY_PROVISIONABLE: Common.DEVICE_NOT_FULLY_PROVISIONABLE,
    Reason.EXTERNALLY_MANAGED: Common.EXTERNALLY_MANAGED_DEVICES_NOT_ALLOWED,
    Reason.WIPE_PENDING: Common.REMOTE_WIPE_REQUESTED,
    Reason.WIPE_PENDING_NO_KEY: Common.REMOTE_WIPE_REQUESTED,
    Reason.SERVER_ERROR: Common.SERVER_ERROR,
    Reason.TRY_LATER: Common.SERVER_ERROR_RETRY_LATER,
    Reason.QUOTA: Common.MAILBOX_QUOTA_EXCEEDED,
    Reason.STATE_LOST: Common.SYNC_STATE_NOT_FOUND,
    Reason.STATE_CORRUPT: Common.SYNC_STATE_CORRUPT,
}
"""Reasons with a status of the common table; the others are HTTP codes in every version."""

_ALWAYS_HTTP: Mapping[Reason, int] = {
    Reason.BAD_REQUEST: 400,  # nothing of the request is known, its version least of all
    Reason.NO_CREDENTIALS: 401,  # MS-ASHTTP R178
    Reason.TOO_BUSY: 503,  # MS-ASHTTP R273, R287
    Reason.JAILED: 503,  # the same; nothing is decoded for one in jail
    Reason.DEVICE_SUSPENDED: 503,  # the same: it is for a time, and the state is kept
}

_WAIT_S: Mapping[Reason, float] = {
    Reason.DEVICE_SUSPENDED: 600.0,  # nobody knows how long it takes, and each that asks costs
}

_OWN_STATUSES: Mapping[tuple[Reason, str], int] = {
    # These say "resend" in so many words; 111 leaves it to the device what to do next.
    (Reason.TRY_LATER, "Sync"): SyncStatus.RETRY,
    (Reason.TRY_LATER, "Ping"): PingStatus.SERVER_ERROR,
    (Reason.TRY_LATER, "Provision"): ProvisionStatus.SERVER_ERROR,
    (Reason.SERVER_ERROR, "Provision"): ProvisionStatus.SERVER_ERROR,
}
"""Where a command has a better word of its own than the common table, from 14.0 on."""

_HTTP_BY_REASON: Mapping[Reason, int] = {
    Reason.WIPE_PENDING_NO_KEY: 403,  # MS-ASCMD R7561
    Reason.VERSION_1_0: 505,  # R7560
    Reason.CANNOT_PROVISION: 403,  # it was told often enough: 449 would only be asked again
}
"""Where two reasons share a status and yet differ up to 12.1."""

_HTTP: Mapping[int, int] = {
    Common.INVALID_CONTENT: 400,  # R7545
    Common.INVALID_XML: 400,  # R7547
    Common.INVALID_IDS: 400,  # R7548
    Common.SERVER_ERROR: 500,  # R7550
    Common.SERVER_ERROR_RETRY_LATER: 503,  # R7551
    Common.ACTIVE_DIRECTORY_ACCESS_DENIED: 403,  # R7552
    Common.MAILBOX_QUOTA_EXCEEDED: 507,  # R7553
    Common.USER_PRINCIPAL_COULD_NOT_BE_FOUND: 403,  # R7554
    Common.USER_DISABLED_FOR_SYNC: 403,  # R7555
    Common.SYNC_STATE_NOT_FOUND: 403,  # R7556
    Common.COMMAND_NOT_SUPPORTED: 501,  # R7558
    Common.VERSION_NOT_SUPPORTED: 400,  # R7559
    Common.REMOTE_WIPE_REQUESTED: 449,  # R7562
    Common.LEGACY_DEVICE_ON_STRICT_POLICY: 449,  # R7563
    Common.DEVICE_NOT_PROVISIONED: 449,  # R7564
    Common.POLICY_REFRESH: 449,  # R7565
    Common.INVALID_POLICY_KEY: 449,  # R7566
    Common.UNEXPECTED_ITEM_CLASS: 400,  # R7567
    # No row gives a number for what follows: 400 for what the device got wrong, 403 for what it may
    # not do, 500 and 503 for what went wrong here.
    Common.INVALID_WBXML: 400,
    Common.INVALID_DATE_TIME: 400,
    Common.INVALID_COMBINATION_OF_IDS: 400,
    Common.INVALID_MIME: 400,
    Common.DEVICE_ID_MISSING_OR_INVALID: 400,
    Common.DEVICE_TYPE_MISSING_OR_INVALID: 400,
    Common.MAILBOX_SERVER_OFFLINE: 503,
    Common.SEND_QUOTA_EXCEEDED: 403,
    Common.MESSAGE_RECIPIENT_UNRESOLVED: 400,
    Common.MESSAGE_REPLY_NOT_ALLOWED: 403,
    Common.MESSAGE_HAS_NO_RECIPIENT: 400,
    Common.ATTACHMENT_IS_TOO_LARGE: 413,
    Common.USER_HAS_NO_MAILBOX: 403,
    Common.USER_CANNOT_BE_ANONYMOUS: 401,
    Common.USER_ON_NEW_MAILBOX_CANNOT_SYNC: 403,
    Common.USER_ON_LEGACY_MAILBOX_CANNOT_SYNC: 403,
    Common.DEVICE_IS_BLOCKED_FOR_THIS_USER: 403,
    Common.ACCESS_DENIED: 403,
    Common.ACCOUNT_DISABLED: 403,
    Common.SYNC_STATE_LOCKED: 503,
    Common.DEVICE_NOT_FULLY_PROVISIONABLE: 403,
    Common.EXTERNALLY_MANAGED_DEVICES_NOT_ALLOWED: 403,
    Common.NO_RECURRENCE_IN_CALENDAR: 400,
    Common.INVALID_STORED_REQUEST: 400,
    Common.ITEM_NOT_FOUND: 404,
    Common.TOO_MANY_FOLDERS: 403,
    Common.MAXIMUM_DEVICES_REACHED: 403,
    Common.MOVE_DISALLOWED_FOR_NON_PERSISTENT_ACTION: 400,
    Common.MOVE_INVALID_DESTINATION_FOLDER: 400,
}
_HTTP_ELSE = 500

_HTTP_BY_COMMAND: Mapping[tuple[int, str], int] = {
    (Common.INVALID_IDS, "SendMail"): 500,  # R7549
    (Common.SYNC_STATE_NOT_FOUND, "Provision"): 500,  # R7557
    # A phone takes 200 for "sent"; what was sent before is just that (R4848).
    (Common.MESSAGE_PREVIOUSLY_SENT, "SendMail"): 200,
    (Common.MESSAGE_PREVIOUSLY_SENT, "SmartReply"): 200,
    (Common.MESSAGE_PREVIOUSLY_SENT, "SmartForward"): 200,
    (Common.ITEM_NOT_FOUND, "GetAttachment"): 500,  # R166
    (Common.SERVER_ERROR_RETRY_LATER, "GetHierarchy"): 500,  # R6033
}

_STATUS_TAGS: Mapping[str, Tag] = {
    "Sync": AirSync.Status,
    "FolderSync": FolderHierarchy.Status,
    "FolderCreate": FolderHierarchy.Status,
    "FolderDelete": FolderHierarchy.Status,
    "FolderUpdate": FolderHierarchy.Status,
    "GetItemEstimate": GetItemEstimate.Status,
    "Ping": Ping.Status,
    "MoveItems": Move.Status,
    "ItemOperations": ItemOperations.Status,
    "Search": Search.Status,
    "Find": Find.Status,
    "SendMail": ComposeMail.Status,
    "SmartReply": ComposeMail.Status,
    "SmartForward": ComposeMail.Status,
    "MeetingResponse": MeetingResponse.Status,
    "ResolveRecipients": ResolveRecipients.Status,
    "ValidateCert": ValidateCert.Status,
    "Settings": Settings.Status,
    "Provision": Provision.Status,
}
"""The Status tag of each command's own document; the others have none to put a status in."""


def answer(
    reason: Reason, version: Version, command: str, *, wait_s: float | None = None
) -> Refusal:
    """Say how a request is refused.

    ``command`` is the name as it stands in the request; one without a document of its own gets an
    HTTP code. ``version`` is the one of the request (the lowest where it names none). ``wait_s``
    is what a device that is refused by HTTP in every version is asked to wait, None as usual.
    """
    if reason in _ALWAYS_HTTP:
        wait_s = _WAIT_S.get(reason, RETRY_AFTER_S) if wait_s is None else wait_s
        return _http(_ALWAYS_HTTP[reason], wait_s)
    status = _STATUSES[reason]
    if _speaks_status(version, command):
        return StatusRefusal(status=int(_OWN_STATUSES.get((reason, command), status)))
    return _http(_HTTP_BY_REASON.get(reason) or _equivalent(status, command))


def from_common(code: int, version: Version, command: str) -> Refusal:
    """Say how a command ends that raised CommandStatus with that code (101 to 184)."""
    if _speaks_status(version, command):
        return StatusRefusal(status=int(code))
    return _http(_equivalent(code, command))


def document(command: str, status: int) -> Element:
    """Build the command's root with a status alone.

    Raises: ValueError for a command whose answers are not documents.
    """
    try:
        tag = _STATUS_TAGS[command]
    except KeyError:
        raise ValueError(f"{command[:32]!r} has no document") from None
    return Element(ROOTS[command], [Element(tag, str(int(status)))])


def _speaks_status(version: Version, command: str) -> bool:
    return version >= Version.V14_0 and command in _STATUS_TAGS


def _equivalent(status: int, command: str) -> int:
    return _HTTP_BY_COMMAND.get((status, command)) or _HTTP.get(status, _HTTP_ELSE)


def _http(code: int, wait_s: float = RETRY_AFTER_S) -> HttpRefusal:
    if code == 401:
        return HttpRefusal(code=code, headers=(("WWW-Authenticate", f'Basic realm="{REALM}"'),))
    if code == 503:
        return HttpRefusal(code=code, headers=(("Retry-After", str(max(1, ceil(wait_s)))),))
    return HttpRefusal(code=code)
