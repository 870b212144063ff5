"""Phones over lines that lose and repeat, until all agree: nothing lost, nothing twice."""

from random import Random

import pytest

from carbonio_mobile.client import synctrees
from carbonio_mobile.client.composing import Message
from carbonio_mobile.client.faults import Unreachable
from carbonio_mobile.client.phone import Phone, PhoneState, Retries
from carbonio_mobile.ids import FolderId
from carbonio_mobile.interfaces import IMailbox
from carbonio_mobile.mime.mailitem import BodyWish
from carbonio_mobile.sync.changes import NEWEST, OLDEST
from carbonio_mobile.testing.devices import FlakyTransport, RigTransport
from carbonio_mobile.testing.rig import Rig, now

STEPS = 60


class Workload:
    """Two phones of different versions that do things at random to one inbox."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.rig = Rig()
        self.sent = 0
        self.lines: list[FlakyTransport] = []
        self.phones = [self.phone("phone1", "14.1"), self.phone("phone2", "16.1")]
        self.inbox = self.phones[0].folder("inbox").id
        self.trash = self.phones[0].folder("trash").id

    def phone(self, device: str, version: str) -> Phone:
        line = FlakyTransport(
            inner=RigTransport(self.rig),
            random=Random(self.random.random()),
            lose_request=0.1,
            lose_answer=0.2,
            repeat=0.1,
        )
        self.lines.append(line)
        state = PhoneState(device_id=device, version=version, user="john")
        phone = Phone(state, line, retries=Retries(attempts=40))
        now(phone.folder_sync())
        return phone

    def step(self) -> None:
        phone = self.random.choice(self.phones)
        act = self.random.choice((self.deliver, self.sync, self.mark, self.delete, self.send))
        act(phone)

    def deliver(self, _phone: Phone) -> None:
        for _ in range(self.random.randint(1, 5)):
            self.rig.deliver()

    def sync(self, phone: Phone) -> None:
        now(phone.sync(self.inbox, window=3))

    def mark(self, phone: Phone) -> None:
        for name in self.some(phone):
            read = synctrees.read(self.random.random() < 0.5)
            now(phone.sync(self.inbox, synctrees.change(name, read), window=3))

    def delete(self, phone: Phone) -> None:
        for name in self.some(phone):
            now(phone.sync(self.inbox, synctrees.delete(name), window=3))

    def send(self, phone: Phone) -> None:
        self.sent += 1
        now(phone.send(Message(to="mary@example.com", subject=f"number {self.sent}", text="x")))

    def some(self, phone: Phone) -> list[str]:
        held = sorted(phone.items(self.inbox))
        return held if len(held) < 2 else self.random.sample(held, 1)

    def truth(self, folder: str) -> dict[str, bool]:
        """Give what the mailbox holds: server id -> read."""
        mailbox: IMailbox = self.rig.mailbox()
        listing = now(mailbox.listing(FolderId(folder), below=NEWEST, down_to=OLDEST, limit=10_000))
        ids = [head.item for head in listing.heads]
        read = now(mailbox.read(FolderId(folder), ids, BodyWish()))
        return {f"{folder}:{item}": mail.state.read for item, mail in read.items()}


@pytest.mark.parametrize("seed", range(12))
def test_phones_and_mailbox_agree_in_the_end(seed: int) -> None:
    """After a random workload each phone holds exactly what the mailbox has; sent is sent once."""
    work = Workload(seed)
    delivered_before = work.rig._deliveries
    for _ in range(STEPS):
        work.step()
    for folder in (work.inbox, work.trash):
        for phone in work.phones:
            now(phone.settle(folder, window=7))
            held = {name: item.read for name, item in phone.items(folder).items()}
            assert held == work.truth(folder)
    inside = len(work.truth(work.inbox)) + len(work.truth(work.trash))
    assert inside == work.rig._deliveries - delivered_before
    assert len(work.rig.submission.taken) == work.sent
    assert sum(phone.resyncs for phone in work.phones) == 0
    assert sum(line.lost_answers for line in work.lines) > 0


def test_a_lost_answer_leaves_the_phone_as_it_was() -> None:
    """Without repetitions the fault is told, and the same call again goes on."""
    rig = Rig()
    line = RigTransport(rig)
    phone = Phone(PhoneState(device_id="phone1", version="14.1"), line)
    now(phone.folder_sync())
    inbox = phone.folder("inbox").id
    now(phone.settle(inbox))
    rig.deliver()
    before = phone.state.to_json()
    line.lose_answer = lambda line: line.command == "Sync"
    with pytest.raises(Unreachable):
        now(phone.sync(inbox))
    assert phone.state.to_json() == before
    line.lose_answer = lambda line: False
    assert len(now(phone.sync(inbox)).added) == 1
