"""ValidateCert: whether certificates may sign mail, as far as the configured roots go.

The request names no address, so that a certificate of somebody else (status 12) is not found out.

Spec: MS-ASCMD 2.2.1.22, 2.2.3.177.18 (Status).
"""

from collections.abc import Mapping
from functools import partial

from carbonio_mobile.commands.context import Answer, Call
from carbonio_mobile.directory.certificates import TrustStore, Verdict, check
from carbonio_mobile.eas.messages import validatecert
from carbonio_mobile.eas.messages.validatecert import Request
from carbonio_mobile.eas.status import ValidateCertStatus as Status
from carbonio_mobile.errors import ProtocolError

_STATUSES: Mapping[Verdict, Status] = {
    Verdict.VALID: Status.SUCCESS,
    Verdict.BAD_SIGNATURE: Status.INVALID_SIGNATURE,
    Verdict.UNTRUSTED: Status.UNTRUSTED_ISSUER,
    Verdict.MALFORMED_CHAIN: Status.MALFORMED_CHAIN,
    Verdict.NOT_FOR_MAIL: Status.NOT_FOR_SIGNING,
    Verdict.EXPIRED: Status.EXPIRED,
    Verdict.CHAIN_EXPIRED: Status.INCONSISTENT_VALIDITY,
    Verdict.CHAIN_MISUSED: Status.CHAIN_USED_WRONGLY,
    Verdict.MALFORMED: Status.INCOMPLETE,
    Verdict.WRONG_ROLE: Status.WRONG_ROLE,
    Verdict.REVOKED: Status.REVOKED,
    Verdict.REVOCATION_OUTDATED: Status.REVOCATION_SERVER_OFFLINE,
    Verdict.CHAIN_REVOKED: Status.CHAIN_REVOKED,
    Verdict.REVOCATION_UNKNOWN: Status.REVOCATION_UNKNOWN,
}


async def respond(call: Call) -> Answer:
    """Answer a request. Raises: ProtocolError, which is status 2."""
    if call.document is None:
        raise ProtocolError("ValidateCert without a body", expected="ValidateCert")
    request = validatecert.parse(call.document)
    services = call.services
    verdicts = await services.offload(partial(_checked, request, services.trust, call.now))
    return Answer(document=validatecert.build([_STATUSES[verdict] for verdict in verdicts]))


def _checked(request: Request, trust: TrustStore, now: float) -> list[Verdict]:
    return [
        check(der, request.chain, trust, now=now, check_revocation=request.check_revocation)
        for der in request.certificates
    ]
