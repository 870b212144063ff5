"""The DoS filter: who is jailed, for how long, and what a flood of strangers costs."""

from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.directory.configuration import Configuration
from carbonio_mobile.ids import AccountId, DeviceId, DeviceKey
from carbonio_mobile.policy.dos import (
    PASS,
    DosFilter,
    DosSettings,
    Register,
    jail_notice,
    settings_of,
)

SETTINGS = DosSettings(enabled=True, requests_max=3, window_s=10.0, jail_s=60.0)
KEY = DeviceKey(AccountId("a"), DeviceId("d"))
OTHER = DeviceKey(AccountId("a"), DeviceId("e"))
PHONE = ("192.0.2.1", "john\0d")


def served(dos: DosFilter, now: float, key: DeviceKey = KEY) -> bool:
    """Tell whether a request with a right login gets through."""
    if dos.knock(*PHONE, now).jailed:
        return False
    return not dos.enter(*PHONE, key, now).jailed


def test_the_last_requests_within_the_window() -> None:
    """cli.md 3.2: when N are held and all of them lie in the window, new ones are dropped."""
    dos = DosFilter(SETTINGS)
    assert [served(dos, now) for now in (0.0, 1.0, 2.0, 10.0)] == [True, True, True, False]
    patient = DosFilter(SETTINGS)
    assert all(served(patient, now * 10 / 2.9) for now in range(100))


def test_the_jail_and_what_comes_after() -> None:
    """All requests are dropped for the jail time, whatever comes; then counting starts anew."""
    dos = DosFilter(SETTINGS)
    for now in (0.0, 0.0, 0.0):
        assert dos.enter(*PHONE, KEY, now) is PASS
    first = dos.enter(*PHONE, KEY, 0.0)
    assert (first.jailed, first.is_news, first.wait_s) == (True, True, 60.0)
    again = dos.enter(*PHONE, KEY, 20.0)
    assert (again.jailed, again.is_news, again.wait_s) == (True, False, 40.0)
    assert [served(dos, now) for now in (59.9, 60.0, 60.0, 60.0, 60.0)] == [
        False, True, True, True, False,
    ]  # fmt: skip


def test_one_jail_is_news_once() -> None:
    """Of hundreds of requests, at the door and inside, one is the first that is kept out."""
    dos = DosFilter(SETTINGS)
    news = 0
    for tick in range(500):
        verdict = dos.knock(*PHONE, tick / 100)
        news += verdict.is_news
        if not verdict.jailed:
            news += dos.enter(*PHONE, KEY, tick / 100).is_news
    assert news == 1


def test_one_address_is_news_once_for_all_the_names_it_makes_up() -> None:
    """Administrators get one mail of a stranger for each jail time, whoever he claims to be."""
    dos = DosFilter(SETTINGS)
    for began, expected in ((0.0, 1), (59.0, 0), (60.0, 1)):
        verdicts = [dos.knock("203.0.113.7", f"{began} {n // 4}", began) for n in range(400)]
        assert sum(one.jailed for one in verdicts) == 100
        assert sum(one.is_news for one in verdicts) == expected
    assert [dos.knock("203.0.113.8", "x", 60.0).is_news for _ in range(4)][-1]


def test_other_devices_go_on() -> None:
    """A jail is for one device of one account, and for nobody else at its address."""
    dos = DosFilter(SETTINGS)
    while served(dos, 0.0):
        pass
    assert dos.enter(*PHONE, OTHER, 0.0) is PASS
    assert dos.knock(PHONE[0], "john\0e", 0.0) is PASS
    assert dos.enter("192.0.2.9", "john\0d", KEY, 0.0).jailed


def test_nobody_jails_anothers_phone() -> None:
    """Before the login it is the address that counts with what it claims; after it, neither."""
    dos = DosFilter(SETTINGS)
    stranger = ("203.0.113.7", PHONE[1])
    verdicts = [dos.knock(*stranger, 0.0) for _ in range(50)]
    assert sum(one.jailed for one in verdicts) == 47
    assert served(dos, 0.0)
    assert dos.knock(*stranger, 1.0).jailed


def test_right_logins_do_not_count_at_the_door() -> None:
    """Thousands of requests of a slow pace under one address are a phone's day."""
    dos = DosFilter(SETTINGS)
    for number in range(300):
        assert dos.knock(*PHONE, 0.0) is PASS
        assert dos.enter(*PHONE, DeviceKey(KEY.account, DeviceId(str(number))), 0.0) is PASS


