"""Dovecot restarted, killed, slow, full, or changed by others under the gateway (issue 6, 6)."""

import contextlib
import os
import signal
from pathlib import Path

from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread
from twisted.logger import capturedLogs, formatEvent

from carbonio_mobile.errors import NotFound, OverQuota, Unavailable
from carbonio_mobile.ids import AccountId, OperationId
from carbonio_mobile.interfaces import IMailbox
from carbonio_mobile.mailbox.imapclient.wire import WireLimits
from carbonio_mobile.mime.mailitem import BodyWish, MailPatch
from carbonio_mobile.sync.changes import NEWEST, OLDEST
from tests.interop.gatewaycase import READ, GatewayCase, name_of, numbered, reach, reactor
from tests.peers.desktop import letter
from tests.peers.dovecot import requires_dovecot

MB = 1 << 20


@requires_dovecot
class AwayTests(GatewayCase):
    """The server goes and comes back: Unavailable meanwhile, and nothing is lost or doubled."""

    async def test_restarted(self) -> None:
        """Design P2: after a restart all is as it was, without anybody's help."""
        for name in numbered("before", range(5)):
            await self.add(name)
        token = await self.box.token(self.inbox)
        await deferToThread(self.dovecot.restart)
        self.assertEqual(token, await self.until_done(lambda: self.box.token(self.inbox)))
        await self.add("after")
        self.assertEqual([*["after"], *numbered("before", range(5))], await self.names())

    async def test_away(self) -> None:
        """While it is away everybody is told Unavailable, at once; then it works again."""
        await self.add("before")
        await deferToThread(self.dovecot.kill)
        try:
            for _ in range(3):
                with self.assertRaises(Unavailable):
                    await self.box.changes(
                        self.inbox, await self.box._local.token(self.inbox), limit=10
                    )
                with self.assertRaises(Unavailable):
                    await self.add("meanwhile")
        finally:
            await deferToThread(self.dovecot.start)
        await self.until_done(lambda: self.add("meanwhile"))
        self.assertEqual(["before", "meanwhile"], await self.names())
        self.assertEqual(["before", "meanwhile"], await self.on_server())

    async def killed_in(self, work: "Deferred[None]", delay_s: float) -> None:
        """Kill all of Dovecot a moment after something began, and start it again."""
        work.addErrback(lambda failure: failure.trap(Unavailable) and None)
        await deferLater(reactor, delay_s, lambda: None)
        await deferToThread(self.dovecot.kill)
        await deferToThread(self.dovecot.start)
        await work

    async def test_killed_in_append(self) -> None:
        """Design P1: what is stored again after a kill stands there once."""
        for n in range(6):
            work = ensureDeferred(self.store_big(f"big-{n}"))
            await self.killed_in(work, 0.004 * n)
            await self.until_done(lambda n=n: self.store_big(f"big-{n}"))  # type: ignore[misc]
        self.assertEqual([f"big-{n}" for n in range(6)], await self.on_server())
        self.assertEqual([f"big-{n}" for n in range(6)], await self.names())

    async def store_big(self, name: str) -> None:
        await self.add(name, size=MB)

    async def test_killed_in_move(self) -> None:
        """Each of many messages stands in one of both folders, and the phone sees where."""
        names = numbered("m", range(60))
        await self.deliver(*names)
        for n in range(5):
            items = list(await self.until_done(self.held))
            work = ensureDeferred(self.move(items[: 12 * (n + 1)]))
            await self.killed_in(work, 0.001 + 0.003 * n)
            both = await self.until_done(self.both)
            self.assertEqual(sorted(names), sorted([*both[0], *both[1]]))
            self.assertEqual(both[0], await self.on_server(all_of_them=True))
            self.assertEqual(both[1], await self.on_server("Trash", all_of_them=True))
        await self.until_done(self.move_all)
        self.assertEqual(names, await self.names(self.trash))

    async def move_all(self) -> None:
        await self.move(list(await self.held()))

    async def move(self, items: list) -> None:  # type: ignore[type-arg]
        await self.box.move(self.inbox, items, self.trash)

    async def both(self) -> tuple[list[str], list[str]]:
        return await self.names(self.inbox), await self.names(self.trash)

    async def test_killed_in_fetch(self) -> None:
        """What a reading that was broken off lacks, the next one has."""
        names = numbered("f", range(150))
        await self.deliver(*names)
        for n in range(4):
            work = ensureDeferred(self.read_all())
            await self.killed_in(work, 0.01 * n)
            await self.box.mail._jobs.write(forget_contents)
        self.assertEqual(names, await self.until_done(self.names))

    async def read_all(self) -> None:
        await self.held()


