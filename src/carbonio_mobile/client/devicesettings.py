"""What a phone asks and tells beside the mail: out of office, its own data.

Spec: MS-ASCMD 2.2.1.18.
"""

from carbonio_mobile.client import mailtrees
from carbonio_mobile.client.device import Device, check
from carbonio_mobile.client.faults import ServerFault
from carbonio_mobile.client.mailtrees import OofSettings
from carbonio_mobile.wbxml import Element, Tag
from carbonio_mobile.wbxml.codepages import (
    Settings,
)


class DeviceSettings(Device):
    """Settings."""

    # Settings

    async def device_information(self) -> None:
        """Tell the server what device this is."""
        document = Element(Settings.Settings, [self.session.device_information()])
        await self._settings(document, Settings.DeviceInformation)

    async def oof(self) -> OofSettings:
        """Ask for the out-of-office settings."""
        part = await self._settings(mailtrees.oof_get(), Settings.Oof)
        got = part.find(Settings.Get)
        if got is None:
            raise ServerFault("Settings without the out-of-office settings")
        return mailtrees.read_oof(got)

    async def set_oof(self, settings: OofSettings) -> None:
        """Change the out-of-office settings; a text that is None stays as it is."""
        await self._settings(mailtrees.oof_set(settings), Settings.Oof)

    async def addresses(self) -> tuple[str, ...]:
        """Ask for the user's own addresses, the primary one first."""
        ask = Element(Settings.UserInformation, [Element(Settings.Get)])
        part = await self._settings(Element(Settings.Settings, [ask]), Settings.UserInformation)
        return tuple(_texts(part, Settings.SMTPAddress))

    async def _settings(self, document: Element, tag: Tag) -> Element:
        answer = await self.session.document("Settings", document)
        check(answer.value(Settings.Status), "Settings")
        part = answer.find(tag)
        if part is None:
            raise ServerFault(f"Settings without {tag.name}")
        check(part.value(Settings.Status), f"Settings {tag.name}")
        return part


def _texts(root: Element, tag: Tag) -> list[str]:
    """Give the texts of all elements of a tag, at any depth, in their order."""
    found = [root.string] if root.tag is tag else []
    for child in root:
        found += _texts(child, tag)
    return found
