"""What a patch makes of a message's state."""

from dataclasses import replace

from carbonio_mobile.mime.mailitem import ClearFollowUp, MailPatch, MailState
from carbonio_mobile.sync.changes import Aspect


def patched(state: MailState, patch: MailPatch) -> MailState:
    """Give the state after a patch."""
    follow_up = state.follow_up if patch.follow_up is None else patch.follow_up
    verb, verb_at = (state.verb, state.verb_at) if patch.verb is None else patch.verb
    return replace(
        state,
        read=state.read if patch.read is None else patch.read,
        follow_up=None if isinstance(follow_up, ClearFollowUp) else follow_up,
        categories=state.categories if patch.categories is None else patch.categories,
        verb=verb,
        verb_at=verb_at,
    )


def differing(old: MailState, new: MailState) -> tuple[Aspect, ...]:
    """Name the aspects in which two states differ."""
    return tuple(
        aspect
        for aspect, before, after in (
            (Aspect.READ, old.read, new.read),
            (Aspect.FOLLOW_UP, old.follow_up, new.follow_up),
            (Aspect.CATEGORIES, old.categories, new.categories),
            (Aspect.VERB, (old.verb, old.verb_at), (new.verb, new.verb_at)),
        )
        if before != after
    )
