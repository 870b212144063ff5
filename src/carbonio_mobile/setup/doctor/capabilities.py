"""What an IMAP server lacks, and what that costs."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from carbonio_mobile.setup.doctor.findings import Level, Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """Capabilities of which the server has none, and what follows from that."""

    names: tuple[str, ...]
    cost: str
    level: Level = Level.DEGRADES
    remedy: str = ""


WANTED: Final = (
    Lack(
        names=("UIDPLUS",),
        cost="phones cannot delete single messages for good, nor change drafts",
        level=Level.FAILS,
        remedy="Every current IMAP server has it: is something in between that hides it?",
    ),
    Lack(
        names=("CONDSTORE", "QRESYNC"),
        cost="all flags of a mailbox are read, once a minute at most, to find those that changed",
    ),
    Lack(names=("QRESYNC",), cost="what was deleted is found by reading which messages are left"),
    Lack(names=("MOVE",), cost="messages are moved by copying and deleting them"),
    Lack(
        names=("NOTIFY", "IDLE"),
        cost="nobody tells of new mail: all folders that phones wait for are asked each minute",
    ),
    Lack(
        names=("NOTIFY",),
        cost="only the Inbox is told of at once; other folders are asked each minute",
        remedy="Dovecot has it with mailbox_list_index = yes.",
    ),
    Lack(
        names=("SPECIAL-USE",),
        cost="the standard folders are known by their names",
        remedy="Where these are unusual, set imap.drafts, imap.sent, imap.trash and imap.junk.",
    ),
    Lack(names=("LIST-STATUS",), cost="each mailbox is asked for its numbers one by one"),
    Lack(names=("ESEARCH",), cost="searches run one at a time, and their answers are long"),
    Lack(names=("NAMESPACE",), cost="mailboxes of others cannot be told from the account's own"),
    Lack(
        names=("ACL",),
        cost="rights on mailboxes of others are not known: that one may only be read is found "
        "out when a change is refused",
    ),
    Lack(
        names=("OBJECTID",),
        cost="a mailbox that another client renames is a new folder to phones, unless it is "
        "recognised by its UIDVALIDITY",
    ),
    Lack(names=("LITERAL+", "LITERAL-"), cost="each message that is stored takes one turn more"),
)
"""In the order of weight. A server that lacks all names of a row has the later ones of them left
out."""


def lacks(capabilities: Collection[str]) -> Iterator[Lack]:
    """Give what the server lacks, each thing once."""
    told: set[str] = set()
    for one in WANTED:
        if not told.issuperset(one.names) and not set(one.names) & set(capabilities):
            told.update(one.names)
            yield one


def tell_capabilities(part: Part, capabilities: Collection[str]) -> None:
    """Say what is there and what is not."""
    wanted = dict.fromkeys(name for one in WANTED for name in one.names)
    there = [name for name in wanted if name in capabilities]
    if there:
        part.works(f"it has {', '.join(there)}")
    for one in lacks(capabilities):
        say = part.fails if one.level is Level.FAILS else part.degrades
        say(f"it has no {' or '.join(one.names)}: {one.cost}", one.remedy)
