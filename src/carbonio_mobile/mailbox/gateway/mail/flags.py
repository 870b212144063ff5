"""What the flags of a message on an IMAP server say of its state, and the way back.

A state says more than flags can: when a reply was sent, until when something is to be followed up.
So flags are read against the state known before: what agrees with them is kept as it is. What the
server stores no flag for is this side's alone, and no flag changes it.

The law, for every ``after`` and flags that agree with ``before``::

    state_of(changed flags, after) == after

Flags and keywords that stand for no property of a state are never touched.

Spec: RFC 9051 2.3.2 (flags), 7.1 (PERMANENTFLAGS); RFC 5550 5.9 ($Forwarded); MS-ASEMAIL 2.2.2.34
(Flag), 2.2.2.40 (LastVerbExecuted).
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from carbonio_mobile.imap.keywords import category, folded, spellings
from carbonio_mobile.mime.mailitem import FollowUp, MailState

SEEN = "\\Seen"
FLAGGED = "\\Flagged"
ANSWERED = "\\Answered"
FORWARDED = "$Forwarded"
DRAFT = "\\Draft"
DELETED = "\\Deleted"

FLAG_TYPE = "Flag for follow up"
"""What a flag set by another client is called (MS-ASEMAIL R1059)."""

MAX_CATEGORIES = 300
"""What a device is told of one message (MS-ASEMAIL 2.2.2.16)."""

_ACTIVE = 2
_REPLIED, _REPLIED_TO_ALL, _WAS_FORWARDED = 1, 2, 3
_ANY_KEYWORD = "\\*"

Keeps = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class FlagChanges:
    """The flags to be set and those to be taken off; false where there are none."""

    add: frozenset[str] = frozenset()
    remove: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.add or self.remove)


def state_of(
    flags: Collection[str],
    before: MailState | None = None,
    *,
    permanent: Collection[str] = (),
    now: float = 0.0,
) -> MailState:
    """Give the state of a message with these flags, ``before`` being what was known of it.

    ``permanent`` are the mailbox's PERMANENTFLAGS, empty where the server names none: then it takes
    all. ``now`` (seconds UTC) is when a reply or forward by another client is said to have been.

    A follow-up keeps its details as long as it is flagged or not as before; complete ones are not
    flagged. A reply stays one to all while ``\\Answered`` stays. Categories keep their order and
    the case in which they were written; new ones follow by name.
    """
    said = frozenset(map(folded, flags))
    keeps = _keeping(permanent)
    if before is None:
        before, keeps = MailState(), _keeps_all
    verb, verb_at = _verb(said, before, keeps, now)
    return MailState(
        read=folded(SEEN) in said if keeps(SEEN) else before.read,
        follow_up=_follow_up(said, before.follow_up, keeps),
        categories=_categories(flags, said, before.categories, keeps),
        verb=verb,
        verb_at=verb_at,
    )


def flag_changes(
    before: MailState, after: MailState, permanent: Collection[str] = ()
) -> FlagChanges:
    """Give what a change of state is on the server; nothing of what it cannot store.

    A category goes out in the spelling that the mailbox knows already (``permanent`` names it), so
    that other clients go on knowing it too, and is taken off in every spelling.
    """
    keeps = _keeping(permanent)
    had, has = frozenset(_system_flags(before)), frozenset(_system_flags(after))
    add, remove = has - had, had - has
    if before.verb and not after.verb:
        remove |= {ANSWERED, FORWARDED}
    elif after.verb:  # a mail can have been answered and forwarded
        remove -= {ANSWERED, FORWARDED}
    return FlagChanges(
        frozenset(filter(keeps, add)) | _new_keywords(before, after, permanent),
        frozenset(filter(keeps, remove)) | _old_keywords(before, after, keeps),
    )


def initial_flags(
    state: MailState, *, permanent: Collection[str] = (), draft: bool = False
) -> tuple[str, ...]:
    """Give the flags of a message that is stored by APPEND, each once, none that is not kept."""
    keeps = _keeping(permanent)
    flags = [*_system_flags(state), *([DRAFT] if draft else ())]
    return (*filter(keeps, flags), *sorted(_new_keywords(MailState(), state, permanent)))


def is_marked_deleted(flags: Collection[str]) -> bool:
    r"""Tell whether a message is marked with ``\Deleted``.

    Such a message is gone for the mirror, as clients with a wastebasket show it: they move or copy
    what they delete, and the mark is what is left of the original until an EXPUNGE. A client that
    takes the mark off again brings it back, as a new item.
    """
    return folded(DELETED) in map(folded, flags)


def _keeping(permanent: Collection[str]) -> Keeps:
    """Tell of flags whether the server stores them."""
    listed = frozenset(map(folded, permanent))
    if not listed:
        return _keeps_all
    takes_new = _ANY_KEYWORD in listed

    def keeps(flag: str) -> bool:
        return folded(flag) in listed or (takes_new and not flag.startswith("\\"))

    return keeps


def _keeps_all(_flag: str) -> bool:
    return True


def _system_flags(state: MailState) -> list[str]:
    """Give the flags that a state is sure to have, without its categories."""
    flags = [SEEN] if state.read else []
    if _is_active(state.follow_up):
        flags.append(FLAGGED)
    if state.verb in (_REPLIED, _REPLIED_TO_ALL):
        flags.append(ANSWERED)
    elif state.verb == _WAS_FORWARDED:
        flags.append(FORWARDED)
    return flags


def _new_keywords(
    before: MailState, after: MailState, permanent: Collection[str]
) -> frozenset[str]:
    """Give a keyword for each category that came, one for those that differ in case alone."""
    keeps, listed = _keeping(permanent), frozenset(map(folded, permanent))
    found: dict[str, str] = {}
    for name in after.categories:
        usable = [one for one in spellings(name) if keeps(one)]
        if usable and name not in before.categories:
            sent = next((one for one in usable if folded(one) in listed), usable[0])
            found.setdefault(folded(sent), sent)
    return frozenset(found.values())


def _old_keywords(before: MailState, after: MailState, keeps: Keeps) -> frozenset[str]:
    """Give all spellings of the categories that went, but those of such as are still there."""
    wanted = {folded(one) for name in after.categories for one in spellings(name)}
    gone = [name for name in before.categories if name not in after.categories]
    found = {folded(one): one for name in gone for one in spellings(name) if keeps(one)}
    return frozenset(one for small, one in found.items() if small not in wanted)


def _is_active(follow_up: FollowUp | None) -> bool:
    return follow_up is not None and follow_up.status == _ACTIVE


def _follow_up(said: Collection[str], before: FollowUp | None, keeps: Keeps) -> FollowUp | None:
    flagged = folded(FLAGGED) in said
    if not keeps(FLAGGED) or flagged == _is_active(before):
        return before
    return FollowUp(status=_ACTIVE, fields=(("FlagType", FLAG_TYPE),)) if flagged else None


def _verb(said: Collection[str], before: MailState, keeps: Keeps, now: float) -> tuple[int, float]:
    """Give the last verb and its time: the known one as long as its flag is there."""
    answered = folded(ANSWERED) in said and keeps(ANSWERED)
    forwarded = folded(FORWARDED) in said and keeps(FORWARDED)
    if before.verb == _WAS_FORWARDED:
        agrees = forwarded or not keeps(FORWARDED)
    elif before.verb:
        agrees = answered or not keeps(ANSWERED)
    else:
        agrees = not answered and not forwarded
    if agrees:
        return before.verb, before.verb_at
    if answered:
        return _REPLIED, now
    return (_WAS_FORWARDED, now) if forwarded else (0, 0.0)


def _categories(
    flags: Collection[str], said: Collection[str], before: tuple[str, ...], keeps: Keeps
) -> tuple[str, ...]:
    kept = [one for one in before if _is_there(one, said, keeps)]
    known = {folded(spelling) for one in kept for spelling in spellings(one)}
    others = [flag for flag in flags if folded(flag) not in known and keeps(flag)]
    new = sorted({name for one in others if (name := category(one)) is not None})
    return (*kept, *new[: max(0, MAX_CATEGORIES - len(kept))])


def _is_there(name: str, said: Collection[str], keeps: Keeps) -> bool:
    """Tell whether a category is still there; one that the server cannot store always is."""
    stored = [one for one in spellings(name) if keeps(one)]
    return not stored or any(folded(one) in said for one in stored)
