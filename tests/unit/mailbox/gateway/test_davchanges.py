"""What changed: by the server's history, or by comparison."""

import re
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from carbonio_mobile.dav.collection import Collection, Kind
from carbonio_mobile.dav.etags import ETag
from carbonio_mobile.dav.faults import LoginRefused, StaleToken, TooMany, TryLater, Unreadable
from carbonio_mobile.dav.hrefs import Url, read_url
from carbonio_mobile.dav.members import Changes
from carbonio_mobile.dav.names import SYNC_REPORT
from carbonio_mobile.errors import Conflict, NotAllowed, NotFound
from carbonio_mobile.mailbox.davclient.changes import DavChanges, is_current
from tests.unit.mailbox.gateway.davrig import (
    SITE,
    Asked,
    Peer,
    Reply,
    etag,
    gone,
    multistatus,
    response,
)

CAL = Collection(
    url=read_url(SITE + "cal/"),
    kind=Kind.CALENDAR,
    name="x",
    reports=frozenset((SYNC_REPORT,)),
)
OLD = replace(CAL, reports=frozenset())
ERROR = b'<error xmlns="DAV:"><%s/></error>'


def url(name: str) -> Url:
    return read_url(f"{SITE}cal/{name}.ics")


def known(**etags: str) -> dict[Url, ETag | None]:
    return {url(name): ETag(f'"{value}"') for name, value in etags.items()}


def ask(peer: Peer, collection: Collection, token: str, **etags: str) -> Changes:
    work = DavChanges(peer.connection(), page=100).changes(collection, token, known(**etags))
    return peer.run(work)


def member(name: str, value: str) -> str:
    return etag(f"/cal/{name}.ics", value)


