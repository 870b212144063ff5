"""What a phone asks about people: who is meant, who there is, whether a certificate is good.

Spec: MS-ASCMD 2.2.1.2 (Find), 2.2.1.15, 2.2.1.16 (Search), 2.2.1.22.
"""

from collections.abc import Sequence

from carbonio_mobile.client import peopletrees
from carbonio_mobile.client.device import Device, check
from carbonio_mobile.client.devicemail import found_of, store_of
from carbonio_mobile.client.faults import ServerFault
from carbonio_mobile.client.peopletrees import FoundPerson, Resolved, ToValidate
from carbonio_mobile.wbxml.codepages import ResolveRecipients, ValidateCert


class DevicePeople(Device):
    """ResolveRecipients, Search and Find of the address list, ValidateCert."""

    async def resolve(
        self,
        names: Sequence[str],
        *,
        span: tuple[float, float] | None = None,
        certificates: bool = False,
    ) -> list[Resolved]:
        """Ask who is meant by names and addresses, all candidates in the order asked.

        ``span`` (seconds UTC) asks when they are busy; versions before 14.0 do not say it.
        """
        document = peopletrees.resolve_document(names, span=span, certificates=certificates)
        answer = await self.session.document("ResolveRecipients", document)
        check(answer.value(ResolveRecipients.Status), "ResolveRecipients")
        responses = answer.find_all(ResolveRecipients.Response)
        if [one.value(ResolveRecipients.To) for one in responses] != list(names):
            raise ServerFault("ResolveRecipients answered for other names")
        return [each for one in responses for each in peopletrees.read_resolved(one)]

    async def gal(self, text: str, *, rows: tuple[int, int] = (0, 99)) -> list[FoundPerson]:
        """Search the address list."""
        document = peopletrees.gal_document(text, rows)
        return peopletrees.read_gal(store_of(await self.session.document("Search", document)))

    async def find_people(self, text: str, *, rows: tuple[int, int] = (0, 99)) -> list[FoundPerson]:
        """Search the address list by Find, the command of 16.1."""
        document = peopletrees.find_people_document(text, search_id=self.new_id(), rows=rows)
        answer = await self.session.document("Find", document)
        return peopletrees.read_found_people(found_of(answer))

    async def validate(self, wanted: ToValidate) -> list[int]:
        """Have certificates checked; gives a status for each, 1 for a good one."""
        document = peopletrees.validate_document(wanted)
        answer = await self.session.document("ValidateCert", document)
        check(answer.value(ValidateCert.Status), "ValidateCert")
        told = answer.find_all(ValidateCert.Certificate)
        statuses = [one.value(ValidateCert.Status, "") for one in told]
        if len(statuses) != len(wanted.certificates) or not all(map(str.isdigit, statuses)):
            raise ServerFault("ValidateCert did not answer for each certificate")
        return [int(status) for status in statuses]
