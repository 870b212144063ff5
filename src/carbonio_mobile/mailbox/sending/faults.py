"""What a device is told of a message that nobody has, from the outcomes for its recipients.

Spec: RFC 5321 4.2, RFC 1870 6, RFC 3463 3.3, 3.4; MS-ASCMD 2.2.2 (what ComposeMail can say).
"""

from collections.abc import Callable, Mapping

from carbonio_mobile.errors import OverQuota, StoreError, TooLarge, Unavailable
from carbonio_mobile.mailbox.delivery.outcome import Outcome, Verdict

_TOO_LARGE = ("5.3.4", "5.2.3")
_FULL = "5.2.2"


def fault_of(outcomes: Mapping[str, Outcome]) -> StoreError | None:
    """Give the error for outcomes of which none is a delivery; its text has the server's reply.

    None: it is refused for good, for reasons that no device understands.
    """
    found = list(outcomes.values())
    for kind, fits in _REFUSALS:
        if found and all(map(fits, found)):
            return kind(found[0].reply)
    deferred = [one for one in found if one.verdict is Verdict.DEFERRED]
    return Unavailable(deferred[0].reply) if deferred else None


def _is_too_large(outcome: Outcome) -> bool:
    # Without more it is the reply to SIZE (RFC 1870 6); to a recipient the relay never has it.
    bare = outcome.code == 552 and outcome.status == "5.0.0"
    return outcome.verdict is Verdict.FAILED and (bare or outcome.status in _TOO_LARGE)


def _is_full(outcome: Outcome) -> bool:
    return outcome.code == 552 and outcome.status == _FULL


_REFUSALS: tuple[tuple[type[StoreError], Callable[[Outcome], bool]], ...] = (
    (TooLarge, _is_too_large),
    (OverQuota, _is_full),
)
