"""The follow-up flag of a mail, to and from its element.

Spec: MS-ASEMAIL 2.2.2.34 (Flag), 3.2.5.4.2 (Updating E-Mail Flags).
"""

from collections.abc import Mapping

from carbonio_mobile.eas.items.faults import ItemFault
from carbonio_mobile.eas.times import format_datetime, parse_datetime
from carbonio_mobile.mime.mailitem import ClearFollowUp, FollowUp
from carbonio_mobile.wbxml.codepages import Email, Tasks
from carbonio_mobile.wbxml.elements import Element
from carbonio_mobile.wbxml.tokens import Tag

CLEARED = 0
COMPLETE = 1
ACTIVE = 2

MAX_TEXT_CHARS = 1024

_TAGS: Mapping[str, Tag] = {
    "FlagType": Email.FlagType,
    "CompleteTime": Email.CompleteTime,
    "Subject": Tasks.Subject,
    "DateCompleted": Tasks.DateCompleted,
    "StartDate": Tasks.StartDate,
    "DueDate": Tasks.DueDate,
    "UtcStartDate": Tasks.UtcStartDate,
    "UtcDueDate": Tasks.UtcDueDate,
    "ReminderSet": Tasks.ReminderSet,
    "ReminderTime": Tasks.ReminderTime,
    "OrdinalDate": Tasks.OrdinalDate,
    "SubOrdinalDate": Tasks.SubOrdinalDate,
}
_NAMES: Mapping[Tag, str] = {tag: name for name, tag in _TAGS.items()}

_TIMES = frozenset(
    {
        "CompleteTime",
        "DateCompleted",
        "StartDate",
        "DueDate",
        "UtcStartDate",
        "UtcDueDate",
        "ReminderTime",
        "OrdinalDate",
    }
)
_DATES = ("StartDate", "DueDate", "UtcStartDate", "UtcDueDate")
_MEETING_CLASS = "ipm.schedule.meeting"


def flag_element(follow_up: FollowUp | None, subject: str = "") -> Element:
    """Build Flag: empty where there is none (MS-ASEMAIL R437).

    ``subject`` is the mail's, which is that of a flag without one of its own (R1053).
    """
    if follow_up is None:
        return Element(Email.Flag)
    children = [Element(Email.Status, str(follow_up.status))]
    if subject and "Subject" not in dict(follow_up.fields):
        children.append(Element(Tasks.Subject, subject[:MAX_TEXT_CHARS]))
    children += [
        Element(_TAGS[name], text) for name, text in follow_up.fields if name in _TAGS and text
    ]
    return Element(Email.Flag, children)


def parse_flag(element: Element, *, message_class: str = "IPM.Note") -> FollowUp | ClearFollowUp:
    """Read Flag as a device sends it; times come out in one form, empty children are left out.

    A meeting request needs no FlagType (R470), so the class of the mail counts.
    Raises: ItemFault where a rule of MS-ASEMAIL R82 to R92 or of the children is broken.
    """
    fields = _fields(element)
    status = _status(element)
    if status == CLEARED or (status is None and not fields):
        return ClearFollowUp()
    _check_dates(fields)
    _check_reminder(fields)
    if status == COMPLETE:
        _require(fields, "CompleteTime", "DateCompleted")  # R86
    elif "DateCompleted" in fields:
        _require(fields, "CompleteTime")  # R359
    if status == ACTIVE and not message_class.lower().startswith(_MEETING_CLASS):
        _require(fields, "FlagType")  # R940
    # Without a status some fields of an active flag are brought up to date (R90).
    return FollowUp(status=ACTIVE if status is None else status, fields=tuple(fields.items()))


def _status(element: Element) -> int | None:
    text = element.value(Email.Status)
    if text is None or not (text := text.strip()):
        return None
    if text not in ("0", "1", "2"):
        raise ItemFault("a flag with a status other than 0, 1, 2")  # R757
    return int(text)


def _fields(element: Element) -> dict[str, str]:
    """Give the children but Status, checked one by one, the first of each."""
    fields: dict[str, str] = {}
    for child in element:
        if child.tag is Email.Status:
            continue
        name = _NAMES.get(child.tag)
        if name is None:
            raise ItemFault(f"{child.tag} in a flag")
        text = child.string.strip()
        if text and name not in fields:
            fields[name] = _checked(name, text)
    return fields


def _checked(name: str, text: str) -> str:
    if name in _TIMES:
        try:
            return format_datetime(parse_datetime(text))
        except ValueError as exc:
            raise ItemFault(f"{name} of a flag is no time") from exc
    if name == "ReminderSet" and text not in ("0", "1"):
        raise ItemFault("ReminderSet other than 0 and 1")
    if len(text) > MAX_TEXT_CHARS:
        raise ItemFault(f"{name} of a flag is too long")
    return text


def _check_dates(fields: Mapping[str, str]) -> None:
    present = [name for name in _DATES if name in fields]
    if present and len(present) < len(_DATES):
        raise ItemFault("some of the four dates of a flag")  # R409, R853
    if present:
        # All times have the same form by now, in which text compares as time does.
        early = fields["DueDate"] < fields["StartDate"]
        if early or fields["UtcDueDate"] < fields["UtcStartDate"]:
            raise ItemFault("a flag that is due before it starts")  # R407, R741, R850


def _check_reminder(fields: Mapping[str, str]) -> None:
    if fields.get("ReminderSet") == "1":
        _require(fields, "ReminderTime")  # R702


def _require(fields: Mapping[str, str], *names: str) -> None:
    for name in names:
        if name not in fields:
            raise ItemFault(f"a flag without {name}")  # R92
