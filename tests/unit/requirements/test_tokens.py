"""Tags, tokens and pages, row by row."""

import pytest

from carbonio_mobile.eas.bodyoptions import BodyOptions
from carbonio_mobile.eas.items import calendar, email
from carbonio_mobile.eas.version import Version
from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.wbxml import Element, decode, encode
from carbonio_mobile.wbxml.codepages import (
    BY_TOKEN,
    PAGES,
    VERSIONS,
    AirSync,
    AirSyncBase,
    Calendar,
    Email,
    GetItemEstimate,
)
from carbonio_mobile.wbxml.tokens import END, OPAQUE, STR_I, SWITCH_PAGE, UNUSED_TOKENS
from tests.unit.eas.eas_events import SERIES, VIEWER, item_of
from tests.unit.eas.eas_mails import FULL, mail
from tests.unit.requirements.tokens import page_row, token_row
from tools.compliance.citations import named
from tools.compliance.requirements import FOLDER, read

HEAD = bytes((3, 1, 106, 0))


@pytest.mark.skipif(not FOLDER.exists(), reason="../shared/protocol is absent")
def test_each_tag_has_its_token_and_versions() -> None:
    """Page, token and versions of every tag; and what is written for it is read as it.

    MS-ASWBXML R10 R11 R12 R13 R14 R15 R16 R17 R18 R19 R20 R21 R22 R23 R24 R25 R26 R27 R28 R29 R30
    R31 R32 R33 R34 R36 R37 R38 R39 R40 R41 R42 R43 R44 R45 R46 R47 R48 R49 R50 R51 R52 R53 R54 R55
    R56 R57 R58 R59 R60 R61 R62 R63 R64 R65 R66 R68 R70 R73 R74 R75 R76 R77 R78 R79 R80 R81 R82 R83
    R84 R85 R86 R87 R88 R89 R90 R91 R92 R93 R94 R95 R96 R97 R98 R99 R100 R101 R102 R103 R104 R105
    R106 R107 R108 R109 R110 R111 R112 R113 R114 R115 R116 R117 R118 R119 R120 R121 R122 R123 R124
    R125 R127 R129 R130 R131 R132 R133 R134 R135 R136 R137 R138 R139 R140 R143 R145 R146 R147 R148
    R149 R150 R151 R152 R153 R154 R155 R156 R157 R158 R159 R160 R161 R162 R163 R164 R165 R166 R167
    R168 R169 R170 R171 R172 R173 R174 R175 R176 R180 R181 R182 R183 R184 R185 R186 R187 R188 R189
    R190 R191 R192 R193 R194 R195 R196 R197 R198 R199 R200 R201 R202 R203 R204 R205 R206 R207 R208
    R209 R210 R211 R212 R213 R214 R215 R217 R218 R219 R220 R221 R222 R223 R224 R234 R235 R236 R237
    R238 R239 R240 R241 R243 R245 R246 R247 R248 R250 R251 R252 R254 R255 R260 R261 R262 R263 R264
    R265 R266 R267 R268 R269 R270 R271 R272 R273 R274 R275 R276 R277 R278 R279 R280 R281 R282 R283
    R284 R285 R286 R287 R288 R289 R290 R291 R292 R293 R294 R295 R296 R297 R298 R299 R300 R301 R302
    R303 R304 R305 R306 R307 R308 R309 R310 R311 R312 R313 R314 R315 R316 R317 R318 R319 R320 R321
    R322 R323 R324 R325 R326 R327 R328 R329 R330 R331 R332 R333 R334 R335 R336 R337 R338 R339 R340
    R341 R342 R343 R344 R345 R346 R347 R349 R350 R351 R352 R353 R355 R356 R357 R358 R359 R360 R361
    R362 R363 R364 R365 R366 R367 R368 R369 R370 R371 R373 R374 R375 R376 R377 R378 R379 R380 R381
    R382 R383 R384 R385 R386 R387 R388 R389 R390 R397 R398 R399 R400 R401 R402 R403 R404 R405 R406
    R407 R408 R409 R410 R411 R413 R414 R415 R416 R417 R418 R419 R420 R421 R422 R426 R427 R430 R431
    R432 R433 R434 R435 R436 R437 R438 R439 R440 R441 R442 R443 R448 R449 R450 R451 R452 R453 R454
    R455 R456 R457 R458 R459 R460 R461 R462 R463 R464 R465 R466 R467 R468 R469 R475 R476 R477 R478
    R479 R480 R481 R482 R483 R484 R485 R486 R487 R488 R489 R490 R491 R492 R493 R494 R495 R496 R497
    R498 R499 R500 R501 R502 R503 R504 R505 R506 R507 R508 R509 R510 R511 R512 R524 R525 R526 R527
    R528 R529 R531 R532 R533 R534 R535 R536 R537 R538 R539 R540 R543 R545 R546 R547 R548 R549 R550
    R551 R554 R555 R556 R557 R558 R559 R560 R561 R563 R564 R565 R566 R567 R568 R569 R570 R571 R572
    R573 R574 R575 R576 R577 R578 R579 R580 R581 R582 R583 R589 R590 R591 R592 R593 R594 R595 R596
    R597 R598 R599 R600 R601 R602 R606 R607 R608 R609 R610 R611 R612 R613 R614 R615 R616 R617 R618
    R619 R620 R626 R627 R628 R629 R630 R632 R633 R634 R635 R636 R637 R638 R639 R640 R641 R642 R643
    R644 R645 R646 R647 R648 R649 R650 R651 R700 R701 R702 R703 R704 R705 R706 R707 R708 R709 R710
    R711 R712 R713 R714 R715 R716 R717 R718 R719 R720 R721 R823 R826 R827 R828 R829 R830 R831 R832
    R833 R834 R835 R836 R837 R838 R839 R840 R841 R842 R843 R844 R845 R846 R847 R848 R849 R850 R851
    R852 R853 R3400 R3910 R28100 R28101
    """
    rows = {row.id: row for row in read()[0]}
    cited = set(named(test_each_tag_has_its_token_and_versions.__doc__ or "", None))
    for name in cited:
        told = token_row(rows[name])
        if told is None:
            page = page_row(rows[name])
            assert page is not None
            assert PAGES[page[0]].__name__.lower() == page[1].lower(), name
            continue
        tag = BY_TOKEN[told.page, told.token]
        assert tag.name == told.name, name
        assert not told.versions or VERSIONS[tag] == told.versions, name
        switch = bytes((SWITCH_PAGE, told.page)) if told.page else b""
        octets = encode(Element(tag, "x"))
        assert octets == HEAD + switch + bytes((told.token | 0x40, STR_I)) + b"x\0" + bytes((END,))
        assert decode(octets).tag is tag


