"""What a request says outside its body: command, device, version, policy key and parameters.

Spec: MS-ASHTTP 2.2.1.1.1 (the query in its plain and its base64 form) and 2.2.1.1.2 (headers).
"""

import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes

from carbonio_mobile.eas.version import Version
from carbonio_mobile.errors import ProtocolError

COMMAND_CODES: Mapping[int, str] = {
    0: "Sync",
    1: "SendMail",
    2: "SmartForward",
    3: "SmartReply",
    4: "GetAttachment",
    5: "GetHierarchy",
    6: "CreateCollection",
    7: "DeleteCollection",
    8: "MoveCollection",
    9: "FolderSync",
    10: "FolderCreate",
    11: "FolderDelete",
    12: "FolderUpdate",
    13: "MoveItems",
    14: "GetItemEstimate",
    15: "MeetingResponse",
    16: "Search",
    17: "Settings",
    18: "Ping",
    19: "ItemOperations",
    20: "Provision",
    21: "ResolveRecipients",
    22: "ValidateCert",
    23: "Find",
}
"""Command codes of the base64 form (MS-ASHTTP R58 to R78)."""

_CODES_BY_COMMAND = {name: code for code, name in COMMAND_CODES.items()}
_COMMANDS_BY_FOLDED_NAME = {name.lower(): name for name in COMMAND_CODES.values()} | {
    "autodiscover": "Autodiscover"  # has no code: it travels in its own URL, or as Cmd
}
_VERSIONS_BY_CODE = {int(version): version.text for version in Version if version >= Version.V12_0}
"""MS-ASHTTP R26; 12.0, which has no base64 form, is read all the same."""
_CODES_BY_VERSION = {version.text: int(version) for version in Version if version >= Version.V12_1}

_TAG_OPTIONS = 7
_FIELDS_BY_TAG = {
    0: "attachment_name",
    1: "collection_id",
    3: "item_id",
    4: "long_id",
    6: "occurrence",
    8: "user",
}
_OPTION_SAVE_IN_SENT = 0x01
_OPTION_ACCEPT_MULTIPART = 0x02

_FIELDS_BY_PARAMETER = {
    "user": "user",
    "devicetype": "device_type",
    "attachmentname": "attachment_name",
    "collectionid": "collection_id",
    "itemid": "item_id",
    "longid": "long_id",
    "occurrence": "occurrence",
}

_DEVICE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_COMMAND = re.compile(r"[A-Za-z0-9]{1,32}", re.ASCII)
_VERSION = re.compile(r"[0-9]{1,2}\.[0-9]", re.ASCII)
_BASE64 = re.compile(rb"[A-Za-z0-9+/]+")
_STANDARD_ALPHABET = bytes.maketrans(b"-_ ", b"+/+")  # a space was a '+' once
_MAX_POLICY_KEY = 0xFFFFFFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestLine:
    """One command as its URL and headers name it.

    ``command`` is spelled as in the specification; an unknown one is kept as sent (a code without
    a name as its decimal number). ``version`` is None when the client named none. ``device_id`` is
    1 to 64 letters, digits, ``-`` and ``_``, as sent, raw GUID bytes in hexadecimal. ``user`` is
    for logs and hints, credentials decide; it may be empty. ``policy_key`` is None when none was
    sent. ``locale`` is the LCID of the base64 form. ``binary`` tells which form was used.
    """

    command: str
    version: str | None
    device_id: str
    device_type: str = ""
    user: str = ""
    policy_key: int | None = None
    locale: int | None = None
    accept_multipart: bool = False
    save_in_sent: bool = False
    collection_id: str | None = None
    item_id: str | None = None
    long_id: str | None = None
    occurrence: str | None = None
    attachment_name: str | None = None
    binary: bool = False


def parse(query: bytes, headers: Mapping[str, str]) -> RequestLine:
    """Read the query (raw, without ``?``) and the protocol headers (lower-case names).

    What the query says wins over a header that says the same (MS-ASHTTP R24 and following); of a
    repeated parameter the last counts; unknown parameters and tags are passed over.

    Raises: ProtocolError for a query in neither form, for a device id or command name outside its
    alphabet, for a version that is no version.
    """
    pairs = _split_plain(query)
    if b"cmd" in pairs:
        return _parse_plain(pairs, headers)
    return _parse_binary(_decode_base64(query), headers)


