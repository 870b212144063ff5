"""Measure the LDAP codec beside ldaptor's; prints, never judges.

Run: ``PYTHONPATH=src python tests/bench/ldapcodec.py [runs]``. CPU time of this process, µs, the
least of the runs: others on the same cores make a figure larger, nothing makes it less.
"""

import platform
import sys
import time
from collections.abc import Callable

from ldaptor.ldapfilter import parseFilter
from ldaptor.protocols import pureber, pureldap

from carbonio_mobile.ldap import answers
from carbonio_mobile.ldap.framing import Framer
from carbonio_mobile.ldap.names import parse_dn
from carbonio_mobile.ldap.parsing import parse
from carbonio_mobile.ldap.selection import select

NAMES = (
    "cn commonName mail roleOccupant display-name displayname sn surname co organizationName o"
    " givenName legacyExchangeDN objectClass uid mailNickname title company"
    " physicalDeliveryOfficeName telephoneNumber"
)
ASKED = tuple(NAMES.split())
OUTLOOK = "(&(mail=*)(|(mail=joh*)(|(cn=joh*)(|(sn=joh*)(givenName=joh*)))))"
INFIX = "(|(mail=*oh*)(cn=*oh*)(givenName=*oh*)(sn=*oh*))"
ENTRIES = 100
PERSON = {
    "objectclass": ("top", "person", "organizationalPerson", "inetOrgPerson"),
    "uid": ("u000003",),
    "cn": ("Johanna Halberg",),
    "displayname": ("Johanna Halberg",),
    "sn": ("Halberg",),
    "givenname": ("Johanna",),
    "mail": ("johanna.halberg3@example.test",),
    "telephonenumber": ("+39 0444 123456",),
    "title": ("Senior Engineer",),
    "o": ("Example Manufacturing S.p.A.",),
    "physicaldeliveryofficename": ("B3-123",),
}
_PLAIN = pureldap.LDAPBERDecoderContext(fallback=pureber.BERDecoderContext())
_CONTEXT = pureldap.LDAPBERDecoderContext_TopLevel(
    inherit=pureldap.LDAPBERDecoderContext_LDAPMessage(fallback=_PLAIN, inherit=_PLAIN)
)


def request(text: str) -> bytes:
    """A search as Outlook or Thunderbird sends it."""
    search = pureldap.LDAPSearchRequest(
        baseObject=b"",
        sizeLimit=100,
        timeLimit=60,
        filter=parseFilter(text),
        attributes=[name.encode() for name in ASKED],
    )
    octets: bytes = pureldap.LDAPMessage(search, id=7).toWire()
    return octets


def least_us(work: Callable[[], object], times: int, runs: int) -> float:
    """The CPU time of one call."""
    found = []
    for _ in range(runs):
        start = time.process_time()
        for _ in range(times):
            work()
        found.append(time.process_time() - start)
    return min(found) / times * 1e6


def encoded_person() -> list[tuple[bytes, bytes]]:
    """What the index keeps of an entry, and a selection shows."""
    values = [answers.value_set(each) for each in PERSON.values()]
    plan = select(ASKED).plan(tuple(PERSON))
    return [(name, values[at]) for at, name in plan]


def main(runs: int) -> None:
    """Print each figure, ours and ldaptor's where there is one."""
    outlook, infix, exact = request(OUTLOOK), request(INFIX), request("(mail=a@example.test)")
    person = encoded_person()
    dn = b"uid=u000003,ou=InternalGAL/_zextras,o=addressbook"
    bodies = [answers.entry_body(dn, person)] * ENTRIES
    uncached = [outlook[:-2] + b"%02x" % number for number in range(256)]
    framer = Framer(65536)
    print(platform.python_version(), f"Outlook's search has {len(outlook)} octets")
    rows: list[tuple[str, Callable[[], object], int, int]] = [
        ("read Outlook's search", lambda: parse(outlook), 5000, 1),
        ("the same, each list of names new", lambda: [parse(each) for each in uncached], 20, 256),
        ("read an infix search", lambda: parse(infix), 5000, 1),
        ("read an exact search", lambda: parse(exact), 5000, 1),
        ("frame a search", lambda: list(framer.feed(outlook)), 5000, 1),
        ("frame a search in two", lambda: frame_in_two(framer, outlook), 5000, 1),
        ("choose attributes", lambda: select(ASKED).plan(tuple(PERSON)), 5000, 1),
        ("encode an entry, 11 attributes", lambda: answers.entry_body(dn, person), 5000, 1),
        ("answer a cached entry", lambda: b"".join(answers.entries(7, bodies)), 500, ENTRIES),
        (
            "read a base, as before",
            lambda: parse_dn("ou=InternalGAL/_zextras,o=addressbook"),
            5000,
            1,
        ),
        ("ldaptor: read Outlook's search", lambda: read_by_ldaptor(outlook), 200, 1),
        ("ldaptor: encode an entry", lambda: encode_by_ldaptor(dn), 200, 1),
    ]
    for name, work, times, each in rows:
        print(f"{name:34} {least_us(work, times, runs) / each:9.2f} µs")


def frame_in_two(framer: Framer, octets: bytes) -> list[bytes]:
    """A message that comes in two pieces."""
    list(framer.feed(octets[:100]))
    return list(framer.feed(octets[100:]))


def read_by_ldaptor(octets: bytes) -> object:
    """The same by the library."""
    return pureber.berDecodeObject(_CONTEXT, octets)


def encode_by_ldaptor(dn: bytes) -> bytes:
    """The same by the library."""
    values = [(name.encode(), [v.encode() for v in each]) for name, each in PERSON.items()]
    entry = pureldap.LDAPSearchResultEntry(objectName=dn, attributes=values)
    octets: bytes = pureldap.LDAPMessage(entry, id=7).toWire()
    return octets


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 9)
