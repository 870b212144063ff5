"""The requirement rows of MS-ASCNTC that say the same of many elements, one by one."""

import csv
import re
from dataclasses import replace

import pytest

from carbonio_mobile.eas.items.contact import added, changed, recipient_properties
from carbonio_mobile.eas.items.context import Ghosts
from carbonio_mobile.eas.version import Version
from carbonio_mobile.pim.contact import Contact
from carbonio_mobile.pim.vcards import read_contact, write_contact
from carbonio_mobile.wbxml.codepages import AirSync, AirSyncBase, Contacts, Contacts2
from carbonio_mobile.wbxml.elements import Element
from carbonio_mobile.wbxml.tokens import Tag
from tests.unit.eas.eas_mails import ROOT, on_the_wire
from tests.unit.eas.items.contacts import ADDRESS_PARTS, FULL, STRINGS, author, item, shown

ROWS = ROOT / "../shared/protocol/requirements/MS-ASCNTC.csv"

_NAMED = r"\[In ([A-Za-z0-9]+)(?: \(AirSyncBase Namespace\))?\]"
_VERSION = re.compile(_NAMED + r" Protocol version (\S+) (does not support|supports)")
_STRING = re.compile(_NAMED + r".* is a string data type", re.DOTALL)
_GHOST = re.compile(_NAMED + r".*can be ghosted", re.DOTALL)
_MEANING = re.compile(_NAMED + r".* specifies", re.DOTALL)
_TOKEN = re.compile(r"\[In Code Page (\d+): \w+\] \[Tag name\] (\w+) ?\[Token\].*?0x(\w\w) ")


def rows(pattern: re.Pattern[str]) -> list[object]:
    """Give the rows that say such a thing, each under its id; none where the table is absent."""
    if not ROWS.exists():
        return [pytest.param((), marks=pytest.mark.skip("the requirements are not here"))]
    found = []
    with ROWS.open(encoding="utf-8", newline="") as table:
        for row in csv.DictReader(table):
            match = pattern.match(row["Description"])
            if match and row["Normative"] == "Normative" and row["Scope"] in ("Server", "Both"):
                found.append(pytest.param(match.groups(), id=row["ReqID"]))
    assert len(found) > 50
    return found


def tag_of(name: str) -> Tag:
    page = next(one for one in (Contacts, Contacts2, AirSyncBase) if hasattr(one, name))
    tag = getattr(AirSyncBase if name == "Body" else page, name)
    assert isinstance(tag, Tag)
    return tag


def descendants(elements: list[Element]) -> list[Element]:
    return [one for element in elements for one in (element, *element.children)]


def find(elements: list[Element], name: str) -> Element | None:
    tag = tag_of(name)
    return next((one for one in descendants(elements) if one.tag is tag), None)


IN_THE_CACHE = {"Alias", "WeightedRank"}


