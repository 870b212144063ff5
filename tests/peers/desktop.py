"""A second mail client: the standard library's, doing what users do, at random."""

import imaplib
import re
import shlex
from dataclasses import dataclass, field
from random import Random

FLAGS = ("\\Seen", "\\Flagged", "Garden", "Choir")
STANDARD = ("INBOX", "Drafts", "Sent", "Trash", "Junk")
_UID = re.compile(rb"UID (\d+)")
_FLAG_LIST = re.compile(rb"FLAGS \(([^)]*)\)")
_ID = re.compile(rb"Message-ID: *<([^>]+)>", re.IGNORECASE)

Mail = tuple[str, frozenset[str]]
"""A message as both sides know it: its Message-ID, and those of FLAGS that it has."""


def letter(name: str, size: int) -> bytes:
    """Give a message with a Message-ID of its own."""
    return (
        f"From: Ann <ann@example.com>\r\nSubject: {name}\r\nMessage-ID: <{name}>\r\n"
        f"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n{'x' * size}\r\n"
    ).encode()


@dataclass
class Desktop:
    """One client. What it does depends on ``random``; names of what it makes begin with ``name``.

    It blocks: it is for a thread.
    """

    client: imaplib.IMAP4
    random: Random
    name: str = "desktop"
    made: int = 0
    sent: list[str] = field(default_factory=list)
    lost: set[str] = field(default_factory=set)
    """Message-IDs of which a copy was deleted for good."""
    copied: set[str] = field(default_factory=set)

    def act(self) -> str:
        """Do one thing, perhaps in vain; gives what."""
        work = self.random.choices(
            (
                self.append, self.flag, self.expunge, self.transfer, self.mark, self.empty,
                self.create, self.rename, self.delete,
            ),
            (30, 30, 8, 18, 4, 1, 4, 4, 2),
        )[0]  # fmt: skip
        return f"{work.__name__} {work()}"

    def _new(self) -> str:
        self.made += 1
        return f"{self.name}-{self.made}"

    def mailboxes(self) -> list[str]:
        """Give the names of all."""
        _, lines = self.client.list()
        return [shlex.split(line.decode())[-1] for line in lines if isinstance(line, bytes)]

    def _some(self) -> str:
        places = self.mailboxes()
        return "INBOX" if self.random.random() < 0.5 else self.random.choice(places)

    def _chosen(self, place: str, most: int = 3) -> list[bytes]:
        """Select a mailbox; gives a few UIDs of it."""
        if self.client.select(_quoted(place))[0] != "OK":
            return []
        uids = self.client.uid("SEARCH", "ALL")[1][0].split()
        return self.random.sample(uids, min(len(uids), self.random.randint(1, most)))

    def append(self) -> str:
        """Store a new message."""
        name, place = self._new(), self._some()
        flags = " ".join(self._flags())
        when = imaplib.Time2Internaldate(1_700_000_000 + self.random.randrange(50))
        size = self.random.randrange(8) * 100
        done, _ = self.client.append(_quoted(place), f"({flags})", when, letter(name, size))
        if done == "OK":
            self.sent.append(name)
        return f"{name} in {place}"

    def _flags(self) -> list[str]:
        return [one for one in FLAGS if self.random.random() < 0.3]

    def flag(self) -> str:
        """Put flags on a few messages, or take them off."""
        place = self._some()
        for uid in self._chosen(place):
            sign = self.random.choice("+-")
            flags = " ".join(self._flags() or FLAGS[:1])
            self.client.uid("STORE", uid.decode(), f"{sign}FLAGS", f"({flags})")
        return place

    def mark(self) -> str:
        r"""Mark something with \Deleted, or take all such marks off."""
        place = self._some()
        sign = self.random.choice("+-")
        uids = self._chosen(place) if sign == "+" else self._chosen(place, 1) and [b"1:*"]
        for uid in uids:
            self.client.uid("STORE", uid.decode(), f"{sign}FLAGS", "(\\Deleted)")
        return f"{sign} {place}"

    def expunge(self) -> str:
        """Delete a few messages for good."""
        place = self._some()
        uids = self._chosen(place)
        if uids:
            self._lose(uids)
            self._expunge(uids)
        return place

    def _lose(self, uids: list[bytes]) -> None:
        self.lost.update(self._names(uids))

    def _names(self, uids: list[bytes]) -> list[str]:
        return [name for name, _ in self._read(b",".join(uids).decode()).values()]

    def _expunge(self, uids: list[bytes]) -> None:
        self.client.uid("STORE", b",".join(uids).decode(), "+FLAGS", "(\\Deleted)")
        self.client.uid("EXPUNGE", b",".join(uids).decode())

    def transfer(self) -> str:
        """Move or copy a few messages."""
        place, target = self._some(), self._some()
        verb = self.random.choice(("MOVE", "MOVE", "COPY"))
        uids = self._chosen(place) if place != target else []
        if uids and verb == "COPY":
            self.copied.update(self._names(uids))
        if uids:
            self.client.uid(verb, b",".join(uids).decode(), _quoted(target))
        return f"{verb} {place} {target}"

    def empty(self) -> str:
        """Delete all of a mailbox."""
        place = self._some()
        if self._chosen(place):
            uids = self.client.uid("SEARCH", "ALL")[1][0].split()
            self._lose(uids)
            self._expunge(uids)
        return place

    def create(self) -> str:
        """Make a mailbox, some within others."""
        own = [one for one in self.mailboxes() if one not in STANDARD and "/" not in one]
        above = self.random.choice([*own, ""])
        name = f"{above}/{self._new()}" if above else self._new()
        self.client.create(_quoted(name))
        return name

    def rename(self) -> str:
        """Rename a mailbox with all below it."""
        place = self._own_mailbox()
        if not place:
            return ""
        above = place.rpartition("/")[0]
        name = f"{above}/{self._new()}" if above else self._new()
        self._leave()
        self.client.rename(_quoted(place), _quoted(name))
        return f"{place} {name}"

    def delete(self) -> str:
        """Delete a mailbox; at times another one of its name is made at once."""
        place = self._own_mailbox()
        if not place or any(one.startswith(f"{place}/") for one in self.mailboxes()):
            return ""
        if self._chosen(place):
            self._lose([b"1:*"])
        self._leave()
        if self.client.delete(_quoted(place))[0] == "OK" and self.random.random() < 0.5:
            self.client.create(_quoted(place))
            return f"{place}, made anew"
        return place

    def _own_mailbox(self) -> str:
        own = [one for one in self.mailboxes() if one not in STANDARD]
        return self.random.choice(own) if own else ""

    def _leave(self) -> None:
        if self.client.state == "SELECTED":
            self.client.unselect()

    def contents(self, place: str) -> list[Mail]:
        r"""Give all that is shown of a mailbox: what is marked with \Deleted is not."""
        done, _ = self.client.select(_quoted(place), readonly=True)
        assert done == "OK", place
        return [
            (name, frozenset(flags & set(FLAGS)))
            for name, flags in self._read("1:*").values()
            if "\\Deleted" not in flags
        ]

    def names(self, place: str) -> list[str]:
        """Give the Message-IDs of all messages of a mailbox."""
        self.client.select(_quoted(place), readonly=True)
        return self._names([b"1:*"])

    def _read(self, uids: str) -> dict[int, tuple[str, set[str]]]:
        _, parts = self.client.uid("FETCH", uids, "(FLAGS BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")
        found = {}
        for part in parts:
            if not isinstance(part, tuple):
                continue
            uid, flags = _UID.search(part[0]), _FLAG_LIST.search(part[0])
            name = _ID.search(part[1])
            if not (uid and flags and name):
                raise AssertionError(part)
            found[int(uid[1])] = (name[1].decode(), set(flags[1].decode().split()))
        return found


def _quoted(name: str) -> str:
    return f'"{name}"'
