"""Accounts of an LDAP directory: logins checked, accounts given, from memory where possible.

Spec: issue 6, section 2; ../shared/carbonio/attributes.md 3 (status, lockout); design.md 8.
"""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from carbonio_mobile.accounts.addresses import normal_address
from carbonio_mobile.accounts.embedded import LoginBounds
from carbonio_mobile.accounts.inheritance import LayeredAttributes
from carbonio_mobile.accounts.invalid import InvalidArgument
from carbonio_mobile.accounts.ldapdirectory.checks import PasswordCheck, Verdict
from carbonio_mobile.accounts.ldapdirectory.eras import Eras
from carbonio_mobile.accounts.ldapdirectory.failures import Failures
from carbonio_mobile.accounts.ldapdirectory.known import KnownAccount
from carbonio_mobile.accounts.ldapdirectory.lookups import Lookups
from carbonio_mobile.accounts.ldapdirectory.mobile import MobilePasswords
from carbonio_mobile.accounts.ldapdirectory.values import STATUS
from carbonio_mobile.accounts.logins import is_plausible
from carbonio_mobile.accounts.peers import PeerQueues
from carbonio_mobile.accounts.remembered import Bounded, LoginDigests, Repeats
from carbonio_mobile.accounts.rightlogins import RightLogin, SharedChecks, judged
from carbonio_mobile.accounts.secrets import Secret
from carbonio_mobile.directory.accounts import Account, AccountStatus, LoginFault
from carbonio_mobile.directory.credentials import EAS
from carbonio_mobile.errors import NotFound, Unavailable
from carbonio_mobile.ids import AccountId
from carbonio_mobile.interfaces import IAccounts

_LOCKED_OUT = {STATUS: (AccountStatus.LOCKOUT.value,)}
_FAULTS = {
    Verdict.WRONG: LoginFault.WRONG_PASSWORD,
    Verdict.LOCKED: LoginFault.LOCKED_OUT,
    Verdict.MUST_CHANGE: LoginFault.MUST_CHANGE,
}
_log = Logger()


@dataclass(slots=True)
class _Proof:
    """A login that was right. ``stamp`` is that of the password; ``version`` of mobile ones."""

    account: AccountId
    stamp: str = field(repr=False)
    is_own: bool
    version: int | None
    proven_at: float
    used_at: float


