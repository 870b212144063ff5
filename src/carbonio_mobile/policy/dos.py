"""The DoS filter: who asks too often in too short a time goes to jail for a while.

Two registers count: one inside, by account and device, for requests whose credentials were proven;
one at the door, by network address, claimed login and claimed device, for all others. So nobody who
has no password can jail another's phone: what he sends counts against his own address only. (Behind
one address, as behind one home's router, he can, if he knows login and device id.)

Spec: ../shared/carbonio/cli.md 3.2 ("DoS rule").
"""

from array import array
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, replace

from carbonio_mobile.directory.configuration import Configuration
from carbonio_mobile.ids import DeviceKey

KEYS_COUNT = 100_000
STAMPS_COUNT = 2_000_000
JAILED_COUNT = 20_000
"""What a register holds at the most: keys that count, their time stamps (8 bytes each), jails.

A fresh key in a full register makes the one that was idle longest be forgotten, with its count;
prisoners stand apart, and only another prisoner can take the place of the one there longest.
"""

_PEER_CHARACTERS = 64
_CLAIMED_CHARACTERS = 400
_SWEPT_AT_ONCE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class DosSettings:
    """How the filter works; times in seconds. ``requests_max`` 0: without limit."""

    enabled: bool = False
    requests_max: int = 150
    window_s: float = 30.0
    jail_s: float = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DosVerdict:
    """Whether a request goes on. ``is_news``: it is the first that this jail keeps out.

    ``wait_s`` is how long the jail lasts from now, 0 for a request that goes on.
    """

    jailed: bool = False
    is_news: bool = False
    wait_s: float = 0.0


PASS = DosVerdict()


def settings_of(configuration: Configuration) -> DosSettings:
    """Read the attributes ``mobileAntiDosService…``, whose times are in milliseconds."""
    return DosSettings(
        enabled=configuration.flag("mobileAntiDosServiceEnabled", default=False),
        requests_max=configuration.number("mobileAntiDosServiceMaxRequests", 150),
        window_s=configuration.number("mobileAntiDosServiceTimeWindow", 30_000) / 1000,
        jail_s=configuration.number("mobileAntiDosServiceJailDuration", 600_000) / 1000,
    )


class DosFilter:
    """Counts requests and jails those who send too many. ``now`` is of a clock that nobody sets."""

    def __init__(self, settings: DosSettings) -> None:
        self._settings = settings
        self._outside = Register()
        self._inside = Register()
        self._told = Register()

    @property
    def settings(self) -> DosSettings:
        """How the filter works at present."""
        return self._settings

    def configure(self, settings: DosSettings) -> None:
        """Work by other settings from the next request on; switched off, all is forgotten."""
        self._settings = settings
        if not self._acts:
            self.release_all()

    def release_all(self) -> None:
        """Open all jails and forget all counts (``doRestartService anti-dos``)."""
        self._outside = Register()
        self._inside = Register()
        self._told = Register()

    def knock(self, peer: str, claimed: str, now: float) -> DosVerdict:
        """Count a request before its login is looked at.

        ``claimed`` is the login and the device that it says it is of, in lower case. Who makes up
        name after name is news once for each jail time, not for each name.
        """
        if not self._acts:
            return PASS
        verdict = self._outside.knock(_door(peer, claimed), self._settings, now)
        if verdict.is_news and self._told.holds(peer, now):
            return replace(verdict, is_news=False)
        if verdict.is_news:
            self._told.jail(peer, now + verdict.wait_s, now)
        return verdict

    def enter(self, peer: str, claimed: str, key: DeviceKey, now: float) -> DosVerdict:
        """Count a request whose login succeeded under its account and device instead.

        While those are in jail, the door is closed to requests like this one, before they cost a
        login.
        """
        if not self._acts:
            return PASS
        who = _door(peer, claimed)
        self._outside.take_back(who)
        verdict = self._inside.knock(key, self._settings, now)
        if verdict.jailed:
            self._outside.jail(who, now + verdict.wait_s, now)
        return verdict

    @property
    def jailed_count(self) -> int:
        """How many are in jail, or were and have not come since."""
        return self._outside.jailed_count + self._inside.jailed_count

    @property
    def _acts(self) -> bool:
        return self._settings.enabled and self._settings.requests_max > 0


