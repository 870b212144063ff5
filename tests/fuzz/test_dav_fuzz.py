"""Any octets as a DAV server's answer: values or a fault of ours, soon and small."""

import random
import tracemalloc
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.dav.collection import read_collection
from carbonio_mobile.dav.etags import read_etag
from carbonio_mobile.dav.faults import fault, read_retry_after, refusal
from carbonio_mobile.dav.freebusy import read_periods, read_schedule_response
from carbonio_mobile.dav.hrefs import read_url, resolved
from carbonio_mobile.dav.multistatus import read_multistatus
from carbonio_mobile.errors import ProtocolError, StoreError
from tests.unit.dav.shapes import CYRUS, HOME, NEXTCLOUD, RADICALE, SOGO, XANDIKOS, ZIMBRA

ROUNDS = 9_000
ERROR = (
    b'<D:error xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><C:no-uid-conflict>'
    b"<D:href>/a.ics</D:href></C:no-uid-conflict></D:error>"
)
SCHEDULE = (
    b'<C:schedule-response xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><C:response>'
    b"<C:recipient><D:href>mailto:a@b</D:href></C:recipient><C:request-status>2.0;x"
    b"</C:request-status><C:calendar-data>BEGIN:VCALENDAR\nFREEBUSY:19700101T000000Z/PT1H\n"
    b"</C:calendar-data></C:response></C:schedule-response>"
)
SEEDS = [
    RADICALE,
    XANDIKOS,
    CYRUS,
    ZIMBRA,
    SOGO,
    NEXTCLOUD,
    ERROR,
    SCHEDULE,
    b"BEGIN:VCALENDAR\r\nFREEBUSY;FBTYPE=BUSY:19700101T000000Z/P1W,19700101T000000Z\r\n /PT5S\r\n",
]
# What means something, put in more often than chance would.
TELLING = [
    b"<", b">", b"</", b"/>", b"&", b"&#0;", b"&lt;", b"&x;", b"<!DOCTYPE a>", b"<![CDATA[", b"]]>",
    b"<!--", b"<?x?>", b"\x00", b"\x0b", b"\xff", b"\xed\xa0\x80", b"xmlns=", b"xmlns:D=\"\"",
    b"HTTP/1.1 999", b"%", b"%00", b"://", b"//", b"..", b"#", b"?", b"\r\n ", b"W/\"", b"9" * 40,
    b"<D:href/>", b"<D:status>HTTP/1.1 507 x</D:status>", b"P99999999W", b"99991231T235959Z",
]  # fmt: skip


def read_all(octets: bytes) -> None:
    """Read octets as each kind of answer; all that they raise is ours."""
    try:
        found = read_multistatus(octets, HOME)
    except ProtocolError:
        pass
    else:
        for response in found.responses:
            assert response.url.isascii()
            assert resolved(response.url, HOME) == response.url
            assert isinstance(refusal(response, "x"), StoreError | None)
            with suppress(ProtocolError):
                read_collection(response, principal=HOME)
    assert isinstance(fault(403, "x", body=octets, base=HOME), StoreError)
    for reader in (read_schedule_response, read_periods):
        with suppress(ProtocolError):
            reader(octets)


def mutated(seed: bytes, chance: random.Random) -> bytes:
    """Change a few places."""
    octets = bytearray(seed)
    for _ in range(chance.randint(1, 5)):
        at = chance.randrange(len(octets) + 1)
        kind = chance.randrange(4)
        if kind == 0:
            octets[at:at] = chance.choice(TELLING)
        elif kind == 1:
            del octets[at : at + chance.randint(1, 30)]
        elif kind == 2 and at < len(octets):
            octets[at] = chance.randrange(256)
        else:
            other = chance.choice(SEEDS)
            start = chance.randrange(len(other))
            octets[at:at] = other[start : start + chance.randint(1, 200)]
    return bytes(octets)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_mutated_answers(number: int) -> None:
    """Each answer of each server, changed at random: nothing but faults of our own."""
    chance = random.Random(number)
    tracemalloc.start()
    try:
        for _ in range(ROUNDS // 3):
            read_all(mutated(chance.choice(SEEDS), chance))
        assert tracemalloc.get_traced_memory()[1] < 32 * 1024 * 1024
    finally:
        tracemalloc.stop()


@given(st.binary(max_size=300))
def test_any_octets(octets: bytes) -> None:
    """Whatever comes."""
    read_all(octets)


@given(st.text(max_size=200))
def test_any_text_in_a_header_or_property(text: str) -> None:
    """Hrefs, tags, times to wait."""
    for href in (text, "/" + text, "https://h/" + text, "https://" + text):
        try:
            url = resolved(href, HOME)
        except ProtocolError:
            continue
        assert read_url(url) == url
    etag = read_etag(text)
    assert etag is None or "\n" not in etag
    seconds = read_retry_after(text, 0.0)
    assert seconds is None or 0 <= seconds <= 86_400
