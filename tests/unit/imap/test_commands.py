"""What goes out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.imap.commands import (
    Literal,
    astring,
    chunks,
    command,
    flag_list,
    parenthesised,
    string,
)
from carbonio_mobile.imap.dates import date_text, day_text, parse_date
from carbonio_mobile.imap.framing import FrameLimits, Framer
from carbonio_mobile.imap.logins import base64, plain, xoauth2
from carbonio_mobile.imap.searching import (
    arrived_before,
    arrived_since,
    contains,
    either,
    fuzzy,
    header,
    inverted,
    is_ascii,
    within,
)
from carbonio_mobile.imap.uidsets import UidSet
from carbonio_mobile.imap.values import values

ANY = 1 << 62


@pytest.mark.parametrize(
    ("octets", "argument"),
    [
        (b"INBOX", b"INBOX"),
        (b"a b", b'"a b"'),
        (b'say "hi" \\o/', b'"say \\"hi\\" \\\\o/"'),
        (b"", b'""'),
        (b"NIL", b'"NIL"'),
        (b"Entw\xfcrfe", Literal(b"Entw\xfcrfe")),
        (b"x\r\na1 LOGOUT", Literal(b"x\r\na1 LOGOUT")),
    ],
)
def test_strings(octets: bytes, argument: object) -> None:
    """Nothing that comes from outside ends a command."""
    assert astring(octets) == argument


@given(st.binary(max_size=200).filter(lambda octets: b"\0" not in octets))
def test_what_is_sent_is_what_is_read(octets: bytes) -> None:
    """A string comes back from its command as it went in (the grammar is the same both ways)."""
    out = b"".join(chunks(b"a1", command("X", string(octets)), free_octets=ANY))
    framer = Framer(FrameLimits())
    framer.feed(out)
    raw = framer.next()
    assert raw is not None
    assert values(raw) == [b"a1", b"X", octets]
    assert framer.is_between


def test_no_nul() -> None:
    """Which no string of IMAP can carry."""
    for make in (string, astring):
        with pytest.raises(ValueError, match="NUL"):
            make(b"a\0b")


@pytest.mark.parametrize(
    ("free", "out"),
    [
        (ANY, [b"a1 X {3+}\r\nabc b {2+}\r\nde\r\n"]),
        (2, [b"a1 X {3}\r\n", b"abc b {2+}\r\nde\r\n"]),
        (-1, [b"a1 X {3}\r\n", b"abc b {2}\r\n", b"de\r\n"]),
    ],
)
def test_literals(free: int, out: list[bytes]) -> None:
    """With LITERAL+, with LITERAL- (small ones only) and with neither (RFC 7888)."""
    one = command("X", Literal(b"abc"), b"b", Literal(b"de"))
    assert list(chunks(b"a1", one, free_octets=free)) == out


def test_binary_literals() -> None:
    """RFC 3516: what holds NUL goes as literal8."""
    assert list(chunks(b"a", command("X", Literal(b"\0", binary=True)), free_octets=ANY)) == [
        b"a X ~{1+}\r\n\0\r\n"
    ]


def test_arguments_are_not_shown() -> None:
    """A command in a log or traceback shows no password."""
    assert "secret" not in repr(command("LOGIN", b"secret", Literal(b"secret")))


@pytest.mark.parametrize("word", ["a\r\nb", 'a"b', "a{3}", "ä"])
def test_no_word(word: str) -> None:
    """What is asked for cannot end the command either."""
    with pytest.raises(ValueError, match="word"):
        parenthesised([word])


@pytest.mark.parametrize(
    "flag", ["", "a b", "a)", "(", "\\\\x", "a\\", "*", "ä", "a\r\nb", 'a"', "{3}"]
)
def test_no_flag(flag: str) -> None:
    """Nor can a category of a phone's making become another flag, or two."""
    with pytest.raises(ValueError, match="flag"):
        flag_list(["\\Seen", flag])


def test_flags() -> None:
    """System flags and keywords, those of other clients too."""
    flags = ["\\Seen", "$Forwarded", "$MDNSent", "Junk", "NonJunk", "$label1", "a.b-c_d"]
    assert flag_list(flags) == f"({' '.join(flags)})".encode()
    assert flag_list([]) == b"()"


def test_criteria() -> None:
    """RFC 9051 6.4.4; a criterion of several stands in parentheses."""
    red = contains("TEXT", "red")
    assert header("Message-ID", "<a@b>") == (b"HEADER", b"Message-ID", b'"<a@b>"')
    assert either(red, contains("SUBJECT", "blau ü")) == (
        b"OR", b"(TEXT", b'"red"', b"ALL)", b"(SUBJECT", Literal("blau ü".encode()), b"ALL)",
    )  # fmt: skip
    assert inverted(red) == (b"NOT", b"(TEXT", b'"red"', b"ALL)")
    assert fuzzy(red) == (b"FUZZY", b"(TEXT", b'"red"', b"ALL)")
    assert within(UidSet.of([1, 2, 3])) == (b"UID 1:3",)
    assert arrived_since(0) + arrived_before(86_400 * 45) == (
        b"SINCE 1-Jan-1970",
        b"BEFORE 15-Feb-1970",
    )
    assert is_ascii(red)
    assert not is_ascii(contains("TEXT", "ü"))


def test_logins() -> None:
    """RFC 4616 2 and XOAUTH2; nothing of the user's making reaches beyond its field."""
    assert plain("proxy", "pw", acts_for="john") == b"john\0proxy\0pw"
    assert xoauth2("john", "t") == b"user=john\1auth=Bearer t\1\1"
    assert base64(b"") == b"="
    with pytest.raises(ValueError, match="NUL"):
        plain("a\0b", "c")
    with pytest.raises(ValueError, match="control"):
        xoauth2("a\1b", "c")


@given(st.integers(-(10**9), 4 * 10**9))
def test_dates(moment: int) -> None:
    """An INTERNALDATE that was written is read."""
    assert parse_date(date_text(moment).encode()) == moment


def test_zones() -> None:
    """RFC 9051 9, date-time; the day may stand alone or behind a blank."""
    assert parse_date(b"17-Jul-1996 02:44:25 -0700") == 837596665
    assert parse_date(b" 7-Jul-1996 02:44:25 +0200") == parse_date(b"07-jul-1996 00:44:25 +0000")
    assert day_text(837596665) == "17-Jul-1996"
