"""Settings: the statuses of its parts, each with what causes it (MS-ASCMD 2.2.3.177.15)."""

import pytest

from carbonio_mobile.testing.rig import Rig, now
from carbonio_mobile.wbxml import Element, Tag
from carbonio_mobile.wbxml.codepages import Settings
from tests.unit.commands.checked import ALL_VERSIONS, CheckedPhone
from tests.unit.rows.mailcase import the

KNOWING = ALL_VERSIONS[1:]
EARLY, LATE = "2027-02-01T08:00:00.000Z", "2027-02-05T08:00:00.000Z"


def part(tag: Tag, *content: Element) -> Element:
    return Element(tag, list(content))


def setting(*content: Element) -> Element:
    return Element(Settings.Oof, [Element(Settings.Set, list(content))])


def getting(form: str) -> Element:
    return Element(Settings.Oof, [Element(Settings.Get, [Element(Settings.BodyType, form)])])


def message(*content: Element) -> Element:
    return Element(Settings.OofMessage, list(content))


INTERNAL = Element(Settings.AppliesToInternal)
TEXT = Element(Settings.ReplyMessage, "Away")
TIMES = Element(Settings.StartTime, EARLY), Element(Settings.EndTime, LATE)
TURNED = Element(Settings.StartTime, LATE), Element(Settings.EndTime, EARLY)
FAULTS: dict[str, tuple[Element, str]] = {
    "oof without an operation": (Element(Settings.Oof), "2"),
    "one time of two": (setting(TIMES[0]), "2"),
    "a message without a form": (setting(message(INTERNAL, TEXT)), "2"),
    "a message for nobody": (setting(message(TEXT, Element(Settings.BodyType, "TEXT"))), "2"),
    "device without an operation": (Element(Settings.DeviceInformation), "2"),
    "user without an operation": (Element(Settings.UserInformation), "2"),
    "an unknown state": (setting(Element(Settings.OofState, "7")), "5"),
    "a state that is no number": (setting(Element(Settings.OofState, "on")), "5"),
    "a time that is none": (
        setting(Element(Settings.StartTime, "soon"), Element(Settings.EndTime, LATE)),
        "5",
    ),
    "an unknown form": (getting("RTF"), "5"),
    "a flag that is none": (
        setting(message(INTERNAL, Element(Settings.Enabled, "yes"))),
        "5",
    ),
    "an end before the start": (setting(*TURNED), "6"),
    "two messages for one audience": (setting(message(INTERNAL), message(INTERNAL)), "6"),
}
"""A part that cannot be done, and its status."""


def ask(version: str, *parts: Element, rig: Rig | None = None) -> Element:
    phone = CheckedPhone(rig or Rig(), version=version)
    return phone.ask("Settings", Element(Settings.Settings, list(parts)))


@pytest.mark.parametrize("version", KNOWING)
@pytest.mark.parametrize(("asked", "status"), FAULTS.values(), ids=FAULTS)
def test_what_is_wrong_with_a_part_is_its_status(version: str, asked: Element, status: str) -> None:
    """MS-ASCMD R4393, R5845: 2, R5582: 5, R5583: 6; R4391: no others.

    The request as a whole is fine (R4387), nothing is given, and nothing is changed.
    """
    rig = Rig()
    before = now(rig.mailbox().out_of_office())
    answer = ask(version, asked, rig=rig)
    assert answer.value(Settings.Status) == "1"
    told = the(answer, asked.tag)
    assert [child.tag for child in told] == [Settings.Status]
    assert told.value(Settings.Status) == status
    assert now(rig.mailbox().out_of_office()) == before


@pytest.mark.parametrize("version", KNOWING)
@pytest.mark.parametrize(
    "asked",
    [
        setting(Element(Settings.OofState, "2"), *TIMES),
        getting("TEXT"),
        part(Settings.UserInformation, Element(Settings.Get)),
        part(
            Settings.DeviceInformation,
            Element(Settings.Set, [Element(Settings.Model, "Rig")]),
        ),
    ],
)
def test_a_part_that_is_done(version: str, asked: Element) -> None:
    """MS-ASCMD R4392, R4391, R4387: 1, of the part and of the whole."""
    answer = ask(version, asked)
    assert answer.value(Settings.Status) == "1"
    assert the(answer, asked.tag).value(Settings.Status) == "1"


@pytest.mark.parametrize("version", KNOWING)
@pytest.mark.parametrize(
    ("content", "status"),
    [
        ((), "2"),
        ((Element(Settings.Get),), "2"),
        ((Element(Settings.Set),), "2"),
        ((Element(Settings.Set, [Element(Settings.Password, "x" * 256)]),), "5"),
        ((Element(Settings.Set, [Element(Settings.Password, "1234")]),), "7"),
    ],
)
def test_the_statuses_of_a_device_password(
    version: str, content: tuple[Element, ...], status: str
) -> None:
    """MS-ASCMD R4398: 2 for what is formatted incorrectly; R4395: or 5 or 7."""
    answer = ask(version, part(Settings.DevicePassword, *content))
    assert the(answer, Settings.DevicePassword).value(Settings.Status) == status


@pytest.mark.parametrize("version", KNOWING)
def test_a_request_for_nothing(version: str) -> None:
    """MS-ASCMD R4388: 2, a protocol error, is that of the whole."""
    answer = ask(version)
    assert [child.tag for child in answer] == [Settings.Status]
    assert answer.value(Settings.Status) == "2"
