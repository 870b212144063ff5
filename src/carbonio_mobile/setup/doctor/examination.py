"""The whole examination of one account: what is looked at in which order, each within its time."""

import secrets
import time
from collections.abc import Awaitable
from dataclasses import replace
from typing import Any, Final

from twisted.internet.defer import Deferred
from twisted.internet.defer import TimeoutError as Late

from carbonio_mobile.errors import CarbonioMobileError
from carbonio_mobile.ids import AccountId
from carbonio_mobile.mailbox.gateway.logins.keychain import Way
from carbonio_mobile.mailbox.imapclient.connection import ImapConnection
from carbonio_mobile.service.config import Settings
from carbonio_mobile.service.gateway import GatewayClients
from carbonio_mobile.service.gatewaysettings import Authority, GatewaySettings
from carbonio_mobile.service.secretfile import read_certificates
from carbonio_mobile.setup.doctor import away, dav, ldap, mail, places, push, submitting
from carbonio_mobile.setup.doctor.account import look_at_account
from carbonio_mobile.setup.doctor.findings import Feature, Level, Part, Report
from carbonio_mobile.setup.doctor.reaching import Place, reach
from carbonio_mobile.setup.doctor.subject import Subject
from carbonio_mobile.sync.folders import FolderKind

STEP_S: Final = 60.0
"""No step takes longer."""


