"""Accounts of the embedded directory: logins checked, accounts given, from memory where possible.

Spec: ../shared/design.md 8; ../shared/carbonio/attributes.md 3.3 (lockout).
"""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from carbonio_mobile.accounts.addresses import normal_address
from carbonio_mobile.accounts.entries import LoginRecord
from carbonio_mobile.accounts.generation import ChangeWatch
from carbonio_mobile.accounts.invalid import InvalidArgument
from carbonio_mobile.accounts.lanes import Lane
from carbonio_mobile.accounts.lockout import LockoutRules
from carbonio_mobile.accounts.logins import is_plausible
from carbonio_mobile.accounts.loginstore import NOBODY, LoginStore
from carbonio_mobile.accounts.outside import OutsideCheck
from carbonio_mobile.accounts.passwords import Passwords
from carbonio_mobile.accounts.peers import PeerQueues
from carbonio_mobile.accounts.remembered import (
    Bounded,
    LoginDigests,
    Repeats,
    VerifiedLogin,
    VerifiedLogins,
)
from carbonio_mobile.accounts.rightlogins import RightLogin, SharedChecks, judged
from carbonio_mobile.accounts.secrets import Secret, right_one, secrets_of
from carbonio_mobile.accounts.snapshots import Snapshots
from carbonio_mobile.directory.accounts import Account, LoginFault
from carbonio_mobile.directory.credentials import ARGON2ID, EAS
from carbonio_mobile.errors import Conflict, NotAllowed, NotFound
from carbonio_mobile.ids import AccountId
from carbonio_mobile.interfaces import IAccounts

_log = Logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginBounds:
    """How much is remembered: a right login until it was not used for ``verified_idle_s``.

    Of one peer, ``peer_at_once`` passwords are checked or about to be, and ``peer_waiting`` wait.
    """

    verified_idle_s: float
    verified_count: int
    wrong_count: int
    accounts_count: int
    peer_at_once: int
    peer_waiting: int


