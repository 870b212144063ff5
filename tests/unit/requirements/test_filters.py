"""FilterType: which value means something for which class, in Sync and in GetItemEstimate."""

import pytest

from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import Rig
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import AirSync, GetItemEstimate
from tests.unit.commands import asking
from tests.unit.commands.checked import CheckedPhone
from tests.unit.commands.phone import options

DAY = 86_400.0
DAYS = {1: 1, 2: 3, 3: 7, 4: 14, 5: 31}

ESTIMATES = [
    (FolderKind.INBOX, "012345", "1", "MS-ASCMD R2999 R3000 R3001 R3002 R3003 R3004"),
    (FolderKind.INBOX, "678", "110", "MS-ASCMD R3005 R3006 R3007"),
    (FolderKind.CALENDAR, "04567", "1", "MS-ASCMD R3008 R3012 R3013 R3014 R3015"),
    (FolderKind.CALENDAR, "1238", "110", "MS-ASCMD R3009 R3010 R3011 R3016"),
    (FolderKind.TASKS, "08", "1", "MS-ASCMD R3017 R3025"),
    (
        FolderKind.TASKS,
        "1234567",
        "110",
        "MS-ASCMD R3018 R3019 R3020 R3021 R3022 R3023 R3024",
    ),
    (FolderKind.CONTACTS, "012345678", "1", "MS-ASCMD R2973"),
    (FolderKind.INBOX, "9", "103", "MS-ASCMD R2984"),
    (FolderKind.CALENDAR, "9", "103", "MS-ASCMD R2984"),
    (FolderKind.TASKS, "9", "103", "MS-ASCMD R2984"),
    (FolderKind.CONTACTS, "9", "103", "MS-ASCMD R2984"),
]
SYNCS = [
    (FolderKind.INBOX, "012345", True, "MS-ASCMD R3035 R3036 R3037 R3038 R3039 R3040"),
    (FolderKind.INBOX, "678", False, "MS-ASCMD R3041 R3042 R3043 R3080"),
    (FolderKind.CALENDAR, "04567", True, "MS-ASCMD R3044 R3048 R3049 R3050 R3051"),
    (FolderKind.CALENDAR, "1238", False, "MS-ASCMD R3045 R3046 R3047 R3052"),
    (FolderKind.TASKS, "08", True, "MS-ASCMD R3053 R3061"),
    (
        FolderKind.TASKS,
        "1234567",
        False,
        "MS-ASCMD R3054 R3055 R3056 R3057 R3058 R3059 R3060",
    ),
    (FolderKind.CONTACTS, "012345678", True, "MS-ASCMD R3078 R3079"),
]


@pytest.fixture
def phone() -> CheckedPhone:
    """A phone of a server of its own."""
    return CheckedPhone(Rig(), version="14.1")


def estimated(phone: CheckedPhone, kind: FolderKind, filter_type: int | None) -> Element:
    """Ask how much waits; gives the Response, or the whole answer where that has the Status."""
    folder = phone.rig.folder(kind)
    key = phone.keys.get(folder) or ""
    answer = phone.ask("GetItemEstimate", asking.estimate(key, folder, phone.version, filter_type))
    return answer if answer.has(GetItemEstimate.Status) else answer.children[0]


def synced(phone: CheckedPhone, kind: FolderKind, *content: Element) -> set[str]:
    """Sync from the beginning; gives the ids of what came, or the Status of the refusal."""
    folder = phone.rig.folder(kind)
    phone.keys.pop(folder, None)
    phone.sync(folder)
    answer = phone.post("Sync", asking.sync(phone.collection(folder, *content)))
    if answer is None:
        return set()
    if answer.has(AirSync.Status):
        return {f"status {answer.value(AirSync.Status)}"}
    collection = phone.take(answer)
    assert collection is not None
    found = collection.find(AirSync.Commands)
    return {one.value(AirSync.ServerId, "") for one in found or ()}


@pytest.mark.parametrize(("kind", "filters", "status", "_rows"), ESTIMATES)
def test_an_estimate_by_age(
    phone: CheckedPhone, kind: FolderKind, filters: str, status: str, _rows: str
) -> None:
    """Each FilterType that the class has is estimated, each other one is refused."""
    phone.sync(phone.rig.folder(kind))
    for filter_type in filters:
        told = estimated(phone, kind, int(filter_type))
        assert told.value(GetItemEstimate.Status) == status, filter_type


@pytest.mark.parametrize(("kind", "filters", "good", "_rows"), SYNCS)
def test_a_sync_by_age(
    phone: CheckedPhone,
    kind: FolderKind,
    filters: str,
    good: bool,
    _rows: str,
) -> None:
    """Each FilterType that the class has is synchronised, each other one is status 4."""
    for filter_type in filters:
        told = synced(phone, kind, options(filter_type=int(filter_type)))
        assert told == (set() if good else {"status 4"}), filter_type


@pytest.mark.parametrize("filter_type", [*DAYS, 0, None])
def test_a_window_holds_what_is_dated_within_it(
    phone: CheckedPhone, filter_type: int | None
) -> None:
    """Mail of the days of the filter, counted back from now; without a filter everything.

    MS-ASCMD R2967, R2968, R2969, R2970, R2987, R3076, R3543, R5548, R5549.
    """
    inbox = phone.rig.folder(FolderKind.INBOX)
    ages = (0.5, 2, 6, 13, 30, 40)
    ids = {f"{inbox}:{phone.rig.deliver(age_s=age * DAY).item}": age for age in ages}
    reach = DAYS.get(filter_type or 0, 1000)
    wanted = {name for name, age in ids.items() if age < reach}
    phone.sync(inbox)
    assert estimated(phone, FolderKind.INBOX, filter_type).children[1].value(
        GetItemEstimate.Estimate
    ) == str(len(wanted))
    content = () if filter_type is None else (options(filter_type=filter_type),)
    assert synced(phone, FolderKind.INBOX, *content) == wanted
    late = f"{inbox}:{phone.rig.deliver().item}"
    collection = phone.sync(inbox)
    assert collection is not None
    added = collection.find(AirSync.Commands)
    assert added is not None
    assert {one.value(AirSync.ServerId) for one in added} == {late}