@pytest.mark.parametrize("row", rows(_VERSION))
def test_each_version_has_its_elements(row: tuple[str, str, str]) -> None:
    """An element is shown in the versions that support it, on the wire, and in no other.

    MS-ASCNTC_R2001 MS-ASCNTC_R2002 MS-ASCNTC_R2003 MS-ASCNTC_R2004 MS-ASCNTC_R2004001
    MS-ASCNTC_R2005 MS-ASCNTC_R2006 MS-ASCNTC_R2007 MS-ASCNTC_R2008 MS-ASCNTC_R2008001
    MS-ASCNTC_R2009 MS-ASCNTC_R2010 MS-ASCNTC_R2011 MS-ASCNTC_R2012 MS-ASCNTC_R2013 MS-ASCNTC_R2014
    MS-ASCNTC_R2015 MS-ASCNTC_R2016 MS-ASCNTC_R2016001 MS-ASCNTC_R2017 MS-ASCNTC_R2018
    MS-ASCNTC_R2019 MS-ASCNTC_R2020 MS-ASCNTC_R2020001 MS-ASCNTC_R2021 MS-ASCNTC_R2022
    MS-ASCNTC_R2023 MS-ASCNTC_R2024 MS-ASCNTC_R2024001 MS-ASCNTC_R2025 MS-ASCNTC_R2026
    MS-ASCNTC_R2027 MS-ASCNTC_R2028 MS-ASCNTC_R2028001 MS-ASCNTC_R2029 MS-ASCNTC_R2030
    MS-ASCNTC_R2031 MS-ASCNTC_R2032 MS-ASCNTC_R2032001 MS-ASCNTC_R2033 MS-ASCNTC_R2034
    MS-ASCNTC_R2035 MS-ASCNTC_R2036 MS-ASCNTC_R2036001 MS-ASCNTC_R2037 MS-ASCNTC_R2038
    MS-ASCNTC_R2039 MS-ASCNTC_R2040 MS-ASCNTC_R2040001 MS-ASCNTC_R2041 MS-ASCNTC_R2042
    MS-ASCNTC_R2043 MS-ASCNTC_R2044 MS-ASCNTC_R2044001 MS-ASCNTC_R2045 MS-ASCNTC_R2046
    MS-ASCNTC_R2047 MS-ASCNTC_R2048 MS-ASCNTC_R2048001 MS-ASCNTC_R2049 MS-ASCNTC_R2050
    MS-ASCNTC_R2051 MS-ASCNTC_R2052 MS-ASCNTC_R2052001 MS-ASCNTC_R2053 MS-ASCNTC_R2054
    MS-ASCNTC_R2055 MS-ASCNTC_R2056 MS-ASCNTC_R2056001 MS-ASCNTC_R2057 MS-ASCNTC_R2058
    MS-ASCNTC_R2059 MS-ASCNTC_R2060 MS-ASCNTC_R2060001 MS-ASCNTC_R2061 MS-ASCNTC_R2062
    MS-ASCNTC_R2063 MS-ASCNTC_R2064 MS-ASCNTC_R2064001 MS-ASCNTC_R2065 MS-ASCNTC_R2066
    MS-ASCNTC_R2067 MS-ASCNTC_R2068 MS-ASCNTC_R2068001 MS-ASCNTC_R2069 MS-ASCNTC_R2070
    MS-ASCNTC_R2071 MS-ASCNTC_R2072 MS-ASCNTC_R2072001 MS-ASCNTC_R2073 MS-ASCNTC_R2074
    MS-ASCNTC_R2075 MS-ASCNTC_R2076 MS-ASCNTC_R2076001 MS-ASCNTC_R2077 MS-ASCNTC_R2078
    MS-ASCNTC_R2079 MS-ASCNTC_R2080 MS-ASCNTC_R2080001 MS-ASCNTC_R2081 MS-ASCNTC_R2082
    MS-ASCNTC_R2083 MS-ASCNTC_R2084 MS-ASCNTC_R2085 MS-ASCNTC_R2086 MS-ASCNTC_R2087 MS-ASCNTC_R2088
    MS-ASCNTC_R2088001 MS-ASCNTC_R2089 MS-ASCNTC_R2090 MS-ASCNTC_R2091 MS-ASCNTC_R2092
    MS-ASCNTC_R2092001 MS-ASCNTC_R2093 MS-ASCNTC_R2094 MS-ASCNTC_R2095 MS-ASCNTC_R2096
    MS-ASCNTC_R2096001 MS-ASCNTC_R2097 MS-ASCNTC_R2098 MS-ASCNTC_R2099 MS-ASCNTC_R2100
    MS-ASCNTC_R2100001 MS-ASCNTC_R2101 MS-ASCNTC_R2102 MS-ASCNTC_R2103 MS-ASCNTC_R2104
    MS-ASCNTC_R2104001 MS-ASCNTC_R2105 MS-ASCNTC_R2106 MS-ASCNTC_R2107 MS-ASCNTC_R2108
    MS-ASCNTC_R2108001 MS-ASCNTC_R2109 MS-ASCNTC_R2110 MS-ASCNTC_R2111 MS-ASCNTC_R2112
    MS-ASCNTC_R2112001 MS-ASCNTC_R2113 MS-ASCNTC_R2114 MS-ASCNTC_R2115 MS-ASCNTC_R2116
    MS-ASCNTC_R2116001 MS-ASCNTC_R2117 MS-ASCNTC_R2118 MS-ASCNTC_R2119 MS-ASCNTC_R2120
    MS-ASCNTC_R2120001 MS-ASCNTC_R2121 MS-ASCNTC_R2122 MS-ASCNTC_R2123 MS-ASCNTC_R2124
    MS-ASCNTC_R2124001 MS-ASCNTC_R2125 MS-ASCNTC_R2126 MS-ASCNTC_R2127 MS-ASCNTC_R2128
    MS-ASCNTC_R2128001 MS-ASCNTC_R2129 MS-ASCNTC_R2130 MS-ASCNTC_R2131 MS-ASCNTC_R2132
    MS-ASCNTC_R2132001 MS-ASCNTC_R2133 MS-ASCNTC_R2134 MS-ASCNTC_R2135 MS-ASCNTC_R2136
    MS-ASCNTC_R2136001 MS-ASCNTC_R2137 MS-ASCNTC_R2138 MS-ASCNTC_R2139 MS-ASCNTC_R2140
    MS-ASCNTC_R2140001 MS-ASCNTC_R2141 MS-ASCNTC_R2142 MS-ASCNTC_R2143 MS-ASCNTC_R2144
    MS-ASCNTC_R2144001 MS-ASCNTC_R2145 MS-ASCNTC_R2146 MS-ASCNTC_R2147 MS-ASCNTC_R2148
    MS-ASCNTC_R2148001 MS-ASCNTC_R2149 MS-ASCNTC_R2150 MS-ASCNTC_R2151 MS-ASCNTC_R2152
    MS-ASCNTC_R2152001 MS-ASCNTC_R2153 MS-ASCNTC_R2154 MS-ASCNTC_R2155 MS-ASCNTC_R2156
    MS-ASCNTC_R2156001 MS-ASCNTC_R2157 MS-ASCNTC_R2158 MS-ASCNTC_R2159 MS-ASCNTC_R2160
    MS-ASCNTC_R2160001 MS-ASCNTC_R2161 MS-ASCNTC_R2162 MS-ASCNTC_R2163 MS-ASCNTC_R2164
    MS-ASCNTC_R2164001 MS-ASCNTC_R2165 MS-ASCNTC_R2166 MS-ASCNTC_R2167 MS-ASCNTC_R2168
    MS-ASCNTC_R2168001 MS-ASCNTC_R2169 MS-ASCNTC_R2170 MS-ASCNTC_R2171 MS-ASCNTC_R2172
    MS-ASCNTC_R2172001 MS-ASCNTC_R2173 MS-ASCNTC_R2174 MS-ASCNTC_R2175 MS-ASCNTC_R2176
    MS-ASCNTC_R2176001 MS-ASCNTC_R2177 MS-ASCNTC_R2178 MS-ASCNTC_R2179 MS-ASCNTC_R2180
    MS-ASCNTC_R2180001 MS-ASCNTC_R2181 MS-ASCNTC_R2182 MS-ASCNTC_R2183 MS-ASCNTC_R2184
    MS-ASCNTC_R2184001 MS-ASCNTC_R2185 MS-ASCNTC_R2186 MS-ASCNTC_R2187 MS-ASCNTC_R2188
    MS-ASCNTC_R2188001 MS-ASCNTC_R2189 MS-ASCNTC_R2190 MS-ASCNTC_R2191 MS-ASCNTC_R2192
    MS-ASCNTC_R2192001 MS-ASCNTC_R2193 MS-ASCNTC_R2194 MS-ASCNTC_R2195 MS-ASCNTC_R2196
    MS-ASCNTC_R2196001 MS-ASCNTC_R2197 MS-ASCNTC_R2198 MS-ASCNTC_R2199 MS-ASCNTC_R2200
    MS-ASCNTC_R2200001 MS-ASCNTC_R2201 MS-ASCNTC_R2202 MS-ASCNTC_R2203 MS-ASCNTC_R2204
    MS-ASCNTC_R2204001 MS-ASCNTC_R2205 MS-ASCNTC_R2206 MS-ASCNTC_R2207 MS-ASCNTC_R2208
    MS-ASCNTC_R2208001 MS-ASCNTC_R2209 MS-ASCNTC_R2210 MS-ASCNTC_R2211 MS-ASCNTC_R2212
    MS-ASCNTC_R2212001 MS-ASCNTC_R2213 MS-ASCNTC_R2214 MS-ASCNTC_R2215 MS-ASCNTC_R2216
    MS-ASCNTC_R2216001 MS-ASCNTC_R2217 MS-ASCNTC_R2218 MS-ASCNTC_R2219 MS-ASCNTC_R2220
    MS-ASCNTC_R2220001 MS-ASCNTC_R2221 MS-ASCNTC_R2222 MS-ASCNTC_R2223 MS-ASCNTC_R2224
    MS-ASCNTC_R2224001 MS-ASCNTC_R2225 MS-ASCNTC_R2226 MS-ASCNTC_R2227 MS-ASCNTC_R2228
    MS-ASCNTC_R2228001 MS-ASCNTC_R2229 MS-ASCNTC_R2230 MS-ASCNTC_R2231 MS-ASCNTC_R2232
    MS-ASCNTC_R2232001 MS-ASCNTC_R2233 MS-ASCNTC_R2234 MS-ASCNTC_R2235 MS-ASCNTC_R2236
    MS-ASCNTC_R2236001 MS-ASCNTC_R2237 MS-ASCNTC_R2238 MS-ASCNTC_R2239 MS-ASCNTC_R2240
    MS-ASCNTC_R2240001 MS-ASCNTC_R2241 MS-ASCNTC_R2242 MS-ASCNTC_R2243 MS-ASCNTC_R2244
    MS-ASCNTC_R2244001 MS-ASCNTC_R2245 MS-ASCNTC_R2246 MS-ASCNTC_R2247 MS-ASCNTC_R2248
    MS-ASCNTC_R2248001 MS-ASCNTC_R2249 MS-ASCNTC_R2250 MS-ASCNTC_R2251 MS-ASCNTC_R2252
    MS-ASCNTC_R2252001 MS-ASCNTC_R2253 MS-ASCNTC_R2254 MS-ASCNTC_R2255 MS-ASCNTC_R2256
    MS-ASCNTC_R2256001 MS-ASCNTC_R2257 MS-ASCNTC_R2258 MS-ASCNTC_R2259 MS-ASCNTC_R2260
    MS-ASCNTC_R2260001
    """
    name, number, says = row
    version = Version.parse(number)
    data = (
        recipient_properties(item(FULL), version) if name in IN_THE_CACHE else shown(FULL, version)
    )
    received = on_the_wire(data, number, change=True) if data else []
    assert (find(received, name) is not None) == (says == "supports")


