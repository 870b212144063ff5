"""What is remembered of logins, and for how long."""

from carbonio_mobile.accounts.inheritance import build_account
from carbonio_mobile.accounts.remembered import (
    Bounded,
    LoginDigests,
    Repeats,
    VerifiedLogin,
    VerifiedLogins,
)
from carbonio_mobile.accounts.snapshots import Snapshots
from carbonio_mobile.directory.accounts import Account, AccountStatus
from carbonio_mobile.ids import AccountId


def test_bounded_drops_what_was_used_longest_ago() -> None:
    """The entry that nobody asked for goes first."""
    kept: Bounded[str] = Bounded(2)
    kept.put(b"a", "a")
    kept.put(b"b", "b")
    assert kept.get(b"a") == "a"
    kept.put(b"c", "c")
    assert [kept.get(key) for key in (b"a", b"b", b"c")] == ["a", None, "c"]
    assert len(kept) == 2


def test_digests_tell_everything_apart() -> None:
    """Login, password, host and the process's secret each make another digest."""
    digests = LoginDigests(b"1" * 32)
    given = [("ab", "c", ""), ("a", "bc", ""), ("ab", "", "c"), ("", "abc", ""), ("ab", "c", "h")]
    made = {digests.of(*each) for each in given}
    made.add(LoginDigests(b"2" * 32).of("ab", "c", ""))
    assert len(made) == 6
    assert digests.of("ab", "c", "") == digests.of("ab", "c", "")


def test_verified_login_ends_when_idle() -> None:
    """A login lives while it is used, and ends after a pause or when the clock was set back."""
    verified = VerifiedLogins(idle_s=60, count_max=10)
    for key in (b"busy", b"back"):
        verified.put(
            key,
            VerifiedLogin(
                account=AccountId("1"),
                is_own=True,
                credential_stamp="s",
                generation=1,
                used_at=1000,
            ),
        )
    assert verified.get(b"busy", 1059) is not None
    assert verified.get(b"busy", 1118) is not None
    assert verified.get(b"busy", 1178) is None
    assert verified.get(b"back", 900) is None
    assert verified.get(b"back", 1001) is None


def test_repeats() -> None:
    """A wrong password is a repeat while it is among the last ones of its account."""
    repeats = Repeats(accounts_max=10)
    assert [repeats.seen("1", digest, 2) for digest in (b"a", b"a", b"b", b"a")] == [
        False,
        True,
        False,
        True,
    ]
    assert not repeats.seen("1", b"c", 2)
    assert not repeats.seen("1", b"a", 2)
    assert not repeats.seen("2", b"c", 2)


def account(number: int) -> Account:
    """Make an account."""
    return build_account(
        account=AccountId(str(number)),
        addresses=(f"user{number}@example.com", f"alias{number}@example.com"),
        own={},
        shared={"a": ("b",)},
        domain_status=AccountStatus.ACTIVE,
        locked_out=False,
    )


def test_snapshots_are_bounded_and_expire() -> None:
    """Snapshots go by number and by time, with their addresses."""
    snapshots = Snapshots(count_max=2)
    for number in (1, 2, 3):
        snapshots.put(account(number), 100.0)
    assert snapshots.get(AccountId("1"), 0.0) is None
    assert snapshots.receiver("alias1@example.com", 0.0) is None
    assert snapshots.receiver("alias3@example.com", 0.0) == account(3)
    assert snapshots.get(AccountId("3"), 100.0) is None
    snapshots.clear()
    assert snapshots.get(AccountId("2"), 0.0) is None


def test_layered_attributes_are_one_mapping() -> None:
    """Own values hide inherited ones; iteration and length agree."""
    attributes = account(1).attributes
    assert attributes["a"] == ("b",)
    assert attributes.get("absent") is None
    assert attributes.get("absent", ()) == ()
    assert len(attributes) == len(list(attributes)) == len(dict(attributes))
    assert "zimbraid" in attributes
