"""The follow-up flag, set on one device and seen on another (MS-ASEMAIL 2.2.2.34, 3.2.5.4.2)."""

import pytest

from carbonio_mobile.wbxml import Element, Tag
from carbonio_mobile.wbxml.codepages import AirSync, Email, Tasks
from tests.unit.commands.checked import CheckedPhone
from tests.unit.commands.meetingcase import mail
from tests.unit.pim.meetings import ics
from tests.unit.rows.mailcase import PLAIN, MailCase, the

VERSIONS = ("12.0", "12.1", "14.0", "14.1", "16.0", "16.1")
EARLY, LATE = "2027-02-01T09:00:00.000Z", "2027-02-02T09:00:00.000Z"
Field = tuple[Tag, str]
ACTIVE: Field = (Email.Status, "2")
COMPLETE: Field = (Email.Status, "1")
TYPE: Field = (Email.FlagType, "Flag for follow up")
DONE: tuple[Field, ...] = ((Email.CompleteTime, EARLY), (Tasks.DateCompleted, EARLY))
DATES: tuple[Field, ...] = (
    (Tasks.StartDate, EARLY),
    (Tasks.UtcStartDate, EARLY),
    (Tasks.DueDate, LATE),
    (Tasks.UtcDueDate, LATE),
)
REMINDER: tuple[Field, ...] = ((Tasks.ReminderSet, "1"), (Tasks.ReminderTime, EARLY))


def flag(*fields: Field) -> Element:
    return Element(Email.Flag, [Element(tag, text) for tag, text in fields])


def but(fields: tuple[Field, ...], **changed: str | None) -> tuple[Field, ...]:
    """Give the fields with others values, or without."""
    kept = [(tag, changed.get(tag.name, text)) for tag, text in fields]
    return tuple((tag, text) for tag, text in kept if text is not None)


class Flags(MailCase):
    """The phone flags; another beside it looks."""

    def __init__(self, version: str) -> None:
        super().__init__(version)
        self.other = CheckedPhone(self.rig, version=version, device="other")
        self.other.prime(self.folder, *self.options)

    def set(self, *fields: Field, name: str = "", source: bytes = PLAIN) -> tuple[str, Element]:
        """Flag a mail; gives the status, and the flag as the other phone sees it."""
        name = name or self.arrive(source)
        status = self.change(name, flag(*fields))
        self.other.settle(self.folder, *self.options)
        return status, the(self.other.items[self.folder][name], Email.Flag)


def seen(element: Element) -> dict[Tag, str]:
    assert len({child.tag for child in element}) == len(element.children)
    return {child.tag: child.string for child in element}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "fields",
    [
        (ACTIVE, TYPE),
        (ACTIVE, TYPE, *DATES),
        (ACTIVE, TYPE, *DONE),  # R941: what the table wants of a mail that is flagged
        (ACTIVE, (Tasks.Subject, "call"), TYPE, *DATES, *REMINDER),  # R942: and of a task
        (COMPLETE, *DONE),  # R87: a task flag that is completed
        ((Email.FlagType, "Call"), (Tasks.Subject, "later")),  # R91: what changed, and nothing else
        (ACTIVE, TYPE, (Tasks.OrdinalDate, EARLY), (Tasks.SubOrdinalDate, "5555")),
    ],
)
def test_a_flag_is_set_by_what_the_table_wants(version: str, fields: tuple[Field, ...]) -> None:
    """Every flag comes to the other device by a Change, with all that was set.

    MS-ASEMAIL R82, R436: a flag that is there has the children that define it.
    """
    case = Flags(version)
    name = case.arrive()
    status, told = case.set(*fields, name=name)
    assert status == "1"
    shown = seen(told)
    assert shown.pop(Email.Status) == dict(fields).get(Email.Status, "2")
    wanted = {tag: text for tag, text in fields if tag is not Email.Status}
    assert shown == {Tasks.Subject: "Plans"} | wanted
    assert case.told() == [], "an echo"


@pytest.mark.parametrize("version", VERSIONS)
def test_the_subject_of_a_flag_is_the_mails(version: str) -> None:
    """MS-ASEMAIL R1053: where the device names none; its own is left to it."""
    case = Flags(version)
    assert case.set(ACTIVE, TYPE)[1].value(Tasks.Subject) == "Plans"
    assert case.set(ACTIVE, TYPE, (Tasks.Subject, "own"))[1].value(Tasks.Subject) == "own"


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("clearing", [(), ((Email.Status, "0"),)])
def test_a_flag_is_cleared_by_status_0_or_an_empty_container(
    version: str, clearing: tuple[Field, ...]
) -> None:
    """MS-ASEMAIL R89, R8900: also the flag of a task, with dates and a reminder."""
    case = Flags(version)
    name = case.arrive()
    assert case.set(ACTIVE, TYPE, *DATES, *REMINDER, name=name)[1].children
    status, told = case.set(*clearing, name=name)
    assert (status, told.children) == ("1", [])
    assert case.read(name).state.follow_up is None


