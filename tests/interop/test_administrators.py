"""Several administrators at one daemon: at once, killed in the middle, or with no ear for answers.

Spec: issue 4, sections 1 and 5.
"""

import re
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from io import RawIOBase
from pathlib import Path
from shlex import quote
from shutil import rmtree
from tempfile import mkdtemp
from typing import BinaryIO, cast

import pytest

from carbonio_mobile.admin import wire
from carbonio_mobile.cli.faults import CommandFault
from tests.crash.administrator import Administrator, Typed
from tests.crash.daemon import ENVIRONMENT, Daemon, make_accounts
from tests.crash.known import know_devices

JOHN = "john@example.com"
KNOWN = 50_000
OTHERS = 10
CLIENTS = 20
ROUNDS = 25
HUNG_FETCHES = 20_000
MAY_GROW_MIB = 60
IMPORT_MAY_GROW_MIB = 60
LARGEST_MAY_GROW_MIB = 150


class Office:
    """A daemon that knows 50,000 devices, and whoever asks it."""

    def __init__(self, folder: Path) -> None:
        self.daemon = Daemon(folder)
        names = [JOHN, *(f"other{number}@example.com" for number in range(OTHERS))]
        made = make_accounts(self.daemon.data, [(name, "only for this test") for name in names])
        self.account = made.pop(JOHN)
        know_devices(self.daemon, list(made.values()), KNOWN)
        self.daemon.start()
        self.administrator = Administrator(self.daemon.data)
        self.ask = self.administrator.ask
        self.rows = self.administrator.rows

    def together(self, *lines: str | tuple[str, bytes]) -> list[Typed]:
        """Have lines typed by as many administrators at once; gives them when all are answered."""
        told = [line if isinstance(line, tuple) else (line, None) for line in lines]
        typed = [Typed(self.administrator, line, file) for line, file in told]
        for one in typed:
            one.start()
        for one in typed:
            one.join(60)
            assert one.is_answered or one.fault is not None, f"{one.line}: no answer"
        return typed

    def memory_mib(self) -> float:
        """Give what the daemon holds of memory."""
        told = Path(f"/proc/{self.daemon.process_id}/status").read_text()
        return int(re.findall(r"^VmRSS:\s+(\d+) kB$", told, re.MULTILINE)[0]) / 1024

    def connections(self) -> int:
        """Count the open ends of the admin socket."""
        name = str(self.daemon.data / "admin.sock")
        listed = Path("/proc/net/unix").read_text().splitlines()
        return sum(line.endswith(name) and line.split()[5] == "03" for line in listed)


@pytest.fixture(scope="module")
def running() -> Iterator[Office]:
    """One daemon for all."""
    folder = Path(mkdtemp())
    office = None
    try:
        office = Office(folder)
        yield office
    finally:
        if office is not None:
            office.daemon.kill()
        rmtree(folder)


@pytest.fixture
def office(running: Office) -> Iterator[Office]:
    """The daemon, which must have met no bug afterwards."""
    yield running
    assert not running.daemon.tracebacks(), running.daemon.tracebacks()


def all_done(typed: Sequence[Typed]) -> None:
    """Nobody was refused."""
    assert not [(one.line, str(one.fault)) for one in typed if one.fault is not None]


def values_of(office: Office, name: str) -> list[str]:
    """Give the values of an attribute of john's."""
    (entry,) = office.rows(f"prov ga {JOHN}")
    found = entry["attributes"].get(name, [])
    assert isinstance(found, list)
    return found


