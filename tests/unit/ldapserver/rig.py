"""A listener on clocks of the test's and transports in memory, with a client's half of LDAP."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from ldaptor.protocols import pureber, pureldap
from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import ISSLTransport
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import directlyProvides, implementer

from carbonio_mobile.accounts.memory import MemoryAccounts
from carbonio_mobile.addressbook.card import Card, Value
from carbonio_mobile.addressbook.encoding import Bodies
from carbonio_mobile.addressbook.index import Index
from carbonio_mobile.addressbook.shelf import Shelf, Shown
from carbonio_mobile.addressbook.suffix import SUFFIX
from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.errors import StoreError
from carbonio_mobile.interfaces import IAddressBooks
from carbonio_mobile.ldap.names import parse_dn
from carbonio_mobile.ldapserver.factory import LdapFactory
from carbonio_mobile.ldapserver.house import House, Peer
from carbonio_mobile.ldapserver.journal import Journal
from carbonio_mobile.ldapserver.limits import DEFAULT_LIMITS, LdapLimits
from carbonio_mobile.ldapserver.paging import Pages
from carbonio_mobile.ldapserver.protocol import LdapProtocol
from carbonio_mobile.ldapserver.turns import Turns

JOHN = "john@example.com"
PASSWORD = "right-1"
GAL = f"ou=InternalGAL/_zextras,{SUFFIX}"
PICTURE = b"\xff\xd8" + b"picture" * 10


def person(number: int) -> Card:
    """Make an entry; every tenth has a picture."""
    name = ("Joh", "Mar", "Zo")[number % 3]
    values: dict[str, tuple[Value, ...]] = {
        "objectclass": ("top", "person", "organizationalPerson", "inetOrgPerson"),
        "cn": (f"{name} Example {number:04}",),
        "sn": (f"Example {number:04}",),
        "givenname": (name,),
        "mail": (f"{name.lower()}{number}@example.com",),
        "telephonenumber": (f"+39 0444 {number:06}",),
    }
    blobs = frozenset({"jpegphoto"} if number % 10 == 0 else ())
    return Card(
        id=f"p{number}", rdn=("uid", f"u{number:04}"), values=values, blobs=blobs, stamp=1e9
    )


@implementer(IAddressBooks)
class Books:
    """Shows everybody the same book. ``fault`` is raised where it is set."""

    def __init__(self, entries: int) -> None:
        self.index = Index()
        self.fault: StoreError | None = None
        for _ in self.index.load(map(person, range(entries))):
            pass
        shown = Shown("GAL", parse_dn(GAL), self.index, self.blobs)
        self.made = Shelf(parse_dn(SUFFIX), [shown])

    async def shelf(self, _viewer: Account) -> Shelf:
        if self.fault is not None:
            raise self.fault
        return self.made

    async def blobs(self, entry: str, keys: Iterable[str]) -> dict[str, tuple[bytes, ...]]:
        assert entry
        return dict.fromkeys(keys, (PICTURE,))


class Guard:
    """Lets in whom it should; notes what it is told."""

    def __init__(self) -> None:
        self.open = True
        self.told: list[str] = []

    def knock(self, peer: str, claimed: str) -> bool:
        self.told.append(f"knock {peer} {claimed}")
        return self.open

    def proven(self, peer: str, claimed: str, account: Account) -> bool:
        self.told.append(f"proven {peer} {claimed} {account.name}")
        return self.open


class Wire(StringTransport):
    """A transport that tells an aborted connection, and may be full."""

    aborted = False
    full_at: int | None = None
    disconnected = False

    def write(self, data: bytes) -> None:
        super().write(data)
        if self.full_at is not None and len(self.value()) >= self.full_at and self.producer:
            self.producer.pauseProducing()

    def abortConnection(self) -> None:
        self.aborted = self.disconnecting = True

    def drain(self) -> bytes:
        """Let the peer take what there is."""
        octets: bytes = self.value()
        self.clear()
        if self.producer is not None and not self.disconnecting:
            self.producer.resumeProducing()
        return octets


class Heard(Logger):
    """A log that is kept."""

    def __init__(self) -> None:
        super().__init__(namespace="test")
        self.lines: list[str] = []
        self.failures: list[Failure] = []

    def emit(self, level, format=None, **fields) -> None:  # type: ignore[no-untyped-def]  # noqa: A002
        self.lines.append(f"{level.name} " + (format or "").format(**fields))

    # fmt: off
    def failure(self, format, failure=None, level=None, **fields):  # type: ignore[no-untyped-def]  # noqa: A002
        # fmt: on
        assert failure is not None
        self.failures.append(failure)


@dataclass
class Answer:
    """One message of the server's: its number, what it is, and its controls by number."""

    number: int
    value: object
    controls: dict[str, bytes] = field(default_factory=dict)

    @property
    def code(self) -> int:
        return int(self.value.resultCode)  # type: ignore[attr-defined]

    @property
    def text(self) -> str:
        message = self.value.errorMessage  # type: ignore[attr-defined]
        return bytes(getattr(message, "value", message)).decode()


