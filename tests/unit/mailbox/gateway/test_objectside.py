"""The object side of a mirror against a server in memory: crashes, odd members, other clients."""

import random
from collections.abc import Callable, Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twisted.internet.defer import CancelledError, Deferred

from carbonio_mobile.dav.hrefs import read_url
from carbonio_mobile.errors import Conflict, NotFound, ReadOnly, StoreError, Unavailable
from carbonio_mobile.ids import AccountId, FolderId, ItemId, OperationId
from carbonio_mobile.mailbox.davclient.connection import DavConnection
from carbonio_mobile.mailbox.davclient.discovery import Homes
from carbonio_mobile.mailbox.embedded import listing, objects
from carbonio_mobile.mailbox.embedded.objects import make
from carbonio_mobile.mailbox.gateway.objects.parts import Known, ObjectOptions, unpack
from carbonio_mobile.mailbox.gateway.objects.side import ObjectSide
from carbonio_mobile.mailbox.mirror.files import mirror_files
from carbonio_mobile.mailbox.mirror.intents import left_behind
from carbonio_mobile.mailbox.mirror.links import Protocol, link_of, links, reconcile
from carbonio_mobile.pim.item import ObjectItem
from carbonio_mobile.sync.changes import NEWEST, OLDEST
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.contracts.mailbox_objects import card, event, task
from tests.unit.mailbox.gateway.davmemory import InlineThreads, Store
from tests.unit.mailbox.gateway.davrig import SITE, Asked, Peer, Reply

ACCOUNT = AccountId("john-1")
T = TypeVar("T")
Made = Callable[[], "Rig"]


class Rig:
    """A server, a mirror, and what lies between."""

    def __init__(self, directory: Path) -> None:
        self.store = Store()
        self.calendar_shelf = self.store.add("/cal/", name="Calendar")
        self.team_shelf = self.store.add("/team/", name="Team")
        self.book = self.store.add("/book/", is_book=True, components=())
        self.peer = Peer(self.store.answer)
        files = mirror_files(directory, busy_s=1.0, durable=False)
        self.threads = InlineThreads(files.open(ACCOUNT))
        self.connection = self.peer.connection()
        self.side = self.make_side()

    def make_side(self, **options: Any) -> ObjectSide:
        """Begin anew, as after a restart."""

        async def connect() -> DavConnection:
            return self.connection

        async def quota_of(_account: AccountId) -> int:
            return 0

        home = (read_url(SITE),)
        return ObjectSide(
            ACCOUNT,
            threads=self.threads,  # type: ignore[arg-type]  # it stands for them
            connect=connect,
            clock=self.peer.clock.seconds,
            options=ObjectOptions(
                **{
                    "fresh_s": 0.0,
                    "page": 3,
                    "makes_missing": False,
                    "homes": Homes(calendars=home, address_books=home),
                    **options,
                }
            ),
            quota_of=quota_of,
            message_limit_bytes=50_000,
        )

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do work to its end."""
        return self.peer.run(work)

    def fold(self) -> None:
        """Take over the server's folders."""
        present = self.run(self.side.folders())
        self.peer.result(
            self.threads.write(ACCOUNT, lambda change: reconcile(change, present, [Protocol.DAV]))
        )

    def folder(self, path: str, component: str = "VEVENT") -> FolderId:
        """Give the folder of a collection."""
        found = [
            one.id
            for one in links(self.threads.db)
            if one.place.endswith(path) and one.component == component
        ]
        return found[0]

    def all(self, folder: FolderId) -> dict[str, ObjectItem]:
        """Give what stands in a folder, by UID."""
        db = self.threads.db
        heads = listing.listing(db, folder, NEWEST, OLDEST, 1000).heads
        items = [one.position.item for one in heads]
        found = objects.read(db, folder, items, source=True).values()
        assert len(found) == len({one.record.uid for one in found})
        return {one.record.uid: one for one in found}

    def refresh_all(self) -> None:
        """Bring all up to date."""
        self.run(self.side.refresh_all(list(FolderKind)))

    def check_same(self) -> None:
        """See that each folder says what its collection does."""
        for shelf in self.store.shelves.values():
            (link,) = [one for one in links(self.threads.db) if one.place.endswith(shelf.path)]
            there = {text for _, text in shelf.members.values()}
            assert {one.source for one in self.all(link.id).values()} == there
        assert not left_behind(self.threads.db)


