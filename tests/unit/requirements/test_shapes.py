"""Where elements of answers stand, of what type they are and how often: row by row.

Each row of the table is read out of the requirement tables and held against everything that
:mod:`tests.unit.requirements.answers` collects. A row is in the table only if its element was sent
there: what a server never sends shows nothing.
"""

from functools import cache

import pytest

from tests.unit.requirements.answers import every_answer
from tests.unit.requirements.claims import Answers, Claim, claims_of, families
from tools.compliance.citations import named
from tools.compliance.requirements import FOLDER, Row, read

SHAPES: dict[str, str] = {
    "MS-ASAIRS": (
        "MS-ASAIRS R91 R106 R113 R121 R127 R128 R129 R135 R148 R160 R163 R164 R168 R169 R170 R172 "
        "R174 R183 R191 R192 R193 R195 R199 R200 R203 R204 R205 R207 R208 R210 R211 R215 R217 "
        "R218 R219 R221 R222 R223 R231 R232 R235 R246 R248 R249 R251 R252 R253 R254 R257 R258 "
        "R269 R274 R280 R286 R291 R297 R302 R308 R312 R313 R314 R317 R318 R1001 R1031 R1037 R1043 "
        "R1074 R1119 R1125 R1194 R1228 R1234 R1256 R1278 R1288 R1323 R1326 R1327 R1361"
    ),
    "MS-ASCAL": (
        "MS-ASCAL R91 R99 R100 R101 R117 R118 R122 R123 R137 R138 R139 R145 R182 R185 R188 R192 "
        "R196 R199 R200 R209 R216 R224 R225 R227 R240 R268 R269 R272 R276 R277 R284 R287 R291 "
        "R292 R300 R308 R309 R321 R325 R329 R331 R336 R344 R358 R364 R369 R398 R402 R407 R427 "
        "R428 R438 R444 R448 R452 R453 R462 R470 R471 R475 R564 R565 R10711 R12711 R13411 R18011 "
        "R19111 R19811 R20811 R22211 R23711 R28211 R29711 R32411 R34011 R34812 R35512 R39311 "
        "R40611 R42411 R46611 R47411"
    ),
    "MS-ASCMD": ("MS-ASCMD R828 R2219 R5868 R5870 R5871 R5882"),
    "MS-ASCMD Autodiscover": (
        "MS-ASCMD R1027 R1028 R1029 R1030 R1083 R1084 R1085 R1086 R1458 R1459 R1460 R1461 R1474 "
        "R1475 R1476 R1477 R1518 R1519 R1520 R1521 R1583 R1584 R1585 R1586 R1631 R1632 R1633 "
        "R1634 R1635 R1636 R1637 R1638 R1639 R1640 R1641 R1642 R1896 R1897 R1898 R1899 R1979 "
        "R1980 R1981 R1982 R2479 R2480 R2481 R2482 R2561 R2562 R2563 R2564 R2623 R2624 R2625 "
        "R2626 R2691 R2692 R2693 R2694 R2859 R2860 R2861 R2862 R2883 R2884 R2885 R2886 R2887 "
        "R2888 R2889 R3482 R3815 R3890"
    ),
    "MS-ASCMD Find": (
        "MS-ASCMD R99910 R99911 R99912 R99913 R9010602 R9010609 R9010610 R9010611 R9010612 "
        "R9820602 R9820608 R9820610 R9820611 R36841701 R36841703 R36841705 R36841706 R38971804 "
        "R38971805 R38971806 R45251801 R45251803 R46301803 R46301804 R46301805 R46301806 "
        "R64390719 R64390720 R64390721 R64390722 R65591902 R65591908 R65591909 R65591910 "
        "R65591911 R66851603 R69781705 R69781706 R69781707 R70481804 R70481805 R70481806 "
        "R70481807 R72171802 R72171804 R72171805 R72171806 R72171807 R3707101807 R3707101808 "
        "R3707101809 R3707101810"
    ),
    "MS-ASCMD FolderCreate": (
        "MS-ASCMD R1683 R1684 R1685 R1686 R2569 R2570 R2571 R2572 R2695 R2696 R2697 R2698 R2803 "
        "R2804 R2805 R2806 R3084 R3905 R4005 R5872"
    ),
    "MS-ASCMD FolderDelete": (
        "MS-ASCMD R1691 R1692 R1693 R1694 R2699 R2700 R2701 R2702 R2811 R2812 R2813 R2814 R3087 "
        "R4039"
    ),
    "MS-ASCMD FolderSync": (
        "MS-ASCMD R1031 R1032 R1033 R1034 R1155 R1156 R1157 R1158 R1454 R1455 R1456 R1457 R1482 "
        "R1483 R1484 R1485 R1530 R1531 R1532 R1533 R1539 R1540 R1541 R1542 R1715 R1716 R1717 "
        "R1718 R2195 R2332 R2333 R2334 R2335 R2336 R2337 R2338 R2339 R2577 R2578 R2579 R2580 "
        "R2581 R2582 R2583 R2584 R2585 R2586 R2587 R2588 R2703 R2704 R2705 R2706 R2827 R2828 "
        "R2830 R2867 R2868 R2869 R2870 R2871 R2872 R2873 R2874 R2879 R2880 R2881 R2882 R3096 "
        "R3622 R3911 R4066 R4663 R5884"
    ),
    "MS-ASCMD FolderUpdate": (
        "MS-ASCMD R1723 R1724 R1725 R1726 R2707 R2708 R2709 R2710 R2819 R2820 R2821 R2822 R3099 "
        "R4094"
    ),
    "MS-ASCMD GetHierarchy": (
        "MS-ASCMD R6452 R6454 R6455 R6456 R6457 R6567 R6569 R6570 R6571 R6572 R6600 R6601 R6602 "
        "R6603 R6926 R6929 R6930 R6932 R7144 R7146 R7147 R7148 R7149 R7384 R7385 R7386 R7387"
    ),
    "MS-ASCMD GetItemEstimate": (
        "MS-ASCMD R983 R1355 R1356 R1357 R1358 R1371 R1372 R1373 R1374 R1643 R1644 R1645 R1646 "
        "R1768 R1769 R1770 R1771 R2289 R2483 R2484 R2485 R2486 R2712 R2713 R2714 R3130 R3859 "
        "R4127 R5577 R5578 R5579 R5580 R5869"
    ),
    "MS-ASCMD ItemOperations": (
        "MS-ASCMD R1167 R1168 R1169 R1170 R1379 R1380 R1381 R1437 R1438 R1440 R1462 R1463 R1464 "
        "R1465 R1603 R1604 R1605 R1606 R1651 R1653 R1654 R1820 R1821 R1822 R1823 R1959 R1960 "
        "R1961 R1962 R2080 R2345 R2346 R2347 R2396 R2398 R2399 R2415 R2416 R2417 R2418 R2487 "
        "R2488 R2489 R2490 R2597 R2598 R2599 R2600 R2715 R2716 R2717 R2718 R2719 R2720 R2721 "
        "R2722 R2723 R2724 R2725 R2726 R2727 R2728 R2729 R2730 R2851 R2852 R2853 R2854 R3206 "
        "R4148 R5415"
    ),
    "MS-ASCMD MeetingResponse": (
        "MS-ASCMD R1107 R1108 R1109 R1110 R1888 R1889 R1890 R1891 R2467 R2468 R2469 R2470 R2508 "
        "R2509 R2510 R2511 R2732 R2733 R2734 R3312 R3840 R4175"
    ),
    "MS-ASCMD MoveItems": (
        "MS-ASCMD R1571 R1572 R1573 R1574 R1975 R1976 R1977 R1978 R2492 R2493 R2494 R2495 R2675 "
        "R2676 R2677 R2678 R2735 R2737 R2738 R3476 R3822 R3977 R4200 R7251 R7252 R7253"
    ),
    "MS-ASCMD Ping": (
        "MS-ASCMD R1675 R1676 R1677 R1678 R1707 R1708 R1709 R1710 R1780 R1781 R1782 R1783 R1856 "
        "R1857 R1858 R1859 R2388 R2389 R2390 R2391 R2739 R2740 R2741 R2742 R3082 R3676 R4227"
    ),
    "MS-ASCMD ResolveRecipients": (
        "MS-ASCMD R2436 R2437 R2438 R2475 R2476 R2477 R2478 R2496 R2497 R2498 R2499 R2744 R2745 "
        "R2746 R2847 R2848 R2849 R2850 R3809 R4609"
    ),
    "MS-ASCMD Search": (
        "MS-ASCMD R1319 R1320 R1321 R1322 R1392 R1393 R1394 R1395 R1471 R1472 R1473 R1836 R1837 "
        "R1838 R1839 R2402 R2405 R2423 R2424 R2425 R2426 R2500 R2501 R2502 R2503 R2512 R2513 "
        "R2514 R2545 R2546 R2547 R2548 R2748 R2749 R2750 R2783 R2784 R2785 R2786 R2855 R2856 "
        "R2857 R2858 R3880 R4531 R4633 R5303 R5304 R5305"
    ),
    "MS-ASCMD SendMail": ("MS-ASCMD R2557 R2558 R2559 R2560 R2751 R2752 R2753 R2754 R3887"),
    "MS-ASCMD Settings": (
        "MS-ASCMD R713 R733 R998 R999 R1000 R1001 R1023 R1024 R1025 R1026 R1067 R1068 R1070 R1071 "
        "R1072 R1073 R1074 R1075 R1076 R1077 R1078 R1103 R1104 R1105 R1106 R1506 R1507 R1508 "
        "R1509 R1514 R1515 R1516 R1517 R1595 R1596 R1597 R1598 R1607 R1608 R1609 R1610 R1623 "
        "R1624 R1625 R1626 R1741 R1747 R1748 R1749 R1750 R1755 R1756 R1758 R1759 R1991 R1992 "
        "R1993 R1994 R1999 R2000 R2001 R2002 R2007 R2008 R2009 R2010 R2392 R2393 R2394 R2395 "
        "R2451 R2452 R2453 R2454 R2631 R2632 R2633 R2634 R2651 R2652 R2653 R2654 R2687 R2688 "
        "R2689 R2690 R2756 R2757 R2758 R2895 R2896 R2897 R2898 R2903 R2904 R2905 R2906 R3679 "
        "R3953 R3962 R5677 R5854"
    ),
    "MS-ASCMD SmartForward": ("MS-ASCMD R2639 R2641 R2642 R2759 R2760 R2761 R2762 R3957"),
    "MS-ASCMD SmartReply": ("MS-ASCMD R2763 R2764 R2765 R2766 R3960"),
    "MS-ASCMD Sync": (
        "MS-ASCMD R1039 R1040 R1041 R1042 R1043 R1044 R1045 R1046 R1059 R1061 R1063 R1065 R1147 "
        "R1148 R1149 R1150 R1151 R1152 R1153 R1154 R1347 R1348 R1349 R1363 R1364 R1365 R1366 "
        "R1400 R1401 R1402 R1403 R1417 R1418 R1423 R1425 R1426 R1427 R1490 R1491 R1492 R1493 "
        "R1659 R1660 R1661 R1662 R1828 R1829 R1830 R1831 R1951 R1952 R1954 R2033 R2504 R2506 "
        "R2507 R2606 R2607 R2655 R2656 R2657 R2658 R2768 R2769 R2795 R2796 R2797 R2798 R2839 "
        "R2840 R2841 R2842 R4558 R4596 R5255 R5433 R5573 R5574 R5575 R5585 R5586 R5587 R5588 "
        "R5862 R6409 R6410 R6411 R7069 R64850809 R64850810 R64850811 R68651709 R68651710 "
        "R68651711 R69901711 R69901712 R69901713 R69901714 R69901715 R69901716 R69901717 "
        "R69901732 R69901733 R69901734 R69901735 R69901736 R69901737 R69901738"
    ),
    "MS-ASEMAIL": (
        "MS-ASEMAIL R234 R259 R264 R265 R294 R313 R321 R323 R329 R337 R338 R341 R345 R354 R360 "
        "R361 R364 R365 R367 R374 R391 R394 R398 R403 R410 R411 R416 R417 R420 R423 R424 R434 "
        "R469 R472 R476 R482 R483 R490 R491 R498 R499 R501 R505 R507 R513 R522 R526 R530 R532 "
        "R584 R619 R623 R625 R627 R630 R631 R637 R642 R650 R652 R680 R681 R691 R694 R700 R703 "
        "R709 R714 R729 R730 R742 R743 R749 R752 R753 R758 R769 R772 R774 R780 R783 R788 R789 "
        "R791 R792 R847 R854 R855 R865 R866 R870 R872 R880 R896 R897 R898 R908 R912 R1067 R1069 "
        "R1122 R1416"
    ),
    "MS-ASPROV": (
        "MS-ASPROV R70 R71 R80 R81 R85 R86 R92 R93 R97 R98 R104 R105 R109 R110 R116 R117 R123 "
        "R124 R128 R129 R135 R137 R149 R150 R154 R155 R160 R161 R166 R167 R171 R172 R182 R183 "
        "R203 R204 R211 R212 R216 R218 R225 R232 R233 R240 R242 R243 R244 R251 R252 R255 R256 "
        "R265 R271 R276 R277 R280 R281 R286 R287 R291 R292 R303 R304 R307 R308 R313 R317 R319 "
        "R326 R327 R331 R332 R336 R337 R344 R345 R349 R350 R354 R355 R359 R360 R366 R370 R374 "
        "R391 R405 R759"
    ),
    "MS-ASTASK": ("MS-ASTASK R125 R161 R248 R255 R274 R277 R308 R311"),
}
"""By specification and command: the rows that are shown to be true."""

