"""Devices at work on a daemon that is killed again and again, and what must hold afterwards."""

import json
import re
import smtplib
import sqlite3
import subprocess
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from carbonio_mobile.client import synctrees
from carbonio_mobile.client.composing import Message, draft
from carbonio_mobile.client.faults import Refused, TryLater, Unreachable
from carbonio_mobile.client.items import Item
from carbonio_mobile.client.mailtrees import Original
from carbonio_mobile.client.phone import PhoneState, Retries, SyncOptions, SyncResult, Wanted
from carbonio_mobile.client.state import FIRST_KEY, PhoneFolder
from carbonio_mobile.eas.version import Version
from carbonio_mobile.sync.window import floor
from carbonio_mobile.wbxml import Element
from tests.crash.daemon import ENVIRONMENT, Daemon, make_accounts
from tests.crash.letters import Draft, Ledger, Letter
from tests.crash.phones import ForcedResync, StrictPhone, WireTransport, run
from tests.crash.things import SORTS, Things, ThingWork

ACCOUNTS = ("john@example.com", "mary@example.com", "anna@example.com")
PASSWORD = "only for this test"
FLEET = (
    ("john@example.com", "12.1"),
    ("john@example.com", "14.1"),
    ("john@example.com", "16.1"),
    ("mary@example.com", "14.1"),
    ("mary@example.com", "16.1"),
    ("anna@example.com", "12.1"),
    ("anna@example.com", "16.0"),
)
LOSE_ANSWER = 0.08
GIVE_UP = 0.25
ATTEMPTS = 100_000
SETUP = "import sys; from carbonio_mobile.setup.main import main; sys.exit(main())"
OLD_MAIL_AGES_DAYS = (0.2, 2.5, 5.5, 10.5, 20.5, 60.5)
_SERVER_ID = re.compile(r"\b\d+:\d+\b")
WORDS = ("red", "green", "blue")
SETTLE_ROUNDS = 30


class Stopped(Exception):
    """The workload has come to its end, or failed elsewhere."""


@dataclass(slots=True)
class Running:
    """What all that works at the same time shares. ``stopping``: nobody begins anything new."""

    daemon: Daemon
    ledger: Ledger = field(default_factory=Ledger)
    things: Things = field(default_factory=Things)
    stopping: threading.Event = field(default_factory=threading.Event)
    failed: threading.Event = field(default_factory=threading.Event)
    failures: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def clock(self) -> float:
        """Give the time, in seconds since 1970."""
        return time.time()

    def fail(self, who: str, told: str) -> None:
        """Note a failure and have everybody stop."""
        self.failures.append(f"{who}: {told}")
        self.failed.set()
        self.stopping.set()

    async def pause(self, attempt: int) -> None:
        """Wait a moment before a request is repeated."""
        if self.failed.wait(min(0.02 * attempt, 0.3)):
            raise Stopped


