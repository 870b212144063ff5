"""The process that ``test_gateway_kill.py`` kills: sends mail by a mail server.

``gateway_child.py DATA_DIR JOURNAL SMTP_PORT COUNT SAVED`` submits messages 0 to COUNT, those again
that the journal does not know as done, each as often as a phone would that is told to come again.
SAVED is the file in which the server notes what it put into Sent; empty: the copies are ours.
"""

import sys
from pathlib import Path
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import DeferredSemaphore, ensureDeferred, gatherResults
from twisted.internet.task import deferLater, react

from carbonio_mobile.errors import Unavailable
from carbonio_mobile.ids import AccountId, OperationId
from carbonio_mobile.mailbox.delivery.local import SENT
from carbonio_mobile.mailbox.delivery.relay import RelayOptions, TlsMode, smtp_relay
from carbonio_mobile.mailbox.embedded import EmbeddedMailboxes
from carbonio_mobile.mailbox.sending.parts import SentCopies, SubmissionOptions
from carbonio_mobile.mailbox.sending.sentcopies import CopiesInMailboxes
from carbonio_mobile.mailbox.sending.submission import GatewaySubmission
from carbonio_mobile.mime.mailitem import BodyWish
from carbonio_mobile.service.process import ReactorOfDay
from carbonio_mobile.store.database import Database
from carbonio_mobile.store.intents import SqlIntents
from carbonio_mobile.store.sqlite import SqliteFile
from carbonio_mobile.sync.changes import NEWEST, OLDEST
from carbonio_mobile.testing.contracts.mailbox_fixture import message
from tests.crash.outbox_child import Journal, make_accounts, make_mailboxes

IN_FLIGHT = 4
SETTLE_S = 0.4
HOSTNAME = "gw.example.com"


async def ids_in_sent(mailboxes: EmbeddedMailboxes, account: AccountId) -> list[str]:
    """Give the Message-IDs of all copies, without brackets."""
    box = await mailboxes.open(account)
    page = await box.listing(SENT, below=NEWEST, down_to=OLDEST, limit=1 << 30)
    read = await box.read(SENT, [head.item for head in page.heads], BodyWish())
    return [one.record.message_id.strip("<>") for one in read.values()]


def saved_ids(path: str) -> list[str]:
    """Give the Message-IDs of what the mail server put into Sent."""
    return Path(path).read_text().split()


def copies_of(mailboxes: EmbeddedMailboxes, saved: str) -> SentCopies:
    """Give Sent as this server's mailbox, or as the one that the mail server fills."""

    async def was_sent(account: AccountId, its_id: str) -> bool:
        if saved:
            return its_id in saved_ids(saved)
        return its_id in await ids_in_sent(mailboxes, account)

    copies = CopiesInMailboxes(mailboxes, reactor.seconds)
    save = None if saved else copies.save
    return SentCopies(was_sent=was_sent, save=save, settle_s=SETTLE_S)


async def work(data_dir: str, path: str, port: str, count: str, saved: str) -> None:
    _, john, _ = make_accounts()
    mailboxes = make_mailboxes(Path(data_dir))
    file = SqliteFile(Path(data_dir) / "state.db", busy_timeout_s=5)
    database = Database(file, reactor=reactor, answer_s=60.0)
    await database.start()
    relay = RelayOptions(host="127.0.0.1", port=int(port), tls=TlsMode.OFF)
    submission = GatewaySubmission(
        smtp_relay(relay, reactor=reactor, hostname=HOSTNAME),
        intents=SqlIntents(database),
        login_of=no_login,
        sent=copies_of(mailboxes, saved),
        deliver_report=CopiesInMailboxes(mailboxes, reactor.seconds).deliver,
        clock=ReactorOfDay(reactor),
        options=SubmissionOptions(hostname=HOSTNAME, delays_s=(0.05,) * 3),
    )
    journal = Journal(path)
    journal.note("ready")
    room = DeferredSemaphore(IN_FLIGHT)

    async def send(number: int) -> None:
        source = message(f"kill {number}", "x" * (number * 37 % 9000), number=number)
        while True:
            try:
                await submission.submit(
                    john,
                    source,
                    sender="john@example.com",
                    recipients=[recipient(number)],
                    sent_copy=source,
                    operation=OperationId(f"op-{number}"),
                )
                break
            except Unavailable:
                await deferLater(reactor, 0.05)
        journal.note("done", number)

    def begin(number: int) -> Any:
        return room.run(lambda: ensureDeferred(send(number)))

    await gatherResults([begin(n) for n in range(int(count)) if n not in journal.taken])
    await submission.stop()
    await mailboxes.stop()
    await database.stop()


async def no_login(_account: AccountId) -> None:
    """Log in nowhere."""


def recipient(number: int) -> str:
    """Give whom a message is for: some are nobody."""
    return f"{'bad' if is_bad(number) else 'r'}{number}@relay.example"


def is_bad(number: int) -> bool:
    """Tell whether the server knows nobody of that name."""
    return number % 7 == 3


if __name__ == "__main__":
    react(lambda _: ensureDeferred(work(*sys.argv[1:])))
