"""ResolveRecipients: whom names mean, their certificates, their busy times, their pictures.

Spec: MS-ASCMD 2.2.1.15, 2.2.3.177.12 (Status).
"""

from functools import partial

from carbonio_mobile.commands.availability import FreeBusy
from carbonio_mobile.commands.context import Answer, Call
from carbonio_mobile.commands.people import Lookup, Meant
from carbonio_mobile.directory.certificates import Certificate, encrypts_mail
from carbonio_mobile.directory.people import Person, PersonKind, PersonWish
from carbonio_mobile.eas.messages import resolverecipients
from carbonio_mobile.eas.messages.pictures import Pictures
from carbonio_mobile.eas.messages.resolverecipients import (
    Availability,
    Certificates,
    Recipient,
    Request,
    Response,
    Retrieval,
    Source,
)
from carbonio_mobile.eas.status import ResolveRecipientsStatus as Status
from carbonio_mobile.errors import ProtocolError, StoreError
from carbonio_mobile.wbxml.codepages import ResolveRecipients as Page

SUGGESTIONS = 20
"""How many people are suggested where the device does not say how many it wants."""
SUGGESTIONS_MAX = 100
CERTIFICATES_MAX = 1000
MEMBERS_MAX = 200
"""The largest group whose members' certificates are looked for."""


async def respond(call: Call) -> Answer:
    """Answer a request. Raises: ProtocolError, which is status 5."""
    if call.document is None:
        raise ProtocolError("ResolveRecipients without a body", expected="ResolveRecipients")
    request = resolverecipients.parse(call.document, call.version)
    try:
        responses = await _Resolution(call, request).responses()
    except StoreError:
        return Answer(document=resolverecipients.build(Status.SERVER_ERROR))
    return Answer(document=resolverecipients.build(Status.SUCCESS, responses))


class _Resolution:
    """One request on its way; certificates and pictures are counted over all of it."""

    def __init__(self, call: Call, request: Request) -> None:
        self._call, self._request = call, request
        wants_certificates = request.retrieval is not Retrieval.NONE
        wish = PersonWish(picture=request.pictures is not None, certificates=wants_certificates)
        self._lookup = Lookup(call, wish)
        self._free_busy = None if request.span is None else FreeBusy(call, request.span)
        room_bytes = call.services.bounds.response_bytes
        wanted = request.pictures
        self._pictures = None if wanted is None else Pictures(wanted, room_bytes=room_bytes)
        most = request.max_certificates
        self._certificates_left = min(CERTIFICATES_MAX if most is None else most, CERTIFICATES_MAX)

    async def responses(self) -> list[Response]:
        """Answer each To, in order."""
        wished = self._request.max_ambiguous
        limit = SUGGESTIONS if wished is None else min(wished, SUGGESTIONS_MAX)
        # One is looked for at least: to tell a name that means one from a name that means nobody.
        meant = await self._lookup.meant(self._request.to, limit=max(limit, 1))
        if self._free_busy is not None:
            only = (each.found[0] for each in meant if each.total == 1 and each.found)
            await self._free_busy.expect(who for source, who in only if source is Source.DIRECTORY)
        return [
            await self._response(to, each, limit)
            for to, each in zip(self._request.to, meant, strict=True)
        ]

    async def _response(self, to: str, meant: Meant, limit: int) -> Response:
        if meant.total == 1 and meant.found:
            source, person = meant.found[0]
            resolved = await self._resolved(source, person)
            return Response(to=to, status=Status.SUCCESS, count=1, recipients=(resolved,))
        if not meant.total:
            return Response(to=to, status=Status.NOT_FOUND)
        suggested = [self._recipient(*each) for each in meant.found[:limit]]
        whole = len(suggested) == meant.total
        status = Status.AMBIGUOUS if whole else Status.AMBIGUOUS_PARTIAL
        return Response(to=to, status=status, count=meant.total, recipients=suggested)

    async def _resolved(self, source: Source, person: Person) -> Recipient:
        """Show the only one who is meant, with all that was asked for."""
        return self._recipient(
            source,
            person,
            availability=await self._availability(source, person),
            certificates=await self._certificates(person),
        )

    def _recipient(
        self,
        source: Source,
        person: Person,
        *,
        availability: Availability | None = None,
        certificates: Certificates | None = None,
    ) -> Recipient:
        picture = None
        if self._pictures is not None:
            picture = self._pictures.element(
                person.picture, parent=Page.Picture, status=Page.Status, data=Page.Data
            )
        return Recipient(
            source=source,
            display_name=person.display_name,
            address=person.address,
            availability=availability,
            certificates=certificates,
            picture=picture,
        )

    async def _availability(self, source: Source, person: Person) -> Availability | None:
        if self._free_busy is None:
            return None
        if source is Source.CONTACTS:
            return self._free_busy.of_stranger()
        return await self._free_busy.of_person(person)

    async def _certificates(self, person: Person) -> Certificates | None:
        if self._request.retrieval is Retrieval.NONE:
            return None
        is_group = person.kind is PersonKind.GROUP
        people_count = len(person.members) if is_group else 1
        if people_count > MEMBERS_MAX:
            return Certificates(status=Status.CERTIFICATE_LIMIT_REACHED, people_count=people_count)
        ders = await self._ders(person) if is_group else list(person.certificates)
        now = self._call.now
        usable = await self._call.services.offload(partial(_usable, ders, now))
        return self._given(usable, people_count)

    async def _ders(self, group: Person) -> list[bytes]:
        members = await self._lookup.at(group.members)
        people = {each.address: each for each in members.values()}
        return [der for each in people.values() for der in each.certificates]

    def _given(self, usable: list[Certificate], people_count: int) -> Certificates:
        """Give all of somebody's certificates or none (MS-ASCMD R3254, R3255)."""
        count = len(usable)
        if not usable:
            return Certificates(status=Status.NO_VALID_CERTIFICATE, people_count=people_count)
        wants_mini = self._request.retrieval is Retrieval.MINI
        given = 1 if wants_mini else count
        if given > self._certificates_left:
            return Certificates(
                status=Status.CERTIFICATE_LIMIT_REACHED, count=count, people_count=people_count
            )
        self._certificates_left -= given
        return Certificates(
            status=Status.SUCCESS,
            count=given,
            people_count=people_count,
            full=() if wants_mini else [each.der for each in usable],
            mini=usable[0].issuer_and_serial_number() if wants_mini else b"",
        )


def _usable(ders: list[bytes], now: float) -> list[Certificate]:
    read = (encrypts_mail(der, now) for der in ders)
    return [each for each in read if each is not None]
