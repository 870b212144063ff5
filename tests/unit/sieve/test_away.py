"""The out-of-office setting as a script and back; RFC 5230."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.errors import Corrupt, NotAllowed
from carbonio_mobile.sieve.awayrule import MAX_TEXT_BYTES, Person, Rule, rule_of
from carbonio_mobile.sieve.awayscript import (
    AWAY,
    COPY,
    beside,
    both,
    copied,
    included,
    is_copy,
    read,
    written,
)
from carbonio_mobile.sieve.language import commands_of, included_by, words
from carbonio_mobile.sieve.offers import Offers
from carbonio_mobile.sync.outofoffice import Audience, OofMessage, OofState, OutOfOffice

INNER, KNOWN, OUTER = Audience.INTERNAL, Audience.EXTERNAL_KNOWN, Audience.EXTERNAL_UNKNOWN
ALL = Offers(
    extensions=frozenset({"vacation", "envelope", "date", "relational", "include", "extlists"}),
    external_lists=frozenset({"urn:ietf:params:sieve:addrbook"}),
)
PIGEONHOLE = Offers(extensions=ALL.extensions - {"extlists"})
JOHN = Person(
    addresses=("john@example.com", "j@example.com", "jürgen@example.com"),
    name="John",
    domains=("example.com",),
)
texts = st.text(max_size=300) | st.sampled_from(
    [
        '"quoted" \\',
        ".\r\n..\r\n.",
        "# state: AAAA\n# state: B",
        "שלום ‏(RTL)",
        "${x}",
        "a\u2028b\x85c",
    ]
)
messages = st.builds(OofMessage, enabled=st.booleans(), text=texts, html=st.booleans())
times = st.none() | st.floats(0, 4e9)
all_settings = st.builds(
    OutOfOffice,
    state=st.sampled_from(OofState),
    start=times,
    end=times,
    messages=st.lists(
        st.tuples(st.sampled_from(Audience), messages), max_size=3, unique_by=lambda one: one[0]
    ).map(tuple),
)


@given(all_settings)
def test_round_trip(settings: OutOfOffice) -> None:
    """What was written is read back exactly, and the script is octets that any server takes."""
    script = written(settings, rule_of(settings, JOHN, ALL))
    assert read(script) == settings
    assert read(script.replace("\r\n", "\n")) == settings
    octets = script.encode("utf-8")
    assert b"\0" not in octets
    assert octets.count(b"\n") == octets.count(b"\r\n") == octets.count(b"\r")
    assert commands_of(script) <= {
        "require", "if", "elsif", "else", "vacation", "allof", "anyof", "not", "envelope",
        "currentdate", *(f":{tag}" for tag in (
            "domain", "is", "list", "zone", "value", "days", "addresses", "from", "handle", "mime",
        )),
    }  # fmt: skip


def rule(offers: Offers = PIGEONHOLE, state: OofState = OofState.ON, **said: Any) -> Rule:
    settings = OutOfOffice(
        state=state,
        start=said.pop("start", None),
        end=said.pop("end", None),
        messages=tuple((Audience[name], one) for name, one in said.items()),
    )
    return rule_of(settings, JOHN, offers)


def message(text: str, **more: Any) -> OofMessage:
    return OofMessage(enabled=True, text=text, **more)


def shape(found: Rule) -> list[str]:
    """Give the tests, and what is said, without all else."""
    lines = []
    for line in found.lines:
        if "vacation" in line:
            said = [one.text for one in words(line) if one.kind == "string"]
            lines.append(f"say {said[-1]}")
        elif not line.strip().startswith("}"):
            lines.append(line.strip())
    return lines


IN, LISTED = (
    'envelope :domain :is "from" ["example.com"] {',
    ('envelope :list "from" "urn:ietf:params:sieve:addrbook:default" {'),
)


@pytest.mark.parametrize(
    ("offers", "said", "expected"),
    [
        (ALL, {}, []),
        (ALL, {"INTERNAL": OofMessage(enabled=False, text="x")}, []),
        (ALL, {"INTERNAL": message("")}, []),
        (ALL, {"INTERNAL": message("in")}, [f"if {IN}", "say in"]),
        (
            ALL,
            {"INTERNAL": message("in"), "EXTERNAL_KNOWN": message("known"),
             "EXTERNAL_UNKNOWN": message("out")},
            [f"if {IN}", "say in", f"elsif {LISTED}", "say known", "else {", "say out"],
        ),
        (
            ALL,
            {"INTERNAL": message("in"), "EXTERNAL_KNOWN": message("known")},
            [f"if {IN}", "say in", f"elsif {LISTED}", "say known"],
        ),
        (
            PIGEONHOLE,
            {"INTERNAL": message("in"), "EXTERNAL_KNOWN": message("known")},
            [f"if {IN}", "say in"],
        ),
        (
            PIGEONHOLE,
            {"INTERNAL": message("in"), "EXTERNAL_UNKNOWN": message("out")},
            [f"if {IN}", "say in", "else {", "say out"],
        ),
        (PIGEONHOLE, {"EXTERNAL_UNKNOWN": message("out")}, [f"if {IN}", "else {", "say out"]),
        (
            ALL,
            dict.fromkeys(("INTERNAL", "EXTERNAL_KNOWN", "EXTERNAL_UNKNOWN"), message("all")),
            ["say all"],
        ),
        (
            ALL,
            {"EXTERNAL_KNOWN": message("all"), "EXTERNAL_UNKNOWN": message("all")},
            [f"if {IN}", "else {", "say all"],
        ),
    ],
)  # fmt: skip
def test_audiences(offers: Offers, said: dict[str, OofMessage], expected: list[str]) -> None:
    """Each audience is told what is for it; a test that decides nothing is not made."""
    assert shape(rule(offers, **said)) == expected


def test_contacts_unknown_are_said() -> None:
    """Where a server cannot tell contacts, and that matters, it is said."""
    said = {"EXTERNAL_KNOWN": message("known")}
    assert rule(PIGEONHOLE, **said).shortcomings
    assert not rule(ALL, **said).shortcomings
    alike = dict.fromkeys(("EXTERNAL_KNOWN", "EXTERNAL_UNKNOWN"), message("x"))
    assert not rule(PIGEONHOLE, **alike).shortcomings
    assert not rule(PIGEONHOLE, INTERNAL=message("x")).shortcomings


def test_without_envelope() -> None:
    """Where the envelope cannot be asked the address in From is."""
    found = rule(Offers(extensions=frozenset({"vacation"})), INTERNAL=message("in"))
    assert found.lines[0].startswith("if address :domain")
    assert found.extensions == ("vacation",)


def test_vacation() -> None:
    """The action names addresses (ASCII), the sender, a handle, and the days between answers."""
    (line,) = rule(**dict.fromkeys((one.name for one in Audience), message("x"))).lines
    assert line.startswith(
        'vacation :days 2 :addresses ["john@example.com", "j@example.com"] '
        ':from "John <john@example.com>" :handle "carbonio-mobile-'
    )
    assert line.endswith(' "x";')


def test_html() -> None:
    """A page goes as MIME, with its plain form beside it."""
    (_, line, _) = rule(INTERNAL=message("<p>Zurück</p>", html=True)).lines
    *_, page = (one.text for one in words(line) if one.kind == "string")
    assert " :mime " in line
    assert page.startswith("Content-Type: multipart/alternative")
    assert "<p>Zur=C3=BCck</p>" in page


def test_handles() -> None:
    """Another absence, or another text, is answered anew; the same again is not."""

    def handle(**more: Any) -> str:
        found = list(words(rule(**more).lines[0]))
        return found[found.index(next(w for w in found if w.text == ":handle")) + 1].text

    same = dict.fromkeys(("INTERNAL", "EXTERNAL_KNOWN", "EXTERNAL_UNKNOWN"), message("x"))
    other = dict.fromkeys(same, message("y"))
    assert handle(**same) == handle(**same)
    assert len({handle(**same), handle(**other)}) == 2


def test_times() -> None:
    """Both ends are looked at by date and time of UTC, to the second."""
    found = rule(
        state=OofState.TIMED, start=1_700_000_000.5, end=1_700_086_400.0, INTERNAL=message("in")
    )
    part = 'currentdate :zone "+0000" :value'

    def at(day: str, time: str) -> str:
        return (
            f'anyof({part} "gt" "date" "{day}", '
            f'allof({part} "eq" "date" "{day}", {part} "ge" "time" "{time}"))'
        )

    start, end = at("2023-11-14", "22:13:21"), at("2023-11-15", "22:13:20")
    assert found.lines[0] == f"if allof({start}, not {end}) {{"
    assert found.extensions == ("date", "envelope", "relational", "vacation")


@pytest.mark.parametrize("seconds", [-1e30, -1.0, 0.0, 1e11, 1e300, 253_402_300_799.5])
def test_times_far_away(seconds: float) -> None:
    """No time is beyond a script."""
    assert rule(state=OofState.TIMED, start=seconds, INTERNAL=message("in")).lines


@pytest.mark.parametrize(
    ("extensions", "missing"),
    [
        ({"date", "relational"}, "vacation"),
        ({"vacation", "envelope"}, "date, relational"),
        ({"vacation", "date"}, "relational"),
    ],
)
def test_missing_extensions(extensions: set[str], missing: str) -> None:
    """What a server cannot do is refused, with the reason."""
    with pytest.raises(NotAllowed, match=f"has no {missing}"):
        rule(
            Offers(extensions=frozenset(extensions)), OofState.TIMED, start=1.0, end=2.0,
            INTERNAL=message("in"),
        )  # fmt: skip


def test_off_needs_nothing() -> None:
    """What answers nobody can be kept anywhere."""
    assert rule(Offers(), OofState.OFF, INTERNAL=message("in")) == Rule()


def test_long_text() -> None:
    """So much of a text goes out; all of it is kept."""
    text = "ä" * MAX_TEXT_BYTES
    settings = OutOfOffice(state=OofState.ON, messages=((OUTER, message(text)),))
    found = rule_of(settings, JOHN, ALL)
    assert MAX_TEXT_BYTES <= len("".join(found.lines).encode()) < MAX_TEXT_BYTES + 1000
    assert read(written(settings, found)) == settings


def test_somebody_elses() -> None:
    """A script that is not ours is none, whatever it holds."""
    ours = written(OutOfOffice(), Rule())
    for script in ("", "keep;", "# x\r\n" + ours, both("mine")):
        assert read(script) is None


@pytest.mark.parametrize(
    "state",
    ["", "AAAA", "!", "eJwDAAAAAAE=", "eJyrrgUAAXUA+Q==", "eJyLjgUAARUAuQ=="],
)
def test_broken_state(state: str) -> None:
    """A state that is cut or changed is said to be broken."""
    head = written(OutOfOffice(), Rule()).partition("\r\n")[0]
    with pytest.raises(Corrupt):
        read(f"{head}\r\n# state: {state}\r\n")


@given(st.text(min_size=1, max_size=60))
def test_both(name: str) -> None:
    """The script that includes both tells the user's name again."""
    script = both(name)
    assert beside(script) == name
    if "\0" in name or "\r" in name or "\n" in name:
        return
    assert included_by(script) == (AWAY, quoted_name(name))
    assert included_by(included(name)) == (quoted_name(name),)
    assert beside("# x\r\n" + script) is None


def quoted_name(name: str) -> str:
    return name.encode("utf-8", "replace").decode()


@given(st.text(min_size=1, max_size=60))
def test_a_copy_in_the_place(name: str) -> None:
    """A copy is included in the place of what cannot be, whose name is kept."""
    script = both(name, included=COPY)
    assert (included_by(script), beside(script)) == ((AWAY, COPY), name)
    assert is_copy(copied("keep;"))
    assert not is_copy(script)


@pytest.mark.parametrize("line", ["", "# beside: ", "# beside: 1", '# beside: "a', "keep;"])
def test_broken_both(line: str) -> None:
    """What does not tell the name is not ours."""
    assert beside(both("x").partition("\r\n")[0] + "\r\n" + line) is None
