"""What an organiser's change of a meeting makes due: which attendee is told what.

Spec: MS-ASCMD R7478 (from 16.0 on the server sends the requests); RFC 5546 2.1.4 (sequence), 3.2.2
(REQUEST), 3.2.5 (CANCEL).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from carbonio_mobile.pim.event import NOT_SAID, Attendee, Details, Event, Occurrence
from carbonio_mobile.pim.itipdetails import NOT_RESPONDED, exception, instance_details, same

REQUEST, CANCEL = "REQUEST", "CANCEL"

USABLE = re.compile(r"[^\s@<>()\[\],;:\\\"]+@[^\s@<>(),;:\\\"]+")
"""An address that mail can be sent to; what else an attendee is called is no such."""

_NOTHING = Details(start=0.0, end=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One attendee is to be told one thing.

    ``event`` is the meeting as it is to be told, for ``instance`` (its original start) or as a
    whole; of a cancellation, as it was. Its ``sequence`` is that of the message.
    """

    method: str
    event: Event
    attendee: Attendee
    instance: float | None = None

    @property
    def key(self) -> tuple[str, ...]:
        """What makes it this message and no other: the same of a repeat, whenever it comes."""
        instance = "" if self.instance is None else f"{self.instance:.0f}"
        whom = self.attendee.address.lower()
        return (self.event.uid, str(self.event.sequence), instance, self.method, whom)


def resequenced(before: Event | None, after: Event, own: frozenset[str]) -> Event:
    """Give a changed meeting the sequence number that it is to be stored and told with.

    It counts up with each change that somebody is told of who knew of the meeting; attendees whom
    a change of time sends back to the start are marked as not having responded. What others
    organise stays as it is.
    """
    if not _is_own(after, own):
        return after
    if before is None or not _told(before, own):
        return after
    level = max(before.sequence, after.sequence)
    if not _changed(before, after, own):
        return replace(after, sequence=level)
    after = replace(after, sequence=max(before.sequence + 1, after.sequence))
    moved = not same(before.details, after.details) or before.recurrence != after.recurrence
    return _unanswered(before, after, moved=moved)


def messages_due(
    before: Event | None, after: Event | None, own: frozenset[str], now: float
) -> tuple[Due, ...]:
    """Give what the attendees are to be told of an organiser's change.

    ``before`` is None for a new meeting, ``after`` for one that is deleted; ``after`` comes from
    :func:`resequenced`. Nobody is told of what is private (reminder, categories, busy status), of
    answers, or that a meeting will not be which is over at ``now``. In order of attendees.
    """
    subject = after or before
    if subject is None or not _is_own(subject, own):
        return ()
    if after is None or (after.details.is_cancelled and not _is_off(before)):
        return tuple(_cancelled(before, after, own, now))
    if after.details.is_cancelled:
        return ()
    return tuple(_changes(before, after, own))


def _is_own(event: Event, own: frozenset[str]) -> bool:
    return not event.organizer_address or event.organizer_address.lower() in own


def _is_off(event: Event | None) -> bool:
    return event is not None and event.details.is_cancelled


def _told(event: Event, own: frozenset[str]) -> bool:
    return any(_invited(one, own) for one in _versions(event))


def _versions(event: Event) -> list[Details]:
    return [event.details, *(one.details for one in event.exceptions if one.details is not None)]


def _invited(details: Details, own: frozenset[str]) -> Mapping[str, Attendee]:
    """Give whom a version invites, by address in lower case; the account is not one of them."""
    found: dict[str, Attendee] = {}
    for one in details.attendees:
        address = one.address.lower()
        if USABLE.fullmatch(address) and address not in own:
            found.setdefault(address, one)
    return found


# What counts as a change


def _substance(details: Details) -> tuple[object, ...]:
    """Give what attendees are told of; the rest is the organiser's own or told by attendees."""
    return (
        details.start,
        details.end,
        details.all_day,
        details.subject,
        details.place,
        details.body,
        details.is_cancelled,
        details.online_link,
        details.online_external_link,
        tuple((one.name, one.size_bytes) for one in details.attachments),
    )


def _pattern(event: Event) -> tuple[object, ...]:
    return (event.recurrence, event.tzid or event.zone_blob, event.disallow_new_time_proposal)


def _whole_changed(before: Event, after: Event) -> bool:
    return _pattern(before) != _pattern(after) or (
        _substance(before.details) != _substance(after.details)
    )


def _changed(before: Event, after: Event, own: frozenset[str]) -> bool:
    """Tell whether somebody who knew is told something: a change, or that they are off the list."""
    if _whole_changed(before, after) or _left(before.details, after.details, own):
        return True
    return any(
        _substance(old) != _substance(new) or bool(_left(old, new, own))
        for _, old, new in _instances(before, after)
    )


def _left(old: Details, new: Details, own: frozenset[str]) -> list[Attendee]:
    invited = _invited(new, own)
    return [one for address, one in _invited(old, own).items() if address not in invited]


def _instances(before: Event, after: Event) -> Iterator[tuple[float, Details, Details]]:
    """Give what the occurrences said and say that are exceptions before or after.

    One that does not take place says nothing, to nobody.
    """
    originals = {one.original for one in (*before.exceptions, *after.exceptions)}
    for original in sorted(originals):
        old = instance_details(before, original) or _NOTHING
        new = instance_details(after, original) or _NOTHING
        if exception(before, original) != exception(after, original):
            yield original, old, new


