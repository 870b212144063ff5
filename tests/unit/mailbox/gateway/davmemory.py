"""A DAV server that keeps collections, in memory; and a mirror's database without threads."""

import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape, unescape
from typing import Any

from twisted.internet.defer import Deferred, maybeDeferred

from carbonio_mobile.ids import AccountId
from carbonio_mobile.mailbox.embedded.change import Change
from carbonio_mobile.testing.contracts.mailbox_fixture import RecordingSink
from tests.unit.mailbox.gateway.davrig import Asked, Reply, gone, multistatus, response

_UID = re.compile(rb"^UID:(.*?)\r?$", re.M)
_HREF = re.compile("<D:href>(.*?)</D:href>")
_TOKEN = re.compile("<D:sync-token>token-([0-9]+)</D:sync-token>")


@dataclass
class Shelf:
    """A collection. ``log`` has the path of each change; tokens before ``horizon`` are refused.

    With ``compares``, what changed is told by the states ``before`` each change, as Git would;
    etags and ctag follow from what there is.
    """

    path: str
    name: str = ""
    is_book: bool = False
    components: tuple[str, ...] = ("VEVENT",)
    has_history: bool = True
    has_ctag: bool = True
    is_read_only: bool = False
    members: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    horizon: int = 0
    compares: bool = False
    before: list[dict[str, str]] = field(default_factory=list)
    text_before: bytes | None = None

    def put(self, path: str, text: bytes) -> str:
        """Store a member; gives its etag."""
        self.note(path)
        etag = f"{0 if self.compares else len(self.log)}-{abs(hash(text)) % 10**12}"
        self.members[path] = (etag, text)
        return etag

    def drop(self, path: str) -> None:
        """Delete a member."""
        self.note(path)
        del self.members[path]

    def undo(self) -> None:
        """Put the member that changed last back to what it was before."""
        path, text = self.log[-1], self.text_before
        if text is not None:
            self.put(path, text)
        elif path in self.members:
            self.drop(path)

    def note(self, path: str) -> None:
        """Write down that a member is about to change."""
        self.text_before = self.members[path][1] if path in self.members else None
        self.log.append(path)
        self.before.append(self.etags())

    def etags(self) -> dict[str, str]:
        """Give the present state."""
        return {path: etag for path, (etag, _) in self.members.items()}

    def since(self, number: int) -> list[str]:
        """Give the paths that changed since the first so many changes."""
        if not self.compares or number == len(self.log):
            return list(dict.fromkeys(self.log[number:]))
        then, now = self.before[number], self.etags()
        return [path for path in {**then, **now} if then.get(path) != now.get(path)]

    def described(self) -> str:
        """Give its properties."""
        kind = "A:addressbook" if self.is_book else "C:calendar"
        reports = ["A:addressbook-multiget" if self.is_book else "C:calendar-multiget"]
        reports += ["D:sync-collection"] * self.has_history
        components = "".join(f'<C:comp name="{one}"/>' for one in self.components)
        rights = "D:read" if self.is_read_only else "D:all"
        return (
            f"<D:resourcetype><D:collection/><{kind}/></D:resourcetype>"
            f"<D:displayname>{escape(self.name)}</D:displayname>"
            f"<D:current-user-privilege-set><D:privilege><{rights}/></D:privilege>"
            "</D:current-user-privilege-set>"
            + (
                ""
                if self.is_book
                else f"<C:supported-calendar-component-set>{components}"
                "</C:supported-calendar-component-set>"
            )
            + "<D:supported-report-set>"
            + "".join(
                f"<D:supported-report><D:report><{one}/></D:report></D:supported-report>"
                for one in reports
            )
            + "</D:supported-report-set>"
        )

    def state(self) -> str:
        """Give ctag and token."""
        state = abs(hash(tuple(sorted(self.etags().items())))) if self.compares else len(self.log)
        ctag = f"<S:getctag>ctag-{state}</S:getctag>" if self.has_ctag else ""
        token = f"<D:sync-token>token-{len(self.log)}</D:sync-token>" if self.has_history else ""
        return ctag + token


