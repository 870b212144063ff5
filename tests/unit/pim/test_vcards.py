"""vCards read and patched: versions, encodings, slots, names, dates, pictures."""

from dataclasses import replace
from datetime import date

import pytest

from carbonio_mobile.errors import Corrupt
from carbonio_mobile.pim.contact import Address, Contact
from carbonio_mobile.pim.filing import normalised
from carbonio_mobile.pim.text import Text
from carbonio_mobile.pim.vcardcard import MAX_CARD_BYTES, MAX_LINES, split_cards
from carbonio_mobile.pim.vcards import read_contact, write_contact

NOW = 1_400_000_000.0
GIF = b"GIF89a\x01\x00"
GIF64 = "R0lGODlhAQA="


def card(*lines: str, version: str = "4.0") -> bytes:
    return "\r\n".join(("BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD", "")).encode()


def read(*lines: str, version: str = "4.0") -> Contact:
    return read_contact(card(*lines, version=version))


def patched(source: bytes, **change: object) -> list[str]:
    """Change a card; give its lines unfolded, without those around it."""
    written = write_contact(source, replace(read_contact(source), **change), now=NOW)
    return written.decode().replace("\r\n ", "").split("\r\n")[2:-2]


TYPED = {
    "TEL;TYPE=CELL:1": "mobile_phone_number",
    "TEL;TYPE=cell,voice,work:1": "mobile_phone_number",
    'TEL;VALUE=uri;TYPE="voice,home":tel:1': "home_phone_number",
    "TEL;WORK;VOICE:1": "business_phone_number",
    "TEL;TYPE=home;TYPE=fax:1": "home_fax_number",
    "TEL;TYPE=WORK,FAX:1": "business_fax_number",
    "TEL;FAX:1": "business_fax_number",
    "TEL;TYPE=HOME,TYPE=VOICE:1": "home_phone_number",
    "TEL;TYPE=car:1": "car_phone_number",
    "TEL;TYPE=PAGER:1": "pager_number",
    "TEL;TYPE=X-EVOLUTION-RADIO:1": "radio_phone_number",
    "X-MS-TEL;ASSISTANT:1": "assistant_phone_number",
    "TEL;TYPE=main:1": "company_main_phone",
    "TEL:1": "mobile_phone_number",
    "item1.TEL;type=pref:1": "mobile_phone_number",
}


@pytest.mark.parametrize("line", TYPED)
def test_types_of_telephones_in_all_spellings(line: str) -> None:
    """TYPE of 2.1, 3.0 and 4.0 leads to the element that means it."""
    assert getattr(read(line), TYPED[line]) == "1"


def test_several_of_a_kind_fill_the_slots_in_order_of_preference() -> None:
    """The preferred is first; what has no slot of its kind goes to one that stands free."""
    contact = read(
        "EMAIL:a@x", "EMAIL;PREF=2:b@x", "EMAIL;PREF=1:c@x", "EMAIL:d@x",
        "TEL;TYPE=home:1", "TEL;TYPE=home;PREF=1:2", "TEL;TYPE=home:3",
        "ADR;TYPE=home:;;A;;;;", "ADR;TYPE=home:;;B;;;;",
    )  # fmt: skip
    emails = (contact.email1_address, contact.email2_address, contact.email3_address)
    assert emails == ("c@x", "b@x", "a@x")
    assert (contact.home_phone_number, contact.home2_phone_number) == ("2", "1")
    assert (contact.home_address.street, contact.other_address.street) == ("A", "B")


def test_setting_a_slot_leaves_the_others_where_they_are() -> None:
    """A second address beside three: its own line alone differs."""
    source = card("EMAIL:a@x", "EMAIL:b@x", "EMAIL:c@x", "EMAIL:d@x")
    assert patched(source, email2_address="new@x") == [
        "EMAIL:a@x", "EMAIL:new@x", "EMAIL:c@x", "EMAIL:d@x",
    ]  # fmt: skip


def test_clearing_a_slot_does_not_move_the_next_one_up() -> None:
    """The properties are marked with their slots, surplus ones with none."""
    source = card("ORG:A", "EMAIL:a@x", "EMAIL:b@x", "EMAIL:c@x", "EMAIL:d@x")
    mark = "EMAIL;X-CARBONIO-MOBILE-SLOT"
    marked = [f"{mark}=2:b@x", f"{mark}=3:c@x", f"{mark}=0:d@x"]
    assert patched(source, email1_address="") == ["ORG:A", *marked]