@pytest.fixture
def make_rig(tmp_path: Path) -> Iterator[Made]:
    """Give what makes a rig with folders."""
    made: list[Rig] = []

    def rig() -> Rig:
        directory = tmp_path / str(len(made))
        directory.mkdir()
        made.append(Rig(directory))
        made[-1].fold()
        return made[-1]

    yield rig
    for one in made:
        one.threads.db.close()


@pytest.fixture
def rig(make_rig: Made) -> Rig:
    """Give a rig with its folders."""
    return make_rig()


def add(rig: Rig, uid: str, path: str = "/cal/", subject: str = "Meeting") -> ItemId:
    head = rig.run(rig.side.add(rig.folder(path), event(subject, uid), OperationId(f"add {uid}")))
    return head.position.item


def test_what_is_kept_of_a_collection() -> None:
    """Any state and token come back; nothing is nothing."""
    one = Known(token="s:http://x/ y", state="a b%20/", strays=frozenset(("VTODO", "VJOURNAL")))
    assert unpack(one.pack()) == one
    assert unpack("") == Known()
    assert unpack(Known().pack()) == Known()
    assert Known().pack()


def test_nothing_new_is_one_question(rig: Rig) -> None:
    """P3: whatever the collections hold, and for all of them."""
    for n in range(5):
        rig.calendar_shelf.put(f"/cal/{n}.ics", event("E", str(n)))
    rig.refresh_all()
    rig.refresh_all()
    rig.peer.asked.clear()
    rig.refresh_all()
    assert rig.peer.lines == ["PROPFIND /"] * 3  # one for each collection, with fresh_s 0
    assert b"getctag" in rig.peer.asked[0].body
    assert b"sync-token" not in rig.peer.asked[0].body  # dear for some servers
    rig.side = rig.make_side(fresh_s=10.0)
    rig.peer.asked.clear()
    rig.refresh_all()
    assert rig.peer.lines.count("PROPFIND /") == 3  # discovery, the listing, and the question
    rig.peer.asked.clear()
    rig.calendar_shelf.put("/cal/x.ics", event("E", "x"))
    rig.refresh_all()
    assert not rig.peer.asked
    rig.peer.clock.advance(11.0)
    rig.refresh_all()
    assert "x" in rig.all(rig.folder("/cal/"))


def test_pages_are_committed_one_by_one(rig: Rig) -> None:
    """The first ones are there when the line drops; the rest comes when it is back."""
    for n in range(8):
        rig.calendar_shelf.put(f"/cal/{n}.ics", event("E", str(n)))
    multigets = 0

    def drop(asked: Asked) -> Reply | None:
        nonlocal multigets
        multigets += b"multiget" in asked.body
        return Reply(503) if multigets > 2 else None

    rig.store.before = drop
    with pytest.raises(Unavailable):
        rig.run(rig.side.refresh(rig.folder("/cal/")))
    assert len(rig.all(rig.folder("/cal/"))) == 6
    rig.store.before = lambda _: None
    rig.peer.asked.clear()
    rig.refresh_all()
    rig.check_same()
    assert sum(b"multiget" in one.body for one in rig.peer.asked) == 1


@pytest.mark.parametrize("has_ctag", [True, False])
def test_a_server_without_history(rig: Rig, has_ctag: bool) -> None:
    """All etags are compared, by the ctag where there is one."""
    rig.calendar_shelf.has_history, rig.calendar_shelf.has_ctag = False, has_ctag
    rig.side = rig.make_side()
    rig.calendar_shelf.put("/cal/a.ics", event("A", "a"))
    rig.calendar_shelf.put("/cal/b.ics", event("B", "b"))
    rig.refresh_all()
    rig.check_same()
    rig.calendar_shelf.drop("/cal/a.ics")
    rig.calendar_shelf.put("/cal/b.ics", event("B2", "b"))
    rig.refresh_all()
    rig.check_same()
    rig.peer.asked.clear()
    rig.refresh_all()
    assert not [one for one in rig.peer.asked if b"multiget" in one.body]


