"""One call of the command line: who it is for, where its state is, how it reaches the server."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO, Protocol, TextIO

from carbonio_mobile.client.faults import ClientFault
from carbonio_mobile.client.phone import Phone, PhoneState, Retries
from carbonio_mobile.client.screen import Screen
from carbonio_mobile.client.state import FIRST_KEY, PhoneCollection
from carbonio_mobile.client.statefile import StateFile, default_path
from carbonio_mobile.client.transport import Trust
from carbonio_mobile.client.wire import HttpReply, Transport
from carbonio_mobile.eas.version import OFFERED, Version

ATTEMPTS = 2
PAUSE_S = 0.5
"""A request without an answer is repeated once: the connection may just have been an old one."""


class Network(Protocol):
    """What reaches servers; ``request`` is :meth:`.transport.HttpClient.request`."""

    def transport(self, url: str, login: str, password: str) -> Transport:
        """Make the transport to one server as one user."""

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes = b"",
        timeout_s: float,
    ) -> HttpReply:
        """Make one request."""

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""

    async def close(self) -> None:
        """Close what is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What the program meets outside itself. ``ask_secret`` prompts and reads without echo.

    ``clock`` is in seconds since 1970. ``run`` runs the work of one call to its end.
    """

    stdin: TextIO
    stdin_bytes: Callable[[], BinaryIO]
    out: TextIO
    out_bytes: Callable[[], BinaryIO]
    err: TextIO
    environ: Mapping[str, str]
    ask_secret: Callable[[str], str]
    clock: Callable[[], float]
    network: Callable[[Trust], Network]
    run: Callable[[Callable[[], Awaitable[int]]], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Which account of which server, and how. ``url`` is empty where it is to be discovered."""

    url: str
    user: str
    password: str
    state: Path | None
    device_id: str
    version: str


@dataclass(slots=True, kw_only=True)
class Program:
    """Gives the commands their phone."""

    access: Access
    around: Around
    screen: Screen
    network: Network

    @asynccontextmanager
    async def phone(self, *, folders: bool = True) -> AsyncIterator[Phone]:
        """Give a phone whose state is saved after each answer; no other program may use it.

        With ``folders`` it knows the folders, at least from an earlier call.
        """
        file = self.state_file()
        with file.locked():
            state = file.load() or self._new_state()
            phone = self._phone(state, lambda: file.save(state))
            await self._begin(phone, folders=folders)
            yield phone

    @asynccontextmanager
    async def waiting_phone(self) -> AsyncIterator[Phone]:
        """Give a phone that waits for long: others may sync meanwhile.

        What it learns of folders, policy and Ping is saved into the state as that is by then.
        """
        async with self.phone():
            pass
        file = self.state_file()
        state = file.load() or self._new_state()

        def save() -> None:
            with file.locked():
                latest = file.load() or state
                for name in ("policy_key", "folder_key", "folders", "ping_heartbeat_s"):
                    setattr(latest, name, getattr(state, name))
                latest.ping_folders = state.ping_folders
                file.save(latest)

        yield self._phone(state, save)

    def state_file(self) -> StateFile:
        """Give the file of the state."""
        access = self.access
        if access.state is not None:
            return StateFile(access.state)
        path = default_path(self.around.environ, access.user, access.url)
        if access.device_id:
            path = path.with_name(f"{path.stem}+{access.device_id}.json")
        return StateFile(path)

    def _new_state(self) -> PhoneState:
        access = self.access
        return PhoneState(
            device_id=access.device_id or f"cmc{token_hex(12)}",
            version=access.version,
            user=access.user,
        )

    def _phone(self, state: PhoneState, save: Callable[[], None]) -> Phone:
        access = self.access
        if access.device_id and access.device_id != state.device_id:
            raise ClientFault(
                f"the state is that of device {state.device_id}; give this one its own --state"
            )
        transport = self.network.transport(access.url, access.user, access.password)

        async def pause(attempt: int) -> None:
            await self.network.sleep(PAUSE_S * attempt)

        retries = Retries(attempts=ATTEMPTS, pause=pause)
        return Phone(state, transport, retries=retries, on_applied=save)

    async def _begin(self, phone: Phone, *, folders: bool) -> None:
        state = phone.state
        if not state.version:
            await phone.options()
            state.version = _best(state.offered)
        elif self.access.version and self.access.version != state.version:
            self.screen.remark(
                f"from {state.version} to {self.access.version}: the device starts over"
            )
            state.version = self.access.version
            state.folder_key = FIRST_KEY
            state.collections = {
                name: PhoneCollection(options=one.options)
                for name, one in state.collections.items()
            }
        if folders and state.folder_key == FIRST_KEY:
            await phone.folder_sync()


def _best(offered: tuple[str, ...]) -> str:
    known = {version.text for version in OFFERED}
    usable = [Version.parse(text) for text in offered if text in known]
    if not usable:
        raise ClientFault(f"the server speaks none of our versions, but {', '.join(offered)}")
    return max(usable).text
