"""ResolveRecipients: who is meant by names and addresses, when they are busy, how to encrypt.

Spec: MS-ASCMD 2.2.1.15, 2.2.3.177.12 (Status); schema ResolveRecipients.
"""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from carbonio_mobile.eas.messages.fields import integer
from carbonio_mobile.eas.messages.pictures import PictureOptions
from carbonio_mobile.eas.status import ResolveRecipientsStatus as Status
from carbonio_mobile.eas.times import parse_datetime
from carbonio_mobile.eas.version import Version
from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.wbxml import Element, Tag
from carbonio_mobile.wbxml.codepages import ResolveRecipients as Page

MAX_TO = 100
"""MS-ASCMD R5656."""
MAX_TO_CHARS = 256
_LIMIT_MAX = 9999
_SHORTEST_S = 1800
_LONGEST_S = 42 * 86_400
_USUAL_S = 7 * 86_400


class Retrieval(IntEnum):
    """Which form of certificates is wanted (MS-ASCMD 2.2.3.22)."""

    NONE = 1
    FULL = 2
    MINI = 3


class Source(IntEnum):
    """Where somebody was found: Type (MS-ASCMD 2.2.3.186.5)."""

    DIRECTORY = 1
    CONTACTS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Names and addresses to resolve.

    ``span`` is the time of which availability is wanted, None for none; its ends are seconds UTC.
    """

    to: tuple[str, ...] = field(repr=False)
    retrieval: Retrieval = Retrieval.NONE
    max_certificates: int | None = None
    max_ambiguous: int | None = None
    span: tuple[float, float] | None = None
    pictures: PictureOptions | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """When somebody is busy; ``digits`` are empty unless the status is success."""

    status: Status
    digits: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """The certificates (DER) of somebody or of a group's ``people_count`` members.

    ``count`` is how many there are, given or not. ``mini`` is the short form of one.
    """

    status: Status
    count: int = 0
    people_count: int = 1
    full: Sequence[bytes] = field(default=(), repr=False)
    mini: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Somebody who may be meant."""

    source: Source
    display_name: str
    address: str
    availability: Availability | None = None
    certificates: Certificates | None = None
    picture: Element | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """Who is meant by one To; ``count`` is how many there are, given or not."""

    to: str
    status: Status
    count: int = 0
    recipients: Sequence[Recipient] = ()


def parse(root: Element, version: Version) -> Request:
    """Read a request; what its version does not know is passed over.

    Raises: ProtocolError, which is status 5.
    """
    if root.tag is not Page.ResolveRecipients:
        raise ProtocolError(f"a document {root.tag.name}", expected="ResolveRecipients")
    to = tuple(each.string for each in root.find_all(Page.To))
    if not 0 < len(to) <= MAX_TO:
        raise ProtocolError(f"{len(to)} times To", expected=f"1 to {MAX_TO}")
    if any(len(each) > MAX_TO_CHARS for each in to):
        raise ProtocolError("a To too long", expected=f"{MAX_TO_CHARS} characters")
    options = root.find(Page.Options)
    if options is None:
        return Request(to=to)
    retrieval = integer(options, Page.CertificateRetrieval, low=1, high=3)
    return Request(
        to=to,
        retrieval=Retrieval(retrieval or Retrieval.NONE),
        max_certificates=integer(options, Page.MaxCertificates, high=_LIMIT_MAX),
        max_ambiguous=integer(options, Page.MaxAmbiguousRecipients, high=_LIMIT_MAX),
        span=_span(options.find(Page.Availability)) if version >= Version.V14_0 else None,
        pictures=_pictures(options) if version >= Version.V14_1 else None,
    )


def _pictures(options: Element) -> PictureOptions | None:
    return PictureOptions.parse(
        options, picture=Page.Picture, max_size=Page.MaxSize, max_pictures=Page.MaxPictures
    )


def _span(availability: Element | None) -> tuple[float, float] | None:
    """Read the time asked about: 30 minutes to 42 days, a week where no end is said (R2265)."""
    if availability is None:
        return None
    start = _time(availability, Page.StartTime)
    if start is None:
        raise ProtocolError("Availability without a StartTime")
    end = _time(availability, Page.EndTime)
    end = start + _USUAL_S if end is None else end
    if not _SHORTEST_S <= end - start <= _LONGEST_S:
        raise ProtocolError("no time to ask about", expected="30 minutes to 42 days")
    return start, end


def _time(parent: Element, tag: Tag) -> float | None:
    child = parent.find(tag)
    if child is None:
        return None
    try:
        return parse_datetime(child.string)
    except ValueError as exc:
        raise ProtocolError(f"{tag.name} is no time") from exc


def build(status: Status, responses: Sequence[Response] = ()) -> Element:
    """Write the answer, a Response for each To in the order of the request (R4620)."""
    answered = [_response(response) for response in responses]
    return Element(Page.ResolveRecipients, [_number(Page.Status, status), *answered])


def _response(response: Response) -> Element:
    return Element(
        Page.Response,
        [
            Element(Page.To, response.to),
            _number(Page.Status, response.status),
            _number(Page.RecipientCount, response.count),
            *(_recipient(each) for each in response.recipients),
        ],
    )


def _recipient(recipient: Recipient) -> Element:
    busy, certificates = recipient.availability, recipient.certificates
    return Element(
        Page.Recipient,
        [
            _number(Page.Type, recipient.source),
            Element(Page.DisplayName, recipient.display_name),
            Element(Page.EmailAddress, recipient.address),
            None if busy is None else _availability(busy),
            None if certificates is None else _certificates(certificates),
            recipient.picture,
        ],
    )


def _availability(busy: Availability) -> Element:
    digits = Element(Page.MergedFreeBusy, busy.digits) if busy.digits else None
    return Element(Page.Availability, [_number(Page.Status, busy.status), digits])


def _certificates(given: Certificates) -> Element:
    return Element(
        Page.Certificates,
        [
            _number(Page.Status, given.status),
            _number(Page.CertificateCount, given.count),
            _number(Page.RecipientCount, given.people_count),
            *(_blob(Page.Certificate, der) for der in given.full),
            _blob(Page.MiniCertificate, given.mini) if given.mini else None,
        ],
    )


def _blob(tag: Tag, octets: bytes) -> Element:
    return Element(tag, b64encode(octets).decode("ascii"))


def _number(tag: Tag, value: int) -> Element:
    return Element(tag, str(int(value)))
