"""The protocol versions, in their order.

Spec: MS-ASHTTP 2.2.1.1.2.4 (MS-ASProtocolVersion).
"""

from collections.abc import Iterable
from enum import IntEnum

from carbonio_mobile.wbxml.codepages import VERSIONS
from carbonio_mobile.wbxml.tokens import Tag


class Version(IntEnum):
    """A protocol version; the number is ten times the version, as in the binary request line."""

    V2_5 = 25
    V12_0 = 120
    V12_1 = 121
    V14_0 = 140
    V14_1 = 141
    V16_0 = 160
    V16_1 = 161

    @property
    def text(self) -> str:
        """The form of the headers: ``"14.1"``."""
        return f"{self // 10}.{self % 10}"

    @classmethod
    def parse(cls, text: str) -> "Version":
        """Read the form of the headers. Raises: ValueError for a version that does not exist."""
        try:
            return _BY_TEXT[text.strip()]
        except KeyError:
            raise ValueError(f"no ActiveSync version {text[:16]!r}") from None


_BY_TEXT = {version.text: version for version in Version}

OFFERED: tuple[Version, ...] = tuple(Version)
"""What this server answers completely, lowest first."""


def listed(versions: Iterable[Version]) -> str:
    """Give the value of MS-ASProtocolVersions and of X-MS-RP, lowest first (MS-ASHTTP R249)."""
    return ",".join(version.text for version in sorted(versions))


def knows(version: Version, tag: Tag) -> bool:
    """Tell whether an element exists in a version; none of them knows what no specification names.

    Spec: the version columns of MS-ASWBXML 2.1.2.1, as generated into ``wbxml.codepages``.
    """
    return version.text in VERSIONS.get(tag, ())
