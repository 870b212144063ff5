"""The policy of an account, the document that says it to a device, and that document's hash.

What nobody set is said as well, at the value that restricts nothing, so that a device which was
under a stricter policy before is told each setting anew. A fresh installation therefore has a
complete document that demands nothing.

Spec: MS-ASPROV 2.2.2 (elements and their ranges), 3.2.5.1.1 (R652: settings that are withdrawn are
sent at their defaults); ../shared/carbonio/attributes.md 2.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256

from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.eas.version import Version
from carbonio_mobile.policy.settings import (
    ATTACHMENTS_BLOCKED,
    BY_NAME,
    ENABLED,
    PROFILE,
    SETTINGS,
    Form,
    Setting,
    whole,
)
from carbonio_mobile.policy.wap import wap_document
from carbonio_mobile.wbxml import Element, Tag, encode
from carbonio_mobile.wbxml.codepages import Provision

Content = str | tuple[str, ...] | None
"""What an element holds: text, the texts of its children, or None where it is not sent."""

WBXML_TYPE = "MS-EAS-Provisioning-WBXML"
"""The form of policies from 12.0 on (MS-ASPROV R971)."""
WAP_TYPE = "MS-WAP-Provisioning-XML"
"""Their form in 2.5 (MS-ASPROV R965)."""

_KEPT = 4096
"""So many different policies, and documents, are remembered; a site has a handful."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Policy:
    """What the directory says of the devices of an account.

    ``contents`` has each element of the document. ``non_provisionable`` tells whether devices that
    cannot provision are let in, None where nobody said. ``partial`` tells whether a device that
    applied a part of the policy is. ``refresh_s`` is how long a key is good for, 0 for ever, None
    where nobody said. ``restricts`` is False where the document forbids and demands nothing.
    """

    enabled: bool
    contents: Mapping[Tag, Content] = field(repr=False)
    non_provisionable: bool | None
    partial: bool
    refresh_s: float | None
    restricts: bool

    def text(self, tag: Tag) -> str:
        """Give the text of an element; empty where it is empty, or not sent."""
        content = self.contents[tag]
        return content if isinstance(content, str) else ""

    @property
    def recovery(self) -> bool:
        """Whether devices may deposit a recovery password (MS-ASPROV R300, R629)."""
        return (
            self.text(Provision.DevicePasswordEnabled) == "1"
            and self.text(Provision.PasswordRecoveryEnabled) == "1"
        )


def policy_of(account: Account) -> Policy:
    """Give the policy in force; equal attributes give the same object."""
    get = account.attributes.get
    return _policy(tuple([get(key) or () for key in _KEYS]))


def policy_type(version: Version) -> str:
    """Give the form that policies have in a version."""
    return WBXML_TYPE if version >= Version.V12_0 else WAP_TYPE


def policy_document(policy: Policy, version: Version) -> Element:
    """Give the EASProvisionDoc for a device of that version: no element it does not know."""
    rows = (row for row in SETTINGS if row.tag is not None and row.since <= version)
    return Element(Provision.EASProvisionDoc, [_element(row, policy) for row in rows])


def rendered(policy: Policy, version: Version) -> Element:
    """Give the Data of a policy: a container of the document, or in 2.5 its text."""
    if version >= Version.V12_0:
        return Element(Provision.Data, [policy_document(policy, version)])
    return Element(Provision.Data, wap_document(policy.text))


def document_hash(data: Element) -> str:
    """Give the SHA-256, in hexadecimal, of the octets that the document in Data is on the wire.

    It covers what this device at its version is sent and nothing else; were it over the policy as
    configured, Outlook at an older version would be asked to provision for ever.
    """
    octets = encode(data.children[0]) if data.children else data.octets
    return sha256(octets).hexdigest()


@lru_cache(maxsize=_KEPT)
def policy_hash(policy: Policy, version: Version) -> str:
    """Give the hash of what a device of that version is sent."""
    return document_hash(rendered(policy, version))


# From the attributes to the contents

_NAMES = (ENABLED, PROFILE, ATTACHMENTS_BLOCKED, *(row.attribute for row in BY_NAME.values()))
_KEYS = tuple(name.lower() for name in _NAMES)