@pytest.mark.parametrize("row", rows(_STRING))
def test_each_string_is_a_string_both_ways(row: tuple[str]) -> None:
    """An element of type string travels as one, is read as one, and lands in its own field.

    MS-ASCNTC_R99 MS-ASCNTC_R104 MS-ASCNTC_R114 MS-ASCNTC_R119 MS-ASCNTC_R132 MS-ASCNTC_R137
    MS-ASCNTC_R142 MS-ASCNTC_R145 MS-ASCNTC_R150 MS-ASCNTC_R155 MS-ASCNTC_R160 MS-ASCNTC_R165
    MS-ASCNTC_R170 MS-ASCNTC_R181 MS-ASCNTC_R192 MS-ASCNTC_R197 MS-ASCNTC_R202 MS-ASCNTC_R207
    MS-ASCNTC_R211 MS-ASCNTC_R216 MS-ASCNTC_R223 MS-ASCNTC_R228 MS-ASCNTC_R233 MS-ASCNTC_R240
    MS-ASCNTC_R245 MS-ASCNTC_R250 MS-ASCNTC_R255 MS-ASCNTC_R260 MS-ASCNTC_R265 MS-ASCNTC_R270
    MS-ASCNTC_R275 MS-ASCNTC_R280 MS-ASCNTC_R285 MS-ASCNTC_R290 MS-ASCNTC_R295 MS-ASCNTC_R300
    MS-ASCNTC_R305 MS-ASCNTC_R310 MS-ASCNTC_R315 MS-ASCNTC_R320 MS-ASCNTC_R325 MS-ASCNTC_R330
    MS-ASCNTC_R335 MS-ASCNTC_R340 MS-ASCNTC_R345 MS-ASCNTC_R350 MS-ASCNTC_R355 MS-ASCNTC_R360
    MS-ASCNTC_R365 MS-ASCNTC_R370 MS-ASCNTC_R379 MS-ASCNTC_R387 MS-ASCNTC_R392 MS-ASCNTC_R397
    MS-ASCNTC_R402 MS-ASCNTC_R407 MS-ASCNTC_R419 MS-ASCNTC_R424 MS-ASCNTC_R429
    """
    (name,) = row
    data = recipient_properties(item(FULL), Version.V16_1) if name == "Alias" else shown(FULL)
    found = find(on_the_wire(data, "16.1"), name)
    assert found is not None
    assert isinstance(found.text, str)
    assert not found.children
    if name not in IN_THE_CACHE:
        assert find(shown(added(Element(AirSync.ApplicationData, data), author())), name) == found