def test_values_of_one_attribute_are_added_and_removed_by_many(office: Office) -> None:
    """No value that was added is lost, none that was removed stays."""
    name = "zimbraAllowFromAddress"
    added = [f"a{number}@example.com" for number in range(CLIENTS)]
    all_done(office.together(*(f"prov ma {JOHN} +{name} {each}" for each in added)))
    assert sorted(values_of(office, name)) == sorted(added)
    gone, more = added[::2], [f"b{number}@example.com" for number in range(CLIENTS // 2)]
    all_done(
        office.together(
            *(f"prov ma {JOHN} -{name} {each}" for each in gone),
            *(f"prov ma {JOHN} +{name} {each}" for each in more),
        )
    )
    assert sorted(values_of(office, name)) == sorted(added[1::2] + more)


def test_one_order_of_changes_wins(office: Office) -> None:
    """Two set the same two attributes: both are answered, and both attributes are of one."""
    for number in range(ROUNDS):
        lines = [
            f"prov ma {JOHN} displayName {who}{number} zimbraPrefLocale {locale}"
            for who, locale in (("A", "it"), ("B", "de"))
        ]
        all_done(office.together(*lines))
        (locale,), (name,) = (
            values_of(office, each) for each in ("zimbraPrefLocale", "displayName")
        )
        assert (name, locale) in ((f"A{number}", "it"), (f"B{number}", "de"))


def test_one_list_is_imported_by_two(office: Office) -> None:
    """Each import counts as a whole; the gate says what the list does."""
    first = b"".join(b"abq%04d\n" % number for number in range(3000))
    second = b"".join(b"abq%04d\n" % number for number in range(1000, 4000))
    for _ in range(2):
        all_done(
            office.together(
                ("mobile ABQ import FILE Allowed", first),
                ("mobile ABQ import FILE Blocked", second),
                "mobile ABQ set abq2000 Quarantined",
            )
        )
        found = {
            row["device_id"]: row["status"]
            for row in office.rows("mobile ABQ list")
            if row["device_id"].startswith("abq")
        }
        assert len(found) == 4000
        shared = Counter(
            found[f"abq{number:04d}"] for number in range(1000, 3000) if number != 2000
        )
        assert len(shared) == 1
        for device in ("abq0000", "abq1500", "abq2000", "abq3999"):
            said = office.ask(f"mobile ABQ explain {device} account {JOHN}")[0]["content"]
            assert said["status"] == found[device], device


def test_filters_are_moved_by_two(office: Office) -> None:
    """None is lost, none is there twice, and what is in force is what is stored."""
    for number in range(6):
        office.ask(f"mobile doAddEASFilter contains f{number} fixed 14.1")
    for number in range(ROUNDS):
        all_done(
            office.together(
                "mobile doMoveEASFilter 0 4",
                "mobile doMoveEASFilter 5 1",
                f"mobile doAddEASFilter contains new{number} fixed 14.0",
                "mobile doMoveEASFilter 2 3",
            )
        )
    filters = office.rows("mobile getAllEASFilters")
    expected = [f"f{number}" for number in range(6)] + [f"new{n}" for n in range(ROUNDS)]
    names = [re.findall(r"\b(?:f|new)\d+\b", row["rule"])[0] for row in filters]
    assert sorted(names) == sorted(expected)
    assert [row["ID"] for row in filters] == list(range(len(filters)))
    explained = office.rows(f"mobile explainEASFilters {JOHN} nobody")
    steps = [row["step"] for row in explained if row["step"].startswith("filter ")]
    assert steps == [f"filter {row['ID']} {row['rule']}" for row in filters]


def test_the_last_filter_is_deleted_once(office: Office) -> None:
    """Two delete the same place: one of them is told that it is not there."""
    count = len(office.rows("mobile getAllEASFilters"))
    typed = office.together(*[f"mobile doDeleteEASFilter {count - 1}"] * 2)
    assert sorted(one.is_answered for one in typed) == [False, True]
    assert len(office.rows("mobile getAllEASFilters")) == count - 1


def test_twenty_at_once(office: Office) -> None:
    """Listings, changes and nonsense side by side: each has its own answer."""
    lines = [
        "mobile getServices",
        f"prov ga {JOHN}",
        "mobile ABQ set nobody1 Blocked",
        "mobile doRemoveDevice john@example.com missing",
    ]
    typed = office.together(*(lines[number % 4] for number in range(CLIENTS)))
    for number, one in enumerate(typed):
        assert one.is_answered == (number % 4 != 3), (one.line, str(one.fault))
    assert all("missing" in str(one.fault) for one in typed[3::4])


TEXTS = (
    'O\'Brien, "the boss"',
    "Zoë ☃ 北京 👩‍💻",
    "a\\b\\\\c",
    "-minus and +plus; $HOME `id` | > #",
    "name value",
    "مرحبا",
    "x" * 250,
)


@pytest.mark.parametrize("text", TEXTS)
def test_texts_come_back_as_they_were_typed(office: Office, text: str) -> None:
    """Quotes, blanks, backslashes, every script: in attributes, labels, filters, messages."""
    quoted = quote(text)
    office.ask(f"prov ma {JOHN} displayName {quoted}")
    assert values_of(office, "displayName") == [text]
    office.ask(f"prov ma {JOHN} description {quoted}")
    assert text in values_of(office, "description")
    office.ask(f"mobile setABQMessage global blocked default subject {quoted}")
    assert text in str(office.ask("mobile getABQMessage global blocked default")).replace(
        repr(text)[1:-1], text
    )
    count = len(office.rows("mobile getAllEASFilters"))
    (said,) = office.ask(f"mobile doAddEASFilter contains {quoted} fixed 14.1")
    assert text.lower() in str(said["details"]["rule"]).lower()
    office.ask(f"mobile doDeleteEASFilter {count}")


PATTERNS = ("(x{1000}){1000}", "(?<=a)b", r"(a)\1", "(a", "a" * 5000)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns_that_cannot_be_rules(office: Office, pattern: str) -> None:
    """They are refused with a reason, and nothing is changed."""
    before = office.rows("mobile ABQ listRules")
    with pytest.raises(CommandFault, match=r"cannot be a rule: .*(pattern|character)"):
        office.ask(f"mobile ABQ setRule {quote(pattern)} Blocked 1")
    assert office.rows("mobile ABQ listRules") == before


def test_a_pattern_that_would_explode_elsewhere(office: Office) -> None:
    """It is asked in linear time: the gate answers at once."""
    office.ask("mobile ABQ setRule '(a+)+b' Blocked 1")
    said = office.ask(f"mobile ABQ explain {'a' * 64} account {JOHN}")[0]["content"]
    assert said["status"] == "Allowed"
    office.ask("mobile ABQ deleteRule '(a+)+b'")


def until(happened: Callable[[], bool]) -> None:
    """Wait for something that must come soon."""
    deadline = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < deadline, "it does not come"
        time.sleep(0.02)


def test_a_client_is_killed_in_the_middle_of_a_listing(office: Office) -> None:
    """The daemon forgets it and all that it had begun; the same listing is whole for the next."""
    before = office.memory_mib()
    for _ in range(2):
        client = subprocess.Popen(
            [sys.executable, "-m", "carbonio_mobile.cli.main", "--socket",
             str(office.daemon.data / "admin.sock"), "mobile", "getAllDevices"],
            env=ENVIRONMENT, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert client.stdout is not None
        with client.stdout:
            client.stdout.read(200_000)
            client.kill()
        client.wait()
    until(lambda: office.connections() == 0)
    assert office.memory_mib() - before < MAY_GROW_MIB
    assert len(office.rows("mobile getAllDevices")) == KNOWN


def test_a_client_that_never_reads(office: Office) -> None:
    """It asks for answer after answer and takes none: it is heard no more, and others are served.

    Only one piece of an answer is fetched at a time; who asks for another meanwhile is refused.
    """
    before = office.memory_mib()
    hung = begun(office, "mobile getAllDevices")
    hung.settimeout(2)
    with pytest.raises(TimeoutError):
        ask_and_ask(hung)
    assert office.ask("mobile ABQ set nobody2 Allowed")
    assert values_of(office, "zimbraId") == [office.account]
    assert office.memory_mib() - before < MAY_GROW_MIB
    hung.close()
    until(lambda: office.connections() == 0)


def ask_and_ask(hung: socket.socket) -> None:
    """Ask for pieces and for further listings. Raises: TimeoutError where nobody listens."""
    for number in range(HUNG_FETCHES):
        hung.sendall(asked(2 * number, wire.Fetch, run=b"1") + a_begin(2 * number + 1))
        time.sleep(0.001)


def a_begin(number: int) -> bytes:
    """Give a box that asks for a listing."""
    return asked(number, wire.Begin, name=b"mobile getAllDevices", arguments=b"{}", more=b"False")


class Endless(RawIOBase):
    """A file of so many octets, the same piece again and again after a head; never whole."""

    def __init__(self, piece: bytes, *, head: bytes = b"", octets: int = 1 << 30) -> None:
        self._piece = piece * (65_536 // len(piece) + 1)
        self._next = head
        self.left = octets

    def read(self, size: int = -1) -> bytes:
        """Give the next octets."""
        while len(self._next) < size and self.left > 0:
            self._next += self._piece
            self.left -= len(self._piece)
        given, self._next = self._next[:size], self._next[size:]
        return given


class Numbered(Endless):
    """A file with another device on each line."""

    def __init__(self) -> None:
        super().__init__(b"x")
        self._number = 0

    def read(self, size: int = -1) -> bytes:
        """Give the next lines, whole ones."""
        first, self._number = self._number, self._number + size // 20
        self.left -= size
        return b"".join(b"  giga%09d , \r\n" % n for n in range(first, self._number))


@pytest.mark.long
@pytest.mark.parametrize(
    ("source", "why"),
    [
        (Numbered(), r"line 200001: more than 200000 devices"),
        (
            Endless(b"same1,\r\n", head=b"\xef\xbb\xbf"),
            r"line \d{7}: expected a file of at most 33,55",
        ),
        (Endless(b"\r\n , \r\n"), r"line \d{7,8}: expected a file of at most 33,554,432 octets"),
        (Endless(b" "), r"line 1: longer than 1000 octets"),
        (Endless(b"x"), r"line 1: longer than 1000 octets"),
        (
            Endless(b"good1\n", head=b"good0\nno id\n"),
            r"line 2: expected DEVICE_ID or DEVICE_ID/ACC",
        ),
    ],
    ids=["devices", "repetitions", "empty lines", "blanks", "one word", "a wrong line"],
)
def test_a_file_of_a_gibibyte(office: Office, source: Endless, why: str) -> None:
    """It is refused long before its end, in bounded memory, with its line; nothing changes."""
    before, memory = len(office.rows("mobile ABQ list")), office.memory_mib()
    with pytest.raises(CommandFault, match=why + ".*nothing was changed"):
        office.ask("mobile ABQ import FILE Blocked", cast(BinaryIO, source))
    assert source.left > (1 << 30) * 0.9
    grown = office.memory_mib() - memory
    print(f"the daemon grew by {grown:.0f} MiB")
    assert grown < IMPORT_MAY_GROW_MIB
    assert len(office.rows("mobile ABQ list")) == before


@pytest.mark.long
def test_the_largest_file(office: Office) -> None:
    """All that one file may name is taken in one step, with blanks, commas, CRLF and BOM."""
    lines = b"".join(b"  big%06d , \r\n\r\n" % number for number in range(200_000))
    memory = office.memory_mib()
    (said,) = office.ask("mobile ABQ import FILE Blocked", b"\xef\xbb\xbf" + lines)
    print(f"the daemon grew by {office.memory_mib() - memory:.0f} MiB")
    assert said["text"] == "200000 devices imported as Blocked"
    assert office.memory_mib() - memory < LARGEST_MAY_GROW_MIB


def begun(office: Office, name: str) -> socket.socket:
    """Begin a command as a program of one's own would; gives the connection."""
    made = socket.socket(socket.AF_UNIX)
    made.connect(str(office.daemon.data / "admin.sock"))
    made.sendall(asked(0, wire.Begin, name=name.encode(), arguments=b"{}", more=b"False"))
    assert b"run" in made.recv(1000)
    return made


def asked(number: int, command: type, **arguments: bytes) -> bytes:
    """Give a box of AMP that asks for a command."""
    pairs = {"_ask": b"%d" % number, "_command": command.__name__.encode(), **arguments}
    made = b""
    for name, value in pairs.items():
        made += len(name).to_bytes(2, "big") + name.encode()
        made += len(value).to_bytes(2, "big") + value
    return made + b"\0\0"