def test_settings_change_while_it_works() -> None:
    """Other settings hold from the next request on; off or without a limit nobody is jailed."""
    dos = DosFilter(DosSettings())
    assert all(served(dos, 0.0) for _ in range(1000))
    dos.configure(SETTINGS)
    assert [served(dos, 0.0) for _ in range(4)] == [True, True, True, False]
    dos.configure(DosSettings(enabled=True, requests_max=0))
    assert all(served(dos, 0.0) for _ in range(1000))
    dos.configure(DosSettings(enabled=True, requests_max=5, window_s=1.0, jail_s=1.0))
    assert sum(served(dos, 0.0) for _ in range(10)) == 5
    dos.configure(DosSettings(enabled=True, requests_max=2, window_s=1.0, jail_s=1.0))
    assert sum(served(dos, 5.0) for _ in range(10)) == 2


def test_releasing_all() -> None:
    """doRestartService anti-dos opens all jails and forgets all counts."""
    dos = DosFilter(SETTINGS)
    while served(dos, 0.0):
        pass
    assert dos.jailed_count == 2
    dos.release_all()
    assert dos.jailed_count == 0
    assert [served(dos, 0.0) for _ in range(4)] == [True, True, True, False]


def test_a_flood_of_fresh_keys_is_bounded() -> None:
    """However many names are made up, so many are counted for, and prisoners stay put."""
    register = Register(keys_count=100, stamps_count=1000, jailed_count=10)
    for _ in range(4):
        register.knock("villain", SETTINGS, 0.0)
    for number in range(5000):
        register.knock(number, SETTINGS, 0.0)
    assert register.keys_count == 100
    assert register.knock("villain", SETTINGS, 1.0).jailed
    assert register.knock(4999, SETTINGS, 1.0) is PASS


def test_prisoners_are_bounded() -> None:
    """Where all places are taken, the one who is there longest makes room."""
    register = Register(keys_count=100, stamps_count=1000, jailed_count=10)
    for number in range(25):
        for _ in range(4):
            register.knock(number, SETTINGS, 0.0)
    assert register.jailed_count == 10
    assert register.knock(24, SETTINGS, 0.0).jailed
    assert register.knock(15, SETTINGS, 0.0).jailed
    assert register.knock(14, SETTINGS, 0.0) is PASS


def test_time_stamps_are_bounded() -> None:
    """A high limit of requests costs no more memory than the bound says."""
    lavish = DosSettings(enabled=True, requests_max=10**6, window_s=3600.0, jail_s=1.0)
    register = Register(keys_count=100, stamps_count=50, jailed_count=10)
    for number in range(1000):
        register.knock(number % 7, lavish, 0.0)
    assert register._held == sum(map(len, register._stamps.values())) <= 50


def test_idle_keys_go_by_themselves() -> None:
    """Who has not come for longer than the window is not remembered for ever."""
    register = Register()
    for number in range(1000):
        register.knock(number, SETTINGS, 0.0)
    for number in range(1000):
        register.knock("phone", SETTINGS, 100.0 + 4 * number)
    assert register.keys_count == 1


requests = st.lists(st.tuples(st.integers(0, 3), st.floats(0.0, 8.0), st.booleans()), max_size=150)


@given(requests)
def test_it_decides_as_the_plain_rule(steps: list[tuple[int, float, bool]]) -> None:
    """A model that keeps all time stamps of all keys comes to the same verdicts."""
    register = Register()
    stamps: dict[int, list[float]] = {}
    jails: dict[int, float] = {}
    now = 0.0
    for key, pause, _ in steps:
        now += pause
        if now < jails.get(key, -1.0):
            expected = True
        else:
            last = stamps.setdefault(key, [])[-SETTINGS.requests_max :]
            expected = len(last) == SETTINGS.requests_max and last[0] >= now - SETTINGS.window_s
            if expected:
                jails[key] = now + SETTINGS.jail_s
                stamps[key] = []
            else:
                stamps[key].append(now)
        assert register.knock(key, SETTINGS, now).jailed is expected
        assert register._held == sum(map(len, register._stamps.values()))


def test_settings_from_the_attributes() -> None:
    """cli.md 3.2: names, units and defaults of the four attributes."""
    assert settings_of(Configuration()) == DosSettings(
        enabled=False, requests_max=150, window_s=30.0, jail_s=600.0
    )
    values = {
        "mobileantidosserviceenabled": ("TRUE",),
        "mobileantidosservicemaxrequests": ("20",),
        "mobileantidosservicetimewindow": ("1500",),
        "mobileantidosservicejailduration": ("2000",),
    }
    assert settings_of(Configuration(attributes=values)) == DosSettings(
        enabled=True, requests_max=20, window_s=1.5, jail_s=2.0
    )


def test_the_notice_of_a_jail() -> None:
    """It says who, how much was too much, for how long, and how to release."""
    dos = DosFilter(SETTINGS)
    verdict = [dos.enter(*PHONE, KEY, 0.0) for _ in range(4)][-1]
    subject, text = jail_notice("d of john@example.com", "device", SETTINGS, verdict)
    assert subject == "DoS filter: device d of john@example.com jailed"
    for part in ("more than 3 requests within 10 seconds", "60 seconds", "doRestartService"):
        assert part in text
