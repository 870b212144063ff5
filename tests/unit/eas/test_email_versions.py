"""Which version has which property of a mail, and how 2.5 has its body."""

import csv
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.eas.bodies import (
    BodyOptions,
    BodyPreference,
    BodyType,
    MimeSupport,
    body_elements,
    wish,
)
from carbonio_mobile.eas.items.email import application_data, visible_aspects
from carbonio_mobile.eas.items.emailproperties import PROPERTIES, of_version
from carbonio_mobile.eas.version import OFFERED, Version, knows, listed
from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.sync.changes import ALL_ASPECTS, Aspect
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import AirSync, AirSyncBase, Email, Email2
from tests.unit.eas.eas_mails import FULL, ROOT, STATE, mail, on_the_wire

PROTOCOL = ROOT / "../shared/protocol"
needs_notes = pytest.mark.skipif(not PROTOCOL.exists(), reason="../shared/protocol is absent")
BODIES = {"text": "Hällo Mary,\r\nbye\r\n", "html": "<p>Hallo</p>", "source": b"A: b\r\n\r\nx"}
WHOLE = mail(record=FULL, state=STATE, draft=True, **BODIES)


def spans(path: Path = PROTOCOL / "codepages.json") -> dict[tuple[str, str], list[str]]:
    pages = json.loads(path.read_text("utf-8"))
    return {
        (page["namespace"], token["tag"]): token["versions"]
        for page in pages
        for token in page["tokens"]
    }


@needs_notes
def test_the_table_agrees_with_the_code_pages() -> None:
    """MS-ASWBXML 2.1.2.1.3, .18, .23: since and until are those of each token."""
    known = spans()
    for one in PROPERTIES:
        stated = [Version.parse(v) for v in known[one.tag.namespace, one.tag.name]]
        ours = [v for v in Version if one.since <= v <= one.until]
        assert ours == sorted(stated), one.tag
        assert [v for v in Version if knows(v, one.tag)] == ours


@needs_notes
def test_the_table_agrees_with_the_class_specifications() -> None:
    """MS-ASEMAIL R1132, R1159, R1180, R1280 and those like them: the versions stated for each."""
    with (PROTOCOL / "properties.csv").open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["spec"] == "MS-ASEMAIL"]
    seen = 0
    for one in PROPERTIES:
        for row in rows:
            if (row["namespace"], row["element"]) != (one.tag.namespace, one.tag.name):
                continue
            stated = {Version.parse(v) for v in row["versions_stated_12.1plus"].split()}
            ours = {v for v in Version if one.since <= v <= one.until and v >= Version.V12_1}
            assert stated <= ours, one.tag
            assert ours - stated <= {Version.V16_1}, one.tag  # some sections lack that row
            seen += 1
    assert seen > 15


@pytest.mark.parametrize("version", OFFERED)
def test_an_item_shows_what_its_version_has_and_all_of_it(version: Version) -> None:
    """MS-ASEMAIL R41 and the rows of each element: each property there is, no other."""
    data = application_data(WHOLE, BodyOptions(), version)
    arrived = on_the_wire(data, version.text)
    tags = {one.tag for one in arrived}
    assert {one.tag for one in of_version(version)} <= tags
    assert all(knows(version, tag) for tag in tags)
    assert (AirSyncBase.Body in tags) is (version >= Version.V12_0)
    assert (Email.Body in tags) is (version is Version.V2_5)


def test_what_each_version_is_told_of() -> None:
    """MS-ASEMAIL R78: no Change for what a version has no element for."""
    assert visible_aspects(Version.V2_5) == Aspect.CONTENT | Aspect.READ
    assert visible_aspects(Version.V12_0) == Aspect.CONTENT | Aspect.READ | Aspect.FOLLOW_UP
    assert visible_aspects(Version.V12_1) == visible_aspects(Version.V12_0)
    assert visible_aspects(Version.V14_0) == ALL_ASPECTS
    assert application_data(WHOLE, BodyOptions(), Version.V2_5, Aspect.FOLLOW_UP) == []


def test_the_list_of_versions() -> None:
    """MS-ASHTTP_R249: lowest first, all that there are."""
    assert listed(OFFERED) == "2.5,12.0,12.1,14.0,14.1,16.0,16.1"
    assert listed([Version.V16_1, Version.V2_5]) == "2.5,16.1"


# Options of 2.5


def options(*children: Element) -> BodyOptions:
    return BodyOptions.parse(Element(AirSync.Options, list(children)), Version.V2_5)


