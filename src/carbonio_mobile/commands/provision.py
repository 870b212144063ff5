"""Provision: give a device its policy and, once it acknowledged that, its policy key.

Spec: MS-ASPROV 3.2.5.1.
"""

from dataclasses import replace

from carbonio_mobile.commands.context import Answer, Call
from carbonio_mobile.eas.messages import provision
from carbonio_mobile.eas.messages.provision import (
    POLICY_TYPE,
    PolicyAnswer,
    PolicyRequest,
    Request,
    Response,
)
from carbonio_mobile.eas.status import (
    AcknowledgementStatus,
    Common,
    PolicyStatus,
    ProvisionStatus,
    SettingsStatus,
)
from carbonio_mobile.eas.version import Version
from carbonio_mobile.policy import provisioning
from carbonio_mobile.policy.document import document_hash, policy_document
from carbonio_mobile.sync.device import Device
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import Provision


async def respond(call: Call) -> Answer:
    """Answer either phase. What the answer says of keys is durable before it leaves."""
    document = call.document if call.document is not None else Element(Provision.Provision)
    request = provision.parse(document)
    device = call.device
    if request.facts is not None:
        device = replace(device, information=request.facts)
    policy = request.policy
    if policy is None or (not policy.policy_type and not policy.acknowledges):
        # No wipe is pending: a report of one is only taken note of.
        reported = request.wipe_reported and policy is None
        response = _plain(ProvisionStatus.SUCCESS if reported else ProvisionStatus.PROTOCOL_ERROR)
    elif _lacks_information(call, request):
        response = _plain(Common.DEVICE_INFORMATION_REQUIRED)
    elif policy.policy_type not in ("", POLICY_TYPE):
        response = _refused(policy, PolicyStatus.UNKNOWN_TYPE)
    elif policy.acknowledges:
        device, response = _acknowledged(call, device, policy)
    else:
        device, response = _offered(call, device)
    if device != call.device:
        await call.services.devices.save_device(device)
    if request.informs:
        response = replace(response, information_status=_information_status(request))
    return Answer(document=provision.build(response))


def _plain(status: int) -> Response:
    return Response(status=status)


def _refused(policy: PolicyRequest, status: PolicyStatus) -> Response:
    """A refusal of the policy asked for, within a request that is otherwise well."""
    answer = PolicyAnswer(policy_type=policy.policy_type or POLICY_TYPE, status=status)
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


def _information_status(request: Request) -> SettingsStatus:
    return SettingsStatus.PROTOCOL_ERROR if request.facts is None else SettingsStatus.SUCCESS


def _fresh_key(call: Call) -> int:
    return provisioning.new_key(call.services.random_bytes(4), call.device.policy)


def _offered(call: Call, device: Device) -> tuple[Device, Response]:
    document = policy_document(call.version)
    state = provisioning.offered(device.policy, document_hash(document), _fresh_key(call))
    answer = PolicyAnswer(
        policy_type=POLICY_TYPE,
        status=PolicyStatus.SUCCESS,
        key=state.temporary,
        document=document,
    )
    response = Response(status=ProvisionStatus.SUCCESS, policy=answer)
    return replace(device, policy=state), response


def _acknowledged(call: Call, device: Device, policy: PolicyRequest) -> tuple[Device, Response]:
    """The policy demands nothing, so that whatever part of it the device applied is enough."""
    status = policy.status or AcknowledgementStatus.APPLIED
    state = provisioning.acknowledged(
        device.policy, policy.key or 0, status, _fresh_key(call), call.now
    )
    if state is None:
        return device, _refused(policy, PolicyStatus.WRONG_KEY)
    answer = PolicyAnswer(policy_type=POLICY_TYPE, status=PolicyStatus.SUCCESS, key=state.key)
    return replace(device, policy=state), Response(status=ProvisionStatus.SUCCESS, policy=answer)
