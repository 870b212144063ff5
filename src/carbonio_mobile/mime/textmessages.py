"""Text messages of phones (SMS), stored as mails: made from what a phone uploads, known again.

A mail is a text message where our mark stands in its header and no server carried it: what comes
from outside has a Received field, and nobody else can have a mail hidden from devices by the mark.

Spec: MS-OXOSMMS 2.2.1.1 (PidTagMessageClass); RFC 5322; RFC 2606 (``.invalid``).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import formatdate
from hashlib import blake2b
from urllib.parse import quote, unquote

from carbonio_mobile.mime.addresses import MAX_LIST_CHARS, Mailbox, parse_address_text
from carbonio_mobile.mime.building import Body, content, message
from carbonio_mobile.mime.header import Header
from carbonio_mobile.mime.structure import Fields
from carbonio_mobile.mime.writing import CRLF, address_field, ids_field, text_field

TEXT_MESSAGE_CLASS = "IPM.Note.Mobile.SMS"
FIELD = "X-Carbonio-Mobile-Class"
DOMAIN = "mobile.invalid"
MAX_SUBJECT_CHARS = 60
MAX_PEOPLE = 500
MAX_NUMBER_CHARS = 64

_MARK = b"sms"
_IMPORTANCE = {0: "low", 2: "high"}
_ENTRY = re.compile(r'(?:"(?:[^"\\]|\\.){0,1000}"|\[[^\]\[]{0,200}\]|[^",;\[])+')
_PERSON = re.compile(r"(.*)\[\s*MOBILE\s*:([^\]]*)\]\s*\Z", re.IGNORECASE | re.DOTALL)
_NUMBER = re.compile(r"\+?[\d\s().*#/-]{1,40}\Z", re.ASCII)
_ESCAPE = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True, kw_only=True)
class TextMessage:
    """A text message. ``sender`` and ``to`` are lists as the phone writes them (MS-ASEMAIL To).

    ``importance`` is 0 low, 1 normal, 2 high; ``received`` is in seconds UTC; ``name`` tells one
    message from another of the same account.
    """

    sender: str
    to: str
    text: str
    received: float
    name: str
    importance: int = 1


def build(one: TextMessage) -> bytes:
    """Write the mail that stands for a text message; the same message gives the same octets."""
    text = one.text.strip()
    subject = text.partition("\n")[0][:MAX_SUBJECT_CHARS]
    identity = blake2b(one.name.encode("utf-8", "replace"), digest_size=16).hexdigest()
    header = Header([])
    # Each goes before the ones that are there.
    header.put(f"{FIELD}: SMS".encode("ascii") + CRLF)
    if one.importance in _IMPORTANCE:
        header.put(text_field("Importance", _IMPORTANCE[one.importance]))
    header.put(ids_field("Message-ID", [f"{identity}@{DOMAIN}"]))
    if subject:
        header.put(text_field("Subject", subject))
    header.put(f"Date: {formatdate(one.received)}".encode("ascii") + CRLF)
    for name, listed in (("To", one.to), ("From", one.sender)):
        people = people_of(listed)
        if people:
            header.put(address_field(name, people))
    return message(header, content(Body(text=one.text), [], []))


def is_text_message(fields: Fields) -> bool:
    """Tell whether a mail stands for a text message."""
    if "received" in fields:
        return False
    return fields.first(FIELD.lower()).strip().lower() == _MARK


def people_of(listed: str) -> list[Mailbox]:
    """Read ``"Name" [MOBILE:+1555], ...`` as addresses of our own domain; bare numbers too.

    Other entries are read as addresses of mail. At most ``MAX_PEOPLE``.
    """
    people: list[Mailbox] = []
    for entry in _ENTRY.findall(listed[:MAX_LIST_CHARS]):
        people += _people(entry.strip())
        if len(people) >= MAX_PEOPLE:
            break
    return people


def listed_people(addresses: str) -> str:
    """Write a record's list of addresses as a phone has it: the inverse of :func:`people_of`."""
    return ", ".join(_listed(one) for one in parse_address_text(addresses))


def _people(entry: str) -> Iterable[Mailbox]:
    """Read one entry; nobody where it is no address."""
    found = _PERSON.match(entry)
    if found is not None:
        name = found[1].strip()
        quoted = len(name) > 1 and name[0] == name[-1] == '"'
        return _person(_ESCAPE.sub(r"\1", name[1:-1]) if quoted else name, found[2])
    if _NUMBER.match(entry):
        return _person("", entry)
    return [one for one in parse_address_text(entry) if "@" in one.address]


def _person(name: str, number: str) -> Iterable[Mailbox]:
    number = ("" if _NUMBER.match(number) else " ").join(number.split())[:MAX_NUMBER_CHARS]
    if not number:
        return ()
    return (Mailbox(name or number, f"{quote(number, safe='+')}@{DOMAIN}"),)


def _listed(one: Mailbox) -> str:
    local, _, domain = one.address.rpartition("@")
    if domain.lower() != DOMAIN:
        return str(one)
    number = unquote(local.strip('"'))
    if one.name in ("", number):
        return f"[MOBILE:{number}]"
    name = one.name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{name}" [MOBILE:{number}]'