class Client:
    """The other end of one connection."""

    def __init__(self, rig: "Rig", protocol: LdapProtocol, wire: Wire) -> None:
        self.rig = rig
        self.protocol = protocol
        self.wire = wire
        self._numbers = count(1)
        self._context = pureldap.LDAPBERDecoderContext_TopLevel(
            inherit=pureldap.LDAPBERDecoderContext_LDAPMessage(
                fallback=pureldap.LDAPBERDecoderContext(fallback=pureber.BERDecoderContext()),
                inherit=pureldap.LDAPBERDecoderContext(fallback=pureber.BERDecoderContext()),
            )
        )
        self._held = b""

    def send(self, *requests: object, controls: Sequence[tuple[str, bool, bytes]] = ()) -> int:
        """Send requests in one piece; gives the number of the last."""
        octets, number = b"", 0
        for request in requests:
            number = next(self._numbers)
            message = pureldap.LDAPMessage(request, id=number, controls=list(controls) or None)
            octets += message.toWire()
        self.raw(octets)
        return number

    def raw(self, octets: bytes) -> None:
        """Send octets."""
        self.protocol.dataReceived(octets)

    def answers(self) -> list[Answer]:
        """Give what came since."""
        self._held += self.wire.drain()
        found = []
        while self._held:
            made, used = pureber.berDecodeObject(self._context, self._held)
            if made is None:
                break
            self._held = self._held[used:]
            controls = {bytes(each[0]).decode(): each[2] for each in made.controls or ()}
            found.append(Answer(made.id, made.value, controls))
        return found

    def ask(self, request: object, controls: Sequence[tuple[str, bool, bytes]] = ()) -> Answer:
        """Send one request; gives its last answer."""
        number = self.send(request, controls=controls)
        mine = [each for each in self.all_answers() if each.number == number]
        return mine[-1]

    def all_answers(self) -> list[Answer]:
        """Give what comes until nothing more does."""
        found: list[Answer] = []
        clock = self.rig.clock
        for _ in range(10_000):
            told = self.answers()
            found += told
            due = any(each.getTime() <= clock.seconds() for each in clock.getDelayedCalls())
            if not told and not due:
                break
            clock.advance(0)
        return found

    def bind(self, name: str = JOHN, password: str = PASSWORD) -> Answer:
        """Log in."""
        return self.ask(pureldap.LDAPBindRequest(dn=name.encode(), auth=password.encode()))

    def search(
        self, filter_text: str = "(objectClass=*)", **more: object
    ) -> tuple[list[pureldap.LDAPSearchResultEntry], Answer]:
        """Search; gives entries and the end."""
        controls = more.pop("controls", ())
        number = self.send(search(filter_text, **more), controls=controls)  # type: ignore[arg-type]
        mine = [each for each in self.all_answers() if each.number == number]
        *entries, done = mine
        return [each.value for each in entries], done  # type: ignore[misc]


def search(filter_text: str = "(objectClass=*)", **more: object) -> pureldap.LDAPSearchRequest:
    """Make a search."""
    from ldaptor.ldapfilter import parseFilter

    wishes: dict[str, object] = {"baseObject": b"", "scope": 2, "sizeLimit": 0, **more}
    return pureldap.LDAPSearchRequest(filter=parseFilter(filter_text), **wishes)


class Rig:
    """A listener with one account and one book of so many entries."""

    def __init__(self, *, entries: int = 30, limits: LdapLimits = DEFAULT_LIMITS) -> None:
        self.clock = Clock()
        self.clock.advance(1000)
        self.accounts = MemoryAccounts(clock=lambda: 1_000_000.0 + self.clock.seconds())
        self.john = self.accounts.add(JOHN, PASSWORD, aliases=["jd@example.com"])
        self.books = Books(entries)
        self.guard = Guard()
        self.log = Heard()
        self.private = False
        self.timer = 0.0
        numbers = count(1)
        self.house = House(
            accounts=self.accounts,
            books=self.books,
            doorkeeper=self.guard,
            peer_of=lambda transport: Peer(
                address=transport.getPeer().host, is_private=self.private
            ),
            limits=replace(limits),
            clock=self.clock,
            timer=self.clock.seconds,
            turns=Turns(self.clock, timer=self.time),
            pages=Pages(random_bytes=lambda size: next(numbers).to_bytes(size, "big")),
            bodies=Bodies(),
            journal=Journal(self.log),
        )
        self.factory = LdapFactory(
            self.house, origin_of=lambda address: address, is_loopback=lambda _address: False
        )

    def time(self) -> float:
        """Every look at this clock takes a fifth of a millisecond."""
        self.timer += 0.0002
        return self.timer

    def connect(
        self, host: str = "192.0.2.1", *, tls: bool = True, handshake: bool = True
    ) -> Client:
        """Open a connection."""
        client = self.try_connect(host, tls=tls, handshake=handshake)
        assert client is not None
        return client

    def try_connect(
        self, host: str = "192.0.2.1", *, tls: bool = True, handshake: bool = True
    ) -> Client | None:
        """Open a connection; None where it is not taken."""
        address = IPv4Address("TCP", host, 4000)
        protocol = self.factory.buildProtocol(address)
        if protocol is None:
            return None
        wire = Wire(peerAddress=address)
        if tls:
            directlyProvides(wire, ISSLTransport)
            wire.getHandle = lambda: None  # type: ignore[attr-defined]
        protocol.makeConnection(wire)
        if tls and handshake:
            protocol.handshakeCompleted()
        return Client(self, protocol, wire)

    def bound(self) -> Client:
        """Open a connection and log in."""
        client = self.connect()
        assert client.bind().code == 0
        return client

    @staticmethod
    def lose(client: Client) -> None:
        """Let a connection go."""
        client.protocol.connectionLost(Failure(ConnectionDone()))
