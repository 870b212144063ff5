"""Search: looking for mail, people or documents.

A query that asks too much or too little is kept with the status that answers it, for Search answers
such faults in the store that was to be searched.

Spec: MS-ASCMD 2.2.1.16, 2.2.3.177.14 (Status); schema Search.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from carbonio_mobile.eas.bodyoptions import BodyOptions
from carbonio_mobile.eas.messages.pictures import PictureOptions
from carbonio_mobile.eas.messages.ranges import Range
from carbonio_mobile.eas.status import SearchStatus
from carbonio_mobile.eas.times import parse_datetime
from carbonio_mobile.eas.version import Version, knows
from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.ids import FolderId
from carbonio_mobile.wbxml import Element, Tag
from carbonio_mobile.wbxml.codepages import (
    AirSync,
    Calendar,
    Contacts,
    Contacts2,
    DocumentLibrary,
    Email,
    Email2,
    Notes,
    Search,
    Tasks,
)

CLASSES = frozenset({"Email", "Calendar", "Contacts", "Tasks", "Notes", "SMS"})
"""MS-ASCMD R920."""
_CLASSES_SINCE = {"Notes": Version.V14_0, "SMS": Version.V14_0}  # MS-ASCMD R6288
MAX_TEXT_CHARS = 1024
MAX_COLLECTIONS = 1000
ALL_FOLDERS = "0"
"""What some devices write for "search everywhere"."""

_CLASS_PAGES = frozenset(
    tag.page
    for tag in (
        Email.Subject,
        Email2.ConversationId,
        Contacts.FileAs,
        Contacts2.NickName,
        Calendar.Subject,
        Tasks.Subject,
        Notes.Subject,
    )
)
"""MS-ASEMAIL R68, MS-ASTASK R364: a search names no properties of a class."""

_CRITERIA = (
    Search.FreeText,
    AirSync.Class,
    AirSync.CollectionId,
    Search.ConversationId,
    Search.GreaterThan,
    Search.LessThan,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """What to look for in the mailbox; no ``classes`` or no ``folders`` means all.

    ``after`` and ``before`` bound the time of receipt, in seconds UTC, exclusive. ``link`` is what
    documents are looked for by, and nothing else.
    """

    text: str = ""
    classes: frozenset[str] = frozenset()
    folders: tuple[FolderId, ...] = ()
    conversation: bytes = b""
    after: float | None = None
    before: float | None = None
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A search in one store; ``store`` is in lower case. ``fault`` says why it cannot be done.

    ``range`` None is the default of the store. ``deep`` takes the subfolders in, ``rebuild`` asks
    for the result set to be made anew. A search for
    people has a text alone among its criteria, and ``pictures`` where they are wanted.
    """

    store: str
    criteria: Criteria = field(default_factory=Criteria, repr=False)
    range: Range | None = None
    deep: bool = False
    rebuild: bool = False
    body: BodyOptions = field(default_factory=BodyOptions)
    pictures: PictureOptions | None = None
    fault: SearchStatus | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One message found, or one person: who has no ids and no class."""

    long_id: str = ""
    folder: FolderId | None = None
    properties: Sequence[Element]
    class_name: str = "Email"


def parse(root: Element, version: Version) -> Request:
    """Read a search.

    Raises: ProtocolError for a document that is no Search of a named store; CommandStatus 164 for a
    body part in another form than HTML.
    """
    if root.tag is not Search.Search:
        raise ProtocolError(f"a document {root.tag.name}", expected="Search")
    store = root.find(Search.Store)
    name = store.value(Search.Name, "").strip().lower() if store is not None else ""
    if store is None or not name:
        raise ProtocolError("Search without a store")
    name = name.replace(" ", "")
    if name != "gal" and not knows(version, Search.FreeText):
        # 2.5 searches the address list and nothing else.
        return Request(store=name, fault=SearchStatus.INVALID_REQUEST)
    if name not in _SEARCHES:
        return Request(store=name)
    try:
        return _SEARCHES[name](store, version)
    except (ProtocolError, ValueError):
        return Request(store=name, fault=SearchStatus.INVALID_REQUEST)


def _mailbox_search(store: Element, version: Version) -> Request:
    """Raises: ProtocolError, ValueError."""
    query, options = store.find(Search.Query), store.find(Search.Options)
    if query is None:
        raise ProtocolError("Search without a query")
    for part in (query, options):
        if part is not None and _names_properties(part):
            raise ProtocolError("properties of a class in Search")  # MS-ASEMAIL R68
    conjunction = query.find(Search.And)
    if conjunction is None or _too_complex(query) or _too_complex(conjunction, within_and=True):
        return Request(store="mailbox", fault=SearchStatus.TOO_COMPLEX)
    criteria = _criteria(conjunction, version)
    body = BodyOptions.parse(options, version)
    if body.part_preferences and not criteria.conversation:
        raise ProtocolError("BodyPartPreference without ConversationId")  # MS-ASAIRS R10011
    text = options.value(Search.Range) if options is not None else None
    return Request(
        store="mailbox",
        criteria=criteria,
        range=None if text is None else Range.parse(text),
        deep=options is not None and options.has(Search.DeepTraversal),
        rebuild=options is not None and options.has(Search.RebuildResults),
        body=body,
    )


def _people_search(store: Element, version: Version) -> Request:
    """Raises: ProtocolError, ValueError."""
    query, options = store.find(Search.Query), store.find(Search.Options)
    text = "" if query is None else query.string.strip()
    if not text:
        raise ProtocolError("Search for nobody")
    rows = options.value(Search.Range) if options is not None else None
    wanted = None
    if knows(version, Search.Picture):
        wanted = PictureOptions.parse(
            options,
            picture=Search.Picture,
            max_size=Search.MaxSize,
            max_pictures=Search.MaxPictures,
        )
    return Request(
        store="gal",
        criteria=Criteria(text=text[:MAX_TEXT_CHARS]),
        range=None if rows is None else Range.parse(rows),
        pictures=wanted,
    )


def _documents_search(store: Element, _version: Version) -> Request:
    """Raises: ProtocolError, ValueError. User and password of another server are passed over."""
    query, options = store.find(Search.Query), store.find(Search.Options)
    compared = query.find(Search.EqualTo) if query is not None else None
    if compared is None or not compared.has(DocumentLibrary.LinkId):
        raise ProtocolError("a search of documents without LinkId")  # MS-ASDOC R85
    link = compared.value(Search.Value, "") or compared.value(DocumentLibrary.LinkId, "")
    if not link.strip():
        raise ProtocolError("a search of documents without a link")
    rows = options.value(Search.Range) if options is not None else None
    return Request(
        store="documentlibrary",
        criteria=Criteria(link=link),
        range=None if rows is None else Range.parse(rows),
    )


_SEARCHES = {
    "mailbox": _mailbox_search,
    "gal": _people_search,
    "documentlibrary": _documents_search,
}


def _names_properties(part: Element) -> bool:
    return any(child.tag.page in _CLASS_PAGES for child in part)


def _too_complex(part: Element, *, within_and: bool = False) -> bool:
    """Criteria stand in one And and nowhere else (MS-ASCMD R923, R2032, R2086, R3105, R3143)."""
    if within_and:
        return part.has(Search.And) or part.has(Search.Or)
    return part.has(Search.Or) or any(part.has(tag) for tag in _CRITERIA)


def _criteria(conjunction: Element, version: Version) -> Criteria:
    """Raises: ProtocolError, ValueError."""
    if _names_properties(conjunction):
        raise ProtocolError("properties of a class in Search")
    text = conjunction.value(Search.FreeText, "").strip()
    classes = frozenset(child.string for child in conjunction.find_all(AirSync.Class))
    folders = [child.string for child in conjunction.find_all(AirSync.CollectionId)]
    criteria = Criteria(
        text=text[:MAX_TEXT_CHARS],
        classes=classes,
        folders=() if ALL_FOLDERS in folders else tuple(FolderId(id_) for id_ in folders if id_),
        conversation=_conversation(conjunction, version),
        after=_time(conjunction, Search.GreaterThan),
        before=_time(conjunction, Search.LessThan),
    )
    bounded = criteria.after is not None or criteria.before is not None
    known = {one for one in CLASSES if version >= _CLASSES_SINCE.get(one, version)}
    if not classes <= known or len(folders) > MAX_COLLECTIONS:
        raise ProtocolError("unusable Class or CollectionId in Search")
    if not text and not criteria.conversation and not bounded:
        raise ProtocolError("Search for nothing")
    return criteria


def _conversation(conjunction: Element, version: Version) -> bytes:
    found = conjunction.find_all(Search.ConversationId)
    if not found:
        return b""
    if len(found) > 1 or version < Version.V14_0 or not found[0].octets:  # MS-ASCMD R2088
        raise ProtocolError("unusable ConversationId in Search")
    return found[0].octets


def _time(conjunction: Element, tag: Tag) -> float | None:
    bound = conjunction.find(tag)
    if bound is None:
        return None
    if not bound.has(Email.DateReceived):
        raise ProtocolError("a comparison with something else than DateReceived")
    return parse_datetime(bound.value(Search.Value, ""))


def build(
    status: SearchStatus,
    results: Sequence[Result] = (),
    *,
    total: int | None = None,
    range: Range | None = None,  # noqa: A002 - the element's name
) -> Element:
    """Write the answer of a store. ``total`` counts all matches, ``range`` says which are here.

    Where a search found nothing an empty Result says so (MS-ASCMD R3850).
    """
    rows = [_result(result) for result in results]
    if status is SearchStatus.SUCCESS and not rows:
        rows = [Element(Search.Result)]
    store = [
        _number(Search.Status, status),
        *rows,
        None if range is None else Element(Search.Range, str(range)),
        None if total is None else _number(Search.Total, total),
    ]
    # The status of the command itself is 1 or 3 and nothing else (R4321).
    own = SearchStatus.SERVER_ERROR if status is SearchStatus.SERVER_ERROR else SearchStatus.SUCCESS
    response = Element(Search.Response, [Element(Search.Store, store)])
    return Element(Search.Search, [_number(Search.Status, own), response])


def _result(result: Result) -> Element:
    return Element(Search.Result, [*_names(result), Element(Search.Properties, result.properties)])


def _names(result: Result) -> Sequence[Element]:
    if not result.long_id:
        return ()
    return (
        Element(AirSync.Class, result.class_name),
        Element(Search.LongId, result.long_id),
        Element(AirSync.CollectionId, result.folder),
    )


def _number(tag: Tag, value: int) -> Element:
    return Element(tag, str(int(value)))