def test_display_names_of_addresses_are_kept_apart() -> None:
    """EMAIL stays an address that other programs can use (MS-ASDTYPE_R100)."""
    source = card("ORG:A", "EMAIL:a@x")
    lines = patched(source, email1_address='"A, B" <b@x>')
    assert lines == ["ORG:A", 'EMAIL;X-CARBONIO-MOBILE-NAME="A, B":b@x']
    assert read(*lines).email1_address == '"A, B" <b@x>'


DATES = {
    "19850412": date(1985, 4, 12),
    "1985-04-12": date(1985, 4, 12),
    "1985-04-12T23:59:00Z": date(1985, 4, 12),
    "19531015T231000Z": date(1953, 10, 15),
    "--0412": None,
    "1985": None,
    "1985-04": None,
    "---12": None,
    "circa 1800": None,
    "19850230": None,
    "1604-04-12": None,
    "-000001-01-01": None,
}


@pytest.mark.parametrize("text", DATES)
def test_dates_that_are_whole_are_shown_and_others_survive(text: str) -> None:
    """A day without a year is not shown, and not lost when something else changes."""
    source = card(f"BDAY:{text}")
    assert read_contact(source).birthday == DATES[text]
    assert patched(source, mms="x")[0] == f"BDAY:{text}"
    assert patched(source, birthday=date(2001, 2, 3)) == ["BDAY:20010203"]


PHOTOS = [
    (f"PHOTO;ENCODING=b;TYPE=GIF:{GIF64}", GIF),
    (f"PHOTO;ENCODING=BASE64;GIF:{GIF64}", GIF),
    ("PHOTO;GIF;BASE64:\r\n R0lG\r\n ODlhAQA=\r\n", GIF),
    ("PHOTO;ENCODING=BASE64:\r\nR0lGODlhAQA=\r\n", GIF),
    (f"PHOTO:data:image/gif;base64,{GIF64}", GIF),
    (f"PHOTO;VALUE=uri:data:image/gif;base64\\,{GIF64}", GIF),
    ("PHOTO:data:,GIF%2089", b"GIF 89"),
    ("PHOTO;VALUE=uri:https://example.com/a.gif", b""),
    ("PHOTO:cid:1", b""),
    ("PHOTO;ENCODING=b:!!!", b""),
]  # fmt: skip


@pytest.mark.parametrize("version", ["2.1", "3.0", "4.0"])
@pytest.mark.parametrize(("line", "picture"), PHOTOS)
def test_pictures_in_all_forms(line: str, picture: bytes, version: str) -> None:
    """Inline pictures are read, in every version; those elsewhere are left alone."""
    source = card(line, version=version)
    assert read_contact(source).picture == picture
    new = write_contact(source, replace(read_contact(source), picture=b"\x89PNG1"), now=NOW)
    assert read_contact(new).picture == b"\x89PNG1"
    assert (b"example.com" in new) == ("example.com" in line)


@pytest.mark.parametrize(
    ("version", "line"),
    [
        ("4.0", "PHOTO:data:image/gif;base64,R0lGODlhAQA="),
        ("3.0", "PHOTO;ENCODING=b;TYPE=GIF:R0lGODlhAQA="),
        ("2.1", "PHOTO;ENCODING=BASE64;TYPE=GIF:R0lGODlhAQA="),
    ],
)
def test_a_new_picture_is_written_as_the_version_says(version: str, line: str) -> None:
    """A card keeps its version, whatever is put into it."""
    assert patched(card(version=version), picture=GIF) == [line]


def test_a_card_keeps_its_version() -> None:
    """What 3.0 has no property for goes into X- properties that others know."""
    change = {"spouse": "Ann", "anniversary": date(1999, 1, 2), "children": ("Bob",)}
    assert patched(card(version="3.0"), **change) == [
        "X-ANNIVERSARY:1999-01-02", "X-EVOLUTION-SPOUSE:Ann", "X-MS-CHILD:Bob",
    ]  # fmt: skip
    assert patched(card(), **change) == [
        "ANNIVERSARY:19990102", "RELATED;TYPE=spouse;VALUE=text:Ann",
        "RELATED;TYPE=child;VALUE=text:Bob",
    ]  # fmt: skip


def test_vcard_21_gets_its_own_encoding() -> None:
    """Non-ASCII and line ends are quoted-printable in 2.1, types are bare."""
    change = {"home_fax_number": "1", "body": Text(plain="Größe\nx, y")}
    assert patched(card(version="2.1"), **change) == [
        "TEL;HOME;FAX:1",
        "NOTE;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Gr=C3=B6=C3=9Fe=0D=0Ax, y",
    ]