needs_tables = pytest.mark.skipif(not FOLDER.exists(), reason="../shared/protocol is absent")


@needs_tables
@pytest.mark.parametrize("rows", SHAPES.values(), ids=SHAPES)
def test_the_shape_of_answers_is_as_the_rows_say(rows: str) -> None:
    """Each row's element was sent, and was wherever it was sent as the row says."""
    every = claims()
    family = families(every.values())
    told = {
        claim.row: answers().why_not(claim, family[claim.group, claim.element])
        for claim in (every[name] for name in named(rows, None))
    }
    assert {row: why for row, why in told.items() if why is not None} == {}


@cache
def claims() -> dict[str, Claim]:
    """Give what the tables claim of the shape of answers, by row."""
    found = [claim for row in read()[0] if (claim := claims_of(row)) is not None]
    return {claim.row: claim for claim in found}


@cache
def answers() -> Answers:
    """Give what the claims are held against."""
    return Answers(every_answer())


CLAIMS = {
    "length": "The Class element value is not larger than 1 characters.",
    "needed": "The Status element is a required child element of the Folders element in Ping "
    "command responses.",
    "parent": "Element Status in Ping command response, the parent element is Folders.",
    "type": "Element Status in Ping command response, the data type is container.",
    "number": "Element Status in Ping command response, the number allowed is 2...N (required).",
    "children": "Element Ping in Ping command response, the child elements are Folders.",
    "leaf": "None [Element Ping in Ping command response has no child element.]",
}