def test_a_forgotten_history(rig: Rig) -> None:
    """A token that the server does not know any more: all is compared, nothing told anew."""
    for n in range(3):
        rig.calendar_shelf.put(f"/cal/{n}.ics", event("E", str(n)))
    rig.refresh_all()
    before = rig.all(rig.folder("/cal/"))
    rig.calendar_shelf.put("/cal/9.ics", event("E", "9"))
    rig.calendar_shelf.drop("/cal/0.ics")
    rig.calendar_shelf.horizon = len(rig.calendar_shelf.log)
    rig.refresh_all()
    rig.check_same()
    after = rig.all(rig.folder("/cal/"))
    assert {uid: after[uid].version for uid in "12"} == {uid: before[uid].version for uid in "12"}


@pytest.mark.parametrize(
    ("status", "tries"), [(403, 1), (500, 3), (503, 3)], ids=["refused", "broken", "busy"]
)
def test_a_member_that_cannot_be_read(rig: Rig, status: int, tries: int) -> None:
    """It holds up nobody, is asked for a few times where that may help, and again when changed."""
    rig.calendar_shelf.put("/cal/bad.ics", event("Bad", "bad"))
    rig.calendar_shelf.put("/cal/good.ics", event("Good", "good"))
    rig.store.refused["/cal/bad.ics"] = status
    for n in range(5):
        rig.peer.asked.clear()
        rig.refresh_all()
        assert set(rig.all(rig.folder("/cal/"))) == {"good"}
        asked = [one for one in rig.peer.asked if b"/cal/bad.ics" in one.body]
        assert bool(asked) == (n < tries)
    del rig.store.refused["/cal/bad.ics"]
    rig.calendar_shelf.put("/cal/bad.ics", event("Better", "bad"))
    rig.refresh_all()
    rig.check_same()


@pytest.mark.parametrize("text", [b"no object", event("x" * 60_000, "bad")], ids=["odd", "huge"])
def test_a_member_that_is_no_object(rig: Rig, text: bytes) -> None:
    """It is left out, also where there was one before, and comes back when it is mended."""
    rig.calendar_shelf.put("/cal/good.ics", event("Good", "good"))
    rig.calendar_shelf.put("/cal/bad.ics", event("Once", "bad"))
    rig.refresh_all()
    rig.calendar_shelf.put("/cal/bad.ics", text)
    rig.refresh_all()
    assert set(rig.all(rig.folder("/cal/"))) == {"good"}
    rig.calendar_shelf.put("/cal/bad.ics", event("Again", "bad"))
    rig.refresh_all()
    rig.check_same()


def test_an_object_that_changes_its_form(rig: Rig) -> None:
    """It leaves the one folder for the other; where there is none yet, one comes."""
    shelf = rig.store.add("/both/", components=("VEVENT", "VTODO"))
    rig.fold()
    shelf.put("/both/a.ics", event("A", "a"))
    rig.refresh_all()
    tasks = [one.id for one in links(rig.threads.db) if one.component == "VTODO"]
    assert tasks == [rig.folder("/both/", "VTODO")]  # it is the only one: the standard Tasks
    shelf.put("/both/a.ics", task("A"))
    rig.refresh_all()
    assert not rig.all(rig.folder("/both/"))
    assert set(rig.all(tasks[0])) == {"task-1"}


def test_a_collection_that_went(rig: Rig) -> None:
    """It is not found; the others are refreshed all the same."""
    del rig.store.shelves["/team/"]
    rig.calendar_shelf.put("/cal/a.ics", event("A", "a"))
    with pytest.raises(NotFound):
        rig.run(rig.side.refresh(rig.folder("/team/")))
    rig.refresh_all()
    assert set(rig.all(rig.folder("/cal/"))) == {"a"}


def test_a_server_that_names_things_itself(rig: Rig) -> None:
    """Where it stores a new member elsewhere, a repeated operation finds it by its UID."""
    rig.store.location = lambda path: path.replace(".ics", "-own.ics")
    item = add(rig, "named")
    rig.refresh_all()
    assert rig.all(rig.folder("/cal/"))["named"].item == item
    again = rig.run(
        rig.make_side().add(
            rig.folder("/cal/"), event("Meeting", "named"), OperationId("another operation")
        )
    )
    assert again.position.item == item
    rig.check_same()


def test_a_uid_that_is_taken(rig: Rig) -> None:
    """Another text of a UID that is there: a conflict, and the caller finds what is there."""
    rig.calendar_shelf.put("/cal/theirs.ics", event("Theirs", "u"))
    with pytest.raises(Conflict):
        add(rig, "u", subject="Mine")
    found = rig.all(rig.folder("/cal/"))["u"]
    rig.run(rig.side.replace(rig.folder("/cal/"), found.item, event("Mine", "u"), found.version))
    rig.check_same()


