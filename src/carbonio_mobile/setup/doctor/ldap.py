"""The directory with the accounts: our own account there, this account's entry, address list."""

import time
from collections.abc import Sequence
from typing import Any, Final

from carbonio_mobile.accounts.inheritance import build_account
from carbonio_mobile.accounts.ldapdirectory.checks import BindCheck, Verdict
from carbonio_mobile.accounts.ldapdirectory.messages import FoundEntry
from carbonio_mobile.accounts.ldapdirectory.pool import LdapPool, Opener
from carbonio_mobile.accounts.ldapdirectory.presets import Tree
from carbonio_mobile.accounts.ldapdirectory.surroundings import CarbonioSurroundings
from carbonio_mobile.accounts.ldapdirectory.values import addresses_of, product_values
from carbonio_mobile.errors import StoreError, TooLarge
from carbonio_mobile.ids import AccountId
from carbonio_mobile.service.directorysettings import DirectorySettings
from carbonio_mobile.setup.doctor.account import tell_verdict
from carbonio_mobile.setup.doctor.findings import Feature, Level, Part
from carbonio_mobile.setup.doctor.subject import Subject

_SHOWN: Final = 12
_ONE = 0.5
"""Chance, where it does not matter."""
_BIND = "Are directory.bind_dn and the password in directory.bind_password_file right?"
_NO_ENTRY = (
    "Is it below directory.base, does the filter directory.by_address find it, and may "
    "directory.bind_dn read it?"
)


async def look_at_directory(
    part: Part, settings: DirectorySettings, subject: Subject, *, reactor: Any
) -> None:
    """Look at one account as the directory has it. Raises: StoreError."""
    servers, tree = settings.servers, settings.tree
    opener = Opener(servers, reactor=reactor, clock=reactor)
    pool = LdapPool(servers, opener, clock=reactor, chance=lambda: _ONE)
    try:
        try:
            filter_ = tree.by_address.filled(address=subject.address)
            found = await pool.few(tree.base, filter_, tree.account_names, count_max=2)
        except StoreError as exc:
            part.fails(str(exc), _BIND)
            return
        part.works(f"asked as {servers.bind_dn or 'nobody'}")
        entry = _the_one(part, found, subject)
        if entry is None:
            return
        _tell_entry(part, entry, tree)
        await _tell_surroundings(part, settings, pool, entry, subject)
        await _check_password(part, settings, opener, entry, subject)
        await _count_people(part, pool, tree)
    finally:
        pool.stop()


def _the_one(part: Part, found: Sequence[FoundEntry], subject: Subject) -> FoundEntry | None:
    if len(found) > 1:
        part.fails(
            f"several entries have {subject.address}: then none of them counts",
            "Make directory.by_address a filter that finds one.",
        )
        return None
    if not found:
        part.fails(f"no entry has {subject.address}", _NO_ENTRY)
        return None
    part.works(f"its entry is {found[0].dn}")
    return found[0]


def _tell_entry(part: Part, entry: FoundEntry, tree: Tree) -> None:
    if not entry.first(tree.id):
        part.fails(
            f"the entry has no {tree.id}, by which accounts are known",
            "May directory.bind_dn read it? (It is an operational attribute of OpenLDAP.)",
        )
    addresses = addresses_of(entry, tree.addresses)
    part.works(f"its addresses are {', '.join(addresses[:_SHOWN])}")
    names = sorted(product_values(entry, tree.attributes))
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    if names:
        part.works(f"attributes that are known of it: {', '.join(names[:_SHOWN])}{more}")
    else:
        part.degrades(
            "no attribute of it is known", "May directory.bind_dn read more than addresses?"
        )


async def _tell_surroundings(
    part: Part, settings: DirectorySettings, pool: LdapPool, entry: FoundEntry, subject: Subject
) -> None:
    """Look at the domain and what is inherited, where the directory has these."""
    tree = settings.tree
    if not tree.has_surroundings:
        return
    around = await CarbonioSurroundings(pool=pool, base=tree.base, server=settings.server_name)()
    if subject.domain not in around.domains:
        part.degrades(
            f"no domain {subject.domain} is seen", "May directory.bind_dn read the domains?"
        )
    own = product_values(entry, tree.attributes)
    cos = next(iter(own.get("zimbracosid", ())), "")
    account = build_account(
        account=AccountId(entry.first(tree.id)),
        addresses=addresses_of(entry, tree.addresses) or (subject.address,),
        own=own,
        shared=around.shared(subject.domain, cos),
        domain_status=around.domain_status(subject.domain),
        locked_out=False,
    )
    tell_verdict(part, account)


async def _check_password(
    part: Part, settings: DirectorySettings, opener: Opener, entry: FoundEntry, subject: Subject
) -> None:
    if settings.asks_imap:
        part.works("passwords are checked by the mail server (directory.login = imap)")
        return
    if subject.password is None:
        part.degrades("the password was not tried: it is not known")
        return
    verdict = await BindCheck(opener, at_once=1)(subject.address, entry.dn, subject.password)
    if verdict is Verdict.RIGHT:
        part.works("the directory takes the account's password")
        part.gives(Feature.LOGIN, Level.WORKS, "by the directory")
    else:
        part.fails(f"the directory refuses the account's password: {verdict.value}")
        part.gives(Feature.LOGIN, Level.FAILS, verdict.value)


async def _count_people(part: Part, pool: LdapPool, tree: Tree) -> None:
    """Count who stands in the address list."""
    count = 0
    began = time.monotonic()
    try:
        async for page in pool.pages(tree.base, tree.people.filled(), ("1.1",)):
            count += len(page)
    except TooLarge as exc:
        part.fails(f"the address list: {exc}", "Narrow directory.people.")
        part.gives(Feature.PEOPLE, Level.FAILS, "too many entries")
        return
    text = f"{count:,} entries in the address list, counted in {time.monotonic() - began:.2f} s"
    if count:
        part.works(text)
        part.gives(Feature.PEOPLE, Level.WORKS, f"{count:,} entries")
    else:
        part.degrades(text, "Does the filter directory.people find anybody?")
        part.gives(Feature.PEOPLE, Level.DEGRADES, "empty")