@pytest.mark.parametrize("kind", CLAIMS)
def test_a_claim_that_is_not_true_is_told(kind: str) -> None:
    """The rows above could fail: each kind of claim, wrong, about an answer that was sent."""
    row = Row(id="MS-ASCMD_R0", section="1", text=CLAIMS[kind], server=True)
    claim = claims_of(row)
    assert claim is not None
    assert claim.kind == kind
    assert answers().why_not(claim, [claim]) not in {None, "never sent"}


OF_CLASSES = {
    "leaf": "[In X] The Body element has no child elements.",
    "values": "[In X] The value of the NativeBodyType element MUST be one of the values[7].",
    "never": "[In X] Command responses MUST NOT include the Body element.",
    "type": "[In X] The Body element is a string data type, as specified.",
    "count": "[In X] A command response has a minimum of one Location child element per "
    "ApplicationData element.",
}


@pytest.mark.parametrize("kind", OF_CLASSES)
def test_a_claim_of_a_class_that_is_not_true_is_told(kind: str) -> None:
    """As above, for rows that speak of every command."""
    row = Row(id="MS-ASAIRS_R0", section="1", text=OF_CLASSES[kind], server=True)
    claim = claims_of(row)
    assert claim is not None
    assert claim.kind == kind
    assert answers().why_not(claim, [claim]) not in {None, "never sent"}


def test_an_element_that_was_never_sent_shows_nothing() -> None:
    """What the collection does not hold cannot prove a row."""
    text = "Element Notification in Ping command response, the data type is string."
    claim = claims_of(Row(id="MS-ASCMD_R0", section="1", text=text, server=True))
    assert claim is not None
    assert answers().why_not(claim, [claim]) == "never sent"