def test_names_that_are_taken_in_the_target(rig: Rig) -> None:
    """An object of another UID has the name: the moved one takes another."""
    rig.calendar_shelf.put("/cal/a.ics", event("Mine", "mine"))
    rig.team_shelf.put("/team/a.ics", event("Theirs", "theirs"))
    rig.refresh_all()
    item = rig.all(rig.folder("/cal/"))["mine"].item
    moved = rig.run(rig.side.move(rig.folder("/cal/"), [item], rig.folder("/team/")))
    assert list(moved) == [item]
    rig.refresh_all()
    rig.check_same()
    assert len(rig.team_shelf.members) == 2


def test_a_uid_that_is_taken_in_the_target(rig: Rig) -> None:
    """The one stays, and the others are moved."""
    rig.team_shelf.put("/team/x.ics", event("Theirs", "a"))
    items = [add(rig, "a"), add(rig, "b")]
    with pytest.raises(Conflict):
        rig.run(rig.side.move(rig.folder("/cal/"), items, rig.folder("/team/")))
    rig.refresh_all()
    rig.check_same()
    assert set(rig.all(rig.folder("/cal/"))) == {"a"}
    assert set(rig.all(rig.folder("/team/"))) == {"a", "b"}


def test_read_only_collections(rig: Rig) -> None:
    """Nothing is sent."""
    rig.calendar_shelf.put("/cal/a.ics", event("A", "a"))
    rig.refresh_all()
    rig.calendar_shelf.is_read_only = True
    rig.fold()
    folder, team = rig.folder("/cal/"), rig.folder("/team/")
    item = rig.all(folder)["a"]
    rig.peer.asked.clear()
    for work in (
        rig.side.add(folder, event("B", "b"), OperationId("b")),
        rig.side.replace(folder, item.item, event("B", "a"), item.version),
        rig.side.delete(folder, [item.item]),
        rig.side.move(folder, [item.item], team),
    ):
        with pytest.raises(ReadOnly):
            rig.run(work)
    assert not rig.peer.asked


class Killer:
    """Kills the process at one of the moments between its steps, and all that comes after."""

    def __init__(self, rig: Rig, moment: int) -> None:
        self.moment = moment
        self.count = 0
        rig.threads.before = self.step
        rig.threads.after = self.step
        real = rig.store.answer

        def answer(asked: Asked) -> Reply:
            if self.is_dead():
                return Reply(503)
            reply = real(asked)
            return (
                Reply(503)
                if asked.method not in ("PROPFIND", "REPORT") and self.is_dead()
                else reply
            )

        rig.peer.answer = answer
        self._rig = rig
        self._real = real

    def is_dead(self) -> bool:
        self.count += 1
        return self.count > self.moment

    def step(self) -> None:
        if self.is_dead():
            raise Unavailable("killed")

    def revive(self, *, restarts: bool) -> None:
        """Let all work again; with ``restarts``, in another process."""
        self._rig.threads.before = self._rig.threads.after = lambda: None
        self._rig.peer.answer = self._real
        if restarts:
            self._rig.side = self._rig.make_side()


def kill_everywhere(
    make_rig: Made,
    prepare: Callable[[Rig], Any],
    work: Callable[[Rig, Any], Any],
    *,
    restarts: bool = True,
) -> Iterator[tuple[Rig, Any]]:
    """Do work and kill it at each of its moments; gives each rig as the next process finds it."""
    for moment in range(100):
        rig = make_rig()
        given = prepare(rig)
        killer = Killer(rig, moment)
        try:
            rig.run(work(rig, given))
            is_done = True
        except StoreError:
            is_done = False
        killer.revive(restarts=restarts)
        yield rig, given
        if is_done and killer.count <= moment:
            return
    raise AssertionError("there is no end to it")