def _door(peer: str, claimed: str) -> tuple[str, str]:
    return peer[:_PEER_CHARACTERS], claimed[:_CLAIMED_CHARACTERS]


class Register:
    """Time stamps of the last requests by key, those within the window only, and the jails.

    Keys stand in the order of their last request. Memory: at the most ``KEYS_COUNT`` keys with
    ``STAMPS_COUNT`` stamps between them, and ``JAILED_COUNT`` jails.
    """

    def __init__(
        self,
        *,
        keys_count: int = KEYS_COUNT,
        stamps_count: int = STAMPS_COUNT,
        jailed_count: int = JAILED_COUNT,
    ) -> None:
        self._keys_count = keys_count
        self._stamps_count = stamps_count
        self._jails_count = jailed_count
        # A plain dict walks over its holes to find its first member; this one has it at hand.
        self._stamps: OrderedDict[Hashable, array[float]] = OrderedDict()
        self._held = 0
        self._jails: OrderedDict[Hashable, float] = OrderedDict()

    @property
    def jailed_count(self) -> int:
        """How many jails are kept, run out ones included that nobody asked for since."""
        return len(self._jails)

    @property
    def keys_count(self) -> int:
        """How many keys are counted for."""
        return len(self._stamps)

    def knock(self, key: Hashable, settings: DosSettings, now: float) -> DosVerdict:
        """Count a request, or refuse it where so many as allowed lie within the window already.

        A request of one in jail does not prolong the jail. Afterwards counting starts anew.
        """
        until = self._jails.get(key)
        if until is not None:
            if now < until:
                return DosVerdict(jailed=True, wait_s=until - now)
            del self._jails[key]
        since = now - settings.window_s
        stamps = self._taken(key)
        if stamps:
            del stamps[: bisect_left(stamps, since)]
        if len(stamps) >= settings.requests_max:
            self.jail(key, now + settings.jail_s, now)
            return DosVerdict(jailed=True, is_news=True, wait_s=settings.jail_s)
        stamps.append(now)
        self._stamps[key] = stamps
        self._held += len(stamps)
        self._make_room(since)
        return PASS

    def take_back(self, key: Hashable) -> None:
        """Do not count the last request of a key: it is counted elsewhere."""
        stamps = self._taken(key)
        if len(stamps) > 1:
            self._stamps[key] = stamps
            stamps.pop()
            self._held += len(stamps)

    def holds(self, key: Hashable, now: float) -> bool:
        """Tell whether a key is in jail."""
        return now < self._jails.get(key, now)

    def jail(self, key: Hashable, until: float, now: float) -> None:
        """Put a key into jail; its count is forgotten."""
        self._taken(key)
        self._jails.pop(key, None)
        for _ in range(_SWEPT_AT_ONCE):
            if self._jails and next(iter(self._jails.values())) <= now:
                self._jails.popitem(last=False)
        if len(self._jails) >= self._jails_count:
            self._jails.popitem(last=False)
        self._jails[key] = until

    def _taken(self, key: Hashable) -> "array[float]":
        """Take the stamps of a key out of the register."""
        stamps = self._stamps.pop(key, None)
        if stamps is None:
            return array("d")
        self._held -= len(stamps)
        return stamps

    def _make_room(self, since: float) -> None:
        """Forget a few keys that say nothing any more, and as many others as are too many."""
        for _ in range(_SWEPT_AT_ONCE):
            if self._stamps and self._oldest()[1][-1] < since:
                self._taken(self._oldest()[0])
        while len(self._stamps) > 1 and (
            len(self._stamps) > self._keys_count or self._held > self._stamps_count
        ):
            self._taken(self._oldest()[0])

    def _oldest(self) -> "tuple[Hashable, array[float]]":
        return next(iter(self._stamps.items()))


def jail_notice(
    name: str, kind: str, settings: DosSettings, verdict: DosVerdict
) -> tuple[str, str]:
    """Give subject and text of what administrators are told of a new jail.

    ``name`` says who is in it, ``kind`` whether that is a device or an address.
    """
    subject = f"DoS filter: {kind} {name} jailed"
    text = (
        f"The {kind} {name} sent more than {settings.requests_max} requests within "
        f"{settings.window_s:g} seconds. All its requests are refused for {verdict.wait_s:g} "
        "seconds; then it may sync again.\n\n"
        "To release it at once, with all others: carbonio mobile doRestartService anti-dos\n"
    )
    return subject, text