@implementer(IAccounts)
class LdapAccounts:
    """A directory behind ``IAccounts``; lives in the reactor thread.

    A login that was right is remembered until it was not used for a time, the password's stamp in
    the directory differs, or ``prove_again_s`` are over: then the password is checked anew. A wrong
    one is not checked again as long, unless the stamp differs, so that a phone with an old
    password does not lock its account in the directory. ``proven`` is told of each login with an
    account's own password that was right.
    """

    def __init__(
        self,
        *,
        lookups: Lookups,
        check: PasswordCheck,
        mobile: MobilePasswords | None,
        clock: Callable[[], float],
        secret: bytes,
        bounds: LoginBounds,
        prove_again_s: float,
        proven: Callable[[AccountId, str], None] = lambda _account, _password: None,
    ) -> None:
        self._lookups = lookups
        self._check = check
        self._mobile = mobile
        self._clock = clock
        self._digests = LoginDigests(secret)
        self._idle_s = bounds.verified_idle_s
        self._prove_again_s = prove_again_s
        self._proofs: Bounded[_Proof] = Bounded(bounds.verified_count)
        self._wrong: Bounded[tuple[str, float]] = Bounded(bounds.wrong_count)
        self._repeats = Repeats(accounts_max=bounds.wrong_count)
        self._failures = Failures(accounts_max=bounds.accounts_count)
        self._eras = Eras(accounts_max=bounds.accounts_count)
        self._peers = PeerQueues(at_once=bounds.peer_at_once, waiting_max=bounds.peer_waiting)
        self._checks = SharedChecks()
        self._proven = proven
        self._was_away = False

    async def log_in(
        self, login: str, password: str, *, host: str, peer: str, service: str = EAS
    ) -> Account | LoginFault:
        """Check credentials; one that was right lately costs a digest and two look-ups.

        UNAVAILABLE where the directory does not answer. Raises: Corrupt.
        """
        if not is_plausible(login, password, host):
            return LoginFault.MALFORMED
        key = self._digests.of(login, password, f"{service}\0{host}")
        known = self._remembered(key)
        if known is not None:
            return self._judged(known, password, service, peer)
        try:
            outcome = await self._checks.of(
                key, partial(self._log_in_slowly, key, login, password, host, peer, service)
            )
        except Unavailable as exc:
            self._note_away(exc)
            return LoginFault.UNAVAILABLE
        self._was_away = False
        if isinstance(outcome, LoginFault):
            return outcome
        return self._judged(outcome, password, service, peer)

    def _judged(
        self, login: RightLogin, password: str, service: str, peer: str
    ) -> Account | LoginFault:
        outcome = judged(login, service, peer)
        if login.is_own and isinstance(outcome, Account):
            self._proven(outcome.id, password)
        return outcome

    async def account(self, account: AccountId) -> Account:
        """Give an account, from memory unless that is too old. Raises: NotFound, Unavailable."""
        known = self._lookups.fresh(account) or await self._lookups.by_id(account)
        if known is None:
            raise NotFound(f"no account {account}")
        return self._shown(known)

    async def find(self, address: str) -> Account | None:
        """Give the account that receives mail for an address. Raises: Unavailable."""
        try:
            normal = normal_address(address)
        except InvalidArgument:
            return None
        known = await self._lookups.by_address(normal)
        return None if known is None else self._shown(known)

    # What is remembered

    def _remembered(self, key: bytes) -> RightLogin | None:
        """Give the account of a login that was right lately, where it is known to be so still."""
        proof, version = self._proof(key), self._mobile_version()
        if proof is None or version != proof.version:
            return None
        if self._mobile is not None and version is None:
            return None
        known = self._lookups.fresh(proof.account)
        if known is None or (proof.is_own and known.stamp != proof.stamp):
            return None
        if self._clock() < self._locked_until(known):
            return None
        return RightLogin(account=known.account, is_own=proof.is_own)

    def _proof(self, key: bytes) -> _Proof | None:
        proof, now = self._proofs.get(key), self._clock()
        if proof is None:
            return None
        is_new = 0 <= now - proof.proven_at < self._prove_again_s
        if not is_new or not 0 <= now - proof.used_at < self._idle_s:
            self._proofs.remove(key)
            return None
        proof.used_at = now
        return proof

    def _mobile_version(self) -> int | None:
        return None if self._mobile is None else self._mobile.version()

    def _locked_until(self, known: KnownAccount) -> float:
        return self._failures.locked_until(known, self._eras.of(known))

    def _shown(self, known: KnownAccount) -> Account:
        """Give an account with a lockout that we know of alone."""
        account = known.account
        locked = self._clock() < self._locked_until(known)
        if not locked or account.status is not AccountStatus.ACTIVE:
            return account
        attributes = LayeredAttributes(_LOCKED_OUT, account.attributes)
        return replace(account, status=AccountStatus.LOCKOUT, attributes=attributes)

    # A login that memory cannot answer

    async def _log_in_slowly(
        self, key: bytes, login: str, password: str, host: str, peer: str, service: str
    ) -> RightLogin | LoginFault:
        version = self._mobile_version()
        known = await self._candidate(key, login, host)
        if known is None:
            await self._checked("", "", password, peer)
            return LoginFault.UNKNOWN_ACCOUNT
        if self._clock() < self._locked_until(known):
            return LoginFault.LOCKED_OUT
        secrets = await self._mobile_secrets(known, service)
        stamps = [each.stamp for each in secrets] or [known.stamp]
        proof = self._proof(key)
        if proof is not None and proof.account == known.account.id and proof.stamp in stamps:
            proof.version = version
            return RightLogin(account=known.account, is_own=proof.is_own)
        era = self._eras.of(known)
        verdict, stamp = await self._verdict(key, known, secrets, password, peer)
        if verdict is not Verdict.RIGHT:
            self._count(key, known, era, verdict, password, peer)
            return _FAULTS[verdict]
        return self._admitted(key, known, stamp, version, is_own=not secrets)

    async def _candidate(self, key: bytes, login: str, host: str) -> KnownAccount | None:
        proof = self._proof(key)
        if proof is not None:
            known = await self._lookups.by_id(proof.account)
            if known is not None:
                return known
        return await self._lookups.by_login(login, host)

    async def _mobile_secrets(self, known: KnownAccount, service: str) -> tuple[Secret, ...]:
        return () if self._mobile is None else await self._mobile.of(known.account.id, service)

    async def _verdict(
        self,
        key: bytes,
        known: KnownAccount,
        secrets: tuple[Secret, ...],
        password: str,
        peer: str,
    ) -> tuple[Verdict, str]:
        """Check a password; give the stamp of the one that was right as well."""
        era = self._eras.of(known)
        stamps = "\n".join(each.stamp for each in secrets) or str(era)
        if self._was_wrong(key, stamps):
            return Verdict.WRONG, ""
        if secrets and self._mobile is not None:
            right = await self._peers.run(
                peer, partial(_deferred, self._mobile.right, secrets, password)
            )
            verdict, stamp = (Verdict.RIGHT, right.stamp) if right else (Verdict.WRONG, "")
            if right is not None:
                self._aside(self._mobile.renew(right, password))
        else:
            verdict = await self._checked(known.account.name, known.dn, password, peer)
            stamp = known.stamp
            if verdict is Verdict.WRONG and not known.is_precise:
                await self._pass_over(known, era)
        if verdict is Verdict.WRONG:
            self._wrong.put(key, (stamps, self._clock()))
        return verdict, stamp

    async def _pass_over(self, known: KnownAccount, era: int) -> None:
        """Take what the directory wrote down about a wrong password for no change of it."""
        now = await self._lookups.anew(known.account.id)
        if now is not None:
            self._eras.go_on(now, era)

    def _was_wrong(self, key: bytes, stamps: str) -> bool:
        before, wrong_at = self._wrong.get(key) or ("", 0.0)
        return before == stamps and 0 <= self._clock() - wrong_at < self._prove_again_s

    async def _checked(self, name: str, dn: str, password: str, peer: str) -> Verdict:
        return await self._peers.run(peer, partial(_deferred, self._check, name, dn, password))

    def _admitted(
        self, key: bytes, known: KnownAccount, stamp: str, version: int | None, *, is_own: bool
    ) -> RightLogin | LoginFault:
        now = self._clock()
        # A lockout may have come while the password was checked.
        if now < self._locked_until(known):
            return LoginFault.LOCKED_OUT
        self._failures.clear(known)
        proof = _Proof(known.account.id, stamp, is_own, version, proven_at=now, used_at=now)
        self._proofs.put(key, proof)
        return RightLogin(account=known.account, is_own=is_own)

    def _count(
        self,
        key: bytes,
        known: KnownAccount,
        era: int,
        verdict: Verdict,
        password: str,
        peer: str,
    ) -> None:
        """Note a wrong password; the same one again counts once."""
        self._proofs.remove(key)
        rules, account = known.rules, known.account.id
        if verdict is not Verdict.WRONG or not rules.enabled:
            return
        digest = self._digests.of(account, password, "")
        if rules.remembered_count and self._repeats.seen(account, digest, rules.remembered_count):
            return
        if self._failures.note(known, era, self._clock()):
            _log.warn(
                "account locked out after failed logins {account} {peer}",
                account=account,
                peer=peer,
            )

    # Work that the answer does not wait for

    def _aside(self, work: Coroutine[Any, Any, None]) -> None:
        Deferred.fromCoroutine(work).addErrback(_report)

    def _note_away(self, fault: Unavailable) -> None:
        if not self._was_away:
            self._was_away = True
            _log.warn("logins cannot be checked {why}", why=str(fault))


def _deferred(asked: Callable[..., Any], *arguments: Any) -> "Deferred[Any]":
    async def wait() -> Any:
        return await asked(*arguments)

    return Deferred.fromCoroutine(wait())


def _report(failure: Failure) -> None:
    _log.failure("a mobile password's hash could not be made anew", failure)
