"""What attachments are called: decoded, stripped of paths and control characters, never empty.

Spec: RFC 2183 2.3, RFC 2231; MS-ASAIRS 2.2.2.18 (DisplayName).
"""

import mimetypes
import re
import unicodedata

from carbonio_mobile.mime.parameters import parameter_text
from carbonio_mobile.mime.words import clean

MAX_NAME_CHARS = 200

# Filled from the module's own table, not from files of the system: the same name on every machine.
_TYPES = mimetypes.MimeTypes(filenames=())
_BETTER = {
    "text/plain": ".txt",
    "text/html": ".html",
    "text/calendar": ".ics",
    "text/vcard": ".vcf",
    "text/x-vcard": ".vcf",
    "image/jpeg": ".jpg",
    "audio/mpeg": ".mp3",
    "application/ms-tnef": ".dat",
    "application/pkcs7-mime": ".p7m",
    "application/x-pkcs7-mime": ".p7m",
    "application/pkcs7-signature": ".p7s",
    "application/x-pkcs7-signature": ".p7s",
    "application/pgp-signature": ".asc",
    "application/pgp-encrypted": ".asc",
    "application/pgp-keys": ".asc",
    "message/delivery-status": ".txt",
    "message/global-delivery-status": ".txt",
    "message/disposition-notification": ".txt",
    "text/rfc822-headers": ".txt",
}
_OPEN, _OOXML = (
    "application/vnd.oasis.opendocument",
    "application/vnd.openxmlformats-officedocument",
)
# What people write in offices, which Python's table knows the older half of.
_OFFICE = {
    "odt": f"{_OPEN}.text",
    "ods": f"{_OPEN}.spreadsheet",
    "odp": f"{_OPEN}.presentation",
    "odg": f"{_OPEN}.graphics",
    "docx": f"{_OOXML}.wordprocessingml.document",
    "xlsx": f"{_OOXML}.spreadsheetml.sheet",
    "pptx": f"{_OOXML}.presentationml.presentation",
    "md": "text/markdown",
    "heic": "image/heic",
    "webp": "image/webp",
    "gz": "application/gzip",
    "7z": "application/x-7z-compressed",
}
_STEMS = {
    "message/delivery-status": "details",
    "message/global-delivery-status": "details",
    "message/disposition-notification": "details",
    "text/rfc822-headers": "headers",
    "text/calendar": "invite",
    "application/pkcs7-mime": "smime",
    "application/x-pkcs7-mime": "smime",
    "application/pkcs7-signature": "smime",
    "application/x-pkcs7-signature": "smime",
    "application/pgp-signature": "signature",
    "application/ms-tnef": "winmail",
}
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f]")
_FORBIDDEN = re.compile(r'[<>:"|?*\\/]')


def part_name(disposition: dict[str, str], parameters: dict[str, str]) -> str:
    """Give the name that a part claims in its header, made safe; empty where it claims none."""
    claimed = disposition.get("filename") or parameters.get("name") or ""
    return safe_name(parameter_text(claimed)) if claimed else ""


def safe_name(claimed: str) -> str:
    """Take the path, control characters and direction marks off a name; may leave nothing."""
    name = _BIDI.sub("", clean(unicodedata.normalize("NFC", claimed)))
    name = name.replace("\\", "/").rstrip("/ ").rpartition("/")[2]
    if len(name) > 2 and name[1] == ":" and name[0].isalpha():
        name = name[2:]
    name = _FORBIDDEN.sub("_", name).strip(" .\t") if name.strip(" .") else ""
    if len(name) <= MAX_NAME_CHARS:
        return name
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension) > 16:
        return name[:MAX_NAME_CHARS]
    return stem[: MAX_NAME_CHARS - 1 - len(extension)] + dot + extension


def made_name(content_type: str, number: int) -> str:
    """Make a name for a part that has none; ``number`` counts the attachments, from 1."""
    extension = _BETTER.get(content_type) or _TYPES.guess_extension(content_type) or ".bin"
    stem = _STEMS.get(content_type)
    if stem:
        return stem + extension
    kind = content_type.partition("/")[0]
    stem = kind if kind in ("image", "audio", "video") else "attachment"
    return f"{stem}-{number}{extension}"


def type_of_name(name: str) -> str:
    """Give the content type that a name's extension stands for; of others that of mere octets."""
    extension = name.rpartition(".")[2].lower()
    kind, encoding = _TYPES.guess_type(f"name.{extension}")
    return _OFFICE.get(extension) or (kind if kind and not encoding else "application/octet-stream")


def message_name(subject: str) -> str:
    """Name an embedded message after its subject."""
    name = safe_name(_FORBIDDEN.sub(" ", subject[:MAX_NAME_CHARS]))
    return f"{' '.join(name.split())[: MAX_NAME_CHARS - 4] or 'message'}.eml"
