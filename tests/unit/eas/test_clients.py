"""Families of clients: recognised by what their requests say, known for their ways."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.eas.clients import (
    FAMILIES,
    PLAIN,
    SUCCESSION_S,
    Family,
    Traits,
    family_of,
    predecessor_of,
    successor_of,
    traits_of,
)
from carbonio_mobile.ids import AccountId, DeviceId, DeviceKey
from carbonio_mobile.sync.device import Device, PolicyState

NOW = 1_800_000_000.0

# DeviceType, User-Agent, DeviceId -> family, as in client-quirks.md 1.
SEEN = [
    ("iPhone", "Apple-iPhone11C8/2007.75", "ABCDEFGHIJ0123456789KLMNOP", "iOS"),
    ("iPad", "Apple-iPad2C1/1002.141", "ApplDMPX123", "iOS"),
    ("iPod", "", "x", "iOS"),
    ("", "Apple-iPhone11C8/2007.75", "", "iOS"),
    ("Android", "Android-Mail/2022.06.26.459604605.Release", "androidc123", "Gmail"),
    ("SAMSUNGSMA515F", "Android-SAMSUNG-SM-A515F/101.10", "SEC1A2B3C4D5E6F7", "Samsung"),
    ("SAMSUNGGTI9100", "SAMSUNG-SGH-I317M/100.40102", "SAMSUNG351234567890123", "Samsung"),
    ("Android", "Android-SAMSUNG-SM-G981B/101.13", "SEC1A2B3C4D5E6F7", "Samsung, Android 11+"),
    ("Android", "Android/4.3.3-EAS-1.3", "androidc1", "AOSP"),
    ("Android", "Android/0.3", "androidc1", "AOSP"),
    ("Outlook", "Outlook-iOS-Android/1.0", "0123456789ABCDEF0123456789ABCDEF", "Outlook mobile"),
    ("WindowsOutlook15", "Outlook/15.0 (15.0.4701.1000; C2R; x86)", "0123", "Outlook desktop"),
    ("WindowsOutlook", "Outlook/16.0 (16.0.1; C2R; x86)", "MYMA123", "Outlook desktop"),
    ("MicrosoftOutlook", "Microsoft.Outlook.15", "0123", "Outlook desktop"),
    ("WindowsMail", "", "0123456789ABCDEF0123456789ABCDEF", "Windows Mail"),
    ("WP8", "MSFT-WP/8.10.14219", "x", "Windows Phone"),
    ("WP", "", "x", "Windows Phone"),
    ("PocketPC", "MSFT-PPC/5.2.5082", "x", "Pocket PC"),
    ("Android", "Anything/1", "4E696E65414243", "Nine"),
    ("BlackBerry", "BB-PlaybooK/2.1", "x", "BlackBerry"),
    ("Android", "TouchDown(MSRPC)/8.4.00089/", "x", "TouchDown"),
    ("TbSync", "Thunderbird ActiveSync", "MZTB" + "0" * 28, "Thunderbird"),
    ("Mine", "Mine/1", "MZTB" + "0" * 28, "Thunderbird"),
    ("TestActiveSyncConnectivity", "", "1", "connectivity tester"),
    ("Rig", "Rig/1", "phone1", "plain"),
    ("Android", "", "androidc1", "plain"),
    ("", "", "", "plain"),
]


@pytest.mark.parametrize(("kind", "agent", "device_id", "family"), SEEN)
def test_who_is_who(kind: str, agent: str, device_id: str, family: str) -> None:
    """client-quirks.md 1: by type, agent or id, whatever of it there is, the case aside."""
    assert family_of(kind, agent, device_id).family == family
    assert family_of(kind.lower(), agent.upper(), device_id.lower()).family == family


def test_every_family_is_seen_and_none_stands_twice() -> None:
    """The table above has a line for each."""
    names = [family.traits.family for family in FAMILIES]
    assert len(set(names)) == len(names)
    assert {family for *_, family in SEEN} == {*names, PLAIN.family}


@pytest.mark.parametrize(
    ("family", "trait", "value"),
    [
        ("Nine", "aspnet_header", True),  # section 2
        ("connectivity tester", "may_skip_provisioning", True),  # 1
        ("Outlook desktop", "may_skip_provisioning", True),  # 4.3
        ("Outlook desktop", "changes_device_id", True),  # 4.1
        ("Outlook mobile", "is_relay", True),  # 4.11
        ("iOS", "empty_picture_keeps", True),  # 5.1
        ("Gmail", "birthday_hour", 0),  # 8.10
        ("AOSP", "birthday_hour", 8),
        ("Samsung", "birthday_hour", 8),
        ("Samsung, Android 11+", "birthday_hour", 0),
        ("BlackBerry", "birthday_hour", 11),
        ("Windows Phone", "wants_empty_attendees", True),  # 7
        ("Thunderbird", "wants_449", True),  # 7
        ("Outlook desktop", "one_folder_of", {"Contacts"}),  # 4.7
        ("Windows Phone", "one_folder_of", {"Contacts"}),  # 7
        ("Samsung", "one_folder_of", {"Calendar", "Contacts", "Tasks"}),  # 6.5
        ("Samsung, Android 11+", "one_folder_of", frozenset()),
        ("iOS", "one_folder_of", {"Notes"}),  # 5.11
        ("plain", "patience_s", 30.0),  # 3.14
        ("Samsung", "patience_s", 90.0),
        ("iOS", "patience_s", 240.0),
        ("Outlook desktop", "patience_s", 240.0),
        ("Windows Phone", "patience_s", 240.0),
    ],
)
def test_what_families_are_known_for(family: str, trait: str, value: object) -> None:
    """client-quirks.md: each trait belongs to these families, and to no other."""
    by_name = {one.traits.family: one.traits for one in FAMILIES} | {"plain": PLAIN}
    assert getattr(by_name[family], trait) == value
    if value is True and trait != "may_skip_provisioning":
        assert [name for name, one in by_name.items() if getattr(one, trait)] == [family]


def test_a_plain_client_has_no_ways() -> None:
    """The defaults are those of a client that follows the specification."""
    assert Traits() == PLAIN
    ways = set(Traits.__slots__) - {"family", "patience_s"}
    assert not any(getattr(PLAIN, name) for name in ways)


def test_the_table_can_be_another() -> None:
    """client-quirks.md, principle: a trait can be switched for a test."""
    mine = (Family(Traits(family="mine", birthday_hour=3), agent="Rig/.*"),)
    assert family_of("", "Rig/1", "", families=mine).birthday_hour == 3
    assert family_of("iPhone", "", "", families=mine) is PLAIN
    known = device("a", kind="x", agent="Rig/1")
    assert traits_of(known, families=mine).family == "mine"
    assert traits_of(known) is PLAIN


@given(st.text(), st.text(), st.text())
def test_whatever_is_sent_there_is_an_answer(kind: str, agent: str, device_id: str) -> None:
    """No text makes the table fail."""
    assert isinstance(family_of(kind, agent, device_id), Traits)


# The one that changes its id


def device(
    name: str,
    *,
    kind: str = "WindowsOutlook15",
    agent: str = "Outlook/16.0",
    peer: str = "10.0.0.1",
    seen: float = NOW,
    **more: object,
) -> Device:
    return Device(
        key=DeviceKey(AccountId("john"), DeviceId(name)),
        sent_id=name.upper(),
        kind=kind,
        user_agent=agent,
        peer=peer,
        first_seen=1.0,
        last_seen=seen,
        **more,  # type: ignore[arg-type]
    )


def test_the_record_goes_over() -> None:
    """client-quirks.md 4.1: approval, policy and name; the id is the new one."""
    policy = PolicyState(key=5, acknowledged_hash="h")
    old = device("old", policy=policy, information=(("FriendlyName", "desk"),), seen=NOW - 60)
    new = device("new", version="14.1")
    carried = successor_of(new, [old], NOW)
    assert carried == replace(old, key=new.key, sent_id="NEW", version="14.1")
    assert predecessor_of(new, [old], NOW) is old


def test_of_several_the_last_seen_is_the_one() -> None:
    """Whoever was succeeded already is not."""
    known = [
        device("a", seen=NOW - 900),
        device("b", seen=NOW - 100, succeeded_by="c"),
        device("d", seen=NOW - 500),
    ]
    found = predecessor_of(device("new"), known, NOW)
    assert found is known[2]


@pytest.mark.parametrize(
    "other",
    [
        device("old", kind="WindowsOutlook"),
        device("old", agent="Outlook/15.0"),
        device("old", peer="10.0.0.2"),
        device("old", peer=""),
        device("old", seen=NOW - SUCCESSION_S - 1),
        device("old", succeeded_by="third"),
        device("new"),
        replace(device("old"), key=DeviceKey(AccountId("mary"), DeviceId("old"))),
    ],
)
def test_whoever_differs_is_somebody_else(other: Device) -> None:
    """Another program, place, account, or too long ago."""
    assert successor_of(device("new"), [other], NOW) is None


def test_nobody_succeeds_without_an_address() -> None:
    """What is not known does not match what is not known."""
    assert successor_of(device("new", peer=""), [device("old", peer="")], NOW) is None
