"""Client families: how a device is recognised, and what it is known for.

One table leads from what a device says of itself to its family, and a family has its traits. What
can be told from a request itself is no trait: it is done for every device that sends such a one.

Spec: ../shared/protocol/client-quirks.md, section 1 (telling clients apart) and those named below.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from carbonio_mobile.sync.device import Device


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What a family of clients is known for; the defaults are those of a plain client.

    - ``aspnet_header``: goes above 14.x only where OPTIONS carries X-AspNet-Version (section 2).
    - ``may_skip_provisioning``: is let in without a policy where one is demanded (1, 4.3).
    - ``changes_device_id``: comes back under a new id after a restart (4.1).
    - ``is_relay``: asks from its maker's cloud, whether the phone is on or not (4.11).
    - ``empty_picture_keeps``: an empty Picture of a contact leaves the picture as it is (5.1).
    - ``birthday_hour``: the hour, UTC, at which it has the birthdays of contacts (8.10).
    - ``wants_empty_attendees``: wants Attendees in an event without any (7).
    - ``one_folder_of``: the classes of which it knows one folder only (4.7, 5.11, 6.5, 7).
    - ``wants_449``: learns only from HTTP 449 that it is to provision, in all versions (7).
    - ``patience_s``: so long it waits for an answer that has something to say (3.14).
    """

    family: str = "plain"
    aspnet_header: bool = False
    may_skip_provisioning: bool = False
    changes_device_id: bool = False
    is_relay: bool = False
    empty_picture_keeps: bool = False
    birthday_hour: int = 0
    wants_empty_attendees: bool = False
    one_folder_of: frozenset[str] = frozenset()
    wants_449: bool = False
    patience_s: float = 30.0


PLAIN = Traits()


@dataclass(frozen=True, slots=True)
class Family:
    """How a family is recognised: by its DeviceType, User-Agent or DeviceId, the letters' case
    aside.

    The patterns match the whole text; an empty one matches nothing. One match is enough.
    """

    traits: Traits
    kind: str = ""
    agent: str = ""
    device_id: str = ""

    def includes(self, kind: str, agent: str, device_id: str) -> bool:
        """Tell whether a device belongs to this family."""
        return any(
            pattern and re.fullmatch(pattern, text, re.IGNORECASE | re.ASCII | re.DOTALL)
            for pattern, text in (
                (self.kind, kind),
                (self.agent, agent),
                (self.device_id, device_id),
            )
        )