class _Known:
    """The attributes of an account; with the policy off, none of the policy's are there."""

    def __init__(self, values: tuple[tuple[str, ...], ...]) -> None:
        known = dict(zip(_NAMES, values, strict=True))
        self.enabled = _first(known[ENABLED]).upper() != "FALSE"
        self.blocked = _first(known[ATTACHMENTS_BLOCKED]).upper() == "TRUE"
        self._profile = _first(known[PROFILE]).lower() if self.enabled else ""
        self._values = known if self.enabled else {}

    def explicit(self, name: str) -> str | None:
        """Give what was set, None where nothing was."""
        values = self.texts(name)
        return values[0] if values else None

    def texts(self, name: str) -> tuple[str, ...]:
        """Give all values that were set."""
        return tuple(text for text in self._values.get(BY_NAME[name].attribute, ()) if text)

    def value(self, name: str) -> str | None:
        """Give what was set, else what the profile says, else None."""
        profile = BY_NAME[name].carbonio if self._profile == "carbonio" else ""
        return self.explicit(name) or profile or None

    def flag(self, name: str) -> bool | None:
        """Read a value that is TRUE or FALSE."""
        value = self.value(name)
        return None if value is None else value.upper() == "TRUE"


def _first(values: tuple[str, ...]) -> str:
    return values[0] if values else ""


@lru_cache(maxsize=_KEPT)
def _policy(values: tuple[tuple[str, ...], ...]) -> Policy:
    known = _Known(values)
    rows = [row for row in SETTINGS if row.tag is not None]
    contents = {row.tag: _content(row, known) for row in rows if row.tag is not None}
    refresh = known.value("RefreshInterval")
    return Policy(
        enabled=known.enabled,
        contents=contents,
        non_provisionable=known.flag("AllowNonProvisionableDevices"),
        partial=known.flag("AllowPartialProvisioning") is not False,
        refresh_s=None if refresh is None else 60.0 * max(whole(refresh), 0),
        restricts=any(contents[row.tag] not in (None, row.permissive) for row in rows if row.tag),
    )


def _content(row: Setting, known: _Known) -> Content:
    special = None if row.tag is None else _SPECIAL.get(row.tag)
    if special is not None:
        return special(row, known)
    if row.form is Form.TEXTS:
        return known.texts(row.name) or row.permissive
    return _password(row, known) if row.password else _plain(row, known)


def _plain(row: Setting, known: _Known) -> Content:
    value = known.value(row.name) if row.name else None
    return row.permissive if value is None else row.sent(value)


def _password(row: Setting, known: _Known) -> Content:
    """Without a password the others mean nothing: who turned it off need not hear of them."""
    if known.flag("DevicePasswordEnabled"):
        return _plain(row, known)
    return row.permissive if known.value("DevicePasswordEnabled") is None else None


def _history(row: Setting, known: _Known) -> Content:
    """Passwords that never expire have no history."""
    expires = whole(known.value("DevicePasswordExpiration") or "") > 0
    asked = bool(known.flag("DevicePasswordEnabled"))
    return _password(row, known) if expires or not asked else row.permissive


def _attachments(_row: Setting, known: _Known) -> Content:
    return "0" if known.blocked else "1"


def _card_encryption(row: Setting, known: _Known) -> Content:
    """The old name counts where the new one is not set; some devices must not hear of it at all."""
    if known.flag("SuppressDeviceEncryption"):
        return None
    old = known.explicit("DeviceEncryptionEnabled")
    value = known.explicit(row.name) or old or known.value(row.name)
    return row.permissive if value is None else row.sent(value)


_SPECIAL: Mapping[Tag, Callable[[Setting, _Known], Content]] = {
    Provision.RequireStorageCardEncryption: _card_encryption,
    Provision.AttachmentsEnabled: _attachments,
    Provision.DevicePasswordHistory: _history,
}
"""Elements that do not follow from their own attribute alone."""


def _element(row: Setting, policy: Policy) -> Element | None:
    assert row.tag is not None
    content = policy.contents[row.tag]
    if content is None:
        return None
    if isinstance(content, str):
        return Element(row.tag, content)
    assert row.child is not None
    return Element(row.tag, [Element(row.child, text) for text in content])