@pytest.mark.parametrize("refreshes", [False, True])
def test_killed_while_adding(make_rig: Made, refreshes: bool) -> None:
    """P1: at whichever step; the device asks again, before or after a refresh."""

    def work(rig: Rig, _given: None) -> Any:
        return rig.side.add(rig.folder("/cal/"), event("A", "a"), OperationId("a"))

    for rig, _ in kill_everywhere(make_rig, lambda _: None, work):
        if refreshes:
            rig.refresh_all()
        head = rig.run(work(rig, None))
        again = rig.run(work(rig, None))
        assert head == again
        rig.refresh_all()
        rig.check_same()
        assert rig.all(rig.folder("/cal/"))["a"].item == head.position.item
        assert len(rig.calendar_shelf.members) == 1


@pytest.mark.parametrize("refreshes", [False, True])
def test_killed_while_replacing(make_rig: Made, refreshes: bool) -> None:
    """The new text stands in both in the end, and no conflict is made up."""

    def prepare(rig: Rig) -> Any:
        add(rig, "a")
        return rig.all(rig.folder("/cal/"))["a"]

    def work(rig: Rig, given: Any) -> Any:
        return rig.side.replace(rig.folder("/cal/"), given.item, event("B", "a"), given.version)

    for rig, before in kill_everywhere(make_rig, prepare, work):
        if refreshes:
            rig.refresh_all()
        rig.run(work(rig, before))
        rig.refresh_all()
        rig.check_same()
        assert rig.all(rig.folder("/cal/"))["a"].source == event("B", "a")


@pytest.mark.parametrize(
    ("refreshed", "has_move", "restarts"),
    [
        ("", True, True),
        ("/cal/", True, True),
        ("/team/", True, False),
        ("/team/", False, True),
        ("/cal/", False, False),
    ],
)
def test_killed_while_moving(
    make_rig: Made, refreshed: str, has_move: bool, restarts: bool
) -> None:
    """The item is given its new id when the device asks again, whatever was refreshed before."""

    def prepare(rig: Rig) -> Any:
        rig.store.has_move = has_move
        items = [add(rig, uid) for uid in "abcd"]
        rig.refresh_all()
        return items

    def work(rig: Rig, items: Any) -> Any:
        return rig.side.move(rig.folder("/cal/"), items[:3], rig.folder("/team/"))

    for rig, items in kill_everywhere(make_rig, prepare, work, restarts=restarts):
        if refreshed:
            rig.run(rig.side.refresh(rig.folder(refreshed)))
        moved = rig.run(work(rig, items))
        assert set(moved) == set(items[:3])
        assert moved == rig.run(work(rig, items))
        rig.refresh_all()
        rig.check_same()
        there = rig.all(rig.folder("/team/"))
        assert {one.item for one in there.values()} == {one.position.item for one in moved.values()}
        assert set(there) == set("abc")
        assert set(rig.all(rig.folder("/cal/"))) == {"d"}


def test_killed_while_deleting(make_rig: Made) -> None:
    """All is gone in the end, and nothing else."""

    def prepare(rig: Rig) -> Any:
        return [add(rig, uid) for uid in "abc"]

    def work(rig: Rig, items: Any) -> Any:
        return rig.side.delete(rig.folder("/cal/"), items[:2])

    for rig, items in kill_everywhere(make_rig, prepare, work):
        rig.run(work(rig, items))
        rig.refresh_all()
        rig.check_same()
        assert set(rig.all(rig.folder("/cal/"))) == {"c"}


def test_killed_while_refreshing(make_rig: Made) -> None:
    """The next one goes on, and nothing is told twice."""

    def prepare(rig: Rig) -> Any:
        for n in range(7):
            rig.calendar_shelf.put(f"/cal/{n}.ics", event("E", str(n)))

    def work(rig: Rig, _given: Any) -> Any:
        return rig.side.refresh(rig.folder("/cal/"))

    for rig, _ in kill_everywhere(make_rig, prepare, work):
        before = rig.all(rig.folder("/cal/"))
        rig.refresh_all()
        rig.check_same()
        after = rig.all(rig.folder("/cal/"))
        assert {uid: after[uid].version for uid in before} == {
            uid: one.version for uid, one in before.items()
        }


_STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["add", "replace", "delete", "move", "refresh", "their add", "their put",
             "their drop", "their undoing", "forget", "restart"]
        ),
        st.integers(0, 2**16),
    ),
    max_size=25,
)  # fmt: skip


@settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
@given(steps=_STEPS, has_move=st.booleans(), has_history=st.booleans(), compares=st.booleans())
def test_two_clients(
    tmp_path_factory: pytest.TempPathFactory,
    steps: Sequence[tuple[str, int]],
    has_move: bool,
    has_history: bool,
    compares: bool,
) -> None:
    """Whatever a desktop client does meanwhile: at rest, the mirror is what the server holds."""
    rig = Rig(tmp_path_factory.mktemp("two"))
    rig.store.has_move = has_move
    rig.calendar_shelf.has_history = has_history
    rig.calendar_shelf.compares = rig.team_shelf.compares = compares
    rig.fold()
    try:
        for number, (step, seed) in enumerate(steps):
            _step(rig, step, number, random.Random(seed))
        rig.refresh_all()
        rig.check_same()
    finally:
        rig.threads.db.close()


def _step(rig: Rig, step: str, number: int, chance: random.Random) -> None:
    path, other = chance.sample(["/cal/", "/team/"], 2)
    shelf, folder = rig.store.shelves[path], rig.folder(path)
    mine = sorted(rig.all(folder).items())
    theirs = sorted(shelf.members)
    text = event(f"Step {number}", f"uid-{number}")
    if step == "add":
        rig.run(rig.side.add(folder, text, OperationId(str(number))))
    elif step == "refresh":
        rig.run(rig.side.refresh(folder))
    elif step == "restart":
        rig.side = rig.make_side()
    elif step == "forget":
        shelf.horizon = len(shelf.log)
    elif step == "their add":
        shelf.put(f"{path}their-{number}.ics", text)
    elif theirs and step == "their put":
        chosen = chance.choice(theirs)
        uid = make(shelf.members[chosen][1]).record.uid
        shelf.put(chosen, event(f"Step {number}", uid))
    elif shelf.log and step == "their undoing":
        shelf.undo()
    elif theirs and step == "their drop":
        shelf.drop(chance.choice(theirs))
    elif mine and step in ("replace", "delete", "move"):
        uid, one = chance.choice(mine)
        work: dict[str, Callable[[], Coroutine[Any, Any, Any]]] = {
            "replace": lambda: rig.side.replace(
                folder, one.item, event(f"Step {number}", uid), one.version
            ),
            "delete": lambda: rig.side.delete(folder, [one.item]),
            "move": lambda: rig.side.move(folder, [one.item], rig.folder(other)),
        }
        try:
            rig.run(work[step]())
        except (Conflict, NotFound):
            assert step != "delete"


def test_contacts(rig: Rig) -> None:
    """The same for address books."""
    folder = rig.folder("/book/", "")
    head = rig.run(rig.side.add(folder, card(), OperationId("c")))
    rig.book.put("/book/theirs.vcf", card("Bob", "card-2"))
    rig.refresh_all()
    rig.check_same()
    assert next(iter(rig.book.members)).endswith(".vcf")
    assert link_of(rig.threads.db, folder).kind is FolderKind.CONTACTS
    assert rig.all(folder)["card-1"].item == head.position.item


def test_missing_standard_folders(rig: Rig) -> None:
    """Made once, and never where the server says no; what is there of the name is taken."""
    rig.store.before = lambda asked: Reply(403) if asked.path == "/notes/" else None
    rig.side = rig.make_side(makes_missing=True)
    rig.fold()
    rig.fold()
    asked = [one for one in rig.peer.lines if one.startswith("MK")]
    assert asked == ["MKCALENDAR /tasks/", "MKCALENDAR /notes/"]
    kinds = {one.kind: one.place for one in links(rig.threads.db)}
    assert kinds[FolderKind.TASKS].endswith("/tasks/")
    assert FolderKind.NOTES not in kinds
    assert rig.store.shelves["/tasks/"].components == ("VTODO",)


def test_folders_are_made_once(rig: Rig) -> None:
    """P1: the same operation, the same collection."""
    for kind in (FolderKind.USER_CALENDAR, FolderKind.USER_CONTACTS):
        one = rig.run(rig.side.create("Mine", kind, OperationId(f"make {kind}")))
        again = rig.run(rig.make_side().create("Mine", kind, OperationId(f"make {kind}")))
        assert one == again
    assert len(rig.store.shelves) == 5


