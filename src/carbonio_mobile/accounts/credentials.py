"""Mobile passwords in the embedded directory: added, listed, changed, removed.

Spec: ../shared/carbonio/cli.md 4.1.
"""

import binascii
import secrets
import uuid
from base64 import b64decode
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from hashlib import sha256

from sqlalchemy import Connection
from zope.interface import implementer

from carbonio_mobile.accounts import credentialrows
from carbonio_mobile.accounts.edits import account_owner
from carbonio_mobile.accounts.invalid import InvalidArgument, shown
from carbonio_mobile.accounts.lanes import Lane
from carbonio_mobile.accounts.passwords import Passwords, check_new_password
from carbonio_mobile.accounts.transactions import Transactions
from carbonio_mobile.directory.credentials import (
    ARGON2ID,
    CREDENTIALS_MAX,
    LABEL_MAX_CHARACTERS,
    SERVICES,
    SHA256,
    Credential,
    CredentialChange,
    CredentialWish,
    Issued,
)
from carbonio_mobile.directory.texts import is_one_line
from carbonio_mobile.errors import NotAllowed, NotFound
from carbonio_mobile.ids import AccountId
from carbonio_mobile.interfaces import ICredentials

ALPHABET = "abcdefghjkmnpqrstuvwxyzACDEFGHJKLMNPQRTUVWXY3479"
"""Without what is easily taken for something else: i l o I O 0 1, 2 and Z, 5 and S, 6, 8 and B."""

GENERATED_CHARACTERS = 16
_SHORTEST = 6
_ID_LETTERS = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"
_ID_CHARACTERS = 5


def generated_password() -> str:
    """Choose a password that can be typed on a phone: 89 bits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(GENERATED_CHARACTERS))


def generated_id() -> str:
    """Choose an id of five letters, like ``aKcLK``."""
    return "".join(secrets.choice(_ID_LETTERS) for _ in range(_ID_CHARACTERS))


def check_wish(wish: CredentialWish) -> None:
    """Refuse what no mobile password can be. Raises: InvalidArgument."""
    check_label(wish.label)
    check_services(wish.services)
    if wish.password is not None:
        if wish.hash is not None:
            raise InvalidArgument("hash", "expected a password or the hash of one, not both")
        check_new_password(wish.password, shortest=_SHORTEST)
    if wish.hash is not None:
        _check_hash(wish.algorithm, wish.hash)


def check_label(label: str) -> None:
    """Refuse a label that is too long or more than a line. Raises: InvalidArgument."""
    if len(label) > LABEL_MAX_CHARACTERS or not is_one_line(label):
        raise InvalidArgument(
            "label",
            f"expected one line of up to {LABEL_MAX_CHARACTERS} characters, got {shown(label)}",
        )


def check_services(services: Sequence[str]) -> None:
    """Refuse services that there are not. Raises: InvalidArgument."""
    unknown = [each for each in services if each not in SERVICES]
    if not services or unknown:
        raise InvalidArgument("service", f"expected some of {', '.join(SERVICES)}")


def _check_hash(algorithm: str, text: str) -> None:
    if algorithm != SHA256:
        raise InvalidArgument("algorithm", f"expected {SHA256}, got {shown(algorithm)}")
    try:
        octets = b64decode(text, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise InvalidArgument("hash", "expected base64 of a SHA-256 digest") from exc
    if len(octets) != sha256().digest_size:
        raise InvalidArgument("hash", "expected base64 of a SHA-256 digest, 32 octets")


class CredentialStore:
    """Mobile passwords in the directory's database; every method is one transaction and blocks.

    ``owner_of`` gives the id of an account by address or id, and raises NotFound. Beside what is
    named, any may raise Unavailable and Corrupt.
    """

    def __init__(
        self,
        transactions: Transactions,
        passwords: Passwords,
        clock: Callable[[], float],
        *,
        owner_of: Callable[[Connection, str], str] = account_owner,
    ) -> None:
        self._owner_of = owner_of
        self._transactions = transactions
        self._passwords = passwords
        self._clock = clock

    def of(self, account: AccountId) -> tuple[Credential, ...]:
        """Give an account's, in the order in which they were added. Raises: NotFound."""
        with self._transactions.reading() as connection:
            return credentialrows.of_account(connection, self._owner_of(connection, account))

    def add(self, account: AccountId, wishes: Sequence[CredentialWish]) -> tuple[Issued, ...]:
        """Add some, all or none. Raises: NotFound, InvalidArgument, NotAllowed (too many)."""
        for wish in wishes:
            check_wish(wish)
        # Hashed before the transaction begins: other writers do not wait for it.
        issued = tuple(self._issue(account, wish, place) for place, wish in enumerate(wishes))
        with self._transactions.changing() as connection:
            owner = self._owner_of(connection, account)
            refuse_too_many(len(credentialrows.of_account(connection, owner)) + len(wishes))
            free = tuple(_with_free_id(connection, each) for each in issued)
            for each in free:
                credentialrows.store(connection, each.credential)
        return free

    def update(self, account: AccountId, credential: str, change: CredentialChange) -> Credential:
        """Change one. Raises: NotFound, InvalidArgument."""
        with self._transactions.changing() as connection:
            owner = self._owner_of(connection, account)
            changed = changed_credential(
                credential_of(credentialrows.of_account(connection, owner), credential), change
            )
            credentialrows.replace(connection, changed)
        return changed

    def delete(self, account: AccountId, credential: str) -> None:
        """Remove one. Raises: NotFound."""
        with self._transactions.changing() as connection:
            owner = self._owner_of(connection, account)
            credential_of(credentialrows.of_account(connection, owner), credential)
            credentialrows.remove(connection, owner, credential)

    def _issue(self, account: AccountId, wish: CredentialWish, place: int) -> Issued:
        issued = new_credential(account, wish, self._clock() + place / 1000)
        if not issued.password:
            return issued
        hashed = self._passwords.hash(issued.password)
        return replace(issued, credential=replace(issued.credential, hash=hashed))


