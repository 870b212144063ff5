"""Provision: give a device its policy and, once it acknowledged that, its policy key; or wipe it.

Spec: MS-ASPROV 3.2.5.1.
"""

from dataclasses import replace

from carbonio_mobile.commands.context import Answer, Call
from carbonio_mobile.eas.messages import provision
from carbonio_mobile.eas.messages.provision import (
    PolicyAnswer,
    PolicyRequest,
    Request,
    Response,
)
from carbonio_mobile.eas.refusal import Reason
from carbonio_mobile.eas.status import (
    AcknowledgementStatus,
    Common,
    PolicyStatus,
    ProvisionStatus,
    SettingsStatus,
)
from carbonio_mobile.eas.version import Version
from carbonio_mobile.errors import CommandStatus
from carbonio_mobile.policy import provisioning, wipe
from carbonio_mobile.policy.document import document_hash, policy_of, policy_type, rendered
from carbonio_mobile.sync.device import Device, WipeState
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import Provision


async def respond(call: Call) -> Answer:
    """Answer either phase, or a device that is to be wiped.

    What the answer says of keys and wipes is durable before it leaves. Raises: CommandStatus 139
    or 145 where the device did not apply enough of the policy, 129 where it was wiped.
    """
    document = call.document if call.document is not None else Element(Provision.Provision)
    request = provision.parse(document)
    order = call.device.wipe
    response = await (_served(call, request) if order is None else _wiped(call, request, order))
    return Answer(document=provision.build(response))


async def _served(call: Call, request: Request) -> Response:
    """Answer a device of which nothing but its policy is wanted."""
    device = _informed(call.device, request)
    refused: Reason | None = None
    policy = request.policy
    if request.empty or (policy is None and request.wipe is not None):
        # Nothing is to be done (MS-ASPROV R654); a report of that is only taken note of.
        response = _plain(ProvisionStatus.SUCCESS)
    elif policy is None or (not policy.policy_type and not policy.acknowledges):
        response = _plain(ProvisionStatus.PROTOCOL_ERROR)
    elif _lacks_information(call, request):
        response = _plain(Common.DEVICE_INFORMATION_REQUIRED)
    elif policy.policy_type not in ("", policy_type(call.version)):
        response = _refused(policy, call.version, PolicyStatus.UNKNOWN_TYPE)
    elif policy.acknowledges:
        device, response, refused = _acknowledged(call, device, policy)
    else:
        device, response = _offered(call, device)
    if device != call.device:
        await call.services.devices.save_device(device)
    if refused is not None:
        raise CommandStatus(_REFUSALS[refused], refused.value)
    return _with_information(response, call.version, request)


def _plain(status: int) -> Response:
    return Response(status=status)


def _informed(device: Device, request: Request) -> Device:
    return device if request.facts is None else replace(device, information=request.facts)


def _with_information(response: Response, version: Version, request: Request) -> Response:
    """Versions before 14.1 have no DeviceInformation here (MS-ASPROV R608), nor an answer to it."""
    if not request.informs or version < Version.V14_1:
        return response
    failed = request.facts is None
    status = SettingsStatus.PROTOCOL_ERROR if failed else SettingsStatus.SUCCESS
    return replace(response, information_status=status)


def _refused(policy: PolicyRequest, version: Version, status: PolicyStatus) -> Response:
    """A refusal of the policy asked for, within a request that is otherwise well."""
    answer = PolicyAnswer(policy_type=policy.policy_type or policy_type(version), status=status)
    return Response(status=ProvisionStatus.SUCCESS, policy=answer)


def _lacks_information(call: Call, request: Request) -> bool:
    """From 14.1 on the first request of a device must describe it (MS-ASPROV R368)."""
    policy = request.policy
    return (
        call.version >= Version.V14_1
        and policy is not None
        and not policy.acknowledges
        and not request.facts
        and not call.device.information
    )


def _fresh_key(call: Call) -> int:
    return provisioning.new_key(call.services.random_bytes(4), call.device.policy)


def _offered(call: Call, device: Device) -> tuple[Device, Response]:
    data = rendered(policy_of(call.account), call.version)
    state = provisioning.offered(device.policy, document_hash(data), call.version, _fresh_key(call))
    answer = PolicyAnswer(
        policy_type=policy_type(call.version),
        status=PolicyStatus.SUCCESS,
        key=state.temporary,
        data=data,
    )
    response = Response(status=ProvisionStatus.SUCCESS, policy=answer)
    return replace(device, policy=state), response


def _acknowledged(
    call: Call, device: Device, policy: PolicyRequest
) -> tuple[Device, Response, Reason | None]:
    """First the key, then what the device says that it applied (MS-ASPROV R657 to R660)."""
    if not provisioning.is_acknowledgeable(device.policy, policy.key or 0):
        return device, _refused(policy, call.version, PolicyStatus.WRONG_KEY), None
    status = policy.status or AcknowledgementStatus.APPLIED
    refused = provisioning.refusal_of(status, policy_of(call.account))
    if refused is not None:
        state = provisioning.refused(device.policy, status)
        return replace(device, policy=state), _plain(ProvisionStatus.PROTOCOL_ERROR), refused
    state = provisioning.acknowledged(device.policy, status, _fresh_key(call), call.now)
    answer = PolicyAnswer(
        policy_type=policy_type(call.version), status=PolicyStatus.SUCCESS, key=state.key
    )
    response = Response(status=ProvisionStatus.SUCCESS, policy=answer)
    return replace(device, policy=state), response, None


_REFUSALS = {
    Reason.NOT_FULLY_PROVISIONABLE: Common.DEVICE_NOT_FULLY_PROVISIONABLE,
    Reason.EXTERNALLY_MANAGED: Common.EXTERNALLY_MANAGED_DEVICES_NOT_ALLOWED,
}


# A device that is to be wiped


async def _wiped(call: Call, request: Request, order: WipeState) -> Response:
    """Look for the report first; send the order in answer to everything else.

    Raises: CommandStatus 129 for a device that was wiped, or cannot take the order.
    """
    report = request.wipe
    is_on_it = report is not None and report.kind is order.kind and bool(order.sent_at)
    if report is not None and is_on_it and order.acknowledged_at:
        return _plain(ProvisionStatus.SUCCESS)  # its answer was lost
    if not wipe.is_sendable(order, call.version):
        raise CommandStatus(Common.DEVICE_IS_BLOCKED_FOR_THIS_USER, "wiped, or not able to be")
    devices, key = call.services.devices, call.device.key
    if report is not None and is_on_it:
        await devices.save_wipe(key, wipe.reported(order, call.now, done=report.done))
        if report.done:
            return _plain(ProvisionStatus.SUCCESS)
        return Response(status=ProvisionStatus.PROTOCOL_ERROR, wipe=order.kind)
    response = await _beside_the_order(call, request)
    if not order.sent_at:
        await devices.save_wipe(key, wipe.sent(order, call.now))
    return replace(response, wipe=order.kind)


async def _beside_the_order(call: Call, request: Request) -> Response:
    """Answer phase one as ever, for some devices see the order only there; nothing else."""
    policy = request.policy
    if policy is None or policy.acknowledges or policy.policy_type != policy_type(call.version):
        return _plain(ProvisionStatus.SUCCESS)
    device, response = _offered(call, _informed(call.device, request))
    if device != call.device:
        await call.services.devices.save_device(device)
    return _with_information(response, call.version, request)