class SyncTests(SynchronousTestCase):
    """RFC 6578."""

    def test_first_time(self) -> None:
        """All that differs from what is known; what is known and not there is gone."""
        inner = member("a", "1") + member("b", "2") + member("c", "1")
        peer = Peer(lambda _: multistatus(inner, token="t1"))
        found = ask(peer, CAL, "", a="1", b="1", d="1")
        self.assertEqual(found.changed, known(b="2", c="1"))
        self.assertEqual((found.gone, found.token), ((url("d"),), "s:t1"))
        (asked,) = peer.asked
        self.assertEqual((asked.method, asked.headers["depth"]), ("REPORT", "0"))

    def test_afterwards(self) -> None:
        """Only what changed is told; own changes are left out; others stay as they are."""
        inner = member("a", "2") + gone("/cal/b.ics") + member("c", "3")
        peer = Peer(lambda _: multistatus(inner, token="t2"))
        found = ask(peer, CAL, "s:t1", a="1", b="1", c="3", d="1")
        self.assertEqual(found.changed, known(a="2"))
        self.assertEqual((found.gone, found.token), ((url("b"),), "s:t2"))
        self.assertIn(b">t1<", peer.asked[0].body)

    def test_pages(self) -> None:
        """507 for the collection means more; what a later page says of a member counts."""
        more = gone("/cal/", 507)
        pages = {
            b"": multistatus(member("a", "1") + member("b", "1") + more, token="p1"),
            b"p1": multistatus(gone("/cal/a.ics") + gone("/cal/c.ics") + more, token="p2"),
            b"p2": multistatus(member("c", "2"), token="p3"),
        }

        def answer(asked: Asked) -> Reply:
            match = re.search(b"sync-token>(.*)</D:sync-token", asked.body)
            return pages[match[1] if match else b""]

        found = ask(Peer(answer), CAL, "", x="1")
        self.assertEqual(found.changed, known(b="1", c="2"))
        self.assertEqual((found.gone, found.token), ((url("x"),), "s:p3"))

    def test_servers_without_pages(self) -> None:
        """RFC 6578 3.7: asked again without a limit."""
        full = ERROR % b"number-of-matches-within-limits"

        def answer(asked: Asked) -> Reply:
            if b"nresults" in asked.body:
                return Reply(507, full)
            return multistatus(member("a", "1"), token="t")

        peer = Peer(answer)
        self.assertEqual(ask(peer, CAL, "").changed, known(a="1"))
        self.assertEqual(len(peer.asked), 2)

    def test_pages_without_progress(self) -> None:
        """A server that never comes to an end is left."""
        more = gone("/cal/", 507)
        peer = Peer(lambda _: multistatus(member("a", "1") + more, token="same"))
        with self.assertRaises(Unreadable):
            ask(peer, CAL, "s:same")
        peer = Peer(lambda _: multistatus(member("a", "1")))
        with self.assertRaises(Unreadable):
            ask(peer, CAL, "")

    def test_limits_that_do_not_help(self) -> None:
        """Too much even without a limit of ours; a conflict that is not the token's."""
        full = Reply(507, ERROR % b"number-of-matches-within-limits")
        for reply, kind, count in ((full, TooMany, 2), (Reply(409), Conflict, 1)):
            peer = Peer(lambda _, reply=reply: reply)
            with self.assertRaises(kind):
                ask(peer, CAL, "")
            self.assertEqual(len(peer.asked), count)

    def test_large_comparisons_are_made_elsewhere(self) -> None:
        """Thousands of members are compared in a thread, a few at once."""
        for count, expected in ((10, 0), (3000, 2)):
            names = [f"m{n}" for n in range(count)]
            inner = "".join(member(name, "1") for name in names)
            peer = Peer(lambda _, inner=inner: multistatus(inner, token="t"))
            connection = peer.connection()
            elsewhere: list[object] = []
            inner_thread = connection.site.in_thread

            def counted(function: Any, inner: Any = inner_thread, seen: Any = elsewhere) -> Any:
                seen.append(function)
                return inner(function)

            connection.site.in_thread = counted
            work = DavChanges(connection, page=9999).changes(CAL, "", known(m1="1", x="1"))
            found = peer.run(work)
            self.assertEqual((len(found.changed), found.gone), (count - 1, (url("x"),)))
            self.assertEqual(len(elsewhere), expected)

    def test_stale_tokens(self) -> None:
        """However a server says that it does not know one; Xandikos breaks."""
        for reply in (
            Reply(403, ERROR % b"valid-sync-token"),
            Reply(409, ERROR % b"valid-sync-token"),
            Reply(412),
            Reply(400),
            Reply(403),
            Reply(500),
        ):
            with self.assertRaises(StaleToken):
                ask(Peer(lambda _, reply=reply: reply), CAL, "s:old")

    def test_other_failures(self) -> None:
        """Not every failure is the token's."""
        for reply, kind in ((Reply(401), LoginRefused), (Reply(503), TryLater),
                            (Reply(404), NotFound), (Reply(502), TryLater)):  # fmt: skip
            with self.assertRaises(kind):
                ask(Peer(lambda _, reply=reply: reply), CAL, "s:old")
        with self.assertRaises(TryLater):
            ask(Peer(lambda _: Reply(500)), CAL, "")

    def test_a_report_that_is_only_announced(self) -> None:
        """Comparison instead; and a refusal there is a refusal."""

        def answer(asked: Asked) -> Reply:
            return Reply(501) if asked.method == "REPORT" else multistatus(member("a", "1"))

        self.assertEqual(ask(Peer(answer), CAL, "").changed, known(a="1"))
        with self.assertRaises(NotAllowed):
            ask(Peer(lambda _: Reply(403)), CAL, "")

    def test_what_is_no_member(self) -> None:
        """The collection itself and collections below; a member that could not be looked at."""
        inner = etag("/cal/", "x") + etag("/cal/below/", "y") + gone("/cal/z.ics", 403)
        peer = Peer(lambda _: multistatus(inner + response("/cal/a.ics", ""), token="t"))
        self.assertEqual(ask(peer, CAL, "").changed, {url("a"): None})

    def test_from_comparison_to_history(self) -> None:
        """A server that learns sync-collection: all is compared once."""
        peer = Peer(lambda _: multistatus(member("a", "2"), token="t"))
        found = ask(peer, CAL, "c:ctag", a="1", b="1")
        self.assertEqual((found.changed, found.gone), (known(a="2"), (url("b"),)))


