"""The self-test must be able to fail: against a server that is broken in one way or another."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from carbonio_mobile.client.faults import Refused, ServerFault
from carbonio_mobile.client.program import Network
from carbonio_mobile.client.selftest.report import Finding, Outcome, Report
from carbonio_mobile.client.selftest.runner import walk_through
from carbonio_mobile.client.selftest.steps import STEPS, Step
from carbonio_mobile.client.selftest.walk import Failed, Skipped, Walk
from carbonio_mobile.client.selftest.watching import WatchedTransport, foreign
from carbonio_mobile.client.wire import WBXML, HttpReply, Transport
from carbonio_mobile.eas.requestline import RequestLine
from carbonio_mobile.eas.version import Version
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.devices import RigTransport, rig_phone
from carbonio_mobile.testing.rig import Rig, now
from carbonio_mobile.wbxml import Element, decode, encode
from carbonio_mobile.wbxml.codepages import (
    AirSync,
    Calendar,
    Contacts,
    FolderHierarchy,
    GetItemEstimate,
    Ping,
    Settings,
    Tasks,
)
from tests.unit.client.shell import RigNetwork, Shell, Terminal

Spoil = Callable[[RequestLine, Element], Element]


def _unspoilt(_line: RequestLine, document: Element) -> Element:
    return document


@dataclass(slots=True)
class SpoilingTransport:
    """Leads to a rig and spoils the documents of its answers."""

    inner: Transport
    spoil: Spoil

    async def post(
        self, line: RequestLine, body: bytes, *, content_type: str, timeout_s: float
    ) -> HttpReply:
        reply = await self.inner.post(line, body, content_type=content_type, timeout_s=timeout_s)
        if reply.content_type != WBXML or not reply.body:
            return reply
        return replace(reply, body=encode(self.spoil(line, decode(reply.body))))

    async def options(self) -> HttpReply:
        return await self.inner.options()


@dataclass(slots=True)
class DeliveringNetwork(RigNetwork):
    """While its user sleeps, mail to john arrives."""

    spoil: Spoil = _unspoilt
    delivered: set[str] = field(default_factory=set)

    def transport(self, url: str, login: str, password: str) -> Transport:
        return SpoilingTransport(RigTransport(self.rig, login=login, password=password), self.spoil)

    async def sleep(self, seconds: float) -> None:
        for name, one in list(self.rig.submission.taken.items()):
            if name not in self.delivered:
                self.delivered.add(name)
                self.rig.deliver(one.message)
                if one.sent_copy is not None:
                    self.rig.deliver(one.sent_copy, folder=self.rig.folder(FolderKind.SENT))
        self.rig.clock.advance(seconds)


@dataclass
class MailingShell(Shell):
    """A shell whose network delivers, and spoils answers."""

    spoil: Spoil = _unspoilt

    def network(self) -> Network:  # type: ignore[override]
        return DeliveringNetwork(self.rig, spoil=self.spoil)

    def report(self, *words: str) -> tuple[int, Any]:
        status = self.john("--json", "selftest", *words)
        return status, json.loads(self.out.getvalue())


@pytest.fixture
def shell(tmp_path: Path) -> MailingShell:
    return MailingShell(Rig(), tmp_path)


def outcomes(report: Any, *of: str) -> dict[str, str]:
    """Give why, by feature, of all results with these outcomes."""
    return {
        feature["feature"]: one.get("why", "")
        for feature in report["features"]
        for one in feature["results"].values()
        if one["outcome"] in of
    }


@pytest.mark.parametrize("version", ["2.5", "12.1", "14.1", "16.1"])
def test_a_good_server_passes(shell: MailingShell, version: str) -> None:
    """Nothing fails, and nothing is left behind."""
    before = shell.value("folders")
    status, report = shell.report("--version", version)
    assert outcomes(report, "fails", "refused") == {}
    assert status == 0
    assert set(outcomes(report, "skipped")) == {"MeetingResponse"}
    assert shell.value("folders") == before
    for folder in ("inbox", "sent", "trash", "contacts", "calendar", "tasks"):
        (synced,) = shell.value("sync", folder)  # type: ignore[misc]
        assert synced["held"] == 0, folder


def _without(tag: Any, inside: Element) -> Element:
    """Give a document without an element, wherever it stands."""
    if inside.text is not None:
        return inside
    kept = [_without(tag, child) for child in inside if child.tag is not tag]
    return Element(inside.tag, kept or None)


def _other_text(tag: Any, text: str) -> Callable[[Element], Element]:
    def spoil(element: Element) -> Element:
        if element.tag is tag:
            return Element(tag, text)
        if element.text is not None:
            return element
        return Element(element.tag, [spoil(child) for child in element] or None)

    return spoil


def _in(command: str, spoil: Callable[[Element], Element]) -> Spoil:
    return lambda line, document: spoil(document) if line.command == command else document


def _with_unknown(document: Element) -> Element:
    return Element(document.tag, [*document, Element(Settings.RightsManagementInformation)])


@pytest.mark.parametrize(
    ("spoil", "feature", "why"),
    [
        (_in("Settings", _with_unknown), "Settings: user information", "not in version 12.1"),
        (
            _in("GetItemEstimate", _other_text(GetItemEstimate.Estimate, "7")),
            "GetItemEstimate",
            "7",
        ),
        (_in("Sync", _other_text(Contacts.JobTitle, "Duke")), "contact", "JobTitle 'Countess'"),
        (_in("Sync", _other_text(Tasks.Complete, "0")), "task", "Complete '1'"),
        (
            _in("Sync", lambda document: _without(Calendar.Exceptions, document)),
            "series with exceptions",
            "two exceptions, not 0",
        ),
        (
            _in("Ping", lambda document: _without(Ping.Folders, document)),
            "Ping",
            "Ping with status",
        ),
        (
            _in("FolderSync", _other_text(FolderHierarchy.Count, "99")),
            "FolderSync",
            "counts wrongly",
        ),
        (_in("Sync", _other_text(AirSync.SyncKey, "0")), "contact", "without a usable SyncKey"),
        (
            _in("Settings", lambda _: Element(Ping.Ping, [Element(Ping.Status, "1")])),
            "Settings: user information",
            "answered with Ping:Ping",
        ),
    ],
)
def test_a_broken_server_fails(tmp_path: Path, spoil: Spoil, feature: str, why: str) -> None:
    """Each fault is told under its feature, with the exchange, and the exit status is 1."""
    shell = MailingShell(Rig(), tmp_path, spoil=spoil)
    status, report = shell.report("--version", "12.1")
    assert status == 1
    assert why in outcomes(report, "fails").get(feature, "")
    found = next(one for one in report["features"] if one["feature"] == feature)
    assert found["results"]["12.1"]["request"]
    assert found["results"]["12.1"]["answer"].startswith("HTTP 200")


def test_what_was_there_before_stays(shell: MailingShell) -> None:
    """Of every class; only what has the marker is deleted."""
    shell.rig.deliver()
    kept = (
        ("add-contact", "--last", "Kept"),
        ("add-event", "--subject", "Kept", "--start", "2027-01-16T08:00Z"),
        ("add-task", "--subject", "Kept"),
        ("add-note", "--subject", "Kept"),
        ("create-folder", "Kept"),
    )
    for words in kept:
        shell.made(*words)
    before = [shell.value("sync", name) for name in ("inbox", "contacts", "calendar", "tasks")]
    assert before
    shell.report("--version", "16.1")
    for folder in ("inbox", "contacts", "calendar", "tasks", "notes"):
        (synced,) = shell.value("sync", folder)  # type: ignore[misc]
        assert (synced["held"], synced["removed"]) == (1, 0), folder
    assert "Kept" in [one["path"] for one in shell.value("folders")]  # type: ignore[attr-defined]


def test_keep_leaves_what_was_made(shell: MailingShell) -> None:
    """And says under which name."""
    _, report = shell.report("--version", "14.1", "--keep")
    told = outcomes(report, "skipped")["cleaned up"]
    marker = told.split()[4]
    paths = [one["path"] for one in shell.value("folders")]  # type: ignore[attr-defined]
    assert f"Contacts {marker}" in paths


def test_versions(shell: MailingShell) -> None:
    """Those asked for, in their order; the table has a column for each; unknown ones are usage."""
    shell.err = Terminal()
    assert shell.john("selftest", "--version", "16.1,2.5") == 0
    table = shell.out.getvalue().splitlines()
    assert table[0].split() == ["FEATURE", "16.1", "2.5"]
    assert len([line for line in table if line.startswith("Find: GAL")]) == 1
    assert "16.1: OPTIONS (1 of" in shell.err.getvalue()
    assert shell.err.getvalue().endswith("\r")
    with pytest.raises(SystemExit):
        shell.john("selftest", "--version", "13.0")


def test_a_wrong_password_is_told_at_once(shell: MailingShell) -> None:
    """Not as a table of failures."""
    access = ("--url", "example.com", "--user", Rig.ADDRESS, "--password", "wr0ng")
    assert shell.type(*access, "selftest") == 1
    assert "refused the login" in shell.err.getvalue()
    assert shell.out.getvalue() == ""


def walk_of(rig: Rig) -> Walk:
    """Give a walk at 14.1."""
    watched = WatchedTransport(RigTransport(rig), Version.V14_1)

    async def nothing(_seconds: float) -> None:
        pass

    async def url() -> str:
        return ""

    return Walk(
        version=Version.V14_1,
        phone=rig_phone(rig, transport=watched),
        witness=rig_phone(rig, device="phone2"),
        watched=watched,
        address=Rig.ADDRESS,
        marker="m",
        now=0.0,
        sleep=nothing,
        discover=url,
    )


@pytest.mark.parametrize(
    ("raised", "outcome"),
    [
        (Skipped("why"), Outcome.SKIPPED),
        (Refused("why", command="Sync", status=4), Outcome.REFUSED),
        (ServerFault("why"), Outcome.FAILS),
        (Failed("why"), Outcome.FAILS),
        (ValueError("why"), Outcome.FAILS),
        (None, Outcome.WORKS),
    ],
)
def test_what_a_step_raises_is_its_outcome(raised: Exception | None, outcome: Outcome) -> None:
    """And the next step is tried all the same."""

    async def run(_walk: Walk) -> None:
        if raised is not None:
            raise raised

    async def good(_walk: Walk) -> None:
        pass

    report = Report(versions=["14.1"])
    steps = [Step(feature="one", run=run), Step(feature="two", run=good, first=Version.V16_0)]
    told: list[Mapping[str, object] | tuple[object, ...]] = []
    now(
        walk_through(
            walk_of(Rig()), report, keep=True, watch=lambda *words: told.append(words), steps=steps
        )
    )
    assert [one.outcome for one in report.findings] == [outcome, Outcome.ABSENT, Outcome.SKIPPED]
    assert report.findings[0].why == ("" if raised is None else "why")
    assert told == [("14.1", "one", 1, 2), ("14.1", "two", 2, 2)]


def test_a_fault_of_form_fails_what_else_works() -> None:
    """What the transport saw counts against the step."""

    async def run(walk: Walk) -> None:
        walk.watched.faults += ["Sync: not in version 14.1: Find:Find"] * 2

    report = Report(versions=["14.1"])
    step = Step(feature="one", run=run)
    now(walk_through(walk_of(Rig()), report, keep=True, watch=lambda *_: None, steps=[step]))
    assert report.findings[0].outcome is Outcome.FAILS
    assert report.findings[0].why == "Sync: not in version 14.1: Find:Find"


def test_foreign_elements_are_named_once() -> None:
    """At any depth, in any version."""
    document = Element(
        AirSync.Sync,
        [Element(AirSync.Collections, [Element(Calendar.ClientUid), Element(Calendar.ClientUid)])],
    )
    assert foreign(document, Version.V14_1) == ["Calendar:ClientUid"]
    assert foreign(document, Version.V16_0) == []


def test_the_report_says_why() -> None:
    """Refusals first, failures last; what works and what is absent needs no words."""
    report = Report(versions=["2.5", "16.1"])
    for feature, version, outcome in (
        ("a", "2.5", Outcome.FAILS),
        ("a", "16.1", Outcome.WORKS),
        ("b", "2.5", Outcome.ABSENT),
        ("b", "16.1", Outcome.REFUSED),
    ):
        why = "" if outcome is Outcome.WORKS else "reason"
        report.add(Finding(feature=feature, version=version, outcome=outcome, why=why))
    assert report.rows() == [("a", "FAILS", "works"), ("b", "-", "refused")]
    assert report.remarks() == ["16.1 b: refused, reason", "2.5 a: FAILS, reason"]
    assert report.closing() == "1 works, 1 refused, 1 fails, 0 skipped"


def test_each_feature_stands_once() -> None:
    """The rows of the table have names of their own."""
    names = [step.feature for step in STEPS]
    assert len(names) == len(set(names))