class Examination:
    """Looks at everything that an account needs.

    Nothing that a server holds is changed, unless the subject says so. No password is told.
    """

    def __init__(
        self,
        settings: Settings,
        subject: Subject,
        report: Report,
        *,
        reactor: Any,
        step_s: float = STEP_S,
    ) -> None:
        self._settings = settings
        self._subject = subject
        self._report = report
        self._reactor = reactor
        self._step_s = step_s
        self._connections: list[ImapConnection] = []
        self._is_refused = False

    async def run(self) -> None:
        """Look at all, one after the other; what is found is in the report."""
        account = self._report.part("Account")
        await self._step(account, self._account(account))
        await self._directory()
        gateway = self._settings.gateway
        if gateway is None:
            self._report.part("Mail").works(
                "mailboxes are here (backend.mailboxes = embedded): no server to look at"
            )
            return
        part, made = self._report.part("Mail"), list[GatewayClients]()

        async def make() -> None:
            made.append(self._clients(gateway))

        if not await self._step(part, make()):
            return
        try:
            await self._servers(made[0])
        finally:
            for one in self._connections:
                one.close()
            await self._step(part, made[0].stop())

    async def _servers(self, clients: GatewayClients) -> None:
        await self._imap(clients)
        if clients.settings.keeps_mail:
            await self._submission(clients)
            await self._dav(clients)
            await self._sieve(clients)

    def _clients(self, gateway: GatewaySettings) -> GatewayClients:
        subject = self._subject

        async def address_of(_account: AccountId) -> str:
            return subject.address

        clients = GatewayClients(
            gateway,
            reactor=self._reactor,
            secret=secrets.token_bytes(32),
            hostname=self._settings.outbox.hostname,
            address_of=address_of,
            doubted=lambda _account: None,
        )
        if subject.password is not None:
            clients.keychain.remember(subject.account, subject.password)
        return clients

    async def _step(self, part: Part, doing: Awaitable[object]) -> bool:
        """Wait for a step, but not too long; false if it could not be done."""
        waiting: Deferred[object] = Deferred.fromCoroutine(_awaited(doing))
        waiting.addTimeout(self._step_s, self._reactor)
        try:
            await waiting
        except Late:
            part.fails(
                f"no end within {self._step_s:g} s", "Is the server overloaded? See its log."
            )
        except CarbonioMobileError as exc:
            part.fails(str(exc), "See the server's log.")
        except Exception as exc:
            # Nobody is helped by a traceback; the next part may be well.
            part.fails(f"this was not expected: {type(exc).__name__}: {exc}")
        else:
            return True
        return False

    # The parts

    async def _account(self, part: Part) -> None:
        look_at_account(part, self._settings, self._subject, now=time.time())

    async def _directory(self) -> None:
        settings = self._settings.directory
        if settings is None:
            return
        part = self._report.part("Directory")
        file = self._settings.values["directory.authority"]
        authority = Authority(
            pem=read_certificates("directory.authority", file), name=file or Authority().name
        )
        way = []
        for url in settings.servers.urls:
            place = places.ldap_place(settings.servers, url, authority)
            way.append(await self._reached(part, place))
        if any(way):
            looking = ldap.look_at_directory(part, settings, self._subject, reactor=self._reactor)
            await self._step(part, looking)

    async def _imap(self, clients: GatewayClients) -> None:
        part = self._report.part("IMAP")
        if not await self._reached(part, places.imap_place(clients.settings.imap)):
            self._report.gives(Feature.MAIL, Level.FAILS, "the IMAP server cannot be reached")
            return
        await self._step(part, self._check_own_password(part, clients))
        if not clients.settings.keeps_mail:
            return
        if not self._is_refused:
            await self._step(part, self._log_in(part, clients))
        if not self._connections:
            self._report.gives(Feature.MAIL, Level.FAILS, "no login at the IMAP server")
            if clients.settings.logins.way is Way.OWN:
                # Nor is it tried elsewhere: servers count wrong passwords.
                self._subject = replace(self._subject, password=None)
            return
        connection, found = self._connections[0], dict[FolderKind, str]()

        async def folders() -> None:
            found.update(await mail.look_at_folders(part, clients, self._subject, connection))

        is_done = await self._step(part, folders())
        inbox = found.get(FolderKind.INBOX)
        if is_done and inbox:
            await self._step(part, mail.look_at_quota(part, connection, inbox))
            page = mail.read_page(part, connection, inbox, seconds=self._seconds)
            is_done = await self._step(part, page)
            await self._push(clients, inbox, found.get(FolderKind.DRAFTS))
        if Feature.MAIL not in self._report.features:
            self._report.gives(Feature.MAIL, Level.FAILS, "the mailboxes cannot be read")

    async def _log_in(self, part: Part, clients: GatewayClients) -> None:
        found = await mail.log_in(part, clients, self._subject, seconds=self._seconds)
        if found is not None:
            self._connections.append(found)

    async def _check_own_password(self, part: Part, clients: GatewayClients) -> None:
        """Ask the mail server about the password with which the phone logs in here."""
        wished = self._settings.directory
        asks = self._settings.accounts_at == "imap" or (wished is not None and wished.asks_imap)
        if not asks:
            return
        if self._subject.password is None:
            part.degrades("the account's own password was not tried: it is not known")
        elif await clients.check(self._subject.address, self._subject.password):
            part.works("the server takes the account's password")
            part.gives(Feature.LOGIN, Level.WORKS, "by the mail server")
        else:
            part.fails(
                f"the server refuses the password of {self._subject.address}",
                "Is it the right one, and does the server know accounts as imap.user says?",
            )
            part.gives(Feature.LOGIN, Level.FAILS, "the mail server refuses the password")
            self._is_refused = clients.settings.logins.way is Way.OWN

    async def _push(self, clients: GatewayClients, inbox: str, drafts: str | None) -> None:
        part = self._report.part("Push")
        if not await self._step(part, push.try_push(part, self._connections[0], inbox)):
            self._report.gives(Feature.PUSH, Level.FAILS, "the server does not tell of news")
            return
        if not self._subject.writes:
            return
        if drafts is None:
            part.degrades("push was not timed: there is no mailbox for drafts")
            return
        await self._step(part, self._time_push(part, clients, drafts))

    async def _time_push(self, part: Part, clients: GatewayClients, drafts: str) -> None:
        for _ in range(2):
            self._connections.append(await clients.imap_connection(self._subject.account))
        watching, writing = self._connections[-2:]
        await push.time_push(part, watching, writing, drafts, reactor=self._reactor)

    async def _submission(self, clients: GatewayClients) -> None:
        part, settings = self._report.part("Submission"), clients.settings.submission
        if settings is None:
            return
        if await self._reached(part, places.submission_place(settings)):
            trying = submitting.try_submission(part, clients, self._subject, seconds=self._seconds)
            await self._step(part, trying)
        else:
            self._report.gives(Feature.SENDING, Level.FAILS, "the server cannot be reached")

    async def _dav(self, clients: GatewayClients) -> None:
        part, settings = self._report.part("DAV"), clients.settings.dav
        notes = clients.settings.notes
        dav.notes_elsewhere(part, notes, clients.settings.imap.roles.get("notes", ""))
        if settings is None:
            dav.no_dav(part)
        elif await self._reached(part, places.dav_place(settings)):
            looking = dav.look_at_dav(part, clients, settings, self._subject, seconds=self._seconds)
            await self._step(part, looking)
        dav.tell_failure(part)

    async def _sieve(self, clients: GatewayClients) -> None:
        part, settings = self._report.part("Sieve"), clients.settings.sieve
        if settings is None:
            away.no_sieve(part)
        elif await self._reached(part, places.sieve_place(settings)):
            await self._step(part, away.try_sieve(part, clients, self._subject))
        else:
            self._report.gives(Feature.AWAY, Level.FAILS, "the server cannot be reached")

    async def _reached(self, part: Part, place: Place) -> bool:
        found: list[bool] = []

        async def go() -> None:
            found.append(await reach(part, place))

        return await self._step(part, go()) and found == [True]

    def _seconds(self) -> float:
        return float(self._reactor.seconds())


async def _awaited(doing: Awaitable[object]) -> object:
    return await doing
