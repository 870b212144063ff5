"""The account as this server knows it."""

from typing import Final

from carbonio_mobile.accounts.attributes import Level as EntryLevel
from carbonio_mobile.accounts.database import FILE_NAME
from carbonio_mobile.accounts.entries import Target
from carbonio_mobile.accounts.opening import open_store
from carbonio_mobile.accounts.passwords import FULL_COST
from carbonio_mobile.accounts.store import DirectoryStore
from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.directory.provisioning import Entry
from carbonio_mobile.errors import NotFound
from carbonio_mobile.policy.account import FEATURE, feature_verdict, status_verdict
from carbonio_mobile.service.config import Settings
from carbonio_mobile.setup.doctor.findings import Feature, Level, Part
from carbonio_mobile.setup.doctor.subject import Subject

_STATUS: Final = "zimbraAccountStatus"
_OPEN = f"Set it for the account or its class of service: {FEATURE} TRUE."


def look_at_account(part: Part, settings: Settings, subject: Subject, *, now: float) -> None:
    """Look into our own directory, where it is there already. Blocks. Raises: StoreError."""
    is_made = (settings.data / FILE_NAME).exists()
    if not is_made:
        _not_begun(part, settings, subject)
        return
    store = open_store(settings.data, FULL_COST)
    try:
        _look_at_domain(part, settings, store.domains(), subject)
        if settings.accounts_at != "ldap":
            _look_at_entry(part, settings, store, subject, now)
    finally:
        store.close()


def _not_begun(part: Part, settings: Settings, subject: Subject) -> None:
    if settings.accounts_at == "embedded":
        part.fails(
            f"there is no directory in {settings.data}",
            "carbonio-mobile-setup makes one: begin with create-domain.",
        )
        return
    part.works(f"{settings.data} has no directory yet; the daemon makes it at its first start")
    _look_at_domain(part, settings, [], subject)


def _look_at_domain(part: Part, settings: Settings, made: list[str], subject: Subject) -> None:
    if settings.directory is not None and settings.directory.tree.has_surroundings:
        return
    if subject.domain in made:
        part.works(f"the domain {subject.domain} is made")
    elif subject.domain in settings.accounts.domains:
        part.works(f"the domain {subject.domain} is made at the next start (accounts.domains)")
    else:
        part.fails(
            f"the domain {subject.domain} is not made: nobody of it can log in",
            "Name it in accounts.domains.",
        )


def _look_at_entry(
    part: Part, settings: Settings, store: DirectoryStore, subject: Subject, now: float
) -> None:
    try:
        entry = store.entry(Target(level=EntryLevel.ACCOUNT, name=subject.address), now)
    except NotFound:
        if settings.accounts_at == "imap":
            part.works("the account is made at its first right login")
        else:
            part.fails(
                f"there is no account {subject.address}",
                "carbonio-mobile-setup create-account makes one.",
            )
        return
    _tell_entry(part, entry)


def _tell_entry(part: Part, entry: Entry) -> None:
    attributes = {**entry.inherited, **entry.own}
    status = _first(attributes, _STATUS) or "active"
    if status != "active":
        part.fails(
            f"the account is {status}: it cannot log in",
            f"carbonio prov modifyAccount {entry.name} {_STATUS} active",
        )
    elif _first(attributes, FEATURE).upper() != "TRUE":
        part.fails("ActiveSync is switched off for the account", _OPEN)
    else:
        part.works("the account is active, and may use ActiveSync")


def _first(attributes: dict[str, tuple[str, ...]], name: str) -> str:
    return next(iter(attributes.get(name, ())), "")


def tell_verdict(part: Part, account: Account) -> None:
    """Say whether an account may use ActiveSync, by its status and what it inherits."""
    reason = status_verdict(account) or feature_verdict(account)
    if reason is None:
        part.works("the account and its domain are active, and may use ActiveSync")
        return
    states = f"account {account.status.value}, domain {account.domain_status.value}"
    if status_verdict(account) is not None:
        part.fails(f"it cannot log in: {states}")
    else:
        part.fails("ActiveSync is switched off for the account", _OPEN)
    part.gives(Feature.LOGIN, Level.FAILS, "not allowed")