def without(name: str) -> list[Element]:
    tag = tag_of(name)
    return [one for one in shown(FULL) if one.tag is not tag]


def value(contact: Contact, name: str) -> object:
    if name in ADDRESS_PARTS:
        field, part = ADDRESS_PARTS[name]
        return getattr(getattr(contact, field), part)
    return getattr(contact, STRINGS.get(name) or name.lower())


CLEARED = {"FileAs": "a LastName, a FirstName", "Birthday": None, "Anniversary": None}


@pytest.mark.parametrize("row", rows(_GHOST))
def test_each_ghostable_element_can_be_ghosted(row: tuple[str]) -> None:
    """Ghosted and absent: kept. Not ghosted and absent: deleted. Empty: cleared in any case.

    FileAs is never empty: what is deleted is made of the names again.
    MS-ASCNTC_R499 MS-ASCNTC_R100 MS-ASCNTC_R110 MS-ASCNTC_R115 MS-ASCNTC_R120 MS-ASCNTC_R125
    MS-ASCNTC_R133 MS-ASCNTC_R138 MS-ASCNTC_R700 MS-ASCNTC_R146 MS-ASCNTC_R151 MS-ASCNTC_R156
    MS-ASCNTC_R161 MS-ASCNTC_R166 MS-ASCNTC_R171 MS-ASCNTC_R177 MS-ASCNTC_R188 MS-ASCNTC_R198
    MS-ASCNTC_R203 MS-ASCNTC_R208 MS-ASCNTC_R212 MS-ASCNTC_R217 MS-ASCNTC_R224 MS-ASCNTC_R229
    MS-ASCNTC_R234 MS-ASCNTC_R241 MS-ASCNTC_R246 MS-ASCNTC_R251 MS-ASCNTC_R256 MS-ASCNTC_R261
    MS-ASCNTC_R266 MS-ASCNTC_R271 MS-ASCNTC_R276 MS-ASCNTC_R281 MS-ASCNTC_R286 MS-ASCNTC_R291
    MS-ASCNTC_R296 MS-ASCNTC_R301 MS-ASCNTC_R306 MS-ASCNTC_R311 MS-ASCNTC_R316 MS-ASCNTC_R321
    MS-ASCNTC_R326 MS-ASCNTC_R331 MS-ASCNTC_R336 MS-ASCNTC_R341 MS-ASCNTC_R346 MS-ASCNTC_R351
    MS-ASCNTC_R356 MS-ASCNTC_R361 MS-ASCNTC_R366 MS-ASCNTC_R371 MS-ASCNTC_R388 MS-ASCNTC_R393
    MS-ASCNTC_R398 MS-ASCNTC_R403 MS-ASCNTC_R408 MS-ASCNTC_R420 MS-ASCNTC_R425 MS-ASCNTC_R430
    """
    (name,) = row
    tag = tag_of(name)
    absent = Element(AirSync.ApplicationData, without(name))
    empty = Element(AirSync.ApplicationData, [*without(name), Element(tag)])
    cleared = CLEARED.get(name, () if name in ("Categories", "Children") else "")
    for ghosts in (Ghosts(frozenset()), Ghosts(frozenset({Contacts.Picture}))):
        assert changed(FULL, absent, author(), ghosts) == FULL
        assert value(changed(FULL, empty, author(), ghosts), name) == cleared
    for ghosts in (Ghosts(), Ghosts(frozenset({tag}))):
        after = changed(FULL, absent, author(), ghosts)
        assert value(after, name) == cleared
        assert (
            changed(after, Element(AirSync.ApplicationData, shown(FULL)), author(), ghosts) == FULL
        )