def test_a_folder_that_goes_in_the_middle_of_its_refresh(rig: Rig) -> None:
    """Nothing is entered into what is not there."""
    for n in range(5):
        rig.team_shelf.put(f"/team/{n}.ics", event("E", str(n)))
    number = link_of(rig.threads.db, rig.folder("/team/")).folder

    def drop(asked: Asked) -> None:
        if b"multiget" in asked.body:
            rig.threads.db.execute("DELETE FROM folder WHERE id = ?", (number,))

    rig.store.before = drop
    with pytest.raises(NotFound):
        rig.run(rig.side.refresh(rig.folder("/team/")))


def test_a_uid_that_is_taken_in_another_calendar(make_rig: Made) -> None:
    """Where a server lets it stand in one only, the object moves; killed at any step."""

    def prepare(rig: Rig) -> ItemId:
        rig.store.has_unique_uids = True
        return add(rig, "a")

    def work(rig: Rig, _before: ItemId) -> Any:
        return rig.side.add(rig.folder("/team/"), event("Moved", "a"), OperationId("moved"))

    for rig, before in kill_everywhere(make_rig, prepare, work):
        try:
            head = rig.run(work(rig, before))
            assert head == rig.run(work(rig, before))
            assert rig.all(rig.folder("/team/"))["a"].item == head.position.item
        except Conflict:  # it was moved, and has the old text: what the caller does then
            found = rig.all(rig.folder("/team/"))["a"]
            rig.run(
                rig.side.replace(
                    rig.folder("/team/"), found.item, event("Moved", "a"), found.version
                )
            )
        assert rig.run(rig.side.delete(rig.folder("/cal/"), [before])) == frozenset()
        rig.refresh_all()
        rig.check_same()
        assert rig.all(rig.folder("/team/"))["a"].source == event("Moved", "a")


def test_a_server_that_is_away(rig: Rig) -> None:
    """It is not asked again at once by everybody; absent homes say nothing of a folder."""
    rig.side = rig.make_side(fresh_s=10.0)
    for status, asked in ((503, 2), (404, 9)):  # where there is no home, others are looked for
        rig.store.before = lambda _, status=status: Reply(status)  # type: ignore[misc]
        rig.peer.asked.clear()
        for _ in range(3):
            with pytest.raises(Unavailable):
                rig.run(rig.side.refresh(rig.folder("/cal/")))
        assert len(rig.peer.asked) == asked
        rig.peer.clock.advance(31.0)
    rig.store.before = lambda _: None
    rig.refresh_all()


def test_a_refresh_goes_on_without_its_caller(rig: Rig) -> None:
    """Who no longer waits breaks nothing off; who comes later shares it."""
    rig.calendar_shelf.put("/cal/a.ics", event("A", "a"))
    first = Deferred.fromCoroutine(rig.side.refresh(rig.folder("/cal/")))
    second = Deferred.fromCoroutine(rig.side.refresh(rig.folder("/cal/")))
    first.addErrback(lambda failure: failure.trap(CancelledError))
    first.cancel()
    rig.peer.result(second)
    assert set(rig.all(rig.folder("/cal/"))) == {"a"}
    assert sum(b"multiget" in one.body for one in rig.peer.asked) == 1


def test_a_server_of_older_contacts(rig: Rig) -> None:
    """One that refuses vCard 4.0 gets 3.0 (RFC 6352 6.3.2.1), and the mirror has that."""

    def refuse(asked: Asked) -> Reply | None:
        return Reply(415) if asked.method == "PUT" and b"VERSION:4.0" in asked.body else None

    rig.store.before = refuse
    folder = rig.folder("/book/", "")
    rig.run(rig.side.add(folder, card(), OperationId("older")))
    (one,) = rig.all(folder).values()
    assert b"VERSION:3.0" in one.source
    assert one.record == make(card()).record
    rig.run(rig.side.replace(folder, one.item, one.source + b"\r\n", one.version))
    rig.refresh_all()
    rig.check_same()


def test_a_target_that_went(rig: Rig) -> None:
    """Whatever the server says then: what was not moved stays; what is gone goes."""
    items = [add(rig, "a"), add(rig, "b")]
    rig.refresh_all()
    del rig.store.shelves["/team/"]
    rig.calendar_shelf.drop(next(iter(rig.calendar_shelf.members)))
    with pytest.raises(NotFound):
        rig.run(rig.side.move(rig.folder("/cal/"), items, rig.folder("/team/")))
    assert set(rig.all(rig.folder("/cal/"))) == {"b"}
    rig.refresh_all()
    rig.check_same()
