"""Settings: out of office, the user's addresses, what the device says of itself.

Spec: MS-ASCMD 2.2.1.18.
"""

from dataclasses import replace

from carbonio_mobile.commands.context import Answer, Call
from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.eas.messages import settings
from carbonio_mobile.eas.messages.outofoffice import OofChange
from carbonio_mobile.eas.messages.settings import Request, Response, UserInformation
from carbonio_mobile.eas.status import SettingsStatus
from carbonio_mobile.errors import (
    Conflict,
    NotAllowed,
    OverQuota,
    ProtocolError,
    StoreError,
    TooLarge,
)
from carbonio_mobile.mime.bodies import html_to_text, text_to_html
from carbonio_mobile.policy.document import policy_of
from carbonio_mobile.sync.device import Device
from carbonio_mobile.sync.outofoffice import Audience, OofMessage, OutOfOffice

_REFUSALS = (
    ((NotAllowed, Conflict, OverQuota), SettingsStatus.ACCESS_DENIED),
    ((TooLarge,), SettingsStatus.INVALID_ARGUMENTS),
    ((StoreError,), SettingsStatus.SERVER_UNAVAILABLE),
)
"""What a device is told of a setting that the mailbox, or the mail server behind it, does not give
or take. A device comes again after the last one only."""


async def respond(call: Call) -> Answer:
    """Do and answer every part of the request. What is set is durable before the answer leaves.

    Raises: ProtocolError for a request without a body.
    """
    if call.document is None:
        raise ProtocolError("Settings without a body", expected="Settings")
    request = settings.parse(call.document, call.version)
    if request.empty:
        response = Response(status=SettingsStatus.PROTOCOL_ERROR)
    else:
        response = await _done(call, request)
    answer = settings.build(response, call.version)
    return Answer(document=settings.in_order_of(call.document, answer))


async def _done(call: Call, request: Request) -> Response:
    oof_status, oof = await _out_of_office(call, request)
    device, information_status = _informed(call.device, request)
    device, password_status = _with_password(call.account, device, request)
    if device != call.device:
        await call.services.devices.save_device(device)
    user_status = _got(request.user_information)
    return Response(
        oof_status=oof_status,
        oof=oof,
        information_status=information_status,
        password_status=password_status,
        user_status=user_status,
        user=_user(call.account) if user_status is SettingsStatus.SUCCESS else None,
        rights_status=_rights(request),
    )


async def _out_of_office(call: Call, request: Request) -> tuple[int | None, OutOfOffice | None]:
    """First the Set, then the Get, if the request has both.

    What the mailbox cannot do ends this part only: the others of the request are done all the same.
    """
    html, change = request.oof_get_html, request.oof_set
    for fault in (change, html):
        if isinstance(fault, SettingsStatus):
            return fault, None
    if html is None and change is None:
        return None, None
    try:
        in_force = await _in_force(call, change if isinstance(change, OofChange) else None)
    except StoreError as exc:
        status = next(status for kinds, status in _REFUSALS if isinstance(exc, kinds))
        return status, None
    if in_force is None:
        return SettingsStatus.INVALID_ARGUMENTS, None
    return SettingsStatus.SUCCESS, None if html is None else _in_form(in_force, html=bool(html))


async def _in_force(call: Call, change: OofChange | None) -> OutOfOffice | None:
    """Give the setting as it is after a change; None for a change that cannot be made.

    Raises: StoreError.
    """
    before: OutOfOffice = await call.mailbox.out_of_office()
    after = before if change is None else change.applied_to(before)
    if after is not None and after != before:
        await call.mailbox.set_out_of_office(after)
    return after


def _in_form(in_force: OutOfOffice, *, html: bool) -> OutOfOffice:
    """Give the settings with all messages as HTML or as plain text."""

    def convert(entry: tuple[Audience, OofMessage]) -> tuple[Audience, OofMessage]:
        audience, message = entry
        if not message.text or message.html == html:
            return audience, replace(message, html=html)
        text = text_to_html(message.text) if html else html_to_text(message.text)
        return audience, replace(message, text=text, html=html)

    return replace(in_force, messages=tuple(convert(entry) for entry in in_force.messages))


def _informed(device: Device, request: Request) -> tuple[Device, SettingsStatus | None]:
    facts = request.facts
    if facts is None or isinstance(facts, SettingsStatus):
        return device, facts
    return replace(device, information=facts), SettingsStatus.SUCCESS


def _with_password(
    account: Account, device: Device, request: Request
) -> tuple[Device, SettingsStatus | None]:
    """Keep the recovery password where the policy lets devices deposit one (MS-ASCMD R4402)."""
    password = request.password
    if password is None or isinstance(password, SettingsStatus):
        return device, password
    if not policy_of(account).recovery:
        return device, SettingsStatus.DENIED_BY_POLICY
    return replace(device, recovery_password=password), SettingsStatus.SUCCESS


def _got(asked: bool | SettingsStatus | None) -> SettingsStatus | None:
    return SettingsStatus.SUCCESS if asked is True else asked or None


def _user(account: Account) -> UserInformation:
    others = (address for address in account.addresses if address != account.name)
    return UserInformation(display_name=account.display_name, addresses=(account.name, *others))


def _rights(request: Request) -> int | None:
    """There is no rights management here: the list of templates is empty."""
    return _got(request.rights_management)
