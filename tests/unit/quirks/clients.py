"""Phones of the families of client-quirks 1, by their agents."""

from collections.abc import Mapping

from carbonio_mobile.eas.http import HttpResponse
from carbonio_mobile.ids import DeviceId, DeviceKey, OperationId
from carbonio_mobile.sync.device import Device
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import Rig, now
from carbonio_mobile.wbxml import Element, decode
from tests.unit.commands.checked import check
from tests.unit.commands.objectphone import ObjectPhone

AGENTS: Mapping[str, str] = {
    "iOS": "Apple-iPhone11C8/2007.75",
    "Gmail": "Android-Mail/2025.11.02.1.Release",
    "Samsung": "Android-SAMSUNG-SM-A515F/101.10",
    "Samsung, Android 11+": "Android-SAMSUNG-SM-G981B/101.13",
    "AOSP": "Android/4.3.3-EAS-1.3",
    "Outlook mobile": "Outlook-iOS-Android/1.0",
    "Outlook desktop": "Outlook/16.0 (16.0.1; C2R; x86)",
    "Windows Phone": "MSFT-WP/8.10.14219",
    "Nine": "Nine/1",
    "BlackBerry": "BlackBerry-Q10/10.3",
    "Thunderbird": "Thunderbird ActiveSync",
    "plain": "Rig/1",
}


class FamilyPhone(ObjectPhone):
    """A phone of one family; what it gets is checked."""

    def __init__(self, rig: Rig, family: str, version: str = "14.1", device: str = "") -> None:
        super().__init__(rig, version, device)
        self.agent = AGENTS[family]

    def post(self, command: str, document: Element | None = None) -> Element | None:
        response = self.asked(command, document)
        assert response.code == 200, response
        answer = decode(response.body) if response.body else None
        if answer is not None:  # Find is asked by iOS at 14.x as well, and answered as in 16.1
            check(answer, command, "16.1" if command == "Find" else self.version)
        return answer

    def asked(
        self,
        command: str,
        document: Element | None = None,
        *,
        body: bytes | None = None,
        query: str = "",
    ) -> HttpResponse:
        """Send a command as this family does, whatever comes of it."""
        response: HttpResponse = now(
            self.rig.send(
                command,
                document,
                version=self.version,
                device=self.device,
                headers={"user-agent": self.agent},
                body=body,
                query=query,
            )
        )
        return response

    def record(self) -> Device:
        """Give what the server has written down of the device."""
        key = DeviceKey(self.rig.account, DeviceId(self.device.lower()))
        found = now(self.rig.services.devices.device(key))
        assert found is not None
        known: Device = found
        return known


def make_folder(rig: Rig, name: str, kind: FolderKind) -> str:
    """Others make a folder; gives its id."""
    operation = OperationId(f"folder-{name}")
    made = now(rig.mailbox().create_folder(None, name, kind, operation=operation))
    rig.clock.advance(0)
    return str(made.id)
