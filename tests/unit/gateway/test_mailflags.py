"""Flags of a server and states of messages."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.imap.keywords import folded, keyword
from carbonio_mobile.mailbox.gateway.mail.flags import (
    FlagChanges,
    flag_changes,
    initial_flags,
    is_marked_deleted,
    state_of,
)
from carbonio_mobile.mime.mailitem import FollowUp, MailState

ALL = ("\\Seen", "\\Flagged", "\\Answered", "\\Draft", "\\Deleted", "\\*")
NO_KEYWORDS = ("\\Seen", "\\Flagged", "\\Answered", "\\Draft", "\\Deleted")
ACTIVE = FollowUp(status=2, fields=(("FlagType", "mine"), ("DueDate", "2026-01-16")))
COMPLETE = FollowUp(status=1, fields=(("CompleteTime", "2026-01-16"),))
BY_ANOTHER = FollowUp(status=2, fields=(("FlagType", "Flag for follow up"),))

CATEGORIES = st.lists(
    st.sampled_from(
        ["Work", "work", "WORK", "Important", "To Do", "Käse", "x" * 60, "a b", "Junk", "R&D"]
    ),
    unique=True,
    max_size=5,
).map(tuple)
VERBS = st.sampled_from([(0, 0.0), (1, 5.0), (2, 6.0), (3, 7.0)])
STATES = st.builds(
    lambda read, follow_up, categories, verb: MailState(
        read=read, follow_up=follow_up, categories=categories, verb=verb[0], verb_at=verb[1]
    ),
    st.booleans(),
    st.sampled_from([None, ACTIVE, COMPLETE]),
    CATEGORIES,
    VERBS,
)
FLAGS = st.sets(
    st.sampled_from(
        [
            "\\Seen", "\\Flagged", "\\Answered", "\\Draft", "\\Deleted", "\\Recent", "$Forwarded",
            "$MDNSent", "NonJunk", "$label1", "$Label2", "work", "Important", "k&aoq-se", "r&d",
        ]
    )
)  # fmt: skip
PERMANENT = st.sampled_from(
    [(), ALL, NO_KEYWORDS, (*NO_KEYWORDS, "$Forwarded", "work", "$label1"), ("\\Seen", "\\Deleted")]
)


class Server:
    """Keeps the flags of one message as servers do: in whatever case each came first."""

    def __init__(self, flags: "set[str]") -> None:
        self.flags = {folded(one): one for one in flags}

    def change(self, changes: FlagChanges) -> None:
        for one in changes.add:
            self.flags.setdefault(folded(one), one)
        for one in changes.remove:
            self.flags.pop(folded(one), None)

    def told(self) -> "set[str]":
        return set(self.flags.values())


@given(FLAGS, STATES, STATES, PERMANENT)
def test_what_a_device_changes_is_what_the_server_then_says(
    flags: "set[str]", known: MailState, after: MailState, permanent: "tuple[str, ...]"
) -> None:
    """The law, where the server keeps all flags, no keywords, some of them, or hardly any."""
    before = state_of(flags, known, permanent=permanent)
    server = Server(flags)
    server.change(flag_changes(before, after, permanent))
    assert state_of(server.told(), after, permanent=permanent) == after


@given(FLAGS, STATES, PERMANENT)
def test_flags_that_did_not_change_change_nothing(
    flags: "set[str]", known: MailState, permanent: "tuple[str, ...]"
) -> None:
    """Read once more, flags give the state that they gave."""
    state = state_of(flags, known, permanent=permanent, now=9.0)
    assert state_of(flags, state, permanent=permanent, now=10.0) == state
    assert not flag_changes(state, state, permanent)


@given(FLAGS, STATES, STATES)
def test_flags_of_others_stay(flags: "set[str]", before: MailState, after: MailState) -> None:
    """Neither drafts, deletions nor what programs set is touched; nothing is set and taken off."""
    changes = flag_changes(before, after, ALL)
    touched = {*map(folded, changes.add), *map(folded, changes.remove)}
    assert not touched & {"\\draft", "\\deleted", "\\recent", "$mdnsent", "nonjunk"}
    assert len(touched) == len(changes.add) + len(changes.remove)


@given(STATES, PERMANENT)
def test_a_message_is_stored_with_its_flags(state: MailState, permanent: "tuple[str, ...]") -> None:
    """What APPEND is given says what the state says, and is kept by the server."""
    flags = initial_flags(state, permanent=permanent)
    permanent_small = map(folded, permanent)
    assert state_of(flags, state, permanent=permanent) == state
    assert len({*map(folded, flags)}) == len(flags)
    assert not permanent or "\\*" in permanent or {*map(folded, flags)} <= {*permanent_small}


def test_the_flags_of_a_new_message() -> None:
    """Those of the system first, then the keywords."""
    state = MailState(read=True, follow_up=ACTIVE, categories=("x", "Work"), verb=2, verb_at=1.0)
    assert initial_flags(state) == ("\\Seen", "\\Flagged", "\\Answered", "$label2", "x")
    assert initial_flags(MailState(verb=3), draft=True) == ("$Forwarded", "\\Draft")


@pytest.mark.parametrize(
    ("flags", "before", "state"),
    [
        ((), None, MailState()),
        (("\\SEEN",), None, MailState(read=True)),
        ((), MailState(read=True), MailState()),
        (("\\Flagged",), None, MailState(follow_up=BY_ANOTHER)),
        (("\\Flagged",), MailState(follow_up=ACTIVE), MailState(follow_up=ACTIVE)),
        ((), MailState(follow_up=ACTIVE), MailState()),
        ((), MailState(follow_up=COMPLETE), MailState(follow_up=COMPLETE)),
        (("\\Flagged",), MailState(follow_up=COMPLETE), MailState(follow_up=BY_ANOTHER)),
        (("\\Answered",), None, MailState(verb=1, verb_at=9.0)),
        (("$forwarded",), None, MailState(verb=3, verb_at=9.0)),
        (("\\Answered", "$Forwarded"), None, MailState(verb=1, verb_at=9.0)),
        (("\\Answered",), MailState(verb=2, verb_at=5.0), MailState(verb=2, verb_at=5.0)),
        (("$Forwarded",), MailState(verb=2, verb_at=5.0), MailState(verb=3, verb_at=9.0)),
        (
            ("\\Answered", "$Forwarded"),
            MailState(verb=3, verb_at=5.0),
            MailState(verb=3, verb_at=5.0),
        ),
        ((), MailState(verb=3, verb_at=5.0), MailState()),
        (("$Label1", "k&aoq-se", "$MDNSent"), None, MailState(categories=("Important", "käse"))),
        (
            ("work", "new", "$label1"),
            MailState(categories=("x" * 60, "Work", "gone")),
            MailState(categories=("x" * 60, "Work", "Important", "new")),
        ),
    ],
)
def test_what_flags_say(
    flags: "tuple[str, ...]", before: MailState | None, state: MailState
) -> None:
    """What agrees with the flags stays as it was known; the rest is as they say."""
    assert state_of(flags, before, now=9.0) == state


def test_what_is_changed_on_the_server() -> None:
    """Both a reply and a forward can have been; a category goes in every spelling."""
    replied, forwarded = MailState(verb=1, verb_at=1.0), MailState(verb=3, verb_at=2.0)
    assert flag_changes(replied, forwarded) == FlagChanges(add=frozenset({"$Forwarded"}))
    assert flag_changes(forwarded, MailState()).remove == {"\\Answered", "$Forwarded"}
    both = MailState(follow_up=ACTIVE, categories=("Käse",))
    assert flag_changes(both, MailState(follow_up=COMPLETE)) == FlagChanges(
        remove=frozenset({"\\Flagged", "K=c3=a4se", "K'C3'A4se", "K&AOQ-se"})
    )
    assert flag_changes(MailState(), replace(both, read=True)).add == {
        "\\Seen",
        "\\Flagged",
        "K=c3=a4se",
    }


@pytest.mark.parametrize(
    ("known", "sent"),
    [
        ("$MDNSent", {"K=c3=a4se", "$label2"}),
        ("k&aoq-se", {"K&AOQ-se", "$label2"}),
        ("k'c3'a4se", {"K'C3'A4se", "$label2"}),
        ("work", {"K=c3=a4se", "Work"}),
    ],
)
def test_a_category_is_spelled_as_the_mailbox_knows_it(known: str, sent: "set[str]") -> None:
    """The tag that a desktop client made is the one that a device sets."""
    after = MailState(categories=("Käse", "Work"))
    assert flag_changes(MailState(), after, (*ALL, known)).add == sent
    assert {*initial_flags(after, permanent=(*ALL, known))} == sent


def test_what_the_server_cannot_store_stays_here() -> None:
    """No keyword is sent, and a category that came from the device is not lost by a refresh."""
    after = MailState(read=True, categories=("Work",))
    assert flag_changes(MailState(), after, NO_KEYWORDS).add == {"\\Seen"}
    assert state_of(("\\Seen",), after, permanent=NO_KEYWORDS) == after
    assert keyword("x" * 60) is None
    assert not flag_changes(MailState(), MailState(categories=("x" * 60,)), ALL)


def test_a_message_with_hundreds_of_keywords() -> None:
    """No more of them than a device is told."""
    state = state_of([f"k{number}" for number in range(1000)])
    assert len(state.categories) == 300


def test_marked_for_deletion() -> None:
    """In any case of letters."""
    assert is_marked_deleted(("\\Seen", "\\deleted"))
    assert not is_marked_deleted(("Deleted",))
