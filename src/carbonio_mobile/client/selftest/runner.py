"""Walking: each step in each version, each with one finding, and the cleaning up."""

from collections.abc import Awaitable, Callable, Sequence

from carbonio_mobile.client.faults import ClientFault, Refused
from carbonio_mobile.client.selftest.cleaning import clean_up
from carbonio_mobile.client.selftest.report import Finding, Outcome, Report
from carbonio_mobile.client.selftest.steps import STEPS, Step
from carbonio_mobile.client.selftest.walk import Failed, Skipped, Walk

CLEANING = "cleaned up"

Watch = Callable[[str, str, int, int], None]
"""Told of each step as it begins: version, feature, its number from 1 up, how many there are."""


async def walk_through(
    walk: Walk, report: Report, *, keep: bool, watch: Watch, steps: Sequence[Step] = STEPS
) -> None:
    """Do all steps in one version. Whatever happens to one, the others are tried."""
    version = walk.version.text
    for number, step in enumerate(steps, start=1):
        watch(version, step.feature, number, len(steps))
        if step.exists(walk.version):
            report.add(await _finding(walk, step.feature, step.run))
        else:
            report.add(Finding(feature=step.feature, version=version, outcome=Outcome.ABSENT))
    if keep:
        why = f"what was made has {walk.marker} in its name"
        kept = Finding(feature=CLEANING, version=version, outcome=Outcome.SKIPPED, why=why)
        report.add(kept)
    else:
        report.add(await _finding(walk, CLEANING, clean_up))


async def _finding(walk: Walk, feature: str, run: Callable[[Walk], Awaitable[None]]) -> Finding:
    outcome, why = await _tried(walk, run)
    faults = walk.watched.taken_faults()
    walk.watched.lose = ""
    if faults:
        outcome, why = Outcome.FAILS, "; ".join(dict.fromkeys([*([why] if why else []), *faults]))
    return Finding(
        feature=feature,
        version=walk.version.text,
        outcome=outcome,
        why=why,
        exchange=walk.watched.exchange if outcome is Outcome.FAILS else ("", ""),
    )


async def _tried(walk: Walk, run: Callable[[Walk], Awaitable[None]]) -> tuple[Outcome, str]:
    try:
        await run(walk)
    except Skipped as exc:
        return Outcome.SKIPPED, str(exc)
    except Refused as exc:
        return Outcome.REFUSED, str(exc)
    except (ClientFault, Failed, ValueError, KeyError) as exc:
        return Outcome.FAILS, str(exc) or type(exc).__name__
    return Outcome.WORKS, ""
