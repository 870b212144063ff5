"""Both forms of the query, byte exact, and what the headers add."""

import base64
import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.eas.requestline import (
    COMMAND_CODES,
    RequestLine,
    format_binary,
    format_plain,
    parse,
)
from carbonio_mobile.errors import ProtocolError

PLAIN = b"Cmd=Sync&User=john%40example.com&DeviceId=androidc123&DeviceType=Android"
SPOKEN_VERSIONS = ("12.1", "14.0", "14.1", "16.0", "16.1")


def blob(
    *parameters: tuple[int, bytes],
    version: int = 141,
    code: int = 0,
    locale: int = 0x0409,
    device_id: bytes = b"dev1",
    policy_key: bytes = b"",
    device_type: bytes = b"SP",
) -> bytes:
    """Lay out the bytes of a base64 query by hand, as http.md section 3 draws them."""
    octets = bytes((version, code)) + locale.to_bytes(2, "little")
    for field in (device_id, policy_key, device_type):
        octets += bytes((len(field),)) + field
    for tag, value in parameters:
        octets += bytes((tag, len(value))) + value
    return octets


def test_plain_query_with_headers() -> None:
    """MS-ASHTTP R98, R158, R159: the four required parameters and the protocol headers."""
    line = parse(PLAIN, {"ms-asprotocolversion": "14.1", "x-ms-policykey": "3942919513"})
    assert line == RequestLine(
        command="Sync",
        version="14.1",
        device_id="androidc123",
        device_type="Android",
        user="john@example.com",
        policy_key=3942919513,
    )


def test_known_base64_query() -> None:
    """The example of http.md: 14.0, Sync, en-US, no policy key, SmartPhone."""
    assert parse(b"jAAJBAp2MTQwRGV2aWNlAApTbWFydFBob25l", {}) == RequestLine(
        command="Sync",
        version="14.0",
        device_id="v140Device",
        device_type="SmartPhone",
        locale=0x0409,
        binary=True,
    )


def test_plain_query_in_any_order_with_unknown_and_repeated_parameters() -> None:
    """Order and unknown names do not matter; the last of a repeated parameter counts."""
    line = parse(
        b"devicetype=A&x=y&&DeviceID=d-1&CMD=ping&DeviceType=B&User=DOM%5Cjohn&=&flag",
        {},
    )
    assert (line.command, line.device_id, line.device_type) == ("Ping", "d-1", "B")
    assert line.user == "DOM\\john"


def test_mail_parameters_of_old_versions() -> None:
    """MS-ASHTTP R116 to R122: folder, item, occurrence and SaveInSent of SmartReply."""
    line = parse(
        PLAIN.replace(b"Sync", b"SmartReply")
        + b"&CollectionId=7&ItemId=7%3A12&Occurrence=2026-01-02T03%3A04%3A05.000Z&SaveInSent=T",
        {},
    )
    assert line.command == "SmartReply"
    assert (line.collection_id, line.item_id) == ("7", "7:12")
    assert line.occurrence == "2026-01-02T03:04:05.000Z"
    assert line.save_in_sent
    assert line.long_id is None


def test_plus_is_itself_in_a_plain_query() -> None:
    """An address with a tag survives a client that does not encode the plus sign."""
    assert parse(PLAIN + b"&User=john+tag@example.com", {}).user == "john+tag@example.com"


@pytest.mark.parametrize(
    ("sent", "read"), [("sync", "Sync"), ("FOLDERSYNC", "FolderSync"), ("Frob", "Frob")]
)
def test_command_spelling(sent: str, read: str) -> None:
    """A known command gets its own spelling, an unknown one is kept for a 501."""
    assert parse(PLAIN.replace(b"Sync", sent.encode()), {}).command == read


@pytest.mark.parametrize(("code", "name"), COMMAND_CODES.items())
def test_command_codes_both_ways(code: int, name: str) -> None:
    """MS-ASHTTP R58 to R78: every code names its command and is written for it."""
    query = base64.b64encode(blob(code=code))
    line = parse(query, {})
    assert line.command == name
    assert format_binary(line) == query


def test_unknown_command_code_is_kept() -> None:
    """A code outside the table becomes its number, which no command answers to."""
    assert parse(base64.b64encode(blob(code=99)), {}).command == "99"


def test_every_base64_parameter() -> None:
    """MS-ASHTTP R81 to R95: each tag lands in its field, unknown tags are passed over."""
    line = parse(
        base64.b64encode(
            blob(
                (0, b"7:12:2"),
                (1, b"7"),
                (2, b"old"),
                (3, b"7:12"),
                (4, b"long"),
                (6, b"2026"),
                (7, b"\x03"),
                (8, "jürgen".encode()),
                (200, b""),
                code=2,
                policy_key=b"\x01\x02\x00\x80",
            )
        ),
        {},
    )
    assert line == RequestLine(
        command="SmartForward",
        version="14.1",
        device_id="dev1",
        device_type="SP",
        user="jürgen",
        policy_key=0x80000201,
        locale=0x0409,
        accept_multipart=True,
        save_in_sent=True,
        collection_id="7",
        item_id="7:12",
        long_id="long",
        occurrence="2026",
        attachment_name="7:12:2",
        binary=True,
    )


def test_url_safe_alphabet_missing_padding_and_percent_encoding() -> None:
    """All spellings of one base64 text read alike."""
    octets = blob((8, b"\xfb\xff\xfe~?>"), device_type=b"\xc3\xbc~?~?")
    standard = base64.b64encode(octets)
    assert set(standard) & set(b"+/")
    expected = parse(standard, {})
    url_safe = base64.urlsafe_b64encode(octets)
    for variant in (
        url_safe,
        url_safe.rstrip(b"="),
        standard.rstrip(b"="),
        standard.replace(b"+", b"%2B").replace(b"/", b"%2f").replace(b"=", b"%3D"),
        standard.replace(b"+", b" "),
    ):
        assert parse(variant, {}) == expected


