"""Whether automatic replies can be set. None is."""

from typing import Final

from carbonio_mobile.errors import NotAllowed, StoreError
from carbonio_mobile.mailbox.gateway.logins.keychain import Way
from carbonio_mobile.mailbox.sieveclient.managesieve import SieveSession
from carbonio_mobile.service.gateway import GatewayClients
from carbonio_mobile.setup.doctor.findings import Feature, Level, Part
from carbonio_mobile.setup.doctor.subject import UNTRIED, Subject
from carbonio_mobile.sieve.awayrule import Person, Rule, rule_of
from carbonio_mobile.sieve.awayscript import AWAY, BOTH, written
from carbonio_mobile.sieve.language import commands_of
from carbonio_mobile.sync.outofoffice import Audience, OofMessage, OofState, OutOfOffice

_TRIAL: Final = OutOfOffice(
    state=OofState.TIMED,
    start=1_900_000_000.0,
    end=1_900_086_400.0,
    messages=tuple((one, OofMessage(enabled=True, text="Away.")) for one in Audience),
)
_CLASHING: Final = frozenset(("vacation", "reject", "ereject"))


async def try_sieve(part: Part, clients: GatewayClients, subject: Subject) -> None:
    """Log in, and see whether the setting would be taken. Raises: StoreError."""
    plan = clients.settings.logins
    assert clients.sieve is not None, "the settings have a ManageSieve server"
    if plan.way is Way.OWN and subject.password is None:
        part.degrades(UNTRIED)
        return
    try:
        session = await clients.sieve.open(await clients.keychain.sieve(subject.account))
    except StoreError as exc:
        part.fails(str(exc), "The login is that of IMAP (imap.login, imap.user).")
        part.gives(Feature.AWAY, Level.FAILS, "no login at ManageSieve")
        return
    try:
        await _look(part, session, subject)
    finally:
        session.close()


async def _look(part: Part, session: SieveSession, subject: Subject) -> None:
    offers = session.offers
    name = f"; the server is {offers.implementation}" if offers.implementation else ""
    part.works(f"logged in{name}")
    person = Person(addresses=(subject.address,), domains=(subject.domain,))
    try:
        rule = rule_of(_TRIAL, person, offers)
        await _check(session, rule)
    except NotAllowed as exc:
        part.fails(f"automatic replies cannot be set: {exc}", _REMEDY)
        part.gives(Feature.AWAY, Level.FAILS, "the server's Sieve cannot do it")
        return
    part.works("the server takes a script with automatic replies, for a time")
    for one in rule.shortcomings:
        part.degrades(one)
    part.gives(Feature.AWAY, Level.WORKS, "by Sieve, on the mail server")
    await _look_at_own(part, session)


_REMEDY = "Dovecot: sieve_extensions must have vacation, date and relational."


async def _check(session: SieveSession, rule: Rule) -> None:
    """Have the server look at a script, without storing it. Raises: NotAllowed, Unavailable."""
    await session.check(written(_TRIAL, rule))


async def _look_at_own(part: Part, session: SieveSession) -> None:
    """Look at the script that the user has running, beside which ours must stand."""
    active = (await session.scripts()).active
    if active in ("", AWAY, BOTH):
        return
    script = await session.script(active)
    clashing = sorted(commands_of(script) & _CLASHING)
    if clashing:
        part.degrades(
            f"the account's own script {active} has {', '.join(clashing)}: automatic replies are "
            "refused beside it"
        )
    elif "include" not in session.offers.extensions:
        part.degrades(
            f"the account's own script {active} is active, and the server has no include: "
            "automatic replies are refused beside it",
            "Dovecot: add include to sieve_extensions.",
        )
    else:
        part.works(f"automatic replies will stand beside the account's own script {active}")
        return
    part.gives(Feature.AWAY, Level.DEGRADES, f"not beside the account's script {active}")


def no_sieve(part: Part) -> None:
    """Say what it means that no ManageSieve server is configured."""
    part.degrades(
        "no ManageSieve server is configured: phones cannot set automatic replies",
        "Name one in sieve.host.",
    )
    part.gives(Feature.AWAY, Level.DEGRADES, "none: sieve.host is empty")