class ComparisonTests(SynchronousTestCase):
    """Zimbra has no sync-collection: ctag, then etags."""

    def test_nothing_new(self) -> None:
        """One small question."""
        peer = Peer(lambda _: multistatus(response("/cal/", "<S:getctag>7</S:getctag>")))
        self.assertEqual(ask(peer, OLD, "c:7", a="1"), Changes(changed={}, gone=(), token="c:7"))
        self.assertEqual([one.headers["depth"] for one in peer.asked], ["0"])

    def test_something_new(self) -> None:
        """Etags of all; the token is the ctag from before they were read."""
        ctags = iter("89")

        def answer(asked: Asked) -> Reply:
            own = response("/cal/", f"<S:getctag>{next(ctags)}</S:getctag>")
            if asked.headers["depth"] == "0":
                return multistatus(own)
            below = response("/cal/sub", "<D:resourcetype><D:collection/></D:resourcetype>")
            return multistatus(own + member("a", "2") + member("b", "1") + below)

        found = ask(Peer(answer), OLD, "c:7", a="1", b="1", c="1")
        self.assertEqual(found, Changes(changed=known(a="2"), gone=(url("c"),), token="c:8"))

    def test_servers_without_anything(self) -> None:
        """No ctag: etags are compared each time."""
        peer = Peer(lambda _: multistatus(etag("/cal/", "x") + member("a", "1")))
        for _ in range(2):
            found = ask(peer, OLD, "", a="1")
            self.assertEqual(found, Changes(changed={}, gone=(), token=""))
        self.assertEqual(len(peer.asked), 4)

    def test_members_without_etags(self) -> None:
        """They may have changed: they are given each time."""
        peer = Peer(lambda _: multistatus(response("/cal/a.ics", "")))
        self.assertEqual(ask(peer, OLD, "", a="1").changed, {url("a"): None})


def test_listing_tells_what_is_current() -> None:
    """One question for all folders of an account."""
    fresh = replace(CAL, sync_token="t", ctag="7")
    assert is_current(fresh, "s:t")
    assert is_current(fresh, "c:7")
    assert not is_current(fresh, "s:7")
    assert not is_current(fresh, "")
    assert not is_current(OLD, "c:")
    assert not is_current(OLD, "s:")


NAMES = st.sampled_from("abcdef")
STATES = st.dictionaries(NAMES, st.sampled_from("123"), max_size=6)


@settings(deadline=None, max_examples=60)
@given(st.lists(STATES, min_size=1, max_size=5), st.booleans(), st.integers(1, 3))
def test_changes_lead_to_the_servers_state(
    history: list[dict[str, str]], can_sync: bool, page: int
) -> None:
    """Applied to what was known, they give what the server has: by any way, in any pages."""
    held: dict[Url, ETag | None] = {}
    token = ""
    at = 0

    def answer(asked: Asked) -> Reply:
        now = history[at]
        if asked.method == "PROPFIND":
            own = response("/cal/", f"<S:getctag>{at}</S:getctag>")
            members = "".join(member(*one) for one in now.items())
            return multistatus(own + (members if asked.headers["depth"] == "1" else ""))
        match = re.search(b"sync-token>([0-9]+)\\.([0-9]+)<", asked.body)
        since, skip = (int(match[1]), int(match[2])) if match else (-1, 0)
        before = history[since] if since >= 0 else {}
        lines = [member(k, v) for k, v in now.items() if before.get(k) != v]
        lines += [gone(f"/cal/{k}.ics") for k in before if k not in now]
        if skip + page < len(lines):
            rest = "".join(lines[skip : skip + page]) + gone("/cal/", 507)
            # The token of a page names where it began: only the last one moves on.
            return multistatus(rest, token=f"{since if since >= 0 else 99}.{skip + page}")
        return multistatus("".join(lines[skip:]), token=f"{at}.0")

    history = [*history, *[{}] * (100 - len(history))]  # 99 stands for the beginning
    peer = Peer(answer)
    reading = DavChanges(peer.connection(), page=page)
    for at in range(5):
        found = peer.run(reading.changes(CAL if can_sync else OLD, token, held))
        assert not set(found.changed) & set(found.gone)
        held.update(found.changed)
        for one in found.gone:
            held.pop(one, None)
        token = found.token
        assert held == known(**history[at])