def test_raw_guid_becomes_hexadecimal() -> None:
    """A device id of raw bytes gives one stable printable id."""
    raw = bytes(range(0xF0, 0x100))
    line = parse(base64.b64encode(blob(device_id=raw)), {})
    assert line.device_id == "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"


def test_query_wins_over_headers() -> None:
    """Headers fill in only what the base64 query leaves out."""
    headers = {
        "ms-asprotocolversion": "2.5",
        "x-ms-policykey": "7",
        "ms-asacceptmultipart": "T",
    }
    silent = parse(base64.b64encode(blob()), headers)
    assert (silent.version, silent.policy_key, silent.accept_multipart) == ("14.1", 7, True)
    spoken = parse(base64.b64encode(blob((7, b"\0"), policy_key=b"\x09\0\0\0")), headers)
    assert (spoken.policy_key, spoken.accept_multipart) == (9, False)


@pytest.mark.parametrize(
    ("sent", "read"), [("", None), ("0", 0), ("4294967295", 2**32 - 1), ("4294967296", 0), ("x", 0)]
)
def test_policy_key_header(sent: str, read: int | None) -> None:
    """A key that cannot be one of ours counts as "not provisioned"; no header is None."""
    assert parse(PLAIN, {"x-ms-policykey": sent}).policy_key == read


@pytest.mark.parametrize(
    "query",
    [
        b"",
        b"=",
        b"Cmd=",
        b"Cmd=Sy%2Fnc&DeviceId=a",
        b"Cmd=Sync",
        b"Cmd=Sync&DeviceId=",
        b"Cmd=Sync&DeviceId=a,b",
        b"Cmd=Sync&DeviceId=" + b"a" * 65,
        b"User=john&DeviceId=a",
        b"A",
        b"AAAA=AAA",
        "jAAJBAp2ü".encode(),
        base64.b64encode(blob(version=25)),
        base64.b64encode(blob(version=142)),
        base64.b64encode(blob(device_id=b"")),
        base64.b64encode(blob(device_id=b"\0" * 33)),
        base64.b64encode(blob(policy_key=b"\1\2")),
        base64.b64encode(blob()[:-1]),
        base64.b64encode(blob() + b"\x08"),
        base64.b64encode(blob() + b"\x08\x05john"),
    ],
)
def test_unusable_queries(query: bytes) -> None:
    """What is in neither form is refused, not guessed at."""
    with pytest.raises(ProtocolError):
        parse(query, {})


def test_unusable_version_header() -> None:
    """A version that is no number is refused; an unknown number is kept for the pipeline."""
    with pytest.raises(ProtocolError):
        parse(PLAIN, {"ms-asprotocolversion": "fourteen"})
    assert parse(PLAIN, {"ms-asprotocolversion": " 1.0 "}).version == "1.0"


def test_truncation_is_reported_with_its_offset() -> None:
    """The error says where the bytes ended."""
    with pytest.raises(ProtocolError) as caught:
        parse(base64.b64encode(blob()[:7]), {})
    assert caught.value.offset == 5


def test_control_characters_do_not_reach_the_logs() -> None:
    """A user name cannot break a log line."""
    assert parse(PLAIN + b"&User=a%0d%0ab%00", {}).user == "ab"


words = st.text(st.characters(codec="utf-8").filter(str.isprintable), max_size=40)
optional_words = st.none() | words.filter(lambda text: len(text.encode()) <= 255)
lines = st.builds(
    RequestLine,
    command=st.sampled_from(sorted(COMMAND_CODES.values())),
    version=st.sampled_from(SPOKEN_VERSIONS),
    device_id=st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True),
    device_type=words,
    user=words,
    policy_key=st.none() | st.integers(0, 2**32 - 1),
    locale=st.integers(0, 0xFFFF),
    accept_multipart=st.booleans(),
    save_in_sent=st.booleans(),
    collection_id=optional_words,
    item_id=optional_words,
    long_id=optional_words,
    occurrence=optional_words,
    attachment_name=optional_words,
    binary=st.just(True),
)


@given(lines)
def test_binary_form_round_trips(line: RequestLine) -> None:
    """What is written in the base64 form reads back the same."""
    assert parse(format_binary(line), {}) == line


@given(lines)
def test_plain_form_round_trips(line: RequestLine) -> None:
    """What is written in the plain form reads back the same, but for the locale."""
    plain = dataclasses.replace(line, locale=None, binary=False)
    query, headers = format_plain(plain)
    assert parse(query, {name.lower(): text for name, text in headers.items()}) == plain


@given(st.binary(max_size=200), st.dictionaries(st.just("ms-asprotocolversion"), st.text()))
def test_any_query_is_read_or_refused(query: bytes, headers: dict[str, str]) -> None:
    """No bytes raise anything but ProtocolError, in either form."""
    for candidate in (query, base64.b64encode(query), b"Cmd=Sync&DeviceId=a&" + query):
        try:
            line = parse(candidate, headers)
        except ProtocolError:
            continue
        assert 1 <= len(line.device_id) <= 64
        assert line.command


@pytest.mark.parametrize(
    "change",
    [{"command": "Frob"}, {"version": "2.5"}, {"device_id": ""}, {"user": "x" * 256}],
)
def test_what_has_no_base64_form(change: dict[str, str]) -> None:
    """The writer refuses what the layout cannot carry."""
    line = RequestLine(command="Sync", version="14.1", device_id="a")
    with pytest.raises(ValueError, match=r"no |above"):
        format_binary(dataclasses.replace(line, **change))  # type: ignore[arg-type]
