"""The out-of-office setting as a piece of a Sieve script: who is answered what, and when.

An answer goes by the address that a letter comes from: somebody of one's own domains is a
colleague; whether somebody else stands among the contacts is a question that few servers can
answer (RFC 6134). What a setting wants and a server cannot do is either said (:class:`Rule`) or
refused.

Spec: RFC 5230 (vacation), RFC 5260 (currentdate), RFC 5231 (relational), RFC 5228 5.1, 5.4.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from math import ceil

from carbonio_mobile.errors import NotAllowed
from carbonio_mobile.mime.addresses import Mailbox
from carbonio_mobile.mime.building import Body, content
from carbonio_mobile.mime.writing import address_field
from carbonio_mobile.sieve.language import quoted, quoted_list
from carbonio_mobile.sieve.offers import ADDRESS_BOOK, Offers
from carbonio_mobile.sync.outofoffice import Audience, OofMessage, OofState, OutOfOffice

MAX_TEXT_BYTES = 32 * 1024
"""What goes out of a text that is longer."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_SECOND = 253_402_300_799
_NO_CONTACTS = (
    "the server cannot tell contacts from strangers: both get what the setting has for strangers"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who is away. ``addresses`` are all that mail comes in by, the one to answer from first.

    Whoever writes from one of ``domains`` is internal. One sender is answered every ``days``.
    """

    addresses: tuple[str, ...]
    name: str = ""
    domains: tuple[str, ...] = ()
    days: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """``extensions`` are those that ``lines`` need. ``shortcomings`` say what is not as wished."""

    lines: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()
    shortcomings: tuple[str, ...] = ()


def rule_of(settings: OutOfOffice, person: Person, offers: Offers) -> Rule:
    """Write the rule for settings; it has no lines where nobody is ever answered.

    Raises: NotAllowed (the server has no vacation, or no times for settings that have some).
    """
    if settings.state is OofState.OFF:
        return Rule()
    needed: set[str] = set()
    lines, shortcomings = _answers(settings, person, offers, needed)
    if not lines:
        return Rule(shortcomings=shortcomings)
    if settings.state is OofState.TIMED and (tests := _within(settings)):
        needed |= {"date", "relational"}
        lines = [f"if {_all_of(tests)} {{", *_indented(lines), "}"]
    missing = sorted(needed - offers.extensions)
    if missing:
        raise NotAllowed(f"the mail server's Sieve has no {', '.join(missing)}")
    return Rule(lines=tuple(lines), extensions=tuple(sorted(needed)), shortcomings=shortcomings)


def _answers(
    settings: OutOfOffice, person: Person, offers: Offers, needed: set[str]
) -> tuple[list[str], tuple[str, ...]]:
    """Give the actions with the tests for whom; ``needed`` gets the extensions that they use."""
    said = {one: _message(settings, one) for one in Audience}
    known, unknown = said[Audience.EXTERNAL_KNOWN], said[Audience.EXTERNAL_UNKNOWN]
    shortcomings: tuple[str, ...] = ()
    branches: list[tuple[str, OofMessage | None]] = []
    sender = "envelope" if "envelope" in offers.extensions else "address"
    if person.domains:
        domains = quoted_list(person.domains)
        branches.append((f'{sender} :domain :is "from" {domains}', said[Audience.INTERNAL]))
    if known != unknown and offers.knows_contacts:
        branches.append((f'{sender} :list "from" {quoted(ADDRESS_BOOK)}', known))
    elif known != unknown:
        shortcomings = (_NO_CONTACTS,)
    # A test that decides nothing is left out.
    while branches and branches[-1][1] == unknown:
        branches.pop()
    if branches and sender == "envelope":
        needed.add("envelope")
    if any(" :list " in test for test, _ in branches):
        needed.add("extlists")
    if unknown is not None or any(message for _, message in branches):
        needed.add("vacation")
        return _branched(branches, unknown, settings, person), shortcomings
    return [], shortcomings


def _message(settings: OutOfOffice, audience: Audience) -> OofMessage | None:
    message = dict(settings.messages).get(audience)
    return message if message is not None and message.enabled and message.text else None


def _branched(
    branches: Sequence[tuple[str, OofMessage | None]],
    last: OofMessage | None,
    settings: OutOfOffice,
    person: Person,
) -> list[str]:
    if not branches:
        return [_vacation(last, settings, person)] if last is not None else []
    lines: list[str] = []
    for test, message in branches:
        lines += [f"{'elsif' if lines else 'if'} {test} {{"]
        lines += _indented([_vacation(message, settings, person)]) if message is not None else []
        lines += ["}"]
    if last is not None:
        lines += ["else {", *_indented([_vacation(last, settings, person)]), "}"]
    return lines


def _vacation(message: OofMessage, settings: OutOfOffice, person: Person) -> str:
    text = message.text.encode("utf-8", "replace")[:MAX_TEXT_BYTES].decode("utf-8", "ignore")
    words = ["vacation", f":days {max(1, person.days)}"]
    own = [one for one in person.addresses if one.isascii()]
    if own:
        # RFC 5230 4.5: letters to other addresses than these get no answer.
        words += [f":addresses {quoted_list(own)}", f":from {quoted(_from(person.name, own[0]))}"]
    words.append(f":handle {quoted(_handle(settings, message))}")
    if message.html:
        page = content(Body.from_html(text), [], []).decode("ascii")
        return " ".join([*words, ":mime", quoted(page)]) + ";"
    return " ".join([*words, quoted(text)]) + ";"


def _from(name: str, address: str) -> str:
    field = address_field("From", [Mailbox(name, address)]).decode("ascii")
    return " ".join(field.partition(":")[2].split())


def _handle(settings: OutOfOffice, message: OofMessage) -> str:
    """Name an answer: who had this one gets another setting's, but not the same again."""
    digest = blake2b(repr((settings.state, settings.start, settings.end)).encode(), digest_size=9)
    digest.update(message.text.encode("utf-8", "replace"))
    return f"carbonio-mobile-{digest.hexdigest()}"


def _within(settings: OutOfOffice) -> list[str]:
    tests = [] if settings.start is None else [_not_before(settings.start)]
    return tests if settings.end is None else [*tests, f"not {_not_before(settings.end)}"]


def _not_before(seconds: float) -> str:
    at = _EPOCH + timedelta(seconds=min(max(0, ceil(seconds)), _LAST_SECOND))
    part = 'currentdate :zone "+0000" :value'
    day, time = f'"date" "{at:%Y-%m-%d}"', f'"time" "{at:%H:%M:%S}"'
    return f'anyof({part} "gt" {day}, allof({part} "eq" {day}, {part} "ge" {time}))'


def _all_of(tests: Sequence[str]) -> str:
    return tests[0] if len(tests) == 1 else f"allof({', '.join(tests)})"


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"    {line}" for line in lines]
