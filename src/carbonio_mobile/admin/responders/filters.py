"""Answers to the commands on the filters of protocol versions."""

from collections.abc import Mapping, Sequence

from carbonio_mobile.admin.answers import Answer, Listing, Said, Value, each
from carbonio_mobile.admin.calling import AdminCall, AdminFault, Respond
from carbonio_mobile.admin.naming import account_named
from carbonio_mobile.eas.version import listed
from carbonio_mobile.interfaces import IAccounts, IEasFilters
from carbonio_mobile.policy.offers import Offers
from carbonio_mobile.policy.versionfilters import (
    EasFilter,
    Evaluation,
    Mode,
    carbonio_profile_filters,
    parse_versions,
)
from carbonio_mobile.policy.versionrules import RuleKind, parse_rule


class FilterCommands:
    """Changes the filters in the store and puts them in force in ``offers``."""

    def __init__(self, *, filters: IEasFilters, offers: Offers, accounts: IAccounts) -> None:
        self._filters = filters
        self._offers = offers
        self._accounts = accounts

    def responders(self) -> Mapping[str, Respond]:
        """Give what answers each command, by its full name."""
        return {
            "mobile getAllEASFilters": self._list,
            "mobile doAddEASFilter": self._add,
            "mobile doDeleteEASFilter": self._delete,
            "mobile doMoveEASFilter": self._move,
            "mobile doSetEASFilterProfile": self._set_profile,
            "mobile explainEASFilters": self._explain,
        }

    async def _list(self, _call: AdminCall) -> Answer:
        found = await self._filters.filters()
        return Listing(
            heading="filters",
            rows=each(_row(number, one) for number, one in enumerate(found)),
        )

    async def _add(self, call: AdminCall) -> Answer:
        new = _typed(call)
        filters = self._in_force(await self._filters.add(new))
        place = len(filters) - 1
        return Said(text=f"filter {place} added", details=_row(place, new))

    async def _delete(self, call: AdminCall) -> Answer:
        place = call.number("id")
        filters = self._in_force(await self._filters.delete(place))
        return Said(text=f"filter {place} deleted, {len(filters)} left")

    async def _move(self, call: AdminCall) -> Answer:
        place, to = call.number("from"), call.number("to")
        filters = self._in_force(await self._filters.move(place, to))
        return Said(text=f"filter {place} moved to {min(to, len(filters) - 1)}")

    async def _set_profile(self, _call: AdminCall) -> Answer:
        profile = carbonio_profile_filters()
        filters = self._in_force(await self._filters.replace(profile))
        return Said(text=f"the filters of the profile carbonio set, {len(filters)} in all")

    def _in_force(self, filters: Sequence[EasFilter]) -> Sequence[EasFilter]:
        self._offers.use(filters)
        return filters

    async def _explain(self, call: AdminCall) -> Answer:
        account = await account_named(self._accounts, call.text("account"))
        found = self._offers.explained(account, call.text("user_agent"))
        return Listing(heading="evaluation", rows=each(_explanation(found)))


def _typed(call: AdminCall) -> EasFilter:
    """Read the filter that was typed. Raises: AdminFault."""
    mode = Mode(call.text("mode"))
    try:
        return EasFilter(
            rule=parse_rule(RuleKind(call.text("type")), call.text("parameter")),
            mode=mode,
            versions=parse_versions(call.texts("easversions"), mode),
            blocking=call.flag("blocking"),
        )
    except ValueError as exc:
        raise AdminFault(f"doAddEASFilter: {exc}") from exc


def _row(place: int, one: EasFilter) -> Mapping[str, Value]:
    return {
        "ID": place,
        "mode": one.mode.value,
        "rule": str(one.rule),
        "easversions": listed(one.versions),
        "blocking": one.blocking,
    }


def _explanation(found: Evaluation) -> Sequence[Mapping[str, Value]]:
    rows: list[Mapping[str, Value]] = [
        {"step": step.name, "result": step.result, "versions": listed(step.versions) or "none"}
        for step in found.steps
    ]
    if found.versions:
        said = f"the device is offered {listed(found.versions)}"
    else:
        said = f"the device may not sync; the last version was taken by {found.why}"
    return [*rows, {"step": "end", "result": said, "versions": listed(found.versions) or "none"}]
