"""What makes a synchronisation safe: repeats, conflicts, estimates, and the waits for news.

Spec: MS-ASCMD 2.2.1.9, 2.2.1.13, 2.2.1.21, 2.2.3.34 (Conflict), 3.1.5.4.
"""

from carbonio_mobile.client import objecttrees, synctrees
from carbonio_mobile.client.classes import CONTACTS, TASKS
from carbonio_mobile.client.faults import AnswerLost
from carbonio_mobile.client.objecttrees import NewContact, NewTask
from carbonio_mobile.client.phone import Wanted
from carbonio_mobile.client.selftest.walk import Walk, expect
from carbonio_mobile.eas.status import PingStatus, SyncStatus
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import Ping, Tasks

WAIT_S = 60
"""What servers allow; nobody waits for so long here, as there is news before the wait begins."""


async def lost_answer(walk: Walk) -> None:
    """An Add whose answer was lost is made again, and there is one item."""
    folder = walk.folder(CONTACTS)
    await walk.phone.settle(folder)
    new = NewContact(first_name="Lost", last_name=walk.marker)
    name = walk.phone.new_id()
    command = synctrees.add(name, *objecttrees.contact(new, walk.version))
    walk.watched.lose = "Sync"
    try:
        await walk.phone.sync(folder, command)
    except AnswerLost:
        pass
    else:
        expect(False, "the lost answer to be noticed")
    result = await walk.done(folder, command)
    expect(name in result.made, "the repeated Add to be answered with an id")
    await walk.phone.settle(folder)
    await walk.seen_one(folder, f"{walk.marker}, Lost")
    here = [one.id for one in walk.phone.items(folder).values() if "Lost" in one.subject]
    expect(len(here) == 1, f"one item on the device that repeated, not {len(here)}")
    await walk.done(folder, synctrees.delete(result.made[name]), for_good=True)


async def conflict(walk: Walk) -> None:
    """Where two devices change one item, the server's version wins and both have it."""
    folder = walk.folder(TASKS)
    title = f"Conflict {walk.marker}"
    item = await walk.add(folder, *objecttrees.task(NewTask(subject=title), walk.version))
    await walk.seen_one(folder, title)
    there = walk.on_witness(folder)
    theirs = next(one for one in walk.witness.items(there).values() if one.subject == title)
    assert theirs.content is not None
    ours = walk.phone.items(folder)[item].content
    assert ours is not None
    first = objecttrees.whole(theirs.content, [Element(Tasks.Importance, "0")])
    await walk.witness_done(folder, synctrees.change(theirs.id, *first))
    second = objecttrees.whole(ours, [Element(Tasks.Importance, "2")])
    result = await walk.phone.sync(folder, synctrees.change(item, *second))
    expect(result.refused.get(item) == SyncStatus.CONFLICT, "the second change to be a conflict")
    await walk.phone.settle(folder)
    content = walk.phone.items(folder)[item].content
    assert content is not None
    expect(content.value(Tasks.Importance) == "0", "the first change to win")
    await walk.done(folder, synctrees.delete(item), for_good=True)


async def estimate(walk: Walk) -> None:
    """GetItemEstimate counts what waits."""
    folder = walk.folder(TASKS)
    await walk.phone.settle(folder)
    item = await _news(walk, folder, f"Estimate {walk.marker}")
    counted = await walk.phone.estimate(folder)
    expect(counted == {folder: 1}, f"one change to wait, not {counted[folder]}")
    await _forget(walk, folder, item)


async def ping(walk: Walk) -> None:
    """Ping tells the shortest heartbeat, and of news at once."""
    folder = walk.folder(TASKS)
    await walk.phone.settle(folder)
    item = await _news(walk, folder, f"Ping {walk.marker}")
    named = [(folder, walk.phone.state.class_of(folder))]
    answer = await walk.phone.session.document("Ping", synctrees.ping_document(1, named))
    status = answer.value(Ping.Status, "")
    if status == str(int(PingStatus.INTERVAL_OUT_OF_RANGE)):
        bound = answer.value(Ping.HeartbeatInterval, "")
        expect(bound.isdigit() and int(bound) > 1, "the shortest heartbeat to be told")
    else:
        known = (PingStatus.EXPIRED, PingStatus.CHANGES)
        expect(status in [str(int(one)) for one in known], f"Ping to work, not status {status}")
    result = await walk.phone.ping([folder], heartbeat_s=WAIT_S)
    expect(result.folders == (folder,), "news in the folder, at once")
    await _forget(walk, folder, item)


async def waiting_sync(walk: Walk) -> None:
    """A Sync that waits is answered at once where there is news (12.1 and later)."""
    folder = walk.folder(TASKS)
    await walk.phone.settle(folder)
    item = await _news(walk, folder, f"Wait {walk.marker}")
    results = await walk.phone.sync_all([Wanted(folder=folder)], wait_s=WAIT_S)
    expect(len(results[folder].added) == 1, "the news in the answer")
    await _forget(walk, folder, item)


async def empty_sync(walk: Walk) -> None:
    """A Sync without news, repeated, brings nothing twice."""
    folder = walk.folder(TASKS)
    await walk.phone.settle(folder)
    result = await walk.phone.sync(folder)
    expect(result.status == SyncStatus.SUCCESS and not result.count, "nothing new")


async def _news(walk: Walk, folder: str, title: str) -> str:
    """Have the other device add a task; gives the id that it got there."""
    name = walk.witness.new_id()
    content = objecttrees.task(NewTask(subject=title), walk.version)
    result = await walk.witness_done(folder, synctrees.add(name, *content))
    return result.made[name]


async def _forget(walk: Walk, folder: str, item: str) -> None:
    await walk.witness_done(folder, synctrees.delete(item))
    await walk.phone.settle(folder)
