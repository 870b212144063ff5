"""Settings: what a device asks about its user and tells about itself.

A part that cannot be read is kept as the status that answers it, so that the other parts of the
request are still done.

Spec: MS-ASCMD 2.2.1.18 and 2.2.3.167 (Set), 2.2.3.121 (Oof); schema Settings.
"""

from dataclasses import dataclass, field

from carbonio_mobile.eas.messages.deviceinformation import Facts, parse_facts
from carbonio_mobile.eas.messages.outofoffice import AUDIENCE_TAGS, OofChange, parse_change
from carbonio_mobile.eas.status import SettingsStatus
from carbonio_mobile.eas.times import format_datetime
from carbonio_mobile.eas.version import Version
from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.sync.outofoffice import Audience, OofState, OutOfOffice
from carbonio_mobile.wbxml import Element, Tag
from carbonio_mobile.wbxml.codepages import RightsManagement, Settings

MAX_PASSWORD_CHARS = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The parts of a request; None where a part is absent, a status where it cannot be read.

    ``oof_get_html`` tells the form that the answer's messages shall have. ``password`` is the
    device's recovery password.
    """

    oof_get_html: bool | SettingsStatus | None = None
    oof_set: OofChange | SettingsStatus | None = None
    password: str | SettingsStatus | None = field(default=None, repr=False)
    facts: Facts | SettingsStatus | None = field(default=None, repr=False)
    user_information: bool | SettingsStatus | None = None
    rights_management: bool | SettingsStatus | None = None

    @property
    def empty(self) -> bool:
        """True where nothing was asked for."""
        parts = (self.oof_get_html, self.oof_set, self.password, self.facts)
        return all(part is None for part in (*parts, self.user_information, self.rights_management))


@dataclass(frozen=True, slots=True, kw_only=True)
class UserInformation:
    """Who the user is: the primary address comes first among ``addresses``."""

    display_name: str
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """The answers, None for what was not asked; ``oof`` and ``user`` only where a Get succeeded."""

    status: int = SettingsStatus.SUCCESS
    oof_status: int | None = None
    oof: OutOfOffice | None = None
    password_status: int | None = None
    information_status: int | None = None
    user_status: int | None = None
    user: UserInformation | None = None
    rights_status: int | None = None


def parse(root: Element, version: Version) -> Request:
    """Read a request.

    Raises: ProtocolError for a root that is not Settings.
    """
    if root.tag is not Settings.Settings:
        raise ProtocolError("not a Settings request", expected="Settings")
    oof = root.find(Settings.Oof)
    information = root.find(Settings.DeviceInformation)
    facts = None if information is None else parse_facts(information)
    rights = version >= Version.V14_1 and root.has(Settings.RightsManagementInformation)
    return Request(
        oof_get_html=None if oof is None else _oof_get(oof),
        oof_set=None if oof is None else _oof_set(oof),
        password=_password(root),
        facts=SettingsStatus.PROTOCOL_ERROR if facts is None and information is not None else facts,
        user_information=_get(root, Settings.UserInformation),
        rights_management=_get(root, Settings.RightsManagementInformation) if rights else None,
    )


def _oof_get(oof: Element) -> bool | SettingsStatus | None:
    get = oof.find(Settings.Get)
    if get is None:
        return None if oof.has(Settings.Set) else SettingsStatus.PROTOCOL_ERROR
    form = get.value(Settings.BodyType, "Text").strip().lower()
    return form == "html" if form in ("html", "text") else SettingsStatus.INVALID_ARGUMENTS


def _oof_set(oof: Element) -> OofChange | SettingsStatus | None:
    change = oof.find(Settings.Set)
    return None if change is None else parse_change(change)


def _password(root: Element) -> str | SettingsStatus | None:
    part = root.find(Settings.DevicePassword)
    if part is None:
        return None
    change = part.find(Settings.Set)
    text = change.value(Settings.Password) if change is not None else None
    if text is None:
        return SettingsStatus.PROTOCOL_ERROR
    return text if len(text) <= MAX_PASSWORD_CHARS else SettingsStatus.INVALID_ARGUMENTS


def _get(root: Element, tag: Tag) -> bool | SettingsStatus | None:
    part = root.find(tag)
    if part is None:
        return None
    return True if part.has(Settings.Get) else SettingsStatus.PROTOCOL_ERROR


def build(response: Response, version: Version) -> Element:
    """Give the tree; UserInformation has the form of the version."""
    parts: list[Element | None] = [
        _part(
            Settings.RightsManagementInformation, response.rights_status, _no_templates(response)
        ),
        _part(Settings.Oof, response.oof_status, _oof(response.oof)),
        _part(Settings.DevicePassword, response.password_status),
        _part(Settings.DeviceInformation, response.information_status),
        _part(Settings.UserInformation, response.user_status, _user(response.user, version)),
    ]
    return Element(Settings.Settings, [Element(Settings.Status, str(int(response.status))), *parts])


def in_order_of(request: Element, answer: Element) -> Element:
    """Give the answer with its properties as they stand in the request (MS-ASCMD R480, R5713)."""
    asked = [child.tag for child in request]
    order = {tag: place for place, tag in reversed(list(enumerate(asked)))}
    status, *parts = answer.children
    parts.sort(key=lambda part: order.get(part.tag, len(asked)))
    return Element(answer.tag, [status, *parts])


def _part(tag: Tag, status: int | None, got: Element | None = None) -> Element | None:
    if status is None:
        return None
    return Element(tag, [Element(Settings.Status, str(int(status))), got])


def _no_templates(response: Response) -> Element | None:
    """The schema wants the list even where there can be none."""
    if response.rights_status is None:
        return None
    return Element(Settings.Get, [Element(RightsManagement.RightsManagementTemplates)])


def _oof(settings: OutOfOffice | None) -> Element | None:
    if settings is None:
        return None
    timed = settings.state is OofState.TIMED
    return Element(
        Settings.Get,
        [
            Element(Settings.OofState, str(settings.state.value)),
            _time(Settings.StartTime, settings.start if timed else None),
            _time(Settings.EndTime, settings.end if timed else None),
            *(_oof_message(settings, audience) for audience in Audience),
        ],
    )


def _time(tag: Tag, seconds: float | None) -> Element | None:
    return None if seconds is None else Element(tag, format_datetime(seconds))


def _oof_message(settings: OutOfOffice, audience: Audience) -> Element:
    """One stands for each audience, whether or not there is a message (MS-ASCMD R3504, R3505)."""
    message = dict(settings.messages).get(audience)
    said = message is not None and message.text
    return Element(
        Settings.OofMessage,
        [
            Element(AUDIENCE_TAGS[audience]),
            Element(Settings.Enabled, "1" if message is not None and message.enabled else "0"),
            Element(Settings.ReplyMessage, message.text) if message is not None and said else None,
            Element(Settings.BodyType, "HTML" if message is not None and message.html else "Text"),
        ],
    )


def _user(user: UserInformation | None, version: Version) -> Element | None:
    if user is None:
        return None
    addresses = [Element(Settings.SMTPAddress, address) for address in user.addresses]
    if version < Version.V14_1:
        return Element(Settings.Get, [Element(Settings.EmailAddresses, addresses)])
    primary = Element(Settings.PrimarySmtpAddress, user.addresses[0])
    account = [
        Element(Settings.UserDisplayName, user.display_name) if user.display_name else None,
        Element(Settings.EmailAddresses, [*addresses, primary]),
    ]
    return Element(Settings.Get, [Element(Settings.Accounts, [Element(Settings.Account, account)])])