class Device(ThingWork):
    """One phone and its user. What happens follows from the random source alone, and the server."""

    def __init__(self, running: Running, name: str, account: str, version: str, seed: str) -> None:
        self.running = running
        self.name = name
        self.account = account
        self.random = Random(seed)
        self.transport = WireTransport(
            daemon=running.daemon,
            login=account,
            password=PASSWORD,
            random=Random(f"{seed}/wire"),
            lose_answer=LOSE_ANSWER,
        )
        state = PhoneState(device_id=name, version=version, device_type="Crash", user=account)
        self.patient = Retries(attempts=ATTEMPTS, pause=running.pause)
        self.phone = StrictPhone(
            state,
            self.transport,
            retries=self.patient,
            new_id=lambda: f"{self.random.randrange(1 << 64):016x}",
        )
        self.followed: dict[str, bool] = {}
        self.options: dict[str, SyncOptions] = {}
        self.pending: list[Callable[[], object]] = []
        self.number = 0

    # Life

    def live(self) -> None:
        """Do one thing after another until told to stop."""
        try:
            run(self.phone.folder_sync())
            while not self.running.stopping.is_set():
                self.act()
        except Stopped:
            return
        except BaseException:  # a failure of the test, whatever it is
            self.fail()

    def fail(self) -> None:
        """Tell of the exception at hand, with all that helps to understand it."""
        told = traceback.format_exc()
        about = _SERVER_ID.search(str(sys.exception()))
        history = self.transport.dumped(about[0]) if about else ""
        self.running.fail(
            f"{self.name} of {self.account}", f"{told}\n{self.transport.dumped()}\n\n{history}"
        )

    def act(self) -> None:
        """Do one thing; some that fail for want of an answer are given up."""
        actions = self.actions()
        action = self.random.choices([one for _, one in actions], [rate for rate, _ in actions])[0]
        self.running.counts[action.__name__] += 1
        try:
            action()
        except TryLater:
            self.running.counts["told to try later"] += 1
        except Refused as refused:
            self.check_refusal(refused)
            self.running.counts[f"refused {refused.command}"] += 1
        finally:
            self.phone.session.retries = self.patient

    def check_refusal(self, refused: Refused) -> None:
        """Others change the same mailbox, so that some things cannot be done; the rest is wrong."""
        if refused.command.startswith("Folder") and refused.status == 9:
            raise ForcedResync(str(refused))
        if refused.command in ("Sync", "Ping", "OPTIONS", "Provision", "FolderSync"):
            raise refused

    def actions(self) -> list[tuple[int, Callable[[], None]]]:
        """List what this phone may do, with how often."""
        writes = self.phone.version >= Version.V16_0
        return [
            (20, self.sync_some),
            (6, self.sync_given_up),
            (12, self.mark),
            (6, self.delete),
            (7, self.move),
            (2, self.fetch),
            (2, self.estimate),
            (3, self.ping),
            (2, self.wait),
            (2, self.follow_folders),
            (3, self.change_folders),
            (6, self.send),
            (5, self.answer),
            (3, self.take_up_pending),
            (8, self.sync_things),
            (8, self.make_thing),
            (8, self.change_thing),
            (4, self.delete_thing),
            (2 if writes else 0, self.take_out_occurrence),
            (8 if writes else 0, self.write_draft),
            (5 if writes else 0, self.send_draft),
        ]

    def give_up_sometimes(self) -> bool:
        """Have the next request's answer lost, not to be repeated; tells whether it will be."""
        if self.random.random() >= GIVE_UP:
            return False
        self.phone.session.retries = Retries()
        self.transport.lose_next = True
        return True

    # Looking

    def mail_folders(self) -> list[str]:
        """List the folders that this phone follows."""
        for folder in self.phone.folders.values():
            if folder.id not in self.followed:
                self.followed[folder.id] = folder.role == "inbox" or self.random.random() < 0.7
        return [
            one.id
            for one in self.phone.folders.values()
            if one.holds_mail and self.followed[one.id] and self.shown(one)
        ]

    def shown(self, folder: PhoneFolder) -> bool:
        """Whether a phone of this version is told what is in a folder."""
        drafts = self.phone.version >= Version.V16_0
        return folder.role != "outbox" and (folder.role != "drafts" or drafts)

    def some_items(self, most: int, *, anything: bool = True) -> tuple[str, list[Item]]:
        """Choose a folder and items in it; without ``anything`` only such as may be lost."""
        folders = [one for one in self.mail_folders() if self.phone.items(one)]
        if not folders:
            return "", []
        folder = self.random.choice(folders)
        items = [
            one for one in self.phone.items(folder).values()
            if (anything or one.subject.startswith("x"))
        ]  # fmt: skip
        return folder, self.random.sample(items, min(len(items), self.random.randint(1, most)))

    def role(self, folder: str) -> str:
        return self.phone.folders[folder].role

    # Sync

    def wanted(self, folder: str, *commands: Element) -> Wanted:
        """Say what of a folder to sync, with other options now and then."""
        options = None
        if self.phone.state.collection(folder).key == FIRST_KEY or self.random.random() < 0.1:
            options = SyncOptions(
                filter_type=self.random.choice(self.filters(folder)),
                body_type=self.random.choice((1, 2, 4)),
                truncation_bytes=self.random.choice((None, 0, 100, 5000)),
                client_wins=self.random.random() < 0.3,
            )
        return Wanted(
            folder=folder,
            commands=commands,
            window=self.random.choice((1, 3, 10, 100)),
            options=options,
            get_changes=False if commands and self.random.random() < 0.2 else None,
        )

    def filters(self, folder: str) -> tuple[int, ...]:
        """Give the filters that mean anything for a folder."""
        role = self.role(folder)
        return next((one.filters for one in SORTS if one.role == role), (0, 0, 0, 2, 3, 4))

    def sync_some(self) -> None:
        folders = self.mail_folders()
        chosen = self.random.sample(folders, self.random.randint(1, min(3, len(folders))))
        wanted = [self.wanted(folder) for folder in chosen]
        results = run(self.phone.sync_all(wanted))
        again = [one for one in wanted if results[one.folder].status == 1]
        quiet = not any(one.count or one.more for one in results.values())
        if quiet and len(again) == len(wanted) and self.random.random() < 0.5:
            again = [Wanted(folder=one.folder, window=one.window) for one in wanted]
            run(self.phone.sync_again(again))

    def sync_given_up(self) -> None:
        folder = self.random.choice(self.mail_folders())
        self.transport.lose_next = True
        self.phone.session.retries = Retries()
        wanted = self.wanted(folder)
        try:
            run(self.phone.sync_all([wanted]))
        except Unreachable:
            self.options_untold(folder)

    def options_untold(self, folder: str) -> None:
        """After an answer that never came nobody knows which options the server has."""
        self.phone.state.collection(folder).options_told = False

    def command_sync(self, folder: str, commands: Sequence[Element]) -> SyncResult | None:
        """Sync with commands; None where the answer was given up."""
        wanted = self.wanted(folder, *commands)
        self.give_up_sometimes()
        try:
            return run(self.phone.sync_all([wanted]))[folder]
        except Unreachable:
            self.options_untold(folder)
            return None

    def mark(self) -> None:
        folder, items = self.some_items(4)
        commands = [synctrees.change(one.id, *self.marks()) for one in items]
        if commands:
            self.command_sync(folder, commands)

    def marks(self) -> list[Element]:
        pick = self.random.randrange(5)
        if pick < 2:
            return [synctrees.read(self.random.random() < 0.5)]
        if pick == 2:
            return [synctrees.flagged() if self.random.random() < 0.6 else synctrees.unflagged()]
        if pick == 3 and self.phone.version >= Version.V14_0:
            names = self.random.sample(WORDS, self.random.randrange(3))
            return [synctrees.categories(*names)]
        return [synctrees.read(self.random.random() < 0.5), synctrees.flagged()]

    def delete(self) -> None:
        folder, items = self.some_items(3, anything=False)
        if not items:
            return
        wanted = Wanted(
            folder=folder,
            commands=[synctrees.delete(one.id) for one in items],
            deletes_as_moves=self.random.random() < 0.6,
        )
        self.give_up_sometimes()
        try:
            run(self.phone.sync_all([wanted]))
        except Unreachable:
            self.running.counts["given up delete"] += 1

    def fetch(self) -> None:
        folder, items = self.some_items(1)
        if items and self.random.random() < 0.5:
            self.command_sync(folder, [synctrees.fetch(items[0].id)])
        elif items:
            run(self.phone.item_fetch(Original(folder=folder, item=items[0].id)))

    def estimate(self) -> None:
        folders = [
            one for one in self.mail_folders() if self.phone.state.collection(one).key != FIRST_KEY
        ]
        if folders:
            run(self.phone.estimate(self.random.choice(folders)))

    def ping(self) -> None:
        folders = self.mail_folders()
        run(self.phone.ping(self.random.sample(folders, min(2, len(folders))), heartbeat_s=1))

    def wait(self) -> None:
        if self.phone.version >= Version.V14_0:
            folder = self.random.choice(self.mail_folders())
            run(self.phone.sync_all([Wanted(folder=folder)], wait_s=1))

    # Folders

    def follow_folders(self) -> None:
        self.give_up_sometimes()
        try:
            run(self.phone.folder_sync())
        except Unreachable:
            self.running.counts["given up FolderSync"] += 1

    def change_folders(self) -> None:
        own = [one for one in self.phone.folders.values() if one.type == 12]
        passing = [one for one in own if one.name.startswith("tmp")]
        self.number += 1
        kind = self.random.choice(("tmp", "stay"))
        name = f"{kind} {self.name} {self.number}"
        self.give_up_sometimes()
        try:
            if len(own) < 3 or self.random.random() < 0.2:
                inside = self.random.choice([one.id for one in passing]) if passing else "0"
                parent = inside if kind == "tmp" and self.random.random() < 0.3 else "0"
                run(self.phone.create_folder(name, parent=parent))
            elif passing and self.random.random() < 0.4:
                run(self.phone.delete_folder(self.random.choice(passing).id))
            else:
                folder = self.random.choice(own)
                kind = folder.name.partition(" ")[0]
                run(self.phone.rename_folder(folder.id, f"{kind} {self.name} {self.number}"))
        except Unreachable:
            self.running.counts["given up folder change"] += 1

    def move(self) -> None:
        folder, items = self.some_items(3)
        if not items:
            return
        disposable = all(one.subject.startswith("x") for one in items)
        role = self.role(folder)
        targets = [
            one.id for one in self.phone.folders.values()
            if one.id != folder and one.holds_mail and role != "drafts"
            and (one.role in ("inbox", "trash", "sent") or one.name.startswith("stay")
                 or (disposable and one.name.startswith("tmp")))
        ]  # fmt: skip
        if targets:
            run(self.phone.move([one.id for one in items], folder, self.random.choice(targets)))

    # Mail

    def others(self) -> tuple[str, ...]:
        others = [one for one in ACCOUNTS if one != self.account]
        return tuple(sorted(self.random.sample(others, self.random.randint(1, len(others)))))

    def subject(self, kind: str) -> str:
        self.number += 1
        return f"{kind} {self.name} {self.number}"

    def letter(self, kind: str) -> tuple[str, Letter, bytes]:
        recipients, subject = self.others(), self.subject(kind)
        made = EmailMessage(policy=SMTP)
        made["To"] = ", ".join(recipients)
        made["Subject"] = subject
        made.set_content("Hello. " * self.random.choice((1, 30, 2000)))
        letter = Letter(sender=self.account, recipients=recipients)
        self.running.ledger.letters[subject] = letter
        return subject, letter, made.as_bytes()

    def send(self) -> None:
        _, letter, octets = self.letter("sent")
        client_id = self.phone.new_id()
        self.post(letter, partial(self.send_now, octets, client_id))

    def send_now(self, octets: bytes, client_id: str) -> None:
        run(self.phone.send(octets, client_id=client_id))

    def answer(self) -> None:
        folder, items = self.some_items(1)
        if not items or self.role(folder) == "drafts":
            return
        verb = self.phone.smart_reply if self.random.random() < 0.5 else self.phone.smart_forward
        _, letter, octets = self.letter("answer")
        original, client_id = Original(folder=folder, item=items[0].id), self.phone.new_id()
        self.post(letter, lambda: run(verb(original, octets, client_id=client_id)))

    def post(self, letter: Letter, send: Callable[[], None]) -> None:
        """Send; where no answer comes it is done again later, or never."""
        letter.tried = True
        gives_up = self.give_up_sometimes()
        try:
            send()
            letter.done = True
        except Refused as refused:
            letter.refused = not isinstance(refused, TryLater)
            raise
        except Unreachable:
            assert gives_up
            if self.random.random() < 0.7:
                self.pending.append(partial(self.post_again, letter, send))

    def post_again(self, letter: Letter, send: Callable[[], None]) -> None:
        try:
            send()
            letter.done = True
        except Refused as refused:
            letter.refused = not isinstance(refused, TryLater)
            raise

    def take_up_pending(self) -> None:
        if self.pending:
            self.pending.pop(0)()

    # Drafts

    def own_drafts(self) -> tuple[str, list[Item]]:
        folder = self.phone.folder("drafts").id
        ledger = self.running.ledger
        items = [
            one for one in self.phone.items(folder).values()
            if one.subject.startswith(f"draft {self.name} ") and one.subject not in ledger.letters
        ]  # fmt: skip
        return folder, items

    def content(self, subject: str, recipients: tuple[str, ...]) -> list[Element]:
        text = "Words. " * self.random.randrange(1, 200) + str(self.random.random())
        return draft(Message(to=", ".join(recipients), subject=subject, text=text))

    def write_draft(self) -> None:
        folder, items = self.own_drafts()
        self.followed[folder] = True
        ledger = self.running.ledger
        if items and self.random.random() < 0.6:
            item = self.random.choice(items)
            known = ledger.drafts[item.subject]
            content = self.content(item.subject, known.recipients)
            self.command_sync(folder, [synctrees.change(item.id, *content)])
            return
        subject, recipients = self.subject("draft"), self.others()
        known = ledger.drafts[subject] = Draft(owner=self.account, recipients=recipients)
        client_id = self.phone.new_id()
        content = self.content(subject, recipients)
        result = self.command_sync(folder, [synctrees.add(client_id, *content)])
        if result is not None and result.status == 1:
            assert client_id in result.made, f"draft refused: {result}"
            known.stored = True

    def send_draft(self) -> None:
        folder, items = self.own_drafts()
        if not items:
            return
        item = self.random.choice(items)
        known = self.running.ledger.drafts[item.subject]
        letter = Letter(sender=self.account, recipients=known.recipients, is_draft=True)
        self.running.ledger.letters[item.subject] = letter
        content = self.content(item.subject, known.recipients) if self.random.random() < 0.5 else []
        command = synctrees.change(item.id, *content, send=True)
        letter.tried = True
        if not self.draft_sent(letter, folder, command) and self.random.random() < 0.7:
            self.pending.append(partial(self.draft_sent, letter, folder, command))

    def draft_sent(self, letter: Letter, folder: str, command: Element) -> bool:
        """Send a draft; tells whether there was an answer."""
        result = self.command_sync(folder, [command])
        if result is None:
            return False
        assert result.status == 1, result
        letter.refused = bool(result.refused)
        letter.done = not letter.refused
        return True

    # The end

    def settle(self) -> int:
        """Do what was put off, sync all until nothing comes; gives how many changes came."""
        self.transport.lose_answer = 0.0
        while self.pending:
            try:
                self.take_up_pending()
            except Refused as refused:
                self.check_refusal(refused)
        run(self.phone.folder_sync())
        news = sum(run(self.phone.settle(folder)) for folder in self.mail_folders())
        return news + self.settle_things(lambda folder: run(self.phone.settle(folder)))

    def faults(self, box: dict[str, Any], now: float) -> Iterator[str]:
        """Compare what the phone holds with its account's mailbox."""
        mail = {name for name, one in box.items() if one["kind"] in _MAIL_KINDS}
        known = {one.id for one in self.phone.folders.values() if one.holds_mail}
        if mail != known:
            yield f"{self.name} knows the folders {sorted(known)}, there are {sorted(mail)}"
        for folder in self.mail_folders():
            if folder in mail:
                yield from self.folder_faults(folder, box[folder]["items"], now)
        yield from self.thing_faults(box, now)

    def folder_faults(self, folder: str, items: list[list[Any]], now: float) -> Iterator[str]:
        collection = self.phone.state.collection(folder)
        oldest = floor(collection.options.filter_type, now).received
        there = {one[0]: _Look.of(one) for one in items}
        due = {one[0] for one in items if one[1] >= oldest}
        held = {name: _Look.of_item(one) for name, one in collection.items.items()}
        where = f"{self.name} ({self.account}) in {folder} {collection.options}:"
        for name in sorted(due | set(held)):
            mine, right = held.get(name), there.get(name)
            if name not in due and mine is not None and right is not None:
                continue  # the phone itself moved it here, older than its window as it is
            if mine is None or right is None or not mine.same(right, self.phone.version):
                history = self.transport.dumped(name)
                yield f"{where} has {name} as {mine}, it is {right}\n{history}"