def device_named(query: bytes) -> tuple[str, str]:
    """Give the device id and type that a query names in its plain form, as OPTIONS may.

    Both are empty where it names no usable id; nothing is raised.
    """
    pairs = _split_plain(query)
    device_id = _text(unquote_to_bytes(pairs.get(b"deviceid", b"")))
    kind = _text(unquote_to_bytes(pairs.get(b"devicetype", b"")))
    return (device_id, kind[:64]) if _DEVICE_ID.fullmatch(device_id) else ("", "")


def canonical_command(name: str) -> str:
    """Spell a command as the specification does, whatever its case; an unknown one is kept."""
    return _COMMANDS_BY_FOLDED_NAME.get(name.lower(), name)


# Plain form


def _split_plain(query: bytes) -> dict[bytes, bytes]:
    pairs = (piece.partition(b"=") for piece in query.split(b"&"))
    return {unquote_to_bytes(name).lower(): value for name, _, value in pairs}


def _parse_plain(pairs: Mapping[bytes, bytes], headers: Mapping[str, str]) -> RequestLine:
    values = {
        name.decode("ascii", "replace"): _text(unquote_to_bytes(value))
        for name, value in pairs.items()
    }
    return RequestLine(
        command=_checked_command(values["cmd"]),
        version=_header_version(headers),
        device_id=_checked_device_id(values.get("deviceid", "")),
        policy_key=_header_policy_key(headers),
        accept_multipart=_header_multipart(headers),
        save_in_sent=values.get("saveinsent", "").upper() == "T",
        **{  # type: ignore[arg-type]  # the fields named in the table are all strings
            field: values[name] for name, field in _FIELDS_BY_PARAMETER.items() if name in values
        },
    )


def _checked_command(name: str) -> str:
    if not _COMMAND.fullmatch(name):
        raise ProtocolError("unusable command name", expected="letters and digits")
    return canonical_command(name)


def _checked_device_id(device_id: str) -> str:
    if not _DEVICE_ID.fullmatch(device_id):
        raise ProtocolError("unusable device id", expected="1 to 64 letters, digits, '-' or '_'")
    return device_id


def _header_version(headers: Mapping[str, str]) -> str | None:
    version = headers.get("ms-asprotocolversion", "").strip()
    if not version:
        return None
    if not _VERSION.fullmatch(version):
        raise ProtocolError("unusable MS-ASProtocolVersion", expected="a number such as 14.1")
    return version


def _header_policy_key(headers: Mapping[str, str]) -> int | None:
    text = headers.get("x-ms-policykey", "").strip()
    if not text:
        return None
    if text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= _MAX_POLICY_KEY:
        return int(text)
    return 0  # no key of ours: the device counts as not provisioned


def _header_multipart(headers: Mapping[str, str]) -> bool:
    return headers.get("ms-asacceptmultipart", "").strip().upper() == "T"


# Base64 form


def _decode_base64(query: bytes) -> bytes:
    text = unquote_to_bytes(query.partition(b"&")[0]).translate(_STANDARD_ALPHABET).rstrip(b"=")
    if not _BASE64.fullmatch(text) or len(text) % 4 == 1:
        raise ProtocolError("query is neither Cmd=... nor base64")
    return binascii.a2b_base64(text + b"=" * (-len(text) % 4))


