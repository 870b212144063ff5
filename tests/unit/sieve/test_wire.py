"""What ManageSieve servers say, in any pieces; RFC 5804."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.sieve.offers import Offers, offers_of
from carbonio_mobile.sieve.wire import Bounds, Response, ResponseReader, Status, string

GREETING = (
    b'"IMPLEMENTATION" "Example1 ManageSieved v001"\r\n'
    b'"SASL" "PLAIN SCRAM-SHA-1 login"\r\n'
    b'"SIEVE" "fileinto vacation INCLUDE"\r\n'
    b'"StartTLS"\r\n'
    b'"VERSION" "1.0"\r\n'
    b'"XODD" {3+}\r\na\r\n\r\n'
    b"OK\r\n"
)


def read(octets: bytes, **bounds: int) -> list[Response]:
    reader = ResponseReader(Bounds(**bounds))
    reader.feed(octets)
    found = []
    while (response := reader.response()) is not None:
        found.append(response)
    return found


def test_capabilities() -> None:
    """A greeting is read whatever the case of its names; what is unknown is passed over."""
    (greeting,) = read(GREETING)
    assert offers_of(greeting) == Offers(
        implementation="Example1 ManageSieved v001",
        extensions=frozenset({"fileinto", "vacation", "include"}),
        mechanisms=frozenset({"PLAIN", "SCRAM-SHA-1", "LOGIN"}),
        starttls=True,
    )
    assert read(GREETING)[0].lines[-1] == (b"XODD", b"a\r\n")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([b'"SIEVE" "extlists"', b'"EXTLISTS" "urn:ietf:params:sieve:addrbook"'], True),
        ([b'"SIEVE" "extlists"', b'"EXTLISTS" "tag urn"'], True),
        ([b'"SIEVE" "extlists"', b'"EXTLISTS" "tag"'], False),
        ([b'"SIEVE" "extlists"'], False),
        ([b'"EXTLISTS" "urn"'], False),
    ],
)
def test_contacts(lines: list[bytes], expected: bool) -> None:
    """Contacts are known to servers that name such lists (RFC 6134)."""
    (response,) = read(b"\r\n".join([*lines, b"OK", b""]))
    assert offers_of(response).knows_contacts is expected


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (
            b'NO "no \\"such\\" \\\\ thing"\r\n',
            Response(status=Status.NO, text='no "such" \\ thing'),
        ),
        (b"ok\r\n", Response(status=Status.OK)),
        (
            b"NO (quota/maxsize) {11}\r\ntoo\r\n large\r\n",
            Response(status=Status.NO, code="QUOTA/MAXSIZE", text="too large"),
        ),
        (
            b'BYE (REFERRAL "sieve://x") "go"\r\n',
            Response(status=Status.BYE, code="REFERRAL", values=(b"sieve://x",), text="go"),
        ),
        (b'OK (WARNINGS) "line 8"\r\n', Response(status=Status.OK, code="WARNINGS", text="line 8")),
        (b"NO (TRYLATER\r\n", Response(status=Status.NO, code="TRYLATER")),
        (
            b'"s1" ACTIVE\r\n{2}\r\ns2\r\nOK\r\n',
            Response(status=Status.OK, lines=((b"s1", "ACTIVE"), (b"s2",))),
        ),
    ],
)
def test_responses(octets: bytes, expected: Response) -> None:
    """Status, code and text are told apart, and lines before them kept."""
    assert read(octets) == [expected]


@given(st.lists(st.integers(0, 400), max_size=8).map(sorted))
def test_pieces(cuts: list[int]) -> None:
    """However octets are cut on their way, the responses are the same."""
    stream = GREETING + b'{16}\r\nkeep;\r\nOK\r\nstop;\r\nOK "done"\r\n' + GREETING
    reader, found = ResponseReader(), []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        reader.feed(stream[start:end])
        while (response := reader.response()) is not None:
            found.append(response)
    assert found == read(stream)
    assert found[1].lines == ((b"keep;\r\nOK\r\nstop;",),)
    assert reader.is_idle


@pytest.mark.parametrize(
    ("octets", "bounds"),
    [
        (b"* OK IMAP4rev1 ready\r\n", {}),
        (b"220 mail ESMTP\r\n", {}),
        (b'"open\r\n', {}),
        (b'"a" "b\\c"\r\n', {}),
        (b"x" * 101, {"line_bytes": 100}),
        (b'"' + b"x" * 200 + b'"\r\n', {"line_bytes": 100}),
        (b"{101}\r\n", {"literal_bytes": 100}),
        (b"{99999999999}\r\n", {}),
        (b'"a"\r\n' * 11, {"lines_count": 10}),
        (b"{50}\r\n" + b"x" * 50 + b"\r\n" + b"{50}\r\n" + b"x" * 50, {"response_bytes": 80}),
        (b'{3} "x"\r\n', {}),
    ],
)
def test_nonsense(octets: bytes, bounds: dict[str, int]) -> None:
    """What is no response, or beyond the bounds, is the end."""
    with pytest.raises(ProtocolError):
        read(octets, **bounds)


@given(st.binary(max_size=200))
def test_any_octets(octets: bytes) -> None:
    """Any octets give responses or ProtocolError."""
    with suppress(ProtocolError):
        read(octets)


@given(st.binary(max_size=1500))
def test_strings(octets: bytes) -> None:
    """A string is read as it was written, quoted or as a literal."""
    written = string(octets)
    assert read(b"OK\r\n" if not octets else written + b"\r\nOK\r\n")[0].lines in (
        (),
        ((octets,),),
    )
    assert (b"+}\r\n" in written[:9]) == (len(octets) > 1024 or any(c in octets for c in b"\0\r\n"))


def test_text_for_people() -> None:
    """Control characters do not come through to logs."""
    assert read(b'NO "a\x1b[31mb\xff"\r\n')[0].text == "a[31mb\N{REPLACEMENT CHARACTER}"
