"""What the log is told: logins and how much was searched, without a password or what was sought."""

from dataclasses import dataclass
from typing import Final

from twisted.logger import Logger
from twisted.python.failure import Failure

from carbonio_mobile.ldap.requests import Scope
from carbonio_mobile.ldap.results import Result
from carbonio_mobile.ldapserver.outcome import BindOutcome

_LOGIN_CHARACTERS = 100
_SLOW_S: Final = 1.0
_USUAL: Final = (Result.SUCCESS, Result.SIZE_LIMIT_EXCEEDED)


@dataclass(slots=True)
class Tally:
    """What one connection has searched so far."""

    searches: int = 0
    entries: int = 0
    elapsed_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Journal:
    """Writes to the log of the listener.

    A connection has a line with who it was and how much was found, when it ends; clients search
    while somebody types. A search that took long or failed has a line of its own. What was sought
    is personal and stands nowhere.
    """

    log: Logger

    def bound(self, peer: str, login: str, outcome: BindOutcome) -> None:
        """Tell of a login."""
        write = self.log.info if outcome.code is Result.SUCCESS else self.log.warn
        who = _shown(login) or "-"
        write(
            "{line}",
            line=f"bind {int(outcome.code)} {who} from {peer} {outcome.why}".rstrip(),
            code=int(outcome.code),
            peer=peer,
        )

    def searched(
        self, peer: str, who: str, scope: Scope, *, code: Result, entries: int, elapsed_s: float
    ) -> None:
        """Tell of a search that is not as usual."""
        if code in _USUAL and elapsed_s < _SLOW_S:
            return
        self.log.info(
            "{line}",
            line=f"search {int(code)} {who or '-'} {scope.name} {entries} entries "
            f"{elapsed_s * 1000:.1f} ms from {peer}",
            peer=peer,
        )

    def ended(self, peer: str, who: str, tally: Tally) -> None:
        """Tell of a connection that ended, whoever ended it, and that searched."""
        if tally.searches:
            self.log.info(
                "{line}",
                line=f"end {who or '-'} {tally.searches} searches {tally.entries} entries "
                f"{tally.elapsed_s * 1000:.0f} ms from {peer}",
                peer=peer,
            )

    def disconnected(self, peer: str, code: Result, why: str) -> None:
        """Tell of a connection that was ended from here."""
        self.log.info(
            "{line}", line=f"disconnect {int(code)} {peer or '-'} {why}", code=int(code), peer=peer
        )

    def refused(self, peer: str, what: str, why: str) -> None:
        """Tell of a request that could not be answered for a reason of this server."""
        self.log.error("{what} of {peer} fails: {why}", what=what, peer=peer, why=why)

    def failed(self, peer: str, failure: Failure) -> None:
        """Tell of a fault of this program."""
        self.log.failure("a request of {peer} failed", failure, peer=peer)


def _shown(login: str) -> str:
    """Give a name as it may stand in a line of the log."""
    return "".join(each if each.isprintable() else "?" for each in login[:_LOGIN_CHARACTERS])
