"""The law of vCards: what is written is read again, and what did not change stays as it was."""

from dataclasses import fields, replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carbonio_mobile.errors import Corrupt
from carbonio_mobile.pim.contact import Address, Contact
from carbonio_mobile.pim.contentlines import decode_source, split_lines
from carbonio_mobile.pim.filing import normalised
from carbonio_mobile.pim.text import Text
from carbonio_mobile.pim.vcards import read_contact, write_contact

NOW = 1_400_000_000.0
RICH = (
    b"BEGIN:VCARD\r\nVERSION:4.0\r\nPRODID:-//Other//EN\r\nUID:urn:uuid:1\r\n"
    b'N;SORT-AS="Harten,Rene":van der Harten;Rene,J.;Sir;;R.D.O.N.\r\n'
    b"FN;PREF=1:Rene van der Harten\r\n"
    b"FN:The other name\r\nORG;PID=1.1:Acme\\, Inc.;Sales;Team 7\r\nTITLE:Boss\r\nTITLE:Clerk\r\n"
    b"EMAIL;TYPE=home;PID=4.1:one@example.com\r\nitem1.EMAIL;PREF=1:two@example.com\r\n"
    b"item1.X-ABLabel:School\r\nEMAIL:three@example.com\r\nEMAIL:four@example.com\r\n"
    b'TEL;VALUE=uri;TYPE="work,voice":tel:+1-555-555-5555;ext=5\r\nTEL;TYPE=work:2\r\n'
    b"TEL;TYPE=work:3\r\nTEL;TYPE=fax:4\r\nTEL:5\r\nTEL;TYPE=isdn:6\r\n"
    b'ADR;TYPE=work;GEO="geo:1.3,4.6";LABEL="x^ny":Box;Floor 2;Main St 1,Yard;Town;CA;12345;US\r\n'
    b"ADR;TYPE=home:;;Home\\nRoad;City;;;\r\nADR;TYPE=home:;;Second;City;;;\r\n"
    b"ADR;TYPE=home:;;Third;City;;;\r\nBDAY:--0412\r\nANNIVERSARY:20090808T1430-0500\r\n"
    b"IMPP:xmpp:alice@example.com\r\nX-SKYPE:rene\r\nURL:https://example.com/\r\n"
    b"URL;TYPE=home:https://example.org/\r\nNICKNAME:Jim,Jimmie\r\nNOTE:A long note\\, which is\r\n"
    b"  folded here\\nand there\r\nNOTE:Another\r\nRELATED;TYPE=spouse;VALUE=text:Ann\r\n"
    b"RELATED;TYPE=child;VALUE=text:Bob\r\nRELATED;TYPE=child:urn:uuid:9\r\n"
    b"CATEGORIES:A,B\r\nCATEGORIES:C\r\nPHOTO:https://example.com/x.jpg\r\n"
    b"PHOTO:data:image/gif;base64,R0lGODdh\r\nKEY:data:,x\r\nCLIENTPIDMAP:1;urn:uuid:2\r\n"
    b"X-FOO;X-BAR=\"a;b:c\":{\"a\": 1}\r\nREV:20000101T000000Z\r\nnonsense\r\nEND:VCARD\r\n"
)  # fmt: skip
SOURCES = {
    "new": None,
    "2.1": b"BEGIN:VCARD\nVERSION:2.1\nN:Old;Card\nTEL;HOME:1\nEMAIL;INTERNET:a@b.c\nEND:VCARD\n",
    "3.0": b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Only Spoken\r\nADR;TYPE=HOME:;;S;C\r\nEND:VCARD\r\n",
    "rich": RICH,
}

LINES = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
WORDS = st.sampled_from(["", "Ann", "O'Neill; Jr.", "a\\b", "x,y", "Ж", "two\nlines", "C:\\new"])
STRINGS = WORDS | LINES
PHONES = STRINGS | st.sampled_from(["tel:+1;ext=2", "+39 02 1234"])
EMAILS = STRINGS | st.sampled_from(
    ["a@example.com", '"A. B" <ab@example.com>', '"^x" <c@d>', "A <a@b>", '"" <a@b>']
)
IMS = STRINGS | st.sampled_from(["xmpp:a@b", "alice", "sip:x"])
DAYS = st.none() | st.dates(date(1700, 1, 1))
ADDRESSES = st.builds(
    Address, street=STRINGS, city=STRINGS, state=STRINGS, postal_code=STRINGS, country=STRINGS
)
LISTS = st.lists(STRINGS, max_size=4).map(tuple)
TEXTS = st.builds(Text, plain=STRINGS) | st.builds(
    Text, plain=STRINGS, html=st.just("<p>b;\\n</p>")
)
_SPECIAL = {
    "birthday": DAYS,
    "anniversary": DAYS,
    "home_address": ADDRESSES,
    "business_address": ADDRESSES,
    "other_address": ADDRESSES,
    "children": LISTS,
    "categories": LISTS,
    "body": TEXTS,
    "picture": st.binary(max_size=90),
    "weighted_rank": st.none() | st.integers(0, 2**31 - 1),
    "email1_address": EMAILS,
    "email2_address": EMAILS,
    "email3_address": EMAILS,
    "im_address": IMS,
    "im_address2": IMS,
    "im_address3": IMS,
}
_PHONE_FIELDS = [one.name for one in fields(Contact) if "phone" in one.name or "fax" in one.name]
FIELDS = {
    one.name: _SPECIAL.get(one.name, PHONES if one.name in _PHONE_FIELDS else STRINGS)
    for one in fields(Contact)
    if one.name != "faults"
}
SOME = st.lists(st.sampled_from(sorted(FIELDS)), unique=True, max_size=12)
CONTACTS = st.builds(Contact, **FIELDS)


