"""What a phone holds of its folders, kept in step with the server, and the wait for news.

Spec: MS-ASCMD 2.2.1.9, 2.2.1.13, 2.2.1.21.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from carbonio_mobile.client import synctrees
from carbonio_mobile.client.applying import SyncResult, apply, settle_unanswered
from carbonio_mobile.client.device import check, held
from carbonio_mobile.client.devicefolders import DeviceFolders
from carbonio_mobile.client.faults import Refused, ServerFault, TryLater
from carbonio_mobile.client.state import FIRST_KEY, SyncOptions
from carbonio_mobile.client.synctrees import Wanted
from carbonio_mobile.eas.status import (
    PingStatus,
    SyncStatus,
)
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import (
    AirSync,
    GetItemEstimate,
    Ping,
)

ROUNDS_WITHOUT_NEWS = 10
"""So many answers in a row may promise more and bring nothing."""

_LATER = (SyncStatus.SERVER_ERROR, SyncStatus.RETRY)


@dataclass(frozen=True, slots=True, kw_only=True)
class PingResult:
    """Why a Ping ended: ``folders`` are those with news where ``status`` is 2."""

    status: int
    folders: tuple[str, ...] = ()


def _unwatched(_result: SyncResult) -> None:
    """Show no progress."""


class DeviceSync(DeviceFolders):
    """Sync, GetItemEstimate, Ping."""

    # Sync

    async def sync(
        self,
        folder: str,
        *commands: Element,
        window: int = 100,
        options: SyncOptions | None = None,
        get_changes: bool | None = None,
        deletes_as_moves: bool = True,
    ) -> SyncResult:
        """Sync one folder once: one window of news, and ``commands`` (of ``synctrees``) upwards.

        A collection that has no key yet gets one first. Check ``status`` of the result: 3 and 12
        are handled here as far as a phone can, but the commands were not done.
        """
        wanted = Wanted(
            folder=folder,
            commands=commands,
            window=window,
            options=options,
            get_changes=get_changes,
            deletes_as_moves=deletes_as_moves,
        )
        return (await self.sync_all([wanted]))[folder]

    async def sync_all(
        self, wanted: Sequence[Wanted], *, wait_s: int | None = None
    ) -> dict[str, SyncResult]:
        """Sync several folders in one request; gives a result for each.

        With ``wait_s`` the server may hold the request that long until there is news.
        """
        await self._begin([one for one in wanted if self._key(one.folder) == FIRST_KEY])
        started = [one for one in wanted if self._key(one.folder) != FIRST_KEY]
        results = {one.folder: SyncResult(folder=one.folder) for one in wanted}
        for one in wanted:
            if one not in started:
                results[one.folder].status = SyncStatus.HIERARCHY_CHANGED
        if not started:
            return results
        version = self.version
        document = synctrees.sync_document(
            [
                synctrees.next_collection(
                    one,
                    self.state.collection(one.folder),
                    version,
                    self.state.class_of(one.folder),
                )
                for one in started
            ],
            version=version,
            wait_s=wait_s,
        )
        results |= await self._synced(document, started, wait_s or 0)
        return results

    def _key(self, folder: str) -> str:
        return self.state.collection(folder).key

    async def _begin(self, wanted: Sequence[Wanted]) -> None:
        """Obtain the first key of collections that have none."""
        if not wanted:
            return
        for one in wanted:
            known = self.state.collection(one.folder)
            known.options = one.options or known.options
        document = synctrees.sync_document(
            [
                synctrees.first_collection(
                    one.folder, self.version, self.state.class_of(one.folder)
                )
                for one in wanted
            ],
            version=self.version,
        )
        bare = [Wanted(folder=one.folder, window=0) for one in wanted]
        await self._synced(document, bare, 0)
        for one in wanted:
            self.state.collection(one.folder).options_told = False

    async def _synced(
        self, document: Element, wanted: Sequence[Wanted], wait_s: int
    ) -> dict[str, SyncResult]:
        answer = await self.session.ask("Sync", document, **held(wait_s))
        root = answer.document
        if root is None:
            listed: list[Element] = []
        else:
            _check_sync(root.value(AirSync.Status), root.value(AirSync.Limit))
            collections = root.find(AirSync.Collections)
            listed = [] if collections is None else collections.find_all(AirSync.Collection)
            if root.value(AirSync.Status) == str(int(SyncStatus.HIERARCHY_CHANGED)):
                return await self._lost_folders(wanted)
        return await self._taken(listed, wanted)

    async def _lost_folders(self, wanted: Sequence[Wanted]) -> dict[str, SyncResult]:
        await self.folder_sync()
        status = SyncStatus.HIERARCHY_CHANGED
        return {one.folder: SyncResult(folder=one.folder, status=status) for one in wanted}

    async def _taken(
        self, listed: Sequence[Element], wanted: Sequence[Wanted]
    ) -> dict[str, SyncResult]:
        waiting = {one.folder: one for one in wanted}
        results: dict[str, SyncResult] = {}
        for element in listed:
            folder = element.value(AirSync.CollectionId, "")
            if folder not in waiting:
                raise ServerFault(f"Sync answered for {folder!r}, which was not asked for")
            results[folder] = self._take(element, waiting.pop(folder))
        for folder, one in waiting.items():
            known = self.state.collection(folder)
            if known.key == FIRST_KEY:
                raise ServerFault(f"the first Sync of {folder} got no answer")
            results[folder] = settle_unanswered(
                one,
                known,
                keep_contents=self.keep_contents,
                item_class=self.state.class_of(folder),
            )
        self.on_applied()
        if any(one.status == SyncStatus.HIERARCHY_CHANGED for one in results.values()):
            await self.folder_sync()
        return results

    def _take(self, element: Element, wanted: Wanted) -> SyncResult:
        known = self.state.collection(wanted.folder)
        status = element.value(AirSync.Status)
        if status == str(int(SyncStatus.INVALID_SYNC_KEY)):
            known.restart()
            self.state.resyncs += 1
        elif status != str(int(SyncStatus.HIERARCHY_CHANGED)):
            _check_sync(status, None)
            return apply(
                element,
                wanted,
                known,
                keep_contents=self.keep_contents,
                item_class=self.state.class_of(wanted.folder),
            )
        return SyncResult(folder=wanted.folder, status=int(status))

    async def settle(
        self,
        folder: str,
        *,
        window: int = 100,
        options: SyncOptions | None = None,
        progress: Callable[[SyncResult], None] = _unwatched,
    ) -> int:
        """Sync a folder until nothing more comes; gives how many changes came.

        ``progress`` is told of each window.
        """
        total, fruitless = 0, 0
        while True:
            result = await self.sync(folder, window=window, options=options)
            progress(result)
            total += result.count
            if result.status == SyncStatus.HIERARCHY_CHANGED:
                if folder not in self.folders:
                    return total
            elif result.status == SyncStatus.SUCCESS and not result.more:
                return total
            fruitless = 0 if result.count else fruitless + 1
            if fruitless > ROUNDS_WITHOUT_NEWS:
                raise ServerFault(f"Sync of {folder} promises more and brings nothing")

    async def estimate(self, *folders: str) -> dict[str, int]:
        """Ask how many changes wait, of folders that were synchronised before."""
        state = self.state
        known = [(one, state.class_of(one), state.collection(one)) for one in folders]
        document = synctrees.estimate_document(known, self.version)
        answer = await self.session.document("GetItemEstimate", document)
        counts: dict[str, int] = {}
        for response in answer.find_all(GetItemEstimate.Response):
            check(response.value(GetItemEstimate.Status), "GetItemEstimate")
            collection = response.find(GetItemEstimate.Collection)
            if collection is None:
                raise ServerFault("GetItemEstimate without a collection")
            folder = collection.value(GetItemEstimate.CollectionId, "")
            counts[folder] = int(collection.value(GetItemEstimate.Estimate, ""))
        if set(counts) != set(folders):
            raise ServerFault("GetItemEstimate answered for other folders")
        return counts

    # Ping

    async def ping(self, folders: Sequence[str], *, heartbeat_s: int = 480) -> PingResult:
        """Wait until there is news in folders, or the heartbeat is over.

        The request is empty where the last one said the same; the server's bound for the
        heartbeat is taken over, and where it wants to hear all parameters again it does.
        """
        state = self.state
        for _ in range(3):
            same = (state.ping_heartbeat_s, state.ping_folders) == (heartbeat_s, tuple(folders))
            named = [(folder, state.class_of(folder)) for folder in folders]
            document = None if same else synctrees.ping_document(heartbeat_s, named)
            answer = await self.session.ask("Ping", document, **held(heartbeat_s))
            if answer.document is None:
                raise ServerFault("Ping got an empty answer")
            status = int(answer.document.value(Ping.Status, "0"))
            if status == PingStatus.INTERVAL_OUT_OF_RANGE:
                heartbeat_s = int(answer.document.value(Ping.HeartbeatInterval, "0"))
            elif status == PingStatus.MISSING_PARAMETERS and same:
                state.ping_heartbeat_s, state.ping_folders = 0, ()
            else:
                return await self._pinged(answer.document, status, folders, heartbeat_s)
        raise ServerFault("Ping is never content with its parameters")

    async def _pinged(
        self, answer: Element, status: int, folders: Sequence[str], heartbeat_s: int
    ) -> PingResult:
        if status == PingStatus.HIERARCHY_CHANGED:
            await self.folder_sync()
            return PingResult(status=status)
        if status == PingStatus.TOO_MANY_FOLDERS:
            bound = answer.value(Ping.MaxFolders, "?")
            raise Refused(f"Ping takes {bound} folders at most", command="Ping", status=status)
        if status == PingStatus.SERVER_ERROR:
            raise TryLater("Ping: the server cannot answer now", command="Ping", status=status)
        if status not in (PingStatus.EXPIRED, PingStatus.CHANGES):
            raise Refused(f"Ping refused (status {status})", command="Ping", status=status)
        listed = answer.find(Ping.Folders)
        changed = tuple(one.string for one in listed or ())
        if bool(changed) != (status == PingStatus.CHANGES) or not set(changed) <= set(folders):
            raise ServerFault(f"Ping with status {status} names the folders {changed}")
        self.state.ping_heartbeat_s, self.state.ping_folders = heartbeat_s, tuple(folders)
        self.on_applied()
        return PingResult(status=status, folders=changed)


def _check_sync(text: str | None, limit: str | None) -> None:
    """The same for Sync, where no status on top is good, and 12 is seen to elsewhere."""
    if text in (None, "1", "12"):
        return
    status = int(text) if text and text.isdigit() else 0
    if status in _LATER:
        raise TryLater(
            f"Sync: the server cannot answer now (status {status}); try again later",
            command="Sync",
            status=status,
        )
    bound = f", its bound is {limit}" if limit else ""
    raise Refused(f"Sync refused (status {status}{bound})", command="Sync", status=status)
