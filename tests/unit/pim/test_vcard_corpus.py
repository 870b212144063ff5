"""The vCards of other programs, as the shared corpus holds them."""

from dataclasses import replace
from datetime import date

import pytest

from carbonio_mobile.errors import Corrupt
from carbonio_mobile.pim.contact import Contact
from carbonio_mobile.pim.filing import normalised
from carbonio_mobile.pim.vcardcard import Card
from carbonio_mobile.pim.vcards import read_contact, write_contact
from tests.unit.pim.vcard_corpus import ROOT, cards, files

NOW = 1_400_000_000.0
OFFICE = "X-CARBONIO-MOBILE-OFFICE-LOCATION"

pytestmark = pytest.mark.skipif(not ROOT.exists(), reason="the shared corpus is not here")

NO_CARDS = {
    # a calendar, nothing at all, and octets made to break readers
    "user-cal.vcf", "Empty.vcf", "empty.vcf", "vcardfuzz479881583.vcf", "vcardfuzz479882034.vcf",
    "vcardfuzz479882034a.vcf", "vcardfuzz480258833.vcf", "vcardfuzz481458325.vcf",
    "vcardfuzz485387226.vcf", "vcardfuzz485932113.vcf", "vcardfuzz486715154.vcf",
    "vcardfuzz505903588.vcf",
}  # fmt: skip

READ = {
    "synthetic/v21-qp.vcf": {"first_name": "Jörg", "last_name": "Müller"},
    "synthetic/v21-sjis.vcf": {"first_name": "太郎", "last_name": "山田"},
    "synthetic/utf16le.vcf": {"last_name": "É", "first_name": "x"},
    "synthetic/nul-in-name.vcf": {"first_name": "C"},
    "synthetic/only-org.vcf": {"company_name": "Example S.p.A.", "file_as": "Example S.p.A."},
    "synthetic/no-name.vcf": {"email1_address": "only@example.com", "file_as": "only@example.com"},
    "synthetic/no-end.vcf": {"last_name": "Cut", "first_name": "Off"},
    "synthetic/v4-group.vcf": {"last_name": "Team", "file_as": "Team"},
    "synthetic/cjk-phonetic.vcf": {"yomi_first_name": "たろう", "yomi_last_name": "やまだ"},
    "synthetic/bday-0.vcf": {"birthday": date(1985, 4, 12)},
    "synthetic/bday-1.vcf": {"birthday": date(1985, 4, 12)},
    "synthetic/bday-2.vcf": {"birthday": None},
    "synthetic/bday-3.vcf": {"birthday": None},
    "synthetic/bday-9.vcf": {"birthday": None},
    "synthetic/photo-broken.vcf": {"picture": b"", "faults": ("a picture that cannot be read",)},
    "synthetic/many.vcf": {
        "email3_address": "m2@example.com",
        "home2_phone_number": "+39 02 0001",
        "business2_phone_number": "+39 02 0004",
    },
    "roundcube/src/utf-16_sample.vcf": {"uid": ""},
    "roundcube/src/johndoe.vcf": {"last_name": "Doë"},
    "ez-vcard/io/text/John_Doe_IPHONE.vcf": {"last_name": "Doe"},
    "ez-vcard/io/text/gmail-single2.vcf": {
        "assistant_name": "Name12",
        "manager_name": "Name11",
        "spouse": "Name2",
        "children": ("Name3",),
        "company_main_phone": "5555551116",
    },
    "ez-vcard/io/text/outlook-2007.vcf": {
        "spouse": "TheSpouse",
        "anniversary": date(2012, 8, 1),
        "im_address": "im@aim.com",
    },
}


@pytest.mark.parametrize("path", READ)
def test_cards_of_other_programs_are_understood(path: str) -> None:
    """Versions, encodings, charsets and the X- properties of others are read."""
    contact = read_contact((ROOT / "vcard" / path).read_bytes())
    assert {name: getattr(contact, name) for name in READ[path]} == READ[path]


def test_every_file_is_read_or_holds_no_card() -> None:
    """Only files without any card are Corrupt."""
    refused = set()
    for path, source in files():
        try:
            read_contact(source)
        except Corrupt:
            refused.add(path.rpartition("/")[2])
    assert refused == NO_CARDS


# The name and its other forms, the time, and the office under every name that it goes by.
MAY_CHANGE = {"N", "FN", "REV", "X-EVOLUTION-FILE-AS", OFFICE, "X-KADDRESSBOOK-X-OFFICE"}


def kept_lines(source: bytes) -> list[str]:
    """Give the lines, as stored, that such a change must leave alone."""
    card = Card(source)
    kept = [one.raw for one in card.lines if one.name not in MAY_CHANGE]
    return [card.before, *kept]


def test_a_small_change_loses_nothing_else() -> None:
    """A new office and a new name: every line but N, FN and REV stays as it was stored."""
    count = 0
    for path, source in cards():
        before = read_contact(source)
        after = replace(before, office_location="Room 5", last_name="Neu")
        written = write_contact(source, after, now=NOW)
        assert normalised(read_contact(written)) == normalised(after), path
        assert kept_lines(written) == kept_lines(source), path
        count += 1
    assert count > 1200


def test_a_whole_other_contact_can_be_written_into_any_card() -> None:
    """Every field changes at once, in cards of every version and shape."""
    whole = Contact(
        uid="u", file_as="F", title="T", first_name="A", last_name="B", company_name="C",
        department="D", email2_address="two@example.com", home_phone_number="1",
        business2_phone_number="2", im_address3="x", children=("K",), categories=("Y", "Z"),
        birthday=date(1990, 1, 2), picture=b"GIF89a", web_page="w", spouse="S",
    )  # fmt: skip
    for path, source in cards():
        written = write_contact(source, whole, now=NOW)
        assert normalised(read_contact(written)) == normalised(whole), path