class Store:
    """What the server holds; ``answer`` is for a :class:`Peer`.

    ``refused`` are statuses for members that cannot be read; ``before`` is called with each
    request and may answer it.
    """

    def __init__(self) -> None:
        self.shelves: dict[str, Shelf] = {}
        self.refused: dict[str, int] = {}
        self.before: Callable[[Asked], Reply | None] = lambda _: None
        self.has_move = True
        self.has_unique_uids = False
        self.location: Callable[[str], str] | None = None

    def add(self, path: str, **more: Any) -> Shelf:
        """Make a collection."""
        self.shelves[path] = Shelf(path, **{"name": path.strip("/"), **more})
        return self.shelves[path]

    def shelf(self, path: str) -> Shelf | None:
        """Give the collection of a member."""
        return self.shelves.get(path.rpartition("/")[0] + "/")

    def answer(self, asked: Asked) -> Reply:
        """Answer a request."""
        reply = self.before(asked)
        if reply is not None:
            return reply
        return getattr(self, f"_{asked.method.lower()}")(asked)  # type: ignore[no-any-return]

    def _propfind(self, asked: Asked) -> Reply:
        text = asked.body.decode()
        if asked.path == "/":
            inner = "".join(
                response(
                    one.path, (one.described() if "resourcetype" in text else "") + one.state()
                )
                for one in self.shelves.values()
            )
            return multistatus(response("/", "<D:resourcetype/>") + inner)
        shelf = self.shelves.get(asked.path)
        if shelf is not None:
            inner = response(shelf.path, shelf.described() + shelf.state())
            if asked.headers.get("depth") == "1":
                inner += self._etags(shelf, shelf.members)
            return multistatus(inner)
        there = self.shelf(asked.path)
        if there is None or asked.path not in there.members:
            return Reply(404)
        return multistatus(self._etags(there, [asked.path]))

    @staticmethod
    def _etags(shelf: Shelf, paths: Any) -> str:
        return "".join(
            response(one, f'<D:getetag>"{shelf.members[one][0]}"</D:getetag>') for one in paths
        )

    def _report(self, asked: Asked) -> Reply:
        shelf = self.shelves.get(asked.path)
        if shelf is None:
            return Reply(404)
        text = asked.body.decode()
        if "sync-collection" in text:
            return self._history(shelf, text)
        return multistatus("".join(self._full(shelf, unescape(one)) for one in _HREF.findall(text)))

    def _full(self, shelf: Shelf, path: str) -> str:
        if path in self.refused:
            return gone(path, self.refused[path])
        if path not in shelf.members:
            return gone(path)
        etag, text = shelf.members[path]
        name = "A:address-data" if shelf.is_book else "C:calendar-data"
        return response(
            path, f'<D:getetag>"{etag}"</D:getetag><{name}>{escape(text.decode())}</{name}>'
        )

    def _history(self, shelf: Shelf, text: str) -> Reply:
        found = _TOKEN.search(text)
        since = int(found[1]) if found else None
        if since is not None and since < shelf.horizon:
            return Reply(403, b'<D:error xmlns:D="DAV:"><D:valid-sync-token/></D:error>')
        changed = list(shelf.members) if since is None else shelf.since(since)
        there = [one for one in changed if one in shelf.members]
        went = [one for one in changed if one not in shelf.members]
        inner = self._etags(shelf, there) + "".join(map(gone, went))
        return multistatus(inner, token=f"token-{len(shelf.log)}")

    def _get(self, asked: Asked) -> Reply:
        shelf = self.shelf(asked.path)
        if asked.path in self.refused:
            return Reply(self.refused[asked.path])
        if shelf is None or asked.path not in shelf.members:
            return Reply(404)
        etag, text = shelf.members[asked.path]
        return Reply(200, text, {"ETag": f'"{etag}"'})

    def _is_expected(self, asked: Asked, shelf: Shelf, path: str) -> bool:
        there = shelf.members.get(path)
        wanted = asked.headers.get("if-match")
        if asked.headers.get("if-none-match") == "*" and there is not None:
            return False
        return wanted is None or (there is not None and wanted == f'"{there[0]}"')

    def _put(self, asked: Asked) -> Reply:
        path = asked.path
        shelf = self.shelf(path)
        if shelf is None:
            return Reply(409)
        if not self._is_expected(asked, shelf, path):
            return Reply(412)
        taken = self._taken(shelf, (path,), asked.body)
        if taken:
            return _uid_conflict(taken)
        headers = {}
        if self.location is not None and path not in shelf.members:
            path = self.location(path)
            headers["Location"] = path
        return Reply(201, b"", headers | {"ETag": f'"{shelf.put(path, asked.body)}"'})

    def _taken(self, shelf: Shelf, paths: tuple[str, ...], text: bytes) -> str:
        uid = _UID.search(text)
        for one in self.shelves.values() if self.has_unique_uids else (shelf,):
            for other, (_, there) in one.members.items():
                found = _UID.search(there)
                if other not in paths and uid and found and uid[1] == found[1]:
                    return other
        return ""

    def _delete(self, asked: Asked) -> Reply:
        if asked.path in self.shelves:
            del self.shelves[asked.path]
            return Reply(204)
        shelf = self.shelf(asked.path)
        if shelf is None or asked.path not in shelf.members:
            return Reply(404)
        if not self._is_expected(asked, shelf, asked.path):
            return Reply(412)
        shelf.drop(asked.path)
        return Reply(204)

    def _move(self, asked: Asked) -> Reply:
        if not self.has_move:
            return Reply(405)
        target = "/" + asked.headers["destination"].partition("://")[2].partition("/")[2]
        origin, goal = self.shelf(asked.path), self.shelf(target)
        if origin is None or asked.path not in origin.members:
            return Reply(404)
        if goal is None:
            return Reply(404)  # 409 would be right
        if not self._is_expected(asked, origin, asked.path) or target in goal.members:
            return Reply(412)
        text = origin.members[asked.path][1]
        taken = self._taken(goal, (target, asked.path), text)
        if taken:
            return _uid_conflict(taken)
        goal.put(target, text)
        origin.drop(asked.path)
        return Reply(201)

    def _mkcalendar(self, asked: Asked) -> Reply:
        return self._made(asked, is_book=False)

    def _mkcol(self, asked: Asked) -> Reply:
        return self._made(asked, is_book=True)

    def _made(self, asked: Asked, *, is_book: bool) -> Reply:
        if asked.path in self.shelves:
            return Reply(405)
        text = asked.body.decode()
        name = re.search("<D:displayname>(.*?)</D:displayname>", text)
        components = tuple(re.findall('<C:comp name="([A-Z]+)"', text))
        self.add(asked.path, name=name[1] if name else "", is_book=is_book, components=components)
        return Reply(201)

    def _proppatch(self, asked: Asked) -> Reply:
        name = re.search("<D:displayname>(.*?)</D:displayname>", asked.body.decode())
        if name:
            self.shelves[asked.path].name = unescape(name[1])
        return multistatus(response(asked.path, "<D:displayname/>"))