def test_components_that_did_not_change_stay_as_written() -> None:
    """Lists and further units in a structured property survive a change beside them."""
    source = card("N;LANGUAGE=en:Doe;John;Philip,Paul;Dr.;Jr.,M.D.", "ORG:A\\;B;C;D;E", "FN:Boss")
    assert patched(source, company_name="X", suffix="III")[:2] == [
        "N;LANGUAGE=en:Doe;John;Philip,Paul;Dr.;III", "ORG:X;C;D;E",
    ]  # fmt: skip


def test_an_address_that_changes_loses_its_label() -> None:
    """LABEL says the old address, in 4.0 as a parameter, in 3.0 as a property."""
    home = Address(street="New", city="B")
    source = card('ADR;TYPE=home;LABEL="A":;;A;B;;;', "ADR;TYPE=work:;;W;;;;")
    assert patched(source, home_address=home)[0] == "ADR;TYPE=home:;;New;B;;;"
    old = card("ADR;TYPE=HOME:;;A;B;;;", "LABEL;TYPE=HOME:A", "LABEL;TYPE=WORK:W", version="3.0")
    assert patched(old, home_address=home) == ["ADR;TYPE=HOME:;;New;B;;;", "LABEL;TYPE=WORK:W"]


NAMED = [
    (("N:Doe;John;;;", "FN:Whatever"), "Doe, John", "John Doe"),
    (("N:Doe;;;;",), "Doe", "Doe"),
    (("N:;;;;", "FN:", "ORG:Acme;Sales"), "Acme", "Acme"),
    (("N:Doe;John", "ORG:Acme", "X-ABSHOWAS:COMPANY"), "Acme", "John Doe"),
    (("FN:John Q. Doe",), "Doe, John Q.", "John Q. Doe"),
    (("FN:Prince",), "Prince", "Prince"),
    (("KIND:group", "FN:The Doe family", "MEMBER:urn:uuid:1"), "The Doe family", "The Doe family"),
    (("EMAIL:a@x",), "a@x", "a@x"),
    (("NICKNAME:Jim",), "Jim", "Jim"),
    (("N:Doe;John", "X-EVOLUTION-FILE-AS:JD"), "JD", "John Doe"),
    (("N:Doe;John", "X-CARBONIO-MOBILE-FILE-AS:JD"), "JD", "John Doe"),
]


@pytest.mark.parametrize(("lines", "file_as", "_spoken"), NAMED)
def test_file_as_is_made_where_the_card_says_none(
    lines: tuple[str, ...], file_as: str, _spoken: str
) -> None:
    """MS-ASCNTC_R231: how a contact is filed, from the names or what else there is."""
    assert read(*lines).file_as == file_as


def test_a_new_name_brings_fn_along() -> None:
    """FN follows N, and FileAs is only said where it says something else."""
    source = card("N:Doe;John;;;", "FN:Johnny D.")
    assert patched(source, last_name="Roe", file_as="") == ["N:Roe;John;;;", "FN:John Roe"]
    assert patched(source, file_as="JD")[2:] == ["X-EVOLUTION-FILE-AS:JD"]


def test_phonetic_names_from_sort_as() -> None:
    """SORT-AS in Japanese is read as Yomi names; it goes when they change."""
    source = card(
        'N;SORT-AS="やまだ,たろう":山田;太郎;;;', "FN:山田太郎", 'ORG;SORT-AS="カイシャ":会社'
    )
    contact = read_contact(source)
    yomi = (contact.yomi_last_name, contact.yomi_first_name, contact.yomi_company_name)
    assert yomi == ("やまだ", "たろう", "カイシャ")
    lines = patched(source, yomi_first_name="")
    assert lines[0] == "N:山田;太郎;;;"
    assert lines[3:] == ["X-PHONETIC-LAST-NAME:やまだ", "X-PHONETIC-ORG:カイシャ"]


def test_html_notes_are_out_of_date_when_note_changes() -> None:
    """Another program changes NOTE: the HTML that belonged to the old one is not shown."""
    text = Text(plain="Hello", html="<b>Hello</b>")
    source = write_contact(None, Contact(uid="1", body=text), now=NOW)
    assert read_contact(source).body == text
    assert read_contact(source.replace(b"NOTE:Hello", b"NOTE:Bye")).body == Text(plain="Bye")