SAMPLES = {"Alias": "alias", "WeightedRank": "weighted_rank", "Picture": "picture", "Body": "body"}
LISTED = {"Category": "categories", "Child": "children", "Categories": "categories"}


@pytest.mark.parametrize("row", rows(_MEANING))
def test_each_element_says_its_own_field_alone(row: tuple[str]) -> None:
    """A contact of one field, kept as a vCard, is shown by the element that specifies it.

    MS-ASCNTC_R97 MS-ASCNTC_R102 MS-ASCNTC_R107 MS-ASCNTC_R112 MS-ASCNTC_R117 MS-ASCNTC_R122
    MS-ASCNTC_R1120 MS-ASCNTC_R130 MS-ASCNTC_R135 MS-ASCNTC_R140 MS-ASCNTC_R143 MS-ASCNTC_R148
    MS-ASCNTC_R153 MS-ASCNTC_R158 MS-ASCNTC_R163 MS-ASCNTC_R168 MS-ASCNTC_R1030 MS-ASCNTC_R179
    MS-ASCNTC_R10040 MS-ASCNTC_R190 MS-ASCNTC_R195 MS-ASCNTC_R200 MS-ASCNTC_R205 MS-ASCNTC_R209
    MS-ASCNTC_R214 MS-ASCNTC_R221 MS-ASCNTC_R226 MS-ASCNTC_R231 MS-ASCNTC_R238 MS-ASCNTC_R243
    MS-ASCNTC_R248 MS-ASCNTC_R253 MS-ASCNTC_R258 MS-ASCNTC_R263 MS-ASCNTC_R268 MS-ASCNTC_R273
    MS-ASCNTC_R278 MS-ASCNTC_R283 MS-ASCNTC_R288 MS-ASCNTC_R293 MS-ASCNTC_R298 MS-ASCNTC_R303
    MS-ASCNTC_R308 MS-ASCNTC_R313 MS-ASCNTC_R318 MS-ASCNTC_R323 MS-ASCNTC_R328 MS-ASCNTC_R333
    MS-ASCNTC_R338 MS-ASCNTC_R343 MS-ASCNTC_R348 MS-ASCNTC_R353 MS-ASCNTC_R358 MS-ASCNTC_R363
    MS-ASCNTC_R368 MS-ASCNTC_R373 MS-ASCNTC_R385 MS-ASCNTC_R390 MS-ASCNTC_R395 MS-ASCNTC_R400
    MS-ASCNTC_R405 MS-ASCNTC_R410 MS-ASCNTC_R417 MS-ASCNTC_R422 MS-ASCNTC_R427
    """
    (name,) = row
    if name in ADDRESS_PARTS:
        field = ADDRESS_PARTS[name][0]
    else:
        field = STRINGS.get(name) or LISTED.get(name) or SAMPLES.get(name) or name.lower()
    one = Contact(uid="1", **{field: getattr(FULL, field)})
    kept = read_contact(write_contact(None, one, now=0.0))
    assert getattr(kept, field) == getattr(one, field)
    if name in IN_THE_CACHE:
        data = recipient_properties(item(kept), Version.V16_1)
    else:
        data = shown(replace(kept, file_as=one.file_as))
    found = find(data, name)
    assert found == find([*shown(FULL), *recipient_properties(item(FULL), Version.V16_1)], name)
    expected = {tag_of(name), AirSyncBase.Body, AirSyncBase.NativeBodyType, Contacts.FileAs}
    if field not in ("categories", "children") and not field.endswith("_address"):
        assert {one.tag for one in data} <= expected


