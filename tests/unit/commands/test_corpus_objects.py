"""Every contact, event, task and note of the shared corpus through devices of every version.

Run as a program it writes what differs, and why, into tools/compliance/corpus-differences.md:
``PYTHONPATH=src:. python -m tests.unit.commands.test_corpus_objects``.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from icalendar.timezone import tzp

from carbonio_mobile.eas.items.calendarpeople import is_own_meeting
from carbonio_mobile.eas.version import Version
from carbonio_mobile.pim.components import Component, parse
from carbonio_mobile.pim.contact import Contact
from carbonio_mobile.pim.event import Details, Event
from carbonio_mobile.pim.item import ObjectItem, Record
from carbonio_mobile.pim.note import Note
from carbonio_mobile.pim.occurrences import occurrences
from carbonio_mobile.pim.task import Task
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import Calendar, Contacts, Notes, Tasks
from tests.unit.commands.checked import ALL_VERSIONS
from tests.unit.commands.objectcorpus import KINDS, Carrier, Sample, batches, samples
from tests.unit.commands.objectdifferences import (
    CHANGED,
    ME,
    NEW_AUTHOR,
    Loss,
    Passage,
    differences,
    reason,
)
from tests.unit.mime.corpus import ROOT
from tests.unit.pim.test_ical_corpus import other_starts

REPORT = Path(__file__).resolve().parents[3] / "tools/compliance/corpus-differences.md"
NO_NOTES = ("2.5", "12.0", "12.1")
WITH_ORACLE = ("2.5", "14.1", "16.1")
TEN_YEARS = timedelta(days=3650)

CASES = [
    pytest.param(kind, version, id=f"{kind.__name__}-{version}")
    for kind in KINDS
    for version in ALL_VERSIONS
    if not (kind is Note and version in NO_NOTES)
]

pytestmark = pytest.mark.skipif(not ROOT.exists(), reason="../shared/corpus is absent")


@dataclass(slots=True)
class Outcome:
    """What was seen of one kind in one version; ``faults`` are what must not be."""

    objects: int = 0
    faults: list[str] = field(default_factory=list)
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    files: dict[tuple[str, str], str] = field(default_factory=dict)

    def take(self, name: str, passage: Passage, table: tuple[Loss, ...]) -> None:
        """Judge what became of one object."""
        self.objects += 1
        seen = set()
        for found in differences(passage.before, passage.after):
            why = reason(passage, found, table)
            if why is None:
                self.faults.append(f"{name}: {found}")
            else:
                seen.add((found.field, why))
        self.reasons.update(seen)
        for one in seen:
            self.files.setdefault(one, name)


def carriers(found: Sequence[Sample], kind: type[Record], version: str) -> Iterator[Carrier]:
    """Give devices that hold all samples of a kind, and see that they do."""
    for batch in batches(iter(found), kind):
        carrier = Carrier(version, batch, kind)
        assert carrier.phone.poisoned() == []
        assert set(carrier.shown) == set(carrier.names)
        yield carrier


def added(found: Sequence[Sample], kind: type[Record], version: str) -> Outcome:
    """Let a device add all that it holds to an empty account."""
    outcome = Outcome()
    for carrier in carriers(found, kind, version):
        stored = carrier.moved()
        for server_id, sample in carrier.names.items():
            if carrier.is_left_out(server_id):
                continue
            if server_id not in stored:
                outcome.faults.append(f"{sample.name}: refused")
                continue
            item = stored[server_id]
            passage = Passage(sample.record, item.record, Version.parse(version))
            outcome.take(sample.name, passage, NEW_AUTHOR)
    return outcome


def changed(found: Sequence[Sample], kind: type[Record], version: str) -> Outcome:
    """Let a device change one field of all that it holds."""
    outcome = Outcome()
    for carrier in carriers(found, kind, version):
        stored = carrier.changed(new_field)
        for server_id, sample in carrier.names.items():
            if server_id in carrier.failed:
                outcome.faults.append(f"{sample.name}: status {carrier.failed[server_id]}")
            after = stored[server_id]
            passage = Passage(as_wished(sample.record), after.record, Version.parse(version))
            outcome.take(sample.name, passage, CHANGED)
            lost = lines_of(sample.source) - lines_of(after.source)
            if lost and not is_read_only(sample.record) and sample.name not in WRITTEN_ANEW:
                outcome.faults.append(f"{sample.name}: lost {list(lost)}")
    return outcome


def is_read_only(record: Record) -> bool:
    return isinstance(record, Event) and record.is_read_only


WRITTEN_ANEW = {
    "ical/ical4j/samples/valid/blalor.ics#1": "what is both taken out and changed is changed",
    "ical/libical/restriction.ics#2": "an occurrence without a start is given one",
    "ical/libical/zday.ics#1": "the same",
    "ical/synthetic/thisandfuture.ics#1": "one change of all that follows becomes one of each",
}
"""Objects of which more lines change than those of one field."""
MAY_CHANGE = {
    "DTSTAMP", "LAST-MODIFIED", "REV", "SEQUENCE", "SUMMARY", "X-EVOLUTION-FILE-AS",
    "X-CARBONIO-MOBILE-OFFICE-LOCATION", "X-KADDRESSBOOK-X-OFFICE",
}  # fmt: skip
"""The lines that may be others after a change of one field."""


def lines_of(source: bytes) -> Counter[str]:
    """Count the lines of an object that such a change must leave alone; alarms are set aside."""

    def within(component: Component) -> Iterator[str]:
        for one in component.content:
            if not isinstance(one, Component):
                if one.name not in MAY_CHANGE:
                    yield one.raw.rstrip("\r\n")
            elif one.name != "VALARM":
                yield from within(one)

    return Counter(within(parse(source)))


def new_field(sample: Sample) -> list[Element]:
    """Give what a device changes; of a meeting of others it may change the reminder alone."""
    record = sample.record
    if isinstance(record, Contact):
        return [Element(Contacts.OfficeLocation, "Room 5")]
    if isinstance(record, Event) and not is_own_meeting(record, {ME}):
        return [Element(Calendar.Reminder, "17")]
    tag = {Event: Calendar.Subject, Task: Tasks.Subject, Note: Notes.Subject}[type(record)]
    return [Element(tag, "Changed")]


def as_wished(record: Record) -> Record:
    """Give a record with the field that :func:`new_field` changes."""
    if isinstance(record, Contact):
        return replace(record, office_location="Room 5")
    if not isinstance(record, Event):
        return replace(record, subject="Changed")
    mine = is_own_meeting(record, {ME})
    return with_new(record, {"subject": "Changed"} if mine else {"reminder_min": 17})


def with_new(event: Event, new: Mapping[str, object]) -> Event:
    """Give an event with a new value; an exception follows in what it had of its series."""
    ((name, old),) = ((name, getattr(event.details, name)) for name in new)

    def follows(one: Details) -> Details:
        return replace(one, **new) if getattr(one, name) == old else one  # type: ignore[arg-type]

    exceptions = [
        replace(one, details=None if one.details is None else follows(one.details))
        for one in event.exceptions
    ]
    return replace(event, details=follows(event.details), exceptions=tuple(exceptions))


@pytest.fixture(scope="module")
def core() -> list[Sample]:
    return list(samples(core=True))


@pytest.fixture(scope="module")
def whole() -> list[Sample]:
    return list(samples(core=False))


@pytest.mark.parametrize(("kind", "version"), CASES)
def test_core_objects_are_the_same_when_a_device_adds_them_elsewhere(
    core: list[Sample], kind: type[Record], version: str
) -> None:
    """Whatever a version can say arrives: MS-ASCAL R541, R508, R539; MS-ASCNTC R381.

    Occurrences over ten years included; what differs is in a table with its reason.
    """
    outcome = added(core, kind, version)
    assert outcome.faults == []
    assert outcome.objects


@pytest.mark.parametrize(("kind", "version"), CASES)
def test_a_device_changes_one_field_of_core_objects(
    core: list[Sample], kind: type[Record], version: str
) -> None:
    """Nothing else changes, the lines as stored included: MS-ASCAL R548, R2231; MS-ASCMD R5906."""
    outcome = changed(core, kind, version)
    assert outcome.faults == []
    assert outcome.objects


@pytest.mark.long
@pytest.mark.parametrize(("kind", "version"), CASES)
def test_all_objects_are_the_same_when_a_device_adds_them_elsewhere(
    whole: list[Sample], kind: type[Record], version: str
) -> None:
    """The same with every object of every file."""
    assert added(whole, kind, version).faults == []


@pytest.mark.long
@pytest.mark.parametrize(("kind", "version"), CASES)
def test_a_device_changes_one_field_of_all_objects(
    whole: list[Sample], kind: type[Record], version: str
) -> None:
    """The same with every object of every file."""
    assert changed(whole, kind, version).faults == []


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("version", WITH_ORACLE)
def test_another_reader_finds_the_same_occurrences(whole: list[Sample], version: str) -> None:
    """Over ten years, in what is stored of that which a device added: those that are known here."""
    compared, differing = 0, []
    for carrier in carriers(whole, Event, version):
        for server_id, item in carrier.moved().items():
            times = times_of(item)
            compared += times is not None
            if times is not None and times[0] != times[1]:
                differing.append(carrier.names[server_id].name)
    assert differing == []
    assert compared > 4000


def times_of(item: ObjectItem) -> tuple[list[float], list[float]] | None:
    """Give when an event starts, as read here and by another library, None where it cannot."""
    event = item.record
    assert isinstance(event, Event)
    if not -2e9 < event.details.start < 2e11:
        return None
    begin = datetime.fromtimestamp(event.details.start, UTC) - timedelta(days=30)
    tzp.use_default()  # it keeps the zones of other calendars, by their names alone
    theirs = other_starts(item.source, event.uid, begin)
    after, before = begin.timestamp(), (begin + TEN_YEARS).timestamp()
    mine = sorted(one.start for one in occurrences(event, after, before, limit=100_000))
    return (mine, theirs) if theirs else None


# The report


def main() -> None:
    """Write the differences by kind, with the number of objects in each version."""
    whole = list(samples(core=False))
    lines = [
        "What becomes of the objects of the corpus when a device holds them",
        "",
        f"{len(whole)} objects, each shown to a device, which adds it to an empty account or",
        "changes one field of it. Made by `tests/unit/commands/test_corpus_objects.py`; what",
        "differs otherwise than listed here is an error of the tests. The numbers count objects.",
    ]
    for title, run in (("Added elsewhere", added), ("One field changed", changed)):
        for kind in KINDS:
            lines += ["", f"### {title}: {kind.__name__}", "", *_table(run, whole, kind)]
    REPORT.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _table(run: object, whole: list[Sample], kind: type[Record]) -> list[str]:
    versions = [one for one in ALL_VERSIONS if not (kind is Note and one in NO_NOTES)]
    counts: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    examples: dict[tuple[str, str], str] = {}
    totals = {}
    for version in versions:
        outcome: Outcome = run(whole, kind, version)  # type: ignore[operator]
        assert outcome.faults == [], outcome.faults[:5]
        totals[version] = outcome.objects
        examples |= {one: name for one, name in outcome.files.items() if one not in examples}
        for one, count in outcome.reasons.items():
            counts[one][version] = count
    rows = [
        f"| field | why | {' | '.join(versions)} | such as |",
        f"| --- | --- | {' | '.join('---' for _ in versions)} | --- |",
        f"| *objects* | | {' | '.join(str(totals[one]) for one in versions)} | |",
    ]
    for (name, why), found in sorted(counts.items()):
        numbers = " | ".join(str(found.get(one, "")) for one in versions)
        rows.append(f"| {name} | {why} | {numbers} | `{examples[name, why]}` |")
    return rows


if __name__ == "__main__":
    main()
