"""Messages that the user writes: as MIME, or as a draft's properties.

Spec: RFC 5322; MS-ASEMAIL 3.1.5.4 (drafts); MS-ASAIRS 2.2.2.2.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import getaddresses

from carbonio_mobile.client.faults import ClientFault
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import AirSyncBase, Email, Email2


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file to attach."""

    name: str
    content: bytes = field(repr=False)
    content_type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message as written; addresses as typed, several parted by commas."""

    to: str = ""
    cc: str = ""
    bcc: str = ""
    subject: str = ""
    text: str = ""
    html: str = ""
    files: Sequence[File] = ()


def mime(message: Message) -> bytes:
    """Give the message in MIME, without From, Date and Message-ID: those are the server's.

    Raises: ClientFault for an address that is none.
    """
    built = EmailMessage(policy=SMTP)
    for name, typed in (("To", message.to), ("Cc", message.cc), ("Bcc", message.bcc)):
        if typed:
            built[name] = _addresses(typed)
    built["Subject"] = " ".join(message.subject.split())
    built.set_content(message.text or ("" if message.html else "\n"))
    if message.html:
        built.add_alternative(message.html, subtype="html")
    for file in message.files:
        main, _, sub = file.content_type.partition("/")
        built.add_attachment(
            file.content, maintype=main, subtype=sub or "octet-stream", filename=file.name
        )
    return built.as_bytes()


def draft(message: Message) -> list[Element]:
    """Give the properties of a draft, for an Add or a Change in the Drafts folder."""
    html = bool(message.html)
    body = [
        Element(AirSyncBase.Type, "2" if html else "1"),
        Element(AirSyncBase.Data, message.html or message.text),
    ]
    elements = [
        Element(Email.To, message.to),
        Element(Email.Cc, message.cc) if message.cc else None,
        Element(Email2.Bcc, message.bcc) if message.bcc else None,
        Element(Email.Subject, message.subject),
        Element(AirSyncBase.Body, body),
        attached(message.files) if message.files else None,
    ]
    return [element for element in elements if element is not None]


def attached(files: Sequence[File]) -> Element:
    """Write files that join a draft or an event (16.0 and later)."""
    added = [_file(number, file) for number, file in enumerate(files, start=1)]
    return Element(AirSyncBase.Attachments, added)


def _file(number: int, file: File) -> Element:
    return Element(
        AirSyncBase.Add,
        [
            Element(AirSyncBase.ClientId, f"file{number}"),
            Element(AirSyncBase.DisplayName, file.name),
            Element(AirSyncBase.Method, "1"),
            Element(AirSyncBase.Content, file.content),
            Element(AirSyncBase.ContentType, file.content_type),
        ],
    )


def _addresses(typed: str) -> list[Address]:
    found = getaddresses([typed.replace(";", ",")])
    addresses = []
    for name, address in found:
        if address.count("@") != 1 or any(c.isspace() for c in address):
            raise ClientFault(f"not an address: {address or typed!r}")
        try:
            addresses.append(Address(name, addr_spec=address))
        except (ValueError, IndexError) as exc:
            raise ClientFault(f"not an address: {address}") from exc
    return addresses
