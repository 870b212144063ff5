"""Whether mail can be sent. None is."""

from collections.abc import Callable
from typing import Final

from carbonio_mobile.errors import StoreError
from carbonio_mobile.mailbox.gateway.logins.keychain import Way
from carbonio_mobile.service.gateway import GatewayClients
from carbonio_mobile.setup.doctor.findings import Feature, Level, Part
from carbonio_mobile.setup.doctor.subject import UNTRIED, Subject

_REMEDIES: Final = {
    "user": "Does the server take the login of the mail server (Postfix: smtpd_sasl_type = "
    "dovecot)? With imap.login = proxy or master it must take that form too; else set "
    "submission.login = service.",
    "service": "Are submission.user and the password in submission.password_file right?",
    "none": "Does the server want a login after all? See submission.login.",
}
_SMALL_BYTES: Final = 10 << 20


async def try_submission(
    part: Part, clients: GatewayClients, subject: Subject, *, seconds: Callable[[], float]
) -> None:
    """Open a session as if a message were to be sent, and leave. Raises: StoreError."""
    plan, relay = clients.settings.logins, clients.relay
    assert relay is not None, "the settings have a submission server"
    if plan.submission == "user" and plan.way is Way.OWN and subject.password is None:
        part.degrades(UNTRIED)
        return
    login = await clients.keychain.submission(subject.account)
    began = seconds()
    try:
        offers = await relay.probe(login)
    except StoreError as exc:
        part.fails(str(exc), _REMEDIES[plan.submission])
        part.gives(Feature.SENDING, Level.FAILS, "the server does not take it")
        return
    who = "without a login" if login is None else f"logged in as {login.user}"
    part.works(f"{who} in {seconds() - began:.2f} s; no mail was sent")
    part.gives(Feature.SENDING, Level.WORKS, "by the mail server")
    size = offers.get("SIZE", "").split()
    if size and size[0].isdigit() and int(size[0]):
        say = part.degrades if int(size[0]) < _SMALL_BYTES else part.works
        say(f"it takes messages up to {int(size[0]) / (1 << 20):,.1f} MiB")
    if "8BITMIME" not in offers:
        part.degrades("it has no 8BITMIME: text is packed to go over 7 bits")
    if "SMTPUTF8" in offers:
        part.works("it takes addresses beyond ASCII (SMTPUTF8)")
    else:
        part.degrades("it has no SMTPUTF8: mail to addresses beyond ASCII is refused")