FAMILIES: tuple[Family, ...] = (
    # Those that pass for another family by their type or agent come first.
    Family(
        Traits(family="Nine", aspnet_header=True),
        device_id="4E696E65[0-9A-F]*",  # "Nine", in hexadecimal
        agent="Nine[-/ ].*",
    ),
    Family(Traits(family="TouchDown"), agent=".*TouchDown.*"),
    Family(
        Traits(family="connectivity tester", may_skip_provisioning=True),
        kind="TestActiveSyncConnectivity",
        agent="TestActiveSyncConnectivity.*",
    ),
    Family(
        Traits(family="Outlook mobile", is_relay=True),
        kind="Outlook",
        agent="Outlook-iOS-Android/.*",
    ),
    Family(
        Traits(
            family="Outlook desktop",
            may_skip_provisioning=True,
            changes_device_id=True,
            one_folder_of=frozenset({"Contacts"}),
            patience_s=240.0,
        ),
        kind="WindowsOutlook[0-9]*|MicrosoftOutlook",
        agent=r"Outlook/1[0-9]\..*|Microsoft\.Outlook.*",
    ),
    Family(
        Traits(
            family="iOS",
            empty_picture_keeps=True,
            one_folder_of=frozenset({"Notes"}),
            patience_s=240.0,
        ),
        kind="iPhone|iPad|iPod",
        agent="Apple-(iPhone|iPad|iPod).*",
    ),
    Family(Traits(family="Gmail"), agent="Android-Mail/.*"),
    # The number behind the slash holds the version of Android: 101.13 is 13, 101.60001 is 6.0.1.
    Family(Traits(family="Samsung, Android 11+"), agent="Android-SAMSUNG-[^/]*/101[.]1[1-9]"),
    Family(
        Traits(
            family="Samsung",
            birthday_hour=8,
            one_folder_of=frozenset({"Calendar", "Contacts", "Tasks"}),
            patience_s=90.0,
        ),
        kind="SAMSUNG.*",
        agent="(Android-)?SAMSUNG-.*",
        device_id="SEC[0-9A-F]{8,}|SAMSUNG[0-9]{8,}",
    ),
    Family(Traits(family="AOSP", birthday_hour=8), agent="Android/[0-9].*"),
    Family(Traits(family="Windows Mail", patience_s=240.0), kind="WindowsMail"),
    Family(
        Traits(
            family="Windows Phone",
            wants_empty_attendees=True,
            one_folder_of=frozenset({"Contacts"}),
            patience_s=240.0,
        ),
        kind="WP8?",
        agent="MSFT-WP/.*",
    ),
    Family(Traits(family="Pocket PC"), kind="PocketPC", agent="MSFT-PPC/.*"),
    Family(
        Traits(family="BlackBerry", birthday_hour=11), kind="BlackBerry", agent="BlackBerry.*/.*"
    ),
    Family(
        Traits(family="Thunderbird", wants_449=True),
        kind="TbSync",
        agent="Thunderbird ActiveSync.*",
        device_id="MZTB[0-9A-F]{28}",
    ),
)
"""The families, in the order in which they are tried."""


def family_of(
    device_type: str,
    user_agent: str,
    device_id: str,
    *,
    families: Sequence[Family] = FAMILIES,
) -> Traits:
    """Recognise a device by what its requests say of it, any of which may be empty.

    The first family that includes it counts. A device of none is a plain one.
    """
    for family in families:
        if family.includes(device_type, user_agent, device_id):
            return family.traits
    return PLAIN


def traits_of(device: Device, *, families: Sequence[Family] = FAMILIES) -> Traits:
    """Give what a known device's family is known for."""
    said = device.kind, device.user_agent, device.sent_id
    return _recognised(*said) if families is FAMILIES else family_of(*said, families=families)


# Each request asks, and to try all patterns costs up to 44 microseconds.
_recognised = lru_cache(maxsize=1024)(family_of)


SUCCESSION_S = 72 * 3600.0
"""So long a device of a family that changes its ids may be silent and still be the one that comes
back: a weekend.
"""


def predecessor_of(new: Device, known: Sequence[Device], now: float) -> Device | None:
    """Give the record under which a device was known before; None where it is a new one.

    ``new`` is what the first request under a new id says, of a family that changes its ids;
    ``known`` the account's devices. It is the one seen last among those of the same kind, program
    and network address that did not come back under yet another id, within ``SUCCESSION_S``.
    """
    matching = [
        one
        for one in known
        if one.key != new.key
        and one.key.account == new.key.account
        and not one.succeeded_by
        and new.peer
        and (one.kind, one.user_agent, one.peer) == (new.kind, new.user_agent, new.peer)
        and now - one.last_seen <= SUCCESSION_S
    ]
    return max(matching, key=lambda one: one.last_seen, default=None)


def successor_of(new: Device, known: Sequence[Device], now: float) -> Device | None:
    """Give the record of a device that came back under another id; None where it is a new one.

    The predecessor's policy, what it said of itself and when it was first seen go over; what it
    holds does not: it syncs from 0. The arguments are those of :func:`predecessor_of`.

    That the old id stays silent nobody knows yet. Whoever finds it speaking again, clears its
    ``succeeded_by``: they were two after all, and neither has lost anything.
    """
    before = predecessor_of(new, known, now)
    if before is None:
        return None
    return replace(before, key=new.key, sent_id=new.sent_id, version=new.version)