@pytest.mark.parametrize(
    ("value", "characters"),
    [("0", 0), ("1", 512), ("2", 1024), ("3", 2048), ("4", 5120), ("5", 10240), ("6", 20480),
     ("7", 51200), ("8", 102400), ("9", None)],
)  # fmt: skip
def test_truncation_scale(value: str, characters: int | None) -> None:
    """MS-ASCMD_R7355 MS-ASCMD_R7356 MS-ASCMD_R7357 MS-ASCMD_R7358 MS-ASCMD_R7359 MS-ASCMD_R7360
    MS-ASCMD_R7361 MS-ASCMD_R7362 MS-ASCMD_R7363 MS-ASCMD_R7364 MS-ASCMD_R7365.
    """
    found = options(Element(AirSync.Truncation, value), Element(AirSync.RtfTruncation, "3"))
    assert found.native_truncation == characters
    assert found.mime_support is MimeSupport.NEVER
    assert BodyOptions.from_json(json.loads(json.dumps(found.to_json()))) == found


def test_what_2_5_cannot_say_is_passed_over() -> None:
    """MS-ASAIRS: no AirSyncBase comes in; MS-ASCMD_R7366 MS-ASCMD_R7367 MS-ASCMD_R7368
    MS-ASCMD_R7369: no Truncation after it.
    """
    kind = Element(AirSyncBase.BodyPreference, [Element(AirSyncBase.Type, "2")])
    assert options(kind).preferences == (BodyPreference(type=BodyType.PLAIN),)
    for version in OFFERED[1:]:
        later = Element(AirSync.Options, [Element(AirSync.Truncation, "1")])
        assert BodyOptions.parse(later, version) == BodyOptions()


def test_a_truncation_beyond_the_scale_is_refused() -> None:
    """MS-ASCMD_R7355: 0 to 9."""
    with pytest.raises(ProtocolError):
        options(Element(AirSync.Truncation, "10"))


def native(item: object, found: BodyOptions) -> dict[str, Element]:
    elements = body_elements(item, found, Version.V2_5)  # type: ignore[arg-type]
    return {one.tag.name: one for one in elements}


@given(st.text(alphabet="aä€😀\n", max_size=1200), st.sampled_from(["0", "1", "2", "9"]))
def test_text_is_cut_at_characters(text: str, scale: str) -> None:
    """MS-ASCMD_R7347: at the characters asked for, not octets; what was read suffices for it."""
    found = options(Element(AirSync.Truncation, scale))
    read = wish(found).text_bytes
    octets = text.encode()
    item = mail(text=text)
    shown = native(item, found)
    limit = found.native_truncation
    whole = limit is None or len(text) <= limit
    assert shown["BodySize"].string == str(len(octets))
    assert shown["BodyTruncated"].string == ("0" if whole else "1")
    assert read is None or whole or read >= len(text[:limit].encode())
    if not text:
        assert shown["Body"].string == " "  # an empty one makes clients crash
    elif limit == 0:
        assert "Body" not in shown
    else:
        assert shown["Body"].string == text[:limit]


def test_mime_comes_for_smime_or_for_all() -> None:
    """MS-ASCMD_R3396 MS-ASCMD_R3397 MS-ASCMD_R3399."""
    plain = mail(text="x", source=b"A: b\r\n\r\nx")
    signed = mail(text="x", source=b"A: b\r\n\r\nx", message_class="IPM.Note.SMIME")
    for support, wanted in (("0", (False, False)), ("1", (False, True)), ("2", (True, True))):
        found = options(Element(AirSync.MIMESupport, support))
        shown = [native(item, found) for item in (plain, signed)]
        assert tuple("MIMEData" in one for one in shown) == wanted
        assert tuple("Body" not in one for one in shown) == wanted


def test_the_content_id_of_an_attachment_is_its_object_id() -> None:
    """classes.md 4: AttOid; AttName is what GetAttachment is asked for."""
    data = application_data(WHOLE, BodyOptions(), Version.V2_5)
    found = Element(AirSync.ApplicationData, data).find(Email.Attachments)
    assert found is not None
    first, second = found
    assert first.value(Email.AttName) == "5:7:2"
    assert first.value(Email.AttSize) == "12345"
    assert not first.has(Email.AttOid)
    assert second.value(Email.AttOid) == "logo@1"
    assert not Element(AirSync.ApplicationData, data).has(Email2.Bcc)