class _Cursor:
    """Reads fields from the decoded query, never past its end."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self.offset = 0

    def take(self, count: int) -> bytes:
        taken = self._octets[self.offset : self.offset + count]
        if len(taken) < count:
            raise ProtocolError(
                "base64 query ends early", offset=self.offset, expected=f"{count} bytes"
            )
        self.offset += count
        return taken

    def number(self, size: int = 1) -> int:
        return int.from_bytes(self.take(size), "little")

    def counted(self) -> bytes:
        return self.take(self.number())

    @property
    def at_end(self) -> bool:
        return self.offset >= len(self._octets)


def _parse_binary(octets: bytes, headers: Mapping[str, str]) -> RequestLine:
    cursor = _Cursor(octets)
    version = _VERSIONS_BY_CODE.get(cursor.number())
    if version is None:
        raise ProtocolError("unknown version in base64 query", offset=0, expected="120 to 161")
    code = cursor.number()
    locale = cursor.number(2)
    device_id = _binary_device_id(cursor.counted())
    policy_key = _binary_policy_key(cursor)
    device_type = _text(cursor.counted())
    options, parameters = _binary_parameters(cursor)
    return RequestLine(
        command=COMMAND_CODES.get(code, str(code)),
        version=version,
        device_id=device_id,
        device_type=device_type,
        policy_key=_header_policy_key(headers) if policy_key is None else policy_key,
        locale=locale,
        accept_multipart=(
            _header_multipart(headers)
            if options is None
            else bool(options & _OPTION_ACCEPT_MULTIPART)
        ),
        save_in_sent=bool((options or 0) & _OPTION_SAVE_IN_SENT),
        binary=True,
        **parameters,
    )


def _binary_device_id(octets: bytes) -> str:
    text = octets.decode("latin-1")
    if _DEVICE_ID.fullmatch(text):
        return text
    return _checked_device_id(octets.hex())  # raw GUID bytes; one id whatever they happen to be


def _binary_policy_key(cursor: _Cursor) -> int | None:
    """MS-ASHTTP R38, R41: zero or four bytes, little-endian."""
    size = cursor.number()
    if size not in (0, 4):
        raise ProtocolError("unusable policy key length", offset=cursor.offset - 1, expected="0, 4")
    return cursor.number(size) if size else None


def _binary_parameters(cursor: _Cursor) -> tuple[int | None, dict[str, str]]:
    options: int | None = None
    parameters: dict[str, str] = {}
    while not cursor.at_end:
        tag = cursor.number()
        value = cursor.counted()
        if tag == _TAG_OPTIONS:
            options = int.from_bytes(value[:1], "little")
        elif tag in _FIELDS_BY_TAG:
            parameters[_FIELDS_BY_TAG[tag]] = _text(value)
    return options, parameters


def _text(octets: bytes) -> str:
    """UTF-8 as MS-ASHTTP R127 has it, else Latin-1, which any bytes are; control characters go."""
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError:
        text = octets.decode("latin-1")
    return text if text.isprintable() else "".join(filter(str.isprintable, text))


# Writing, for the bundled client


def format_plain(line: RequestLine) -> tuple[bytes, dict[str, str]]:
    """Return the plain query (without ``?``) and the protocol headers that go with it.

    ``locale`` has no place in this form and ``policy_key`` goes into its header.
    """
    pairs = [
        ("Cmd", line.command),
        ("User", line.user),
        ("DeviceId", line.device_id),
        ("DeviceType", line.device_type),
        ("AttachmentName", line.attachment_name),
        ("CollectionId", line.collection_id),
        ("ItemId", line.item_id),
        ("LongId", line.long_id),
        ("Occurrence", line.occurrence),
        ("SaveInSent", "T" if line.save_in_sent else None),
    ]
    query = "&".join(
        f"{name}={quote(value, safe='')}" for name, value in pairs if value is not None
    )
    headers = {
        "MS-ASProtocolVersion": line.version,
        "X-MS-PolicyKey": None if line.policy_key is None else str(line.policy_key),
        "MS-ASAcceptMultiPart": "T" if line.accept_multipart else None,
    }
    return query.encode("ascii"), {name: text for name, text in headers.items() if text is not None}


def format_binary(line: RequestLine) -> bytes:
    """Return the base64 query (without ``?``), standard alphabet, padded.

    Raises: ValueError for a command or version without a code, a value above 255 bytes, or an
    empty device id.
    """
    if line.command not in _CODES_BY_COMMAND or line.version not in _CODES_BY_VERSION:
        raise ValueError(f"no base64 form of {line.command} at version {line.version}")
    if not line.device_id:
        raise ValueError("no device id")
    octets = bytearray((_CODES_BY_VERSION[line.version], _CODES_BY_COMMAND[line.command]))
    octets += (line.locale or 0).to_bytes(2, "little")
    octets += _counted(line.device_id)
    if line.policy_key is None:
        octets += b"\0"
    else:
        octets += b"\4" + line.policy_key.to_bytes(4, "little")
    octets += _counted(line.device_type)
    for tag, field in _FIELDS_BY_TAG.items():
        value: str | None = getattr(line, field)
        if value is not None and (value or field != "user"):
            octets += bytes((tag,)) + _counted(value)
    options = _OPTION_SAVE_IN_SENT * line.save_in_sent
    options |= _OPTION_ACCEPT_MULTIPART * line.accept_multipart
    if options:
        octets += bytes((_TAG_OPTIONS, 1, options))
    return binascii.b2a_base64(octets, newline=False)


def _counted(text: str) -> bytes:
    octets = text.encode("utf-8")
    if len(octets) > 255:
        raise ValueError("value above 255 bytes")
    return bytes((len(octets),)) + octets
