"""What the tests of the doctor share: a report to write in, and servers that are played."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from twisted.internet.defer import Deferred

from carbonio_mobile.imap.responses import Fetch, MailboxStatus, Namespaces, Quota
from carbonio_mobile.imap.uidsets import UidSet
from carbonio_mobile.mailbox.gateway.logins.keychain import LoginPlan
from carbonio_mobile.mailbox.imapclient.mailboxes import Mailbox
from carbonio_mobile.setup.doctor.findings import Feature, Level, Report
from carbonio_mobile.setup.doctor.subject import Subject

JOHN = Subject(address="john@example.com", password="demo-john")
UNKNOWN = replace(JOHN, password=None)
SECRET = "demo-john"


def done(waiting: Awaitable[Any]) -> Any:
    """Give what an awaitable gives at once; raises what it raises."""
    results: list[Any] = []
    Deferred.fromCoroutine(_awaited(waiting)).addBoth(results.append)
    (result,) = results
    if hasattr(result, "raiseException"):
        result.raiseException()
    return result


async def _awaited(waiting: Awaitable[Any]) -> Any:
    return await waiting


class Told:
    """A report and its one part."""

    def __init__(self) -> None:
        self.report = Report(lambda _finding: None)
        self.part = self.report.part("It")

    def of(self, level: Level) -> str:
        """Give the texts and remedies of a level."""
        found = (one for one in self.report.findings if one.level is level)
        return "\n".join(f"{one.text} [{one.remedy}]" for one in found)

    def only(self, level: Level) -> str:
        """Give the one finding of a level, with its remedy."""
        text = self.of(level)
        assert text
        assert "\n" not in text, text
        return text

    def has(self, feature: Feature) -> Level | None:
        """Give how a phone will have a feature."""
        return self.report.features.get(feature, (None, ""))[0]


class Server:
    """An IMAP connection that is played."""

    def __init__(self, *mailboxes: Mailbox, capabilities: str = "UIDPLUS NOTIFY") -> None:
        self.listed = list(mailboxes)
        self.capabilities = frozenset(capabilities.split())
        self.server = {"name": "Played", "version": "1"}
        self.utf8 = True
        self.notified = frozenset(("MessageNew", "FlagChange"))
        self.uids = UidSet()
        self.faults: tuple[str, ...] = ()
        self.quotas: list[Quota] = []
        self.rights: frozenset[str] | None = frozenset("lrswi")
        self.examined: list[tuple[str, bool]] = []

    def can(self, *names: str) -> bool:
        """Tell what it can."""
        return self.capabilities.issuperset(names)

    async def mailboxes(self) -> list[Mailbox]:
        """List."""
        return self.listed

    async def namespaces(self) -> Namespaces:
        """Tell the namespaces."""
        return Namespaces(personal=((b"", "/"),), others=((b"shared/", "/"),))

    async def my_rights(self, _name: str) -> frozenset[str] | None:
        """Tell rights."""
        return self.rights

    async def quota(self, _name: str) -> list[Quota]:
        """Tell what is used."""
        return self.quotas

    async def select(self, name: str, *, read_only: bool = False) -> Any:
        """Select."""
        self.examined.append((name, read_only))
        return SimpleNamespace(exists=len(self.uids))

    async def unselect(self) -> None:
        """Leave."""

    async def search(self) -> UidSet:
        """Find all."""
        return self.uids

    async def fetch(self, uids: UidSet, _items: Any, take: Callable[[Fetch], Any]) -> None:
        """Give messages."""
        for uid in uids:
            take(Fetch(sequence=uid, uid=uid, faults=self.faults))

    async def notify(self) -> bool:
        """Begin to tell."""
        return self.can("NOTIFY")

    async def notify_nothing(self) -> None:
        """End it."""

    async def idle(self) -> Any:
        """Idle."""

        async def stop() -> None:
            """End it."""

        return SimpleNamespace(stop=stop)


def mailbox(name: str, *attributes: str, messages: int = 0) -> Mailbox:
    """Make a mailbox."""
    status = MailboxStatus(wire=name.encode(), numbers={"MESSAGES": messages, "UIDVALIDITY": 1})
    return Mailbox(name=name, separator="/", attributes=frozenset(attributes), status=status)


def clients(server: Any = None, *, roles: Mapping[str, str] | None = None, **plan: Any) -> Any:
    """Play the clients of a configuration; ``server`` may be a fault."""

    class Lent:
        def lent(self, *_arguments: Any) -> Any:
            class Lending:
                async def __aenter__(self) -> Any:
                    return server

                async def __aexit__(self, *_arguments: Any) -> None:
                    """Take it back."""

            return Lending()

    async def connect(_account: Any) -> Any:
        if isinstance(server, Exception):
            raise server
        return server

    settings = SimpleNamespace(
        logins=LoginPlan(**plan),
        imap=SimpleNamespace(roles=roles or {}, shared=("shared/*",)),
        notes="journal",
    )
    return SimpleNamespace(settings=settings, imap_connection=connect, pool=Lent())
