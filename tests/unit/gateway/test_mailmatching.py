"""Which of the messages that came are copies of those that were moved."""

from random import Random

import pytest

from carbonio_mobile.mailbox.gateway.mail.matching import Named, pairs


def named(uid: int, name: str = "", *, received: int = 7, size: int = 100) -> Named:
    return Named(uid, received, size, name)


@pytest.mark.parametrize(
    ("gone", "left", "came", "expected"),
    [
        ([named(1, "a")], [], [named(9, "a")], {1: 9}),
        ([named(1, "a")], [], [named(9, "b")], {}),
        ([named(1, "a", size=99)], [], [named(9, "a")], {}),
        ([named(1, "a", received=8)], [], [named(9, "a")], {}),
        ([], [named(1, "a")], [named(9, "a")], {1: 9}),
        ([], [named(1, "a")], [named(9, "b")], {}),
        # What has no name, or none that is known, is told by its place among equals.
        ([named(1), named(2)], [], [named(8, "a"), named(9, "b")], {1: 8, 2: 9}),
        ([named(1), named(2)], [], [named(9, "b")], {}),
        ([named(1)], [named(2, "b")], [named(8, "a"), named(9, "b")], {1: 8, 2: 9}),
        ([named(1, "a"), named(2)], [], [named(8, "b"), named(9, "a")], {1: 9, 2: 8}),
        # What is still there and has no name is not deleted on a guess.
        ([], [named(1)], [named(9)], {}),
        ([named(1, "a"), named(2, "a")], [], [named(8, "a"), named(9, "a")], {1: 8, 2: 9}),
    ],
)
def test_pairs(
    gone: list[Named], left: list[Named], came: list[Named], expected: dict[int, int]
) -> None:
    assert pairs(gone, left, came) == expected


def test_a_move_that_was_broken_off_loses_nothing() -> None:
    """Wherever a server stopped: nothing that was not copied is taken for copied and deleted."""
    for seed in range(300):
        rnd = Random(seed)
        names = [rnd.choice(("", f"m{n}")) for n in range(8)]
        copied = rnd.randrange(9)
        expunged = set(rnd.sample(range(copied), rnd.randrange(copied + 1)))
        gone = [named(n, rnd.choice(("", names[n]))) for n in sorted(expunged)]
        left = [named(n, names[n]) for n in range(8) if n not in expunged]
        came = [named(100 + n, names[n]) for n in range(copied)]
        found = pairs(gone, left, came)
        assert len(set(found.values())) == len(found)
        for one in left:
            if one.uid in found:
                assert found[one.uid] == 100 + one.uid, seed
