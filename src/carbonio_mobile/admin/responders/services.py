"""Answers the commands about services.

Spec: ../shared/carbonio/cli.md 2.9.
"""

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from carbonio_mobile.admin.answers import Answer, Said, Tree, Value
from carbonio_mobile.admin.calling import AdminCall, AdminFault, Respond
from carbonio_mobile.admin.declaring import nearest, shortened


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceState:
    """Whether a service runs, and why it cannot be started, where it cannot."""

    running: bool
    could_not_start_because: str = ""


class Switch(Protocol):
    """One service that can be started and stopped.

    ``also`` are other names of it, from other texts of the manual.
    """

    @property
    def name(self) -> str:
        """The name that getServices prints."""

    @property
    def also(self) -> tuple[str, ...]:
        """Other names."""

    def state(self) -> Awaitable[ServiceState]:
        """Tell how it stands."""

    def start(self) -> Awaitable[None]:
        """Start it; it does not run. Raises: AdminFault."""

    def stop(self) -> Awaitable[None]:
        """Stop it; it runs."""


class ServiceCommands:
    """Starts and stops the services, in the order in which they are listed."""

    def __init__(self, *, switches: Sequence[Switch]) -> None:
        self._switches = switches

    def responders(self) -> Mapping[str, Respond]:
        """Give who answers what."""
        return {
            f"{module} {word}": respond
            for module in ("mobile", "config")
            for word, respond in (
                ("getServices", self._list),
                ("doStartService", self._start),
                ("doStopService", self._stop),
                ("doRestartService", self._restart),
            )
        }

    async def _list(self, _call: AdminCall) -> Answer:
        return Tree(
            content={"services": {each.name: _shown(await each.state()) for each in self._switches}}
        )

    async def _start(self, call: AdminCall) -> Answer:
        switch = self._named(call)
        state = await switch.state()
        if state.running:
            return Said(text=f"service {switch.name} runs already")
        if state.could_not_start_because:
            raise AdminFault(
                f"service {switch.name} could not be started: {state.could_not_start_because}"
            )
        await switch.start()
        return Said(text="service started")

    async def _stop(self, call: AdminCall) -> Answer:
        switch = self._named(call)
        if not (await switch.state()).running:
            return Said(text=f"service {switch.name} does not run")
        await switch.stop()
        return Said(text="service stopped")

    async def _restart(self, call: AdminCall) -> Answer:
        switch = self._named(call)
        state = await switch.state()
        if not state.running and state.could_not_start_because:
            raise AdminFault(
                f"service {switch.name} could not be started: {state.could_not_start_because}"
            )
        if state.running:
            await switch.stop()
        await switch.start()
        return Said(text="service restarted")

    def _named(self, call: AdminCall) -> Switch:
        wanted = call.text("service_name").lower()
        for each in self._switches:
            if wanted in (each.name, *each.also):
                return each
        names = [each.name for each in self._switches]
        near = nearest(wanted, names)
        hint = f"; did you mean {near}?" if near else ""
        raise AdminFault(
            f"there is no service {shortened(wanted)}, expected one of {', '.join(names)}{hint}"
        )


def _shown(state: ServiceState) -> Mapping[str, Value]:
    shown: dict[str, Value] = {
        "could_start": not state.running and not state.could_not_start_because,
        "could_stop": state.running,
        "running": state.running,
    }
    if state.could_not_start_because and not state.running:
        shown["could_not_start_because"] = state.could_not_start_because
    return shown