def forget_contents(change) -> None:  # type: ignore[no-untyped-def]  # Change
    """Let the mirror forget what messages say."""
    change.db.execute("DELETE FROM body")
    change.db.execute("UPDATE remote_message SET cached_bytes = 0")


@requires_dovecot
class SlowTests(GatewayCase):
    """One account's process at the server stands still."""

    wire = WireLimits(silence_s=0.6, command_s=0.8, goodbye_s=0.2)

    async def test_slow(self) -> None:
        """Design P4: its requests end in time, others' go on, and it recovers by itself."""
        await self.add("before")
        self.dovecot.add_user("other@example.com")
        client = await deferToThread(reach, self.dovecot, "other@example.com")
        await deferToThread(client.logout)
        other = await self.gateway.mailboxes.open(AccountId("other@example.com"))
        await other.hierarchy()
        stopped = [one for one in self.dovecot.processes() if _is_of(one, self.dovecot.place)]
        mine = [one for one in stopped if _works_for(one, self.dovecot.place, self.user)]
        self.assertTrue(mine)
        for one in mine:
            os.kill(one, signal.SIGSTOP)
        try:
            waiting = ensureDeferred(self.box.token(self.inbox))
            waiting.addErrback(lambda failure: failure.trap(Unavailable))
            await self.use(other)
            self.assertFalse(waiting.called, "others waited for this one")
            self.assertIs(Unavailable, await waiting)
        finally:
            for one in mine:
                os.kill(one, signal.SIGCONT)
        await self.until_done(lambda: self.add("after"))
        self.assertEqual(["after", "before"], await self.names())
        self.assertEqual(["after", "before"], await self.on_server())

    async def use(self, box: IMailbox) -> None:
        inbox = self.inbox
        head = await box.append(
            inbox, letter("other", 10), READ, received=1e9, operation=OperationId("o")
        )
        await box.update(inbox, {head.item: MailPatch(read=False)})


def _is_of(process: int, place: Path) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/comm").read_text().strip() == "imap"
    return False


def _works_for(process: int, place: Path, user: str) -> bool:
    """Tell whether an imap process has files of an account open."""
    home = f"{place}/mail/{user}/"
    with contextlib.suppress(OSError):
        for one in Path(f"/proc/{process}/fd").iterdir():
            with contextlib.suppress(OSError):
                if str(one.readlink()).startswith(home):
                    return True
    return False


@requires_dovecot
class FullTests(GatewayCase):
    """The account has a quota at the server."""

    quota = "storage=1M"

    async def test_over_quota(self) -> None:
        """What does not fit is refused as such, leaves no trace, and stops nothing else."""
        await self.add("small")
        with self.assertRaises(OverQuota):
            await self.add("large", size=3 * MB)
        await self.add("also")
        self.assertEqual(["also", "small"], await self.names())
        with self.assertRaises(OverQuota):
            await self.add("large", size=3 * MB)
        self.assertEqual(["also", "small"], await self.on_server())