def _uid_conflict(path: str) -> Reply:
    return Reply(
        409,
        b'<D:error xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><C:no-uid-conflict>'
        + f"<D:href>{path}</D:href></C:no-uid-conflict></D:error>".encode(),
    )


class InlineThreads:
    """Stands for DatabaseThreads: does all at once. ``before`` is called before each write, and
    ``after`` after it.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db
        self.sink = RecordingSink()
        self.before: Callable[[], None] = lambda: None
        self.after: Callable[[], None] = lambda: None
        self.now = 1000.0

    def read(self, _account: AccountId, read: Callable[[Any], Any]) -> Deferred[Any]:
        """Do a read."""
        return maybeDeferred(read, self.db)

    def seconds(self) -> float:
        """Give the time."""
        return self.now

    def write(self, account: AccountId, write: Callable[[Change], Any]) -> Deferred[Any]:
        """Do a write."""
        return maybeDeferred(self._write, account, write)

    def planned_write(self, account: AccountId, plan: Any, *, size_bytes: int) -> Deferred[Any]:
        """Do a planned write."""
        return maybeDeferred(lambda: self._write(account, plan(None)))

    def _write(self, account: AccountId, write: Callable[[Change], Any]) -> Any:
        self.before()
        self.now += 1
        self.db.execute("BEGIN IMMEDIATE")
        try:
            change = Change(self.db, now=self.now)
            outcome = write(change)
            notice = change.finish()
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")
        notice.tell(self.sink, account)
        self.after()
        return outcome
