"""Ping: hold the request until something arrives in one of the folders.

Spec: MS-ASCMD 2.2.1.13, 3.1.5.6; commands.md section 6; design.md section 5.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from carbonio_mobile.commands import hierarchy
from carbonio_mobile.commands.collections import readable
from carbonio_mobile.commands.context import Answer, Call
from carbonio_mobile.commands.news import look
from carbonio_mobile.eas.messages.ping import PingRequest, build, parse
from carbonio_mobile.eas.status import PingStatus
from carbonio_mobile.errors import Corrupt, NotFound
from carbonio_mobile.ids import FolderId
from carbonio_mobile.interfaces import IWatch
from carbonio_mobile.sync.ping import DOCUMENT, HIERARCHY, HOLD_S, PingParameters
from carbonio_mobile.sync.state import CollectionState, document_name
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import Ping

NEEDS_MAX = 30
"""So many collections' states are read ahead, before the gates."""


def needs(document: Element | None) -> tuple[str, ...]:
    """Name the documents that a Ping looks at."""
    folders = () if document is None else document.find(Ping.Folders) or ()
    named = [document_name(FolderId(one.value(Ping.Id, ""))) for one in folders]
    return (DOCUMENT, hierarchy.TOLD, *named[:NEEDS_MAX])


async def respond(call: Call) -> Answer:
    """Answer Ping, now or when something has arrived."""
    request = parse(call.document)
    remembered = await _remembered(call)
    wanted = _merge(request, remembered)
    if wanted is None:
        return Answer(document=build(PingStatus.MISSING_PARAMETERS))
    if refused := _out_of_bounds(call, wanted):
        return Answer(document=refused)
    watch = call.services.hub.watch(
        call.account.id, wanted.folders, latency_s=call.bounds.latency_s
    )
    try:
        early = await _at_once(call, wanted, remembered)
        if early is not None and not early.again:
            return Answer(document=early.answer)
        call.turn.park(watch)
        if early is not None:
            return Answer(document=await _hold(watch, early.answer))
        return Answer(document=await _wait(call, watch, wanted.heartbeat_s))
    finally:
        watch.close()


def _merge(request: PingRequest, remembered: PingParameters | None) -> PingParameters | None:
    """Complete a request with what the last one said; None if that is not enough (R4239)."""
    if remembered is None:
        if request.heartbeat_s is None or request.folders is None:
            return None
        return PingParameters(heartbeat_s=request.heartbeat_s, folders=request.folders)
    return replace(
        remembered,
        heartbeat_s=(
            remembered.heartbeat_s if request.heartbeat_s is None else request.heartbeat_s
        ),
        folders=request.folders or remembered.folders,
    )


def _out_of_bounds(call: Call, wanted: PingParameters) -> Element | None:
    bounds = call.bounds
    nearest = min(max(wanted.heartbeat_s, bounds.heartbeat_min_s), bounds.heartbeat_max_s)
    if nearest != wanted.heartbeat_s:
        return build(PingStatus.INTERVAL_OUT_OF_RANGE, heartbeat_s=nearest)
    if len(wanted.folders) > bounds.ping_folders_max:
        return build(PingStatus.TOO_MANY_FOLDERS, folders_max=bounds.ping_folders_max)
    return None


async def _remembered(call: Call) -> PingParameters | None:
    documents = await call.documents((DOCUMENT,))
    text = documents.get(DOCUMENT)
    try:
        return None if text is None else PingParameters.from_text(text)
    except Corrupt:
        return None  # the device is asked for its parameters, which mends it


@dataclass(frozen=True, slots=True)
class _Early:
    """An answer that need not wait. ``again``: the device was told the same just before."""

    answer: Element
    again: bool


async def _hold(watch: IWatch, answer: Element) -> Element:
    """Hold an answer that the device had already, for some ask every second (client-quirks 3.8)."""
    wake = await watch.wait(HOLD_S)
    return build(PingStatus.EXPIRED) if wake.superseded else answer


async def _at_once(
    call: Call, wanted: PingParameters, remembered: PingParameters | None
) -> _Early | None:
    """Answer a Ping that need not wait; remember its parameters in any case."""
    documents: dict[str, str | None] = {}
    news: list[FolderId] = []
    stale = await hierarchy.outdated(call)
    states = {} if stale else await _states(call, wanted.folders)
    if not stale:
        try:
            await _check_unsynced(call, [one for one in wanted.folders if one not in states])
            news = await _changed(call, states, documents)
        except NotFound:
            stale = True
    if stale:
        reported = wanted.report({HIERARCHY: await _told(call)})
    else:
        reported = wanted.report({folder: states[folder].current.key for folder in news})
    again, fruitless = reported.repeated, reported.fruitless
    if fruitless:
        reported = replace(reported, reported={})
    if reported != remembered:
        documents[DOCUMENT] = reported.to_text()
    if documents:
        await call.services.states.commit(call.device.key, documents)
    if stale or fruitless:
        return _Early(build(PingStatus.HIERARCHY_CHANGED), again)
    return _Early(build(PingStatus.CHANGES, folders=news), again) if news else None


async def _told(call: Call) -> str:
    """Name what a device was told of the folders: another after each FolderSync with news."""
    documents = await call.documents((hierarchy.TOLD,))
    return documents.get(hierarchy.TOLD, "")


async def _states(call: Call, folders: Collection[FolderId]) -> dict[FolderId, CollectionState]:
    documents = await call.documents([document_name(folder) for folder in folders])
    return readable(documents, folders)


async def _check_unsynced(call: Call, folders: Collection[FolderId]) -> None:
    """Raises: NotFound if one of these folders does not exist; one never synced just waits."""
    if folders:
        present = await call.mailbox.hierarchy()
        if any(present.find(folder) is None for folder in folders):
            raise NotFound("a folder in Ping")


async def _changed(
    call: Call, states: Mapping[FolderId, CollectionState], documents: dict[str, str | None]
) -> list[FolderId]:
    """Give the folders that a Sync would have news of.

    History that means nothing to the device is put behind it, in ``documents``, so that the next
    Ping need not read it.
    """
    news = []
    for folder, state in states.items():
        found = await look(call, folder, state.current)
        if found.news:
            news.append(folder)
        elif found.progress is not None:
            state.current = found.progress
            documents[document_name(folder)] = state.to_text()
    return news


async def _wait(call: Call, watch: IWatch, heartbeat_s: float) -> Element:
    steady_clock = call.services.steady_clock
    until = steady_clock() + heartbeat_s
    while True:
        wake = await watch.wait(max(0.0, until - steady_clock()))
        if wake.superseded or not (wake.folders or wake.hierarchy):
            return build(PingStatus.EXPIRED)
        if wake.hierarchy and await hierarchy.outdated(call):
            return build(PingStatus.HIERARCHY_CHANGED)
        if news := await _truly_changed(call, wake.folders):
            return build(PingStatus.CHANGES, folders=news)


async def _truly_changed(call: Call, folders: Collection[FolderId]) -> list[FolderId]:
    """Leave out what arrived by the device's own hand; what went is for the Sync to find."""
    if not folders:
        return []
    states = await _states(call, folders)
    try:
        return [
            folder
            for folder in sorted(folders)
            if folder not in states or (await look(call, folder, states[folder].current)).news
        ]
    except NotFound:
        return sorted(folders)