@implementer(IAccounts)
class EmbeddedAccounts:
    """The embedded directory behind ``IAccounts``; lives in the reactor thread.

    ``directory_lane`` must do its work in order: a failed login is counted there before the next
    login of the account is looked at. ``outside`` checks accounts' own passwords in our place;
    ``proven`` is told of each login with such a one that was right.
    """

    def __init__(
        self,
        *,
        logins: LoginStore,
        passwords: Passwords,
        watch: ChangeWatch,
        directory_lane: Lane,
        password_lane: Lane,
        clock: Callable[[], float],
        secret: bytes,
        bounds: LoginBounds,
        outside: OutsideCheck | None = None,
        proven: Callable[[AccountId, str], None] = lambda _account, _password: None,
    ) -> None:
        self._logins = logins
        self._passwords = passwords
        self._watch = watch
        self._directory_lane = directory_lane
        self._password_lane = password_lane
        self._clock = clock
        self._digests = LoginDigests(secret)
        self._verified = VerifiedLogins(
            idle_s=bounds.verified_idle_s, count_max=bounds.verified_count
        )
        self._wrong: Bounded[tuple[str, float]] = Bounded(bounds.wrong_count)
        self._repeats = Repeats(accounts_max=bounds.wrong_count)
        self._snapshots = Snapshots(count_max=bounds.accounts_count)
        self._peers = PeerQueues(at_once=bounds.peer_at_once, waiting_max=bounds.peer_waiting)
        self._checks = SharedChecks()
        self._outside = outside
        self._doubts: dict[AccountId, float] = {}
        self._proven = proven
        self._version: int | None = None
        self._generation = 0

    async def log_in(
        self, login: str, password: str, *, host: str, peer: str, service: str = EAS
    ) -> Account | LoginFault:
        """Check credentials; one that was right lately costs a digest and two lookups, no thread.

        Raises: Unavailable (too many wait to be checked, or who checks them is away), Corrupt.
        """
        if not is_plausible(login, password, host):
            return LoginFault.MALFORMED
        key = self._digests.of(login, password, f"{service}\0{host}")
        if not self._is_current():
            await self._refresh()
        now = self._clock()
        known = self._known(key, now)
        if known is not None and known.generation == self._generation:
            account = self._snapshots.get(known.account, now)
            if account is not None:
                right = RightLogin(account=account, is_own=known.is_own)
                return self._judged(right, password, service, peer)
        outcome = await self._checks.of(
            key, partial(self._log_in_slowly, key, login, password, host, peer, service)
        )
        if isinstance(outcome, LoginFault):
            return outcome
        # Each for itself: equal logins may come from an address that is trusted and another.
        return self._judged(outcome, password, service, peer)

    def _judged(
        self, login: RightLogin, password: str, service: str, peer: str
    ) -> Account | LoginFault:
        outcome = judged(login, service, peer)
        if login.is_own and isinstance(outcome, Account):
            self._proven(outcome.id, password)
        return outcome

    async def account(self, account: AccountId) -> Account:
        """Give an account, from memory unless the directory changed. Raises: NotFound."""
        if not self._is_current():
            await self._refresh()
        now, generation = self._clock(), self._generation
        kept = self._snapshots.get(account, now)
        if kept is not None:
            return kept
        record = await self._directory_lane.run(partial(self._logins.account, account, now))
        self._keep(record, generation)
        return record.account

    async def find(self, address: str) -> Account | None:
        """Give the account that receives mail for an address, from memory where possible."""
        try:
            normal = normal_address(address)
        except InvalidArgument:
            return None
        if not self._is_current():
            await self._refresh()
        now, generation = self._clock(), self._generation
        kept = self._snapshots.receiver(normal, now)
        if kept is not None:
            return kept
        record = await self._directory_lane.run(partial(self._logins.receiver, normal, now))
        if record is None:
            return None
        self._keep(record, generation)
        return record.account

    def doubt(self, account: AccountId) -> None:
        """Ask the outside anew about the account's own password, which it has just refused us."""
        self._doubts[account] = self._clock()

    # What is kept in memory, and whether it still holds

    def _known(self, key: bytes, now: float) -> VerifiedLogin | None:
        """Give a login that was right lately, unless its password is in doubt since."""
        known = self._verified.get(key, now)
        if known is None or self._outside is None or not known.is_own:
            return known
        proven_at = known.until - self._outside.prove_again_s
        return known if self._doubts.get(known.account, float("-inf")) <= proven_at else None

    def _is_current(self) -> bool:
        version = self._watch.version()
        return version is not None and version == self._version

    async def _refresh(self) -> None:
        """Find out what generation the directory is of, and forget accounts of an earlier one."""
        # The version is read before the generation: a change in between shows at the next look.
        version = self._watch.version()
        generation = await self._directory_lane.run(self._logins.generation)
        if generation != self._generation:
            self._generation = generation
            self._snapshots.clear()
        self._version = version

    def _keep(self, record: LoginRecord, generation: int) -> None:
        # What was read before a change must not outlive it.
        if generation == self._generation:
            self._snapshots.put(record.account, record.expires_at)

    # A login that memory cannot answer

    async def _log_in_slowly(
        self, key: bytes, login: str, password: str, host: str, peer: str, service: str
    ) -> RightLogin | LoginFault:
        now, generation = self._clock(), self._generation
        candidate = await self._directory_lane.run(
            partial(self._logins.candidate, login, host, now)
        )
        record = candidate.record
        if record is not None and record.is_locked_out and self._outside is not None:
            return LoginFault.LOCKED_OUT  # nobody else is asked for it
        secrets = secrets_of(record, service)
        name = candidate.newcomer if record is None else record.account.name
        right = self._known_right(key, record, secrets, now) or await self._right(
            key, secrets, password, peer, name
        )
        if record is not None and record.is_locked_out:
            return LoginFault.LOCKED_OUT
        if record is None and right is not None:
            record = await self._enrolled(name, login, host)
            right = secrets_of(record, service)[0]
        if record is None or right is None:
            subject = NOBODY if record is None else record.account.id
            digest = self._digests.of(subject or login, password, "")
            self._count_failure(subject, subject or login, digest, candidate.rules, peer)
            return LoginFault.UNKNOWN_ACCOUNT if record is None else LoginFault.WRONG_PASSWORD
        return await self._admit(key, record, right, password, generation)

    def _known_right(
        self, key: bytes, record: LoginRecord | None, secrets: Sequence[Secret], now: float
    ) -> Secret | None:
        known = self._known(key, now)
        if known is None or record is None or known.account != record.account.id:
            return None
        return next((each for each in secrets if each.stamp == known.credential_stamp), None)

    async def _right(
        self, key: bytes, secrets: Sequence[Secret], password: str, peer: str, name: str
    ) -> Secret | None:
        """Check a password, or do the same work where there is no account.

        One that was wrong with the same credentials before, or for the same unknown name, is not
        hashed again: a phone with an old password asks every minute.
        """
        stamps, now = "\n".join(each.stamp for each in secrets), self._clock()
        wrong, until = self._wrong.get(key) or ("", now)
        if wrong == stamps and now < until:
            return None
        right = await self._peers.run(peer, partial(self._checked, secrets, password, name))
        if right is None:
            self._wrong.put(key, (stamps, self._holds_until(secrets[0])))
        return right

    def _checked(
        self, secrets: Sequence[Secret], password: str, name: str
    ) -> "Deferred[Secret | None]":
        own = secrets[0]
        if self._outside is not None and own.credential is None and name:
            return Deferred.fromCoroutine(self._outside.right_one(name, own, password))
        return self._password_lane.run(partial(right_one, self._passwords, secrets, password))

    def _holds_until(self, secret: Secret) -> float:
        """Give until when it is known that a password is right, or wrong."""
        if self._outside is None or secret.credential is not None:
            return float("inf")
        return self._clock() + self._outside.prove_again_s

    async def _enrolled(self, address: str, login: str, host: str) -> LoginRecord | None:
        """Make the account of somebody whom the outside lets in; None where that is refused."""
        assert self._outside is not None, "nobody else finds a password right without an account"
        why = "it is there and cannot be found"
        try:
            await self._directory_lane.run(partial(self._outside.enrol, address))
        except (Conflict, NotAllowed, NotFound) as exc:
            why = str(exc)
        look = partial(self._logins.candidate, login, host, self._clock())
        record = (await self._directory_lane.run(look)).record
        if record is None:
            _log.warn("no account is made for {address}: {why}", address=address, why=why)
        return record

    async def _admit(
        self, key: bytes, record: LoginRecord, right: Secret, password: str, generation: int
    ) -> RightLogin | LoginFault:
        account, now = record.account, self._clock()
        if record.rules.enabled or record.has_failures:
            admitted = await self._directory_lane.run(
                partial(self._logins.note_success, account.id, record.rules, now)
            )
            if not admitted:
                return LoginFault.LOCKED_OUT
        known = self._known(key, now)
        login = VerifiedLogin(
            account=account.id,
            is_own=right.credential is None,
            credential_stamp=right.stamp,
            generation=generation,
            used_at=now,
            # Being known as right does not prove it anew.
            until=self._holds_until(right) if known is None else known.until,
        )
        self._verified.put(key, login)
        self._keep(record, generation)
        if right.is_of_another_kind or (right.hash and self._passwords.is_outdated(right.hash)):
            self._aside(self._renew_hash(account.id, right, password))
        return RightLogin(account=account, is_own=login.is_own)

    # Work that the answer does not wait for

    def _count_failure(
        self, account: AccountId, subject: str, digest: bytes, rules: LockoutRules, peer: str
    ) -> None:
        if not rules.enabled:
            return
        if rules.remembered_count and self._repeats.seen(subject, digest, rules.remembered_count):
            return
        # Not waited for: the time of the answer must not tell whether there was something to count.
        self._aside(self._note_failure(account, rules, peer))

    async def _note_failure(self, account: AccountId, rules: LockoutRules, peer: str) -> None:
        now = self._clock()
        locked = await self._directory_lane.run(
            partial(self._logins.note_failure, account, rules, now)
        )
        if locked:
            _log.warn(
                "account locked out after failed logins {account} {peer}",
                account=account,
                peer=peer,
            )

    async def _renew_hash(self, account: AccountId, right: Secret, password: str) -> None:
        new = await self._password_lane.run(partial(self._passwords.hash, password))
        if right.credential is None:
            store = partial(self._logins.replace_hash, account, right.hash or "", new)
        else:
            store = partial(self._logins.replace_mobile_hash, right.credential, ARGON2ID, new)
        await self._directory_lane.run(store)

    def _aside(self, work: Coroutine[Any, Any, None]) -> None:
        Deferred.fromCoroutine(work).addErrback(_report)


def _report(failure: Failure) -> None:
    _log.failure("directory could not be written after a login", failure)
