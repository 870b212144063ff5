"""What all parts of a phone stand on: its state, its session, and how an answer is checked."""

from collections.abc import Callable, Mapping
from secrets import token_hex

from carbonio_mobile.client.faults import Refused, ServerFault
from carbonio_mobile.client.items import Item
from carbonio_mobile.client.session import FACTS, Retries, Session
from carbonio_mobile.client.state import PhoneFolder, PhoneState
from carbonio_mobile.client.wire import Transport
from carbonio_mobile.eas.version import Version
from carbonio_mobile.wbxml import Element

HELD_MARGIN_S = 60.0
"""How much longer than its heartbeat a request that the server holds may take."""


def _nothing() -> None:
    """Do not save."""


class Device:
    """One device of one account; see :class:`carbonio_mobile.client.phone.Phone`."""

    def __init__(
        self,
        state: PhoneState,
        transport: Transport,
        *,
        retries: Retries = Retries(),  # noqa: B008 - immutable
        keep_contents: bool = False,
        binary_query: bool = False,
        facts: Mapping[str, str] | None = None,
        on_applied: Callable[[], None] = _nothing,
        new_id: Callable[[], str] = lambda: token_hex(16),
    ) -> None:
        self.state = state
        self.session = Session(
            state=state,
            transport=transport,
            retries=retries,
            binary_query=binary_query,
            facts=facts or FACTS,
        )
        self.keep_contents = keep_contents
        self.on_applied = on_applied
        self.new_id = new_id

    @property
    def version(self) -> Version:
        """Give the version that is spoken."""
        return self.session.version

    @property
    def folders(self) -> Mapping[str, PhoneFolder]:
        """Give the folders, by id."""
        return self.state.folders

    @property
    def resyncs(self) -> int:
        """Tell how many collections had to start over since this state began."""
        return self.state.resyncs

    def items(self, folder: str) -> Mapping[str, Item]:
        """Give what is held of a folder, by server id."""
        known = self.state.collections.get(folder)
        return {} if known is None else known.items

    # Beginning

    async def options(self) -> tuple[str, ...]:
        """Ask for the versions that the server offers."""
        await self.session.options()
        self.on_applied()
        return self.state.offered

    async def provision(self) -> Element | None:
        """Fetch and acknowledge the policy; gives its document, None where there is none."""
        policy = await self.session.provision()
        self.on_applied()
        return policy


def held(wait_s: int) -> dict[str, float]:
    """Give the timeout of a request that the server may hold."""
    return {"timeout_s": wait_s + HELD_MARGIN_S} if wait_s else {}


def check(status: str | None, command: str) -> None:
    """Raises: Refused unless the status is 1, ServerFault where there is none."""
    if status == "1":
        return
    if status is None or not status.isdigit():
        raise ServerFault(f"{command} without a status")
    raise Refused(f"{command} refused (status {status})", command=command, status=int(status))