_MAIL_KINDS = frozenset({"inbox", "drafts", "trash", "sent", "outbox", "junk", "mail"})


@dataclass(frozen=True, slots=True)
class _Look:
    """What of an item must be the same on both sides."""

    subject: str
    read: bool
    flag: int
    categories: tuple[str, ...]

    @classmethod
    def of(cls, stored: list[Any]) -> "_Look":
        _, _, subject, read, flag, categories = stored
        return cls(subject, read, flag, tuple(categories))

    @classmethod
    def of_item(cls, item: Item) -> "_Look":
        return cls(item.subject, item.read, item.flag, item.categories)

    def same(self, other: "_Look", version: Version) -> bool:
        plain = (self.subject, self.read, self.flag) == (other.subject, other.read, other.flag)
        return plain and (version < Version.V14_0 or self.categories == other.categories)


class Postman(threading.Thread):
    """Delivers mail by LMTP; what the daemon acknowledged must be there."""

    def __init__(self, running: Running, seed: str) -> None:
        super().__init__(name="postman", daemon=True)
        self.running = running
        self.random = Random(seed)

    def run(self) -> None:
        """Deliver until told to stop."""
        number = 0
        try:
            while not self.running.stopping.wait(self.random.random() * 0.4):
                number += 1
                self.deliver(number)
        except BaseException:  # a failure of the test, whatever it is
            self.running.fail("postman", traceback.format_exc())

    def deliver(self, number: int) -> None:
        """Deliver one message; half of them may be deleted by the devices."""
        subject = f"{self.random.choice(('x', 'post'))} {number}"
        recipients = self.random.sample(ACCOUNTS, self.random.randint(1, 2))
        message = plain_message(subject, time.time())
        try:
            with smtplib.LMTP("127.0.0.1", self.running.daemon.lmtp_port, timeout=30) as lmtp:
                refused = lmtp.sendmail("far@example.org", recipients, message)
        except (OSError, smtplib.SMTPException):
            self.running.counts["LMTP without an answer"] += 1
            self.running.ledger.unanswered.add(subject)
            return
        assert not refused, refused
        self.running.counts["LMTP"] += 1
        if not subject.startswith("x"):
            self.running.ledger.arrived[subject] = tuple(recipients)


