"""``Person``: an entry of the address list, as ActiveSync shows one.

Spec: ../shared/carbonio/attributes.md 7.
"""

from dataclasses import dataclass, field
from enum import Enum

from carbonio_mobile.ids import AccountId

BLOB_ATTRIBUTES = frozenset(
    {"thumbnailphoto", "jpegphoto", "usercertificate", "usersmimecertificate"}
)
"""Attributes of accounts with pictures and certificates, as base64."""
MAX_BLOB_BYTES = 1 << 20
"""A larger picture or certificate is not shown."""
MAX_CERTIFICATES = 20


class PersonKind(Enum):
    """What an entry of the address list stands for."""

    PERSON = "person"
    GROUP = "group"
    RESOURCE = "resource"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An entry of the address list; a text is empty where the directory says nothing.

    ``addresses`` are bare, the main one first. ``account`` is the account behind it, None for one
    that is not of this server. ``picture`` and ``certificates`` (DER) are there where they were
    asked for. ``members`` are the addresses in a group.
    """

    display_name: str
    addresses: tuple[str, ...]
    account: AccountId | None = None
    alias: str = ""
    first_name: str = ""
    last_name: str = ""
    phone: str = ""
    home_phone: str = ""
    mobile_phone: str = ""
    office: str = ""
    title: str = ""
    company: str = ""
    picture: bytes = field(default=b"", repr=False)
    certificates: tuple[bytes, ...] = field(default=(), repr=False)
    kind: PersonKind = PersonKind.PERSON
    members: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """The address to write to."""
        return self.addresses[0] if self.addresses else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonWish:
    """What is wanted of people beside their texts; it is large, and read only then."""

    picture: bool = False
    certificates: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """A stretch of what a search found, by display name; ``total`` counts all that it found."""

    found: tuple[Person, ...] = ()
    total: int = 0


NOBODY = People()