def test_apple_labels_name_relatives_and_dates() -> None:
    """X-ABRELATEDNAMES and X-ABDATE mean what the label of their group says."""
    contact = read(
        "item1.X-ABRELATEDNAMES:Ann", "item1.X-ABLabel:_$!<Spouse>!$_",
        "item2.X-ABRELATEDNAMES:Bob", "item2.X-ABLabel:_$!<Child>!$_",
        "item3.X-ABRELATEDNAMES:Mum", "item3.X-ABLabel:_$!<Mother>!$_",
        "item4.X-ABDATE:1999-01-02", "item4.X-ABLabel:_$!<Anniversary>!$_",
        version="3.0",
    )  # fmt: skip
    found = (contact.spouse, contact.children, contact.anniversary)
    assert found == ("Ann", ("Bob",), date(1999, 1, 2))


def test_cards_within_cards_are_left_alone() -> None:
    """AGENT of 2.1 holds a card of its own."""
    source = card(
        "N:Boss;The", "AGENT:", "BEGIN:VCARD", "VERSION:2.1", "N:Agent;An", "TEL:7", "END:VCARD",
        "TEL;WORK:1", version="2.1",
    )  # fmt: skip
    contact = read_contact(source)
    assert (contact.last_name, contact.business_phone_number) == ("Boss", "1")
    assert contact.mobile_phone_number == ""
    assert "TEL:7" in patched(source, last_name="Chief")
    assert [*split_cards(source + source)] == [source, source]


@pytest.mark.parametrize("source", [b"", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", b"\0" * 50])
def test_what_is_no_card_is_corrupt(source: bytes) -> None:
    """Octets without a vCard are refused."""
    with pytest.raises(Corrupt):
        read_contact(source)
    with pytest.raises(Corrupt):
        write_contact(source, Contact(), now=NOW)


def test_limits_of_a_card() -> None:
    """A card beyond 32 MiB is refused; what stands behind 20 000 properties survives unread."""
    with pytest.raises(Corrupt):
        read_contact(card("NOTE:" + "x" * MAX_CARD_BYTES))
    source = card(*["X-A:1"] * (MAX_LINES + 5), "TITLE:Boss")
    assert read_contact(source).job_title == ""
    written = write_contact(source, Contact(mms="1"), now=NOW)
    assert written.count(b"X-A:1") == MAX_LINES + 5
    assert b"TITLE:Boss" in written


@pytest.mark.parametrize(
    "line",
    [
        "EMAIL:a@x", "TEL;TYPE=home:1", "ADR;TYPE=home:;;A", "LABEL;TYPE=HOME:x", "CATEGORIES:x",
        "X-MS-CHILD:x", "PHOTO;ENCODING=b:!", "item1.X-ABLabel:x", "FN:x", "BDAY:1",
    ],
)  # fmt: skip
def test_a_card_of_one_property_over_and_over(line: str) -> None:
    """Of many alike the first 500 are looked at; a change leaves the rest as they are."""
    source = card(*[line] * 5000, "N:Doe", version="3.0")
    whole = Contact(last_name="Roe", email2_address="b", home_address=Address(city="R"), mms="1")
    written = write_contact(source, whole, now=NOW)
    assert read_contact(written).last_name == "Roe"
    left = written.count(line.partition(":")[0].partition(";")[0].encode())
    assert left >= 4400 or line.startswith("LABEL")


def test_a_value_of_nothing_but_escapes() -> None:
    """A long value of escaped separators is one component."""
    assert read("N:" + "\\;" * 100_000 + ";Ann").first_name == "Ann"


def test_long_lines_are_folded_between_characters() -> None:
    """No physical line is longer than 75 octets, and none ends within a character."""
    contact = Contact(uid="1", body=Text(plain="ä€😀" * 60))
    written = write_contact(None, contact, now=NOW)
    lines = written.split(b"\r\n")
    assert max(len(line) for line in lines) <= 75
    assert all(line.decode("utf-8") or True for line in lines)
    assert read_contact(written) == normalised(contact)


def test_a_new_card_is_whole() -> None:
    """A new card is 4.0, with UID, N, FN and REV."""
    contact = Contact(uid="urn:uuid:1", first_name="Ann", last_name="B", categories=("x, y", "z"))
    assert write_contact(None, contact, now=NOW).decode().split("\r\n") == [
        "BEGIN:VCARD", "VERSION:4.0", "PRODID:-//carbonio-mobile//EN", "FN:Ann B", "N:B;Ann;;;",
        "UID:urn:uuid:1", "CATEGORIES:x\\, y,z", "REV:20140513T165320Z", "END:VCARD", "",
    ]  # fmt: skip
