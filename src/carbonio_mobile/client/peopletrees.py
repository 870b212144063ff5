"""The documents of the commands about people and certificates.

Spec: MS-ASCMD 2.2.1.2 (Find), 2.2.1.15, 2.2.1.16 (Search), 2.2.1.22.
"""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field

from carbonio_mobile.client.faults import ServerFault
from carbonio_mobile.eas.times import format_datetime
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import GAL, Find, ResolveRecipients, Search, ValidateCert


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPerson:
    """Somebody of the address list, as far as it says."""

    name: str
    address: str
    phone: str = ""
    mobile: str = ""
    company: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """Somebody who may be meant. ``busy`` has a digit for each half hour, '' where unknown.

    ``certificates`` counts those that came; None where none were asked for.
    """

    asked: str
    name: str
    address: str
    from_contacts: bool
    busy: str = ""
    certificates: int | None = None
    certificate_status: str = ""


def resolve_document(
    names: Sequence[str], *, span: tuple[float, float] | None, certificates: bool
) -> Element:
    """Write ResolveRecipients; ``span`` (seconds UTC) asks when people are busy (14.0 on)."""
    busy = None
    if span is not None:
        start, end = map(format_datetime, span)
        busy = Element(
            ResolveRecipients.Availability,
            [
                Element(ResolveRecipients.StartTime, start),
                Element(ResolveRecipients.EndTime, end),
            ],
        )
    options = [
        Element(ResolveRecipients.CertificateRetrieval, "2") if certificates else None,
        busy,
    ]
    return Element(
        ResolveRecipients.ResolveRecipients,
        [
            *(Element(ResolveRecipients.To, name) for name in names),
            Element(ResolveRecipients.Options, options) if certificates or busy else None,
        ],
    )


def read_resolved(response: Element) -> list[Resolved]:
    """Read one Response. Raises: ServerFault."""
    asked = response.value(ResolveRecipients.To, "")
    found = response.find_all(ResolveRecipients.Recipient)
    if response.value(ResolveRecipients.RecipientCount, "0") == "0" and found:
        raise ServerFault("ResolveRecipients counts wrongly")
    return [_recipient(asked, one) for one in found]


def _recipient(asked: str, element: Element) -> Resolved:
    given = element.find(ResolveRecipients.Certificates)
    busy = element.find(ResolveRecipients.Availability)
    came = None if given is None else len(given.find_all(ResolveRecipients.Certificate))
    return Resolved(
        asked=asked,
        name=element.value(ResolveRecipients.DisplayName, ""),
        address=element.value(ResolveRecipients.EmailAddress, ""),
        from_contacts=element.value(ResolveRecipients.Type) == "2",
        busy="" if busy is None else busy.value(ResolveRecipients.MergedFreeBusy, ""),
        certificates=came,
        certificate_status="" if given is None else given.value(ResolveRecipients.Status, ""),
    )


def gal_document(text: str, rows: tuple[int, int]) -> Element:
    """Write Search of the address list."""
    wanted = [Element(Search.Range, f"{rows[0]}-{rows[1]}")]
    store = [
        Element(Search.Name, "GAL"),
        Element(Search.Query, text),
        Element(Search.Options, wanted),
    ]
    return Element(Search.Search, [Element(Search.Store, store)])


def read_gal(store: Element) -> list[FoundPerson]:
    """Read the Store of an answer to Search that has status 1."""
    results = [one.find(Search.Properties) for one in store.find_all(Search.Result)]
    return [_person(properties) for properties in results if properties is not None]


def find_people_document(text: str, *, search_id: str, rows: tuple[int, int]) -> Element:
    """Write Find in the address list (16.1)."""
    criterion = Element(
        Find.GalSearchCriterion,
        [
            Element(Find.Query, text),
            Element(Find.Options, [Element(Find.Range, f"{rows[0]}-{rows[1]}")]),
        ],
    )
    return Element(
        Find.Find,
        [Element(Find.SearchId, search_id), Element(Find.ExecuteSearch, [criterion])],
    )


def read_found_people(response: Element) -> list[FoundPerson]:
    """Read the Response of an answer to Find that has status 1."""
    results = [one.find(Find.Properties) for one in response.find_all(Find.Result)]
    return [_person(properties) for properties in results if properties is not None]


def _person(properties: Element) -> FoundPerson:
    return FoundPerson(
        name=properties.value(GAL.DisplayName, ""),
        address=properties.value(GAL.EmailAddress, ""),
        phone=properties.value(GAL.Phone, ""),
        mobile=properties.value(GAL.MobilePhone, ""),
        company=properties.value(GAL.Company, ""),
        title=properties.value(GAL.Title, ""),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ToValidate:
    """Certificates (DER) to be checked, with possible issuers."""

    certificates: Sequence[bytes] = field(repr=False)
    chain: Sequence[bytes] = field(default=(), repr=False)
    check_revocation: bool = False


def validate_document(wanted: ToValidate) -> Element:
    """Write ValidateCert."""
    chain = [_certificate(der) for der in wanted.chain]
    return Element(
        ValidateCert.ValidateCert,
        [
            Element(ValidateCert.CertificateChain, chain) if chain else None,
            Element(ValidateCert.Certificates, [_certificate(one) for one in wanted.certificates]),
            Element(ValidateCert.CheckCRL, "1") if wanted.check_revocation else None,
        ],
    )


def _certificate(der: bytes) -> Element:
    return Element(ValidateCert.Certificate, b64encode(der).decode("ascii"))