def plain_message(subject: str, at: float) -> bytes:
    """Make a message from outside."""
    made = EmailMessage(policy=SMTP)
    made["From"] = "Far Away <far@example.org>"
    made["To"] = "somebody@example.com"
    made["Date"] = format_datetime(datetime.fromtimestamp(at, UTC))
    made["Message-ID"] = f"<{subject.replace(' ', '.')}@example.org>"
    made["Subject"] = subject
    made.set_content("From far away. " * 40)
    return made.as_bytes()


def import_mail(daemon: Daemon, account: str, messages: dict[str, bytes]) -> None:
    """Import messages by carbonio-mobile-setup, as an administrator would."""
    place = daemon.folder / "import"
    place.mkdir(exist_ok=True)
    paths = []
    for name, octets in messages.items():
        paths.append(place / f"{name.replace(' ', '-')}.eml")
        paths[-1].write_bytes(octets)
    subprocess.run(
        [sys.executable, "-c", SETUP, "--data", str(daemon.data), "import", account,
         *map(str, paths)],
        env=ENVIRONMENT, check=True, capture_output=True, timeout=60,
    )  # fmt: skip


class Workload:
    """Accounts, devices, the postman, and the one who kills."""

    def __init__(
        self, folder: Path, *, seed: int, fleet: Sequence[tuple[str, str]] = FLEET
    ) -> None:
        self.daemon = Daemon(folder)
        self.random = Random(seed)
        self.running = Running(self.daemon)
        self.accounts = make_accounts(self.daemon.data, [(one, PASSWORD) for one in ACCOUNTS])
        self.devices = [
            Device(self.running, f"phone{number}", account, version, f"{seed}/{number}")
            for number, (account, version) in enumerate(fleet, 1)
        ]
        self.postman = Postman(self.running, f"{seed}/postman")
        self.imports = 0

    def import_some(self, account: str, ages_days: Sequence[float]) -> None:
        """Import old mail for an account."""
        self.imports += 1
        now = time.time()
        messages = {
            subject: plain_message(subject, now - age * 86_400)
            for place, age in enumerate(ages_days)
            for subject in [f"{'x' if place % 2 else 'old'} {account[:4]} {self.imports}.{place}"]
        }
        import_mail(self.daemon, account, messages)
        self.running.ledger.arrived |= {
            subject: (account,) for subject in messages if not subject.startswith("x")
        }

    def work(self, kills: int, longest_s: float) -> None:
        """Let all work, and kill the daemon at random instants. Raises: AssertionError."""
        for account in ACCOUNTS:
            self.import_some(account, OLD_MAIL_AGES_DAYS * 3)
        self.daemon.start()
        threads = [
            self.postman,
            *(threading.Thread(target=one.live, daemon=True) for one in self.devices),
        ]
        for thread in threads:
            thread.start()
        try:
            for kill in range(kills):
                if self.running.failed.wait(0.05 + self.random.random() * longest_s):
                    break
                self.daemon.kill()
                if kill % 25 == 10:
                    self.import_some(self.random.choice(ACCOUNTS), OLD_MAIL_AGES_DAYS)
                self.daemon.start()
        finally:
            self.running.stopping.set()
            for thread in threads:
                thread.join(120)
        self.check_failures()
        assert not any(thread.is_alive() for thread in threads), "somebody does not come to an end"

    def check_failures(self) -> None:
        """Raise the first failure of anybody."""
        assert not self.running.failures, "\n".join(self.running.failures[:1])

    def settle(self) -> None:
        """Wait until all mail is where it belongs and no device has anything to learn."""
        for _ in range(SETTLE_ROUNDS):
            waiting = self.waiting()
            news = 0
            for device in self.devices:
                try:
                    news += device.settle()
                except BaseException:  # told with what the device did
                    device.fail()
                    self.check_failures()
            if not waiting and not news:
                return
        raise AssertionError(f"no end of news: {self.waiting()} messages wait to be delivered")

    def waiting(self) -> int:
        """Count what the daemon has yet to deliver."""
        with closing(sqlite3.connect(self.daemon.data / "outbox.db")) as db:
            (count,) = db.execute("SELECT count(*) FROM submission").fetchone()
        return int(count)

    def check(self) -> None:
        """Compare everything with everything. Raises: AssertionError with all that is wrong."""
        boxes = self.contents()
        subjects = {
            account: [item[2] for folder in box.values() for item in folder["items"]]
            for account, box in boxes.items()
        }
        faults = self.running.ledger.faults(subjects) + list(self.running.things.faults(boxes))
        now = time.time()
        for device in self.devices:
            faults += device.faults(boxes[device.account], now)
        faults += self.database_faults()
        assert not faults, "\n".join(faults[:20])
        assert not self.daemon.tracebacks(), self.daemon.tracebacks()

    def contents(self) -> dict[str, Any]:
        """Read all mailboxes, without the daemon."""
        program = Path(__file__).with_name("contents.py")
        ended = subprocess.run(
            [sys.executable, str(program), str(self.daemon.data), *self.accounts.values()],
            env=ENVIRONMENT, check=True, capture_output=True, timeout=120,
        )  # fmt: skip
        found = json.loads(ended.stdout)
        return {address: found[account] for address, account in self.accounts.items()}

    def database_faults(self) -> list[str]:
        """Check every database file."""
        faults = []
        files = sorted(self.daemon.data.rglob("*.db"))
        assert len(files) >= 3 + len(ACCOUNTS), files
        for path in files:
            with closing(sqlite3.connect(path)) as db:
                found = db.execute("PRAGMA integrity_check").fetchall()
            if found != [("ok",)]:
                faults.append(f"{path}: {found[:3]}")
        return faults

    def told(self) -> str:
        """Give the figures of what happened."""
        lost = sum(one.transport.lost for one in self.devices)
        counts = ", ".join(f"{name} {count}" for name, count in sorted(self.running.counts.items()))
        return f"{self.daemon.starts} starts, {lost} answers lost; {counts}"
