"""Provision: the request for a policy, its acknowledgement, the report on a wipe, the answers.

Spec: MS-ASPROV 2.2.2, 3.1.5.1, 3.2.5.1; schema Provision.
"""

from dataclasses import dataclass, field

from carbonio_mobile.eas.messages.deviceinformation import Facts, parse_facts
from carbonio_mobile.eas.status import AcknowledgementStatus, PolicyStatus
from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.sync.device import WipeKind
from carbonio_mobile.wbxml import Element, Tag
from carbonio_mobile.wbxml.codepages import Provision, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRequest:
    """One Policy of a request. ``key`` and ``status`` stand in an acknowledgement only.

    A key that is no number is 0, which no server issues.
    """

    policy_type: str
    key: int | None = None
    status: AcknowledgementStatus | None = None

    @property
    def acknowledges(self) -> bool:
        """True for phase two."""
        return self.key is not None or self.status is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class WipeReport:
    """What a device says of a wipe; anything but "done" is a failure (MS-ASPROV R402, R403)."""

    kind: WipeKind
    done: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A Provision request; ``empty`` where it asks what there is to do.

    ``informs`` tells that DeviceInformation was there, ``facts`` None that it could not be read.
    """

    policy: PolicyRequest | None = None
    informs: bool = False
    facts: Facts | None = field(default=None, repr=False)
    wipe: WipeReport | None = None
    empty: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyAnswer:
    """The Policy of a response; ``data``, its Data, only in phase one (MS-ASPROV R601)."""

    policy_type: str
    status: PolicyStatus
    key: int | None = None
    data: Element | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A Provision response; ``information_status`` answers the device's DeviceInformation.

    ``wipe`` orders a wipe of that kind.
    """

    status: int
    information_status: int | None = None
    policy: PolicyAnswer | None = None
    wipe: WipeKind | None = None


_DIRECTIVES: dict[WipeKind, Tag] = {
    WipeKind.FULL: Provision.RemoteWipe,
    WipeKind.ACCOUNT_ONLY: Provision.AccountOnlyRemoteWipe,
}
_DONE = "1"


def parse(root: Element) -> Request:
    """Read a request, in any order of elements.

    Raises: ProtocolError for a root that is not Provision.
    """
    if root.tag is not Provision.Provision:
        raise ProtocolError("not a Provision request", expected="Provision")
    information = root.find(Settings.DeviceInformation)
    return Request(
        policy=_policy(root),
        informs=information is not None,
        facts=None if information is None else parse_facts(information),
        wipe=_wipe_report(root),
        empty=not root.children,
    )


def _wipe_report(root: Element) -> WipeReport | None:
    """Some devices put the status beside their report (client-quirks.md 5.5)."""
    for kind, tag in _DIRECTIVES.items():
        report = root.find(tag)
        if report is not None:
            status = report.value(Provision.Status) or root.value(Provision.Status, "")
            return WipeReport(kind=kind, done=status.strip() == _DONE)
    return None


def _policy(root: Element) -> PolicyRequest | None:
    policies = root.find(Provision.Policies)
    policy = policies.find(Provision.Policy) if policies else None
    if policy is None:
        return None
    return PolicyRequest(
        policy_type=policy.value(Provision.PolicyType, "").strip(),
        key=_key(policy.value(Provision.PolicyKey)),
        status=_status(policy.value(Provision.Status)),
    )


def _key(text: str | None) -> int | None:
    if text is None:
        return None
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else 0


def _status(text: str | None) -> AcknowledgementStatus | None:
    """An unknown status counts as "not applied"."""
    if text is None:
        return None
    known = {str(int(status)): status for status in AcknowledgementStatus}
    return known.get(text.strip(), AcknowledgementStatus.REFUSED)


def build(response: Response) -> Element:
    """Give the tree, its elements in the order of the schema."""
    information, policy = response.information_status, response.policy
    return Element(
        Provision.Provision,
        [
            None
            if information is None
            else Element(Settings.DeviceInformation, [_number(Settings.Status, information)]),
            _number(Provision.Status, response.status),
            None if policy is None else Element(Provision.Policies, [_policy_element(policy)]),
            # MS-ASPROV R322, R6903: a directive has no children.
            None if response.wipe is None else Element(_DIRECTIVES[response.wipe]),
        ],
    )


def _policy_element(policy: PolicyAnswer) -> Element:
    return Element(
        Provision.Policy,
        [
            Element(Provision.PolicyType, policy.policy_type),
            _number(Provision.Status, policy.status),
            None if policy.key is None else _number(Provision.PolicyKey, policy.key),
            policy.data,
        ],
    )


def _number(tag: Tag, value: int) -> Element:
    return Element(tag, str(int(value)))