@st.composite
def changes(draw: st.DrawFn) -> dict[str, object]:
    return {name: draw(FIELDS[name]) for name in draw(SOME)}


@pytest.mark.parametrize("source", SOURCES.values(), ids=list(SOURCES))
@given(contact=CONTACTS)
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_read_again(source: bytes | None, contact: Contact) -> None:
    """A whole contact written into any card, of any version, is read from it again."""
    written = write_contact(source, contact, now=NOW)
    assert normalised(read_contact(written)) == normalised(contact)


@pytest.mark.parametrize("source", list(SOURCES.values())[1:], ids=list(SOURCES)[1:])
@given(first=changes(), second=changes())
@settings(max_examples=80, deadline=None)
def test_changes_follow_one_another(
    source: bytes, first: dict[str, object], second: dict[str, object]
) -> None:
    """Some fields change, then others: each time the card says what was meant, no slot moves."""
    for change in (first, second):
        meant = replace(read_contact(source), **change)
        source = write_contact(source, meant, now=NOW)
        assert normalised(read_contact(source)) == normalised(meant)
    assert b"END:VCARD" in source


@pytest.mark.parametrize("source", list(SOURCES.values())[1:], ids=list(SOURCES)[1:])
def test_no_change_gives_the_source_back(source: bytes) -> None:
    """Writing what was read gives the very octets."""
    assert write_contact(source, read_contact(source), now=NOW) is source


@given(octets=st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
@settings(max_examples=150, deadline=None)
def test_any_octets_are_read_or_refused(octets: bytes) -> None:
    """Octets without a card are Corrupt; any content of a card is read and survives a change."""
    card = b"BEGIN:VCARD\r\nVERSION:3.0\r\n" + octets + b"\r\nEND:VCARD\r\n"
    contact = read_contact(card)
    written = write_contact(card, replace(contact, mms="new"), now=NOW)
    assert read_contact(written).mms == "new"
    if b"VCARD" not in octets.upper():
        with pytest.raises(Corrupt):
            read_contact(octets)


EMAIL_FIELDS = ("email1_address", "email2_address", "email3_address")
NAME_PROPERTIES = frozenset({"N", "FN"})
PROPERTIES = {
    **dict.fromkeys(("title", "first_name", "middle_name", "last_name", "suffix"), NAME_PROPERTIES),
    **dict.fromkeys(("company_name", "department"), frozenset({"ORG"})),
    **dict.fromkeys(EMAIL_FIELDS, frozenset({"EMAIL", "X-ABLABEL"})),
    **dict.fromkeys(("im_address", "im_address2", "im_address3"), frozenset({"IMPP", "X-SKYPE"})),
    **dict.fromkeys(("home_address", "business_address", "other_address"), frozenset({"ADR"})),
    "job_title": {"TITLE"},
    "web_page": {"URL"},
    "nick_name": {"NICKNAME"},
    "uid": {"UID"},
    "spouse": {"RELATED"},
    "children": {"RELATED"},
    "categories": {"CATEGORIES"},
    "birthday": {"BDAY"},
    "anniversary": {"ANNIVERSARY"},
    "body": {"NOTE"},
    "picture": {"PHOTO"},
}


def lines_of(source: bytes) -> list[tuple[str, str]]:
    return [
        (one.name, one.raw) for one in split_lines(decode_source(source), plain=False, limit=999)
    ]


@pytest.mark.parametrize("field", sorted(FIELDS))
@given(data=st.data())
@settings(max_examples=15, deadline=None)
def test_lines_of_what_did_not_change_are_kept(field: str, data: st.DataObject) -> None:
    """One field changes: only its properties (and REV) differ, all others octet for octet."""
    change = {field: data.draw(FIELDS[field])}
    written = write_contact(RICH, replace(read_contact(RICH), **change), now=NOW)
    phones = {"TEL"} if field.endswith(("number", "main_phone")) else set()
    touched = PROPERTIES.get(field, set()) | phones | {"REV"}
    kept = [one for one in lines_of(RICH) if one[0] not in touched]
    left = [one for one in lines_of(written) if one[0] not in touched and "CARBONIO" not in one[0]]
    own = ("X-EVOLUTION", "X-PHONETIC", "X-MS-IM")
    assert [one for one in left if not one[0].startswith(own)] == kept