def test_what_wbxml_has_and_is_used() -> None:
    """MS-ASWBXML R801, R802, R804, R819, R6, R8, R655: pages, ends, inline strings, octets."""
    tree = Element(
        AirSync.Sync, [Element(AirSyncBase.Data, "x"), Element(AirSync.MIMESupport, b"y")]
    )
    octets = encode(tree)
    assert (SWITCH_PAGE, END, STR_I, OPAQUE) == (0x00, 0x01, 0x03, 0xC3)
    assert octets == HEAD + bytes.fromhex("45 00 11 4b 03 78 00 01 00 00 62 c3 01 79 01 01")
    assert decode(octets) == tree


@pytest.mark.parametrize(
    ("token", "name"),
    [
        (0x04, "LITERAL"),  # MS-ASWBXML R805
        (0x40, "EXT_I_0"),  # MS-ASWBXML R806
        (0x41, "EXT_I_1"),  # MS-ASWBXML R807
        (0x42, "EXT_I_2"),  # MS-ASWBXML R808
        (0x43, "PI"),  # MS-ASWBXML R809
        (0x44, "LITERAL_C"),  # MS-ASWBXML R810
        (0x80, "EXT_T_0"),  # MS-ASWBXML R811
        (0x81, "EXT_T_1"),  # MS-ASWBXML R812
        (0x82, "EXT_T_2"),  # MS-ASWBXML R813
        (0x83, "STR_T"),  # MS-ASWBXML R814
        (0x84, "LITERAL_A"),  # MS-ASWBXML R815
        (0xC0, "EXT_0"),  # MS-ASWBXML R816
        (0xC1, "EXT_1"),  # MS-ASWBXML R817
        (0xC2, "EXT_2"),  # MS-ASWBXML R818
        (0xC4, "LITERAL_AC"),  # MS-ASWBXML R820
    ],
)
def test_what_wbxml_has_and_is_not_used(token: int, name: str) -> None:
    """MS-ASWBXML R656: known by its name, and neither a tag nor taken for one."""
    assert UNUSED_TOKENS.get(token, name) == name
    with pytest.raises(ProtocolError):
        decode(HEAD + bytes((0x45, token, 0x00, 0x01)))


def test_an_entity_is_read_as_its_character_and_never_written() -> None:
    """MS-ASWBXML R803, R656: a careful reader knows it, no writer needs it."""
    tree = decode(HEAD + bytes((0x45, 0x02, 0x41, 0x01)))
    assert tree.text == "A"
    assert encode(tree) == HEAD + bytes((0x45, STR_I)) + b"A\0" + bytes((END,))


@pytest.mark.parametrize("version", list(Version))
def test_16_uses_the_tags_of_other_pages(version: Version) -> None:
    """MS-ASWBXML R821, R822, R824: Location of AirSyncBase, UID of Calendar."""
    item = mail(record=FULL)
    told = _tags(email.application_data(item, BodyOptions(), version))
    event = _tags(calendar.application_data(item_of(SERIES), BodyOptions(), version, VIEWER))
    late = version >= Version.V16_0
    assert (AirSyncBase.Location in told, Email.Location in told) == (late, not late)
    assert (Calendar.UID in told, Email.GlobalObjId in told) == (late, not late)
    assert (AirSyncBase.Location in event, Calendar.Location in event) == (late, not late)


def test_the_class_of_an_estimate_left_its_page_with_14() -> None:
    """MS-ASWBXML R825."""
    assert max(VERSIONS[GetItemEstimate.Class]) == "2.5"
    assert {"12.0", "12.1"} <= VERSIONS[GetItemEstimate.Class]
    assert not {"14.0", "14.1", "16.0", "16.1"} & VERSIONS[GetItemEstimate.Class]


def _tags(elements: list[Element]) -> set[object]:
    found: set[object] = set()
    for element in elements:
        found |= {element.tag} | _tags(list(element))
    return found