@pytest.mark.parametrize("row", rows(_TOKEN))
def test_each_element_has_its_token(row: tuple[str, str, str]) -> None:
    """An element of a contact is encoded by the token of its page.

    MS-ASWBXML_R11 MS-ASWBXML_R22 MS-ASWBXML_R73 MS-ASWBXML_R74 MS-ASWBXML_R75 MS-ASWBXML_R76
    MS-ASWBXML_R77 MS-ASWBXML_R78 MS-ASWBXML_R79 MS-ASWBXML_R80 MS-ASWBXML_R81 MS-ASWBXML_R82
    MS-ASWBXML_R83 MS-ASWBXML_R84 MS-ASWBXML_R85 MS-ASWBXML_R86 MS-ASWBXML_R87 MS-ASWBXML_R88
    MS-ASWBXML_R89 MS-ASWBXML_R90 MS-ASWBXML_R91 MS-ASWBXML_R92 MS-ASWBXML_R93 MS-ASWBXML_R94
    MS-ASWBXML_R95 MS-ASWBXML_R96 MS-ASWBXML_R97 MS-ASWBXML_R98 MS-ASWBXML_R99 MS-ASWBXML_R100
    MS-ASWBXML_R101 MS-ASWBXML_R102 MS-ASWBXML_R103 MS-ASWBXML_R104 MS-ASWBXML_R105 MS-ASWBXML_R106
    MS-ASWBXML_R107 MS-ASWBXML_R108 MS-ASWBXML_R109 MS-ASWBXML_R110 MS-ASWBXML_R111 MS-ASWBXML_R112
    MS-ASWBXML_R113 MS-ASWBXML_R114 MS-ASWBXML_R115 MS-ASWBXML_R116 MS-ASWBXML_R117 MS-ASWBXML_R118
    MS-ASWBXML_R119 MS-ASWBXML_R120 MS-ASWBXML_R121 MS-ASWBXML_R122 MS-ASWBXML_R123 MS-ASWBXML_R124
    MS-ASWBXML_R127 MS-ASWBXML_R531 MS-ASWBXML_R532 MS-ASWBXML_R533 MS-ASWBXML_R534 MS-ASWBXML_R535
    MS-ASWBXML_R536 MS-ASWBXML_R537 MS-ASWBXML_R538 MS-ASWBXML_R539 MS-ASWBXML_R540
    """
    page, name, token = row
    tag = getattr(Contacts if page == "1" else Contacts2, name)
    assert (tag.page, tag.token) == (int(page), int(token, 16))
    data = [*shown(FULL), *recipient_properties(item(FULL), Version.V16_1)]
    assert any(one.tag is tag for one in descendants(data))
