"""Ping parameters, the poison list, the window."""

import pytest

from carbonio_mobile.errors import Corrupt
from carbonio_mobile.ids import FolderId, ItemId, ServerId
from carbonio_mobile.sync.changes import OLDEST
from carbonio_mobile.sync.ping import FRUITLESS_MAX, PingParameters
from carbonio_mobile.sync.poison import LENGTH_MAX, PoisonList
from carbonio_mobile.sync.window import DAY_S, floor

INBOX = FolderId("2")
NOW = 1_800_000_000.0


def test_ping_parameters_are_read_as_they_were_written() -> None:
    """What is stored comes back whole."""
    wanted = PingParameters(heartbeat_s=600, folders=(INBOX,)).report({INBOX: "k"})
    assert PingParameters.from_text(wanted.to_text()) == wanted


@pytest.mark.parametrize("text", ["", "1", "[1]", "[1,2,3]", '["x",[],{}]', "null"])
def test_ping_parameters_that_cannot_be_read_are_corrupt(text: str) -> None:
    """Whatever stands in the store, there are parameters or Corrupt."""
    with pytest.raises(Corrupt):
        PingParameters.from_text(text)


def test_reports_without_a_sync_become_fruitless() -> None:
    """client-quirks.md 3.8: a folder that is reported and never synced; a new key starts over."""
    wanted = PingParameters(heartbeat_s=600, folders=(INBOX,))
    for _ in range(FRUITLESS_MAX):
        wanted = wanted.report({INBOX: "k1"})
    assert not wanted.fruitless
    assert wanted.report({INBOX: "k1"}).fruitless
    assert not wanted.report({INBOX: "k2"}).fruitless
    assert not wanted.report({}).report({INBOX: "k1"}).fruitless


def test_the_poison_list_offers_again_when_the_program_changed() -> None:
    """design.md 4: an item is offered again once it or the code changed."""
    poison = PoisonList("1.0")
    poison.add(ServerId(INBOX, ItemId(3)), "KeyError in conversion")
    poison.add(ServerId(FolderId("9"), ItemId(4)), "other folder")
    assert poison.to_offer_again(INBOX) == []
    later = PoisonList.from_text(poison.to_text(), "1.1")
    assert not later.changed
    assert later.to_offer_again(INBOX) == [ItemId(3)]
    later.discard(ServerId(INBOX, ItemId(3)))
    assert later.changed
    assert dict(later) == {"9:4": "other folder"}


def test_the_poison_list_is_bounded() -> None:
    """The oldest entry makes room."""
    poison = PoisonList("1.0")
    for number in range(1, LENGTH_MAX + 3):
        poison.add(ServerId(INBOX, ItemId(number)), "x" * 1000)
    assert len(poison) == LENGTH_MAX
    assert all(len(reason) <= 200 for _, reason in poison)
    assert "2:1" not in dict(poison)


@pytest.mark.parametrize("text", ["nonsense", "[1]", '{"2:1": 5}'])
def test_an_unreadable_poison_list_is_empty(text: str) -> None:
    """It only informs: it is written anew."""
    poison = PoisonList.from_text(text, "1.0")
    assert len(poison) == 0
    assert poison.changed


def test_the_window_moves_at_midnight() -> None:
    """Nothing leaves the window between two requests of a day."""
    midnight = NOW - NOW % DAY_S
    assert floor(0, NOW) == OLDEST
    assert floor(1, midnight) == floor(1, midnight + DAY_S - 1)
    assert floor(1, NOW).received == midnight - DAY_S
    assert floor(3, NOW).received == midnight - 7 * DAY_S
    assert [floor(n, NOW) for n in (5, 4, 3, 2, 1)] == sorted(floor(n, NOW) for n in range(1, 6))
