"""Responses, with the quirks of servers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.imap.codes import Code, appended, code_number, copied
from carbonio_mobile.imap.framing import FrameLimits, Framer, Raw
from carbonio_mobile.imap.parsing import parse
from carbonio_mobile.imap.responses import (
    Acl,
    Capabilities,
    Continuation,
    Enabled,
    Exists,
    Expunged,
    Fetch,
    Flags,
    Found,
    Identity,
    Listed,
    MailboxStatus,
    MyRights,
    Namespaces,
    Quota,
    QuotaRoots,
    Response,
    Status,
    Unknown,
    Vanished,
)
from carbonio_mobile.imap.uidsets import UidSet, parse_uids
from carbonio_mobile.imap.values import Value, values
from tests.unit.imap.writing import Writer

contents = st.recursive(
    st.none() | st.binary(max_size=30),
    lambda below: st.lists(below, max_size=4),
    max_leaves=12,
)


def framed(stream: bytes) -> Raw:
    """Cut one response out of a stream."""
    framer = Framer(FrameLimits())
    framer.feed(stream)
    raw = framer.next()
    assert raw is not None
    return raw


@given(st.lists(contents, max_size=5), st.integers(1, 40))
def test_values_round_trip(sent: list[Value], literal_from: int) -> None:
    """Whatever a server says, in whatever form of string."""
    writer = Writer(literal_from)
    for index, one in enumerate(sent):
        writer.put(b" " if index else b"")
        writer.value(one)
    assert values(framed(writer.wire)) == sent


FORMS: list[tuple[bytes, Response]] = [
    (b"+ idling", Continuation(b"idling")),
    (b"+", Continuation(b"")),
    (b"* OK ready", Status(b"", "OK", None, b"ready")),
    (b"* OK", Status(b"", "OK", None, b"")),
    (b"a1 no [OverQuota] full", Status(b"a1", "NO", Code("OVERQUOTA"), b"full")),
    (b"a1 OK [APPENDUID 38505 3955] done",
     Status(b"a1", "OK", Code("APPENDUID", b"38505 3955"), b"done")),
    (b"* OK [PERMANENTFLAGS (\\Seen \\*)]",
     Status(b"", "OK", Code("PERMANENTFLAGS", b"(\\Seen \\*)"), b"")),
    (b"* OK [not a code", Status(b"", "OK", None, b"[not a code")),
    (b"* 23 EXISTS", Exists(23)),
    (b"* 23 EXISTS ", Exists(23)),
    (b"* 44 expunge", Expunged(44)),
    (b"* 0 RECENT", Unknown("RECENT")),
    (b"* VANISHED (EARLIER) 300:310,405", Vanished(parse_uids(b"300:310,405"), earlier=True)),
    (b"* VANISHED 405", Vanished(parse_uids(b"405"))),
    (b"* CAPABILITY IMAP4rev1 Idle ", Capabilities(frozenset(("IMAP4REV1", "IDLE")))),
    (b"* ENABLED QRESYNC", Enabled(frozenset(("QRESYNC",)))),
    (b"* ENABLED", Enabled(frozenset())),
    (b"* SEARCH", Found(UidSet())),
    (b"* SEARCH 2 84 3 ", Found(UidSet.of([2, 3, 84]))),
    (b"* SEARCH 2 5 (MODSEQ 917162500)", Found(UidSet.of([2, 5]), modseq=917162500)),
    (b'* ESEARCH (TAG "c1") UID', Found(UidSet(), b"c1")),
    (b'* ESEARCH (TAG "c1") UID MIN 2 MAX 9 COUNT 3 ALL 2,8:9 MODSEQ 5',
     Found(parse_uids(b"2,8:9"), b"c1", 3, 2, 9, 5)),
    (b"* ESEARCH COUNT 5", Found(UidSet(), count=5)),
    (b'* LIST (\\HasNoChildren \\Sent) "/" "Sent Items"',
     Listed(b"Sent Items", frozenset(("\\hasnochildren", "\\sent")), "/")),
    (b"* LIST () NIL INBOX", Listed(b"INBOX", frozenset(), "")),
    (b'* LIST () "/" NIL', Listed(b"NIL", frozenset(), "/")),
    (b'* XLIST (\\Inbox) "." INBOX', Listed(b"INBOX", frozenset(("\\inbox",)), ".")),
    (b'* LSUB () "\\\\" a\\b', Listed(b"a\\b", frozenset(), "\\")),
    (b'* LIST () "/" {3}\r\na\xfcb', Listed(b"a\xfcb", frozenset(), "/")),
    (b'* LIST (\\Subscribed) "/" foo ("CHILDINFO" ("SUBSCRIBED"))',
     Listed(b"foo", frozenset(("\\subscribed",)), "/")),
    (b"* STATUS INBOX (MESSAGES 231 UIDNEXT 44292)",
     MailboxStatus(b"INBOX", {"MESSAGES": 231, "UIDNEXT": 44292})),
    (b"* STATUS INBOX (MESSAGES 2 MAILBOXID (F22))",
     MailboxStatus(b"INBOX", {"MESSAGES": 2}, "F22")),
    (b"* STATUS INBOX ()", MailboxStatus(b"INBOX", {})),
    (b"* FLAGS (\\Seen $Forwarded)", Flags(("\\Seen", "$Forwarded"))),
    (b'* QUOTA "" (STORAGE 10 512 MESSAGE 2 100)',
     Quota(b"", {"STORAGE": (10, 512), "MESSAGE": (2, 100)})),
    (b"* QUOTA root ()", Quota(b"root", {})),
    (b'* QUOTAROOT INBOX ""', QuotaRoots(b"INBOX", (b"",))),
    (b"* QUOTAROOT INBOX", QuotaRoots(b"INBOX", ())),
    (b'* NAMESPACE (("" "/")) NIL (("Public/" "/" "X" ("y")))',
     Namespaces(((b"", "/"),), (), ((b"Public/", "/"),))),
    (b"* MYRIGHTS INBOX rws", MyRights(b"INBOX", frozenset("rws"))),
    (b"* ACL INBOX john rws anyone l",
     Acl(b"INBOX", {b"john": frozenset("rws"), b"anyone": frozenset("l")})),
    (b'* ID ("Name" "Zimbra" "VERSION" NIL)', Identity({"name": "Zimbra", "version": ""})),
    (b"* ID NIL", Identity({})),
    (b"* METADATA INBOX (/shared x)", Unknown("METADATA")),
    (b'* 12 FETCH (UID 7 FLAGS (\\Seen))', Fetch(12, uid=7, flags=("\\Seen",))),
    (b"* 12 fetch  (flags ()  uid 7 )", Fetch(12, uid=7, flags=())),
    (b"* 1 FETCH (UID 7 MODSEQ (624140003))", Fetch(1, uid=7, modseq=624140003)),
    (b'* 1 FETCH (INTERNALDATE "17-Jul-1996 02:44:25 -0700" RFC822.SIZE 44827)',
     Fetch(1, date=837596665.0, size=44827)),
    (b"* 1 FETCH (BODY[] {3}\r\na)\n BODY[1.MIME]<0> NIL BODY[TEXT] \"\")",
     Fetch(1, sections={"BODY[]": b"a)\n", "BODY[1.MIME]<0>": None, "BODY[TEXT]": b""})),
    (b'* 1 FETCH (BODY[header.fields ("From" to)] {2}\r\n\r\n UID 4)',
     Fetch(1, uid=4, sections={"BODY[HEADER.FIELDS (FROM TO)]": b"\r\n"})),
    (b"* 1 FETCH (BINARY[2] ~{2}\r\n\0\1)", Fetch(1, sections={"BINARY[2]": b"\0\1"})),
    (b"* 1 FETCH (RFC822.HEADER {2}\r\nab)", Fetch(1, sections={"RFC822.HEADER": b"ab"})),
    (b'* 1 FETCH (PREVIEW "a b" EMAILID (M1) THREADID (T1))',
     Fetch(1, preview=b"a b", email_id="M1", thread_id="T1")),
    (b'* 1 FETCH (PREVIEW (FUZZY "a") THREADID NIL)', Fetch(1, preview=b"a")),
    (b"* 1 FETCH (PREVIEW NIL X-GM-LABELS (a b))", Fetch(1)),
    (b"* 1 FETCH (UID 3 FLAGS (Caf\xc3\xa9 Caf\xe9))", Fetch(1, uid=3, flags=("Café", "Café"))),
]  # fmt: skip


@pytest.mark.parametrize(("stream", "response"), FORMS)
def test_forms(stream: bytes, response: Response) -> None:
    """Each response, as the specifications have it and as servers send it."""
    assert parse(framed(stream + b"\r\n")) == response


def test_one_broken_value_does_not_hold_up_a_mailbox() -> None:
    """It is named, and the rest of the message is told."""
    stream = b'* 1 FETCH (UID 7 INTERNALDATE "yesterday" BODYSTRUCTURE () FLAGS (\\Seen))\r\n'
    fetch = parse(framed(stream))
    assert isinstance(fetch, Fetch)
    assert (fetch.uid, fetch.flags, fetch.date, fetch.structure) == (7, ("\\Seen",), None, None)
    assert [fault.partition(":")[0] for fault in fetch.faults] == ["INTERNALDATE", "BODYSTRUCTURE"]


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"*",
        b"* ",
        b"* 1 FETCH (UID x)",
        b"* 1 FETCH (UID 1",
        b"* 1 FETCH UID 1)",
        b'* 1 FETCH (UID 1 X "a)',
        b"* 1 FETCH (UID)",
        b"* SEARCH x",
        b"* SEARCH 99999999999",
        b"* VANISHED x",
        b"* STATUS INBOX (MESSAGES x)",
        b"* LIST x",
        b"* QUOTA x (STORAGE a b)",
        b"* LIST " + b"(" * 300,
        b"* STATUS" + b" " * 100_000 + b"x",
    ],
)
def test_faults(line: bytes) -> None:
    """What contradicts itself."""
    with pytest.raises(ProtocolError):
        parse([line])


def test_a_long_search() -> None:
    """Mailboxes of a hundred thousand messages, scattered, in both forms."""
    uids = UidSet.of(range(1, 200_000, 2))
    plain = b"* SEARCH " + uids.text().replace(",", " ").encode()
    extended = b'* ESEARCH (TAG "c9") UID ALL ' + uids.text().encode() + b" MODSEQ 7"
    assert parse([plain]) == Found(uids)
    assert parse([extended]) == Found(uids, b"c9", modseq=7)


def test_codes() -> None:
    """RFC 4315 3; numbers."""
    assert appended(Code("APPENDUID", b"38505 3955:3956")).uids == parse_uids(b"3955:3956")
    assert copied(Code("COPYUID", b"1 304,319:320 3956:3958")).pairs() == {
        304: 3956, 319: 3957, 320: 3958,
    }  # fmt: skip
    assert code_number(Code("UIDNEXT", b"5")) == 5
    for read, argument in (
        (copied, b"1 1:3 1:2"), (copied, b"1 2"), (appended, b"x 1"), (appended, b"1"),
        (code_number, b""), (code_number, b"9" * 30),
    ):  # fmt: skip
        with pytest.raises(ProtocolError):
            read(Code("X", argument))