BROKEN = {
    "MS-ASEMAIL R334": (COMPLETE, DONE[1]),
    "MS-ASEMAIL R358": (COMPLETE, DONE[0]),
    "MS-ASEMAIL R359": (ACTIVE, TYPE, DONE[1]),
    "MS-ASEMAIL R406": (ACTIVE, TYPE, *but(DATES, DueDate="2027-01-31T09:00:00.000Z")),
    "MS-ASEMAIL R738 R739 R741": (ACTIVE, TYPE, *but(DATES, StartDate="2027-02-03T09:00:00.000Z")),
    "MS-ASEMAIL R851": (ACTIVE, TYPE, *but(DATES, UtcDueDate="2027-01-31T09:00:00.000Z")),
    "MS-ASEMAIL R861 R862": (ACTIVE, TYPE, *but(DATES, UtcStartDate="2027-02-03T09:00:00.000Z")),
    "MS-ASEMAIL R864": (ACTIVE, TYPE, *but(DATES, StartDate=None)),
    "MS-ASEMAIL R701": (ACTIVE, TYPE, (Tasks.ReminderSet, "1")),
}
"""What breaks the rule of a row."""


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("row", "fields"), BROKEN.items(), ids=BROKEN)
def test_what_breaks_a_rule_is_status_6(row: str, fields: tuple[Field, ...], version: str) -> None:
    """The flag stays as it was, on the server and on the other device."""
    case = Flags(version)
    status, told = case.set(*fields)
    assert status == "6", row
    assert told.children == []


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("absent", [date for date, _ in DATES])
def test_all_four_dates_or_none(version: str, absent: Tag) -> None:
    """MS-ASEMAIL R864: whichever is missing."""
    fields = [one for one in DATES if one[0] is not absent]
    assert Flags(version).set(ACTIVE, TYPE, *fields)[0] == "6"


SAME = but(DATES, DueDate=EARLY, UtcDueDate=EARLY)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_flag_may_be_due_when_it_starts(version: str) -> None:
    """MS-ASEMAIL R406, R738: neither is before nor after the other."""
    assert Flags(version).set(ACTIVE, TYPE, *SAME)[0] == "1"


ONE_EACH: dict[str, tuple[Tag, str, str]] = {
    "MS-ASEMAIL R338": (Email.CompleteTime, EARLY, LATE),
    "MS-ASEMAIL R361": (Tasks.DateCompleted, EARLY, LATE),
    "MS-ASEMAIL R411": (Tasks.DueDate, LATE, EARLY),
    "MS-ASEMAIL R472": (Email.FlagType, "Flag for follow up", "Other"),
    "MS-ASEMAIL R631": (Tasks.OrdinalDate, EARLY, LATE),
    "MS-ASEMAIL R694 R696": (Tasks.ReminderSet, "1", "0"),
    "MS-ASEMAIL R703 R705": (Tasks.ReminderTime, EARLY, LATE),
    "MS-ASEMAIL R743 R745": (Tasks.StartDate, EARLY, LATE),
    "MS-ASEMAIL R758 R760": (Email.Status, "2", "1"),
    "MS-ASEMAIL R768": (Tasks.Subject, "call", "write"),
    "MS-ASEMAIL R774 R776": (Tasks.SubOrdinalDate, "5555", "6666"),
    "MS-ASEMAIL R855 R857": (Tasks.UtcDueDate, LATE, EARLY),
    "MS-ASEMAIL R866 R868": (Tasks.UtcStartDate, EARLY, LATE),
}
WHOLE: tuple[Field, ...] = (
    ACTIVE,
    TYPE,
    *DONE,
    *DATES,
    *REMINDER,
    (Tasks.Subject, "call"),
    (Tasks.OrdinalDate, EARLY),
    (Tasks.SubOrdinalDate, "5555"),
)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("row", "twice"), ONE_EACH.items(), ids=ONE_EACH)
def test_of_each_child_there_is_one_at_most(
    row: str, twice: tuple[Tag, str, str], version: str
) -> None:
    """A flag that names one twice may be refused; here the first counts and one is shown."""
    tag, first, second = twice
    status, told = Flags(version).set(*WHOLE, (tag, second))
    assert status == "1", row
    assert [child.string for child in told if child.tag is tag] == [first], row


@pytest.mark.parametrize("version", VERSIONS)
def test_a_reminder_is_set_or_not(version: str) -> None:
    """MS-ASEMAIL R692, R1072, R693: 1, 0, and 0 where nothing is said of it."""
    case = Flags(version)
    for fields, shown in (
        (REMINDER, "1"),
        (((Tasks.ReminderSet, "0"),), "0"),
        ((), "0"),
    ):
        status, told = case.set(ACTIVE, TYPE, *fields)
        assert (status, told.value(Tasks.ReminderSet, "0")) == ("1", shown)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("method", ["REQUEST", "REPLY"])
def test_a_meetings_mail_is_flagged_without_a_type(version: str, method: str) -> None:
    """MS-ASEMAIL R1058 (an answer), R470 (an invitation); another mail needs one."""
    case = Flags(version)
    who = ("PARTSTAT=ACCEPTED:mailto:mary@example.com",)
    calendar = ics(method, attendees=who) if method == "REPLY" else ics(method)
    status, told = case.set(ACTIVE, source=mail(calendar, method))
    assert (status, told.value(Email.Status)) == ("1", "2")
    assert case.set(ACTIVE)[0] == "6"


def test_a_flag_on_a_mail_that_is_gone() -> None:
    """MS-ASCMD: status 8, whatever its flag would have needed."""
    case = MailCase("14.1")
    assert case.change(f"{case.folder}:999", flag(ACTIVE, TYPE)) == "8"
    assert case.phone.answer is not None
    assert case.phone.answer.tag is AirSync.Sync