def new_credential(account: AccountId, wish: CredentialWish, now: float) -> Issued:
    """Make what a wish describes, but for the hash of a clear password."""
    password = "" if wish.hash is not None else wish.password or generated_password()
    return Issued(
        credential=Credential(
            id=generated_id(),
            account=account,
            label=wish.label,
            services=tuple(each for each in SERVICES if each in wish.services),
            algorithm=wish.algorithm if wish.hash is not None else ARGON2ID,
            hash=wish.hash or "",
            enabled=wish.enabled,
            created=now,
            generated=wish.hash is None and wish.password is None,
            stamp=str(uuid.uuid4()),
        ),
        password=password,
    )


def credential_of(present: Sequence[Credential], credential: str) -> Credential:
    """Find one by its id. Raises: NotFound."""
    found = next((each for each in present if each.id == credential), None)
    if found is None:
        raise NotFound(f"the account has no credential {shown(credential)}")
    return found


def changed_credential(before: Credential, change: CredentialChange) -> Credential:
    """Apply a change. Raises: InvalidArgument."""
    after = before
    if change.label is not None:
        check_label(change.label)
        after = replace(after, label=change.label)
    if change.services is not None:
        check_services(change.services)
        services = tuple(each for each in SERVICES if each in change.services)
        after = replace(after, services=services)
    return after if change.enabled is None else replace(after, enabled=change.enabled)


def refuse_too_many(count: int) -> None:
    """Raises: NotAllowed where an account would have more than it may."""
    if count > CREDENTIALS_MAX:
        raise NotAllowed(
            f"an account may have {CREDENTIALS_MAX} credentials, this would be {count}; "
            "delete some first"
        )


def _with_free_id(connection: Connection, issued: Issued) -> Issued:
    while credentialrows.is_taken(connection, issued.credential.id):
        issued = replace(issued, credential=replace(issued.credential, id=generated_id()))
    return issued


@implementer(ICredentials)
class EmbeddedCredentials:
    """The embedded directory behind ``ICredentials``; its lane may be slow, hashes are made there.

    Lives in the reactor thread.
    """

    def __init__(self, *, store: CredentialStore, lane: Lane) -> None:
        self._store = store
        self._lane = lane

    async def of(self, account: AccountId) -> Sequence[Credential]:
        """Give an account's mobile passwords."""
        return await self._lane.run(partial(self._store.of, account))

    async def add(self, account: AccountId, wishes: Sequence[CredentialWish]) -> Sequence[Issued]:
        """Add mobile passwords, all or none."""
        if len(wishes) > CREDENTIALS_MAX:
            refuse_too_many(len(wishes))
        return await self._lane.run(partial(self._store.add, account, wishes))

    async def update(
        self, account: AccountId, credential: str, change: CredentialChange
    ) -> Credential:
        """Change one."""
        return await self._lane.run(partial(self._store.update, account, credential, change))

    async def delete(self, account: AccountId, credential: str) -> None:
        """Remove one."""
        await self._lane.run(partial(self._store.delete, account, credential))