# What is due


def _changes(before: Event | None, after: Event, own: frozenset[str]) -> Iterator[Due]:
    if before is None or _is_off(before):
        yield from _requests(after, _invited(after.details, own).values())
        yield from _instance_guests(after, own)
        return
    knew = _invited(before.details, own)
    whole = _whole_changed(before, after)
    invited = _invited(after.details, own)
    new_ones = (one for address, one in invited.items() if whole or address not in knew)
    yield from _requests(after, new_ones)
    gone = _left(before.details, after.details, own)
    yield from (Due(method=CANCEL, event=_as_of(before, after), attendee=one) for one in gone)
    told_all = set(invited) if whole else set(invited) - set(knew)
    still_off = {one.address.lower() for one in gone}
    for original, old, new in _instances(before, after):
        yield from _instance_changes(before, after, original, old, new, told_all, still_off, own)


def _instance_changes(
    before: Event,
    after: Event,
    original: float,
    old: Details,
    new: Details,
    told_all: set[str],
    off: set[str],
    own: frozenset[str],
) -> Iterator[Due]:
    """``told_all`` are told of every occurrence with the series, ``off`` of the end of it."""
    knew, invited = _invited(old, own), _invited(new, own)
    changed = _substance(old) != _substance(new)
    for address, one in invited.items():
        if address not in told_all and (changed or address not in knew):
            method = CANCEL if new.is_cancelled else REQUEST
            yield Due(method=method, event=after, attendee=one, instance=original)
    for address, one in knew.items():
        in_series = address in told_all or address in off
        if address not in invited and not in_series:
            shown = _as_of(before, after)
            yield Due(method=CANCEL, event=shown, attendee=one, instance=original)


def _instance_guests(after: Event, own: frozenset[str]) -> Iterator[Due]:
    """Invite those who are asked to some occurrences only."""
    invited = _invited(after.details, own)
    for one in after.exceptions:
        if one.details is not None:
            for address, guest in _invited(one.details, own).items():
                if address not in invited:
                    yield Due(method=REQUEST, event=after, attendee=guest, instance=one.original)


def _requests(event: Event, attendees: Iterable[Attendee]) -> Iterator[Due]:
    return (Due(method=REQUEST, event=event, attendee=one) for one in attendees)


def _cancelled(
    before: Event | None, after: Event | None, own: frozenset[str], now: float
) -> Iterator[Due]:
    if before is None or _is_off(before) or _is_over(before, now):
        return
    told = replace(before, sequence=before.sequence + 1 if after is None else after.sequence)
    invited = _invited(before.details, own)
    for one in invited.values():
        yield Due(method=CANCEL, event=told, attendee=one)
    for each in before.exceptions:
        if each.details is not None and not each.details.is_cancelled:
            for address, guest in _invited(each.details, own).items():
                if address not in invited:
                    yield Due(method=CANCEL, event=told, attendee=guest, instance=each.original)


def _is_over(event: Event, now: float) -> bool:
    """Tell whether nothing of a meeting is left; of a series only where it is known to end."""
    rule = event.recurrence
    if rule is None:
        return max(one.end for one in _versions(event)) < now
    if rule.until is None:
        return False
    length = event.details.end - event.details.start
    return max(rule.until + length, *(one.end for one in _versions(event))) < now


def _as_of(before: Event, after: Event) -> Event:
    return replace(before, sequence=after.sequence)


# What is told


def _unanswered(before: Event, after: Event, *, moved: bool) -> Event:
    """Mark attendees of what was moved as not having responded (RFC 5546 3.2.2.1)."""
    details = _asked_again(after.details) if moved else after.details
    exceptions = []
    for one in after.exceptions:
        old = instance_details(before, one.original)
        if one.details is not None and (moved or old is None or not same(old, one.details)):
            one = replace(one, details=_asked_again(one.details))
        exceptions.append(one)
    return replace(after, details=details, exceptions=tuple(exceptions))


def _asked_again(details: Details) -> Details:
    attendees = tuple(
        replace(one, status=NOT_RESPONDED, proposed=None) if one.status else one
        for one in details.attendees
    )
    return replace(details, attendees=attendees)


def public(event: Event) -> Event:
    """Give a meeting without what is the organiser's alone."""
    exceptions = tuple(
        one if one.details is None else replace(one, details=_public(one.details))
        for one in event.exceptions
    )
    plain = tuple(Occurrence(original=one.original, details=one.details) for one in exceptions)
    return replace(
        event,
        details=_public(event.details),
        exceptions=plain,
        response=NOT_SAID,
        replied_at=None,
        client_uid="",
    )


def _public(details: Details) -> Details:
    attendees = tuple(replace(one, proposed=None) for one in details.attendees)
    return replace(details, categories=(), attendees=attendees)


def grouped(dues: Sequence[Due]) -> list[list[Due]]:
    """Put together what is told in the same words: one message serves a group, in order."""
    groups: dict[tuple[str, ...], list[Due]] = {}
    for one in dues:
        groups.setdefault(one.key[:-1], []).append(one)
    return list(groups.values())
