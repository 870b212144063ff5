"""People, certificates, settings, and an invitation from another account.

Spec: MS-ASCMD 2.2.1.2 (Find), 2.2.1.11, 2.2.1.15, 2.2.1.16 (GAL), 2.2.1.18, 2.2.1.22.
"""

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from carbonio_mobile.client import meetingmail
from carbonio_mobile.client.devicemeetings import ACCEPT
from carbonio_mobile.client.mailtrees import OOF_TIMED, OofSettings, Original
from carbonio_mobile.client.meetingmail import Meeting
from carbonio_mobile.client.peopletrees import ToValidate
from carbonio_mobile.client.selftest.items import DAY_S, HOUR_S
from carbonio_mobile.client.selftest.walk import SOME_WEEKS, Skipped, Walk, expect
from carbonio_mobile.eas.version import Version


async def gal(walk: Walk) -> None:
    """The address list has the account itself."""
    name = walk.address.partition("@")[0]
    found = {one.address.lower() for one in await walk.phone.gal(name)}
    expect(walk.address.lower() in found, "the account itself")


async def find_people(walk: Walk) -> None:
    """Find gives the same (16.1)."""
    name = walk.address.partition("@")[0]
    found = {one.address.lower() for one in await walk.phone.find_people(name)}
    expect(walk.address.lower() in found, "the account itself")


async def resolve(walk: Walk) -> None:
    """The own address means the own account; from 14.0 on it is told when that is busy."""
    span = None
    if walk.version >= Version.V14_0:
        day = walk.now // DAY_S * DAY_S
        span = (day, day + DAY_S)
    found = await walk.phone.resolve([walk.address], span=span)
    expect(len(found) == 1, f"one recipient, not {len(found)}")
    expect(found[0].address.lower() == walk.address.lower(), "the own address")
    if span is not None:
        digits = found[0].busy
        expect(len(digits) == 48 and set(digits) <= set("01234"), "a digit for each half hour")


async def resolve_certificates(walk: Walk) -> None:
    """The question for certificates is answered, with some or none."""
    found = await walk.phone.resolve([walk.address], certificates=True)
    expect(len(found) == 1 and found[0].certificate_status != "", "a status for certificates")


async def validate_certificate(walk: Walk) -> None:
    """A certificate that nobody signed is not good."""
    der = self_made(walk.address, walk.now)
    (status,) = await walk.phone.validate(ToValidate(certificates=[der]))
    expect(status != 1, "a certificate that nobody knows not to be good")


def self_made(address: str, now: float) -> bytes:
    """Make a certificate (DER) that signs itself, for an address."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "carbonio-mobile selftest")])
    at = datetime.fromtimestamp(now, UTC)
    alternative = x509.SubjectAlternativeName([x509.RFC822Name(address)])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(days=1))
        .not_valid_after(at + timedelta(days=1))
        .add_extension(alternative, critical=False)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(Encoding.DER)


async def out_of_office(walk: Walk) -> None:
    """Out of office is set, for a time far off, and set back as it was (12.0 and later).

    A text that the account has is left alone: read as plain text it may have lost its form.
    """
    before = await walk.phone.oof()
    start = (walk.now // DAY_S + 3650) * DAY_S
    text = f"Away. {walk.marker}" if before.internal is None else None
    wanted = OofSettings(state=OOF_TIMED, start=start, end=start + DAY_S, internal=text)
    back = OofSettings(
        state=before.state,
        start=before.start,
        end=before.end,
        internal=None if text is None else "",
    )
    try:
        await walk.phone.set_oof(wanted)
        now = await walk.phone.oof()
    finally:
        await walk.phone.set_oof(back)
    expect((now.state, now.start, now.end) == (OOF_TIMED, start, start + DAY_S), "the times set")
    expect(now.internal == (text or before.internal), "the text that was set")
    after = await walk.phone.oof()
    expect(
        (after.state, after.internal, after.external)
        == (before.state, before.internal, before.external),
        "all to be as it was before",
    )


async def meeting_response(walk: Walk) -> None:
    """An invitation of the other account is accepted, and they hear of it."""
    if walk.other is None:
        raise Skipped("there is nobody to invite: name a second account with --other")
    start = (walk.now // DAY_S + 2) * DAY_S + 11 * HOUR_S
    meeting = Meeting(
        uid=f"{walk.phone.new_id()}@{walk.marker}",
        subject=f"Meeting {walk.marker}",
        start=start,
        end=start + HOUR_S,
        organizer=walk.other_address,
        attendees=[walk.address],
    )
    await walk.other.send(meetingmail.invitation(meeting, now=walk.now, text="Please come."))
    invitation = await walk.arrived(meeting.subject)
    original = Original(folder=walk.standard("inbox"), item=invitation.id)
    event = await walk.phone.respond(original, ACCEPT)
    expect(bool(event), "the id of the event")
    calendar = walk.standard("calendar")
    await walk.phone.settle(calendar, options=SOME_WEEKS)
    expect(event in walk.phone.items(calendar), "the event in the calendar, under that id")
    expect(walk.phone.items(calendar)[event].received == start, "the event at its time")
    if walk.version < Version.V16_0:
        answer = meetingmail.reply(meeting, ACCEPT, attendee=walk.address, now=walk.now)
        await walk.phone.send(answer)
    await _heard(walk, meeting)


async def _heard(walk: Walk, meeting: Meeting) -> None:
    assert walk.other is not None
    device = walk.other
    waited_s = 0.0
    inbox = next(one.id for one in device.folders.values() if one.role == "inbox")
    while waited_s < 10:
        await device.settle(inbox)
        subjects = [one.subject for one in device.items(inbox).values()]
        if any(meeting.subject in one for one in subjects):
            return
        await walk.sleep(0.25)
        waited_s += 0.25
    expect(is_so=False, expected="the organiser to hear of the answer")