@requires_dovecot
class OthersTests(GatewayCase):
    """Another client changes the mailbox."""

    async def test_seen_at_once(self) -> None:
        """Dovecot shows a selected mailbox as it was last looked at; phones see it as it is."""
        for n in range(5):
            await self.deliver(f"new-{n}")
            self.assertEqual([f"new-{k}" for k in range(n + 1)], await self.names())

    async def test_seen_after_another_selection(self) -> None:
        """What came while another mailbox was selected, or before the same one was again."""
        item = (await self.add("first")).item
        other = (await self.add("elsewhere", folder=self.trash)).item
        names = ["first"]
        whole = BodyWish(source_bytes=None)  # it is not kept, so that the mailbox is selected
        for n in range(4):
            await self.names()
            await self.box.token(self.inbox)
            if n % 2:
                await self.box.read(self.trash, [other], whole)
            names.append(f"new-{n}")
            await self.deliver(names[-1])
            if n < 2:
                await self.box.read(self.inbox, [item], whole)
            else:
                await self.box.update(self.inbox, {item: MailPatch(read=bool(n % 2))})
            self.assertEqual(names, await self.names())

    async def test_written_by_a_connection_that_saw_less(self) -> None:
        """What the mirror knows is changed, whichever connection is lent for it."""
        await self.deliver("old")
        await self.held()
        pool = self.gateway.pool
        first = await pool.borrow(self.box.account, "INBOX")
        await self.deliver("new")
        held = await self.held()  # by another connection
        second = await pool.borrow(self.box.account, "INBOX")
        pool.give_back(self.box.account, first)
        new = max(held)
        heads = await self.box.move(self.inbox, [new], self.trash)
        self.assertEqual([new], list(heads))
        pool.give_back(self.box.account, second)
        self.assertEqual(["new"], await self.on_server("Trash"))
        self.assertEqual((["old"], ["new"]), (await self.names(), await self.names(self.trash)))

    async def make(self, place: str, *names: str) -> None:
        await self.other("create", place)
        for n, name in enumerate(names):
            await self.deliver(name, place=place, when=1.6e9 + 60 * n)

    async def make_anew(self, place: str) -> None:
        """Have a mailbox replaced by a copy of it: the same messages, another UIDVALIDITY."""
        await self.other("create", "Copy")
        await self.other("select", place)
        await self.other("uid", "COPY", "1:*", "Copy")
        await self.other("unselect")
        await self.other("delete", place)
        await self.other("rename", "Copy", place)

    async def test_uidvalidity(self) -> None:
        """What is known again keeps its id; twins come anew, and nothing is there twice.

        RFC 9051 2.3.1.1.
        """
        await self.make("Project", "a", "b", "twin", "twin", "c")
        await self.deliver("twin", place="Project", when=1.6e9 + 180)  # as another one
        folder = (await self.folders())["Project"].id
        before = await self.held(folder)
        token = await self.box.token(folder)
        await self.make_anew("Project")
        with capturedLogs() as told:
            self.assertEqual(folder, (await self.folders())["Project"].id)
            after = await self.until_done(lambda: self.held(folder))
        said = [formatEvent(one) for one in told]
        self.assertEqual(1, sum("UIDVALIDITY" in one and "of 6 messages 4" in one for one in said))
        self.assertEqual(["a", "b", "c", "twin", "twin", "twin"], await self.names(folder))
        same = [item for item in before if item in after]
        self.assertEqual(4, len(same))
        for item in same:
            self.assertEqual(before[item].record, after[item].record)
        batch = await self.box.changes(folder, token, limit=100)
        self.assertEqual((2, 2), (len(batch.gone), len(batch.changed)))

    async def test_uidvalidity_in_doubt(self) -> None:
        """A write that was cut is found again under its new UID."""
        await self.make("Project", "a")
        folder = (await self.folders())["Project"].id
        await self.held(folder)
        await self.stop_after_store()
        with self.assertRaises(Unavailable):
            await self.add("b", folder=folder)
        await self.make_anew("Project")
        await self.stop()
        await self.begin()
        head = await self.until_done(lambda: self.add("b", folder=folder))
        self.assertEqual(["a", "b"], await self.on_server("Project"))
        self.assertEqual(["a", "b"], await self.names(folder))
        self.assertIn(head.item, await self.held(folder))

    async def stop_after_store(self) -> None:
        """Have the next append done, and nobody told."""
        connection = await self.gateway.pool.borrow(self.box.account, "Project")
        append = connection.append

        async def untold(*args, **manner):  # type: ignore[no-untyped-def]  # passed on
            await append(*args, **manner)
            connection.wire.abort("cut")
            raise Unavailable("cut")

        connection.append = untold  # type: ignore[method-assign]
        self.gateway.pool.give_back(self.box.account, connection)

    async def test_another_mailbox_of_the_name(self) -> None:
        """A connection that has the old one selected serves the new one, too."""
        await self.make("Project", "a")
        folder = (await self.folders())["Project"].id
        await self.held(folder)
        await self.other("delete", "Project")
        await self.make("Project", "b", "other")
        await self.folders()  # as FolderSync, or a Ping once a minute, has them looked at
        self.assertEqual(["b", "other"], await self.until_done(lambda: self.names(folder)))
        found = {name_of(one): item for item, one in (await self.held(folder)).items()}
        await self.box.delete(folder, [found["other"]])
        self.assertEqual(["b"], await self.on_server("Project"))

    async def test_renamed(self) -> None:
        """A folder that another client renamed in mid-sync keeps its id and its items."""
        await self.make("Project", "a", "b")
        folder = (await self.folders())["Project"].id
        before = await self.held(folder)
        page = await self.box.listing(folder, below=NEWEST, down_to=OLDEST, limit=1)
        await self.other("rename", "Project", "Archive")
        below = page.heads[0].position
        with self.assertRaises(NotFound):  # after Unavailable, since Dovecot ends the connection
            await self.until_done(
                lambda: self.box.listing(folder, below=below, down_to=OLDEST, limit=1)
            )
        hierarchy = await self.box.hierarchy()  # nobody waits until it is old
        renamed = hierarchy.find(folder)
        assert renamed is not None
        self.assertEqual("Archive", renamed.name)
        after = await self.held(folder)
        self.assertEqual(before, after)

    async def test_deleted(self) -> None:
        """A folder that another client deleted in mid-sync is NotFound, then gone."""
        await self.make("Project", "a", "b")
        folder = (await self.folders())["Project"].id
        items = list(await self.held(folder))
        await self.other("delete", "Project")
        with self.assertRaises(NotFound):
            await self.until_done(lambda: self.box.move(folder, items, self.trash))
        with self.assertRaises(NotFound):
            await self.until_done(lambda: self.box.token(folder))
        self.assertIsNone((await self.box.hierarchy()).find(folder))
        with self.assertRaises(NotFound):
            await self.box.read(folder, items, BodyWish())
        self.assertEqual([], await self.names(self.trash))

    async def test_made_while_the_folders_are_read(self) -> None:
        """A folder that a phone makes while the list is on its way does not go again."""
        kind = (await self.folders())["Inbox"].kind.__class__.MAIL
        for n in range(10):
            self.box.tree.stale()
            looking = ensureDeferred(self.box.hierarchy())
            made = await self.box.create_folder(
                None, f"made-{n}", kind, operation=OperationId(f"make-{n}")
            )
            await looking
            self.assertIsNotNone((await self.box.hierarchy()).find(made.id))

    async def test_renamed_and_not_told(self) -> None:
        """A rename whose answer was lost is done once, and a repeat says so."""
        await self.make("Project", "a")
        folder = (await self.folders())["Project"].id
        await self.held(folder)
        await self.other("rename", "Project", "Archive")  # as the lost request did
        await self.box.update_folder(folder, parent=None, name="Archive")
        self.assertEqual("Archive", (await self.box.hierarchy()).find(folder).name)  # type: ignore[union-attr]
        self.assertEqual(["a"], await self.names(folder))
