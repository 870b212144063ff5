"""Waiting for changes, and one device's requests in their order."""

from collections.abc import Awaitable, Collection, Sequence

from zope.interface import Attribute, Interface

from carbonio_mobile.ids import AccountId, DeviceKey, FolderId
from carbonio_mobile.sync.doing import Doing
from carbonio_mobile.sync.wake import Wake


class IChangeSink(Interface):
    """Where mailboxes report what happens in them; may be called from the reactor thread only."""

    def folder_changed(account: AccountId, folder: FolderId, *, arrival: bool) -> None:
        """Report a change; ``arrival`` when an item came (delivered, copied, moved in)."""

    def hierarchy_changed(account: AccountId) -> None:
        """Report a change of the folder hierarchy."""


class IInterest(Interface):
    """Who wants to know what is waited for, to look only at what matters to somebody."""

    def watched(account: AccountId, folders: Collection[FolderId]) -> None:
        """Learn which folders of an account are watched from now on; none: nobody waits any more.

        Called whenever the set changes, within the beginning or the end of a watch: it must be
        quick, must not raise, and must not call the hub before it has returned. The folders are
        those that devices named; they need not exist.
        """


class IWatch(Interface):
    """One party waiting for changes of an account's folders: a parked Ping or Sync."""

    width: int = Attribute("How many folders it watches.")

    def wait(seconds: float) -> Awaitable[Wake]:
        """Fire at the first arrival or hierarchy change since the watch began, or when time is up.

        Fires at once if something was noticed already. Cancelling the wait closes the watch.
        """

    def end() -> None:
        """Make a wait fire now as superseded, or the next one as soon as it begins."""

    def close() -> None:
        """Stop watching; must be called once for each watch, and may be called again."""


class IChangeHub(Interface):
    """The feed behind Ping and waiting Syncs."""

    def watch(account: AccountId, folders: Collection[FolderId], *, latency_s: float) -> IWatch:
        """Begin to notice arrivals in these folders and changes of the hierarchy.

        A wait fires ``latency_s`` after the first arrival (0: at once); what arrives in between is
        told with it.
        """


class ITurn(Interface):
    """The right of one request to work on its device's state, alone."""

    def park(watch: IWatch) -> None:
        """Let other requests of the device go on while this one waits; a superseding one ends
        ``watch``.
        """

    def resume() -> Awaitable[None]:
        """Take the right again after parking."""

    def finish() -> None:
        """Give the right up for good; may be called again, and while parked."""


class ITurns(Interface):
    """Serial work for each (account, device) pair."""

    def begin(key: DeviceKey, *, command: str) -> Awaitable[ITurn]:
        """Wait for the device's other requests in order of arrival, then give the turn.

        A parked request is superseded by a newer one of the same command.
        """

    def wake(key: DeviceKey) -> None:
        """End the parked requests of a device as if newer ones had come: they change nothing more,
        and what the device asks next meets what holds then.
        """

    def doing(key: DeviceKey) -> Sequence[Doing]:
        """Tell what the requests of a device that are not answered yet are at, oldest first."""
